"""Brings the library in `content/` into the database: structure, law, and each country's tool.

Idempotent: what is the same is left alone. A published version never changes; other content under
the same label is refused, so that an old report keeps the tool it was made with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from betterwork.errors import DomainError
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from . import library, tool_index
from .models import Cluster, CompliancePoint, LawParameter, ToolQuestion, ToolVersion

# What a new programme of each country begins with: languages, time zone, weekly rest (Monday is 0),
# currency. From then on these are the programme's own; loading again changes none of them.
_BEGINNINGS: dict[str, tuple[list[str], str, list[int], str]] = {
    "BD": (["en", "bn"], "Asia/Dhaka", [4], "BDT"),
    "EG": (["en", "ar"], "Africa/Cairo", [4], "EGP"),
    "ET": (["en"], "Africa/Addis_Ababa", [6], "ETB"),
    "HT": (["en", "fr"], "America/Port-au-Prince", [6], "HTG"),
    "ID": (["en", "id"], "Asia/Jakarta", [6], "IDR"),
    "JO": (["en", "ar"], "Asia/Amman", [4], "JOD"),
    "KH": (["en", "km"], "Asia/Phnom_Penh", [6], "KHR"),
    "LK": (["en"], "Asia/Colombo", [6], "LKR"),
    "MG": (["en", "fr"], "Indian/Antananarivo", [6], "MGA"),
    "NI": (["en", "es"], "America/Managua", [6], "NIO"),
    "PK": (["en"], "Asia/Karachi", [6], "PKR"),
    "UZ": (["en"], "Asia/Tashkent", [6], "UZS"),
    "VN": (["en", "vi"], "Asia/Ho_Chi_Minh", [6], "VND"),
}
COUNTRIES = tuple(_BEGINNINGS)
# Programmes that every installation has; the others are made by `manage.py create_programme`.
SHIPPED = ("BD", "JO", "VN")


def load_library() -> dict[str, int]:
    """Load everything; answers counts of rows written. Raises: LibraryError, DomainError.

    Each programme there is gets the tool of its country; the shipped ones are made if missing.
    """
    content = library.load()
    with scope.platform_scope():
        written = {"structure": _load_structure(content), "law": _load_law(content)}
        for code in SHIPPED:
            if code in content.overlays:
                _ensure_programme(code, content)
        programmes = [
            programme
            for programme in Programme.objects.order_by("code")
            if programme.country in content.overlays
        ]
    for programme in programmes:
        with scope.programme_scope(programme.pk):
            written[programme.code] = _load_tool(content.tool(programme.country))
            tool_index.refresh_search(today=timezone.localdate())
    return written


def create_programme(country: str) -> tuple[Programme, bool]:
    """The programme of a country with its tool published, and whether it was made just now.

    Safe to repeat: a programme that is there keeps its settings and its published tools.
    Raises: LibraryError, DomainError("no_tool_for_country", country),
    DomainError("tool_label_taken", label).
    """
    content = library.load()
    if country not in content.overlays or country not in _BEGINNINGS:
        raise DomainError("no_tool_for_country", country=country)
    with scope.platform_scope():
        _load_structure(content)
        _load_law(content)
        programme, is_new = _ensure_programme(country, content)
    with scope.programme_scope(programme.pk):
        _load_tool(content.tool(country))
        tool_index.refresh_search(today=timezone.localdate())
    return programme, is_new


def _ensure_programme(country: str, content: library.Library) -> tuple[Programme, bool]:
    languages, timezone_name, weekly_rest, currency = _BEGINNINGS[country]
    return Programme.objects.get_or_create(
        code=country,
        defaults={
            "country": country,
            "name": dict(content.overlays[country].name),
            "languages": list(languages),
            "timezone": timezone_name,
            "weekly_rest": list(weekly_rest),
            "currency": currency,
        },
    )


def _load_structure(content: library.Library) -> int:
    clusters = [
        Cluster(code=c.code, slug=c.slug, name=dict(c.name), basis=c.basis, order=c.order)
        for c in content.clusters
    ]
    points = [
        CompliancePoint(
            code=p.code,
            cluster_id=c.code,
            name=dict(p.name),
            order=p.order,
            facts_only=p.facts_only,
        )
        for c in content.clusters
        for p in c.points
    ]
    Cluster.objects.bulk_create(
        clusters,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["slug", "name", "basis", "order"],
    )
    CompliancePoint.objects.bulk_create(
        points,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["cluster", "name", "order", "facts_only"],
    )
    return len(clusters) + len(points)


def _plain(value: object) -> Any:
    """A parameter's value as JSON keeps it; a table becomes a list of rows."""
    if isinstance(value, tuple):
        return [asdict(row) for row in value]
    return value


def _load_law(content: library.Library) -> int:
    # Editors change law in the database, by a new period: rows already there are left alone.
    known = set(LawParameter.objects.values_list("country", "code", "effective_from"))
    rows = [
        LawParameter(
            country=country,
            code=p.code,
            topic=p.topic,
            kind=p.kind,
            value=_plain(p.value),
            short=dict(p.short),
            unit=p.unit,
            text=p.text,
            reference=p.reference,
            source=p.source,
            confidence=p.confidence,
            effective_from=p.effective_from,
            effective_to=p.effective_to,
        )
        for country, law in content.law.items()
        for p in law.parameters
        if (country, p.code, p.effective_from) not in known
    ]
    LawParameter.objects.bulk_create(rows)
    return len(rows)


