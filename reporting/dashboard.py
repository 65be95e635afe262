"""The country dashboard's numbers: what a programme's staff look at first.

Counted once and kept until something happens in the programme (the trail tells), five minutes at
the longest; the page says when they were counted. Nothing here counts a sealed visit, so the
numbers are the same for every reader who may see the programme.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from assessments.rules.rates import BalancedPanel, InCycle, LatestInWindow, Selection
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories import summaries
from factories.selectors import cycle_settings

from . import rates
from .rates import Basis, Counted, Figures, Query

YEARS = 5
KEPT_SECONDS = 300
MIN_CELL = 5  # fewer factories than this are never shown to readers of aggregates only


# -- what the page is narrowed to --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """The choices of the address; unknown values fall back to the first choice."""

    period: str = "12m"  # "12m", "all", "dates" or a year
    cycle: int = 0
    panel: int = 0
    factory_type: str = ""
    region: str = ""
    basis: Basis = Basis.HELD
    since: date | None = None
    until: date | None = None

    @classmethod
    def read(cls, query: Mapping[str, Any], *, released_only: bool = False) -> Filters:
        period = str(query.get("period") or "12m")
        since, until = _day(query.get("from")), _day(query.get("to"))
        typed = since is not None or until is not None
        # Days count where no other period was chosen since the form was shown: it sends both.
        if typed and str(query.get("period") or "") == str(query.get("shown") or ""):
            period = "dates"
        if period not in {"12m", "all", "dates"} and not _is_year(period):
            period = "12m"
        if period == "dates" and not typed:
            period = "12m"
        if since is not None and until is not None and until < since:
            since, until = until, since
        wanted = Basis.RELEASED if query.get("basis") == "released" else Basis.HELD
        return cls(
            period=period,
            cycle=_small(query.get("cycle")),
            panel=_small(query.get("panel")),
            factory_type=str(query.get("type") or "")[:12],
            region=str(query.get("region") or "")[:100],
            basis=Basis.RELEASED if released_only else wanted,
            since=since if period == "dates" else None,
            until=until if period == "dates" else None,
        )

    def window(self, today: date) -> tuple[date | None, date | None]:
        """First and last day, both included; None is open."""
        if self.period == "12m":
            return _year_before(today) + timedelta(days=1), today
        if self.period == "all":
            return None, None
        if self.period == "dates":
            return self.since, self.until
        return date(int(self.period), 1, 1), date(int(self.period), 12, 31)

    def selection(self, today: date) -> Selection:
        if self.panel:
            return BalancedPanel(self.panel, self.cycle or self.panel)
        since, until = self.window(today)
        if self.cycle:
            return InCycle(self.cycle, since, until)
        return LatestInWindow(since, until)

    def query(self, today: date) -> Query:
        return self._query(self.selection(today))

    def _query(self, selection: Selection) -> Query:
        return Query(selection, self.basis, self.region, self.factory_type)

    def previous(self, today: date) -> Query | None:
        """The same choice a year (or a cycle) earlier; None where there is none."""
        if self.panel:
            seen = (self.cycle or self.panel) - 1
            return self._query(BalancedPanel(self.panel, seen)) if seen >= 1 else None
        since, until = self.window(today)
        if since is None or until is None:
            return None
        before = (_year_before(since), _year_before(until))
        if self.cycle:
            return self._query(InCycle(self.cycle, *before))
        return self._query(LatestInWindow(*before))

    def years(self, today: date) -> list[int]:
        last = (self.window(today)[1] or today).year
        return list(range(last - YEARS + 1, last + 1))

    def of_year(self, year: int) -> Query:
        first, last = date(year, 1, 1), date(year, 12, 31)
        selection = InCycle(self.cycle, first, last) if self.cycle else LatestInWindow(first, last)
        return self._query(selection)


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100


def _small(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and int(text) < 100 else 0


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


# -- numbers of the programme ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunningClock:
    """One open clock of one factory's running cycle. days_left is None while it is paused."""

    key: str
    cycle_id: UUID
    days_left: int | None
    due_on: date | None
    share_used: float
    is_late: bool
    reason: str


