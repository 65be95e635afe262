"""A real worker process, killed half-way and started again; a broker that forgets everything.

The rows are committed, so they live in a copy of the test database that is dropped afterwards.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import pytest
import redis
from django.conf import settings as django_settings
from django.db import connections
from django.utils import timezone
from kombu import pools

from assessments.models import ToolQuestion
from betterwork.records import files
from betterwork.records.models import Job, StoredFile
from betterwork.records.tasks import RESEND_AFTER, sweep_jobs
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from reporting import services
from reporting.models import Report

from .builders import FOUND, make_assessment

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[3]
BROKER = "14"  # a Redis database of its own
PATIENCE = 90  # seconds


def _url(name: str) -> str:
    made: dict[str, Any] = connections["default"].settings_dict
    query = f"?host={quote(made['HOST'], safe='')}" if made["HOST"].startswith("/") else ""
    host = "" if query else made["HOST"]
    port = f":{made['PORT']}" if made["PORT"] else ""
    who = f"{quote(made['USER'])}:{quote(made['PASSWORD'])}"
    return f"postgresql://{who}@{host or 'localhost'}{port}/{name}{query}"


@contextlib.contextmanager
def _owner() -> Iterator[Any]:
    made: dict[str, Any] = connections["owner"].settings_dict
    link = psycopg2.connect(
        dbname="postgres", user=made["USER"], password=made["PASSWORD"], host=made["HOST"],
        port=made["PORT"] or None,
    )  # fmt: skip
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            yield cursor
    finally:
        link.close()


@pytest.fixture
def place(
    django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """A database that is a copy of the suite's, a broker database, and the environment for both."""
    original = connections["default"].settings_dict["NAME"]
    copy = f"{original}_worker"
    broker = f"{django_settings.REDIS_URL.rpartition('/')[0]}/{BROKER}"
    queue = redis.Redis.from_url(broker)
    with django_db_blocker.unblock():
        for name in ("default", "owner"):
            connections[name].close()
        with _owner() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{original}"')
        connections["default"].settings_dict["NAME"] = copy
        queue.flushdb()
        from betterwork.celery import app

        monkeypatch.setattr(app.conf, "broker_url", broker)
        _forget_broker(app)
        try:
            yield {
                **os.environ,
                "DATABASE_URL": _url(copy),
                "REDIS_URL": broker,
                "DJANGO_SETTINGS_MODULE": "tests.reporting.reports.worker_settings",
                "WORKER_MEDIA": str(django_settings.MEDIA_ROOT),
                "PYTHONPATH": str(ROOT),
            }
        finally:
            connections["default"].close()
            connections["default"].settings_dict["NAME"] = original
            _forget_broker(app)
            queue.flushdb()
            with _owner() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')


def _forget_broker(app: Any) -> None:
    """Connections made so far lead to the broker of before."""
    pools.reset()
    app._pool = None
    app.amqp._producer_pool = None


@contextlib.contextmanager
def worker(place: dict[str, str], log: Path, seconds_a_page: float = 0) -> Iterator[psutil.Process]:
    """A worker in a process group of its own; whatever is left of it is killed at the end."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            [sys.executable, "-m", "tests.reporting.reports.slow_worker", "--loglevel=info"],
            cwd=ROOT, stdout=out, stderr=out, start_new_session=True,
            env={**place, "SECONDS_A_PAGE": str(seconds_a_page)},
        )  # fmt: skip
    try:
        yield psutil.Process(started.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait(10)


def until(true: Callable[[], bool], what: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"{what}\n{log.read_text()[-3000:]}"
        time.sleep(0.2)


def the_job(programme: Any) -> Job:
    with scope.programme_scope(programme):
        job: Job = Job.objects.get(task="reporting.write_report")
        return job


def as_after(programme: Any, passed: timedelta) -> None:
    """The job as it would be found so much later."""
    with scope.programme_scope(programme):
        job = Job.objects.get(task="reporting.write_report")
        past = timezone.now() - passed
        Job.objects.filter(pk=job.pk).update(
            created_at=past, sent_at=past if job.sent_at else None,
            heartbeat_at=past if job.heartbeat_at else None,
        )  # fmt: skip


def order() -> Any:
    """One report with many findings, ordered as a page would, in the copy of the database."""
    with scope.anonymous_scope():
        programme = Programme.objects.get(code="BD").pk
    with scope.programme_scope(programme):
        rows = ToolQuestion.objects.filter(kind="ncq", is_structural=False).order_by("order")
        found = dict.fromkeys(rows.values_list("lineage", flat=True)[:60], FOUND)
        assessment = make_assessment(found)
        services.order_reports(assessment_id=assessment.pk, languages=["en"])
    return programme


def written(programme: Any) -> Report:
    """The one report there is, with the one file it has."""
    with scope.programme_scope(programme):
        report: Report = Report.objects.select_related("pdf").get()
        assert report.status == Report.Status.READY
        assert StoredFile.objects.filter(content_type="application/pdf").count() == 1
        assert files.read(report.pdf).startswith(b"%PDF")
        kept = files.path_of(programme, report.pdf_sha256)
        assert [each.name for each in kept.parent.iterdir()] == [kept.name]  # no half file
    return report


def test_killed_half_way_there_is_one_report_in_the_end(
    place: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    programme = order()
    with worker(place, log, seconds_a_page=0.4) as slow:
        until(lambda: the_job(programme).total_units > 2, "the worker did not begin", log)
        for process in (slow, *slow.children(recursive=True)):
            process.kill()
    with scope.programme_scope(programme):
        assert Report.objects.get().status == Report.Status.QUEUED
        assert not StoredFile.objects.filter(content_type="application/pdf").exists()
    assert the_job(programme).status == Job.Status.RUNNING  # it cannot say that it is dead
    assert sweep_jobs() == 0  # nor is it given away too soon
    as_after(programme, 2 * RESEND_AFTER + timedelta(seconds=5))
    assert sweep_jobs() == 1
    with worker(place, log):
        until(lambda: the_job(programme).status == Job.Status.DONE, "not taken up again", log)
    job, report = the_job(programme), written(programme)
    assert (job.attempts, job.result["report"]) == (2, str(report.pk))
    assert job.done_units == job.total_units == report.pages > 10


def test_a_broker_that_forgets_is_reminded(place: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    programme = order()
    queue = redis.Redis.from_url(place["REDIS_URL"])
    assert queue.llen("celery") == 1
    queue.flushdb()
    assert sweep_jobs() == 0  # it was sent a moment ago: it may still be on its way
    as_after(programme, RESEND_AFTER + timedelta(seconds=5))
    assert sweep_jobs() == 1
    assert sweep_jobs() == 0  # once, not at each sweep
    with worker(place, log):
        until(lambda: the_job(programme).status == Job.Status.DONE, "not written", log)
    assert written(programme).version == 1
