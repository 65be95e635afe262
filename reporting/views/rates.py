"""Non-compliance rates: clusters and points, then questions, then the factories behind a figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assessments.editing.reads import series_notes
from assessments.models import ToolQuestion
from assessments.rules.rates import BalancedPanel, InCycle
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, requires
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.ui import charts, formats
from betterwork.ui.parts import Choice, Crumb
from factories.models import Factory
from reporting import rates
from reporting.dashboard import Filters, options
from reporting.exports import sheets
from reporting.rates import Figures, Place, Query

from . import common

DIMENSIONS = ("year", "cycle", "region", "type")
MOST_CYCLES = 40  # cycles compared side by side; those nobody was assessed in are left out
MOST_REGIONS = 64


@requires(Permission.SEE_RATES)
@require_GET
def rates_page(request: MemberRequest) -> HttpResponse:
    """Rates by point; `?point=` shows its questions, `?question=` the factories of one."""
    today = timezone.localdate()
    filters = Filters.read(request.GET)
    state = options()
    point = str(request.GET.get("point") or "")
    context: dict[str, Any] = {
        "filters": filters,
        "choices": [*common.choices(filters, state, today), _panel_choice(filters, state)],
        "date_range": common.date_range(filters),
        "clear_url": request.path if common.is_narrowed(filters) else "",
        "basis": common.basis_words(filters),
    }
    if point:
        context |= _drill(request, filters, point, today)
        template = "reporting/rates_point.html"
    else:
        context |= _overview(request, filters, state, today)
        template = "reporting/rates.html"
    if request.GET.get("format") in common.FORMATS:
        format = request.GET["format"]
        record(Action.EXPORTED, kind="rates", format=format, point=point)
        name = f"rates-{common.home(request).code}-{today}"
        rtl = formats.direction() == "rtl"
        return sheets.answer(context["tables"], name, format, rtl=rtl)
    query = request.GET.urlencode()
    context["exports"] = [
        (f"?{query}&format={name}" if query else f"?format={name}", name.upper())
        for name in ("xlsx", "csv")
    ]
    return render(request, template, context)


def _panel_choice(filters: Filters, state: dict[str, Any]) -> Choice:
    last = max(int(state.get("last_cycle") or 1), filters.panel)
    options: list[tuple[str, Any]] = [("", _("none"))]
    options += [
        (str(n), _("cycles 1 to %(n)s") % {"n": formats.number(n)}) for n in range(2, last + 1)
    ]
    return Choice("panel", _("Same factories in"), options, str(filters.panel or ""))


# -- the overview -------------------------------------------------------------------------------


def _columns(
    filters: Filters, state: dict[str, Any], by: str, today: date
) -> list[tuple[str, Query, dict[str, str]]]:
    """The columns of the comparison: label, choice of assessments, and what the choice changes."""
    query = filters.query(today)
    if filters.panel:
        return [
            (
                _("Cycle %(n)s") % {"n": formats.number(cycle)},
                replace(query, selection=BalancedPanel(filters.panel, cycle)),
                {"cycle": str(cycle)},
            )
            for cycle in range(1, filters.panel + 1)
        ]
    if by == "cycle":
        since, until = filters.window(today)
        return [
            (
                _("Cycle %(n)s") % {"n": formats.number(cycle)},
                replace(query, selection=InCycle(cycle, since, until)),
                {"cycle": str(cycle)},
            )
            for cycle in range(1, min(int(state.get("last_cycle") or 1), MOST_CYCLES) + 1)
        ]
    if by == "region":
        names = list(state.get("regions") or ())[:MOST_REGIONS]
        return [(name, replace(query, region=name), {"region": name}) for name in names]
    if by == "type":
        return [
            (str(label), replace(query, factory_type=str(value)), {"type": str(value)})
            for value, label in Factory.Type.choices
        ]
    return [
        (formats.digits(str(year)), filters.of_year(year), {"period": str(year)})
        for year in filters.years(today)
    ]


def _overview(
    request: MemberRequest, filters: Filters, state: dict[str, Any], today: date
) -> dict[str, Any]:
    by = request.GET.get("by") if request.GET.get("by") in DIMENSIONS else "year"
    columns = _columns(filters, state, str(by), today)
    wanted = {"now": filters.query(today)}
    previous = filters.previous(today)
    if previous is not None:
        wanted["before"] = previous
    wanted |= {f"c{place}": query for place, (_label, query, _change) in enumerate(columns)}
    found = rates.figures(wanted)
    now, before = found["now"], found.get("before")
    compared = [found[f"c{place}"] for place in range(len(columns))]
    if by == "cycle" and not filters.panel:
        held = [place for place, each in enumerate(compared) if each.n]
        columns = [columns[place] for place in held]
        compared = [compared[place] for place in held]
    links = [f"?{common.query_with(request.GET, **change)}&" for *_column, change in columns]
    clusters = _clusters(request, now, before, compared, links)
    labels = [label for label, *_column in columns]
    return {
        "lede": common.lede(filters, now.n, today),
        "n": now.n,
        "clusters": clusters,
        "columns": [(label, each.n) for label, each in zip(labels, compared, strict=True)],
        "by": by,
        "is_panel": bool(filters.panel),
        "by_choices": _by_choices(request, str(by)),
        "has_before": before is not None,
        "width": 5 + (before is not None) + len(columns),
        "before_n": before.n if before is not None else 0,
        "tables": _overview_tables(clusters, labels, compared),
    }


def _by_choices(request: MemberRequest, by: str) -> list[tuple[str, str, bool]]:
    words = {
        "year": _("By year"), "cycle": _("By cycle"), "region": _("By region"),
        "type": _("By type"),
    }  # fmt: skip
    found = []
    for name in DIMENSIONS:
        query = request.GET.copy()
        query["by"] = name
        found.append((f"?{query.urlencode()}", words[name], name == by))
    return found


def _clusters(
    request: MemberRequest,
    now: Figures,
    before: Figures | None,
    compared: list[Figures],
    links: list[str],
) -> list[dict[str, Any]]:
    query = request.GET.copy()
    for name in ("by", "point", "question", "format"):
        query.pop(name, None)
    link = f"?{query.urlencode()}&" if query else "?"
    means, last = now.clusters(), before.clusters() if before is not None else {}
    grouped = common.shown_points([now, *compared])
    found = []
    for cluster in common.cluster_order(now):
        points = grouped.get(cluster.cluster, [])
        if not points:
            continue
        mean, mean_before = means.get(cluster.cluster), last.get(cluster.cluster)
        found.append(
            {
                "name": formats.in_language(cluster.cluster_name),
                "mean": None if mean is None else mean.percent(1),
                "mean_n": 0 if mean is None else mean.n,
                "mean_before": None if mean_before is None else mean_before.percent(1),
                "points": [
                    {
                        "name": formats.in_language(place.name),
                        "url": f"{link}point={place.code}",
                        "now": now.point(place.code),
                        "before": before.point(place.code) if before is not None else None,
                        "cells": [each.point(place.code) for each in compared],
                        "links": [
                            (each.point(place.code), f"{link}point={place.code}#factories")
                            for each, link in zip(compared, links, strict=True)
                        ],
                    }
                    for place in points
                ],
            }
        )
    return found


def _overview_tables(
    clusters: list[dict[str, Any]], labels: list[str], compared: list[Figures]
) -> list[sheets.Table]:
    head = [_("Cluster"), _("Compliance point"), "NC", "n", "%", _("Due to national law")]
    for label in labels:
        head += [f"{label}: NC", f"{label}: n", f"{label}: %"]
    rows: list[list[Any]] = []
    means: list[list[Any]] = []
    for cluster in clusters:
        mean = cluster["mean"]
        means.append([cluster["name"], mean, cluster["mean_n"]])
        for point in cluster["points"]:
            now = point["now"]
            row = [cluster["name"], point["name"], now.rate.count, now.rate.n, now.percent,
                   now.structural]  # fmt: skip
            for cell in point["cells"]:
                row += [cell.rate.count, cell.rate.n, cell.percent]
            rows.append(row)
    return [
        common.table(_("Compliance points"), head, rows),
        common.table(
            _("Clusters"),
            [_("Cluster"), _("Mean of the points’ rates, %"), _("Compliance points")],
            means,
        ),
    ]


# -- one point ----------------------------------------------------------------------------------


def _drill(request: MemberRequest, filters: Filters, code: str, today: date) -> dict[str, Any]:
    places = rates.places()
    place = places.get(code)
    if place is None:
        raise Http404
    query = filters.query(today)
    years = filters.years(today)
    wanted = {"now": query} | {str(year): filters.of_year(year) for year in years}
    found = rates.figures(wanted)
    now = found["now"]
    questions = rates.question_figures(query, place.code)
    texts = _texts([each.lineage for each in questions])
    lineage = str(request.GET.get("question") or "")
    if lineage and lineage not in texts:
        raise Http404
    behind = rates.factories_behind(query, place.code, lineage=lineage)
    name = formats.in_language(place.name)
    points = [
        charts.Point(
            formats.digits(str(year)),
            found[str(year)].point(place.code).percent,
            found[str(year)].point(place.code).rate.n,
        )
        for year in years
    ]
    link = _without(request, "question", "format")
    question_rows = [
        {
            "lineage": each.lineage,
            "title": texts[each.lineage],
            "figure": each,
            "url": f"{link}question={each.lineage}#factories",
            "is_chosen": each.lineage == lineage,
        }
        for each in sorted(questions, key=lambda q: (-(q.counted.share or 0), q.lineage))
    ]
    return {
        "lede": common.lede(filters, now.n, today),
        "place": place,
        "name": name,
        "cluster": formats.in_language(place.cluster_name),
        "counted": now.point(place.code),
        "trend": charts.trend(points, title=_("Non-compliance rate by year")),
        "trend_head": [_("Year"), _("Non-compliant"), "n", "%"],
        "trend_rows": [
            [formats.digits(str(year)), *_count_cells(found[str(year)], place)] for year in years
        ],
        "questions": question_rows,
        "series": _series(place.code),
        "question": lineage,
        "question_title": texts.get(lineage, ""),
        "all_url": f"{_without(request, 'question', 'format')}".rstrip("?&") or "?",
        "factories": [(row, _links(row.factory_id, row.assessment_id)) for row in behind],
        "crumbs": [
            Crumb(
                _("Non-compliance"), _without(request, "point", "question", "format").rstrip("&")
            ),
            Crumb(formats.in_language(place.cluster_name)),
        ],
        "tables": _drill_tables(question_rows, behind),
    }


def _links(factory: UUID, assessment: UUID) -> tuple[str, str]:
    return (
        reverse("factories:detail", args=[factory]),
        reverse("assessments:detail", args=[assessment]),
    )


def _count_cells(figures: Figures, place: Place) -> list[str]:
    counted = figures.point(place.code)
    return [
        formats.number(counted.rate.count),
        formats.number(counted.rate.n),
        formats.number(counted.percent),
    ]


def _without(request: MemberRequest, *names: str) -> str:
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return f"?{query.urlencode()}&" if query else "?"


def _texts(lineages: list[str]) -> dict[str, str]:
    """Titles of questions in the reader's language, from the newest version that asks them."""
    rows = (
        ToolQuestion.objects.filter(lineage__in=lineages)
        .order_by("lineage", "-version__effective_from")
        .distinct("lineage")
        .values_list("lineage", "title")
    )
    return {lineage: formats.in_language(title) for lineage, title in rows}


