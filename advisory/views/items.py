"""One item: its page, and each step people take with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from advisory import forms
from advisory.models import PlanItem
from advisory.selectors import plan as reads
from advisory.selectors.item_page import item_page
from advisory.services import plan
from betterwork import refusals
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui import formats
from betterwork.ui.context import initials

from .common import is_factory_side, is_outsider, position, show, today


def _item(pk: UUID) -> PlanItem:
    rows = reads.items().select_related(
        "point", "answer__question", "assessment", "factory__programme", "factory__advisor"
    )
    return get_object_or_404(rows, pk=pk)


def _page(
    request: MemberRequest,
    item: PlanItem,
    *,
    error: DomainError | None = None,
    refused: list[str] | None = None,
    invalid: bool = False,
    **given: Any,
) -> HttpResponse:
    page = item_page(
        item,
        position=position(request),
        today=today(),
        is_staff=may(request, Permission.SEE_ASSESSMENTS),
        is_outsider=is_outsider(request),
        initials=initials(str(request.user)),
    )
    steps = [0, 25, 50, 75]
    near = max((step for step in steps if step <= item.progress_percent), default=0)
    context = {
        "page": page,
        "item": item,
        "row": page.row,
        "place_name": item.factory.name,
        "back_url": reverse("advisory:my_plan")
        if is_factory_side(request)
        else reverse("advisory:plan", args=[item.factory_id]),
        "progress_form": forms.ProgressForm(initial={"progress_percent": near}),
        "evidence_form": forms.EvidenceForm(),
        "refused": refused or [],
        "may_update": may(request, Permission.UPDATE_ITEMS),
        "may_verify": may(request, Permission.VERIFY_ITEMS),
        "may_nudge": may(request, Permission.NUDGE),
        "may_create": may(request, Permission.CREATE_ITEMS),
        "may_add_evidence": item.verified_at is None
        and position(request) is not None
        and item.merged_into_id is None,
        **given,
    }
    return show(request, "item.html", context, error=error, invalid=invalid or bool(refused))


@requires(Permission.SEE_PLANS)
def item(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One improvement: next step, seam, evidence, chain, facts, timeline."""
    return _page(request, _item(pk))


def _step(
    request: MemberRequest, pk: UUID, act: Callable[[], Any], said: str, **kept: Any
) -> HttpResponse:
    """Take one step; a refusal shows the page again with its sentence."""
    try:
        act()
    except DomainError as error:
        return _page(request, _item(pk), error=error, **kept)
    messages.success(request, said)
    return redirect("advisory:item", pk=pk)


def _round(request: MemberRequest) -> int | None:
    value = request.POST.get("round", "")
    return int(value) if value.isdecimal() else None


@require_POST
@requires(Permission.UPDATE_ITEMS)
def item_progress(request: MemberRequest, pk: UUID) -> HttpResponse:
    _item(pk)
    form = forms.ProgressForm(request.POST)
    if not form.is_valid():
        return _page(request, _item(pk), progress_form=form, invalid=True)
    return _step(
        request,
        pk,
        lambda: plan.update_progress(item_id=pk, by=request.user, **form.cleaned_data),
        _("Saved."),
        progress_form=form,
    )


@require_POST
@requires(Permission.UPDATE_ITEMS)
def item_done(request: MemberRequest, pk: UUID) -> HttpResponse:
    _item(pk)
    return _step(
        request,
        pk,
        lambda: plan.report_done(item_id=pk, by=request.user),
        _("Reported as done. Both committee sides are asked to confirm."),
    )


@require_POST
@requires(Permission.CONFIRM_ITEMS)
def item_confirm(request: MemberRequest, pk: UUID) -> HttpResponse:
    _item(pk)
    return _step(
        request,
        pk,
        lambda: plan.confirm(item_id=pk, by=request.user, round_seen=_round(request)),
        _("You confirmed for your side."),
    )


@require_POST
@requires(Permission.VERIFY_ITEMS)
def item_verify(request: MemberRequest, pk: UUID) -> HttpResponse:
    _item(pk)
    return _step(
        request, pk, lambda: plan.verify(item_id=pk, by=request.user), _("The item is verified.")
    )


@require_POST
@requires(Permission.NUDGE)
def item_nudge(request: MemberRequest, pk: UUID) -> HttpResponse:
    _item(pk)
    return _step(
        request, pk, lambda: plan.nudge(item_id=pk, by=request.user), _("A reminder is on its way.")
    )


