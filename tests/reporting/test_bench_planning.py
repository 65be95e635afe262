"""The lines of planning, on a country small enough for a test. Its timings are nobody's test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
    assert found["replan_other_dates_moved"].value == 0
    assert found["plan_500"].details["placed"] == TINY.factories
