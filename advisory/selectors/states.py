"""An item's row as the rules see it."""

from __future__ import annotations

from collections.abc import Iterable

from advisory.models import PlanConfirmation, PlanItem
from advisory.rules.plan import ItemState, Side, Status


def state_of(item: PlanItem, confirmations: Iterable[PlanConfirmation] | None = None) -> ItemState:
    """The item as the rules see it; confirmations of its present round are read if not given."""
    if confirmations is None:
        confirmations = item.confirmations.filter(round=item.round, agrees=True)
    agreed = [c for c in confirmations if c.round == item.round and c.agrees]
    return ItemState(
        status=Status(item.status),
        is_reported=item.done_on is not None,
        confirmed=tuple((Side(c.side), str(c.by_id) if c.by_id else None) for c in agreed),
        completed_on=item.completed_at.date() if item.completed_at else None,
        verified_on=item.verified_at.date() if item.verified_at else None,
    )
