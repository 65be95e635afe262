"""The questions of the progress reports, from progress_reports.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

KINDS = ("text", "yes_no", "rating")
FILE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. text: by language, English always there."""

    code: str
    kind: str
    text: dict[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    title: dict[str, str]
    questions: tuple[Question, ...]


@cache
def sections(number: int) -> tuple[Section, ...]:
    """The sections of Progress Report 1 or 2. Raises: ValueError for a file that is not whole."""
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    found = tuple(
        Section(
            each["section"],
            each["title"],
            tuple(Question(q["code"], q["kind"], q["text"]) for q in each["questions"]),
        )
        for each in data["reports"][number]
    )
    codes = [question.code for section in found for question in section.questions]
    if len(codes) != len(set(codes)):
        raise ValueError("a question's code stands twice")
    for section in found:
        for question in section.questions:
            if question.kind not in KINDS or "en" not in question.text:
                raise ValueError(f"{question.code} is not whole")
    return found


def questions(number: int) -> tuple[Question, ...]:
    return tuple(each for section in sections(number) for each in section.questions)
