"""The improvement plan: findings become items, people move them on, nothing is overwritten.

What may happen to an item is decided by `advisory.rules.plan`; this module records it. Each act
is kept three times: in the item, in its append-only history (PlanEvent) and in the trail.
Acts repeated by the same person change nothing; an act on a page that showed an earlier round is
refused with "stale_form".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Max

from advisory.models import (
    ImprovementPlan,
    Nudge,
    PlanConfirmation,
    PlanEvent,
    PlanEvidence,
    PlanItem,
)
from advisory.rules.plan import (
    FACTORY,
    Act,
    Event,
    ItemState,
    Position,
    Side,
    Status,
    apply_event,
)
from advisory.rules.progress import Priority, due_date
from advisory.selectors.states import state_of
from assessments.models import Answer, Assessment, Outcome
from betterwork.accounts.models import Membership, Role
from betterwork.errors import DomainError, NotAllowed
from betterwork.records import files
from betterwork.records.services import record, send_mail_once
from betterwork.records.vocabulary import Action
from factories.models import CycleFact, Factory
from factories.selectors import current_cycle, is_public_holiday, working_day_test
from factories.services import cycles
from factories.services.factories import refuse_merged

from . import mails
from .acting import acting_role, moment, person_id, plan_settings, position_of

NUDGE_DAYS = 3
NOBODY = object()  # what follows by itself: completed by both sides, verified by an assessment
SIDE_OF = {Position.WORKER_MEMBER: Side.WORKER, Position.MANAGEMENT_MEMBER: Side.MANAGEMENT}
ROLE_OF = {
    Position.AMBASSADOR: Role.AMBASSADOR,
    Position.WORKER_MEMBER: Role.COMMITTEE_WORKER,
    Position.MANAGEMENT_MEMBER: Role.COMMITTEE_MANAGEMENT,
}
OWNERS = frozenset({Role.AMBASSADOR, Role.ADVISOR, Role.MANAGER})
FROM_ASSESSMENT = frozenset({Assessment.Status.FACTORY_REVIEW, Assessment.Status.RELEASED})


# -- the plan and its items -------------------------------------------------------------------


@dataclass
class FromAssessment:
    """What one action did. `again`: (older open item, new item) about the same question."""

    created: list[PlanItem] = field(default_factory=list)
    already: int = 0
    again: list[tuple[PlanItem, PlanItem]] = field(default_factory=list)
    verified: list[PlanItem] = field(default_factory=list)


def open_plan(*, factory_id: UUID, today: date) -> ImprovementPlan:
    """The factory's one plan, opened (and told to the cycle) if it has none; locked."""
    plan, is_new = ImprovementPlan.objects.get_or_create(
        factory_id=factory_id, defaults={"opened_on": today}
    )
    if is_new:
        cycle = current_cycle(factory_id, today)
        if cycle is not None:
            cycles.record_fact(
                cycle_id=cycle.pk,
                kind=CycleFact.Kind.PLAN_OPENED,
                happened_on=max(today, cycle.starts_on),
                source_id=str(plan.pk),
            )
    # Numbers are drawn one after the other: whoever adds an item waits for the one before.
    return ImprovementPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)


def _stands(factory: Factory) -> UUID:
    """The factory whose plan it is: of a duplicate, the one it became."""
    return factory.merged_into_id or factory.pk


def findings_of(assessment_id: UUID) -> list[Answer]:
    """The non-compliances held against the factory, in the order of the tool."""
    rows = Answer.objects.filter(assessment_id=assessment_id, outcome=Outcome.NON_COMPLIANT)
    return list(rows.select_related("question", "point").order_by("question__order"))


