"""Planning: an assessment is made, given its days and team, put off, refused or given up."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat
from django.utils import timezone

from assessments import people_facts, state
from assessments.models import Assessment, AssessmentMember, VisitPlan
from assessments.rules.applies import Place
from assessments.rules.lifecycle import Move
from assessments.rules.modality import (
    Check,
    Modality,
    ModalityFacts,
    ModalitySettings,
    Strictness,
    check_days,
    choose_modality,
    is_team_allowed,
    propose_modality,
)
from assessments.tool import tool_of, version_in_force
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.tenancy.selectors import settings_values
from factories.models import EngagementCycle, Factory
from factories.selectors import working_day_test

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 O 1 I: read aloud and typed by people
ENDED = (
    Assessment.Status.CANCELLED,
    Assessment.Status.ACCESS_REFUSED,
    Assessment.Status.POSTPONED,
)
# What may be attempted once more.
REPEATED = (Assessment.Status.ACCESS_REFUSED, Assessment.Status.POSTPONED)


def lock_planning() -> None:
    """One writer of days and teams at a time in a programme; the second waits for the first.

    Taken before any row is held, by hand and by the planner alike: nothing waits in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))",
            [f"planning:{scope.current_programme()}"],
        )


def create_assessment(
    *,
    factory_id: UUID,
    starts_on: date | None = None,
    ends_on: date | None = None,
    modality: str = Modality.ON_SITE,
    lead_id: int | None = None,
    second_id: int | None = None,
    created_by: int | None,
    modality_reason: str = "",
    today: date | None = None,
) -> Assessment:
    """Plan one assessment in the factory's open cycle, sealed until check-in.

    Without days it stands unscheduled. Asking again for the same days and team answers the
    assessment already there; one that stands unscheduled is given its days and team. `today`, where
    given, refuses days in the past.
    Raises: DomainError("no_open_cycle" | "factory_not_active" | "assessment_in_cycle_exists" |
    "no_tool_in_force" | "override_needs_reason" | "days_missing" | "days_reversed" |
    "days_past" | "rest_day" | "visit_days" | "team_refused", checks).
    """
    if starts_on is not None:
        lock_planning()
    return create_or_find(
        factory_id=factory_id,
        starts_on=starts_on,
        ends_on=ends_on,
        modality=modality,
        lead_id=lead_id,
        second_id=second_id,
        created_by=created_by,
        modality_reason=modality_reason,
        today=today,
    )[0]


def create_or_find(
    *,
    factory_id: UUID,
    starts_on: date | None = None,
    ends_on: date | None = None,
    modality: str = Modality.ON_SITE,
    lead_id: int | None = None,
    second_id: int | None = None,
    created_by: int | None,
    modality_reason: str = "",
    today: date | None = None,
    opened_automatically: bool = False,
) -> tuple[Assessment, bool]:
    """As `create_assessment`, and whether the assessment is new.

    Every refusal comes before the first write, so this runs in the scope's own transaction.
    """
    drawn = draw_code()
    same = Concat(OuterRef("programme__code"), Value(f"-{drawn}"))
    # The cycle is held: whoever else asks for it waits, and then finds what was made here.
    cycle = (
        EngagementCycle.objects.select_related("factory", "programme")
        .select_for_update(no_key=True, of=("self",))
        .filter(factory_id=factory_id, ends_on__isnull=True)
        .annotate(
            is_code_taken=Exists(Assessment.objects.filter(code=same)),
            is_egregious=Exists(people_facts.egregious_answers(OuterRef("factory_id"))),
        )
        .first()
    )
    if cycle is None:
        raise DomainError("no_open_cycle")
    factory: Factory = cycle.factory
    if factory.status != Factory.Status.ACTIVE:
        raise DomainError("factory_not_active", status=factory.get_status_display())
    existing = Assessment.objects.filter(cycle=cycle).exclude(status__in=ENDED).first()
    if existing is not None:
        found = _schedule_existing(
            existing,
            starts_on=starts_on,
            ends_on=ends_on,
            modality=modality,
            team=(lead_id, second_id),
            by=created_by,
            modality_reason=modality_reason,
            today=today,
        )
        return found, False
    _check_modality(
        cycle.number, modality, modality_reason, factory=factory, is_egregious=cycle.is_egregious
    )
    checks = _check_schedule(
        cycle.programme,
        factory,
        starts_on,
        ends_on,
        lead_id,
        second_id,
        today,
    )
    version = version_in_force(starts_on or today or timezone.now().date())
    tool = tool_of(version.pk)
    left_out = tool.left_out(place_of(factory, modality))
    assessment = Assessment(
        code=f"{cycle.programme.code}-{draw_code() if cycle.is_code_taken else drawn}",
        factory=factory,
        cycle=cycle,
        cycle_number=cycle.number,
        version=version,
        modality=modality,
        starts_on=starts_on,
        ends_on=ends_on or starts_on,
        left_out=left_out,
        questions_total=len(tool.questions) - len(left_out),
        workers_female=factory.workers_female,
        workers_male=factory.workers_male,
        opened_automatically=opened_automatically,
        created_by_id=created_by,
    )
    assessment.save(force_insert=True)
    _seat(assessment, lead_id, second_id)
    record(
        Action.ASSESSMENT_CREATED,
        about=assessment,
        factory_id=factory.pk,
        sealed=True,
        modality=str(modality),
        reason=modality_reason,
        rules=[check.key for check in checks if not check.is_passed],
    )
    return assessment, True


