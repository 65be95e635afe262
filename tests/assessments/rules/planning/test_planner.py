"""The planner as a whole: legal, full, unbiased, and honest about what it could not place."""

from __future__ import annotations

import ast
import math
import random
import secrets
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assessments.rules.planning as planning
from assessments.rules.modality import Modality, ModalitySettings, Strictness
from assessments.rules.planning.board import explain, open_dates, what_if
from assessments.rules.planning.checker import check_plan
from assessments.rules.planning.draw import draw_all, lay_out, make_plan
from assessments.rules.planning.load import month_load
from assessments.rules.planning.problem import (
    Bar,
    Booking,
    BookingKind,
    Calendar,
    Place,
    PlacedVisit,
    PlanningSettings,
    Problem,
)
from assessments.rules.planning.repair import Deadline, make_room
from betterwork.errors import DomainError

from .oracle import monolith
from .worlds import (
    HOPS,
    ample,
    assessor,
    day,
    days,
    factory,
    problem,
    programmes,
)

slow_first = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
some = settings(slow_first, max_examples=50)
few = settings(slow_first, max_examples=40)


def seeded(number: int) -> random.Random:
    """Only tests know the next number."""
    return random.Random(number)


# -- any programme -------------------------------------------------------------------------------


@some
@given(programmes(), st.integers(0, 10**6))
def test_any_plan_is_legal_and_leaves_nobody_out(given_facts: Problem, seed: int) -> None:
    plan = make_plan(given_facts, seeded(seed))
    assert [each for each in check_plan(given_facts, plan) if not each.is_locked] == []
    due = {each.id for each in given_facts.factories}
    due -= {each.factory_id for each in given_facts.locked}
    placed = [each.factory_id for each in plan.visits]
    named = [each.factory_id for each in plan.unplaced]
    assert sorted(placed + named) == sorted(due)
    assert all(each.bars for each in plan.unplaced)
    for visit in plan.visits:
        assert 0.0 <= visit.bits <= visit.most_bits + 1e-9
        assert visit.most_bits == pytest.approx(math.log2(visit.possible_dates))
        assert 1 / visit.possible_dates <= visit.best_guess + 1e-9 <= 1.0 + 1e-6
    figures = plan.unpredictability
    assert 0.0 <= figures.share <= 1.0 + 1e-9
    assert figures.visits == len(plan.visits)


@few
@given(programmes(most_factories=12), st.integers(0, 10**6))
def test_small_programmes_are_as_full_as_can_be(given_facts: Problem, seed: int) -> None:
    plan = make_plan(given_facts, seeded(seed))
    assert len(plan.visits) == len(monolith(given_facts))


@some
@given(programmes(), st.randoms(use_true_random=False))
def test_names_and_order_do_not_touch_the_law(given_facts: Problem, shuffle: Any) -> None:
    """Factories and people under other names, in another order: each date has the same chance."""
    factories, people = list(given_facts.factories), list(given_facts.assessors)
    shuffle.shuffle(factories)
    shuffle.shuffle(people)
    names = {each.id: f"renamed-{number}" for number, each in enumerate(people)}
    places = {each.id: f"place-{number}" for number, each in enumerate(factories)}

    def renamed(ids: frozenset[str]) -> frozenset[str]:
        return frozenset(names[each] for each in ids)

    other = replace(
        given_facts,
        factories=tuple(
            replace(
                each,
                id=places[each.id],
                advisors=renamed(each.advisors),
                previous_team=renamed(each.previous_team),
                conflicts=renamed(each.conflicts),
            )
            for each in factories
        ),
        assessors=tuple(replace(each, id=names[each.id]) for each in people),
        bookings=tuple(
            replace(each, assessor_id=names[each.assessor_id]) for each in given_facts.bookings
        ),
        locked=tuple(
            replace(
                each,
                factory_id=places[each.factory_id],
                lead_id=names[each.lead_id],
                second_id=names[each.second_id or ""],
            )
            for each in given_facts.locked
        ),
    )
    laws = {site.factory.id: (site.starts, site.law) for site in lay_out(given_facts).sites}
    others = {site.factory.id: (site.starts, site.law) for site in lay_out(other).sites}
    for factory_id, (starts, law) in laws.items():
        assert others[places[factory_id]][0] == starts
        assert others[places[factory_id]][1] == pytest.approx(law, abs=1e-9)


