"""The published figures come out of the dashboard's own code, from raw answers to the cell."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from assessments import summaries
from assessments.models import CompliancePoint
from assessments.rules.rates import BalancedPanel, LatestInWindow
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from reporting import published, rates
from reporting.published import Published
from reporting.rates import Query

from .worlds import Asked, Held, make_factories, make_version, make_world

TABLES = published.tables()


def programme(code: str) -> Programme:
    with scope.platform_scope():
        names = {"NI": "Nicaragua", "HT": "Haiti"}
        return Programme.objects.get_or_create(
            code=code,
            defaults={"country": code, "name": {"en": names.get(code, code)}, "weekly_rest": [6]},
        )[0]


def questions_of(table: Published) -> list[Asked]:
    """Three questions a point, those the report names among them, and a fact around them."""
    asked = []
    for case in table.cases:
        names = [*case.questions, *(f"{case.point}-{n}" for n in (1, 2, 3))]
        asked += [Asked(name, case.point) for name in names]
        asked.append(Asked(f"{case.point}-fact", case.point, "fgw"))
    return asked


def raw_answers(table: Published) -> list[Held]:
    """The last assessment of each factory as published; before it, others with other findings.

    Around them what a real programme holds: an older assessment of the same factory in the same
    period with the opposite finding, one in a period before, and factories that left.
    """
    cycles = int(table.selection.get("cycles", 2))
    held = []
    length = (table.until - table.since).days
    for factory in range(table.factories + 2):
        for cycle in range(1, cycles + 1):
            day = table.since + timedelta(days=length * cycle // cycles - factory % 7)
            if table.selection["kind"] == "window":
                # All in the period: the latest is the one that counts.
                day = table.until - timedelta(days=(cycles - cycle) * 60 + factory)
            answers = {}
            for case in table.cases:
                is_last = cycle == cycles
                found = factory < case.found if is_last else factory >= case.found
                for place in (1, 2, 3):
                    hit = found and place <= 1 + factory % 2
                    answers[f"{case.point}-{place}"] = "non_compliant" if hit else "compliant"
                for name, count in case.questions.items():
                    hit = is_last and factory < count
                    answers[name] = "non_compliant" if hit else "compliant"
                answers[f"{case.point}-fact"] = ""
            held.append(Held(factory, cycle, day, answers))
    return held


@pytest.fixture(params=TABLES, ids=lambda table: table.name)
def table(request: Any, db: None) -> Any:
    found: Published = request.param
    home = programme(found.country)
    with scope.programme_scope(home.pk):
        factories = make_factories(found.factories, region="North")
        gone = make_factories(2, region="North", status="left", status_reason="Moved away.")
        version = make_version(questions_of(found))
        make_world(version, raw_answers(found), [*factories, *gone])
        summaries.rebuild_results()
        yield found


def query_of(table: Published) -> Query:
    if table.selection["kind"] == "panel":
        cycles, cycle = int(table.selection["cycles"]), int(table.selection["cycle"])
        return Query(BalancedPanel(cycles, cycle))
    return Query(LatestInWindow(table.since, table.until))


def address(table: Published) -> str:
    if table.selection["kind"] == "panel":
        return f"panel={table.selection['cycles']}&cycle={table.selection['cycle']}&period=all"
    return f"period=dates&from={table.since}&to={table.until}"


def test_the_counts_of_a_published_table(table: Published) -> None:
    figures = rates.figures({"now": query_of(table)})["now"]
    assert figures.n == table.factories
    for case in table.cases:
        counted = figures.point(case.point)
        assert (counted.rate.count, counted.rate.n) == (case.found, case.n), case.point
        if case.percent is not None:
            assert counted.percent == case.percent, case.point
        questions = {
            q.lineage: q.counted for q in rates.question_figures(query_of(table), case.point)
        }
        for name, count in case.questions.items():
            assert questions[name].rate.count == count
        if case.questions:
            assert questions["access-to-documents"].percent == 9
        behind = rates.factories_behind(query_of(table), case.point)
        assert len(behind) == case.found


def cell(page: str, name: str) -> list[str]:
    """Text of the cells of the table row whose head says `name`."""
    row = next(r for r in re.findall(r"<tr>(.*?)</tr>", page, re.S) if f">{name}<" in r)
    texts = [re.sub(r"<[^>]+>", "", td) for td in re.findall(r"<td.*?</td>", row, re.S)]
    return [text.strip() for text in texts]


def test_the_page_shows_the_printed_figure(table: Published, sign_in: Any) -> None:
    """The rendered cells of the rates page, its file, and the dashboard's own heat table."""
    client = sign_in("manager", programme=table.country)
    answer = client.get(f"/rates/?{address(table)}")
    assert answer.status_code == 200
    page = answer.content.decode()
    sheet = openpyxl.load_workbook(
        io.BytesIO(client.get(f"/rates/?{address(table)}&format=xlsx").content), read_only=True
    ).worksheets[0]
    in_file = {row[1]: row[2:5] for row in sheet.iter_rows(min_row=2, values_only=True)}
    dashboard = client.get(f"/overview/?{address(table)}").content.decode()
    year = table.until.year
    for case in table.cases:
        with scope.anonymous_scope():
            name = CompliancePoint.objects.get(pk=case.point).name["en"]
        count, n, percent = cell(page, name)[:3]
        assert (count, n) == (str(case.found), str(case.n)), name
        assert in_file[name][:2] == (case.found, case.n)
        if case.percent is not None:
            assert percent == str(case.percent), name
            assert in_file[name][2] == case.percent
        # The heat table holds the same figure where its year holds the same assessments.
        if table.selection["kind"] == "window" and table.since.year == year:
            assert cell(dashboard, name)[-1] == percent
        point = client.get(f"/rates/?{address(table)}&point={case.point}").content.decode()
        assert f"{case.found} of {case.n} assessed factories" in point


