"""A planned visit as the database keeps it: told in a change, seated, dated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from assessments import plan_facts
from assessments.models import Assessment, AssessmentMember, PlanChange, PlanRun, VisitPlan
from assessments.plan_facts import Due
from assessments.rules.modality import Modality
from assessments.rules.planning.problem import Breach, PlacedVisit, Plan, Unpredictability
from betterwork.records.services import record
from betterwork.records.vocabulary import Action


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


def as_plan(visits: Sequence[PlacedVisit]) -> Plan:
    nothing = Unpredictability(0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, None, 0.0)
    return Plan(tuple(visits), (), nothing, 0.0, 0.0)


def told_breach(each: Breach) -> dict[str, Any]:
    return {
        "rule": each.rule.value,
        "factory": each.factory_id,
        "assessor": each.assessor_id,
        "day": each.day.isoformat() if each.day else None,
    }


def seats_of(row: Assessment, lead: int, second: str | None) -> list[AssessmentMember]:
    positions = AssessmentMember.Position
    seats = [AssessmentMember(assessment=row, user_id=lead, position=positions.LEAD)]
    if second is not None:
        seats.append(
            AssessmentMember(assessment=row, user_id=int(second), position=positions.ASSESSOR)
        )
    return seats


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


def apply_change(run: PlanRun, change: PlanChange, due: Due) -> None:
    row = Assessment.objects.select_for_update(no_key=True).get(pk=change.assessment_id)
    AssessmentMember.objects.filter(assessment_id=row.pk).delete()
    told = change.after
    if told:
        row.starts_on = date.fromisoformat(told["starts_on"])
        row.ends_on = date.fromisoformat(told["ends_on"])
        second = str(told["second"]) if told["second"] else None
        AssessmentMember.objects.bulk_create(seats_of(row, told["lead"], second))
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
