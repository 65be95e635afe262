"""Committee meetings with their minutes, and decisions until they are carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q

from advisory.models import CommitteeMeeting, MeetingDecision, PlanItem
from betterwork.errors import DomainError
from betterwork.records import files
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from factories.models import Committee, CommitteeMember, Factory
from factories.services.factories import refuse_merged

from .acting import moment, person_id


@dataclass(frozen=True)
class NewDecision:
    text: str
    item_id: UUID | None = None
    due_on: date | None = None


@transaction.atomic
def record_meeting(
    *,
    committee_id: UUID,
    held_on: date,
    worker_present: int,
    management_present: int,
    minutes: str,
    decisions: Sequence[NewDecision] = (),
    chaired_by_id: UUID | None = None,
    minutes_filed_on: date | None = None,
    minutes_file: UploadedFile[Any] | None = None,
    by: Any = None,
    now: datetime | None = None,
) -> CommitteeMeeting:
    """Record a meeting that was held, with its minutes and decisions.

    Safe to repeat: the same meeting sent again is returned as it is. Raises:
    DomainError("meeting_in_the_future" | "meeting_without_minutes" | "meeting_one_sided" |
    "meeting_exists" | "chair_not_a_member" | "decision_of_another_plan" |
    "minutes_filed_before_meeting") and those of the file store.
    """
    _, today = moment(now)
    minutes = minutes.strip()
    if held_on > today:
        raise DomainError("meeting_in_the_future", day=held_on)
    if not minutes:
        raise DomainError("meeting_without_minutes")
    if worker_present < 1 or management_present < 1:
        raise DomainError("meeting_one_sided")
    if minutes_filed_on is not None and minutes_filed_on < held_on:
        raise DomainError("minutes_filed_before_meeting", day=held_on)
    committee = Committee.objects.select_for_update(no_key=True).get(pk=committee_id)
    existing = CommitteeMeeting.objects.filter(committee=committee, held_on=held_on).first()
    if existing is not None:
        if existing.minutes == minutes:
            return existing
        raise DomainError("meeting_exists", day=held_on)
    if chaired_by_id is not None:
        _check_chair(committee, chaired_by_id, held_on)
    meeting = CommitteeMeeting.objects.create(
        committee=committee,
        factory_id=committee.factory_id,
        held_on=held_on,
        worker_present=worker_present,
        management_present=management_present,
        chaired_by_id=chaired_by_id,
        minutes=minutes,
        minutes_filed_on=minutes_filed_on,
        recorded_by_id=person_id(by),
    )
    if minutes_file is not None:
        _keep_file(meeting, minutes_file)
    for decision in decisions:
        _decide(meeting, decision)
    record(
        Action.MEETING_HELD,
        about=meeting,
        factory_id=committee.factory_id,
        for_factory=True,
        held_on=held_on.isoformat(),
        decisions=len(decisions),
    )
    return meeting


def _check_chair(committee: Committee, member_id: UUID, on: date) -> None:
    members = CommitteeMember.objects.filter(committee=committee, joined_on__lte=on)
    if not members.filter(Q(left_on__isnull=True) | Q(left_on__gte=on), pk=member_id).exists():
        raise DomainError("chair_not_a_member")


def _keep_file(meeting: CommitteeMeeting, upload: UploadedFile[Any]) -> None:
    meeting.minutes_file = files.store_upload(upload, factory_id=meeting.factory_id)
    meeting.save(update_fields=["minutes_file"])


def _decide(meeting: CommitteeMeeting, decision: NewDecision) -> MeetingDecision:
    if decision.item_id is not None:
        own = PlanItem.objects.filter(pk=decision.item_id, factory_id=meeting.factory_id)
        if not own.exists():
            raise DomainError("decision_of_another_plan")
    return MeetingDecision.objects.create(
        meeting=meeting,
        factory_id=meeting.factory_id,
        text=decision.text.strip(),
        item_id=decision.item_id,
        due_on=decision.due_on,
    )


def _refuse_duplicate(**of: UUID) -> None:
    """Meetings of a duplicate's committee are read, and no longer changed by anybody.

    Raises: DomainError("factory_is_merged").
    """
    refuse_merged(Factory.objects.select_related("merged_into").get(**of))


@transaction.atomic
def add_decision(*, meeting_id: UUID, decision: NewDecision) -> MeetingDecision:
    """One more decision of a recorded meeting. Safe to repeat: the same text is kept once.

    Raises: DomainError("decision_of_another_plan"), ("factory_is_merged").
    """
    _refuse_duplicate(committees__meetings=meeting_id)
    meeting = CommitteeMeeting.objects.select_for_update(no_key=True).get(pk=meeting_id)
    same = meeting.decisions.filter(text=decision.text.strip(), item_id=decision.item_id).first()
    return same or _decide(meeting, decision)


@transaction.atomic
def add_minutes(
    *,
    meeting_id: UUID,
    minutes_file: UploadedFile[Any] | None = None,
    minutes_filed_on: date | None = None,
) -> CommitteeMeeting:
    """Add the signed minutes, or the day they were sent to the authority, to a meeting.

    What is there is never replaced. Raises: DomainError("minutes_filed_before_meeting"),
    ("factory_is_merged"), and those of the file store.
    """
    _refuse_duplicate(committees__meetings=meeting_id)
    meeting = CommitteeMeeting.objects.select_for_update(no_key=True).get(pk=meeting_id)
    if minutes_filed_on is not None and meeting.minutes_filed_on is None:
        if minutes_filed_on < meeting.held_on:
            raise DomainError("minutes_filed_before_meeting", day=meeting.held_on)
        meeting.minutes_filed_on = minutes_filed_on
        meeting.save(update_fields=["minutes_filed_on"])
    if minutes_file is not None and meeting.minutes_file_id is None:
        _keep_file(meeting, minutes_file)
    return meeting


@transaction.atomic
def carry_out(
    *, decision_id: UUID, carried_out_on: date, by: Any = None, now: datetime | None = None
) -> MeetingDecision:
    """Say on which day a decision was carried out. Safe to repeat.

    Raises: DomainError("decision_before_meeting"), ("meeting_in_the_future"),
    ("factory_is_merged").
    """
    _refuse_duplicate(committees__meetings__decisions=decision_id)
    _, today = moment(now)
    decision = (
        MeetingDecision.objects.select_for_update(no_key=True, of=("self",))
        .select_related("meeting")
        .get(pk=decision_id)
    )
    if decision.carried_out_on is not None:
        return decision
    if carried_out_on < decision.meeting.held_on:
        raise DomainError("decision_before_meeting", day=decision.meeting.held_on)
    if carried_out_on > today:
        raise DomainError("meeting_in_the_future", day=carried_out_on)
    decision.carried_out_on = carried_out_on
    decision.save(update_fields=["carried_out_on"])
    record(
        Action.COMMITTEE_CHANGED,
        about=decision,
        factory_id=decision.factory_id,
        for_factory=True,
        carried_out_on=carried_out_on.isoformat(),
    )
    return decision
