"""Reads for the planner's pages: the board, one envelope, proposals, clashes, the forecast.

For planners only; every view that shows one of these writes down that it was looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.html import format_html, format_html_join

from assessments import plan_facts
from assessments.bookings import Booked
from assessments.models import Absence, Assessment, PlanChange, PlanRun
from assessments.plan_facts import Due, Facts, Held, Person
from assessments.rules.planning.problem import Breach
from assessments.rules.planning.weekdays import Span, expected_starts, is_pattern
from assessments.rules.travel import distance_km, travel_minutes
from assessments.services.planning import ENDED, REPEATED
from factories.models import Factory
from factories.selectors import working_day_test


@dataclass(frozen=True, slots=True)
class Chip:
    """One visit on the board. kind: "as" sealed, "pr" the one looked at, "ad" announced, "dn" an
    assessment that took place, or has begun."""

    kind: str
    code: str
    name: str
    url: str
    starts_on: date
    ends_on: date
    assessment_id: str = ""
    is_locked: bool = False
    is_clash: bool = False
    is_confirmed: bool = True
    people: tuple[str, ...] = ()
    region: str = ""

    @property
    def short(self) -> str:
        """The code without the programme's own part, which is the same on every chip."""
        return self.code.rpartition("-")[2]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row, over `span` days. off: "off" rest, "hol" holiday, "lv" leave, or "".

    A run of empty days is one Cell that holds its cells as `html`: a template takes as long for
    each of a thousand empty cells as for a visit.
    """

    day: date
    span: int
    off: str = ""
    text: str = ""
    chips: tuple[Chip, ...] = ()
    html: str = ""

    @property
    def iso(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    name: str
    second: str
    is_lead: bool
    cells: tuple[Cell, ...]
    booked: int
    available: int | None

    @property
    def is_over(self) -> bool:
        return self.available is not None and self.booked > self.available


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    off: str
    is_today: bool = False

    @property
    def iso(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class Board:
    first: date
    last: date
    days: tuple[Day, ...]
    rows: tuple[Row, ...]
    visits: int
    listed: tuple[Chip, ...]  # the sealed visits, by day


def board(
    facts: Facts,
    *,
    first: date,
    last: date,
    by: str = "advisor",
    region: str = "",
    selected: UUID | None = None,
    clashing: frozenset[str] = frozenset(),
) -> Board:
    """The calendar of a month or a week, a row a person or a region. No query."""
    days = tuple(
        Day(day, _off(facts, day), day == facts.today) for day in plan_facts.days_of(first, last)
    )
    shown = [
        due
        for due in facts.due
        if due.assessment.starts_on is not None
        and due.assessment.starts_on <= last
        and (due.assessment.ends_on or due.assessment.starts_on) >= first
        and (not region or due.assessment.factory.region == region)
    ]
    booked = [
        each
        for each in facts.booked
        if first <= each.day <= last and (not region or each.region == region)
    ]
    done = [
        each
        for each in facts.held
        if any(first <= day <= last for day in each.days) and (not region or each.region == region)
    ]
    names = {person.user_id: person.name for person in facts.people}
    chips = {due.assessment.pk: _chip(facts, due, names, selected, clashing) for due in shown}
    if by == "region":
        rows = _regions(facts, days, shown, booked, done, chips)
    else:
        mine: dict[int, list[Due]] = defaultdict(list)
        for due in shown:
            for user, _seat in facts.seats.get(due.assessment.pk, ()):
                mine[user].append(due)
        rows = [
            _person_row(facts, person, days, mine[person.user_id], booked, done, chips)
            for person in facts.people
        ]
    listed = tuple(sorted(chips.values(), key=lambda chip: (chip.starts_on, chip.name)))
    return Board(first, last, days, tuple(rows), len(shown), listed)


def _off(facts: Facts, day: date) -> str:
    if day.weekday() in facts.calendar.rest_weekdays:
        return "off"
    return "" if facts.calendar.is_working_day(day) else "hol"


def _chip(
    facts: Facts,
    due: Due,
    names: dict[int, str],
    selected: UUID | None,
    clashing: frozenset[str],
) -> Chip:
    from django.urls import reverse

    row = due.assessment
    assert row.starts_on is not None  # noqa: S101  # only scheduled visits come here
    return Chip(
        kind="pr" if row.pk == selected else "as",
        code=row.code,
        name=row.factory.name,
        url=reverse("planner:envelope", args=[row.pk]),
        starts_on=row.starts_on,
        ends_on=row.ends_on or row.starts_on,
        assessment_id=str(row.pk),
        is_locked=due.is_locked,
        is_clash=str(row.factory_id) in clashing,
        people=tuple(
            names.get(user, "")
            for user, _seat in sorted(
                facts.seats.get(row.pk, ()), key=lambda seat: (seat[1] != "lead", seat[0])
            )
        ),
        region=row.factory.region,
    )


def _announced(each: Booked) -> Chip:
    return Chip(
        kind="ad",
        code="",
        name=each.factory_name,
        url=each.url,
        starts_on=each.day,
        ends_on=each.day,
        is_confirmed=each.is_confirmed,
    )


def _held(each: Held) -> Chip:
    from django.urls import reverse

    return Chip(
        kind="dn",
        code=each.code,
        name=each.factory_name,
        url=reverse("assessments:detail", args=[each.assessment_id]),
        starts_on=min(each.days),
        ends_on=max(each.days),
        region=each.region,
    )


def _person_row(
    facts: Facts,
    person: Person,
    days: Sequence[Day],
    shown: Sequence[Due],
    booked: Sequence[Booked],
    done: Sequence[Held],
    chips: dict[UUID, Chip],
) -> Row:
    at: dict[date, list[Chip]] = defaultdict(list)
    mine = 0
    for due in shown:
        chip = chips[due.assessment.pk]
        at[max(chip.starts_on, days[0].day)].append(chip)
        mine += sum(chip.starts_on <= each.day <= chip.ends_on for each in days)
    for each in booked:
        if each.user_id == person.user_id:
            at[each.day].append(_announced(each))
    own = [one for one in done if one.user_id == person.user_id]
    for one in own:
        chip = _held(one)
        at[max(chip.starts_on, days[0].day)].append(chip)
    kinds = {
        day: absence
        for absence in person.absences
        for day in plan_facts.days_of(absence.first_day, absence.last_day)
    }
    held = sum(days[0].day <= day <= days[-1].day for one in own for day in one.days)
    months = {(each.day.year, each.day.month) for each in days}
    return Row(
        key=str(person.user_id),
        name=person.name,
        second=person.region,
        is_lead=person.can_lead,
        cells=tuple(_cells(days, at, kinds)),
        booked=mine + held,
        available=person.days_a_month if len(months) == 1 and len(days) > 7 else None,
    )


def _cells(
    days: Sequence[Day], at: Mapping[date, list[Chip]], absences: Mapping[date, Absence]
) -> Iterable[Cell]:
    """A row's cells: visits and absences over their days, and runs of empty days between them."""
    index, empty = 0, []
    while index < len(days):
        day = days[index]
        found, absence = at.get(day.day), absences.get(day.day)
        if not found and absence is None:
            empty.append(day)
            index += 1
            continue
        if empty:
            yield _empty(empty)
            empty = []
        span = 1
        last = max((chip.ends_on for chip in found), default=day.day) if found else day.day
        while index + span < len(days):
            coming = days[index + span].day
            if at.get(coming):
                break
            if not (coming <= last if found else absences.get(coming) is absence):
                break
            span += 1
        if found:
            yield Cell(day.day, span, day.off, chips=tuple(found))
        elif absence is not None:
            yield Cell(day.day, span, "lv", text=str(absence.get_kind_display()))
        index += span
    if empty:
        yield _empty(empty)


