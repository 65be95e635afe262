"""What an insider could read off other visits: of the neighbours, and the last of the same factory.

Both are compared with plans that know nothing of each other, never with a figure of ours.
"""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cache
from itertools import combinations, pairwise

import pytest

from assessments.rules.planning.draw import lay_out
from assessments.rules.planning.entropy import Planner, draw_visits
from assessments.rules.planning.problem import PlacedVisit, Problem, RandomSource
from reporting.bench.planning import Country, country

RUNS = 20
NEAR_DAYS = 2
# Bounds of chance at these numbers of pairs, three standard deviations and more. Holidays and
# closed days are the same in both plans: they relate places in one window by 0.03 in any draw.
AS_NEAR, RELATED = 0.12, 0.08


@cache
def facts() -> Problem:
    return country(Country(200, 20))


def plans_of(planner: Planner) -> list[dict[str, date]]:
    """The first days of plans made one after the other, by factory."""
    source = random.Random(11)  # the same draws on every run
    return [
        {each.factory_id: each.days[0] for each in planner(facts(), source)} for _run in range(RUNS)
    ]


def nearness(plans: list[dict[str, date]]) -> float:
    """Visits of one region within two days of each other, over those of two different plans."""
    regions: dict[str, list[str]] = defaultdict(list)
    for each in facts().factories:
        regions[each.place.region].append(each.id)
    pairs = [pair for names in regions.values() for pair in combinations(names, 2)]

    def near(one: dict[str, date], other: dict[str, date]) -> int:
        return sum(
            abs((one[a] - other[b]).days) <= NEAR_DAYS for a, b in pairs if a in one and b in other
        )

    together = statistics.mean(near(plan, plan) for plan in plans)
    apart = statistics.mean(
        near(one, other) for one in plans for other in plans if one is not other
    )
    return together / apart


def relation(plans: list[dict[str, date]]) -> float:
    """Correlation of a visit's place in its window in one plan with that in the next."""
    places = [
        {
            each.id: (plan[each.id] - each.opens_on).days / (each.closes_on - each.opens_on).days
            for each in facts().factories
            if each.id in plan
        }
        for plan in plans
    ]
    pairs = [
        (last[name], this[name])
        for last, this in pairwise(places)
        for name in last.keys() & this.keys()
    ]
    return statistics.correlation(*map(list, zip(*sorted(pairs), strict=True)))


def region_by_region(problem: Problem, source: RandomSource) -> Sequence[PlacedVisit]:
    """A region's visits on the dates nearest to one drawn for each month: cheap in travel."""
    bench = lay_out(problem, source)
    anchors: dict[tuple[str, int], int] = {}
    visits = []
    for site in bench.sites:
        if not site.starts:
            continue
        drawn = date.fromordinal(site.starts[source.randrange(len(site.starts))])
        key = (site.factory.place.region, drawn.year * 12 + drawn.month)
        wanted = anchors.setdefault(key, drawn.toordinal())
        visits.append(_at(site.factory.id, min(site.starts, key=lambda day: abs(day - wanted))))
    return visits


def of_habit(problem: Problem, source: RandomSource) -> Sequence[PlacedVisit]:
    """Each factory at its own part of the window, give or take a week."""
    bench = lay_out(problem, source)
    visits = []
    for number, site in enumerate(bench.sites):
        if not site.starts:
            continue
        habit = number * 7 % len(site.starts) + source.randrange(5) - 2
        visits.append(_at(site.factory.id, site.starts[max(0, min(habit, len(site.starts) - 1))]))
    return visits


def _at(factory_id: str, start: int) -> PlacedVisit:
    return PlacedVisit(factory_id, (date.fromordinal(start),), "assessor-0", "assessor-1")


def test_neither_neighbours_nor_the_last_visit_tell_anything() -> None:
    plans = plans_of(draw_visits)
    assert nearness(plans) == pytest.approx(1.0, abs=AS_NEAR)
    assert abs(relation(plans)) < RELATED


def test_planners_that_save_travel_or_keep_habits_are_found_out() -> None:
    assert nearness(plans_of(region_by_region)) > 1 + 2 * AS_NEAR
    assert relation(plans_of(of_habit)) > 2 * RELATED