def _texts(question: library.Question, field: str) -> dict[str, str]:
    # Only what a language says itself: elsewhere readers see English, and editors a gap.
    found = {lang: getattr(texts, field) for lang, texts in question.texts.items()}
    return {lang: text for lang, text in found.items() if text}


def _value_rules(question: library.Question) -> dict[str, Any]:
    spec = question.value
    if spec is None:
        return {}
    rules: dict[str, Any] = {}
    if spec.unit:
        rules["unit"] = {lang: t.unit for lang, t in question.texts.items() if t.unit} | {
            "en": spec.unit
        }
    if spec.minimum is not None:
        rules["min"] = spec.minimum
    if spec.maximum is not None:
        rules["max"] = spec.maximum
    if spec.choices:
        rules["choices"] = [
            {
                "key": c.key,
                "label": {
                    lang: texts.choices[c.key]
                    for lang, texts in question.texts.items()
                    if texts.choices.get(c.key)
                },
            }
            for c in spec.choices
        ]
    return rules


def _guidance(question: library.Question) -> dict[str, dict[str, list[str]]]:
    guides = {library.DEFAULT_LANGUAGE: question.guidance, **question.guidance_in}
    return {
        language: {name: list(lines) for name, lines in asdict(guide).items() if lines}
        for language, guide in guides.items()
    }


def _applies(applies: library.Applies) -> dict[str, Any]:
    plain = {
        "min_workers": applies.min_workers,
        "max_workers": applies.max_workers,
        "needs": sorted(applies.needs),
        "sectors": sorted(applies.sectors),
        "modalities": sorted(applies.modalities),
    }
    return {key: value for key, value in plain.items() if value}


def _states(question: library.Question) -> dict[str, dict[str, str]]:
    """Language -> field of the row -> `reviewed`; what is not named is a draft."""
    return {
        language: {_FIELD.get(field, field): "reviewed" for field in sorted(fields)}
        for language, fields in question.reviewed.items()
    }


_FIELD = {"question": "text"}  # the row's word for a field of the library


def question_row(question: library.Question, version: ToolVersion) -> ToolQuestion:
    """A question of the library as a row of a version, not saved."""
    return ToolQuestion(
        version=version,
        programme_id=version.programme_id,
        lineage=question.id,
        point_id=question.point,
        kind=question.kind,
        order=question.order,
        title=_texts(question, "title"),
        text=_texts(question, "question"),
        finding=_texts(question, "finding"),
        guidance=_guidance(question),
        breach=question.breach or "",
        value_type=question.value.type if question.value else "",
        value_rules=_value_rules(question),
        ilo=list(question.ilo),
        law=list(question.law),
        tags=sorted(question.tags),
        applies=_applies(question.applies),
        related=list(question.related),
        slcp={version: list(sections) for version, sections in question.slcp.items()},
        states=_states(question),
        is_structural=bool(question.structural),
        structural_reason=question.structural,
    )


_HASHED = [
    "lineage",
    "point_id",
    "kind",
    "order",
    "title",
    "text",
    "finding",
    "guidance",
    "breach",
    "value_type",
    "value_rules",
    "ilo",
    "law",
    "tags",
    "applies",
    "related",
    "structural_reason",
]


def content_hash(
    questions: list[ToolQuestion], names: object, languages: Iterable[str] | None = None
) -> str:
    """Tells other content from the same: all that binds, and the words in English and `languages`.

    None: the words in every language.
    """
    # A translation into a language the tool is not kept in, and translated guidance, help the
    # reader; no answer and no report stands on them. One that comes later does not make other
    # content of the version, and is shown from the next one.
    kept = None if languages is None else {library.DEFAULT_LANGUAGE, *languages}

    def words(value: Any) -> Any:
        return {lang: text for lang, text in value.items() if kept is None or lang in kept}

    def plain(question: ToolQuestion, name: str) -> Any:
        value = getattr(question, name)
        if name == "guidance":
            return value[library.DEFAULT_LANGUAGE]
        if name in ("title", "text", "finding"):
            return words(value)
        if name == "value_rules":
            return {
                **value,
                "unit": words(value.get("unit", {})),
                "choices": [
                    {**each, "label": words(each["label"])} for each in value.get("choices", ())
                ],
            }
        return value

    rows = [[plain(question, name) for name in _HASHED] for question in questions]
    return hashlib.sha256(json.dumps([rows, names], sort_keys=True).encode()).hexdigest()


def _load_tool(tool: library.ToolDefinition) -> int:
    # Who edits the own tool takes what is new in the library question by question; their versions
    # and labels are not those of the library any more.
    if ToolVersion.objects.filter(based_on__isnull=False).exists():
        return 0
    version = ToolVersion.objects.filter(label=tool.label).first()
    fresh = version or ToolVersion(label=tool.label)
    names = {code: dict(by_language) for code, by_language in tool.names.items()}
    questions = [question_row(question, fresh) for question in tool.questions]
    digest = content_hash(questions, names, tool.languages)
    if version is not None:
        if version.content_hash != digest:
            raise DomainError("tool_label_taken", label=tool.label)
        return 0
    fresh.name, fresh.names = dict(tool.name), names
    fresh.effective_from, fresh.content_hash = tool.effective_from, digest
    fresh.left_out = {lineage: {"reason": reason} for lineage, reason in tool.left_out.items()}
    fresh.save()
    ToolQuestion.objects.bulk_create(questions, batch_size=200)
    fresh.status, fresh.published_at = ToolVersion.Status.PUBLISHED, timezone.now()
    fresh.save(update_fields=["status", "published_at"])
    return len(questions)
