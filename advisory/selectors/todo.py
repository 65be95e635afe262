"""What waits for a person of the factory, and for whom the rest waits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisory.rules.plan import Position
from assessments.models import Assessment
from betterwork.permissions import TABLE, Permission
from betterwork.ui import formats, parts
from factories.models import EngagementCycle
from factories.rules.clocks import ActionKey
from factories.selectors import CycleOverview, current_cycle, cycle_overview

from .item_page import link, who_of, your_task
from .plan import Board, Row

SHOWN = 6  # a longer list is one tap away, in the plan


@dataclass(frozen=True)
class Todo:
    """One card of the phone page; `note` is what the last one said when it came back."""

    action: parts.Action
    note: str = ""
    note_by: str = ""


@dataclass(frozen=True)
class Actions:
    mine: list[Todo] = field(default_factory=list)
    mine_total: int = 0
    mine_late: int = 0
    others: list[parts.Action] = field(default_factory=list)
    more: int = 0


def actions_of(
    board: Board,
    *,
    role: str,
    position: Position,
    factory_id: UUID,
    today: date,
    initials: str = "",
) -> Actions:
    """The two lists of the first screen: your move, and waiting for others."""
    own = board.waiting(position)
    todos = [*_from_cycle(role, factory_id, today), *(_of_item(row, position) for row in own)]
    todos.sort(key=_urgency)
    late = sum(1 for todo in todos if todo.action.clock and todo.action.clock.state == "late")
    shown = [
        Todo(_shown(todo.action, at == 0, initials), todo.note, todo.note_by)
        for at, todo in enumerate(todos[:SHOWN])
    ]
    return Actions(shown, len(todos), late, _others(board, position), len(todos) - len(shown))


def _urgency(todo: Todo) -> tuple[date, str]:
    clock = todo.action.clock
    return (clock.due_on if clock and clock.due_on else date.max, str(todo.action.what))


def _shown(action: parts.Action, is_primary: bool, initials: str) -> parts.Action:
    you = replace(action.who, initials=initials)
    return replace(action, who=you, is_primary=is_primary)


def _you(position_or_task: str) -> parts.Who:
    return parts.Who(_("You"), position_or_task, is_you=True)


def _of_item(row: Row, position: Position) -> Todo:
    item = row.item
    button = {
        Position.AMBASSADOR: _("Add photos or progress")
        if row.item.action
        else _("Write down the action"),
        Position.WORKER_MEMBER: _("Look and confirm"),
        Position.MANAGEMENT_MEMBER: _("Look and confirm"),
        Position.ADVISOR: _("Look and verify"),
    }[position]
    detail = _("Item %(number)s · %(point)s") % {
        "number": formats.number(item.number),
        "point": row.point,
    }
    action = parts.Action(
        _you(your_task(position)),
        row.heading,
        link("advisory:item", item.pk),
        button,
        detail,
        row.clock,
    )
    return Todo(action, row.note, row.note_by)


def _from_cycle(role: str, factory_id: UUID, today: date) -> list[Todo]:
    """What the engine asks of the factory now: draft to read, self-diagnosis, progress reports."""
    cycle = current_cycle(factory_id, today)
    if cycle is None:
        return []
    overview = cycle_overview([cycle], today)[cycle.pk]
    allowed = TABLE.get(role, frozenset())
    found = []
    for action in overview.actions:
        card = _cycle_card(action.key, cycle, overview, today, allowed)
        if card is not None:
            found.append(card)
    return found


def _cycle_card(
    key: ActionKey,
    cycle: EngagementCycle,
    overview: CycleOverview,
    today: date,
    allowed: frozenset[Permission],
) -> Todo | None:
    clock = next((a for a in overview.actions if a.key is key), None)
    due_on = clock.due_on if clock else None
    if key is ActionKey.COMMENT_ON_DRAFT and Permission.COMMENT_DRAFTS in allowed:
        draft = Assessment.objects.filter(cycle=cycle, status="factory_review").first()
        if draft is None:
            return None
        what, button = _("Read the draft report and comment on it"), _("Open the draft")
        url, due_on = link("assessments:draft", draft.pk), draft.comments_close_on or due_on
    elif key is ActionKey.COMPLETE_SELF_DIAGNOSIS and Permission.DO_SELF_DIAGNOSIS in allowed:
        what, button = _("Complete the self-diagnosis together"), _("Open the self-diagnosis")
        url = link("advisory:self_diagnosis")
    elif (
        key in {ActionKey.SEND_PROGRESS_REPORT_1, ActionKey.SEND_PROGRESS_REPORT_2}
        and Permission.WRITE_PROGRESS_REPORTS in allowed
    ):
        number = 1 if key is ActionKey.SEND_PROGRESS_REPORT_1 else 2
        what = _("Send Progress Report %(number)s") % {"number": formats.number(number)}
        button = _("Open the report")
        url = link("advisory:progress_report", cycle.pk, number)
    else:
        return None
    if not url:
        return None
    ring = parts.Clock.until(due_on, today=today, started_on=cycle.starts_on) if due_on else None
    detail = _("Cycle %(number)s") % {"number": formats.number(cycle.number)}
    return Todo(parts.Action(_you(_("For your factory")), what, url, button, detail, ring))


def _others(board: Board, position: Position) -> list[parts.Action]:
    """What waits for others, as one line for each of them."""
    lines = []
    for other in Position:
        if other in {position, Position.ASSESSMENT}:
            continue
        rows = board.waiting(other)
        if other is Position.AMBASSADOR:
            rows = [row for row in rows if row.item.status == "in_progress"]
        if not rows:
            continue
        who = who_of((other,))
        if who is None:
            continue
        first = rows[0]
        lines.append(
            parts.Action(
                parts.Who(who.name, "", who.initials, kind=who.kind),
                _other_text(other, len(rows)),
                link("advisory:my_plan") + f"?waiting={other}",
                detail=first.heading if len(rows) == 1 else "",
                clock=first.clock,
            )
        )
    return lines


def _other_text(position: Position, count: int) -> str:
    text = {
        Position.AMBASSADOR: ngettext("Work on %(count)s item", "Work on %(count)s items", count),
        Position.WORKER_MEMBER: ngettext(
            "Confirm %(count)s item that is reported as done",
            "Confirm %(count)s items that are reported as done",
            count,
        ),
        Position.MANAGEMENT_MEMBER: ngettext(
            "Confirm %(count)s item that is reported as done",
            "Confirm %(count)s items that are reported as done",
            count,
        ),
        Position.ADVISOR: ngettext(
            "Verify %(count)s completed item", "Verify %(count)s completed items", count
        ),
    }[position]
    return text % {"count": formats.number(count)}
