"""What the file says about itself, what a document may read, and how a render fails."""

import io
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reporting.pdf import cluster_glyphs, errors, thrift
from reporting.pdf.render import Attachment, PdfResult, Relationship, render_pdf
from reporting.pdf.resources import Resources
from tests.reporting.pdf import inside

BASE = "https://report.invalid/r/"
PIXEL = io.BytesIO()
Image.new("RGB", (2, 2), "red").save(PIXEL, "PNG")


def page(body: str, head: str = "<title>Report</title>") -> str:
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def render(body: str = "<p>One</p>", **options: Any) -> PdfResult:
    return render_pdf(page(body), **({"base_url": BASE, "language": "en"} | options))


def root_of(result: PdfResult) -> Any:
    return inside.reader(result.data).trailer["/Root"]


# The file.


def test_file_says_that_it_is_accessible() -> None:
    result = render(language="bn", title="প্রতিবেদন", author="Betterwork")
    root = root_of(result)
    assert root["/Lang"] == "bn"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "/Direction" not in root["/ViewerPreferences"]
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_data()
    assert inside.reader(result.data).metadata.title == "প্রতিবেদন"
    assert inside.reader(result.data).pdf_header == "%PDF-1.7"
    kinds = [element.get("/S") for element in inside.structure(result.data)]
    assert kinds[:2] == [None, "/Document"]  # the root of the tree has no kind
    assert "/P" in kinds


def test_arabic_file_is_read_from_right_to_left() -> None:
    assert root_of(render(language="ar"))["/ViewerPreferences"]["/Direction"] == "/R2L"


def test_data_are_attached_with_their_relationship() -> None:
    content = json.dumps({"rate": 0.29}).encode()
    result = render(
        attachments=[
            Attachment("report.json", content, "Data of this report"),
            Attachment("a.csv", b"a,b", relationship=Relationship.SUPPLEMENT),
        ],
        created=datetime(2026, 9, 11, 8, 0, tzinfo=UTC),
    )
    assert inside.reader(result.data).attachments["report.json"] == [content]
    files = {file.get_object()["/UF"]: file.get_object() for file in root_of(result)["/AF"]}
    assert files["report.json"]["/AFRelationship"] == "/Data"
    assert files["a.csv"]["/AFRelationship"] == "/Supplement"
    embedded = files["report.json"]["/EF"]["/F"]
    assert embedded["/Subtype"] == "/application/json"
    assert embedded["/Params"]["/CreationDate"].startswith("D:20260911080000")


