"""Committees: forming, members, elections, chairs, and their end."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from factories.models import (
    Committee,
    CommitteeChair,
    CommitteeElection,
    CommitteeMember,
    CycleFact,
    Factory,
)
from factories.selectors.cycles import current_cycle
from factories.services.cycles import record_fact
from factories.services.factories import refuse_merged


@transaction.atomic
def form_committee(
    *,
    factory_id: UUID,
    kind: str,
    name: str,
    formed_on: date,
    registered_on: date | None = None,
    today: date | None = None,
) -> Committee:
    """Form a committee, and tell the running cycle of a bipartite one. Safe to repeat.

    Raises: DomainError("committee_exists", name=...), ("committee_in_future"),
    ("factory_is_merged").
    """
    today = today or timezone.localdate()
    if formed_on > today:
        raise DomainError("committee_in_future", today=today)
    factory = Factory.objects.get(pk=factory_id)
    refuse_merged(factory)
    running: Committee | None = Committee.objects.filter(
        factory_id=factory_id, kind=kind, dissolved_on__isnull=True
    ).first()
    if running is not None:
        if (running.name, running.formed_on) == (name, formed_on):
            return running
        raise DomainError("committee_exists", name=running.name)
    try:
        with transaction.atomic():
            committee: Committee = Committee.objects.create(
                factory=factory,
                kind=kind,
                name=name,
                formed_on=formed_on,
                registered_on=registered_on,
            )
    except IntegrityError as error:
        raise DomainError("committee_exists", name=name) from error
    record(
        Action.COMMITTEE_FORMED,
        about=committee,
        factory_id=factory_id,
        for_factory=True,
        kind=kind,
        formed_on=formed_on.isoformat(),
    )
    cycle = current_cycle(factory_id, today)
    if kind == Committee.Kind.BIPARTITE and cycle is not None:
        record_fact(
            cycle_id=cycle.pk,
            kind=CycleFact.Kind.COMMITTEE_FORMED,
            happened_on=formed_on,
            source_id=str(committee.pk),
        )
    return committee


def _running(committee_id: UUID) -> Committee:
    """The committee, held for a change. Raises: DomainError("committee_dissolved")."""
    committee: Committee = Committee.objects.select_for_update(no_key=True).get(pk=committee_id)
    if committee.dissolved_on is not None:
        raise DomainError("committee_dissolved", name=committee.name)
    return committee


def _changed(committee: Committee, change: str, **facts: Any) -> None:
    # Names of members stay out of the trail; the history of the rows keeps them.
    record(
        Action.COMMITTEE_CHANGED,
        about=committee,
        factory_id=committee.factory_id,
        for_factory=True,
        change=change,
        **facts,
    )


@transaction.atomic
def file_committee(*, committee_id: UUID, registered_on: date | None) -> None:
    """Note when the committee was filed with the authority. Safe to repeat."""
    committee = _running(committee_id)
    if committee.registered_on == registered_on:
        return
    committee.registered_on = registered_on
    committee.save(update_fields=["registered_on"])
    _changed(committee, "filed")


@transaction.atomic
def add_member(
    *,
    committee_id: UUID,
    title: str,
    full_name: str,
    side: str,
    joined_on: date,
    occupation: str = "",
    mandate_ends_on: date | None = None,
    is_union: bool = False,
    election_id: UUID | None = None,
    replaces_id: UUID | None = None,
) -> CommitteeMember:
    """Seat a member, and end the mandate of the one whose seat it takes. Safe to repeat.

    Raises: DomainError("committee_dissolved"), ("member_name_missing"), ("member_title_unknown"),
    ("member_side_unknown"), ("member_mandate_reversed"), ("member_other_side"),
    ("election_elsewhere").
    """
    committee = _running(committee_id)
    full_name = " ".join(full_name.split())
    if not full_name:
        raise DomainError("member_name_missing")
    if title not in CommitteeMember.Title.values:
        raise DomainError("member_title_unknown")
    if side not in CommitteeMember.Side.values:
        raise DomainError("member_side_unknown")
    if mandate_ends_on is not None and mandate_ends_on < joined_on:
        raise DomainError("member_mandate_reversed")
    same: CommitteeMember | None = committee.members.filter(
        full_name=full_name, side=side, joined_on=joined_on, left_on__isnull=True
    ).first()
    if same is not None:
        return same
    if election_id is not None and not committee.elections.filter(pk=election_id).exists():
        raise DomainError("election_elsewhere")
    if replaces_id is not None:
        former = committee.members.filter(pk=replaces_id).first()
        if former is None or former.side != side:
            raise DomainError("member_other_side")
        leave_committee(member_id=replaces_id, left_on=joined_on)
    member: CommitteeMember = CommitteeMember.objects.create(
        committee=committee,
        factory_id=committee.factory_id,
        title=title,
        full_name=full_name,
        side=side,
        occupation=occupation,
        joined_on=joined_on,
        mandate_ends_on=mandate_ends_on,
        is_union=is_union,
        election_id=election_id,
    )
    _changed(committee, "replaced" if replaces_id else "joined", side=side)
    return member


@transaction.atomic
def change_member(
    *,
    member_id: UUID,
    title: str,
    full_name: str,
    occupation: str,
    mandate_ends_on: date | None,
    is_union: bool,
    election_id: UUID | None,
) -> CommitteeMember:
    """Put a member's record right, or renew the mandate after an election. Safe to repeat.

    Raises: DomainError("committee_dissolved"), ("member_name_missing"),
    ("member_mandate_reversed"), ("election_elsewhere").
    """
    member: CommitteeMember = CommitteeMember.objects.get(pk=member_id)
    committee = _running(member.committee_id)
    full_name = " ".join(full_name.split())
    if not full_name:
        raise DomainError("member_name_missing")
    if mandate_ends_on is not None and mandate_ends_on < member.joined_on:
        raise DomainError("member_mandate_reversed")
    if election_id is not None and not committee.elections.filter(pk=election_id).exists():
        raise DomainError("election_elsewhere")
    values = {
        "title": title, "full_name": full_name, "occupation": occupation,
        "mandate_ends_on": mandate_ends_on, "is_union": is_union, "election_id": election_id,
    }  # fmt: skip
    changed = [name for name, value in values.items() if getattr(member, name) != value]
    if not changed:
        return member
    for name in changed:
        setattr(member, name, values[name])
    member.save(update_fields=changed)
    _changed(committee, "member", side=member.side)
    return member


@transaction.atomic
def leave_committee(*, member_id: UUID, left_on: date) -> None:
    """A member leaves; a chair's term ends with it. Safe to repeat.

    Raises: DomainError("committee_dissolved"), ("member_leaves_before_joining", joined_on=...).
    """
    member = CommitteeMember.objects.get(pk=member_id)
    committee = _running(member.committee_id)
    if member.left_on is not None:
        return
    if left_on < member.joined_on:
        raise DomainError("member_leaves_before_joining", joined_on=member.joined_on)
    if member.is_chair:
        _end_term(committee, left_on)
    member.left_on, member.is_chair = left_on, False
    member.save(update_fields=["left_on", "is_chair"])
    _changed(committee, "left", side=member.side)


def _end_term(committee: Committee, day: date) -> None:
    for term in CommitteeChair.objects.filter(committee=committee, ended_on__isnull=True):
        term.ended_on = max(day, term.started_on)
        term.save(update_fields=["ended_on"])
    CommitteeMember.objects.filter(committee=committee, is_chair=True).update(is_chair=False)


@transaction.atomic
def change_chair(*, committee_id: UUID, member_id: UUID, started_on: date) -> None:
    """Make a sitting member the chair; the one before steps down the same day. Safe to repeat.

    Raises: DomainError("committee_dissolved"), ("chair_not_sitting"), ("chair_too_early").
    """
    committee = _running(committee_id)
    member = committee.members.filter(pk=member_id, left_on__isnull=True).first()
    if member is None or member.joined_on > started_on:
        raise DomainError("chair_not_sitting")
    open_term = committee.chairs.filter(ended_on__isnull=True).first()
    if open_term is not None:
        if open_term.member_id == member_id:
            return
        if started_on < open_term.started_on:
            raise DomainError("chair_too_early", started_on=open_term.started_on)
    _end_term(committee, started_on)
    CommitteeChair.objects.create(
        committee=committee,
        factory_id=committee.factory_id,
        member=member,
        side=member.side,
        started_on=started_on,
    )
    member.is_chair = True
    member.save(update_fields=["is_chair"])
    _changed(committee, "chair", side=member.side)


@transaction.atomic
def record_election(
    *,
    committee_id: UUID,
    held_on: date,
    method: str,
    voters: int | None = None,
    eligible: int | None = None,
    note: str = "",
    today: date | None = None,
) -> CommitteeElection:
    """Record an election of worker members. Safe to repeat.

    Raises: DomainError("committee_dissolved"), ("election_in_future"),
    ("election_method_unknown"), ("election_votes_over_roll").
    """
    today = today or timezone.localdate()
    committee = _running(committee_id)
    if held_on > today:
        raise DomainError("election_in_future", today=today)
    if method not in CommitteeElection.Method.values:
        raise DomainError("election_method_unknown")
    if voters is not None and eligible is not None and voters > eligible:
        raise DomainError("election_votes_over_roll")
    same: CommitteeElection | None = committee.elections.filter(
        held_on=held_on, method=method
    ).first()
    if same is not None:
        return same
    election: CommitteeElection = CommitteeElection.objects.create(
        committee=committee,
        factory_id=committee.factory_id,
        held_on=held_on,
        method=method,
        voters=voters,
        eligible=eligible,
        note=note,
    )
    record(
        Action.ELECTION_HELD,
        about=election,
        factory_id=committee.factory_id,
        for_factory=True,
        held_on=held_on.isoformat(),
        method=method,
    )
    return election


@transaction.atomic
def dissolve_committee(*, committee_id: UUID, dissolved_on: date) -> None:
    """End a committee; its members and chair step down with it. Safe to repeat.

    Raises: DomainError("committee_dissolved_too_early", formed_on=...).
    """
    committee = Committee.objects.select_for_update(no_key=True).get(pk=committee_id)
    if committee.dissolved_on is not None:
        return
    if dissolved_on < committee.formed_on:
        raise DomainError("committee_dissolved_too_early", formed_on=committee.formed_on)
    _end_term(committee, dissolved_on)
    for member in committee.members.filter(left_on__isnull=True):
        member.left_on = max(dissolved_on, member.joined_on)
        member.save(update_fields=["left_on"])
    committee.dissolved_on = dissolved_on
    committee.save(update_fields=["dissolved_on"])
    _changed(committee, "dissolved")
