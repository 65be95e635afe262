"""The dashboard: its numbers, its filters, who sees what, and a budget of queries at two sizes."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.core.cache import cache
from django.utils import timezone

from advisory.models import AdvisoryVisit, ImprovementPlan, PlanItem
from assessments import summaries
from assessments.models import AssessmentMember
from assessments.rules.rates import LatestInWindow
from betterwork.records.models import TrailEvent
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy.selectors import settings_values
from factories.models import Committee, CommitteeMember, CycleFact, EngagementCycle
from reporting import dashboard, rates
from reporting.dashboard import Filters
from reporting.rates import Query
from tests import builders

from .worlds import Asked, Held, make_factories, make_version, make_world

RESTORED = 1  # the scope of the test itself, put back after each request
TOOL = [Asked("ep", "OSH-EP"), Asked("pay", "CO-MIN")]
FOUND = {"ep": "non_compliant", "pay": "compliant"}


def day(ago: int) -> date:
    return timezone.localdate() - timedelta(days=ago)


@pytest.fixture
def grow(bd: Any) -> Any:
    """Add so many factories, each with a released assessment, a running cycle and a late clock."""
    version = make_version(TOOL)

    def more(count: int) -> list[Any]:
        factories = make_factories(count)
        held = [Held(i, 9, day(60), FOUND) for i in range(count)]
        made = make_world(version, held, factories)
        for factory in factories:
            cycle = EngagementCycle.objects.create(factory=factory, number=10, starts_on=day(50))
            CycleFact.objects.create(
                cycle=cycle, factory=factory, kind="advisory_visit", happened_on=day(40)
            )
        summaries.rebuild_results()
        cache.clear()
        return made

    return more


def get(client: Any, url: str = "/overview/") -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return str(answer.content.decode())


@pytest.mark.parametrize("rows", [3, 40])
def test_query_budget(
    grow: Any, sign_in: Any, django_assert_max_num_queries: Any, rows: int
) -> None:
    grow(rows)
    client = sign_in("manager")
    # Names of points and the programme's numbers are kept for an hour, whoever asks.
    rates.places()
    settings_values()
    with django_assert_max_num_queries(12 + RESTORED):  # every cycle is new to the engine
        page = get(client)
    assert f"{rows} factories, latest assessment of each" in page
    cache.clear()
    rates.places()
    settings_values()
    client.session.get("acting_membership")
    with django_assert_max_num_queries(12 + RESTORED):  # counted anew, no cycle has changed
        assert get(client).count("<tr") == page.count("<tr")
    with django_assert_max_num_queries(8 + RESTORED):  # numbers are kept until something happens
        assert get(client).count("<tr") == page.count("<tr")
    for url in ("/rates/", "/rates/?by=region", "/rates/?point=OSH-EP&question=ep"):
        with django_assert_max_num_queries(12 + RESTORED):
            get(client, url)


def test_numbers_are_counted_anew_when_something_happens(grow: Any, sign_in: Any) -> None:
    (one,) = grow(1)
    client = sign_in("manager")
    assert "1 factories" in get(client) or "1 factory" in get(client)
    version = one.version
    make_world(version, [Held(0, 9, day(30), FOUND)], make_factories(1))
    summaries.rebuild_results()
    record(Action.ASSESSMENT_RELEASED, about=one, factory_id=one.factory_id)
    assert "2 factories" in get(client)


def test_filters_live_in_the_address(grow: Any, sign_in: Any) -> None:
    made = grow(4)
    made[0].factory.__class__.objects.filter(pk=made[0].factory_id).update(region="Chattogram")
    made[1].__class__.objects.filter(pk=made[1].pk).update(status="quality_review")
    client = sign_in("manager")
    for address, n in (
        ("", 4), ("?region=Chattogram", 1), ("?basis=released", 3), ("?cycle=9", 4),
        ("?cycle=2", 0), ("?period=2001", 0), ("?type=footwear", 0), ("?period=nonsense", 4),
        ("?cycle=x&panel=-1", 4),
    ):  # fmt: skip
        page = get(client, f"/overview/{address}")
        assert f"{n} factories" in page, address
    assert "Only released assessments count." in get(client, "/overview/?basis=released")
    assert 'value="Chattogram" selected' in get(client, "/overview/?region=Chattogram")


@pytest.mark.parametrize(
    ("address", "n", "first"),
    [
        ("?from={before}&to={after}", 4, "{before}"),
        ("?period=&shown=&from={before}&to={after}&cycle=9", 4, "{before}"),
        ("?from={after}&to={before}", 4, "{before}"),  # the other way round
        ("?from={after}", 0, "{after}"),
        ("?to={before}", 0, ""),
        ("?period=2001&shown=2001&from={before}", 4, "{before}"),  # typed on the page of a year
        ("?period=2001&shown=dates&from={before}&to={after}", 0, ""),  # a year chosen instead
        ("?period=dates&shown=dates&from=&to=", 4, ""),  # taken out
        ("?from=tomorrow&to=2026-13-45", 4, ""),
    ],
)
def test_days_of_the_form(grow: Any, sign_in: Any, address: str, n: int, first: str) -> None:
    grow(4)  # assessed 60 days ago
    words = {"before": day(70).isoformat(), "after": day(50).isoformat()}
    for path in ("/overview/", "/rates/"):
        page = get(sign_in("manager"), path + address.format(**words))
        assert f"{n} factories" in page
        shown = first.format(**words)
        assert f'<input type="date" name="from" value="{shown}">' in page
        # Sent again as it stands, without script, the form says the same.
        fields = dict(
            re.findall(r'<input type="(?:date|hidden)" name="(\w+)" value="([^"]*)"', page)
        )
        period = re.search(r'<select name="period".*?<option value="(\w*)" selected', page)
        fields["period"] = period[1] if period else ""
        again = sign_in("manager").get(path, fields).content.decode()
        assert f"{n} factories" in again


def test_each_cell_leads_to_its_factories(grow: Any, sign_in: Any) -> None:
    made = grow(4)
    made[0].factory.__class__.objects.filter(pk=made[0].factory_id).update(region="Chattogram")
    client = sign_in("manager")
    year = day(60).year

    def behind(page: str, part: str) -> set[int]:
        """How many factories stand behind each cell whose address has the part."""
        links = re.findall(r'<td class="[^"]*"><a href="([^"]*)"', page)
        wanted = [unescape(link) for link in links if part in unescape(link)]
        assert wanted, part
        found = set()
        for link in wanted:
            if "point=OSH-EP" in link:
                address = link.partition("#")[0]
                listed = get(client, address if address[0] == "/" else f"/rates/{address}")
                found.add(listed.split('id="h-factories"')[-1].count('<th scope="row"><a href="/f'))
        return found

    assert behind(get(client), f"period={year}") == {4}
    assert behind(get(client, "/overview/?region=Chattogram"), f"period={year}") == {1}
    assert behind(get(client, "/rates/?by=region"), "region=Chattogram") == {1}
    assert behind(get(client, "/rates/?by=region"), "region=Gazipur") == {3}
    assert behind(get(client, "/rates/?by=cycle"), "cycle=9") == {4}
    assert behind(get(client, "/rates/?by=year"), f"period={year}") == {4}


def test_what_needs_a_decision(grow: Any, sign_in: Any, bd: Any) -> None:
    """Late clocks, reports next to act, factories without an advisor."""
    made = grow(2)
    one = made[0]
    one.__class__.objects.filter(pk=one.pk).update(status="submitted", released_at=None)
    client = sign_in("manager")
    page = get(client)
    assert "Reports on their way to release" in page
    assert one.factory.name in page
    assert "1 wait for you, 0 for colleagues, 0 for the factory" in page
    assert "factories without an advisor" in page
    found = dashboard.numbers(Filters(), timezone.localdate())
    assert found.state["without_advisor"] == 2
    assert found.late == sum(1 for days in found.days_left.values() for d in days if d < 0)


def test_sealed_visits_change_nothing(grow: Any, sign_in: Any) -> None:
    made = grow(1)
    client = sign_in("manager")
    advisor = builders.make_member("advisor")

    def words() -> str:
        cache.clear()
        page = get(client)
        page = re.sub(r"chart-\d+", "chart", page)  # a running number
        # The time of counting differs, and nothing else may.
        start = page.index("<main")
        return (
            page[start : page.index("Numbers of")]
            + page[page.index("</footer>") :].split("</main>")[0]
        )

    before = words()
    cycle = EngagementCycle.objects.get(factory=made[0].factory, number=10)
    planned = made[0].__class__.objects.create(
        code="SEALED", factory=made[0].factory, cycle=cycle, cycle_number=10,
        version=made[0].version, starts_on=timezone.localdate(), ends_on=timezone.localdate(),
    )  # fmt: skip
    AssessmentMember.objects.create(assessment=planned, user=advisor, position="lead")
    assert words() == before


def test_an_event_dated_ahead_does_not_hold_kept_numbers(bd: Any) -> None:
    """The mark of kept numbers is the newest event; one of this evening must not stand for now."""
    TrailEvent.objects.create(
        programme=bd, action=Action.FACTORY_REGISTERED, at=timezone.now() + timedelta(hours=6)
    )
    before = dashboard.numbers(Filters(), timezone.localdate())
    factory = builders.make_factory("Meghna Crest")
    record(Action.FACTORY_REGISTERED, about=factory, factory_id=factory.pk)
    after = dashboard.numbers(Filters(), timezone.localdate())
    assert after.state["factories"] == before.state["factories"] + 1


def test_advisors_committees_and_plans(bd: Any, sign_in: Any) -> None:
    advisor = builders.make_member("advisor")
    factory = builders.make_factory(advisor=advisor, workers_female=600, workers_male=400)
    cycle = builders.make_cycle(factory, starts_on=day(30))
    AdvisoryVisit.objects.create(
        factory=factory, cycle=cycle, planned_on=timezone.localdate(), advisor=advisor
    )
    committee = Committee.objects.create(factory=factory, name="PC", formed_on=day(90))
    for title, side in (("Ms", "worker"), ("Mr", "worker"), ("Mr", "management")):
        CommitteeMember.objects.create(
            committee=committee, factory=factory, title=title, full_name="A", side=side,
            joined_on=day(90),
        )  # fmt: skip
    plan = ImprovementPlan.objects.create(factory=factory, opened_on=day(80))
    done = {"done_on": day(3), "completed_at": timezone.now()}
    for number, more in enumerate(
        [
            {},
            {"status": "completed", **done},
            {"status": "completed", "verified_at": timezone.now(), **done},
        ]
    ):  # fmt: skip
        PlanItem.objects.create(
            plan=plan, factory=factory, number=number, origin="advisory", point_id="OSH-EP",
            issue="Exit", due_on=day(1), **more,
        )  # fmt: skip
    state = dashboard.numbers(Filters(), timezone.localdate()).state
    assert [(a["factories"], a["booked"]) for a in state["advisors"]] == [(1, 1)]
    assert state["women"] == [
        {
            "region": "Gazipur", "factories": 1, "women": 1, "seats": 2, "women_workers": 600,
            "workers": 1000,
        }
    ]  # fmt: skip
    (row,) = state["plan"]
    # Completed and verified are two facts; an open item past its day is late.
    assert (row["total"], row["completed"], row["verified"], row["late"]) == (3, 2, 1, 1)
    page = get(sign_in("manager"))
    assert "Women on the worker side" in page
    assert "Plan progress by origin" in page


def test_a_merged_item_counts_once_for_each_origin(grow: Any) -> None:
    (made,) = grow(1)
    factory = made.factory
    plan = ImprovementPlan.objects.create(factory=factory, opened_on=day(80))

    def item(number: int, origin: str, into: PlanItem | None = None) -> PlanItem:
        made: PlanItem = PlanItem.objects.create(
            plan=plan, factory=factory, number=number, origin=origin, point_id="OSH-EP",
            issue="Exit", due_on=day(1), merged_into=into,
        )  # fmt: skip
        return made

    kept, own = item(1, "advisory"), item(2, "group")
    item(3, "advisory", kept)  # the same origin: nothing more
    item(4, "group", kept)
    item(5, "group", kept)
    item(6, "group", own)
    merged_on = item(7, "self_diagnosis", own)
    item(8, "self_diagnosis", merged_on)  # merged into one that was merged itself
    plan_rows = dashboard.numbers(Filters(), timezone.localdate()).state["plan"]
    counts = {row["origin"]: (row["total"], row["late"]) for row in plan_rows}
    assert counts == {"advisory": (1, 1), "group": (2, 2), "self_diagnosis": (2, 2)}


def test_each_chart_has_its_table_and_files_hold_what_is_shown(grow: Any, sign_in: Any) -> None:
    grow(3)
    client = sign_in("staff")
    page = get(client, "/overview/?region=Gazipur")
    assert page.count('class="as-table"') >= 2
    book = openpyxl.load_workbook(
        io.BytesIO(client.get("/overview/?region=Gazipur&format=xlsx").content), read_only=True
    )
    heat = list(book["By compliance point and year"].iter_rows(values_only=True))
    row = next(r for r in heat if r[0] == "Occupational Safety and Health: Emergency Preparedness")
    assert row[-3:] == (3, 3, 100) or row[-6:-3] == (3, 3, 100)
    committees = list(book["Committees"].iter_rows(values_only=True))
    assert committees[1][0] == "Bipartite committees"
    assert committees[1][2] == 3
    assert "Reports on their way to release" in book.sheetnames
    text = client.get("/overview/?region=Chattogram&format=csv").content.decode("utf-8-sig")
    assert "Emergency Preparedness" not in text


@pytest.mark.parametrize(
    "page",
    ["/overview/", "/overview/?region=Gazipur", "/rates/", "/rates/?by=region",
     "/rates/?point=OSH-EP&question=ep"],
)  # fmt: skip
def test_the_buttons_for_files_give_files(grow: Any, sign_in: Any, page: str) -> None:
    grow(2)
    client = sign_in("manager")
    links = re.findall(r'class="btn" href="([^"]*format=\w+[^"]*)"', get(client, page))
    assert len(links) == 2
    path = page.partition("?")[0]
    kinds = [client.get(path + unescape(link))["Content-Type"].partition(";")[0] for link in links]
    assert kinds == [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv",
    ]  # fmt: skip


# -- who sees what ------------------------------------------------------------------------------


def test_pages_by_role(grow: Any, sign_in: Any) -> None:
    grow(6)
    for role, status in {
        "manager": 200, "staff": 200, "advisor": 200, "planner": 200, "cat_editor": 200,
        "constituent": 200, "ambassador": 403, "committee_worker": 403,
    }.items():  # fmt: skip
        assert sign_in(role).get("/overview/").status_code == status, role
    for role, status in {
        "advisor": 200,
        "planner": 200,
        "constituent": 403,
        "ambassador": 403,
    }.items():
        assert sign_in(role).get("/rates/").status_code == status, role


def test_another_programme_counts_its_own(grow: Any, sign_in: Any, jordan: Any) -> None:
    grow(5)
    page = get(sign_in("manager", programme="JO"), "/rates/?period=all")
    assert "0 factories" in page


def test_a_constituent_gets_released_aggregates_of_enough_factories(
    grow: Any, sign_in: Any
) -> None:
    made = grow(6)
    client = sign_in("constituent")
    page = get(client)
    assert "6 factories" in page
    assert "Emergency Preparedness" in page
    assert made[0].factory.name not in page
    # A fifth and a sixth under review: four released ones are too few to show.
    made[0].__class__.objects.filter(pk__in=[m.pk for m in made[:2]]).update(
        status="quality_review", released_at=None
    )
    page = get(client)
    assert "Too few factories" in page
    assert "Emergency Preparedness" not in page
    # What narrows the choice is not offered, and ignored when typed.
    assert get(client, "/overview/?region=Gazipur&basis=held").count("Too few factories") == 1
    assert client.get("/rates/?point=OSH-EP").status_code == 403


def test_global_staff_compare_and_buyers_read(grow: Any, sign_in: Any) -> None:
    grow(5)
    page = get(sign_in("global"), "/work/")
    assert "Compare programmes" in page
    assert "Bangladesh" in page
    assert "Jordan" in page
    assert "n = 5" in page


@pytest.mark.parametrize("role", ["constituent", "global"])
def test_readers_of_aggregates_read_one_value_made_of_enough_factories(
    grow: Any, sign_in: Any, role: str
) -> None:
    grow(6)
    # Three factories were found non-compliant on a point that nobody else was asked about.
    odd = make_version([Asked("ep", "OSH-EP"), Asked("wf", "OSH-MS")])
    found = {"ep": "compliant", "wf": "non_compliant"}
    make_world(odd, [Held(i, 9, day(40), found) for i in range(3)], make_factories(3))
    summaries.rebuild_results()
    cache.clear()
    page = get(sign_in(role), "/overview/")
    # Six of nine on one point; with the small cell the mean would be 83.3.
    assert "66.7" in page
    assert "83.3" not in page
    assert "1 compliance point is left out: it was assessed in fewer than 5 factories." in page
    assert "Figures of fewer than 5 factories are not shown." in page


def test_the_same_figures_by_outsiders_and_staff(grow: Any) -> None:
    grow(6)
    query = Query(LatestInWindow())
    ours = rates.figures({"now": query})["now"]
    theirs = dashboard.released_figures({"now": query})["now"]
    assert ours.points == theirs.points
    assert ours.n == theirs.n == 6
