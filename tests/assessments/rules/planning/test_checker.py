"""The checker: every rule has a way to be broken, and is named when it is."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.modality import Modality, ModalitySettings, Strictness
from assessments.rules.planning import checker
from assessments.rules.planning.checker import check_plan
from assessments.rules.planning.draw import make_plan
from assessments.rules.planning.problem import (
    Booking,
    BookingKind,
    Calendar,
    Place,
    PlacedVisit,
    Plan,
    PlanningSettings,
    Problem,
    Rule,
    Unplaced,
)

from .oracle import plan_of
from .test_planner import seeded, some
from .worlds import ample, assessor, day, days, factory, problem, programmes

HARD = Strictness.HARD
STRICT = ModalitySettings(both_sexes_rule=HARD, osh_rule=HARD, travel_rule=HARD)

# One visit on Monday 7 and Tuesday 8, its team from the region beside; another on 14 and 15.
PEOPLE = (
    assessor("pa", sex="female", languages=frozenset({"ash"}), home=Place("north")),
    assessor("pb", sex="male", languages=frozenset({"oak"}), can_lead=False, is_osh_skilled=False),
    assessor("pc", sex="male", monthly_days=4),
    assessor("pd", sex="female", can_lead=False, is_osh_skilled=False),
)
FACTS = problem(
    (
        factory("f", advisors=frozenset({"pd"})),
        factory("g", languages=frozenset({"oak"})),
    ),
    PEOPLE,
    rules=STRICT,
    settings=PlanningSettings(travel_regions=1),
    bookings=(Booking("pd", days(9), BookingKind.ADVISORY),),
)
F = PlacedVisit("f", (day(7), day(8)), "pa", "pb")
G = PlacedVisit("g", (day(14), day(15)), "pc", "pd")
GOOD = plan_of(F, G)

Case = tuple[Problem, Plan]


def test_a_good_plan() -> None:
    assert check_plan(FACTS, GOOD) == []


def of_factory(**facts: Any) -> Case:
    first, *others = FACTS.factories
    return replace(FACTS, factories=(replace(first, **facts), *others)), GOOD


def of_person(place: int, **facts: Any) -> Case:
    people = list(PEOPLE)
    people[place] = replace(people[place], **facts)
    return replace(FACTS, assessors=tuple(people)), GOOD


def of_visit(**facts: Any) -> Case:
    return FACTS, plan_of(replace(F, **facts), G)


def of_facts(**facts: Any) -> Case:
    return replace(FACTS, **facts), GOOD


MUTATIONS: list[tuple[str, Rule, Case]] = [
    ("days earlier", Rule.TOO_SOON, (replace(FACTS, today=day(3)), GOOD)),
    ("opens later", Rule.WINDOW, of_factory(opens_on=day(8))),
    ("closes sooner", Rule.WINDOW, of_factory(closes_on=day(7))),
    ("one day", Rule.VISIT_DAYS, of_factory(visit_days=1)),
    ("a day less", Rule.VISIT_DAYS, of_visit(days=(day(7),))),
    ("a day between", Rule.ADJACENT_DAYS, of_visit(days=(day(7), day(9)))),
    ("backwards", Rule.ADJACENT_DAYS, of_visit(days=(day(8), day(7)))),
    ("the same day twice", Rule.ADJACENT_DAYS, of_visit(days=(day(7), day(7)))),
    ("rest weekday", Rule.COUNTRY_REST_DAY, of_facts(calendar=Calendar(frozenset({0})))),
    (
        "holiday",
        Rule.COUNTRY_REST_DAY,
        of_facts(calendar=Calendar(frozenset({4, 5}), days(8))),
    ),
    ("own rest day", Rule.FACTORY_CLOSED, of_factory(rest_weekdays=frozenset({1}))),
    ("closure", Rule.FACTORY_CLOSED, of_factory(closed_days=days(8))),
    (
        "peak season",
        Rule.FACTORY_CLOSED,
        (
            replace(
                of_factory(peak_days=days(7))[0],
                settings=PlanningSettings(travel_regions=1, avoids_peak_season=True),
            ),
            GOOD,
        ),
    ),
    ("nobody second", Rule.TEAM_SIZE, of_visit(second_id=None)),
    ("one in both seats", Rule.TEAM_SIZE, of_visit(second_id="pa")),
    ("may not lead", Rule.LEAD, of_person(0, can_lead=False)),
    ("seats exchanged", Rule.LEAD, of_visit(lead_id="pb", second_id="pa")),
    ("own advisor", Rule.OWN_ADVISOR, of_factory(advisors=frozenset({"pb"}))),
    ("here before", Rule.PREVIOUS_TEAM, of_factory(previous_team=frozenset({"pa", "x"}))),
    ("conflict", Rule.CONFLICT, of_factory(conflicts=frozenset({"pb"}))),
    ("another language", Rule.LANGUAGE, of_factory(languages=frozenset({"elm"}))),
    ("no language known", Rule.LANGUAGE, of_factory(languages=frozenset())),
    ("both of one sex", Rule.BOTH_SEXES, of_person(1, sex="female")),
    ("sex unknown", Rule.BOTH_SEXES, of_person(1, sex=None)),
    ("no skills", Rule.OSH, of_person(0, is_osh_skilled=False)),
    (
        "two regions",
        Rule.FAR,
        (
            replace(
                FACTS, hops={("north", "middle"): 2}, settings=PlanningSettings(travel_regions=9)
            ),
            GOOD,
        ),
    ),
    ("leave", Rule.AWAY, of_person(1, away=days(8))),
    ("advisory visit", Rule.BOOKED_TWICE, of_facts(bookings=(Booking("pb", days(7)),))),
    (
        "two at once",
        Rule.BOOKED_TWICE,
        (FACTS, plan_of(F, replace(G, days=F.days, second_id="pb"))),
    ),
    # pa comes from the north: Sunday 6 is the day of travel.
    ("leave when travelling", Rule.TRAVEL_DAY, of_person(0, away=days(6))),
    ("booked when travelling", Rule.TRAVEL_DAY, of_facts(bookings=(Booking("pa", days(6)),))),
    (
        "travel before a weekend",
        Rule.TRAVEL_DAY,
        (
            replace(FACTS, calendar=Calendar(frozenset({4, 5, 6}))),
            GOOD,
        ),
    ),
    ("travels by distance", Rule.TRAVEL_DAY, (FACTS, GOOD)),
    ("too many days", Rule.MONTH_CAP, of_person(0, monthly_days=1)),
    (
        "days of assessments held",
        Rule.MONTH_CAP,
        of_facts(bookings=(Booking("pc", days(1, 2, 3), BookingKind.ASSESSMENT),)),
    ),
    ("twice", Rule.VISITED_TWICE, (FACTS, plan_of(F, G, replace(F, days=(day(21), day(22)))))),
    (
        "placed and named",
        Rule.VISITED_TWICE,
        (FACTS, replace(GOOD, unplaced=(Unplaced("f", ("x",)),))),  # type: ignore[arg-type]
    ),
    ("forgotten", Rule.NEITHER_PLACED_NOR_NAMED, (FACTS, plan_of(F))),
    (
        "no reason",
        Rule.UNPLACED_WITHOUT_REASON,
        (FACTS, replace(plan_of(F), unplaced=(Unplaced("g", ()),))),
    ),
    ("unknown factory", Rule.UNKNOWN_FACTORY, (FACTS, plan_of(F, G, replace(F, factory_id="x")))),
    ("unknown person", Rule.UNKNOWN_ASSESSOR, of_visit(second_id="x")),
    ("left", Rule.UNKNOWN_ASSESSOR, (replace(FACTS, assessors=PEOPLE[1:]), GOOD)),
    (
        "moved by hand's",
        Rule.LOCKED_MOVED,
        (replace(FACTS, locked=(replace(F, is_locked=True),)), GOOD),
    ),
]


def _special(name: str, case: Case) -> Case:
    if name == "travel before a weekend":
        # The working day before Monday 7 is then Thursday 3.
        people = (replace(PEOPLE[0], away=days(3)), *PEOPLE[1:])
        return replace(case[0], assessors=people), case[1]
    if name == "travels by distance":
        facts = replace(FACTS, settings=PlanningSettings(travel_regions=9, travel_km=100))
        there = replace(FACTS.factories[0], place=Place("middle", 23.0, 90.0))
        person = replace(PEOPLE[1], home=Place("middle", 24.0, 90.0), away=days(6))
        return (
            replace(
                facts,
                factories=(there, FACTS.factories[1]),
                assessors=(PEOPLE[0], person, *PEOPLE[2:]),
            ),
            GOOD,
        )
    return case


@pytest.mark.parametrize(
    ("name", "rule", "case"), MUTATIONS, ids=[name.replace(" ", "-") for name, _r, _c in MUTATIONS]
)
def test_one_thing_changed_breaks_that_rule(name: str, rule: Rule, case: Case) -> None:
    facts, plan = _special(name, case)
    assert rule in {each.rule for each in check_plan(facts, plan)}


def test_every_rule_is_tried() -> None:
    assert {rule for _name, rule, _case in MUTATIONS} == set(Rule)


def test_a_virtual_check_needs_no_travel() -> None:
    facts, _plan = of_person(0, away=days(6))
    virtual = tuple(replace(each, modality=Modality.VIRTUAL) for each in facts.factories)
    assert check_plan(replace(facts, factories=virtual), GOOD) == []


def test_a_visit_that_keeps_its_day_needs_no_notice_and_may_outlive_its_window() -> None:
    facts, _plan = of_factory(closes_on=day(7))
    facts = replace(facts, today=day(5))
    assert {each.rule for each in check_plan(facts, GOOD)} == {Rule.TOO_SOON, Rule.WINDOW}
    assert check_plan(facts, GOOD, before=GOOD) == []
    moved = plan_of(replace(F, days=(day(8), day(9))), G)
    assert check_plan(facts, moved, before=GOOD)


def test_what_a_person_fixed_is_told_apart() -> None:
    locked = replace(F, days=(day(10), day(11)), second_id="pd", is_locked=True)
    found = check_plan(replace(FACTS, locked=(locked,)), plan_of(G))
    assert {each.rule for each in found} == {
        Rule.COUNTRY_REST_DAY,
        Rule.OWN_ADVISOR,
        Rule.BOTH_SEXES,
    }
    assert all(each.is_locked for each in found)
    # A drawn visit that meets a fixed one is the plan's own fault.
    clash = plan_of(replace(G, days=(day(10), day(11)), second_id="pd"))
    found = check_plan(replace(FACTS, locked=(locked,)), clash)
    assert Rule.BOOKED_TWICE in {each.rule for each in found if not each.is_locked}


MOVES: list[Callable[[PlacedVisit, Any], PlacedVisit]] = [
    lambda visit, _facts: replace(visit, days=tuple(d + timedelta(days=200) for d in visit.days)),
    lambda visit, _facts: replace(visit, days=tuple(d - timedelta(days=200) for d in visit.days)),
    lambda visit, _facts: replace(visit, second_id=visit.lead_id),
    lambda visit, _facts: replace(visit, second_id="stranger"),
    lambda visit, _facts: replace(visit, lead_id="stranger"),
    lambda visit, _facts: replace(visit, days=(*visit.days, visit.days[-1])),
    lambda visit, _facts: replace(visit, factory_id="elsewhere"),
]


@some
@given(programmes(), st.integers(0, 10**6), st.data())
def test_any_valid_plan_breaks_by_one_seat_or_day(
    facts: Problem, seed: int, data: st.DataObject
) -> None:
    plan = make_plan(facts, seeded(seed))
    if not plan.visits:
        return
    place = data.draw(st.integers(0, len(plan.visits) - 1))
    move = data.draw(st.sampled_from(MOVES))
    visits = list(plan.visits)
    visits[place] = move(visits[place], facts)
    assert check_plan(facts, replace(plan, visits=tuple(visits)))


def test_one_fact_of_an_ample_plan_changed_is_found() -> None:
    """A forbidden person, a closed day or a leave day at each visit of a real plan in turn."""
    facts = ample()
    plan = make_plan(facts)
    for visit in plan.visits:
        for rule, change in (
            (Rule.CONFLICT, {"conflicts": frozenset({visit.lead_id})}),
            (Rule.PREVIOUS_TEAM, {"previous_team": frozenset({visit.second_id})}),
            (Rule.FACTORY_CLOSED, {"closed_days": frozenset({visit.days[-1]})}),
            (Rule.WINDOW, {"closes_on": visit.days[0] - timedelta(days=1)}),
            (Rule.LANGUAGE, {"languages": frozenset({"none"})}),
        ):
            changed = replace(
                facts,
                factories=tuple(
                    replace(each, **change) if each.id == visit.factory_id else each
                    for each in facts.factories
                ),
            )
            assert {each.rule for each in check_plan(changed, plan)} == {rule}


def test_the_checker_shares_no_code_with_the_planner() -> None:
    tree = ast.parse(Path(checker.__file__).read_text(encoding="utf-8"))
    ours = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("assessments")
    }
    assert ours == {"assessments.rules.modality", "assessments.rules.planning.problem"}
    taken = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "assessments.rules.planning.problem"
        for name in node.names
    }
    assert taken == {
        "Assessor", "Booking", "BookingKind", "Breach", "Factory", "PlacedVisit", "Plan",
        "Problem", "Rule",
    }  # fmt: skip
