"""What the planning of visits knows and keeps: people, absences, closures, plans, refusals, feeds.

Rows that betray a sealed visit (plans, what they propose, why a date was drawn) are the planner's
alone, by row-level security; so is the record of who looked at them.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from betterwork.tenancy.models import ProgrammeModel

PERSON = settings.AUTH_USER_MODEL


class AssessorProfile(ProgrammeModel):
    """What planning needs to know of one advisor. Seen by the person, managers and planners."""

    class Sex(models.TextChoices):
        UNSAID = "", _("Not said")
        FEMALE = "female", _("Woman")
        MALE = "male", _("Man")

    user = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    languages = ArrayField(
        models.CharField(max_length=8), verbose_name=_("languages spoken"), default=list, blank=True
    )
    may_lead = models.BooleanField(_("may lead an assessment"), default=False)
    has_osh = models.BooleanField(_("trained in safety and health"), default=False)
    is_available = models.BooleanField(_("takes part in assessments"), default=True)
    # Only where the person chose to say so; a rule on both sexes then counts it.
    sex = models.CharField(_("sex"), max_length=8, choices=Sex, default=Sex.UNSAID, blank=True)
    base_region = models.CharField(_("base region"), max_length=100, blank=True)
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    days_a_month = models.PositiveSmallIntegerField(
        _("assessment days a month, at most"), default=8
    )
    # The person's own word that every conflict of interest is declared.
    conflicts_declared_on = models.DateField(_("conflicts declared on"), null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "user"], name="assessor_profile_once"),
            models.CheckConstraint(
                condition=Q(days_a_month__lte=31), name="assessor_days_within_a_month"
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="assessor_base_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}"


class Absence(ProgrammeModel):
    """Days on which an advisor takes no assessment. Withdrawn, never deleted."""

    class Kind(models.TextChoices):
        LEAVE = "leave", _("Leave")
        ILLNESS = "illness", _("Illness")
        COURSE = "course", _("Course")
        OTHER = "other", _("Other work")

    user = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.LEAVE)
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["first_day", "id"]
        indexes = [models.Index(fields=["programme", "last_day"], name="absence_days")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="absence_runs_forward"
            ),
            models.UniqueConstraint(
                fields=["programme", "user", "first_day", "last_day"],
                condition=Q(withdrawn_at__isnull=True),
                name="absence_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.first_day} {self.last_day}"


class ConflictOfInterest(ProgrammeModel):
    """A tie between an advisor and a factory, declared by the person. Ended, never deleted."""

    user = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="+")
    reason = models.TextField(_("what ties you to it"))
    declared_on = models.DateField(_("declared on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    class Meta:
        ordering = ["-declared_on", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="conflict_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("declared_on")),
                name="conflict_ends_after_it_began",
            ),
            models.UniqueConstraint(
                fields=["user", "factory"],
                condition=Q(ended_on__isnull=True),
                name="conflict_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.factory_id}"


class FactoryClosure(ProgrammeModel):
    """Days on which a factory is not visited, with why. Withdrawn, never deleted."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("Closed")
        PEAK_SEASON = "peak_season", _("Peak season")
        FORCE_MAJEURE = "force_majeure", _("Force majeure")

    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="closures")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.CLOSED)
    note = models.TextField(_("what is known"), blank=True)
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["first_day", "id"]
        indexes = [models.Index(fields=["programme", "last_day"], name="closure_days")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="closure_runs_forward"
            ),
            models.CheckConstraint(
                condition=~Q(kind="force_majeure") | ~Q(note=""), name="closure_forced_says_why"
            ),
            models.UniqueConstraint(
                fields=["factory", "first_day", "last_day"],
                condition=Q(withdrawn_at__isnull=True),
                name="closure_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.factory_id} {self.first_day} {self.last_day}"


class CountryDay(ProgrammeModel):
    """A day on which the calendar of the whole programme departs from the public one: announced
    late, moved with the moon, an election. Withdrawn, never deleted."""

    class Kind(models.TextChoices):
        OFF = "off", _("Nobody works")
        WORKED = "worked", _("A public holiday that is worked")

    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.OFF)
    name = models.CharField(_("what it is"), max_length=120)
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="country_day_has_a_name"),
            models.UniqueConstraint(
                fields=["programme", "day"],
                condition=Q(withdrawn_at__isnull=True),
                name="country_day_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class PlanRun(ProgrammeModel):
    """One run of the planner: what it looked at, what it placed, the entropy it kept.

    The planner's alone. Of the shadow plans behind the entropy only aggregates are kept.
    """

    class Kind(models.TextChoices):
        HORIZON = "horizon", _("Extension of the horizon")
        REPLAN = "replan", _("Replanning with the fewest changes")

    class State(models.TextChoices):
        RUNNING = "running", _("Under way")
        APPLIED = "applied", _("Applied")
        WAITING = "waiting", _("Waits for a planner")
        DISCARDED = "discarded", _("Not taken")
        FAILED = "failed", _("Refused by the checker")

    # One row for one cause: a run that is sent twice finds what the first one made.
    key = models.CharField(max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    cause = models.CharField(max_length=24, blank=True)  # absence, closure, refusal, hand, night
    cause_id = models.UUIDField(null=True, blank=True)
    today = models.DateField()
    first_day = models.DateField()
    last_day = models.DateField()
    wanted = models.PositiveIntegerField(_("visits wanted"), default=0)
    placed = models.PositiveIntegerField(_("visits placed"), default=0)
    moved = models.PositiveIntegerField(_("dates moved"), default=0)
    entropy_bits = models.FloatField(_("mean bits kept"), null=True, blank=True)
    entropy_share = models.FloatField(_("of what the rules allow"), null=True, blank=True)
    entropy_least = models.FloatField(_("bits kept by the most guessable"), null=True, blank=True)
    month_loads = models.JSONField(default=list)  # need and have by month, as the planner counted
    problems = models.JSONField(default=list)  # the checker's codes, if it refused
    seconds = models.FloatField(null=True, blank=True)
    requested_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-started_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "key"], name="plan_run_once"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="plan_run_horizon"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_day}"


