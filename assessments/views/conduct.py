"""The days at the factory: questions, answers, evidence, signatures."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessments import content_of, refusals, selectors, services, state
from assessments.models import AnswerConflict, Assessment, Outcome, Source
from assessments.rules import lifecycle
from assessments.rules.answers import NotAssessedReason
from assessments.tool import tool_of
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui.context import OWN_NAMES
from betterwork.ui.formats import RTL_LANGUAGES
from betterwork.ui.parts import Who
from betterwork.ui.views import COOKIE_AGE

from .common import assessment_or_404, keeps_no_copy, language, today_of, user_id
from .lists import evidence_parts, overview

TONGUE_COOKIE = "bw_tool_language"
OUTCOMES = (
    # value, shape, class, key on the keyboard
    (Outcome.COMPLIANT, "st-ok", "ok"),
    (Outcome.NON_COMPLIANT, "st-nc", "nc"),
    (Outcome.NOT_APPLICABLE, "st-na", "na"),
    (Outcome.NOT_ASSESSED, "st-not", "na"),
)
SOURCE_ICONS = {
    Source.OBSERVATION: "eye",
    Source.WORKERS: "people",
    Source.MANAGEMENT: "person",
    Source.DOCUMENTS: "doc",
    Source.UNION: "chat",
}


def reason_words() -> list[tuple[str, str]]:
    words = {
        NotAssessedReason.ACCESS_LIMITED: _("We could not go there"),
        NotAssessedReason.RECORDS_UNAVAILABLE: _("The records were not there"),
        NotAssessedReason.PERSON_ABSENT: _("The person was not there"),
        NotAssessedReason.TIME_SHORT: _("There was no time left"),
        NotAssessedReason.MODALITY: _("It cannot be seen from a distance"),
        NotAssessedReason.OTHER: _("Another reason"),
    }
    return [(key.value, text) for key, text in words.items()]


@require_POST
@requires(Permission.CONDUCT_ASSESSMENTS)
@keeps_no_copy
def check_in(request: MemberRequest, pk: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    try:
        services.check_in(
            assessment_id=pk,
            by=user_id(request),
            now=timezone.now(),
            reason=request.POST.get("reason", ""),
        )
    except DomainError as error:
        return overview(request, assessment, error=error, status=422)
    return redirect("assessments:questions", pk=pk)


@require_POST
@requires(Permission.CONDUCT_ASSESSMENTS)
def sign(request: MemberRequest, pk: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    try:
        services.sign(assessment_id=pk, by=user_id(request), now=timezone.now())
    except DomainError as error:
        return overview(request, assessment, error=error, status=422)
    return redirect("assessments:detail", pk=pk)


@require_POST
@requires(Permission.CONDUCT_ASSESSMENTS)
def interviews(request: MemberRequest, pk: UUID) -> HttpResponse:
    assessment = assessment_or_404(pk)
    given = request.POST.get("workers", "")
    try:
        if not given.isdecimal() or int(given) > 100_000:
            raise DomainError("value_not_a_number")
        services.count_interviews(assessment_id=pk, by=user_id(request), workers=int(given))
    except DomainError as error:
        return overview(request, assessment, error=error, status=422)
    return redirect("assessments:detail", pk=pk)


@requires(Permission.SEE_ASSESSMENTS)
def questions(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The whole questionnaire with its answers, in one answer."""
    assessment = _begun_or_404(pk)
    whole = selectors.questionnaire(assessment, language(), today_of(assessment))
    shown = request.GET.get("show", "")
    team = state.team_of(assessment.pk)
    context = {
        "assessment": assessment,
        "whole": whole,
        "show": shown,
        "team": team,
        "next": whole.next_open,
        "total": len(whole.entries),
        "may_edit": _may_edit(assessment, team, user_id(request)),
    }
    return render(request, "assessments/questions.html", context)


def _begun_or_404(pk: UUID) -> Assessment:
    assessment = assessment_or_404(pk)
    if assessment.checked_in_at is None:
        raise Http404
    return assessment


