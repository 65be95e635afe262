"""The published tool as pages and services read it: kept in the process, since it never changes.

A published version is immutable, so its questions are read once per process. Their words depend on
the language and, through the law they cite, on a day; these are kept for five minutes, so that a
new period of law reaches every process soon.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q

from betterwork.errors import DomainError
from betterwork.tenancy.models import Programme

from . import library
from .headings import guidance_headings
from .models import LawParameter, ToolQuestion, ToolVersion
from .rules.answers import Kind, QuestionRule, Reply, ValueKind
from .rules.applies import Place, is_asked

TEXTS_LAST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Point:
    code: str
    cluster: str
    name: Mapping[str, str]
    cluster_name: Mapping[str, str]
    order: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of one version, with what the rules demand of its answer."""

    id: UUID
    lineage: str
    point: str
    order: int
    is_fact: bool
    title: Mapping[str, str]
    text: Mapping[str, str]
    finding: Mapping[str, str]
    guidance: Mapping[str, Any]
    value_type: str
    value_rules: Mapping[str, Any]
    breach: str
    ilo: tuple[Any, ...]
    law: tuple[str, ...]
    tags: tuple[str, ...]
    applies: Mapping[str, Any]
    is_structural: bool
    rule: QuestionRule


@dataclass(frozen=True)
class Tool:
    """A version: its questions in order, found by lineage and by row id."""

    version_id: UUID
    programme_id: UUID
    label: str
    names: Mapping[str, Mapping[str, str]]
    questions: tuple[Question, ...]
    points: Mapping[str, Point]
    by_lineage: Mapping[str, Question] = field(default_factory=dict)
    by_id: Mapping[UUID, Question] = field(default_factory=dict)

    def asked(self, left_out: list[str]) -> list[Question]:
        """The questions of an assessment, in order."""
        gone = set(left_out)
        return [question for question in self.questions if question.lineage not in gone]

    def left_out(self, place: Place) -> list[str]:
        """Lineages that are not asked in such a place."""
        return [q.lineage for q in self.questions if not is_asked(q.applies, place)]


def in_language(words: Mapping[str, str] | None, language: str) -> str:
    """The words in a language, in English where it has none."""
    return (words or {}).get(language) or (words or {}).get("en", "")


def version_in_force(day: date, *, programme: UUID | None = None) -> ToolVersion:
    """The published version for a day: of the programme in scope, or of the one a reader names.

    Raises: DomainError("no_tool_in_force", day).
    """
    # A programme's first version also serves for the time before it: older assessments are
    # brought over under the questions of today.
    published = ToolVersion.objects.filter(status=ToolVersion.Status.PUBLISHED)
    if programme is not None:
        published = published.filter(programme_id=programme)
    rows: list[ToolVersion] = list(published.order_by("-effective_from"))
    for version in rows:
        if version.effective_from <= day:
            return version
    if rows:
        return rows[-1]
    raise DomainError("no_tool_in_force", day=day)


def tool_of(version_id: UUID) -> Tool:
    """The tool of a version the reader came to through a row they may see."""
    return _tool(version_id)


@lru_cache(maxsize=16)
def _tool(version_id: UUID) -> Tool:
    return build(ToolVersion.objects.get(pk=version_id))


def build(version: ToolVersion) -> Tool:
    """A version as it stands now, drafts too; read anew each time (one query)."""
    rows = (
        ToolQuestion.objects.filter(version_id=version.pk)
        .select_related("point__cluster")
        .order_by("order")
    )
    points: dict[str, Point] = {}
    questions = []
    for row in rows:
        cluster = row.point.cluster
        points.setdefault(
            row.point_id,
            Point(
                row.point_id,
                cluster.code,
                row.point.name,
                cluster.name,
                (cluster.order, row.point.order),
            ),
        )
        questions.append(_question(row))
    return Tool(
        version_id=version.pk,
        programme_id=version.programme_id,
        label=version.label,
        names=version.names,
        questions=tuple(questions),
        points=points,
        by_lineage={question.lineage: question for question in questions},
        by_id={question.id: question for question in questions},
    )


def _question(row: ToolQuestion) -> Question:
    return Question(
        id=row.pk,
        lineage=row.lineage,
        point=row.point_id,
        order=row.order,
        is_fact=row.kind == ToolQuestion.Kind.FGW,
        title=row.title,
        text=row.text,
        finding=row.finding,
        guidance=row.guidance,
        value_type=row.value_type,
        value_rules=row.value_rules,
        breach=row.breach,
        ilo=tuple(row.ilo),
        law=tuple(row.law),
        tags=tuple(row.tags),
        applies=row.applies,
        is_structural=row.is_structural,
        rule=_rule(row),
    )


def _rule(row: ToolQuestion) -> QuestionRule:
    if row.kind == ToolQuestion.Kind.NCQ:
        return QuestionRule(
            Kind.NCQ, breaching_reply=Reply(row.breach), is_structural=row.is_structural
        )
    # "Yes or no" of a fact is a choice of two.
    is_boolean = row.value_type == "boolean"
    low, high = row.value_rules.get("min"), row.value_rules.get("max")
    keys = (
        ("yes", "no")
        if is_boolean
        else tuple(choice["key"] for choice in row.value_rules.get("choices", ()))
    )
    is_number = row.value_type == "number"
    return QuestionRule(
        Kind.FGW,
        value_kind=ValueKind.CHOICE if is_boolean else ValueKind(row.value_type),
        lowest=Decimal(str(low)) if is_number and low is not None else None,
        # The column holds thirteen digits before the point.
        highest=Decimal(str(high)) if high is not None else Decimal(10) ** 12,
        decimals=3,
        choices=keys,
    )


