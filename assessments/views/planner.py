"""The planner's rooms. Each look at a sealed visit is written down, where planners alone read it.

Answers are never kept by a browser or a proxy.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from assessments import board as boards
from assessments import plan_facts, planner_words
from assessments.models import Assessment, PlanChange, PlanRun
from assessments.plan_facts import Due, Facts, Person
from assessments.planner_forms import LockForm, ModalityForm, MoveForm, WindowForm
from assessments.rules.modality import Strictness, split_days
from assessments.rules.planning.problem import Rule
from assessments.services import plans
from assessments.services.planning import attempt_again, team_checks
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, requires
from betterwork.records.models import Job
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.ui import charts, formats, parts
from betterwork.ui.parts import Choice, Crumb

from .common import looked, refused, today_in, user_id

View = Callable[..., HttpResponse]


def sealed_room(view: View) -> View:
    """A page of the planner: kept by no browser, no proxy and no cache."""

    @wraps(view)
    @cache_control(private=True, no_store=True)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    return guarded


# -- the board -------------------------------------------------------------------------------------


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def board(request: MemberRequest) -> HttpResponse:
    """A month or a week, a row a person or a region; one visit opened beside it."""
    today = today_in(request)
    facts = plan_facts.read(today=today)
    first, last, is_week = _period(request, today)
    by = "region" if request.GET.get("by") == "region" else "advisor"
    region = request.GET.get("region", "")
    selected = _uuid(request.GET.get("visit", ""))
    found = plans.clashes(facts)
    clashing = frozenset(each.factory_id for each in found if each.factory_id)
    shown = boards.board(
        facts,
        first=first,
        last=last,
        by=by,
        region=region,
        selected=selected,
        clashing=clashing,
    )
    looked(page="board", first=first.isoformat(), last=last.isoformat(), visits=shown.visits)
    if request.GET.get("format") in {"csv", "xlsx"}:
        return _export(facts, shown, str(request.GET["format"]))
    due = facts.one(selected) if selected else None
    regions = sorted(facts.centres | {row.region: None for row in facts.people if row.region})
    waiting = boards.waiting_runs()
    latest = PlanRun.objects.filter(kind=PlanRun.Kind.HORIZON).first()
    _counts(request, facts, waiting, found)
    step = timedelta(days=1)
    context = {
        "board": shown,
        "is_week": is_week,
        "by": by,
        "title": _week_title(first, last) if is_week else formats.month(first),
        "before": _link(request, first - step, is_week),
        "after": _link(request, last + step, is_week),
        "week_url": _switch(request, week=_monday(facts, max(first, min(today, last)))),
        "month_url": _switch(request, month=f"{first:%Y-%m}"),
        "visit_query": _query(request, ("visit", "format"), visit=""),
        "by_url": _switch_by(request, "advisor" if by == "region" else "region"),
        "choices": [
            Choice(
                "region",
                _("Region"),
                [("", _("all")), *((name, name) for name in regions)],
                region,
            )
        ],
        "clashes": len(clashing),
        "due": due,
        "card": envelope_card(facts, due) if due else None,
        "waiting": waiting,
        "unscheduled": [each for each in facts.due if not each.is_scheduled],
        "capacity": _capacity(boards.forecast(facts, later_cycles(facts))),
        "latest": latest,
        "guess_rules": _guess_rules(
            facts,
            boards.guess(facts, boards.held_visits()),
            latest if latest and latest.placed else None,
        ),
        "jobs": list(
            Job.objects.filter(
                task__in=[plans.PLAN_TASK, plans.REPLAN_TASK], status__in=["queued", "running"]
            )[:3]
        ),
        "export_urls": [
            (_switch_format(request, "csv"), "CSV"),
            (_switch_format(request, "xlsx"), "XLSX"),
        ],
    }
    return render(request, "planner/board.html", context)


def _period(request: MemberRequest, today: date) -> tuple[date, date, bool]:
    week = parse_date_or_none(request.GET.get("week", ""))
    if week is not None:
        return week, week + timedelta(days=6), True
    asked = parse_date_or_none(request.GET.get("month", "") + "-01")
    first = (asked or today).replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1), False


def parse_date_or_none(text: str) -> date | None:
    """A day written as text within what a calendar shows, or None."""
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 2000 <= found.year <= 2100 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _monday(facts: Facts, day: date) -> str:
    """The first day of the week a day lies in: the day after the weekly rest."""
    rest = facts.calendar.rest_weekdays
    start = next((d for d in range(7) if d not in rest and (d - 1) % 7 in rest), 0)
    return (day - timedelta(days=(day.weekday() - start) % 7)).isoformat()


def _week_title(first: date, last: date) -> str:
    return f"{formats.day_short(first)} – {formats.day_short(last)}"


def _query(request: MemberRequest, leave_out: tuple[str, ...], **values: str) -> str:
    query = request.GET.copy()
    for name in leave_out:
        query.pop(name, None)
    for name, value in values.items():
        query[name] = value
    return "?" + query.urlencode()


def _link(request: MemberRequest, day: date, is_week: bool) -> str:
    leave = ("month", "week", "visit", "format")
    if is_week:
        shown = parse_date_or_none(request.GET.get("week", "")) or day
        start = shown + timedelta(days=7 if day > shown else -7)
        return _query(request, leave, week=start.isoformat())
    return _query(request, leave, month=f"{day:%Y-%m}")


def _switch(request: MemberRequest, **values: str) -> str:
    return _query(request, ("month", "week", "format"), **values)


def _switch_by(request: MemberRequest, by: str) -> str:
    return _query(request, ("by", "format"), by=by)


def _switch_format(request: MemberRequest, format: str) -> str:
    return _query(request, (), format=format)


def _counts(request: MemberRequest, facts: Facts, waiting: list[Any], found: list[Any]) -> None:
    open_visits = sum(not each.is_scheduled for each in facts.due)
    request.nav_counts = {  # type: ignore[attr-defined]
        "proposals": len(waiting) + open_visits,
        "clashes": len({each.factory_id for each in found if each.factory_id}),
    }


def later_cycles(facts: Facts) -> list[tuple[date, int]]:
    """Reassessments of cycles that have not begun: the middle of each window, and person-days."""
    from factories.models import EngagementCycle, Factory
    from factories.rules.windows import next_reassessment
    from factories.selectors.cycles import cycle_facts, cycle_settings

    rows = EngagementCycle.objects.filter(
        ends_on__isnull=True,
        factory__status=Factory.Status.ACTIVE,
        factory__merged_into__isnull=True,
    ).select_related("factory", "programme")
    numbers = cycle_settings(facts.today)
    found = []
    for known in cycle_facts(rows).values():
        coming = next_reassessment(known, numbers, facts.today)
        if coming is not None:
            window = coming.window
            middle = window.opens_on + (window.closes_on - window.opens_on) / 2
            found.append((middle, facts.rules.max_days * facts.rules.min_assessors))
    return found


def _capacity(months: list[boards.MonthForecast]) -> list[tuple[boards.MonthForecast, Any]]:
    """Each month with its bar: days needed against days there are."""
    top = max((max(each.needed, each.available) for each in months), default=1)
    drawn = []
    for each in months:
        label = _("%(needed)s of %(available)s days") % {
            "needed": formats.number(each.needed),
            "available": formats.number(each.available),
        }
        drawn.append((each, charts.load(each.needed, each.available, top=top, label=label)))
    return drawn


def _export(facts: Facts, shown: boards.Board, format: str) -> HttpResponse:
    from assessments.planner_sheets import board_file

    record(Action.EXPORTED, what="board", sealed=True, rows=shown.visits)
    return board_file(facts, shown, format)


# -- one envelope ----------------------------------------------------------------------------------


def envelope_card(facts: Facts, due: Due) -> dict[str, Any]:
    """Why this date and team: every rule with its fact, the way it is held, the entropy kept."""
    row = due.assessment
    lead, second = boards.team_of(facts, due)
    names = boards.names_of(facts)
    rules: list[parts.Rule] = []
    hard = soft = 0
    if row.starts_on and row.ends_on and lead is not None:
        checks = team_checks(
            row.factory,
            lead.user_id,
            second.user_id if second else None,
            on=row.starts_on,
            but_not=row.pk,
        )
        team = [person for person in (lead, second) if person is not None]
        known = _team_known(facts, due, team, row.starts_on)
        rules += [planner_words.team_rule(each, names, known) for each in checks]
        hard += sum(not c.is_passed and c.strictness is Strictness.HARD for c in checks)
        soft += sum(not c.is_passed and c.strictness is Strictness.SOFT for c in checks)
        found = plans.check_move(
            facts,
            due,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            lead=lead.user_id,
            second=second.user_id if second else None,
        )
        rules += day_rules(facts, due, {each.rule for each in found})
        hard += sum(each.rule in DAY_RULES for each in found)
    effort = due.proposal.effort(plan_facts.modality_of(due))
    length = (row.ends_on - row.starts_on).days + 1 if row.starts_on and row.ends_on else None
    return {
        "due": due,
        "assessment": row,
        "lead": lead,
        "second": second,
        "rules": rules,
        "hard_failed": hard,
        "soft_failed": soft,
        "journeys": boards.journeys(facts, due, (lead, second)),
        "proposed": planner_words.MODALITIES[due.proposal.proposed],
        "is_as_proposed": row.modality == due.proposal.proposed,
        "days": days_told(due, length),
        "person_days": effort.person_days,
        "refusals": due.refusals,
    }


def _team_known(facts: Facts, due: Due, team: list[Person], on: date) -> dict[str, str]:
    """Facts behind the team rules that a rule held does not tell by itself. No query."""
    names = boards.names_of(facts)
    comma = f"{formats.comma()} "
    last = sorted(
        name
        for user in facts.previous_teams.get(due.factory_id, ())
        if (name := names.get(str(user)))
    )
    declared = [
        format_html(
            "<bdi>{}</bdi>: {}",
            person.name,
            formats.on_date(person.profile.conflicts_declared_on),
        )
        for person in team
        if person.profile and person.profile.conflicts_declared_on
    ]
    sexes = [
        str(person.profile.get_sex_display())
        for person in team
        if person.profile and person.profile.sex
    ]
    loads = [
        format_html(
            "<bdi>{}</bdi>: {}",
            person.name,
            _("%(n)s of %(most)s days this month")
            % {
                "n": formats.number(
                    boards.booked_days(facts, person, on, but_not=due.assessment.pk)
                ),
                "most": formats.number(person.days_a_month),
            },
        )
        for person in team
    ]
    advisor = names.get(str(due.advisor_id), "")
    return {
        "not_own_advisor": _("Advisor: %(name)s") % {"name": advisor} if advisor else "",
        "not_previous_team": _("Last team: %(names)s") % {"names": comma.join(last)}
        if last
        else "",
        "no_conflict_of_interest": format_html_join(comma, "{}", ((each,) for each in declared)),
        "both_sexes": comma.join(sexes),
        "even_load": format_html_join(comma, "{}", ((each,) for each in loads)),
    }


DAY_RULES = (
    Rule.WINDOW,
    Rule.COUNTRY_REST_DAY,
    Rule.FACTORY_CLOSED,
    Rule.AWAY,
    Rule.BOOKED_TWICE,
    Rule.TRAVEL_DAY,
    Rule.MONTH_CAP,
)


def day_rules(facts: Facts, due: Due, broken: set[Rule]) -> list[parts.Rule]:
    """The hard rules on the day, held or not."""
    window = ""
    if due.opens_on and due.closes_on:
        window = f"{formats.on_date(due.opens_on)} – {formats.on_date(due.closes_on)}"
    lines = (
        (_("Within the window of the cycle"), {Rule.WINDOW}, window),
        (_("Working days of the country"), {Rule.COUNTRY_REST_DAY}, ""),
        (_("The factory is open"), {Rule.FACTORY_CLOSED}, ""),
        (_("The team is there and free"), {Rule.AWAY, Rule.BOOKED_TWICE, Rule.TRAVEL_DAY}, ""),
        (_("Within each person's days of the month"), {Rule.MONTH_CAP}, ""),
    )
    told = []
    for words, codes, fact in lines:
        against = [str(planner_words.BREACHES[code]) for code in sorted(codes & broken)]
        told.append(parts.Rule("fail" if against else "pass", words, " ".join(against) or fact))
    return told


def days_told(due: Due, length: int | None = None) -> list[dict[str, Any]]:
    """The days of the visit with what each is for; a hybrid's virtual day first."""
    modality = plan_facts.modality_of(due)
    days = due.proposal.effort(modality).days
    if length is not None and length != len(days):
        try:
            days = split_days(modality, length)
        except DomainError:
            days = ()
    start = due.assessment.starts_on
    return [
        {
            "number": each.number,
            "on": start + timedelta(days=each.number - 1) if start else None,
            "where": planner_words.SETTINGS[each.setting],
            "what": f"{formats.comma()} ".join(
                str(planner_words.ACTIVITIES[activity]) for activity in each.activities
            ),
        }
        for each in days
    ]


