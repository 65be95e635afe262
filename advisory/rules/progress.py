"""Progress of a plan per origin and batch, and the due date of an item.

A batch is what entered the plan together: the findings of one assessment, one self-diagnosis.
Each batch keeps its own line, so that new findings never change the progress shown for older
ones; completed and verified are never added up. Source: docs/domain/rules/plan.md, P-7 to P-9.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from betterwork.errors import DomainError
from betterwork.rules.explain import Because

from .plan import ItemState, PlanSettings, Status


class Origin(StrEnum):
    SELF_DIAGNOSIS = "self_diagnosis"
    ADVISORY = "advisory"
    ASSESSMENT = "assessment"
    GROUP = "group"
    BUYER = "buyer"
    WORKER_VOICE = "worker_voice"


class Priority(StrEnum):
    URGENT = "urgent"  # imminent danger, zero tolerance
    PUBLIC = "public"  # an issue that is publicly reported
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an item came from. batch: the caller's id of that assessment or self-diagnosis."""

    origin: Origin
    batch: str
    opened_on: date


@dataclass(frozen=True, slots=True)
class PlanItem:
    """An item with all its provenances: merged duplicates keep every one of theirs."""

    ref: str
    provenances: tuple[Provenance, ...]
    state: ItemState
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """Items of one batch by status; pending + in_progress + completed = total.

    verified: of all of them, whatever their status. late: open and past their due date.
    """

    origin: Origin
    batch: str
    opened_on: date
    total: int
    pending: int
    in_progress: int
    completed: int
    verified: int
    late: int

    @property
    def completed_share(self) -> Fraction:
        return Fraction(self.completed, self.total)

    @property
    def verified_share(self) -> Fraction:
        return Fraction(self.verified, self.total)


def is_late(item: PlanItem, today: date) -> bool:
    """Past its due date and neither completed nor verified (rule P-9)."""
    is_open = item.state.status is not Status.COMPLETED and not item.state.is_verified
    return is_open and item.due_on is not None and today > item.due_on


def progress_by_batch(items: Iterable[PlanItem], today: date) -> list[ProgressRow]:
    """One row per batch, oldest first (rule P-7). A merged item counts in each of its batches."""
    groups: dict[tuple[date, Origin, str], dict[str, PlanItem]] = defaultdict(dict)
    first_day: dict[tuple[Origin, str], date] = {}
    pairs = [(item, each) for item in items for each in item.provenances]
    for _, each in pairs:
        key = (each.origin, each.batch)
        first_day[key] = min(each.opened_on, first_day.get(key, each.opened_on))
    for item, each in pairs:
        # By ref: merging two items of the same batch leaves one item, counted once.
        key = (each.origin, each.batch)
        groups[(first_day[key], *key)][item.ref] = item
    return [
        _row(origin, batch, opened_on, list(found.values()), today)
        for (opened_on, origin, batch), found in sorted(groups.items(), key=lambda pair: pair[0])
    ]


def progress_by_origin(items: Iterable[PlanItem], today: date) -> list[ProgressRow]:
    """One row per origin over all its batches, with an empty batch; each item counts once."""
    groups: dict[Origin, dict[str, PlanItem]] = defaultdict(dict)
    first_day: dict[Origin, date] = {}
    for item in items:
        for each in item.provenances:
            groups[each.origin][item.ref] = item
            known = first_day.get(each.origin, each.opened_on)
            first_day[each.origin] = min(each.opened_on, known)
    return [
        _row(origin, "", first_day[origin], list(groups[origin].values()), today)
        for origin in Origin
        if origin in groups
    ]


def _row(
    origin: Origin, batch: str, opened_on: date, items: list[PlanItem], today: date
) -> ProgressRow:
    def count(status: Status) -> int:
        return sum(1 for item in items if item.state.status is status)

    return ProgressRow(
        origin=origin,
        batch=batch,
        opened_on=opened_on,
        total=len(items),
        pending=count(Status.PENDING),
        in_progress=count(Status.IN_PROGRESS),
        completed=count(Status.COMPLETED),
        verified=sum(1 for item in items if item.state.is_verified),
        late=sum(1 for item in items if is_late(item, today)),
    )


@dataclass(frozen=True, slots=True)
class DueDate:
    due_on: date
    because: tuple[Because, ...]


def due_date(
    opened_on: date,
    priority: Priority,
    settings: PlanSettings,
    *,
    is_working_day: Callable[[date], bool],
) -> DueDate:
    """The day proposed for an item, moved forward to a working day (rule P-8).

    The committee may set another. Raises: DomainError("no_working_day").
    """
    name = {
        Priority.URGENT: "due_days_urgent",
        Priority.PUBLIC: "due_days_public",
        Priority.NORMAL: "due_days",
    }[priority]
    days: int = getattr(settings, name)
    wanted = opened_on + timedelta(days=days)
    because = [
        Because("P-8", "priority", priority, "setting"),
        Because("P-8", name, days, "setting"),
    ]
    for ahead in range(61):
        day = wanted + timedelta(days=ahead)
        if is_working_day(day):
            if ahead:
                because.append(Because("P-8", "moved_from", wanted, "calendar"))
            return DueDate(day, tuple(because))
    raise DomainError("no_working_day", after=wanted)
