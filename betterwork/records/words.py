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
    "country": _("country"),
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
    "revoked": _("taken back"),
    "role_offered": _("role offered"),
    "rows": _("rows"),
    "rules": _("rules not met"),
    "sha256": _("check sum"),
    "shows": _("shows"),
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


def facts_of(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(word, value) of each fact of an event, as its reader writes them; not the empty ones."""
    return [
        (str(FACTS.get(name, name)), _value(name, found))
        for name, found in facts.items()
        if found not in ("", None, [])
    ]


def _value(name: str, found: Any) -> str:
    if isinstance(found, bool):
        return gettext("yes") if found else gettext("no")
    if isinstance(found, int):
        return formats.number(found)
    if isinstance(found, list):
        return ", ".join(str(each) for each in found)
    text = str(found)
    if name == "language":
        return OWN_NAMES.get(text, text)
    if name in {"before", "role_offered"} and text in Role.values:
        return str(Role(text).label)
    try:
        return formats.on_date(date.fromisoformat(text)) if len(text) == 10 else text
    except ValueError:
        return text
