"""What the engine last said of each cycle's clocks, and the triggers that say when it is out of date."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from betterwork.tenancy.rls import STAFF, any_of, factory_side, keep_together, secure

# Everything the engine reads of a cycle: its own row, facts and drifts of its factory (some outlive
# a cycle), and the factory's rest days. By statement, so that an import writes each row once.
FUNCTIONS = """
CREATE FUNCTION bw_clocks_of_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO factories_cycleclocks
           (id, programme_id, cycle_id, factory_id, version, kept_version, mark, clocks)
    VALUES (gen_random_uuid(), NEW.programme_id, NEW.id, NEW.factory_id, 1, 0, '', '[]');
  ELSE
    UPDATE factories_cycleclocks
       SET version = version + 1, factory_id = NEW.factory_id WHERE cycle_id = NEW.id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the kept clocks of cycle % are out of reach', NEW.id;
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION bw_clocks_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE factories_cycleclocks SET version = version + 1
   WHERE factory_id IN (SELECT factory_id FROM changed);
  IF NOT FOUND AND EXISTS (SELECT 1 FROM changed) THEN
    RAISE EXCEPTION 'the kept clocks of these factories are out of reach';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION bw_clocks_of_factory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE factories_cycleclocks SET version = version + 1 WHERE factory_id = NEW.id;
  RETURN NULL;
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION bw_clocks_of_cycle();
DROP FUNCTION bw_clocks_changed();
DROP FUNCTION bw_clocks_of_factory();
"""
# Cycles that are there already. Row-level security holds for the owner too, so it rests meanwhile.
FILL = [
    f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"
    for table in ("factories_engagementcycle", "factories_cycleclocks")
]
FILL += [
    "INSERT INTO factories_cycleclocks"
    " (id, programme_id, cycle_id, factory_id, version, kept_version, mark, clocks)"
    " SELECT gen_random_uuid(), programme_id, id, factory_id, 1, 0, '', '[]'"
    " FROM factories_engagementcycle",
    "SET CONSTRAINTS ALL IMMEDIATE",
]
FILL += [
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    for table in ("factories_engagementcycle", "factories_cycleclocks")
]


def by_statement(table):
    """Triggers that see all rows of one statement; a moved row is out of date on both sides."""
    events = (("insert", "NEW"), ("update", "OLD"), ("update", "NEW"), ("delete", "OLD"))
    names = [f"bw_clocks_{event}_{side.lower()}" for event, side in events]
    return migrations.RunSQL(
        sql=[
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {table}"
            f" REFERENCING {side} TABLE AS changed FOR EACH STATEMENT"
            " EXECUTE FUNCTION bw_clocks_changed()"
            for name, (event, side) in zip(names, events, strict=True)
        ],
        reverse_sql=[f"DROP TRIGGER {name} ON {table}" for name in names],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("factories", "0002_drift_dates_and_chair_terms"),
        ("tenancy", "0003_policies_by_function"),
    ]

    operations = [
        migrations.CreateModel(
            name="CycleClocks",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("kept_version", models.PositiveIntegerField(default=0)),
                ("mark", models.CharField(blank=True, max_length=64)),
                ("clocks", models.JSONField(default=list)),
                (
                    "cycle",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="kept_clocks",
                        to="factories.engagementcycle",
                    ),
                ),
                (
                    "factory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="factories.factory",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kept_version__lte", models.F("version"))),
                        name="clocks_kept_of_a_known_version",
                    )
                ],
            },
        ),
        # Who may record a fact may say that the clocks are out of date.
        secure(
            "factories_cycleclocks",
            read=any_of(STAFF, factory_side()),
            write=any_of(STAFF, factory_side()),
        ),
        keep_together("factories_cycleclocks", "cycle_id", "factories_engagementcycle"),
        keep_together("factories_cycleclocks", "factory_id", "factories_factory"),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(
            [
                "CREATE TRIGGER bw_clocks_insert AFTER INSERT ON factories_engagementcycle"
                " FOR EACH ROW EXECUTE FUNCTION bw_clocks_of_cycle()",
                "CREATE TRIGGER bw_clocks_update AFTER UPDATE ON factories_engagementcycle"
                " FOR EACH ROW EXECUTE FUNCTION bw_clocks_of_cycle()",
                "CREATE TRIGGER bw_clocks_update AFTER UPDATE OF weekly_rest ON factories_factory"
                " FOR EACH ROW WHEN (OLD.weekly_rest IS DISTINCT FROM NEW.weekly_rest)"
                " EXECUTE FUNCTION bw_clocks_of_factory()",
            ],
            [
                "DROP TRIGGER bw_clocks_insert ON factories_engagementcycle",
                "DROP TRIGGER bw_clocks_update ON factories_engagementcycle",
                "DROP TRIGGER bw_clocks_update ON factories_factory",
            ],
        ),
        by_statement("factories_cyclefact"),
        by_statement("factories_clockdrift"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
