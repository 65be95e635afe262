"""What happens to a factory's plan, meetings and coming visits when it turns out a duplicate.

The factory that stands takes them over whole: nothing stays in a plan that no list shows, and no
line of progress is split in two. Rows of a plan item follow it (the database lets them go nowhere
else); what they say never changes.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F

from advisory.models import (
    AdvisoryVisit,
    CommitteeMeeting,
    ImprovementPlan,
    MeetingDecision,
    Nudge,
    PlanConfirmation,
    PlanEvent,
    PlanEvidence,
    PlanItem,
)
from advisory.services import plan
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from factories.models import Committee, Factory
from factories.selectors import current_cycle

from .acting import moment


def items_of(factory_id: UUID) -> int:
    """How many plan items a merge would move."""
    return PlanItem.objects.filter(factory_id=factory_id).count()


@transaction.atomic
def take_over(winner_id: UUID, loser_id: UUID) -> None:
    """Move the duplicate's plan, the meetings of committees that came along, and planned visits.

    Items keep their history, confirmations and evidence; their numbers go on behind the winner's.
    Safe to repeat.
    """
    _take_plan(winner_id, loser_id)
    _take_meetings(winner_id)
    _take_visits(winner_id, loser_id)


def _take_plan(winner_id: UUID, loser_id: UUID) -> None:
    at, today = moment(None)
    old = ImprovementPlan.objects.filter(factory_id=loser_id).first()
    rows = PlanItem.objects.select_for_update(no_key=True).filter(plan__factory_id=loser_id)
    items = list(rows.order_by("number"))
    if old is None or not items:
        return
    loser = Factory.objects.get(pk=loser_id)
    new = plan.open_plan(factory_id=winner_id, today=today)
    if old.opened_on < new.opened_on:
        new.opened_on = old.opened_on
        new.save(update_fields=["opened_on"])
    behind = plan.last_number(new)
    PlanItem.objects.filter(plan=old).update(
        plan=new, factory_id=winner_id, number=F("number") + behind, updated_at=at
    )
    ids = [item.pk for item in items]
    for kind in (PlanConfirmation, PlanEvidence, PlanEvent):
        kind.objects.filter(item__in=ids).update(factory_id=winner_id)
    about = [plan.nudge_key(pk) for pk in ids]
    Nudge.objects.filter(about__in=about).update(factory_id=winner_id)
    told = []
    for item in items:
        was = item.number
        item.plan, item.factory_id, item.number = new, winner_id, was + behind
        told.append(
            plan.event_of(item, Action.ITEM_TAKEN_OVER, None, at, other=loser.code, was=was)
        )
    PlanEvent.objects.bulk_create(told)
    record(
        Action.ITEMS_TAKEN_OVER,
        about=new,
        factory_id=winner_id,
        for_factory=True,
        items=len(items),
        other=loser.code,
    )


def _take_meetings(winner_id: UUID) -> None:
    """Meetings stand where their committee stands."""
    committees = Committee.objects.filter(factory_id=winner_id).values("pk")
    meetings = CommitteeMeeting.objects.filter(committee__in=committees)
    meetings.exclude(factory_id=winner_id).update(factory_id=winner_id)
    decisions = MeetingDecision.objects.filter(meeting__committee__in=committees)
    decisions.exclude(factory_id=winner_id).update(factory_id=winner_id)


def _take_visits(winner_id: UUID, loser_id: UUID) -> None:
    """Announced visits still to come, where the winner has a cycle for their day."""
    coming = AdvisoryVisit.objects.filter(
        factory_id=loser_id, visited_on__isnull=True, cancelled_at__isnull=True
    )
    for visit in coming.exclude(planned_on=None):
        day = visit.planned_on
        cycle = current_cycle(winner_id, day) if day else None
        if cycle and day and cycle.starts_on <= day and cycle.ends_on is None:
            visit.factory_id, visit.cycle = winner_id, cycle
            visit.save(update_fields=["factory", "cycle"])
