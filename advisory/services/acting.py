"""Who acts, as what: read from the scope, so that no caller can claim another role."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from advisory.rules.plan import PlanSettings, Position
from betterwork.accounts.models import Role
from betterwork.errors import NotAllowed
from betterwork.tenancy import scope
from betterwork.tenancy.selectors import settings_values

POSITIONS = {
    Role.AMBASSADOR: Position.AMBASSADOR,
    Role.COMMITTEE_WORKER: Position.WORKER_MEMBER,
    Role.COMMITTEE_MANAGEMENT: Position.MANAGEMENT_MEMBER,
    Role.ADVISOR: Position.ADVISOR,
    Role.MANAGER: Position.ADVISOR,
}


def acting_role(role: str | None = None) -> str:
    """The role in scope. Only the system (a command, a test) may name the role it acts for."""
    own = scope.current().role
    return role if own == scope.SYSTEM and role else own


def position_of(role: str | None = None) -> Position:
    """Raises: NotAllowed("item_not_your_task")."""
    found = POSITIONS.get(Role(acting_role(role))) if acting_role(role) in Role.values else None
    if found is None:
        raise NotAllowed("item_not_your_task")
    return found


def person_id(by: Any) -> int | None:
    """The id of a person given as such, as a row, or as nobody: the one in scope."""
    if by is None:
        return scope.current().user
    return by if isinstance(by, int) else by.pk


def plan_settings(on: date) -> PlanSettings:
    """The programme's numbers of the improvement plan in force on a day."""
    return PlanSettings.from_mapping(settings_values(on).get("plan", {}))


def moment(now: datetime | None) -> tuple[datetime, date]:
    """The instant of an act and its local day."""
    now = now or timezone.now()
    return now, timezone.localdate(now)
