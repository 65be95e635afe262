"""Beat tasks of the plan."""

from __future__ import annotations

from celery import shared_task

from advisory.services import reminders
from betterwork.records.tasks import programme_ids
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme


@shared_task(name="advisory.send_reminders")
def send_reminders() -> int:
    """Remind people of what waits for them, programme by programme. Safe at any moment."""
    sent = 0
    for programme_id in programme_ids():
        with scope.programme_scope(programme_id):
            programme = Programme.objects.get(pk=programme_id)
            sent += reminders.send_reminders(programme=programme)
    return sent
