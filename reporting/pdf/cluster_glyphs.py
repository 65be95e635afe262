"""A right text layer for shaped scripts: every text cluster is drawn as one glyph of its own.

WeasyPrint keeps one text per glyph of a font, the first that used it. In scripts where several
letters are drawn by several shared or reordered glyphs (Bengali, Khmer, Arabic skeletons with
dots, and others) that map cannot be right, and pages that look well can neither be searched nor
copied nor read aloud. Here a cluster asks for a code: a single glyph keeps its id for the first
text it says; any other text or shape gets a new id past the font's own, which is added to the
embedded font as a composite glyph. See docs/adr/0005-pdf-text-layer.md for causes and figures.

Two private functions and one method of WeasyPrint are replaced while `installed()` is open. The
caller makes sure that no other thread renders meanwhile (`reporting.pdf.render` holds a lock).

Units: Pango gives 1/1024 px; a PDF moves the pen in 1/1000 of the font size; glyph outlines use
font units (`upem` of them per font size).
"""

import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

from reporting.pdf.composites import Composite, Part, with_composites
from reporting.pdf.errors import UnsupportedWeasyPrint

SUPPORTED_VERSION = "70.0"
PANGO_UNITS = 1024
LAST_CODE = 0xFFFE
SPACE = 0x20
JOINERS = "\u200c\u200d"
# A glyph pushed further than this share of the font size hangs on the cluster before it.
HANGING_SHIFT = 0.06
# Shapes closer than this share of the font size are the same: rounding at another size.
SAME_SHAPE = 1 / 400
# Advances closer than this are the same: the rest is a small move of the pen.
SAME_ADVANCE = 1 / 50
# Room for marks that are said beside a right-to-left letter. poppler takes a glyph that starts
# nearer than 0.1 to the one before for a shadow of it and begins a new word; pdf.js, which gives
# no width to marks, sees a space where more than 0.102 is left open.
ROOM_OF_MARKS = 0.101
INTS_PER_GLYPH = 5  # PangoGlyphInfo: glyph, width, x offset, y offset, flags


class Glyph(NamedTuple):
    """One glyph as Pango placed it, in Pango units (y downwards)."""

    id: int
    width: int
    dx: int
    dy: int


class Cluster(NamedTuple):
    """Letters and the glyphs that draw them together. The glyphs are in visual order."""

    text: str
    glyphs: tuple[Glyph, ...]


class Run(NamedTuple):
    """A piece of a line in one font and one direction."""

    font: Any
    pango_font: Any
    size: float
    is_rtl: bool
    text: bytes
    glyphs: list[int]  # INTS_PER_GLYPH numbers each
    starts: list[int]  # per glyph: where its cluster starts in text


class Operand(NamedTuple):
    """What goes into the brackets of a TJ operator for a word, and what it leaves over."""

    text: str
    error: float  # 1/1000 of the font size: how far the pen is too far right afterwards


class Drawn(NamedTuple):
    """A cluster as codes of its font. shift: how far the pen moves first (Pango units)."""

    codes: str  # hexadecimal
    width: int  # 1/1000 of the font size
    shift: int


class Book:
    """What the glyphs of one font say in one document.

    made: (text, glyph ids) -> codes with their shapes. composites: new code -> its glyph.
    words, clusters: what was already made, because both come back. ascii: glyph -> the ASCII
    character it draws by the font's own table; such a glyph never says anything else, as lines of
    plain ASCII are drawn by WeasyPrint itself.
    """

    def __init__(self, font: Any) -> None:
        self.made: dict[tuple[str, tuple[int, ...]], list[tuple[int, Composite]]] = {}
        self.composites: dict[int, Composite] = {}
        self.words: dict[tuple[Any, ...], Operand] = {}
        self.clusters: dict[tuple[Any, ...], Drawn] = {}
        self.ascii = _ascii_glyphs(font)


def _ascii_glyphs(font: Any) -> dict[int, str]:
    from fontTools.ttLib import TTFont

    with TTFont(io.BytesIO(font.file_content), fontNumber=font.index, lazy=True) as file:
        names = file["cmap"].getBestCmap() or {}
        return {
            file.getGlyphID(names[code]): chr(code) for code in range(0x20, 0x7F) if code in names
        }


def is_drawable(font: Any) -> bool:
    """Whether composite glyphs can be added: TrueType outlines, no pictures, no colours."""
    pictures = font.bitmap or font.png or font.svg or font.colr
    return not pictures and font.file_content[:4] != b"OTTO"


