"""The country dashboard, and the first screen of readers of aggregates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from advisory.models import PlanItem
from assessments.models import Assessment
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may, requires
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.ui import charts, formats
from betterwork.ui.context import initials
from betterwork.ui.parts import Clock, Segment, Who
from factories.models import ClockDrift
from factories.selectors import working_day_test
from reporting import dashboard as numbers_of
from reporting.dashboard import Filters, Numbers, OnTheWay, RunningClock
from reporting.exports import sheets

from . import aggregates, common

SHOWN_REPORTS = 8


def clock_name(key: str) -> str:
    return {
        "first_advisory_visit": _("First advisory visit"),
        "initial_advisory": _("First 100 days"),
        "report": _("Report released"),
        "factory_comment": _("Factory comments"),
        "slcp_sharing": _("Sharing opens"),
        "progress_report_1": _("Progress Report 1"),
        "progress_report_2": _("Progress Report 2"),
        "reregistration": _("Re-registration"),
    }.get(key, key)


def clock_of(clock: RunningClock | None, note: str = "") -> Clock | None:
    """A chip of an open clock."""
    if clock is None:
        return None
    reasons = dict(ClockDrift.Reason.choices)
    reason = reasons.get(clock.reason, "")
    if clock.days_left is None:
        return Clock(due_on=clock.due_on, paused=reason or _("paused"))
    return Clock(
        days_left=clock.days_left,
        due_on=clock.due_on,
        share_used=clock.share_used,
        late_reason=reason,
        note=note,
    )


@requires(Permission.SEE_DASHBOARD, Permission.SEE_AGGREGATES)
@require_GET
def dashboard(request: MemberRequest) -> HttpResponse:
    """Overview of a programme; who may see aggregates only gets those."""
    if not may(request, Permission.SEE_DASHBOARD):
        return aggregates.overview(request)
    today = timezone.localdate()
    filters = Filters.read(request.GET)
    found = numbers_of.numbers(filters, today)
    reports = numbers_of.reports_on_the_way()
    context = page(request, filters, found, reports, today)
    if request.GET.get("format") in common.FORMATS:
        format = request.GET["format"]
        record(Action.EXPORTED, kind="dashboard", format=format)
        name = f"dashboard-{common.home(request).code}-{today}"
        rtl = formats.direction() == "rtl"
        return sheets.answer(context["tables"], name, format, rtl=rtl)
    return render(request, "reporting/dashboard.html", context)


def page(
    request: MemberRequest,
    filters: Filters,
    found: Numbers,
    reports: list[OnTheWay],
    today: date,
) -> dict[str, Any]:
    """Everything the page shows, and the same as tables."""
    programme = common.home(request)
    query = request.GET.urlencode()
    bars, bar_rows = _cluster_chart(found)
    strip, strip_rows = _clock_chart(found)
    heat_halves, heat_ns, heat_table = _heat(found, request.GET)
    women, women_rows = _women(found)
    shown_reports = [_report_row(request, each, found) for each in reports]
    shown_reports.sort(key=lambda row: (row.days is None, row.days or 0))
    advisors = _advisors(found, today, working_day_test(programme))
    plan = _plan(found)
    late, explained = found.late, found.late_with_reason
    waiting = [row for row in shown_reports if row.who.is_you]
    state = found.state
    tables = [
        common.table(_("Non-compliance by cluster"), _cluster_head(found), bar_rows),
        common.table(_("By compliance point and year"), *heat_table),
        common.table(_("Clocks at risk"), _strip_head(), strip_rows),
        common.table(
            _("Caseload of advisors"),
            [_("Advisor"), _("Factories"), _("Days booked"), _("Working days")],
            [[a["name"], a["factories"], a["booked"], a["available"]] for a in advisors],
        ),
        common.table(
            _("Plan progress by origin"),
            [_("Origin"), _("Items"), _("Pending"), _("In progress"), _("Completed"),
             _("Verified"), _("Late")],
            [[p["name"], p["total"], p["pending"], p["in_progress"], p["completed"],
              p["verified"], p["late"]] for p in plan],
        ),
        common.table(_("Women on the worker side"), _women_head(), women_rows),
        common.table(
            _("Reports on their way to release"),
            [_("Next to act"), _("Factory"), _("Step"), _("Found"), _("Publicly reported"),
             _("Due on")],
            [[f"{r.who.name}, {r.who.role}", r.factory, r.step, r.found, r.public,
              r.clock.due_on.isoformat() if r.clock and r.clock.due_on else ""]
             for r in shown_reports],
        ),
        common.table(_("Committees"), [_("Committees"), _("Number"), "n"], [
            [_("Bipartite committees"), state["committees"]["committees"], state["factories"]],
            [_("Met in the last two months"), state["committees"]["met"],
             state["committees"]["committees"]],
            [_("Meetings in the last twelve months"), state["committees"]["meetings"], ""],
            [_("Decisions carried out, of those due in twelve months"),
             state["committees"]["carried"], state["committees"]["due"]],
        ]),
    ]  # fmt: skip
    return {
        "programme": programme,
        "filters": filters,
        "choices": common.choices(filters, state, today),
        "date_range": common.date_range(filters),
        "clear_url": request.path if common.is_narrowed(filters) else "",
        "lede": common.lede(filters, found.now.n, today),
        "basis": common.basis_words(filters),
        "n": found.now.n,
        "late": late,
        "late_detail": _late_detail(late, explained),
        "reports": shown_reports[:SHOWN_REPORTS],
        "report_count": len(reports),
        "report_detail": _report_detail(shown_reports, waiting),
        "report_days": found.report_days,
        "without_advisor": state["without_advisor"],
        "new_without_advisor": state["new_without_advisor"],
        "without_advisor_url": _url("factories:list"),
        "assessments_url": _url("assessments:list"),
        "bars": bars,
        "bar_key": _bar_key(filters, found, today),
        "bar_head": _cluster_head(found),
        "bar_rows": [[_cell(cell) for cell in row] for row in bar_rows],
        "strip": strip,
        "strip_key": [
            ("late", _("late")),
            ("soon", _("7 days or less")),
            ("in_time", _("in time")),
        ],
        "strip_head": _strip_head(),
        "strip_rows": [[_cell(cell) for cell in row] for row in strip_rows],
        "heats": heat_halves,
        "heat_ns": heat_ns,
        "moved": _moved(found),
        "advisors": advisors,
        "month": today,
        "women": women,
        "women_key": [("first", _("of worker-side seats")), ("second", _("of the workforce"))],
        "women_head": _women_head(),
        "women_rows": [[_cell(cell) for cell in row] for row in women_rows],
        "plan": plan,
        "committees": state["committees"],
        "factories": state["factories"],
        "counted_at": found.counted_at,
        "exports": [(f"?{_with(query, 'xlsx')}", "XLSX"), (f"?{_with(query, 'csv')}", "CSV")],
        "rates_url": reverse("reporting:rates") + (f"?{query}" if query else ""),
        "exports_url": reverse("reporting:exports"),
        "tables": tables,
    }


def _with(query: str, format: str) -> str:
    return f"{query}&format={format}" if query else f"format={format}"


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _cell(value: Any) -> Any:
    return formats.number(value) if isinstance(value, int | float) or value is None else value


# -- clusters and points ----------------------------------------------------------------------


def _cluster_chart(found: Numbers) -> tuple[Any, list[list[Any]]]:
    now = found.now.clusters()
    before = found.before.clusters() if found.before is not None else {}
    bars, rows = [], []
    for place in common.cluster_order(found.now):
        mean, last = now.get(place.cluster), before.get(place.cluster)
        if mean is None and last is None:
            continue
        name = formats.in_language(place.cluster_name)
        bars.append(
            charts.Bar(
                name,
                None if mean is None else float(mean.percent(1)),
                None if last is None else float(last.percent(1)),
            )
        )
        row: list[Any] = [name, None if mean is None else float(mean.percent(1))]
        if found.before is not None:
            row.append(None if last is None else float(last.percent(1)))
        rows.append([*row, 0 if mean is None else mean.n])
    # Long names share the width with the bars.
    longest = max((len(bar.label) for bar in bars), default=0)
    width = 236 if longest <= 32 else 300
    title = _("Average non-compliance rate by cluster")
    return charts.bars(bars, title=title, label_width=width), rows


def _cluster_head(found: Numbers) -> list[str]:
    head = [_("Cluster"), _("Mean rate, %")]
    if found.before is not None:
        head.append(_("A year before, %"))
    return [*head, _("Compliance points")]


def _bar_key(filters: Filters, found: Numbers, today: date) -> list[tuple[str, str]]:
    period = common.period_words(filters, today)
    key = [("bar", f"{period}, n = {formats.number(found.now.n)}")]
    if found.before is not None:
        words = _("a year before, n = %(n)s") % {"n": formats.number(found.before.n)}
        key.append(("prev", words))
    return key


def _heat(
    found: Numbers, given: QueryDict
) -> tuple[list[dict[str, Any]], str, tuple[list[Any], list[list[Any]]]]:
    """Two halves of the heat table, the n of each year, and the table for a file."""
    years = list(found.by_year)
    grouped = common.shown_points([*found.by_year.values(), found.now])
    columns = [formats.digits(str(year)) for year in years]
    rates_url = reverse("reporting:rates")
    whole = common.query_with(given)
    link = f"{rates_url}?" + (f"{whole}&" if whole else "")
    # The years are counted without a panel, so the factories behind one are as well.
    of_year = {
        year: f"{rates_url}?{common.query_with(given, period=str(year), panel='')}"
        for year in years
    }
    groups, rows = [], []
    for place in common.cluster_order(found.now):
        points = grouped.get(place.cluster, [])
        if not points:
            continue
        cluster = formats.in_language(place.cluster_name)
        lines = []
        for point in points:
            counted = [found.by_year[year].point(point.code) for year in years]
            name = formats.in_language(point.name)
            lines.append(
                {
                    "label": name,
                    "url": f"{link}point={point.code}",
                    "cells": [each.percent for each in counted],
                    "links": [
                        (each.percent, f"{of_year[year]}&point={point.code}#factories")
                        for year, each in zip(years, counted, strict=True)
                    ],
                }
            )
            row: list[Any] = [f"{cluster}: {name}"]
            for each in counted:
                row += [each.rate.count, each.rate.n, each.percent]
            rows.append(row)
        groups.append({"name": cluster, "rows": lines})
    head: list[Any] = [_("Compliance point")]
    for year in years:
        head += [f"{year}, NC", f"{year}, n", f"{year}, %"]
    ns = f"{formats.comma().strip()} ".join(formats.number(found.by_year[year].n) for year in years)
    title = _("Compliance point")
    halves = [
        {"head": title, "columns": columns, "groups": half} for half in _halves(groups) if half
    ]
    return halves, ns, (head, rows)


def _halves(groups: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Groups in two columns of about the same height."""
    heights = [len(group["rows"]) + 1.5 for group in groups]
    total, so_far = sum(heights), 0.0
    for place, height in enumerate(heights):
        if so_far + height / 2 > total / 2:
            return groups[:place], groups[place:]
        so_far += height
    return groups, []


