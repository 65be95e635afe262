"""Stores and databases of the benchmark: kept between runs, apart from everybody's data.

A database named `empty` is migrated and loaded once (that is one of the measures); the worlds
are copies of it, filled by `world.py`. Each run works on a copy of its world, so that what a
measure writes is gone afterwards and every run starts from the same rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from psycopg2 import sql

from betterwork import stores

PROJECT = Path(__file__).resolve().parents[2]
EMPTY = "bench_empty"
MANAGE = [sys.executable, "manage.py"]
MIGRATE = [*MANAGE, "migrate", "--database", "owner", "-v0", "--skip-checks"]
LOAD = [*MANAGE, "load_library", "-v0", "--skip-checks"]
# What makes a world what it is. Sentences of the tool are not among it: `--fresh` takes new ones.
MIGRATIONS = ("*/migrations/*.py", "betterwork/*/migrations/*.py")
GENERATORS = (
    "betterwork/tenancy/rls.py",
    "assessments/summaries.py",
    "reporting/demo/scale.py",
    "reporting/demo/bulk.py",
    "reporting/bench/world.py",
)
Say = Callable[[str], None]


class StageError(RuntimeError):
    """A database could not be made; the message holds what the step said."""


def making() -> dict[str, str]:
    """Path to hash of everything a kept world depends on."""
    paths = {path for pattern in (*MIGRATIONS, *GENERATORS) for path in PROJECT.glob(pattern)}
    return {
        str(path.relative_to(PROJECT)): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(paths)
    }


class Stage:
    """The databases of one folder. Times are seconds of wall clock."""

    def __init__(self, var_dir: Path, say: Say) -> None:
        self.var_dir = var_dir
        self.say = say
        self.stores = stores.Stores("", "", "")
        self.migrate_seconds: float | None = None
        self.load_seconds: float | None = None  # of these, the library

    @contextmanager
    def open(self) -> Iterator[Stage]:
        """Hold the stores for a block. Their profile is the safe one: a commit reaches the disk."""
        with stores.running(self.var_dir, profile="safe") as found:
            self.stores = found
            yield self

    def prepare(
        self, sizes: dict[str, int], *, with_empty: bool = True, fresh: bool = False
    ) -> None:
        """Make `bench_<name>` for each size, unless one of this making is there already.

        with_empty: migrate an empty database in any case, to measure it. fresh: make all anew.
        """
        made = making()
        if with_empty or fresh or self._kept(EMPTY).get("made") != made:
            self._make_empty()
            self._keep(EMPTY, {"made": made})
        for name, count in sizes.items():
            kept = f"bench_{name}"
            known = self._kept(kept)
            wanted = {"made": made, "assessments": count}
            if known == wanted and not fresh:
                continue
            started = time.perf_counter()
            if not fresh and known.get("assessments") == count and _only_added(known, made):
                self._child(kept, MIGRATE)
            else:
                self.say(f"making the world of {count} assessments ...")
                self._copy(EMPTY, kept)
                self._child(kept, [sys.executable, "-m", "reporting.bench", "build", str(count)])
                self.say(f"made in {time.perf_counter() - started:.0f} s")
            self._keep(kept, wanted)

    @contextmanager
    def scratch(self, name: str) -> Iterator[dict[str, str]]:
        """The environment of a process that works on a throw-away copy of a world."""
        copy = f"bench_{name}_run"
        self._copy(f"bench_{name}", copy)
        try:
            yield self.environment(copy)
        finally:
            self._drop(copy)

    def environment(self, database: str) -> dict[str, str]:
        """Settings of a process on one database, with a Redis database of its own."""
        place = urlsplit(self.stores.redis_url)
        number = 1 + sum(database.encode()) % 14
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "betterwork.settings.dev",
            "BETTERWORK_VAR": str(self.var_dir),
            "DATABASE_URL": _named(self.stores.database_url, database),
            "DATABASE_OWNER_URL": _named(self.stores.owner_url, database),
            "REDIS_URL": urlunsplit(place._replace(path=f"/{number}")),
        }

    # -- databases

    def _make_empty(self) -> None:
        """Migrate and load an empty database anew: the measure of a first start."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", EMPTY)
        self._run("CREATE DATABASE {} OWNER betterwork_owner", EMPTY)
        started = time.perf_counter()
        self._child(EMPTY, MIGRATE)
        loading = time.perf_counter()
        self._child(EMPTY, LOAD)
        self.load_seconds = time.perf_counter() - loading
        self.migrate_seconds = time.perf_counter() - started

    def _copy(self, source: str, target: str) -> None:
        self._drop(target)
        # Files are copied, not written through the log: seconds instead of minutes.
        self._run(
            "CREATE DATABASE {} TEMPLATE {} OWNER betterwork_owner STRATEGY FILE_COPY",
            target,
            source,
        )

    def _drop(self, name: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _kept(self, name: str) -> dict[str, Any]:
        """What stands in the comment of a database; empty if it is not there or half made."""
        rows = self._run(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            values=[name],
        )
        found: dict[str, Any] = json.loads(rows[0][0]) if rows and rows[0][0] else {}
        return found

    def _keep(self, name: str, facts: dict[str, Any]) -> None:
        self._run("COMMENT ON DATABASE {} IS %s", name, values=[json.dumps(facts)])

    def _run(self, statement: str, *names: str, values: list[Any] | None = None) -> list[Any]:
        with closing(stores.as_superuser(self.var_dir)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                text = sql.SQL(statement).format(*map(sql.Identifier, names))
                cursor.execute(text, values)
                return list(cursor.fetchall()) if cursor.description else []

    def _child(self, database: str, command: list[str]) -> None:
        made = subprocess.run(
            command,
            cwd=PROJECT,
            env=self.environment(database),
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise StageError(f"{' '.join(command[1:])}: {made.stderr.strip()[-2000:]}")


def _named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _only_added(known: dict[str, Any], made: dict[str, str]) -> bool:
    """Whether nothing changed since but that migrations were added."""
    before: dict[str, str] = known.get("made", {})
    added = made.keys() - before.keys()
    return all(made.get(path) == mark for path, mark in before.items()) and all(
        "/migrations/" in path for path in added
    )
