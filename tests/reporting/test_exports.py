"""The analysts' files: exact columns, values by language, bounded memory, safe cells, the trail."""

from __future__ import annotations

import csv
import io
import resource
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection

from advisory.content.progress_reports import questions
from advisory.models import ImprovementPlan, PlanItem, ProgressReport
from assessments import summaries
from assessments.models import Answer, LawParameter, ToolQuestion, ToolVersion
from assessments.rules.rates import LatestInWindow
from betterwork.records import files
from betterwork.records.models import Job, TrailEvent
from betterwork.tenancy import scope
from factories.models import Committee, CommitteeMember
from reporting import rates
from reporting.exports import analyst, services, sheets
from reporting.exports.analyst import Choice
from reporting.models import Export
from reporting.rates import Query
from tests import builders

from .worlds import Asked, Held, make_factories, make_version, make_world

ASSESSMENT_COLUMNS = (
    "Country,TQ Name,Quest ID,Cycle,Factory Assessed ID,Factory Assessed Name,"
    "Assesment Start Date,Cluster,CP,Question ID,Question,Question type,Finding"
)
DAY = date(2026, 3, 9)


def rows_of(choice: Choice) -> list[dict[str, Any]]:
    rows = analyst.all_rows(choice, nullcontext)
    return [dict(zip(choice.head, row, strict=True)) for row in rows]


@pytest.fixture
def world(bd: Any) -> list[Any]:
    version = make_version(
        [Asked("ep-1", "OSH-EP"), Asked("ep-2", "OSH-EP"), Asked("pay-1", "CO-MIN"),
         Asked("fact", "SI-WRK", "fgw"), Asked("kind", "SI-WRK", "fgw")]
    )  # fmt: skip
    ToolQuestion.objects.filter(version=version, lineage="kind").update(
        value_type="choice",
        value_rules={
            "choices": [
                {"key": "own", "label": {"en": "Own canteen", "bn": "নিজস্ব ক্যান্টিন",
                                          "ar": "مطعم خاص"}},
                {"key": "none", "label": {"en": "None", "bn": "নেই", "ar": "لا يوجد"}},
            ]
        },
    )  # fmt: skip
    factories = [
        builders.make_factory("=HYPERLINK(1)"),
        builders.make_factory("Old Mill", status="left", status_reason="Moved."),
        builders.make_factory("Third Mill"),
    ]
    answers = {
        "ep-1": "non_compliant", "ep-2": "not_applicable", "pay-1": "structural", "fact": "",
        "kind": "",
    }  # fmt: skip
    made = make_world(version, [Held(i, 1, DAY, answers) for i in range(3)], factories)
    Answer.objects.filter(question__lineage="kind").update(value_choice="own", value_number=None)
    return made


def test_columns_are_as_the_analysts_know_them(world: Any, capsys: Any) -> None:
    call_command("export_assessments", "--programme", "BD")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ASSESSMENT_COLUMNS
    assert analyst.COLUMNS[analyst.COMMITTEE] == (
        "Title", "Category", "Is Current Chair", "Date Left",
    )  # fmt: skip
    assert analyst.COLUMNS[analyst.PLAN] == ("Compliance point", "Status")
    assert analyst.COLUMNS[analyst.PR2] == (
        "organization_id", "organization_name", "cycle_number", "question", "answer",
    )  # fmt: skip
    row = next(iter(csv.DictReader(lines)))
    assert row["Country"] == "Bangladesh"
    assert row["Assesment Start Date"] == "09/03/2026"
    assert row["Cluster"] == "Occupational Safety and Health"
    assert row["Cycle"] == "1"


def test_findings_as_codes_values_and_words(world: Any) -> None:
    rows = [
        r
        for r in rows_of(Choice(analyst.ASSESSMENT))
        if r["Quest ID"] == analyst.quest_id(DAY, world[2].code)
    ]
    assert [(r["Question ID"], r["Question type"], r["Finding"]) for r in rows] == [
        ("ep-1", "NCQ", 1), ("fact", "FGW", 3), ("kind", "FGW", "Own canteen"),
    ]  # fmt: skip
    everything = rows_of(Choice(analyst.ASSESSMENT, all_outcomes=True))
    mine = {
        r["Question ID"]: r["Finding"]
        for r in everything
        if r["Quest ID"] == analyst.quest_id(DAY, world[2].code)
    }
    assert mine["ep-2"] == "Not applicable"
    assert mine["pay-1"] == "Due to national law"


