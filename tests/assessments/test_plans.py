"""Plans at service and task: stored once, checked, changed by a diff; locked visits stay."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.urls import reverse

from assessments import board, people_facts, plan_facts, planner_words, services, tasks
from assessments.models import (
    AccessRefusal,
    Assessment,
    AssessmentMember,
    AssessorProfile,
    CountryDay,
    PlanChange,
    PlanRun,
    VisitPlan,
)
from assessments.rules.modality import Activity, ModalityFacts, ModalitySettings, propose_modality
from assessments.rules.planning.problem import Bar, Rule
from assessments.services import people, plans
from assessments.services.plans import replanning
from betterwork.errors import DomainError
from betterwork.records.models import Job, TrailEvent
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.selectors import working_day_test
from tests.assessments.builders import Made, at, make_begun, make_planned
from tests.builders import make_cycle, make_factory, make_member

from .planning_world import TODAY, days, make_country

# What a page draws anew on each answer.
NONCE = re.compile(
    rb'nonce-[^"\' ]+|nonce="[^"]+"|name="csrfmiddlewaretoken" value="[^"]+"'
    rb'|"X-CSRFToken": ?"[^"]+"'
)


def test_a_night_gives_every_visit_its_day_and_team(bd: Programme) -> None:
    country = make_country(factories=5)
    run = PlanRun.objects.get(pk=country.plan())
    assert (run.state, run.wanted, run.placed) == ("applied", 5, 5)
    due = {each.assessment.pk: each for each in plan_facts.read(today=TODAY).due}
    rows = list(Assessment.objects.all())
    assert len(rows) == 5
    for row in rows:
        assert row.sealed
        assert row.status == "planned"
        assert row.opened_automatically
        window = due[row.pk]
        assert window.opens_on <= row.starts_on <= row.ends_on <= window.closes_on
        assert row.starts_on.weekday() not in bd.weekly_rest
        positions = list(row.team.values_list("position", "sealed"))
        assert sorted(positions) == [("assessor", True), ("lead", True)]
        kept = row.visit_plan
        assert kept.entropy_bits > 1
        assert kept.legal_dates > 5
        assert kept.run_id == run.pk
    assert run.entropy_bits is not None
    assert run.entropy_share > 0.8
    assert run.month_loads


def test_run_again_doubled_or_late_ends_in_the_same_state(bd: Programme) -> None:
    country = make_country()
    first = country.plan()
    before = days()
    assert country.plan(seed=99) == first  # the same night, once more
    assert days() == before
    later = country.plan("night:next", seed=99)  # another night finds nothing left to draw
    assert later != first
    assert days() == before
    assert PlanRun.objects.get(pk=later).wanted == 0


def test_killed_before_it_was_stored_leaves_nothing_half(bd: Programme) -> None:
    country = make_country()
    opened = 0

    @contextmanager
    def scoped() -> Any:
        nonlocal opened
        opened += 1
        if opened == 2:
            raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        plans.run_plan(scoped=scoped, key="night:test", cause="night", today=TODAY)
    assert not PlanRun.objects.exists()
    assert not AssessmentMember.objects.exists()
    run = PlanRun.objects.get(pk=country.plan())
    assert run.placed == 4
    assert Assessment.objects.count() == 4


def test_facts_that_change_meanwhile_are_planned_anew(bd: Programme) -> None:
    country = make_country(factories=2)
    away = country.people[0]
    opened = 0

    @contextmanager
    def scoped() -> Any:
        nonlocal opened
        opened += 1
        if opened == 2:  # between the draw and the store
            people.record_absence(
                user_id=away.pk,
                first_day=TODAY,
                last_day=TODAY + timedelta(days=120),
                by=None,
            )
        yield

    run = plans.run_plan(scoped=scoped, key="night:test", cause="night", today=TODAY)
    assert opened == 4  # read, seen to be stale, read, stored
    assert PlanRun.objects.get(pk=run).placed == 2
    assert not AssessmentMember.objects.filter(user=away).exists()


def test_task_works_once_for_a_job_and_tells_no_count(bd: Programme) -> None:
    make_country(factories=2)
    job = plans.request_plan(by=None, today=TODAY, cause="night:2026-03-02")
    assert job.sealed
    assert plans.request_plan(by=None, today=TODAY, cause="night:2026-03-02").pk == job.pk
    for _each in range(2):
        answer = tasks.plan_visits(programme_id=str(bd.pk), job_id=str(job.pk))
        assert answer is None
    job = Job.objects.get(pk=job.pk)
    assert job.status == "done"
    assert set(job.result) == {"url"}
    assert job.total_units == plans.STEPS  # steps of the work, never visits
    assert PlanRun.objects.filter(key="night:2026-03-02").count() == 1


@pytest.mark.parametrize("role", ["manager", "staff", "advisor"])
def test_sealed_work_is_the_planners_alone(bd: Programme, role: str) -> None:
    user = make_member(role)
    job = plans.request_plan(by=user.pk, today=TODAY)
    with scope.programme_scope(bd.pk, role=role, user_id=user.pk):
        assert not Job.objects.filter(pk=job.pk).exists()
    with scope.programme_scope(bd.pk, role="planner", user_id=user.pk):
        assert Job.objects.filter(pk=job.pk).exists()


def test_horizon_leaves_what_a_person_has_ended(bd: Programme) -> None:
    country = make_country(factories=2)
    plans.open_horizon(today=TODAY)
    row = Assessment.objects.order_by("pk")[0]
    with scope.programme_scope(bd.pk, role="planner", user_id=country.planner.pk):
        services.cancel(
            assessment_id=row.pk, by=country.planner.pk, reason="Merged.", now=at(TODAY)
        )
    assert plans.open_horizon(today=TODAY) == 0
    assert Assessment.objects.count() == 2


def test_absence_becomes_a_diff_that_waits_and_moves_nothing_else(bd: Programme) -> None:
    country = make_country(factories=6, people=8)
    country.plan()
    before = days()
    hit = Assessment.objects.order_by("starts_on", "pk")[0]
    seat = hit.team.get(position="assessor")
    people.record_absence(
        user_id=seat.user_id, first_day=hit.starts_on, last_day=hit.ends_on, by=None
    )
    assert Job.objects.filter(task=plans.REPLAN_TASK, sealed=True).count() == 1
    run = PlanRun.objects.get(pk=country.replan())
    assert run.state == "waiting"
    assert days() == before  # nothing before a planner has looked at it
    changes = {change.assessment_id: change for change in run.changes.all()}
    assert set(changes) == {hit.pk}
    assert changes[hit.pk].kind == PlanChange.Kind.RETEAMED
    assert changes[hit.pk].before["starts_on"] == hit.starts_on.isoformat()
    assert {"away"} == {told["rule"] for told in changes[hit.pk].reasons if "rule" in told}
    plans.apply_replan(run_id=run.pk, by=country.planner.pk, today=TODAY)
    after = days()
    assert {key for key in before if before[key] != after[key]} == {hit.pk}
    assert after[hit.pk][:2] == before[hit.pk][:2]  # the date is kept
    assert (seat.position, seat.user_id) not in after[hit.pk][2]
    plans.apply_replan(run_id=run.pk, by=country.planner.pk, today=TODAY)  # twice is once
    assert days() == after


def test_a_diff_the_checker_refuses_is_not_kept(
    bd: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the planner ever seat somebody who is away, nobody is offered to apply it."""
    country = make_country(factories=6, people=8)
    country.plan()
    hit = Assessment.objects.order_by("starts_on", "pk")[0]
    lead = hit.team.get(position="lead").user_id
    away = hit.team.get(position="assessor").user_id
    people.record_absence(user_id=away, first_day=hit.starts_on, last_day=hit.ends_on, by=None)
    honest = replanning.make_replan

    def at_fault(*given: Any, **named: Any) -> Any:
        broken, result = honest(*given, **named)
        assert result is not None
        visits = tuple(
            replace(each, lead_id=str(away), second_id=str(lead))
            if each.factory_id in result.hit
            else each
            for each in result.plan.visits
        )
        return broken, replace(result, plan=replace(result.plan, visits=visits))

    monkeypatch.setattr(replanning, "make_replan", at_fault)
    run = PlanRun.objects.get(pk=country.replan())
    assert run.state == PlanRun.State.FAILED
    assert "away" in {each["rule"] for each in run.problems}
    assert not run.changes.exists()