@some
@given(programmes(), st.sampled_from(["rules", "people", "window", "holidays", "leave", "closed"]))
def test_loosening_never_takes_a_date_away(given_facts: Problem, what: str) -> None:
    looser = {
        "rules": lambda: replace(
            given_facts,
            rules=ModalitySettings(
                own_advisor_rule=Strictness.OFF,
                previous_team_rule=Strictness.SOFT,
                language_rule=Strictness.OFF,
                both_sexes_rule=Strictness.OFF,
                osh_rule=Strictness.SOFT,
                travel_rule=Strictness.OFF,
            ),
        ),
        "people": lambda: replace(
            given_facts, assessors=(*given_facts.assessors, assessor("one-more"))
        ),
        "window": lambda: replace(
            given_facts,
            factories=tuple(
                replace(each, opens_on=day(-9), closes_on=day(60)) for each in given_facts.factories
            ),
        ),
        # Travel days stay where they are only while the country's days do: none travels here.
        "holidays": lambda: replace(
            given_facts,
            calendar=Calendar(),
            settings=PlanningSettings(notice_days=1, travel_regions=20),
        ),
        "leave": lambda: replace(
            given_facts,
            assessors=tuple(replace(each, away=frozenset()) for each in given_facts.assessors),
        ),
        "closed": lambda: replace(
            given_facts,
            factories=tuple(
                replace(each, closed_days=frozenset(), rest_weekdays=frozenset())
                for each in given_facts.factories
            ),
        ),
    }[what]()
    before = {site.factory.id: set(site.starts) for site in lay_out(given_facts).sites}
    after = {site.factory.id: set(site.starts) for site in lay_out(looser).sites}
    assert all(before[each] <= after[each] for each in before)


@few
@given(programmes(), st.integers(0, 10**6))
def test_a_search_that_fails_leaves_no_trace(given_facts: Problem, seed: int) -> None:
    bench = lay_out(given_facts, seeded(seed))
    draw_all(bench)
    table = bench.table

    def state() -> Any:
        return (
            dict(table.seats),
            list(table.load),
            {at: list(left) for at, left in table.left.items()},
            {at: list(caps) for at, caps in table._caps.items()},
            {at: mask for at, mask in table.busy.items() if mask},
            {at: dict(held) for at, held in table.held.items() if held},
        )

    before = state()
    mark = len(table.journal)
    for place in range(len(bench.sites)):
        if place in table.seats:
            table.unbook(place)
        for start in bench.sites[place].starts[:3]:
            if place not in table.seats:
                make_room(table, place, start, depth=2, deadline=Deadline(5))
    table.roll_back(mark)
    assert state() == before


@few
@given(programmes(), st.integers(0, 10**6), st.data())
def test_every_open_date_of_the_board_is_legal(
    given_facts: Problem, seed: int, data: st.DataObject
) -> None:
    plan = make_plan(given_facts, seeded(seed))
    due = [each.factory_id for each in (*plan.visits, *plan.unplaced)]
    if not due:
        return
    wanted = data.draw(st.sampled_from(due))
    chosen = next(each for each in given_facts.factories if each.id == wanted)
    found = open_dates(given_facts, plan, chosen.id)
    visit = plan.visit(chosen.id)
    if visit is not None:
        assert visit.starts_on in [start for start, _lead, _second in found]
    else:
        assert found == []  # what fits is placed
    for start, lead, second in found:
        moved = PlacedVisit(
            chosen.id,
            tuple(date.fromordinal(start.toordinal() + n) for n in range(chosen.visit_days)),
            lead,
            second,
        )
        assert what_if(given_facts, plan, moved) == []


# -- dates before teams --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_soft_weights_move_no_date(seed: int) -> None:
    facts = ample()
    plain = make_plan(facts, seeded(seed))
    weighed = replace(
        facts,
        settings=PlanningSettings(region_weight=500, pair_weight=0, load_weight=1),
        rules=ModalitySettings(
            both_sexes_rule=Strictness.OFF, travel_rule=Strictness.SOFT, osh_rule=Strictness.OFF
        ),
    )
    other = make_plan(weighed, seeded(seed))
    assert [(e.factory_id, e.days) for e in plain.visits] == [
        (e.factory_id, e.days) for e in other.visits
    ]
    assert [e.team for e in plain.visits] != [e.team for e in other.visits]


