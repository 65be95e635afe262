"""Word to the managers of clocks at risk: whom, when, in which language, and of what never."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from assessments.services import escalation
from betterwork.records.models import OutgoingMail
from betterwork.tenancy.models import Programme
from factories.models import Factory
from tests.assessments.builders import make_planned
from tests.builders import make_cycle, make_factory, make_member, make_user

TODAY = date(2026, 3, 2)


def at_risk(name: str, *, days_late: int, today: date = TODAY) -> Factory:
    """A factory whose first advisory visit was due so many days ago; negative: in so many."""
    from factories.rules.cycle_facts import ClockKey
    from factories.selectors.cycles import cycle_overview

    factory = make_factory(name)
    cycle = make_cycle(factory, starts_on=today - timedelta(days=60))
    rows = type(cycle).objects.filter(pk=cycle.pk)
    [overview] = cycle_overview(rows, today).values()
    due = next(c.due_on for c in overview.clocks if c.key == ClockKey.FIRST_ADVISORY_VISIT)
    moved = cycle.starts_on + (today - timedelta(days=days_late) - due)
    rows.update(starts_on=moved)
    return factory


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind="clocks_at_risk").order_by("to"))


def test_managers_are_told_once_in_their_language(bd: Programme) -> None:
    at_risk("Meghna Crest", days_late=2)
    at_risk("Surma Outerwear", days_late=-2)
    english = make_member("manager")
    bengali = make_member("manager", user=make_user(language="bn"))
    make_member("staff")
    make_member("advisor")
    assert escalation.tell_of_clocks(today=TODAY) == 2
    sent = {mail.to: mail for mail in mails()}
    assert set(sent) == {english.email, bengali.email}
    assert "2 clocks" in sent[english.email].subject
    assert sent[bengali.email].subject != sent[english.email].subject
    for mail in sent.values():
        assert "Meghna Crest" in mail.text
        assert "Surma Outerwear" in mail.text
    # The same night again, or a second worker: no second mail; three days later there is one.
    assert escalation.tell_of_clocks(today=TODAY) == 2
    assert len(mails()) == 2
    escalation.tell_of_clocks(today=TODAY + timedelta(days=escalation.EVERY_DAYS))
    assert len(mails()) == 4


@pytest.mark.parametrize("days_late", [escalation.LATE_DAYS + 1, -escalation.SOON_DAYS - 1])
def test_what_is_long_late_or_far_off_sends_no_mail(bd: Programme, days_late: int) -> None:
    at_risk("Meghna Crest", days_late=days_late)
    make_member("manager")
    assert escalation.tell_of_clocks(today=TODAY) == 0
    assert not mails()


def test_a_long_list_is_cut_and_says_so(bd: Programme) -> None:
    more = 3
    for number in range(escalation.MOST_LINES + more):
        at_risk(f"Factory {number:02}", days_late=1)
    make_member("manager")
    escalation.tell_of_clocks(today=TODAY)
    [mail] = mails()
    assert mail.text.count("Factory ") == escalation.MOST_LINES
    assert f"and {more} more" in mail.text


def test_a_planned_visit_changes_no_mail(bd: Programme) -> None:
    """The clock of the assessment is the planner's: with a sealed visit the mail is the same."""
    at_risk("Meghna Crest", days_late=2)
    make_member("manager")
    escalation.tell_of_clocks(today=TODAY)
    [before] = mails()
    for number in range(3):
        make_planned(TODAY + timedelta(days=number + 1), factory=make_factory(f"Sealed {number}"))
    OutgoingMail.objects.all().delete()
    escalation.tell_of_clocks(today=TODAY)
    [after] = mails()
    assert "Sealed" not in after.text
    assert (after.subject, after.text) == (before.subject, before.text)


def test_without_clocks_or_managers_nothing_is_sent(bd: Programme) -> None:
    make_member("manager")
    assert escalation.tell_of_clocks(today=TODAY) == 0
    assert not mails()
