"""One row per assessment and compliance point, and one per assessment: what dashboards count.

Rewritten in the transaction of a submit and of a release; rebuilt from the answers to the same
numbers, by the same function of the database (`bw_write_results`). Facts, "not applicable" and
"not assessed" leave no trace here (rules R-1, R-4).
Rows of one assessment are written side by side: a dashboard reads them from one page, not forty.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from betterwork.tenancy import scope

from .models import PointResult

# All in one call: each of its statements runs once, and not once an assessment.
_REBUILD = """
SELECT bw_write_results(array_agg(a.id)) FROM assessments_assessment a
WHERE a.programme_id = %s
"""


def rewrite_results(assessment_id: UUID) -> None:
    """Write the rows of one submitted assessment anew: one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT bw_write_results(ARRAY[%s])", [assessment_id])


def rebuild_results() -> int:
    """Write every row of the programme in scope anew; answers how many points there are."""
    programme = scope.current_programme()
    with connection.cursor() as cursor:
        cursor.execute(_REBUILD, [programme])
    return PointResult.objects.filter(programme_id=programme).count()
