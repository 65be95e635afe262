"""Stored files, and how far long work is."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from betterwork.accounts.models import Role
from betterwork.permissions import Permission, requires
from betterwork.tenancy import scope
from betterwork.ui import parts

from . import files, selectors, words
from .models import Job, NightlyRun, StoredFile
from .services import record
from .slots import RHYTHMS
from .vocabulary import Action

TRAIL_PAGE = 100
TRAIL_EXPORT = 20_000  # rows; a filter by day reaches the rest


@requires(Permission.SIGNED_IN)
def file_download(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A stored file; row-level security says whether it exists for this reader."""
    stored = get_object_or_404(StoredFile.objects.all(), pk=pk)
    return files.response(stored, inline=request.GET.get("inline") == "1")


@requires(Permission.SIGNED_IN)
def file_thumbnail(request: HttpRequest, pk: UUID) -> HttpResponse:
    stored = get_object_or_404(StoredFile.objects.filter(content_type="image/jpeg"), pk=pk)
    answer = HttpResponse(files.thumbnail(stored), content_type="image/jpeg")
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


@requires(Permission.SIGNED_IN)
@require_GET
def job_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far a piece of work is; htmx asks again until it is done, a reload works too."""
    job = get_object_or_404(Job.objects.all(), pk=pk)
    states = {"done": "done", "failed": "failed", "queued": "queued"}
    title = _("The work is done.") if job.status == "done" else _("Work under way")
    work = parts.Work(
        _("The work stopped.") if job.status == "failed" else title,
        states.get(job.status, "running"),
        job.done_units,
        job.total_units,
        job.unit,
        poll_url=request.path,
        # Where the result is, said by the task: an address of our own, never another host's.
        result_url=_own_address(job.result.get("url", "")),
        result_label=_("Open it"),
        reason=_("Nothing was lost. Tell your programme's support if it happens again."),
        code=str(job.pk)[:8].upper() if job.status == "failed" else "",
    )
    template = "records/_job.html" if request.headers.get("HX-Request") else "records/job.html"
    return render(request, template, {"job": job, "work": work})


@requires(Permission.SEE_NIGHTLY)
@require_GET
def nightly_work(request: HttpRequest) -> HttpResponse:
    """What the scheduler does for the programme: when each was due last, and whether it ended."""
    now = timezone.now()
    runs = {run.kind: run for run in NightlyRun.objects.all()}
    rows = []
    for kind, label in NightlyRun.Kind.choices:
        run, rhythm = runs.get(kind), RHYTHMS[kind]
        late = rhythm.is_late(now, run.slot if run else None, run.has_ended if run else False)
        state, word = _night_state(run, late)
        rows.append(
            {
                "label": label,
                "run": run,
                "state": state,
                "word": word,
                "often": words.RHYTHMS[kind],
                "next": rhythm.slot(now) + rhythm.turn,
            }
        )
    context = {"rows": rows, "any_late": any(row["state"] == "late" for row in rows)}
    return render(request, "records/nightly.html", context)


def _night_state(run: NightlyRun | None, late: bool) -> tuple[str, str]:
    if run is None:
        return "not_assessed", _("It has not run yet.")
    if late and run.has_ended:
        return "late", _("It ended then, and has not begun since.")
    if late:
        return "late", _("It began and did not end. It is tried again by itself.")
    if run.has_ended:
        return "completed", _("It ended as it should.")
    return "in_progress", _("It is under way.")


def _own_address(url: str) -> str:
    return url if url.startswith("/") and not url.startswith("//") else ""


@requires(Permission.SEE_TRAIL)
@require_GET
def trail(request: HttpRequest) -> HttpResponse:
    """Who did what, when and from where; filtered, in pages, and as CSV."""
    asked = {name: request.GET.get(name, "").strip() for name in ("action", "q", "factory")}
    first, last = _day(request, "from"), _day(request, "to")
    action = asked["action"] if asked["action"] in Action.values else ""
    rows = selectors.trail_rows(
        action=action, person=asked["q"], factory=asked["factory"], first=first, last=last
    )
    if request.GET.get("format") == "csv":
        return _trail_csv(rows)
    page = Paginator(rows, TRAIL_PAGE).get_page(request.GET.get("page"))
    people = selectors.people_in(page.object_list)
    for event in page.object_list:
        event.role_label = _role(event.role)  # type: ignore[attr-defined]
        event.told = words.facts_of(event.action, event.facts, people)  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "page": page,
        "choices": [parts.Choice("action", _("What"), [("", _("any")), *Action.choices], action)],
        "search": asked["q"],
        "factory": parts.TextFilter("factory", _("Factory"), asked["factory"]),
        "days": parts.DateRange(first, last),
        "export_url": "?" + _query(request),
        "clear_url": request.path if request.GET else "",
    }
    return render(request, "records/trail.html", context)


def _query(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    query["format"] = "csv"
    return query.urlencode()


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:  # well formed, but no such day
        return None


def _role(role: str) -> str:
    if role == scope.SYSTEM:
        return ""  # beside "The system", which says it
    return str(Role(role).label) if role in Role.values else role


def _trail_csv(rows: Any) -> HttpResponse:
    out = io.StringIO()
    out.write("\ufeff")  # spreadsheets read UTF-8 only when told so
    writer = csv.writer(out)
    writer.writerow(["at", "action", "person", "role", "factory", "about", "id", "from", "facts"])
    count = 0
    for event in rows[:TRAIL_EXPORT]:
        facts = "; ".join(f"{name}={value}" for name, value in event.facts.items())
        cells = [
            event.at.isoformat(timespec="seconds"),
            event.action,
            event.actor.full_name if event.actor else "",
            event.role,
            event.factory.name if event.factory else "",
            event.object_type,
            event.object_id,
            event.address or "",
            facts,
        ]
        writer.writerow([_harmless(cell) for cell in cells])
        count += 1
    record(Action.EXPORTED, what="trail", rows=count)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"trail-{scope.current().role}-{timezone.localdate().isoformat()}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _harmless(cell: str) -> str:
    """A spreadsheet would run a cell that begins like a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell
