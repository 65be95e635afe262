"""The connection goes in mid-answer, and comes back; a button is pressed twice."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from .conftest import Person
from .hands import photo, press, press_named

pytestmark = pytest.mark.browser

TABLET = {"viewport": {"width": 1024, "height": 768}}


def first_coded_question(page: Page) -> None:
    """Go on with the assessment this advisor is in, to an open question that is coded."""
    press(page.locator("main li", has_text="Answer the questions").locator(".btn").first)
    press_named(page, "Next open question")
    for _ in range(30):
        if not page.locator("[name=value]").count():
            return
        here = page.url
        page.keyboard.press("n")
        page.wait_for_function("seen => location.href !== seen", arg=here)


def revision(page: Page) -> int:
    return int(page.input_value("[name=base_revision]"))


def test_an_answer_outlives_the_connection(enter: Callable[..., Person]) -> None:
    person = enter("advisor", **TABLET)
    page = person.open("/work/")
    first_coded_question(page)
    question, before = page.url, revision(page)
    # The next pages are fetched ahead while there is time.
    page.wait_for_timeout(2500)

    page.context.set_offline(True)
    page.keyboard.press("2")
    finding = f"Two of five lamps were dark ({secrets.token_hex(3)})."
    page.fill("[name=finding]", finding)
    banner = page.locator("[data-offline]")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("No connection since")
    expect(banner).to_contain_text("1 answer waits")
    expect(page.locator("[data-line]")).to_contain_text("Kept on this tablet")
    # Work goes on: the next question is here already, and its answer waits too.
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url(lambda url: url != question)
    page.go_back()
    page.wait_for_url(question)
    expect(page.locator("[name=finding]")).to_have_value(finding)

    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    page.context.set_offline(False)
    expect(page.locator("[data-line]")).to_contain_text("Saved, ", timeout=20_000)
    expect(banner).to_be_hidden()
    assert len([url for url in sent if "/answer/" in url]) == 1

    page.goto(question)
    expect(page.locator("[name=finding]")).to_have_value(finding)
    assert revision(page) == before + 1  # once, and nothing lost
    page.wait_for_timeout(500)
    assert (
        page.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('bw-answers'))") == []
    )


def test_what_was_typed_outlives_a_reload(enter: Callable[..., Person]) -> None:
    """The battery ends before the connection is back: the words are still on the tablet."""
    person = enter("advisor", **TABLET)
    page = person.open("/work/")
    first_coded_question(page)
    question = page.url
    page.route("**/answer/**", lambda route: route.abort())
    page.keyboard.press("2")
    finding = f"A ledger page is missing ({secrets.token_hex(3)})."
    page.fill("[name=finding]", finding)
    expect(page.locator("[data-line]")).to_contain_text("Kept on this tablet")
    page.unroute("**/answer/**")
    with page.expect_response(lambda each: "/answer/" in each.url) as answer:
        page.goto(question)
    assert answer.value.status == 200
    page.goto(question)
    expect(page.locator("[name=finding]")).to_have_value(finding)


def test_a_double_click_sends_once(enter: Callable[..., Person]) -> None:
    page = enter("ambassador", viewport={"width": 390, "height": 844}).open("/plan/items/")
    press(page.locator("main article h3 a").first)
    progress = page.locator("form[action$='/progress/']")
    if not progress.count():
        page.goto(f"{page.url.split('/plan/')[0]}/plan/items/?waiting=ambassador")
        press(page.locator("main article h3 a").first)
    note = f"Two lines are done ({secrets.token_hex(3)})"
    progress.locator("[name=note]").fill(note)
    posts: list[str] = []
    page.on("request", lambda r: posts.append(r.url) if r.method == "POST" else None)
    with page.expect_navigation():
        progress.locator("button").dblclick()
    page.wait_for_load_state()
    assert len(posts) == 1
    assert page.content().count(note) >= 1


def test_a_sign_in_that_ran_out_is_named_and_the_answer_waits(enter: Callable[..., Person]) -> None:
    """Not "no connection": the way out is another one, and it stands beside the words."""
    person = enter("advisor", **TABLET)
    page = person.open("/work/")
    first_coded_question(page)
    question = page.url
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("2")
    finding = f"One of the drums has no label ({secrets.token_hex(3)})."
    page.fill("[name=finding]", finding)
    banner = page.locator("[data-offline]")
    expect(banner).to_contain_text("You are signed out.")
    expect(banner).to_contain_text("1 answer waits")
    door = banner.get_by_role("link", name="Sign in")
    assert door.get_attribute("href") == question.removeprefix(person.site.address)
    # Signed in again, here in another tab: the answer goes by itself.
    page.context.add_cookies([each for each in cookies if each["name"] == "sessionid"])
    expect(page.locator("[data-line]")).to_contain_text("Saved, ", timeout=20_000)
    expect(banner).to_be_hidden()
    page.goto(question)
    expect(page.locator("[name=finding]")).to_have_value(finding)


def test_nobody_signs_out_over_answers_that_wait(enter: Callable[..., Person]) -> None:
    person = enter("advisor", **TABLET)
    page = person.open("/work/")
    first_coded_question(page)
    page.route("**/answer/**", lambda route: route.abort())
    page.keyboard.press("2")
    finding = f"The lid of one drum was open ({secrets.token_hex(3)})."
    page.fill("[name=finding]", finding)
    expect(page.locator("[data-line]")).to_contain_text("Kept on this tablet")
    person.open("/account/logout/")
    page.locator("main form[data-sign-out] .btn.go").click()
    note = page.locator("main [data-waits]")
    expect(note).to_contain_text("1 answer waits to be sent.")
    # The way out leads to where it is sent; then nothing holds the person back.
    page.unroute("**/answer/**")
    with page.expect_response(lambda each: "/answer/" in each.url) as answer:
        note.get_by_role("link").click()
    assert answer.value.status == 200
    expect(page.locator("[name=finding]")).to_have_value(finding)
    page.wait_for_function("!Object.keys(localStorage).some((k) => k.startsWith('bw-answers'))")
    person.open("/account/logout/")
    press(page.locator("main form[data-sign-out] .btn.go"))
    assert "/account/login" in page.url or page.locator("[name=login]").count()


def test_a_text_beyond_every_measure_does_not_hold_up_the_others(
    enter: Callable[..., Person],
) -> None:
    """Browsers refuse to send much of a page that closes; the server says what is too long."""
    person = enter("advisor", **TABLET)
    page = person.open("/work/")
    first_coded_question(page)
    page.keyboard.press("2")

    def carries(words: str) -> Callable[[Response], bool]:
        return lambda each: words in (each.request.post_data_json or {}).get("finding", "")

    long = "তালিকা ছিল না। " * 4000
    with page.expect_response(carries(long)) as answer:
        page.fill("[name=finding]", long)
    assert answer.value.status == 422
    expect(page.locator("[data-line]")).to_contain_text("The text is too long")
    expect(page.locator("[data-offline]")).to_be_hidden()
    finding = f"No list was shown ({secrets.token_hex(3)})."
    with page.expect_response(carries(finding)) as answer:
        page.fill("[name=finding]", finding)
    assert answer.value.status == 200
    page.reload()
    expect(page.locator("[name=finding]")).to_have_value(finding)


def test_a_form_without_a_connection_stays_with_its_words_and_photos(
    enter: Callable[..., Person],
) -> None:
    person = enter("ambassador", viewport={"width": 390, "height": 844})
    page = person.open("/plan/items/?waiting=ambassador")
    press(page.locator("main article h3 a").first)
    item = page.url
    details = page.locator("details:has([name=files])")
    if not details.evaluate("d => d.open"):
        details.locator("summary").click()
    form = page.locator("form[action$='/evidence/']")
    shots = [photo(f"lamp-{n}.jpg", f"#{secrets.token_hex(3)}") for n in range(2)]
    form.locator("[type=file]").set_input_files(shots)
    caption = f"The lamp of exit 2 ({secrets.token_hex(3)})"
    form.locator("[name=caption]").fill(caption)
    page.context.set_offline(True)
    form.locator("button").last.click()
    expect(form.get_by_role("alert")).to_be_visible()
    assert page.url == item
    page.context.set_offline(False)
    expect(form.get_by_role("alert")).to_have_count(0)
    press(form.locator("button").last)
    assert caption in page.content()
