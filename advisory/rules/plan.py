"""One item of the improvement plan: its status from what happened to it, and who may do what.

The item's history is a list of events; status is computed from it by one fold, so it cannot
disagree with the history. Source: docs/domain/rules/plan.md, rules P-1 to P-6.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from betterwork.errors import NotAllowed
from betterwork.rules.explain import Because
from betterwork.rules.settings import ProgrammeSettings, setting


class Status(StrEnum):
    """The three words of the programme's exports; "verified" is a separate fact."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Side(StrEnum):
    WORKER = "worker"
    MANAGEMENT = "management"


class Position(StrEnum):
    AMBASSADOR = "ambassador"
    WORKER_MEMBER = "worker_member"
    MANAGEMENT_MEMBER = "management_member"
    ADVISOR = "advisor"
    ASSESSMENT = "assessment"  # the next assessment looked at the same question


FACTORY = frozenset({Position.AMBASSADOR, Position.WORKER_MEMBER, Position.MANAGEMENT_MEMBER})
CHECKERS = frozenset({Position.ADVISOR, Position.ASSESSMENT})
_SIDE_OF = {Position.WORKER_MEMBER: Side.WORKER, Position.MANAGEMENT_MEMBER: Side.MANAGEMENT}


class Act(StrEnum):
    START = "start"
    REPORT_DONE = "report_done"
    CONFIRM = "confirm"
    NOT_YET = "not_yet"  # a committee side does not confirm, with its reason
    VERIFY = "verify"
    RETURN = "return"  # the advisor looked and it is not done, with a reason
    REOPEN = "reopen"  # it was verified, and the problem is back


class RefusalCode(StrEnum):
    NOT_YOUR_TASK = "not_your_task"
    ALREADY_STARTED = "already_started"
    ALREADY_REPORTED = "already_reported"
    ALREADY_COMPLETED = "already_completed"
    ALREADY_VERIFIED = "already_verified"
    NOT_REPORTED = "not_reported"
    NOT_COMPLETED = "not_completed"
    NOT_VERIFIED = "not_verified"
    SIDE_CONFIRMED = "side_confirmed"
    SAME_PERSON_BOTH_SIDES = "same_person_both_sides"
    REASON_MISSING = "reason_missing"
    EVIDENCE_MISSING = "evidence_missing"


@dataclass(frozen=True, slots=True)
class PlanSettings(ProgrammeSettings):
    due_days: int = setting(90, unit="days", source="-", mark="G", lowest=1, highest=365)
    due_days_public: int = setting(60, unit="days", source="-", mark="G", lowest=1, highest=365)
    due_days_urgent: int = setting(14, unit="days", source="-", mark="G", lowest=0, highest=365)
    needs_evidence: bool = setting(False, unit="yes or no", source="-", mark="G")


@dataclass(frozen=True, slots=True)
class Event:
    """One act on an item. user_id is None for the next assessment's finding."""

    act: Act
    position: Position
    on: date
    user_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ItemState:
    """confirmed: user id of each side that confirmed. waiting_for: who must act next.

    last_reason: why it was last held back (not yet, returned, reopened), empty once reported
    done again. completed_on and verified_on: None while they are not so.
    """

    status: Status = Status.PENDING
    is_reported: bool = False
    confirmed: tuple[tuple[Side, str | None], ...] = ()
    completed_on: date | None = None
    verified_on: date | None = None
    verified_by: Position | None = None
    last_reason: str = ""
    because: tuple[Because, ...] = field(default=(), compare=False)

    @property
    def is_verified(self) -> bool:
        return self.verified_on is not None

    @property
    def missing_sides(self) -> tuple[Side, ...]:
        done = {side for side, _ in self.confirmed}
        return tuple(side for side in Side if side not in done)

    @property
    def waiting_for(self) -> tuple[Position, ...]:
        """Rule P-3: the ambassador, then the sides that have not confirmed, then the advisor."""
        if self.is_verified:
            return ()
        if self.status is Status.COMPLETED:
            return (Position.ADVISOR,)
        if not self.is_reported:
            return (Position.AMBASSADOR,)
        return tuple(position for position, side in _SIDE_OF.items() if side in self.missing_sides)


@dataclass(frozen=True, slots=True)
class Refusal:
    code: RefusalCode


_WHO = {
    Act.START: FACTORY,
    Act.REPORT_DONE: FACTORY,
    Act.CONFIRM: frozenset(_SIDE_OF),
    Act.NOT_YET: frozenset(_SIDE_OF),
    Act.VERIFY: CHECKERS,
    Act.RETURN: frozenset({Position.ADVISOR}),
    Act.REOPEN: CHECKERS,
}
_NEEDS_REASON = frozenset({Act.NOT_YET, Act.RETURN, Act.REOPEN})
_DEFAULTS = PlanSettings()


