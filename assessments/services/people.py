"""What planning is told of people and factories: skills, absences, conflicts, closures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from assessments.models import (
    Absence,
    AssessorProfile,
    ConflictOfInterest,
    CountryDay,
    FactoryClosure,
)
from betterwork import queue
from betterwork.accounts.models import Membership, Role
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy import services as tenancy
from betterwork.tenancy.models import Programme
from factories.models import Factory
from factories.selectors.cycles import is_public_holiday

# What a person may say of themselves; the rest is a planner's to grant.
OWN_FIELDS = ("languages", "sex", "base_region", "latitude", "longitude")
GRANTED_FIELDS = ("may_lead", "has_osh", "is_available", "days_a_month")
LONGEST_ABSENCE_DAYS = 366


def require_advisor(user_id: int) -> None:
    """Raises: DomainError("not_an_advisor")."""
    rows = Membership.objects.filter(
        user_id=user_id,
        role=Role.ADVISOR,
        programme_id=scope.current_programme(),
        ended_at__isnull=True,
    )
    if not rows.exists():
        raise DomainError("not_an_advisor")


@transaction.atomic
def save_profile(*, user_id: int, values: dict[str, Any]) -> AssessorProfile:
    """Keep what planning needs to know of an advisor.

    A person writes what is theirs to say (`OWN_FIELDS`); `may_lead`, `has_osh`, `is_available` and
    `days_a_month` only a planner. Raises: DomainError("not_an_advisor" | "not_yours_to_grant" |
    "location_half").
    """
    require_advisor(user_id)
    now = scope.current()
    is_planner = now.role in {Role.PLANNER, scope.SYSTEM}
    if not is_planner and (now.user != user_id or set(values) - set(OWN_FIELDS)):
        raise DomainError("not_yours_to_grant")
    if (values.get("latitude") is None) != (values.get("longitude") is None):
        raise DomainError("location_half")
    profile, _made = AssessorProfile.objects.get_or_create(user_id=user_id)
    known = {*OWN_FIELDS, *GRANTED_FIELDS}
    for name, value in values.items():
        if name in known:
            setattr(profile, name, value)
    profile.save()
    record(Action.PROFILE_CHANGED, about=profile, sealed=True, person=user_id)
    return profile


@transaction.atomic
def declare_no_more(*, user_id: int, on: date) -> AssessorProfile:
    """The person's word that every conflict of interest is declared as of a day."""
    require_advisor(user_id)
    profile, _made = AssessorProfile.objects.get_or_create(user_id=user_id)
    profile.conflicts_declared_on = on
    profile.save(update_fields=["conflicts_declared_on", "changed_at"])
    record(Action.CONFLICTS_DECLARED, about=profile, sealed=True)
    return profile


@transaction.atomic
def declare_conflict(
    *, user_id: int, factory_id: UUID, reason: str, on: date
) -> ConflictOfInterest:
    """Declare a tie to a factory. Declared already: answered as it is.

    Raises: DomainError("reason_needed" | "not_an_advisor").
    """
    if not reason.strip():
        raise DomainError("reason_needed")
    require_advisor(user_id)
    factory = Factory.objects.get(pk=factory_id)
    found = ConflictOfInterest.objects.filter(
        user_id=user_id, factory=factory, ended_on__isnull=True
    ).first()
    if found is not None:
        return found
    made = ConflictOfInterest.objects.create(
        user_id=user_id, factory=factory, reason=reason.strip(), declared_on=on
    )
    # For the person, managers and planners; which factory, not even the trail says.
    record(Action.CONFLICTS_DECLARED, about=made, sealed=True)
    _look_again("conflict", made.pk)
    return made


@transaction.atomic
def end_conflict(*, conflict_id: UUID, on: date) -> ConflictOfInterest:
    found: ConflictOfInterest = ConflictOfInterest.objects.select_for_update(no_key=True).get(
        pk=conflict_id
    )
    if found.ended_on is None:
        found.ended_on = max(on, found.declared_on)
        found.save(update_fields=["ended_on"])
        record(Action.CONFLICTS_DECLARED, about=found, sealed=True, ended=True)
    return found


@transaction.atomic
def record_absence(
    *,
    user_id: int,
    first_day: date,
    last_day: date,
    kind: str = Absence.Kind.LEAVE,
    by: int | None,
) -> Absence:
    """Days on which an advisor takes no assessment. The same days again: answered as they are.

    Whether a sealed visit falls on them is looked at by the worker, never told here.
    Raises: DomainError("days_reversed" | "absence_too_long" | "not_an_advisor").
    """
    if last_day < first_day:
        raise DomainError("days_reversed")
    if (last_day - first_day).days >= LONGEST_ABSENCE_DAYS:
        raise DomainError("absence_too_long", most=LONGEST_ABSENCE_DAYS)
    require_advisor(user_id)
    same = Absence.objects.filter(
        user_id=user_id, first_day=first_day, last_day=last_day, withdrawn_at__isnull=True
    ).first()
    if same is not None:
        return same
    made = Absence.objects.create(
        user_id=user_id, first_day=first_day, last_day=last_day, kind=kind, recorded_by_id=by
    )
    record(Action.ABSENCE_RECORDED, about=made, sealed=True, person=user_id)
    _look_again("absence", made.pk)
    return made


