"""The Celery application: worker and beat.

Tasks are named by outcome and take ids, never objects.
"""

from __future__ import annotations

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "betterwork.settings.dev")


@setup_logging.connect  # type: ignore[untyped-decorator]
def _log_as_the_web_does(**_more: Any) -> None:
    """Workers log through the same formatter: no id of a sealed visit, no row in an error."""
    from django.conf import settings

    dictConfig(settings.LOGGING)


app = Celery("betterwork")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    ["betterwork.records", "factories", "assessments", "advisory", "reporting"],
    related_name="tasks",
)
# Every entry may run twice, late or not at all: each task works from facts, once per programme.
app.conf.beat_schedule = {
    "demo-reports": {"task": "reporting.order_demo_reports", "schedule": 30.0},
    "sweep-jobs": {"task": "records.sweep_jobs", "schedule": 20.0},
    "send-mail": {"task": "records.send_mail", "schedule": 30.0},
    "release-clock": {"task": "assessments.run_review_clocks", "schedule": crontab(minute="*/10")},
    "open-reassessments": {
        "task": "assessments.open_reassessments",
        "schedule": crontab(minute=15, hour="*/6"),
    },
    # Late evening in the programmes' countries: what it opens or moves nobody waits for.
    "plan-night": {"task": "assessments.plan_night", "schedule": crontab(minute=40, hour=19)},
    "send-reminders": {"task": "advisory.send_reminders", "schedule": crontab(minute=30, hour="*")},
}
