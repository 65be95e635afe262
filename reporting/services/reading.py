"""Who opened a report: kept in the trail of the programme it belongs to."""

from __future__ import annotations

from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from reporting.models import Report

# Programme staff read reports all day; the trail is of those the report was released to.
RECORDED = frozenset({*FACTORY_SIDE, Role.GROUP_LEAD, Role.BUYER, Role.GLOBAL})


def record_reading(report: Report, *, form: str) -> None:
    """One event for one opening. form: "page" or "pdf". Nothing for programme staff."""
    now = scope.current()
    if now.role not in RECORDED:
        return
    # A buyer, a group and global staff act in no programme; the event belongs to the report's.
    within = scope.Facts(
        now.role, report.programme_id, now.user, now.factory, now.organisation, now.address
    )
    with scope.scope(within):
        record(
            Action.REPORT_READ,
            about=report,
            factory_id=report.factory_id,
            version=report.version,
            language=report.language,
            form=form,
        )
