"""People and factories as planning knows them: skills, time, conflicts, closures, calendars."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from assessments import calendars, country_days, plan_facts
from assessments.bookings import booked
from assessments.models import (
    Absence,
    Assessment,
    AssessorProfile,
    CalendarFeed,
    ConflictOfInterest,
    CountryDay,
    FactoryClosure,
)
from assessments.planner_forms import (
    AbsenceForm,
    ClosureForm,
    ConflictForm,
    CountryDayForm,
    FeedForm,
    ProfileForm,
    RegionClosureForm,
    SkillsForm,
    WeeklyRestForm,
)
from assessments.services import feeds, people
from betterwork.accounts.models import Membership, Role, User
from betterwork.accounts.requests import MemberRequest, VisitorRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.tenancy.models import Programme
from betterwork.ui import formats
from betterwork.ui.parts import Crumb
from factories.models import Factory
from factories.words import languages_named

from .common import language, looked, refused, today_in, user_id
from .planner import sealed_room

PAGE = 25
FEED_DAYS = 400  # how far a calendar program sees


def _form_page(
    request: MemberRequest,
    form: forms.Form,
    *,
    title: str,
    back: str,
    button: str,
    lede: str = "",
    crumb: str = "",
    error: DomainError | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "title": title,
        "button": button,
        "lede": lede,
        "cancel_url": back,
        "crumbs": [Crumb(crumb, back)] if crumb else [],
    }
    if error is not None:
        context.update(refused(error))
    status = 422 if form.is_bound else 200
    return render(request, "assessments/form.html", context, status=status)


# -- the planner's page of the team ----------------------------------------------------------------


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def team(request: MemberRequest) -> HttpResponse:
    """Advisors with skills, base and capacity, and who is away; nothing here is sealed."""
    today = today_in(request)
    hats = (
        Membership.objects.filter(
            role=Role.ADVISOR, programme=request.membership.programme, ended_at__isnull=True
        )
        .select_related("user")
        .order_by("user__full_name", "user_id")
    )
    profiles = {row.user_id: row for row in AssessorProfile.objects.all()}
    ties: dict[int, int] = {}
    for user in ConflictOfInterest.objects.filter(ended_on__isnull=True).values_list(
        "user_id", flat=True
    ):
        ties[user] = ties.get(user, 0) + 1
    away = Absence.objects.filter(withdrawn_at__isnull=True, last_day__gte=today).select_related(
        "user"
    )
    context = {
        "people": [
            (hat.user, found, ties.get(hat.user_id, 0), _spoken(found))
            for hat in hats
            for found in (profiles.get(hat.user_id),)
        ],
        "absences": list(away.order_by("first_day", "pk")[:200]),
        "has_profiles": bool(profiles),
        "has_leads": any(row.may_lead for row in profiles.values()),
    }
    return render(request, "planner/team.html", context)


def _spoken(profile: AssessorProfile | None) -> str:
    return languages_named(profile.languages) if profile else ""


def _advisor(person: int) -> User:
    """An advisor of the programme, or 404."""
    rows = Membership.objects.filter(role=Role.ADVISOR, ended_at__isnull=True, user_id=person)
    hat = rows.select_related("user").first()
    if hat is None:
        raise Http404
    found: User = hat.user
    return found


def _programme(request: MemberRequest) -> Programme:
    if request.membership.programme is None:
        raise Http404
    return request.membership.programme


_FIELDS = (*people.OWN_FIELDS, *people.GRANTED_FIELDS)


def _initial(profile: AssessorProfile | None) -> dict[str, Any]:
    profile = profile or AssessorProfile()
    return {name: getattr(profile, name) for name in _FIELDS}


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def profile(request: MemberRequest, person: int) -> HttpResponse:
    """Skills, base and capacity of one advisor, with their absences and ties."""
    user = _advisor(person)
    kept = AssessorProfile.objects.filter(user=user).first()
    form = ProfileForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(kept),
        programme=_programme(request),
    )
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            people.save_profile(user_id=user.pk, values=form.cleaned_data)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved."))
            return redirect("planner:team")
    today = today_in(request)
    rows = Absence.objects.filter(user=user, withdrawn_at__isnull=True, last_day__gte=today)
    ties = ConflictOfInterest.objects.filter(user=user, ended_on__isnull=True)
    context: dict[str, Any] = {
        "person": user,
        "profile": kept,
        "form": form,
        "absences": list(rows),
        "ties": list(ties.select_related("factory")),
        "crumbs": [Crumb(_("Team and leave"), reverse("planner:team"))],
    }
    if error is not None:
        context.update(refused(error))
    status = 422 if request.method == "POST" else 200
    return render(request, "planner/profile.html", context, status=status)


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def absence_new(request: MemberRequest, person: int) -> HttpResponse:
    user = _advisor(person)
    back = reverse("planner:profile", args=[user.pk])
    title = _("Absence of %(name)s") % {"name": user}
    return _absence_page(request, user.pk, back=back, title=title)


def _absence_page(request: MemberRequest, who: int, *, back: str, title: str) -> HttpResponse:
    form = AbsenceForm(request.POST if request.method == "POST" else None)
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            people.record_absence(user_id=who, by=user_id(request), **form.cleaned_data)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved. The plan is looked at again in the background."))
            return redirect(back)
    return _form_page(
        request, form, title=title, back=back, button=_("Record the absence"), error=error
    )


@require_POST
@requires(Permission.PLAN_ASSESSMENTS, Permission.KEEP_OWN_TIME)
def absence_withdraw(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take an absence back: the planner any, an advisor their own."""
    rows = Absence.objects.all()
    if not may(request, Permission.PLAN_ASSESSMENTS):
        rows = rows.filter(user=request.user)
    found = get_object_or_404(rows, pk=pk)
    people.withdraw_absence(absence_id=pk, now=timezone.now())
    if may(request, Permission.PLAN_ASSESSMENTS):
        return redirect("planner:profile", person=found.user_id)
    return redirect("planner:mine")


