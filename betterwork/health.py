"""Answers for load balancers and container engines: is this process alive, is it fit to serve.

Both are open to everyone, tell nothing beyond yes and no per part, and never touch a session.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)

# An answer that comes later than this is as bad as none.
PROBE_SECONDS = 2.0


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers; says nothing of the stores, so that their outage restarts nobody."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when every part this process needs works, 503 otherwise, with each part by name."""
    checks: dict[str, Callable[[], None]] = {
        "database": _check_database,
        "migrations": _check_migrations,
        "redis": _check_redis,
        "broker": _check_broker,
    }
    parts: dict[str, str] = {}
    for name, check in checks.items():
        try:
            check()
        except Exception:
            # The reason is for the log: an error text can name hosts and roles.
            log.warning("not ready: %s", name, exc_info=True)
            parts[name] = "failed"
        else:
            parts[name] = "ok"
    fit = all(part == "ok" for part in parts.values())
    return JsonResponse(
        {"status": "ok" if fit else "failed", "checks": parts}, status=200 if fit else 503
    )


class NotReady(Exception):
    """A part answers but is not as it must be."""


def _check_database() -> None:
    """The application role answers, and it is one that row-level security holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        row = cursor.fetchone()
    if row is None or row[0]:
        raise NotReady("the database role may bypass row-level security")


@functools.cache
def _migrations_on_disk() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None)
    return frozenset((app, name) for app, name in loader.disk_migrations)


def _check_migrations() -> None:
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = _migrations_on_disk() - applied
    if missing:
        raise NotReady(f"{len(missing)} migrations are not applied, such as {min(missing)}")


def _check_redis() -> None:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PROBE_SECONDS, socket_connect_timeout=PROBE_SECONDS
    )
    try:
        client.ping()
    finally:
        client.close()


def _check_broker() -> None:
    from betterwork.celery import app

    with app.connection_for_write(connect_timeout=PROBE_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=PROBE_SECONDS)
