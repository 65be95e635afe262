"""A word without a place to break at, such as a pasted address, stays on the paper."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pypdf
import pypdfium2
import pytest

from assessments.models import ToolQuestion
from reporting.report import printing

from .builders import FOUND, make_assessment
from .test_data import build

ADDRESS = f"https://drive.example.org/{'a1b2c3d4' * 40}"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_sign_leaves_the_page(bd: Any, language: str) -> None:
    asked = ToolQuestion.objects.filter(kind="ncq", is_structural=False).order_by("order")[:2]
    assessment = make_assessment(
        dict.fromkeys((row.lineage for row in asked), FOUND), finding=ADDRESS
    )
    printed = printing.write_pdf(
        build(assessment, language),
        photos={},
        with_files=False,
        created=datetime(2026, 9, 11, tzinfo=UTC),
    )
    with pypdfium2.PdfDocument(printed.data) as document:
        for page in document:
            width, _height = page.get_size()
            text = page.get_textpage()
            for place in range(text.count_chars()):
                start, _bottom, end, _top = text.get_charbox(place)
                assert start >= 0
                assert end <= width
    read = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(printed.data)).pages)
    assert "".join(read.split()).count(ADDRESS.rsplit("/", 1)[1]) == 2  # whole, though in lines
