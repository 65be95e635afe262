"""What a world holds beside the generated assessments: people, plans with items, reports.

Written in bulk, as an import of history would be; the measures then act through services and pages.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import connection

from assessments.models import Assessment
from betterwork.accounts.models import Membership, Role, User
from betterwork.records.models import StoredFile
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from reporting.demo import scale
from reporting.models import Report

PROGRAMME = "BD"
ADVISORS = 12
# Items come from the last assessments of each factory, as a plan of some years holds them.
PLANNED_CYCLES = 3
# A list shows 25 rows. The small world has as many factories, so that growth compares worlds and
# not the length of a page.
SMALL, SMALL_CYCLES = 250, 4
PART = 1000  # assessments made in one transaction


def build(count: int, *, today: date, analyse: Callable[[], None]) -> None:
    """Fill an empty, loaded database with `count` released assessments and what follows from them.

    `analyse` renews the planner's statistics: without them the later steps take minutes.
    """
    with scope.anonymous_scope():
        programme = Programme.objects.get(code=PROGRAMME)
    _people(programme)
    for start in range(0, count, PART):
        with scope.programme_scope(programme.pk):
            scale.generate(
                min(PART, count - start),
                today=today,
                cycles_each=SMALL_CYCLES if count < SMALL else scale.CYCLES,
            )
        analyse()
    with scope.programme_scope(programme.pk), connection.cursor() as cursor:
        for statement in (_ADVISORS, _PLANS, _ITEMS):
            cursor.execute(statement, {"cycles": PLANNED_CYCLES})
        _reports()


def _people(programme: Programme) -> None:
    password = make_password(None)  # nobody signs in with it: measures open the session themselves
    with scope.platform_scope():
        for role, number in (
            (Role.MANAGER, 1),
            (Role.PLANNER, 1),
            (Role.STAFF, 4),
            (Role.ADVISOR, ADVISORS),
        ):
            for place in range(number):
                user = User.objects.create(
                    email=f"{role}{place}@bench.example",
                    full_name=f"{Role(role).label} {place + 1}",
                    password=password,
                    is_demo=True,
                )
                Membership.objects.create(user=user, role=role, programme=programme)


def _reports() -> None:
    """A report in two languages for every released assessment; the files are not there."""
    files, reports = [], []
    rows = Assessment.objects.values_list("pk", "programme_id", "factory_id", "released_at")
    for pk, programme_id, factory_id, at in rows:
        if at is None:
            continue
        stored = StoredFile(
            programme_id=programme_id,
            factory_id=factory_id,
            sha256=hashlib.sha256(pk.bytes).hexdigest(),
            original_name="report.pdf",
            content_type="application/pdf",
            size_bytes=400_000,
            uploaded_at=at,
        )
        files.append(stored)
        reports += [
            Report(
                programme_id=programme_id,
                assessment_id=pk,
                factory_id=factory_id,
                version=1,
                language=language,
                status=Report.Status.READY,
                check_code=uuid.uuid4().hex[:24],
                pdf=stored,
                pdf_sha256=stored.sha256,
                pages=30,
                written_at=at,
                released_at=at,
            )
            for language in ("en", "bn")
        ]
    StoredFile.objects.bulk_create(files, batch_size=1000)
    Report.objects.bulk_create(reports, batch_size=1000)


_ADVISORS = """
UPDATE factories_factory SET advisor_id = chosen.user_id
FROM (SELECT f.id, a.user_id
        FROM (SELECT id, row_number() OVER (ORDER BY code) AS place FROM factories_factory) f
        JOIN (SELECT user_id, row_number() OVER (ORDER BY user_id) AS place, count(*) OVER () AS n
                FROM accounts_membership WHERE role = 'advisor') a
          ON a.place = 1 + f.place %% a.n) chosen
WHERE chosen.id = factories_factory.id
"""
_PLANS = """
INSERT INTO advisory_improvementplan (id, programme_id, factory_id, opened_on)
SELECT gen_random_uuid(), programme_id, id, registered_on FROM factories_factory
"""
# Each third item is done, a sixth verified, a third under way; some are late.
_ITEMS = """
INSERT INTO advisory_planitem (
    id, programme_id, plan_id, factory_id, number, origin, point_id, lineage, assessment_id,
    answer_id, is_public, issue, root_cause, action, responsible, opened_on, due_on, status,
    progress_percent, round, done_on, completed_at, verified_at, created_at, updated_at)
SELECT gen_random_uuid(), w.programme_id, p.id, a.factory_id, n, 'assessment', w.point_id,
       q.lineage, a.id, w.id, false, w.finding, '', 'Repair, and check each month.', 'Manager',
       a.released_at::date, a.released_at::date + 30 + (n %% 90)::int,
       CASE n %% 3 WHEN 0 THEN 'completed' WHEN 1 THEN 'in_progress' ELSE 'pending' END,
       CASE n %% 3 WHEN 0 THEN 100 WHEN 1 THEN 40 ELSE 0 END, 1,
       CASE n %% 3 WHEN 0 THEN a.released_at::date + 20 END,
       CASE n %% 3 WHEN 0 THEN a.released_at + interval '25 days' END,
       CASE n %% 6 WHEN 0 THEN a.released_at + interval '40 days' END,
       a.released_at, a.released_at
FROM (
    SELECT w.*, row_number() OVER (PARTITION BY a.factory_id
             ORDER BY a.cycle_number DESC, w.question_id) AS n
      FROM assessments_answer w
      JOIN assessments_assessment a ON a.id = w.assessment_id
      JOIN (SELECT factory_id, max(cycle_number) AS last FROM assessments_assessment
             GROUP BY factory_id) newest ON newest.factory_id = a.factory_id
     WHERE w.outcome = 'non_compliant' AND a.cycle_number > newest.last - %(cycles)s
) w
JOIN assessments_assessment a ON a.id = w.assessment_id
JOIN assessments_toolquestion q ON q.id = w.question_id
JOIN advisory_improvementplan p ON p.factory_id = a.factory_id
"""
