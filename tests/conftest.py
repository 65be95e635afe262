"""Fixtures of the whole suite: real PostgreSQL as the application role, real Redis.

The test database is made and migrated by the owner role (alias `owner`); every test then runs as
the application role (alias `default`), held by row-level security like the product itself.
Programmes, the tool and the law are loaded once and stay; what a test adds is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests import builders


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Programmes, tool and law, as `make run` loads them."""
    with django_db_blocker.unblock():
        call_command("load_library", verbosity=0)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield


def _programme(code: str) -> Programme:
    with scope.anonymous_scope():
        return Programme.objects.get(code=code)


@pytest.fixture
def bd(db: None) -> Iterator[Programme]:
    """The Bangladesh programme, its scope open as `system`."""
    programme = _programme("BD")
    with scope.programme_scope(programme.pk):
        yield programme


@pytest.fixture
def jordan(db: None) -> Programme:
    """The Jordan programme, without a scope: the other tenant."""
    return _programme("JO")


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """`sign_in("manager")` or `sign_in(user=...)`: a client wearing one hat."""

    def enter(role: str = "manager", *, programme: str = "BD", user: Any = None, **hat: Any) -> Client:
        if user is None:
            user = builders.make_member(role, programme=programme, **hat)
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter
