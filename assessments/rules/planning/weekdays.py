"""Whether the weekdays on which visits begin could be chance, or are a pattern to guess by.

Counts are never compared with each other: a visit of two days cannot begin before the weekly rest,
and a holiday takes its weekday away. Each is compared with what the days that were open let expect.

Source: docs/domain/rules/planning.md, rule V-11.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ONE_IN_A_HUNDRED = 2.3263  # standard deviations that chance passes so seldom
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The days between which a visit of so many days could have lain."""

    first: date
    last: date
    visit_days: int


def expected_starts(
    spans: Iterable[Span], is_working_day: Callable[[date], bool]
) -> dict[int, float]:
    """Starts to expect on each weekday (Monday is 0), each open day of a span as likely as another.

    A day is open if it and the days after it that the visit takes are worked within the span.
    """
    expected: dict[int, float] = {}
    for span in spans:
        length = (span.last - span.first).days + 1
        days = [span.first + n * A_DAY for n in range(length)]
        worked = [is_working_day(day) for day in days]
        starts = [
            day
            for at, day in enumerate(days)
            if at + span.visit_days <= length and all(worked[at : at + span.visit_days])
        ]
        for day in starts:
            expected[day.weekday()] = expected.get(day.weekday(), 0.0) + 1 / len(starts)
    return expected


def is_pattern(counts: Mapping[int, int], expected: Mapping[int, float]) -> bool:
    """Whether counts lie so far from what is expected as chance takes them once in a hundred times.

    Pearson's statistic, with the bound by Wilson and Hilferty. Starts on weekdays that none was to
    be expected on are a pattern by themselves.
    """
    known = {day: number for day, number in expected.items() if number > 0}
    if any(counted for day, counted in counts.items() if day not in known):
        return True
    freedom = len(known) - 1
    if freedom < 1:
        return False
    # Only the shape is compared: what is expected is brought to as many starts as were counted.
    scale = sum(counts.values()) / sum(known.values())
    away = sum(
        (counts.get(day, 0) - number * scale) ** 2 / (number * scale)
        for day, number in known.items()
        if scale
    )
    part = 2 / (9 * freedom)
    return away > freedom * (1 - part + ONE_IN_A_HUNDRED * math.sqrt(part)) ** 3