def test_replan_of_nothing_changes_nothing(bd: Programme) -> None:
    country = make_country()
    country.plan()
    assert country.replan() is None
    assert not PlanRun.objects.filter(kind="replan").exists()


def test_a_diff_made_stale_by_hand_is_refused(bd: Programme) -> None:
    country = make_country(factories=3, people=8)
    country.plan()
    hit = Assessment.objects.order_by("pk")[0]
    people.record_closure(
        factory_id=hit.factory_id, first_day=hit.starts_on, last_day=hit.ends_on, by=None
    )
    run = country.replan()
    change = PlanChange.objects.get(run=run)
    assert change.kind == PlanChange.Kind.MOVED
    assert plans.redraw_visit(assessment_id=hit.pk, by=country.planner.pk, today=TODAY)
    with pytest.raises(DomainError, match="plan_stale"):
        plans.apply_replan(run_id=run, by=country.planner.pk, today=TODAY)
    plans.discard_replan(run_id=run, by=country.planner.pk)
    with pytest.raises(DomainError, match="plan_not_waiting"):
        plans.apply_replan(run_id=run, by=country.planner.pk, today=TODAY)


def test_locked_visits_stand_whatever_is_planned(bd: Programme) -> None:
    country = make_country(factories=3)
    country.plan()
    row = Assessment.objects.order_by("pk")[0]
    plans.lock_visit(
        assessment_id=row.pk, is_locked=True, reason="Interpreter booked.", by=country.planner.pk
    )
    before = days()[row.pk]
    people.record_closure(
        factory_id=row.factory_id, first_day=row.starts_on, last_day=row.ends_on, by=None
    )
    assert country.replan() is None  # nothing that may move is hit
    facts = plan_facts.read(today=TODAY)
    broken = plans.clashes(facts)
    assert {each.rule for each in broken} == {Rule.FACTORY_CLOSED}
    assert all(each.is_locked for each in broken)
    with pytest.raises(DomainError, match="visit_is_locked"):
        plans.redraw_visit(assessment_id=row.pk, by=country.planner.pk, today=TODAY)
    assert days()[row.pk] == before
    with pytest.raises(DomainError, match="reason_needed"):
        plans.lock_visit(assessment_id=row.pk, is_locked=True, reason=" ", by=1)


