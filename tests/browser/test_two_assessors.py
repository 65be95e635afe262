"""Two assessors in the same assessment: who is where, one answer changed by both, nothing lost."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import Person
from .hands import press, press_named

pytestmark = pytest.mark.browser

TABLET = {"viewport": {"width": 1024, "height": 768}}


def both_at_one_question(enter: Callable[..., Person]) -> tuple[Page, Page]:
    """The two of a team, at the same coded question that nobody has answered."""
    first = enter("advisor", **TABLET).open("/work/")
    press(first.locator("main li", has_text="Answer the questions").locator(".btn").first)
    press_named(first, "Next open question")
    while not first.locator("[name=finding]").count():
        here = first.url
        first.keyboard.press("n")
        first.wait_for_function("seen => location.href !== seen", arg=here)
    path = first.url.split("/", 3)[3]
    for number in range(2, 8):
        person = enter(email=f"advisor-{number}@bd.demo.example", **TABLET)
        person.page.goto(f"{person.site.address}/{path}")
        if person.page.locator("form[data-answer]").count():
            return first, person.page
    raise LookupError("Nobody else is on the team.")


def test_an_answer_of_both_is_settled_with_every_word(enter: Callable[..., Person]) -> None:
    first, second = both_at_one_question(enter)
    question = second.url
    with second.expect_response(lambda each: "/answer/" in each.url) as kept:
        second.keyboard.press("1")
    assert kept.value.status == 200

    # The other has the page of before. Their answer is on its way while they type on.
    held: list[Route] = []
    may_go: list[bool] = []
    first.route("**/answer/**", lambda each: each.continue_() if may_go else held.append(each))
    with first.expect_request(lambda each: "/answer/" in each.url):
        first.keyboard.press("2")
    finding = f"Two pallets stood in the aisle ({secrets.token_hex(3)})."
    first.fill("[name=finding]", finding)
    may_go.append(True)
    held[0].continue_()
    sides = first.locator("form:has(button[value=incoming])")
    expect(sides).to_contain_text(finding)
    expect(sides).to_contain_text("Compliant")
    expect(sides).to_contain_text("Non-compliance")
    assert first.locator("article.clash, .clash").count() == 1

    # The second is told too, and whoever decides, both go on from the same answer.
    second.goto(question)
    expect(second.locator("form:has(button[value=incoming])")).to_contain_text(finding)
    press(second.locator("button[value=incoming]"))
    for page in (first, second):
        page.goto(question)
        expect(page.locator("[name=finding]")).to_have_value(finding)
        expect(page.locator("[name=outcome]:checked")).to_have_value("non_compliant")
        expect(page.locator("button[value=incoming]")).to_have_count(0)


def test_each_sees_where_the_other_is(enter: Callable[..., Person]) -> None:
    first, second = both_at_one_question(enter)
    second.reload()
    first.reload()
    seen = first.locator("header .seen")
    expect(seen).to_contain_text("last seen")
    expect(seen).to_contain_text(second.locator("nav.steps summary b").inner_text().strip())
