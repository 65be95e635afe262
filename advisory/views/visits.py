"""Advisory visits, and the committee's self-diagnosis."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from advisory import forms
from advisory.models import AdvisoryVisit, SelfDiagnosis
from advisory.selectors.visits import month_weeks
from advisory.services import appointments
from advisory.services import visits as services
from betterwork import refusals
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui import formats
from betterwork.ui.parts import Choice, Rule
from factories.models import EngagementCycle, Factory
from factories.selectors import current_cycle

from .common import is_factory_side, own_factory_id, role_of, show, today

PAGE = 25
# Those to whom a month of visits says something: who books them, who plans around them, who leads.
MONTH = (Permission.RECORD_VISITS, Permission.PLAN_ASSESSMENTS, Permission.SEE_DASHBOARD)


@requires(Permission.SEE_VISITS)
def visits(request: MemberRequest) -> HttpResponse:
    """Advisory visits, planned ones first. They are announced: nothing here is secret."""
    rows = AdvisoryVisit.objects.select_related("factory", "advisor", "cycle").order_by(
        F("visited_on").desc(nulls_first=True), "planned_on", "pk"
    )
    what = request.GET.get("show", "")
    whose = request.GET.get("whose", "")
    if what == "planned":
        rows = rows.filter(visited_on__isnull=True, cancelled_at__isnull=True)
    elif what == "done":
        rows = rows.filter(visited_on__isnull=False)
    if whose == "mine":
        rows = rows.filter(factory__advisor=request.user)
    search = request.GET.get("q", "").strip()
    if search:
        rows = rows.filter(factory__name__icontains=search)
    factory = request.GET.get("factory", "")
    if factory:
        try:
            rows = rows.filter(factory_id=UUID(factory))
        except ValueError:
            rows = rows.none()
    choices = [
        Choice(
            "show", _("Show"),
            [("", _("All")), ("planned", _("Planned")), ("done", _("Took place"))], what,
        )
    ]  # fmt: skip
    if role_of(request) == "advisor":
        options = [("", _("All factories")), ("mine", _("My caseload"))]
        choices.append(Choice("whose", _("Factories"), options, whose))
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "choices": choices,
        "search": None if is_factory_side(request) else search,
        "may_record": may(request, Permission.RECORD_VISITS),
        "may_see_month": any(may(request, each) for each in MONTH),
        "is_filtered": bool(what or whose or search or factory),
    }
    return show(request, "visits.html", context)


@requires(*MONTH)
def month(request: MemberRequest) -> HttpResponse:
    """Announced visits in a calendar of one month; a free day leads to the form that books it.

    It holds announced work only: a sealed visit is on no day of it, not even for its own team.
    """
    if request.membership.programme is None:
        raise Http404
    first = _first_of(request.GET.get("month", ""))
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    whose = request.GET.get("whose", "mine" if role_of(request) == "advisor" else "")
    on = Coalesce("visited_on", "planned_on")
    rows = (
        AdvisoryVisit.objects.annotate(on=on)
        .filter(on__range=(first, last), cancelled_at__isnull=True)
        .select_related("factory", "advisor")
        .order_by("on", "starts_at", "factory__name")
    )
    if whose == "mine":
        rows = rows.filter(advisor=request.user)
    choices = []
    if role_of(request) == "advisor":
        options = [("mine", _("Mine")), ("", _("All"))]
        choices.append(Choice("whose", _("Visits"), options, whose))
    context = {
        "first": first,
        "weeks": month_weeks(request.membership.programme, first, last, list(rows)),
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{last + timedelta(days=1):%Y-%m}",
        "choices": choices,
        "may_record": may(request, Permission.RECORD_VISITS),
    }
    return show(request, "visit_month.html", context)


def _first_of(text: str) -> date:
    try:
        found = date.fromisoformat(f"{text}-01") if len(text) == 7 else today().replace(day=1)
    except ValueError:
        return today().replace(day=1)
    return found if 2000 <= found.year <= 2100 else today().replace(day=1)


def _form_page(
    request: MemberRequest, visit: AdvisoryVisit | None, initial: dict[str, Any]
) -> HttpResponse:
    rows = Factory.objects.filter(status=Factory.Status.ACTIVE, merged_into__isnull=True)
    if visit is not None:
        rows = Factory.objects.filter(pk=visit.factory_id)
    elif initial.get("factory"):
        rows = rows.filter(pk=initial["factory"])
    elif role_of(request) == "advisor":
        rows = rows.filter(advisor=request.user)
    names = [(str(pk), name) for pk, name in rows.order_by("name").values_list("pk", "name")[:300]]
    form = forms.VisitForm(request.POST or None, initial=initial, factories=names)
    error = None
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            saved = services.save_visit(
                factory_id=UUID(given.pop("factory")),
                visit_id=visit.pk if visit else None,
                by=request.user,
                **given,
            )
        except DomainError as refusal:
            fields = {"due": "planned_on", "visit_in": "visited_on", "virtual": "mode",
                      "visit_on": "planned_on"}  # fmt: skip
            field = next((f for start, f in fields.items() if refusal.code.startswith(start)), None)
            if field:
                form.add_error(field, refusals.sentence(refusal))
            else:
                error = refusal
        else:
            messages.success(request, _("Saved."))
            return redirect("advisory:visit", pk=saved.pk)
    context = {
        "form": form,
        "visit": visit,
        "has_factories": bool(names),
        "may_record": True,
        "back_url": reverse("advisory:visits"),
    }
    return show(request, "visit_form.html", context, error=error, invalid=request.method == "POST")


@requires(Permission.RECORD_VISITS)
def visit_new(request: MemberRequest) -> HttpResponse:
    chosen, day = request.GET.get("factory", ""), request.GET.get("day", "")
    initial: dict[str, Any] = {}
    with suppress(ValueError):
        initial["factory"] = str(UUID(chosen))
    with suppress(ValueError):
        initial["planned_on"] = date.fromisoformat(day)
    return _form_page(request, None, initial)


@requires(Permission.SEE_VISITS)
def visit(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One visit; the advisor may write on it, the factory reads what was agreed."""
    rows = AdvisoryVisit.objects.select_related("factory", "advisor", "cycle", "confirmed_by")
    found = get_object_or_404(rows, pk=pk)
    if may(request, Permission.RECORD_VISITS):
        names = (
            "planned_on", "starts_at", "visited_on", "mode", "topics", "agreed", "worker_members",
            "management_members",
        )  # fmt: skip
        initial: dict[str, Any] = {name: getattr(found, name) for name in names}
        return _form_page(request, found, {**initial, "factory": str(found.factory_id)})
    return _visit_page(request, found)


