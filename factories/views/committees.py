"""Committees: the list for staff, the page of one, and what members of the factory see."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tables import FORMATS, file_response
from betterwork.ui import formats
from betterwork.ui.parts import Choice, Crumb, Rule
from factories import bodies, forms, words
from factories.models import Committee, CommitteeMember, Factory
from factories.rules.committee_indicators import MandateState
from factories.rules.committees import Check, CheckKey, Outcome, Reason
from factories.selectors import committees as reads
from factories.selectors.factories import factories
from factories.services import committees as services

from . import common


def check_rule(check: Check) -> Rule:
    """A check in words: the rule, then the fact, then where it is written.

    What the law asks for, and where, is said only of law that counts (rule B-3).
    """
    is_law = check.confidence is not None and check.confidence.is_law
    parts = []
    if check.reason is not None:
        parts.append(str(words.REASONS[check.reason]))
    # A yes or no is said by the rule and its reason already.
    if is_law and check.expected is not None and not isinstance(check.expected, bool):
        parts.append(_("By law: %(value)s.") % {"value": expected_words(check)})
    if check.outcome in {Outcome.PASS, Outcome.FAIL}:
        parts.append(_("Here: %(value)s.") % {"value": found_words(check)})
    return Rule(
        result=words.CHECK_RESULTS[check.outcome],
        rule=words.CHECKS[check.key],
        fact=" ".join(parts),
        reference=check.reference if is_law else "",
    )


def expected_words(check: Check) -> str:
    """What the law asks for, in words: a bare number says nothing."""
    if type(check.expected) is not int:
        return words.value(check.expected)
    n = check.expected
    text = _EXPECTED.get(check.key)
    if check.key == CheckKey.MEETINGS and isinstance(check.found, tuple):
        text = _GAP
    values = {"n": n, "value": formats.number(n)}
    return str(text % values) if text is not None else formats.number(n)


_GAP = ngettext_lazy(
    "a meeting at least once in %(value)s month", "a meeting at least once in %(value)s months", "n"
)


# Both forms of a number: what the law asks for, after "By law:".
_EXPECTED: dict[str, Any] = {
    CheckKey.REQUIRED: ngettext_lazy(
        "a committee wherever at least %(value)s worker is employed",
        "a committee wherever at least %(value)s workers are employed",
        "n",
    ),
    CheckKey.MEMBERS_AT_LEAST: ngettext_lazy(
        "at least %(value)s member", "at least %(value)s members", "n"
    ),
    CheckKey.MEMBERS_AT_MOST: ngettext_lazy(
        "at most %(value)s member", "at most %(value)s members", "n"
    ),
    CheckKey.MANAGEMENT_SEATS: ngettext_lazy(
        "at least %(value)s seat for the management side",
        "at least %(value)s seats for the management side",
        "n",
    ),
    CheckKey.MANDATES: ngettext_lazy(
        "a mandate lasts %(value)s month", "a mandate lasts %(value)s months", "n"
    ),
    CheckKey.MEETINGS: ngettext_lazy(
        "at least %(value)s meeting in a year", "at least %(value)s meetings in a year", "n"
    ),
    CheckKey.QUORUM: ngettext_lazy(
        "more than %(value)s per cent of the worker members",
        "more than %(value)s per cent of the worker members",
        "n",
    ),
    CheckKey.MINUTES_FILED: ngettext_lazy(
        "minutes are sent within %(value)s day of the meeting",
        "minutes are sent within %(value)s days of the meeting",
        "n",
    ),
    CheckKey.MINUTES_POSTED: ngettext_lazy(
        "minutes are posted within %(value)s working day of the meeting",
        "minutes are posted within %(value)s working days of the meeting",
        "n",
    ),
    CheckKey.ACTIVITY_REPORT: ngettext_lazy(
        "a report at least once in %(value)s month",
        "a report at least once in %(value)s months",
        "n",
    ),
}


def found_words(check: Check) -> str:
    """What was found, in words; ids of members are counted, not shown."""
    found = check.found
    if check.key == CheckKey.REQUIRED:
        return _("there is a committee") if found else _("there is no committee")
    if check.key == CheckKey.RATIO:
        workers, managers = found
        return _("%(workers)s of the worker side, %(managers)s of the management side") % {
            "workers": formats.number(workers),
            "managers": formats.number(managers),
        }
    if check.key == CheckKey.MANDATES:
        if not found:
            return _("no mandate has expired")
        text = ngettext(
            "%(count)s mandate has expired", "%(count)s mandates have expired", len(found)
        )
        return text % {"count": formats.number(len(found))}
    if check.key == CheckKey.MEETINGS:
        return _meetings_words(found)
    if check.key in _OF_MEETINGS:
        fine, short = _OF_MEETINGS[check.key]
        if not found:
            return str(fine)
        return str(short) % {"days": ", ".join(formats.on_date(day) for day in found)}
    if check.key == CheckKey.CHAIR and not found:
        return _("no chair is recorded")
    return words.value(found)


# What is said when no meeting falls short, and when some do.
_OF_MEETINGS: dict[CheckKey, tuple[Promise, Promise]] = {
    CheckKey.QUORUM: (
        gettext_lazy("enough at every meeting"),
        gettext_lazy("too few at the meetings of %(days)s"),
    ),
    CheckKey.MINUTES_FILED: (
        gettext_lazy("all minutes were sent in time"),
        gettext_lazy("late for the meetings of %(days)s"),
    ),
    CheckKey.MINUTES_POSTED: (
        gettext_lazy("all minutes were posted in time"),
        gettext_lazy("late for the meetings of %(days)s"),
    ),
}


def _meetings_words(found: int | tuple[tuple[date, date], ...]) -> str:
    if isinstance(found, int):
        text = ngettext(
            "%(count)s meeting in the last year", "%(count)s meetings in the last year", found
        )
        return text % {"count": formats.number(found)}
    gaps = [
        _("no meeting from %(first)s to %(last)s")
        % {"first": formats.on_date(first), "last": formats.on_date(last)}
        for first, last in found
    ]
    return "; ".join(gaps) or _("no gap too long")


def committee_cards(factory: Factory) -> tuple[list[dict[str, Any]], list[Committee]]:
    """The committees of a factory for its page: what exists and what fails; and earlier ones."""
    running, earlier = reads.factory_committees(factory, common.today())
    return [card(found) for found in running], earlier


def card(found: reads.CommitteeOverview) -> dict[str, Any]:
    sitting = [m for m in found.members if m.left_on is None]
    return {
        "overview": found,
        "committee": found.committee,
        "kind": dict(Committee.Kind.choices)[found.kind],
        "body": bodies.name_of(found.rule.body.value)
        if found.rule.body and found.rule.body.confidence.is_law
        else "",
        "rules": [check_rule(c) for c in _by_weight(found.checks) if not _is_aside(c)],
        "aside": [check_rule(c) for c in _by_weight(found.checks) if _is_aside(c)],
        "fails": len(found.of(Outcome.FAIL)),
        "passes": len(found.of(Outcome.PASS)),
        "unverified": len(found.of(Outcome.UNVERIFIED)),
        "workers": sum(1 for m in sitting if m.side == CommitteeMember.Side.WORKER),
        "managers": sum(1 for m in sitting if m.side == CommitteeMember.Side.MANAGEMENT),
        "chair": found.chair,
        "women": _share(found.indicators.women_on_worker_side),
        "workforce": _share(found.indicators.women_in_workforce),
        "rating": words.RATINGS.get(found.rating.rating or "", ""),
        "rating_order": list(words.RATINGS).index(found.rating.rating)
        if found.rating.rating in words.RATINGS
        else len(words.RATINGS),
    }  # fmt: skip


_WEIGHT = {Outcome.FAIL: 0, Outcome.PASS: 1, Outcome.NOT_APPLICABLE: 2, Outcome.UNVERIFIED: 3}


def _by_weight(checks: Any) -> list[Check]:
    """What fails first, what is not verified last; else in the order of the law."""
    return sorted(checks, key=lambda check: _WEIGHT[check.outcome])


def _is_aside(check: Check) -> bool:
    """What the law does not ask here or has no known word on; the duty itself is always said."""
    if check.key == CheckKey.REQUIRED:
        return False
    return check.outcome == Outcome.NOT_APPLICABLE or check.reason == Reason.LAW_NOT_FOUND


def _share(share: Any) -> dict[str, Any] | None:
    if share is None or share.exact is None:
        return None
    return {"share": float(share.exact), "count": share.count, "n": share.n}


# What the engine answers: to sort by it, every committee is asked.
_SORTS: dict[str, Any] = {
    "fails": lambda line: (line["fails"], line["unverified"]),
    "women": lambda line: line["women"]["share"] if line["women"] else -1.0,
    "rating": lambda line: line["rating_order"],
}


@requires(Permission.SEE_COMMITTEES)
def committee_list(request: MemberRequest) -> HttpResponse:
    """Running committees with what fails; `?fails=` keeps one check, `?format=` gives a file."""
    if common.is_factory_side(request):
        return redirect("factories:my_committee")
    kind = request.GET.get("kind", "")
    kind = kind if kind in Committee.Kind.values else Committee.Kind.BIPARTITE
    wanted = request.GET.get("fails", "")
    wanted = wanted if wanted in words.CHECKS or wanted in {"any", "none"} else ""
    sort = request.GET.get("sort", "")
    by, is_down = sort.removeprefix("-"), sort.startswith("-")
    first = "-factory__name" if by == "factory" and is_down else "factory__name"
    rows = reads.running_committees(kind).order_by(first, "pk")
    search = request.GET.get("q", "").strip()[:100]
    if search:
        rows = rows.filter(factory__name__icontains=search)
    today, fmt = common.today(), request.GET.get("format", "")
    if wanted or fmt in FORMATS or by in _SORTS:
        # What fails is the engine's answer, so all committees are asked.
        overviews = reads.committee_overviews(rows, today)
        kept = [card(overviews[row.pk]) for row in rows if _matches(overviews[row.pk], wanted)]
        if by in _SORTS:
            kept.sort(key=_SORTS[by], reverse=is_down)
        if fmt in FORMATS:
            record(Action.EXPORTED, kind="committees", format=fmt)
            return _export(kept, fmt)
        page: Any = Paginator(kept, common.PAGE_ROWS).get_page(request.GET.get("page"))
        lines = list(page)
    else:
        page = common.page_of(request, rows)
        overviews = reads.committee_overviews(list(page), today)
        lines = [card(overviews[row.pk]) for row in page]
    checks = [(str(key), name) for key, name in words.CHECKS.items()]
    context = {
        "page": page,
        "lines": lines,
        "search": search,
        "sorted_by": "factory",
        "choices": [
            Choice("kind", _("Kind"), Committee.Kind.choices, kind),
            Choice(
                "fails",
                _("Does not meet"),
                [("", _("all committees")), ("any", _("any rule")), ("none", _("no rule")),
                 *checks],
                wanted,
            ),
        ],
        "clear_url": reverse("factories:committees") if wanted or search else "",
        "without": _without(kind),
    }  # fmt: skip
    return render(request, "factories/committees.html", context)


def _without(kind: str) -> int:
    """Active factories that have no running committee of this kind."""
    having = Committee.objects.filter(kind=kind, dissolved_on__isnull=True)
    rows = Factory.objects.filter(merged_into__isnull=True, status=Factory.Status.ACTIVE)
    return rows.exclude(pk__in=having.values("factory_id")).count()


def _matches(found: reads.CommitteeOverview, wanted: str) -> bool:
    failing = {str(check.key) for check in found.fails}
    if wanted == "any":
        return bool(failing)
    if wanted == "none":
        return not failing
    return not wanted or wanted in failing


def _export(lines: list[dict[str, Any]], kind: str) -> HttpResponse:
    head = [_("Factory id"), _("Factory"), _("Committee"), _("Formed on"), _("Worker side"),
            _("Management side"), _("Women on the worker side"), _("Women in the workforce"),
            _("Rules met"), _("Rules not met"), _("Not verified"), _("Rating")]  # fmt: skip
    rows = (
        [
            line["committee"].factory.code, line["committee"].factory.name,
            line["committee"].name, line["committee"].formed_on, line["workers"],
            line["managers"], line["women"]["count"] if line["women"] else None,
            line["workforce"]["count"] if line["workforce"] else None, line["passes"],
            line["fails"], line["unverified"], str(line["rating"]),
        ]
        for line in lines
    )  # fmt: skip
    return file_response("committees", head, rows, kind)


@requires(Permission.SEE_COMMITTEES)
def my_committee(request: MemberRequest) -> HttpResponse:
    """The committees of the factory one works for."""
    membership = request.membership
    if membership is None or membership.factory_id is None:
        return redirect("factories:committees")
    factory = get_object_or_404(factories(), pk=membership.factory_id)
    running, earlier = committee_cards(factory)
    context = {
        "factory": factory,
        "cards": [_with_members(each) for each in running],
        "earlier": earlier,
        "meetings_url": common.url_or_none("advisory:meetings"),
    }
    return render(request, "factories/my_committee.html", context)


def _with_members(line: dict[str, Any]) -> dict[str, Any]:
    found: reads.CommitteeOverview = line["overview"]
    mandates = {mandate.ref: mandate for mandate in found.mandates}
    rows: list[dict[str, Any]] = []
    today = common.today()
    for member in found.members:
        mandate = mandates.get(str(member.pk))
        ends_on = mandate.ends_on if mandate else member.mandate_ends_on
        state = mandate.state if mandate else None
        if mandate is None and ends_on is not None:
            # The law speaks of worker members; the other side keeps what the committee set.
            state = MandateState.EXPIRED if ends_on < today else MandateState.RUNNING
        rows.append(
            {
                "row": member,
                "ends_on": ends_on,
                "state": state,
                "word": words.MANDATES[state] if state else "",
            }
        )
    sides = [
        {
            "name": name,
            "key": side,
            "sitting": [m for m in rows if m["row"].side == side and m["row"].left_on is None],
        }
        for side, name in CommitteeMember.Side.choices
    ]
    left = [m for m in rows if m["row"].left_on is not None]
    return line | {"sides": sides, "left": left}


@requires(Permission.SEE_COMMITTEES)
def committee_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    committee = get_object_or_404(reads.committees(), pk=pk)
    found = reads.committee_overviews([committee], common.today())[committee.pk]
    factory = committee.factory
    crumbs = [
        Crumb(_("Committees"), reverse("factories:committees")),
        Crumb(factory.name, reverse("factories:detail", args=[factory.pk])),
    ]
    indicators = found.indicators
    context = _with_members(card(found)) | {
        "layout": common.layout(request),
        "factory": factory,
        "crumbs": [] if common.is_factory_side(request) else crumbs,
        "elections": list(committee.elections.all()),
        "terms": list(committee.chairs.select_related("member").order_by("-started_on")),
        "may_change": may(request, Permission.CHANGE_COMMITTEES)
        and committee.dissolved_on is None
        and factory.merged_into_id is None,
        "meetings": _share(indicators.meetings),
        "meetings_by_law": indicators.meetings_due_by_law,
        "decisions": _share(indicators.decisions),
        "has_meetings": found.has_meetings,
        "because": words.because(found.rating.because),
        "remarks": [r for r in found.rule.remarks if r.confidence.is_law],
        "meetings_url": common.url_or_none("advisory:meetings"),
        "law_url": common.url_or_none("assessments:law") if may(request, Permission.SEE_TOOL)
        else "",
    }  # fmt: skip
    return render(request, "factories/committee.html", context)


def _form(
    request: MemberRequest, committee: Committee, form: Any, title: str, *, lede: str = ""
) -> HttpResponse:
    context = {
        "layout": common.layout(request),
        "form": form,
        "title": title,
        "lede": lede or committee.factory.name,
        "button": _("Save"),
        "cancel_url": reverse("factories:committee", args=[committee.pk]),
        "crumbs": [
            Crumb(committee.factory.name, reverse("factories:detail", args=[committee.factory_id])),
            Crumb(committee.shown_name, reverse("factories:committee", args=[committee.pk])),
        ],
    }
    return render(request, "factories/form.html", context, status=422 if form.errors else 200)


@requires(Permission.CHANGE_COMMITTEES)
def committee_new(request: MemberRequest, pk: UUID) -> HttpResponse:
    factory = get_object_or_404(factories(), pk=pk)
    kind = request.GET.get("kind", Committee.Kind.BIPARTITE)
    form = forms.CommitteeForm(request.POST or None, initial={"kind": kind})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.form_committee(factory_id=factory.pk, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The committee is recorded. Now name its members."))
            return redirect("factories:committee", pk=made.pk)
    context = {
        "layout": "base.html",
        "form": form,
        "title": _("New committee"),
        "lede": factory.name,
        "button": _("Save"),
        "cancel_url": reverse("factories:detail", args=[factory.pk]),
        "crumbs": [Crumb(factory.name, reverse("factories:detail", args=[factory.pk]))],
    }
    return render(request, "factories/form.html", context, status=422 if form.errors else 200)


@requires(Permission.CHANGE_COMMITTEES)
def member_form(request: MemberRequest, pk: UUID, member: UUID | None = None) -> HttpResponse:
    """Seat a member, or put a member's record right."""
    committee = get_object_or_404(reads.committees(), pk=pk)
    row = get_object_or_404(committee.members.all(), pk=member) if member else None
    names = ("title", "full_name", "side", "occupation", "joined_on", "mandate_ends_on",
             "is_union", "election")  # fmt: skip
    initial = {name: getattr(row, name) for name in names} if row else {
        "side": request.GET.get("side", ""),
        "replaces": request.GET.get("replaces", ""),
        "joined_on": common.today(),
    }  # fmt: skip
    form = forms.MemberForm(request.POST or None, committee=committee, initial=initial)
    if row is not None:
        for name in ("side", "joined_on", "replaces"):
            del form.fields[name]
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        election = found["election"]
        common_values = {
            "title": found["title"], "full_name": found["full_name"],
            "occupation": found["occupation"], "mandate_ends_on": found["mandate_ends_on"],
            "is_union": found["is_union"], "election_id": election.pk if election else None,
        }  # fmt: skip
        try:
            if row is not None:
                services.change_member(member_id=row.pk, **common_values)
            else:
                services.add_member(
                    committee_id=committee.pk,
                    side=found["side"],
                    joined_on=found["joined_on"],
                    replaces_id=found["replaces"].pk if found["replaces"] else None,
                    **common_values,
                )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The member is saved."))
            return redirect("factories:committee", pk=committee.pk)
    return _form(request, committee, form, _("Member"))


