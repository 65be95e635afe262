"""Numbers, dates and shares by language and programme."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from betterwork.ui import formats

DAY = date(2026, 11, 28)  # a Saturday


@pytest.mark.parametrize(
    ("language", "country", "long", "short"),
    [
        ("en", "", "Saturday 28 November 2026", "Sat 28 Nov"),
        ("bn", "BD", "শনিবার, ২৮ নভেম্বর, ২০২৬", "শনিবার ২৮ নভেম্বর"),
        ("ar", "JO", "السبت، 28 تشرين الثاني 2026", "السبت، 28 تشرين الثاني"),
        ("ar", "BD", "السبت، 28 نوفمبر 2026", "السبت، 28 نوفمبر"),
    ],
)
def test_dates_by_language_and_country(language: str, country: str, long: str, short: str) -> None:
    with translation.override(language), formats.region(country):
        # Unicode data moves commas and marks between releases; words and digits are what counts.
        assert _words(formats.day(DAY)) == _words(long)
        assert _words(formats.day_short(DAY)) == _words(short)


def _words(text: str) -> list[str]:
    return text.translate(dict.fromkeys(map(ord, ",،\u200f\u200e"), " ")).split()


@pytest.mark.parametrize(
    ("language", "value", "decimals", "shown"),
    [
        ("en", 112480, None, "112,480"),
        ("bn", 112480, None, "১,১২,৪৮০"),
        ("ar", 112480, None, "112,480"),
        ("en", Decimal("2.5"), 0, "3"),
        ("en", 2, 1, "2.0"),
        ("en", 0.125, 2, "0.13"),
        ("en", None, None, "–"),
    ],
)
def test_numbers(language: str, value: object, decimals: int | None, shown: str) -> None:
    with translation.override(language), formats.region("JO"):
        assert formats.number(value, decimals) == shown  # type: ignore[arg-type]


def test_arabic_digits_are_the_programmes_choice() -> None:
    with translation.override("ar"):
        with formats.region("JO", "arab"):
            assert formats.number(28) == "٢٨"
        with formats.region("JO"):
            assert formats.number(28) == "28"


@pytest.mark.parametrize(
    ("share", "decimals", "shown"),
    [
        (Decimal(12) / 25, 0, "48"),
        (Decimal(26) / 27, 0, "96"),
        (0.125, 0, "13"),
        (0.4764, 1, "47.6"),
    ],
)
def test_per_cent_is_rounded_half_up(share: float, decimals: int, shown: str) -> None:
    with translation.override("en"):
        assert formats.percent(share, decimals) == f"{shown}\u00a0%"


@given(st.decimals(min_value=0, max_value=1, places=4))
def test_per_cent_is_within_half_a_point(share: Decimal) -> None:
    with translation.override("en"):
        shown = formats.percent(share).split("\u00a0")[0]
    assert abs(Decimal(shown) - share * 100) <= Decimal("0.5")


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "Today"), (1, "1 day left"), (4, "4 days left"), (-1, "1 day late"), (-2, "2 days late")],
)
def test_days_left(days: int, said: str) -> None:
    with translation.override("en"):
        assert formats.days_left(days) == said


def test_moment_is_shown_in_the_zone_of_the_request() -> None:
    at = datetime(2026, 11, 28, 20, 30, tzinfo=UTC)
    with translation.override("en"), timezone.override("Asia/Dhaka"):
        assert formats.moment(at) == "29 Nov 2026, 02:30"


@pytest.mark.parametrize(
    ("code", "named"), [("en", ["Mon", "Fri", "Sun"]), ("ar", ["الاثنين", "الجمعة", "الأحد"])]
)
def test_a_day_of_the_week_by_its_number(code: str, named: list[str]) -> None:
    with translation.override(code):
        assert [formats.weekday_named(number) for number in (0, 4, 6)] == named
