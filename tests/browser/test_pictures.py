"""One picture test per script: Latin, Bengali and Arabic, on real pages of the demo.

The pages change with the day (clocks, dates, whose move it is), so they are looked at by measure:
direction, width, fonts truly drawn, cut text, targets, axe. What stays the same, a sheet of parts
with fixed words in each script, is compared with a kept picture sign by sign.
BETTERWORK_KEEP_PICTURES=1 takes the pictures anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page, expect

from . import eyes
from .conftest import Person
from .hands import shoot

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parent / "pictures"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1440, "height": 900}}
# Share of pixels that may differ from the kept picture: smoothing differs between machines.
TOLERANCE = 0.02

# Words whose shape tells whether a script is set right: stacked marks, conjuncts, joined letters.
WORDS = {
    "en": ["Thân thiện", "Nguyễn Thị Hương", "Emergency exits", "Wednesday 25 November"],
    "bn": ["ক্ষতিপূরণ", "শ্রমিক প্রতিনিধি", "জরুরি প্রস্তুতি", "স্বাস্থ্য ও নিরাপত্তা"],
    "ar": ["الإضرابات", "مخارج الطوارئ", "اللجنة المشتركة", "الصحة والسلامة"],
}
SCRIPT_FONT = {"en": "IBM Plex Sans", "bn": "Anek Bangla", "ar": "IBM Plex Sans Arabic"}
DIRECTION = {"en": "ltr", "bn": "ltr", "ar": "rtl"}
TARGETS = "a[href], button, summary, input:not([type=hidden]), select, textarea"
BUTTONS = "main .btn, main button, main summary.btn, .tabbar a"


def in_language(person: Person, language: str) -> Page:
    """Choose the language in the menu, as a person does, and come back to the page."""
    page = person.page
    if page.locator("html").get_attribute("lang") != language:
        page.locator("details.menu summary.me").click()
        with page.expect_navigation():
            page.locator(f"[data-looks] button[name=language][value={language}]").first.click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("dir", DIRECTION[language])
    return page


def look(page: Page, language: str) -> None:
    """Everything that can be measured on a page in a script."""
    page.evaluate("document.fonts.ready")
    assert eyes.overflow(page) <= 0
    assert eyes.cut_text(page) == []
    used = eyes.fonts_used(page)
    assert [name for name in used if name.endswith("!")] == [], used
    assert [name for name in used if not name.startswith(eyes.OUR_FONTS)] == [], used
    of_script = sum(signs for name, signs in used.items() if SCRIPT_FONT[language] in name)
    assert of_script > 300, used
    assert eyes.same_width_as_fallback(page, WORDS[language]) == []
    assert eyes.accessibility(page) == []  # its rules hold targets of 24 pixels, or their distance


@pytest.mark.parametrize(("programme", "language"), [("VN", "en"), ("BD", "bn"), ("JO", "ar")])
def test_my_actions_on_a_phone(enter: Callable[..., Person], programme: str, language: str) -> None:
    person = enter("ambassador", programme=programme, **PHONE)
    person.open("/plan/actions/")
    page = in_language(person, language)
    shoot(page, f"my-actions-{language}")
    assert page.locator("article.card.todo").count() >= 2
    look(page, language)
    assert eyes.small_targets(page, least=24, of=TARGETS) == []
    assert eyes.small_targets(page, least=44, of=BUTTONS) == []


@pytest.mark.parametrize(("programme", "language"), [("BD", "en"), ("JO", "ar")])
def test_my_work_on_a_desk(enter: Callable[..., Person], programme: str, language: str) -> None:
    person = enter("advisor", programme=programme, **DESK)
    person.open("/work/")
    before = str(person.page.locator("html").get_attribute("lang"))
    page = in_language(person, language)
    shoot(page, f"my-work-{language}")
    assert page.locator("#move").is_visible()
    look(page, language)
    in_language(person, before)


# -- the kept picture -----------------------------------------------------------------------------

SHEET = """([words, dir]) => {
  const main = document.querySelector('main');
  main.replaceChildren();
  const add = (parent, tag, css, text) => {
    const e = document.createElement(tag);
    if (css) e.className = css;
    if (text) e.textContent = text;
    parent.append(e);
    return e;
  };
  add(main, 'h1', '', words[2]);
  const card = add(main, 'article', 'card todo');
  const head = add(card, 'div', 'rowx between');
  add(head, 'b', '', words[0]);
  add(head, 'span', 'tag warn', words[3]);
  add(card, 'h3', '', `${words[1]} ${words[2]}`);
  add(card, 'p', 'mute small', words.join(' · '));
  add(card, 'a', 'btn wide go', words[2]).href = '#';
  const seam = add(main, 'div', 'seam');
  for (const word of words.slice(0, 2)) add(add(seam, 'div', 'side yes'), 'h3', '', word);
  add(main, 'p', 'note', words.slice().reverse().join(' '));
}"""


def picture_of(page: Page, language: str) -> Image.Image:
    page.evaluate(SHEET, [WORDS[language], DIRECTION[language]])
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(50)
    shot = page.locator("main").screenshot(animations="disabled", scale="css")
    return Image.open(BytesIO(shot)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Share of pixels that differ visibly; 1 when the sizes do."""
    if one.size != other.size:
        return 1.0
    changed = ImageChops.difference(one, other).convert("L").point(lambda v: 255 if v > 48 else 0)
    return changed.histogram()[255] / (one.width * one.height)


@pytest.mark.parametrize(("programme", "language"), [("VN", "en"), ("BD", "bn"), ("JO", "ar")])
def test_the_script_looks_as_it_did(
    enter: Callable[..., Person], programme: str, language: str, tmp_path: Path
) -> None:
    window: dict[str, Any] = {**PHONE, "color_scheme": "light", "device_scale_factor": 1}
    person = enter("ambassador", programme=programme, **window)
    person.open("/plan/actions/")
    page = in_language(person, language)
    now = picture_of(page, language)
    kept = PICTURES / f"sheet-{language}.png"
    if os.environ.get("BETTERWORK_KEEP_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        now.save(kept, optimize=True)
    now.save(tmp_path / "now.png")
    share = difference(now, Image.open(kept).convert("RGB"))
    assert share <= TOLERANCE, f"{share:.1%} of the picture differs: {tmp_path / 'now.png'}"
    # The comparison can fail: the same words in the system's font are another picture.
    page.evaluate("document.querySelector('main').style.fontFamily = 'sans-serif'")
    other = Image.open(BytesIO(page.locator("main").screenshot(scale="css"))).convert("RGB")
    assert difference(other, now) > TOLERANCE
