"""Pages of the plan: who sees what, steps through HTTP, uploads, budgets."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from advisory.models import PlanEvidence, PlanItem
from advisory.services import plan
from assessments.tool import in_language
from betterwork.accounts.models import Role
from betterwork.tenancy.models import Programme

from .builders import Home, bring_to, make_assessment, make_home, make_item

SignIn = Callable[..., Client]


@pytest.fixture
def home(bd: Programme) -> Home:
    return make_home()


@pytest.fixture
def enter(home: Home, sign_in: SignIn) -> Callable[[str], Client]:
    return lambda role: sign_in(user=home.people[role])


def url(name: str, *args: Any) -> str:
    return reverse(f"advisory:{name}", args=args)


def photo(name: str = "exit.jpg", shade: int = 90) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 120, 90)).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


# -- first screens ----------------------------------------------------------------------------


def test_first_screen_of_each_role_shows_its_own_move(home: Home, enter: Any) -> None:
    fresh, done, seen = make_item(home), make_item(home), make_item(home)
    bring_to(home, done, "reported")
    bring_to(home, seen, "completed")
    page = enter(Role.AMBASSADOR).get(url("my_actions"))
    text = page.content.decode()
    assert fresh.issue in text
    assert done.issue not in text.split("Waiting for others")[0]
    assert 'class="phone"' in text
    worker = enter(Role.COMMITTEE_WORKER).get(url("my_actions")).content.decode()
    assert done.issue in worker.split("Waiting for others")[0]
    assert fresh.issue not in worker.split("Waiting for others")[0]
    assert enter(Role.ADVISOR).get(url("my_actions")).url == url("plans")


@pytest.mark.parametrize("role", [Role.AMBASSADOR, Role.COMMITTEE_WORKER, Role.ADVISOR])
def test_pages_open_with_one_heading(home: Home, enter: Any, role: str) -> None:
    assessment = make_assessment(home)
    made = plan.create_items_from_assessment(assessment_id=assessment.pk).created
    client = enter(role)
    staff = role == Role.ADVISOR
    addresses = [url("item", made[0].pk), url("item_edit", made[0].pk)]
    if role == Role.COMMITTEE_WORKER:
        addresses = [url("item", made[0].pk)]
    addresses += (
        [url("plans"), url("plan", home.factory.pk), url("queue"), url("item_new", home.factory.pk)]
        if staff
        else [url("my_actions"), url("my_plan")]
    )
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200, address
        text = page.content.decode()
        assert text.count("<h1") == 1
        assert ('class="phone"' in text) is not staff


def test_first_load_on_a_phone_is_small(home: Home, enter: Any, settings: Any) -> None:
    import gzip

    for _ in range(12):
        make_item(home)
    page = enter(Role.AMBASSADOR).get(url("my_actions"))
    sheet = (settings.BASE_DIR / "static").rglob("core/*.css")
    script = settings.BASE_DIR / "static" / "js" / "app.js"
    raw = page.content + script.read_bytes() + b"".join(file.read_bytes() for file in sheet)
    htmx = 17_500  # bytes, gzip, as served
    assert len(gzip.compress(raw)) + htmx < 60_000


# -- visibility -------------------------------------------------------------------------------


def test_other_factory_and_other_programme_find_nothing(home: Home, sign_in: SignIn) -> None:
    item = make_item(home)
    neighbour = make_home()
    for user, programme in [(neighbour.people[Role.AMBASSADOR], "BD"), (None, "JO")]:
        client = sign_in(user=user) if user else sign_in(Role.ADVISOR, programme=programme)
        assert client.get(url("item", item.pk)).status_code == 404
        assert client.post(url("item_done", item.pk)).status_code in {403, 404}
    item.refresh_from_db()
    assert item.done_on is None


def test_roles_are_held_to_the_table(home: Home, enter: Any) -> None:
    item = bring_to(home, make_item(home), "reported")
    assert enter(Role.AMBASSADOR).post(url("item_confirm", item.pk)).status_code == 403
    assert enter(Role.AMBASSADOR).post(url("item_verify", item.pk)).status_code == 403
    assert enter(Role.COMMITTEE_WORKER).post(url("item_done", item.pk)).status_code == 403
    assert enter(Role.COMMITTEE_WORKER).post(url("item_verify", item.pk)).status_code == 403
    assert enter(Role.COMMITTEE_WORKER).get(url("queue")).status_code == 403


def test_evidence_for_the_advisor_alone_is_hidden_from_the_factory(home: Home, enter: Any) -> None:
    item = make_item(home)
    sender = enter(Role.AMBASSADOR)
    given = {"files": [photo()], "caption": "Pay slip of one worker", "visibility": "programme"}
    assert sender.post(url("item_evidence", item.pk), given).status_code == 302
    file = PlanEvidence.objects.get().file
    for role in (Role.AMBASSADOR, Role.ADVISOR):
        assert "Pay slip" in enter(role).get(url("item", item.pk)).content.decode()
    other = enter(Role.COMMITTEE_WORKER)
    page = other.get(url("item", item.pk)).content.decode()
    assert "Pay slip" not in page
    assert "evidence was added" not in page
    assert "was added" not in page.split("What has happened")[1].replace("Added to the plan", "")
    assert other.get(reverse("records:file", args=[file.pk])).status_code == 404
    assert other.get(reverse("records:thumbnail", args=[file.pk])).status_code == 404


def test_items_of_a_draft_stay_inside(home: Home, sign_in: SignIn) -> None:
    from factories.models import ManufacturingGroup

    group = ManufacturingGroup.objects.create(name="Meghna Group")
    home.factory.group = group
    home.factory.save()
    draft = make_assessment(home, status="factory_review")
    item = plan.create_items_from_assessment(assessment_id=draft.pk).created[0]
    own = make_item(home)
    client = sign_in(Role.GROUP_LEAD, group=group)
    assert client.get(url("item", own.pk)).status_code == 200
    assert client.get(url("item", item.pk)).status_code == 404


def outsider_of(home: Home, sign_in: SignIn, role: str) -> Client:
    """A group lead or a buyer of the home's factory."""
    from factories.models import Buyer, FactoryBuyer, ManufacturingGroup

    if role == Role.GROUP_LEAD:
        home.factory.group = ManufacturingGroup.objects.create(name="Meghna Group")
        home.factory.save()
        return sign_in(role, group=home.factory.group)
    buyer = Buyer.objects.create(name="North Stores")
    FactoryBuyer.objects.create(
        factory=home.factory, buyer=buyer,
        consented_on=date(2026, 1, 1), subscribed_until=date(2100, 1, 1),
    )  # fmt: skip
    return sign_in(role, buyer=buyer)


