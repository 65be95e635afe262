"""The clocks of an engagement cycle: who must act, by when, and what follows next.

No clock here depends on a planned assessment; see `windows`. Source: docs/domain/rules/cycle.md,
rules C-4, C-5 and C-8 to C-14.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from betterwork.rules.explain import Because

from .cycle import INITIAL_ADVISORY_PARTS, missing_parts
from .cycle_facts import (
    ClockKey,
    CycleFacts,
    CycleSettings,
    Drift,
    DriftReason,
    WorkingDayTest,
    as_of,
    last_day,
    next_working_day,
)


class Actor(StrEnum):
    """Who must act."""

    ADVISOR = "advisor"
    FACTORY = "factory"
    REVIEWER = "reviewer"
    PROGRAMME = "programme"


class ClockState(StrEnum):
    NOT_STARTED = "not_started"
    RUNNING = "running"
    SOON = "soon"
    LATE = "late"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"  # the cycle closed while the clock was open


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock on one day.

    original_due_on: before any drift; due_on: what counts now (None while nothing fixes it yet,
    and while paused). days_left: calendar days, negative when late, None unless it runs.
    share_used: part of the time from start to due that is used up, over 1 when late; None before
    the start. was_late: done, but after `due_on`.
    """

    key: ClockKey
    actor: Actor
    state: ClockState
    started_on: date | None
    original_due_on: date | None
    due_on: date | None
    done_on: date | None
    was_late: bool
    days_left: int | None
    share_used: Fraction | None
    drift_reason: DriftReason | None
    drift_note: str
    because: tuple[Because, ...]

    @property
    def is_open(self) -> bool:
        return self.state in _OPEN


_OPEN = {ClockState.RUNNING, ClockState.SOON, ClockState.LATE, ClockState.PAUSED}


@dataclass(frozen=True, slots=True)
class _Spec:
    key: ClockKey
    actor: Actor
    started_on: date | None
    due_on: date | None
    done_on: date | None
    because: tuple[Because, ...]
    moves: bool = True  # off a non-working day


def clocks(
    facts: CycleFacts, settings: CycleSettings, today: date, *, is_working_day: WorkingDayTest
) -> list[Clock]:
    """Every clock of the cycle as it stands at the end of `today`, in the order of the cycle.

    is_working_day: False on the weekly rest day and public holidays of the country.
    Raises: DomainError("no_working_day") on a calendar without working days.
    """
    facts = as_of(facts, today)
    drifts = {each.clock: each for each in sorted(facts.drifts, key=lambda each: each.recorded_on)}
    return [
        _clock(spec, drifts.get(spec.key), facts, settings, today, is_working_day)
        for spec in _specs(facts, settings)
    ]


def _specs(facts: CycleFacts, settings: CycleSettings) -> Iterator[_Spec]:
    ends_on = last_day(facts, settings)
    yield _counted(
        "C-8",
        ClockKey.FIRST_ADVISORY_VISIT,
        Actor.ADVISOR,
        ("starts_on", facts.starts_on),
        facts.first_advisory_visit_on,
        ("first_visit_days", settings.first_visit_days, "setting"),
    )
    yield _initial_advisory(facts, settings)
    yield _counted(
        "C-9",
        ClockKey.REPORT,
        Actor.REVIEWER,
        ("assessment_ended_on", facts.assessment_ended_on)
        if facts.assessment_ended_on is not None
        else ("assessed_on", facts.assessed_on),
        facts.report_released_on,
        ("report_days", settings.report_days, "HD, WM"),
    )
    yield _counted(
        "C-10",
        ClockKey.FACTORY_COMMENT,
        Actor.FACTORY,
        ("draft_shared_on", facts.draft_shared_on),
        # A release ends the comment period, whoever was silent.
        _earliest(facts.factory_commented_on, facts.report_released_on),
        ("factory_comment_days", settings.factory_comment_days, "setting"),
    )
    if facts.is_slcp_shared:
        yield _counted(
            "C-11",
            ClockKey.SLCP_SHARING,
            Actor.PROGRAMME,
            ("report_released_on", facts.report_released_on),
            facts.slcp_shared_on,
            ("slcp_sharing_days", settings.slcp_sharing_days, "HD"),
            moves=False,  # the day sharing opens: nobody has to be at work
        )
    yield _counted(
        "C-12",
        ClockKey.PROGRESS_REPORT_1,
        Actor.FACTORY,
        ("report_released_on", facts.report_released_on),
        facts.progress_report_1_on,
        ("progress_report_1_days", settings.progress_report_1_days, "PR1"),
    )
    yield _progress_report_2(facts, settings, ends_on)
    yield _Spec(
        ClockKey.REREGISTRATION,
        Actor.FACTORY,
        ends_on - timedelta(days=settings.reregistration_opens_days),
        ends_on,
        facts.reregistered_on,
        (
            Because("C-14", "last_day", ends_on, "REG"),
            Because(
                "C-14", "reregistration_opens_days", settings.reregistration_opens_days, "setting"
            ),
        ),
        moves=False,  # the service year ends on its last day, holiday or not
    )


