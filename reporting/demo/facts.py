"""What the demo's managers tell of their factories: texts and choices, as SQL.

Each is an expression over the factory (`has_union`, `product`, `country`, ...) and over `own`, a
number from 0 to 1 that is drawn once an assessment, so that answers agree with each other and with
the numbers in `bulk.NUMBERS`.
"""

from __future__ import annotations

UNIONS = "floor(1 + 2 * own) * has_union::int"
AGREEMENTS = "floor(2 * own) * has_union::int"
STRIKES = "floor(own * 1.3)"
NOTICES = "floor(own * own * 4)"


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def _by_share(*words: str) -> str:
    """One of the texts, by `own`, each as likely."""
    cases = " ".join(
        f"WHEN own < {(place + 1) / len(words):.3f} THEN {_text(each)}"
        for place, each in enumerate(words)
    )
    return f"CASE {cases} ELSE {_text(words[-1])} END"


TEXTS: dict[str, str] = {
    "FA-FG-03": f"CASE WHEN {UNIONS} = 0 THEN 'No union at the factory.' ELSE 'Registered in ' ||"
    " (COALESCE(began, 2000) + 6) || ', seven leaders, three of them women; about one worker in"
    " three is a member.' END",
    "FA-FG-05": f"CASE WHEN {AGREEMENTS} = 0 THEN 'No agreement in force.' ELSE 'The union and the"
    " management, for all workers, for two years.' END",
    "FA-FG-07": f"CASE WHEN {STRIKES} = 0 THEN 'No strike in the period.' ELSE 'Over the day the"
    " wages of the month were paid; half a day, without violence.' END",
    "CT-FG-13": "CASE WHEN own >= 0.3 THEN 'Nothing is subcontracted.' ELSE 'Washing and"
    " embroidery, to two firms in ' || region || '.' END",
    "CT-FG-15": "CASE WHEN own < 0.2 THEN 'No service contractor.' ELSE 'Security, '"
    " || ceil(workers / 120.0) || ' guards; canteen, ' || ceil(workers / 150.0) || ' cooks and"
    " helpers.' END",
    "CT-FG-18": f"CASE WHEN {NOTICES} = 0 THEN 'No notice in the period.' ELSE 'The renewal of the"
    " fire licence; the papers were handed in and the office confirmed it.' END",
    "SY-OSH-09": "CASE WHEN has_dormitory THEN "
    + _by_share(
        "Workers ask for more water points on the second floor.",
        "No other concern was seen or raised.",
        "Workers ask for longer hours of the common room.",
    )
    + " ELSE 'The factory has no dormitory.' END",
    "LE-LE-02": _by_share(
        "In a meeting with the committee; the members asked for interviews away from the office.",
        "By the notice board and in the committee's meeting; nobody objected.",
        "The union was told a week after registration and proposed topics.",
    ),
    "LE-LE-05": _by_share(
        "Line supervisors now keep the exits clear and check them each morning.",
        "The payroll clerk explains the payslip to new workers on their first pay day.",
        "The committee reads its open decisions at the start of each meeting.",
        "No change that workers or managers could name.",
    ),
    "PI-FG-01": _by_share(
        "Machine guards are checked on each line once a month, with a signed list.",
        "Members of the committee are known by name on every floor we asked.",
        "The clinic keeps its register well and shares the figures with the committee.",
        "Overtime fell since the last visit; lines plan their targets a week ahead.",
    ),
    "PI-FG-02": _by_share(
        "Access to all parts of the site, people and files was given at once.",
        "We waited twenty minutes at the gate; afterwards all doors were open.",
    ),
    "PI-FG-03": _by_share(
        "All papers within an hour.",
        "Most papers within two hours; the time records of one month came in the afternoon.",
        "Within the first morning; the permits of two machines on the second day.",
    ),
    "PI-FG-06": _text("HR manager, production manager, compliance officer, head of maintenance."),
    "PI-FG-07": _by_share(
        "Workers speak well of their supervisors and ask for fans near the ironing tables.",
        "Workers know the committee; some do not know how their bonus is worked out.",
        "Workers ask for earlier notice of overtime; the members of the committee agree.",
    ),
    "PI-FG-08": _by_share(
        "No concern.",
        "Two workers gave the same words to the same question; we spoke to others as well.",
        "No concern.",
    ),
    "PI-FG-09": _text("No other concern."),
    "SI-FAC-03": "second_product",
    "SI-FAC-09": _by_share(
        "July to October", "August to November", "March to May", "September to December"
    ),
    "SI-WRK-14": "CASE country WHEN 'BD' THEN 'Bengali' WHEN 'VN' THEN 'Vietnamese' WHEN 'JO' THEN"
    " CASE WHEN own < 0.5 THEN 'Arabic, Bengali, Sinhala' ELSE 'Arabic, Bengali, Hindi, Nepali'"
    " END ELSE 'The language of the country' END",
}
# A text asked by a later version of the tool.
ANY_TEXT = "'Nothing to add.'"

CHOICES: dict[str, str] = {
    "SY-SD-08": "CASE WHEN country = 'JO' OR has_union AND own < 0.4 THEN 'union'"
    " WHEN own < 0.85 THEN 'secret_ballot' ELSE 'open_vote' END",
    "LE-LE-01": "CASE WHEN own < 0.4 THEN 'whether_and_how' WHEN own < 0.7 THEN 'how_only'"
    " ELSE 'informed_only' END",
    "SI-FAC-02": "CASE WHEN is_footwear THEN 'footwear' ELSE CASE product WHEN 'T-shirts' THEN"
    " 'knit' WHEN 'Denim jeans' THEN 'denim' WHEN 'Jackets' THEN 'outerwear' WHEN 'Sportswear' THEN"
    " 'sportswear' WHEN 'Underwear' THEN 'underwear' ELSE 'woven' END END",
    "SI-FAC-04": "CASE WHEN is_footwear THEN 'footwear' WHEN product = 'Denim jeans' THEN"
    " 'with_washing' WHEN workers < 600 THEN 'sewing_only' ELSE 'cut_make_trim' END",
    "SI-WRK-11": f"CASE WHEN {UNIONS} > 1 THEN 'several_unions' WHEN {UNIONS} = 1 THEN 'one_union'"
    " ELSE 'committee_only' END",
}
ANY_CHOICE = (
    "value_rules->'choices'->(noise * 0.999 * jsonb_array_length(value_rules->'choices'))::int"
)

BOOLEANS: dict[str, str] = {
    "CT-FG-12": "own < 0.3",
    "CT-FG-14": "own >= 0.2",
    "CT-FG-19": "true",
    "SI-FAC-12": "has_dormitory",
    "SI-WRK-12": f"{AGREEMENTS} > 0",
    "SY-SD-04": "has_union AND noise < 0.8",
    "SY-SD-05": "has_union AND noise < 0.7",
}
ANY_BOOLEAN = "noise < 0.7"
