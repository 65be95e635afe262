"""Files of these tests go to a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from betterwork.records.models import Job
from betterwork.tenancy import scope
from reporting import services
from reporting.report import printing


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def quick_print(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Makes a stand-in for the PDF, for tests about what happens round it; lists what was asked."""
    asked: list[dict[str, Any]] = []

    def write_pdf(data: Any, **wanted: Any) -> printing.Printed:
        asked.append({"data": data, **wanted})
        made = f"%PDF-1.7 {len(asked)} {data['check']['code']}".encode()
        return printing.Printed(made, 2, "0" * 64)

    monkeypatch.setattr(printing, "write_pdf", write_pdf)
    return asked


@pytest.fixture
def write(bd: Any) -> Callable[..., list[Job]]:
    """`write(assessment, "bn")`: orders the reports and does the worker's work at once."""

    def run(assessment: Any, *languages: str, tell: bool = True) -> list[Job]:
        jobs = services.order_reports(
            assessment_id=assessment.pk, languages=languages or ["en"], tell=tell
        )
        for job in jobs:
            services.write_report(programme_id=scope.current_programme(), job_id=job.pk)
        return list(Job.objects.filter(pk__in=[job.pk for job in jobs]))

    return run
