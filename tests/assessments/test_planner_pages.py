"""The planner's rooms and each advisor's own time: pages, budgets, looks that are written down."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from assessments import services
from assessments.bookings import Booked
from assessments.models import (
    Absence,
    Assessment,
    AssessorProfile,
    CalendarFeed,
    ConflictOfInterest,
    CountryDay,
    FactoryClosure,
    PlanRun,
    VisitPlan,
)
from assessments.services import feeds, people
from betterwork.accounts.models import Membership
from betterwork.records.models import Job, TrailEvent
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import Factory
from tests.assessments.builders import make_planned
from tests.builders import make_factory

from .planning_world import TODAY, Country, make_country


@pytest.fixture
def country(bd: Programme, monkeypatch: pytest.MonkeyPatch) -> Country:
    """A planned country on the morning of TODAY."""
    moment = datetime(TODAY.year, TODAY.month, TODAY.day, 5, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    made = make_country(factories=4)
    made.plan()
    return made


@pytest.fixture
def planner(country: Country, sign_in: Any) -> Client:
    return sign_in(user=country.planner)


def a_visit() -> Assessment:
    return Assessment.objects.order_by("starts_on", "pk")[0]


def test_board_shows_the_month_and_writes_down_the_look(planner: Client) -> None:
    row = a_visit()
    page = planner.get(
        reverse("planner:board"), {"month": f"{row.starts_on:%Y-%m}", "visit": str(row.pk)}
    )
    html = page.content.decode()
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert row.code in html
    assert row.factory.name in html
    assert "Every hard rule holds" in html
    look = TrailEvent.objects.filter(action="envelope_opened").latest("at")
    assert look.sealed
    assert look.facts["page"] == "board"


@pytest.mark.parametrize("by", ["", "region"])
def test_board_shows_what_took_place(planner: Client, by: str) -> None:
    """Once its doors were open a visit is no secret: it stands on its days and leads to itself."""
    row = a_visit()
    assert row.starts_on is not None
    began = datetime.combine(row.starts_on, datetime.min.time(), UTC)
    Assessment.objects.filter(pk=row.pk).update(
        status="in_progress", sealed=False, checked_in_at=began
    )
    asked = {"month": f"{row.starts_on:%Y-%m}", "by": by}
    html = planner.get(reverse("planner:board"), asked).content.decode()
    seats = 1 if by else row.team.count()
    assert html.count(f'class="visit dn" href="/assessments/{row.pk}/"') == seats
    assert f"Assessment that took place, {row.factory.name}" in html


@pytest.mark.parametrize("query", ["?week=2026-04-12", "?by=region", "?region=Savar", "?month=x"])
def test_board_by_week_region_and_with_a_broken_query(planner: Client, query: str) -> None:
    assert planner.get(reverse("planner:board") + query).status_code == 200


@pytest.mark.parametrize("more", [0, 12])
def test_board_query_budget(
    country: Country, planner: Client, django_assert_max_num_queries: Any, more: int
) -> None:
    if more:
        make_country(factories=more, people=4)
        country.plan("night:more")
    url = reverse("planner:board")
    planner.get(url)
    with django_assert_max_num_queries(36):
        planner.get(url)
    with django_assert_max_num_queries(38):
        planner.get(url, {"visit": str(a_visit().pk)})


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_board_is_exported_to_who_may_see(planner: Client, kind: str) -> None:
    row = a_visit()
    answer = planner.get(
        reverse("planner:board"), {"month": f"{row.starts_on:%Y-%m}", "format": kind}
    )
    assert answer["Content-Disposition"].endswith(f'.{kind}"')
    if kind == "csv":
        assert row.code in answer.content.decode("utf-8-sig")
    event = TrailEvent.objects.get(action="exported")
    assert event.sealed


def test_nobody_but_the_planner_enters(country: Country, sign_in: Any) -> None:
    run = PlanRun.objects.get()
    for role in ("manager", "staff", "advisor", "cat_editor", "ambassador"):
        client = sign_in(role)
        for url in (
            reverse("planner:board"),
            reverse("planner:envelope", args=[a_visit().pk]),
            reverse("planner:run", args=[run.pk]),
            reverse("planner:check"),
        ):
            assert client.get(url).status_code == 403


def test_envelope_move_checks_rules_and_asks_for_a_reason(planner: Client) -> None:
    row = a_visit()
    assert planner.get(reverse("planner:envelope", args=[row.pk])).status_code == 200
    url = reverse("planner:move", args=[row.pk])
    lead = row.team.get(position="lead").user_id
    second = row.team.get(position="assessor").user_id
    early = TODAY + timedelta(days=7)
    given = {
        "starts_on": early.isoformat(), "ends_on": (early + timedelta(days=1)).isoformat(),
        "lead": lead, "second": second, "reason": "",
    }  # fmt: skip
    partial = planner.get(url, given, headers={"HX-Request": "true", "HX-Target": "rules"})
    assert "outside the window" in partial.content.decode()
    assert "<html" not in partial.content.decode()
    tried = planner.post(url, {**given, "try": "1"})
    assert tried.status_code == 200
    assert "outside the window" in tried.content.decode()
    refused = planner.post(url, given)
    assert refused.status_code == 422
    assert early.isoformat() in refused.content.decode()  # what was typed is kept
    row.refresh_from_db()
    assert row.starts_on != early
    done = planner.post(url, {**given, "reason": "It closes for good in April."})
    assert done.status_code == 302
    row.refresh_from_db()
    assert row.starts_on == early
    page = planner.get(reverse("planner:envelope", args=[row.pk])).content.decode()
    assert "set by hand" in page


def test_a_visit_dropped_on_a_row_changes_that_seat(planner: Client, country: Country) -> None:
    row = a_visit()
    seat = row.team.get(position="assessor")
    other = next(user for user in country.people if not row.team.filter(user=user).exists())
    page = planner.get(
        reverse("planner:move", args=[row.pk]),
        {"starts_on": row.starts_on.isoformat(), "from": seat.user_id, "to": other.pk},
    )
    assert f'value="{other.pk}" selected' in page.content.decode()


def test_a_place_chosen_on_the_board_shows_its_rules_before_it_is_kept(
    planner: Client, country: Country
) -> None:
    row = a_visit()
    url = reverse("planner:move", args=[row.pk])
    panel = {"HX-Request": "true", "HX-Target": "side"}
    held = planner.get(url, {"starts_on": row.starts_on.isoformat()}, headers=panel)
    html = held.content.decode()
    assert "<html" not in html
    assert "Every hard rule holds" in html
    assert "Advisor:" not in html  # nobody advises it: no empty words
    assert "of 9 days this month" in html
    assert "data-keep" in html
    early = (TODAY + timedelta(days=7)).isoformat()
    html = planner.get(url, {"starts_on": early}, headers=panel).content.decode()
    assert "outside the window" in html
    assert "data-keep" not in html  # against a rule only on the form that asks for a reason
    assert html.index("outside the window") < html.index("At least two assessors")
    row.refresh_from_db()
    assert row.starts_on.isoformat() != early


def test_the_form_offers_days_that_hold(planner: Client) -> None:
    row = a_visit()
    url = reverse("planner:move", args=[row.pk])
    page = planner.get(url).content.decode()
    offered = re.findall(r'href="\?(starts_on=[^"]+)"', page)
    assert len(offered) > 5
    tried = planner.get(f"{url}?{offered[0].replace('&amp;', '&')}").content.decode()
    assert 'class="fail"' not in tried


def test_what_was_put_off_is_attempted_again_from_proposals(
    planner: Client, country: Country
) -> None:
    row = a_visit()
    services.postpone(
        assessment_id=row.pk, by=country.planner.pk, reason="security",
        now=datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC),
    )  # fmt: skip
    again = reverse("planner:again", args=[row.pk])
    assert again in planner.get(reverse("planner:proposals")).content.decode()
    answer = planner.post(again)
    made = Assessment.objects.get(cycle_id=row.cycle_id, status="planned")
    assert answer["Location"] == reverse("planner:envelope", args=[made.pk])
    assert again not in planner.get(reverse("planner:proposals")).content.decode()
    assert planner.post(reverse("planner:again", args=[made.pk])).status_code == 302  # a refusal
    assert Assessment.objects.filter(cycle_id=row.cycle_id).count() == 2


@pytest.mark.parametrize(
    "name",
    [
        "planner:envelope", "planner:move", "planner:lock", "assessments:detail",
        "assessments:schedule", "assessments:cancel", "assessments:postpone",
    ],
)  # fmt: skip
def test_every_page_about_a_sealed_visit_writes_the_look_down(
    planner: Client, country: Country, name: str
) -> None:
    row = a_visit()
    looks = TrailEvent.objects.filter(action="envelope_opened", object_id=str(row.pk))
    send = planner.post if name == "planner:lock" else planner.get  # refused: it shows the visit
    answer = send(reverse(name, args=[row.pk]))
    assert answer.status_code in {200, 422}
    assert answer["Cache-Control"] == "private, no-store"  # by nobody kept
    [look] = looks
    assert (look.sealed, look.actor_id) == (True, country.planner.pk)


def test_a_list_with_the_envelope_open_is_kept_by_nobody(country: Country, sign_in: Any) -> None:
    client = sign_in(user=a_visit().team.get(position="lead").user)
    url = reverse("assessments:list")
    assert "no-store" not in client.get(url).get("Cache-Control", "")
    assert "no-store" in client.get(url, {"envelope": "open"})["Cache-Control"]


@pytest.mark.parametrize("attack", ["update", "delete"])
def test_the_record_of_looks_is_changed_by_nobody(
    planner: Client, country: Country, bd: Programme, attack: str
) -> None:
    from django.db import transaction
    from django.db.utils import DatabaseError

    planner.get(reverse("planner:envelope", args=[a_visit().pk]))
    looks = TrailEvent.objects.filter(action="envelope_opened")
    known = list(looks.values_list("pk", "actor_id", "at"))
    assert known
    with (
        scope.programme_scope(bd.pk, role="planner", user_id=country.planner.pk),
        suppress(DatabaseError),
        transaction.atomic(),
    ):
        gone = looks.update(actor=None) if attack == "update" else looks.delete()[0]
        assert not gone
    assert list(looks.values_list("pk", "actor_id", "at")) == known


def test_team_says_when_nobody_is_named_as_a_lead(planner: Client) -> None:
    url = reverse("planner:team")
    assert "Nobody is named as a lead" not in planner.get(url).content.decode()
    AssessorProfile.objects.update(may_lead=False)
    assert "Nobody is named as a lead" in planner.get(url).content.decode()


def test_lock_window_way_and_redraw_by_page(planner: Client) -> None:
    row = a_visit()
    assert planner.post(reverse("planner:lock", args=[row.pk]), {"reason": ""}).status_code == 422
    planner.post(reverse("planner:lock", args=[row.pk]), {"reason": "Interpreter booked."})
    assert VisitPlan.objects.get(assessment=row).is_locked
    assert planner.post(reverse("planner:redraw", args=[row.pk])).status_code == 422
    planner.post(reverse("planner:lock", args=[row.pk]), {"unlock": "1"})
    assert planner.post(reverse("planner:redraw", args=[row.pk])).status_code == 302
    refused = planner.post(
        reverse("planner:modality", args=[row.pk]), {"modality": "virtual", "reason": ""}
    )
    assert refused.status_code == 422
    planner.post(
        reverse("planner:modality", args=[row.pk]), {"modality": "virtual", "reason": "Flood."}
    )
    row.refresh_from_db()
    assert row.modality == "virtual"
    page = planner.post(reverse("planner:widen", args=[row.pk]), {"until": "", "reason": ""})
    assert page.status_code == 422


def test_a_diff_is_looked_at_before_it_is_applied(planner: Client, country: Country) -> None:
    row = a_visit()
    seat = row.team.get(position="assessor")
    url = reverse("planner:absence_new", args=[seat.user_id])
    first = {"first_day": row.starts_on, "last_day": row.ends_on, "kind": "illness"}
    assert planner.post(url, first).status_code == 302
    assert "absent" in planner.get(reverse("planner:clashes")).content.decode()
    run = country.replan()
    page = planner.get(reverse("planner:run", args=[run])).content.decode()
    assert row.factory.name in page
    assert "Apply these changes" in page
    assert str(run) in planner.get(reverse("planner:proposals")).content.decode()
    assert planner.post(reverse("planner:run_apply", args=[run])).status_code == 302
    assert not row.team.filter(pk=seat.pk).exists()
    assert planner.get(reverse("planner:check")).status_code == 200


def test_a_visit_to_a_factory_that_left_is_there_to_cancel(planner: Client) -> None:
    row = a_visit()
    url = reverse("planner:clashes")
    cancel = reverse("assessments:cancel", args=[row.pk])
    assert cancel not in planner.get(url).content.decode()
    type(row.factory).objects.filter(pk=row.factory_id).update(
        status="left", status_reason="It closed."
    )
    assert cancel in planner.get(url).content.decode()
    planner.post(cancel, {"reason": "It closed for good."})
    assert cancel not in planner.get(url).content.decode()


def test_plans_are_asked_for_as_sealed_work(planner: Client) -> None:
    for name in ("run_new", "run_again"):
        assert planner.post(reverse(f"planner:{name}")).status_code == 302
    assert Job.objects.filter(sealed=True).count() == 2


def test_languages_are_told_by_name(planner: Client, country: Country) -> None:
    AssessorProfile.objects.update(languages=["bn", "en"])
    assert "<td>Bengali, English</td>" in planner.get(reverse("planner:team")).content.decode()
    row = Assessment.objects.filter(starts_on__isnull=False)[0]
    Factory.objects.filter(pk=row.factory_id).update(languages=["bn"])
    page = planner.get(reverse("planner:envelope", args=[row.pk])).content.decode()
    assert "Workers: Bengali. On the team: Bengali" in page


def test_team_and_closures(planner: Client, country: Country) -> None:
    person = country.people[0]
    page = planner.get(reverse("planner:team"))
    assert page.status_code == 200
    url = reverse("planner:profile", args=[person.pk])
    assert planner.get(url).status_code == 200
    given = {"languages": ["bn"], "days_a_month": 40, "base_region": "Gazipur"}
    assert planner.post(url, given).status_code == 422
    planner.post(url, {**given, "days_a_month": 4, "may_lead": "on", "is_available": "on"})
    kept = AssessorProfile.objects.get(user=person)
    assert (kept.days_a_month, kept.may_lead) == (4, True)
    day = TODAY + timedelta(days=10)
    planner.post(
        reverse("planner:closure_region"),
        {"regions": ["Savar"], "first_day": day, "last_day": day, "note": "Flood."},
    )
    in_savar = [each for each in country.factories if each.region == "Savar"]
    assert FactoryClosure.objects.filter(kind="force_majeure").count() == len(in_savar)


def test_rest_days_and_holidays_by_page(planner: Client, country: Country, sign_in: Any) -> None:
    url = reverse("planner:country")
    page = planner.get(url).content.decode()
    assert "Independence Day" in page
    assert "Weekly rest: Fri" in page
    new = reverse("planner:country_day_new")
    day = (TODAY + timedelta(days=9)).isoformat()
    assert planner.post(new, {"day": day, "kind": "off", "name": ""}).status_code == 422
    assert planner.post(new, {"day": day, "kind": "worked", "name": "x"}).status_code == 422
    planner.post(new, {"day": day, "kind": "off", "name": "Election of the parliament"})
    planner.post(new, {"day": "2026-03-26", "kind": "worked", "name": "Worked this year"})
    page = planner.get(url).content.decode()
    assert "Election of the parliament" in page
    assert "Worked this year" in page
    manager, advisor = sign_in("manager"), sign_in("advisor")
    kept = CountryDay.objects.get(kind="off")
    gone = reverse("planner:country_day_withdraw", args=[kept.pk])
    assert new not in advisor.get(url).content.decode()
    assert advisor.post(gone).status_code == 403
    assert manager.post(gone).status_code == 302
    assert "Election of the parliament" not in planner.get(url).content.decode()
    assert sign_in("ambassador").get(url).status_code == 403
    rest = reverse("planner:weekly_rest")
    assert rest in manager.get(url).content.decode()
    assert rest not in planner.get(url).content.decode()
    assert planner.post(rest, {"weekdays": ["5"]}).status_code == 403
    assert re.search(r'<input[^>]*value="4"[^>]*checked', manager.get(rest).content.decode())
    assert manager.post(rest, {"weekdays": list("0123456")}).status_code == 422
    assert manager.post(rest, {"weekdays": ["9"]}).status_code == 422
    assert manager.post(rest, {"weekdays": ["4", "5"]}).status_code == 302
    assert "Weekly rest: Fri, Sat" in planner.get(url).content.decode()


def test_my_time_is_mine(country: Country, sign_in: Any) -> None:
    me, other = country.people[0], country.people[1]
    client = sign_in(user=me)
    assert client.get(reverse("planner:mine")).status_code == 200
    client.post(
        reverse("planner:my_profile"),
        {"languages": ["bn", "en"], "sex": "", "base_region": "Savar", "may_lead": "on"},
    )
    kept = AssessorProfile.objects.get(user=me)
    assert kept.languages == ["bn", "en"]
    day = TODAY + timedelta(days=20)
    bad = client.post(
        reverse("planner:my_absence"),
        {"first_day": day, "last_day": day - timedelta(days=1), "kind": "leave"},
    )
    assert bad.status_code == 422
    client.post(reverse("planner:my_absence"), {"first_day": day, "last_day": day, "kind": "leave"})
    assert Absence.objects.get(user=me).first_day == day
    factory = country.factories[0]
    client.post(
        reverse("planner:my_conflict"), {"factory": str(factory.pk), "reason": "My sister."}
    )
    assert ConflictOfInterest.objects.get().user_id == me.pk
    theirs = people.record_absence(user_id=other.pk, first_day=day, last_day=day, by=None)
    gone = client.post(reverse("planner:absence_withdraw", args=[theirs.pk]))
    assert gone.status_code == 404


# -- calendars ---------------------------------------------------------------------------------


STEADY = {"DTSTAMP", "TRANSP", "CLASS", "STATUS"}


def fetched(token: str) -> list[Any]:
    answer = Client().get(reverse("planner:feed", args=[token]))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


@pytest.fixture
def team_feed(bd: Programme) -> Any:
    """`team_feed("busy")`: the token of a lead whose sealed visit lies ahead."""
    from django.utils import timezone

    day = timezone.localdate() + timedelta(days=30)
    while day.weekday() in bd.weekly_rest or day.weekday() > 3:
        day += timedelta(days=1)
    made = make_planned(day, factory=make_factory("Meghna Crest"))

    def make(shows: str) -> str:
        with scope.programme_scope(bd.pk, role="advisor", user_id=made.lead.pk):
            return feeds.make_feed(
                user_id=made.lead.pk, role="advisor", shows=shows, now=timezone.now()
            )

    make.made = made  # type: ignore[attr-defined]
    return make


@pytest.mark.parametrize(("shows", "title"), [("busy", "Busy"), ("details", "Busy")])
def test_a_sealed_visit_is_at_most_busy(team_feed: Any, shows: str, title: str) -> None:
    [event] = fetched(team_feed(shows))
    assert event["SUMMARY"] == title
    text = event.to_ical().decode()
    assert "Meghna" not in text
    assert str(team_feed.made.pk) not in text
    assert team_feed.made.assessment.code not in text


def test_busy_days_differ_in_nothing_but_the_day(
    team_feed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the id, the place in the list nor any other property tells kinds apart."""
    made = team_feed.made
    day = made.assessment.starts_on
    spread = [day + timedelta(days=n) for n in range(-6, 7) if n]
    visits = [
        Booked(made.lead.pk, each, made.assessment.factory_id, "Meghna Crest", "", "")
        for each in (*spread[::3], day)
    ]
    monkeypatch.setattr("assessments.views.team.booked", lambda first, last: visits)
    for each in (*spread[1::3], day):
        people.record_absence(user_id=made.lead.pk, first_day=each, last_day=each, by=None)
    events = fetched(team_feed("busy"))
    assert len(events) == 1 + 5 + 5
    keys = [(event["DTSTART"].dt, str(event["UID"])) for event in events]
    assert keys == sorted(keys)
    shapes = set()
    for event in events:
        assert re.fullmatch(r"[0-9a-f]{40}@betterwork", str(event["UID"]))
        length = event["DTEND"].dt - event["DTSTART"].dt
        rest = {name: event[name].to_ical() for name in event if name in STEADY}
        rest |= {"SUMMARY": str(event["SUMMARY"]), "SEQUENCE": event["SEQUENCE"]}
        shapes.add((length, tuple(event), tuple(sorted(rest.items()))))
    assert len(shapes) == 1
    assert len({str(event["UID"]) for event in events}) == len(events)
    assert [str(event["UID"]) for event in fetched(team_feed("busy"))] == [k[1] for k in keys]


