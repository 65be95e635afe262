"""What this app adds to the pages of factories: its plan, visits, and the committee's work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments import bookings
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may
from factories import panels
from factories.models import Committee, Factory
from factories.rules.committees import Decision, Meeting


def committee_work(committees: Iterable[Committee]) -> Mapping[UUID, panels.CommitteeWork]:
    """Meetings and decisions by committee: two queries."""
    from advisory.models import CommitteeMeeting, MeetingDecision

    chosen = committees.values("pk") if hasattr(committees, "values") else list(committees)
    meetings: dict[UUID, list[Meeting]] = defaultdict(list)
    for row in CommitteeMeeting.objects.filter(committee__in=chosen).order_by("held_on"):
        meetings[row.committee_id].append(
            Meeting(
                held_on=row.held_on,
                worker_members=row.worker_present,
                minutes_filed_on=row.minutes_filed_on,
            )
        )
    decisions: dict[UUID, list[Decision]] = defaultdict(list)
    taken = MeetingDecision.objects.filter(meeting__committee__in=chosen)
    for committee_id, held_on, due_on, done_on in taken.values_list(
        "meeting__committee_id", "meeting__held_on", "due_on", "carried_out_on"
    ):
        decisions[committee_id].append(Decision(held_on, due_on, done_on))
    return {
        key: panels.CommitteeWork(tuple(meetings[key]), tuple(decisions[key]))
        for key in {*meetings, *decisions}
    }


def plan_panel(request: MemberRequest, factory: Factory) -> dict[str, Any]:
    from advisory.selectors import plan

    if factory.merged_into_id is not None:
        url = reverse("advisory:plan", args=[factory.merged_into_id])
        return {"url": url, "went_to": factory.merged_into}
    row = plan.plan_rows(timezone.localdate()).filter(pk=factory.pk).first()
    counts = row.progress if row is not None and row.progress else None
    side = request.membership.factory_id
    url = reverse("advisory:my_plan") if side else reverse("advisory:plan", args=[factory.pk])
    meter = plan.strip(counts) if counts else None
    return {"url": url, "counts": counts, "meter": meter}


def visits_panel(request: MemberRequest, factory: Factory) -> dict[str, Any]:
    from advisory.models import AdvisoryVisit

    rows = AdvisoryVisit.objects.filter(factory=factory).select_related("advisor")
    url = reverse("advisory:visits") + f"?factory={factory.pk}"
    return {"url": url, "visits": list(rows[:4])}


def told_panel(request: MemberRequest, factory: Factory) -> dict[str, Any] | None:
    """Self-diagnoses and progress reports of every cycle, also of duplicates: two queries.

    None where there is none this reader may see.
    """
    from advisory.models import ProgressReport, SelfDiagnosis

    here = Q(factory=factory) | Q(factory__merged_into=factory)
    lines: list[tuple[Any, ...]] = []
    if may(request, Permission.DO_SELF_DIAGNOSIS):
        rows = SelfDiagnosis.objects.filter(here, completed_on__isnull=False)
        for row in rows.select_related("cycle", "factory"):
            url = reverse("advisory:self_diagnosis_of", args=[row.factory_id])
            lines.append((row.completed_on, 0, f"{url}?cycle={row.cycle.number}", row))
    reports = ProgressReport.objects.filter(here, sent_on__isnull=False)
    for sent in reports.select_related("cycle", "factory"):
        url = reverse("advisory:progress_report", args=[sent.cycle_id, sent.number])
        lines.append((sent.sent_on, sent.number, url, sent))
    if not lines:
        return None
    lines.sort(key=lambda line: line[:3], reverse=True)
    return {"lines": lines, "factory_id": factory.pk}


def booked_days(first: date, last: date) -> list[bookings.Booked]:
    """Announced visits that are still to come about, as days of their advisors: one query."""
    from advisory.models import AdvisoryVisit

    rows = AdvisoryVisit.objects.filter(
        planned_on__range=(first, last),
        visited_on__isnull=True,
        cancelled_at__isnull=True,
        advisor__isnull=False,
    ).select_related("factory")
    return [
        bookings.Booked(
            user_id=row.advisor_id,
            day=row.planned_on,
            factory_id=row.factory_id,
            factory_name=row.factory.name,
            region=row.factory.region,
            url=reverse("advisory:visit", args=[row.pk]),
            is_confirmed=row.confirmed_at is not None,
        )
        for row in rows.order_by("planned_on", "pk")
        if row.advisor_id is not None and row.planned_on is not None
    ]


def take_over(winner_id: UUID, loser_id: UUID) -> None:
    from advisory.services import merging

    merging.take_over(winner_id, loser_id)


def items_moved(factory_id: UUID) -> int:
    from advisory.services import merging

    return merging.items_of(factory_id)


def register() -> None:
    bookings.register("advisory", booked_days)
    panels.register_committee_work(committee_work)
    panels.register_panel(
        "plan",
        title=_("Improvement plan"),
        template="advisory/_panel_plan.html",
        context=plan_panel,
        permission=Permission.SEE_PLANS,
        order=30,
    )
    panels.register_panel(
        "visits",
        title=_("Advisory visits"),
        template="advisory/_panel_visits.html",
        context=visits_panel,
        permission=Permission.SEE_VISITS,
        order=40,
    )
    panels.register_panel(
        "told",
        title=_("Self-diagnoses and progress reports"),
        template="advisory/_panel_told.html",
        context=told_panel,
        permission=Permission.SEE_PLANS,
        order=45,
    )
    panels.register_merge_step("plan", take_over, label=_("Plan items"), count=items_moved)
    for kind, name, permission in (
        ("PlanItem", "item", Permission.SEE_PLANS),
        ("AdvisoryVisit", "visit", Permission.SEE_VISITS),
        ("CommitteeMeeting", "meeting", Permission.SEE_COMMITTEES),
    ):
        model = apps.get_model("advisory", kind)
        panels.register_event_page(
            f"advisory.{kind.lower()}",
            name=f"advisory:{name}",
            permission=permission,
            rows=model.objects.all,
        )
