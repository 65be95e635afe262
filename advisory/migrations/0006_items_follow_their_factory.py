"""A plan goes over whole to the factory its duplicate became, and what belongs to an item follows it."""

from django.db import migrations

# Append-only as before, but for one thing: the factory, which is always the item's.
FOLLOWING = ("advisory_planconfirmation", "advisory_planevidence", "advisory_planevent")
FUNCTION = """
CREATE FUNCTION bw_follows_its_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE home uuid;
BEGIN
  SELECT factory_id INTO home FROM advisory_planitem WHERE id = OLD.item_id;
  IF to_jsonb(NEW) - 'factory_id' IS DISTINCT FROM to_jsonb(OLD) - 'factory_id'
     OR NEW.factory_id IS DISTINCT FROM home THEN
    RAISE EXCEPTION 'append_only: rows of % are never changed or removed', TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""


def told_by(function):
    made = []
    for table in FOLLOWING:
        made += [
            f"DROP TRIGGER bw_append_only_update ON {table}",
            f"CREATE TRIGGER bw_append_only_update BEFORE UPDATE ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION {function}()",
        ]
    return made


# Plans of duplicates merged before this. Row-level security holds for the owner too, so it rests.
TABLES = (
    "factories_factory", "advisory_improvementplan", "advisory_planitem",
    "advisory_planitemevent", *FOLLOWING,
)  # fmt: skip
MOVE = [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES]
MOVE += [
    """
    INSERT INTO advisory_improvementplan (id, programme_id, factory_id, opened_on)
    SELECT gen_random_uuid(), d.programme_id, d.merged_into_id, min(p.opened_on)
    FROM advisory_improvementplan p JOIN factories_factory d ON d.id = p.factory_id
    WHERE d.merged_into_id IS NOT NULL
      AND EXISTS (SELECT 1 FROM advisory_planitem i WHERE i.plan_id = p.id)
      AND NOT EXISTS (SELECT 1 FROM advisory_improvementplan w
                      WHERE w.factory_id = d.merged_into_id)
    GROUP BY d.programme_id, d.merged_into_id
    """,
    """
    WITH base AS (
      SELECT w.id AS plan_id, w.factory_id, COALESCE(max(i.number), 0) AS last
      FROM advisory_improvementplan w LEFT JOIN advisory_planitem i ON i.plan_id = w.id
      GROUP BY w.id),
    moved AS (
      SELECT i.id, b.plan_id, b.factory_id,
             b.last + row_number() OVER (PARTITION BY b.plan_id ORDER BY i.plan_id, i.number) AS n
      FROM advisory_planitem i
      JOIN factories_factory d ON d.id = i.factory_id
      JOIN base b ON b.factory_id = d.merged_into_id)
    UPDATE advisory_planitem i SET plan_id = m.plan_id, factory_id = m.factory_id, number = m.n
    FROM moved m WHERE m.id = i.id
    """,
    *(
        f"UPDATE {table} c SET factory_id = i.factory_id FROM advisory_planitem i"
        " WHERE i.id = c.item_id AND c.factory_id <> i.factory_id"
        for table in FOLLOWING
    ),
    "SET CONSTRAINTS ALL IMMEDIATE",
]
MOVE += [f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = [
        ("advisory", "0005_appointments"),
        ("factories", "0004_one_factory_one_entry"),
    ]

    operations = [
        migrations.RunSQL([FUNCTION], ["DROP FUNCTION bw_follows_its_item()"]),
        migrations.RunSQL(told_by("bw_follows_its_item"), told_by("bw_refuse_change")),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
    ]
