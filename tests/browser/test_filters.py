"""The filter bar: folded in a narrow window, so that rows come first; open in a wide one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from . import eyes
from .conftest import Person
from .hands import press

pytestmark = pytest.mark.browser

SMALL: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True,
}  # fmt: skip
DESK = {"viewport": {"width": 1280, "height": 900}}
LISTS = {
    "manager": (
        "/overview/", "/factories/", "/factories/committees/", "/reports/", "/assessments/",
        "/plan/", "/plan/visits/", "/plan/verify/", "/plan/meetings/", "/people/", "/trail/",
        "/planner/closures/", "/assessments/tool/", "/rates/",
    ),
    "planner": ("/planner/",),
}  # fmt: skip
ROWS = "main .tbl tbody tr, main .decide > a, main .board tbody tr, main .empty, main .pointrow"


def first_row_ends(page: Page) -> float:
    """How far down the first row of the page's list ends, in pixels; the bar below covers 60."""
    box = page.locator(ROWS).locator("visible=true").first.bounding_box()
    assert box is not None
    return float(box["y"]) + min(float(box["height"]), 60)


@pytest.mark.parametrize("role", LISTS)
def test_the_first_rows_are_on_the_first_screen(enter: Callable[..., Person], role: str) -> None:
    person = enter(role, **SMALL)
    for path in LISTS[role]:
        page = person.open(path)
        assert first_row_ends(page) <= 740 - 60, path
        assert eyes.overflow(page) <= 0, path


@pytest.mark.parametrize("scripts", [True, False])
def test_a_fold_opens_sends_and_says_what_is_chosen(
    enter: Callable[..., Person], scripts: bool
) -> None:
    page = enter("manager", java_script_enabled=scripts, **SMALL).open("/factories/")
    status = page.locator("select[name=status]")
    name = page.locator(".filters summary")
    expect(status).to_be_hidden()
    name.click()
    expect(status).to_be_visible()
    if scripts:
        with page.expect_navigation():
            status.select_option("active")
    else:
        status.select_option("active")
        press(page.locator(".filters button"))
    assert "status=active" in page.url
    expect(status).to_be_hidden()
    expect(name.locator("b")).to_have_text("Active")
    name.focus()  # by keyboard, as by hand
    page.keyboard.press("Enter")
    press(page.get_by_role("link", name="Clear filters"))
    assert "status=active" not in page.url
    expect(name.locator("b")).to_have_count(0)


def test_filters_lie_open_on_a_desk(enter: Callable[..., Person]) -> None:
    page = enter("manager", **DESK).open("/factories/?status=active")
    expect(page.locator("select[name=status]")).to_be_visible()
    expect(page.locator(".filters summary")).to_be_hidden()
    page.locator("main input[name=q]").focus()
    page.keyboard.press("Tab")  # the controls are reached in order, though the fold is closed
    expect(page.locator(".filters select").first).to_be_focused()
    assert eyes.accessibility(page) == []


def test_an_open_fold_is_accessible(enter: Callable[..., Person]) -> None:
    page = enter("manager", **SMALL).open("/overview/")
    page.locator(".filters summary").click()
    assert eyes.overflow(page) <= 0
    assert eyes.cut_text(page) == []
    assert eyes.accessibility(page) == []
    assert eyes.small_targets(page, least=44, of="main .filters .btn, main .filters .pick") == []
