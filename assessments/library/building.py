"""The tool of one country: the global questions with every change of its overlay applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .records import (
    TAGS,
    CountryLaw,
    LawParameter,
    Library,
    Overlay,
    Question,
    Texts,
    ToolDefinition,
)
from .resolving import DEFAULT_LANGUAGE
from .states import with_states


def build_tool(library: Library, overlay: Overlay) -> ToolDefinition:
    law = library.law.get(overlay.country) or CountryLaw(overlay.country, ())
    in_law = law.latest
    kept: list[Question] = []
    left_out: dict[str, str] = {}
    for question in library.questions.values():
        countries = question.applies.countries
        if countries and overlay.country not in countries:
            continue
        reason = overlay.left_out.get(question.id) or overlay.left_out.get(question.point)
        if reason:
            left_out[question.id] = reason
            continue
        localized = _localized(question, overlay, in_law, order=len(kept) + 1)
        kept.append(with_states(localized, library.marks))
    return ToolDefinition(
        country=overlay.country,
        country_name=overlay.name,
        name=overlay.tool,
        label=overlay.label,
        effective_from=overlay.effective_from,
        languages=overlay.languages,
        clusters=library.clusters,
        questions=tuple(kept),
        law=law,
        names=overlay.names,
        left_out=left_out,
    )


def _localized(
    question: Question, overlay: Overlay, law: Mapping[str, LawParameter], order: int
) -> Question:
    tags = set(question.tags)
    for tag in TAGS:
        if question.id in overlay.tags_added.get(tag, ()):
            tags.add(tag)
        if question.id in overlay.tags_removed.get(tag, ()):
            tags.discard(tag)
    structural = overlay.structural.get(question.id) or overlay.structural.get(question.point, "")
    return replace(
        question,
        order=order,
        texts=_reworded(question.texts, overlay.reworded.get(question.id, {})),
        tags=frozenset(tags),
        structural=structural if question.kind == "ncq" else "",
        law=tuple(code for code in question.law if code in law),
    )


def _reworded(texts: Mapping[str, Texts], changes: Mapping[str, Texts]) -> Mapping[str, Texts]:
    if not changes:
        return texts
    english = changes.get(DEFAULT_LANGUAGE, Texts())
    result: dict[str, Texts] = {}
    for language in [*texts, *(c for c in changes if c not in texts)]:
        own, change = texts.get(language, Texts()), changes.get(language, Texts())
        new = {name: getattr(own, name) for name in ("title", "question", "finding")}
        for name in new:
            if getattr(change, name):
                new[name] = getattr(change, name)
            elif getattr(english, name) and language != DEFAULT_LANGUAGE:
                # The translation still says the old sentence: the new English one is shown instead.
                new[name] = ""
        made = Texts(**new, unit=own.unit, choices=own.choices)
        if made != Texts():  # a language that says nothing of its own is not there
            result[language] = made
    return result
