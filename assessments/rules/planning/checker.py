"""check_plan: every hard rule looked at anew, from the facts alone.

Shares no code with the planner: only the values of `problem` and the settings. What the planner
gets wrong in one way must not be got wrong here in the same way.

Source: docs/domain/rules/planning.md, rule V-13.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from assessments.rules.modality import Modality, Strictness
from assessments.rules.planning.problem import (
    Assessor,
    Booking,
    BookingKind,
    Breach,
    Factory,
    PlacedVisit,
    Plan,
    Problem,
    Rule,
)

ONE_DAY = timedelta(days=1)


# What a visit that keeps the days it had is excused from.
OF_NEW_DAYS = frozenset({Rule.TOO_SOON, Rule.WINDOW})


def check_plan(problem: Problem, plan: Plan, before: Plan | None = None) -> list[Breach]:
    """Hard rules broken by the plan together with the locked visits; empty for a good plan.

    before: the plan that stood; a visit on the same days as there may be nearer than the notice
    and outlive a window that has changed. Breaches of locked visits alone are marked so: a person
    decided them, and the plan may stand.
    """
    stood = {(each.factory_id, each.days) for each in before.visits} if before else set()
    facts = _Facts(
        problem,
        {each.id: each for each in problem.factories},
        {each.id: each for each in problem.assessors},
    )
    return [
        *_completeness(problem, plan),
        *(
            breach
            for visit in plan.visits
            for breach in _visit(facts, visit, is_locked=False)
            if breach.rule not in OF_NEW_DAYS or (visit.factory_id, visit.days) not in stood
        ),
        *(breach for visit in problem.locked for breach in _visit(facts, visit, is_locked=True)),
        *_people(facts, plan),
    ]


@dataclass(frozen=True, slots=True)
class _Facts:
    problem: Problem
    factories: dict[str, Factory]
    people: dict[str, Assessor]


def _completeness(problem: Problem, plan: Plan) -> Iterator[Breach]:
    factories = {each.id for each in problem.factories}
    locked = {each.factory_id for each in problem.locked}
    placed = Counter(each.factory_id for each in plan.visits)
    unplaced = Counter(each.factory_id for each in plan.unplaced)
    for factory_id, times in placed.items():
        if factory_id not in factories:
            yield Breach(Rule.UNKNOWN_FACTORY, factory_id)
        if factory_id in locked:
            yield Breach(Rule.LOCKED_MOVED, factory_id)
        elif times + unplaced[factory_id] > 1:
            yield Breach(Rule.VISITED_TWICE, factory_id)
    for factory_id in factories - locked:
        if not placed[factory_id] and not unplaced[factory_id]:
            yield Breach(Rule.NEITHER_PLACED_NOR_NAMED, factory_id)
    for each in plan.unplaced:
        if not each.bars:
            yield Breach(Rule.UNPLACED_WITHOUT_REASON, each.factory_id)


def _visit(facts: _Facts, visit: PlacedVisit, *, is_locked: bool) -> Iterator[Breach]:
    """One visit alone: its days and its team."""
    problem, factory = facts.problem, facts.factories.get(visit.factory_id)
    if factory is None:
        return  # a locked visit may be of a factory whose facts nobody asked for

    def broken(rule: Rule, assessor: str | None = None, day: date | None = None) -> Breach:
        return Breach(rule, factory.id, assessor, day, is_locked)

    yield from (broken(rule, None, day) for rule, day in _days(problem, factory, visit, is_locked))
    yield from (broken(rule, who) for rule, who in _team(facts, factory, visit))


def _days(
    problem: Problem, factory: Factory, visit: PlacedVisit, is_locked: bool
) -> Iterator[tuple[Rule, date]]:
    settings = problem.settings
    earliest = problem.today + timedelta(days=settings.notice_days)
    first = visit.days[0]
    if first < earliest and not is_locked:  # locked ones may be past
        yield Rule.TOO_SOON, first
    if len(visit.days) != factory.visit_days:
        yield Rule.VISIT_DAYS, first
    for one, next_one in zip(visit.days, visit.days[1:], strict=False):
        if next_one - one != ONE_DAY:
            yield Rule.ADJACENT_DAYS, next_one
    for day in visit.days:
        if not factory.opens_on <= day <= factory.closes_on:
            yield Rule.WINDOW, day
        if day.weekday() in problem.calendar.rest_weekdays or day in problem.calendar.holidays:
            yield Rule.COUNTRY_REST_DAY, day
        in_peak = settings.avoids_peak_season and day in factory.peak_days
        if day.weekday() in factory.rest_weekdays or day in factory.closed_days or in_peak:
            yield Rule.FACTORY_CLOSED, day


def _team(facts: _Facts, factory: Factory, visit: PlacedVisit) -> Iterator[tuple[Rule, str | None]]:
    problem, known = facts.problem, facts.people
    rules, hard = problem.rules, Strictness.HARD
    ids = [visit.lead_id] + ([visit.second_id] if visit.second_id is not None else [])
    for each in ids:
        if each not in known:
            yield Rule.UNKNOWN_ASSESSOR, each
    if len(set(ids)) != len(ids) or len(ids) < rules.min_assessors:
        yield Rule.TEAM_SIZE, None
    team = [known[each] for each in ids if each in known]
    if visit.lead_id in known and not known[visit.lead_id].can_lead:
        yield Rule.LEAD, visit.lead_id
    for each in ids:
        if rules.own_advisor_rule is hard and each in factory.advisors:
            yield Rule.OWN_ADVISOR, each
        if rules.previous_team_rule is hard and each in factory.previous_team:
            yield Rule.PREVIOUS_TEAM, each
        if each in factory.conflicts:
            yield Rule.CONFLICT, each
    if rules.language_rule is hard and not any(
        language in each.languages for each in team for language in factory.languages
    ):
        yield Rule.LANGUAGE, None
    if rules.both_sexes_rule is hard and len({each.sex for each in team if each.sex}) < 2:
        yield Rule.BOTH_SEXES, None
    if rules.osh_rule is hard and not any(each.is_osh_skilled for each in team):
        yield Rule.OSH, None
    if rules.travel_rule is hard and factory.modality is not Modality.VIRTUAL:
        for person in team:
            if _regions_between(problem, person, factory) >= 2:
                yield Rule.FAR, person.id


def _people(facts: _Facts, plan: Plan) -> Iterator[Breach]:
    """Each assessor over all visits and bookings: one place a day, and the month's limit."""
    problem, factories, people = facts.problem, facts.factories, facts.people
    # (assessor, day) -> what holds them there: (factory or None, is travel, is fixed)
    taken: dict[tuple[str, date], list[tuple[str | None, bool, bool]]] = defaultdict(list)
    worked: dict[tuple[str, int, int], set[date]] = defaultdict(set)
    free_to_change: set[tuple[str, int, int]] = set()
    for visits, is_fixed in ((plan.visits, False), (problem.locked, True)):
        for visit in visits:
            factory = factories.get(visit.factory_id)
            for who in (visit.lead_id, visit.second_id):
                if who is None or who not in people:
                    continue
                for day in visit.days:
                    taken[who, day].append((visit.factory_id, False, is_fixed))
                    worked[who, day.year, day.month].add(day)
                    if not is_fixed:
                        free_to_change.add((who, day.year, day.month))
                if factory is not None and _travels(problem, people[who], factory):
                    before = _working_day_before(problem, visit.days[0])
                    taken[who, before].append((visit.factory_id, True, is_fixed))
    for booking in problem.bookings:
        _note_booking(booking, taken, worked)
    for (who, day), reasons in taken.items():
        visits_here = [each for each in reasons if each[0] is not None]
        is_fixed = all(each[2] for each in reasons)
        is_travel = any(each[1] for each in visits_here)
        if len(reasons) > 1 and visits_here:
            rule = Rule.TRAVEL_DAY if is_travel else Rule.BOOKED_TWICE
            culprit = next((each[0] for each in visits_here if not each[2]), visits_here[0][0])
            yield Breach(rule, culprit, who, day, is_fixed)
        if who in people and day in people[who].away:
            for factory_id, travels, fixed in visits_here:
                yield Breach(Rule.TRAVEL_DAY if travels else Rule.AWAY, factory_id, who, day, fixed)
    for (who, year, month), days in worked.items():
        if who in people and len(days) > people[who].monthly_days:
            is_fixed = (who, year, month) not in free_to_change
            yield Breach(Rule.MONTH_CAP, None, who, min(days), is_fixed)


