"""What the checker says of one place of the tool."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a version from being published; a warning or a gap is shown only."""

    ERROR = "error"
    WARNING = "warning"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `lineage`, `language` and `field` are empty where it is about the whole.

    `code` is stable; `message` is a sentence for people, in the language in use.
    """

    code: str
    severity: Severity
    lineage: str
    language: str
    field: str
    message: str
