"""The database counts what the reference implementation counts, for every selection."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments import summaries
from assessments.models import Assessment, PointResult
from assessments.rules import rates as reference
from assessments.rules.rates import BalancedPanel, InCycle, LatestInWindow, Rate
from factories.models import Factory
from reporting import rates
from reporting.rates import Basis, Query
from tests import builders

from .worlds import Asked, Held, answer_rows, make_factories, make_version, make_world, older_points

# With the two points that older data has, which count as one, and without.
TOOL = [
    Asked("a1", "CL-HZW"), Asked("a2", "CL-OHW"), Asked("a3", "CL-OWF"), Asked("b1", "CL-CLB"),
    Asked("c1", "OSH-EP"), Asked("c2", "OSH-EP"), Asked("s1", "SY-HR"),
    Asked("f1", "OSH-EP", "fgw"),
]  # fmt: skip
OUTCOMES = ["compliant", "non_compliant", "not_applicable", "not_assessed", "structural"]
FIRST = date(2024, 1, 1)
SELECTIONS = [
    LatestInWindow(),
    LatestInWindow(FIRST, FIRST + timedelta(days=3)),
    LatestInWindow(FIRST + timedelta(days=2), None),
    InCycle(1),
    InCycle(2, FIRST, FIRST + timedelta(days=4)),
    BalancedPanel(1, 1),
    BalancedPanel(2, 1),
    BalancedPanel(2, 2),
    BalancedPanel(3, 2),
    BalancedPanel(1, 2),
]
held = st.builds(
    Held,
    factory=st.integers(0, 7),
    cycle=st.integers(1, 3),
    starts_on=st.integers(0, 6).map(lambda days: FIRST + timedelta(days=days)),
    # Signing refuses an assessment with open questions, so coded answers are always there.
    answers=st.dictionaries(
        st.sampled_from([a.lineage for a in TOOL]), st.sampled_from(OUTCOMES)
    ).map(lambda found: found if set(found) - {"f1"} else {**found, "c1": "not_applicable"}),
    status=st.sampled_from(
        ["released", "released", "submitted", "quality_review", "in_progress", "cancelled"]
    ),
)  # fmt: skip
worlds = st.lists(held, max_size=16, unique_by=lambda each: (each.factory, each.cycle))


class Undo(Exception):
    """Ends one example and takes its rows back."""


OLDER = {"CL-OHW", "CL-OWF"}


@pytest.fixture(params=["with older points", "as the tool is"])
def tool(bd: Any, request: Any) -> tuple[Any, list[Factory]]:
    asked = TOOL
    if request.param == "with older points":
        older_points()
    else:
        asked = [Asked(a.lineage, "CL-HZW", a.kind) if a.point in OLDER else a for a in TOOL]
    factories = make_factories(3)
    factories.append(builders.make_factory(name="Old Mill (Obsolete)"))
    factories.append(
        builders.make_factory(status="closed", status_reason="Closed.", region="Chattogram")
    )
    # Duplicates that were merged: into a living factory (two of them), and into a closed one.
    for winner in (factories[0], factories[0], factories[4]):
        factories.append(
            builders.make_factory(
                name="Twice (Obsolete)", status="closed", status_reason="Same site.",
                region="Sylhet", factory_type="footwear", merged_into=winner,
            )
        )  # fmt: skip
    return make_version(asked), factories


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds, released=st.booleans())
def test_figures_equal_the_reference(tool: Any, world: list[Held], released: bool) -> None:
    version, factories = tool
    try:
        with transaction.atomic():
            make_world(version, world, factories)
            summaries.rebuild_results()
            _compare(released)
            # Row by row in the transaction of each submit: the same numbers.
            before = _summary_rows()
            PointResult.objects.all().delete()
            for pk in Assessment.objects.values_list("pk", flat=True):
                summaries.rewrite_results(pk)
            assert _summary_rows() == before
            raise Undo
    except Undo:
        pass


def _summary_rows() -> list[Any]:
    names = [f.attname for f in PointResult._meta.fields if f.name != "id"]
    return sorted(PointResult.objects.values_list(*names), key=str)


def _compare(released: bool) -> None:
    basis = Basis.RELEASED if released else Basis.HELD
    rows = reference.prepare(answer_rows(released_only=released))
    together = rates.figures({str(s): Query(s, basis) for s in SELECTIONS})
    for selection in SELECTIONS:
        query = Query(selection, basis)
        chosen = reference.select(rows, selection)
        figures = together[str(selection)]
        assert figures.n == len({row.assessment_id for row in chosen})
        found = {figures.places[c].key: p.rate for c, p in figures.points.items() if p.rate.n}
        assert found == reference.compliance_point_rates(chosen)
        both = {figures.places[code].key: p.with_structural for code, p in figures.points.items()}
        assert both == reference.compliance_point_rates(chosen, count_structural=True)
        names = {place.cluster: place.cluster_en for place in figures.places.values()}
        for structural in (False, True):
            clusters = figures.clusters(count_structural=structural)
            assert {names[code]: mean for code, mean in clusters.items()} == (
                reference.cluster_averages(chosen, count_structural=structural)
            )
        assert rates.mean_assessment_rate(query) == reference.mean_assessment_rate(chosen)
        questions = rates.question_figures(query)
        assert {q.lineage: q.counted.rate for q in questions if q.counted.rate.n} == (
            reference.question_rates(chosen)
        )
        for code in figures.points:
            behind = rates.factories_behind(query, code)
            assert {str(row.factory_id) for row in behind} == (
                reference.non_compliant_factories(chosen, figures.places[code].key)
            )


def test_a_merge_changes_no_assessment(tool: Any) -> None:
    """What a duplicate had counts under the factory it became: its own latest, or the other's."""
    version, factories = tool
    winner, one, two = factories[0], factories[5], factories[6]
    Factory.objects.filter(pk__in=[one.pk, two.pk]).update(merged_into=None, status="active")
    breach, fine = {"c1": "non_compliant"}, {"c1": "compliant"}
    day = timedelta(days=1)
    world = [Held(0, 1, FIRST, fine), Held(5, 1, FIRST + day, breach), Held(6, 2, FIRST, breach)]
    make_world(version, world, factories)
    summaries.rebuild_results()
    kept = _summary_rows()
    Factory.objects.filter(pk__in=[one.pk, two.pk]).update(
        merged_into=winner, status="closed", status_reason="Same site."
    )
    latest = Query(LatestInWindow(), region=winner.region)
    found = rates.figures(
        {"latest": latest, "first day": Query(LatestInWindow(FIRST, FIRST)),
         "panel": Query(BalancedPanel(2, 1)), "elsewhere": Query(LatestInWindow(), region="Sylhet")}
    )  # fmt: skip
    assert {name: each.n for name, each in found.items()} == {
        "latest": 1, "first day": 1, "panel": 1, "elsewhere": 0,
    }  # fmt: skip
    assert found["latest"].points["OSH-EP"].rate == Rate(1, 1)  # the duplicate's was later
    assert [row.factory_id for row in rates.factories_behind(latest, "OSH-EP")] == [winner.pk]
    summaries.rebuild_results()
    assert _summary_rows() == kept


