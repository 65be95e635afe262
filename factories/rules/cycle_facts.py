"""What the cycle engine is told: the programme's numbers and the facts of one cycle.

Source: docs/domain/rules/cycle.md.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from betterwork.errors import DomainError
from betterwork.rules.settings import ProgrammeSettings, check_settings, setting

WorkingDayTest = Callable[[date], bool]

LONGEST_CLOSURE_DAYS = 60


@dataclass(frozen=True, slots=True)
class CycleSettings(ProgrammeSettings):
    """Numbers of the engagement cycle; each one is explained in docs/domain/rules/cycle.md."""

    cycle_months: int = setting(12, unit="months", source="REG", mark="S", lowest=6, highest=36)
    first_visit_days: int = setting(30, unit="days", source="-", mark="G", lowest=1, highest=180)
    initial_advisory_days: int = setting(
        100, unit="days", source="WM", mark="S", lowest=1, highest=365
    )
    visits_before_first_assessment: int = setting(
        3, unit="visits", source="CSRP, HOW", mark="S", lowest=0, highest=24
    )
    visits_before_later_assessment_low: int = setting(
        1, unit="visits", source="CSRP, HOW", mark="S", lowest=0, highest=24
    )
    visits_before_later_assessment_high: int = setting(
        2, unit="visits", source="CSRP, HOW", mark="S", lowest=0, highest=24
    )
    assessment_window_opens_day: int = setting(
        100, unit="days", source="WM, HOW", mark="S", lowest=0, highest=365
    )
    assessment_window_days: int = setting(
        60, unit="days", source="-", mark="G", lowest=1, highest=365
    )
    reassessment_interval_months: int = setting(
        12, unit="months", source="WM", mark="S", lowest=6, highest=60
    )
    high_performer_interval_months: int = setting(
        24, unit="months", source="WM", mark="D", lowest=6, highest=60
    )
    planning_lead_days: int = setting(30, unit="days", source="-", mark="G", lowest=0, highest=180)
    report_days: int = setting(28, unit="days", source="HD, WM", mark="S", lowest=1, highest=180)
    factory_comment_days: int = setting(7, unit="days", source="-", mark="G", lowest=0, highest=60)
    progress_report_1_days: int = setting(
        30, unit="days", source="PR1", mark="S", lowest=1, highest=180
    )
    progress_report_2_before_end_days: int = setting(
        30, unit="days", source="-", mark="G", lowest=0, highest=180
    )
    slcp_sharing_days: int = setting(15, unit="days", source="HD", mark="S", lowest=0, highest=180)
    training_participant_days: int = setting(
        25, unit="participant-days", source="CSRP", mark="S", lowest=0, highest=1000
    )
    seminars: int = setting(4, unit="seminars", source="HOW", mark="S", lowest=0, highest=52)
    reregistration_opens_days: int = setting(
        60, unit="days", source="-", mark="G", lowest=1, highest=180
    )
    soon_days: int = setting(7, unit="days", source="-", mark="G", lowest=0, highest=90)

    def __post_init__(self) -> None:
        check_settings(self)
        low, high = (
            self.visits_before_later_assessment_low,
            self.visits_before_later_assessment_high,
        )
        if low > high:
            raise DomainError("visit_range_reversed", lowest=low, highest=high)


class ClockKey(StrEnum):
    FIRST_ADVISORY_VISIT = "first_advisory_visit"
    INITIAL_ADVISORY = "initial_advisory"
    ASSESSMENT = "assessment"  # the planner's only, see windows.py
    REPORT = "report"
    FACTORY_COMMENT = "factory_comment"
    SLCP_SHARING = "slcp_sharing"
    PROGRESS_REPORT_1 = "progress_report_1"
    PROGRESS_REPORT_2 = "progress_report_2"
    REREGISTRATION = "reregistration"


class DriftReason(StrEnum):
    """Why a clock slips; the list is closed so that slips can be counted."""

    FORCE_MAJEURE = "force_majeure"
    FACTORY_REQUEST = "factory_request"
    RECORDS_AWAITED = "records_awaited"
    ACCESS_REFUSED = "access_refused"
    STAFF_ABSENCE = "staff_absence"
    PEAK_SEASON = "peak_season"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Drift:
    """A recorded slip of one clock.

    With `new_due_on` the clock runs to that day; with `is_paused` it stands still until a later
    record; with neither the due date stays and the record only explains why it was missed.
    """

    clock: ClockKey
    reason: DriftReason
    recorded_on: date
    note: str = ""
    new_due_on: date | None = None
    is_paused: bool = False

    def __post_init__(self) -> None:
        if self.is_paused and self.new_due_on is not None:
            raise DomainError("drift_pauses_and_moves", clock=self.clock)
        if self.reason is DriftReason.OTHER and not self.note.strip():
            raise DomainError("drift_note_missing", clock=self.clock)


@dataclass(frozen=True, slots=True)
class CycleFacts:
    """What has happened in one cycle of one factory. All dates are local calendar days.

    `assessed_on` is the first day of the assessment and is filled at check-in, never before: a
    planned visit must not change anything computed here. `committee_formed_on` and
    `plan_opened_on` may be older than the cycle, since both outlive it.
    """

    number: int
    starts_on: date
    first_advisory_visit_on: date | None = None
    advisory_visits_on: tuple[date, ...] = ()
    committee_formed_on: date | None = None
    self_diagnosis_on: date | None = None
    plan_opened_on: date | None = None
    previous_assessed_on: date | None = None
    is_high_performer: bool = False
    assessed_on: date | None = None
    assessment_ended_on: date | None = None
    draft_shared_on: date | None = None
    factory_commented_on: date | None = None
    report_released_on: date | None = None
    is_slcp_shared: bool = False  # the factory opted in
    slcp_shared_on: date | None = None
    progress_report_1_on: date | None = None
    progress_report_2_on: date | None = None
    training_participant_days: int = 0
    seminars_attended: int = 0
    reregistered_on: date | None = None
    closed_on: date | None = None
    drifts: tuple[Drift, ...] = ()

    def __post_init__(self) -> None:
        if self.number < 1:
            raise DomainError("cycle_number_too_low", number=self.number)


_DATED = (
    "first_advisory_visit_on",
    "committee_formed_on",
    "self_diagnosis_on",
    "plan_opened_on",
    "assessed_on",
    "assessment_ended_on",
    "draft_shared_on",
    "factory_commented_on",
    "report_released_on",
    "slcp_shared_on",
    "progress_report_1_on",
    "progress_report_2_on",
    "reregistered_on",
    "closed_on",
)

# (earlier, later): the later fact presupposes the earlier one and may not be dated before it.
_ORDER = (
    ("starts_on", "first_advisory_visit_on"),
    ("starts_on", "assessed_on"),
    ("assessed_on", "assessment_ended_on"),
    ("assessed_on", "draft_shared_on"),
    ("draft_shared_on", "factory_commented_on"),
    ("assessed_on", "report_released_on"),
    ("report_released_on", "slcp_shared_on"),
    ("report_released_on", "progress_report_1_on"),
    ("report_released_on", "progress_report_2_on"),
    ("starts_on", "reregistered_on"),
    ("starts_on", "closed_on"),
)


@dataclass(frozen=True, slots=True)
class OrderProblem:
    """code "fact_missing" (the later fact presupposes the earlier) or "fact_too_early"."""

    code: str
    earlier: str
    later: str


def order_problems(facts: CycleFacts) -> tuple[OrderProblem, ...]:
    """Facts that cannot stand together (rule C-1); services refuse to record them."""
    problems = []
    for earlier, later in _ORDER:
        first: date | None = getattr(facts, earlier)
        second: date | None = getattr(facts, later)
        if second is None:
            continue
        if first is None:
            problems.append(OrderProblem("fact_missing", earlier, later))
        elif second < first:
            problems.append(OrderProblem("fact_too_early", earlier, later))
    return tuple(problems)


def as_of(facts: CycleFacts, day: date) -> CycleFacts:
    """The facts as they were known at the end of `day`: anything dated later is left out."""
    later: dict[str, Any] = {
        name: None for name in _DATED if (value := getattr(facts, name)) is not None and value > day
    }
    visits = tuple(each for each in facts.advisory_visits_on if each <= day)
    drifts = tuple(each for each in facts.drifts if each.recorded_on <= day)
    kept = len(visits) + len(drifts)
    if not later and kept == len(facts.advisory_visits_on) + len(facts.drifts):
        return facts  # the common case; a copy of so many fields takes its time
    return replace(facts, **later, advisory_visits_on=visits, drifts=drifts)


def add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last day where there is none (31 Jan + 1)."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(facts: CycleFacts, settings: CycleSettings) -> date:
    """Last day of the cycle (rule C-2)."""
    return add_months(facts.starts_on, settings.cycle_months) - timedelta(days=1)


def next_working_day(day: date, is_working_day: WorkingDayTest) -> date:
    """`day` itself, or the first working day after it (rule C-4).

    Raises: DomainError("no_working_day") when the calendar has none for two months, which is a
    broken calendar rather than a holiday.
    """
    for ahead in range(LONGEST_CLOSURE_DAYS + 1):
        candidate = day + timedelta(days=ahead)
        if is_working_day(candidate):
            return candidate
    raise DomainError("no_working_day", after=day)
