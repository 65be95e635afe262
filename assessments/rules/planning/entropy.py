"""How hard the dates of a plan are to guess, measured over plans made for nothing else.

One plan has no entropy. Shadow plans of the same facts are drawn and thrown away; only counts are
kept, so that no figure depends on the true dates. A few dozen draws over a few dozen dates look
less random than they are: every figure is divided by the same one of simulated ideal draws.

Source: docs/domain/rules/planning.md, rule V-11.
"""

from __future__ import annotations

import math
import secrets
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from assessments.rules.planning.draw import draw_all, finish_teams, lay_out, visit_at
from assessments.rules.planning.problem import PlacedVisit, Problem, RandomSource

IDEALS = 20  # simulations the ideal is averaged over


@dataclass(frozen=True, slots=True)
class Measured:
    """runs: shadow plans. calibrated: entropy over that of ideal draws (about 1 when honest).

    law_share: entropy of the law over log2 of the possible dates, the most any planner keeps.
    worst: least calibrated share of one factory; worst_expected: the same of ideal draws.
    best_guess: greatest frequency of one date of one factory. likeliest_assessor: greatest
    frequency of one assessor at one factory, mean over factories. first_draws, placed: shares.
    weekdays: visits that begin on a weekday over what the law lets expect.
    """

    runs: int
    calibrated: float
    law_share: float
    worst: float
    worst_expected: float
    best_guess: float
    likeliest_assessor: float
    first_draws: float
    placed: float
    weekdays: dict[int, float]


Planner = Callable[[Problem, RandomSource], Sequence[PlacedVisit]]


def draw_visits(problem: Problem, random: RandomSource) -> Sequence[PlacedVisit]:
    """A shadow plan: dates and teams as make_plan draws them."""
    bench = lay_out(problem, random)
    draw_all(bench)
    finish_teams(bench)
    return [visit_at(bench, place, seat) for place, seat in bench.table.seats.items()]


def measure(
    problem: Problem,
    runs: int,
    random: RandomSource | None = None,
    planner: Planner = draw_visits,
) -> Measured:
    """Draw shadow plans and count. Takes `runs` times the time of a plan."""
    source = random or secrets.SystemRandom()
    bench = lay_out(problem, source)
    sites = {site.factory.id: site for site in bench.sites if site.starts}
    starts: dict[str, Counter[int]] = {each: Counter() for each in sites}
    people: dict[str, Counter[str]] = {each: Counter() for each in sites}
    firsts = placed = 0
    for _run in range(runs):
        for visit in planner(problem, source):
            if visit.factory_id in starts:
                starts[visit.factory_id][visit.starts_on.toordinal()] += 1
                people[visit.factory_id].update(visit.team)
                placed += 1
                firsts += visit.is_first_draw
    found = {each: _entropy(counted.values()) for each, counted in starts.items()}
    ideals = {
        each: [_ideal(site.law, starts[each].total(), source) for _each in range(IDEALS)]
        for each, site in sites.items()
    }
    means = {each: sum(values) / IDEALS for each, values in ideals.items()}
    least = [
        min((ideals[each][at] / mean for each, mean in means.items() if mean > 0.0), default=1.0)
        for at in range(IDEALS)
    ]
    whole = sum(means.values())
    most = sum(math.log2(len(site.starts)) for site in sites.values())
    expected: dict[int, float] = {}
    seen: Counter[int] = Counter()
    for factory_id, site in sites.items():
        times = starts[factory_id].total()
        for start, chance in zip(site.starts, site.law, strict=True):
            weekday = date.fromordinal(start).weekday()
            expected[weekday] = expected.get(weekday, 0.0) + chance * times
        for start, count in starts[factory_id].items():
            seen[date.fromordinal(start).weekday()] += count
    return Measured(
        runs=runs,
        calibrated=sum(found.values()) / whole if whole else 1.0,
        law_share=sum(site.law_bits for site in sites.values()) / most if most else 1.0,
        worst=min((found[each] / mean for each, mean in means.items() if mean > 0), default=1.0),
        worst_expected=sum(least) / len(least),
        best_guess=max((max(c.values()) / c.total() for c in starts.values() if c), default=0.0),
        likeliest_assessor=_mean(
            [max(people[each].values()) / starts[each].total() for each in people if people[each]]
        ),
        first_draws=firsts / placed if placed else 1.0,
        placed=placed / (runs * len(sites)) if sites else 1.0,
        weekdays={day: seen[day] / expected[day] for day in sorted(expected) if expected[day]},
    )


def _ideal(law: Sequence[float], times: int, source: RandomSource) -> float:
    bounds = list(accumulate(law))
    last = len(law) - 1
    counts = Counter(min(bisect(bounds, source.random()), last) for _draw in range(times))
    return _entropy(counts.values())


def _entropy(counts: Iterable[int]) -> float:
    """Bits of counted frequencies."""
    values = [value for value in counts if value]
    whole = sum(values)
    return sum(value / whole * math.log2(whole / value) for value in values) if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
