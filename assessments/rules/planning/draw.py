"""make_plan: every date drawn at random from the factory's own dates, then the teams.

Nothing about teams, regions or cost enters the draw. Random numbers come from the operating
system's source; a fixed seed is for tests alone.

Source: docs/domain/rules/planning.md, rules V-1 to V-12.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from assessments.rules.planning.dates import Ground, Site, entropy, tilt
from assessments.rules.planning.problem import (
    Month,
    PlacedVisit,
    Plan,
    Problem,
    RandomSource,
    Unpredictability,
)
from assessments.rules.planning.reasons import why_unplaced
from assessments.rules.planning.repair import Deadline, make_room, polish
from assessments.rules.planning.table import Seat, Table

JITTER = 8.0  # points: who comes is not to be guessed either
DEPTH = 2
SMALL = 12  # so few visits are arranged anew as a whole when one of them finds no place
NEAR = 40
RETEAM_SECONDS, REARRANGE_SECONDS = 0.7, 4.0


@dataclass(slots=True)
class Drawn:
    """What is known of one visit's draw: its list of dates and how open it was."""

    order: list[int] = field(default_factory=list)
    bits: float = 0.0
    is_first: bool = False


@dataclass(slots=True)
class Bench:
    """A problem laid out to be worked on."""

    ground: Ground
    sites: list[Site]
    table: Table
    random: RandomSource
    drawn: list[Drawn]

    @property
    def problem(self) -> Problem:
        return self.ground.problem


def lay_out(
    problem: Problem, random: RandomSource | None = None, *, is_level: bool = True
) -> Bench:
    """Sites with their possible dates and the law they are drawn from.

    is_level: months that are too full are spared; without, every date has the same chance.
    """
    ground = Ground(problem)
    sites = [ground.site(each) for each in ground.due]
    table = Table(ground, sites)
    for place, site in enumerate(sites):
        site.starts = tuple(
            start for start in ground.open_days(site.factory) if table.has_team(place, start)
        )
    spans = [
        [ground.span(start, site.factory.visit_days) for start in site.starts] for site in sites
    ]
    capacity = capacity_of(ground, table, months_of(ground, sites), since=ground.first_day)
    lam = tilt(spans, capacity, float(problem.settings.reserve) if is_level else math.inf)
    for site, dates in zip(sites, spans, strict=True):
        weights = [
            math.exp(-sum(lam[month] * days for month, days in span.months)) for span in dates
        ]
        whole = sum(weights)
        site.law = tuple(weight / whole for weight in weights) if whole else ()
    table.share_load(
        ((start, site.factory.visit_days) for site in sites for start in site.starts),
        sum(site.factory.visit_days for site in sites if site.starts),
    )
    return Bench(ground, sites, table, random or secrets.SystemRandom(), [Drawn() for _ in sites])


def months_of(ground: Ground, sites: Iterable[Site]) -> set[Month]:
    """Months that any possible date touches."""
    return {
        month
        for site in sites
        for start in site.starts
        for month, _days in ground.span(start, site.factory.visit_days).months
    }