@transaction.atomic
def create_items_from_assessment(
    *, assessment_id: UUID, by: Any = None, now: datetime | None = None, role: str | None = None
) -> FromAssessment:
    """Every finding of a released or shared assessment becomes an item, all in one action.

    Safe to repeat: a finding that is an item already stays as it is. An older open item about the
    same question keeps its own progress; both are told of each other, and may be merged by hand.
    The items of a duplicate's assessment enter the plan of the factory it became.
    Once the report is released, older completed items whose question is now compliant become
    verified by the assessment. Raises: NotAllowed("item_not_your_task"),
    DomainError("assessment_not_shared").
    """
    at, today = moment(now)
    _may_add(role)
    assessment = Assessment.objects.select_related("factory", "programme").get(pk=assessment_id)
    if assessment.status not in FROM_ASSESSMENT:
        raise DomainError("assessment_not_shared", assessment=assessment.code)
    done = FromAssessment()
    plan = open_plan(factory_id=_stands(assessment.factory), today=today)
    known = set(
        PlanItem.objects.filter(assessment=assessment, answer__isnull=False).values_list(
            "answer_id", flat=True
        )
    )
    found = findings_of(assessment_id)
    fresh = [answer for answer in found if answer.pk not in known]
    done.already = len(found) - len(fresh)
    if fresh:
        done.created = _items_of(plan, assessment, fresh, person_id(by), today)
        PlanItem.objects.bulk_create(done.created)
        done.again = _found_again(done.created, assessment)
        _tell_created(done, assessment, fresh, by, at, role)
        record(
            Action.ITEMS_CREATED,
            about=assessment,
            factory_id=plan.factory_id,
            for_factory=True,
            items=len(done.created),
        )
    if assessment.status == Assessment.Status.RELEASED:
        done.verified = _verify_by(assessment, at)
    return done


def _items_of(
    plan: ImprovementPlan,
    assessment: Assessment,
    answers: Sequence[Answer],
    user_id: int | None,
    today: date,
) -> list[PlanItem]:
    settings = plan_settings(today)
    is_working_day = working_day_test(assessment.programme, plan.factory)
    number = last_number(plan)
    items = []
    for answer in answers:
        number += 1
        question = answer.question
        priority = Priority.NORMAL
        if "zero_tolerance" in question.tags:
            priority = Priority.URGENT
        elif "public" in question.tags:
            priority = Priority.PUBLIC
        items.append(
            PlanItem(
                plan=plan,
                factory_id=plan.factory_id,
                number=number,
                origin=PlanItem.Origin.ASSESSMENT,
                point=answer.point,
                lineage=question.lineage,
                assessment=assessment,
                answer=answer,
                is_public="public" in question.tags,
                issue=answer.finding or question.title["en"],
                opened_on=today,
                due_on=due_date(today, priority, settings, is_working_day=is_working_day).due_on,
                created_by_id=user_id,
            )
        )
    return items


def _found_again(
    created: Sequence[PlanItem], assessment: Assessment
) -> list[tuple[PlanItem, PlanItem]]:
    older = PlanItem.objects.filter(
        plan=created[0].plan, merged_into__isnull=True, lineage__in={i.lineage for i in created}
    ).exclude(assessment=assessment)
    open_ones: dict[str, list[PlanItem]] = defaultdict(list)
    for item in older.exclude(status=PlanItem.Status.COMPLETED):
        open_ones[item.lineage].append(item)
    return [(old, new) for new in created for old in open_ones[new.lineage]]


def _tell_created(
    done: FromAssessment,
    assessment: Assessment,
    answers: Sequence[Answer],
    by: Any,
    at: datetime,
    role: str | None,
) -> None:
    # By PlanItem.answer_id, which items of other origins leave empty; these have one.
    law: dict[int | None, list[str]] = {answer.pk: list(answer.question.law) for answer in answers}
    twins: dict[UUID, list[int]] = defaultdict(list)
    for old, new in done.again:
        twins[new.pk].append(old.number)
    events = [
        event_of(
            item,
            Action.ITEM_CREATED,
            by,
            at,
            role=role,
            assessment=assessment.code,
            question=item.lineage,
            law=law[item.answer_id],
            same_as=twins[item.pk],
        )
        for item in done.created
    ]
    events += [
        event_of(
            old,
            Action.ITEMS_CREATED,
            by,
            at,
            role=role,
            assessment=assessment.code,
            found_again_as=new.number,
        )
        for old, new in done.again
    ]
    PlanEvent.objects.bulk_create(events)


def _verify_by(assessment: Assessment, at: datetime) -> list[PlanItem]:
    """Older completed items whose question this assessment found compliant are verified by it."""
    held_on = assessment.starts_on
    if held_on is None:
        return []
    compliant = Answer.objects.filter(assessment=assessment, outcome=Outcome.COMPLIANT)
    rows = PlanItem.objects.select_for_update(no_key=True, of=("self",)).filter(
        factory_id=_stands(assessment.factory),
        status=PlanItem.Status.COMPLETED,
        verified_at__isnull=True,
        merged_into__isnull=True,
        completed_at__date__lte=held_on,
        lineage__in=compliant.values("question__lineage"),
    )
    found = list(rows.exclude(assessment=assessment))
    for item in found:
        _apply(item, Event(Act.VERIFY, Position.ASSESSMENT, held_on), at)
        item.verified_by_assessment = assessment
        item.save(update_fields=["verified_at", "verified_by_assessment", "updated_at"])
        _tell(item, Action.ITEM_VERIFIED, NOBODY, at, assessment=assessment.code)
    return found


