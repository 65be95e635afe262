"""Quality review, the draft at the factory, release."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessments import refusals, selectors, services, state
from assessments.models import Assessment, FactoryComment, ReviewRemark
from assessments.rules import lifecycle
from assessments.rules.lifecycle import Move
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui.parts import Clock, Crumb, Rule

from .common import assessment_or_404, language, refused, today_of, user_id
from .lists import overview

# What the button of a step is called in the form.
STEPS = {
    "start": services.start_review,
    "return": services.return_to_team,
    "send": services.send_draft,
    "release": services.release,
}
WITH_REASON = {"take_back": services.take_back, "hand_over": services.hand_over_review}


@requires(Permission.REVIEW_ASSESSMENTS)
def review(request: MemberRequest, pk: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    if assessment.submitted_at is None:
        raise Http404
    return review_page(request, assessment)


def review_page(
    request: MemberRequest,
    assessment: Assessment,
    *,
    error: DomainError | None = None,
    typed: str = "",
    typed_at: str = "",
    status: int = 200,
) -> HttpResponse:
    today = today_of(assessment)
    me = user_id(request)
    team = state.team_of(assessment.pk)
    whole = selectors.questionnaire(assessment, language(), today)
    found = selectors.findings(whole, with_review=True, with_comments=True)
    comments = selectors.comments_of(assessment)
    facts = state.facts_of(
        assessment,
        team,
        today=today,
        with_answers=True,
        with_review=True,
        answers=list(whole.answers),
    )
    context: dict[str, Any] = {
        "assessment": assessment,
        "crumbs": [
            Crumb(_("Assessments"), reverse("assessments:list")),
            Crumb(assessment.factory.name, reverse("assessments:detail", args=[assessment.pk])),
        ],
        "step": refusals.status_word(facts.status),
        "findings": found,
        "team": team,
        "whole": whole,
        "is_reviewer": assessment.reviewer_id == me
        and assessment.status == Assessment.Status.QUALITY_REVIEW,
        "general_remarks": [r for r in selectors.remarks_of(assessment) if r.question_id is None],
        "general_comments": [c for c in comments if c.question_id is None],
        "may_answer_comments": assessment.status == Assessment.Status.FACTORY_REVIEW,
        "moves": _moves(request, facts, team, me),
        "clock": _clock(assessment, today),
        "alike": sum(bool(each.alike) for each in found),
        "typed": typed,
        "typed_at": typed_at,
    }
    if error is not None:
        context.update(refused(error))
    return render(request, "assessments/review.html", context, status=status)


def _moves(
    request: MemberRequest, facts: lifecycle.AssessmentFacts, team: list[Any], me: int
) -> dict[str, list[Rule] | None]:
    """Each step that is this person's, with what stands against it (nothing: a button)."""
    offered: dict[str, list[Rule] | None] = {}
    for name, move in (
        ("start", Move.START_REVIEW),
        ("return", Move.RETURN_TO_TEAM),
        ("send", Move.SHARE_DRAFT),
        ("release", Move.RELEASE),
        ("take_back", Move.TAKE_BACK),
    ):
        actor = state.actor_of(team, me, move)
        if move is Move.RELEASE and not may(request, Permission.RELEASE_ASSESSMENTS):
            continue
        if move in lifecycle.open_moves(facts, actor):
            against = [
                refusal
                for refusal in lifecycle.refusals(facts, move, actor, state.assessment_settings())
                if refusal.code != lifecycle.RefusalCode.REASON_MISSING
            ]
            offered[name] = [Rule("fail", refusals.reason(refusal)) for refusal in against]
    return offered


def _clock(assessment: Assessment, today: Any) -> Clock | None:
    if assessment.status != Assessment.Status.FACTORY_REVIEW or not assessment.comments_close_on:
        return None
    sent = assessment.draft_sent_at.date() if assessment.draft_sent_at else None
    return Clock.until(assessment.comments_close_on, today=today, started_on=sent)


