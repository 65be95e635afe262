"""Icons: one sprite for pages, the same drawings inline for paper."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

SPRITE = "icons/icons.svg"
SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="0 0 24 24">(.*?)</symbol>', re.DOTALL)
# WeasyPrint reads neither var() nor the page's classes inside SVG.
PAPER = {"var(--surface)": "#ffffff", "var(--indigo)": "#2b3a8c", "var(--marigold-fill)": "#f0a92b"}


@cache
def drawings() -> dict[str, str]:
    """The inner markup of every icon by name."""
    file = Path(settings.BASE_DIR) / "static" / SPRITE
    return dict(SYMBOL.findall(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=512)
def icon(
    name: str, *, size: str = "", flip: bool = False, label: str = "", css: str = ""
) -> SafeString:
    """An icon of the sprite; hidden from screen readers unless it has a label.

    Raises: KeyError for an icon that is not drawn.
    """
    if name not in drawings():
        raise KeyError(f"no icon {name!r} in {SPRITE}")
    classes = " ".join(filter(None, ("i", size, "flip" if flip else "", css)))
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"></use></svg>',
            classes, label, static(SPRITE), name,
        )  # fmt: skip
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        classes, static(SPRITE), name,
    )  # fmt: skip


@lru_cache(maxsize=256)
def paper_icon(name: str, *, colour: str = "#1a2033", size: str = "3.6mm") -> SafeString:
    """The same drawing whole, with colours as attributes, for PDF and mail."""
    inner = drawings()[name].replace("currentColor", colour)
    for variable, value in PAPER.items():
        inner = inner.replace(variable, value)
    # The drawing is ours, from the sprite; the caller gives only colour and size.
    return mark_safe(  # noqa: S308
        f'<svg viewBox="0 0 24 24" width="{size}" height="{size}" fill="none" stroke="{colour}" '
        f'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" '
        f'aria-hidden="true">{inner}</svg>'
    )
