"""Factories of the demo: registered over the years, with contacts, workers and buyers."""

from __future__ import annotations

from datetime import date, timedelta

from betterwork.records.models import TrailEvent
from betterwork.records.vocabulary import Action
from factories.models import (
    Factory,
    FactoryBuyer,
    FactoryContact,
    FactoryStatusChange,
    WorkforceCount,
)

from . import names
from .base import World, at, code

# Where the first factories stand in their newest cycle; the others follow the calendar.
LIVE_STATES = (
    "released", "in_progress", "quality_review", "factory_review", "planned", "young",
    "submitted", "unscheduled",
)  # fmt: skip


def register(world: World) -> None:
    country, draw = world.country, world.draw
    for index, name in enumerate((*country.factories, *country.early)):
        region, latitude, longitude = country.regions[index % len(country.regions)]
        workers = draw.randint(350, 3200)
        women = int(workers * draw.uniform(0.45, 0.78))
        joined = _joined(world, index)
        factory = Factory.objects.create(
            code=code(world, f"{country.code}-"),
            name=name,
            local_name=country.local_names.get(name, ""),
            legacy_id=f"{country.code}{1000 + index}",
            factory_type="footwear" if "Footwear" in name else "garment",
            isic_division="15.2" if "Footwear" in name else "14",
            began_on_year=draw.randint(1994, 2018),
            first_product=draw.choice(names.PRODUCTS),
            second_product=draw.choice(names.PRODUCTS),
            address=f"Plot {draw.randint(2, 240)}, Industrial Road",
            city=region,
            region=region,
            latitude=round(latitude + draw.uniform(-0.06, 0.06), 6),
            longitude=round(longitude + draw.uniform(-0.06, 0.06), 6),
            group=world.groups[index % 3] if index % 4 == 0 else None,
            advisor=world.advisors[index % len(world.advisors)] if index % 11 != 10 else None,
            languages=[country.language],
            has_dormitory=country.code == "JO" or index % 9 == 4,
            has_migrant_workers=country.code == "JO",
            has_trade_union=index % 3 == 0,
            workers_female=women,
            workers_male=workers - women,
            status_since=joined,
            registered_on=joined,
        )
        world.factories.append(factory)
        FactoryContact.objects.create(
            factory=factory,
            name=f"{draw.choice(country.first_names_men)} {draw.choice(country.last_names)}",
            job_title="Compliance manager",
            email=f"office{index + 1}@{country.code.lower()}.factory.example",
            is_main=True,
        )
        WorkforceCount.objects.create(
            factory=factory,
            counted_on=world.today - timedelta(days=draw.randint(5, 90)),
            female=women,
            male=workers - women,
            source="registration",
        )
        for buyer in draw.sample(world.buyers, k=draw.randint(1, 3)):
            FactoryBuyer.objects.create(
                factory=factory,
                buyer=buyer,
                since_year=draw.randint(2012, 2024),
                consented_on=joined if index % 3 != 2 else None,
                subscribed_until=world.today + timedelta(days=200),
            )
        TrailEvent.objects.create(
            programme=world.programme,
            at=at(joined),
            action=Action.FACTORY_REGISTERED,
            factory=factory,
            for_factory=True,
        )
    last = world.factories[len(country.factories) - 1]
    last.status, last.status_reason = Factory.Status.CLOSED, "Orders ended; the site was closed."
    last.status_since = world.today - timedelta(days=60)
    last.save()
    FactoryStatusChange.objects.create(
        factory=last, status=last.status, reason=last.status_reason, since=last.status_since
    )


def _joined(world: World, index: int) -> date:
    """The day of registration; the early ones came years before the others."""
    early = index - len(world.country.factories)
    if early < 0:
        return world.today - timedelta(days=_age(index))
    return world.country.early_from + timedelta(days=early * 61)


def _age(index: int) -> int:
    """Days since the factory joined, so that the newest cycle stands where LIVE_STATES says."""
    live = {
        "released": 2 * 365 + 214,
        "in_progress": 2 * 365 + 118,
        "quality_review": 365 + 128,
        "factory_review": 3 * 365 + 134,
        "planned": 365 + 112,
        "young": 71,
        "submitted": 365 + 122,
        "unscheduled": 3 * 365 + 101,
    }
    if index < len(LIVE_STATES):
        return live[LIVE_STATES[index]]
    if index % 3 == 2:  # young in a later cycle: their window lies ahead
        return (1 + index % 3) * 365 + (index * 13) % 95
    return (index % 4) * 365 + 150 + (index * 37) % 190
