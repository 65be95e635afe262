"""The words of what the trail tells of assessments, their planning, and the law."""

from __future__ import annotations

from betterwork.records.vocabulary import Action
from betterwork.records.words import register_codes

from . import planner_words
from .forms import POSTPONE_WORDS
from .models import LawProposal
from .planning_models import CalendarFeed, CountryDay


def register() -> None:
    how = {"modality": planner_words.MODALITIES, "rules": planner_words.MODALITY_RULES}
    register_codes(Action.ASSESSMENT_CREATED, **how)
    register_codes(Action.MODALITY_CHOSEN, **how)
    register_codes(
        Action.ASSESSMENT_POSTPONED,
        reason={code.value: words for code, words in POSTPONE_WORDS.items()},
    )
    register_codes(Action.PLAN_MADE, cause=planner_words.CAUSES)
    register_codes(Action.CALENDAR_SHARED, shows=dict(CalendarFeed.Shows.choices))
    register_codes(Action.CLOSURE_RECORDED, kind=dict(CountryDay.Kind.choices))
    register_codes(Action.LAW_DECIDED, decision=dict(LawProposal.Decision.choices))
