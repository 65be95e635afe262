"""Reports: the list, reading one, its file, a corrected version, and the public check."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from betterwork import refusals
from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.records import files
from betterwork.records.models import Job, StoredFile
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy.middleware import client_address
from betterwork.ui import formats, parts
from betterwork.ui.context import OWN_NAMES
from reporting import services
from reporting.exports import sheets
from reporting.forms import CorrectionForm
from reporting.models import Report
from reporting.report import page as report_page
from reporting.selectors import reports as selectors

from . import common

PAGE_SIZE = 25
CHECKS_A_MINUTE = 30  # from one address: a person types, a machine guesses
OUTSIDE = frozenset({Role.BUYER, Role.GROUP_LEAD, Role.GLOBAL})


def _is_factory(request: HttpRequest) -> bool:
    return request.membership.role in FACTORY_SIDE  # type: ignore[attr-defined]


def _is_outside(request: HttpRequest) -> bool:
    """Readers the report was released to: no drafts, no photos, no state of the work."""
    return request.membership.role in OUTSIDE  # type: ignore[attr-defined]


# -- the list -------------------------------------------------------------------------------------


@require_safe
@requires(Permission.READ_REPORTS)
def report_list(request: HttpRequest) -> HttpResponse:
    """Reports this reader may open; staff see those being written too."""
    is_staff = not _is_factory(request) and not _is_outside(request)
    asked = {name: request.GET.get(name, "") for name in ("q", "state", "year", "language")}
    asked["q"] = asked["q"].strip()[:100]
    if not is_staff:
        asked["state"] = ""
    choice = selectors.Choice(**asked, with_drafts=not _is_outside(request))
    sort = request.GET.get("sort", "")
    if request.GET.get("format") in common.FORMATS:
        record(Action.EXPORTED, kind="reports", format=request.GET["format"])
        return _export(selectors.report_rows(choice, sort), request.GET["format"], is_staff)
    pages = selectors.Pages(choice, sort, PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    found = [selectors.as_row(each, written_only=not is_staff) for each in page.object_list]
    language = formats.language()
    waiting = selectors.open_jobs() if is_staff else 0
    context = {
        "page": page,
        "rows": [(row, row.open_in(language)) for row in found],
        "search": asked["q"],
        "choices": _choices(asked, is_staff),
        "clear_url": reverse("reporting:reports") if any(asked.values()) else "",
        "is_staff": is_staff,
        "waiting": waiting,
        "is_filtered": any(asked.values()),
        "sorted_by": selectors.DEFAULT_SORT,
        "own_names": OWN_NAMES,
        "language": language,
    }
    template = "reports_phone" if _is_factory(request) else "reports"
    return render(request, f"reporting/{template}.html", context)


def _export(found: Any, kind: str, is_staff: bool) -> HttpResponse:
    """The rows of the list as it stands."""
    states = {
        "released": _("Released"), "draft": _("Draft with the factory"),
        "being_written": _("Being written"), "stopped": _("Stopped"),
    }  # fmt: skip
    head = [_("Factory"), _("Code"), *([_("State")] if is_staff else []), _("Assessed"),
            _("Released"), _("Version"), _("Languages")]  # fmt: skip
    rows = []
    for each in found.iterator(chunk_size=500):
        row = selectors.as_row(each, written_only=not is_staff)
        names = ", ".join(str(OWN_NAMES.get(one["language"], "")) for one in row.languages)
        released = row.released_at and timezone.localdate(row.released_at).isoformat()
        rows.append([
            row.factory, row.code, *([states[row.state]] if is_staff else []),
            row.starts_on.isoformat(), "" if row.is_draft else released, row.version, names,
        ])  # fmt: skip
    rtl = formats.direction() == "rtl"
    name = f"reports-{timezone.localdate()}"
    return sheets.answer([common.table(_("Reports"), head, rows)], name, kind, rtl=rtl)


def _choices(asked: dict[str, str], is_staff: bool) -> list[parts.Choice]:
    years = [(str(year), formats.digits(str(year))) for year in selectors.years()]
    found = [parts.Choice("year", _("Year"), [("", _("All")), *years], asked["year"])]
    if is_staff:
        states = [
            ("", _("All")),
            ("draft", _("Draft")),
            ("released", _("Released")),
            ("being_written", _("Being written")),
            ("stopped", _("Stopped")),
        ]
        found.insert(0, parts.Choice("state", _("State"), states, asked["state"]))
    return found


# -- reading --------------------------------------------------------------------------------------


@require_safe
@requires(Permission.READ_REPORTS, Permission.READ_DRAFTS)
def report_read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A report as a page, in its own language inside the reader's frame."""
    report = get_object_or_404(selectors.reports(), pk=pk)
    among = selectors.siblings(report)
    if (moved := _moved_on(request, report, among)) is not None:
        return moved
    return _reading_page(request, report, among, CorrectionForm())


