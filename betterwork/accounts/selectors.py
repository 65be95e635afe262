"""Reads of people and memberships."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from .models import Invitation, Membership

ACTING = "acting_membership"


def memberships_of(user_id: int) -> QuerySet[Membership]:
    """The open memberships of one person, the oldest first."""
    rows = Membership.objects.select_related("programme", "factory", "group", "buyer")
    return rows.filter(user_id=user_id, ended_at__isnull=True).order_by("created_at", "id")


def acting_membership(request: Any) -> Membership | None:
    """The hat this request wears: the one chosen, else the first. One query."""
    hats = list(memberships_of(request.user.pk))
    request.hats = hats
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


MEMBER_SORTS = {
    "person": ("user__full_name", "role", "id"),
    "role": ("role", "user__full_name", "id"),
    "since": ("created_at", "user__full_name", "id"),
}


def member_rows(
    *, role: str = "", state: str = "", search: str = "", sort: str = ""
) -> QuerySet[Membership]:
    """Hats of the programme in scope with whom and what they are for: one query.

    `state`: "" for those in force, "ended" for those that ended. `sort`: a name of MEMBER_SORTS,
    with a minus for the other way round; by role without one.
    """
    from betterwork.tenancy import scope

    rows = Membership.objects.select_related("user", "factory", "group", "buyer")
    # A person's own hats elsewhere are visible to them (row-level security); not on this page.
    rows = rows.filter(programme_id=scope.current_programme(), ended_at__isnull=state != "ended")
    if role:
        rows = rows.filter(role=role)
    if search:
        rows = rows.filter(
            Q(user__full_name__icontains=search)
            | Q(user__email__icontains=search)
            | Q(factory__name__icontains=search)
        )
    order = MEMBER_SORTS.get(sort.removeprefix("-"), MEMBER_SORTS["role"])
    return rows.order_by(*([f"-{name}" for name in order] if sort.startswith("-") else order))


def open_invitations(now: datetime) -> QuerySet[Invitation]:
    """Invitations nobody accepted or withdrew, with `state` "pending" or "expired"."""
    rows = Invitation.objects.select_related("factory", "group", "buyer", "invited_by")
    rows = rows.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
    state = Case(
        When(expires_at__lte=now, then=Value("expired")),
        default=Value("pending"),
        output_field=CharField(),
    )
    return rows.annotate(state=state).order_by("-created_at", "id")
