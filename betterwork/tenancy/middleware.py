"""Opens the scope of each request, and turns domain errors nobody caught into their page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from ipaddress import ip_address
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pghistory
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from betterwork.accounts import selectors
from betterwork.ui import formats

from . import scope

if TYPE_CHECKING:
    from betterwork.accounts.models import Membership

OUTSIDE = ("/static/", "/health/")


class ScopeMiddleware:
    """One transaction and one membership per request; a view that raises leaves nothing behind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership = None  # type: ignore[attr-defined]
        if request.path.startswith(OUTSIDE):
            return self.get_response(request)
        if not request.user.is_authenticated:
            with scope.scope(scope.Facts(address=client_address(request))):
                return self._answer(request)
        user_id = request.user.pk
        with scope.scope(scope.Facts(user=user_id)), history(request):
            membership = selectors.acting_membership(request)
            request.membership = membership  # type: ignore[attr-defined]
            # Months and digits by country, already for what the view says.
            programme = membership.programme if membership else None
            formats.set_region(programme.country if programme else "")
            facts = facts_of(membership, user_id, client_address(request))
            with scope.narrowed(facts), timezone.override(_zone(membership)):
                return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if hasattr(response, "render") and not getattr(response, "is_rendered", True):
            response = response.render()
        if response.status_code >= 500 or getattr(request, "bw_failed", False):
            transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        # Django turns the exception into a response inside get_response: remember to roll back.
        request.bw_failed = True  # type: ignore[attr-defined]


def _zone(membership: Membership | None) -> ZoneInfo | None:
    """Days and hours are those of the programme, wherever the reader sits."""
    programme = membership.programme if membership else None
    return ZoneInfo(programme.timezone) if programme else None


def client_address(request: HttpRequest) -> str | None:
    """The address the outermost trusted proxy saw; without proxies, the socket's."""
    count = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    address = hops[-count] if 0 < count <= len(hops) else ""
    address = address or request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(address))
    except ValueError:
        return None


def history(request: HttpRequest) -> AbstractContextManager[object]:
    """Who stands behind rows that history tables keep (pghistory)."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return nullcontext()
    return pghistory.context(user=request.user.pk, address=client_address(request))


def facts_of(
    membership: Membership | None, user_id: int | None, address: str | None = None
) -> scope.Facts:
    """The facts a membership stands for; without one a person sees only their own account."""
    if membership is None:
        return scope.Facts(user=user_id, address=address)
    return scope.Facts(
        role=membership.role,
        programme=membership.programme_id,
        user=user_id,
        factory=membership.factory_id,
        organisation=membership.group_id or membership.buyer_id,
        address=address,
    )
