"""Tables as CSV and XLSX, safe to open: no cell can be taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
BOM = "\ufeff"  # spreadsheets take a CSV for UTF-8 only when it says so
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Table:
    """One table with its title (at most 31 signs, a sheet's name), heads and rows."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]


def safe_text(value: Any) -> str:
    """Text of a cell; what a spreadsheet would run as a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float | Decimal | date):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


class _Line:
    def write(self, text: str) -> str:
        return text


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of CSV, one at a time, for a pipe: no byte order mark before the first column."""
    write = csv.writer(_Line()).writerow
    yield str(write([safe_text(cell) for cell in head]))
    for row in rows:
        yield str(write([safe_text(cell) for cell in row]))


def tables_csv(tables: Sequence[Table]) -> str:
    """Several tables in one CSV, each under its title, a blank line between."""
    out = io.StringIO()
    out.write(BOM)
    write = csv.writer(out).writerow
    for place, table in enumerate(tables):
        if place:
            write([])
        write([safe_text(table.title)])
        write([safe_text(cell) for cell in table.head])
        for row in table.rows:
            write([safe_text(cell) for cell in row])
    return out.getvalue()


def sheet_name(title: str, taken: set[str]) -> str:
    """A name a workbook allows: 31 signs, none of []:*?/\\, each once."""
    plain = "".join(" " if sign in "[]:*?/\\'" else sign for sign in title)[:31].strip() or "Sheet"
    name, number = plain, 2
    while name.lower() in taken:
        name = f"{plain[:28]} {number}"
        number += 1
    taken.add(name.lower())
    return name


def tables_xlsx(tables: Sequence[Table], *, rtl: bool = False) -> bytes:
    """A workbook with one sheet per table. Numbers stay numbers, text is never a formula."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    taken: set[str] = set()
    for table in tables:
        sheet = book.add_worksheet(sheet_name(table.title, taken))
        if rtl:
            sheet.right_to_left()
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 42)
        for column, cell in enumerate(table.head):
            sheet.write_string(0, column, safe_text(cell), bold)
        for line, row in enumerate(table.rows, start=1):
            for column, cell in enumerate(row):
                write_cell(sheet, line, column, cell)
    book.close()
    return out.getvalue()


def write_cell(sheet: Any, line: int, column: int, cell: Any) -> None:
    """One cell of an XLSX sheet: numbers as numbers, everything else as text."""
    if cell is None or cell == "":
        return
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        sheet.write_number(line, column, cell)
    else:
        sheet.write_string(line, column, safe_text(cell)[:32_767])


def answer(tables: Sequence[Table], name: str, format: str, *, rtl: bool = False) -> HttpResponse:
    """The tables of a page as a download. `format`: "csv" or "xlsx"."""
    if format == "xlsx":
        response = HttpResponse(tables_xlsx(tables, rtl=rtl), content_type=XLSX)
    else:
        response = HttpResponse(tables_csv(tables), content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{name}.{format}"'
    return response
