"""Ids of factories: our own, and the forms of those we are given.

Source: docs/domain/rules/factories.md, rules F-1 and F-2.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

from betterwork.errors import DomainError

# No 0/O, 1/I/L: codes are read aloud and written by hand.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 5

_OS_ID = re.compile(r"([A-Z]{2})(\d{4})(\d{3})([0-9A-Z]{6})")
_GATEWAY = re.compile(r"(?=.*\d)[0-9A-Z][0-9A-Z-]{1,38}[0-9A-Z]")


def new_code(programme: str, choose: Callable[[str], str]) -> str:
    """The programme's own id, such as BD-4F7K2. `choose` picks one sign at random."""
    return f"{programme}-{''.join(choose(ALPHABET) for _ in range(CODE_LENGTH))}"


def os_id(text: str) -> str:
    """An OS ID in its one form: country, year, day of the year, six signs (CN2021250D1DTN7).

    Spaces and hyphens typed for reading are taken out. Empty stays empty.
    Raises: DomainError("os_id_malformed", value=...).
    """
    value = re.sub(r"[\s-]", "", text).upper()
    if not value:
        return ""
    match = _OS_ID.fullmatch(value)
    if match is None:
        raise DomainError("os_id_malformed", value=text.strip())
    year, day = int(match[2]), int(match[3])
    # Allocation of these ids began with the registry in 2019.
    if year < 2019 or day < 1 or (date(year, 1, 1) + timedelta(days=day - 1)).year != year:
        raise DomainError("os_id_malformed", value=text.strip())
    return value


def os_id_country(value: str) -> str:
    """The country (ISO 3166 alpha-2) an OS ID was given in. `value`: in its one form."""
    return value[:2]


def gateway_id(text: str) -> str:
    """An SLCP Gateway id: letters, digits and hyphens, at least one digit, 3 to 40 signs.

    The Gateway publishes no check digit, so a slip of one digit cannot be told here.
    Raises: DomainError("gateway_id_malformed", value=...).
    """
    value = re.sub(r"\s", "", text).upper()
    if not value:
        return ""
    if _GATEWAY.fullmatch(value) is None:
        raise DomainError("gateway_id_malformed", value=text.strip())
    return value
