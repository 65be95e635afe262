"""What is recorded of a country's days is told to its programme, where every due date is moved.

A day at a time, not the whole list anew: of two people who record a day at once neither loses the
other's. A trigger, so that no way of writing can leave the two apart.
"""

from django.db import migrations

# Programmes are written by the platform alone; this one column follows the days the writer may
# write. What was in force before is in force again, and a failure takes the whole transaction.
FUNCTION = """
CREATE FUNCTION bw_days_of_programme() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  role text := current_setting('bw.role', true);
BEGIN
  PERFORM set_config('bw.role', 'platform', true);
  IF TG_OP <> 'INSERT' AND OLD.withdrawn_at IS NULL THEN
    UPDATE public.tenancy_programme
       SET own_days = own_days - OLD.day::text WHERE id = OLD.programme_id;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.withdrawn_at IS NULL THEN
    UPDATE public.tenancy_programme
       SET own_days = own_days || jsonb_build_object(NEW.day::text, NEW.kind)
     WHERE id = NEW.programme_id;
  END IF;
  PERFORM set_config('bw.role', coalesce(role, ''), true);
  RETURN NULL;
END $$
"""
TABLES = ("assessments_countryday", "tenancy_programme")
# Days that are there already. Row-level security holds for the owner too, so it rests meanwhile.
FILL = [
    *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES),
    "UPDATE tenancy_programme p SET own_days = d.days FROM"
    " (SELECT programme_id, jsonb_object_agg(day::text, kind) AS days"
    " FROM assessments_countryday WHERE withdrawn_at IS NULL GROUP BY programme_id) d"
    " WHERE d.programme_id = p.id",
    "SET CONSTRAINTS ALL IMMEDIATE",
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES),
]


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0012_event_keys_without_order"),
        ("tenancy", "0009_own_days"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION bw_days_of_programme()"),
        migrations.RunSQL(
            "CREATE TRIGGER bw_days_of_programme AFTER INSERT OR UPDATE OR DELETE"
            " ON assessments_countryday FOR EACH ROW EXECUTE FUNCTION bw_days_of_programme()",
            "DROP TRIGGER bw_days_of_programme ON assessments_countryday",
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
