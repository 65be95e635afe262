"""The state of each string: reviewed by a native speaker, or a draft.

A review is of words, not of a place: the files keep a mark of the English words and of the
translation that were reviewed together, and a string whose words have changed since is a draft
again. The marks stand in `cat/states/<language>.yaml`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from .records import GUIDANCE, Guidance, Question, ReviewMarks, Texts
from .resolving import DEFAULT_LANGUAGE

CHOICE = "choice:"  # before the key of a choice


def strings(question: Question) -> tuple[str, ...]:
    """Names of the fields that hold words in English: what each language should have."""
    names = ["title", "question", "finding", "unit", *GUIDANCE]
    names += [f"{CHOICE}{key}" for key in question.texts[DEFAULT_LANGUAGE].choices]
    return tuple(name for name in names if words(question, name, DEFAULT_LANGUAGE))


def words(question: Question, field: str, language: str) -> str | list[str]:
    """What a field says in a language; empty where it says nothing. Guidance: its entries."""
    if field in GUIDANCE:
        is_english = language == DEFAULT_LANGUAGE
        guide = question.guidance if is_english else question.guidance_in.get(language, Guidance())
        return list(getattr(guide, field))
    texts = question.texts.get(language, Texts())
    if field.startswith(CHOICE):
        return texts.choices.get(field.removeprefix(CHOICE), "")
    return str(getattr(texts, field))


def state(question: Question, field: str, language: str) -> str:
    """`missing`, `draft` or `reviewed`; a missing string is shown in English."""
    if not words(question, field, language):
        return "missing"
    return "reviewed" if field in question.reviewed.get(language, ()) else "draft"


def mark(question: Question, field: str, language: str) -> str:
    """Eight hexadecimal digits that name a wording and the English it was reviewed against."""
    pair = [words(question, field, DEFAULT_LANGUAGE), words(question, field, language)]
    plain = json.dumps(pair, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:8]


def with_states(question: Question, marks: ReviewMarks) -> Question:
    """The question with the fields whose present words were reviewed."""
    reviewed = {}
    for language, by_question in marks.items():
        fields = {
            field
            for field, known in by_question.get(question.id, {}).items()
            if words(question, field, language) and mark(question, field, language) in known
        }
        if fields:
            reviewed[language] = frozenset(fields)
    return replace(question, reviewed=reviewed) if reviewed or question.reviewed else question


def lapsed(question: Question, marks: ReviewMarks) -> list[tuple[str, str]]:
    """(language, field) of what was reviewed once and has other words now."""
    return [
        (language, field)
        for language, by_question in marks.items()
        for field in by_question.get(question.id, {})
        if field not in question.reviewed.get(language, ())
    ]