def item_refusals(
    state: ItemState, event: Event, *, evidence_count: int = 0, settings: PlanSettings = _DEFAULTS
) -> tuple[Refusal, ...]:
    """Every reason against the act; empty when it is allowed (rules P-1 to P-6)."""
    codes = []
    if event.position not in _WHO[event.act]:
        codes.append(RefusalCode.NOT_YOUR_TASK)
    if event.act in _NEEDS_REASON and not event.reason.strip():
        codes.append(RefusalCode.REASON_MISSING)
    codes += _state_codes(state, event)
    if event.act is Act.REPORT_DONE and settings.needs_evidence and evidence_count < 1:
        codes.append(RefusalCode.EVIDENCE_MISSING)
    return tuple(Refusal(code) for code in codes)


def _state_codes(state: ItemState, event: Event) -> list[RefusalCode]:
    act, is_completed = event.act, state.status is Status.COMPLETED
    if act is Act.START:
        return [] if state.status is Status.PENDING else [RefusalCode.ALREADY_STARTED]
    if act is Act.REPORT_DONE:
        return [RefusalCode.ALREADY_REPORTED] if state.is_reported else []
    if act in (Act.CONFIRM, Act.NOT_YET):
        return _confirmation_codes(state, event)
    if act is Act.VERIFY:
        if state.is_verified:
            return [RefusalCode.ALREADY_VERIFIED]
        # Nobody, not even the next assessment, says for factory and committee that it is done.
        return [] if is_completed else [RefusalCode.NOT_COMPLETED]
    if act is Act.RETURN:
        codes = [] if is_completed else [RefusalCode.NOT_COMPLETED]
        return [*codes, RefusalCode.ALREADY_VERIFIED] if state.is_verified else codes
    # An assessment may also find that something only reported done is not.
    by_assessment = event.position is Position.ASSESSMENT and is_completed
    return [] if state.is_verified or by_assessment else [RefusalCode.NOT_VERIFIED]


def _confirmation_codes(state: ItemState, event: Event) -> list[RefusalCode]:
    if state.status is Status.COMPLETED:
        return [RefusalCode.ALREADY_COMPLETED]
    codes = [] if state.is_reported else [RefusalCode.NOT_REPORTED]
    if event.act is Act.CONFIRM:
        side = _SIDE_OF.get(event.position)
        if side is not None and side not in state.missing_sides:
            codes.append(RefusalCode.SIDE_CONFIRMED)
        elif any(user == event.user_id for _, user in state.confirmed if user is not None):
            codes.append(RefusalCode.SAME_PERSON_BOTH_SIDES)
    return codes


def apply_event(
    state: ItemState, event: Event, *, evidence_count: int = 0, settings: PlanSettings = _DEFAULTS
) -> ItemState:
    """The state after the act. Raises: NotAllowed("act_refused", act, refusals)."""
    against = item_refusals(state, event, evidence_count=evidence_count, settings=settings)
    if against:
        raise NotAllowed("act_refused", act=event.act, status=state.status, refusals=against)
    return _after(state, event)


def item_state(events: Iterable[Event]) -> ItemState:
    """The state from a recorded history, oldest first; events already recorded are believed."""
    state = ItemState()
    for event in events:
        state = _after(state, event)
    return state


def _after(state: ItemState, event: Event) -> ItemState:
    why = Because("P-2", event.act, event.on, "RMAN" if event.act is Act.START else "D")
    if event.act is Act.START:
        return replace(state, status=Status.IN_PROGRESS, because=(*state.because, why))
    if event.act is Act.REPORT_DONE:
        return replace(
            state,
            status=Status.IN_PROGRESS,
            is_reported=True,
            last_reason="",
            because=(*state.because, why),
        )
    if event.act is Act.CONFIRM:
        return _confirmed(state, event, why)
    if event.act is Act.VERIFY:
        return replace(
            state,
            verified_on=event.on,
            verified_by=event.position,
            because=(*state.because, why),
        )
    # Not yet, returned, reopened: the work is on again, and both sides are asked anew.
    return ItemState(
        status=Status.IN_PROGRESS,
        last_reason=event.reason.strip(),
        because=(*state.because, why),
    )


def _confirmed(state: ItemState, event: Event, why: Because) -> ItemState:
    side = _SIDE_OF[event.position]
    state = replace(
        state,
        confirmed=(*state.confirmed, (side, event.user_id)),
        because=(*state.because, why),
    )
    if state.missing_sides or not state.is_reported:
        return state
    return replace(state, status=Status.COMPLETED, completed_on=event.on)
