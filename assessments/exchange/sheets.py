"""The plain data of a version as a workbook, and back with the cell of each piece.

Text is never a formula: what a spreadsheet would run gets an apostrophe in front, and one is taken
off when the file comes back. Cells hold text only, but for numbers.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from assessments.editing.fields import LANGUAGES
from assessments.library import GUIDANCE

from .places import ExchangeError, Fault, Path, check_shape, no_such_key, nothing_here, twice
from .plain import ANY, FORMAT

ENGLISH = LANGUAGES[0]
OTHERS = LANGUAGES[1:]
LONGEST_CELL = 32_767  # signs a workbook takes
MOST_ROWS = 20_000  # of one sheet
MOST_COLUMNS = 60
MOST_FAULTS = 1_000  # told of one file: a person mends none of more
MOST_BYTES = 60_000_000  # unpacked; a version with every language takes four
_STARTS_FORMULA = ("=", "+", "-", "@", "'", "\t", "\r", "\n")

LISTS = ("ilo", "law", "tags", "related")
APPLIES = ("needs", "sectors", "modalities")
QUESTION = (
    "ref", "point", "kind", "breach", "title", "question", "finding", "unit", "type", "min", "max",
    "choices", *LISTS, "min_workers", "max_workers", *APPLIES, "structural", "comparable",
    "comparable_note", "slcp",
)  # fmt: skip
LAW = (
    "code", "topic", "kind", "value", "unit", "text", "reference", "source", "confidence",
    "effective_from", "effective_to",
)  # fmt: skip
FORMS = (ANY, *LANGUAGES)
TRANSLATED = ("title", "question", "finding", "unit")
# Sheet -> its columns, in order.
SHEETS: dict[str, tuple[str, ...]] = {
    "Tool": ("key", "value"),
    "Questions": QUESTION,
    "Guidance": ("ref", "list", "entry", *LANGUAGES),
    "Choices": ("ref", "key", *LANGUAGES),
    "Translations": ("ref", "field", *LANGUAGES),
    "Reviewed": ("ref", "language", "fields"),
    "Left out": ("ref", "reason"),
    "Names": ("code", *LANGUAGES),
    "Law": (*LAW, *(f"short {form}" for form in FORMS)),
}
NEEDED = ("Tool", "Questions")
Row = list[Any]


# -- out ------------------------------------------------------------------------------------------


def workbook(data: Mapping[str, Any]) -> bytes:
    """The workbook of a version. Raises: ExchangeError where a text is too long for a cell."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    faults = []
    for name, rows in _rows(data).items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for column, head in enumerate(SHEETS[name]):
            sheet.set_column(column, column, 44 if _is_wide(head) else 14)
            sheet.write_string(0, column, head, bold)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, int | float) and not isinstance(cell, bool):
                    sheet.write_number(line, column, cell, wrap)
                    continue
                text = safe_text(str(cell))
                if len(text) > LONGEST_CELL:
                    reason = _("longer than a cell may be (%(most)s signs)") % {
                        "most": LONGEST_CELL
                    }
                    faults.append(Fault(name, line + 1, SHEETS[name][column], reason))
                    continue
                sheet.write_string(line, column, text, wrap)
    book.close()
    if faults:
        raise ExchangeError(faults)
    return out.getvalue()


def safe_text(text: str) -> str:
    """Text no spreadsheet runs; `plain_text` gives it back as it was."""
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def plain_text(text: str) -> str:
    return text[1:] if text.startswith("'") else text


def _is_wide(head: str) -> bool:
    return head in {*LANGUAGES, "title", "question", "finding", "text", "reason", "value"}


def _rows(data: Mapping[str, Any]) -> dict[str, list[Row]]:
    tool = data["tool"]
    sheets: dict[str, list[Row]] = {name: [] for name in SHEETS}
    sheets["Tool"] = [["format", data["format"]]]
    sheets["Tool"] += [[key, tool.get(key)] for key in ("country", "label", "effective_from")]
    sheets["Tool"] += [[f"name {language}", name] for language, name in tool["name"].items()]
    sheets["Tool"] += [["note", tool["note"]]] if tool.get("note") else []
    for question in data["questions"]:
        _question_rows(question, sheets)
    sheets["Left out"] = [[key, reason] for key, reason in data.get("left_out", {}).items()]
    sheets["Names"] = [
        [code, *(words.get(language) for language in LANGUAGES)]
        for code, words in data.get("names", {}).items()
    ]
    for law in data.get("law", ()):
        forms = law.get("short", {})
        sheets["Law"].append(
            [
                *(_law_value(law) if name == "value" else law.get(name) for name in LAW),
                *(forms.get(form) for form in FORMS),
            ]
        )
    return sheets


