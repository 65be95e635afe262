"""Plain values the template parts are given. They hold facts; the parts find the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from django.utils.functional import Promise

Text = str | Promise
SOON_DAYS = 7


@dataclass(frozen=True)
class Clock:
    """A running clock. Days are whole calendar days; negative means late.

    ``share_used`` (0 to 1) is the part of the time that is gone. A paused clock has a reason,
    a late one should have one. ``note`` replaces the date line ("release by 26 Nov").
    """

    days_left: int | None = None
    due_on: date | None = None
    share_used: float = 0.0
    paused: Text = ""
    late_reason: Text = ""
    note: Text = ""
    soon_days: int = SOON_DAYS

    @property
    def state(self) -> str:
        if self.paused:
            return "paused"
        if self.days_left is None:
            return "none"
        if self.days_left < 0:
            return "late"
        return "soon" if self.days_left <= self.soon_days else "running"

    @property
    def ring(self) -> int:
        """Per cent of the ring that is drawn."""
        if self.state == "paused" or self.state == "none":
            return 0
        if self.state == "late":
            return 100
        return round(100 * min(max(self.share_used, 0.0), 1.0))

    @classmethod
    def until(
        cls, due_on: date, *, today: date, started_on: date | None = None, **more: Any
    ) -> Clock:
        """The clock of a due date, seen today."""
        left = (due_on - today).days
        length = (due_on - started_on).days if started_on else 0
        used = 1 - left / length if length > 0 else (0.8 if left <= SOON_DAYS else 0.3)
        return cls(days_left=left, due_on=due_on, share_used=used, **more)


@dataclass(frozen=True)
class Who:
    """Who must act next, and as what. ``kind``: "person", "factory" or "side"."""

    name: Text
    role: Text = ""
    initials: str = ""
    is_you: bool = False
    kind: str = "person"


@dataclass(frozen=True)
class Action:
    """One row of an action list: who, what (verb first), clock, one button named by its verb."""

    who: Who
    what: Text
    url: str
    button: Text = ""
    detail: Text = ""
    clock: Clock | None = None
    is_primary: bool = False
    sealed: bool = False
    # A post instead of a link, for an act without a page of its own (a nudge).
    post: bool = False


@dataclass(frozen=True)
class Side:
    """One side of a committee in a seam."""

    name: Text
    confirmed_by: str = ""
    confirmed_on: date | None = None
    waits_for_you: bool = False
    note: Text = ""
    is_agreed: bool = False  # it confirmed; who and when is not for this reader

    @property
    def confirmed(self) -> bool:
        return self.is_agreed or bool(self.confirmed_on)


@dataclass(frozen=True)
class Step:
    """One step of a chain. ``state``: "sewn", "now" or "" for not yet."""

    label: Text
    state: str = ""
    icon: str = ""
    url: str = ""


@dataclass(frozen=True)
class Event:
    """One line of a timeline, from the closed vocabulary of events."""

    text: Text
    at: date | datetime | None = None
    by: str = ""
    icon: str = "check"
    url: str = ""
    detail: Text = ""


@dataclass(frozen=True)
class Evidence:
    """One file of evidence. ``kind``: "photo", "doc" or "note"."""

    title: str
    url: str
    thumb_url: str = ""
    kind: str = "photo"
    at: date | datetime | None = None
    by: str = ""
    size: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule and its fact. ``result``: "pass", "weak", "fail", "unverified" or "na"."""

    result: str
    rule: Text
    fact: Text = ""
    reference: str = ""
    url: str = ""


@dataclass(frozen=True)
class Segment:
    """One stretch of a meter. ``kind``: nc, ok, na, part, done."""

    kind: str
    count: int
    label: Text = ""


@dataclass(frozen=True)
class Crumb:
    """One step of the way to this page."""

    label: Text
    url: str = ""


@dataclass(frozen=True)
class Choice:
    """One filter: a select in the filter bar, named by what it filters."""

    name: str
    label: Text
    options: Sequence[tuple[str, Text]]
    value: str = ""

    @property
    def is_on(self) -> bool:
        return bool(self.value)

    @property
    def chosen(self) -> Text:
        """The words of the value chosen."""
        return next((label for value, label in self.options if value == self.value), self.value)


@dataclass(frozen=True)
class TextFilter:
    """A filter by typed words, beside the search of the filter bar."""

    name: str
    label: Text
    value: str = ""


@dataclass(frozen=True)
class DateRange:
    """Two days of a filter bar. ``shown``: the period the form is sent from, so that the page knows
    whether the reader chose another period or typed days."""

    NAMES: ClassVar[tuple[str, ...]] = ("from", "to", "shown")

    since: date | None = None
    until: date | None = None
    shown: str = ""

    @property
    def first(self) -> str:
        return self.since.isoformat() if self.since else ""

    @property
    def last(self) -> str:
        return self.until.isoformat() if self.until else ""


@dataclass(frozen=True)
class Work:
    """Long work. ``state``: "queued", "running", "done", "failed"."""

    title: Text
    state: str = "running"
    done: int = 0
    total: int = 0
    unit: Text = ""
    hint: Text = ""
    poll_url: str = ""
    result_url: str = ""
    result_label: Text = ""
    reason: Text = ""
    retry_url: str = ""
    code: str = ""


@dataclass(frozen=True)
class Mark:
    """A fact on the thread of a cycle. ``kind``: visit, assessed, released, progress."""

    kind: str
    day: int


@dataclass(frozen=True)
class Thread:
    """The thread of one cycle. Days count from its first day; only past or announced facts."""

    day: int | None
    marks: Sequence[Mark] = field(default_factory=tuple)
    window: tuple[int, int] | None = None
    length: int = 365
    label: Text = ""
