"""What the planner is told and what it answers. Frozen values only, no behaviour of the planner.

Days are calendar days of the programme's country; weekdays count from Monday = 0; a month is
`(year, month)`. Ids are opaque texts: their order never decides anything.

Source: docs/domain/rules/planning.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Protocol

from assessments.rules.modality import Modality, ModalitySettings
from betterwork.errors import DomainError
from betterwork.rules.explain import Because
from betterwork.rules.settings import ProgrammeSettings, setting

Month = tuple[int, int]


def month_of(day: date) -> Month:
    return day.year, day.month


class RandomSource(Protocol):
    """What the planner needs of `secrets.SystemRandom`; tests pass a source with a fixed seed."""

    def random(self) -> float: ...

    def randrange(self, stop: int, /) -> int: ...


# -- settings ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanningSettings(ProgrammeSettings):
    """Strictness of the team rules stands in ModalitySettings, which the planner obeys too.

    monthly_days: assessment days a month of an assessor without a number of their own.
    notice_days: no visit is drawn nearer than this to the day of planning.
    reserve: share of a month's scarce days the law of dates may be expected to use.
    few_dates: fewer possible dates than this are reported: such a visit can be guessed.
    travel_regions: so many regions away (or travel_km) cost a day of travel before the visit.
    second_attempt_from, _to: days after refused access in which it is tried again.
    region_weight: cost of each region between home and factory; pair_weight: of a soft team rule
    not held; load_weight: of each assessment day above or below an assessor's fair share. They
    choose teams only; no date is bent to them.
    search_seconds: hard stop of all repair of one plan; replan_seconds: of one change.
    """

    horizon_days: int = setting(365, unit="days", source="-", mark="G", lowest=30, highest=550)
    notice_days: int = setting(5, unit="days", source="-", mark="G", lowest=1, highest=60)
    monthly_days: int = setting(9, unit="days", source="-", mark="G", lowest=1, highest=31)
    avoids_peak_season: bool = setting(False, unit="yes or no", source="-", mark="G")
    travel_regions: int = setting(2, unit="regions", source="-", mark="G", lowest=1, highest=20)
    travel_km: int = setting(250, unit="km", source="-", mark="G", lowest=1, highest=20_000)
    reserve: Fraction = setting(
        Fraction(23, 25),
        unit="share",
        source="-",
        mark="D",
        lowest=Fraction(1, 2),
        highest=Fraction(1),
    )
    few_dates: int = setting(8, unit="dates", source="-", mark="D", lowest=1, highest=100)
    second_attempt_from: int = setting(14, unit="days", source="-", mark="G", lowest=1, highest=365)
    second_attempt_to: int = setting(60, unit="days", source="-", mark="G", lowest=1, highest=365)
    region_weight: int = setting(10, unit="points", source="-", mark="G", lowest=0, highest=1000)
    pair_weight: int = setting(20, unit="points", source="-", mark="G", lowest=0, highest=1000)
    load_weight: int = setting(10, unit="points", source="-", mark="G", lowest=0, highest=1000)
    search_seconds: int = setting(20, unit="seconds", source="-", mark="D", lowest=1, highest=600)
    replan_seconds: int = setting(4, unit="seconds", source="-", mark="D", lowest=1, highest=600)

    def __post_init__(self) -> None:
        ProgrammeSettings.__post_init__(self)
        if self.second_attempt_from > self.second_attempt_to:
            raise DomainError("second_attempt_reversed")


# -- facts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A region's key, and degrees north and east where they are known."""

    region: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The country's days: what is neither rest weekday nor holiday is a working day.

    Must reach beyond the last window: a second day may fall into the next year, and so may the
    travel day before a first one into the last.
    """

    rest_weekdays: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        return day.weekday() not in self.rest_weekdays and day not in self.holidays


@dataclass(frozen=True, slots=True)
class Assessor:
    """One who may be seated. monthly_days: most assessment days in a calendar month.

    away: days of leave or of other absence. sex: as recorded, None where it is not.
    """

    id: str
    home: Place
    can_lead: bool = False
    is_osh_skilled: bool = False
    languages: frozenset[str] = frozenset()
    sex: str | None = None
    monthly_days: int = 9
    away: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Factory:
    """One factory whose visit is due: opens_on to closes_on, both included, hold all its days.

    rest_weekdays, closed_days: beside those of the country. peak_days: closed as well if the
    settings avoid the peak season. languages: of its workers; any one of them is enough.
    advisor, previous_team, conflicts: ids of assessors who may not come (as far as the settings
    say so). visit_days: adjacent calendar days; of a hybrid assessment the first is virtual.
    """

    id: str
    place: Place
    opens_on: date
    closes_on: date
    visit_days: int = 2
    modality: Modality = Modality.ON_SITE
    rest_weekdays: frozenset[int] = frozenset()
    closed_days: frozenset[date] = frozenset()
    peak_days: frozenset[date] = frozenset()
    languages: frozenset[str] = frozenset()
    advisors: frozenset[str] = frozenset()
    previous_team: frozenset[str] = frozenset()
    conflicts: frozenset[str] = frozenset()


class BookingKind(StrEnum):
    ASSESSMENT = "assessment"  # counts among the assessment days of its month
    ADVISORY = "advisory"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Booking:
    """Days of an assessor taken by what the planner does not move."""

    assessor_id: str
    days: frozenset[date]
    kind: BookingKind = BookingKind.OTHER


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a plan rests on.

    today: the day of planning. hops: regions between two regions, each pair in one order or
    both; a pair that is missing counts 0 within a region and 1 between two.
    locked: visits that stand as they are (past, checked in, fixed by hand); their factories may
    be among `factories` and are then checked, never drawn.
    A factory or assessor may be named once only: DomainError("planned_twice", id).
    """

    today: date
    calendar: Calendar
    factories: tuple[Factory, ...]
    assessors: tuple[Assessor, ...]
    hops: Mapping[tuple[str, str], int] = field(default_factory=dict)
    bookings: tuple[Booking, ...] = ()
    locked: tuple[PlacedVisit, ...] = ()
    settings: PlanningSettings = field(default_factory=PlanningSettings)
    rules: ModalitySettings = field(default_factory=ModalitySettings)

    def __post_init__(self) -> None:
        for things in (
            [each.id for each in self.factories],
            [each.id for each in self.assessors],
            [each.factory_id for each in self.locked],
        ):
            seen: set[str] = set()
            for each in things:
                if each in seen:
                    raise DomainError("planned_twice", id=each)
                seen.add(each)
        if self.rules.min_assessors > 2:
            raise DomainError("plan_seats_two", needed=self.rules.min_assessors)


