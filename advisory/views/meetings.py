"""Committee meetings: list, record with minutes, decisions until they are carried out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advisory import forms
from advisory.models import CommitteeMeeting, MeetingDecision, PlanItem
from advisory.selectors import plan as reads
from advisory.services import meetings as services
from betterwork import refusals
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui import formats
from factories.models import Committee, CommitteeMember

from .common import is_factory_side, show

PAGE = 25


def _rows() -> QuerySet[CommitteeMeeting]:
    rows = CommitteeMeeting.objects.select_related("committee", "factory", "chaired_by")
    done = Q(decisions__carried_out_on__isnull=False)
    return rows.annotate(
        decided=Count("decisions"), carried_out=Count("decisions", filter=done)
    ).order_by("-held_on", "pk")


@requires(Permission.SEE_COMMITTEES)
def meetings(request: MemberRequest) -> HttpResponse:
    """Meetings this reader may see, newest first; of one factory with ?factory=."""
    rows = _rows()
    factory = request.GET.get("factory", "")
    if factory:
        try:
            rows = rows.filter(factory_id=UUID(factory))
        except ValueError:
            rows = rows.none()
    search = request.GET.get("q", "").strip()
    if search:
        rows = rows.filter(factory__name__icontains=search)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "search": search,
        "may_record": may(request, Permission.RECORD_MEETINGS),
        "new_url": reverse("advisory:meeting_new") + (f"?factory={factory}" if factory else ""),
    }
    return show(request, "meetings.html", context)


def _committees(request: MemberRequest) -> QuerySet[Committee]:
    rows = Committee.objects.select_related("factory").filter(
        dissolved_on__isnull=True, factory__merged_into__isnull=True
    )
    if not is_factory_side(request):
        chosen = request.GET.get("factory") or request.POST.get("factory") or ""
        rows = (
            rows.filter(factory_id=chosen)
            if _is_uuid(chosen)
            else rows.filter(factory__advisor=request.user)
        )
    return rows.order_by("factory__name", "kind")


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


@requires(Permission.RECORD_MEETINGS)
def meeting_new(request: MemberRequest) -> HttpResponse:
    """Record a meeting with its minutes."""
    committees = list(_committees(request)[:200])
    several = len({each.factory_id for each in committees}) > 1
    names = [
        (str(each.pk), f"{each.factory.name}: {each.shown_name}" if several else each.shown_name)
        for each in committees
    ]
    members = CommitteeMember.objects.filter(
        committee__in=[each.pk for each in committees], left_on__isnull=True
    )
    people = [(str(each.pk), each.full_name) for each in members] if not several else []
    form = forms.MeetingForm(
        request.POST or None, request.FILES or None, committees=names, members=people,
        initial={"committee": names[0][0] if names else ""},
    )  # fmt: skip
    error = None
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        chair = given.pop("chaired_by")
        try:
            made = services.record_meeting(
                committee_id=UUID(given.pop("committee")),
                chaired_by_id=UUID(chair) if chair else None,
                by=request.user,
                **given,
            )
        except DomainError as refusal:
            if refusal.code.startswith("upload_"):
                form.add_error("minutes_file", refusals.sentence(refusal))
            else:
                error = refusal
        else:
            messages.success(request, _("The meeting is recorded."))
            return redirect("advisory:meeting", pk=made.pk)
    context = {
        "form": form,
        "has_committee": bool(committees),
        "back_url": reverse("advisory:meetings"),
    }
    return show(request, "meeting_new.html", context, error=error, invalid=request.method == "POST")


def _page(
    request: MemberRequest, pk: UUID, *, error: DomainError | None = None, **given: object
) -> HttpResponse:
    meeting = get_object_or_404(_rows().select_related("minutes_file", "recorded_by"), pk=pk)
    decisions = meeting.decisions.select_related("item__point", "item__answer__question")
    listed = [(each, reads.heading(each.item) if each.item else "") for each in decisions]
    context = {
        "meeting": meeting,
        "decisions": listed,
        "decision_form": forms.DecisionForm(items=_item_choices(meeting.factory_id)),
        "minutes_form": forms.MinutesForm(),
        "may_record": may(request, Permission.RECORD_MEETINGS)
        and meeting.factory.merged_into_id is None,
        "back_url": reverse("advisory:meetings"),
        "place_name": meeting.factory.name,
        **given,
    }
    return show(request, "meeting.html", context, error=error, invalid=bool(given))


def _item_choices(factory_id: UUID) -> list[tuple[str, str]]:
    rows = reads.items().filter(factory_id=factory_id, merged_into__isnull=True)
    return [
        (str(item.pk), f"{formats.number(item.number)} · {reads.heading(item)}"[:120])
        for item in rows.exclude(status=PlanItem.Status.COMPLETED)[:200]
    ]


@requires(Permission.SEE_COMMITTEES)
def meeting(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Minutes and decisions of one meeting."""
    return _page(request, pk)


@require_POST
@requires(Permission.RECORD_MEETINGS)
def decision_add(request: MemberRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(CommitteeMeeting.objects.all(), pk=pk)
    form = forms.DecisionForm(request.POST, items=_item_choices(found.factory_id))
    if not form.is_valid():
        return _page(request, pk, decision_form=form)
    given = form.cleaned_data
    item_id = UUID(given["item"]) if given["item"] else None
    decision = services.NewDecision(given["text"], item_id, given["due_on"])
    try:
        services.add_decision(meeting_id=pk, decision=decision)
    except DomainError as error:
        return _page(request, pk, error=error, decision_form=form)
    messages.success(request, _("The decision is recorded."))
    return redirect("advisory:meeting", pk=pk)


@require_POST
@requires(Permission.RECORD_MEETINGS)
def minutes_add(request: MemberRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(CommitteeMeeting.objects.all(), pk=pk)
    form = forms.MinutesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.add_minutes(meeting_id=pk, **form.cleaned_data)
        except DomainError as error:
            return _page(request, pk, error=error, minutes_form=form)
        messages.success(request, _("Saved."))
        return redirect("advisory:meeting", pk=pk)
    return _page(request, pk, minutes_form=form)


@require_POST
@requires(Permission.RECORD_MEETINGS)
def decision_done(request: MemberRequest, pk: UUID) -> HttpResponse:
    decision = get_object_or_404(MeetingDecision.objects.all(), pk=pk)
    form = forms.CarriedOutForm(request.POST)
    if not form.is_valid():
        return _page(request, decision.meeting_id, minutes_form=forms.MinutesForm())
    try:
        services.carry_out(decision_id=pk, by=request.user, **form.cleaned_data)
    except DomainError as error:
        return _page(request, decision.meeting_id, error=error)
    messages.success(request, _("Saved."))
    return redirect("advisory:meeting", pk=decision.meeting_id)
