"""Reads an assessment as the state machine of rules/lifecycle sees it, and moves it.

The stored status has one word for "in progress" and "returned to the team": an assessment in
progress whose review has begun was returned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from betterwork.accounts.models import Membership, Role
from betterwork.errors import NotAllowed
from betterwork.tenancy import scope
from betterwork.tenancy.selectors import settings_values

from .content_of import answer_input
from .models import (
    Answer,
    AnswerConflict,
    Assessment,
    AssessmentMember,
    AssessmentStep,
    FactoryComment,
    ReviewRemark,
)
from .rules import lifecycle
from .rules.answers import AnswerSettings, ProblemCode, answer_problems
from .rules.lifecycle import Actor, AssessmentFacts, AssessmentSettings, Move, Position, Status
from .tool import Tool, tool_of

REVIEWERS = {Role.MANAGER, Role.STAFF}


def assessment_settings() -> AssessmentSettings:
    return AssessmentSettings.from_mapping(settings_values().get("assessment", {}))


def answer_settings() -> AnswerSettings:
    return AnswerSettings.from_mapping(settings_values().get("answers", {}))


def locked(assessment_id: UUID) -> Assessment:
    """The row, held until the end of the transaction. Raises: Assessment.DoesNotExist."""
    rows = Assessment.objects.select_for_update(no_key=True, of=("self",))
    found: Assessment = rows.select_related("factory", "programme").get(pk=assessment_id)
    return found


def team_of(assessment_id: UUID) -> list[AssessmentMember]:
    """The assessors, the lead first; observers hold no seat on the team."""
    rows = AssessmentMember.objects.filter(assessment_id=assessment_id).select_related("user")
    seats = rows.exclude(position=AssessmentMember.Position.OBSERVER)
    return sorted(seats, key=lambda seat: (seat.position != "lead", str(seat.pk)))


def machine_status(assessment: Assessment) -> Status:
    if assessment.status == Assessment.Status.IN_PROGRESS and assessment.review_started_at:
        return Status.RETURNED
    return Status(assessment.status)


def stored_status(status: Status) -> str:
    return Assessment.Status.IN_PROGRESS if status is Status.RETURNED else status.value


@dataclass(frozen=True)
class Completeness:
    """What keeps the answers from being signed; lineages in the order of the questions."""

    unanswered: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    without_text: tuple[str, ...] = ()
    short_of_sources: tuple[str, ...] = ()


def completeness(tool: Tool, left_out: list[str], answers: Iterable[Answer]) -> Completeness:
    """One pass over all questions; no query."""
    settings = answer_settings()
    given = {answer.question_id: answer for answer in answers}
    lists: dict[str, list[str]] = {
        "unanswered": [],
        "invalid": [],
        "without_text": [],
        "short_of_sources": [],
    }
    for question in tool.asked(left_out):
        answer = given.get(question.id)
        if answer is None:
            lists["unanswered"].append(question.lineage)
            continue
        for problem in answer_problems(question.rule, answer_input(question, answer), settings):
            lists[_KIND_OF.get(problem.code, "invalid")].append(question.lineage)
            break
    return Completeness(**{name: tuple(found) for name, found in lists.items()})


_KIND_OF = {
    ProblemCode.REPLY_MISSING: "unanswered",
    ProblemCode.VALUE_MISSING: "unanswered",
    ProblemCode.FINDING_MISSING: "without_text",
    ProblemCode.SOURCES_TOO_FEW: "short_of_sources",
}


def facts_of(
    assessment: Assessment,
    team: list[AssessmentMember],
    *,
    today: date,
    reason: str = "",
    with_answers: bool = False,
    with_review: bool = False,
    answers: list[Answer] | None = None,
) -> AssessmentFacts:
    """The facts of the machine. Answers (two queries) and review (two) only where asked for."""
    facts = AssessmentFacts(
        status=machine_status(assessment),
        today=today,
        planned_on=assessment.starts_on,
        team=frozenset(str(seat.user_id) for seat in team),
        leads=frozenset(str(seat.user_id) for seat in team if seat.position == "lead"),
        reviewer=str(assessment.reviewer_id) if assessment.reviewer_id else None,
        signatures=frozenset(str(seat.user_id) for seat in team if seat.signed_at),
        comments_until=assessment.comments_close_on,
        has_factory_finished=assessment.factory_finished_at is not None,
        reason=reason,
    )
    if with_answers:
        if answers is None:
            answers = list(Answer.objects.filter(assessment_id=assessment.pk))
        tool = tool_of(assessment.version_id)
        found = completeness(tool, assessment.left_out, answers)
        facts = replace(
            facts,
            unanswered=len(found.unanswered),
            invalid_values=len(found.invalid),
            findings_without_text=len(found.without_text),
            findings_short_of_sources=len(found.short_of_sources),
            open_conflicts=AnswerConflict.objects.filter(
                assessment_id=assessment.pk, settled_at__isnull=True
            ).count(),
        )
    if with_answers or with_review:
        remarks = ReviewRemark.objects.filter(assessment_id=assessment.pk).aggregate(
            open=Count("pk", filter=Q(resolved_at__isnull=True)),
            unanswered=Count("pk", filter=Q(resolved_at__isnull=True, reply="")),
        )
        facts = replace(
            facts, open_remarks=remarks["open"], unanswered_remarks=remarks["unanswered"]
        )
    if with_review:
        facts = replace(
            facts,
            unanswered_comments=FactoryComment.objects.filter(
                assessment_id=assessment.pk, answered_at__isnull=True
            ).count(),
        )
    return facts


def actor_of(team: list[AssessmentMember], by: int | None, move: Move | None = None) -> Actor:
    """What a person is to an assessment; nobody (a job) is the system.

    A person may be several things at once: the one that fits the move is taken, so that the
    refusal speaks of the right reason.
    """
    if by is None:
        return Actor(Position.SYSTEM)
    claims: list[Position] = []
    for seat in team:
        if seat.user_id == by:
            claims.append(Position.LEAD if seat.position == "lead" else Position.MEMBER)
    roles = _roles(by)
    if Role.PLANNER in roles:
        claims.append(Position.PLANNER)
    if roles & REVIEWERS:
        claims.append(Position.REVIEWER)
    wanted = lifecycle.TRANSITIONS[move].positions if move else frozenset()
    fitting = [claim for claim in claims if claim in wanted]
    return Actor((fitting or claims or [Position.MEMBER])[0], str(by))


def _roles(user_id: int) -> set[str]:
    """The hat worn; a job acting for a person goes by the hats the person has."""
    now = scope.current()
    if now.role != scope.SYSTEM:
        return {now.role}
    rows = Membership.objects.filter(
        user_id=user_id, programme_id=scope.current_programme(), ended_at__isnull=True
    )
    return set(rows.values_list("role", flat=True))


def move(
    assessment: Assessment,
    facts: AssessmentFacts,
    actor: Actor,
    wanted: Move,
    *,
    at: datetime,
    reason: str = "",
    fields: Iterable[str] = (),
) -> None:
    """Ask the machine, then write the new status with `fields` and the step, or change nothing.

    Raises: NotAllowed("move_refused", move, status, refusals).
    """
    target = lifecycle.next_state(facts, wanted, actor, assessment_settings())
    before = assessment.status
    assessment.status = stored_status(target)
    if assessment.status != before and reason:
        assessment.status_reason = reason
    assessment.save(update_fields=["status", "status_reason", *fields])
    record_step(assessment, before, by=actor.user_id, at=at, reason=reason, to=target)


def record_step(
    assessment: Assessment,
    before: str,
    *,
    by: Any,
    at: datetime,
    reason: str = "",
    to: Status | None = None,
) -> None:
    AssessmentStep.objects.create(
        assessment_id=assessment.pk,
        from_status=before,
        to_status=to.value if to else assessment.status,
        by_id=int(by) if by is not None else None,
        at=at,
        reason=reason,
    )


def require_edit(assessment: Assessment, team: list[AssessmentMember], by: int) -> Actor:
    """Raises: NotAllowed("edit_refused", refusals)."""
    actor = _seat_of(team, by)
    facts = facts_of(assessment, team, today=date.min)
    against = lifecycle.edit_refusals(facts, actor)
    if against:
        raise NotAllowed("edit_refused", refusals=against)
    return actor


def _seat_of(team: list[AssessmentMember], by: int) -> Actor:
    for seat in team:
        if seat.user_id == by:
            return Actor(Position.LEAD if seat.position == "lead" else Position.MEMBER, str(by))
    return Actor(Position.MEMBER, str(by))
