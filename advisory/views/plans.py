"""Pages of programme staff: all plans, one plan, what waits to be verified."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisory import forms
from advisory.models import PlanItem
from advisory.selectors import plan as reads
from advisory.selectors.item_page import who_of
from advisory.services import plan
from assessments.models import Assessment
from betterwork import refusals
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tables import FORMATS, file_response
from betterwork.ui import formats
from betterwork.ui.parts import Choice
from factories.models import Factory
from factories.selectors.factories import entries_of
from factories.services.factories import refuse_merged

from .common import is_factory_side, is_outsider, role_of, show, today
from .mine import filtered

PAGE = 25
SORTS = ("name", "-name", "late", "-late", "verify", "-verify")


@requires(Permission.SEE_PLANS)
def plans(request: MemberRequest) -> HttpResponse:
    """Plans of all factories this reader may see, with the progress of each."""
    if is_factory_side(request):
        return redirect("advisory:my_plan")
    search = request.GET.get("q", "").strip()
    whose, what = request.GET.get("whose", ""), request.GET.get("show", "")
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "-late"
    rows = reads.plan_rows(today())
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(code__icontains=search))
    if whose == "mine":
        rows = rows.filter(advisor=request.user)
    own = PlanItem.objects.filter(merged_into__isnull=True)
    if what == "late":
        late = own.filter(due_on__lt=today()).exclude(status="completed")
        rows = rows.filter(pk__in=late.values("factory"))
    elif what == "verify":
        rows = rows.filter(pk__in=reads.to_verify().order_by().values("factory"))
    choices = [
        Choice(
            "show",
            _("Show"),
            [("", _("All")), ("late", _("With late items")), ("verify", _("To be verified"))],
            what if what in {"late", "verify"} else "",
        )
    ]
    if role_of(request) == "advisor":
        options = [("", _("All factories")), ("mine", _("My caseload"))]
        choices.append(Choice("whose", _("Factories"), options, "mine" if whose == "mine" else ""))
    rows = reads.sorted_by(rows, sort, today())
    kind = request.GET.get("export", "")
    if kind in FORMATS:
        record(Action.EXPORTED, kind="plans", format=kind)
        return _export(rows, kind)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = []
    row: reads.PlanRow
    for row in page:
        if row.progress:
            row.progress["to_verify"] = row.progress["completed"] - row.progress["verified"]
        lines.append((row, reads.strip(row.progress) if row.progress else None))
    context = {
        "page": page,
        "lines": lines,
        "choices": choices,
        "search": search,
        "sorted_by": sort,
        "is_filtered": bool(search or whose or what),
        "may_verify": may(request, Permission.VERIFY_ITEMS),
    }
    return show(request, "plans.html", context)


def _export(rows: Any, kind: str) -> HttpResponse:
    head = [
        _("Factory id"), _("Factory"), _("Advisor"), _("Items"), _("Pending"), _("In Progress"),
        _("Completed"), _("Verified"), _("Late"),
    ]  # fmt: skip
    names = ("total", "pending", "in_progress", "completed", "verified", "late")
    table = (
        [
            row.code,
            row.name,
            str(row.advisor or ""),
            *((row.progress or {}).get(n, 0) for n in names),
        ]
        for row in rows
    )
    return file_response("plans", head, table, kind)


@requires(Permission.VERIFY_ITEMS)
def queue(request: MemberRequest) -> HttpResponse:
    """Completed items that wait for an advisor to look, the longest waiting first."""
    rows = reads.to_verify()
    mine = request.GET.get("whose", "mine" if role_of(request) == "advisor" else "") == "mine"
    if mine:
        rows = rows.filter(factory__advisor=request.user)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    listed = [(item, reads.heading(item), reads.point_name(item)) for item in page]
    whose = Choice(
        "whose", _("Factories"), [("all", _("All factories")), ("mine", _("My caseload"))],
        "mine" if mine else "",
    )  # fmt: skip
    return show(request, "queue.html", {"page": page, "listed": listed, "choices": [whose]})


def _factory(pk: UUID) -> Factory:
    rows = Factory.objects.select_related("advisor", "programme", "merged_into")
    return get_object_or_404(rows, pk=pk)


@requires(Permission.SEE_PLANS)
def plan_of(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The plan of one factory: progress by batch, and its items."""
    if is_factory_side(request):
        return redirect("advisory:my_plan")
    factory = _factory(pk)
    board = reads.board(pk, today())
    rows, choices = filtered(request, board)
    kind = request.GET.get("export", "")
    if kind in FORMATS:
        record(Action.EXPORTED, factory_id=factory.pk, kind="plan", format=kind)
        return _export_items(factory, rows, kind)
    may_create = may(request, Permission.CREATE_ITEMS) and factory.merged_into_id is None
    outside = is_outsider(request)
    context = {
        "factory": factory,
        "board": board,
        "rows": [
            (row, who_of(row.waiting_for, factory.advisor, is_outsider=outside)) for row in rows
        ],
        "choices": choices,
        "is_filtered": any(choice.is_on for choice in choices),
        "may_create": may_create,
        "to_add": reads.assessments_to_add(pk) if may_create else [],
    }
    return show(request, "plan.html", context)


