"""Rates of non-compliance, as the published tables count them.

manage.py nc_rates --programme BD --from 2015-06 --to 2017-07 [--cycle 1 | --panel 4] --json
"""

from __future__ import annotations

import json
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.rules.rates import BalancedPanel, InCycle, LatestInWindow, Selection, to_percent
from betterwork.asked import first_day, last_day
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from reporting import rates
from reporting.rates import Basis, Counted, Query


class Command(BaseCommand):
    help = "Non-compliance rates of a programme, by the analysts' rules, each with count and n."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--programme", required=True, help="code, such as BD")
        parser.add_argument("--from", dest="since", type=first_day, help="month or day")
        parser.add_argument("--to", dest="until", type=last_day, help="month or day, included")
        parser.add_argument("--cycle", type=int, help="assessments of this cycle")
        parser.add_argument("--panel", type=int, help="factories assessed in cycles 1 to N")
        parser.add_argument("--region", default="")
        parser.add_argument("--type", dest="factory_type", default="")
        parser.add_argument("--released", action="store_true", help="released assessments only")
        parser.add_argument("--json", action="store_true", help="everything, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with scope.anonymous_scope():
            programme = Programme.objects.filter(code=options["programme"]).first()
        if programme is None:
            raise CommandError(f"There is no programme {options['programme']}.")
        if options["panel"] and (options["since"] or options["until"]):
            raise CommandError("A panel goes by cycles; leave out --from and --to.")
        since, until = options["since"], options["until"]
        if since and until and since > until:
            raise CommandError(f"--from {since} is after --to {until}.")
        for name in ("cycle", "panel"):
            if options[name] is not None and options[name] < 1:
                raise CommandError(f"--{name} begins at 1.")
        if options["panel"] and options["cycle"] and options["cycle"] > options["panel"]:
            raise CommandError("--cycle is one of the cycles of the panel.")
        basis = Basis.RELEASED if options["released"] else Basis.HELD
        with scope.programme_scope(programme.pk):
            if options["panel"] and not options["cycle"]:
                cycles = range(1, options["panel"] + 1)
                selections: list[Selection] = [BalancedPanel(options["panel"], c) for c in cycles]
            else:
                selections = [self._selection(options)]
            found = [
                self._figures(
                    Query(selection, basis, options["region"], options["factory_type"]), programme
                )
                for selection in selections
            ]
        answer = found[0] if len(found) == 1 else {"panel": found}
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
            return
        try:
            for each in found:
                self._print(each)
        except BrokenPipeError:  # the reader has seen enough, as with `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def _selection(self, options: dict[str, Any]) -> Selection:
        if options["panel"]:
            return BalancedPanel(options["panel"], options["cycle"])
        if options["cycle"]:
            return InCycle(options["cycle"], options["since"], options["until"])
        return LatestInWindow(options["since"], options["until"])

    def _figures(self, query: Query, programme: Programme) -> dict[str, Any]:
        figures = rates.figures({"now": query})["now"]
        mean = rates.mean_assessment_rate(query)
        places = figures.places
        clusters: dict[str, dict[str, Any]] = {}
        averages = figures.clusters()
        codes = sorted(figures.points, key=lambda code: places[code].order)
        for code in codes:
            place = places[code]
            average = averages.get(place.cluster)
            cluster = clusters.setdefault(
                place.cluster,
                {
                    "cluster": place.cluster_en,
                    "rate": None if average is None else float(average.mean),
                    "percent": None if average is None else float(average.percent(1)),
                    "n_points": 0 if average is None else average.n,
                    "points": [],
                },
            )
            counted = figures.points[code]
            cluster["points"].append({"point": place.name_en, "code": code, **_plain(counted)})
        return {
            "programme": programme.code,
            "selection": _words(query.selection),
            "basis": str(query.basis),
            "region": query.region,
            "factory_type": query.factory_type,
            "n_factories": figures.n,
            "mean_factory_rate": None
            if mean is None
            else {"rate": float(mean.mean), "percent": float(mean.percent(1)), "n": mean.n},
            "clusters": list(clusters.values()),
            "questions": [
                {
                    "question": each.lineage,
                    "point": places[each.point].name_en,
                    "not_applicable": each.not_applicable,
                    "not_assessed": each.not_assessed,
                    **_plain(each.counted),
                }
                for each in rates.question_figures(query)
            ],
        }

    def _print(self, found: dict[str, Any]) -> None:
        chosen = ", ".join(
            f"{name.replace('_', ' ')} {value}"
            for name, value in found["selection"].items()
            if name != "kind" and value is not None
        )
        kind = found["selection"]["kind"].replace("_", " ")
        self.stdout.write(
            f"{found['programme']}, {kind}{chosen and f' ({chosen})'}, "
            f"assessments {found['basis']}, n = {found['n_factories']}"
        )
        for cluster in found["clusters"]:
            percent = "–" if cluster["percent"] is None else f"{cluster['percent']} %"
            self.stdout.write(f"{cluster['cluster']}: {percent}")
            for point in cluster["points"]:
                self.stdout.write(
                    f"  {point['point']}: {point['count']}/{point['n']} = {point['percent']} %"
                )


def _plain(counted: Counted) -> dict[str, Any]:
    exact = counted.rate.exact
    return {
        "count": counted.rate.count,
        "n": counted.rate.n,
        "rate": None if exact is None else float(exact),
        "percent": None if exact is None else int(to_percent(exact)),
        "structural": counted.structural,
    }


def _words(selection: Selection) -> dict[str, Any]:
    if isinstance(selection, BalancedPanel):
        return {
            "kind": "balanced_panel", "cycles": selection.last_cycle, "cycle": selection.cycle,
        }  # fmt: skip
    plain: dict[str, Any] = {
        "from": selection.since.isoformat() if selection.since else None,
        "to": selection.until.isoformat() if selection.until else None,
    }
    if isinstance(selection, InCycle):
        return {"kind": "cycle", "cycle": selection.cycle, **plain}
    return {"kind": "latest_per_factory", **plain}
