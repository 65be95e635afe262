"""One question of a version: all its languages side by side, and as the assessor sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessments import services
from assessments import tool as tools
from assessments.editing import fields, reads
from assessments.forms_tool import ReasonForm
from assessments.library import TAGS
from assessments.models import Outcome, Source, ToolEdit, ToolQuestion, ToolVersion
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.refusals import sentence
from betterwork.ui.parts import Crumb
from factories.models import Factory

from .common import language, refused, today_in, user_id
from .conduct import OUTCOMES, SOURCE_ICONS
from .tool import tag_words
from .tool_common import (
    columns,
    direction,
    field_word,
    home,
    language_choices,
    law_options,
    page,
    version_crumb,
    version_crumbs,
    version_or_404,
)
from .tool_drafts import EDIT, crumbs_to, version_page

SINGLE = (
    "value_type", "min", "max", "choices", "ilo", "related", "min_workers", "max_workers",
    "structural_reason", "comparable", "comparable_note",
)  # fmt: skip
TICKED = ("law", "tags", "needs", "sectors", "modalities")


def _question_or_404(version: ToolVersion, lineage: str) -> ToolQuestion:
    rows = ToolQuestion.objects.filter(version=version).select_related(
        "point__cluster", "changed_by"
    )
    found: ToolQuestion = get_object_or_404(rows, lineage=lineage)
    return found


@requires(*EDIT)
def question(request: MemberRequest, pk: UUID, lineage: str) -> HttpResponse:
    """Read by whoever reviews; changed by editors while the draft is open."""
    home(request)
    version = version_or_404(pk)
    if request.method != "POST":
        return question_page(request, version, _question_or_404(version, lineage))
    if not may(request, Permission.CHANGE_TOOL):
        return question_page(
            request,
            version,
            _question_or_404(version, lineage),
            error=DomainError("tool_refused", against=("tool_not_yours",)),
            status=422,
        )
    return _save(request, version, lineage)


def _save(request: MemberRequest, version: ToolVersion, lineage: str) -> HttpResponse:
    found = _question_or_404(version, lineage)
    posted = posted_fields(request.POST, found)
    base, settles = _number(request.POST.get("base_revision")), _uuid(request.POST.get("settles"))
    own = _numbers(request.POST.get("own_revisions"))
    is_auto = "HX-Request" in request.headers
    try:
        saved = services.save_question(
            version_id=version.pk,
            lineage=lineage,
            base_revision=base,
            fields=posted,
            by=user_id(request),
            now=timezone.now(),
            settles=settles,
            own_revisions=own,
        )
    except DomainError as error:
        found = _question_or_404(version, lineage)
        if is_auto:
            return _kept(request, version, found, base=base, own=own, error=error)
        return question_page(
            request, version, found, typed=posted, base=base, own=own, error=error, status=422
        )
    if is_auto:
        if saved.state == "saved":
            base, own = saved.question.revision, []
        elif saved.state == "merged":
            # The page does not show what others changed, so it still stands on its own base.
            own = [*own, saved.question.revision]
        return _kept(request, version, saved.question, base=base, own=own, state=saved.state)
    if saved.state == "clash":
        return question_page(
            request,
            version,
            _question_or_404(version, lineage),
            aside=saved.edit,
            status=409,
        )
    address = reverse("assessments:tool_question", args=[version.pk, lineage])
    query = "&".join(f"langs={each}" for each in request.POST.getlist("langs"))
    return redirect(f"{address}?{query}" if query else address)


def _kept(
    request: HttpRequest,
    version: ToolVersion,
    found: ToolQuestion,
    *,
    base: int,
    own: Sequence[int],
    state: str = "",
    error: DomainError | None = None,
) -> HttpResponse:
    """The small part of the page that tells how an autosave went."""
    context: dict[str, Any] = {
        "base": base,
        "own": ",".join(map(str, own)),
        "state": state,
        "question": found,
        "version": version,
    }
    if error is not None:
        context["problems"] = _problems(error) or [(_("Not saved"), sentence_of(error))]
    status = 422 if error is not None else 200
    return render(request, "assessments/partials/_tool_kept.html", context, status=status)


def sentence_of(error: DomainError) -> str:
    said = refused(error)["refusal"]
    return " ".join([said["title"], *said["reasons"]])


def _problems(error: DomainError) -> list[tuple[str, str]]:
    """(field, sentence) of each field that is at fault."""
    found = []
    for name, problem in error.facts.get("problems", {}).items():
        field, _dot, tongue = name.rpartition(".")
        label = field_word(field or name)
        found.append((f"{label} ({tongue})" if field else label, sentence(problem)))
    return found


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 9 else 0


def _numbers(text: str | None) -> list[int]:
    """Numbers parted by commas; what is none is left out."""
    parts = (text or "").split(",")[:1000]
    return [number for number in map(_number, parts) if number]


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def posted_fields(post: QueryDict, found: ToolQuestion) -> dict[str, str]:
    """The fields the page showed. A tick that is off is told from one that was not there."""
    given: dict[str, str] = {}
    held = fields.flat(found)
    keys = [choice["key"] for choice in found.value_rules.get("choices", ())]
    names = fields.word_fields(found.kind, found.value_type, keys)
    for name in names:
        for each in fields.LANGUAGES:
            key = f"{name}.{each}"
            if key in post:
                given[key] = str(post[key])
                # A tick that is off leaves what is older than the English as it is.
                state = f"state:{key}"
                off = fields.STALE if held.get(state) == fields.STALE else ""
                given[state] = fields.REVIEWED if post.get(state) else off
    given |= {name: str(post[name]) for name in SINGLE if name in post}
    if found.kind == ToolQuestion.Kind.NCQ:
        given.pop("value_type", None)
    given |= {name: "\n".join(post.getlist(name)) for name in TICKED if f"has:{name}" in post}
    return given


def question_page(
    request: MemberRequest,
    version: ToolVersion,
    found: ToolQuestion,
    *,
    typed: dict[str, str] | None = None,
    base: int | None = None,
    own: Sequence[int] = (),
    aside: ToolEdit | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    programme = home(request)
    now_says = fields.flat(found)
    asides = reads.asides_of(version, found.lineage)
    wanted = _uuid(request.GET.get("aside"))
    aside = aside or next((each for each in asides if each.pk == wanted), None)
    says = dict(now_says)
    clashes: dict[str, str] = {}
    if aside is not None:
        # The form holds what was kept aside; what stands now is shown beside each field.
        says = dict(aside.content)
        clashes = {
            name: now_says.get(name, "")
            for name in {*says, *now_says}
            if says.get(name, "") != now_says.get(name, "") and not name.startswith("state:")
        }
    if typed is not None:
        says |= typed
    shown = reads.languages_shown(
        programme, [*request.GET.getlist("langs"), *request.POST.getlist("langs")]
    )
    problems = (error.facts.get("problems") if error is not None else None) or {}
    tongues = {*shown} | {n.rpartition(".")[2] for n in [*clashes, *problems] if "." in n}
    shown = [each for each in fields.LANGUAGES if each in tongues]
    lineages = list(
        ToolQuestion.objects.filter(version=version)
        .order_by("order")
        .values_list("lineage", flat=True)
    )
    place = lineages.index(found.lineage)
    may_change = version.is_open and may(request, Permission.CHANGE_TOOL)
    context: dict[str, Any] = {
        "version": version,
        "question": found,
        "title": tools.in_language(found.title, language()),
        "crumbs": crumbs_to(version),
        "before": lineages[place - 1] if place else "",
        "after": lineages[place + 1] if place + 1 < len(lineages) else "",
        "number": place + 1,
        "total": len(lineages),
        "columns": columns(shown),
        "langs": language_choices(shown),
        "shown": shown,
        "rows": _rows(found, says, shown, clashes, problems, _own_words(request, found, now_says)),
        "says": says,
        "base": base if base is not None else found.revision,
        "own": ",".join(map(str, own)),
        "aside": aside,
        "asides": [each for each in asides if aside is None or each.pk != aside.pk],
        "is_coded": found.kind == ToolQuestion.Kind.NCQ,
        "single": {
            name: {
                "label": field_word(name),
                "value": says.get(name, ""),
                "error": sentence(problems[name]) if name in problems else "",
                "other": clashes.get(name),
            }
            for name in SINGLE
        },
        "value_types": [
            (value, label)
            for value, label in ToolQuestion._meta.get_field("value_type").choices or ()
        ],
        "ticked": _ticked(says, clashes, problems),
        "law_topics": _law_topics(programme.country, says),
        "comments": reads.comments_of(version, found.lineage),
        "history": reads.history_of(version, found.lineage),
        "may_change": may_change,
        "is_draft": version.status == ToolVersion.Status.DRAFT,
        "problem_list": _problems(error) if error is not None else [],
        "based_on": version.based_on,
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "tool_question", context, status=status)


def _own_words(request: MemberRequest, found: ToolQuestion, says: dict[str, str]) -> set[str]:
    """Fields whose present words the reader wrote, and another reviews."""
    me = user_id(request)
    writers = reads.writers_of(found.lineage)
    return {name for name in says if writers.get(name) == me}


def _rows(
    found: ToolQuestion,
    says: dict[str, str],
    shown: list[str],
    clashes: dict[str, str],
    problems: dict[str, DomainError],
    own: set[str],
) -> list[dict[str, Any]]:
    """One row a field, one cell a language."""
    keys = fields.lines(says.get("choices", ""))
    kept = {choice["key"] for choice in found.value_rules.get("choices", ())}
    names = fields.word_fields(found.kind, found.value_type, [key for key in keys if key in kept])
    rows = []
    for name in names:
        is_list = name in fields.GUIDANCE
        english = says.get(f"{name}.{fields.ENGLISH}", "")
        cells = []
        for tongue in shown:
            key = f"{name}.{tongue}"
            text = says.get(key, "")
            cells.append(
                {
                    "key": key,
                    "id": f"f-{name.replace(':', '-')}-{tongue}",
                    "language": tongue,
                    "dir": direction(tongue),
                    "text": text,
                    "is_reviewed": says.get(f"state:{key}") == fields.REVIEWED,
                    "is_stale": says.get(f"state:{key}") == fields.STALE,
                    "is_own": key in own and says.get(f"state:{key}") != fields.REVIEWED,
                    "is_fallback": bool(english) and not text and tongue != fields.ENGLISH,
                    "error": sentence(problems[key]) if key in problems else "",
                    "other": clashes.get(key),
                    "rows": 4 if is_list else (1 if name in ("title", "unit") else 3),
                }
            )
        rows.append(
            {
                "name": name,
                "label": field_word(name),
                "cells": cells,
                "hint": _("One entry a line.") if is_list else "",
                "is_list": is_list,
            }
        )
    return rows


def _ticked(
    says: dict[str, str], clashes: dict[str, str], problems: dict[str, DomainError]
) -> list[dict[str, Any]]:
    offered: dict[str, list[tuple[str, Any]]] = {
        "tags": [(tag, tag_words()[tag]) for tag in TAGS],
        "needs": [("dormitory", _("a dormitory")), ("migrant_workers", _("migrant workers"))],
        "modalities": [
            ("on_site", _("on site")), ("hybrid", _("hybrid")), ("virtual", _("virtually")),
        ],
        "sectors": list(Factory.Type.choices),
    }  # fmt: skip
    return [
        {
            "name": name,
            "label": field_word(name),
            "options": [
                (value, label, value in fields.lines(says.get(name, "")))
                for value, label in choices
            ],
            "error": sentence(problems[name]) if name in problems else "",
            "other": clashes.get(name),
        }
        for name, choices in offered.items()
    ]


def _law_topics(country: str, says: dict[str, str]) -> dict[str, Any]:
    cited = fields.lines(says.get("law", ""))
    topics = law_options(country)
    for _topic, rows in topics:
        for row in rows:
            row["is_cited"] = row["code"] in cited
    return {
        "topics": topics,
        "cited": [row for _topic, rows in topics for row in rows if row["is_cited"]],
    }


@require_POST
@requires(Permission.CHANGE_TOOL)
def keep_theirs(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Settle a clash for what stands now."""
    edit = get_object_or_404(ToolEdit, pk=pk, revision__isnull=True)
    version = version_or_404(edit.version_id)
    try:
        services.drop_edit(edit_id=edit.pk, by=user_id(request), now=timezone.now())
    except DomainError as error:
        return version_page(request, version, error=error, status=422)
    return redirect("assessments:tool_question", pk=version.pk, lineage=edit.lineage)


@requires(Permission.CHANGE_TOOL)
def leave_out(request: MemberRequest, pk: UUID, lineage: str) -> HttpResponse:
    home(request)
    version = version_or_404(pk)
    found = _question_or_404(version, lineage)
    form = ReasonForm(request.POST or None)
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.leave_out(
                version_id=version.pk,
                lineage=lineage,
                reason=form.cleaned_data["reason"],
                by=user_id(request),
                now=timezone.now(),
            )
            return redirect("assessments:tool_version", pk=version.pk)
        except DomainError as refusal:
            error = refusal
    back = reverse("assessments:tool_question", args=[version.pk, lineage])
    context: dict[str, Any] = {
        "form": form,
        "title": _("Leave out %(question)s") % {"question": lineage},
        "lede": tools.in_language(found.text, language()),
        "crumbs": crumbs_to(version, Crumb(lineage, back)),
        "button": _("Leave it out"),
        "cancel_url": back,
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "form", context, status=422 if form.errors or error else 200)


@require_POST
@requires(Permission.CHANGE_TOOL)
def move(request: MemberRequest, pk: UUID, lineage: str) -> HttpResponse:
    version = version_or_404(pk)
    try:
        services.move_question(
            version_id=version.pk,
            lineage=lineage,
            up=request.POST.get("to") == "up",
            by=user_id(request),
            now=timezone.now(),
        )
    except DomainError as error:
        return version_page(request, version, error=error, status=422)
    return redirect(reverse("assessments:tool_version", args=[version.pk]) + f"#{lineage}")


