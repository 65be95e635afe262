"""Who is booked when, and the best team that is free: the working state of one plan.

Booking and its undoing are one function with a sign; a journal takes any search back exactly.
Source: docs/domain/rules/planning.md, rules V-6 to V-9.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from assessments.rules.modality import Strictness
from assessments.rules.planning.dates import Ground, Site, bits
from assessments.rules.planning.problem import Bar, Month, month_of

# A lead in the second seat is missed elsewhere: without this price leads run out early.
LEAD_PRICE = 25.0
LATE_LEAD_PRICE = 2.0
LOAD_PULL, MONTH_PULL = 60.0, 12.0


class Phase(Enum):
    """What a seat costs: while visits are placed, in the first exchanges, at the true cost."""

    PLACING = 0
    SMOOTH = 1  # squared distance from even load: the true one stops at the first hollow
    TRUE = 2


SMOOTH_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a visit stands now: its first day and two assessors, the lead first."""

    start: int
    lead: int
    second: int

    @property
    def mask(self) -> int:
        return 1 << self.lead | 1 << self.second


class Table:
    """sites: by place. seats: of the sites that are booked. Nothing else remembers bookings."""

    def __init__(self, ground: Ground, sites: list[Site]) -> None:
        self.ground, self.sites = ground, sites
        self.seats: dict[int, Seat] = {}
        self.journal: list[tuple[int, int, Seat]] = []
        count = len(ground.assessors)
        self.load = [0] * count
        self.target = [1.0] * count
        self.jitter = [0.0] * count
        self.busy: dict[int, int] = {}  # day -> mask, travel days included
        self.held: dict[int, dict[int, int]] = {}  # day -> assessor -> site
        self.left: dict[Month, list[int]] = {}
        self._caps: dict[Month, list[int]] = {}
        self._longest = max((each.factory.visit_days for each in sites), default=1)
        self._fixed: dict[int, int] = {}
        self._fixed_used: dict[Month, dict[int, int]] = {}
        for assessor, day, month in ground.fixed_days:
            # Two bookings of a person on one day are told by the checker, counted once here.
            known = self._fixed.get(day, 0)
            self._fixed[day] = known | 1 << assessor
            if month is not None:
                used = self._fixed_used.setdefault(month, {})
                used[assessor] = used.get(assessor, 0) + 1

    # -- asking ----------------------------------------------------------------------------------

    def caps(self, month: Month, days: int) -> int:
        """Mask of those with at least so many assessment days left in a month."""
        made = self._caps.get(month)
        if made is None:
            used = self._fixed_used.get(month, {})
            self.left[month] = [
                max(each.monthly_days - used.get(place, 0), 0)
                for place, each in enumerate(self.ground.assessors)
            ]
            made = [
                Ground.mask([left >= days for left in self.left[month]])
                for days in range(self._longest + 1)
            ]
            self._caps[month] = made
        return made[days]

    def free(self, place: int, start: int) -> int:
        """Who may be seated at this site from this day on, as things stand."""
        return self.free_at(self.sites[place], start)

    def free_at(self, site: Site, start: int, without: frozenset[Bar] = frozenset()) -> int:
        """The same for any site. without: what is left aside, to see what it forbids."""
        span = self.ground.span(start, site.factory.visit_days)
        mask = site.may
        away, busy, fixed = self.ground.away, self.busy, self._fixed
        if without:
            away = {} if Bar.AWAY in without else away
            busy, fixed = ({}, {}) if Bar.BOOKED in without else (busy, fixed)
        for day in span.days:
            mask &= ~(away.get(day, 0) | busy.get(day, 0) | fixed.get(day, 0))
        if Bar.MONTH_CAP not in without:
            for month, days in span.months:
                mask &= self.caps(month, days)
        travellers = mask & site.travels
        if travellers:
            day = span.travel_day
            mask &= ~(travellers & (away.get(day, 0) | busy.get(day, 0) | fixed.get(day, 0)))
        return mask

    def partners(self, site: Site, lead: int, mask: int) -> int:
        """Who of the mask makes a legal team with this lead."""
        allowed = mask & ~(1 << lead)
        if site.speaks is not None and not site.speaks >> lead & 1:
            allowed &= site.speaks
        if site.skilled is not None and not site.skilled >> lead & 1:
            allowed &= site.skilled
        if site.mixes_sexes:
            sex = self.ground.assessors[lead].sex
            others = 0
            for each, people in self.ground.of_sex.items():
                if sex and each != sex:
                    others |= people
            allowed &= others
        return allowed

    def is_taken(self, assessor: int, day: int) -> bool:
        """Away, or booked by something that is not moved."""
        return bool((self.ground.away.get(day, 0) | self._fixed.get(day, 0)) >> assessor & 1)

    def has_team(self, place: int, start: int) -> bool:
        return self.is_team_in(self.sites[place], self.free(place, start))

    def is_team_in(self, site: Site, mask: int) -> bool:
        leads = mask & site.lead
        if not leads or not mask & (mask - 1):
            return False
        if site.speaks is not None and not mask & site.speaks:
            return False
        return any(self.partners(site, lead, mask) for lead in bits(leads))

    def best(
        self, place: int, start: int, *, mask: int | None = None, phase: Phase = Phase.PLACING
    ) -> Seat | None:
        """The cheapest legal team among those free (or those of the mask)."""
        site = self.sites[place]
        if mask is None:
            mask = self.free(place, start)
        if not mask & site.lead or not mask & (mask - 1):
            return None
        order = self._priced(site, place, start, mask, phase)
        cheapest = order[0][0]
        lead_price = LEAD_PRICE if phase is Phase.PLACING else LATE_LEAD_PRICE
        leads = self.ground.leads
        bound, found = float("inf"), None
        for lead_cost, lead in order:
            if lead_cost + cheapest >= bound:
                break
            if not site.lead >> lead & 1:
                continue
            allowed = self.partners(site, lead, mask)
            for cost, second in order:
                whole = lead_cost + cost
                if whole >= bound:
                    break
                if not allowed >> second & 1:
                    continue
                if leads >> second & 1:
                    whole += lead_price
                whole += self.pair_cost(site, lead, second)
                if whole < bound:
                    bound, found = whole, Seat(start, lead, second)
        return found

    def _priced(
        self, site: Site, place: int, start: int, mask: int, phase: Phase
    ) -> list[tuple[float, int]]:
        days = site.factory.visit_days
        costs, load, target = site.costs, self.load, self.target
        weight = self.ground.settings.load_weight
        people = bits(mask)
        if phase is Phase.PLACING:
            left = self.left[month_of(date.fromordinal(start))]
            assessors, jitter, count = self.ground.assessors, self.jitter, len(self.jitter)
            pull = LOAD_PULL if weight else 0.0
            order = [
                (
                    costs[a]
                    + pull * load[a] / target[a]
                    - MONTH_PULL * left[a] / (assessors[a].monthly_days or 1)
                    + jitter[(a + place) % count],
                    a,
                )
                for a in people
            ]
        elif phase is Phase.SMOOTH:
            scale = SMOOTH_SHARE * weight * days
            order = [(costs[a] + scale * (2 * (load[a] - target[a]) + days), a) for a in people]
        else:
            order = [
                (
                    costs[a]
                    + weight * (abs(load[a] + days - target[a]) - abs(load[a] - target[a])),
                    a,
                )
                for a in people
            ]
        order.sort()
        return order

    def pair_cost(self, site: Site, lead: int, second: int) -> float:
        """Soft rules of a team as a whole: sexes, language, skills."""
        rules, weight = self.ground.rules, self.ground.settings.pair_weight
        one, other = self.ground.assessors[lead], self.ground.assessors[second]
        soft, made = Strictness.SOFT, 0.0
        if rules.both_sexes_rule is soft and not (one.sex and other.sex and one.sex != other.sex):
            made += weight
        if rules.language_rule is soft and not site.factory.languages & (
            one.languages | other.languages
        ):
            made += weight
        if rules.osh_rule is soft and not (one.is_osh_skilled or other.is_osh_skilled):
            made += weight
        return made

    def marginal_load(self, assessor: int, days: int) -> float:
        """How much further from even the load would be with so many days more."""
        load, target = self.load[assessor], self.target[assessor]
        weight = self.ground.settings.load_weight
        return weight * (abs(load + days - target) - abs(load - target))

    def soft_cost(self) -> float:
        """Regions, soft team rules and distance from even load of all that is booked."""
        made = 0.0
        for place, seat in self.seats.items():
            site = self.sites[place]
            made += site.costs[seat.lead] + site.costs[seat.second]
            made += self.pair_cost(site, seat.lead, seat.second)
        weight = self.ground.settings.load_weight
        gaps = (abs(load - target) for load, target in zip(self.load, self.target, strict=True))
        return made + weight * sum(gaps)

    # -- booking ---------------------------------------------------------------------------------

    def book(self, place: int, seat: Seat) -> None:
        self._apply(place, seat, 1)
        self.journal.append((1, place, seat))

    def unbook(self, place: int) -> Seat:
        seat = self.seats[place]
        self._apply(place, seat, -1)
        self.journal.append((-1, place, seat))
        return seat

    def roll_back(self, mark: int) -> None:
        """Undo everything since `mark = len(journal)`."""
        while len(self.journal) > mark:
            sign, place, seat = self.journal.pop()
            self._apply(place, seat, -sign)

    def _apply(self, place: int, seat: Seat, sign: int) -> None:
        site = self.sites[place]
        length = site.factory.visit_days
        span = self.ground.span(seat.start, length)
        for a in (seat.lead, seat.second):
            bit = 1 << a
            days = span.days
            if site.travels & bit:
                days = (*days, span.travel_day)
            for day in days:
                if sign > 0:
                    self.busy[day] = self.busy.get(day, 0) | bit
                    self.held.setdefault(day, {})[a] = place
                else:
                    self.busy[day] &= ~bit
                    del self.held[day][a]
            self.load[a] += sign * length
            for month, used in span.months:
                self.caps(month, 0)
                left = self.left[month][a] = self.left[month][a] - sign * used
                caps = self._caps[month]
                for needed in range(1, len(caps)):
                    if left >= needed:
                        caps[needed] |= bit
                    else:
                        caps[needed] &= ~bit
        if sign > 0:
            self.seats[place] = seat
        else:
            del self.seats[place]

    def share_load(self, starts: Iterable[tuple[int, int]], days: int) -> None:
        """Fair shares of `days` of assessment, by what each could take in the months of `starts`.

        starts: (first day, length) of all dates that visits have or may have.
        """
        months = {
            month
            for start, length in starts
            for month, _d in self.ground.span(start, length).months
        }
        able = [0] * len(self.load)
        for month in months:
            self.caps(month, 0)
            for place, left in enumerate(self.left[month]):
                able[place] += left
        total = sum(able) or 1
        self.target = [max(2 * days * each / total, 0.5) for each in able]
