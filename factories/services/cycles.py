"""Cycles are opened and closed here, and their facts and drifts recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories.models import ClockDrift, CycleFact, EngagementCycle, Factory
from factories.rules.cycle_facts import ClockKey, Drift, DriftReason, order_problems
from factories.selectors.cycles import FIELD_OF, OUTLIVING, engine_facts


@transaction.atomic
def open_cycle(
    *,
    factory_id: UUID,
    starts_on: date,
    opened_by: int | None = None,
    today: date | None = None,
    is_high_performer: bool = False,
    number: int | None = None,
) -> EngagementCycle:
    """Open the factory's next cycle, and close the one before on the day before it.

    number: of a cycle that was begun in an earlier system; those before it are not known here.
    Safe to repeat: a cycle that starts on the same day is returned as it is.
    Raises: DomainError("factory_not_active"), ("cycle_starts_too_early", earliest=...),
    ("cycle_number_passed", number=the last one).
    """
    today = today or timezone.localdate()
    factory = Factory.objects.select_for_update(no_key=True).get(pk=factory_id)
    rows = EngagementCycle.objects.filter(factory_id=factory_id)
    last: EngagementCycle | None = rows.order_by("-number").first()
    if last is not None and last.starts_on == starts_on:
        return last
    if factory.merged_into_id is not None or factory.status in {
        Factory.Status.CLOSED,
        Factory.Status.LEFT,
    }:
        raise DomainError("factory_not_active", factory=factory.name)
    if number is not None and last is not None and number <= last.number:
        raise DomainError("cycle_number_passed", number=last.number)
    if last is not None:
        earliest = max(last.starts_on, last.ends_on or last.starts_on) + timedelta(days=1)
        if starts_on < earliest:
            raise DomainError("cycle_starts_too_early", earliest=earliest)
        if last.ends_on is None:
            registered_on = min(max(min(today, starts_on), last.starts_on), starts_on)
            record_fact(
                cycle_id=last.pk, kind=CycleFact.Kind.REREGISTERED, happened_on=registered_on
            )
            close_cycle(cycle_id=last.pk, ends_on=starts_on - timedelta(days=1))
    cycle: EngagementCycle = EngagementCycle.objects.create(
        factory_id=factory_id,
        number=number or (last.number + 1 if last else 1),
        starts_on=starts_on,
        opened_by_id=opened_by if opened_by is not None else scope.current().user,
        is_high_performer=is_high_performer,
    )
    _tell_opened(cycle)
    return cycle


@transaction.atomic
def open_first_cycles(begun: Iterable[tuple[Factory, int, date]]) -> None:
    """Open the cycle that factories new here were in: (factory, its number, its first day).

    A handful of statements for them all, and their trail. Only for factories without a cycle.
    """
    made = [
        EngagementCycle(
            factory=factory, number=number, starts_on=day, opened_by_id=scope.current().user
        )
        for factory, number, day in begun
    ]
    EngagementCycle.objects.bulk_create(made)
    for cycle in made:
        _tell_opened(cycle)


def _tell_opened(cycle: EngagementCycle) -> None:
    record(
        Action.CYCLE_OPENED,
        about=cycle,
        factory_id=cycle.factory_id,
        for_factory=True,
        number=cycle.number,
        starts_on=cycle.starts_on.isoformat(),
    )


@transaction.atomic
def close_cycle(*, cycle_id: UUID, ends_on: date) -> None:
    """Set a cycle's last day. Safe to repeat.

    Raises: DomainError("cycle_ends_before_start").
    """
    cycle = EngagementCycle.objects.select_for_update(no_key=True).get(pk=cycle_id)
    if cycle.ends_on is not None:
        return
    if ends_on < cycle.starts_on:
        raise DomainError("cycle_ends_before_start", starts_on=cycle.starts_on)
    cycle.ends_on = ends_on
    cycle.save(update_fields=["ends_on"])
    record(
        Action.CYCLE_CLOSED,
        about=cycle,
        factory_id=cycle.factory_id,
        for_factory=True,
        number=cycle.number,
        ends_on=ends_on.isoformat(),
    )


@transaction.atomic
def record_fact(
    *,
    cycle_id: UUID,
    kind: str,
    happened_on: date,
    source_id: str = "",
    amount: int | None = None,
    note: str = "",
) -> None:
    """Tell the engine that something happened in a cycle. Safe to repeat.

    `source_id` names the row that knows it (a visit, an assessment). `amount` is participant-days
    for training. Raises: DomainError("cycle_fact_unknown"), and ("fact_missing" |
    "fact_too_early", earlier=..., later=...) when it cannot stand beside what is known.
    """
    if kind not in CycleFact.Kind.values:
        raise DomainError("cycle_fact_unknown", kind=kind)
    source = str(source_id)
    same = CycleFact.objects.filter(
        cycle_id=cycle_id, kind=kind, happened_on=happened_on, source_id=source
    )
    if same.exists():
        return
    cycle = EngagementCycle.objects.get(pk=cycle_id)
    _refuse_disorder(cycle, CycleFact.Kind(kind), happened_on)
    try:
        with transaction.atomic():
            fact = CycleFact.objects.create(
                cycle=cycle,
                factory_id=cycle.factory_id,
                kind=kind,
                happened_on=happened_on,
                source_id=source,
                amount=amount,
                note=note,
                recorded_by_id=scope.current().user,
            )
    except IntegrityError:
        if same.exists():  # somebody recorded the same a moment ago
            return
        raise
    record(
        Action.CYCLE_FACT_RECORDED,
        about=fact,
        factory_id=cycle.factory_id,
        for_factory=True,
        kind=str(kind),
        happened_on=happened_on.isoformat(),
        number=cycle.number,
    )


def _refuse_disorder(cycle: EngagementCycle, kind: CycleFact.Kind, happened_on: date) -> None:
    """Refuse a fact that makes a disorder which was not there before."""
    name = FIELD_OF.get(kind)
    if kind is CycleFact.Kind.ADVISORY_VISIT:
        name = "first_advisory_visit_on"
    if name is None:
        return
    rows = CycleFact.objects.filter(factory_id=cycle.factory_id).select_related("cycle")
    known = list(rows)
    found = [(f.kind, f.happened_on, f.amount) for f in known if f.cycle_id == cycle.pk]
    lasting = [(f.kind, f.happened_on, f.cycle.number) for f in known if f.kind in OUTLIVING]
    before = set(order_problems(engine_facts(cycle, found, lasting)))
    after = order_problems(engine_facts(cycle, [*found, (kind, happened_on, None)], lasting))
    for problem in after:
        if problem not in before and name in (problem.earlier, problem.later):
            raise DomainError(problem.code, earlier=problem.earlier, later=problem.later)


@transaction.atomic
def record_drift(
    *,
    cycle_id: UUID,
    clock: str,
    reason: str,
    note: str = "",
    new_due_on: date | None = None,
    is_paused: bool = False,
    recorded_on: date | None = None,
) -> ClockDrift:
    """Say why a clock slips, and optionally move it to a new day or let it stand still.

    Safe to repeat on the same day. Raises: DomainError("clock_unknown"), ("drift_reason_unknown"),
    ("drift_note_missing"), ("drift_pauses_and_moves"), ("drift_in_the_past").
    """
    recorded_on = recorded_on or timezone.localdate()
    if clock not in list(ClockKey) or clock == ClockKey.ASSESSMENT:
        raise DomainError("clock_unknown", clock=clock)
    if reason not in list(DriftReason):
        raise DomainError("drift_reason_unknown", reason=reason)
    Drift(ClockKey(clock), DriftReason(reason), recorded_on, note, new_due_on, is_paused)
    if new_due_on is not None and new_due_on < recorded_on:
        raise DomainError("drift_in_the_past", today=recorded_on)
    cycle = EngagementCycle.objects.select_for_update(no_key=True).get(pk=cycle_id)
    if cycle.ends_on is not None and cycle.ends_on < recorded_on:
        raise DomainError("cycle_is_closed", number=cycle.number)
    slips = ClockDrift.objects.filter(cycle_id=cycle_id, clock=clock)
    last: ClockDrift | None = slips.first()
    values = (reason, note.strip(), new_due_on, is_paused, recorded_on)
    if last is not None and values == (
        last.reason, last.note, last.new_due_on, last.is_paused, last.recorded_on,
    ):  # fmt: skip
        return last
    drift: ClockDrift = ClockDrift.objects.create(
        cycle=cycle,
        factory_id=cycle.factory_id,
        clock=clock,
        reason=reason,
        note=note.strip(),
        new_due_on=new_due_on,
        is_paused=is_paused,
        recorded_on=recorded_on,
        recorded_by_id=scope.current().user,
    )
    record(
        Action.DRIFT_RECORDED,
        about=drift,
        factory_id=cycle.factory_id,
        for_factory=True,
        clock=clock,
        reason=reason,
    )
    return drift
