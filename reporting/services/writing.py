"""Writes one report: claimed, read, printed and kept in short transactions.

However often it runs, late, doubled or after a kill, there is one report in the end: the row is
unique, its file is kept in the transaction that makes it ready, and whoever comes second leaves
what stands.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.models import Assessment
from assessments.services.review import report_languages
from betterwork import queue
from betterwork.accounts.models import FACTORY_SIDE, Membership, User
from betterwork.records import files
from betterwork.records.models import Job, StoredFile
from betterwork.records.services import record, send_mail_once
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.ui import formats
from reporting.models import Report
from reporting.report import data as report_data
from reporting.report import printing

from .ordering import new_check_code
from .stopping import stop

logger = logging.getLogger(__name__)
UNIT = "pages"
SECONDS_BETWEEN_SIGNS = 1.0  # of life: each costs a small transaction


@dataclass(frozen=True)
class _Work:
    """What one run has taken on, with nothing left to read."""

    order: report_data.Order
    data: dict[str, Any]
    photos: dict[str, bytes]


def write_report(*, programme_id: UUID, job_id: UUID) -> None:
    """Write the report a job asks for. Safe to run twice, late, or beside another run.

    Raises: OperationalError when the database is away; the job is then taken up again.
    """
    report_id: UUID | None = None
    try:
        with scope.programme_scope(programme_id):
            job = queue.claim(str(job_id))
            report = _take(job) if job is not None else None
        if report is None:
            return
        report_id = report.pk
        with scope.programme_scope(programme_id):
            work = _read(report)
        prints = _print(work, signs_of_life(programme_id, job_id))
        with scope.programme_scope(programme_id):
            _keep(work, prints, job_id)
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("Report of job %s stopped.", job_id)
        with scope.programme_scope(programme_id):
            stop(job_id, report_id, f"{type(error).__name__}: {error}")


# -- taking a job ---------------------------------------------------------------------------------


def _take(job: Job) -> Report | None:
    """The row to fill for a job; None where nothing is left to write (the job is then finished)."""
    wanted = job.arguments
    assessment = Assessment.objects.select_related("programme").get(pk=wanted["assessment_id"])
    language, is_draft = wanted["language"], bool(wanted["is_draft"])
    version, reason = int(wanted["version"]), ""
    if is_draft:
        if assessment.status != Assessment.Status.FACTORY_REVIEW:
            queue.finish(str(job.pk), superseded=True)  # taken back, or released meanwhile
            return None
        version, reason = _draft_version(assessment, language)
    elif assessment.status != Assessment.Status.RELEASED:
        raise ValueError("not released")
    report, _made = Report.objects.get_or_create(
        assessment_id=assessment.pk,
        version=version,
        language=language,
        is_draft=is_draft,
        defaults={
            "factory_id": assessment.factory_id,
            "reason": reason,
            "check_code": new_check_code(assessment.programme.code),
            "requested_by_id": job.requested_by_id,
            "released_at": None if is_draft else assessment.released_at,
            "data": {"draft_sent_at": _sent_at(assessment)} if is_draft else {},
        },
    )
    if report.status == Report.Status.READY:
        queue.finish(str(job.pk), report=str(report.pk))
        return None
    if report.status == Report.Status.FAILED:
        report.status = Report.Status.QUEUED
        report.save(update_fields=["status"])
    return report


def _draft_version(assessment: Assessment, language: str) -> tuple[int, str]:
    """A draft that was taken back and is sent again is a new version of the draft."""
    rows = Report.objects.filter(assessment_id=assessment.pk, language=language, is_draft=True)
    last = rows.order_by("-version").values_list("version", "data__draft_sent_at").first()
    if last is None:
        return 1, ""
    version, sent_at = last
    if sent_at == _sent_at(assessment):
        return version, ""
    return version + 1, "The draft was sent again."


def _sent_at(assessment: Assessment) -> str:
    return assessment.draft_sent_at.isoformat() if assessment.draft_sent_at else ""


# -- reading, printing ----------------------------------------------------------------------------


def _read(report: Report) -> _Work:
    address = settings.SITE_ADDRESS.rstrip("/") + reverse(
        "reporting:check", args=[report.check_code]
    )
    order = report_data.Order(
        report_id=report.pk,
        assessment_id=report.assessment_id,
        language=report.language,
        version=report.version,
        is_draft=report.is_draft,
        reason=report.reason,
        check_code=report.check_code,
        check_address=address,
        # The row's own time, so that a run after a kill writes the same bytes.
        ordered_at=report.requested_at,
    )
    data = report_data.build(order)
    if report.is_draft:
        data["draft_sent_at"] = report.data.get("draft_sent_at", "")
    wanted = {each["file"] for each in printing.photos_of(data)}
    photos = {
        str(stored.pk): files.thumbnail(stored)
        for stored in StoredFile.objects.filter(pk__in=wanted)
    }
    return _Work(order, data, photos)


def _print(work: _Work, on_progress: printing.Progress) -> list[printing.Printed]:
    """The file for every reader and, where there are photos, the factory's: no transaction here."""
    rounds = [False, True] if work.photos else [False]
    made: list[printing.Printed] = []
    for with_files in rounds:
        before = sum(each.pages for each in made)

        def progress(
            done: int, total: int, before: int = before, still: int = len(rounds) - len(made)
        ) -> None:
            on_progress(before + done, before + total * still)

        made.append(
            printing.write_pdf(
                work.data,
                photos=work.photos,
                with_files=with_files,
                created=work.order.ordered_at,
                on_progress=progress,
            )
        )
    return made


