"""CP-SAT where drawing and exchanging do not get further: teams anew, and the fewest changes.

OR-Tools is imported inside, for it is large and most plans never need it. The solver's answer
"unknown" means that time ran out: the table is then left as it was.

Source: docs/domain/rules/planning.md, rules V-8 and V-14.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assessments.rules.modality import Strictness
from assessments.rules.planning.dates import Site, bits
from assessments.rules.planning.table import Seat, Table

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """How visits stood before a change. By site: the day each may keep, the mask of its people."""

    days: dict[int, int]
    people: dict[int, int]
    hit: frozenset[int]

    def rank(self, places: Iterable[int], seats: dict[int, Seat]) -> tuple[int, int, int]:
        """Visits lost, among them such as were not hit, and dates moved: less is better."""
        lost = [place for place in places if place not in seats]
        moved = sum(seat.start != self.days.get(place) for place, seat in seats.items())
        return len(lost), sum(place not in self.hit for place in lost), moved


@dataclass(slots=True)
class _Model:
    model: cp_model.CpModel
    seats: dict[tuple[int, int, int], Any] = field(default_factory=dict)  # site, start, assessor
    held: dict[tuple[int, int], Any] = field(default_factory=dict)  # site, start
    lost: dict[int, Any] = field(default_factory=dict)


def rearrange(
    table: Table,
    options: dict[int, list[int]],
    *,
    seconds: float,
    must_place: bool,
    standing: Standing | None = None,
    may_lose: bool = True,
) -> bool:
    """Arrange these sites anew, each at one of its days; all others stand.

    options: start days of each, the one to keep first. must_place: all of them or nothing.
    may_lose: whether one that is booked may give way, for two others or to lose a better one.
    standing: what is made small is then visits lost, those of them that were not hit, dates
    moved, new seats and soft cost, one after the other, each as far as time allows. Without it,
    it is visits lost, then how late the dates stand in their lists.
    Answers whether the table was changed: only for a better rank (more visits, without standing).
    Which of them, the caller looks up.
    """
    from ortools.sat.python import cp_model

    old = {place: table.seats[place] for place in options if place in table.seats}
    mark = len(table.journal)
    for place in old:
        table.unbook(place)
    placed = set(options) if must_place else set() if may_lose else set(old)
    made = _build(cp_model.CpModel(), table, options, placed)
    if made is None:
        table.roll_back(mark)
        return False
    _hint(made, old)
    goals = _goals(made, table, options, standing) if not must_place else []
    found = _solve(cp_model, made, goals, seconds)
    seats = _read(table, found) if found is not None else None
    if seats is None or not _is_better(options, seats, old, standing):
        table.roll_back(mark)
        return False
    for place, seat in seats.items():
        table.book(place, seat)
    return True


def _is_better(
    options: dict[int, list[int]],
    seats: dict[int, Seat],
    old: dict[int, Seat],
    standing: Standing | None,
) -> bool:
    if standing is None:
        return len(seats) > len(old)
    return standing.rank(options, seats) < standing.rank(options, old)


def _build(
    model: cp_model.CpModel, table: Table, options: dict[int, list[int]], placed: set[int]
) -> _Model | None:
    """placed: sites that must get a day; None where one of them has none."""
    made = _Model(model)
    days: dict[tuple[int, int], list[Any]] = {}
    months: dict[tuple[int, Any], list[Any]] = {}
    for place, starts in options.items():
        site, chosen = table.sites[place], []
        for start in starts:
            mask = table.free(place, start)
            if not table.is_team_in(site, mask):
                continue
            held = model.new_bool_var("")
            made.held[place, start] = held
            chosen.append(held)
            seats = {a: model.new_bool_var("") for a in bits(mask)}
            model.add(sum(seats.values()) == 2 * held)
            _team_rules(model, table, site, held, seats)
            span = table.ground.span(start, site.factory.visit_days)
            for a, seat in seats.items():
                made.seats[place, start, a] = seat
                for day in span.days:
                    days.setdefault((a, day), []).append(seat)
                if site.travels >> a & 1:
                    days.setdefault((a, span.travel_day), []).append(seat)
                for month, used in span.months:
                    months.setdefault((a, month), []).append(used * seat)
        if place in placed:
            if not chosen:
                return None
            model.add_exactly_one(chosen)
        else:
            made.lost[place] = lost = model.new_bool_var("")
            model.add_exactly_one([*chosen, lost])
    for taken in days.values():
        if len(taken) > 1:
            model.add_at_most_one(taken)
    for (a, month), terms in months.items():
        model.add(sum(terms) <= table.left[month][a])
    return made


def _team_rules(
    model: cp_model.CpModel, table: Table, site: Site, held: Any, seats: dict[int, Any]
) -> None:
    """At least one of each kind that is asked for, if the visit is held on this day."""
    kinds = [site.lead]
    if site.speaks is not None:
        kinds.append(site.speaks)
    if site.skilled is not None:
        kinds.append(site.skilled)
    for kind in kinds:
        model.add_bool_or([*(seat for a, seat in seats.items() if kind >> a & 1), held.negated()])
    if site.mixes_sexes:
        for people in table.ground.of_sex.values():
            model.add_at_most_one([seat for a, seat in seats.items() if people >> a & 1])
        for a, seat in seats.items():
            if table.ground.assessors[a].sex is None:
                model.add(seat == 0)


def _hint(made: _Model, old: dict[int, Seat]) -> None:
    for (place, start, a), seat in made.seats.items():
        kept = old.get(place)
        value = kept is not None and kept.start == start and bool(kept.mask >> a & 1)
        made.model.add_hint(seat, value)
    for (place, start), held in made.held.items():
        kept = old.get(place)
        made.model.add_hint(held, kept is not None and kept.start == start)
    for place, lost in made.lost.items():
        made.model.add_hint(lost, place not in old)


def _goals(
    made: _Model,
    table: Table,
    options: dict[int, list[int]],
    standing: Standing | None,
) -> list[Any]:
    """What is made small, the most important first."""
    goals: list[Any] = [sum(made.lost.values())]
    if standing is None:
        ranks = {place: {start: at for at, start in enumerate(options[place])} for place in options}
        goals.append(sum(ranks[place][start] * held for (place, start), held in made.held.items()))
        return goals
    goals.append(sum(lost for place, lost in made.lost.items() if place not in standing.hit))
    goals.append(
        sum(held for (place, start), held in made.held.items() if start != standing.days.get(place))
    )
    goals.append(
        sum(
            seat
            for (place, _start, a), seat in made.seats.items()
            if not standing.people.get(place, 0) >> a & 1
        )
    )
    goals.append(_soft_cost(made, table))
    return goals


def _soft_cost(made: _Model, table: Table) -> Any:
    """Regions and pairs of one sex; how even the load is stays with the exchange of teams."""
    terms: list[Any] = []
    weight = table.ground.settings.pair_weight
    same_sex = table.ground.rules.both_sexes_rule is Strictness.SOFT
    for (place, _start, a), seat in made.seats.items():
        cost = round(table.sites[place].costs[a])
        if cost:
            terms.append(cost * seat)
    if same_sex and weight:
        for (place, start), held in made.held.items():
            for people in table.ground.of_sex.values():
                both = [
                    seat
                    for (p, s, a), seat in made.seats.items()
                    if p == place and s == start and people >> a & 1
                ]
                if len(both) > 1:
                    alike = made.model.new_bool_var("")
                    made.model.add(sum(both) <= 1 + alike)
                    terms.append(weight * alike)
            del held
    return sum(terms)


def _solve(cp_model: Any, made: _Model, goals: list[Any], seconds: float) -> Any:
    """The values of the best solution found, or None. Each goal is held before the next."""
    found = None
    share = seconds / max(len(goals), 1)
    for goal in goals or [None]:
        if isinstance(goal, int):
            continue
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = share
        solver.parameters.num_workers = WORKERS
        if goal is not None:
            made.model.minimize(goal)
        status = solver.solve(made.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return found
        found = {key: solver.boolean_value(seat) for key, seat in made.seats.items()}
        if goal is not None:
            made.model.clear_objective()  # type: ignore[no-untyped-call]
            made.model.add(goal <= round(solver.objective_value))
            made.model.clear_hints()  # type: ignore[no-untyped-call]
            for key, seat in made.seats.items():
                made.model.add_hint(seat, found[key])
            for held in made.held.values():
                made.model.add_hint(held, solver.boolean_value(held))
            for lost in made.lost.values():
                made.model.add_hint(lost, solver.boolean_value(lost))
    return found


def _read(table: Table, found: dict[tuple[int, int, int], bool]) -> dict[int, Seat]:
    teams: dict[tuple[int, int], list[int]] = {}
    for (place, start, a), is_seated in found.items():
        if is_seated:
            teams.setdefault((place, start), []).append(a)
    seats = {}
    for (place, start), team in teams.items():
        lead_mask = table.sites[place].lead
        team.sort(key=lambda a: not lead_mask >> a & 1)
        seats[place] = Seat(start, team[0], team[1])
    return seats
