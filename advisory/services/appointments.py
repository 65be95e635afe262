"""Announced visits as appointments: invited, confirmed, moved, cancelled, each with an invitation
for the calendar of its reader. Sealed visits are no appointments and never come here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from advisory.models import AdvisoryVisit
from assessments import calendars
from assessments.models import Absence, AssessmentMember
from betterwork.accounts.models import Membership, Role, User
from betterwork.errors import DomainError
from betterwork.records.services import record, send_mail_once
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.ui import formats

from . import mails
from .acting import person_id

GUESTS = (Role.AMBASSADOR, Role.COMMITTEE_MANAGEMENT)


def refuse_taken_day(advisor_id: int | None, day: date) -> None:
    """Refuse a day on which the advisor is away, or assesses somewhere.

    Row-level security shows the advisor their own seats only: nobody else is refused by a sealed
    visit. Raises: DomainError("visit_on_absence" | "visit_on_assessment").
    """
    if advisor_id is None:
        return
    away = Absence.objects.filter(
        user_id=advisor_id, withdrawn_at__isnull=True, first_day__lte=day, last_day__gte=day
    )
    if away.exists():
        raise DomainError("visit_on_absence", day=day)
    seats = AssessmentMember.objects.filter(
        user_id=advisor_id,
        assessment__starts_on__lte=day,
        assessment__ends_on__gte=day,
        assessment__status__in=["planned", "in_progress"],
    )
    if scope.current().user == advisor_id and seats.exists():
        raise DomainError("visit_on_assessment", day=day)


def guests_of(visit: AdvisoryVisit) -> list[User]:
    """The factory's people who are invited, and the advisor: each once, by name."""
    rows = Membership.objects.filter(
        factory_id=visit.factory_id,
        role__in=GUESTS,
        ended_at__isnull=True,
        user__is_active=True,
    ).select_related("user")
    found = {row.user_id: row.user for row in rows}
    if visit.advisor is not None:
        found[visit.advisor.pk] = visit.advisor
    return sorted(found.values(), key=lambda user: (user.full_name, user.pk))


def calendar_text(visit: AdvisoryVisit, guests: list[User], *, now: datetime) -> str:
    """The invitation, or the cancellation, in the language that is active."""
    assert visit.planned_on is not None  # noqa: S101  # an appointment has its day
    host = visit.advisor
    entry = calendars.Entry(
        uid=f"{visit.pk}@betterwork",
        title=_("Advisory visit: %(factory)s") % {"factory": visit.factory.name},
        starts_on=visit.planned_on,
        ends_on=visit.planned_on,
        place=visit.factory.address or visit.factory.city,
        text=visit.topics,
        url=mails.address("advisory:visit", visit.pk),
        starts_at=visit.starts_at,
        sequence=visit.times_moved + (visit.cancelled_at is not None),
    )
    return calendars.invitation(
        entry,
        organiser=(host.full_name, host.email) if host else ("Betterwork", ""),
        guests=[(guest.full_name, guest.email) for guest in guests],
        zone=visit.programme.timezone,
        now=now,
        is_cancelled=visit.cancelled_at is not None,
    )


def invite(visit: AdvisoryVisit) -> None:
    """Queue one invitation for each guest, in their language; a move has one of its own."""
    _send(visit, kind="visit_invitation", key=f"visit:{visit.pk}:{visit.times_moved}")


def _send(visit: AdvisoryVisit, *, kind: str, key: str) -> None:
    guests = guests_of(visit)
    programme = Programme.objects.get(pk=visit.programme_id)
    visit.programme = programme
    now = timezone.now()
    is_cancelled = visit.cancelled_at is not None

    def subject() -> str:
        day = formats.day(visit.planned_on)
        if is_cancelled:
            return _("The advisory visit on %(day)s is cancelled") % {"day": day}
        return _("Advisory visit on %(day)s: please confirm") % {"day": day}

    def text() -> str:
        lines = [
            _("Factory: %(factory)s") % {"factory": visit.factory.name},
            _("Day: %(day)s") % {"day": formats.day(visit.planned_on)},
        ]
        if visit.starts_at is not None:
            lines.append(_("From: %(hour)s") % {"hour": formats.hour(visit.starts_at)})
        if visit.advisor is not None:
            lines.append(_("Advisor: %(name)s") % {"name": visit.advisor.full_name})
        if is_cancelled:
            lines.append(_("Reason: %(reason)s") % {"reason": visit.cancel_reason})
        where = mails.address("advisory:visit", visit.pk)
        why = _("You get this mail because you take part in the visit in Betterwork.")
        return "\n".join([*lines, "", where, "", why, ""])

    with formats.region(programme.country):
        for guest in guests:
            send_mail_once(
                kind=kind,
                key=f"{key}:{guest.pk}",
                to=guest.email,
                language=guest.language,
                subject=subject,
                text=text,
                user_id=guest.pk,
                calendar=lambda: calendar_text(visit, guests, now=now),
            )


