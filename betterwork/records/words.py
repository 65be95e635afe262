"""The words of the trail: what the facts beside an event are called, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from betterwork.accounts.models import Role
from betterwork.ui import formats
from betterwork.ui.context import OWN_NAMES

from .vocabulary import Action

# How often the scheduler's work is due; see `slots`.
RHYTHMS: dict[str, Promise] = {
    "horizon": _("once a night"),
    "escalation": _("once a night"),
    "reassessments": _("four times a day"),
    "release_clock": _("every ten minutes"),
    "reminders": _("every hour"),
}

# A test walks the code: every fact that an event can carry has its word here.
FACTS: dict[str, str | Promise] = {
    "advisor": _("advisor"),
    "again": _("sent again"),
    "applied": _("rows taken over"),
    "based_on": _("made from"),
    "before": _("role before"),
    "breaches": _("rules broken"),
    "by": _("by means of"),
    "carried_out_on": _("carried out on"),
    "cause": _("cause"),
    "change": _("change"),
    "changes": _("changes"),
    "clock": _("clock"),
    "code": _("code"),
    "corrects": _("puts a period right"),
    "country": _("country"),
    "day": _("day"),
    "decision": _("decision"),
    "decisions": _("decisions"),
    "done": _("took place"),
    "effective_from": _("in force from"),
    "ended": _("ended"),
    "ends_on": _("until"),
    "errors": _("rows with errors"),
    "female": _("women"),
    "fields": _("fields"),
    "files": _("files"),
    "finished": _("finished"),
    "form": _("form"),
    "format": _("format"),
    "formed_on": _("formed on"),
    "happened_on": _("happened on"),
    "held_on": _("held on"),
    "imported": _("read from a file"),
    "is_draft": _("draft"),
    "items": _("items"),
    "kind": _("kind"),
    "label": _("name"),
    "language": _("language"),
    "locked": _("locked"),
    "male": _("men"),
    "method": _("method"),
    "modality": _("how it is held"),
    "names_masked": _("names masked"),
    "number": _("number"),
    "on": _("on"),
    "other": _("the other factory"),
    "pages": _("pages"),
    "person": _("person"),
    "placed": _("visits placed"),
    "plan": _("plan"),
    "point": _("compliance point"),
    "question": _("question"),
    "reason": _("reason"),
    "rest": _("weekly rest days"),
    "rest_before": _("rest days before"),
    "revoked": _("taken back"),
    "role_offered": _("role offered"),
    "rows": _("rows"),
    "rules": _("rules not met"),
    "sha256": _("check sum"),
    "shows": _("shows"),
    "side": _("side"),
    "since": _("since"),
    "starts_on": _("first day"),
    "status": _("status"),
    "step": _("step"),
    "unplaced": _("visits without a day"),
    "until": _("until"),
    "version": _("version"),
    "visits": _("visits"),
    "what": _("what"),
    "withdrawn": _("withdrawn"),
}


# The words of codes that only one fact has, whatever the event.
ROLES = {role.value: role.label for role in Role}
CODES: dict[str, Mapping[str, Any]] = {
    "before": ROLES,
    "role_offered": ROLES,
    "language": OWN_NAMES,
    "form": {"page": _("page"), "pdf": "PDF"},
    "format": {"csv": "CSV", "xlsx": "XLSX", "yaml": "YAML"},
    "what": {"trail": _("Who did what, and when"), "board": _("Month board")},
}
PERSON = "person"
# Of one action, by its own app: `reason` of a late clock is not the one of a visit put off.
_of_actions: dict[tuple[str, str], Mapping[str, Any]] = {}


def register_codes(action: Action, **codes: Mapping[str, Any]) -> None:
    """An app's words for the codes its events carry: `register_codes(action, kind=KINDS)`."""
    for fact, table in codes.items():
        _of_actions[action.value, fact] = table


def facts_of(
    action: str, facts: Mapping[str, Any], people: Mapping[str, str]
) -> list[tuple[str, str]]:
    """(word, value) of each fact of an event, as its reader writes them; not the empty ones.

    people: names by id, for the facts that are a person.
    """
    return [
        (
            str(FACTS.get(name, name)),
            people.get(str(found), "") if name == PERSON else _value(_table(action, name), found),
        )
        for name, found in facts.items()
        if found not in ("", None, [])
    ]


def _table(action: str, name: str) -> Mapping[str, Any]:
    return _of_actions.get((action, name)) or CODES.get(name, {})


def _value(table: Mapping[str, Any], found: Any) -> str:
    if isinstance(found, bool):
        return gettext("yes") if found else gettext("no")
    if isinstance(found, int):
        return formats.number(found)
    if isinstance(found, list):
        return f"{formats.comma()} ".join(str(table.get(str(each), each)) for each in found)
    text = str(found)
    if text in table:
        return str(table[text])
    try:
        return formats.on_date(date.fromisoformat(text)) if len(text) == 10 else text
    except ValueError:
        return text
