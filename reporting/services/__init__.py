"""Writes of this app: one module per noun, all named here."""

from .ordering import order_again, order_correction, order_reports
from .reading import record_reading
from .stopping import give_up
from .tool_paper import order_tool_paper, write_tool_paper
from .writing import write_report

__all__ = [
    "give_up",
    "order_again",
    "order_correction",
    "order_reports",
    "order_tool_paper",
    "record_reading",
    "write_report",
    "write_tool_paper",
]
