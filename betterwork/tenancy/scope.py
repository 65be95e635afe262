"""The programme scope: one transaction with the facts row-level security decides by.

Ring one is PostgreSQL: `enter` sets the facts for the transaction, the policies of `rls.py` read
them. Ring two is `ProgrammeManager`, which refuses a query outside any scope. Ring three is this
module's few entrances: `request_scope` (middleware), `programme_scope` (tasks, commands, tests),
`anonymous_scope` and `global_scope` (both named and audited by their callers).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

SYSTEM = "system"
ANONYMOUS = "anonymous"
# Roles that every policy holds to the programme of the scope. Group leads, buyers and global staff
# reach beyond one.
OF_ONE_PROGRAMME = frozenset(
    {
        SYSTEM,
        "manager",
        "staff",
        "planner",
        "advisor",
        "cat_editor",
        "ambassador",
        "committee_worker",
        "committee_management",
        "constituent",
    }
)


@dataclass(frozen=True)
class Facts:
    """What row-level security knows of the one who asks. Empty text means: nothing."""

    role: str = ANONYMOUS
    programme: UUID | None = None
    user: int | None = None
    factory: UUID | None = None
    organisation: UUID | None = None  # a manufacturing group or a buyer
    address: str | None = None  # where the request came from, for the trail; not a fact of RLS

    def values(self) -> tuple[str, ...]:
        return (
            self.role,
            str(self.programme or ""),
            str(self.user or ""),
            str(self.factory or ""),
            str(self.organisation or ""),
        )


class NoProgrammeScope(RuntimeError):
    """A query was made outside every scope; open one, or the rows would be nobody's."""


_current: ContextVar[Facts | None] = ContextVar("bw_facts", default=None)
_SET = (
    "SELECT set_config('bw.role', %s, true), set_config('bw.programme', %s, true),"
    " set_config('bw.user', %s, true), set_config('bw.factory', %s, true),"
    " set_config('bw.organisation', %s, true)"
)


def current() -> Facts:
    """The facts in force. Raises: NoProgrammeScope."""
    facts = _current.get()
    if facts is None:
        raise NoProgrammeScope("Open a programme scope first.")
    return facts


def address() -> str | None:
    """Network address of the one who asks, if the scope came from a request."""
    facts = _current.get()
    return facts.address if facts else None


def is_open() -> bool:
    return _current.get() is not None


def current_programme() -> UUID:
    """Raises: NoProgrammeScope, also where the scope spans no single programme."""
    programme = current().programme
    if programme is None:
        raise NoProgrammeScope("This scope belongs to no single programme.")
    return programme


def _tell(facts: Facts) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET, facts.values())


@contextmanager
def scope(facts: Facts) -> Iterator[Facts]:
    """One transaction under `facts`; the facts before it are put back, also on a savepoint."""
    before = _current.get()
    is_inner = connection.in_atomic_block
    with transaction.atomic():
        _tell(facts)
        token = _current.set(facts)
        try:
            yield facts
        finally:
            _current.reset(token)
        # The settings end with the transaction or with a rollback. Inside an outer transaction
        # they would outlive the savepoint that is about to be released.
        if is_inner and not connection.needs_rollback:
            _tell(before or Facts())


@contextmanager
def narrowed(facts: Facts) -> Iterator[Facts]:
    """Change the facts inside the open transaction (the middleware, once it knows the member)."""
    _tell(facts)
    token = _current.set(facts)
    try:
        yield facts
    finally:
        _current.reset(token)


@contextmanager
def programme_scope(
    programme_id: UUID,
    *,
    role: str = SYSTEM,
    user_id: int | None = None,
    factory_id: UUID | None = None,
) -> Iterator[Facts]:
    """The scope of one programme: jobs and commands act as `system`."""
    with scope(Facts(role, programme_id, user_id, factory_id)) as facts:
        yield facts


@contextmanager
def system_scope() -> Iterator[Facts]:
    """Act as the system inside the present programme and transaction, for the person in scope.

    For the few steps whose effect reaches past the person's own rows (unsealing a team at
    check-in). The service has checked the right before; user and address stay in the trail.
    """
    now = current()
    facts = Facts(SYSTEM, now.programme, now.user, None, None, now.address)
    with scope(facts):
        yield facts


@contextmanager
def platform_scope() -> Iterator[Facts]:
    """Programmes, the library and memberships beyond one programme: management commands, and the
    one service that changes a programme's weekly rest."""
    with scope(Facts("platform")) as facts:
        yield facts


@contextmanager
def anonymous_scope() -> Iterator[Facts]:
    """What a visitor without an account may see: published rows, and nothing else."""
    with scope(Facts()) as facts:
        yield facts
