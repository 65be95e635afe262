"""Everything a plan rests on, read in a constant number of queries. For the planner's eyes only.

Ids of the problem are those of factories and people as text. Nothing here is cached: a fact that
tells of a sealed visit must not outlive the transaction that read it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from assessments import bookings
from assessments.country_days import free_days
from assessments.models import (
    Absence,
    AccessRefusal,
    Assessment,
    AssessmentMember,
    AssessorProfile,
    ConflictOfInterest,
    FactoryClosure,
    VisitPlan,
)
from assessments.people_facts import egregious_factories, modality_settings, planning_settings
from assessments.rules.modality import (
    Modality,
    ModalityFacts,
    ModalitySettings,
    Proposal,
    propose_modality,
    visit_days,
)
from assessments.rules.planning.problem import (
    Assessor,
    Booking,
    BookingKind,
    Calendar,
    Place,
    PlacedVisit,
    PlanningSettings,
    Problem,
)
from assessments.rules.planning.problem import Factory as PlannedFactory
from betterwork.accounts.models import Membership, Role
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import EngagementCycle, Factory
from factories.rules.windows import Window, assessment_window
from factories.selectors.cycles import cycle_facts, cycle_settings

_Status = Assessment.Status
LIVE = (_Status.PLANNED,)
HELD = (
    _Status.IN_PROGRESS,
    _Status.SUBMITTED,
    _Status.QUALITY_REVIEW,
    _Status.FACTORY_REVIEW,
    _Status.RELEASED,
    _Status.ACCESS_REFUSED,  # the days were spent
)


@dataclass(frozen=True, slots=True)
class Due:
    """One assessment a plan is to give, or has given, its days: with its window and proposal."""

    assessment: Assessment
    window: Window | None
    opens_on: date | None
    closes_on: date | None
    proposal: Proposal
    plan: VisitPlan | None
    refusals: int
    advisor_id: int | None

    @property
    def factory_id(self) -> UUID:
        found: UUID = self.assessment.factory_id
        return found

    @property
    def is_scheduled(self) -> bool:
        return self.assessment.starts_on is not None

    @property
    def is_locked(self) -> bool:
        return self.plan is not None and self.plan.is_locked

    @property
    def is_gone(self) -> bool:
        """The factory has left, was merged into another, or the cycle is over: a visit to cancel.

        Nobody who ends these is told of the visit, so only a planner can.
        """
        factory = self.assessment.factory
        return (
            factory.status != Factory.Status.ACTIVE
            or factory.merged_into_id is not None
            or self.assessment.cycle.ends_on is not None
        )


@dataclass(frozen=True, slots=True)
class Person:
    """One advisor as planning sees them."""

    user_id: int
    name: str
    profile: AssessorProfile | None
    can_lead: bool
    days_a_month: int
    away: frozenset[date]
    absences: tuple[Absence, ...] = ()

    @property
    def region(self) -> str:
        return self.profile.base_region if self.profile else ""


@dataclass(frozen=True, slots=True)
class Held:
    """One assessor's days of an assessment that was held, or begun: no secret any more."""

    user_id: int
    days: frozenset[date]
    assessment_id: UUID
    code: str
    factory_name: str
    region: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a programme's planning on one day."""

    programme: Programme
    today: date
    first: date
    last: date
    settings: PlanningSettings
    rules: ModalitySettings
    calendar: Calendar
    people: tuple[Person, ...]
    due: tuple[Due, ...]
    seats: dict[UUID, tuple[tuple[int, str], ...]]  # assessment -> (user, position)
    closures: dict[UUID, tuple[FactoryClosure, ...]]
    centres: dict[str, tuple[float, float]]
    booked: tuple[bookings.Booked, ...]
    held: tuple[Held, ...]
    previous_teams: dict[UUID, frozenset[int]]
    conflicts: dict[UUID, frozenset[int]]

    def person(self, user_id: int) -> Person | None:
        return next((each for each in self.people if each.user_id == user_id), None)

    def one(self, assessment_id: UUID) -> Due | None:
        return next((each for each in self.due if each.assessment.pk == assessment_id), None)


def working_calendar(programme: Programme, first: date, last: date) -> Calendar:
    """The country's rest weekdays and holidays between two days, and a year around them."""
    rest = frozenset(programme.weekly_rest or ())
    if len(rest) >= 7:
        rest = frozenset()
    return Calendar(rest, free_days(programme, list(days_of(first, last))))


