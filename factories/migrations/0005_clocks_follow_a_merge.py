"""What a duplicate was assessed for moves the clocks of the factory it became.

The engine is told of it since; what was kept of its answers before is out of date, and is again
whenever a duplicate's facts change or a factory is merged.
"""

from django.db import migrations

CHANGED = """
CREATE OR REPLACE FUNCTION bw_clocks_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE factories_cycleclocks SET version = version + 1
   WHERE factory_id IN (SELECT factory_id FROM changed);
  IF NOT FOUND AND EXISTS (SELECT 1 FROM changed) THEN
    RAISE EXCEPTION 'the kept clocks of these factories are out of reach';
  END IF;%s
  RETURN NULL;
END $$
"""
STANDING = """
  UPDATE factories_cycleclocks SET version = version + 1
   WHERE factory_id IN (SELECT f.merged_into_id FROM factories_factory f
                        WHERE f.id IN (SELECT factory_id FROM changed)
                          AND f.merged_into_id IS NOT NULL);"""
MERGED = """
CREATE FUNCTION bw_clocks_of_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE factories_cycleclocks SET version = version + 1
   WHERE factory_id IN (OLD.merged_into_id, NEW.merged_into_id);
  RETURN NULL;
END $$
"""
# Row-level security holds for the owner too, so it rests while the rows of earlier merges change.
TABLES = ("factories_factory", "factories_cycleclocks")
EARLIER = [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES]
EARLIER += [
    "UPDATE factories_cycleclocks SET version = version + 1 WHERE factory_id IN"
    " (SELECT merged_into_id FROM factories_factory WHERE merged_into_id IS NOT NULL)",
    "SET CONSTRAINTS ALL IMMEDIATE",
]
EARLIER += [f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = [("factories", "0004_one_factory_one_entry")]

    operations = [
        migrations.RunSQL([CHANGED % STANDING], [CHANGED % ""]),
        migrations.RunSQL(
            [
                MERGED,
                "CREATE TRIGGER bw_clocks_merge AFTER UPDATE OF merged_into_id"
                " ON factories_factory FOR EACH ROW"
                " WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)"
                " EXECUTE FUNCTION bw_clocks_of_merge()",
            ],
            [
                "DROP TRIGGER bw_clocks_merge ON factories_factory",
                "DROP FUNCTION bw_clocks_of_merge()",
            ],
        ),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
    ]
