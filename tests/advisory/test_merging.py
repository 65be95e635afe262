"""A duplicate's plan goes over whole to the factory that stands; nothing is left in no list."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from advisory.models import PlanConfirmation, PlanEvent, PlanItem
from advisory.selectors import plan as reads
from advisory.services import merging, plan, visits
from betterwork.accounts.models import Role
from betterwork.errors import DomainError
from betterwork.records.models import TrailEvent
from factories.services import factories as services

from .builders import Home, bring_to, later, make_assessment, make_home, make_item

TODAY = later().date()


def merge(winner: Home, loser: Home) -> None:
    for _again in range(2):
        services.merge_factories(
            winner_id=winner.factory.pk, loser_id=loser.factory.pk, reason="Same site", today=TODAY
        )


@pytest.fixture
def pair(bd: Any) -> tuple[Home, Home]:
    winner, loser = make_home(name="Padma Stitchworks"), make_home(name="Padma Stitch Works")
    make_item(winner)
    for state in ("", "half", "completed", "verified"):
        item = make_item(loser)
        if state:
            bring_to(loser, item, state)
    return winner, loser


def test_the_plan_goes_over_whole(pair: Any) -> None:
    winner, loser = pair
    before = list(PlanItem.objects.filter(factory=loser.factory).values_list("pk", "status"))
    merge(winner, loser)
    board = reads.board(winner.factory.pk, TODAY)
    assert [row.item.number for row in board.rows] == [1, 2, 3, 4, 5]
    assert [(row.item.pk, row.item.status) for row in board.rows[1:]] == before
    assert (board.completed, board.verified) == (2, 1)
    assert not PlanItem.objects.filter(factory=loser.factory).exists()
    assert reads.to_verify().get().factory_id == winner.factory.pk
    assert not PlanEvent.objects.filter(factory=loser.factory).exists()
    assert not PlanConfirmation.objects.filter(factory=loser.factory).exists()
    told = PlanEvent.objects.filter(kind="item_taken_over").order_by("item__number")
    assert [event.facts["was"] for event in told] == [1, 2, 3, 4]
    assert TrailEvent.objects.filter(action="items_taken_over").count() == 1
    merging.take_over(winner.factory.pk, loser.factory.pk)
    assert PlanEvent.objects.filter(kind="item_taken_over").count() == 4


def test_work_goes_on_where_it_stood(pair: Any) -> None:
    """One side had confirmed under the duplicate; the other confirms under the factory."""
    winner, loser = pair
    item = PlanItem.objects.get(factory=loser.factory, done_on__isnull=False, status="in_progress")
    merge(winner, loser)
    with winner.acting(Role.COMMITTEE_WORKER):
        done = plan.confirm(item_id=item.pk, now=later())
    assert done.status == PlanItem.Status.COMPLETED


def test_rows_of_an_item_follow_it_and_go_nowhere_else(pair: Any) -> None:
    winner, loser = pair
    row = PlanConfirmation.objects.filter(factory=loser.factory)[:1].get()
    for change in ({"factory_id": winner.factory.pk}, {"reason": "Another word"}):
        with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
            PlanConfirmation.objects.filter(pk=row.pk).update(**change)


def test_a_duplicate_takes_nothing_new(pair: Any, sign_in: Any) -> None:
    winner, loser = pair
    merge(winner, loser)
    name = f"{winner.factory.name} ({winner.factory.code})"
    acts: list[Any] = [
        lambda: make_item(loser),
        lambda: visits.save_visit(
            factory_id=loser.factory.pk, planned_on=TODAY, by=loser.people[Role.ADVISOR]
        ),
        lambda: visits.save_diagnosis(factory_id=loser.factory.pk, answers={}),
        lambda: services.record_workforce(
            factory_id=loser.factory.pk, counted_on=TODAY, female=1, male=1, source="form"
        ),
        lambda: services.link_buyer(
            factory_id=loser.factory.pk, line=services.BuyerLine("Alpha Brand")
        ),
    ]
    for act in acts:
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code == "factory_is_merged"
        assert refused.value.facts["other"] == name
    client = sign_in("manager")
    page = client.get(reverse("advisory:plan", args=[loser.factory.pk])).content.decode()
    assert "Add an item" not in page
    assert reverse("advisory:plan", args=[winner.factory.pk]) in page
    new = reverse("advisory:item_new", args=[loser.factory.pk])
    data = {"origin": "advisory", "point": PlanItem.objects.all()[0].point_id, "issue": "Dark"}
    answer = client.post(new, data)
    assert answer.status_code == 422
    assert "Go on with" in answer.content.decode()
    panel = client.get(reverse("factories:detail", args=[loser.factory.pk])).content.decode()
    assert "The plan has no items yet" not in panel
    assert "The plan went over" in panel


def test_findings_of_a_duplicates_assessment_enter_the_standing_plan(bd: Any, sign_in: Any) -> None:
    winner, loser = make_home(name="Meghna Apparel"), make_home(name="Meghna Apparels")
    assessment = make_assessment(loser, findings=2)
    merge(winner, loser)
    assert reads.assessments_to_add(loser.factory.pk)  # also asked of the duplicate's own page
    client = sign_in("manager")
    old = client.get(reverse("advisory:plan", args=[loser.factory.pk])).content.decode()
    assert "add all in one step" not in old
    page = client.get(reverse("advisory:plan", args=[winner.factory.pk])).content.decode()
    url = reverse("advisory:from_assessment", args=[winner.factory.pk, assessment.pk])
    assert url in page
    assert client.post(url).status_code == 302
    made = PlanItem.objects.filter(assessment=assessment)
    assert {item.factory_id for item in made} == {winner.factory.pk}
    assert made.count() == 2


def test_each_side_tells_the_merge_once_and_in_its_own_words(pair: Any, sign_in: Any) -> None:
    winner, loser = pair
    merge(winner, loser)
    client = sign_in("manager")
    here = client.get(reverse("factories:detail", args=[winner.factory.pk])).content.decode()
    assert here.count("merged a duplicate") == 1
    assert "merged this entry into another" not in here
    there = client.get(reverse("factories:detail", args=[loser.factory.pk])).content.decode()
    assert there.count("merged this entry into another") == 1
    assert "merged a duplicate" not in there


def test_a_duplicate_of_a_duplicate_leads_to_the_factory_that_stands(pair: Any) -> None:
    winner, loser = pair
    last = make_home(name="Padma Group Site")
    merge(winner, loser)
    merge(last, winner)
    loser.factory.refresh_from_db()
    assert loser.factory.merged_into_id == last.factory.pk
    assert len(reads.board(last.factory.pk, TODAY).rows) == 5
    other = make_home()
    with pytest.raises(IntegrityError, match="factory_merge_flat"), transaction.atomic():
        type(other.factory).objects.filter(pk=other.factory.pk).update(merged_into=winner.factory)


def test_plans_of_earlier_merges_are_taken_over_by_the_migration(pair: Any) -> None:
    """The statements of the migration, on a duplicate that was merged before there was a step."""
    winner, loser = pair
    other = make_home(name="Without a plan")
    orphan = make_item(other)
    bare = make_home(name="Nor this")
    for home, into in ((loser, winner), (other, bare)):
        type(home.factory).objects.filter(pk=home.factory.pk).update(merged_into=into.factory)
    module = importlib.import_module("advisory.migrations.0006_items_follow_their_factory")
    with connection.cursor() as cursor:
        for statement in module.MOVE:
            if not statement.startswith(("ALTER", "SET")):
                cursor.execute(statement)
    board = reads.board(winner.factory.pk, TODAY)
    assert [row.item.number for row in board.rows] == [1, 2, 3, 4, 5]
    assert (board.completed, board.verified) == (2, 1)
    orphan.refresh_from_db()
    assert (orphan.factory_id, orphan.plan.factory_id) == (bare.factory.pk, bare.factory.pk)
    assert not PlanEvent.objects.filter(factory__in=[loser.factory, other.factory]).exists()
