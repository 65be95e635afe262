"""My work, the first page of advisors and staff; and the first screens of other readers."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may, requires
from betterwork.records.vocabulary import Action as Happened
from betterwork.ui import formats
from betterwork.ui.context import OWN_NAMES, initials
from betterwork.ui.parts import Action, Clock, Event, Mark, Thread, Who
from factories.models import ClockDrift, EngagementCycle, Factory
from factories.rules.clocks import Action as Due
from factories.rules.clocks import ActionKey, Actor, ClockState
from factories.rules.clocks import Clock as EngineClock
from factories.selectors import CycleOverview
from reporting import work as facts_of
from reporting.models import Report
from reporting.work import Work, as_day

from . import aggregates

SHOWN_THREADS = 8
WAITING_DAYS = 45  # what others owe later than this is no news yet


@requires(Permission.SEE_WORK)
@require_GET
def my_work(request: MemberRequest) -> HttpResponse:
    """What I must do next, for whom, by when."""
    role = request.membership.role
    if role in FACTORY_SIDE:
        return redirect("advisory:my_actions")
    if role == Role.CONSTITUENT:
        return aggregates.activities(request)
    if role in {Role.GLOBAL, Role.GROUP_LEAD}:
        return aggregates.overview(request)
    if role == Role.BUYER:
        return _buyer(request)
    today, now = timezone.localdate(), timezone.now()
    reviews = may(request, Permission.REVIEW_ASSESSMENTS)
    work = facts_of.my_work(user_id=request.user.pk, today=today, now=now, reviews=reviews)
    you = Who(str(request.user), _("advisor"), initials(str(request.user)), is_you=True)
    moves, waiting = _moves(request, work, you)
    sealed = [_sealed(row, today, request) for row in work.sealed]
    moves = sorted([*moves, *sealed], key=_urgency)
    moves = _with_primary(moves)
    late = sum(1 for move in moves if move.clock is not None and move.clock.state == "late")
    request.nav_counts = {"work": len(moves)}  # type: ignore[attr-defined]  # read by the menu
    shown = request.GET.get("show")
    threads = [_thread(cycle, overview, work) for cycle, overview in work.cycles]
    threads.sort(key=lambda row: row["urgency"])
    urgent = [m for m in moves if m.clock is not None and (m.clock.days_left or 0) <= 0]
    context = {
        "today": today,
        "moves": urgent if shown == "urgent" else moves,
        "move_count": len(moves),
        "shows_urgent": shown == "urgent",
        "has_urgent": 0 < len(urgent) < len(moves),
        "late": late,
        "waiting": sorted((w for w in waiting if _is_soon(w)), key=_urgency),
        "later": sum(1 for w in waiting if not _is_soon(w)),
        "threads": threads if shown == "all" else threads[:SHOWN_THREADS],
        "thread_count": len(threads),
        "week": _week(work, today),
        "events": _news(work),
        "acts": _acts(request),
        "without_advisor": (work.facts.get("programme") or {}).get("without_advisor", 0),
    }
    return render(request, "reporting/work.html", context)


def _url(name: str, *args: Any) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _acts(request: MemberRequest) -> list[tuple[str, str, str]]:
    """Buttons of the page: icon, words, address; only where the role may and the page exists."""
    found = []
    if may(request, Permission.RECORD_VISITS) and _url("advisory:visit_new"):
        found.append(("calendar", _("Plan or record a visit"), _url("advisory:visit_new")))
    if may(request, Permission.PLAN_ASSESSMENTS):
        found.append(("plus", _("Plan an assessment"), _url("assessments:new")))
    if may(request, Permission.EXPORT_ANALYST):
        found.append(("download", _("Exports"), _url("reporting:exports")))
    return found


def _urgency(action: Action) -> float:
    """In order of time left, the latest first; what has no day of its own stands last."""
    if action.clock is None or action.clock.days_left is None:
        return math.inf
    return action.clock.days_left


def _is_soon(action: Action) -> bool:
    """What waits without a clock waits now."""
    return action.clock is None or _urgency(action) <= WAITING_DAYS


def _with_primary(moves: list[Action]) -> list[Action]:
    """The two most urgent moves carry the strong button, if today is their day."""
    from dataclasses import replace

    strong = [
        place
        for place, move in enumerate(moves)
        if not move.sealed and move.clock is not None and (move.clock.days_left or 0) <= 0
    ][:2]
    return [
        replace(move, is_primary=True) if place in strong else move
        for place, move in enumerate(moves)
    ]


# -- moves -------------------------------------------------------------------------------


def _moves(request: MemberRequest, work: Work, you: Who) -> tuple[list[Action], list[Action]]:
    moves: list[Action] = []
    waiting: list[Action] = []
    for row in work.assessments:
        mine, others = _of_assessment(request, row, work, you)
        moves += mine
        waiting += others
    clocks: dict[str, EngineClock] = {}
    for cycle, overview in work.cycles:
        clocks = {clock.key: clock for clock in overview.clocks}
        for due in overview.actions:
            action = _of_cycle(due, clocks.get(due.clock), cycle, you, work.today)
            if action is None:
                continue
            (moves if due.actor is Actor.ADVISOR else waiting).append(action)
    moves += [_to_verify(told, you, work.today) for told in work.rows("to_verify")]
    for told in work.rows("to_write_up"):
        planned = as_day(told["planned_on"]) or work.today
        what = _("Write up the advisory visit of %(day)s") % {"day": formats.on_date(planned)}
        url = _url("advisory:visit", told["id"]) or _url("advisory:visits")
        moves.append(Action(you, what, url, _("Continue"), told["factory"]))
    waiting += [_to_confirm(told, work.today) for told in work.rows("to_confirm")]
    return moves, waiting


def _of_assessment(
    request: MemberRequest, row: Any, work: Work, you: Who
) -> tuple[list[Action], list[Action]]:
    name, today = row.factory.name, work.today
    here = _url("assessments:detail", row.pk)
    done = _("%(done)s of %(total)s questions answered") % {
        "done": formats.number(row.answered),
        "total": formats.number(row.questions_total),
    }
    moves: list[Action] = []
    waiting: list[Action] = []
    assessor = Who(you.name, _assessor(row.my_position), you.initials, is_you=True)
    ends = row.ends_on or row.starts_on
    signing = Clock.until(ends, today=today, started_on=row.starts_on) if ends else None
    report = _report_clock(row, work, today)
    if row.status == "in_progress" and row.on_team:
        questions = _url("assessments:questions", row.pk) or here
        if row.clashes:
            what = ngettext(
                "Settle %(n)s answer that differs", "Settle %(n)s answers that differ", row.clashes
            ) % {"n": formats.number(row.clashes)}
            detail = _("%(factory)s · both are kept") % {"factory": name}
            moves.append(Action(assessor, what, questions, _("Compare"), detail, signing))
        if row.open_remarks:
            what = ngettext(
                "Answer %(n)s remark of the review", "Answer %(n)s remarks of the review",
                row.open_remarks,
            ) % {"n": formats.number(row.open_remarks)}  # fmt: skip
            # The review's own page is the reviewer's; the team answers on the assessment's.
            moves.append(
                Action(assessor, what, f"{here}#remarks", _("Answer"), name, report or signing)
            )
        if row.my_signature is not None:
            who = Who(_("The team"), _("co-signer"), kind="side")
            what = _("Sign the assessment of %(factory)s") % {"factory": name}
            waiting.append(Action(who, what, here, _("Open"), done, signing))
        elif row.answered >= row.questions_total and not row.clashes:
            moves.append(
                Action(assessor, _("Sign the assessment"), here, _("Review and sign"),
                       f"{name} · {done}", signing)
            )  # fmt: skip
        else:
            moves.append(
                Action(assessor, _("Answer the questions"), questions, _("Continue"),
                       f"{name} · {done}", signing)
            )  # fmt: skip
    elif row.status in {"submitted", "quality_review"}:
        mine = row.reviewer_id == request.user.pk
        free = row.reviewer_id is None and may(request, Permission.REVIEW_ASSESSMENTS)
        what = _("Review the report of %(factory)s") % {"factory": name}
        url = _url("assessments:review", row.pk) or here
        if (mine or free) and not row.on_team:
            who = Who(you.name, _("quality reviewer"), you.initials, is_you=True)
            button = _("Review") if mine else _("Take it")
            detail = "" if mine else _("nobody has taken it yet")
            moves.append(Action(who, what, url, button, detail, report))
        else:
            reviewer = str(row.reviewer) if row.reviewer_id else _("A reviewer")
            known = initials(reviewer) if row.reviewer_id else ""
            who = Who(reviewer, _("quality reviewer"), known)
            waiting.append(Action(who, what, here, _("Open"), "", report))
    elif row.status == "factory_review":
        who = Who(_("Factory"), name, kind="factory")
        closes = row.comments_close_on
        started = timezone.localdate(row.draft_sent_at) if row.draft_sent_at else None
        clock = Clock.until(closes, today=today, started_on=started) if closes else report
        what = _("Comment on the draft report before release")
        waiting.append(Action(who, what, here, _("Open"), "", clock))
    return moves, waiting


def _assessor(position: str | None) -> str:
    return {"lead": _("lead assessor"), "observer": _("observer")}.get(
        position or "", _("assessor")
    )


def _report_clock(row: Any, work: Work, today: date) -> Clock | None:
    """The 28 days of this assessment's cycle, where its overview is at hand."""
    for cycle, overview in work.cycles:
        if cycle.pk == row.cycle_id:
            return _chip(overview.clock("report"))
    if row.ends_on is None:
        return None
    from factories.selectors import cycle_settings

    due = row.ends_on + timedelta(days=cycle_settings(today).report_days)
    return Clock.until(due, today=today, started_on=row.ends_on)


