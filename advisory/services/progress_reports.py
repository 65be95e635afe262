"""Progress Reports 1 and 2: written by the factory, sent once, kept as sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from advisory.content.progress_reports import questions
from advisory.models import PlanEvidence, PlanItem, ProgressReport
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.ui import formats
from factories.models import CycleFact, EngagementCycle
from factories.services import cycles
from factories.services.factories import refuse_merged_id

from .acting import moment, person_id

CHOICES = {
    "rating": tuple(ProgressReport.Rating.values),
    "yes_no": ("yes", "no"),
}
FACTS = {1: CycleFact.Kind.PROGRESS_REPORT_1, 2: CycleFact.Kind.PROGRESS_REPORT_2}


def publicly_reported(factory_id: UUID) -> Any:
    """Items whose finding is publicly reported: what Progress Report 1 may claim as fixed."""
    return PlanItem.objects.filter(
        factory_id=factory_id, is_public=True, merged_into__isnull=True, verified_at__isnull=True
    )


@transaction.atomic
def save_report(
    *,
    cycle_id: UUID,
    number: int,
    answers: Mapping[str, str],
    claimed_fixed: Iterable[str] = (),
    by: Any = None,
    now: datetime | None = None,
) -> ProgressReport:
    """Keep what is written so far. `claimed_fixed`: numbers of plan items, as text.

    Raises: DomainError("report_already_sent", day=), ("factory_is_merged").
    """
    cycle = EngagementCycle.objects.get(pk=cycle_id)
    refuse_merged_id(cycle.factory_id)
    ProgressReport.objects.get_or_create(
        cycle=cycle, number=number, defaults={"factory_id": cycle.factory_id}
    )
    report = ProgressReport.objects.select_for_update(no_key=True).get(cycle=cycle, number=number)
    if report.sent_on is not None:
        raise DomainError("report_already_sent", day=report.sent_on)
    language = formats.language()
    for question in questions(number):
        if question.code not in answers:
            continue
        given = answers[question.code].strip()[:4000]
        if question.kind in CHOICES and given not in CHOICES[question.kind]:
            given = ""
        asked = question.text.get(language) or question.text["en"]
        report.answers[question.code] = {"answer": given, "question": asked}
    numbers = {str(n) for n in publicly_reported(cycle.factory_id).values_list("number", flat=True)}
    report.claimed_fixed = sorted(numbers & set(claimed_fixed), key=int)
    report.save(update_fields=["answers", "claimed_fixed", "updated_at"])
    return report


@transaction.atomic
def send_report(
    *, cycle_id: UUID, number: int, by: Any = None, now: datetime | None = None
) -> ProgressReport:
    """Send the report; it no longer changes. Safe to repeat.

    Raises: DomainError("report_too_early" | "report_unanswered" |
    "report_claim_without_evidence").
    """
    _, today = moment(now)
    report = ProgressReport.objects.select_for_update(no_key=True).get(
        cycle_id=cycle_id, number=number
    )
    if report.sent_on is not None:
        return report
    refuse_merged_id(report.factory_id)
    released = CycleFact.objects.filter(
        cycle_id=cycle_id, kind=CycleFact.Kind.REPORT_RELEASED, happened_on__lte=today
    )
    if not released.exists():
        raise DomainError("report_too_early", number=number)
    missing = [q for q in questions(number) if not report.answers.get(q.code, {}).get("answer")]
    if missing:
        raise DomainError("report_unanswered", count=len(missing))
    claimed = publicly_reported(report.factory_id).filter(number__in=report.claimed_fixed)
    shown = PlanEvidence.objects.filter(item__in=claimed).values_list("item_id", flat=True)
    bare = [item.number for item in claimed if item.pk not in set(shown)]
    if bare:
        raise DomainError("report_claim_without_evidence", items=", ".join(map(str, bare)))
    report.sent_on, report.sent_by_id = today, person_id(by)
    report.save(update_fields=["sent_on", "sent_by", "updated_at"])
    cycles.record_fact(
        cycle_id=cycle_id, kind=FACTS[number], happened_on=today, source_id=str(report.pk)
    )
    record(
        Action.PROGRESS_REPORT_SENT,
        about=report,
        factory_id=report.factory_id,
        for_factory=True,
        number=number,
    )
    return report
