"""An open job's key is taken among sealed or among open work: its refusal tells of no sealed one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0006_nightly_runs")]

    operations = [
        migrations.RemoveConstraint(model_name="job", name="job_open_once"),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=("programme", "key", "sealed"),
                name="job_open_once",
            ),
        ),
    ]
