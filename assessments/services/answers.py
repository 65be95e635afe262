"""Answers of two people at once, and the evidence beside them. Nothing is overwritten unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists

from assessments import state
from assessments.content_of import columns_of, content_of, read_content
from assessments.models import (
    Answer,
    AnswerChange,
    AnswerConflict,
    Assessment,
    AssessmentMember,
    Evidence,
)
from assessments.rules.answers import AnswerConflict as Clash
from assessments.rules.answers import SameValue, merge
from assessments.tool import Question, tool_of
from betterwork.errors import DomainError
from betterwork.records.files import store_upload
from betterwork.records.services import record
from betterwork.records.vocabulary import Action

MAX_FILES = 20


@dataclass(frozen=True)
class Saved:
    """What became of an answer sent. `revision` is the base of the sender's next change.

    clash: it waits beside another one for a person to settle; nothing was overwritten.
    """

    revision: int
    clash: AnswerConflict | None = None


def save_answer(
    *,
    assessment_id: UUID,
    lineage: str,
    base_revision: int,
    content: Mapping[str, Any],
    client_id: UUID,
    by: int,
    now: datetime,
    made_at: datetime | None = None,
) -> Saved:
    """Keep one answer as it stands, complete or not; the same `client_id` is kept once.

    `base_revision` is the revision the sender saw, 0 for none; `made_at` when it was typed.
    If somebody else changed the answer meanwhile, both versions are kept as a conflict.
    Every refusal comes before the first write, so this runs in the scope's own transaction.
    Raises: NotAllowed("edit_refused", refusals), DomainError("question_unknown" |
    "answer_malformed" | "version_unknown" | value_... codes).
    """
    # The assessment's row is held: signing and submitting wait for a save, and a save for them.
    seats = list(
        AssessmentMember.objects.filter(assessment_id=assessment_id)
        .select_related("assessment")
        .select_for_update(no_key=True, of=("assessment",))
        .exclude(position=AssessmentMember.Position.OBSERVER)
        .order_by()
    )
    if not seats:
        raise Assessment.DoesNotExist
    assessment: Assessment = seats[0].assessment
    state.require_edit(assessment, seats, by)
    question = _question(assessment, lineage)
    incoming = read_content(question, content, state.answer_settings())
    # Read after the row is held, never with it: what waited for the row would read an old answer.
    resent = AnswerChange.objects.filter(client_id=client_id)
    answers = Answer.objects.filter(assessment_id=assessment.pk, question_id=question.id)
    current = next(iter(answers.annotate(is_resent=Exists(resent))), None)
    seen = _known(client_id, current)
    if seen is not None:
        return seen
    verdict = merge(
        base_revision,
        current.revision if current else 0,
        content_of(current) if current else None,
        incoming,
    )
    if isinstance(verdict, SameValue):
        return Saved(verdict.version)
    if current is None and _is_empty(incoming):
        return Saved(0)
    change = AnswerChange(
        programme_id=assessment.programme_id,
        assessment_id=assessment.pk,
        question_id=question.id,
        client_id=client_id,
        base_revision=base_revision,
        content=incoming,
        made_by_id=by,
        made_at=min(made_at or now, now),
    )
    if isinstance(verdict, Clash):
        return _keep_both(assessment, question, change)
    change.revision = verdict.version
    _write(assessment, question, current, incoming, verdict.version, by=by, at=now)
    change.save(force_insert=True)
    _clear_signatures(seats)
    return Saved(verdict.version)


def _question(assessment: Assessment, lineage: str) -> Question:
    question = tool_of(assessment.version_id).by_lineage.get(lineage)
    if question is None or lineage in assessment.left_out:
        raise DomainError("question_unknown", question=lineage)
    return question


def _known(client_id: UUID, current: Any) -> Saved | None:
    """The answer to a change that came before: a device resends what it heard no answer to."""
    if current is None or not current.is_resent:
        return None
    change = AnswerChange.objects.get(client_id=client_id)
    clash = None
    if change.conflict:
        clash = AnswerConflict.objects.filter(incoming=change, settled_at__isnull=True).first()
    return Saved(current.revision, clash)


def _is_empty(content: Mapping[str, Any]) -> bool:
    return not any(content.values())


def _write(
    assessment: Assessment,
    question: Question,
    current: Answer | None,
    content: Mapping[str, Any],
    revision: int,
    *,
    by: int,
    at: datetime,
) -> Answer:
    answer = current or Answer(
        programme_id=assessment.programme_id,
        assessment_id=assessment.pk,
        question_id=question.id,
        point_id=question.point,
    )
    columns = columns_of(question, content)
    for name, value in columns.items():
        setattr(answer, name, value)
    answer.revision, answer.answered_by_id, answer.answered_at = revision, by, at
    if current is None:
        answer.save(force_insert=True)
    else:
        answer.save(update_fields=[*columns, "revision", "answered_by", "answered_at"])
    return answer


def _keep_both(assessment: Assessment, question: Question, change: AnswerChange) -> Saved:
    """Keep what came beside what stands. Who types on from the same base still says one thing."""
    change.conflict = True
    change.save(force_insert=True)
    kept = (
        AnswerChange.objects.filter(
            assessment_id=assessment.pk, question_id=question.id, revision__isnull=False
        )
        .order_by("-revision")
        .first()
    )
    clash = AnswerConflict.objects.filter(
        assessment_id=assessment.pk,
        question_id=question.id,
        settled_at__isnull=True,
        incoming__made_by_id=change.made_by_id,
        incoming__base_revision=change.base_revision,
        incoming__made_at__lte=change.made_at,
    ).first()
    if clash is None:
        clash = AnswerConflict.objects.create(
            assessment_id=assessment.pk, question_id=question.id, kept=kept, incoming=change
        )
    else:
        clash.incoming = change
        clash.save(update_fields=["incoming"])
    return Saved(kept.revision if kept and kept.revision else 0, clash)


def _clear_signatures(seats: Iterable[AssessmentMember]) -> None:
    """A signature stands for what was read: after a change both read again (rule A-6)."""
    signed = [seat.pk for seat in seats if seat.signed_at]
    if signed:
        AssessmentMember.objects.filter(pk__in=signed).update(signed_at=None)


@transaction.atomic
def settle_conflict(
    *,
    conflict_id: UUID,
    keep: str,
    by: int,
    now: datetime,
    client_id: UUID,
    content: Mapping[str, Any] | None = None,
) -> Answer:
    """A person decides between two answers: keep "kept", "incoming", or write a third ("own").

    Both values stay in the history. Safe to repeat.
    Raises: NotAllowed("edit_refused"), DomainError("choice_unknown"), and those of a content.
    """
    conflict = AnswerConflict.objects.select_related("incoming", "question").get(pk=conflict_id)
    assessment = state.locked(conflict.assessment_id)
    conflict.refresh_from_db(fields=["settled_at"])
    current = Answer.objects.get(assessment_id=assessment.pk, question_id=conflict.question_id)
    if conflict.settled_at is not None:
        return current
    seats = state.team_of(assessment.pk)
    state.require_edit(assessment, seats, by)
    question = _question(assessment, conflict.question.lineage)
    if keep == "kept":
        chosen: Mapping[str, Any] = content_of(current)
    elif keep == "incoming":
        chosen = conflict.incoming.content
    elif keep == "own" and content is not None:
        chosen = read_content(question, content, state.answer_settings())
    else:
        raise DomainError("choice_unknown", choice=keep)
    if chosen != content_of(current):
        AnswerChange.objects.create(
            programme_id=assessment.programme_id,
            assessment_id=assessment.pk,
            question_id=question.id,
            client_id=client_id,
            base_revision=current.revision,
            revision=current.revision + 1,
            content=dict(chosen),
            made_by_id=by,
            made_at=now,
        )
        _write(assessment, question, current, chosen, current.revision + 1, by=by, at=now)
    conflict.settled_at, conflict.settled_by_id = now, by
    conflict.save(update_fields=["settled_at", "settled_by"])
    _clear_signatures(seats)
    record(
        Action.CONFLICT_SETTLED,
        about=assessment,
        factory_id=assessment.factory_id,
        question=question.lineage,
    )
    return current


@transaction.atomic
def add_evidence(
    *,
    assessment_id: UUID,
    uploads: Iterable[UploadedFile[Any]],
    by: int,
    now: datetime,
    lineage: str | None = None,
    caption: str = "",
    visibility: str = Evidence.Visibility.TEAM,
) -> list[Evidence]:
    """Keep several photos or documents at once, all of them or none. Never replaced or removed.

    The same file sent twice to one question is kept once.
    Raises: NotAllowed("edit_refused"), DomainError("no_files" | "too_many_files" | upload_...).
    """
    files = [upload for upload in uploads if upload is not None]
    if not files:
        raise DomainError("no_files")
    if len(files) > MAX_FILES:
        raise DomainError("too_many_files", most=MAX_FILES)
    if visibility not in Evidence.Visibility.values:
        raise DomainError("answer_malformed", field="visibility")
    assessment = state.locked(assessment_id)
    state.require_edit(assessment, state.team_of(assessment.pk), by)
    question = _question(assessment, lineage) if lineage else None
    known = dict(
        Evidence.objects.filter(
            assessment_id=assessment.pk, question_id=question.id if question else None
        ).values_list("file__sha256", "pk")
    )
    made: list[Evidence] = []
    for upload in files:
        stored = store_upload(upload, factory_id=assessment.factory_id)
        if stored.sha256 in known:
            continue
        row = Evidence.objects.create(
            assessment_id=assessment.pk,
            question_id=question.id if question else None,
            file=stored,
            caption=caption.strip()[:200],
            visibility=visibility,
            added_by_id=by,
            # Shown in the order they were chosen in.
            added_at=now + timedelta(microseconds=len(made)),
        )
        known[stored.sha256] = row.pk
        made.append(row)
    if made:
        record(
            Action.EVIDENCE_ADDED,
            about=assessment,
            factory_id=assessment.factory_id,
            files=len(made),
            question=lineage or "",
        )
    return made