def test_the_command_prints_them(table: Published, capsys: Any) -> None:
    options = ["--programme", table.country, "--json"]
    if table.selection["kind"] == "panel":
        options += [
            "--panel",
            str(table.selection["cycles"]),
            "--cycle",
            str(table.selection["cycle"]),
        ]
    else:
        options += ["--from", str(table.since), "--to", str(table.until)]
    call_command("nc_rates", *options)
    found = json.loads(capsys.readouterr().out)
    assert found["basis"] == "held"
    assert found["n_factories"] == table.factories
    points = {p["code"]: p for c in found["clusters"] for p in c["points"]}
    for case in table.cases:
        assert (points[case.point]["count"], points[case.point]["n"]) == (case.found, case.n)
        if case.percent is not None:
            assert points[case.point]["percent"] == case.percent


def test_every_table_says_where_it_is_from() -> None:
    assert {table.country for table in TABLES} == {"JO", "NI", "HT"}
    for each in TABLES:
        assert each.source.startswith("https://")
        assert each.note
        assert each.since <= each.until
        assert isinstance(each.since, date)


def test_a_month_is_a_whole_month(bd: Any, capsys: Any) -> None:
    version = make_version([Asked("x", "OSH-EP")])
    days = [date(2015, 5, 31), date(2015, 6, 1), date(2017, 7, 31), date(2017, 8, 1)]
    make_world(
        version,
        [Held(i, 1, day, {"x": "non_compliant"}) for i, day in enumerate(days)],
        make_factories(4),
    )
    summaries.rebuild_results()
    arguments = [
        "--programme",
        "BD",
        "--from",
        "2015-06",
        "--to",
        "2017-07",
        "--cycle",
        "1",
        "--json",
    ]
    call_command("nc_rates", *arguments)
    found = json.loads(capsys.readouterr().out)
    assert found["n_factories"] == 2
    assert found["selection"] == {
        "kind": "cycle", "cycle": 1, "from": "2015-06-01", "to": "2017-07-31",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--from", "2017-07", "--to", "2015-06"], "is after"),
        (["--panel", "2", "--cycle", "3"], "one of the cycles"),
        (["--cycle", "0"], "begins at 1"),
        (["--panel", "2", "--from", "2015-06"], "goes by cycles"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(bd: Any, asked: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("nc_rates", "--programme", "BD", *asked)


def test_figures_for_people_begin_with_what_was_chosen(bd: Any, capsys: Any) -> None:
    version = make_version([Asked("x", "OSH-EP")])
    make_world(version, [Held(0, 1, date(2016, 5, 1), {"x": "non_compliant"})], make_factories(1))
    summaries.rebuild_results()
    call_command("nc_rates", "--programme", "BD", "--from", "2015-06")
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "BD, latest per factory (from 2015-06-01), assessments held, n = 1"
    assert "  Emergency Preparedness: 1/1 = 100 %" in lines
