"""The list, and the overview of one assessment."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import refusals, selectors, state
from assessments.models import Assessment
from assessments.rules import lifecycle
from assessments.rules.lifecycle import Move, Position
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may, requires
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tables import FORMATS, file_response
from betterwork.ui import formats
from betterwork.ui.context import OWN_NAMES
from betterwork.ui.parts import Choice, Clock, Crumb, Event, Evidence, Rule, Who

from .common import (
    assessment_or_404,
    keeps_no_copy,
    language,
    looked,
    refused,
    today_in,
    today_of,
    user_id,
)

PAGE = 25
SHOWN = [status for status in Assessment.Status if status != Assessment.Status.PLANNED]


@requires(Permission.SEE_ASSESSMENTS)
@keeps_no_copy
def assessment_list(request: MemberRequest) -> HttpResponse:
    """Assessments that have begun; sealed visits stand apart, for their own people only."""
    given = request.GET
    mine = user_id(request) if given.get("whose") == "mine" else None
    rows = selectors.assessment_rows(
        q=given.get("q", "").strip(),
        status=given.get("status", ""),
        year=given.get("year", ""),
        modality=given.get("modality", ""),
        mine=mine,
        sort=given.get("sort", ""),
    )
    kind = given.get("format", "")
    if kind in FORMATS:
        record(Action.EXPORTED, kind="assessments", format=kind)
        return _export(rows, kind)
    page = Paginator(rows, PAGE).get_page(given.get("page"))
    sealed: list[Assessment] = []
    is_open = given.get("envelope") == "open"
    # Only hats that can be on a team, or plan, ask at all.
    if may(request, Permission.CONDUCT_ASSESSMENTS) or may(request, Permission.PLAN_ASSESSMENTS):
        sealed = list(selectors.sealed_assessments())
    if sealed and is_open:
        looked(visits=len(sealed))
    today = today_in(request)
    context = {
        "page": page,
        "rows": [(row, _acts_next(row), _clock(row, today)) for row in page.object_list],
        "choices": _choices(request),
        "search": given.get("q", ""),
        "clear_url": reverse("assessments:list") if given else "",
        "sealed": sealed,
        "sealed_shown": is_open,
        "sorted_by": "-starts_on",
        "may_plan": may(request, Permission.PLAN_ASSESSMENTS),
    }
    return render(request, "assessments/list.html", context)


def _export(rows: QuerySet[Assessment], kind: str) -> HttpResponse:
    """The rows of the list as it stands; sealed visits are never among them."""
    head = [
        _("Factory"), _("Factory id"), _("Code"), _("Step"), _("First day"), _("Last day"),
        _("Cycle"), _("Held"), _("Released"),
    ]  # fmt: skip
    table = (
        [
            row.factory.name,
            row.factory.code,
            row.code,
            row.get_status_display(),
            row.starts_on,
            row.ends_on,
            row.cycle_number,
            row.get_modality_display(),
            row.released_at and timezone.localdate(row.released_at),
        ]
        for row in rows.iterator(chunk_size=500)
    )
    return file_response("assessments", head, table, kind)


def _choices(request: MemberRequest) -> list[Choice]:
    given = request.GET
    year = today_in(request).year
    first = selectors.first_year() or year
    everything = ("", _("All"))
    choices = [
        Choice(
            "status",
            _("Step"),
            [everything, *((status.value, status.label) for status in SHOWN)],
            given.get("status", ""),
        ),
        Choice(
            "year",
            _("Year"),
            [everything, *((str(y), formats.digits(str(y))) for y in range(year, first - 1, -1))],
            given.get("year", ""),
        ),
        Choice(
            "modality",
            _("Held"),
            [everything, *Assessment.Modality.choices],
            given.get("modality", ""),
        ),
    ]
    if may(request, Permission.CONDUCT_ASSESSMENTS):
        choices.append(
            Choice(
                "whose",
                _("Whose"),
                [everything, ("mine", _("My teams and caseload"))],
                given.get("whose", ""),
            )
        )
    return choices


def _acts_next(row: Assessment) -> Who | None:
    """Who must act next: the first thing on each row."""
    status = Assessment.Status
    names: dict[str, tuple[str, str]] = {
        status.IN_PROGRESS: (_("The team"), "side"),
        status.SUBMITTED: (_("A reviewer"), "person"),
        status.QUALITY_REVIEW: (
            str(row.reviewer) if row.reviewer else _("The reviewer"),
            "person",
        ),
        status.FACTORY_REVIEW: (_("The factory"), "factory"),
        status.POSTPONED: (_("A planner"), "person"),
        status.ACCESS_REFUSED: (_("A planner"), "person"),
    }
    found = names.get(row.status)
    if found is None:
        return None
    initials = "" if found[1] != "person" else getattr(row.reviewer, "initials", "")
    return Who(found[0], initials=initials, kind=found[1])


def _clock(row: Assessment, today: Any) -> Clock | None:
    if row.status == Assessment.Status.FACTORY_REVIEW and row.comments_close_on:
        sent = row.draft_sent_at.date() if row.draft_sent_at else None
        return Clock.until(row.comments_close_on, today=today, started_on=sent)
    return None


@requires(Permission.SEE_ASSESSMENTS)
@keeps_no_copy
def assessment_detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The overview of one assessment; opening a sealed one is written down."""
    assessment = assessment_or_404(pk)
    return overview(request, assessment)


