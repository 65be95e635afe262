"""What the views of this app share."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from betterwork.accounts.models import FACTORY_SIDE
from betterwork.accounts.requests import MemberRequest

PAGE_ROWS = 25
EVENT_ROWS = 20


def today() -> date:
    return timezone.localdate()


def role_of(request: MemberRequest) -> str:
    membership = getattr(request, "membership", None)
    return membership.role if membership is not None else ""


def is_factory_side(request: MemberRequest) -> bool:
    return role_of(request) in FACTORY_SIDE


def layout(request: MemberRequest) -> str:
    """The frame of a page that both sides open: phone first for factory people."""
    return "phone.html" if is_factory_side(request) else "base.html"


def page_of(
    request: MemberRequest, rows: QuerySet[Any], *, size: int = PAGE_ROWS, name: str = "page"
) -> Page[Any]:
    """One page; a number out of range gives the nearest page there is."""
    return Paginator(rows, size).get_page(request.GET.get(name))


def url_or_none(name: str, *args: Any) -> str:
    """An address of an app above this one, or nothing while it has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
