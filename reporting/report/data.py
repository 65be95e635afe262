"""Everything a report says, as plain JSON: read once, as of the days that count.

Answers, law and head count are those of the assessment; committees, plan and coming dates those of
the day the report was ordered, which is printed beside them. Keys that end in "_on" hold ISO dates.
Texts of the tool stand in the report's language, what people typed as they typed it, everything
else as codes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from advisory.models import PlanItem
from assessments.content_of import split_reason, value_text
from assessments.models import (
    Answer,
    Assessment,
    AssessmentMember,
    Cluster,
    Evidence,
    FactoryComment,
    Outcome,
)
from assessments.tool import Question, Tool, Words, in_language, tool_of, words_of
from betterwork.tenancy.selectors import settings_values
from factories.models import Factory
from factories.selectors import cycle_overview, cycles
from factories.selectors.factories import entries_of
from reporting.rules.report import ReportSettings

from .committees import committees_on

SCHEMA = "betterwork.assessment-report/1"
COUNTED = (Outcome.COMPLIANT, Outcome.NON_COMPLIANT)


@dataclass(frozen=True)
class Order:
    """What is to be written. ordered_at (aware) is the day the report speaks from."""

    report_id: UUID
    assessment_id: UUID
    language: str
    version: int
    is_draft: bool
    reason: str
    check_code: str
    check_address: str
    ordered_at: datetime


@dataclass(frozen=True)
class _Source:
    """What is read of the database, before it is arranged."""

    assessment: Assessment
    tool: Tool
    words: dict[str, Words]
    language: str
    answers: dict[str, Answer]  # by lineage
    photos: dict[UUID | None, list[Evidence]] = field(default_factory=dict)

    def asked(self) -> list[Question]:
        return self.tool.asked(self.assessment.left_out)

    def with_outcome(self, *outcomes: str) -> list[tuple[Question, Answer]]:
        found = []
        for question in self.asked():
            answer = self.answers.get(question.lineage)
            if answer is not None and answer.outcome in outcomes:
                found.append((question, answer))
        return found


def build(order: Order) -> dict[str, Any]:
    """The report's data in the programme in scope: about twenty queries, whatever the findings.

    Raises: Assessment.DoesNotExist.
    """
    assessment = Assessment.objects.select_related("factory", "programme", "cycle").get(
        pk=order.assessment_id
    )
    source = _read(assessment, order.language)
    previous = _previous(assessment)
    before = _outcomes(previous) if previous else {}
    local = ZoneInfo(assessment.programme.timezone)
    speaks_from = order.ordered_at.astimezone(local).date()
    factory = _factory_on(assessment)
    found = source.with_outcome(Outcome.NON_COMPLIANT)
    national = source.with_outcome(Outcome.STRUCTURAL)
    return {
        "schema": SCHEMA,
        "language": order.language,
        "is_draft": order.is_draft,
        "version": order.version,
        "reason": order.reason,
        "status_on": speaks_from.isoformat(),
        "check": {"code": order.check_code, "address": order.check_address},
        "programme": {
            "code": assessment.programme.code,
            "country": assessment.programme.country,
            "name": assessment.programme.name_in(order.language),
        },
        "assessment": _cover(source, local),
        "factory": factory,
        "previous": _previous_facts(previous, before) if previous else None,
        "clusters": _clusters(source, previous, before),
        "totals": _totals(source),
        "comparison": _comparison(source, before) if previous else None,
        "findings": _grouped(source, found, before, has_previous=previous is not None),
        "structural": _grouped(source, national, before, has_previous=previous is not None),
        "not_assessed": _not_assessed(source),
        "facts": _facts(source),
        "committees": committees_on(
            assessment.factory,
            speaks_from,
            assessment.factory.worker_count,
            assessment.factory.workers_female,
        ),
        "plan": _plan(assessment.factory, speaks_from, local),
        "next": _next(assessment, speaks_from, is_draft=order.is_draft),
        "comments": _comments(source, local),
    }


# -- reading ------------------------------------------------------------------------------------


def _read(assessment: Assessment, language: str) -> _Source:
    tool = tool_of(assessment.version_id)
    # A begun assessment has its first day: the day whose law counts.
    words = words_of(tool, language, assessment.starts_on or date.min)
    answers = {
        tool.by_id[answer.question_id].lineage: answer
        for answer in Answer.objects.filter(assessment_id=assessment.pk)
    }
    shown: dict[UUID | None, list[Evidence]] = defaultdict(list)
    # What only the team and the programme may see stays out of every report.
    for row in Evidence.objects.filter(
        assessment_id=assessment.pk, visibility=Evidence.Visibility.FACTORY
    ).select_related("file"):
        shown[row.question_id].append(row)
    return _Source(assessment, tool, dict(words), language, answers, shown)


def _previous(assessment: Assessment) -> Assessment | None:
    rows = Assessment.objects.filter(
        factory__in=entries_of(assessment.factory),
        status=Assessment.Status.RELEASED,
        starts_on__lt=assessment.starts_on,
    )
    return rows.order_by("-starts_on").first()


def _outcomes(previous: Assessment) -> dict[str, str]:
    """Lineage -> what the assessment before found; questions of fact are left out."""
    tool = tool_of(previous.version_id)
    rows = Answer.objects.filter(assessment_id=previous.pk).exclude(outcome="")
    return {
        tool.by_id[pk].lineage: outcome
        for pk, outcome in rows.values_list("question_id", "outcome")
    }


def _factory_on(assessment: Assessment) -> dict[str, Any]:
    """The factory as it was known on the assessment's last day; its head count is kept there."""
    factory = assessment.factory
    history = Factory.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        pgh_obj_id=factory.pk, pgh_created_at__date__lte=assessment.ends_on or assessment.starts_on
    )
    known: Any = history.order_by("-pgh_created_at", "-pgh_id").first() or factory
    women, men = assessment.workers_female, assessment.workers_male
    return {
        "code": factory.code,
        "name": known.name,
        "local_name": known.local_name,
        "type": known.factory_type,
        "city": known.city,
        "region": known.region,
        "products": [text for text in (known.first_product, known.second_product) if text],
        "workers": women + men,
        "women": women,
        "men": men,
    }