@requires(Permission.CHANGE_COMMITTEES)
def member_leave(request: MemberRequest, pk: UUID, member: UUID) -> HttpResponse:
    committee = get_object_or_404(reads.committees(), pk=pk)
    row = get_object_or_404(committee.members.all(), pk=member)
    form = forms.LeaveForm(request.POST or None, initial={"left_on": common.today()})
    if request.method == "POST" and form.is_valid():
        try:
            services.leave_committee(member_id=row.pk, left_on=form.cleaned_data["left_on"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The date is saved."))
            return redirect("factories:committee", pk=committee.pk)
    title = _("%(name)s leaves the committee") % {"name": row.full_name}
    return _form(request, committee, form, title)


@requires(Permission.CHANGE_COMMITTEES)
def election_form(request: MemberRequest, pk: UUID) -> HttpResponse:
    committee = get_object_or_404(reads.committees(), pk=pk)
    form = forms.ElectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_election(committee_id=committee.pk, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The election is saved. Name who was chosen in it."))
            return redirect("factories:committee", pk=committee.pk)
    return _form(request, committee, form, _("Election"))


@requires(Permission.CHANGE_COMMITTEES)
def chair_form(request: MemberRequest, pk: UUID) -> HttpResponse:
    committee = get_object_or_404(reads.committees(), pk=pk)
    initial = {"started_on": common.today()}
    form = forms.ChairForm(request.POST or None, committee=committee, initial=initial)
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            services.change_chair(
                committee_id=committee.pk,
                member_id=found["member"].pk,
                started_on=found["started_on"],
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The chair is saved."))
            return redirect("factories:committee", pk=committee.pk)
    return _form(request, committee, form, _("Chair of the committee"))


@requires(Permission.CHANGE_COMMITTEES)
def committee_file(request: MemberRequest, pk: UUID) -> HttpResponse:
    committee = get_object_or_404(reads.committees(), pk=pk)
    initial = {"registered_on": committee.registered_on}
    form = forms.FilingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.file_committee(committee_id=committee.pk, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The date is saved."))
            return redirect("factories:committee", pk=committee.pk)
    return _form(request, committee, form, _("Filing with the authority"))


@requires(Permission.CHANGE_COMMITTEES)
def committee_dissolve(request: MemberRequest, pk: UUID) -> HttpResponse:
    committee = get_object_or_404(reads.committees(), pk=pk)
    initial = {"dissolved_on": common.today()}
    form = forms.DissolveForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.dissolve_committee(committee_id=committee.pk, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The committee is dissolved; its history stays."))
            return redirect("factories:committee", pk=committee.pk)
    title = _("Dissolve %(name)s") % {"name": committee.shown_name}
    lede = _("All members step down on that day. Records of members and meetings stay readable.")
    return _form(request, committee, form, title, lede=lede)
