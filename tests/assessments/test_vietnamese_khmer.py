"""The Vietnamese and the Khmer texts: what a machine can check of a translation."""

import re

import pytest

from assessments import library as lib

BREAK = "\u200b"  # between two Khmer words: a line may break here
KHMER = r"[\u1780-\u17d3\u17d7\u17dc\u17dd]"


@pytest.fixture(scope="module")
def shipped():
    return lib.load()


def words(shipped, language):
    """(question id, text) of every text in a language."""
    for question in shipped.questions.values():
        texts = question.texts[language]
        for text in (texts.title, texts.question, texts.finding, texts.unit):
            yield question.id, text
        for label in texts.choices.values():
            yield question.id, label


@pytest.mark.parametrize("language", ["km", "vi"])
def test_titles_fit_a_list_and_sentences_end(shipped, language):
    for question in shipped.questions.values():
        texts = question.texts[language]
        assert len(texts.title.replace(BREAK, "")) <= 45, question.id
        assert texts.question.endswith("?"), question.id
        if question.kind == "ncq":
            assert texts.finding.endswith("។" if language == "km" else "."), question.id
        if question.value and question.value.unit:
            assert texts.unit, question.id


def test_khmer_lines_can_break_everywhere_a_word_ends(shipped):
    for question, text in words(shipped, "km"):
        plain = re.sub(r"\{\w+\}", "", text)
        assert not re.search(f"{KHMER}{{21,}}", plain), (question, text)
        assert not re.search(r"[A-Za-z0-9]", plain), (question, text)
        # A break stands before the letter that begins a word, never at an end or before a mark.
        between = re.findall(f"(?<={KHMER}){BREAK}(?=[\u1780-\u17b3])", plain)
        assert len(between) == plain.count(BREAK), (question, text)


@pytest.mark.parametrize("language", ["en", "bn", "ar", "vi"])
def test_breaks_stand_in_khmer_only(shipped, language):
    assert [found for found in words(shipped, language) if BREAK in found[1]] == []


@pytest.mark.parametrize("language", ["km", "vi"])
def test_each_term_of_the_glossary_is_one_of_its_own(shipped, language):
    terms = [term.term for term in shipped.glossary[language].values()]
    assert len(set(terms)) == len(terms)


def test_khmer_sentences_have_khmer_digits(shipped):
    law = shipped.law["KH"].latest
    assert lib.resolve_text("{hours_day} ម៉ោង", law, "km") == "៨ ម៉ោង"
    assert lib.resolve_text("{min_wage_latest}", law, "km") == f"២១០ ដុល្លារ{BREAK}អាមេរិក"
    assert lib.resolve_text("{min_wage_latest}", law, "en") == "USD 210"
    assert lib.resolve_text("{hours_day} giờ", law, "vi") == "8 giờ"
