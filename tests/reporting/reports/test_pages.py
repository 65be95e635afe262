"""Who finds which report, what each opening leaves behind, and the public check of a paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from betterwork.records.models import Job, TrailEvent
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.ui import formats
from factories.models import Buyer, CycleFact, FactoryBuyer, ManufacturingGroup
from factories.services.factories import merge_factories
from reporting import services
from reporting.models import Report
from tests import builders
from tests.assessments.builders import make_planned

from .builders import FOUND, add_photo, make_assessment
from .test_writing import lineages, order_draft, run

SignIn = Callable[..., Client]
LIST = "/reports/"


@pytest.fixture
def released(bd: Any, write: Any, quick_print: Any) -> Report:
    """The report of a factory with a photo, released, in English and Bengali."""
    (lineage,) = lineages(1)
    group = _as_platform(lambda: ManufacturingGroup.objects.create(name="Delta group"))
    factory = builders.make_factory("Meghna Crest", group=group)
    assessment = make_assessment({lineage: FOUND}, factory=factory)
    add_photo(assessment, lineage, visibility="factory", caption="Exit 3")
    write(assessment, "en", "bn", tell=False)
    return Report.objects.get(language="en")


def _as_platform(make: Callable[[], Any]) -> Any:
    with scope.scope(scope.Facts("platform")):
        return make()


def page(report: Report, name: str = "report") -> str:
    return reverse(f"reporting:{name}", args=[report.pk])


def buyer_of(report: Report, **link: Any) -> Any:
    buyer = _as_platform(lambda: Buyer.objects.create(name=f"Buyer {Buyer.objects.count()}"))
    if link:
        FactoryBuyer.objects.create(factory=report.factory, buyer=buyer, **link)
    return builders.make_member("buyer", buyer=buyer)


CONSENT = {
    "consented_on": date(2025, 1, 1),
    "subscribed_until": timezone.localdate() + timedelta(days=90),
}


@pytest.mark.parametrize("role", ["ambassador", "committee_worker", "committee_management"])
def test_a_merge_leaves_released_reports_to_the_factorys_people(
    released: Report, sign_in: SignIn, role: str
) -> None:
    """Who went over, and who was there: both are the one factory now."""
    went_over = builders.make_member(role, factory=released.factory)
    winner = builders.make_factory("Meghna Crest Ltd")
    was_there = builders.make_member(role, factory=winner)
    elsewhere = builders.make_member(role)
    merge_factories(
        winner_id=winner.pk, loser_id=released.factory_id, reason="Same site",
        today=timezone.localdate(),
    )  # fmt: skip
    for person in (went_over, was_there):
        client = sign_in(user=person)
        listed = client.get(LIST).content.decode()
        assert page(released) in listed
        assert "<bdi>Meghna Crest</bdi>" in listed  # the name it was written under
        answer = client.get(page(released))
        assert answer.status_code == 200
        photo = reverse("records:thumbnail", args=[_photo(released)])
        assert photo in answer.content.decode()
        assert client.get(photo).status_code == 200
        file = client.get(page(released, "report_pdf"))
        assert file.headers["Content-Type"] == "application/pdf"
    stranger = sign_in(user=elsewhere)
    assert page(released) not in stranger.get(LIST).content.decode()
    for name in ("report", "report_pdf", "report_work"):
        assert stranger.get(page(released, name)).status_code == 404


def test_people_who_went_over_comment_on_the_duplicates_draft(bd: Any, sign_in: SignIn) -> None:
    (lineage,) = lineages(1)
    tomorrow = timezone.localdate() + timedelta(days=1)
    draft = make_assessment(
        {lineage: FOUND}, status="factory_review", comments_close_on=tomorrow,
        starts_on=timezone.localdate() - timedelta(days=20),
    )  # fmt: skip
    CycleFact.objects.create(
        cycle=draft.cycle, factory=draft.factory, kind="draft_shared",
        happened_on=timezone.localdate() - timedelta(days=9),
    )  # fmt: skip
    person = builders.make_member("ambassador", factory=draft.factory)
    winner = builders.make_factory("Surma Outerwear")
    merge_factories(
        winner_id=winner.pk, loser_id=draft.factory_id, reason="Same site",
        today=timezone.localdate(),
    )  # fmt: skip
    client = sign_in(user=person)
    here = reverse("assessments:draft", args=[draft.pk])
    assert client.get(here).status_code == 200
    said = {"question": lineage, "text": "The lamps are repaired."}
    assert client.post(reverse("assessments:comment", args=[draft.pk]), said).status_code == 302
    assert client.post(reverse("assessments:finish", args=[draft.pk])).status_code == 302
    assert said["text"] in client.get(here).content.decode()
    draft.refresh_from_db()
    assert draft.factory_finished_at is not None


@pytest.mark.parametrize("role", ["manager", "staff", "advisor", "cat_editor", "planner"])
def test_programme_staff_read_every_report(released: Report, sign_in: SignIn, role: str) -> None:
    client = sign_in(role)
    assert "Meghna Crest" in client.get(LIST).content.decode()
    answer = client.get(page(released))
    assert answer.status_code == 200
    assert reverse("records:thumbnail", args=[_photo(released)]) in answer.content.decode()
    assert client.get(page(released, "report_pdf")).headers["Content-Type"] == "application/pdf"
    assert not TrailEvent.objects.filter(action="report_read").exists()


def _photo(report: Report) -> str:
    from reporting.report.printing import photos_of

    return next(photos_of(Report.objects.get(pk=report.pk).data))["file"]


def test_another_programme_finds_nothing(released: Report, sign_in: SignIn) -> None:
    client = sign_in("manager", programme="JO")
    for name in ("report", "report_pdf", "report_work"):
        assert client.get(page(released, name)).status_code == 404
    assert client.post(page(released, "report_correct"), {"reason": "x"}).status_code == 404
    assert "Meghna" not in client.get(LIST).content.decode()


def test_the_factory_reads_its_own_and_no_other(released: Report, sign_in: SignIn) -> None:
    own = sign_in("ambassador", factory=released.factory)
    other = sign_in("ambassador")
    assert "2026" in own.get(LIST).content.decode()
    assert "Exit 3" in own.get(page(released)).content.decode()
    assert b"".join(own.get(page(released, "report_pdf")).streaming_content).startswith(b"%PDF")
    assert other.get(page(released)).status_code == 404
    assert other.get(page(released, "report_pdf")).status_code == 404
    events = TrailEvent.objects.filter(action="report_read").order_by("at")
    assert [(e.role, e.facts["form"], e.programme_id) for e in events] == [
        ("ambassador", "page", released.programme_id),
        ("ambassador", "pdf", released.programme_id),
    ]


def test_a_buyer_reads_after_consent_without_the_photos(
    released: Report, sign_in: SignIn, quick_print: list[Any]
) -> None:
    allowed = sign_in(user=buyer_of(released, **CONSENT))
    answer = allowed.get(page(released)).content.decode()
    assert "Meghna Crest" in answer
    assert "Exit 3" not in answer
    assert "records:thumbnail" not in answer
    assert _photo(released) not in answer
    first = next(each for each in quick_print if each["data"]["language"] == "en")
    assert first["with_files"] is False
    made = b"".join(allowed.get(page(released, "report_pdf")).streaming_content)
    both = Report.objects.select_related("pdf", "factory_pdf").get(pk=released.pk)
    assert both.pdf.sha256 != both.factory_pdf.sha256
    assert made == _bytes(both.pdf)
    # Nor by the address of the stored file, which they should not know.
    assert allowed.get(reverse("records:file", args=[both.factory_pdf_id])).status_code == 404
    assert allowed.get(reverse("records:file", args=[both.pdf_id])).status_code == 200
    read = TrailEvent.objects.filter(action="report_read", role="buyer")
    assert {event.programme_id for event in read} == {released.programme_id}


def _bytes(stored: Any) -> bytes:
    from betterwork.records import files

    return files.read(stored)


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"subscribed_until": CONSENT["subscribed_until"]},
        {**CONSENT, "consent_ended_on": date(2025, 6, 1)},
        {**CONSENT, "subscribed_until": date(2025, 6, 1)},
    ],
)
def test_without_consent_or_subscription_a_buyer_sees_none(
    released: Report, sign_in: SignIn, link: dict[str, Any]
) -> None:
    client = sign_in(user=buyer_of(released, **link))
    assert client.get(page(released)).status_code == 404
    assert "Meghna" not in client.get(LIST).content.decode()


def test_group_and_global_staff_leave_a_trace(released: Report, sign_in: SignIn) -> None:
    group = sign_in(user=builders.make_member("group_lead", group=released.factory.group))
    stranger = _as_platform(lambda: ManufacturingGroup.objects.create(name="Another group"))
    other = sign_in(user=builders.make_member("group_lead", group=stranger))
    world = sign_in("global")
    assert group.get(page(released)).status_code == 200
    assert world.get(page(released)).status_code == 200
    assert other.get(page(released)).status_code == 404
    assert set(TrailEvent.objects.filter(action="report_read").values_list("role", flat=True)) == {
        "group_lead",
        "global",
    }


def test_a_constituent_is_refused(released: Report, sign_in: SignIn) -> None:
    assert sign_in("constituent").get(LIST).status_code == 403


# -- drafts ---------------------------------------------------------------------------------------


def test_a_draft_is_the_factorys_until_the_release(
    bd: Any, write: Any, quick_print: Any, sign_in: SignIn
) -> None:
    assessment = make_assessment(status="factory_review")
    run(order_draft(assessment))
    draft = Report.objects.get()
    own = sign_in("ambassador", factory=assessment.factory)
    buyer = sign_in(user=buyer_of(draft, **CONSENT))
    world = sign_in("global")
    assert "Draft" in own.get(LIST).content.decode()
    assert "draft" in own.get(page(draft)).content.decode()
    for outside in (buyer, world):
        assert outside.get(page(draft)).status_code == 404
    # Taken back into review: gone for the factory, kept for staff.
    type(assessment).objects.filter(pk=assessment.pk).update(status="quality_review")
    assert own.get(page(draft)).status_code == 404
    assert sign_in("staff").get(page(draft)).status_code == 200
    # Released: the old link leads to the report, the list shows that alone.
    now = timezone.now()
    type(assessment).objects.filter(pk=assessment.pk).update(status="released", released_at=now)
    write(assessment, "en", tell=False)
    final = Report.objects.get(is_draft=False)
    assert own.get(page(draft)).headers["Location"] == page(final)
    assert own.get(page(draft, "report_pdf")).headers["Location"] == page(final)
    listed = own.get(LIST).content.decode()
    assert page(final) in listed
    assert page(draft) not in listed


# -- being written, stopped, corrected --------------------------------------------------


def test_a_report_on_its_way_says_how_far_it_is(bd: Any, sign_in: SignIn) -> None:
    assessment = make_assessment()
    (job,) = services.order_reports(assessment_id=assessment.pk, languages=["en"])
    report = Report.objects.create(
        assessment=assessment, factory=assessment.factory, version=1, language="en",
        check_code="BD-22222-22222", released_at=timezone.now(),
    )  # fmt: skip
    Job.objects.filter(pk=job.pk).update(status="running", done_units=7, total_units=31)
    staff, own = sign_in("staff"), sign_in("ambassador", factory=assessment.factory)
    assert "7 of 31 pages" in staff.get(page(report)).content.decode()
    assert page(report, "report_work") in own.get(page(report)).content.decode()
    assert "7 of 31 pages" in staff.get(page(report, "report_work")).content.decode()
    assert staff.get(page(report, "report_pdf")).status_code == 302
    assert "Being written" in staff.get(LIST).content.decode()
    Job.objects.filter(pk=job.pk).update(status="failed")
    Report.objects.update(status="failed")
    assert page(report, "report_retry") in staff.get(page(report)).content.decode()
    assert page(report, "report_retry") not in own.get(page(report)).content.decode()
    assert own.post(page(report, "report_retry")).status_code == 403
    assert staff.post(page(report, "report_retry")).status_code == 302
    assert Job.objects.filter(status="queued").count() == 1


def test_a_manager_asks_for_a_corrected_version(
    released: Report, sign_in: SignIn, quick_print: Any
) -> None:
    manager, own = sign_in("manager"), sign_in("ambassador", factory=released.factory)
    assert (
        page(released, "report_correct")
        not in sign_in("advisor").get(page(released)).content.decode()
    )
    assert sign_in("advisor").post(page(released, "report_correct")).status_code == 403
    empty = manager.post(page(released, "report_correct"), {"reason": " "})
    assert empty.status_code == 422
    for _twice in range(2):
        answer = manager.post(page(released, "report_correct"), {"reason": "A wrong name."})
        assert answer.status_code == 302
    new = Report.objects.get(version=2, language="en")
    # Until it is written, its readers keep the version they have.
    assert page(released) in own.get(LIST).content.decode()
    for job in Job.objects.filter(status="queued"):
        run(job)
    listed = own.get(LIST).content.decode()
    assert page(new) in listed
    assert page(released) not in listed
    assert page(new) in own.get(page(released)).content.decode()  # "takes the place of this one"
    assert "A wrong name." in own.get(page(new)).content.decode()


# -- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("role", ["manager", "ambassador", "buyer"])
def test_the_list_costs_the_same_at_any_length(
    bd: Any, sign_in: SignIn, django_assert_max_num_queries: Any, role: str, count: int
) -> None:
    factory = builders.make_factory()
    for number in range(count):
        where = factory if role == "ambassador" else builders.make_factory()
        make_report(
            make_assessment(
                factory=where, cycle=number + 1, answered=False,
                starts_on=date(2020, 3, 1) + timedelta(days=200 * number),
            )
        )  # fmt: skip
    if role == "buyer":
        buyer = _as_platform(lambda: Buyer.objects.create(name="Reader"))
        for row in Report.objects.values_list("factory_id", flat=True):
            FactoryBuyer.objects.create(factory_id=row, buyer=buyer, **CONSENT)
        client = sign_in("buyer", buyer=buyer)
    else:
        client = sign_in(role, **({"factory": factory} if role == "ambassador" else {}))
    with django_assert_max_num_queries(18) as seen:
        answer = client.get(LIST)
    work = [
        q
        for q in seen.captured_queries
        if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "SELECT set_config"))
    ]
    assert len(work) <= 10
    assert answer.content.decode().count("BD-T" if role != "ambassador" else "<h2>") >= count


def make_report(assessment: Any, language: str = "en") -> Report:
    report: Report = Report.objects.create(
        assessment=assessment, factory=assessment.factory, version=1, language=language,
        check_code=f"BD-{Report.objects.count():05d}-AAAAA", released_at=assessment.released_at,
    )  # fmt: skip
    return report


def test_search_filter_sort_and_languages(bd: Any, sign_in: SignIn) -> None:
    for name, day in (("Alpha", date(2025, 3, 3)), ("Beta", date(2026, 3, 3))):
        assessment = make_assessment(
            factory=builders.make_factory(name), starts_on=day, answered=False
        )
        make_report(assessment, "en")
        make_report(assessment, "bn")
    client = sign_in("manager")

    def shown(query: str) -> list[str]:
        text = client.get(LIST + query).content.decode()
        return [
            name for _at, name in sorted((text.find(n), n) for n in ("Alpha", "Beta") if n in text)
        ]

    assert shown("") == ["Beta", "Alpha"]
    assert shown("?sort=factory") == ["Alpha", "Beta"]
    assert shown("?q=alph") == ["Alpha"]
    assert shown("?year=2026") == ["Beta"]
    assert shown("?state=stopped") == []
    assert shown("?sort=nonsense&year=x&page=999") == ["Beta", "Alpha"]
    text = client.get(LIST).content.decode()
    assert text.count("বাংলা") == text.count("English")
    assert "2 reports" in text


def test_reading_costs_few_queries(
    released: Report, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("manager")
    with django_assert_max_num_queries(20):
        client.get(page(released))


# -- the chain from the factory to the report ------------------------------------


def sealed_visit(factory: Any) -> Any:
    """A visit that is planned in the factory's next cycle."""
    factory.cycles.update(ends_on=date(2026, 12, 31))
    number = factory.cycles.count() + 1
    builders.make_cycle(factory, number=number, starts_on=date(2027, 1, 1))
    return make_planned(date(2027, 3, 1), factory=factory)


