"""The embedded stores, on real servers: start, share, survive kills, leave nothing behind.

One pair of stores serves the whole file, and each test leaves it running or restores it; that keeps
the file to a few seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from betterwork import stores

pytestmark = pytest.mark.stack

# Starts (or finds) the stores, prints their addresses, waits for the end of its input.
USER_PROGRAM = """
import json, sys, dataclasses
sys.path.insert(0, {root!r})
from betterwork import stores
print(json.dumps(dataclasses.asdict(stores.start({var!r}))), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def var_dir() -> Iterator[Path]:
    # Not pytest's own folder: as root the servers run as another account, and every pytest that
    # starts on the machine closes that folder to other accounts.
    with tempfile.TemporaryDirectory(prefix="betterwork-test-") as folder:
        path = Path(folder).resolve()
        yield path
        stores.stop(path)


@pytest.fixture
def running(var_dir: Path) -> stores.Stores:
    return stores.start(var_dir)


def another_user(var_dir: Path) -> subprocess.Popen[str]:
    program = USER_PROGRAM.format(root=str(stores.PROJECT_ROOT), var=str(var_dir))
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BETTERWORK_STORES_LINGER": "0.2"},
    )


def servers(var_dir: Path) -> dict[str, psutil.Process]:
    """The processes of these stores by name: keeper, postgres, redis."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if "keep" in line and str(var_dir) in line:
                found["keeper"] = process
            elif (
                line and line[0].endswith("/postgres") and str(var_dir / "stores/postgres") in line
            ):
                found["postgres"] = process
            elif (
                line
                and "redis-server" in line[0]
                and process.cwd() == str(var_dir / "stores" / "redis")
            ):
                found["redis"] = process
    return found


def eventually(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def execute(address: str, statement: str, *values: str) -> list[tuple[str]]:
    """Run one statement in a transaction of its own. Returns its rows, if it has any."""
    with (
        contextlib.closing(psycopg2.connect(address)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def write(address: str, value: str) -> None:
    execute(address, "INSERT INTO note (text) VALUES (%s)", value)


def notes(address: str) -> list[str]:
    return [text for (text,) in execute(address, "SELECT text FROM note ORDER BY id")]


@pytest.fixture
def note_table(running: stores.Stores) -> stores.Stores:
    columns = "id integer GENERATED ALWAYS AS IDENTITY, text text"
    execute(running.owner_url, "DROP TABLE IF EXISTS note")
    execute(running.owner_url, f"CREATE TABLE note ({columns})")
    return running


def test_application_role_can_write_rows_but_owns_and_bypasses_nothing(
    note_table: stores.Stores,
) -> None:
    write(note_table.database_url, "first")
    assert notes(note_table.database_url) == ["first"]
    with contextlib.closing(psycopg2.connect(note_table.database_url)) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)
        for forbidden in ("CREATE TABLE mine (id int)", "DROP TABLE note", "TRUNCATE note"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(forbidden)
            connection.rollback()


def test_owner_is_no_superuser(running: stores.Stores) -> None:
    with contextlib.closing(psycopg2.connect(running.owner_url)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)


def test_nobody_gets_in_without_the_password(running: stores.Stores) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(running.database_url, password="guess")
    port = urllib.parse.urlsplit(running.redis_url).port
    stranger = redis.Redis(host="127.0.0.1", port=port or 0, retry=Retry(NoBackoff(), 0))
    with pytest.raises(redis.exceptions.AuthenticationError):
        stranger.ping()


def test_files_with_passwords_are_for_this_user_alone(
    running: stores.Stores, var_dir: Path
) -> None:
    for name in ("secrets.json", "state.json"):
        assert stat.S_IMODE((var_dir / "stores" / name).stat().st_mode) == 0o600
    assert running.database_url not in repr(running)


def test_users_that_come_together_meet_one_pair(var_dir: Path) -> None:
    stores.stop(var_dir)
    users = [another_user(var_dir) for _ in range(3)]
    try:
        answers = [user.stdout.readline() for user in users if user.stdout]
        assert len({json.loads(answer)["redis_url"] for answer in answers}) == 1
        assert set(servers(var_dir)) == {"keeper", "postgres", "redis"}
    finally:
        for user in users:
            user.communicate()
    # The last one has gone: nothing may be left, though nobody asked for a stop.
    eventually(lambda: not servers(var_dir))


def test_a_killed_user_leaves_no_servers(var_dir: Path) -> None:
    stores.stop(var_dir)
    user = another_user(var_dir)
    assert user.stdout is not None
    assert user.stdout.readline()
    user.kill()
    user.communicate()
    eventually(lambda: not servers(var_dir))


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_killed_server_comes_back_with_what_it_had_acknowledged(
    note_table: stores.Stores, var_dir: Path, name: str
) -> None:
    write(note_table.database_url, "kept")
    redis.Redis.from_url(note_table.redis_url).rpush("queue", "task")
    before = servers(var_dir)[name]
    before.kill()
    eventually(lambda: name in (now := servers(var_dir)) and now[name].pid != before.pid)

    def both_answer() -> bool:
        with contextlib.suppress(psycopg2.OperationalError, redis.exceptions.RedisError):
            psycopg2.connect(note_table.database_url).close()
            return bool(redis.Redis.from_url(note_table.redis_url).ping())
        return False

    eventually(both_answer)
    assert notes(note_table.database_url) == ["kept"]
    client = redis.Redis.from_url(note_table.redis_url)
    assert client.lpop("queue") == b"task"
    client.delete("queue")


def test_a_killed_keeper_is_replaced_and_its_servers_adopted(
    note_table: stores.Stores, var_dir: Path
) -> None:
    write(note_table.database_url, "kept")
    before = servers(var_dir)
    before["keeper"].kill()
    eventually(lambda: not stores.is_running(var_dir))
    again = stores.start(var_dir)
    after = servers(var_dir)
    assert again == note_table
    assert after["postgres"].pid == before["postgres"].pid
    assert after["keeper"].pid != before["keeper"].pid
    assert notes(again.database_url) == ["kept"]


def test_everything_killed_at_once_starts_again(note_table: stores.Stores, var_dir: Path) -> None:
    write(note_table.database_url, "kept")
    found = servers(var_dir)
    for name in ("keeper", "postgres", "redis"):
        found[name].send_signal(signal.SIGKILL)
    eventually(lambda: not servers(var_dir))
    # What a killed PostgreSQL leaves: a pid file that may by now name any other process.
    pid_file = var_dir / "stores" / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = stores.start(var_dir)
    assert notes(again.database_url) == ["kept"]


def test_a_dump_brings_back_rows_roles_and_rights(
    note_table: stores.Stores, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BETTERWORK_VAR", str(var_dir))
    monkeypatch.delenv("BETTERWORK_STORES_PROFILE", raising=False)
    dump = str(var_dir / "all.dump")
    # Row-level security that binds the owner too must not make the dump lose rows.
    execute(note_table.owner_url, "ALTER TABLE note ENABLE ROW LEVEL SECURITY")
    execute(note_table.owner_url, "ALTER TABLE note FORCE ROW LEVEL SECURITY")
    execute(note_table.owner_url, "CREATE POLICY own ON note USING (text = 'kept')")
    write(note_table.database_url, "kept")
    assert stores.main(["dump", dump]) == 0
    again = stores.start(var_dir)
    execute(again.owner_url, "DROP TABLE note")
    assert stores.main(["restore", dump]) == 0
    again = stores.start(var_dir)
    assert notes(again.database_url) == ["kept"]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        write(again.database_url, "against the policy")


def test_data_made_safe_is_not_opened_with_unsafe_writes(
    running: stores.Stores, var_dir: Path
) -> None:
    with pytest.raises(stores.StoresError, match="profile safe"):
        stores.start(var_dir, profile="fast")


def test_resolve_prefers_the_environment_and_refuses_half_of_it(tmp_path: Path) -> None:
    both = {"DATABASE_URL": "postgresql://a@h/d", "REDIS_URL": "redis://h/0"}
    assert stores.resolve(tmp_path, environ=both) == stores.Stores(
        "postgresql://a@h/d", "", "redis://h/0"
    )
    with pytest.raises(stores.StoresError, match="REDIS_URL is not set"):
        stores.resolve(tmp_path, environ={"DATABASE_URL": "postgresql://a@h/d"})
    with pytest.raises(stores.StoresError, match="not set"):
        stores.resolve(tmp_path, environ={"BETTERWORK_EMBEDDED_STORES": "0"})
    assert list(tmp_path.iterdir()) == []


def test_stop_ends_all_and_says_whether_there_was_anything(var_dir: Path) -> None:
    stores.start(var_dir)
    assert stores.stop(var_dir) is True
    assert servers(var_dir) == {}
    assert stores.stop(var_dir) is False