def _facts_of(request: MemberRequest, pk: UUID, page: str = "envelope") -> tuple[Facts, Due]:
    """The facts and the visit, or 404: one that is not planned is the same as none.

    What is read here is shown, if only with a refusal: the look is written down.
    """
    facts = plan_facts.read(today=today_in(request))
    due = facts.one(pk)
    if due is None:
        raise Http404
    looked(due.assessment, page=page)
    return facts, due


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def envelope(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One sealed visit: day and team, why, the way it is held, what may be changed."""
    facts, due = _facts_of(request, pk)
    return _envelope_page(request, facts, due)


def _envelope_page(
    request: MemberRequest, facts: Facts, due: Due, *, error: Any = None, status: int = 200,
    **forms_given: forms.Form,
) -> HttpResponse:  # fmt: skip
    proposal = due.proposal
    change = boards.unplaced_reasons().get(due.assessment.pk)
    context: dict[str, Any] = {
        "card": envelope_card(facts, due),
        "due": due,
        "assessment": due.assessment,
        "change": change,
        "modality_rules": [
            (
                planner_words.MODALITIES[effort.modality],
                effort,
                [
                    planner_words.modality_rule(check)
                    for check in proposal.checks
                    if check.subject == effort.modality
                ],
                effort.modality in proposal.allowed,
                effort.modality == proposal.proposed,
            )
            for effort in proposal.efforts
        ],
        "modality_form": forms_given.get("modality")
        or ModalityForm(initial={"modality": due.assessment.modality}),
        "lock_form": forms_given.get("lock") or LockForm(),
        "window_form": forms_given.get("window") or WindowForm(),
        "crumbs": [Crumb(_("Month board"), reverse("planner:board"))],
    }
    if change is not None:
        context["bars"] = [t for r in change.reasons if (t := planner_words.reason(r))]
        context["unlocks"] = [t for r in change.reasons if (t := planner_words.unlocked(r))]
    if error is not None:
        context.update(said(error))
    return render(request, "planner/envelope.html", context, status=status)


def said(error: DomainError) -> dict[str, Any]:
    """A refusal with the rules behind it, as the page shows it."""
    rules = error.facts.pop("rules", ())
    found = refused(error)
    found["refusal"]["reasons"] = [
        *found["refusal"]["reasons"],
        *dict.fromkeys(str(planner_words.BREACHES.get(rule, rule)) for rule in rules),
    ]
    return found


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def move(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Another day or team by hand: the rules are shown for what is chosen, before it is kept.

    htmx asks for the rules alone while days and people are chosen; the button works without it.
    """
    facts, due = _facts_of(request, pk, page="move")
    lead, second = boards.team_of(facts, due)
    row = due.assessment
    start: dict[str, Any] = {
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "lead": lead.user_id if lead else "",
        "second": second.user_id if second else "",
    }
    asked = {name: request.GET[name] for name in start if request.GET.get(name)}
    for name in ("lead", "second"):  # a visit dropped on another person's row
        if str(start[name]) and str(start[name]) == request.GET.get("from"):
            asked[name] = request.GET.get("to", "")
    if asked.get("starts_on") and not asked.get("ends_on"):
        asked["ends_on"] = _same_length(due, asked["starts_on"])
    is_post = request.method == "POST"
    form = MoveForm(request.POST if is_post else None, initial={**start, **asked})
    error = None
    if is_post and "try" not in request.POST and form.is_valid():
        data = form.cleaned_data
        try:
            plans.move_visit(
                assessment_id=pk,
                starts_on=data["starts_on"],
                ends_on=data["ends_on"] or data["starts_on"],
                lead_id=data["lead"],
                second_id=data["second"],
                by=user_id(request),
                today=facts.today,
                reason=data["reason"],
            )
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("The visit was moved."))
            return redirect("planner:envelope", pk=pk)
    tried = {**start, **asked}
    if is_post:
        tried = {name: request.POST.get(name, "") for name in start}
    rules = _tried_rules(facts, due, tried)
    if request.headers.get("HX-Target") == "side":
        trial = _trial(facts, due, tried, rules)
        return render(request, "planner/_trial.html", {"due": due, "trial": trial})
    context = {
        "form": form,
        "due": due,
        "assessment": row,
        "rules": rules,
        "open_days": _open_days(facts, due) if not request.headers.get("HX-Target") else [],
        "crumbs": [
            Crumb(_("Month board"), reverse("planner:board")),
            Crumb(row.factory.name, reverse("planner:envelope", args=[pk])),
        ],
    }
    if error is not None:
        context.update(said(error))
    if request.headers.get("HX-Target") == "rules":
        return render(request, "planner/_tried.html", context)
    status = 422 if is_post and "try" not in request.POST else 200
    return render(request, "planner/move.html", context, status=status)