def _schedule_existing(
    existing: Assessment,
    *,
    starts_on: date | None,
    ends_on: date | None,
    modality: str,
    team: tuple[int | None, int | None],
    by: int | None,
    modality_reason: str,
    today: date | None,
) -> Assessment:
    wanted = {user for user in team if user}
    if existing.starts_on == starts_on and existing.modality == modality:
        seats = existing.team.values_list("user_id", flat=True)
        if set(seats) == wanted:
            return existing
    if existing.status != Assessment.Status.PLANNED or existing.starts_on is not None:
        raise DomainError("assessment_in_cycle_exists", cycle=existing.cycle_number)
    if starts_on is None:
        return existing
    return schedule_assessment(
        assessment_id=existing.pk,
        starts_on=starts_on,
        ends_on=ends_on,
        modality=modality,
        lead_id=team[0],
        second_id=team[1],
        by=by,
        modality_reason=modality_reason,
        today=today,
    )


@transaction.atomic
def schedule_assessment(
    *,
    assessment_id: UUID,
    starts_on: date,
    ends_on: date | None = None,
    modality: str = Modality.ON_SITE,
    lead_id: int | None,
    second_id: int | None,
    by: int | None,
    modality_reason: str = "",
    today: date | None = None,
) -> Assessment:
    """Give a planned assessment its days and team, or other ones. Stays sealed.

    A postponed one that was never seen is planned anew. One that others saw, because its team had
    checked in or was refused, stays as they saw it: the answer is then another, sealed assessment.
    Raises: as `create_assessment`, and NotAllowed("move_refused") from a status that cannot be
    planned.
    """
    lock_planning()
    assessment = state.locked(assessment_id)
    if assessment.status in REPEATED and _was_seen(assessment):
        return create_assessment(
            factory_id=assessment.factory_id,
            starts_on=starts_on,
            ends_on=ends_on,
            modality=modality,
            lead_id=lead_id,
            second_id=second_id,
            created_by=by,
            modality_reason=modality_reason,
            today=today,
        )
    anew = assessment.status != Assessment.Status.PLANNED
    if anew:
        _require_only_one(assessment)
    is_egregious = people_facts.egregious_answers(assessment.factory_id).exists()
    _check_modality(
        assessment.cycle_number,
        modality,
        modality_reason,
        factory=assessment.factory,
        is_egregious=is_egregious,
    )
    _check_schedule(
        assessment.programme,
        assessment.factory,
        starts_on,
        ends_on,
        lead_id,
        second_id,
        today,
        but_not=assessment.pk,
    )
    now = timezone.now()
    AssessmentMember.objects.filter(assessment_id=assessment.pk).delete()
    assessment.starts_on, assessment.ends_on = starts_on, ends_on or starts_on
    assessment.modality = modality
    tool = tool_of(assessment.version_id)
    assessment.left_out = tool.left_out(place_of(assessment.factory, modality))
    assessment.questions_total = len(tool.questions) - len(assessment.left_out)
    fields = ["starts_on", "ends_on", "modality", "left_out", "questions_total"]
    _seat(assessment, lead_id, second_id)
    if anew:
        team = state.team_of(assessment.pk)
        actor = state.actor_of(team, by, Move.REPLAN)
        facts = state.facts_of(assessment, team, today=now.date())
        state.move(assessment, facts, actor, Move.REPLAN, at=now, fields=fields)
    else:
        assessment.save(update_fields=fields)
    # A day chosen by a person was not drawn: what was kept of a draw no longer speaks of it.
    VisitPlan.objects.filter(assessment_id=assessment.pk).update(
        is_by_hand=True,
        run=None,
        legal_dates=0,
        entropy_bits=0.0,
        virtual_on=starts_on if modality == Modality.HYBRID else None,
    )
    record(
        Action.ASSESSMENT_TEAM_CHANGED,
        about=assessment,
        factory_id=assessment.factory_id,
        sealed=True,
    )
    return assessment