@dataclass(frozen=True)
class Moved:
    name: str
    first_year: str
    last_year: str
    first: str
    last: str
    fell: bool


def _moved(found: Numbers) -> Moved | None:
    """The point whose rate changed most over the years shown, with at least five factories."""
    years = [year for year, each in found.by_year.items() if each.n >= numbers_of.MIN_CELL]
    if len(years) < 2:
        return None
    first, last = found.by_year[years[0]], found.by_year[years[-1]]
    best: tuple[int, str] | None = None
    for code in first.points:
        one, two = first.point(code), last.point(code)
        if min(one.rate.n, two.rate.n) >= numbers_of.MIN_CELL:
            change = (two.percent or 0) - (one.percent or 0)
            if change and (best is None or abs(change) > abs(best[0])):
                best = (change, code)
    if best is None:
        return None
    place = found.now.places[best[1]]
    return Moved(
        formats.in_language(place.name),
        formats.digits(str(years[0])),
        formats.digits(str(years[-1])),
        formats.number(first.point(best[1]).percent),
        formats.number(last.point(best[1]).percent),
        best[0] < 0,
    )


# -- clocks ----------------------------------------------------------------------------------

_ORDER = ("report", "factory_comment", "progress_report_1", "progress_report_2",
          "first_advisory_visit", "initial_advisory", "reregistration")  # fmt: skip


