"""Add composite glyphs to a TrueType font that is already cut down to what a document uses."""

import io
from collections.abc import Mapping
from typing import NamedTuple


class Part(NamedTuple):
    """A glyph of the font, moved by dx and dy in font units (y upwards)."""

    glyph: int
    dx: int
    dy: int


class Composite(NamedTuple):
    """Several glyphs drawn as one. No part: an empty glyph. The advance is in font units."""

    parts: tuple[Part, ...]
    advance: int


# TrueType component flags: offsets are distances, and they follow no grid.
ARGS_ARE_XY_VALUES = 0x0002
ROUND_XY_TO_GRID = 0x0004


def with_composites(sfnt: bytes, index: int, composites: Mapping[int, Composite]) -> bytes:
    """The font file with a composite glyph at each given glyph id.

    Ids start at or after the number of glyphs in the file; ids between get an empty glyph.
    The parts must still have their outlines in the file.
    """
    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent

    # The time of change would make every file different; bounds are set here for new glyphs only.
    font = TTFont(io.BytesIO(sfnt), fontNumber=index, recalcTimestamp=False, recalcBBoxes=False)
    names = list(font.getGlyphOrder())
    outlines, metrics = font["glyf"], font["hmtx"].metrics
    deepest = 1
    for code in range(len(names), max(composites) + 1):
        parts, advance = composites.get(code, Composite((), 0))
        glyph = Glyph()
        drawn = [part for part in parts if outlines[names[part.glyph]].numberOfContours != 0]
        if drawn:
            glyph.numberOfContours = -1
            glyph.components = []
            for part in drawn:
                component = GlyphComponent()
                component.glyphName = names[part.glyph]
                component.x, component.y = part.dx, part.dy
                component.flags = ARGS_ARE_XY_VALUES | ROUND_XY_TO_GRID
                glyph.components.append(component)
                if outlines[component.glyphName].isComposite():
                    deepest = 2
            glyph.recalcBounds(outlines)
        name = f"cluster{code}"
        names.append(name)
        outlines.glyphs[name] = glyph
        metrics[name] = (max(0, advance), glyph.xMin if drawn else 0)
    outlines.glyphOrder = names
    font.setGlyphOrder(names)
    limits = font["maxp"]
    limits.maxComponentElements = max(
        limits.maxComponentElements, *(len(composite.parts) for composite in composites.values())
    )
    limits.maxComponentDepth = max(limits.maxComponentDepth, deepest)
    # Tables with one entry per glyph that nothing in a PDF reads.
    for tag in ("vmtx", "vhea", "VORG", "hdmx", "LTSH"):
        if tag in font:
            del font[tag]
    out = io.BytesIO()
    font.save(out, reorderTables=None)
    return out.getvalue()