def test_one_statement_however_many_choices(tool: Any, django_assert_num_queries: Any) -> None:
    version, factories = tool
    make_world(version, [Held(0, 1, FIRST, {"c1": "non_compliant", "s1": "compliant"})], factories)
    summaries.rebuild_results()
    rates.places()
    with django_assert_num_queries(1):
        found = rates.figures({str(s): Query(s) for s in SELECTIONS})
    assert found[str(LatestInWindow())].points["OSH-EP"].rate == Rate(1, 1)
    # Systems count in Occupational Safety and Health.
    assert found[str(LatestInWindow())].clusters()["OSH"].percent() == 50


def test_region_and_type_narrow_the_choice(tool: Any) -> None:
    version, factories = tool
    Factory.objects.filter(pk=factories[1].pk).update(region="Chattogram", factory_type="footwear")
    world = [Held(i, 1, FIRST, {"c1": "non_compliant"}) for i in range(3)]
    make_world(version, world, factories)
    summaries.rebuild_results()
    found = rates.figures(
        {
            "all": Query(LatestInWindow()),
            "there": Query(LatestInWindow(), region="Chattogram"),
            "shoes": Query(LatestInWindow(), factory_type="footwear"),
            "none": Query(LatestInWindow(), region="Chattogram", factory_type="garment"),
        }
    )
    assert {name: each.n for name, each in found.items()} == {
        "all": 3, "there": 1, "shoes": 1, "none": 0,
    }  # fmt: skip


def test_cycles_side_by_side_leave_out_those_nobody_was_in(tool: Any, sign_in: Any) -> None:
    version, factories = tool
    world = [Held(0, 1, FIRST, {"c1": "compliant"}), Held(1, 14, FIRST, {"c1": "compliant"})]
    make_world(version, world, factories)
    summaries.rebuild_results()
    cache.clear()
    page = sign_in("manager").get("/rates/", {"by": "cycle", "period": "all"}).content.decode()
    heads = re.findall(r"Cycle (\d+)<", page)
    assert heads == ["1", "14"]
