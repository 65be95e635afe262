"""Reads of this app. Row-level security decides who sees which row; nothing here filters by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, Min, Q, QuerySet
from django.utils.functional import cached_property

from betterwork.asked import year_of
from betterwork.tenancy import scope
from betterwork.ui.parts import Segment
from factories.selectors.factories import entries_of

from . import state
from .content_of import value_text
from .models import (
    AccessRefusal,
    Answer,
    AnswerConflict,
    Assessment,
    AssessmentMember,
    Evidence,
    FactoryComment,
    Outcome,
    ReviewRemark,
)
from .rules.applies import near_duplicates
from .tool import Question, Tool, Words, in_language, tool_of, words_of

SORTS = {
    "starts_on": ("starts_on", "id"),
    "factory": ("factory__name", "id"),
    "status": ("status", "-starts_on", "id"),
    "cycle": ("cycle_number", "factory__name", "id"),
}


def assessments() -> QuerySet[Assessment]:
    """Every assessment this reader may see, sealed ones of their own included."""
    return Assessment.objects.select_related("factory", "programme")


def assessment_rows(
    *,
    q: str = "",
    status: str = "",
    year: str = "",
    modality: str = "",
    mine: int | None = None,
    sort: str = "",
) -> QuerySet[Assessment]:
    """Rows of the list: sealed visits are never in it, nor in its counts, for anyone."""
    rows = assessments().filter(sealed=False)
    if q:
        rows = rows.filter(
            Q(factory__name__icontains=q) | Q(code__iexact=q) | Q(factory__code__iexact=q)
        )
    if status:
        rows = rows.filter(status=status)
    if (asked := year_of(year)) is not None:
        rows = rows.filter(starts_on__year=asked)
    if modality:
        rows = rows.filter(modality=modality)
    if mine:
        rows = rows.filter(Q(team__user_id=mine) | Q(factory__advisor_id=mine)).distinct()
    name = sort.removeprefix("-")
    order = SORTS.get(name, ("-starts_on", "id"))
    if name in SORTS and sort.startswith("-"):
        order = tuple(f.removeprefix("-") if f.startswith("-") else f"-{f}" for f in order)
    return rows.select_related("reviewer").order_by(*order)


def first_year() -> int | None:
    """The year of the first assessment that has begun. Kept for an hour: it hardly ever changes."""
    key = f"assessments:first_year:{scope.current().programme or 'all'}"
    kept: int | None = cache.get(key)
    if kept is None:
        begun = Assessment.objects.filter(sealed=False, starts_on__isnull=False)
        first: date | None = begun.aggregate(first=Min("starts_on"))["first"]
        kept = first.year if first else 0
        cache.set(key, kept, 3600)
    return kept or None


def access_refusals(*, only_reportable: bool = False) -> QuerySet[AccessRefusal]:
    """Refused access, the newest first; `only_reportable`: what is to be published. One query."""
    rows = AccessRefusal.objects.select_related("factory", "cycle", "assessment", "evidence")
    if only_reportable:
        rows = rows.filter(is_reportable=True)
    return rows.order_by("-refused_on", "pk")


def sealed_assessments() -> QuerySet[Assessment]:
    """Sealed visits: rows come back to their own team and the planner only."""
    return assessments().filter(sealed=True).order_by(F("starts_on").asc(nulls_last=True), "id")


def sealed_team(assessment: Assessment) -> list[AssessmentMember]:
    """The whole team of a sealed visit, for a reader who was let to see the visit itself."""
    with scope.system_scope():
        return state.team_of(assessment.pk)


def team(assessment: Assessment) -> list[AssessmentMember]:
    return sealed_team(assessment) if assessment.sealed else state.team_of(assessment.pk)


# -- the questionnaire ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One question with its words and the answer given, if any."""

    question: Question
    words: Words
    answer: Answer | None
    clash: AnswerConflict | None = None
    problem: str = ""

    @property
    def lineage(self) -> str:
        return self.question.lineage

    @property
    def status(self) -> str:
        """The name of the status shown: what is given, or that it is open."""
        answer = self.answer
        if answer is None:
            return "unanswered"
        if answer.outcome:
            return answer.outcome
        has_value = any(
            value not in (None, "")
            for value in (
                answer.value_number,
                answer.value_text,
                answer.value_choice,
                answer.value_date,
                answer.value_boolean,
            )
        )
        return "ok" if self.question.is_fact and has_value else "unanswered"

    @property
    def is_done(self) -> bool:
        return self.status != "unanswered" and not self.problem