def _empty(days: Sequence[Day]) -> Cell:
    cells = [
        format_html('<td class="{}" data-day="{}"></td>', each.off, each.day.isoformat())
        if each.off
        else format_html('<td data-day="{}"></td>', each.day.isoformat())
        for each in days
    ]
    html = format_html_join("", "{}", ((cell,) for cell in cells))
    return Cell(days[0].day, len(days), html=html)


def _regions(
    facts: Facts,
    days: Sequence[Day],
    shown: Sequence[Due],
    booked: Sequence[Booked],
    done: Sequence[Held],
    chips: dict[UUID, Chip],
) -> list[Row]:
    """A row a region: chips stand at the first day shown, several in one cell."""
    at: dict[str, dict[date, list[Chip]]] = defaultdict(lambda: defaultdict(list))
    count: Counter[str] = Counter()
    for due in shown:
        chip, region = chips[due.assessment.pk], due.assessment.factory.region
        at[region][max(chip.starts_on, days[0].day)].append(chip)
        count[region] += sum(chip.starts_on <= each.day <= chip.ends_on for each in days)
    for each in booked:
        at[each.region][each.day].append(_announced(each))
    for one in {each.assessment_id: each for each in done}.values():
        chip = _held(one)
        at[one.region][max(chip.starts_on, days[0].day)].append(chip)
    return [
        Row(
            key=region,
            name=region,
            second="",
            is_lead=False,
            cells=tuple(_region_cells(days, at[region])),
            booked=count[region],
            available=None,
        )
        for region in sorted(set(at) | set(facts.centres))
    ]


