"""What the demo invents must hold together: it is the first thing that people see."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from advisory.content.progress_reports import questions
from advisory.models import MeetingDecision, PlanItem
from advisory.selectors import progress_reports
from assessments import library
from assessments.models import Answer, Assessment, ToolVersion
from assessments.rules.rates import InCycle
from betterwork.records.models import Job, TrailEvent
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from reporting import rates
from reporting.dashboard import Filters
from reporting.demo import base, bulk, facts, lived, names, reports, world
from reporting.models import Report
from reporting.rates import Query
from reporting.report import page
from reporting.services import ordering
from tests import builders
from tests.assessments.builders import make_begun


@pytest.fixture
def told(bd: Any) -> dict[str, Answer]:
    """Every answer that the demo gives in one assessment, by question."""
    made = make_begun()
    bulk.write_answers([made.pk])
    rows = Answer.objects.filter(assessment_id=made.pk).select_related(
        "question", "assessment__factory"
    )
    return {row.question.lineage: row for row in rows}


def test_facts_agree_with_the_factory_and_with_each_other(told: dict[str, Answer]) -> None:
    def number(lineage: str) -> int:
        return int(told[lineage].value_number or 0)

    factory = told["CT-FG-01"].assessment.factory
    assert number("CT-FG-01") == factory.worker_count
    assert number("CT-FG-02") == factory.workers_female
    assert number("CT-FG-03") == factory.workers_male
    assert not factory.has_migrant_workers
    assert number("CT-FG-10") == 0
    assert not factory.has_trade_union
    assert number("FA-FG-01") == number("FA-FG-02") == number("FA-FG-04") == 0


def test_numbers_keep_to_their_limits(told: dict[str, Answer]) -> None:
    numbers = [row for row in told.values() if row.question.value_type == "number"]
    assert len(numbers) > 10
    for row in numbers:
        rules = row.question.value_rules
        assert row.value_number is not None
        assert rules["min"] <= row.value_number <= rules["max"], row.question.lineage


def test_a_draft_that_was_sent_is_a_fact_of_its_cycle(bd: Any) -> None:
    today = date(2026, 11, 24)
    people = {role: builders.make_member(role) for role in ("planner", "staff", "manager")}
    made = base.World(
        names.COUNTRIES[0], bd, today, random.Random(3), people,
        advisors=[builders.make_member("advisor") for _ in range(3)],
        version=ToolVersion.objects.filter(status="published").order_by("-effective_from")[0],
    )  # fmt: skip
    for state in ("released", "factory_review", "submitted"):
        factory = builders.make_factory(advisor=made.advisors[0])
        cycle = builders.make_cycle(factory, starts_on=date(2026, 1, 1))
        made.factories = [factory] * 11
        assessment = lived.assess(made, factory, cycle, state, 240)
        made.gathered.write()
        assert assessment is not None
        told = TrailEvent.objects.filter(action="draft_sent", object_id=str(assessment.pk)).first()
        fact = cycle.facts.filter(kind="draft_shared").first()
        assert (told is None) == (fact is None) == (state == "submitted")
        if told is not None and fact is not None:
            assert fact.happened_on == told.at.date()


def test_every_number_of_the_tool_has_a_likely_value() -> None:
    asked = {
        question.id
        for question in library.load().questions.values()
        if question.value is not None and question.value.type == "number"
    }
    assert asked <= set(bulk.NUMBERS)


def test_texts_and_choices_are_told_for_their_question(told: dict[str, Answer]) -> None:
    for row in told.values():
        question = row.question
        if question.value_type == "choice":
            keys = [each["key"] for each in question.value_rules["choices"]]
            assert row.value_choice in keys, question.lineage
        elif question.value_type == "text":
            assert row.value_text, question.lineage
            assert "manager on the day" not in row.value_text
    assert told["SI-WRK-14"].value_text
    assert told["SY-SD-08"].value_choice in {"secret_ballot", "open_vote"}  # without a union
    assert told["SI-FAC-12"].value_boolean is told["SI-FAC-12"].assessment.factory.has_dormitory


def test_every_text_and_choice_of_the_tool_has_a_likely_value() -> None:
    asked = {
        (question.id, question.value.type)
        for question in library.load().questions.values()
        if question.value is not None
    }
    assert {id for id, kind in asked if kind == "text"} == set(facts.TEXTS)
    assert {id for id, kind in asked if kind == "choice"} == set(facts.CHOICES)
    assert set(facts.BOOLEANS) <= {id for id, kind in asked if kind == "boolean"}


def test_one_of_a_thing_has_no_plural_unit() -> None:
    row = {"kind": "number", "value": "1", "unit": "unions", "outcome": "", "label": ""}
    assert page.fact_value(row)["unit"] == ""
    assert page.fact_value(row | {"value": "2"})["unit"] == "unions"


def test_the_whole_demo_is_filled_where_an_owner_looks(db: None) -> None:
    today = timezone.localdate()
    assert world.load(today) == ["BD", "JO", "VN"]
    for country in names.COUNTRIES:
        with scope.platform_scope():
            programme = Programme.objects.get(code=country.code)
        with scope.programme_scope(programme.pk):
            every_origin_and_state()
            progress_reports_are_answered()
            assert not PlanItem.objects.filter(status="completed", evidence__isnull=True).exists()
            assert MeetingDecision.objects.filter(item__isnull=False).exists()
            assert MeetingDecision.objects.values("text").distinct().count() > 5
            every_year_is_counted(today)
            timeline_of_the_first_factory(f"{country.code}1000")
            few_reports_at_a_time()
            if country.code == "BD":
                early = InCycle(1, date(2015, 6, 1), date(2017, 7, 31))
                assert rates.figures({"now": Query(early)})["now"].n == len(names.BD.early)
    assert world.load(today) == [], "loading again does nothing"


def every_origin_and_state() -> None:
    origins = set(PlanItem.objects.values_list("origin", flat=True).distinct().order_by())
    assert origins == set(PlanItem.Origin.values)
    assert PlanItem.objects.filter(verified_at__isnull=False).exists()
    assert not PlanItem.objects.filter(opened_on__gt=timezone.localdate()).exists()


def progress_reports_are_answered() -> None:
    for number in (1, 2):
        rows = list(progress_reports.answer_rows(number))
        assert {row[3] for row in rows} == {q.text["en"] for q in questions(number)}
        assert all(row[4] for row in rows)


def every_year_is_counted(today: date) -> None:
    found = rates.figures(
        {str(year): Filters().of_year(year) for year in Filters(period="all").years(today)}
    )
    assert all(each.n >= 5 for each in found.values()), {y: f.n for y, f in found.items()}


def timeline_of_the_first_factory(legacy_id: str) -> None:
    rows = TrailEvent.objects.filter(factory__legacy_id=legacy_id, for_factory=True)
    happened = set(rows.values_list("action", flat=True))
    assert happened >= {
        Action.VISIT_RECORDED, Action.MEETING_HELD, Action.ITEMS_CREATED,
        Action.ASSESSMENT_RELEASED, Action.PROGRESS_REPORT_SENT, Action.SELF_DIAGNOSIS_DONE,
    }  # fmt: skip


def few_reports_at_a_time() -> None:
    """The worker's orders: two at a time, each factory once, until all have theirs."""
    Job.objects.filter(task=ordering.TASK).update(status="done")  # the first factory's own
    latest = Assessment.objects.filter(status="released").values("factory").distinct().count()
    ordered: list[str] = []
    for _minute in range(latest):
        before = len(ordered)
        reports.order_some()
        jobs = Job.objects.filter(task=ordering.TASK, status="queued")
        ordered += [job.arguments["assessment_id"] for job in jobs]
        assert len(ordered) - before <= reports.AT_ONCE
        if len(ordered) == before:
            break
        again = reports.order_some()
        assert not again or jobs.count() <= reports.AT_ONCE
        for job in jobs:  # as the worker does
            assessment = Assessment.objects.get(pk=job.arguments["assessment_id"])
            Report.objects.create(
                assessment=assessment,
                factory_id=assessment.factory_id,
                version=1,
                language="en",
                check_code=ordering.new_check_code("XX"),
                released_at=assessment.released_at,
            )
        jobs.update(status="done")
    assert len(ordered) == len(set(ordered)) == latest


def test_nothing_of_the_demo_happens_in_the_future() -> None:
    """The newest event tells kept figures from stale ones: one to come would hold them fast."""
    now = timezone.now()
    assert base.at(now.date() + timedelta(days=1), 0) <= timezone.now()
    assert base.at(date(2026, 1, 5), 9).isoformat() == "2026-01-05T09:00:00+00:00"