@dataclass(frozen=True)
class PointProgress:
    code: str
    name: str
    cluster: str
    cluster_name: str
    entries: tuple[Entry, ...]

    @cached_property
    def done(self) -> int:
        return sum(entry.is_done for entry in self.entries)

    @cached_property
    def segments(self) -> list[Segment]:
        return segments_of(self.entries)

    @property
    def first(self) -> Entry:
        return next((entry for entry in self.entries if not entry.is_done), self.entries[0])


@dataclass(frozen=True)
class ClusterProgress:
    code: str
    name: str
    points: tuple[PointProgress, ...]

    @cached_property
    def total(self) -> int:
        return sum(len(point.entries) for point in self.points)

    @cached_property
    def done(self) -> int:
        return sum(point.done for point in self.points)

    @cached_property
    def found(self) -> int:
        return sum(e.status == Outcome.NON_COMPLIANT for p in self.points for e in p.entries)

    @cached_property
    def segments(self) -> list[Segment]:
        return segments_of([entry for point in self.points for entry in point.entries])


def segments_of(entries: Sequence[Entry]) -> list[Segment]:
    """The woven strip of a set of questions: compliant, found, not counted, open."""
    count = {"ok": 0, "nc": 0, "part": 0, "na": 0}
    for entry in entries:
        if entry.status in ("ok", Outcome.COMPLIANT):
            count["ok"] += 1
        elif entry.status == Outcome.NON_COMPLIANT:
            count["nc"] += 1
        elif entry.status == "unanswered":
            count["na"] += 1
        else:
            count["part"] += 1
    return [Segment(kind, number) for kind, number in count.items() if number]


@dataclass(frozen=True)
class Questionnaire:
    """The whole questionnaire of one assessment with its answers: three queries."""

    assessment: Assessment
    tool: Tool
    entries: tuple[Entry, ...]
    found: state.Completeness
    answers: tuple[Answer, ...] = field(repr=False, default=())

    @cached_property
    def by_lineage(self) -> dict[str, int]:
        return {entry.lineage: place for place, entry in enumerate(self.entries)}

    @cached_property
    def points(self) -> tuple[PointProgress, ...]:
        grouped: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            grouped[entry.question.point].append(entry)
        made = []
        for code, entries in grouped.items():
            point = self.tool.points[code]
            made.append(
                PointProgress(
                    code,
                    in_language(point.name, self.language),
                    point.cluster,
                    in_language(point.cluster_name, self.language),
                    tuple(entries),
                )
            )
        return tuple(made)

    @cached_property
    def clusters(self) -> tuple[ClusterProgress, ...]:
        grouped: dict[str, list[PointProgress]] = defaultdict(list)
        for point in self.points:
            grouped[point.cluster].append(point)
        return tuple(
            ClusterProgress(code, points[0].cluster_name, tuple(points))
            for code, points in grouped.items()
        )

    @cached_property
    def done(self) -> int:
        return sum(entry.is_done for entry in self.entries)

    @cached_property
    def clashes(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.clash is not None]

    @property
    def next_open(self) -> Entry | None:
        return next((entry for entry in self.entries if not entry.is_done), None)

    language: str = "en"