def _counted(
    rule: str,
    key: ClockKey,
    actor: Actor,
    start: tuple[str, date | None],
    done_on: date | None,
    length: tuple[str, int, str],
    *,
    moves: bool = True,
) -> _Spec:
    """A clock of so many calendar days from one fact."""
    start_name, started_on = start
    length_name, days, source = length
    because = (
        Because(rule, start_name, started_on, source),
        Because(rule, length_name, days, source),
    )
    due_on = None if started_on is None else started_on + timedelta(days=days)
    return _Spec(key, actor, started_on, due_on, done_on, because, moves)


def _initial_advisory(facts: CycleFacts, settings: CycleSettings) -> _Spec:
    start = (
        ("first_advisory_visit_on", facts.first_advisory_visit_on)
        if facts.number == 1
        else ("starts_on", facts.starts_on)
    )
    dates = [day for name in INITIAL_ADVISORY_PARTS if (day := getattr(facts, name)) is not None]
    done_on = None
    if len(dates) == len(INITIAL_ADVISORY_PARTS) and start[1] is not None:
        # Committee and plan may come from an earlier cycle; the clock cannot end before it began.
        done_on = max(*dates, start[1])
    spec = _counted(
        "C-5",
        ClockKey.INITIAL_ADVISORY,
        Actor.ADVISOR,
        start,
        done_on,
        ("initial_advisory_days", settings.initial_advisory_days, "WM"),
    )
    parts = tuple(
        Because("C-5", name, getattr(facts, name), "WM, HOW") for name in INITIAL_ADVISORY_PARTS
    )
    return _Spec(
        spec.key, spec.actor, spec.started_on, spec.due_on, done_on, (*spec.because, *parts)
    )


def _progress_report_2(facts: CycleFacts, settings: CycleSettings, ends_on: date) -> _Spec:
    released_on = facts.report_released_on
    due_on = None
    if released_on is not None:
        # A report released late in the cycle must not make the second progress report due
        # before the first.
        due_on = max(
            ends_on - timedelta(days=settings.progress_report_2_before_end_days),
            released_on + timedelta(days=settings.progress_report_1_days),
        )
    because = (
        Because("C-13", "report_released_on", released_on, "RMAN"),
        Because("C-13", "last_day", ends_on, "REG"),
        Because(
            "C-13",
            "progress_report_2_before_end_days",
            settings.progress_report_2_before_end_days,
            "setting",
        ),
    )
    return _Spec(
        ClockKey.PROGRESS_REPORT_2,
        Actor.FACTORY,
        released_on,
        due_on,
        facts.progress_report_2_on,
        because,
    )


def _clock(
    spec: _Spec,
    drift: Drift | None,
    facts: CycleFacts,
    settings: CycleSettings,
    today: date,
    is_working_day: WorkingDayTest,
) -> Clock:
    because = list(spec.because)
    original = due = spec.due_on
    if due is not None and spec.moves:
        original = due = next_working_day(due, is_working_day)
        if due != spec.due_on:
            because.append(Because("C-4", "moved_from", spec.due_on, "calendar"))
    is_paused = False
    if drift is not None and spec.started_on is not None:
        because.append(Because("C-15", "drift", drift.reason, "D"))
        is_paused = drift.is_paused
        if drift.is_paused:
            due = None
        elif drift.new_due_on is not None:
            # Agreed with people who know the calendar, so kept as it is.
            due = max(drift.new_due_on, spec.started_on)
    state = _state(spec, due, is_paused, facts.closed_on is not None, settings, today)
    if state is ClockState.NOT_STARTED:
        return Clock(
            spec.key,
            spec.actor,
            state,
            spec.started_on,
            original,
            due,
            None,
            False,
            None,
            None,
            drift.reason if drift else None,
            drift.note if drift else "",
            tuple(because),
        )
    runs = state in (ClockState.RUNNING, ClockState.SOON, ClockState.LATE)
    return Clock(
        key=spec.key,
        actor=spec.actor,
        state=state,
        started_on=spec.started_on,
        original_due_on=original,
        due_on=due,
        done_on=spec.done_on,
        was_late=spec.done_on is not None and due is not None and spec.done_on > due,
        days_left=(due - today).days if runs and due is not None else None,
        share_used=_share(spec.started_on, due or original, spec.done_on or today),
        drift_reason=drift.reason if drift else None,
        drift_note=drift.note if drift else "",
        because=tuple(because),
    )


def _state(
    spec: _Spec,
    due: date | None,
    is_paused: bool,
    is_closed: bool,
    settings: CycleSettings,
    today: date,
) -> ClockState:
    if spec.done_on is not None:
        return ClockState.DONE
    if spec.started_on is None or today < spec.started_on:
        return ClockState.NOT_STARTED
    if is_closed:
        return ClockState.STOPPED
    if is_paused or due is None:
        return ClockState.PAUSED
    if today > due:
        return ClockState.LATE
    if (due - today).days <= settings.soon_days:
        return ClockState.SOON
    return ClockState.RUNNING


