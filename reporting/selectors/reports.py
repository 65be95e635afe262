"""Reports as their readers find them. Row-level security decides who sees which row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.functional import cached_property

from assessments.models import Assessment
from betterwork.asked import year_of
from betterwork.records.models import Job
from betterwork.tenancy import scope
from reporting.models import Report
from reporting.services.ordering import TASK, job_key

HEAVY = ("data", "html")
SORTS = {
    "factory": ("factory__name", "pk"),
    "assessed": ("starts_on", "pk"),
    "released": ("released_at", "pk"),
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


@dataclass(frozen=True)
class Choice:
    """What the list is narrowed to; empty fields narrow nothing.

    with_drafts: False for readers to whom a draft is never shown.
    """

    q: str = ""
    state: str = ""
    year: str = ""
    language: str = ""
    with_drafts: bool = True

    def reports(self) -> QuerySet[Report]:
        """Reports of the chosen language and state. A draft counts until its report is there."""
        rows = Report.objects.order_by()
        if not self.with_drafts or self.state == "released":
            rows = rows.filter(is_draft=False)
        if self.state == "draft":
            final = Report.objects.filter(assessment=OuterRef("assessment_id"), is_draft=False)
            rows = rows.filter(~Exists(final), is_draft=True)
        elif self.state == "being_written":
            rows = rows.filter(status=Report.Status.QUEUED)
        elif self.state == "stopped":
            rows = rows.filter(status=Report.Status.FAILED)
        return rows.filter(language=self.language) if self.language else rows

    def assessments(self) -> QuerySet[Assessment]:
        """Assessments with such a report."""
        rows = Assessment.objects.filter(Exists(self.reports().filter(assessment=OuterRef("pk"))))
        if self.q:
            rows = rows.filter(
                Q(factory__name__icontains=self.q)
                | Q(factory__code__iexact=self.q)
                | Q(code__iexact=self.q)
            )
        if (asked := year_of(self.year)) is not None:
            rows = rows.filter(starts_on__year=asked)
        return rows

    def count(self) -> int:
        """How many rows the list has."""
        if self.q or self.year:
            return self.assessments().count()
        # Counted from the reports alone: a third of the time, since no assessment is looked up.
        found = self.reports().aggregate(n=Count("assessment_id", distinct=True))
        return int(found["n"])


class Pages(Paginator):  # type: ignore[type-arg]
    """Pages of the list, counted the short way."""

    def __init__(self, choice: Choice, sort: str, size: int) -> None:
        super().__init__(report_rows(choice, sort), size)
        self._choice = choice

    @cached_property
    def count(self) -> int:
        return self._choice.count()


def report_rows(choice: Choice, sort: str = "") -> QuerySet[Any, Any]:
    """One row for each assessment with a report, in all its versions and languages: one query.

    The page is found along the assessments' own index, and only its rows gather their reports.
    """
    return _with_reports(choice.assessments(), choice).order_by(*_order(sort))


def rows_of_factory(
    factory_id: UUID, choice: Choice, *, with_unwritten: bool
) -> list[tuple[dict[str, Any], Row | None]]:
    """Begun assessments of a factory, newest first, each with its written report: one query.

    with_unwritten: also those without a report this reader finds. Sealed visits are never there.
    """
    rows = Assessment.objects.all() if with_unwritten else choice.assessments()
    rows = rows.filter(factory=factory_id, sealed=False).exclude(status="planned")
    words = dict(Assessment.Status.choices)
    found = _with_reports(rows, choice).order_by(F("starts_on").desc(nulls_last=True), "pk")
    listed = []
    for each in found:
        ready = [one for one in each["every"] if one["status"] == Report.Status.READY]
        row = as_row({**each, "every": ready}) if ready else None
        if row is not None or with_unwritten:
            listed.append(({**each, "status_word": words[each["step"]]}, row))
    return listed


def _with_reports(assessments: QuerySet[Assessment], choice: Choice) -> QuerySet[Any, Any]:
    """The values of a row of these assessments, with their reports beside them."""
    every = choice.reports().filter(assessment=OuterRef("pk")).order_by("-version", "language")
    written = JSONObject(pk="id", version="version", language="language", status="status",
                         pages="pages", reason="reason", is_draft="is_draft")  # fmt: skip
    return assessments.values(
        "factory_id", "code", "starts_on",
        assessment_id=F("pk"),
        factory_name=F("factory__name"),
        programme_code=F("programme__code"),
        released=F("released_at"),
        step=F("status"),
        every=ArraySubquery(every.values(written=written)),
    )  # fmt: skip


def _order(sort: str) -> tuple[str, ...]:
    name = (sort or DEFAULT_SORT).removeprefix("-")
    if name not in SORTS:
        name, sort = DEFAULT_SORT.removeprefix("-"), DEFAULT_SORT
    order = SORTS[name]
    is_down = (sort or DEFAULT_SORT).startswith("-")
    return tuple(f"-{field}" for field in order) if is_down else order


def as_row(found: dict[str, Any], *, written_only: bool = False) -> Row:
    """A found row as its newest version. written_only: the newest one that can be read."""
    every = [each for each in found["every"] if not each["is_draft"]] or found["every"]
    ready = [each for each in every if each["status"] == Report.Status.READY]
    newest = max(each["version"] for each in (written_only and ready) or every)
    languages = [each for each in every if each["version"] == newest]
    return Row(
        assessment_id=found["assessment_id"],
        version=newest,
        is_draft=languages[0]["is_draft"],
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
    """Years from the first to the last assessment held, newest first. Read off an index."""
    held = Assessment.objects.filter(draft_sent_at__isnull=False) | Assessment.objects.filter(
        released_at__isnull=False
    )
    found = held.aggregate(first=Min("starts_on"), last=Max("starts_on"))
    if found["first"] is None:
        return []
    return list(range(found["last"].year, found["first"].year - 1, -1))


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


def newer_version_on(report: Report) -> date | None:
    """The day on which a newer version of a genuine paper was written; None: it is the newest.

    Asked as the system of its programme, since a visitor sees the one row alone; nothing but the
    day comes out.
    """
    with scope.programme_scope(report.programme_id):
        newer = Report.objects.filter(
            assessment_id=report.assessment_id, is_draft=False, version__gt=report.version,
            status=Report.Status.READY, released_at__isnull=False,
        ).order_by("-version")  # fmt: skip
        written_at = newer.values_list("written_at", flat=True).first()
    return timezone.localdate(written_at) if written_at else None


def _name_code(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('bw.token', %s, true)", [code])
