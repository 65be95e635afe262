"""The first page of the report on paper holds all it may have to say, in every language."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext
from pypdf import PdfReader

from assessments.models import ToolQuestion
from reporting.report import printing
from tests import builders

from .builders import FOUND, STRUCTURAL, make_assessment
from .test_data import build

LANGUAGES = ["en", "bn", "ar"]


@pytest.fixture
def full(bd: Any) -> Any:
    """Findings in every cluster but the core ones, some due to law, and all that can have moved."""
    rows = ToolQuestion.objects.filter(kind="ncq", is_structural=False).order_by("order")
    asked = list(rows.values_list("lineage", flat=True))
    factory = builders.make_factory("Meghna Crest Apparels", local_name="মেঘনা ক্রেস্ট অ্যাপারেলস")
    make_assessment(
        dict.fromkeys(asked[60:90], FOUND), factory=factory, starts_on=date(2025, 8, 10),
        without=tuple(asked[100:104]),
    )  # fmt: skip
    now = {**dict.fromkeys(asked[70:96], FOUND), **dict.fromkeys(asked[100:104], FOUND)}
    now |= {
        **dict.fromkeys(asked[40:43], STRUCTURAL),
        **dict.fromkeys(asked[60:64], "not_assessed"),
    }
    return make_assessment(now, factory=factory, cycle=2)


def pages(made: dict[str, Any]) -> list[str]:
    printed = printing.write_pdf(
        made, photos={}, with_files=False, created=datetime(2026, 9, 11, tzinfo=UTC)
    )
    return [page.extract_text() for page in PdfReader(io.BytesIO(printed.data)).pages]


def heading(language: str) -> str:
    with translation.override(language):
        return gettext("Non-compliances").split()[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_draft", [False, True])
def test_the_findings_begin_on_the_second_page(full: Any, language: str, is_draft: bool) -> None:
    made = build(full, language, is_draft=is_draft)
    assert made["comparison"]["not_looked_at"]
    assert made["comparison"]["new_first_asked"]
    assert made["totals"]["structural"]
    made["assessment"]["team"] = ["Nasrin Akter", "Mohammad Tanvir Rahman Chowdhury"]
    first, second = pages(made)[:2]
    assert made["check"]["address"].split("//")[1] in first
    assert heading(language) in " ".join(second.split())[:60]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_reason_leaves_no_page_nearly_empty(full: Any, language: str) -> None:
    made = build(full, language)
    made["version"], made["reason"] = 2, "The number of workers was wrong on the first page. " * 11
    second = " ".join(pages(made)[1].split())
    assert heading(language) in second
    assert len(second) > 500