# -- the plan ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlacedVisit:
    """A visit with its days (in order) and team. Secret until check-in, every field of it.

    possible_dates: start dates legal for the factory looked at alone.
    bits: entropy of the law its date was drawn from, given all that was already placed; a lower
    bound of what an insider who knows every other visit still lacks. 0 when fixed by hand.
    most_bits: log2 of possible_dates. best_guess: chance of the likeliest date, from 0 to 1.
    is_first_draw: the first date drawn held; False after a redraw or when fixed by hand.
    """

    factory_id: str
    days: tuple[date, ...]
    lead_id: str
    second_id: str | None
    possible_dates: int = 0
    bits: float = 0.0
    most_bits: float = 0.0
    best_guess: float = 1.0
    is_first_draw: bool = False
    is_locked: bool = False

    @property
    def starts_on(self) -> date:
        return self.days[0]

    @property
    def team(self) -> tuple[str, ...]:
        return (self.lead_id,) if self.second_id is None else (self.lead_id, self.second_id)


class Bar(StrEnum):
    """What stands in a visit's way. The first five are of dates, the others of teams."""

    WINDOW_PAST = "window_past"  # no day of the window is left to plan
    WINDOW_SHORT = "window_short"  # shorter than the visit
    COUNTRY_CALENDAR = "country_calendar"  # rest days and holidays of the country
    FACTORY_CALENDAR = "factory_calendar"  # its own rest days, closures, peak season
    NO_ADJACENT_DAYS = "no_adjacent_days"  # working days, but never enough of them in a row
    TOO_FEW_ASSESSORS = "too_few_assessors"
    LEAD = "lead"
    OWN_ADVISOR = "own_advisor"
    PREVIOUS_TEAM = "previous_team"
    CONFLICT = "conflict"
    LANGUAGE = "language"
    SEX = "sex"
    OSH = "osh"
    FAR = "far"  # the travel rule, where it is hard
    AWAY = "away"  # leave and other absence
    BOOKED = "booked"  # on another visit, or otherwise engaged
    MONTH_CAP = "month_cap"
    TRAVEL_DAY = "travel_day"  # the day of travel before the visit is not free


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A visit without a date. bars: together they forbid it, never empty.

    unlocked_by: those of which each alone, if lifted, would let it be placed (may be empty).
    All of it given the rest of the plan: it says nothing of plans that were not made.
    """

    factory_id: str
    bars: tuple[Bar, ...]
    unlocked_by: tuple[Bar, ...] = ()
    possible_dates: int = 0


@dataclass(frozen=True, slots=True)
class Unpredictability:
    """Figures of one plan that do not depend on the dates drawn in it, for those it drew.

    bits: sum over visits; most_bits: if every visit took any of its possible dates alike.
    share: bits / most_bits (1.0 where there is nothing to choose). law_share: the greatest share
    any planner could reach that keeps the same reserve in months that are too full.
    first_draws: share of visits whose first date held. worst: least share of one factory;
    best_guess: the greatest chance anyone has to name a visit's date with one guess.
    few: factories with fewer possible dates than the settings ask, not averaged away.
    """

    visits: int
    bits: float
    most_bits: float
    share: float
    law_share: float
    first_draws: float
    worst_share: float
    worst_factory_id: str | None
    best_guess: float
    few: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """visits: drawn ones, ordered by first day and id. Locked visits stay in the problem."""

    visits: tuple[PlacedVisit, ...]
    unplaced: tuple[Unplaced, ...]
    unpredictability: Unpredictability
    soft_cost: float
    seconds: float

    def visit(self, factory_id: str) -> PlacedVisit | None:
        for each in self.visits:
            if each.factory_id == factory_id:
                return each
        return None


class Rule(StrEnum):
    """What the checker can find broken, one name per rule."""

    UNKNOWN_FACTORY = "unknown_factory"
    UNKNOWN_ASSESSOR = "unknown_assessor"
    VISITED_TWICE = "visited_twice"
    NEITHER_PLACED_NOR_NAMED = "neither_placed_nor_named"
    UNPLACED_WITHOUT_REASON = "unplaced_without_reason"
    LOCKED_MOVED = "locked_moved"
    TOO_SOON = "too_soon"
    WINDOW = "window"
    VISIT_DAYS = "visit_days"
    ADJACENT_DAYS = "adjacent_days"
    COUNTRY_REST_DAY = "country_rest_day"
    FACTORY_CLOSED = "factory_closed"
    TEAM_SIZE = "team_size"
    LEAD = "lead"
    OWN_ADVISOR = "own_advisor"
    PREVIOUS_TEAM = "previous_team"
    CONFLICT = "conflict"
    LANGUAGE = "language"
    BOTH_SEXES = "both_sexes"
    OSH = "osh"
    FAR = "far"
    AWAY = "away"
    BOOKED_TWICE = "booked_twice"
    TRAVEL_DAY = "travel_day"
    MONTH_CAP = "month_cap"


@dataclass(frozen=True, slots=True)
class Breach:
    """One hard rule broken. is_locked: by a visit that a person fixed, so the plan may stand."""

    rule: Rule
    factory_id: str | None
    assessor_id: str | None = None
    day: date | None = None
    is_locked: bool = False


# -- changes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Absence:
    """An assessor cannot work on these days (leave, illness, left the programme)."""

    assessor_id: str
    days: frozenset[date]


@dataclass(frozen=True, slots=True)
class Closure:
    """A factory is closed on these days."""

    factory_id: str
    days: frozenset[date]


@dataclass(frozen=True, slots=True)
class ForceMajeure:
    """Nobody can visit on these days, in these regions and at these factories.

    extends_to: visits hit may be held until then, beyond their windows; None leaves windows be.
    """

    days: frozenset[date]
    regions: frozenset[str] = frozenset()
    factory_ids: frozenset[str] = frozenset()
    extends_to: date | None = None


@dataclass(frozen=True, slots=True)
class AccessRefused:
    """The team was turned away. The days spent stay spent; a second attempt is drawn in the days
    the settings name. Nothing was assessed, so the same people may come again."""

    factory_id: str
    on: date


Change = Absence | Closure | ForceMajeure | AccessRefused


@dataclass(frozen=True, slots=True)
class Difference:
    """One visit before and after. None: it was not placed, or is no longer."""

    factory_id: str
    before: PlacedVisit | None
    after: PlacedVisit | None

    @property
    def is_moved(self) -> bool:
        return bool(self.before and self.after and self.before.days != self.after.days)

    @property
    def new_seats(self) -> int:
        """People seated now who were not; all of them for a visit that is new."""
        if self.after is None:
            return 0
        return len(set(self.after.team) - set(self.before.team if self.before else ()))


@dataclass(frozen=True, slots=True)
class Diff:
    """What a change did, fewest first: lost, moved, new seats. `unchanged` counts the rest."""

    lost: tuple[Difference, ...] = ()
    moved: tuple[Difference, ...] = ()
    reseated: tuple[Difference, ...] = ()
    added: tuple[Difference, ...] = ()
    unchanged: int = 0

    @property
    def new_seats(self) -> int:
        return sum(each.new_seats for each in (*self.moved, *self.reseated))


@dataclass(frozen=True, slots=True)
class Replanned:
    """problem: with the change in its facts; the plan is checked against it, not the old one.

    hit: factories whose visit the change made impossible.
    """

    problem: Problem
    plan: Plan
    diff: Diff
    hit: tuple[str, ...]


# -- what people look at -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MonthLoad:
    """Days of a month: needed by (expected of) visits, free to be given.

    Days of locked visits and bookings are already off what is available. scarce_share: the
    greater of the two shares; infinite where something is needed and nothing available.
    """

    month: Month
    assessor_days_needed: float
    assessor_days_available: int
    lead_days_needed: float
    lead_days_available: int

    @property
    def scarce_share(self) -> float:
        return max(
            _share(self.assessor_days_needed, self.assessor_days_available),
            _share(self.lead_days_needed, self.lead_days_available),
        )


def _share(needed: float, available: int) -> float:
    if available:
        return needed / available
    return float("inf") if needed else 0.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this date and this team: facts behind the draw, and each team rule held or not."""

    factory_id: str
    date: tuple[Because, ...]
    team: tuple[Any, ...]  # of assessments.rules.modality.Check
