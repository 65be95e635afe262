"""Why a visit found no place, and which single thing would give it one.

The rest of the plan is taken as it stands, so a reason says nothing of plans that were not made.
Everything is counted, nothing is searched: the answer is exact and takes milliseconds.

Source: docs/domain/rules/planning.md, rule V-10.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from assessments.rules.planning.dates import Site
from assessments.rules.planning.problem import Bar, Unplaced
from assessments.rules.planning.table import Table

# Rules left aside one after the other; what is easiest to change is kept as a reason longest.
FAMILIES = (
    Bar.SEX,
    Bar.OSH,
    Bar.FAR,
    Bar.TRAVEL_DAY,
    Bar.CONFLICT,
    Bar.OWN_ADVISOR,
    Bar.PREVIOUS_TEAM,
    Bar.LANGUAGE,
    Bar.AWAY,
    Bar.MONTH_CAP,
    Bar.LEAD,
    Bar.BOOKED,
)
LONGER_BY = 28  # days: whether a longer window would help


def why_unplaced(table: Table, place: int) -> Unplaced:
    """Bars that together forbid the visit, and those each of which alone would let it in."""
    ground, site = table.ground, table.sites[place]
    factory = site.factory
    days = ground.open_days(factory)
    longer = replace(factory, closes_on=factory.closes_on + timedelta(days=LONGER_BY))
    unclosed = replace(
        factory, rest_weekdays=frozenset(), closed_days=frozenset(), peak_days=frozenset()
    )

    def fits(dates: list[int], without: frozenset[Bar] = frozenset()) -> bool:
        relaxed = ground.site(factory, without=without)
        return any(_has_team(table, relaxed, start, without) for start in dates)

    unlocked: list[Bar] = []
    if fits(ground.open_days(longer)):
        unlocked.append(Bar.WINDOW_SHORT)
    if fits(ground.open_days(unclosed)):
        unlocked.append(Bar.FACTORY_CALENDAR)
    if not days:
        return Unplaced(factory.id, ground.bars_of_days(factory), tuple(unlocked))
    everything = frozenset(FAMILIES)
    if not fits(days, everything):
        return Unplaced(factory.id, (Bar.TOO_FEW_ASSESSORS,), (), len(site.starts))
    aside: frozenset[Bar] = frozenset()
    for family in FAMILIES:
        if not fits(days, aside | {family}):
            aside |= {family}
    bars = tuple(family for family in FAMILIES if family not in aside)
    unlocked += [family for family in FAMILIES if fits(days, frozenset({family}))]
    return Unplaced(factory.id, bars, tuple(unlocked), len(site.starts))


def _has_team(table: Table, site: Site, start: int, without: frozenset[Bar]) -> bool:
    return table.is_team_in(site, table.free_at(site, start, without))
