"""What the scheduler did for each programme, in words its staff may read.

A row says for which due time a piece of work began last and whether it ended, and nothing else:
no count, no length and no hour of the clock, since those would differ with visits that nobody may
know of. For the same reason the end of work that touches such visits is the same whatever it found;
the planner's own pages tell how a plan ended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone

from betterwork.tenancy import scope

from .models import NightlyRun
from .slots import RHYTHMS


def begin(kind: str) -> None:
    """Note that work of the programme in scope began. Safe to repeat: an end is kept."""
    slot = RHYTHMS[kind].slot(timezone.now())
    run, _is_new = NightlyRun.objects.get_or_create(kind=kind, defaults={"slot": slot})
    NightlyRun.objects.filter(pk=run.pk, slot__lt=slot).update(slot=slot, has_ended=False)


def end(kind: str) -> None:
    NightlyRun.objects.filter(kind=kind).update(has_ended=True)


def run(kind: str, programmes: list[UUID], work: Callable[[], Any], *, told: bool) -> list[Any]:
    """Do one kind of work for each programme in its own scope; what fails in one stops no other.

    told: whether a failure shows (the work did not end). Not where visits nobody may know of could
    be its cause. Raises the first error again at the end, so that the worker knows of it.
    """
    answers, errors = [], []
    for programme in programmes:
        with scope.programme_scope(programme):
            begin(kind)
        try:
            with scope.programme_scope(programme):
                answers.append(work())
        except Exception as error:
            errors.append(error)
            if told:
                continue
        with scope.programme_scope(programme):
            end(kind)
    if errors:
        raise errors[0]
    return answers
