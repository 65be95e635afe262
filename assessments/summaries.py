"""One row per assessment and compliance point, and one per assessment: what dashboards count.

Rewritten in the transaction of a submit and of a release; rebuilt from the answers to the same
numbers. Facts, "not applicable" and "not assessed" leave no trace here (rules R-1, R-4).
Rows of one assessment are written side by side: a dashboard reads them from one page, not forty.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from betterwork.tenancy import scope

from .models import AssessmentResult, PointResult

_INSERT = """
WITH made AS (
INSERT INTO assessments_pointresult
  (programme_id, assessment_id, factory_id, point_id, assessed_on, year, cycle_number, region,
   factory_type, is_released, asked, breaches, structural, is_non_compliant)
SELECT a.programme_id, a.id, a.factory_id, w.point_id, a.starts_on,
       EXTRACT(YEAR FROM a.starts_on), a.cycle_number, f.region, f.factory_type,
       a.status = 'released',
       COUNT(*) FILTER (WHERE w.outcome IN ('compliant', 'non_compliant')),
       COUNT(*) FILTER (WHERE w.outcome = 'non_compliant'),
       COUNT(*) FILTER (WHERE w.outcome = 'structural'),
       BOOL_OR(w.outcome = 'non_compliant')
FROM assessments_answer w
JOIN assessments_assessment a ON a.id = w.assessment_id
JOIN factories_factory f ON f.id = a.factory_id
WHERE w.outcome IN ('compliant', 'non_compliant', 'structural')
  AND a.status IN ('submitted', 'quality_review', 'factory_review', 'released', 'in_progress')
  AND (a.status <> 'in_progress' OR a.submitted_at IS NOT NULL)
  AND EXISTS (SELECT 1 FROM assessments_toolquestion q
              WHERE q.id = w.question_id AND q.kind = 'ncq')
  AND {condition}
GROUP BY a.id, w.point_id, f.id
ORDER BY a.id, w.point_id
RETURNING assessment_id, programme_id, factory_id, point_id, is_released, asked, breaches,
          structural
)
INSERT INTO assessments_assessmentresult
  (assessment_id, programme_id, factory_id, is_released, present, asked, found, structural, either)
SELECT m.assessment_id, m.programme_id, m.factory_id, bool_or(m.is_released), sum(m.unit),
       COALESCE(sum(m.unit) FILTER (WHERE m.asked > 0), 0),
       COALESCE(sum(m.unit) FILTER (WHERE m.breaches > 0), 0),
       COALESCE(sum(m.unit) FILTER (WHERE m.structural > 0), 0),
       COALESCE(sum(m.unit) FILTER (WHERE m.breaches > 0 OR m.structural > 0), 0)
FROM (SELECT made.*, ('1' || repeat('0', {digits} * c.lane))::numeric AS unit
      FROM made JOIN assessments_compliancepoint c ON c.code = made.point_id OFFSET 0) m
GROUP BY m.assessment_id, m.programme_id, m.factory_id
ORDER BY m.assessment_id
"""
_DELETE = """
WITH gone AS (DELETE FROM assessments_assessmentresult r WHERE {condition})
DELETE FROM assessments_pointresult r WHERE {condition}
"""


def rewrite_results(assessment_id: UUID) -> None:
    """Write the rows of one submitted assessment anew: two statements."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE.format(condition="r.assessment_id = %s"), [assessment_id] * 2)
        cursor.execute(
            _INSERT.format(condition="a.id = %s", digits=AssessmentResult.DIGITS), [assessment_id]
        )


def rebuild_results() -> int:
    """Write every row of the programme in scope anew; answers how many points there are."""
    programme = scope.current_programme()
    with connection.cursor() as cursor:
        cursor.execute(_DELETE.format(condition="r.programme_id = %s"), [programme] * 2)
        cursor.execute(
            _INSERT.format(condition="a.programme_id = %s", digits=AssessmentResult.DIGITS),
            [programme],
        )
    return PointResult.objects.filter(programme_id=programme).count()
