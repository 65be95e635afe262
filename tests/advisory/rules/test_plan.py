"""Plan items and progress: who may do what, and new findings never touching older progress."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from advisory.rules.plan import (
    Act,
    Event,
    ItemState,
    PlanSettings,
    Position,
    RefusalCode,
    Side,
    Status,
    apply_event,
    item_refusals,
    item_state,
)
from advisory.rules.progress import (
    Origin,
    PlanItem,
    Priority,
    Provenance,
    due_date,
    is_late,
    progress_by_batch,
    progress_by_origin,
)
from betterwork.errors import DomainError, NotAllowed

DAY = date(2026, 6, 1)


def event(act: Act, position: Position, user: str | None = None, reason: str = "") -> Event:
    return Event(act, position, DAY, user or str(position), reason)


START = event(Act.START, Position.AMBASSADOR)
DONE = event(Act.REPORT_DONE, Position.AMBASSADOR)
WORKER_YES = event(Act.CONFIRM, Position.WORKER_MEMBER)
MANAGER_YES = event(Act.CONFIRM, Position.MANAGEMENT_MEMBER)
WORKER_NOT_YET = event(Act.NOT_YET, Position.WORKER_MEMBER, reason="One exit is still locked")
VERIFY = event(Act.VERIFY, Position.ADVISOR)
RETURN = event(Act.RETURN, Position.ADVISOR, reason="The photo shows another line")
REOPEN = event(Act.REOPEN, Position.ASSESSMENT, reason="Seen again")
FOUND_FIXED = event(Act.VERIFY, Position.ASSESSMENT)
COMPLETED = (DONE, WORKER_YES, MANAGER_YES)


@pytest.mark.parametrize(
    ("events", "status", "verified", "waiting"),
    [
        ((), Status.PENDING, False, (Position.AMBASSADOR,)),
        ((START,), Status.IN_PROGRESS, False, (Position.AMBASSADOR,)),
        (
            (DONE,),
            Status.IN_PROGRESS,
            False,
            (Position.WORKER_MEMBER, Position.MANAGEMENT_MEMBER),
        ),
        ((DONE, WORKER_YES), Status.IN_PROGRESS, False, (Position.MANAGEMENT_MEMBER,)),
        (COMPLETED, Status.COMPLETED, False, (Position.ADVISOR,)),
        ((*COMPLETED, VERIFY), Status.COMPLETED, True, ()),
        ((DONE, MANAGER_YES, WORKER_NOT_YET), Status.IN_PROGRESS, False, (Position.AMBASSADOR,)),
        ((*COMPLETED, RETURN), Status.IN_PROGRESS, False, (Position.AMBASSADOR,)),
        ((*COMPLETED, VERIFY, REOPEN), Status.IN_PROGRESS, False, (Position.AMBASSADOR,)),
        ((*COMPLETED, REOPEN), Status.IN_PROGRESS, False, (Position.AMBASSADOR,)),
        ((*COMPLETED, FOUND_FIXED), Status.COMPLETED, True, ()),
        ((*COMPLETED, RETURN, *COMPLETED), Status.COMPLETED, False, (Position.ADVISOR,)),
    ],
)
def test_history(
    events: tuple[Event, ...], status: Status, verified: bool, waiting: tuple[Position, ...]
) -> None:
    state = ItemState()
    for each in events:
        state = apply_event(state, each)
    assert (state.status, state.is_verified, state.waiting_for) == (status, verified, waiting)
    assert item_state(events) == state
    assert len(state.because) == len(events)


@pytest.mark.parametrize(
    ("events", "attempt", "code"),
    [
        ((), WORKER_YES, RefusalCode.NOT_REPORTED),
        ((), WORKER_NOT_YET, RefusalCode.NOT_REPORTED),
        ((START,), START, RefusalCode.ALREADY_STARTED),
        ((DONE,), DONE, RefusalCode.ALREADY_REPORTED),
        ((DONE, WORKER_YES), WORKER_YES, RefusalCode.SIDE_CONFIRMED),
        (
            (DONE, event(Act.CONFIRM, Position.WORKER_MEMBER, "same")),
            event(Act.CONFIRM, Position.MANAGEMENT_MEMBER, "same"),
            RefusalCode.SAME_PERSON_BOTH_SIDES,
        ),
        (COMPLETED, WORKER_NOT_YET, RefusalCode.ALREADY_COMPLETED),
        ((DONE,), replace(WORKER_NOT_YET, reason=" "), RefusalCode.REASON_MISSING),
        ((DONE,), VERIFY, RefusalCode.NOT_COMPLETED),
        ((DONE,), RETURN, RefusalCode.NOT_COMPLETED),
        ((), FOUND_FIXED, RefusalCode.NOT_COMPLETED),
        ((*COMPLETED, VERIFY), RETURN, RefusalCode.ALREADY_VERIFIED),
        ((*COMPLETED, VERIFY), VERIFY, RefusalCode.ALREADY_VERIFIED),
        (
            COMPLETED,
            event(Act.REOPEN, Position.ADVISOR, reason="x"),
            RefusalCode.NOT_VERIFIED,
        ),
        ((DONE,), event(Act.CONFIRM, Position.AMBASSADOR), RefusalCode.NOT_YOUR_TASK),
        ((), event(Act.REPORT_DONE, Position.ADVISOR), RefusalCode.NOT_YOUR_TASK),
        (COMPLETED, event(Act.VERIFY, Position.AMBASSADOR), RefusalCode.NOT_YOUR_TASK),
    ],
)
def test_refused(events: tuple[Event, ...], attempt: Event, code: RefusalCode) -> None:
    state = item_state(events)
    assert [refusal.code for refusal in item_refusals(state, attempt)] == [code]
    with pytest.raises(NotAllowed, match="act_refused"):
        apply_event(state, attempt)


def test_evidence_can_be_demanded() -> None:
    conf = PlanSettings(needs_evidence=True)
    found = item_refusals(ItemState(), DONE, settings=conf)
    assert [refusal.code for refusal in found] == [RefusalCode.EVIDENCE_MISSING]
    assert item_refusals(ItemState(), DONE, evidence_count=1, settings=conf) == ()


def test_the_reason_stays_until_it_is_reported_again() -> None:
    state = item_state((DONE, WORKER_NOT_YET))
    assert state.last_reason == "One exit is still locked"
    assert apply_event(state, DONE).last_reason == ""
    assert state.missing_sides == (Side.WORKER, Side.MANAGEMENT)


class ItemMachine(RuleBasedStateMachine):
    """Everybody tries everything; a completed item has always gone the whole way."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ItemState()
        self.events: list[Event] = []

    @rule(
        act=st.sampled_from(list(Act)),
        position=st.sampled_from(list(Position)),
        user=st.sampled_from(["p", "q"]),
        reason=st.sampled_from(["", "because"]),
    )
    def attempt(self, act: Act, position: Position, user: str, reason: str) -> None:
        each = Event(act, position, DAY, user, reason)
        if item_refusals(self.state, each):
            with pytest.raises(NotAllowed):
                apply_event(self.state, each)
            return
        self.state = apply_event(self.state, each)
        self.events.append(each)

    @invariant()
    def completed_means_both_sides_and_two_people(self) -> None:
        if self.state.status is Status.COMPLETED:
            assert self.state.is_reported
            assert {side for side, _ in self.state.confirmed} == set(Side)
            assert len({user for _, user in self.state.confirmed}) == 2
            assert self.state.completed_on is not None

    @invariant()
    def verified_is_always_completed(self) -> None:
        assert not self.state.is_verified or self.state.status is Status.COMPLETED

    @invariant()
    def history_gives_the_same_state(self) -> None:
        assert item_state(self.events) == self.state

    @invariant()
    def somebody_must_act_unless_verified(self) -> None:
        assert bool(self.state.waiting_for) is not self.state.is_verified