# -- as it is seen --------------------------------------------------------------------------------


def _preview_language(request: MemberRequest) -> str:
    wanted = request.GET.get("lang", "")
    return wanted if wanted in fields.LANGUAGES else language()


def _words(request: MemberRequest, version: ToolVersion, tongue: str) -> tuple[Any, Any, Any]:
    """(tool, words by lineage, day of the law): today's, or that of the first day in force."""
    day = max(today_in(request), version.effective_from)
    whole = tools.build(version)
    law = tools.law_on(home(request).country, day)
    return whole, tools.said_by(whole, tongue, law), day


@require_GET
@requires(*EDIT)
def preview(request: MemberRequest, pk: UUID, lineage: str) -> HttpResponse:
    """One question as the assessor sees it, and as its finding prints."""
    version = version_or_404(pk)
    tongue = _preview_language(request)
    whole, words, day = _words(request, version, tongue)
    found = whole.by_lineage.get(lineage)
    if found is None:
        raise Http404
    place = whole.points[found.point]
    labels = dict(Outcome.choices)
    if found.is_structural:
        labels[Outcome.NON_COMPLIANT] = labels[Outcome.STRUCTURAL]
    offered = OUTCOMES[2:] if found.is_fact else OUTCOMES
    context = {
        "version": version,
        "question": found,
        "words": words[lineage],
        "point": tools.in_language(place.name, tongue),
        "cluster": tools.in_language(place.cluster_name, tongue),
        "outcomes": [(shape, css, labels[value]) for value, shape, css in offered],
        "sources": [(SOURCE_ICONS[Source(value)], label) for value, label in Source.choices],
        "tongue": tongue,
        "dir": direction(tongue),
        "day": day,
        "tongues": columns(list(fields.LANGUAGES)),
        # What a report takes over; see `reporting.report.data`.
        "law": [
            {
                "reference": law.reference,
                "own": law.own,
                "text": law.text,
                "since_on": law.since,
            }
            for law in words[lineage].law
            if law.is_verified and law.reference
        ],
        "crumbs": version_crumbs(
            version,
            version_crumb(version),
            Crumb(lineage, reverse("assessments:tool_question", args=[version.pk, lineage])),
        ),
    }
    return page(request, "tool_preview", context)


@require_GET
@requires(*EDIT)
def print_whole(request: MemberRequest, pk: UUID) -> HttpResponse:
    """The whole questionnaire in one language, as it prints."""
    version = version_or_404(pk)
    tongue = _preview_language(request)
    whole, words, day = _words(request, version, tongue)
    clusters: dict[str, dict[str, Any]] = {}
    for each in whole.questions:
        place = whole.points[each.point]
        cluster = clusters.setdefault(
            place.cluster,
            {"name": tools.in_language(place.cluster_name, tongue), "points": {}},
        )
        point = cluster["points"].setdefault(
            place.code, {"name": tools.in_language(place.name, tongue), "questions": []}
        )
        point["questions"].append((each, words[each.lineage]))
    context = {
        "version": version,
        "name": tools.in_language(version.name, tongue) or version.label,
        "clusters": clusters,
        "total": len(whole.questions),
        "tongue": tongue,
        "dir": direction(tongue),
        "day": day,
        "tongues": columns(list(fields.LANGUAGES)),
        "tags": tag_words(),
        "crumbs": crumbs_to(version),
    }
    return page(request, "tool_print", context)
