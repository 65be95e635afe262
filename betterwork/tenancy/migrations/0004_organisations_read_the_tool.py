"""Groups and buyers read the questions of a published tool.

They see plans and released reports of factories in any programme, and those name their questions.
The published tool is no secret; drafts stay with the programme's own people.
"""

from django.db import migrations

from betterwork.tenancy.rls import GLOBAL, IN_PROGRAMME, ROLE, any_of, decided_once

EDITORS = f"({ROLE} IN ('system', 'manager', 'cat_editor') AND {IN_PROGRAMME})"
PUBLISHED = f"({IN_PROGRAMME} AND status <> 'draft')"
ORGANISATIONS = f"({ROLE} IN ('group_lead', 'buyer') AND status <> 'draft')"


def read_by(*rules):
    return f"ALTER POLICY bw_read ON assessments_toolversion USING ({decided_once(any_of(*rules))})"


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0003_policies_by_function"),
        ("assessments", "0004_policies_by_function"),
    ]

    operations = [
        migrations.RunSQL(
            sql=read_by(EDITORS, PUBLISHED, ORGANISATIONS, GLOBAL),
            reverse_sql=read_by(EDITORS, PUBLISHED, GLOBAL),
        )
    ]