def questionnaire(assessment: Assessment, language: str, today: date) -> Questionnaire:
    """Questions in order with their words on the assessment's day, answers and open conflicts."""
    tool = tool_of(assessment.version_id)
    words = words_of(tool, language, assessment.starts_on or today)
    answers = list(Answer.objects.filter(assessment_id=assessment.pk).select_related("answered_by"))
    clashes = {
        clash.question_id: clash
        for clash in AnswerConflict.objects.filter(
            assessment_id=assessment.pk, settled_at__isnull=True
        ).select_related("incoming__made_by", "kept__made_by")
    }
    found = state.completeness(tool, assessment.left_out, answers)
    given = {answer.question_id: answer for answer in answers}
    problems = {
        **dict.fromkeys(found.invalid, "invalid"),
        **dict.fromkeys(found.without_text, "without_text"),
        **dict.fromkeys(found.short_of_sources, "short_of_sources"),
    }
    entries = tuple(
        Entry(
            question,
            words[question.lineage],
            given.get(question.id),
            clashes.get(question.id),
            problems.get(question.lineage, ""),
        )
        for question in tool.asked(assessment.left_out)
    )
    return Questionnaire(assessment, tool, entries, found, tuple(answers), language)


VALUES = ("value_number", "value_text", "value_choice", "value_date", "value_boolean")


@dataclass(frozen=True)
class LastTime:
    """What the assessment before this one found on the same question."""

    on: date
    outcome: str
    finding: str
    value: str = ""  # of a fact: a number, a date, text, or the key of a choice
    item: Any = None  # the plan item it led to: a row of the app above, read by its relation


def last_time(assessment: Assessment, lineage: str) -> LastTime | None:
    """One query for the answer, one for its plan item where it was a breach."""
    before = (
        Answer.objects.filter(
            assessment__factory__in=entries_of(assessment.factory),
            assessment__status=Assessment.Status.RELEASED,
            question__lineage=lineage,
        )
        .exclude(assessment_id=assessment.pk)
        .order_by("-assessment__starts_on")
        .values("outcome", "finding", "assessment__starts_on", *VALUES)
        .first()
    )
    if before is None:
        return None
    item = None
    if before["outcome"] == Outcome.NON_COMPLIANT:
        stands = assessment.factory.merged_into or assessment.factory
        item = stands.plan_items.filter(lineage=lineage).order_by("-created_at").first()
    return LastTime(
        on=cast(date, before["assessment__starts_on"]),
        outcome=before["outcome"],
        finding=before["finding"],
        value=value_text(Answer(**{name: before[name] for name in VALUES})),
        item=item,
    )


def reports_of(assessment: Assessment) -> list[Any]:
    """The newest written report in each of its languages, else the draft: one query."""
    rows = assessment.reports.filter(status="ready").order_by("is_draft", "-version", "language")
    found = list(rows.only("pk", "language", "version", "is_draft"))
    return [
        each
        for each in found
        if (each.is_draft, each.version) == (found[0].is_draft, found[0].version)
    ]


def plan_item_of(entry: Entry, assessment: Assessment) -> Any:
    """The plan item that came of a finding, or the one it was merged into; one query for both.

    Before the factory has read a draft no plan holds its findings, and none is looked for.
    """
    if assessment.draft_sent_at is None and assessment.released_at is None:
        return None
    if entry.answer is None or entry.answer.outcome != Outcome.NON_COMPLIANT:
        return None
    rows = assessment.factory.plan_items.filter(answer=entry.answer.pk)
    item = rows.select_related("merged_into").first()
    return (item.merged_into or item) if item is not None else None


def evidence_of(assessment: Assessment, question_id: UUID | None = None) -> QuerySet[Evidence]:
    rows = Evidence.objects.filter(assessment_id=assessment.pk)
    if question_id is not None:
        rows = rows.filter(question_id=question_id)
    return rows.select_related("file", "added_by", "question")


