"""Non-compliance rates as the programme's own analysts compute them.

This is the reference: the stored summaries are tested against it. Every figure keeps its count
and its n; shares are exact fractions and are rounded only when shown. Source:
docs/domain/rules/rates.md, rules R-0 to R-9.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from .answers import Kind, Outcome

OSH = "Occupational Safety and Health"
SYSTEMS = "Systems"
CHILD_LABOUR = "Child Labour"
HAZARDOUS_WORK = "Hazardous Work and other Worst Forms"
HAZARDOUS_PARTS = frozenset(
    {"Hazardous Work", "Unconditional Worst Forms", HAZARDOUS_WORK}
)  # older data has two points for what is one now
OBSOLETE_MARK = "(Obsolete)"

_COUNTED = frozenset({Outcome.COMPLIANT, Outcome.NON_COMPLIANT, Outcome.STRUCTURAL})


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answered question of one assessment.

    number: the running number ("Quest ID") where the data has one, as imported data does; ids of
    our own are random, so that they betray no plan. outcome is None for a fact-gathering question.
    factory_name and is_factory_obsolete are those of the factory that stands today (`merged`).
    """

    assessment_id: str
    factory_id: str
    cycle: int
    starts_on: date
    cluster: str
    compliance_point: str
    question_id: str
    kind: Kind
    outcome: Outcome | None
    factory_name: str = ""
    is_factory_obsolete: bool = False
    number: int = 0

    @property
    def recency(self) -> tuple[date, int, str]:
        """Orders the assessments of a factory; the id only makes the order complete."""
        return self.starts_on, self.number, self.assessment_id


Point = tuple[str, str]
"""(cluster, compliance point): "Fact-gathering" and the like may recur in several clusters."""


@dataclass(frozen=True, slots=True)
class Rate:
    """count non-compliant of n; `exact` is None when n is 0."""

    count: int
    n: int

    @property
    def exact(self) -> Fraction | None:
        return Fraction(self.count, self.n) if self.n else None

    def percent(self, places: int = 0) -> Decimal | None:
        """Percent, rounded half up as the published reports do (R-9)."""
        return None if self.exact is None else to_percent(self.exact, places)


@dataclass(frozen=True, slots=True)
class Average:
    """Mean of the rates of `n` compliance points."""

    mean: Fraction
    n: int

    def percent(self, places: int = 0) -> Decimal:
        return to_percent(self.mean, places)


def to_percent(share: Fraction, places: int = 0) -> Decimal:
    """A share 0-1 as percent, rounded half up; exact until the last step."""
    # Half up in whole units of the last place; no binary or decimal rounding before that.
    whole = (share * 100 * Fraction(10) ** places * 2 + 1) // 2
    return Decimal(int(whole)).scaleb(-places)


@dataclass(frozen=True, slots=True)
class Standing:
    """A factory as it stands today."""

    factory_id: str
    name: str = ""
    is_obsolete: bool = False


def merged(rows: Iterable[AnswerRow], became: Mapping[str, Standing]) -> list[AnswerRow]:
    """Rule R-0: what a duplicate had counts under the factory it became.

    became: by the id of each duplicate, the factory that stands, never a duplicate itself.
    """
    counted = []
    for row in rows:
        found = became.get(row.factory_id)
        if found is not None:
            row = replace(
                row,
                factory_id=found.factory_id,
                factory_name=found.name,
                is_factory_obsolete=found.is_obsolete,
            )
        counted.append(row)
    return counted


def prepare(rows: Iterable[AnswerRow]) -> list[AnswerRow]:
    """Rules R-1 and R-2: coded rows of living factories, once each, points and clusters merged."""
    kept: dict[AnswerRow, None] = {}  # a set that keeps the order
    for row in rows:
        obsolete = row.is_factory_obsolete or OBSOLETE_MARK.lower() in row.factory_name.lower()
        if row.kind is Kind.NCQ and not obsolete:
            kept[row] = None
    # Merged after the duplicates: the same question under two old points is not a duplicate.
    return [_merged(row) for row in kept]


def _merged(row: AnswerRow) -> AnswerRow:
    if row.cluster == SYSTEMS:
        return replace(row, cluster=OSH)
    if row.cluster == CHILD_LABOUR and row.compliance_point in HAZARDOUS_PARTS:
        return replace(row, compliance_point=HAZARDOUS_WORK)
    return row


@dataclass(frozen=True, slots=True)
class LatestInWindow:
    """The latest assessment of each factory that started in [since, until] (rule R-3a)."""

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class InCycle:
    """The assessment each factory had in one cycle, started in [since, until] (rule R-3b)."""

    cycle: int
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class BalancedPanel:
    """Factories assessed in every cycle from 1 to `last_cycle`, seen in one of them (R-3c)."""

    last_cycle: int
    cycle: int


