"""The demo's reports, a few at a time: the worker writes them while people already look around."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from assessments.models import Assessment
from betterwork.records.models import Job
from betterwork.records.tasks import programme_ids
from betterwork.tenancy import scope
from reporting.models import Report
from reporting.services import ordering

AT_ONCE = 2  # of a programme: what people ask for themselves waits behind no more
LANGUAGE = "en"


def order_some() -> int:
    """Order reports of factories that have none of their latest released assessment; the count.

    Does nothing while reports of the programme are on their way, and where there is no demo.
    """
    if not settings.DEMO:
        return 0
    ordered = 0
    for programme in programme_ids():
        with scope.programme_scope(programme):
            open_jobs = Job.objects.filter(task=ordering.TASK, status__in=["queued", "running"])
            if open_jobs.exists():
                continue
            for assessment in _without_report()[:AT_ONCE]:
                ordering.order_reports(assessment_id=assessment, languages=[LANGUAGE], tell=False)
                ordered += 1
    return ordered


def _without_report() -> list[UUID]:
    """Ids, the newest release first. A report that stopped counts: somebody should look at it."""
    latest = (
        Assessment.objects.filter(status="released", created_by__is_demo=True)
        .order_by("factory_id", "-starts_on")
        .distinct("factory_id")
        .values_list("pk", "released_at")
    )
    written = set(Report.objects.filter(is_draft=False).values_list("assessment_id", flat=True))
    missing = [(at, pk) for pk, at in latest if pk not in written]
    return [pk for _at, pk in sorted(missing, reverse=True)]
