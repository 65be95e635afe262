"""Beat tasks of the plan."""

from __future__ import annotations

from celery import shared_task

from advisory.services import reminders
from betterwork.records import nightly
from betterwork.records.tasks import programme_ids
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme


@shared_task(name="advisory.send_reminders")
def send_reminders() -> int:
    """Remind people of what waits for them, programme by programme. Safe at any moment."""

    def work() -> int:
        programme = Programme.objects.get(pk=scope.current_programme())
        return reminders.send_reminders(programme=programme)

    return sum(nightly.run("reminders", programme_ids(), work, told=True))
