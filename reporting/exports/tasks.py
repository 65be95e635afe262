"""The export task: thin, named, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from betterwork.records.tasks import ProgrammeTask

from . import services


@shared_task(name="reporting.write_export", base=ProgrammeTask)
def write_export(*, programme_id: str, job_id: str) -> None:
    """One export; `Job.arguments` says which."""
    services.write_export(programme_id=UUID(programme_id), job_id=job_id)