def _chip(clock: EngineClock | None) -> Clock | None:
    if clock is None or not clock.is_open:
        return None
    reason = dict(ClockDrift.Reason.choices).get(str(clock.drift_reason or ""), "")
    if clock.state is ClockState.PAUSED:
        return Clock(due_on=clock.due_on, paused=reason or _("paused"))
    return Clock(
        days_left=clock.days_left,
        due_on=clock.due_on,
        share_used=float(clock.share_used or 0),
        late_reason=reason,
    )


def _of_cycle(
    due: Due, clock: EngineClock | None, cycle: EngagementCycle, you: Who, today: date
) -> Action | None:
    """A step of the engine as a row; the report's own row comes from its assessment."""
    words = {
        ActionKey.HOLD_FIRST_VISIT: (_("Hold the first advisory visit"), _("Plan it")),
        ActionKey.FORM_COMMITTEE: (_("Help form the bipartite committee"), _("Open")),
        ActionKey.COMPLETE_SELF_DIAGNOSIS: (_("Agree a date for the self-diagnosis"), _("Open")),
        ActionKey.OPEN_PLAN: (_("Open the improvement plan"), _("Open")),
        ActionKey.SEND_PROGRESS_REPORT_1: (_("Send Progress Report 1"), _("Open")),
        ActionKey.SEND_PROGRESS_REPORT_2: (_("Send Progress Report 2"), _("Open")),
        ActionKey.REREGISTER: (_("Register for the next cycle"), _("Open")),
    }
    if due.key not in words:
        return None
    what, button = words[due.key]
    name = cycle.factory.name
    url = _url("factories:cycle", cycle.factory_id) or _url("factories:detail", cycle.factory_id)
    if due.key is ActionKey.HOLD_FIRST_VISIT:
        url = _url("advisory:visits") or url
    detail = _("day %(day)s of cycle %(cycle)s") % {
        "day": formats.number((today - cycle.starts_on).days),
        "cycle": formats.number(cycle.number),
    }
    if due.actor is Actor.ADVISOR:
        return Action(you, what, url, button, f"{name} · {detail}", _chip(clock))
    if due.actor is Actor.FACTORY:
        who = Who(_("Factory"), name, kind="factory")
        return Action(who, what, url, _("Open"), "", _chip(clock))
    return None