# -- closures --------------------------------------------------------------------------------------


@requires(Permission.RECORD_CLOSURES)
def closures(request: MemberRequest) -> HttpResponse:
    """Days on which factories are not visited: closed, peak season, force majeure."""
    today = today_in(request)
    rows = (
        FactoryClosure.objects.filter(withdrawn_at__isnull=True, last_day__gte=today)
        .select_related("factory", "recorded_by")
        .order_by("first_day", "factory__name", "pk")
    )
    search = request.GET.get("q", "").strip()
    if search:
        rows = rows.filter(factory__name__icontains=search)
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "search": search,
        "clear_url": request.path if search else "",
    }
    return render(request, "planner/closures.html", context)


@requires(Permission.RECORD_CLOSURES)
def closure_new(request: MemberRequest) -> HttpResponse:
    initial = {"factory": request.GET.get("factory", "")}
    form = ClosureForm(request.POST if request.method == "POST" else None, initial=initial)
    back = reverse("planner:closures")
    error = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            people.record_closure(factory_id=data.pop("factory"), by=user_id(request), **data)
        except DomainError as refusal:
            error = refusal
        except Factory.DoesNotExist as missing:
            raise Http404 from missing
        else:
            messages.success(request, _("Saved."))
            return redirect(back)
    return _form_page(
        request, form, title=_("Days a factory is closed"), back=back, crumb=_("Closures"),
        button=_("Record the closure"), error=error,
    )  # fmt: skip


@requires(Permission.PLAN_ASSESSMENTS)
def closure_region(request: MemberRequest) -> HttpResponse:
    """Force majeure: nobody can travel to whole regions."""
    form = RegionClosureForm(request.POST if request.method == "POST" else None)
    back = reverse("planner:closures")
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            people.record_force_majeure(by=user_id(request), **form.cleaned_data)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved. The plan is looked at again in the background."))
            return redirect(back)
    return _form_page(
        request, form, title=_("Force majeure in whole regions"), back=back, crumb=_("Closures"),
        button=_("Record it for each factory"), error=error,
        lede=_("Every active factory of the regions counts as closed on these days."),
    )  # fmt: skip


