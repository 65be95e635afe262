"""A seat on a team is written by who sees the assessment.

The policy asked only that the seat itself be open. Who knew the id of a sealed visit could have
given themselves an open seat on it, and a seat lets its holder see the visit.
"""

from django.db import migrations

from betterwork.tenancy.rls import PLANNERS, STAFF, any_of, decided_once

OPEN_SEAT = f"({STAFF} AND NOT sealed)"
OPEN_SEAT_OF_SEEN = f"({STAFF} AND NOT sealed AND bw_sees_assessment(assessment_id))"


def written_by(*rules):
    rule = decided_once(any_of(*rules))
    table = "assessments_assessmentmember"
    return [
        f"ALTER POLICY bw_insert ON {table} WITH CHECK ({rule})",
        f"ALTER POLICY bw_update ON {table} USING ({rule}) WITH CHECK ({rule})",
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0004_organisations_read_the_tool"),
        ("assessments", "0004_policies_by_function"),
    ]

    operations = [
        migrations.RunSQL(
            sql=written_by(PLANNERS, OPEN_SEAT_OF_SEEN),
            reverse_sql=written_by(PLANNERS, OPEN_SEAT),
        )
    ]
