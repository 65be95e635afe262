"""What the editor's pages show: drafts, a version by point, gaps, impact, periods of law."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from assessments import library, tool
from assessments.models import (
    Assessment,
    CompliancePoint,
    LawParameter,
    LawProposal,
    PointResult,
    ToolComment,
    ToolEdit,
    ToolQuestion,
    ToolVersion,
)
from assessments.rules import search_words
from assessments.rules.tool_changes import BreakKind, SeriesBreak
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from .fields import ENGLISH, LANGUAGES, flat, states_of

OPEN = Q(resolved_at__isnull=True)
ASIDE = Q(revision__isnull=True, settled_at__isnull=True)


def programme() -> Programme:
    """The programme in scope."""
    return Programme.objects.get(pk=scope.current_programme())


def languages_shown(home: Programme, wanted: Iterable[str] = ()) -> list[str]:
    """Languages side by side: English first, then those asked for, else the programme's."""
    chosen = set(wanted) & set(LANGUAGES) or set(home.languages)
    return [each for each in LANGUAGES if each in {ENGLISH, *chosen}]


# -- versions -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DraftRow:
    version: ToolVersion
    changed: int
    comments: int
    conflicts: int


def drafts() -> list[DraftRow]:
    """Drafts somebody goes on with, the newest first. Two queries and three counts."""
    rows = list(
        ToolVersion.objects.filter(status=ToolVersion.Status.DRAFT, set_aside_at__isnull=True)
        .select_related("based_on", "created_by", "review_asked_by", "approved_by")
        .order_by("-created_at")
    )
    ids = [row.pk for row in rows]
    changed = _counts(ToolQuestion.objects.filter(changed_at__isnull=False), ids)
    comments = _counts(ToolComment.objects.filter(OPEN), ids)
    conflicts = _counts(ToolEdit.objects.filter(ASIDE), ids)
    return [DraftRow(r, changed[r.pk], comments[r.pk], conflicts[r.pk]) for r in rows]


def _counts(rows: Any, versions: list[UUID]) -> Counter[UUID]:
    found = rows.filter(version_id__in=versions).order_by().values_list("version_id")
    return Counter(dict(found.annotate(n=Count("pk"))))


def published() -> list[ToolVersion]:
    """Versions in force, to come, past and retired; the newest first."""
    rows = ToolVersion.objects.exclude(status=ToolVersion.Status.DRAFT)
    return list(rows.select_related("based_on", "approved_by", "published_by"))


@dataclass(frozen=True)
class QuestionLine:
    row: ToolQuestion
    comments: int
    conflicts: int
    # Language -> {missing, draft, reviewed}: how many strings.
    states: Mapping[str, Mapping[str, int]]


@dataclass
class PointBlock:
    point: CompliancePoint
    lines: list[QuestionLine] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return sum(line.row.changed_at is not None for line in self.lines)

    @property
    def needs_care(self) -> int:
        """Open comments and clashes."""
        return sum(line.comments + line.conflicts for line in self.lines)


def blocks(
    version: ToolVersion,
    languages: list[str],
    *,
    q: str = "",
    show: str = "",
) -> list[PointBlock]:
    """The questions of a version by point. show: changed, care (comments, clashes), series,
    unverified is left to the law page. Three queries, any length."""
    rows = (
        ToolQuestion.objects.filter(version=version)
        .select_related("point__cluster", "changed_by")
        .order_by("order")
    )
    comments = Counter(
        ToolComment.objects.filter(OPEN, version=version).values_list("lineage", flat=True)
    )
    conflicts = Counter(
        ToolEdit.objects.filter(ASIDE, version=version).values_list("lineage", flat=True)
    )
    found: dict[str, PointBlock] = {}
    terms = search_words.terms(q)
    for row in rows:
        line = QuestionLine(
            row, comments[row.lineage], conflicts[row.lineage], states_of(row, languages)
        )
        if show == "changed" and row.changed_at is None:
            continue
        if show == "care" and not (line.comments or line.conflicts):
            continue
        if show == "series" and row.comparable != "no":
            continue
        if terms and not _holds_all(row, terms):
            continue
        found.setdefault(row.point_id, PointBlock(row.point)).lines.append(line)
    return list(found.values())


