"""Non-compliance rates of a programme, counted in the database by the analysts' rules.

Summaries (one row per assessment and compliance point) give clusters and points, answers give
questions. `assessments/rules/rates.py` is the reference; tests hold both to the same figures, for
every selection. Source: docs/domain/rules/rates.md, rules R-0 to R-9.

Which assessments count (the basis): those held, that is signed by both assessors and handed in,
also while a report is under review or returned to its team; or those released only. Factory,
region and type are those of today, so that rebuilt summaries give the same figures; a duplicate's
assessments are those of the factory it was merged into. Row-level
security still decides what a reader's figures may be made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection

from assessments.models import AssessmentResult, CompliancePoint
from assessments.rules.rates import (
    CHILD_LABOUR,
    HAZARDOUS_PARTS,
    HAZARDOUS_WORK,
    OSH,
    SYSTEMS,
    Average,
    BalancedPanel,
    InCycle,
    LatestInWindow,
    Rate,
    Selection,
)
from betterwork.tenancy import scope


class Basis(StrEnum):
    """Which assessments count."""

    HELD = "held"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Query:
    """One choice of assessments. `programme` None: every programme this reader may see."""

    selection: Selection
    basis: Basis = Basis.HELD
    region: str = ""
    factory_type: str = ""
    programme: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A compliance point as it is counted: after merging (R-2)."""

    code: str
    cluster: str
    cluster_en: str
    name_en: str
    name: Mapping[str, str] = field(hash=False, compare=False)
    cluster_name: Mapping[str, str] = field(hash=False, compare=False)
    order: tuple[int, int] = (0, 0)

    @property
    def key(self) -> tuple[str, str]:
        """The key of the reference implementation."""
        return self.cluster_en, self.name_en


@dataclass(frozen=True, slots=True)
class Counted:
    """Assessments with a finding, of those that have the point; structural ones stand apart."""

    rate: Rate
    structural: int = 0
    with_structural: Rate = field(default_factory=lambda: Rate(0, 0))

    @property
    def percent(self) -> int | None:
        found = self.rate.percent()
        return None if found is None else int(found)

    @property
    def share(self) -> float | None:
        return None if self.rate.exact is None else float(self.rate.exact)


@dataclass(frozen=True)
class Figures:
    """Figures of one choice of assessments. n: assessments chosen, at most one per factory."""

    n: int
    points: Mapping[str, Counted]
    places: Mapping[str, Place]

    def clusters(self, *, count_structural: bool = False) -> dict[str, Average]:
        """R-8 by cluster code: the mean of the rates of its points."""
        shares: dict[str, list[Fraction]] = defaultdict(list)
        for code, counted in self.points.items():
            rate = counted.with_structural if count_structural else counted.rate
            if rate.exact is not None:
                shares[self.places[code].cluster].append(rate.exact)
        return {
            cluster: Average(sum(found, Fraction(0)) / len(found), len(found))
            for cluster, found in shares.items()
        }

    def point(self, code: str) -> Counted:
        return self.points.get(code, Counted(Rate(0, 0)))


def _point_rows() -> list[tuple[Any, ...]]:
    """Every compliance point with its cluster and lane, in order. No query when known."""
    rows: list[tuple[Any, ...]] | None = cache.get("reporting:point_rows")
    if rows is None:
        rows = list(
            CompliancePoint.objects.order_by("cluster__order", "order").values_list(
                "code", "name", "order", "cluster_id", "cluster__name", "cluster__order", "lane"
            )
        )
        # The structure changes with the library only; an hour is how long a new name may wait.
        cache.set("reporting:point_rows", rows, 3600)
    return rows


def places() -> dict[str, Place]:
    """Every coded compliance point by its own code, as it is counted. No query when known."""
    rows = _point_rows()
    by_name: dict[tuple[str, str], Place] = {}
    clusters = {row[4]["en"]: (row[3], row[4], row[5]) for row in rows}
    found = {}
    for code, name, order, cluster, cluster_name, cluster_order, _lane in rows:
        cluster_en, name_en = cluster_name["en"], name["en"]
        if cluster_en == SYSTEMS and OSH in clusters:
            cluster, cluster_name, cluster_order = clusters[OSH]
            cluster_en, order = OSH, order + 100
        if cluster_en == CHILD_LABOUR and name_en in HAZARDOUS_PARTS:
            name_en = HAZARDOUS_WORK
            name = name if name["en"] == HAZARDOUS_WORK else {"en": HAZARDOUS_WORK}
        place = Place(
            code, cluster, cluster_en, name_en, name, cluster_name, (cluster_order, order)
        )
        known = by_name.setdefault(place.key, place)
        if "en" in place.name and len(place.name) > len(known.name):
            by_name[place.key] = known = place  # the point's own code is the one that is shown
        found[code] = known
    return {code: by_name[place.key] for code, place in found.items()}


