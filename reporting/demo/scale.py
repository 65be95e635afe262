"""Large worlds for the benchmark: released assessments by the thousand, in minutes.

Factories get ten yearly cycles each unless told otherwise, back from today; every assessment is
answered in full.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from assessments import summaries
from assessments.models import Assessment, ToolVersion
from betterwork.tenancy import scope
from factories.models import CycleFact, EngagementCycle, Factory

from . import bulk

CYCLES = 10
BATCH = 250  # assessments answered in one statement: some 60,000 rows
REGIONS = ("Gazipur", "Ashulia and Savar", "Narayanganj", "Chattogram", "Dhaka north")


def generate(
    count: int,
    *,
    today: date,
    cycles_each: int = CYCLES,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[uuid.UUID]:
    """Make `count` released assessments in the programme in scope; answers their ids.

    Commits nothing by itself: the caller's scope is the transaction, one per call.
    """
    programme = scope.current_programme()
    version = ToolVersion.objects.filter(status="published").order_by("-effective_from").first()
    if version is None:
        raise RuntimeError("Load the library first: no tool is published.")
    questions = version.questions.count()
    factories: list[Factory] = []
    cycles: list[EngagementCycle] = []
    facts: list[CycleFact] = []
    assessments: list[Assessment] = []
    # Zones of one run never meet those of another: codes carry a random part.
    run = uuid.uuid4().hex[:4].upper()
    while len(assessments) < count:
        number = len(factories)
        joined = today - timedelta(days=cycles_each * 365 - 20 - (number * 7) % 240)
        factory = Factory(
            programme_id=programme,
            code=f"X{run}-{number:05d}",
            name=f"Scale Works {run} {number:05d}",
            region=REGIONS[number % len(REGIONS)],
            city=REGIONS[number % len(REGIONS)],
            workers_female=300 + (number * 37) % 1500,
            workers_male=200 + (number * 53) % 1100,
            has_dormitory=number % 7 == 0,
            status_since=joined,
            registered_on=joined,
        )
        factories.append(factory)
        for index in range(min(cycles_each, count - len(assessments))):
            starts = joined + timedelta(days=365 * index)
            last = index == cycles_each - 1
            cycle = EngagementCycle(
                programme_id=programme,
                factory=factory,
                number=index + 1,
                starts_on=starts,
                ends_on=None if last else starts + timedelta(days=364),
            )
            day = starts + timedelta(days=100 + (number * 11 + index * 5) % 60)
            if day + timedelta(days=29) > today:
                day = today - timedelta(days=30)
            noon = datetime.combine(day, time(9), tzinfo=UTC)
            assessment = Assessment(
                programme_id=programme,
                code=f"X{run}-{number:05d}-{index + 1}",
                factory=factory,
                cycle=cycle,
                cycle_number=index + 1,
                version=version,
                starts_on=day,
                ends_on=day + timedelta(days=1),
                status="released",
                sealed=False,
                checked_in_at=noon,
                submitted_at=noon + timedelta(days=2),
                released_at=noon + timedelta(days=28),
                workers_female=factory.workers_female,
                workers_male=factory.workers_male,
                questions_total=questions,
            )
            cycles.append(cycle)
            assessments.append(assessment)
            facts += [
                CycleFact(
                    programme_id=programme, cycle=cycle, factory=factory, kind=kind, happened_on=on
                )
                for kind, on in (
                    ("advisory_visit", starts + timedelta(days=20)),
                    ("assessed", day),
                    ("report_released", day + timedelta(days=28)),
                )
            ]
    with transaction.atomic():
        Factory.objects.bulk_create(factories, batch_size=1000)
        EngagementCycle.objects.bulk_create(cycles, batch_size=1000)
        CycleFact.objects.bulk_create(facts, batch_size=1000)
        Assessment.objects.bulk_create(assessments, batch_size=1000)
    ids = [assessment.pk for assessment in assessments]
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        bulk.write_answers(part)
        on_progress(min(start + BATCH, len(ids)), len(ids))
    summaries.rebuild_results()
    return ids