@require_POST
@requires(Permission.REVIEW_ASSESSMENTS)
def step(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One step of the review; which one stands in the button pressed."""
    assessment = assessment_or_404(pk)
    name = request.POST.get("step", "")
    common: dict[str, Any] = {"assessment_id": pk, "by": user_id(request), "now": timezone.now()}
    try:
        if name == "release" and not may(request, Permission.RELEASE_ASSESSMENTS):
            raise DomainError("review_refused")
        if name in WITH_REASON:
            WITH_REASON[name](**common, reason=request.POST.get("reason", ""))
        elif name in STEPS:
            STEPS[name](**common)
        else:
            raise DomainError("review_refused")
    except DomainError as error:
        assessment.refresh_from_db()
        return review_page(
            request,
            assessment,
            error=error,
            typed=request.POST.get("reason", ""),
            typed_at="reason",
            status=422,
        )
    return redirect("assessments:review", pk=pk)


@require_POST
@requires(Permission.REVIEW_ASSESSMENTS)
def remark(request: MemberRequest, pk: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    lineage = request.POST.get("question") or None
    text = request.POST.get("text", "")
    try:
        services.add_remark(
            assessment_id=pk, lineage=lineage, text=text, by=user_id(request), now=timezone.now()
        )
    except DomainError as error:
        return review_page(
            request, assessment, error=error, typed=text, typed_at=lineage or "whole", status=422
        )
    return redirect(reverse("assessments:review", args=[pk]) + (f"#q-{lineage}" if lineage else ""))


@require_POST
@requires(Permission.CONDUCT_ASSESSMENTS)
def reply(request: MemberRequest, pk: UUID, remark: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    row = get_object_or_404(ReviewRemark, pk=remark, assessment_id=pk)
    try:
        services.reply_to_remark(
            remark_id=row.pk,
            text=request.POST.get("text", ""),
            by=user_id(request),
            now=timezone.now(),
        )
    except DomainError as error:
        return overview(request, assessment, error=error, status=422)
    return redirect("assessments:detail", pk=pk)


@require_POST
@requires(Permission.REVIEW_ASSESSMENTS)
def resolve(request: MemberRequest, pk: UUID, remark: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    row = get_object_or_404(ReviewRemark, pk=remark, assessment_id=pk)
    try:
        services.resolve_remark(remark_id=row.pk, by=user_id(request), now=timezone.now())
    except DomainError as error:
        return review_page(request, assessment, error=error, status=422)
    return redirect("assessments:review", pk=pk)


@require_POST
@requires(Permission.REVIEW_ASSESSMENTS, Permission.CONDUCT_ASSESSMENTS)
def answer_comment(request: MemberRequest, pk: UUID, comment: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    row = get_object_or_404(FactoryComment, pk=comment, assessment_id=pk)
    text = request.POST.get("text", "")
    try:
        services.answer_comment(
            comment_id=row.pk, text=text, by=user_id(request), now=timezone.now()
        )
    except DomainError as error:
        return review_page(
            request, assessment, error=error, typed=text, typed_at=str(row.pk), status=422
        )
    if may(request, Permission.REVIEW_ASSESSMENTS):
        return redirect("assessments:review", pk=pk)
    return redirect("assessments:detail", pk=pk)


# -- the factory's page -----------------------------------------------------------------------


@requires(Permission.READ_DRAFTS)
def draft(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The draft with its findings only, on a phone; comments while the time runs."""
    assessment = assessment_or_404(pk)
    if assessment.draft_sent_at is None or assessment.status not in (
        Assessment.Status.FACTORY_REVIEW,
        Assessment.Status.RELEASED,
    ):
        raise Http404
    return draft_page(request, assessment)


def draft_page(
    request: MemberRequest,
    assessment: Assessment,
    *,
    error: DomainError | None = None,
    typed: str = "",
    typed_at: str = "",
    status: int = 200,
) -> HttpResponse:
    today = today_of(assessment)
    whole = selectors.questionnaire(assessment, language(), today)
    closes_on = assessment.comments_close_on
    is_open = (
        assessment.status == Assessment.Status.FACTORY_REVIEW
        and closes_on is not None
        and today <= closes_on
    )
    context: dict[str, Any] = {
        "assessment": assessment,
        "findings": selectors.draft_findings(whole),
        "clock": _clock(assessment, today) if is_open else None,
        "is_open": is_open,
        "may_comment": is_open and may(request, Permission.COMMENT_DRAFTS),
        "general": [c for c in selectors.comments_of(assessment) if c.question_id is None],
        "back_url": reverse("home"),
        "frame": "base.html" if may(request, Permission.SEE_ASSESSMENTS) else "phone.html",
        "typed": typed,
        "typed_at": typed_at,
    }
    if error is not None:
        context.update(refused(error))
    return render(request, "assessments/draft.html", context, status=status)


@require_POST
@requires(Permission.COMMENT_DRAFTS)
def comment(request: MemberRequest, pk: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    lineage = request.POST.get("question") or None
    text = request.POST.get("text", "")
    try:
        services.comment_on_draft(
            assessment_id=pk, lineage=lineage, text=text, by=user_id(request), now=timezone.now()
        )
    except DomainError as error:
        return draft_page(
            request, assessment, error=error, typed=text, typed_at=lineage or "whole", status=422
        )
    return redirect(reverse("assessments:draft", args=[pk]) + (f"#q-{lineage}" if lineage else ""))


@require_POST
@requires(Permission.COMMENT_DRAFTS)
def finish(request: MemberRequest, pk: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    try:
        services.finish_comments(assessment_id=pk, by=user_id(request), now=timezone.now())
    except DomainError as error:
        return draft_page(request, assessment, error=error, status=422)
    return redirect("assessments:draft", pk=pk)
