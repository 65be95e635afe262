"""What the pages of figures share: filters as parts, names in the reader's language, tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from betterwork.accounts.requests import MemberRequest
from betterwork.tenancy.models import Programme
from betterwork.ui import formats
from betterwork.ui.context import OWN_NAMES
from betterwork.ui.parts import Choice, DateRange
from factories.models import Factory
from reporting.dashboard import Filters
from reporting.exports.sheets import Table
from reporting.rates import Basis, Counted, Figures, Place

FORMATS = ("csv", "xlsx")


def home(request: MemberRequest) -> Programme:
    """The programme of the hat. Raises: Http404 for a hat across programmes."""
    if request.membership.programme is None:
        raise Http404
    return request.membership.programme


def choices(
    filters: Filters, state: Mapping[str, Any], today: date, *, narrow: bool = False
) -> list[Choice]:
    """The filter bar. narrow: period only, for readers of aggregates."""
    first = int(state.get("first_year") or today.year)
    years = [str(year) for year in range(today.year, max(first, today.year - 20) - 1, -1)]
    if filters.period.isdigit() and filters.period not in years:
        years.append(filters.period)  # typed in the address
    periods: list[tuple[str, Any]] = [("", _("last 12 months"))]
    periods += [(year, formats.digits(year)) for year in years]
    periods.append(("all", _("all years")))
    if filters.period == "dates":
        first_day = formats.on_date(filters.since) if filters.since else "…"
        last_day = formats.on_date(filters.until) if filters.until else "…"
        periods.append(("dates", f"{first_day} – {last_day}"))
    shown = [
        Choice("period", _("Period"), periods, "" if filters.period == "12m" else filters.period)
    ]
    if narrow:
        return shown
    last = int(state.get("last_cycle") or 1)
    cycles = [("", _("all"))]
    cycles += [(str(n), formats.number(n)) for n in range(1, max(last, filters.cycle) + 1)]
    kinds: list[tuple[str, Any]] = [("", _("all"))]
    kinds += [(str(value), label) for value, label in Factory.Type.choices]
    regions = [("", _("all")), *((name, name) for name in state.get("regions") or ())]
    bases = [("", _("handed in")), ("released", _("released only"))]
    return [
        *shown,
        Choice("cycle", _("Cycle"), cycles, str(filters.cycle or "")),
        Choice("type", _("Type"), kinds, filters.factory_type),
        Choice("region", _("Region"), regions, filters.region),
        Choice("basis", _("Assessments"), bases,
               "released" if filters.basis is Basis.RELEASED else ""),
    ]  # fmt: skip


def date_range(filters: Filters) -> DateRange:
    """The two days of the filter bar."""
    shown = "" if filters.period == "12m" else filters.period
    return DateRange(filters.since, filters.until, shown)


def query_with(query: QueryDict, **changes: str) -> str:
    """The address's choices with some replaced, for a link from one figure to what is behind it.

    A value of "" takes the choice out; a new period takes the days out with it.
    """
    kept = query.copy()
    gone = ["point", "question", "format", "by", *(DateRange.NAMES if "period" in changes else ())]
    for name in gone:
        kept.pop(name, None)
    for name, value in changes.items():
        kept[name] = value
        if not value:
            del kept[name]
    return kept.urlencode()


def is_narrowed(filters: Filters) -> bool:
    return filters != Filters()


def period_words(filters: Filters, today: date) -> str:
    """The window as a reader says it."""
    since, until = filters.window(today)
    if since is None and until is None:
        return _("all years")
    first = formats.on_date(since) if since else "…"
    last = formats.on_date(until) if until else "…"
    return f"{first} – {last}"


def lede(filters: Filters, n: int, today: date) -> str:
    """How many factories, which assessment of each, in what time."""
    words = {
        "n": formats.number(n),
        "period": period_words(filters, today),
        "cycle": formats.number(filters.cycle or filters.panel),
        "last": formats.number(filters.panel),
    }
    if filters.panel:
        sentence = _(
            "%(n)s factories assessed in every cycle from 1 to %(last)s, seen in cycle %(cycle)s."
        )
        return sentence % words
    if filters.cycle:
        return _("%(n)s factories, assessment of cycle %(cycle)s, %(period)s.") % words
    return _("%(n)s factories, latest assessment of each, %(period)s.") % words


def basis_words(filters: Filters) -> str:
    if filters.basis is Basis.RELEASED:
        return _("Only released assessments count.")
    return _("Assessments count from the day both assessors hand them in.")


def percent(counted: Counted) -> int | None:
    """Whole per cent, rounded half up as published reports do."""
    return counted.percent


def cluster_order(figures: Figures) -> list[Place]:
    """One place per cluster that is counted, in the tool's order."""
    found: dict[str, Place] = {}
    for place in sorted(figures.places.values(), key=lambda each: each.order):
        found.setdefault(place.cluster, place)
    return list(found.values())


def shown_points(many: Sequence[Figures]) -> dict[str, list[Place]]:
    """Points with a figure in any of the choices, by cluster, in the tool's order."""
    places = many[0].places
    codes = {code for each in many for code, c in each.points.items() if c.with_structural.n}
    grouped: dict[str, list[Place]] = defaultdict(list)
    for place in sorted((places[code] for code in codes), key=lambda each: each.order):
        grouped[place.cluster].append(place)
    return grouped


def language_names(codes: Sequence[str]) -> str:
    """Languages by their own names, in a row."""
    return f"{formats.comma()} ".join(OWN_NAMES.get(code, code) for code in codes)


def table(title: Any, head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> Table:
    return Table(str(title), [str(cell) for cell in head], rows)
