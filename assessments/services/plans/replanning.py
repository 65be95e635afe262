"""Visits that no longer hold, mended with the fewest changes: a diff that waits for a planner."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments import plan_facts
from assessments.models import FactoryClosure, PlanChange, PlanRun
from assessments.plan_facts import Due, Facts
from assessments.rules.planning.problem import (
    Breach,
    Change,
    ForceMajeure,
    PlacedVisit,
    Replanned,
    Rule,
)
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action

from ..planning import lock_planning
from .rows import apply_change, as_plan, as_told, told_breach, visit_of

OF_NEW_VISITS = frozenset({Rule.TOO_SOON, Rule.WINDOW})


def standing(facts: Facts, *, unlocked: bool = True) -> tuple[list[Due], list[PlacedVisit]]:
    """Scheduled visits that may still change, and how they stand, unlocked."""
    dues, visits = [], []
    for due in facts.due:
        visit = plan_facts.placed_visit(facts, due)
        if visit is None or due.is_locked or visit.days[-1] < facts.today:
            continue
        dues.append(due)
        visits.append(replace(visit, is_locked=not unlocked))
    return dues, visits


def clashes(facts: Facts) -> list[Breach]:
    """Hard rules the visits as they stand break, locked ones included: what no longer holds."""
    from assessments.rules.planning.checker import check_plan

    dues, visits = standing(facts)
    factories = [found for due in dues if (found := plan_facts.planned_factory(facts, due))]
    known = {each.id for each in factories}
    visits = [each for each in visits if each.factory_id in known]
    fixed = [each for each in plan_facts.locked_of(facts) if each.factory_id not in known]
    fixed_dues = {str(due.factory_id): due for due in facts.due}
    for visit in fixed:
        found = plan_facts.planned_factory(facts, fixed_dues[visit.factory_id])
        if found is not None:
            factories.append(found)
    problem = plan_facts.problem_of(facts, factories, fixed)
    plan = as_plan(visits)
    return [
        each
        for each in check_plan(problem, plan, before=plan)
        # A visit fixed by hand may be nearer than the notice, or outlive its window.
        if not (each.is_locked and each.rule in OF_NEW_VISITS)
    ]


def make_replan(facts: Facts, source: Any = None) -> tuple[list[Breach], Replanned | None]:
    """Mend what no longer holds with the fewest changes. No query.

    Every visit not hit, and nearer than the notice, stays where it is.
    """
    from assessments.rules.planning.changes import replan

    broken = [each for each in clashes(facts) if not each.is_locked and each.factory_id]
    hit = {each.factory_id for each in broken if each.factory_id}
    if not hit:
        return [], None
    dues, visits = standing(facts)
    near = facts.today + timedelta(days=facts.settings.notice_days)
    free = {each.factory_id for each in visits if each.factory_id in hit or each.starts_on > near}
    factories = [
        found
        for due in dues
        if str(due.factory_id) in free and (found := plan_facts.planned_factory(facts, due))
    ]
    known = {each.id for each in factories}
    problem = plan_facts.problem_of(
        facts,
        factories,
        [each for each in plan_facts.locked_of(facts) if each.factory_id not in known],
    )
    plan = as_plan([each for each in visits if each.factory_id in known])
    result = replan(
        problem, plan, forced_changes(facts, hit), random=source or secrets.SystemRandom()
    )
    return broken, result


def forced_changes(facts: Facts, hit: set[str]) -> list[Change]:
    """Force majeure may hold a visit's window open; every other fact the planner sees itself."""
    found: list[Change] = []
    for factory_id in sorted(hit):
        forced = [
            each
            for each in facts.closures.get(UUID(factory_id), ())
            if each.kind == FactoryClosure.Kind.FORCE_MAJEURE
        ]
        if forced:
            last = max(each.last_day for each in forced)
            days = {
                day for each in forced for day in plan_facts.days_of(each.first_day, each.last_day)
            }
            found.append(
                ForceMajeure(
                    frozenset(days),
                    factory_ids=frozenset({factory_id}),
                    extends_to=last + timedelta(days=facts.settings.second_attempt_to),
                )
            )
    return found


