"""Drifts say how they change a clock; chairs keep their terms; cycles know the draft's days."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from betterwork.tenancy.rls import (
    GLOBAL,
    STAFF,
    any_of,
    factory_side,
    keep_together,
    secure,
)

KINDS = [
    ("advisory_visit", "Advisory visit"),
    ("committee_formed", "Bipartite committee formed"),
    ("self_diagnosis", "Self-diagnosis completed"),
    ("plan_opened", "Improvement plan opened"),
    ("assessed", "Assessment"),
    ("assessment_ended", "Last day of the assessment"),
    ("draft_shared", "Draft report sent to the factory"),
    ("factory_commented", "Factory commented on the draft"),
    ("report_released", "Report released"),
    ("progress_report_1", "Progress Report 1"),
    ("progress_report_2", "Progress Report 2"),
    ("seminar", "Seminar"),
    ("training", "Training"),
    ("reregistered", "Registered for the next cycle"),
]


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("factories", "0001_initial"),
        ("tenancy", "0002_row_security"),
    ]

    operations = [
        migrations.RenameField("clockdrift", "paused_until", "new_due_on"),
        migrations.AlterField(
            "clockdrift",
            "new_due_on",
            models.DateField(blank=True, null=True, verbose_name="new due date"),
        ),
        migrations.AddField(
            "clockdrift",
            "is_paused",
            models.BooleanField(default=False, verbose_name="stands still"),
        ),
        migrations.AddField(
            "clockdrift",
            "recorded_on",
            models.DateField(default=django.utils.timezone.localdate, verbose_name="recorded on"),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "clockdrift",
            models.CheckConstraint(
                condition=models.Q(
                    ("is_paused", False), ("new_due_on__isnull", True), _connector="OR"
                ),
                name="drift_pauses_or_moves",
            ),
        ),
        migrations.AlterField(
            "cyclefact",
            "kind",
            models.CharField(choices=KINDS, max_length=24, verbose_name="what"),
        ),
        migrations.AddField(
            "factorybuyer",
            "ended_on",
            models.DateField(blank=True, null=True, verbose_name="stopped buying on"),
        ),
        migrations.CreateModel(
            name="CommitteeChair",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("worker", "Worker side"), ("management", "Management side")],
                        max_length=12,
                        verbose_name="side",
                    ),
                ),
                ("started_on", models.DateField(verbose_name="chair from")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="chair until")),
                (
                    "committee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chairs",
                        to="factories.committee",
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
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chair_terms",
                        to="factories.committeemember",
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
                "ordering": ["started_on", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on__isnull", True)),
                        fields=("committee",),
                        name="chair_one_term_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on__isnull", True),
                            ("ended_on__gte", models.F("started_on")),
                            _connector="OR",
                        ),
                        name="chair_term_dates",
                    ),
                ],
            },
        ),
        secure(
            "factories_committeechair",
            read=any_of(STAFF, factory_side(), GLOBAL),
            write=any_of(STAFF, factory_side()),
        ),
        keep_together("factories_committeechair", "committee_id", "factories_committee"),
    ]
