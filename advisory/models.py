"""Advisory visits, self-diagnosis, the improvement plan, committee meetings, progress reports."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from betterwork.tenancy.models import ProgrammeModel


class AdvisoryVisit(ProgrammeModel):
    """An announced coaching visit."""

    class Mode(models.TextChoices):
        ON_SITE = "on_site", _("On site")
        VIRTUAL = "virtual", _("Virtual")

    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="advisory_visits")
    cycle = models.ForeignKey("factories.EngagementCycle", models.PROTECT, related_name="+")
    planned_on = models.DateField(_("planned for"), null=True, blank=True)
    visited_on = models.DateField(_("visited on"), null=True, blank=True)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode, default=Mode.ON_SITE)
    topics = models.TextField(_("topics"), blank=True)
    agreed = models.TextField(_("agreed with the committee"), blank=True)
    worker_members = models.PositiveSmallIntegerField(_("worker members present"), default=0)
    management_members = models.PositiveSmallIntegerField(
        _("management members present"), default=0
    )
    advisor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # The appointment as it stands between advisor and factory; a move asks for a new yes.
    starts_at = models.TimeField(_("from"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    times_moved = models.PositiveSmallIntegerField(default=0)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancel_reason = models.TextField(_("reason"), blank=True)

    class Meta:
        ordering = ["-visited_on", "-planned_on"]
        verbose_name = _("advisory visit")
        verbose_name_plural = _("advisory visits")
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_on__isnull=False) | Q(visited_on__isnull=False),
                name="visit_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="visit_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True)
                | (Q(visited_on__isnull=True) & ~Q(cancel_reason="")),
                name="visit_cancelled_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.factory_id} {self.visited_on or self.planned_on}"


class SelfDiagnosis(ProgrammeModel):
    """The committee's own look at its factory, before the assessment."""

    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="self_diagnoses")
    cycle = models.OneToOneField(
        "factories.EngagementCycle", models.PROTECT, related_name="self_diagnosis"
    )
    # {compliance point code: {"state": "fine|issue|unsure", "note": text}}
    answers = models.JSONField(default=dict)
    completed_on = models.DateField(_("completed on"), null=True, blank=True)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("self-diagnosis")
        verbose_name_plural = _("self-diagnoses")

    def __str__(self) -> str:
        return f"{self.factory_id} {self.completed_on}"


class ImprovementPlan(ProgrammeModel):
    """The one plan of a factory, owned by its bipartite committee."""

    factory = models.OneToOneField("factories.Factory", models.PROTECT, related_name="plan")
    opened_on = models.DateField(_("opened on"))

    class Meta:
        verbose_name = _("improvement plan")
        verbose_name_plural = _("improvement plans")

    def __str__(self) -> str:
        return f"{self.factory_id}"


