"""What a country's law says about a bipartite or a safety committee, as data.

Every figure keeps its legal reference and how sure we are of it; a part of the law that was not
found is None. Source: docs/domain/rules/committees.md, rules B-1 and B-2.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Generic, TypeVar

from betterwork.errors import DomainError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Confidence(StrEnum):
    """high: the instrument was read; medium: a secondary source; low: unverified knowledge."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def is_law(self) -> bool:
        """Whether a check may pass or fail on it."""
        return self is not Confidence.LOW


class Kind(StrEnum):
    BIPARTITE = "bipartite"
    SAFETY = "safety"
    WORKER_DELEGATES = "worker_delegates"  # elected by law beside or instead of a committee


class Ratio(StrEnum):
    EQUAL = "equal"
    WORKERS_NOT_FEWER = "workers_not_fewer"


class ChairRule(StrEnum):
    MAY_ALTERNATE = "may_alternate"
    MUST_ALTERNATE = "must_alternate"
    EMPLOYER = "employer"


class Selection(StrEnum):
    """How a worker member came to the seat, and which ways a law accepts."""

    OPEN_VOTE = "open_vote"
    SECRET_BALLOT = "secret_ballot"  # noqa: S105 - a vote
    UNION_NOMINATION = "union_nomination"
    WORKERS_GROUP = "workers_group"  # named by the organised group of workers outside the union
    APPOINTED = "appointed"  # by management; accepted by no law we know


@dataclass(frozen=True, slots=True)
class Term(Generic[T]):
    """One figure of law."""

    value: T
    reference: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class SeatBand:
    """Seats of one side for a workforce from `from_workers` to `to_workers` (None: no end)."""

    from_workers: int
    to_workers: int | None
    least: int
    most: int | None

    def covers(self, workers: int) -> bool:
        return workers >= self.from_workers and (
            self.to_workers is None or workers <= self.to_workers
        )


@dataclass(frozen=True, slots=True)
class CommitteeRule:
    """The law on one kind of committee in one country; None where nothing usable was found.

    is_statutory: False where the law was read and has no such body. selection: the accepted ways.
    minutes_filing_days: calendar days to send minutes to the authority; minutes_posting_days:
    working days to post them. worker_quorum: percent of worker members that must be exceeded.
    """

    country: str
    kind: Kind
    body: Term[str] | None = None
    is_statutory: Term[bool] | None = None
    min_workers: Term[int] | None = None
    not_required_with_union: Term[bool] | None = None
    ratio: Term[Ratio] | None = None
    min_members: Term[int] | None = None
    max_members: Term[int] | None = None
    min_management: Term[int] | None = None
    worker_seats: Term[tuple[SeatBand, ...]] | None = None
    selection: Term[tuple[Selection, ...]] | None = None
    union_seat: Term[bool] | None = None
    term_months: Term[int] | None = None
    chair: Term[ChairRule] | None = None
    max_gap_months: Term[int] | None = None
    meetings_per_year: Term[int] | None = None
    worker_quorum_percent: Term[int] | None = None
    minutes_filing_days: Term[int] | None = None
    minutes_posting_days: Term[int] | None = None
    activity_report_months: Term[int] | None = None
    has_women_quota: Term[bool] | None = None
    remarks: tuple[Term[str], ...] = ()

    @property
    def key(self) -> str:
        return f"{self.country}-{self.kind}"


def read_rules(data: Any) -> tuple[CommitteeRule, ...]:
    """Rules from parsed data: a list of mappings, one per country and kind.

    A term is a mapping with value, reference, confidence and optionally note. A missing key is
    law not found. Raises: DomainError("committee_rule_invalid", where=..., problem=...).
    """
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise _invalid("rules", "not_a_list")
    rules = tuple(_read_rule(each) for each in data)
    keys = [rule.key for rule in rules]
    for key in keys:
        if keys.count(key) > 1:
            raise _invalid(key, "twice")
    return rules


