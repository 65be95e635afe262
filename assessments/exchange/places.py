"""Where a piece of the plain data stands in the file it was read from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from assessments.library.files import schema_faults

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
    faults = [places.fault(path, reason) for path, reason in schema_faults(data, "exchange")]
    if faults:
        raise ExchangeError(faults)
