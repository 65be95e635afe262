"""A merge by its service: the history of the duplicate stays with whom it was meant for.

Measured over every table that row security ties to a factory, found in the database itself.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from advisory.models import (
    AdvisoryVisit,
    CommitteeMeeting,
    MeetingDecision,
    Nudge,
    PlanEvidence,
    ProgressReport,
    SelfDiagnosis,
)
from assessments.models import AccessRefusal, FactoryComment
from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.records.models import TrailEvent
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import (
    Buyer,
    ClockDrift,
    Committee,
    CommitteeChair,
    CommitteeElection,
    CommitteeMember,
    Factory,
    FactoryBuyer,
    FactoryContact,
    FactoryStatusChange,
    WorkforceCount,
)
from factories.services import factories as services
from reporting.models import Report
from tests import builders
from tests.advisory import builders as advisory
from tests.reporting.reports.builders import add_photo, make_assessment

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
PAST, LONG = date(2025, 1, 1), date(2099, 1, 1)
Row = tuple[str, str]

# What a merge does not hand on, and why.
STAYS_BEHIND = {
    "factories_cycleclocks",  # what the engine said last; it is asked again
    "advisory_nudge",  # a note for the sender that a reminder went out
    "advisory_improvementplan",  # empty: its items went over to the plan of the factory that stands
}
# What no factory person reads of any factory.
OF_STAFF = {
    "accounts_invitation", "accounts_membership", "accounts_membershipevent",
    "assessments_answerchange", "assessments_answerconflict", "assessments_assessmentevent",
    "assessments_assessmentmember", "assessments_assessmentstep", "assessments_conflictofinterest",
    "assessments_factoryclosure", "assessments_planchange", "assessments_reviewremark",
    "assessments_visitplan", "factories_committeeevent", "factories_committeememberevent",
    "factories_engagementcycleevent", "factories_factoryevent", "factories_importrow",
}  # fmt: skip


def tables() -> dict[str, str]:
    """Key column by table, of every table about a factory or an assessment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.table_name, k.column_name FROM information_schema.columns c"
            " JOIN information_schema.table_constraints t ON t.table_name = c.table_name"
            "  AND t.constraint_type = 'PRIMARY KEY'"
            " JOIN information_schema.key_column_usage k USING (constraint_name)"
            " WHERE c.table_schema = 'public' AND (c.column_name IN ('factory_id',"
            "  'assessment_id') OR c.table_name = 'factories_factory')"
        )
        return dict(cursor.fetchall())


def seen(facts: scope.Facts) -> set[Row]:
    found = set()
    keys = tables()
    with scope.scope(facts), connection.cursor() as cursor:
        for table, key in keys.items():
            cursor.execute(f"SELECT {key} FROM {table}")  # noqa: S608
            found |= {(table, str(row[0])) for row in cursor.fetchall()}
    return found


def everything(programme: Any) -> set[Row]:
    return seen(scope.Facts("system", programme))


