"""A weekday to guess by is told from what chance does, and from what the calendar takes away."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from assessments.rules.planning.weekdays import Span, expected_starts, is_pattern

MONDAY = date(2026, 1, 5)
REST = {4}  # Friday


def works(day: date) -> bool:
    return day.weekday() not in REST


def spans(number: int, visit_days: int = 2) -> list[Span]:
    firsts = [MONDAY + timedelta(days=3 * n) for n in range(number)]
    return [Span(first, first + timedelta(days=41), visit_days) for first in firsts]


def open_days(span: Span) -> list[date]:
    days = [span.first + timedelta(days=n) for n in range((span.last - span.first).days)]
    return [day for day in days if works(day) and works(day + timedelta(days=1))]


def test_two_days_begin_on_no_day_before_the_rest() -> None:
    expected = expected_starts(spans(30), works)
    assert set(expected) == {0, 1, 2, 5, 6}
    assert sum(expected.values()) == pytest.approx(30)
    assert set(expected_starts(spans(30, visit_days=1), works)) == {0, 1, 2, 3, 5, 6}


def test_a_holiday_takes_its_weekday_away() -> None:
    one_week = [Span(MONDAY, MONDAY + timedelta(days=6), 1)]
    expected = expected_starts(one_week, lambda day: works(day) and day != MONDAY)
    assert set(expected) == {1, 2, 3, 5, 6}


def test_honest_draws_pass_and_favourites_do_not() -> None:
    """The same draws on every run: how often chance alone is called a pattern, and how surely
    every third visit on one weekday is."""
    chance = Random(7)
    asked = spans(60)
    expected = expected_starts(asked, works)
    called = Counter[str]()
    for _run in range(200):
        honest = [chance.choice(open_days(span)) for span in asked]
        called["honest"] += is_pattern(Counter(day.weekday() for day in honest), expected)
        bent = [
            next(day for day in open_days(span) if day.weekday() == 1) if n % 3 == 0 else day
            for n, (span, day) in enumerate(zip(asked, honest, strict=True))
        ]
        called["bent"] += is_pattern(Counter(day.weekday() for day in bent), expected)
    assert called["honest"] <= 6
    assert called["bent"] >= 150


def test_a_start_where_none_was_possible_is_a_pattern() -> None:
    expected = expected_starts(spans(30), works)
    even = dict.fromkeys(expected, 6)
    assert not is_pattern(even, expected)
    assert is_pattern({**even, 4: 1}, expected)
    assert not is_pattern({}, {})