@dataclass(frozen=True)
class Numbers:
    """Everything the dashboard shows but the work of the reader.

    days_left: of the running clocks, by kind; paused: how many stand still, by kind. reports: the
    open report clock of each cycle that has one.
    """

    counted_at: datetime
    now: Figures
    before: Figures | None
    by_year: Mapping[int, Figures]
    days_left: Mapping[str, Sequence[int]]
    paused: Mapping[str, int]
    late: int
    late_with_reason: int
    reports: Mapping[UUID, RunningClock]
    report_days: int
    state: Mapping[str, Any] = field(default_factory=dict)


def numbers(filters: Filters, today: date) -> Numbers:
    """The numbers of the programme in scope: one query when they are kept, eight when not."""
    programme = scope.current_programme()
    key = _key(programme, today, filters)
    kept = cache.get(key)
    if kept is not None:
        found: Numbers = kept
        # Names of points are shared by all pages, so they are not kept with each page's numbers.
        return _with_places(found)
    made = _count(filters, today)
    cache.set(key, _without_places(made), KEPT_SECONDS)
    return made


def _key(programme: UUID, today: date, filters: Filters) -> str:
    # The shape is in the key: numbers kept by an older release are never read by a newer one.
    shape = [[f.name for f in fields(kind)] for kind in (Numbers, RunningClock, Figures, Counted)]
    choice = hashlib.sha256(repr([filters, shape]).encode()).hexdigest()[:20]
    return f"dashboard:{programme}:{today}:{choice}:{_newest(programme)}"


# Reading is no change: the numbers hold.
_CHANGE_NOTHING = [
    Action.EXPORTED, Action.REPORT_READ, Action.SIGNED_IN, Action.SIGN_IN_FAILED,
    Action.SIGNED_OUT, Action.HAT_CHANGED, Action.NUDGED,
]  # fmt: skip


def _newest(programme: UUID) -> str:
    """A mark that changes with everything that happens in the programme.

    The count of the last ten minutes catches what was written earlier but committed later.
    """
    # What is dated later than now would hold the mark fast until its day.
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(at), count(*) FROM records_trailevent WHERE programme_id = %s"
            " AND NOT sealed AND action <> ALL(%s) AND at <= %s"
            " AND at > (SELECT at FROM records_trailevent WHERE programme_id = %s AND NOT sealed"
            "   AND action <> ALL(%s) AND at <= %s ORDER BY at DESC LIMIT 1)"
            "   - interval '10 minutes'",
            [programme, _CHANGE_NOTHING, now, programme, _CHANGE_NOTHING, now],
        )
        at, count = cursor.fetchone()
    return f"{at.timestamp() if at else 0}-{count}"


def _without_places(found: Numbers) -> Numbers:
    bare = {year: replace(each, places={}) for year, each in found.by_year.items()}
    before = None if found.before is None else replace(found.before, places={})
    return replace(found, now=replace(found.now, places={}), before=before, by_year=bare)


def _with_places(found: Numbers) -> Numbers:
    known = rates.places()
    whole = {year: replace(each, places=known) for year, each in found.by_year.items()}
    before = None if found.before is None else replace(found.before, places=known)
    return replace(found, now=replace(found.now, places=known), before=before, by_year=whole)


def _count(filters: Filters, today: date) -> Numbers:
    years = filters.years(today)
    wanted: dict[str, Query] = {"now": filters.query(today)}
    previous = filters.previous(today)
    if previous is not None:
        wanted["before"] = previous
    wanted |= {str(year): filters.of_year(year) for year in years}
    found = rates.figures(wanted)
    running = summaries.running_clocks(today)
    days_left: dict[str, list[int]] = defaultdict(list)
    paused: Counter[str] = Counter()
    late = late_with_reason = 0
    for each in running.counts:
        if each.days_left is None:
            paused[each.key] += each.clocks
            continue
        days_left[each.key] += [each.days_left] * each.clocks
        if each.days_left < 0:
            late += each.clocks
            late_with_reason += each.with_reason
    return Numbers(
        counted_at=timezone.now(),
        now=found["now"],
        before=found.get("before"),
        by_year={year: found[str(year)] for year in years},
        days_left=dict(days_left),
        paused=dict(paused),
        late=late,
        late_with_reason=late_with_reason,
        reports={each.cycle_id: _running(each, today) for each in running.reports},
        report_days=cycle_settings(today).report_days,
        state=_state(today),
    )


