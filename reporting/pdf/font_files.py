"""One embedded font per font file.

WeasyPrint tells fonts apart by their description (family, weight, style). The project's families
come as several files, one per subset (Latin, Vietnamese, ...) under one name, so two files end
up as one font and the letters of the second are drawn with whatever glyph has the same number
in the first. Here the file counts too.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def told_apart() -> Iterator[None]:
    """Tell fonts apart by file inside the block. Not to be entered by two threads at once."""
    from weasyprint.pdf.fonts import Font
    from weasyprint.pdf.stream import Stream
    from weasyprint.text.ffi import ffi, harfbuzz, pango
    from weasyprint.text.fonts import get_pango_font_key

    def add_font(stream: Any, pango_font: Any) -> tuple[Any, float]:
        described, description, size = get_pango_font_key(pango_font)
        # Pango keeps one face per file, whatever the size, as long as its font map lives.
        face = harfbuzz.hb_font_get_face(pango.pango_font_get_hb_font(pango_font))
        key = described, int(ffi.cast("uintptr_t", face))
        if key not in stream._fonts:
            font = Font(pango_font, description, size)
            digest = hashlib.sha256(font.hash.encode() + font.file_content).digest()
            old, font.hash = font.hash, "".join(chr(65 + byte % 26) for byte in digest[:6])
            font.name = font.name.replace(old.encode(), font.hash.encode(), 1)
            stream._fonts[key] = font
        return stream._fonts[key], size

    original = Stream.add_font
    Stream.add_font = add_font
    try:
        yield
    finally:
        Stream.add_font = original
