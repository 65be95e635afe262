"""An unannounced visit leaves no trace: not in rows, not in pages, not through hostile SQL.

Non-interference is the measure: for every role but the planner and the team, each page with the
visit planned equals the page without it, byte for byte.
"""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from betterwork.accounts.models import Role
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from . import world as worlds
from .world import World, ask, routes

OUTSIDERS = [role for role in worlds.ROLES if role != Role.PLANNER]
TABLES = (
    "assessments_assessment",
    "assessments_assessmentmember",
    "assessments_assessmentevent",
    "assessments_assessmentstep",
    "records_trailevent",
    "records_job",
    "reporting_report",
    "assessments_planrun",
    "assessments_planchange",
    "assessments_visitplan",
    "assessments_accessrefusal",
    "assessments_absence",
    "assessments_factoryclosure",
    "assessments_calendarfeed",
)
# Each answers whether a row of the visit can be seen; %(id)s is known to the attacker.
HOSTILE = (
    "SELECT 1 FROM {table} t WHERE to_jsonb(t)::text LIKE '%%' || %(id)s || '%%'",
    "SELECT 1 FROM {table} t WHERE (to_jsonb(t)::text LIKE '%%' || %(id)s || '%%') OR 1 = 0",
    "SELECT 1 FROM (SELECT to_jsonb(t)::text AS whole FROM {table} t WHERE 1 = 1 OR true) x"
    " WHERE whole LIKE '%%' || %(id)s || '%%'",
    "SELECT 1 FROM {table} t LEFT JOIN LATERAL (SELECT to_jsonb(t)::text AS whole) x ON true"
    " WHERE whole LIKE '%%' || %(id)s || '%%'",
    "WITH RECURSIVE r AS (SELECT to_jsonb(t)::text AS whole FROM {table} t) SELECT 1 FROM r"
    " WHERE whole LIKE '%%' || %(id)s || '%%'",
)


@pytest.fixture
def sealed(world: World) -> tuple[World, Any]:
    worlds.add_team(world)
    visit = worlds.plan_sealed_visit(world)
    assert visit.sealed
    worlds.plan_around(world, visit)
    return world, visit


@contextmanager
def acting(world: World, role: str) -> Iterator[None]:
    """The facts of the world's person of a role, as the middleware sets them for a request."""
    if role.startswith("JO "):
        with scope.anonymous_scope():
            other = Programme.objects.get(code="JO")
        facts = scope.Facts(role.removeprefix("JO "), other.pk, world.users[Role.ADVISOR].pk)
    else:
        user = world.users[role]
        no_programme = {Role.GLOBAL, Role.GROUP_LEAD, Role.BUYER}
        own = role in {Role.AMBASSADOR, Role.COMMITTEE_WORKER, Role.COMMITTEE_MANAGEMENT}
        organisation = {Role.GROUP_LEAD: world.ids["group"], Role.BUYER: world.ids["buyer"]}
        facts = scope.Facts(
            role,
            None if role in no_programme else world.programme.pk,
            user.pk,
            world.ids["factory"] if own else None,
            organisation.get(role),
        )
    with scope.scope(facts):
        yield


def rows(sql: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


@pytest.mark.parametrize("role", [*OUTSIDERS, "anonymous", "JO manager", "JO planner", "invitee"])
def test_hostile_filters_find_no_row(sealed: tuple[World, Any], role: str) -> None:
    world, visit = sealed
    world.users.setdefault("anonymous", world.users[Role.CONSTITUENT])
    world.users.setdefault("invitee", world.users[Role.CONSTITUENT])
    with acting(world, role):
        for table in TABLES:
            for attack in HOSTILE:
                found = rows(attack.format(table=table), id=str(visit.pk))
                assert not found, f"{role} sees the visit in {table}: {attack}"
        by_column = {
            "assessments_assessment": "id = %(id)s",
            "assessments_assessmentmember": "assessment_id = %(id)s OR sealed",
            "assessments_assessmentevent": "id = %(id)s OR sealed",
            "records_trailevent": "object_id = %(id)s::text OR sealed",
            "records_job": "sealed OR arguments::text LIKE '%%' || %(id)s || '%%'",
            "assessments_planrun": "key LIKE '%%' || %(id)s || '%%' OR true",
            "assessments_planchange": "assessment_id = %(id)s OR true",
            "assessments_visitplan": "assessment_id = %(id)s OR is_locked OR true",
        }
        for table, condition in by_column.items():
            assert not rows(f"SELECT 1 FROM {table} WHERE {condition}", id=str(visit.pk))  # noqa: S608
        # Nor by counting, nor through a sub-select that asks for the team's days.
        team = world.users["team1"].pk
        assert not rows(
            "SELECT 1 FROM accounts_user u WHERE u.id = %(team)s AND EXISTS (SELECT 1 FROM"
            " assessments_assessmentmember m WHERE m.user_id = u.id)", team=team,
        )  # fmt: skip


@pytest.mark.parametrize("role", [Role.ADVISOR, Role.MANAGER, Role.AMBASSADOR, Role.BUYER])
def test_functions_and_errors_tell_nothing(sealed: tuple[World, Any], role: str) -> None:
    """A cheap function, or an error only a hidden row raises, must not run before the policy."""
    world, visit = sealed
    with acting(world, role):
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql"
                " COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'row %', $1; RETURN true; END $$"
            )
            notices = connection.connection.notices
            notices.clear()
            cursor.execute(
                "SELECT count(*) FROM assessments_assessment WHERE pg_temp.tell(id::text)"
            )
            cursor.execute(
                "SELECT count(*) FROM assessments_assessmentmember"
                " WHERE pg_temp.tell(assessment_id::text)"
            )
            assert not [each for each in notices if str(visit.pk) in each]
            # Division by zero on the hidden row alone.
            cursor.execute(
                "SELECT 1 FROM assessments_assessment"
                " WHERE 1 / (CASE WHEN id = %s THEN 0 ELSE 1 END) = 1", [str(visit.pk)],
            )  # fmt: skip
        assert not rows("SELECT has_schema_privilege(current_user, 'public', 'CREATE')")[0][0]


