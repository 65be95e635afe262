"""Import of factories: upload, look at what would happen, mend rows, apply."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, requires
from betterwork.records.models import Job
from betterwork.refusals import sentence
from betterwork.tables import FORMATS, file_response
from betterwork.ui.parts import Choice, Crumb, Work
from factories import forms, words
from factories.models import ImportRow
from factories.rules.import_rows import COLUMNS, KNOWN
from factories.selectors.factories import import_batches
from factories.services import imports as services

from . import common

EXAMPLE = {
    "name": "Example Garments Ltd", "region": "Gazipur", "city": "Sreepur",
    "factory_type": "garment", "female": 600, "male": 400, "registered_on": "2026-01-31",
    "first_product": "T-shirts", "has_trade_union": "no", "status": "active",
    "contact_name": "Name of the contact", "contact_email": "contact@example.org",
    "buyer_1": "Example Buyer", "buyer_1_since": 2019, "buyer_1_relation": "direct",
}  # fmt: skip


@requires(Permission.IMPORT_FACTORIES)
def import_list(request: MemberRequest) -> HttpResponse:
    """Earlier files, and the form for a new one."""
    form = forms.ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = services.check_import(upload=form.cleaned_data["file"])
        except DomainError as error:
            form.add_error("file", sentence(error))
        else:
            return redirect("factories:import_batch", pk=batch.pk)
    context = {
        "form": form,
        "page": common.page_of(request, import_batches()),
        "crumbs": [Crumb(_("Factories"), reverse("factories:list"))],
    }
    return render(request, "factories/import.html", context, status=422 if form.errors else 200)


@requires(Permission.IMPORT_FACTORIES)
def import_template(request: MemberRequest) -> HttpResponse:
    """An empty file with every column and one example row."""
    kind = request.GET.get("format", "xlsx")
    row = [EXAMPLE.get(column, "") for column in COLUMNS]
    return file_response("factories-template", COLUMNS, [row], kind if kind in FORMATS else "xlsx")


def _work(job: Job | None, pk: UUID) -> Work | None:
    if job is None:
        return None
    return Work(
        title=_("Factories are being imported"),
        state="queued" if job.status == Job.Status.QUEUED else "running",
        done=job.done_units,
        total=job.total_units,
        unit=_("rows"),
        poll_url=reverse("factories:import_batch", args=[pk]) + "?work=1",
    )


@requires(Permission.IMPORT_FACTORIES)
def import_batch(request: MemberRequest, pk: UUID) -> HttpResponse:
    """What each row would do; rows that need repair first."""
    batch = get_object_or_404(import_batches(), pk=pk)
    job = services.job_of(batch)
    if request.GET.get("work") and request.headers.get("HX-Request"):
        answer = render(request, "factories/partials/_import_work.html", {"work": _work(job, pk)})
        if job is None:  # done: the whole page has news
            answer["HX-Refresh"] = "true"
        return answer
    counts = services.counts_of(batch)
    shown = request.GET.get("show", "")
    if shown not in ImportRow.Outcome.values:
        shown = "error" if counts.get("error") and "show" not in request.GET else ""
    rows = batch.rows.select_related("factory").order_by("number")
    if shown:
        rows = rows.filter(outcome=shown)
    page = common.page_of(request, rows)
    outcomes = dict(ImportRow.Outcome.choices)
    totals = _totals(counts)
    failed = Job.objects.filter(key=services.job_key(pk), status=Job.Status.FAILED)
    context = {
        "batch": batch,
        "work": _work(job, pk),
        "stopped": failed.exists() and totals["ready"] > 0 and job is None,
        "counts": [(outcomes[name], counts.get(name, 0), name) for name in outcomes],
        **totals,
        "unknown": [c for c in batch.columns if c not in KNOWN],
        "page": page,
        "rows": [as_row(row) for row in page],
        "shown": shown,
        "choices": [
            Choice(
                "show",
                _("Show"),
                [("all", _("all rows")), *ImportRow.Outcome.choices],
                shown or "all",
            )
        ],
        "crumbs": [
            Crumb(_("Factories"), reverse("factories:list")),
            Crumb(_("Import"), reverse("factories:import")),
        ],
    }
    return render(request, "factories/import_batch.html", context)


def _totals(counts: dict[str, int]) -> dict[str, int]:
    return {
        "ready": sum(counts.get(name, 0) for name in ("create", "update", "same")),
        "broken": counts.get("error", 0),
        "total": sum(counts.values()),
    }


def _cell(column: str, row: ImportRow) -> dict[str, Any]:
    label = words.label_of_column(column)
    return {"column": column, "label": label, "text": row.cells.get(column, "")}


def as_row(row: ImportRow, refused: str = "") -> dict[str, Any]:
    """A row for its page: the cells at fault with what is wrong with each."""
    wrong = []
    for column, errors in row.errors.items():
        texts = [sentence(DomainError(each["code"], **each["facts"])) for each in errors]
        wrong.append(_cell(column, row) | {"errors": texts})
    return {
        "row": row,
        "name": row.cells.get("name", ""),
        "region": row.cells.get("region", ""),
        "outcome": row.get_outcome_display(),
        "wrong": wrong,
        "refused": refused,
    }


@requires(Permission.IMPORT_FACTORIES)
def import_row(request: MemberRequest, pk: UUID, number: int) -> HttpResponse:
    """Mend one row: the cells at fault in the list, every cell on its own page."""
    batch = get_object_or_404(import_batches(), pk=pk)
    row = get_object_or_404(batch.rows.all(), number=number)
    part = bool(request.headers.get("HX-Request"))
    refused = ""
    if request.method == "POST":
        cells = {
            name.removeprefix("cell-"): str(text)[:2000]
            for name, text in request.POST.items()
            if name.startswith("cell-")
        }
        try:
            row = services.repair_row(batch_id=batch.pk, number=number, cells=cells)
        except DomainError as error:
            refused = sentence(error)
            row.cells = {**row.cells, **cells}
        else:
            if not part and row.outcome != ImportRow.Outcome.ERROR:
                text = _("Row %(row)s is right now.") % {"row": number}
                messages.success(request, text)
                return redirect("factories:import_batch", pk=batch.pk)
    context: dict[str, Any] = {"batch": batch, "line": as_row(row, refused)}
    bad = bool(refused) or row.outcome == ImportRow.Outcome.ERROR
    status = 422 if request.method == "POST" and bad else 200
    if part:
        # The button on top applies the mended row too, and says so.
        context.update(oob=True, **_totals(services.counts_of(batch)))
        return render(request, "factories/partials/_import_row.html", context, status=status)
    at_fault = set(row.errors)
    context |= {
        "cells": [
            _cell(c, row) for c in dict.fromkeys([*batch.columns, "name"]) if c not in at_fault
        ],
        "crumbs": [
            Crumb(_("Import"), reverse("factories:import")),
            Crumb(batch.file_name, reverse("factories:import_batch", args=[batch.pk])),
        ],
    }
    return render(request, "factories/import_row.html", context, status=status)


@require_POST
@requires(Permission.IMPORT_FACTORIES)
def import_apply(request: MemberRequest, pk: UUID) -> HttpResponse:
    batch = get_object_or_404(import_batches(), pk=pk)
    try:
        job = services.start_import(batch_id=batch.pk)
    except DomainError as error:
        messages.error(request, sentence(error))
    else:
        if job is None:
            messages.success(request, _("The rows that were right are applied."))
    return redirect("factories:import_batch", pk=batch.pk)


@require_POST
@requires(Permission.IMPORT_FACTORIES)
def import_discard(request: MemberRequest, pk: UUID) -> HttpResponse:
    batch = get_object_or_404(import_batches(), pk=pk)
    try:
        services.discard_import(batch_id=batch.pk)
    except DomainError as error:
        messages.error(request, sentence(error))
        return redirect("factories:import_batch", pk=batch.pk)
    messages.success(request, _("The file is put away; no factory was changed by it."))
    return redirect("factories:import")
