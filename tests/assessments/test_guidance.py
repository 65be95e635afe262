"""Guidance in the reader's language: what is translated, and English marked where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
import yaml
from django.urls import reverse
from django.utils.html import escape
from jsonschema import Draft202012Validator

from assessments import headings, library, loading, tool
from assessments.models import LawParameter
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests.assessments.builders import make_begun

DAY = date(2026, 6, 1)
GUIDANCE = {
    "en": {"look_at": ["Exits"], "ask": ["Workers near the exit"]},
    "bn": {"ask": ["নির্গমন পথের কাছের শ্রমিক"]},
}


@pytest.fixture
def half_translated(monkeypatch) -> Iterator[None]:
    """Every question of every tool has GUIDANCE: one list of two is in Bengali."""
    real = tool._tool

    def planted(version_id):
        found = real(version_id)
        questions = [replace(question, guidance=GUIDANCE) for question in found.questions]
        return replace(found, questions=tuple(questions))

    tool._words.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(tool, "_tool", planted)
        yield
    tool._words.cache_clear()


def test_every_language_is_stored() -> None:
    question = library.load().questions["OSH-EP-03"]
    stored = loading._guidance(question)
    assert stored["en"]["look_at"] == list(question.guidance.look_at)
    assert stored["bn"]["traps"] == list(question.guidance_in["bn"].traps)
    assert {name: len(lines) for name, lines in stored["bn"].items()} == {
        name: len(lines) for name, lines in stored["en"].items()
    }


@pytest.mark.django_db
def test_a_list_without_translation_is_english(bd, half_translated) -> None:
    version = tool.version_in_force(DAY)
    words = tool.words_of(tool.tool_of(version.pk), "bn", DAY)["OSH-EP-03"]
    assert words.look_at == ("Exits",)
    assert words.ask == ("নির্গমন পথের কাছের শ্রমিক",)
    assert words.in_english == {"look_at"}
    english = tool.words_of(tool.tool_of(version.pk), "en", DAY)["OSH-EP-03"]
    assert (english.ask, english.in_english) == (("Workers near the exit",), frozenset())


@pytest.mark.django_db
def test_the_page_marks_english_lists(bd, sign_in, half_translated) -> None:
    made = make_begun()
    made.lead.language = "bn"
    made.lead.save(update_fields=["language"])
    address = reverse("assessments:question", args=(made.pk, made.ncq(0).lineage))
    page = sign_in(user=made.lead).get(address).content.decode()
    assert '<ul class="dots" lang="en" dir="ltr"><li>Exits</li>' in page
    assert '<ul class="dots"><li>নির্গমন পথের কাছের শ্রমিক</li>' in page
    assert '<h2 id="guidance">যা দেখবেন</h2>' in page


@pytest.mark.django_db
def test_words_bring_headings_in_their_language(bd) -> None:
    """A tool has languages that the pages have not: its headings do not come from the pages'."""
    found = tool.tool_of(tool.version_in_force(DAY).pk)
    words = tool.words_of(found, "fr", DAY)["OSH-EP-03"]
    assert words.headings["look_at"] == "À examiner"
    assert tool.words_of(found, "ta", DAY)["OSH-EP-03"].headings["look_at"] == "Look at"


