"""Group leads and buyers read items of released findings only, not those of a draft report."""

from django.db import migrations

from betterwork.tenancy.rls import GLOBAL, ROLE, STAFF, any_of, factory_side, where_visible

OUTSIDERS = (
    f"({ROLE} IN ('group_lead', 'buyer') AND "
    + where_visible("factories_factory", "factory_id")
    + "%s)"
)
RELEASED_TO_THEM = (
    " AND (assessment_id IS NULL OR "
    + where_visible("assessments_assessment", "assessment_id")
    + ")"
)


def policy(outsiders):
    rule = any_of(STAFF, factory_side(), GLOBAL, outsiders)
    return [
        "DROP POLICY bw_read ON advisory_planitem",
        f"CREATE POLICY bw_read ON advisory_planitem FOR SELECT USING ({rule})",
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("advisory", "0003_plan_item_opened_on"),
        ("tenancy", "0002_row_security"),
    ]

    operations = [
        migrations.RunSQL(
            sql=policy(OUTSIDERS % RELEASED_TO_THEM), reverse_sql=policy(OUTSIDERS % "")
        ),
    ]
