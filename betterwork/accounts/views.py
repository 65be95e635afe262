"""Pages of people: invitations, hats, one's own account, and the programme's numbers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from betterwork import sources
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.refusals import sentence
from betterwork.rules.settings import setting_fields
from betterwork.tables import FORMATS, file_response
from betterwork.tenancy import rules, scope
from betterwork.tenancy.middleware import client_address, facts_of
from betterwork.tenancy.models import ProgrammeSettings
from betterwork.tenancy.selectors import settings_values
from betterwork.tenancy.services import change_settings
from betterwork.ui import parts
from betterwork.ui.navigation import first_url

from . import selectors, services
from .forms import InviteForm, PreferencesForm, SettingsForm, WelcomeForm
from .models import FACTORY_SIDE, Invitation, Membership, Role, User
from .requests import PersonRequest, VisitorRequest
from .words import CHOICES, MARKS, NAMES, TITLES, UNITS

PAGE = 50


def frame_of(request: PersonRequest) -> str:
    """The layout of pages everybody uses: phone first for the people of a factory."""
    membership = request.membership
    if membership is None:
        return "plain.html"
    return "phone.html" if membership.role in FACTORY_SIDE else "base.html"


# People ----------------------------------------------------------------------------------------


@requires(Permission.MANAGE_PEOPLE)
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Who may do what here, and who was invited."""
    role, state, search = (request.GET.get(name, "") for name in ("role", "state", "q"))
    sort, kind = request.GET.get("sort", ""), request.GET.get("format", "")
    rows = selectors.member_rows(role=role, state=state, search=search.strip(), sort=sort)
    if kind in FORMATS:
        record(Action.EXPORTED, kind="people", format=kind)
        return _people_file(rows, kind)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    choices = [
        parts.Choice(
            "role", _("Role"),
            [("", _("any")), *((r, Role(r).label) for r in services.GRANTABLE)], role,
        ),
        parts.Choice("state", _("State"), [("", _("in force")), ("ended", _("ended"))], state),
    ]  # fmt: skip
    context = {
        "page": page,
        "choices": choices,
        "search": search,
        "clear_url": request.path if request.GET else "",
        "invitations": list(selectors.open_invitations(timezone.now())[:200]),
        "ended": state == "ended",
        "sorted_by": "role",
    }
    return render(request, "accounts/people.html", context)


def _people_file(rows: QuerySet[Membership], kind: str) -> HttpResponse:
    """The rows of the page as they stand."""
    head = [_("Person"), _("E-mail"), _("Role"), _("For"), _("Since"), _("Ended")]
    table = (
        [
            hat.user.full_name,
            hat.user.email,
            hat.get_role_display(),
            str(hat.factory or hat.group or hat.buyer or ""),
            timezone.localdate(hat.created_at),
            timezone.localdate(hat.ended_at) if hat.ended_at else None,
        ]
        for hat in rows
    )
    return file_response("people", head, table, kind)


