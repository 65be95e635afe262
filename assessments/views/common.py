"""What the pages of this app share."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import date
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import patch_cache_control

from assessments import refusals, selectors
from assessments.models import Assessment
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.ui.formats import language as language

View = Callable[..., HttpResponse]


def assessment_or_404(pk: UUID) -> Assessment:
    """The row, if this reader may see it: a row out of reach is the same as none.

    A look at a sealed visit is written down, whichever page asks: planners alone read the line.
    """
    found: Assessment = get_object_or_404(selectors.assessments(), pk=pk)
    if found.sealed:
        looked(found)
    return found


# Whether the answer being made shows a sealed visit.
_shown: ContextVar[bool] = ContextVar("sealed_shown", default=False)


def keeps_no_copy(view: View) -> View:
    """An answer that shows a sealed visit is kept by no browser, no proxy and no cache."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> HttpResponse:
        token = _shown.set(False)
        try:
            answer = view(*args, **kwargs)
            if _shown.get():
                patch_cache_control(answer, private=True, no_store=True)
            return answer
        finally:
            _shown.reset(token)

    return guarded


def looked(about: Any = None, **facts: Any) -> None:
    """Write down that sealed visits were looked at; the line itself is the planners' alone."""
    _shown.set(True)
    factory_id = about.factory_id if isinstance(about, Assessment) else None
    record(Action.ENVELOPE_OPENED, about=about, factory_id=factory_id, sealed=True, **facts)


def today_of(assessment: Assessment) -> date:
    """The calendar day at the factory."""
    return timezone.now().astimezone(ZoneInfo(assessment.programme.timezone)).date()


def today_in(request: MemberRequest) -> date:
    programme = request.membership.programme
    return timezone.now().astimezone(ZoneInfo(programme.timezone if programme else "UTC")).date()


def refused(error: DomainError) -> dict[str, Any]:
    """What a page shows of a refusal."""
    title, why = refusals.said(error)
    return {"refusal": {"title": title, "reasons": why}}


def user_id(request: MemberRequest) -> int:
    return request.user.pk
