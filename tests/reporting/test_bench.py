"""The benchmark works on worlds of a few assessments. Its timings are nobody's test."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from reporting.bench.budgets import Line, number

VERDICTS = {"ok", "over", "missing", "info"}


@pytest.fixture(scope="module")
def var_dir() -> Path:
    """Worlds of its own, kept like those of a real run."""
    return Path(settings.VAR_DIR) / "bench"


def test_each_work_has_its_lines(var_dir: Path) -> None:
    said, told = io.StringIO(), io.StringIO()
    call_command(
        "bench", sizes="3,6", rounds=2, var=var_dir, only="assessment", stdout=said, stderr=told
    )
    lines = said.getvalue().splitlines()
    # name value unit limit verdict
    assert all(len(line.split()) == 5 for line in lines)
    assert {line.split()[4] for line in lines} <= VERDICTS
    names = [line.split()[0] for line in lines]
    for work in ("create_assessment", "list_assessments"):
        expected = ("3", "6", "growth", "sql", "parameters_growth")
        assert [name for name in names if name.startswith(work)][:5] == [
            f"{work}_{part}" for part in expected
        ], told.getvalue()
    assert "list_assessments_scans_of_answers 0 scans 0 ok" in lines
    # What a run writes is gone after it: the next one finds the worlds as they were.
    again = io.StringIO()
    call_command(
        "bench", sizes="3,6", rounds=1, var=var_dir, only="summary", json=True, stdout=again
    )
    document = json.loads(again.getvalue())
    assert document["sizes"] == [3, 6]
    found = {line["name"]: line for line in document["lines"]}
    assert found["summary_rebuild_differences"]["value"] == 0
    assert found["rates_that_differ_from_raw"]["value"] == 0
    assert 0 < found["summary_rebuild_differences"]["rows"] <= 6 * 38


def test_verdicts() -> None:
    assert str(Line("work_100", 41.26, "ms", 40)) == "work_100 41.3 ms 40 over"
    assert str(Line("work_100", 39.9, "ms", 40)) == "work_100 39.9 ms 40 ok"
    assert str(Line("pair", 1.9, "x", 1.8, at_least=True)) == "pair 1.90 x min:1.80 ok"
    assert str(Line("pair", 1.7, "x", 1.8, at_least=True)) == "pair 1.70 x min:1.80 over"
    assert str(Line("bare", 2.0, "ms")) == "bare 2 ms - info"
    assert str(Line("page", None, "ms", 40, why="no address")) == "page - - 40 missing"


def test_a_value_is_judged_as_it_is_printed() -> None:
    line = Line("growth", 1.1004, "x", 1.1)
    assert number(1.1004) == "1.10"
    assert line.verdict == "ok"


@pytest.mark.parametrize("sizes", ["100", "6,3", "a,b", "0,3"])
def test_two_sizes_the_smaller_first(sizes: str) -> None:
    with pytest.raises(CommandError, match="two sizes"):
        call_command("bench", sizes=sizes)