class PlanChange(ProgrammeModel):
    """What one run does with one visit, before and after; unplaced ones with their reasons."""

    class Kind(models.TextChoices):
        PLACED = "placed", _("Placed")
        MOVED = "moved", _("Another day")
        RETEAMED = "reteamed", _("Another team")
        LOST = "lost", _("Without a day")
        UNPLACED = "unplaced", _("Could not be placed")

    run = models.ForeignKey(PlanRun, models.CASCADE, related_name="changes")
    assessment = models.ForeignKey("assessments.Assessment", models.CASCADE, related_name="+")
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    before = models.JSONField(default=dict)  # {"starts_on", "ends_on", "team": [lead, second]}
    after = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)  # [{"code": ..., facts}]
    window_first = models.DateField(null=True, blank=True)
    window_last = models.DateField(null=True, blank=True)
    legal_dates = models.PositiveSmallIntegerField(default=0)
    entropy_bits = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "assessment"], name="plan_change_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.assessment_id}"


class VisitPlan(ProgrammeModel):
    """How a visit came to its day and way: its team and the planner see it, nobody else ever.

    Locked visits keep day and team, whatever is planned anew.
    """

    assessment = models.OneToOneField(
        "assessments.Assessment", models.CASCADE, related_name="visit_plan"
    )
    run = models.ForeignKey(PlanRun, models.SET_NULL, null=True, related_name="+")
    is_locked = models.BooleanField(_("locked"), default=False)
    lock_reason = models.TextField(_("reason"), blank=True)
    is_by_hand = models.BooleanField(default=False)
    modality_reason = models.TextField(blank=True)
    # A window that passed before a day was found, held open longer by a planner.
    widened_to = models.DateField(_("window held open until"), null=True, blank=True)
    widen_reason = models.TextField(blank=True)
    # A hybrid's day from a distance; its other day is at the factory.
    virtual_on = models.DateField(_("virtual day"), null=True, blank=True)
    window_first = models.DateField(null=True, blank=True)
    window_last = models.DateField(null=True, blank=True)
    legal_dates = models.PositiveSmallIntegerField(default=0)
    entropy_bits = models.FloatField(null=True, blank=True)
    why = models.JSONField(default=list)  # soft rules weighed: [{"code": ..., facts}]
    decided_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_locked=False) | ~Q(lock_reason=""), name="visit_locked_says_why"
            ),
            models.CheckConstraint(
                condition=Q(widened_to__isnull=True) | ~Q(widen_reason=""),
                name="visit_widened_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class AccessRefusal(ProgrammeModel):
    """A factory that did not let the team in: a fact, append-only.

    `is_reportable`: the second refusal in a cycle, none of them by force majeure. What is published
    reads this row.
    """

    assessment = models.OneToOneField(
        "assessments.Assessment", models.PROTECT, related_name="access_refusal"
    )
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="+")
    cycle = models.ForeignKey("factories.EngagementCycle", models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    refused_on = models.DateField(_("refused on"))
    refused_by = models.CharField(_("who refused"), max_length=200, blank=True)
    reason = models.TextField(_("reason"))
    is_force_majeure = models.BooleanField(_("force majeure"), default=False)
    is_reportable = models.BooleanField(default=False)
    evidence = models.ForeignKey(
        "records.StoredFile", models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-refused_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "attempt"], name="refusal_attempt_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="refusal_has_a_reason"),
            models.CheckConstraint(
                condition=Q(is_reportable=False) | Q(attempt__gte=2, is_force_majeure=False),
                name="refusal_reportable_from_the_second",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.factory_id} {self.attempt}"


class CalendarFeed(ProgrammeModel):
    """A person's calendar at a secret address. Only the hash of its token is kept."""

    class Shows(models.TextChoices):
        BUSY = "busy", _("Only that I am busy")
        DETAILS = "details", _("Factory and place of announced visits; sealed ones as busy")
        SEALED = "sealed", _("Everything, sealed visits too")

    user = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    role = models.CharField(max_length=24)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    shows = models.CharField(_("what it shows"), max_length=8, choices=Shows, default=Shows.BUSY)
    made_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "user"],
                condition=Q(revoked_at__isnull=True),
                name="calendar_feed_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.shows}"