def filled(name: str, *, starts_on: date) -> Factory:
    """A factory with a row of every kind its people read, each with one they do not."""
    home = advisory.make_home(name=name)
    factory, cycle = home.factory, home.cycle
    item = advisory.make_item(home)
    advisory.bring_to(home, item, "completed")
    FactoryContact.objects.create(factory=factory, name="Nasrin Sultana")
    first = make_assessment(factory=factory, cycle=2, starts_on=starts_on)
    lineage = first.answers.order_by("question__lineage").values_list(
        "question__lineage", flat=True
    )[0]
    photo = add_photo(first, lineage, visibility="factory", caption="Shown")
    PlanEvidence.objects.create(
        item=item, factory=factory, file=photo.file, visibility="plan", added_at=NOW
    )
    add_photo(first, lineage, visibility="team", caption="Kept")
    Report.objects.create(
        assessment=first, factory=factory, version=1, language="en",
        check_code=f"BD-{factory.code}", released_at=first.released_at,
    )  # fmt: skip
    by = builders.make_user()
    FactoryComment.objects.create(assessment=first, factory=factory, text="Mended.", made_by=by)
    AccessRefusal.objects.create(
        assessment=first, factory=factory, cycle=cycle, attempt=1, refused_on=starts_on,
        reason="The gate stayed shut.", recorded_at=timezone.now(),
    )  # fmt: skip
    for dissolved in (None, date(2025, 6, 1)):
        committee = Committee.objects.filter(factory=factory, dissolved_on=dissolved).first()
        committee = committee or Committee.objects.create(
            factory=factory, name="Participation Committee", formed_on=PAST, dissolved_on=dissolved
        )
        election = CommitteeElection.objects.create(
            committee=committee, factory=factory, held_on=PAST, method="secret_ballot"
        )
        member = CommitteeMember.objects.create(
            committee=committee, factory=factory, title="Ms", full_name="Rehana Akter",
            side="worker", election=election, joined_on=PAST,
        )  # fmt: skip
        CommitteeChair.objects.create(
            committee=committee, factory=factory, member=member, side="worker", started_on=PAST
        )
        meeting = CommitteeMeeting.objects.create(
            committee=committee, factory=factory, held_on=date(2025, 5, 1), worker_present=3,
            management_present=2, minutes=f"What {name} spoke of.",
        )  # fmt: skip
        MeetingDecision.objects.create(meeting=meeting, factory=factory, text="Mark the aisles.")
    SelfDiagnosis.objects.create(
        factory=factory, cycle=cycle, completed_on=date(2025, 4, 1),
        answers={"OSH-EP": {"state": "issue", "note": f"Aisles of {name}"}},
    )  # fmt: skip
    ProgressReport.objects.create(
        factory=factory, cycle=cycle, number=2, sent_on=date(2025, 9, 1),
        answers={"pr2-election": {"answer": "moderate_progress", "question": "?"}},
    )  # fmt: skip
    AdvisoryVisit.objects.create(factory=factory, cycle=cycle, visited_on=date(2025, 3, 1))
    AdvisoryVisit.objects.create(factory=factory, cycle=cycle, planned_on=date(2027, 1, 20))
    ClockDrift.objects.create(
        cycle=cycle, factory=factory, clock="report", reason="other", recorded_on=PAST
    )
    WorkforceCount.objects.create(factory=factory, counted_on=PAST, female=5, male=6)
    FactoryStatusChange.objects.create(factory=factory, status="active", since=PAST)
    Nudge.objects.create(factory=factory, about=f"report:{name}", sent_at=timezone.now())
    for for_factory, sealed in ((True, False), (False, False), (True, True)):
        TrailEvent.objects.create(
            programme_id=factory.programme_id, factory=factory, action="self_diagnosis_done",
            for_factory=for_factory, sealed=sealed, at=timezone.now(),
        )  # fmt: skip
    return factory


