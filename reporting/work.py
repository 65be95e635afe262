"""My work: what waits for me, what I wait for, from the facts of all apps.

Nothing is stored: a move is there as long as its fact is. Sealed visits come back to their own
team only (row-level security), and are kept apart from everything that is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from assessments.models import Answer, AnswerConflict, Assessment, AssessmentMember, ReviewRemark
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories.models import EngagementCycle
from factories.selectors import CycleOverview, current_cycles, cycle_overview

# What changes nothing: who opened a report or took a file is the trail's, not news.
READINGS = [Action.REPORT_READ.value, Action.EXPORTED.value, Action.ENVELOPE_OPENED.value]
OPEN = ("in_progress", "submitted", "quality_review", "factory_review")


@dataclass(frozen=True)
class Work:
    """Everything the page of one person is made of, on one day."""

    today: date
    cycles: Sequence[tuple[EngagementCycle, CycleOverview]]
    assessments: Sequence[Assessment]
    sealed: Sequence[Assessment]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, name: str) -> list[dict[str, Any]]:
        return list(self.facts.get(name) or ())


def my_work(*, user_id: int, today: date, now: datetime, reviews: bool) -> Work:
    """Facts for one person's page: six queries, however many factories.

    reviews: the person may review, so assessments without a reviewer are theirs to take, and the
    news are of the whole programme.
    """
    cycles = current_cycles(today).filter(factory__advisor_id=user_id, factory__status="active")
    overviews = cycle_overview(cycles, today)
    rows = list(cycles) if overviews else []
    found = list(_assessments(user_id, reviews))
    return Work(
        today=today,
        cycles=[(row, overviews[row.pk]) for row in rows if row.pk in overviews],
        assessments=[row for row in found if not row.sealed],
        sealed=[row for row in found if row.sealed],
        facts=_facts(user_id, today, now, reviews),
    )


def _assessments(user_id: int, reviews: bool) -> QuerySet[Assessment]:
    """Open assessments this person has a part in, sealed ones of their own team among them."""
    seat = AssessmentMember.objects.filter(assessment=OuterRef("pk"), user_id=user_id)
    answers = Answer.objects.filter(assessment=OuterRef("pk")).order_by().values("assessment")
    conflicts = (
        AnswerConflict.objects.filter(assessment=OuterRef("pk"), settled_at__isnull=True)
        .order_by()
        .values("assessment")
    )
    remarks = (
        ReviewRemark.objects.filter(assessment=OuterRef("pk"), resolved_at__isnull=True)
        .order_by()
        .values("assessment")
    )
    lead = AssessmentMember.objects.filter(assessment=OuterRef("pk"), position="lead")

    def counted(rows: QuerySet[Any]) -> Coalesce:
        return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)

    mine = Q(on_team=True) | Q(sealed=False, factory__advisor_id=user_id)
    if reviews:
        to_review = Q(reviewer_id=user_id) | Q(reviewer__isnull=True, status="submitted")
        mine |= Q(sealed=False) & to_review
    return (
        Assessment.objects.annotate(
            on_team=Exists(seat),
            my_position=Subquery(seat.values("position")[:1]),
            my_signature=Subquery(seat.values("signed_at")[:1]),
            lead_name=Subquery(lead.values("user__full_name")[:1]),
            answered=counted(answers),
            clashes=counted(conflicts),
            open_remarks=counted(remarks),
        )
        .filter(mine)
        .filter(Q(status__in=OPEN, sealed=False) | Q(sealed=True, status="planned"))
        .select_related("factory", "reviewer", "cycle")
        .order_by(F("starts_on").asc(nulls_last=True), "id")
    )


_FACTS = """
WITH mine AS MATERIALIZED (
  SELECT id, name FROM factories_factory
  WHERE advisor_id = %(user)s AND programme_id = %(programme)s AND merged_into_id IS NULL
)
SELECT json_build_object(
  'to_verify', (SELECT json_agg(row_to_json(r)) FROM (
     SELECT m.id AS factory_id, m.name AS factory, count(*) AS n, min(i.completed_at) AS since,
            min(i.id::text) AS item
     FROM advisory_planitem i JOIN mine m ON m.id = i.factory_id
     WHERE i.status = 'completed' AND i.verified_at IS NULL AND i.merged_into_id IS NULL
     GROUP BY m.id, m.name ORDER BY min(i.completed_at)) r),
  'to_confirm', (SELECT json_agg(row_to_json(r)) FROM (
     SELECT m.id AS factory_id, m.name AS factory, count(*) AS n, min(i.done_on) AS since,
            count(*) FILTER (WHERE w.id IS NULL) AS worker,
            count(*) FILTER (WHERE g.id IS NULL) AS management
     FROM advisory_planitem i JOIN mine m ON m.id = i.factory_id
     LEFT JOIN advisory_planconfirmation w ON w.item_id = i.id AND w.round = i.round
          AND w.side = 'worker' AND w.agrees
     LEFT JOIN advisory_planconfirmation g ON g.item_id = i.id AND g.round = i.round
          AND g.side = 'management' AND g.agrees
     WHERE i.done_on IS NOT NULL AND i.status <> 'completed' AND i.merged_into_id IS NULL
     GROUP BY m.id, m.name ORDER BY min(i.done_on)) r),
  'open_items', (SELECT json_object_agg(factory_id, n) FROM (
     SELECT i.factory_id, count(*) AS n FROM advisory_planitem i JOIN mine m ON m.id = i.factory_id
     WHERE i.status <> 'completed' AND i.merged_into_id IS NULL GROUP BY i.factory_id) r),
  'to_write_up', (SELECT json_agg(row_to_json(r)) FROM (
     SELECT v.id, f.name AS factory, v.planned_on FROM advisory_advisoryvisit v
     JOIN factories_factory f ON f.id = v.factory_id
     WHERE v.advisor_id = %(user)s AND v.programme_id = %(programme)s
       AND v.visited_on IS NULL AND v.cancelled_at IS NULL AND v.planned_on < %(today)s
       AND v.planned_on > %(today)s - 60
     ORDER BY v.planned_on) r),
  'week', (SELECT json_agg(row_to_json(r)) FROM (
     SELECT * FROM (
       SELECT 'visit' AS kind, v.id::text AS id, COALESCE(v.visited_on, v.planned_on) AS day,
              f.name AS factory, v.visited_on IS NOT NULL AS held, v.mode
       FROM advisory_advisoryvisit v JOIN factories_factory f ON f.id = v.factory_id
       WHERE v.advisor_id = %(user)s AND v.programme_id = %(programme)s
         AND v.cancelled_at IS NULL
         AND COALESCE(v.visited_on, v.planned_on) BETWEEN %(monday)s AND %(sunday)s
       UNION ALL
       SELECT 'meeting', g.id::text, g.held_on, m.name, true, ''
       FROM advisory_committeemeeting g JOIN mine m ON m.id = g.factory_id
       WHERE g.held_on BETWEEN %(monday)s AND %(sunday)s
     ) both_kinds ORDER BY day, factory LIMIT 30) r),
  'news', (SELECT json_agg(row_to_json(r)) FROM (
     SELECT e.action, max(e.at) AS at, count(*) AS n, u.full_name AS by,
            f.id AS factory_id, f.name AS factory
     FROM records_trailevent e
     LEFT JOIN accounts_user u ON u.id = e.actor_id
     JOIN factories_factory f ON f.id = e.factory_id
     WHERE e.programme_id = %(programme)s AND e.at >= %(since)s AND NOT e.sealed
       AND e.actor_id IS DISTINCT FROM %(user)s
       AND (%(everything)s OR f.advisor_id = %(user)s)
       AND e.action <> ALL (%(readings)s)
     GROUP BY e.action, u.id, u.full_name, f.id, f.name
     ORDER BY max(e.at) DESC LIMIT 8) r),
  'programme', (CASE WHEN %(everything)s THEN (SELECT row_to_json(r) FROM (
     SELECT count(*) FILTER (WHERE advisor_id IS NULL) AS without_advisor
     FROM factories_factory WHERE programme_id = %(programme)s AND status = 'active'
       AND merged_into_id IS NULL) r) END)
)
"""


def _facts(user_id: int, today: date, now: datetime, everything: bool) -> dict[str, Any]:
    monday = today - timedelta(days=today.weekday())
    with connection.cursor() as cursor:
        cursor.execute(
            _FACTS,
            {
                "user": user_id,
                "programme": scope.current_programme(),
                "today": today,
                "monday": monday,
                "sunday": monday + timedelta(days=6),
                "readings": READINGS,
                "since": now - timedelta(days=1),
                "everything": everything,
            },
        )
        found: dict[str, Any] = cursor.fetchone()[0]
    return found


def as_day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
