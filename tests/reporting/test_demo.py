"""What the demo invents must hold together: it is the first thing that people see."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from assessments import library
from assessments.models import Answer, ToolVersion
from betterwork.records.models import TrailEvent
from reporting.demo import bulk, names, world
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
    made = world.World(
        names.COUNTRIES[0], bd, today, random.Random(3), people,
        advisors=[builders.make_member("advisor") for _ in range(3)],
        version=ToolVersion.objects.filter(status="published").order_by("-effective_from")[0],
    )  # fmt: skip
    for state in ("released", "factory_review", "submitted"):
        factory = builders.make_factory(advisor=made.advisors[0])
        cycle = builders.make_cycle(factory, starts_on=date(2026, 1, 1))
        made.factories = [factory] * 11
        assessment = world._assessment(made, factory, cycle, state, 240)
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