def _moved_on(request: HttpRequest, report: Report, among: list[Report]) -> HttpResponse | None:
    """For its readers, a draft is no more once its report is there; old links lead to that."""
    is_staff = not _is_factory(request) and not _is_outside(request)
    if is_staff or not report.is_draft or report.assessment.status != "released":
        return None
    after = selectors.successor(report, among)
    return redirect("reporting:report", pk=after.pk) if after else None


def _reading_page(
    request: HttpRequest,
    report: Report,
    among: list[Report],
    form: CorrectionForm,
    *,
    status: int = 200,
) -> HttpResponse:
    is_staff = not _is_factory(request) and not _is_outside(request)
    is_ready = report.status == Report.Status.READY
    body = ""
    if is_ready:
        services.record_reading(report, form="page")
        shown = report_page.Shown(with_files=not _is_outside(request))
        report.refresh_from_db(fields=["data"])
        body = report_page.body(report.data, shown)
    same = [e for e in among if e.version == report.version and e.is_draft == report.is_draft]
    versions = {e.version: e for e in reversed(among)
                if e.is_draft == report.is_draft and e.language == report.language}  # fmt: skip
    newest = max(versions, default=report.version)
    context = {
        "report": report,
        "body": body,
        "is_ready": is_ready,
        "is_staff": is_staff,
        "work": None if is_ready else _work(request, report),
        "languages": [(each, OWN_NAMES.get(each.language, each.language)) for each in same],
        "versions": [versions[number] for number in sorted(versions, reverse=True)],
        "newer": versions.get(newest) if newest > report.version else None,
        "form": form,
        "may_correct": may(request, Permission.RELEASE_ASSESSMENTS)
        and not report.is_draft
        and report.assessment.status == "released",
        "back_url": reverse("reporting:reports"),
        "place_name": _("Report"),
    }
    template = "report_phone" if _is_factory(request) else "report"
    return render(request, f"reporting/{template}.html", context, status=status)


def _work(request: HttpRequest, report: Report) -> parts.Work:
    """How far the writing is. Only staff may see the job; others see that it goes on."""
    job = selectors.job_of(report)
    stopped = report.status == Report.Status.FAILED or (
        job is not None and job.status == Job.Status.FAILED
    )
    is_staff = not _is_factory(request) and not _is_outside(request)
    if stopped:
        return parts.Work(
            title=_("The report could not be written."),
            state="failed",
            reason=_("The programme has been told. Nothing is lost.")
            if not is_staff
            else _("Let it go on; what was written before stays as it is."),
            retry_url=reverse("reporting:report_retry", args=[report.pk]) if is_staff else "",
            code=str(job.pk)[:8] if job is not None else "",
        )
    return parts.Work(
        title=_("The report is being written"),
        state="running" if job is not None and job.total_units else "queued",
        done=job.done_units if job is not None else 0,
        total=job.total_units if job is not None else 0,
        unit=ngettext("page", "pages", job.total_units if job is not None else 0),
        poll_url=reverse("reporting:report_work", args=[report.pk]),
    )