def _region_cells(days: Sequence[Day], at: Mapping[date, list[Chip]]) -> Iterable[Cell]:
    empty: list[Day] = []
    for day in days:
        if not at.get(day.day):
            empty.append(day)
            continue
        if empty:
            yield _empty(empty)
            empty = []
        yield Cell(day.day, 1, day.off, chips=tuple(at[day.day]))
    if empty:
        yield _empty(empty)


# -- one envelope ----------------------------------------------------------------------------------


def team_of(facts: Facts, due: Due) -> tuple[Person | None, Person | None]:
    seats = facts.seats.get(due.assessment.pk, ())
    lead = next((user for user, seat in seats if seat == "lead"), None)
    other = next((user for user, seat in seats if seat != "lead"), None)
    return (
        facts.person(lead) if lead is not None else None,
        facts.person(other) if other is not None else None,
    )


def journeys(facts: Facts, due: Due, people: Iterable[Person | None]) -> list[tuple[str, int, int]]:
    """How far each of the team has to come: kilometres and minutes, where both places are known."""
    there = plan_facts.place_of_factory(facts, due.assessment.factory)
    found = []
    for person in people:
        if person is None:
            continue
        here = plan_facts.place_of_person(facts, person)
        if None in (here.latitude, here.longitude, there.latitude, there.longitude):
            continue
        km = distance_km(
            (here.latitude or 0.0, here.longitude or 0.0),
            (there.latitude or 0.0, there.longitude or 0.0),
        )
        found.append((person.name, round(km), travel_minutes(km)))
    return found


def booked_days(facts: Facts, person: Person, month: date, *, but_not: UUID) -> int:
    """Assessment days of one person in the month of a day, a visit left out. No query."""
    days = [
        day
        for due in facts.due
        if due.assessment.pk != but_not
        and due.assessment.starts_on
        and due.assessment.ends_on
        and any(user == person.user_id for user, _seat in facts.seats.get(due.assessment.pk, ()))
        for day in plan_facts.days_of(due.assessment.starts_on, due.assessment.ends_on)
    ]
    days += [day for each in facts.held if each.user_id == person.user_id for day in each.days]
    return sum((day.year, day.month) == (month.year, month.month) for day in days)


# -- forecast and guesses --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MonthForecast:
    month: date
    booked: int  # assessment days sealed or held, a day a person
    waiting: int  # days of visits without a day yet whose window lies mostly here
    later: int  # days of reassessments of cycles that have not begun
    available: int
    lead_available: int

    @property
    def needed(self) -> int:
        return self.booked + self.waiting + self.later

    @property
    def share(self) -> float:
        return self.needed / self.available if self.available else float(bool(self.needed))

    @property
    def is_tight(self) -> bool:
        return self.share > 0.9


