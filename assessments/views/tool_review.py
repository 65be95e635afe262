"""A draft on its way: what it changes, what is said of it, approval, publication."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessments import refusals, services
from assessments import tool as tools
from assessments.checking import Severity
from assessments.editing import compare, reads
from assessments.editing.definition import findings_of
from assessments.models import CompliancePoint, ToolComment, ToolVersion
from assessments.rules import tool_changes as rules
from assessments.rules.tool_changes import Against
from assessments.services.tool_review import publishing_against, version_facts
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui.parts import Rule

from .common import language, refused, today_in, user_id
from .tool_common import break_word, field_word, home, language_name, page, version_or_404
from .tool_drafts import EDIT, crumbs_to

SHOWN_FINDINGS = 40  # of each severity


def point_names() -> dict[str, str]:
    return {
        point.pk: tools.in_language(point.name, language())
        for point in CompliancePoint.objects.select_related("cluster")
    }


def differences_parts(found: rules.Differences) -> list[dict[str, Any]]:
    """What differs by compliance point, with words for each field."""
    names = point_names()
    grouped = compare.grouped(found)
    parts = []
    for code, name in names.items():
        block = grouped.get(code)
        if not block:
            continue
        parts.append(
            {
                "code": code,
                "name": name,
                "added": block.get("added", []),
                "removed": block.get("removed", []),
                "reworded": [_change(each) for each in block.get("reworded", [])],
                "law_changed": [_change(each) for each in block.get("law_changed", [])],
            }
        )
    return parts


def _change(change: rules.Reworded) -> dict[str, Any]:
    return {
        "question": change.now,
        "texts": [
            {"label": field_word(t.field), "language": t.language, "runs": t.runs}
            for t in change.texts
        ],
        "settings": [(field_word(s.name), s.before, s.now) for s in change.settings],
        "law": [(s.name, s.before, s.now) for s in change.law],
    }


@requires(*EDIT)
def review(request: MemberRequest, pk: UUID) -> HttpResponse:
    """All that a draft changes on one page, with its comments and the next step."""
    return review_page(request, version_or_404(pk))


def review_page(
    request: MemberRequest,
    version: ToolVersion,
    *,
    error: DomainError | None = None,
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    programme = home(request)
    me = user_id(request)
    found = rules.Differences()
    if version.based_on is not None:
        found = compare.version_differences(version.based_on, version, programme.country)
    facts = version_facts(version, with_check=version.review_asked_at is not None)
    context: dict[str, Any] = {
        "version": version,
        "crumbs": crumbs_to(version),
        "found": found,
        "parts": differences_parts(found),
        "comments": reads.comments_of(version),
        "ask_against": _rules(rules.against_asking(facts)),
        "approve_against": _rules(rules.against_approving(facts, me)),
        "undecided": rules.undecided(found),
        "is_draft": version.status == ToolVersion.Status.DRAFT,
        "may_change": may(request, Permission.CHANGE_TOOL),
        "may_review": may(request, Permission.REVIEW_TOOL),
        "is_author": me in facts.authors,
        "typed": typed,
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "tool_review", context, status=status)


def _rules(against: tuple[Against, ...]) -> list[Rule]:
    return [Rule("fail", refusals.against(code.value)) for code in against]


@require_POST
@requires(*EDIT)
def step(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One step of the review; which one stands in the button pressed."""
    version = version_or_404(pk)
    name, text = request.POST.get("step", ""), request.POST.get("text", "")
    common: dict[str, Any] = {
        "version_id": version.pk,
        "by": user_id(request),
        "now": timezone.now(),
    }
    try:
        needed = Permission.CHANGE_TOOL if name == "ask" else Permission.REVIEW_TOOL
        if not may(request, needed):
            raise DomainError("tool_refused", against=("tool_not_yours",))
        if name == "ask":
            services.ask_tool_review(**common)
        elif name == "approve":
            services.approve_tool(**common)
        elif name == "return":
            services.reopen_tool_draft(**common, text=text)
        else:
            raise DomainError("tool_refused")
    except DomainError as error:
        return review_page(request, version_or_404(pk), error=error, typed=text, status=422)
    return redirect("assessments:tool_review", pk=pk)