Selection = LatestInWindow | InCycle | BalancedPanel


def select(rows: Iterable[AnswerRow], selection: Selection) -> list[AnswerRow]:
    """The rows of the chosen assessments: at most one assessment of each factory."""
    rows = list(rows)
    if isinstance(selection, BalancedPanel):
        cycles: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            cycles[row.factory_id].add(row.cycle)
        wanted = set(range(1, selection.last_cycle + 1))
        rows = [
            row for row in rows if wanted <= cycles[row.factory_id] and row.cycle == selection.cycle
        ]
    else:
        rows = [row for row in rows if _within(row.starts_on, selection.since, selection.until)]
        if isinstance(selection, InCycle):
            rows = [row for row in rows if row.cycle == selection.cycle]
    latest: dict[str, AnswerRow] = {}
    for row in rows:
        known = latest.setdefault(row.factory_id, row)
        if row.recency > known.recency:
            latest[row.factory_id] = row
    return [row for row in rows if row.assessment_id == latest[row.factory_id].assessment_id]


def _within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or day >= since) and (until is None or day <= until)


def _assessed(rows: Iterable[AnswerRow], count_structural: bool) -> list[AnswerRow]:
    """Rows that count: not "not applicable", not "not assessed" (R-4), structural by choice."""
    return [
        row
        for row in rows
        if row.outcome in _COUNTED and (count_structural or row.outcome is not Outcome.STRUCTURAL)
    ]


def _is_finding(row: AnswerRow) -> bool:
    return row.outcome in (Outcome.NON_COMPLIANT, Outcome.STRUCTURAL)


_Key = TypeVar("_Key")


def _rates(rows: Sequence[AnswerRow], group: Callable[[AnswerRow], _Key]) -> dict[_Key, Rate]:
    """Per group: assessments with a finding, of assessments that have the group at all."""
    having: dict[_Key, set[str]] = defaultdict(set)
    breached: dict[_Key, set[str]] = defaultdict(set)
    for row in rows:
        key = group(row)
        having[key].add(row.assessment_id)
        if _is_finding(row):
            breached[key].add(row.assessment_id)
    return {key: Rate(len(breached[key]), len(found)) for key, found in having.items()}


def _point(row: AnswerRow) -> Point:
    return row.cluster, row.compliance_point


def compliance_point_rates(
    rows: Iterable[AnswerRow], *, count_structural: bool = False
) -> dict[Point, Rate]:
    """R-5: a point is non-compliant in an assessment as soon as one of its questions is."""
    return _rates(_assessed(rows, count_structural), _point)


def question_rates(rows: Iterable[AnswerRow], *, count_structural: bool = False) -> dict[str, Rate]:
    """R-6: findings of a question over the assessments that have it."""
    return _rates(_assessed(rows, count_structural), lambda row: row.question_id)


def assessment_rates(
    rows: Iterable[AnswerRow], *, count_structural: bool = False
) -> dict[str, Rate]:
    """R-7, the factory rate: non-compliant points over points assessed, per assessment."""
    points: dict[str, dict[Point, bool]] = defaultdict(dict)
    for row in _assessed(rows, count_structural):
        found = points[row.assessment_id]
        found[_point(row)] = found.get(_point(row), False) or _is_finding(row)
    return {key: Rate(sum(found.values()), len(found)) for key, found in points.items()}


def cluster_averages(
    rows: Iterable[AnswerRow], *, count_structural: bool = False
) -> dict[str, Average]:
    """R-8: the mean of the rates of a cluster's points, each point weighing the same."""
    shares: dict[str, list[Fraction]] = defaultdict(list)
    for (cluster, _), rate in compliance_point_rates(
        rows, count_structural=count_structural
    ).items():
        if rate.exact is not None:
            shares[cluster].append(rate.exact)
    return {
        cluster: Average(sum(found, Fraction(0)) / len(found), len(found))
        for cluster, found in shares.items()
    }


def mean_assessment_rate(
    rows: Iterable[AnswerRow], *, count_structural: bool = False
) -> Average | None:
    """The mean of the factory rates; None without any."""
    shares = [
        rate.exact
        for rate in assessment_rates(rows, count_structural=count_structural).values()
        if rate.exact is not None
    ]
    return Average(sum(shares, Fraction(0)) / len(shares), len(shares)) if shares else None


def non_compliant_factories(
    rows: Iterable[AnswerRow], point: Point, *, count_structural: bool = False
) -> frozenset[str]:
    """The factories behind a point's count: what a drill-down lists."""
    return frozenset(
        row.factory_id
        for row in _assessed(rows, count_structural)
        if _point(row) == point and _is_finding(row)
    )