def run_replan(
    *,
    scoped: Callable[[], Any],
    key: str,
    cause: str,
    cause_id: UUID | None,
    today: date,
    by: int | None = None,
    source: Any = None,
) -> UUID | None:
    """Keep what would have to change as a diff that waits for a planner; None if all holds.

    Nothing is changed before a planner applies it. Safe to repeat.
    """
    with scoped():
        done = PlanRun.objects.filter(key=key).first()
        if done is not None:
            return UUID(str(done.pk))
        facts = plan_facts.read(today=today)
    broken, result = make_replan(facts, source)
    if result is None:
        return None
    with scoped():
        lock_planning()
        return _store_diff(facts, broken, result, key=key, cause=cause, cause_id=cause_id, by=by)


def _store_diff(
    facts: Facts,
    broken: Sequence[Breach],
    result: Replanned,
    *,
    key: str,
    cause: str,
    cause_id: UUID | None,
    by: int | None,
) -> UUID:
    done = PlanRun.objects.filter(key=key).first()
    if done is not None:
        return UUID(str(done.pk))
    by_factory = {str(each.factory_id): each for each in facts.due}
    before = {
        str(each.factory_id): plan_facts.placed_visit(facts, each)
        for each in facts.due
        if each.is_scheduled
    }
    after = {each.factory_id: each for each in result.plan.visits}
    unplaced = {each.factory_id: each for each in result.plan.unplaced}
    run = PlanRun.objects.create(
        key=key,
        kind=PlanRun.Kind.REPLAN,
        state=PlanRun.State.WAITING,
        cause=cause,
        cause_id=cause_id,
        today=facts.today,
        first_day=facts.today,
        last_day=facts.last,
        wanted=len(result.hit) or len({each.factory_id for each in broken}),
        problems=[told_breach(each) for each in broken],
        requested_by_id=by,
        finished_at=timezone.now(),
    )
    changes = []
    for factory in result.problem.factories:
        due, old = by_factory[factory.id], before.get(factory.id)
        new = after.get(factory.id)
        if old is not None and new is not None and _same(old, new):
            continue
        kind = PlanChange.Kind.RETEAMED
        if new is None:
            kind = PlanChange.Kind.LOST
        elif old is None or old.days != new.days:
            kind = PlanChange.Kind.MOVED
        left_out = unplaced.get(factory.id)
        reasons = [told_breach(each) for each in broken if each.factory_id == factory.id]
        if left_out is not None:
            reasons += [{"bar": bar.value} for bar in left_out.bars]
            reasons += [{"unlocked_by": bar.value} for bar in left_out.unlocked_by]
        changes.append(
            PlanChange(
                run=run,
                assessment=due.assessment,
                factory=due.assessment.factory,
                kind=kind,
                before=as_told(old),
                after=as_told(new),
                reasons=reasons,
                window_first=factory.opens_on,
                window_last=factory.closes_on,
                legal_dates=new.possible_dates if new else 0,
                entropy_bits=new.bits if new else None,
            )
        )
    # The checker has the last word before anything is kept, and again when it is applied.
    breaches = _check_changes(facts, changes)
    if breaches:
        run.state, run.problems = PlanRun.State.FAILED, [told_breach(each) for each in breaches]
        run.save(update_fields=["state", "problems"])
        record(Action.PLAN_MADE, about=run, sealed=True, cause=cause, breaches=len(breaches))
        return UUID(str(run.pk))
    PlanChange.objects.bulk_create(changes)
    # A newer look at the same visits takes the place of an older one that waits.
    PlanRun.objects.filter(
        state=PlanRun.State.WAITING, changes__assessment__in=[c.assessment_id for c in changes]
    ).exclude(pk=run.pk).update(state=PlanRun.State.DISCARDED)
    run.placed = sum(each.kind != PlanChange.Kind.LOST for each in changes)
    run.moved = sum(each.kind == PlanChange.Kind.MOVED for each in changes)
    if not changes:
        run.state = PlanRun.State.DISCARDED
    run.save(update_fields=["placed", "moved", "state"])
    record(Action.PLAN_MADE, about=run, sealed=True, cause=cause, changes=len(changes))
    return UUID(str(run.pk))