@pytest.mark.parametrize(
    "attack",
    [
        "SET LOCAL row_security = off; SELECT 1 FROM assessments_assessment",
        "SET LOCAL ROLE postgres",
        "SET LOCAL SESSION AUTHORIZATION postgres",
        "ALTER TABLE assessments_assessment DISABLE ROW LEVEL SECURITY",
        "DROP POLICY bw_read ON assessments_assessment",
        "COPY assessments_assessment TO '/tmp/everything'",
        "TRUNCATE assessments_assessment CASCADE",
    ],
)
def test_the_application_role_cannot_lift_the_seal(sealed: tuple[World, Any], attack: str) -> None:
    world, _ = sealed
    with (
        acting(world, Role.MANAGER),
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)


@pytest.mark.parametrize("role", [Role.ADVISOR, Role.MANAGER, Role.STAFF, Role.AMBASSADOR])
def test_nobody_outside_changes_the_visit(sealed: tuple[World, Any], role: str) -> None:
    world, visit = sealed
    with acting(world, role), connection.cursor() as cursor:
        for table, column in (
            ("assessments_assessment", "id"),
            ("assessments_assessmentmember", "assessment_id"),
        ):
            sql = f"UPDATE {table} SET sealed = false WHERE {column} = %s OR 1 = 1"  # noqa: S608
            cursor.execute(f"{sql} RETURNING {column}", [str(visit.pk)])
            assert visit.pk not in {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize("role", [Role.ADVISOR, Role.MANAGER, Role.STAFF, Role.AMBASSADOR])
def test_nobody_gives_themselves_a_seat(
    sealed: tuple[World, Any], role: str, is_sealed: bool
) -> None:
    """A seat shows the visit to its holder: knowing the id must not be enough to take one."""
    world, visit = sealed
    seat = [str(uuid.uuid4()), str(world.programme.pk), str(visit.pk), world.users[role].pk]
    with (
        acting(world, role),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO assessments_assessmentmember"
            " (id, programme_id, assessment_id, user_id, position, sealed, last_seen_point)"
            " VALUES (%s, %s, %s, %s, 'observer', %s, '')",
            [*seat, is_sealed],
        )


def test_team_and_planner_do_see_it(sealed: tuple[World, Any]) -> None:
    """The measure would be worthless if nobody saw the visit at all."""
    world, visit = sealed
    planner, member = world.users[Role.PLANNER], world.users["team1"]
    for role, user in ((Role.PLANNER, planner), (Role.ADVISOR, member)):
        with scope.scope(scope.Facts(role, world.programme.pk, user.pk)):
            seen = rows("SELECT 1 FROM assessments_assessment WHERE id = %(id)s", id=str(visit.pk))
            assert len(seen) == 1
    address = reverse("assessments:detail", args=[visit.pk])
    assert ask(world.client(Role.PLANNER), "get", address).status_code == 200
    assert ask(world.client(Role.ADVISOR), "get", address).status_code == 404


# Pages -----------------------------------------------------------------------------------------

PER_REQUEST = (
    re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"'),
    re.compile(r'"X-CSRFToken": "[^"]+"'),
    # Keys of a form that make sending it twice harmless: drawn anew for each page.
    re.compile(r'name="(?:request_key|client_id|key)" value="[0-9a-f-]{32,36}"'),
    re.compile(r"chart-\d+"),  # a counter of the process that numbers drawings
    re.compile(r'"challenge": "[^"]+"'),
)


def page_of(client: Client, address: str) -> tuple[Any, ...]:
    answer = ask(client, "get", address)
    body: Any = answer.body
    if answer.status_code >= 500:
        body = ""  # the walk of test_who_sees_what fails on it; its page carries a random code
    elif "openxmlformats" in answer["Content-Type"]:
        body = inside(body)
    elif answer["Content-Type"].startswith(("text/", "application/json")):
        text = body.decode()
        for pattern in PER_REQUEST:
            text = pattern.sub("", text)
        body = text
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"Set-Cookie", "Content-Length", "Vary", "Expires"}
    }
    return answer.status_code, headers, body