def _day(moment: datetime | None, local: ZoneInfo) -> str | None:
    return moment.astimezone(local).date().isoformat() if moment else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


# -- the cover ----------------------------------------------------------------------------------


def _cover(source: _Source, local: ZoneInfo) -> dict[str, Any]:
    assessment = source.assessment
    seats = AssessmentMember.objects.filter(assessment_id=assessment.pk).exclude(
        position=AssessmentMember.Position.OBSERVER
    )
    settings = ReportSettings.from_mapping(settings_values(assessment.starts_on).get("report", {}))
    people = [str(seat.user) for seat in seats.select_related("user").order_by("-position")]
    first, last = assessment.starts_on, assessment.ends_on
    days = (last - first).days + 1 if first and last else 1
    released = assessment.released_at.astimezone(local).date() if assessment.released_at else None
    return {
        "code": assessment.code,
        "cycle": assessment.cycle_number,
        "starts_on": _iso(first),
        "ends_on": _iso(last),
        "days": days,
        "modality": assessment.modality,
        "is_announced": assessment.is_announced,
        "released_on": _iso(released),
        "days_to_release": (released - last).days if released and last else None,
        "draft_sent_on": _day(assessment.draft_sent_at, local),
        "comments_close_on": _iso(assessment.comments_close_on),
        "team_size": len(people),
        "team": people if settings.names_team else [],
        "workers_interviewed": assessment.workers_interviewed,
        "questions_asked": len(source.asked()),
        "tool": source.tool.label,
    }


def _clusters(
    source: _Source, previous: Assessment | None, before: dict[str, str]
) -> list[dict[str, Any]]:
    """Result by cluster, in the tool's order. Points without a coded question have no result."""
    names = {cluster.code: cluster for cluster in Cluster.objects.all()}
    points: dict[str, dict[str, bool]] = defaultdict(dict)
    findings: dict[str, int] = defaultdict(int)
    for question, answer in source.with_outcome(*COUNTED):
        cluster = source.tool.points[question.point].cluster
        is_found = answer.outcome == Outcome.NON_COMPLIANT
        points[cluster][question.point] = points[cluster].get(question.point, False) or is_found
        findings[cluster] += is_found
    earlier = _findings_before(previous, before)
    return [
        {
            "code": code,
            "name": in_language(names[code].name, source.language),
            "is_core": names[code].basis == "core",
            "points": len(found),
            "points_found": sum(found.values()),
            "findings": findings[code],
            "findings_before": earlier.get(code, 0) if previous else None,
        }
        for code, found in sorted(points.items(), key=lambda pair: names[pair[0]].order)
    ]


def _findings_before(previous: Assessment | None, before: dict[str, str]) -> dict[str, int]:
    counted: dict[str, int] = defaultdict(int)
    if previous is None:
        return counted
    tool = tool_of(previous.version_id)
    for lineage, outcome in before.items():
        if outcome == Outcome.NON_COMPLIANT:
            counted[tool.points[tool.by_lineage[lineage].point].cluster] += 1
    return counted


