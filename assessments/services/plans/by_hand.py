"""One visit changed by a planner: moved, fixed, widened, drawn anew, held another way."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments import plan_facts
from assessments.models import Assessment, AssessmentMember, PlanChange, PlanRun, VisitPlan
from assessments.plan_facts import Due, Facts
from assessments.rules.modality import Modality
from assessments.rules.planning.problem import Breach, PlacedVisit, Rule
from assessments.tool import tool_of
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action

from ..planning import lock_planning, place_of, schedule_assessment
from .making import make_draft
from .rows import apply_change, as_plan, as_told


def check_move(
    facts: Facts, due: Due, *, starts_on: date, ends_on: date, lead: int, second: int | None
) -> list[Breach]:
    """What the checker says of one visit on other days or with another team. No query."""
    from assessments.rules.planning.checker import check_plan

    factory = plan_facts.planned_factory(facts, due)
    if factory is None:
        return []
    days = tuple(plan_facts.days_of(starts_on, ends_on))
    factory = replace(factory, visit_days=len(days))
    visit = PlacedVisit(
        factory_id=factory.id,
        days=days,
        lead_id=str(lead),
        second_id=str(second) if second else None,
    )
    fixed = [each for each in plan_facts.locked_of(facts) if each.factory_id != factory.id]
    problem = plan_facts.problem_of(facts, [factory], fixed)
    return [each for each in check_plan(problem, as_plan([visit])) if not each.is_locked]


def open_days(facts: Facts, due: Due) -> list[tuple[date, str, str]]:
    """Start days that break no rule while all other visits stand, each with its best lead and
    second. No query."""
    from assessments.rules.planning.board import open_dates

    factory = plan_facts.planned_factory(facts, due)
    if factory is None:
        return []
    fixed = [each for each in plan_facts.locked_of(facts) if each.factory_id != factory.id]
    return open_dates(plan_facts.problem_of(facts, [factory], fixed), as_plan([]), factory.id)


@transaction.atomic
def move_visit(
    *,
    assessment_id: UUID,
    starts_on: date,
    ends_on: date,
    lead_id: int,
    second_id: int,
    by: int,
    today: date,
    reason: str = "",
) -> Assessment:
    """Move a visit by hand. It is then fixed: the planner no longer moves it.

    What the checker finds against it needs a reason; the hard rules on the team stay hard.
    Raises: DomainError("move_needs_reason", rules), and those of `schedule_assessment`.
    """
    lock_planning()
    facts = plan_facts.read(today=today)
    due = facts.one(assessment_id)
    if due is None:
        raise DomainError("plan_stale")
    found = check_move(
        facts, due, starts_on=starts_on, ends_on=ends_on, lead=lead_id, second=second_id
    )
    against = [each for each in found if each.rule is not Rule.TOO_SOON]
    if against and not reason.strip():
        raise DomainError("move_needs_reason", rules=tuple(each.rule for each in against))
    plan, _made = VisitPlan.objects.get_or_create(assessment_id=assessment_id)
    row = schedule_assessment(
        assessment_id=assessment_id,
        starts_on=starts_on,
        ends_on=ends_on,
        modality=due.assessment.modality,
        lead_id=lead_id,
        second_id=second_id,
        by=by,
        modality_reason=plan.modality_reason or "kept",
        today=today,
    )
    plan.is_by_hand, plan.run = True, None
    plan.entropy_bits, plan.legal_dates = 0.0, 0
    plan.window_first, plan.window_last = due.opens_on, due.closes_on
    plan.virtual_on = starts_on if row.modality == Modality.HYBRID else None
    if reason.strip():
        plan.is_locked, plan.lock_reason = True, reason.strip()
    plan.save()
    return row


@transaction.atomic
def lock_visit(*, assessment_id: UUID, is_locked: bool, reason: str, by: int) -> VisitPlan:
    """Fix a visit, or let the planner move it again. Raises: DomainError("reason_needed")."""
    if is_locked and not reason.strip():
        raise DomainError("reason_needed")
    row = Assessment.objects.select_for_update(no_key=True).get(pk=assessment_id)
    plan, _made = VisitPlan.objects.get_or_create(assessment=row)
    if plan.is_locked == is_locked:
        return plan
    plan.is_locked, plan.lock_reason = is_locked, reason.strip() if is_locked else ""
    plan.save(update_fields=["is_locked", "lock_reason", "decided_at"])
    record(
        Action.VISIT_LOCKED,
        about=row,
        factory_id=row.factory_id,
        sealed=True,
        locked=is_locked,
        reason=reason.strip(),
    )
    return plan


@transaction.atomic
def widen_window(*, assessment_id: UUID, until: date, reason: str, today: date) -> VisitPlan:
    """Hold a visit's window open longer. Raises: DomainError("reason_needed" | "days_past")."""
    if not reason.strip():
        raise DomainError("reason_needed")
    if until <= today:
        raise DomainError("days_past")
    row = Assessment.objects.select_for_update(no_key=True).get(pk=assessment_id)
    plan, _made = VisitPlan.objects.get_or_create(assessment=row)
    plan.widened_to, plan.widen_reason = until, reason.strip()
    plan.save(update_fields=["widened_to", "widen_reason", "decided_at"])
    record(
        Action.WINDOW_WIDENED,
        about=row,
        factory_id=row.factory_id,
        sealed=True,
        until=until.isoformat(),
        reason=reason.strip(),
    )
    return plan


