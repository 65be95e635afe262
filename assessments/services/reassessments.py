"""Annual reassessments: opened by the scheduler, exactly once each, without day and team."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from assessments.models import Assessment
from betterwork.errors import DomainError
from factories.models import EngagementCycle, Factory
from factories.rules.windows import assessment_window
from factories.selectors.cycles import cycle_overview, cycle_settings

from .planning import ENDED, create_or_find


def open_reassessments(*, today: date) -> int:
    """Open what is due in the programme in scope; answers how many were opened.

    Run twice, at once or killed half-way, it opens no second one: the database allows one live
    assessment a cycle, and each factory is its own savepoint.
    """
    settings = cycle_settings(today)
    live = Assessment.objects.filter(cycle_id=OuterRef("pk")).exclude(status__in=ENDED)
    ended = Assessment.objects.filter(cycle_id=OuterRef("pk"), status__in=ENDED)
    rows = EngagementCycle.objects.filter(
        ~Exists(live),
        # What a person cancelled, or put off, is a person's to plan again.
        ~Exists(ended),
        ends_on__isnull=True,
        number__gt=1,
        factory__status=Factory.Status.ACTIVE,
        factory__merged_into__isnull=True,
    )
    opened = 0
    lead = timedelta(days=settings.planning_lead_days)
    for overview in cycle_overview(rows, today).values():
        known = overview.facts
        if known.previous_assessed_on is None or known.assessed_on is not None:
            continue  # a first assessment, or one that has been, is not a reassessment
        window = assessment_window(known, settings)
        if window is None or not window.is_in_cycle or today < window.opens_on - lead:
            continue
        try:
            _assessment, is_new = create_or_find(
                factory_id=overview.factory_id, created_by=None, opened_automatically=True
            )
        except DomainError:
            continue  # another run, or a planner, was quicker
        opened += is_new
    return opened