def test_with_room_every_date_is_alike_and_the_first_one_drawn_holds() -> None:
    facts = ample()
    for site in lay_out(facts).sites:
        assert set(site.law) == {1 / len(site.starts)}
    plan = make_plan(facts)
    assert plan.unplaced == ()
    assert all(each.is_first_draw for each in plan.visits)
    assert plan.unpredictability.share == pytest.approx(1.0)
    assert plan.unpredictability.law_share == pytest.approx(1.0)


def test_a_month_too_full_is_spared_and_no_more_than_needed() -> None:
    """All windows reach from April into May; April has few people left."""
    april = days(*range(30, 60))
    people = tuple(
        assessor(f"p{chr(97 + n)}", away=april if n > 2 else frozenset(), monthly_days=9)
        for n in range(8)
    )
    facts = problem(
        tuple(factory(f"f{n}", opens_on=day(30), closes_on=day(90)) for n in range(20)), people
    )
    bench = lay_out(facts)
    expected = 0.0
    for site in bench.sites:
        for start, chance in zip(site.starts, site.law, strict=True):
            months = dict(bench.ground.span(start, 2).months)
            expected += chance * months.get((2026, 4), 0)
    room = float(facts.settings.reserve) * 3 * 9 / 2
    assert expected == pytest.approx(room, rel=0.02)
    site = bench.sites[0]
    later = [c for s, c in zip(site.starts, site.law, strict=True) if s > day(60).toordinal()]
    assert max(later) == pytest.approx(min(later))
    assert site.law_bits < math.log2(len(site.starts))
    plan = make_plan(facts)
    assert plan.unpredictability.law_share < 1.0
    assert plan.unplaced == ()


def test_few_dates_are_told() -> None:
    facts = problem(
        (factory("few", closes_on=day(12)), factory("many")),
        tuple(assessor(f"p{n}") for n in "abcd"),
    )
    assert make_plan(facts).unpredictability.few == ("few",)


# -- rules of dates and travel -------------------------------------------------------------------


def starts_of(facts: Problem) -> set[date]:
    return {date.fromordinal(start) for start in lay_out(facts).sites[0].starts}


PAIR = (assessor("pa"), assessor("pb"))


@pytest.mark.parametrize(
    ("facts", "gone"),
    [
        ({}, ()),
        ({"closed_days": days(9)}, (8, 9)),
        ({"rest_weekdays": frozenset({0})}, (7, 13, 14)),
        ({"opens_on": day(9)}, (7, 8)),
        ({"closes_on": day(15)}, (15,)),
        ({"advisors": frozenset({"pa"})}, (7, 8, 9, 13, 14, 15)),
    ],
)
def test_dates_of_a_factory(facts: dict[str, Any], gone: tuple[int, ...]) -> None:
    """Friday and Saturday rest: 7 is a Monday, and no visit spans a weekend (10 to 12)."""
    given_facts = {"closes_on": day(16), **facts}
    found = starts_of(problem((factory("f", **given_facts),), PAIR))
    assert found == {day(n) for n in (7, 8, 9, 13, 14, 15) if n not in gone}


def test_the_second_day_and_the_travel_day_may_lie_in_another_year() -> None:
    far = (assessor("pa", home=Place("north")), assessor("pb", home=Place("north")))
    facts = Problem(
        date(2026, 12, 1),
        Calendar(frozenset(), frozenset({date(2027, 1, 2)})),
        (
            factory(
                "f",
                place=Place("south"),
                opens_on=date(2026, 12, 31),
                closes_on=date(2027, 1, 4),
            ),
        ),
        far,
        HOPS,
    )
    assert starts_of(facts) == {date(2026, 12, 31), date(2027, 1, 3)}
    away = replace(far[0], away=frozenset({date(2027, 1, 1)}))
    # 2 January is a holiday, so the travel day of the 3rd is the 1st.
    assert starts_of(replace(facts, assessors=(away, far[1]))) == set()
    assert starts_of(
        replace(facts, assessors=(replace(away, away=frozenset({date(2026, 12, 30)})), far[1]))
    ) == {date(2027, 1, 3)}