def test_a_move_by_hand_against_a_rule_needs_its_reason(bd: Programme) -> None:
    country = make_country(factories=2)
    country.plan()
    row = Assessment.objects.order_by("pk")[0]
    lead = row.team.get(position="lead").user_id
    second = row.team.get(position="assessor").user_id
    outside = TODAY + timedelta(days=7)  # a Monday before the window
    given = {
        "assessment_id": row.pk, "starts_on": outside, "ends_on": outside + timedelta(days=1),
        "lead_id": lead, "second_id": second, "by": country.planner.pk, "today": TODAY,
    }  # fmt: skip
    with pytest.raises(DomainError, match="move_needs_reason") as refused:
        plans.move_visit(**given)
    assert Rule.WINDOW in refused.value.facts["rules"]
    plans.move_visit(**given, reason="The factory closes for good in April.")
    kept = VisitPlan.objects.get(assessment=row)
    assert kept.is_locked
    assert kept.is_by_hand
    assert kept.entropy_bits == 0
    assert Assessment.objects.get(pk=row.pk).starts_on == outside


def test_unplaced_visits_say_why_and_what_would_unlock_them(bd: Programme) -> None:
    country = make_country(factories=1)
    factory = country.factories[0]
    people.record_closure(
        factory_id=factory.pk,
        first_day=TODAY,
        last_day=TODAY + timedelta(days=120),
        by=None,
    )
    run = PlanRun.objects.get(pk=country.plan())
    assert (run.wanted, run.placed) == (1, 0)
    change = run.changes.get()
    assert change.kind == PlanChange.Kind.UNPLACED
    assert {"bar": "factory_calendar"} in change.reasons
    row = Assessment.objects.get()
    assert row.starts_on is None
    assert row.sealed
    plans.widen_window(
        assessment_id=row.pk,
        until=TODAY + timedelta(days=150),
        reason="It opens again in June.",
        today=TODAY,
    )
    assert PlanRun.objects.get(pk=country.plan("night:next")).placed == 1


