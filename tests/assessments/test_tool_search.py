"""Searching the tools: every script, with and without marks, across countries, drafts left out."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from assessments import services, tool, tool_index, tool_search
from assessments.models import ToolQuestion, ToolText, ToolTextPlace, ToolVersion
from assessments.rules import search_words as words
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests.builders import make_member

DAY = date(2026, 6, 1)


def found(text: str, query: str) -> list[str]:
    """The pieces of a text that a query marks."""
    return [piece for piece, is_hit in words.marked(text, words.terms(query)) if is_hit]


# --- words in any script ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        # English: beginnings of words, plural or not, in any case
        ("Are all exits unlocked?", "exit", ["exits"]),
        ("Is the exit open?", "EXITS", ["exit"]),
        ("Working hours", "hour", ["hours"]),
        # Bengali: vowel signs are part of a word; digits are digits
        ("১৮ বছরের কম বয়সী শ্রমিক", "18", ["১৮"]),
        ("শ্রমিকদের বয়স কত?", "শ্রমিক", ["শ্রমিকদের"]),
        ("বড় দরজা", "বড\u09bc", ["বড়"]),  # two ways to write one letter
        # Arabic: with and without the article, vowel marks and forms of alef
        ("يعمل العُمّال في المصنع", "عمال", ["العُمّال"]),
        ("والعمال", "العمال", ["والعمال"]),
        ("أجور العمل الإضافي", "اضافي", ["الإضافي"]),
        ("٤٨ ساعة", "48", ["٤٨"]),
        # Khmer: no spaces; an invisible break may or may not be there
        ("ចំនួនម៉ោងបន្ថែមក្នុងមួយថ្ងៃ", "ម៉ោងបន្ថែម", ["ម៉ោងបន្ថែម"]),
        ("ចំនួន\u200bម៉ោង\u200bបន្ថែម", "ម៉ោងបន្ថែម", ["ម៉ោង\u200bបន្ថែម"]),
        ("អាយុ ១៨ ឆ្នាំ", "18", ["១៨"]),
        # Vietnamese: with its marks exactly, without them generously
        ("Tuổi tối thiểu", "tuoi", ["Tuổi"]),
        ("Tuổi tối thiểu", "tuổi", ["Tuổi"]),
        ("Tươi sống", "tuổi", []),
        ("Tươi sống", "tuoi", ["Tươi"]),
        ("Đình công", "dinh cong", ["Đình", " ", "công"]),
        (unicodedata.normalize("NFD", "Tuổi"), "tuổi", [unicodedata.normalize("NFD", "Tuổi")]),
        # Spanish and French
        ("¿Hay niños trabajando?", "ninos", ["niños"]),
        ("Congé de maternité", "maternite", ["maternité"]),
    ],
)
def test_what_a_query_marks(text: str, query: str, marked: list[str]) -> None:
    assert found(text, query) == [piece for piece in marked if piece.strip()]


def test_a_query_of_marks_asks_for_nothing() -> None:
    assert words.terms("  ?! '\\ ") == ()
    assert words.asked(()) == ""


TEXTS = st.text(
    st.characters(exclude_categories=("Cs",)) | st.sampled_from("abكلমাកខ្គổ១২3 '\\\u200b"),
    max_size=80,
)


@given(TEXTS)
def test_pieces_are_the_text(text: str) -> None:
    for query in (text[:20], text[3:9], "a"):
        pieces = words.marked(text, words.terms(query))
        assert "".join(piece for piece, _is_hit in pieces) == text


@pytest.mark.django_db
@given(text=TEXTS)
def test_a_text_is_found_by_its_own_words(text: str) -> None:
    vector, asked = words.vector([("A", text)]), words.asked(words.terms(text))
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [vector, asked])
        assert cursor.fetchone() == (bool(asked),)


# --- the tools that ship ----------------------------------------------------------------------


def search(query: str, **options: Any) -> tool_search.Result:
    return tool_search.search_tools(query, day=DAY, **options)


@pytest.mark.parametrize(
    ("query", "language", "lineage"),
    [
        ("emergency exits", "en", "OSH-EP-02"),
        ("OSH-EP-03", "en", "OSH-EP-03"),
    ],
)
def test_the_tool_is_found(bd: Programme, query: str, language: str, lineage: str) -> None:
    result = search(query, programme=bd.pk, language=language)
    hit = {each.lineage: each for each in result.hits}[lineage]
    assert hit.countries == ("BD",)
    assert hit.language == language
    assert result.total >= len(result.hits) > 0


@pytest.mark.parametrize("language", ["bn", "ar"])
def test_every_translation_is_found_by_its_own_title(bd: Programme, language: str) -> None:
    row = ToolText.objects.filter(
        lineage="OSH-EP-03", language=language, places__country="BD"
    ).get()
    result = search(row.title, language=language)
    assert "OSH-EP-03" in [hit.lineage for hit in result.hits]
    hit = next(each for each in result.hits if each.lineage == "OSH-EP-03")
    assert any(is_hit for _piece, is_hit in hit.title)
    assert hit.found[0][0] == "title"


def test_countries_that_say_the_same_are_one_result(bd: Programme) -> None:
    result = search("OSH-EP-03", language="en")
    (hit,) = [each for each in result.hits if each.lineage == "OSH-EP-03"]
    assert set(hit.countries) >= {"BD", "JO", "VN"}
    own = search("OSH-EP-03", language="en", programme=bd.pk)
    assert own.hits[0].countries == ("BD",)


def test_titles_come_before_guidance(bd: Programme) -> None:
    result = search("drinking water", language="en", programme=bd.pk)
    assert result.hits[0].lineage == "OSH-WEL-03"


def test_pages_do_not_overlap(bd: Programme) -> None:
    first, second = search("workers", page=1), search("workers", page=2)
    assert first.total == second.total > 2 * tool_search.PAGE
    keys = [{(hit.lineage, hit.language, hit.countries) for hit in r.hits} for r in (first, second)]
    assert not keys[0] & keys[1]
    assert search("workers", page=10_000).hits == ()


def test_a_search_is_two_queries(bd: Programme, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        search("workers")
    with django_assert_num_queries(0):
        assert search(" ?").is_empty_query


def make_version(label: str, since: date, text: dict[str, str]) -> ToolVersion:
    version = ToolVersion.objects.create(label=label, effective_from=since, name={"en": label})
    base = ToolQuestion.objects.filter(lineage="OSH-EP-03").first()
    assert base is not None
    ToolQuestion.objects.create(
        version=version,
        lineage="OSH-EP-03",
        point_id="OSH-EP",
        kind="ncq",
        order=1,
        title={"en": "Title"},
        text=text,
        finding={"en": "Found."},
        guidance={"en": {}},
        breach="no",
    )
    return version


def publish(version: ToolVersion) -> None:
    ToolVersion.objects.filter(pk=version.pk).update(
        status="published", published_at="2026-01-01T00:00Z"
    )
    tool_index.refresh_search(today=DAY)


def test_khmer_and_vietnamese_in_a_published_version(bd: Programme) -> None:
    text = {
        "en": "Are exits open?",
        "km": "តើច្រកចេញទាំងអស់មិនចាក់សោក្នុងម៉ោងធ្វើការទេ?",
        "vi": "Lối thoát hiểm có được mở trong giờ làm việc không?",
    }
    publish(make_version("BD-2026.9", date(2026, 5, 1), text))
    assert [h.language for h in search("ច្រកចេញ", programme=bd.pk).hits] == ["km"]
    assert [h.language for h in search("ម៉ោងធ្វើការ", programme=bd.pk).hits] == ["km"]
    assert (
        search("ម៉ោងចេញ", programme=bd.pk).total == 0
    )  # its grams are all there, not one after the other
    assert [h.language for h in search("thoat hiem", programme=bd.pk).hits] == ["vi"]
    assert [h.language for h in search("thoát hiểm", programme=bd.pk).hits] == ["vi"]
    assert search("thoàt", programme=bd.pk).total == 0


def test_drafts_are_not_found_and_versions_follow_each_other(bd: Programme) -> None:
    version = make_version("BD-2026.9", date(2026, 7, 1), {"en": "Is the zebra open?"})
    tool_index.refresh_search(today=DAY)
    assert search("zebra").total == 0
    publish(version)
    assert search("zebra").total == 0  # not yet in force
    later = date(2026, 7, 1)
    assert tool_search.search_tools("zebra", day=later).total == 1
    # The version before it is in force until then, and not after.
    assert search("drinking water", programme=bd.pk).total > 0
    assert tool_search.search_tools("drinking water", day=later, programme=bd.pk).total == 0


@pytest.mark.django_db
def test_editors_find_what_their_drafts_change(
    bd: Programme, sign_in: Any, django_assert_max_num_queries: Any
) -> None:
    editor = make_member("cat_editor")
    base = tool.version_in_force(DAY)
    now = datetime(2026, 6, 1, 9, tzinfo=UTC)
    draft = services.begin_draft(based_on_id=base.pk, by=editor.pk, now=now)
    row = ToolQuestion.objects.filter(version=draft, lineage="OSH-EP-03").get()
    for number, (field, text) in enumerate(
        (("title.en", "Zebra doors"), ("title.bn", "জেব্রা দরজা"), ("title.ar", "أبواب الزيبرا"),
         ("title.vi", "Cửa ngựa vằn"), ("title.km", "ទ្វារ\u200bសេះបង្កង់")), start=1,
    ):  # fmt: skip
        services.save_question(
            version_id=draft.pk, lineage=row.lineage, base_revision=number,
            fields={field: text}, by=editor.pk, now=now,
        )  # fmt: skip
    client = sign_in(user=editor)
    for query in ("zebra door", "জেব্রা", "زيبرا", "ngua van", "សេះបង្កង់"):
        with django_assert_max_num_queries(14):
            page = client.get(reverse("assessments:tool_search"), {"q": query}).content.decode()
        assert "Changed in drafts" in page, query
        address = reverse("assessments:tool_question", args=[draft.pk, row.lineage])
        assert address in page
        # The list of the draft itself is narrowed by the same words.
        listed = client.get(reverse("assessments:tool_version", args=[draft.pk]), {"q": query})
        assert listed.context["total"] == 1, query
    # Whoever edits no tool finds nothing of it, nor does another country's editor.
    for other in (sign_in("advisor"), sign_in("cat_editor", programme="JO")):
        page = other.get(reverse("assessments:tool_search"), {"q": "zebra"}).content.decode()
        assert "Zebra" not in page
    services.set_aside(version_id=draft.pk, by=editor.pk, now=now)
    page = client.get(reverse("assessments:tool_search"), {"q": "zebra"}).content.decode()
    assert "Zebra" not in page


@pytest.mark.django_db
def test_refreshing_again_changes_nothing(bd: Programme) -> None:
    before = set(ToolTextPlace.objects.values_list("pk", flat=True))
    assert tool_index.refresh_search(today=DAY) == 0
    assert set(ToolTextPlace.objects.values_list("pk", flat=True)) == before


# --- who writes -------------------------------------------------------------------------------


def test_a_text_is_what_its_digest_says(bd: Programme) -> None:
    row = ToolText.objects.first()
    assert row is not None
    with pytest.raises(IntegrityError, match="digest"), transaction.atomic():
        ToolText.objects.create(digest="0" * 32, form=1, lineage="X", language="en", title="Lie")
    with pytest.raises(IntegrityError), transaction.atomic():
        ToolText.objects.filter(pk=row.pk).update(title="Lie")


def test_nobody_writes_for_another_programme(bd: Programme, jordan: Programme) -> None:
    row = ToolTextPlace.objects.filter(programme=jordan).first()
    assert row is not None  # what is published is read by all
    assert ToolTextPlace.objects.filter(programme=jordan).delete()[0] == 0
    with scope.programme_scope(bd.pk, role="cat_editor"):
        assert ToolTextPlace.objects.filter(pk=row.pk).update(country="BD") == 0
    with (
        scope.programme_scope(bd.pk, role="advisor"),
        pytest.raises(ProgrammingError, match="row-level"),
        transaction.atomic(),
    ):
        ToolTextPlace.objects.create(
            programme=bd, version_id=row.version_id, text_id=row.text_id, country="BD", since=DAY
        )


# --- the page ---------------------------------------------------------------------------------


def test_the_page_marks_what_was_found(bd: Programme, sign_in: Any) -> None:
    client = sign_in("advisor")
    page = client.get("/assessments/tool/search/", {"q": "drinking water", "language": "en"})
    assert page.status_code == 200
    body = page.content.decode()
    assert "<mark>Drinking</mark> <mark>water</mark>" in body
    assert "/assessments/tool/?q=OSH-WEL-03#OSH-WEL-03" in body
    everywhere = client.get("/assessments/tool/search/", {"q": "OSH-WEL-03", "where": "all"})
    assert '<bdi dir="ltr" class="code">VN</bdi>' in everywhere.content.decode()


def test_the_page_without_words_and_without_hits(bd: Programme, sign_in: Any) -> None:
    client = sign_in("cat_editor")
    assert "Write a word" in client.get("/assessments/tool/search/").content.decode()
    page = client.get("/assessments/tool/search/", {"q": "xyzzy", "page": "-3", "language": "zz"})
    assert "Nothing holds all of these words" in page.content.decode()


def test_global_staff_search_every_country(bd: Programme, sign_in: Any) -> None:
    page = sign_in("global", programme=None).get("/assessments/tool/search/", {"q": "OSH-WEL-03"})
    assert page.status_code == 200
    assert '<bdi dir="ltr" class="code">JO</bdi>' in page.content.decode()


def test_a_page_of_results_takes_few_queries(
    bd: Programme, sign_in: Any, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("advisor")
    with django_assert_max_num_queries(10):
        client.get("/assessments/tool/search/", {"q": "workers", "where": "all"})
