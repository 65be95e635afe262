"""One valid thing each. Every builder works inside the scope that is open (fixture `bd`)."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from betterwork.accounts.models import FACTORY_SIDE, Membership, Role, User
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import EngagementCycle, Factory

_count = itertools.count(1)


def make_user(name: str = "", *, language: str = "en", **extra: Any) -> User:
    number = next(_count)
    return User.objects.create_user(
        f"person{number}@example.org",
        "a long password",
        full_name=name or f"Person {number}",
        language=language,
        **{"is_demo": True, **extra},  # demo people need no second factor where DEMO is on
    )


def make_member(
    role: str = Role.MANAGER, *, programme: str = "BD", user: User | None = None, **hat: Any
) -> User:
    """A person with one hat. Factory roles get a factory made for them unless one is given."""
    user = user or make_user()
    needs_programme = role not in {Role.GLOBAL, Role.GROUP_LEAD, Role.BUYER}
    if role in FACTORY_SIDE and "factory" not in hat:
        hat["factory"] = make_factory()
    with scope.scope(scope.Facts("platform")):
        home = Programme.objects.get(code=programme) if needs_programme else None
        Membership.objects.create(user=user, role=role, programme=home, **hat)
    return user


def make_factory(name: str = "", **extra: Any) -> Factory:
    number = next(_count)
    values: dict[str, Any] = {
        "code": f"T-{number:05d}",
        "name": name or f"Factory {number}",
        "region": "Gazipur",
        "city": "Gazipur",
        "workers_female": 600,
        "workers_male": 400,
        "status_since": date(2025, 1, 1),
        "registered_on": date(2025, 1, 1),
    }
    return Factory.objects.create(**{**values, **extra})


def make_cycle(factory: Factory | None = None, **extra: Any) -> EngagementCycle:
    factory = factory or make_factory()
    values: dict[str, Any] = {"number": 1, "starts_on": date(2026, 1, 1)}
    return EngagementCycle.objects.create(factory=factory, **{**values, **extra})
