"""Sent progress reports, and the rows analysts ask for."""

from __future__ import annotations

from collections.abc import Iterator

from advisory.content.progress_reports import questions
from advisory.models import ProgressReport

RATINGS = {"on_track": "On track", "moderate_progress": "Moderate progress",
           "no_progress": "No progress", "yes": "Yes", "no": "No"}  # fmt: skip


def answer_rows(number: int = 2) -> Iterator[tuple[str, str, int, str, str]]:
    """organization_id, organization_name, cycle_number, question, answer: one row an answer.

    In English, as the programme's analysts know them, whatever language the factory wrote in.
    """
    asked = questions(number)
    reports = ProgressReport.objects.filter(number=number, sent_on__isnull=False)
    rows = reports.select_related("factory", "cycle").order_by("factory__code", "cycle__number")
    for report in rows.iterator(chunk_size=500):
        for question in asked:
            given = report.answers.get(question.code, {}).get("answer", "")
            if given:
                yield (
                    report.factory.code,
                    report.factory.name,
                    report.cycle.number,
                    question.text["en"],
                    RATINGS.get(given, given),
                )
