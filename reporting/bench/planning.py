"""What a plan costs and how hard it is to guess, on countries made up from a fixed seed.

One process plans them all (`python -m reporting.bench plan`), with Django loaded as in a worker,
so that its peak memory is that of planning. The database has no part in it.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from assessments.rules.planning.problem import (
    Absence,
    Assessor,
    Calendar,
    Factory,
    Place,
    PlacedVisit,
    Plan,
    Problem,
    Replanned,
)
from reporting.bench import budgets
from reporting.bench.budgets import Line
from reporting.bench.child import Child

TODAY = date(2026, 1, 1)
REGIONS = ("north", "east", "south", "west", "centre")
LANGUAGES = ("one", "two", "three", "four")
HOPS = {
    ("north", "east"): 1,
    ("north", "south"): 2,
    ("north", "west"): 1,
    ("north", "centre"): 1,
    ("east", "south"): 1,
    ("east", "west"): 2,
    ("east", "centre"): 1,
    ("south", "west"): 1,
    ("south", "centre"): 1,
    ("west", "centre"): 1,
}


@dataclass(frozen=True)
class Country:
    """Sizes of a made-up country. season: share of the windows that open within three months."""

    factories: int
    assessors: int
    monthly_days: int = 9
    season: float = 0.0
    leads: float = 0.5


SMALL, LARGE, PROGRAMME = Country(500, 40), Country(2_000, 130), Country(154, 10)
PROGRAMMES = 13
NEARLY_FULL = Country(500, 40, monthly_days=5)
TOO_FULL = Country(500, 40, season=0.8)
ROOM = 0.9  # of a month's scarce days: below it every visit must find a place
ROUNDS, RUNS, ABSENCES = 5, 30, 24


def country(size: Country, *, seed: int = 1) -> Problem:
    """Windows of 40 to 60 days over a year, two days for 85 of 100 visits, 15 holidays."""
    made = random.Random(seed)  # noqa: S311 - invented facts, the same on every run
    holidays = frozenset(TODAY + timedelta(made.randrange(460)) for _each in range(19))
    assessors = []
    for number in range(size.assessors):
        away: set[date] = set()
        while len(away) < 20:
            first = TODAY + timedelta(made.randrange(400))
            away |= {first + timedelta(later) for later in range(5)}
        assessors.append(
            Assessor(
                id=f"assessor-{number}",
                home=Place(REGIONS[number % len(REGIONS)]),
                can_lead=number < round(size.leads * size.assessors),
                is_osh_skilled=number % 3 == 0,
                languages=frozenset(made.sample(LANGUAGES, 2)) | {LANGUAGES[number % 4]},
                sex=("female", "male")[number // 2 % 2],
                monthly_days=size.monthly_days,
                away=frozenset(away),
            )
        )
    people = [each.id for each in assessors]
    factories = []
    for number in range(size.factories):
        in_season = made.random() < size.season
        opens = TODAY + timedelta(120 + made.randrange(60) if in_season else made.randrange(365))
        factories.append(
            Factory(
                id=f"factory-{number}",
                place=Place(REGIONS[made.randrange(len(REGIONS))]),
                opens_on=opens,
                closes_on=opens + timedelta(made.randrange(40, 61)),
                visit_days=2 if made.random() < 0.85 else 1,
                closed_days=frozenset(
                    opens + timedelta(made.randrange(60)) for _each in range(made.randrange(4))
                ),
                languages=frozenset({LANGUAGES[made.randrange(len(LANGUAGES))]}),
                advisors=frozenset({made.choice(people)}),
                previous_team=frozenset(made.sample(people, 2)),
                conflicts=frozenset(made.sample(people, 1)) if made.random() < 0.1 else frozenset(),
            )
        )
    return Problem(
        today=TODAY,
        calendar=Calendar(frozenset({4, 5}), holidays),
        factories=tuple(factories),
        assessors=tuple(assessors),
        hops=HOPS,
    )


# -- the lines -----------------------------------------------------------------------------------


def lines(environment: dict[str, str], log_dir: Path) -> Iterator[Line]:
    planner = Child(["plan"], environment, log_dir / "bench_plan.log")
    try:
        broken = 0
        unplaced = 0
        for name, limit in budgets.PLAN_SECONDS:
            told = planner.ask(task=name)
            yield Line(
                f"plan_{name}",
                statistics.median(told["seconds"]),
                "s",
                limit,
                details={key: told[key] for key in ("placed", "unplaced", "scarce", "soft_cost")}
                | {"n": len(told["seconds"]), "best": min(told["seconds"])},
            )
            broken += told["broken"]
            unplaced += told["unplaced"] if told["scarce"] <= ROOM else 0
        yield Line("plan_unplaced_with_room", unplaced, "visits", 0)
        for name in ("500", "programme"):
            told = planner.ask(task=f"entropy_{name}")
            yield Line(
                f"plan_entropy_{name}",
                told["calibrated"],
                "share",
                budgets.PLAN_ENTROPY,
                at_least=True,
                details=told,
            )
            yield Line(
                f"plan_worst_factory_{name}",
                told["worst"],
                "share",
                budgets.PLAN_WORST_FACTORY,
                at_least=True,
                details={"ideal": told["worst_expected"]},
            )
            yield Line(f"plan_likeliest_assessor_{name}", told["likeliest_assessor"], "share")
        told = planner.ask(task="absence")
        yield Line(
            "replan_absence",
            statistics.median(told["seconds"]),
            "s",
            budgets.REPLAN_SECONDS,
            details={"n": len(told["seconds"]), "worst": max(told["seconds"]), "hit": told["hit"]},
        )
        yield Line(
            "replan_dates_moved_with_room",
            told["moved"],
            "dates",
            0,
            details={"without_room": told["without_room"]},
        )
        yield Line("replan_seats_beyond_those_hit", told["seats"] - told["hit"], "seats", 0)
        broken += told["broken"]
        told = planner.ask(task="too_full")
        yield Line(
            "plan_too_full",
            told["seconds"][0],
            "s",
            budgets.PLAN_HARD_STOP,
            details={key: told[key] for key in ("placed", "unplaced", "scarce")},
        )
        yield Line("plan_too_full_not_explained", told["not_explained"], "visits", 0)
        broken += told["broken"]
        yield Line("plan_violations", broken, "violations", 0)
        peak = planner.ask(task="peak")["megabytes"]
        yield Line("plan_peak", peak, "MB", budgets.PLAN_MEGABYTES)
    finally:
        planner.close()


# -- inside the process that plans ---------------------------------------------------------------


def serve() -> int:
    """Answer lines of JSON: {"task": one of TASKS}."""
    for line in sys.stdin:
        task = json.loads(line)["task"]
        sys.stdout.write(json.dumps(TASKS[task]()) + "\n")
        sys.stdout.flush()
    return 0


def _make(problem: Problem) -> tuple[Plan, float]:
    from assessments.rules.planning.draw import make_plan

    started = time.perf_counter()
    plan = make_plan(problem)
    return plan, time.perf_counter() - started


def _planned(problems: list[Problem], rounds: int = ROUNDS) -> dict[str, Any]:
    from assessments.rules.planning.checker import check_plan
    from assessments.rules.planning.load import month_load

    seconds, broken, costs = [], 0, []
    placed = unplaced = unexplained = 0
    for _round in range(rounds):
        spent, placed, unplaced = 0.0, 0, 0
        for problem in problems:
            plan, taken = _make(problem)
            spent += taken
            broken += len(check_plan(problem, plan))
            placed += len(plan.visits)
            unplaced += len(plan.unplaced)
            unexplained += sum(not each.bars for each in plan.unplaced)
            costs.append(plan.soft_cost)
        seconds.append(round(spent, 4))
    scarce = max(each.scarce_share for problem in problems for each in month_load(problem))
    return {
        "seconds": seconds,
        "placed": placed,
        "unplaced": unplaced,
        "not_explained": unexplained,
        "scarce": round(scarce, 3),
        "broken": broken,
        "soft_cost": round(statistics.mean(costs)),
    }


def _entropy(size: Country) -> dict[str, Any]:
    from assessments.rules.planning.entropy import measure

    found = measure(country(size), RUNS)
    return {
        "runs": found.runs,
        "calibrated": found.calibrated,
        "law_share": found.law_share,
        "worst": found.worst,
        "worst_expected": found.worst_expected,
        "best_guess": found.best_guess,
        "likeliest_assessor": found.likeliest_assessor,
        "first_draws": found.first_draws,
        "weekdays": found.weekdays,
    }


def _absence() -> dict[str, Any]:
    """One person away for 5 or 28 days, at both sizes with room."""
    from assessments.rules.planning.changes import replan
    from assessments.rules.planning.checker import check_plan

    chance = random.Random(5)  # noqa: S311 - which absences are tried
    told: dict[str, Any] = {"seconds": [], "hit": 0, "seats": 0, "broken": 0}
    told |= {"moved": 0, "without_room": 0}
    for size in (SMALL, LARGE):
        problem = country(size)
        plan, _taken = _make(problem)
        tried = 0
        while tried < ABSENCES // 2:
            who = chance.choice(problem.assessors).id
            first = TODAY + timedelta(40 + chance.randrange(250))
            away = frozenset(first + timedelta(n) for n in range((5, 28)[tried % 2]))
            if not any(who in each.team and away & set(each.days) for each in plan.visits):
                continue
            tried += 1
            started = time.perf_counter()
            result = replan(problem, plan, Absence(who, away))
            told["seconds"].append(round(time.perf_counter() - started, 4))
            told["hit"] += len(result.hit)
            told["seats"] += result.diff.new_seats
            for each in (*result.diff.moved, *result.diff.lost):
                assert each.before is not None  # noqa: S101 - it moved from somewhere
                had_room = each.factory_id not in result.hit or _could_stay(
                    result, plan, each.before, without=who
                )
                told["moved" if had_room else "without_room"] += 1
            told["broken"] += len(check_plan(result.problem, result.plan, before=plan))
    return told


def _could_stay(result: Replanned, before: Plan, visit: PlacedVisit, *, without: str) -> bool:
    """Whether the visit could keep its day in the plan made, with somebody else in one seat."""
    from assessments.rules.planning.checker import check_plan

    problem, after = result.problem, result.plan
    stays = next(each for each in visit.team if each != without)
    others = tuple(each for each in after.visits if each.factory_id != visit.factory_id)
    named = tuple(each for each in after.unplaced if each.factory_id != visit.factory_id)
    return any(
        not check_plan(problem, replace(after, visits=(*others, kept), unplaced=named), before)
        for other in problem.assessors
        if other.id not in {stays, without}
        for lead, second in ((stays, other.id), (other.id, stays))
        for kept in (replace(visit, lead_id=lead, second_id=second),)
    )


def _peak() -> dict[str, Any]:
    from reporting.bench.report_cost import peak_megabytes

    return {"megabytes": peak_megabytes()}


TASKS: dict[str, Callable[[], dict[str, Any]]] = {
    "500": lambda: _planned([country(SMALL)]),
    "500_nearly_full": lambda: _planned([country(NEARLY_FULL, seed=3)]),
    "2000": lambda: _planned([country(LARGE)]),
    "13_programmes": lambda: _planned([country(PROGRAMME, seed=n) for n in range(PROGRAMMES)]),
    "too_full": lambda: _planned([country(TOO_FULL)], rounds=1),
    "entropy_500": lambda: _entropy(SMALL),
    "entropy_programme": lambda: _entropy(PROGRAMME),
    "absence": _absence,
    "peak": _peak,
}