def _question_rows(question: Mapping[str, Any], sheets: dict[str, list[Row]]) -> None:
    key, words = question["id"], question["words"]
    english = words.get(ENGLISH, {})
    value, applies = question.get("value", {}), question.get("applies", {})
    cells: dict[str, Any] = {
        "ref": key,
        **{name: question.get(name) for name in ("point", "kind", "structural")},
        **{name: question.get(name) for name in ("breach", "comparable", "comparable_note")},
        **{name: english.get(name) for name in TRANSLATED},
        **{name: value.get(name) for name in ("type", "min", "max")},
        "choices": _lines(value.get("choices")),
        **{name: _lines(question.get(name)) for name in LISTS},
        **{name: applies.get(name) for name in ("min_workers", "max_workers")},
        **{name: _lines(applies.get(name)) for name in APPLIES},
        "slcp": _lines(
            f"{version} {' '.join(sections)}"
            for version, sections in question.get("slcp", {}).items()
        ),
    }
    sheets["Questions"].append([cells[name] for name in QUESTION])
    for name in GUIDANCE:
        longest = max((len(each.get(name, ())) for each in words.values()), default=0)
        for entry in range(longest):
            row = [_entry(words.get(lang, {}).get(name), entry) for lang in LANGUAGES]
            sheets["Guidance"].append([key, name, entry + 1, *row])
    labels = dict.fromkeys(k for each in words.values() for k in each.get("choices", ()))
    for choice in labels:
        row = [words.get(lang, {}).get("choices", {}).get(choice) for lang in LANGUAGES]
        sheets["Choices"].append([key, choice, *row])
    for name in TRANSLATED:
        row = [words.get(lang, {}).get(name) for lang in LANGUAGES]
        if any(row):
            sheets["Translations"].append([key, name, *row])
    for language, names in question.get("reviewed", {}).items():
        sheets["Reviewed"].append([key, language, _lines(names)])


def _entry(lines: list[str] | None, number: int) -> str | None:
    return lines[number] if lines and number < len(lines) else None


def _lines(texts: Iterable[str] | None) -> str | None:
    return "\n".join(texts) if texts else None


def _law_value(law: Mapping[str, Any]) -> Any:
    value = law["value"]
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


# -- in -------------------------------------------------------------------------------------------


@dataclass
class _Cells:
    """Where each piece came from: path in the plain data -> (sheet, row, column)."""

    known: dict[Path, tuple[str, int, str]] = field(default_factory=dict)
    copies: list[tuple[Path, str]] = field(default_factory=list)

    def put(self, path: Path, sheet: str, row: int, column: str) -> None:
        self.known.setdefault(path, (sheet, row, column))

    def fault(self, path: Path, reason: str) -> Fault:
        for length in range(len(path), 0, -1):
            place = self.known.get(tuple(path[:length]))
            if place is not None:
                return Fault(*place, reason)
        sheet = {"questions": "Questions", "names": "Names", "law": "Law"}
        return Fault(sheet.get(str(path[0]), "Tool") if path else "Tool", 0, "", reason)


@dataclass(frozen=True)
class _Line:
    """One row of a sheet: its number in the file, and the text or number of each column."""

    number: int
    cells: Mapping[str, Any]


def read_workbook(content: bytes) -> tuple[dict[str, Any], _Cells]:
    """The plain data of a workbook, in the shape of the schema. Raises: ExchangeError."""
    sheets, faults = _open(content)
    return _Reader(sheets, faults).read()


def _open(content: bytes) -> tuple[dict[str, list[_Line]], list[Fault]]:
    """The rows of each sheet, and what is wrong with single cells."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (KeyError, ValueError, IndexError, TypeError, OSError, EOFError, AttributeError)
    try:
        _refuse_bomb(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        faults: list[Fault] = []
        sheets = {
            sheet.title: list(_sheet_lines(sheet, faults))
            for sheet in book.worksheets
            if sheet.title in SHEETS
        }
    except ExchangeError:
        raise
    except (zipfile.BadZipFile, InvalidFileException, SyntaxError, *broken) as error:
        raise ExchangeError([Fault("", 0, "", _("not a workbook (XLSX)"))]) from error
    missing = [
        Fault(name, 0, "", _("the sheet is missing")) for name in NEEDED if name not in sheets
    ]
    if missing:
        raise ExchangeError(missing)
    return sheets, faults


def _refuse_bomb(content: bytes) -> None:
    """A small file may unpack to gigabytes. Raises: ExchangeError, zipfile.BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
            raise ExchangeError([Fault("", 0, "", _("unpacks to more than a version can be"))])


