"""Long work of this app: thin, named, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from betterwork import queue
from betterwork.records.tasks import ProgrammeTask

from . import services
from .demo import reports as demo_reports
from .exports.tasks import write_export

__all__ = ["order_demo_reports", "write_export", "write_report", "write_tool_paper"]


@shared_task(name="reporting.write_report", base=ProgrammeTask)
def write_report(*, programme_id: str, job_id: str) -> None:
    """One report in one language; `Job.arguments` says which."""
    services.write_report(programme_id=UUID(programme_id), job_id=UUID(job_id))


@shared_task(name="reporting.write_tool_paper", base=ProgrammeTask)
def write_tool_paper(*, programme_id: str, job_id: str) -> None:
    """A version of the tool in one language; `Job.arguments` says which."""
    services.write_tool_paper(programme_id=UUID(programme_id), job_id=job_id)


@shared_task(name="reporting.order_demo_reports")
def order_demo_reports() -> int:
    """The reports of the demo's factories, a few a minute; nothing where there is no demo."""
    return demo_reports.order_some()


queue.when_given_up("reporting.write_report", services.give_up)