def _export_items(factory: Factory, rows: list[reads.Row], kind: str) -> HttpResponse:
    head = [
        _("Number"), _("Compliance point"), _("Issue"), _("Origin"), _("Status"), _("Verified"),
        _("Due"), _("Root cause"), _("Action"), _("Responsible"),
    ]  # fmt: skip
    table = (
        [
            row.item.number, row.point, row.item.issue, row.origin, row.item.get_status_display(),
            row.item.verified_at, row.item.due_on, row.item.root_cause, row.item.action,
            row.item.responsible,
        ]
        for row in rows
    )  # fmt: skip
    return file_response(f"plan-{factory.code}", head, table, kind)


@requires(Permission.CREATE_ITEMS)
def item_new(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Add one item from elsewhere than an assessment."""
    factory = _factory(pk)
    form = forms.NewItemForm(request.POST or None, initial={"origin": "advisory"})
    error = None
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            made = plan.create_item(
                factory_id=pk, by=request.user, point_id=given.pop("point"), **given
            )
        except DomainError as refusal:
            if refusal.code.startswith("due_"):
                form.add_error("due_on", refusals.sentence(refusal))
            else:
                error = refusal
        else:
            messages.success(request, _("Added to the plan."))
            return redirect("advisory:item", pk=made.pk)
    back = (
        reverse("advisory:my_plan")
        if is_factory_side(request)
        else reverse("advisory:plan", args=[pk])
    )
    context = {"factory": factory, "form": form, "back_url": back, "place_name": factory.name}
    return show(request, "item_new.html", context, error=error, invalid=request.method == "POST")


@requires(Permission.CREATE_ITEMS)
def from_assessment(request: MemberRequest, pk: UUID, assessment: UUID) -> HttpResponse:
    """Shows what would be created from an assessment, and creates it in one action."""
    factory = _factory(pk)
    rows = Assessment.objects.filter(
        factory__in=entries_of(factory), status__in=["factory_review", "released"]
    )
    chosen = get_object_or_404(rows, pk=assessment)
    back = (
        reverse("advisory:my_plan")
        if is_factory_side(request)
        else reverse("advisory:plan", args=[pk])
    )
    error = None
    if request.method == "POST":
        try:
            refuse_merged(factory)
            done = plan.create_items_from_assessment(assessment_id=chosen.pk, by=request.user)
        except DomainError as refusal:
            error = refusal
        else:
            count = len(done.created)
            text = ngettext(
                "%(count)s item was added to the plan.",
                "%(count)s items were added to the plan.",
                count,
            )
            messages.success(request, text % {"count": formats.number(count)})
            return redirect(f"{back}?from={chosen.pk}")
    found = plan.findings_of(chosen.pk)
    mine = PlanItem.objects.filter(plan__factory=factory, merged_into__isnull=True)
    known = set(mine.filter(assessment=chosen).values_list("answer_id", flat=True))
    older = mine.exclude(assessment=chosen).exclude(lineage="").exclude(status="completed")
    open_ones = {item.lineage: item.number for item in older}
    fresh = [
        {
            "title": formats.in_language(answer.question.title),
            "finding": answer.finding,
            "point": formats.in_language(answer.point.name),
            "code": answer.question.lineage,
            "is_public": "public" in answer.question.tags,
            "older": open_ones.get(answer.question.lineage),
        }
        for answer in found
        if answer.pk not in known
    ]
    context = {
        "factory": factory,
        "assessment": chosen,
        "fresh": fresh,
        "already": len(found) - len(fresh),
        "back_url": back,
        "place_name": factory.name,
    }
    return show(request, "from_assessment.html", context, error=error)
