"""The assessment's state machine: the table, every refusal, and random people at work."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from assessments.rules.lifecycle import (
    EDITABLE,
    FINAL,
    TRANSITIONS,
    Actor,
    AssessmentFacts,
    AssessmentSettings,
    Move,
    Position,
    RefusalCode,
    Status,
    acts_next,
    available_moves,
    edit_refusals,
    next_state,
    open_moves,
    refusals,
    sign,
    sign_refusals,
    signatures_after_edit,
)
from betterwork.errors import NotAllowed

DAY = date(2026, 5, 5)
LEAD = Actor(Position.LEAD, "lead")
MEMBER = Actor(Position.MEMBER, "member")
REVIEWER = Actor(Position.REVIEWER, "reviewer")
PLANNER = Actor(Position.PLANNER, "planner")
SYSTEM = Actor(Position.SYSTEM)

PLANNED = AssessmentFacts(
    status=Status.PLANNED,
    today=DAY,
    planned_on=DAY,
    team=frozenset({"lead", "member"}),
    leads=frozenset({"lead"}),
)


def at(status: Status, **facts: Any) -> AssessmentFacts:
    return replace(PLANNED, status=status, **facts)


SIGNED = at(Status.IN_PROGRESS, signatures=frozenset({"lead", "member"}))
DRAFT = at(Status.FACTORY_REVIEW, reviewer="reviewer", comments_until=DAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("facts", "move", "actor", "target"),
    [
        (PLANNED, Move.CHECK_IN, LEAD, Status.IN_PROGRESS),
        (PLANNED, Move.CHECK_IN, MEMBER, Status.IN_PROGRESS),
        (SIGNED, Move.SUBMIT, LEAD, Status.SUBMITTED),
        (replace(SIGNED, status=Status.RETURNED), Move.SUBMIT, MEMBER, Status.SUBMITTED),
        (at(Status.SUBMITTED), Move.START_REVIEW, REVIEWER, Status.QUALITY_REVIEW),
        (
            at(Status.QUALITY_REVIEW, open_remarks=1),
            Move.RETURN_TO_TEAM,
            REVIEWER,
            Status.RETURNED,
        ),
        (at(Status.QUALITY_REVIEW), Move.SHARE_DRAFT, REVIEWER, Status.FACTORY_REVIEW),
        (replace(DRAFT, reason="x"), Move.TAKE_BACK, REVIEWER, Status.QUALITY_REVIEW),
        (DRAFT, Move.RELEASE, REVIEWER, Status.RELEASED),
        (at(Status.PLANNED, reason="force_majeure"), Move.POSTPONE, PLANNER, Status.POSTPONED),
        (at(Status.IN_PROGRESS, reason="security"), Move.POSTPONE, LEAD, Status.POSTPONED),
        (at(Status.PLANNED, reason="gate"), Move.RECORD_REFUSAL, LEAD, Status.ACCESS_REFUSED),
        (at(Status.POSTPONED), Move.REPLAN, PLANNER, Status.PLANNED),
        (at(Status.POSTPONED), Move.REPLAN, SYSTEM, Status.PLANNED),
        (at(Status.PLANNED, reason="left"), Move.CANCEL, SYSTEM, Status.CANCELLED),
    ],
)
def test_allowed(facts: AssessmentFacts, move: Move, actor: Actor, target: Status) -> None:
    assert refusals(facts, move, actor) == ()
    assert next_state(facts, move, actor) is target
    assert move in available_moves(facts, actor)
    assert move in open_moves(facts, actor)


def codes(facts: AssessmentFacts, move: Move, actor: Actor) -> set[RefusalCode]:
    return {refusal.code for refusal in refusals(facts, move, actor)}


@pytest.mark.parametrize(
    ("facts", "move", "actor", "code"),
    [
        (PLANNED, Move.SUBMIT, LEAD, RefusalCode.WRONG_STATUS),
        (at(Status.RELEASED), Move.RELEASE, REVIEWER, RefusalCode.ALREADY_RELEASED),
        (PLANNED, Move.CHECK_IN, PLANNER, RefusalCode.NOT_YOUR_TASK),
        (at(Status.ACCESS_REFUSED), Move.REPLAN, PLANNER, RefusalCode.WRONG_STATUS),
        (PLANNED, Move.CHECK_IN, Actor(Position.MEMBER, "x"), RefusalCode.NOT_ON_TEAM),
        (PLANNED, Move.CHECK_IN, Actor(Position.LEAD, "member"), RefusalCode.NOT_THE_LEAD),
        (
            replace(PLANNED, team=frozenset({"lead"})),
            Move.CHECK_IN,
            LEAD,
            RefusalCode.TEAM_INCOMPLETE,
        ),
        (replace(PLANNED, leads=frozenset()), Move.CHECK_IN, MEMBER, RefusalCode.NO_LEAD),
        (
            replace(PLANNED, leads=frozenset({"lead", "member"})),
            Move.CHECK_IN,
            LEAD,
            RefusalCode.SEVERAL_LEADS,
        ),
        (
            replace(PLANNED, today=DAY - timedelta(days=1)),
            Move.CHECK_IN,
            LEAD,
            RefusalCode.CHECK_IN_TOO_EARLY,
        ),
        (replace(PLANNED, planned_on=None), Move.CHECK_IN, LEAD, RefusalCode.DATE_MISSING),
        (replace(SIGNED, unanswered=3), Move.SUBMIT, LEAD, RefusalCode.UNANSWERED_QUESTIONS),
        (replace(SIGNED, invalid_values=1), Move.SUBMIT, LEAD, RefusalCode.INVALID_VALUES),
        (
            replace(SIGNED, findings_without_text=1),
            Move.SUBMIT,
            LEAD,
            RefusalCode.FINDINGS_WITHOUT_TEXT,
        ),
        (
            replace(SIGNED, findings_short_of_sources=1),
            Move.SUBMIT,
            LEAD,
            RefusalCode.FINDINGS_NEED_TWO_SOURCES,
        ),
        (replace(SIGNED, open_conflicts=1), Move.SUBMIT, LEAD, RefusalCode.OPEN_CONFLICTS),
        (
            replace(SIGNED, unanswered_remarks=1),
            Move.SUBMIT,
            LEAD,
            RefusalCode.REMARKS_UNANSWERED,
        ),
        (replace(SIGNED, signatures=frozenset({"lead"})), Move.SUBMIT, LEAD, RefusalCode.UNSIGNED),
        (
            at(Status.SUBMITTED),
            Move.START_REVIEW,
            Actor(Position.REVIEWER, "member"),
            RefusalCode.SAME_REVIEWER_AS_TEAM,
        ),
        (
            at(Status.QUALITY_REVIEW, reviewer="another"),
            Move.SHARE_DRAFT,
            REVIEWER,
            RefusalCode.NOT_THE_REVIEWER,
        ),
        (at(Status.QUALITY_REVIEW), Move.RETURN_TO_TEAM, REVIEWER, RefusalCode.NO_REMARKS),
        (
            at(Status.QUALITY_REVIEW, open_remarks=2),
            Move.SHARE_DRAFT,
            REVIEWER,
            RefusalCode.REMARKS_OPEN,
        ),
        (
            replace(DRAFT, comments_until=None),
            Move.RELEASE,
            REVIEWER,
            RefusalCode.COMMENT_PERIOD_MISSING,
        ),
        (
            replace(DRAFT, comments_until=DAY),
            Move.RELEASE,
            REVIEWER,
            RefusalCode.COMMENT_PERIOD_RUNNING,
        ),
        (
            replace(DRAFT, unanswered_comments=1),
            Move.RELEASE,
            REVIEWER,
            RefusalCode.COMMENTS_UNANSWERED,
        ),
        (
            at(Status.RETURNED, reason="gate"),
            Move.RECORD_REFUSAL,
            LEAD,
            RefusalCode.WRONG_STATUS,
        ),
        (at(Status.PLANNED), Move.CANCEL, PLANNER, RefusalCode.REASON_MISSING),
        (at(Status.PLANNED, reason="rain"), Move.POSTPONE, PLANNER, RefusalCode.REASON_UNKNOWN),
    ],
)
def test_refused_for_this_reason_alone(
    facts: AssessmentFacts, move: Move, actor: Actor, code: RefusalCode
) -> None:
    found = codes(facts, move, actor)
    # A wrong status may bring other unmet guards with it; any other case has its one reason.
    assert code in found if code is RefusalCode.WRONG_STATUS else found - {code} <= _also(code)
    assert code in found
    with pytest.raises(NotAllowed) as caught:
        next_state(facts, move, actor)
    assert code in {refusal.code for refusal in caught.value.facts["refusals"]}
    assert move not in available_moves(facts, actor)


def _also(code: RefusalCode) -> set[RefusalCode]:
    """A released report has no open comment period either."""
    if code is RefusalCode.ALREADY_RELEASED:
        return {RefusalCode.COMMENT_PERIOD_MISSING}
    return set()


def test_every_refusal_code_can_occur() -> None:
    cases = test_refused_for_this_reason_alone.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {case[3] for case in cases} == set(RefusalCode) - {RefusalCode.ALREADY_SIGNED}


def test_all_reasons_come_at_once_with_their_facts() -> None:
    facts = at(Status.IN_PROGRESS, unanswered=12, findings_without_text=2)
    found = {r.code: dict(r.facts) for r in refusals(facts, Move.SUBMIT, LEAD)}
    assert found == {
        RefusalCode.UNANSWERED_QUESTIONS: {"count": 12},
        RefusalCode.FINDINGS_WITHOUT_TEXT: {"count": 2},
        RefusalCode.UNSIGNED: {"users": ("lead", "member")},
    }


def test_factory_may_end_the_comment_period_early() -> None:
    facts = replace(DRAFT, comments_until=DAY + timedelta(days=3), has_factory_finished=True)
    assert next_state(facts, Move.RELEASE, REVIEWER) is Status.RELEASED


def test_check_in_before_the_day_needs_a_reason() -> None:
    early = replace(PLANNED, today=DAY - timedelta(days=1))
    assert codes(early, Move.CHECK_IN, LEAD) == {RefusalCode.CHECK_IN_TOO_EARLY}
    assert codes(replace(early, reason="Strike called for tomorrow"), Move.CHECK_IN, LEAD) == set()


def test_another_reviewer_off_the_team_may_release() -> None:
    assert refusals(DRAFT, Move.RELEASE, Actor(Position.REVIEWER, "second")) == ()
    assert codes(DRAFT, Move.RELEASE, Actor(Position.REVIEWER, "lead")) == {
        RefusalCode.SAME_REVIEWER_AS_TEAM
    }


def test_a_report_goes_out_by_itself_only_where_the_programme_chose_so() -> None:
    assert codes(DRAFT, Move.RELEASE, SYSTEM) == {RefusalCode.NOT_YOUR_TASK}
    chosen = AssessmentSettings(releases_by_itself=True)
    assert refusals(DRAFT, Move.RELEASE, SYSTEM, chosen) == ()


def test_team_size_is_a_setting() -> None:
    facts = replace(PLANNED, team=frozenset({"lead"}))
    assert refusals(facts, Move.CHECK_IN, LEAD, AssessmentSettings(min_team=1)) == ()


@pytest.mark.parametrize("status", list(Status))
def test_final_states_have_no_way_out_and_others_have_one(status: Status) -> None:
    ways = [row for row in TRANSITIONS.values() if status in row.sources]
    assert bool(ways) is (status not in FINAL)
    assert bool(acts_next(status)) is (status not in FINAL)


@pytest.mark.parametrize("status", list(Status))
def test_only_the_team_edits_and_only_while_it_has_the_assessment(status: Status) -> None:
    facts = at(status)
    assert (edit_refusals(facts, LEAD) == ()) is (status in EDITABLE)
    assert edit_refusals(facts, REVIEWER) != ()
    assert edit_refusals(facts, Actor(Position.MEMBER, "stranger")) != ()


def test_signing() -> None:
    facts = at(Status.IN_PROGRESS)
    one = sign(facts, LEAD)
    assert one == {"lead"}
    with pytest.raises(NotAllowed, match="signature_refused"):
        sign(replace(facts, signatures=one), LEAD)
    assert sign(replace(facts, signatures=one), MEMBER) == {"lead", "member"}
    found = {r.code for r in sign_refusals(replace(facts, unanswered=1), LEAD)}
    assert found == {RefusalCode.UNANSWERED_QUESTIONS}
    signed = replace(facts, signatures=one)
    assert [r.code for r in sign_refusals(signed, LEAD)] == [RefusalCode.ALREADY_SIGNED]
    assert signatures_after_edit(signed) == frozenset()


ACTORS = [
    LEAD,
    MEMBER,
    REVIEWER,
    PLANNER,
    SYSTEM,
    Actor(Position.REVIEWER, "lead"),
    Actor(Position.MEMBER, "stranger"),
]


class AssessmentMachine(RuleBasedStateMachine):
    """Anyone tries anything in any order; the stored facts change only as the rules allow."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = at(Status.PLANNED, planned_on=DAY + timedelta(days=2), unanswered=2)
        self.trail = [Status.PLANNED]
        self.came_early = False

    def change(self, **facts: Any) -> None:
        self.facts = replace(self.facts, **facts)

    @rule(count=st.integers(1, 5))
    def time_passes(self, count: int) -> None:
        self.change(today=self.facts.today + timedelta(days=count))

    @rule(actor=st.sampled_from(ACTORS))
    def answer(self, actor: Actor) -> None:
        if edit_refusals(self.facts, actor):
            return
        signatures = signatures_after_edit(self.facts)
        self.change(
            unanswered=max(0, self.facts.unanswered - 1),
            unanswered_remarks=0,
            signatures=signatures,
        )

    @rule(actor=st.sampled_from(ACTORS))
    def sign(self, actor: Actor) -> None:
        if not sign_refusals(self.facts, actor):
            self.change(signatures=sign(self.facts, actor))

    @rule(actor=st.sampled_from([LEAD, MEMBER]))
    def finish(self, actor: Actor) -> None:
        """The team does its whole work in one go, so that late states are reached often."""
        if self.facts.status in EDITABLE:
            while self.facts.unanswered or self.facts.unanswered_remarks:
                self.answer(actor)
            for each in (LEAD, MEMBER):
                self.sign(each)

    @rule(count=st.integers(0, 2))
    def remark(self, count: int) -> None:
        if self.facts.status is Status.QUALITY_REVIEW:
            self.change(open_remarks=count)

    @rule(actor=st.sampled_from(ACTORS), move=st.sampled_from(list(Move)), reason=st.booleans())
    def attempt(self, actor: Actor, move: Move, reason: bool) -> None:
        self.change(reason="force_majeure" if reason else "")
        against = refusals(self.facts, move, actor)
        if against:
            with pytest.raises(NotAllowed):
                next_state(self.facts, move, actor)
            return
        before, target = self.facts.status, next_state(self.facts, move, actor)
        assert before in TRANSITIONS[move].sources
        if target is Status.SUBMITTED:
            assert self.facts.signatures == self.facts.team
            assert self.facts.unanswered == 0
        if move is Move.CHECK_IN:
            self.came_early = reason
        if move is Move.START_REVIEW:
            self.change(reviewer=actor.user_id)
        if move is Move.RETURN_TO_TEAM:
            remarks = self.facts.open_remarks
            self.change(unanswered_remarks=remarks, signatures=frozenset())
        if target is Status.FACTORY_REVIEW:
            self.change(comments_until=self.facts.today + timedelta(days=7))
        self.change(status=target)
        self.trail.append(target)

    @invariant()
    def released_went_all_the_way(self) -> None:
        if self.facts.status is Status.RELEASED:
            for step in (
                Status.IN_PROGRESS,
                Status.SUBMITTED,
                Status.QUALITY_REVIEW,
                Status.FACTORY_REVIEW,
            ):
                assert step in self.trail
            assert self.facts.signatures == self.facts.team
            assert self.facts.comments_until is not None
            assert self.facts.today > self.facts.comments_until

    @invariant()
    def nothing_follows_a_final_state(self) -> None:
        assert not FINAL & set(self.trail[:-1])

    @invariant()
    def reviewer_is_never_on_the_team(self) -> None:
        assert self.facts.reviewer not in self.facts.team

    @invariant()
    def inside_before_the_day_only_with_a_reason(self) -> None:
        planned_on = self.facts.planned_on
        assert planned_on is not None
        if self.facts.today < planned_on and not self.came_early:
            assert set(self.trail) <= {Status.PLANNED, Status.POSTPONED, Status.CANCELLED}


TestAssessmentMachine = AssessmentMachine.TestCase
TestAssessmentMachine.settings = settings(max_examples=60, stateful_step_count=40)