TestItemMachine = ItemMachine.TestCase
TestItemMachine.settings = settings(max_examples=60, stateful_step_count=40)

FIRST = Provenance(Origin.ASSESSMENT, "a1", date(2025, 5, 1))
SECOND = Provenance(Origin.ASSESSMENT, "a2", date(2026, 5, 1))
SELF = Provenance(Origin.SELF_DIAGNOSIS, "s1", date(2025, 3, 1))


def test_progress_is_shown_per_batch_oldest_first() -> None:
    items = [
        PlanItem("1", (FIRST,), item_state(COMPLETED)),
        PlanItem("2", (FIRST, SELF), item_state((*COMPLETED, VERIFY))),
        PlanItem("3", (FIRST,), item_state((START,)), due_on=DAY - timedelta(days=1)),
        PlanItem("4", (SECOND,), ItemState(), due_on=DAY),
    ]
    rows = progress_by_batch(items, DAY)
    assert [(r.batch, r.total, r.pending, r.in_progress, r.completed, r.verified, r.late)
            for r in rows] == [
        ("s1", 1, 0, 0, 1, 1, 0),
        ("a1", 3, 0, 1, 2, 1, 1),
        ("a2", 1, 1, 0, 0, 0, 0),
    ]  # fmt: skip
    assert rows[1].completed_share == Fraction(2, 3)
    assert rows[1].verified_share == Fraction(1, 3)
    by_origin = progress_by_origin(items, DAY)
    assert [(r.origin, r.total) for r in by_origin] == [
        (Origin.SELF_DIAGNOSIS, 1),
        (Origin.ASSESSMENT, 4),
    ]


