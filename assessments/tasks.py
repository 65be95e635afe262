"""Work of the scheduler: thin, named, safe to run twice."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from celery import shared_task
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from betterwork import queue
from betterwork.records import nightly
from betterwork.records.tasks import ProgrammeTask, programme_ids
from betterwork.tenancy import scope

from . import services
from .services import escalation, plans


@shared_task(name="assessments.run_review_clocks", base=ProgrammeTask)
def run_review_clocks() -> dict[str, int]:
    """Reminders before comment periods end, word to the reviewers after, in every programme."""
    total = {"told": 0, "released": 0}

    def work() -> dict[str, int]:
        return services.run_review_clocks(now=timezone.now())

    for found in nightly.run("release_clock", programme_ids(), work, told=True):
        total = {key: total[key] + found[key] for key in total}
    return total


@shared_task(name="assessments.open_reassessments", base=ProgrammeTask)
def open_reassessments() -> None:
    """Annual reassessments that are due, in every programme.

    Answers nothing: the worker's log keeps what a task answers, and a count would tell of visits.
    """

    def work() -> None:
        services.open_reassessments(today=timezone.localdate())

    nightly.run("reassessments", programme_ids(), work, told=False)


@shared_task(name="assessments.plan_night", base=ProgrammeTask)
def plan_night() -> None:
    """Each programme's night: the horizon goes on, what no longer holds is looked at, clocks at
    risk are told of. Answers nothing: a count of visits would tell of them."""

    def horizon() -> None:
        today = plans.local_today(timezone.now())
        plans.request_plan(by=None, today=today, cause=f"night:{today.isoformat()}")

    def escalate() -> None:
        escalation.tell_of_clocks(today=plans.local_today(timezone.now()))

    nightly.run("horizon", programme_ids(), horizon, told=False)
    nightly.run("escalation", programme_ids(), escalate, told=True)


@shared_task(name=plans.PLAN_TASK, base=ProgrammeTask, acks_late=True)
def plan_visits(*, programme_id: str, job_id: str) -> None:
    """One plan of a programme: read, drawn, checked, stored; then what no longer holds."""
    programme = UUID(programme_id)
    with scope.programme_scope(programme):
        job = queue.claim(job_id)
        if job is None:
            return
        cause, by = job.arguments["cause"], job.requested_by_id
        # A run that comes late plans from the day it runs, not from the day it was asked for.
        asked = date.fromisoformat(job.arguments["today"])
        today = max(asked, plans.local_today(timezone.now()))
        queue.progress(job_id, 0, plans.STEPS, "steps")

    def told(step: int) -> None:
        queue.progress(job_id, step, plans.STEPS, "steps")

    def scoped() -> object:
        return scope.programme_scope(programme, user_id=by)

    # A night has one plan; a plan asked for by hand has one for each time it was asked.
    key = cause if cause.startswith("night:") else f"hand:{job_id}"
    word = cause.partition(":")[0]
    try:
        run = plans.run_plan(scoped=scoped, key=key, cause=word, today=today, by=by, told=told)
        if word == "night":
            plans.run_replan(
                scoped=scoped, key=f"mend:{key}", cause=word, cause_id=None, today=today
            )
    except OperationalError:  # the store was away: tried again, by the task or the sweep
        raise
    except Exception as error:
        with scope.programme_scope(programme):
            queue.fail(job_id, type(error).__name__)  # never its text: it may name a visit
        raise RuntimeError(type(error).__name__) from None
    with scope.programme_scope(programme):
        if run is None:
            queue.fail(job_id, "FactsChanged")
            return
        queue.finish(job_id, url=reverse("planner:run", args=[run]))


@shared_task(name=plans.REPLAN_TASK, base=ProgrammeTask, acks_late=True)
def replan_visits(*, programme_id: str, job_id: str) -> None:
    """What an absence, a closure or a conflict changes, as a diff that waits for a planner."""
    programme = UUID(programme_id)
    with scope.programme_scope(programme):
        job = queue.claim(job_id)
        if job is None:
            return
        cause, by = job.arguments["cause"], job.requested_by_id
        cause_id = UUID(job.arguments["cause_id"]) if job.arguments["cause_id"] else None
        today = plans.local_today(timezone.now())
        queue.progress(job_id, 0, 1, "steps")
    try:
        run = plans.run_replan(
            scoped=lambda: scope.programme_scope(programme, user_id=by),
            key=f"{cause}:{cause_id or job_id}",
            cause=cause,
            cause_id=cause_id,
            today=today,
            by=by,
        )
    except OperationalError:
        raise
    except Exception as error:
        with scope.programme_scope(programme):
            queue.fail(job_id, type(error).__name__)
        raise RuntimeError(type(error).__name__) from None
    with scope.programme_scope(programme):
        found = reverse("planner:run", args=[run]) if run else reverse("planner:clashes")
        queue.finish(job_id, url=found)
