"""Committee law and checks: the shipped data, and cases from docs/domain/rules/committees.md."""

from dataclasses import fields, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import assessments
from betterwork.errors import DomainError
from factories.content.reading import committee_rule, committee_rules
from factories.rules.committee_indicators import (
    CommitteeSettings,
    MandateState,
    Rating,
    indicators,
    mandates,
    rate_committee,
)
from factories.rules.committee_law import (
    ChairRule,
    CommitteeRule,
    Confidence,
    Kind,
    Term,
    read_rules,
)
from factories.rules.committees import (
    Check,
    CheckKey,
    CommitteeFacts,
    Decision,
    Meeting,
    Member,
    Outcome,
    Reason,
    Selection,
    Sex,
    Side,
    check_committee,
)

TODAY = date(2026, 9, 30)
SINCE = date(2025, 10, 1)
FORMED = date(2025, 10, 1)
COUNTRIES = ["BD", "JO", "VN", "KH", "ID", "EG", "ET", "HT", "MG", "NI", "PK", "LK", "UZ"]


def members(
    workers: int, managers: int, selection: Selection | None = Selection.OPEN_VOTE
) -> tuple[Member, ...]:
    side = [
        Member(
            f"w{i}",
            Side.WORKER,
            FORMED,
            sex=Sex.FEMALE if i % 2 else Sex.MALE,
            selection=selection,
        )
        for i in range(workers)
    ]
    return (*side, *(Member(f"m{i}", Side.MANAGEMENT, FORMED) for i in range(managers)))


