"""Drafts and published versions of the tool: lists, one version, its description."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessments import services
from assessments import tool as tools
from assessments.editing import fields, reads
from assessments.forms_tool import AddQuestionForm, DescribeForm, ReasonForm
from assessments.library import load
from assessments.models import CompliancePoint, ToolVersion
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.refusals import sentence
from betterwork.ui.parts import Choice, Crumb

from .common import language, refused, today_in, user_id
from .tool_common import (
    columns,
    home,
    language_choices,
    page,
    version_crumb,
    version_crumbs,
    version_or_404,
)

EDIT = (Permission.CHANGE_TOOL, Permission.REVIEW_TOOL)


@requires(*EDIT)
def drafts(request: MemberRequest) -> HttpResponse:
    """Your move and waiting for others: drafts, and proposals of law."""
    return drafts_page(request)


def drafts_page(
    request: MemberRequest, *, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    home(request)
    me = user_id(request)
    rows = reads.drafts()
    versions = reads.published()
    in_force = _in_force(request)
    context: dict[str, Any] = {
        "drafts": [(row, _next_step(row, me)) for row in rows],
        "proposals": reads.proposals(only_open=True),
        "me": me,
        "in_force": in_force,
        "bases": [v for v in versions if v.status == ToolVersion.Status.PUBLISHED],
        "may_change": may(request, Permission.CHANGE_TOOL),
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "tool_drafts", context, status=status)


def _in_force(request: MemberRequest) -> ToolVersion | None:
    try:
        return tools.version_in_force(today_in(request))
    except DomainError:
        return None


def _next_step(row: reads.DraftRow, me: int) -> dict[str, Any]:
    """Who must act next on a draft, and what it is."""
    version = row.version
    if version.approved_at is not None:
        return {"what": _("Publish it"), "is_yours": True, "name": "tool_publish"}
    if version.review_asked_at is not None:
        is_yours = me not in {version.created_by_id, version.review_asked_by_id}
        return {"what": _("Review by a second person"), "is_yours": is_yours, "name": "tool_review"}
    return {"what": _("Write, then ask for a review"), "is_yours": True, "name": "tool_version"}


@require_POST
@requires(Permission.CHANGE_TOOL)
def begin(request: MemberRequest) -> HttpResponse:
    """A new draft from the version chosen."""
    home(request)
    try:
        try:
            base = UUID(request.POST.get("based_on", ""))
        except ValueError:
            raise DomainError("tool_version_unknown") from None
        draft = services.begin_draft(based_on_id=base, by=user_id(request), now=timezone.now())
    except DomainError as error:
        return drafts_page(request, error=error, status=422)
    return redirect("assessments:tool_version", pk=draft.pk)


@requires(*EDIT)
def version(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One version by compliance point, with the state of each language."""
    return version_page(request, version_or_404(pk))


