"""Which dates a visit may have, looked at alone, and the law they are drawn from.

Days are numbers of `date.toordinal`; assessors are bits of a mask, in the order of the problem.
Source: docs/domain/rules/planning.md, rules V-1 to V-5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from assessments.rules.modality import Modality, Strictness
from assessments.rules.planning.problem import (
    Bar,
    Booking,
    BookingKind,
    Factory,
    Month,
    Place,
    PlacedVisit,
    Problem,
    month_of,
)

EARTH_KM = 6371.0
FAR_REGIONS = 2  # rule T-8
ROUNDS = 300  # an impossible month never converges
STEP = 0.6


def bits(mask: int) -> Iterator[int]:
    """Places of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True, slots=True)
class Span:
    """The days of one visit: a travel day is the working day before the first one."""

    days: tuple[int, ...]
    months: tuple[tuple[Month, int], ...]  # days in each month it touches
    travel_day: int


@dataclass(slots=True)
class Site:
    """One factory as the planner sees it. Masks are of assessors.

    may: nobody forbids them. speaks, skilled: hold the rule for the whole team, None where none
    is asked. travels: would need a day of travel first. costs: of a seat, by assessor.
    starts: the dates of rule V-2, in order. law: the chance of each (V-3).
    """

    factory: Factory
    may: int
    lead: int
    speaks: int | None
    skilled: int | None
    mixes_sexes: bool
    travels: int
    costs: tuple[float, ...]
    starts: tuple[int, ...] = ()
    law: tuple[float, ...] = ()

    @property
    def law_bits(self) -> float:
        return entropy(self.law)


def entropy(law: tuple[float, ...] | list[float]) -> float:
    """Bits of a law that may still need to be divided by its sum."""
    whole = sum(law)
    if whole <= 0:
        return 0.0
    return sum(p / whole * math.log2(whole / p) for p in law if p > 0)


