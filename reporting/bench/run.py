"""Conducts a run: makes the worlds, asks the processes in turn, and tells the lines."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from reporting.bench import budgets, planning, report_cost, web
from reporting.bench.budgets import Budget, Line
from reporting.bench.child import Broken, Child
from reporting.bench.stage import Say, Stage

BLOCK = 5  # rounds asked of one world before it is the other's turn
NAMES = ("small", "large")


class World:
    """A process that measures on one world."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._child = Child(["serve"], environment, log)
        self.environment, self.close = environment, self._child.close

    def ask(self, measure: str, rounds: int = 1) -> dict[str, Any]:
        """Raises: Broken."""
        return self._child.ask(measure=measure, rounds=rounds)


def run(
    sizes: Sequence[int],
    *,
    var_dir: Path,
    say: Say,
    rounds: int | None = None,
    fresh: bool = False,
    only: Callable[[str], bool] = lambda name: True,
) -> Iterator[Line]:
    """Yield the lines, each as soon as it is known. `rounds` overrides those of every budget."""
    stage = Stage(var_dir, say)
    with ExitStack() as stack:
        stack.enter_context(stage.open())
        stage.prepare(dict(zip(NAMES, sizes, strict=True)), with_empty=only("migrate"), fresh=fresh)
        worlds = []
        for name in NAMES:
            environment = stack.enter_context(stage.scratch(name))
            world = World(environment, var_dir / "log" / f"bench_{name}.log")
            stack.callback(world.close)
            worlds.append(world)
        for budget in budgets.WORKS:
            if only(budget.name):
                yield from _work(budget, worlds, sizes, rounds or budget.rounds)
        if only("summary"):
            yield from _summaries(worlds[1], rounds or 15)
        if only("report"):
            yield from report_cost.lines(worlds[1].environment, worlds[1].ask, var_dir / "log")
        if only("plan"):
            yield from planning.lines(worlds[1].environment, var_dir / "log")
        if only("web"):
            yield from web.lines(worlds[1].environment, worlds[1].ask)
    if only("migrate") and stage.migrate_seconds is not None:
        yield Line(
            "migrate_empty_database",
            stage.migrate_seconds,
            "s",
            budgets.MIGRATE_SECONDS,
            details={"n": 1},
        )
    if only("migrate") and stage.load_seconds is not None:
        yield Line(
            "cat_load_library", stage.load_seconds, "s", budgets.LOAD_SECONDS, details={"n": 1}
        )


def _work(
    budget: Budget, worlds: Sequence[World], sizes: Sequence[int], rounds: int
) -> Iterator[Line]:
    with_bare = budget.name == "save_answer"
    taken: list[list[float]] = [[], []]
    bare: list[float] = []
    told: list[dict[str, Any]] = [{}, {}]
    for start in range(0, rounds, BLOCK):
        for place, world in enumerate(worlds):
            found = world.ask(budget.name, min(BLOCK, rounds - start))
            problem = found.get("missing") or found.get("failed")
            if problem:
                yield Line(budget.name, None, "ms", budget.milliseconds, why=problem)
                return
            told[place] = found
            taken[place] += found["seconds"]
            if with_bare and place == 1:
                bare += world.ask("bare_update", min(BLOCK, rounds - start))["seconds"]
    for size, seconds, found in zip(sizes, taken, told, strict=True):
        details = {**_spread(seconds), **found["extra"]}
        yield Line(
            f"{budget.name}_{size}",
            1000 * statistics.median(seconds),
            "ms",
            budget.milliseconds,
            details=details,
        )
    growth = statistics.median(taken[1]) / statistics.median(taken[0])
    yield Line(f"{budget.name}_growth", growth, "x", budget.growth, details={"n": rounds})
    yield Line(
        f"{budget.name}_sql",
        max(found["statements"] for found in told),
        "statements",
        budget.statements,
        details={"by_size": [found["statements"] for found in told], "said": told[1]["said"]},
    )
    yield Line(
        f"{budget.name}_parameters_growth",
        told[1]["parameters"] - told[0]["parameters"],
        "parameters",
        0,
    )
    if budget.name == "open_questionnaire":
        yield Line("open_questionnaire_requests", 1, "requests", 1)
    if with_bare:
        yield Line("bare_update_and_commit", 1000 * statistics.median(bare), "ms")
        yield Line(
            "save_answer_to_bare_update",
            statistics.median(taken[1]) / statistics.median(bare),
            "x",
            budgets.SAVE_TO_BARE,
            details={"n": rounds},
        )
    if "scanned" in told[1]:
        scanned = told[1]["scanned"]
        yield Line(
            f"{budget.name}_scans_of_answers",
            scanned.get("assessments_answer", 0),
            "scans",
            0,
            details={"tables": scanned},
        )


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "n": len(ordered),
        "best": round(1000 * ordered[0], 2),
        "p90": round(1000 * ordered[int(0.9 * (len(ordered) - 1))], 2),
    }


def _summaries(world: World, rounds: int) -> Iterator[Line]:
    limit = budgets.REWRITE_MILLISECONDS
    rewrite = world.ask("rewrite_summary", rounds)
    if "seconds" not in rewrite:
        why = rewrite.get("missing") or rewrite.get("failed") or ""
        yield Line("summary_rewrite_of_a_submit", None, "ms", limit, why=why)
        return
    milliseconds = 1000 * statistics.median(rewrite["seconds"])
    yield Line(
        "summary_rewrite_of_a_submit",
        milliseconds,
        "ms",
        limit,
        details=_spread(rewrite["seconds"]),
    )
    quick = world.ask("rates_from_summaries", 5)
    raw = world.ask("rates_from_answers", 3)
    rebuilt = world.ask("rebuild_summaries")
    if not all("seconds" in told for told in (quick, raw, rebuilt)):
        why = str([told.get("failed") for told in (quick, raw, rebuilt)])
        yield Line("summary_rebuild_differences", None, "rows", 0, why=why)
        return
    one, other = statistics.median(quick["seconds"]), statistics.median(raw["seconds"])
    yield Line("rates_from_summaries", 1000 * one, "ms", details=_spread(quick["seconds"]))
    yield Line("rates_from_raw_answers", 1000 * other, "ms", details=_spread(raw["seconds"]))
    yield Line("summaries_faster_than_raw", other / one, "x")
    differing = sum(
        a != b for a, b in zip(quick["extra"]["rows"], raw["extra"]["rows"], strict=False)
    )
    differing += abs(len(quick["extra"]["rows"]) - len(raw["extra"]["rows"]))
    yield Line("rates_that_differ_from_raw", differing, "rates", 0)
    yield Line("summary_rebuild", statistics.median(rebuilt["seconds"]), "s")
    yield Line(
        "summary_rebuild_differences",
        rebuilt["extra"]["differing"],
        "rows",
        0,
        details={"rows": rebuilt["extra"]["written"]},
    )


__all__ = ["Broken", "run"]
