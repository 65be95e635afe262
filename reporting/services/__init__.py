"""Writes of this app: one module per noun, all named here."""

from .ordering import order_again, order_correction, order_reports
from .reading import record_reading
from .stopping import give_up
from .writing import write_report

__all__ = [
    "give_up",
    "order_again",
    "order_correction",
    "order_reports",
    "record_reading",
    "write_report",
]