def meetings(*months: int) -> tuple[Meeting, ...]:
    """Meetings on the 10th of the month, months counted from October 2025 as 10."""
    days = [date(2025 + (m - 1) // 12, (m - 1) % 12 + 1, 10) for m in months]
    return tuple(Meeting(d, minutes_filed_on=d, minutes_posted_on=d) for d in days)


GOOD = CommitteeFacts(
    workers=800,
    women_workers=600,
    has_union=False,
    formed_on=FORMED,
    members=members(5, 5),
    meetings=meetings(11, 13, 15, 17, 19, 21),
)


def run(rule: CommitteeRule, facts: CommitteeFacts, today: date = TODAY) -> dict[CheckKey, Check]:
    found = check_committee(
        rule, facts, since=SINCE, today=today, is_working_day=lambda day: day.weekday() != 4
    )
    assert [check.key for check in found] == list(CheckKey)
    return {check.key: check for check in found}


def verdict(check: Check) -> tuple[Outcome, Reason | None]:
    return check.outcome, check.reason


BD = committee_rule("BD", Kind.BIPARTITE)
VN = committee_rule("VN", Kind.BIPARTITE)
ID = committee_rule("ID", Kind.BIPARTITE)
JO = committee_rule("JO", Kind.BIPARTITE)


def test_every_country_has_both_kinds() -> None:
    keys = {(rule.country, rule.kind) for rule in committee_rules()}
    for country in COUNTRIES:
        assert {(country, Kind.BIPARTITE), (country, Kind.SAFETY)} <= keys
    assert {country for country, _ in keys} == set(COUNTRIES)


def test_bangladesh_figures() -> None:
    assert BD.min_workers == Term(50, "Labour Act 2006 s.205(1),(12)", Confidence.HIGH)
    assert BD.max_gap_months is not None
    assert BD.max_gap_months.value == 2
    assert BD.minutes_filing_days is not None
    assert BD.minutes_filing_days.value == 7
    safety = committee_rule("BD", Kind.SAFETY)
    assert safety.min_workers is not None
    assert safety.min_workers.value == 50
    assert safety.ratio is not None
    assert safety.ratio.confidence is Confidence.LOW


def test_every_reference_is_in_the_law_data_with_the_same_confidence() -> None:
    """The law data is the source; a figure here may not be surer than there."""
    folder = Path(assessments.__file__).parent / "content" / "law"
    for rule in committee_rules():
        law = yaml.safe_load((folder / f"{rule.country}.yaml").read_text(encoding="utf-8"))
        known: dict[str, set[str]] = {}
        for parameter in law:
            if parameter["code"].startswith(("bipartite_", "osh_committee_")):
                known.setdefault(parameter.get("reference", ""), set()).add(parameter["confidence"])
        terms = [t for f in fields(rule) if isinstance(t := getattr(rule, f.name), Term)]
        for term in (*terms, *rule.remarks):
            if term.confidence is not Confidence.LOW:
                assert term.confidence in known[term.reference], (rule.key, term)


def test_unknown_country_has_a_rule_with_nothing_found() -> None:
    rule = committee_rule("FR", Kind.BIPARTITE)
    assert all(check.outcome is Outcome.UNVERIFIED for check in run(rule, GOOD).values())


def test_bangladesh_good_committee_passes_what_the_law_read_says() -> None:
    checks = run(BD, GOOD)
    passed = {key for key, check in checks.items() if check.outcome is Outcome.PASS}
    assert passed == {
        CheckKey.REQUIRED,
        CheckKey.RATIO,
        CheckKey.SELECTION,
        CheckKey.MEETINGS,
        CheckKey.MINUTES_FILED,
    }
    assert not [check for check in checks.values() if check.outcome is Outcome.FAIL]
    assert checks[CheckKey.RATIO].reference == "Labour Act 2006 s.205(2)-(3)"
    assert verdict(checks[CheckKey.WOMEN_QUOTA]) == (Outcome.UNVERIFIED, Reason.LAW_UNVERIFIED)


@pytest.mark.parametrize(
    ("change", "outcome", "reason"),
    [
        ({"workers": 50}, Outcome.PASS, None),
        ({"workers": 49}, Outcome.NOT_APPLICABLE, Reason.BELOW_THRESHOLD),
        ({"workers": None}, Outcome.UNVERIFIED, Reason.FACT_MISSING),
        ({"has_union": True}, Outcome.NOT_APPLICABLE, Reason.UNION_EXISTS),
        ({"has_union": None}, Outcome.UNVERIFIED, Reason.FACT_MISSING),
        ({"members": ()}, Outcome.FAIL, None),
    ],
)
def test_bangladesh_duty(change: dict[str, Any], outcome: Outcome, reason: Reason | None) -> None:
    checks = run(BD, replace(GOOD, **change))
    assert verdict(checks[CheckKey.REQUIRED]) == (outcome, reason)
    if outcome is not Outcome.PASS:
        others = [c for key, c in checks.items() if key is not CheckKey.REQUIRED]
        assert not [c for c in others if c.outcome in (Outcome.PASS, Outcome.FAIL)]


@pytest.mark.parametrize(
    ("workers", "managers", "outcome"),
    [(5, 5, Outcome.PASS), (6, 5, Outcome.PASS), (4, 5, Outcome.FAIL)],
)
def test_bangladesh_worker_side_not_fewer(workers: int, managers: int, outcome: Outcome) -> None:
    facts = replace(GOOD, members=members(workers, managers))
    assert run(BD, facts)[CheckKey.RATIO].outcome is outcome


def test_indonesia_equal_sides_and_at_least_six() -> None:
    checks = run(ID, replace(GOOD, members=members(3, 3)))
    assert checks[CheckKey.RATIO].outcome is Outcome.PASS
    assert checks[CheckKey.MEMBERS_AT_LEAST].outcome is Outcome.PASS
    checks = run(ID, replace(GOOD, members=members(3, 2)))
    assert checks[CheckKey.RATIO].outcome is Outcome.FAIL
    assert checks[CheckKey.MEMBERS_AT_LEAST].outcome is Outcome.FAIL
    # Monthly meetings are unverified there, so nobody passes or fails on them.
    assert verdict(checks[CheckKey.MEETINGS]) == (Outcome.UNVERIFIED, Reason.LAW_UNVERIFIED)
    assert verdict(checks[CheckKey.CHAIR]) == (
        Outcome.NOT_APPLICABLE,
        Reason.NOT_REQUIRED_BY_LAW,
    )


@pytest.mark.parametrize(
    ("headcount", "seats", "outcome"),
    [
        (49, 3, Outcome.PASS),
        (49, 2, Outcome.FAIL),
        (50, 3, Outcome.FAIL),
        (149, 8, Outcome.PASS),
        (149, 9, Outcome.FAIL),
        (150, 9, Outcome.PASS),
        (300, 14, Outcome.PASS),
        (999, 23, Outcome.PASS),
        (1000, 23, Outcome.FAIL),
        (1000, 24, Outcome.PASS),
        (5000, 60, Outcome.PASS),
    ],
)
def test_viet_nam_seat_bands(headcount: int, seats: int, outcome: Outcome) -> None:
    facts = replace(GOOD, workers=headcount, members=members(seats, 3, Selection.UNION_NOMINATION))
    assert run(VN, facts)[CheckKey.WORKER_SEATS].outcome is outcome


def test_a_size_the_law_text_leaves_open_is_unverified() -> None:
    rule = committee_rule("KH", Kind.WORKER_DELEGATES)
    facts = replace(GOOD, workers=400, members=members(5, 0, Selection.SECRET_BALLOT))
    checks = run(rule, facts)
    assert verdict(checks[CheckKey.WORKER_SEATS]) == (Outcome.UNVERIFIED, Reason.LAW_NOT_FOUND)
    assert checks[CheckKey.SELECTION].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("selections", "outcome"),
    [
        ([Selection.OPEN_VOTE, Selection.SECRET_BALLOT], Outcome.PASS),
        ([Selection.OPEN_VOTE, Selection.APPOINTED], Outcome.FAIL),
        ([Selection.OPEN_VOTE, None], Outcome.UNVERIFIED),
        ([Selection.APPOINTED, None], Outcome.FAIL),
    ],
)
def test_selection(selections: list[Selection | None], outcome: Outcome) -> None:
    people = tuple(
        Member(str(i), Side.WORKER, FORMED, selection=way) for i, way in enumerate(selections)
    )
    assert run(BD, replace(GOOD, members=people))[CheckKey.SELECTION].outcome is outcome


def test_meetings_every_two_months_to_the_day() -> None:
    one = replace(GOOD, formed_on=date(2026, 7, 30), meetings=())
    assert run(BD, one)[CheckKey.MEETINGS].outcome is Outcome.PASS
    late = run(BD, replace(one, formed_on=date(2026, 7, 29)))[CheckKey.MEETINGS]
    assert late.outcome is Outcome.FAIL
    assert late.found == ((date(2026, 7, 29), TODAY),)


def test_a_gap_in_the_year_fails_and_names_itself() -> None:
    check = run(BD, replace(GOOD, meetings=meetings(11, 13, 17, 19, 21)))[CheckKey.MEETINGS]
    assert check.outcome is Outcome.FAIL
    assert check.found == ((date(2026, 1, 10), date(2026, 5, 10)),)


@pytest.mark.parametrize(
    ("held", "formed_on", "outcome", "reason"),
    [
        ((11, 17), date(2024, 1, 1), Outcome.PASS, None),
        ((17,), date(2024, 1, 1), Outcome.FAIL, None),
        ((17,), date(2026, 3, 1), Outcome.NOT_APPLICABLE, Reason.TOO_EARLY),
        ((17,), None, Outcome.UNVERIFIED, Reason.FACT_MISSING),
    ],
)
def test_jordan_two_meetings_a_year(
    held: tuple[int, ...], formed_on: date | None, outcome: Outcome, reason: Reason | None
) -> None:
    facts = replace(GOOD, formed_on=formed_on, meetings=meetings(*held))
    assert verdict(run(JO, facts)[CheckKey.MEETINGS]) == (outcome, reason)


@pytest.mark.parametrize(
    ("filed_on", "today", "outcome"),
    [
        (date(2026, 9, 17), TODAY, Outcome.PASS),
        (date(2026, 9, 18), TODAY, Outcome.FAIL),
        (None, date(2026, 9, 17), Outcome.PASS),
        (None, date(2026, 9, 18), Outcome.FAIL),
    ],
)
def test_bangladesh_minutes_within_seven_days(
    filed_on: date | None, today: date, outcome: Outcome
) -> None:
    facts = replace(GOOD, meetings=(Meeting(date(2026, 9, 10), minutes_filed_on=filed_on),))
    assert run(BD, facts, today)[CheckKey.MINUTES_FILED].outcome is outcome


@pytest.mark.parametrize(
    ("posted_on", "outcome"), [(date(2026, 9, 14), Outcome.PASS), (date(2026, 9, 15), Outcome.FAIL)]
)
def test_viet_nam_minutes_posted_in_working_days(posted_on: date, outcome: Outcome) -> None:
    # Thursday 10 September; the Friday does not count in this calendar.
    facts = replace(
        GOOD,
        members=members(20, 3, Selection.UNION_NOMINATION),
        meetings=(Meeting(date(2026, 9, 10), minutes_posted_on=posted_on),),
    )
    assert run(VN, facts)[CheckKey.MINUTES_POSTED].outcome is outcome


@pytest.mark.parametrize(
    ("present", "seats", "outcome"),
    [(8, 10, Outcome.PASS), (7, 10, Outcome.FAIL), (None, 10, Outcome.UNVERIFIED)],
)
def test_viet_nam_more_than_seventy_percent(
    present: int | None, seats: int, outcome: Outcome
) -> None:
    facts = replace(GOOD, meetings=(Meeting(date(2026, 9, 1), present, seats),))
    assert run(VN, facts)[CheckKey.QUORUM].outcome is outcome


def test_mandates_expire_on_the_day_the_term_is_over() -> None:
    seat = Member("w0", Side.WORKER, date(2023, 9, 30), selection=Selection.OPEN_VOTE)
    facts = replace(GOOD, members=(seat, *members(3, 3)))
    assert run(ID, facts)[CheckKey.MANDATES].found == ("w0",)
    assert run(ID, facts)[CheckKey.MANDATES].outcome is Outcome.FAIL
    assert run(ID, facts, date(2026, 9, 29))[CheckKey.MANDATES].outcome is Outcome.PASS
    again = replace(seat, elected_on=date(2025, 10, 1))
    facts = replace(facts, members=(again, *members(3, 3)))
    assert run(ID, facts)[CheckKey.MANDATES].outcome is Outcome.PASS


def test_mandate_list_warns_ahead_and_says_unknown_without_law() -> None:
    conf = CommitteeSettings()
    facts = replace(GOOD, members=(Member("a", Side.WORKER, date(2023, 11, 15)),))
    assert mandates(ID, facts, conf, TODAY)[0].state is MandateState.SOON
    assert mandates(ID, facts, conf, date(2026, 9, 1))[0].state is MandateState.RUNNING
    assert mandates(ID, facts, conf, date(2026, 11, 15))[0].state is MandateState.EXPIRED
    assert mandates(BD, facts, conf, TODAY)[0].state is MandateState.UNKNOWN
    own = replace(facts.members[0], mandate_ends_on=date(2026, 9, 30))
    found = mandates(BD, replace(facts, members=(own,)), conf, TODAY)[0]
    assert (found.ends_on, found.state) == (date(2026, 9, 30), MandateState.SOON)
    assert mandates(ID, replace(facts, members=(own,)), conf, TODAY)[0].ends_on == found.ends_on


def test_chair_rules() -> None:
    rule = replace(BD, chair=Term(ChairRule.EMPLOYER, "x", Confidence.HIGH))
    by_worker = replace(members(1, 0)[0], is_chair=True)
    by_manager = replace(members(0, 1)[0], is_chair=True)
    assert run(rule, replace(GOOD, members=(by_manager,)))[CheckKey.CHAIR].outcome is Outcome.PASS
    facts = replace(GOOD, members=(by_worker,))
    assert run(rule, facts)[CheckKey.CHAIR].outcome is Outcome.FAIL
    rule = replace(BD, chair=Term(ChairRule.MUST_ALTERNATE, "x", Confidence.HIGH))
    assert verdict(run(rule, facts)[CheckKey.CHAIR]) == (Outcome.NOT_APPLICABLE, Reason.TOO_EARLY)
    for sides, outcome in (
        ((Side.WORKER, Side.MANAGEMENT), Outcome.PASS),
        ((Side.WORKER, Side.WORKER), Outcome.FAIL),
    ):
        found = run(rule, replace(facts, chair_sides=sides))[CheckKey.CHAIR]
        assert found.outcome is outcome


def test_activity_report_every_six_months_in_indonesia() -> None:
    for sent, outcome in (
        ((date(2026, 3, 30),), Outcome.PASS),
        ((date(2026, 3, 29),), Outcome.FAIL),
        ((), Outcome.FAIL),
    ):
        found = run(ID, replace(GOOD, activity_reports_on=sent))[CheckKey.ACTIVITY_REPORT]
        assert found.outcome is outcome


def test_no_statutory_body_in_egypt() -> None:
    checks = run(committee_rule("EG", Kind.BIPARTITE), GOOD)
    assert all(
        verdict(check) == (Outcome.NOT_APPLICABLE, Reason.NO_STATUTORY_BODY)
        for check in checks.values()
    )


def test_members_who_left_do_not_count() -> None:
    left = tuple(replace(m, left_on=TODAY) for m in members(5, 5))
    assert run(BD, replace(GOOD, members=left))[CheckKey.REQUIRED].outcome is Outcome.FAIL


some_facts = st.builds(
    CommitteeFacts,
    workers=st.none() | st.integers(0, 3000),
    women_workers=st.none() | st.integers(0, 3000),
    has_union=st.none() | st.booleans(),
    formed_on=st.none() | st.dates(date(2024, 1, 1), TODAY),
    members=st.builds(members, st.integers(0, 12), st.integers(0, 12)),
    meetings=st.lists(st.integers(4, 21), max_size=8).map(lambda found: meetings(*found)),
)


@given(st.sampled_from(committee_rules()), some_facts)
def test_only_verified_law_passes_or_fails(rule: CommitteeRule, facts: CommitteeFacts) -> None:
    for check in run(rule, facts).values():
        assert check.because
        if check.outcome in (Outcome.PASS, Outcome.FAIL):
            assert check.confidence in (Confidence.HIGH, Confidence.MEDIUM)
            assert check.reference
            assert check.reason is None
        else:
            assert check.reason is not None


@given(st.sampled_from(committee_rules()), some_facts)
def test_weaker_law_only_ever_makes_checks_unverified(
    rule: CommitteeRule, facts: CommitteeFacts
) -> None:
    changes: dict[str, Any] = {
        field.name: replace(term, confidence=Confidence.LOW)
        for field in fields(rule)
        if isinstance(term := getattr(rule, field.name), Term)
    }
    weak = replace(rule, **changes)
    assert {c.outcome for c in run(weak, facts).values()} == {Outcome.UNVERIFIED}


@pytest.mark.parametrize(
    "data",
    [
        {"country": "BD"},
        [{"country": "bd", "kind": "bipartite"}],
        [{"country": "BD", "kind": "bipartite", "quorum": 1}],
        [{"country": "BD", "kind": "bipartite", "min_workers": 50}],
        [
            {
                "country": "BD",
                "kind": "bipartite",
                "min_workers": {"value": "50", "reference": "x", "confidence": "high"},
            }
        ],
        [
            {
                "country": "BD",
                "kind": "bipartite",
                "min_workers": {"value": 50, "reference": "", "confidence": "high"},
            }
        ],
        [
            {
                "country": "BD",
                "kind": "bipartite",
                "min_workers": {"value": 50, "reference": "x", "confidence": "sure"},
            }
        ],
        [
            {
                "country": "VN",
                "kind": "bipartite",
                "worker_seats": {
                    "value": [{"from": 1, "to": 50, "least": 3}, {"from": 50, "least": 4}],
                    "reference": "x",
                    "confidence": "high",
                },
            }
        ],
        [{"country": "BD", "kind": "safety"}, {"country": "BD", "kind": "safety"}],
    ],
)
def test_damaged_data_is_refused(data: Any) -> None:
    with pytest.raises(DomainError, match="committee_rule_invalid"):
        read_rules(data)


def test_indicators_of_a_year() -> None:
    facts = replace(
        GOOD,
        decisions=(
            Decision(FORMED, date(2026, 1, 1), date(2026, 1, 5)),
            Decision(FORMED, date(2026, 2, 1)),
            Decision(FORMED, date(2027, 1, 1)),
            Decision(FORMED),
        ),
    )
    found = indicators(BD, facts, CommitteeSettings(), since=SINCE, until=TODAY)
    assert (found.women_on_worker_side.count, found.women_on_worker_side.n) == (2, 5)
    assert found.women_gap == Fraction(2, 5) - Fraction(3, 4)
    assert (found.meetings.count, found.meetings.n, found.meetings_due_by_law) == (6, 6, True)
    assert (found.decisions.count, found.decisions.n) == (1, 2)


def test_cadence_falls_back_to_the_programme_where_law_is_unverified() -> None:
    conf = CommitteeSettings(programme_meetings_per_year=4)
    found = indicators(ID, GOOD, conf, since=SINCE, until=TODAY)
    assert (found.meetings.n, found.meetings_due_by_law) == (4, False)


@pytest.mark.parametrize(
    ("held", "women", "expected"),
    [
        ((11, 13, 15, 17, 19), 3, Rating.ON_TRACK),
        ((11, 13, 15, 17), 3, Rating.MODERATE_PROGRESS),
        ((11, 13), 3, Rating.NO_PROGRESS),
        ((11, 13, 15, 17, 19, 21), 2, Rating.MODERATE_PROGRESS),
        ((11, 13, 15, 17, 19, 21), 0, Rating.MODERATE_PROGRESS),
    ],
)
def test_rating(held: tuple[int, ...], women: int, expected: Rating) -> None:
    side = tuple(
        Member(str(i), Side.WORKER, FORMED, sex=Sex.FEMALE if i < women else Sex.MALE)
        for i in range(5)
    )
    facts = replace(GOOD, women_workers=520, members=side, meetings=meetings(*held))
    conf = CommitteeSettings()
    answer = rate_committee(indicators(BD, facts, conf, since=SINCE, until=TODAY), conf)
    assert answer.rating is expected
    assert answer.because


def test_nothing_measured_gives_no_rating() -> None:
    conf = CommitteeSettings()
    found = indicators(BD, CommitteeFacts(), conf, since=TODAY, until=TODAY)
    assert rate_committee(found, conf).rating is None


def test_settings_with_shares_from_json() -> None:
    conf = CommitteeSettings.from_mapping({"meetings_on_track": "0.8", "women_gap_on_track": 0})
    assert conf.meetings_on_track == Fraction(4, 5)
    assert CommitteeSettings.from_mapping(conf.changes()) == conf
    for data, code in [
        ({"meetings_on_track": "1.2"}, "setting_out_of_range"),
        ({"meetings_on_track": "much"}, "setting_wrong_type"),
        ({"meetings_on_track": "0.1"}, "rating_thresholds_reversed"),
        ({"women_gap_moderate": "0.01"}, "rating_thresholds_reversed"),
    ]:
        with pytest.raises(DomainError, match=code):
            CommitteeSettings.from_mapping(data)