def test_headings_are_those_of_every_tool_language() -> None:
    """Eight languages, each whole; the file keeps its published schema."""
    given = yaml.safe_load(headings.FILE.read_text(encoding="utf-8"))
    schema = json.loads((library.SCHEMAS / "headings.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(given)
    wanted = {lang for overlay in library.load().overlays.values() for lang in overlay.languages}
    assert {name for name, words in given.items() if not wanted <= set(words)} == set()


def test_later_translation_leaves_the_version_as_it_is() -> None:
    """A published version is refused only for other content; translated guidance is help."""
    question = library.load().questions["OSH-EP-03"]

    def digest(**changes):
        row = loading.question_row(replace(question, **changes), loading.ToolVersion())
        return loading.content_hash([row], {})

    assert digest() == digest(guidance_in={})
    assert digest() != digest(guidance=library.Guidance(look_at=("Exits",)))


@pytest.mark.django_db
def test_a_question_is_read_in_a_language_that_the_pages_have_not(bd, sign_in) -> None:
    made = make_begun()
    with scope.platform_scope():
        Programme.objects.filter(pk=bd.pk).update(languages=["en", "bn", "fr"])
    client = sign_in(user=made.lead)
    question = made.ncq(0)
    address = reverse("assessments:question", args=(made.pk, question.lineage))
    content = library.load()
    french = content.questions[question.lineage].texts["fr"].question
    french = content.tool("BD").resolve(french, "fr")
    page = client.get(address).content.decode()
    assert escape(french) not in page
    assert '<a href="?lang=fr" lang="fr">Français</a>' in page

    page = client.get(address, {"lang": "fr"}).content.decode()
    assert f'<h1 lang="fr" dir="ltr">{escape(french)}</h1>' in page
    assert '<h2 id="guidance" lang="fr" dir="ltr">À examiner</h2>' in page
    assert '<html lang="en"' in page  # the page itself stays as it was

    following = reverse("assessments:question", args=(made.pk, made.ncq(1).lineage))
    assert '<h1 lang="fr" dir="ltr">' in client.get(following).content.decode()
    assert "<h1>" in client.get(following, {"lang": "en"}).content.decode()
    # A language the programme has not is not offered, and asking for it changes nothing.
    assert "<h1>" in client.get(following, {"lang": "ar"}).content.decode()
    assert client.cookies["bw_tool_language"].value == "en"


# --- the law in it ----------------------------------------------------------------------------


def test_an_entry_stands_where_the_law_it_cites_is_known() -> None:
    content = library.load()
    tools = {country: content.tool(country) for country in content.overlays}
    stands: dict[str, set[str]] = {}
    for country, each in tools.items():
        for question in each.questions:
            for name in library.GUIDANCE:
                for line in getattr(question.guidance, name):
                    if library.placeholders(line):
                        stands.setdefault(line, set()).add(country)
                        cited = library.placeholders(line)
                        assert {*cited} <= {*question.law}, (question.id, line)
    written = {
        line
        for question in content.questions.values()
        for name in library.GUIDANCE
        for line in getattr(question.guidance, name)
        if library.placeholders(line)
    }
    assert len(written) >= 30
    assert set(stands) == written  # no entry that no country could read
    by_unit = {line: countries for line, countries in stands.items() if "{maternity_leave}" in line}
    # One entry for each unit the laws count in, and each country reads one of them at most.
    assert [len(countries & {"BD", "VN", "LK"}) for countries in by_unit.values()] == [1, 1, 1]
    assert not set.intersection(*by_unit.values())
    assert "NI" not in set.union(*by_unit.values())  # the length is not verified there


@pytest.mark.django_db
def test_guidance_changes_when_the_law_does(bd) -> None:
    def entries(language: str, day: date) -> list[str]:
        version = tool.version_in_force(day)
        words = tool.said_by(tool.tool_of(version.pk), language, tool.law_on("BD", day))
        return [line for line in words["WT-LV-06"].look_at if line.startswith(STARTS[language])]

    assert entries("en", DAY) == ["Length of each leave: at least 120 days"]
    assert entries("bn", DAY) == ["প্রতিটি ছুটির দৈর্ঘ্য: অন্তত ১২০ দিন"]
    assert entries("ar", DAY) == ["مدة كل إجازة: 120 يومًا على الأقل"]
    # The figure of that time was not researched: no entry, rather than one with a gap.
    assert entries("en", date(2025, 11, 16)) == entries("bn", date(2025, 11, 16)) == []
    row = LawParameter.objects.get(country="BD", code="maternity_leave")
    row.pk, row.value, row.effective_from = None, 130, date(2026, 8, 1)
    row.text = "130 days"
    with scope.platform_scope():
        row.save(force_insert=True)
    assert entries("en", date(2026, 7, 31)) == ["Length of each leave: at least 120 days"]
    assert entries("bn", date(2026, 8, 1)) == ["প্রতিটি ছুটির দৈর্ঘ্য: অন্তত ১৩০ দিন"]


STARTS = {"en": "Length of each leave", "bn": "প্রতিটি ছুটির দৈর্ঘ্য", "ar": "مدة كل إجازة"}


def test_every_trigger_of_zero_tolerance_that_the_programme_names_is_a_question() -> None:
    tagged = {q.id for q in library.load().questions.values() if "zero_tolerance" in q.tags}
    # Child below the minimum age; worst forms under 18; kept on the premises; violence to make
    # people work; physical punishment; sexual violence; punished for leaving a danger; locked in.
    assert tagged >= {
        "CL-CLB-01", "CL-HZW-01", "CL-HZW-03", "FL-COE-02", "FL-COE-05", "CT-DDD-10", "DI-GEN-07",
        "OSH-WPR-01", "OSH-EP-03", "OSH-ACC-03",
    }  # fmt: skip