def inside(workbook: bytes) -> str:
    """What a workbook holds, without the time it was written."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        names = [name for name in archive.namelist() if not name.startswith("docProps/")]
        return "\n".join(f"{name}: {archive.read(name)!r}" for name in names)


def picture(world: World, role: str) -> dict[str, tuple[Any, ...]]:
    """Every page as one role sees it, with and without the usual filters."""
    client = world.client(role) if role else Client(raise_request_exception=False)
    cache.clear()  # a warm cache must not hide a difference, nor make one
    seen = {}
    for route in routes():
        # What a role may not open at all answers before any row is read (test_who_sees_what).
        may_open = route.allows(role) if role else route.is_public
        if route.is_foreign or not may_open or route.name == "accounts:sessions":
            continue
        address = world.address(route)
        if address is None:
            continue
        seen[address] = page_of(client, address)
        if not route.keys():
            for query in ("?q=Meghna&status=planned&sort=-starts_on", "?format=csv"):
                if seen[address][0] == 200:
                    seen[address + query] = page_of(client, address + query)
    return seen


def difference(first: tuple[Any, ...], second: tuple[Any, ...]) -> str:
    """Where two answers part, for the eye of who mends it."""
    if first[:2] != second[:2] or not isinstance(first[2], str):
        return f"{first[:2]} / {second[:2]}"
    pairs = enumerate(zip(first[2], second[2], strict=False))
    at = next((number for number, (a, b) in pairs if a != b), -1)
    return " / ".join(repr(page[2][max(at - 60, 0) : at + 80]) for page in (first, second))


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands, so that a page which shows the minute shows the same one twice."""
    moment = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


@pytest.mark.parametrize("role", [*OUTSIDERS, ""])
def test_pages_are_the_same_with_and_without_the_visit(
    world: World, still: None, role: str
) -> None:
    worlds.add_team(world)
    before = picture(world, role)
    assert len(before) > 4
    visit = worlds.plan_sealed_visit(world)
    run = worlds.plan_around(world, visit)
    after = picture(world, role)
    different = [
        f"{address}: {difference(before[address], after[address])}"
        for address in before
        if before[address] != after[address]
    ]
    assert not different, "\n".join(different)
    # The visit's own addresses answer like those of a visit that does not exist.
    client = world.client(role) if role else Client(raise_request_exception=False)
    for route in routes():
        keys = set(route.keys().values())
        may_open = route.allows(role) if role else route.is_public
        of_visit = ("assessment", "begun", "draft", "plan_run")
        if route.is_foreign or not may_open or not keys & set(of_visit):
            continue
        for method in ("get", "post"):
            pages = []
            for pk in (visit.pk, run.pk, uuid.uuid4()):
                ids = dict.fromkeys(of_visit, pk)
                address = world.address(route, **ids)
                if address is None:
                    continue
                answer = ask(client, method, address)
                text = answer.body.decode().replace(str(pk), "")
                for pattern in PER_REQUEST:
                    text = pattern.sub("", text)
                location = answer.headers.get("Location", "").replace(str(pk), "")
                pages.append((answer.status_code, location, text))
            assert len(set(pages)) <= 1, f"{role} {method} {route.name}"


def test_the_measure_notices_a_visit_that_is_not_sealed(world: World) -> None:
    """Planned in the open, the same visit does change the pages: the comparison is not blind."""
    worlds.add_team(world)
    before = picture(world, Role.PLANNER)
    worlds.plan_sealed_visit(world)
    after = picture(world, Role.PLANNER)
    assert any(before[address] != after[address] for address in before)


def test_outgoing_mail_of_the_visit_goes_to_the_team_only(world: World) -> None:
    from betterwork.records.models import OutgoingMail

    worlds.add_team(world)
    known = set(OutgoingMail.objects.values_list("pk", flat=True))
    worlds.plan_sealed_visit(world)
    team = {world.users["team1"].email, world.users["team2"].email}
    assert set(OutgoingMail.objects.exclude(pk__in=known).values_list("to", flat=True)) <= team


def test_nothing_is_numbered_by_what_is_hidden(world: World) -> None:
    """Codes are drawn at random: two visits in a row do not follow each other."""
    worlds.add_team(world)
    first = worlds.plan_sealed_visit(world).code
    assert not re.search(r"^\w+-0*\d{1,4}$", first)
