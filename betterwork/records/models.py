"""What every app keeps: the trail, stored files, long work, and mail on its way out."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from betterwork.tenancy.models import ProgrammeModel

from .vocabulary import Action


class TrailEvent(models.Model):
    """Who did what, when, from where: append-only, in a closed vocabulary."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Null for what belongs to no programme, such as a sign-in.
    programme = models.ForeignKey("tenancy.Programme", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("when"), db_index=True)
    action = models.CharField(_("what"), max_length=48, choices=Action)
    actor = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+", verbose_name=_("who")
    )
    role = models.CharField(_("as"), max_length=24, blank=True)
    factory = models.ForeignKey("factories.Factory", models.PROTECT, null=True, related_name="+")
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(_("from"), null=True)
    facts = models.JSONField(_("facts"), default=dict)
    # Shown on the factory's timeline to the factory itself.
    for_factory = models.BooleanField(default=False)
    # About a visit nobody may know of yet: planners only.
    sealed = models.BooleanField(default=False)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["programme", "factory", "-at"], name="trail_factory_at"),
            models.Index(fields=["programme", "-at"], name="trail_programme_at"),
            models.Index(fields=["object_type", "object_id"], name="trail_object"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class StoredFile(ProgrammeModel):
    """One uploaded file, checked and re-encoded, kept under its hash, never replaced."""

    factory = models.ForeignKey("factories.Factory", models.PROTECT, null=True, related_name="+")
    sha256 = models.CharField(max_length=64)
    original_name = models.CharField(_("name"), max_length=255)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    uploaded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    # Made for one person, `uploaded_by`: they and the programme's managers read it, no other staff.
    is_private = models.BooleanField(default=False)

    class Meta:
        ordering = ["uploaded_at", "id"]
        indexes = [models.Index(fields=["programme", "sha256"], name="file_hash")]

    def __str__(self) -> str:
        return self.original_name


class Job(ProgrammeModel):
    """One piece of long work: queued in the transaction that asks for it, so it is never lost."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped")

    task = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    # At most one open job for one key, sealed or not: asking twice is harmless.
    key = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    done_units = models.PositiveIntegerField(default=0)
    total_units = models.PositiveIntegerField(default=0)
    unit = models.CharField(max_length=24, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    requested_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Work on visits nobody may know of yet: planners only, its progress and existence too.
    sealed = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["status", "sent_at"], name="job_open")]
        constraints = [
            # Sealed work stands apart: a key that is taken must not tell of it.
            models.UniqueConstraint(
                fields=["programme", "key", "sealed"],
                condition=Q(status__in=["queued", "running"]),
                name="job_open_once",
            ),
            models.CheckConstraint(
                condition=Q(total_units=0) | Q(done_units__lte=F("total_units")),
                name="job_progress_within_total",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.status}"


class NightlyRun(ProgrammeModel):
    """For which due time the scheduler's work began last, and whether it ended; see `nightly`."""

    class Kind(models.TextChoices):
        HORIZON = "horizon", _("Horizon of assessments extended")
        REASSESSMENTS = "reassessments", _("Annual reassessments opened")
        ESCALATION = "escalation", _("Managers told of clocks at risk")
        RELEASE_CLOCK = "release_clock", _("Comment periods of draft reports watched")
        REMINDERS = "reminders", _("Reminders sent to factories and advisors")

    kind = models.CharField(max_length=16, choices=Kind)
    slot = models.DateTimeField()
    has_ended = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "kind"], name="nightly_run_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.slot}"


class OutgoingMail(models.Model):
    """One mail in its reader's language.

    Written with the change it tells of, sent by the worker.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey("tenancy.Programme", models.PROTECT, null=True, related_name="+")
    to = models.EmailField()
    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    language = models.CharField(max_length=8)
    kind = models.CharField(max_length=48)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True)  # an iCalendar invitation that goes with it
    # One mail of a kind about a thing, however often it is asked for.
    key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"


class IdempotencyKey(ProgrammeModel):
    """A request already answered: sending it again returns the same and does nothing."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    action = models.CharField(max_length=48)
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "action", "key"], name="idempotency_once")
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.key}"
