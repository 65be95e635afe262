"""A mail as a page: what its text says, in the reader's direction, with its address as one button.

Made from the text itself, so that the two never differ. Programs for mail read no style sheet
and no class: looks stand at each element, and nothing is fetched from anywhere.
"""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from betterwork.ui import formats

LONGEST_LABEL = 60  # signs; a longer sentence is no name of a button
# Script: line height, as in the style sheet.
_LINES = {"bn": "1.65", "ar": "1.7", "km": "1.85", "ur": "2.2"}
_FONTS = "system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif"
_PAGE = (
    '<!doctype html><html lang="{}" dir="{}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{}</title></head>'
    '<body style="margin:0;background:#f2f4f0;color:#1a2033">'
    '<div style="max-width:560px;margin:0 auto;padding:24px 16px;'
    'font-family:{};font-size:16px;line-height:{}">'
    '<div style="background:#ffffff;border:1px solid #d3d8d1;border-top:4px dashed #f0a92b;'
    'border-radius:10px;padding:20px 24px">{}</div></div></body></html>'
)
_BUTTON = (
    '<p style="margin:20px 0 8px"><a href="{}" style="display:inline-block;background:#2b3a8c;'
    "color:#ffffff;font-weight:600;text-decoration:none;padding:12px 22px;border-radius:6px"
    '">{}</a></p><p style="margin:0 0 16px;font-size:13px;color:#464d60"><bdi dir="ltr" '
    'style="word-break:break-all">{}</bdi></p>'
)


def page_of(text: str, *, subject: str, language: str, site: str = "") -> str:
    """HTML of a mail. Only an address of this site becomes a button: a person's words do not."""
    ours = (site or settings.SITE_ADDRESS).rstrip("/") + "/"
    parts: list[SafeString] = []
    with translation.override(language):
        is_after = False
        for paragraph in filter(None, (each.strip() for each in text.split("\n\n"))):
            # "Open your list here: https://..." is a button of that name; a bare address is "Open".
            *before, address = paragraph.rsplit(maxsplit=1)
            label = before[0].rstrip(": ") if before else gettext("Open")
            if address.startswith(ours) and len(label) <= LONGEST_LABEL:
                parts.append(format_html(_BUTTON, address, label, address))
                is_after = True
                continue
            lines = mark_safe("<br>".join(escape(line) for line in paragraph.splitlines()))  # noqa: S308
            looks = "font-size:13px;color:#464d60" if is_after else "color:#1a2033"
            parts.append(format_html('<p style="margin:0 0 12px;{}">{}</p>', looks, lines))
        return format_html(
            _PAGE,
            language,
            formats.direction(),
            subject,
            _FONTS,
            _LINES.get(language, "1.5"),
            mark_safe("".join(parts)),  # noqa: S308 - each part is escaped above
        )
