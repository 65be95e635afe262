"""Cycles as the engine sees them: phase, clocks and next steps, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import DateField, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast

from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.tenancy.selectors import settings_values
from factories.models import ClockDrift, CycleFact, EngagementCycle, Factory
from factories.rules.clocks import Action, Clock, Counter, actions_of, clocks, counters
from factories.rules.cycle import PhaseAnswer, phase
from factories.rules.cycle_facts import (
    ClockKey,
    CycleFacts,
    CycleSettings,
    Drift,
    DriftReason,
    WorkingDayTest,
    as_of,
)
from factories.selectors.public_holidays import country_holidays

_Kind = CycleFact.Kind
# What outlives its cycle: a later cycle's engine is told of it too.
OUTLIVING = (_Kind.COMMITTEE_FORMED, _Kind.PLAN_OPENED, _Kind.ASSESSED)
# Facts that happen once in a cycle, and the engine's name for each.
FIELD_OF = {
    _Kind.SELF_DIAGNOSIS: "self_diagnosis_on",
    _Kind.ASSESSED: "assessed_on",
    _Kind.ASSESSMENT_ENDED: "assessment_ended_on",
    _Kind.DRAFT_SHARED: "draft_shared_on",
    _Kind.FACTORY_COMMENTED: "factory_commented_on",
    _Kind.REPORT_RELEASED: "report_released_on",
    _Kind.PROGRESS_REPORT_1: "progress_report_1_on",
    _Kind.PROGRESS_REPORT_2: "progress_report_2_on",
    _Kind.REREGISTERED: "reregistered_on",
}


@dataclass(frozen=True, slots=True)
class CycleOverview:
    """One cycle on one day: where it stands, its clocks, and who must do what next."""

    cycle_id: UUID
    factory_id: UUID
    facts: CycleFacts
    phase: PhaseAnswer
    clocks: Sequence[Clock]
    actions: Sequence[Action]
    counters: Sequence[Counter]
    day: int  # 0 on the first day of the cycle

    @property
    def next_action(self) -> Action | None:
        return self.actions[0] if self.actions else None

    @property
    def next_clock(self) -> Clock | None:
        """The open clock that ends first; a paused one only when nothing else runs."""
        running = [each for each in self.clocks if each.is_open]
        return min(running, key=lambda each: each.due_on or date.max, default=None)

    def clock(self, key: str) -> Clock | None:
        return next((each for each in self.clocks if each.key == key), None)


def cycle_settings(on: date | None = None) -> CycleSettings:
    """The programme's numbers of the engagement cycle in force on a day (the last ones if None)."""
    return CycleSettings.from_mapping(settings_values(on).get("cycle", {}))


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    """Public holidays of a country in a year; empty where they are not known."""
    try:
        return frozenset(country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


WORKED = "worked"  # of a programme's own days; the others are off


def is_public_holiday(country: str, day: date) -> bool:
    return day in _holidays(country, day.year)


def working_day_test(programme: Programme, factory: Factory | None = None) -> WorkingDayTest:
    """Tells whether a day is worked: not a weekly rest day, nor a holiday of the country.

    The factory's own rest days, where it has any, replace the country's. Monday is 0. What the
    programme says of a day goes before the public calendar: nobody works, or a public holiday is
    worked; weekly rest stays.
    """
    own = factory.weekly_rest if factory is not None else None
    rest = frozenset(own or programme.weekly_rest or ())
    return _test(programme.country, rest, tuple(sorted(programme.own_days.items())))


@lru_cache(maxsize=64)
def _test(
    country: str, rest: frozenset[int], own_days: tuple[tuple[str, str], ...]
) -> WorkingDayTest:
    if len(rest) >= 7:  # nobody rests all week: a slip of the pen must not stop the clocks
        rest = frozenset()
    said = {date.fromisoformat(day): kind for day, kind in own_days}

    def is_working_day(day: date) -> bool:
        if day.weekday() in rest:
            return False
        kind = said.get(day)
        return not is_public_holiday(country, day) if kind is None else kind == WORKED

    return is_working_day


def programme_in_scope() -> Programme:
    """The programme of the scope: one query. Raises: NoProgrammeScope."""
    return Programme.objects.get(pk=scope.current_programme())


def cycles() -> QuerySet[EngagementCycle]:
    """Cycles this reader may see, with their factory and programme."""
    return EngagementCycle.objects.select_related("factory", "programme")


def current_cycles(today: date) -> QuerySet[EngagementCycle]:
    """The cycle that runs on `today`, at most one per factory that is still in the programme."""
    return cycles().filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today),
        starts_on__lte=today,
        factory__merged_into__isnull=True,
    )


