"""Two workers at the same moment, in real transactions."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any
from uuid import uuid4

from django.db import connection

from assessments import services
from assessments.models import Assessment
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests.assessments.test_services import assessed_last_year


def test_reassessments_opened_by_two_workers_at_once(django_db_setup, django_db_blocker) -> None:
    """Real transactions in a programme no other test uses; what is made is its own."""
    barrier, found = threading.Barrier(2), []

    def run(programme: Any) -> None:
        with django_db_blocker.unblock():
            try:
                with scope.programme_scope(programme):
                    barrier.wait(10)
                    found.append(services.open_reassessments(today=date(2026, 4, 20)))
            finally:
                connection.close()

    with django_db_blocker.unblock():
        with scope.anonymous_scope():
            vn = Programme.objects.get(code="VN").pk
        with scope.programme_scope(vn):
            factory = assessed_last_year(code=f"C-{uuid4().hex[:8]}")
        workers = [threading.Thread(target=run, args=(vn,)) for _each in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
        with scope.programme_scope(vn):
            opened = list(Assessment.objects.filter(factory=factory))
            # Nothing of it is due in a later run of the suite.
            Assessment.objects.filter(factory=factory).update(status="cancelled")
        connection.close()
    assert sum(found) == 1
    assert len(opened) == 1