def read(*, today: date, last: date | None = None) -> Facts:
    """Read what the programme in scope is to be planned by. A constant number of queries."""
    programme = Programme.objects.get(pk=scope.current_programme())
    settings = planning_settings()
    last = last or today + timedelta(days=settings.horizon_days)
    first = today.replace(day=1)
    people = _people(programme, settings, first, last)
    has_profiles = any(person.profile for person in people)
    rules = modality_settings(has_profiles=has_profiles)
    closures: dict[UUID, list[FactoryClosure]] = defaultdict(list)
    for closure in FactoryClosure.objects.filter(withdrawn_at__isnull=True, last_day__gte=first):
        closures[closure.factory_id].append(closure)
    refused: dict[UUID, list[date]] = defaultdict(list)
    for cycle_id, on in AccessRefusal.objects.values_list("cycle_id", "refused_on"):
        refused[cycle_id].append(on)
    due = tuple(_due(today, settings, rules, closures, refused))
    live = {each.assessment.pk for each in due}
    seats: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    rows = AssessmentMember.objects.filter(
        assessment__in=Assessment.objects.filter(status__in=LIVE)
    ).exclude(position=AssessmentMember.Position.OBSERVER)
    for key, user, position in rows.values_list("assessment_id", "user_id", "position"):
        seats[key].append((user, position))
    factories = {each.factory_id for each in due}
    return Facts(
        programme=programme,
        today=today,
        first=first,
        last=last,
        settings=settings,
        rules=rules,
        calendar=working_calendar(programme, first, last + timedelta(days=62)),
        people=people,
        due=due,
        seats={key: tuple(found) for key, found in seats.items() if key in live},
        closures={key: tuple(found) for key, found in closures.items()},
        centres=_centres(),
        booked=tuple(bookings.booked(first, last)),
        held=_held(first),
        previous_teams=_previous_teams(),
        conflicts=_conflicts(factories),
    )


def _people(
    programme: Programme, settings: PlanningSettings, first: date, last: date
) -> tuple[Person, ...]:
    hats = Membership.objects.filter(
        role=Role.ADVISOR, programme=programme, ended_at__isnull=True, user__is_active=True
    ).select_related("user")
    profiles = {row.user_id: row for row in AssessorProfile.objects.all()}
    has_leads = any(row.may_lead for row in profiles.values())
    absences: dict[int, list[Absence]] = defaultdict(list)
    for row in Absence.objects.filter(
        withdrawn_at__isnull=True, last_day__gte=first, first_day__lte=last
    ):
        absences[row.user_id].append(row)
    found = {}
    for hat in hats:
        profile = profiles.get(hat.user_id)
        if profile is not None and not profile.is_available:
            continue
        away = {
            day for row in absences[hat.user_id] for day in days_of(row.first_day, row.last_day)
        }
        found[hat.user_id] = Person(
            user_id=hat.user_id,
            name=str(hat.user),
            profile=profile,
            # Before a planner has named the first lead everybody may: nothing is known yet.
            can_lead=not has_leads or (profile is not None and profile.may_lead),
            days_a_month=profile.days_a_month if profile else settings.monthly_days,
            away=frozenset(away),
            absences=tuple(absences[hat.user_id]),
        )
    return tuple(sorted(found.values(), key=lambda each: (each.name, each.user_id)))


def _due(
    today: date,
    settings: PlanningSettings,
    rules: ModalitySettings,
    closures: dict[UUID, list[FactoryClosure]],
    refused: dict[UUID, list[date]],
) -> Iterable[Due]:
    """Every planned assessment of an open cycle, scheduled or not."""
    rows = list(
        Assessment.objects.filter(status__in=LIVE)
        .select_related("factory", "cycle", "visit_plan", "programme")
        .order_by("factory__name", "pk")
    )
    egregious = egregious_factories()
    cycles = []
    for row in rows:
        row.cycle.factory, row.cycle.programme = row.factory, row.programme
        cycles.append(row.cycle)
    known = cycle_facts(cycles)
    numbers = cycle_settings(today)
    for row in rows:
        window = assessment_window(known[row.cycle_id], numbers)
        plan = getattr(row, "visit_plan", None)
        opens = window.opens_on if window else None
        closes = window.closes_on if window else None
        times = refused.get(row.cycle_id, [])
        if times:
            opens = max(times) + timedelta(days=settings.second_attempt_from)
            closes = max(times) + timedelta(days=settings.second_attempt_to)
        if plan is not None and plan.widened_to is not None:
            closes = max(closes or plan.widened_to, plan.widened_to)
            opens = min(opens, closes) if opens else today
        proposal = propose_modality(
            ModalityFacts(
                row.cycle_number,
                row.factory_id in egregious,
                _is_prevented(closures.get(row.factory_id, ()), opens, closes, today),
                row.factory.worker_count or None,
            ),
            rules,
        )
        yield Due(row, window, opens, closes, proposal, plan, len(times), row.factory.advisor_id)


