"""What the editor's pages share: the version asked for, words for what stands against a step."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language, get_language_info, pgettext
from django.utils.translation import gettext as _

from assessments import library, tool
from assessments.editing import fields, reads
from assessments.models import Cluster, LawParameter, ToolVersion
from betterwork.accounts.requests import MemberRequest
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.ui.parts import Crumb

RTL = {"ar", "ur"}


def home(request: MemberRequest) -> Programme:
    """The programme of the hat; who stands in none finds nothing here."""
    if request.membership.programme is None or scope.current().programme is None:
        raise Http404
    return request.membership.programme


def version_or_404(pk: UUID) -> ToolVersion:
    """A version of the own programme; one that is not to be seen is the same as none."""
    rows = ToolVersion.objects.select_related(
        "based_on", "created_by", "review_asked_by", "approved_by", "published_by"
    )
    found: ToolVersion = get_object_or_404(rows, pk=pk)
    return found


def language_name(code: str) -> str:
    return str(get_language_info(code)["name_translated"])


def language_choices(shown: list[str]) -> list[tuple[str, str, bool]]:
    """(code, name, whether it is shown) of each language, English apart."""
    return [
        (code, language_name(code), code in shown)
        for code in fields.LANGUAGES
        if code != fields.ENGLISH
    ]


def direction(language: str) -> str:
    return "rtl" if language in RTL else "ltr"


def columns(shown: list[str]) -> list[tuple[str, str, str]]:
    """(code, name, direction) of each language that is shown."""
    return [(code, language_name(code), direction(code)) for code in shown]


def field_word(name: str) -> str:
    """The name of a field, as a person reads it."""
    if name.startswith("choice:"):
        return _("Answer “%(key)s”") % {"key": name.removeprefix("choice:")}
    words = {
        "title": _("Title"),
        "text": _("Question"),
        "finding": _("Finding in the report"),
        "unit": _("Unit"),
        "look_at": _("Look at"),
        "ask": _("Ask"),
        "observe": _("Observe"),
        "traps": _("Take care"),
        "value_type": _("Type of the answer"),
        "min": _("Lowest"),
        "max": _("Highest"),
        "choices": _("Answers offered"),
        "ilo": _("ILO conventions"),
        "law": _("Law cited"),
        "tags": _("Marks"),
        "related": _("Related questions"),
        "min_workers": _("Workers at least"),
        "max_workers": _("Workers at most"),
        "needs": _("Only where there is"),
        "sectors": _("Only in"),
        "modalities": _("Only when held"),
        "structural_reason": _("Due to national law, because"),
        "comparable": _("Series"),
        "comparable_note": _("Why the series breaks"),
    }
    return words.get(name, name)


def break_word(kind: str) -> str:
    return {
        "added": _("asked for the first time"),
        "removed": _("no longer asked"),
        "meaning": _("means something else"),
        "counting": _("counted on one side only"),
    }[kind]


def version_crumbs(version: ToolVersion, *more: Crumb) -> list[Crumb]:
    if version.status == ToolVersion.Status.DRAFT:
        first = Crumb(_("Drafts"), reverse("assessments:tool_drafts"))
    else:
        first = Crumb(_("Published"), reverse("assessments:tool_published"))
    return [first, *more]


def version_crumb(version: ToolVersion) -> Crumb:
    return Crumb(version.label, reverse("assessments:tool_version", args=[version.pk]))


def local_names(version: ToolVersion) -> str:
    """The country's own names for institutions, one a line: code: language = words; ..."""
    return "\n".join(
        f"{code}: " + "; ".join(f"{lang} = {text}" for lang, text in by_language.items())
        for code, by_language in version.names.items()
    )


def topic_words() -> dict[str, str]:
    """The topics of the law data are the clusters' names in English; here in the reader's
    language. One query."""
    names = Cluster.objects.values_list("name", flat=True)
    return {name.get("en", ""): tool.in_language(name, get_language() or "en") for name in names}


def unit_word(unit: str) -> str:
    """The commonest units in the reader's language; a rarer one stays as the law data have it."""
    words = {
        "hours": pgettext("unit", "hours"),
        "days": pgettext("unit", "days"),
        "weeks": pgettext("unit", "weeks"),
        "months": pgettext("unit", "months"),
        "years": pgettext("unit", "years"),
        "minutes": pgettext("unit", "minutes"),
        "workers": pgettext("unit", "workers"),
        "percent of wage": pgettext("unit", "percent of the wage"),
        "percent of ordinary rate (total)": pgettext("unit", "percent of the ordinary rate"),
    }
    return words.get(unit, unit)


def law_options(country: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """(topic, parameters) of the country, each with what it says now; for citing them."""
    held = LawParameter.objects.standing().filter(country=country)
    rows = held.order_by("topic", "code", "effective_from")
    latest: dict[str, library.LawParameter] = {}
    for row in rows:
        latest[row.code] = tool.parameter_of(row)
    topics: dict[str, list[dict[str, Any]]] = {}
    named = topic_words()
    for parameter in latest.values():
        topics.setdefault(named.get(parameter.topic, parameter.topic), []).append(
            {
                "code": parameter.code,
                "value": parameter.inline("en") or parameter.text,
                "unit": parameter.unit,
                "is_verified": parameter.is_verified,
            }
        )
    return list(topics.items())


def page(
    request: MemberRequest, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    version = context.get("version")
    if version is not None and "/versions/" in request.path:
        # A version belongs to the place in the menu it is reached from.
        is_draft = version.status == ToolVersion.Status.DRAFT
        place = "tool_drafts" if is_draft else "tool_published"
        request.nav_path = reverse(f"assessments:{place}")  # type: ignore[attr-defined]
    request.nav_counts = {"drafts": len(reads.proposals(only_open=True))}  # type: ignore[attr-defined]
    return render(request, f"assessments/{name}.html", context, status=status)