def test_far_away_by_distance_takes_a_day_of_travel_and_a_virtual_check_none() -> None:
    home = Place("middle", 23.8, 90.4)
    there = Place("middle", 22.3, 91.8)  # some 220 km off
    people = (assessor("pa", home=home, away=days(6)), assessor("pb", home=home))
    site = factory("f", place=there, closes_on=day(8))
    near = problem((site,), people)
    assert starts_of(near) == {day(7)}
    far = replace(near, settings=PlanningSettings(travel_km=200))
    assert starts_of(far) == set()
    virtual = replace(far, factories=(replace(site, modality=Modality.VIRTUAL),))
    assert starts_of(virtual) == {day(7)}


def test_peak_season_closes_only_where_a_programme_says_so() -> None:
    facts = problem((factory("f", closes_on=day(9), peak_days=days(8)),), PAIR)
    assert starts_of(facts) == {day(7), day(8)}
    assert starts_of(replace(facts, settings=PlanningSettings(avoids_peak_season=True))) == set()


# -- what could not be placed --------------------------------------------------------------------

SHORT = {"closes_on": day(8)}
ALL = frozenset({"pa", "pb"})
HARD = Strictness.HARD


@pytest.mark.parametrize(
    ("facts", "people", "rules", "bars", "unlocked"),
    [
        ({"opens_on": day(-30), "closes_on": day(1)}, PAIR, {}, {Bar.WINDOW_PAST}, {}),
        ({"closes_on": day(7)}, PAIR, {}, {Bar.WINDOW_SHORT}, {Bar.WINDOW_SHORT}),
        (
            {"opens_on": day(11), "closes_on": day(12)},
            PAIR,
            {},
            {Bar.COUNTRY_CALENDAR},
            {Bar.WINDOW_SHORT},
        ),
        (
            {"opens_on": day(10), "closes_on": day(11)},
            PAIR,
            {},
            {Bar.COUNTRY_CALENDAR, Bar.NO_ADJACENT_DAYS},
            {Bar.WINDOW_SHORT},
        ),
        (
            {**SHORT, "closed_days": days(7, 8)},
            PAIR,
            {},
            {Bar.FACTORY_CALENDAR},
            {Bar.FACTORY_CALENDAR, Bar.WINDOW_SHORT},
        ),
        (
            {**SHORT, "closed_days": days(7)},
            PAIR,
            {},
            {Bar.FACTORY_CALENDAR, Bar.NO_ADJACENT_DAYS},
            {Bar.FACTORY_CALENDAR, Bar.WINDOW_SHORT},
        ),
        (SHORT, PAIR[:1], {}, {Bar.TOO_FEW_ASSESSORS}, {}),
        (SHORT, (), {}, {Bar.TOO_FEW_ASSESSORS}, {}),
        (
            SHORT,
            tuple(replace(each, can_lead=False) for each in PAIR),
            {},
            {Bar.LEAD},
            {Bar.LEAD},
        ),
        ({**SHORT, "advisors": ALL}, PAIR, {}, {Bar.OWN_ADVISOR}, {Bar.OWN_ADVISOR}),
        ({**SHORT, "previous_team": ALL}, PAIR, {}, {Bar.PREVIOUS_TEAM}, {Bar.PREVIOUS_TEAM}),
        ({**SHORT, "conflicts": ALL}, PAIR, {}, {Bar.CONFLICT}, {Bar.CONFLICT}),
        ({**SHORT, "languages": frozenset()}, PAIR, {}, {Bar.LANGUAGE}, {Bar.LANGUAGE}),
        (
            SHORT,
            tuple(replace(each, sex="male") for each in PAIR),
            {"both_sexes_rule": HARD},
            {Bar.SEX},
            {Bar.SEX},
        ),
        (
            SHORT,
            tuple(replace(each, is_osh_skilled=False) for each in PAIR),
            {"osh_rule": HARD},
            {Bar.OSH},
            {Bar.OSH},
        ),
        (
            {**SHORT, "place": Place("south")},
            tuple(replace(each, home=Place("north")) for each in PAIR),
            {"travel_rule": HARD},
            {Bar.FAR},
            {Bar.FAR},
        ),
        (
            SHORT,
            tuple(replace(each, away=days(7)) for each in PAIR),
            {},
            {Bar.AWAY},
            {Bar.AWAY, Bar.WINDOW_SHORT},
        ),
        (
            SHORT,
            tuple(replace(each, monthly_days=1) for each in PAIR),
            {},
            {Bar.MONTH_CAP},
            {Bar.MONTH_CAP, Bar.WINDOW_SHORT},
        ),
        (
            {**SHORT, "place": Place("south")},
            tuple(replace(each, home=Place("north"), away=days(6)) for each in PAIR),
            {},
            {Bar.TRAVEL_DAY, Bar.AWAY},
            {Bar.TRAVEL_DAY, Bar.AWAY, Bar.WINDOW_SHORT},
        ),
        (  # either alone would not help
            {**SHORT, "advisors": ALL, "previous_team": ALL},
            PAIR,
            {},
            {Bar.PREVIOUS_TEAM},
            {},
        ),
    ],
)
def test_who_finds_no_place_is_told_why(
    facts: dict[str, Any],
    people: tuple[Any, ...],
    rules: dict[str, Any],
    bars: set[Bar],
    unlocked: set[Bar],
) -> None:
    given_facts = problem(
        (factory("f", **facts),), people, rules=ModalitySettings.from_mapping(rules)
    )
    plan = make_plan(given_facts)
    assert plan.visits == ()
    (told,) = plan.unplaced
    assert set(told.bars) == bars
    assert set(told.unlocked_by) - {Bar.WINDOW_SHORT} == set(unlocked) - {Bar.WINDOW_SHORT}
    if Bar.WINDOW_SHORT in unlocked:
        assert Bar.WINDOW_SHORT in told.unlocked_by