@transaction.atomic
def create_item(
    *,
    factory_id: UUID,
    origin: str,
    point_id: str,
    issue: str,
    by: Any = None,
    action: str = "",
    root_cause: str = "",
    responsible: str = "",
    due_on: date | None = None,
    opened_on: date | None = None,
    now: datetime | None = None,
    role: str | None = None,
    for_committee: bool = False,
) -> PlanItem:
    """Add one item that comes from elsewhere than an assessment.

    for_committee: an act of the whole committee (its self-diagnosis), whoever of it sends it.

    Safe to repeat: the same open issue of the same compliance point is returned as it is.
    Raises: NotAllowed("item_not_your_task"), DomainError("item_issue_missing"),
    ("item_origin_unknown"), ("factory_is_merged"), and those of `check_due`.
    """
    at, today = moment(now)
    if for_committee:
        position_of(role)
    else:
        _may_add(role)
    issue = issue.strip()
    if not issue:
        raise DomainError("item_issue_missing")
    if origin not in PlanItem.Origin.values or origin == PlanItem.Origin.ASSESSMENT:
        raise DomainError("item_origin_unknown")
    factory = Factory.objects.select_related("programme", "merged_into").get(pk=factory_id)
    refuse_merged(factory)
    opened_on = opened_on or today
    if due_on is not None:
        check_due(factory, due_on, today)
    plan = open_plan(factory_id=factory_id, today=opened_on)
    same = PlanItem.objects.filter(
        plan=plan, origin=origin, point_id=point_id, issue=issue, merged_into__isnull=True
    ).exclude(status=PlanItem.Status.COMPLETED)
    existing = same.first()
    if existing is not None:
        return existing
    if due_on is None:
        is_working_day = working_day_test(factory.programme, factory)
        due_on = due_date(
            opened_on, Priority.NORMAL, plan_settings(today), is_working_day=is_working_day
        ).due_on
    item = PlanItem.objects.create(
        plan=plan,
        factory=factory,
        number=last_number(plan) + 1,
        origin=origin,
        point_id=point_id,
        issue=issue,
        action=action.strip(),
        root_cause=root_cause.strip(),
        responsible=responsible.strip(),
        due_on=due_on,
        opened_on=opened_on,
        created_by_id=person_id(by),
    )
    _tell(item, Action.ITEM_CREATED, by, at, role=role, origin=origin)
    return item


@transaction.atomic
def set_details(
    *,
    item_id: UUID,
    by: Any = None,
    root_cause: str,
    action: str,
    responsible: str,
    due_on: date | None,
    now: datetime | None = None,
    role: str | None = None,
) -> PlanItem:
    """Say why it happened, what is done about it, by whom and until when.

    The history keeps what stood there before. Raises: NotAllowed("item_not_your_task"),
    DomainError("item_already_completed"), ("item_is_merged"), and those of `check_due`.
    """
    at, today = moment(now)
    _may_add(role)
    item = _locked(item_id)
    new: dict[str, Any] = {
        "root_cause": root_cause.strip(),
        "action": action.strip(),
        "responsible": responsible.strip(),
        "due_on": due_on,
    }
    before = {n: getattr(item, n) for n, value in new.items() if getattr(item, n) != value}
    if not before:
        return item
    if item.status == PlanItem.Status.COMPLETED:
        raise DomainError("item_already_completed", number=item.number)
    if "due_on" in before and due_on is not None:
        check_due(item.factory, due_on, today)
    for name in before:
        setattr(item, name, new[name])
    item.save(update_fields=[*before, "updated_at"])
    was = {n: v.isoformat() if isinstance(v, date) else v for n, v in before.items()}
    _tell(item, Action.ITEM_CHANGED, by, at, role=role, fields=sorted(before), kept=was)
    return item