# -- review -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """A non-compliance as reviewer and factory read it."""

    entry: Entry
    point_name: str
    cluster_name: str
    remarks: tuple[ReviewRemark, ...] = ()
    comments: tuple[FactoryComment, ...] = ()
    alike: tuple[tuple[str, str, int], ...] = ()  # (assessment code, its id, per cent)


def remarks_of(assessment: Assessment) -> list[ReviewRemark]:
    rows = ReviewRemark.objects.filter(assessment_id=assessment.pk)
    return list(rows.select_related("question", "made_by", "replied_by"))


def comments_of(assessment: Assessment) -> list[FactoryComment]:
    rows = FactoryComment.objects.filter(assessment_id=assessment.pk)
    return list(rows.select_related("question", "made_by", "answered_by"))


ALIKE_ASSESSMENTS = 200  # how far back copied findings are looked for


def alike_findings(assessment: Assessment) -> dict[UUID, list[tuple[str, str, int]]]:
    """Findings of other factories' recent assessments that read like one of this assessment.

    One query over the same questions; compared by runs of words. Copied text is a sign that
    nobody looked, so the reviewer is shown it; it proves nothing by itself.
    """
    recent = (
        Assessment.objects.filter(checked_in_at__isnull=False)
        .exclude(pk=assessment.pk)
        .exclude(factory__in=entries_of(assessment.factory))
        .order_by("-starts_on")
        .values("pk")[:ALIKE_ASSESSMENTS]
    )
    breaches = Answer.objects.filter(
        assessment_id=assessment.pk, outcome=Outcome.NON_COMPLIANT
    ).exclude(finding="")
    mine = dict(breaches.values_list("question_id", "finding"))
    if not mine:
        return {}
    asked = breaches.values("question__lineage")
    others: dict[str, list[tuple[str, str]]] = defaultdict(list)
    names: dict[str, str] = {}
    for lineage, pk, code, finding in (
        Answer.objects.filter(
            assessment_id__in=recent,
            outcome=Outcome.NON_COMPLIANT,
            question__lineage__in=asked,
        )
        .exclude(finding="")
        .values_list("question__lineage", "assessment_id", "assessment__code", "finding")
    ):
        others[lineage].append((str(pk), finding))
        names[str(pk)] = code
    tool = tool_of(assessment.version_id)
    found = {}
    for question_id, finding in mine.items():
        lineage = tool.by_id[question_id].lineage
        near = near_duplicates(finding, others.get(lineage, ()))
        if near:
            found[question_id] = [(names[pk], pk, round(100 * share)) for pk, share in near[:5]]
    return found


def findings(
    whole: Questionnaire, *, with_review: bool = False, with_comments: bool = False
) -> list[Finding]:
    """The non-compliances of an assessment, in the order of the questions."""
    remarks: dict[Any, list[ReviewRemark]] = defaultdict(list)
    comments: dict[Any, list[FactoryComment]] = defaultdict(list)
    alike: dict[UUID, list[tuple[str, str, int]]] = {}
    if with_review:
        for remark in remarks_of(whole.assessment):
            remarks[remark.question_id].append(remark)
        alike = alike_findings(whole.assessment)
    if with_comments:
        for comment in comments_of(whole.assessment):
            comments[comment.question_id].append(comment)
    made = []
    for point in whole.points:
        for entry in point.entries:
            key = entry.question.id
            is_found = entry.status in (Outcome.NON_COMPLIANT, Outcome.STRUCTURAL)
            if is_found or key in remarks:
                made.append(
                    Finding(
                        entry,
                        point.name,
                        point.cluster_name,
                        tuple(remarks[key]),
                        tuple(comments[key]),
                        tuple(alike.get(key, ())),
                    )
                )
    return made


def draft_findings(whole: Questionnaire) -> list[Finding]:
    """What the factory reads: its findings and what was said to them, nothing of the review."""
    return [
        finding
        for finding in findings(whole, with_comments=True)
        if finding.entry.status in (Outcome.NON_COMPLIANT, Outcome.STRUCTURAL)
    ]
