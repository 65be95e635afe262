"""Pages of the product itself: the way in, preferences, and the errors Django asks for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token was missing or old: say so, keep nothing, change nothing."""
    return render(request, "403_csrf.html", status=403)
