"""The board as a file, for planners: what is shown, in rows."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from assessments import board as boards
from assessments.plan_facts import Facts
from betterwork.tables import file_response


def board_file(facts: Facts, shown: boards.Board, format: str) -> HttpResponse:
    """A row for each visit and announced day on the board, each once."""
    head = [
        _("Kind"), _("Id"), _("Factory"), _("Region"), _("First day"), _("Last day"), _("Team"),
        _("Locked"),
    ]  # fmt: skip
    regions = {str(due.assessment.pk): due.assessment.factory.region for due in facts.due}
    rows, seen = [], set()
    for row in shown.rows:
        for cell in row.cells:
            for chip in cell.chips:
                key = (chip.url, chip.starts_on)
                if key in seen:
                    continue
                seen.add(key)
                is_sealed = chip.kind != "ad"
                rows.append(
                    [
                        _("assessment") if is_sealed else _("advisory visit"),
                        chip.code,
                        chip.name,
                        regions.get(chip.assessment_id, ""),
                        chip.starts_on.isoformat(),
                        chip.ends_on.isoformat(),
                        "; ".join(chip.people) if is_sealed else row.name,
                        _("yes") if chip.is_locked else "",
                    ]
                )
    rows.sort(key=lambda each: (each[4], each[2]))
    name = f"planner-{shown.first.isoformat()}-{shown.last.isoformat()}"
    return file_response(name, head, rows, format)