def _running(clock: summaries.OpenClock, today: date) -> RunningClock:
    if clock.due_on is None:
        return RunningClock(clock.key, clock.cycle_id, None, None, 0.0, False, clock.reason)
    left = (clock.due_on - today).days
    length = (clock.due_on - clock.started_on).days
    share = (today - clock.started_on).days / length if length > 0 else 1.0
    return RunningClock(
        clock.key, clock.cycle_id, left, clock.due_on, share, left < 0, clock.reason
    )


_STATE = """
WITH f AS MATERIALIZED (
  SELECT id, name, region, factory_type, advisor_id, workers_female, workers_male
  FROM factories_factory
  WHERE programme_id = %(programme)s AND status = 'active' AND merged_into_id IS NULL
),
seats AS (
  SELECT f.id, f.region, f.workers_female, f.workers_male,
         count(*) FILTER (WHERE m.title = 'Ms') AS women, count(*) AS seats
  FROM factories_committeemember m
  JOIN factories_committee c ON c.id = m.committee_id AND c.kind = 'bipartite'
       AND c.dissolved_on IS NULL
  JOIN f ON f.id = c.factory_id
  WHERE m.programme_id = %(programme)s AND m.side = 'worker' AND m.left_on IS NULL
  GROUP BY f.id, f.region, f.workers_female, f.workers_male
),
days AS (
  SELECT v.advisor_id AS person, COALESCE(v.visited_on, v.planned_on) AS day
  FROM advisory_advisoryvisit v
  WHERE v.programme_id = %(programme)s
    AND v.cancelled_at IS NULL
    AND COALESCE(v.visited_on, v.planned_on) BETWEEN %(month)s AND %(month_end)s
  UNION
  SELECT t.user_id, d::date
  FROM assessments_assessment a
  JOIN assessments_assessmentmember t ON t.assessment_id = a.id
  CROSS JOIN generate_series(a.starts_on, a.ends_on, interval '1 day') d
  WHERE a.programme_id = %(programme)s AND NOT a.sealed AND a.checked_in_at IS NOT NULL
    AND a.starts_on <= %(month_end)s AND a.ends_on >= %(month)s
),
-- An item counts once for each origin: its own, and those of items that were merged into it.
item AS (
  SELECT i.origin, i.factory_id, i.status, i.verified_at, i.due_on
  FROM advisory_planitem i
  WHERE i.programme_id = %(programme)s AND i.merged_into_id IS NULL
  UNION ALL
  SELECT DISTINCT ON (i.origin, t.id) i.origin, t.factory_id, t.status, t.verified_at, t.due_on
  FROM advisory_planitem i JOIN advisory_planitem t ON t.id = i.merged_into_id
  WHERE i.programme_id = %(programme)s
    AND i.merged_into_id IS NOT NULL AND (i.origin <> t.origin OR t.merged_into_id IS NOT NULL)
)
SELECT json_build_object(
  'factories', (SELECT count(*) FROM f),
  'without_advisor', (SELECT count(*) FROM f WHERE advisor_id IS NULL),
  'new_without_advisor', (SELECT count(*) FROM f JOIN factories_factory w ON w.id = f.id
      WHERE f.advisor_id IS NULL AND w.registered_on > %(today)s - 7),
  'regions', (SELECT json_agg(region ORDER BY region) FROM
      (SELECT DISTINCT region FROM f WHERE region <> '') r),
  'last_cycle', (SELECT max(number) FROM factories_engagementcycle
      WHERE programme_id = %(programme)s),
  'first_year', (SELECT EXTRACT(YEAR FROM min(starts_on)) FROM assessments_assessment
      WHERE programme_id = %(programme)s AND NOT sealed AND submitted_at IS NOT NULL),
  'advisors', (SELECT json_agg(row_to_json(r)) FROM (
      SELECT u.id, u.full_name AS name, count(f.id) AS factories,
             (SELECT count(*) FROM days WHERE person = u.id
                AND day BETWEEN %(month)s AND %(month_end)s) AS booked
      FROM accounts_user u
      JOIN accounts_membership m ON m.user_id = u.id AND m.role = 'advisor'
           AND m.ended_at IS NULL AND m.programme_id = %(programme)s
      LEFT JOIN f ON f.advisor_id = u.id
      GROUP BY u.id, u.full_name ORDER BY u.full_name, u.id) r),
  'women', (SELECT json_agg(row_to_json(r)) FROM (
      SELECT region, count(*) AS factories, sum(women) AS women, sum(seats) AS seats,
             sum(workers_female) AS women_workers,
             sum(workers_female + workers_male) AS workers
      FROM seats GROUP BY region ORDER BY region) r),
  'committees', (SELECT row_to_json(r) FROM (
      SELECT count(*) AS committees, count(*) FILTER (WHERE last_held >= %(today)s - 62) AS met,
             COALESCE(sum(held), 0) AS meetings, COALESCE(sum(due), 0) AS due,
             COALESCE(sum(carried), 0) AS carried
      FROM (
        SELECT c.id,
          (SELECT max(held_on) FROM advisory_committeemeeting g WHERE g.committee_id = c.id)
            AS last_held,
          (SELECT count(*) FROM advisory_committeemeeting g WHERE g.committee_id = c.id
             AND g.held_on > %(year_ago)s AND g.held_on <= %(today)s) AS held,
          d.due, d.carried
        FROM factories_committee c
        JOIN f ON f.id = c.factory_id
        LEFT JOIN LATERAL (
          SELECT count(*) AS due, count(*) FILTER (WHERE e.carried_out_on <= %(today)s) AS carried
          FROM advisory_committeemeeting g JOIN advisory_meetingdecision e ON e.meeting_id = g.id
          WHERE g.committee_id = c.id AND e.due_on > %(year_ago)s AND e.due_on <= %(today)s) d
          ON true
        WHERE c.programme_id = %(programme)s AND c.kind = 'bipartite' AND c.dissolved_on IS NULL
      ) each) r),
  'plan', (SELECT json_agg(row_to_json(r)) FROM (
      SELECT item.origin, count(*) AS total,
             count(*) FILTER (WHERE item.status = 'pending') AS pending,
             count(*) FILTER (WHERE item.status = 'in_progress') AS in_progress,
             count(*) FILTER (WHERE item.status = 'completed') AS completed,
             count(*) FILTER (WHERE item.verified_at IS NOT NULL) AS verified,
             count(*) FILTER (WHERE item.status <> 'completed' AND item.due_on < %(today)s) AS late
      FROM item JOIN f ON f.id = item.factory_id
      GROUP BY item.origin ORDER BY count(*) DESC, item.origin) r)
)
"""


