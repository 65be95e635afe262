"""The calendar of announced visits: days, rest, whose they are, and nothing sealed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.urls import reverse

from advisory.services import appointments, visits
from assessments.services import people
from betterwork.tenancy.models import Programme
from tests.assessments.builders import make_planned
from tests.builders import make_cycle, make_factory, make_member

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
DAY = date(2026, 3, 9)
URL = reverse("advisory:visit_month")


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def booked(name: str, advisor: Any, day: date = DAY, **more: Any) -> Any:
    factory = make_factory(name, advisor=advisor)
    make_cycle(factory, starts_on=date(2026, 1, 1))
    return visits.save_visit(factory_id=factory.pk, planned_on=day, by=advisor, now=NOW, **more)


def cell(html: str, day: date) -> str:
    """The calendar's cell of a day within the month shown."""
    parts = re.findall(r"<td class=\"[^\"]*\">.*?</td>", html, re.DOTALL)
    inside = [part for part in parts if "outside" not in part.partition(">")[0]]
    return inside[day.day - 1]


def test_a_month_shows_my_visits_and_on_wish_all(bd: Programme, sign_in: Any) -> None:
    me, other = make_member("advisor"), make_member("advisor")
    mine = booked("Meghna Crest", me, starts_at=time(10, 0))
    booked("Surma Outerwear", other)
    client = sign_in(user=me)
    page = client.get(URL, {"month": "2026-03"}).content.decode()
    assert "Meghna Crest" in cell(page, DAY)
    assert "not confirmed yet" in cell(page, DAY)
    assert "10:00" in cell(page, DAY)
    assert "Surma Outerwear" not in page
    theirs = make_member("ambassador", factory=mine.factory)
    appointments.confirm_visit(visit_id=mine.pk, by=theirs, now=NOW)
    page = client.get(URL, {"month": "2026-03", "whose": ""}).content.decode()
    assert "Surma Outerwear" in cell(page, DAY)
    assert "not confirmed yet" in cell(page, DAY)  # the other one
    planner = sign_in("planner").get(URL, {"month": "2026-03"}).content.decode()
    assert "Meghna Crest" in planner
    assert "visits/new/" not in planner  # planners book no visits


def test_a_free_day_leads_to_the_form_that_books_it(bd: Programme, sign_in: Any) -> None:
    me = make_member("advisor")
    booked("Meghna Crest", me)
    people.record_country_day(day=date(2026, 3, 10), kind="off", name="Election", by=None)
    client = sign_in(user=me)
    page = client.get(URL, {"month": "2026-03"}).content.decode()
    assert "day=2026-03-11" in cell(page, date(2026, 3, 11))
    for shut in (date(2026, 3, 1), date(2026, 3, 6), date(2026, 3, 10), date(2026, 3, 26)):
        assert "day=" not in cell(page, shut)  # past, weekly rest, the programme's own, a holiday
    form = client.get(reverse("advisory:visit_new"), {"day": "2026-03-11"}).content.decode()
    assert 'value="2026-03-11"' in form


@pytest.mark.parametrize("month", ["", "x", "2026-13", "1999-01", "2026-3"])
def test_a_broken_month_is_this_month(bd: Programme, sign_in: Any, month: str) -> None:
    answer = sign_in("advisor").get(URL, {"month": month})
    assert "March 2026" in answer.content.decode()


def test_a_sealed_visit_is_on_no_day(bd: Programme, sign_in: Any) -> None:
    made = make_planned(DAY)
    client = sign_in(user=made.lead)
    before = client.get(URL, {"month": "2026-04"}).content.decode()
    page = client.get(URL, {"month": "2026-03", "whose": ""}).content.decode()
    assert made.assessment.factory.name not in page + before
    assert "call" not in cell(page, DAY)


def test_cancelled_visits_leave_the_calendar(bd: Programme, sign_in: Any) -> None:
    me = make_member("advisor")
    visit = booked("Meghna Crest", me)
    appointments.cancel_visit(visit_id=visit.pk, reason="Flood.", by=me, now=NOW)
    assert "Meghna Crest" not in sign_in(user=me).get(URL, {"month": "2026-03"}).content.decode()


@pytest.mark.parametrize("more", [1, 20])
def test_month_query_budget(
    bd: Programme, sign_in: Any, django_assert_max_num_queries: Any, more: int
) -> None:
    me = make_member("advisor")
    for number in range(more):
        booked(f"Factory {number}", me)
    client = sign_in(user=me)
    client.get(URL, {"month": "2026-03"})
    with django_assert_max_num_queries(10):
        client.get(URL, {"month": "2026-03"})


@pytest.mark.parametrize("role", ["ambassador", "committee_worker", "cat_editor"])
def test_the_month_is_for_who_books_plans_or_leads(bd: Programme, sign_in: Any, role: str) -> None:
    assert sign_in(role).get(URL).status_code == 403
