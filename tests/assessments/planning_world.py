"""A small country to plan: advisors with skills, factories whose window lies ahead."""

from __future__ import annotations

import random
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from assessments.models import Assessment, AssessorProfile
from assessments.services import plans
from betterwork.accounts.models import User
from factories.models import Factory
from tests.builders import make_cycle, make_factory, make_member

TODAY = date(2026, 3, 2)  # a Monday
REGIONS = ("Gazipur", "Savar", "Narayanganj")


@dataclass
class Country:
    people: list[User] = field(default_factory=list)
    factories: list[Factory] = field(default_factory=list)
    planner: Any = None

    def plan(self, key: str = "night:test", *, seed: int = 7, today: date = TODAY) -> Any:
        """One run of the planner in the open scope, its random numbers fixed for the test."""
        return plans.run_plan(
            scoped=nullcontext,
            key=key,
            cause="night",
            today=today,
            source=random.Random(seed),
        )

    def replan(self, key: str = "replan:test", *, seed: int = 8, today: date = TODAY) -> Any:
        return plans.run_replan(
            scoped=nullcontext,
            key=key,
            cause="absence",
            cause_id=None,
            today=today,
            source=random.Random(seed),
        )


def make_country(*, factories: int = 4, people: int = 6) -> Country:
    """Windows open 40 days from TODAY; every second person may lead."""
    country = Country(planner=make_member("planner"))
    for number in range(people):
        user = make_member("advisor")
        AssessorProfile.objects.create(
            user=user,
            languages=["bn"],
            may_lead=number % 2 == 0,
            has_osh=number % 3 == 0,
            sex="female" if number % 2 else "male",
            base_region=REGIONS[number % 3],
            days_a_month=9,
        )
        country.people.append(user)
    for number in range(factories):
        factory = make_factory(
            region=REGIONS[number % 3], languages=["bn"], latitude="23.9", longitude="90.4"
        )
        make_cycle(factory, number=2, starts_on=TODAY - timedelta(days=60))
        country.factories.append(factory)
    return country


def days() -> dict[Any, tuple[Any, ...]]:
    """Day and team of every planned visit, by assessment."""
    rows = Assessment.objects.filter(status="planned").prefetch_related("team")
    return {
        row.pk: (
            row.starts_on,
            row.ends_on,
            tuple(sorted((seat.position, seat.user_id) for seat in row.team.all())),
        )
        for row in rows
    }
