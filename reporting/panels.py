"""What this app adds to the page of a factory: its assessments with their reports."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from betterwork.accounts.models import Role
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may
from betterwork.ui import formats
from factories import panels
from factories.models import Factory

SHOWN = 6
OUTSIDE = frozenset({Role.BUYER, Role.GROUP_LEAD, Role.GLOBAL})


def assessments_panel(request: MemberRequest, factory: Factory) -> dict[str, Any]:
    """The latest assessments and the report of each: one query. A sealed visit is never there."""
    from reporting.selectors import reports as selectors

    sees_assessments = may(request, Permission.SEE_ASSESSMENTS)
    choice = selectors.Choice(with_drafts=request.membership.role not in OUTSIDE)
    rows = selectors.rows_of_factory(factory.pk, choice, with_unwritten=sees_assessments)
    return {
        "rows": [
            {
                "day": found["starts_on"],
                "code": found["code"],
                "status": found["status_word"],
                "url": reverse("assessments:detail", args=[found["assessment_id"]])
                if sees_assessments
                else "",
                "report_url": reverse("reporting:report", args=[row.open_in(formats.language())])
                if row
                else "",
                "is_draft": row is not None and row.is_draft,
                "version": row.version if row else 0,
            }
            for found, row in rows[:SHOWN]
        ],
        "url": f"{reverse('reporting:reports')}?q={factory.code}",
    }


def register() -> None:
    from reporting.models import Report

    panels.register_panel(
        "assessments",
        title=_("Assessments and reports"),
        template="reporting/_panel_assessments.html",
        context=assessments_panel,
        permission=Permission.READ_REPORTS,
        order=20,
    )
    panels.register_event_page(
        "reporting.report",
        name="reporting:report",
        permission=Permission.READ_REPORTS,
        rows=Report.objects.all,
    )
