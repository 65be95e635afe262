"""What a careful eye sees on a page: width, direction, fonts, cut text, small targets, axe."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
OUR_FONTS = (
    "IBM Plex Sans",
    "IBM Plex Sans Arabic",
    "Anek Bangla",
    "Kantumruy Pro",
    "Noto Sans",
)
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def cut_text(page: Page) -> list[str]:
    """Texts that end at an edge: of the window, or of a box that hides what is too long."""
    found = page.evaluate(
        """() => {
          const cut = [];
          const isHidden = (e) => {
            for (let up = e; up; up = up.parentElement) {
              const style = getComputedStyle(up);
              if (style.display === 'none' || style.visibility === 'hidden') return true;
              if (style.clipPath !== 'none' || up.matches('.vh, .skip')) return true;
              if (up.matches('details:not([open])') && !e.closest('summary')) return true;
            }
            return false;
          };
          // What lies in a box that scrolls can be reached.
          const scrolls = (e) => {
            for (let up = e; up && up !== document.body; up = up.parentElement) {
              if (/auto|scroll/.test(getComputedStyle(up).overflowX)) return true;
            }
            return false;
          };
          for (const e of document.querySelectorAll('body *')) {
            const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
            if (!own || e.closest('svg, script, style, option') || isHidden(e)) continue;
            const box = e.getBoundingClientRect();
            if (!box.width || !box.height) continue;
            const style = getComputedStyle(e);
            const hides = /hidden|clip/.test(style.overflowX + style.overflowY);
            const tooLong =
              e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
            const outside = box.left < -1 || box.right > innerWidth + 1;
            if ((hides && tooLong) || (outside && !scrolls(e))) {
              cut.push(e.innerText.trim().slice(0, 60));
            }
          }
          return cut;
        }"""
    )
    return list(found)


def small_targets(page: Page, *, least: int, of: str) -> list[str]:
    """Things to tap smaller than `least` pixels either way; links within a sentence are exempt."""
    found = page.evaluate(
        """([least, of]) => {
          const small = [];
          for (const e of document.querySelectorAll(of)) {
            const box = e.getBoundingClientRect();
            const unseen = e.closest('.vh, .skip, details:not([open]) > :not(summary)');
            if (!box.width || unseen) continue;
            const style = getComputedStyle(e);
            if (style.visibility === 'hidden' || style.display === 'inline') continue;
            if (box.width + 0.5 < least || box.height + 0.5 < least) {
              small.push(`${e.innerText.trim().slice(0, 40)} ${box.width}x${box.height}`);
            }
          }
          return small;
        }""",
        [least, of],
    )
    return list(found)


def fonts_used(page: Page) -> dict[str, int]:
    """Family -> signs drawn with it, as the browser truly drew them; "!" marks a system font.

    Asks the renderer, so a sign our font does not hold cannot hide behind the name in the sheet.
    """
    page.evaluate("document.fonts.ready")
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    nodes = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "body *"})["nodeIds"]
    signs: dict[str, int] = {}
    for node in nodes:
        used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        for font in used:
            name = font["familyName"] + ("" if font["isCustomFont"] else "!")
            signs[name] = signs.get(name, 0) + int(font["glyphCount"])
    session.detach()
    return signs


def same_width_as_fallback(page: Page, words: list[str]) -> list[str]:
    """Words as wide in the page's own font as in the system's: drawn with the system's, then."""
    found = page.evaluate(
        """(words) => {
          const place = document.querySelector('main');
          const own = getComputedStyle(place).fontFamily;
          const width = (word, family) => {
            const span = document.createElement('span');
            span.textContent = word;
            span.style.cssText = 'position:absolute;white-space:nowrap;font-size:64px';
            span.style.fontFamily = family;
            place.append(span);
            const wide = span.getBoundingClientRect().width;
            span.remove();
            return wide;
          };
          return words.filter((word) => width(word, own) === width(word, 'sans-serif'));
        }""",
        words,
    )
    return list(found)


@cache
def _axe() -> str:
    return AXE.read_text()


def accessibility(page: Page) -> list[str]:
    """What axe finds against WCAG A and AA: rule, and the elements."""
    page.evaluate(_axe())
    result: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", STANDARDS
    )
    return [
        f"{each['id']}: {json.dumps([node['target'] for node in each['nodes']][:4])}"
        for each in result["violations"]
    ]