class Ground:
    """The facts of a problem in a form that is quick to ask. Nothing here changes."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rules, self.settings = problem.rules, problem.settings
        self.assessors = problem.assessors
        self.place_of = {each.id: place for place, each in enumerate(problem.assessors)}
        self.everyone = (1 << len(problem.assessors)) - 1
        self.leads = self.mask(each.can_lead for each in problem.assessors)
        self.skilled = self.mask(each.is_osh_skilled for each in problem.assessors)
        self.of_sex = {
            sex: self.mask(each.sex == sex for each in problem.assessors)
            for sex in {each.sex for each in problem.assessors if each.sex}
        }
        self.first_day = problem.today.toordinal() + problem.settings.notice_days
        self.away: dict[int, int] = {}
        for place, each in enumerate(problem.assessors):
            for day in each.away:
                self.away[day.toordinal()] = self.away.get(day.toordinal(), 0) | 1 << place
        self._spans: dict[tuple[int, int], Span | None] = {}
        self._work: dict[int, bool] = {}
        self._speakers: dict[frozenset[str], int] = {}
        self._seats: dict[tuple[Place, Modality], tuple[int, int, tuple[float, ...]]] = {}
        factories = {each.id: each for each in problem.factories}
        fixed = {each.factory_id for each in problem.locked}
        self.fixed = tuple((visit, factories.get(visit.factory_id)) for visit in problem.locked)
        self.due = tuple(each for each in problem.factories if each.id not in fixed)

    @staticmethod
    def mask(flags: Iterable[bool]) -> int:
        made = 0
        for place, flag in enumerate(flags):
            if flag:
                made |= 1 << place
        return made

    @staticmethod
    def mask_of(places: Iterable[int]) -> int:
        made = 0
        for place in places:
            made |= 1 << place
        return made

    # -- days ------------------------------------------------------------------------------------

    def works(self, day: int) -> bool:
        known = self._work.get(day)
        if known is None:
            known = self.problem.calendar.is_working_day(date.fromordinal(day))
            self._work[day] = known
        return known

    def span(self, start: int, length: int) -> Span:
        key = start, length
        found = self._spans.get(key)
        if found is None:
            days = tuple(range(start, start + length))
            months: dict[Month, int] = {}
            for day in days:
                month = month_of(date.fromordinal(day))
                months[month] = months.get(month, 0) + 1
            before = start - 1
            # A country without working days has no dates either; do not look for one for ever.
            while not self.works(before) and before > start - 60:
                before -= 1
            found = Span(days, tuple(months.items()), before)
            self._spans[key] = found
        return found

    def open_days(self, factory: Factory) -> list[int]:
        """Start days with nothing but working days after them (rule V-2, the team aside)."""
        first = max(factory.opens_on.toordinal(), self.first_day)
        last = factory.closes_on.toordinal() - factory.visit_days + 1
        return [
            start
            for start in range(first, last + 1)
            if all(self.is_open(factory, start + later) for later in range(factory.visit_days))
        ]

    def is_open(self, factory: Factory, day: int) -> bool:
        if not self.works(day):
            return False
        as_date = date.fromordinal(day)
        if as_date.weekday() in factory.rest_weekdays or as_date in factory.closed_days:
            return False
        return not (self.settings.avoids_peak_season and as_date in factory.peak_days)

    def bars_of_days(self, factory: Factory) -> tuple[Bar, ...]:
        """Why `open_days` is empty."""
        first = max(factory.opens_on.toordinal(), self.first_day)
        last = factory.closes_on.toordinal()
        if last < first:
            return (Bar.WINDOW_PAST,)
        if last - first + 1 < factory.visit_days:
            past = first > factory.opens_on.toordinal()
            return (Bar.WINDOW_SHORT, Bar.WINDOW_PAST) if past else (Bar.WINDOW_SHORT,)
        days = range(first, last + 1)
        if not any(self.works(day) for day in days):
            return (Bar.COUNTRY_CALENDAR,)
        length = factory.visit_days
        starts = days[: len(days) - length + 1]
        if not any(all(self.works(start + d) for d in range(length)) for start in starts):
            return (Bar.COUNTRY_CALENDAR, Bar.NO_ADJACENT_DAYS)
        if not any(self.is_open(factory, day) for day in days):
            return (Bar.FACTORY_CALENDAR,)
        return (Bar.FACTORY_CALENDAR, Bar.NO_ADJACENT_DAYS)

    # -- distance --------------------------------------------------------------------------------

    def hops(self, home: str, region: str) -> int:
        if home == region:
            return 0
        known = self.problem.hops
        found = known.get((home, region))
        if found is None:
            found = known.get((region, home), 1)
        return found

    def _seat_facts(self, place: Place, modality: Modality) -> tuple[int, int, tuple[float, ...]]:
        """Who would travel a day, who is far (T-8), what each costs: the same for a whole place."""
        key = place, modality
        found = self._seats.get(key)
        if found is None:
            travels = far = 0
            costs = [0.0] * len(self.assessors)
            if modality is not Modality.VIRTUAL:
                weighs = self.rules.travel_rule is not Strictness.OFF
                for at, each in enumerate(self.assessors):
                    hops = self.hops(each.home.region, place.region)
                    if hops >= self.settings.travel_regions or _is_beyond(
                        each.home, place, self.settings.travel_km
                    ):
                        travels |= 1 << at
                    if hops >= FAR_REGIONS:
                        far |= 1 << at
                    costs[at] = float(self.settings.region_weight * hops) if weighs else 0.0
            found = travels, far, tuple(costs)
            self._seats[key] = found
        return found

    # -- one factory -----------------------------------------------------------------------------

    def site(self, factory: Factory, *, without: frozenset[Bar] = frozenset()) -> Site:
        """Masks of one factory. `without`: rules left aside, to see what they forbid."""
        rules, settings = self.rules, self.settings
        travels, far, seat_costs = self._seat_facts(factory.place, factory.modality)
        may = self.everyone
        costs = seat_costs
        for bar, strictness, ids in (
            (Bar.OWN_ADVISOR, rules.own_advisor_rule, factory.advisors),
            (Bar.PREVIOUS_TEAM, rules.previous_team_rule, factory.previous_team),
            (Bar.CONFLICT, Strictness.HARD, factory.conflicts),
        ):
            places = [self.place_of[each] for each in ids if each in self.place_of]
            if strictness is Strictness.HARD and bar not in without:
                for place in places:
                    may &= ~(1 << place)
            elif strictness is Strictness.SOFT and places:
                dearer = list(costs)
                for place in places:
                    dearer[place] += settings.pair_weight
                costs = tuple(dearer)
        if rules.travel_rule is Strictness.HARD and Bar.FAR not in without:
            may &= ~far
        hard = Strictness.HARD
        speaks = skilled = None
        if rules.language_rule is hard and Bar.LANGUAGE not in without:
            speaks = self.speakers(factory.languages)
        if rules.osh_rule is hard and Bar.OSH not in without:
            skilled = self.skilled
        return Site(
            factory=factory,
            may=may,
            lead=self.everyone if Bar.LEAD in without else self.leads,
            speaks=speaks,
            skilled=skilled,
            mixes_sexes=rules.both_sexes_rule is hard and Bar.SEX not in without,
            travels=0 if Bar.TRAVEL_DAY in without else travels,
            costs=costs,
        )

    def speakers(self, languages: frozenset[str]) -> int:
        """Those who speak any of these languages."""
        found = self._speakers.get(languages)
        if found is None:
            found = self.mask(bool(each.languages & languages) for each in self.assessors)
            self._speakers[languages] = found
        return found

    @cached_property
    def fixed_days(self) -> tuple[tuple[int, int, Month | None], ...]:
        """(assessor, day, month it counts in) of locked visits, their travel and bookings."""
        made: list[tuple[int, int, Month | None]] = []
        for visit, factory in self.fixed:
            made += self._days_of(visit, factory)
        for booking in self.problem.bookings:
            made += self._days_booked(booking)
        return tuple(dict.fromkeys(made))

    def _days_of(
        self, visit: PlacedVisit, factory: Factory | None
    ) -> Iterator[tuple[int, int, Month | None]]:
        travels = self._seat_facts(factory.place, factory.modality)[0] if factory else 0
        for user in visit.team:
            place = self.place_of.get(user)
            if place is None:
                continue
            for day in visit.days:
                yield place, day.toordinal(), month_of(day)
            if travels >> place & 1:
                start = visit.days[0].toordinal()
                yield place, self.span(start, len(visit.days)).travel_day, None

    def _days_booked(self, booking: Booking) -> Iterator[tuple[int, int, Month | None]]:
        place = self.place_of.get(booking.assessor_id)
        if place is None:
            return
        for day in booking.days:
            counts = booking.kind is BookingKind.ASSESSMENT
            yield place, day.toordinal(), month_of(day) if counts else None


def _is_beyond(one: Place, other: Place, km: int) -> bool:
    """Great-circle distance over `km`; unknown places are never beyond."""
    if None in (one.latitude, one.longitude, other.latitude, other.longitude):
        return False
    lat1, lon1, lat2, lon2 = (
        math.radians(value or 0.0)
        for value in (one.latitude, one.longitude, other.latitude, other.longitude)
    )
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half))) > km


def tilt(
    spans: list[list[Span]], capacity: dict[Month, tuple[int, int]], reserve: float
) -> dict[Month, float]:
    """Rule V-3: lambda of each month, at least 0, so that expected use keeps within the reserve.

    spans: of each factory, its possible dates. capacity: (assessor-days, lead-days) of a month;
    a visit takes two and one for each of its days. Months with room get exactly 0.
    """
    # Dates that touch the same months alike are one kind; factories with the same kinds, one row.
    rows: dict[tuple[tuple[tuple[tuple[Month, int], ...], int], ...], int] = {}
    for dates in spans:
        kinds: dict[tuple[tuple[Month, int], ...], int] = {}
        for span in dates:
            kinds[span.months] = kinds.get(span.months, 0) + 1
        if kinds:
            row = tuple(sorted(kinds.items()))
            rows[row] = rows.get(row, 0) + 1
    months = {month for row in rows for kind, _count in row for month, _days in kind}
    room = {
        month: reserve * min(capacity.get(month, (0, 0))[0] / 2, capacity.get(month, (0, 0))[1])
        for month in months
    }
    lam = dict.fromkeys(months, 0.0)
    for _round in range(ROUNDS):
        used = dict.fromkeys(months, 0.0)
        for row, factories in rows.items():
            weights = [
                count * math.exp(-sum(lam[month] * days for month, days in kind))
                for kind, count in row
            ]
            whole = sum(weights)
            if whole <= 0.0:
                continue
            for (kind, _count), weight in zip(row, weights, strict=True):
                for month, days in kind:
                    used[month] += factories * days * weight / whole
        settled = True
        for month in months:
            ratio = used[month] / room[month] if room[month] else (50.0 if used[month] else 1.0)
            if ratio > 1.002 or (lam[month] > 0.0 and ratio < 0.998):
                settled = False
            change = STEP * math.log(max(min(ratio, 50.0), 0.02))
            lam[month] = min(max(lam[month] + change, 0.0), 40.0)
        # A shift of all months changes no law: dates of one factory have as many days each.
        least = min(lam.values(), default=0.0)
        if least > 0.0:
            lam = {month: value - least for month, value in lam.items()}
        if settled:
            break
    return lam