def _may_edit(assessment: Assessment, team: list[Any], me: int) -> bool:
    facts = state.facts_of(assessment, team, today=today_of(assessment))
    return not lifecycle.edit_refusals(facts, state.actor_of(team, me, lifecycle.Move.SUBMIT))


@requires(Permission.SEE_ASSESSMENTS)
def question(request: MemberRequest, pk: UUID, lineage: str) -> HttpResponse:
    """One question: what was found on the left of its help, on a tablet of 1024 pixels."""
    return question_page(request, _begun_or_404(pk), lineage)


def question_page(
    request: MemberRequest,
    assessment: Assessment,
    lineage: str,
    *,
    typed: dict[str, Any] | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    me = user_id(request)
    tongues = _tongues(assessment, lineage)
    tongue = _tongue(request, tongues)
    whole = selectors.questionnaire(assessment, tongue, today_of(assessment))
    place = whole.by_lineage.get(lineage)
    if place is None:
        raise Http404
    entry = whole.entries[place]
    team = state.team_of(assessment.pk)
    may_edit = _may_edit(assessment, team, me)
    seat = next((seat for seat in team if seat.user_id == me), None)
    # A page fetched ahead, for a connection that may be lost, is not where the person is.
    if seat is not None and may_edit and "X-Ahead" not in request.headers:
        services.note_presence(seat, point=entry.question.point, now=timezone.now())
    points = {point.code: point for point in whole.points}
    point = points[entry.question.point]
    see_plans = may(request, Permission.SEE_PLANS)
    context: dict[str, Any] = {
        "assessment": assessment,
        "whole": whole,
        "entry": entry,
        "words": entry.words,
        "question": entry.question,
        "point": point,
        "points": whole.points,
        "before": whole.entries[place - 1] if place else None,
        "after": whole.entries[place + 1] if place + 1 < len(whole.entries) else None,
        "number": place + 1,
        "total": len(whole.entries),
        "may_edit": may_edit,
        "others": [
            (other, points.get(other.last_seen_point)) for other in team if other.user_id != me
        ],
        "seat": seat,
        "day": _day_of(assessment),
        "evidence": evidence_parts(selectors.evidence_of(assessment, entry.question.id)),
        "last": selectors.last_time(assessment, lineage),
        "item": selectors.plan_item_of(entry, assessment) if see_plans else None,
        "see_plans": see_plans,
        "client_id": uuid4(),
        "remarks": [
            remark
            for remark in selectors.remarks_of(assessment)
            if remark.question_id == entry.question.id and remark.resolved_at is None
        ]
        if assessment.review_started_at
        else [],
        "clash": clash_parts(entry),
        "tongue": tongue,
        "tongues": [(code, OWN_NAMES.get(code, code)) for code in tongues],
        "in_tongue": _marked(tongue),
        **_fields(entry, typed),
    }
    if error is not None:
        title, why = refusals.said(error)
        context["refusal"] = {"title": title, "reasons": why}
    response = render(request, "assessments/question.html", context, status=status)
    if request.GET.get("lang") == tongue:
        response.set_cookie(
            TONGUE_COOKIE, tongue, max_age=COOKIE_AGE, samesite="Lax", secure=request.is_secure()
        )
    return response


def _tongues(assessment: Assessment, lineage: str) -> list[str]:
    """Languages a question can be read in here: the page's, English, and those of the programme.

    A tool has languages that the pages have not; only those it has words in are offered.
    """
    question = tool_of(assessment.version_id).by_lineage.get(lineage)
    wanted = dict.fromkeys([language(), "en", *assessment.programme.languages])
    return [code for code in wanted if question and question.text.get(code)]


def _tongue(request: MemberRequest, tongues: list[str]) -> str:
    """The language chosen now or before; the page's own where it is not offered."""
    for wanted in (request.GET.get("lang"), request.COOKIES.get(TONGUE_COOKIE)):
        if wanted in tongues:
            return wanted
    return language()


def _marked(tongue: str) -> str:
    """Attributes of an element that holds words in another language than the page's."""
    if tongue == language():
        return ""
    return format_html(' lang="{}" dir="{}"', tongue, "rtl" if tongue in RTL_LANGUAGES else "ltr")


def _day_of(assessment: Assessment) -> tuple[int, int]:
    """(day, of how many) of the visit, for the line under the factory's name."""
    if assessment.starts_on is None or assessment.ends_on is None:
        return (1, 1)
    length = (assessment.ends_on - assessment.starts_on).days + 1
    day = (today_of(assessment) - assessment.starts_on).days + 1
    return (min(max(day, 1), length), length)


def _fields(entry: selectors.Entry, typed: dict[str, Any] | None) -> dict[str, Any]:
    """Values and choices of the form: what is kept, or what was typed and refused."""
    answer = entry.answer
    given: dict[str, Any] = {
        "outcome": "",
        "reason": "",
        "note": "",
        "finding": "",
        "sources": [],
        "value": "",
    }
    revision = 0
    if answer is not None:
        given.update(content_of.content_of(answer))
        given["reason"], given["note"] = content_of.split_reason(answer.reason)
        revision = answer.revision
    if given["outcome"] == Outcome.STRUCTURAL:
        given["outcome"] = Outcome.NON_COMPLIANT
    if typed is not None:
        given.update({key: value for key, value in typed.items() if key in given})
        revision = typed.get("base_revision", revision)
    labels = dict(Outcome.choices)
    if entry.question.is_structural:
        labels[Outcome.NON_COMPLIANT] = labels[Outcome.STRUCTURAL]
    offered = OUTCOMES[2:] if entry.question.is_fact else OUTCOMES
    return {
        "given": given,
        "revision": revision,
        "outcomes": [
            (value.value, shape, css, labels[value], given["outcome"] == value)
            for value, shape, css in offered
        ],
        "sources": [
            (value, SOURCE_ICONS[Source(value)], label, value in given["sources"])
            for value, label in Source.choices
        ],
        "reasons": reason_words(),
    }


def clash_parts(entry: selectors.Entry) -> dict[str, Any] | None:
    """Both values of a conflict, as the part shows them."""
    clash, answer = entry.clash, entry.answer
    if clash is None or answer is None:
        return None
    incoming = clash.incoming
    return {
        "id": clash.pk,
        "sides": [
            _side(
                entry, content_of.content_of(answer), answer.answered_by, answer.answered_at, "kept"
            ),
            _side(entry, incoming.content, incoming.made_by, incoming.made_at, "incoming"),
        ],
    }


def _side(
    entry: selectors.Entry, content: Any, who: Any, when: datetime, value: str
) -> dict[str, Any]:
    labels = {"yes": _("Yes"), "no": _("No")} | dict(entry.words.choices)
    outcome = content["outcome"]
    sources = dict(Source.choices)
    lines = [
        labels.get(content["value"], content["value"]),
        content["finding"],
        content_of.split_reason(content["reason"])[1],
        ", ".join(str(sources[source]) for source in content["sources"]),
    ]
    return {
        "who": Who(str(who) if who else _("Somebody"), initials=who.initials if who else ""),
        "when": when,
        "status": outcome or "",
        "text": "\n".join(str(line) for line in lines if line),
        "value": value,
    }


def _typed(data: Any) -> dict[str, Any]:
    """What a form or a device sent, before anything is checked."""
    is_form = hasattr(data, "getlist")
    base = data.get("base_revision") or 0
    try:
        base = int(base)
    except (TypeError, ValueError) as error:
        raise DomainError("answer_malformed", field="base_revision") from error
    return {
        "outcome": data.get("outcome") or "",
        "reason": data.get("reason") or "",
        "note": data.get("note") or "",
        "finding": data.get("finding") or "",
        "sources": data.getlist("sources") if is_form else list(data.get("sources") or ()),
        "value": data.get("value") or "",
        "base_revision": base,
    }


@require_POST
@requires(Permission.CONDUCT_ASSESSMENTS)
def answer(request: MemberRequest, pk: UUID, lineage: str) -> HttpResponse:
    """Keep one answer: a plain form goes on to the next question, a script gets JSON.

    JSON answers: 200 {saved, revision, at}, 409 {saved, revision, clash} (both values are kept),
    422 {error, sentence, reasons} and nothing is changed.
    """
    wants_json = "application/json" in request.headers.get("Accept", "")
    typed: dict[str, Any] = {}
    try:
        data: Any = request.POST
        if request.content_type == "application/json":
            data = _json(request)
        typed = _typed(data)
        saved = services.save_answer(
            assessment_id=pk,
            lineage=lineage,
            base_revision=typed["base_revision"],
            content=typed,
            client_id=_client_id(data),
            by=user_id(request),
            now=timezone.now(),
            made_at=_moment(data.get("made_at")),
        )
    except Assessment.DoesNotExist as error:
        raise Http404 from error
    except DomainError as error:
        if wants_json:
            sentence, why = refusals.said(error)
            return JsonResponse(
                {"error": error.code, "sentence": sentence, "reasons": why}, status=422
            )
        return question_page(
            request, _begun_or_404(pk), lineage, typed=typed, error=error, status=422
        )
    here = reverse("assessments:question", args=[pk, lineage])
    if wants_json:
        body = {"saved": True, "revision": saved.revision, "at": timezone.now().isoformat()}
        if saved.clash is not None:
            return JsonResponse({**body, "clash": str(saved.clash.pk), "url": here}, status=409)
        return JsonResponse(body)
    if saved.clash is not None:
        return redirect(here)
    goal = data.get("go", "")
    return redirect("assessments:question", pk=pk, lineage=goal or lineage)


def _json(request: MemberRequest) -> dict[str, Any]:
    try:
        data = json.loads(request.body)
    except ValueError as error:
        raise DomainError("answer_malformed", field="body") from error
    if not isinstance(data, dict):
        raise DomainError("answer_malformed", field="body")
    return data


def _client_id(data: Any) -> UUID:
    try:
        return UUID(str(data.get("client_id") or ""))
    except ValueError as error:
        raise DomainError("answer_malformed", field="client_id") from error


def _moment(text: Any) -> datetime | None:
    try:
        found = parse_datetime(str(text)) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


@require_POST
@requires(Permission.CONDUCT_ASSESSMENTS)
def evidence(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Several photos or documents at once, beside a question or the whole."""
    assessment = _begun_or_404(pk)
    lineage = request.POST.get("question") or None
    try:
        services.add_evidence(
            assessment_id=pk,
            uploads=request.FILES.getlist("files"),
            by=user_id(request),
            now=timezone.now(),
            lineage=lineage,
            caption=request.POST.get("caption", ""),
            visibility=request.POST.get("visibility") or "team",
        )
    except DomainError as error:
        if lineage:
            return question_page(request, assessment, lineage, error=error, status=422)
        return overview(request, assessment, error=error, status=422)
    if lineage:
        return redirect("assessments:question", pk=pk, lineage=lineage)
    return redirect("assessments:detail", pk=pk)


@require_POST
@requires(Permission.CONDUCT_ASSESSMENTS)
def settle(request: MemberRequest, pk: UUID, conflict: UUID) -> HttpResponse:
    """Keep one of two answers, or the third one typed below them."""
    row = get_object_or_404(
        AnswerConflict.objects.select_related("question"), pk=conflict, assessment_id=pk
    )
    lineage = row.question.lineage
    typed: dict[str, Any] = {}
    try:
        typed = _typed(request.POST)
        services.settle_conflict(
            conflict_id=conflict,
            keep=request.POST.get("keep", ""),
            by=user_id(request),
            now=timezone.now(),
            client_id=uuid4(),
            content=typed,
        )
    except DomainError as error:
        return question_page(
            request, _begun_or_404(pk), lineage, typed=typed, error=error, status=422
        )
    return redirect("assessments:question", pk=pk, lineage=lineage)