def test_same_input_gives_the_same_bytes_in_another_process() -> None:
    program = (
        "from tests.reporting.pdf.test_render import render;"
        "print(render('<p>বাংলাদেশ Việt السلامة</p>').sha256)"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert render("<p>বাংলাদেশ Việt السلامة</p>").sha256 in runs.pop()
    assert render("<p>2</p>").sha256 != render("<p>3</p>").sha256


def test_pictures_have_words_or_are_decoration() -> None:
    svg = "<svg viewBox='0 0 9 9' width='9' height='9' {}><rect width='9' height='9'/></svg>"
    result = render(
        svg.format("role='img' aria-label='3 of 8'")
        + svg.format("aria-hidden='true'")
        + "<img src='/p.png' alt='Exit 3'><img src='/p.png' alt=''>",
        resources=Resources(files={"/p.png": PIXEL.getvalue()}),
    )
    figures = [e for e in inside.structure(result.data) if e.get("/S") == "/Figure"]
    assert {figure["/Alt"] for figure in figures} == {"3 of 8", "Exit 3"}
    assert len(figures) == 2
    assert result.warnings == ()


def test_only_fonts_of_the_project_are_used() -> None:
    result = render("<p style='font-family:DejaVu Sans,monospace'>Exit 3, naïve</p>")
    assert {str(font["/BaseFont"]).split("+")[1] for font in inside.fonts(result.data)} == {"BW"}


# What a document may read.


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x.png",
        "https://elsewhere.invalid/static/in.png",
        "file:///etc/passwd",
        "ftp://elsewhere.invalid/x.png",
        "/static/../secret.png",
        "/static/%2e%2e/secret.png",
        "/static/link.png",
        "/static/",
        "/other/in.png",
        "betterwork-font:///etc/passwd",
    ],
)
@pytest.mark.parametrize("where", ["<img src='{}' alt=x>", "<link rel=stylesheet href='{}'>"])
def test_everything_else_is_refused(tmp_path: Path, url: str, where: str) -> None:
    inner = tmp_path / "static"
    inner.mkdir()
    for file in (inner / "in.png", tmp_path / "secret.png"):
        file.write_bytes(PIXEL.getvalue())
    (inner / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(errors.ResourceRefused):
        render(where.format(url), resources=Resources(directories={"/static/": inner}))
    # The lock is free again, and the named file is read.
    assert (
        render(
            "<img src='/static/in.png?v=1' alt=x>",
            resources=Resources(directories={"/static/": inner}),
        ).warnings
        == ()
    )


def test_style_sheets_and_data_addresses_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@page{size:100mm 100mm} p+p{break-before:page}")
    result = render(
        "<link rel=stylesheet href='/static/a.css'><p>1</p><p>2</p>"
        "<img alt=x src='data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E'>",
        resources=Resources(directories={"/static/": tmp_path}),
    )
    assert result.pages == 2
    assert result.warnings == ()


# How a render fails.


@pytest.mark.parametrize("layer", [True, False])
def test_character_without_a_glyph_is_named(layer: bool) -> None:
    with pytest.raises(errors.MissingGlyphs) as caught:
        render("<p>Factory 漢字 and 字 বাংলা</p>", with_text_layer=layer)
    assert caught.value.characters == ("字", "漢")
    assert "U+5B57" in str(caught.value)


def test_title_and_language_are_required() -> None:
    with pytest.raises(ValueError, match="title"):
        render_pdf(page("", head=""), base_url=BASE, language="en")
    with pytest.raises(ValueError, match="language"):
        render(language="en; drop")


def test_another_weasyprint_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import weasyprint

    monkeypatch.setattr(weasyprint, "__version__", "70.1")
    with pytest.raises(errors.UnsupportedWeasyPrint, match=r"70\.1.*70\.0"):
        render()


def test_nothing_stays_changed_afterwards() -> None:
    import pydyf
    from weasyprint.draw import text
    from weasyprint.pdf.fonts import Font
    from weasyprint.pdf.stream import Stream

    def state() -> tuple[Any, ...]:
        return (
            text.draw_first_line,
            Font.clean,
            Font.get_unused_glyph_id,
            Stream.add_font,
            pydyf.Object.__init__,
            pydyf.PDF.page_references,
            vars(pydyf.Object).get("number"),
            os.environ.get("FONTCONFIG_FILE"),
        )

    before = state()
    render("<p>মি</p>")
    with pytest.raises(errors.MissingGlyphs):
        render("<p>漢</p>")
    assert state() == before
    with cluster_glyphs.installed():
        assert state()[:3] != before[:3]
    assert state() == before


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li>one<li>two</ul><ol><li>three</ol><q>four</q>",
        "<style>p{display:list-item;margin-inline-start:20pt}</style><p>one<p>two",
        "<style>b{float:footnote}</style><p>one<b>below</b> two<b>below as well</b>",
        "<p style='display:list-item;margin-inline-start:20pt'>one",
    ],
)
def test_lists_and_notes_are_those_of_weasyprint(
    html: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lean = render(html)
    import weasyprint

    whole = weasyprint.HTML(string="<p>")._ua_stylesheets()
    monkeypatch.setattr(thrift, "sheets_for", lambda *_texts: whole)
    assert render(html).data == lean.data


def test_only_what_a_document_says_gets_a_style() -> None:
    lean = thrift.browser_sheet(with_notes=False, with_lists=False)
    assert thrift.sheets_for("<p>one</p>", "p{color:red}") == [lean]
    assert not [entry for entry in lean.matcher.other_selectors if entry[3]]
    assert thrift.sheets_for("<p>one</p>", "p{float:footnote}") != [lean]
    assert thrift.sheets_for("<p style='display:list-item'>", "") != [lean]


def test_what_is_imported_late_is_the_real_thing() -> None:
    program = (
        "import sys; from reporting.pdf.render import _weasyprint; _weasyprint();"
        "assert 'fontTools.subset' not in sys.modules;"
        "from weasyprint.pdf import fonts; made = fonts.subset.Options(hinting=False);"
        "from fontTools import subset; print(type(made) is subset.Options)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert run.stdout.split() == [b"True"]


def test_web_workers_do_not_load_weasyprint() -> None:
    program = (
        "import sys, reporting.pdf.render, reporting.pdf.bench;"
        "print('weasyprint' in sys.modules, 'fontTools' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert run.stdout.split() == [b"False", b"False"]


# Progress and threads.


def test_progress_counts_up_to_all_pages() -> None:
    seen: list[tuple[int, int]] = []
    result = render(
        "<style>p{break-after:page} @page{@bottom-right{content:counter(page)'/'counter(pages)}}"
        "</style>" + "<p>x</p>" * 5,
        on_progress=lambda done, known: seen.append((done, known)),
    )
    assert seen[-1] == (result.pages, result.pages)
    assert [done for done, _ in seen if done] == list(range(1, result.pages + 1))
    assert seen == sorted(seen)


def test_an_error_of_the_listener_stops_the_work() -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, known: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        render(on_progress=stop)
    assert render().pages == 1


def test_threads_wait_for_each_other() -> None:
    results: list[str] = []
    threads = [
        threading.Thread(target=lambda: results.append(render("<p>শ্রমিক</p>").sha256))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert len(set(results)) == 1
