"""Writes of the trail, stored files and mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone, translation

from betterwork.tenancy import scope

from .models import OutgoingMail, TrailEvent
from .vocabulary import Action


def record(
    action: Action,
    *,
    about: Any = None,
    factory_id: UUID | None = None,
    for_factory: bool = False,
    sealed: bool = False,
    address: str | None = None,
    **facts: Any,
) -> None:
    """Write one event of the trail, in the transaction of the change it tells of.

    `about` is the row changed; who and as what come from the scope. `facts` are plain values,
    never findings' texts, names of workers or secrets.
    """
    now = scope.current()
    TrailEvent.objects.create(
        programme_id=now.programme,
        at=timezone.now(),
        action=action,
        actor_id=now.user,
        role=now.role,
        factory_id=factory_id,
        object_type=about._meta.label_lower if about is not None else "",
        object_id=str(about.pk) if about is not None else "",
        address=address or scope.address(),
        facts=facts,
        for_factory=for_factory,
        sealed=sealed,
    )


def send_mail_once(
    *,
    kind: str,
    key: str,
    to: str,
    language: str,
    subject: Any,
    text: Any,
    user_id: int | None = None,
    programme_id: UUID | None = None,
    calendar: Any = "",
) -> None:
    """Queue one mail, once for `key`, in the reader's language.

    `subject`, `text` and `calendar` (an iCalendar invitation) are callables without arguments or
    plain text; they are called with the reader's language active. Mail never carries findings,
    workers' names or sealed visits.
    """
    with translation.override(language):
        OutgoingMail.objects.bulk_create(
            [
                OutgoingMail(
                    programme_id=programme_id or (scope.current().programme),
                    to=to,
                    user_id=user_id,
                    language=language,
                    kind=kind,
                    key=key,
                    subject=str(subject() if callable(subject) else subject)[:200],
                    text=str(text() if callable(text) else text),
                    calendar=str(calendar() if callable(calendar) else calendar),
                )
            ],
            ignore_conflicts=True,
        )
