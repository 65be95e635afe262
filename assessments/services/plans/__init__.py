"""Plans of sealed visits: made at night or by hand, checked, stored, changed, applied.

Facts are read in one transaction and the plan is stored in another, only if the facts are still
the same; the planner runs between them, in none. Whatever is killed, doubled or late ends alike: a
run is one row for one cause, and a visit that has its day is not drawn again.
"""

from .asking import PLAN_TASK, REPLAN_TASK, local_today, request_plan, request_replan
from .by_hand import (
    check_move,
    choose_modality,
    lock_visit,
    move_visit,
    open_days,
    redraw_visit,
    widen_window,
)
from .making import STEPS, run_plan
from .opening import open_horizon
from .replanning import apply_replan, clashes, discard_replan, run_replan

__all__ = [
    "PLAN_TASK",
    "REPLAN_TASK",
    "STEPS",
    "apply_replan",
    "check_move",
    "choose_modality",
    "clashes",
    "discard_replan",
    "local_today",
    "lock_visit",
    "move_visit",
    "open_days",
    "open_horizon",
    "redraw_visit",
    "request_plan",
    "request_replan",
    "run_plan",
    "run_replan",
    "widen_window",
]
