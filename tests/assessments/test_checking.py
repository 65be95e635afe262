"""The checker: what ships has no error, and every planted fault is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import library as lib
from assessments.checking import Finding, Severity, check_library, check_version
from assessments.checking.duplicates import duplicates
from assessments.checking.references import ILO, applicability, references, value_range
from assessments.checking.sentences import (
    _figures,
    figures,
    law_figures,
    measures,
    parameters,
    translations,
)
from assessments.checking.wording import wording


@pytest.fixture(scope="module")
def library() -> lib.Library:
    return lib.load()


@pytest.fixture(scope="module")
def tool(library: lib.Library) -> lib.ToolDefinition:
    return library.tool("BD")


def english(text: str, finding: str = "It was so.", **changes) -> lib.Question:
    made = lib.Question(
        id="OSH-EP-90",
        cluster="OSH",
        point="OSH-EP",
        kind="ncq",
        order=1,
        texts={"en": lib.Texts("A title", text, finding)},
        breach="no",
        ilo=("C155 Art. 16",),
    )
    return replace(made, **changes)


def codes(found) -> list[str]:
    return [finding.code for finding in found]


def with_question(tool: lib.ToolDefinition, question: lib.Question) -> lib.ToolDefinition:
    return replace(tool, questions=(*tool.questions, question))


# --- what ships -------------------------------------------------------------------------------


def test_what_ships_has_no_error(library: lib.Library) -> None:
    errors = [f for f in check_library(library) if f.severity is Severity.ERROR]
    for country in library.overlays:
        found = check_version(library.tool(country), library.public, known=library.questions)
        errors += [finding for finding in found if finding.severity is Severity.ERROR]
    assert errors == []


def test_public_points_are_the_seventeen_known_ones(library: lib.Library) -> None:
    assert len(library.public.points) == 17
    assert library.public.points <= library.points.keys()
    assert library.public.of("JO") > library.public.points
    assert library.public.of("PK") == library.public.points


def test_errors_come_first(tool: lib.ToolDefinition, library: lib.Library) -> None:
    planted = english("Are exits {no_such_code} wide and are they clear?")
    found = check_version(with_question(tool, planted), library.public)
    ranks = [["error", "warning", "gap"].index(finding.severity) for finding in found]
    assert ranks == sorted(ranks)
    assert found[0] == Finding(
        "parameter_unresolved",
        Severity.ERROR,
        "OSH-EP-90",
        "en",
        "text",
        "The law of the country has no no_such_code.",
    )


# --- wording ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Are exits clear and are they marked?", "double_barrelled"),
        ("Are exits clear and/or marked?", "double_barrelled"),
        ("Are exits checked and repaired?", "double_barrelled"),
        ("Isn't every exit clear?", "leading_wording"),
        ("Are the exits of course clear?", "leading_wording"),
        ("Does the factory exploit workers?", "leading_wording"),
        ("Is the workplace adequately lit?", "vague_wording"),
        ("Are exits clear? Are they marked?", "not_one_question"),
        ("Exits are clear.", "not_one_question"),
        (" ".join(["word"] * 40) + "?", "long_question"),
    ],
)
def test_wording_that_wants_a_second_look(text: str, code: str) -> None:
    assert code in codes(wording(english(text)))


@pytest.mark.parametrize(
    "text",
    [
        "Are all exits unlocked, unblocked and easy to open from inside?",
        "Do unions and workers meet?",
        "Are workers younger than {min_age_employment} years employed?",
    ],
)
def test_plain_wording_passes(text: str) -> None:
    assert codes(wording(english(text))) == []


def test_a_finding_is_a_sentence_without_blame() -> None:
    found = codes(wording(english("Is it so?", finding="The employer illegally cut wages")))
    assert found == ["finding_not_a_sentence", "finding_blames"]


# --- duplicates -------------------------------------------------------------------------------


def test_duplicates_and_near_duplicates() -> None:
    text = "Are all emergency exits of every floor of the factory unlocked during working hours?"
    same = english(text.upper().replace("?", " ?"), id="OSH-EP-91")
    near = english(text.replace("working hours", "working time"), id="OSH-EP-92")
    other = english("Is drinking water free of charge for all of the workers?", id="OSH-WEL-90")
    for question, title in ((same, "B"), (near, "C"), (other, "D")):
        texts = {"en": replace(question.texts["en"], title=title)}
        object.__setattr__(question, "texts", texts)
    found = list(duplicates([english(text), same, near, other]))
    assert [(f.code, f.lineage) for f in found] == [
        ("duplicate", "OSH-EP-91"),
        ("near_duplicate", "OSH-EP-92"),
        ("near_duplicate", "OSH-EP-92"),
    ]


def test_a_title_is_used_once() -> None:
    pair = [english("Is it so?"), english("Does it rain in the hall?", id="OSH-EP-91")]
    assert codes(duplicates(pair)) == ["same_title"]


# --- references and applicability -------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "fits"),
    [
        ("C155 Art. 16", True),
        ("R164 Para. 10", True),
        ("P029", True),
        ("C098", True),
        ("C98 Art. 1", False),
        ("Convention 155", False),
        ("C155 s. 16", False),
    ],
)
def test_how_an_instrument_is_written(reference: str, fits: bool) -> None:
    assert bool(ILO.match(reference)) is fits


def test_a_core_question_names_an_instrument(library: lib.Library) -> None:
    clusters = {cluster.code: cluster for cluster in library.clusters}
    core = english("Is it so?", cluster="FL", ilo=())
    assert codes(references(core, clusters)) == ["no_ilo"]
    national = english("Is it so?", ilo=())
    assert codes(references(national, clusters)) == ["no_reference"]
    assert codes(references(replace(national, law=("fire_exits",)), clusters)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"applies": lib.Applies(min_workers=50, max_workers=10)}, "applies_to_nobody"),
        ({"applies": lib.Applies(needs=frozenset({"canteen"}))}, "applies_unknown"),
        ({"applies": lib.Applies(modalities=frozenset({"by_phone"}))}, "applies_unknown"),
        (
            {
                "tags": frozenset({"vcc"}),
                "applies": lib.Applies(modalities=frozenset({"on_site"})),
            },
            "vcc_not_virtual",
        ),
        (
            {"kind": "fgw", "breach": None, "tags": frozenset({"public"})},
            "tag_on_fact",
        ),
    ],
)
def test_broken_applicability(changes: dict, code: str) -> None:
    assert codes(applicability(english("Is it so?", **changes))) == [code]


def test_a_number_has_unit_and_range() -> None:
    bare = english("How many?", kind="fgw", value=lib.ValueSpec("number"))
    assert codes(value_range(bare)) == ["range_missing"]
    turned = replace(bare, value=lib.ValueSpec("number", "people", 9, 3))
    assert codes(value_range(turned)) == ["range_empty"]


def test_related_and_law_must_exist(tool: lib.ToolDefinition, library: lib.Library) -> None:
    planted = english("Is it so?", related=("OSH-EP-77",), law=("no_such_law",))
    found = check_version(with_question(tool, planted), library.public, known=library.questions)
    assert {"related_unknown", "law_unknown"} <= {
        f.code for f in found if f.severity is Severity.ERROR
    }


# --- sentences --------------------------------------------------------------------------------


def test_parameters_must_read(tool: lib.ToolDefinition) -> None:
    law = tool.law.latest
    unverified = next(p.code for p in law.values() if not p.is_verified)
    planted = english(f"Is it {{{unverified}}}, {{maternity_leave}} months or {{gone}}?")
    only = replace(tool, questions=(planted,))
    found = {(f.code, f.severity.value) for f in parameters(only)}
    assert found == {("parameter_unverified", "warning"), ("parameter_unresolved", "error")}


def test_a_figure_the_law_does_not_have(tool: lib.ToolDefinition) -> None:
    wrong = english("Do workers get 90 days of leave?", law=("maternity_leave",))
    right = english("Do workers get 120 days of leave?", law=("maternity_leave",))
    assert codes(figures(replace(tool, questions=(wrong,)))) == ["figure_not_in_law"]
    assert codes(figures(replace(tool, questions=(right,)))) == []


def test_translations_are_whole_and_say_the_same() -> None:
    question = english(
        "Are workers younger than {min_age_employment} years employed, in 2 shifts?",
        guidance=lib.Guidance(look_at=("Papers of 10 workers", "The register")),
    )
    texts = {
        **question.texts,
        "bn": lib.Texts("শিরোনাম", "{min_age_employment} বছরের কম বয়সী, ২ শিফটে?", ""),
        "ar": lib.Texts("عنوان", "هل يعمل من هم دون 15 سنة؟", "كان كذلك."),
    }
    planted = replace(
        question, texts=texts, guidance_in={"bn": lib.Guidance(look_at=("১০ জনের কাগজ",))}
    )
    assert [(f.code, f.field) for f in translations(planted, ("en", "bn"))] == [
        ("not_translated", "finding"),
        ("guidance_count", "look_at"),
    ]
    assert [(f.code, f.severity.value) for f in translations(planted, ("ar",))] == [
        ("braces_differ", "error"),
        ("figure_differs", "warning"),
        ("guidance_not_translated", "gap"),
    ]


def test_forms_of_a_parameter_agree() -> None:
    leave = lib.LawParameter(
        country="BD",
        code="annual_leave",
        topic="Leave",
        kind="number",
        value=14,
        text="12 days",
        confidence="high",
        short={"en": "14 days", "bn": "১৫ দিন"},
    )
    assert codes(law_figures({"annual_leave": leave})) == ["law_wording", "law_form_differs"]


@given(st.integers(0, 10**7))
def test_a_figure_is_the_same_in_every_script(number: int) -> None:
    plain = str(number)
    bengali = plain.translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"))
    arabic = plain.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    if number >= 1000:
        spaced = f"{number:,}".replace(",", "\u202f")
        assert _figures(f"a {spaced} b") == {plain}
    assert _figures(plain) == _figures(bengali) == _figures(arabic) == _figures(f"{number:,}")


def test_measures_of_a_text() -> None:
    text = "At most 60 hours a week, 200% of {ot_premium} and 2 exits, by 14 days"
    assert list(measures(text)) == [("60", "hour"), ("200", "percent"), ("14", "day")]


# --- public tags ------------------------------------------------------------------------------


def test_public_tags_are_held_against_the_list(
    tool: lib.ToolDefinition, library: lib.Library
) -> None:
    def found(questions) -> set[tuple[str, str]]:
        checked = check_version(replace(tool, questions=tuple(questions)), library.public)
        return {(f.code, f.lineage) for f in checked if f.code.startswith("public")}

    bare = [replace(q, tags=q.tags - {"public"}) for q in tool.questions]
    assert found(bare) == {("public_none", "")}
    elsewhere = [
        replace(q, tags=q.tags | {"public"}) if q.id == "WT-OT-01" else q for q in tool.questions
    ]
    assert ("public_elsewhere", "WT-OT-01") in found(elsewhere)
    every = [replace(q, tags=q.tags | {"public"}) for q in tool.questions if q.kind == "ncq"]
    assert ("public_count", "") in found(every)
    only = [replace(q, tags=frozenset({"public"})) for q in tool.questions if q.point == "OSH-EP"]
    # Points that the tool does not ask are not missed, nor is any where nothing is published yet.
    for country in ("VN", "BD"):
        narrow = replace(tool, country=country, questions=tuple(only))
        assert "public_point_empty" not in codes(check_version(narrow, library.public))
    without = [replace(q, tags=q.tags - {"public"}) if q.point == "OSH-EP" else q
               for q in library.tool("VN").questions]  # fmt: skip
    abroad = replace(library.tool("VN"), questions=tuple(without))
    assert "OSH-EP" in {
        f.field for f in check_version(abroad, library.public) if f.code == "public_point_empty"
    }


def test_public_issues_of_what_ships_are_those_of_the_lists(library: lib.Library) -> None:
    """Jordan's 31 questions are 29 issues; Cambodia's are its 21, none missing and none beside."""
    for country in library.overlays:
        found = check_version(library.tool(country), library.public, known=library.questions)
        public = {f.code for f in found if f.code.startswith("public")}
        # Known to hold issues, and not known which question asks them: nobody guesses.
        assert public == ({"public_point_empty"} if country in library.public.publishes else set())
        missed = {f.field for f in found if f.code == "public_point_empty"}
        assert missed <= {"FA-STR", "CO-PDL", "CO-INF", "CT-DDD"}
    assert len(library.public.issues["KH"]) == 21
    tool = library.tool("KH")
    bare = [replace(q, tags=q.tags - {"public"}) if q.id == "OSH-EP-10" else q
            for q in tool.questions]  # fmt: skip
    beside = [replace(q, tags=q.tags | {"public"}) if q.id == "WT-OT-01" else q for q in bare]
    found = check_version(replace(tool, questions=tuple(beside)), library.public)
    assert {(f.code, f.lineage) for f in found if f.code.startswith("public")} == {
        ("public_issue_empty", "OSH-EP-10"), ("public_elsewhere", "WT-OT-01"),
    }  # fmt: skip