@require_GET
@requires(Permission.READ_REPORTS, Permission.READ_DRAFTS)
def report_work(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The long-work part alone; when the report is there, a link to it."""
    report = get_object_or_404(selectors.reports(), pk=pk)
    if report.status == Report.Status.READY:
        work = parts.Work(
            title=_("The report is written."),
            state="done",
            result_url=reverse("reporting:report", args=[report.pk]),
            result_label=_("Read it"),
        )
    else:
        work = _work(request, report)
    return render(request, "components/_work.html", {"work": work})


@require_safe
@requires(Permission.READ_REPORTS, Permission.READ_DRAFTS)
def report_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The file. With the photos for the factory and the programme, without them for others."""
    report = get_object_or_404(selectors.reports(), pk=pk)
    if (moved := _moved_on(request, report, selectors.siblings(report))) is not None:
        return moved
    if report.status != Report.Status.READY:
        return redirect("reporting:report", pk=report.pk)
    has_own = report.factory_pdf_id is not None and not _is_outside(request)
    stored = cast(StoredFile, report.factory_pdf if has_own else report.pdf)
    services.record_reading(report, form="pdf")
    return cast(HttpResponse, files.response(stored))


# -- again, and corrected -------------------------------------------------------------------------


@require_POST
@requires(Permission.REVIEW_ASSESSMENTS, Permission.RELEASE_ASSESSMENTS)
def report_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go on with a report that stopped."""
    report = get_object_or_404(selectors.reports(), pk=pk)
    try:
        services.order_again(report_id=report.pk, by=cast(int, request.user.pk))
    except DomainError as error:
        messages.info(request, refusals.sentence(error))
    return redirect("reporting:report", pk=report.pk)


@require_POST
@requires(Permission.RELEASE_ASSESSMENTS)
def report_correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a corrected version of a released report, with its reason."""
    report = get_object_or_404(selectors.reports(), pk=pk)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _reading_page(request, report, selectors.siblings(report), form, status=422)
    try:
        made = services.order_correction(
            assessment_id=report.assessment_id,
            reason=form.cleaned_data["reason"],
            by=cast(int, request.user.pk),
            now=timezone.now(),
        )
    except DomainError as error:
        form.add_error("reason", refusals.sentence(error))
        return _reading_page(request, report, selectors.siblings(report), form, status=422)
    same = [each for each in made if each.language == report.language] or made
    return redirect("reporting:report", pk=same[0].pk)


# -- the public check -----------------------------------------------------------------------------


@require_safe
@requires(Permission.PUBLIC)
def check(request: HttpRequest, code: str = "") -> HttpResponse:
    """Whether a paper is genuine: says what its holder can read on it, and the file's hash."""
    typed = (code or request.GET.get("code", "")).strip().upper()[:24]
    if typed and _too_many(request):
        return render(request, "429.html", status=429)
    report = selectors.by_check_code(typed) if typed else None
    context: dict[str, Any] = {"typed": typed, "report": report}
    if report is not None:
        data = report.data
        context |= {
            "name": data["factory"]["name"],
            "days": report_page.days_of(data),
            "newer_on": selectors.newer_version_on(report),
            "hashes": [h for h in (report.pdf_sha256, report.factory_pdf_sha256) if h],
            "language_name": OWN_NAMES.get(report.language, report.language),
        }
    answer = render(
        request, "reporting/report_check.html", context,
        status=404 if typed and report is None else 200,
    )  # fmt: skip
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _too_many(request: HttpRequest) -> bool:
    key = f"check:{client_address(request)}"
    cache.add(key, 0, 60)
    try:
        return cache.incr(key) > CHECKS_A_MINUTE
    except ValueError:  # it ended between the two calls
        return False