def test_refused_access_opens_a_second_attempt_and_the_second_is_reported(bd: Programme) -> None:
    made = make_planned(TODAY)
    first = services.record_refusal(
        assessment_id=made.pk, by=made.lead.pk, reason="Guards said no.", now=at(TODAY),
        refused_by="Head of security",
    )  # fmt: skip
    assert not first.sealed
    assert first.status == "access_refused"
    kept = AccessRefusal.objects.get()
    assert (kept.attempt, kept.is_reportable, kept.refused_by) == (1, False, "Head of security")
    again = Assessment.objects.get(status="planned")
    assert again.sealed
    assert again.starts_on is None
    assert again.cycle_id == first.cycle_id
    assert Job.objects.filter(task=plans.PLAN_TASK, sealed=True).exists()
    due = plan_facts.read(today=TODAY).one(again.pk)
    settings = people_facts.planning_settings()
    assert due.opens_on == TODAY + timedelta(days=settings.second_attempt_from)
    assert due.closes_on == TODAY + timedelta(days=settings.second_attempt_to)
    # Repeated, it is one refusal still.
    services.record_refusal(assessment_id=made.pk, by=made.lead.pk, reason="x", now=at(TODAY))
    assert AccessRefusal.objects.count() == 1
    day = TODAY + timedelta(days=28)
    services.schedule_assessment(
        assessment_id=again.pk, starts_on=day, lead_id=made.lead.pk, second_id=made.second.pk,
        by=made.planner.pk,
    )  # fmt: skip
    services.record_refusal(assessment_id=again.pk, by=made.lead.pk, reason="Again.", now=at(day))
    second = AccessRefusal.objects.get(attempt=2)
    assert second.is_reportable
    assert not Assessment.objects.filter(status="planned").exists()  # no third by itself


def test_force_majeure_is_not_held_against_the_factory(bd: Programme) -> None:
    made = make_planned(TODAY)
    services.record_refusal(
        assessment_id=made.pk, by=made.lead.pk, reason="Flood.", now=at(TODAY),
        is_force_majeure=True,
    )  # fmt: skip
    again = Assessment.objects.get(status="planned")
    day = TODAY + timedelta(days=28)
    services.schedule_assessment(
        assessment_id=again.pk, starts_on=day, lead_id=made.lead.pk, second_id=made.second.pk,
        by=made.planner.pk,
    )  # fmt: skip
    services.record_refusal(
        assessment_id=again.pk, by=made.lead.pk, reason="Guards said no.", now=at(day)
    )
    assert not AccessRefusal.objects.filter(is_reportable=True).exists()


def test_the_way_a_visit_is_held_is_kept_with_its_reason(bd: Programme) -> None:
    country = make_country(factories=1)
    country.plan()
    row = Assessment.objects.get()
    assert row.modality == "on_site"  # cycle 2: hybrid comes later
    with pytest.raises(DomainError, match="override_needs_reason"):
        plans.choose_modality(assessment_id=row.pk, modality="hybrid", reason=" ", today=TODAY)
    plans.choose_modality(
        assessment_id=row.pk, modality="hybrid", reason="Floods on the road.", today=TODAY
    )
    kept = VisitPlan.objects.get(assessment=row)
    row.refresh_from_db()
    assert row.modality == "hybrid"
    assert kept.modality_reason == "Floods on the road."
    assert kept.virtual_on == row.starts_on  # documents and managers first
    event = TrailEvent.objects.get(action="modality_chosen")
    assert event.sealed
    assert event.facts["rules"] == ["cycle_reached"]


def test_team_rules_come_on_with_the_first_profile(bd: Programme) -> None:
    factory = make_factory(languages=["km"])
    make_cycle(factory)
    lead, second = make_member("advisor"), make_member("advisor")
    checks = {c.key for c in services.team_checks(factory, lead.pk, second.pk, on=TODAY)}
    assert "speaks_worker_language" not in checks
    people.save_profile(user_id=lead.pk, values={"languages": ["bn"], "may_lead": False})
    found = {c.key: c for c in services.team_checks(factory, lead.pk, second.pk, on=TODAY)}
    assert not found["speaks_worker_language"].is_passed
    assert found["one_lead"].is_passed  # no lead is named yet
    people.save_profile(user_id=second.pk, values={"languages": ["bn"], "may_lead": True})
    found = {c.key: c for c in services.team_checks(factory, lead.pk, second.pk, on=TODAY)}
    assert not found["one_lead"].is_passed  # who may not lead is no lead
    people.save_profile(user_id=lead.pk, values={"languages": ["km"], "may_lead": True})
    people.declare_conflict(
        user_id=second.pk, factory_id=factory.pk, reason="A cousin works there.", on=TODAY
    )
    found = {c.key: c for c in services.team_checks(factory, lead.pk, second.pk, on=TODAY)}
    assert found["speaks_worker_language"].is_passed
    assert found["one_lead"].is_passed
    assert found["no_conflict_of_interest"].found == (str(second.pk),)


def test_nobody_grants_themselves_a_lead(bd: Programme) -> None:
    advisor = make_member("advisor")
    with (
        scope.programme_scope(bd.pk, role="advisor", user_id=advisor.pk),
        pytest.raises(DomainError, match="not_yours_to_grant"),
    ):
        people.save_profile(user_id=advisor.pk, values={"may_lead": True})