def capacity_of(
    ground: Ground, table: Table, months: Iterable[Month], *, since: int
) -> dict[Month, tuple[int, int]]:
    """(assessor-days, lead-days) of each month that can still be given from a day on.

    Of each assessor: what their limit leaves, or the working days they have free, if fewer.
    """
    made: dict[Month, tuple[int, int]] = {}
    for month in months:
        table.caps(month, 0)
        first = date(*month, 1).toordinal()
        following = date(month[0] + month[1] // 12, month[1] % 12 + 1, 1).toordinal()
        working = [day for day in range(max(first, since), following) if ground.works(day)]
        everyone = leads = 0
        for place, left in enumerate(table.left[month]):
            free = sum(not table.is_taken(place, day) for day in working)
            able = min(left, free)
            everyone += able
            leads += able if ground.leads >> place & 1 else 0
        made[month] = everyone, leads
    return made


def make_plan(problem: Problem, random: RandomSource | None = None) -> Plan:
    """Place every factory that is due and not locked, or name it with what stands in its way.

    Takes up to the settings' `search_seconds` where months are too full, and then answers the
    best plan found. Whoever stores a plan checks it first (`check_plan`).
    """
    started = time.perf_counter()
    bench = lay_out(problem, random)
    unplaced = draw_all(bench)
    finish_teams(bench)
    return told(bench, unplaced, time.perf_counter() - started)


def draw_all(bench: Bench) -> list[int]:
    """Dates and legal teams for all sites; answers those without a place."""
    sites, table, source = bench.sites, bench.table, bench.random
    deadline = Deadline(float(bench.problem.settings.search_seconds))
    # All dates are drawn before any team is looked at: no choice of teams can bend them.
    for site, drawn in zip(sites, bench.drawn, strict=True):
        drawn.order = shuffled_by(site.law, site.starts, source)
    order = shuffled(list(range(len(sites))), source)
    table.jitter = [JITTER * source.random() for _each in table.jitter]
    waiting: list[int] = []
    for place in order:
        if not _place_directly(bench, place, deadline):
            waiting.append(place)
    left: list[int] = []
    for place in waiting:
        if not _place_by_force(bench, place, deadline):
            left.append(place)
    if left and not deadline.is_over:
        left = rearrange(bench, left, deadline)
    # Room may have come up since: nothing that fits is left out.
    return [place for place in left if not _place_directly(bench, place, deadline)]


def _place_directly(bench: Bench, place: int, deadline: Deadline) -> bool:
    """At the first date of the visit's own list, if need be by changing other teams."""
    site, table, drawn = bench.sites[place], bench.table, bench.drawn[place]
    if not drawn.order:
        return False
    chances = dict(zip(site.starts, site.law, strict=True))
    open_now = {start for start in site.starts if table.has_team(place, start)}
    for tried, start in enumerate(drawn.order):
        depth = DEPTH if tried == 0 else 0
        if make_room(table, place, start, depth=depth, deadline=deadline):
            drawn.bits = entropy([chances[each] for each in open_now | {start}])
            drawn.is_first = tried == 0
            return True
    return False


def _place_by_force(bench: Bench, place: int, deadline: Deadline) -> bool:
    """At later dates by changing teams, then by the solver; dates of others stay."""
    if _place_directly(bench, place, deadline):
        return True
    table, drawn = bench.table, bench.drawn[place]
    for start in drawn.order:
        if deadline.is_over:
            return False
        if make_room(table, place, start, depth=DEPTH, deadline=deadline):
            drawn.bits, drawn.is_first = bits_left(bench, place), False
            return True
    from assessments.rules.planning import solver

    for start in drawn.order[:2]:
        if deadline.left < RETEAM_SECONDS:
            return False
        near = nearest(bench, [place], start, NEAR)
        options = {place: [start], **{other: [table.seats[other].start] for other in near}}
        if solver.rearrange(table, options, seconds=RETEAM_SECONDS, must_place=True):
            drawn.bits, drawn.is_first = bits_left(bench, place), start == drawn.order[0]
            return True
    return False


def rearrange(bench: Bench, left: list[int], deadline: Deadline) -> list[int]:
    """Let neighbours take later dates of their own lists, so that more visits find a place.

    The solver chooses among dates that were drawn, the earlier in a list the better. A small
    programme is arranged as a whole, with every date.
    """
    from assessments.rules.planning import solver

    table = bench.table
    is_small = len(bench.sites) <= SMALL
    for batch in [left] if is_small else [[place] for place in left]:
        batch = [place for place in batch if bench.drawn[place].order]
        seconds = min(deadline.left, REARRANGE_SECONDS)
        if not batch or seconds < 0.1:
            continue
        near = nearest(bench, batch, bench.drawn[batch[0]].order[0], NEAR if not is_small else 999)
        options: dict[int, list[int]] = {}
        for place in (*batch, *near):
            dates = bench.drawn[place].order
            held = [table.seats[place].start] if place in table.seats else []
            others = [start for start in dates if start not in held]
            options[place] = held + (others if is_small or place in batch else others[:3])
        before = {place: seat.start for place, seat in table.seats.items()}
        solver.rearrange(table, options, seconds=seconds, must_place=False)
        for place in options:
            seat = table.seats.get(place)
            if seat is not None and before.get(place) != seat.start:
                drawn = bench.drawn[place]
                drawn.bits = bits_left(bench, place)
                drawn.is_first = seat.start == drawn.order[0]
    return [place for place in range(len(bench.sites)) if place not in table.seats]


def nearest(bench: Bench, places: list[int], start: int, count: int) -> list[int]:
    """Booked visits nearest in time, which compete for the same people."""
    seats = bench.table.seats
    others = [place for place in seats if place not in places]
    others.sort(key=lambda place: abs(seats[place].start - start))
    return others[:count]


def bits_left(bench: Bench, place: int) -> float:
    """Entropy over the dates a booked visit could have, all others standing as they do."""
    site, table = bench.sites[place], bench.table
    mark = len(table.journal)
    seat = table.unbook(place)
    law = [
        law
        for start, law in zip(site.starts, site.law, strict=True)
        if start == seat.start or table.has_team(place, start)
    ]
    table.roll_back(mark)
    return entropy(law)


def finish_teams(bench: Bench) -> None:
    table = bench.table
    table.journal.clear()
    polish(table, shuffled(list(table.seats), bench.random))


def shuffled(values: list[int], source: RandomSource) -> list[int]:
    """Fisher-Yates, since a RandomSource need not shuffle."""
    for last in range(len(values) - 1, 0, -1):
        other = source.randrange(last + 1)
        values[last], values[other] = values[other], values[last]
    return values


def shuffled_by(law: Sequence[float], values: Sequence[int], source: RandomSource) -> list[int]:
    """A random order in which each next value is drawn by the law of those left (rule V-4)."""
    keyed = [
        (-math.log(1.0 - source.random()) / weight if weight > 0.0 else math.inf, value)
        for weight, value in zip(law, values, strict=True)
    ]
    keyed.sort()
    return [value for _key, value in keyed]


# -- the answer ----------------------------------------------------------------------------------


def visit_at(bench: Bench, place: int, seat: Seat) -> PlacedVisit:
    site, drawn = bench.sites[place], bench.drawn[place]
    ids = bench.problem.assessors
    count = len(site.starts)
    return PlacedVisit(
        factory_id=site.factory.id,
        days=tuple(
            date.fromordinal(seat.start + later) for later in range(site.factory.visit_days)
        ),
        lead_id=ids[seat.lead].id,
        second_id=ids[seat.second].id,
        possible_dates=count,
        bits=drawn.bits,
        most_bits=math.log2(count) if count else 0.0,
        best_guess=max(site.law, default=1.0),
        is_first_draw=drawn.is_first,
    )


def told(bench: Bench, unplaced: list[int], seconds: float) -> Plan:
    visits = [visit_at(bench, place, seat) for place, seat in bench.table.seats.items()]
    visits.sort(key=lambda each: (each.starts_on, each.factory_id))
    named = [why_unplaced(bench.table, place) for place in unplaced]
    named.sort(key=lambda each: each.factory_id)
    laws = {site.factory.id: site.law_bits for site in bench.sites}
    return Plan(
        visits=tuple(visits),
        unplaced=tuple(named),
        unpredictability=unpredictability(visits, laws, bench.problem.settings.few_dates),
        soft_cost=bench.table.soft_cost(),
        seconds=seconds,
    )


def unpredictability(
    visits: Sequence[PlacedVisit], law_bits: dict[str, float], few_dates: int
) -> Unpredictability:
    """Rule V-11, of the visits that were drawn (not of those fixed by hand)."""
    drawn = [each for each in visits if not each.is_locked and each.possible_dates]
    most = sum(each.most_bits for each in drawn)
    bits = sum(each.bits for each in drawn)
    law = sum(law_bits.get(each.factory_id, each.most_bits) for each in drawn)
    few = tuple(sorted(each.factory_id for each in drawn if each.possible_dates < few_dates))
    shares = [
        (each.bits / each.most_bits, each.factory_id) for each in drawn if each.most_bits > 0.0
    ]
    worst, worst_id = min(shares, default=(1.0, None))
    return Unpredictability(
        visits=len(drawn),
        bits=bits,
        most_bits=most,
        share=bits / most if most else 1.0,
        law_share=law / most if most else 1.0,
        first_draws=sum(each.is_first_draw for each in drawn) / len(drawn) if drawn else 1.0,
        worst_share=worst,
        worst_factory_id=worst_id,
        best_guess=max((each.best_guess for each in drawn), default=0.0),
        few=few,
    )
