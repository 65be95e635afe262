"""What the team rules ask of people: who may sit, what they speak, what ties and what load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    CharField,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)

from assessments.models import (
    Answer,
    Assessment,
    AssessmentMember,
    AssessorProfile,
    ConflictOfInterest,
    Outcome,
)
from assessments.rules.modality import (
    Assessor,
    Check,
    ModalitySettings,
    Strictness,
    TeamFacts,
    check_team,
)
from assessments.rules.planning.problem import PlanningSettings
from assessments.rules.travel import distance_km, travel_hops
from betterwork.accounts.models import Membership, Role
from betterwork.tenancy import scope
from betterwork.tenancy.selectors import settings_values
from factories.models import Factory
from factories.selectors.factories import entries_of

ZERO_TOLERANCE = "zero_tolerance"
_ENDED = ("cancelled", "postponed", "access_refused")


@dataclass(frozen=True, slots=True)
class Member:
    user_id: int
    has_profile: bool
    may_lead: bool
    has_osh: bool
    languages: frozenset[str]
    sex: str | None
    region: str
    latitude: float | None
    longitude: float | None
    has_conflict: bool
    booked_days: int


@dataclass(frozen=True, slots=True)
class Team:
    """members: by user id, only those who are advisors of the programme. mean_booked_days: over
    all its advisors in that month. has_profiles: whether the programme keeps profiles at all.
    has_leads: whether any of them names a lead. previous: ids of who assessed the factory last."""

    members: dict[int, Member]
    has_profiles: bool
    has_leads: bool
    mean_booked_days: int | None
    previous: frozenset[str] = frozenset()


def modality_settings(*, has_profiles: bool) -> ModalitySettings:
    """The programme's rules. Those that rest on what advisors tell of themselves come on with the
    first profile: a rule without its fact would only ever fail."""
    settings = ModalitySettings.from_mapping(settings_values().get("modality", {}))
    if has_profiles:
        return settings
    off = Strictness.OFF
    return replace(
        settings,
        language_rule=off,
        both_sexes_rule=off,
        osh_rule=off,
        travel_rule=off,
        load_rule=off,
    )


def planning_settings() -> PlanningSettings:
    return PlanningSettings.from_mapping(settings_values().get("planning", {}))


def egregious_answers(factory: Any) -> QuerySet[Answer]:
    """Non-compliances of zero tolerance in the factory's last assessment."""
    return _of_last_assessment().filter(assessment__factory_id=factory)


def egregious_factories() -> frozenset[Any]:
    """Factories whose last assessment holds a non-compliance of zero tolerance: one query."""
    rows = _of_last_assessment().values_list("assessment__factory_id", flat=True)
    return frozenset(rows.distinct())


def _of_last_assessment() -> QuerySet[Answer]:
    later = Assessment.objects.filter(
        factory=OuterRef("assessment__factory"),
        sealed=False,
        checked_in_at__gt=OuterRef("assessment__checked_in_at"),
    )
    return Answer.objects.filter(
        ~Exists(later),
        outcome=Outcome.NON_COMPLIANT,
        question__tags__contains=[ZERO_TOLERANCE],
        assessment__sealed=False,
        assessment__checked_in_at__isnull=False,
    )


