"""Days on which a whole programme departs from the public calendar: no secret to its staff."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from betterwork.tenancy.rls import MANAGERS, PLANNERS, STAFF, any_of, secure


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0010_authors_and_corrected_law"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CountryDay",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("off", "Nobody works"),
                            ("worked", "A public holiday that is worked"),
                        ],
                        default="off",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="what it is")),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
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
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["day", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="country_day_has_a_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("programme", "day"),
                        name="country_day_once",
                    ),
                ],
            },
        ),
        secure("assessments_countryday", read=STAFF, write=any_of(MANAGERS, PLANNERS)),
    ]
