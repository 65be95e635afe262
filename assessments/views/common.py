"""What the pages of this app share."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language

from assessments import refusals, selectors
from assessments.models import Assessment
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError


def language() -> str:
    return (get_language() or "en").split("-")[0]


def assessment_or_404(pk: UUID) -> Assessment:
    """The row, if this reader may see it: a row out of reach is the same as none."""
    return get_object_or_404(selectors.assessments(), pk=pk)


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
