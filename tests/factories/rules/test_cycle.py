"""The cycle engine: cases from docs/domain/rules/cycle.md, properties, and a stateful machine."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from betterwork.errors import DomainError
from factories.rules.clocks import (
    ActionKey,
    Actor,
    Clock,
    ClockState,
    clocks,
    counters,
    next_actions,
)
from factories.rules.cycle import Phase, phase
from factories.rules.cycle_facts import (
    ClockKey,
    CycleFacts,
    CycleSettings,
    Drift,
    DriftReason,
    add_months,
    as_of,
    last_day,
    next_working_day,
    order_problems,
)
from factories.rules.windows import assessment_window, next_reassessment

DEFAULTS = CycleSettings()
START = date(2026, 1, 4)
FIRST_VISIT = date(2026, 1, 11)
DAY_100 = date(2026, 4, 21)  # the first visit and 100 days

READY = CycleFacts(
    number=1,
    starts_on=START,
    first_advisory_visit_on=FIRST_VISIT,
    advisory_visits_on=(FIRST_VISIT, date(2026, 2, 10), date(2026, 3, 10)),
    committee_formed_on=date(2026, 2, 1),
    self_diagnosis_on=date(2026, 3, 1),
    plan_opened_on=date(2026, 3, 5),
)
ASSESSED = replace(READY, assessed_on=date(2026, 5, 5))
RELEASED = replace(ASSESSED, draft_shared_on=date(2026, 5, 20), report_released_on=date(2026, 6, 1))


def every_day(day: date) -> bool:
    return True


def bangladesh_week(day: date) -> bool:
    """Friday is the rest day, and one holiday falls on a Saturday."""
    return day.weekday() != 4 and day != date(2026, 5, 23)


def clock(facts: CycleFacts, key: ClockKey, today: date, conf: CycleSettings = DEFAULTS) -> Clock:
    return next(c for c in clocks(facts, conf, today, is_working_day=every_day) if c.key is key)


@pytest.mark.parametrize(
    ("facts", "today", "expected"),
    [
        (CycleFacts(1, START), START, Phase.REGISTERED),
        (CycleFacts(1, START), date(2026, 6, 1), Phase.REGISTERED),
        (replace(READY, committee_formed_on=None), FIRST_VISIT, Phase.INITIAL_ADVISORY),
        (READY, FIRST_VISIT - timedelta(days=1), Phase.REGISTERED),
        (READY, DAY_100 - timedelta(days=1), Phase.INITIAL_ADVISORY),
        (READY, DAY_100, Phase.READY_FOR_ASSESSMENT),
        (ASSESSED, date(2026, 5, 4), Phase.READY_FOR_ASSESSMENT),
        (ASSESSED, date(2026, 5, 5), Phase.REPORT_DUE),
        (RELEASED, date(2026, 5, 31), Phase.REPORT_DUE),
        (RELEASED, date(2026, 6, 1), Phase.CONTINUED_ADVISORY),
        (
            replace(RELEASED, progress_report_1_on=date(2026, 6, 20)),
            date(2026, 6, 20),
            Phase.PROGRESS,
        ),
        (READY, date(2026, 11, 4), Phase.REREGISTRATION_DUE),
        (ASSESSED, date(2026, 11, 4), Phase.REREGISTRATION_DUE),
        (CycleFacts(1, START), date(2026, 11, 4), Phase.REREGISTRATION_DUE),
        (RELEASED, date(2026, 11, 3), Phase.CONTINUED_ADVISORY),
        (RELEASED, date(2026, 11, 4), Phase.REREGISTRATION_DUE),
        (
            replace(RELEASED, reregistered_on=date(2026, 12, 1)),
            date(2026, 12, 1),
            Phase.REREGISTERED,
        ),
        (
            replace(RELEASED, reregistered_on=date(2026, 12, 1)),
            date(2027, 1, 3),
            Phase.REREGISTERED,
        ),
        (replace(RELEASED, reregistered_on=date(2026, 12, 1)), date(2027, 1, 4), Phase.CLOSED),
        (replace(READY, closed_on=date(2026, 2, 2)), date(2026, 2, 2), Phase.CLOSED),
        (replace(READY, closed_on=date(2026, 2, 2)), date(2026, 2, 1), Phase.INITIAL_ADVISORY),
    ],
)
def test_phase(facts: CycleFacts, today: date, expected: Phase) -> None:
    answer = phase(facts, DEFAULTS, today)
    assert answer.phase is expected
    assert answer.because


def test_later_cycle_counts_from_its_first_day() -> None:
    facts = CycleFacts(2, START, first_advisory_visit_on=date(2026, 2, 1))
    assert phase(facts, DEFAULTS, date(2026, 4, 13)).phase is Phase.INITIAL_ADVISORY
    assert phase(facts, DEFAULTS, date(2026, 4, 14)).phase is Phase.READY_FOR_ASSESSMENT


def test_high_performer_without_assessment_this_year_goes_on_with_advisory() -> None:
    facts = replace(READY, number=3, is_high_performer=True, previous_assessed_on=date(2025, 5, 1))
    window = assessment_window(facts, DEFAULTS)
    assert window is not None
    assert not window.is_in_cycle
    assert phase(facts, DEFAULTS, date(2026, 6, 1)).phase is Phase.CONTINUED_ADVISORY


def test_missing_parts_of_the_initial_advisory_are_named() -> None:
    facts = CycleFacts(1, START, FIRST_VISIT, plan_opened_on=date(2026, 2, 2))
    assert phase(facts, DEFAULTS, date(2026, 2, 1)).missing == (
        "committee_formed_on",
        "self_diagnosis_on",
        "plan_opened_on",
    )
    assert phase(facts, DEFAULTS, date(2026, 2, 2)).missing == (
        "committee_formed_on",
        "self_diagnosis_on",
    )


@pytest.mark.parametrize(
    ("key", "due_on"),
    [
        (ClockKey.FIRST_ADVISORY_VISIT, date(2026, 2, 3)),
        (ClockKey.INITIAL_ADVISORY, DAY_100),
        (ClockKey.REPORT, date(2026, 6, 2)),
        (ClockKey.FACTORY_COMMENT, date(2026, 5, 27)),
        (ClockKey.PROGRESS_REPORT_1, date(2026, 7, 1)),
        (ClockKey.PROGRESS_REPORT_2, date(2026, 12, 4)),
        (ClockKey.REREGISTRATION, date(2027, 1, 3)),
    ],
)
def test_due_dates(key: ClockKey, due_on: date) -> None:
    found = clock(RELEASED, key, date(2026, 6, 1))
    assert (found.original_due_on, found.due_on) == (due_on, due_on)
    assert found.because


@pytest.mark.parametrize(
    ("today", "state", "days_left"),
    [
        (date(2026, 5, 4), ClockState.NOT_STARTED, None),
        (date(2026, 5, 5), ClockState.RUNNING, 28),
        (date(2026, 5, 25), ClockState.RUNNING, 8),
        (date(2026, 5, 26), ClockState.SOON, 7),
        (date(2026, 6, 2), ClockState.SOON, 0),
        (date(2026, 6, 3), ClockState.LATE, -1),
    ],
)
def test_report_clock_over_time(today: date, state: ClockState, days_left: int | None) -> None:
    found = clock(ASSESSED, ClockKey.REPORT, today)
    assert (found.state, found.days_left) == (state, days_left)


def test_report_counts_from_the_last_day_once_it_is_known() -> None:
    facts = replace(ASSESSED, assessment_ended_on=date(2026, 5, 6))
    assert clock(facts, ClockKey.REPORT, date(2026, 5, 5)).due_on == date(2026, 6, 2)
    assert clock(facts, ClockKey.REPORT, date(2026, 5, 6)).due_on == date(2026, 6, 3)


def test_share_used_runs_past_one_when_late() -> None:
    assert clock(ASSESSED, ClockKey.REPORT, date(2026, 5, 12)).share_used == Fraction(1, 4)
    assert clock(ASSESSED, ClockKey.REPORT, date(2026, 6, 9)).share_used == Fraction(35, 28)


@pytest.mark.parametrize(
    ("released_on", "was_late"), [(date(2026, 6, 2), False), (date(2026, 6, 3), True)]
)
def test_done_is_late_only_after_the_due_day(released_on: date, was_late: bool) -> None:
    found = clock(
        replace(ASSESSED, report_released_on=released_on), ClockKey.REPORT, date(2026, 12, 1)
    )
    assert (found.state, found.was_late) == (ClockState.DONE, was_late)


def test_due_day_moves_off_rest_days_and_holidays_and_says_so() -> None:
    # 24 April and 28 days is Friday 22 May; Saturday 23 May is a holiday.
    facts = replace(READY, assessed_on=date(2026, 4, 24))
    found = next(
        c
        for c in clocks(facts, DEFAULTS, date(2026, 5, 1), is_working_day=bangladesh_week)
        if c.key is ClockKey.REPORT
    )
    assert found.due_on == date(2026, 5, 24)
    assert ("C-4", "moved_from", date(2026, 5, 22)) in [
        (b.rule, b.fact, b.value) for b in found.because
    ]


def test_the_last_day_of_the_cycle_never_moves() -> None:
    found = next(
        c
        for c in clocks(READY, DEFAULTS, START, is_working_day=lambda d: d != date(2027, 1, 3))
        if c.key is ClockKey.REREGISTRATION
    )
    assert found.due_on == date(2027, 1, 3)


def test_a_calendar_without_working_days_is_refused() -> None:
    with pytest.raises(DomainError, match="no_working_day"):
        next_working_day(START, lambda day: False)


def test_slcp_clock_only_for_factories_that_share() -> None:
    day = date(2026, 6, 2)
    keys = [c.key for c in clocks(RELEASED, DEFAULTS, day, is_working_day=every_day)]
    assert ClockKey.SLCP_SHARING not in keys
    sharing = clock(replace(RELEASED, is_slcp_shared=True), ClockKey.SLCP_SHARING, day)
    assert sharing.due_on == date(2026, 6, 16)


def test_late_release_keeps_progress_report_2_after_report_1() -> None:
    facts = replace(ASSESSED, report_released_on=date(2026, 12, 20))
    second = clock(facts, ClockKey.PROGRESS_REPORT_2, date(2026, 12, 20))
    assert second.due_on == clock(facts, ClockKey.PROGRESS_REPORT_1, date(2026, 12, 20)).due_on


def test_drift_moves_the_due_day_and_keeps_the_original() -> None:
    drift = Drift(
        ClockKey.REPORT, DriftReason.RECORDS_AWAITED, date(2026, 6, 3), new_due_on=date(2026, 6, 20)
    )
    facts = replace(ASSESSED, drifts=(drift,))
    assert clock(facts, ClockKey.REPORT, date(2026, 6, 2)).due_on == date(2026, 6, 2)
    found = clock(facts, ClockKey.REPORT, date(2026, 6, 10))
    assert found.state is ClockState.RUNNING
    assert found.due_on == date(2026, 6, 20)
    assert found.original_due_on == date(2026, 6, 2)
    assert found.drift_reason is DriftReason.RECORDS_AWAITED


def test_pause_stops_the_clock_until_a_later_record() -> None:
    paused = Drift(ClockKey.REPORT, DriftReason.FORCE_MAJEURE, date(2026, 5, 10), is_paused=True)
    resumed = Drift(
        ClockKey.REPORT, DriftReason.FORCE_MAJEURE, date(2026, 7, 1), new_due_on=date(2026, 7, 20)
    )
    facts = replace(ASSESSED, drifts=(resumed, paused))
    held = clock(facts, ClockKey.REPORT, date(2026, 6, 30))
    assert (held.state, held.due_on, held.days_left) == (ClockState.PAUSED, None, None)
    assert clock(facts, ClockKey.REPORT, date(2026, 7, 1)).due_on == date(2026, 7, 20)


def test_a_reason_without_a_new_date_leaves_the_clock_late() -> None:
    drift = Drift(ClockKey.REPORT, DriftReason.STAFF_ABSENCE, date(2026, 6, 3))
    found = clock(replace(ASSESSED, drifts=(drift,)), ClockKey.REPORT, date(2026, 6, 4))
    assert (found.state, found.drift_reason) == (ClockState.LATE, DriftReason.STAFF_ABSENCE)


def test_other_needs_a_note_and_a_pause_no_date() -> None:
    with pytest.raises(DomainError, match="drift_note_missing"):
        Drift(ClockKey.REPORT, DriftReason.OTHER, START)
    with pytest.raises(DomainError, match="drift_pauses_and_moves"):
        Drift(ClockKey.REPORT, DriftReason.PEAK_SEASON, START, new_due_on=START, is_paused=True)


def test_closing_a_cycle_stops_open_clocks() -> None:
    facts = replace(ASSESSED, closed_on=date(2026, 6, 10))
    assert clock(facts, ClockKey.REPORT, date(2026, 6, 9)).state is ClockState.LATE
    assert clock(facts, ClockKey.REPORT, date(2026, 6, 10)).state is ClockState.STOPPED
    assert next_actions(facts, DEFAULTS, date(2026, 6, 10), is_working_day=every_day) == []


def test_next_actions_are_ordered_by_urgency() -> None:
    facts = replace(READY, committee_formed_on=None, self_diagnosis_on=None)
    first = next_actions(facts, DEFAULTS, date(2026, 4, 20), is_working_day=every_day)
    assert [(a.key, a.actor) for a in first] == [
        (ActionKey.FORM_COMMITTEE, Actor.ADVISOR),
        (ActionKey.COMPLETE_SELF_DIAGNOSIS, Actor.ADVISOR),
    ]
    later = next_actions(RELEASED, DEFAULTS, date(2026, 11, 5), is_working_day=every_day)
    assert [a.key for a in later] == [
        ActionKey.SEND_PROGRESS_REPORT_1,
        ActionKey.SEND_PROGRESS_REPORT_2,
        ActionKey.REREGISTER,
    ]


def test_counters_follow_the_cycle() -> None:
    visits, training, seminars = counters(READY, DEFAULTS, date(2026, 2, 28))
    assert (visits.done, visits.lowest, visits.highest, visits.is_short) == (2, 3, 3, True)
    assert (training.highest, seminars.lowest) == (25, 4)
    later = counters(replace(READY, number=2), DEFAULTS, date(2026, 4, 1))[0]
    assert (later.lowest, later.highest, later.is_over) == (1, 2, True)


def test_window_of_cycle_one_and_none_before_the_first_visit() -> None:
    assert assessment_window(CycleFacts(1, START), DEFAULTS) is None
    window = assessment_window(READY, DEFAULTS)
    assert window is not None
    assert (window.opens_on, window.closes_on) == (DAY_100, date(2026, 6, 19))


def test_no_clock_and_no_action_carries_the_window() -> None:
    day = date(2026, 5, 1)
    found = clocks(READY, DEFAULTS, day, is_working_day=every_day)
    assert ClockKey.ASSESSMENT not in {c.key for c in found}
    narrow = CycleSettings(assessment_window_days=5)
    assert found == clocks(READY, narrow, day, is_working_day=every_day)
    assert phase(READY, DEFAULTS, day) == phase(READY, narrow, day)


@pytest.mark.parametrize(
    ("assessed_on", "high", "number", "opens_on"),
    [
        # Day 100 of the next cycle (4 January 2027 and 100 days).
        (date(2026, 5, 5), False, 2, date(2027, 4, 14)),
        # Assessed late, so at least 12 months less the window of 60 days.
        (date(2026, 11, 5), False, 2, date(2027, 9, 6)),
        # High performer: 24 months less 60 days, in the cycle after the next.
        (date(2026, 5, 5), True, 3, date(2028, 4, 13)),
    ],
)
def test_next_reassessment(assessed_on: date, high: bool, number: int, opens_on: date) -> None:
    facts = replace(READY, assessed_on=assessed_on, is_high_performer=high)
    found = next_reassessment(facts, DEFAULTS, date(2026, 12, 1))
    assert found is not None
    assert (found.cycle_number, found.window.opens_on) == (number, opens_on)
    assert found.open_on == opens_on - timedelta(days=30)
    assert not found.is_due(found.open_on - timedelta(days=1))
    assert found.is_due(found.open_on)


def test_no_reassessment_for_a_factory_that_left() -> None:
    facts = replace(ASSESSED, closed_on=date(2026, 8, 1))
    assert next_reassessment(facts, DEFAULTS, date(2026, 7, 31)) is not None
    assert next_reassessment(facts, DEFAULTS, date(2026, 8, 1)) is None


def test_order_problems() -> None:
    assert order_problems(RELEASED) == ()
    wrong = replace(READY, report_released_on=date(2026, 6, 1))
    assert [(p.code, p.earlier) for p in order_problems(wrong)] == [("fact_missing", "assessed_on")]
    early = replace(ASSESSED, report_released_on=date(2026, 5, 1))
    assert [p.code for p in order_problems(early)] == ["fact_too_early"]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 3, 15), -12, date(2025, 3, 15)),
    ],
)
def test_add_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_settings_override_and_refuse() -> None:
    conf = CycleSettings.from_mapping({"report_days": 35})
    assert clock(ASSESSED, ClockKey.REPORT, date(2026, 5, 6), conf).due_on == date(2026, 6, 9)
    assert conf.changes() == {"report_days": 35}
    assert CycleSettings.from_mapping(conf.changes()) == conf
    for data, code in [
        ({"report_dayz": 1}, "unknown_setting"),
        ({"report_days": 0}, "setting_out_of_range"),
        ({"report_days": "28"}, "setting_wrong_type"),
        ({"report_days": True}, "setting_wrong_type"),
        ({"visits_before_later_assessment_low": 5}, "visit_range_reversed"),
    ]:
        with pytest.raises(DomainError, match=code):
            CycleSettings.from_mapping(data)


days = st.dates(min_value=date(2024, 1, 1), max_value=date(2030, 12, 31))
maybe = st.none() | days
any_facts = st.builds(
    CycleFacts,
    number=st.integers(1, 6),
    starts_on=days,
    first_advisory_visit_on=maybe,
    advisory_visits_on=st.lists(days, max_size=4).map(tuple),
    committee_formed_on=maybe,
    self_diagnosis_on=maybe,
    plan_opened_on=maybe,
    previous_assessed_on=maybe,
    is_high_performer=st.booleans(),
    assessed_on=maybe,
    assessment_ended_on=maybe,
    draft_shared_on=maybe,
    factory_commented_on=maybe,
    report_released_on=maybe,
    is_slcp_shared=st.booleans(),
    slcp_shared_on=maybe,
    progress_report_1_on=maybe,
    progress_report_2_on=maybe,
    reregistered_on=maybe,
    closed_on=maybe,
)


@settings(max_examples=150)
@given(any_facts, days)
def test_engine_is_total_even_on_facts_out_of_order(facts: CycleFacts, today: date) -> None:
    answer = phase(facts, DEFAULTS, today)
    assert answer.because
    for found in clocks(facts, DEFAULTS, today, is_working_day=bangladesh_week):
        assert found.because
        if found.started_on is not None and found.due_on is not None:
            assert found.due_on >= found.started_on
    next_actions(facts, DEFAULTS, today, is_working_day=bangladesh_week)
    next_reassessment(facts, DEFAULTS, today)


@settings(max_examples=100)
@given(any_facts, days, days)
def test_asking_about_a_day_ignores_what_came_later(
    facts: CycleFacts, today: date, later: date
) -> None:
    known = as_of(facts, max(today, later))
    assert phase(known, DEFAULTS, today) == phase(facts, DEFAULTS, today)
    assert clocks(known, DEFAULTS, today, is_working_day=every_day) == clocks(
        facts, DEFAULTS, today, is_working_day=every_day
    )


class CycleMachine(RuleBasedStateMachine):
    """Time passes and facts arrive in their legal order."""

    def __init__(self) -> None:
        super().__init__()
        self.today = START
        self.facts = CycleFacts(1, START)
        self.phases = [Phase.REGISTERED]
        self.done: dict[ClockKey, bool] = {}

    def record(self, **facts: object) -> None:
        self.facts = replace(self.facts, **facts)  # type: ignore[arg-type]

    @rule(count=st.integers(1, 45))
    def time_passes(self, count: int) -> None:
        self.today += timedelta(days=count)

    @precondition(lambda self: self.facts.closed_on is None)
    @rule()
    def visit(self) -> None:
        self.record(
            first_advisory_visit_on=self.facts.first_advisory_visit_on or self.today,
            advisory_visits_on=(*self.facts.advisory_visits_on, self.today),
        )

    @precondition(lambda self: self.facts.first_advisory_visit_on is not None)
    @rule(name=st.sampled_from(["committee_formed_on", "self_diagnosis_on", "plan_opened_on"]))
    def initial_advisory(self, name: str) -> None:
        if getattr(self.facts, name) is None:
            self.record(**{name: self.today})

    @precondition(
        lambda self: (
            self.facts.assessed_on is None
            and phase(self.facts, DEFAULTS, self.today).phase is Phase.READY_FOR_ASSESSMENT
        )
    )
    @rule()
    def check_in(self) -> None:
        self.record(assessed_on=self.today)

    @precondition(
        lambda self: self.facts.assessed_on is not None and self.facts.draft_shared_on is None
    )
    @rule()
    def share_draft(self) -> None:
        self.record(draft_shared_on=self.today)

    @precondition(
        lambda self: (
            self.facts.draft_shared_on is not None and self.facts.report_released_on is None
        )
    )
    @rule()
    def release(self) -> None:
        self.record(report_released_on=self.today)

    @precondition(lambda self: self.facts.report_released_on is not None)
    @rule(name=st.sampled_from(["progress_report_1_on", "progress_report_2_on"]))
    def report_progress(self, name: str) -> None:
        if getattr(self.facts, name) is None:
            self.record(**{name: self.today})

    @rule(
        key=st.sampled_from([ClockKey.REPORT, ClockKey.PROGRESS_REPORT_1]),
        ahead=st.integers(1, 40),
        pause=st.booleans(),
    )
    def drift(self, key: ClockKey, ahead: int, pause: bool) -> None:
        if key in self.done:
            return  # a finished clock takes no drift
        new_due_on = None if pause else self.today + timedelta(days=ahead)
        slip = Drift(
            key,
            DriftReason.FACTORY_REQUEST,
            self.today,
            new_due_on=new_due_on,
            is_paused=pause,
        )
        self.record(drifts=(*self.facts.drifts, slip))

    @precondition(lambda self: self.facts.report_released_on is not None)
    @rule()
    def reregister(self) -> None:
        if self.facts.reregistered_on is None:
            self.record(reregistered_on=self.today)

    @precondition(lambda self: self.facts.report_released_on is not None)
    @rule()
    def leave(self) -> None:
        if self.facts.closed_on is None:
            self.record(closed_on=self.today)

    @invariant()
    def facts_stay_in_order(self) -> None:
        assert order_problems(self.facts) == ()

    @invariant()
    def phase_never_goes_back(self) -> None:
        answer = phase(self.facts, DEFAULTS, self.today)
        assert answer.because
        self.phases.append(answer.phase)
        assert all(a.rank <= b.rank for a, b in pairwise(self.phases))

    @invariant()
    def clocks_tell_the_truth(self) -> None:
        for found in clocks(self.facts, DEFAULTS, self.today, is_working_day=bangladesh_week):
            assert found.because
            if found.started_on is not None and found.due_on is not None:
                assert found.due_on >= found.started_on
            if found.state is ClockState.LATE:
                assert found.due_on is not None
                assert self.today > found.due_on
            if found.state is ClockState.DONE:
                assert found.done_on is not None
                expected = found.due_on is not None and found.done_on > found.due_on
                # Set once, on the day it was done, and the same for ever after.
                assert self.done.setdefault(found.key, expected) == found.was_late == expected

    @invariant()
    def actions_belong_to_open_clocks(self) -> None:
        actions = next_actions(self.facts, DEFAULTS, self.today, is_working_day=bangladesh_week)
        opened = {
            c.key
            for c in clocks(self.facts, DEFAULTS, self.today, is_working_day=bangladesh_week)
            if c.is_open
        }
        assert {action.clock for action in actions} == opened


TestCycleMachine = CycleMachine.TestCase
TestCycleMachine.settings = settings(max_examples=40, stateful_step_count=25)


def test_last_day() -> None:
    assert last_day(CycleFacts(1, date(2024, 2, 29)), DEFAULTS) == date(2025, 2, 27)
