"""The list of factories, the page of one, and the forms that change it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from betterwork.accounts.models import Role
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.refusals import sentence
from betterwork.tables import FORMATS, file_response
from betterwork.ui import formats
from betterwork.ui.parts import Choice, Crumb, Event
from factories import forms, panels, selectors, trail, words
from factories.models import CycleFact, Factory, FactoryBuyer, FactoryContact
from factories.rules.clocks import Actor
from factories.selectors import factories as reads
from factories.services import cycles as cycle_services
from factories.services import factories as services

from . import common, pictures

# Who reads lists without numbers of the programme: only name and place are not confidential.
OUTSIDERS = {Role.BUYER}
WITHOUT_CYCLES = {Role.BUYER, Role.GROUP_LEAD, Role.GLOBAL}


@requires(Permission.SEE_FACTORIES)
def factory_list(request: MemberRequest) -> HttpResponse:
    """Search, filters, sort, pages; `?format=csv` or `xlsx` gives what is shown as a file."""
    if common.is_factory_side(request):
        return redirect("factories:mine")
    chosen = reads.FactoryFilter.read(request.GET)
    rows = reads.factory_rows(chosen)
    kind = request.GET.get("format", "")
    if kind in FORMATS:
        record(Action.EXPORTED, kind="factories", format=kind)
        return _export(request, rows, kind)
    page = common.page_of(request, rows)
    role = common.role_of(request)
    outsider = role in OUTSIDERS
    overviews: dict[UUID, Any] = {}
    programme = request.membership.programme
    if role not in WITHOUT_CYCLES and programme is not None:
        today = common.today()
        shown = selectors.running_cycles_of(list(page), programme, today)
        for found in selectors.cycle_overview(shown, today).values():
            overviews[found.factory_id] = found
    user_id = request.user.pk
    lines = [_line(row, overviews.get(row.pk), user_id, role) for row in page]
    context = {
        "page": page,
        "lines": lines,
        "choices": _choices(chosen, outsider),
        "search": chosen.q,
        "sorted_by": chosen.sort,
        "clear_url": reverse("factories:list") if chosen.is_narrow else "",
        "outsider": outsider,
        "may_add": may(request, Permission.CHANGE_FACTORIES),
        "may_import": may(request, Permission.IMPORT_FACTORIES),
        "with_cycles": role not in WITHOUT_CYCLES,
    }
    return render(request, "factories/list.html", context)


def _line(factory: Factory, found: Any, user_id: int | None, role: str) -> dict[str, Any]:
    """One row: the factory, its phase, and who must do what next."""
    action = found.next_action if found is not None else None
    clock = found.clock(action.clock) if action is not None else None
    who = words.who(action.actor, factory, user_id=user_id, role=role) if action else None
    if found is None and factory.status == Factory.Status.ACTIVE and role not in WITHOUT_CYCLES:
        who = words.who_opens_a_cycle(role)
    return {
        "factory": factory,
        "phase": words.PHASES[found.phase.phase] if found is not None else "",
        "who": who,
        "what": words.ACTIONS[action.key] if action else "",
        "clock": words.chip(clock),
    }


def _choices(chosen: reads.FactoryFilter, outsider: bool) -> list[Choice]:
    options = reads.filter_options()
    any_ = [("", _("any"))]
    cycle = [(key, _("cycle %(number)s") % {"number": key}) for key, _label in options["cycle"]]
    found = [
        Choice("region", _("Region"), [*any_, *options["region"]], chosen.region),
        Choice("type", _("Type"), [*any_, *Factory.Type.choices], chosen.factory_type),
        Choice("status", _("Status"), [*any_, *Factory.Status.choices], chosen.status),
        Choice("advisor", _("Advisor"), [*any_, *options["advisor"]], chosen.advisor),
        Choice("group", _("Group"), [*any_, *options["group"]], chosen.group),
        Choice("cycle", _("Cycle"), [*any_, *cycle], chosen.cycle),
    ]
    return found[:3] if outsider else found


EXPORT_CHUNK = 500


def batched(rows: Iterable[Factory], size: int) -> Iterator[list[Factory]]:
    left = iter(rows)
    while chunk := list(islice(left, size)):
        yield chunk


def _export(request: MemberRequest, rows: Any, kind: str) -> HttpResponse:
    """The rows of the list as it stands, as an import reads them back; a buyer's file holds name
    and place only."""
    role = common.role_of(request)
    programme = request.membership.programme
    head = dict(words.LIST_COLUMNS)
    if role not in OUTSIDERS:
        head |= words.LIST_MORE
    with_cycles = role not in WITHOUT_CYCLES and programme is not None
    if with_cycles:
        head |= words.LIST_CYCLE | words.LIST_TOLD
    labels = {"factory_type": dict(Factory.Type.choices), "status": dict(Factory.Status.choices)}
    today = common.today()

    def cells() -> Any:
        for chunk in batched(rows.iterator(chunk_size=EXPORT_CHUNK), EXPORT_CHUNK):
            overviews = {}
            latest: dict[UUID, Any] = {}
            if with_cycles and programme is not None:
                running = selectors.running_cycles_of(chunk, programme, today)
                overviews = {
                    found.factory_id: found
                    for found in selectors.cycle_overview(running, today).values()
                }
                latest = selectors.latest_cycles([f.pk for f in chunk])
            for factory in chunk:
                told = _told(factory, overviews.get(factory.pk), latest.get(factory.pk))
                yield [
                    labels[name][getattr(factory, name)]
                    if name in labels
                    else told[name]
                    if name in told
                    else getattr(factory, name)
                    for name in head
                ]

    return file_response("factories", list(head.values()), cells(), kind)


def _told(factory: Factory, found: Any, cycle: Any) -> dict[str, Any]:
    """What the file says of a factory that is not a field of its own."""
    action = found.next_action if found is not None else None
    clock = found.clock(action.clock) if action is not None else None
    waits = found is None and factory.status == Factory.Status.ACTIVE
    return {
        "female": factory.workers_female,
        "male": factory.workers_male,
        "group": factory.group.name if factory.group else "",
        "advisor_email": factory.advisor.full_name if factory.advisor else "",
        "cycle_number": cycle[0] if cycle else None,
        "cycle_starts_on": cycle[1] if cycle else None,
        "phase": words.PHASES[found.phase.phase] if found is not None else "",
        "acts_next": words.ACTORS[action.actor]
        if action
        else words.ACTORS[Actor.PROGRAMME]
        if waits
        else "",
        "next_step": words.ACTIONS[action.key] if action else words.OPEN_A_CYCLE if waits else "",
        "next_clock": words.CLOCKS[clock.key] if clock is not None else "",
        "next_due": clock.due_on if clock is not None else None,
    }


@requires(Permission.SEE_FACTORIES)
def factory_mine(request: MemberRequest) -> HttpResponse:
    """The page of the factory one works for; others choose from the list."""
    membership = request.membership
    if membership is None or membership.factory_id is None:
        return redirect("factories:list")
    return _page(request, membership.factory_id)


@requires(Permission.SEE_FACTORIES)
def factory_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    return _page(request, pk)


def _page(request: MemberRequest, pk: UUID) -> HttpResponse:
    factory = get_object_or_404(reads.factories(), pk=pk)
    role, side = common.role_of(request), common.is_factory_side(request)
    outsider = role in OUTSIDERS
    today = common.today()
    overview = cycle = None
    if may(request, Permission.SEE_CYCLES):
        cycle = selectors.current_cycle(factory.pk, today)
        if cycle is not None:
            overview = selectors.cycle_overview([cycle], today)[cycle.pk]
    context: dict[str, Any] = {
        "layout": common.layout(request),
        "factory": factory,
        "side": side,
        "outsider": outsider,
        "today": today,
        "crumbs": [] if side else [Crumb(_("Factories"), reverse("factories:list"))],
        "cycle": cycle,
        "overview": overview,
        "phase": words.phase_of(overview),
        "may_change": may(request, Permission.CHANGE_FACTORIES),
        "may_count": may(request, Permission.CHANGE_FACTORIES)
        or may(request, Permission.WRITE_PROGRESS_REPORTS),
        "may_change_buyers": may(request, Permission.CHANGE_BUYERS),
        "is_ambassador": role == Role.AMBASSADOR,
        "may_merge": may(request, Permission.MERGE_FACTORIES),
        "panels": panels.panels_for(request, factory, factory_side=side),
    }
    if not outsider:
        context |= _inside(request, factory, overview, cycle)
    return render(request, "factories/detail.html", context)


def _inside(request: MemberRequest, factory: Factory, overview: Any, cycle: Any) -> dict[str, Any]:
    """What only the programme, the factory and its group read."""
    role = common.role_of(request)
    found: dict[str, Any] = {
        "contacts": list(reads.contacts_of(factory.pk)),
        "workforce": list(reads.workforce_of(factory.pk)[:12]),
        "languages": [str(dict(words.LANGUAGES).get(code, code)) for code in factory.languages],
        "see_buyers": may(request, Permission.SEE_BUYERS),
        "events": events_page(request, factory),
        "status_changes": list(factory.status_changes.select_related("changed_by")[:6]),
    }
    if found["see_buyers"]:
        found["buyers"] = list(reads.buyers_of(factory.pk))
    if factory.merged_into_id is None:
        found["merged_from"] = list(factory.merged_from.values("pk", "name", "code"))
    if may(request, Permission.SEE_COMMITTEES):
        from factories.views.committees import committee_cards

        found["committees"], found["earlier_committees"] = committee_cards(factory)
    if overview is not None and cycle is not None:
        found |= pictures.cycle_context(
            request, factory, cycle, overview, user_id=request.user.pk, role=role
        )
    return found


def events_page(request: MemberRequest, factory: Factory) -> Any:
    """One page of what happened, as lines of the timeline."""
    page = common.page_of(
        request, reads.timeline(factory.pk), size=common.EVENT_ROWS, name="events"
    )
    rows = list(page.object_list)
    urls = panels.event_urls(request, rows)
    page.object_list = [
        as_event(row, urls.get((row.object_type, row.object_id), "")) for row in rows
    ]
    return page


ICONS = {
    "factory_registered": "plus", "factory_status_changed": "factory", "factory_merged": "link",
    "factory_merged_away": "link", "items_taken_over": "link",
    "cycle_opened": "refresh", "cycle_closed": "stitch", "cycle_fact_recorded": "check",
    "drift_recorded": "clock", "committee_formed": "people", "committee_changed": "people",
    "election_held": "people", "meeting_held": "people", "assessment_released": "doc",
    "report_written": "doc", "evidence_added": "camera", "item_verified": "st-seal",
    "item_completed": "st-done", "advisor_assigned": "person", "factory_changed": "edit",
    "factories_imported": "upload", "checked_in": "survey", "visit_recorded": "calendar",
}  # fmt: skip


def as_event(row: Any, url: str = "") -> Event:
    """A row of the trail in words. Facts are named, never shown raw."""
    facts, detail = row.facts, ""
    if row.action == "cycle_fact_recorded":
        kinds = dict(CycleFact.Kind.choices)
        detail = (
            f"{kinds.get(facts.get('kind'), '')}{formats.comma()} {_day(facts.get('happened_on'))}"
        )
    elif row.action == "factory_changed":
        detail = f"{formats.comma()} ".join(field_words(facts.get("fields", [])))
    elif row.action == "factory_status_changed":
        detail = str(dict(Factory.Status.choices).get(facts.get("status"), ""))
    elif row.action == "drift_recorded":
        detail = str(words.CLOCKS.get(facts.get("clock"), ""))
    elif row.action in {"cycle_opened", "cycle_closed"}:
        detail = _("cycle %(number)s") % {"number": formats.number(facts.get("number"))}
    elif row.action == "advisor_assigned":
        detail = str(facts.get("advisor", ""))
    elif row.action == "committee_changed":
        detail = str(words.COMMITTEE_CHANGES.get(facts.get("change", ""), ""))
    elif row.action in {"factory_merged", "factory_merged_away"}:
        detail = str(facts.get("other", ""))
    return Event(
        text=row.get_action_display(),
        at=row.at,
        by=row.actor.full_name if row.actor else _("The system"),
        icon=ICONS.get(row.action, "check"),
        url=url,
        detail=detail,
    )


def _day(text: Any) -> str:
    try:
        return formats.on_date(date.fromisoformat(str(text)))
    except ValueError:
        return ""


def field_words(names: list[str]) -> list[str]:
    return [str(trail.FIELDS.get(name, name)) for name in names]


# -- registration and changes


@requires(Permission.CHANGE_FACTORIES)
def factory_new(request: MemberRequest) -> HttpResponse:
    """Register. A name near another asks the person first; nothing typed is lost."""
    duplicates: list[Any] = []
    if request.method == "POST":
        form = forms.RegisterForm(request.POST)
        if form.is_valid():
            found = form.cleaned_data
            try:
                factory = services.register_factory(
                    values=form.values(),
                    registered_on=found["registered_on"],
                    workers_female=found["workers_female"],
                    workers_male=found["workers_male"],
                    contact=form.contact(),
                    buyers=form.buyers() if may(request, Permission.CHANGE_BUYERS) else (),
                    is_no_duplicate=request.POST.get("is_no_duplicate") == "yes",
                    request_key=found["request_key"][:64],
                )
                if found["starts_on"]:
                    cycle_services.open_cycle(factory_id=factory.pk, starts_on=found["starts_on"])
            except DomainError as error:
                form.refuse(error)
                if error.code == "likely_duplicate":
                    duplicates = reads.likely_duplicates(name=found["name"], region=found["region"])
            else:
                messages.success(request, _("The factory is registered."))
                return redirect("factories:detail", pk=factory.pk)
    else:
        form = forms.RegisterForm(
            initial={"registered_on": common.today(), "request_key": uuid.uuid4().hex}
        )
    sections = [
        (title, [form[name] for name in names])
        for title, names in forms.REGISTER_SECTIONS
        if not names[0].startswith("buyer") or may(request, Permission.CHANGE_BUYERS)
    ]
    context = {
        "form": form,
        "sections": sections,
        "duplicates": duplicates,
        "crumbs": [Crumb(_("Factories"), reverse("factories:list"))],
    }
    return render(request, "factories/new.html", context, status=422 if form.errors else 200)


SECTIONS: dict[str, Any] = {"profile": forms.ProfileForm, "location": forms.LocationForm}


def _crumbs(factory: Factory) -> list[Crumb]:
    return [
        Crumb(_("Factories"), reverse("factories:list")),
        Crumb(factory.name, reverse("factories:detail", args=[factory.pk])),
    ]


def form_page(
    request: MemberRequest, form: Any, title: str, factory: Factory, *, lede: str = "",
    button: str = "", status: int | None = None, aside: Any = None,
) -> HttpResponse:  # fmt: skip
    """One form on its own page; 422 when it was refused."""
    side = common.is_factory_side(request)
    context = {
        "layout": common.layout(request),
        "form": form,
        "title": title,
        "lede": lede,
        "button": button or _("Save"),
        "factory": factory,
        "cancel_url": reverse("factories:mine")
        if side
        else reverse("factories:detail", args=[factory.pk]),
        "crumbs": [] if side else _crumbs(factory),
        "aside": aside,
    }
    code = status or (422 if form.errors else 200)
    return render(request, "factories/form.html", context, status=code)


@requires(Permission.CHANGE_FACTORIES)
def factory_edit(request: MemberRequest, pk: UUID, section: str = "profile") -> HttpResponse:
    factory = get_object_or_404(reads.factories(), pk=pk)
    if section not in SECTIONS:
        raise Http404
    form = SECTIONS[section](request.POST or None, instance=factory)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.update_factory(factory_id=factory.pk, values=form.values())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was different."))
            return redirect("factories:detail", pk=factory.pk)
    titles = {"profile": _("Profile"), "location": _("Location")}
    return form_page(request, form, titles[section], factory, lede=factory.name)


@requires(Permission.CHANGE_FACTORIES)
def factory_status(request: MemberRequest, pk: UUID) -> HttpResponse:
    factory = get_object_or_404(reads.factories(), pk=pk)
    initial = {"status": factory.status, "since": common.today()}
    form = forms.StatusForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            services.change_status(
                factory_id=factory.pk,
                status=found["status"],
                reason=found["status_reason"],
                since=found["since"],
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The status is saved."))
            return redirect("factories:detail", pk=factory.pk)
    return form_page(request, form, _("Status"), factory, lede=factory.name)


@requires(Permission.CHANGE_FACTORIES, Permission.WRITE_PROGRESS_REPORTS)
def factory_workforce(request: MemberRequest, pk: UUID) -> HttpResponse:
    factory = get_object_or_404(reads.factories(), pk=pk)
    form = forms.WorkforceForm(request.POST or None, initial={"counted_on": common.today()})
    if request.method == "POST" and form.is_valid():
        try:
            services.record_workforce(factory_id=factory.pk, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The head count is saved."))
            return _home(request, factory)
    return form_page(request, form, _("Workforce"), factory, lede=factory.name)


def _home(request: MemberRequest, factory: Factory) -> HttpResponse:
    if common.is_factory_side(request):
        return redirect("factories:mine")
    return redirect("factories:detail", pk=factory.pk)


@requires(Permission.CHANGE_FACTORIES)
def contact_form(request: MemberRequest, pk: UUID, contact: UUID | None = None) -> HttpResponse:
    """Add a contact, or change one of this factory."""
    factory = get_object_or_404(reads.factories(), pk=pk)
    row = None
    if contact is not None:
        row = get_object_or_404(FactoryContact.objects.filter(factory=factory), pk=contact)
    if request.method == "POST":
        form = forms.ContactForm(request.POST)
        if form.is_valid():
            found = form.cleaned_data
            try:
                services.save_contact(
                    factory_id=factory.pk,
                    line=form.line(),
                    is_main=found["is_main"],
                    left_on=found["left_on"],
                    contact_id=contact,
                )
            except DomainError as error:
                form.refuse(error)
            else:
                messages.success(request, _("The contact is saved."))
                return redirect("factories:detail", pk=factory.pk)
    else:
        form = forms.ContactForm.of(row) if row else forms.ContactForm()
    return form_page(request, form, _("Contact"), factory, lede=factory.name)


@requires(Permission.CHANGE_BUYERS)
def buyer_form(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Name a buyer; the list of known buyers helps to choose."""
    factory = get_object_or_404(reads.factories(), pk=pk)
    form = forms.BuyerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.link_buyer(factory_id=factory.pk, line=form.line())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The buyer is saved."))
            return _home(request, factory)
    form.fields["buyer"].widget.attrs["list"] = "buyers"
    aside = {"buyers": list(reads.buyers().values_list("name", flat=True))}
    lede = _("Buyers never see each other here. You and the programme's staff see all of them.")
    return form_page(request, form, _("Buyer"), factory, lede=lede, aside=aside)