def team_facts(people: Sequence[int], factory: Factory, on: date, *, but_not: Any = None) -> Team:
    """What is known of the proposed team, in one query."""
    if not people:
        return Team({}, has_profiles=False, has_leads=False, mean_booked_days=None)
    first = on.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    seats = (
        AssessmentMember.objects.order_by()
        .filter(assessment__starts_on__gte=first, assessment__starts_on__lt=after)
        .exclude(assessment__status__in=_ENDED)
        .exclude(assessment_id=but_not)
    )
    length = ExpressionWrapper(
        F("assessment__ends_on") - F("assessment__starts_on"), output_field=DurationField()
    )
    of_one = seats.filter(user_id=OuterRef("user_id")).values("user_id")
    of_all = seats.values("programme_id")
    profile = AssessorProfile.objects.filter(user_id=OuterRef("user_id"))
    before = previous_seats(factory, but_not).order_by().values("user_id")
    hats = Membership.objects.filter(
        user_id__in=people,
        role=Role.ADVISOR,
        programme_id=scope.current_programme(),
        ended_at__isnull=True,
    ).annotate(
        profile_id=Subquery(profile.values("pk")),
        may_lead=Subquery(profile.values("may_lead")),
        has_osh=Subquery(profile.values("has_osh")),
        languages=ArraySubquery(_spoken()),
        sex=Subquery(profile.values("sex")),
        region=Subquery(profile.values("base_region")),
        latitude=Subquery(profile.values("latitude")),
        longitude=Subquery(profile.values("longitude")),
        has_profiles=Exists(AssessorProfile.objects.all()),
        has_leads=Exists(AssessorProfile.objects.filter(may_lead=True)),
        has_conflict=Exists(
            ConflictOfInterest.objects.filter(
                user_id=OuterRef("user_id"), factory=factory, ended_on__isnull=True
            )
        ),
        visits=Subquery(of_one.annotate(n=Count("pk")).values("n")),
        nights=Subquery(of_one.annotate(n=Sum(length)).values("n")),
        all_visits=Subquery(of_all.annotate(n=Count("pk")).values("n")),
        all_nights=Subquery(of_all.annotate(n=Sum(length)).values("n")),
        colleagues=Subquery(
            Membership.objects.filter(
                role=Role.ADVISOR, programme_id=OuterRef("programme_id"), ended_at__isnull=True
            )
            .order_by()
            .values("programme_id")
            .annotate(n=Count("pk"))
            .values("n")
        ),
        previous=ArraySubquery(before),
    )
    members = {}
    has_profiles, has_leads, mean = False, False, None
    previous: frozenset[str] = frozenset()
    for hat in hats:
        previous = frozenset(map(str, hat.previous))
        has_profiles, has_leads = hat.has_profiles, hat.has_leads
        if hat.colleagues:
            mean = round(_days(hat.all_visits, hat.all_nights) / hat.colleagues)
        members[hat.user_id] = Member(
            user_id=hat.user_id,
            has_profile=hat.profile_id is not None,
            may_lead=bool(hat.may_lead),
            has_osh=bool(hat.has_osh),
            languages=frozenset(hat.languages or ()),
            sex=hat.sex or None,
            region=hat.region or "",
            latitude=None if hat.latitude is None else float(hat.latitude),
            longitude=None if hat.longitude is None else float(hat.longitude),
            has_conflict=hat.has_conflict,
            booked_days=_days(hat.visits, hat.nights),
        )
    return Team(members, has_profiles, has_leads, mean, previous)


def previous_seats(factory: Factory, but_not: Any = None) -> QuerySet[AssessmentMember]:
    """Who assessed the factory last. A visit put off was not held."""
    last = (
        Assessment.objects.filter(factory__in=entries_of(factory), checked_in_at__isnull=False)
        .exclude(pk=but_not)
        .exclude(status=Assessment.Status.POSTPONED)
        .order_by("-starts_on")
        .values("pk")[:1]
    )
    return AssessmentMember.objects.filter(assessment_id__in=last)


def _spoken() -> QuerySet[Any, Any]:
    spoken = Func(F("languages"), function="unnest", output_field=CharField())
    rows = AssessorProfile.objects.filter(user_id=OuterRef("user_id"))
    return rows.annotate(one=spoken).values("one")


def _days(visits: int | None, nights: timedelta | None) -> int:
    return (visits or 0) + (nights.days if nights else 0)


def checks(
    team: Team,
    factory: Factory,
    people: Sequence[int],
    lead_id: int | None,
    *,
    on: date,
) -> tuple[Check, ...]:
    """Every team rule with its result. No query."""
    settings = modality_settings(has_profiles=team.has_profiles)
    far_km = planning_settings().travel_km
    seated = tuple(_assessor(team, user, lead_id, factory, far_km) for user in people)
    facts = TeamFacts(
        assessed_on=on,
        advisors=frozenset({str(factory.advisor_id)} if factory.advisor_id else ()),
        previous_teams=(team.previous,),
        worker_languages=frozenset(factory.languages or ()),
        mean_booked_days=team.mean_booked_days,
    )
    return check_team(seated, facts, settings)


def _assessor(
    team: Team, user: int, lead_id: int | None, factory: Factory, far_km: int
) -> Assessor:
    member = team.members.get(user)
    if member is None:
        return Assessor(user_id=str(user), is_lead=user == lead_id)
    return Assessor(
        user_id=str(user),
        # Who may not lead is no lead; before a planner has named the first lead, anybody may.
        is_lead=user == lead_id and (member.may_lead or not team.has_leads),
        is_osh_skilled=member.has_osh,
        sex=member.sex,
        languages=member.languages,
        has_conflict=member.has_conflict,
        travel_hops=travel_hops(
            member.region, factory.region, distance(member, factory), far_km=far_km
        ),
        booked_days=member.booked_days,
    )


def distance(member: Member, factory: Factory) -> float | None:
    """Kilometres from a base to a factory, where both places are known."""
    if member.latitude is None or member.longitude is None or factory.latitude is None:
        return None
    there = (float(factory.latitude), float(factory.longitude or 0))
    return distance_km((member.latitude, member.longitude), there)
