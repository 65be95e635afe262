"""Records made from the plain data of the files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from .records import (
    Applies,
    Choice,
    Framework,
    Guidance,
    LawParameter,
    LawRow,
    Overlay,
    PublicIssues,
    Question,
    Texts,
    ValueSpec,
)
from .resolving import DEFAULT_LANGUAGE


def date_of(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def parameter_of(country: str, raw: dict[str, Any]) -> LawParameter:
    value = raw["value"]
    if isinstance(value, list):
        value = tuple(
            LawRow(
                when=row["when"],
                value=row["value"],
                minimum=row.get("min"),
                maximum=row.get("max"),
                unit=row.get("unit", ""),
                bound=row.get("bound", ""),
            )
            for row in value
        )
    short = raw.get("short", {})
    return LawParameter(
        country=country,
        code=raw["code"],
        topic=raw["topic"],
        kind=raw["kind"],
        value=value,
        text=raw["text"],
        confidence=raw["confidence"],
        unit=raw.get("unit", ""),
        short=short if isinstance(short, dict) else {"": str(short)},
        reference=raw.get("reference", ""),
        source=raw.get("source", ""),
        effective_from=date_of(raw.get("effective_from", "")),
        effective_to=date_of(raw.get("effective_to", "")),
    )


def guidance_of(raw: Mapping[str, list[str]]) -> Guidance:
    return Guidance(**{key: tuple(lines) for key, lines in raw.items()})


def question_of(
    raw: dict[str, Any],
    cluster: str,
    translations: Mapping[str, Texts],
    guides: Mapping[str, Guidance],
    caf: Framework,
) -> Question:
    value, topic, applies = raw.get("value"), raw.get("topic", ()), raw.get("applies", {})
    choices = tuple(Choice(c["key"], c["label"]) for c in (value or {}).get("choices", ()))
    unit = (value or {}).get("unit", "")
    labels = {choice.key: choice.label for choice in choices}
    english = Texts(raw["title"], raw["question"], raw.get("finding", ""), unit, labels)
    breach = raw.get("breach")
    return Question(
        id=raw["id"],
        cluster=cluster,
        point=raw["point"],
        kind=raw["kind"],
        order=0,
        texts={DEFAULT_LANGUAGE: english, **translations},
        # Unquoted yes and no are booleans in YAML 1.1.
        breach={True: "yes", False: "no"}.get(breach, breach) if breach is not None else None,
        value=ValueSpec(value["type"], unit, value.get("min"), value.get("max"), choices)
        if value
        else None,
        topics=(topic,) if isinstance(topic, str) else tuple(topic),
        guidance=guidance_of(raw.get("guidance", {})),
        guidance_in=guides,
        ilo=tuple(raw.get("ilo", ())),
        law=tuple(raw.get("law", ())),
        tags=frozenset(raw.get("tags", ())),
        applies=Applies(
            countries=frozenset(applies.get("countries", ())),
            min_workers=applies.get("min_workers"),
            max_workers=applies.get("max_workers"),
            needs=frozenset(applies.get("needs", ())),
            sectors=frozenset(applies.get("sectors", ())),
            modalities=frozenset(applies.get("modalities", ())),
        ),
        related=tuple(raw.get("related", ())),
        slcp={**caf.of(raw["point"]), **_sections(raw.get("slcp", {}))},
    )


def _sections(raw: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {version: tuple(sections) for version, sections in raw.items()}


def framework_of(raw: dict[str, Any]) -> Framework:
    return Framework(
        sections=raw["sections"],
        versions=tuple(raw["versions"]),
        points=_sections(raw["points"]),
    )


def _issues(raw: list[list[str]]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(questions) for questions in raw)


def public_of(raw: dict[str, Any]) -> PublicIssues:
    return PublicIssues(
        points=frozenset(raw["points"]),
        added={country: frozenset(points) for country, points in raw["added"].items()},
        publishes=frozenset(raw["publishes"]),
        most=raw["most"],
        average=raw["average"],
        one_issue={country: _issues(each) for country, each in raw["one_issue"].items()},
        issues={country: _issues(each) for country, each in raw["issues"].items()},
    )


def marks_of(
    raw: Mapping[str, Mapping[str, str | list[str]]],
) -> dict[str, dict[str, frozenset[str]]]:
    """Question -> field -> marks, of one language."""
    return {
        question: {
            field: frozenset([marks] if isinstance(marks, str) else marks)
            for field, marks in fields.items()
        }
        for question, fields in raw.items()
    }


def _by_item(groups: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {item: group["reason"] for group in groups for item in group["ids"]}


def overlay_of(raw: dict[str, Any]) -> Overlay:
    tags = raw.get("tags", {})
    return Overlay(
        country=raw["country"],
        name=raw["name"],
        tool=raw["tool"],
        label=raw["label"],
        effective_from=date_of(raw["effective_from"]) or dt.date.min,
        languages=tuple(raw["languages"]),
        left_out=_by_item(raw.get("left_out", ())),
        structural=_by_item(raw.get("structural", ())),
        reworded={
            question: {language: Texts(**texts) for language, texts in languages.items()}
            for question, languages in raw.get("reworded", {}).items()
        },
        tags_added={tag: frozenset(change.get("add", ())) for tag, change in tags.items()},
        tags_removed={tag: frozenset(change.get("remove", ())) for tag, change in tags.items()},
        names=raw.get("names", {}),
    )
