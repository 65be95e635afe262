"""Requests that were not meant: from other sites, with borrowed sessions, under false names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from betterwork.accounts.models import Role
from betterwork.tenancy.models import Programme
from tests import builders

from .world import World, ask, routes, why

PASSWORD = "a long password"
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_redirect_to_another_host(bd: Programme, target: str) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    data = {"login": person.email, "password": PASSWORD, "next": target}
    client = Client()
    for answer in (
        client.post(f"{reverse('account_login')}?next={target}", data),
        client.post(reverse("ui:looks"), {"language": "en", "next": target}),
        client.post(reverse("account_logout"), {"next": target}),
    ):
        assert answer.status_code in {200, 302}
        assert "evil" not in answer.headers.get("Location", "")
        assert "javascript" not in answer.headers.get("Location", "")


def test_sign_in_goes_where_it_was_meant_to(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    client = Client()
    wanted = reverse("accounts:sessions")
    page = client.get(wanted)
    data = {"login": person.email, "password": PASSWORD, "next": wanted}
    assert client.post(page["Location"], data)["Location"] == wanted


def test_every_form_refuses_a_foreign_page(world: World) -> None:
    client = world.client(Role.MANAGER)
    client.handler.enforce_csrf_checks = True
    for route in routes():
        address = world.address(route)
        if address is None or route.name.startswith("health"):
            continue
        answer = ask(client, "post", address)
        assert answer.status_code in {403, 405}, f"{route.name}: {answer.status_code}"
        if answer.status_code == 403:
            assert "waited too long" in answer.content.decode() or not route.allows(Role.MANAGER)


def test_session_of_before_the_sign_in_is_worth_nothing(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    client = Client()
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    planted = session.session_key
    answer = client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value != planted
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert thief.get(reverse("accounts:preferences")).status_code == 302
    kept = cookie.value
    client.post(reverse("account_logout"))
    thief.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert thief.get(reverse("accounts:preferences")).status_code == 302


def test_invented_session_key_is_not_taken_over(bd: Programme) -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    client.get(reverse("account_login"))
    person = builders.make_member(Role.AMBASSADOR)
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "a" * 32


def test_false_host_is_refused(bd: Programme) -> None:
    answer = Client().get(reverse("account_login"), headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_headers_of_every_page(bd: Programme, sign_in: Callable[..., Client]) -> None:
    for answer in (
        Client().get(reverse("account_login")),
        sign_in(Role.MANAGER).get(reverse("accounts:people")),
        sign_in(Role.ADVISOR).get(reverse("accounts:people")),
        Client().get("/there/is/nothing/here/"),
    ):
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_forwarded_address_is_believed_only_behind_a_proxy(bd: Programme, settings: object) -> None:
    from betterwork.records.models import TrailEvent

    person = builders.make_member(Role.AMBASSADOR)
    data = {"login": person.email, "password": PASSWORD}
    forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    Client().post(reverse("account_login"), data, headers=forged)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    Client().post(reverse("account_login"), data, headers=forged)
    events = TrailEvent.objects.filter(action="signed_in", actor=person).order_by("at")
    assert list(events.values_list("address", flat=True)) == ["127.0.0.1", "198.51.100.7"]


def test_server_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "BETTERWORK_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "betterwork.settings.production",
        "SECRET_KEY": "kX7-qP2vLr9TzW4mB8nC1dF6gH3jK5sA0eYuIoQwRtZxVbNm_4f7H2",
        "ALLOWED_HOSTS": "betterwork.example",
        "SITE_ADDRESS": "https://betterwork.example",
        "DATABASE_URL": "postgresql://app:secret@127.0.0.1:1/betterwork",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_HOST": "smtp.example",
    }
    root = Path(settings.BASE_DIR)
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=root, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


ASKED = (
    "q", "page", "sort", "state", "status", "year", "month", "day", "language", "role", "region",
    "type", "advisor", "group", "cycle", "period", "basis", "from", "to", "panel", "by", "point",
    "question", "factory", "action", "modality", "whose", "show", "kind", "fails", "code",
    "country", "first", "second", "export", "format", "envelope", "all", "origin",
    "next",
)  # fmt: skip


@pytest.mark.parametrize("value", ["\x00", "²", "0", "-1", "10000", "9" * 30, "1e9", "[]", "x'"])
def test_no_page_breaks_on_what_is_typed_into_its_address(world: World, value: str) -> None:
    for role in (Role.MANAGER, Role.PLANNER, Role.AMBASSADOR):
        client = world.client(role)
        for route in routes():
            address = world.address(route)
            if address is None or not route.allows(role):
                continue
            answer = ask(client, "get", address, **dict.fromkeys(ASKED, value))
            assert answer.status_code < 500, f"{role} {route.name}: {why(answer)}"
            if answer.status_code == 400:
                assert value == "\x00"


def test_zero_byte_in_a_form_changes_nothing(bd: Programme, sign_in: Callable[..., Client]) -> None:
    client = sign_in(Role.MANAGER)
    data = {"email": "new@example.org", "role": "staff", "language": "en", "full_name": "A\x00B"}
    assert client.post(reverse("accounts:invite"), data).status_code in {400, 422}
    assert "new@example.org" not in client.get(reverse("accounts:people")).content.decode()
