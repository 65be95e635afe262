"""No key tells the application role of a row it may not see.

Sequences are used and not read. A visit is written by the planner and the system, so that the
refusal of a second live one in a cycle reaches nobody else.
"""

from django.conf import settings
from django.db import migrations

from betterwork.tenancy.rls import PLANNERS, STAFF, any_of, decided_once

TABLE = "assessments_assessment"
BEFORE = any_of(PLANNERS, f"({STAFF} AND NOT sealed)", f"({STAFF} AND bw_on_team(id))")


def insert(rule):
    return f"ALTER POLICY bw_insert ON {TABLE} WITH CHECK ({decided_once(rule)})"


def sequences(verb, to):
    def run(apps, schema_editor):
        role = schema_editor.quote_name(settings.APPLICATION_ROLE)
        schema_editor.execute(f"{verb} SELECT ON ALL SEQUENCES IN SCHEMA public {to} {role}")
        schema_editor.execute(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public {verb} SELECT ON SEQUENCES {to} {role}"
        )

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0007_history_of_duplicates"),
        ("records", "0007_sealed_jobs_stand_apart"),
    ]

    operations = [
        migrations.RunSQL(insert(PLANNERS), insert(BEFORE)),
        migrations.RunPython(sequences("REVOKE", "FROM"), sequences("GRANT", "TO")),
    ]
