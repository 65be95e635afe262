"""What the demo's planner looks at: invented skills, leave, closures and appointments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from advisory.models import AdvisoryVisit
from assessments.models import Absence, AssessorProfile, ConflictOfInterest, FactoryClosure
from betterwork.accounts.models import User
from betterwork.tenancy.models import Programme
from factories.models import EngagementCycle, Factory


def build(
    programme: Programme,
    today: date,
    *,
    people: Sequence[User],
    regions: Sequence[str],
    language: str,
    working: Callable[[date], date],
) -> None:
    """Facts about people and factories only: the visits themselves are drawn by the worker."""
    for number, person in enumerate(people):
        AssessorProfile.objects.create(
            user=person,
            languages=[language] if number % 4 == 3 else sorted({language, "en"}),
            may_lead=number % 2 == 0 or number < 2,
            has_osh=number % 3 == 0,
            sex="" if number % 5 == 4 else ("female" if number % 2 == 0 else "male"),
            base_region=regions[number % len(regions)],
            days_a_month=6 + number % 4,
            conflicts_declared_on=today - timedelta(days=20 + number),
        )
        first = working(today + timedelta(days=9 + number * 11))
        if number % 2:
            Absence.objects.create(
                user=person,
                first_day=first,
                last_day=first + timedelta(days=4),
                kind=("leave", "course", "leave", "other")[number % 4],
            )
    factories = list(Factory.objects.filter(status="active").order_by("legacy_id"))
    ConflictOfInterest.objects.create(
        user=people[-1],
        factory=factories[7],
        reason="A cousin works in the packing section.",
        declared_on=today - timedelta(days=20),
    )
    for number, (index, kind, note) in enumerate(
        (
            (6, "closed", "The factory closes for maintenance, told at the last visit."),
            (9, "peak_season", "Peak of the winter orders."),
        )
    ):
        if index < len(factories):
            first = today + timedelta(days=20 + 12 * number)
            FactoryClosure.objects.create(
                factory=factories[index],
                first_day=first,
                last_day=first + timedelta(days=5 + 9 * number),
                kind=kind,
                note=note,
            )
    cycles = {row.factory_id: row for row in EngagementCycle.objects.filter(ends_on__isnull=True)}
    for number, factory in enumerate(factories[:8]):
        cycle = cycles.get(factory.pk)
        if cycle is None or factory.advisor is None:
            continue
        day = working(today + timedelta(days=4 + 5 * number))
        AdvisoryVisit.objects.create(
            factory=factory,
            cycle=cycle,
            planned_on=day,
            advisor=factory.advisor,
            topics="Follow-up of the improvement plan",
        )
