"""Queue work by name, in the transaction that asks for it.

The row of records.Job is the promise; the message to the broker is only a nudge. If the broker is
down at commit, or a worker dies, `records.sweep_jobs` sends the job again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from betterwork.records.models import Job
from betterwork.tenancy import scope

logger = logging.getLogger(__name__)
# What an app does about its work that is given up: task -> function of the job, in its scope.
_when_given_up: dict[str, Callable[[Job], None]] = {}


def enqueue(
    task: str,
    *,
    key: str,
    requested_by: int | None = None,
    sealed: bool = False,
    **arguments: Any,
) -> Job:
    """Queue `task` once for `key`: an open job with the same key is returned instead.

    `arguments` are ids and plain values (they are stored as JSON). `sealed`: the work tells of
    visits that are secret, so only planners see that it exists.
    """
    programme = scope.current_programme()
    same = Job.objects.filter(key=key, sealed=sealed, status__in=["queued", "running"])
    existing = same.first()
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            job = Job.objects.create(
                task=task,
                key=key,
                arguments=arguments,
                requested_by_id=requested_by,
                sealed=sealed,
            )
    except IntegrityError:
        return same.get()
    transaction.on_commit(lambda: send(task, str(programme), str(job.pk)), robust=True)
    return job


def send(task: str, programme_id: str, job_id: str) -> None:
    """Nudge the worker. Raises nothing: the sweep repeats what could not be sent."""
    from betterwork.celery import app

    try:
        app.send_task(task, kwargs={"programme_id": programme_id, "job_id": job_id}, retry=False)
    except Exception:
        logger.warning("The broker did not take job %s; it will be sent again.", job_id)
        return


def claim(job_id: str, *, stale_after_seconds: int = 120) -> Job | None:
    """Take a job to work on it; None if it is finished or somebody is at it right now.

    Commit soon after: the claim is what tells a second worker to leave it alone.
    """
    now = timezone.now()
    job = Job.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=job_id).first()
    if job is None or job.status in {Job.Status.DONE, Job.Status.FAILED}:
        return None
    alive = job.heartbeat_at and (now - job.heartbeat_at).total_seconds() < stale_after_seconds
    if job.status == Job.Status.RUNNING and alive:
        return None
    job.status, job.heartbeat_at, job.attempts = Job.Status.RUNNING, now, job.attempts + 1
    job.save(update_fields=["status", "heartbeat_at", "attempts"])
    return job


def progress(job_id: str, done: int, total: int, unit: str = "") -> None:
    """Tell how far the work is, and that the worker lives."""
    Job.objects.filter(pk=job_id).update(
        done_units=min(done, total), total_units=total, unit=unit, heartbeat_at=timezone.now()
    )


def finish(job_id: str, **result: Any) -> None:
    Job.objects.filter(pk=job_id).update(
        status=Job.Status.DONE, finished_at=timezone.now(), result=result, error=""
    )


def fail(job_id: str, error: str) -> None:
    Job.objects.filter(pk=job_id).update(
        status=Job.Status.FAILED, finished_at=timezone.now(), error=error[:2000]
    )


def when_given_up(task: str, act: Callable[[Job], None]) -> None:
    """Call `act` when the sweep gives a job of `task` up: nobody else can say that it stopped."""
    _when_given_up[task] = act


def give_up(job: Job, error: str) -> None:
    """End a job that stopped too often, and let its app tell those who wait for it."""
    fail(str(job.pk), error)
    act = _when_given_up.get(job.task)
    if act is None:
        return
    try:
        with transaction.atomic():
            act(job)
    except Exception:  # one app's trouble must not keep the sweep from the other jobs
        logger.exception("What waits for job %s was not told that it is given up.", job.pk)