# -- choosing assessments ------------------------------------------------------------------------

# Handed in by both assessors: the same test as assessments/summaries.py. The factory is the one
# that stands today: what a duplicate had before it was merged counts under the factory it became.
_ELIGIBLE = """
eligible AS MATERIALIZED (
  SELECT a.id, f.id AS factory_id, a.programme_id, a.starts_on, a.cycle_number, a.code,
         a.status = 'released' AS released, f.region, f.factory_type
  FROM assessments_assessment a
  JOIN factories_factory d ON d.id = a.factory_id
  JOIN factories_factory f ON f.id = COALESCE(d.merged_into_id, d.id)
  WHERE NOT a.sealed AND a.starts_on IS NOT NULL
    AND (a.status IN ('submitted', 'quality_review', 'factory_review', 'released')
         OR a.status = 'in_progress' AND a.submitted_at IS NOT NULL)
    AND f.status NOT IN ('closed', 'left') AND lower(f.name) NOT LIKE '%%(obsolete)%%'
    {where}
)"""


def _chosen(queries: Sequence[Query]) -> tuple[str, list[Any]]:
    """`WITH eligible ..., chosen (bucket, id, factory_id)`: one row per query and factory."""
    where = ""
    parameters: list[Any] = []
    programmes = {query.programme for query in queries}
    if len(programmes) == 1 and None not in programmes:
        # Row-level security says the same; said here too, the planner can use the index.
        where += " AND a.programme_id = %s AND d.programme_id = %s AND f.programme_id = %s"
        parameters += [next(iter(programmes))] * 3
    if all(query.basis is Basis.RELEASED for query in queries):
        where += " AND a.status = 'released'"
    windows = [q.selection for q in queries if isinstance(q.selection, LatestInWindow | InCycle)]
    if len(windows) == len(queries):
        since = [each.since for each in windows]
        until = [each.until for each in windows]
        if None not in since:
            where += " AND a.starts_on >= %s"
            parameters.append(min(day for day in since if day))
        if None not in until:
            where += " AND a.starts_on <= %s"
            parameters.append(max(day for day in until if day))
    parts = []
    for bucket, query in enumerate(queries):
        sql, values = _one(bucket, query)
        parts.append(sql)
        parameters += values
    chosen = "\nUNION ALL\n".join(parts)
    return f"WITH {_ELIGIBLE.format(where=where)},\nchosen AS (\n{chosen}\n)\n", parameters


def _one(bucket: int, query: Query) -> tuple[str, list[Any]]:
    own = "true"
    values: list[Any] = []
    if query.programme is not None:
        own += " AND programme_id = %s"
        values.append(query.programme)
    if query.basis is Basis.RELEASED:
        own += " AND released"
    for column, value in (("region", query.region), ("factory_type", query.factory_type)):
        if value:
            own += f" AND {column} = %s"
            values.append(value)
    selection = query.selection
    condition, more = own, list(values)
    if isinstance(selection, BalancedPanel):
        condition += (
            f" AND cycle_number = %s AND factory_id IN (SELECT factory_id FROM eligible WHERE {own}"
            " AND cycle_number BETWEEN 1 AND %s GROUP BY factory_id"
            " HAVING count(DISTINCT cycle_number) = %s)"
        )
        more += [selection.cycle, *values, selection.last_cycle, selection.last_cycle]
    else:
        if isinstance(selection, InCycle):
            condition += " AND cycle_number = %s"
            more.append(selection.cycle)
        if selection.since is not None:
            condition += " AND starts_on >= %s"
            more.append(selection.since)
        if selection.until is not None:
            condition += " AND starts_on <= %s"
            more.append(selection.until)
    # The latest of each factory by date, then code (R-3): so sort the analysts' Quest IDs too.
    return (
        f"(SELECT DISTINCT ON (factory_id) {int(bucket)} AS bucket, id, factory_id"
        f" FROM eligible WHERE {condition} ORDER BY factory_id, starts_on DESC,"
        ' code COLLATE "C" DESC)',
        more,
    )


# Taken assessment by assessment (OFFSET keeps it so): row-level security hides from the planner
# how many rows there are, and its other plans can be a hundred times slower.
_RESULTS = "SELECT * FROM assessments_pointresult r WHERE r.assessment_id = c.id OFFSET 0"