def _sheet_lines(sheet: Any, faults: list[Fault]) -> Iterator[_Line]:
    from openpyxl.utils import get_column_letter

    sheet.reset_dimensions()  # some writers leave a wrong size that would cut rows off
    name, heads = sheet.title, dict[int, str]()
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        if len(faults) > MOST_FAULTS:
            return
        if number > MOST_ROWS:
            faults.append(
                Fault(name, number, "", _("more than %(most)s rows") % {"most": MOST_ROWS})
            )
            return
        cells: dict[str, Any] = {}
        for place, cell in enumerate(row):
            value = cell.value
            if value is None or value == "":
                continue
            letter = get_column_letter(place + 1)
            if cell.data_type in ("f", "e"):
                faults.append(
                    Fault(name, number, heads.get(place, letter), _("a formula, not text"))
                )
                continue
            if number == 1:
                head = str(value).strip()
                if head not in SHEETS[name]:
                    faults.append(
                        Fault(
                            name,
                            1,
                            letter,
                            _("no column is called “%(name)s” here") % {"name": head},
                        )
                    )
                elif head in heads.values():
                    faults.append(Fault(name, 1, letter, twice(head)))
                heads[place] = head
            elif place not in heads:
                faults.append(Fault(name, number, letter, _("a cell under no heading")))
            else:
                cells[heads[place]] = _cell(value)
        if number == 1:
            missing = [head for head in SHEETS[name][:2] if head not in heads.values()]
            faults += [Fault(name, 1, head, _("the column is missing")) for head in missing]
            if missing:
                return
        elif cells:
            yield _Line(number, cells)


def _cell(value: Any) -> Any:
    import datetime as dt

    from openpyxl.utils.escape import unescape

    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    # A number typed into a text column stays a number until the column says what it is.
    return plain_text(unescape(str(value)))


