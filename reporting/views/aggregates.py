"""First screens of readers who see figures, not factories: constituents, groups, global staff."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.rules.rates import LatestInWindow
from betterwork.accounts.models import Role
from betterwork.accounts.requests import MemberRequest
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.ui import charts, formats
from factories.models import CycleFact, Factory
from reporting import dashboard as numbers_of
from reporting import rates
from reporting.dashboard import MIN_CELL, Filters
from reporting.rates import Basis, Counted, Figures, Query

from . import common


def overview(request: MemberRequest) -> HttpResponse:
    """The screen that fits the hat."""
    role = request.membership.role
    if role == Role.GLOBAL:
        return compare(request)
    if role == Role.GROUP_LEAD:
        return group(request)
    return released(request)


def released(request: MemberRequest) -> HttpResponse:
    """Figures of one programme from released assessments; small cells are left out."""
    today = timezone.localdate()
    asked = Filters.read(request.GET, released_only=True)
    # One choice only: with regions and types together, two figures could be told apart.
    filters = Filters(
        period=asked.period if asked.period != "dates" else "12m", basis=Basis.RELEASED
    )
    wanted = {"now": filters.query(today)}
    previous = filters.previous(today)
    if previous is not None:
        wanted["before"] = previous
    found = numbers_of.released_figures(wanted)
    now, before = found["now"], found.get("before")
    context = {
        "choices": common.choices(filters, {"first_year": today.year - 9}, today, narrow=True),
        "lede": common.lede(filters, now.n, today) if now.n >= MIN_CELL else "",
        "n": now.n,
        "min_cell": MIN_CELL,
        "is_small": now.n < MIN_CELL,
        "clusters": _clusters(now, before) if now.n >= MIN_CELL else [],
        "bars": _bars(now, before) if now.n >= MIN_CELL else None,
        "bar_key": _bar_key(filters, now, before, today),
        "bar_head": [_("Cluster"), _("Mean rate, %"), _("Compliance points")],
        "bar_rows": _bar_rows(now),
        "left_out": _left_out(now),
    }
    return render(request, "reporting/aggregates.html", context)


def activities(request: MemberRequest) -> HttpResponse:
    """What the programme did with its factories, by year: counts alone, of whole months."""
    today = timezone.localdate()
    labels = dict(CycleFact.Kind.choices)
    found = numbers_of.activities(today)
    years = found.years
    context = {
        "years": [(formats.digits(str(year)), found.factories[year]) for year in years],
        "rows": [
            (labels[kind], [found.counts[kind].get(year) for year in years])
            for kind in numbers_of.ACTIVITIES
        ],
        "until": found.until,
        "min_cell": MIN_CELL,
    }
    return render(request, "reporting/activities.html", context)


def _enough(counted: Counted) -> bool:
    return counted.rate.n >= MIN_CELL


def _whole(figures: Figures | None) -> Figures | None:
    """Only points with enough factories: a mean must not betray what its points leave out."""
    if figures is None or figures.n < MIN_CELL:
        return None
    kept = {code: each for code, each in figures.points.items() if _enough(each)}
    return Figures(figures.n, kept, figures.places)


def _left_out(figures: Figures) -> int:
    """Compliance points that were asked, but of too few factories to be shown."""
    return sum(1 for each in figures.points.values() if 0 < each.rate.n < MIN_CELL)


def _bars(now: Figures, before: Figures | None) -> Any:
    whole, last = _whole(now), _whole(before)
    means = whole.clusters() if whole else {}
    means_before = last.clusters() if last else {}
    bars = [
        charts.Bar(
            formats.in_language(place.cluster_name),
            float(means[place.cluster].percent(1)),
            float(means_before[place.cluster].percent(1))
            if place.cluster in means_before
            else None,
        )
        for place in common.cluster_order(now)
        if place.cluster in means
    ]
    return charts.bars(bars, title=_("Average non-compliance rate by cluster"), label_width=300)


def _bar_key(
    filters: Filters, now: Figures, before: Figures | None, today: date
) -> list[tuple[str, str]]:
    period = common.period_words(filters, today)
    key = [("bar", f"{period}, n = {formats.number(now.n)}")]
    if _whole(before) is not None and before is not None:
        key.append(("prev", _("a year before, n = %(n)s") % {"n": formats.number(before.n)}))
    return key


def _bar_rows(now: Figures) -> list[list[str]]:
    whole = _whole(now)
    means = whole.clusters() if whole else {}
    return [
        [
            formats.in_language(place.cluster_name),
            formats.number(means[place.cluster].percent(1)),
            formats.number(means[place.cluster].n),
        ]
        for place in common.cluster_order(now)
        if place.cluster in means
    ]


def _clusters(now: Figures, before: Figures | None) -> list[dict[str, Any]]:
    whole, last = _whole(now), _whole(before)
    if whole is None:
        return []
    means = whole.clusters()
    grouped = common.shown_points([now])
    found = []
    for cluster in common.cluster_order(now):
        points = grouped.get(cluster.cluster, [])
        if not points:
            continue
        mean = means.get(cluster.cluster)
        found.append(
            {
                "name": formats.in_language(cluster.cluster_name),
                "mean": None if mean is None else mean.percent(1),
                "points": [
                    {
                        "name": formats.in_language(place.name),
                        "now": now.point(place.code) if _enough(now.point(place.code)) else None,
                        "before": last.points.get(place.code) if last else None,
                    }
                    for place in points
                ],
            }
        )
    return found


def group(request: MemberRequest) -> HttpResponse:
    """Factories of one manufacturing group across countries: its own, so they are named."""
    today = timezone.localdate()
    filters = Filters.read(request.GET, released_only=True)
    query = Query(LatestInWindow(*filters.window(today)), Basis.RELEASED)
    now = rates.figures({"now": query})["now"]
    factories = list(
        Factory.objects.filter(merged_into__isnull=True)
        .select_related("programme")
        .order_by("programme__code", "name")
    )
    means = now.clusters()
    bars = [
        charts.Bar(formats.in_language(place.cluster_name), float(means[place.cluster].percent(1)))
        for place in common.cluster_order(now)
        if place.cluster in means
    ]
    context = {
        "choices": common.choices(filters, {"first_year": today.year - 9}, today, narrow=True),
        "date_range": common.date_range(filters),
        "lede": common.lede(filters, now.n, today),
        "factories": [(f, f.programme.name_in(formats.language())) for f in factories],
        "bars": (
            charts.bars(bars, title=_("Average non-compliance rate by cluster"), label_width=300)
            if bars
            else None
        ),
        "bar_head": [_("Cluster"), _("Mean rate, %"), _("Compliance points")],
        "bar_rows": [
            [formats.in_language(p.cluster_name), formats.number(means[p.cluster].percent(1)),
             formats.number(means[p.cluster].n)]
            for p in common.cluster_order(now)
            if p.cluster in means
        ],
        "n": now.n,
    }  # fmt: skip
    return render(request, "reporting/group.html", context)


def compare(request: MemberRequest) -> HttpResponse:
    """Programmes side by side, each by the same rule and the same period."""
    today = timezone.localdate()
    filters = Filters.read(request.GET, released_only=True)
    programmes = list(Programme.objects.filter(is_active=True).order_by("code"))
    window = filters.window(today)
    wanted = {
        p.code: Query(LatestInWindow(*window), Basis.RELEASED, programme=p.pk) for p in programmes
    }
    found = rates.figures(wanted)
    first = next(iter(found.values()), None)
    # Every reader of aggregates gets the same figure: made of points with enough factories.
    whole = {code: _whole(figures) for code, figures in found.items()}
    clusters = {code: figures.clusters() if figures else {} for code, figures in whole.items()}
    rows = []
    for place in common.cluster_order(first) if first else []:
        means = [clusters[p.code].get(place.cluster) for p in programmes]
        if any(means):
            rows.append(
                {
                    "name": formats.in_language(place.cluster_name),
                    "cells": [None if mean is None else mean.percent(1) for mean in means],
                }
            )
    context = {
        "choices": common.choices(filters, {"first_year": today.year - 9}, today, narrow=True),
        "date_range": common.date_range(filters),
        "period": common.period_words(filters, today),
        "programmes": [(p.name_in(formats.language()), found[p.code].n) for p in programmes],
        "rows": rows,
        "min_cell": MIN_CELL,
        "left_out": sum(_left_out(found[p.code]) for p in programmes if whole[p.code]),
        "is_global": scope.current().role == Role.GLOBAL,
    }
    return render(request, "reporting/compare.html", context)
