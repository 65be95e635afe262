"""Words without a place to break at (a pasted address) stay on the page, on a phone and a desk."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from . import eyes
from .conftest import Person
from .hands import press, send_form

pytestmark = pytest.mark.browser

ADDRESS = f"https://drive.example.org/{'a1b2c3d4' * 40}"


@pytest.mark.parametrize("width", [360, 1280])
def test_a_pasted_address_keeps_the_page_as_wide_as_it_was(
    enter: Callable[..., Person], width: int
) -> None:
    person = enter("advisor", viewport={"width": width, "height": 800})
    page = person.open("/plan/")
    press(page.locator("main a[href*='/plan/factories/']").first)
    plan = page.url.removeprefix(person.site.address)
    factory = plan.replace("/plan/factories/", "/factories/")
    person.open(f"{plan}new-item/")
    send_form(
        page,
        origin=page.locator("[name=origin] option").nth(1).get_attribute("value"),
        point=page.locator("[name=point] option").nth(1).get_attribute("value"),
        issue=f"{ADDRESS}{secrets.token_hex(3)}",
        root_cause=ADDRESS,
        action=ADDRESS,
        responsible="Z" * 100,
    )
    assert ADDRESS in page.locator("main").inner_text()
    assert eyes.overflow(page) <= 0
    person.open(plan)
    assert eyes.overflow(page) <= 0
    person.open(f"{factory}contacts/new/")
    send_form(page, name="Abdulrahman" * 8, email=f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example.org")
    assert eyes.overflow(page) <= 0