@pytest.mark.parametrize("role", [Role.GROUP_LEAD, Role.BUYER])
def test_outsider_reads_no_falsehood_where_rows_are_hidden(
    home: Home, enter: Any, sign_in: SignIn, role: str
) -> None:
    assessment = make_assessment(home)
    seen, half = plan.create_items_from_assessment(assessment_id=assessment.pk).created[:2]
    given = {"files": [photo()], "captions": "Cleared exit"}
    enter(Role.AMBASSADOR).post(url("item_evidence", seen.pk), given)
    bring_to(home, seen, "verified")
    bring_to(home, half, "half")
    outsider = outsider_of(home, sign_in, role)
    text = outsider.get(url("item", seen.pk)).content.decode()
    seam = text.split('class="seam"')[1].split('class="under"')[0]
    assert seam.count("confirmed") == 2
    assert "not yet" not in seam.lower()
    assert "Both sides confirmed, and it was verified." in text
    assert "Nothing yet" not in text
    assert "Its evidence, who confirmed it and its history are seen by" in text
    assert 'id="evidence"' not in text
    assert 'href="#evidence"' not in text
    assert str(assessment.pk) not in text  # the question and the draft are not theirs
    text = outsider.get(url("item", half.pk)).content.decode()
    assert 'class="seam"' not in text
    assert "The committee" in text
    listed = outsider.get(url("plan", home.factory.pk)).content.decode()
    assert "The committee" in listed
    assert "Both committee sides" not in listed
    assert 'name="waiting"' not in listed
    # The same pages for who may see it all.
    text = enter(Role.ADVISOR).get(url("item", half.pk)).content.decode()
    assert 'class="seam"' in text
    assert reverse("assessments:question", args=[assessment.pk, half.lineage]) in text


