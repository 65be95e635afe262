"""A pressed sheet draws what the whole sheet draws, with fewer rules and no variables."""

from __future__ import annotations

from io import BytesIO

import pypdfium2
import pytest

from reporting.pdf.render import render_pdf
from reporting.pdf.resources import Resources
from reporting.pdf.sheet import pressed
from reporting.report import page

SHEET = """
@layer base, parts;
@layer base {
  :root { --ink: #102030; --pad: 1em; --edge: var(--ink); --lh: 1.5; }
  :lang(bn) { --lh: 1.7; }
  *, *::before { box-sizing: border-box; }
  p { color: var(--ink); line-height: var(--lh); }
}
@layer parts {
  .used, .idle { border: 1px solid var(--edge); }
  .idle p { color: red; }
  .used:hover, .used[open] { color: red; }
  .used :is(b, i):not(.idle) { padding: calc(2 * var(--pad)); }
  .used > b::before { content: "x" var(--unknown, "y"); }
  table td { color: blue; }
}
@media (prefers-color-scheme: dark) { :root { --ink: white; } }
@media print { .used { margin: 0 } }
@page { size: A5; @top-center { content: "," } }
"""
HTML = "<p class=\"used more\">one <b>two</b></p><p class='other'>three</p>"


def test_variables_are_put_in_and_idle_rules_left_out() -> None:
    made = pressed(SHEET, HTML, "en")
    assert "var(--ink)" not in made
    assert "var(--lh)" not in made
    assert "#102030" in made
    assert "line-height: 1.5" in made or "line-height:1.5" in made
    assert "calc(2 * 1em)" in made
    assert "red" not in made
    assert "blue" not in made
    assert ".idle{" not in made
    assert ".used{" in made.replace(" ", "")
    assert "::before" in made  # the one that draws
    assert "*::before" not in made
    assert 'var(--unknown, "y")' in made  # what is not known stays as it is
    assert "@page" in made
    assert "size: A5" in made


def test_a_language_takes_its_own_values() -> None:
    assert "1.7" in pressed(SHEET, HTML, "bn")
    assert "1.7" not in pressed(SHEET, HTML, "ar")


def test_a_part_in_another_language_keeps_its_rules() -> None:
    sheet = ":lang(bn) p { color: red } :lang(ar) p { color: blue }"
    made = pressed(sheet, '<div lang="bn-BD"><p>x</p></div>', "en")
    assert "red" in made
    assert "blue" not in made


def test_a_class_given_without_quotes_in_a_list_keeps_its_rule() -> None:
    made = pressed(".a.b { color: red } .a .c { color: blue }", '<p class="b a">', "en")
    assert "red" in made
    assert "blue" not in made


def test_elements_a_parser_adds_keep_their_rules() -> None:
    made = pressed("tbody td { color: red }", "<table><tr><td>x</td></tr></table>", "en")
    assert "red" in made


BODY = """<!doctype html><html lang="{language}" dir="{direction}"><head><title>t</title>{link}
</head><body class="paper"><article class="report" lang="{language}" dir="{direction}">
<h1>Report</h1><p class="lede">Some lines.</p><h2 class="chapter">Chapter</h2>
<section class="finding nc"><h5>Title <span class="tag">A-1</span></h5><p class="asked">Is it?</p>
<div class="typed" dir="ltr"><p>It was.</p></div><table class="back"><tr><th scope="row">Law</th>
<td>Act<br><span class="mute">14 years</span></td></tr></table></section>
<ul class="list"><li>one</li></ul>
<table class="res"><thead><tr><th>a</th><th class="end">b</th></tr></thead>
<tbody><tr><th scope="row">c</th><td class="end num">1</td></tr></tbody></table>
</article></body></html>"""


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("bn", "ltr"), ("ar", "rtl")])
def test_the_paper_sheet_looks_the_same(language: str, direction: str) -> None:
    def picture(*, link: str, style: str) -> bytes:
        html = BODY.format(language=language, direction=direction, link=link)
        made = render_pdf(
            html,
            base_url="https://bw.invalid/",
            language=language,
            style=style,
            resources=Resources(files={"/paper.css": page.style_sheet().encode()}),
        )
        with pypdfium2.PdfDocument(made.data) as document:
            target = BytesIO()
            document[0].render(scale=1).to_pil().save(target, "PNG")
        return target.getvalue()

    whole = picture(link='<link rel="stylesheet" href="/paper.css">', style="")
    plain = picture(link="", style="")
    html = BODY.format(language=language, direction=direction, link="")
    ready = pressed(page.style_sheet(), html, language)
    assert len(ready) < len(page.style_sheet()) / 2
    assert picture(link="", style=ready) == whole != plain