def test_two_visits_for_one_team_on_one_day() -> None:
    facts = problem((factory("f", **SHORT), factory("g", **SHORT)), PAIR)
    plan = make_plan(facts)
    (told,) = plan.unplaced
    assert told.bars == (Bar.BOOKED,)
    assert told.unlocked_by == (Bar.WINDOW_SHORT, Bar.BOOKED)
    assert told.possible_dates == 1


@some
@given(programmes(), st.integers(0, 10**6))
def test_what_is_said_to_unlock_does_unlock(given_facts: Problem, seed: int) -> None:
    plan = make_plan(given_facts, seeded(seed))
    off = Strictness.OFF
    for each in plan.unplaced:
        site = next(e for e in given_facts.factories if e.id == each.factory_id)
        others = replace(plan, unplaced=())

        def fits(site: Any = site, others: Any = others, **facts: Any) -> bool:
            changed = replace(given_facts, **facts)
            changed = replace(
                changed,
                factories=tuple(site if e.id == site.id else e for e in changed.factories),
            )
            return bool(open_dates(changed, others, site.id))

        assert not fits()
        rules = given_facts.rules
        people = given_facts.assessors
        for bar, facts in (
            (Bar.OWN_ADVISOR, {"site": replace(site, advisors=frozenset())}),
            (Bar.PREVIOUS_TEAM, {"site": replace(site, previous_team=frozenset())}),
            (Bar.CONFLICT, {"site": replace(site, conflicts=frozenset())}),
            (Bar.LANGUAGE, {"rules": replace(rules, language_rule=off)}),
            (Bar.SEX, {"rules": replace(rules, both_sexes_rule=off)}),
            (Bar.OSH, {"rules": replace(rules, osh_rule=off)}),
            (Bar.FAR, {"rules": replace(rules, travel_rule=off)}),
            (Bar.LEAD, {"assessors": tuple(replace(e, can_lead=True) for e in people)}),
            (Bar.AWAY, {"assessors": tuple(replace(e, away=frozenset()) for e in people)}),
            (Bar.MONTH_CAP, {"assessors": tuple(replace(e, monthly_days=31) for e in people)}),
        ):
            # Months are counted up to the longest visit, so lifting a limit always shows.
            assert fits(**facts) == (bar in each.unlocked_by), bar


# -- what stands ---------------------------------------------------------------------------------


