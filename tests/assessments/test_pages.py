"""Pages by role: who sees what, how many queries it takes, what a refusal looks like."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from assessments import services
from assessments.models import Answer, AnswerConflict, Outcome
from betterwork.records.models import TrailEvent
from tests.assessments.builders import (
    FINDING,
    MONDAY,
    answer_all,
    content,
    make_begun,
    make_planned,
    make_submitted,
    save,
)
from tests.builders import make_factory, make_member

pytestmark = pytest.mark.django_db


def url(name: str, *args: Any) -> str:
    return reverse(f"assessments:{name}", args=args)


def post_json(client: Any, address: str, body: Any) -> Any:
    return client.post(
        address,
        body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
        headers={"accept": "application/json"},
    )


# -- secrecy ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["manager", "staff", "cat_editor", "advisor"])
def test_sealed_visit_leaves_no_trace_for_others(bd, sign_in, role) -> None:
    user = make_member(role)
    before = sign_in(user=user).get(url("list")).content
    made = make_planned(factory=make_factory("Hidden Fabrics"))
    after = sign_in(user=user).get(url("list"))
    assert b"Hidden Fabrics" not in after.content
    assert b"secret until check-in" not in after.content
    # Only the form's token differs from a page without the visit.
    assert len(after.content) == len(before)
    client = sign_in(user=user)
    for name in ("detail", "questions", "review", "draft", "schedule", "cancel"):
        answer = client.get(url(name, made.pk))
        absent = client.get(url(name, uuid4()))
        assert answer.status_code == absent.status_code in (404, 403), name
    assert client.get(url("question", made.pk, made.ncq().lineage)).status_code == 404


@pytest.mark.parametrize("role", ["ambassador", "committee_worker"])
def test_sealed_visit_is_hidden_from_its_factory(bd, sign_in, role) -> None:
    made = make_planned()
    user = make_member(role, factory=made.assessment.factory)
    client = sign_in(user=user)
    assert client.get(url("detail", made.pk)).status_code == 403
    assert client.get(url("draft", made.pk)).status_code == 404


def test_team_and_planner_open_the_envelope_and_it_is_recorded(bd, sign_in) -> None:
    made = make_planned(factory=make_factory("Hidden Fabrics"))
    for user in (made.lead, made.second, made.planner):
        client = sign_in(user=user)
        closed = client.get(url("list"))
        assert b"Hidden Fabrics" not in closed.content
        opened = client.get(url("list"), {"envelope": "open"})
        assert b"Hidden Fabrics" in opened.content
        detail = client.get(url("detail", made.pk))
        assert detail.status_code == 200
        assert made.lead.full_name in detail.content.decode()
    events = TrailEvent.objects.filter(action="envelope_opened")
    assert events.count() == 6
    assert set(events.values_list("sealed", flat=True)) == {True}


def test_other_programme_gets_404(bd, sign_in) -> None:
    made = make_submitted()
    client = sign_in("manager", programme="JO")
    assert client.get(url("detail", made.pk)).status_code == 404
    assert client.get(url("review", made.pk)).status_code == 404


# -- planning pages -----------------------------------------------------------------------------


def test_only_planners_plan(bd, sign_in) -> None:
    assert sign_in("manager").get(url("new")).status_code == 403
    assert sign_in("planner").get(url("new")).status_code == 200


def test_planning_form_keeps_what_was_typed_and_says_every_reason(bd, sign_in) -> None:
    made = make_planned()
    advisor = make_member("advisor")
    factory = make_factory(advisor=advisor)
    from tests.builders import make_cycle

    make_cycle(factory)
    today = timezone.localdate()
    monday = today + timedelta(days=7 - today.weekday())
    given = {
        "factory": factory.pk,
        "starts_on": monday.isoformat(),
        "ends_on": "",
        "modality": "on_site",
        "lead": advisor.pk,
        "second": advisor.pk,
    }
    client = sign_in("planner")
    answer = client.post(url("new"), given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "At least two assessors" in page
    assert "Nobody assesses a factory of the own caseload" in page
    assert f'value="{monday.isoformat()}"' in page
    answer = client.post(url("new"), {**given, "lead": made.lead.pk, "second": made.second.pk})
    assert answer.status_code == 302
    assert client.get(answer.url).status_code == 200


def test_reason_pages(bd, sign_in) -> None:
    made = make_planned()
    client = sign_in(user=made.planner)
    assert client.get(url("cancel", made.pk)).status_code == 200
    assert client.post(url("cancel", made.pk), {"reason": ""}).status_code == 422
    assert client.post(url("cancel", made.pk), {"reason": "Twice"}).status_code == 302
    assert made.fresh().status == "cancelled"
    refused = client.post(url("postpone", made.pk), {"reason": "security"})
    assert refused.status_code == 422
    assert b"another step" in refused.content


# -- the questionnaire ----------------------------------------------------------------------------


def test_question_page_without_script_saves_and_goes_on(bd, sign_in) -> None:
    made = make_begun()
    first, second = made.ncq(0), made.questions[1]
    client = sign_in(user=made.lead)
    page = client.get(url("question", made.pk, first.lineage)).content.decode()
    assert page.count("<h1>") == 1
    assert 'name="base_revision" value="0"' in page
    answer = client.post(
        url("answer", made.pk, first.lineage),
        {
            "outcome": "non_compliant",
            "finding": FINDING,
            "sources": ["observation", "workers"],
            "base_revision": "0",
            "client_id": str(uuid4()),
            "go": second.lineage,
        },
    )
    assert answer.status_code == 302
    assert answer.url == url("question", made.pk, second.lineage)
    kept = Answer.objects.get(assessment_id=made.pk)
    assert (kept.outcome, kept.finding, kept.revision) == ("non_compliant", FINDING, 1)


def test_refused_value_keeps_what_was_typed(bd, sign_in) -> None:
    made = make_begun()
    question = made.fact("number")
    answer = sign_in(user=made.lead).post(
        url("answer", made.pk, question.lineage),
        {"value": "about twelve", "base_revision": "0", "client_id": str(uuid4())},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "about twelve" in page
    assert "Write a number" in page


def test_answer_endpoint_errors(bd, sign_in) -> None:
    made = make_begun()
    question = made.ncq()
    client = sign_in(user=made.lead)
    address = url("answer", made.pk, question.lineage)
    good = {**content(question), "base_revision": 0, "client_id": str(uuid4())}
    for body, status, code in (
        ("{not json", 422, "answer_malformed"),
        ("[1]", 422, "answer_malformed"),
        ({**good, "outcome": "perhaps"}, 422, "answer_malformed"),
        ({**good, "client_id": "7"}, 422, "answer_malformed"),
        ({**good, "base_revision": "x"}, 422, "answer_malformed"),
        ({**good, "base_revision": 9}, 422, "version_unknown"),
        ({**good, "sources": ["gossip"]}, 422, "answer_malformed"),
        ({**good, "finding": "x" * 20_000}, 422, "text_too_long"),
    ):
        answer = post_json(client, address, body)
        assert (answer.status_code, answer.json()["error"]) == (status, code)
        assert answer.json()["sentence"]
    assert not Answer.objects.filter(assessment_id=made.pk).exists()
    assert post_json(client, url("answer", made.pk, "NO-SUCH-1"), good).status_code == 422
    assert post_json(client, url("answer", uuid4(), question.lineage), good).status_code == 404
    stranger = sign_in("advisor")
    answer = post_json(stranger, address, good)
    assert answer.status_code == 422
    assert "not on the team" in " ".join(answer.json()["reasons"])
    assert post_json(sign_in("manager"), address, good).status_code == 403


def test_answer_endpoint_saves_resends_and_clashes(bd, sign_in) -> None:
    made = make_begun()
    question = made.ncq()
    address = url("answer", made.pk, question.lineage)
    lead, second = sign_in(user=made.lead), sign_in(user=made.second)
    sent = {**content(question), "base_revision": 0, "client_id": str(uuid4())}
    assert post_json(lead, address, sent).json()["revision"] == 1
    assert post_json(lead, address, sent).json()["revision"] == 1  # resent: once
    other = {
        **content(question, Outcome.NON_COMPLIANT),
        "base_revision": 0,
        "client_id": str(uuid4()),
    }
    answer = post_json(second, address, other)
    assert answer.status_code == 409
    assert post_json(second, address, other).status_code == 409  # resent: the same one
    clash = AnswerConflict.objects.get(assessment_id=made.pk)
    page = lead.get(url("question", made.pk, question.lineage)).content.decode()
    assert FINDING in page
    assert "Keep this one" in page
    settled = lead.post(url("settle", made.pk, clash.pk), {"keep": "incoming"})
    assert settled.status_code == 302
    assert Answer.objects.get(assessment_id=made.pk).outcome == "non_compliant"


def test_evidence_of_several_photos(bd, sign_in) -> None:
    import io

    from PIL import Image

    def photo(colour: str) -> SimpleUploadedFile:
        out = io.BytesIO()
        Image.new("RGB", (40, 30), colour).save(out, "JPEG")
        return SimpleUploadedFile(f"{colour}.jpg", out.getvalue(), "image/jpeg")

    made = make_begun()
    question = made.ncq()
    client = sign_in(user=made.lead)
    answer = client.post(
        url("evidence", made.pk),
        {
            "question": question.lineage,
            "caption": "Exit 3",
            "files": [photo("red"), photo("blue"), photo("red")],
        },
    )
    assert answer.status_code == 302
    assert made.assessment.evidence.count() == 2
    page = client.get(url("question", made.pk, question.lineage)).content.decode()
    assert page.count("Exit 3") >= 2
    disguised = SimpleUploadedFile("photo.jpg", b"<html><script>", "image/jpeg")
    answer = client.post(
        url("evidence", made.pk),
        {"question": question.lineage, "files": [photo("green"), disguised]},
    )
    assert answer.status_code == 422
    assert made.assessment.evidence.count() == 2  # all of them or none
    assert client.post(url("evidence", made.pk), {}).status_code == 422


def test_readers_see_answers_and_no_controls(bd, sign_in) -> None:
    made = make_begun()
    question = made.ncq()
    save(made, question, content(question, Outcome.NON_COMPLIANT))
    page = sign_in("manager").get(url("question", made.pk, question.lineage)).content.decode()
    assert FINDING in page
    assert "data-answer" not in page
    assert "add-evidence" not in page


def test_both_see_where_the_other_is(bd, sign_in) -> None:
    made = make_begun()
    question = made.ncq()
    sign_in(user=made.second).get(url("question", made.pk, question.lineage))
    page = sign_in(user=made.lead).get(url("question", made.pk, question.lineage)).content.decode()
    assert made.second.full_name in page
    assert "last seen" in page


# -- review and draft ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"), [("manager", True), ("staff", True), ("advisor", False), ("planner", False)]
)
def test_the_review_is_offered_to_those_who_may_open_it(bd, sign_in, role, may) -> None:
    made = make_submitted()
    client = sign_in(role)
    address = url("review", made.pk)
    page = client.get(url("detail", made.pk)).content.decode()
    assert (f'href="{address}"' in page) is may
    assert client.get(address).status_code == (200 if may else 403)


def test_review_to_release_through_pages(bd, sign_in) -> None:
    made = make_submitted()
    reviewer = sign_in(user=make_member("staff"))
    manager = sign_in("manager")
    review, step = url("review", made.pk), url("review_step", made.pk)
    lineage = made.ncq().lineage
    assert reviewer.get(review).status_code == 200
    assert reviewer.post(step, {"step": "send"}).status_code == 422
    assert reviewer.post(step, {"step": "start"}).status_code == 302
    assert (
        reviewer.post(url("remark", made.pk), {"question": lineage, "text": ""}).status_code == 422
    )
    assert (
        reviewer.post(
            url("remark", made.pk), {"question": lineage, "text": "Which floor?"}
        ).status_code
        == 302
    )
    assert b"Which floor?" in reviewer.get(review).content
    assert reviewer.post(step, {"step": "return"}).status_code == 302
    lead, second = sign_in(user=made.lead), sign_in(user=made.second)
    assert b"Which floor?" in lead.get(url("detail", made.pk)).content
    refused = lead.post(url("sign", made.pk))
    assert refused.status_code == 422
    assert "remarks without an answer" in refused.content.decode()
    remark = made.assessment.remarks.get()
    assert lead.post(url("reply", made.pk, remark.pk), {"text": "Floor four"}).status_code == 302
    for client in (lead, second):
        assert client.post(url("sign", made.pk)).status_code == 302
    assert made.fresh().status == "submitted"
    assert reviewer.post(step, {"step": "start"}).status_code == 302
    blocked = reviewer.post(step, {"step": "send"})
    assert blocked.status_code == 422
    assert reviewer.post(url("resolve", made.pk, remark.pk)).status_code == 302
    assert reviewer.post(step, {"step": "send"}).status_code == 302

    ambassador = sign_in(user=make_member("ambassador", factory=made.assessment.factory))
    draft = url("draft", made.pk)
    page = ambassador.get(draft).content.decode()
    assert FINDING in page
    assert "Which floor?" not in page  # the review is the programme's own
    assert ambassador.get(review).status_code == 403
    assert (
        ambassador.post(url("comment", made.pk), {"question": lineage, "text": " "}).status_code
        == 422
    )
    for _twice in range(2):
        answer = ambassador.post(
            url("comment", made.pk), {"question": lineage, "text": "The gate was open."}
        )
        assert answer.status_code == 302
    assert made.assessment.comments.count() == 1
    stranger = sign_in("ambassador")
    assert stranger.get(draft).status_code == 404
    assert stranger.post(url("comment", made.pk), {"text": "x"}).status_code in (404, 422)

    assert reviewer.post(step, {"step": "release"}).status_code == 422  # a manager's step
    early = manager.post(step, {"step": "release"})
    assert early.status_code == 422
    assert "can comment until" in early.content.decode()
    assert ambassador.post(url("finish", made.pk)).status_code == 302
    comment = made.assessment.comments.get()
    assert manager.post(step, {"step": "release"}).status_code == 422  # unanswered comment
    assert (
        manager.post(url("answer_comment", made.pk, comment.pk), {"text": "Seen."}).status_code
        == 302
    )
    assert manager.post(step, {"step": "release"}).status_code == 302
    assert made.fresh().status == "released"
    assert manager.post(step, {"step": "release"}).status_code == 302  # twice is harmless
    assert ambassador.get(draft).status_code == 200


def test_copied_findings_are_flagged(bd, sign_in) -> None:
    first, second = make_submitted(), make_submitted()
    page = sign_in("manager").get(url("review", second.pk)).content.decode()
    assert "Reads like a finding in another factory" in page
    assert first.assessment.code in page


# -- tool and law -------------------------------------------------------------------------------


def test_tool_and_law_pages(bd, sign_in) -> None:
    client = sign_in("cat_editor")
    tool = client.get(url("tool"))
    assert tool.status_code == 200
    assert tool.content.decode().count("<li id=") > 200
    few = client.get(url("tool"), {"kind": "fgw"})
    assert few.status_code == 200
    law = client.get(url("law"))
    assert law.status_code == 200
    assert "source checked" in law.content.decode()
    # the currency once
    assert 'BDT 12,500 <bdi lang="en" dir="ltr">per month' in law.content.decode()
    assert client.get(url("law"), {"on": "2026-02-31"}).status_code == 200
    bengali = sign_in(user=make_member("cat_editor", user=_bengali()))
    told = bengali.get(url("tool")).content.decode()
    assert sum("\u0980" <= sign <= "\u09ff" for sign in told) > 5000  # questions, not labels alone


def test_english_law_is_marked_and_named_so_once_on_a_bengali_page(bd, sign_in) -> None:
    client = sign_in(user=make_member("advisor", user=_bengali()))
    text = client.get(url("law")).content.decode()
    assert 'lang="en" dir="ltr">at least once every 2 months' in text
    assert "প্রতি ২ মাসে কমপক্ষে একবার" in text  # the form the library has in Bengali
    assert '<bdi lang="en" dir="ltr">at least once' not in text
    made = make_begun()
    asked = next(question for question in made.questions if question.law)
    text = client.get(url("question", made.pk, asked.lineage)).content.decode()
    assert '<cite lang="en" dir="ltr">' in text


def _bengali() -> Any:
    from tests.builders import make_user

    return make_user(language="bn")


# -- budgets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 12])
def test_list_query_budget(bd, sign_in, django_assert_max_num_queries, rows) -> None:
    for _each in range(rows):
        make_begun()
    client = sign_in("advisor")
    client.get(url("list"))
    with django_assert_max_num_queries(10):
        answer = client.get(url("list"))
    assert answer.content.decode().count('<th scope="row">') == rows


@pytest.mark.parametrize("others", [0, 3])
def test_questionnaire_query_budget(bd, sign_in, django_assert_max_num_queries, others) -> None:
    for _each in range(others):
        make_submitted()
    made = make_begun()
    answer_all(made, breaches=10)
    client = sign_in(user=made.second)
    client.get(url("questions", made.pk))
    with django_assert_max_num_queries(12):
        answer = client.get(url("questions", made.pk))
    assert answer.content.decode().count('class="st ') >= len(made.questions)
    client.get(url("question", made.pk, made.ncq().lineage))
    with django_assert_max_num_queries(14):
        client.get(url("question", made.pk, made.ncq().lineage))


@pytest.mark.parametrize("answered", [False, True])
def test_save_query_budget(bd, django_assert_max_num_queries, answered) -> None:
    made = make_begun()
    if answered:
        answer_all(made)
    question = made.ncq()
    base = 1 if answered else 0
    given = content(question, Outcome.NON_COMPLIANT)
    with django_assert_max_num_queries(8):
        save(made, question, given, base)


@pytest.mark.parametrize("others", [0, 3])
def test_create_query_budget(bd, django_assert_max_num_queries, others) -> None:
    from tests.builders import make_cycle

    for _each in range(others):
        make_planned()
    factory = make_factory()
    make_cycle(factory)
    lead, second = make_member("advisor"), make_member("advisor")
    make_planned()  # the tool is read once per process
    with django_assert_max_num_queries(8):
        services.create_assessment(
            factory_id=factory.pk,
            starts_on=MONDAY,
            modality="on_site",
            lead_id=lead.pk,
            second_id=second.pk,
            created_by=None,
        )


def test_save_endpoint_query_budget(bd, sign_in, django_assert_max_num_queries) -> None:
    made = make_begun()
    client = sign_in(user=made.lead)
    questions = [made.ncq(0), made.ncq(1)]
    bodies = [{**content(q), "base_revision": 0, "client_id": str(uuid4())} for q in questions]
    post_json(client, url("answer", made.pk, questions[0].lineage), bodies[0])
    with django_assert_max_num_queries(14):
        post_json(client, url("answer", made.pk, questions[1].lineage), bodies[1])


def test_list_gives_what_it_shows_as_a_file(bd, sign_in) -> None:
    make_begun(factory=make_factory("=HYPERLINK()"))
    make_planned(factory=make_factory("Sealed Mill"))
    client = sign_in("manager")
    address = url("list")
    text = client.get(address, {"format": "csv"}).content.decode("utf-8-sig")
    assert len(text.splitlines()) == 2
    assert "'=HYPERLINK()" in text
    assert "Sealed Mill" not in text
    assert len(client.get(address, {"format": "csv", "q": "none"}).content.splitlines()) == 1
    assert client.get(address, {"format": "xlsx"}).content[:2] == b"PK"
    assert TrailEvent.objects.filter(action="exported", facts__kind="assessments").count() == 3


def test_list_offers_every_year_there_is(bd, sign_in) -> None:
    make_begun(day=date(2012, 5, 7))
    page = sign_in("manager").get(url("list")).content.decode()
    assert '<option value="2012"' in page
    assert '<option value="2011"' not in page
