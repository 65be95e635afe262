"""One factory through a whole engagement cycle, by the hands of everybody who takes part.

From its registration to verified items and the next cycle: manager, advisor, planner, two
assessors, reviewer, ambassador, both sides of the committee. Forms and buttons only. Each step says
what its person sees, and what the others must not see.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from .conftest import Person, Site
from .eyes import overflow
from .hands import (
    fill,
    link_in,
    mail_to,
    photo,
    pk_in,
    press,
    press_named,
    send,
    send_form,
    shoot,
    text_of,
    today,
)

pytestmark = pytest.mark.browser

# A name of its own, so that the story can be told again on a product that runs already.
TAG = secrets.token_hex(2)
FACTORY = f"Rupsha Knit Composite {TAG}"
LOCAL_NAME = "রূপসা নিট কম্পোজিট"
PASSWORD = "padma-meghna-jamuna"
# A compliance point's name, as the report of each language must hold it.
WORDS_OF = {"en": "Emergency Preparedness", "bn": "জরুরি", "ar": "الطوارئ"}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
ADVISOR, LEAD, SECOND, OTHER = (
    f"{name}@bd.demo.example" for name in ("advisor", "advisor-2", "advisor-3", "advisor-4")
)
GUESTS = {
    "ambassador": ("Rokeya Begum", "bn"),
    "committee_worker": ("Salma Khatun", "bn"),
    "committee_management": ("Jamal Uddin", "en"),
}
LEAD_NAME, SECOND_NAME, ADVISOR_NAME = "Tanvir Rahman", "Mahbub Alam", "Nasrin Akter"

# Question -> what was found, and the sources it comes from.
FINDINGS = {
    "OSH-EP-03": (
        "Two exit doors on the third floor were bolted during the shift.",
        ["observation", "workers"],
    ),
    "OSH-EP-04": (
        "Cartons stood in the aisle of the finishing section.",
        ["observation", "management"],
    ),
    "CO-INF-01": (
        "Eleven pay slips of October show no overtime hours.",
        ["documents", "workers"],
    ),
    "WT-OT-01": ("Time cards and sewing line boards do not agree.", ["documents", "workers"]),
}


@dataclass
class Story:
    """What one step leaves for the next."""

    factory: str = ""
    code: str = ""
    assessment: str = ""
    committee: str = ""
    questions: int = 0
    items: list[str] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    assessed_before: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


@pytest.fixture(scope="class")
def story() -> Story:
    return Story()


@pytest.fixture
def as_(story: Story, enter_once: Callable[..., Person]) -> Callable[..., Person]:
    """`as_("planner")`: the person with that name in this story, in a window that stays open."""

    def person(who: str, **wanted: Any) -> Person:
        if who not in story.people:
            login = {"email": who} if "@" in who else {"role": who}
            story.people[who] = enter_once(**login, **wanted)
        return story.people[who]

    return person


def mail_of(role: str) -> str:
    return f"{role.replace('_', '.')}@rupsha-{TAG}.example"


def days_ago(days: int) -> date:
    return today() - timedelta(days=days)


def working_days(first: date) -> list[date]:
    """Days to try: the weekly rest of the country is Friday; the product knows its holidays."""
    days = (first + timedelta(days=n) for n in range(14))
    return [day for day in days if day.weekday() != 4]


@pytest.mark.story
class TestFullCycle:
    # -- registration -------------------------------------------------------------------------

    def test_the_manager_registers_the_factory(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        story.assessed_before = _counted(as_("manager").open("/overview/"))
        page = as_("manager").open("/factories/")
        press_named(page, "Register a factory")
        advisor = page.locator("[name=advisor] option", has_text=ADVISOR_NAME)
        fill(
            page,
            name=FACTORY,
            local_name=LOCAL_NAME,
            city="Gazipur",
            region="Dhaka",
            workers_female=720,
            workers_male=480,
            languages=["bn", "ar"],
            contact_name="Farzana Haque",
            advisor=advisor.get_attribute("value"),
            registered_on=days_ago(115),
            starts_on=days_ago(110),
        )
        if press_named(page, "Register").status == 422:  # another one is called nearly like it
            page.check("[name=is_no_duplicate]")
            press_named(page, "Register")
        expect(page.locator("h1")).to_have_text(FACTORY)
        story.factory = pk_in(page.url)
        shown = text_of(page)
        assert LOCAL_NAME in shown
        assert "Cycle 1" in shown
        assert "1,200 workers" in shown
        assert ADVISOR_NAME in shown
        shoot(page, "manager-factory")

    def test_the_same_factory_is_not_registered_twice_unasked(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_("manager").open("/factories/new/")
        fill(page, name=FACTORY.replace("Composite", "Composit"), city="Gazipur", region="Dhaka")
        fill(page, registered_on=today())
        answer = press_named(page, "Register")
        assert answer.status == 422
        assert FACTORY in text_of(page)
        assert page.input_value("[name=city]") == "Gazipur"

    def test_the_manager_invites_the_people_of_the_factory(
        self, as_: Callable[..., Person]
    ) -> None:
        page = as_("manager").open("/people/")
        for role, (_name, language) in GUESTS.items():
            press_named(page, "Invite a person")
            send_form(
                page, email=mail_of(role), full_name="", language=language, role=role,
                factory=FACTORY,
            )  # fmt: skip
            assert mail_of(role) in text_of(page)

    # -- advice before the assessment ---------------------------------------------------------

    def test_the_advisor_records_three_visits(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        person = as_(ADVISOR)
        for ago, topics in ((108, "First visit, tour"), (80, "Committee"), (45, "Fire safety")):
            page = person.open("/plan/visits/")
            press_named(page, "Plan or record a visit")
            send_form(
                page,
                factory=story.factory,
                visited_on=days_ago(ago),
                topics=topics,
                agreed="Next visit agreed",
                worker_members=2,
                management_members=2,
            )
        page = person.open(f"/factories/{story.factory}/")
        expect(page.locator("#visits + *, section:has(#visits)").first).to_be_visible()

    @pytest.mark.parametrize("role", ["ambassador", "committee_worker", "committee_management"])
    def test_they_come_by_the_mailed_link(
        self, story: Story, site: Site, enter_once: Callable[..., Person], role: str
    ) -> None:
        name, language = GUESTS[role]
        mail = mail_to(site.var / "mail", mail_of(role))
        guest = enter_once(visitor=True, **PHONE)
        guest.page.goto(link_in(mail, "/welcome/"))
        assert FACTORY in text_of(guest.page)
        shoot(guest.page, "guest-invitation")
        send_form(guest.page, full_name=name, language=language, way="password", password=PASSWORD)
        expect(guest.page.locator("html")).to_have_attribute("lang", language)
        shown = LOCAL_NAME if language == "bn" else FACTORY
        assert shown in guest.page.locator("header").inner_text()
        story.people[role] = guest
        page = guest.open("/plan/visits/")
        expect(page.locator("article.card")).to_have_count(3)

    def test_the_advisor_forms_the_committee(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_(ADVISOR).open(f"/factories/{story.factory}/")
        press(page.get_by_role("link", name="Record one").first)
        send_form(page, kind="bipartite", name="Participation Committee", formed_on=days_ago(100))
        story.committee = pk_in(page.url)
        press_named(page, "Record an election")
        send_form(page, held_on=days_ago(101), method="secret_ballot", voters=903, eligible=1180)
        members = [
            ("Ms", "Salma Khatun", "worker", "Sewing operator"),
            ("Ms", "Hosne Ara", "worker", "Quality inspector"),
            ("Mr", "Abdul Karim", "worker", "Cutter"),
            ("Mr", "Jamal Uddin", "management", "Head of compliance"),
            ("Ms", "Nusrat Jahan", "management", "Production manager"),
        ]
        for title, name, side, job in members:
            adding = page.locator(f"main a[href$='members/new/?side={side}']")
            press(adding.first)
            election = {} if side == "management" else {"election": _first_choice(page, "election")}
            send_form(
                page,
                title=title,
                full_name=name,
                occupation=job,
                joined_on=days_ago(100),
                **election,
            )
        shown = text_of(page)
        for _, name, _, _ in members:
            assert name in shown
        assert "903 of 1,180 voted" in shown
        shoot(page, "advisor-committee")

    def test_the_committee_diagnoses_itself_with_the_advisor(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_(ADVISOR).open(f"/plan/factories/{story.factory}/self-diagnosis/")
        fines = page.locator("input[value=fine]")
        points = fines.count()
        assert points == 38
        for place in range(points):
            fines.nth(place).check()
        page.locator("input[value=issue]").last.check()
        answer = press_named(page, "Complete")
        assert answer.status == 422  # an issue needs its note; nothing chosen is lost
        expect(page.locator("input[value=fine]:checked")).to_have_count(points - 1)
        issue = page.locator("fieldset:has(input[value=issue]:checked)")
        issue.locator("textarea").fill("Rest days are moved without a notice.")
        press_named(page, "Complete")
        assert "Completed on" in text_of(page)
        shoot(page, "advisor-self-diagnosis")
        page = as_(ADVISOR).open(f"/plan/factories/{story.factory}/")
        assert "Rest days are moved without a notice." in text_of(page)

    # -- planning, in secret ------------------------------------------------------------------

    def test_the_planner_plans_a_sealed_visit(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_("planner").open("/assessments/")
        press_named(page, "Plan an assessment")
        fill(page, factory=story.factory, modality="on_site", starts_on=today())
        fill(
            page,
            lead=_choice(page, "lead", ADVISOR_NAME),
            second=_choice(page, "second", LEAD_NAME),
        )
        for day in working_days(today()):
            fill(page, starts_on=day)
            assert press_named(page, "Plan and seal").status == 422
            refusal = page.locator("main [role=alert]").inner_text()
            if "own caseload" in refusal:
                break
        # The factory's own advisor is refused; what was chosen stays in the form.
        assert page.input_value("[name=factory]") == story.factory
        fill(page, lead=_choice(page, "lead", LEAD_NAME))
        fill(page, second=_choice(page, "second", SECOND_NAME))
        assert press_named(page, "Plan and seal").status == 200
        story.assessment = pk_in(page.url)
        assert "Secret until check-in, seen by 3 people" in text_of(page)
        shoot(page, "planner-envelope")

    @pytest.mark.parametrize("who", ["manager", "staff", ADVISOR, OTHER, "ambassador"])
    def test_nobody_else_sees_the_visit(
        self, story: Story, as_: Callable[..., Person], who: str
    ) -> None:
        person = as_(who)
        here = f"/assessments/{story.assessment}/"
        for path in (here, f"{here}questions/", f"{here}draft/"):
            assert person.refused(path) in {403, 404}
        for path in ("/", "/assessments/?q=Rupsha", f"/factories/{story.factory}/"):
            if who == "ambassador" and path.startswith("/assessments"):
                continue
            page = person.open(path)
            source = page.content()
            assert story.assessment not in source, path
        assert "Secret" not in text_of(person.page)

    # -- at the factory -----------------------------------------------------------------------

    def test_the_lead_opens_the_envelope_and_checks_in(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_(LEAD).open("/assessments/")
        press_named(page, "Open the envelope")
        press(page.locator(".envelope").get_by_role("link", name=FACTORY))
        why = page.locator("[name=reason]")
        if why.count():  # planned for the next working day
            why.fill("The first day was moved forward with the planner's consent.")
        shoot(page, "lead-envelope")
        press_named(page, "Check in at the factory")
        assert page.url.endswith("/questions/")
        shown = page.locator(".lede").inner_text()
        story.questions = int(shown.split(" of ")[1].split()[0].replace(",", ""))
        assert shown.startswith("0 of ")
        assert story.questions > 150
        shoot(page, "lead-questions")

    def test_the_rest_see_the_assessment_now_but_not_its_answers_to_write(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_("manager").open(f"/assessments/{story.assessment}/")
        assert "In progress" in text_of(page)
        expect(page.get_by_role("button", name="Sign the assessment")).to_have_count(0)
        # The factory knows that it is assessed; the answers are not for it before the draft.
        ambassador = story.people["ambassador"]
        here = f"/assessments/{story.assessment}/"
        assert ambassador.refused(f"{here}draft/") == 404
        assert ambassador.refused(here) in {403, 404}
        assert ambassador.refused(f"{here}questions/OSH-EP-03/") in {403, 404}

    def test_the_second_assessor_answers_the_facts(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        """Fact-gathering questions: numbers, texts, choices, dates, by hand and by tapping."""
        page = as_(SECOND).open(f"/assessments/{story.assessment}/questions/")
        facts = [each for each in _unanswered(page) if "-FG-" in each][:10]
        assert len(facts) == 10
        started = time.monotonic()
        for path in facts:
            page.goto(path)
            with saving(page):
                _answer_fact(page)
        story.seconds["facts"] = time.monotonic() - started
        page.goto(f"{page.url.rsplit('/questions/', 1)[0]}/questions/")
        assert page.locator(".lede").inner_text().startswith(f"{len(facts)} of ")

    def test_the_lead_answers_every_question_by_the_keyboard(
        self, story: Story, as_: Callable[..., Person], record_property: Callable[..., None]
    ) -> None:
        page = as_(LEAD).open(f"/assessments/{story.assessment}/questions/")
        press_named(page, "Next open question")
        started, answered = time.monotonic(), 0
        for _ in range(story.questions + 5):
            here = page.url.rstrip("/").rsplit("/", 1)[1]
            if here in FINDINGS:
                _write_finding(page, here)
                answered += 1
            elif not page.locator("form[data-answer] [name=value]").count():
                page.keyboard.press("1")  # compliant
                answered += 1
            elif page.locator("[data-line]").inner_text() == "Saved by itself as you answer":
                _answer_fact(page)
                answered += 1
            if not page.locator("[data-next-question]").count():
                break  # the last one
            page.keyboard.press("n")
            page.wait_for_function("seen => !location.pathname.includes(seen)", arg=here)
        expect(page.locator("[data-line]")).to_contain_text("Saved, ")
        seconds = time.monotonic() - started
        story.seconds["coded"] = seconds
        record_property("questions_answered_by_keyboard", answered)
        record_property("seconds_per_question", round(seconds / answered, 3))
        page.goto(f"{page.url.rsplit('/questions/', 1)[0]}/questions/")
        assert _unanswered(page) == []
        expect(page.locator(".lede")).to_have_text(
            f"{story.questions} of {story.questions} questions answered"
        )
        # The two saw each other at work.
        page = as_(SECOND).open(f"/assessments/{story.assessment}/questions/CO-INF-01/")
        assert LEAD_NAME in page.locator("header").inner_text()
        expect(page.locator("[name=finding]")).to_have_value(FINDINGS["CO-INF-01"][0])

    def test_a_finding_without_two_sources_keeps_both_from_signing(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_(LEAD).open(f"/assessments/{story.assessment}/questions/CO-INF-01/")
        with saving(page):
            page.locator("[name=sources][value=workers]").uncheck(force=True)
        page = as_(LEAD).open(f"/assessments/{story.assessment}/")
        expect(page.get_by_role("button", name="Sign the assessment")).to_have_count(0)
        page = as_(LEAD).open(f"/assessments/{story.assessment}/questions/CO-INF-01/")
        with saving(page):
            page.locator("[name=sources][value=workers]").check(force=True)

    def test_photos_stand_beside_a_finding(self, story: Story, as_: Callable[..., Person]) -> None:
        page = as_(LEAD).open(f"/assessments/{story.assessment}/questions/OSH-EP-03/")
        page.locator(".add-evidence summary").click()
        adding = page.locator("form[data-evidence]")
        adding.locator("[name=files]").set_input_files(
            [photo("door-1.jpg", "#7a4a1c"), photo("door-2.jpg", "#1c4a7a")]
        )
        fill(adding, caption="Bolted doors, third floor", visibility="factory")
        press(adding.locator(".btn.go"))
        expect(page.locator(".evid img")).to_have_count(2)
        page.wait_for_function(
            "() => [...document.querySelectorAll('.evid img')].every((i) => i.naturalWidth > 0)"
        )
        shoot(page, "lead-question")

    def test_both_sign_and_it_is_submitted(self, story: Story, as_: Callable[..., Person]) -> None:
        here = f"/assessments/{story.assessment}/"
        page = as_(LEAD).open(here)
        fill(page, workers=32)
        press_named(page, "Keep")
        shoot(page, "lead-before-signing")
        press_named(page, "Sign the assessment")
        assert "You have signed." in text_of(page)
        page = as_(SECOND).open(here)
        press_named(page, "Sign the assessment")
        assert "Submitted" in page.locator(".lede").inner_text()
        page = as_(LEAD).open(f"{here}questions/OSH-EP-03/")
        expect(page.locator("form[data-answer]")).to_have_count(0)  # read only now

    # -- quality review -----------------------------------------------------------------------

    def test_the_reviewer_returns_it_with_a_remark(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_("staff").open(f"/assessments/{story.assessment}/")
        press_named(page, "Quality review")
        press_named(page, "Start the review")
        expect(page.locator("article.card")).to_have_count(len(FINDINGS))
        finding = page.locator("#q-OSH-EP-03")
        finding.locator("[name=text]").fill("Say how many workers use these doors.")
        press(finding.get_by_role("button", name="Add the remark"))
        shoot(page, "staff-review")
        assert "Say how many workers use these doors." in text_of(page)
        press_named(page, "Return to the team")
        assert story.people["ambassador"].refused(f"/assessments/{story.assessment}/draft/") == 404

    def test_the_team_answers_the_remark_and_signs_again(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        here = f"/assessments/{story.assessment}/"
        page = as_(LEAD).open("/work/")
        remark = page.locator("main").get_by_role("link", name="remark of the review").first
        assert press(remark).status == 200
        assert page.url.endswith("#remarks")
        expect(page.get_by_role("link", name="Quality review")).to_have_count(0)
        shoot(page, "lead-remark")
        page = as_(LEAD).open(f"{here}questions/OSH-EP-03/")
        assert "Say how many workers use these doors." in text_of(page)
        longer = f"{FINDINGS['OSH-EP-03'][0]} Some 240 workers use them."
        with saving(page):
            page.fill("[name=finding]", longer)
        page = as_(LEAD).open(here)
        expect(page.get_by_role("button", name="Sign the assessment")).to_have_count(0)
        page.locator("[name=text]").fill("Added: some 240 workers.")
        press_named(page, "Keep the answer")
        press_named(page, "Sign the assessment")
        page = as_(SECOND).open(here)
        press_named(page, "Sign the assessment")
        assert "Submitted" in page.locator(".lede").inner_text()

    def test_the_reviewer_sends_the_draft(self, story: Story, as_: Callable[..., Person]) -> None:
        page = as_("staff").open(f"/assessments/{story.assessment}/review/")
        press_named(page, "Start the review")
        assert "Added: some 240 workers." in text_of(page)
        expect(page.get_by_role("button", name="Send the draft to the factory")).to_have_count(0)
        press(page.locator("#q-OSH-EP-03").get_by_role("button", name="Settled"))
        press_named(page, "Send the draft to the factory")
        assert "You" not in page.locator(".lede").inner_text()
        expect(page.get_by_role("button", name="Release the report")).to_have_count(0)

    # -- the factory reads --------------------------------------------------------------------

    def test_the_ambassador_reads_the_draft_on_a_phone_and_comments(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        person = story.people["ambassador"]
        page = person.open("/")
        press(page.locator(f"main a[href$='/assessments/{story.assessment}/draft/']").first)
        expect(page.locator("html")).to_have_attribute("lang", "bn")
        expect(page.locator("article.card")).to_have_count(len(FINDINGS))
        shown = text_of(page)
        for found, _sources in FINDINGS.values():
            assert found in shown
        assert overflow(page) <= 0
        finding = page.locator("#q-OSH-EP-04")
        finding.locator("summary.btn").click()
        finding.locator("[name=text]").fill("করিডোর এখন খালি রাখা হয়েছে।")
        press(finding.locator("form button.go"))
        assert "করিডোর এখন খালি রাখা হয়েছে।" in text_of(page)
        send(page, "/draft/finish/")
        shoot(page, "ambassador-draft")
        # What the team said among itself stays with the team.
        assert "Say how many workers use these doors." not in page.content()
        assert story.people["committee_worker"].refused(
            f"/assessments/{story.assessment}/review/"
        ) in {403, 404}

    def test_the_comment_is_answered_and_the_manager_releases(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        review = f"/assessments/{story.assessment}/review/"
        page = as_("manager").open(review)
        expect(page.get_by_role("button", name="Release the report")).to_have_count(0)
        page = as_("staff").open(review)
        assert "করিডোর এখন খালি রাখা হয়েছে।" in text_of(page)
        page.locator("#q-OSH-EP-04 form[action*='/comments/'] [name=text]").fill("Well done.")
        press(page.locator("#q-OSH-EP-04").get_by_role("button", name="Answer", exact=True))
        expect(page.get_by_role("button", name="Release the report")).to_have_count(0)
        page = as_("manager").open(review)
        press_named(page, "Release the report")
        shoot(page, "manager-released")
        assert "Released" in page.locator(".lede").inner_text()

    # -- the report ---------------------------------------------------------------------------

    def test_the_worker_writes_the_report_in_three_languages(
        self, story: Story, as_: Callable[..., Person], record_property: Callable[..., None]
    ) -> None:
        person = as_("manager")
        started = time.monotonic()
        page = person.open(f"/reports/?q={TAG}")
        for _ in range(90):
            row = page.locator("main table tbody tr", has_text="Released")
            if row.locator("a[hreflang]").count() == 3:
                break
            page.wait_for_timeout(1000)
            page.reload()
        record_property("seconds_until_three_reports", round(time.monotonic() - started, 1))
        expect(row.locator("a[hreflang]")).to_have_count(3)
        links = {
            link.get_attribute("hreflang"): link.get_attribute("href")
            for link in row.locator("a[hreflang]").all()
        }
        assert set(links) == {"en", "bn", "ar"}
        for language, path in links.items():
            page = person.open(str(path))
            ready = page.locator("a[href$='/pdf/']")
            for _ in range(60):
                if ready.count():
                    break
                page.wait_for_timeout(1000)
                page.reload()
            assert "OSH-EP-03" in text_of(page)
            shoot(page, f"manager-report-{language}")
            with page.expect_download() as download:
                ready.first.click()
            text = _pdf_text(download.value.path())
            assert FACTORY in text, language
            assert FINDINGS["CO-INF-01"][0] in text, language
            assert WORDS_OF[str(language)] in text, language
        assert as_(OTHER).refused(str(links["en"])) in {200, 404}

    def test_the_factory_reads_its_report(self, story: Story, as_: Callable[..., Person]) -> None:
        page = story.people["ambassador"].open("/reports/")
        press(page.locator("main a[hreflang=bn]").first)
        assert WORDS_OF["bn"] in text_of(page)
        shoot(page, "ambassador-report")
        assert overflow(page) <= 0

    # -- improvement --------------------------------------------------------------------------

    def test_the_advisor_makes_the_findings_items_in_one_action(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_(ADVISOR).open(f"/plan/factories/{story.factory}/")
        press_named(page, "Look at them and add all in one step")
        press_named(page, f"Add {len(FINDINGS)} items")
        rows = page.locator("main table tbody th a[href*='/plan/items/']")
        expect(rows).to_have_count(len(FINDINGS))
        shoot(page, "advisor-plan")
        story.items = [pk_in(str(each.get_attribute("href"))) for each in rows.all()]
        page.go_back()
        assert page.get_by_role("button", name="Add").count() <= 1

    def test_the_ambassador_acts_photographs_and_reports_done(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        person = story.people["ambassador"]
        page = person.open("/")
        assert page.locator("article.card.todo").count() >= len(FINDINGS)
        shoot(page, "ambassador-actions")
        item = story.items[0]
        press(page.locator(f"main a[href$='/plan/items/{item}/']").first)
        press(page.locator(f"main a[href$='/plan/items/{item}/edit/']").first)
        send_form(
            page,
            root_cause="লাইন প্রধানরা নিয়মটি জানতেন না।",
            action="বোল্ট খুলে প্যানিক বার লাগানো হবে।",
            responsible="ফারজানা হক, কমপ্লায়েন্স",
            due_on=working_days(today() + timedelta(days=20))[0],
        )
        assert "প্যানিক বার" in text_of(page)
        fill(page, progress_percent=50, note="দুটি দরজা শেষ")
        send(page, "/progress/")
        shots = [
            photo(f"after-{n}.jpg", colour) for n, colour in enumerate(("#2a6", "#26a", "#a26"))
        ]
        details = page.locator("details:has([name=files])")
        if not details.evaluate("d => d.open"):
            details.locator("summary").click()
        page.locator("[name=files]").set_input_files(shots)
        send(page, "/evidence/")
        expect(page.locator(".evid img")).to_have_count(3)
        shown = page.locator(".evid").inner_text()
        assert [shown.index(each["name"]) for each in shots] == sorted(
            shown.index(each["name"]) for each in shots
        )
        send(page, "/done/")
        expect(page.locator("form[action$='/done/']")).to_have_count(0)
        shoot(page, "ambassador-item-done")
        assert overflow(page) <= 0
        # Confirming is the committee's, verifying the advisor's.
        expect(page.locator("form[action$='/confirm/']")).to_have_count(0)

    def test_nothing_is_verified_before_both_sides_confirm(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        item = f"/plan/items/{story.items[0]}/"
        page = as_(ADVISOR).open(item)
        expect(page.locator("form[action$='/verify/']")).to_have_count(0)
        page = story.people["committee_worker"].open("/")
        press(page.locator(f"main a[href$='{item}']").first)
        send(page, "/confirm/")
        expect(page.locator(".seam .side.yes")).to_have_count(1)
        shoot(page, "worker-confirmed")
        page = as_(ADVISOR).open(item)
        expect(page.locator("form[action$='/verify/']")).to_have_count(0)

    def test_the_other_side_confirms_and_the_advisor_verifies(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        item = f"/plan/items/{story.items[0]}/"
        page = story.people["committee_management"].open("/")
        press(page.locator(f"main a[href$='{item}']").first)
        press_named(page, "I confirm it is done")
        expect(page.locator(".seam .side.yes")).to_have_count(2)
        shoot(page, "management-confirmed")
        page = as_(ADVISOR).open("/plan/verify/")
        waiting = page.locator(f"main th a[href$='{item}']")
        while waiting.count() == 0:  # the longest waiting come first, this one last
            press(page.get_by_role("link", name="Next"))
        press(waiting)
        press_named(page, "Verify")
        assert "Verified" in text_of(page)
        shoot(page, "advisor-verified")
        page = story.people["ambassador"].open("/plan/items/?status=verified")
        expect(page.locator("article.card h3 a")).to_have_count(1)

    # -- what the country counts, and the next cycle -------------------------------------------

    def test_the_dashboard_counts_the_factory(
        self, story: Story, as_: Callable[..., Person]
    ) -> None:
        page = as_("manager").open("/overview/")
        assert _counted(page) == story.assessed_before + 1
        shoot(page, "manager-overview")
        page = as_("manager").open("/rates/")
        press(page.locator("a", has_text="Emergency Preparedness").first)
        row = page.locator("main tr", has_text=FACTORY)
        expect(row).to_have_count(1)
        assert row.locator("td").last.inner_text() == "2"  # both exits questions

    def test_the_next_cycle_opens(self, story: Story, as_: Callable[..., Person]) -> None:
        page = as_(ADVISOR).open(f"/factories/{story.factory}/cycle/")
        press_named(page, "Register for the next cycle")
        send_form(page, starts_on=today() + timedelta(days=1))
        press(page.get_by_role("link", name="Cycle 2"))
        expect(page.locator("h1")).to_have_text("Cycle 2")
        shoot(page, "advisor-cycle-2")
        page = as_(ADVISOR).open(f"/factories/{story.factory}/cycle/?number=1")
        assert "Its last day is" in text_of(page)
        shoot(page, "advisor-cycle-1")


@contextmanager
def saving(page: Page) -> Iterator[None]:
    """What is done within is kept by the server, and the page says so."""
    with page.expect_response(lambda each: "/answer/" in each.url) as answer:
        yield
    assert answer.value.status == 200
    page.wait_for_function(
        """() => {
          const line = document.querySelector('[data-line]');
          const key = document.querySelector('form[data-answer]').dataset.queueKey;
          return line.textContent.includes(`${line.dataset.done}, `) && !localStorage.getItem(key);
        }"""
    )


def _unanswered(page: Page) -> list[str]:
    """Addresses of the open questions, from the page of all questions."""
    page.goto(page.url.split("?")[0] + "?show=open")
    return list(page.locator(".qlist a").evaluate_all("all => all.map(a => a.href)"))


def _answer_fact(page: Page) -> None:
    value = page.locator("form[data-answer] [name=value]")
    kind = value.first.evaluate("e => e.type")
    if kind == "radio":
        value.first.check(force=True)
    elif kind == "date":
        value.fill(str(days_ago(30)))
    else:
        page.keyboard.press("/")
        expect(value).to_be_focused()
        number = value.get_attribute("inputmode") == "decimal"
        page.keyboard.type("12" if number else "Recorded by interview.")
        page.keyboard.press("Escape")


def _write_finding(page: Page, lineage: str) -> None:
    found, sources = FINDINGS[lineage]
    page.keyboard.press("2")
    for source in sources:
        page.locator(f"label:has([name=sources][value={source}])").click()
    page.keyboard.press("/")
    page.keyboard.type(found)
    page.keyboard.press("Escape")


def _pdf_text(path: Any) -> str:
    reader = PdfReader(path)
    text = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(text.split())


def _counted(page: Page) -> int:
    """Factories behind the numbers of the dashboard, as its first sentence says."""
    found = re.search(r"([\d,]+) factories", page.locator(".lede").inner_text())
    assert found
    return int(found.group(1).replace(",", ""))


def _first_choice(page: Page, name: str) -> str:
    value = page.locator(f"[name={name}] option").nth(1).get_attribute("value")
    assert value
    return value


def _choice(page: Page, name: str, words: str) -> str:
    value = page.locator(f"[name={name}] option", has_text=words).get_attribute("value")
    assert value, words
    return value
