"""An assessment with every question answered, quickly. Inside the scope that is open."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from assessments import summaries
from assessments.models import (
    Answer,
    Assessment,
    AssessmentMember,
    Evidence,
    ToolQuestion,
    ToolVersion,
)
from betterwork.accounts.models import User
from betterwork.records import files
from factories.models import CycleFact, EngagementCycle, Factory
from tests import builders

_count = itertools.count(1)
FOUND, FINE, STRUCTURAL = "non_compliant", "compliant", "structural"


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def make_assessment(
    outcomes: Mapping[str, str] | None = None,
    *,
    factory: Factory | None = None,
    cycle: int = 1,
    starts_on: date = date(2026, 8, 10),
    status: str = "released",
    without: tuple[str, ...] = (),
    finding: str = "On floor 2 the team saw it on both days.",
    answered: bool = True,
    **extra: Any,
) -> Assessment:
    """outcomes: lineage -> outcome; every other coded question is compliant. without: not asked."""
    factory = factory or builders.make_factory()
    row = EngagementCycle.objects.filter(factory=factory, number=cycle).first()
    if row is None:
        EngagementCycle.objects.filter(factory=factory, ends_on__isnull=True).update(
            ends_on=starts_on - timedelta(days=101)
        )
        row = builders.make_cycle(factory, number=cycle, starts_on=starts_on - timedelta(days=100))
    version = ToolVersion.objects.filter(status="published").order_by("-effective_from").first()
    assert version is not None
    ends_on = starts_on + timedelta(days=1)
    values: dict[str, Any] = {
        "code": f"BD-T{next(_count):05d}",
        "status": status,
        "sealed": False,
        "checked_in_at": moment(starts_on),
        "submitted_at": moment(ends_on),
        "draft_sent_at": moment(ends_on + timedelta(days=10)),
        "comments_close_on": ends_on + timedelta(days=17),
        "released_at": moment(ends_on + timedelta(days=20)) if status == "released" else None,
        "workers_female": factory.workers_female,
        "workers_male": factory.workers_male,
        "workers_interviewed": 31,
        "left_out": list(without),
    }
    assessment = Assessment.objects.create(
        factory=factory, cycle=row, cycle_number=cycle, version=version, starts_on=starts_on,
        ends_on=ends_on, **{**values, **extra},
    )  # fmt: skip
    for kind, day in (("assessed", starts_on), ("assessment_ended", ends_on)):
        CycleFact.objects.create(cycle=row, factory=factory, kind=kind, happened_on=day)
    if assessment.released_at:
        CycleFact.objects.create(
            cycle=row, factory=factory, kind="report_released",
            happened_on=assessment.released_at.date(), source_id=str(assessment.pk),
        )  # fmt: skip
    if answered:
        answer_all(assessment, outcomes or {}, finding)
        summaries.rewrite_results(assessment.pk)
    return assessment


def answer_all(assessment: Assessment, outcomes: Mapping[str, str], finding: str) -> None:
    rows = ToolQuestion.objects.filter(version_id=assessment.version_id).exclude(
        lineage__in=assessment.left_out
    )
    Answer.objects.bulk_create(
        Answer(
            programme_id=assessment.programme_id,
            assessment=assessment,
            question=question,
            point_id=question.point_id,
            answered_at=assessment.checked_in_at,
            **_content(question, outcomes, finding),
        )
        for question in rows
    )


def _content(question: ToolQuestion, outcomes: Mapping[str, str], finding: str) -> dict[str, Any]:
    if question.kind == "fgw":
        return {
            "number": {"value_number": 12},
            "boolean": {"value_boolean": True},
            "choice": {
                "value_choice": (question.value_rules.get("choices") or [{}])[0].get("key", "")
            },
            "date": {"value_date": date(2026, 1, 31)},
        }.get(question.value_type, {"value_text": "As the manager told it."})
    outcome = outcomes.get(question.lineage, STRUCTURAL if question.is_structural else FINE)
    found = outcome in (FOUND, STRUCTURAL)
    return {
        "outcome": outcome,
        "finding": finding if found else "",
        "sources": ["documents", "workers"] if found else [],
        "reason": "records_unavailable\nThe register was at the head office."
        if outcome == "not_assessed"
        else "",
    }


def add_member(assessment: Assessment, user: User, position: str = "assessor") -> None:
    AssessmentMember.objects.create(
        assessment=assessment, user=user, position=position, sealed=False
    )


def add_photo(assessment: Assessment, lineage: str, *, visibility: str, caption: str) -> Evidence:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (400, 300), "#7a8").save(out, "JPEG")
    stored = files.keep(
        out.getvalue(), name=f"{caption}.jpg", content_type="image/jpeg",
        factory_id=assessment.factory_id, width=400, height=300,
    )  # fmt: skip
    question = ToolQuestion.objects.get(version_id=assessment.version_id, lineage=lineage)
    return Evidence.objects.create(
        assessment=assessment, question=question, file=stored, caption=caption,
        visibility=visibility, added_at=assessment.checked_in_at,
    )  # fmt: skip
