"""The clocks of all running cycles of a programme, counted from what the engine said last.

The engine is asked only about cycles whose facts, settings, calendar or rules changed since; what
it says is kept in `CycleClocks` with the version it holds for. Days left and lateness follow from
the day in the statement, so kept clocks do not grow old by themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from .models import EngagementCycle, Factory
from .rules import clocks as clock_rules
from .rules import cycle as cycle_rules
from .rules import cycle_facts as fact_rules
from .rules.clocks import Clock, ClockState
from .rules.cycle_facts import ClockKey, CycleSettings, as_of
from .selectors.cycles import cycle_settings, facts_of, overviews, told


@dataclass(frozen=True, slots=True)
class ClockCount:
    """Open clocks of one kind with the same days left (None: they stand still)."""

    key: str
    days_left: int | None
    clocks: int
    with_reason: int


@dataclass(frozen=True, slots=True)
class OpenClock:
    """One open clock of one cycle. due_on is None while it stands still."""

    cycle_id: UUID
    key: str
    started_on: date
    due_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class RunningClocks:
    """Open clocks of running cycles of active factories, and the open report clocks one by one."""

    counts: tuple[ClockCount, ...]
    reports: tuple[OpenClock, ...]


# The calendar is the country's holidays (their release is in the digest), the programme's weekly
# rest and its own days.
_MARK = "%(mark)s || ':' || md5(p.country || ':' || p.weekly_rest::text || ':' || p.own_days::text)"
_COUNT = """
WITH running AS MATERIALIZED (
  SELECT c.id, c.factory_id, c.number, c.starts_on, c.ends_on, c.is_high_performer,
         f.weekly_rest, p.country, p.weekly_rest AS programme_rest, p.own_days, k.clocks, k.version,
         COALESCE(k.kept_version = k.version AND k.mark = {mark}, false) AS holds
  FROM factories_engagementcycle c
  JOIN tenancy_programme p ON p.id = c.programme_id
  JOIN factories_factory f ON f.id = c.factory_id
  LEFT JOIN factories_cycleclocks k ON k.cycle_id = c.id
  WHERE c.programme_id = %(programme)s AND f.programme_id = %(programme)s
    AND f.status = 'active' AND f.merged_into_id IS NULL
    AND c.starts_on <= %(today)s AND (c.ends_on IS NULL OR c.ends_on > %(today)s)
),
clock AS (
  SELECT r.id, t.key, t.started_on, t.due_on, t.reason
  FROM running r
  CROSS JOIN LATERAL jsonb_to_recordset(r.clocks)
    AS t (key text, started_on date, due_on date, reason text)
  WHERE r.holds AND t.started_on <= %(today)s
),
ask AS MATERIALIZED (SELECT * FROM running WHERE NOT holds),
facts AS ({told})
SELECT json_build_object(
  'ask', (SELECT json_agg(json_build_object(
      'id', id, 'factory_id', factory_id, 'number', number, 'starts_on', starts_on,
      'ends_on', ends_on, 'is_high_performer', is_high_performer, 'weekly_rest', weekly_rest,
      'country', country, 'programme_rest', programme_rest, 'own_days', own_days,
      'version', version)) FROM ask),
  'told', (SELECT json_agg(row_to_json(facts) ORDER BY day, at) FROM facts),
  'counts', (SELECT json_agg(json_build_array(key, days_left, n, with_reason)) FROM (
      SELECT key, due_on - %(today)s AS days_left, count(*) AS n,
             count(*) FILTER (WHERE reason <> '') AS with_reason
      FROM clock GROUP BY 1, 2 ORDER BY key COLLATE "C", 2) c),
  'reports', (SELECT json_agg(json_build_array(id, key, started_on, due_on, reason))
      FROM clock WHERE key = 'report'))
""".replace("{mark}", _MARK)

_KEEP = """
UPDATE factories_cycleclocks k
   SET kept_version = t.version, mark = {mark}, clocks = t.clocks
  FROM jsonb_to_recordset(%(found)s) AS t (cycle uuid, version int, clocks jsonb),
       tenancy_programme p
 WHERE k.cycle_id = t.cycle AND k.programme_id = %(programme)s AND p.id = k.programme_id