class Two:
    def __init__(self) -> None:
        with scope.scope(scope.Facts("platform")):
            self.buyers = {
                name: Buyer.objects.create(name=name)
                for name in ("theirs", "ours", "both", "withdrawn", "never asked")
            }
        self.winner = filled("Surma Knit", starts_on=date(2026, 5, 10))
        self.loser = filled("Surma Knits", starts_on=date(2026, 5, 20))
        self.third = filled("Halda Shirts", starts_on=date(2026, 6, 10))
        self.link("theirs", self.loser)
        self.link("ours", self.winner)
        for name in ("both", "withdrawn", "never asked"):
            self.link(name, self.loser)
        self.link("both", self.winner)
        self.link("withdrawn", self.winner, consent_ended_on=date(2026, 2, 1))
        self.link("never asked", self.winner, consented_on=None)

    def link(self, name: str, factory: Factory, **extra: Any) -> FactoryBuyer:
        values = {"consented_on": PAST, "subscribed_until": LONG, **extra}
        return FactoryBuyer.objects.create(factory=factory, buyer=self.buyers[name], **values)

    def merge(self, loser: Factory | None = None, winner: Factory | None = None) -> None:
        services.merge_factories(
            winner_id=(winner or self.winner).pk, loser_id=(loser or self.loser).pk,
            reason="Same site", today=TODAY,
        )  # fmt: skip

    def person(self, role: str, factory: Factory) -> scope.Facts:
        return scope.Facts(role, factory.programme_id, builders.make_user().pk, factory.pk)

    def buyer(self, name: str) -> scope.Facts:
        user = builders.make_user().pk
        return scope.Facts(Role.BUYER, None, user, None, self.buyers[name].pk)

    def reads(self, name: str) -> str:
        """Whose released assessments a buyer reads: W, L, and N for what was released since."""
        with scope.scope(self.buyer(name)), connection.cursor() as cursor:
            cursor.execute("SELECT factory_id, released_at FROM assessments_assessment")
            rows = cursor.fetchall()
            cursor.execute("SELECT factory_id FROM reporting_report")
            reports = {row[0] for row in cursor.fetchall()}
            cursor.execute("SELECT id FROM factories_factory")
            assert {row[0] for row in cursor.fetchall()} >= {row[0] for row in rows}
        marks = {self.winner.pk: "W", self.loser.pk: "L", self.third.pk: "T"}
        new = timezone.now() - timedelta(days=1)
        assert reports == {pk for pk, at in rows if at < new}
        return "".join(sorted("N" if at >= new else marks[pk] for pk, at in rows))


@pytest.fixture
def two(bd: Programme, monkeypatch: pytest.MonkeyPatch) -> Two:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return Two()


@pytest.mark.parametrize("role", sorted(FACTORY_SIDE))
def test_people_read_what_both_entries_were_told_and_no_more(two: Two, role: str) -> None:
    here, there = two.person(role, two.winner), two.person(role, two.loser)
    assert here.user != there.user
    before, all_before = seen(here) | seen(there), everything(here.programme)
    kinds = {table for table, _pk in seen(there)}
    silent = set(tables()) - kinds - OF_STAFF
    assert silent <= ({"factories_factorybuyer"} if role != Role.AMBASSADOR else set()), silent
    two.merge()
    after = seen(here)
    of_the_merge = everything(here.programme) - all_before
    assert not after - of_the_merge - before
    lost = before - after
    coming = {
        ("advisory_advisoryvisit", str(pk))
        for pk in AdvisoryVisit.objects.filter(
            factory=two.loser, visited_on__isnull=True
        ).values_list("pk", flat=True)
    }
    assert {table for table, _pk in lost - coming} <= STAYS_BEHIND
    # The merge itself wrote nothing that they could read and others should not.
    assert {table for table, _pk in of_the_merge & after} <= {
        "records_trailevent", "factories_factorystatuschange", "factories_factorybuyer",
        "advisory_planevent", "advisory_planitemevent", "factories_cyclefact",
    }  # fmt: skip


def test_nobody_else_sees_more_or_less_history(two: Two, jordan: Programme) -> None:
    home, user = two.winner.programme_id, builders.make_user().pk
    others = {
        **{
            role: scope.Facts(role, home, user)
            for role in ("manager", "staff", "advisor", "planner", "cat_editor", "constituent")
        },
        "global": scope.Facts(Role.GLOBAL, None, user),
        "visitor": scope.Facts(),
        "third factory": two.person(Role.AMBASSADOR, two.third),
        "other country": scope.Facts(Role.AMBASSADOR, jordan.pk, user, two.winner.pk),
        "no factory": scope.Facts(Role.AMBASSADOR, home, user),
    }
    all_before = everything(home)
    before = {who: seen(facts) for who, facts in others.items()}
    two.merge()
    made = everything(home) - all_before
    for who, facts in others.items():
        assert seen(facts) - made == before[who], who


def new_release(two: Two, factory: Factory) -> None:
    last = factory.cycles.order_by("-number")[0]
    make_assessment(
        factory=factory, cycle=last.number + 1, starts_on=TODAY, released_at=timezone.now()
    )


