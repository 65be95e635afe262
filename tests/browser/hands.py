"""What people do in the browser: fill a form, press a button, open a mail, take a photo.

Forms are found by the names of their fields and buttons by where they lead, so that the same hands
work on a page in any language.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import time
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, Page, Response


def today(zone: str = "Asia/Dhaka") -> date:
    """The calendar day where the factory is."""
    return datetime.now(ZoneInfo(zone)).date()


def fill(page: Page | Locator, **values: Any) -> None:
    """Fill fields by name: text, dates (ISO), choices by value, ticks by True or a list."""
    for name, value in values.items():
        field = page.locator(f"[name={name}]:not([type=hidden])")
        kind = field.first.evaluate("e => e.type")
        if kind in {"radio", "checkbox"}:
            for each in value if isinstance(value, list) else [value]:
                which = "" if each is True else f"[value={each!r}]"
                page.locator(f"[name={name}]{which}").check()
        elif kind.startswith("select"):
            field.select_option(str(value))
        else:
            field.fill(str(value))


def press(button: Locator) -> Response:
    """Press what leads to another page, and wait for that page."""
    page = button.page
    with page.expect_navigation() as going:
        button.click()
    answer = going.value
    assert answer.status < 500, f"{answer.url}: {answer.status}"
    return answer


def press_named(page: Page, words: str) -> Response:
    """Press the button or link of the page with these words."""
    main = page.locator("main")
    named = main.get_by_role("button", name=words).or_(main.get_by_role("link", name=words))
    return press(named.first)


def send(page: Page, where: str) -> Response:
    """Press the button of the form that goes to an address ending like this."""
    return press(page.locator(f"main form[action$='{where}'] button").last)


def send_form(page: Page, **values: Any) -> Response:
    """Fill the page's form and press its strong button. Fails with the page's own words."""
    form = page.locator("main form[data-guard]").last
    fill(form, **values)
    answer = press(form.locator(".send .btn.go"))
    refusal = page.locator("main [role=alert]")
    assert answer.status < 400, refusal.all_inner_texts() or answer.status
    return answer


def text_of(page: Page) -> str:
    return page.locator("main").inner_text()


def pk_in(url: str) -> str:
    """The id of the thing a page is about."""
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", url)
    assert found, url
    return found.group()


def shoot(page: Page, name: str) -> None:
    """A picture of the whole page in the folder BETTERWORK_BROWSER_SHOTS names, if it does."""
    if folder := os.environ.get("BETTERWORK_BROWSER_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def photo(name: str, colour: str, size: tuple[int, int] = (640, 480)) -> FilePayload:
    """A JPEG of its own colour, so that no two are the same file."""
    picture = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((60, 60, size[0] - 60, size[1] - 60), outline="white", width=8)
    draw.line((60, 60, size[0] - 60, size[1] - 60), fill="white", width=8)
    made = BytesIO()
    picture.save(made, "JPEG", quality=80)
    return {"name": name, "mimeType": "image/jpeg", "buffer": made.getvalue()}


def mail_to(folder: Path, address: str, *, seconds: float = 60) -> str:
    """The text of the newest mail to somebody; the worker sends every half minute."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for path in sorted(folder.glob("*"), key=lambda each: each.stat().st_mtime, reverse=True):
            # The file backend writes several mails into one file, parted by a line of dashes.
            for part in path.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
                mail = email.message_from_bytes(part.lstrip(), policy=email.policy.default)
                if address in str(mail["To"]):
                    body = mail.get_body(("plain",))
                    assert body is not None
                    return str(body.get_content())
        time.sleep(0.5)
    raise AssertionError(f"No mail to {address} within {seconds} s.")


def link_in(text: str, part: str) -> str:
    found = re.search(rf"https?://\S*{part}\S*", text)
    assert found, text
    return found.group()
