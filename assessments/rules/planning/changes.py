"""replan: after an absence, a closure, force majeure or refused access, with the fewest changes.

First no visit lost, then none that was not hit, then no date moved, then as few new seats as
possible, then soft cost. A new date, where one is needed, is drawn like the first: at random from
those that are left.

Source: docs/domain/rules/planning.md, rules V-14 to V-18.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from assessments.rules.planning.dates import Ground, Site, bits
from assessments.rules.planning.draw import shuffled, unpredictability
from assessments.rules.planning.problem import (
    Absence,
    AccessRefused,
    Booking,
    BookingKind,
    Change,
    Closure,
    Diff,
    Difference,
    Factory,
    ForceMajeure,
    PlacedVisit,
    Plan,
    Problem,
    RandomSource,
    Replanned,
    Unplaced,
)
from assessments.rules.planning.reasons import why_unplaced
from assessments.rules.planning.repair import Deadline, make_room
from assessments.rules.planning.table import Phase, Seat, Table

DEPTH = 2
NEAR = 100  # visits whose teams may change to keep a date
MORE_DATES = 6  # days given to the solver where exchanging people found none
# Days of each where all visits hit are arranged at once: all of a window, unless many were hit.
FEW_HIT, DATES_OF_FEW, DATES_OF_MANY = 8, 60, 12


def replan(
    problem: Problem,
    plan: Plan,
    changes: Change | Iterable[Change] = (),
    *,
    random: RandomSource | None = None,
) -> Replanned:
    """Mend a plan after changes; without any, mend what no longer holds under the facts.

    Visits that began on `problem.today` or before never change, nor do locked ones. Changes that
    the problem's facts hold already may be told again. Whoever stores the answer checks it with
    `check_plan(replanned.problem, replanned.plan, before=plan)`.
    """
    started = time.perf_counter()
    told = (changes,) if isinstance(changes, Change) else tuple(changes)
    work = _Work(problem, plan, told, random or secrets.SystemRandom())
    work.mend()
    return work.answer(started)


def changed_facts(problem: Problem, plan: Plan, change: Change) -> Problem:
    """The problem with one change in its facts. Raises nothing: an unknown id changes nothing."""
    match change:
        case Absence(assessor_id, days):
            return replace(
                problem,
                assessors=tuple(
                    replace(each, away=each.away | days) if each.id == assessor_id else each
                    for each in problem.assessors
                ),
            )
        case Closure(factory_id, days):
            return _with_factories(problem, {factory_id}, days)
        case ForceMajeure(days, regions, factory_ids):
            concerned = {each.id for each in problem.factories if each.place.region in regions}
            return _with_factories(problem, concerned | factory_ids, days)
        case AccessRefused(factory_id, on):
            return _second_attempt(problem, plan, factory_id, on)


def _with_factories(problem: Problem, ids: Iterable[str], days: frozenset[date]) -> Problem:
    concerned = frozenset(ids)
    return replace(
        problem,
        factories=tuple(
            replace(each, closed_days=each.closed_days | days) if each.id in concerned else each
            for each in problem.factories
        ),
    )


def _second_attempt(problem: Problem, plan: Plan, factory_id: str, on: date) -> Problem:
    """Days spent before the gate stay spent; the factory is due again (V-17)."""
    settings = problem.settings
    visit = plan.visit(factory_id) or next(
        (each for each in problem.locked if each.factory_id == factory_id), None
    )
    spent = frozenset(day for day in visit.days if day <= on) if visit else frozenset()
    bookings = tuple(
        Booking(who, spent, BookingKind.ASSESSMENT) for who in (visit.team if visit else ())
    )
    return replace(
        problem,
        factories=tuple(
            replace(
                each,
                opens_on=on + timedelta(days=settings.second_attempt_from),
                closes_on=on + timedelta(days=settings.second_attempt_to),
            )
            if each.id == factory_id
            else each
            for each in problem.factories
        ),
        locked=tuple(each for each in problem.locked if each.factory_id != factory_id),
        bookings=problem.bookings + (bookings if spent else ()),
    )


@dataclass(slots=True)
class _Kept:
    """A visit as it stood, laid out: may its day stay, may both people stay."""

    visit: PlacedVisit
    seat: Seat | None  # None where an assessor is not known any more
    people: int
    is_day_open: bool = True


class _Work:
    """One replanning from facts to answer."""

    def __init__(
        self, problem: Problem, plan: Plan, changes: tuple[Change, ...], random: RandomSource
    ) -> None:
        self.before, self.random = plan, random
        for change in changes:
            problem = changed_facts(problem, plan, change)
        self.problem = problem
        refused = {each.factory_id for each in changes if isinstance(each, AccessRefused)}
        past = tuple(
            each
            for each in plan.visits
            if each.starts_on <= problem.today and each.factory_id not in refused
        )
        self.past = past
        self.ground = Ground(replace(problem, locked=(*problem.locked, *past)))
        self.sites = [self.ground.site(each) for each in self.ground.due]
        self.place_of = {site.factory.id: at for at, site in enumerate(self.sites)}
        self.table = Table(self.ground, self.sites)
        self.deadline = Deadline(float(problem.settings.replan_seconds))
        self.kept: dict[int, _Kept] = {}
        self.hit: list[int] = []
        self.new_bits: dict[int, float] = {}
        self._book_what_holds(refused)
        self._extend_windows(changes)

    # -- what holds ------------------------------------------------------------------------------

    def _book_what_holds(self, refused: set[str]) -> None:
        table = self.table
        standing = [each for each in self.before.visits if each.factory_id in self.place_of]
        table.share_load(
            [(each.starts_on.toordinal(), len(each.days)) for each in standing],
            sum(len(each.days) for each in standing),
        )
        waiting: list[tuple[int, Seat]] = []
        for visit in standing:
            place = self.place_of[visit.factory_id]
            kept = self.kept[place] = self._kept(visit, self.sites[place])
            if visit.factory_id in refused:
                kept.is_day_open = False
                self.hit.append(place)
            elif kept.seat is None or not kept.is_day_open or not self._holds(place, kept.seat):
                self.hit.append(place)
            else:
                waiting.append((place, kept.seat))
        for place, seat in waiting:
            # Two visits may claim one person since facts changed: the later of them is hit.
            if self._holds(place, seat):
                table.book(place, seat)
            else:
                self.hit.append(place)
        planned = {each.factory_id for each in self.before.visits}
        self.hit += [
            self.place_of[each] for each in refused if each in self.place_of and each not in planned
        ]
        table.journal.clear()

    def _kept(self, visit: PlacedVisit, site: Site) -> _Kept:
        places = [self.ground.place_of.get(each) for each in visit.team]
        known = [each for each in places if each is not None]
        start = visit.starts_on.toordinal()
        seat = Seat(start, known[0], known[1]) if len(places) == len(known) == 2 else None
        is_open = len(visit.days) == site.factory.visit_days and all(
            self.ground.is_open(site.factory, day.toordinal()) for day in visit.days
        )
        return _Kept(visit, seat, Ground.mask_of(known), is_open)

    def _holds(self, place: int, seat: Seat) -> bool:
        site, mask = self.sites[place], self.table.free(place, seat.start)
        if mask & seat.mask != seat.mask or not site.lead >> seat.lead & 1:
            return False
        return bool(self.table.partners(site, seat.lead, mask) >> seat.second & 1)

    def _extend_windows(self, changes: tuple[Change, ...]) -> None:
        """Force majeure may let the visits it hit be held later (V-16)."""
        later: dict[str, date] = {}
        for change in changes:
            if not isinstance(change, ForceMajeure) or change.extends_to is None:
                continue
            for place in self.hit:
                factory = self.sites[place].factory
                named = factory.id in change.factory_ids or factory.place.region in change.regions
                if named and factory.closes_on < change.extends_to:
                    later[factory.id] = change.extends_to
                    self.sites[place].factory = replace(factory, closes_on=change.extends_to)
        if later:
            self.problem = replace(
                self.problem,
                factories=tuple(
                    replace(each, closes_on=later[each.id]) if each.id in later else each
                    for each in self.problem.factories
                ),
            )

    # -- mending ---------------------------------------------------------------------------------

    def mend(self) -> None:
        if not self.hit:
            return
        staying = [place for place in self.hit if self.kept_day(place) is not None]
        self._reseat(staying)
        left = [place for place in self.hit if place not in self.table.seats]
        for place in shuffled(left, self.random):
            self._draw_anew(place)
        left = [place for place in left if place not in self.table.seats]
        if left:
            self._search(left)

    def kept_day(self, place: int) -> int | None:
        kept = self.kept.get(place)
        if kept is None or not kept.is_day_open:
            return None
        return kept.visit.starts_on.toordinal()

    def _reseat(self, places: list[int]) -> None:
        """Stage 1: days stay. One new seat each cannot be beaten; else the solver looks."""
        table = self.table
        mark = len(table.journal)
        fewest = True
        for place in places:
            seat = self._keeping_one(place)
            if seat is None:
                fewest = False
                break
            table.book(place, seat)
        if fewest or not places:
            return
        table.roll_back(mark)
        # Stage 2: only those hit; then visits near them may change teams too, never days.
        days = {place: [self._day(place)] for place in places}
        self._rearrange(dict(days), seconds=self.deadline.left / 4)
        if all(place in table.seats for place in places) or self.deadline.is_over:
            return
        near = sorted(
            (other for other in table.seats if other not in days and self._may_move(other)),
            key=lambda other: min(
                abs(table.seats[other].start - starts[0]) for starts in days.values()
            ),
        )[:NEAR]
        options = {**days, **{other: [table.seats[other].start] for other in near}}
        self._rearrange(options, seconds=self.deadline.left / 2)

    def _rearrange(
        self, options: dict[int, list[int]], *, seconds: float, may_lose: bool = False
    ) -> bool:
        from assessments.rules.planning import solver

        standing = solver.Standing(
            days={at: day for at in self.kept if (day := self.kept_day(at)) is not None},
            people={at: kept.people for at, kept in self.kept.items()},
            hit=frozenset(self.hit),
        )
        return solver.rearrange(
            self.table,
            options,
            seconds=seconds,
            must_place=False,
            standing=standing,
            may_lose=may_lose,
        )

    def _day(self, place: int) -> int:
        day = self.kept_day(place)
        if day is None:
            raise ValueError("a visit whose day is gone cannot keep it")
        return day

    def _may_move(self, place: int) -> bool:
        return self.table.seats[place].start > self.problem.today.toordinal()

    def _keeping_one(self, place: int) -> Seat | None:
        """The best team with one of the old people; both together would not have been hit."""
        table, site, start = self.table, self.sites[place], self._day(place)
        mask = table.free(place, start)
        found: list[tuple[float, Seat]] = []
        for stays in bits(self.kept[place].people & mask):
            for other in bits(mask & ~(1 << stays)):
                lead, second = (stays, other) if site.lead >> stays & 1 else (other, stays)
                if not site.lead >> lead & 1:
                    continue
                if not table.partners(site, lead, mask) >> second & 1:
                    continue
                cost = table.pair_cost(site, lead, second) + site.costs[other]
                cost += table.marginal_load(other, site.factory.visit_days)
                found.append((cost, Seat(start, lead, second)))
        if not found and not self.kept[place].people & mask:
            # Neither can come: two new seats are the fewest there are.
            return table.best(place, start, mask=mask, phase=Phase.TRUE)
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def _draw_anew(self, place: int) -> None:
        """Stage 3: a date drawn alike from those left that have a team."""
        table, site = self.table, self.sites[place]
        dates = [
            start
            for start in self.ground.open_days(site.factory)
            if start > self.problem.today.toordinal() and table.has_team(place, start)
        ]
        if not dates:
            return
        start = dates[self.random.randrange(len(dates))]
        # Whoever was seated before comes first, if the day lets them.
        seat = self._seated_before(place, start) or table.best(place, start, phase=Phase.TRUE)
        if seat is not None:
            table.book(place, seat)
            self.new_bits[place] = math.log2(len(dates))

    def _seated_before(self, place: int, start: int) -> Seat | None:
        kept = self.kept.get(place)
        if kept is None or kept.seat is None:
            return None
        seat = replace(kept.seat, start=start)
        return seat if self._holds(place, seat) else None

    def _search(self, left: list[int]) -> None:
        """Stage 4: room on a day of chance, others changing teams; then the solver."""
        table = self.table
        for place in left:
            dates = shuffled(self.ground.open_days(self.sites[place].factory), self.random)
            for start in dates:
                if self.deadline.is_over:
                    break
                if make_room(table, place, start, depth=DEPTH, deadline=self.deadline):
                    self.new_bits[place] = 0.0  # no day was free: nothing honest to count
                    break
        still = [place for place in left if place not in table.seats]
        for place in still:
            dates = shuffled(self.ground.open_days(self.sites[place].factory), self.random)
            dates = dates[:MORE_DATES]
            if not dates or self.deadline.left < 0.2:
                continue
            near = sorted(table.seats, key=lambda other: abs(table.seats[other].start - dates[0]))
            near = [other for other in near if self._may_move(other)][:NEAR]
            options = {place: dates, **{each: [table.seats[each].start] for each in near}}
            self._rearrange(options, seconds=self.deadline.left / 2)
            if place in table.seats:
                self.new_bits[place] = 0.0
        if any(place not in table.seats for place in left) and self.deadline.left >= 0.2:
            self._give_way()

    def _give_way(self) -> None:
        """Stage 5: all that was hit at once, so that one may leave the day another needs.

        Only here may a visit that was not hit be lost: where two others are placed for it.
        """
        table = self.table
        today = self.problem.today.toordinal()
        before = {place: table.seats[place].start for place in self.hit if place in table.seats}
        options: dict[int, list[int]] = {}
        most = DATES_OF_FEW if len(self.hit) <= FEW_HIT else DATES_OF_MANY
        for place in self.hit:
            dates = [d for d in self.ground.open_days(self.sites[place].factory) if d > today]
            first = [d for d in (self.kept_day(place), before.get(place)) if d is not None]
            if starts := list(dict.fromkeys([*first, *shuffled(dates, self.random)])):
                options[place] = starts[:most]
        others = [each for each in table.seats if each not in options and self._may_move(each)]
        options |= {each: [table.seats[each].start] for each in others[:NEAR]}
        if self._rearrange(options, seconds=self.deadline.left / 2, may_lose=True):
            for place in self.hit:
                seat = table.seats.get(place)
                if seat is not None and seat.start not in {before.get(place), self.kept_day(place)}:
                    self.new_bits[place] = 0.0

    # -- the answer ------------------------------------------------------------------------------

    def answer(self, started: float) -> Replanned:
        known = {each.factory_id: each for each in self.before.visits}
        visits: list[PlacedVisit] = list(self.past)
        visits += [
            each
            for each in self.before.visits
            if each.factory_id not in self.place_of and each not in self.past
        ]
        for place, seat in self.table.seats.items():
            visits.append(self._visit(place, seat, known.get(self.sites[place].factory.id)))
        visits.sort(key=lambda each: (each.starts_on, each.factory_id))
        placed = {each.factory_id for each in visits}
        concerned = {*self.hit, *self.kept}
        lost = [place for place in concerned if place not in self.table.seats]
        named = {each.factory_id: each for each in self.before.unplaced}
        for place in lost:
            found = why_unplaced(self.table, place)
            named[found.factory_id] = found
        unplaced = tuple(
            each for key, each in sorted(named.items()) if key not in placed
        ) + self._forgotten(placed, named)
        figures = unpredictability(visits, {}, self.problem.settings.few_dates)
        law_share = self.before.unpredictability.law_share
        after = Plan(
            tuple(visits),
            unplaced,
            replace(figures, law_share=law_share),
            self.table.soft_cost(),
            time.perf_counter() - started,
        )
        hit = tuple(sorted(self.sites[place].factory.id for place in self.hit))
        return Replanned(self.problem, after, difference(self.before, after), hit)

    def _forgotten(self, placed: set[str], named: dict[str, Unplaced]) -> tuple[Unplaced, ...]:
        """Factories due that the plan before knew nothing of: named, not drawn here."""
        return tuple(
            why_unplaced(self.table, place)
            for place, site in enumerate(self.sites)
            if site.factory.id not in placed and site.factory.id not in named
        )

    def _visit(self, place: int, seat: Seat, before: PlacedVisit | None) -> PlacedVisit:
        ids = self.ground.assessors
        lead, second = ids[seat.lead].id, ids[seat.second].id
        if before is not None and before.starts_on.toordinal() == seat.start:
            if {lead, second} == set(before.team) and self.kept[place].seat is not None:
                return before
            return replace(before, lead_id=lead, second_id=second)
        factory = self.sites[place].factory
        count = self._possible(factory)
        return PlacedVisit(
            factory_id=factory.id,
            days=tuple(date.fromordinal(seat.start + later) for later in range(factory.visit_days)),
            lead_id=lead,
            second_id=second,
            possible_dates=count,
            bits=self.new_bits.get(place, 0.0),
            most_bits=math.log2(count) if count else 0.0,
            best_guess=1 / count if count else 1.0,
        )

    def _possible(self, factory: Factory) -> int:
        """Dates of the factory looked at alone (V-2)."""
        alone = Table(self.ground, [self.ground.site(factory)])
        return sum(alone.has_team(0, start) for start in self.ground.open_days(factory))


def difference(before: Plan, after: Plan) -> Diff:
    """What changed between two plans of the same factories."""
    old = {each.factory_id: each for each in before.visits}
    new = {each.factory_id: each for each in after.visits}
    lost, moved, reseated, added, unchanged = [], [], [], [], 0
    for factory_id in sorted(old.keys() | new.keys()):
        each = Difference(factory_id, old.get(factory_id), new.get(factory_id))
        if each.after is None:
            lost.append(each)
        elif each.before is None:
            added.append(each)
        elif each.is_moved:
            moved.append(each)
        elif each.before.team != each.after.team:
            reseated.append(each)
        else:
            unchanged += 1
    return Diff(tuple(lost), tuple(moved), tuple(reseated), tuple(added), unchanged)