def _state(today: date) -> dict[str, Any]:
    """Advisors, committees and plans of the programme: one statement."""
    month = today.replace(day=1)
    month_end = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            _STATE,
            {
                "programme": scope.current_programme(),
                "today": today,
                "month": month,
                "month_end": month_end,
                "year_ago": _year_before(today),
            },
        )
        found: dict[str, Any] = cursor.fetchone()[0]
    for name in ("regions", "advisors", "women", "plan"):
        found[name] = found[name] or []
    return found


# -- reports on their way ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """One assessment between its last day and its release."""

    assessment_id: UUID
    cycle_id: UUID
    factory_id: UUID
    factory: str
    status: str
    starts_on: date
    comments_close_on: date | None
    reviewer_id: int | None
    reviewer: str
    lead: str
    signed_out: bool  # a member of the team has not signed
    found: int
    public: int
    open_remarks: int
    comments: int
    open_comments: int


_ON_THE_WAY = """
SELECT a.id, a.cycle_id, f.id, f.name, a.status, a.starts_on, a.comments_close_on,
       a.reviewer_id, COALESCE(r.full_name, ''), COALESCE(l.full_name, ''),
       EXISTS (SELECT 1 FROM assessments_assessmentmember t
               WHERE t.assessment_id = a.id AND t.signed_at IS NULL AND t.position <> 'observer'),
       w.found, w.public,
       (SELECT count(*) FROM assessments_reviewremark m
        WHERE m.assessment_id = a.id AND m.resolved_at IS NULL),
       c.n, c.open
FROM assessments_assessment a
JOIN factories_factory f ON f.id = a.factory_id
LEFT JOIN accounts_user r ON r.id = a.reviewer_id
LEFT JOIN assessments_assessmentmember lm ON lm.assessment_id = a.id AND lm.position = 'lead'
LEFT JOIN accounts_user l ON l.id = lm.user_id
CROSS JOIN LATERAL (
  SELECT count(*) AS found, count(*) FILTER (WHERE 'public' = ANY(q.tags)) AS public
  FROM assessments_answer w JOIN assessments_toolquestion q ON q.id = w.question_id
  WHERE w.assessment_id = a.id AND w.outcome = 'non_compliant') w
CROSS JOIN LATERAL (
  SELECT count(*) AS n, count(*) FILTER (WHERE k.answered_at IS NULL) AS open
  FROM assessments_factorycomment k WHERE k.assessment_id = a.id) c
WHERE NOT a.sealed AND a.programme_id = %s
  AND a.status IN ('submitted', 'quality_review', 'factory_review', 'in_progress')
  AND (a.status <> 'in_progress' OR a.submitted_at IS NOT NULL)
ORDER BY a.starts_on, a.id
LIMIT 200
"""


