"""Announced visits as appointments: invited in own languages, confirmed, moved, cancelled."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from email import message_from_string
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from icalendar import Calendar

from advisory.models import AdvisoryVisit
from advisory.services import appointments, visits
from assessments import bookings
from assessments.models import Absence
from betterwork.errors import DomainError
from betterwork.records import tasks
from betterwork.records.models import OutgoingMail
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests.assessments.builders import make_planned
from tests.builders import make_cycle, make_factory, make_member, make_user

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
DAY = date(2026, 3, 9)


class Home:
    def __init__(self) -> None:
        self.advisor = make_member("advisor")
        self.factory = make_factory("Meghna Crest", advisor=self.advisor, address="Plot 7")
        make_cycle(self.factory, starts_on=date(2026, 1, 1))
        user = make_user("Rokeya Begum", language="bn")
        self.ambassador = make_member("ambassador", user=user, factory=self.factory)

    def book(self, day: date = DAY, **more: Any) -> AdvisoryVisit:
        return visits.save_visit(
            factory_id=self.factory.pk, planned_on=day, by=self.advisor, now=NOW, **more
        )


@pytest.fixture
def home(bd: Programme) -> Home:
    return Home()


def invitations(kind: str = "visit_invitation") -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind=kind).order_by("created_at", "to"))


def test_a_booked_day_invites_both_sides_in_their_languages(home: Home) -> None:
    home.book(starts_at=time(10, 0), topics="Exits")
    sent = {each.to: each for each in invitations()}
    assert set(sent) == {home.ambassador.email, home.advisor.email}
    theirs = sent[home.ambassador.email]
    assert theirs.language == "bn"
    [event] = Calendar.from_ical(theirs.calendar).walk("VEVENT")
    assert event["DTSTART"].dt.isoformat() == "2026-03-09T10:00:00+06:00"
    assert int(event["SEQUENCE"]) == 0
    guests = event["ATTENDEE"]
    assert {str(guest) for guest in guests} == {f"mailto:{each}" for each in sent}
    assert "METHOD:REQUEST" in theirs.calendar
    home.book(starts_at=time(10, 0))  # the same again invites nobody twice
    assert len(invitations()) == 2


def test_the_invitation_goes_out_with_its_mail(home: Home) -> None:
    home.book()
    tasks.send_mail()
    message = message_from_string(mail.outbox[0].message().as_string())
    kinds = [part.get_content_type() for part in message.walk()]
    assert "text/calendar" in kinds


def test_a_move_asks_for_a_new_yes(home: Home, bd: Programme) -> None:
    visit = home.book()
    facts = {"role": "ambassador", "user_id": home.ambassador.pk, "factory_id": home.factory.pk}
    with scope.programme_scope(bd.pk, **facts):
        appointments.confirm_visit(visit_id=visit.pk, by=home.ambassador, now=NOW)
        appointments.confirm_visit(visit_id=visit.pk, by=home.ambassador, now=NOW)
    visit.refresh_from_db()
    assert visit.confirmed_by_id == home.ambassador.pk
    [booked] = bookings.booked(DAY, DAY)
    assert (booked.user_id, booked.is_confirmed) == (home.advisor.pk, True)
    home.book(DAY + timedelta(days=1), visit_id=visit.pk)
    visit.refresh_from_db()
    assert visit.confirmed_at is None
    assert visit.times_moved == 1
    [event] = Calendar.from_ical(invitations()[-1].calendar).walk("VEVENT")
    assert int(event["SEQUENCE"]) == 1
    assert event["UID"] == f"{visit.pk}@betterwork"


def test_a_cancelled_visit_leaves_both_calendars(home: Home) -> None:
    visit = home.book()
    with pytest.raises(DomainError, match="visit_note_missing"):
        appointments.cancel_visit(visit_id=visit.pk, reason=" ", by=home.advisor, now=NOW)
    for _each in range(2):
        appointments.cancel_visit(visit_id=visit.pk, reason="Strike.", by=home.advisor, now=NOW)
    sent = invitations("visit_cancelled")
    assert len(sent) == 2
    assert "METHOD:CANCEL" in sent[0].calendar
    assert not bookings.booked(DAY, DAY)
    with pytest.raises(DomainError, match="visit_is_cancelled"):
        home.book(visit_id=visit.pk)


def test_an_advisor_writes_down_a_yes_by_telephone(
    home: Home, sign_in: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    visit = home.book()
    url, yes = (reverse(f"advisory:{name}", args=[visit.pk]) for name in ("visit", "visit_confirm"))
    advisor, ambassador = sign_in(user=home.advisor), sign_in(user=home.ambassador)
    assert yes in advisor.get(url).content.decode()
    assert sign_in("planner").post(yes).status_code == 403
    assert advisor.post(yes).status_code == 302
    visit.refresh_from_db()
    assert (visit.confirmed_at, visit.confirmed_by_id) == (NOW, home.advisor.pk)
    page = advisor.get(url).content.decode()
    assert f"<bdi>{home.advisor.full_name}</bdi>" in page.partition("confirmed on")[2]
    theirs = ambassador.get(url).content.decode()  # they read who said so, and who comes
    assert theirs.count(home.advisor.full_name) == 2
    assert yes not in page + theirs
    visits.move_visit(
        visit_id=visit.pk, planned_on=DAY + timedelta(days=1), was=DAY, by=home.advisor, now=NOW
    )
    assert yes in ambassador.get(url).content.decode()
    appointments.cancel_visit(visit_id=visit.pk, reason="Strike.", by=home.advisor, now=NOW)
    assert "was cancelled" in advisor.post(yes, follow=True).content.decode()


def test_days_taken_are_refused(home: Home) -> None:
    Absence.objects.create(user=home.advisor, first_day=DAY, last_day=DAY)
    with pytest.raises(DomainError, match="visit_on_absence"):
        home.book()


def test_only_the_team_is_refused_by_a_sealed_visit(home: Home, bd: Programme) -> None:
    """Who is not on the team books the same day as if there were no visit."""
    made = make_planned(DAY)
    mine = make_factory(advisor=made.lead)
    make_cycle(mine, starts_on=date(2026, 1, 1))
    with (
        scope.programme_scope(bd.pk, role="advisor", user_id=made.lead.pk),
        pytest.raises(DomainError, match="visit_on_assessment"),
    ):
        visits.save_visit(factory_id=mine.pk, planned_on=DAY, by=made.lead, now=NOW)
    with scope.programme_scope(bd.pk, role="advisor", user_id=home.advisor.pk):
        assert home.book().planned_on == DAY


def test_the_factory_confirms_or_asks_by_page(home: Home, sign_in: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    visit = home.book()
    client = sign_in(user=home.ambassador)
    url = reverse("advisory:visit", args=[visit.pk])
    assert client.get(url).status_code == 200
    asked = client.post(reverse("advisory:visit_another_day", args=[visit.pk]), {"note": ""})
    assert asked.status_code == 422
    client.post(reverse("advisory:visit_another_day", args=[visit.pk]), {"note": "Tuesday."})
    [question] = invitations("visit_another_day")
    assert question.to == home.advisor.email
    assert client.post(reverse("advisory:visit_confirm", args=[visit.pk])).status_code == 302
    file = client.get(reverse("advisory:visit_calendar", args=[visit.pk]))
    assert file["Content-Type"].startswith("text/calendar")
    assert sign_in("ambassador").get(url).status_code == 404
    assert client.post(reverse("advisory:visit_cancel", args=[visit.pk])).status_code == 403
    advisor = sign_in(user=home.advisor)
    advisor.post(reverse("advisory:visit_cancel", args=[visit.pk]), {"reason": "Strike."})
    visit.refresh_from_db()
    assert visit.cancelled_at is not None
