"""Long work of this app: thin, named, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from betterwork import queue
from betterwork.records.tasks import ProgrammeTask

from . import services
from .exports.tasks import write_export

__all__ = ["write_export", "write_report"]


@shared_task(name="reporting.write_report", base=ProgrammeTask)
def write_report(*, programme_id: str, job_id: str) -> None:
    """One report in one language; `Job.arguments` says which."""
    services.write_report(programme_id=UUID(programme_id), job_id=UUID(job_id))


queue.when_given_up("reporting.write_report", services.give_up)