@require_POST
@requires(Permission.CHANGE_BUYERS)
def buyer_step(request: MemberRequest, pk: UUID, link: UUID) -> HttpResponse:
    """End a link, or give and take back the factory's agreement to share."""
    factory = get_object_or_404(reads.factories(), pk=pk)
    # A duplicate's links hang on those of the factory that stands, and are changed there.
    links = FactoryBuyer.objects.filter(factory=factory, factory__merged_into__isnull=True)
    row = get_object_or_404(links, pk=link)
    step = request.POST.get("step")
    if step == "end":
        services.end_buyer(link_id=row.pk, ended_on=common.today())
        messages.success(request, _("The buyer's link has ended."))
    elif step in {"agree", "withdraw"} and common.role_of(request) == Role.AMBASSADOR:
        services.set_consent(link_id=row.pk, agreed=step == "agree", today=common.today())
        messages.success(request, _("Your answer is saved."))
    else:
        raise BadRequest
    return _home(request, factory)


# -- groups


@requires(Permission.CHANGE_FACTORIES)
def group_list(request: MemberRequest) -> HttpResponse:
    page = common.page_of(request, reads.groups())
    context = {
        "page": page,
        "may_change": may(request, Permission.IMPORT_FACTORIES),
        "crumbs": [Crumb(_("Factories"), reverse("factories:list"))],
    }
    return render(request, "factories/groups.html", context)


