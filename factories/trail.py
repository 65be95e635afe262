"""The words of what the trail tells of factories, their cycles and committees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from betterwork.records.vocabulary import Action
from betterwork.records.words import register_codes

from . import words
from .models import (
    ClockDrift,
    Committee,
    CommitteeElection,
    CommitteeMember,
    CycleFact,
    Factory,
)

# What belongs to a factory without being a field of it.
FIELDS: Mapping[str, Any] = {
    **{f.name: getattr(f, "verbose_name", f.name) for f in Factory._meta.get_fields()},
    "contacts": _("contacts"),
    "buyers": _("buyers"),
    "workforce": _("workforce"),
    "consent": _("agreement to share"),
}


def register() -> None:
    register_codes(Action.FACTORY_STATUS_CHANGED, status=dict(Factory.Status.choices))
    register_codes(Action.FACTORY_CHANGED, fields=FIELDS)
    register_codes(Action.CYCLE_FACT_RECORDED, kind=dict(CycleFact.Kind.choices))
    register_codes(
        Action.DRIFT_RECORDED, clock=words.CLOCKS, reason=dict(ClockDrift.Reason.choices)
    )
    weekdays = {str(day): name for day, name in words.WEEKDAYS}
    register_codes(Action.SETTINGS_CHANGED, rest=weekdays, rest_before=weekdays)
    register_codes(Action.COMMITTEE_FORMED, kind=dict(Committee.Kind.choices))
    register_codes(
        Action.COMMITTEE_CHANGED,
        change=words.COMMITTEE_CHANGES,
        side=dict(CommitteeMember.Side.choices),
    )
    register_codes(Action.ELECTION_HELD, method=dict(CommitteeElection.Method.choices))
