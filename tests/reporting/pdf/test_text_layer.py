"""Every word on the page is in the file, in four readers. Real PDFs, written and read back."""

import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from reporting.pdf.fonts import default_store
from reporting.pdf.render import PdfResult, render_pdf
from tests.reporting.pdf import inside, readers, words

BASE = "https://report.invalid/"
PLAIN, TAGGED = None, "pdf/ua-1"
DOCUMENTS = {**{language: [language] for language in words.WORDS}, "all": list(words.WORDS)}
CASES = [(name, variant) for name in DOCUMENTS for variant in (PLAIN, TAGGED)]


@cache
def rendered(name: str, variant: str | None, with_text_layer: bool = True) -> PdfResult:
    languages = DOCUMENTS[name]
    return render_pdf(
        words.page(languages),
        base_url=BASE,
        language=languages[0],
        variant=variant,
        with_text_layer=with_text_layer,
    )


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str | None, str], str]:
    """Text of every case by every reader. One start of Node.js reads all."""
    folder = tmp_path_factory.mktemp("pdf")
    paths: dict[Path, tuple[str, str | None]] = {}
    for number, case in enumerate(CASES):
        path = folder / f"{number}.pdf"
        path.write_bytes(rendered(*case).data)
        paths[path] = case
    found = readers.all_texts(list(paths))
    return {(*paths[path], reader): text for (path, reader), text in found.items()}


def without_arabic_marks(found: Counter[str]) -> Counter[str]:
    """Words as Firefox compares them when asked to find one: vowel signs do not count.

    pdf.js puts the sign of a word's last letter, when it comes first on the line, to the item
    before, whatever the file says.
    """
    bare: Counter[str] = Counter()
    for word, count in found.items():
        letters = "".join(
            char
            for char in word
            if not ("\u0600" <= char <= "\u06ff" and unicodedata.category(char) == "Mn")
        )
        if letters:
            bare[letters] += count
    return bare


def with_rows_cut(found: Counter[str]) -> Counter[str]:
    """pypdf puts no space between the cells of a right-to-left row; what is in them is exact."""
    cut: Counter[str] = Counter()
    for word, count in found.items():
        for row in words.table_rows("ar"):
            if len(row) > 1 and word in ("".join(row), "".join(reversed(row))):
                cut.update(dict.fromkeys(row, count))
                break
        else:
            cut[word] += count
    return cut


@pytest.mark.parametrize("reader", readers.READERS)
@pytest.mark.parametrize(("name", "variant"), CASES)
def test_every_word_is_read_as_often_as_written(
    texts: dict[tuple[str, str | None, str], str], name: str, variant: str | None, reader: str
) -> None:
    found = readers.counted(texts[name, variant, reader])
    del found["•"]
    expected = words.expected(DOCUMENTS[name])
    if reader == "pdf.js":
        found, expected = without_arabic_marks(found), without_arabic_marks(expected)
    if reader == "pypdf":
        found = with_rows_cut(found)
    assert found == expected


def test_without_the_layer_most_words_are_lost(tmp_path: Path) -> None:
    """The comparison above can fail: WeasyPrint alone fails it."""
    path = tmp_path / "stock.pdf"
    path.write_bytes(rendered("bn", TAGGED, with_text_layer=False).data)
    expected = words.expected(["bn"])
    found = readers.counted(readers.poppler(path)) & expected
    assert found.total() < 0.6 * expected.total()


@pytest.fixture(scope="session")
def line_texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("line") / "line.pdf"
    html = words.page(["en"], words.in_one_line())
    path.write_bytes(render_pdf(html, base_url=BASE, language="en").data)
    return {reader: text for (_, reader), text in readers.all_texts([path]).items()}


@pytest.mark.parametrize("reader", readers.READERS)
def test_words_of_several_scripts_in_one_line(line_texts: dict[str, str], reader: str) -> None:
    # Where the direction changes, pypdf and pdf.js drop the space; the words are whole.
    apart = re.sub(
        r"(?<=[\u0600-\u06ff])(?=[A-Z0-9])|(?<=[A-Z0-9])(?=[\u0600-\u06ff])",
        " ",
        readers.DIRECTION_MARKS.sub("", line_texts[reader]),
    )
    found = readers.counted(apart)
    expected = readers.counted(re.sub(r"<[^>]*>", " ", words.in_one_line()))
    if reader == "pdfium":
        # It turns the parts of a code round where the line runs from right to left.
        for turned in ("A077-2026-BD", "077A-2026-BD"):
            found["BD-2026-A077"] += found.pop(turned, 0)
    assert found == expected


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_every_code_says_something(name: str, variant: str | None) -> None:
    """PDF/UA-1, 7.21.7: no character without a meaning."""
    maps = [inside.letters_of(font) for font in inside.fonts(rendered(name, variant).data)]
    assert maps
    assert all(text for letters in maps for text in letters.values())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_widths_in_the_file_are_those_of_the_font(name: str) -> None:
    """PDF/UA-1, 7.21.5."""
    for font in inside.fonts(rendered(name, TAGGED).data):
        file, widths = inside.embedded(font), inside.widths_of(font)
        names, metrics = file.getGlyphOrder(), file["hmtx"].metrics
        per_em = 1000 / file["head"].unitsPerEm
        for code in inside.letters_of(font):
            assert abs(metrics[names[code]][0] * per_em - widths[code]) <= 1


