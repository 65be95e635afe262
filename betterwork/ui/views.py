"""Pages of the interface itself: looks, the rest of the menu, the sheet of parts, refusals."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from betterwork.permissions import Permission, requires

from .context import DENSITIES, DENSITY_COOKIE, THEME_COOKIE, THEMES

COOKIE_AGE = 365 * 24 * 3600


@requires(Permission.PUBLIC)
@require_POST
def looks(request: HttpRequest) -> HttpResponse:
    """Keep language, colours or spacing: for the person when signed in, else for this browser."""
    choices = {
        "language": (tuple(dict(settings.LANGUAGES)), settings.LANGUAGE_COOKIE_NAME),
        "theme": ((*THEMES, "auto"), THEME_COOKIE),
        "density": (DENSITIES, DENSITY_COOKIE),
    }
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = HttpResponseRedirect(back)
    changed: dict[str, str] = {}
    for name, (allowed, cookie) in choices.items():
        value = request.POST.get(name)
        if value not in allowed:
            continue
        response.set_cookie(
            cookie, value, max_age=COOKIE_AGE, samesite="Lax", secure=request.is_secure()
        )
        changed[name] = value
    user = request.user
    if changed and isinstance(user, get_user_model()):
        for name, value in changed.items():
            setattr(user, name, value)
        user.save(update_fields=list(changed))
    return response


@requires(Permission.PUBLIC)
@require_GET
def more(request: HttpRequest) -> HttpResponse:
    """On small screens: the places that do not fit in the bar, hats, looks, signing out."""
    return render(request, "more.html")


@requires(Permission.PUBLIC)
@require_GET
def parts_page(request: HttpRequest) -> HttpResponse:
    """Every part on one sheet, for the eye and for the tests; not shown in production."""
    if not (settings.DEBUG or getattr(settings, "SHOW_PARTS", False)):
        raise Http404
    from .samples import sample_context

    wanted = request.GET.get("lang", "")
    if wanted in dict(settings.LANGUAGES):
        with translation.override(wanted):
            return render(request, "parts.html", sample_context(request))
    return render(request, "parts.html", sample_context(request))