def test_finding_and_item_are_one_click_apart(home: Home, enter: Any) -> None:
    assessment = make_assessment(home)
    item, other = plan.create_items_from_assessment(assessment_id=assessment.pk).created[:2]
    client = enter(Role.ADVISOR)
    question = reverse("assessments:question", args=[assessment.pk, item.lineage])
    assert question in client.get(url("item", item.pk)).content.decode()
    text = client.get(question).content.decode()
    assert url("item", item.pk) in text
    assert url("item", other.pk) not in text
    # A merged item leads to the one that goes on.
    PlanItem.objects.filter(pk=item.pk).update(merged_into=other)
    assert url("item", other.pk) in client.get(question).content.decode()


# -- steps through the page -------------------------------------------------------------------


def test_item_goes_through_every_hand(home: Home, enter: Any) -> None:
    item = make_item(home)
    ambassador, worker = enter(Role.AMBASSADOR), enter(Role.COMMITTEE_WORKER)
    management, advisor = enter(Role.COMMITTEE_MANAGEMENT), enter(Role.ADVISOR)
    ambassador.post(url("item_progress", item.pk), {"progress_percent": "50", "note": "Ordered"})
    ambassador.post(url("item_done", item.pk))
    management.post(url("item_confirm", item.pk), {"round": "1"})
    reason = {"reason": "The night shift still blocks it", "round": "1"}
    assert worker.post(url("item_not_yet", item.pk), reason).status_code == 302
    assert "The night shift still blocks it" in ambassador.get(url("my_actions")).content.decode()
    ambassador.post(url("item_done", item.pk))
    for client in (worker, management):
        client.post(url("item_confirm", item.pk), {"round": "2"})
    assert item.issue in advisor.get(url("queue")).content.decode()
    advisor.post(url("item_verify", item.pk))
    item.refresh_from_db()
    assert (item.status, item.verified_by) == ("completed", home.people[Role.ADVISOR])


def test_refused_step_says_why_and_keeps_the_words(home: Home, enter: Any) -> None:
    item = bring_to(home, make_item(home), "reported")
    worker = enter(Role.COMMITTEE_WORKER)
    empty = worker.post(url("item_not_yet", item.pk), {"reason": " ", "round": "1"})
    said = empty.content.decode()
    assert (empty.status_code, "Give the reason" in said) == (422, True)
    assert "(optional)" not in said
    stale = worker.post(url("item_not_yet", item.pk), {"reason": "Line four", "round": "9"})
    assert stale.status_code == 422
    assert "Line four" in stale.content.decode()
    assert "open for a while" in stale.content.decode()
    late = enter(Role.AMBASSADOR).post(
        url("item_progress", item.pk), {"progress_percent": "25", "note": "Half the shelves"}
    )
    assert (late.status_code, "reported as done" in late.content.decode()) == (422, True)


def test_rest_day_is_named_at_the_field(home: Home, enter: Any) -> None:
    item = make_item(home)
    given = {"root_cause": "No place", "action": "", "responsible": "", "due_on": "2100-12-03"}
    page = enter(Role.AMBASSADOR).post(url("item_edit", item.pk), given)
    assert page.status_code == 422
    text = page.content.decode()
    assert "Friday 3 December 2100 is the weekly holiday. Choose another day." in text
    assert "No place" in text


# -- uploads ----------------------------------------------------------------------------------


def test_several_photos_with_a_bad_one_among_them(home: Home, enter: Any) -> None:
    item = make_item(home)
    bad = SimpleUploadedFile("movie.jpg", b"MZ this is no picture", "image/jpeg")
    empty = SimpleUploadedFile("nothing.jpg", b"", "image/jpeg")
    files = [photo("morning.jpg", 10), bad, photo("night.jpg", 200), empty]
    given = {"files": files, "caption": "Exit 3, both shifts", "visibility": "plan"}
    client = enter(Role.AMBASSADOR)
    page = client.post(url("item_evidence", item.pk), given)
    text = page.content.decode()
    assert page.status_code == 422
    assert "2 files are kept." in text
    assert "movie.jpg" in text
    assert "nothing.jpg" in text
    assert 'value="Exit 3, both shifts"' in text
    assert PlanEvidence.objects.filter(item=item).count() == 2
    # The same photos once more: shown once.
    again = {**given, "files": [photo("morning.jpg", 10), photo("night.jpg", 200)]}
    assert client.post(url("item_evidence", item.pk), again).status_code == 302
    assert PlanEvidence.objects.filter(item=item).count() == 2
    assert item.history.filter(kind="evidence_added").count() == 1


