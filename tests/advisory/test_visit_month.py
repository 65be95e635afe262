"""The calendar of announced visits: days, rest, whose they are, and nothing sealed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.urls import reverse

from advisory.services import appointments, visits
from assessments.models import Absence
from assessments.services import people
from betterwork.tenancy.models import Programme
from factories.models import EngagementCycle
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
    parts = re.findall(r"<td class=\"[^>]*>.*?</td>", html, re.DOTALL)
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
        assert "?day=" not in cell(page, shut)  # past, weekly rest, the programme's own, a holiday
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


# -- moved on the calendar -------------------------------------------------------------------------

SIDE = {"HX-Request": "true", "HX-Target": "side"}
OTHER = date(2026, 3, 11)  # a Wednesday


def moves(visit: Any) -> str:
    return reverse("advisory:visit_move", args=[visit.pk])


def test_a_day_chosen_on_the_calendar_shows_its_rules_before_it_is_kept(
    bd: Programme, sign_in: Any
) -> None:
    me = make_member("advisor")
    visit = booked("Meghna Crest", me, starts_at=time(9, 30), topics="Exits")
    booked("Padma Stitch", me, day=OTHER)
    client = sign_in(user=me)
    page = client.get(URL, {"month": "2026-03"}).content.decode()
    assert f'data-move="{moves(visit)}"' in cell(page, DAY)
    assert f'data-day="{OTHER.isoformat()}"' in page
    panel = client.get(moves(visit), {"starts_on": OTHER.isoformat()}, headers=SIDE)
    text = panel.content.decode()
    assert "<html" not in text
    assert "The advisor has other visits on this day" in text
    assert "Padma Stitch" in text
    assert "data-keep" in text
    visit.refresh_from_db()
    assert visit.planned_on == DAY
    answer = client.post(moves(visit), {"starts_on": OTHER.isoformat(), "was": DAY.isoformat()})
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}?month=2026-03")
    visit.refresh_from_db()
    assert (visit.planned_on, visit.times_moved) == (OTHER, 1)
    assert (visit.starts_at, visit.topics) == (time(9, 30), "Exits")


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 13), "is the weekly holiday"),
        (date(2026, 3, 26), "is a public holiday"),
        (date(2026, 3, 1), "has passed"),
        (date(2026, 3, 16), "is away"),
        (date(2027, 3, 10), "has no cycle"),
    ],
)
def test_a_day_that_does_not_hold_is_not_offered(
    bd: Programme, sign_in: Any, day: date, words: str
) -> None:
    me = make_member("advisor")
    visit = booked("Meghna Crest", me)
    EngagementCycle.objects.update(ends_on=date(2026, 12, 31))
    Absence.objects.create(
        user=me, first_day=date(2026, 3, 15), last_day=date(2026, 3, 18), kind="leave"
    )
    client = sign_in(user=me)
    text = client.get(moves(visit), {"starts_on": day.isoformat()}).content.decode()
    assert words in text
    assert "data-keep" not in text
    refused = client.post(moves(visit), {"starts_on": day.isoformat(), "was": DAY.isoformat()})
    assert refused.status_code == 422
    assert words in refused.content.decode()
    visit.refresh_from_db()
    assert visit.planned_on == DAY


def test_a_visit_moved_in_another_window_is_looked_at_again(bd: Programme, sign_in: Any) -> None:
    me = make_member("advisor")
    visit = booked("Meghna Crest", me)
    visits.move_visit(visit_id=visit.pk, planned_on=OTHER, was=DAY, by=me, now=NOW)
    client = sign_in(user=me)
    late = {"starts_on": "2026-03-12", "was": DAY.isoformat()}
    answer = client.post(moves(visit), late)
    assert answer.status_code == 422
    assert "was moved to" in answer.content.decode()
    same = {"starts_on": OTHER.isoformat(), "was": DAY.isoformat()}
    assert client.post(moves(visit), same).status_code == 302  # sent twice, it is one move
    visit.refresh_from_db()
    assert (visit.planned_on, visit.times_moved) == (OTHER, 1)


def test_only_who_records_visits_moves_open_ones(bd: Programme, sign_in: Any) -> None:
    me = make_member("advisor")
    visit = booked("Meghna Crest", me)
    for role in ("manager", "planner"):
        client = sign_in(role)
        assert "data-move" not in client.get(URL, {"month": "2026-03"}).content.decode()
        assert client.get(moves(visit)).status_code == 403
    other = sign_in("advisor")
    assert "data-move" in other.get(URL, {"month": "2026-03", "whose": ""}).content.decode()
    for given in ("", "yesterday", "9999-01-01"):
        assert other.get(moves(visit), {"starts_on": given}).status_code == 200
    visits.save_visit(
        factory_id=visit.factory_id, visit_id=visit.pk, visited_on=NOW.date(), topics="Exits",
        by=me, now=NOW,
    )  # fmt: skip
    assert other.get(moves(visit)).status_code == 404
    assert "data-move" not in other.get(URL, {"month": "2026-03", "whose": ""}).content.decode()


def test_the_rules_of_a_day_tell_nobody_of_a_sealed_visit(bd: Programme, sign_in: Any) -> None:
    made = make_planned(OTHER)
    factory = make_factory("Meghna Crest", advisor=made.lead)
    make_cycle(factory, starts_on=date(2026, 1, 1))
    visit = visits.save_visit(factory_id=factory.pk, planned_on=DAY, by=made.lead, now=NOW)
    asked = {"starts_on": OTHER.isoformat()}
    for client, result in ((sign_in(user=made.lead), "fail"), (sign_in("advisor"), "pass")):
        text = client.get(moves(visit), asked, headers=SIDE).content.decode()
        assert re.findall(r'<li class="(\w+)">', text) == ["pass", result]
