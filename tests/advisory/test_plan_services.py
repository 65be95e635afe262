"""The life of a plan item, and every way it is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from advisory.models import Nudge, PlanConfirmation, PlanEvent, PlanItem
from advisory.rules.plan import Act, Event, Position, item_state
from advisory.selectors import plan as reads
from advisory.services import plan
from assessments.models import Assessment
from assessments.services import people
from betterwork.accounts.models import Role
from betterwork.errors import DomainError
from betterwork.records.models import OutgoingMail, TrailEvent
from betterwork.tenancy.models import Programme
from factories.models import CycleFact
from tests import builders

from .builders import (
    NOW,
    TODAY,
    Home,
    answer,
    bring_to,
    later,
    make_assessment,
    make_home,
    make_item,
    questions,
)


@pytest.fixture
def home(bd: Programme) -> Home:
    return make_home()


def refused(code: str) -> Any:
    return pytest.raises(DomainError, match=f"^{code}")


# -- from findings to items -------------------------------------------------------------------


def test_findings_become_items_once_with_provenance(home: Home) -> None:
    assessment = make_assessment(home, findings=3)
    done = plan.create_items_from_assessment(
        assessment_id=assessment.pk, by=home.people[Role.ADVISOR], now=NOW, role=Role.ADVISOR
    )
    assert [item.number for item in done.created] == [1, 2, 3]
    item = PlanItem.objects.select_related("answer__question").get(pk=done.created[0].pk)
    assert (item.assessment, item.lineage) == (assessment, item.answer.question.lineage)
    assert item.issue == "Cartons stood in front of the exit."
    assert item.is_public == ("public" in item.answer.question.tags)
    assert item.due_on > TODAY
    event = item.history.get()
    assert event.facts["question"] == item.lineage
    assert event.facts["assessment"] == assessment.code
    assert CycleFact.objects.filter(cycle=home.cycle, kind="plan_opened").count() == 1

    again = plan.create_items_from_assessment(assessment_id=assessment.pk, now=NOW)
    assert (again.created, again.already) == ([], 3)
    assert PlanItem.objects.count() == 3
    assert PlanEvent.objects.count() == 3


@pytest.mark.parametrize("status", ["in_progress", "quality_review"])
def test_findings_nobody_shared_stay_out(home: Home, status: str) -> None:
    assessment = make_assessment(home, status=status)
    with refused("assessment_not_shared"):
        plan.create_items_from_assessment(assessment_id=assessment.pk, now=NOW)
    assert not PlanItem.objects.exists()


def test_draft_shared_with_the_factory_is_enough(home: Home) -> None:
    assessment = make_assessment(home, status="factory_review")
    with home.acting(Role.ADVISOR):
        assert len(plan.create_items_from_assessment(assessment_id=assessment.pk).created) == 3
    with home.acting(Role.COMMITTEE_WORKER), refused("item_not_your_task"):
        plan.create_items_from_assessment(assessment_id=assessment.pk)


def second_assessment(home: Home, **extra: Any) -> Assessment:
    home.cycle.ends_on = date(2026, 9, 30)
    home.cycle.save()
    home.cycle = builders.make_cycle(home.factory, number=2, starts_on=date(2026, 10, 1))
    days = {"starts_on": date(2026, 11, 29), "ends_on": date(2026, 11, 30)}
    return make_assessment(home, **{**days, **extra})


def test_new_findings_never_change_the_progress_of_older_ones(home: Home) -> None:
    first = make_assessment(home, findings=3)
    old = plan.create_items_from_assessment(assessment_id=first.pk, now=NOW).created
    bring_to(home, old[0], "verified")
    with home.acting(Role.AMBASSADOR):
        plan.update_progress(item_id=old[1].pk, progress_percent=40, now=NOW)
    before = reads.board(home.factory.pk, TODAY).batches[0].row

    second = second_assessment(home, findings=3)
    done = plan.create_items_from_assessment(assessment_id=second.pk, now=NOW)
    assert len(done.created) == 3
    # The two that are open tell of each other; the verified one is only found anew.
    assert {o.pk for o, _ in done.again} == {old[1].pk, old[2].pk}
    after = reads.board(home.factory.pk, TODAY)
    assert next(b.row for b in after.batches if b.key == str(first.pk)) == before
    assert [b.row.total for b in after.batches] == [3, 3]
    told = PlanEvent.objects.filter(item=old[1], kind="items_created").get()
    assert told.facts["found_again_as"] == done.again[0][1].number


def test_merge_keeps_both_provenances(home: Home) -> None:
    first = make_assessment(home, findings=2)
    plan.create_items_from_assessment(assessment_id=first.pk, now=NOW)
    second = second_assessment(home, findings=2)
    old, new = plan.create_items_from_assessment(assessment_id=second.pk, now=NOW).again[0]
    before = reads.board(home.factory.pk, TODAY)
    with home.acting(Role.ADVISOR):
        for _ in range(2):  # sent twice
            plan.merge_items(keep_id=old.pk, merge_id=new.pk, now=NOW)
    board = reads.board(home.factory.pk, TODAY)
    assert board.total == before.total - 1
    assert [b.row for b in board.batches] == [b.row for b in before.batches]
    assert PlanEvent.objects.filter(kind="item_merged").count() == 2
    with refused("item_is_merged"):
        plan.update_progress(item_id=new.pk, progress_percent=10, role=Role.AMBASSADOR)


def test_merge_refusals(home: Home) -> None:
    one, two, done = make_item(home), make_item(home), make_item(home)
    bring_to(home, done, "completed")
    other = make_item(make_home())
    with home.acting(Role.AMBASSADOR):
        plan.update_progress(item_id=two.pk, progress_percent=10)
        with refused("merge_same_item"):
            plan.merge_items(keep_id=one.pk, merge_id=one.pk)
        with refused("merge_completed"):
            plan.merge_items(keep_id=done.pk, merge_id=one.pk)
        with refused("merge_other_way"):
            plan.merge_items(keep_id=one.pk, merge_id=two.pk)
    with home.acting(Role.ADVISOR), refused("merge_other_factory"):
        plan.merge_items(keep_id=two.pk, merge_id=other.pk)
    with home.acting(Role.COMMITTEE_WORKER), refused("item_not_your_task"):
        plan.merge_items(keep_id=two.pk, merge_id=one.pk)


def test_next_assessment_verifies_what_it_found_compliant(home: Home) -> None:
    first = make_assessment(home, findings=2)
    old = plan.create_items_from_assessment(assessment_id=first.pk, now=NOW).created
    bring_to(home, old[0], "completed")
    second = second_assessment(home, findings=0)
    answer(second, questions(2), "compliant")
    done = plan.create_items_from_assessment(assessment_id=second.pk, now=NOW)
    assert [item.pk for item in done.verified] == [old[0].pk]
    seen = PlanItem.objects.get(pk=old[0].pk)
    assert (seen.verified_by_assessment, seen.verified_by) == (second, None)
    assert PlanItem.objects.get(pk=old[1].pk).status == "pending"


# -- one item from hand to hand ---------------------------------------------------------------


def test_life_of_an_item(home: Home) -> None:
    item = make_item(home)
    with home.acting(Role.AMBASSADOR):
        plan.update_progress(
            item_id=item.pk, progress_percent=30, note="Shelf ordered", now=later()
        )
        item = plan.report_done(item_id=item.pk, now=later())
    assert (item.status, item.progress_percent, item.done_on) == ("in_progress", 100, TODAY)
    with home.acting(Role.COMMITTEE_MANAGEMENT):
        item = plan.confirm(item_id=item.pk, round_seen=1, now=later())
    assert item.completed_at is None
    with home.acting(Role.COMMITTEE_WORKER):
        item = plan.not_yet(
            item_id=item.pk, reason="One exit is still blocked", round_seen=1, now=later()
        )
    assert (item.round, item.done_on, item.status) == (2, None, "in_progress")
    item = bring_to(home, item, "completed")
    assert item.completed_at is not None
    assert item.verified_at is None
    with home.acting(Role.ADVISOR):
        item = plan.return_item(
            item_id=item.pk, reason="Photo of the night shift", round_seen=2, now=later()
        )
    assert (item.round, item.completed_at) == (3, None)
    item = bring_to(home, item, "verified")
    assert item.verified_by == home.people[Role.ADVISOR]
    with home.acting(Role.ADVISOR):
        item = plan.return_item(item_id=item.pk, reason="Blocked again", round_seen=3, now=later())
    assert (item.status, item.verified_at, item.round) == ("in_progress", None, 4)

    kinds = list(item.history.values_list("kind", flat=True))
    assert kinds == [
        "item_created", "item_progress", "item_done", "item_confirmed", "item_not_yet",
        "item_done", "item_confirmed", "item_confirmed", "item_completed", "item_returned",
        "item_done", "item_confirmed", "item_confirmed", "item_completed", "item_verified",
        "item_returned",
    ]  # fmt: skip
    trail = TrailEvent.objects.filter(object_id=str(item.pk))
    assert list(trail.order_by("at", "id").values_list("action", flat=True).distinct())
    assert trail.count() == len(kinds)
    assert not any("blocked" in str(event.facts).lower() for event in trail)


def test_stored_status_is_the_fold_of_the_history(home: Home) -> None:
    item = bring_to(home, make_item(home), "verified")
    acts = {
        "item_progress": Act.START,
        "item_done": Act.REPORT_DONE,
        "item_confirmed": Act.CONFIRM,
        "item_verified": Act.VERIFY,
    }
    positions = {
        Role.AMBASSADOR: Position.AMBASSADOR,
        Role.COMMITTEE_WORKER: Position.WORKER_MEMBER,
        Role.COMMITTEE_MANAGEMENT: Position.MANAGEMENT_MEMBER,
        Role.ADVISOR: Position.ADVISOR,
    }
    events = [
        Event(acts[e.kind], positions[Role(e.role)], e.at.date(), str(e.by_id))
        for e in item.history.all()
        if e.kind in acts
    ]
    folded = item_state(events)
    assert (str(folded.status), folded.is_verified) == (item.status, item.verified_at is not None)


def test_every_step_sent_twice_happens_once(home: Home) -> None:
    item = make_item(home)
    assert make_item(home, issue=item.issue).pk == item.pk
    with home.acting(Role.AMBASSADOR):
        for _ in range(2):
            plan.update_progress(item_id=item.pk, progress_percent=50, note="Half", now=NOW)
        for _ in range(2):
            plan.report_done(item_id=item.pk, now=NOW)
    with home.acting(Role.COMMITTEE_WORKER):
        for _ in range(2):
            plan.not_yet(item_id=item.pk, reason="Not on line 4", round_seen=1, now=NOW)
    with home.acting(Role.AMBASSADOR):
        plan.report_done(item_id=item.pk, now=NOW)
    for role in (Role.COMMITTEE_WORKER, Role.COMMITTEE_MANAGEMENT):
        with home.acting(role):
            for _ in range(2):
                plan.confirm(item_id=item.pk, round_seen=2, now=NOW)
    with home.acting(Role.ADVISOR):
        for _ in range(2):
            plan.return_item(item_id=item.pk, reason="Show the stairs", round_seen=2, now=NOW)
    bring_to(home, item, "verified")
    with home.acting(Role.ADVISOR):
        plan.verify(item_id=item.pk, now=NOW)
    counted = {
        kind: item.history.filter(kind=kind).count()
        for kind in ("item_progress", "item_not_yet", "item_returned", "item_verified")
    }
    assert set(counted.values()) == {1}
    assert item.history.filter(kind="item_confirmed").count() == 4
    assert PlanConfirmation.objects.filter(item=item, agrees=True).count() == 4


def test_confirmation_of_an_earlier_round_is_stale(home: Home) -> None:
    item = make_item(home)
    bring_to(home, item, "reported")
    with home.acting(Role.COMMITTEE_WORKER):
        plan.not_yet(item_id=item.pk, reason="Not on line 4", round_seen=1)
    with home.acting(Role.AMBASSADOR):
        plan.report_done(item_id=item.pk)
    with home.acting(Role.COMMITTEE_MANAGEMENT), refused("stale_form"):
        plan.confirm(item_id=item.pk, round_seen=1)
    assert PlanConfirmation.objects.filter(agrees=True).count() == 0


def test_nobody_confirms_for_both_sides(home: Home) -> None:
    item = bring_to(home, make_item(home), "reported")
    person = home.people[Role.COMMITTEE_WORKER]
    with home.acting(Role.COMMITTEE_WORKER):
        plan.confirm(item_id=item.pk)
    with home.acting(Role.COMMITTEE_MANAGEMENT, person), refused("item_same_person_both_sides"):
        plan.confirm(item_id=item.pk)
    colleague = builders.make_member(Role.COMMITTEE_WORKER, factory=home.factory)
    with home.acting(Role.COMMITTEE_WORKER, colleague), refused("item_side_confirmed"):
        plan.confirm(item_id=item.pk)
    item.refresh_from_db()
    assert item.status == "in_progress"


TEN = {"progress_percent": 10}
REFUSALS = [
    ("new", Role.ADVISOR, "report_done", {}, "item_not_your_task"),
    ("new", Role.ADVISOR, "update_progress", TEN, "item_not_your_task"),
    ("new", Role.AMBASSADOR, "update_progress", {"progress_percent": 101}, "progress_out_of_range"),
    ("new", Role.AMBASSADOR, "confirm", {}, "item_not_your_task"),
    ("new", Role.COMMITTEE_WORKER, "confirm", {}, "item_not_reported"),
    ("new", Role.COMMITTEE_WORKER, "not_yet", {"reason": "why"}, "item_not_reported"),
    ("new", Role.ADVISOR, "verify", {}, "item_not_completed"),
    ("new", Role.AMBASSADOR, "verify", {}, "item_not_your_task"),
    ("new", Role.ADVISOR, "return_item", {"reason": "why"}, "item_not_completed"),
    ("reported", Role.COMMITTEE_WORKER, "report_done", {}, "item_already_reported"),
    ("reported", Role.AMBASSADOR, "update_progress", TEN, "item_already_reported"),
    ("reported", Role.COMMITTEE_WORKER, "not_yet", {"reason": "  "}, "item_reason_missing"),
    ("half", Role.ADVISOR, "verify", {}, "item_not_completed"),
    ("completed", Role.COMMITTEE_WORKER, "not_yet", {"reason": "why"}, "item_already_completed"),
    ("completed", Role.AMBASSADOR, "update_progress", TEN, "item_already_completed"),
    ("completed", Role.ADVISOR, "return_item", {"reason": ""}, "item_reason_missing"),
    ("completed", Role.COMMITTEE_WORKER, "return_item", {"reason": "why"}, "item_not_your_task"),
    ("verified", Role.MANAGER, "verify", {}, "item_already_verified"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "role", "act", "given", "code"), REFUSALS)
def test_refusals_change_nothing(
    home: Home, state: str, role: str, act: str, given: dict[str, Any], code: str
) -> None:
    item = make_item(home)
    if state != "new":
        item = bring_to(home, item, state)
    home.people[Role.MANAGER] = builders.make_member(Role.MANAGER)
    before = (PlanItem.objects.values().get(pk=item.pk), PlanEvent.objects.count())
    with home.acting(role), refused(code):
        getattr(plan, act)(item_id=item.pk, **given)
    assert (PlanItem.objects.values().get(pk=item.pk), PlanEvent.objects.count()) == before


def test_details_keep_what_stood_before(home: Home) -> None:
    item = make_item(home, due_on=date(2026, 12, 6))
    with home.acting(Role.AMBASSADOR):
        for _ in range(2):
            plan.set_details(
                item_id=item.pk, root_cause="No place for cartons", action="Paint an area",
                responsible="Line chief", due_on=date(2026, 12, 13), now=NOW,
            )  # fmt: skip
    event = item.history.get(kind="item_changed")
    assert event.facts["kept"]["due_on"] == "2026-12-06"
    assert event.facts["fields"] == ["action", "due_on", "responsible", "root_cause"]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (TODAY - timedelta(days=1), "due_in_the_past"),
        (date(2026, 11, 27), "due_on_weekly_rest"),  # Friday, the weekly holiday
        (date(2026, 12, 16), "due_on_public_holiday"),  # Victory Day, a Wednesday
    ],
)
def test_due_date_is_a_working_day(home: Home, day: date, code: str) -> None:
    item = make_item(home)
    with home.acting(Role.AMBASSADOR), refused(code):
        plan.set_details(
            item_id=item.pk, root_cause="", action="", responsible="", due_on=day, now=NOW
        )
    with refused(code):
        make_item(home, issue="Another", due_on=day)


def test_due_date_is_none_the_country_was_given_off(home: Home) -> None:
    election = date(2026, 11, 30)
    item = make_item(home)
    plan.set_details(
        item_id=item.pk, root_cause="", action="", responsible="", due_on=election, now=NOW
    )
    people.record_country_day(day=election, kind="off", name="Election", by=None)
    with refused("due_on_public_holiday"):
        make_item(home, issue="Another", due_on=election)
    people.record_country_day(day=date(2026, 12, 16), kind="worked", name="Moved", by=None)
    assert make_item(home, issue="A third", due_on=date(2026, 12, 16)).due_on


# -- history ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [PlanEvent, PlanConfirmation])
def test_history_cannot_be_changed(home: Home, model: Any) -> None:
    bring_to(home, make_item(home), "half")
    row = model.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(role="x") if model is PlanEvent else (
            model.objects.filter(pk=row.pk).update(reason="x")
        )
    assert model.objects.filter(pk=row.pk).delete()[0] == 0 or model.objects.filter(pk=row.pk)


# -- reminders by hand ------------------------------------------------------------------------


def test_nudge_goes_once_in_three_days_without_findings(home: Home) -> None:
    item = make_item(home, issue="Locked exit on floor 4")
    with home.acting(Role.ADVISOR):
        plan.nudge(item_id=item.pk, now=NOW)
        plan.nudge(item_id=item.pk, now=NOW + timedelta(seconds=5))  # a double click
        with refused("nudged_lately"):
            plan.nudge(item_id=item.pk, now=NOW + timedelta(days=2))
        plan.nudge(item_id=item.pk, now=NOW + timedelta(days=3))
    assert Nudge.objects.count() == 2
    mails = OutgoingMail.objects.filter(kind="plan_nudge")
    assert mails.count() == 2
    assert {mail.to for mail in mails} == {home.people[Role.AMBASSADOR].email}
    assert not any("Locked" in mail.subject + mail.text for mail in mails)


def test_nudge_needs_somebody(home: Home) -> None:
    other = builders.make_factory()
    item = make_item(home, factory_id=other.pk)
    with refused("nobody_to_remind"):
        plan.nudge(item_id=item.pk, now=NOW)
    assert not Nudge.objects.exists()
