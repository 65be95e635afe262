"""Meetings, visits, self-diagnosis, progress reports and reminders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from advisory.content.progress_reports import questions, sections
from advisory.models import (
    AdvisoryVisit,
    CommitteeMeeting,
    Nudge,
    PlanItem,
    ProgressReport,
)
from advisory.selectors.progress_reports import answer_rows
from advisory.services import meetings, plan, progress_reports, reminders, visits
from betterwork.accounts.models import Role
from betterwork.errors import DomainError
from betterwork.records.models import OutgoingMail
from betterwork.tenancy.models import Programme
from factories import panels
from factories.models import Committee, CycleFact

from .builders import NOW, TODAY, Home, bring_to, make_home, make_item
from .test_pages import photo

SignIn = Callable[..., Client]


@pytest.fixture
def home(bd: Programme) -> Home:
    return make_home()


@pytest.fixture
def enter(home: Home, sign_in: SignIn) -> Callable[[str], Client]:
    return lambda role: sign_in(user=home.people[role])


@pytest.fixture
def committee(home: Home) -> Committee:
    return Committee.objects.create(
        factory=home.factory, name="Participation Committee", formed_on=date(2026, 1, 10)
    )


def refused(code: str) -> Any:
    return pytest.raises(DomainError, match=f"^{code}")


def url(name: str, *args: Any) -> str:
    return reverse(f"advisory:{name}", args=args)


def hold(committee: Committee, **extra: Any) -> CommitteeMeeting:
    values: dict[str, Any] = {
        "committee_id": committee.pk,
        "held_on": date(2026, 11, 19),
        "worker_present": 4,
        "management_present": 4,
        "minutes": "We looked at the exits.",
        "now": NOW,
    }
    return meetings.record_meeting(**{**values, **extra})


# -- meetings ---------------------------------------------------------------------------------


def test_meeting_with_decisions_reaches_the_committee_checks(
    home: Home, committee: Committee
) -> None:
    item = make_item(home)
    decision = meetings.NewDecision("Paint a storage area", item.pk, date(2026, 12, 6))
    for _ in range(2):
        made = hold(committee, decisions=[decision])
    assert CommitteeMeeting.objects.count() == 1
    row = made.decisions.get()
    for _ in range(2):
        meetings.carry_out(decision_id=row.pk, carried_out_on=date(2026, 11, 22), now=NOW)
    work = panels.committee_work(Committee.objects.all())[committee.pk]
    assert [each.held_on for each in work.meetings] == [date(2026, 11, 19)]
    assert work.decisions[0].done_on == date(2026, 11, 22)


def test_meeting_refusals(home: Home, committee: Committee) -> None:
    other = make_item(make_home())
    with refused("meeting_in_the_future"):
        hold(committee, held_on=date(2026, 11, 25))
    with refused("meeting_without_minutes"):
        hold(committee, minutes="  ")
    with refused("meeting_one_sided"):
        hold(committee, worker_present=0)
    with refused("minutes_filed_before_meeting"):
        hold(committee, minutes_filed_on=date(2026, 11, 1))
    with refused("decision_of_another_plan"):
        hold(committee, decisions=[meetings.NewDecision("Fix it", other.pk)])
    assert not CommitteeMeeting.objects.exists()
    made = hold(committee, decisions=[meetings.NewDecision("Fix it")])
    with refused("meeting_exists"):
        hold(committee, minutes="Something else.")
    with refused("decision_before_meeting"):
        meetings.carry_out(
            decision_id=made.decisions.get().pk, carried_out_on=date(2026, 11, 1), now=NOW
        )


def test_meeting_through_the_phone(home: Home, committee: Committee, enter: Any) -> None:
    client = enter(Role.COMMITTEE_WORKER)
    given = {
        "committee": str(committee.pk), "held_on": "2025-11-19", "worker_present": "4",
        "management_present": "3", "minutes": "Exits, needle guards.", "chaired_by": "",
        "minutes_filed_on": "",
    }  # fmt: skip
    bad = SimpleUploadedFile("minutes.pdf", b"MZ no", "application/pdf")
    page = client.post(url("meeting_new"), {**given, "minutes_file": bad})
    assert page.status_code == 422
    assert "minutes.pdf" in page.content.decode()
    assert "Exits, needle guards." in page.content.decode()
    assert not CommitteeMeeting.objects.exists()
    made = client.post(url("meeting_new"), {**given, "minutes_file": photo("minutes.jpg")})
    assert made.status_code == 302
    meeting = CommitteeMeeting.objects.get()
    assert meeting.minutes_file is not None
    text = {"text": "Guards on line 4", "item": "", "due_on": ""}
    assert client.post(url("decision_add", meeting.pk), text).status_code == 302
    decision = meeting.decisions.get()
    client.post(url("decision_done", decision.pk), {"carried_out_on": "2025-11-20"})
    shown = client.get(url("meeting", meeting.pk)).content.decode()
    assert "Guards on line 4" in shown
    assert "20 Nov 2025" in shown
    stranger = make_home().people[Role.AMBASSADOR]
    from django.test import Client as Browser

    other = Browser()
    other.force_login(stranger, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert other.get(url("meeting", meeting.pk)).status_code == 404
    file = reverse("records:file", args=[meeting.minutes_file_id])
    assert (client.get(file).status_code, other.get(file).status_code) == (200, 404)


# -- visits -----------------------------------------------------------------------------------


def test_visit_is_planned_then_held_and_told_to_the_cycle_once(home: Home) -> None:
    with home.acting(Role.ADVISOR):
        planned = visits.save_visit(
            factory_id=home.factory.pk, planned_on=date(2026, 11, 29), now=NOW
        )
        later = datetime(2026, 11, 29, 9, tzinfo=UTC)
        for _ in range(2):
            visits.save_visit(
                factory_id=home.factory.pk, visit_id=planned.pk, planned_on=date(2026, 11, 29),
                visited_on=date(2026, 11, 29), topics="Exits", worker_members=4, now=later,
            )  # fmt: skip
        with refused("visit_already_done"):
            visits.save_visit(
                factory_id=home.factory.pk, visit_id=planned.pk,
                visited_on=date(2026, 11, 28), topics="Exits", now=later,
            )  # fmt: skip
    assert AdvisoryVisit.objects.count() == 1
    fact = CycleFact.objects.get(kind="advisory_visit")
    assert (fact.happened_on, fact.source_id) == (date(2026, 11, 29), str(planned.pk))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "visit_without_a_day"),
        ({"visited_on": TODAY + timedelta(days=1), "topics": "Exits"}, "visit_in_the_future"),
        ({"visited_on": TODAY}, "visit_without_topics"),
        ({"planned_on": date(2026, 11, 27)}, "due_on_weekly_rest"),
        ({"planned_on": date(2026, 11, 29), "mode": "virtual"}, "virtual_too_early"),
        ({"visited_on": date(2020, 1, 5), "topics": "Exits"}, "no_cycle"),
    ],
)
def test_visit_refusals(home: Home, given: dict[str, Any], code: str) -> None:
    with home.acting(Role.ADVISOR), refused(code):
        visits.save_visit(factory_id=home.factory.pk, now=NOW, **given)
    assert not AdvisoryVisit.objects.exists()


def test_visits_through_the_page(home: Home, enter: Any) -> None:
    advisor = enter(Role.ADVISOR)
    given = {
        "factory": str(home.factory.pk), "planned_on": "", "visited_on": "2026-11-19",
        "mode": "on_site", "topics": "Needle guards", "agreed": "Guards by December",
        "worker_members": "4", "management_members": "3",
    }  # fmt: skip
    page = advisor.post(url("visit_new"), {**given, "visited_on": "2126-11-19"})
    assert page.status_code == 422
    assert "Needle guards" in page.content.decode()
    assert advisor.get(url("visit_new")).status_code == 200
    visit = AdvisoryVisit.objects.create(
        factory=home.factory, cycle=home.cycle, visited_on=date(2026, 1, 20), agreed="Guards",
    )  # fmt: skip
    for role in (Role.AMBASSADOR, Role.ADVISOR):
        assert "Guards" in enter(role).get(url("visit", visit.pk)).content.decode()
        assert enter(role).get(url("visits")).status_code == 200


# -- self-diagnosis ---------------------------------------------------------------------------


def full(issue: str = "") -> dict[str, dict[str, str]]:
    codes = [point.code for point in visits.points()]
    answers = {code: {"state": "fine", "note": ""} for code in codes}
    answers[codes[0]] = {"state": "issue", "note": issue}
    answers[codes[1]] = {"state": "unsure", "note": "Ask the union"}
    return answers


def test_self_diagnosis_issues_become_items(home: Home) -> None:
    with home.acting(Role.COMMITTEE_WORKER):
        visits.save_diagnosis(factory_id=home.factory.pk, answers={}, now=NOW)
        with refused("diagnosis_unanswered"):
            visits.complete_diagnosis(factory_id=home.factory.pk, now=NOW)
        visits.save_diagnosis(factory_id=home.factory.pk, answers=full(), now=NOW)
        with refused("diagnosis_issue_without_note"):
            visits.complete_diagnosis(factory_id=home.factory.pk, now=NOW)
        answers = full("Helpers of 15 carry cartons")
        visits.save_diagnosis(factory_id=home.factory.pk, answers=answers, now=NOW)
        for _ in range(2):
            visits.complete_diagnosis(factory_id=home.factory.pk, now=NOW)
        with refused("diagnosis_done"):
            visits.save_diagnosis(factory_id=home.factory.pk, answers=answers, now=NOW)
    item = PlanItem.objects.get()
    assert (item.origin, item.issue) == ("self_diagnosis", "Helpers of 15 carry cartons")
    assert CycleFact.objects.filter(kind="self_diagnosis", cycle=home.cycle).count() == 1


def test_self_diagnosis_page_keeps_a_draft(home: Home, enter: Any) -> None:
    client = enter(Role.COMMITTEE_WORKER)
    code = visits.points()[0].code
    given = {f"state_{code}": "issue", f"notes_{code}": "Two helpers are young", "save": "1"}
    assert client.post(url("self_diagnosis"), given).status_code in {200, 302, 422}
    page = client.get(url("self_diagnosis"))
    assert page.status_code == 200
    early = client.post(url("self_diagnosis"), {**given, "complete": "1"})
    assert early.status_code == 422
    assert "Two helpers are young" in early.content.decode()
    advisor = enter(Role.ADVISOR)
    assert advisor.get(url("self_diagnosis_of", home.factory.pk)).status_code == 200


# -- progress reports -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2])
def test_questions_are_there_in_every_language(number: int) -> None:
    for section in sections(number):
        for texts in (section.title, *(q.text for q in section.questions)):
            assert {"en", "bn", "ar"} <= {lang for lang, text in texts.items() if text.strip()}
    if number == 2:
        assert {q.kind for q in questions(2)} == {"rating"}


def answers_to(number: int) -> dict[str, str]:
    given = {"text": "Much", "yes_no": "yes", "rating": "moderate_progress"}
    return {q.code: given[q.kind] for q in questions(number)}


def released(home: Home) -> None:
    CycleFact.objects.create(
        cycle=home.cycle, factory=home.factory, kind="report_released",
        happened_on=date(2026, 11, 1),
    )  # fmt: skip


def test_progress_report_is_kept_then_sent_once(home: Home) -> None:
    cycle = home.cycle.pk
    with home.acting(Role.AMBASSADOR):
        progress_reports.save_report(cycle_id=cycle, number=1, answers={"pr1-changes": "None"})
        with refused("report_too_early"):
            progress_reports.send_report(cycle_id=cycle, number=1, now=NOW)
        released(home)
        with refused("report_unanswered"):
            progress_reports.send_report(cycle_id=cycle, number=1, now=NOW)
        item = make_item(home)
        PlanItem.objects.filter(pk=item.pk).update(is_public=True)
        progress_reports.save_report(
            cycle_id=cycle, number=1, answers=answers_to(1), claimed_fixed=[str(item.number), "99"]
        )
        with refused("report_claim_without_evidence"):
            progress_reports.send_report(cycle_id=cycle, number=1, now=NOW)
        plan.add_evidence(item_id=item.pk, uploads=[photo()], now=NOW)
        for _ in range(2):
            sent = progress_reports.send_report(cycle_id=cycle, number=1, now=NOW)
        with refused("report_already_sent"):
            progress_reports.save_report(cycle_id=cycle, number=1, answers={})
    assert (sent.sent_on, sent.claimed_fixed) == (TODAY, [str(item.number)])
    assert CycleFact.objects.filter(kind="progress_report_1").count() == 1


def test_second_report_gives_the_analysts_rows(home: Home) -> None:
    released(home)
    with home.acting(Role.AMBASSADOR):
        answers = answers_to(2)
        progress_reports.save_report(cycle_id=home.cycle.pk, number=2, answers=answers)
        assert list(answer_rows()) == []
        progress_reports.send_report(cycle_id=home.cycle.pk, number=2, now=NOW)
    rows = list(answer_rows())
    assert len(rows) == len(questions(2))
    code, name, cycle, asked, answer = rows[0]
    assert (code, name, cycle) == (home.factory.code, home.factory.name, 1)
    assert (asked, answer) == (questions(2)[0].text["en"], "Moderate progress")


def test_progress_report_page(home: Home, enter: Any) -> None:
    released(home)
    address = url("progress_report", home.cycle.pk, 1)
    client = enter(Role.AMBASSADOR)
    early = client.post(address, {"q_pr1-changes": "A new floor", "send": "1"})
    assert early.status_code == 422
    assert "A new floor" in early.content.decode()
    given = {f"q_{code}": text for code, text in answers_to(1).items()}
    assert client.post(address, {**given, "send": "1"}).status_code == 302
    assert ProgressReport.objects.get().sent_on is not None
    assert "no longer changes" in client.get(address).content.decode()
    advisor = enter(Role.ADVISOR)
    assert advisor.get(address).status_code == 200
    assert advisor.get(url("progress_report", home.cycle.pk, 2)).status_code == 404
    assert enter(Role.ADVISOR).get(url("progress_report", home.cycle.pk, 3)).status_code == 404


# -- reminders --------------------------------------------------------------------------------


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind="plan_reminder").order_by("to"))


def test_reminders_go_once_in_the_readers_language(home: Home, bd: Programme) -> None:
    ambassador = home.people[Role.AMBASSADOR]
    ambassador.language = "bn"
    ambassador.save()
    late = make_item(home, issue="Locked exit on floor 4")
    PlanItem.objects.filter(pk=late.pk).update(due_on=TODAY - timedelta(days=2))
    half = bring_to(home, make_item(home), "half")
    PlanItem.objects.filter(pk=half.pk).update(done_on=TODAY - timedelta(days=3))
    seen = bring_to(home, make_item(home), "completed")
    PlanItem.objects.filter(pk=seen.pk).update(completed_at=NOW - timedelta(days=8))
    quiet = make_item(home, due_on=date(2027, 2, 1))
    for _ in range(2):
        reminders.send_reminders(programme=bd, now=NOW)
    sent = mails()
    assert {mail.to for mail in sent} == {
        ambassador.email,
        home.people[Role.COMMITTEE_WORKER].email,
        home.people[Role.ADVISOR].email,
    }
    assert {mail.language for mail in sent if mail.to == ambassador.email} == {"bn"}
    assert not any("Locked exit" in mail.subject + mail.text for mail in sent)
    assert not Nudge.objects.filter(about=plan.nudge_key(quiet.pk)).exists()
    reminders.send_reminders(programme=bd, now=NOW + timedelta(days=2))
    assert len(mails()) == 3
    # Three days later is Friday, the weekly holiday; on Sunday it is time again.
    assert reminders.send_reminders(programme=bd, now=NOW + timedelta(days=3)) == 0
    assert reminders.send_reminders(programme=bd, now=NOW + timedelta(days=5)) == 3


def test_reminders_keep_to_their_programme_and_hours(
    home: Home, bd: Programme, jordan: Programme
) -> None:
    item = make_item(home)
    PlanItem.objects.filter(pk=item.pk).update(due_on=TODAY)
    from betterwork.tenancy import scope

    with scope.programme_scope(jordan.pk):
        assert reminders.send_reminders(programme=jordan, now=NOW) == 0
    night = datetime(2026, 11, 24, 20, tzinfo=UTC)  # two in the morning in Dhaka
    assert reminders.send_reminders(programme=bd, now=night) == 0
    assert reminders.send_reminders(programme=bd, now=NOW) == 1


def test_unsent_progress_report_is_reminded(home: Home, bd: Programme) -> None:
    released(home)
    assert reminders.send_reminders(programme=bd, now=NOW) == 1
    [mail] = mails()
    assert "Progress Report 1" in mail.text
    with home.acting(Role.AMBASSADOR):
        progress_reports.save_report(cycle_id=home.cycle.pk, number=1, answers=answers_to(1))
        progress_reports.send_report(cycle_id=home.cycle.pk, number=1, now=NOW)
    reminders.send_reminders(programme=bd, now=NOW + timedelta(days=5))
    assert sum("Progress Report 1" in each.text for each in mails()) == 1


def test_task_goes_through_every_programme(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from advisory import tasks

    asked: list[str] = []
    monkeypatch.setattr(
        tasks.reminders, "send_reminders", lambda *, programme: asked.append(programme.code) or 1
    )
    assert tasks.send_reminders() == len(asked)
    assert {"BD", "JO", "VN"} <= set(asked)


# -- budgets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 30])
@pytest.mark.parametrize("name", ["meetings", "visits"])
def test_lists_keep_their_budget(
    home: Home,
    committee: Committee,
    enter: Any,
    django_assert_max_num_queries: Any,
    count: int,
    name: str,
) -> None:
    for day in range(count):
        on = date(2026, 2, 1) + timedelta(days=day)
        hold(committee, held_on=on, decisions=[meetings.NewDecision("Paint")])
        AdvisoryVisit.objects.create(factory=home.factory, cycle=home.cycle, visited_on=on)
    client = enter(Role.ADVISOR)
    client.get(url(name))
    with django_assert_max_num_queries(10):
        page = client.get(url(name))
    assert page.content.decode().count('<th scope="row">') == min(count, 25)
