"""The nightly work is told to the staff, and in the same words whatever visits are planned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from advisory import tasks as advisory_tasks
from assessments import tasks
from assessments.models import Assessment, PlanRun
from assessments.services import plans
from betterwork.accounts.models import Role
from betterwork.celery import app
from betterwork.records import nightly
from betterwork.records.models import Job, NightlyRun
from betterwork.records.slots import RHYTHMS, Rhythm
from betterwork.tenancy import scope

from . import world as worlds
from .test_sealed_visits import page_of
from .world import World

NIGHT = datetime(2026, 11, 27, 19, 40, 7, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
READERS = [Role.MANAGER, Role.STAFF, Role.ADVISOR, Role.CAT_EDITOR]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def stand(moment: datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    return stand


def state() -> dict[str, tuple[datetime, bool]]:
    return {run.kind: (run.slot, run.has_ended) for run in NightlyRun.objects.all()}


def test_times_are_those_of_the_scheduler() -> None:
    entries = {
        "release_clock": "release-clock", "reassessments": "open-reassessments",
        "horizon": "plan-night", "escalation": "plan-night", "reminders": "send-reminders",
    }  # fmt: skip
    assert set(entries) == set(RHYTHMS) == set(NightlyRun.Kind.values)
    for kind, name in entries.items():
        table = app.conf.beat_schedule[name]["schedule"]
        minutes = {
            int(slot.hour * 60 + slot.minute)
            for slot in (
                RHYTHMS[kind].slot(datetime(2026, 11, 27, tzinfo=UTC) + timedelta(minutes=n))
                for n in range(24 * 60)
            )
        }
        assert minutes == {h * 60 + m for h in table.hour for m in table.minute}


@pytest.mark.parametrize(
    ("now", "slot", "ended", "late"),
    [
        (NIGHT, None, False, True),
        (NIGHT, NIGHT - DAY, True, False),  # within the grace, the night before still counts
        (NIGHT + 2 * HOUR, NIGHT - DAY, True, True),
        (NIGHT + 2 * HOUR, NIGHT, False, True),
        (NIGHT + 2 * HOUR, NIGHT, True, False),
        (NIGHT + timedelta(minutes=20), NIGHT, False, False),
        (NIGHT + 23 * HOUR, NIGHT, True, False),
        (NIGHT + 26 * HOUR, NIGHT, True, True),
    ],
)
def test_late_is_what_has_not_ended_for_its_time(
    now: datetime, slot: datetime | None, ended: bool, late: bool
) -> None:
    rhythm = Rhythm(first=19 * 60 + 40, every=24 * 60, grace=60)
    due = slot.replace(second=0) if slot else None
    assert rhythm.is_late(now, due, ended) is late


def test_a_run_says_its_due_time_and_its_end(bd: Any, jordan: Any, at: Any) -> None:
    at(NIGHT)
    tasks.plan_night()
    due = NIGHT.replace(second=0)
    assert state() == {"horizon": (due, True), "escalation": (due, True)}
    with scope.programme_scope(jordan.pk):
        assert state() == {"horizon": (due, True), "escalation": (due, True)}
    at(NIGHT + 5 * HOUR)  # the same night, come late and twice
    tasks.plan_night()
    tasks.plan_night()
    assert state() == {"horizon": (due, True), "escalation": (due, True)}
    assert Job.objects.filter(task=plans.PLAN_TASK).count() <= 2
    for task in (tasks.open_reassessments, tasks.run_review_clocks, advisory_tasks.send_reminders):
        task()
    assert {kind: ended for kind, (_slot, ended) in state().items()} == dict.fromkeys(RHYTHMS, True)


def test_one_programme_that_fails_stops_no_other(
    bd: Any, jordan: Any, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(NIGHT)

    def fail_here(*, now: datetime) -> dict[str, int]:
        if scope.current_programme() == bd.pk:
            raise ValueError("one programme")
        return {"told": 0, "released": 0}

    monkeypatch.setattr(tasks.services, "run_review_clocks", fail_here)
    with pytest.raises(ValueError, match="one programme"):
        tasks.run_review_clocks()
    assert state()["release_clock"] == (NIGHT.replace(second=0), False)
    with scope.programme_scope(jordan.pk):
        assert state()["release_clock"] == (NIGHT.replace(second=0), True)


def test_only_the_system_writes_it_and_only_staff_read_it(bd: Any) -> None:
    nightly.begin("horizon")
    for role in ("manager", "planner", "ambassador", "buyer", "constituent", "anonymous"):
        with scope.scope(scope.Facts(role, bd.pk, 1)):
            assert NightlyRun.objects.exists() is (role in {"manager", "planner"})
            assert not NightlyRun.objects.update(has_ended=True)
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                NightlyRun.objects.create(kind="reminders", slot=NIGHT)


# What the page says ------------------------------------------------------------------------------


def killed(world: World, at: Any, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The worker dies while reassessments are opened, and before the plan is asked for."""

    class Killed(BaseException):
        pass

    def die(**_given: Any) -> None:
        raise Killed

    at(NIGHT)
    with monkeypatch.context() as patched:
        patched.setattr(tasks.services, "open_reassessments", die)
        patched.setattr(plans, "request_plan", die)
        for task in (tasks.open_reassessments, tasks.plan_night):
            with pytest.raises(Killed):
                task()
    return NIGHT + 3 * HOUR


