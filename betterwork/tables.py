"""What a list shows as a file: CSV or XLSX, with cells no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

FORMATS = {"csv": "text/csv; charset=utf-8",
           "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: Any) -> Any:
    """A cell as a file may hold it: text that begins like a formula gets an apostrophe.

    Numbers stay numbers; dates are written year first.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def file_response(
    name: str, head: Sequence[Any], rows: Iterable[Sequence[Any]], kind: str
) -> HttpResponse:
    """The table as a download. `kind`: csv (UTF-8 with its mark, for Excel) or xlsx."""
    data = _xlsx(head, rows) if kind == "xlsx" else _csv(head, rows)
    answer = HttpResponse(data, content_type=FORMATS[kind])
    day = timezone.localdate().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="{name}-{day}.{kind}"'
    return answer


def _csv(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_cell(str(cell)) for cell in head])
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    options = {"constant_memory": True, "in_memory": True, "strings_to_formulas": False,
               "strings_to_urls": False, "strings_to_numbers": False}  # fmt: skip
    book = xlsxwriter.Workbook(out, options)
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, cell in enumerate(head):
        sheet.write_string(0, column, str(cell), bold)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            kept = safe_cell(cell)
            if isinstance(kept, str):
                # A workbook has one kind of line end and would show the other as _x000D_.
                kept = kept.replace("\r\n", "\n")
            if isinstance(kept, int | float):
                sheet.write_number(number, column, kept)
            else:
                sheet.write_string(number, column, str(kept))
    book.close()
    return out.getvalue()
