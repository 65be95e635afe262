"""The YAML files of the library: their data, the line of each key, and their JSON Schemas."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from .records import Problem

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

try:
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # PyYAML built without libyaml: slower, same result
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]

CONTENT = Path(__file__).resolve().parent.parent / "content"
SCHEMAS = CONTENT / "schema"


class Loader(_BaseLoader):
    """Safe YAML where a date stays text, so that 2025-02-30 is a fault at its line, not a crash."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _BaseLoader.yaml_implicit_resolvers.items()
}


class File:
    """One YAML file: its data, and the line of each key for messages."""

    def __init__(self, name: str, content: bytes, problems: list[Problem]) -> None:
        self.name, self.problems = name, problems
        self.data: Any = None
        self._node: yaml.Node | None = None
        loader = None
        try:
            loader = Loader(content)
            self._node = loader.get_single_node()
            if self._node is not None:
                self._report_repeated_keys(self._node)
                self.data = _text_keys(loader.construct_document(self._node))
            else:
                self.error((), "the file is empty", "Fill it or delete it", code="empty")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else None
            what = getattr(error, "problem", None) or str(error)
            remedy = "Mend the YAML at this line; quote text that holds ': ', '#' or brackets"
            problem = Problem(self.name, line, "-", f"not valid YAML ({what})", remedy, code="yaml")
            problems.append(problem)
        finally:
            if loader is not None:
                loader.dispose()

    def _report_repeated_keys(self, node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    remedy = "Keep one of the two"
                    message = "the key stands twice"
                    problem = Problem(self.name, line, key.value, message, remedy, code="repeated")
                    self.problems.append(problem)
                seen.add(key.value)
                self._report_repeated_keys(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self._report_repeated_keys(value)

    def line(self, path: Iterable[object]) -> int | None:
        """Line of a key path, or of the deepest part of it that exists."""
        node = self._node
        if node is None:
            return None
        line = node.start_mark.line + 1
        for part in path:
            found: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(part):
                        found, line = value, key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                found = node.value[part] if part < len(node.value) else None
                line = found.start_mark.line + 1 if found else line
            if found is None:
                break
            node = found
        return line

    def error(
        self, path: Iterable[object], message: str, remedy: str, key: str = "", code: str = ""
    ) -> None:
        self._add(path, message, remedy, key, "error", code)

    def gap(self, path: Iterable[object], message: str, remedy: str, key: str = "") -> None:
        self._add(path, message, remedy, key, "gap")

    def _add(
        self,
        path: Iterable[object],
        message: str,
        remedy: str,
        key: str,
        severity: str,
        code: str = "",
    ) -> None:
        path = tuple(path)
        label = key or ".".join(str(part) for part in path) or "-"
        line = self.line(path)
        self.problems.append(Problem(self.name, line, label, message, remedy, severity, code))


def _text_keys(data: Any) -> Any:
    """Mapping keys as text: an unquoted `no` or `1` as key would be no text."""
    if isinstance(data, dict):
        return {str(key): _text_keys(value) for key, value in data.items()}
    return [_text_keys(value) for value in data] if isinstance(data, list) else data


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # 2 MB that only a check of files needs

    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def fits_schema(file: File, name: str) -> bool:
    """Report each departure from the schema at its line; False if there is any."""
    if file.data is None:
        return False
    fits = True
    for error in _validator(name).iter_errors(file.data):
        fits = False
        path = tuple(error.absolute_path)
        file.error(path, _schema_message(error), _schema_remedy(error), _label(file.data, path))
    return fits


def schema_errors(data: Any, name: str) -> Iterator[ValidationError]:
    """Each departure of plain data from a schema, with its path and the rule it breaks."""
    yield from _validator(name).iter_errors(data)


def _schema_message(error: Any) -> str:
    if error.validator == "additionalProperties":
        known = set(error.schema.get("properties", ()))
        unknown = sorted(set(error.instance) - known)
        return f"unknown key {', '.join(unknown)}"
    if error.validator == "maxLength":
        return f"{len(error.instance)} characters, at most {error.validator_value} allowed"
    if error.validator == "oneOf":
        return f"{error.instance!r} has none of the forms allowed here"
    return str(error.message)


def _schema_remedy(error: Any) -> str:
    match error.validator:
        case "additionalProperties":
            return f"Allowed here: {', '.join(error.schema.get('properties', ()))}"
        case "required":
            return "Add the missing key"
        case "enum":
            allowed = ", ".join(str(value) for value in error.validator_value)
            return f"Use one of: {allowed}"
        case "pattern":
            return f"Write it in the form {error.validator_value}"
        case "type":
            return "Change the value to that type; quote words such as yes, no and on"
        case "maxLength":
            return "Shorten it"
    return "See docs/development/cat-content.md"


def _label(data: Any, path: tuple[object, ...]) -> str:
    """The key path in words a person knows: question id or law code instead of an index."""
    parts: list[str] = []
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            parts.append(str(part))
            break
        known = isinstance(data, dict) and (data.get("id") or data.get("code"))
        parts.append(str(known) if isinstance(part, int) and known else str(part))
    return ".".join(parts)


def digest(root: Path = CONTENT) -> str:
    """Hash of every content file (name and bytes): the same text gives the same digest."""
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.yaml")):
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()
