"""Kept clocks say what the engine says, after whatever changes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.tenancy.services import change_settings
from factories import selectors, summaries
from factories.models import ClockDrift, CycleClocks, CycleFact, EngagementCycle, Factory
from factories.rules.clocks import ClockState
from factories.services import cycles as services
from tests import builders

TODAY = date(2026, 6, 1)


def by_engine(today: date) -> tuple[Counter[Any], int, set[Any]]:
    """(key, days left) counted, late with a reason, open report clocks: each cycle asked."""
    running = selectors.current_cycles(today).filter(factory__status="active")
    found = [
        (overview.cycle_id, clock)
        for overview in selectors.cycle_overview(running, today).values()
        for clock in overview.clocks
        if clock.is_open
    ]
    return (
        Counter((str(clock.key), clock.days_left) for _cycle, clock in found),
        sum(c.state is ClockState.LATE and c.drift_reason is not None for _cycle, c in found),
        {(cycle, c.started_on, c.due_on) for cycle, c in found if c.key == "report"},
    )


def as_kept(today: date) -> tuple[Counter[Any], int, set[Any]]:
    kept = summaries.running_clocks(today)
    counted: Counter[Any] = Counter()
    for each in kept.counts:
        counted[each.key, each.days_left] += each.clocks
    late = [each for each in kept.counts if each.days_left is not None and each.days_left < 0]
    return (
        counted,
        sum(each.with_reason for each in late),
        {(each.cycle_id, each.started_on, each.due_on) for each in kept.reports},
    )


@pytest.fixture
def world(bd: Any) -> list[EngagementCycle]:
    """Twelve cycles at different ages, with one fact more from each to the next; two drift."""
    kinds = ["advisory_visit", "committee_formed", "self_diagnosis", "plan_opened", "assessed",
             "draft_shared", "report_released", "progress_report_1"]  # fmt: skip
    made = []
    for number in range(12):
        starts = TODAY - timedelta(days=30 * number)
        cycle = builders.make_cycle(starts_on=starts)
        for step, kind in enumerate(kinds[:number]):
            day = min(starts + timedelta(days=5 + 12 * step), TODAY)
            CycleFact.objects.create(cycle=cycle, factory=cycle.factory, kind=kind, happened_on=day)
        made.append(cycle)
    ClockDrift.objects.create(
        cycle=made[3], factory=made[3].factory, clock="initial_advisory", reason="force_majeure",
        is_paused=True, recorded_on=TODAY - timedelta(days=3),
    )  # fmt: skip
    ClockDrift.objects.create(
        cycle=made[5], factory=made[5].factory, clock="report", reason="force_majeure",
        recorded_on=TODAY - timedelta(days=3),
    )  # fmt: skip
    return made


def are_all_kept() -> bool:
    return not CycleClocks.objects.exclude(kept_version=F("version")).exists()


def test_kept_clocks_are_the_engines(world: list[EngagementCycle]) -> None:
    expected = by_engine(TODAY)
    assert sum(expected[0].values()) > 12
    assert any(days is None for _key, days in expected[0])
    assert any(days is not None and days < 0 for _key, days in expected[0])
    assert as_kept(TODAY) == expected  # asked
    assert are_all_kept()
    assert as_kept(TODAY) == expected  # kept


def test_they_hold_on_every_later_day(world: list[EngagementCycle]) -> None:
    summaries.running_clocks(TODAY)
    for days in (1, 13, 60, 200, 400):
        later = TODAY + timedelta(days=days)
        assert as_kept(later) == by_engine(later), days


def rest_days(cycle: EngagementCycle) -> None:
    Factory.objects.filter(pk=cycle.factory_id).update(weekly_rest=[0, 1, 2])


def raw_fact(cycle: EngagementCycle) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO factories_cyclefact (id, programme_id, cycle_id, factory_id, kind,"
            " happened_on, source_id, note, recorded_at) VALUES (gen_random_uuid(), %s, %s, %s,"
            " 'assessed', %s, 'raw', '', now())",
            [cycle.programme_id, cycle.pk, cycle.factory_id, TODAY - timedelta(days=2)],
        )


def drift(cycle: EngagementCycle) -> None:
    services.record_drift(
        cycle_id=cycle.pk, clock="reregistration", reason=ClockDrift.Reason.values[0],
        note="The owner asked for it.", new_due_on=TODAY + timedelta(days=9), recorded_on=TODAY,
    )  # fmt: skip


def merge(cycle: EngagementCycle) -> None:
    """A duplicate that was assessed in spring goes into the factory, and its day is put right."""
    other = builders.make_cycle(starts_on=date(2026, 1, 1))
    services.record_fact(cycle_id=other.pk, kind="assessed", happened_on=date(2026, 4, 1))
    summaries.running_clocks(TODAY)
    Factory.objects.filter(pk=other.factory_id).update(merged_into=cycle.factory)
    assert as_kept(TODAY) == by_engine(TODAY)
    CycleFact.objects.filter(cycle=other).update(happened_on=date(2026, 5, 1))


CHANGES: list[Callable[[EngagementCycle], None]] = [
    lambda cycle: services.record_fact(
        cycle_id=cycle.pk, kind="advisory_visit", happened_on=TODAY, source_id="v"
    ),
    raw_fact,
    lambda cycle: CycleFact.objects.filter(cycle=cycle).update(
        happened_on=TODAY - timedelta(days=1)
    ),
    drift,
    lambda cycle: ClockDrift.objects.filter(cycle=cycle).update(is_paused=False),
    rest_days,
    merge,
    lambda cycle: services.close_cycle(cycle_id=cycle.pk, ends_on=TODAY),
    lambda cycle: EngagementCycle.objects.filter(pk=cycle.pk).update(starts_on=TODAY),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("which", [0, 3, 8])
def test_whatever_changes_asks_anew(
    world: list[EngagementCycle], change: Callable[[EngagementCycle], None], which: int
) -> None:
    summaries.running_clocks(TODAY)
    change(world[which])
    for today in (TODAY, TODAY + timedelta(days=45)):
        assert as_kept(today) == by_engine(today)


def test_settings_and_calendar_ask_anew(world: list[EngagementCycle]) -> None:
    summaries.running_clocks(TODAY)
    change_settings(
        changes={"cycle": {"initial_advisory_days": 40, "report_days": 10}}, reason="trial",
        valid_from=TODAY + timedelta(days=7), today=TODAY,
    )  # fmt: skip
    for today in (TODAY, TODAY + timedelta(days=7)):
        assert as_kept(today) == by_engine(today)
    home = scope.current_programme()
    with scope.scope(scope.Facts("platform")):
        Programme.objects.filter(pk=home).update(weekly_rest=[0, 1, 2, 3])
    assert as_kept(TODAY) == by_engine(TODAY)
    due = {clock.due_on for clock in summaries.running_clocks(TODAY).reports if clock.due_on}
    assert due
    with scope.scope(scope.Facts("platform")):
        own = {day.isoformat(): "off" for day in due}
        Programme.objects.filter(pk=home).update(own_days=own)
    assert as_kept(TODAY) == by_engine(TODAY)
    assert not due & {clock.due_on for clock in summaries.running_clocks(TODAY).reports}


def test_a_fact_of_tomorrow_is_not_kept(world: list[EngagementCycle]) -> None:
    tomorrow = TODAY + timedelta(days=1)
    CycleFact.objects.create(
        cycle=world[0], factory=world[0].factory, kind="advisory_visit", happened_on=tomorrow
    )
    for today in (TODAY, tomorrow):
        assert as_kept(today) == by_engine(today)


def test_one_statement_when_nothing_changed(
    world: list[EngagementCycle], django_assert_num_queries: Any
) -> None:
    summaries.running_clocks(TODAY)
    with django_assert_num_queries(1):
        summaries.running_clocks(TODAY)
    services.record_fact(cycle_id=world[0].pk, kind="seminar", happened_on=TODAY)
    with django_assert_num_queries(2):
        summaries.running_clocks(TODAY)


def test_a_rebuild_says_the_same(world: list[EngagementCycle]) -> None:
    before = as_kept(TODAY)
    summaries.rebuild_clocks(TODAY)
    assert as_kept(TODAY) == before == by_engine(TODAY)