def check_due(factory: Factory, due_on: date, today: date) -> None:
    """Raises: DomainError("due_in_the_past" | "due_on_weekly_rest" | "due_on_public_holiday")."""
    if due_on < today:
        raise DomainError("due_in_the_past", day=due_on)
    rest = factory.weekly_rest or factory.programme.weekly_rest or []
    if working_day_test(factory.programme, factory)(due_on):
        return
    if due_on.weekday() in rest and not is_public_holiday(factory.programme.country, due_on):
        raise DomainError("due_on_weekly_rest", day=due_on)
    raise DomainError("due_on_public_holiday", day=due_on)


# -- what moves an item on --------------------------------------------------------------------


@transaction.atomic
def update_progress(
    *,
    item_id: UUID,
    by: Any = None,
    progress_percent: int,
    note: str = "",
    now: datetime | None = None,
    role: str | None = None,
) -> PlanItem:
    """Say how far the work is, 0 to 100 per cent, with a word about it.

    100 per cent is not "done": that is `report_done`. Raises: NotAllowed("item_not_your_task" |
    "item_already_reported" | "item_already_completed"), DomainError("progress_out_of_range").
    """
    at, today = moment(now)
    position = position_of(role)
    if not 0 <= progress_percent <= 100:
        raise DomainError("progress_out_of_range")
    item = _locked(item_id)
    if position not in FACTORY:
        raise NotAllowed("item_not_your_task")
    if item.status == PlanItem.Status.COMPLETED:
        raise NotAllowed("item_already_completed", number=item.number)
    if item.done_on is not None:
        raise NotAllowed("item_already_reported", number=item.number)
    note = note.strip()
    last = item.history.filter(kind=Action.ITEM_PROGRESS).last()
    same = last is not None and last.text == note and last.facts.get("percent") == progress_percent
    if item.progress_percent == progress_percent and (not note or same):
        return item
    if item.status == PlanItem.Status.PENDING:
        _apply(item, Event(Act.START, position, today, _key(by)), at)
    before, item.progress_percent = item.progress_percent, progress_percent
    item.save(update_fields=["status", "progress_percent", "updated_at"])
    _tell(
        item, Action.ITEM_PROGRESS, by, at, text=note, role=role,
        percent=progress_percent, before=before,
    )  # fmt: skip
    return item


@transaction.atomic
def report_done(
    *, item_id: UUID, by: Any = None, now: datetime | None = None, role: str | None = None
) -> PlanItem:
    """The factory says that it is done: both committee sides are asked to confirm.

    Safe to repeat by the same person. Raises: NotAllowed("item_..." as rules P-1 to P-6 name them).
    """
    at, today = moment(now)
    position = position_of(role)
    item = _locked(item_id)
    if item.done_on is not None and item.done_by_id == person_id(by):
        return item
    event = Event(Act.REPORT_DONE, position, today, _key(by))
    _apply(item, event, at)
    item.done_on, item.done_by_id, item.progress_percent = today, person_id(by), 100
    item.save(update_fields=["status", "done_on", "done_by", "progress_percent", "updated_at"])
    _tell(item, Action.ITEM_DONE, by, at, role=role, round=item.round)
    return item


@transaction.atomic
def confirm(
    *,
    item_id: UUID,
    by: Any = None,
    round_seen: int | None = None,
    now: datetime | None = None,
    role: str | None = None,
) -> PlanItem:
    """One committee side confirms; with the second side the item is completed.

    Safe to repeat by the same person. Raises: NotAllowed("item_side_confirmed" |
    "item_same_person_both_sides" | "item_not_reported" | ...), DomainError("stale_form").
    """
    at, today = moment(now)
    position = position_of(role)
    item = _locked(item_id)
    user_id = person_id(by)
    side = SIDE_OF.get(position)
    mine = item.confirmations.filter(
        round=round_seen or item.round, side=side or "", by_id=user_id, agrees=True
    )
    if user_id is not None and mine.exists():
        return item
    _same_round(item, round_seen)
    state = _apply(item, Event(Act.CONFIRM, position, today, _key(by)), at)
    try:
        with transaction.atomic():
            _confirmation(item, side, user_id, at, agrees=True)
    except IntegrityError as error:
        raise NotAllowed("item_side_confirmed", number=item.number) from error
    _tell(item, Action.ITEM_CONFIRMED, by, at, role=role, side=str(side), round=item.round)
    if state.status is Status.COMPLETED:
        item.completed_at = at
        item.save(update_fields=["status", "completed_at", "updated_at"])
        # A moment later, so that the history reads in the order of cause and effect.
        after = at + timedelta(microseconds=1)
        _tell(item, Action.ITEM_COMPLETED, NOBODY, after, round=item.round)
    return item


