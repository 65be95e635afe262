"""The demo: three programmes over four cycles, with people for every role and work in every state.

Fictitious throughout. Everything hangs on the day it is loaded, so that clocks run; loading again
does nothing. Facts are written straight to the tables, as an import of history would be; what
happens from then on goes through the services.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from advisory.models import (
    AdvisoryVisit,
    CommitteeMeeting,
    ImprovementPlan,
    MeetingDecision,
    PlanConfirmation,
    PlanEvent,
    PlanEvidence,
    PlanItem,
    ProgressReport,
    SelfDiagnosis,
)
from assessments import summaries
from assessments.models import (
    Answer,
    Assessment,
    AssessmentMember,
    AssessmentStep,
    Evidence,
    FactoryComment,
    ReviewRemark,
    ToolVersion,
)
from assessments.services import plans
from betterwork.accounts.demo import DEMO_PASSWORD
from betterwork.accounts.models import Membership, Role, User
from betterwork.records import files
from betterwork.records.models import TrailEvent
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import (
    Buyer,
    Committee,
    CommitteeElection,
    CommitteeMember,
    CycleFact,
    EngagementCycle,
    Factory,
    FactoryBuyer,
    FactoryContact,
    FactoryStatusChange,
    ManufacturingGroup,
    WorkforceCount,
)
from reporting import services

from . import bulk, depth, names, pictures, planning

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no letters or digits that look alike
# Where the first factories stand in their newest cycle; the others follow the calendar.
LIVE_STATES = (
    "released", "in_progress", "quality_review", "factory_review", "planned", "young",
    "submitted", "unscheduled",
)  # fmt: skip


@dataclass
class World:
    """What is being built for one programme."""

    country: names.Country
    programme: Programme
    today: date
    draw: random.Random  # places and numbers of invented factories; nothing secret hangs on it
    people: dict[str, User] = field(default_factory=dict)
    advisors: list[User] = field(default_factory=list)
    assessors: list[User] = field(default_factory=list)  # advisors without a caseload
    factories: list[Factory] = field(default_factory=list)
    buyers: list[Buyer] = field(default_factory=list)
    groups: list[ManufacturingGroup] = field(default_factory=list)
    gathered: depth.Gathered = field(default_factory=depth.Gathered)
    photos: depth.Photos = field(default_factory=depth.Photos)
    version: ToolVersion | None = None
    points: list[str] = field(default_factory=list)  # of the tool in force


def load(today: date) -> list[str]:
    """Build what is missing; answers the codes of the programmes built just now."""
    built = []
    password = make_password(DEMO_PASSWORD)
    buyers, groups = _organisations()
    for country in names.COUNTRIES:
        with transaction.atomic():  # a programme is there whole or not at all
            if _programme(country, today, password, buyers, groups):
                built.append(country.code)
    if built:
        with scope.platform_scope():
            _people_beyond_programmes(buyers, groups, password)
    for code in built:
        _order_first_report(code)
        _order_first_plan(code)
    return built


def _order_first_report(code: str) -> None:
    """The worker writes it after the first start; loading the demo does not wait for it."""
    with scope.platform_scope():
        programme = Programme.objects.get(code=code)
    with scope.programme_scope(programme.pk):
        newest = Assessment.objects.filter(
            factory__legacy_id=f"{code}1000",
            status="released",  # the programme's first factory
        )
        for assessment in newest.order_by("-released_at")[:1]:
            services.order_reports(assessment_id=assessment.pk, tell=False)


def _order_first_plan(code: str) -> None:
    """The worker plans what has no day yet after the first start, as it does each night."""
    with scope.platform_scope():
        programme = Programme.objects.get(code=code)
    with scope.programme_scope(programme.pk):
        plans.request_plan(by=None, today=timezone.localdate(), cause="hand")


def _programme(
    country: names.Country,
    today: date,
    password: str,
    buyers: list[Buyer],
    groups: list[ManufacturingGroup],
) -> bool:
    with scope.platform_scope():
        programme = Programme.objects.filter(code=country.code).first()
        if programme is None or User.objects.filter(email=_email("manager", country)).exists():
            return False
        world = World(country, programme, today, random.Random(country.code))
        world.buyers, world.groups = buyers, groups
        _people(world, password)
    with scope.programme_scope(programme.pk):
        _factories(world)
    with scope.platform_scope():
        _factory_people(world, password)
    with scope.programme_scope(programme.pk):
        _engagement(world)
        planning.build(
            world.programme,
            world.today,
            people=[*world.advisors, *world.assessors],
            regions=[region for region, _north, _east in country.regions],
            language=country.language,
            working=lambda day: _working(world, day),
        )
    return True


def _organisations() -> tuple[list[Buyer], list[ManufacturingGroup]]:
    with scope.platform_scope():
        buyers = [
            Buyer.objects.get_or_create(
                name=name,
                defaults={"grade": Buyer.Grade.PARTNER if i < 2 else Buyer.Grade.PARTICIPANT},
            )[0]
            for i, name in enumerate(names.BUYERS)
        ]
        groups = [ManufacturingGroup.objects.get_or_create(name=name)[0] for name in names.GROUPS]
    return buyers, groups


# -- people ------------------------------------------------------------------------------------


def _email(role: str, country: names.Country | None) -> str:
    return f"{role.replace('_', '-')}@{country.code.lower() if country else 'world'}.demo.example"


def _person(email: str, name: str, language: str, password: str) -> User:
    user, _made = User.objects.get_or_create(
        email=email,
        defaults={"full_name": name, "language": language, "is_demo": True, "password": password},
    )
    # As accepting an invitation does: else their account would ask them to confirm the address.
    EmailAddress.objects.get_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    return user


def _people(world: World, password: str) -> None:
    country = world.country
    for role in ("manager", "staff", "planner", "cat_editor", "constituent"):
        user = _person(
            _email(role, country), country.people[role], country.staff_language, password
        )
        Membership.objects.create(user=user, role=role, programme=world.programme)
        world.people[role] = user
    for number, name in enumerate(country.advisors, start=1):
        email = _email("advisor" if number == 1 else f"advisor-{number}", country)
        user = _person(email, name, country.staff_language, password)
        Membership.objects.create(user=user, role=Role.ADVISOR, programme=world.programme)
        world.advisors.append(user)
    first = len(country.advisors) + 1
    for number, name in enumerate(country.assessors, start=first):
        email = _email(f"advisor-{number}", country)
        user = _person(email, name, country.staff_language, password)
        Membership.objects.create(user=user, role=Role.ADVISOR, programme=world.programme)
        world.assessors.append(user)
    world.people["advisor"] = world.advisors[0]


def _factory_people(world: World, password: str) -> None:
    """The people of the first factory, and an ambassador for each of the next four."""
    country, first = world.country, world.factories[0]
    for role in ("ambassador", "committee_worker", "committee_management"):
        user = _person(_email(role, country), country.people[role], country.language, password)
        Membership.objects.create(user=user, role=role, programme=world.programme, factory=first)
        world.people[role] = user
    for number, factory in enumerate(world.factories[1:5], start=2):
        name = f"{country.first_names_women[number]} {country.last_names[number]}"
        user = _person(_email(f"ambassador-{number}", country), name, country.language, password)
        Membership.objects.create(
            user=user, role=Role.AMBASSADOR, programme=world.programme, factory=factory
        )


def _people_beyond_programmes(
    buyers: list[Buyer], groups: list[ManufacturingGroup], password: str
) -> None:
    hats: list[tuple[str, str, dict[str, Any]]] = [
        ("group_lead", "Amara Lindqvist", {"group": groups[0]}),
        ("buyer", "Jonas Weber", {"buyer": buyers[0]}),
        ("global", "Ines Carvalho", {}),
    ]
    for role, name, hat in hats:
        user = _person(_email(role, None), name, "en", password)
        Membership.objects.get_or_create(user=user, role=role, ended_at=None, **hat)


# -- factories ---------------------------------------------------------------------------------


def _code(world: World, prefix: str) -> str:
    return prefix + "".join(world.draw.choice(ALPHABET) for _ in range(5))


def _at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour, 0), tzinfo=timezone.get_current_timezone())


def _factories(world: World) -> None:
    country, draw = world.country, world.draw
    for index, name in enumerate((*country.factories, *country.early)):
        region, latitude, longitude = country.regions[index % len(country.regions)]
        workers = draw.randint(350, 3200)
        women = int(workers * draw.uniform(0.45, 0.78))
        joined = _joined(world, index)
        factory = Factory.objects.create(
            code=_code(world, f"{country.code}-"),
            name=name,
            local_name=country.local_names.get(name, ""),
            legacy_id=f"{country.code}{1000 + index}",
            factory_type="footwear" if "Footwear" in name else "garment",
            isic_division="15.2" if "Footwear" in name else "14",
            began_on_year=draw.randint(1994, 2018),
            first_product=draw.choice(names.PRODUCTS),
            second_product=draw.choice(names.PRODUCTS),
            address=f"Plot {draw.randint(2, 240)}, Industrial Road",
            city=region,
            region=region,
            latitude=round(latitude + draw.uniform(-0.06, 0.06), 6),
            longitude=round(longitude + draw.uniform(-0.06, 0.06), 6),
            group=world.groups[index % 3] if index % 4 == 0 else None,
            advisor=world.advisors[index % len(world.advisors)] if index % 11 != 10 else None,
            languages=[country.language],
            has_dormitory=country.code == "JO" or index % 9 == 4,
            has_migrant_workers=country.code == "JO",
            has_trade_union=index % 3 == 0,
            workers_female=women,
            workers_male=workers - women,
            status_since=joined,
            registered_on=joined,
        )
        world.factories.append(factory)
        FactoryContact.objects.create(
            factory=factory,
            name=f"{draw.choice(country.first_names_men)} {draw.choice(country.last_names)}",
            job_title="Compliance manager",
            email=f"office{index + 1}@{country.code.lower()}.factory.example",
            is_main=True,
        )
        WorkforceCount.objects.create(
            factory=factory,
            counted_on=world.today - timedelta(days=draw.randint(5, 90)),
            female=women,
            male=workers - women,
            source="registration",
        )
        for buyer in draw.sample(world.buyers, k=draw.randint(1, 3)):
            FactoryBuyer.objects.create(
                factory=factory,
                buyer=buyer,
                since_year=draw.randint(2012, 2024),
                consented_on=joined if index % 3 != 2 else None,
                subscribed_until=world.today + timedelta(days=200),
            )
        TrailEvent.objects.create(
            programme=world.programme,
            at=_at(joined),
            action=Action.FACTORY_REGISTERED,
            factory=factory,
            for_factory=True,
        )
    last = world.factories[len(country.factories) - 1]
    last.status, last.status_reason = Factory.Status.CLOSED, "Orders ended; the site was closed."
    last.status_since = world.today - timedelta(days=60)
    last.save()
    FactoryStatusChange.objects.create(
        factory=last, status=last.status, reason=last.status_reason, since=last.status_since
    )


def _joined(world: World, index: int) -> date:
    """The day of registration; the early ones came years before the others."""
    early = index - len(world.country.factories)
    if early < 0:
        return world.today - timedelta(days=_age(index))
    return world.country.early_from + timedelta(days=early * 61)


def _age(index: int) -> int:
    """Days since the factory joined, so that the newest cycle stands where LIVE_STATES says."""
    live = {
        "released": 2 * 365 + 214,
        "in_progress": 2 * 365 + 118,
        "quality_review": 365 + 128,
        "factory_review": 3 * 365 + 134,
        "planned": 365 + 112,
        "young": 71,
        "submitted": 365 + 122,
        "unscheduled": 3 * 365 + 101,
    }
    if index < len(LIVE_STATES):
        return live[LIVE_STATES[index]]
    if index % 3 == 2:  # young in a later cycle: their window lies ahead
        return (1 + index % 3) * 365 + (index * 13) % 95
    return (index % 4) * 365 + 150 + (index * 37) % 190


# -- engagement --------------------------------------------------------------------------------


def _engagement(world: World) -> None:
    world.version = (
        ToolVersion.objects.filter(status="published").order_by("-effective_from").first()
    )
    questions = world.version.questions.count() if world.version else 0
    if world.version is not None:
        asked = world.version.questions.filter(kind="ncq").order_by("order")
        world.points = list(dict.fromkeys(asked.values_list("point_id", flat=True)))
    committees: list[tuple[Committee, bool]] = []
    for index, factory in enumerate(world.factories):
        state = LIVE_STATES[index] if index < len(LIVE_STATES) else "released"
        committee = _committee(world, factory, young=state == "young")
        _cycles(world, factory, state, questions)
        if committee is not None:
            committees.append((committee, index % 5 == 3))
    world.gathered.write()
    full = list(
        Assessment.objects.exclude(status__in=["planned", "in_progress"]).values_list(
            "pk", flat=True
        )
    )
    bulk.write_answers(full)
    begun = list(Assessment.objects.filter(status="in_progress").values_list("pk", flat=True))
    bulk.write_answers(begun, share=0.55)
    summaries.rebuild_results()
    for factory in world.factories:
        _plan(world, factory)
    for committee, weak in committees:
        _meetings(world, committee, weak=weak)
    world.gathered.write()
    _first_factory(world)


def _fact(
    world: World,
    cycle: EngagementCycle,
    kind: str,
    on: date,
    today: date,
    source: str = "",
    amount: int | None = None,
) -> bool:
    if on > today:
        return False
    world.gathered.facts.append(
        CycleFact(
            programme=world.programme,
            cycle=cycle,
            factory_id=cycle.factory_id,
            kind=kind,
            happened_on=on,
            source_id=source,
            amount=amount,
        )
    )
    return True


def _cycles(world: World, factory: Factory, state: str, questions: int) -> None:
    today, draw, number = world.today, world.draw, 0
    start = factory.registered_on
    while start <= today:
        number += 1
        following = start + timedelta(days=365)
        newest = following > today
        cycle = EngagementCycle.objects.create(
            factory=factory,
            number=number,
            starts_on=start,
            ends_on=None if newest else following - timedelta(days=1),
            is_high_performer=number >= 3 and factory.name in world.country.factories[2::9],
        )
        # Of an early factory's middle years little was brought over from the papers.
        is_thin = number > 2 and start < date(today.year - 5, 7, 1)
        visits = [4, 34, 62] if number == 1 else [18, 64]
        days = [168] if is_thin else [*visits, 168, 214, 262, 310]
        for place, day in enumerate(days):
            on = _working(world, start + timedelta(days=day + draw.randint(-3, 4)))
            if on <= today:
                _visit(world, factory, cycle, on, place)
        if number == 1:
            _fact(world, cycle, "committee_formed", start + timedelta(days=40), today)
        if not (newest and state == "young"):
            done = start + timedelta(days=86 if number == 1 else 50)
            if _fact(world, cycle, "self_diagnosis", done, today):
                _self_diagnosis(world, cycle, done)
                if number == 1:
                    _fact(world, cycle, "plan_opened", done + timedelta(days=1), today)
        if not is_thin:
            _assessment(world, factory, cycle, state if newest else "released", questions)
        second = start + timedelta(days=330)
        is_told = not is_thin and (not newest or state == "released")
        if is_told and _fact(world, cycle, "progress_report_2", second, today):
            _progress_report(world, cycle, 2, second)
        if not newest:
            _fact(world, cycle, "reregistered", following - timedelta(days=4), today)
        for day in (130, 240):
            _fact(world, cycle, "seminar", _working(world, start + timedelta(days=day)), today)
        _fact(
            world,
            cycle,
            "training",
            _working(world, start + timedelta(days=205)),
            today,
            amount=draw.randint(6, 14),
        )
        start = following


def _visit(world: World, factory: Factory, cycle: EngagementCycle, on: date, place: int) -> None:
    topics, agreed = depth.TOPICS[(place + cycle.number) % len(depth.TOPICS)]
    visit = AdvisoryVisit(
        programme=world.programme,
        factory=factory,
        cycle=cycle,
        visited_on=on,
        mode="virtual" if place == 5 and cycle.number % 2 else "on_site",
        advisor=factory.advisor,
        topics=topics,
        agreed=agreed,
        worker_members=world.draw.randint(3, 6),
        management_members=world.draw.randint(2, 4),
    )
    world.gathered.visits.append(visit)
    _fact(world, cycle, "advisory_visit", on, world.today, str(visit.pk))
    world.gathered.happened(Action.VISIT_RECORDED, _at(on, 15), visit, by=factory.advisor)


def _self_diagnosis(world: World, cycle: EngagementCycle, done: date) -> None:
    row = SelfDiagnosis(
        programme=world.programme,
        factory_id=cycle.factory_id,
        cycle=cycle,
        answers=depth.self_diagnosis(world.points, world.draw),
        completed_on=done,
    )
    world.gathered.diagnoses.append(row)
    world.gathered.happened(Action.SELF_DIAGNOSIS_DONE, _at(done, 14), row)


def _progress_report(world: World, cycle: EngagementCycle, number: int, sent: date) -> None:
    report = ProgressReport(
        programme=world.programme,
        factory_id=cycle.factory_id,
        cycle=cycle,
        number=number,
        answers=depth.progress_answers(number, world.country.language, world.draw),
        sent_on=sent,
    )
    world.gathered.reports.append(report)
    world.gathered.happened(Action.PROGRESS_REPORT_SENT, _at(sent, 16), report, number=number)


def _working(world: World, day: date) -> date:
    while day.weekday() in world.programme.weekly_rest:
        day += timedelta(days=1)
    return day


def _assessment(
    world: World, factory: Factory, cycle: EngagementCycle, state: str, questions: int
) -> Assessment | None:
    today, draw = world.today, world.draw
    offsets: dict[str, Callable[[], int]] = {
        "in_progress": lambda: (today - cycle.starts_on).days - 1,
        "planned": lambda: (today - cycle.starts_on).days + 3,
        "unscheduled": lambda: 0,
        "submitted": lambda: (today - cycle.starts_on).days - 4,
        "quality_review": lambda: (today - cycle.starts_on).days - 8,
        "factory_review": lambda: (today - cycle.starts_on).days - 20,
    }
    offset = offsets.get(state, lambda: draw.randint(102, 138))()
    first_day = _working(world, cycle.starts_on + timedelta(days=offset))
    if state == "in_progress" and first_day > today:
        first_day = today
    if state == "released" and first_day + timedelta(days=31) > today:
        return None
    if state == "young":
        return None
    team = [a for a in world.advisors if a.pk != factory.advisor_id][:2]
    if state in {"planned", "in_progress"}:  # the demo's first advisor has a visit to go to
        team = [
            world.advisors[0],
            next(a for a in world.advisors[1:] if a.pk != factory.advisor_id),
        ]
    last_day = first_day + timedelta(days=1)
    released = first_day + timedelta(days=draw.choice([24, 26, 27, 28, 28, 30, 33]))
    sealed = state in {"planned", "unscheduled"}
    assessment = Assessment(
        code=_code(world, f"{world.country.code}-A"),
        factory=factory,
        cycle=cycle,
        cycle_number=cycle.number,
        version=world.version,
        modality="hybrid" if cycle.number >= 3 and factory.name[0] in "BDKM" else "on_site",
        starts_on=None if state == "unscheduled" else first_day,
        ends_on=None if state == "unscheduled" else last_day,
        status="planned" if sealed else state,
        sealed=sealed,
        opened_automatically=state == "unscheduled",
        checked_in_at=None if sealed else _at(first_day, 3),
        submitted_at=None
        if sealed or state == "in_progress"
        else _at(last_day + timedelta(days=2)),
        workers_interviewed=None if sealed else draw.randint(24, 48),
        workers_female=factory.workers_female,
        workers_male=factory.workers_male,
        questions_total=questions,
        created_by=world.people["planner"],
    )
    if state in {"quality_review", "factory_review", "released"}:
        assessment.review_started_at = _at(last_day + timedelta(days=4))
        assessment.reviewer = world.people["staff"]
    if state in {"factory_review", "released"}:
        sent = (
            today - timedelta(days=3) if state == "factory_review" else released - timedelta(days=9)
        )
        assessment.draft_sent_at = _at(sent)
        assessment.comments_close_on = sent + timedelta(days=7)
    if state == "released":
        assessment.released_at = _at(released)
    assessment.save()
    if state != "unscheduled":
        signed = assessment.submitted_at
        for user, position in zip(team, ("lead", "assessor"), strict=False):
            AssessmentMember.objects.create(
                assessment=assessment, user=user, position=position, sealed=sealed, signed_at=signed
            )
    if not sealed:
        _steps(assessment, team, world)
        _fact(world, cycle, "assessed", first_day, today, str(assessment.pk))
        _fact(world, cycle, "assessment_ended", last_day, today, str(assessment.pk))
    if assessment.draft_sent_at is not None:
        drafted = assessment.draft_sent_at.date()
        _fact(world, cycle, "draft_shared", drafted, today, str(assessment.pk))
    if state == "released":
        _fact(world, cycle, "report_released", released, today, str(assessment.pk))
        sent = released + timedelta(days=draw.randint(16, 34))
        if factory.name not in world.country.factories[8:10] and _fact(
            world, cycle, "progress_report_1", sent, today
        ):
            _progress_report(world, cycle, 1, sent)
    return assessment


_PATH = ("planned", "in_progress", "submitted", "quality_review", "factory_review", "released")


def _steps(assessment: Assessment, team: list[User], world: World) -> None:
    moments = {
        "in_progress": (assessment.checked_in_at, team[0], Action.CHECKED_IN),
        "submitted": (assessment.submitted_at, team[0], Action.ASSESSMENT_SUBMITTED),
        "quality_review": (assessment.review_started_at, world.people["staff"], None),
        "factory_review": (assessment.draft_sent_at, world.people["staff"], Action.DRAFT_SENT),
        "released": (assessment.released_at, world.people["manager"], Action.ASSESSMENT_RELEASED),
    }
    for before, after in itertools.pairwise(_PATH):
        at, by, action = moments[after]
        if at is None:
            return
        AssessmentStep.objects.create(
            assessment=assessment, from_status=before, to_status=after, by=by, at=at
        )
        if action is not None:
            world.gathered.trail.append(
                TrailEvent(
                    programme=world.programme,
                    at=at,
                    action=action,
                    actor=by,
                    factory_id=assessment.factory_id,
                    object_type="assessments.assessment",
                    object_id=str(assessment.pk),
                    for_factory=after in {"factory_review", "released"},
                )
            )


# -- committees --------------------------------------------------------------------------------


def _committee(world: World, factory: Factory, *, young: bool) -> Committee | None:
    draw, country = world.draw, world.country
    formed = factory.registered_on + timedelta(days=40)
    if formed > world.today:
        return None
    committee = Committee.objects.create(
        factory=factory, kind="bipartite", name=country.committee, formed_on=formed
    )
    mandate = formed
    while mandate + timedelta(days=730) < world.today:
        mandate += timedelta(days=730)
    election = CommitteeElection.objects.create(
        committee=committee,
        factory=factory,
        held_on=mandate,
        method="union_nomination" if country.code == "JO" else "secret_ballot",
        voters=int(factory.worker_count * 0.7),
        eligible=factory.worker_count,
    )
    seats = 5 if factory.worker_count < 1500 else 7
    for side in ("worker", "management"):
        for seat in range(seats if side == "worker" else seats - 1):
            woman = draw.random() < (0.45 if side == "worker" else 0.3)
            first = country.first_names_women if woman else country.first_names_men
            CommitteeMember.objects.create(
                committee=committee,
                factory=factory,
                title="Ms" if woman else "Mr",
                full_name=f"{draw.choice(first)} {draw.choice(country.last_names)}",
                side=side,
                occupation=draw.choice(
                    names.OCCUPATIONS_WORKER if side == "worker" else names.OCCUPATIONS_MANAGEMENT
                ),
                is_chair=side == "management" and seat == 0,
                is_union=side == "worker" and factory.has_trade_union and seat < 2,
                election=election if side == "worker" else None,
                joined_on=mandate,
                mandate_ends_on=mandate + timedelta(days=730) if side == "worker" else None,
                left_on=world.today - timedelta(days=30)
                if side == "worker" and seat == 4 and young
                else None,
            )
    return committee


def _meetings(world: World, committee: Committee, *, weak: bool) -> None:
    day = max(committee.formed_on, world.today - timedelta(days=420))
    step = 118 if weak else 52
    items = [
        item
        for item in world.gathered.items
        if item.factory_id == committee.factory_id and item.status != "pending"
    ]
    for number in itertools.count():
        on = _working(world, day + timedelta(days=number * step))
        if on > world.today:
            return
        meeting = CommitteeMeeting(
            programme=world.programme,
            committee=committee,
            factory_id=committee.factory_id,
            held_on=on,
            worker_present=world.draw.randint(3, 6),
            management_present=world.draw.randint(2, 5),
            minutes=depth.MINUTES[number % len(depth.MINUTES)],
            minutes_filed_on=depth.later(on, 5, world.today),
        )
        world.gathered.meetings.append(meeting)
        world.gathered.happened(Action.MEETING_HELD, _at(on, 16), meeting)
        for place in range(1 + number % 2):
            # Every third decision is about an item of the plan.
            about = [item for item in items if item.opened_on <= on] if place else []
            item = about[(number * 7) % len(about)] if about else None
            carried = on + timedelta(days=24 + 3 * place)
            world.gathered.decisions.append(
                MeetingDecision(
                    programme=world.programme,
                    meeting=meeting,
                    factory_id=committee.factory_id,
                    text=item.action if item else depth.DECISIONS[number % len(depth.DECISIONS)],
                    item=item,
                    due_on=on + timedelta(days=30),
                    carried_out_on=None if weak or carried > world.today else carried,
                )
            )


# -- improvement plans -------------------------------------------------------------------------

DONE_SHARE, VERIFIED_SHARE, BEGUN_SHARE = 0.55, 0.34, 0.85
_ACTIONS = (
    (
        "No place is set aside for goods in transit.",
        "Mark a storage area and check it at each shift.",
    ),
    ("The task was nobody's in writing.", "Name one person and a deputy, and post both names."),
    ("Supervisors did not know the rule.", "Train all supervisors and keep the attendance list."),
    ("Records are kept in two places.", "Keep one register and check it against payroll monthly."),
)


def _plan(world: World, factory: Factory) -> None:
    released = (
        Assessment.objects.filter(factory=factory, status="released").order_by("-starts_on").first()
    )
    first = factory.registered_on + timedelta(days=87)
    if first > world.today:
        return
    plan = ImprovementPlan.objects.create(factory=factory, opened_on=first)
    number = _other_items(world, plan, factory)
    if released is None or released.released_at is None:
        return
    breaches = Answer.objects.filter(assessment=released, outcome="non_compliant")
    draw, base = world.draw, released.released_at.date()
    for place, answer in enumerate(
        breaches.select_related("question").order_by("question__order"), 1
    ):
        # The first factory is the one people look at: a third of its items in each state.
        fate = (0.2, 0.7, 0.6, 0.9)[place % 4] if factory == world.factories[0] else draw.random()
        root, action = _ACTIONS[place % len(_ACTIONS)]
        item = PlanItem(
            programme=world.programme,
            plan=plan,
            factory=factory,
            number=number + place,
            origin="assessment",
            point_id=answer.point_id,
            lineage=answer.question.lineage,
            assessment=released,
            answer=answer,
            is_public="public" in answer.question.tags,
            issue=answer.finding or answer.question.finding["en"],
            root_cause=root,
            action=action,
            responsible="Floor manager" if place % 2 else "HR manager",
            opened_on=base,
            due_on=_working(world, base + timedelta(days=30 + (place * 13) % 150)),
        )
        _item(world, item, fate)
    if factory.advisor is not None:
        world.gathered.happened(Action.ITEMS_CREATED, _at(base, 11), released, by=factory.advisor)


def _other_items(world: World, plan: ImprovementPlan, factory: Factory) -> int:
    """Items that did not come of an assessment; answers the highest number given."""
    index, number = world.factories.index(factory), 0
    opened = max(plan.opened_on, world.today - timedelta(days=400 + index * 5 % 200))
    for place, (origin, point, issue, root, action) in enumerate(depth.OTHER_ITEMS):
        if (origin == "group" and factory.group_id is None) or (index + place) % 3 == 0:
            continue
        if point not in world.points:
            continue
        on = _working(world, opened + timedelta(days=(place * 47) % 280))
        if on > world.today:
            continue
        number += 1
        item = PlanItem(
            programme=world.programme,
            plan=plan,
            factory=factory,
            number=number,
            origin=origin,
            point_id=point,
            issue=issue,
            root_cause=root,
            action=action,
            responsible="Floor manager" if place % 2 else "HR manager",
            opened_on=on,
            due_on=_working(world, on + timedelta(days=60 + place * 11)),
        )
        _item(world, item, world.draw.random())
    return number


def _item(world: World, item: PlanItem, fate: float) -> None:
    """How far an item is, and all that tells of it. fate: 0 is verified, 1 not begun."""
    draw, gathered, factory = world.draw, world.gathered, item.factory
    base, advisor = item.opened_on, factory.advisor or world.advisors[0]
    # The first factory has people who sign in: what they did stands under their names.
    hands = world.people if factory.pk == world.factories[0].pk else {}
    late = (world.today - base).days
    if late > 40 and fate < DONE_SHARE:
        done = base + timedelta(days=draw.randint(10, min(late, 120)))
        item.status, item.progress_percent = "completed", 100
        item.done_on, item.completed_at = done, _at(done)
        if fate < VERIFIED_SHARE:
            item.verified_at = _at(depth.later(done, 6, world.today))
            item.verified_by = advisor
    elif fate < BEGUN_SHARE:
        item.status, item.progress_percent = "in_progress", draw.choice([20, 40, 60, 80])
    gathered.items.append(item)

    def happened(kind: str, at: datetime, **more: Any) -> None:
        gathered.events.append(
            PlanEvent(
                programme=world.programme, item=item, factory=factory, kind=kind, at=at, **more
            )
        )

    happened(Action.ITEM_CREATED, _at(base, 11), role="advisor", by=advisor)
    if item.completed_at is None or item.done_on is None:
        return
    shown = _at(max(base, item.done_on - timedelta(days=1)), 15)
    stored, caption = world.photos.of(factory, item.point_id)
    gathered.evidence.append(
        PlanEvidence(
            programme=world.programme,
            item=item,
            factory=factory,
            file=stored,
            caption=caption,
            added_at=shown,
            added_by=hands.get("ambassador"),
        )
    )
    happened(Action.EVIDENCE_ADDED, shown, role="ambassador", by=hands.get("ambassador"))
    gathered.confirmations += [
        PlanConfirmation(
            programme=world.programme,
            item=item,
            factory=factory,
            round=1,
            side=side,
            agrees=True,
            at=item.completed_at,
            by=hands.get(f"committee_{side}"),
        )
        for side in ("worker", "management")
    ]
    happened(Action.ITEM_COMPLETED, item.completed_at)
    if item.verified_at is not None:
        happened(Action.ITEM_VERIFIED, item.verified_at, role="advisor", by=advisor)


def _first_factory(world: World) -> None:
    """Work that waits for each person who signs in: evidence to look at, a side to confirm."""
    factory = world.factories[0]
    open_items = list(
        PlanItem.objects.filter(factory=factory, status="in_progress").order_by("number")[:4]
    )
    ambassador = world.people["ambassador"]
    for number, item in enumerate(open_items):
        stored = files.keep(
            pictures.corridor(blocked=False, shade=number * 14),
            name=f"exit-{number + 1}.jpg",
            content_type="image/jpeg",
            factory_id=factory.pk,
            width=800,
            height=560,
        )
        at = timezone.now() - timedelta(days=5 - number)
        PlanEvidence.objects.create(
            item=item, factory=factory, file=stored, caption="", added_by=ambassador, added_at=at
        )
        PlanEvent.objects.create(
            item=item,
            factory=factory,
            kind=Action.EVIDENCE_ADDED,
            by=ambassador,
            role="ambassador",
            at=at,
        )
        item.due_on = _working(world, world.today + timedelta(days=number * 3 - 2))
        if number < 2:  # reported done: one waits for the workers, one for both sides
            item.done_on, item.done_by = at.date(), ambassador
            item.progress_percent = 100
            PlanEvent.objects.create(
                item=item,
                factory=factory,
                kind=Action.ITEM_DONE,
                by=ambassador,
                role="ambassador",
                at=at,
            )
        item.save()
    if open_items:
        PlanConfirmation.objects.create(
            item=open_items[0],
            factory=factory,
            round=1,
            side="management",
            agrees=True,
            by=world.people["committee_management"],
            at=timezone.now() - timedelta(days=2),
        )
    _live_assessments(world)


def _live_assessments(world: World) -> None:
    for assessment in Assessment.objects.filter(
        status__in=["in_progress", "quality_review", "factory_review"]
    ):
        breach = (
            Answer.objects.filter(
                assessment=assessment, outcome="non_compliant", point__code__startswith="OSH"
            )
            .order_by("question__order")
            .first()
        )
        if breach is None or assessment.checked_in_at is None:
            continue
        for number, data in enumerate(
            (pictures.corridor(blocked=True), pictures.gate(locked=True))
        ):
            stored = files.keep(
                data,
                name=f"floor-4-{number + 1}.jpg",
                content_type="image/jpeg",
                factory_id=assessment.factory_id,
                width=800,
                height=560,
            )
            Evidence.objects.create(
                assessment=assessment,
                question_id=breach.question_id,
                file=stored,
                caption="Exit 3, floor 4" if number == 0 else "Gate, stair B",
                visibility=Evidence.Visibility.FACTORY,
                added_at=assessment.checked_in_at,
            )
        if assessment.status == "quality_review":
            ReviewRemark.objects.create(
                assessment=assessment,
                question_id=breach.question_id,
                text="Name the floor and the number of people who work there.",
                made_by=world.people["staff"],
            )
        if assessment.status == "factory_review":
            FactoryComment.objects.create(
                assessment=assessment,
                factory_id=assessment.factory_id,
                question_id=breach.question_id,
                text="The exit was cleared the same day. Photos follow in the plan.",
            )


def newest_released(programme_id: UUID) -> Assessment | None:
    """The assessment whose report the demo shows first."""
    with scope.programme_scope(programme_id):
        return Assessment.objects.filter(status="released").order_by("-released_at").first()