def test_own_skills_take_the_lead_from_nobody(bd: Programme) -> None:
    """The first to tell of themselves changes no colleague's standing."""
    first, second = make_member("advisor"), make_member("advisor")
    with scope.programme_scope(bd.pk, role="advisor", user_id=first.pk):
        people.save_profile(user_id=first.pk, values={"languages": ["bn"]})
    known = {each.user_id: each.can_lead for each in plan_facts.read(today=TODAY).people}
    assert known == {first.pk: True, second.pk: True}
    people.save_profile(user_id=second.pk, values={"may_lead": True})
    known = {each.user_id: each.can_lead for each in plan_facts.read(today=TODAY).people}
    assert known == {first.pk: False, second.pk: True}


GRANTS = {"may_lead": True, "has_osh": True, "is_available": False, "days_a_month": 31}


@pytest.mark.parametrize("field", GRANTS)
@pytest.mark.parametrize("kept", [True, False])
def test_database_lets_nobody_grant_themselves_anything(
    bd: Programme, field: str, kept: bool
) -> None:
    advisor = make_member("advisor")
    rows = AssessorProfile.objects.filter(user=advisor)
    grant = partial(AssessorProfile.objects.create, user=advisor, **{field: GRANTS[field]})
    if kept:
        AssessorProfile.objects.create(user=advisor)
        grant = partial(rows.update, **{field: GRANTS[field]})
    with (
        scope.programme_scope(bd.pk, role="advisor", user_id=advisor.pk),
        pytest.raises(IntegrityError, match="profile_granted"),
        transaction.atomic(),
    ):
        grant()
    with scope.programme_scope(bd.pk, role="advisor", user_id=advisor.pk):
        AssessorProfile.objects.update_or_create(user=advisor, defaults={"languages": ["bn"]})
    planner = make_member("planner")
    with scope.programme_scope(bd.pk, role="planner", user_id=planner.pk):
        assert rows.update(**{field: GRANTS[field]}) == 1


