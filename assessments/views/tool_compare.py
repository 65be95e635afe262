"""Two versions, or two countries, on one page; and how whole each language is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assessments import tool as tools
from assessments.editing import compare, fields, reads
from assessments.models import ToolVersion
from assessments.rules import tool_changes as rules
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import requires
from betterwork.ui.parts import Choice

from .common import language, today_in
from .tool_common import (
    break_word,
    direction,
    field_word,
    home,
    language_name,
    page,
    version_or_404,
)
from .tool_drafts import EDIT
from .tool_review import differences_parts, point_names

COUNTRY = "country:"


@require_GET
@requires(*EDIT)
def compare_page(request: MemberRequest) -> HttpResponse:
    """`?before=` and `?now=`: versions of the own tool; `before` may be another country's tool."""
    programme = home(request)
    today = today_in(request)
    versions = [
        v
        for v in ToolVersion.objects.select_related("based_on").order_by("-created_at")
        if v.set_aside_at is None
    ]
    abroad = compare.tools_abroad()
    by_id = {str(version.pk): version for version in versions}
    newest = _newest(versions, today)
    now = by_id.get(request.GET.get("now", "")) or newest
    chosen = request.GET.get("before", "")
    before_id = chosen if chosen in by_id else _before(now, versions)
    context: dict[str, Any] = {
        "choices": [
            Choice(
                "before",
                _("From"),
                [
                    *[(str(v.pk), _label(v)) for v in versions],
                    *[(COUNTRY + code, other.name_in(language())) for code, other in abroad],
                ],
                chosen or before_id,
            ),
            Choice(
                "now",
                _("To"),
                [(str(v.pk), _label(v)) for v in versions],
                str(now.pk) if now else "",
            ),
            Choice(
                "lang",
                _("Words in"),
                [("", _("All languages")), *[(c, language_name(c)) for c in fields.LANGUAGES]],
                request.GET.get("lang", ""),
            ),
        ],
        "now": now,
    }
    wanted = [request.GET["lang"]] if request.GET.get("lang") in fields.LANGUAGES else []
    before: compare.Questionnaire | None = None
    is_abroad = chosen.startswith(COUNTRY)
    if is_abroad:
        other = dict(abroad).get(chosen.removeprefix(COUNTRY))
        before = compare.tool_abroad(other, today) if other is not None else None
        context["is_empty"] = before is None
    elif before_id in by_id:
        before = compare.questionnaire(by_id[before_id], programme.country)
    if before is not None and now is not None:
        after = compare.questionnaire(now, programme.country)
        found = rules.differences(before.asked, after.asked, wanted)
        context |= {
            "before": before,
            "after": after,
            "found": found,
            "parts": differences_parts(found),
            "is_abroad": is_abroad,
            "reasons": {**before.left_out, **after.left_out},
            "breaks": []
            if is_abroad
            else [(each, break_word(each.kind)) for each in rules.series_breaks(found)],
            "points": point_names(),
        }
    return page(request, "tool_compare", context)


def _newest(versions: list[ToolVersion], today: Any) -> ToolVersion | None:
    drafts = [v for v in versions if v.status == ToolVersion.Status.DRAFT]
    if drafts:
        return drafts[0]
    try:
        return tools.version_in_force(today)
    except DomainError:
        return None


def _before(now: ToolVersion | None, versions: list[ToolVersion]) -> str:
    """What a reader who chose nothing compares with: the version it was copied from, else the one
    in force before it; empty where there is none."""
    if now is None or now.based_on_id:
        return str(now.based_on_id) if now else ""
    earlier = [
        v
        for v in versions
        if v.status != ToolVersion.Status.DRAFT and v.effective_from < now.effective_from
    ]
    return str(max(earlier, key=lambda v: v.effective_from).pk) if earlier else ""


def _label(version: ToolVersion) -> str:
    return f"{version.label} ({version.get_status_display()})"


@require_GET
@requires(*EDIT)
def translations(request: MemberRequest) -> HttpResponse:
    """Gaps per language, and the strings of one that are missing, a draft or reviewed."""
    home(request)
    versions = [
        v
        for v in ToolVersion.objects.order_by("-created_at")
        if v.set_aside_at is None and v.status != ToolVersion.Status.RETIRED
    ]
    version = _chosen(request, versions)
    tongue = request.GET.get("lang", "")
    state = request.GET.get("state", "missing")
    if state not in ("missing", "stale", "draft", "reviewed"):
        state = "missing"
    context: dict[str, Any] = {"version": version, "tongue": "", "state": state}
    if version is not None:
        tongue = tongue if tongue in fields.LANGUAGES else ""
        states, gaps = reads.translations(version, tongue, state)
        context |= {
            "states": [(each, language_name(each.language)) for each in states],
            "gaps": [
                (gap, [field_word(name) for name in gap.fields], gap.fields[0].replace(":", "-"))
                for gap in gaps
            ],
            "tongue": tongue,
            "tongue_name": language_name(tongue) if tongue else "",
            "dir": direction(tongue),
            "choices": [
                Choice(
                    "version",
                    _("Version"),
                    [(str(v.pk), _label(v)) for v in versions],
                    str(version.pk),
                ),
                Choice(
                    "lang",
                    _("Language"),
                    [("", _("Choose one")), *[(c, language_name(c)) for c in fields.LANGUAGES]],
                    tongue,
                ),
                Choice(
                    "state",
                    _("Show"),
                    [
                        ("missing", _("Missing")),
                        ("stale", _("Older than the English")),
                        ("draft", _("Draft")),
                        ("reviewed", _("Reviewed")),
                    ],
                    state,
                ),
            ],
        }
    return page(request, "tool_translations", context)


def _chosen(request: MemberRequest, versions: list[ToolVersion]) -> ToolVersion | None:
    wanted = request.GET.get("version", "")
    if wanted:
        try:
            return version_or_404(UUID(wanted))
        except ValueError:
            pass
    return _newest(versions, today_in(request))