def _visit_page(
    request: MemberRequest, found: AdvisoryVisit, error: DomainError | None = None
) -> HttpResponse:
    is_open = found.visited_on is None and found.cancelled_at is None
    context = {
        "visit": found,
        "back_url": reverse("advisory:visits"),
        "may_record": False,
        "may_confirm": is_open and may(request, Permission.CONFIRM_VISITS),
    }
    return show(request, "visit.html", context, error=error, invalid=error is not None)


@requires(Permission.RECORD_VISITS)
def visit_move(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Another day for an announced visit, chosen on the calendar: its rules, then the move.

    The calendar asks for the panel alone; the page does the same without it.
    """
    rows = AdvisoryVisit.objects.select_related("factory__programme", "advisor").filter(
        planned_on__isnull=False, visited_on__isnull=True, cancelled_at__isnull=True
    )
    found = get_object_or_404(rows, pk=pk)
    asked = request.POST if request.method == "POST" else request.GET
    stands_on = found.planned_on or today()
    day = _day_of(asked.get("starts_on", "")) or stands_on
    error = None
    if request.method == "POST":
        try:
            services.move_visit(
                visit_id=pk,
                planned_on=day,
                was=_day_of(asked.get("was", "")) or stands_on,
                by=request.user,
            )
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("The visit was moved."))
            return redirect(f"{reverse('advisory:visit_month')}?{_month_of(request, found, day)}")
    context = {"visit": found, "trial": _trial(found, day)}
    if request.headers.get("HX-Target") == "side":
        return show(request, "_visit_trial.html", context, error=error)
    return show(request, "visit_move.html", context, error=error)


def _day_of(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _month_of(request: MemberRequest, moved: AdvisoryVisit, day: date) -> str:
    """The calendar of a day's month; of everybody's visits if this one is another advisor's."""
    whose = {} if moved.advisor_id == request.user.pk else {"whose": ""}
    return urlencode({"month": f"{day:%Y-%m}", **whose})


RULES = {
    "working_day": gettext_lazy("The factory is open"),
    "advisor_free": gettext_lazy("The advisor is free on this day"),
    "cycle": gettext_lazy("A cycle of the factory runs"),
    "other_visits": gettext_lazy("The advisor has other visits on this day"),
}


def _trial(found: AdvisoryVisit, day: date) -> dict[str, Any]:
    checks = services.day_checks(found, day, today=today())
    rules = []
    for key, result, fact in checks:
        words: Any = ""
        if isinstance(fact, DomainError):
            words = refusals.sentence(fact)
        elif fact:
            words = format_html_join(f"{formats.comma()} ", "<bdi>{}</bdi>", ((n,) for n in fact))
        rules.append(Rule(result, RULES[key], words))
    is_new = day != found.planned_on
    return {
        "day": day,
        "rules": rules,
        "may_keep": is_new and all(result != "fail" for _key, result, _fact in checks),
    }


@require_POST
@requires(Permission.CONFIRM_VISITS, Permission.RECORD_VISITS)
def visit_confirm(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The factory says yes to the day; or its advisor writes down that it did, by telephone."""
    found = get_object_or_404(AdvisoryVisit.objects.select_related("factory", "advisor"), pk=pk)
    try:
        appointments.confirm_visit(visit_id=pk, by=request.user, now=timezone.now())
    except DomainError as error:
        if may(request, Permission.CONFIRM_VISITS):
            return _visit_page(request, found, error)
        messages.error(request, refusals.sentence(error))
        return redirect("advisory:visit", pk=pk)
    if may(request, Permission.CONFIRM_VISITS):
        messages.success(request, _("Confirmed. Your advisor sees it."))
    else:
        messages.success(request, _("Saved."))
    return redirect("advisory:visit", pk=pk)


@require_POST
@requires(Permission.CONFIRM_VISITS)
def visit_another_day(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The factory asks for another day."""
    found = get_object_or_404(AdvisoryVisit.objects.select_related("factory", "advisor"), pk=pk)
    try:
        appointments.ask_another_day(
            visit_id=pk, note=request.POST.get("note", ""), by=request.user
        )
    except DomainError as error:
        return _visit_page(request, found, error)
    messages.success(request, _("Your advisor is asked for another day."))
    return redirect("advisory:visit", pk=pk)


@require_POST
@requires(Permission.RECORD_VISITS)
def visit_cancel(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Call an announced visit off, with its reason."""
    get_object_or_404(AdvisoryVisit.objects.all(), pk=pk)
    try:
        appointments.cancel_visit(
            visit_id=pk,
            reason=request.POST.get("reason", ""),
            by=request.user,
            now=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, refusals.sentence(error))
        return redirect("advisory:visit", pk=pk)
    messages.success(request, _("Cancelled. Everybody invited is told."))
    return redirect("advisory:visits")


@require_GET
@requires(Permission.SEE_VISITS)
def visit_calendar(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The appointment as a file for a calendar."""
    rows = AdvisoryVisit.objects.select_related("factory", "advisor", "programme")
    found = get_object_or_404(rows.filter(planned_on__isnull=False), pk=pk)
    text = appointments.calendar_text(found, [], now=found.created_at)
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return answer


@requires(Permission.DO_SELF_DIAGNOSIS)
def self_diagnosis(request: MemberRequest, pk: UUID | None = None) -> HttpResponse:
    """Per compliance point fine, issue or unsure; kept as a draft until it is completed.

    Of the cycle that runs; `?cycle=` shows the answers of an earlier one, or of a duplicate's.
    """
    if pk is None:
        if not is_factory_side(request):
            return redirect("advisory:visits")
        pk = own_factory_id(request)
    factory = get_object_or_404(Factory.objects.all(), pk=pk)
    cycle = running = current_cycle(factory.pk, today())
    if (wanted := request.GET.get("cycle", "")) and request.method != "POST":
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 5):
            raise Http404
        cycle = get_object_or_404(EngagementCycle.objects.filter(factory=factory), number=wanted)
    diagnosis = SelfDiagnosis.objects.filter(cycle=cycle).first() if cycle else None
    answers = dict(diagnosis.answers) if diagnosis else {}
    error = None
    if request.method == "POST":
        answers |= _given(request)
        try:
            services.save_diagnosis(factory_id=factory.pk, answers=answers, by=request.user)
            if "complete" in request.POST:
                services.complete_diagnosis(factory_id=factory.pk, by=request.user)
        except DomainError as refusal:
            error = refusal
        else:
            if "complete" in request.POST:
                messages.success(request, _("Completed. The issues are in the improvement plan."))
            else:
                messages.success(request, _("The draft is saved."))
            return redirect(request.path)
    points = list(services.points().select_related("cluster"))
    clusters: dict[str, list[dict[str, Any]]] = {}
    for point in points:
        given = answers.get(point.code, {})
        clusters.setdefault(formats.in_language(point.cluster.name), []).append(
            {
                "code": point.code,
                "name": formats.in_language(point.name),
                "state": given.get("state", ""),
                "note": given.get("note", ""),
            }
        )
    answered = sum(1 for p in points if answers.get(p.code, {}).get("state"))
    context = {
        "factory": factory,
        "cycle": cycle,
        "diagnosis": diagnosis,
        "clusters": clusters.items(),
        "answered": answered,
        "total": len(points),
        "states": [("fine", _("Fine")), ("issue", _("Issue")), ("unsure", _("Unsure"))],
        "is_open": factory.merged_into_id is None
        and cycle == running
        and not (diagnosis and diagnosis.completed_on),
        "place_name": factory.name,
        "back_url": reverse("advisory:my_actions")
        if is_factory_side(request)
        else reverse("advisory:plan", args=[factory.pk]),
    }
    return show(request, "self_diagnosis.html", context, error=error)


def _given(request: MemberRequest) -> dict[str, dict[str, str]]:
    codes = {key[6:] for key in request.POST if key.startswith(("state_", "notes_"))}
    return {
        code: {
            "state": request.POST.get(f"state_{code}", ""),
            "note": request.POST.get(f"notes_{code}", ""),
        }
        for code in codes
    }
