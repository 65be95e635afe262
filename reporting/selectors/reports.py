"""Reports as their readers find them. Row-level security decides who sees which row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import JSONBAgg
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import ExtractYear, JSONObject

from assessments.models import Assessment
from betterwork.records.models import Job
from betterwork.tenancy import scope
from reporting.models import Report
from reporting.services.ordering import TASK, job_key

HEAVY = ("data", "html")
SORTS = {
    "factory": ("assessment__factory__name", "assessment_id"),
    "assessed": ("assessment__starts_on", "assessment_id"),
    "released": ("assessment__released_at", "assessment_id"),
}
DEFAULT_SORT = "-assessed"
STATES = ("draft", "released", "being_written", "stopped")


@dataclass(frozen=True)
class Row:
    """One version of one report in all its languages."""

    assessment_id: UUID
    version: int
    is_draft: bool
    factory: str
    factory_id: UUID
    programme: str
    code: str
    starts_on: Any
    released_at: Any
    reason: str
    languages: Sequence[dict[str, Any]]

    @property
    def state(self) -> str:
        statuses = {each["status"] for each in self.languages}
        if Report.Status.FAILED in statuses:
            return "stopped"
        if Report.Status.QUEUED in statuses:
            return "being_written"
        return "draft" if self.is_draft else "released"

    def open_in(self, language: str) -> str:
        """Id of the report in the reader's language, else in English, else the first."""
        by_language = {each["language"]: each["pk"] for each in self.languages}
        first: str = self.languages[0]["pk"]
        return str(by_language.get(language) or by_language.get("en") or first)


def reports() -> QuerySet[Report]:
    """Every report this reader may see, without its data."""
    rows = Report.objects.select_related("assessment", "factory", "programme")
    return rows.defer(*HEAVY)


def report_rows(
    *,
    q: str = "",
    state: str = "",
    year: str = "",
    language: str = "",
    sort: str = "",
    with_drafts: bool = True,
) -> QuerySet[Any]:
    """The newest version of each report, one row for all its languages: one query for a page.

    with_drafts: False for readers whose draft has become a report (see `is_replaced`).
    """
    rows = Report.objects.order_by()
    # A draft is of interest until its report is there.
    rows = rows.exclude(is_draft=True, assessment__status=Assessment.Status.RELEASED)
    if not with_drafts:
        rows = rows.filter(is_draft=False)
    if q:
        rows = rows.filter(
            Q(factory__name__icontains=q)
            | Q(factory__code__iexact=q)
            | Q(assessment__code__iexact=q)
        )
    if year.isdigit():
        rows = rows.filter(assessment__starts_on__year=int(year))
    if language:
        rows = rows.filter(language=language)
    if state == "draft":
        rows = rows.filter(is_draft=True)
    elif state == "released":
        rows = rows.filter(is_draft=False)
    elif state == "being_written":
        rows = rows.filter(status=Report.Status.QUEUED)
    elif state == "stopped":
        rows = rows.filter(status=Report.Status.FAILED)
    grouped = rows.values(
        "assessment_id", "is_draft", "factory_id",
        factory_name=F("factory__name"),
        programme_code=F("programme__code"),
        code=F("assessment__code"),
        starts_on=F("assessment__starts_on"),
        released=F("assessment__released_at"),
    ).annotate(
        every=JSONBAgg(
            JSONObject(pk="id", version="version", language="language", status="status",
                       pages="pages", reason="reason"),
            ordering=["-version", "language"],
        )
    )  # fmt: skip
    return grouped.order_by(*_order(sort))


def _order(sort: str) -> tuple[str, ...]:
    name = (sort or DEFAULT_SORT).removeprefix("-")
    if name not in SORTS:
        name, sort = DEFAULT_SORT.removeprefix("-"), DEFAULT_SORT
    order = SORTS[name]
    is_down = (sort or DEFAULT_SORT).startswith("-")
    return tuple(f"-{field}" for field in order) if is_down else order


def as_row(found: dict[str, Any], *, written_only: bool = False) -> Row:
    """A grouped row as its newest version. written_only: the newest one that can be read."""
    ready = [each for each in found["every"] if each["status"] == Report.Status.READY]
    newest = max(each["version"] for each in (written_only and ready) or found["every"])
    languages = [each for each in found["every"] if each["version"] == newest]
    return Row(
        assessment_id=found["assessment_id"],
        version=newest,
        is_draft=found["is_draft"],
        factory=found["factory_name"],
        factory_id=found["factory_id"],
        programme=found["programme_code"],
        code=found["code"],
        starts_on=found["starts_on"],
        released_at=found["released"],
        reason=languages[0]["reason"],
        languages=languages,
    )


def years() -> list[int]:
    """Years of the assessments that have a report, newest first."""
    found = Report.objects.order_by().annotate(year=ExtractYear("assessment__starts_on"))
    return sorted({year for year in found.values_list("year", flat=True).distinct() if year})[::-1]


def siblings(report: Report) -> list[Report]:
    """Every version and language of a report's assessment, newest first: one query."""
    rows = Report.objects.filter(assessment_id=report.assessment_id).defer(*HEAVY)
    return list(rows.order_by("is_draft", "-version", "language"))


def successor(report: Report, among: Sequence[Report]) -> Report | None:
    """What took a draft's place: the released report in the same language, else in English."""
    released = [each for each in among if not each.is_draft and each.status == Report.Status.READY]
    for language in (report.language, "en"):
        for each in released:
            if each.language == language:
                return each
    return released[0] if released else None


def job_of(report: Report) -> Job | None:
    """The latest work on a report, for those who may see jobs."""
    key = job_key(
        report.assessment_id,
        version=report.version,
        language=report.language,
        is_draft=report.is_draft,
    )
    return Job.objects.filter(key=key).order_by("-created_at").first()


def open_jobs() -> int:
    """Reports that wait or are being written in the programme."""
    rows = Job.objects.filter(task=TASK, status__in=[Job.Status.QUEUED, Job.Status.RUNNING])
    return rows.count()


def by_check_code(code: str) -> Report | None:
    """The released report a printed code belongs to; nothing else of it is read by a visitor.

    The role "checker" sees the one row whose code it names, once it is released.
    """
    with scope.scope(scope.Facts("checker", address=scope.address())):
        _name_code(code)
        try:
            return Report.objects.filter(check_code=code).first()
        finally:
            if not connection.needs_rollback:
                _name_code("")


def _name_code(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('bw.token', %s, true)", [code])
