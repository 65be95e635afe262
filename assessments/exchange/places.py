"""Where a piece of the plain data stands in the file it was read from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext as _

from assessments.library.files import schema_errors

if TYPE_CHECKING:
    from jsonschema import ValidationError

Path = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file. `row` counts from 1; 0 where it is about the whole sheet.

    In a YAML file there is no sheet, the row is the line and the column the way to the key.
    """

    sheet: str
    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        parts = [
            self.sheet and f"sheet {self.sheet}",
            self.row and f"row {self.row}",
            self.column and f"column {self.column}",
        ]
        return ", ".join(str(part) for part in parts if part) + f": {self.reason}"


class ExchangeError(ValueError):
    """The file cannot be taken in; `faults` holds everything wrong with it. Nothing was loaded."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Places(Protocol):
    """Finds the place of a path in the plain data."""

    # English that stands in the file a second time, for reading, and differs from the first:
    # (("copies", place of the question, field), text).
    copies: list[tuple[Path, str]]

    def fault(self, path: Path, reason: str) -> Fault: ...


def check_shape(data: Any, places: Places) -> None:
    """Hold the plain data against the schema. Raises: ExchangeError."""
    faults = [
        places.fault((*error.absolute_path, *extra), reason)
        for error in schema_errors(data, "exchange")
        for extra, reason in _reasons(error)
    ]
    if faults:
        raise ExchangeError(faults)


def _reasons(error: ValidationError) -> list[tuple[Path, str]]:
    """What is wrong in the reader's language, each with the rest of the way to where it is."""
    # jsonschema types them as wide as a schema can be; here they are plain data.
    rule: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "additionalProperties":
            known = schema.get("properties", {})
            return [
                ((name,), _in_order(no_such_key(name), one_of(known)))
                for name in sorted(set(value) - set(known))
            ]
        case "required":
            missing = [name for name in rule if name not in value]
            # One error for each key that is missing; jsonschema tells which in its message alone.
            named = [name for name in missing if error.message.startswith(f"{name!r} ")]
            return [((), _("the key “%(name)s” is missing") % {"name": name}) for name in named]
        case "enum":
            allowed = dict.fromkeys(str(value) for value in rule if not isinstance(value, bool))
            return [((), one_of(allowed))]
        case "const":
            return [((), one_of([str(rule)]))]
        case "pattern":
            examples = ", ".join(schema.get("examples", ()))
            reason = _("write it like this: %(examples)s") % {"examples": examples}
            is_key = "propertyNames" in error.absolute_schema_path
            return [((value,) if is_key else (), reason)]
        case "type":
            return [((), _wanted(rule))]
        case "minLength" | "minItems":
            return [((), nothing_here())]
        case "uniqueItems":
            repeated = [each for each in value if value.count(each) > 1]
            return [((), twice(str(name))) for name in dict.fromkeys(map(str, repeated))]
        case "minimum":
            return [((), _("at least %(least)s") % {"least": rule})]
    raise NotImplementedError(f"a rule of the schema without words: {error.validator}")


def _wanted(kinds: str | list[str]) -> str:
    words = {
        "string": _("a text is wanted here; put yes, no, dates and codes in quotes"),
        "number": _("a number is wanted here"),
        "integer": _("a whole number is wanted here"),
        "array": _("a list is wanted here"),
        "object": _("keys with values are wanted here"),
    }
    return words[kinds if isinstance(kinds, str) else kinds[0]]


def one_of(names: Iterable[str]) -> str:
    return _("one of %(names)s") % {"names": ", ".join(names)}


def no_such_key(name: str) -> str:
    return _("no key is called “%(name)s” here") % {"name": name}


def twice(name: str) -> str:
    return _("%(name)s is there twice") % {"name": name}


def nothing_here() -> str:
    return _("nothing is written here")


def _in_order(*sentences: str) -> str:
    return "; ".join(sentences)
