"""What every page of this app needs: its frame, the refusal's sentence, today."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from advisory.rules.plan import Position
from advisory.services.acting import POSITIONS
from betterwork import refusals
from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.errors import DomainError

PHONE, DESK = "phone.html", "base.html"


def today() -> date:
    return timezone.localdate()


def role_of(request: HttpRequest) -> str:
    membership = getattr(request, "membership", None)
    return membership.role if membership else ""


def is_factory_side(request: HttpRequest) -> bool:
    return role_of(request) in FACTORY_SIDE


def position(request: HttpRequest) -> Position | None:
    role = role_of(request)
    return POSITIONS.get(Role(role)) if role else None


def show(
    request: HttpRequest,
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