def _in_scope(queries: Iterable[Query]) -> list[Query]:
    """Queries without a programme belong to the one in scope, where there is one."""
    from dataclasses import replace

    home = scope.current().programme
    return [q if q.programme or home is None else replace(q, programme=home) for q in queries]


# -- counting -------------------------------------------------------------------------------------


def figures(queries: Mapping[str, Query]) -> dict[str, Figures]:
    """Figures of each query by its name: one statement over the summaries, however many."""
    if not queries:
        return {}
    names = list(queries)
    asked = _in_scope(queries.values())
    known = places()
    merged = {code: place.code for code, place in known.items() if place.code != code}
    rows = _point_by_point(asked, merged) if merged else _side_by_side(asked)
    totals = dict.fromkeys(names, 0)
    points: dict[str, dict[str, Counted]] = {name: {} for name in names}
    for bucket, code, breached, having, structural, with_both, present in rows:
        name = names[bucket]
        if code is None:
            totals[name] = present
        else:
            points[name][code] = Counted(
                Rate(breached, having), structural, Rate(with_both, present)
            )
    return {name: Figures(totals[name], points[name], known) for name in names}


_Row = tuple[int, str | None, int, int, int, int, int]


def _side_by_side(asked: Sequence[Query]) -> Iterator[_Row]:
    """(query, point, found, asked, structural, either, present), and the assessments chosen with
    no point: from one row an assessment, all points added at once."""
    with_sql, parameters = _chosen(asked)
    sql = f"""{with_sql}
        SELECT c.bucket, count(*), sum(r.found), sum(r.asked), sum(r.structural), sum(r.either),
               sum(r.present)
        FROM chosen c
        LEFT JOIN LATERAL (SELECT * FROM assessments_assessmentresult r
                           WHERE r.assessment_id = c.id OFFSET 0) r ON true
        GROUP BY 1
    """
    lanes = {code: lane for code, *_more, lane in _point_rows() if lane is not None}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for bucket, total, *sums in cursor:
            yield bucket, None, 0, 0, 0, 0, total
            if sums[-1] is None:
                continue
            counted = [_by_lane(each, max(lanes.values()) + 1) for each in sums]
            for code, lane in lanes.items():
                found, had, structural, either, present = (each[lane] for each in counted)
                if present:
                    yield bucket, code, found, had, structural, either, present


def _by_lane(added: Decimal, lanes: int) -> list[int]:
    """The counts that stand side by side in a sum, from its last digits on."""
    digits = AssessmentResult.DIGITS
    text = f"{added:f}".rjust(digits * lanes, "0")
    return [
        int(text[len(text) - digits * (lane + 1) : len(text) - digits * lane])
        for lane in range(lanes)
    ]


def _point_by_point(asked: Sequence[Query], merged: Mapping[str, str]) -> Iterator[_Row]:
    """As `_side_by_side`, where several old points count as one: an assessment with both counts
    once."""
    pairs = " ".join("WHEN %s THEN %s" for _ in merged)
    values = [part for pair in merged.items() for part in pair]
    with_sql, parameters = _chosen(asked)
    found, has, held = "p.breaches > 0", "p.asked > 0", "p.structural > 0"
    count = "count(DISTINCT p.assessment_id)"
    sql = f"""{with_sql}
        SELECT c.bucket, CASE p.point_id {pairs} ELSE p.point_id END AS point,
               {count} FILTER (WHERE {found}), {count} FILTER (WHERE {has}),
               {count} FILTER (WHERE {held}), {count} FILTER (WHERE {found} OR {held}),
               {count}
        FROM chosen c CROSS JOIN LATERAL ({_RESULTS}) p
        GROUP BY 1, 2
        UNION ALL
        SELECT bucket, NULL, 0, 0, 0, 0, count(*) FROM chosen GROUP BY bucket
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, *values])
        yield from cursor


@dataclass(frozen=True, slots=True)
class QuestionFigure:
    """One question over the chosen assessments; versions of it count together by lineage."""

    lineage: str
    point: str
    counted: Counted
    not_applicable: int = 0
    not_assessed: int = 0


def question_figures(query: Query, point: str | None = None) -> list[QuestionFigure]:
    """R-6: findings over the assessments that have the question; of one point, or all."""
    (asked,) = _in_scope([query])
    known = places()
    with_sql, parameters = _chosen([asked])
    where = "q.kind = 'ncq'"
    if point is not None:
        codes = [code for code, place in known.items() if place.code == point]
        where += " AND q.point_id = ANY(%s)"
        parameters.append(codes)
    if asked.programme is not None:
        where += " AND q.programme_id = %s"
        parameters.append(asked.programme)
    sql = f"""{with_sql}
        SELECT q.lineage, min(q.point_id),
               count(DISTINCT w.assessment_id) FILTER (WHERE w.outcome = 'non_compliant'),
               count(DISTINCT w.assessment_id)
                   FILTER (WHERE w.outcome IN ('compliant', 'non_compliant')),
               count(DISTINCT w.assessment_id) FILTER (WHERE w.outcome = 'structural'),
               count(DISTINCT w.assessment_id)
                   FILTER (WHERE w.outcome IN ('structural', 'non_compliant')),
               count(DISTINCT w.assessment_id)
                   FILTER (WHERE w.outcome IN ('structural', 'compliant', 'non_compliant')),
               count(*) FILTER (WHERE w.outcome = 'not_applicable'),
               count(*) FILTER (WHERE w.outcome = 'not_assessed')
        FROM chosen c
        CROSS JOIN assessments_toolquestion q
        JOIN assessments_answer w ON w.assessment_id = c.id AND w.question_id = q.id
        WHERE {where}
        GROUP BY q.lineage
        ORDER BY q.lineage
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [
            QuestionFigure(
                lineage,
                known[code].code,
                Counted(Rate(found, n), structural, Rate(both, all_n)),
                skipped,
                unseen,
            )
            for lineage, code, found, n, structural, both, all_n, skipped, unseen in cursor
        ]


