"""Advisory visits, and the self-diagnosis of the committee."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction

from advisory.models import AdvisoryVisit, PlanItem, SelfDiagnosis
from advisory.services import plan
from assessments.models import CompliancePoint
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from factories.models import CycleFact, EngagementCycle, Factory
from factories.selectors import current_cycle
from factories.services import cycles
from factories.services.factories import refuse_merged_id

from . import appointments
from .acting import moment, person_id

STATES = ("fine", "issue", "unsure")
VIRTUAL_FROM_CYCLE = 3  # two completed cycles come first


def _cycle_on(factory_id: UUID, day: date) -> EngagementCycle:
    """Raises: DomainError("no_cycle"), ("factory_is_merged")."""
    refuse_merged_id(factory_id)
    cycle = current_cycle(factory_id, day)
    if cycle is None or cycle.starts_on > day or (cycle.ends_on and cycle.ends_on < day):
        raise DomainError("no_cycle", day=day)
    return cycle


@transaction.atomic
def save_visit(
    *,
    factory_id: UUID,
    visit_id: UUID | None = None,
    planned_on: date | None = None,
    starts_at: time | None = None,
    visited_on: date | None = None,
    mode: str = AdvisoryVisit.Mode.ON_SITE,
    topics: str = "",
    agreed: str = "",
    worker_members: int = 0,
    management_members: int = 0,
    by: Any = None,
    now: datetime | None = None,
) -> AdvisoryVisit:
    """Plan an announced visit, or record that it took place; the cycle learns of it then.

    A new or another day is an appointment: the factory's people are invited by mail, and their
    yes to an earlier day no longer counts. Safe to repeat: the same visit of the same advisor on
    the same day is kept once. Raises: DomainError("visit_without_a_day" | "visit_in_the_future" |
    "visit_without_topics" | "visit_already_done" | "visit_is_cancelled" | "virtual_too_early" |
    "no_cycle" | "visit_on_absence" | "visit_on_assessment") and those of a due date.
    """
    _, today = moment(now)
    factory = (
        Factory.objects.select_related("programme")
        .select_for_update(no_key=True, of=("self",))
        .get(pk=factory_id)
    )
    day = visited_on or planned_on
    if day is None:
        raise DomainError("visit_without_a_day")
    if visited_on is not None and visited_on > today:
        raise DomainError("visit_in_the_future", day=visited_on)
    if visited_on is not None and not topics.strip():
        raise DomainError("visit_without_topics")
    cycle = _cycle_on(factory_id, day)
    if mode == AdvisoryVisit.Mode.VIRTUAL and cycle.number < VIRTUAL_FROM_CYCLE:
        raise DomainError("virtual_too_early", number=cycle.number)
    rows = AdvisoryVisit.objects.select_for_update(no_key=True).filter(factory=factory)
    visit = rows.get(pk=visit_id) if visit_id else None
    if visit is None:
        mine = rows.filter(advisor_id=person_id(by))
        twin = (
            mine.filter(visited_on=visited_on)
            if visited_on
            else mine.filter(planned_on=planned_on, visited_on__isnull=True)
        )
        visit = twin.first() or AdvisoryVisit(factory=factory, advisor_id=person_id(by))
    if visit.visited_on is not None and visited_on != visit.visited_on:
        raise DomainError("visit_already_done", day=visit.visited_on)
    if visit.cancelled_at is not None:
        raise DomainError("visit_is_cancelled")
    known = (visit.planned_on, visit.starts_at)
    is_moved = visited_on is None and (planned_on, starts_at) != known
    if is_moved and planned_on is not None:
        if planned_on != visit.planned_on:
            plan.check_due(factory, planned_on, today)
            appointments.refuse_taken_day(visit.advisor_id, planned_on)
        visit.times_moved += visit.planned_on is not None
        visit.confirmed_at = visit.confirmed_by = None
    is_new_fact = visited_on is not None and visit.visited_on is None
    visit.cycle = cycle
    visit.planned_on, visit.visited_on, visit.mode = planned_on, visited_on, mode
    visit.starts_at = starts_at
    visit.topics, visit.agreed = topics.strip(), agreed.strip()
    visit.worker_members, visit.management_members = worker_members, management_members
    visit.save()
    if is_new_fact and visited_on is not None:
        cycles.record_fact(
            cycle_id=cycle.pk,
            kind=CycleFact.Kind.ADVISORY_VISIT,
            happened_on=visited_on,
            source_id=str(visit.pk),
        )
    record(
        Action.VISIT_RECORDED,
        about=visit,
        factory_id=factory_id,
        for_factory=True,
        on=day.isoformat(),
        done=visited_on is not None,
    )
    if is_moved and planned_on is not None and planned_on >= today:
        appointments.invite(visit)
    return visit


def day_checks(visit: AdvisoryVisit, day: date, *, today: date) -> list[tuple[str, str, Any]]:
    """What another day of an announced visit is held against: (rule, result, fact).

    result "pass" or "fail", then fact is the refusal `save_visit` would answer with; of
    "other_visits" it is "weak", and the fact the factories the advisor goes to on that day too.
    """
    factory = visit.factory

    def tried(check: Any, *given: Any) -> tuple[str, DomainError | None]:
        try:
            check(*given)
        except DomainError as error:
            return "fail", error
        return "pass", None

    cycle, no_cycle = tried(_cycle_on, factory.pk, day)
    found: list[tuple[str, str, Any]] = [
        ("working_day", *tried(plan.check_due, factory, day, today)),
        ("advisor_free", *tried(appointments.refuse_taken_day, visit.advisor_id, day)),
    ]
    if cycle == "fail":
        found.append(("cycle", cycle, no_cycle))
    others = AdvisoryVisit.objects.filter(
        advisor_id=visit.advisor_id, planned_on=day, visited_on=None, cancelled_at=None
    ).exclude(pk=visit.pk)
    names = list(others.order_by("factory__name").values_list("factory__name", flat=True))
    if visit.advisor_id is not None and names:
        found.append(("other_visits", "weak", names))
    return found


@transaction.atomic
def move_visit(
    *, visit_id: UUID, planned_on: date, was: date, by: Any = None, now: datetime | None = None
) -> AdvisoryVisit:
    """Another day for an announced visit; hour, topics and the rest stay.

    `was`: the day it had where it was looked at. Safe to repeat. Raises:
    DomainError("visit_moved_meanwhile") and those of `save_visit`.
    """
    rows = AdvisoryVisit.objects.select_for_update(no_key=True, of=("self",))
    visit = rows.get(pk=visit_id)
    if visit.planned_on == planned_on:
        return visit
    if visit.planned_on != was:
        raise DomainError("visit_moved_meanwhile", day=visit.planned_on)
    kept = ("starts_at", "mode", "topics", "agreed", "worker_members", "management_members")
    return save_visit(
        factory_id=visit.factory_id,
        visit_id=visit.pk,
        planned_on=planned_on,
        by=by,
        now=now,
        **{name: getattr(visit, name) for name in kept},
    )


@transaction.atomic
def save_diagnosis(
    *,
    factory_id: UUID,
    answers: Mapping[str, Mapping[str, str]],
    by: Any = None,
    now: datetime | None = None,
) -> SelfDiagnosis:
    """Keep the committee's answers so far: {point code: {"state": ..., "note": ...}}.

    Answers given earlier and not sent now stay. Raises: DomainError("no_cycle"),
    ("diagnosis_done", day=).
    """
    _, today = moment(now)
    cycle = _cycle_on(factory_id, today)
    SelfDiagnosis.objects.get_or_create(cycle=cycle, factory_id=factory_id)
    diagnosis = SelfDiagnosis.objects.select_for_update(no_key=True).get(cycle=cycle)
    if diagnosis.completed_on is not None:
        raise DomainError("diagnosis_done", day=diagnosis.completed_on)
    codes = set(points().values_list("code", flat=True))
    for code, given in answers.items():
        state, note = given.get("state", ""), given.get("note", "").strip()[:2000]
        if code in codes and (state in STATES or note):
            kept = state if state in STATES else ""
            diagnosis.answers[code] = {"state": kept, "note": note}
    diagnosis.save(update_fields=["answers", "updated_at"])
    return diagnosis


def points() -> Any:
    """The compliance points a self-diagnosis goes through."""
    return CompliancePoint.objects.filter(facts_only=False, cluster__basis__in=["core", "national"])


@transaction.atomic
def complete_diagnosis(
    *,
    factory_id: UUID,
    by: Any = None,
    role: str | None = None,
    now: datetime | None = None,
) -> SelfDiagnosis:
    """Close the self-diagnosis: each issue becomes a plan item, and the cycle learns of it.

    Safe to repeat on the same day. Raises: DomainError("no_cycle" | "diagnosis_unanswered" |
    "diagnosis_issue_without_note").
    """
    at, today = moment(now)
    cycle = _cycle_on(factory_id, today)
    SelfDiagnosis.objects.get_or_create(cycle=cycle, factory_id=factory_id)
    diagnosis = SelfDiagnosis.objects.select_for_update(no_key=True).get(cycle=cycle)
    if diagnosis.completed_on is not None:
        return diagnosis
    rows = list(points())
    given = {row.code: diagnosis.answers.get(row.code, {}) for row in rows}
    unanswered = [code for code, answer in given.items() if answer.get("state") not in STATES]
    if unanswered:
        raise DomainError("diagnosis_unanswered", count=len(unanswered))
    issues = [code for code, answer in given.items() if answer["state"] == "issue"]
    silent = [code for code in issues if not given[code].get("note")]
    if silent:
        raise DomainError("diagnosis_issue_without_note", points=", ".join(silent))
    for code in issues:
        # The committee decides together; whoever presses the button adds for all of it.
        plan.create_item(
            factory_id=factory_id,
            origin=PlanItem.Origin.SELF_DIAGNOSIS,
            point_id=code,
            issue=given[code]["note"],
            by=by,
            now=at,
            role=role,
            for_committee=True,
        )
    diagnosis.completed_on, diagnosis.completed_by_id = today, person_id(by)
    diagnosis.save(update_fields=["completed_on", "completed_by", "updated_at"])
    cycles.record_fact(
        cycle_id=cycle.pk,
        kind=CycleFact.Kind.SELF_DIAGNOSIS,
        happened_on=today,
        source_id=str(diagnosis.pk),
    )
    record(
        Action.SELF_DIAGNOSIS_DONE,
        about=diagnosis,
        factory_id=factory_id,
        for_factory=True,
        items=len(issues),
    )
    return diagnosis
