"""The phone pages of factory people: my actions, and our plan."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from advisory.models import PlanItem
from advisory.rules.plan import Position
from advisory.selectors import plan as reads
from advisory.selectors.todo import actions_of
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may, requires
from betterwork.ui.context import initials
from betterwork.ui.parts import Choice

from .common import is_factory_side, is_outsider, own_factory_id, position, role_of, show, today


@requires(Permission.SEE_PLANS)
def my_actions(request: MemberRequest) -> HttpResponse:
    """Your move, waiting for others, and how far the plan is."""
    if not is_factory_side(request):
        return redirect("advisory:plans")
    factory_id = own_factory_id(request)
    board = reads.board(factory_id, today())
    found = actions_of(
        board,
        role=role_of(request),
        position=position(request) or Position.AMBASSADOR,
        factory_id=factory_id,
        today=today(),
        initials=initials(str(request.user)),
    )
    request.nav_counts = {"work": found.mine_total}  # type: ignore[attr-defined]
    return show(request, "my_actions.html", {"actions": found, "board": board})


@requires(Permission.SEE_PLANS)
def my_plan(request: MemberRequest) -> HttpResponse:
    """Our plan: progress by where items came from, and the items behind a filter."""
    if not is_factory_side(request):
        return redirect("advisory:plans")
    board = reads.board(own_factory_id(request), today())
    rows, choices = filtered(request, board)
    context = {
        "board": board,
        "rows": rows,
        "choices": choices,
        "is_filtered": any(choice.is_on for choice in choices),
        "may_create": may(request, Permission.CREATE_ITEMS),
    }
    return show(request, "my_plan.html", context)


STATUSES = [*PlanItem.Status.values, "verified", "late"]


def filtered(request: MemberRequest, board: reads.Board) -> tuple[list[reads.Row], list[Choice]]:
    """The rows of a plan the filters leave, and the filters. Unknown values leave all."""
    status, batch = request.GET.get("status", ""), request.GET.get("from", "")
    waiting = request.GET.get("waiting", "")
    labels = dict(PlanItem.Status.choices) | {"verified": _("Verified"), "late": _("Late")}
    choices = [
        Choice(
            "status",
            _("Status"),
            [("", _("All")), *((value, labels[value]) for value in STATUSES)],
            status if status in STATUSES else "",
        ),
        Choice(
            "from",
            pgettext("origin", "From"),
            [("", _("All")), *((each.key, each.label) for each in board.batches)],
            batch if batch in {each.key for each in board.batches} else "",
        ),
        Choice(
            "waiting",
            _("Waits for"),
            [
                ("", _("Everybody")),
                (Position.AMBASSADOR, _("Factory ambassador")),
                (Position.WORKER_MEMBER, _("Worker side")),
                (Position.MANAGEMENT_MEMBER, _("Management side")),
                (Position.ADVISOR, _("Advisor")),
            ],
            waiting if waiting in set(Position) else "",
        ),
    ]
    if is_outsider(request):
        choices.pop()  # which side still waits is not theirs to see
    status, batch, waiting = (*(choice.value for choice in choices), "")[:3]
    rows = board.rows
    if status == "late":
        rows = [row for row in rows if row.is_late]
    elif status == "verified":
        rows = [row for row in rows if row.state.is_verified]
    elif status:
        rows = [row for row in rows if row.item.status == status]
    if batch:
        rows = [
            row
            for row in rows
            if batch in {reads.batch_key(item) for item in (row.item, *row.merged)}
        ]
    if waiting:
        rows = [row for row in rows if waiting in row.waiting_for]
    return sorted(rows, key=_by_urgency), choices


def _by_urgency(row: reads.Row) -> tuple[bool, bool, date, int]:
    """Open items first, the earliest due on top; what is verified stands last."""
    done = row.item.status == PlanItem.Status.COMPLETED
    return row.state.is_verified, done, row.item.due_on or date.max, row.item.number