def mean_assessment_rate(query: Query) -> Average | None:
    """R-7: the mean over assessments of non-compliant points by points assessed, exactly."""
    (asked,) = _in_scope([query])
    merged = {code: place.code for code, place in places().items() if place.code != code}
    pairs = " ".join("WHEN %s THEN %s" for _ in merged)
    point = f"CASE p.point_id {pairs} ELSE p.point_id END" if merged else "p.point_id"
    with_sql, parameters = _chosen([asked])
    sql = f"""{with_sql}
        SELECT breached, assessed, count(*) FROM (
          SELECT id, count(*) FILTER (WHERE breached) AS breached, count(*) AS assessed FROM (
            SELECT c.id, {point} AS point, bool_or(p.breaches > 0) AS breached
            FROM chosen c CROSS JOIN LATERAL ({_RESULTS}) p
            WHERE p.asked > 0 GROUP BY 1, 2) each GROUP BY id) share
        GROUP BY 1, 2
    """
    values = [part for pair in merged.items() for part in pair]
    total, n = Fraction(0), 0
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, *values])
        for breached, having, times in cursor:
            total += Fraction(breached, having) * times
            n += times
    return Average(total / n, n) if n else None


@dataclass(frozen=True, slots=True)
class FactoryRow:
    """One factory behind a figure, with the assessment that was counted."""

    factory_id: UUID
    name: str
    region: str
    assessment_id: UUID
    assessed_on: Any
    cycle: int
    breaches: int
    structural: int


def factories_behind(
    query: Query, point: str, *, lineage: str = "", only_breached: bool = True
) -> list[FactoryRow]:
    """The factories of a count: what a drill-down lists, most findings first."""
    (asked,) = _in_scope([query])
    codes = [code for code, place in places().items() if place.code == point]
    with_sql, parameters = _chosen([asked])
    if lineage:
        found = "w.outcome = 'non_compliant'"
        held = "w.outcome = 'structural'"
        source = """JOIN assessments_answer w ON w.assessment_id = c.id
            JOIN assessments_toolquestion q ON q.id = w.question_id
              AND q.lineage = %s AND q.point_id = ANY(%s)"""
        counts = f"count(*) FILTER (WHERE {found}), count(*) FILTER (WHERE {held})"
        parameters += [lineage, codes]
    else:
        source = """JOIN assessments_pointresult p ON p.assessment_id = c.id
            AND p.point_id = ANY(%s)"""
        counts = "sum(p.breaches), sum(p.structural)"
        parameters.append(codes)
    sql = f"""{with_sql}
        SELECT f.id, f.name, f.region, a.id, a.starts_on, a.cycle_number, {counts}
        FROM chosen c
        JOIN assessments_assessment a ON a.id = c.id
        JOIN factories_factory f ON f.id = c.factory_id
        {source}
        GROUP BY f.id, a.id
        ORDER BY 7 DESC, f.name, f.id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = [FactoryRow(*values) for values in cursor]
    return [row for row in rows if row.breaches or not only_breached]
