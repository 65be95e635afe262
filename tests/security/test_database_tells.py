"""What the database tells the application role beside rows: figures, errors, other sessions.

The application role is one for everybody, so what it may ask, a filter in any hat may ask. What is
left open, and why, stands in docs/adr/0009-what-the-database-tells.md.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from betterwork.accounts.models import Role
from tests import builders

from . import world as worlds
from .test_sealed_visits import TABLES, acting, rows, sealed
from .world import World

__all__ = ["sealed"]

HATS = [Role.MANAGER, Role.ADVISOR, Role.AMBASSADOR, Role.BUYER]
CLOSED = (
    # Figures of whole tables, whoever may see their rows.
    "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'assessments_planrun'",
    "SELECT n_tup_ins FROM pg_stat_xact_user_tables WHERE relname = 'assessments_planrun'",
    "SELECT idx_tup_read FROM pg_stat_user_indexes",
    "SELECT pg_stat_get_live_tuples('assessments_visitplan'::regclass)",
    "SELECT pg_relation_size('assessments_visitplan')",
    "SELECT pg_total_relation_size('assessments_visitplan')",
    "SELECT pg_table_size('assessments_visitplan')",
    "SELECT pg_indexes_size('assessments_visitplan')",
    "SELECT stavalues1 FROM pg_statistic",
    "SELECT * FROM pg_statistic_ext_data",
    # What others ask at this moment, and what they hold.
    "SELECT query FROM pg_stat_activity",
    "SELECT pg_stat_get_backend_activity(1)",
    "SELECT * FROM pg_locks",
    "SELECT * FROM pg_lock_status()",
    "SELECT pg_blocking_pids(pg_backend_pid())",
    # Numbers that were given out.
    "SELECT last_value FROM factories_factoryevent_pgh_id_seq",
    "SELECT pg_sequence_last_value('factories_factoryevent_pgh_id_seq'::regclass)",
    "SET track_activities = on",
)


WHOLE_ROW = "SELECT to_jsonb(t)::text::integer FROM {table} t"
HIDDEN_FIRST = "SELECT 1 FROM {table} t WHERE to_jsonb(t)::text::date > now() OR random() < 0"


@pytest.mark.parametrize("attack", CLOSED)
def test_figures_of_hidden_rows_are_closed(bd: Any, attack: str) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)


def test_nobody_reads_samples_sequences_or_what_others_ask(bd: Any) -> None:
    # The view of samples leaves out each table under row-level security.
    found = rows(
        "SELECT c.relname FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename"
        " AND c.relnamespace = 'public'::regnamespace WHERE c.relrowsecurity"
    )
    assert not found
    privilege = "CASE WHEN relkind = 'S' THEN has_sequence_privilege(oid, 'SELECT') END"
    readable = rows(
        f"SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND {privilege}"  # noqa: S608
    )
    assert not readable
    assert rows("SELECT 1 FROM pg_class WHERE relname = 'factories_factoryevent_pgh_id_seq'")
    assert rows("SHOW track_activities") == [("off",)]


@pytest.mark.parametrize("role", HATS)
def test_error_texts_hold_no_hidden_value(sealed: tuple[World, Any], role: str) -> None:
    """A cast fails on the first row it meets, and names its value: never one out of reach."""
    world, visit = sealed
    secret = {str(visit.pk), visit.code, str(world.users["team1"].pk)}
    attacks = [
        *(WHOLE_ROW.format(table=table) for table in TABLES),
        *(HIDDEN_FIRST.format(table=table) for table in TABLES),
        "SELECT code::integer FROM assessments_assessment ORDER BY sealed DESC",
        "SELECT 1 FROM assessments_assessment WHERE code::integer = 1 OR sealed",
        "SELECT assessment_id::text::integer FROM assessments_assessmentmember WHERE sealed",
        "SELECT key::integer FROM records_job WHERE sealed",
        "SELECT object_id::date FROM records_trailevent ORDER BY sealed DESC",
    ]
    with acting(world, role), connection.cursor() as cursor:
        for attack in attacks:
            told = ""
            try:
                with transaction.atomic():
                    cursor.execute(attack)
            except DatabaseError as error:
                told = str(error)
            assert not [value for value in secret if len(value) > 4 and value in told], attack


def tried(sql: str, values: list[Any]) -> str:
    """What the database says to a statement: the class of its answer, without ids."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            answer = "done"
            transaction.set_rollback(True)
    except DatabaseError as error:
        answer = str(error)
    for value in values:
        answer = answer.replace(str(value), "")
    return answer


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADVISOR, Role.STAFF])
def test_a_unique_key_tells_of_no_sealed_visit(sealed: tuple[World, Any], role: str) -> None:
    """One live visit a cycle, one open job a key: the refusal must be the same without it."""
    world, visit = sealed
    free = builders.make_cycle(builders.make_factory())
    version = str(visit.version_id)
    insert = (
        "INSERT INTO assessments_assessment SELECT (jsonb_populate_record(NULL::"
        "assessments_assessment, %s::jsonb)).*"
    )
    with acting(world, role):
        answers = set()
        for factory, cycle in ((visit.factory_id, visit.cycle_id), (free.factory_id, free.pk)):
            row = {
                "id": str(uuid.uuid4()), "programme_id": str(world.programme.pk),
                "factory_id": str(factory), "cycle_id": str(cycle), "version_id": version,
                "status": "planned", "sealed": False, "code": uuid.uuid4().hex[:10],
            }  # fmt: skip
            answers.add(tried(insert, [json.dumps(row)]))
        assert len(answers) == 1, answers
        assert "row-level security" in answers.pop()
        taken = set()
        for name in ("plan:hand", f"replan:{visit.pk}", "plan:nobody", "replan:nobody"):
            taken.add(
                tried(
                    "INSERT INTO records_job (id, programme_id, task, arguments, key, status,"
                    " done_units, total_units, unit, attempts, error, result, created_at, sealed)"
                    " VALUES (gen_random_uuid(), %s, 'x', '{}', %s, 'queued', 0, 0, '', 0, '',"
                    " '{}', now(), false)",
                    [str(world.programme.pk), name],
                )
            )
        assert taken == {"done"}, taken


def test_no_number_counts_what_is_hidden(world: World) -> None:
    """Keys given out in order count every row, also those out of reach."""
    worlds.add_team(world)
    before = numbers()
    worlds.plan_around(world, worlds.plan_sealed_visit(world))
    after = numbers()
    assert {name for name in after if after[name] != before[name] + 1} == set()


def numbers() -> dict[str, int]:
    """The next number of every sequence; taking it moves each by the same one."""
    names = rows(
        "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
    )
    return {name: rows("SELECT nextval(%(name)s::regclass)", name=name)[0][0] for (name,) in names}