def book_of(font: Any, fonts: dict[Any, Any]) -> Book:
    """The font's book. WeasyPrint may make several objects for one embedded file: they share."""
    book: Book | None = getattr(font, "cluster_book", None)
    if book is None:
        twins = [other for other in fonts.values() if other.hash == font.hash]
        twin = next((other for other in twins if hasattr(other, "cluster_book")), None)
        if twin is not None:
            for name in ("to_unicode", "widths", "missing"):
                own, shared = getattr(font, name), getattr(twin, name)
                shared.update({key: own[key] for key in own if key not in shared})
                setattr(font, name, shared)
        book = twin.cluster_book if twin is not None else Book(font)
        font.cluster_book = book
    return book


def next_code(font: Any, book: Book) -> int:
    """The first id past the font's own glyphs, missing glyphs and composites."""
    code: int = font.glyph_count + len(font.missing) + len(book.composites)
    return code


def code_for(font: Any, text: str, shape: Composite) -> int:
    """The code that draws a shape and says a text. Raises: OverflowError when none is left."""
    book: Book = font.cluster_book
    if len(shape.parts) == 1 and shape.parts[0][1:] == (0, 0):
        glyph = shape.parts[0].glyph
        if font.to_unicode.get(glyph, book.ascii.get(glyph, text)) == text:
            font.to_unicode[glyph] = text
            return glyph
    known = book.made.setdefault((text, tuple(part.glyph for part in shape.parts)), [])
    tolerance = font.upem * SAME_SHAPE
    for code, other in known:
        if abs(shape.advance - other.advance) <= font.upem * SAME_ADVANCE and all(
            abs(one.dx - two.dx) <= tolerance and abs(one.dy - two.dy) <= tolerance
            for one, two in zip(shape.parts, other.parts, strict=True)
        ):
            return code
    code = next_code(font, book)
    if code > LAST_CODE:
        raise OverflowError("No glyph id left in the font")
    known.append((code, shape))
    book.composites[code] = shape
    font.to_unicode[code] = text
    font.widths[code] = round(shape.advance * 1000 / font.upem)
    return code


def split_tail(text: str) -> tuple[str, str]:
    """A left-to-right cluster's text, cut before its first nonspacing mark or format character.

    pdf.js takes a glyph for zero-width when its text contains a nonspacing mark (mozilla/pdf.js
    issue 21890), so an empty glyph after the drawn one says the rest.
    """
    for i, char in enumerate(text):
        if i and unicodedata.category(char) in ("Mn", "Cf"):
            return text[:i], text[i:]
    return text, ""


def letters(text: str) -> list[str]:
    """A right-to-left cluster's text: each letter, and each letter's marks, for themselves.

    poppler and pdfium turn a line round glyph by glyph and letter by letter, so a glyph that
    says lam and alef would be read as alef and lam.
    """
    found: list[str] = []
    for char in text:
        is_mark = unicodedata.category(char) in ("Mn", "Cf")
        if is_mark and found and unicodedata.category(found[-1][0]) in ("Mn", "Cf"):
            found[-1] += char
        else:
            found.append(char)
    return found


