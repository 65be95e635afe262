"""A cycle in full: phase, every clock with its explanation, facts, drifts; and the next cycle."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui.parts import Crumb
from factories import forms, selectors, words
from factories.models import EngagementCycle, Factory
from factories.rules.cycle_facts import ClockKey, last_day
from factories.selectors.factories import factories
from factories.services import cycles as services

from . import common, pictures


def _cycle(request: MemberRequest, factory: Factory) -> EngagementCycle | None:
    """The cycle the address names by number, else the present one."""
    number = request.GET.get("number", "")
    if number.isascii() and number.isdigit():
        rows = selectors.cycles().filter(factory=factory)
        return get_object_or_404(rows, number=int(number[:5]))
    return selectors.current_cycle(factory.pk, common.today())


@requires(Permission.SEE_CYCLES)
def cycle_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    factory = get_object_or_404(factories(), pk=pk)
    cycle = _cycle(request, factory)
    side = common.is_factory_side(request)
    context: dict[str, Any] = {
        "layout": common.layout(request),
        "factory": factory,
        "side": side,
        "cycle": cycle,
        "cycles": list(selectors.cycles().filter(factory=factory).order_by("number")),
        "may_change": may(request, Permission.CHANGE_CYCLES) and factory.merged_into_id is None,
        "home_url": reverse("factories:mine")
        if side
        else reverse("factories:detail", args=[factory.pk]),
        "crumbs": []
        if side
        else [
            Crumb(_("Factories"), reverse("factories:list")),
            Crumb(factory.name, reverse("factories:detail", args=[factory.pk])),
        ],
    }
    if cycle is not None:
        today = common.today()
        overview = selectors.cycle_overview([cycle], today)[cycle.pk]
        context |= {
            "overview": overview,
            "phase": words.phase_of(overview),
            "last_day": last_day(overview.facts, selectors.cycle_settings(cycle.starts_on)),
            "facts": list(cycle.facts.select_related("recorded_by").order_by("-happened_on")),
            "drifts": [
                {"row": row, "clock": words.CLOCKS.get(row.clock, row.clock)}
                for row in cycle.drifts.select_related("recorded_by")
            ],
        } | pictures.cycle_context(
            request, factory, cycle, overview, user_id=request.user.pk,
            role=common.role_of(request),
        )  # fmt: skip
    return render(request, "factories/cycle.html", context)


@requires(Permission.CHANGE_CYCLES)
def cycle_open(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Open the first cycle, or register the factory for its next."""
    factory = get_object_or_404(factories(), pk=pk)
    last = selectors.cycles().filter(factory=factory).order_by("-number").first()
    today = common.today()
    initial: dict[str, Any] = {"starts_on": today}
    lede = _("The first cycle of this factory.")
    if last is not None:
        overview = selectors.cycle_overview([last], today)[last.pk]
        ends = last.ends_on or last_day(overview.facts, selectors.cycle_settings(last.starts_on))
        initial = {
            "starts_on": ends.fromordinal(ends.toordinal() + 1),
            "is_high_performer": last.is_high_performer,
        }
        lede = _("Cycle %(number)s is closed on the day before the new one begins.") % {
            "number": last.number
        }
    form = forms.CycleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            opened = services.open_cycle(
                factory_id=factory.pk, today=today, opened_by=request.user.pk, **form.cleaned_data
            )
        except DomainError as error:
            form.refuse(error)
        else:
            text = _("Cycle %(number)s is open.") % {"number": opened.number}
            messages.success(request, text)
            return redirect("factories:cycle", pk=factory.pk)
    return _form(request, factory, form, _("Next cycle") if last else _("First cycle"), lede)


@requires(Permission.CHANGE_CYCLES)
def drift(request: MemberRequest, pk: UUID, clock: str) -> HttpResponse:
    """Say why a clock slips, from a closed list of reasons."""
    factory = get_object_or_404(factories(), pk=pk)
    cycle = selectors.current_cycle(factory.pk, common.today())
    if cycle is None or clock not in list(ClockKey) or clock == ClockKey.ASSESSMENT:
        raise Http404
    form = forms.DriftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            services.record_drift(
                cycle_id=cycle.pk,
                clock=clock,
                reason=found["reason"],
                note=found["note"],
                new_due_on=found["new_due_on"] if found["how"] == "move" else None,
                is_paused=found["how"] == "pause",
                recorded_on=common.today(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The reason is saved; the delay stays visible with it."))
            return redirect("factories:cycle", pk=factory.pk)
    name = str(words.CLOCKS[ClockKey(clock)])
    lede = _("A late clock stays late. Here it gets its reason.")
    return _form(request, factory, form, name, lede)


def _form(
    request: MemberRequest, factory: Factory, form: Any, title: str, lede: str
) -> HttpResponse:
    context = {
        "layout": "base.html",
        "form": form,
        "title": title,
        "lede": lede,
        "button": _("Save"),
        "cancel_url": reverse("factories:cycle", args=[factory.pk]),
        "crumbs": [
            Crumb(factory.name, reverse("factories:detail", args=[factory.pk])),
            Crumb(_("Cycle"), reverse("factories:cycle", args=[factory.pk])),
        ],
    }
    return render(request, "factories/form.html", context, status=422 if form.errors else 200)