""".replace("{mark}", _MARK)


def running_clocks(today: date) -> RunningClocks:
    """Count the open clocks of the programme in scope on a day: one statement.

    It brings the facts of cycles that changed too. The engine is asked about them, and what it
    says is kept by one statement more, however many they are.
    """
    mark = _mark(cycle_settings(today))
    facts, values = _told_of_those_asked()
    values |= {"mark": mark, "programme": scope.current_programme(), "today": today}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.replace("{told}", facts), values)
        found: dict[str, Any] = cursor.fetchone()[0]
    counts = [ClockCount(*row) for row in found["counts"] or ()]
    reports = [_report(row) for row in found["reports"] or ()]
    if found["ask"]:
        for clock in _ask(found["ask"], found["told"] or (), mark, today):
            days = None if clock.due_on is None else (clock.due_on - today).days
            counts.append(ClockCount(clock.key, days, 1, int(bool(clock.reason))))
            if clock.key == ClockKey.REPORT:
                reports.append(clock)
    return RunningClocks(tuple(counts), tuple(reports))


def _report(row: list[Any]) -> OpenClock:
    cycle_id, key, started_on, due_on, reason = row
    due = None if due_on is None else date.fromisoformat(due_on)
    return OpenClock(UUID(cycle_id), key, date.fromisoformat(started_on), due, reason)


def _told_of_those_asked() -> tuple[str, dict[str, Any]]:
    """The query of what the engine is told, over the rows of `ask`, with its values by name."""
    cycles, factories = RawSQL("SELECT id FROM ask", []), RawSQL("SELECT factory_id FROM ask", [])
    text, values = told(cycles, factories).query.sql_with_params()
    names = [f"told_{at}" for at in range(len(values))]
    return text % tuple(f"%({name})s" for name in names), dict(zip(names, values, strict=True))


def _cycle(row: dict[str, Any]) -> EngagementCycle:
    """A cycle with as much of its factory and programme as the engine needs."""
    return EngagementCycle(
        pk=UUID(row["id"]),
        number=row["number"],
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=_day(row["ends_on"]),
        is_high_performer=row["is_high_performer"],
        factory=Factory(pk=UUID(row["factory_id"]), weekly_rest=row["weekly_rest"]),
        programme=Programme(
            pk=scope.current_programme(),
            country=row["country"],
            weekly_rest=row["programme_rest"],
            own_days=row["own_days"],
        ),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _ask(
    rows: Iterable[dict[str, Any]], facts: Iterable[dict[str, Any]], mark: str, today: date
) -> list[OpenClock]:
    """Open clocks of these cycles as the engine says them now; what lasts is kept.

    Versions and facts come from one statement: what is recorded after it makes the kept clocks
    out of date, never the other way round.
    """
    versions = {UUID(row["id"]): row["version"] for row in rows}
    cycles = [_cycle(row) for row in rows]
    known = facts_of(
        cycles,
        (
            {**each, "of": UUID(each["of"]), "day": _day(each["day"]),
             "new_day": _day(each["new_day"])}
            for each in facts
        ),
    )  # fmt: skip
    keep, still_open = [], []
    for overview in overviews(cycles, known, today).values():
        lasting = _lasting(overview.clocks)
        read = versions[overview.cycle_id]
        # A fact dated after today changes the clocks on its day without any further write.
        if read is not None and as_of(overview.facts, today) is overview.facts:
            kept = [_kept(clock) for clock in lasting]
            keep.append({"cycle": str(overview.cycle_id), "version": read, "clocks": kept})
        still_open += [
            OpenClock(
                overview.cycle_id,
                str(clock.key),
                clock.started_on,
                clock.due_on,
                str(clock.drift_reason or ""),
            )
            for clock in lasting
            if clock.is_open and clock.started_on is not None
        ]
    if keep:
        home = scope.current_programme()
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, {"mark": mark, "found": json.dumps(keep), "programme": home})
    return still_open


def _lasting(running: Iterable[Clock]) -> list[Clock]:
    """Clocks that are open, or will be once their first day comes."""
    return [
        clock
        for clock in running
        if clock.is_open or (clock.state is ClockState.NOT_STARTED and clock.started_on is not None)
    ]


def _kept(clock: Clock) -> dict[str, str | None]:
    return {
        "key": str(clock.key),
        "started_on": clock.started_on.isoformat() if clock.started_on else None,
        "due_on": clock.due_on.isoformat() if clock.due_on else None,
        "reason": str(clock.drift_reason or ""),
    }


def rebuild_clocks(today: date) -> RunningClocks:
    """Ask the engine anew about every running cycle of the programme in scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE factories_cycleclocks SET mark = '' WHERE programme_id = %s",
            [scope.current_programme()],
        )
    return running_clocks(today)


@lru_cache(maxsize=1)
def _rules() -> str:
    """A digest of the rules and of the calendar: another release of either asks anew."""
    whole = hashlib.sha256(version("holidays").encode())
    for module in (clock_rules, cycle_rules, fact_rules):
        whole.update(Path(str(module.__file__)).read_bytes())
    return whole.hexdigest()


@lru_cache(maxsize=64)
def _mark(settings: CycleSettings) -> str:
    """What kept clocks rest on beside the facts of their cycle and the programme's calendar."""
    return hashlib.sha256(repr((settings, _rules())).encode()).hexdigest()[:24]