def spread(shape: Composite, text: str, upem: int) -> list[tuple[str, Composite]]:
    """Glyphs that together draw a shape and say the letters of a right-to-left cluster.

    In visual order: empty glyphs for all letters but the first, from the last one on, then the
    first letter with all the ink. Each gets a part of the advance, as if they stood in a row.
    """
    first, *others = letters(text)
    bases = 1 + sum(unicodedata.category(other[0]) not in ("Mn", "Cf") for other in others)
    room, row = shape.advance, []
    for other in reversed(others):
        is_mark = unicodedata.category(other[0]) in ("Mn", "Cf")
        wanted = round(upem * ROOM_OF_MARKS) if is_mark else shape.advance // bases
        width = max(0, min(wanted, room // 2))
        room -= width
        row.append((other, Composite((), width)))
    moved = tuple(part._replace(dx=part.dx - (shape.advance - room)) for part in shape.parts)
    return [*row, (first, Composite(moved, room))]


class Drawing:
    """Turns runs of Pango glyphs into text operators. Holds WeasyPrint's private parts."""

    def __init__(self) -> None:
        import weasyprint

        if weasyprint.__version__ != SUPPORTED_VERSION:
            raise UnsupportedWeasyPrint(weasyprint.__version__, SUPPORTED_VERSION)
        from weasyprint.draw import text as draw_text
        from weasyprint.pdf.fonts import Font
        from weasyprint.text.ffi import ffi, pango

        self.ffi, self.pango = ffi, pango
        self.empty: int = pango.PANGO_GLYPH_EMPTY
        self.unknown: int = pango.PANGO_GLYPH_UNKNOWN_FLAG
        # Older Pango gives a wrong size in the description (its issue 530), as in WeasyPrint.
        self.size_from_style: bool = pango.pango_version() < 14802
        self.draw_text, self.Font = draw_text, Font
        self.original_line: Callable[..., list[Any]] = draw_text.draw_first_line
        self.original_clean = Font.clean
        self.original_unused = Font.get_unused_glyph_id

    # What replaces WeasyPrint's own.

    def draw_first_line(
        self, stream: Any, textbox: Any, text_overflow: Any, block_ellipsis: Any, matrix: Any
    ) -> list[Any]:
        """Draw a line of text. Same arguments and result as WeasyPrint's function."""
        arguments = (stream, textbox, text_overflow, block_ellipsis, matrix)
        layout = textbox.pango_layout
        is_cut = text_overflow == "ellipsis" or block_ellipsis != "none"
        if (layout.text.isascii() and not is_cut) or not textbox.text.strip():
            return self.original_line(*arguments)
        if textbox.style["font_size"] < 1e-6:
            return []
        emojis: list[Any] = []
        if is_cut:
            # WeasyPrint puts the ellipsis into the layout while drawing: take that, and take
            # back what it wrote and which text it noted for which glyph.
            length, current_font = len(stream.stream), stream._current_font
            said = {font: dict(font.to_unicode) for font in stream._fonts.values()}
            emojis = self.original_line(*arguments)
        else:
            self.pango.pango_layout_set_single_paragraph_mode(layout.layout, True)
        runs = list(self.runs(stream, textbox))
        if not all(is_drawable(run.font) for run in runs) or any(
            glyph & self.unknown
            for run in runs
            for glyph in run.glyphs[::INTS_PER_GLYPH]
            if glyph != self.empty
        ):
            # Pictures, or characters without a glyph, which WeasyPrint reports.
            return emojis if is_cut else self.original_line(*arguments)
        if is_cut:
            del stream.stream[length:]
            stream._current_font = current_font
            for font in stream._fonts.values():
                font.to_unicode.clear()
                font.to_unicode.update(said.get(font, {}))
        self.write(stream, runs, matrix)
        return []

    def get_unused_glyph_id(self, font: Any, codepoint: int) -> int:
        """An id for a character without a glyph, counted together with the composites."""
        book: Book | None = getattr(font, "cluster_book", None)
        if book is not None and codepoint not in font.missing:
            font.missing[codepoint] = min(next_code(font, book), 0xFFFF)
        code: int = self.original_unused(font, codepoint)
        return code

    def clean(self, font: Any, to_unicode: dict[int, str], hinting: bool) -> None:
        """Cut the font down to what is used, parts of composites included; add composites."""
        book: Book | None = getattr(font, "cluster_book", None)
        if book is None or not book.composites or not to_unicode:
            self.original_clean(font, to_unicode, hinting)
            return
        kept = {glyph: text for glyph, text in to_unicode.items() if glyph not in book.composites}
        for shape in book.composites.values():
            for part in shape.parts:
                kept.setdefault(part.glyph, "")
        # A font of which only empty glyphs are used still needs one of its own.
        self.original_clean(font, kept or {0: ""}, hinting)
        font.file_content = with_composites(font.file_content, font.index, book.composites)

    # Reading Pango's line.

    def runs(self, stream: Any, textbox: Any) -> Iterator[Run]:
        """The runs of the first line, in visual order."""
        ffi, layout = self.ffi, textbox.pango_layout
        line, _ = layout.get_first_line()
        raw = layout.text.encode()
        node = line.runs[0]
        while node != ffi.NULL:
            glyph_item, node = node.data, node.next
            item, string = glyph_item.item, glyph_item.glyphs
            font, size = stream.add_font(item.analysis.font)
            if self.size_from_style:
                size = textbox.style["font_size"]
            count = string.num_glyphs
            if count == 0:
                continue
            # One call for all numbers: field by field, reading costs more than drawing.
            numbers = ffi.unpack(ffi.cast("int *", string.glyphs), count * INTS_PER_GLYPH)
            starts = ffi.unpack(string.log_clusters, count)
            text = raw[item.offset : item.offset + item.length]
            is_rtl = bool(item.analysis.level % 2)
            yield Run(font, item.analysis.font, size, is_rtl, text, numbers, starts)

    def words(self, run: Run) -> Iterator[tuple[int, int, int, int]]:
        """Cut a run at spaces: (first glyph, glyph after the last, first byte, byte after)."""
        starts, text = run.starts, run.text
        count, begin = len(starts), 0
        while begin < count:
            is_space = text[starts[begin]] == SPACE
            end = begin + 1
            while end < count and (
                starts[end] == starts[end - 1] or (not is_space and text[starts[end]] != SPACE)
            ):
                end += 1
            if run.is_rtl:
                yield begin, end, starts[end - 1], starts[begin - 1] if begin else len(text)
            else:
                yield begin, end, starts[begin], starts[end] if end < count else len(text)
            begin = end

    def clusters(self, run: Run, begin: int, end: int, after: int) -> Iterator[Cluster]:
        """The clusters of a word in visual order. `after` is the byte after the word."""
        bounds = sorted({*run.starts[begin:end], after})
        ends = dict(pairwise(bounds))
        first = begin
        while first < end:
            start, last = run.starts[first], first + 1
            while last < end and run.starts[last] == start:
                last += 1
            numbers = run.glyphs[first * INTS_PER_GLYPH : last * INTS_PER_GLYPH]
            glyphs = tuple(
                Glyph(*numbers[i : i + 4]) for i in range(0, len(numbers), INTS_PER_GLYPH)
            )
            yield Cluster(run.text[start : ends[start]].decode(), glyphs)
            first = last

    def joined(self, clusters: Iterator[Cluster], size: float) -> Iterator[Cluster]:
        """Merge left-to-right clusters with the one they hang on: marks and conjunct tails."""
        held: Cluster | None = None
        limit = HANGING_SHIFT * size * PANGO_UNITS
        for cluster in clusters:
            if held is not None and self.hangs(cluster, limit):
                held = Cluster(held.text + cluster.text, held.glyphs + cluster.glyphs)
                continue
            if held is not None:
                yield held
            held = cluster
        if held is not None:
            yield held

    def hangs(self, cluster: Cluster, limit: float) -> bool:
        """Whether a cluster is drawn onto the one before, or is a joiner without a shape."""
        if cluster.text.isspace():
            return False
        if cluster.text in JOINERS or unicodedata.category(cluster.text[0])[0] == "M":
            return True
        return any(
            glyph.dy or abs(glyph.dx) > limit for glyph in cluster.glyphs if glyph.id != self.empty
        )

    # Writing the PDF's operators.

    def write(self, stream: Any, runs: Sequence[Run], matrix: Any) -> None:
        """Write the runs of a line as text operators."""
        stream.set_text_matrix(*matrix.values)
        pieces: list[str] = []
        current: Any = None
        error = 0.0
        for run in runs:
            if (run.font, run.size) != current:
                self.show(stream, pieces)
                stream.set_font_size(run.font.hash, run.size)
                if current is not None:
                    error *= current[1] / run.size  # the unit is a share of the font size
                current = (run.font, run.size)
            known = book_of(run.font, stream._fonts).words
            for begin, end, start, after in self.words(run):
                numbers = run.glyphs[begin * INTS_PER_GLYPH : end * INTS_PER_GLYPH]
                key = (run.size, run.is_rtl, run.text[start:after], *numbers)
                operand = known.get(key)
                if operand is None:
                    operand = known[key] = self.operand(stream, run, begin, end, after)
                if abs(error) >= 1:
                    pieces.append(f" {round(error)} ")
                    error -= round(error)
                pieces.append(operand.text)
                error += operand.error
        self.show(stream, pieces)

    @staticmethod
    def show(stream: Any, pieces: list[str]) -> None:
        if text := "".join(pieces):
            stream.show_text(text.replace("><", ""))
        pieces.clear()

    def operand(self, stream: Any, run: Run, begin: int, end: int, after: int) -> Operand:
        """Codes and pen moves that draw one word."""
        per_unit = 1000 / PANGO_UNITS / run.size
        known = run.font.cluster_book.clusters
        clusters = self.clusters(run, begin, end, after)
        pieces: list[str] = []
        error = 0.0
        for text, glyphs in clusters if run.is_rtl else self.joined(clusters, run.size):
            advance = sum(glyph.width for glyph in glyphs)
            if all(glyph.id == self.empty for glyph in glyphs):
                error -= advance * per_unit  # direction marks and the like: nothing to say
                continue
            key = (run.size, run.is_rtl, text, glyphs)
            drawn = known.get(key)
            if drawn is None:
                drawn = known[key] = self.drawn(stream, run, text, glyphs)
            move = error - drawn.shift * per_unit
            if abs(move) >= 1:
                pieces.append(f" {round(move)} ")
                move -= round(move)
            pieces.append(f"<{drawn.codes}>")
            error = move + drawn.width + (drawn.shift - advance) * per_unit
        return Operand("".join(pieces), error)

    def drawn(self, stream: Any, run: Run, text: str, glyphs: tuple[Glyph, ...]) -> Drawn:
        """The codes that draw a cluster and say its text. Raises: OverflowError."""
        font = run.font
        shape, shift = self.shape(stream, run, glyphs, text.isspace())
        if run.is_rtl:
            row = spread(shape, text, font.upem)
        else:
            head, tail = split_tail(text)
            row = [(head, shape), (tail, Composite((), 0))] if tail else [(head, shape)]
        codes = [code_for(font, said, part) for said, part in row]
        return Drawn(
            "".join(f"{code:04x}" for code in codes),
            sum(font.widths[code] for code in codes),
            shift,
        )

    def shape(
        self, stream: Any, run: Run, glyphs: tuple[Glyph, ...], is_space: bool
    ) -> tuple[Composite, int]:
        """The glyph to draw for a cluster, and how far to move the pen first (Pango units).

        A rise (Ts) is never used: readers split words there. It goes into the shape instead.
        """
        scale = run.font.upem / PANGO_UNITS / run.size
        if len(glyphs) == 1:
            glyph = glyphs[0]
            natural = round(self.natural_width(stream, run, glyph.id) * run.font.upem / 1000)
            advance, dx = round(glyph.width * scale), round(glyph.dx * scale)
            limit = run.font.upem * SAME_ADVANCE
            if run.is_rtl and max(abs(dx), abs(advance - natural)) > limit and not is_space:
                # Kerning of Arabic is wide enough to be read as a space between two letters.
                return Composite((Part(glyph.id, dx, round(-glyph.dy * scale)),), advance), 0
            return Composite((Part(glyph.id, 0, round(-glyph.dy * scale)),), natural), glyph.dx
        parts, pen = [], 0
        for glyph in glyphs:
            if glyph.id != self.empty:
                parts.append(
                    Part(glyph.id, round((pen + glyph.dx) * scale), round(-glyph.dy * scale))
                )
            pen += glyph.width
        return Composite(tuple(parts), max(0, round(pen * scale))), 0

    def natural_width(self, stream: Any, run: Run, glyph: int) -> int:
        """Width of a glyph in the font, in 1/1000 of the font size; noted for the PDF."""
        widths: dict[int, int] = run.font.widths
        if glyph not in widths:
            self.pango.pango_font_get_glyph_extents(
                run.pango_font, glyph, stream.ink_rect, stream.logical_rect
            )
            width = stream.logical_rect.width
            widths[glyph] = round(width * 1000 / PANGO_UNITS / run.size)
        return widths[glyph]


@contextmanager
def installed() -> Iterator[None]:
    """Draw text by cluster glyphs inside the block. Not to be entered by two threads at once.

    Raises: UnsupportedWeasyPrint for any version but the one this was tested with.
    """
    drawing = Drawing()
    draw_text, font_class = drawing.draw_text, drawing.Font
    draw_text.draw_first_line = drawing.draw_first_line
    # Plain functions, so that they bind to the font they are called on.
    font_class.clean = lambda font, to_unicode, hinting: drawing.clean(font, to_unicode, hinting)
    font_class.get_unused_glyph_id = lambda font, codepoint: drawing.get_unused_glyph_id(
        font, codepoint
    )
    try:
        yield
    finally:
        draw_text.draw_first_line = drawing.original_line
        font_class.clean = drawing.original_clean
        font_class.get_unused_glyph_id = drawing.original_unused