@pytest.mark.parametrize("name", DOCUMENTS)
def test_tags_are_those_of_weasyprint(name: str) -> None:
    ours, stock = (rendered(name, TAGGED, with_layer).data for with_layer in (True, False))
    assert inside.marked_content(ours) == inside.marked_content(stock)
    assert all(begun == ended for _, begun, ended in inside.marked_content(ours))
    kinds = [Counter(e.get("/S") for e in inside.structure(data)) for data in (ours, stock)]
    assert kinds[0] == kinds[1]
    assert kinds[0]["/P"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_pages_look_as_before(name: str) -> None:
    ours, stock = (rendered(name, TAGGED, with_layer).data for with_layer in (True, False))
    assert inside.share_of_moved_ink(ours, stock) < 0.001


def outlines(font: TTFont, glyph: str) -> list[object]:
    glyphs = font.getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[glyph].draw(pen)
    return pen.value


@pytest.mark.parametrize("name", ["en", "vi"])
def test_letters_are_drawn_by_the_glyph_that_the_font_has_for_them(name: str) -> None:
    """Subsets of one family once shared glyph numbers: "Sức khỏe" was drawn as "S4c khŒe"."""
    sources = [
        TTFont(file) for (family, _, _), file in default_store().files.items() if family == "BW"
    ]
    checked = set()
    for font in inside.fonts(rendered(name, TAGGED).data):
        file = inside.embedded(font)
        for code, text in inside.letters_of(font).items():
            if len(text) != 1:
                continue
            candidates = [
                outlines(source, source.getBestCmap()[ord(text)])
                for source in sources
                if ord(text) in source.getBestCmap()
            ]
            if candidates:
                assert outlines(file, file.getGlyphName(code)) in candidates, text
                checked.add(text)
    assert {"en": {"f", "é", "“"}, "vi": {"ệ", "ứ", "đ"}}[name] <= checked


def test_cut_text_is_read_like_the_rest(tmp_path: Path) -> None:
    """WeasyPrint lays an ellipsis out while it draws; what stands before it is read as usual."""
    text = " ".join(words.WORDS["bn"])
    cut = "inline-size:60mm;white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
    html = words.page(["bn"], f'<p style="{cut}">{text}</p><p>{text}</p>')
    path = tmp_path / "cut.pdf"
    path.write_bytes(render_pdf(html, base_url=BASE, language="bn").data)
    found = readers.counted(readers.poppler(path))
    assert all(found[word] == 2 for word in words.WORDS["bn"][:5])
    assert all(found[word] >= 1 for word in words.WORDS["bn"])


KHMER_SENTENCE = (
    "កម្មករ\u200bនិយោជិត\u200bមិនបាន\u200bទទួល\u200bប្រាក់ឈ្នួល\u200bអប្បបរមា\u200bតាមច្បាប់\u200bសម្រាប់"
    "\u200bម៉ោង\u200bធ្វើការ\u200bធម្មតា\u200bទេ។"
)


def test_khmer_lines_break_at_zero_width_spaces_and_the_words_stay_whole(tmp_path: Path):
    page = (
        "<!doctype html><html lang=km><head><title>km</title><style>@page{size:74mm 105mm;"
        f"margin:8mm}}</style></head><body><p>{KHMER_SENTENCE}</p></body></html>"
    )
    path = tmp_path / "khmer.pdf"
    path.write_bytes(render_pdf(page, base_url=BASE, language="km").data)
    text = unicodedata.normalize("NFC", readers.poppler(path))
    lines = text.split("\n")
    assert len([line for line in lines if line.strip()]) >= 2
    for word in KHMER_SENTENCE.rstrip("។ទេ").split("\u200b"):
        assert any(word in line for line in lines), word
    assert re.sub(r"[\s\u200b]", "", text) == KHMER_SENTENCE.replace("\u200b", "")