def _open_visit(visit_id: UUID) -> AdvisoryVisit:
    """An appointment still to come about, as the one who asks sees it, held.

    Raises: DomainError("visit_already_done" | "visit_is_cancelled" | "visit_without_a_day").
    """
    seen = AdvisoryVisit.objects.get(pk=visit_id)  # row-level security: own factory, own programme
    with scope.system_scope():
        visit: AdvisoryVisit = (
            AdvisoryVisit.objects.select_related("factory", "advisor", "programme")
            .select_for_update(no_key=True, of=("self",))
            .get(pk=seen.pk)
        )
    if visit.visited_on is not None:
        raise DomainError("visit_already_done", day=visit.visited_on)
    if visit.cancelled_at is not None:
        raise DomainError("visit_is_cancelled")
    if visit.planned_on is None:
        raise DomainError("visit_without_a_day")
    return visit


@transaction.atomic
def confirm_visit(*, visit_id: UUID, by: Any = None, now: datetime) -> AdvisoryVisit:
    """The factory's yes to the day, given by its people or written down by who visits them: who
    did stands beside it. Safe to repeat. Raises: as `_open_visit`."""
    visit = _open_visit(visit_id)
    if visit.confirmed_at is not None:
        return visit
    visit.confirmed_at, visit.confirmed_by_id = now, person_id(by)
    with scope.system_scope():
        visit.save(update_fields=["confirmed_at", "confirmed_by"])
    record(Action.VISIT_CONFIRMED, about=visit, factory_id=visit.factory_id, for_factory=True)
    return visit


@transaction.atomic
def ask_another_day(*, visit_id: UUID, note: str, by: Any = None) -> AdvisoryVisit:
    """The factory asks its advisor for another day, by mail; the advisor moves the visit.

    Raises: DomainError("visit_note_missing") and those of `_open_visit`.
    """
    if not note.strip():
        raise DomainError("visit_note_missing")
    visit = _open_visit(visit_id)
    advisor = visit.advisor
    if advisor is not None:
        with scope.system_scope():
            send_mail_once(
                kind="visit_another_day",
                key=f"visit-ask:{visit.pk}:{visit.times_moved}",
                to=advisor.email,
                language=advisor.language,
                subject=lambda: (
                    _("%(factory)s asks for another day than %(day)s")
                    % {"factory": visit.factory.name, "day": formats.day(visit.planned_on)}
                ),
                text=lambda: "\n".join(
                    [note.strip()[:1000], "", mails.address("advisory:visit", visit.pk), ""]
                ),
                user_id=advisor.pk,
            )
    return visit


@transaction.atomic
def cancel_visit(*, visit_id: UUID, reason: str, by: Any = None, now: datetime) -> AdvisoryVisit:
    """Call an announced visit off; everybody invited is told. Safe to repeat.

    Raises: DomainError("visit_note_missing") and those of `_open_visit`.
    """
    if not reason.strip():
        raise DomainError("visit_note_missing")
    known = AdvisoryVisit.objects.get(pk=visit_id)
    if known.cancelled_at is not None:
        return known
    visit = _open_visit(visit_id)
    visit.cancelled_at, visit.cancel_reason = now, reason.strip()
    visit.save(update_fields=["cancelled_at", "cancel_reason"])
    _send(visit, kind="visit_cancelled", key=f"visit-off:{visit.pk}")
    record(Action.VISIT_CANCELLED, about=visit, factory_id=visit.factory_id, for_factory=True)
    return visit
