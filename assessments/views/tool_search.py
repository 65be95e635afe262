"""Searching the tools of all countries, in every language."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from assessments import tool_search
from assessments.editing.fields import LANGUAGES
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, may, requires
from betterwork.ui.parts import Choice, Crumb

from .common import language, today_in
from .tool_common import direction, language_name
from .tool_drafts import EDIT


def field_words() -> dict[str, str]:
    return {
        "title": _("Title"),
        "text": _("Question"),
        "finding": _("Finding"),
        "guidance": _("Guidance"),
    }


@requires(Permission.SEE_TOOL)
def search(request: MemberRequest) -> HttpResponse:
    """Questions in force that hold the words asked for, each with language, field and countries;
    for editors also what their drafts change."""
    programme = request.membership.programme
    query = request.GET.get("q", "").strip()
    wanted = request.GET.get("language", "")
    wanted = wanted if wanted in LANGUAGES else ""
    # Who stands in no programme has no own country: all of them are searched.
    is_everywhere = programme is None or request.GET.get("where") == "all"
    page = _number(request.GET.get("page", ""))
    result = tool_search.search_tools(
        query,
        day=today_in(request),
        reader=language(),
        programme=None if is_everywhere or programme is None else programme.pk,
        language=wanted,
        page=page,
    )
    choices = [
        Choice(
            "language",
            _("Language"),
            [("", _("All")), *((code, language_name(code)) for code in LANGUAGES)],
            wanted,
        )
    ]
    if programme is not None:
        where = [("", _("This country")), ("all", _("All countries"))]
        choices.insert(0, Choice("where", _("Where"), where, "all" if is_everywhere else ""))
    words = field_words()
    drafts = (
        tool_search.search_drafts(query, day=today_in(request), reader=language(), language=wanted)
        if programme is not None and page == 1 and any(may(request, each) for each in EDIT)
        else []
    )
    context = {
        "crumbs": [Crumb(_("Assessment tool"), reverse("assessments:tool"))],
        "search": query,
        "asked": bool(query),
        "result": result,
        "page": Paginator(range(result.total), tool_search.PAGE).get_page(page),
        "hits": [
            {
                "hit": hit,
                "language": language_name(hit.language),
                "dir": direction(hit.language),
                "where": list(dict.fromkeys(words[field] for field, _pieces in hit.found)),
                "is_own": programme is not None and programme.country in hit.countries,
            }
            for hit in result.hits
        ],
        "drafts": [
            {
                "hit": each.hit,
                "version": each.version,
                "language": language_name(each.hit.language),
                "dir": direction(each.hit.language),
            }
            for each in drafts
        ],
        "fields": words,
        "choices": choices,
        "clear_url": request.path if request.GET else "",
    }
    return render(request, "assessments/tool_search.html", context)


def _number(text: str) -> int:
    return min(int(text), 10_000) if text.isascii() and text.isdigit() and len(text) < 9 else 1