def test_buyers_go_on_reading_what_they_read(two: Two) -> None:
    names = list(two.buyers)
    before = {name: two.reads(name) for name in names}
    assert before == {
        "theirs": "L", "ours": "W", "both": "LW", "withdrawn": "L", "never asked": "L",
    }  # fmt: skip
    two.merge()
    # The factory's later word, no longer to share, holds for both of its entries.
    assert {name: two.reads(name) for name in names} == {**before, "withdrawn": ""}
    new_release(two, two.winner)
    assert {name: two.reads(name) for name in names} == {
        "theirs": "LN", "ours": "NW", "both": "LNW", "withdrawn": "", "never asked": "LN",
    }  # fmt: skip


def test_one_word_of_the_factory_holds_for_both_entries(two: Two) -> None:
    two.merge()
    links = {
        name: FactoryBuyer.objects.get(factory=two.winner, buyer=two.buyers[name])
        for name in ("theirs", "ours")
    }

    def says(name: str, agreed: bool, on: date) -> str:
        with scope.scope(two.person(Role.AMBASSADOR, two.winner)):
            services.set_consent(link_id=links[name].pk, agreed=agreed, today=on)
        return two.reads(name)

    assert says("theirs", agreed=False, on=date(2025, 2, 1)) == ""
    # Agreed to anew, by the one factory: all that was ever released of it.
    assert says("theirs", agreed=True, on=date(2025, 2, 2)) == "LW"
    assert says("ours", agreed=False, on=date(2025, 2, 1)) == ""
    assert says("ours", agreed=True, on=date(2025, 2, 2)) == "LW"
    services.end_buyer(link_id=links["ours"].pk, ended_on=date(2025, 2, 3))
    assert two.reads("ours") == ""
    FactoryBuyer.objects.filter(pk=links["theirs"].pk).update(subscribed_until=date(2025, 3, 1))
    assert two.reads("theirs") == ""


def test_a_second_merge_takes_the_first_along(two: Two) -> None:
    two.merge()
    new_release(two, two.winner)
    two.merge(loser=two.winner, winner=two.third)
    assert {name: two.reads(name) for name in two.buyers} == {
        "theirs": "LN", "ours": "NW", "both": "LNW", "withdrawn": "", "never asked": "LN",
    }  # fmt: skip
    with scope.scope(two.person(Role.AMBASSADOR, two.third)):
        assert CommitteeMeeting.objects.filter(factory=two.loser).exists()
        assert SelfDiagnosis.objects.count() == 3


def test_a_link_is_carried_to_one_of_the_same_buyer(two: Two) -> None:
    ours = FactoryBuyer.objects.get(factory=two.winner, buyer=two.buyers["ours"])
    theirs = FactoryBuyer.objects.filter(factory=two.loser, buyer=two.buyers["theirs"])
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="carried_same_buyer"), transaction.atomic():
        theirs.update(carried_to=ours)


