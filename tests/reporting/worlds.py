"""Small worlds of raw answers for the tests of figures: rows written as an import would."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from assessments.models import Answer, Assessment, CompliancePoint, ToolQuestion, ToolVersion
from assessments.rules.answers import Kind, Outcome
from assessments.rules.rates import AnswerRow, Standing, merged
from betterwork.tenancy import scope
from factories.models import EngagementCycle, Factory
from tests import builders

_count = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """One question of a test's tool: lineage, compliance point, kind."""

    lineage: str
    point: str
    kind: str = "ncq"


def make_version(questions: Sequence[Asked], *, label: str = "") -> ToolVersion:
    """A tool of just these questions, a draft so that it may be made here."""
    version = ToolVersion.objects.create(
        label=label or f"T-{next(_count)}", name={"en": "Test"}, effective_from=date(2010, 1, 1)
    )
    ToolQuestion.objects.bulk_create(
        ToolQuestion(
            programme_id=version.programme_id,
            version=version,
            lineage=asked.lineage,
            point_id=asked.point,
            kind=asked.kind,
            order=order,
            title={"en": asked.lineage},
            text={"en": f"{asked.lineage}?"},
            breach="no" if asked.kind == "ncq" else "",
            value_type="" if asked.kind == "ncq" else "number",
        )
        for order, asked in enumerate(questions)
    )
    return version


def older_points() -> None:
    """The two points that older data has for hazardous work."""
    with scope.platform_scope():
        for code, name in (("CL-OHW", "Hazardous Work"), ("CL-OWF", "Unconditional Worst Forms")):
            CompliancePoint.objects.get_or_create(
                code=code, defaults={"cluster_id": "CL", "name": {"en": name}, "order": 90}
            )


@dataclass(frozen=True)
class Held:
    """One assessment of a world: factory number, cycle, day, status, outcome by lineage."""

    factory: int
    cycle: int
    starts_on: date
    answers: dict[str, str]
    status: str = "released"


def make_world(
    version: ToolVersion, held: Iterable[Held], factories: Sequence[Factory]
) -> list[Assessment]:
    """Write assessments with their answers; summaries are left to the test."""
    held = list(held)
    cycles: dict[tuple[int, int], EngagementCycle] = {}
    made, answers = [], []
    questions = {q.lineage: q for q in version.questions.all()}
    for each in held:
        factory = factories[each.factory]
        key = (each.factory, each.cycle)
        if key not in cycles:
            starts = date(2000, 1, 1) + timedelta(days=400 * each.cycle)
            cycles[key] = EngagementCycle.objects.create(
                factory=factory, number=each.cycle, starts_on=starts, ends_on=starts
            )
        noon = datetime.combine(each.starts_on, time(12), UTC)
        done = each.status not in {"in_progress", "cancelled"}
        assessment = Assessment(
            programme_id=factory.programme_id,
            code=f"W-{uuid.uuid4().hex[:10]}",
            factory=factory,
            cycle=cycles[key],
            cycle_number=each.cycle,
            version=version,
            starts_on=each.starts_on,
            ends_on=each.starts_on,
            status=each.status,
            sealed=False,
            checked_in_at=noon,
            submitted_at=noon if done else None,
            draft_sent_at=noon,
            comments_close_on=each.starts_on,
            released_at=noon if each.status == "released" else None,
            questions_total=len(questions),
        )
        made.append(assessment)
        answers += [
            Answer(
                programme_id=factory.programme_id,
                assessment=assessment,
                question=questions[lineage],
                point_id=questions[lineage].point_id,
                outcome=outcome if questions[lineage].kind == "ncq" else "",
                value_number=3 if questions[lineage].kind == "fgw" else None,
                finding="Seen on the day." if outcome == "non_compliant" else "",
                reason="Not there." if outcome in {"not_applicable", "not_assessed"} else "",
                answered_at=noon,
            )
            for lineage, outcome in each.answers.items()
        ]
    Assessment.objects.bulk_create(made)
    Answer.objects.bulk_create(answers)
    return made


def make_factories(count: int, **extra: object) -> list[Factory]:
    return [builders.make_factory(**extra) for _ in range(count)]


def answer_rows(*, released_only: bool = False) -> list[AnswerRow]:
    """Everything in scope that counts, as the reference implementation takes it."""
    rows = (
        Answer.objects.filter(assessment__submitted_at__isnull=False)
        .exclude(assessment__status__in=["cancelled", "postponed", "access_refused"])
        .select_related("assessment__factory", "question__point__cluster")
    )
    if released_only:
        rows = rows.filter(assessment__status="released")
    found = [
        AnswerRow(
            row.assessment.code,
            str(row.assessment.factory_id),
            row.assessment.cycle_number,
            row.assessment.starts_on,
            row.question.point.cluster.name["en"],
            row.question.point.name["en"],
            row.question.lineage,
            Kind(row.question.kind),
            Outcome(row.outcome) if row.outcome else None,
            row.assessment.factory.name,
            row.assessment.factory.status in {"closed", "left"},
        )
        for row in rows
    ]
    duplicates = Factory.objects.filter(merged_into__isnull=False).select_related("merged_into")
    became = {
        str(each.pk): Standing(
            str(each.merged_into.pk), each.merged_into.name,
            each.merged_into.status in {"closed", "left"},
        )
        for each in duplicates
        if each.merged_into
    }  # fmt: skip
    return merged(found, became)
