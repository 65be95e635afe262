"""What the demo builds on: the programme in hand, its people, and the days of its calendar."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.utils import timezone

from assessments.models import ToolVersion
from betterwork.accounts.models import User
from betterwork.tenancy.models import Programme
from factories.models import Buyer, CycleFact, EngagementCycle, Factory, ManufacturingGroup

from . import depth, names, typed

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no letters or digits that look alike


@dataclass
class World:
    """What is being built for one programme."""

    country: names.Country
    programme: Programme
    today: date
    draw: random.Random  # places and numbers of invented factories; nothing secret hangs on it
    people: dict[str, User] = field(default_factory=dict)
    advisors: list[User] = field(default_factory=list)
    assessors: list[User] = field(default_factory=list)  # advisors without a caseload
    factories: list[Factory] = field(default_factory=list)
    buyers: list[Buyer] = field(default_factory=list)
    groups: list[ManufacturingGroup] = field(default_factory=list)
    gathered: depth.Gathered = field(default_factory=depth.Gathered)
    version: ToolVersion | None = None
    points: list[str] = field(default_factory=list)  # of the tool in force

    @cached_property
    def said(self) -> typed.Typed:
        """What factory people type."""
        return typed.BY_LANGUAGE[self.country.language]

    @cached_property
    def photos(self) -> depth.Photos:
        return depth.Photos(self.said.captions)


def code(world: World, prefix: str) -> str:
    return prefix + "".join(world.draw.choice(ALPHABET) for _ in range(5))


def at(day: date, hour: int = 10) -> datetime:
    """That hour of the day, or now where it is still to come: what happened lies in the past."""
    told = datetime.combine(day, time(hour, 0), tzinfo=timezone.get_current_timezone())
    return min(told, timezone.now())


def working(world: World, day: date) -> date:
    while day.weekday() in world.programme.weekly_rest:
        day += timedelta(days=1)
    return day


def keep_fact(
    world: World,
    cycle: EngagementCycle,
    kind: str,
    on: date,
    today: date,
    source: str = "",
    amount: int | None = None,
) -> bool:
    if on > today:
        return False
    world.gathered.facts.append(
        CycleFact(
            programme=world.programme,
            cycle=cycle,
            factory_id=cycle.factory_id,
            kind=kind,
            happened_on=on,
            source_id=source,
            amount=amount,
        )
    )
    return True