def _with_reason(
    request: MemberRequest, pk: UUID, act: Callable[..., Any], words: dict[str, str]
) -> HttpResponse:
    """A page that asks for the reason, and takes the step with it."""
    item = _item(pk)
    error = None
    form = forms.ReasonForm(request.POST or None, initial={"round": item.round})
    if request.method == "POST" and form.is_valid():
        try:
            act(
                item_id=pk,
                by=request.user,
                reason=form.cleaned_data["reason"],
                round_seen=form.cleaned_data["round"],
            )
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, words["said"])
            return redirect("advisory:item", pk=pk)
    context = {
        "item": item,
        "heading": reads.heading(item),
        "form": form,
        "back_url": reverse("advisory:item", args=[pk]),
        "place_name": item.factory.name,
        **words,
    }
    invalid = request.method == "POST"
    return show(request, "item_reason.html", context, error=error, invalid=invalid)


@requires(Permission.CONFIRM_ITEMS)
def item_not_yet(request: MemberRequest, pk: UUID) -> HttpResponse:
    words = {
        "title": _("Not yet: say why"),
        "lede": _(
            "The ambassador reads your reason and goes on with the work. Then both sides are asked"
            " again."
        ),
        "button": _("Send the reason"),
        "said": _("Sent. The work goes on."),
    }
    return _with_reason(request, pk, plan.not_yet, words)


@requires(Permission.VERIFY_ITEMS)
def item_return(request: MemberRequest, pk: UUID) -> HttpResponse:
    words = {
        "title": _("Return the item: say why"),
        "lede": _(
            "The factory reads your reason and goes on with the work. The history keeps what was"
            " confirmed."
        ),
        "button": _("Return with this reason"),
        "said": _("Returned to the factory with your reason."),
    }
    return _with_reason(request, pk, plan.return_item, words)


@requires(Permission.UPDATE_ITEMS)
def item_edit(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Root cause, action, who and by when."""
    item = _item(pk)
    names = ("root_cause", "action", "responsible", "due_on")
    form = forms.DetailsForm(
        request.POST or None, initial={name: getattr(item, name) for name in names}
    )
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            plan.set_details(item_id=pk, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            if refusal.code.startswith("due_"):
                form.add_error("due_on", refusals.sentence(refusal))
            else:
                error = refusal
        else:
            messages.success(request, _("Saved."))
            return redirect("advisory:item", pk=pk)
    context = {
        "item": item,
        "heading": reads.heading(item),
        "form": form,
        "back_url": reverse("advisory:item", args=[pk]),
        "place_name": item.factory.name,
    }
    return show(request, "item_edit.html", context, error=error, invalid=request.method == "POST")


@requires(Permission.CREATE_ITEMS)
def item_merge(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Join this item into another open one of the same plan."""
    item = _item(pk)
    others = reads.items().filter(plan=item.plan_id, merged_into__isnull=True).exclude(pk=pk)
    same_point = others.filter(point=item.point_id).exclude(status=PlanItem.Status.COMPLETED)
    choices = [
        (
            str(each.pk),
            _("Item %(number)s: %(what)s (%(origin)s)")
            % {
                "number": formats.number(each.number),
                "what": reads.heading(each),
                "origin": reads.batch_label(each),
            },
        )
        for each in same_point[:40]
    ]
    form = forms.MergeForm(
        request.POST or None, choices=choices, initial={"keep": request.GET.get("keep", "")}
    )
    error = None
    if request.method == "POST" and form.is_valid():
        keep = UUID(form.cleaned_data["keep"])
        try:
            plan.merge_items(keep_id=keep, merge_id=pk, by=request.user)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Merged. Both histories are kept."))
            return redirect("advisory:item", pk=keep)
    context = {
        "item": item,
        "heading": reads.heading(item),
        "form": form,
        "has_choices": bool(choices),
        "back_url": reverse("advisory:item", args=[pk]),
        "place_name": item.factory.name,
    }
    return show(request, "item_merge.html", context, error=error, invalid=request.method == "POST")


@require_POST
@requires(Permission.SEE_PLANS)
def item_evidence(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Several photos or documents at once; each that is not kept is named."""
    _item(pk)
    form = forms.EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, _item(pk), evidence_form=form, refused=[_("Look at the form below.")])
    given = form.cleaned_data
    try:
        result = plan.add_evidence(
            item_id=pk,
            by=request.user,
            uploads=given["files"],
            caption=given["caption"],
            visibility=given["visibility"],
        )
    except DomainError as error:
        return _page(request, _item(pk), error=error, evidence_form=form)
    said = []
    if result.added:
        count = len(result.added)
        text = ngettext("%(count)s file is kept.", "%(count)s files are kept.", count)
        said.append(text % {"count": formats.number(count)})
    if result.repeated:
        text = ngettext(
            "%(count)s file was there already.", "%(count)s files were there already.",
            result.repeated,
        )  # fmt: skip
        said.append(text % {"count": formats.number(result.repeated)})
    if result.refused:
        # What was kept stays kept; the rest is named, and the words typed stay in the form.
        refused = [refusals.sentence(each) for each in result.refused]
        return _page(request, _item(pk), evidence_form=form, refused=refused, kept=" ".join(said))
    messages.success(request, " ".join(said))
    return redirect(reverse("advisory:item", args=[pk]) + "#evidence")
