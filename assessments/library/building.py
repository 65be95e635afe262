"""The tool of one country: the global questions with every change of its overlay applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .checking import entry_reads
from .records import (
    GUIDANCE,
    TAGS,
    CountryLaw,
    Guidance,
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
    guidance, guidance_in = _guidance(question, law, overlay.names)
    structural = overlay.structural.get(question.id) or overlay.structural.get(question.point, "")
    return replace(
        question,
        order=order,
        texts=_reworded(question.texts, overlay.reworded.get(question.id, {})),
        guidance=guidance,
        guidance_in=guidance_in,
        tags=frozenset(tags),
        structural=structural if question.kind == "ncq" else "",
        law=tuple(code for code in question.law if code in law),
    )


def _guidance(
    question: Question, law: Mapping[str, LawParameter], names: Mapping[str, object]
) -> tuple[Guidance, Mapping[str, Guidance]]:
    """The guidance in English and in the other languages, without the entries whose law a country
    has not verified or counts in another unit. The place of an entry is the same in each language.
    """
    kept = {
        name: [
            place
            for place, line in enumerate(getattr(question.guidance, name))
            if entry_reads(line, law, names)
        ]
        for name in GUIDANCE
    }

    def only(guide: Guidance) -> Guidance:
        lists = {name: getattr(guide, name) for name in GUIDANCE}
        return Guidance(
            **{
                name: tuple(said[p] for p in kept[name]) if said else ()
                for name, said in lists.items()
            }
        )

    others = {language: only(guide) for language, guide in question.guidance_in.items()}
    return only(question.guidance), others


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
