"""Clocks at risk, told to the programme's managers. Only clocks anyone on the staff may see.

A window of an unannounced assessment is no such clock: the planner's own pages tell of it.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from betterwork.accounts.models import Membership, Role
from betterwork.records.services import send_mail_once
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.ui import formats
from factories import words
from factories.models import Factory
from factories.rules.clocks import ClockState
from factories.rules.cycle_facts import ClockKey
from factories.selectors.cycles import current_cycles, cycle_overview

EVERY_DAYS = 3  # as often as any reminder may come
SOON_DAYS = 3
LATE_DAYS = 14  # what has been late for longer stands on the overview every day
MOST_LINES = 20


@transaction.atomic
def tell_of_clocks(*, today: date) -> int:
    """Queue one mail per manager about clocks that are late or end within three days.

    Safe to repeat: one mail in three days, whoever runs it how often. Answers how many people.
    """
    rows = current_cycles(today).filter(factory__status=Factory.Status.ACTIVE)
    found: list[tuple[date, str, str]] = []
    names = dict(rows.values_list("pk", "factory__name"))
    for overview in cycle_overview(rows, today).values():
        for clock in overview.clocks:
            if clock.key == ClockKey.ASSESSMENT or clock.due_on is None:
                continue
            if clock.state not in {ClockState.LATE, ClockState.SOON}:
                continue
            if (
                not today - timedelta(days=LATE_DAYS)
                <= clock.due_on
                <= today + timedelta(days=SOON_DAYS)
            ):
                continue
            found.append((clock.due_on, names[overview.cycle_id], clock.key))
    if not found:
        return 0
    found.sort()
    programme = Programme.objects.get(pk=scope.current_programme())
    people = Membership.objects.filter(
        role=Role.MANAGER, programme=programme, ended_at__isnull=True, user__is_active=True
    ).select_related("user")
    address = settings.SITE_ADDRESS.rstrip("/") + reverse("reporting:dashboard")
    turn = today.toordinal() // EVERY_DAYS

    def subject() -> str:
        return ngettext(
            "%(n)s clock is late or ends within three days",
            "%(n)s clocks are late or end within three days",
            len(found),
        ) % {"n": formats.number(len(found))}

    def text() -> str:
        lines = [
            f"{formats.day_short(due)}: {name}, {words.CLOCKS[key]}"
            for due, name, key in found[:MOST_LINES]
        ]
        left = len(found) - len(lines)
        if left:
            lines.append(
                ngettext("and %(n)s more", "and %(n)s more", left) % {"n": formats.number(left)}
            )
        return "\n".join(
            [
                *lines,
                "",
                address,
                "",
                _("You receive this mail because you manage the programme in Better Work."),
            ]
        )

    told = set()
    with formats.region(programme.country):
        for hat in people:
            if hat.user_id in told:
                continue
            told.add(hat.user_id)
            send_mail_once(
                kind="clocks_at_risk",
                key=f"clocks:{programme.pk}:{hat.user_id}:{turn}",
                to=hat.user.email,
                language=hat.user.language,
                subject=subject,
                text=text,
                user_id=hat.user_id,
            )
    return len(told)