def test_a_factory_leads_to_its_assessments_and_reports(
    released: Report, sign_in: SignIn, write: Any, django_assert_max_num_queries: Any
) -> None:
    factory, assessment = released.factory, released.assessment
    profile = reverse("factories:detail", args=[factory.pk])
    here = reverse("assessments:detail", args=[assessment.pk])
    sealed = sealed_visit(factory)
    client = sign_in("manager")
    client.get(profile)
    with django_assert_max_num_queries(32):
        text = client.get(profile).content.decode()
    panel = text.split('id="assessments"')[1].split("</section>")[0]
    assert here in panel
    assert page(released) in panel
    assert str(sealed.pk) not in text
    # Not even for the planner, who may open it elsewhere.
    text = sign_in(user=sealed.planner).get(profile).content.decode()
    assert str(sealed.pk) not in text.split('id="assessments"')[1]
    # From the assessment on to its report in each language.
    text = client.get(here).content.decode()
    for each in Report.objects.filter(assessment=assessment):
        assert page(each) in text
    assert reverse("advisory:plan", args=[factory.pk]) in text
    # Its own people have the report, not the programme's page of the assessment.
    ambassador = builders.make_member("ambassador", factory=factory)
    text = sign_in(user=ambassador).get(profile).content.decode()
    assert page(released) in text
    assert here not in text


