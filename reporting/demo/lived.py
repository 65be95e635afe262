"""Cycles of the demo: visits, self-diagnosis, assessments and reports, as they came."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta

from advisory.models import AdvisoryVisit, ProgressReport, SelfDiagnosis
from assessments.models import Assessment, AssessmentMember, AssessmentStep
from betterwork.accounts.models import User
from betterwork.records.models import TrailEvent
from betterwork.records.vocabulary import Action
from factories.models import EngagementCycle, Factory

from . import depth
from .base import World, at, code, keep_fact, working

_PATH = ("planned", "in_progress", "submitted", "quality_review", "factory_review", "released")


def live_cycles(world: World, factory: Factory, state: str, questions: int) -> None:
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
            on = working(world, start + timedelta(days=day + draw.randint(-3, 4)))
            if on <= today:
                _visit(world, factory, cycle, on, place)
        if number == 1:
            keep_fact(world, cycle, "committee_formed", start + timedelta(days=40), today)
        if not (newest and state == "young"):
            done = start + timedelta(days=86 if number == 1 else 50)
            if keep_fact(world, cycle, "self_diagnosis", done, today):
                _self_diagnosis(world, cycle, done)
                if number == 1:
                    keep_fact(world, cycle, "plan_opened", done + timedelta(days=1), today)
        if not is_thin:
            assess(world, factory, cycle, state if newest else "released", questions)
        second = start + timedelta(days=330)
        is_told = not is_thin and (not newest or state == "released")
        if is_told and keep_fact(world, cycle, "progress_report_2", second, today):
            _progress_report(world, cycle, 2, second)
        if not newest:
            keep_fact(world, cycle, "reregistered", following - timedelta(days=4), today)
        for day in (130, 240):
            keep_fact(world, cycle, "seminar", working(world, start + timedelta(days=day)), today)
        keep_fact(
            world,
            cycle,
            "training",
            working(world, start + timedelta(days=205)),
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
    keep_fact(world, cycle, "advisory_visit", on, world.today, str(visit.pk))
    world.gathered.happened(Action.VISIT_RECORDED, at(on, 15), visit, by=factory.advisor)


def _self_diagnosis(world: World, cycle: EngagementCycle, done: date) -> None:
    row = SelfDiagnosis(
        programme=world.programme,
        factory_id=cycle.factory_id,
        cycle=cycle,
        answers=depth.self_diagnosis(world.points, world.country.language, world.draw),
        completed_on=done,
    )
    world.gathered.diagnoses.append(row)
    world.gathered.happened(Action.SELF_DIAGNOSIS_DONE, at(done, 14), row)


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
    world.gathered.happened(Action.PROGRESS_REPORT_SENT, at(sent, 16), report, number=number)


def assess(
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
    first_day = working(world, cycle.starts_on + timedelta(days=offset))
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
        code=code(world, f"{world.country.code}-A"),
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
        checked_in_at=None if sealed else at(first_day, 3),
        submitted_at=None if sealed or state == "in_progress" else at(last_day + timedelta(days=2)),
        workers_interviewed=None if sealed else draw.randint(24, 48),
        workers_female=factory.workers_female,
        workers_male=factory.workers_male,
        questions_total=questions,
        created_by=world.people["planner"],
    )
    if state in {"quality_review", "factory_review", "released"}:
        assessment.review_started_at = at(last_day + timedelta(days=4))
        assessment.reviewer = world.people["staff"]
    if state in {"factory_review", "released"}:
        sent = (
            today - timedelta(days=3) if state == "factory_review" else released - timedelta(days=9)
        )
        assessment.draft_sent_at = at(sent)
        assessment.comments_close_on = sent + timedelta(days=7)
    if state == "released":
        assessment.released_at = at(released)
    assessment.save()
    if state != "unscheduled":
        signed = assessment.submitted_at
        for user, position in zip(team, ("lead", "assessor"), strict=False):
            AssessmentMember.objects.create(
                assessment=assessment, user=user, position=position, sealed=sealed, signed_at=signed
            )
    if not sealed:
        _steps(assessment, team, world)
        keep_fact(world, cycle, "assessed", first_day, today, str(assessment.pk))
        keep_fact(world, cycle, "assessment_ended", last_day, today, str(assessment.pk))
    if assessment.draft_sent_at is not None:
        drafted = assessment.draft_sent_at.date()
        keep_fact(world, cycle, "draft_shared", drafted, today, str(assessment.pk))
    if state == "released":
        keep_fact(world, cycle, "report_released", released, today, str(assessment.pk))
        sent = released + timedelta(days=draw.randint(16, 34))
        if factory.name not in world.country.factories[8:10] and keep_fact(
            world, cycle, "progress_report_1", sent, today
        ):
            _progress_report(world, cycle, 1, sent)
    return assessment


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
