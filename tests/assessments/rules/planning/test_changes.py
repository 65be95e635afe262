"""Replanning: fewest changes, told as a difference; what is past or fixed never moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.planning.changes import difference, replan
from assessments.rules.planning.checker import check_plan
from assessments.rules.planning.draw import make_plan
from assessments.rules.planning.problem import (
    Absence,
    AccessRefused,
    Change,
    Closure,
    ForceMajeure,
    PlacedVisit,
    Plan,
    Problem,
    Replanned,
)

from .oracle import legal_visits, monolith, plan_of
from .test_planner import few, seeded, some
from .worlds import REGIONS, ample, assessor, day, days, factory, problem, programmes


@st.composite
def changes(draw: st.DrawFn, facts: Problem, plan: Plan) -> Change:
    """Mostly about a visit of the plan, so that something is hit."""
    first = draw(st.integers(0, 35))
    who, where = facts.assessors[0].id, facts.factories[0].id
    if plan.visits:
        visit = draw(st.sampled_from(plan.visits))
        first = (visit.days[0] - day(0)).days - draw(st.integers(0, 2))
        who, where = draw(st.sampled_from(visit.team)), visit.factory_id
    hit = frozenset(day(first + later) for later in range(draw(st.integers(1, 15))))
    match draw(st.integers(0, 4)):
        case 0 | 1:
            return Absence(who, hit)
        case 2:
            return Closure(where, hit)
        case 3:
            regions = draw(st.frozensets(st.sampled_from(REGIONS), min_size=1))
            return ForceMajeure(hit, regions, extends_to=draw(st.sampled_from([None, day(70)])))
        case _:
            return AccessRefused(where, day(first))


@some
@given(programmes(), st.integers(0, 10**6), st.data())
def test_any_change_ends_in_a_legal_plan_that_tells_what_it_did(
    facts: Problem, seed: int, data: st.DataObject
) -> None:
    plan = make_plan(facts, seeded(seed))
    told = data.draw(changes(facts, plan))
    now = replace(facts, today=day(data.draw(st.integers(0, 12))))
    result = replan(now, plan, told, random=seeded(seed))
    _is_sound(now, plan, result)
    refused = {told.factory_id} if isinstance(told, AccessRefused) else set()
    after = {each.factory_id: each for each in result.plan.visits}
    for visit in plan.visits:
        if visit.starts_on <= now.today and visit.factory_id not in refused:
            assert after[visit.factory_id] == visit
        elif visit.factory_id not in result.hit and visit.factory_id in after:
            # Whoever was not hit keeps the day, though perhaps not the team.
            assert after[visit.factory_id].days == visit.days


def _is_sound(facts: Problem, plan: Plan, result: Replanned) -> None:
    """Legal for all that is still to come, complete, and the difference is the whole one."""
    today = facts.today
    past = {each.factory_id for each in plan.visits if each.starts_on <= today}
    breaches = [
        each
        for each in check_plan(result.problem, result.plan, before=plan)
        if not each.is_locked
        and each.factory_id not in past
        # A month may be over its limit by what is past.
        and not (each.factory_id is None and past)
    ]
    assert breaches == []
    assert difference(plan, result.plan) == result.diff
    before = {each.factory_id for each in plan.visits}
    after = {each.factory_id for each in result.plan.visits}
    assert {each.factory_id for each in result.diff.lost} == before - after
    assert before - after <= {each.factory_id for each in result.plan.unplaced}
    changed = (*result.diff.moved, *result.diff.reseated)
    assert result.diff.unchanged + len(changed) + len(result.diff.lost) == len(before)


@few
@given(programmes(), st.integers(0, 10**6))
def test_nothing_changed_changes_nothing(facts: Problem, seed: int) -> None:
    plan = make_plan(facts, seeded(seed))
    result = replan(facts, plan)
    assert result.plan.visits == plan.visits
    assert result.plan.unplaced == plan.unplaced
    assert result.hit == ()
    assert result.diff.unchanged == len(plan.visits)
    absent = Absence(facts.assessors[0].id, frozenset())
    assert replan(facts, plan, absent).plan.visits == plan.visits


@few
@given(programmes(), st.integers(0, 10**6), st.data())
def test_no_visit_is_lost_and_no_date_moved_without_need(
    facts: Problem, seed: int, data: st.DataObject
) -> None:
    """Against every plan there is in which visits not hit keep their days or are lost."""
    plan = make_plan(facts, seeded(seed))
    result = replan(facts, plan, data.draw(changes(facts, plan)), random=seeded(seed))
    assert _rank(result.plan.visits, plan, result.hit) == _best_rank(plan, result)


def _best_rank(plan: Plan, result: Replanned) -> tuple[int, int, int]:
    before = {each.factory_id: each for each in plan.visits}
    options = {
        factory_id: [
            each
            for each in visits
            if factory_id in result.hit or each.days == before[factory_id].days
        ]
        for factory_id, visits in legal_visits(result.problem).items()
        if factory_id in before or factory_id in result.hit
    }

    def price(visit: PlacedVisit) -> int:
        if visit.factory_id not in result.hit:
            return -1000  # to lose one that was not hit is worse than any date moved
        return 100 * _is_moved(visit, before)

    best = monolith(result.problem, options=options, price=price)
    return _rank(best, plan, result.hit)


def _rank(visits: Iterable[PlacedVisit], plan: Plan, hit: tuple[str, ...]) -> tuple[int, int, int]:
    """Visits lost, those of them that were not hit, dates moved."""
    before = {each.factory_id: each for each in plan.visits}
    after = {each.factory_id for each in visits}
    lost = (before.keys() | set(hit)) - after
    moved = sum(_is_moved(each, before) for each in visits)
    return len(lost), len(lost - set(hit)), moved


def _is_moved(visit: PlacedVisit, before: dict[str, PlacedVisit]) -> bool:
    return visit.factory_id in before and visit.days != before[visit.factory_id].days


def test_a_visit_not_hit_is_not_given_up_for_the_dates_of_two_that_were() -> None:
    """Without h, f and g could keep their days; with it, both move and nothing is lost."""
    facts = problem(
        (
            factory("f", opens_on=day(7), closes_on=day(10), visit_days=1),
            factory("g", opens_on=day(8), closes_on=day(10), visit_days=1),
            factory("h", opens_on=day(7), closes_on=day(8)),
        ),
        tuple(assessor(name) for name in ("pa", "pb", "pc", "pd")),
    )
    some_visit = make_plan(facts).visits[0]
    f = replace(some_visit, factory_id="f", days=(day(7),), lead_id="pc", second_id="pd")
    g = replace(f, factory_id="g", days=(day(8),))
    h = replace(f, factory_id="h", days=(day(7), day(8)), lead_id="pa", second_id="pb")
    result = replan(facts, plan_of(f, g, h), Absence("pd", days(7, 8)))
    assert result.hit == ("f", "g")
    assert result.diff.lost == ()
    assert [each.factory_id for each in result.diff.moved] == ["f", "g"]
    assert result.plan.visit("h") == h


def test_with_room_an_absence_costs_one_seat_a_visit_and_no_date() -> None:
    facts = ample(24, 12)
    plan = make_plan(facts, seeded(1))
    hits = 0
    for person in facts.assessors:
        away = frozenset(day(40 + later) for later in range(60))
        result = replan(facts, plan, Absence(person.id, away))
        _is_sound(facts, plan, result)
        hit = [each for each in plan.visits if person.id in each.team and set(each.days) & away]
        # Those who only travel on a day of the absence are hit too.
        assert {each.factory_id for each in hit} <= set(result.hit)
        assert result.diff.moved == result.diff.lost == ()
        assert result.diff.new_seats == len(result.hit)
        hits += len(result.hit)
    assert hits > 5


def test_others_change_teams_before_a_date_moves() -> None:
    """Only pc could come instead of pa, but pc is elsewhere that day; pd can go there."""
    facts = problem(
        (
            factory("f", advisors=frozenset({"pd"}), closes_on=day(8)),
            factory("g", closes_on=day(8)),
        ),
        tuple(assessor(name) for name in ("pa", "pb", "pc", "pd", "pe")),
    )
    f = replace(make_plan(facts).visits[0], factory_id="f", lead_id="pa", second_id="pb")
    g = replace(f, factory_id="g", lead_id="pc", second_id="pe")
    facts = replace(
        facts,
        factories=(
            replace(facts.factories[0], conflicts=frozenset({"pe"})),
            facts.factories[1],
        ),
    )
    result = replan(facts, plan_of(f, g), Absence("pa", days(7)))
    assert result.diff.moved == result.diff.lost == ()
    assert result.diff.new_seats == 2
    assert set(result.plan.visits[0].team) == {"pb", "pc"}
    assert set(result.plan.visits[1].team) == {"pd", "pe"}


def test_a_closure_draws_one_date_anew_and_touches_nobody_else() -> None:
    facts = ample()
    plan = make_plan(facts, seeded(2))
    visit = plan.visits[3]
    seen = set()
    for seed in range(40):
        result = replan(
            facts, plan, Closure(visit.factory_id, frozenset({visit.days[0]})), random=seeded(seed)
        )
        (moved,) = result.diff.moved
        assert moved.factory_id == visit.factory_id
        assert result.diff.unchanged == len(plan.visits) - 1
        assert moved.after is not None
        assert visit.days[0] not in moved.after.days
        assert moved.after.bits > 3
        assert moved.after.is_first_draw is False
        seen.add(moved.after.starts_on)
    # Drawn, not chosen: any of some twenty dates comes up.
    assert len(seen) > 10


def test_force_majeure_may_lengthen_the_windows_it_hits() -> None:
    facts = ample()
    plan = make_plan(facts, seeded(3))
    visit = plan.visits[0]
    chosen = next(each for each in facts.factories if each.id == visit.factory_id)
    until_end = frozenset(
        visit.days[0] + timedelta(days=n)
        for n in range((chosen.closes_on - visit.days[0]).days + 1)
    )
    before = frozenset(
        chosen.opens_on + timedelta(days=n)
        for n in range((visit.days[0] - chosen.opens_on).days + 1)
    )
    flood = ForceMajeure(until_end | before, factory_ids=frozenset({chosen.id}))
    lost = replan(facts, plan, flood)
    assert [each.factory_id for each in lost.diff.lost] == [chosen.id]
    told = next(each for each in lost.plan.unplaced if each.factory_id == chosen.id)
    assert told.bars
    later = replan(facts, plan, replace(flood, extends_to=chosen.closes_on + timedelta(days=30)))
    (moved,) = later.diff.moved
    assert moved.after is not None
    assert moved.after.starts_on > chosen.closes_on
    assert check_plan(later.problem, later.plan, before=plan) == []
    # Regions work the same; those not hit keep their windows.
    region = ForceMajeure(
        frozenset({visit.days[0]}), frozenset({chosen.place.region}), extends_to=day(400)
    )
    result = replan(facts, plan, region)
    longer = {e.id for e in result.problem.factories if e.closes_on == day(400)}
    assert longer == set(result.hit)


def test_refused_access_brings_a_second_attempt() -> None:
    facts = ample()
    plan = make_plan(facts, seeded(4))
    visit = next(each for each in plan.visits if len(each.days) == 2)
    now = replace(facts, today=visit.days[0])
    result = replan(now, plan, AccessRefused(visit.factory_id, visit.days[0]))
    (moved,) = result.diff.moved
    assert moved.after is not None
    settings = facts.settings
    first = visit.days[0] + timedelta(days=settings.second_attempt_from)
    last = visit.days[0] + timedelta(days=settings.second_attempt_to)
    assert first <= moved.after.days[0] <= moved.after.days[-1] <= last
    # The day at the gate is spent, the second day is free again.
    spent = {(each.assessor_id, each.days) for each in result.problem.bookings}
    assert spent == {(who, frozenset({visit.days[0]})) for who in visit.team}
    # A second refusal is the same once more.
    again = replan(
        replace(result.problem, today=moved.after.days[0]),
        result.plan,
        AccessRefused(visit.factory_id, moved.after.days[0]),
    )
    third = again.plan.visit(visit.factory_id)
    assert third is not None
    assert third.starts_on > moved.after.days[0]


def test_several_changes_at_once_and_facts_that_hold_them_already() -> None:
    facts = ample()
    plan = make_plan(facts, seeded(5))
    one, other = plan.visits[0], plan.visits[5]
    told = (
        Absence(one.lead_id, frozenset(one.days)),
        Closure(other.factory_id, frozenset(other.days)),
    )
    result = replan(facts, plan, told, random=seeded(5))
    assert {one.factory_id, other.factory_id} <= set(result.hit)
    assert [each.factory_id for each in result.diff.moved] == [other.factory_id]
    # The facts of the answer hold the changes: telling nothing mends the old plan as well.
    same = replan(result.problem, plan, random=seeded(5))
    assert same.hit == result.hit
    settled = replan(result.problem, result.plan)
    assert settled.hit == ()


def test_nobody_left_is_told_not_dropped() -> None:
    facts = problem((factory("f"),), (assessor("pa"), assessor("pb")))
    plan = make_plan(facts)
    ever = frozenset(date.fromordinal(n) for n in range(day(0).toordinal(), day(90).toordinal()))
    result = replan(facts, plan, Absence("pb", ever))
    assert [each.factory_id for each in result.diff.lost] == ["f"]
    (told,) = result.plan.unplaced
    assert told.bars == ("away",)
    assert "away" in told.unlocked_by


@pytest.mark.parametrize("unknown", [Absence("x", days(7)), Closure("x", days(7))])
def test_who_is_unknown_changes_nothing(unknown: Any) -> None:
    facts = ample()
    plan = make_plan(facts)
    assert replan(facts, plan, unknown).plan.visits == plan.visits


def test_an_assessor_who_left_is_replaced() -> None:
    facts = ample(24, 12)
    plan = make_plan(facts, seeded(6))
    gone = facts.assessors[0].id
    without = replace(facts, assessors=facts.assessors[1:])
    result = replan(without, plan)
    assert all(gone not in each.team for each in result.plan.visits)
    assert result.diff.moved == result.diff.lost == ()
    assert check_plan(result.problem, result.plan, before=plan) == []
