"""Reminders: what waits for people at their factories, once in three days for each thing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone

from advisory.models import Nudge, PlanConfirmation, PlanItem
from advisory.rules.plan import Position
from advisory.selectors.states import state_of
from betterwork.accounts.models import FACTORY_SIDE, Membership, Role
from betterwork.records.services import send_mail_once
from betterwork.tenancy.models import Programme
from betterwork.ui import formats
from betterwork.ui.parts import SOON_DAYS
from factories.models import CycleFact, EngagementCycle, Factory
from factories.rules.cycle_facts import ClockKey
from factories.selectors import current_cycles, cycle_overview, working_day_test

from . import mails
from .plan import NUDGE_DAYS, ROLE_OF, nudge_key

CONFIRM_AFTER_DAYS = 2  # a side gets two days before it is reminded
VERIFY_AFTER_DAYS = 7
HOURS = range(8, 18)  # local hours in which a reminder is polite
REPORTS = {ClockKey.PROGRESS_REPORT_1: 1, ClockKey.PROGRESS_REPORT_2: 2}


@dataclass
class _Waiting:
    """What waits for one person at one factory."""

    factory: Factory
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    reports: list[tuple[int, date | None]] = field(default_factory=list)
    due: list[date] = field(default_factory=list)
    about: set[str] = field(default_factory=set)

    @property
    def things(self) -> int:
        return sum(self.counts.values()) + len(self.reports)


@transaction.atomic
def send_reminders(*, programme: Programme, now: datetime | None = None) -> int:
    """Queue one mail per person and factory about what is due, late or waiting. Returns mails.

    Safe to run at any time and twice at once: only on working days in working hours of the
    programme, about a thing at most once in three days, whoever reminded last. The mail counts
    and dates; it holds no finding.
    """
    now = now or timezone.now()
    local = timezone.localtime(now, _zone(programme))
    today = local.date()
    if local.hour not in HOURS or not working_day_test(programme)(today):
        return 0
    with connection.cursor() as cursor:
        # A second beat of the same programme leaves it to the first.
        key = f"advisory.send_reminders:{programme.pk}"
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [key])
        if not cursor.fetchone()[0]:
            return 0
    since = now - timedelta(days=NUDGE_DAYS)
    lately = set(Nudge.objects.filter(sent_at__gt=since).values_list("about", flat=True))
    roles, users = _people()
    waiting: dict[tuple[int, UUID], _Waiting] = {}
    _from_items(waiting, roles, lately, today)
    _from_reports(waiting, roles, lately, today)
    with formats.region(programme.country):
        for (user_id, factory_id), found in waiting.items():
            _mail(users[user_id], factory_id, found, today)
    told = {about: found.factory.pk for found in waiting.values() for about in found.about}
    Nudge.objects.bulk_create(
        Nudge(factory_id=factory_id, about=about, sent_at=now) for about, factory_id in told.items()
    )
    return len(waiting)


def _zone(programme: Programme) -> Any:
    import zoneinfo

    return zoneinfo.ZoneInfo(programme.timezone)


def _people() -> tuple[dict[tuple[UUID, str], list[int]], dict[int, Any]]:
    """People of each factory by role, and the users by id. The advisor stands under "advisor"."""
    roles: dict[tuple[UUID, str], list[int]] = defaultdict(list)
    users: dict[int, Any] = {}
    rows = Membership.objects.filter(
        role__in=FACTORY_SIDE, ended_at__isnull=True, user__is_active=True
    ).select_related("user")
    for row in rows:
        if row.factory_id is None:
            continue
        roles[row.factory_id, row.role].append(row.user_id)
        users[row.user_id] = row.user
    for factory in Factory.objects.filter(advisor__is_active=True).select_related("advisor"):
        if factory.advisor is None:
            continue
        roles[factory.pk, Role.ADVISOR].append(factory.advisor.pk)
        users[factory.advisor.pk] = factory.advisor
    return roles, users


def _from_items(
    waiting: dict[tuple[int, UUID], _Waiting],
    roles: dict[tuple[UUID, str], list[int]],
    lately: set[str],
    today: date,
) -> None:
    is_open = ~Q(status=PlanItem.Status.COMPLETED)
    due = is_open & Q(done_on__isnull=True, due_on__lte=today + timedelta(days=SOON_DAYS))
    unconfirmed = is_open & Q(done_on__lte=today - timedelta(days=CONFIRM_AFTER_DAYS))
    unseen = Q(
        status=PlanItem.Status.COMPLETED,
        verified_at__isnull=True,
        completed_at__date__lte=today - timedelta(days=VERIFY_AFTER_DAYS),
    )
    rows = (
        PlanItem.objects.filter(due | unconfirmed | unseen, merged_into__isnull=True)
        .filter(factory__status=Factory.Status.ACTIVE)
        .select_related("factory")
        .prefetch_related(Prefetch("confirmations", PlanConfirmation.objects.filter(agrees=True)))
    )
    for item in rows.iterator(chunk_size=500):
        about = nudge_key(item.pk)
        if about in lately:
            continue
        for position in state_of(item, item.confirmations.all()).waiting_for:
            role = Role.ADVISOR if position is Position.ADVISOR else ROLE_OF[position]
            for user_id in roles[item.factory_id, role]:
                found = waiting.setdefault((user_id, item.factory_id), _Waiting(item.factory))
                found.about.add(about)
                found.counts[_kind(position, item, today)] += 1
                if position is Position.AMBASSADOR and item.due_on:
                    found.due.append(item.due_on)


def _kind(position: Position, item: PlanItem, today: date) -> str:
    if position is Position.ADVISOR:
        return "verify"
    if position is not Position.AMBASSADOR:
        return "confirm"
    return "late" if item.due_on is not None and item.due_on < today else "due"


def _from_reports(
    waiting: dict[tuple[int, UUID], _Waiting],
    roles: dict[tuple[UUID, str], list[int]],
    lately: set[str],
    today: date,
) -> None:
    """Progress reports whose clock runs: engine's due date, drifts included."""
    released = CycleFact.objects.filter(cycle=OuterRef("pk"), kind=CycleFact.Kind.REPORT_RELEASED)
    last = CycleFact.objects.filter(cycle=OuterRef("pk"), kind=CycleFact.Kind.PROGRESS_REPORT_2)
    cycles = current_cycles(today).filter(
        Exists(released), ~Exists(last), factory__status=Factory.Status.ACTIVE
    )
    by_id: dict[UUID, EngagementCycle] = {cycle.pk: cycle for cycle in cycles}
    for cycle_id, overview in cycle_overview(cycles, today).items():
        for key, number in REPORTS.items():
            clock = overview.clock(key)
            if clock is None or not clock.is_open or clock.days_left is None:
                continue
            about = f"report:{cycle_id}:{number}"
            if clock.days_left > SOON_DAYS or about in lately:
                continue
            for user_id in roles[overview.factory_id, Role.AMBASSADOR]:
                factory = by_id[cycle_id].factory
                found = waiting.setdefault((user_id, factory.pk), _Waiting(factory))
                found.about.add(about)
                found.reports.append((number, clock.due_on))
                if clock.due_on:
                    found.due.append(clock.due_on)


def _mail(user: Any, factory_id: UUID, found: _Waiting, today: date) -> None:
    def lines() -> list[str]:
        own = [mails.line_of(k, n) for k, n in found.counts.items()]
        return own + [mails.report_line(number, due_on) for number, due_on in found.reports]

    is_advisor = set(found.counts) == {"verify"} and not found.reports
    name = "advisory:queue" if is_advisor else "advisory:my_actions"
    send_mail_once(
        kind="plan_reminder",
        key=f"plan-reminder:{factory_id}:{user.pk}:{today.isoformat()}",
        to=user.email,
        language=user.language,
        user_id=user.pk,
        subject=lambda: mails.digest_subject(found.things, min(found.due, default=None)),
        text=lambda: mails.digest_text(
            name=user.full_name,
            factory=found.factory.name,
            lines=lines(),
            where=mails.address(name),
        ),
    )
