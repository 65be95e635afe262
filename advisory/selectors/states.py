"""An item's row as the rules see it."""

from __future__ import annotations

from collections.abc import Iterable

from advisory.models import PlanConfirmation, PlanItem
from advisory.rules.plan import ItemState, Side, Status


def state_from(item: PlanItem, agreed: Iterable[tuple[str, int | None]]) -> ItemState:
    """The item as the rules see it. agreed: side and person of its present round."""
    return ItemState(
        status=Status(item.status),
        is_reported=item.done_on is not None,
        confirmed=tuple((Side(side), str(by) if by else None) for side, by in agreed),
        completed_on=item.completed_at.date() if item.completed_at else None,
        verified_on=item.verified_at.date() if item.verified_at else None,
    )


def state_of(item: PlanItem, confirmations: Iterable[PlanConfirmation] | None = None) -> ItemState:
    """The same; confirmations are read if none are given, those of earlier rounds do not count."""
    if confirmations is None:
        confirmations = item.confirmations.filter(round=item.round, agrees=True)
    return state_from(
        item, [(c.side, c.by_id) for c in confirmations if c.round == item.round and c.agrees]
    )
