"""What an address or a command asks for, read as far as it makes sense."""

from __future__ import annotations

import calendar
import re
from datetime import date


def year_of(text: str) -> int | None:
    """A year from 1900 to 2999; anything else typed into an address asks for none."""
    if len(text) == 4 and text.isascii() and text.isdigit() and 1900 <= int(text) <= 2999:
        return int(text)
    return None


def first_day(text: str) -> date:
    """2015-06 or 2015-06-14."""
    return _day(text, last=False)


def last_day(text: str) -> date:
    """2017-07 is its last day."""
    return _day(text, last=True)


def _day(text: str, *, last: bool) -> date:
    if re.fullmatch(r"\d{4}-\d{2}", text):
        year, month = (int(part) for part in text.split("-"))
        return date(year, month, calendar.monthrange(year, month)[1] if last else 1)
    return date.fromisoformat(text)
