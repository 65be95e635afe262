"""Work of this app that takes longer than a request."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from betterwork import queue
from betterwork.records.tasks import ProgrammeTask
from betterwork.tenancy import scope
from factories.models import ImportRow
from factories.services import imports

UNIT = "rows"


@shared_task(name=imports.TASK, base=ProgrammeTask, acks_late=True)
def apply_import(*, programme_id: str, job_id: str) -> None:
    """Apply a checked file chunk by chunk, each in its own transaction.

    Safe at any moment: rows already applied are marked so, and the next run goes on from there.
    """
    programme = UUID(programme_id)
    with scope.programme_scope(programme):
        job = queue.claim(job_id)
        if job is None:
            return
        batch_id, user_id = UUID(job.arguments["batch_id"]), job.requested_by_id
    # As the system, but in the name of the person who asked: the trail says so.
    with scope.programme_scope(programme, user_id=user_id):
        known = imports.load_known()
        rows = ImportRow.objects.filter(batch_id=batch_id)
        total = rows.filter(outcome__in=imports.READY).count()
    done = 0
    try:
        while True:
            with scope.programme_scope(programme, user_id=user_id):
                taken = imports.apply_rows(batch_id=batch_id, known=known)
                done += taken
                queue.progress(job_id, done, max(total, done), UNIT)
            if not taken:
                break
    except Exception as error:
        with scope.programme_scope(programme):
            queue.fail(job_id, type(error).__name__)
        raise
    with scope.programme_scope(programme, user_id=user_id):
        counts = imports.finish_import(batch_id=batch_id)
        queue.finish(job_id, **{str(name): count for name, count in counts.items()})