@transaction.atomic
def attempt_again(*, assessment_id: UUID, by: int | None, today: date) -> Assessment:
    """Another attempt at a visit that was put off or refused: sealed, without a day, to be drawn.

    Asked twice it is one. Raises: DomainError("not_to_be_repeated") for any other visit, and those
    of `create_assessment`.
    """
    lock_planning()
    known = state.locked(assessment_id)
    if known.status not in REPEATED:
        raise DomainError("not_to_be_repeated")
    return create_or_find(factory_id=known.factory_id, created_by=by, today=today)[0]


def _was_seen(assessment: Assessment) -> bool:
    """Others than its team and the planners can read it, or could."""
    return not assessment.sealed or assessment.checked_in_at is not None


def _require_only_one(assessment: Assessment) -> None:
    """Raises: DomainError("assessment_in_cycle_exists"), where another took the place meanwhile."""
    EngagementCycle.objects.select_for_update(no_key=True).get(pk=assessment.cycle_id)
    others = Assessment.objects.filter(cycle_id=assessment.cycle_id).exclude(pk=assessment.pk)
    if others.exclude(status__in=ENDED).exists():
        raise DomainError("assessment_in_cycle_exists", cycle=assessment.cycle_number)


@transaction.atomic
def cancel(*, assessment_id: UUID, by: int | None, reason: str, now: datetime) -> Assessment:
    """Give a planned assessment up. Raises: NotAllowed("move_refused")."""
    assessment = state.locked(assessment_id)
    if assessment.status == Assessment.Status.CANCELLED:
        return assessment
    team = state.team_of(assessment.pk)
    facts = state.facts_of(assessment, team, today=now.date(), reason=reason)
    state.move(
        assessment, facts, state.actor_of(team, by, Move.CANCEL), Move.CANCEL, at=now, reason=reason
    )
    record(
        Action.ASSESSMENT_CANCELLED,
        about=assessment,
        factory_id=assessment.factory_id,
        sealed=assessment.sealed,
    )
    return assessment


@transaction.atomic
def postpone(
    *, assessment_id: UUID, by: int | None, reason: str, note: str = "", now: datetime
) -> Assessment:
    """Put an assessment off. `reason` is a PostponeReason, `note` the words beside it.

    What was answered stays. Raises: NotAllowed("move_refused").
    """
    assessment, team = _with_team(assessment_id)
    if assessment.status == Assessment.Status.POSTPONED:
        return assessment
    facts = state.facts_of(assessment, team, today=now.date(), reason=reason)
    actor = state.actor_of(team, by, Move.POSTPONE)
    words = f"{reason}: {note.strip()}" if note.strip() else reason
    state.move(assessment, facts, actor, Move.POSTPONE, at=now, reason=words)
    record(
        Action.ASSESSMENT_POSTPONED,
        about=assessment,
        factory_id=assessment.factory_id,
        sealed=assessment.sealed,
        reason=reason,
    )
    return assessment


