"""Numbers, dates and shares as a reader of a language and a programme expects them.

Django's own formats know the language but not the programme: Jordan and Bangladesh both read
Arabic pages, with other month names and digits. The programme's country and digits are set for a
request by the context processor, and for mail and reports with ``region(...)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext

NBSP = "\u00a0"
A_MONDAY = date(2024, 1, 1)
LATIN = "0123456789"
DIGITS = {
    "latn": LATIN,
    "beng": "০১২৩৪৫৬৭৮৯",
    "arab": "٠١٢٣٤٥٦٧٨٩",
    "khmr": "០១២៣៤៥៦៧៨៩",
}
# Sentences of these languages use their own digits; codes stay Latin everywhere.
DIGITS_OF_LANGUAGE = {"bn": "beng", "km": "khmr"}
# A language alone does not say how dates are written; English pages follow day-month-year.
HOME_OF_LANGUAGE = {"en": "GB", "bn": "BD", "vi": "VN", "id": "ID", "km": "KH", "fr": "FR",
                    "es": "ES", "ur": "PK", "si": "LK"}  # fmt: skip
# Scripts without short forms of weekdays and months that a reader would use.
FULL_WORDS = frozenset({"ar", "bn", "km", "ur"})
RTL_LANGUAGES = frozenset({"ar", "ur", "fa", "he"})


@dataclass(frozen=True)
class Region:
    """Country (ISO 3166 alpha-2) and digits ("latn", "arab") of the programme in view."""

    country: str = ""
    arabic_digits: str = "latn"


NOWHERE = Region()
_region: ContextVar[Region] = ContextVar("betterwork_region", default=NOWHERE)


def set_region(country: str = "", arabic_digits: str = "latn") -> None:
    """Set the region for the rest of this request."""
    _region.set(Region(country.upper(), arabic_digits if arabic_digits in DIGITS else "latn"))


@contextmanager
def region(country: str = "", arabic_digits: str = "latn") -> Iterator[None]:
    """Format in the manner of one programme: for mail, reports and exports made by the worker."""
    token = _region.set(Region(country.upper(), arabic_digits))
    try:
        yield
    finally:
        _region.reset(token)


def language() -> str:
    """The active language without its country, "en" when none is active."""
    return (get_language() or "en").split("-")[0]


def in_language(texts: Mapping[str, str] | None) -> str:
    """A text kept by language, in the active one, else in English."""
    return (texts or {}).get(language()) or (texts or {}).get("en") or ""


def direction() -> str:
    """ "rtl" or "ltr" for the active language."""
    return "rtl" if language() in RTL_LANGUAGES else "ltr"


def comma() -> str:
    """The comma of the active language."""
    return "،" if direction() == "rtl" else ","


def full_stop() -> str:
    """What ends a sentence of the active language, for sentences put together of parts."""
    return "।" if language() == "bn" else "."


@lru_cache(maxsize=64)
def _locale(code: str, country: str) -> Locale:
    try:
        return Locale(code, country or None)
    except UnknownLocaleError:
        try:
            return Locale(code)
        except UnknownLocaleError:
            return Locale("en", "GB")


def current_locale() -> Locale:
    """The babel locale of the active language, Arabic in the country of the programme."""
    code = language()
    country = _region.get().country if code == "ar" else HOME_OF_LANGUAGE.get(code, "")
    return _locale(code, country)


@lru_cache(maxsize=8)
def _digit_table(system: str) -> dict[int, int]:
    return str.maketrans(LATIN, DIGITS[system])


def digits(text: str) -> str:
    """Latin digits of a sentence in the digits of the active language."""
    code = language()
    system = _region.get().arabic_digits if code == "ar" else DIGITS_OF_LANGUAGE.get(code, "latn")
    return text if system == "latn" else text.translate(_digit_table(system))


def rounded(value: float | Decimal, decimals: int = 0) -> Decimal:
    """Half up, as the programme's figures are rounded; floats go through their shortest text."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def number(value: float | Decimal | None, decimals: int | None = None) -> str:
    """A number with the group marks and digits of the language; a dash for none."""
    if value is None or value == "":
        return "–"
    return _number(value, decimals, language(), _region.get())


