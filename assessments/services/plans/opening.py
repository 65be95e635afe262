"""Assessments opened whose window begins within the horizon."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from assessments import people_facts, plan_facts
from assessments.models import Assessment
from assessments.rules.modality import ModalityFacts, propose_modality
from assessments.tool import tool_of, version_in_force
from betterwork.records.models import TrailEvent
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories.rules.windows import assessment_window
from factories.selectors.cycles import cycle_facts, cycle_settings

from ..planning import draw_code, place_of


@transaction.atomic
def open_horizon(*, today: date) -> int:
    """Open the assessments whose window begins within the horizon, first ones too.

    What a person cancelled or put off is left to a person. Run twice or at once it opens no second
    one: the database allows one live assessment a cycle. A constant number of queries.
    """
    settings = people_facts.planning_settings()
    until = today + timedelta(days=settings.horizon_days)
    rows = list(plan_facts.open_cycles(today))
    known = cycle_facts(rows)
    numbers = cycle_settings(today)
    chosen = []
    for cycle in rows:
        facts = known[cycle.pk]
        window = assessment_window(facts, numbers)
        if facts.assessed_on is not None or window is None or not window.is_in_cycle:
            continue
        if window.opens_on <= until:
            chosen.append(cycle)
    if not chosen:
        return 0
    version = version_in_force(today)
    tool = tool_of(version.pk)
    rules = people_facts.modality_settings(has_profiles=True)
    egregious = people_facts.egregious_factories()
    made = []
    for cycle in chosen:
        factory = cycle.factory
        modality = propose_modality(
            ModalityFacts(
                cycle.number, factory.pk in egregious, False, factory.worker_count or None
            ),
            rules,
        ).proposed
        left_out = tool.left_out(place_of(factory, modality))
        made.append(
            Assessment(
                code=f"{cycle.programme.code}-{draw_code()}",
                factory=factory,
                cycle=cycle,
                cycle_number=cycle.number,
                version=version,
                modality=modality,
                left_out=left_out,
                questions_total=len(tool.questions) - len(left_out),
                workers_female=factory.workers_female,
                workers_male=factory.workers_male,
                opened_automatically=True,
            )
        )
    Assessment.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
    kept = Assessment.objects.filter(
        cycle__in=[cycle.pk for cycle in chosen], opened_automatically=True, starts_on__isnull=True
    ).values_list("pk", "factory_id")
    mine = {row.pk for row in made}
    now = scope.current()
    events = [
        TrailEvent(
            programme_id=now.programme,
            at=timezone.now(),
            action=Action.ASSESSMENT_CREATED,
            actor_id=now.user,
            role=now.role,
            factory_id=factory_id,
            object_type="assessments.assessment",
            object_id=str(pk),
            sealed=True,
        )
        for pk, factory_id in kept
        if pk in mine
    ]
    TrailEvent.objects.bulk_create(events, batch_size=500)
    return len(events)
