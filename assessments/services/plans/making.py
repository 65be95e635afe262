"""One plan: drawn, checked, stored if the facts still stand."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from assessments import plan_facts
from assessments.models import Assessment, AssessmentMember, PlanChange, PlanRun, VisitPlan
from assessments.plan_facts import Due, Facts
from assessments.rules.modality import Modality
from assessments.rules.planning.problem import Breach, PlacedVisit, Plan, Problem, Unpredictability
from betterwork.records.services import record
from betterwork.records.vocabulary import Action

from ..planning import lock_planning
from .opening import open_horizon
from .rows import as_told, keep_visit_plans, seats_of, told_breach

TRIES = 3  # facts that change while the planner thinks: begun anew so often
STEPS = 4


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan with what it was made from, not yet stored."""

    facts: Facts
    problem: Problem
    mark: str
    plan: Plan
    breaches: tuple[Breach, ...]
    seconds: float


def make_draft(facts: Facts, problem: Problem, source: Any = None) -> Draft:
    """Run the planner, then the checker, which shares no code with it. No query."""
    # OR-Tools is loaded in the worker only.
    from assessments.rules.planning.checker import check_plan
    from assessments.rules.planning.draw import make_plan

    began = time.monotonic()
    plan = make_plan(problem, random=source or secrets.SystemRandom())
    breaches = tuple(each for each in check_plan(problem, plan) if not each.is_locked)
    return Draft(
        facts, problem, plan_facts.digest(problem), plan, breaches, time.monotonic() - began
    )


def run_plan(
    *,
    scoped: Callable[[], Any],
    key: str,
    cause: str,
    today: date,
    by: int | None = None,
    told: Callable[[int], None] = lambda step: None,
    source: Any = None,
) -> UUID | None:
    """Make, check and store one plan; answers the run's id, None if the facts never stood still.

    `scoped` opens a scope of the programme, `told` hears how far the work is. Safe to repeat:
    the run of a `key` that was stored is answered as it is.
    """
    for _try in range(TRIES):
        with scoped():
            done = PlanRun.objects.filter(key=key).first()
            if done is not None:
                return UUID(str(done.pk))
            open_horizon(today=today)
            facts = plan_facts.read(today=today)
            problem = plan_facts.build_problem(facts)
            told(1)
        draft = make_draft(facts, problem, source)
        with scoped():
            told(3)
            lock_planning()
            fresh = plan_facts.read(today=today)
            if plan_facts.digest(plan_facts.build_problem(fresh)) != draft.mark:
                continue
            return store_plan(replace(draft, facts=fresh), key=key, cause=cause, by=by)
    return None


def store_plan(draft: Draft, *, key: str, cause: str, by: int | None) -> UUID:
    """Keep a plan; its visits get day and team, unless the checker refused it. Inside a scope."""
    facts, plan = draft.facts, draft.plan
    done = PlanRun.objects.filter(key=key).first()
    if done is not None:
        return UUID(str(done.pk))
    figures: Unpredictability = plan.unpredictability
    count = len(plan.visits)
    run = PlanRun.objects.create(
        key=key,
        kind=PlanRun.Kind.HORIZON,
        cause=cause,
        state=PlanRun.State.FAILED if draft.breaches else PlanRun.State.APPLIED,
        today=facts.today,
        first_day=facts.today,
        last_day=facts.last,
        wanted=len(draft.problem.factories),
        placed=0 if draft.breaches else count,
        entropy_bits=figures.bits / count if count else None,
        entropy_share=figures.share if count else None,
        entropy_least=figures.worst_share if count else None,
        month_loads=_loads(draft.problem, plan),
        problems=[told_breach(each) for each in draft.breaches],
        seconds=round(draft.seconds, 3),
        requested_by_id=by,
        finished_at=timezone.now(),
    )
    by_factory = {str(each.factory_id): each for each in facts.due if not each.is_scheduled}
    changes = [
        PlanChange(
            run=run,
            assessment=due.assessment,
            factory=due.assessment.factory,
            kind=PlanChange.Kind.UNPLACED,
            reasons=[
                *({"bar": bar.value} for bar in each.bars),
                *({"unlocked_by": bar.value} for bar in each.unlocked_by),
            ],
            window_first=due.opens_on,
            window_last=due.closes_on,
            legal_dates=each.possible_dates,
        )
        for each in plan.unplaced
        if (due := by_factory.get(each.factory_id)) is not None
    ]
    if not draft.breaches:
        changes += _write_visits(run, plan.visits, by_factory)
    PlanChange.objects.bulk_create(changes, batch_size=500)
    record(
        Action.PLAN_MADE,
        about=run,
        sealed=True,
        placed=run.placed,
        unplaced=len(plan.unplaced),
        breaches=len(draft.breaches),
    )
    return UUID(str(run.pk))


def _write_visits(
    run: PlanRun, visits: Iterable[PlacedVisit], by_factory: dict[str, Due]
) -> list[PlanChange]:
    rows, seats, plans, changes = [], [], [], []
    for visit in visits:
        due = by_factory[visit.factory_id]
        row = due.assessment
        row.starts_on, row.ends_on = visit.days[0], visit.days[-1]
        rows.append(row)
        seats += seats_of(row, int(visit.lead_id), visit.second_id)
        plans.append(
            VisitPlan(
                assessment=row,
                run=run,
                window_first=due.opens_on,
                window_last=due.closes_on,
                widened_to=due.plan.widened_to if due.plan else None,
                widen_reason=due.plan.widen_reason if due.plan else "",
                modality_reason=due.plan.modality_reason if due.plan else "",
                virtual_on=visit.days[0] if row.modality == Modality.HYBRID else None,
                legal_dates=visit.possible_dates,
                entropy_bits=visit.bits,
                decided_at=timezone.now(),
            )
        )
        changes.append(
            PlanChange(
                run=run,
                assessment=row,
                factory=row.factory,
                kind=PlanChange.Kind.PLACED,
                after=as_told(visit),
                window_first=due.opens_on,
                window_last=due.closes_on,
                legal_dates=visit.possible_dates,
                entropy_bits=visit.bits,
            )
        )
    Assessment.objects.bulk_update(rows, ["starts_on", "ends_on"], batch_size=500)
    AssessmentMember.objects.filter(
        assessment__in=[row.pk for row in rows], assessment__sealed=True
    ).delete()
    AssessmentMember.objects.bulk_create(seats, batch_size=500)
    keep_visit_plans(plans)
    return changes


def _loads(problem: Problem, plan: Plan) -> list[dict[str, Any]]:
    from assessments.rules.planning.load import month_load

    return [
        {
            "month": f"{each.month[0]}-{each.month[1]:02d}",
            "needed": round(each.assessor_days_needed, 1),
            "available": each.assessor_days_available,
            "lead_needed": round(each.lead_days_needed, 1),
            "lead_available": each.lead_days_available,
        }
        for each in month_load(problem, plan)
    ]
