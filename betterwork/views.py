"""Pages of the product itself: the way in, and the errors Django asks for."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from betterwork import kept
from betterwork.accounts.models import Role
from betterwork.masking import masked
from betterwork.permissions import Permission, Refused, requires, roles_with
from betterwork.ui import formats
from betterwork.ui.navigation import home_of

logger = logging.getLogger(__name__)

RETRY_SECONDS = 60  # the longest window of the limits that answer 429, see ACCOUNT_RATE_LIMITS
DRAIN_SECONDS = 20
DRAIN_BYTES = 1_000_000_000


@requires(Permission.PUBLIC)
def home(request: HttpRequest) -> HttpResponse:
    """The first screen of the hat this person wears; a visitor meets the sign-in."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    if getattr(request, "membership", None) is None:
        return render(request, "accounts/no_hat.html", status=403)
    return redirect(home_of(request.membership.role) or "my_work")  # type: ignore[attr-defined]


@requires(Permission.SIGNED_IN)
@require_http_methods(["GET", "POST"])
@never_cache
def kept_words(request: HttpRequest) -> HttpResponse:
    """What was typed before the sign-in or the role went: to send on now, or to drop."""
    waiting = kept.kept_of(request)
    if request.method == "POST":
        kept.let_go(request)
    if request.method == "POST" or waiting is None:
        return redirect("home")
    return render(request, "kept.html", {"kept": waiting})


# Errors ----------------------------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        limit = f"{formats.number(settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1_000_000)} MB"
        return render(request, "413.html", {"text_limit": limit}, status=413)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What was refused, why, and who can grant it."""
    context: dict[str, object] = {}
    if getattr(request, "membership", None) is None and request.user.is_authenticated:
        return render(request, "accounts/no_hat.html", status=403)
    if isinstance(exception, Refused):
        roles = [str(Role(role).label) for role in roles_with(exception.permission)]
        mine = str(Role(request.membership.role).label)  # type: ignore[attr-defined]
        context["reason"] = _(
            "You act as %(role)s here, and this page is not part of that role. Nothing was changed."
        ) % {"role": mine}
        if roles:
            context["who"] = f"{formats.comma()} ".join(roles)
        context["is_kept"] = kept.keep(request)
    return render(request, "403.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same for what does not exist and for what is not the reader's: nothing is told apart."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A code that the log knows too. The database may be gone, so nothing is read here."""
    code = secrets.token_hex(3).upper()
    where = masked(request.path)  # the log must not tell of sealed visits
    logger.error("Page with code %s: %s %s", code, request.method, where)
    html: str
    try:
        html = render_to_string("500.html", {"code": code})
    except Exception:
        html = f"<!doctype html><title>500</title><h1>Something broke on our side</h1><p>{code}</p>"
    return HttpResponse(html, status=500)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Says the minute from which the next try counts."""
    again = timezone.now() + timedelta(seconds=RETRY_SECONDS)
    context = {"again": again, "seconds": RETRY_SECONDS}
    answer = render(request, "429.html", context, status=429)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def too_large(
    request: HttpRequest, limit_bytes: int, together_bytes: int | None = None
) -> HttpResponse:
    """limit_bytes: of one file; together_bytes: of all files of one sending."""
    limit, together = (
        f"{formats.number(each // 1_000_000)} MB" if each else ""
        for each in (limit_bytes, together_bytes)
    )
    return render(request, "413.html", {"limit": limit, "together": together}, status=413)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token was missing or old: say so, change nothing, keep what was typed."""
    view = request.resolver_match.func if request.resolver_match else None
    permissions = getattr(view, "permissions", (Permission.PUBLIC,))
    is_kept = Permission.PUBLIC not in permissions and kept.keep(request)
    return render(request, "403_csrf.html", {"is_kept": is_kept}, status=403)


class OnlyFormsMiddleware:
    """Gives the address of a form, when somebody opens it as a page, a page that leads on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code != 405 or request.method != "GET" or answer.content:
            return answer
        above = request.path.rstrip("/").rsplit("/", 1)[0] + "/"
        page = render(request, "405.html", {"above": above}, status=405)
        page["Allow"] = answer["Allow"]
        return page


class BodyLimitMiddleware:
    """Refuses a body that is too large before a byte of it is kept; stands last, right at the view.

    The body is read and thrown away within bounds: a browser shows the answer only once it has
    sent everything, else it would say that the connection broke.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            size = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            size = 0
        if size <= settings.REQUEST_MAX_BYTES:
            return self.get_response(request)
        if size <= DRAIN_BYTES:
            _drain(request)
        return too_large(request, settings.UPLOAD_MAX_BYTES, settings.REQUEST_MAX_BYTES)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A zero byte, which PostgreSQL keeps in no text: a request nobody types by hand."""
        if isinstance(error, ValueError) and "NUL (0x00)" in str(error):
            request.bw_failed = True  # type: ignore[attr-defined]  # rolls the request back
            return bad_request(request, error)
        return None


def _drain(request: HttpRequest) -> None:
    until = time.monotonic() + DRAIN_SECONDS
    with suppress(OSError):
        while time.monotonic() < until and request.read(256 * 1024):
            pass
