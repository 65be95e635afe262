"""One visit as a person looks at it: why this date and team, and where else it could go.

Source: docs/domain/rules/planning.md, rules V-19 and V-20.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from assessments.rules import modality
from assessments.rules.planning.checker import check_plan
from assessments.rules.planning.dates import Ground
from assessments.rules.planning.problem import (
    Breach,
    Explanation,
    PlacedVisit,
    Plan,
    Problem,
    month_of,
)
from assessments.rules.planning.table import Phase, Seat, Table
from betterwork.errors import DomainError
from betterwork.rules.explain import Because


def what_if(problem: Problem, plan: Plan, visit: PlacedVisit) -> list[Breach]:
    """Breaches the plan would have beside those it has, with this visit instead of its own."""
    others = tuple(each for each in plan.visits if each.factory_id != visit.factory_id)
    unplaced = tuple(each for each in plan.unplaced if each.factory_id != visit.factory_id)
    moved = replace(plan, visits=(*others, visit), unplaced=unplaced)
    known = set(check_plan(problem, plan, before=plan))
    return [each for each in check_plan(problem, moved, before=plan) if each not in known]


def open_dates(problem: Problem, plan: Plan, factory_id: str) -> list[tuple[date, str, str]]:
    """Start days the visit could have while all others stand: with the best lead and second.

    Raises: DomainError("not_planned_here", id) for a factory that is locked or not due.
    """
    ground = Ground(problem)
    sites = [ground.site(each) for each in ground.due]
    places = {site.factory.id: place for place, site in enumerate(sites)}
    if factory_id not in places:
        raise DomainError("not_planned_here", id=factory_id)
    table = Table(ground, sites)
    for visit in plan.visits:
        place = places.get(visit.factory_id)
        team = [ground.place_of.get(each) for each in visit.team]
        if place is None or visit.factory_id == factory_id or len(team) != 2 or None in team:
            continue
        lead, second = (each for each in team if each is not None)
        table.book(place, Seat(visit.starts_on.toordinal(), lead, second))
    table.share_load(
        [(each.starts_on.toordinal(), len(each.days)) for each in plan.visits],
        sum(len(each.days) for each in plan.visits),
    )
    place = places[factory_id]
    found = []
    for start in ground.open_days(sites[place].factory):
        seat = table.best(place, start, phase=Phase.TRUE)
        if seat is not None:
            people = ground.assessors[seat.lead].id, ground.assessors[seat.second].id
            found.append((date.fromordinal(start), *people))
    return found


def explain(problem: Problem, plan: Plan, factory_id: str) -> Explanation:
    """Why this date and team. Raises: DomainError("not_planned_here", id)."""
    visit = plan.visit(factory_id) or next(
        (each for each in problem.locked if each.factory_id == factory_id), None
    )
    factory = next((each for each in problem.factories if each.id == factory_id), None)
    if visit is None or factory is None:
        raise DomainError("not_planned_here", id=factory_id)
    how = "fixed_by_hand" if visit.is_locked else "drawn_at_random"
    date_facts = (
        Because("V-1", how, visit.starts_on, "D"),
        Because("V-2", "window", (factory.opens_on, factory.closes_on), "record"),
        Because("V-2", "possible_dates", visit.possible_dates, "calendar"),
        Because("V-3", "best_guess", visit.best_guess, "D"),
        Because("V-4", "is_first_draw", visit.is_first_draw, "D"),
        Because("V-11", "bits", visit.bits, "D"),
    )
    return Explanation(factory_id, date_facts, _team_checks(problem, plan, visit))


def _team_checks(problem: Problem, plan: Plan, visit: PlacedVisit) -> tuple[modality.Check, ...]:
    ground = Ground(problem)
    factory = next(each for each in problem.factories if each.id == visit.factory_id)
    month = month_of(visit.starts_on)
    booked = dict.fromkeys((each.id for each in problem.assessors), 0)
    for each in (*plan.visits, *problem.locked):
        if each.factory_id == visit.factory_id:
            continue
        for who in each.team:
            if who in booked:
                booked[who] += sum(month_of(day) == month for day in each.days)
    known = {each.id: each for each in problem.assessors}
    team = tuple(
        modality.Assessor(
            user_id=who,
            is_lead=who == visit.lead_id,
            is_osh_skilled=known[who].is_osh_skilled,
            sex=known[who].sex,
            languages=known[who].languages,
            has_conflict=who in factory.conflicts,
            travel_hops=ground.hops(known[who].home.region, factory.place.region),
            booked_days=booked[who],
        )
        for who in visit.team
        if who in known
    )
    facts = modality.TeamFacts(
        assessed_on=visit.starts_on,
        advisors=factory.advisors,
        previous_teams=(factory.previous_team,) if factory.previous_team else (),
        worker_languages=factory.languages,
        mean_booked_days=round(sum(booked.values()) / len(booked)) if booked else None,
    )
    return modality.check_team(team, facts, problem.rules)