@requires(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def invite(request: PersonRequest) -> HttpResponse:
    """Offer a hat by e-mail."""
    initial = {
        "language": settings.LANGUAGE_CODE,
        "role": request.GET.get("role", ""),
        "factory": request.GET.get("factory", ""),
    }
    form = InviteForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.invite_person(**form.cleaned_data, invited_by=request.user, now=timezone.now())
        except DomainError as error:
            fields = {"hat_needs_factory": "factory", "hat_needs_group": "group",
                      "hat_needs_buyer": "buyer", "role_not_granted": "role",
                      "planner_not_oneself": "role"}  # fmt: skip
            form.add_error(fields.get(error.code, "email"), sentence(error))
        else:
            email = form.cleaned_data["email"]
            messages.success(
                request, _("The invitation to %(email)s is on its way.") % {"email": email}
            )
            return redirect("accounts:people")
    status = 422 if form.is_bound else 200
    return render(request, "accounts/invite.html", {"form": form}, status=status)


@requires(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def membership_end(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Asks on a page of its own, names the person, then ends the hat."""
    rows = Membership.objects.select_related("user", "factory", "group", "buyer")
    membership = get_object_or_404(rows.filter(programme_id=scope.current_programme()), pk=pk)
    error = ""
    if request.method == "POST":
        try:
            services.end_membership(
                membership_id=membership.pk, ended_by=request.user, now=timezone.now()
            )
        except DomainError as refused:
            error = sentence(refused)
        else:
            return redirect("accounts:people")
    context = {"membership": membership, "error": error}
    return render(request, "accounts/membership_end.html", context, status=422 if error else 200)


@requires(Permission.MANAGE_PEOPLE)
@require_POST
def invitation_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _change_invitation(request, pk, services.resend_invitation)


@requires(Permission.MANAGE_PEOPLE)
@require_POST
def invitation_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _change_invitation(request, pk, services.withdraw_invitation)


def _change_invitation(request: HttpRequest, pk: UUID, change: Any) -> HttpResponse:
    found = get_object_or_404(Invitation.objects.all(), pk=pk)
    try:
        change(invitation_id=found.pk, now=timezone.now())
    except DomainError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("accounts:people")


@requires(Permission.PUBLIC)
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: VisitorRequest, token: str) -> HttpResponse:
    """The page an invitation's link opens: accept it, or read why that cannot be."""
    now = timezone.now()
    person = request.user if request.user.is_authenticated else None
    with services.invitee_scope(token) as found:
        state = services.invitation_state(found, now)
    context: dict[str, Any] = {"invitation": found, "state": state, "token": token}
    if found is None or state != "open":
        mine = found is not None and person is not None and found.accepted_by_id == person.pk
        if mine:
            return redirect("home")
        return render(
            request, "accounts/invitation.html", context, status=404 if found is None else 410
        )
    context["role"] = Role(found.role).label
    if found.programme is not None:
        context["programme_name"] = found.programme.name_in(request.LANGUAGE_CODE)
    if person is not None and person.email.lower() != found.email.lower():
        return render(
            request, "accounts/invitation.html", {**context, "state": "other"}, status=409
        )
    if person is None and User.objects.filter(email__iexact=found.email).exists():
        context["sign_in_url"] = f"{reverse('account_login')}?next={request.path}"
        return render(request, "accounts/invitation.html", {**context, "state": "sign_in"})
    form = None
    if person is None:
        initial = {"full_name": found.full_name, "language": found.language, "way": "code"}
        form = WelcomeForm(request.POST or None, initial=initial, email=found.email)
    if request.method == "POST" and (form is None or form.is_valid()):
        data = form.cleaned_data if form else {}
        try:
            membership = services.accept_invitation(
                token=token,
                now=now,
                user=person,
                full_name=data.get("full_name", ""),
                language=data.get("language", ""),
                password=data.get("password", "") if data.get("way") == "password" else "",
            )
        except DomainError as error:
            return render(
                request, "accounts/invitation.html",
                {**context, "state": "refused", "error": sentence(error)}, status=422,
            )  # fmt: skip
        request.session[selectors.ACTING] = str(membership.pk)
        if person is None:
            # The password was set, or the mailed link followed, this moment: whoever goes on to
            # set up a second factor is not asked for it once more.
            by = "password" if membership.user.has_usable_password() else "code"
            record_authentication(request, membership.user, method=by)
            entered: HttpResponse = perform_login(
                request, Login(user=membership.user, email=found.email)
            )
            return entered
        return redirect("home")
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "accounts/invitation.html", {**context, "form": form}, status=status)


# Hats, one's own account -------------------------------------------------------------------------


@requires(Permission.SIGNED_IN)
@require_POST
def hat(request: PersonRequest) -> HttpResponse:
    """Act in another of one's memberships from now on."""
    chosen = request.POST.get("membership", "")
    found = next((each for each in request.hats if str(each.pk) == chosen), None)
    if found is None:
        raise Http404
    before = request.membership
    request.session[selectors.ACTING] = chosen
    if before is None or before.pk != found.pk:
        with scope.scope(facts_of(found, request.user.pk, client_address(request))):
            record(Action.HAT_CHANGED, about=found, before=before.role if before else "")
    # From the words that wait for the right role, back to them.
    return redirect("kept" if request.POST.get("back") == "kept" else "home")


@requires(Permission.SIGNED_IN)
@require_http_methods(["GET", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """One's own name, language, looks, and the ways to sign in."""
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method == "POST":
        if form.is_valid():
            services.change_preferences(user=request.user, **form.cleaned_data)
            messages.success(request, _("Saved."))
            response = redirect("accounts:preferences")
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, form.cleaned_data["language"],
                max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure(),
            )  # fmt: skip
            return response
        request.user.refresh_from_db()
    places = [
        (reverse("accounts:people"), _("People and invitations"), Permission.MANAGE_PEOPLE),
        (reverse("accounts:settings"), _("Numbers of the programme"), Permission.SEE_SETTINGS),
        (first_url("planner:country"), _("Rest days and holidays"), Permission.CHANGE_SETTINGS),
        (reverse("records:trail"), _("Who did what, and when"), Permission.SEE_TRAIL),
    ]
    context = {
        "form": form,
        "frame": frame_of(request),
        "places": [(url, label) for url, label, right in places if may(request, right)],
    }
    return render(
        request, "accounts/preferences.html", context, status=422 if form.is_bound else 200
    )


@requires(Permission.SIGNED_IN)
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where this person is signed in; end one of them, or all but this one."""
    rows = UserSession.objects.purge_and_list(request.user)
    if request.method == "POST":
        key = request.POST.get("session", "")
        for row in rows:
            if not row.is_current() and (key == "others" or str(row.pk) == key):
                row.end()
        messages.success(request, _("Signed out there."))
        return redirect("accounts:sessions")
    context = {
        "sessions": sorted(rows, key=lambda row: row.created_at, reverse=True),
        "session_count": len(rows),
    }
    return render(request, "usersessions/usersession_list.html", context)


# The programme's numbers -----------------------------------------------------------------------

_SWITCH = {True: gettext_lazy("Yes"), False: gettext_lazy("No")}


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return _SWITCH[value]
    if isinstance(value, str):
        return CHOICES.get(str(value), str(value))
    return value if isinstance(value, int) else f"{float(value):g}"


def _rows(group: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The numbers of one rule set as the page shows them."""
    kind = rules.rule_sets()[group]
    now = kind.from_mapping(values.get(group, {}))
    return [
        {
            "label": NAMES[group].get(each.name, each.name),
            "value": _shown(getattr(now, each.name)),
            "default": _shown(each.default),
            "changed": getattr(now, each.name) != each.default,
            "unit": UNITS.get(each.unit, each.unit),
            "mark": each.mark,
            "mark_text": MARKS.get(each.mark, each.mark),
            "source": "" if each.source == "-" else sources.names(each.source),
            "source_code": each.mark if each.source == "-" else f"{each.mark}: {each.source}",
            "lowest": _shown(each.lowest) if each.lowest is not None else None,
            "highest": _shown(each.highest) if each.highest is not None else None,
        }
        for each in setting_fields(kind)
    ]


def _today(request: HttpRequest) -> Any:
    return timezone.localdate()


@requires(Permission.SEE_SETTINGS)
@require_GET
def programme_settings(request: HttpRequest) -> HttpResponse:
    """Every number of the rules: what is in force, what it would be by default, and its history."""
    values = settings_values(_today(request))
    groups = [
        {"key": key, "title": TITLES[key], "rows": _rows(key, values)} for key in rules.rule_sets()
    ]
    versions = list(ProgrammeSettings.objects.select_related("changed_by")[:50])
    context = {
        "groups": groups,
        "versions": [
            {
                "row": row,
                "changes": _changes(row, versions[at + 1] if at + 1 < len(versions) else None),
            }
            for at, row in enumerate(versions)
        ],
        "may_change": may(request, Permission.CHANGE_SETTINGS),
        "planned": [row for row in versions if row.valid_from > _today(request)],
    }
    return render(request, "accounts/settings.html", context)


def _changes(row: ProgrammeSettings, before: ProgrammeSettings | None) -> list[dict[str, Any]]:
    """What a version changed against the one before it."""
    found = []
    for group, kind in rules.rule_sets().items():
        new = kind.from_mapping(row.values.get(group, {}))
        old = kind.from_mapping(before.values.get(group, {}) if before else {})
        for each in setting_fields(kind):
            was, now = getattr(old, each.name), getattr(new, each.name)
            if was != now:
                label = NAMES[group].get(each.name, each.name)
                found.append({"label": label, "before": _shown(was), "after": _shown(now)})
    return found


@requires(Permission.CHANGE_SETTINGS)
@require_http_methods(["GET", "POST"])
def programme_settings_group(request: HttpRequest, group: str) -> HttpResponse:
    """Change the numbers of one rule set, with a reason and a day from which they hold."""
    kind = rules.rule_sets().get(group)
    if kind is None:
        raise Http404
    today = _today(request)
    # The newest version, also one that is still to come: a change builds on it.
    now = kind.from_mapping(settings_values().get(group, {}))
    initial = {each.name: getattr(now, each.name) for each in setting_fields(kind)}
    initial = {
        name: float(value) if not isinstance(value, int | str) else value
        for name, value in initial.items()
    }
    latest = ProgrammeSettings.objects.order_by("-version").first()
    earliest = max(today, latest.valid_from) if latest else today
    form = SettingsForm(
        request.POST or None, rules=kind, words=NAMES[group],
        initial={**initial, "valid_from": earliest},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            change_settings(
                changes={group: {n: _plain(v) for n, v in form.changes().items()}},
                reason=form.cleaned_data["reason"],
                valid_from=form.cleaned_data["valid_from"],
                today=today,
            )
        except DomainError as error:
            fields = {"reason_needed": "reason", "settings_in_the_past": "valid_from",
                      "settings_out_of_order": "valid_from"}  # fmt: skip
            name = fields.get(error.code) or error.facts.get("name")
            form.add_error(name if name in form.fields else None, sentence(error))
        else:
            messages.success(request, _("The new numbers are kept."))
            return redirect("accounts:settings")
    context = {"form": form, "title": TITLES[group], "rows": _rows(group, settings_values())}
    status = 422 if form.is_bound else 200
    return render(request, "accounts/settings_group.html", context, status=status)


def _plain(value: Any) -> Any:
    """A value of the form as the rules read it: shares as text."""
    return value if isinstance(value, bool | int | str) else str(value)
