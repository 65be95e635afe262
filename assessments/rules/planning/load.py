"""month_load: what each month needs and has, assessor-days and lead-days apart.

Source: docs/domain/rules/planning.md, rule V-12.
"""

from __future__ import annotations

from assessments.rules.planning.draw import capacity_of, lay_out, months_of
from assessments.rules.planning.problem import Month, MonthLoad, Plan, Problem, month_of


def month_load(problem: Problem, plan: Plan | None = None) -> list[MonthLoad]:
    """Months in order. With a plan: its visits, and what those without a place might need.

    Without one: what is expected of dates drawn alike, before any month is spared.
    """
    bench = lay_out(problem, is_level=False)
    ground = bench.ground
    needed: dict[Month, float] = {}
    placed = {each.factory_id: each for each in plan.visits} if plan else {}
    for visit in placed.values():
        for day in visit.days:
            needed[month_of(day)] = needed.get(month_of(day), 0.0) + 1.0
    for site in bench.sites:
        if site.factory.id in placed:
            continue
        for start, chance in zip(site.starts, site.law, strict=True):
            for month, days in ground.span(start, site.factory.visit_days).months:
                needed[month] = needed.get(month, 0.0) + chance * days
    months = sorted(months_of(ground, bench.sites) | set(needed))
    capacity = capacity_of(ground, bench.table, months, since=problem.today.toordinal())
    return [
        MonthLoad(
            month=month,
            assessor_days_needed=2 * needed.get(month, 0.0),
            assessor_days_available=capacity[month][0],
            lead_days_needed=needed.get(month, 0.0),
            lead_days_available=capacity[month][1],
        )
        for month in months
    ]
