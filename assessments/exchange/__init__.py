"""A version of the tool as one file, out and in again without loss: a workbook or YAML.

Both are the same plain data (`assessments/content/schema/exchange.json`); where each piece of it
stands in the file is kept beside it, so that a fault is told by sheet, row and column or by line.
"""

from __future__ import annotations

from .places import ExchangeError, Fault, Places
from .sheets import read_workbook, workbook
from .text import read_yaml, to_yaml

__all__ = [
    "ExchangeError",
    "Fault",
    "Places",
    "read_workbook",
    "read_yaml",
    "to_yaml",
    "workbook",
]