def _is_prevented(
    closures: Sequence[FactoryClosure], opens: date | None, closes: date | None, today: date
) -> bool:
    """Force majeure covers all that is left of the window."""
    if opens is None or closes is None:
        return False
    start = max(opens, today)
    return any(
        each.kind == FactoryClosure.Kind.FORCE_MAJEURE
        and each.first_day <= start
        and closes <= each.last_day
        for each in closures
    )


def _held(first: date) -> tuple[Held, ...]:
    """Days of assessments that were held, or begun, from a day on: they count in their month."""
    rows = AssessmentMember.objects.filter(
        assessment__status__in=HELD, assessment__ends_on__gte=first
    ).exclude(position=AssessmentMember.Position.OBSERVER)
    return tuple(
        Held(user, frozenset(days_of(start, end)), pk, code, name, region)
        for user, start, end, pk, code, name, region in rows.values_list(
            "user_id", "assessment__starts_on", "assessment__ends_on", "assessment_id",
            "assessment__code", "assessment__factory__name", "assessment__factory__region",
        )
        if start and end
    )  # fmt: skip


def _previous_teams() -> dict[UUID, frozenset[int]]:
    """The team of each factory's last assessment that was held, not put off: one query."""
    later = Assessment.objects.filter(
        factory=OuterRef("assessment__factory"),
        sealed=False,
        checked_in_at__gt=OuterRef("assessment__checked_in_at"),
    ).exclude(status=_Status.POSTPONED)
    rows = (
        AssessmentMember.objects.filter(
            ~Exists(later), assessment__checked_in_at__isnull=False, assessment__sealed=False
        )
        .exclude(assessment__status=_Status.POSTPONED)
        .exclude(position=AssessmentMember.Position.OBSERVER)
    )
    found: dict[UUID, set[int]] = defaultdict(set)
    for factory_id, user in rows.values_list("assessment__factory_id", "user_id"):
        found[factory_id].add(user)
    return {key: frozenset(users) for key, users in found.items()}


def _conflicts(factories: set[UUID]) -> dict[UUID, frozenset[int]]:
    found: dict[UUID, set[int]] = defaultdict(set)
    for factory_id, user in ConflictOfInterest.objects.filter(ended_on__isnull=True).values_list(
        "factory_id", "user_id"
    ):
        if factory_id in factories:
            found[factory_id].add(user)
    return {key: frozenset(users) for key, users in found.items()}


def _centres() -> dict[str, tuple[float, float]]:
    """The middle of each region's factories: where somebody based there is taken to start."""
    sums: dict[str, list[float]] = {}
    rows = Factory.objects.filter(latitude__isnull=False, merged_into__isnull=True).exclude(
        region=""
    )
    for region, north, east in rows.values_list("region", "latitude", "longitude"):
        found = sums.setdefault(region, [0.0, 0.0, 0])
        found[0] += float(north or 0)
        found[1] += float(east or 0)
        found[2] += 1
    return {region: (north / n, east / n) for region, (north, east, n) in sums.items()}


