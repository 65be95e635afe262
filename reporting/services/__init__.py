"""Writes of this app: one module per noun, all named here."""

from .ordering import order_again, order_correction, order_reports
from .reading import record_reading
from .writing import write_report

__all__ = [
    "order_again",
    "order_correction",
    "order_reports",
    "record_reading",
    "write_report",
]