def _strip_head() -> list[str]:
    return [_("Clock"), _("Running"), _("Late"), _("7 days or less"), _("Stand still")]


def _clock_chart(found: Numbers) -> tuple[Any, list[list[Any]]]:
    drawn, rows = [], []
    for key in _ORDER:
        days, paused = found.days_left.get(key, ()), found.paused.get(key, 0)
        if not days and not paused:
            continue
        late = sum(1 for day in days if day < 0)
        soon = sum(1 for day in days if 0 <= day <= 7)
        words = {"n": formats.number(len(days)), "late": formats.number(late)}
        detail = _("%(n)s running, %(late)s late") % words if late else _("%(n)s running") % words
        drawn.append(charts.ClockRow(clock_name(key), detail, days))
        rows.append([clock_name(key), len(days), late, soon, paused])
    if not drawn:
        return None, []
    return charts.clock_strip(drawn, title=_("Days left on each running clock")), rows


def _late_detail(late: int, explained: int) -> str:
    if not late:
        return _("every running clock is in time")
    words = {"n": formats.number(explained), "rest": formats.number(late - explained)}
    if explained == late:
        return _("each has its reason")
    if not explained:
        return _("none has a reason yet")
    return _("%(n)s have a reason, %(rest)s have none yet") % words


# -- reports on their way -----------------------------------------------------------------------