def days_of(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


# -- the problem of the planner --------------------------------------------------------------------


def place_of_factory(facts: Facts, factory: Factory) -> Place:
    if factory.latitude is not None and factory.longitude is not None:
        return Place(factory.region, float(factory.latitude), float(factory.longitude))
    return _centre(facts, factory.region)


def place_of_person(facts: Facts, person: Person) -> Place:
    profile = person.profile
    if profile is not None and profile.latitude is not None and profile.longitude is not None:
        return Place(profile.base_region, float(profile.latitude), float(profile.longitude))
    return _centre(facts, person.region)


def _centre(facts: Facts, region: str) -> Place:
    north, east = facts.centres.get(region, (None, None))
    return Place(region, north, east)


def modality_of(due: Due) -> Modality:
    return Modality(due.assessment.modality)


def planned_factory(facts: Facts, due: Due) -> PlannedFactory | None:
    """The factory as the planner is told of it; None where its window cannot be known yet."""
    if due.opens_on is None or due.closes_on is None:
        return None
    factory: Factory = due.assessment.factory
    closed: set[date] = set()
    peak: set[date] = set()
    for closure in facts.closures.get(factory.pk, ()):
        days = days_of(closure.first_day, min(closure.last_day, facts.last + timedelta(days=62)))
        (peak if closure.kind == FactoryClosure.Kind.PEAK_SEASON else closed).update(days)
    modality = modality_of(due)
    length = visit_days(modality, factory.worker_count or None, facts.rules)
    if due.is_scheduled and due.assessment.ends_on and due.assessment.starts_on:
        length = (due.assessment.ends_on - due.assessment.starts_on).days + 1
    return PlannedFactory(
        id=str(factory.pk),
        place=place_of_factory(facts, factory),
        opens_on=due.opens_on,
        closes_on=due.closes_on,
        visit_days=length,
        modality=modality,
        rest_weekdays=frozenset(factory.weekly_rest or ()),
        closed_days=frozenset(closed),
        peak_days=frozenset(peak),
        languages=frozenset(factory.languages or ()),
        advisors=frozenset({str(factory.advisor_id)} if factory.advisor_id else ()),
        previous_team=frozenset(map(str, facts.previous_teams.get(factory.pk, ()))),
        conflicts=frozenset(map(str, facts.conflicts.get(factory.pk, ()))),
    )


def placed_visit(facts: Facts, due: Due) -> PlacedVisit | None:
    """The visit as it stands, if it has days and a lead."""
    row = due.assessment
    if row.starts_on is None or row.ends_on is None:
        return None
    team = facts.seats.get(row.pk, ())
    lead = next((str(user) for user, position in team if position == "lead"), None)
    others = [str(user) for user, position in team if position != "lead"]
    if lead is None:
        return None
    plan = due.plan
    return PlacedVisit(
        factory_id=str(row.factory_id),
        days=tuple(days_of(row.starts_on, row.ends_on)),
        lead_id=lead,
        second_id=others[0] if others else None,
        possible_dates=plan.legal_dates if plan else 0,
        bits=(plan.entropy_bits or 0.0) if plan else 0.0,
        is_locked=True,
    )


def build_problem(facts: Facts, *, due: Iterable[Due] | None = None) -> Problem:
    """The problem of placing `due` (by default what has no day yet), all else as it stands.

    Visits that have their day are locked: the planner never moves them.
    """
    wanted = [
        each
        for each in (facts.due if due is None else due)
        if not each.is_scheduled and not each.is_gone
    ]
    factories = [found for each in wanted if (found := planned_factory(facts, each))]
    return problem_of(facts, factories, locked_of(facts))


def locked_of(facts: Facts) -> tuple[PlacedVisit, ...]:
    return tuple(found for each in facts.due if (found := placed_visit(facts, each)))


def problem_of(
    facts: Facts, factories: Sequence[PlannedFactory], locked: Sequence[PlacedVisit]
) -> Problem:
    taken = [
        Booking(str(each.user_id), frozenset({each.day}), BookingKind.ADVISORY)
        for each in facts.booked
    ]
    taken += [Booking(str(each.user_id), each.days, BookingKind.ASSESSMENT) for each in facts.held]
    return Problem(
        today=facts.today,
        calendar=facts.calendar,
        factories=tuple(factories),
        assessors=tuple(assessors_of(facts)),
        bookings=tuple(taken),
        locked=tuple(locked),
        settings=facts.settings,
        rules=facts.rules,
    )


def assessors_of(facts: Facts) -> Iterable[Assessor]:
    for person in facts.people:
        profile = person.profile
        yield Assessor(
            id=str(person.user_id),
            home=place_of_person(facts, person),
            can_lead=person.can_lead,
            is_osh_skilled=bool(profile and profile.has_osh),
            languages=frozenset(profile.languages if profile else ()),
            sex=(profile.sex or None) if profile else None,
            monthly_days=person.days_a_month,
            away=person.away,
        )


def digest(problem: Problem) -> str:
    """Tells two problems apart: a plan is stored only on the facts it was made from."""
    parts = [
        repr(problem.today),
        repr(sorted(problem.calendar.rest_weekdays)),
        repr(sorted(problem.calendar.holidays)),
        repr(sorted(_flat(each) for each in problem.factories)),
        repr(sorted(_flat(each) for each in problem.assessors)),
        repr(sorted(_flat(each) for each in problem.bookings)),
        repr(sorted(_flat(each) for each in problem.locked)),
        repr(problem.settings),
        repr(problem.rules),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _flat(thing: Any) -> str:
    """A text of a frozen value in which sets stand in order."""
    names = thing.__dataclass_fields__
    found = []
    for name in names:
        value = getattr(thing, name)
        found.append(repr(sorted(value)) if isinstance(value, frozenset) else repr(value))
    return "|".join(found)


def open_cycles(today: date) -> Any:
    """Open cycles of active factories without a live assessment, nor one a person has ended."""
    of_cycle = Assessment.objects.filter(cycle_id=OuterRef("pk"))
    return EngagementCycle.objects.filter(
        ~Exists(of_cycle),
        Q(ends_on__isnull=True),
        starts_on__lte=today,
        factory__status=Factory.Status.ACTIVE,
        factory__merged_into__isnull=True,
    ).select_related("factory", "programme")
