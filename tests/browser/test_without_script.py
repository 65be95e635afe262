"""The work goes on where scripts do not run: an old phone, a strict office, a proxy."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from .conftest import Person
from .hands import fill, press, press_named, today

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
DESK = {"viewport": {"width": 1280, "height": 900}, "java_script_enabled": False}


def test_a_member_signs_in_and_confirms_an_item(enter: Callable[..., Person]) -> None:
    page = enter("committee_worker", **PHONE).open("/")
    cards = page.locator("article.card.todo:has(a.btn[href*='/plan/items/'])")
    waiting = cards.count()
    assert waiting, "The demo's committee has nothing to confirm."
    press(cards.first.locator("a.btn"))
    item = page.url
    press(page.locator("form[action$='/confirm/'] button"))
    assert page.url == item
    expect(page.locator("form[action$='/confirm/']")).to_have_count(0)
    expect(page.locator(".seam .side.yes").first).to_be_visible()
    page.goto(page.url.split("/plan/")[0] + "/")
    expect(cards).to_have_count(waiting - 1)


def test_an_ambassador_opens_menu_plan_and_item(enter: Callable[..., Person]) -> None:
    page = enter("ambassador", **PHONE).open("/")
    page.locator("details.menu summary.me").click()
    expect(page.locator("[data-looks] button[name=language]").first).to_be_visible()
    page.locator("details.menu summary.me").click()
    press(page.locator(".tabbar a[href='/plan/items/']"))
    press(page.locator("main article h3 a").first)
    expect(page.locator("main h1")).to_be_visible()


def test_an_assessor_answers_one_question(enter: Callable[..., Person]) -> None:
    page = enter("advisor", **DESK).open("/work/")
    press(page.locator("main li", has_text="Answer the questions").locator(".btn").first)
    press_named(page, "Next open question")
    question = page.url
    while page.locator("[name=value]").count():  # a coded question, not a fact
        press(page.locator(".qfoot button.go"))
        question = page.url
    page.locator("label:has([name=outcome][value=not_assessed])").click()
    page.select_option("[name=reason]", "records_unavailable")
    page.fill("[name=note]", "The key of the archive was away.")
    press(page.locator(".qfoot button.go"))
    assert page.url != question  # saved, and on to the next
    page.goto(question)
    expect(page.locator("[name=outcome][value=not_assessed]")).to_be_checked()
    expect(page.locator("[name=note]")).to_have_value("The key of the archive was away.")


def test_a_refused_form_keeps_what_was_typed(enter: Callable[..., Person]) -> None:
    page = enter("staff", **DESK).open("/factories/new/")
    page.fill("[name=city]", "Gazipur")
    answer = press(page.locator("main form .send .btn.go"))
    assert answer.status == 422
    expect(page.locator("main [role=alert]").first).to_be_visible()
    expect(page.locator("[name=city]")).to_have_value("Gazipur")


def test_a_form_sent_again_after_its_answer_was_lost_makes_one(
    enter: Callable[..., Person],
) -> None:
    """The server has the form, the answer never comes, the person presses again."""
    page = enter("staff", **DESK).open("/factories/new/")
    tag = secrets.token_hex(3)
    fill(page, name=f"{tag} Works", city="Gazipur", region="Dhaka", registered_on=today())
    sent: list[int] = []

    def lose_the_first_answer(route: Route) -> None:
        if route.request.method == "POST" and not sent:
            sent.append(route.fetch(max_redirects=0).status)
            route.abort("aborted")
        else:
            route.continue_()

    page.route("**/factories/new/", lose_the_first_answer)
    register = page.locator("main form .send .btn.go")
    # The lost answer must have failed before the second press waits for a page of its own.
    with page.expect_event("requestfailed", lambda asked: asked.method == "POST"):
        register.click(no_wait_after=True)
    expect(page.locator("[name=name]")).to_have_value(f"{tag} Works")
    assert press(register).status == 200
    assert sent == [302]
    page.goto(f"{page.url.split('/factories/')[0]}/factories/?q={tag}")
    expect(page.locator("main tbody tr")).to_have_count(1)