@transaction.atomic
def redraw_visit(*, assessment_id: UUID, by: int, today: date, source: Any = None) -> bool:
    """Draw another date and team for one visit, all others as they stand.

    False where the rules leave no date: the visit then stays as it is.
    Raises: DomainError("visit_is_locked" | "plan_breaks_rules").
    """
    lock_planning()
    facts = plan_facts.read(today=today)
    due = facts.one(assessment_id)
    if due is None:
        raise DomainError("plan_stale")
    if due.is_locked:
        raise DomainError("visit_is_locked")
    factory = plan_facts.planned_factory(facts, due)
    if factory is None:
        return False
    fixed = [each for each in plan_facts.locked_of(facts) if each.factory_id != factory.id]
    problem = plan_facts.problem_of(facts, [factory], fixed)
    draft = make_draft(facts, problem, source)
    if draft.breaches:
        raise DomainError("plan_breaks_rules", rules=tuple(b.rule for b in draft.breaches))
    if not draft.plan.visits:
        return False
    visit = draft.plan.visits[0]
    run = PlanRun.objects.create(
        key=f"redraw:{assessment_id}:{secrets.token_hex(8)}",
        kind=PlanRun.Kind.REPLAN,
        state=PlanRun.State.APPLIED,
        cause="redraw",
        today=today,
        first_day=today,
        last_day=facts.last,
        wanted=1,
        placed=1,
        entropy_bits=visit.bits,
        entropy_share=draft.plan.unpredictability.share,
        requested_by_id=by,
        decided_by_id=by,
        finished_at=timezone.now(),
    )
    change = PlanChange.objects.create(
        run=run,
        assessment=due.assessment,
        factory=due.assessment.factory,
        kind=PlanChange.Kind.MOVED if due.is_scheduled else PlanChange.Kind.PLACED,
        before=as_told(plan_facts.placed_visit(facts, due)),
        after=as_told(visit),
        window_first=due.opens_on,
        window_last=due.closes_on,
        legal_dates=visit.possible_dates,
        entropy_bits=visit.bits,
    )
    apply_change(run, change, due)
    return True


@transaction.atomic
def choose_modality(*, assessment_id: UUID, modality: str, reason: str, today: date) -> Assessment:
    """Hold a planned visit another way; against the rules only with a reason, which is kept.

    A visit whose number of days changes with it loses its day and is drawn anew.
    Raises: DomainError("modality_unknown" | "override_needs_reason").
    """
    from assessments.rules.modality import choose_modality as choose
    from assessments.rules.modality import visit_days

    lock_planning()
    facts = plan_facts.read(today=today)
    due = facts.one(assessment_id)
    if due is None:
        raise DomainError("plan_stale")
    try:
        wanted = Modality(modality)
    except ValueError as error:
        raise DomainError("modality_unknown", modality=modality) from error
    made = choose(due.proposal, wanted, reason)
    row = Assessment.objects.select_for_update(no_key=True).get(pk=assessment_id)
    plan, _new = VisitPlan.objects.get_or_create(assessment=row)
    tool = tool_of(row.version_id)
    row.modality = wanted
    row.left_out = tool.left_out(place_of(due.assessment.factory, wanted))
    row.questions_total = len(tool.questions) - len(row.left_out)
    length = visit_days(wanted, due.assessment.factory.worker_count or None, facts.rules)
    if row.starts_on and row.ends_on and (row.ends_on - row.starts_on).days + 1 != length:
        AssessmentMember.objects.filter(assessment=row).delete()
        row.starts_on = row.ends_on = None
    row.save(update_fields=["modality", "left_out", "questions_total", "starts_on", "ends_on"])
    plan.modality_reason = made.reason if made.is_override else ""
    plan.virtual_on = row.starts_on if wanted is Modality.HYBRID else None
    plan.save(update_fields=["modality_reason", "virtual_on", "decided_at"])
    record(
        Action.MODALITY_CHOSEN,
        about=row,
        factory_id=row.factory_id,
        sealed=True,
        modality=wanted.value,
        reason=made.reason,
        rules=[check.key for check in made.failed],
    )
    return row
