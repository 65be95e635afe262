"""Turns a refusal's code into a sentence that says what to do, in the reader's language.

Each app keeps its sentences in `<app>/refusals.py` as `SENTENCES: dict[code, lazy text]`, with the
error's facts as named placeholders.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from betterwork.errors import DomainError
from betterwork.ui import formats

SENTENCES: dict[str, str | Promise] = {
    "stale_form": _("This page was open for a while. Load it again, then repeat the step."),
    "already_done": _("This was already done. Nothing was changed."),
}


@cache
def _all() -> dict[str, str | Promise]:
    sentences = dict(SENTENCES)
    for config in apps.get_app_configs():
        name = f"{config.name}.refusals"
        if not config.name.startswith(("django", "allauth")) and find_spec(name):
            sentences.update(import_module(name).SENTENCES)
    return sentences


def sentence(error: DomainError) -> str:
    """The sentence for `error`; an unknown code names itself, so that it is found and mended."""
    text = _all().get(error.code)
    if text is None:
        return gettext("The step was refused (%(code)s).") % {"code": error.code}
    return str(text) % _shown(error.facts) if error.facts else str(text)


def _shown(facts: dict[str, Any]) -> dict[str, Any]:
    """Days and numbers as the reader writes them; the error itself keeps plain values."""
    return {name: _written(value) for name, value in facts.items()}


def _written(value: Any) -> Any:
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # Below ten thousand it may be a year: no mark between its digits.
        return formats.number(value) if abs(value) >= 10_000 else formats.digits(str(value))
    return value