def version_page(
    request: MemberRequest,
    found: ToolVersion,
    *,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    programme = home(request)
    shown = reads.languages_shown(programme, request.GET.getlist("langs"))
    q, show = request.GET.get("q", ""), request.GET.get("show", "")
    blocks = reads.blocks(found, shown, q=q, show=show)
    comments = reads.comments_of(found)
    context: dict[str, Any] = {
        "version": found,
        "crumbs": version_crumbs(found),
        "blocks": blocks,
        "columns": columns(shown),
        "langs": language_choices(shown),
        "total": sum(len(block.lines) for block in blocks),
        "changed": sum(block.changed for block in blocks),
        "is_narrow": bool(q or show),
        "search": q,
        "clear_url": request.path if request.GET else "",
        "choices": [
            Choice(
                "show",
                _("Questions"),
                [
                    ("", _("All")),
                    ("changed", _("Changed in this draft")),
                    ("care", _("With comments or two texts")),
                    ("series", _("Series broken")),
                ],
                show,
            )
        ],
        "left_out": _left_out(found),
        "comments": [c for c in comments if not c.lineage],
        "open_comments": sum(c.resolved_at is None for c in comments),
        "may_change": found.is_open and may(request, Permission.CHANGE_TOOL),
        "is_draft": found.status == ToolVersion.Status.DRAFT,
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "tool_version", context, status=status)


def _left_out(found: ToolVersion) -> list[dict[str, Any]]:
    known = load().questions
    rows = []
    for lineage, entry in sorted(found.left_out.items()):
        title = entry.get("title") or (
            {"en": known[lineage].text("title")} if lineage in known else {}
        )
        rows.append(
            {
                "lineage": lineage,
                "reason": entry.get("reason", ""),
                "title": tools.in_language(title, language()) or lineage,
                "may_return": bool(entry.get("row")) or lineage in known,
            }
        )
    return rows


@requires(Permission.CHANGE_TOOL)
def describe(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Label, note, name and local names of a draft."""
    home(request)
    found = version_or_404(pk)
    form = DescribeForm(request.POST or None, initial=DescribeForm.initial_of(found))
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.describe_draft(
                version_id=found.pk, **form.described(), by=user_id(request), now=timezone.now()
            )
            return redirect("assessments:tool_version", pk=found.pk)
        except DomainError as refusal:
            error = refusal
    context: dict[str, Any] = {
        "form": form,
        "title": _("Label, note and names"),
        "lede": _("What readers and reviewers see of the version itself."),
        "crumbs": version_crumbs(found, version_crumb(found)),
        "cancel_url": reverse("assessments:tool_version", args=[found.pk]),
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "form", context, status=422 if form.errors or error else 200)


@requires(Permission.CHANGE_TOOL)
def add(request: MemberRequest, pk: UUID) -> HttpResponse:
    """A question of the country's own, or one of the library this version does not ask."""
    programme = home(request)
    found = version_or_404(pk)
    points = list(CompliancePoint.objects.select_related("cluster"))
    form = AddQuestionForm(
        request.POST or None,
        initial={"point": request.GET.get("point", "")},
        points=[(p.pk, f"{p.pk} · {tools.in_language(p.name, language())}") for p in points],
    )
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_question(
                version_id=found.pk, by=user_id(request), now=timezone.now(), **form.cleaned_data
            )
            return redirect("assessments:tool_question", pk=found.pk, lineage=made.lineage)
        except DomainError as refusal:
            for name, problem in refusal.facts.get("problems", {}).items():
                form.add_error(name.removesuffix(".en"), sentence(problem))
            error = None if form.errors else refusal
    context: dict[str, Any] = {
        "form": form,
        "version": found,
        "crumbs": version_crumbs(found, version_crumb(found)),
        "others": _others(found, programme.country),
        "may_change": found.is_open,
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "tool_add", context, status=422 if form.errors or error else 200)


def _others(found: ToolVersion, country: str) -> list[dict[str, Any]]:
    """Questions of the library that this version does not ask, by point."""
    asked = {row.row.lineage for block in reads.blocks(found, ["en"]) for row in block.lines}
    rows = []
    for question in load().questions.values():
        if question.id in asked:
            continue
        rows.append(
            {
                "lineage": question.id,
                "title": question.text("title", language()),
                "text": question.text("question", language()),
                "reason": found.left_out.get(question.id, {}).get("reason", ""),
                "countries": sorted(question.applies.countries - {country}),
            }
        )
    return rows


@require_POST
@requires(Permission.CHANGE_TOOL)
def bring_back(request: MemberRequest, pk: UUID, lineage: str) -> HttpResponse:
    found = version_or_404(pk)
    try:
        services.bring_back(
            version_id=found.pk, lineage=lineage, by=user_id(request), now=timezone.now()
        )
    except DomainError as error:
        return version_page(request, found, error=error, status=422)
    return redirect("assessments:tool_question", pk=found.pk, lineage=lineage)


@requires(Permission.CHANGE_TOOL)
def set_aside(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Asks on a page of its own, and names what is set aside."""
    home(request)
    found = version_or_404(pk)
    if request.method == "POST":
        try:
            services.set_aside(version_id=found.pk, by=user_id(request), now=timezone.now())
        except DomainError as error:
            return version_page(request, found, error=error, status=422)
        return redirect("assessments:tool_drafts")
    context = {
        "form": None,
        "title": _("Set the draft %(label)s aside") % {"label": found.label},
        "lede": _("It is kept with all its words, but nobody goes on with it."),
        "crumbs": version_crumbs(found, version_crumb(found)),
        "button": _("Set it aside"),
        "cancel_url": reverse("assessments:tool_version", args=[found.pk]),
    }
    return page(request, "tool_confirm", context)


@requires(Permission.SEE_TOOL)
def published(request: MemberRequest) -> HttpResponse:
    """Versions in force, to come, past and retired."""
    home(request)
    today = today_in(request)
    in_force = _in_force(request)
    rows = []
    for each in reads.published():
        if each.status == ToolVersion.Status.RETIRED:
            state = "retired"
        elif in_force is not None and each.pk == in_force.pk:
            state = "in_force"
        else:
            state = "to_come" if each.effective_from > today else "past"
        rows.append((each, state))
    context = {"rows": rows, "may_edit": any(may(request, p) for p in EDIT)}
    return page(request, "tool_published", context)


@requires(Permission.CHANGE_TOOL)
def retire(request: MemberRequest, pk: UUID) -> HttpResponse:
    home(request)
    found = version_or_404(pk)
    form = ReasonForm(request.POST or None)
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.retire_tool(
                version_id=found.pk,
                reason=form.cleaned_data["reason"],
                by=user_id(request),
                now=timezone.now(),
                today=today_in(request),
            )
            return redirect("assessments:tool_published")
        except DomainError as refusal:
            error = refusal
    context: dict[str, Any] = {
        "form": form,
        "title": _("Retire version %(label)s") % {"label": found.label},
        "lede": _("No assessment takes it any more. Those made with it keep it."),
        "crumbs": version_crumbs(found, version_crumb(found)),
        "button": _("Retire it"),
        "cancel_url": reverse("assessments:tool_published"),
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "form", context, status=422 if form.errors or error else 200)


def crumbs_to(found: ToolVersion, *more: Crumb) -> list[Crumb]:
    return version_crumbs(found, version_crumb(found), *more)


LANGUAGES = fields.LANGUAGES
