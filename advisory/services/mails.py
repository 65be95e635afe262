"""Subjects and texts of the mails about the plan, written in the language that is active.

They say what and by when, how to get there and why it came. They never hold a finding, a name of
a worker, or anything of a visit nobody may know of.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisory.models import PlanItem
from betterwork.ui import formats


def address(name: str, *args: Any) -> str:
    return settings.SITE_ADDRESS.rstrip("/") + reverse(name, args=args)


def nudge_subject(item: PlanItem) -> str:
    if item.due_on is None:
        return _("Action %(number)s of the improvement plan waits for you") % {
            "number": formats.number(item.number)
        }
    return _("Action %(number)s of the improvement plan: by %(day)s") % {
        "number": formats.number(item.number),
        "day": formats.day(item.due_on),
    }


def nudge_text(item: PlanItem, person: Any) -> str:
    """Plain text of a reminder about one item."""
    return _(
        "Hello %(name)s,\n\n"
        "action %(number)s of the improvement plan of %(factory)s waits for you.\n"
        "Open it here: %(address)s\n\n"
        "You get this mail because you act for this factory in Betterwork. About one action at"
        " most one reminder is sent in three days.\n"
    ) % {
        "name": person.full_name,
        "number": formats.number(item.number),
        "factory": item.factory.name,
        "address": address("advisory:item", item.pk),
    }


def digest_subject(count: int, first_due: date | None) -> str:
    """One subject for all that waits for a person at one factory."""
    if first_due is None:
        text = ngettext(
            "%(count)s action of the improvement plan waits for you",
            "%(count)s actions of the improvement plan wait for you",
            count,
        )
        return text % {"count": formats.number(count)}
    text = ngettext(
        "%(count)s action of the improvement plan waits for you, due on %(day)s",
        "%(count)s actions of the improvement plan wait for you, the first due on %(day)s",
        count,
    )
    return text % {"count": formats.number(count), "day": formats.day(first_due)}


def digest_text(*, name: str, factory: str, lines: list[str], where: str) -> str:
    """Plain text of the digest. lines: one ready sentence per kind of work."""
    return _(
        "Hello %(name)s,\n\n"
        "for %(factory)s this waits for you:\n%(lines)s\n\n"
        "Open your list here: %(address)s\n\n"
        "You get this mail because you act for this factory in Betterwork. About one action at"
        " most one reminder is sent in three days.\n"
    ) % {
        "name": name,
        "factory": factory,
        "lines": "\n".join(f"- {line}" for line in lines),
        "address": where,
    }


def report_line(number: int, due_on: date | None) -> str:
    if due_on is None:
        return _("Progress Report %(number)s is not yet sent.") % {"number": formats.number(number)}
    return _("Progress Report %(number)s is to be sent by %(day)s.") % {
        "number": formats.number(number),
        "day": formats.day(due_on),
    }


def line_of(kind: str, count: int) -> str:
    """One sentence about `count` items of a kind: "due", "late", "confirm" or "verify"."""
    texts = {
        "due": ngettext(
            "%(count)s action is due within a week.",
            "%(count)s actions are due within a week.",
            count,
        ),
        "late": ngettext(
            "%(count)s action is past its due date.",
            "%(count)s actions are past their due date.",
            count,
        ),
        "confirm": ngettext(
            "%(count)s action is reported as done and waits for your confirmation.",
            "%(count)s actions are reported as done and wait for your confirmation.",
            count,
        ),
        "verify": ngettext(
            "%(count)s completed action waits to be verified.",
            "%(count)s completed actions wait to be verified.",
            count,
        ),
    }
    return texts[kind] % {"count": formats.number(count)}
