"""`manage.py cat_check` and `cat_stats`: what they print, and when they fail."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from assessments import library as lib
from assessments.library import files, reading


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the library that the commands read instead of what ships."""
    root = tmp_path / "content"
    shutil.copytree(lib.CONTENT, root)
    for function in (reading.check, reading.load, files.digest):
        monkeypatch.setattr(function, "__defaults__", (root,))
    return root


def run(*arguments: str) -> tuple[str, CommandError | None]:
    out = io.StringIO()
    try:
        call_command(*arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), error
    return out.getvalue(), None


def checked(*arguments: str) -> tuple[dict[str, Any], CommandError | None]:
    text, error = run("cat_check", "--json", *arguments)
    return json.loads(text), error


def test_what_ships_passes() -> None:
    made, error = checked()
    assert error is None
    assert made["ok"] is True
    assert made["counts"]["error"] == 0
    assert {each["severity"] for each in made["findings"]} <= {"warning", "gap"}
    assert {each["scope"] for each in made["findings"]} <= {"library", *lib.load().overlays}


def test_one_country_alone() -> None:
    made, error = checked("--country", "JO")
    assert error is None
    assert {each["scope"] for each in made["findings"]} <= {"library", "JO"}
    _text, error = run("cat_check", "--country", "ZZ")
    assert error is not None
    assert "No tool for ZZ" in str(error)


def test_an_error_ends_with_code_one(content: Path) -> None:
    path = content / "cat" / "questions" / "occupational-safety.yaml"
    text = path.read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if line.startswith("  question: "))
    second = [line for line in text.splitlines() if line.startswith("  question: ")][1]
    path.write_text(text.replace(second, first), encoding="utf-8")
    made, error = checked()
    assert error is not None
    assert error.returncode == 1
    assert made["ok"] is False
    assert made["findings"][0]["code"] == "duplicate"
    assert made["findings"][0]["severity"] == "error"


def test_a_file_that_cannot_be_read_is_an_error(content: Path) -> None:
    path = content / "cat" / "questions" / "learning.yaml"
    path.write_text("- id: [unclosed", encoding="utf-8")
    made, error = checked()
    assert error is not None
    assert [each["code"] for each in made["findings"]].count("file") >= 1
    assert "learning.yaml:1" in json.dumps(made)


def test_gaps_are_counted_and_do_not_fail(content: Path) -> None:
    path = content / "cat" / "translations" / "bn" / "learning.yaml"
    path.write_text("LE-LE-01: {title: শিরোনাম}\n", encoding="utf-8")
    made, error = checked("--country", "BD")
    assert error is None
    gaps = [each for each in made["findings"] if each["severity"] == "gap"]
    assert {(each["lineage"], each["field"]) for each in gaps} >= {("LE-LE-01", "text")}
    assert {each["language"] for each in gaps} == {"bn"}


def test_counts_add_up() -> None:
    text, error = run("cat_stats", "--json")
    assert error is None
    made = json.loads(text)
    whole = made["library"]
    assert whole["questions"] == sum(whole["kinds"].values()) == len(lib.load().questions)
    assert whole["kinds"]["ncq"] >= 240
    assert whole["kinds"]["fgw"] >= 70
    for part in (whole, *made["countries"].values()):
        for level in ("clusters", "points"):
            assert sum(sum(n.values()) for n in part[level].values()) == part["questions"]
        english = part["strings"]["en"]
        assert english["missing"] == 0
        for states in part["strings"].values():
            assert sum(states.values()) == sum(english.values())
            assert states["reviewed"] == 0  # nobody has reviewed anything yet
    assert len(made["law"]) == 13


def test_counts_of_one_country() -> None:
    text, _error = run("cat_stats", "--json", "--country", "VN")
    assert list(json.loads(text)["countries"]) == ["VN"]
    _text, error = run("cat_stats", "--country", "ZZ")
    assert error is not None
    text, _error = run("cat_stats")
    assert text.startswith("library: ")