def running_cycles_of(
    rows: Sequence[Factory], programme: Programme, today: date
) -> list[EngagementCycle]:
    """The running cycles of factories at hand (one page of a list), without joins: one query."""
    by_id = {row.pk: row for row in rows}
    found = EngagementCycle.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today),
        starts_on__lte=today,
        factory__in=list(by_id),
    ).order_by("starts_on")
    cycles = []
    for cycle in found:
        cycle.factory, cycle.programme = by_id[cycle.factory_id], programme
        cycles.append(cycle)
    return cycles


def latest_cycles(factory_ids: Sequence[UUID]) -> dict[UUID, tuple[int, date]]:
    """Number and first day of each factory's latest cycle: one query."""
    rows = EngagementCycle.objects.filter(factory__in=factory_ids).order_by("number")
    found = rows.values_list("factory_id", "number", "starts_on")
    return {pk: (number, starts_on) for pk, number, starts_on in found}


def current_cycle(factory_id: UUID, today: date) -> EngagementCycle | None:
    """The cycle that runs on a day, else the last one the factory had (or will have)."""
    rows = list(cycles().filter(factory_id=factory_id).order_by("-number"))
    running = (row for row in rows if row.starts_on <= today)
    return next(running, rows[-1] if rows else None)


def cycle_overview(
    cycles: QuerySet[EngagementCycle] | Iterable[EngagementCycle], today: date
) -> dict[UUID, CycleOverview]:
    """Phase, clocks and next steps of each cycle by its id: two queries, however many cycles.

    `cycles` is a query (it may be sliced), or rows at hand with their factory and programme
    loaded (see `cycles()`). All of one programme or several; settings are those in force on
    `today`, or on a closed cycle's last day.
    """
    return overviews(*_known(cycles), today)


def overviews(
    rows: Iterable[EngagementCycle], known: Mapping[UUID, CycleFacts], today: date
) -> dict[UUID, CycleOverview]:
    """The same of cycles and their facts at hand, with their factory and programme. No query."""
    found = {}
    in_force: dict[tuple[UUID, date], CycleSettings] = {}  # one reading a day, not one a cycle
    for cycle in rows:
        day = min(today, cycle.ends_on) if cycle.ends_on else today
        key = (cycle.programme_id, day)
        if key not in in_force:
            in_force[key] = _settings_of(cycle, day)
        settings = in_force[key]
        test = working_day_test(cycle.programme, cycle.factory)
        found[cycle.pk] = overview_of(cycle, known[cycle.pk], settings, today, test)
    return found


def cycle_facts(
    cycles: QuerySet[EngagementCycle] | Iterable[EngagementCycle],
) -> dict[UUID, CycleFacts]:
    """What the engine knows of each cycle by its id, without asking it anything: two queries."""
    return _known(cycles)[1]


def _known(
    cycles: QuerySet[EngagementCycle] | Iterable[EngagementCycle],
) -> tuple[list[EngagementCycle], dict[UUID, CycleFacts]]:
    rows, chosen = _rows(cycles)
    if not rows:
        return [], {}
    # Sub-selects, not lists of ids, wherever a query was given.
    factories = chosen.values("factory_id") if chosen is not None else [r.factory_id for r in rows]
    of_cycles = chosen.values("pk") if chosen is not None else [row.pk for row in rows]
    return rows, facts_of(rows, told(of_cycles, factories))


def facts_of(
    rows: Iterable[EngagementCycle], told: Iterable[Mapping[str, Any]]
) -> dict[UUID, CycleFacts]:
    """What the engine knows of each cycle, by its id. told: rows of `told`, in their order."""
    found: dict[UUID, list[tuple[str, date, int | None]]] = defaultdict(list)
    earlier: dict[UUID, list[tuple[str, date, int | None]]] = defaultdict(list)
    drifts: dict[UUID, list[Drift]] = defaultdict(list)
    for each in told:
        if each["told"] == "fact":
            found[each["of"]].append((each["what"], each["day"], each["number_"]))
        elif each["told"] == "outliving":
            earlier[each["of"]].append((each["what"], each["day"], each["number_"]))
        else:
            drifts[each["of"]].append(_drift(each))
    return {
        cycle.pk: engine_facts(
            cycle, found[cycle.pk], earlier[cycle.factory_id], tuple(drifts[cycle.pk])
        )
        for cycle in rows
    }


def overview_of(
    cycle: EngagementCycle,
    facts: CycleFacts,
    settings: CycleSettings,
    today: date,
    is_working_day: WorkingDayTest,
) -> CycleOverview:
    """Ask the engine everything about one cycle. No query."""
    answer = phase(facts, settings, today)
    running = clocks(facts, settings, today, is_working_day=is_working_day)
    return CycleOverview(
        cycle_id=cycle.pk,
        factory_id=cycle.factory_id,
        facts=facts,
        phase=answer,
        clocks=running,
        actions=tuple(actions_of(running, as_of(facts, today))),
        counters=counters(facts, settings, today),
        day=(today - cycle.starts_on).days,
    )