def reports_on_the_way() -> list[OnTheWay]:
    """Assessments handed in and not released, the oldest first: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_ON_THE_WAY, [scope.current_programme()])
        return [OnTheWay(*row) for row in cursor]


# -- readers of aggregates only -----------------------------------------------------------------


def released_figures(queries: Mapping[str, Query]) -> dict[str, Figures]:
    """Figures of released assessments of the programme in scope, for a reader who sees no row.

    Counted as the system, since such a reader sees neither factories nor assessments; what comes
    out are counts alone, and the page leaves out cells of fewer than `MIN_CELL` factories.
    """
    narrowed = {name: replace(query, basis=Basis.RELEASED) for name, query in queries.items()}
    with scope.system_scope():
        return rates.figures(narrowed)


# What happens in the open with a factory. Visits of assessors are not among them: they are counted
# by the reports that came of them, so that no count moves on the day of an unannounced visit.
ACTIVITIES = (
    "advisory_visit", "committee_formed", "self_diagnosis", "report_released",
    "progress_report_1", "progress_report_2", "seminar", "training",
)  # fmt: skip


@dataclass(frozen=True)
class Activities:
    """counts: of each kind by year, None where too few factories took part; until: the last day."""

    years: list[int]
    factories: Mapping[int, int]
    counts: Mapping[str, Mapping[int, int | None]]
    until: date


def activities(today: date) -> Activities:
    """What was done with factories of the programme in scope, for a reader who sees no row."""
    until = today.replace(day=1) - timedelta(days=1)
    years = list(range(until.year - YEARS + 1, until.year + 1))
    sql = """SELECT EXTRACT(YEAR FROM happened_on)::int, kind, count(*),
               count(DISTINCT factory_id)
        FROM factories_cyclefact
        WHERE programme_id = %s AND happened_on BETWEEN %s AND %s AND kind = ANY(%s)
        GROUP BY GROUPING SETS ((1, 2), (1))"""
    counts: dict[str, dict[int, int | None]] = {kind: {} for kind in ACTIVITIES}
    factories: dict[int, int] = dict.fromkeys(years, 0)
    programme = scope.current_programme()
    with scope.system_scope(), connection.cursor() as cursor:
        cursor.execute(sql, [programme, date(years[0], 1, 1), until, list(ACTIVITIES)])
        for year, kind, count, of in cursor:
            if kind is None:
                factories[year] = of
            else:
                counts[kind][year] = count if of >= MIN_CELL else None
    return Activities([y for y in years if factories[y] >= MIN_CELL], factories, counts, until)


def options() -> dict[str, Any]:
    """What the filters offer: regions, the highest cycle, the first year. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT json_build_object(
              'regions', (SELECT json_agg(region ORDER BY region) FROM (SELECT DISTINCT region
                 FROM factories_factory WHERE programme_id = %(p)s AND region <> '') r),
              'last_cycle', (SELECT max(number) FROM factories_engagementcycle
                 WHERE programme_id = %(p)s),
              'first_year', (SELECT EXTRACT(YEAR FROM min(starts_on)) FROM assessments_assessment
                 WHERE programme_id = %(p)s AND NOT sealed AND submitted_at IS NOT NULL))""",
            {"p": scope.current_programme()},
        )
        found: dict[str, Any] = cursor.fetchone()[0]
    return found
