"""A factory that does not let the team in: the fact, its evidence, and the second attempt."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments import state
from assessments.models import AccessRefusal, Assessment, AssessmentMember
from assessments.rules.lifecycle import Move
from betterwork import queue
from betterwork.errors import DomainError
from betterwork.records.files import store_upload
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope

from .planning import _with_team, create_or_find, local_day

REPORTED_FROM = 2


@transaction.atomic
def record_refusal(
    *,
    assessment_id: UUID,
    by: int | None,
    reason: str,
    now: datetime,
    refused_by: str = "",
    is_force_majeure: bool = False,
    evidence: Any = None,
) -> Assessment:
    """The factory did not let the team in. Staff and the factory see it from now on.

    A second attempt is opened at once, sealed, without a day: the planner draws it. The second
    refusal of a cycle, neither by force majeure, is a fact for public reporting. Safe to repeat.
    `evidence` is an upload, a photo or a document. Raises: NotAllowed("move_refused"),
    DomainError(upload_...).
    """
    assessment, team = _with_team(assessment_id)
    if assessment.status == Assessment.Status.ACCESS_REFUSED:
        return assessment
    on = local_day(assessment, now)
    facts = state.facts_of(assessment, team, today=on, reason=reason)
    actor = state.actor_of(team, by, Move.RECORD_REFUSAL)
    stored = None
    if evidence is not None:
        stored = store_upload(evidence, factory_id=assessment.factory_id)
    with scope.system_scope():
        assessment.sealed = False
        state.move(
            assessment, facts, actor, Move.RECORD_REFUSAL, at=now, reason=reason, fields=["sealed"]
        )
        AssessmentMember.objects.filter(assessment_id=assessment.pk).update(sealed=False)
        earlier = list(
            AccessRefusal.objects.filter(cycle_id=assessment.cycle_id).values_list(
                "attempt", "is_force_majeure"
            )
        )
        held_against = sum(not forced for _attempt, forced in earlier) + (not is_force_majeure)
        AccessRefusal.objects.create(
            assessment=assessment,
            factory_id=assessment.factory_id,
            cycle_id=assessment.cycle_id,
            attempt=max((attempt for attempt, _forced in earlier), default=0) + 1,
            refused_on=on,
            refused_by=refused_by.strip(),
            reason=reason.strip(),
            is_force_majeure=is_force_majeure,
            is_reportable=not is_force_majeure and held_against >= REPORTED_FROM,
            evidence=stored,
            recorded_by_id=by,
            recorded_at=now,
        )
        if held_against < REPORTED_FROM:
            _open_next(assessment, on)
    record(
        Action.ACCESS_REFUSED,
        about=assessment,
        factory_id=assessment.factory_id,
        for_factory=True,
    )
    return assessment


def _open_next(refused: Assessment, on: date) -> None:
    """The next attempt, as the system: who recorded the refusal need not learn of it."""
    try:
        create_or_find(
            factory_id=refused.factory_id,
            created_by=None,
            opened_automatically=True,
            modality=Assessment.Modality.ON_SITE,
        )
    except DomainError:
        return  # the cycle has ended or the factory left meanwhile: nothing to attempt
    queue.enqueue(
        "assessments.plan_visits",
        key=f"plan:refusal:{refused.pk}",
        sealed=True,
        cause=f"refusal:{refused.pk}",
        today=on.isoformat(),
    )
