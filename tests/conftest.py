"""Fixtures of the whole suite: real PostgreSQL as the application role, real Redis.

The test database is made and migrated by the owner role (alias `owner`); every test then runs as
the application role (alias `default`), held by row-level security like the product itself.
Programmes, the tool and the law are loaded once and stay; what a test adds is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from django.utils import timezone
from hypothesis import HealthCheck, settings

from assessments import tool
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests import builders

# How long an example takes is nobody's test: the benchmark tells of speed.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """The owner makes and migrates one database; the application role is its mirror."""
    keep = django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, keepdb=keep)
        try:
            call_command("load_library", verbosity=0)
        except CommandError:  # a kept database holds an older tool under the same label
            if not keep:
                raise
            teardown_databases(made, verbosity=0, keepdb=False)
            made = setup_databases(verbosity=0, interactive=False)
            call_command("load_library", verbosity=0)
        connections["default"].close()
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            connections["default"].close()
            teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _words_last() -> Iterator[None]:
    """Words of the tool are read anew every five minutes: no count of queries may straddle that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tool, "TEXTS_LAST_SECONDS", 10**9)
        yield


def _programme(code: str) -> Programme:
    with scope.anonymous_scope():
        return Programme.objects.get(code=code)


@pytest.fixture
def bd(db: None) -> Iterator[Programme]:
    """The Bangladesh programme, its scope open as `system`, on its own calendar day.

    Its day begins six hours before that of the server: a test at night must not know another today.
    """
    programme = _programme("BD")
    with timezone.override(ZoneInfo(programme.timezone)), scope.programme_scope(programme.pk):
        yield programme


@pytest.fixture
def jordan(db: None) -> Programme:
    """The Jordan programme, without a scope: the other tenant."""
    return _programme("JO")


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """`sign_in("manager")` or `sign_in(user=...)`: a client wearing one hat."""

    def enter(
        role: str = "manager", *, programme: str = "BD", user: Any = None, **hat: Any
    ) -> Client:
        if user is None:
            user = builders.make_member(role, programme=programme, **hat)
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter
