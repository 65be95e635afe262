"""What a report says: counts, comparison, law as it stood, and what never enters it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from assessments import tool
from assessments.models import FactoryComment, LawParameter, PointResult, ToolQuestion
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme, ProgrammeSettings
from factories.models import Committee, CommitteeMember
from factories.selectors import cycle_overview, cycles
from reporting.report import data as report_data
from tests import builders

from .builders import FOUND, add_member, add_photo, make_assessment


def build(assessment: Any, language: str = "en", *, is_draft: bool = False) -> dict[str, Any]:
    order = report_data.Order(
        report_id=assessment.pk, assessment_id=assessment.pk, language=language, version=1,
        is_draft=is_draft, reason="", check_code="BD-AAAAA-BBBBB",
        check_address="https://example.org/check/BD-AAAAA-BBBBB/", ordered_at=timezone.now(),
    )  # fmt: skip
    return report_data.build(order)


def questions(part: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [q for cluster in part for point in cluster["points"] for q in point["questions"]]


@pytest.fixture
def lineages(bd: Any) -> list[str]:
    """Coded questions of the tool that are asked everywhere, in order."""
    rows = ToolQuestion.objects.filter(kind="ncq", is_structural=False).order_by("order")
    return list(rows.values_list("lineage", flat=True))


def test_counts_are_those_of_the_summaries(bd: Any, lineages: list[str]) -> None:
    found = dict.fromkeys(lineages[3:40:5], FOUND)
    made = build(make_assessment({**found, lineages[50]: "not_assessed"}))
    totals, results = made["totals"], PointResult.objects.all()
    assert totals["findings"] == len(found) == results.aggregate(n=Sum("breaches"))["n"]
    assert totals["points"] == results.filter(asked__gt=0).count()
    assert totals["points_found"] == results.filter(is_non_compliant=True).count()
    assert sum(c["findings"] for c in made["clusters"]) == len(found)
    assert sum(c["points"] for c in made["clusters"]) == totals["points"]
    assert [q["question"] for q in questions(made["findings"])] == list(found)
    assert made["not_assessed"] == [
        {
            "question": lineages[50],
            "title": made["not_assessed"][0]["title"],
            "point": made["not_assessed"][0]["point"],
            "reason": "records_unavailable",
            "note": "The register was at the head office.",
        }
    ]


def test_each_earlier_finding_is_in_one_list(bd: Any, lineages: list[str]) -> None:
    gone, still, unseen, new, first, absent = lineages[:6]
    factory = builders.make_factory()
    make_assessment(
        dict.fromkeys((gone, still, unseen, absent), FOUND),
        factory=factory, starts_on=date(2025, 8, 10), without=(first,),
    )  # fmt: skip
    now = make_assessment(
        {**dict.fromkeys((still, new, first), FOUND), unseen: "not_assessed"},
        factory=factory, cycle=2, without=(absent,),
    )  # fmt: skip
    made = build(now)
    compared = made["comparison"]
    named = {k: [e["question"] for e in v] for k, v in compared.items() if isinstance(v, list)}
    assert named == {
        "gone": [gone], "still": [still], "new": [new, first], "not_looked_at": [unseen, absent],
    }  # fmt: skip
    assert compared["new_first_asked"] == 1
    assert made["previous"]["findings"] == 4
    tags = {q["question"]: (q["was_found_before"], q["is_first_asked"]) for q in
            questions(made["findings"])}  # fmt: skip
    assert tags == {still: (True, False), new: (False, False), first: (False, True)}


def test_a_first_assessment_compares_with_nothing(bd: Any) -> None:
    made = build(make_assessment())
    assert made["previous"] is None
    assert made["comparison"] is None
    assert {c["findings_before"] for c in made["clusters"]} == {None}


def test_law_is_that_of_the_day(bd: Any) -> None:
    """A later period changes no report of an earlier day; a period in force shows its own text."""
    lineage, code = _question_with_law()
    assessment = make_assessment({lineage: FOUND})
    before = build(assessment)
    old = LawParameter.objects.get(country="BD", code=code, effective_to__isnull=True)
    with scope.platform_scope():
        for starts, reference in (
            (date(2026, 8, 11), "Act of later"),
            (date(2026, 1, 1), "Act of now"),
        ):
            LawParameter.objects.create(
                country="BD", code=code, topic=old.topic, kind=old.kind, value=old.value,
                text="changed", reference=reference, confidence="high", effective_from=starts,
            )  # fmt: skip
            tool.forget()
            with scope.programme_scope(bd.pk):
                after = build(assessment)
            law = {row["code"]: row for row in questions(after["findings"])[0]["law"]}[code]
            if reference == "Act of later":
                assert after["findings"] == before["findings"]
            else:
                assert (law["reference"], law["since_on"]) == (reference, "2026-01-01")
    tool.forget()


def _question_with_law() -> tuple[str, str]:
    for question in ToolQuestion.objects.filter(kind="ncq", is_structural=False).order_by("order"):
        for code in question.law:
            rows = LawParameter.objects.filter(country="BD", code=code)
            if rows.count() == 1 and rows[0].is_verified and rows[0].effective_from is None:
                return question.lineage, code
    raise AssertionError("no question with one verified parameter")


def test_unverified_law_is_not_printed(bd: Any, lineages: list[str]) -> None:
    """Of all questions at once: only parameters whose source was checked are in the report."""
    made = build(make_assessment(dict.fromkeys(lineages, FOUND)))
    printed = {law["code"] for q in questions(made["findings"]) for law in q["law"]}
    unsure = set(
        LawParameter.objects.filter(country="BD", confidence__in=["low", "not_found"]).values_list(
            "code", flat=True
        )
    )
    cited = {code for q in ToolQuestion.objects.filter(lineage__in=lineages) for code in q.law}
    assert cited & unsure  # the tool does cite some
    assert printed
    assert not printed & unsure


def test_structural_findings_stand_apart(db: None) -> None:
    with scope.anonymous_scope():
        jordan = Programme.objects.get(code="JO")
    with scope.programme_scope(jordan.pk):
        made = build(make_assessment())
        national = set(
            ToolQuestion.objects.filter(is_structural=True).values_list("lineage", flat=True)
        )
    assert national
    assert {q["question"] for q in questions(made["structural"])} == national
    assert made["findings"] == []
    assert (made["totals"]["findings"], made["totals"]["points_found"]) == (0, 0)


@pytest.mark.parametrize("is_draft", [False, True])
def test_only_what_the_factory_may_see(bd: Any, lineages: list[str], is_draft: bool) -> None:
    assessment = make_assessment(
        {lineages[0]: FOUND}, status="factory_review" if is_draft else "released"
    )
    add_photo(assessment, lineages[0], visibility="team", caption="Payroll of a witness")
    add_photo(assessment, lineages[0], visibility="factory", caption="Exit 3")
    user = builders.make_user("Shirin of the team")
    add_member(assessment, user, "lead")
    committee = Committee.objects.create(
        factory=assessment.factory, name="Participation Committee", formed_on=date(2025, 2, 1)
    )
    CommitteeMember.objects.create(
        committee=committee, factory=assessment.factory, title="Ms", full_name="Salma the member",
        side="worker", joined_on=date(2025, 2, 1),
    )  # fmt: skip
    assessment.remarks.create(text="Remark of the reviewer", made_by=user)
    FactoryComment.objects.create(
        assessment=assessment, factory=assessment.factory, text="We cleared it.", made_by=user
    )
    made = build(assessment, is_draft=is_draft)
    text = json.dumps(made)
    assert "Exit 3" in text
    assert "We cleared it." in text
    for hidden in ("Payroll of a witness", "Shirin", "Salma", "Remark of the reviewer", user.email):
        assert hidden not in text
    assert made["assessment"]["team_size"] == 1
    assert made["committees"][0]["worker_women"] == 1


def test_names_of_the_team_where_the_programme_chose_so(bd: Any) -> None:
    assessment = make_assessment()
    add_member(assessment, builders.make_user("Shirin of the team"), "lead")
    ProgrammeSettings.objects.create(
        version=90, valid_from=date(2026, 1, 1), reason="Chosen",
        values={"report": {"names_team": True}},
    )  # fmt: skip
    assert build(assessment)["assessment"]["team"] == ["Shirin of the team"]


def test_facts_are_typed_and_translated(bd: Any) -> None:
    made = build(make_assessment(), "bn")
    facts = {fact["question"]: fact for fact in questions(made["facts"])}
    choices = [fact for fact in facts.values() if fact["kind"] == "choice"]
    assert choices
    assert all(any("\u0980" <= sign <= "\u09ff" for sign in f["label"]) for f in choices)
    assert {f["value"] for f in facts.values() if f["kind"] == "number"} == {"12"}


def test_coming_dates_are_the_clocks(bd: Any) -> None:
    """The 28 days of the report and the dates after it are the cycle's, seen by dashboards too."""
    draft = make_assessment(status="factory_review")
    seen = cycle_overview(cycles().filter(pk=draft.cycle_id), date(2026, 8, 20))[draft.cycle_id]
    clock = seen.clock("report")
    assert clock is not None
    assert clock.due_on is not None
    assert 28 <= (clock.due_on - draft.ends_on).days <= 33  # moved off days nobody works
    assert clock.done_on is None
    report = make_assessment()
    now = timezone.localdate()
    overview = cycle_overview(cycles().filter(pk=report.cycle_id), now)[report.cycle_id]
    released = overview.clock("report")
    assert released is not None
    assert released.done_on == report.released_at.date()
    coming = {row["key"]: row for row in build(report)["next"]}
    progress = overview.clock("progress_report_1")
    assert progress is not None
    assert progress.due_on is not None
    assert coming["progress_report_1"]["due_on"] == progress.due_on.isoformat()


def test_queries_do_not_grow_with_findings(
    bd: Any, lineages: list[str], django_assert_max_num_queries: Any
) -> None:
    few = make_assessment({lineages[0]: FOUND})
    many = make_assessment(dict.fromkeys(lineages, FOUND))
    build(few)
    for assessment in (few, many):
        with django_assert_max_num_queries(26):
            build(assessment)
