"""Reads of factories, their cycles and committees: one module per noun, all named here."""

from .cycles import (
    CycleOverview,
    current_cycle,
    current_cycles,
    cycle_overview,
    cycle_settings,
    cycles,
    is_public_holiday,
    latest_cycles,
    programme_in_scope,
    running_cycles_of,
    working_day_test,
)

__all__ = [
    "CycleOverview",
    "current_cycle",
    "current_cycles",
    "cycle_overview",
    "cycle_settings",
    "cycles",
    "is_public_holiday",
    "latest_cycles",
    "programme_in_scope",
    "running_cycles_of",
    "working_day_test",
]
