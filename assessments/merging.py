"""What assessments say when two factories are to become one."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from betterwork.errors import DomainError
from factories import panels

from .models import Assessment

OPEN = (
    Assessment.Status.PLANNED,
    Assessment.Status.IN_PROGRESS,
    Assessment.Status.SUBMITTED,
    Assessment.Status.QUALITY_REVIEW,
    Assessment.Status.FACTORY_REVIEW,
)


def refuse_two_open(winner_id: UUID, loser_id: UUID) -> None:
    """Raises: DomainError("merge_both_assessed") where both have an assessment under way.

    Sealed visits are left out for every reader: a refusal must not tell of them.
    """
    known = Assessment.objects.filter(sealed=False, status__in=OPEN)
    if all(known.filter(factory_id=pk).exists() for pk in (winner_id, loser_id)):
        raise DomainError("merge_both_assessed")


def kept_count(factory_id: UUID) -> int:
    return Assessment.objects.filter(factory_id=factory_id, sealed=False).count()


def register() -> None:
    panels.register_merge_guard("assessments", refuse_two_open)
    panels.register_kept("assessments", label=_("Assessments"), count=kept_count)
