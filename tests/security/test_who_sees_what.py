"""Every address as every role: what the table of rights says, and nothing else.

The walk finds the routes by itself, so a new page is covered the day it is added.
"""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.permissions import Permission
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests import builders

from . import world as worlds
from .world import COMMON, ROLES, Route, World, ask, routes

ALL = routes()
OURS = [route for route in ALL if not route.is_foreign]
CSP = {
    "default-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
INLINE = (
    (re.compile(r"<style[\s>]", re.I), "a style element"),
    (re.compile(r"<[a-z][^>]*\sstyle\s*=", re.I), "an inline style"),
    (re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I), "an inline handler"),
    (re.compile(r"javascript:", re.I), "a javascript: address"),
    (re.compile(r"(?:src|href)=[\"'](?:https?:)?//", re.I), "something of another host"),
)
SCRIPT = re.compile(r"<script\b([^>]*)>", re.I)


def problems_of_page(html: str) -> list[str]:
    """What a strict content security policy would stop, and headings that are not one."""
    found = [what for pattern, what in INLINE if pattern.search(html)]
    for attributes in SCRIPT.findall(html):
        if "src=" not in attributes and 'type="application/json"' not in attributes:
            found.append("an inline script")
    if html.count("<h1") != 1 and "<html" in html:
        found.append(f"{html.count('<h1')} h1")
    return found


def test_every_view_says_who_may_use_it() -> None:
    silent = [route.name for route in OURS if not route.permissions]
    assert not silent, f"views without @requires: {silent}"
    for route in OURS:
        assert all(isinstance(each, Permission) for each in route.permissions or ())


def test_every_route_can_be_filled_in(world: World) -> None:
    """A parameter nobody knows is left out of the walk: name it in tests/security/world.py."""
    unknown = [f"{r.name}: {r.text}" for r in OURS if world.address(r) is None]
    assert not unknown, "\n".join(unknown)


@pytest.mark.parametrize("role", ROLES)
def test_role_may_do_what_the_table_says(world: World, role: str) -> None:
    client = world.client(role)
    wrong = []
    for route in OURS:
        address = world.address(route)
        if address is None:
            continue
        for method in ("get", "post"):
            answer = ask(client, method, address)
            status, allowed = answer.status_code, route.allows(role)
            if status >= 500 or (allowed and status == 403):
                wrong.append(f"{method} {route.name}: {status}, the role may{worlds.why(answer)}")
            elif not allowed and status not in {403, 405}:
                wrong.append(f"{method} {route.name}: {status}, the role may not")
            if method == "get":
                wrong += page_problems(route, answer)
    assert not wrong, "\n".join(wrong)


def page_problems(route: Route, answer: object) -> list[str]:
    """CSP header and inline code, for every answer that is a page."""
    if not answer["Content-Type"].startswith("text/html"):  # type: ignore[index]
        return []
    policy = answer.get("Content-Security-Policy", "")  # type: ignore[attr-defined]
    wrong = [] if set(policy.split("; ")) == CSP else [f"another policy: {policy}"]
    html = answer.body.decode()  # type: ignore[attr-defined]
    wrong += problems_of_page(html) if html else []
    return [f"{route.name} ({answer.status_code}): {what}" for what in wrong]  # type: ignore[attr-defined]


def test_visitor_meets_the_sign_in(world: World) -> None:
    wrong = []
    for route in OURS:
        address = world.address(route)
        if address is None:
            continue
        for method in ("get", "post"):
            client = Client(raise_request_exception=False)
            answer = ask(client, method, address)
            status = answer.status_code
            if route.is_public:
                if status in {403} or status >= 500:
                    wrong.append(f"{method} {route.name}: {status}, public{worlds.why(answer)}")
            elif status != 405 and not (
                status == 302 and answer["Location"].startswith(reverse("account_login"))
            ):
                wrong.append(f"{method} {route.name}: {status}, not the sign-in")
            if method == "get":
                wrong += page_problems(route, answer)
    assert not wrong, "\n".join(wrong)


def strangers() -> list[str]:
    return [
        "JO " + role for role in ROLES if role not in {Role.GLOBAL, Role.GROUP_LEAD, Role.BUYER}
    ]


def of_the_programme(route: Route) -> bool:
    """Whether the address names a row that only this programme's people may know of."""
    keys = set(route.keys().values())
    return bool(keys) and not keys <= COMMON and not route.is_public


@pytest.mark.parametrize("role", [r.removeprefix("JO ") for r in strangers()])
def test_another_programme_finds_nothing(world: World, jordan: Programme, role: str) -> None:
    with scope.programme_scope(jordan.pk):
        user = builders.make_member(role, programme="JO")
    world.users["stranger"] = user
    assert not leaks(world, role)


@pytest.mark.parametrize("role", [*sorted(FACTORY_SIDE), Role.GROUP_LEAD, Role.BUYER])
def test_another_factory_group_or_buyer_finds_nothing(
    world: World, bd: Programme, role: str
) -> None:
    from factories.models import Buyer, ManufacturingGroup

    hat = {}
    if role == Role.GROUP_LEAD:
        hat["group"] = ManufacturingGroup.objects.create(name="Another Holding")
    elif role == Role.BUYER:
        hat["buyer"] = Buyer.objects.create(name="Another Store")
    world.users["stranger"] = builders.make_member(role, **hat)
    assert not leaks(world, role)


def leaks(world: World, role: str) -> list[str]:
    """Addresses of this world's rows that answer the stranger with anything but "not here".

    A redirect is no leak where an invented id is redirected to the same place.
    """
    client = world.client("stranger")
    wrong = []
    for route in OURS:
        address = world.address(route)
        if address is None or not of_the_programme(route) or not route.allows(role):
            continue
        for method in ("get", "post"):
            answer = ask(client, method, address)
            if answer.status_code in {404, 405}:
                continue
            absent = ask(client, method, world.invented(route))
            if answer.status_code != 302 or answer.headers.get("Location") != absent.get(
                "Location"
            ):
                wrong.append(f"{method} {route.name}: {answer.status_code}")
    return wrong


def test_absent_and_foreign_rows_answer_alike(world: World, jordan: Programme) -> None:
    """The whole page, not the status alone: nothing tells a foreign id from an invented one."""
    with scope.programme_scope(jordan.pk):
        world.users["stranger"] = builders.make_member(Role.MANAGER, programme="JO")
    client = world.client("stranger")
    for route in OURS:
        if not of_the_programme(route) or not route.allows(Role.MANAGER):
            continue
        own, invented = world.address(route), world.invented(route)
        if own is None:
            continue
        pages = []
        for address in (own, invented):
            answer = ask(client, "get", address)
            html = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{60,}", "", answer.body.decode())
            pages.append((answer.status_code, html))
        assert pages[0] == pages[1], route.name


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AMBASSADOR, ""])
def test_pages_of_the_account_never_break(world: World, role: str) -> None:
    client = world.client(role) if role else Client(raise_request_exception=False)
    wrong = []
    for route in ALL:
        if not route.is_foreign or route.name in worlds.UNGUARDED:
            continue
        keys = route.keys()
        address = reverse(
            route.name, kwargs={name: 1 if name == "pk" else "anything" for name in keys}
        )
        answer = ask(client, "get", address)
        if answer.status_code >= 500:
            wrong.append(f"{route.name}: {answer.status_code}")
        wrong += page_problems(route, answer)
    assert not wrong, "\n".join(wrong)