def _note_booking(
    booking: Booking,
    taken: dict[tuple[str, date], list[tuple[str | None, bool, bool]]],
    worked: dict[tuple[str, int, int], set[date]],
) -> None:
    for day in booking.days:
        # Several bookings of one person on one day are no matter of this plan.
        if not any(each[0] is None for each in taken[booking.assessor_id, day]):
            taken[booking.assessor_id, day].append((None, False, True))
        if booking.kind is BookingKind.ASSESSMENT:
            worked[booking.assessor_id, day.year, day.month].add(day)


def _working_day_before(problem: Problem, day: date) -> date:
    calendar = problem.calendar
    for back in range(1, 61):
        before = day - back * ONE_DAY
        if before.weekday() not in calendar.rest_weekdays and before not in calendar.holidays:
            return before
    return day - 60 * ONE_DAY


def _travels(problem: Problem, person: Assessor, factory: Factory) -> bool:
    if factory.modality is Modality.VIRTUAL:
        return False
    if _regions_between(problem, person, factory) >= problem.settings.travel_regions:
        return True
    distance = _kilometres(person, factory)
    return distance is not None and distance > problem.settings.travel_km


def _regions_between(problem: Problem, person: Assessor, factory: Factory) -> int:
    pair = person.home.region, factory.place.region
    if pair[0] == pair[1]:
        return 0
    if pair in problem.hops:
        return problem.hops[pair]
    return problem.hops.get((pair[1], pair[0]), 1)


def _kilometres(person: Assessor, factory: Factory) -> float | None:
    """By the angle between two directions from the centre of the earth."""
    if (
        person.home.latitude is None
        or person.home.longitude is None
        or factory.place.latitude is None
        or factory.place.longitude is None
    ):
        return None
    here = _direction(person.home.latitude, person.home.longitude)
    there = _direction(factory.place.latitude, factory.place.longitude)
    across = math.dist(here, there) / 2  # half the straight line through a globe of radius 1
    return 2 * 6371.0 * math.asin(min(across, 1.0))


def _direction(latitude: float, longitude: float) -> tuple[float, float, float]:
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
