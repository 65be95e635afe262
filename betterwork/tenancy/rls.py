"""Row-level security: the policies' vocabulary and the migration operations that put them on.

A table gets one read rule and one write rule, as SQL over the facts of `scope.py`. Each fact is
read in a sub-select, so that PostgreSQL evaluates it once per statement and not once per row; so is
each question about the role (`decided_once`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLE = "(SELECT current_setting('bw.role', true))"
PROGRAMME = "(SELECT NULLIF(current_setting('bw.programme', true), '')::uuid)"
USER = "(SELECT NULLIF(current_setting('bw.user', true), '')::bigint)"
FACTORY = "(SELECT NULLIF(current_setting('bw.factory', true), '')::uuid)"
ORGANISATION = "(SELECT NULLIF(current_setting('bw.organisation', true), '')::uuid)"

STAFF_ROLES = "('system', 'manager', 'staff', 'planner', 'advisor', 'cat_editor')"
FACTORY_ROLES = "('ambassador', 'committee_worker', 'committee_management')"

IN_PROGRAMME = f"programme_id = {PROGRAMME}"
SYSTEM = f"({ROLE} = 'system' AND {IN_PROGRAMME})"
STAFF = f"({ROLE} IN {STAFF_ROLES} AND {IN_PROGRAMME})"
MANAGERS = f"({ROLE} IN ('system', 'manager') AND {IN_PROGRAMME})"
PLANNERS = f"({ROLE} IN ('system', 'planner') AND {IN_PROGRAMME})"
GLOBAL = f"({ROLE} = 'global')"
NOBODY = "false"


def factory_side(column: str = "factory_id") -> str:
    """People of the one factory they act for."""
    return f"({ROLE} IN {FACTORY_ROLES} AND {IN_PROGRAMME} AND {column} = {FACTORY})"


def where_visible(parent: str, column: str, key: str = "id", roles: str | None = None) -> str:
    """Rows whose parent row this reader may see: the parent's own policy decides."""
    own = f"EXISTS (SELECT 1 FROM {parent} parent_row WHERE parent_row.{key} = {column})"
    return f"({ROLE} IN {roles} AND {own})" if roles else own


def grant_application_role() -> migrations.RunPython:
    """Rights of the application role on all tables made so far and from now on by this owner."""

    def grant(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
        role = schema_editor.quote_name(settings.APPLICATION_ROLE)
        for rights, things in (
            ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
            ("USAGE, SELECT", "SEQUENCES"),
        ):
            schema_editor.execute(f"GRANT {rights} ON ALL {things} IN SCHEMA public TO {role}")
            schema_editor.execute(
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON {things} TO {role}"
            )

    return migrations.RunPython(grant, migrations.RunPython.noop)


_ROLE_TEST = re.compile(re.escape(ROLE) + r" ((?:IN \([^()]*\)|(?:=|<>) '[a-z_]+'))")


def decided_once(rule: str) -> str:
    """The same rule, with each test of the role as one truth for the whole statement.

    PostgreSQL takes `role IN (...)` for a condition on the row that one in two hundred meets,
    expects a dozen rows where there are thousands, and joins and sorts all of them for one page.
    """
    return _ROLE_TEST.sub(r"(SELECT current_setting('bw.role', true) \1)", rule)


def any_of(*rules: str) -> str:
    return "(" + " OR ".join(rules) + ")"


def secure(table: str, *, read: str, write: str, delete: str = NOBODY) -> migrations.RunSQL:
    """Enable and force row-level security; rights of the application role come with it."""
    read, write, delete = map(decided_once, (read, write, delete))
    ops = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY bw_read ON {table} FOR SELECT USING ({read})",
        f"CREATE POLICY bw_insert ON {table} FOR INSERT WITH CHECK ({write})",
        f"CREATE POLICY bw_update ON {table} FOR UPDATE USING ({write}) WITH CHECK ({write})",
    ]
    if delete != NOBODY:
        ops.append(f"CREATE POLICY bw_delete ON {table} FOR DELETE USING ({delete})")
    names = ["bw_read", "bw_insert", "bw_update", "bw_delete"]
    return migrations.RunSQL(
        sql=tuple(ops),
        reverse_sql=(
            *(f"DROP POLICY IF EXISTS {name} ON {table}" for name in names),
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ),
    )


def keep_together(
    table: str, column: str, target: str, *, name: str | None = None
) -> migrations.RunSQL:
    """A composite foreign key: a row and what it points at belong to the same programme.

    Plain foreign keys ignore row-level security, so without this a row of one programme could
    point at a row of another.
    """
    unique = f"{target}_programme_key"
    constraint = name or f"{table}_{column}_same_programme"
    return migrations.RunSQL(
        sql=[
            f"CREATE UNIQUE INDEX IF NOT EXISTS {unique} ON {target} (programme_id, id)",
            f"ALTER TABLE {table} ADD CONSTRAINT {constraint}"
            f" FOREIGN KEY (programme_id, {column}) REFERENCES {target} (programme_id, id)"
            " DEFERRABLE INITIALLY DEFERRED",
        ],
        reverse_sql=[f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"],
    )


def append_only(table: str, columns: Sequence[str] = ()) -> migrations.RunSQL:
    """Refuse deletes, and updates of `columns` (all of them when none is named)."""
    changed = (
        " OR ".join(f"NEW.{c} IS DISTINCT FROM OLD.{c}" for c in columns) if columns else "true"
    )
    return migrations.RunSQL(
        sql=[
            f"CREATE TRIGGER bw_append_only_update BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN ({changed}) EXECUTE FUNCTION bw_refuse_change()",
            f"CREATE TRIGGER bw_append_only_delete BEFORE DELETE ON {table} FOR EACH ROW"
            " EXECUTE FUNCTION bw_refuse_change()",
        ],
        reverse_sql=[
            f"DROP TRIGGER IF EXISTS bw_append_only_update ON {table}",
            f"DROP TRIGGER IF EXISTS bw_append_only_delete ON {table}",
        ],
    )
