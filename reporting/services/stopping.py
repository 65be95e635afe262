"""Says that a report stopped: on its page, and to those who can let it go on."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from betterwork import queue
from betterwork.accounts.models import Membership, Role, User
from betterwork.records.models import Job
from betterwork.records.services import send_mail_once
from betterwork.ui import formats
from reporting.models import Report


def stop(job_id: UUID, report_id: UUID | None, error: str) -> None:
    """The work cannot go on by itself: said on the page, and to who asked for it."""
    queue.fail(str(job_id), error)
    job = Job.objects.filter(pk=job_id).select_related("requested_by", "programme").first()
    if job is not None:
        _tell(job, [report_id] if report_id else [])


def give_up(job: Job) -> None:
    """The sweep gave a report's job up: its worker died each time and could not say so."""
    wanted = job.arguments
    rows = Report.objects.filter(
        assessment_id=wanted["assessment_id"],
        language=wanted["language"],
        is_draft=bool(wanted["is_draft"]),
        status=Report.Status.QUEUED,
    )
    if not wanted["is_draft"]:  # a draft that was sent again counts its versions itself
        rows = rows.filter(version=wanted["version"])
    _tell(
        Job.objects.select_related("requested_by", "programme").get(pk=job.pk),
        list(rows.values_list("pk", flat=True)),
    )


def _tell(job: Job, reports: list[UUID]) -> None:
    Report.objects.filter(pk__in=reports, status=Report.Status.QUEUED).update(
        status=Report.Status.FAILED
    )
    where = (
        reverse("reporting:report", args=reports[:1]) if reports else reverse("reporting:reports")
    )
    address = settings.SITE_ADDRESS.rstrip("/") + where
    with formats.region(job.programme.country):
        for person in _who_can_go_on(job):
            send_mail_once(
                kind="report_stopped",
                key=f"report_stopped:{job.pk}:{person.pk}",
                to=person.email,
                language=person.language,
                user_id=person.pk,
                subject=lambda: _("A report could not be written"),
                text=lambda: (
                    _(
                        "A report could not be written. Nothing is lost: open the page and let it"
                        " go on.\n\n%(address)s\n\nYou receive this mail because you asked for"
                        " the report in Betterwork, or manage its programme."
                    )
                    % {"address": address}
                ),
            )


def _who_can_go_on(job: Job) -> list[User]:
    """Who asked for it; where nobody did, or they left, the managers of the programme."""
    if job.requested_by is not None and job.requested_by.is_active:
        return [job.requested_by]
    rows = Membership.objects.filter(
        programme_id=job.programme_id, role=Role.MANAGER, ended_at__isnull=True
    ).select_related("user")
    return sorted({row.user for row in rows if row.user.is_active}, key=lambda user: user.pk)
