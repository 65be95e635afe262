"""The budgets and how a line of the benchmark reads: `name value unit limit ok|over`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OK, OVER, MISSING, INFO = "ok", "over", "missing", "info"


@dataclass(frozen=True)
class Line:
    """One figure. limit None: for information. at_least: the limit is the least allowed."""

    name: str
    value: float | None
    unit: str
    limit: float | None = None
    at_least: bool = False
    why: str = ""  # of a figure that could not be taken
    details: dict[str, Any] = field(default_factory=dict)  # n, best, ... for --json

    @property
    def verdict(self) -> str:
        if self.value is None:
            return MISSING
        if self.limit is None:
            return INFO
        # Judged as printed: nobody should read "1.10 x 1.1 over".
        shown = float(number(self.value))
        kept = shown >= self.limit if self.at_least else shown <= self.limit
        return OK if kept else OVER

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name} - - {self._limit()} {MISSING}"
        return f"{self.name} {number(self.value)} {self.unit} {self._limit()} {self.verdict}"

    def _limit(self) -> str:
        if self.limit is None:
            return "-"
        return ("min:" if self.at_least else "") + number(self.limit)

    def as_json(self) -> dict[str, Any]:
        made = {
            "name": self.name,
            "value": None if self.value is None else float(number(self.value)),
            "unit": self.unit,
            "limit": self.limit,
            "limit_is": "least" if self.at_least else "most",
            "verdict": self.verdict,
            **self.details,
        }
        return {**made, "why": self.why} if self.why else made


def number(value: float) -> str:
    """Three digits are enough to compare, and more than a second run would repeat."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


@dataclass(frozen=True)
class Budget:
    """Limits of one work: milliseconds, statements, and large world to small."""

    name: str
    milliseconds: float
    statements: int
    growth: float
    rounds: int = 40


# The work of daily life, in the order of the table in docs/benchmark.md.
WORKS = (
    Budget("create_assessment", 60, 12, 1.1),
    Budget("open_questionnaire", 150, 12, 1.1),
    Budget("save_answer", 20, 8, 1.1, rounds=80),
    Budget("list_factories", 40, 10, 1.3),
    Budget("list_assessments", 40, 10, 1.3),
    Budget("list_plans", 40, 10, 1.3),
    Budget("list_reports", 40, 10, 1.3),
    Budget("cat_open_tool", 60, 12, 1.1),
    Budget("cat_search", 50, 10, 1.1),
    Budget("dashboard", 100, 12, 1.5),
    # One cycle changed, so the engine is asked about it: its facts are read and its clocks kept.
    Budget("dashboard_after_a_change", 100, 12, 1.5),
    Budget("dashboard_again", 100, 12, 1.5),
)
SAVE_TO_BARE = 4.0
REPORT_SECONDS = 2.5
REPORT_MEGABYTES = 150.0
REPORT_TO_BARE = 1.25
# Two workers do twice the work of one.
REPORT_PAIR = 2.0
WEB_MEGABYTES = 150.0
MIGRATE_SECONDS = 30.0
# The whole library, on an empty database.
LOAD_SECONDS = 20.0
REWRITE_MILLISECONDS = 2.0
# Planning, the database aside: 500 factories and 40 assessors, 2,000 and 130, 13 programmes.
PLAN_SECONDS = (
    ("500", 2.0),
    ("500_nearly_full", 2.0),
    ("2000", 10.0),
    ("13_programmes", 5.0),
)
PLAN_HARD_STOP = 60.0
PLAN_ENTROPY = 0.98  # of the greatest possible, calibrated
PLAN_WORST_FACTORY = 0.80
PLAN_MEGABYTES = 250.0
REPLAN_SECONDS = 0.2
