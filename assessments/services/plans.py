"""Plans of sealed visits: made at night or by hand, checked, stored, changed, applied.

Facts are read in one transaction and the plan is stored in another, only if the facts are still
the same; the planner runs between them, in none. Whatever is killed, doubled or late ends alike: a
run is one row for one cause, and a visit that has its day is not drawn again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments import people_facts, plan_facts
from assessments.models import (
    Assessment,
    AssessmentMember,
    FactoryClosure,
    PlanChange,
    PlanRun,
    VisitPlan,
)
from assessments.plan_facts import Due, Facts
from assessments.rules.modality import Modality, ModalityFacts, propose_modality
from assessments.rules.planning.problem import (
    Breach,
    Change,
    ForceMajeure,
    PlacedVisit,
    Plan,
    Problem,
    Replanned,
    Rule,
    Unpredictability,
)
from assessments.tool import tool_of, version_in_force
from betterwork import queue
from betterwork.errors import DomainError
from betterwork.records.models import Job, TrailEvent
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories.rules.windows import assessment_window
from factories.selectors.cycles import cycle_facts, cycle_settings

from .planning import _draw_code, lock_planning, place_of, schedule_assessment

PLAN_TASK = "assessments.plan_visits"
REPLAN_TASK = "assessments.replan_visits"
TRIES = 3  # facts that change while the planner thinks: begun anew so often
STEPS = 4
OF_NEW_VISITS = frozenset({Rule.TOO_SOON, Rule.WINDOW})


# -- asking ----------------------------------------------------------------------------------------


def request_plan(*, by: int | None, today: date, cause: str = "hand") -> Job:
    """Queue a run of the planner; asked twice before it ran, it runs once."""
    return queue.enqueue(
        PLAN_TASK,
        key=f"plan:{cause}",
        requested_by=by,
        sealed=True,
        cause=cause,
        today=today.isoformat(),
    )


def request_replan(*, by: int | None) -> Job:
    """Queue a look at every visit that no longer holds, with the fewest changes."""
    return queue.enqueue(
        REPLAN_TASK, key="replan:hand", requested_by=by, sealed=True, cause="hand", cause_id=""
    )


# -- opening ---------------------------------------------------------------------------------------


@transaction.atomic
def open_horizon(*, today: date) -> int:
    """Open the assessments whose window begins within the horizon, first ones too.

    What a person cancelled or put off is left to a person. Run twice or at once it opens no second
    one: the database allows one live assessment a cycle. A constant number of queries.
    """
    settings = people_facts.planning_settings()
    until = today + timedelta(days=settings.horizon_days)
    rows = list(plan_facts.open_cycles(today))
    known = cycle_facts(rows)
    numbers = cycle_settings(today)
    chosen = []
    for cycle in rows:
        facts = known[cycle.pk]
        window = assessment_window(facts, numbers)
        if facts.assessed_on is not None or window is None or not window.is_in_cycle:
            continue
        if window.opens_on <= until:
            chosen.append(cycle)
    if not chosen:
        return 0
    version = version_in_force(today)
    tool = tool_of(version.pk)
    rules = people_facts.modality_settings(has_profiles=True)
    egregious = people_facts.egregious_factories()
    made = []
    for cycle in chosen:
        factory = cycle.factory
        modality = propose_modality(
            ModalityFacts(
                cycle.number, factory.pk in egregious, False, factory.worker_count or None
            ),
            rules,
        ).proposed
        left_out = tool.left_out(place_of(factory, modality))
        made.append(
            Assessment(
                code=f"{cycle.programme.code}-{_draw_code()}",
                factory=factory,
                cycle=cycle,
                cycle_number=cycle.number,
                version=version,
                modality=modality,
                left_out=left_out,
                questions_total=len(tool.questions) - len(left_out),
                workers_female=factory.workers_female,
                workers_male=factory.workers_male,
                opened_automatically=True,
            )
        )
    Assessment.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
    kept = Assessment.objects.filter(
        cycle__in=[cycle.pk for cycle in chosen], opened_automatically=True, starts_on__isnull=True
    ).values_list("pk", "factory_id")
    mine = {row.pk for row in made}
    now = scope.current()
    events = [
        TrailEvent(
            programme_id=now.programme,
            at=timezone.now(),
            action=Action.ASSESSMENT_CREATED,
            actor_id=now.user,
            role=now.role,
            factory_id=factory_id,
            object_type="assessments.assessment",
            object_id=str(pk),
            sealed=True,
        )
        for pk, factory_id in kept
        if pk in mine
    ]
    TrailEvent.objects.bulk_create(events, batch_size=500)
    return len(events)


# -- the run ---------------------------------------------------------------------------------------


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
        problems=[_breach(each) for each in draft.breaches],
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
        seats += _seats(row, int(visit.lead_id), visit.second_id)
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


def keep_visit_plans(plans: Sequence[VisitPlan]) -> None:
    VisitPlan.objects.bulk_create(
        plans,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["assessment"],
        update_fields=[
            "run", "is_by_hand", "virtual_on", "window_first", "window_last", "legal_dates",
            "entropy_bits", "decided_at",
        ],
    )  # fmt: skip


def _seats(row: Assessment, lead: int, second: str | None) -> list[AssessmentMember]:
    positions = AssessmentMember.Position
    seats = [AssessmentMember(assessment=row, user_id=lead, position=positions.LEAD)]
    if second is not None:
        seats.append(
            AssessmentMember(assessment=row, user_id=int(second), position=positions.ASSESSOR)
        )
    return seats


def as_told(visit: PlacedVisit | None) -> dict[str, Any]:
    """A visit as a plan's rows keep it."""
    if visit is None:
        return {}
    return {
        "starts_on": visit.days[0].isoformat(),
        "ends_on": visit.days[-1].isoformat(),
        "lead": int(visit.lead_id),
        "second": int(visit.second_id) if visit.second_id else None,
    }


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


