"""A duplicate leads straight to the factory that stands; one Gateway id, one factory; fax numbers."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# Row-level security holds for the owner too, so it rests while old rows are put right.
TABLES = ("factories_factory", "factories_factoryevent")
MEND = [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES]
MEND += [
    # A duplicate of a duplicate becomes one of the factory at the end of the way.
    """
    WITH RECURSIVE way AS (
      SELECT id, merged_into_id AS target FROM factories_factory WHERE merged_into_id IS NOT NULL
      UNION
      SELECT w.id, f.merged_into_id FROM way w JOIN factories_factory f ON f.id = w.target
      WHERE f.merged_into_id IS NOT NULL)
    UPDATE factories_factory d SET merged_into_id = w.target
    FROM way w JOIN factories_factory t ON t.id = w.target AND t.merged_into_id IS NULL
    WHERE d.id = w.id AND d.merged_into_id <> w.target
    """,
    # Two with one Gateway id: the one registered first keeps it. The history of the other still
    # has it, and a person must say which of them is right.
    """
    UPDATE factories_factory f SET gateway_id = ''
    WHERE f.gateway_id <> '' AND f.merged_into_id IS NULL
      AND EXISTS (SELECT 1 FROM factories_factory o
                  WHERE o.programme_id = f.programme_id AND o.gateway_id = f.gateway_id
                    AND o.merged_into_id IS NULL
                    AND (o.created_at, o.id) < (f.created_at, f.id))
    """,
    "SET CONSTRAINTS ALL IMMEDIATE",
]
MEND += [f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES]
FLAT = """
CREATE FUNCTION bw_merge_is_flat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM factories_factory f
             WHERE f.id = NEW.merged_into_id AND f.merged_into_id IS NOT NULL)
     OR EXISTS (SELECT 1 FROM factories_factory f WHERE f.merged_into_id = NEW.id) THEN
    RAISE EXCEPTION 'factory_merge_flat: a duplicate leads straight to a factory that stands'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bw_merge_is_flat BEFORE INSERT OR UPDATE OF merged_into_id ON factories_factory
  FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION bw_merge_is_flat();
"""
NOT_FLAT = """
DROP TRIGGER bw_merge_is_flat ON factories_factory;
DROP FUNCTION bw_merge_is_flat();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("factories", "0003_kept_clocks"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="factory",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="factory",
            name="update_update",
        ),
        migrations.AlterField(
            model_name="factory",
            name="phone",
            field=models.CharField(blank=True, max_length=120, verbose_name="phone"),
        ),
        migrations.AlterField(
            model_name="factoryevent",
            name="phone",
            field=models.CharField(blank=True, max_length=120, verbose_name="phone"),
        ),
        migrations.AddField(
            model_name="factory",
            name="fax",
            field=models.CharField(blank=True, max_length=40, verbose_name="fax"),
        ),
        migrations.AddField(
            model_name="factoryevent",
            name="fax",
            field=models.CharField(blank=True, max_length=40, verbose_name="fax"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="factory",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "factories_factoryevent" ("address", "advisor_id", "began_on_year", "city", "code", "created_at", "email", "factory_type", "fax", "first_product", "gateway_id", "group_id", "has_dormitory", "has_migrant_workers", "has_trade_union", "id", "isic_division", "languages", "latitude", "legacy_id", "local_name", "longitude", "merged_into_id", "name", "office_address", "os_id", "owner_contact", "owner_headquarters", "owner_name", "peer_grouping", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postcode", "programme_id", "region", "registered_on", "second_product", "status", "status_reason", "status_since", "updated_at", "website", "weekly_rest", "workers_female", "workers_male") VALUES (NEW."address", NEW."advisor_id", NEW."began_on_year", NEW."city", NEW."code", NEW."created_at", NEW."email", NEW."factory_type", NEW."fax", NEW."first_product", NEW."gateway_id", NEW."group_id", NEW."has_dormitory", NEW."has_migrant_workers", NEW."has_trade_union", NEW."id", NEW."isic_division", NEW."languages", NEW."latitude", NEW."legacy_id", NEW."local_name", NEW."longitude", NEW."merged_into_id", NEW."name", NEW."office_address", NEW."os_id", NEW."owner_contact", NEW."owner_headquarters", NEW."owner_name", NEW."peer_grouping", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."postcode", NEW."programme_id", NEW."region", NEW."registered_on", NEW."second_product", NEW."status", NEW."status_reason", NEW."status_since", NEW."updated_at", NEW."website", NEW."weekly_rest", NEW."workers_female", NEW."workers_male"); RETURN NULL;',
                    hash="178fac55c183861c170ddf71e1641f09abdf4c5d",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_695a8",
                    table="factories_factory",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="factory",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "factories_factoryevent" ("address", "advisor_id", "began_on_year", "city", "code", "created_at", "email", "factory_type", "fax", "first_product", "gateway_id", "group_id", "has_dormitory", "has_migrant_workers", "has_trade_union", "id", "isic_division", "languages", "latitude", "legacy_id", "local_name", "longitude", "merged_into_id", "name", "office_address", "os_id", "owner_contact", "owner_headquarters", "owner_name", "peer_grouping", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postcode", "programme_id", "region", "registered_on", "second_product", "status", "status_reason", "status_since", "updated_at", "website", "weekly_rest", "workers_female", "workers_male") VALUES (NEW."address", NEW."advisor_id", NEW."began_on_year", NEW."city", NEW."code", NEW."created_at", NEW."email", NEW."factory_type", NEW."fax", NEW."first_product", NEW."gateway_id", NEW."group_id", NEW."has_dormitory", NEW."has_migrant_workers", NEW."has_trade_union", NEW."id", NEW."isic_division", NEW."languages", NEW."latitude", NEW."legacy_id", NEW."local_name", NEW."longitude", NEW."merged_into_id", NEW."name", NEW."office_address", NEW."os_id", NEW."owner_contact", NEW."owner_headquarters", NEW."owner_name", NEW."peer_grouping", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."postcode", NEW."programme_id", NEW."region", NEW."registered_on", NEW."second_product", NEW."status", NEW."status_reason", NEW."status_since", NEW."updated_at", NEW."website", NEW."weekly_rest", NEW."workers_female", NEW."workers_male"); RETURN NULL;',
                    hash="0aebc6d001a9f366acf52d73da0ce75b43de1e37",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_a655b",
                    table="factories_factory",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
        migrations.RunSQL(FLAT, NOT_FLAT),
        migrations.AddConstraint(
            model_name="factory",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("gateway_id", ""), _negated=True), ("merged_into__isnull", True)
                ),
                fields=("programme", "gateway_id"),
                name="factory_gateway_id_once",
            ),
        ),
    ]