def _holds_all(row: ToolQuestion, terms: Sequence[search_words.Term]) -> bool:
    """Whether title, question and finding in one language hold every term."""
    for language in LANGUAGES:
        words = [row.lineage, *(t.get(language, "") for t in (row.title, row.text, row.finding))]
        text = "\n".join(words)
        if all(search_words.holds(text, (term,)) for term in terms):
            return True
    return False


def comments_of(version: ToolVersion, lineage: str | None = None) -> list[ToolComment]:
    rows = ToolComment.objects.filter(version=version).select_related("made_by", "resolved_by")
    return list(rows if lineage is None else rows.filter(lineage=lineage))


def asides_of(version: ToolVersion, lineage: str) -> list[ToolEdit]:
    """Words of clashes on a question that nobody has settled."""
    rows = ToolEdit.objects.filter(ASIDE, version=version, lineage=lineage)
    return list(rows.select_related("made_by"))


def history_of(version: ToolVersion, lineage: str) -> list[ToolEdit]:
    rows = ToolEdit.objects.filter(version=version, lineage=lineage).select_related("made_by")
    return list(rows.order_by("-made_at"))


def writers_of(lineage: str) -> dict[str, int | None]:
    """Who wrote the words that each field of a question says now, over all versions; None: nobody
    in person. What was never changed in an editor is not named. One query."""
    writers: dict[str, int | None] = {}
    before: dict[str, str] = {}
    edits = ToolEdit.objects.filter(lineage=lineage, revision__isnull=False)
    for edit in edits.order_by("made_at", "version__created_at", "revision"):
        for name, text in edit.content.items():
            if before.get(name) != text:
                writers[name] = edit.made_by_id
        before = edit.content
    return writers


# -- translations ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class LanguageState:
    language: str
    missing: int
    stale: int
    draft: int
    reviewed: int

    @property
    def written(self) -> int:
        return self.stale + self.draft + self.reviewed

    @property
    def total(self) -> int:
        return self.missing + self.written

    @property
    def share(self) -> float:
        return self.written / self.total if self.total else 0.0


@dataclass(frozen=True)
class Gap:
    lineage: str
    title: str
    point: str
    fields: tuple[str, ...]


def translations(
    version: ToolVersion, language: str, state: str
) -> tuple[list[LanguageState], list[Gap]]:
    """How whole each language is, and the strings of one that are missing or still a draft."""
    totals = {each: Counter[str]() for each in LANGUAGES}
    gaps: list[Gap] = []
    for row in ToolQuestion.objects.filter(version=version).order_by("order"):
        fields = flat(row)
        names = [
            name.removesuffix(f".{ENGLISH}")
            for name in fields
            if name.endswith(f".{ENGLISH}") and not name.startswith("state:")
        ]
        wanted = []
        for each in LANGUAGES:
            for name in names:
                if not fields.get(f"{name}.{each}"):
                    found = "missing"
                else:
                    found = fields.get(f"state:{name}.{each}", "draft")
                totals[each][found] += 1
                if each == language and found == state:
                    wanted.append(name)
        if wanted:
            title = row.title.get(language) or row.title.get(ENGLISH, row.lineage)
            gaps.append(Gap(row.lineage, title, row.point_id, tuple(wanted)))
    states = [
        LanguageState(each, counts["missing"], counts["stale"], counts["draft"], counts["reviewed"])
        for each, counts in totals.items()
    ]
    return states, gaps


# -- impact ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Impact:
    """What a version changes for the work. Sealed visits are in no figure."""

    # Assessments that have begun and keep the version they began with.
    under_way: int
    breaks: tuple[SeriesBreak, ...]
    # Point -> (name, breaks, assessments its series rests on so far).
    points: tuple[tuple[CompliancePoint, tuple[SeriesBreak, ...], int], ...]


def impact(breaks: tuple[SeriesBreak, ...]) -> Impact:
    """Figures behind the breaks in series and the assessments under way."""
    begun = Assessment.objects.filter(
        sealed=False,
        status__in=[
            Assessment.Status.IN_PROGRESS,
            Assessment.Status.SUBMITTED,
            Assessment.Status.QUALITY_REVIEW,
            Assessment.Status.FACTORY_REVIEW,
        ],
    )
    by_point: dict[str, list[SeriesBreak]] = {}
    for each in breaks:
        by_point.setdefault(each.point, []).append(each)
    counts = dict(
        PointResult.objects.filter(point_id__in=by_point, programme_id=scope.current_programme())
        .order_by()
        .values_list("point_id")
        .annotate(n=Count("assessment_id", distinct=True))
    )
    points = CompliancePoint.objects.filter(pk__in=by_point).select_related("cluster")
    return Impact(
        under_way=begun.count(),
        breaks=breaks,
        points=tuple((p, tuple(by_point[p.pk]), counts.get(p.pk, 0)) for p in points),
    )