def overview(
    request: MemberRequest, assessment: Assessment, *, error: Any = None, status: int = 200
) -> HttpResponse:
    """Render the overview, also after a refused step."""
    today = today_of(assessment)
    team = selectors.team(assessment)
    whole = selectors.questionnaire(assessment, language(), today)
    me = user_id(request)
    seat = next((seat for seat in team if seat.user_id == me), None)
    facts = state.facts_of(
        assessment,
        team,
        today=today,
        with_answers=not assessment.sealed,
        with_review=not assessment.sealed,
        answers=list(whole.answers),
    )
    context: dict[str, Any] = {
        "assessment": assessment,
        "crumbs": [Crumb(_("Assessments"), reverse("assessments:list"))],
        "step": refusals.status_word(facts.status),
        "whole": whole,
        "team": team,
        "seat": seat,
        "is_team": seat is not None,
        "may_review": may(request, Permission.REVIEW_ASSESSMENTS),
        "steps": _steps(assessment),
        "evidence": _evidence(assessment) if not assessment.sealed else [],
        "total": len(whole.entries),
        "moves": _moves(request, assessment, facts, team, me),
        "people": len(team) + 1,
        "reports": _reports(request, assessment),
        "plan_url": reverse("advisory:plan", args=[assessment.factory_id])
        if assessment.released_at and may(request, Permission.SEE_PLANS)
        else "",
    }
    if assessment.status == Assessment.Status.ACCESS_REFUSED:
        context["refused"] = selectors.access_refusals().filter(assessment=assessment).first()
    if facts.status in lifecycle.EDITABLE:
        context["sign_rules"] = _sign_rules(facts)
        actor = state.actor_of(team, me, Move.SUBMIT)
        context["may_sign"] = seat is not None and not lifecycle.sign_refusals(
            facts, actor, state.assessment_settings()
        )
        if seat is not None:
            context["remarks"] = [
                remark for remark in selectors.remarks_of(assessment) if remark.resolved_at is None
            ]
    if assessment.status == Assessment.Status.PLANNED and seat is not None:
        actor = state.actor_of(team, me, Move.CHECK_IN)
        against = lifecycle.refusals(facts, Move.CHECK_IN, actor, state.assessment_settings())
        context["check_in_against"] = refusals.reasons(against)
    if error is not None:
        context.update(refused(error))
    return render(request, "assessments/detail.html", context, status=status)


def _sign_rules(facts: lifecycle.AssessmentFacts) -> list[Rule]:
    """What blocks signing, each rule with its fact."""
    lines = (
        (_("Every question has an answer"), facts.unanswered),
        (_("Every value is in order"), facts.invalid_values),
        (_("Every non-compliance says what was found"), facts.findings_without_text),
        (_("Every finding comes from two sources"), facts.findings_short_of_sources),
        (_("Answers given in two ways are settled"), facts.open_conflicts),
        (_("Every remark of the reviewer has an answer"), facts.unanswered_remarks),
    )
    return [
        Rule(
            "fail" if count else "pass",
            rule,
            ngettext("%(n)s is open.", "%(n)s are open.", count) % {"n": formats.number(count)}
            if count
            else "",
        )
        for rule, count in lines
    ]


def _moves(
    request: MemberRequest,
    assessment: Assessment,
    facts: lifecycle.AssessmentFacts,
    team: list[Any],
    me: int,
) -> dict[str, bool]:
    """The buttons a person has here: what is theirs to do at this step."""
    found: dict[str, bool] = {}
    for move in Move:
        actor = state.actor_of(team, me, move)
        if actor.position is Position.REVIEWER and not may(request, Permission.REVIEW_ASSESSMENTS):
            continue
        found[move.value] = move in lifecycle.open_moves(facts, actor)
    return found


def _reports(request: MemberRequest, assessment: Assessment) -> list[dict[str, Any]]:
    """What was written of this assessment, by language."""
    if assessment.sealed or (assessment.draft_sent_at is None and assessment.released_at is None):
        return []
    if not may(request, Permission.READ_REPORTS):
        return []
    return [
        {
            "url": reverse("reporting:report", args=[each.pk]),
            "language": each.language,
            "name": OWN_NAMES.get(each.language, each.language),
            "version": each.version,
            "is_draft": each.is_draft,
        }
        for each in selectors.reports_of(assessment)
    ]


def _steps(assessment: Assessment) -> list[Event]:
    rows = assessment.steps.select_related("by").order_by("-at", "-id")
    return [
        Event(
            refusals.status_word(row.to_status),
            at=row.at,
            by=str(row.by) if row.by else "",
            detail=row.reason,
        )
        for row in rows
    ]


def _evidence(assessment: Assessment) -> list[Evidence]:
    return evidence_parts(selectors.evidence_of(assessment))


def evidence_parts(rows: Any) -> list[Evidence]:
    """Rows of evidence as the strip shows them."""
    made = []
    for row in rows:
        is_photo = row.file.content_type.startswith("image/")
        made.append(
            Evidence(
                title=row.caption or row.file.original_name,
                url=reverse("records:file", args=[row.file_id]),
                thumb_url=reverse("records:thumbnail", args=[row.file_id]) if is_photo else "",
                kind="photo" if is_photo else "doc",
                at=row.added_at,
                by=str(row.added_by) if row.added_by else "",
            )
        )
    return made