states = st.sampled_from(
    [item_state(e) for e in ((), (START,), (DONE,), COMPLETED, (*COMPLETED, VERIFY))]
)
provenances = st.sampled_from([FIRST, SECOND, SELF])
plan_items = st.lists(
    st.builds(
        PlanItem,
        ref=st.uuids().map(str),
        provenances=st.lists(provenances, min_size=1, max_size=3, unique=True).map(tuple),
        state=states,
        due_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    ),
    max_size=12,
)


@given(plan_items, st.lists(states, min_size=1, max_size=5))
def test_new_findings_never_change_progress_shown_for_older_ones(
    items: list[PlanItem], found: list[ItemState]
) -> None:
    before = progress_by_batch(items, DAY)
    fresh = Provenance(Origin.ASSESSMENT, "a3", date(2026, 5, 20))
    added = [PlanItem(f"new{i}", (fresh,), state) for i, state in enumerate(found)]
    after = progress_by_batch([*items, *added], DAY)
    assert [r for r in after if r.batch != "a3"] == before


@given(plan_items)
def test_the_three_statuses_add_up(items: list[PlanItem]) -> None:
    for r in [*progress_by_batch(items, DAY), *progress_by_origin(items, DAY)]:
        assert r.pending + r.in_progress + r.completed == r.total > 0
        assert r.verified <= r.total


def test_late_is_open_and_past_due() -> None:
    item = PlanItem("1", (FIRST,), ItemState(), due_on=DAY)
    assert not is_late(item, DAY)
    assert is_late(item, DAY + timedelta(days=1))
    done = replace(item, state=item_state(COMPLETED))
    assert not is_late(done, DAY + timedelta(days=1))
    assert not is_late(replace(item, due_on=None), DAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        (Priority.URGENT, date(2026, 6, 15)),
        (Priority.PUBLIC, date(2026, 8, 1)),  # 31 July is a Friday, the rest day
        (Priority.NORMAL, date(2026, 8, 30)),
    ],
)
def test_due_date(priority: Priority, expected: date) -> None:
    found = due_date(DAY, priority, PlanSettings(), is_working_day=lambda day: day.weekday() != 4)
    assert found.due_on == expected
    moved = [b for b in found.because if b.fact == "moved_from"]
    assert bool(moved) is (priority is Priority.PUBLIC)


def test_due_date_refuses_a_calendar_without_work() -> None:
    with pytest.raises(DomainError, match="no_working_day"):
        due_date(DAY, Priority.NORMAL, PlanSettings(), is_working_day=lambda day: False)