def _to_verify(row: dict[str, Any], you: Who, today: date) -> Action:
    n = row["n"]
    what = ngettext(
        "Look at %(n)s item the factory has completed",
        "Look at %(n)s items the factory has completed",
        n,
    ) % {"n": formats.number(n)}
    since = as_day(row["since"]) or today
    url = _url("advisory:plan", row["factory_id"])
    if n == 1:
        url = _url("advisory:item", row["item"]) or url
    words = {"factory": row["factory"], "day": formats.on_date(since)}
    detail = _("%(factory)s · both committee sides confirmed, the first on %(day)s") % words
    return Action(you, what, url, _("Look and answer"), detail)


def _to_confirm(row: dict[str, Any], today: date) -> Action:
    sides = [_("Worker side")] if row["worker"] else []
    if row["management"]:
        sides.append(_("Management side"))
    name = sides[0] if len(sides) == 1 else _("Both sides")
    who = Who(name, _("committee, %(factory)s") % {"factory": row["factory"]}, kind="side")
    what = ngettext("Confirm %(n)s plan item", "Confirm %(n)s plan items", row["n"]) % {
        "n": formats.number(row["n"])
    }
    since = as_day(row["since"])
    detail = _("reported done on %(day)s") % {"day": formats.on_date(since)} if since else ""
    return Action(who, what, _url("advisory:plan", row["factory_id"]), _("Open"), detail)


def _sealed(row: Any, today: date, request: MemberRequest) -> Action:
    """A visit of my own team: neither factory nor team is named until the envelope is opened."""
    who = Who(
        str(request.user), _assessor(row.my_position), initials(str(request.user)), is_you=True
    )
    clock = None
    if row.starts_on is not None:
        days = (row.starts_on - today).days
        note = formats.day_short(row.starts_on)
        clock = Clock(days_left=days, due_on=row.starts_on, share_used=0.7, note=note)
    url = _url("assessments:list") + "?envelope=open"
    what = _("Uncover factory and team")
    return Action(who, what, url, _("Open the envelope"), "", clock, sealed=True)