def test_pages_lead_to_the_history_and_change_none_of_it(two: Two, sign_in: Any) -> None:
    old = CommitteeMeeting.objects.get(factory=two.loser, committee__dissolved_on__isnull=True)
    decision = old.decisions.get()
    running = old.committee
    two.merge()
    client = sign_in(Role.AMBASSADOR, factory=two.winner)
    cycle = SelfDiagnosis.objects.get(factory=two.loser).cycle
    committee = reverse("factories:committee", args=[running.pk])
    diagnosis = (
        reverse("advisory:self_diagnosis_of", args=[two.loser.pk]) + f"?cycle={cycle.number}"
    )
    report = reverse("advisory:progress_report", args=[cycle.pk, 2])
    meeting = reverse("advisory:meeting", args=[old.pk])
    page = client.get(reverse("factories:mine")).content.decode()
    for address in (committee, diagnosis, report):
        assert f'href="{address}"' in page, address
    assert page.count("completed the self-diagnosis") == 2  # one of each entry, none of the staff's
    assert f'href="{committee}"' in client.get(reverse("factories:my_committee")).content.decode()
    assert f'href="{meeting}"' in client.get(reverse("advisory:meetings")).content.decode()
    assert "Aisles of Surma Knits" in client.get(diagnosis).content.decode()
    assert 'value="moderate_progress" checked' in client.get(report).content.decode()
    assert "Rehana Akter" in client.get(committee).content.decode()
    shown = client.get(meeting).content.decode()
    assert "What Surma Knits spoke of." in shown
    for name, key in (("decision_add", old.pk), ("minutes_add", old.pk),
                      ("decision_done", decision.pk)):  # fmt: skip
        address = reverse(f"advisory:{name}", args=[key])
        assert address not in shown
        data = {"text": "More", "minutes_filed_on": "2025-05-02", "carried_out_on": "2025-05-02"}
        assert client.post(address, data).status_code == 422
    for address in (diagnosis, report):
        assert 'name="save"' not in client.get(address).content.decode()
        answer = client.post(
            address, {"state_OSH-EP": "fine", "q_pr2-election": "on_track", "save": "1"}
        )
        assert answer.status_code in {200, 422}
    link = FactoryBuyer.objects.get(factory=two.loser, buyer=two.buyers["theirs"])
    step = reverse("factories:buyer_step", args=[two.loser.pk, link.pk])
    assert client.post(step, {"step": "withdraw"}).status_code == 404
    kept = ProgressReport.objects.get(factory=two.loser).answers
    assert kept["pr2-election"]["answer"] == "moderate_progress"
    assert "Surma Knits" in SelfDiagnosis.objects.get(factory=two.loser).answers["OSH-EP"]["note"]
    assert client.get(f"{diagnosis}9").status_code == 404
    stranger = sign_in(Role.AMBASSADOR, factory=two.third)
    for address in (committee, diagnosis, report, meeting):
        assert stranger.get(address).status_code == 404


def test_a_buyer_is_shown_one_factory_and_the_reports_of_both_entries(
    two: Two, sign_in: Any
) -> None:
    two.merge()
    client = sign_in(Role.BUYER, buyer=two.buyers["theirs"])
    assert client.get(reverse("reporting:subscriptions")).content.decode().count("<tr>") == 2
    report = Report.objects.get(factory=two.loser)
    assert client.get(reverse("reporting:report", args=[report.pk])).status_code == 200
    unread = Report.objects.get(factory=two.winner)
    assert client.get(reverse("reporting:report", args=[unread.pk])).status_code == 404
    ours = sign_in(Role.BUYER, buyer=two.buyers["ours"])
    assert ours.get(reverse("reporting:report", args=[report.pk])).status_code == 404
    assert ours.get(reverse("factories:detail", args=[two.loser.pk])).status_code == 404


def test_dates_of_a_link_are_days_of_the_programme(bd: Programme) -> None:
    """What is withdrawn today is closed today, in Dhaka's night as well."""
    now = datetime.now(UTC)
    # A zone whose calendar is a day before or after UTC's at this moment.
    zone = "Pacific/Kiritimati" if now.hour >= 11 else "Etc/GMT+12"
    day = now.astimezone(ZoneInfo(zone)).date()
    assert day != now.date()
    with scope.scope(scope.Facts("platform")):
        Programme.objects.filter(pk=bd.pk).update(timezone=zone)
    two, one = Two(), timedelta(days=1)
    link = FactoryBuyer.objects.filter(factory=two.winner, buyer=two.buyers["ours"])
    for changed, reads in (
        ({"consented_on": day}, "W"),
        ({"consented_on": day + one}, ""),
        ({"consented_on": PAST, "subscribed_until": day}, "W"),
        ({"subscribed_until": day - one}, ""),
        ({"subscribed_until": LONG, "consent_ended_on": day + one}, "W"),
        ({"consent_ended_on": day}, ""),
    ):
        link.update(**changed)
        assert two.reads("ours") == reads, changed