def signs_of_life(programme_id: UUID, job_id: UUID) -> Callable[[int, int], None]:
    """Tells how far the work is, at most once a second, each time in a transaction of its own."""
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < SECONDS_BETWEEN_SIGNS:
            return
        last = now
        with scope.programme_scope(programme_id):
            queue.progress(str(job_id), done, total, UNIT)

    return tell


# -- keeping --------------------------------------------------------------------------------------


def _keep(work: _Work, prints: list[printing.Printed], job_id: UUID) -> None:
    """One transaction: the file, the row that names it, the trail, the mails, the job."""
    report = (
        Report.objects.select_for_update(no_key=True, of=("self",))
        .select_related("assessment__programme", "assessment__factory", "factory", "programme")
        .get(pk=work.order.report_id)
    )
    if report.status == Report.Status.READY:  # another run was quicker; its file stands
        queue.finish(str(job_id), report=str(report.pk))
        return
    report.data = work.data
    report.pdf = _stored(report, prints[0])
    report.pdf_sha256, report.pages = prints[0].sha256, prints[0].pages
    if len(prints) > 1:
        report.factory_pdf = _stored(report, prints[1])
        report.factory_pdf_sha256, report.pages = prints[1].sha256, prints[1].pages
    report.status, report.written_at = Report.Status.READY, timezone.now()
    report.save()
    record(
        Action.REPORT_WRITTEN,
        about=report,
        factory_id=report.factory_id,
        for_factory=True,
        version=report.version,
        language=report.language,
        is_draft=report.is_draft,
        pages=report.pages,
        sha256=report.pdf_sha256,
    )
    job = Job.objects.filter(pk=job_id).first()
    if not report.is_draft and (job is None or job.arguments.get("tell", True)):
        _tell_factory(report)
    undrawn = [sign for each in prints for sign in each.undrawn]
    queue.progress(str(job_id), report.pages, report.pages, UNIT)
    queue.finish(str(job_id), report=str(report.pk), undrawn=sorted(set(undrawn)))


def _stored(report: Report, made: printing.Printed) -> StoredFile:
    return files.keep(
        made.data,
        name=file_name(report),
        content_type="application/pdf",
        factory_id=report.factory_id,
    )


def file_name(report: Report) -> str:
    """Plain signs only, so that every system can save it."""
    kind = "draft" if report.is_draft else "report"
    return f"{kind}-{report.assessment.code}-v{report.version}-{report.language}.pdf"


# -- mail to the factory --------------------------------------------------------------------------


def _tell_factory(report: Report) -> None:
    """Each person of the factory once a version, when it stands in the language they read."""
    rows = Membership.objects.filter(
        factory_id=report.factory_id, role__in=FACTORY_SIDE, ended_at__isnull=True
    ).select_related("user")
    # Languages that are written sooner or later, whichever comes first.
    known = report_languages(report.assessment)
    for person in {row.user for row in rows if row.user.is_active}:
        reads = person.language if person.language in known else "en"
        if reads == report.language:
            _tell(person, report)


def _tell(person: User, report: Report) -> None:
    address = settings.SITE_ADDRESS.rstrip("/") + reverse("reporting:report", args=[report.pk])
    # The release itself writes a mail under this key: whichever comes second is not sent.
    first = report.version == 1
    key = f"{report.assessment_id}:{person.pk}" if first else f"{report.pk}:{person.pk}"
    kind = "report_released" if first else "report_corrected"

    def subject() -> str:
        if first:
            return _("Your assessment report is released")
        return _("Your assessment report has a new version")

    def text() -> str:
        if first:
            return _(
                "The report of your assessment is ready to read and to download.\n\n%(address)s\n\n"
                "You receive this mail because you act for your factory in Betterwork."
            ) % {"address": address}
        return _(
            "Version %(version)s of your assessment report takes the place of the one before. The"
            " reason stands on its first page.\n\n%(address)s\n\n"
            "You receive this mail because you act for your factory in Betterwork."
        ) % {"version": formats.number(report.version), "address": address}

    with formats.region(report.programme.country):
        send_mail_once(
            kind=kind,
            key=f"{kind}:{key}",
            to=person.email,
            language=person.language,
            user_id=person.pk,
            subject=subject,
            text=text,
        )
