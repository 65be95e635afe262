"""Unpredictability is measured, and the measure fails planners that can be guessed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from assessments.rules.planning.draw import lay_out, shuffled
from assessments.rules.planning.entropy import Measured, Planner, measure
from assessments.rules.planning.problem import PlacedVisit, Problem, RandomSource
from assessments.rules.planning.table import Phase

from .oracle import monolith
from .test_planner import seeded
from .worlds import ample, assessor, day, days, factory, problem

RUNS = 40


def is_unpredictable(found: Measured) -> bool:
    """The bar of the benchmark: nearly all of what ideal draws keep, and no factory far below."""
    return found.calibrated >= 0.98 and found.worst >= 0.80


@cache
def country() -> Problem:
    return ample(10, 8)


def test_the_planner_passes() -> None:
    found = measure(country(), RUNS, seeded(1))
    assert is_unpredictable(found)
    assert found.law_share == 1.0
    assert found.placed == 1.0
    assert found.first_draws == 1.0
    assert found.best_guess < 0.35
    assert 0.0 < found.likeliest_assessor < 1.0
    assert all(0.75 < share < 1.25 for share in found.weekdays.values())


def test_a_tight_programme_still_passes_against_its_own_law() -> None:
    facts = problem(
        tuple(factory(f"f{number}") for number in range(14)),
        tuple(assessor(f"p{name}") for name in "abcd"),
    )
    found = measure(facts, RUNS, seeded(2))
    assert found.placed > 0.95
    assert found.calibrated >= 0.95


def earliest(facts: Problem, source: RandomSource) -> Sequence[PlacedVisit]:
    """The first date there is."""
    bench = lay_out(facts, source)
    return [_visit(site.factory.id, site.starts[0]) for site in bench.sites]


def solver_seeded(facts: Problem, source: RandomSource) -> Sequence[PlacedVisit]:
    """Whatever the solver finds first, with another seed each time."""
    return monolith(facts, seed=source.randrange(10**6))


def bent_to_cost(facts: Problem, source: RandomSource) -> Sequence[PlacedVisit]:
    """Visits in random order, each at the date with the cheapest team; chance breaks ties."""
    bench = lay_out(facts, source)
    table, visits = bench.table, []
    for place in shuffled(list(range(len(bench.sites))), source):
        site = bench.sites[place]
        found = []
        for start in site.starts:
            seat = table.best(place, start, phase=Phase.TRUE)
            if seat is not None:
                price = site.costs[seat.lead] + site.costs[seat.second]
                price += table.pair_cost(site, seat.lead, seat.second)
                price += table.marginal_load(seat.lead, 1) + table.marginal_load(seat.second, 1)
                found.append((price, source.random(), seat))
        seat = min(found, key=lambda each: each[:2])[2]
        table.book(place, seat)
        visits.append(_visit(site.factory.id, seat.start))
    return visits


def one_fixed(facts: Problem, source: RandomSource) -> Sequence[PlacedVisit]:
    """Every date drawn honestly but for one factory, which always has its first."""
    bench = lay_out(facts, source)
    visits = [
        _visit(site.factory.id, site.starts[source.randrange(len(site.starts))])
        for site in bench.sites
    ]
    visits[0] = _visit(bench.sites[0].factory.id, bench.sites[0].starts[0])
    return visits


def _visit(factory_id: str, start: int) -> PlacedVisit:
    return PlacedVisit(factory_id, (date.fromordinal(start),), "person-a", "person-b")


@cache
def busy() -> Problem:
    """Leave makes some days cheaper than others."""
    return replace(
        country(),
        assessors=tuple(
            replace(each, away=days(*range(20 + 9 * number, 60 + 9 * number)))
            for number, each in enumerate(country().assessors)
        ),
    )


def test_the_planner_passes_where_days_differ() -> None:
    assert is_unpredictable(measure(busy(), RUNS, seeded(7)))


@pytest.mark.parametrize("planner", [earliest, bent_to_cost, one_fixed])
def test_guessable_planners_fail(planner: Planner) -> None:
    assert not is_unpredictable(measure(busy(), RUNS, seeded(3), planner))


def test_a_seeded_solver_fails() -> None:
    facts = problem(
        tuple(
            factory(f"f{number}", opens_on=day(7 + 3 * number), closes_on=day(36 + 3 * number))
            for number in range(5)
        ),
        tuple(assessor(f"p{name}") for name in "abc"),
    )
    assert is_unpredictable(measure(facts, RUNS, seeded(4)))
    assert not is_unpredictable(measure(facts, RUNS, seeded(4), solver_seeded))


def test_ideal_draws_are_the_measure() -> None:
    """Uniform draws by the test itself come out at 1, although 40 runs look less random."""

    def ideal(facts: Problem, source: RandomSource) -> Sequence[PlacedVisit]:
        bench = lay_out(facts, source)
        return [
            _visit(site.factory.id, site.starts[source.randrange(len(site.starts))])
            for site in bench.sites
        ]

    found = measure(country(), RUNS, seeded(5), ideal)
    assert found.calibrated == pytest.approx(1.0, abs=0.02)
    assert found.worst == pytest.approx(found.worst_expected, abs=0.08)


def test_who_has_few_dates_is_not_averaged_away() -> None:
    facts = country()
    site = replace(facts.factories[0], closes_on=facts.factories[0].opens_on)
    site = replace(site, visit_days=1)
    found = measure(replace(facts, factories=(site, *facts.factories[1:])), 20, seeded(6))
    assert found.best_guess == 1.0
    assert math.isclose(found.placed, 1.0)