# A page shows the same few hundred numbers and days over and over, and babel reads its pattern
# anew for each. Typed: 1 and 1.0 are equal and read differently.
@lru_cache(maxsize=8192, typed=True)
def _number(value: float | Decimal, decimals: int | None, _language: str, _where: Region) -> str:
    if decimals is not None:
        value = rounded(value, decimals)
    pattern = current_locale().decimal_formats[None].pattern
    if decimals:  # 2.0 stays 2.0 when one decimal was asked for
        pattern = pattern.split(";")[0].split(".")[0] + "." + "0" * decimals
    text = format_decimal(
        value,
        format=pattern,
        locale=current_locale(),
        numbering_system="latn",
        decimal_quantization=False,
    )
    return digits(text)


def percent(share: float | Decimal | None, decimals: int = 0) -> str:
    """A share from 0 to 1 as per cent, rounded half up; a dash for none."""
    if share is None or share == "":
        return "–"
    exact = share if isinstance(share, Decimal) else Decimal(str(share))
    text = format(rounded(exact * 100, decimals), "f")
    symbol = current_locale().number_symbols.get("latn", {}).get("decimal", ".")
    return f"{digits(text.replace('.', symbol))}{NBSP}%"


def _as_date(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


def day(value: date | datetime | None) -> str:
    """Weekday, day, month and year: "Saturday 28 November 2026"."""
    if not value:
        return "–"
    return _day(_as_date(value), language(), _region.get())


@lru_cache(maxsize=4096)
def _day(on: date, _language: str, _where: Region) -> str:
    text = format_date(on, format="full", locale=current_locale())
    return digits(text.replace(",", "") if language() == "en" else text)


def day_short(value: date | datetime | None) -> str:
    """Weekday, day and month: "Sat 28 Nov"; full words where a script has no short ones."""
    if not value:
        return "–"
    return _day_short(_as_date(value), language(), _region.get())


@lru_cache(maxsize=4096)
def _day_short(on: date, _language: str, _where: Region) -> str:
    locale = current_locale()
    if language() in FULL_WORDS:
        weekday = format_date(on, format="EEEE", locale=locale)
        return digits(f"{weekday}{comma()} {format_skeleton('MMMMd', on, locale=locale)}")
    return digits(format_skeleton("MMMEd", on, locale=locale).replace(",", ""))


def weekday(value: date | datetime | None) -> str:
    """The day's name alone: "Sat"; in full where a script has no short ones."""
    if not value:
        return "–"
    width = "EEEE" if language() in FULL_WORDS else "EEE"
    return format_date(_as_date(value), format=width, locale=current_locale())


def weekday_named(number: int) -> str:
    """As `weekday`, of a day of the week; Monday is 0."""
    return weekday(A_MONDAY + timedelta(days=number))


def weekday_narrow(value: date | datetime | None) -> str:
    """As `weekday`, for a column of a month: one letter where a script has no short names."""
    if not value:
        return "–"
    width = "EEEEE" if language() in FULL_WORDS else "EEE"
    return format_date(_as_date(value), format=width, locale=current_locale())


def on_date(value: date | datetime | None) -> str:
    """Day, month and year without weekday: "28 Nov 2026"."""
    if not value:
        return "–"
    width = "long" if language() in FULL_WORDS else "medium"
    return digits(format_date(_as_date(value), format=width, locale=current_locale()))


def month(value: date | datetime | None) -> str:
    """Month and year: "November 2026"."""
    if not value:
        return "–"
    return digits(format_skeleton("yMMMM", _as_date(value), locale=current_locale()))


def hour(value: datetime | time | None) -> str:
    """Time of day, 24 hours, in the zone of the request: "10:42"."""
    if value is None:
        return "–"
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return digits(value.strftime("%H:%M"))


def moment(value: datetime | None) -> str:
    """Date and time: "28 Nov 2026, 10:42"."""
    if value is None:
        return "–"
    return f"{on_date(value)}{comma()} {hour(value)}"


def days_left(days: int | None) -> str:
    """How a clock says its days: "4 days left", "Today", "2 days late"."""
    if days is None:
        return gettext("No date")
    if days == 0:
        return gettext("Today")
    if days > 0:
        text = ngettext("%(days)s day left", "%(days)s days left", days)
    else:
        text = ngettext("%(days)s day late", "%(days)s days late", -days)
    return text % {"days": number(abs(days))}
