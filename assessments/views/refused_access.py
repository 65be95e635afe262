"""Refused access as staff read it, and as what is published draws on: facts, one row each."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from assessments import selectors
from assessments.models import AccessRefusal
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, requires
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tables import FORMATS, file_response
from betterwork.ui.parts import Choice

PAGE = 25


@requires(Permission.SEE_ASSESSMENTS)
def refused_access(request: MemberRequest) -> HttpResponse:
    """Every refusal, the newest first; "published" leaves the second ones of a cycle."""
    shown = request.GET.get("show", "")
    rows = selectors.access_refusals(only_reportable=shown == "published")
    kind = request.GET.get("format", "")
    if kind in FORMATS:
        return _export(request, list(rows), kind)
    options = [("", _("All")), ("published", _("To be published"))]
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "choices": [Choice("show", _("Show"), options, shown)],
        "clear_url": request.path if shown else "",
    }
    return render(request, "assessments/refused_access.html", context)


def _export(request: MemberRequest, rows: list[AccessRefusal], kind: str) -> HttpResponse:
    head = [
        _("Factory"), _("Id"), _("Cycle"), _("Attempt"), _("Refused on"), _("Who refused"),
        _("Reason"), _("Force majeure"), _("To be published"),
    ]  # fmt: skip
    table = [
        [
            row.factory.name,
            row.factory.code,
            row.cycle.number,
            row.attempt,
            row.refused_on.isoformat(),
            row.refused_by,
            row.reason,
            _("yes") if row.is_force_majeure else "",
            _("yes") if row.is_reportable else "",
        ]
        for row in rows
    ]
    record(Action.EXPORTED, kind="refused_access", format=kind)
    return file_response("refused-access", head, table, kind)
