"""Asking for an export, and writing it in the background."""

from __future__ import annotations

import csv
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import OperationalError, transaction
from django.urls import reverse
from django.utils import timezone

from betterwork import queue
from betterwork.errors import DomainError
from betterwork.records import files
from betterwork.records.models import StoredFile
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from reporting.models import Export

from . import analyst, sheets
from .analyst import Choice

TASK = "reporting.write_export"
SHEET_ROWS = 1_000_000  # a sheet holds 1,048,576 lines with its head


@transaction.atomic
def order_export(*, choice: Choice, format: str, requested_by: int, key: str = "") -> Export:
    """Ask for one file. Sending the same form twice (same `key`) gives the same export.

    Raises: DomainError("export_unknown").
    """
    if choice.kind not in analyst.COLUMNS or format not in {"csv", "xlsx"}:
        raise DomainError("export_unknown", kind=choice.kind)
    parameters = choice.parameters | ({"key": key} if key else {})
    if key:
        mine = Export.objects.filter(requested_by_id=requested_by, kind=choice.kind)
        known = mine.filter(parameters__key=key).first()
        if known is not None:
            return known
    export = Export.objects.create(
        kind=choice.kind, format=format, parameters=parameters, requested_by_id=requested_by
    )
    export.job = queue.enqueue(
        TASK, key=f"export:{export.pk}", requested_by=requested_by, export=str(export.pk)
    )
    export.save(update_fields=["job"])
    record(
        Action.EXPORTED,
        about=export,
        kind=choice.kind,
        format=format,
        names_masked=choice.mask_names,
    )
    return export


def write_export(*, programme_id: UUID, job_id: str) -> None:
    """Write the file of one export; safe to run twice, begun anew after a crash.

    Opens a short scope per page, so that progress is seen while the work goes on. Days are those
    of the programme.
    """
    with scope.programme_scope(programme_id):
        programme = Programme.objects.get(pk=programme_id)
    with timezone.override(ZoneInfo(programme.timezone)):
        _write_export(programme, job_id)


def _write_export(programme: Programme, job_id: str) -> None:
    programme_id, code = programme.pk, programme.code

    def scoped() -> Any:
        return scope.programme_scope(programme_id)

    with scoped():
        job = queue.claim(job_id)
        if job is None:
            return
        export = Export.objects.get(pk=job.arguments["export"])
        if export.file_id is not None:
            queue.finish(job_id, url=reverse("reporting:export", args=[export.pk]))
            return
        choice = Choice.from_parameters(export.kind, export.parameters)
        total = analyst.total_units(choice)
    handle, name = tempfile.mkstemp(suffix=f".{export.format}")
    os.close(handle)
    path = Path(name)
    try:
        done = 0

        def told(units: int) -> None:
            nonlocal done
            done += units
            queue.progress(job_id, done, total, analyst_unit(choice.kind))

        rows = _write(path, choice, export.format, scoped, told, export.requested_at)
        with scoped():
            day = timezone.localdate(export.requested_at)
            # The number of rows stands in the name: a file cut short gives itself away.
            shown = f"{export.kind}-{code}-{day}-{rows}-rows.{export.format}"
            kind = sheets.XLSX if export.format == "xlsx" else "text/csv"
            stored = keep_file(path, name=shown, content_type=kind, for_id=export.requested_by_id)
            Export.objects.filter(pk=export.pk).update(file=stored, row_count=rows)
            queue.finish(job_id, url=reverse("reporting:export", args=[export.pk]), rows=rows)
    except OperationalError:
        raise  # the database went away: the job is sent again and begins anew
    except Exception as error:
        with scoped():
            queue.fail(job_id, f"{type(error).__name__}: {error}")
        raise
    finally:
        path.unlink(missing_ok=True)


def analyst_unit(kind: str) -> str:
    return {
        analyst.ASSESSMENT: "assessments", analyst.COMMITTEE: "members", analyst.PLAN: "items",
        analyst.PR2: "reports",
    }[kind]  # fmt: skip


def _write(
    path: Path,
    choice: Choice,
    format: str,
    scoped: Callable[[], Any],
    told: Callable[[int], None],
    asked_at: datetime,
) -> int:
    def pages() -> Iterable[list[analyst.Row]]:
        after: Any = None
        while True:
            with scoped():
                page = analyst.page_of(choice, after)
                if page is not None:
                    told(page.units)
            if page is None:
                return
            yield page.rows
            after = page.last

    if format == "csv":
        return write_csv(path, choice, pages())
    return write_xlsx(path, choice, pages(), asked_at)


def write_csv(path: Path, choice: Choice, pages: Iterable[list[analyst.Row]]) -> int:
    """A CSV file, page by page; answers how many rows it has under its head."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        write = csv.writer(out).writerow
        write(choice.head)
        for rows in pages:
            for row in rows:
                write([sheets.safe_text(cell) for cell in row])
            count += len(rows)
    return count


def write_xlsx(
    path: Path, choice: Choice, pages: Iterable[list[analyst.Row]], asked_at: datetime
) -> int:
    """An XLSX file of constant memory: data, and a sheet that says what it holds and how much."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(path), options)
    bold = book.add_format({"bold": True})
    count, sheet, number = 0, None, 0
    for rows in pages:
        for row in rows:
            if sheet is None or count % SHEET_ROWS == 0:
                number += 1
                sheet = _new_sheet(book, choice, bold, number)
            line = count % SHEET_ROWS + 1
            for column, cell in enumerate(row):
                sheets.write_cell(sheet, line, column, cell)
            count += 1
    if sheet is None:
        _new_sheet(book, choice, bold, 1)
    about = book.add_worksheet("About")
    facts = [
        ("Export", choice.kind),
        ("Rows", count),
        ("Asked for", f"{timezone.localtime(asked_at):%Y-%m-%d %H:%M}"),
        ("From", choice.since.isoformat() if choice.since else ""),
        ("To", choice.until.isoformat() if choice.until else ""),
        ("Language", choice.language),
        ("Released only", "yes" if choice.released_only else "no"),
        ("Not applicable, not assessed, due to law", "kept" if choice.all_outcomes else "left out"),
    ]
    for line, (label, value) in enumerate(facts):
        about.write_string(line, 0, label, bold)
        sheets.write_cell(about, line, 1, value)
    book.close()
    return count


def _new_sheet(book: Any, choice: Choice, bold: Any, number: int) -> Any:
    sheet = book.add_worksheet("Data" if number == 1 else f"Data {number}")
    sheet.freeze_panes(1, 0)
    for column, cell in enumerate(choice.head):
        sheet.write_string(0, column, cell, bold)
    return sheet


def keep_file(path: Path, *, name: str, content_type: str, for_id: int | None) -> StoredFile:
    """Keep a file we made under its hash without reading it whole into memory.

    It is read by the person with id `for_id` and by the programme's managers only.
    """
    digest = hashlib.sha256()
    with path.open("rb") as read:
        while chunk := read.read(1 << 20):
            digest.update(chunk)
    target = files.path_of(scope.current_programme(), digest.hexdigest())
    size = path.stat().st_size
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as out, path.open("rb") as read:
            while chunk := read.read(1 << 20):
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, target)
    return StoredFile.objects.create(
        sha256=digest.hexdigest(),
        original_name=name,
        content_type=content_type,
        size_bytes=size,
        uploaded_by_id=for_id,
        uploaded_at=timezone.now(),
        is_private=True,
    )
