"""Work on sealed visits is the planners' alone; a mail may carry an invitation to a calendar."""

from django.db import migrations, models

from betterwork.tenancy.rls import IN_PROGRAMME, PLANNERS, STAFF, USER, any_of, decided_once

OWN = f"({IN_PROGRAMME} AND requested_by_id = {USER})"
BEFORE = any_of(STAFF, OWN)
# Whoever asked for sealed work sees it in the planner's hat only, not in another of theirs.
AFTER = any_of(PLANNERS, f"({STAFF} AND NOT sealed)", f"({OWN} AND NOT sealed)")


def statements(rule):
    rule = decided_once(rule)
    return [
        f"ALTER POLICY bw_read ON records_job USING ({rule})",
        f"ALTER POLICY bw_insert ON records_job WITH CHECK ({rule})",
        f"ALTER POLICY bw_update ON records_job USING ({rule}) WITH CHECK ({rule})",
    ]


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial"), ("tenancy", "0002_row_security")]

    operations = [
        migrations.AddField(
            model_name="job", name="sealed", field=models.BooleanField(default=False)
        ),
        migrations.AddField(
            model_name="outgoingmail", name="calendar", field=models.TextField(blank=True)
        ),
        migrations.RunSQL(sql=statements(AFTER), reverse_sql=statements(BEFORE)),
    ]
