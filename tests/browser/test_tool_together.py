"""Two legal officers in one question, each in a browser of their own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .conftest import Person

pytestmark = pytest.mark.browser

QUESTION = "OSH-EP-03"


def write(page: Page, name: str, text: str) -> None:
    """Type into a field and wait, without leaving it, until the page says how that went."""
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and QUESTION in answer.url
    ):
        page.fill(f'[name="{name}"]', text)


def revision(page: Page) -> int:
    return int(page.input_value("[name=base_revision]"))


def test_two_people_write_in_one_question_at_once(enter: Callable[..., Person]) -> None:
    one, other = enter("cat_editor", programme="VN"), enter("manager", programme="VN")
    # A manager reviews and does not write: two editors are two windows of the officer.
    assert other.refused("/assessments/tool/upload/") == 403
    second = enter("cat_editor", programme="VN")
    page = one.open("/assessments/tool/drafts/")
    page.locator("form[action*=begin] button").click()
    page.wait_for_url(re.compile(r"/tool/versions/[0-9a-f-]{36}/$"))
    path = page.url.removeprefix(one.site.address) + f"questions/{QUESTION}/"
    mine, hers = one.open(path), second.open(path)
    mark = secrets.token_hex(3)

    # Different fields come together, and the page says so.
    write(mine, "title.en", f"Exits {mark}")
    assert revision(mine) == 2
    write(hers, "title.vi", f"Lối thoát {mark}")
    expect(hers.locator("#kept")).to_contain_text("Saved beside another person's changes")
    # Her page still shows the old English title. What she writes next does not undo the new one.
    assert mark not in hers.input_value('[name="title.en"]')
    write(hers, "finding.vi", f"Lối thoát bị khóa {mark}.")
    now = one.open(path)
    assert now.input_value('[name="title.en"]') == f"Exits {mark}"
    assert now.input_value('[name="title.vi"]') == f"Lối thoát {mark}"
    assert now.input_value('[name="finding.vi"]') == f"Lối thoát bị khóa {mark}."

    # The same field in two ways: the first stands, the other is kept aside, a person settles it.
    hers = second.open(path)
    write(now, "text.en", f"Are all exits {mark} open?")
    write(hers, "text.en", f"Is each exit {mark} open?")
    expect(hers.locator("#kept")).to_contain_text("Somebody else changed the same words")
    hers.locator(".toolfoot button.go").click()
    expect(hers.locator("[data-error-summary]")).to_contain_text(
        "changed the same words before you"
    )
    assert hers.input_value('[name="text.en"]') == f"Is each exit {mark} open?"
    expect(hers.locator(".other", has_text=f"Are all exits {mark} open?")).to_be_visible()
    hers.fill('[name="text.en"]', f"Are all exits {mark} open at all times?")
    hers.locator(".toolfoot button.go").click()
    hers.wait_for_load_state()
    now = one.open(path)
    assert now.input_value('[name="text.en"]') == f"Are all exits {mark} open at all times?"
    expect(now.locator(".note.warn", has_text="two texts")).to_have_count(0)

    # What is refused is not called saved, neither beside the words nor beside the button.
    write(now, "title.en", "T" * 60)
    expect(now.locator("#kept .note.bad")).to_be_visible()
    expect(now.locator("[data-saved]")).to_contain_text("Not saved yet")
    write(now, "title.en", f"Exits {mark}, all")
    expect(now.locator("[data-saved]")).to_contain_text("Saved,")