def _trial(
    facts: Facts, due: Due, tried: dict[str, Any], rules: list[parts.Rule]
) -> dict[str, Any]:
    """A choice made on the board, as the panel beside it shows it before it is kept."""
    names = boards.names_of(facts)
    values = {name: "" if value is None else str(value) for name, value in tried.items()}
    return {
        "values": values,
        "query": urlencode(values),
        "starts_on": _as_day(tried["starts_on"]),
        "ends_on": _as_day(tried["ends_on"]),
        "lead": names.get(values["lead"], ""),
        "second": names.get(values["second"], ""),
        "rules": sorted(
            rules,
            key=lambda rule: (
                ("fail", "weak").index(rule.result) if rule.result in {"fail", "weak"} else 2
            ),
        ),
        "failed": sum(rule.result == "fail" for rule in rules),
        "weak": sum(rule.result == "weak" for rule in rules),
    }


MOST_OPEN_DAYS = 60


def _open_days(facts: Facts, due: Due) -> list[dict[str, Any]]:
    """Days that break no rule while all other visits stand, each with the team it could have."""
    names = boards.names_of(facts)
    found = plans.open_days(facts, due)[:MOST_OPEN_DAYS]
    return [
        {
            "starts_on": day,
            "lead": names.get(lead, ""),
            "second": names.get(second, ""),
            "query": urlencode({"starts_on": day.isoformat(), "lead": lead, "second": second}),
        }
        for day, lead, second in found
    ]


