"""Cycles: opening, facts, drifts, and the overview in a constant number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from betterwork.errors import DomainError
from betterwork.records.models import TrailEvent
from factories import selectors
from factories.models import ClockDrift, CycleFact, EngagementCycle, Factory
from factories.rules.clocks import ClockState
from factories.rules.cycle import Phase
from factories.rules.cycle_facts import CycleSettings
from factories.rules.windows import assessment_window
from factories.services import cycles as services
from tests import builders

TODAY = date(2026, 6, 1)
KIND = CycleFact.Kind


def test_next_cycle_closes_the_one_before(bd: Any) -> None:
    factory = builders.make_factory()
    first = services.open_cycle(factory_id=factory.pk, starts_on=date(2025, 3, 1), today=TODAY)
    second = services.open_cycle(factory_id=factory.pk, starts_on=date(2026, 3, 1), today=TODAY)
    again = services.open_cycle(factory_id=factory.pk, starts_on=date(2026, 3, 1), today=TODAY)
    first.refresh_from_db()
    assert (first.number, first.ends_on) == (1, date(2026, 2, 28))
    assert (second.number, second.pk) == (2, again.pk)
    assert first.facts.get().kind == KIND.REREGISTERED
    actions = TrailEvent.objects.filter(factory_id=factory.pk).values_list("action", flat=True)
    assert sorted(actions) == [
        "cycle_closed", "cycle_fact_recorded", "cycle_opened", "cycle_opened",
    ]  # fmt: skip


def test_cycles_never_overlap(bd: Any) -> None:
    factory = builders.make_factory()
    services.open_cycle(factory_id=factory.pk, starts_on=date(2026, 3, 1), today=TODAY)
    with pytest.raises(DomainError) as refused:
        services.open_cycle(factory_id=factory.pk, starts_on=date(2026, 2, 1), today=TODAY)
    assert refused.value.code == "cycle_starts_too_early"
    assert EngagementCycle.objects.filter(factory=factory).count() == 1


def test_closed_factory_gets_no_cycle(bd: Any) -> None:
    factory = builders.make_factory(status="closed", status_reason="bankrupt")
    with pytest.raises(DomainError, match="factory_not_active"):
        services.open_cycle(factory_id=factory.pk, starts_on=TODAY, today=TODAY)


def test_fact_is_recorded_once(bd: Any) -> None:
    cycle = builders.make_cycle()
    for _again in range(2):
        services.record_fact(
            cycle_id=cycle.pk, kind="advisory_visit", happened_on=date(2026, 1, 12), source_id="v1"
        )
    assert cycle.facts.count() == 1
    assert TrailEvent.objects.filter(action="cycle_fact_recorded").count() == 1


def test_fact_out_of_order_is_refused(bd: Any) -> None:
    cycle = builders.make_cycle()
    with pytest.raises(DomainError, match="fact_missing"):
        services.record_fact(
            cycle_id=cycle.pk, kind="report_released", happened_on=date(2026, 5, 1)
        )
    services.record_fact(cycle_id=cycle.pk, kind="assessed", happened_on=date(2026, 5, 3))
    with pytest.raises(DomainError, match="fact_too_early"):
        services.record_fact(
            cycle_id=cycle.pk, kind="report_released", happened_on=date(2026, 5, 1)
        )
    with pytest.raises(DomainError, match="cycle_fact_unknown"):
        services.record_fact(cycle_id=cycle.pk, kind="party", happened_on=TODAY)
    assert cycle.facts.count() == 1


def test_overview_tells_phase_clock_and_actor(bd: Any) -> None:
    cycle = builders.make_cycle()
    services.record_fact(
        cycle_id=cycle.pk, kind="advisory_visit", happened_on=date(2026, 1, 12), source_id="v1"
    )
    before = selectors.cycle_overview([cycle], TODAY)[cycle.pk]
    assert before.phase.phase is Phase.READY_FOR_ASSESSMENT
    services.record_fact(cycle_id=cycle.pk, kind="assessed", happened_on=date(2026, 5, 18))
    after = selectors.cycle_overview([cycle], TODAY)[cycle.pk]
    assert after.phase.phase is Phase.REPORT_DUE
    report = after.clock("report")
    assert report is not None
    assert report.original_due_on == date(2026, 6, 15)
    assert report.days_left == 14
    assert after.day == 151


def test_committee_and_last_assessment_reach_the_next_cycle(bd: Any) -> None:
    first = builders.make_cycle(starts_on=date(2025, 1, 1))
    services.record_fact(cycle_id=first.pk, kind="committee_formed", happened_on=date(2025, 2, 1))
    services.record_fact(cycle_id=first.pk, kind="assessed", happened_on=date(2025, 5, 1))
    second = services.open_cycle(
        factory_id=first.factory_id, starts_on=date(2026, 1, 1), today=TODAY
    )
    facts = selectors.cycle_overview([second], TODAY)[second.pk].facts
    assert facts.committee_formed_on == date(2025, 2, 1)
    assert facts.previous_assessed_on == date(2025, 5, 1)
    assert facts.assessed_on is None
    old = selectors.cycle_overview([EngagementCycle.objects.get(pk=first.pk)], TODAY)[first.pk]
    assert old.phase.phase is Phase.CLOSED
    assert not old.actions


def test_what_a_duplicate_was_assessed_for_counts_as_the_last_assessment(bd: Any) -> None:
    """Else the factory would be assessed again within the year, under its other name."""
    first = builders.make_cycle(starts_on=date(2024, 6, 1), ends_on=date(2025, 5, 31))
    running = builders.make_cycle(first.factory, number=2, starts_on=date(2025, 6, 1))
    other = builders.make_cycle(number=5, starts_on=date(2025, 7, 1))
    services.record_fact(cycle_id=other.pk, kind="assessed", happened_on=date(2025, 11, 3))
    services.record_fact(cycle_id=other.pk, kind="committee_formed", happened_on=date(2025, 8, 3))

    def told() -> list[Any]:
        found = selectors.cycle_overview([first, running], TODAY)
        return [found[cycle.pk].facts for cycle in (first, running)]

    assert [each.previous_assessed_on for each in told()] == [None, None]
    Factory.objects.filter(pk=other.factory_id).update(merged_into=running.factory)
    before, now = told()
    assert now.previous_assessed_on == date(2025, 11, 3)
    assert before.previous_assessed_on is None  # that cycle had ended
    assert now.assessed_on is None
    assert now.committee_formed_on is None  # its committee is told of where it went over
    window = assessment_window(now, CycleSettings())
    assert window is not None
    assert window.opens_on > date(2026, 9, 1)
    services.record_fact(cycle_id=running.pk, kind="assessed", happened_on=date(2026, 2, 2))
    assert told()[1].assessed_on == date(2026, 2, 2)


def test_drift_moves_the_clock_and_stays_visible(bd: Any) -> None:
    cycle = builders.make_cycle()
    services.record_fact(cycle_id=cycle.pk, kind="assessed", happened_on=date(2026, 4, 20))
    late = selectors.cycle_overview([cycle], TODAY)[cycle.pk].clock("report")
    assert late is not None
    assert late.state is ClockState.LATE
    for _again in range(2):
        services.record_drift(
            cycle_id=cycle.pk, clock="report", reason="records_awaited",
            new_due_on=date(2026, 6, 10), recorded_on=TODAY,
        )  # fmt: skip
    moved = selectors.cycle_overview([cycle], TODAY)[cycle.pk].clock("report")
    assert moved is not None
    assert (moved.due_on, moved.original_due_on) == (date(2026, 6, 10), late.due_on)
    assert moved.drift_reason == "records_awaited"
    assert ClockDrift.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"clock": "assessment", "reason": "peak_season"}, "clock_unknown"),
        ({"clock": "report", "reason": "because"}, "drift_reason_unknown"),
        ({"clock": "report", "reason": "other"}, "drift_note_missing"),
        ({"clock": "report", "reason": "peak_season", "new_due_on": date(2026, 5, 1)},
         "drift_in_the_past"),
        ({"clock": "report", "reason": "peak_season", "new_due_on": date(2026, 7, 1),
          "is_paused": True}, "drift_pauses_and_moves"),
    ],
)  # fmt: skip
def test_bad_drift_is_refused(bd: Any, values: dict[str, Any], code: str) -> None:
    cycle = builders.make_cycle()
    with pytest.raises(DomainError) as refused:
        services.record_drift(cycle_id=cycle.pk, recorded_on=TODAY, **values)
    assert refused.value.code == code
    assert not ClockDrift.objects.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_overview_query_budget(bd: Any, django_assert_max_num_queries: Any, count: int) -> None:
    for number in range(count):
        cycle = builders.make_cycle()
        day = date(2026, 1, 5) + timedelta(days=number)
        services.record_fact(cycle_id=cycle.pk, kind="advisory_visit", happened_on=day)
    selectors.cycle_settings()
    with django_assert_max_num_queries(2):
        found = selectors.cycle_overview(selectors.current_cycles(TODAY), TODAY)
    assert len(found) == count


def test_working_days_know_rest_and_holidays(bd: Any) -> None:
    bd.weekly_rest = [4]
    worked = selectors.working_day_test(bd)
    assert not worked(date(2026, 11, 27))  # Friday
    assert not worked(date(2026, 12, 16))  # Victory Day
    assert worked(date(2026, 11, 28))
    sundays = builders.make_factory(weekly_rest=[6])
    assert selectors.working_day_test(bd, sundays)(date(2026, 11, 27))
    assert not selectors.working_day_test(bd, sundays)(date(2026, 11, 29))


def test_working_days_know_what_the_programme_says(bd: Any) -> None:
    bd.weekly_rest = [4]
    bd.own_days = {"2026-11-29": "off", "2026-12-16": "worked", "2026-12-25": "worked"}
    worked = selectors.working_day_test(bd)
    assert not worked(date(2026, 11, 29))
    assert worked(date(2026, 12, 16))  # Victory Day, worked this year
    assert not worked(date(2026, 12, 25))  # a Friday: the weekly rest stays
    fridays = builders.make_factory(weekly_rest=[6])
    assert selectors.working_day_test(bd, fridays)(date(2026, 12, 25))
