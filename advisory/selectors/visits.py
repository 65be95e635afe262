"""Announced visits in a calendar: weeks of days, each with what is off and who goes where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from assessments.country_days import free_days
from betterwork.tenancy.models import Programme


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar. off: "off" weekly rest, "hol" holiday, or ""."""

    day: date
    is_inside: bool
    off: str
    visits: tuple[Any, ...]


def month_weeks(
    programme: Programme, first: date, last: date, visits: Sequence[Any]
) -> list[list[Day]]:
    """The weeks a month lies in, from the day after the weekly rest on: one query.

    `visits`: those of the month, each with `on`, its day.
    """
    rest = frozenset(programme.weekly_rest or ())
    start = next((day for day in range(7) if day not in rest and (day - 1) % 7 in rest), 0)
    begin = first - timedelta(days=(first.weekday() - start) % 7)
    end = last + timedelta(days=(start - 1 - last.weekday()) % 7)
    days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
    holidays = free_days(programme, days)
    at: dict[date, list[Any]] = defaultdict(list)
    for visit in visits:
        at[visit.on].append(visit)
    cells = [
        Day(
            day,
            first <= day <= last,
            "off" if day.weekday() in rest else "hol" if day in holidays else "",
            tuple(at[day]),
        )
        for day in days
    ]
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]
