"""What this app adds to the factory's page: the days on which it is not visited."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission
from factories import panels
from factories.models import Factory


def closures_panel(request: MemberRequest, factory: Factory) -> dict[str, Any]:
    from .models import FactoryClosure

    rows = FactoryClosure.objects.filter(
        factory=factory, withdrawn_at__isnull=True, last_day__gte=timezone.localdate()
    )
    return {"closures": list(rows[:4]), "factory_id": factory.pk}


def register() -> None:
    panels.register_panel(
        "closures",
        title=_("Closed days"),
        template="planner/_panel_closures.html",
        context=closures_panel,
        permission=Permission.RECORD_CLOSURES,
        order=60,
        for_factory_side=False,
    )
