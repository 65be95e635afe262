"""Two questionnaires side by side: versions of one country, or the tools of two countries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from assessments import library, tool
from assessments.models import ToolQuestion, ToolVersion
from assessments.rules.tool_changes import Asked, Differences, differences
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.ui import formats

from .fields import ENGLISH, flat, lines

# Settings that say something about the question itself; the rest concerns editors only.
COMPARED = (
    "value_type", "min", "max", "choices", "ilo", "law", "tags", "min_workers", "max_workers",
    "needs", "sectors", "modalities", "structural_reason",
)  # fmt: skip


@dataclass(frozen=True)
class Questionnaire:
    """One side of a comparison: a version with the law of its day."""

    country: str
    label: str
    day: date
    asked: tuple[Asked, ...]
    left_out: Mapping[str, str]  # lineage -> reason


def questionnaire(version: ToolVersion, country: str) -> Questionnaire:
    """A version the reader may see, with the law as it stood when it came into force."""
    rows = ToolQuestion.objects.filter(version=version).order_by("order")
    law = tool.law_on(country, version.effective_from)
    return Questionnaire(
        country=country,
        label=version.label,
        day=version.effective_from,
        asked=tuple(_asked(row, law) for row in rows),
        left_out={
            lineage: str(entry.get("reason", "")) for lineage, entry in version.left_out.items()
        },
    )


def _asked(row: ToolQuestion, law: Mapping[str, library.LawParameter]) -> Asked:
    fields = flat(row)
    texts: dict[tuple[str, str], str] = {}
    for name, text in fields.items():
        field, dot, language = name.rpartition(".")
        if dot and not name.startswith("state:"):
            texts[field, language] = text
    cited = {*row.law}
    for text in texts.values():
        cited |= set(library.placeholders(text))
    return Asked(
        lineage=row.lineage,
        point=row.point_id,
        is_counted=row.kind == ToolQuestion.Kind.NCQ and not row.is_structural,
        title=row.title.get(ENGLISH, row.lineage),
        texts=texts,
        settings={n: ", ".join(lines(fields[n])) for n in COMPARED if fields.get(n)},
        law={code: law_words(law[code]) for code in sorted(cited) if code in law},
        comparable=row.comparable,
        comparable_note=row.comparable_note,
    )


def law_words(parameter: library.LawParameter) -> str:
    """A parameter in one line: its value, its reference and how sure we are of it."""
    said = parameter.inline(ENGLISH) or parameter.text
    # Only a bare number needs its unit: a wording and a short form are whole by themselves.
    if parameter.kind in ("number", "percent") and not parameter.short and parameter.unit:
        said = f"{said} {parameter.unit}"
    place = [parameter.reference or "–"]
    if parameter.effective_from:
        place.append(_("since %(day)s") % {"day": formats.on_date(parameter.effective_from)})
    sure = "" if parameter.is_verified else f" [{_('unverified')}]"
    return f"{said} ({' · '.join(place)}){sure}"


def version_differences(
    before: ToolVersion, now: ToolVersion, country: str, languages: Iterable[str] = ()
) -> Differences:
    return differences(
        questionnaire(before, country).asked, questionnaire(now, country).asked, languages
    )


def tools_abroad() -> list[tuple[str, Programme]]:
    """Countries whose tool can be set beside ours: programmes with one, but our own."""
    rows = Programme.objects.exclude(pk=scope.current_programme()).order_by("code")
    return [(programme.country, programme) for programme in rows]


def tool_abroad(programme: Programme, day: date) -> Questionnaire | None:
    """The tool in force in another country, read as the system of that programme.

    The one place where an editor reads beyond the own programme: a published tool is no secret
    (groups and buyers read it too), its rows only belong to another programme. Each reading is
    recorded in both programmes' trails. None where nothing is published there.
    """
    now = scope.current()
    record(Action.TOOL_READ_ABROAD, about=programme, country=programme.country)
    facts = scope.Facts(scope.SYSTEM, programme.pk, now.user, None, None, now.address)
    with scope.scope(facts):
        record(Action.TOOL_READ_ABROAD, about=programme, country=programme.country)
        published = ToolVersion.objects.filter(status=ToolVersion.Status.PUBLISHED)
        version = published.filter(effective_from__lte=day).first() or published.last()
        return questionnaire(version, programme.country) if version is not None else None


def grouped(found: Differences) -> dict[str, dict[str, Any]]:
    """What differs, by compliance point: {point: {added, removed, reworded, law_changed}}."""
    points: dict[str, dict[str, Any]] = {}
    for name in ("added", "removed"):
        for question in getattr(found, name):
            points.setdefault(question.point, {}).setdefault(name, []).append(question)
    for name in ("reworded", "law_changed"):
        for change in getattr(found, name):
            points.setdefault(change.now.point, {}).setdefault(name, []).append(change)
    return points
