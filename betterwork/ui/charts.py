"""Charts as SVG strings, made on the server: the same drawing in page and PDF.

Pure functions over plain values; no query, no request. Every chart carries a title; the page
gives units and n in its words and puts the table beside it. Charts are drawn for the direction
of the active language unless told otherwise. ``for_print`` writes colours as attributes, since
WeasyPrint reads neither the page's classes nor ``var()`` inside SVG. It also sets SVG text letter
by letter, so Arabic, Bengali or Khmer words inside a drawing would come apart on paper: there the
words stand in a table and the drawing has none (``bar_rows``, ``pair_rows``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from . import formats, parts

PAPER_FONT = "BW, BW Arabic, BW Bangla, BW Khmer, BW Noto, sans-serif"
INK, INK_2, LINE, LINE_STRONG = "#1a2033", "#464d60", "#d3d8d1", "#7b837f"
MADDER, MADDER_TINT, INDIGO, INDIGO_TINT = "#a3262a", "#fae7e4", "#2b3a8c", "#e6e9f6"
MARIGOLD, MARIGOLD_FILL, MARIGOLD_TINT = "#8a5200", "#f0a92b", "#fcf0d4"
VERDIGRIS, VERDIGRIS_TINT, SURFACE, SUNKEN = "#0f6b57", "#dcf0e9", "#ffffff", "#e9ece6"
NONE_FOUND = "#bcd8cf"

# What each class of the style sheet means on paper.
PAPER: dict[str, dict[str, str]] = {
    "ax": {"fill": INK_2, "font-size": "12"},
    "grid": {"stroke": LINE},
    "zero": {"stroke": LINE_STRONG},
    "b-nc": {"fill": MADDER},
    "prev": {"stroke": INK, "stroke-width": "2"},
    "lateband": {"fill": MADDER_TINT},
    "soonband": {"fill": MARIGOLD_TINT},
    "d": {"fill": SURFACE, "stroke": INK_2, "stroke-width": "1.5"},
    "d soon": {"fill": MARIGOLD_FILL, "stroke": MARIGOLD, "stroke-width": "1.5"},
    "d late": {"fill": MADDER, "stroke": MADDER, "stroke-width": "1.5"},
    "t": {"fill": INK, "font-weight": "600"},
    "t late": {"fill": MADDER, "font-weight": "600"},
    "load": {"fill": INDIGO},
    "load2": {"fill": INDIGO_TINT, "stroke": INDIGO},
    "over": {"fill": MADDER},
    "cap": {"stroke": INK, "stroke-width": "2"},
    "nc": {"fill": MADDER},
    "ok": {"fill": VERDIGRIS},
    "na": {"fill": LINE},
    "done": {"fill": VERDIGRIS_TINT, "stroke": VERDIGRIS},
    "part": {"fill": MARIGOLD_FILL},
    "clear": {"fill": NONE_FOUND},
    "pip": {"fill": SURFACE},
    "trend": {"fill": "none", "stroke": MADDER, "stroke-width": "2.5"},
    "win": {"fill": SUNKEN},
    "rest": {"stroke": LINE, "stroke-width": "2"},
    "sewn": {"stroke": INDIGO, "stroke-width": "2.5", "stroke-dasharray": "7 3"},
    "needle": {"fill": INK},
    "visit": {"fill": SURFACE, "stroke": INDIGO, "stroke-width": "2"},
    "assd": {"fill": MADDER},
    "rel": {"fill": VERDIGRIS},
    "pr": {"fill": MARIGOLD_FILL, "stroke": MARIGOLD},
}
# Heat scale h0..h6: lower bounds in per cent.
HEAT_BOUNDS = (0, 10, 20, 35, 50, 65, 80)
_ids = count(1)


def _n(value: float) -> str:
    """A coordinate: at most one decimal, never in a language's digits."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