# -- words ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Law:
    """One parameter as it stood on a day."""

    code: str
    topic: str
    reference: str
    text: str
    value: str  # as it reads in a sentence; empty where unverified or without such a form
    is_verified: bool
    since: date | None
    source: str
    own: str = ""  # the same in the reader's own language, where that is not English


@dataclass(frozen=True, slots=True)
class Words:
    """What a question says in one language, with the law of one day in its sentences."""

    title: str
    text: str
    finding: str
    unit: str
    choices: tuple[tuple[str, str], ...]
    look_at: tuple[str, ...]
    ask: tuple[str, ...]
    observe: tuple[str, ...]
    traps: tuple[str, ...]
    law: tuple[Law, ...]
    # Names of the guidance lists that stand here in English for want of a translation.
    in_english: frozenset[str] = frozenset()
    # Heading of each guidance list, in the language of the words.
    headings: Mapping[str, str] = field(default_factory=dict)


def law_on(country: str, day: date) -> dict[str, library.LawParameter]:
    """The parameters of a country in force on a day, by code."""
    rows = (
        LawParameter.objects.standing()
        .filter(country=country)
        .filter(Q(effective_from__isnull=True) | Q(effective_from__lte=day))
    )
    parameters = tuple(parameter_of(row) for row in rows)
    return library.CountryLaw(country, parameters).at(day)


def parameter_of(row: LawParameter) -> library.LawParameter:
    value: Any = row.value
    if isinstance(value, list):
        value = tuple(library.LawRow(**each) for each in value)
    return library.LawParameter(
        country=row.country,
        code=row.code,
        topic=row.topic,
        kind=row.kind,
        value=value,
        text=row.text,
        confidence=row.confidence,
        unit=row.unit,
        short=row.short,
        reference=row.reference,
        source=row.source,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
    )


def words_of(tool: Tool, language: str, day: date) -> Mapping[str, Words]:
    """The words of every question of a tool, by lineage."""
    return _words(tool.version_id, language, day, int(time.monotonic() // TEXTS_LAST_SECONDS))


@lru_cache(maxsize=48)
def _words(version_id: UUID, language: str, day: date, window: int) -> Mapping[str, Words]:
    tool = _tool(version_id)
    country = Programme.objects.values_list("country", flat=True).get(pk=tool.programme_id)
    return said_by(tool, language, law_on(country, day))


def said_by(
    tool: Tool, language: str, law: Mapping[str, library.LawParameter]
) -> Mapping[str, Words]:
    """The words of every question with this law in its sentences; makes no query."""

    def said(text: str) -> str:
        return resolve(text, law, language, tool.names)

    found = {}
    for question in tool.questions:
        english, own = question.guidance.get("en", {}), question.guidance.get(language, {})
        in_english = frozenset(k for k in _GUIDE if english.get(k) and not own.get(k))
        lines = {
            key: tuple(
                resolve(line, law, "en", tool.names) if key in in_english else said(line)
                for line in (english if key in in_english else own).get(key, ())
                if is_known(line, law, tool.names)
            )
            for key in _GUIDE
        }
        rules = question.value_rules
        found[question.lineage] = Words(
            title=said(in_language(question.title, language)),
            text=said(in_language(question.text, language)),
            finding=said(in_language(question.finding, language)),
            unit=said(in_language(rules.get("unit"), language)),
            choices=tuple(
                (choice["key"], said(in_language(choice["label"], language)))
                for choice in rules.get("choices", ())
            ),
            law=tuple(
                _law(law[code], language) for code in question.law if law.get(code) is not None
            ),
            in_english=frozenset() if language == "en" else in_english,
            headings=guidance_headings(language),
            **lines,
        )
    return found


_GUIDE = library.GUIDANCE


def is_known(
    line: str,
    law: Mapping[str, library.LawParameter],
    names: Mapping[str, Mapping[str, str]],
) -> bool:
    """Whether the law of a day has every figure that an entry of guidance cites.

    Help without its figure helps nobody: such an entry waits until the law has one.
    """
    cited = (law.get(code) for code in library.placeholders(line) if code not in names)
    return all(row is not None and row.is_verified and row.inline() is not None for row in cited)


def resolve(
    text: str,
    law: Mapping[str, library.LawParameter],
    language: str,
    names: Mapping[str, Mapping[str, str]],
) -> str:
    """A sentence with the law's figures; what has none on that day is marked, never guessed."""
    if "{" not in text:
        return text
    try:
        return library.resolve_text(text, law, language, names=names)
    except library.UnresolvedParameter:
        neutral = library.NEUTRAL.get(language, library.NEUTRAL["en"])
        known = {code: row for code, row in law.items() if row.inline(language) is not None}
        missing = {c: {"en": neutral} for c in library.placeholders(text) if c not in known}
        return library.resolve_text(text, known, language, names={**missing, **names})


def _law(parameter: library.LawParameter, language: str) -> Law:
    return Law(
        code=parameter.code,
        topic=parameter.topic,
        reference=parameter.reference,
        text=parameter.text,
        value=(parameter.inline(language) or "") if parameter.is_verified else "",
        own=(parameter.inline(language) or "")
        if parameter.is_verified and language != "en" and language in parameter.short
        else "",
        is_verified=parameter.is_verified,
        since=parameter.effective_from,
        source=parameter.source,
    )


def forget() -> None:
    """Drop what this process keeps (tests that change a tool)."""
    _tool.cache_clear()
    _words.cache_clear()
