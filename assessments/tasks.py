"""Work of the scheduler: thin, named, safe to run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from betterwork.records.tasks import ProgrammeTask, programme_ids
from betterwork.tenancy import scope

from . import services


@shared_task(name="assessments.run_review_clocks", base=ProgrammeTask)
def run_review_clocks() -> dict[str, int]:
    """Reminders before comment periods end, word to the reviewers after, in every programme."""
    total = {"told": 0, "released": 0}
    for programme in programme_ids():
        with scope.programme_scope(programme):
            found = services.run_review_clocks(now=timezone.now())
        total = {key: total[key] + found[key] for key in total}
    return total


@shared_task(name="assessments.open_reassessments", base=ProgrammeTask)
def open_reassessments() -> int:
    """Annual reassessments that are due, in every programme."""
    opened = 0
    for programme in programme_ids():
        with scope.programme_scope(programme):
            opened += services.open_reassessments(today=timezone.localdate())
    return opened
