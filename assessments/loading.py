"""Brings the library in `content/` into the database: structure, law, and each country's tool.

Idempotent: what is the same is left alone. A published version never changes; other content under
the same label is refused, so that an old report keeps the tool it was made with.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from betterwork.errors import DomainError
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from . import library, tool_index
from .models import Cluster, CompliancePoint, LawParameter, ToolQuestion, ToolVersion

# Programmes the product ships with; everything else about them is a setting.
PROGRAMMES: dict[str, dict[str, Any]] = {
    "BD": {
        "languages": ["en", "bn"],
        "timezone": "Asia/Dhaka",
        "weekly_rest": [4],
        "currency": "BDT",
    },
    "JO": {
        "languages": ["en", "ar"],
        "timezone": "Asia/Amman",
        "weekly_rest": [4],
        "currency": "JOD",
    },
    "VN": {
        "languages": ["en"],
        "timezone": "Asia/Ho_Chi_Minh",
        "weekly_rest": [6],
        "currency": "VND",
    },
}


def load_library() -> dict[str, int]:
    """Load everything; answers counts of rows written. Raises: LibraryError, DomainError."""
    content = library.load()
    with scope.platform_scope():
        written = {"structure": _load_structure(content), "law": _load_law(content)}
        programmes = {
            code: _ensure_programme(code, content)
            for code in PROGRAMMES
            if code in content.overlays
        }
    for code, programme in programmes.items():
        with scope.programme_scope(programme.pk):
            written[code] = _load_tool(content.tool(code))
            tool_index.refresh_search(today=timezone.localdate())
    return written


def _ensure_programme(code: str, content: library.Library) -> Programme:
    values = {"country": code, "name": dict(content.overlays[code].name), **PROGRAMMES[code]}
    programme, _created = Programme.objects.get_or_create(code=code, defaults=values)
    return programme


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


def _english(guidance: dict[str, Any]) -> dict[str, Any]:
    return {library.DEFAULT_LANGUAGE: guidance[library.DEFAULT_LANGUAGE]}


def content_hash(questions: list[ToolQuestion], names: object) -> str:
    """What a version says, in 64 hexadecimal digits: the same content gives the same ones."""
    # Translated guidance helps the assessor; no answer and no report stands on it. A translation
    # that comes later does not make other content of the version, and is shown from the next one.
    plain = [
        [
            _english(getattr(question, name)) if name == "guidance" else getattr(question, name)
            for name in _HASHED
        ]
        for question in questions
    ]
    return hashlib.sha256(json.dumps([plain, names], sort_keys=True).encode()).hexdigest()


def _load_tool(tool: library.ToolDefinition) -> int:
    version = ToolVersion.objects.filter(label=tool.label).first()
    fresh = version or ToolVersion(label=tool.label)
    names = {code: dict(by_language) for code, by_language in tool.names.items()}
    questions = [question_row(question, fresh) for question in tool.questions]
    digest = content_hash(questions, names)
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
