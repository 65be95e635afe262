"""Full-text search over the published tools, and over what drafts change, in every script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from betterwork.tenancy.models import Programme

from . import library, tool
from .models import ToolQuestion, ToolText, ToolVersion
from .rules import search_words
from .rules.search_words import Term

PAGE = 20
# Where something is found, in the order in which it counts.
FIELDS = ("title", "text", "finding", "guidance")
Pieces = list[tuple[str, bool]]  # a text in pieces, each with whether it was asked for

_FOUND = """
    WITH found AS MATERIALIZED (
        SELECT id, lineage, language, heads @@ %(asked)s::tsquery AS at_head
        FROM assessments_tooltext
        WHERE words @@ %(asked)s::tsquery AND (%(language)s = '' OR language = %(language)s)
    )
    SELECT found.id, array_agg(DISTINCT place.country ORDER BY place.country),
        count(*) OVER ()
    FROM found JOIN assessments_tooltextplace place ON place.text_id = found.id
    WHERE place.since <= %(day)s AND (place.until IS NULL OR place.until > %(day)s)
        AND (%(programme)s::uuid IS NULL OR place.programme_id = %(programme)s::uuid)
    GROUP BY found.id, found.lineage, found.language, found.at_head
    ORDER BY found.at_head DESC, found.language = %(reader)s DESC, found.lineage, found.language,
        found.id
    LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One question in one language, as the countries named say it.

    `found`: (field, pieces) of each field that holds a word asked for; guidance: the entries
    that do. `title`: in pieces, always there.
    """

    lineage: str
    language: str
    countries: tuple[str, ...]
    title: Pieces
    text: Pieces
    found: tuple[tuple[str, Pieces], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """`total` counts all that was found; `is_empty_query`: nothing could be asked for."""

    hits: tuple[Hit, ...]
    total: int
    is_empty_query: bool = False


def search_tools(
    query: str,
    *,
    day: date,
    reader: str = "en",
    programme: UUID | None = None,
    language: str = "",
    page: int = 1,
) -> Result:
    """Questions in force on a day that hold every word of `query`.

    A query in Latin letters without marks finds words with them; Arabic words are found with
    and without the article; a script without spaces is searched for the text itself. Titles
    and codes come first, then the reader's language. programme: one country's tool; None: all.
    Two queries, whatever is found.
    """
    terms = search_words.terms(query)
    if not terms:
        return Result((), 0, is_empty_query=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _FOUND,
            {
                "asked": search_words.asked(terms),
                "language": language,
                "day": day,
                "programme": programme,
                "reader": reader,
                "limit": PAGE,
                "offset": PAGE * (max(page, 1) - 1),
            },
        )
        rows = cursor.fetchall()
    texts = ToolText.objects.defer("words", "heads").in_bulk([row[0] for row in rows])
    hits = tuple(_hit(texts[pk], countries, terms) for pk, countries, _total in rows)
    return Result(hits, rows[0][2] if rows else 0)


def _hit(row: ToolText, countries: Sequence[str], terms: tuple[Term, ...]) -> Hit:
    found = []
    for field in FIELDS:
        said = getattr(row, field)
        lines = said.split("\n") if field == "guidance" else [said]
        held = [line for line in lines if search_words.holds(line, terms)]
        found += [(field, search_words.marked(line, terms)) for line in held]
    return Hit(
        lineage=row.lineage,
        language=row.language,
        countries=tuple(countries),
        title=search_words.marked(row.title, terms),
        text=search_words.marked(row.text, terms),
        found=tuple(found),
    )


@dataclass(frozen=True, slots=True)
class DraftHit:
    """One changed question of a draft in one language."""

    version: ToolVersion
    hit: Hit


MOST_IN_DRAFTS = 50


def search_drafts(
    query: str, *, day: date, reader: str = "en", language: str = ""
) -> list[DraftHit]:
    """What open drafts of the programme in scope change and that holds every word of `query`.

    What a draft does not change is found in the version it was copied from. Read anew each time:
    drafts are in no index, which every reader may see. Two or three queries, whatever is found.
    """
    terms = search_words.terms(query)
    if not terms:
        return []
    rows = list(
        ToolQuestion.objects.filter(
            version__status=ToolVersion.Status.DRAFT,
            version__set_aside_at__isnull=True,
            changed_at__isnull=False,
        )
        .select_related("version")
        .order_by("-version__created_at", "order")
    )
    if not rows:
        return []
    country = Programme.objects.values_list("country", flat=True).get(pk=rows[0].programme_id)
    law = tool.law_on(country, day)
    found = [
        DraftHit(row.version, _hit(text, (country,), terms))
        for row in rows
        for text in _draft_texts(row, law)
        if language in ("", text.language) and _holds_all(text, terms)
    ]
    # The reader's language first; the sort keeps the order of drafts and questions.
    found.sort(key=lambda each: each.hit.language != reader)
    return found[:MOST_IN_DRAFTS]


def _draft_texts(row: ToolQuestion, law: Mapping[str, library.LawParameter]) -> Iterable[ToolText]:
    """The words of a question as an index would hold them; not kept."""
    for language in sorted({*row.title, *row.text}):
        guides = row.guidance.get(language, {})
        entries = [line for name in library.GUIDANCE for line in guides.get(name, ())]
        lines = [line for line in entries if tool.is_known(line, law, row.version.names)]
        title, text, finding, guidance = (
            tool.resolve(words, law, language, row.version.names)
            for words in (
                row.title.get(language, ""),
                row.text.get(language, ""),
                row.finding.get(language, ""),
                "\n".join(lines),
            )
        )
        yield ToolText(
            lineage=row.lineage,
            language=language,
            title=title,
            text=text,
            finding=finding,
            guidance=guidance,
        )


def _holds_all(row: ToolText, terms: Sequence[Term]) -> bool:
    whole = "\n".join((row.lineage, row.title, row.text, row.finding, row.guidance))
    return all(search_words.holds(whole, (term,)) for term in terms)