# -- the caseload, the week, the news ----------------------------------------------------------


def _thread(cycle: EngagementCycle, overview: CycleOverview, work: Work) -> dict[str, Any]:
    """One factory's year: only past or announced facts, so nothing betrays a planned visit."""
    facts = overview.facts
    marks = [Mark("visit", (day - cycle.starts_on).days) for day in facts.advisory_visits_on]
    for kind, day in (
        ("assessed", facts.assessed_on),
        ("released", facts.report_released_on),
        ("progress", facts.progress_report_1_on),
        ("progress", facts.progress_report_2_on),
    ):
        if day is not None:
            marks.append(Mark(kind, (day - cycle.starts_on).days))
    clock = overview.next_clock
    open_items = (work.facts.get("open_items") or {}).get(str(cycle.factory_id), 0)
    label = _("%(factory)s, day %(day)s of the cycle") % {
        "factory": cycle.factory.name,
        "day": formats.number(overview.day),
    }
    return {
        "factory": cycle.factory.name,
        "url": _url("factories:detail", cycle.factory_id),
        "number": cycle.number,
        "day": overview.day,
        "thread": Thread(overview.day, marks, label=label),
        "next": _next_words(overview, clock, open_items),
        "urgency": (
            clock is None or clock.days_left is None,
            (clock.days_left or 0) if clock else 0,
        ),
    }


def _next_words(overview: CycleOverview, clock: EngineClock | None, open_items: int) -> str:
    from .dashboard import clock_name

    if clock is not None and clock.days_left is not None:
        name, days = clock_name(clock.key), clock.days_left
        return _("%(step)s: %(days)s") % {"step": name, "days": formats.days_left(days)}
    if open_items:
        words = ngettext("%(n)s plan item open", "%(n)s plan items open", open_items)
        return words % {"n": formats.number(open_items)}
    return _("Nothing is due")


def _week(work: Work, today: date) -> list[dict[str, Any]]:
    """Days of this week with something in them, today always."""
    days: dict[date, list[dict[str, Any]]] = {today: []}
    for row in work.rows("week"):
        day = as_day(row["day"]) or today
        if row["kind"] == "visit":
            title = _("Advisory visit")
            url = _url("advisory:visit", row["id"])
        else:
            title, url = _("Committee meeting"), _url("advisory:meeting", row["id"])
        days.setdefault(day, []).append({"title": title, "detail": row["factory"], "url": url})
    monday = today - timedelta(days=today.weekday())
    for visit in work.sealed:
        if visit.starts_on is not None and monday <= visit.starts_on <= monday + timedelta(days=6):
            days.setdefault(visit.starts_on, []).append({"sealed": True})
    return [
        {
            "day": day,
            "weekday": formats.weekday(day),
            "number": formats.number(day.day),
            "rows": rows,
            "is_today": day == today,
        }
        for day, rows in sorted(days.items())
    ]


_ICONS = {
    "item_verified": "st-seal", "item_completed": "st-done", "item_done": "st-done",
    "item_confirmed": "st-done", "item_returned": "refresh", "assessment_released": "doc",
    "draft_sent": "doc", "factory_commented": "chat", "evidence_added": "camera",
}  # fmt: skip


def _news(work: Work) -> list[Event]:
    words = dict(Happened.choices)
    events = []
    for row in work.rows("news"):
        text = _("%(factory)s: %(what)s") % {
            "factory": row["factory"],
            "what": words.get(row["action"], row["action"]),
        }
        if row["n"] > 1:
            times = ngettext("%(what)s, %(n)s time", "%(what)s, %(n)s times", row["n"])
            text = times % {"what": text, "n": formats.number(row["n"])}
        at = datetime.fromisoformat(row["at"])
        icon = _ICONS.get(row["action"], "check")
        url = _url("factories:detail", row["factory_id"])
        events.append(Event(text, at, row["by"] or "", icon, url))
    return events


# -- a buyer -----------------------------------------------------------------------------


def _buyer(request: MemberRequest) -> HttpResponse:
    """Reports released to this buyer, and the factories that agreed."""
    rows = (
        Report.objects.filter(is_draft=False, released_at__isnull=False)
        .select_related("factory__programme", "assessment")
        .order_by("-released_at", "-version")[:30]
    )
    factories = Factory.objects.filter(merged_into__isnull=True).select_related("programme")
    context = {
        "reports": [(row, row.factory.programme.name_in(formats.language())) for row in rows],
        "own_names": OWN_NAMES,
        "factories": [(f, f.programme.name_in(formats.language())) for f in factories[:100]],
    }
    return render(request, "reporting/work_buyer.html", context)