@dataclass
class Canvas:
    """A drawing surface that knows direction and paper. x grows from the start of the line."""

    width: float
    height: float
    rtl: bool
    for_print: bool
    parts: list[str] = field(default_factory=list)

    def _style(self, css: str) -> str:
        if not css:
            return ""
        if not self.for_print:
            return f' class="{css}"'
        return "".join(f' {name}="{value}"' for name, value in PAPER.get(css, {}).items())

    def x(self, at: float) -> float:
        """The place on paper of a distance from the start edge."""
        return self.width - at if self.rtl else at

    def rect(
        self, x: float, y: float, width: float, height: float, css: str, rx: float = 0
    ) -> None:
        left = self.width - x - width if self.rtl else x
        radius = f' rx="{_n(rx)}"' if rx else ""
        self.parts.append(
            f'<rect x="{_n(left)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(height)}"'
            f"{radius}{self._style(css)}/>"
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        self.parts.append(
            f'<line x1="{_n(self.x(x1))}" y1="{_n(y1)}" x2="{_n(self.x(x2))}" y2="{_n(y2)}"'
            f"{self._style(css)}/>"
        )

    def circle(self, x: float, y: float, r: float, css: str) -> None:
        self.parts.append(
            f'<circle cx="{_n(self.x(x))}" cy="{_n(y)}" r="{_n(r)}"{self._style(css)}/>'
        )

    def diamond(self, x: float, y: float, r: float, css: str) -> None:
        size = _n(r)
        self.path(f"M{_n(self.x(x))} {_n(y - r)}l{size} {size}-{size} {size}-{size}-{size}z", css)

    def path(self, d: str, css: str) -> None:
        self.parts.append(f'<path d="{d}"{self._style(css)}/>')

    def text(self, x: float, y: float, value: object, css: str = "", anchor: str = "start") -> None:
        """``anchor`` is logical: start is where the line of reading begins."""
        if self.for_print and needs_shaping(str(value)):
            raise UnshapedText(str(value))
        if self.for_print and self.rtl:
            # Paper knows no direction inside SVG: name the physical end.
            anchor = {"start": "end", "end": "start"}.get(anchor, anchor)
        plain = ""
        if self.for_print:
            style = self._style(css) or f' fill="{INK}"'
            size = "" if "font-size" in style else ' font-size="13"'
            plain = f'{style}{size} font-family="{PAPER_FONT}"'
        else:
            plain = self._style(css)
        ends = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(
            f'<text x="{_n(self.x(x))}" y="{_n(y)}"{ends}{plain}>{escape(value)}</text>'
        )

    def svg(
        self, *, title: str, desc: str = "", css: str = "chart", stretch: bool = False,
        inner_title: bool = True,
    ) -> SafeString:  # fmt: skip
        """The whole drawing. Everything written into it was escaped on the way in."""
        frame = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" role="img"'
        if self.for_print:
            frame += f' width="{_n(self.width)}" height="{_n(self.height)}"'
        else:
            frame += f' class="{css}" direction="{"rtl" if self.rtl else "ltr"}"'
        if stretch:
            frame += ' preserveAspectRatio="none"'
        if inner_title:
            ident = f"chart-{next(_ids)}"
            names = f"{ident}-t" + (f" {ident}-d" if desc else "")
            head = f'<title id="{ident}-t">{escape(title)}</title>'
            head += f'<desc id="{ident}-d">{escape(desc)}</desc>' if desc else ""
            frame += f' aria-labelledby="{names}"'
        else:
            head = ""
            frame += f' aria-label="{escape(title)}"'
        return mark_safe(  # noqa: S308
            f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>{head}{"".join(self.parts)}</svg>'
        )


class UnshapedText(ValueError):
    """Words of a joining script inside a drawing for paper: use ``bar_rows`` or ``pair_rows``."""


def needs_shaping(text: str) -> bool:
    """Whether letters of this text join or reorder; digits of any script do not."""
    return any(
        ("\u0590" <= sign <= "\u0dff" or "\u1780" <= sign <= "\u17ff") and not sign.isdigit()
        for sign in text
    )


def canvas(width: float, height: float, *, dir: str | None, for_print: bool) -> Canvas:
    """A canvas in the direction asked for, else in that of the active language."""
    return Canvas(width, height, (dir or formats.direction()) == "rtl", for_print)


# Horizontal bars -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """One bar: a value in the chart's unit, None for "not asked"; last year's as a mark."""

    label: str
    value: float | None
    previous: float | None = None


def bars(
    rows: Sequence[Bar], *, title: str, desc: str = "", top: float = 100, unit: str = "%",
    decimals: int = 0, label_width: float = 236, dir: str | None = None, for_print: bool = False,
) -> SafeString:  # fmt: skip
    """Horizontal bars with last year as a mark. Values run from 0 to ``top`` in ``unit``."""
    width, pitch = 640.0, 42.0
    right = width - 50
    draw = canvas(width, pitch * len(rows) + 34, dir=dir, for_print=for_print)
    bottom = pitch * len(rows) + 6
    span = right - label_width
    for step in range(5):
        at = label_width + span * step / 4
        draw.line(at, 4, at, bottom, "grid" if step else "zero")
        mark = formats.number(top * step / 4, 0 if (top / 4).is_integer() else 1)
        draw.text(at, bottom + 18, f"{mark} {unit}" if step == 4 else mark, "ax", "middle")
    for index, row in enumerate(rows):
        y = 13 + pitch * index
        draw.text(label_width - 12, y + 15, row.label, anchor="end")
        if row.value is None:
            draw.text(label_width + 8, y + 15, gettext("not asked"), "ax")
            continue
        length = span * min(max(row.value, 0), top) / top
        draw.rect(label_width, y, length, 20, "b-nc", rx=2)
        end = label_width + length
        if row.previous is not None:
            mark_x = label_width + span * min(max(row.previous, 0), top) / top
            draw.line(mark_x, y - 4, mark_x, y + 24, "prev")
            end = max(end, mark_x)
        draw.text(end + 8, y + 15, formats.number(row.value, decimals), "t")
    return draw.svg(title=title, desc=desc)


@dataclass(frozen=True)
class PaperRow:
    """One row of a chart on paper: words and figures as text, the drawing without any."""

    label: str
    drawing: SafeString
    figure: str
    second: str = ""
    detail: str = ""


def bar_rows(
    rows: Sequence[Bar], *, top: float = 100, decimals: int = 0, width: float = 200,
    dir: str | None = None, for_print: bool = True,
) -> list[PaperRow]:  # fmt: skip
    """Bars as rows of a table (components/_paper_bars.html): right in every script."""
    made = []
    for row in rows:
        draw = canvas(width, 14, dir=dir, for_print=for_print)
        draw.line(0, 0, 0, 14, "zero")
        if row.value is not None:
            draw.rect(0, 2, width * min(max(row.value, 0), top) / top, 10, "b-nc", rx=1)
        if row.previous is not None and row.value is not None:
            at = width * min(max(row.previous, 0), top) / top
            draw.line(at, 0, at, 14, "prev")
        figure = gettext("not asked") if row.value is None else formats.number(row.value, decimals)
        before = "" if row.previous is None else formats.number(row.previous, decimals)
        drawing = draw.svg(title=row.label, css="chart row", inner_title=False)
        made.append(PaperRow(row.label, drawing, figure, before))
    return made


# Clocks: one mark per factory --------------------------------------------------------------


@dataclass(frozen=True)
class ClockRow:
    """One kind of clock and the days left of each one that runs; negative is late."""

    label: str
    detail: str
    days: Sequence[int]


def clock_strip(
    rows: Sequence[ClockRow], *, title: str, soon_days: int = 7, earliest: int = -14,
    latest: int = 28, dir: str | None = None, for_print: bool = False,
) -> SafeString:  # fmt: skip
    """Days left on each running clock. Marks beyond the ends stand at the end, and are counted."""
    width, start, pitch = 640.0, 196.0, 50.0
    bottom = 22 + pitch * len(rows) - 6
    draw = canvas(width, bottom + 24, dir=dir, for_print=for_print)
    span = width - start - 32

    def at(days: int) -> float:
        return start + span * (min(max(days, earliest), latest) - earliest) / (latest - earliest)

    draw.rect(start, 22, at(0) - start, bottom - 22, "lateband")
    draw.rect(at(0), 22, at(soon_days) - at(0), bottom - 22, "soonband")
    draw.text((start + at(0)) / 2, 15, gettext("late"), "t late", "middle")
    within = ngettext("%(days)s day", "%(days)s days", soon_days)
    draw.text((at(0) + at(soon_days)) / 2, 15, within % {"days": formats.number(soon_days)},
              "ax", "middle")  # fmt: skip
    for days in range(earliest, latest + 1, 7):
        draw.line(at(days), 22, at(days), bottom, "zero" if days == 0 else "grid")
        number = formats.number(abs(days))
        words = gettext("%(days)s late") % {"days": number} if days < 0 else number
        draw.text(at(days), bottom + 16, words, "ax", "middle")
    for index, row in enumerate(rows):
        y = 22 + pitch * index + 24
        draw.text(0, y, row.label, "t")
        draw.text(0, y + 16, row.detail, "ax")
        stacked: Counter[int] = Counter()
        for days, clocks in sorted(Counter(row.days).items()):
            place = min(max(days, earliest), latest)
            below = stacked[place]
            stacked[place] += clocks
            # Middle first, then above, then below: a pile stays on its row.
            for dy in (0, -11, 11)[below : stacked[place]]:
                if days < 0:
                    draw.diamond(at(days), y + 1 + dy, 6, "d late")
                else:
                    draw.circle(at(days), y + 1 + dy, 5, "d soon" if days <= soon_days else "d")
        for place, clocks in stacked.items():
            if clocks > 3:
                draw.text(at(place) + 8, y + 18, f"+{formats.number(clocks - 3)}", "ax")
    return draw.svg(title=title)


# Dumbbell ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Two shares of one row, in per cent: the first is the filled end."""

    label: str
    detail: str
    first: float | None
    second: float | None


def dumbbell(
    rows: Sequence[Pair], *, title: str, low: float = 0, high: float = 100, unit: str = "%",
    label_width: float = 150, dir: str | None = None, for_print: bool = False,
) -> SafeString:  # fmt: skip
    """Two figures per row joined by a line: women on the committee, women in the workforce."""
    width, pitch = 640.0, 42.0
    bottom = pitch * len(rows)
    draw = canvas(width, bottom + 26, dir=dir, for_print=for_print)
    span = width - label_width - 40

    def at(value: float) -> float:
        return label_width + span * (min(max(value, low), high) - low) / (high - low)

    steps = 5
    for step in range(steps + 1):
        value = low + (high - low) * step / steps
        draw.line(at(value), 0, at(value), bottom, "grid")
        mark = formats.number(value, 0)
        draw.text(at(value), bottom + 18, f"{mark} {unit}" if step == steps else mark,
                  "ax", "middle")  # fmt: skip
    for index, row in enumerate(rows):
        y = pitch * index + 21
        draw.text(0, y + 1, row.label)
        draw.text(0, y + 16, row.detail, "ax")
        if row.first is not None and row.second is not None:
            draw.line(at(row.first), y, at(row.second), y, "prev")
        # Figures stand outside the pair, so they never cross its line.
        first_is_low = row.second is None or (row.first is not None and row.first <= row.second)
        ends: tuple[tuple[float | None, str, float, str, bool], ...] = (
            (row.second, "d", 6.5, "", not first_is_low),
            (row.first, "load", 7, "t", first_is_low),
        )
        for share, css, radius, bold, outside in ends:
            if share is None:
                continue
            draw.circle(at(share), y, radius, css)
            draw.text(at(share) + (-13 if outside else 13), y + 5, formats.number(share, 0),
                      bold, "end" if outside else "start")  # fmt: skip
    return draw.svg(title=title)


def pair_rows(
    rows: Sequence[Pair], *, low: float = 0, high: float = 100, width: float = 200,
    dir: str | None = None, for_print: bool = True,
) -> list[PaperRow]:  # fmt: skip
    """Pairs as rows of a table: right in every script."""
    made = []
    for row in rows:
        draw = canvas(width, 14, dir=dir, for_print=for_print)
        ends = [
            None if value is None
            else 7 + (width - 14) * (min(max(value, low), high) - low) / (high - low)
            for value in (row.first, row.second)
        ]  # fmt: skip
        first, second = ends
        if first is not None and second is not None:
            draw.line(first, 7, second, 7, "prev")
        if second is not None:
            draw.circle(second, 7, 5.5, "d")
        if first is not None:
            draw.circle(first, 7, 6, "load")
        drawing = draw.svg(title=row.label, css="chart row", inner_title=False)
        shown = (formats.number(row.first, 0), formats.number(row.second, 0))
        made.append(PaperRow(row.label, drawing, shown[0], shown[1], row.detail))
    return made


# Lines over years --------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """One value of a series over time; None leaves a gap."""

    label: str
    value: float | None
    n: int | None = None


def trend(
    points: Sequence[Point], *, title: str, top: float = 100, unit: str = "%",
    dir: str | None = None, for_print: bool = False,
) -> SafeString:  # fmt: skip
    """One series over years, each point with its figure and, below, its n."""
    width, height = 640.0, 220.0
    draw = canvas(width, height, dir=dir, for_print=for_print)
    left, right, upper, lower = 44.0, width - 28, 24.0, height - 48
    for step in range(5):
        y = lower - (lower - upper) * step / 4
        draw.line(left, y, right, y, "grid" if step else "zero")
        mark = formats.number(top * step / 4, 0)
        draw.text(left - 8, y + 4, f"{mark} {unit}" if step == 4 else mark, "ax", "end")
    gap = (right - left) / max(len(points), 1)
    before: tuple[float, float] | None = None
    dots: list[tuple[float, float, float]] = []
    for index, point in enumerate(points):
        x = left + gap * (index + 0.5)
        draw.text(x, lower + 18, point.label, "t", "middle")
        if point.n is not None:
            draw.text(x, lower + 34, f"n = {formats.number(point.n)}", "ax", "middle")
        if point.value is None:
            before = None
            continue
        y = lower - (lower - upper) * min(max(point.value, 0), top) / top
        if before:
            draw.line(*before, x, y, "trend")
        before = (x, y)
        dots.append((x, y, point.value))
    for x, y, value in dots:
        draw.diamond(x, y, 6, "d late")
        draw.text(x, y - 11, formats.number(value, 0), "t", "middle")
    return draw.svg(title=title)


# Strips and small marks --------------------------------------------------------------------


def meter(
    segments: Iterable[parts.Segment], *, label: str = "", dir: str | None = None,
    for_print: bool = False, width: float = 310, height: float = 12,
) -> SafeString:  # fmt: skip
    """A woven strip: stretches in the order given, each in proportion to its count."""
    shown = [segment for segment in segments if segment.count > 0]
    total = sum(segment.count for segment in shown)
    draw = canvas(width, height, dir=dir, for_print=for_print)
    draw.rect(0, 0, width, height, "na", rx=2)
    x = 0.0
    for segment in shown:
        length = width * segment.count / total
        if segment.kind == "done":  # an edge inside its own stretch
            draw.rect(x + 0.5, 0.5, length - 2, height - 1, "done")
        else:
            draw.rect(x, 0, length - (1 if x + length < width - 0.01 else 0), height, segment.kind)
        x += length
    said = label or ", ".join(f"{formats.number(s.count)} {s.label}" for s in shown)
    return draw.svg(title=said, css="meter", stretch=not for_print, inner_title=False)


def squares(
    total: int, breached: int, *, label: str = "", dir: str | None = None, for_print: bool = False
) -> SafeString:
    """One square per compliance point of a cluster; those with a finding come first, marked."""
    size, pitch, row_of = 18.0, 21.0, 8
    columns = max(row_of, total)
    draw = canvas(columns * pitch, 16, dir=dir, for_print=for_print)
    for index in range(total):
        x = index * pitch
        draw.rect(x, 0, size, 16, "nc" if index < breached else "clear", rx=2)
        if index < breached:
            draw.diamond(x + 9, 8, 4.5, "pip")
    said = label or gettext("%(breached)s of %(total)s compliance points with non-compliance") % {
        "breached": formats.number(breached),
        "total": formats.number(total),
    }
    return draw.svg(title=said, css="chart squares", inner_title=False)


def load(
    booked: float, available: float, *, top: float, label: str, dir: str | None = None,
    for_print: bool = False,
) -> SafeString:  # fmt: skip
    """Days booked of days available; what is over stands beyond the mark. ``top``: widest row."""
    width = 220.0
    draw = canvas(width, 22, dir=dir, for_print=for_print)
    scale = (width - 4) / max(top, booked, available, 1)
    draw.rect(0.5, 4.5, available * scale, 13, "load2", rx=2)
    draw.rect(0, 4, min(booked, available) * scale, 14, "load", rx=2)
    if booked > available:
        draw.rect(available * scale, 4, (booked - available) * scale, 14, "over")
    draw.line(available * scale, 0, available * scale, 22, "cap")
    return draw.svg(title=label, css="chart loadbar", inner_title=False)


def thread(
    value: parts.Thread, *, wide: bool = False, dir: str | None = None, for_print: bool = False
) -> SafeString:
    """The thread of a cycle: sewn up to today, grey ahead, needle at today.

    wide: across a whole card, with the days of the cycle written below.
    """
    width, y = (880.0 if wide else 440.0), 15.0
    # On a page the sheet mirrors .thread; on paper, and where words stand, the drawing itself is.
    draw = canvas(
        width, 50 if wide else 30, dir=dir if for_print or wide else "ltr", for_print=for_print
    )

    def at(day: int) -> float:
        return 6 + (width - 12) * min(max(day, 0), value.length) / value.length

    now = value.length if value.day is None else value.day
    if value.window:
        first, last = value.window
        draw.rect(at(first), 3, at(last) - at(first), 24, "win", rx=3)
    if wide:
        for step in [*range(0, value.length - 50, 100), value.length]:
            anchor = {0: "start", value.length: "end"}.get(step, "middle")
            draw.line(at(step), y - 6, at(step), y + 6, "rest")
            draw.text(at(step), 44, formats.number(step), "ax", anchor)
    draw.line(at(now), y, at(value.length), y, "rest")
    draw.line(at(0), y, at(now), y, "sewn")
    for mark in sorted(value.marks, key=lambda m: m.day):
        x = at(mark.day)
        if mark.kind == "visit":
            draw.circle(x, y, 5, "visit")
        elif mark.kind == "assessed":
            draw.diamond(x, y, 8, "assd")
        elif mark.kind == "released":
            draw.rect(x - 6, 9, 12, 12, "rel", rx=1.5)
        elif mark.kind == "progress":
            draw.path(f"M{_n(draw.x(x))} 8l7.5 13h-15z", "pr")
        else:
            raise ValueError(f"no mark {mark.kind!r} on the thread")
    if value.day is not None:
        draw.path(f"M{_n(draw.x(at(now)) - 1.5)} 2h3l1.2 20-2.7 7-2.7-7z", "needle")
    said = str(value.label) or (
        gettext("No cycle is running") if value.day is None
        else gettext("Day %(day)s of the cycle") % {"day": formats.number(value.day)}
    )  # fmt: skip
    return draw.svg(title=said, css="thread wide" if wide else "thread", inner_title=False)


# Heat tables -------------------------------------------------------------------------------


def heat_step(value: float | None) -> int | None:
    """Step 0 to 6 of a per cent; None where nothing was asked."""
    if value is None:
        return None
    return max(step for step, bound in enumerate(HEAT_BOUNDS) if value >= bound or step == 0)


def heat_class(value: float | None) -> str:
    """Class of a cell: h0 to h6, "hx" where nothing was asked."""
    step = heat_step(value)
    return "hx" if step is None else f"h{step}"


def heat_ramp() -> list[tuple[str, str]]:
    """Class and words of each step, for the key: ("h0", "0–9")."""
    tops = [bound - 1 for bound in HEAT_BOUNDS[1:]] + [100]
    return [
        (f"h{step}", f"{formats.number(low)}–{formats.number(high)}")
        for step, (low, high) in enumerate(zip(HEAT_BOUNDS, tops, strict=True))
    ]


def key_mark(kind: str, *, for_print: bool = False) -> SafeString:
    """A small sign for the key under a chart, drawn like the mark it explains."""
    draw = Canvas(14, 14, rtl=False, for_print=for_print)
    shapes: dict[str, Any] = {
        "bar": lambda: draw.rect(0, 3, 14, 9, "b-nc", rx=1.5),
        "prev": lambda: draw.line(7, 0, 7, 14, "prev"),
        "late": lambda: draw.diamond(7, 7, 6, "d late"),
        "soon": lambda: draw.circle(7, 7, 5.5, "d soon"),
        "in_time": lambda: draw.circle(7, 7, 5.5, "d"),
        "first": lambda: draw.circle(7, 7, 5.5, "load"),
        "second": lambda: draw.circle(7, 7, 5.5, "d"),
        "visit": lambda: draw.circle(7, 7, 5, "visit"),
        "window": lambda: draw.rect(0, 0, 14, 14, "win", rx=2),
        "assessed": lambda: draw.diamond(7, 7, 7, "assd"),
        "released": lambda: draw.rect(1, 1, 12, 12, "rel", rx=1.5),
        "progress": lambda: draw.path("M7 0.500l6.500 12h-13z", "pr"),
        "needle": lambda: draw.path("M5.800 0h2.400l1 9L7 14l-2.200-5z", "needle"),
        "breached": lambda: draw.rect(0, 0, 14, 14, "nc", rx=2),
        "clear": lambda: draw.rect(0, 0, 14, 14, "clear", rx=2),
    }
    shapes[kind]()
    if kind == "breached":
        draw.diamond(7, 7, 4, "pip")
    body = "".join(draw.parts)
    frame = ' width="3.6mm" height="3.6mm"' if for_print else ' class="chart thread-key"'
    return mark_safe(  # noqa: S308
        f'<svg viewBox="0 0 14 14" aria-hidden="true"{frame}>{body}</svg>'
    )
