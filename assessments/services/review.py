"""After the visit: quality review, the factory's comments on the draft, release."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from assessments import state, summaries
from assessments.models import Assessment, AssessmentMember, FactoryComment, ReviewRemark
from assessments.rules import lifecycle
from assessments.rules.lifecycle import Move, Position
from assessments.tool import tool_of
from betterwork.accounts.models import Membership, Role, User
from betterwork.errors import DomainError, NotAllowed
from betterwork.queue import enqueue
from betterwork.records.services import record, send_mail_once
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.ui import formats
from factories.models import CycleFact
from factories.rules.cycle_facts import next_working_day
from factories.selectors.cycles import cycle_settings, working_day_test
from factories.services.cycles import record_fact

from .planning import local_day

COMMENTERS = (Role.AMBASSADOR, Role.COMMITTEE_MANAGEMENT)
READERS = (*COMMENTERS, Role.COMMITTEE_WORKER)


# -- quality review ---------------------------------------------------------------------------


@transaction.atomic
def start_review(*, assessment_id: UUID, by: int, now: datetime) -> Assessment:
    """A reviewer off the team takes a submitted assessment. Raises: NotAllowed("move_refused")."""
    assessment = state.locked(assessment_id)
    if assessment.status == Assessment.Status.QUALITY_REVIEW and assessment.reviewer_id == by:
        return assessment
    team = state.team_of(assessment.pk)
    facts = state.facts_of(assessment, team, today=now.date())
    actor = state.actor_of(team, by, Move.START_REVIEW)
    assessment.reviewer_id = by
    assessment.review_started_at = now
    state.move(
        assessment,
        facts,
        actor,
        Move.START_REVIEW,
        at=now,
        fields=["reviewer", "review_started_at"],
    )
    return assessment


@transaction.atomic
def hand_over_review(*, assessment_id: UUID, by: int, reason: str, now: datetime) -> Assessment:
    """Another reviewer takes over a review under way: the first one may be ill or gone.

    Raises: NotAllowed("review_refused", refusals), DomainError("reason_needed").
    """
    assessment = state.locked(assessment_id)
    if assessment.reviewer_id == by:
        return assessment
    team = state.team_of(assessment.pk)
    actor = state.actor_of(team, by, Move.START_REVIEW)
    if actor.position is not Position.REVIEWER or any(seat.user_id == by for seat in team):
        raise NotAllowed(
            "review_refused",
            refusals=(lifecycle.Refusal(lifecycle.RefusalCode.SAME_REVIEWER_AS_TEAM),),
        )
    if not reason.strip():
        raise DomainError("reason_needed")
    assessment.reviewer_id = by
    assessment.save(update_fields=["reviewer"])
    state.record_step(assessment, assessment.status, by=by, at=now, reason=reason.strip())
    return assessment


@transaction.atomic
def add_remark(
    *, assessment_id: UUID, lineage: str | None, text: str, by: int, now: datetime
) -> ReviewRemark:
    """A remark on a question, or on the whole. The same words sent twice are kept once.

    Raises: DomainError("text_missing" | "question_unknown"), NotAllowed("review_refused").
    """
    text = text.strip()
    if not text:
        raise DomainError("text_missing")
    assessment = state.locked(assessment_id)
    _require_reviewer(assessment, by)
    question_id = _question_id(assessment, lineage)
    same: ReviewRemark | None = ReviewRemark.objects.filter(
        assessment_id=assessment.pk, question_id=question_id, text=text, resolved_at__isnull=True
    ).first()
    if same is not None:
        return same
    remark: ReviewRemark = ReviewRemark.objects.create(
        assessment_id=assessment.pk, question_id=question_id, text=text, made_by_id=by
    )
    record(
        Action.REMARK_MADE,
        about=assessment,
        factory_id=assessment.factory_id,
        question=lineage or "",
    )
    return remark


@transaction.atomic
def reply_to_remark(*, remark_id: UUID, text: str, by: int, now: datetime) -> ReviewRemark:
    """The team answers a remark of a returned assessment; a later answer replaces an earlier one.

    Raises: DomainError("text_missing" | "remark_settled"), NotAllowed("edit_refused").
    """
    if not text.strip():
        raise DomainError("text_missing")
    remark: ReviewRemark = ReviewRemark.objects.select_for_update(no_key=True).get(pk=remark_id)
    assessment = state.locked(remark.assessment_id)
    state.require_edit(assessment, state.team_of(assessment.pk), by)
    if remark.resolved_at is not None:
        raise DomainError("remark_settled")
    remark.reply, remark.replied_by_id = text.strip(), by
    remark.save(update_fields=["reply", "replied_by"])
    return remark


@transaction.atomic
def resolve_remark(*, remark_id: UUID, by: int, now: datetime) -> ReviewRemark:
    """The reviewer is content. Safe to repeat. Raises: NotAllowed("review_refused")."""
    remark: ReviewRemark = ReviewRemark.objects.select_for_update(no_key=True).get(pk=remark_id)
    _require_reviewer(state.locked(remark.assessment_id), by)
    if remark.resolved_at is None:
        remark.resolved_at = now
        remark.save(update_fields=["resolved_at"])
    return remark


@transaction.atomic
def return_to_team(*, assessment_id: UUID, by: int, now: datetime) -> Assessment:
    """Back to the team with its open remarks; both sign again.

    Raises: NotAllowed("move_refused").
    """
    assessment = state.locked(assessment_id)
    if state.machine_status(assessment) is lifecycle.Status.RETURNED:
        return assessment
    team = state.team_of(assessment.pk)
    facts = state.facts_of(assessment, team, today=now.date(), with_review=True)
    actor = state.actor_of(team, by, Move.RETURN_TO_TEAM)
    state.move(assessment, facts, actor, Move.RETURN_TO_TEAM, at=now)
    AssessmentMember.objects.filter(assessment_id=assessment.pk).update(signed_at=None)
    record(Action.ASSESSMENT_RETURNED, about=assessment, factory_id=assessment.factory_id)
    return assessment


# -- the draft at the factory -------------------------------------------------------------------


@transaction.atomic
def send_draft(*, assessment_id: UUID, by: int, now: datetime) -> Assessment:
    """The factory reads its draft and may comment until a working day.

    Raises: NotAllowed("move_refused", refusals).
    """
    assessment = state.locked(assessment_id)
    if assessment.status == Assessment.Status.FACTORY_REVIEW:
        return assessment
    team = state.team_of(assessment.pk)
    today = local_day(assessment, now)
    facts = state.facts_of(assessment, team, today=today, with_review=True)
    actor = state.actor_of(team, by, Move.SHARE_DRAFT)
    assessment.draft_sent_at = now
    assessment.factory_finished_at = None
    assessment.comments_close_on = _comments_close_on(assessment, today)
    state.move(
        assessment,
        facts,
        actor,
        Move.SHARE_DRAFT,
        at=now,
        fields=["draft_sent_at", "comments_close_on", "factory_finished_at"],
    )
    record_fact(
        cycle_id=assessment.cycle_id,
        kind=CycleFact.Kind.DRAFT_SHARED,
        happened_on=today,
        source_id=str(assessment.pk),
    )
    _order_reports(assessment, is_draft=True, by=by)
    closes_on = assessment.comments_close_on
    _tell_factory(
        assessment,
        kind="draft_sent",
        key=f"{assessment.pk}:{closes_on}",
        subject=lambda: (
            _("Your draft report: comments until %(day)s") % {"day": formats.day(closes_on)}
        ),
        text=lambda: (
            _(
                "Better Work has sent you the draft of your assessment report. Please read the"
                " findings and write your comments until %(day)s.\n\n%(address)s\n\n"
                "You receive this mail because you act for your factory in Better Work."
            )
            % {"day": formats.day(closes_on), "address": _address("assessments:draft", assessment)}
        ),
    )
    record(Action.DRAFT_SENT, about=assessment, factory_id=assessment.factory_id, for_factory=True)
    return assessment


def _comments_close_on(assessment: Assessment, today: date) -> date:
    days = cycle_settings(today).factory_comment_days
    test = working_day_test(assessment.programme, assessment.factory)
    return next_working_day(today + timedelta(days=days), test)


@transaction.atomic
def take_back(*, assessment_id: UUID, by: int, reason: str, now: datetime) -> Assessment:
    """Take the draft back into quality review, with a reason.

    Raises: NotAllowed("move_refused").
    """
    assessment = state.locked(assessment_id)
    team = state.team_of(assessment.pk)
    facts = state.facts_of(assessment, team, today=now.date(), reason=reason)
    actor = state.actor_of(team, by, Move.TAKE_BACK)
    assessment.factory_finished_at = None
    state.move(
        assessment,
        facts,
        actor,
        Move.TAKE_BACK,
        at=now,
        reason=reason,
        fields=["factory_finished_at"],
    )
    return assessment


@transaction.atomic
def comment_on_draft(
    *, assessment_id: UUID, lineage: str | None, text: str, by: int, now: datetime
) -> FactoryComment:
    """The factory says something to a finding, or to the whole draft, while the period runs.

    The same words sent twice are kept once.
    Raises: DomainError("text_missing" | "comments_closed" | "question_unknown").
    """
    text = text.strip()
    if not text:
        raise DomainError("text_missing")
    assessment = _open_draft(assessment_id, now)
    question_id = _question_id(assessment, lineage)
    same: FactoryComment | None = FactoryComment.objects.filter(
        assessment_id=assessment.pk, question_id=question_id, text=text
    ).first()
    if same is not None:
        return same
    comment: FactoryComment = FactoryComment.objects.create(
        assessment_id=assessment.pk,
        factory_id=assessment.factory_id,
        question_id=question_id,
        text=text,
        made_by_id=by,
    )
    record(
        Action.FACTORY_COMMENTED,
        about=assessment,
        factory_id=assessment.factory_id,
        for_factory=True,
        question=lineage or "",
    )
    return comment


@transaction.atomic
def finish_comments(*, assessment_id: UUID, by: int, now: datetime) -> Assessment:
    """The factory has nothing to add: the report may be released before the period ends.

    Raises: DomainError("comments_closed").
    """
    assessment = _open_draft(assessment_id, now)
    if assessment.factory_finished_at is not None:
        return assessment
    assessment.factory_finished_at = now
    # The row itself is the programme's to write.
    with scope.system_scope():
        Assessment.objects.filter(pk=assessment.pk).update(factory_finished_at=now)
        record_fact(
            cycle_id=assessment.cycle_id,
            kind=CycleFact.Kind.FACTORY_COMMENTED,
            happened_on=local_day(assessment, now),
            source_id=str(assessment.pk),
        )
    record(
        Action.FACTORY_COMMENTED,
        about=assessment,
        factory_id=assessment.factory_id,
        for_factory=True,
        finished=True,
    )
    return assessment


def _open_draft(assessment_id: UUID, now: datetime) -> Assessment:
    """The draft as the factory sees it; a share lock is enough, since it may not write the row."""
    assessment: Assessment = Assessment.objects.select_related("programme").get(pk=assessment_id)
    closes_on = assessment.comments_close_on
    is_open = assessment.status == Assessment.Status.FACTORY_REVIEW and closes_on is not None
    if not is_open or (closes_on and local_day(assessment, now) > closes_on):
        raise DomainError("comments_closed")
    return assessment


@transaction.atomic
def answer_comment(*, comment_id: UUID, text: str, by: int, now: datetime) -> FactoryComment:
    """The programme answers a comment. Raises: DomainError("text_missing"),
    NotAllowed("review_refused")."""
    if not text.strip():
        raise DomainError("text_missing")
    comment: FactoryComment = FactoryComment.objects.select_for_update(no_key=True).get(
        pk=comment_id
    )
    assessment = state.locked(comment.assessment_id)
    team = state.team_of(assessment.pk)
    actor = state.actor_of(team, by, Move.RELEASE)
    on_team = any(seat.user_id == by for seat in team)
    if assessment.status != Assessment.Status.FACTORY_REVIEW or (
        actor.position is not Position.REVIEWER and not on_team
    ):
        raise _not_in_review(assessment)
    comment.answer, comment.answered_by_id, comment.answered_at = text.strip(), by, now
    comment.save(update_fields=["answer", "answered_by", "answered_at"])
    return comment


# -- release ------------------------------------------------------------------------------------


@transaction.atomic
def release(*, assessment_id: UUID, by: int | None, now: datetime) -> Assessment:
    """The report is final: rates count it, the factory and its readers see it. Safe to repeat.

    Raises: NotAllowed("move_refused", refusals).
    """
    assessment = state.locked(assessment_id)
    if assessment.status == Assessment.Status.RELEASED:
        return assessment
    team = state.team_of(assessment.pk)
    today = local_day(assessment, now)
    facts = state.facts_of(assessment, team, today=today, with_review=True)
    actor = state.actor_of(team, by, Move.RELEASE)
    assessment.released_at = now
    state.move(assessment, facts, actor, Move.RELEASE, at=now, fields=["released_at"])
    summaries.rewrite_results(assessment.pk)
    record_fact(
        cycle_id=assessment.cycle_id,
        kind=CycleFact.Kind.REPORT_RELEASED,
        happened_on=today,
        source_id=str(assessment.pk),
    )
    _order_reports(assessment, is_draft=False, by=by)
    _tell_factory(
        assessment,
        kind="report_released",
        key=str(assessment.pk),
        subject=lambda: _("Your assessment report is released"),
        text=lambda: (
            _(
                "The report of your assessment is released. Its findings now belong in your"
                " improvement plan.\n\n%(address)s\n\n"
                "You receive this mail because you act for your factory in Better Work."
            )
            % {"address": _address("assessments:draft", assessment)}
        ),
    )
    record(
        Action.ASSESSMENT_RELEASED,
        about=assessment,
        factory_id=assessment.factory_id,
        for_factory=True,
    )
    return assessment


def report_languages(assessment: Assessment) -> list[str]:
    """Languages a report is written in: English, the programme's, and the workers' we can write."""
    known = dict(settings.LANGUAGES)
    wanted = ["en", *assessment.programme.languages, *assessment.factory.languages]
    return [language for language in dict.fromkeys(wanted) if language in known]


def _order_reports(assessment: Assessment, *, is_draft: bool, by: int | None) -> None:
    """Queued by name: the app that writes reports stands above this one."""
    version = 1
    for language in report_languages(assessment):
        mark = "draft" if is_draft else f"v{version}"
        enqueue(
            "reporting.write_report",
            key=f"report:{assessment.pk}:{mark}:{language}",
            requested_by=by,
            assessment_id=str(assessment.pk),
            language=language,
            version=version,
            is_draft=is_draft,
        )


# -- clocks -------------------------------------------------------------------------------------


def run_review_clocks(*, now: datetime) -> dict[str, int]:
    """Reminders of the comment periods of the programme in scope; release where it is chosen so.

    Doubled or late runs change nothing: a mail is sent once, a release is asked of the machine.
    """
    chosen = state.assessment_settings()
    told = released = 0
    rows = Assessment.objects.filter(status=Assessment.Status.FACTORY_REVIEW)
    for assessment in rows.select_related("programme", "factory", "reviewer"):
        closes_on = assessment.comments_close_on
        if closes_on is None:
            continue
        left = (closes_on - local_day(assessment, now)).days
        if 0 <= left <= chosen.reminder_days and assessment.factory_finished_at is None:
            _remind_factory(assessment, closes_on)
            told += 1
        is_over = left < 0 or assessment.factory_finished_at is not None
        if is_over and not _released_by_itself(assessment, chosen.releases_by_itself, now):
            _tell_reviewers(assessment, closes_on)
            told += 1
        elif is_over:
            released += 1
    return {"told": told, "released": released}


def _released_by_itself(assessment: Assessment, is_chosen: bool, now: datetime) -> bool:
    if not is_chosen:
        return False
    try:
        release(assessment_id=assessment.pk, by=None, now=now)
    except NotAllowed:
        return False  # an unanswered comment: a person has to look
    return True


def _remind_factory(assessment: Assessment, closes_on: date) -> None:
    _tell_factory(
        assessment,
        kind="draft_reminder",
        key=f"{assessment.pk}:{closes_on}",
        subject=lambda: (
            _("Comments on your draft report: until %(day)s") % {"day": formats.day(closes_on)}
        ),
        text=lambda: (
            _(
                "You can still comment on the draft of your assessment report, until %(day)s."
                "\n\n%(address)s\n\nYou receive this mail because you act for your factory in"
                " Better Work."
            )
            % {"day": formats.day(closes_on), "address": _address("assessments:draft", assessment)}
        ),
    )


def _tell_reviewers(assessment: Assessment, closes_on: date) -> None:
    people = {assessment.reviewer} if assessment.reviewer else set()
    rows = Membership.objects.filter(
        role=Role.MANAGER, programme_id=assessment.programme_id, ended_at__isnull=True
    ).select_related("user")
    people |= {row.user for row in rows if row.user.is_active}
    name = assessment.factory.name
    for person in people:
        _mail(
            person,
            assessment,
            kind="release_due",
            key=f"{assessment.pk}:{closes_on}:{person.pk}",
            subject=lambda: _("%(factory)s: the report can be released") % {"factory": name},
            text=lambda: (
                _(
                    "The factory's time for comments is over. Answer what is open, then release the"
                    " report.\n\n%(address)s\n\nYou receive this mail because you review reports in"
                    " Better Work."
                )
                % {"address": _address("assessments:review", assessment)}
            ),
        )


# -- helpers ------------------------------------------------------------------------------------


def _tell_factory(
    assessment: Assessment, *, kind: str, key: str, subject: object, text: object
) -> None:
    rows = Membership.objects.filter(
        factory_id=assessment.factory_id, role__in=READERS, ended_at__isnull=True
    ).select_related("user")
    for person in {row.user for row in rows if row.user.is_active}:
        _mail(person, assessment, kind=kind, key=f"{key}:{person.pk}", subject=subject, text=text)


def _mail(
    person: User, assessment: Assessment, *, kind: str, key: str, subject: object, text: object
) -> None:
    with formats.region(assessment.programme.country):
        send_mail_once(
            kind=kind,
            key=f"{kind}:{key}",
            to=person.email,
            language=person.language,
            user_id=person.pk,
            programme_id=assessment.programme_id,
            subject=subject,
            text=text,
        )


def _address(name: str, assessment: Assessment) -> str:
    return f"{settings.SITE_ADDRESS.rstrip('/')}{reverse(name, args=[assessment.pk])}"


def _question_id(assessment: Assessment, lineage: str | None) -> UUID | None:
    if not lineage:
        return None
    question = tool_of(assessment.version_id).by_lineage.get(lineage)
    if question is None:
        raise DomainError("question_unknown", question=lineage)
    return question.id


def _require_reviewer(assessment: Assessment, by: int) -> None:
    if assessment.status != Assessment.Status.QUALITY_REVIEW or assessment.reviewer_id != by:
        raise _not_in_review(assessment)


def _not_in_review(assessment: Assessment) -> NotAllowed:
    codes = lifecycle.RefusalCode
    if assessment.status in (
        Assessment.Status.QUALITY_REVIEW,
        Assessment.Status.FACTORY_REVIEW,
    ):
        why = lifecycle.Refusal(
            codes.NOT_THE_REVIEWER, (("reviewer", str(assessment.reviewer_id)),)
        )
    else:
        why = lifecycle.Refusal(codes.WRONG_STATUS, (("status", assessment.status), ("needed", ())))
    return NotAllowed("review_refused", refusals=(why,))
