"""A number that is asked for has its unit in each language its question is asked in."""

from __future__ import annotations

from assessments import library


def test_units_are_translated_with_their_questions() -> None:
    missing = [
        f"{question.id} in {language}"
        for question in library.load().questions.values()
        if question.texts[library.DEFAULT_LANGUAGE].unit
        for language, texts in question.texts.items()
        if texts.question and not texts.unit
    ]
    assert missing == []