@require_POST
@requires(Permission.RECORD_CLOSURES)
def closure_withdraw(request: MemberRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(FactoryClosure.objects.all(), pk=pk)
    people.withdraw_closure(closure_id=pk, now=timezone.now())
    return redirect("planner:closures")


# -- the country's calendar ------------------------------------------------------------------------

CALENDAR_DAYS = 400


@requires(Permission.RECORD_CLOSURES)
def country(request: MemberRequest) -> HttpResponse:
    """Weekly rest, public holidays, and the days the programme knows better. Nothing is sealed."""
    programme = _programme(request)
    today = today_in(request)
    last = today + timedelta(days=CALENDAR_DAYS)
    rest = [formats.weekday_named(day) for day in sorted(programme.weekly_rest or ())]
    context = {
        "rest": f"{formats.comma()} ".join(rest),
        "days": country_days.calendar(programme, today, last, language()),
        "may_change": _may_change_days(request),
        "may_change_rest": may(request, Permission.CHANGE_SETTINGS),
    }
    return render(request, "planner/country.html", context)


@requires(Permission.CHANGE_SETTINGS)
def weekly_rest(request: MemberRequest) -> HttpResponse:
    """Which days of the week the programme rests."""
    programme = _programme(request)
    initial = {"weekdays": [str(day) for day in programme.weekly_rest or ()]}
    form = WeeklyRestForm(request.POST if request.method == "POST" else None, initial=initial)
    back = reverse("planner:country")
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            people.change_weekly_rest(weekdays=[int(day) for day in form.cleaned_data["weekdays"]])
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved. The plan is looked at again in the background."))
            return redirect(back)
    return _form_page(
        request, form, title=_("Weekly rest days"), back=back,
        crumb=_("Rest days and holidays"), button=_("Save"), error=error,
        lede=_("Due dates, visits and calendars keep clear of them from now on."),
    )  # fmt: skip


def _may_change_days(request: MemberRequest) -> bool:
    return may(request, Permission.PLAN_ASSESSMENTS) or may(request, Permission.CHANGE_SETTINGS)


@requires(Permission.PLAN_ASSESSMENTS, Permission.CHANGE_SETTINGS)
def country_day_new(request: MemberRequest) -> HttpResponse:
    initial = {"day": request.GET.get("day", ""), "kind": request.GET.get("kind", "off")}
    form = CountryDayForm(request.POST if request.method == "POST" else None, initial=initial)
    back = reverse("planner:country")
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            people.record_country_day(
                by=user_id(request), today=today_in(request), **form.cleaned_data
            )
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved. The plan is looked at again in the background."))
            return redirect(back)
    return _form_page(
        request, form, title=_("A day of the whole programme"), back=back,
        crumb=_("Rest days and holidays"), button=_("Record the day"), error=error,
    )  # fmt: skip


@require_POST
@requires(Permission.PLAN_ASSESSMENTS, Permission.CHANGE_SETTINGS)
def country_day_withdraw(request: MemberRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(CountryDay.objects.all(), pk=pk)
    people.withdraw_country_day(day_id=pk, now=timezone.now())
    return redirect("planner:country")


# -- an advisor's own time -------------------------------------------------------------------------


@requires(Permission.KEEP_OWN_TIME)
@sealed_room  # it shows the calendar's secret address once
def mine(request: MemberRequest) -> HttpResponse:
    """What planning knows of me: skills, leave, ties, and my calendar's address."""
    me = user_id(request)
    today = today_in(request)
    feed = CalendarFeed.objects.filter(user_id=me, revoked_at__isnull=True).first()
    token = request.session.pop("feed_token", "")
    profile = AssessorProfile.objects.filter(user_id=me).first()
    context = {
        "profile": profile,
        "spoken": _spoken(profile),
        "absences": list(
            Absence.objects.filter(user_id=me, withdrawn_at__isnull=True, last_day__gte=today)
        ),
        "ties": list(
            ConflictOfInterest.objects.filter(user_id=me, ended_on__isnull=True).select_related(
                "factory"
            )
        ),
        "feed": feed,
        "feed_address": _feed_address(token) if token and feed else "",
        "feed_form": FeedForm(initial={"shows": feed.shows if feed else CalendarFeed.Shows.BUSY}),
    }
    return render(request, "planner/mine.html", context)


def _feed_address(token: str) -> str:
    return settings.SITE_ADDRESS.rstrip("/") + reverse("planner:feed", args=[token])


@requires(Permission.KEEP_OWN_TIME)
def my_profile(request: MemberRequest) -> HttpResponse:
    me = user_id(request)
    kept = AssessorProfile.objects.filter(user_id=me).first()
    form = SkillsForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(kept),
        programme=_programme(request),
    )
    back = reverse("planner:mine")
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            people.save_profile(user_id=me, values=form.cleaned_data)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved."))
            return redirect(back)
    return _form_page(
        request, form, title=_("My skills and base"), back=back, crumb=_("My time"),
        button=_("Save"), error=error,
    )  # fmt: skip


@requires(Permission.KEEP_OWN_TIME)
def my_absence(request: MemberRequest) -> HttpResponse:
    return _absence_page(
        request, user_id(request), back=reverse("planner:mine"), title=_("I am away")
    )


@requires(Permission.KEEP_OWN_TIME)
def my_conflict(request: MemberRequest) -> HttpResponse:
    form = ConflictForm(request.POST if request.method == "POST" else None)
    back = reverse("planner:mine")
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            people.declare_conflict(
                user_id=user_id(request),
                factory_id=form.cleaned_data["factory"],
                reason=form.cleaned_data["reason"],
                on=today_in(request),
            )
        except DomainError as refusal:
            error = refusal
        except Factory.DoesNotExist as missing:
            raise Http404 from missing
        else:
            messages.success(request, _("Declared. You will not be sent there."))
            return redirect(back)
    return _form_page(
        request, form, title=_("Declare a conflict of interest"), back=back, crumb=_("My time"),
        button=_("Declare it"), error=error,
        lede=_("Only you, the planners and the managers read this."),
    )  # fmt: skip


@require_POST
@requires(Permission.KEEP_OWN_TIME)
def my_declaration(request: MemberRequest) -> HttpResponse:
    """My word that every tie is declared."""
    try:
        people.declare_no_more(user_id=user_id(request), on=today_in(request))
    except DomainError as error:
        messages.error(request, refused(error)["refusal"]["title"])
    return redirect("planner:mine")


@require_POST
@requires(Permission.KEEP_OWN_TIME)
def conflict_end(request: MemberRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(ConflictOfInterest.objects.filter(user=request.user), pk=pk)
    people.end_conflict(conflict_id=pk, on=today_in(request))
    return redirect("planner:mine")


@require_POST
@requires(Permission.KEEP_OWN_TIME)
def my_feed(request: MemberRequest) -> HttpResponse:
    """A new secret address for my calendar; it is shown once, on the page that follows."""
    form = FeedForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what the calendar shows."))
        return redirect("planner:mine")
    token = feeds.make_feed(
        user_id=user_id(request),
        role=request.membership.role,
        shows=form.cleaned_data["shows"],
        now=timezone.now(),
    )
    request.session["feed_token"] = token
    return redirect("planner:mine")


@require_POST
@requires(Permission.KEEP_OWN_TIME)
def my_feed_stop(request: MemberRequest) -> HttpResponse:
    feeds.revoke_feed(user_id=user_id(request), now=timezone.now())
    messages.success(request, _("The address no longer works."))
    return redirect("planner:mine")


@require_GET
@requires(Permission.PUBLIC)
@cache_control(private=True, no_store=True)
def feed(request: VisitorRequest, feed_token: str) -> HttpResponse:
    """A person's calendar, for the program on their phone. An unknown address is a 404."""
    with feeds.feed_scope(feed_token) as found:
        if found is None:
            raise Http404
        programme = Programme.objects.get(pk=found.programme_id)
        data = calendars.feed(
            _entries(found),
            name="Betterwork",
            zone=programme.timezone,
            now=found.made_at,
        )
    return HttpResponse(data, content_type="text/calendar; charset=utf-8")


def _entries(found: CalendarFeed) -> list[calendars.Entry]:
    """The owner's own days. Row-level security gives sealed visits to their team alone."""
    from django.utils import translation

    person = User.objects.get(pk=found.user_id)
    today = timezone.localdate()
    first, last = today - timedelta(days=30), today + timedelta(days=FEED_DAYS)
    shows = CalendarFeed.Shows
    entries = []
    with translation.override(person.language):
        busy = _("Busy")

        def uid(kind: str, pk: object) -> str:
            return calendars.opaque_uid(person.pk, kind, pk, settings.SECRET_KEY)

        told_sealed = 0
        rows = Assessment.objects.filter(
            team__user_id=person.pk,
            starts_on__range=(first, last),
            status__in=[*plan_facts.LIVE, *plan_facts.HELD],
        ).select_related("factory")
        for row in rows:
            if row.starts_on is None:
                continue
            is_told = not row.sealed and found.shows != shows.BUSY
            is_told = is_told or found.shows == shows.SEALED
            told_sealed += is_told and row.sealed
            entries.append(
                calendars.Entry(
                    uid=uid("assessment", row.pk),
                    title=row.factory.name if is_told else busy,
                    starts_on=row.starts_on,
                    ends_on=row.ends_on or row.starts_on,
                    place=row.factory.address if is_told else "",
                    text=_("Assessment") if is_told else "",
                )
            )
        if told_sealed:
            looked(page="calendar", visits=told_sealed)
        for each in booked(first, last):
            if each.user_id == person.pk:
                is_told = found.shows != shows.BUSY
                entries.append(
                    calendars.Entry(
                        uid=uid("advisory", f"{each.factory_id}:{each.day}"),
                        title=each.factory_name if is_told else busy,
                        starts_on=each.day,
                        ends_on=each.day,
                        text=_("Advisory visit") if is_told else "",
                    )
                )
        for absence in Absence.objects.filter(
            user_id=person.pk, withdrawn_at__isnull=True, last_day__gte=first, first_day__lte=last
        ):
            kind = str(absence.get_kind_display())
            entries.append(
                calendars.Entry(
                    uid=uid("absence", absence.pk),
                    title=kind if found.shows != shows.BUSY else busy,
                    starts_on=absence.first_day,
                    ends_on=absence.last_day,
                )
            )
    # In the order of days, never of kinds: a place in the list must not tell what is sealed.
    return sorted(entries, key=lambda entry: (entry.starts_on, entry.uid))
