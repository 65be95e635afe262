"""The days at the factory: check-in, both signatures, submission."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from assessments import state, summaries
from assessments.models import Assessment, AssessmentMember
from assessments.rules import lifecycle
from assessments.rules.lifecycle import Move
from assessments.tool import tool_of, version_in_force
from betterwork.errors import NotAllowed
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories.models import CycleFact
from factories.services.cycles import record_fact

from .planning import _with_team, local_day, place_of

SEEN_EVERY = timedelta(seconds=60)


@transaction.atomic
def check_in(*, assessment_id: UUID, by: int, now: datetime, reason: str = "") -> Assessment:
    """The team stands at the gate: the seal breaks, the day becomes a fact of the cycle.

    On another day than planned the assessment is dated by the day it truly began. Safe to repeat.
    Raises: NotAllowed("move_refused", refusals).
    """
    assessment, team = _with_team(assessment_id)
    if assessment.status == Assessment.Status.IN_PROGRESS:
        return assessment
    today = local_day(assessment, now)
    facts = state.facts_of(assessment, team, today=today, reason=reason)
    actor = state.actor_of(team, by, Move.CHECK_IN)
    if assessment.starts_on and assessment.ends_on and assessment.starts_on != today:
        length = assessment.ends_on - assessment.starts_on
        assessment.starts_on, assessment.ends_on = today, today + length
    # Planned with the version of then, held with the one in force on the day.
    assessment.version_id = version_in_force(assessment.starts_on or today).pk
    factory, tool = assessment.factory, tool_of(assessment.version_id)
    assessment.sealed = False
    assessment.checked_in_at = now
    assessment.workers_female = factory.workers_female
    assessment.workers_male = factory.workers_male
    assessment.left_out = tool.left_out(place_of(factory, assessment.modality))
    assessment.questions_total = len(tool.questions) - len(assessment.left_out)
    with scope.system_scope():
        state.move(
            assessment,
            facts,
            actor,
            Move.CHECK_IN,
            at=now,
            reason=reason,
            fields=[
                "sealed",
                "version",
                "checked_in_at",
                "starts_on",
                "ends_on",
                "workers_female",
                "workers_male",
                "left_out",
                "questions_total",
            ],
        )
        AssessmentMember.objects.filter(assessment_id=assessment.pk).update(sealed=False)
    record_fact(
        cycle_id=assessment.cycle_id,
        kind=CycleFact.Kind.ASSESSED,
        happened_on=today,
        source_id=str(assessment.pk),
    )
    record(Action.CHECKED_IN, about=assessment, factory_id=assessment.factory_id, for_factory=True)
    return assessment


@transaction.atomic
def sign(*, assessment_id: UUID, by: int, now: datetime) -> Assessment:
    """One assessor signs; the last signature submits. Safe to repeat.

    Raises: NotAllowed("signature_refused", refusals).
    """
    assessment = state.locked(assessment_id)
    team = state.team_of(assessment.pk)
    seat = next((seat for seat in team if seat.user_id == by), None)
    if seat is not None and seat.signed_at:
        return assessment  # signed before: pressed twice, or submitted meanwhile
    facts = state.facts_of(assessment, team, today=now.date(), with_answers=True)
    actor = state.actor_of(team, by, Move.SUBMIT)
    lifecycle.sign(facts, actor, state.assessment_settings())
    if seat is None:  # the rule has refused whoever has no seat
        raise NotAllowed("signature_refused", refusals=())
    seat.signed_at = now
    seat.save(update_fields=["signed_at"])
    record(Action.ASSESSMENT_SIGNED, about=assessment, factory_id=assessment.factory_id)
    if all(member.signed_at for member in team):
        _submit(assessment, team, by=by, now=now)
    return assessment


def _submit(
    assessment: Assessment, team: list[AssessmentMember], *, by: int, now: datetime
) -> None:
    facts = state.facts_of(assessment, team, today=now.date(), with_answers=True)
    actor = state.actor_of(team, by, Move.SUBMIT)
    assessment.submitted_at = now
    state.move(assessment, facts, actor, Move.SUBMIT, at=now, fields=["submitted_at"])
    summaries.rewrite_results(assessment.pk)
    if assessment.ends_on is not None:
        record_fact(
            cycle_id=assessment.cycle_id,
            kind=CycleFact.Kind.ASSESSMENT_ENDED,
            happened_on=max(assessment.ends_on, assessment.starts_on or assessment.ends_on),
            source_id=str(assessment.pk),
        )
    record(Action.ASSESSMENT_SUBMITTED, about=assessment, factory_id=assessment.factory_id)


def note_presence(seat: AssessmentMember, *, point: str, now: datetime) -> None:
    """Where an assessor is, for the other one: written when the point changes, or each minute."""
    seen = seat.last_seen_at
    if seat.last_seen_point == point and seen and now - seen < SEEN_EVERY:
        return
    AssessmentMember.objects.filter(pk=seat.pk).update(last_seen_at=now, last_seen_point=point)


@transaction.atomic
def count_interviews(*, assessment_id: UUID, by: int, workers: int) -> Assessment:
    """How many workers the team spoke with. Raises: NotAllowed("edit_refused")."""
    assessment = state.locked(assessment_id)
    state.require_edit(assessment, state.team_of(assessment.pk), by)
    assessment.workers_interviewed = workers
    assessment.save(update_fields=["workers_interviewed"])
    return assessment
