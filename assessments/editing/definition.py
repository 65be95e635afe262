"""A version in the database as the library's own record, for the checker."""

from __future__ import annotations

from typing import Any

from assessments import checking, library, tool
from assessments.models import LawParameter, ToolQuestion, ToolVersion
from betterwork.tenancy.models import Programme

from .fields import ENGLISH, GUIDANCE, REVIEWED, WORDS

_NAME_OF = {"text": "question"}  # the library's word for a field of ours


def definition_of(version: ToolVersion) -> library.ToolDefinition:
    """The tool of a version, drafts too, with every period of the country's law.

    Queries: programme, questions, law.
    """
    programme = Programme.objects.get(pk=version.programme_id)
    content = library.load()
    rows = ToolQuestion.objects.filter(version=version).select_related("point__cluster")
    law = LawParameter.objects.standing().filter(country=programme.country)
    return library.ToolDefinition(
        country=programme.country,
        country_name=programme.name,
        name=version.name,
        label=version.label,
        effective_from=version.effective_from,
        languages=tuple(programme.languages),
        clusters=content.clusters,
        questions=tuple(_question(row) for row in rows.order_by("order")),
        law=library.CountryLaw(programme.country, tuple(tool.parameter_of(row) for row in law)),
        names=version.names,
        left_out={k: str(v.get("reason", "")) for k, v in version.left_out.items()},
    )


def findings_of(version: ToolVersion) -> list[checking.Finding]:
    """What the checker says of a version; errors first."""
    content = library.load()
    own = version.questions.values_list("lineage", flat=True)
    return checking.check_version(
        definition_of(version), content.public, known={*content.questions, *own}
    )


def _question(row: ToolQuestion) -> library.Question:
    rules = row.value_rules
    languages = list(dict.fromkeys([ENGLISH, *row.title, *row.text, *row.finding]))
    choices = rules.get("choices") or []
    texts = {
        language: library.Texts(
            title=row.title.get(language, ""),
            question=row.text.get(language, ""),
            finding=row.finding.get(language, ""),
            unit=(rules.get("unit") or {}).get(language, ""),
            choices={
                each["key"]: each["label"][language]
                for each in choices
                if language in each["label"]
            },
        )
        for language in languages
    }
    value = None
    if row.kind == ToolQuestion.Kind.FGW:
        value = library.ValueSpec(
            type=row.value_type,
            unit=(rules.get("unit") or {}).get(ENGLISH, ""),
            minimum=rules.get("min"),
            maximum=rules.get("max"),
            choices=tuple(library.Choice(c["key"], c["label"][ENGLISH]) for c in choices),
        )
    guides = {
        language: library.Guidance(**{n: tuple(lists.get(n, ())) for n in GUIDANCE})
        for language, lists in row.guidance.items()
    }
    applies = row.applies
    values: dict[str, Any] = {
        "id": row.lineage,
        "cluster": row.point.cluster_id,
        "point": row.point_id,
        "kind": row.kind,
        "order": row.order,
        "texts": texts,
        "breach": row.breach or None,
        "value": value,
        "guidance": guides.pop(ENGLISH, library.Guidance()),
        "guidance_in": guides,
        "ilo": tuple(row.ilo),
        "law": tuple(row.law),
        "tags": frozenset(row.tags),
        "applies": library.Applies(
            min_workers=applies.get("min_workers"),
            max_workers=applies.get("max_workers"),
            needs=frozenset(applies.get("needs", ())),
            sectors=frozenset(applies.get("sectors", ())),
            modalities=frozenset(applies.get("modalities", ())),
        ),
        "related": tuple(row.related),
        "slcp": {version: tuple(sections) for version, sections in row.slcp.items()},
        "structural": row.structural_reason,
        "reviewed": _reviewed(row),
    }
    return library.Question(**values)


def _reviewed(row: ToolQuestion) -> dict[str, frozenset[str]]:
    """Language -> fields of the library whose strings are all reviewed."""
    known = {*WORDS, "guidance", "choices"}
    return {
        language: frozenset(
            _NAME_OF.get(name, name)
            for name, state in states.items()
            if name in known and state == REVIEWED
        )
        for language, states in row.states.items()
    }
