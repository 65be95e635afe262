"""The programme's numbers in force on a day."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.core.cache import cache

from . import scope
from .models import ProgrammeSettings


def settings_values(on: date | None = None) -> dict[str, Any]:
    """Changed numbers of the programme in scope, by rule set: `{"cycle": {"report_days": 28}}`.

    What is not in it keeps the rules' documented default. Cached until the next change. A reader of
    all programmes (global staff) stands in none of them and is shown the defaults.
    """
    programme = scope.current().programme
    if programme is None:
        return {}
    key = settings_key(programme)
    versions: list[tuple[date, dict[str, Any]]] | None = cache.get(key)
    if versions is None:
        rows = ProgrammeSettings.objects.order_by("-version")
        versions = list(rows.values_list("valid_from", "values"))
        cache.set(key, versions, 3600)
    day = on or date.max
    return next((values for valid_from, values in versions if valid_from <= day), {})


def settings_key(programme: UUID) -> str:
    return f"settings:{programme}"
