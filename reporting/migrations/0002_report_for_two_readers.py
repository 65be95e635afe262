"""A report with photos only the factory may see has a file of its own; a paper can be checked."""

import django.db.models.deletion
from django.db import migrations, models

from betterwork.tenancy.rls import FACTORY_ROLES, ROLE, keep_together, where_visible

# The one row whose printed code the visitor holds, once it is released.
HELD_CODE = (
    f"({ROLE} = 'checker' AND status = 'ready' AND released_at IS NOT NULL"
    " AND check_code = (SELECT current_setting('bw.token', true)))"
)
OF_OWN_REPORT = where_visible(
    "reporting_report", "records_storedfile.id", "factory_pdf_id", FACTORY_ROLES
)


class Migration(migrations.Migration):
    dependencies = [
        ("reporting", "0001_initial"),
        ("records", "0001_initial"),
        ("tenancy", "0002_row_security"),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="factory_pdf",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.storedfile",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="factory_pdf_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        keep_together("reporting_report", "factory_pdf_id", "records_storedfile"),
        # Permissive policies add up: these let one more reader in, beside bw_read.
        migrations.RunSQL(
            sql=[
                f"CREATE POLICY bw_check ON reporting_report FOR SELECT USING ({HELD_CODE})",
                "CREATE POLICY bw_read_factory_pdf ON records_storedfile FOR SELECT"
                f" USING ({OF_OWN_REPORT})",
            ],
            reverse_sql=[
                "DROP POLICY bw_read_factory_pdf ON records_storedfile",
                "DROP POLICY bw_check ON reporting_report",
            ],
        ),
    ]
