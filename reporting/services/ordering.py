"""Asks for reports: the queue holds the work, the worker writes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from assessments.models import Assessment
from assessments.services.review import report_languages
from betterwork import queue
from betterwork.errors import DomainError
from betterwork.records.models import Job
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from reporting.models import Report

TASK = "reporting.write_report"
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no signs that look alike on paper


def job_key(assessment_id: UUID, *, version: int, language: str, is_draft: bool) -> str:
    """The queue's key of one report: the same as the assessment's release gives it."""
    mark = "draft" if is_draft else f"v{version}"
    return f"report:{assessment_id}:{mark}:{language}"


def new_check_code(programme_code: str) -> str:
    """What stands beside the QR code: 48 random bits, so that no code is found by guessing."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(2))
    return "-".join((programme_code, *groups))


@transaction.atomic
def order_reports(
    *,
    assessment_id: UUID,
    languages: Sequence[str] | None = None,
    by: int | None = None,
    tell: bool = True,
) -> list[Job]:
    """Queue the report of a released assessment in each language; those written stay as they are.

    languages: None means English, the programme's and the workers'. tell: mail the factory's
    people once their language is ready. Safe to repeat. Raises: DomainError("report_not_released").
    """
    assessment = _released(assessment_id)
    version = Report.objects.filter(assessment_id=assessment.pk, is_draft=False).aggregate(
        newest=Max("version")
    )["newest"]
    return [
        _enqueue(assessment, version or 1, language, by=by, tell=tell)
        for language in languages or report_languages(assessment)
    ]


@transaction.atomic
def order_correction(*, assessment_id: UUID, reason: str, by: int, now: datetime) -> list[Report]:
    """A new version of a released report, with its reason, in every language. Safe to repeat.

    Raises: DomainError("report_reason_missing" | "report_not_released" | "report_being_written").
    """
    reason = reason.strip()
    if not reason:
        raise DomainError("report_reason_missing")
    # Locked: two managers who press at once make one version.
    assessment = _released(assessment_id, lock=True)
    newest = Report.objects.filter(assessment_id=assessment.pk, is_draft=False).order_by("-version")
    last = newest.first()
    version = last.version + 1 if last else 2
    if last is not None:
        rows = list(newest.filter(version=last.version).order_by("language"))
        is_open = any(row.status == Report.Status.QUEUED for row in rows)
        if is_open and last.reason == reason:
            return rows
        if is_open and last.version > 1:
            raise DomainError("report_being_written")
    rows = [
        Report.objects.create(
            assessment_id=assessment.pk,
            factory_id=assessment.factory_id,
            version=version,
            language=language,
            reason=reason,
            check_code=new_check_code(assessment.programme.code),
            requested_by_id=by,
            released_at=now,
        )
        for language in sorted(report_languages(assessment))
    ]
    for row in rows:
        _enqueue(assessment, version, row.language, by=by, tell=True)
    record(
        Action.REPORT_CORRECTED,
        about=assessment,
        factory_id=assessment.factory_id,
        for_factory=True,
        version=version,
    )
    return rows


@transaction.atomic
def order_again(*, report_id: UUID, by: int) -> Job:
    """Go on with a report that stopped. Raises: DomainError("report_not_stopped")."""
    report = (
        Report.objects.select_for_update(no_key=True, of=("self",))
        .select_related("assessment")
        .get(pk=report_id)
    )
    if report.status == Report.Status.READY:
        raise DomainError("report_not_stopped")
    if report.status == Report.Status.FAILED:
        report.status = Report.Status.QUEUED
        report.save(update_fields=["status"])
    return _enqueue(
        report.assessment, report.version, report.language, by=by, tell=True,
        is_draft=report.is_draft,
    )  # fmt: skip


def _released(assessment_id: UUID, *, lock: bool = False) -> Assessment:
    rows = Assessment.objects.select_related("programme", "factory")
    if lock:
        rows = rows.select_for_update(no_key=True, of=("self",))
    assessment: Assessment = rows.get(pk=assessment_id)
    if assessment.status != Assessment.Status.RELEASED:
        raise DomainError("report_not_released")
    return assessment


def _enqueue(
    assessment: Assessment,
    version: int,
    language: str,
    *,
    by: int | None,
    tell: bool,
    is_draft: bool = False,
) -> Job:
    return queue.enqueue(
        TASK,
        key=job_key(assessment.pk, version=version, language=language, is_draft=is_draft),
        requested_by=by,
        assessment_id=str(assessment.pk),
        language=language,
        version=version,
        is_draft=is_draft,
        tell=tell,
    )