def test_lines_of_the_timeline_lead_to_what_they_tell_of(released: Report, sign_in: SignIn) -> None:
    factory, assessment = released.factory, released.assessment
    profile = reverse("factories:detail", args=[factory.pk])
    here = reverse("assessments:detail", args=[assessment.pk])
    record(Action.CHECKED_IN, about=assessment, factory_id=factory.pk, for_factory=True)
    sealed = sealed_visit(factory)
    record(Action.REPORT_WRITTEN, about=released, factory_id=factory.pk, for_factory=True)

    def line_of(user: Any) -> str:
        text = sign_in(user=user).get(profile).content.decode()
        return str(text.split('id="events"')[1])

    manager = line_of(builders.make_member("manager"))
    assert f'<a href="{here}">checked in at the factory</a>' in manager
    assert f'<a href="{page(released)}">wrote the report</a>' in manager
    assert str(sealed.pk) not in line_of(sealed.planner)
    ambassador = line_of(builders.make_member("ambassador", factory=factory))
    assert here not in ambassador
    assert "checked in at the factory" in ambassador


# -- the public check ------------------------------------------------------------


def test_a_code_says_whether_the_paper_is_genuine(released: Report, client: Client) -> None:
    answer = client.get(reverse("reporting:check", args=[released.check_code]))
    text = answer.content.decode()
    assert answer.status_code == 200
    both = Report.objects.get(pk=released.pk)
    for fact in ("Meghna Crest", both.pdf_sha256, "10–11 Aug 2026"):
        assert fact in text
    for hidden in ("non-compliance", "Exit 3", "31 workers", released.assessment.code):
        assert hidden not in text
    typed = client.get(reverse("reporting:check_form"), {"code": released.check_code.lower()})
    assert "Meghna Crest" in typed.content.decode()
    assert not TrailEvent.objects.filter(action="report_read").exists()


