"""The appointment of an advisory visit: hour, the factory's yes, moves, cancellation."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("advisory", "0004_items_of_drafts_stay_inside"),
        ("factories", "0002_drift_dates_and_chair_terms"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="advisoryvisit",
            name="cancel_reason",
            field=models.TextField(blank=True, verbose_name="reason"),
        ),
        migrations.AddField(
            model_name="advisoryvisit",
            name="cancelled_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="cancelled"),
        ),
        migrations.AddField(
            model_name="advisoryvisit",
            name="confirmed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="confirmed"),
        ),
        migrations.AddField(
            model_name="advisoryvisit",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="advisoryvisit",
            name="starts_at",
            field=models.TimeField(blank=True, null=True, verbose_name="from"),
        ),
        migrations.AddField(
            model_name="advisoryvisit",
            name="times_moved",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="advisoryvisit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                    _connector="OR",
                ),
                name="visit_confirmed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="advisoryvisit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cancelled_at__isnull", True),
                    models.Q(
                        ("visited_on__isnull", True), models.Q(("cancel_reason", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="visit_cancelled_with_a_reason",
            ),
        ),
    ]
