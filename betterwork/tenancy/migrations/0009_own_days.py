"""The days on which a programme departs from the public calendar, beside its weekly rest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0008_keys_tell_nothing")]

    operations = [
        migrations.AddField(
            model_name="programme",
            name="own_days",
            field=models.JSONField(default=dict, editable=False),
        )
    ]
