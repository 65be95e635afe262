"""A factory's committees on one day, held against the law of its country."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from advisory.models import CommitteeMeeting, MeetingDecision
from factories.content.reading import committee_rule
from factories.models import Committee, CommitteeChair, CommitteeMember, Factory
from factories.rules import committees as rules
from factories.rules.committee_law import Kind, Selection
from factories.rules.cycle_facts import add_months
from factories.selectors import working_day_test

LOOK_BACK_MONTHS = 12
_SEX = {"Ms": rules.Sex.FEMALE, "Mr": rules.Sex.MALE}


def committees_on(factory: Factory, day: date, workers: int, women: int) -> list[dict[str, Any]]:
    """Every committee that existed on `day`, with its seats and checks: four queries.

    workers, women: the head count the duty is judged by. No name of a member leaves this module.
    """
    rows = [
        row
        for row in Committee.objects.filter(factory=factory, formed_on__lte=day)
        if row.dissolved_on is None or row.dissolved_on > day
    ]
    members: dict[UUID, list[CommitteeMember]] = defaultdict(list)
    for member in CommitteeMember.objects.filter(committee__in=rows).select_related("election"):
        members[member.committee_id].append(member)
    meetings: dict[UUID, list[CommitteeMeeting]] = defaultdict(list)
    for meeting in CommitteeMeeting.objects.filter(committee__in=rows, held_on__lte=day):
        meetings[meeting.committee_id].append(meeting)
    chairs: dict[UUID, list[CommitteeChair]] = defaultdict(list)
    for chair in CommitteeChair.objects.filter(committee__in=rows, started_on__lte=day):
        chairs[chair.committee_id].append(chair)
    decisions: dict[UUID, list[MeetingDecision]] = defaultdict(list)
    for decision in MeetingDecision.objects.filter(
        meeting__committee__in=rows, meeting__held_on__lte=day
    ).select_related("meeting"):
        decisions[decision.meeting.committee_id].append(decision)
    found = []
    for row in rows:
        facts = rules.CommitteeFacts(
            workers=workers or None,
            women_workers=women if workers else None,
            has_union=factory.has_trade_union,
            formed_on=row.formed_on,
            members=tuple(_member(member) for member in members[row.pk]),
            chair_sides=tuple(rules.Side(chair.side) for chair in chairs[row.pk]),
            meetings=tuple(_meeting(meeting, members[row.pk]) for meeting in meetings[row.pk]),
        )
        found.append(_status(row, facts, factory, day, decisions[row.pk]))
    return found


def _member(member: CommitteeMember) -> rules.Member:
    election = member.election
    return rules.Member(
        ref=str(member.pk),
        side=rules.Side(member.side),
        started_on=member.joined_on,
        left_on=member.left_on,
        elected_on=election.held_on if election else None,
        mandate_ends_on=member.mandate_ends_on,
        sex=_SEX.get(member.title),
        selection=Selection(election.method) if election else None,
        is_chair=member.is_chair,
        is_union_nominee=member.is_union,
    )


def _meeting(meeting: CommitteeMeeting, members: Iterable[CommitteeMember]) -> rules.Meeting:
    seats = sum(
        1
        for each in members
        if each.side == CommitteeMember.Side.WORKER
        and each.joined_on <= meeting.held_on
        and (each.left_on is None or each.left_on > meeting.held_on)
    )
    return rules.Meeting(
        held_on=meeting.held_on,
        workers_present=meeting.worker_present,
        worker_members=seats or None,
        minutes_filed_on=meeting.minutes_filed_on,
    )


def _status(
    row: Committee,
    facts: rules.CommitteeFacts,
    factory: Factory,
    day: date,
    decisions: list[MeetingDecision],
) -> dict[str, Any]:
    since = add_months(day, -LOOK_BACK_MONTHS)
    rule = committee_rule(factory.programme.country, Kind(row.kind))
    checks = rules.check_committee(
        rule,
        facts,
        since=since,
        today=day,
        is_working_day=working_day_test(factory.programme, factory),
    )
    workers = facts.sitting(day, rules.Side.WORKER)
    recent = [meeting for meeting in facts.meetings if since <= meeting.held_on]
    ripe = [each for each in decisions if each.due_on is not None and since <= each.due_on <= day]
    done = [e for e in ripe if e.carried_out_on is not None and e.carried_out_on <= day]
    return {
        "kind": row.kind,
        "name": row.name,
        "formed_on": row.formed_on.isoformat(),
        "worker_members": len(workers),
        "worker_women": sum(member.sex is rules.Sex.FEMALE for member in workers),
        "management_members": len(facts.sitting(day, rules.Side.MANAGEMENT)),
        "meetings": len(recent),
        "meetings_since_on": since.isoformat(),
        "last_meeting_on": max(m.held_on for m in recent).isoformat() if recent else None,
        "decisions_due": len(ripe),
        "decisions_done": len(done),
        "checks": [
            {
                "key": check.key.value,
                "outcome": check.outcome.value,
                "reason": check.reason.value if check.reason else "",
                # A reference nobody has verified is not printed as law.
                "reference": check.reference
                if check.confidence is not None and check.confidence.is_law
                else "",
            }
            for check in checks
        ],
    }
