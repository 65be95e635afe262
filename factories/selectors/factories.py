"""Factories for lists, searches and pages. Who sees which row is row-level security's matter."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast

from betterwork.records.models import TrailEvent
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories.models import (
    Buyer,
    EngagementCycle,
    Factory,
    FactoryBuyer,
    FactoryContact,
    ImportBatch,
    ManufacturingGroup,
    WorkforceCount,
)
from factories.rules.names import Match, likely_same

SEARCHED = (
    "name", "local_name", "code", "os_id", "gateway_id", "legacy_id", "city", "region",
)  # fmt: skip
SORTS = {
    "name": ("name",),
    "region": ("region", "name"),
    "workers": ("worker_total", "name"),
    "cycle": ("cycle_number", "name"),
    "status": ("status", "name"),
    "registered": ("registered_on", "name"),
}
MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class FactoryFilter:
    """What the list is narrowed to, as the address holds it. Unknown values are ignored."""

    q: str = ""
    region: str = ""
    factory_type: str = ""
    status: str = ""
    advisor: str = ""
    group: str = ""
    cycle: str = ""
    sort: str = "name"

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> FactoryFilter:
        sort = str(query.get("sort", "")) or "name"
        return cls(
            q=unicodedata.normalize("NFC", str(query.get("q", "")).strip())[:200],
            region=str(query.get("region", ""))[:100],
            factory_type=_one_of(query.get("type"), Factory.Type.values),
            status=_one_of(query.get("status"), Factory.Status.values),
            advisor=_digits(query.get("advisor")),
            group=_uuid(query.get("group")),
            cycle=_digits(query.get("cycle")),
            sort=sort if sort.lstrip("-") in SORTS else "name",
        )

    @property
    def is_narrow(self) -> bool:
        return any((self.q, self.region, self.factory_type, self.status, self.advisor,
                    self.group, self.cycle))  # fmt: skip


def _one_of(value: Any, allowed: list[str]) -> str:
    return str(value) if value in allowed else ""


def _digits(value: Any) -> str:
    text = str(value or "")
    return text if text.isascii() and text.isdigit() and len(text) < 9 else ""


def _uuid(value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        return ""


def factories() -> QuerySet[Factory]:
    """Every factory this reader may see, the merged ones too."""
    return Factory.objects.select_related("group", "advisor", "merged_into", "programme")


def entries_of(factory: Factory) -> QuerySet[Factory, Any]:
    """Ids of every entry that is this same factory: the one that stands, and its duplicates."""
    stands = factory.merged_into_id or factory.pk
    return Factory.objects.filter(Q(pk=stands) | Q(merged_into_id=stands)).order_by().values("pk")


def factory_rows(chosen: FactoryFilter) -> QuerySet[Factory]:
    """Factories for the list: one query, any length; merged ones are found under the winner."""
    rows: QuerySet[Factory] = Factory.objects.filter(merged_into__isnull=True)
    rows = rows.select_related("group", "advisor")
    if "workers" in chosen.sort:
        rows = rows.annotate(worker_total=F("workers_female") + F("workers_male"))
    rows = rows.annotate(cycle_number=Subquery(_running().values("number")[:1]))
    for word in chosen.q.split()[:MOST_WORDS]:
        rows = rows.filter(_word(word))
    exact = {
        "region": chosen.region,
        "factory_type": chosen.factory_type,
        "status": chosen.status,
        "advisor_id": chosen.advisor,
        "group_id": chosen.group,
        "cycle_number": chosen.cycle,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    order = [_order(name, chosen.sort.startswith("-")) for name in SORTS[chosen.sort.lstrip("-")]]
    return rows.order_by(*order, "id")


def _order(name: str, descending: bool) -> Any:
    field = F(name)
    return field.desc(nulls_last=True) if descending else field.asc(nulls_last=True)


def _running() -> QuerySet[EngagementCycle]:
    return EngagementCycle.objects.filter(
        factory_id=OuterRef("pk"), ends_on__isnull=True
    ).order_by()


def _word(word: str) -> Any:
    """One word anywhere in a name, an id or a place, also of a duplicate merged into this one."""
    found = Q()
    for name in SEARCHED:
        found |= Q(**{f"{name}__icontains": word})
    merged = Q()
    for name in ("name", "local_name", "code", "os_id", "legacy_id"):
        merged |= Q(**{f"{name}__icontains": word})
    return found | Exists(Factory.objects.filter(merged, merged_into=OuterRef("pk")))


def filter_options() -> dict[str, list[tuple[str, str]]]:
    """Regions, advisors, groups and cycle numbers that occur: one query, sorted by their names.

    Kept for a minute for each reader's reach: a new region may come to the filter that late.
    """
    reach = scope.current()
    key = f"factory-filters:{reach.role}:{reach.programme}:{reach.organisation}"
    kept: dict[str, list[tuple[str, str]]] | None = cache.get(key)
    if kept is None:
        kept = _filter_options()
        cache.set(key, kept, 60)
    return kept


def _filter_options() -> dict[str, list[tuple[str, str]]]:
    base = Factory.objects.filter(merged_into__isnull=True).order_by()

    def some(kind: str, key: Any, label: Any, rows: QuerySet[Any] = base) -> QuerySet[Any]:
        named = rows.annotate(
            option_kind=Value(kind),
            option_key=Cast(key, CharField()),
            option_label=Cast(label, CharField()),
        )
        found: QuerySet[Any] = named.values_list("option_kind", "option_key", "option_label")
        return found.distinct()

    running = EngagementCycle.objects.filter(ends_on__isnull=True).order_by()
    found = some("region", "region", "region", base.exclude(region="")).union(
        some("advisor", "advisor_id", "advisor__full_name", base.exclude(advisor=None)),
        some("group", "group_id", "group__name", base.exclude(group=None)),
        some("cycle", "number", "number", running),
    )
    options: dict[str, list[tuple[str, str]]] = {
        "region": [], "advisor": [], "group": [], "cycle": [],
    }  # fmt: skip
    for kind, key, label in found:
        options[kind].append((key, label))
    for kind, rows in options.items():
        rows.sort(key=lambda row: int(row[0]) if kind == "cycle" else row[1].casefold())
    return options


def likely_duplicates(
    *, name: str, region: str, besides: UUID | None = None
) -> list[tuple[Factory, Match]]:
    """Factories of the programme whose name is near `name`, the nearest first: two queries."""
    rows = Factory.objects.filter(merged_into__isnull=True)
    if besides is not None:
        rows = rows.exclude(pk=besides)
    others: list[tuple[Any, str, str]] = []
    for pk, own, local, place in rows.order_by().values_list("pk", "name", "local_name", "region"):
        others.append((pk, own, place))
        if local:
            others.append((pk, local, place))
    best: dict[UUID, Match] = {}
    for match in likely_same(name, region, others):
        best.setdefault(match.ref, match)
    found = Factory.objects.in_bulk(list(best)) if best else {}
    return [(found[pk], match) for pk, match in best.items()]


def contacts_of(factory_id: UUID) -> QuerySet[FactoryContact]:
    return FactoryContact.objects.filter(factory_id=factory_id).order_by(
        F("left_on").asc(nulls_first=True), "-is_main", "name"
    )


def workforce_of(factory_id: UUID) -> QuerySet[WorkforceCount]:
    return WorkforceCount.objects.filter(factory_id=factory_id).select_related("recorded_by")


def buyers_of(factory_id: UUID) -> QuerySet[FactoryBuyer]:
    """Links this reader may see: a buyer sees only its own."""
    rows = FactoryBuyer.objects.filter(factory_id=factory_id).select_related("buyer")
    return rows.order_by(F("ended_on").asc(nulls_first=True), "buyer__name")


def buyers() -> QuerySet[Buyer]:
    return Buyer.objects.order_by("name")


def groups() -> QuerySet[ManufacturingGroup]:
    """Groups with how many of their factories this reader sees."""
    seen = Count("factories", filter=Q(factories__merged_into__isnull=True))
    return ManufacturingGroup.objects.annotate(factory_count=seen).order_by("name")


def timeline(factory_id: UUID) -> QuerySet[TrailEvent]:
    """What happened at a factory, and at duplicates merged into it, newest first."""
    of_factory = Factory.objects.filter(Q(pk=factory_id) | Q(merged_into_id=factory_id))
    rows = TrailEvent.objects.filter(factory__in=of_factory.values("pk"))
    # A merge is told on both sides; of one's own duplicates, this side's word is enough.
    rows = rows.exclude(
        ~Q(factory_id=factory_id), action__in=[Action.FACTORY_MERGED, Action.FACTORY_MERGED_AWAY]
    )
    return rows.select_related("actor").order_by("-at", "-id")


def import_batches() -> QuerySet[ImportBatch]:
    return ImportBatch.objects.select_related("uploaded_by").order_by("-uploaded_at")
