"""The language of a request, and the second factor some roles cannot do without."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from .models import NEEDS_SECOND_FACTOR

HAS_FACTOR = "has_second_factor"


class LanguageMiddleware:
    """The person's own language, else the cookie's or the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "") if request.user.is_authenticated else ""
        if language not in dict(settings.LANGUAGES):
            language = translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            response.headers.setdefault("Content-Language", language)
            return response


class SecondFactorMiddleware:
    """Programme and global staff go nowhere before they have set up a second factor.

    Open before that: setting one up, confirming who one is, signing out, language and colours.
    The demo's fictitious people (User.is_demo) need none where settings.DEMO is on; production
    settings switch it off.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.open = (
            reverse("mfa_index"),
            reverse("account_logout"),
            reverse("account_reauthenticate"),
            reverse("account_set_password"),
            reverse("ui:looks"),
            settings.STATIC_URL,
            "/health/",
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._is_missing(request) and not request.path.startswith(self.open):
            return redirect("mfa_index")
        return self.get_response(request)

    def _is_missing(self, request: HttpRequest) -> bool:
        if not any(hat.role in NEEDS_SECOND_FACTOR for hat in getattr(request, "hats", ())):
            return False
        if settings.DEMO and getattr(request.user, "is_demo", False):
            return False
        # The last factor of such a person cannot be removed, so having one once is enough.
        if request.session.get(HAS_FACTOR):
            return False
        strong = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        if not Authenticator.objects.filter(user_id=request.user.pk, type__in=strong).exists():
            return True
        request.session[HAS_FACTOR] = True
        return False
