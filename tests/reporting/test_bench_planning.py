"""The lines of planning, on a country small enough for a test. Its timings are nobody's test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assessments.rules.planning.changes import replan
from assessments.rules.planning.problem import Absence
from reporting.bench import planning
from reporting.bench.planning import Country, country, lines

TINY = Country(24, 10)


def test_a_country_is_the_same_on_every_run() -> None:
    assert country(TINY) == country(TINY)
    assert country(TINY, seed=2) != country(TINY)


class HereChild:
    """Answers in this process what a process of its own would."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        assert arguments == ["plan"]

    def ask(self, *, task: str) -> dict[str, Any]:
        return planning.TASKS[task]()

    def close(self) -> None:
        pass


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMALL", "LARGE", "PROGRAMME", "NEARLY_FULL", "TOO_FULL"):
        monkeypatch.setattr(planning, name, TINY)
    for name, value in (("PROGRAMMES", 2), ("ROUNDS", 1), ("RUNS", 5), ("ABSENCES", 4)):
        monkeypatch.setattr(planning, name, value)
    monkeypatch.setattr(planning, "Child", HereChild)


@pytest.mark.usefixtures("tiny")
def test_each_budget_has_its_line() -> None:
    found = {line.name: line for line in lines({}, Path())}
    assert len(found) == 18
    for line in found.values():
        assert len(str(line).split()) == 5
        assert line.value is not None
    assert found["plan_violations"].value == 0
    assert found["plan_unplaced_with_room"].value == 0
    assert found["replan_dates_moved_with_room"].value == 0
    assert found["plan_500"].details["placed"] == TINY.factories


def test_a_date_moved_in_spite_of_room_is_told_from_one_without() -> None:
    problem = country(TINY)
    before = planning._make(problem)[0]
    for visit in before.visits:
        who = visit.second_id
        result = replan(problem, before, Absence(who, frozenset(visit.days)))
        kept = result.plan.visit(visit.factory_id)
        if kept is not None and kept.days == visit.days and len(set(kept.team) & {who}) == 0:
            break
    # The same answer, but as if the visit had been given up in spite of the team it has.
    given_up = replace(
        result,
        plan=replace(
            result.plan,
            visits=tuple(each for each in result.plan.visits if each is not kept),
        ),
    )
    assert planning._could_stay(given_up, before, visit, without=who)
    nobody = replace(
        given_up,
        problem=replace(
            given_up.problem,
            assessors=tuple(
                replace(each, away=each.away | set(visit.days))
                for each in given_up.problem.assessors
            ),
        ),
    )
    assert not planning._could_stay(nobody, before, visit, without=who)
