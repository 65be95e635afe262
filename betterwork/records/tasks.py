"""The base of every task, the sweep that loses no job, and the mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from betterwork import queue
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from .mail_page import page_of
from .models import Job, OutgoingMail

RESEND_AFTER = timedelta(seconds=60)
MAX_ATTEMPTS = 5
# Their words open an account or a role: once sent, they are not kept.
SECRET_MAILS = frozenset({"invitation", "login_code", "password_reset_key"})


class ProgrammeTask(Task):  # type: ignore[misc]
    """A task of one programme. `scoped` opens the scope; long work opens several short ones."""

    abstract = True
    autoretry_for = (OperationalError,)
    retry_backoff = True
    max_retries = 5

    @staticmethod
    def scoped(programme_id: str) -> Any:
        return scope.programme_scope(UUID(programme_id))


def programme_ids() -> list[UUID]:
    """Active programmes: what a beat task goes through, one scope each."""
    with scope.anonymous_scope():
        return list(Programme.objects.filter(is_active=True).values_list("pk", flat=True))


@shared_task(name="records.sweep_jobs")
def sweep_jobs() -> int:
    """Send jobs again that never reached a worker, or whose worker died. Safe at any moment."""
    sent = 0
    for programme in programme_ids():
        now = timezone.now()
        with scope.programme_scope(programme):
            lost = Job.objects.filter(
                Q(status="queued", created_at__lt=now - RESEND_AFTER)
                & (Q(sent_at__isnull=True) | Q(sent_at__lt=now - RESEND_AFTER))
                | Q(status="running", heartbeat_at__lt=now - 2 * RESEND_AFTER)
            )
            for job in lost.order_by("created_at")[:200]:
                if job.attempts >= MAX_ATTEMPTS:
                    queue.give_up(job, job.error or "The work stopped five times.")
                    continue
                Job.objects.filter(pk=job.pk).update(sent_at=now)
                queue.send(job.task, str(programme), str(job.pk))
                sent += 1
    return sent


@shared_task(name="records.send_mail")
def send_mail(limit: int = 100) -> int:
    """Send what waits. A mail is claimed before it is sent, so a second run leaves it alone."""
    sent = 0
    scopes: list[Any] = [scope.programme_scope(pk) for pk in programme_ids()]
    scopes.append(scope.platform_scope())
    for opened in scopes:
        with opened:
            now = timezone.now()
            waiting = OutgoingMail.objects.select_for_update(skip_locked=True).filter(
                Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - timedelta(minutes=10)),
                sent_at__isnull=True,
                attempts__lt=MAX_ATTEMPTS,
            )
            for mail in waiting.order_by("created_at")[:limit]:
                mail.claimed_at, mail.attempts = now, mail.attempts + 1
                message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to])
                page = mail.html or page_of(mail.text, subject=mail.subject, language=mail.language)
                message.attach_alternative(page, "text/html")
                if mail.calendar:
                    method = "CANCEL" if "METHOD:CANCEL" in mail.calendar else "REQUEST"
                    message.attach_alternative(mail.calendar, f"text/calendar; method={method}")
                try:
                    message.send()
                except OSError as error:
                    mail.error = str(error)[:500]
                else:
                    mail.sent_at = timezone.now()
                    mail.text = "" if mail.kind in SECRET_MAILS else mail.text
                    sent += 1
                mail.save()
    return sent
