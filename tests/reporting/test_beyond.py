"""Themes of a group, subscriptions of a buyer, programmes, activities: each sees its own rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments import summaries
from factories.models import Buyer, CycleFact, FactoryBuyer, ManufacturingGroup
from tests import builders

from .worlds import Asked, Held, make_factories, make_version, make_world

FOUND = {"ep": "non_compliant", "pay": "compliant"}


def day(ago: int) -> date:
    return timezone.localdate() - timedelta(days=ago)


@pytest.fixture
def world(bd: Any) -> Any:
    """Four factories with a released assessment and the same finding."""
    version = make_version([Asked("ep", "OSH-EP"), Asked("pay", "CO-MIN")])
    factories = make_factories(4)
    made = make_world(version, [Held(i, 9, day(60), FOUND) for i in range(4)], factories)
    summaries.rebuild_results()
    return made


def page(client: Any, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return str(answer.content.decode())


def test_themes_are_of_the_groups_factories_and_released_only(world: Any, sign_in: Any) -> None:
    group = ManufacturingGroup.objects.create(name="Delta Holding")
    ours = [made.factory for made in world[:2]]
    for factory in ours:
        factory.group = group
        factory.save()
    client = sign_in(user=builders.make_member("group_lead", group=group))
    found = page(client, "/themes/")
    assert "2 factories" in found
    assert "Emergency Preparedness" in found
    assert "point=CO-MIN" not in found, "a point without a finding is no theme"
    named = page(client, "/themes/?point=OSH-EP")
    assert [made.factory.name in named for made in world] == [True, True, False, False]
    type(world[0]).objects.filter(pk=world[0].pk).update(status="quality_review", released_at=None)
    assert "1 factory" in page(client, "/themes/") or "1 factories" in page(client, "/themes/")
    assert client.get("/themes/?point=nothing").status_code == 404


def test_subscriptions_name_who_agreed(world: Any, sign_in: Any) -> None:
    buyer = Buyer.objects.create(name="Northlight")
    other = Buyer.objects.create(name="Calle Nueva")
    agreed, silent, ended, foreign = (made.factory for made in world)
    # A buyer stands in no programme: days are the server's.
    until = timezone.now().date() + timedelta(days=41)
    link = {"consented_on": day(300), "subscribed_until": until}
    FactoryBuyer.objects.create(factory=agreed, buyer=buyer, **link)
    FactoryBuyer.objects.create(factory=silent, buyer=buyer, subscribed_until=until)
    FactoryBuyer.objects.create(
        factory=ended, buyer=buyer, consented_on=day(300), subscribed_until=day(2)
    )
    FactoryBuyer.objects.create(factory=foreign, buyer=other, **link)
    found = page(sign_in(user=builders.make_member("buyer", buyer=buyer)), "/subscriptions/")
    names = [agreed.name in found, silent.name in found, ended.name in found, foreign.name in found]
    assert names == [True, False, False, False]
    assert '<td class="end">41</td>' in found
    assert "1 subscription has ended" in found


def test_global_staff_find_each_programme_and_its_tool(
    world: Any, sign_in: Any, jordan: Any
) -> None:
    client = sign_in("global")
    found = page(client, "/programmes/")
    assert "Bangladesh" in found
    assert "Jordan" in found
    assert 'href="/assessments/tool/?programme=BD"' in found
    tool = page(client, "/assessments/tool/?programme=BD")
    assert "ep" in tool
    assert client.get("/assessments/tool/?programme=XX").status_code == 404
    assert page(client, "/assessments/law/?programme=BD")


def test_activities_are_counts_of_enough_factories(bd: Any, sign_in: Any) -> None:
    factories = make_factories(6)
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    for number, factory in enumerate(factories):
        cycle = builders.make_cycle(factory, starts_on=last - timedelta(days=20))
        for kind in ("advisory_visit", *(["training"] if number < 3 else [])):
            CycleFact.objects.create(cycle=cycle, factory=factory, kind=kind, happened_on=last)
        # Of the month that is running: not told yet.
        CycleFact.objects.create(
            cycle=cycle, factory=factory, kind="seminar", happened_on=timezone.localdate()
        )
    found = page(sign_in("constituent"), "/work/")
    rows = {
        name: found.split(f'<th scope="row">{name}</th>')[1].split("</tr>")[0]
        for name in ("Advisory visit", "Training", "Seminar")
    }
    assert ">6<" in rows["Advisory visit"]
    assert ">3<" not in rows["Training"], "too few factories took part"
    assert ">6<" not in rows["Seminar"]
    assert not any(factory.name in found for factory in factories)
