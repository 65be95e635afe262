"""When an assessment may fall and when its planning is opened. FOR THE PLANNER ONLY.

An assessment is unannounced: nothing from this module may be shown to, or counted for, anyone but
the planner (and the named team, of its own visit). It lives apart from `clocks` so that no list
of clocks can carry a window by accident. Source: docs/domain/rules/cycle.md, rules C-6 and C-7.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from betterwork.rules.explain import Because

from .cycle_facts import CycleFacts, CycleSettings, add_months, as_of, last_day

# A cycle a month long and an interval of years still ends: nobody is planned further ahead.
_MOST_CYCLES_AHEAD = 60


@dataclass(frozen=True, slots=True)
class Window:
    """Days on which the assessment may start, both included.

    is_in_cycle: False when it opens after the cycle's last day, so this cycle has none.
    """

    opens_on: date
    closes_on: date
    is_in_cycle: bool
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Reassessment:
    """The next routine assessment: its cycle, its window, and the day planning is opened."""

    cycle_number: int
    open_on: date
    window: Window
    because: tuple[Because, ...]

    def is_due(self, today: date) -> bool:
        return today >= self.open_on


def assessment_window(facts: CycleFacts, settings: CycleSettings) -> Window | None:
    """The window of this cycle's assessment, or None while cycle 1 has no first visit.

    Cycle 1 counts from the first advisory visit, later cycles from their first day. A later window
    never opens earlier than the interval since the previous assessment, less the window's own
    length (so an early visit last year does not push this year's a month at a time).
    """
    because = []
    if facts.number == 1:
        if facts.first_advisory_visit_on is None:
            return None
        anchor = facts.first_advisory_visit_on
        because.append(Because("C-6", "first_advisory_visit_on", anchor, "WM"))
    else:
        anchor = facts.starts_on
        because.append(Because("C-6", "starts_on", anchor, "WM, HOW"))
    opens_on = anchor + timedelta(days=settings.assessment_window_opens_day)
    because.append(
        Because(
            "C-6", "assessment_window_opens_day", settings.assessment_window_opens_day, "WM, HOW"
        )
    )
    if facts.previous_assessed_on is not None:
        name = (
            "high_performer_interval_months"
            if facts.is_high_performer
            else "reassessment_interval_months"
        )
        months: int = getattr(settings, name)
        earliest = add_months(facts.previous_assessed_on, months) - timedelta(
            days=settings.assessment_window_days
        )
        because.append(Because("C-7", "previous_assessed_on", facts.previous_assessed_on, "WM"))
        because.append(Because("C-7", name, months, "WM"))
        opens_on = max(opens_on, earliest)
    closes_on = opens_on + timedelta(days=settings.assessment_window_days - 1)
    because.append(
        Because("C-6", "assessment_window_days", settings.assessment_window_days, "setting")
    )
    return Window(opens_on, closes_on, opens_on <= last_day(facts, settings), tuple(because))


def next_reassessment(
    facts: CycleFacts, settings: CycleSettings, today: date
) -> Reassessment | None:
    """The routine assessment after this cycle's, and the day its planning is to be opened.

    None once the factory has left (cycle closed and not re-registered), or if `today` comes
    before the cycle. The facts of the running cycle are enough: later cycles are taken to follow
    without a gap; once the next cycle exists, ask `assessment_window` with its facts instead.
    A high performer's may fall in a cycle after the next. Rule C-7.
    """
    facts = as_of(facts, today)
    if today < facts.starts_on:
        return None
    if facts.closed_on is not None and facts.reregistered_on is None:
        return None
    previous = facts.assessed_on or facts.previous_assessed_on
    for ahead in range(1, _MOST_CYCLES_AHEAD + 1):
        following = CycleFacts(
            number=facts.number + ahead,
            starts_on=add_months(facts.starts_on, ahead * settings.cycle_months),
            previous_assessed_on=previous,
            is_high_performer=facts.is_high_performer,
        )
        window = assessment_window(following, settings)
        if window is not None and window.is_in_cycle:
            lead = timedelta(days=settings.planning_lead_days)
            because = Because("C-7", "planning_lead_days", settings.planning_lead_days, "setting")
            return Reassessment(
                following.number, window.opens_on - lead, window, (*window.because, because)
            )
    return None
