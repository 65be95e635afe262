"""The state machine of an assessment: who may move it where, and every reason for a refusal.

One table says what is possible; services, pages and the API all ask `refusals`. Source:
docs/domain/rules/assessment.md, rules A-1 to A-8.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from betterwork.errors import NotAllowed
from betterwork.rules.settings import ProgrammeSettings, setting


class Status(StrEnum):
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    QUALITY_REVIEW = "quality_review"
    RETURNED = "returned"  # in progress again, the visit itself being over
    FACTORY_REVIEW = "factory_review"
    RELEASED = "released"
    POSTPONED = "postponed"
    ACCESS_REFUSED = "access_refused"
    CANCELLED = "cancelled"


FINAL = frozenset({Status.RELEASED, Status.CANCELLED})
EDITABLE = frozenset({Status.IN_PROGRESS, Status.RETURNED})


class Position(StrEnum):
    """What the actor is to this assessment."""

    LEAD = "lead"
    MEMBER = "member"
    REVIEWER = "reviewer"
    PLANNER = "planner"
    SYSTEM = "system"


TEAM = frozenset({Position.LEAD, Position.MEMBER})


class Move(StrEnum):
    CHECK_IN = "check_in"
    SUBMIT = "submit"
    START_REVIEW = "start_review"
    RETURN_TO_TEAM = "return_to_team"
    SHARE_DRAFT = "share_draft"
    TAKE_BACK = "take_back"
    RELEASE = "release"
    POSTPONE = "postpone"
    RECORD_REFUSAL = "record_refusal"
    REPLAN = "replan"
    CANCEL = "cancel"


class RefusalCode(StrEnum):
    WRONG_STATUS = "wrong_status"
    ALREADY_RELEASED = "already_released"
    NOT_YOUR_TASK = "not_your_task"
    NOT_ON_TEAM = "not_on_team"
    NOT_THE_LEAD = "not_the_lead"
    NOT_THE_REVIEWER = "not_the_reviewer"
    TEAM_INCOMPLETE = "team_incomplete"
    NO_LEAD = "no_lead"
    SEVERAL_LEADS = "several_leads"
    CHECK_IN_TOO_EARLY = "check_in_too_early"
    DATE_MISSING = "date_missing"
    UNANSWERED_QUESTIONS = "unanswered_questions"
    INVALID_VALUES = "invalid_values"
    FINDINGS_WITHOUT_TEXT = "findings_without_text"
    FINDINGS_NEED_TWO_SOURCES = "findings_need_two_sources"
    OPEN_CONFLICTS = "open_conflicts"
    UNSIGNED = "unsigned"
    ALREADY_SIGNED = "already_signed"
    REMARKS_UNANSWERED = "remarks_unanswered"
    SAME_REVIEWER_AS_TEAM = "same_reviewer_as_team"
    NO_REMARKS = "no_remarks"
    REMARKS_OPEN = "remarks_open"
    COMMENT_PERIOD_MISSING = "comment_period_missing"
    COMMENT_PERIOD_RUNNING = "comment_period_running"
    COMMENTS_UNANSWERED = "comments_unanswered"
    REASON_MISSING = "reason_missing"
    REASON_UNKNOWN = "reason_unknown"


class PostponeReason(StrEnum):
    FORCE_MAJEURE = "force_majeure"
    STAFF_ABSENCE = "staff_absence"
    FACTORY_CLOSED = "factory_closed"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class AssessmentSettings(ProgrammeSettings):
    min_team: int = setting(2, unit="assessors", source="WM", mark="S", lowest=1, highest=6)
    releases_by_itself: bool = setting(False, unit="yes or no", source="-", mark="G")
    reminder_days: int = setting(2, unit="days", source="-", mark="G", lowest=0, highest=30)


@dataclass(frozen=True, slots=True)
class Actor:
    """user_id is None for the system only."""

    position: Position
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """What the machine needs to know. Counts come from the stored answers and remarks.

    team: user ids of all assessors, leads included. open_remarks: the reviewer's remarks not
    settled by the reviewer; unanswered_remarks: those the team has not answered. comments_until:
    last day of the factory's comment period. unanswered_comments: the factory's comments without
    a reply. reason: given with a postponement, refusal or cancellation.
    """

    status: Status
    today: date
    planned_on: date | None = None
    team: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()
    reviewer: str | None = None
    signatures: frozenset[str] = frozenset()
    unanswered: int = 0
    invalid_values: int = 0
    findings_without_text: int = 0
    findings_short_of_sources: int = 0
    open_conflicts: int = 0
    open_remarks: int = 0
    unanswered_remarks: int = 0
    comments_until: date | None = None
    has_factory_finished: bool = False
    unanswered_comments: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    code: RefusalCode
    facts: tuple[tuple[str, Any], ...] = ()


_Guard = Callable[[AssessmentFacts, Actor, AssessmentSettings], list[Refusal]]


def _refusal(code: RefusalCode, **facts: Any) -> Refusal:
    return Refusal(code, tuple(facts.items()))


def _team(facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings) -> list[Refusal]:
    found = []
    if len(facts.team) < settings.min_team:
        found.append(
            _refusal(
                RefusalCode.TEAM_INCOMPLETE, assessors=len(facts.team), needed=settings.min_team
            )
        )
    leads = len(facts.leads & facts.team)
    if leads == 0:
        found.append(_refusal(RefusalCode.NO_LEAD))
    elif leads > 1:
        found.append(_refusal(RefusalCode.SEVERAL_LEADS, leads=leads))
    return found


def _on_the_day(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    if facts.planned_on is None:
        return [_refusal(RefusalCode.DATE_MISSING)]
    if facts.today < facts.planned_on:
        return [_refusal(RefusalCode.CHECK_IN_TOO_EARLY, planned_on=facts.planned_on)]
    return []


def _on_the_day_or_reasoned(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    """Before the day only with a reason, which stays in the record of steps."""
    if facts.planned_on is not None and facts.reason.strip():
        return []
    return _on_the_day(facts, actor, settings)


def _date_set(facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings) -> list[Refusal]:
    return [] if facts.planned_on is not None else [_refusal(RefusalCode.DATE_MISSING)]


def _complete(facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings) -> list[Refusal]:
    counts = (
        (RefusalCode.UNANSWERED_QUESTIONS, facts.unanswered),
        (RefusalCode.INVALID_VALUES, facts.invalid_values),
        (RefusalCode.FINDINGS_WITHOUT_TEXT, facts.findings_without_text),
        (RefusalCode.FINDINGS_NEED_TWO_SOURCES, facts.findings_short_of_sources),
        (RefusalCode.OPEN_CONFLICTS, facts.open_conflicts),
        (RefusalCode.REMARKS_UNANSWERED, facts.unanswered_remarks),
    )
    return [_refusal(code, count=count) for code, count in counts if count]


def _signed(facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings) -> list[Refusal]:
    missing = tuple(sorted(facts.team - facts.signatures))
    return [_refusal(RefusalCode.UNSIGNED, users=missing)] if missing else []


def _off_the_team(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    return [_refusal(RefusalCode.SAME_REVIEWER_AS_TEAM)] if actor.user_id in facts.team else []


def _by_itself_if_chosen(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    """A report goes out without a person only where the programme has chosen so."""
    if actor.position is not Position.SYSTEM or settings.releases_by_itself:
        return []
    return [_refusal(RefusalCode.NOT_YOUR_TASK, position=actor.position, needed=("reviewer",))]


def _independent(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    if off := _off_the_team(facts, actor, settings):
        return off
    if facts.reviewer is not None and actor.user_id != facts.reviewer:
        return [_refusal(RefusalCode.NOT_THE_REVIEWER, reviewer=facts.reviewer)]
    return []


def _remarks_made(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    return [] if facts.open_remarks else [_refusal(RefusalCode.NO_REMARKS)]


def _remarks_settled(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    if not facts.open_remarks:
        return []
    return [_refusal(RefusalCode.REMARKS_OPEN, count=facts.open_remarks)]


def _comments_over(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    found = []
    if facts.comments_until is None:
        found.append(_refusal(RefusalCode.COMMENT_PERIOD_MISSING))
    elif facts.today <= facts.comments_until and not facts.has_factory_finished:
        found.append(_refusal(RefusalCode.COMMENT_PERIOD_RUNNING, until=facts.comments_until))
    if facts.unanswered_comments:
        found.append(_refusal(RefusalCode.COMMENTS_UNANSWERED, count=facts.unanswered_comments))
    return found


def _reasoned(facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings) -> list[Refusal]:
    return [] if facts.reason.strip() else [_refusal(RefusalCode.REASON_MISSING)]


def _postpone_reason(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings
) -> list[Refusal]:
    if not facts.reason.strip():
        return [_refusal(RefusalCode.REASON_MISSING)]
    if facts.reason not in set(PostponeReason):
        return [_refusal(RefusalCode.REASON_UNKNOWN, reason=facts.reason)]
    return []


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: from any of `sources` to `target`, by any of `positions`."""

    move: Move
    sources: frozenset[Status]
    target: Status
    positions: frozenset[Position]
    guards: tuple[_Guard, ...]