def test_no_file_chosen_is_said(home: Home, enter: Any) -> None:
    item = make_item(home)
    page = enter(Role.AMBASSADOR).post(
        url("item_evidence", item.pk), {"caption": "Exit 3", "visibility": "plan"}
    )
    assert page.status_code == 422
    assert "Choose at least one photo" in page.content.decode()
    assert 'value="Exit 3"' in page.content.decode()


# -- from an assessment -----------------------------------------------------------------------


def test_findings_are_shown_before_they_are_added(home: Home, enter: Any) -> None:
    assessment = make_assessment(home, findings=4)
    advisor = enter(Role.ADVISOR)
    address = url("from_assessment", home.factory.pk, assessment.pk)
    assert "not in the plan yet" in advisor.get(url("plan", home.factory.pk)).content.decode()
    assert "4 findings become items" in advisor.get(address).content.decode()
    assert not PlanItem.objects.exists()
    for _ in range(2):
        assert advisor.post(address).status_code == 302
    assert PlanItem.objects.count() == 4
    assert "not in the plan yet" not in advisor.get(url("plan", home.factory.pk)).content.decode()


def test_add_and_merge_through_the_page(home: Home, enter: Any) -> None:
    advisor = enter(Role.ADVISOR)
    first = make_item(home)
    given = {
        "origin": "buyer", "point": first.point_id, "issue": "The same exit again",
        "root_cause": "", "action": "", "responsible": "", "due_on": "",
    }  # fmt: skip
    assert advisor.post(url("item_new", home.factory.pk), given).status_code == 302
    second = PlanItem.objects.get(origin="buyer")
    assert str(first.pk) in advisor.get(url("item_merge", second.pk)).content.decode()
    merged = advisor.post(url("item_merge", second.pk), {"keep": str(first.pk)})
    assert merged.url == url("item", first.pk)
    text = advisor.get(merged.url).content.decode()
    assert "The same exit again" in text
    assert "merged into another one" in advisor.get(url("item", second.pk)).content.decode()


# -- budgets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 30])
@pytest.mark.parametrize("name", ["plans", "queue"])
def test_lists_of_staff_keep_their_budget(
    bd: Programme, sign_in: SignIn, django_assert_max_num_queries: Any, count: int, name: str
) -> None:
    for _ in range(count):
        home = make_home()
        bring_to(home, make_item(home), "completed")
    client = sign_in(Role.MANAGER)
    client.get(url(name))
    with django_assert_max_num_queries(10):
        page = client.get(url(name))
    assert page.content.decode().count('<th scope="row">') == min(count, 25)


@pytest.mark.parametrize("count", [2, 40])
@pytest.mark.parametrize("name", ["my_actions", "my_plan", "plan"])
def test_one_plan_keeps_its_budget(
    home: Home, enter: Any, django_assert_max_num_queries: Any, count: int, name: str
) -> None:
    for _ in range(count):
        make_item(home)
    client = enter(Role.ADVISOR if name == "plan" else Role.AMBASSADOR)
    address = url(name, home.factory.pk) if name == "plan" else url(name)
    client.get(address)
    with django_assert_max_num_queries(10):
        assert client.get(address).status_code == 200