def test_everything_only_for_who_chose_it(team_feed: Any) -> None:
    looks = TrailEvent.objects.filter(action="envelope_opened")
    fetched(team_feed("busy"))
    assert not looks.exists()
    [event] = fetched(team_feed("sealed"))
    assert event["SUMMARY"] == "Meghna Crest"
    look = looks.get()
    assert (look.sealed, look.actor_id) == (True, team_feed.made.lead.pk)


def test_address_is_revoked_replaced_and_ends_with_the_hat(team_feed: Any) -> None:
    from django.utils import timezone

    first = team_feed("busy")
    second = team_feed("busy")
    lead = team_feed.made.lead
    assert Client().get(reverse("planner:feed", args=[first])).status_code == 404
    fetched(second)
    assert CalendarFeed.objects.count() == 0  # the system reads no addresses
    with scope.scope(scope.Facts("platform")):
        Membership.objects.filter(user=lead).update(ended_at=timezone.now())
    assert Client().get(reverse("planner:feed", args=[second])).status_code == 404
    assert Client().get(reverse("planner:feed", args=["x" * 43])).status_code == 404


def test_my_calendar_address_is_shown_once(country: Country, sign_in: Any) -> None:
    client = sign_in(user=country.people[0])
    client.post(reverse("planner:my_feed"), {"shows": "busy"})
    answer = client.get(reverse("planner:mine"))
    assert "no-store" in answer["Cache-Control"]
    assert ".ics" in answer.content.decode()
    assert ".ics" not in client.get(reverse("planner:mine")).content.decode()
    client.post(reverse("planner:my_feed_stop"))
    events = TrailEvent.objects.filter(action="calendar_shared")
    assert events.count() == 2