def _same_length(due: Due, starts_on: str) -> str:
    day = parse_date_or_none(starts_on)
    row = due.assessment
    if day is None:
        return starts_on
    length = len(due.proposal.effort(plan_facts.modality_of(due)).days)
    if row.starts_on and row.ends_on:
        length = (row.ends_on - row.starts_on).days + 1
    return (day + timedelta(days=length - 1)).isoformat()


def _tried_rules(facts: Facts, due: Due, tried: dict[str, Any]) -> list[parts.Rule]:
    """Every rule for what is chosen in the form, held or not."""
    first = _as_day(tried["starts_on"])
    last = _as_day(tried["ends_on"]) or first
    try:
        lead, second = int(tried["lead"]), int(tried["second"])
    except (TypeError, ValueError):
        return []
    if first is None or last is None or (last - first).days > 30:
        return []
    if last < first:
        return [parts.Rule("fail", _("The last day lies before the first"))]
    found = plans.check_move(facts, due, starts_on=first, ends_on=last, lead=lead, second=second)
    checks = team_checks(due.assessment.factory, lead, second, on=first, but_not=due.assessment.pk)
    names = boards.names_of(facts)
    team = [person for user in (lead, second) if (person := facts.person(user)) is not None]
    known = _team_known(facts, due, team, first)
    return [
        *day_rules(facts, due, {each.rule for each in found}),
        *(planner_words.team_rule(each, names, known) for each in checks),
    ]


