"""The words of what the trail tells of files that were taken out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from betterwork.records.vocabulary import Action
from betterwork.records.words import register_codes

from .exports import analyst

# What can be taken out by itself; pages give out what they show, under their own names.
EXPORTS: dict[str, Any] = {
    analyst.ASSESSMENT: _("Assessments: every answer"),
    analyst.COMMITTEE: _("Committee members"),
    analyst.PLAN: _("Improvement plans"),
    analyst.PR2: _("Progress Report 2"),
}
PAGES = {
    "rates": _("Non-compliance"),
    "dashboard": _("Overview"),
    "assessments": _("Assessments"),
    "factories": _("Factories"),
    "committees": _("Committees"),
    "plans": _("Improvement plans"),
    "reports": _("Reports"),
}


def register() -> None:
    register_codes(Action.EXPORTED, kind={**EXPORTS, **PAGES}, step={"downloaded": _("downloaded")})
