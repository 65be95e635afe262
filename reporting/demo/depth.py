"""What gathers around a factory over the years: visits, meetings, reports, items, evidence.

Written in bulk at the end: the demo is loaded at the first start, while somebody waits for it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from advisory.content.progress_reports import questions
from advisory.models import (
    AdvisoryVisit,
    CommitteeMeeting,
    MeetingDecision,
    PlanConfirmation,
    PlanEvent,
    PlanEvidence,
    PlanItem,
    ProgressReport,
    SelfDiagnosis,
)
from betterwork.records import files
from betterwork.records.models import StoredFile, TrailEvent
from factories.models import CycleFact, Factory

from . import pictures, typed


@dataclass
class Gathered:
    """Rows that wait to be written, each before what hangs on it."""

    visits: list[AdvisoryVisit] = field(default_factory=list)
    facts: list[CycleFact] = field(default_factory=list)
    diagnoses: list[SelfDiagnosis] = field(default_factory=list)
    items: list[PlanItem] = field(default_factory=list)
    confirmations: list[PlanConfirmation] = field(default_factory=list)
    events: list[PlanEvent] = field(default_factory=list)
    evidence: list[PlanEvidence] = field(default_factory=list)
    meetings: list[CommitteeMeeting] = field(default_factory=list)
    decisions: list[MeetingDecision] = field(default_factory=list)
    reports: list[ProgressReport] = field(default_factory=list)
    trail: list[TrailEvent] = field(default_factory=list)

    def write(self) -> None:
        for rows in vars(self).values():
            if rows:
                type(rows[0]).objects.bulk_create(rows, batch_size=1000)
                rows.clear()

    def happened(
        self, action: str, at: datetime, about: Any, *, by: Any = None, **facts: Any
    ) -> None:
        """An entry of the factory's timeline."""
        self.trail.append(
            TrailEvent(
                programme_id=about.programme_id,
                at=at,
                action=action,
                actor=by,
                factory_id=about.factory_id,
                object_type=about._meta.label_lower,
                object_id=str(about.pk),
                facts=facts,
                for_factory=True,
            )
        )


# -- visits -------------------------------------------------------------------------------------

TOPICS = (
    ("Opening of the cycle and the self-diagnosis", "The committee goes through each topic."),
    ("Committee work: agenda, minutes, both sides heard", "Minutes are posted within a week."),
    ("Emergency exits, alarms and drills", "A drill on each floor before the month ends."),
    ("The report of the assessment and the plan", "Each finding gets one person and a day."),
    ("Root causes of the open items", "The committee asks why three times before it acts."),
    ("Working time and how lines are planned", "Overtime is announced a day ahead."),
    ("Complaints of workers and what became of them", "The box is opened by both sides."),
)

# -- progress reports ---------------------------------------------------------------------------

RATED = ("on_track", "on_track", "moderate_progress", "moderate_progress", "no_progress")


def progress_answers(number: int, language: str, draw: random.Random) -> dict[str, dict[str, str]]:
    """Every question of the report answered, as it was asked in the factory's language."""
    said = typed.BY_LANGUAGE[language]
    answers = {}
    for question in questions(number):
        if question.kind == "yes_no":
            given = "yes" if draw.random() < 0.85 else "no"
        elif question.kind == "rating":
            given = draw.choice(RATED)
        else:
            given = draw.choice(said.told.get(question.code, (said.nothing,)))
        asked = question.text.get(language) or question.text["en"]
        answers[question.code] = {"answer": given, "question": asked}
    return answers


def self_diagnosis(
    points: Sequence[str], language: str, draw: random.Random
) -> dict[str, dict[str, str]]:
    """The committee's own look: mostly fine, a few issues, some it is not sure of."""
    answers = {}
    for code in points:
        chance = draw.random()
        state = "issue" if chance < 0.14 else "unsure" if chance < 0.26 else "fine"
        note = typed.BY_LANGUAGE[language].noted if state == "issue" else ""
        answers[code] = {"state": state, "note": note}
    return answers


# -- evidence -----------------------------------------------------------------------------------


def picture_of(point: str) -> str:
    """Which of the drawn pictures shows that an item of a point is done."""
    if point in {"OSH-EP", "OSH-WPR", "OSH-CHM"}:
        return "corridor"
    if point in {"OSH-WEL", "OSH-ENV", "OSH-HFA", "OSH-ACC"}:
        return "water"
    return "register" if point[:2] in {"CO", "WT", "CT"} else "board"


def draw_pictures() -> dict[str, bytes]:
    return {
        "corridor": pictures.corridor(blocked=False, shade=20),
        "board": pictures.board(),
        "register": pictures.register(),
        "water": pictures.water_point(),
    }


class Photos:
    """One file a factory and kind of picture; many items may be shown by the same photo."""

    def __init__(self, captions: Mapping[str, str]) -> None:
        self._captions = captions
        self._drawn = draw_pictures()
        self._kept: dict[tuple[Any, str], StoredFile] = {}

    def of(self, factory: Factory, point: str) -> tuple[StoredFile, str]:
        kind = picture_of(point)
        stored = self._kept.get((factory.pk, kind))
        if stored is None:
            stored = files.keep(
                self._drawn[kind],
                name=f"{kind}.jpg",
                content_type="image/jpeg",
                factory_id=factory.pk,
                width=pictures.WIDTH,
                height=pictures.HEIGHT,
            )
            self._kept[factory.pk, kind] = stored
        return stored, self._captions[kind]


def later(day: date, days: int, today: date) -> date:
    return min(day + timedelta(days=days), today)