@requires(Permission.IMPORT_FACTORIES)
def group_form(request: MemberRequest, pk: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(reads.groups(), pk=pk) if pk else None
    names = ("name", "headquarters", "contact_name", "contact_email")
    initial = {name: getattr(row, name) for name in names} if row else {}
    form = forms.GroupForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_group(group_id=pk, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The group is saved."))
            return redirect("factories:groups")
    context = {
        "layout": "base.html",
        "form": form,
        "title": _("Manufacturing group"),
        "button": _("Save"),
        "cancel_url": reverse("factories:groups"),
        "crumbs": [Crumb(_("Manufacturing groups"), reverse("factories:groups"))],
    }
    return render(request, "factories/form.html", context, status=422 if form.errors else 200)


# -- duplicates


@requires(Permission.MERGE_FACTORIES)
def factory_merge(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Choose the factory this one is a duplicate of, see what moves, and confirm."""
    loser = get_object_or_404(reads.factories(), pk=pk)
    other = request.POST.get("into") or request.GET.get("into", "")
    context: dict[str, Any] = {"loser": loser, "crumbs": _crumbs(loser), "search": ""}
    if not other:
        chosen = reads.FactoryFilter.read(request.GET)
        near = reads.likely_duplicates(name=loser.name, region=loser.region, besides=loser.pk)
        rows = reads.factory_rows(chosen).exclude(pk=loser.pk)[:10] if chosen.q else []
        context |= {"near": [row for row, _match in near], "rows": rows, "search": chosen.q}
        return render(request, "factories/merge_choose.html", context)
    try:
        winner = get_object_or_404(reads.factories(), pk=UUID(other))
    except ValueError as error:
        raise Http404 from error
    form = forms.MergeForm(request.POST if request.method == "POST" else None)
    refused = ""
    if loser.merged_into_id == winner.pk:
        return redirect("factories:detail", pk=winner.pk)
    plan = None
    try:
        plan = services.merge_plan(winner_id=winner.pk, loser_id=loser.pk)
        if request.method == "POST" and form.is_valid():
            services.merge_factories(
                winner_id=winner.pk,
                loser_id=loser.pk,
                reason=form.cleaned_data["reason"],
                today=common.today(),
            )
            messages.success(request, _("The two factories are one now."))
            return redirect("factories:detail", pk=winner.pk)
    except DomainError as error:
        refused = sentence(error)
    context |= {"winner": winner, "form": form, "plan": plan, "refused": refused}
    status = 422 if refused or form.errors else 200
    return render(request, "factories/merge.html", context, status=status)