def _series(point: str) -> list[dict[str, Any]]:
    """Where the rates of a point do not go on, so that nobody compares across it unawares."""
    words = {
        "added": _("asked for the first time"),
        "removed": _("no longer asked"),
        "meaning": _("asked in another meaning"),
        "counting": _("counted in another way"),
    }
    return [
        {
            "day": note.day,
            "label": note.label,
            "lineage": note.lineage,
            "title": formats.in_language(note.title),
            "what": words[note.kind],
            "note": note.note,
        }
        for note in series_notes(point)
    ]


def _drill_tables(
    questions: list[dict[str, Any]], behind: list[rates.FactoryRow]
) -> list[sheets.Table]:
    return [
        common.table(
            _("Questions"),
            [_("Question id"), _("Question"), "NC", "n", "%", _("Due to national law"),
             _("Not applicable"), _("Not assessed")],
            [
                [q["lineage"], q["title"], q["figure"].counted.rate.count,
                 q["figure"].counted.rate.n, q["figure"].counted.percent,
                 q["figure"].counted.structural, q["figure"].not_applicable,
                 q["figure"].not_assessed]
                for q in questions
            ],
        ),
        common.table(
            _("Factories"),
            [_("Factory"), _("Region"), _("Assessed on"), _("Cycle"), _("Findings")],
            [[r.name, r.region, r.assessed_on.isoformat(), r.cycle, r.breaches] for r in behind],
        ),
    ]  # fmt: skip