def test_nobody_writes_a_refusal_past_the_service(bd: Programme) -> None:
    """An advisor who sees the visit records by the service, which counts; SQL is refused."""
    made = make_planned(TODAY)
    with scope.programme_scope(bd.pk, role="advisor", user_id=made.lead.pk):
        services.record_refusal(
            assessment_id=made.pk, by=made.lead.pk, reason="Guards said no.", now=at(TODAY)
        )
        assert AccessRefusal.objects.count() == 1  # readable, as to all staff
    other = make_begun(TODAY)
    with (
        scope.programme_scope(bd.pk, role="advisor", user_id=other.lead.pk),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO assessments_accessrefusal (id, programme_id, assessment_id, factory_id,"
            " cycle_id, attempt, refused_on, refused_by, reason, is_force_majeure, is_reportable,"
            " recorded_at) SELECT gen_random_uuid(), programme_id, id, factory_id, cycle_id, 2,"
            " starts_on, '', 'x', false, true, now() FROM assessments_assessment WHERE id = %s",
            [other.pk],
        )


# -- planning anew -----------------------------------------------------------------------------


def scheduled_again(made: Made, by: Any = None, **extra: Any) -> Assessment:
    with scope.programme_scope(made.assessment.programme_id, role="planner", user_id=by or None):
        return services.schedule_assessment(
            assessment_id=made.pk,
            starts_on=TODAY + timedelta(days=28),
            lead_id=made.lead.pk,
            second_id=made.second.pk,
            by=by,
            **extra,
        )


def put_off(made: Made) -> None:
    services.postpone(assessment_id=made.pk, by=made.lead.pk, reason="security", now=at(TODAY))


def test_a_visit_nobody_saw_is_planned_anew_as_itself(bd: Programme) -> None:
    made = make_planned(TODAY)
    put_off(made)
    again = scheduled_again(made, made.planner.pk)
    assert (again.pk, again.status, again.sealed) == (made.pk, "planned", True)


@pytest.mark.parametrize("kind", ["postponed", "access_refused"])
def test_a_visit_others_saw_stays_as_they_saw_it(bd: Programme, kind: str, sign_in: Any) -> None:
    if kind == "postponed":
        made = make_begun(TODAY)
        put_off(made)
    else:
        made = make_planned(TODAY)
        services.record_refusal(
            assessment_id=made.pk, by=made.lead.pk, reason="Guards said no.", now=at(TODAY)
        )
    reader = sign_in("staff")
    owner = sign_in("ambassador", factory=made.assessment.factory)
    addresses = (
        (reader, reverse("assessments:list")),
        (reader, reverse("assessments:detail", args=[made.pk])),
        (owner, "/"),
    )

    def seen() -> list[bytes]:
        pages = [client.get(address) for client, address in addresses]
        return [NONCE.sub(b"", page.content) for page in pages]

    before = seen()
    assert made.assessment.code.encode() in before[0]
    kept = Assessment.objects.filter(pk=made.pk).values().get()
    again = scheduled_again(made, made.planner.pk)
    assert again.pk != made.pk
    assert (again.status, again.sealed, again.starts_on) == (
        "planned",
        True,
        TODAY + timedelta(days=28),
    )
    assert Assessment.objects.filter(pk=made.pk).values().get() == kept
    assert seen() == before
    barred = plan_facts.read(today=TODAY).previous_teams.get(made.assessment.factory_id)
    assert not barred  # neither was held
    assert scheduled_again(made, made.planner.pk).pk == again.pk  # asked twice, one visit
    other = made.second.pk, made.lead.pk
    with pytest.raises(DomainError, match="assessment_in_cycle_exists"):
        services.schedule_assessment(
            assessment_id=made.pk, starts_on=TODAY + timedelta(days=29), lead_id=other[0],
            second_id=other[1], by=made.planner.pk,
        )  # fmt: skip


def test_a_place_taken_meanwhile_is_a_refusal(bd: Programme) -> None:
    made = make_planned(TODAY)
    put_off(made)
    services.create_assessment(factory_id=made.assessment.factory_id, created_by=made.planner.pk)
    with pytest.raises(DomainError, match="assessment_in_cycle_exists"):
        scheduled_again(made, made.planner.pk)


def test_database_seals_nothing_again(bd: Programme) -> None:
    made = make_begun(TODAY)
    put_off(made)
    with pytest.raises(IntegrityError, match="assessment_seen"), transaction.atomic():
        Assessment.objects.filter(pk=made.pk).update(sealed=True, status="planned")


@pytest.mark.parametrize("role", ["manager", "staff", "advisor", "global"])
def test_trail_tells_only_planners_who_is_away_or_tied(bd: Programme, role: str) -> None:
    made = make_planned(TODAY)
    me = made.lead.pk
    with scope.programme_scope(bd.pk, role="advisor", user_id=me):
        people.save_profile(user_id=me, values={"languages": ["bn"]})
        people.declare_no_more(user_id=me, on=TODAY)
        tie = people.declare_conflict(
            user_id=me, factory_id=made.assessment.factory_id, reason="A cousin.", on=TODAY
        )
        people.end_conflict(conflict_id=tie.pk, on=TODAY)
        away = people.record_absence(user_id=me, first_day=TODAY, last_day=TODAY, by=me)
        people.withdraw_absence(absence_id=away.pk, now=at(TODAY))
    mine = TrailEvent.objects.filter(
        action__in=["profile_changed", "conflicts_declared", "absence_recorded"]
    )
    assert mine.count() == 6
    with scope.programme_scope(bd.pk, role=role, user_id=make_member(role).pk):
        assert not mine.exists()


def test_every_code_has_its_words() -> None:
    assert {bar.value for bar in Bar} <= set(planner_words.BARS)
    assert {rule.value for rule in Rule} <= set(planner_words.BREACHES)
    assert set(Activity) == set(planner_words.ACTIVITIES)
    proposal = propose_modality(ModalityFacts(1, False, False), ModalitySettings())
    assert {check.key for check in proposal.checks} <= set(planner_words.MODALITY_RULES)


# -- by hand, beside the planner ---------------------------------------------------------------


def test_a_day_chosen_by_hand_no_longer_counts_as_drawn(bd: Programme) -> None:
    country = make_country(factories=1)
    country.plan()
    row = Assessment.objects.get()
    drawn = VisitPlan.objects.get(assessment=row)
    assert drawn.entropy_bits > 0
    assert drawn.legal_dates > 1
    day = row.starts_on + timedelta(days=7)
    services.schedule_assessment(
        assessment_id=row.pk, starts_on=day, ends_on=day + timedelta(days=1),
        lead_id=row.team.get(position="lead").user_id,
        second_id=row.team.get(position="assessor").user_id, by=country.planner.pk,
    )  # fmt: skip
    kept = VisitPlan.objects.get(assessment=row)
    assert (kept.is_by_hand, kept.entropy_bits, kept.legal_dates, kept.run) == (True, 0, 0, None)


def test_hands_and_planner_write_days_one_after_the_other(bd: Programme) -> None:
    """Whoever gives a visit its day holds the programme's lock first."""
    from django.test.utils import CaptureQueriesContext

    made = make_planned(TODAY + timedelta(days=7))
    team = {"lead_id": made.lead.pk, "second_id": made.second.pk}
    with CaptureQueriesContext(connection) as seen:
        services.schedule_assessment(
            assessment_id=made.pk, starts_on=TODAY + timedelta(days=14), by=None, **team
        )
    statements = [each["sql"] for each in seen.captured_queries]
    locks = [n for n, sql in enumerate(statements) if "pg_advisory_xact_lock" in sql]
    rows = [n for n, sql in enumerate(statements) if "FOR NO KEY UPDATE" in sql]
    assert locks
    assert locks[0] < min(rows)


@pytest.mark.parametrize("kind", ["postponed", "access_refused"])
def test_a_visit_that_did_not_happen_is_attempted_again(bd: Programme, kind: str) -> None:
    made = make_planned(TODAY)
    if kind == "postponed":
        put_off(made)
    else:
        services.record_refusal(
            assessment_id=made.pk, by=made.lead.pk, reason="Guards said no.", now=at(TODAY)
        )
        # The next attempt opened by itself; it is given up, and a planner decides anew.
        services.cancel(
            assessment_id=Assessment.objects.get(status="planned").pk,
            by=made.planner.pk, reason="Not now.", now=at(TODAY),
        )  # fmt: skip
    assert [row.pk for row in board.to_repeat()] == [made.pk]
    again = services.attempt_again(assessment_id=made.pk, by=made.planner.pk, today=TODAY)
    assert (again.status, again.sealed, again.starts_on) == ("planned", True, None)
    assert again.pk != made.pk
    assert services.attempt_again(assessment_id=made.pk, by=None, today=TODAY).pk == again.pk
    assert not board.to_repeat()
    with pytest.raises(DomainError, match="not_to_be_repeated"):
        services.attempt_again(assessment_id=again.pk, by=None, today=TODAY)


def test_days_that_hold_are_days_the_checker_lets_pass(bd: Programme) -> None:
    country = make_country(factories=3)
    country.plan()
    facts = plan_facts.read(today=TODAY)
    for due in facts.due:
        found = plans.open_days(facts, due)
        assert len(found) > 5
        length = (due.assessment.ends_on - due.assessment.starts_on).days
        for day, lead, second in found:
            breaches = plans.check_move(
                facts, due, starts_on=day, ends_on=day + timedelta(days=length),
                lead=int(lead), second=int(second),
            )  # fmt: skip
            assert not breaches


# -- the country's calendar ----------------------------------------------------------------------

HOLIDAY = date(2026, 3, 26)  # Independence Day, a Thursday


def test_days_the_programme_knows_better_hold_for_planner_and_hand(bd: Programme) -> None:
    made = make_planned(TODAY)
    team = {"lead_id": made.lead.pk, "second_id": made.second.pk, "by": made.planner.pk}
    election = TODAY + timedelta(days=8)
    assert plan_facts.read(today=TODAY).calendar.is_working_day(election)
    assert not plan_facts.read(today=TODAY).calendar.is_working_day(HOLIDAY)
    with pytest.raises(DomainError, match="rest_day"):
        services.schedule_assessment(assessment_id=made.pk, starts_on=HOLIDAY, **team)
    off = people.record_country_day(day=election, kind="off", name="Election", by=None)
    worked = people.record_country_day(day=HOLIDAY, kind="worked", name="Moved", by=None)
    calendar = plan_facts.read(today=TODAY).calendar
    assert not calendar.is_working_day(election)
    assert calendar.is_working_day(HOLIDAY)
    with pytest.raises(DomainError, match="rest_day"):
        services.schedule_assessment(assessment_id=made.pk, starts_on=election, **team)
    services.schedule_assessment(assessment_id=made.pk, starts_on=HOLIDAY, **team)
    # The same day told twice is one; the planner looks at its visits again, always.
    assert people.record_country_day(day=election, kind="off", name="x", by=None).pk == off.pk
    assert Job.objects.filter(task=plans.REPLAN_TASK, sealed=True).count() == 2
    people.withdraw_country_day(day_id=worked.pk, now=at(TODAY))
    assert not plan_facts.read(today=TODAY).calendar.is_working_day(HOLIDAY)
    bd.refresh_from_db()
    assert bd.own_days == {election.isoformat(): "off"}


def test_whatever_writes_a_day_tells_the_programme(bd: Programme) -> None:
    """Also past the service, as who may write it; and the writer's rights are as before."""
    one, two = TODAY + timedelta(days=8), TODAY + timedelta(days=9)
    person = make_member("planner")
    with scope.scope(scope.Facts("planner", bd.pk, person.pk)):
        CountryDay.objects.create(day=one, kind="off", name="Election")
        row = CountryDay.objects.create(day=two, kind="off", name="Count of votes")
        CountryDay.objects.filter(pk=row.pk).update(kind="worked", day=two + timedelta(days=1))
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('bw.role')")
            assert cursor.fetchone() == ("planner",)
        assert not Programme.objects.filter(pk=bd.pk).update(own_days={})
    bd.refresh_from_db()
    assert bd.own_days == {
        one.isoformat(): "off",
        (two + timedelta(days=1)).isoformat(): "worked",
    }


def test_a_holiday_that_is_over_stays_one(bd: Programme) -> None:
    with pytest.raises(DomainError, match="worked_day_past"):
        people.record_country_day(
            day=HOLIDAY, kind="worked", name="x", by=None, today=HOLIDAY + timedelta(days=1)
        )


def test_other_rest_days_hold_for_planner_and_due_dates(bd: Programme) -> None:
    make_planned(TODAY)
    friday, saturday = date(2026, 3, 13), date(2026, 3, 14)
    calendar = plan_facts.read(today=TODAY).calendar
    assert (calendar.is_working_day(friday), calendar.is_working_day(saturday)) == (False, True)
    with scope.scope(scope.Facts("manager", bd.pk, make_member("manager").pk)):
        for _each in range(2):
            people.change_weekly_rest(weekdays=[5, 6, 5])
        for wrong, code in (([7], "rest_days_unknown"), (range(7), "rest_all_week")):
            with pytest.raises(DomainError, match=code):
                people.change_weekly_rest(weekdays=wrong)
    calendar = plan_facts.read(today=TODAY).calendar
    assert (calendar.is_working_day(friday), calendar.is_working_day(saturday)) == (True, False)
    bd.refresh_from_db()
    assert bd.weekly_rest == [5, 6]
    assert working_day_test(bd)(friday)
    told = TrailEvent.objects.get(action="settings_changed")
    assert told.facts == {"rest_before": [4], "rest": [5, 6]}
    assert Job.objects.filter(task=plans.REPLAN_TASK, sealed=True).count() == 2


def test_a_visit_on_a_day_announced_late_no_longer_holds(bd: Programme) -> None:
    country = make_country(factories=2)
    country.plan()
    row = Assessment.objects.order_by("starts_on")[0]
    assert not plans.clashes(plan_facts.read(today=TODAY))
    people.record_country_day(day=row.starts_on, kind="off", name="Election", by=None)
    broken = plans.clashes(plan_facts.read(today=TODAY))
    assert {(each.rule, each.factory_id) for each in broken} == {
        (Rule.COUNTRY_REST_DAY, str(row.factory_id))
    }
    run = PlanRun.objects.get(pk=country.replan())
    assert [(change.kind, change.assessment_id) for change in run.changes.all()] == [
        ("moved", row.pk)
    ]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"day": TODAY, "kind": "worked", "name": "x"}, "not_a_holiday"),
        ({"day": TODAY, "kind": "off", "name": " "}, "text_missing"),
    ],
)
def test_a_day_of_the_country_says_what_it_is(
    bd: Programme, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(DomainError, match=code):
        people.record_country_day(by=None, **given)
    assert not CountryDay.objects.exists()


@pytest.mark.parametrize("role", ["advisor", "staff", "ambassador"])
def test_only_planners_and_managers_change_the_calendar(bd: Programme, role: str) -> None:
    person = make_member(role)
    with (
        scope.scope(scope.Facts(role, bd.pk, person.pk)),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        CountryDay.objects.create(programme_id=bd.pk, day=TODAY, kind="off", name="x")


def test_a_factory_that_left_gets_no_day(bd: Programme) -> None:
    country = make_country(factories=2)
    plans.open_horizon(today=TODAY)
    gone = country.factories[0]
    type(gone).objects.filter(pk=gone.pk).update(status="left", status_reason="It closed.")
    country.plan()
    placed = {row.factory_id: row.starts_on for row in Assessment.objects.all()}
    assert placed[gone.pk] is None
    assert placed[country.factories[1].pk] is not None
