"""Drafts of the tool through services and pages: written together, reviewed, published."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.urls import reverse
from django.utils.html import escape

from assessments import library, loading, services, tool
from assessments.editing import fields, reads
from assessments.editing.compare import law_words, version_differences
from assessments.editing.definition import definition_of, findings_of
from assessments.models import (
    Assessment,
    CompliancePoint,
    LawParameter,
    LawProposal,
    ToolComment,
    ToolEdit,
    ToolQuestion,
    ToolVersion,
)
from assessments.services.tool_exchange import export_tool, import_tool
from betterwork.errors import DomainError, NotAllowed
from betterwork.records.models import TrailEvent
from betterwork.tenancy import scope
from factories.models import EngagementCycle
from tests.assessments.builders import at, make_begun, make_planned, make_submitted
from tests.builders import make_cycle, make_member

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
NOTE = "Exits are asked in plainer words."


@pytest.fixture(autouse=True)
def _fresh_tool() -> Any:
    yield
    tool.forget()


def url(name: str, *args: Any) -> str:
    return reverse(f"assessments:{name}", args=args)


def post(client: Any, given: dict[str, str], name: str, *args: Any) -> int:
    """The status of one post."""
    return int(client.post(url(name, *args), given).status_code)


def make_draft(by: Any = None) -> ToolVersion:
    by = by or make_member("cat_editor")
    base = tool.version_in_force(TODAY)
    return services.begin_draft(based_on_id=base.pk, by=by.pk, now=NOW)


def coded(draft: ToolVersion, place: int = 0) -> ToolQuestion:
    rows = ToolQuestion.objects.filter(version=draft, kind="ncq", is_structural=False)
    return [row for row in rows.order_by("order") if "{" not in row.text["en"]][place]


def change(draft: ToolVersion, question: ToolQuestion, by: Any, base: int = 1, **given: str) -> Any:
    """Save fields; `text_en="..."` is the field `text.en`."""
    named = {name.replace("_en", ".en").replace("_bn", ".bn"): text for name, text in given.items()}
    return services.save_question(
        version_id=draft.pk,
        lineage=question.lineage,
        base_revision=base,
        fields=named,
        by=by.pk,
        now=NOW,
    )


def ready(draft: ToolVersion, by: Any) -> ToolQuestion:
    """A draft with one reworded question and a note."""
    question = coded(draft)
    change(draft, question, by, text_en="Are all the exits open at all times?", comparable="yes")
    describe(draft, by, note=NOTE)
    return question


def describe(draft: ToolVersion, by: Any, **changes: Any) -> None:
    given = {name: getattr(draft, name) for name in ("label", "note", "name", "names")} | changes
    services.describe_draft(version_id=draft.pk, **given, by=by.pk, now=NOW)
    draft.refresh_from_db()


def publish(draft: ToolVersion, author: Any, second: Any, day: date = date(2027, 1, 1)) -> None:
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    services.approve_tool(version_id=draft.pk, by=second.pk, now=NOW)
    services.publish_tool(
        version_id=draft.pk, effective_from=day, by=author.pk, now=NOW, today=TODAY
    )


# -- fields -----------------------------------------------------------------------------------


def test_fields_of_every_question_make_the_same_row_again(bd: Any) -> None:
    for row in ToolQuestion.objects.all():
        names = fields.SETTINGS
        before = {name: getattr(row, name) for name in (
            "title", "text", "finding", "guidance", "value_type", "value_rules", "ilo", "law",
            "applies", "related", "is_structural", "structural_reason", "states",
        )}  # fmt: skip
        tags, flat = sorted(row.tags), fields.flat(row)
        assert not [name for name in flat if "." not in name and name not in names]
        fields.put(row, flat)
        assert {name: getattr(row, name) for name in before} == before, row.lineage
        assert row.tags == tags
        assert fields.flat(row) == flat


def test_no_question_of_the_library_has_a_fault(bd: Any) -> None:
    version = tool.version_in_force(TODAY)
    law = set(LawParameter.objects.filter(country="BD").values_list("code", flat=True))
    rows = list(ToolQuestion.objects.filter(version=version))
    lineages = [*(row.lineage for row in rows), *version.left_out]
    for row in rows:
        flat = fields.flat(row)
        found = fields.faults(row, flat, law=law, lineages=lineages, names=version.names)
        found.pop("related", None)  # questions of other countries
        assert not found, (row.lineage, found)


def test_version_and_library_say_the_same_to_the_checker(bd: Any) -> None:
    from assessments import library

    version = tool.version_in_force(TODAY)
    ours, theirs = definition_of(version), library.load().tool("BD")
    # The topic list and the choice of countries concern the library alone.
    everywhere = [
        replace(q, topics=(), applies=replace(q.applies, countries=frozenset()))
        for q in theirs.questions
    ]
    assert list(ours.questions) == everywhere
    assert ours.names == theirs.names
    assert {p.code for p in ours.law.parameters} == {p.code for p in theirs.law.parameters}


# -- drafts -----------------------------------------------------------------------------------


def test_draft_is_a_copy_that_nobody_but_editors_sees(bd: Any, jordan: Any, sign_in: Any) -> None:
    draft = make_draft()
    base = draft.based_on
    assert draft.label == "BD-2026.3"
    assert version_differences(base, draft, "BD").is_none
    assert tool.version_in_force(date(2030, 1, 1)).pk == base.pk
    assert sign_in("advisor").get(url("tool_version", draft.pk)).status_code == 403
    assert sign_in("manager").get(url("tool_version", draft.pk)).status_code == 200
    with scope.programme_scope(bd.pk, role="advisor"):
        assert not ToolVersion.objects.filter(pk=draft.pk).exists()
        assert not ToolQuestion.objects.filter(version_id=draft.pk).exists()
    stranger = sign_in("cat_editor", programme="JO")
    for name in ("tool_version", "tool_review", "tool_publish", "tool_describe", "tool_add"):
        assert stranger.get(url(name, draft.pk)).status_code == 404, name


def test_changed_words_are_drafts_again_and_so_are_their_translations(bd: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    question = coded(draft)
    given = {"state:text.en": "reviewed", "state:text.bn": "reviewed", "state:title.bn": "reviewed"}
    services.save_question(
        version_id=draft.pk, lineage=question.lineage, base_revision=1, fields=given,
        by=editor.pk, now=NOW,
    )  # fmt: skip
    question.refresh_from_db()
    assert question.states["bn"] == {"text": "reviewed", "title": "reviewed"}
    change(draft, question, editor, 2, text_en="Are the exits open at all times?")
    question.refresh_from_db()
    # The Bengali still says the old sentence, and the page says so.
    assert question.states["bn"] == {"title": "reviewed", "text": "stale"}
    assert fields.states_of(question, ["bn"])["bn"]["stale"] == 1
    change(draft, question, editor, 3, text_bn="প্রস্থান পথগুলি কি সব সময় খোলা?")
    question.refresh_from_db()
    assert question.states["bn"] == {"title": "reviewed"}
    assert (question.revision, question.changed_by_id) == (4, editor.pk)
    assert ToolEdit.objects.filter(version=draft, revision__isnull=False).count() == 4


def test_words_are_reviewed_by_another_than_their_writer(bd: Any, sign_in: Any) -> None:
    one, other = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(one)
    question = coded(draft)
    change(draft, question, one, title_bn="প্রস্থান পথ")
    address = url("tool_question", draft.pk, question.lineage)
    mine, hers = sign_in(user=one), sign_in(user=other)
    page = mine.get(address).content.decode()
    assert 'name="state:title.bn"' not in page
    assert 'name="state:title.en"' in page
    given = {"title.bn": "প্রস্থান পথ", "state:title.bn": "reviewed", "base_revision": "2"}
    answer = mine.post(address, given)
    assert answer.status_code == 422
    assert "another person reviews them" in answer.content.decode()
    assert 'name="state:title.bn"' in hers.get(address).content.decode()
    assert hers.post(address, given).status_code == 302
    question.refresh_from_db()
    assert question.states["bn"] == {"title": "reviewed"}
    # What she reviewed stays reviewed when he saves another field.
    change(draft, question, one, 3, text_bn="প্রস্থান পথগুলি কি খোলা?")
    question.refresh_from_db()
    assert question.states["bn"] == {"title": "reviewed"}


def test_file_reviews_no_words_of_its_own_bringer(bd: Any) -> None:
    one, other = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(one)
    question = coded(draft)
    change(draft, question, one, title_bn="প্রস্থান পথ")
    content = yaml.safe_load(export_tool(version_id=draft.pk, format="yaml"))
    for given in content["questions"]:
        if given["id"] == question.lineage:
            given["reviewed"] = {"bn": ["title"]}
    file = yaml.safe_dump(content, allow_unicode=True).encode()
    for person, states in ((one, {}), (other, {"bn": {"title": "reviewed"}})):
        import_tool(content=file, by=person.pk, now=NOW)
        question.refresh_from_db()
        assert question.states == states


def test_edits_of_other_fields_come_together(bd: Any) -> None:
    one, other = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(one)
    question = coded(draft)
    change(draft, question, one, title_en="Exits")
    saved = change(draft, question, other, title_bn="প্রস্থান পথ")
    assert saved.state == "merged"
    question.refresh_from_db()
    assert (question.title["en"], question.title["bn"]) == ("Exits", "প্রস্থান পথ")


def test_two_texts_are_both_kept_until_somebody_settles(bd: Any, sign_in: Any) -> None:
    one, other = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(one)
    question = coded(draft)
    change(draft, question, one, title_en="Exits of one")
    address = url("tool_question", draft.pk, question.lineage)
    client = sign_in(user=other)
    answer = client.post(address, {"title.en": "Exits of another", "base_revision": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Exits of one" in page
    assert ">Exits of another</textarea>" in page
    question.refresh_from_db()
    assert question.title["en"] == "Exits of one"
    kept = ToolEdit.objects.get(version=draft, revision__isnull=True)
    assert kept.content["title.en"] == "Exits of another"
    # The same sent again is kept once, and a review is not possible meanwhile.
    client.post(address, {"title.en": "Exits of another", "base_revision": "1"})
    assert ToolEdit.objects.filter(revision__isnull=True).count() == 1
    assert reads.drafts()[0].conflicts == 1
    third = {"title.en": "Exits of both", "base_revision": "2", "settles": str(kept.pk)}
    assert client.post(address, third).status_code == 302
    question.refresh_from_db()
    kept.refresh_from_db()
    assert question.title["en"] == "Exits of both"
    assert kept.settled_by_id == other.pk


def test_keeping_what_stands_settles_too(bd: Any, sign_in: Any) -> None:
    one, other = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(one)
    question = coded(draft)
    change(draft, question, one, title_en="Exits of one")
    kept = change(draft, question, other, title_en="Exits of another").edit
    assert sign_in(user=one).post(url("tool_keep_theirs", kept.pk)).status_code == 302
    kept.refresh_from_db()
    assert kept.settled_by_id == one.pk
    assert ToolQuestion.objects.get(pk=question.pk).title["en"] == "Exits of one"
    assert kept.content["title.en"] == "Exits of another"


def test_autosave_answers_with_the_new_revision(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    question = coded(draft)
    address = url("tool_question", draft.pk, question.lineage)
    client = sign_in(user=editor)
    headers = {"HX-Request": "true"}
    good = client.post(address, {"title.en": "Exits", "base_revision": "1"}, headers=headers)
    assert good.status_code == 200
    assert 'name="base_revision" value="2"' in good.content.decode()
    bad = client.post(address, {"title.en": "", "base_revision": "2"}, headers=headers)
    assert bad.status_code == 422
    assert "Write it in English" in bad.content.decode()
    assert ToolQuestion.objects.get(pk=question.pk).title["en"] == "Exits"


def test_page_that_was_saved_beside_others_does_not_undo_them(bd: Any, sign_in: Any) -> None:
    """The page goes on showing the old words of what another changed, and sends them each time."""
    one, other = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(one)
    question = coded(draft)
    old = {"title.en": question.title["en"], "finding.en": question.finding["en"]}
    address = url("tool_question", draft.pk, question.lineage)
    client, headers = sign_in(user=other), {"HX-Request": "true"}
    page = {**old, "title.bn": question.title["bn"], "base_revision": "1", "own_revisions": ""}

    def autosave(**given: str) -> str:
        page.update({name.replace("_", "."): text for name, text in given.items()})
        answer = client.post(address, page, headers=headers)
        assert answer.status_code == 200
        text = answer.content.decode()
        for name in ("base_revision", "own_revisions"):
            page[name] = text.split(f'name="{name}" value="')[1].split('"')[0]
        return text

    change(draft, question, one, title_en="Exits of one")
    assert "beside another" in autosave(title_bn="প্রস্থান পথ")
    autosave(title_bn="প্রস্থানের পথ")  # the same field again is no clash with oneself
    change(draft, question, one, 4, finding_en="Exits were shut.")
    autosave(title_bn="প্রস্থান")
    question.refresh_from_db()
    assert question.title == {**question.title, "en": "Exits of one", "bn": "প্রস্থান"}
    assert question.finding["en"] == "Exits were shut."
    # What both really change is still a clash.
    assert "Somebody else changed the same words" in autosave(title_en="Exits of another")
    question.refresh_from_db()
    assert question.title["en"] == "Exits of one"
    # Another's revisions are nobody's own.
    bad = client.post(address, {**page, "own_revisions": "2"}, headers=headers)
    assert bad.status_code == 422


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text.en": ""}, "Write it in English"),
        ({"title.en": "E" * 46}, "at most 45 signs"),
        ({"text.en": "At most {no_such_law} hours?"}, "Not known here: no_such_law"),
        ({"text.bn": "{min_age_employment}?"}, "cite the same here"),
        ({"look_at.en": "One\nTwo", "look_at.bn": "এক"}, "The English has 2 entries"),
        ({"comparable": "no", "comparable_note": ""}, "Write why the series breaks"),
        ({"min_workers": "many"}, "Write a number"),
        ({"min_workers": "90", "max_workers": "10"}, "The highest is below the lowest"),
        ({"related": "OSH-XX-99"}, "no question OSH-XX-99"),
    ],
)
def test_form_explains_itself_and_keeps_what_was_typed(
    bd: Any, sign_in: Any, given: dict[str, str], words: str
) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    question = coded(draft)
    answer = sign_in(user=editor).post(
        url("tool_question", draft.pk, question.lineage),
        {"finding.en": "Typed and kept.", "base_revision": "1", **given},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert ">Typed and kept.</textarea>" in page
    question.refresh_from_db()
    assert question.revision == 1


def test_fact_changes_its_range_unit_and_choices(bd: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    rows = ToolQuestion.objects.filter(version=draft, kind="fgw")
    number = rows.filter(value_type="number").first()
    change(draft, number, editor, **{"min": "1", "max": "2.5", "unit_en": "metres"})
    number.refresh_from_db()
    assert number.value_rules["min"] == 1
    assert number.value_rules["max"] == 2.5
    assert number.value_rules["unit"]["en"] == "metres"
    choice = rows.filter(value_type="choice").first()
    change(draft, choice, editor, choices="one\ntwo", **{"choice:one_en": "The first"})
    choice.refresh_from_db()
    assert choice.value_rules["choices"] == [
        {"key": "one", "label": {"en": "The first"}},
        {"key": "two", "label": {"en": "two"}},
    ]
    with pytest.raises(DomainError, match="question_faulty"):
        change(draft, choice, editor, 2, choices="one")
    with pytest.raises(DomainError, match="question_faulty"):
        change(draft, number, editor, 2, structural_reason="The law says so.")


def test_kind_and_breaching_answer_stay_with_the_lineage(bd: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    question = coded(draft)
    change(draft, question, editor, value_type="number", breach="yes", kind="fgw")
    fresh = ToolQuestion.objects.get(pk=question.pk)
    assert (fresh.kind, fresh.breach, fresh.value_type) == (question.kind, question.breach, "")


def test_question_is_left_out_and_brought_back_with_its_words(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    question = coded(draft)
    change(draft, question, editor, title_en="Exits, anew")
    client = sign_in(user=editor)
    address = url("tool_leave_out", draft.pk, question.lineage)
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Asked elsewhere."}).status_code == 302
    assert not ToolQuestion.objects.filter(version=draft, lineage=question.lineage).exists()
    page = client.get(url("tool_version", draft.pk)).content.decode()
    assert "Asked elsewhere." in page
    draft.refresh_from_db()
    assert question.lineage in {
        q.lineage for q in version_differences(draft.based_on, draft, "BD").removed
    }
    back = client.post(url("tool_bring_back", draft.pk, question.lineage))
    assert back.status_code == 302
    again = ToolQuestion.objects.get(version=draft, lineage=question.lineage)
    assert again.title["en"] == "Exits, anew"
    assert again.breach == question.breach
    draft.refresh_from_db()
    assert question.lineage not in draft.left_out


def test_question_left_out_by_an_earlier_version_is_brought_back(bd: Any, sign_in: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    first = make_draft(author)
    question = coded(first)
    change(first, question, author, title_en="Exits, anew", comparable="yes")
    question.refresh_from_db()
    describe(first, author, note=NOTE)
    services.leave_out(
        version_id=first.pk, lineage=question.lineage, reason="Elsewhere.", by=author.pk, now=NOW
    )
    publish(first, author, second)
    draft = services.begin_draft(based_on_id=first.pk, by=author.pk, now=NOW)
    later = services.begin_draft(based_on_id=first.pk, by=author.pk, now=NOW)
    assert question.lineage in later.left_out
    client = sign_in(user=author)
    back = client.post(url("tool_bring_back", draft.pk, question.lineage))
    assert back.status_code == 302
    again = ToolQuestion.objects.get(version=draft, lineage=question.lineage)
    assert (again.title["en"], again.breach) == ("Exits, anew", question.breach)
    assert again.slcp == question.slcp != {}
    # It goes on being written here, also by two at once.
    change(draft, again, author, again.revision, title_en="Exits once more")
    saved = change(draft, again, second, again.revision, title_bn="প্রস্থান পথ")
    assert saved.state == "merged"


def test_question_of_the_country_and_one_of_the_library_are_added(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    client = sign_in(user=editor)
    given = {
        "point": "OSH-EP", "kind": "ncq", "answer": "no", "title": "Roof doors",
        "text": "Are the doors to the roof unlocked?",
    }  # fmt: skip
    missing = client.post(url("tool_add", draft.pk), given)
    assert missing.status_code == 422
    assert "Write it in English" in missing.content.decode()
    made = client.post(url("tool_add", draft.pk), {**given, "finding": "The roof was locked."})
    assert made.status_code == 302
    question = ToolQuestion.objects.get(version=draft, lineage="OSH-EP-BD01")
    points = list(
        ToolQuestion.objects.filter(version=draft).order_by("order").values_list("point", flat=True)
    )
    first, many = points.index("OSH-EP"), points.count("OSH-EP")
    assert set(points[first : first + many]) == {"OSH-EP"}
    second = services.add_question(
        version_id=draft.pk, **{**given, "finding": "It was locked."}, by=editor.pk, now=NOW
    )
    assert second.lineage == "OSH-EP-BD02"
    assert question.breach == "no"
    left_out = next(iter(draft.based_on.left_out))
    assert client.post(url("tool_bring_back", draft.pk, left_out)).status_code == 302
    assert ToolQuestion.objects.filter(version=draft, lineage=left_out).exists()


def test_order_within_a_point(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    point = coded(draft).point_id

    def order() -> list[str]:
        rows = ToolQuestion.objects.filter(version=draft, point_id=point).order_by("order")
        return list(rows.values_list("lineage", flat=True))

    first, second = order()[:2]
    client = sign_in(user=editor)
    assert client.post(url("tool_move", draft.pk, second), {"to": "up"}).status_code == 302
    assert order()[:2] == [second, first]
    client.post(url("tool_move", draft.pk, second), {"to": "up"})
    assert order()[:2] == [second, first]


def test_description_is_checked(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    name = next(iter(draft.names))
    cites = {f"text.{each}": f"Does the {{{name}}} meet?" for each in fields.LANGUAGES}
    change(draft, coded(draft), editor, **cites)
    client = sign_in(user=editor)
    good = {"label": "BD-2027.1", "note": NOTE, "name": "en: Tool", "names": ""}
    for bad, words in (
        ({"label": draft.based_on.label}, "Another version has the label"),
        ({"label": "no spaces please"}, "Write a label of letters"),
        ({"name": "Tool"}, "Write each line as a language"),
        ({"names": "committee"}, "This line could not be read"),
        ({}, "Questions cite"),  # the local names are cited
    ):
        answer = client.post(url("tool_describe", draft.pk), {**good, **bad})
        assert answer.status_code == 422, words
        assert words in answer.content.decode()
        assert NOTE in answer.content.decode()
    from assessments.forms_tool import DescribeForm

    kept = DescribeForm.initial_of(draft)
    answer = client.post(url("tool_describe", draft.pk), {**kept, "note": NOTE})
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.note == NOTE
    assert draft.names == draft.based_on.names


# -- review and publication -------------------------------------------------------------------


def test_review_by_a_second_person_and_publication(bd: Any, sign_in: Any) -> None:
    author, second = make_member("cat_editor"), make_member("manager")
    draft = make_draft(author)
    question = ready(draft, author)
    mine, hers = sign_in(user=author), sign_in(user=second)
    assert mine.post(url("tool_step", draft.pk), {"step": "ask"}).status_code == 302
    # Closed while under review.
    with pytest.raises(NotAllowed, match="tool_refused"):
        change(draft, question, author, 2, title_en="Late")
    page = hers.get(url("tool_review", draft.pk)).content.decode()
    assert "<ins>" in page
    assert "<del>" in page
    own = mine.post(url("tool_step", draft.pk), {"step": "approve"})
    assert own.status_code == 422
    assert "another person must approve" in own.content.decode()
    early = mine.post(url("tool_publish", draft.pk), {"effective_from": "2027-01-01"})
    assert early.status_code == 422
    assert "A second person has not approved" in early.content.decode()
    assert hers.post(url("tool_step", draft.pk), {"step": "approve"}).status_code == 302
    # A manager approves but does not publish.
    assert post(hers, {"effective_from": "2099-01-01"}, "tool_publish", draft.pk) == 422
    past = mine.post(url("tool_publish", draft.pk), {"effective_from": "2020-01-01"})
    assert past.status_code == 422
    assert "The day lies in the past" in past.content.decode()
    done = mine.post(url("tool_publish", draft.pk), {"effective_from": "2099-01-01"})
    assert done.status_code == 302
    draft.refresh_from_db()
    assert (draft.status, draft.approved_by_id) == ("published", second.pk)
    assert draft.content_hash
    assert tool.version_in_force(date(2099, 1, 1)).pk == draft.pk
    assert tool.version_in_force(date(2098, 12, 31)).pk == draft.based_on_id
    events = TrailEvent.objects.filter(object_id=str(draft.pk))
    assert set(events.values_list("action", flat=True)) == {
        "tool_drafted",
        "tool_review_asked",
        "tool_approved",
        "tool_published",
    }


def test_what_keeps_a_draft_from_review_is_said(bd: Any, sign_in: Any) -> None:
    author = make_member("cat_editor")
    draft = make_draft(author)
    client = sign_in(user=author)
    page = client.post(url("tool_step", draft.pk), {"step": "ask"})
    assert page.status_code == 422
    assert "Nothing has changed in it yet" in page.content.decode()
    change(draft, coded(draft), author, text_en="Are the exits open?")
    page = client.post(url("tool_step", draft.pk), {"step": "ask"}).content.decode()
    assert "do not say yet whether their series goes on" in page
    assert "Its note is empty" in page


def test_returned_with_a_comment_that_has_to_be_settled(bd: Any, sign_in: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(author)
    question = ready(draft, author)
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    hers = sign_in(user=second)
    given = {"question": question.lineage, "text": "Which exits?"}
    assert hers.post(url("tool_comment", draft.pk), given).status_code == 302
    refused = hers.post(url("tool_step", draft.pk), {"step": "approve"})
    assert "Comments wait to be settled" in refused.content.decode()
    assert post(hers, {"step": "return", "text": "See it."}, "tool_step", draft.pk) == 302
    assert change(draft, question, author, 2, title_en="Exits").state == "saved"
    for comment in ToolComment.objects.filter(version=draft):
        assert sign_in(user=author).post(url("tool_resolve", comment.pk)).status_code == 302
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    services.approve_tool(version_id=draft.pk, by=second.pk, now=NOW)
    empty = hers.post(url("tool_comment", draft.pk), {"text": " "})
    assert empty.status_code == 422
    assert "Write a few words first" in empty.content.decode()


def test_the_checker_keeps_a_faulty_version_back(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(author)
    question = ready(draft, author)
    # Past the form, as an import might: the database lets a draft say anything.
    ToolQuestion.objects.filter(pk=question.pk).update(text={"en": "At most {no_such_law} hours?"})
    assert any(f.severity == "error" for f in findings_of(draft))
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    with pytest.raises(NotAllowed, match="tool_faults"):
        services.approve_tool(version_id=draft.pk, by=second.pk, now=NOW)


def import_into(draft: ToolVersion, by: Any, alter: Any) -> None:
    """The draft as a file, altered and taken in again by `by`."""
    data = yaml.safe_load(export_tool(version_id=draft.pk, format="yaml"))
    alter(data)
    content = yaml.safe_dump(data, allow_unicode=True, sort_keys=False).encode()
    assert not import_tool(content=content, by=by.pk, now=NOW).is_same


def _leave_out(draft: ToolVersion, by: Any) -> None:
    services.leave_out(
        version_id=draft.pk, lineage=coded(draft, 3).lineage, reason="Asked elsewhere.",
        by=by.pk, now=NOW,
    )  # fmt: skip


def _names(draft: ToolVersion, by: Any) -> None:
    first, *rest = draft.names
    renamed = {first: {"en": "Another name"}, **{code: draft.names[code] for code in rest}}
    describe(draft, by, names=renamed)


def _bring_back(draft: ToolVersion, by: Any) -> None:
    lineage = next(iter(draft.based_on.left_out))
    services.bring_back(version_id=draft.pk, lineage=lineage, by=by.pk, now=NOW)
    # Out again by the author: the question is gone, and so is who changed it.
    services.leave_out(
        version_id=draft.pk, lineage=lineage, reason="No.", by=draft.created_by_id, now=NOW
    )


def _move(draft: ToolVersion, by: Any) -> None:
    point = coded(draft).point_id
    rows = ToolQuestion.objects.filter(version=draft, point=point).order_by("order")
    question, author = rows[1], draft.created_by
    change(draft, question, author, title_en="Ours", comparable="yes")
    services.move_question(
        version_id=draft.pk, lineage=question.lineage, up=True, by=by.pk, now=NOW
    )
    # Changed by the author afterwards, whose name then stands with the question.
    change(draft, question, author, 2, title_en="Ours again")


def _import_name(draft: ToolVersion, by: Any) -> None:
    import_into(draft, by, lambda data: data["tool"]["name"].update(en="Another tool"))


def _import_order(draft: ToolVersion, by: Any) -> None:
    def swap(data: Any) -> None:
        rows, point = data["questions"], coded(draft).point_id
        one, two = [i for i, row in enumerate(rows) if row["point"] == point][:2]
        rows[one], rows[two] = rows[two], rows[one]

    import_into(draft, by, swap)


def _import_reason(draft: ToolVersion, by: Any) -> None:
    lineage = next(iter(draft.left_out))
    import_into(draft, by, lambda data: data["left_out"].update({lineage: "Another reason."}))


@pytest.mark.parametrize(
    "step",
    [_leave_out, _names, _bring_back, _move, _import_name, _import_order, _import_reason],
)
def test_who_changed_the_draft_itself_does_not_approve_it(bd: Any, step: Any) -> None:
    author, second, third = (make_member("cat_editor") for _ in range(3))
    draft = make_draft(author)
    ready(draft, author)
    step(draft, second)
    draft.refresh_from_db()
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    with pytest.raises(NotAllowed) as caught:
        services.approve_tool(version_id=draft.pk, by=second.pk, now=NOW)
    assert "tool_same_person" in caught.value.facts["against"]
    with (
        scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk),
        refused("tool_author"),
        transaction.atomic(),
    ):
        ToolVersion.objects.filter(pk=draft.pk).update(approved_by=second, approved_at=NOW)
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=third.pk):
        services.approve_tool(version_id=draft.pk, by=third.pk, now=NOW)


def test_who_is_named_with_a_question_left_out_does_not_approve(bd: Any) -> None:
    """By the entry alone, and not for what the version before left out already."""
    author, second, third = (make_member("cat_editor") for _ in range(3))
    draft = make_draft(author)
    ready(draft, author)
    _leave_out(draft, third)
    publish(draft, author, second)
    again = services.begin_draft(based_on_id=draft.pk, by=author.pk, now=NOW)
    question = coded(again)
    describe(again, author, note=NOTE)
    change(again, question, author, title_en="Exits", comparable="yes")
    entry = {"reason": "By other means.", "by": second.pk}
    ToolVersion.objects.filter(pk=again.pk).update(left_out={**again.left_out, "OSH-X-1": entry})
    services.ask_tool_review(version_id=again.pk, by=author.pk, now=NOW)
    with pytest.raises(NotAllowed, match="tool_refused"):
        services.approve_tool(version_id=again.pk, by=second.pk, now=NOW)
    rows = ToolVersion.objects.filter(pk=again.pk)
    with (
        scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk),
        refused("tool_author"),
        transaction.atomic(),
    ):
        rows.update(approved_by=second, approved_at=NOW)
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=third.pk):
        assert rows.update(approved_by=third, approved_at=NOW) == 1


def test_saving_the_same_description_makes_no_author(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(author)
    ready(draft, author)
    describe(draft, second)
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    services.approve_tool(version_id=draft.pk, by=second.pk, now=NOW)


@pytest.mark.parametrize("label", ["no spaces", "BD-2027.1\n", "x", "../BD", 'a"b', "B" * 33])
def test_malformed_label_is_refused(bd: Any, sign_in: Any, label: str) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    content = export_tool(version_id=draft.pk, format="yaml")
    for dry_run in (True, False):
        with pytest.raises(DomainError, match="label_malformed"):
            import_tool(content=content, by=editor.pk, now=NOW, label=label, dry_run=dry_run)
    with pytest.raises(DomainError, match="label_malformed"):
        describe(draft, editor, label=label)
    if label == label.strip():
        given = {"label": label, "step": "take", "file": SimpleUploadedFile("a.yaml", content)}
        answer = sign_in(user=editor).post(url("tool_upload"), given)
        assert answer.status_code == 422
        assert "Write a label of letters" in answer.content.decode()
    assert ToolVersion.objects.filter(status="draft").count() == 1


# -- what the database holds by itself --------------------------------------------------------


def refused(match: str) -> Any:
    return pytest.raises((IntegrityError, ProgrammingError), match=match)


def test_published_version_never_changes_by_sql(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(author)
    question = ready(draft, author)
    publish(draft, author, second)
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=author.pk):
        for statement in (
            "UPDATE assessments_toolquestion SET title = '{}' WHERE id = %s",
            "UPDATE assessments_toolquestion SET comparable = 'yes' WHERE id = %s",
            "DELETE FROM assessments_toolquestion WHERE id = %s",
        ):
            with refused("tool_published"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [question.pk])
        for column, value in (
            ("label", "'BD-0'"), ("names", "'{}'"), ("note", "'other'"), ("status", "'draft'"),
            ("effective_from", "'2026-12-01'"), ("approved_by_id", "NULL"), ("left_out", "'{}'"),
            ("published_at", "now()"),
        ):  # fmt: skip
            statement = f"UPDATE assessments_toolversion SET {column} = {value} WHERE id = %s"  # noqa: S608
            with refused("append_only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [draft.pk])
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM assessments_toolversion WHERE id = %s", [draft.pk])
            assert cursor.rowcount == 0


def test_second_person_by_sql(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(author)
    ready(draft, author)
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    set_to = "UPDATE assessments_toolversion SET {} WHERE id = %s"

    def run(change: str, *values: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(set_to.format(change), [*values, draft.pk])

    with scope.programme_scope(bd.pk, role="cat_editor", user_id=author.pk):
        # Not the one who asked, not in another's name, not an author, not unreviewed.
        with refused("tool_approved_by_another|tool_author"):
            run("approved_by_id = %s, approved_at = now()", author.pk)
        with refused("tool_approver"):
            run("approved_by_id = %s, approved_at = now()", second.pk)
        with refused("tool_unreviewed"):
            run("status = 'published', published_at = now()")
        with refused("tool_published_after_review"):
            run("status = 'published', published_at = now(), published_by_id = %s", author.pk)
    ToolEdit.objects.create(
        version=draft, lineage="OSH-EP-03", base_revision=8, revision=9, content={},
        made_by=second, made_at=NOW,
    )  # fmt: skip
    with (
        scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk),
        refused("tool_author"),
    ):
        run("approved_by_id = %s, approved_at = now()", second.pk)


@pytest.mark.parametrize("what", ["names", "left_out", "words", "order", "gone"])
def test_who_changes_a_draft_by_sql_is_an_author(bd: Any, what: str) -> None:
    """Without a line of history: the database writes down who it was, and takes nobody away."""
    author, second, third = (make_member("cat_editor") for _ in range(3))
    draft = make_draft(author)
    ready(draft, author)
    rows = ToolVersion.objects.filter(pk=draft.pk)
    mine = ToolQuestion.objects.filter(version=draft, pk=coded(draft, 3).pk)
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk):
        if what == "names":
            rows.update(names={})
        elif what == "left_out":
            rows.update(left_out={})
        elif what == "words":
            mine.update(title={"en": "Other"})
        elif what == "order":
            mine.update(order=900)
        else:
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM assessments_toolquestion WHERE id = %s", [mine.get().pk]
                )
        rows.update(authors=[])
    assert rows.get().authors == [second.pk]
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=author.pk):
        services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
        rows.update(authors=[author.pk, third.pk])  # nobody names another
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk):
        with refused("tool_author"), transaction.atomic():
            rows.update(approved_by=second, approved_at=NOW)
        with pytest.raises(NotAllowed, match="tool_refused"):
            services.approve_tool(version_id=draft.pk, by=second.pk, now=NOW)
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=third.pk):
        services.approve_tool(version_id=draft.pk, by=third.pk, now=NOW)


def test_draft_under_review_is_closed_by_sql(bd: Any) -> None:
    author = make_member("cat_editor")
    draft = make_draft(author)
    question = ready(draft, author)
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    with refused("tool_closed"), transaction.atomic():
        ToolQuestion.objects.filter(pk=question.pk).update(comparable="")

    with scope.programme_scope(bd.pk, role="cat_editor", user_id=author.pk):
        for values in ({"names": {}}, {"left_out": {}}, {"note": "Other"}):
            with refused("tool_closed"), transaction.atomic():
                ToolVersion.objects.filter(pk=draft.pk).update(**values)


def test_version_begins_as_a_draft_by_sql(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    given = {"label": "BD-2030.1", "effective_from": date(2030, 1, 1), "created_by": author}
    asked = {"review_asked_at": NOW, "review_asked_by": author}
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk):
        for extra in (
            {"status": "published", "published_at": NOW},
            {"status": "retired", "published_at": NOW, "retired_at": NOW, "retired_reason": "Old"},
            {**asked, "approved_by": second, "approved_at": NOW},
            {"review_asked_by": author, "approved_by": second},
            {**asked, "approved_at": NOW},
        ):
            with refused("tool_begins"), transaction.atomic():
                ToolVersion.objects.create(**given, **extra)
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=author.pk):
        draft = ToolVersion.objects.create(**given)
    # Not approved before a review is asked for.
    with (
        scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk),
        refused("tool_approved_in_review"),
        transaction.atomic(),
    ):
        ToolVersion.objects.filter(pk=draft.pk).update(
            review_asked_by=author, approved_by=second, approved_at=NOW
        )


def test_history_and_comments_are_kept_by_sql(bd: Any) -> None:
    author = make_member("cat_editor")
    draft = make_draft(author)
    change(draft, coded(draft), author, title_en="Exits")
    services.comment_on_tool(version_id=draft.pk, lineage="", text="Why?", by=author.pk, now=NOW)
    for rows, values in (
        (ToolEdit.objects.filter(version=draft), {"content": {}}),
        (ToolComment.objects.filter(version=draft), {"text": "other"}),
    ):
        with refused("append_only"), transaction.atomic():
            rows.update(**values)
        rows.delete()
        assert rows.exists()


# -- in force and retired ---------------------------------------------------------------------


def test_a_visit_is_held_with_the_version_in_force_on_its_day(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    planned = make_planned(date(2027, 6, 7))
    begun = make_begun(date(2026, 6, 1))
    draft = make_draft(author)
    ready(draft, author)
    publish(draft, author, second)
    services.check_in(assessment_id=planned.pk, by=planned.lead.pk, now=at(date(2027, 6, 7)))
    assert planned.fresh().version_id == draft.pk
    assert begun.fresh().version_id == draft.based_on_id


def test_retiring(bd: Any, sign_in: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    client = sign_in(user=author)
    only = tool.version_in_force(TODAY)
    answer = client.post(url("tool_retire", only.pk), {"reason": "Old."})
    assert answer.status_code == 422
    assert "the only version in force" in answer.content.decode()
    draft = make_draft(author)
    ready(draft, author)
    publish(draft, author, second, TODAY)
    with pytest.raises(DomainError, match="reason_needed"):
        services.retire_tool(version_id=only.pk, reason=" ", by=author.pk, now=NOW, today=TODAY)
    services.retire_tool(version_id=only.pk, reason="Replaced.", by=author.pk, now=NOW, today=TODAY)
    assert tool.version_in_force(TODAY).pk == draft.pk
    with refused("append_only"), transaction.atomic():
        ToolVersion.objects.filter(pk=only.pk).update(retired_reason="Other")
    page = client.get(url("tool_published")).content.decode()
    assert "Replaced." in page


def test_set_aside_draft_is_kept_out_of_sight(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    client = sign_in(user=editor)
    assert client.get(url("tool_aside", draft.pk)).status_code == 200
    assert client.post(url("tool_aside", draft.pk)).status_code == 302
    assert draft.label not in client.get(url("tool_drafts")).content.decode()
    with pytest.raises(NotAllowed):
        change(draft, coded(draft), editor, title_en="Late")


# -- comparing, impact, previews --------------------------------------------------------------


def test_compare_page_shows_word_by_word(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    question = coded(draft)
    first, *rest = question.title["en"].split(" ")
    change(draft, question, editor, title_en=" ".join(["Changed", *rest]))
    query = {"before": str(draft.based_on_id), "now": str(draft.pk)}
    page = sign_in(user=editor).get(url("tool_compare"), query).content.decode()
    assert f"<del>{first}</del><ins>Changed</ins>" in page
    assert "1 reworded" in page


def test_the_version_before_is_compared_where_nothing_is_chosen(bd: Any, sign_in: Any) -> None:
    later = replace(library.load().tool("BD"), label="BD-2026.7", effective_from=date(2026, 3, 1))
    loading._load_tool(later)
    page = sign_in("cat_editor").get(url("tool_compare")).content.decode()
    assert "From BD-2026.2 to BD-2026.7" in page


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("hours_day", "8 hours (Labour Act 2006 s.100)"),
        ("bipartite_name", "Participation Committee (Labour Act 2006 ss.205-208)"),
        (
            "age_evidence",
            "birth certificate, school certificate or registered practitioner's certificate "
            "(Labour Act 2006 s.36)",
        ),
        ("public_holidays", "13 days (Labour Act 2006 s.118 as amended 2025 · since 17 Nov 2025)"),
    ],
)
def test_law_in_one_line_names_its_unit_once(bd: Any, code: str, said: str) -> None:
    assert law_words(tool.law_on("BD", date(2026, 6, 1))[code]) == said


def test_another_countrys_tool_is_compared_and_the_look_is_recorded(
    bd: Any, jordan: Any, sign_in: Any
) -> None:
    editor = make_member("cat_editor")
    page = sign_in(user=editor).get(url("tool_compare"), {"before": "country:JO"})
    html = page.content.decode()
    assert page.status_code == 200
    assert "JO-2026.2" in html
    assert "other law" in html
    assert "reworded" in html
    event = TrailEvent.objects.get(action="tool_read_abroad")
    assert event.facts == {"country": "JO"}
    with scope.programme_scope(jordan.pk):
        theirs = TrailEvent.objects.get(action="tool_read_abroad")
        assert theirs.actor_id == editor.pk
    assert sign_in("advisor").get(url("tool_compare")).status_code == 403


def test_impact_counts_no_sealed_visit(bd: Any, sign_in: Any) -> None:
    author = make_member("cat_editor")
    begun = make_begun()
    draft = make_draft(author)
    question = ready(draft, author)
    services.save_question(
        version_id=draft.pk, lineage=question.lineage, base_revision=2,
        fields={"comparable": "no", "comparable_note": "Stairs count now."}, by=author.pk, now=NOW,
    )  # fmt: skip
    client = sign_in(user=author)
    before = client.get(url("tool_publish", draft.pk)).content.decode()
    assert "1 has begun and keeps its version" in before
    assert "Stairs count now." in before
    assert "1 question (compliance points: 1)" in before
    make_planned(date(2027, 6, 7))
    after = client.get(url("tool_publish", draft.pk)).content.decode()
    assert len(after) == len(before)
    assert Assessment.objects.filter(sealed=True).exists()
    # Not even one whose team the editor is on: figures are the same for whoever looks.
    assert begun.fresh().sealed is False


def test_series_notes_name_version_and_reason(bd: Any, sign_in: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    draft = make_draft(author)
    question = ready(draft, author)
    services.save_question(
        version_id=draft.pk, lineage=question.lineage, base_revision=2,
        fields={"comparable": "no", "comparable_note": "Stairs count now."}, by=author.pk, now=NOW,
    )  # fmt: skip
    assert reads.series_notes(question.point_id) == []
    publish(draft, author, second)
    notes = reads.series_notes(question.point_id)
    assert [(n.kind, n.lineage, n.note, n.label) for n in notes] == [
        ("meaning", question.lineage, "Stairs count now.", draft.label)
    ]
    rates = reverse("reporting:rates")
    page = sign_in("manager").get(rates, {"point": question.point_id}).content.decode()
    assert "The series breaks here" in page
    assert "Stairs count now." in page
    other = ToolQuestion.objects.filter(version=draft, kind="ncq").exclude(point=question.point_id)
    page = sign_in("manager").get(rates, {"point": other[0].point_id}).content.decode()
    assert "The series breaks here" not in page


@pytest.mark.parametrize("language", ["en", "bn", "ar"])
def test_previews_in_each_language(bd: Any, sign_in: Any, language: str) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    question = coded(draft)
    client = sign_in(user=editor)
    words = question.text[language]
    for address in (
        url("tool_preview", draft.pk, question.lineage),
        url("tool_print", draft.pk),
    ):
        page = client.get(address, {"lang": language}).content.decode()
        assert words in page
        assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page


def test_the_preview_prints_law_as_a_report_does(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    version = tool.version_in_force(TODAY)
    client = sign_in(user=editor)
    seen = client.get(url("tool_preview", version.pk, "WT-LV-06"), {"lang": "ar"}).content.decode()
    rows = seen[seen.index('class="paper"') :]
    assert '<bdi lang="en" dir="ltr">Labour Act 2006 ss.45-47 as amended 2025</bdi>' in rows
    # The wording with its unit: a bare 120 would tell nobody what is counted.
    assert "120 days (60 before, 60 after; flexible on notice)" in rows
    assert "C183 Art. 4" in rows
    for address in (url("tool_print", version.pk), url("tool")):
        page = client.get(address, {"lang": "bn"}).content.decode()
        assert "120 days (60 before, 60 after; flexible on notice)" in page


def test_english_changes_first_and_the_translations_lag_until_the_review(bd: Any) -> None:
    author = make_member("cat_editor")
    draft = make_draft(author)
    question = ready(draft, author)
    before = fields.flat(ToolQuestion.objects.get(pk=question.pk))
    more = before["look_at.en"] + "\nBoxes: one for every {first_aid} workers"
    saved = change(draft, question, author, base=2, look_at_en=more)
    assert saved.state == "saved"
    after = fields.flat(ToolQuestion.objects.get(pk=question.pk))
    # The words of the other languages are kept as they are, and marked.
    for language in ("bn", "ar"):
        assert after[f"look_at.{language}"] == before[f"look_at.{language}"]
        assert after[f"state:look_at.{language}"] == "stale"
    behind = {
        (found.code, found.language) for found in findings_of(draft) if found.severity == "error"
    }
    assert behind == {("guidance_count", "bn")}  # the languages this tool is kept in
    # A translation that is written anew has to fit.
    with pytest.raises(DomainError, match="question_faulty"):
        change(draft, question, author, base=3, look_at_bn="দরজা")
    # A file that only carries the words along is no worse.
    text = export_tool(version_id=draft.pk, format="yaml")
    assert import_tool(content=text, by=author.pk, now=NOW).is_same
    services.ask_tool_review(version_id=draft.pk, by=author.pk, now=NOW)
    with pytest.raises(NotAllowed, match="tool_faults"):
        services.approve_tool(version_id=draft.pk, by=make_member("cat_editor").pk, now=NOW)


def test_a_parameter_leads_to_the_questions_that_cite_it(bd: Any, sign_in: Any) -> None:
    version = tool.version_in_force(TODAY)
    client = sign_in("cat_editor")
    page = client.get(url("law_parameter", "maternity_leave")).content.decode()
    address = url("tool_question", version.pk, "WT-LV-06")
    assert f'href="{address}"' in page
    assert client.get(address).status_code == 200


def test_unverified_law_is_marked_and_never_printed(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    unsure = LawParameter.objects.filter(country="BD", confidence="low").first()
    question = coded(draft)
    change(draft, question, editor, law=unsure.code)
    client = sign_in(user=editor)
    page = client.get(url("tool_question", draft.pk, question.lineage)).content.decode()
    assert "not verified: never printed as law" in page
    seen = client.get(url("tool_preview", draft.pk, question.lineage)).content.decode()
    paper = seen[seen.index('class="paper"') :]
    assert "No law is printed" in paper
    assert (unsure.reference or unsure.topic) not in paper


def test_translation_gaps(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    question = coded(draft)
    change(draft, question, editor, title_bn="")
    states, gaps = reads.translations(draft, "bn", "missing")
    assert [gap.fields for gap in gaps if gap.lineage == question.lineage] == [("title",)]
    by_language = {each.language: each for each in states}
    assert by_language["en"].missing == 0
    page = sign_in(user=editor).get(url("translations"), {"version": str(draft.pk), "lang": "bn"})
    assert question.lineage in page.content.decode()


@pytest.mark.parametrize("name", ["tool_version", "tool_review", "tool_publish", "tool_print"])
def test_query_budget_of_a_whole_version(
    bd: Any, sign_in: Any, django_assert_max_num_queries: Any, name: str
) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    ready(draft, editor)
    client = sign_in(user=editor)
    client.get(url(name, draft.pk))
    with django_assert_max_num_queries(40 if name in ("tool_review", "tool_publish") else 15):
        assert client.get(url(name, draft.pk)).status_code == 200


def test_opening_the_tool_takes_few_queries(
    bd: Any, sign_in: Any, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("cat_editor")
    client.get(url("tool"))
    tool.forget()
    with django_assert_max_num_queries(12):
        assert client.get(url("tool")).status_code == 200


def test_question_page_holds_guidance_law_and_the_last_answer(bd: Any, sign_in: Any) -> None:
    """Without leaving it: what to look at, which law counts since when, what was said last time."""
    first = make_submitted(day=date(2026, 6, 1))
    Assessment.objects.filter(pk=first.pk).update(status="released", released_at=NOW)
    EngagementCycle.objects.filter(factory=first.assessment.factory).update(
        ends_on=date(2026, 12, 31)
    )
    make_cycle(first.assessment.factory, number=2, starts_on=date(2027, 1, 1))
    made = make_begun(date(2027, 6, 7), factory=first.assessment.factory)
    client = sign_in(user=made.lead)
    words = tool.words_of(tool.tool_of(made.assessment.version_id), "en", date(2027, 6, 7))
    asked = next(
        q
        for q in made.questions
        if not q.is_fact and any(x.is_verified and x.since for x in words[q.lineage].law)
    )
    page = client.get(url("question", made.pk, asked.lineage)).content.decode()
    law = next(x for x in words[asked.lineage].law if x.is_verified and x.since)
    assert escape(words[asked.lineage].look_at[0]) in page
    assert escape(law.reference) in page
    assert "Law in force on 7 Jun 2027" in page
    assert "June 2026" in page
    number = made.fact("number")
    page = client.get(url("question", made.pk, number.lineage)).content.decode()
    last = page[page.index('id="last"') :]
    assert f'June 2026: <b><bdi dir="auto">{number.rule.lowest}</bdi>' in last


# -- law --------------------------------------------------------------------------------------


def law_form(**changes: str) -> dict[str, str]:
    return {
        "value": "14", "unit": "days", "short": "", "text": "14 festival days",
        "reference": "Labour Act 2006 s.118 as amended 2027", "source": "https://example.org/act",
        "confidence": "high", "effective_from": "2027-07-01", "effective_to": "",
        "reason": "The act was amended.", **changes,
    }  # fmt: skip


def test_law_changes_by_a_period_that_another_person_approves(bd: Any, sign_in: Any) -> None:
    code = "public_holidays"
    before = tool.law_on("BD", date(2027, 6, 30))[code]
    author, second = make_member("cat_editor"), make_member("cat_editor")
    mine, hers = sign_in(user=author), sign_in(user=second)
    made = mine.post(url("law_propose", code), law_form())
    assert made.status_code == 302
    proposal = LawProposal.objects.get()
    assert (proposal.value, proposal.kind) == (14, "number")
    assert tool.law_on("BD", date(2027, 7, 1))[code] == before
    own = mine.post(url("law_proposal", proposal.pk), {"decision": "approved"})
    assert own.status_code == 422
    assert "another person must decide" in own.content.decode()
    unsaid = hers.post(url("law_proposal", proposal.pk), {"decision": "refused"})
    assert unsaid.status_code == 422
    assert hers.post(url("law_proposal", proposal.pk), {"decision": "approved"}).status_code == 302
    assert tool.law_on("BD", date(2027, 7, 1))[code].value == 14
    assert tool.law_on("BD", date(2027, 6, 30))[code] == before
    page = hers.get(url("law_parameter", code)).content.decode()
    assert "Labour Act 2006 s.118 as amended 2027" in page
    assert author.full_name in page
    again = mine.post(url("law_propose", code), law_form())
    assert again.status_code == 422
    assert "a period that begins on" in again.content.decode()


def _period(code: str, day: date) -> LawParameter:
    return LawParameter.objects.standing().get(country="BD", code=code, effective_from=day)


def test_wrong_period_is_corrected_under_the_same_first_day(bd: Any, sign_in: Any) -> None:
    code = "public_holidays"
    since = tool.law_on("BD", TODAY)[code].effective_from
    assert since is not None
    wrong = _period(code, since)
    author, second = make_member("cat_editor"), make_member("manager")
    mine, hers = sign_in(user=author), sign_in(user=second)
    page = mine.get(url("law_parameter", code)).content.decode()
    assert url("law_correct", code, wrong.pk) in page
    assert (
        url("law_correct", code, wrong.pk)
        not in hers.get(url("law_parameter", code)).content.decode()
    )
    given = law_form(value="11", effective_to="", reason="A slip: the gazette says eleven.")
    del given["effective_from"]
    form = mine.get(url("law_correct", code, wrong.pk)).content.decode()
    assert 'name="effective_from"' not in form
    assert mine.post(url("law_correct", code, wrong.pk), {**given, "reason": ""}).status_code == 422
    assert mine.post(url("law_correct", code, wrong.pk), given).status_code == 302
    assert mine.post(url("law_correct", code, wrong.pk), given).status_code == 422  # one waits
    proposal = LawProposal.objects.get()
    assert (proposal.corrects_id, proposal.effective_from) == (wrong.pk, since)
    side = hers.get(url("law_proposal", proposal.pk)).content.decode()
    assert "The correction of a period" in side
    assert tool.law_on("BD", TODAY)[code].value == wrong.value
    own = mine.post(url("law_proposal", proposal.pk), {"decision": "approved"})
    assert own.status_code == 422
    assert hers.post(url("law_proposal", proposal.pk), {"decision": "approved"}).status_code == 302
    assert tool.law_on("BD", TODAY)[code].value == 11
    assert tool.law_on("BD", date(2020, 1, 1)).get(code) != 11
    page = mine.get(url("law_parameter", code)).content.decode()
    assert "corrected since" in page
    assert "the gazette says eleven" in page
    # What was put right is not corrected again, but what stands in its place is.
    assert mine.get(url("law_correct", code, wrong.pk)).status_code == 404
    assert mine.get(url("law_correct", code, _period(code, since).pk)).status_code == 200
    # The tool is taken out and in with what stands, and the checker reads no more than that.
    version = tool.version_in_force(TODAY)
    law = yaml.safe_load(export_tool(version_id=version.pk, format="yaml"))["law"]
    assert [row["value"] for row in law if row["code"] == code] == [11]
    assert [p.value for p in definition_of(version).law.parameters if p.code == code] == [11]


def test_period_without_a_first_day_is_corrected_too(bd: Any, jordan: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    wrong = LawParameter.objects.filter(
        country="BD", kind="number", effective_from=None, confidence="high"
    ).first()
    said = {
        name: getattr(wrong, name)
        for name in ("code", "topic", "kind", "short", "unit", "text", "reference", "source",
                     "confidence", "effective_from", "effective_to")
    }  # fmt: skip
    for value in (77, 78):
        standing = LawParameter.objects.standing().get(country="BD", code=wrong.code)
        proposal = services.propose_law(
            **said, value=value, reason="Misread.", by=author.pk, now=NOW, corrects=standing.pk
        )
        services.decide_law(
            proposal_id=proposal.pk, decision="approved", note="", by=second.pk, now=NOW
        )
        assert tool.law_on("BD", date(2001, 1, 1))[wrong.code].value == value
    assert LawParameter.objects.filter(country="BD", code=wrong.code).count() == 3
    with pytest.raises(DomainError, match="law_period_unknown"):
        services.propose_law(
            **said, value=79, reason="Late.", by=author.pk, now=NOW, corrects=wrong.pk
        )
    abroad = LawParameter.objects.filter(country="JO", code=wrong.code).first()
    with pytest.raises(DomainError, match="law_period_unknown"):
        services.propose_law(
            **said, value=79, reason="Theirs.", by=author.pk, now=NOW, corrects=abroad.pk
        )


def test_corrected_law_by_sql(bd: Any) -> None:
    """A correction takes the place of what was proposed for it, once, and nothing else does."""
    author, second = make_member("cat_editor"), make_member("cat_editor")
    first, other = LawParameter.objects.filter(country="BD", kind="number", effective_from=None)[:2]
    names = ("code", "topic", "kind", "short", "unit", "text", "reference", "source",
             "confidence", "effective_from", "effective_to")  # fmt: skip
    said = {name: getattr(first, name) for name in names} | {"value": 77}
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=author.pk):
        proposal = services.propose_law(
            **said, reason="Misread.", by=author.pk, now=NOW, corrects=first.pk
        )
        with refused("append_only"), transaction.atomic():
            LawProposal.objects.filter(pk=proposal.pk).update(corrects=other)
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk):
        LawProposal.objects.filter(pk=proposal.pk).update(
            decision="approved", decided_by=second, decided_at=NOW
        )
        for wrong in ({}, {"corrects": other}):
            with refused("law_corrects"), transaction.atomic():
                LawParameter.objects.create(country="BD", proposal=proposal, **said, **wrong)
        made = LawParameter.objects.create(country="BD", proposal=proposal, corrects=first, **said)
    with scope.platform_scope(), refused("append_only"), transaction.atomic():
        LawParameter.objects.filter(pk=made.pk).update(corrects=other)


def test_law_form_explains_itself(bd: Any, sign_in: Any) -> None:
    client = sign_in("cat_editor")
    address = url("law_propose", "public_holidays")
    for changes, words in (
        ({"value": "about ten"}, "Write a number"),
        ({"source": ""}, "needs its reference and its source"),
        ({"value": ""}, "A checked value is not empty"),
        ({"effective_from": ""}, "This field is required"),
        ({"effective_to": "2027-01-01"}, "The last day lies before the first"),
        ({"short": "14 days"}, "Write each line as a language"),
    ):
        answer = client.post(address, law_form(**changes))
        page = answer.content.decode()
        assert answer.status_code == 422, words
        assert words in page
        assert "The act was amended." in page
    assert client.get(url("law_propose", "no_such_law")).status_code == 404


def test_a_convention_keeps_its_code_in_a_new_period(bd: Any, sign_in: Any) -> None:
    given = law_form(value="yes", unit="", text="denounced and ratified again")
    answer = sign_in("cat_editor").post(url("law_propose", "C138"), given)
    assert answer.status_code == 302, answer.content.decode()


def test_new_parameter_and_a_table(bd: Any, sign_in: Any) -> None:
    author, second = make_member("cat_editor"), make_member("manager")
    given = law_form(value="1 to 50 workers | 1 | people | 1 | 50\nmore | 2 | people")
    extra = {"code": "fire_wardens", "topic": "Health and safety", "kind": "table"}
    made = sign_in(user=author).post(url("law_new"), {**given, **extra})
    assert made.status_code == 302
    proposal = LawProposal.objects.get()
    assert proposal.value[0] == {
        "when": "1 to 50 workers", "value": 1, "unit": "people", "minimum": 1, "maximum": 50,
        "bound": "",
    }  # fmt: skip
    services.decide_law(
        proposal_id=proposal.pk, decision="approved", note="", by=second.pk, now=NOW
    )
    found = tool.law_on("BD", date(2027, 7, 1))["fire_wardens"]
    assert [row.when for row in found.value] == ["1 to 50 workers", "more"]
    bad = sign_in(user=author).post(url("law_new"), {**given, **extra, "code": "Fire-Wardens"})
    assert bad.status_code == 422


def test_unverified_law_needs_no_source_and_is_never_printed(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    proposal = services.propose_law(
        code="public_holidays", topic="Working Time", kind="number", value=15, short={},
        unit="days", text="", reference="", source="", confidence="low",
        effective_from=date(2027, 7, 1), effective_to=None, reason="Said in the press.",
        by=author.pk, now=NOW,
    )  # fmt: skip
    services.decide_law(
        proposal_id=proposal.pk, decision="approved", note="", by=second.pk, now=NOW
    )
    law = tool.law_on("BD", date(2027, 7, 1))
    assert not law["public_holidays"].is_verified
    assert "15" not in tool.resolve("{public_holidays} days", law, "en", {})


def test_law_by_sql(bd: Any, jordan: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    proposal = services.propose_law(
        code="public_holidays", topic="Working Time", kind="number", value=14, short={},
        unit="days", text="", reference="Act", source="Gazette", confidence="high",
        effective_from=date(2027, 7, 1), effective_to=None, reason="Amended.",
        by=author.pk, now=NOW,
    )  # fmt: skip
    row = {
        "country": "BD", "code": "public_holidays", "topic": "Working Time", "kind": "number",
        "value": 14, "confidence": "high", "effective_from": date(2027, 7, 1),
    }  # fmt: skip
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=author.pk):
        # Not without an approved proposal, nor with one that is still open.
        for extra in ({}, {"proposal": proposal}):
            with refused("row-level security"), transaction.atomic():
                LawParameter.objects.create(**row, **extra)
        # Not decided by the proposer, nor in another's name.
        for person, match in ((author, "law_proposal_decided_by_another"), (second, "law_decider")):
            with refused(match), transaction.atomic():
                LawProposal.objects.filter(pk=proposal.pk).update(
                    decision="approved", decided_by=person, decided_at=NOW
                )
        with refused("append_only"), transaction.atomic():
            LawProposal.objects.filter(pk=proposal.pk).update(value=99)
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk):
        services.decide_law(
            proposal_id=proposal.pk, decision="approved", note="", by=second.pk, now=NOW
        )
        with refused("row-level security"), transaction.atomic():
            LawParameter.objects.create(**{**row, "country": "JO"}, proposal=proposal)
        with refused("law_decided"), transaction.atomic():
            LawProposal.objects.filter(pk=proposal.pk).update(decision="refused")
    period = LawParameter.objects.get(proposal=proposal)
    with scope.platform_scope(), refused("append_only"), transaction.atomic():
        LawParameter.objects.filter(pk=period.pk).update(value=99)
    with scope.programme_scope(jordan.pk, role="cat_editor", user_id=author.pk):
        assert not LawProposal.objects.filter(pk=proposal.pk).exists()


def test_law_proposal_begins_undecided_in_ones_own_name_by_sql(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    given = {
        "code": "public_holidays", "topic": "Working Time", "kind": "number", "value": 99,
        "confidence": "low", "effective_from": date(2027, 7, 1), "reason": "So.",
        "proposed_at": NOW,
    }  # fmt: skip
    decided = {"decision": "approved", "decided_at": NOW}
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk):
        for extra in (
            {"proposed_by": author, "decided_by": second, **decided},
            {"proposed_by": second, "decided_by": author, **decided},
            {"proposed_by": author},
        ):
            with refused("law_proposer"), transaction.atomic():
                LawProposal.objects.create(**given, **extra)
        assert LawProposal.objects.create(**given, proposed_by=second).decision == ""


def test_law_is_carried_word_for_word_by_sql(bd: Any) -> None:
    author, second = make_member("cat_editor"), make_member("cat_editor")
    said = {
        "code": "public_holidays", "topic": "Working Time", "kind": "number", "value": 14,
        "short": {"en": "14 days"}, "unit": "days", "text": "Fourteen.", "reference": "Act s.1",
        "source": "Gazette", "confidence": "high", "effective_from": date(2027, 7, 1),
        "effective_to": None,
    }  # fmt: skip
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=author.pk):
        proposal = services.propose_law(**said, reason="Amended.", by=author.pk, now=NOW)
    others = {
        "code": "other", "topic": "Other", "kind": "text", "value": 15, "short": {},
        "unit": "weeks", "text": "Fifteen.", "reference": "Act s.2", "source": "Press",
        "confidence": "medium", "effective_from": date(2027, 7, 2),
        "effective_to": date(2028, 1, 1),
    }  # fmt: skip
    assert others.keys() == said.keys()
    with scope.programme_scope(bd.pk, role="cat_editor", user_id=second.pk):
        LawProposal.objects.filter(pk=proposal.pk).update(
            decision="approved", decided_by=second, decided_at=NOW
        )
        for name, value in others.items():
            with refused("row-level security"), transaction.atomic():
                LawParameter.objects.create(
                    country="BD", proposal=proposal, **{**said, name: value}
                )
        LawParameter.objects.create(country="BD", proposal=proposal, **said)


def test_law_page_names_its_topics_in_the_readers_language(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    for language in ("bn", "ar"):
        point = CompliancePoint.objects.select_related("cluster").get(pk="WT-OT")
        name = point.cluster.name[language]
        editor.language = language
        editor.save(update_fields=["language"])
        page = sign_in(user=editor).get(url("law")).content.decode()
        assert f">{name}</h2>" in page
        assert ">Working Time</h2>" not in page
        one = sign_in(user=editor).get(url("law_parameter", "public_holidays")).content.decode()
        assert name in one


def test_other_programme_and_other_roles_meet_no_proposal(bd: Any, sign_in: Any) -> None:
    author = make_member("cat_editor")
    client = sign_in(user=author)
    client.post(url("law_propose", "public_holidays"), law_form())
    proposal = LawProposal.objects.get()
    stranger = sign_in("cat_editor", programme="JO")
    assert stranger.get(url("law_proposal", proposal.pk)).status_code == 404
    assert sign_in("advisor").get(url("law_proposal", proposal.pk)).status_code == 403
    assert post(sign_in("manager"), law_form(), "law_propose", "public_holidays") == 403
    assert post(client, {"decision": "withdrawn"}, "law_proposal", proposal.pk) == 302
    assert client.get(url("law_proposal", uuid4())).status_code == 404