def _breach(each: Breach) -> dict[str, Any]:
    return {
        "rule": each.rule.value,
        "factory": each.factory_id,
        "assessor": each.assessor_id,
        "day": each.day.isoformat() if each.day else None,
    }


# -- replanning ------------------------------------------------------------------------------------


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


def as_plan(visits: Sequence[PlacedVisit]) -> Plan:
    nothing = Unpredictability(0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, None, 0.0)
    return Plan(tuple(visits), (), nothing, 0.0, 0.0)


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
        problems=[_breach(each) for each in broken],
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
        reasons = [_breach(each) for each in broken if each.factory_id == factory.id]
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
        run.state, run.problems = PlanRun.State.FAILED, [_breach(each) for each in breaches]
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
        _apply_change(run, change, dues[change.assessment_id])
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


def visit_of(change: PlanChange) -> PlacedVisit:
    told = change.after
    first, last = date.fromisoformat(told["starts_on"]), date.fromisoformat(told["ends_on"])
    return PlacedVisit(
        factory_id=str(change.factory_id),
        days=tuple(plan_facts.days_of(first, last)),
        lead_id=str(told["lead"]),
        second_id=str(told["second"]) if told["second"] else None,
        possible_dates=change.legal_dates,
        bits=change.entropy_bits or 0.0,
    )


def _apply_change(run: PlanRun, change: PlanChange, due: Due) -> None:
    row = Assessment.objects.select_for_update(no_key=True).get(pk=change.assessment_id)
    AssessmentMember.objects.filter(assessment_id=row.pk).delete()
    told = change.after
    if told:
        row.starts_on = date.fromisoformat(told["starts_on"])
        row.ends_on = date.fromisoformat(told["ends_on"])
        second = str(told["second"]) if told["second"] else None
        AssessmentMember.objects.bulk_create(_seats(row, told["lead"], second))
    else:
        row.starts_on = row.ends_on = None
    row.save(update_fields=["starts_on", "ends_on"])
    plan, _made = VisitPlan.objects.get_or_create(assessment=row)
    plan.run, plan.is_by_hand = run, False
    plan.window_first, plan.window_last = change.window_first, change.window_last
    plan.legal_dates, plan.entropy_bits = change.legal_dates, change.entropy_bits
    plan.virtual_on = row.starts_on if row.modality == Modality.HYBRID else None
    if change.window_last and due.closes_on and change.window_last > due.closes_on:
        plan.widened_to = change.window_last
        plan.widen_reason = plan.widen_reason or "force_majeure"
    plan.save()
    record(
        Action.ASSESSMENT_TEAM_CHANGED,
        about=row,
        factory_id=row.factory_id,
        sealed=True,
        plan=str(run.pk),
    )


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


# -- by hand ---------------------------------------------------------------------------------------


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
    _apply_change(run, change, due)
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


def local_today(now: datetime) -> date:
    """The calendar day of the programme in scope."""
    from zoneinfo import ZoneInfo

    from betterwork.tenancy.models import Programme

    programme = Programme.objects.get(pk=scope.current_programme())
    return now.astimezone(ZoneInfo(programme.timezone)).date()
