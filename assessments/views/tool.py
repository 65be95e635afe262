"""The tool in force and the law behind it, read only."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from assessments import tool as tools
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.tenancy.models import Programme
from betterwork.ui.parts import Choice

from .common import language, today_in
from .tool_common import topic_words, unit_word

TAG_WORDS = {"public", "differentiation", "vcc", "zero_tolerance"}


def tag_words() -> dict[str, str]:
    return {
        "public": _("publicly reported"),
        "differentiation": _("high performer check"),
        "vcc": _("virtual check"),
        "zero_tolerance": _("zero tolerance"),
    }


def _programme(request: MemberRequest) -> Programme:
    """The programme of the hat; global staff stand in none and name one with ?programme=.

    Raises: Http404 for a programme that is not there.
    """
    programme = request.membership.programme
    if programme is not None:
        return programme
    offered = Programme.objects.filter(is_active=True).order_by("code")
    if code := request.GET.get("programme", ""):
        offered = offered.filter(code=code)
    first = offered.first()
    if first is None:
        raise Http404
    return first


def _programme_choice(request: MemberRequest, shown: Programme) -> list[Choice]:
    """For global staff: whose tool is read. The first programme is the choice of none."""
    if request.membership.programme is not None:
        return []
    rows = Programme.objects.filter(is_active=True).order_by("code")
    named = [(row.code, row.name_in(language())) for row in rows]
    return [Choice("programme", _("Programme"), named, shown.code)]


@requires(Permission.SEE_TOOL)
def tool(request: MemberRequest) -> HttpResponse:
    """Clusters, points and questions of the version in force, in the reader's language."""
    programme = _programme(request)
    today = today_in(request)
    try:
        version = tools.version_in_force(today, programme=programme.pk)
    except DomainError as error:
        raise Http404 from error
    whole = tools.tool_of(version.pk)
    words = tools.words_of(whole, language(), today)
    kind, tag, q = (request.GET.get(name, "") for name in ("kind", "tag", "q"))
    clusters: dict[str, dict[str, Any]] = {}
    shown = 0
    for question in whole.questions:
        said = words[question.lineage]
        if kind and question.is_fact != (kind == "fgw"):
            continue
        if tag and tag not in question.tags:
            continue
        if q and q.lower() not in f"{said.title} {said.text} {question.lineage}".lower():
            continue
        point = whole.points[question.point]
        cluster = clusters.setdefault(
            point.cluster,
            {"name": tools.in_language(point.cluster_name, language()), "points": {}},
        )
        place = cluster["points"].setdefault(
            point.code, {"name": tools.in_language(point.name, language()), "questions": []}
        )
        place["questions"].append((question, said))
        shown += 1
    context = {
        "version": version,
        "name": tools.in_language(version.name, language()) or version.label,
        "clusters": clusters,
        "shown": shown,
        "total": len(whole.questions),
        "tags": tag_words(),
        "search": q,
        "clear_url": request.path if request.GET else "",
        "is_narrow": bool(q or tag),
        "law_query": "" if request.membership.programme else f"?programme={programme.code}",
        "choices": [
            *_programme_choice(request, programme),
            Choice(
                "kind",
                _("Kind"),
                [("", _("All")), ("ncq", _("Non-compliance")), ("fgw", _("Fact-gathering"))],
                kind,
            ),
            Choice("tag", _("Mark"), [("", _("All")), *tag_words().items()], tag),
        ],
    }
    return render(request, "assessments/tool.html", context)


@requires(Permission.SEE_TOOL)
def law(request: MemberRequest) -> HttpResponse:
    """The country's law parameters on a day, each with how sure we are of it."""
    programme = _programme(request)
    day = _day(request.GET.get("on", "")) or today_in(request)
    found = tools.law_on(programme.country, day)
    shown = request.GET.get("confidence", "")
    q = request.GET.get("q", "").strip().lower()
    topics: dict[str, list[Any]] = {}
    named = topic_words()
    for row in sorted(found.values(), key=lambda each: (each.topic, each.code)):
        if shown and row.is_verified != (shown == "verified"):
            continue
        topic = named.get(row.topic, row.topic)
        if q and q not in f"{row.topic} {topic} {row.code} {row.text} {row.reference}".lower():
            continue
        unit = _unit_beside(row.inline(language()) or "", row.unit)
        topics.setdefault(topic, []).append(
            {
                "code": row.code,
                "text": row.text,
                "value": row.inline(language()) or "",
                "is_own": row.kind in {"number", "percent", "money"} or language() in row.short,
                "unit": unit_word(unit),
                "unit_is_own": unit_word(unit) != unit,
                "reference": row.reference,
                "source": row.source,
                "confidence": row.confidence,
                "is_verified": row.is_verified,
                "since": row.effective_from,
            }
        )
    context = {
        "topics": topics,
        "in_english": language() != "en",
        "day": day,
        "search": request.GET.get("q", ""),
        "verified": sum(row.is_verified for row in found.values()),
        "total": len(found),
        "clear_url": request.path if request.GET else "",
        "may_edit": may(request, Permission.CHANGE_TOOL) or may(request, Permission.REVIEW_TOOL),
        "may_change": may(request, Permission.CHANGE_TOOL),
        "choices": [
            *_programme_choice(request, programme),
            Choice(
                "confidence",
                _("How sure"),
                [
                    ("", _("All")),
                    ("verified", _("Source checked")),
                    ("unverified", _("Not verified")),
                ],
                shown,
            ),
        ],
    }
    return render(request, "assessments/law.html", context)


def _unit_beside(value: str, unit: str) -> str:
    """The unit without a currency that stands before the number already: BDT 12,500 per month."""
    first, _space, rest = unit.partition(" ")
    return rest if value.startswith(f"{first} ") else unit


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
