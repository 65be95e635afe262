"""What a plan could be at best: one model of every date and every pair, for small programmes.

Written against the rules, not against the planner: it asks the checker which single visits are
legal, so it is only as fast as a test needs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any

from ortools.sat.python import cp_model

from assessments.rules.planning.checker import check_plan
from assessments.rules.planning.problem import PlacedVisit, Plan, Problem, Unpredictability

NOTHING = Unpredictability(0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, None, 0.0)


def plan_of(*visits: PlacedVisit) -> Plan:
    return Plan(visits, (), NOTHING, 0.0, 0.0)


def legal_visits(problem: Problem) -> dict[str, list[PlacedVisit]]:
    """Every visit of every factory that breaks no rule when all others are away."""
    locked = {each.factory_id for each in problem.locked}
    already = set(check_plan(replace(problem, factories=_locked_only(problem)), plan_of()))
    found: dict[str, list[PlacedVisit]] = {}
    for factory in problem.factories:
        if factory.id in locked:
            continue
        alone = replace(problem, factories=(*_locked_only(problem), factory))
        found[factory.id] = []
        first = max(factory.opens_on, problem.today)
        for later in range((factory.closes_on - first).days + 1):
            visit_days = tuple(
                first + timedelta(days=later + more) for more in range(factory.visit_days)
            )
            teams: dict[frozenset[str], PlacedVisit] = {}
            for lead, second in permutations([each.id for each in problem.assessors], 2):
                visit = PlacedVisit(factory.id, visit_days, lead, second)
                if frozenset(visit.team) in teams:
                    continue
                if not set(check_plan(alone, plan_of(visit))) - already:
                    teams[frozenset(visit.team)] = visit
            found[factory.id] += teams.values()
    return found


def _locked_only(problem: Problem) -> tuple[Any, ...]:
    locked = {each.factory_id for each in problem.locked}
    return tuple(each for each in problem.factories if each.id in locked)


def monolith(
    problem: Problem,
    *,
    seed: int = 0,
    options: dict[str, list[PlacedVisit]] | None = None,
    price: Callable[[PlacedVisit], int] = lambda _visit: 0,
) -> list[PlacedVisit]:
    """As many visits as can be placed at all, and among such plans the lowest sum of prices."""
    model = cp_model.CpModel()
    options = legal_visits(problem) if options is None else options
    chosen: dict[PlacedVisit, Any] = {}
    days: dict[tuple[str, date], list[Any]] = defaultdict(list)
    months: dict[tuple[str, int, int], list[Any]] = defaultdict(list)
    factories = {each.id: each for each in problem.factories}
    for factory_id, visits in options.items():
        for visit in visits:
            taken = chosen[visit] = model.new_bool_var("")
            for who in visit.team:
                for each in visit.days:
                    days[who, each].append(taken)
                    months[who, each.year, each.month].append(taken)
                before = travel_day(problem, who, factories[factory_id], visit.days[0])
                if before is not None:
                    days[who, before].append(taken)
        model.add_at_most_one(chosen[visit] for visit in visits)
    for terms in days.values():
        model.add(sum(terms) <= 1)
    limits = {each.id: each.monthly_days for each in problem.assessors}
    worked: dict[tuple[str, int, int], set[date]] = defaultdict(set)
    for who, each in _fixed_days(problem):
        worked[who, each.year, each.month].add(each)
    for key, terms in months.items():
        model.add(sum(terms) <= max(limits[key[0]] - len(worked[key]), 0))
    model.maximize(sum(taken * (10_000 - price(visit)) for visit, taken in chosen.items()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.randomize_search = True
    solver.parameters.max_time_in_seconds = 20
    status = solver.solve(model)
    assert status == cp_model.OPTIMAL
    return [visit for visit, taken in chosen.items() if solver.boolean_value(taken)]


def travel_day(problem: Problem, who: str, factory: Any, first: date) -> date | None:
    person = next(each for each in problem.assessors if each.id == who)
    pair = person.home.region, factory.place.region
    hops = 0 if pair[0] == pair[1] else problem.hops.get(pair, problem.hops.get(pair[::-1], 1))
    if factory.modality == "virtual" or hops < problem.settings.travel_regions:
        return None
    before = first - timedelta(days=1)
    for _back in range(59):
        if problem.calendar.is_working_day(before):
            break
        before -= timedelta(days=1)
    return before


def _fixed_days(problem: Problem) -> list[tuple[str, date]]:
    found = [(who, each) for visit in problem.locked for who in visit.team for each in visit.days]
    found += [
        (booking.assessor_id, each)
        for booking in problem.bookings
        if booking.kind == "assessment"
        for each in booking.days
    ]
    return found