def test_the_highest_quest_id_of_a_factory_is_its_latest_assessment(bd: Any) -> None:
    """As the analysts' scripts choose it, also where two entries became one factory."""
    version = make_version([Asked("ep-1", "OSH-EP")])
    factories = [builders.make_factory("Mill"), builders.make_factory("Mill again")]
    found, fine = {"ep-1": "non_compliant"}, {"ep-1": "compliant"}
    make_world(
        version,
        [Held(0, 1, date(2024, 12, 30), found), Held(0, 2, date(2025, 2, 1), fine),
         Held(1, 1, date(2025, 11, 9), found), Held(1, 2, date(2025, 11, 9), fine)],
        factories,
    )  # fmt: skip
    summaries.rebuild_results()
    for entry in range(2):
        if entry:
            type(factories[1]).objects.filter(pk=factories[1].pk).update(
                merged_into=factories[0], status="closed", status_reason="Same site."
            )
        rows = rows_of(Choice(analyst.ASSESSMENT))
        by_factory: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_factory.setdefault(row["Factory Assessed ID"], []).append(row)
        assert len(by_factory) == 2 - entry
        latest = {
            code: max(mine, key=lambda row: row["Quest ID"]) for code, mine in by_factory.items()
        }
        # The very assessment that the dashboard counts.
        figures = rates.figures({"": Query(LatestInWindow())})[""]
        rate = figures.points["OSH-EP"].rate
        findings = [row["Finding"] for row in latest.values()]
        assert (rate.count, rate.n) == (sum(findings), len(findings))
        assert all("(Obsolete)" not in row["Factory Assessed Name"] for row in rows)


def test_a_factory_that_left_is_marked_for_the_scripts(world: Any) -> None:
    names = {row["Factory Assessed Name"] for row in rows_of(Choice(analyst.ASSESSMENT))}
    assert names == {"=HYPERLINK(1)", "Old Mill (Obsolete)", "Third Mill"}


