"""Where the apps above this one add to its pages, without being imported here.

They call the `register_...` functions in their `AppConfig.ready`. All readers run inside the
request's scope, so row-level security decides what they find; a panel must never show, count or
hint at a sealed visit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise

from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may
from factories.models import Committee, Factory
from factories.rules.committees import Decision, Meeting

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Panel:
    """One card of the factory's page.

    `context(request, factory)` gives the values of `template`, or None to leave the card out.
    `for_factory_side`: also on the page of the factory's own people.
    """

    key: str
    title: Text
    template: str
    context: Callable[[MemberRequest, Factory], Mapping[str, Any] | None]
    permission: Permission
    order: int = 50
    for_factory_side: bool = True


@dataclass(frozen=True, slots=True)
class CommitteeWork:
    """What a committee did, as the app that keeps its meetings knows it."""

    meetings: tuple[Meeting, ...] = ()
    decisions: tuple[Decision, ...] = ()
    activity_reports_on: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class EventPage:
    """The page of a thing that lines of the timeline tell of.

    `rows()`: the things this reader may open, which row-level security narrows.
    """

    name: str
    permission: Permission
    rows: Callable[[], QuerySet[Any]]


WorkReader = Callable[[Iterable[Committee]], Mapping[UUID, CommitteeWork]]
MergeGuard = Callable[[UUID, UUID], None]
MergeStep = Callable[[UUID, UUID], None]


@dataclass(slots=True)
class _Registry:
    panels: dict[str, Panel] = field(default_factory=dict)
    work: WorkReader | None = None
    guards: dict[str, MergeGuard] = field(default_factory=dict)
    steps: dict[str, MergeStep] = field(default_factory=dict)
    kept: dict[str, tuple[Text, Callable[[UUID], int]]] = field(default_factory=dict)
    moved: dict[str, tuple[Text, Callable[[UUID], int]]] = field(default_factory=dict)
    event_pages: dict[str, EventPage] = field(default_factory=dict)


_registry = _Registry()


def register_panel(
    key: str,
    *,
    title: Text,
    template: str,
    context: Callable[[MemberRequest, Factory], Mapping[str, Any] | None],
    permission: Permission,
    order: int = 50,
    for_factory_side: bool = True,
) -> None:
    """Add (or replace) a card on the factory's page; lower `order` stands higher."""
    _registry.panels[key] = Panel(
        key, title, template, context, permission, order, for_factory_side
    )


def register_committee_work(reader: WorkReader) -> None:
    """`reader(committees)` gives meetings and decisions by committee id, in a few queries."""
    _registry.work = reader


def register_merge_guard(key: str, guard: MergeGuard) -> None:
    """`guard(winner_id, loser_id)` raises DomainError where the two must not be merged now."""
    _registry.guards[key] = guard


def register_merge_step(
    key: str, step: MergeStep, *, label: Text, count: Callable[[UUID], int]
) -> None:
    """`step(winner_id, loser_id)` moves what lives in the app above, inside the merge.

    `count(factory_id)`: rows it would move, told under `label` before a merge.
    """
    _registry.steps[key] = step
    _registry.moved[key] = (label, count)


def register_kept(key: str, *, label: Text, count: Callable[[UUID], int]) -> None:
    """`count(factory_id)`: rows that stay under a merged factory's name, told before a merge."""
    _registry.kept[key] = (label, count)


def register_event_page(
    object_type: str,
    *,
    name: str,
    permission: Permission,
    rows: Callable[[], QuerySet[Any]],
) -> None:
    """Lines of the timeline about `object_type` ("app.model") lead to the address `name`."""
    _registry.event_pages[object_type] = EventPage(name, permission, rows)


def event_urls(request: MemberRequest, events: Iterable[Any]) -> dict[tuple[str, str], str]:
    """Addresses of the things events tell of, by type and id: only of what this reader may open.

    One query for each type of thing among the events, however many they are.
    """
    ids: dict[str, set[str]] = {}
    for event in events:
        page = _registry.event_pages.get(event.object_type)
        if page is not None and event.object_id and may(request, page.permission):
            ids.setdefault(event.object_type, set()).add(event.object_id)
    urls = {}
    for kind, wanted in ids.items():
        page = _registry.event_pages[kind]
        for pk in page.rows().filter(pk__in=wanted).values_list("pk", flat=True):
            urls[kind, str(pk)] = reverse(page.name, args=[pk])
    return urls


def panels_for(
    request: MemberRequest, factory: Factory, *, factory_side: bool
) -> list[dict[str, Any]]:
    """The cards this reader gets: `{"panel": Panel, "values": {...}}` in their order."""
    shown = []
    for panel in sorted(_registry.panels.values(), key=lambda each: (each.order, each.key)):
        if not may(request, panel.permission) or (factory_side and not panel.for_factory_side):
            continue
        values = panel.context(request, factory)
        if values is not None:
            shown.append({"panel": panel, "values": values})
    return shown


def committee_work(committees: Iterable[Committee]) -> Mapping[UUID, CommitteeWork]:
    return _registry.work(committees) if _registry.work is not None else {}


def has_committee_work() -> bool:
    return _registry.work is not None


def merge_guards() -> list[MergeGuard]:
    return list(_registry.guards.values())


def merge_steps() -> list[MergeStep]:
    return list(_registry.steps.values())


def moved_counts(factory_id: UUID) -> list[tuple[str, int]]:
    return [(str(label), count(factory_id)) for label, count in _registry.moved.values()]


def kept_counts(factory_id: UUID) -> list[tuple[str, int]]:
    return [(str(label), count(factory_id)) for label, count in _registry.kept.values()]