@transaction.atomic
def not_yet(
    *,
    item_id: UUID,
    by: Any = None,
    reason: str,
    round_seen: int | None = None,
    now: datetime | None = None,
    role: str | None = None,
) -> PlanItem:
    """One committee side does not confirm, and says why: the work goes on, a new round begins.

    Safe to repeat by the same person. Raises: NotAllowed("item_reason_missing" | ...),
    DomainError("stale_form").
    """
    at, today = moment(now)
    position = position_of(role)
    item = _locked(item_id)
    user_id = person_id(by)
    side = SIDE_OF.get(position)
    if (
        round_seen
        and item.confirmations.filter(
            round=round_seen, side=side or "", by_id=user_id, agrees=False
        ).exists()
    ):
        return item
    _same_round(item, round_seen)
    _apply(item, Event(Act.NOT_YET, position, today, _key(by), reason), at)
    _confirmation(item, side, user_id, at, agrees=False, reason=reason.strip())
    told = item.round
    _next_round(item)
    _tell(
        item, Action.ITEM_NOT_YET, by, at, text=reason.strip(), role=role,
        side=str(side), round=told,
    )  # fmt: skip
    return item


@transaction.atomic
def verify(
    *, item_id: UUID, by: Any = None, now: datetime | None = None, role: str | None = None
) -> PlanItem:
    """An advisor saw that it is so: a fact of its own, beside "completed".

    Safe to repeat by the same person. Raises: NotAllowed("item_not_completed" | ...).
    """
    at, today = moment(now)
    position = position_of(role)
    item = _locked(item_id)
    if item.verified_at is not None and item.verified_by_id == person_id(by):
        return item
    _apply(item, Event(Act.VERIFY, position, today, _key(by)), at)
    item.verified_by_id = person_id(by)
    item.save(update_fields=["verified_at", "verified_by", "updated_at"])
    _tell(item, Action.ITEM_VERIFIED, by, at, role=role)
    return item


@transaction.atomic
def return_item(
    *,
    item_id: UUID,
    by: Any = None,
    reason: str,
    round_seen: int | None = None,
    now: datetime | None = None,
    role: str | None = None,
) -> PlanItem:
    """The advisor looked and it is not done, or no longer so: a new round with the reason.

    A verified item is opened again the same way; its history keeps that it was verified.
    Raises: NotAllowed("item_reason_missing" | "item_not_completed" | ...), and
    DomainError("stale_form").
    """
    at, today = moment(now)
    position = position_of(role)
    item = _locked(item_id)
    if (
        round_seen
        and round_seen < item.round
        and item.history.filter(
            kind=Action.ITEM_RETURNED, by_id=person_id(by), facts__round=round_seen
        ).exists()
    ):
        return item
    _same_round(item, round_seen)
    was_verified = item.verified_at is not None
    act = Act.REOPEN if was_verified else Act.RETURN
    _apply(item, Event(act, position, today, _key(by), reason), at)
    told = item.round
    _next_round(item)
    _tell(
        item, Action.ITEM_RETURNED, by, at, text=reason.strip(), role=role,
        round=told, was_verified=was_verified,
    )  # fmt: skip
    return item


def _apply(item: PlanItem, event: Event, at: datetime) -> ItemState:
    """Ask the rules, and set what they change in the item. Raises: NotAllowed("item_<code>")."""
    settings = plan_settings(event.on)
    count = item.evidence.count() if settings.needs_evidence else 0
    try:
        state = apply_event(state_of(item), event, evidence_count=count, settings=settings)
    except NotAllowed as error:
        code = error.facts["refusals"][0].code
        raise NotAllowed(f"item_{code}", number=item.number) from error
    item.status = str(state.status)
    item.verified_at = at if state.is_verified else None
    return state


def _next_round(item: PlanItem) -> None:
    item.round += 1
    item.done_on = item.done_by_id = item.completed_at = None
    item.verified_at = item.verified_by_id = item.verified_by_assessment_id = None
    item.save()


def _confirmation(
    item: PlanItem,
    side: Side | None,
    user_id: int | None,
    at: datetime,
    *,
    agrees: bool,
    reason: str = "",
) -> None:
    PlanConfirmation.objects.create(
        item=item,
        factory_id=item.factory_id,
        round=item.round,
        side=str(side),
        agrees=agrees,
        reason=reason,
        by_id=user_id,
        at=at,
    )