def place_of(factory: Factory, modality: str) -> Place:
    has = {"dormitory": factory.has_dormitory, "migrant_workers": factory.has_migrant_workers}
    return Place(
        workers=factory.worker_count,
        sector=factory.factory_type,
        modality=str(modality),
        has=frozenset(name for name, is_so in has.items() if is_so),
    )


def local_day(assessment: Assessment, now: datetime) -> date:
    """The calendar day in the programme's country: check-in is at the gate, not in UTC."""
    from zoneinfo import ZoneInfo

    return now.astimezone(ZoneInfo(assessment.programme.timezone)).date()


def team_checks(
    factory: Factory,
    lead_id: int | None,
    second_id: int | None,
    *,
    on: date,
    but_not: Any = None,
    team: people_facts.Team | None = None,
) -> tuple[Check, ...]:
    """Every team rule with its result, also for the form that proposes a team.

    Rules that rest on what advisors tell of themselves are off until the programme keeps the
    first profile. One query; none where the team is at hand.
    """
    people = [user for user in dict.fromkeys((lead_id, second_id)) if user is not None]
    if team is None:
        team = people_facts.team_facts(people, factory, on, but_not=but_not)
    return people_facts.checks(team, factory, people, lead_id, on=on)


def _check_modality(
    cycle_number: int, modality: str, reason: str, *, factory: Factory, is_egregious: bool
) -> None:
    """The proposal of the rules, or another way with its reason.

    That visits are prevented is known for a window, not for a day chosen by hand: a virtual check
    chosen here always says why.
    """
    try:
        wanted = Modality(modality)
    except ValueError as error:
        raise DomainError("modality_unknown", modality=modality) from error
    facts = ModalityFacts(cycle_number, is_egregious, False, factory.worker_count or None)
    proposal = propose_modality(facts, ModalitySettings.from_mapping(_numbers()))
    choose_modality(proposal, wanted, reason)


def _numbers() -> dict[str, Any]:
    found: dict[str, Any] = settings_values().get("modality", {})
    return found


def _check_schedule(
    programme: Programme,
    factory: Factory,
    starts_on: date | None,
    ends_on: date | None,
    lead_id: int | None,
    second_id: int | None,
    today: date | None,
    *,
    but_not: Any = None,
) -> tuple[Check, ...]:
    if starts_on is None:
        if lead_id or second_id:
            raise DomainError("days_missing")
        return ()
    last = ends_on or starts_on
    if last < starts_on:
        raise DomainError("days_reversed")
    if today is not None and starts_on < today:
        raise DomainError("days_past")
    is_working_day = working_day_test(programme, factory)
    for day in (starts_on, last):
        if not is_working_day(day):
            raise DomainError("rest_day", day=day)
    settings = ModalitySettings.from_mapping(_numbers())
    length = check_days((last - starts_on).days + 1, settings)
    if not length.is_passed:
        raise DomainError("visit_days", lowest=length.needed[0], highest=length.needed[1])
    people = [user for user in dict.fromkeys((lead_id, second_id)) if user is not None]
    team = people_facts.team_facts(people, factory, starts_on, but_not=but_not)
    checks = team_checks(factory, lead_id, second_id, on=starts_on, but_not=but_not, team=team)
    if not is_team_allowed(checks):
        failed = tuple(c for c in checks if not c.is_passed and c.strictness is Strictness.HARD)
        raise DomainError("team_refused", checks=failed)
    if set(people) - set(team.members):
        raise DomainError("team_not_advisors")
    return checks


def _seat(assessment: Assessment, lead_id: int | None, second_id: int | None) -> None:
    positions = AssessmentMember.Position
    AssessmentMember.objects.bulk_create(
        AssessmentMember(assessment=assessment, user_id=user, position=position)
        for user, position in ((lead_id, positions.LEAD), (second_id, positions.ASSESSOR))
        if user is not None
    )


def _with_team(assessment_id: UUID) -> tuple[Assessment, list[AssessmentMember]]:
    """The row as the person sees it; the whole team as the system sees it: before check-in an
    assessor reads only their own seat."""
    assessment = state.locked(assessment_id)
    with scope.system_scope():
        return assessment, state.team_of(assessment_id)


def draw_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(5))
