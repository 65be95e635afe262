"""The state of each string: a draft until a native speaker reviewed it, again when it changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from assessments import library as lib


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    root = tmp_path / "content"
    shutil.copytree(lib.CONTENT, root)
    return root


def write(root: Path, language: str, marks: dict[str, object]) -> None:
    folder = root / "cat" / "states"
    folder.mkdir(exist_ok=True)
    (folder / f"{language}.yaml").write_text(yaml.safe_dump(marks), encoding="utf-8")


def test_nothing_that_ships_is_called_reviewed() -> None:
    library = lib.load()
    assert {q.id for q in library.questions.values() if q.reviewed} == set()
    question = library.questions["OSH-EP-03"]
    assert lib.state(question, "title", "bn") == "draft"
    assert lib.state(question, "title", "xx") == "missing"


def test_a_mark_makes_a_string_reviewed(copy: Path) -> None:
    question = lib.load(copy).questions["OSH-EP-03"]
    marked = {name: lib.mark(question, name, "bn") for name in ("title", "look_at")}
    write(copy, "bn", {"OSH-EP-03": marked})
    library = lib.load(copy)
    fresh = library.questions["OSH-EP-03"]
    assert fresh.reviewed == {"bn": frozenset({"title", "look_at"})}
    assert lib.state(fresh, "title", "bn") == "reviewed"
    assert lib.state(fresh, "question", "bn") == "draft"
    in_tool = next(q for q in library.tool("BD").questions if q.id == "OSH-EP-03")
    assert in_tool.reviewed == fresh.reviewed


@pytest.mark.parametrize("language", ["bn", "en"])
def test_changed_words_are_a_draft_again(copy: Path, language: str) -> None:
    question = lib.load(copy).questions["OSH-EP-03"]
    write(copy, "bn", {"OSH-EP-03": {"title": lib.mark(question, "title", "bn")}})
    folder = "questions" if language == "en" else "translations/bn"
    path = copy / "cat" / folder / "occupational-safety.yaml"
    old = question.text("title", language)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, f"{old[:-3]} X", 1), encoding="utf-8")
    library = lib.load(copy)
    assert not library.questions["OSH-EP-03"].reviewed
    lapsed = [gap.key for gap in library.gaps if gap.file == "cat/states/bn.yaml"]
    assert lapsed == ["OSH-EP-03"]


def test_a_reworded_string_was_not_reviewed(copy: Path) -> None:
    reworded = next(iter(lib.load(copy).overlays["BD"].reworded))
    question = lib.load(copy).questions[reworded]
    write(copy, "bn", {reworded: {"question": lib.mark(question, "question", "bn")}})
    library = lib.load(copy)
    assert library.questions[reworded].reviewed == {"bn": frozenset({"question"})}
    in_tool = {q.id: q for q in library.tool("BD").questions}[reworded]
    assert in_tool.reviewed == {}
    # Both wordings reviewed: both marks stand.
    both = [lib.mark(each, "question", "bn") for each in (question, in_tool)]
    write(copy, "bn", {reworded: {"question": both}})
    in_tool = {q.id: q for q in lib.load(copy).tool("BD").questions}[reworded]
    assert in_tool.reviewed == {"bn": frozenset({"question"})}


@pytest.mark.parametrize(
    "marks",
    [
        {"OSH-EP-03": {"title": "yes"}},
        {"OSH-EP-03": {"colour": "0123abcd"}},
        {"OSH-EP-99": {"title": "0123abcd"}},
    ],
)
def test_a_malformed_file_of_states_is_refused(copy: Path, marks: dict[str, object]) -> None:
    write(copy, "bn", marks)
    with pytest.raises(lib.LibraryError, match=r"states/bn\.yaml"):
        lib.load(copy)


def test_sections_of_the_framework_follow_the_point() -> None:
    library = lib.load()
    caf = library.caf
    assert set(caf.versions) == {"1.4", "1.7"}
    for question in library.questions.values():
        assert {s for each in question.slcp.values() for s in each} <= set(caf.sections)
    assert library.questions["OSH-EP-03"].slcp["1.7"] == ("health_and_safety",)
    # Systems and learning are not part of what is sent.
    unmapped = {q.cluster for q in library.questions.values() if not q.slcp}
    assert unmapped == {"SY", "LE", "PI", "CT"}
