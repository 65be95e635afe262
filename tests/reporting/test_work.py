"""My work: whose move it is, from facts; sealed visits for their team alone; a constant cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from advisory.models import AdvisoryVisit, ImprovementPlan, PlanItem
from assessments.models import Assessment, AssessmentMember
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy.selectors import settings_values
from factories.models import CycleFact, EngagementCycle
from tests import builders

from .worlds import Asked, Held, make_version, make_world

DONE = {"ep": "non_compliant"}


def day(ago: int) -> date:
    return timezone.localdate() - timedelta(days=ago)


@pytest.fixture
def advisor(bd: Any) -> Any:
    return builders.make_member("advisor")


def caseload(advisor: Any, count: int) -> list[Any]:
    """Factories of one advisor, each with a running cycle, items to verify and to confirm."""
    version = make_version([Asked("ep", "OSH-EP")])
    factories = [builders.make_factory(advisor=advisor) for _ in range(count)]
    make_world(version, [Held(i, 9, day(90), DONE) for i in range(count)], factories)
    for factory in factories:
        cycle = builders.make_cycle(factory, number=10, starts_on=day(60))
        CycleFact.objects.create(
            cycle=cycle, factory=factory, kind="advisory_visit", happened_on=day(50)
        )
        AdvisoryVisit.objects.create(
            factory=factory, cycle=cycle, planned_on=timezone.localdate(), advisor=advisor
        )
        plan = ImprovementPlan.objects.create(factory=factory, opened_on=day(80))
        for number, more in enumerate(
            [
                {"status": "completed", "done_on": day(4), "completed_at": timezone.now()},
                {"status": "in_progress", "done_on": day(2)},
            ]
        ):
            PlanItem.objects.create(
                plan=plan, factory=factory, number=number, origin="advisory", point_id="OSH-EP",
                issue="Exit", **more,
            )  # fmt: skip
        record(Action.ITEM_DONE, factory_id=factory.pk)
    return factories


def get(client: Any, url: str = "/work/") -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("rows", [2, 25])
def test_query_budget(
    advisor: Any, sign_in: Any, django_assert_max_num_queries: Any, rows: int
) -> None:
    caseload(advisor, rows)
    client = sign_in(user=advisor)
    settings_values()  # kept for an hour, whoever asks
    with django_assert_max_num_queries(12):
        page = get(client, "/work/?show=all")
    assert page.count('class="thread"') == rows


def test_your_move_and_waiting_for_others(advisor: Any, sign_in: Any) -> None:
    (factory,) = caseload(advisor, 1)
    page = get(sign_in(user=advisor))
    yours, theirs = page.split('id="wait"')
    assert "Look at 1 item the factory has completed" in yours
    assert factory.name in yours
    assert "Confirm 1 plan item" in theirs
    assert "Both sides" in theirs
    assert "Advisory visit" in page.split('id="week"')[1]
    assert "reported the item as done" in page.split('id="news"')[1]


def test_moves_stand_in_order_of_time_left(advisor: Any, sign_in: Any) -> None:
    (factory,) = caseload(advisor, 1)  # an item to verify, which has no day of its own
    cycle = EngagementCycle.objects.get(factory=factory, number=10)
    AdvisoryVisit.objects.create(factory=factory, cycle=cycle, planned_on=day(3), advisor=advisor)
    Assessment.objects.filter(factory=factory).update(
        status="in_progress", released_at=None, ends_on=day(-1)
    )
    made = Assessment.objects.get(factory=factory)
    AssessmentMember.objects.create(assessment=made, user=advisor, position="lead", sealed=False)
    yours = get(sign_in(user=advisor)).split('id="move"')[1].split('id="wait"')[0]
    dated = yours.index("1 day left")
    assert dated < yours.index("Look at 1 item")
    assert dated < yours.index("Write up the advisory visit")


def test_news_hold_what_changed_once_and_no_readings(advisor: Any, sign_in: Any) -> None:
    factory = builders.make_factory("Korotoa Knit", advisor=advisor)
    for _ in range(12):
        record(Action.REPORT_READ, factory_id=factory.pk)
    for _ in range(3):
        record(Action.EVIDENCE_ADDED, factory_id=factory.pk)
    record(Action.ITEM_DONE, factory_id=factory.pk)
    news = get(sign_in(user=advisor)).split('id="news"')[1]
    assert "opened the report" not in news
    assert news.count("added evidence") == 1
    assert "Korotoa Knit: added evidence, 3 times" in news
    assert "Korotoa Knit: reported the item as done" in news
    assert "done, 1 time" not in news


def test_an_empty_page_says_what_is_true(advisor: Any, sign_in: Any) -> None:
    page = get(sign_in(user=advisor))
    assert "Nothing waits for you." in page
    assert "Caseload by day" not in page


def assessment_of(advisor: Any, status: str, **more: Any) -> Any:
    version = make_version([Asked("ep", "OSH-EP")])
    factory = builders.make_factory("Teesta Denim Works")
    (made,) = make_world(version, [Held(0, 3, day(1), DONE, status)], [factory])
    made.__class__.objects.filter(pk=made.pk).update(**more)
    AssessmentMember.objects.create(assessment=made, user=advisor, position="lead", sealed=False)
    return made


def test_an_assessor_signs_and_a_reviewer_reviews(advisor: Any, sign_in: Any) -> None:
    made = assessment_of(advisor, "in_progress")
    mine = get(sign_in(user=advisor))
    assert "Sign the assessment" in mine
    assert "1 of 1 questions answered" in mine
    made.__class__.objects.filter(pk=made.pk).update(
        status="submitted", submitted_at=timezone.now()
    )
    mine = get(sign_in(user=advisor))
    assert "Review the report of Teesta Denim Works" in mine.split('id="wait"')[1]
    theirs = get(sign_in("staff"))
    assert "nobody has taken it yet" in theirs.split('id="wait"')[0]


def test_a_sealed_visit_is_for_its_team_alone(advisor: Any, sign_in: Any) -> None:
    version = make_version([Asked("ep", "OSH-EP")])
    factory = builders.make_factory("Korotoa Fashion Wear")
    cycle = builders.make_cycle(factory)
    others = {role: sign_in(role) for role in ("manager", "staff", "advisor")}
    owner = sign_in(user=builders.make_member("advisor"))
    before = {role: get(client) for role, client in others.items()}
    from assessments.models import Assessment

    planned = Assessment.objects.create(
        code="S-1", factory=factory, cycle=cycle, cycle_number=1, version=version,
        starts_on=timezone.localdate(), ends_on=timezone.localdate(),
    )  # fmt: skip
    AssessmentMember.objects.create(assessment=planned, user=advisor, position="lead")
    mine = get(sign_in(user=advisor))
    assert "Secret until check-in" in mine
    # Not even on the page of its team, until the envelope is opened.
    assert "Korotoa" not in mine
    for role, client in others.items():
        assert main(get(client)) == main(before[role]), role
    assert "Secret until check-in" not in get(owner)


def main(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def test_factory_people_go_to_their_actions(bd: Any, sign_in: Any) -> None:
    for role in ("ambassador", "committee_worker", "committee_management"):
        answer = sign_in(role).get("/work/")
        assert answer.status_code == 302
        assert answer["Location"].endswith("/plan/actions/")