@pghistory.track()
class PlanItem(ProgrammeModel):
    """One improvement: issue, root cause, action, who, by when.

    Completed (the factory says so and both sides confirmed) and verified are two facts.
    """

    class Origin(models.TextChoices):
        SELF_DIAGNOSIS = "self_diagnosis", _("Self-diagnosis")
        ADVISORY = "advisory", _("Advisory visit")
        ASSESSMENT = "assessment", _("Assessment")
        GROUP = "group", _("Manufacturing group")
        BUYER = "buyer", _("Buyer's request")
        WORKER_VOICE = "worker_voice", _("Worker voice")

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        IN_PROGRESS = "in_progress", _("In Progress")
        COMPLETED = "completed", _("Completed")

    plan = models.ForeignKey(ImprovementPlan, models.PROTECT, related_name="items")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="plan_items")
    number = models.PositiveIntegerField(_("number"))
    origin = models.CharField(_("origin"), max_length=16, choices=Origin)
    point = models.ForeignKey("assessments.CompliancePoint", models.PROTECT, related_name="+")
    lineage = models.CharField(max_length=24, blank=True)
    assessment = models.ForeignKey(
        "assessments.Assessment", models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.ForeignKey(
        "assessments.Answer", models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_public = models.BooleanField(_("publicly reported"), default=False)

    issue = models.TextField(_("issue"))
    root_cause = models.TextField(_("root cause"), blank=True)
    action = models.TextField(_("action"), blank=True)
    responsible = models.CharField(_("responsible"), max_length=120, blank=True)
    # The day it entered the plan: items of one day and origin are one batch of the progress.
    opened_on = models.DateField(_("in the plan since"), default=timezone.localdate)
    due_on = models.DateField(_("due"), null=True, blank=True)

    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PENDING)
    progress_percent = models.PositiveSmallIntegerField(_("progress"), default=0)
    # The factory's word that it is done, in this round; a return starts the next round.
    round = models.PositiveSmallIntegerField(default=1)
    done_on = models.DateField(_("reported done on"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    verified_by_assessment = models.ForeignKey(
        "assessments.Assessment", models.PROTECT, null=True, blank=True, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("plan item")
        verbose_name_plural = _("plan items")
        indexes = [
            models.Index(fields=["programme", "status"], name="plan_item_status"),
            models.Index(fields=["factory", "number"], name="plan_item_factory"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_item_number_once"),
            # One finding becomes one item, however often the button is pressed.
            models.UniqueConstraint(
                fields=["plan", "answer"],
                condition=Q(answer__isnull=False),
                name="plan_item_once_a_finding",
            ),
            models.CheckConstraint(condition=~Q(issue=""), name="plan_item_has_an_issue"),
            models.CheckConstraint(
                condition=Q(progress_percent__lte=100), name="plan_item_percent"
            ),
            models.CheckConstraint(
                condition=Q(status="completed", completed_at__isnull=False, done_on__isnull=False)
                | (~Q(status="completed") & Q(completed_at__isnull=True)),
                name="plan_item_completed_whole",
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True) | Q(status="completed"),
                name="plan_item_verified_is_completed",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="plan_item_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class PlanConfirmation(ProgrammeModel):
    """One side's word on an item that is reported done: append-only."""

    class Side(models.TextChoices):
        WORKER = "worker", _("Worker side")
        MANAGEMENT = "management", _("Management side")

    item = models.ForeignKey(PlanItem, models.PROTECT, related_name="confirmations")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    side = models.CharField(_("side"), max_length=12, choices=Side)
    agrees = models.BooleanField(_("confirms"))
    reason = models.TextField(_("reason"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "round", "side"],
                condition=Q(agrees=True),
                name="confirmed_once_a_side",
            ),
            models.CheckConstraint(
                condition=Q(agrees=True) | ~Q(reason=""), name="not_yet_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.side}"


class PlanEvidence(ProgrammeModel):
    """A photo or document the factory shows; added, never replaced."""

    class Visibility(models.TextChoices):
        PLAN = "plan", _("The committee and the advisor")
        PROGRAMME = "programme", _("The advisor only")

    item = models.ForeignKey(PlanItem, models.PROTECT, related_name="evidence")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="+")
    file = models.ForeignKey("records.StoredFile", models.PROTECT, related_name="+")
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    visibility = models.CharField(
        _("seen by"), max_length=10, choices=Visibility, default=Visibility.PLAN
    )
    round = models.PositiveSmallIntegerField(default=1)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["item", "file"], name="plan_evidence_once")]

    def __str__(self) -> str:
        return self.caption or str(self.pk)


class PlanEvent(ProgrammeModel):
    """Everything that happened to an item, newest last: append-only."""

    item = models.ForeignKey(PlanItem, models.PROTECT, related_name="history")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=32)  # a word of records.vocabulary
    text = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=24, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind}"


class CommitteeMeeting(ProgrammeModel):
    """A meeting with its minutes."""

    committee = models.ForeignKey("factories.Committee", models.PROTECT, related_name="meetings")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="+")
    held_on = models.DateField(_("held on"))
    worker_present = models.PositiveSmallIntegerField(_("worker members present"))
    management_present = models.PositiveSmallIntegerField(_("management members present"))
    chaired_by = models.ForeignKey(
        "factories.CommitteeMember",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("chaired by"),
    )
    minutes = models.TextField(_("minutes"))
    minutes_file = models.ForeignKey(
        "records.StoredFile", models.PROTECT, null=True, blank=True, related_name="+"
    )
    minutes_filed_on = models.DateField(
        _("minutes sent to the authority on"), null=True, blank=True
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-held_on"]
        constraints = [
            models.UniqueConstraint(fields=["committee", "held_on"], name="meeting_once_a_day"),
            models.CheckConstraint(condition=~Q(minutes=""), name="meeting_has_minutes"),
        ]

    def __str__(self) -> str:
        return f"{self.committee_id} {self.held_on}"


class MeetingDecision(ProgrammeModel):
    """A decision in the minutes, linked to the plan item it is about."""

    meeting = models.ForeignKey(CommitteeMeeting, models.CASCADE, related_name="decisions")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="+")
    text = models.TextField(_("decision"))
    item = models.ForeignKey(
        PlanItem,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("plan item"),
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    carried_out_on = models.DateField(_("carried out on"), null=True, blank=True)

    class Meta:
        ordering = ["meeting", "id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="decision_has_text")]

    def __str__(self) -> str:
        return self.text[:40]


class ProgressReport(ProgrammeModel):
    """Progress Report 1 or 2 of a cycle, written by the factory."""

    class Rating(models.TextChoices):
        ON_TRACK = "on_track", _("On track")
        MODERATE = "moderate_progress", _("Moderate progress")
        NONE = "no_progress", _("No progress")

    factory = models.ForeignKey(
        "factories.Factory", models.PROTECT, related_name="progress_reports"
    )
    cycle = models.ForeignKey("factories.EngagementCycle", models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(
        _("number"), choices=[(1, _("First")), (2, _("Second"))]
    )
    # {question code: {"answer": text or rating, "question": text as asked}}
    answers = models.JSONField(default=dict)
    claimed_fixed = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    sent_on = models.DateField(_("sent on"), null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-cycle__number", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "number"], name="progress_report_once")
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} PR{self.number}"


class Nudge(ProgrammeModel):
    """A polite reminder; at most one about a thing in three days."""

    factory = models.ForeignKey("factories.Factory", models.CASCADE, related_name="+")
    about = models.CharField(max_length=80)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-sent_at"]
        indexes = [models.Index(fields=["about", "-sent_at"], name="nudge_about")]

    def __str__(self) -> str:
        return self.about
