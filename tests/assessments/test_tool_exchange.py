"""A version out into a file and in again: without loss, or refused with every fault's place."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openpyxl import Workbook, load_workbook

from assessments import exchange
from assessments.editing import fields as flat_fields
from assessments.exchange import places, plain
from assessments.exchange import text as text_file
from assessments.exchange.sheets import plain_text, safe_text
from assessments.library import SCHEMAS
from assessments.models import LawProposal, ToolQuestion, ToolVersion
from assessments.services import begin_draft
from assessments.services.tool_exchange import Taken, export_tool, import_tool
from assessments.tool import version_in_force
from betterwork.errors import DomainError
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests import builders

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
FORMATS = ["xlsx", "yaml"]


def in_force() -> ToolVersion:
    return version_in_force(date(2026, 6, 1))


def load(content: bytes, **options: Any) -> Taken:
    return import_tool(content=content, by=None, now=NOW, **options)


_EXPORTED: dict[str, bytes] = {}


def exported(format: str) -> bytes:
    """The version in force as a file; it never changes, so it is written once."""
    if format not in _EXPORTED:
        _EXPORTED[format] = export_tool(version_id=in_force().pk, format=format)
    return _EXPORTED[format]


def faults_of(content: bytes, **options: Any) -> list[tuple[str, int, str]]:
    before = ToolVersion.objects.count(), ToolQuestion.objects.count()
    with pytest.raises(exchange.ExchangeError) as caught:
        load(content, **options)
    assert (ToolVersion.objects.count(), ToolQuestion.objects.count()) == before
    return [(fault.sheet, fault.row, fault.column) for fault in caught.value.faults]


def edited(content: bytes, change: Any) -> bytes:
    """A workbook after somebody changed it in a spreadsheet."""
    book = load_workbook(io.BytesIO(content))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def row_of(sheet: Any, *key: object) -> int:
    for row in sheet.iter_rows():
        if tuple(cell.value for cell in row[: len(key)]) == key:
            return int(row[0].row)
    raise AssertionError(f"no row {key} in {sheet.title}")


def cell(sheet: Any, head: str, *key: object) -> Any:
    column = next(c.column for c in sheet[1] if c.value == head)
    return sheet.cell(row_of(sheet, *key), column)


# --- without loss -----------------------------------------------------------------------------

SIGNS = st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00")
TEXTS = st.text(
    SIGNS | st.sampled_from("=+-@'\n\t বাংলাঅ العَرَبية ខ្មែរ {}\u200b\u200d_x0041_"), min_size=1
)
WORDS = st.text("abc বাংলা العربية ខ្មែរ =+-@'\n\"#:,{}[]_x0041_\t", min_size=1, max_size=40)


def some_version(texts: list[str]) -> dict[str, Any]:
    first, second, third, entry = texts
    return {
        "format": 1,
        "tool": {
            "country": "BD",
            "label": "BD-2026.9",
            "effective_from": "2026-09-01",
            "name": {"en": first, "bn": second},
            "note": third,
        },
        "names": {"osh_committee": {"en": second, "km": third}},
        "questions": [
            {
                "id": "OSH-EP-03",
                "point": "OSH-EP",
                "kind": "ncq",
                "breach": "no",
                "ilo": ["C155 Art. 16"],
                "applies": {"min_workers": 50, "needs": ["dormitory"]},
                "slcp": {"1.7": ["health_and_safety", "hours"]},
                "words": {
                    "en": {"title": first, "question": second, "finding": third, "ask": [entry]},
                    "ar": {"question": first, "ask": [second]},
                    "km": {"title": third},
                },
                "reviewed": {"ar": ["ask", "question"]},
            },
            {
                "id": "CT-FG-01",
                "point": "CT-FG",
                "kind": "fgw",
                "value": {"type": "choice", "choices": ["one", "two"]},
                "words": {
                    "en": {"title": "T", "question": second, "choices": {"one": first}},
                    "vi": {"choices": {"one": third, "two": first}},
                },
            },
            {
                "id": "CT-FG-02",
                "point": "CT-FG",
                "kind": "fgw",
                "value": {"type": "number", "min": 0, "max": 0.5},
                "words": {"en": {"title": "T", "question": "Q", "unit": first}},
            },
        ],
        "left_out": {"OSH-EP-04": first},
        "law": [
            {"code": "a", "topic": "T", "kind": "number", "value": 14.25, "confidence": "high"},
            {"code": "b", "topic": "T", "kind": "text", "value": second, "confidence": "low"},
            {"code": "c", "topic": "T", "kind": "boolean", "value": False, "confidence": "high"},
            {"code": "d", "topic": "T", "kind": "text", "value": None, "confidence": "not_found"},
            {
                "code": "e",
                "topic": "T",
                "kind": "table",
                "value": [{"when": first, "value": 14}, {"when": second, "value": "x"}],
                "confidence": "medium",
                "effective_from": "2026-01-01",
                "short": {"any": third, "bn": first},
            },
        ],
    }


@given(st.tuples(TEXTS, TEXTS, WORDS, WORDS))
@example(("0", "\x85", "a\u2028b", "\ufeff"))
@settings(max_examples=150)
def test_yaml_brings_every_sign_back(texts: tuple[str, ...]) -> None:
    data = some_version(list(texts))
    read, _places = exchange.read_yaml(exchange.to_yaml(data).encode())
    assert read == data


@given(st.tuples(WORDS, TEXTS, TEXTS, WORDS))
@settings(max_examples=80)
def test_a_workbook_brings_every_sign_back(texts: tuple[str, ...]) -> None:
    data = some_version(list(texts))
    read, _places = exchange.read_workbook(exchange.workbook(data))
    assert read == data


@given(st.text())
def test_no_text_is_a_formula(text: str) -> None:
    assert plain_text(safe_text(text)) == text
    assert not safe_text(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    data = some_version(["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2"])
    book = load_workbook(io.BytesIO(exchange.workbook(data)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    texts = [cell.value for cell in cells if cell.data_type == "s"]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_in_force_comes_back_the_same(bd: Programme, format: str) -> None:
    version = in_force()
    taken = load(export_tool(version_id=version.pk, format=format), label="BD-2026.8")
    assert taken.is_new_draft
    assert (taken.added, taken.changed, taken.left_out, taken.moved) == ([], [], [], [])
    draft = ToolVersion.objects.get(pk=taken.version_id)
    assert draft.based_on == version
    assert draft.name == version.name
    assert draft.effective_from == version.effective_from
    fields = [
        "lineage", "order", "kind", "breach", "title", "text", "finding", "guidance", "value_type",
        "value_rules", "ilo", "law", "tags", "applies", "related", "slcp", "states",
        "structural_reason",
    ]  # fmt: skip
    rows = [
        list(ToolQuestion.objects.filter(version=each).order_by("order").values(*fields))
        for each in (version, draft)
    ]
    assert rows[0] == rows[1]
    again = load(export_tool(version_id=draft.pk, format=format))
    assert again.is_same


@given(
    text=WORDS.filter(lambda text: text.strip() and not set("{}") & set(text)),
    format=st.sampled_from(FORMATS),
)
@settings(max_examples=6)
@pytest.mark.django_db
def test_any_text_survives_the_way_through_the_database(text: str, format: str) -> None:
    with scope.anonymous_scope():
        programme = Programme.objects.get(code="BD")
    with scope.programme_scope(programme.pk):
        draft = begin_draft(based_on_id=in_force().pk, by=None, now=NOW)
        row = ToolQuestion.objects.get(version=draft, lineage="OSH-EP-03")
        words = flat_fields.tidy({"finding.km": text, "finding.en": text})
        flat_fields.put(row, {**flat_fields.flat(row), **words})
        row.save()
        other = load(
            export_tool(version_id=draft.pk, format=format), label=f"X-{draft.pk.hex[:12]}"
        )
        copied = ToolQuestion.objects.get(version=other.version_id, lineage="OSH-EP-03")
        assert copied.finding == row.finding


# --- what a lawyer changes --------------------------------------------------------------------


def test_changes_of_a_spreadsheet_are_taken(bd: Programme) -> None:
    content = exported("xlsx")

    def change(book: Workbook) -> None:
        cell(book["Questions"], "title", "OSH-EP-03").value = "Exits open"
        cell(book["Translations"], "km", "OSH-EP-03", "question").value = "តើច្រកចេញបើកទេ?"
        cell(book["Names"], "km", "osh_committee").value = "គណៈកម្មការ"
        sheet = book["Questions"]
        sheet.delete_rows(row_of(sheet, "OSH-EP-04"))
        for name in ("Guidance", "Translations", "Choices"):
            other = book[name]
            for number in range(other.max_row, 1, -1):
                if other.cell(number, 1).value == "OSH-EP-04":
                    other.delete_rows(number)
        book["Left out"].append(["OSH-EP-04", "Asked with OSH-EP-03."])

    taken = load(edited(content, change), label="BD-2026.8")
    assert taken.changed == ["OSH-EP-03"]
    assert taken.left_out == ["OSH-EP-04"]
    assert taken.is_described
    row = ToolQuestion.objects.get(version=taken.version_id, lineage="OSH-EP-03")
    assert row.title["en"] == "Exits open"
    assert row.text["km"] == "តើច្រកចេញបើកទេ?"
    draft = ToolVersion.objects.get(pk=taken.version_id)
    assert draft.left_out["OSH-EP-04"]["reason"] == "Asked with OSH-EP-03."
    assert draft.names["osh_committee"]["km"] == "គណៈកម្មការ"
    assert row.revision == 2  # the history has both


def test_changed_words_are_drafts_whatever_the_file_says(bd: Programme) -> None:
    draft = begin_draft(based_on_id=in_force().pk, by=None, now=NOW)
    row = ToolQuestion.objects.get(version=draft, lineage="OSH-EP-03")
    row.states = {"bn": {"title": "reviewed", "text": "reviewed"}}
    row.save()
    content = export_tool(version_id=draft.pk, format="xlsx")

    def change(book: Workbook) -> None:
        cell(book["Translations"], "bn", "OSH-EP-03", "title").value = "নতুন শিরোনাম"

    assert load(edited(content, change)).changed == ["OSH-EP-03"]
    row.refresh_from_db()
    assert row.states == {"bn": {"text": "reviewed"}}


def test_a_dry_run_tells_and_keeps_nothing(bd: Programme) -> None:
    content = exported("yaml")
    text = content.decode().replace("title: Exits unlocked during work", "title: Exits open")
    taken = load(text.encode(), label="BD-2026.8", dry_run=True)
    assert taken.changed == ["OSH-EP-03"]
    assert taken.version_id is None
    assert not ToolVersion.objects.filter(label="BD-2026.8").exists()


def test_a_published_version_is_not_written_over(bd: Programme) -> None:
    content = exported("yaml")
    with pytest.raises(DomainError, match="tool_label_taken"):
        load(content)


def test_a_published_file_sent_up_again_is_told_a_label_that_is_free(
    bd: Programme, sign_in: Any
) -> None:
    client = sign_in("cat_editor")

    def send(label: str) -> Any:
        file = io.BytesIO(exported("yaml"))
        file.name = "tool.yaml"
        data = {"file": file, "step": "try", "label": label}
        return client.post("/assessments/tool/upload/", data)

    page = send("")
    html = page.content.decode()
    assert page.status_code == 422
    assert f"{in_force().label} is published and never changes." in html
    free = re.search(r'name="label" value="(BD-\d{4}\.\d+)"', html)
    assert free is not None
    assert send(free[1]).status_code == 200


def test_a_new_period_of_law_is_proposed_for_a_second_person(bd: Programme) -> None:
    content = exported("xlsx")

    def change(book: Workbook) -> None:
        sheet = book["Law"]
        old = [c.value for c in sheet[row_of(sheet, "maternity_leave")]]
        heads = [c.value for c in sheet[1]]
        new = dict(zip(heads, old, strict=True))
        new |= {"value": 130, "text": "130 days", "effective_from": "2027-01-01"}
        sheet.append([new[head] for head in heads])

    changed = edited(content, change)
    assert faults_of(changed, label="BD-2026.8")[0][0] == "Law"  # nobody says who proposes it
    person = builders.make_member("cat_editor")
    taken = import_tool(content=changed, by=person.pk, now=NOW, label="BD-2026.8")
    assert taken.law == ["maternity_leave"]
    proposal = LawProposal.objects.get(code="maternity_leave")
    assert (proposal.value, proposal.decision) == (130, "")


# --- refused, with the place ------------------------------------------------------------------


# What is wrong with a workbook is told in three steps, each with all it finds: what cannot be
# read at all, what is not of the shape of the schema, and what contradicts the rest.
UNREADABLE = [
    ("Questions", "min", ("CT-FG-01",), "many"),
    ("Questions", "ref", ("OSH-EP-05",), "OSH-EP-02"),
    ("Questions", "title", ("OSH-EP-03",), "=1+1"),
    ("Translations", "field", ("OSH-EP-06", "title"), "colour"),
    ("Guidance", "list", ("OSH-EP-03", "look_at", 1), "look"),
    ("Law", "value", ("maternity_leave",), "many"),
    ("Tool", "key", ("country",), "land"),
]
MISSHAPEN = [
    ("Questions", "kind", ("OSH-EP-03",), "essay"),
    ("Questions", "point", ("OSH-EP-06",), "somewhere"),
    ("Law", "confidence", ("maternity_leave",), "certain"),
    ("Tool", "value", ("label",), "no label"),
]
CONTRADICTING = [
    ("Questions", "breach", ("OSH-EP-03",), "no"),
    ("Questions", "title", ("OSH-EP-04",), None),
    ("Questions", "title", ("OSH-EP-05",), "T" * 46),
    ("Questions", "question", ("OSH-EP-06",), "Is it {no_such_code}?"),
    ("Questions", "law", ("OSH-EP-07",), "no_such_law"),
    ("Questions", "related", ("OSH-EP-08",), "OSH-EP-99"),
    ("Translations", "bn", ("OSH-EP-03", "question"), "{maternity_leave} দিন?"),
    ("Translations", "en", ("OSH-EP-03", "title"), "Other English"),
]
ALONE = [
    ("Questions", "point", ("OSH-EP-03",), "OSH-XX"),
    ("Guidance", "entry", ("OSH-EP-03", "look_at", 1), 7),
    ("Law", "value", ("maternity_leave",), 99),
    ("Tool", "value", ("effective_from",), "2026-02-30"),
    ("Tool", "value", ("country",), "JO"),
]


@pytest.mark.parametrize(
    "cases", [UNREADABLE, MISSHAPEN, CONTRADICTING, *([each] for each in ALONE)]
)
def test_every_fault_is_told_by_sheet_row_and_column(
    bd: Programme, cases: list[tuple[str, str, tuple[object, ...], object]]
) -> None:
    planted: set[tuple[str, int, str]] = set()

    def change(book: Workbook) -> None:
        for sheet, head, key, value in cases:
            wanted = cell(book[sheet], head, *key)
            # A fault of a period of law is told where a new period would begin.
            told = "effective_from" if (head, value) == ("value", 99) else head
            planted.add((sheet, wanted.row, told))
            wanted.value = value

    found = set(faults_of(edited(exported("xlsx"), change), label="BD-2026.8"))
    assert planted <= found, planted - found


def test_broken_workbooks_are_refused(bd: Programme) -> None:
    content = exported("xlsx")

    def without_sheet(book: Workbook) -> None:
        del book["Questions"]

    def strange_column(book: Workbook) -> None:
        book["Guidance"]["D1"].value = "klingon"

    def stray_cell(book: Workbook) -> None:
        book["Names"]["Z3"].value = "x"

    assert faults_of(edited(content, without_sheet)) == [("Questions", 0, "")]
    assert ("Guidance", 1, "D") in faults_of(edited(content, strange_column))
    assert ("Names", 3, "Z") in faults_of(edited(content, stray_cell))
    assert faults_of(content[:2000]) == [("", 0, "")]
    assert faults_of(b"PK\x03\x04nonsense") == [("", 0, "")]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("  kind: ncq\n", "  kind: essay\n", "kind"),
        ("title: Exits unlocked during work", "titel: Exits unlocked during work", "words.en"),
        ("title: Exits unlocked during work", "title: [a", ""),
        ("format: 1", "format: 2", "format"),
    ],
)
def test_a_fault_of_yaml_is_told_by_line(bd: Programme, old: str, new: str, column: str) -> None:
    text = exported("yaml").decode()
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    faults = faults_of(text.replace(old, new, 1).encode(), label="BD-2026.8")
    assert any(abs(row - line) <= 1 and column in told for _sheet, row, told in faults), faults
    assert faults_of(b"\xff\xfe\x00") == [("", 1, "")]
    assert faults_of(b"- 1\n")[0][1] == 1


# What a YAML file can have that is not of the shape of the schema: old, new, the way to it.
OFF_SHAPE = [
    ("title: Exits unlocked during work", "titel: Exits unlocked during work", "titel"),
    ("  kind: ncq\n", "  kind: essay\n", "kind"),
    ("  kind: ncq\n", "", "questions.1"),
    ("format: 1", "format: 2", "format"),
    ("country: BD", "country: Bangladesh", "tool.country"),
    ("country: BD", "country: 7", "tool.country"),
    ("country: BD", "country: ''", "tool.country"),
    ("  breach: ", "  law: [a, a]\n  breach: ", "law"),
    ("  breach: ", "  law: wages\n  breach: ", "law"),
    ("  breach: ", "  applies: {min_workers: -1}\n  breach: ", "min_workers"),
    ("  breach: ", "  applies: {min_workers: many}\n  breach: ", "min_workers"),
    ("  breach: ", "  applies: all\n  breach: ", "applies"),
    ("\nnames:", "\nnames: {Committee: {en: x}}\nnames:", "names"),
    ("\nnames:", "\nnames: {Committee: {en: x}}\nold_names:", "names.Committee"),
    ("title: Exits unlocked during work", "title: [a", ""),
]


def test_what_is_wrong_with_the_shape_is_told_by_words_that_can_be_translated(
    bd: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = exported("yaml").decode()
    # Every sentence of these modules comes through here: one that does not would stay English.
    for module in (places, text_file):
        monkeypatch.setattr(module, "_", lambda said: f"«{said}»")
    for old, new, column in OFF_SHAPE:
        assert old in text, old
        with pytest.raises(exchange.ExchangeError) as caught:
            exchange.read_yaml(text.replace(old, new, 1).encode())
        told = [(fault.column, fault.reason) for fault in caught.value.faults]
        assert all(reason.startswith("«") for _column, reason in told), told
        assert any(way.endswith(column) for way, _reason in told), (column, told)
    with pytest.raises(exchange.ExchangeError) as caught:
        exchange.read_yaml(b"")
    assert [fault.reason for fault in caught.value.faults] == ["«nothing is written here»"]


def test_each_rule_of_the_schema_has_words_and_each_pattern_an_example_that_fits() -> None:
    schema = json.loads((SCHEMAS / "exchange.json").read_text(encoding="utf-8"))
    rules, patterns = set[str](), list[dict[str, Any]]()

    def walk(part: dict[str, Any]) -> None:
        rules.update(part.keys() & Draft202012Validator.VALIDATORS.keys())
        if "pattern" in part:
            patterns.append(part)
        for key in ("properties", "$defs"):
            for each in part.get(key, {}).values():
                walk(each)
        for key in ("items", "propertyNames", "additionalProperties"):
            if isinstance(part.get(key), dict):
                walk(part[key])

    walk(schema)
    assert rules <= {
        "additionalProperties", "required", "enum", "const", "pattern", "type", "minLength",
        "minItems", "uniqueItems", "minimum", "items", "properties", "propertyNames", "$ref",
    }  # fmt: skip
    for part in patterns:
        assert part["examples"], part
        for each in part["examples"]:
            assert re.search(part["pattern"], each), part


@pytest.mark.parametrize("typed", ["nan", "inf", "-Infinity", "1e999"])
def test_a_number_that_no_version_can_hold_is_refused(bd: Programme, typed: str) -> None:
    def change(book: Workbook) -> None:
        cell(book["Questions"], "min", "CT-FG-01").value = typed

    def law(book: Workbook) -> None:
        cell(book["Law"], "value", "maternity_leave").value = typed

    for edit, sheet in ((change, "Questions"), (law, "Law")):
        assert [fault[0] for fault in faults_of(edited(exported("xlsx"), edit))] == [sheet]


# --- the commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_out_and_in_by_command(bd: Programme, tmp_path: Path, format: str) -> None:
    path = tmp_path / f"tool.{format}"
    call_command("cat_export", "--country", "BD", "--format", format, "-o", str(path), verbosity=0)
    out = io.StringIO()
    arguments = ["cat_import", "--programme", "BD", str(path), "--label", "BD-2026.8"]
    call_command(*arguments, "--dry-run", stdout=out)
    assert out.getvalue() == "dry run: BD-2026.8 (new draft): its description differs\n" or (
        "nothing differs" in out.getvalue()
    )
    assert not ToolVersion.objects.filter(label="BD-2026.8").exists()
    call_command(*arguments, verbosity=0)
    assert ToolVersion.objects.get(label="BD-2026.8").status == "draft"


def test_commands_say_what_is_wrong(bd: Programme, tmp_path: Path) -> None:
    path = tmp_path / "tool.yaml"
    path.write_text("format: 1\ntool: {}\nquestions: []\n", encoding="utf-8")
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("cat_import", "--programme", "BD", str(path))
    with pytest.raises(CommandError, match="No programme ZZ"):
        call_command("cat_import", "--programme", "ZZ", str(path))
    with pytest.raises(CommandError, match="No person"):
        call_command("cat_import", "--programme", "BD", str(path), "--by", "nobody@example.org")
    with pytest.raises(CommandError, match="No version"):
        call_command(
            "cat_export", "--country", "BD", "--format", "yaml", "-o", str(path), "--label", "X"
        )


def test_the_shape_of_the_file_is_the_schema(bd: Programme) -> None:
    version = in_force()
    text = export_tool(version_id=version.pk, format="yaml")
    data, _places = exchange.read_yaml(text)
    assert data["tool"]["label"] == version.label
    row = ToolQuestion.objects.get(version=version, lineage="OSH-EP-03")
    flat = plain.flat_of(next(q for q in data["questions"] if q["id"] == "OSH-EP-03"))
    assert flat == flat_fields.flat(row)


# --- the pages --------------------------------------------------------------------------------


def test_down_and_up_by_page(bd: Programme, sign_in: Any) -> None:
    client = sign_in("cat_editor")
    version = in_force()
    down = client.get(f"/assessments/tool/versions/{version.pk}/download/yaml/")
    assert down.status_code == 200
    assert f'filename="{version.label}.yaml"' in down["Content-Disposition"]
    assert client.get(f"/assessments/tool/versions/{version.pk}/download/exe/").status_code == 404

    def send(content: bytes, step: str) -> Any:
        file = io.BytesIO(content)
        file.name = "tool.yaml"
        data = {"file": file, "label": "BD-2026.8", "step": step}
        return client.post("/assessments/tool/upload/", data)

    assert client.get("/assessments/tool/upload/").status_code == 200
    trial = send(down.content, "try")
    assert trial.status_code == 200
    assert not ToolVersion.objects.filter(label="BD-2026.8").exists()
    broken = send(down.content.replace(b"kind: ncq", b"kind: essay", 1), "take")
    assert broken.status_code == 422
    assert "Nothing was loaded" in broken.content.decode()
    taken = send(down.content, "take")
    draft = ToolVersion.objects.get(label="BD-2026.8")
    assert str(draft.pk) in taken.content.decode()
    assert client.post("/assessments/tool/upload/", {}).status_code == 422


def test_another_programme_and_another_role_get_no_file(
    bd: Programme, jordan: Programme, sign_in: Any
) -> None:
    url = f"/assessments/tool/versions/{in_force().pk}/download/xlsx/"
    assert sign_in("cat_editor", programme="JO").get(url).status_code == 404
    assert sign_in("advisor").get(url).status_code == 403
    assert sign_in("advisor").get("/assessments/tool/upload/").status_code == 403


def test_a_file_that_unfolds_without_end_is_refused() -> None:
    lines = ["a0: &a0 {x: y}"]
    lines += [f"a{n}: &a{n} {{" + ", ".join(f"k{i}: *a{n - 1}" for i in range(9)) + "}"
              for n in range(1, 12)]  # fmt: skip
    with pytest.raises(exchange.ExchangeError) as refused:
        exchange.read_yaml("\n".join(lines).encode())
    assert "reference" in str(refused.value.faults[0])
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"x" * 61_000_000)
    with pytest.raises(exchange.ExchangeError) as refused:
        exchange.read_workbook(bomb.getvalue())
    assert "unpacks" in str(refused.value.faults[0])