def _as_day(value: Any) -> date | None:
    return value if isinstance(value, date) else parse_date_or_none(str(value or ""))


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def redraw(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Draw another date at random, all other visits as they stand."""
    facts, due = _facts_of(request, pk)
    try:
        is_drawn = plans.redraw_visit(assessment_id=pk, by=user_id(request), today=facts.today)
    except DomainError as error:
        return _envelope_page(request, facts, due, error=error, status=422)
    if is_drawn:
        messages.success(request, _("Another date was drawn at random."))
    else:
        messages.error(request, _("The rules leave no date just now. Nothing was changed."))
    return redirect("planner:envelope", pk=pk)


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def again(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Another attempt at a visit that was put off or refused; its envelope draws the day."""
    get_object_or_404(Assessment.objects.all(), pk=pk)
    try:
        made = attempt_again(assessment_id=pk, by=user_id(request), today=today_in(request))
    except DomainError as error:
        messages.error(request, refused(error)["refusal"]["title"])
        return redirect("planner:proposals")
    messages.success(request, _("Another attempt is open. Draw its date, or choose it."))
    return redirect("planner:envelope", pk=made.pk)


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def lock(request: MemberRequest, pk: UUID) -> HttpResponse:
    facts, due = _facts_of(request, pk)
    form = LockForm(request.POST)
    reason = request.POST.get("reason", "")
    try:
        plans.lock_visit(
            assessment_id=pk,
            is_locked="unlock" not in request.POST,
            reason=reason,
            by=user_id(request),
        )
    except DomainError as error:
        return _envelope_page(request, facts, due, error=error, status=422, lock=form)
    return redirect("planner:envelope", pk=pk)


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def widen(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Hold the window open longer, with a reason."""
    facts, due = _facts_of(request, pk)
    form = WindowForm(request.POST)
    if not form.is_valid():
        return _envelope_page(request, facts, due, status=422, window=form)
    try:
        plans.widen_window(
            assessment_id=pk,
            until=form.cleaned_data["until"],
            reason=form.cleaned_data["reason"],
            today=facts.today,
        )
    except DomainError as error:
        return _envelope_page(request, facts, due, error=error, status=422, window=form)
    return redirect("planner:envelope", pk=pk)


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def modality(request: MemberRequest, pk: UUID) -> HttpResponse:
    """How the visit is held; another way than the rules advise only with its reason."""
    facts, due = _facts_of(request, pk)
    form = ModalityForm(request.POST)
    if not form.is_valid():
        return _envelope_page(request, facts, due, status=422, modality=form)
    try:
        plans.choose_modality(
            assessment_id=pk,
            modality=form.cleaned_data["modality"],
            reason=form.cleaned_data["reason"],
            today=facts.today,
        )
    except DomainError as error:
        return _envelope_page(request, facts, due, error=error, status=422, modality=form)
    return redirect("planner:envelope", pk=pk)


# -- proposals, clashes, check ---------------------------------------------------------------------


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def proposals(request: MemberRequest) -> HttpResponse:
    """What waits for a planner: diffs, visits without a day, ways the rules would change."""
    facts = plan_facts.read(today=today_in(request))
    waiting = boards.waiting_runs()
    reasons = boards.unplaced_reasons()
    unscheduled = sorted(
        (each for each in facts.due if not each.is_scheduled),
        key=lambda each: (each.closes_on or date.max, each.assessment.factory.name),
    )
    repeats = boards.to_repeat()
    looked(page="proposals", visits=len(unscheduled) + len(waiting) + len(repeats))
    _counts(request, facts, waiting, [])
    context = {
        "waiting": [(run, _cause(run), list(run.changes.all())) for run in waiting],
        "unscheduled": [
            (
                each,
                [t for r in _reasons(reasons, each) if (t := planner_words.reason(r))],
                [t for r in _reasons(reasons, each) if (t := planner_words.unlocked(r))],
                parts.Clock.until(each.closes_on, today=facts.today, started_on=each.opens_on)
                if each.closes_on
                else None,
            )
            for each in unscheduled
        ],
        "repeats": repeats,
        "all_ways": [
            (each, planner_words.MODALITIES[each.proposal.proposed]) for each in facts.due
        ],
    }
    return render(request, "planner/proposals.html", context)


def _reasons(found: dict[UUID, PlanChange], due: Due) -> list[dict[str, Any]]:
    change = found.get(due.assessment.pk)
    return list(change.reasons) if change else []


def _cause(run: PlanRun) -> str:
    return str(planner_words.CAUSES.get(run.cause, run.cause))


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def clashes(request: MemberRequest) -> HttpResponse:
    """Hard rules that visits as they stand break, and windows that end before a day is found."""
    facts = plan_facts.read(today=today_in(request))
    found = plans.clashes(facts)
    grouped = boards.by_factory(found)
    names = boards.names_of(facts)
    dues = {str(each.factory_id): each for each in facts.due}
    looked(page="clashes", visits=len(facts.due))
    waiting = boards.waiting_runs()
    _counts(request, facts, waiting, found)
    soon = facts.today + timedelta(days=30)
    context = {
        "clashes": [
            (
                dues[factory_id],
                [
                    (
                        planner_words.BREACHES[each.rule],
                        names.get(each.assessor_id or "", ""),
                        each.day,
                    )
                    for each in breaches
                ],
            )
            for factory_id, breaches in grouped.items()
            if factory_id in dues
        ],
        "at_risk": [
            (each, parts.Clock.until(each.closes_on, today=facts.today, started_on=each.opens_on))
            for each in facts.due
            if not each.is_scheduled and each.closes_on and each.closes_on <= soon
        ],
        "gone": [each for each in facts.due if each.is_gone],
        "waiting": waiting,
    }
    return render(request, "planner/clashes.html", context)


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def check(request: MemberRequest) -> HttpResponse:
    """Can an insider guess? What the last plans kept, and what past and coming days show."""
    facts = plan_facts.read(today=today_in(request))
    found = boards.guess(facts, boards.held_visits())
    runs = boards.last_runs()
    looked(page="check", visits=found.starts)
    latest = next((run for run in runs if run.kind == PlanRun.Kind.HORIZON and run.placed), None)
    context = {
        "runs": [(run, _cause(run)) for run in runs],
        "latest": latest,
        "rules": _guess_rules(facts, found, latest),
        "forecast": boards.forecast(facts, later_cycles(facts)),
    }
    return render(request, "planner/check.html", context)


TOO_FEW = 30  # starts below which a weekday pattern cannot be told from chance


def _guess_rules(facts: Facts, found: boards.Guess, latest: PlanRun | None) -> list[parts.Rule]:
    rules = []
    counts = f"{formats.comma()} ".join(
        _("%(weekday)s %(n)s (by chance %(expected)s)")
        % {
            "weekday": formats.weekday_named(day),
            "n": formats.number(count),
            "expected": formats.number(round(expected)),
        }
        for day, count, expected in found.weekdays
    )
    if found.starts < TOO_FEW:
        rules.append(parts.Rule("unverified", _("Too few starts to see a weekday pattern"), counts))
    else:
        result = "weak" if found.is_weekday_pattern else "pass"
        rules.append(parts.Rule(result, _("No weekday pattern"), counts))
    if found.intervals is not None:
        low, high = found.intervals
        fact = _("%(low)s to %(high)s days between two assessments") % {
            "low": formats.number(low),
            "high": formats.number(high),
        }
        result = "pass" if high - low >= facts.settings.few_dates else "weak"
        rules.append(parts.Rule(result, _("The interval to the last visit varies"), fact))
    if found.least_dates is not None:
        fact = ngettext(
            "The most guessable visit has %(n)s possible date.",
            "The most guessable visit has %(n)s possible dates.",
            found.least_dates,
        ) % {"n": formats.number(found.least_dates)}
        if found.few:
            fact += " " + ngettext(
                "%(n)s visit has fewer than %(few)s.",
                "%(n)s visits have fewer than %(few)s.",
                found.few,
            ) % {
                "n": formats.number(found.few),
                "few": formats.number(facts.settings.few_dates),
            }
        rules.append(
            parts.Rule(
                "weak" if found.few else "pass", _("Enough possible dates for each visit"), fact
            )
        )
    if latest is not None and latest.entropy_bits is not None:
        fact = _(
            "%(bits)s bits a visit, %(share)s of what its possible dates allow; checked by a"
            " second, separate program"
        ) % {
            "bits": formats.number(latest.entropy_bits, 1),
            "share": formats.percent(latest.entropy_share),
        }
        result = "pass" if (latest.entropy_share or 0) >= 0.9 else "weak"
        rules.append(parts.Rule(result, _("The last plan kept its dates unpredictable"), fact))
    return rules


# -- runs ------------------------------------------------------------------------------------------


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def run_new(request: MemberRequest) -> HttpResponse:
    """Ask for a plan of everything that has no day yet."""
    job = plans.request_plan(by=user_id(request), today=today_in(request))
    return redirect("records:job", pk=job.pk)


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def run_again(request: MemberRequest) -> HttpResponse:
    """Plan again with the fewest changes: what no longer holds becomes a diff to look at."""
    job = plans.request_replan(by=user_id(request))
    return redirect("records:job", pk=job.pk)


@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def run(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One run: what it placed and why not the rest, or the diff that waits."""
    found = get_object_or_404(PlanRun.objects.select_related("requested_by", "decided_by"), pk=pk)
    looked(found, page="run")
    return _run_page(request, found)


def _run_page(
    request: MemberRequest, found: PlanRun, *, error: Any = None, status: int = 200
) -> HttpResponse:
    from betterwork.accounts.models import User

    changes = list(
        found.changes.select_related("factory", "assessment").order_by("kind", "factory__name")
    )
    people = {
        user
        for change in changes
        for told in (change.before, change.after)
        for user in (told.get("lead"), told.get("second"))
        if user
    }
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=people)}
    context: dict[str, Any] = {
        "run": found,
        "cause": _cause(found),
        "changes": [
            {
                "change": change,
                "before": _told(change.before, names),
                "after": _told(change.after, names),
                "why": list(
                    dict.fromkeys(t for r in change.reasons if (t := planner_words.reason(r)))
                ),
                "unlocks": [t for r in change.reasons if (t := planner_words.unlocked(r))],
            }
            for change in changes
        ],
        "problems": [planner_words.reason(each) for each in found.problems],
        "crumbs": [Crumb(_("Check a plan"), reverse("planner:check"))],
    }
    if error is not None:
        context.update(said(error))
    return render(request, "planner/run.html", context, status=status)


def _told(told: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    if not told:
        return {}
    return {
        "starts_on": date.fromisoformat(told["starts_on"]),
        "ends_on": date.fromisoformat(told["ends_on"]),
        "lead": names.get(told["lead"], ""),
        "second": names.get(told.get("second") or 0, ""),
    }


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def run_apply(request: MemberRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(PlanRun.objects.all(), pk=pk)
    try:
        plans.apply_replan(run_id=pk, by=user_id(request), today=today_in(request))
    except DomainError as error:
        return _run_page(request, found, error=error, status=422)
    messages.success(request, _("The changes were applied."))
    return redirect("planner:run", pk=pk)


@require_POST
@requires(Permission.PLAN_ASSESSMENTS)
@sealed_room
def run_discard(request: MemberRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(PlanRun.objects.all(), pk=pk)
    try:
        plans.discard_replan(run_id=pk, by=user_id(request))
    except DomainError as error:
        return _run_page(request, found, error=error, status=422)
    return redirect("planner:run", pk=pk)