def _totals(source: _Source) -> dict[str, int]:
    """Counts of the whole; the factory rate is points_found of points (rule R-7)."""
    points: dict[str, bool] = {}
    for question, answer in source.with_outcome(*COUNTED):
        is_found = answer.outcome == Outcome.NON_COMPLIANT
        points[question.point] = points.get(question.point, False) or is_found
    return {
        "points": len(points),
        "points_found": sum(points.values()),
        "findings": len(source.with_outcome(Outcome.NON_COMPLIANT)),
        "structural": len(source.with_outcome(Outcome.STRUCTURAL)),
        "compliant": len(source.with_outcome(Outcome.COMPLIANT)),
        "not_applicable": len(source.with_outcome(Outcome.NOT_APPLICABLE)),
        "not_assessed": len(source.with_outcome(Outcome.NOT_ASSESSED)),
    }


def _previous_facts(previous: Assessment, before: dict[str, str]) -> dict[str, Any]:
    return {
        "code": previous.code,
        "cycle": previous.cycle_number,
        "starts_on": _iso(previous.starts_on),
        "findings": sum(outcome == Outcome.NON_COMPLIANT for outcome in before.values()),
    }


def _comparison(source: _Source, before: dict[str, str]) -> dict[str, Any]:
    """Findings of now and before by lineage; every earlier one is in exactly one of three lists.

    "gone" is said only of a question that was asked again and found compliant.
    """
    now = {lineage: answer.outcome for lineage, answer in source.answers.items() if answer.outcome}
    asked = {question.lineage for question in source.asked()}
    order = {question.lineage: question.order for question in source.tool.questions}
    earlier = sorted(
        (lineage for lineage, outcome in before.items() if outcome == Outcome.NON_COMPLIANT),
        key=lambda lineage: (order.get(lineage, len(order)), lineage),
    )
    current = [question for question, _a in source.with_outcome(Outcome.NON_COMPLIANT)]
    gone = [each for each in earlier if each in asked and now.get(each) == Outcome.COMPLIANT]
    still = [each for each in earlier if each in asked and now.get(each) == Outcome.NON_COMPLIANT]
    new = [question for question in current if before.get(question.lineage) != "non_compliant"]
    return {
        "gone": [_named(source, lineage) for lineage in gone],
        "still": [_named(source, lineage) for lineage in still],
        "new": [_named(source, question.lineage) for question in new],
        "new_first_asked": sum(question.lineage not in before for question in new),
        "not_looked_at": [
            _named(source, lineage) for lineage in earlier if lineage not in {*gone, *still}
        ],
    }


def _named(source: _Source, lineage: str) -> dict[str, str]:
    words = source.words.get(lineage)
    return {"question": lineage, "title": words.title if words else lineage}


# -- findings -----------------------------------------------------------------------------------