def _same_round(item: PlanItem, round_seen: int | None) -> None:
    if round_seen is not None and round_seen != item.round:
        raise DomainError("stale_form")


# -- duplicates, evidence, reminders ----------------------------------------------------------


@transaction.atomic
def merge_items(
    *,
    keep_id: UUID,
    merge_id: UUID,
    by: Any = None,
    now: datetime | None = None,
    role: str | None = None,
) -> PlanItem:
    """Join two open items about the same thing; the one kept counts for both where they came from.

    Safe to repeat. Raises: NotAllowed("item_not_your_task"), DomainError("merge_same_item" |
    "merge_other_factory" | "merge_completed" | "merge_other_way" | "item_is_merged").
    """
    at, _ = moment(now)
    _may_add(role)
    if keep_id == merge_id:
        raise DomainError("merge_same_item")
    # In the order of their ids, so that two merges at once do not wait for each other.
    rows = PlanItem.objects.select_for_update(no_key=True, of=("self",)).order_by("id")
    both = {item.pk: item for item in rows.filter(pk__in=[keep_id, merge_id])}
    keep, other = both[keep_id], both[merge_id]
    if other.merged_into_id == keep.pk:
        return keep
    for item in (keep, other):
        if item.merged_into_id is not None:
            raise DomainError("item_is_merged", number=item.number)
        if item.status == PlanItem.Status.COMPLETED:
            raise DomainError("merge_completed", number=item.number)
    if keep.plan_id != other.plan_id:
        raise DomainError("merge_other_factory")
    if _way(keep) < _way(other):
        # Else the origin of the one that is further along would fall back.
        raise DomainError("merge_other_way", number=other.number)
    PlanItem.objects.filter(merged_into=other).update(merged_into=keep)
    other.merged_into = keep
    other.save(update_fields=["merged_into", "updated_at"])
    if other.is_public and not keep.is_public:
        keep.is_public = True
        keep.save(update_fields=["is_public", "updated_at"])
    _tell(keep, Action.ITEM_MERGED, by, at, role=role, merged=other.number)
    _tell(other, Action.ITEM_MERGED, by, at, role=role, kept=keep.number)
    return keep


def _way(item: PlanItem) -> tuple[int, bool]:
    return (list(PlanItem.Status.values).index(item.status), item.done_on is not None)


@dataclass
class EvidenceResult:
    """Files kept, files that were there already, and the refusal of each that was not kept."""

    added: list[PlanEvidence] = field(default_factory=list)
    repeated: int = 0
    refused: list[DomainError] = field(default_factory=list)


class _SameBytes(Exception):
    """The item shows this very file already."""


@transaction.atomic
def add_evidence(
    *,
    item_id: UUID,
    uploads: Iterable[UploadedFile[Any]],
    by: Any = None,
    caption: str = "",
    visibility: str = PlanEvidence.Visibility.PLAN,
    now: datetime | None = None,
    role: str | None = None,
) -> EvidenceResult:
    """Keep several photos or documents at once; a bad one among them does not cost the others.

    Safe to repeat: the same bytes are shown once. Raises: NotAllowed("item_not_your_task" |
    "item_already_verified"), DomainError("evidence_none"), ("item_is_merged").
    """
    at, _ = moment(now)
    position_of(role)
    item = _locked(item_id)
    if item.verified_at is not None:
        raise NotAllowed("item_already_verified", number=item.number)
    result = EvidenceResult()
    given = 0
    for upload in uploads:
        given += 1
        try:
            with transaction.atomic():
                stored = files.store_upload(upload, factory_id=item.factory_id)
                if item.evidence.filter(file__sha256=stored.sha256).exists():
                    raise _SameBytes
                result.added.append(
                    PlanEvidence.objects.create(
                        item=item,
                        factory_id=item.factory_id,
                        file=stored,
                        caption=caption.strip()[:200],
                        visibility=visibility,
                        round=item.round,
                        added_by_id=person_id(by),
                        # Shown in the order they were chosen in.
                        added_at=at + timedelta(microseconds=given),
                    )
                )
        except _SameBytes:
            result.repeated += 1
        except DomainError as error:
            result.refused.append(error)
    if not given:
        raise DomainError("evidence_none")
    if result.added:
        is_open = visibility == PlanEvidence.Visibility.PLAN
        if is_open:
            # What only the advisor sees leaves no line in the history the factory reads.
            event_of(item, Action.EVIDENCE_ADDED, by, at, role=role, files=len(result.added)).save(
                force_insert=True
            )
        record(
            Action.EVIDENCE_ADDED,
            about=item,
            factory_id=item.factory_id,
            for_factory=is_open,
            number=item.number,
            files=len(result.added),
        )
    return result