def test_a_paper_that_a_newer_version_replaced_is_told_so(
    released: Report, write: Any, client: Client
) -> None:
    services.order_correction(
        assessment_id=released.assessment_id,
        reason="The name of the line was wrong.",
        by=builders.make_member("manager").pk,
        now=timezone.now(),
    )
    # Ordered is not written: the old paper is still the newest.
    address = reverse("reporting:check", args=[released.check_code])
    assert "newer version" not in client.get(address).content.decode()
    while job := Job.objects.filter(status=Job.Status.QUEUED).first():
        run(job)
    newer = Report.objects.get(language="en", version=2)
    old = client.get(address)
    text = old.content.decode()
    assert old.status_code == 200
    written = formats.on_date(timezone.localdate(newer.written_at))
    assert f"It is genuine, but a newer version of this report was released on {written}." in text
    for hidden in (newer.check_code, "The name of the line", str(newer.pk)):
        assert hidden not in text
    text = client.get(reverse("reporting:check", args=[newer.check_code])).content.decode()
    assert "newer version" not in text


def test_nothing_is_said_before_the_release_or_of_other_codes(
    bd: Any, quick_print: Any, client: Client, settings: Any
) -> None:
    assessment = make_assessment(status="factory_review", factory=builders.make_factory("Secret"))
    run(order_draft(assessment))
    draft = Report.objects.get()
    unknown = client.get(reverse("reporting:check", args=["BD-99999-99999"]))
    early = client.get(reverse("reporting:check", args=[draft.check_code]))
    assert (unknown.status_code, early.status_code) == (404, 404)
    token = re.compile(r'"[A-Za-z0-9]{64}"')  # of the forms: another each time
    said = [
        token.sub("", answer.content.decode()).replace(code, "")
        for answer, code in ((unknown, "BD-99999-99999"), (early, draft.check_code))
    ]
    assert said[0] == said[1]
    assert client.get(reverse("reporting:check_form")).status_code == 200


