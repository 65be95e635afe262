"""Files of factories as tables of text: CSV in the ways people save it, and XLSX."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from betterwork.errors import DomainError
from betterwork.records.files import sniff
from factories.rules.import_rows import KNOWN, heading
from factories.words import column_of_label, value_of_label

MAX_UNPACKED = 100_000_000  # bytes
MAX_ROWS = 10_000
MAX_COLUMNS = 200
MAX_CELL = 2_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of text. `columns`: our names in file order, unknown headings as they stand.

    Rows are (row number in the file, {column: text}); `ragged` names rows with too many cells.
    """

    file_name: str
    sha256: str
    columns: list[str]
    unknown: list[str]
    rows: list[tuple[int, dict[str, str]]]
    ragged: dict[int, int]


def read_upload(upload: UploadedFile[Any]) -> Sheet:
    """Read an uploaded CSV or XLSX file.

    Raises: DomainError("upload_too_large" | "upload_empty" | "import_kind" | "import_encoding" |
    "import_malformed" | "import_workbook_broken" | "import_no_rows" | "import_too_many_rows" |
    "import_too_many_columns" | "import_heading_twice" | "import_no_name_column"); nothing is kept
    then.
    """
    import hashlib

    name = Path(upload.name or "file").name[:200]
    limit = settings.UPLOAD_MAX_BYTES
    if (upload.size or 0) > limit:
        raise DomainError("upload_too_large", name=name, limit_mb=limit // 1_000_000)
    data = upload.read()
    if not data.strip():
        raise DomainError("upload_empty", name=name)
    if data[:5] == b"%PDF-" or data[:3] == b"\xff\xd8\xff" or data[:4] == b"\x89PNG":
        raise DomainError("import_kind", name=name)
    if data[:4] == b"PK\x03\x04":
        kind = sniff(data[:4096], data)
        if kind is None or kind.extensions[0] != ".xlsx":
            raise DomainError("import_kind", name=name)
        lines = _xlsx_lines(data, name)
    else:
        lines = _csv_lines(data, name)
    return _sheet(name, hashlib.sha256(data).hexdigest(), lines)


def _decoded(data: bytes, name: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        coding = "utf-16"
    elif b"\x00" in data[:4096]:
        raise DomainError("import_kind", name=name)
    else:
        coding = "utf-8-sig"
    try:
        return data.decode(coding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DomainError("import_encoding", name=name, line=line) from error


def _csv_lines(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data, name)
    if text.lstrip()[:1] == "<":
        raise DomainError("import_kind", name=name)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if first.lower().startswith("sep=") and len(first) == 5:  # Excel's own way to say it
        separator, text = first[4], text.split("\n", 1)[-1]
    else:
        separator = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    csv.field_size_limit(200_000)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise DomainError("import_malformed", name=name, line=reader.line_num) from error


def _xlsx_lines(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:  # a small file may unpack to gigabytes
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
                raise DomainError("import_workbook_broken", name=name)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some writers leave a wrong size that would cut rows off
        for number, row in enumerate(sheet.iter_rows(), start=1):
            if number > MAX_ROWS + 20:
                break
            yield number, [_cell_text(cell) for cell in row[: MAX_COLUMNS + 1]]
    except DomainError:
        raise
    except Exception as error:  # a damaged file can trip the reader anywhere: zip, XML, styles
        raise DomainError("import_workbook_broken", name=name) from error


def _cell_text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if getattr(cell, "data_type", "") == "f":
        return f"={str(value).lstrip('=')}"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _sheet(name: str, sha256: str, lines: Iterator[tuple[int, list[str]]]) -> Sheet:
    head: list[str] | None = None
    rows: list[tuple[int, dict[str, str]]] = []
    ragged: dict[int, int] = {}
    for number, raw in lines:
        cells = [unicodedata.normalize("NFC", cell.strip())[:MAX_CELL] for cell in raw]
        if not any(cells):
            continue
        if head is None:
            head = _headings(cells)
            continue
        if len(rows) >= MAX_ROWS:
            raise DomainError("import_too_many_rows", most=MAX_ROWS)
        extra = [cell for cell in cells[len(head) :] if cell]
        if extra:
            ragged[number] = len(extra)
        found = {
            column: value_of_label().get((column, cell.casefold()), cell)
            for column, cell in zip(head, cells, strict=False)
            if cell and column
        }
        rows.append((number, found))
    if head is None or not rows:
        raise DomainError("import_no_rows", name=name)
    columns = [column for column in head if column]
    unknown = [column for column in columns if column not in KNOWN]
    return Sheet(name, sha256, columns, unknown, rows, ragged)


def _column(text: str) -> str:
    """What a heading means: as files of other systems have it, or our own in any language."""
    found = heading(text)
    return found if found in KNOWN else column_of_label().get(text.casefold(), found)


def _headings(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise DomainError("import_too_many_columns", most=MAX_COLUMNS)
    head = [_column(cell) for cell in cells]
    for column in head:
        if column in KNOWN and head.count(column) > 1:
            # Both "id" and "original id" mean the earlier id; the export's first one counts.
            if column == "legacy_id":
                first = head.index(column)
                head = [
                    each if each != column or at == first else "" for at, each in enumerate(head)
                ]
                continue
            raise DomainError("import_heading_twice", column=column)
    if "name" not in head:
        raise DomainError("import_no_name_column")
    return head