@transaction.atomic
def nudge(*, item_id: UUID, by: Any = None, now: datetime | None = None) -> Nudge:
    """Remind those who must act next, at most once in three days per item.

    Raises: DomainError("nudged_lately", day=, next=), ("nobody_to_remind").
    """
    at, _ = moment(now)
    item = _locked(item_id)
    about = nudge_key(item.pk)
    last = Nudge.objects.filter(about=about).first()
    if last is not None and at - last.sent_at < timedelta(days=NUDGE_DAYS):
        if last.sent_by_id == person_id(by) and at - last.sent_at < timedelta(minutes=1):
            return last
        again = (last.sent_at + timedelta(days=NUDGE_DAYS)).date()
        raise DomainError("nudged_lately", day=last.sent_at.date(), next=again)
    people = who_acts(item)
    if not people:
        raise DomainError("nobody_to_remind", number=item.number)
    sent = Nudge.objects.create(
        factory_id=item.factory_id, about=about, sent_by_id=person_id(by), sent_at=at
    )
    for person in people:
        send_mail_once(
            kind="plan_nudge",
            key=f"nudge:{sent.pk}:{person.pk}",
            to=person.email,
            language=person.language,
            user_id=person.pk,
            subject=lambda: mails.nudge_subject(item),
            text=lambda who=person: mails.nudge_text(item, who),
        )
    _tell(item, Action.NUDGED, by, at, people=len(people))
    return sent


def nudge_key(item_id: UUID) -> str:
    return f"item:{item_id}"


def who_acts(item: PlanItem) -> list[Any]:
    """The people who must act next on an item: of the factory, or its advisor."""
    waiting = state_of(item).waiting_for
    if waiting == (Position.ADVISOR,):
        return [item.factory.advisor] if item.factory.advisor else []
    roles = [ROLE_OF[position] for position in waiting]
    rows = Membership.objects.filter(
        factory_id=item.factory_id, role__in=roles, ended_at__isnull=True, user__is_active=True
    ).select_related("user")
    return list({row.user_id: row.user for row in rows}.values())


# -- small ones -------------------------------------------------------------------------------


def _may_add(role: str | None) -> None:
    own = acting_role(role)
    if own not in OWNERS and own != "system":
        raise NotAllowed("item_not_your_task")


def _locked(item_id: UUID) -> PlanItem:
    item = (
        PlanItem.objects.select_for_update(no_key=True, of=("self",))
        .select_related("factory__programme", "factory__advisor", "factory__merged_into")
        .get(pk=item_id)
    )
    refuse_merged(item.factory)
    if item.merged_into_id is not None:
        raise DomainError("item_is_merged", number=item.number)
    return item


def last_number(plan: ImprovementPlan) -> int:
    return PlanItem.objects.filter(plan=plan).aggregate(last=Max("number"))["last"] or 0


def _key(by: Any) -> str | None:
    user_id = person_id(by)
    return None if user_id is None else str(user_id)


def event_of(
    item: PlanItem,
    kind: Action,
    by: Any,
    at: datetime,
    *,
    text: str = "",
    role: str | None = None,
    **facts: Any,
) -> PlanEvent:
    return PlanEvent(
        item=item,
        factory_id=item.factory_id,
        kind=kind,
        text=text,
        facts={name: value for name, value in facts.items() if value not in (None, [], "")},
        by_id=None if by is NOBODY else person_id(by),
        role="" if by is NOBODY else acting_role(role),
        at=at,
    )


def _tell(
    item: PlanItem,
    kind: Action,
    by: Any,
    at: datetime,
    *,
    text: str = "",
    role: str | None = None,
    **facts: Any,
) -> None:
    """Write the item's history and the trail, which never holds texts of findings."""
    event_of(item, kind, by, at, text=text, role=role, **facts).save(force_insert=True)
    record(kind, about=item, factory_id=item.factory_id, for_factory=True, number=item.number)
