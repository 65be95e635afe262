"""For which due time the scheduler's work began last in a programme, and whether it ended."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from betterwork.tenancy.rls import STAFF, SYSTEM, secure


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0005_merges_told_on_both_sides"),
        ("tenancy", "0006_people_read_their_duplicates"),
    ]

    operations = [
        migrations.CreateModel(
            name="NightlyRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("horizon", "Horizon of assessments extended"),
                            ("reassessments", "Annual reassessments opened"),
                            ("escalation", "Managers told of clocks at risk"),
                            ("release_clock", "Comment periods of draft reports watched"),
                            ("reminders", "Reminders sent to factories and advisors"),
                        ],
                        max_length=16,
                    ),
                ),
                ("slot", models.DateTimeField()),
                ("has_ended", models.BooleanField(default=False)),
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
                    models.UniqueConstraint(fields=("programme", "kind"), name="nightly_run_once")
                ],
            },
        ),
        secure("records_nightlyrun", read=STAFF, write=SYSTEM),
    ]