def _row(
    move: Move,
    sources: set[Status],
    target: Status,
    positions: set[Position] | frozenset[Position],
    *guards: _Guard,
) -> Transition:
    return Transition(move, frozenset(sources), target, frozenset(positions), guards)


_REVIEWER = {Position.REVIEWER}

TRANSITIONS: dict[Move, Transition] = {
    row.move: row
    for row in (
        _row(
            Move.CHECK_IN,
            {Status.PLANNED},
            Status.IN_PROGRESS,
            TEAM,
            _team,
            _on_the_day_or_reasoned,
        ),
        _row(
            Move.SUBMIT,
            {Status.IN_PROGRESS, Status.RETURNED},
            Status.SUBMITTED,
            TEAM,
            _team,
            _complete,
            _signed,
        ),
        _row(Move.START_REVIEW, {Status.SUBMITTED}, Status.QUALITY_REVIEW, _REVIEWER, _independent),
        _row(
            Move.RETURN_TO_TEAM,
            {Status.QUALITY_REVIEW},
            Status.RETURNED,
            _REVIEWER,
            _independent,
            _remarks_made,
        ),
        _row(
            Move.SHARE_DRAFT,
            {Status.QUALITY_REVIEW},
            Status.FACTORY_REVIEW,
            _REVIEWER,
            _independent,
            _remarks_settled,
        ),
        _row(
            Move.TAKE_BACK,
            {Status.FACTORY_REVIEW},
            Status.QUALITY_REVIEW,
            _REVIEWER,
            _independent,
            _reasoned,
        ),
        _row(
            # Anybody off the team who may release, not only the one who reviewed; by itself where
            # the programme has chosen so.
            Move.RELEASE,
            {Status.FACTORY_REVIEW},
            Status.RELEASED,
            _REVIEWER | {Position.SYSTEM},
            _off_the_team,
            _by_itself_if_chosen,
            _remarks_settled,
            _comments_over,
        ),
        _row(
            Move.POSTPONE,
            {Status.PLANNED, Status.IN_PROGRESS},
            Status.POSTPONED,
            TEAM | {Position.PLANNER},
            _postpone_reason,
        ),
        _row(
            Move.RECORD_REFUSAL,
            {Status.PLANNED, Status.IN_PROGRESS},
            Status.ACCESS_REFUSED,
            TEAM,
            _on_the_day,
            _reasoned,
        ),
        _row(
            # A refused visit is known to the factory: the next attempt is another assessment.
            Move.REPLAN,
            {Status.POSTPONED},
            Status.PLANNED,
            {Position.PLANNER, Position.SYSTEM},
            _date_set,
            _team,
        ),
        _row(
            Move.CANCEL,
            {Status.PLANNED, Status.POSTPONED, Status.ACCESS_REFUSED},
            Status.CANCELLED,
            {Position.PLANNER, Position.SYSTEM},
            _reasoned,
        ),
    )
}

