"""Improvement plans of the demo: items of every origin, as far as each has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from advisory.models import ImprovementPlan, PlanConfirmation, PlanEvent, PlanEvidence, PlanItem
from assessments.models import Answer, Assessment, Evidence, FactoryComment, ReviewRemark
from betterwork.records import files
from betterwork.records.vocabulary import Action
from factories.models import Factory

from . import depth, pictures
from .base import World, at, working

DONE_SHARE, VERIFIED_SHARE, BEGUN_SHARE = 0.55, 0.34, 0.85


def open_plan(world: World, factory: Factory) -> None:
    released = (
        Assessment.objects.filter(factory=factory, status="released").order_by("-starts_on").first()
    )
    first = factory.registered_on + timedelta(days=87)
    if first > world.today:
        return
    plan = ImprovementPlan.objects.create(factory=factory, opened_on=first)
    number = _other_items(world, plan, factory)
    if released is None or released.released_at is None:
        return
    breaches = Answer.objects.filter(assessment=released, outcome="non_compliant")
    draw, base = world.draw, released.released_at.date()
    for place, answer in enumerate(
        breaches.select_related("question").order_by("question__order"), 1
    ):
        # The first factory is the one people look at: a third of its items in each state.
        fate = (0.2, 0.7, 0.6, 0.9)[place % 4] if factory == world.factories[0] else draw.random()
        root, action = world.said.actions[place % len(world.said.actions)]
        item = PlanItem(
            programme=world.programme,
            plan=plan,
            factory=factory,
            number=number + place,
            origin="assessment",
            point_id=answer.point_id,
            lineage=answer.question.lineage,
            assessment=released,
            answer=answer,
            is_public="public" in answer.question.tags,
            issue=answer.finding or answer.question.finding["en"],
            root_cause=root,
            action=action,
            responsible=world.said.responsible[place % 2],
            opened_on=base,
            due_on=working(world, base + timedelta(days=30 + (place * 13) % 150)),
        )
        _item(world, item, fate)
    if factory.advisor is not None:
        world.gathered.happened(Action.ITEMS_CREATED, at(base, 11), released, by=factory.advisor)


def _other_items(world: World, plan: ImprovementPlan, factory: Factory) -> int:
    """Items that did not come of an assessment; answers the highest number given."""
    index, number = world.factories.index(factory), 0
    opened = max(plan.opened_on, world.today - timedelta(days=400 + index * 5 % 200))
    for place, told in enumerate(world.said.other):
        if (told.origin == "group" and factory.group_id is None) or (index + place) % 3 == 0:
            continue
        if told.point not in world.points:
            continue
        on = working(world, opened + timedelta(days=(place * 47) % 280))
        if on > world.today:
            continue
        number += 1
        item = PlanItem(
            programme=world.programme,
            plan=plan,
            factory=factory,
            number=number,
            origin=told.origin,
            point_id=told.point,
            issue=told.issue,
            root_cause=told.root_cause,
            action=told.action,
            responsible=world.said.responsible[place % 2],
            opened_on=on,
            due_on=working(world, on + timedelta(days=60 + place * 11)),
        )
        _item(world, item, world.draw.random())
    return number


def _item(world: World, item: PlanItem, fate: float) -> None:
    """How far an item is, and all that tells of it. fate: 0 is verified, 1 not begun."""
    draw, gathered, factory = world.draw, world.gathered, item.factory
    base, advisor = item.opened_on, factory.advisor or world.advisors[0]
    # The first factory has people who sign in: what they did stands under their names.
    hands = world.people if factory.pk == world.factories[0].pk else {}
    late = (world.today - base).days
    if late > 40 and fate < DONE_SHARE:
        done = base + timedelta(days=draw.randint(10, min(late, 120)))
        item.status, item.progress_percent = "completed", 100
        item.done_on, item.completed_at = done, at(done)
        if fate < VERIFIED_SHARE:
            item.verified_at = at(depth.later(done, 6, world.today))
            item.verified_by = advisor
    elif fate < BEGUN_SHARE:
        item.status, item.progress_percent = "in_progress", draw.choice([20, 40, 60, 80])
    gathered.items.append(item)

    def happened(kind: str, at: datetime, **more: Any) -> None:
        gathered.events.append(
            PlanEvent(
                programme=world.programme, item=item, factory=factory, kind=kind, at=at, **more
            )
        )

    happened(Action.ITEM_CREATED, at(base, 11), role="advisor", by=advisor)
    if item.completed_at is None or item.done_on is None:
        return
    shown = at(max(base, item.done_on - timedelta(days=1)), 15)
    stored, caption = world.photos.of(factory, item.point_id)
    gathered.evidence.append(
        PlanEvidence(
            programme=world.programme,
            item=item,
            factory=factory,
            file=stored,
            caption=caption,
            added_at=shown,
            added_by=hands.get("ambassador"),
        )
    )
    happened(Action.EVIDENCE_ADDED, shown, role="ambassador", by=hands.get("ambassador"))
    gathered.confirmations += [
        PlanConfirmation(
            programme=world.programme,
            item=item,
            factory=factory,
            round=1,
            side=side,
            agrees=True,
            at=item.completed_at,
            by=hands.get(f"committee_{side}"),
        )
        for side in ("worker", "management")
    ]
    happened(Action.ITEM_COMPLETED, item.completed_at)
    if item.verified_at is not None:
        happened(Action.ITEM_VERIFIED, item.verified_at, role="advisor", by=advisor)


def leave_work_for_each(world: World) -> None:
    """Work that waits for each person who signs in: evidence to look at, a side to confirm."""
    factory = world.factories[0]
    open_items = list(
        PlanItem.objects.filter(factory=factory, status="in_progress").order_by("number")[:4]
    )
    ambassador = world.people["ambassador"]
    for number, item in enumerate(open_items):
        stored = files.keep(
            pictures.corridor(blocked=False, shade=number * 14),
            name=f"exit-{number + 1}.jpg",
            content_type="image/jpeg",
            factory_id=factory.pk,
            width=800,
            height=560,
        )
        at = timezone.now() - timedelta(days=5 - number)
        PlanEvidence.objects.create(
            item=item, factory=factory, file=stored, caption="", added_by=ambassador, added_at=at
        )
        PlanEvent.objects.create(
            item=item,
            factory=factory,
            kind=Action.EVIDENCE_ADDED,
            by=ambassador,
            role="ambassador",
            at=at,
        )
        item.due_on = working(world, world.today + timedelta(days=number * 3 - 2))
        if number < 2:  # reported done: one waits for the workers, one for both sides
            item.done_on, item.done_by = at.date(), ambassador
            item.progress_percent = 100
            PlanEvent.objects.create(
                item=item,
                factory=factory,
                kind=Action.ITEM_DONE,
                by=ambassador,
                role="ambassador",
                at=at,
            )
        item.save()
    if open_items:
        PlanConfirmation.objects.create(
            item=open_items[0],
            factory=factory,
            round=1,
            side="management",
            agrees=True,
            by=world.people["committee_management"],
            at=timezone.now() - timedelta(days=2),
        )
    _live_assessments(world)


def _live_assessments(world: World) -> None:
    for assessment in Assessment.objects.filter(
        status__in=["in_progress", "quality_review", "factory_review"]
    ):
        breach = (
            Answer.objects.filter(
                assessment=assessment, outcome="non_compliant", point__code__startswith="OSH"
            )
            .order_by("question__order")
            .first()
        )
        if breach is None or assessment.checked_in_at is None:
            continue
        for number, data in enumerate(
            (pictures.corridor(blocked=True), pictures.gate(locked=True))
        ):
            stored = files.keep(
                data,
                name=f"floor-4-{number + 1}.jpg",
                content_type="image/jpeg",
                factory_id=assessment.factory_id,
                width=800,
                height=560,
            )
            Evidence.objects.create(
                assessment=assessment,
                question_id=breach.question_id,
                file=stored,
                caption="Exit 3, floor 4" if number == 0 else "Gate, stair B",
                visibility=Evidence.Visibility.FACTORY,
                added_at=assessment.checked_in_at,
            )
        if assessment.status == "quality_review":
            ReviewRemark.objects.create(
                assessment=assessment,
                question_id=breach.question_id,
                text="Name the floor and the number of people who work there.",
                made_by=world.people["staff"],
            )
        if assessment.status == "factory_review":
            FactoryComment.objects.create(
                assessment=assessment,
                factory_id=assessment.factory_id,
                question_id=breach.question_id,
                text=world.said.comment,
            )
