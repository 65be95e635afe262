"""A factory with its cycle, people, and an assessment with findings: what the plan begins from."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from advisory.models import PlanItem
from advisory.services import plan
from assessments.models import Answer, Assessment, ToolQuestion, ToolVersion
from betterwork.accounts.models import Role, User
from betterwork.tenancy import scope
from factories.models import EngagementCycle, Factory
from tests import builders

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
TODAY = date(2026, 11, 24)


@dataclass
class Home:
    """One factory and the people of its plan."""

    factory: Factory
    cycle: EngagementCycle
    people: dict[str, User] = field(default_factory=dict)

    @contextmanager
    def acting(self, role: str, user: User | None = None) -> Any:
        """The scope of one hat, as a request of that person has it."""
        own = self.factory.pk if role in FACTORY_ROLES else None
        user = user or self.people[role]
        with scope.programme_scope(
            scope.current_programme(), role=role, user_id=user.pk, factory_id=own
        ):
            yield user


FACTORY_ROLES = (Role.AMBASSADOR, Role.COMMITTEE_WORKER, Role.COMMITTEE_MANAGEMENT)


def make_home(**factory: Any) -> Home:
    advisor = builders.make_member(Role.ADVISOR)
    made = builders.make_factory(advisor=advisor, **factory)
    cycle = builders.make_cycle(made, starts_on=date(2026, 1, 1))
    home = Home(made, cycle, {Role.ADVISOR: advisor})
    for role in FACTORY_ROLES:
        home.people[role] = builders.make_member(role, factory=made)
    return home


def questions(count: int, *, skip: int = 0) -> list[ToolQuestion]:
    version = ToolVersion.objects.filter(status="published").order_by("-effective_from")[0]
    rows = ToolQuestion.objects.filter(version=version, kind="ncq").order_by("order")
    return list(rows[skip : skip + count])


def make_assessment(
    home: Home, *, findings: int = 3, status: str = "released", **extra: Any
) -> Assessment:
    version = ToolVersion.objects.filter(status="published").order_by("-effective_from")[0]
    code = f"A-{Assessment.objects.count() + 1:05d}"
    values: dict[str, Any] = {
        "code": code,
        "factory": home.factory,
        "cycle": home.cycle,
        "cycle_number": home.cycle.number,
        "version": version,
        "starts_on": date(2026, 7, 12),
        "ends_on": date(2026, 7, 13),
        "status": status,
        "sealed": False,
        "checked_in_at": NOW - timedelta(days=130),
        "comments_close_on": date(2026, 8, 1),
        "released_at": NOW - timedelta(days=100) if status == "released" else None,
    }
    assessment = Assessment.objects.create(**{**values, **extra})
    answer(assessment, questions(findings), "non_compliant")
    return assessment


def answer(assessment: Assessment, asked: list[ToolQuestion], outcome: str) -> None:
    Answer.objects.bulk_create(
        Answer(
            programme_id=assessment.programme_id,
            assessment=assessment,
            question=question,
            point=question.point,
            outcome=outcome,
            finding="Cartons stood in front of the exit." if outcome == "non_compliant" else "",
            answered_at=NOW,
        )
        for question in asked
    )


_seconds = itertools.count(1)


def later() -> datetime:
    """The next moment of the same day: what happens one after the other has its order."""
    return NOW + timedelta(seconds=next(_seconds))


def make_item(home: Home, **extra: Any) -> PlanItem:
    values: dict[str, Any] = {
        "factory_id": home.factory.pk,
        "origin": "advisory",
        "point_id": questions(1)[0].point_id,
        "issue": f"Issue {PlanItem.objects.count() + 1}",
        "by": home.people[Role.ADVISOR],
        "now": later(),
    }
    return plan.create_item(**{**values, **extra})


def bring_to(home: Home, item: PlanItem, state: str) -> PlanItem:
    """Move an item on to "reported", "half", "completed" or "verified" by its own people."""
    with home.acting(Role.AMBASSADOR):
        plan.report_done(item_id=item.pk, now=later())
    if state in {"half", "completed", "verified"}:
        with home.acting(Role.COMMITTEE_MANAGEMENT):
            plan.confirm(item_id=item.pk, now=later())
    if state in {"completed", "verified"}:
        with home.acting(Role.COMMITTEE_WORKER):
            plan.confirm(item_id=item.pk, now=later())
    if state == "verified":
        with home.acting(Role.ADVISOR):
            plan.verify(item_id=item.pk, now=later())
    item.refresh_from_db()
    return item