@dataclass(frozen=True)
class SeriesNote:
    """Where the series of a point breaks: from which version and day on, and why."""

    kind: BreakKind
    lineage: str
    title: Mapping[str, str]
    note: str
    label: str
    day: date


def series_notes(point: str) -> list[SeriesNote]:
    """Breaks in the series of a point over the published versions, the newest first. One query."""
    rows = (
        ToolQuestion.objects.filter(
            point_id=point,
            kind=ToolQuestion.Kind.NCQ,
            version__status__in=[ToolVersion.Status.PUBLISHED, ToolVersion.Status.RETIRED],
        )
        .order_by("version__effective_from", "order")
        .values_list(
            "version__effective_from", "version__label", "lineage", "title", "is_structural",
            "comparable", "comparable_note",
        )
    )  # fmt: skip
    versions: dict[tuple[date, str], dict[str, tuple[Any, bool, str, str]]] = {}
    for day, label, lineage, title, structural, comparable, note in rows:
        versions.setdefault((day, label), {})[lineage] = (title, structural, comparable, note)
    found: list[SeriesNote] = []
    before: dict[str, tuple[Any, bool, str, str]] | None = None
    for (day, label), now in versions.items():
        if before is not None:
            for lineage, (title, structural, comparable, note) in now.items():
                was = before.get(lineage)
                kind = None
                if was is None:
                    kind = None if structural else BreakKind.ADDED
                elif comparable == "no":
                    kind = BreakKind.MEANING
                elif was[1] != structural:
                    kind = BreakKind.COUNTING
                if kind is not None:
                    found.append(SeriesNote(kind, lineage, title, note, label, day))
            for lineage, (title, structural, _comparable, _note) in before.items():
                if lineage not in now and not structural:
                    found.append(SeriesNote(BreakKind.REMOVED, lineage, title, "", label, day))
        before = now
    return found[::-1]


# -- law ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    row: LawParameter
    parameter: library.LawParameter
    # The last day it holds: its own, or the day before the next period; None while it lasts.
    until: date | None
    is_now: bool
    # Put right since: it counts no more, and says what was written before.
    is_corrected: bool = False


def periods(country: str, code: str, today: date) -> list[Period]:
    """Every period of a parameter, the newest first."""
    held = LawParameter.objects.filter(country=country, code=code).select_related(
        "proposal__proposed_by", "proposal__decided_by"
    )
    # A row corrects another that was there before it, so the last written stands last.
    rows = sorted(held, key=lambda row: (row.effective_from or date.min, row.pk))
    wrong = {row.corrects_id for row in rows}
    standing = [row for row in rows if row.pk not in wrong]
    next_of = {row.pk: later.effective_from for row, later in pairwise(standing)}
    now = tool.law_on(country, today).get(code)
    found = []
    for row in rows:
        parameter = tool.parameter_of(row)
        following = _eve(next_of.get(row.pk))
        ends = [day for day in (row.effective_to, following) if day is not None]
        is_corrected = row.pk in wrong
        is_now = parameter == now and not is_corrected
        found.append(Period(row, parameter, min(ends, default=None), is_now, is_corrected))
    return found[::-1]


def _eve(day: date | None) -> date | None:
    return date.fromordinal(day.toordinal() - 1) if day is not None and day > date.min else None


def cited_by(code: str, version: ToolVersion | None) -> list[ToolQuestion]:
    """Questions of a version that cite a parameter, under their law or in braces."""
    if version is None:
        return []
    brace = "{" + code + "}"
    rows = ToolQuestion.objects.filter(version=version).order_by("order")
    return [
        row for row in rows if code in row.law or any(brace in text for text in flat(row).values())
    ]


def proposals(*, only_open: bool) -> list[LawProposal]:
    rows = LawProposal.objects.select_related("proposed_by", "decided_by")
    return list(rows.filter(decision="") if only_open else rows)
