"""What gathers around a factory over the years: visits, meetings, reports, items, evidence.

Written in bulk at the end: the demo is loaded at the first start, while somebody waits for it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
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

from . import pictures


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

# -- meetings -----------------------------------------------------------------------------------

MINUTES = (
    "The committee went through the open items of the plan, agreed who acts, and heard the workers'"
    " questions on overtime and canteen.",
    "Both sides walked through the finishing section and the stores, then agreed three points.",
    "The worker side told what colleagues asked for; the management side answered each point.",
    "The report of the assessment was read point by point. Two findings were disputed and"
    " explained.",
)
DECISIONS = (
    "Keep the aisles of the finishing section clear at every shift change.",
    "Post the hours of overtime of each line every Thursday.",
    "Move the drinking water of floor 3 closer to lines 7 to 12.",
    "Explain the payslip to new workers on their first pay day.",
    "Choose one person for each first-aid box and post the names.",
    "Put fans beside the ironing tables before the hot months.",
    "Answer each complaint of the box within ten days.",
)

# -- progress reports ---------------------------------------------------------------------------

TOLD: dict[str, tuple[str, ...]] = {
    "pr1-changes": (
        "One more sewing line was opened and 60 workers were hired; owner and building are the"
        " same.",
        "Nothing changed but the head of personnel.",
        "The washing section was closed; its workers were moved to finishing.",
    ),
    "pr1-committee-role": (
        "We began with what workers named most often, then with what the law asks by a day.",
        "Safety first, then what costs little. Both sides voted.",
    ),
    "pr1-workers-informed": (
        "By the notice boards, and members speak to their lines after each meeting.",
        "Decisions are read out on the floor in the week after the meeting.",
    ),
    "pr1-systems": (
        "Each rule has a person who answers for it, and one register for the whole factory.",
        "Supervisors check exits and guards each morning and sign a list.",
    ),
    "pr1-training": (
        "Twelve supervisors on working with workers, eight members of the committee on safety.",
        "Two seminars on root causes; the whole committee took part.",
    ),
    "pr1-feedback": (
        "The visits help. We ask for more time between the draft and the day of comments.",
        "We should like an example of a good register.",
    ),
}
RATED = ("on_track", "on_track", "moderate_progress", "moderate_progress", "no_progress")


def progress_answers(number: int, language: str, draw: random.Random) -> dict[str, dict[str, str]]:
    """Every question of the report answered, as it was asked in the factory's language."""
    answers = {}
    for question in questions(number):
        if question.kind == "yes_no":
            given = "yes" if draw.random() < 0.85 else "no"
        elif question.kind == "rating":
            given = draw.choice(RATED)
        else:
            given = draw.choice(TOLD.get(question.code, ("Nothing to add.",)))
        asked = question.text.get(language) or question.text["en"]
        answers[question.code] = {"answer": given, "question": asked}
    return answers


def self_diagnosis(points: Sequence[str], draw: random.Random) -> dict[str, dict[str, str]]:
    """The committee's own look: mostly fine, a few issues, some it is not sure of."""
    answers = {}
    for code in points:
        chance = draw.random()
        state = "issue" if chance < 0.14 else "unsure" if chance < 0.26 else "fine"
        note = "Told by workers of two lines." if state == "issue" else ""
        answers[code] = {"state": state, "note": note}
    return answers


# -- items of other origins ---------------------------------------------------------------------

# Origin, compliance point, what was told, root cause, action.
OTHER_ITEMS = (
    ("self_diagnosis", "OSH-WEL", "Drinking water is far from lines 7 to 12.",
     "Lines were moved and the water stayed.", "Add two water points on floor 3."),
    ("self_diagnosis", "CO-INF", "Some workers cannot read their payslip.",
     "It is printed in one language and in short forms.", "Print words, and explain them once."),
    ("self_diagnosis", "OSH-WPR", "Needle guards are missing on some machines.",
     "Guards are taken off for cleaning.", "Check the guards each Monday with a list."),
    ("advisory", "OSH-EP", "Drills were held in the day shift alone.",
     "The night shift was not planned for.", "Hold a drill in each shift and note who led it."),
    ("advisory", "CT-DDD", "Complaints get no answer in writing.",
     "Nobody was named for it.", "Name two people, one of each side, and answer in ten days."),
    ("worker_voice", "WT-OT", "Overtime is announced in the afternoon of the same day.",
     "Targets of the lines change late.", "Announce overtime a day ahead on the board."),
    ("worker_voice", "OSH-HFA", "The clinic is closed during the second shift.",
     "The nurse works in the day alone.", "Hire a second nurse for the evening."),
    ("group", "OSH-CHM", "Safety data sheets are not in the workers' language.",
     "The supplier sends them in English.", "Ask for translations and post them in the store."),
    ("buyer", "OSH-ENV", "The buyer asks for a temperature record of the ironing section.",
     "No thermometer was there.", "Measure twice a day and keep the record."),
)  # fmt: skip

# -- evidence -----------------------------------------------------------------------------------

CAPTIONS = {
    "corridor": "The aisle after the markings were painted",
    "board": "The notice on the board of the floor",
    "register": "A page of the register",
    "water": "The new water point",
}


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

    def __init__(self) -> None:
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
        return stored, CAPTIONS[kind]


def later(day: date, days: int, today: date) -> date:
    return min(day + timedelta(days=days), today)
