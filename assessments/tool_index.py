"""Keeps the searched texts in step with the published versions of a programme."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from . import library, tool
from .models import ToolQuestion, ToolText, ToolTextPlace, ToolVersion
from .rules import search_words

FORM = 1  # raise it when search_words makes other words of the same text
_BATCH = 500
_INSERT = """
    INSERT INTO assessments_tooltext
        (digest, form, lineage, language, title, text, finding, guidance, words, heads)
    SELECT digest, form, lineage, language, title, text, finding, guidance,
        words::tsvector, heads::tsvector
    FROM unnest(%s::text[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::text[], %s::text[], %s::text[])
        AS row (digest, form, lineage, language, title, text, finding, guidance, words, heads)
    ON CONFLICT (digest) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a question says in one language, the law's figures in it."""

    lineage: str
    language: str
    title: str
    text: str
    finding: str
    guidance: str

    @property
    def digest(self) -> str:
        parts = (str(FORM), self.lineage, self.language, self.title, self.text, self.finding)
        plain = "\x1f".join((*parts, self.guidance))
        return hashlib.md5(plain.encode(), usedforsecurity=False).hexdigest()


@transaction.atomic
def refresh_search(*, today: date) -> int:
    """Bring the searched texts of the programme in scope up to date; answers the places written.

    To be called when a version was published or retired, or when law has changed. Safe to
    repeat: what is right already is left alone. Law counts as it is on the first day of a
    version, or today where that has begun.
    """
    programme = Programme.objects.get(pk=scope.current_programme())
    versions = list(
        ToolVersion.objects.filter(status=ToolVersion.Status.PUBLISHED).order_by("effective_from")
    )
    ends = [later.effective_from for later in versions[1:]] + [None]
    wanted = [
        (version, until)
        for version, until in zip(versions, ends, strict=True)
        if until is None or until > today
    ]
    kept = [version.pk for version, _until in wanted]
    ToolTextPlace.objects.filter(programme=programme).exclude(version__in=kept).delete()
    return sum(_place(programme, version, until, today) for version, until in wanted)


def _place(programme: Programme, version: ToolVersion, until: date | None, today: date) -> int:
    law = tool.law_on(programme.country, max(version.effective_from, today))
    said = {each.digest: each for each in _texts(version, law)}
    held = dict(ToolTextPlace.objects.filter(version=version).values_list("text__digest", "until"))
    if set(held) == set(said) and set(held.values()) <= {until}:
        return 0
    ToolTextPlace.objects.filter(version=version).delete()
    known = _known(said)
    _add_texts(each for digest, each in said.items() if digest not in known)
    ids = _known(said)
    ToolTextPlace.objects.bulk_create(
        [
            ToolTextPlace(
                programme=programme,
                version=version,
                text_id=ids[digest],
                country=programme.country,
                since=version.effective_from,
                until=until,
            )
            for digest in said
        ],
        batch_size=2000,
    )
    return len(said)


def _texts(version: ToolVersion, law: Mapping[str, library.LawParameter]) -> Iterable[_Said]:
    names = version.names
    rows = ToolQuestion.objects.filter(version=version).only(
        "lineage", "title", "text", "finding", "guidance", "version_id"
    )
    for row in rows:
        for language in sorted({*row.title, *row.text}):

            def said(text: str, language: str = language) -> str:
                return tool.resolve(text, law, language, names)

            guides = row.guidance.get(language, {})
            entries = [line for name in library.GUIDANCE for line in guides.get(name, ())]
            lines = [line for line in entries if tool.is_known(line, law, names)]
            yield _Said(
                lineage=row.lineage,
                language=language,
                title=said(row.title.get(language, "")),
                text=said(row.text.get(language, "")),
                finding=said(row.finding.get(language, "")),
                guidance=said("\n".join(lines)),
            )


def _known(said: Mapping[str, Any]) -> dict[str, int]:
    rows = ToolText.objects.filter(digest__in=list(said))
    return dict(rows.values_list("digest", "pk"))


def _add_texts(texts: Iterable[_Said]) -> None:
    """Insert texts by their digest; one that another process has just added is left alone."""
    rows = [
        (
            each.digest,
            FORM,
            each.lineage,
            each.language,
            each.title,
            each.text,
            each.finding,
            each.guidance,
            search_words.vector(
                [
                    ("A", f"{each.lineage}\n{each.title}"),
                    ("B", each.text),
                    ("C", each.finding),
                    ("D", each.guidance),
                ]
            ),
            search_words.vector([("A", f"{each.lineage}\n{each.title}")]),
        )
        for each in texts
    ]
    # One array a column: the statement stays the same however many rows there are.
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _BATCH):
            columns = [list(column) for column in zip(*rows[start : start + _BATCH], strict=True)]
            cursor.execute(_INSERT, columns)
