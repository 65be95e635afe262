"""A buyer's link at a duplicate stays as the record of what it may read, tied to the living link.

The link that a merge makes at the factory that stands says from when on it reads there.
"""

import django.db.models.deletion
from django.db import migrations, models

from betterwork.tenancy.rls import keep_together

# Both links are one buyer's. Plain foreign keys ask for no more than that a row is there.
SAME_BUYER = [
    "CREATE UNIQUE INDEX factories_factorybuyer_buyer_key ON factories_factorybuyer (id, buyer_id)",
    "ALTER TABLE factories_factorybuyer ADD CONSTRAINT factories_factorybuyer_carried_same_buyer"
    " FOREIGN KEY (carried_to_id, buyer_id) REFERENCES factories_factorybuyer (id, buyer_id)"
    " DEFERRABLE INITIALLY DEFERRED",
]
ANY_BUYER = [
    "ALTER TABLE factories_factorybuyer DROP CONSTRAINT factories_factorybuyer_carried_same_buyer",
    "DROP INDEX factories_factorybuyer_buyer_key",
]
# Links that earlier merges left behind, where the factory that stands had one of its own. Row-level
# security holds for the owner too, so it rests.
TABLES = ("factories_factory", "factories_factorybuyer")
EARLIER = [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES]
EARLIER += [
    "UPDATE factories_factorybuyer old SET carried_to_id = link.id"
    " FROM factories_factory f, factories_factorybuyer link"
    " WHERE f.id = old.factory_id AND link.factory_id = f.merged_into_id"
    " AND link.buyer_id = old.buyer_id",
    "SET CONSTRAINTS ALL IMMEDIATE",
]
EARLIER += [f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = [("factories", "0005_clocks_follow_a_merge")]

    operations = [
        migrations.AddField(
            model_name="factorybuyer",
            name="reads_from",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="factorybuyer",
            name="carried_to",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="factories.factorybuyer",
            ),
        ),
        keep_together("factories_factorybuyer", "carried_to_id", "factories_factorybuyer"),
        migrations.RunSQL(SAME_BUYER, ANY_BUYER),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
    ]
