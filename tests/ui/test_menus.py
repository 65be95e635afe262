"""The menu of each role: every place opens for it, the first one is where signing in leads."""

from __future__ import annotations

from typing import Any

import pytest

from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.ui import navigation
from tests import builders

# What each role must find, by the key of the place.
EXPECTED = {
    "manager": {"overview", "work", "factories", "reports", "rates", "committees", "tool"},
    "staff": {"overview", "work", "factories", "reports", "rates", "committees", "tool"},
    "planner": {"board", "proposals", "clashes", "team", "check"},
    "cat_editor": {"drafts", "tool", "law", "translations", "published"},
    "committee_worker": {"work", "plan", "committee", "meetings"},
    "committee_management": {"work", "plan", "committee", "meetings"},
    "group_lead": {"overview", "factories", "themes", "reports"},
    "buyer": {"released", "factories", "plans", "subscriptions"},
    "constituent": {"activities", "overview"},
    "global": {"overview", "programmes", "tool", "trail"},
}


@pytest.fixture
def person(bd: Any) -> Any:
    """A person of a role with whatever the hat is for."""
    from factories.models import Buyer, ManufacturingGroup

    def make(role: str) -> Any:
        hat: dict[str, Any] = {}
        if role in FACTORY_SIDE:
            hat["factory"] = builders.make_factory()
        if role == Role.GROUP_LEAD:
            hat["group"] = ManufacturingGroup.objects.create(name="Delta Holding")
        if role == Role.BUYER:
            hat["buyer"] = Buyer.objects.create(name="Northlight")
        return builders.make_member(role, **hat)

    return make


@pytest.mark.parametrize("role", Role.values)
def test_every_place_of_a_menu_opens(person: Any, sign_in: Any, role: str) -> None:
    client = sign_in(user=person(role))
    menu = navigation.navigation(role, path="/nowhere/")
    assert len({item.key for item in menu}) == len(menu) <= 7
    assert EXPECTED.get(role, set()) <= {item.key for item in menu}
    for item in (*menu, *navigation.more(role)):
        answer = client.get(item.url)
        assert answer.status_code == 200, (item.key, item.url, answer.status_code)
        # The bar of a phone has four places and More.
        if item in (menu[:4] if role in FACTORY_SIDE else menu):
            assert 'aria-current="page"' in answer.content.decode(), item.url
    more = client.get("/more/").content.decode()
    assert all(f'href="{item.url}"' in more for item in (*menu, *navigation.more(role)))


@pytest.mark.parametrize("role", Role.values)
def test_signing_in_leads_to_the_first_place(person: Any, sign_in: Any, role: str) -> None:
    answer = sign_in(user=person(role)).get("/")
    assert answer.status_code == 302
    assert answer["Location"] == navigation.navigation(role, path="/")[0].url