def _share(started_on: date | None, due_on: date | None, until: date) -> Fraction | None:
    if started_on is None or due_on is None:
        return None
    length = (due_on - started_on).days
    used = max((until - started_on).days, 0)
    return Fraction(used, length) if length > 0 else Fraction(1)


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Counter:
    """Something counted against the service package: visits, training, seminars.

    lowest and highest: what the cycle foresees; highest None means no ceiling.
    """

    key: str
    unit: str
    done: int
    lowest: int
    highest: int | None
    because: tuple[Because, ...]

    @property
    def is_short(self) -> bool:
        return self.done < self.lowest

    @property
    def is_over(self) -> bool:
        return self.highest is not None and self.done > self.highest


def counters(facts: CycleFacts, settings: CycleSettings, today: date) -> tuple[Counter, ...]:
    """Advisory visits before the assessment, training days and seminars (rule C-16)."""
    facts = as_of(facts, today)
    until = facts.assessed_on
    visits = sum(1 for day in facts.advisory_visits_on if until is None or day <= until)
    if facts.number == 1:
        low = high = settings.visits_before_first_assessment
    else:
        low = settings.visits_before_later_assessment_low
        high = settings.visits_before_later_assessment_high
    training = settings.training_participant_days
    return (
        Counter(
            "advisory_visits_before_assessment",
            "visits",
            visits,
            low,
            high,
            (Because("C-16", "cycle_number", facts.number, "CSRP, HOW"),),
        ),
        Counter(
            "training",
            "participant-days",
            facts.training_participant_days,
            0,
            training,
            (Because("C-16", "training_participant_days", training, "CSRP"),),
        ),
        Counter(
            "seminars",
            "seminars",
            facts.seminars_attended,
            settings.seminars,
            None,
            (Because("C-16", "seminars", settings.seminars, "HOW"),),
        ),
    )


class ActionKey(StrEnum):
    HOLD_FIRST_VISIT = "hold_first_visit"
    FORM_COMMITTEE = "form_committee"
    COMPLETE_SELF_DIAGNOSIS = "complete_self_diagnosis"
    OPEN_PLAN = "open_plan"
    RELEASE_REPORT = "release_report"
    COMMENT_ON_DRAFT = "comment_on_draft"
    SHARE_WITH_SLCP = "share_with_slcp"
    SEND_PROGRESS_REPORT_1 = "send_progress_report_1"
    SEND_PROGRESS_REPORT_2 = "send_progress_report_2"
    REREGISTER = "reregister"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing somebody must do now."""

    key: ActionKey
    actor: Actor
    clock: ClockKey
    state: ClockState
    due_on: date | None
    because: tuple[Because, ...]


_PART_ACTIONS = {
    "committee_formed_on": ActionKey.FORM_COMMITTEE,
    "self_diagnosis_on": ActionKey.COMPLETE_SELF_DIAGNOSIS,
    "plan_opened_on": ActionKey.OPEN_PLAN,
}

_CLOCK_ACTIONS = {
    ClockKey.FIRST_ADVISORY_VISIT: ActionKey.HOLD_FIRST_VISIT,
    ClockKey.REPORT: ActionKey.RELEASE_REPORT,
    ClockKey.FACTORY_COMMENT: ActionKey.COMMENT_ON_DRAFT,
    ClockKey.SLCP_SHARING: ActionKey.SHARE_WITH_SLCP,
    ClockKey.PROGRESS_REPORT_1: ActionKey.SEND_PROGRESS_REPORT_1,
    ClockKey.PROGRESS_REPORT_2: ActionKey.SEND_PROGRESS_REPORT_2,
    ClockKey.REREGISTRATION: ActionKey.REREGISTER,
}


def next_actions(
    facts: CycleFacts, settings: CycleSettings, today: date, *, is_working_day: WorkingDayTest
) -> list[Action]:
    """What the open clocks ask for, most urgent first; paused clocks come last (rule C-17)."""
    return actions_of(
        clocks(facts, settings, today, is_working_day=is_working_day), as_of(facts, today)
    )


def actions_of(running: Iterable[Clock], facts: CycleFacts) -> list[Action]:
    """As `next_actions`, from clocks at hand and the facts as they were known on their day."""
    actions = []
    for clock in running:
        if not clock.is_open:
            continue
        keys = (
            [_PART_ACTIONS[name] for name in missing_parts(facts)]
            if clock.key is ClockKey.INITIAL_ADVISORY
            else [_CLOCK_ACTIONS[clock.key]]
        )
        actions += [
            Action(key, clock.actor, clock.key, clock.state, clock.due_on, clock.because)
            for key in keys
        ]
    return sorted(actions, key=lambda action: action.due_on or date.max)