@dataclass(frozen=True)
class ReportRow:
    who: Who
    factory: str
    factory_url: str
    url: str
    step: str
    found: int
    public: int
    tags: list[tuple[str, str]]
    clock: Clock | None
    days: int | None
    side: str  # you, reviewer, team, factory


def _report_row(request: MemberRequest, each: OnTheWay, found: Numbers) -> ReportRow:
    status, you = each.status, request.user.pk
    statuses = Assessment.Status
    tags: list[tuple[str, str]] = []
    if each.open_remarks:
        shown = formats.number(each.open_remarks)
        words = ngettext("%(n)s open remark", "%(n)s open remarks", each.open_remarks)
        tags.append(("warn", words % {"n": shown}))
    if each.comments:
        words = ngettext("%(n)s comment so far", "%(n)s comments so far", each.comments)
        tags.append(("", words % {"n": formats.number(each.comments)}))
    if status == statuses.IN_PROGRESS:
        who = Who(each.lead or _("The team"), _("lead assessor"), initials(each.lead))
        side, step = "team", _("returned to the team")
    elif status == statuses.FACTORY_REVIEW:
        who, side = Who(_("Factory"), _("may comment"), kind="factory"), "factory"
        step = _("draft with the factory")
    else:
        mine = each.reviewer_id == you
        free = each.reviewer_id is None and may(request, Permission.REVIEW_ASSESSMENTS)
        name = each.reviewer or _("Any reviewer")
        known = initials(each.reviewer) if each.reviewer else ""
        who = Who(name, _("quality reviewer"), known, is_you=mine or free)
        side = "you" if who.is_you else "reviewer"
        step = _("waits for review") if status == statuses.SUBMITTED else _("in review")
    clock = found.reports.get(each.cycle_id)
    days = clock.days_left if clock else None
    return ReportRow(
        who,
        each.factory,
        reverse("factories:detail", args=[each.factory_id]) if _url("factories:list") else "",
        reverse("assessments:detail", args=[each.assessment_id]),
        step,
        each.found,
        each.public,
        tags,
        clock_of(clock),
        days,
        side,
    )


