"""The plain data of a version as YAML, and back with the line of each key."""

from __future__ import annotations

from typing import Any

import yaml
from django.utils.translation import gettext as _

from assessments.library import Problem
from assessments.library.files import File

from .places import ExchangeError, Fault, Path, check_shape, nothing_here, twice


class _Dumper(yaml.SafeDumper):
    """Sentences stand on lines of their own, and nothing is written as a reference."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


# Line ends that only a quoted text keeps as they are.
_RARE = frozenset("\x85\u2028\u2029")


def _quoted(dumper: _Dumper, text: str) -> yaml.Node:
    style = '"' if _RARE & set(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted)


def to_yaml(data: dict[str, Any]) -> str:
    """Readable YAML; every sign of every text comes back as it was."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


class _Lines:
    def __init__(self, file: File) -> None:
        self.file = file
        self.copies: list[tuple[Path, str]] = []  # a YAML file says everything once

    def fault(self, path: Path, reason: str) -> Fault:
        label = ".".join(str(part + 1 if isinstance(part, int) else part) for part in path)
        return Fault("", self.file.line(path) or 0, label, reason)


def _refuse_references(content: bytes) -> None:
    """A few references to references unfold to gigabytes, and a version needs none.

    Raises: ExchangeError. What else is wrong with the text is told later, with its line.
    """
    try:
        for event in yaml.parse(content, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise ExchangeError([Fault("", line, "", _("a reference (*): write it out"))])
    except (yaml.YAMLError, RecursionError):
        return


def _said(problem: Problem) -> str:
    """A fault of the text itself in the reader's language."""
    match problem.code:
        case "empty":
            return nothing_here()
        case "repeated":
            return twice(problem.key)
    return _("not YAML from here on: look for a quote, a bracket or an indent gone astray")


def read_yaml(content: bytes) -> tuple[dict[str, Any], _Lines]:
    """The plain data of a file, in the shape of the schema. Raises: ExchangeError."""
    problems: list[Problem] = []
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ExchangeError([Fault("", line, "", _("not text in UTF-8"))]) from error
    _refuse_references(content)
    try:
        file = File("file", content, problems)
    except RecursionError as error:
        raise ExchangeError([Fault("", 0, "", _("nested too deeply"))]) from error
    if problems:
        raise ExchangeError(
            Fault("", problem.line or 0, problem.key, _said(problem)) for problem in problems
        )
    places = _Lines(file)
    check_shape(file.data, places)
    return file.data, places