class _Reader:
    """Puts the sheets together into the plain data; collects every fault on the way."""

    def __init__(self, sheets: Mapping[str, list[_Line]], faults: list[Fault]) -> None:
        self.sheets = sheets
        self.places = _Cells()
        self.faults = faults
        self.questions: dict[str, tuple[int, dict[str, Any]]] = {}  # id -> place, plain data

    def read(self) -> tuple[dict[str, Any], _Cells]:
        data: dict[str, Any] = {**self._tool(), "questions": []}
        for line in self.sheets["Questions"]:
            self._question(line, data["questions"])
        self._each("Guidance", self._guidance)
        self._each("Choices", self._choice)
        self._each("Translations", self._translation)
        self._each("Reviewed", self._reviewed)
        data["left_out"] = self._mapping("Left out", "ref", "left_out", "reason")
        data["names"] = self._names()
        if "Law" in self.sheets:
            data["law"] = [
                law for number, line in enumerate(self.sheets["Law"])
                if (law := self._law(number, line)) is not None
            ]  # fmt: skip
        if self.faults:
            raise ExchangeError(self.faults)
        check_shape(data, self.places)
        return data, self.places

    def _fault(self, sheet: str, line: _Line, column: str, reason: str) -> None:
        self.faults.append(Fault(sheet, line.number, column, reason))

    def _tool(self) -> dict[str, Any]:
        tool: dict[str, Any] = {"name": {}}
        found: dict[str, Any] = {"tool": tool}
        for line in self.sheets["Tool"]:
            key, value = str(line.cells.get("key", "")), line.cells.get("value")
            if key == "format":
                found["format"] = int(value) if isinstance(value, float) else value
                self.places.put(("format",), "Tool", line.number, "value")
            elif key.startswith("name "):
                language = key.removeprefix("name ")
                if value is not None:
                    tool["name"][language] = str(value)
                self.places.put(("tool", "name", language), "Tool", line.number, "value")
            elif key in ("country", "label", "effective_from", "note"):
                if value is not None:
                    tool[key] = str(value)
                self.places.put(("tool", key), "Tool", line.number, "value")
            else:
                self._fault("Tool", line, "key", no_such_key(key))
        found.setdefault("format", FORMAT if not self.sheets["Tool"] else None)
        return found

    def _question(self, line: _Line, questions: list[dict[str, Any]]) -> None:
        cells = line.cells
        key = str(cells.get("ref", ""))
        if not key:
            self._fault("Questions", line, "ref", _("the reference is missing"))
            return
        if key in self.questions:
            self._fault("Questions", line, "ref", twice(key))
            return
        place = ("questions", len(questions))
        made: dict[str, Any] = {"words": {ENGLISH: {}}}

        def put(column: str, into: dict[str, Any], name: str, value: Any, *path: object) -> None:
            if value is not None:
                into[name] = value
            self.places.put((*place, *path, name), "Questions", line.number, column)

        self.places.put(place, "Questions", line.number, "ref")
        put("ref", made, "id", key)
        for name in ("point", "kind", "breach", "structural", "comparable"):
            put(name, made, name, _text(cells.get(name)))
        put("comparable_note", made, "comparable_note", _text(cells.get("comparable_note")))
        for name in TRANSLATED:
            put(name, made["words"][ENGLISH], name, _text(cells.get(name)), "words", ENGLISH)
        value: dict[str, Any] = {}
        put("type", value, "type", _text(cells.get("type")), "value")
        for name in ("min", "max"):
            put(name, value, name, self._number(line, name), "value")
        put("choices", value, "choices", _listed(cells.get("choices")), "value")
        if value:
            made["value"] = value
            self.places.put((*place, "value"), "Questions", line.number, "type")
        for name in LISTS:
            put(name, made, name, _listed(cells.get(name)))
        applies: dict[str, Any] = {}
        for name in ("min_workers", "max_workers"):
            put(name, applies, name, self._number(line, name), "applies")
        for name in APPLIES:
            put(name, applies, name, _listed(cells.get(name)), "applies")
        if applies:
            made["applies"] = applies
        slcp = {}
        for each in _listed(cells.get("slcp")) or ():
            version, *sections = each.split()
            slcp[version] = sections
        if slcp:
            made["slcp"] = slcp
        self.places.put((*place, "slcp"), "Questions", line.number, "slcp")
        self.questions[key] = (len(questions), made)
        questions.append(made)

    def _number(self, line: _Line, name: str) -> int | float | None:
        value = line.cells.get(name)
        if isinstance(value, str):
            try:
                value = _finite(value.replace(",", "."))
            except ValueError:
                self._fault(
                    "Questions", line, name, _("“%(value)s” is not a number") % {"value": value}
                )
                return None
        if value is None:
            return None
        return int(value) if float(value).is_integer() else float(value)

    def _each(self, sheet: str, take: Callable[[_Line, int, dict[str, Any]], None]) -> None:
        for line in self.sheets.get(sheet, ()):
            key = str(line.cells.get("ref", ""))
            found = self.questions.get(key)
            if found is None:
                self._fault(
                    sheet,
                    line,
                    "ref",
                    _("no question “%(name)s” in the sheet Questions") % {"name": key},
                )
                continue
            take(line, *found)

    def _guidance(self, line: _Line, number: int, question: dict[str, Any]) -> None:
        name = str(line.cells.get("list", ""))
        if name not in GUIDANCE:
            self._fault(
                "Guidance", line, "list", _("one of %(names)s") % {"names": ", ".join(GUIDANCE)}
            )
            return
        entry = line.cells.get("entry")
        for language in LANGUAGES:
            text = _text(line.cells.get(language))
            path = ("questions", number, "words", language, name)
            self.places.put(path, "Guidance", line.number, language)
            if text is None:
                continue
            lines = question["words"].setdefault(language, {}).setdefault(name, [])
            if entry != len(lines) + 1:
                reason = _("the entry before this one is missing")
                self._fault("Guidance", line, "entry", reason)
                return
            lines.append(text)
            self.places.put((*path, len(lines) - 1), "Guidance", line.number, language)

    def _choice(self, line: _Line, number: int, question: dict[str, Any]) -> None:
        key = str(line.cells.get("key", ""))
        for language in LANGUAGES:
            text = _text(line.cells.get(language))
            path = ("questions", number, "words", language, "choices", key)
            self.places.put(path, "Choices", line.number, language)
            if text is not None:
                words = question["words"].setdefault(language, {})
                words.setdefault("choices", {})[key] = text

    def _translation(self, line: _Line, number: int, question: dict[str, Any]) -> None:
        name = str(line.cells.get("field", ""))
        if name not in TRANSLATED:
            self._fault(
                "Translations",
                line,
                "field",
                _("one of %(names)s") % {"names": ", ".join(TRANSLATED)},
            )
            return
        english = _text(line.cells.get(ENGLISH))
        copy = ("copies", number, name)
        self.places.put(copy, "Translations", line.number, ENGLISH)
        if english is not None and english != question["words"][ENGLISH].get(name):
            self.places.copies.append((copy, english))
        for language in OTHERS:
            text = _text(line.cells.get(language))
            words = question["words"].get(language, {})
            if text is not None and name in words:
                self._fault("Translations", line, "field", twice(name))
                return
            if text is not None:
                question["words"].setdefault(language, {})[name] = text
            path = ("questions", number, "words", language, name)
            self.places.put(path, "Translations", line.number, language)
            self.places.put(path[:-1], "Translations", line.number, language)

    def _reviewed(self, line: _Line, number: int, question: dict[str, Any]) -> None:
        language = str(line.cells.get("language", ""))
        fields = _listed(line.cells.get("fields"))
        if fields:
            question.setdefault("reviewed", {})[language] = fields
        path = ("questions", number, "reviewed", language)
        self.places.put(path, "Reviewed", line.number, "fields")
        self.places.put(path[:-1], "Reviewed", line.number, "language")

    def _mapping(self, sheet: str, head: str, key: str, column: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.sheets.get(sheet, ()):
            name, text = _text(line.cells.get(head)), _text(line.cells.get(column))
            if name is None or text is None:
                self._fault(sheet, line, column if name else head, nothing_here())
                continue
            if name in found:
                self._fault(sheet, line, head, twice(name))
            found[name] = text
            self.places.put((key, name), sheet, line.number, column)
        return found

    def _names(self) -> dict[str, dict[str, str]]:
        names: dict[str, dict[str, str]] = {}
        for line in self.sheets.get("Names", ()):
            code = str(line.cells.get("code", ""))
            if code in names:
                self._fault("Names", line, "code", twice(code))
            said = {lang: _text(line.cells.get(lang)) for lang in LANGUAGES}
            names[code] = {lang: text for lang, text in said.items() if text is not None}
            self.places.put(("names", code), "Names", line.number, "code")
        return names

    def _law(self, number: int, line: _Line) -> dict[str, Any] | None:
        made: dict[str, Any] = {}
        for name in LAW:
            self.places.put(("law", number, name), "Law", line.number, name)
            if name == "value":
                continue
            text = _text(line.cells.get(name))
            if text is not None:
                made[name] = text
        self.places.put(("law", number), "Law", line.number, "code")
        value = line.cells.get("value")
        try:
            made["value"] = _law_read(str(made.get("kind", "")), value)
        except ValueError:
            reason = _("“%(value)s” is not of the kind “%(kind)s”") % {
                "value": value,
                "kind": made.get("kind", ""),
            }
            self._fault("Law", line, "value", reason)
            return None
        short = {form: _text(line.cells.get(f"short {form}")) for form in FORMS}
        forms = {form: text for form, text in short.items() if text is not None}
        if forms:
            made["short"] = forms
        return made


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _listed(value: Any) -> list[str] | None:
    text = _text(value)
    lines = [line.strip() for line in text.split("\n")] if text else []
    return [line for line in lines if line] or None


def _law_read(kind: str, value: Any) -> Any:
    """Raises: ValueError."""
    if value is None:
        return None
    if kind == "boolean":
        said = str(value).lower()
        return said == "true" if said in ("true", "false") else _refuse()
    if kind == "table":
        rows = json.loads(str(value))
        return rows if isinstance(rows, list) else _refuse()
    if kind == "text":
        return _text(value)
    number = value if isinstance(value, int | float) else _finite(str(value))
    return int(number) if float(number).is_integer() else float(number)


def _finite(text: str) -> float:
    """Raises: ValueError, for infinity and "nan" too: a version holds neither."""
    number = float(text)
    return number if math.isfinite(number) else _refuse()


def _refuse() -> Any:
    raise ValueError