def _rows(
    cycles: QuerySet[EngagementCycle] | Iterable[EngagementCycle],
) -> tuple[list[EngagementCycle], QuerySet[EngagementCycle] | None]:
    if isinstance(cycles, QuerySet):
        return list(cycles.select_related("factory", "programme")), cycles
    return list(cycles), None


def _settings_of(cycle: EngagementCycle, day: date) -> CycleSettings:
    # Staff of several programmes read none of their settings: the documented defaults stand.
    if scope.current().programme != cycle.programme_id:
        return CycleSettings()
    return cycle_settings(day)


TOLD = ("told", "of", "what", "day", "number_", "text", "why", "new_day", "stands", "at")


def told(of_cycles: Any, of_factories: Any) -> QuerySet[Any, dict[str, Any]]:
    """Facts of the cycles, what outlives them, and drifts: one query, the drifts in their order.

    What a duplicate was assessed for counts for the factory it became, under no number: the
    cycles of two entries are not numbered alike.
    """
    no_day = Cast(Value(None), DateField())
    no_text, no_number = Value(""), Cast(Value(None), IntegerField())
    facts = CycleFact.objects.order_by().annotate(
        text=no_text, why=no_text, new_day=no_day, stands=Value(False), at=F("recorded_at"),
        what=F("kind"), day=F("happened_on"),
    )  # fmt: skip
    own = facts.filter(cycle__in=of_cycles).annotate(
        told=Value("fact"), of=F("cycle_id"), number_=Cast("amount", IntegerField())
    )
    lasting = facts.filter(factory__in=of_factories, kind__in=OUTLIVING).annotate(
        told=Value("outliving"),
        of=F("factory_id"),
        number_=Cast("cycle__number", IntegerField()),
    )
    merged = facts.filter(factory__merged_into__in=of_factories, kind=_Kind.ASSESSED).annotate(
        told=Value("outliving"), of=F("factory__merged_into_id"), number_=no_number
    )
    slips = (
        ClockDrift.objects.order_by()
        .filter(cycle__in=of_cycles)
        .annotate(
            text=F("note"), why=F("reason"), new_day=F("new_due_on"), stands=F("is_paused"),
            at=F("recorded_at"), what=F("clock"), day=F("recorded_on"), told=Value("drift"),
            of=F("cycle_id"), number_=no_number,
        )
    )  # fmt: skip
    found: QuerySet[Any, dict[str, Any]] = (
        own.values(*TOLD)
        .union(lasting.values(*TOLD), merged.values(*TOLD), slips.values(*TOLD), all=True)
        .order_by("day", "at")
    )
    return found


def _drift(told: Mapping[str, Any]) -> Drift:
    return Drift(
        clock=ClockKey(told["what"]),
        reason=DriftReason(told["why"]),
        recorded_on=told["day"],
        note=told["text"],
        new_due_on=told["new_day"],
        is_paused=told["stands"],
    )


def _ends_after(cycle: EngagementCycle, day: date) -> bool:
    return cycle.ends_on is None or day < cycle.ends_on


def engine_facts(
    cycle: EngagementCycle,
    found: Iterable[tuple[str, date, int | None]],
    outliving: Iterable[tuple[str, date, int | None]],
    drifts: tuple[Drift, ...] = (),
) -> CycleFacts:
    """The rows of a cycle as the engine reads them.

    found: (kind, day, amount) of this cycle. outliving: (kind, day, cycle number) of every cycle
    of the factory, for what lasts longer than a cycle; number None for what a duplicate of the
    factory was assessed for: before the end of this cycle it is the assessment before.
    """
    values: dict[str, Any] = {}
    visits: list[date] = []
    training = seminars = 0
    for kind, on, amount in found:
        if kind == _Kind.ADVISORY_VISIT:
            visits.append(on)
        elif kind == _Kind.TRAINING:
            training += amount or 0
        elif kind == _Kind.SEMINAR:
            seminars += 1
        elif (name := FIELD_OF.get(_Kind(kind))) is not None:
            values[name] = min(on, values.get(name, on))
    lasting: dict[str, list[date]] = defaultdict(list)
    for kind, on, number in outliving:
        if kind == _Kind.ASSESSED:
            is_earlier = _ends_after(cycle, on) if number is None else number < cycle.number
            if is_earlier:
                lasting["previous_assessed_on"].append(on)
        elif number is not None and number <= cycle.number:
            lasting[f"{kind}_on"].append(on)
    return CycleFacts(
        number=cycle.number,
        starts_on=cycle.starts_on,
        first_advisory_visit_on=min(visits, default=None),
        advisory_visits_on=tuple(sorted(visits)),
        is_high_performer=cycle.is_high_performer,
        training_participant_days=training,
        seminars_attended=seminars,
        closed_on=cycle.ends_on,
        drifts=drifts,
        **(values | {name: max(days) for name, days in lasting.items()}),
    )
