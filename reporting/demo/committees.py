"""Bipartite committees of the demo: elections, members, meetings, decisions."""

from __future__ import annotations

import itertools
from datetime import timedelta

from advisory.models import CommitteeMeeting, MeetingDecision
from betterwork.records.vocabulary import Action
from factories.models import Committee, CommitteeElection, CommitteeMember, Factory

from . import depth, names
from .base import World, at, working


def form_committee(world: World, factory: Factory, *, young: bool) -> Committee | None:
    draw, country = world.draw, world.country
    formed = factory.registered_on + timedelta(days=40)
    if formed > world.today:
        return None
    committee = Committee.objects.create(
        factory=factory, kind="bipartite", name=country.committee, formed_on=formed
    )
    mandate = formed
    while mandate + timedelta(days=730) < world.today:
        mandate += timedelta(days=730)
    election = CommitteeElection.objects.create(
        committee=committee,
        factory=factory,
        held_on=mandate,
        method="union_nomination" if country.code == "JO" else "secret_ballot",
        voters=int(factory.worker_count * 0.7),
        eligible=factory.worker_count,
    )
    seats = 5 if factory.worker_count < 1500 else 7
    for side in ("worker", "management"):
        for seat in range(seats if side == "worker" else seats - 1):
            woman = draw.random() < (0.45 if side == "worker" else 0.3)
            first = country.first_names_women if woman else country.first_names_men
            CommitteeMember.objects.create(
                committee=committee,
                factory=factory,
                title="Ms" if woman else "Mr",
                full_name=f"{draw.choice(first)} {draw.choice(country.last_names)}",
                side=side,
                occupation=draw.choice(
                    names.OCCUPATIONS_WORKER if side == "worker" else names.OCCUPATIONS_MANAGEMENT
                ),
                is_chair=side == "management" and seat == 0,
                is_union=side == "worker" and factory.has_trade_union and seat < 2,
                election=election if side == "worker" else None,
                joined_on=mandate,
                mandate_ends_on=mandate + timedelta(days=730) if side == "worker" else None,
                left_on=world.today - timedelta(days=30)
                if side == "worker" and seat == 4 and young
                else None,
            )
    return committee


def hold_meetings(world: World, committee: Committee, *, weak: bool) -> None:
    day = max(committee.formed_on, world.today - timedelta(days=420))
    step = 118 if weak else 52
    minutes, decisions = world.said.minutes, world.said.decisions
    items = [
        item
        for item in world.gathered.items
        if item.factory_id == committee.factory_id and item.status != "pending"
    ]
    for number in itertools.count():
        on = working(world, day + timedelta(days=number * step))
        if on > world.today:
            return
        meeting = CommitteeMeeting(
            programme=world.programme,
            committee=committee,
            factory_id=committee.factory_id,
            held_on=on,
            worker_present=world.draw.randint(3, 6),
            management_present=world.draw.randint(2, 5),
            minutes=minutes[number % len(minutes)],
            minutes_filed_on=depth.later(on, 5, world.today),
        )
        world.gathered.meetings.append(meeting)
        world.gathered.happened(Action.MEETING_HELD, at(on, 16), meeting)
        for place in range(1 + number % 2):
            # Every third decision is about an item of the plan.
            about = [item for item in items if item.opened_on <= on] if place else []
            item = about[(number * 7) % len(about)] if about else None
            carried = on + timedelta(days=24 + 3 * place)
            world.gathered.decisions.append(
                MeetingDecision(
                    programme=world.programme,
                    meeting=meeting,
                    factory_id=committee.factory_id,
                    text=item.action if item else decisions[number % len(decisions)],
                    item=item,
                    due_on=on + timedelta(days=30),
                    carried_out_on=None if weak or carried > world.today else carried,
                )
            )
