"""The demo: three programmes over four cycles, with people for every role and work in every state.

Fictitious throughout. Everything hangs on the day it is loaded, so that clocks run; loading again
does nothing. Facts are written straight to the tables, as an import of history would be; what
happens from then on goes through the services.
"""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from assessments import summaries
from assessments.models import Assessment, ToolVersion
from assessments.services import plans
from betterwork.accounts.demo import DEMO_PASSWORD
from betterwork.accounts.models import Membership, Role, User
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import Buyer, Committee, ManufacturingGroup
from reporting import services

from . import bulk, names, planning
from .base import World, working
from .committees import form_committee, hold_meetings
from .improvement import leave_work_for_each, open_plan
from .lived import live_cycles
from .registered import LIVE_STATES, register


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
        register(world)
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
            working=lambda day: working(world, day),
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
        committee = form_committee(world, factory, young=state == "young")
        live_cycles(world, factory, state, questions)
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
        open_plan(world, factory)
    for committee, weak in committees:
        hold_meetings(world, committee, weak=weak)
    world.gathered.write()
    leave_work_for_each(world)
