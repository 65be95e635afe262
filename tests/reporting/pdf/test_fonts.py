"""Which font files a document gets."""

from pathlib import Path

import pytest

from reporting.pdf import bench, errors, fonts


def families(text: str) -> list[str]:
    return [f"{face.family} {face.weight}" for face in fonts.default_store().faces_for(text)]


def test_only_the_scripts_of_the_text_are_loaded() -> None:
    assert families("Exit 3 – naïve") == ["BW 400", "BW 600"]
    assert families("মি 3") == ["BW 400", "BW 600", "BW Bangla 400", "BW Bangla 600"]
    assert families("السلامة")[-1] == "BW Arabic 600"


def test_subsets_of_a_family_become_one_font() -> None:
    face = fonts.default_store().faces_for("Việt Nam")[0]
    assert [path.name for path in face.paths] == [
        "ibm-plex-sans-latin-400-normal.woff2",
        "ibm-plex-sans-vietnamese-400-normal.woff2",
    ]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.FontFileMissing, match=r"ibm-plex-sans-latin-400-normal\.woff2"):
        fonts.FontStore([tmp_path])


def test_characters_written_as_references_count() -> None:
    assert families(fonts.drawn_characters("&#2478;&#x9BF;"))[-1] == "BW Bangla 600"


@pytest.mark.parametrize("language", bench.SENTENCES)
def test_benchmark_document_is_a_report_of_about_thirty_pages(language: str) -> None:
    from reporting.pdf.render import render_pdf

    result = render_pdf(
        bench.sample_html(language), base_url="https://bench.invalid/", language=language
    )
    assert 25 <= result.pages <= 36
    assert result.warnings == ()
