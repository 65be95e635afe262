"""One valid thing each of the assessments app, inside the scope that is open (fixture `bd`)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4

from assessments import services
from assessments.models import Answer, Assessment, Outcome
from assessments.tool import Question, tool_of
from betterwork.accounts.models import User
from tests.builders import make_cycle, make_factory, make_member

MONDAY = date(2026, 6, 1)


def at(day: date = MONDAY, hour: int = 5) -> datetime:
    return datetime.combine(day, time(hour), UTC)


class Made:
    """An assessment with the people around it."""

    def __init__(self, assessment: Assessment, lead: User, second: User, planner: User) -> None:
        self.assessment, self.lead, self.second, self.planner = assessment, lead, second, planner

    @property
    def pk(self) -> Any:
        return self.assessment.pk

    def fresh(self) -> Assessment:
        self.assessment = Assessment.objects.get(pk=self.assessment.pk)
        return self.assessment

    @property
    def questions(self) -> list[Question]:
        return tool_of(self.assessment.version_id).asked(self.fresh().left_out)

    def ncq(self, place: int = 0) -> Question:
        """A coded question whose breach is held against the factory."""
        return [q for q in self.questions if not q.is_fact and not q.is_structural][place]

    def fact(self, kind: str) -> Question:
        return next(q for q in self.questions if q.value_type == kind)


def make_planned(day: date = MONDAY, *, factory: Any = None, **extra: Any) -> Made:
    factory = factory or make_factory()
    if not factory.cycles.filter(ends_on__isnull=True).exists():
        make_cycle(factory, starts_on=date(day.year, 1, 1))
    lead, second = make_member("advisor"), make_member("advisor")
    planner = make_member("planner")
    assessment = services.create_assessment(
        factory_id=factory.pk,
        starts_on=day,
        ends_on=day,
        modality="on_site",
        lead_id=lead.pk,
        second_id=second.pk,
        created_by=planner.pk,
        **extra,
    )
    return Made(assessment, lead, second, planner)


def make_begun(day: date = MONDAY, **extra: Any) -> Made:
    made = make_planned(day, **extra)
    services.check_in(assessment_id=made.pk, by=made.lead.pk, now=at(day))
    made.fresh()
    return made


FINDING = "Cartons stood in front of the exit of floor four and the gate of the stair was locked."


def content(question: Question, outcome: str = Outcome.COMPLIANT, **extra: Any) -> dict[str, Any]:
    """A complete answer to a question."""
    if question.is_fact:
        rule = question.rule
        values = {
            "number": str(rule.lowest if rule.lowest is not None else 1),
            "text": "As told by the managers.",
            "date": "2026-05-01",
            "choice": rule.choices[0] if rule.choices else "",
            "boolean": "yes",
        }
        return {"value": values[question.value_type], **extra}
    made: dict[str, Any] = {"outcome": outcome}
    if outcome == Outcome.NON_COMPLIANT:
        made |= {"finding": FINDING, "sources": ["observation", "workers"]}
    return {**made, **extra}


def save(made: Made, question: Question, given: dict[str, Any], base: int = 0, **extra: Any) -> Any:
    values: dict[str, Any] = {"by": made.lead.pk, "now": at(), "client_id": uuid4(), **extra}
    return services.save_answer(
        assessment_id=made.pk,
        lineage=question.lineage,
        base_revision=base,
        content=given,
        **values,
    )


def answer_all(made: Made, breaches: int = 0) -> None:
    """Every open question answered, the first `breaches` coded ones with a non-compliance."""
    from assessments.content_of import columns_of, read_content
    from assessments.rules.answers import AnswerSettings

    known = set(Answer.objects.filter(assessment_id=made.pk).values_list("question_id", flat=True))
    left, rows = breaches, []
    for question in made.questions:
        if question.id in known:
            continue
        is_breach = left > 0 and not question.is_fact and not question.is_structural
        left -= is_breach
        given = content(question, Outcome.NON_COMPLIANT if is_breach else Outcome.COMPLIANT)
        rows.append(
            Answer(
                programme_id=made.assessment.programme_id,
                assessment_id=made.pk,
                question_id=question.id,
                point_id=question.point,
                answered_by=made.lead,
                answered_at=at(),
                **columns_of(question, read_content(question, given, AnswerSettings())),
            )
        )
    Answer.objects.bulk_create(rows)


def make_submitted(*, breaches: int = 2, day: date = MONDAY, **extra: Any) -> Made:
    made = make_begun(day, **extra)
    answer_all(made, breaches)
    services.sign(assessment_id=made.pk, by=made.lead.pk, now=at(day, 9))
    services.sign(assessment_id=made.pk, by=made.second.pk, now=at(day, 10))
    made.fresh()
    return made