_DEFAULTS = AssessmentSettings()


def refusals(
    facts: AssessmentFacts, move: Move, actor: Actor, settings: AssessmentSettings = _DEFAULTS
) -> tuple[Refusal, ...]:
    """Every reason against the move, in a fixed order; empty when it is allowed."""
    row = TRANSITIONS[move]
    found = []
    if facts.status not in row.sources:
        if facts.status is Status.RELEASED:
            found.append(_refusal(RefusalCode.ALREADY_RELEASED))
        else:
            found.append(
                _refusal(
                    RefusalCode.WRONG_STATUS,
                    status=facts.status,
                    needed=tuple(sorted(status.value for status in row.sources)),
                )
            )
    found += _position_refusals(facts, row.positions, actor)
    for guard in row.guards:
        found += guard(facts, actor, settings)
    return tuple(found)


def _position_refusals(
    facts: AssessmentFacts, positions: frozenset[Position], actor: Actor
) -> list[Refusal]:
    found = []
    if actor.position not in positions:
        found.append(
            _refusal(
                RefusalCode.NOT_YOUR_TASK,
                position=actor.position,
                needed=tuple(sorted(position.value for position in positions)),
            )
        )
    # A claimed seat on the team must be a real one.
    if actor.position in TEAM and actor.user_id not in facts.team:
        found.append(_refusal(RefusalCode.NOT_ON_TEAM))
    elif actor.position is Position.LEAD and actor.user_id not in facts.leads:
        found.append(_refusal(RefusalCode.NOT_THE_LEAD))
    return found


