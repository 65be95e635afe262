"""When the scheduler's work is due, and whether it is late. Pure: the time comes as an argument.

The times are those of the scheduler's table in `betterwork.celery`; a test holds them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Work that is due again and again: `first` minutes after midnight UTC, then each `every`.

    grace: minutes after which work that has not ended is late.
    """

    first: int
    every: int
    grace: int

    @property
    def turn(self) -> timedelta:
        return timedelta(minutes=self.every)

    def slot(self, now: datetime) -> datetime:
        """The last time this work was due, at `now` or before it."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        start = midnight + timedelta(minutes=self.first)
        if start > now:
            start -= timedelta(days=1)
        return start + (now - start) // self.turn * self.turn

    def is_late(self, now: datetime, slot: datetime | None, has_ended: bool) -> bool:
        """slot: the time for which the work began last (None: never).

        Late is what has not ended for the time that was due a grace ago.
        """
        due = self.slot(now - timedelta(minutes=self.grace))
        if slot is None or slot < due:
            return True
        return slot == due and not has_ended


RHYTHMS = {
    "horizon": Rhythm(first=19 * 60 + 40, every=24 * 60, grace=60),
    "escalation": Rhythm(first=19 * 60 + 40, every=24 * 60, grace=60),
    "reassessments": Rhythm(first=15, every=6 * 60, grace=60),
    "release_clock": Rhythm(first=0, every=10, grace=30),
    "reminders": Rhythm(first=30, every=60, grace=60),
}
