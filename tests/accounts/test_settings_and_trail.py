"""The programme's numbers by version, the trail with its filters, and the pages of errors."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from betterwork.accounts.demo import DEMO_PASSWORD
from betterwork.accounts.models import Role
from betterwork.accounts.words import CHOICES, NAMES, TITLES, UNITS
from betterwork.errors import DomainError
from betterwork.records.models import TrailEvent
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.records.words import FACTS, facts_of
from betterwork.rules.settings import setting_fields
from betterwork.tenancy import rules, scope
from betterwork.tenancy.models import Programme, ProgrammeSettings
from betterwork.tenancy.selectors import settings_values
from betterwork.tenancy.services import change_settings
from tests import builders

SignIn = Callable[..., Client]
ROOT = Path(__file__).parents[2]
RECORDERS = {"record", "record_for_person"}


def form_data(group: str, **changed: object) -> dict[str, object]:
    """What the page of a rule set sends when nothing but `changed` was touched."""
    data: dict[str, object] = {}
    for each in setting_fields(rules.rule_sets()[group]):
        if each.kind is bool:
            if each.default:
                data[each.name] = "on"
        else:
            shown = each.default
            data[each.name] = shown if isinstance(shown, int | str) else f"{float(shown):g}"
    return {**data, "valid_from": timezone.localdate().isoformat(), **changed}


def test_every_number_has_a_name_a_unit_and_a_page(bd: Programme, sign_in: SignIn) -> None:
    page = sign_in(Role.MANAGER).get(reverse("accounts:settings")).content.decode()
    for group, kind in rules.rule_sets().items():
        assert group in TITLES
        fields = setting_fields(kind)
        assert set(NAMES[group]) == {each.name for each in fields}
        for each in fields:
            assert each.unit in UNITS, each.unit
            assert str(NAMES[group][each.name]).replace("'", "&#x27;") in page
            if hasattr(each.kind, "__members__"):
                assert {member.value for member in each.kind} <= set(CHOICES)


def test_manager_changes_a_number(bd: Programme, sign_in: SignIn) -> None:
    client = sign_in(Role.MANAGER)
    address = reverse("accounts:settings_group", args=["cycle"])
    assert client.get(address).status_code == 200
    answer = client.post(address, form_data("cycle", report_days=35, reason="Agreed in the review"))
    assert answer.status_code == 302
    assert settings_values()["cycle"] == {"report_days": 35}
    page = client.get(reverse("accounts:settings")).content.decode()
    assert "Agreed in the review" in page
    assert "28 → 35" in page
    assert TrailEvent.objects.filter(action="settings_changed").count() == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"report_days": 0}, "Choose a value from 1 to 180"),
        ({"report_days": 999}, "Choose a value from 1 to 180"),
        ({"report_days": "soon"}, "whole number"),
        ({"reason": ""}, "Reason"),
        ({"valid_from": "2020-01-01"}, "today or a later day"),
        ({"visits_before_later_assessment_low": 9}, "lowest number of visits (9)"),
    ],
)
def test_a_number_out_of_range_explains_itself(
    bd: Programme, sign_in: SignIn, changed: dict[str, object], words: str
) -> None:
    address = reverse("accounts:settings_group", args=["cycle"])
    data = form_data("cycle", **{"report_days": 35, "reason": "Because", **changed})
    answer = sign_in(Role.MANAGER).post(address, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ProgrammeSettings.objects.exists()


def test_all_rule_sets_can_be_changed_in_the_page(bd: Programme, sign_in: SignIn) -> None:
    client = sign_in(Role.MANAGER)
    sends = {
        "modality": {"min_days": 2, "load_rule": "off"},
        "assessment": {"releases_by_itself": "on"},
        "answers": {"min_sources": 3},
        "plan": {"due_days": 60},
        "committee": {"meetings_on_track": "0.8"},
    }
    for group, changed in sends.items():
        address = reverse("accounts:settings_group", args=[group])
        answer = client.post(address, form_data(group, **changed, reason="Trial"))
        assert answer.status_code == 302, (group, answer.content.decode()[:3000])
    values = settings_values()
    assert values["modality"] == {"min_days": 2, "load_rule": "off"}
    assert values["assessment"] == {"releases_by_itself": True}
    assert rules.rule_sets()["committee"].from_mapping(values["committee"]).changes() == {
        "meetings_on_track": "4/5"
    }


def test_versions_hold_from_their_day(bd: Programme) -> None:
    today = date(2026, 3, 1)
    later = today + timedelta(days=30)
    change_settings(
        changes={"cycle": {"report_days": 30}}, reason="a", valid_from=today, today=today
    )
    change_settings(
        changes={"cycle": {"report_days": 40}}, reason="b", valid_from=later, today=today
    )
    assert settings_values(today)["cycle"]["report_days"] == 30
    assert settings_values(later)["cycle"]["report_days"] == 40
    assert settings_values(today - timedelta(days=1)) == {}
    with pytest.raises(DomainError, match="settings_out_of_order"):
        change_settings(
            changes={"cycle": {"report_days": 5}}, reason="c", valid_from=today, today=today
        )


def test_nothing_changed_writes_no_version(bd: Programme) -> None:
    day = date(2026, 3, 1)
    first = change_settings(
        changes={"cycle": {"report_days": 30}}, reason="a", valid_from=day, today=day
    )
    again = change_settings(
        changes={"cycle": {"report_days": 30}}, reason="a", valid_from=day, today=day
    )
    assert first.pk == again.pk


@pytest.mark.parametrize("group", rules.rule_sets())
def test_the_form_of_each_rule_set_opens(bd: Programme, sign_in: SignIn, group: str) -> None:
    page = sign_in(Role.MANAGER).get(reverse("accounts:settings_group", args=[group]))
    assert page.status_code == 200


def test_a_number_is_asked_for_with_its_unit(bd: Programme, sign_in: SignIn) -> None:
    address = reverse("accounts:settings_group", args=["cycle"])
    page = sign_in(Role.MANAGER).get(address).content.decode()
    hint = '<p class="hint" id="id_report_days_helptext">days</p>'
    assert hint in page


@pytest.mark.parametrize("role", [Role.STAFF, Role.PLANNER, Role.ADVISOR, Role.CAT_EDITOR])
def test_other_staff_read_the_numbers_only(bd: Programme, sign_in: SignIn, role: str) -> None:
    client = sign_in(role)
    page = client.get(reverse("accounts:settings"))
    assert page.status_code == 200
    address = reverse("accounts:settings_group", args=["cycle"])
    assert address not in page.content.decode()
    assert client.post(address, form_data("cycle", reason="x")).status_code == 403


def test_trail_filters_and_exports(bd: Programme, sign_in: SignIn) -> None:
    factory = builders.make_factory("=Meghna Crest")
    record(Action.FACTORY_CHANGED, about=factory, factory_id=factory.pk, field="city")
    record(Action.CYCLE_OPENED, about=factory)
    client = sign_in(Role.MANAGER)
    address = reverse("records:trail")
    today = timezone.localdate()
    for query, found, missing in (
        ({}, "factory&#x27;s data", None),
        ({"factory": "meghna"}, "factory&#x27;s data", "opened a cycle</"),
        ({"from": (today + timedelta(days=1)).isoformat()}, "Nothing fits", "Meghna"),
        ({"q": "nobody at all"}, "Nothing fits", "Meghna"),
        ({"from": "2026-02-31", "page": "x", "action": "nonsense"}, "Meghna", None),
    ):
        page = client.get(address, query)
        assert page.status_code == 200
        rows = page.content.decode()
        assert found in rows
        if missing:
            assert missing not in rows.partition("</select>")[2]
    export = client.get(address, {"format": "csv", "factory": "meghna"})
    lines = list(csv.reader(io.StringIO(export.content.decode("utf-8-sig"))))
    assert lines[0][:3] == ["at", "action", "person"]
    assert [line[4] for line in lines[1:]] == ["'=Meghna Crest"]  # no formula for a spreadsheet
    assert TrailEvent.objects.filter(action="exported").count() == 1


def test_facts_of_an_event_are_told_in_words(bd: Programme, sign_in: SignIn) -> None:
    record(
        Action.REPORT_WRITTEN, version=2, language="bn", is_draft=False, sha256="ab12", reason="",
        starts_on="2026-01-31",
    )  # fmt: skip
    client = sign_in(Role.MANAGER)
    page = client.get(reverse("records:trail")).content.decode()
    for told in ("draft: <bdi>no", "language: <bdi>বাংলা", "first day: <bdi>31 Jan 2026"):
        assert told in page
    assert "is_draft" not in page
    assert "reason:" not in page  # nothing was said


TOLD: list[tuple[Action, dict[str, Any], list[str]]] = [
    (Action.FACTORY_STATUS_CHANGED, {"status": "suspended"}, ["معلّق"]),
    (Action.FACTORY_CHANGED, {"fields": ["city", "contacts"]}, ["المدينة، ", "جهات الاتصال"]),
    (Action.CYCLE_FACT_RECORDED, {"kind": "report_released", "number": 2}, []),
    (Action.DRIFT_RECORDED, {"clock": "report", "reason": "force_majeure"}, []),
    (Action.COMMITTEE_FORMED, {"kind": "bipartite", "formed_on": "2026-02-01"}, []),
    (Action.COMMITTEE_CHANGED, {"change": "replaced", "side": "worker"}, ["جانب العمال"]),
    (Action.ELECTION_HELD, {"method": "secret_ballot"}, []),
    (Action.ASSESSMENT_CREATED, {"modality": "on_site", "rules": ["cycle_reached"]}, []),
    (Action.MODALITY_CHOSEN, {"modality": "hybrid", "rules": ["no_egregious_issue"]}, []),
    (Action.ASSESSMENT_POSTPONED, {"reason": "factory_closed"}, []),
    (Action.PLAN_MADE, {"cause": "absence", "changes": 2}, []),
    (Action.CALENDAR_SHARED, {"shows": "details"}, []),
    (Action.LAW_DECIDED, {"code": "leave", "decision": "approved"}, []),
    (Action.EXPORTED, {"kind": "committee", "format": "xlsx", "step": "downloaded"}, ["XLSX"]),
    (Action.EXPORTED, {"kind": "rates", "format": "csv"}, ["عدم امتثال"]),
    (Action.EXPORTED, {"kind": "reports", "format": "xlsx"}, ["التقارير"]),
    (Action.CLOSURE_RECORDED, {"kind": "off", "day": "2026-12-16"}, []),
    (Action.EXPORTED, {"what": "trail", "rows": 3}, []),
    (Action.REPORT_READ, {"form": "page", "language": "ar", "version": 1}, ["العربية"]),
    (Action.INVITED, {"role_offered": "committee_worker"}, []),
]
KEPT = {"XLSX", "CSV", "downloaded", "leave"}  # alike in every language, or an id of the law


@pytest.mark.parametrize(("action", "facts", "expected"), TOLD)
def test_codes_are_told_in_the_readers_language(
    action: Action, facts: dict[str, Any], expected: list[str]
) -> None:
    with translation.override("ar"):
        told = facts_of(action, facts, {})
    said = " ".join(value for _word, value in told)
    for each in expected:
        assert each in said
    codes = [v for found in facts.values() for v in (found if isinstance(found, list) else [found])]
    for code in codes:
        if isinstance(code, str) and code not in KEPT:
            assert code not in said, said
    assert not re.search(r"[a-z]{3,}", re.sub("|".join(KEPT), "", said)), said


def test_a_person_is_told_by_name(bd: Programme, sign_in: SignIn) -> None:
    away = builders.make_user("Nasrin Akter")
    record(Action.ABSENCE_RECORDED, person=away.pk)
    page = sign_in(Role.MANAGER).get(reverse("records:trail")).content.decode()
    assert "person: <bdi>Nasrin Akter" in page


def test_every_fact_of_the_trail_has_a_word() -> None:
    named: set[str] = set()
    for app in ("betterwork", "factories", "assessments", "advisory", "reporting"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RECORDERS:
                    named |= {each.arg for each in node.keywords if each.arg}
    assert named - {"about", "factory_id", "for_factory", "sealed", "address"} - set(FACTS) == set()
    assert len(named) > 40


def test_sealed_events_are_the_planners_only(bd: Programme, sign_in: SignIn) -> None:
    factory = builders.make_factory("Bhairab Textiles")
    record(Action.ASSESSMENT_CREATED, about=factory, factory_id=factory.pk, sealed=True)
    address = reverse("records:trail")
    assert "Bhairab" in sign_in(Role.PLANNER).get(address).content.decode()
    for role in (Role.MANAGER, Role.GLOBAL):
        assert "Bhairab" not in sign_in(role).get(address).content.decode()


@pytest.mark.parametrize("rows", [3, 120])
def test_trail_budget(
    bd: Programme, sign_in: SignIn, django_assert_max_num_queries: Callable, rows: int
) -> None:
    client = sign_in(Role.MANAGER)
    for _number in range(rows):
        factory_id = builders.make_factory().pk
        record(Action.FACTORY_REGISTERED, factory_id=factory_id)
    client.get(reverse("records:trail"))
    with django_assert_max_num_queries(12):
        client.get(reverse("records:trail"))


def test_refusal_says_what_why_and_who(bd: Programme, sign_in: SignIn) -> None:
    answer = sign_in(Role.ADVISOR).get(reverse("accounts:people"))
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "You act as Enterprise advisor" in page
    assert "Programme manager" in page


def test_absent_and_not_yours_are_the_same_page(
    bd: Programme, jordan: Programme, sign_in: SignIn
) -> None:
    with scope.programme_scope(jordan.pk):
        person = builders.make_member(Role.ADVISOR, programme="JO")
        theirs = person.memberships.get()
    client = sign_in(Role.MANAGER)
    pages = []
    for pk in (theirs.pk, "00000000-0000-4000-8000-000000000000"):
        answer = client.get(reverse("accounts:membership_end", args=[pk]))
        assert answer.status_code == 404
        pages.append(answer.content.decode().replace(str(pk), "")[:200])
    assert pages[0] == pages[1]


def test_body_that_is_too_large_is_refused_unread(bd: Programme, sign_in: SignIn) -> None:
    client = sign_in(Role.MANAGER)
    body = io.BytesIO(b"x" * 1000)
    answer = client.generic(
        "POST", reverse("accounts:invite"), b"", content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH="200000000", **{"wsgi.input": body},
    )  # fmt: skip
    assert answer.status_code == 413
    page = answer.content.decode()
    assert "25 MB" in page  # one file
    assert "60 MB together" in page
    assert body.read() == b""  # taken from the line, so that the browser shows the page


def test_form_that_is_too_large_is_refused(bd: Programme, sign_in: SignIn) -> None:
    data = {"email": "x" * 6_000_000}
    answer = sign_in(Role.MANAGER).post(
        reverse("accounts:invite"), data, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code in {400, 413}


def test_error_page_gives_a_code(
    bd: Programme, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("betterwork.accounts.selectors.member_rows", broken)
    client = sign_in(Role.MANAGER)
    client.raise_request_exception = False
    answer = client.get(reverse("accounts:people"))
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "a secret of the inside" not in page
    assert "code" in page


def test_demo_logins(bd: Programme, settings: object, capsys: pytest.CaptureFixture[str]) -> None:
    person = builders.make_member(Role.PLANNER)
    call_command("demo_logins", "--json")
    rows = json.loads(capsys.readouterr().out)
    mine = [row for row in rows if row["email"] == person.email]
    assert mine == [
        {"role": "planner", "programme": "BD", "email": person.email, "password": DEMO_PASSWORD,
         "name": person.full_name, "factory": ""}
    ]  # fmt: skip
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("demo_logins")
