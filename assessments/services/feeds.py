"""A person's calendar at a secret address, for the calendar program of their phone."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from assessments.models import CalendarFeed
from betterwork.accounts.models import Membership
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make_feed(*, user_id: int, role: str, shows: str, now: datetime) -> str:
    """A new secret address; the one before stops working. Answers the token, shown once.

    Raises: DomainError("feed_shows_unknown").
    """
    if shows not in CalendarFeed.Shows.values:
        raise DomainError("feed_shows_unknown")
    CalendarFeed.objects.filter(user_id=user_id, revoked_at__isnull=True).update(revoked_at=now)
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(
        user_id=user_id, role=role, token_hash=token_hash(token), shows=shows
    )
    record(Action.CALENDAR_SHARED, about=feed, shows=shows)
    return token


@transaction.atomic
def revoke_feed(*, user_id: int, now: datetime) -> None:
    """The address stops working. Safe to repeat."""
    gone = CalendarFeed.objects.filter(user_id=user_id, revoked_at__isnull=True).update(
        revoked_at=now
    )
    if gone:
        record(Action.CALENDAR_SHARED, revoked=True)


@contextmanager
def feed_scope(token: str) -> Iterator[CalendarFeed | None]:
    """Act as the owner of a calendar's address, with the hat it was made in; None if unknown.

    A hat that has ended opens nothing: who leaves the programme takes no calendar along.
    """
    wanted = token_hash(token)
    address = scope.address()
    with scope.scope(scope.Facts("feed", address=address)):
        _tell_token(wanted)
        try:
            feed = CalendarFeed.objects.filter(token_hash=wanted, revoked_at__isnull=True).first()
        finally:
            if not connection.needs_rollback:
                _tell_token("")
        if feed is None:
            yield None
            return
        own = scope.Facts(feed.role, feed.programme_id, feed.user_id, None, None, address)
        with scope.scope(own):
            hats = Membership.objects.filter(
                user_id=feed.user_id,
                role=feed.role,
                programme_id=feed.programme_id,
                ended_at__isnull=True,
                user__is_active=True,
            )
            yield feed if hats.exists() else None


def _tell_token(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('bw.token', %s, true)", [value])
