"""Charts: well-formed, escaped, mirrored, and readable by the PDF maker."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from betterwork.ui import charts, parts

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [charts.Bar("Compensation", 27.6, 30.7), charts.Bar("<b>&", None)]
THREAD = parts.Thread(
    214,
    [parts.Mark("visit", 10), parts.Mark("assessed", 110), parts.Mark("released", 138),
     parts.Mark("progress", 170)],
    window=(100, 140),
)  # fmt: skip


def all_charts(**options: object) -> dict[str, str]:
    return {
        "bars": charts.bars(ROWS, title="t", **options),
        "strip": charts.clock_strip(
            [charts.ClockRow("a", "b", [-30, -1, 0, 5, 5, 5, 5, 90])], title="t", **options
        ),
        "dumbbell": charts.dumbbell([charts.Pair("a", "b", 29, 48)], title="t", **options),
        "trend": charts.trend(
            [charts.Point("2025", 3, 10), charts.Point("2026", None)], title="t", **options
        ),
        "squares": charts.squares(8, 5, **options),
        "meter": charts.meter([parts.Segment("ok", 3, "x"), parts.Segment("done", 1)], **options),
        "load": charts.load(19, 17, top=20, label="x", **options),
        "thread": charts.thread(THREAD, **options),
    }  # type: ignore[arg-type]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("for_print", [False, True])
def test_every_chart_is_well_formed_and_named(direction: str, for_print: bool) -> None:
    for name, svg in all_charts(dir=direction, for_print=for_print).items():
        root = ElementTree.fromstring(svg)  # noqa: S314  # our own drawing
        assert root.get("role") == "img", name
        assert root.get("aria-label") or root.find(f"{SVG}title") is not None, name


def test_paper_charts_need_no_style_sheet() -> None:
    for name, svg in all_charts(for_print=True).items():
        assert "class=" not in svg, name
        assert "var(" not in svg, name
        assert "fill=" in svg, name


def test_labels_are_escaped() -> None:
    assert "&lt;b&gt;&amp;" in charts.bars(ROWS, title="t")


def test_bars_mirror() -> None:
    """The same bar starts at the same distance from the other edge."""
    box = re.compile(r'<rect x="([\d.]+)" y="13" width="([\d.]+)"')
    x, width = map(float, box.search(charts.bars(ROWS, title="t", dir="ltr")).groups())  # type: ignore[union-attr]
    mirrored, same = map(float, box.search(charts.bars(ROWS, title="t", dir="rtl")).groups())  # type: ignore[union-attr]
    assert same == width
    assert mirrored == pytest.approx(640 - x - width, abs=0.2)


def test_a_bar_not_asked_is_not_a_zero() -> None:
    with translation.override("en"):
        svg = charts.bars([charts.Bar("a", None)], title="t")
    assert "not asked" in svg
    assert "<rect" not in svg


def test_piled_clocks_are_counted() -> None:
    svg = charts.clock_strip([charts.ClockRow("a", "b", [5] * 7)], title="t", dir="ltr")
    assert svg.count("<circle") == 3
    assert ">+4<" in svg


@given(st.floats(min_value=0, max_value=100))
def test_heat_steps_grow_with_the_value(value: float) -> None:
    step = charts.heat_step(value)
    assert step is not None
    assert charts.HEAT_BOUNDS[step] <= value
    assert step == 6 or value < charts.HEAT_BOUNDS[step + 1]


def test_heat_of_a_question_not_asked() -> None:
    assert charts.heat_class(None) == "hx"
    assert charts.heat_class(0) == "h0"


def test_thread_refuses_a_mark_it_cannot_draw() -> None:
    with pytest.raises(ValueError, match="no mark"):
        charts.thread(parts.Thread(3, [parts.Mark("secret", 5)]))


def test_paper_refuses_words_it_would_take_apart() -> None:
    arabic = charts.Bar("التعويضات", 27.6, 30.7)
    with pytest.raises(charts.UnshapedText):
        charts.bars([arabic], title="t", for_print=True)
    assert "التعويضات" in charts.bars([arabic], title="t")


def test_paper_rows_carry_their_words_as_text() -> None:
    with translation.override("ar"):
        rows = charts.bar_rows([charts.Bar("التعويضات", 27.6, 30.7), charts.Bar("أخرى", None)])
        pairs = charts.pair_rows([charts.Pair("إربد", "44", 38, 55)])
    assert (rows[0].label, rows[0].figure, rows[0].second) == ("التعويضات", "28", "31")
    assert rows[1].figure
    assert "<rect" not in rows[1].drawing
    assert (pairs[0].figure, pairs[0].second) == ("38", "55")
    for row in [*rows, *pairs]:
        assert "<text" not in row.drawing
        assert "class=" not in row.drawing


@pytest.mark.parametrize(
    ("text", "joins"), [("২৮", False), ("28", False), ("ক্ষ", True), ("ភ្នំ", True)]
)
def test_digits_need_no_shaping(text: str, joins: bool) -> None:
    assert charts.needs_shaping(text) is joins


def test_the_wide_thread_writes_its_days_and_mirrors_itself() -> None:
    plain, mirrored = (charts.thread(THREAD, wide=True, dir=d) for d in ("ltr", "rtl"))
    assert [text for text in ("0", "100", "200", "300", "365") if f">{text}<" in plain] == [
        "0", "100", "200", "300", "365",
    ]  # fmt: skip
    assert plain != mirrored
    short = charts.thread(parts.Thread(5, length=200), wide=True, dir="ltr")
    assert ">100<" in short
    assert ">200<" in short