def test_sort_filter_and_export_show_the_same(home: Home, enter: Any) -> None:
    quiet = make_home()
    make_item(quiet)
    late = make_item(home)
    PlanItem.objects.filter(pk=late.pk).update(due_on="2020-01-05")
    advisor = enter(Role.ADVISOR)
    text = advisor.get(url("plans"), {"show": "late"}).content.decode()
    assert home.factory.name in text
    assert quiet.factory.name not in text
    rows = advisor.get(url("plans"), {"show": "late", "export": "csv"}).content.decode("utf-8-sig")
    assert len(rows.strip().splitlines()) == 2
    for sort in ("name", "-name", "late", "-late", "verify", "-verify", "nonsense"):
        assert advisor.get(url("plans"), {"sort": sort}).status_code == 200


def test_item_names_the_law_of_the_day_and_since_when(home: Home, enter: Any) -> None:
    """One period of several: the one in force when the finding was made."""
    from assessments.models import LawParameter
    from assessments.tool import law_on
    from betterwork.tenancy import scope

    assessment = make_assessment(home, findings=12)
    made = plan.create_items_from_assessment(assessment_id=assessment.pk).created
    law = law_on("BD", assessment.starts_on)
    item, code = next(
        (item, code)
        for item in made
        for code in item.answer.question.law
        if code in law and law[code].is_verified and law[code].effective_from is None
    )
    with scope.platform_scope():
        for starts, reference in (("2026-01-01", "Act of now"), ("2026-12-01", "Act of later")):
            LawParameter.objects.create(
                country="BD", code=code, topic=law[code].topic, kind="text", value="x",
                reference=reference, source="Gazette", confidence="high", effective_from=starts,
            )  # fmt: skip
    page = enter(Role.ADVISOR).get(url("item", item.pk)).content.decode()
    assert "Act of now" in page
    assert "in force since 1 Jan 2026" in page
    assert "Act of later" not in page
    assert law[code].reference not in page


@pytest.mark.parametrize("language", ["en", "bn", "ar"])
def test_item_tells_the_finding_in_the_readers_language(
    home: Home, enter: Any, language: str
) -> None:
    """The team wrote in one language; the tool's own sentence is there in every reader's."""
    assessment = make_assessment(home)
    made = plan.create_items_from_assessment(assessment_id=assessment.pk).created
    cites = next(each for each in made if "{min_age" in each.answer.question.finding["en"])
    item = next(each for each in made if "{" not in each.answer.question.finding["en"])
    reader = home.people[Role.AMBASSADOR]
    reader.language = language
    reader.save()
    question = item.answer.question
    said = in_language(question.finding, language)
    address = url("item", item.pk)
    page = enter(Role.AMBASSADOR).get(address, headers={"Accept-Language": language})
    text = page.content.decode()
    assert said in text
    assert "Cartons stood in front of the exit." in text
    law = enter(Role.AMBASSADOR).get(url("item", cites.pk)).content.decode()
    assert "{min_age" not in law
    assert {"bn": "১৪"}.get(language, "14") in law  # years, the Bangladesh Labour Act

    # A team that wrote the sentence itself is not told it twice.
    PlanItem.objects.filter(pk=item.pk).update(issue=f"Line 4: {said}")
    text = enter(Role.AMBASSADOR).get(address).content.decode()
    assert text.count(said) == 1


def test_frame_names_the_factory_in_the_script_of_its_people(home: Home, enter: Any) -> None:
    home.factory.local_name = "মেঘনা ক্রেস্ট অ্যাপারেলস"
    home.factory.save()
    reader = home.people[Role.AMBASSADOR]
    name = home.factory.name
    for language, shown in (("bn", home.factory.local_name), ("en", name), ("ar", name)):
        reader.language = language
        reader.save()
        page = enter(Role.AMBASSADOR).get(url("my_actions"), headers={"Accept-Language": language})
        frame = page.content.decode().split("<main")[0]
        assert shown in frame


def test_a_long_note_is_refused_for_its_length_alone(home: Home, enter: Any) -> None:
    item = make_item(home)
    typed = {"progress_percent": "50", "note": "x" * 2001}
    answer = enter(Role.AMBASSADOR).post(url("item_progress", item.pk), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "at most 2000" in page
    assert "Choose how far it is." not in page
    assert typed["note"] in page
    assert '<option value="50" selected>' in page
    missing = enter(Role.AMBASSADOR).post(url("item_progress", item.pk), {"note": "Half."})
    assert "Choose how far it is." in missing.content.decode()
