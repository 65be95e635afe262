"""Runs of the planner asked for: queued once, sealed like what they will find."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from betterwork import queue
from betterwork.records.models import Job
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

PLAN_TASK = "assessments.plan_visits"
REPLAN_TASK = "assessments.replan_visits"


def request_plan(*, by: int | None, today: date, cause: str = "hand") -> Job:
    """Queue a run of the planner; asked twice before it ran, it runs once."""
    return queue.enqueue(
        PLAN_TASK,
        key=f"plan:{cause}",
        requested_by=by,
        sealed=True,
        cause=cause,
        today=today.isoformat(),
    )


def request_replan(*, by: int | None) -> Job:
    """Queue a look at every visit that no longer holds, with the fewest changes."""
    return queue.enqueue(
        REPLAN_TASK, key="replan:hand", requested_by=by, sealed=True, cause="hand", cause_id=""
    )


def local_today(now: datetime) -> date:
    """The calendar day of the programme in scope."""
    programme = Programme.objects.get(pk=scope.current_programme())
    return now.astimezone(ZoneInfo(programme.timezone)).date()