def forecast(
    facts: Facts, later: Iterable[tuple[date, int]] = (), *, months: int = 12
) -> list[MonthForecast]:
    """Days needed against days available, month by month. No query."""
    start = facts.today.replace(day=1)
    keys = []
    for _each in range(months):
        keys.append(start)
        start = (start + timedelta(days=32)).replace(day=1)
    booked: Counter[date] = Counter()
    waiting: Counter[date] = Counter()
    for due in facts.due:
        row = due.assessment
        if row.starts_on and row.ends_on:
            seats = len(facts.seats.get(row.pk, ())) or 2
            for day in plan_facts.days_of(row.starts_on, row.ends_on):
                booked[day.replace(day=1)] += seats
        elif due.opens_on and due.closes_on:
            middle = due.opens_on + (due.closes_on - due.opens_on) / 2
            waiting[max(middle, facts.today).replace(day=1)] += due.proposal.effort().person_days
    for each in facts.held:
        for day in each.days:
            booked[day.replace(day=1)] += 1
    coming: Counter[date] = Counter()
    for day, person_days in later:
        coming[day.replace(day=1)] += person_days
    found = []
    for month in keys:
        after = (month + timedelta(days=32)).replace(day=1)
        working = [
            day
            for day in plan_facts.days_of(month, after - timedelta(days=1))
            if facts.calendar.is_working_day(day)
        ]
        free = {
            person.user_id: min(person.days_a_month, sum(day not in person.away for day in working))
            for person in facts.people
        }
        leads = sum(free[person.user_id] for person in facts.people if person.can_lead)
        found.append(
            MonthForecast(
                month, booked[month], waiting[month], coming[month], sum(free.values()), leads
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Guess:
    """What somebody who sees past visits could guess by: counts, not dates."""

    # weekday, starts in the last and coming 12 months, and those that chance lets expect
    weekdays: tuple[tuple[int, int, float], ...]
    intervals: tuple[int, int] | None  # shortest and longest days between two assessments
    least_dates: int | None
    few: int
    starts: int = 0
    is_weekday_pattern: bool = False
    intervals_known: int = field(default=0)


NEAR = timedelta(days=30)  # where the window is not kept: as far on both sides of a visit


def guess(facts: Facts, past: Sequence[tuple[UUID, date, date]]) -> Guess:
    """Patterns in start days and intervals. `past`: factory, first and last day of those held."""
    since = facts.today - timedelta(days=365)
    is_working_day = working_day_test(facts.programme)
    starts, spans = [], []

    def is_compared(first: date, last: date) -> bool:
        # Not a visit on days the country rests: of a factory, or a calendar, with other rest days.
        return all(is_working_day(day) for day in plan_facts.days_of(first, last))

    for _factory, on, until in past:
        if on >= since and is_compared(on, until):
            starts.append(on)
            spans.append(Span(on - NEAR, on + NEAR, (until - on).days + 1))
    for due in facts.due:
        row, plan = due.assessment, due.plan
        if row.starts_on and row.ends_on and is_compared(row.starts_on, row.ends_on):
            starts.append(row.starts_on)
            first, last = row.starts_on - NEAR, row.starts_on + NEAR
            if plan is not None and not plan.is_by_hand and plan.window_first and plan.window_last:
                first, last = plan.window_first, plan.window_last
            spans.append(Span(first, last, (row.ends_on - row.starts_on).days + 1))
    expected = expected_starts(spans, is_working_day)
    counts = Counter(day.weekday() for day in starts)
    weekdays = [day for day in range(7) if day not in facts.calendar.rest_weekdays]
    order = sorted(weekdays, key=lambda day: (day - _first_weekday(facts)) % 7)
    by_factory: dict[UUID, list[date]] = defaultdict(list)
    for factory, on, _until in past:
        by_factory[factory].append(on)
    gaps = []
    for days in by_factory.values():
        days.sort()
        gaps += [(later - sooner).days for sooner, later in pairwise(days)]
    drawn = [
        due.plan.legal_dates
        for due in facts.due
        if due.is_scheduled
        and due.plan is not None
        and not due.plan.is_by_hand
        and due.plan.legal_dates
    ]
    return Guess(
        weekdays=tuple((day, counts[day], expected.get(day, 0.0)) for day in order),
        intervals=(min(gaps), max(gaps)) if gaps else None,
        least_dates=min(drawn, default=None),
        few=sum(n < facts.settings.few_dates for n in drawn),
        starts=len(starts),
        is_weekday_pattern=is_pattern(counts, expected),
        intervals_known=len(gaps),
    )


def _first_weekday(facts: Facts) -> int:
    """The first working weekday after the weekly rest."""
    rest = facts.calendar.rest_weekdays
    for day in range(7):
        if day not in rest and (day - 1) % 7 in rest:
            return day
    return 0


# -- rows of the database --------------------------------------------------------------------------


def held_visits() -> list[tuple[UUID, date, date]]:
    """Factory, first and last day of each assessment that began: one query."""
    rows = Assessment.objects.filter(sealed=False, checked_in_at__isnull=False)
    told = rows.values_list("factory_id", "starts_on", "ends_on")
    return [(factory, first, last or first) for factory, first, last in told if first]


def waiting_runs() -> list[PlanRun]:
    """Diffs that wait for a planner, the newest first, with their changes."""
    rows = PlanRun.objects.filter(state=PlanRun.State.WAITING).prefetch_related("changes")
    return list(rows)


def last_runs(most: int = 20) -> list[PlanRun]:
    return list(PlanRun.objects.select_related("requested_by")[:most])


def unplaced_reasons() -> dict[UUID, PlanChange]:
    """The latest word on each visit that could not be placed, by assessment: one query."""
    rows = (
        PlanChange.objects.filter(
            kind__in=[PlanChange.Kind.UNPLACED, PlanChange.Kind.LOST],
            assessment__starts_on__isnull=True,
        )
        .select_related("run")
        .order_by("run__started_at")
    )
    return {row.assessment_id: row for row in rows}


def to_repeat() -> list[Assessment]:
    """Visits put off or refused whose cycle goes on without another attempt: one query."""
    others = Assessment.objects.filter(cycle_id=OuterRef("cycle_id"))
    rows = (
        Assessment.objects.filter(
            ~Exists(others.exclude(status__in=ENDED)),
            status__in=REPEATED,
            cycle__ends_on__isnull=True,
            factory__status=Factory.Status.ACTIVE,
            factory__merged_into__isnull=True,
        )
        .select_related("factory")
        .order_by("starts_on", "pk")
    )
    newest = {row.cycle_id: row for row in rows}
    return sorted(newest.values(), key=lambda row: row.factory.name)


def names_of(facts: Facts) -> dict[str, str]:
    return {str(person.user_id): person.name for person in facts.people}


def by_factory(breaches: Iterable[Breach]) -> dict[str, list[Breach]]:
    found: dict[str, list[Breach]] = defaultdict(list)
    for each in breaches:
        if each.factory_id:
            found[each.factory_id].append(each)
    return found