def _invalid(where: str, problem: str) -> DomainError:
    return DomainError("committee_rule_invalid", where=where, problem=problem)


def _read_rule(data: Any) -> CommitteeRule:
    if not isinstance(data, Mapping):
        raise _invalid("rule", "not_a_mapping")
    country = data.get("country")
    if not isinstance(country, str) or len(country) != 2 or not country.isupper():
        raise _invalid(str(country), "country")
    kind = _choice(Kind, data.get("kind"), f"{country}.kind")
    where = f"{country}-{kind}"
    unknown = set(data) - {each.name for each in fields(CommitteeRule)}
    if unknown:
        raise _invalid(where, f"unknown key {min(unknown)}")
    values: dict[str, Any] = {}
    for name, read in _READERS.items():
        if data.get(name) is not None:
            values[name] = _term(data[name], read, f"{where}.{name}")
    remarks = data.get("remarks", ())
    values["remarks"] = tuple(_term(each, _text, f"{where}.remarks") for each in remarks)
    return CommitteeRule(country=country, kind=kind, **values)


def _term(data: Any, read: Callable[[Any, str], Any], where: str) -> Term[Any]:
    if not isinstance(data, Mapping) or not {"value", "reference", "confidence"} <= set(data):
        raise _invalid(where, "needs value, reference and confidence")
    if set(data) - {"value", "reference", "confidence", "note"}:
        raise _invalid(where, "unknown key")
    confidence = _choice(Confidence, data["confidence"], where)
    reference = data["reference"]
    if not isinstance(reference, str) or (confidence.is_law and not reference.strip()):
        raise _invalid(where, "reference")
    return Term(read(data["value"], where), reference, confidence, str(data.get("note", "")))


def _choice(kind: type[E], value: Any, where: str) -> E:
    try:
        return kind(value)
    except ValueError as error:
        raise _invalid(where, f"not a {kind.__name__}") from error


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _invalid(where, "text")
    return value


def _switch(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _invalid(where, "true or false")
    return value


def _count(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _invalid(where, "whole number")
    return value


def _bands(value: Any, where: str) -> tuple[SeatBand, ...]:
    bands: list[SeatBand] = []
    for each in value if isinstance(value, Sequence) else ():
        if not isinstance(each, Mapping) or not {"from", "least"} <= set(each):
            raise _invalid(where, "seat band")
        ends = [
            None if each.get(name) is None else _count(each[name], where) for name in ("to", "most")
        ]
        band = SeatBand(_count(each["from"], where), ends[0], _count(each["least"], where), ends[1])
        if band.to_workers is not None and band.to_workers < band.from_workers:
            raise _invalid(where, "seat band reversed")
        if band.most is not None and band.most < band.least:
            raise _invalid(where, "seats reversed")
        if bands and (bands[-1].to_workers is None or bands[-1].to_workers >= band.from_workers):
            raise _invalid(where, "seat bands overlap")
        bands.append(band)
    if not bands:
        raise _invalid(where, "no seat bands")
    return tuple(bands)


def _selections(value: Any, where: str) -> tuple[Selection, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise _invalid(where, "selection")
    return tuple(_choice(Selection, each, where) for each in value)


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "body": _text,
    "is_statutory": _switch,
    "min_workers": _count,
    "not_required_with_union": _switch,
    "ratio": lambda value, where: _choice(Ratio, value, where),
    "min_members": _count,
    "max_members": _count,
    "min_management": _count,
    "worker_seats": _bands,
    "selection": _selections,
    "union_seat": _switch,
    "term_months": _count,
    "chair": lambda value, where: _choice(ChairRule, value, where),
    "max_gap_months": _count,
    "meetings_per_year": _count,
    "worker_quorum_percent": _count,
    "minutes_filing_days": _count,
    "minutes_posting_days": _count,
    "activity_report_months": _count,
    "has_women_quota": _switch,
}
