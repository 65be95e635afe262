"""Published figures as small data sets: raw answers that must give the printed figures.

One file per published table that states both a count and its n. The findings are laid out so that
each printed figure comes out of raw answers by the analysts' rules; factories are numbered, since
the reports name none. `cases` of a file:

    point:     compliance point code
    found:     factories with a non-compliance in the point (the published count)
    n:         factories the point was assessed in
    percent:   as printed, in whole per cent; left out where the report prints the count alone
    questions: where a report gives a question of the point: {question: found}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    point: str
    found: int
    n: int
    percent: int | None = None
    questions: dict[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Published:
    """One published table.

    selection: {"kind": "window"} or {"kind": "panel", "cycles": count, "cycle": number}.
    """

    name: str
    country: str
    title: str
    source: str
    since: date
    until: date
    factories: int
    selection: dict[str, int | str] = field(hash=False)
    cases: tuple[Case, ...] = ()
    note: str = ""


@lru_cache
def tables() -> tuple[Published, ...]:
    """Every published table, by file name."""
    return tuple(_read(path) for path in sorted(HERE.glob("*.yaml")))


def _read(path: Path) -> Published:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    cases = tuple(Case(**case) for case in found.pop("cases"))
    return Published(name=path.stem, cases=cases, **found)