@require_POST
@requires(*EDIT)
def comment(request: MemberRequest, pk: UUID) -> HttpResponse:
    version = version_or_404(pk)
    lineage, text = request.POST.get("question", ""), request.POST.get("text", "")
    try:
        services.comment_on_tool(
            version_id=version.pk,
            lineage=lineage,
            text=text,
            by=user_id(request),
            now=timezone.now(),
        )
    except DomainError as error:
        return review_page(request, version, error=error, typed=text, status=422)
    if lineage:
        return redirect(
            reverse("assessments:tool_question", args=[version.pk, lineage]) + "#comments"
        )
    return redirect(reverse("assessments:tool_review", args=[version.pk]) + "#comments")


@require_POST
@requires(*EDIT)
def resolve(request: MemberRequest, pk: UUID) -> HttpResponse:
    row = get_object_or_404(ToolComment, pk=pk)
    services.resolve_tool_comment(comment_id=row.pk, by=user_id(request), now=timezone.now())
    if row.lineage and request.POST.get("from") == "question":
        address = reverse("assessments:tool_question", args=[row.version_id, row.lineage])
        return redirect(address + "#comments")
    return redirect(reverse("assessments:tool_review", args=[row.version_id]) + "#comments")


# -- publication ----------------------------------------------------------------------------------


@requires(*EDIT)
def publish(request: MemberRequest, pk: UUID) -> HttpResponse:
    """What the checker says, what it changes for the work, and the day it comes into force."""
    version = version_or_404(pk)
    if request.method != "POST":
        return publish_page(request, version)
    typed = request.POST.get("effective_from", "")
    try:
        if not may(request, Permission.CHANGE_TOOL):
            raise DomainError("tool_refused", against=("tool_not_yours",))
        day = _day(typed)
        if day is None:
            raise DomainError("value_not_a_date")
        services.publish_tool(
            version_id=version.pk,
            effective_from=day,
            by=user_id(request),
            now=timezone.now(),
            today=today_in(request),
        )
    except DomainError as error:
        return publish_page(request, version_or_404(pk), typed=typed, error=error, status=422)
    return redirect("assessments:tool_published")


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def publish_page(
    request: MemberRequest,
    version: ToolVersion,
    *,
    typed: str = "",
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    programme = home(request)
    today = today_in(request)
    found = rules.Differences()
    if version.based_on is not None:
        found = compare.version_differences(version.based_on, version, programme.country)
    findings = findings_of(version)
    facts = version_facts(version, with_check=False)
    errors = [each for each in findings if each.severity is Severity.ERROR]
    facts = rules.replace_faults(facts, len(errors))
    day = _day(typed) or max(today, version.effective_from)
    impact = reads.impact(rules.series_breaks(found))
    names = point_names()
    against = publishing_against(version, facts, day, today)
    publishes = may(request, Permission.CHANGE_TOOL)
    context: dict[str, Any] = {
        "version": version,
        "crumbs": crumbs_to(version),
        "found": found,
        "counts": [
            (_("added"), len(found.added)),
            (_("no longer asked"), len(found.removed)),
            (_("reworded"), len(found.reworded)),
            (_("with other law behind them"), len(found.law_changed)),
            (_("unchanged"), found.same),
        ],
        "impact": impact,
        "stale": [
            (language_name(each.language), each.stale, each.language)
            for each in reads.translations(version, "", "")[0]
            if each.stale and each.language in programme.languages
        ],
        "break_points": [
            (names.get(point.pk, point.pk), [(b, break_word(b.kind)) for b in some], n)
            for point, some, n in impact.points
        ],
        "against": _rules(against),
        "findings": [
            (severity.value, len(some), some[:SHOWN_FINDINGS])
            for severity in Severity
            if (some := [each for each in findings if each.severity is severity])
        ],
        "day": typed or day.isoformat(),
        # A day can be chosen anew; what else stands against it leaves nothing to press.
        "may_publish": publishes and set(against) <= {Against.DAY_PAST, Against.DAY_BEFORE_ANOTHER},
        "is_draft": version.status == ToolVersion.Status.DRAFT,
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "tool_publish", context, status=status)