def _arranged(
    source: _Source,
    rows: Iterable[tuple[Question, Any]],
    entry: Callable[[Question, Any], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Cluster > compliance point > question, in the tool's order."""
    clusters: dict[str, dict[str, Any]] = {}
    for question, row in rows:
        point = source.tool.points[question.point]
        cluster = clusters.setdefault(
            point.cluster,
            {
                "code": point.cluster,
                "name": in_language(point.cluster_name, source.language),
                "points": {},
            },
        )
        held = cluster["points"].setdefault(
            point.code,
            {
                "code": point.code,
                "name": in_language(point.name, source.language),
                "questions": [],
            },
        )
        held["questions"].append(entry(question, row))
    return [{**each, "points": list(each["points"].values())} for each in clusters.values()]


def _grouped(
    source: _Source,
    rows: list[tuple[Question, Answer]],
    before: dict[str, str],
    *,
    has_previous: bool,
) -> list[dict[str, Any]]:
    def entry(question: Question, answer: Answer) -> dict[str, Any]:
        words = source.words[question.lineage]
        earlier = before.get(question.lineage, "")
        return {
            "question": question.lineage,
            "title": words.title,
            "text": words.text,
            "standard": words.finding,
            "finding": answer.finding,
            "sources": list(answer.sources),
            "was_found_before": earlier == answer.outcome,
            "is_first_asked": has_previous and not earlier,
            "is_public": "public" in question.tags,
            "law": [
                {
                    "code": law.code,
                    "topic": law.topic,
                    "reference": law.reference,
                    "text": law.text,
                    "own": law.own,
                    "since_on": _iso(law.since),
                }
                for law in words.law
                # Unverified law is never printed as law.
                if law.is_verified and law.reference
            ],
            "ilo": list(question.ilo),
            "evidence": [_evidence(row) for row in source.photos.get(question.id, ())],
        }

    return _arranged(source, rows, entry)


def _evidence(row: Evidence) -> dict[str, Any]:
    return {
        "file": str(row.file_id),
        "sha256": row.file.sha256,
        "name": row.file.original_name,
        "caption": row.caption,
        "is_photo": row.file.content_type == "image/jpeg",
    }


def _not_assessed(source: _Source) -> list[dict[str, Any]]:
    rows = []
    for question, answer in source.with_outcome(Outcome.NOT_ASSESSED):
        key, note = split_reason(answer.reason)
        words = source.words[question.lineage]
        rows.append(
            {
                "question": question.lineage,
                "title": words.title,
                "point": in_language(source.tool.points[question.point].name, source.language),
                "reason": key,
                "note": note.strip(),
            }
        )
    return rows


# -- facts, comments ----------------------------------------------------------------------------


def _facts(source: _Source) -> list[dict[str, Any]]:
    def entry(question: Question, answer: Answer | None) -> dict[str, Any]:
        words = source.words[question.lineage]
        value = value_text(answer) if answer is not None else ""
        return {
            "question": question.lineage,
            "title": words.title,
            "kind": question.value_type,
            "value": value,
            "unit": words.unit,
            # The choice as the reader's language names it.
            "label": dict(words.choices).get(value, "") if question.value_type == "choice" else "",
            "outcome": answer.outcome if answer is not None else "",
        }

    asked = [question for question in source.asked() if question.is_fact]
    return _arranged(source, ((q, source.answers.get(q.lineage)) for q in asked), entry)


def _comments(source: _Source, local: ZoneInfo) -> list[dict[str, Any]]:
    """What the factory said to its draft, and the programme's answers; no names."""
    rows = []
    for comment in FactoryComment.objects.filter(assessment_id=source.assessment.pk):
        question = source.tool.by_id.get(comment.question_id) if comment.question_id else None
        words = source.words.get(question.lineage) if question else None
        rows.append(
            {
                "question": question.lineage if question else "",
                "title": words.title if words else "",
                "text": comment.text,
                "made_on": _day(comment.made_at, local),
                "answer": comment.answer,
                "answered_on": _day(comment.answered_at, local),
            }
        )
    return rows


# -- plan and coming dates ----------------------------------------------------------------------


def _plan(factory: Factory, day: date, local: ZoneInfo) -> list[dict[str, Any]]:
    """Items per origin on a day: completed and verified are two facts, never summed."""
    rows = PlanItem.objects.filter(
        factory__in=entries_of(factory), merged_into__isnull=True, opened_on__lte=day
    )
    counted: dict[str, dict[str, int]] = {}
    for origin, status, completed, verified, due_on in rows.values_list(
        "origin", "status", "completed_at", "verified_at", "due_on"
    ):
        row = counted.setdefault(
            origin,
            dict.fromkeys(("total", "pending", "in_progress", "completed", "verified", "late"), 0),
        )
        row["total"] += 1
        is_completed = completed is not None and completed.astimezone(local).date() <= day
        row["completed" if is_completed else _open_status(status)] += 1
        row["verified"] += verified is not None and verified.astimezone(local).date() <= day
        row["late"] += not is_completed and due_on is not None and due_on < day
    order = list(PlanItem.Origin.values)
    return [{"origin": origin, **counted[origin]} for origin in sorted(counted, key=order.index)]


def _open_status(status: str) -> str:
    return "in_progress" if status != PlanItem.Status.PENDING else "pending"


# What a reader of the report waits for, in the order it comes.
COMING_FINAL = ("slcp_sharing", "progress_report_1", "progress_report_2", "reregistration")
COMING_DRAFT = ("factory_comment", "report")


def _next(assessment: Assessment, day: date, *, is_draft: bool) -> list[dict[str, Any]]:
    overview = cycle_overview(cycles().filter(pk=assessment.cycle_id), day).get(assessment.cycle_id)
    if overview is None:
        return []
    coming = []
    for key in COMING_DRAFT if is_draft else COMING_FINAL:
        clock = overview.clock(key)
        if clock is None or (clock.due_on is None and clock.done_on is None):
            continue
        coming.append(
            {
                "key": key,
                "actor": clock.actor.value,
                "due_on": _iso(clock.due_on),
                "done_on": _iso(clock.done_on),
            }
        )
    return coming
