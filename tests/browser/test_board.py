"""The planner's board under a mouse, under the keys, and where scripts do not run."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Person
from .eyes import accessibility, overflow
from .hands import press

pytestmark = pytest.mark.browser

DESK = {"viewport": {"width": 1440, "height": 900}}
SEARCHED_MONTHS = 8


def board_with_visits(person: Person, query: str = "") -> Page:
    """The first month from now on with a visit that may be moved."""
    page = person.open(f"/planner/?{query}")
    for _each in range(SEARCHED_MONTHS):
        if page.locator("a.visit.as[data-move]").count():
            return page
        page.locator(".head .acts a.btn.icon").nth(1).click()
    raise LookupError("The demo's board has no visit to move.")


def free_cell(page: Page, visit: Locator) -> Locator:
    """An empty working day in the row of a visit, some days away from it."""
    at = visit.locator("xpath=ancestor::td").get_attribute("data-day")
    cells = visit.locator("xpath=ancestor::tr").locator("td[data-day]:not(:has(*)):not([class])")
    days = [cell.get_attribute("data-day") for cell in cells.all()]
    far = [n for n, day in enumerate(days) if day and abs(int(day[-2:]) - int(at[-2:])) > 3]  # type: ignore[index]
    return cells.nth(far[len(far) // 2])


def test_a_visit_is_dragged_and_its_rules_are_shown_live(enter: Callable[..., Person]) -> None:
    person = enter("planner", **DESK)
    page = board_with_visits(person)
    visit = page.locator("a.visit.as[data-move]").first
    code = visit.locator("b").inner_text()
    side = page.locator("#side")
    target = free_cell(page, visit)
    day = target.get_attribute("data-day") or ""
    visit.drag_to(target)
    expect(side).to_contain_text("Nothing is kept yet.")
    expect(side).to_contain_text(code)
    expect(side.locator("ul.rules li").first).to_be_visible()
    # Dropped, it stands where it stood: only the panel's button moves it.
    page.reload()
    expect(page.locator("a.visit.as b", has_text=code).first).to_be_visible()
    assert page.locator(f"td[data-day='{day}'] a.visit.as b", has_text=code).count() == 0
    page.locator("a.visit.as[data-move]", has=page.locator("b", has_text=code)).first.drag_to(
        page.locator(f"td[data-day='{day}']").first
    )
    keep, more = side.locator("[data-keep]"), side.locator("[data-more]")
    expect(keep.or_(more).first).to_be_focused()
    if keep.count():
        press(keep)
        expect(page.locator("main")).to_contain_text("set by hand")
    else:  # a rule stands against it: the form asks for the reason
        press(more)
        expect(page.locator("textarea[name=reason]")).to_be_visible()
        assert page.locator("input[name=starts_on]").input_value() == day


def test_a_visit_is_moved_with_the_keys_alone(enter: Callable[..., Person]) -> None:
    person = enter("planner", programme="VN", **DESK)
    page = board_with_visits(person)
    visit = page.locator("a.visit.as[data-move]").first
    side = page.locator("#side")
    visit.focus()
    page.keyboard.press("m")
    expect(page.locator("a.visit.taken")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("td.drop")).to_have_count(1)
    expect(side).to_contain_text("Nothing is kept yet.")
    page.keyboard.press("Escape")
    expect(page.locator("a.visit.taken, td.drop")).to_have_count(0)
    expect(visit).to_be_focused()
    page.keyboard.press("m")
    for _each in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    chosen = side.locator("[data-keep], [data-more]").first
    expect(chosen).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/planner/envelopes/"))


def test_keys_follow_the_direction_of_the_script(enter: Callable[..., Person]) -> None:
    person = enter("planner", programme="JO", **DESK)
    page = person.open("/planner/")
    page.locator("details.menu summary.me").click()
    press(page.locator("[data-looks] button[name=language][value=ar]"))
    page = board_with_visits(person)
    assert page.locator("html").get_attribute("dir") == "rtl"
    visit = page.locator("a.visit.as[data-move]").first
    before = visit.locator("xpath=ancestor::td").get_attribute("data-day") or ""
    visit.focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    target = page.locator("td.drop").get_attribute("data-day") or ""
    assert target > before  # the next day stands to the left


def test_a_visit_is_moved_without_script(enter: Callable[..., Person]) -> None:
    person = enter("planner", programme="VN", java_script_enabled=False, **DESK)
    page = board_with_visits(person)
    press(page.locator("a.visit.as").first)
    press(page.locator("#side a.btn[href$='/move/']"))
    press(page.locator(".free-days a").first)
    press(page.locator("button[name=try]"))
    expect(page.locator("#rules li").first).to_be_visible()
    assert page.locator("input[name=starts_on]").input_value()


def calendar_with_visits(person: Person) -> Page:
    page = person.open("/plan/visits/month/?whose=")
    for _each in range(SEARCHED_MONTHS):
        if page.locator("a.call[data-move]").count():
            return page
        page.locator(".head .acts a.btn.icon").nth(1).click()
    raise LookupError("The demo's calendar has no announced visit to move.")


def test_an_announced_visit_is_moved_on_its_calendar(enter: Callable[..., Person]) -> None:
    person = enter("advisor", programme="VN", **DESK)
    page = calendar_with_visits(person)
    side = page.locator("#side")
    visit = page.locator("a.call[data-move]").first
    name = visit.locator("b").inner_text()
    # By keys: down is the same weekday a week on, whatever the place in the month.
    before = visit.locator("xpath=ancestor::td").get_attribute("data-day") or ""
    visit.focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    week = page.locator("td.drop").get_attribute("data-day") or ""
    assert (date.fromisoformat(week) - date.fromisoformat(before)).days in {0, 7}
    expect(side).to_contain_text(name)
    expect(side).to_contain_text("Nothing is kept yet.")
    page.keyboard.press("Escape")
    expect(page.locator("td.drop, a.call.taken")).to_have_count(0)
    # By mouse, on a day of rest: the rule says so, and there is nothing to keep it with.
    page.locator("a.call[data-move]").first.drag_to(page.locator("td.off:not(.outside)").nth(2))
    expect(side.locator("li.fail").first).to_be_visible()
    expect(side.locator("[data-keep]")).to_have_count(0)
    free = page.locator("td.free:not(.outside):not(.off):not(.hol):has(a)")
    target = free.nth(free.count() - 1)
    day = target.get_attribute("data-day") or ""
    page.locator("a.call[data-move]").first.drag_to(target)
    keep = side.locator("[data-keep]")
    expect(keep).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"td[data-day='{day}'] a.call b")).to_have_text(name)
    assert not accessibility(page)
    assert overflow(page) <= 0


@pytest.mark.parametrize("width", [390, 1280])
def test_a_month_wider_than_its_frame_opens_at_today(
    enter: Callable[..., Person], width: int
) -> None:
    person = enter("planner", viewport={"width": width, "height": 900})
    page = person.open("/planner/")
    today = page.locator("th.today[data-day]").bounding_box()
    names = page.locator("thead th.name").bounding_box()
    frame = page.locator(".scroll:has(> table.board)").bounding_box()
    assert today
    assert names
    assert frame
    assert names["x"] == pytest.approx(frame["x"], abs=2)  # the names stay beside the days
    assert today["x"] >= names["x"] + names["width"] - 2
    assert today["x"] + today["width"] <= frame["x"] + frame["width"] + 2


def test_board_by_region_and_week_and_on_paper(enter: Callable[..., Person]) -> None:
    person = enter("planner", **DESK)
    page = board_with_visits(person, "by=region")
    expect(page.locator("thead th.name")).to_have_text("Region")
    press(page.locator(".head .acts a", has_text="Week"))
    assert page.locator("table.board.week thead th[data-day]").count() == 7
    page.emulate_media(media="print")
    expect(page.locator("table.board")).to_be_visible()
    expect(page.locator("#side")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_planning_read_well_to_everybody(
    enter: Callable[..., Person], scheme: str
) -> None:
    person = enter("planner", color_scheme=scheme, **DESK)
    page = board_with_visits(person)
    press(page.locator("a.visit.as").first)
    assert not accessibility(page)
    envelope = page.locator("#side a.btn.go").get_attribute("href") or ""
    for path in (
        envelope, f"{envelope}move/", "/planner/country/", "/planner/proposals/",
        "/planner/clashes/", "/planner/check/", "/planner/team/", "/plan/visits/month/",
        "/assessments/refused/",
    ):  # fmt: skip
        assert not accessibility(person.open(path)), path
        assert overflow(page) <= 0, path
