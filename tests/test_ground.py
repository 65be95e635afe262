"""The ground everything stands on: scope, row-level security, and tables nobody forgot."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import Factory
from tests import builders

# Tables without row-level security: what Django and allauth need before a request has a scope,
# and history contexts, which hold a user id and an address and are only read beside their rows.
OPEN_TABLES = {
    "django_migrations",
    "django_session",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
    "accounts_user",
    "account_emailaddress",
    "account_emailconfirmation",
    "mfa_authenticator",
    "usersessions_usersession",
    "pghistory_context",
}


def test_every_table_is_secured_or_named(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        )
        tables = dict(cursor.fetchall())
    unsecured = {name for name, secured in tables.items() if not secured}
    assert unsecured == OPEN_TABLES


def test_application_role_owns_nothing_and_bypasses_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, (SELECT count(*) FROM pg_class c"
            " WHERE c.relowner = r.oid) FROM pg_roles r WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, 0)


def test_query_outside_a_scope_is_refused(db: None) -> None:
    with pytest.raises(scope.NoProgrammeScope):
        Factory.objects.count()


def test_another_programme_sees_nothing(bd: Programme, jordan: Programme) -> None:
    mine = builders.make_factory()
    with scope.programme_scope(jordan.pk):
        assert not Factory.objects.filter(pk=mine.pk).exists()
        assert Factory.objects.filter(pk=mine.pk).update(name="taken") == 0
    assert Factory.objects.get(pk=mine.pk).name == mine.name


def test_no_facts_see_nothing(bd: Programme) -> None:
    mine = builders.make_factory()
    with scope.anonymous_scope():
        assert not Factory.objects.filter(pk=mine.pk).exists()
    assert Factory.objects.filter(pk=mine.pk).exists()


def test_row_cannot_be_written_into_another_programme(bd: Programme, jordan: Programme) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        builders.make_factory(programme=jordan)


def test_row_cannot_point_into_another_programme(bd: Programme, jordan: Programme) -> None:
    with scope.programme_scope(jordan.pk):
        theirs = builders.make_factory()

    def point_across() -> None:
        builders.make_cycle(theirs)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="same_programme"), transaction.atomic():
        point_across()


def test_published_tool_is_final(bd: Programme) -> None:
    from assessments.models import ToolQuestion

    question = ToolQuestion.objects.first()
    assert question is not None
    with pytest.raises(IntegrityError, match="tool_published"), transaction.atomic():
        ToolQuestion.objects.filter(pk=question.pk).update(breach="yes")


def test_texts_are_named_as_they_are_collected() -> None:
    """`makemessages` knows `_` and the library's own names: a text under another is never seen."""
    root = Path(__file__).parents[1]
    hidden = []
    for app in ("betterwork", "factories", "assessments", "advisory", "reporting"):
        for path in root.glob(f"{app}/**/*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
                    hidden += [
                        f"{path.relative_to(root)}: {each.name} as {each.asname}"
                        for each in node.names
                        if each.asname not in {None, "_"}
                    ]
    assert hidden == []
