"""Reads of the trail. Row-level security leaves out what this reader may not know of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from betterwork.accounts.models import User

from .models import TrailEvent


def trail_rows(
    *,
    action: str = "",
    person: str = "",
    factory: str = "",
    first: date | None = None,
    last: date | None = None,
    object_id: UUID | None = None,
) -> QuerySet[TrailEvent]:
    """Events, the newest first, with who and about which factory: one query.

    `person` is part of a name or address, `factory` part of a name or a code; `first` and `last`
    are days in the time zone in force, both included.
    """
    rows = TrailEvent.objects.select_related("actor", "factory", "programme")
    if action:
        rows = rows.filter(action=action)
    if person:
        rows = rows.filter(
            Q(actor__full_name__icontains=person) | Q(actor__email__icontains=person)
        )
    if factory:
        rows = rows.filter(Q(factory__name__icontains=factory) | Q(factory__code__iexact=factory))
    if first:
        rows = rows.filter(at__gte=_midnight(first))
    if last:
        rows = rows.filter(at__lt=_midnight(last + timedelta(days=1)))
    if object_id:
        rows = rows.filter(object_id=str(object_id))
    return rows.order_by("-at", "-id")


def people_in(events: Iterable[TrailEvent]) -> dict[str, str]:
    """Names by id of the people that events tell of beside who did it; no query for none."""
    ids = {found for event in events if isinstance(found := event.facts.get("person"), int)}
    if not ids:
        return {}
    rows = User.objects.filter(pk__in=ids).values_list("pk", "full_name")
    return {str(pk): name for pk, name in rows}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
