"""Written reports and exports."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from betterwork.tenancy.models import ProgrammeModel


class Report(ProgrammeModel):
    """One version of an assessment's report in one language. A correction is a new version."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Stopped")

    assessment = models.ForeignKey("assessments.Assessment", models.PROTECT, related_name="reports")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="reports")
    version = models.PositiveSmallIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=8)
    is_draft = models.BooleanField(_("draft for the factory"), default=False)
    reason = models.TextField(_("reason for this version"), blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    # What a reader types to see whether a paper is genuine.
    check_code = models.CharField(max_length=24, unique=True)
    data = models.JSONField(default=dict)
    html = models.TextField(blank=True)
    # For every reader of the report: it holds no file that only the factory may see.
    pdf = models.ForeignKey(
        "records.StoredFile", models.PROTECT, null=True, blank=True, related_name="+"
    )
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    # The same with those photos, for the factory and the programme; null where there are none.
    factory_pdf = models.ForeignKey(
        "records.StoredFile", models.PROTECT, null=True, blank=True, related_name="+"
    )
    factory_pdf_sha256 = models.CharField(max_length=64, blank=True)
    pages = models.PositiveSmallIntegerField(default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    written_at = models.DateTimeField(null=True, blank=True)
    # Set at release: before it the factory and others see nothing of the row.
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-version", "language"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "version", "language", "is_draft"], name="report_once"
            ),
            models.CheckConstraint(
                condition=~Q(status="ready") | Q(written_at__isnull=False, pdf__isnull=False),
                name="report_ready_is_written",
            ),
            models.CheckConstraint(
                condition=Q(version=1) | ~Q(reason=""), name="report_correction_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} v{self.version} {self.language}"


class Export(ProgrammeModel):
    """A file made on request in the background, with its row count."""

    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    format = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")])
    job = models.ForeignKey("records.Job", models.SET_NULL, null=True, related_name="+")
    file = models.ForeignKey("records.StoredFile", models.PROTECT, null=True, related_name="+")
    row_count = models.PositiveIntegerField(null=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return self.kind