def test_guessing_codes_is_stopped(bd: Any, client: Client) -> None:
    address = reverse("reporting:check", args=["BD-99999-99999"])
    answers = [client.get(address).status_code for _ in range(32)]
    assert answers[:30] == [404] * 30
    assert answers[30:] == [429, 429]


def test_the_role_of_the_check_sees_no_other_row(released: Report) -> None:
    with scope.scope(scope.Facts("checker")):
        assert not Report.objects.exists()


@pytest.mark.parametrize("role", ["manager", "ambassador"])
def test_the_list_gives_what_it_shows_as_a_file(
    released: Report, sign_in: SignIn, role: str
) -> None:
    client = sign_in(role, factory=released.factory if role == "ambassador" else None)
    text = client.get(LIST, {"format": "csv"}).content.decode("utf-8-sig")
    assert "Meghna Crest" in text
    assert "English" in text
    assert ("State" in text) == (role == "manager")
    assert "Meghna" not in client.get(LIST, {"format": "csv", "q": "none"}).content.decode()
    assert client.get(LIST, {"format": "xlsx"}).content[:2] == b"PK"


def test_a_buyer_takes_the_list_home_and_the_trail_knows(released: Report, sign_in: SignIn) -> None:
    buyer = buyer_of(released, **CONSENT)
    assert "Meghna" in sign_in(user=buyer).get(LIST, {"format": "csv"}).content.decode()
    written = _as_platform(
        lambda: TrailEvent.objects.filter(action="exported", actor=buyer).count()
    )
    assert written == 1
