"""What every page of this app needs: its frame, the refusal's sentence, today."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from advisory.rules.plan import Position
from advisory.services.acting import POSITIONS
from betterwork import refusals
from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError

OUTSIDERS = frozenset({Role.BUYER, Role.GROUP_LEAD})
PHONE, DESK = "phone.html", "base.html"


def today() -> date:
    return timezone.localdate()


def role_of(request: MemberRequest) -> str:
    return request.membership.role


def is_factory_side(request: MemberRequest) -> bool:
    return role_of(request) in FACTORY_SIDE


def is_outsider(request: MemberRequest) -> bool:
    """Buyers and group leads: they see items, not the evidence, confirmations and history."""
    return role_of(request) in OUTSIDERS


def own_factory_id(request: MemberRequest) -> UUID:
    """The factory a person of the factory's side acts for."""
    if request.membership.factory_id is None:
        raise Http404
    return request.membership.factory_id


def position(request: MemberRequest) -> Position | None:
    role = role_of(request)
    return POSITIONS.get(Role(role)) if role else None


def show(
    request: MemberRequest,
    template: str,
    context: dict[str, Any],
    *,
    error: DomainError | None = None,
    invalid: bool = False,
) -> HttpResponse:
    """Render in the frame of the reader: phone first for the factory, desk for staff.

    A refusal is shown with its sentence and status 422, and the input kept by its form.
    """
    values = {
        "layout": PHONE if is_factory_side(request) else DESK,
        "on_phone": is_factory_side(request),
        "today": today(),
        "refusal": refusals.sentence(error) if error else "",
        **context,
    }
    status = 422 if error or invalid else 200
    return render(request, f"advisory/{template}", values, status=status)
