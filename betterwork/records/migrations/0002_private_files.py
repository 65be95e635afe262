"""A file made for one person is read by them and the managers: an export is no file of all staff."""

from django.db import migrations, models

from betterwork.tenancy.rls import (
    FACTORY_ROLES,
    IN_PROGRAMME,
    ROLE,
    STAFF,
    USER,
    any_of,
    decided_once,
)

OWN = f"(NOT is_private OR {ROLE} IN ('system', 'manager') OR uploaded_by_id = {USER})"
READERS = (
    "('ambassador', 'committee_worker', 'committee_management', 'group_lead', 'buyer', 'global')"
)


def read(staff):
    rule = any_of(
        staff,
        f"({ROLE} IN {FACTORY_ROLES} AND {IN_PROGRAMME} AND uploaded_by_id = {USER})",
        f"({ROLE} IN {FACTORY_ROLES} AND bw_file_in_plan(id))",
        f"({ROLE} IN {FACTORY_ROLES} AND bw_file_in_minutes(id))",
        f"({ROLE} IN {FACTORY_ROLES} AND bw_file_in_evidence(id))",
        f"({ROLE} IN {READERS} AND bw_file_in_report(id))",
    )
    return f"ALTER POLICY bw_read ON records_storedfile USING ({decided_once(rule)})"


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0001_initial"),
        ("reporting", "0002_report_for_two_readers"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
    ]

    operations = [
        migrations.AddField(
            model_name="storedfile",
            name="is_private",
            field=models.BooleanField(default=False),
        ),
        # The owner is held by the policies too, and a kept file is never changed: both wait here.
        migrations.RunSQL(
            sql=[
                "ALTER TABLE records_storedfile NO FORCE ROW LEVEL SECURITY",
                "ALTER TABLE reporting_export NO FORCE ROW LEVEL SECURITY",
                "ALTER TABLE records_storedfile DISABLE TRIGGER bw_append_only_update",
                "UPDATE records_storedfile SET is_private = true, uploaded_by_id = e.requested_by_id"
                " FROM reporting_export e WHERE e.file_id = records_storedfile.id",
                "SET CONSTRAINTS ALL IMMEDIATE",
                "ALTER TABLE records_storedfile ENABLE TRIGGER bw_append_only_update",
                "ALTER TABLE reporting_export FORCE ROW LEVEL SECURITY",
                "ALTER TABLE records_storedfile FORCE ROW LEVEL SECURITY",
            ],
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.RunSQL(sql=read(f"({STAFF} AND {OWN})"), reverse_sql=read(STAFF)),
    ]
