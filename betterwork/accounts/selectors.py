"""Reads of people and memberships."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from .models import Membership

ACTING = "acting_membership"


def memberships_of(user_id: int) -> QuerySet[Membership]:
    """The open memberships of one person, the oldest first."""
    rows = Membership.objects.select_related("programme", "factory", "group", "buyer")
    return rows.filter(user_id=user_id, ended_at__isnull=True).order_by("created_at", "id")


def acting_membership(request: HttpRequest) -> Membership | None:
    """The hat this request wears: the one chosen, else the first. One query."""
    hats = list(memberships_of(request.user.pk))
    request.hats = hats  # type: ignore[attr-defined]
    chosen = request.session.get(ACTING)
    for hat in hats:
        if str(hat.pk) == chosen:
            return hat
    return hats[0] if hats else None


def people_in(role: str) -> Q:
    """Filter on users who hold `role` in the programme in scope."""
    from betterwork.tenancy import scope

    return Q(
        memberships__role=role,
        memberships__programme_id=scope.current_programme(),
        memberships__ended_at__isnull=True,
    )