@transaction.atomic
def withdraw_absence(*, absence_id: UUID, now: datetime) -> Absence:
    found: Absence = Absence.objects.select_for_update(no_key=True).get(pk=absence_id)
    if found.withdrawn_at is None:
        found.withdrawn_at = now
        found.save(update_fields=["withdrawn_at"])
        record(
            Action.ABSENCE_RECORDED, about=found, sealed=True, person=found.user_id, withdrawn=True
        )
    return found


@transaction.atomic
def record_closure(
    *,
    factory_id: UUID,
    first_day: date,
    last_day: date,
    kind: str = FactoryClosure.Kind.CLOSED,
    note: str = "",
    by: int | None,
) -> FactoryClosure:
    """Days on which a factory is not visited. The same days again: answered as they are.

    Raises: DomainError("days_reversed" | "absence_too_long" | "reason_needed").
    """
    if last_day < first_day:
        raise DomainError("days_reversed")
    if (last_day - first_day).days >= LONGEST_ABSENCE_DAYS:
        raise DomainError("absence_too_long", most=LONGEST_ABSENCE_DAYS)
    if kind == FactoryClosure.Kind.FORCE_MAJEURE and not note.strip():
        raise DomainError("reason_needed")
    factory = Factory.objects.get(pk=factory_id)
    same = FactoryClosure.objects.filter(
        factory=factory, first_day=first_day, last_day=last_day, withdrawn_at__isnull=True
    ).first()
    if same is not None:
        return same
    made = FactoryClosure.objects.create(
        factory=factory,
        first_day=first_day,
        last_day=last_day,
        kind=kind,
        note=note.strip(),
        recorded_by_id=by,
    )
    record(Action.CLOSURE_RECORDED, about=made, factory_id=factory_id)
    _look_again("closure", made.pk)
    return made


@transaction.atomic
def record_force_majeure(
    *, regions: Sequence[str], first_day: date, last_day: date, note: str, by: int | None
) -> list[FactoryClosure]:
    """Nobody can travel to whole regions: one closure for each of their active factories.

    Raises: as `record_closure`, and DomainError("no_regions").
    """
    if not regions:
        raise DomainError("no_regions")
    rows = Factory.objects.filter(
        region__in=regions, status=Factory.Status.ACTIVE, merged_into__isnull=True
    )
    return [
        record_closure(
            factory_id=pk,
            first_day=first_day,
            last_day=last_day,
            kind=FactoryClosure.Kind.FORCE_MAJEURE,
            note=note,
            by=by,
        )
        for pk in rows.order_by("pk").values_list("pk", flat=True)
    ]


@transaction.atomic
def withdraw_closure(*, closure_id: UUID, now: datetime) -> FactoryClosure:
    found: FactoryClosure = FactoryClosure.objects.select_for_update(no_key=True).get(pk=closure_id)
    if found.withdrawn_at is None:
        found.withdrawn_at = now
        found.save(update_fields=["withdrawn_at"])
        record(Action.CLOSURE_RECORDED, about=found, factory_id=found.factory_id, withdrawn=True)
    return found


@transaction.atomic
def record_country_day(
    *, day: date, kind: str, name: str, by: int | None, today: date | None = None
) -> CountryDay:
    """A day on which the whole programme's calendar departs from the public one.

    Planner, calendars and due dates follow it. The same day again: answered as it is. Raises:
    DomainError("text_missing" | "not_a_holiday") where a day is to be worked that is no public
    holiday, DomainError("worked_day_past") where it is over: what was in time must stay in time.
    """
    if not name.strip():
        raise DomainError("text_missing")
    if kind == CountryDay.Kind.WORKED and today is not None and day < today:
        raise DomainError("worked_day_past", day=day)
    programme = Programme.objects.get(pk=scope.current_programme())
    if kind == CountryDay.Kind.WORKED and not is_public_holiday(programme.country, day):
        raise DomainError("not_a_holiday", day=day)
    same = CountryDay.objects.filter(day=day, withdrawn_at__isnull=True).first()
    if same is not None:
        return same
    made = CountryDay.objects.create(day=day, kind=kind, name=name.strip(), recorded_by_id=by)
    record(Action.CLOSURE_RECORDED, about=made, day=day.isoformat(), kind=kind)
    _look_again("closure", made.pk)
    return made


@transaction.atomic
def withdraw_country_day(*, day_id: UUID, now: datetime) -> CountryDay:
    found: CountryDay = CountryDay.objects.select_for_update(no_key=True).get(pk=day_id)
    if found.withdrawn_at is None:
        found.withdrawn_at = now
        found.save(update_fields=["withdrawn_at"])
        record(Action.CLOSURE_RECORDED, about=found, withdrawn=True)
        _look_again("closure", found.pk)
    return found


@transaction.atomic
def change_weekly_rest(*, weekdays: Iterable[int]) -> Programme:
    """Other weekly rest days of the programme; its visits are looked at again.

    Raises: DomainError("rest_days_unknown" | "rest_all_week").
    """
    programme = tenancy.change_weekly_rest(weekdays=weekdays)
    _look_again("closure", uuid4())
    return programme


def _look_again(cause: str, cause_id: UUID) -> None:
    """Queue a look at what the new fact does to planned visits.

    Always, whether or not a visit is hit: the time this takes must not tell.
    """
    with scope.system_scope():
        queue.enqueue(
            "assessments.replan_visits",
            key=f"replan:{cause}:{cause_id}",
            sealed=True,
            cause=cause,
            cause_id=str(cause_id),
        )