def _same(old: PlacedVisit, new: PlacedVisit) -> bool:
    return old.days == new.days and old.lead_id == new.lead_id and set(old.team) == set(new.team)


@transaction.atomic
def apply_replan(*, run_id: UUID, by: int, today: date) -> PlanRun:
    """Apply a diff that waits, if what it was made from still stands. Safe to repeat.

    Raises: DomainError("plan_not_waiting" | "plan_stale" | "plan_breaks_rules", rules).
    """
    lock_planning()
    run: PlanRun = PlanRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state == PlanRun.State.APPLIED:
        return run
    if run.state != PlanRun.State.WAITING:
        raise DomainError("plan_not_waiting")
    facts = plan_facts.read(today=today)
    dues = {each.assessment.pk: each for each in facts.due}
    changes = list(run.changes.select_related("assessment", "factory"))
    for change in changes:
        due = dues.get(change.assessment_id)
        if due is None or as_told(plan_facts.placed_visit(facts, due)) != change.before:
            raise DomainError("plan_stale")
        if due.is_locked:
            raise DomainError("plan_stale")
    breaches = _check_changes(facts, changes)
    if breaches:
        raise DomainError("plan_breaks_rules", rules=tuple(each.rule for each in breaches))
    for change in changes:
        apply_change(run, change, dues[change.assessment_id])
    run.state, run.decided_by_id = PlanRun.State.APPLIED, by
    run.save(update_fields=["state", "decided_by"])
    record(Action.PLAN_APPLIED, about=run, sealed=True, changes=len(changes))
    return run


def _check_changes(facts: Facts, changes: Sequence[PlanChange]) -> list[Breach]:
    """The independent checker on what would stand afterwards, on the facts of now."""
    from assessments.rules.planning.checker import check_plan

    factories, visits = [], []
    touched = {str(change.factory_id) for change in changes}
    by_id = {each.assessment.pk: each for each in facts.due}
    for change in changes:
        if not change.after:
            continue
        due = by_id[change.assessment_id]
        factory = plan_facts.planned_factory(facts, due)
        if factory is None:
            continue
        if change.window_last and change.window_last > factory.closes_on:
            factory = replace(factory, closes_on=change.window_last)
        factories.append(factory)
        visits.append(visit_of(change))
    fixed = [each for each in plan_facts.locked_of(facts) if each.factory_id not in touched]
    problem = plan_facts.problem_of(facts, factories, fixed)
    stood = as_plan(
        [
            found
            for each in facts.due
            if str(each.factory_id) in touched and (found := plan_facts.placed_visit(facts, each))
        ]
    )
    breaches = check_plan(problem, as_plan(visits), before=stood)
    return [each for each in breaches if not each.is_locked]


@transaction.atomic
def discard_replan(*, run_id: UUID, by: int) -> PlanRun:
    """Leave the plan as it is. Safe to repeat. Raises: DomainError("plan_not_waiting")."""
    run: PlanRun = PlanRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state == PlanRun.State.DISCARDED:
        return run
    if run.state != PlanRun.State.WAITING:
        raise DomainError("plan_not_waiting")
    run.state, run.decided_by_id = PlanRun.State.DISCARDED, by
    run.save(update_fields=["state", "decided_by"])
    record(Action.PLAN_DISCARDED, about=run, sealed=True)
    return run