def next_state(
    facts: AssessmentFacts, move: Move, actor: Actor, settings: AssessmentSettings = _DEFAULTS
) -> Status:
    """The status after the move. Raises: NotAllowed("move_refused", move, status, refusals)."""
    against = refusals(facts, move, actor, settings)
    if against:
        raise NotAllowed("move_refused", move=move, status=facts.status, refusals=against)
    return TRANSITIONS[move].target


def available_moves(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings = _DEFAULTS
) -> tuple[Move, ...]:
    """Moves this actor could make now: what a page offers as working buttons."""
    return tuple(move for move in Move if not refusals(facts, move, actor, settings))


def open_moves(facts: AssessmentFacts, actor: Actor) -> tuple[Move, ...]:
    """Moves that are this actor's to make in this status, though a guard may still refuse them."""
    return tuple(
        row.move
        for row in TRANSITIONS.values()
        if facts.status in row.sources and not _position_refusals(facts, row.positions, actor)
    )


def edit_refusals(facts: AssessmentFacts, actor: Actor) -> tuple[Refusal, ...]:
    """Why the actor may not change an answer (rule A-5)."""
    found = []
    if facts.status is Status.RELEASED:
        found.append(_refusal(RefusalCode.ALREADY_RELEASED))
    elif facts.status not in EDITABLE:
        found.append(_refusal(RefusalCode.WRONG_STATUS, status=facts.status))
    return (*found, *_position_refusals(facts, TEAM, actor))


def signatures_after_edit(facts: AssessmentFacts) -> frozenset[str]:
    """Nobody's: a change to any answer clears every signature (rule A-6)."""
    return frozenset()


def sign_refusals(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings = _DEFAULTS
) -> tuple[Refusal, ...]:
    """Why the actor may not sign: one signs only what could be submitted (rule A-6)."""
    found = [*edit_refusals(facts, actor), *_complete(facts, actor, settings)]
    if actor.user_id in facts.signatures:
        found.append(_refusal(RefusalCode.ALREADY_SIGNED))
    return tuple(found)


def sign(
    facts: AssessmentFacts, actor: Actor, settings: AssessmentSettings = _DEFAULTS
) -> frozenset[str]:
    """The signatures with the actor's. Raises: NotAllowed("signature_refused", refusals)."""
    against = sign_refusals(facts, actor, settings)
    if against or actor.user_id is None:
        raise NotAllowed("signature_refused", status=facts.status, refusals=against)
    return facts.signatures | {actor.user_id}


def acts_next(status: Status) -> frozenset[Position]:
    """Who has the next step; empty when the assessment is over or the factory has it.

    During the factory's review the factory may comment, and the reviewer then releases.
    """
    moves = {
        Status.PLANNED: Move.CHECK_IN,
        Status.IN_PROGRESS: Move.SUBMIT,
        Status.RETURNED: Move.SUBMIT,
        Status.SUBMITTED: Move.START_REVIEW,
        Status.QUALITY_REVIEW: Move.SHARE_DRAFT,
        Status.FACTORY_REVIEW: Move.RELEASE,
        Status.POSTPONED: Move.REPLAN,
        Status.ACCESS_REFUSED: Move.CANCEL,  # or another attempt: a planner decides
    }
    move = moves.get(status)
    return TRANSITIONS[move].positions if move is not None else frozenset()
