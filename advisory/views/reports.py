"""Progress Report 1 and 2: written by the ambassador, read by the advisor."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from advisory.content.progress_reports import sections
from advisory.models import AdvisoryVisit, CommitteeMeeting, ProgressReport
from advisory.selectors import plan as reads
from advisory.services import progress_reports as services
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui import formats
from factories.models import EngagementCycle

from .common import is_factory_side, show, today


@requires(Permission.WRITE_PROGRESS_REPORTS, Permission.SEE_PLANS)
def progress_report(request: MemberRequest, pk: UUID, number: int) -> HttpResponse:
    """One progress report of one cycle; a sent one no longer changes, nor a duplicate's."""
    if number not in (1, 2):
        raise Http404
    cycle = get_object_or_404(EngagementCycle.objects.select_related("factory"), pk=pk)
    report = ProgressReport.objects.filter(cycle=cycle, number=number).first()
    writes = (
        may(request, Permission.WRITE_PROGRESS_REPORTS)
        and is_factory_side(request)
        and cycle.factory.merged_into_id is None
    )
    if not writes and report is None:
        raise Http404
    answers = {code: each["answer"] for code, each in (report.answers if report else {}).items()}
    claimed = set(report.claimed_fixed if report else [])
    error = None
    if request.method == "POST" and writes:
        given = {key[2:]: request.POST.get(key, "") for key in request.POST if key.startswith("q_")}
        answers |= given
        claimed = set(request.POST.getlist("fixed"))
        try:
            services.save_report(
                cycle_id=cycle.pk, number=number, answers=given, claimed_fixed=claimed,
                by=request.user,
            )  # fmt: skip
            if "send" in request.POST:
                services.send_report(cycle_id=cycle.pk, number=number, by=request.user)
        except DomainError as refusal:
            error = refusal
        else:
            said = _("The report is sent.") if "send" in request.POST else _("The draft is saved.")
            messages.success(request, said)
            return redirect(request.path)
    shown = [
        (
            formats.in_language(section.title),
            [
                {
                    "code": each.code,
                    "kind": each.kind,
                    "text": formats.in_language(each.text),
                    "answer": answers.get(each.code, ""),
                    "choices": _choices(each.kind),
                }
                for each in section.questions
            ],
        )
        for section in sections(number)
    ]
    public = services.publicly_reported(cycle.factory_id) if number == 1 else None
    context = {
        "cycle": cycle,
        "factory": cycle.factory,
        "number": number,
        "report": report,
        "is_open": writes and (report is None or report.sent_on is None),
        "sections": shown,
        "public": _public(public, claimed) if public is not None else [],
        "facts": _facts(cycle) if number == 1 else {},
        "place_name": cycle.factory.name,
        "back_url": reverse("advisory:my_actions")
        if is_factory_side(request)
        else reverse("advisory:plan", args=[cycle.factory_id]),
    }
    return show(request, "progress_report.html", context, error=error)


def _choices(kind: str) -> list[tuple[str, Any]]:
    if kind == "rating":
        return list(ProgressReport.Rating.choices)
    return [("yes", _("Yes")), ("no", _("No"))] if kind == "yes_no" else []


def _public(rows: Any, claimed: set[str]) -> list[dict[str, Any]]:
    own = rows.select_related("point", "answer__question").prefetch_related("evidence")
    return [
        {
            "item": item,
            "heading": reads.heading(item),
            "number": str(item.number),
            "is_claimed": str(item.number) in claimed,
            "evidence": len(item.evidence.all()),
        }
        for item in own
    ]


def _facts(cycle: EngagementCycle) -> dict[str, Any]:
    """What the programme knows already, so that nobody types it again."""
    board = reads.board(cycle.factory_id, today())
    return {
        "board": board,
        "meetings": CommitteeMeeting.objects.filter(
            factory_id=cycle.factory_id, held_on__gte=cycle.starts_on
        ).count(),
        "visits": AdvisoryVisit.objects.filter(cycle=cycle, visited_on__isnull=False).count(),
    }