def test_locked_visits_and_bookings_are_worked_around() -> None:
    locked = PlacedVisit("fixed", (day(7), day(8)), "pa", "pb", is_locked=True)
    facts = problem(
        (factory("f", closes_on=day(16)), factory("fixed")),
        (*PAIR, assessor("pc", away=days(*range(60)))),
        locked=(locked,),
        bookings=(
            Booking("pa", days(9), BookingKind.ADVISORY),
            Booking("pb", days(13), BookingKind.OTHER),
        ),
    )
    assert starts_of(facts) == {day(14), day(15)}
    plan = make_plan(facts)
    assert [each.factory_id for each in plan.visits] == ["f"]
    assert check_plan(facts, plan) == []
    assert explain(facts, plan, "fixed").date[0].fact == "fixed_by_hand"


def test_only_assessments_count_in_the_month() -> None:
    people = tuple(replace(each, monthly_days=2) for each in PAIR)
    facts = problem((factory("f", closes_on=day(26)),), people)
    spent = Booking("pa", days(0), BookingKind.ASSESSMENT)
    assert starts_of(replace(facts, bookings=(replace(spent, kind=BookingKind.ADVISORY),)))
    assert not starts_of(replace(facts, bookings=(spent,)))


def test_why_this_team() -> None:
    facts = problem((factory("f"),), PAIR)
    plan = make_plan(facts)
    told = explain(facts, plan, "f")
    assert all(check.is_passed for check in told.team)
    assert {each.rule for each in told.date} == {"V-1", "V-2", "V-3", "V-4", "V-11"}
    with pytest.raises(DomainError, match="not_planned_here"):
        explain(facts, plan, "elsewhere")
    with pytest.raises(DomainError, match="not_planned_here"):
        open_dates(facts, plan, "elsewhere")


def test_month_load() -> None:
    facts = ample()
    plan = make_plan(facts)
    loads = {each.month: each for each in month_load(facts, plan)}
    assert sum(each.lead_days_needed for each in loads.values()) == sum(
        len(visit.days) for visit in plan.visits
    )
    april = loads[2026, 4]
    assert april.assessor_days_available == 12 * 9
    assert april.lead_days_available == 8 * 9
    booked = Booking("person-a", days(30, 31), BookingKind.ASSESSMENT)
    less = {e.month: e for e in month_load(replace(facts, bookings=(booked,)))}
    assert less[2026, 4].assessor_days_available == 12 * 9 - 2
    expected = month_load(facts)
    assert sum(each.lead_days_needed for each in expected) == pytest.approx(
        sum(each.visit_days for each in facts.factories)
    )
    nobody = month_load(problem((factory("f"),), ()))
    assert nobody == []


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: problem((factory("f"), factory("f")), PAIR), "planned_twice"),
        (lambda: problem((factory("f"),), (PAIR[0], PAIR[0])), "planned_twice"),
        (
            lambda: problem((factory("f"),), PAIR, rules=ModalitySettings(min_assessors=3)),
            "plan_seats_two",
        ),
        (
            lambda: PlanningSettings(second_attempt_from=61, second_attempt_to=60),
            "second_attempt_reversed",
        ),
    ],
)
def test_what_cannot_be_planned_is_refused(make: Any, code: str) -> None:
    with pytest.raises(DomainError, match=code):
        make()


def test_nothing_to_plan() -> None:
    plan = make_plan(problem((), ()))
    assert (plan.visits, plan.unplaced, plan.unpredictability.share) == ((), (), 1.0)


# -- the source of chance ------------------------------------------------------------------------

CODE = sorted(Path(planning.__file__).parent.glob("*.py"))


def test_chance_comes_from_the_operating_system() -> None:
    assert isinstance(lay_out(ample()).random, secrets.SystemRandom)


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_no_planner_code_knows_a_guessable_source(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] not in {"random", "numpy"}, f"{path.name}: {name}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"seed", "random_seed", "Random"}, path.name


def test_the_solver_is_loaded_only_where_it_is_needed() -> None:
    code = (
        "import sys, importlib\n"
        f"for name in {[path.stem for path in CODE if path.stem != '__init__']!r}:\n"
        "    importlib.import_module(f'assessments.rules.planning.{name}')\n"
        "from tests.assessments.rules.planning.worlds import ample\n"
        "from assessments.rules.planning.draw import make_plan\n"
        "assert make_plan(ample()).unplaced == ()\n"
        "assert 'ortools' not in sys.modules, 'ortools'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