def _report_detail(rows: list[ReportRow], waiting: list[ReportRow]) -> str:
    if not rows:
        return _("nothing is between visit and release")
    words = {
        "you": formats.number(len(waiting)),
        "factory": formats.number(sum(1 for row in rows if row.side == "factory")),
        "others": formats.number(
            sum(1 for row in rows if row.side != "factory" and not row.who.is_you)
        ),
    }
    return _("%(you)s wait for you, %(others)s for colleagues, %(factory)s for the factory") % words


# -- people -----------------------------------------------------------------------------------


def _advisors(found: Numbers, today: date, is_working_day: Any) -> list[dict[str, Any]]:
    """Days booked this month against its working days; leave is not known here."""
    first = today.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    available = sum(
        1 for n in range((following - first).days) if is_working_day(first + timedelta(days=n))
    )
    top = max([available, *(row["booked"] for row in found.state["advisors"])])
    rows = []
    for row in found.state["advisors"]:
        words = {"booked": formats.number(row["booked"]), "available": formats.number(available)}
        label = _("%(booked)s of %(available)s days booked") % words
        rows.append(
            {
                **row,
                "available": available,
                "over": max(row["booked"] - available, 0),
                "chart": charts.load(row["booked"], available, top=top, label=label),
                "days": _("%(booked)s of %(available)s days") % words,
                "url": f"{_url('factories:list')}?advisor={row['id']}",
            }
        )
    return rows


def _women_head() -> list[str]:
    return [
        _("Region"), _("Factories"), _("Women on the worker side"), _("Worker-side seats"),
        _("Share of seats, %"), _("Share of the workforce, %"),
    ]  # fmt: skip


def _women(found: Numbers) -> tuple[Any, list[list[Any]]]:
    pairs, rows = [], []
    for row in found.state["women"]:
        of_seats = _share(row["women"], row["seats"])
        of_workers = _share(row["women_workers"], row["workers"])
        name = row["region"] or _("not known")
        words = ngettext("%(n)s factory", "%(n)s factories", row["factories"])
        detail = words % {"n": formats.number(row["factories"])}
        pairs.append(charts.Pair(name, detail, of_seats, of_workers))
        rows.append([name, row["factories"], row["women"], row["seats"],
                     _whole(of_seats), _whole(of_workers)])  # fmt: skip
    if not pairs:
        return None, []
    shares = [s for pair in pairs for s in (pair.first, pair.second) if s is not None]
    low = max(int(min(shares, default=0) // 10 * 10) - 10, 0)
    high = min(int(max(shares, default=100) // 10 * 10) + 20, 100)
    title = _("Women on the worker side of committees and in the workforce, by region")
    return charts.dumbbell(pairs, title=title, low=low, high=high), rows


def _share(count: int | None, n: int | None) -> float | None:
    return 100 * float(count or 0) / float(n) if n else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(formats.rounded(value))


def _plan(found: Numbers) -> list[dict[str, Any]]:
    """Progress per origin; completed (both sides confirmed) and verified stay two figures."""
    names = dict(PlanItem.Origin.choices)
    rows = []
    for row in found.state["plan"]:
        segments = [
            Segment("ok", row["verified"], _("verified")),
            Segment("done", max(row["completed"] - row["verified"], 0), _("completed")),
            Segment("part", row["in_progress"], _("in progress")),
            Segment("na", row["pending"], _("pending")),
        ]
        rows.append({**row, "name": str(names.get(row["origin"], "")), "segments": segments})
    return rows
