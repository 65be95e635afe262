"""The phase of an engagement cycle, computed from facts and a day, never stored.

Source: docs/domain/rules/cycle.md, rule C-3. The clocks are in `clocks`, the assessment window
(for the planner only) in `windows`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from betterwork.rules.explain import Because

from .cycle_facts import CycleFacts, CycleSettings, as_of, last_day
from .windows import assessment_window


class Phase(StrEnum):
    """In the order a cycle passes through them; a phase may be skipped, never returned to."""

    REGISTERED = "registered"
    INITIAL_ADVISORY = "initial_advisory"
    READY_FOR_ASSESSMENT = "ready_for_assessment"
    REPORT_DUE = "report_due"
    CONTINUED_ADVISORY = "continued_advisory"
    PROGRESS = "progress"
    REREGISTRATION_DUE = "reregistration_due"
    REREGISTERED = "reregistered"
    CLOSED = "closed"

    @property
    def rank(self) -> int:
        return list(Phase).index(self)


@dataclass(frozen=True, slots=True)
class PhaseAnswer:
    """The phase, why, and which parts of the initial advisory are still missing."""

    phase: Phase
    because: tuple[Because, ...]
    missing: tuple[str, ...]


INITIAL_ADVISORY_PARTS = ("committee_formed_on", "self_diagnosis_on", "plan_opened_on")


def missing_parts(facts: CycleFacts) -> tuple[str, ...]:
    """Names of the initial advisory's facts that are not there yet (rule C-5)."""
    return tuple(name for name in INITIAL_ADVISORY_PARTS if getattr(facts, name) is None)


def phase(facts: CycleFacts, settings: CycleSettings, today: date) -> PhaseAnswer:
    """Where the cycle stands at the end of `today`. Total: any facts give an answer."""
    facts = as_of(facts, today)
    found, because = _phase(facts, settings, today)
    return PhaseAnswer(found, because, missing_parts(facts))


def _phase(
    facts: CycleFacts, settings: CycleSettings, today: date
) -> tuple[Phase, tuple[Because, ...]]:
    def answer(found: Phase, fact: str, value: object, source: str) -> tuple[Phase, tuple[Because]]:
        return found, (Because("C-3", fact, value, source),)

    ends_on = last_day(facts, settings)
    if facts.closed_on is not None:
        return answer(Phase.CLOSED, "closed_on", facts.closed_on, "REG")
    if facts.reregistered_on is not None:
        if today > ends_on:
            return answer(Phase.CLOSED, "last_day", ends_on, "REG")
        return answer(Phase.REREGISTERED, "reregistered_on", facts.reregistered_on, "WM")
    # By the calendar alone, whatever is still open: an unreleased report keeps its own clock, and
    # a phase that waited for it would have to go back when the report comes.
    opens_on = ends_on - timedelta(days=settings.reregistration_opens_days)
    if today >= opens_on:
        return answer(Phase.REREGISTRATION_DUE, "reregistration_opens_on", opens_on, "WM")
    if facts.progress_report_1_on is not None:
        return answer(Phase.PROGRESS, "progress_report_1_on", facts.progress_report_1_on, "PR1")
    if facts.report_released_on is not None:
        return answer(
            Phase.CONTINUED_ADVISORY, "report_released_on", facts.report_released_on, "WM"
        )
    if facts.assessed_on is not None:
        return answer(Phase.REPORT_DUE, "assessed_on", facts.assessed_on, "HD, WM")
    return _phase_before_assessment(facts, settings, today)


def _phase_before_assessment(
    facts: CycleFacts, settings: CycleSettings, today: date
) -> tuple[Phase, tuple[Because, ...]]:
    window = assessment_window(facts, settings)
    if window is not None and today >= window.opens_on and window.is_in_cycle:
        return Phase.READY_FOR_ASSESSMENT, tuple(
            Because("C-3", each.fact, each.value, each.source)
            for each in window.because
            # The window's length is the planner's; its first day is public knowledge.
            if each.fact != "assessment_window_days"
        )
    if facts.first_advisory_visit_on is not None:
        visit = Because("C-3", "first_advisory_visit_on", facts.first_advisory_visit_on, "WM")
        until = facts.first_advisory_visit_on + timedelta(days=settings.initial_advisory_days)
        if window is not None and not window.is_in_cycle and today >= until:
            why = tuple(Because("C-3", e.fact, e.value, e.source) for e in window.because)
            return Phase.CONTINUED_ADVISORY, (visit, *why)
        return Phase.INITIAL_ADVISORY, (visit,)
    return Phase.REGISTERED, (Because("C-3", "starts_on", facts.starts_on, "REG"),)