def doubled(world: World, at: Any, monkeypatch: pytest.MonkeyPatch) -> datetime:
    at(NIGHT)
    for task in (tasks.plan_night, tasks.open_reassessments, tasks.run_review_clocks):
        task()
        task()
    return NIGHT + HOUR


def late(world: World, at: Any, monkeypatch: pytest.MonkeyPatch) -> datetime:
    at(NIGHT - 3 * DAY)
    tasks.plan_night()
    tasks.open_reassessments()
    return NIGHT + 2 * HOUR


def failing(world: World, at: Any, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Work on sealed visits fails only because there is one: nobody reads that here."""
    with scope.programme_scope(world.programme.pk):
        hit = Assessment.objects.filter(sealed=True).exists()

    def fail_if_hit(**_given: Any) -> None:
        if hit:
            raise ValueError("a sealed visit")

    at(NIGHT)
    with monkeypatch.context() as patched:
        patched.setattr(tasks.services, "open_reassessments", fail_if_hit)
        try:
            tasks.open_reassessments()
        except ValueError:
            assert hit
    return NIGHT + 3 * HOUR


@pytest.mark.parametrize("happens", [killed, doubled, late, failing])
def test_the_page_reads_the_same_with_and_without_a_sealed_visit(
    world: World, at: Any, monkeypatch: pytest.MonkeyPatch, happens: Any
) -> None:
    worlds.add_team(world)
    address = reverse("records:nightly")
    clients = {role: world.client(role) for role in READERS}

    def pages() -> dict[str, Any]:
        at(happens(world, at, monkeypatch))
        return {role: page_of(client, address) for role, client in clients.items()}

    point = transaction.savepoint()
    before = pages()
    transaction.savepoint_rollback(point)
    visit = worlds.plan_sealed_visit(world)
    run = worlds.plan_around(world, visit)
    with scope.programme_scope(world.programme.pk):
        PlanRun.objects.filter(pk=run.pk).update(state="failed")
    after = pages()
    for role in READERS:
        assert before[role][0] == 200
        assert before[role] == after[role], role
    text = after[Role.MANAGER][2]
    stopped, behind = "It began and did not end.", "It ended then, and has not begun since."
    assert text.count(stopped) == (2 if happens is killed else 0)
    assert (text.count(behind) >= 2) is (happens is late)


def test_the_page_says_in_words_what_is_late(world: World, at: Any) -> None:
    client = world.client(Role.MANAGER)
    address = reverse("records:nightly")
    at(NIGHT)
    assert client.get(address).content.decode().count("It has not run yet.") == len(RHYTHMS)
    tasks.plan_night()
    at(NIGHT + 2 * HOUR)
    assert client.get(address).content.decode().count("It ended as it should.") == 2
    at(NIGHT + 2 * DAY)
    page = client.get(address).content.decode()
    assert page.count("It ended then, and has not begun since.") == 2
    assert "Some of it is late." in page
    assert address in client.get(reverse("ui:more")).content.decode()
    assert world.client(Role.AMBASSADOR).get(address).status_code == 403