def test_an_analysts_script_gets_the_rates_of_the_dashboard(bd: Any) -> None:
    """The manual's steps on the exported rows alone, against the database's own figures."""
    version = make_version([Asked("a", "OSH-EP"), Asked("b", "OSH-EP"), Asked("c", "CO-MIN")])
    outcomes = ["compliant", "non_compliant", "not_applicable", "not_assessed", "structural"]
    factories = make_factories(14)
    factories.append(builders.make_factory(status="closed", status_reason="Closed."))
    held = [
        Held(i, 1, DAY, {"a": outcomes[i % 5], "b": outcomes[i // 3], "c": outcomes[(i + 2) % 5]})
        for i in range(15)
    ]
    make_world(version, held, factories)
    summaries.rebuild_results()
    rows = [
        row for row in rows_of(Choice(analyst.ASSESSMENT))
        if row["Question type"] == "NCQ" and "(Obsolete)" not in row["Factory Assessed Name"]
    ]  # fmt: skip
    figures = rates.figures({"now": Query(LatestInWindow())})["now"]
    for code, name in (
        ("OSH-EP", "Emergency Preparedness"),
        ("CO-MIN", "Minimum Wages/Piece Rate Wages"),
    ):
        sums: dict[str, int] = {}
        for row in rows:
            if row["CP"] == name:
                sums[row["Quest ID"]] = sums.get(row["Quest ID"], 0) + row["Finding"]
        counted = figures.point(code).rate
        assert (sum(total > 0 for total in sums.values()), len(sums)) == (counted.count, counted.n)
        assert 0 < counted.count < counted.n


@pytest.mark.parametrize(
    ("language", "label", "cluster"),
    [("en", "Own canteen", "Supplier Information"), ("bn", "নিজস্ব ক্যান্টিন", "সরবরাহকারীর তথ্য"),
     ("ar", "مطعم خاص", "معلومات المورّد")],
)  # fmt: skip
def test_each_language_has_its_words_choices_included(
    world: Any, language: str, label: str, cluster: str, tmp_path: Path
) -> None:
    for format in ("csv", "xlsx"):
        path = tmp_path / f"out.{format}"
        call_command(
            "export_assessments", "--programme", "BD", "--language", language, "--out", str(path)
        )
        found = read(path)
        assert ",".join(found[0]) == ASSESSMENT_COLUMNS
        choice = [row for row in found[1:] if row[9] == "kind"]
        assert len(choice) == 3
        assert {row[12] for row in choice} == {label}
        assert {row[7] for row in choice} == {cluster}


def test_a_question_says_the_law_of_the_assessments_day(bd: Any) -> None:
    """Placeholders hold the law in force on the first day, also when it changes between two."""
    with scope.platform_scope():
        for value, since, until in (("8", None, date(2026, 1, 1)), ("7", date(2026, 1, 1), None)):
            LawParameter.objects.create(
                country="BD", code="test_hours", topic="Test", kind="number", value=int(value),
                confidence="high", effective_from=since, effective_to=until,
                short={"en": value},
            )  # fmt: skip
    version = make_version([Asked("h", "WT-REG")])
    version.questions.update(text={"en": "Are hours within {test_hours} a day?"})
    held = [Held(0, 1, date(2025, 12, 31), {"h": "compliant"}), Held(1, 1, DAY, {"h": "compliant"})]
    make_world(version, held, make_factories(2))
    assert [row["Question"] for row in rows_of(Choice(analyst.ASSESSMENT))] == [
        "Are hours within 8 a day?",
        "Are hours within 7 a day?",
    ]


def read(path: Path) -> list[list[Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    sheet = openpyxl.load_workbook(path, read_only=True)["Data"]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_no_cell_can_be_a_formula(world: Any, tmp_path: Path) -> None:
    for format in ("csv", "xlsx"):
        path = tmp_path / f"out.{format}"
        call_command("export_assessments", "--programme", "BD", "--out", str(path))
        names = {row[5] for row in read(path)}
        assert "'=HYPERLINK(1)" in names
        assert "=HYPERLINK(1)" not in names
    assert sheets.safe_text("@SUM(A1)") == "'@SUM(A1)"
    assert sheets.safe_text(-3) == "-3"


# -- members, plans, progress reports ----------------------------------------------------------


@pytest.fixture
def committee(bd: Any) -> Committee:
    factory = builders.make_factory("Teesta Denim")
    committee = Committee.objects.create(factory=factory, name="PC", formed_on=DAY)
    for title, name, side, chair, left in (
        ("Ms", "Rokeya Begum", "worker", True, None),
        ("Mr", "Hasan Ali", "management", False, date(2026, 6, 1)),
    ):
        CommitteeMember.objects.create(
            committee=committee, factory=factory, title=title, full_name=name, side=side,
            is_chair=chair, joined_on=DAY, left_on=left,
        )  # fmt: skip
    return committee


def test_committee_members(committee: Committee) -> None:
    rows = sorted(rows_of(Choice(analyst.COMMITTEE)), key=lambda row: str(row["Title"]))
    assert rows == [
        {
            "Title": "Mr", "Category": "Management side", "Is Current Chair": "No",
            "Date Left": "01/06/2026",
        },
        {"Title": "Ms", "Category": "Worker side", "Is Current Chair": "Yes", "Date Left": ""},
    ]  # fmt: skip
    masked = rows_of(Choice(analyst.COMMITTEE, details=True))
    assert {row["Name"] for row in masked} == {analyst.MASK}
    assert {row["organization_name"] for row in masked} == {"Teesta Denim"}
    shown = rows_of(Choice(analyst.COMMITTEE, details=True, mask_names=False))
    assert {row["Name"] for row in shown} == {"Rokeya Begum", "Hasan Ali"}


def test_plan_and_progress_reports(bd: Any) -> None:
    factory = builders.make_factory("Teesta Denim")
    cycle = builders.make_cycle(factory, number=2)
    plan = ImprovementPlan.objects.create(factory=factory, opened_on=DAY)
    PlanItem.objects.create(
        plan=plan, factory=factory, number=1, origin="advisory", point_id="OSH-EP", issue="Exit",
        status="in_progress",
    )  # fmt: skip
    ProgressReport.objects.create(
        factory=factory, cycle=cycle, number=2, sent_on=DAY,
        answers={"sd-1": {"question": "Do meetings take place?", "answer": "on_track"}},
    )  # fmt: skip
    assert rows_of(Choice(analyst.PLAN)) == [
        {"Compliance point": "Emergency Preparedness", "Status": "In Progress"}
    ]
    assert rows_of(Choice(analyst.PR2)) == [
        {
            "organization_id": factory.code, "organization_name": "Teesta Denim",
            "cycle_number": 2, "question": "Do meetings take place?", "answer": "On track",
        }
    ]  # fmt: skip


def test_progress_reports_speak_the_language_of_the_file(bd: Any) -> None:
    first, second = builders.make_factory("Teesta Denim"), builders.make_factory("Padma")
    rating = next(each for each in questions(2) if each.kind == "rating")
    for factory, language in ((first, "bn"), (second, "ar")):
        ProgressReport.objects.create(
            factory=factory, cycle=builders.make_cycle(factory, number=2), number=2, sent_on=DAY,
            answers={rating.code: {"question": rating.text[language], "answer": "no_progress"}},
        )  # fmt: skip
    for language in ("en", "bn", "ar"):
        found = rows_of(Choice(analyst.PR2, language=language))
        assert {row["question"] for row in found} == {rating.text[language]}
        assert len({row["answer"] for row in found}) == 1
    assert "no_progress" not in str(found)


# -- the page, the job, the trail ----------------------------------------------------------


def order(client: Any, **more: str) -> Any:
    form = {"kind": "assessment", "format": "csv", "language": "en", "key": "k1"} | more
    return client.post("/exports/", form)


def run(export: Export) -> Export:
    services.write_export(programme_id=export.programme_id, job_id=str(export.job_id))
    export.refresh_from_db()
    return export


def test_an_export_from_the_form_to_the_file(world: Any, sign_in: Any, bd: Any) -> None:
    client = sign_in("staff")
    answer = order(client)
    assert answer.status_code == 302
    assert order(client)["Location"] == answer["Location"]  # sent twice, made once
    export = Export.objects.get()
    page = client.get(answer["Location"])
    assert b"Waiting for its turn" in page.content
    run(export)
    assert export.row_count == 9
    assert export.file.original_name.endswith("-9-rows.csv")
    run(export)  # a second worker finds the work done
    assert Export.objects.get().file_id == export.file_id
    page = client.get(answer["Location"]).content.decode()
    assert "Export ready." in page
    assert "9 rows." in page
    data = b"".join(client.get(f"{answer['Location']}?file=1").streaming_content)
    assert len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))) == 10
    told = TrailEvent.objects.filter(action="exported").order_by("at")
    assert [event.facts.get("step", "asked") for event in told] == ["asked", "downloaded"]
    assert {event.role for event in told} == {"staff"}


def test_names_are_for_managers(committee: Committee, sign_in: Any) -> None:
    for role, name in (("staff", analyst.MASK), ("manager", "Rokeya Begum")):
        client = sign_in(role)
        order(client, kind="committee", details="on", key=role)
        export = run(Export.objects.get(parameters__key=role))
        text = files.read(export.file).decode("utf-8-sig")
        assert name in text
        assert ("Rokeya" in text) is (role == "manager")


def test_who_may_export_and_whose_exports_are_seen(world: Any, sign_in: Any) -> None:
    for role in ("advisor", "planner", "constituent", "ambassador"):
        client = sign_in(role)
        assert client.get("/exports/").status_code == 403
        assert order(client).status_code == 403
    staff = sign_in("staff")
    mine = order(staff)["Location"]
    assert sign_in("staff").get(mine).status_code == 404
    assert sign_in("manager").get(mine).status_code == 200
    assert sign_in("manager", programme="JO").get(mine).status_code == 404


def test_the_file_of_an_export_is_no_file_of_all_staff(committee: Committee, sign_in: Any) -> None:
    """Not even who knows its id: a manager's file holds names that staff get masked."""
    asked = {role: sign_in(role) for role in ("staff", "manager")}
    ids = {}
    for role, client in asked.items():
        order(client, kind="committee", details="on", key=role)
        ids[role] = run(Export.objects.get(parameters__key=role)).file_id
    own, theirs = (f"/files/{ids[role]}/" for role in ("staff", "manager"))
    assert asked["staff"].get(own).status_code == 200
    assert asked["manager"].get(theirs).status_code == 200
    assert sign_in("manager").get(own).status_code == 200
    assert asked["staff"].get(theirs).status_code == 404
    for role in ("staff", "advisor", "planner", "cat_editor", "ambassador", "global"):
        for file in (own, theirs):
            assert sign_in(role).get(file).status_code == 404, role
    assert sign_in("manager", programme="JO").get(theirs).status_code == 404


def test_a_wrong_form_explains_itself(bd: Any, sign_in: Any) -> None:
    answer = order(sign_in("staff"), since="2026-05-01", until="2026-01-01")
    assert answer.status_code == 422
    assert "The last day lies before the first day." in answer.content.decode()
    assert not Export.objects.exists()
    assert not Job.objects.exists()


def test_a_failed_export_says_so_and_leaves_no_half_file(
    world: Any, sign_in: Any, monkeypatch: Any
) -> None:
    client = sign_in("staff")
    where = order(client)["Location"]

    def broken(*args: Any, **more: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr(services, "keep_file", broken)
    export = Export.objects.get()
    with pytest.raises(OSError, match="disk full"):
        run(export)
    export.refresh_from_db()
    assert export.file_id is None
    assert "Nothing was lost." in client.get(where).content.decode()


# -- size ------------------------------------------------------------------------------------

ASSESSMENTS, QUESTIONS = 500, 300


@pytest.fixture
def large(bd: Any) -> Iterator[ToolVersion]:
    """500 assessments of 300 questions, written inside the database."""
    version = make_version([Asked(f"q{n:03}", "OSH-EP") for n in range(QUESTIONS)])
    factories = make_factories(ASSESSMENTS)
    make_world(version, [Held(i, 1, DAY, {}) for i in range(ASSESSMENTS)], factories)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO assessments_answer (programme_id, assessment_id, question_id, point_id,"
            " outcome, reason, finding, sources, value_text, value_choice, revision, answered_at)"
            " SELECT a.programme_id, a.id, q.id, q.point_id,"
            " CASE WHEN q.\"order\" %% 9 = 0 THEN 'non_compliant' ELSE 'compliant' END,"
            " '', '', '{}', '', '', 1, now()"
            " FROM assessments_assessment a JOIN assessments_toolquestion q"
            " ON q.version_id = a.version_id WHERE a.version_id = %s",
            [version.pk],
        )
        assert cursor.rowcount == ASSESSMENTS * QUESTIONS
    return version


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_500_assessments_of_300_questions(
    large: Any, sign_in: Any, format: str, monkeypatch: Any
) -> None:
    """All 150,000 rows arrive, progress is told on the way, and memory stays flat."""
    told: list[tuple[int, int]] = []
    real = services.queue.progress

    def progress(job: str, done: int, total: int, unit: str = "") -> None:
        told.append((done, total))
        real(job, done, total, unit)

    monkeypatch.setattr(services.queue, "progress", progress)
    client = sign_in("manager")
    order(client, format=format)
    export = Export.objects.get()
    # Python's own tracing would take minutes; the process's high-water mark costs nothing.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(export)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 80_000  # kB; all rows at once would take more than 200,000
    assert export.row_count == ASSESSMENTS * QUESTIONS
    assert told[-1] == (ASSESSMENTS, ASSESSMENTS)
    assert len(told) >= 10
    path = files.path_of(export.programme_id, export.file.sha256)
    if format == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(csv.reader(file))
        assert len(found) == 1 + ASSESSMENTS * QUESTIONS
        assert len({(row[2], row[9]) for row in found[1:]}) == ASSESSMENTS * QUESTIONS
    else:
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True)
        with zipfile.ZipFile(path) as archive:  # reading it cell by cell takes a minute
            written = archive.read("xl/worksheets/sheet1.xml").count(b"<row ")
        assert written == 1 + ASSESSMENTS * QUESTIONS
        facts = {row[0]: row[1] for row in book["About"].iter_rows(max_col=2, values_only=True)}
        assert facts["Rows"] == ASSESSMENTS * QUESTIONS
