"""A cycle as its pages draw it: thread, clocks with their explanation, next steps."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may
from betterwork.ui.parts import Mark, Thread
from factories import words
from factories.models import EngagementCycle, Factory
from factories.rules.clocks import ActionKey
from factories.rules.cycle_facts import last_day
from factories.selectors import CycleOverview, cycle_settings

from . import common

# Only what has happened: no window, no plan, nothing a visit to come could be read from.
MARKS = (
    ("assessed", "assessed_on"),
    ("released", "report_released_on"),
    ("progress", "progress_report_1_on"),
    ("progress", "progress_report_2_on"),
)


def thread_of(cycle: EngagementCycle, overview: CycleOverview) -> Thread:
    facts = overview.facts
    marks = [Mark("visit", (day - cycle.starts_on).days) for day in facts.advisory_visits_on]
    for kind, name in MARKS:
        day = getattr(facts, name)
        if day is not None:
            marks.append(Mark(kind, (day - cycle.starts_on).days))
    length = (last_day(facts, cycle_settings(cycle.starts_on)) - cycle.starts_on).days + 1
    return Thread(day=max(overview.day, 0), marks=[m for m in marks if m.day >= 0], length=length)


def step_urls(factory: Factory, request: MemberRequest) -> dict[str, str]:
    """Where each next step is done, as far as its app is there and the reader may go."""
    side = common.is_factory_side(request)
    urls = {
        ActionKey.HOLD_FIRST_VISIT: common.url_or_none("advisory:visits"),
        ActionKey.COMPLETE_SELF_DIAGNOSIS: common.url_or_none("advisory:self_diagnosis")
        or common.url_or_none("advisory:self_diagnosis", factory.pk),
        ActionKey.OPEN_PLAN: common.url_or_none("advisory:my_plan")
        if side
        else common.url_or_none("advisory:plan", factory.pk),
    }
    if may(request, Permission.CHANGE_COMMITTEES):
        urls[ActionKey.FORM_COMMITTEE] = reverse("factories:committee_new", args=[factory.pk])
    if may(request, Permission.CHANGE_CYCLES):
        urls[ActionKey.REREGISTER] = reverse("factories:cycle_open", args=[factory.pk])
    return {str(key): url for key, url in urls.items() if url}


def cycle_context(
    request: MemberRequest,
    factory: Factory,
    cycle: EngagementCycle,
    overview: CycleOverview,
    *,
    user_id: int | None,
    role: str,
) -> dict[str, Any]:
    """Values of the cycle's card and page. No query."""
    page = reverse("factories:cycle", args=[factory.pk])
    return {
        "thread": thread_of(cycle, overview),
        "steps": words.action_rows(
            overview.actions,
            overview.clocks,
            factory,
            step_urls(factory, request),
            page,
            user_id=user_id,
            role=role,
        ),
        "clocks": [clock_line(each, factory, user_id, role) for each in overview.clocks],
        "counters": [
            {
                "name": words.COUNTERS[each.key],
                "done": each.done,
                "lowest": each.lowest,
                "highest": each.highest,
                "is_short": each.is_short,
                "is_over": each.is_over,
            }
            for each in overview.counters
        ],
        "phase_because": words.because(overview.phase.because),
    }


def clock_line(clock: Any, factory: Factory, user_id: int | None, role: str) -> dict[str, Any]:
    """One clock of the cycle's table."""
    note = ""
    if clock.done_on is not None:
        note = _("after its due date") if clock.was_late else ""
    return {
        "key": str(clock.key),
        "name": words.CLOCKS[clock.key],
        "state": str(clock.state),
        "state_word": words.STATES[clock.state],
        "chip": words.chip(clock),
        "who": words.who(clock.actor, factory, user_id=user_id, role=role),
        "clock": clock,
        "moved": clock.due_on is not None
        and clock.original_due_on is not None
        and clock.due_on != clock.original_due_on,
        "note": note,
        "drift": words.value(clock.drift_reason) if clock.drift_reason else "",
        "because": words.because(clock.because),
    }
