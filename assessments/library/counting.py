"""How much there is: questions, strings and law, by country, cluster, point, kind and state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .records import Library, Question
from .states import state, strings

STATES = ("missing", "draft", "reviewed")


def counts(library: Library, countries: Iterable[str] | None = None) -> dict[str, Any]:
    """Plain data for a table or JSON.

    `library`: the global questions; `countries`: each tool that has an overlay (or those named);
    `law`: parameters per country and confidence. Strings are counted per language that any
    translation is in, English being the measure of what there should be.
    Raises: KeyError for a country without an overlay.
    """
    languages = sorted({lang for q in library.questions.values() for lang in q.texts})
    wanted = sorted(library.overlays) if countries is None else list(countries)
    return {
        "library": _of(library.questions.values(), languages),
        "countries": {
            country: {
                "label": library.overlays[country].label,
                "languages": list(library.overlays[country].languages),
                **_of(library.tool(country).questions, languages),
            }
            for country in wanted
        },
        "law": {
            country: dict(sorted(Counter(p.confidence for p in law.latest.values()).items()))
            for country, law in library.law.items()
        },
    }


def _of(questions: Iterable[Question], languages: Iterable[str]) -> dict[str, Any]:
    questions = list(questions)
    clusters: dict[str, Counter[str]] = {}
    points: dict[str, Counter[str]] = {}
    for question in questions:
        clusters.setdefault(question.cluster, Counter())[question.kind] += 1
        points.setdefault(question.point, Counter())[question.kind] += 1
    return {
        "questions": len(questions),
        "kinds": dict(Counter(question.kind for question in questions)),
        "structural": sum(bool(question.structural) for question in questions),
        "tags": dict(sorted(Counter(tag for q in questions for tag in q.tags).items())),
        "clusters": {code: dict(found) for code, found in clusters.items()},
        "points": {code: dict(found) for code, found in points.items()},
        "strings": {language: _states(questions, language) for language in languages},
    }


def _states(questions: Iterable[Question], language: str) -> dict[str, int]:
    found = Counter(state(q, name, language) for q in questions for name in strings(q))
    return {name: found[name] for name in STATES}
