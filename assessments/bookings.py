"""Days of advisors taken by announced work of the apps above this one, without importing them.

They call `register` in their `AppConfig.ready`. What they tell of is announced: nothing here is
secret, and nothing here asks about sealed visits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Booked:
    """One announced day of one advisor at a factory."""

    user_id: int
    day: date
    factory_id: UUID
    factory_name: str
    region: str
    url: str
    is_confirmed: bool = False


Reader = Callable[[date, date], Iterable[Booked]]
_readers: dict[str, Reader] = {}


def register(key: str, reader: Reader) -> None:
    """`reader(first, last)` answers the days taken between two days, both included: one query."""
    _readers[key] = reader


def booked(first: date, last: date) -> list[Booked]:
    return [each for reader in _readers.values() for each in reader(first, last)]
