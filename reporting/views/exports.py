"""The analysts' exports: asking for one, seeing how far it is, downloading it."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, requires
from betterwork.records import files
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.ui import formats
from betterwork.ui.context import OWN_NAMES
from betterwork.ui.fields import DayField
from betterwork.ui.parts import Work
from reporting.exports import analyst, services
from reporting.exports.analyst import Choice
from reporting.models import Export
from reporting.trail import EXPORTS

KINDS = list(EXPORTS.items())


class ExportForm(forms.Form):
    """What to export and how."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=KINDS, initial=analyst.ASSESSMENT)
    format = forms.ChoiceField(
        label=gettext_lazy("File"), choices=[("xlsx", "XLSX"), ("csv", "CSV")], initial="xlsx"
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the words"),
        choices=[(code, OWN_NAMES.get(code, code)) for code, _name in settings.LANGUAGES],
        help_text=gettext_lazy("The names of the columns are always the same."),
    )
    since = DayField(
        label=gettext_lazy("Assessments from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = DayField(
        label=gettext_lazy("until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    released_only = forms.BooleanField(
        label=gettext_lazy("Only released assessments"), required=False
    )
    all_outcomes = forms.BooleanField(
        label=gettext_lazy("Keep answers that count nowhere"),
        required=False,
        help_text=gettext_lazy(
            "Not applicable, not assessed, and due to national law. Left out, a script that"
            " counts every row gets the same rates as the dashboard."
        ),
    )
    details = forms.BooleanField(
        label=gettext_lazy("Add columns that say which factory"),
        required=False,
        help_text=gettext_lazy("For committee members and improvement plans."),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day lies before the first day."))
        return found


def _may_read_names(request: MemberRequest) -> bool:
    """Names of committee members are for managers; others get them masked."""
    return request.membership.role == "manager"


@requires(Permission.EXPORT_ANALYST)
@require_http_methods(["GET", "POST"])
def exports(request: MemberRequest) -> HttpResponse:
    """The form, and the exports made before."""
    status = 200
    if request.method == "POST":
        form = ExportForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            choice = Choice(
                kind=data["kind"],
                language=data["language"],
                since=data["since"],
                until=data["until"],
                released_only=data["released_only"],
                all_outcomes=data["all_outcomes"],
                details=data["details"],
                mask_names=not _may_read_names(request),
            )
            try:
                export = services.order_export(
                    choice=choice,
                    format=data["format"],
                    requested_by=request.user.pk,
                    key=data["key"],
                )
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                return redirect("reporting:export", pk=export.pk)
        status = 422
    else:
        form = ExportForm(initial={"language": formats.language(), "key": uuid.uuid4().hex})
    rows = Export.objects.select_related("file", "job", "requested_by").order_by("-requested_at")
    context = {
        "form": form,
        "rows": [(row, dict(KINDS).get(row.kind, row.kind)) for row in rows[:50]],
        "names_shown": _may_read_names(request),
        "columns": [(dict(KINDS)[kind], analyst.COLUMNS[kind]) for kind, _label in KINDS],
    }
    return render(request, "reporting/exports.html", context, status=status)


@requires(Permission.EXPORT_ANALYST)
@require_GET
def export(request: MemberRequest, pk: UUID) -> HttpResponseBase:
    """How far one export is; with `?file=1` the file itself."""
    row = get_object_or_404(Export.objects.select_related("file", "job", "requested_by"), pk=pk)
    if request.GET.get("file") and row.file is not None:
        record(Action.EXPORTED, about=row, kind=row.kind, step="downloaded")
        return files.response(row.file)
    here = reverse("reporting:export", args=[row.pk])
    state = "done" if row.file_id else (row.job.status if row.job else "failed")
    work = Work(
        title=_("Export ready.") if state == "done" else _("Export"),
        state=state,
        done=row.job.done_units if row.job else 0,
        total=row.job.total_units if row.job else 0,
        unit=_unit(row.kind),
        hint=_("%(n)s rows.") % {"n": formats.number(row.row_count)} if state == "done" else "",
        poll_url=here,
        result_url=f"{here}?file=1",
        result_label=_("Download %(format)s") % {"format": row.format.upper()},
        reason=_("Nothing was lost. Ask for it again; if it stops again, tell support the code."),
        code=str(row.pk)[:8].upper(),
    )
    if request.headers.get("HX-Request"):
        return render(request, "components/_work.html", {"work": work})
    context = {"export": row, "kind": dict(KINDS).get(row.kind, row.kind), "work": work}
    return render(request, "reporting/exports_one.html", context)


def _unit(kind: str) -> str:
    return {
        analyst.ASSESSMENT: _("assessments"), analyst.COMMITTEE: _("members"),
        analyst.PLAN: _("items"), analyst.PR2: _("reports"),
    }.get(kind, "")  # fmt: skip
