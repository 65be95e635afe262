"""The Compliance Assessment Tool with its versions and law, assessments, answers and evidence."""

from __future__ import annotations

import uuid

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from betterwork.tenancy.models import ProgrammeModel


class Cluster(models.Model):
    """Topmost level of the tool, the same in every country."""

    code = models.CharField(primary_key=True, max_length=8)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.JSONField(_("name"))
    basis = models.CharField(
        max_length=8,
        choices=[("core", _("Core")), ("national", _("National")), ("meta", _("Meta"))],
    )
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.code


class CompliancePoint(models.Model):
    """Second level. `counts_in` folds a point into another cluster or point when rates are made."""

    code = models.CharField(primary_key=True, max_length=12)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="points")
    name = models.JSONField(_("name"))
    order = models.PositiveSmallIntegerField()
    facts_only = models.BooleanField(default=False)
    # The point's place in the numbers of AssessmentResult: given by the database to a new point,
    # and never to another.
    lane = models.PositiveSmallIntegerField(null=True, unique=True, editable=False)

    class Meta:
        ordering = ["cluster__order", "order"]
        constraints = [
            models.CheckConstraint(condition=Q(lane__isnull=False), name="point_has_a_lane")
        ]

    def __str__(self) -> str:
        return self.code


class LawParameterRows(models.QuerySet["LawParameter"]):
    def standing(self) -> LawParameterRows:
        """Without what was put right since."""
        return self.filter(correction__isnull=True)


class LawParameter(models.Model):
    """One parameter of a country's law in one period, never changed in place.

    When the law changes, a new period begins. What was written down wrongly is put right by a
    row that `corrects` it and takes its place: same country, code and first day.
    """

    class Confidence(models.TextChoices):
        HIGH = "high", _("Source checked")
        MEDIUM = "medium", _("Secondary source")
        LOW = "low", _("Unverified")
        NOT_FOUND = "not_found", _("No source found")

    country = models.CharField(max_length=2)
    code = models.SlugField(max_length=60)
    topic = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)
    value = models.JSONField(null=True)
    short = models.JSONField(default=dict)  # how it reads inside a sentence, by language
    unit = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    source = models.TextField(blank=True)
    confidence = models.CharField(max_length=10, choices=Confidence)
    # Null: in force since before the programme began, so far as is known.
    effective_from = models.DateField(null=True, blank=True)
    effective_to = models.DateField(null=True, blank=True)
    # What an editor proposed and a second person approved; null where the library brought it.
    proposal = models.OneToOneField(
        "LawProposal", models.PROTECT, null=True, editable=False, related_name="period"
    )
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, editable=False, related_name="correction"
    )

    objects = LawParameterRows.as_manager()

    class Meta:
        ordering = ["country", "topic", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "code", "effective_from"],
                condition=Q(corrects__isnull=True),
                nulls_distinct=False,
                name="law_period_once",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True)
                | Q(effective_from__isnull=True)
                | Q(effective_to__gt=F("effective_from")),
                name="law_period_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.code}"

    @property
    def is_verified(self) -> bool:
        return self.confidence in {self.Confidence.HIGH, self.Confidence.MEDIUM}


class ToolVersion(ProgrammeModel):
    """One version of the programme's questionnaire; immutable once published."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    label = models.CharField(_("label"), max_length=32)
    name = models.JSONField(_("name"), default=dict)  # by language
    # The country's own names for institutions, cited in braces: {code: {language: name}}
    names = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    effective_from = models.DateField(_("in force from"))
    content_hash = models.CharField(max_length=64, blank=True)
    # What changes and why, for those who review it and read it later.
    note = models.TextField(_("what changes, and why"), blank=True)
    # Questions of the version it was copied from, or of the library, that it does not ask:
    # {lineage: {reason, and where a person left it out: title, by, on, row}}
    left_out = models.JSONField(default=dict, blank=True)
    based_on = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Ids of all who had a hand in the draft, written by the database alone: whoever changes it or
    # one of its questions is among them, whatever they leave in its history.
    authors = ArrayField(models.BigIntegerField(), default=list, editable=False)
    # A draft nobody goes on with is kept, out of sight.
    set_aside_at = models.DateTimeField(null=True, blank=True)
    # While a review is asked for, the database lets nobody change a question of the draft.
    review_asked_at = models.DateTimeField(null=True, blank=True)
    review_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "label"], name="tool_label_once"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False),
                name="tool_published_at",
            ),
            # Two people: who approves neither began the draft nor asked for the review. That he
            # wrote none of its questions either is held by a trigger.
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (
                    Q(review_asked_by__isnull=False)
                    & ~Q(approved_by=F("review_asked_by"))
                    & (Q(created_by__isnull=True) | ~Q(approved_by=F("created_by")))
                ),
                name="tool_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | Q(review_asked_at__isnull=False),
                name="tool_approved_in_review",
            ),
            # What the library brings has nobody who published it.
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(published_by__isnull=True)
                | Q(approved_by__isnull=False),
                name="tool_published_after_review",
            ),
            models.CheckConstraint(
                condition=Q(set_aside_at__isnull=True) | Q(status="draft"),
                name="tool_set_aside_only_draft",
            ),
            models.CheckConstraint(
                condition=~Q(status="retired")
                | (Q(retired_at__isnull=False) & ~Q(retired_reason="")),
                name="tool_retired_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_open(self) -> bool:
        """Whether its questions may be changed now."""
        is_draft = self.status == self.Status.DRAFT
        return is_draft and self.review_asked_at is None and self.set_aside_at is None


class ToolQuestion(ProgrammeModel):
    """One question as one version asks it. `lineage` links it over versions and countries."""

    class Kind(models.TextChoices):
        NCQ = "ncq", _("Non-compliance question")
        FGW = "fgw", _("Fact-gathering question")

    version = models.ForeignKey(ToolVersion, models.CASCADE, related_name="questions")
    lineage = models.CharField(max_length=24)
    point = models.ForeignKey(CompliancePoint, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=3, choices=Kind)
    order = models.PositiveSmallIntegerField()
    # Per language, with English always there: {"en": ..., "bn": ...}
    title = models.JSONField()
    text = models.JSONField()
    finding = models.JSONField(default=dict)
    guidance = models.JSONField(default=dict)  # {"en": {"look_at": [...], "ask": [...], ...}}
    breach = models.CharField(
        max_length=3,
        blank=True,
        choices=[("yes", _("Yes is the breach")), ("no", _("No is the breach"))],
    )
    value_type = models.CharField(
        max_length=8,
        blank=True,
        choices=[
            ("number", _("Number")),
            ("text", _("Text")),
            ("choice", _("Choice")),
            ("date", _("Date")),
            ("boolean", _("Yes or no")),
        ],
    )
    value_rules = models.JSONField(
        default=dict
    )  # unit, min, max, choices [{key, label: {lang: ...}}]
    ilo = models.JSONField(default=list)
    law = ArrayField(models.CharField(max_length=60), default=list)
    tags = ArrayField(models.CharField(max_length=24), default=list)
    applies = models.JSONField(default=dict)
    related = ArrayField(models.CharField(max_length=24), default=list)
    # Sections of the SLCP framework it falls into: {version: [section, ...]}
    slcp = models.JSONField(default=dict, blank=True)
    # Non-compliance that national law itself causes: reported at national level, not held
    # against the factory.
    is_structural = models.BooleanField(default=False)
    structural_reason = models.TextField(blank=True)
    # State of each string: {language: {field: "reviewed"}}; what is not named is a draft.
    states = models.JSONField(default=dict, blank=True)
    # Whether answers to it may be set beside those of the version before, and if not, why.
    comparable = models.CharField(
        max_length=3,
        blank=True,
        choices=[("yes", _("Comparable")), ("no", _("Not comparable"))],
    )
    comparable_note = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["version", "lineage"], name="question_lineage_once"),
            models.CheckConstraint(
                condition=~Q(comparable="no") | ~Q(comparable_note=""),
                name="question_series_break_says_why",
            ),
            models.CheckConstraint(
                condition=Q(kind="ncq", breach__in=["yes", "no"], value_type="")
                | (Q(kind="fgw", breach="") & ~Q(value_type="")),
                name="question_kind_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.lineage


class ToolText(models.Model):
    """What a published question says in one language, as it is searched.

    Named by its content, so that the same words of thirteen countries stand here once; which
    tools say them is in ToolTextPlace. A published tool is the same for all who read it.
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=32, unique=True)  # of the words; the database checks it
    form = models.PositiveSmallIntegerField()  # how `words` is made; a new way makes new rows
    lineage = models.CharField(max_length=24)
    language = models.CharField(max_length=8)
    title = models.TextField()
    text = models.TextField()
    finding = models.TextField(blank=True)
    guidance = models.TextField(blank=True)  # one entry a line
    words = SearchVectorField()
    heads = SearchVectorField()  # of the title alone: what is found there comes first

    class Meta:
        indexes = [GinIndex(fields=["words"], name="tool_text_words")]

    def __str__(self) -> str:
        return f"{self.lineage} {self.language}"


class ToolTextPlace(models.Model):
    """One published version that says a text, and the days on which that version is in force."""

    id = models.BigAutoField(primary_key=True)
    programme = models.ForeignKey(
        "tenancy.Programme", models.CASCADE, related_name="+", db_index=False
    )
    version = models.ForeignKey(ToolVersion, models.CASCADE, related_name="+")
    text = models.ForeignKey(ToolText, models.PROTECT, related_name="places")
    country = models.CharField(max_length=2)
    since = models.DateField()
    until = models.DateField(null=True)  # first day of the version after it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "text"], name="tool_text_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.text_id}"


class ToolEdit(ProgrammeModel):
    """What one question of a draft said at one revision, and who wrote it: append-only.

    Without a lineage it is a change of the draft itself: its description, and which questions it
    asks in which order. The content then says which, and under what.
    A save that met another person's change is kept as well, without a revision, until somebody
    settles it: nobody's text is lost.
    """

    version = models.ForeignKey(ToolVersion, models.CASCADE, related_name="edits")
    lineage = models.CharField(max_length=24, blank=True)
    base_revision = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(null=True)  # null: not taken over
    content = models.JSONField()  # the flat fields of `editing/fields.py`
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "lineage", "revision"],
                condition=Q(revision__isnull=False),
                name="tool_edit_revision_once",
            ),
            models.CheckConstraint(
                condition=Q(revision__isnull=True) | Q(settled_at__isnull=True),
                name="tool_edit_settled_only_if_kept_aside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lineage} {self.revision or '?'}"


class ToolComment(ProgrammeModel):
    """A remark on a version, or on one question of it, until somebody settles it."""

    version = models.ForeignKey(ToolVersion, models.CASCADE, related_name="comments")
    lineage = models.CharField(max_length=24, blank=True)
    text = models.TextField(_("comment"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField()
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["made_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="tool_comment_says_something"),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="tool_comment_resolved_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class LawProposal(ProgrammeModel):
    """A new period of one parameter of the programme's law, or the correction of one, until a
    second person decides."""

    class Decision(models.TextChoices):
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    code = models.SlugField(max_length=60)
    topic = models.CharField(_("topic"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10)
    value = models.JSONField(_("value"), null=True)
    short = models.JSONField(default=dict)
    unit = models.CharField(_("unit"), max_length=120, blank=True)
    text = models.TextField(_("wording"), blank=True)
    reference = models.TextField(_("reference"), blank=True)
    source = models.TextField(_("source"), blank=True)
    confidence = models.CharField(_("how sure"), max_length=10, choices=LawParameter.Confidence)
    # The period it puts right; its first day stays, which may be unknown.
    corrects = models.ForeignKey(
        LawParameter, models.PROTECT, null=True, editable=False, related_name="+"
    )
    effective_from = models.DateField(_("in force from"), null=True)
    effective_to = models.DateField(_("in force until"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(blank=True)

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="law_proposal_has_a_reason"),
            models.CheckConstraint(
                condition=(Q(decision="") & Q(decided_at__isnull=True))
                | (~Q(decision="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="law_proposal_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=["approved", "refused"])
                | ~Q(decided_by=F("proposed_by")),
                name="law_proposal_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
                name="law_proposal_runs_forward",
            ),
            models.CheckConstraint(
                condition=~Q(confidence__in=["high", "medium"])
                | (~Q(source="") & ~Q(reference="")),
                name="law_proposal_verified_has_source",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__isnull=False) | Q(corrects__isnull=False),
                name="law_proposal_has_a_first_day",
            ),
            models.UniqueConstraint(
                fields=["programme", "code", "effective_from"],
                condition=Q(decision=""),
                nulls_distinct=False,
                name="law_proposal_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.effective_from}"


@pghistory.track()
class Assessment(ProgrammeModel):
    """One compliance assessment of one factory, in one cycle.

    Sealed from creation to check-in: only its team and the planner see the row (row-level
    security).
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        IN_PROGRESS = "in_progress", _("In progress")
        SUBMITTED = "submitted", _("Submitted")
        QUALITY_REVIEW = "quality_review", _("Quality review")
        FACTORY_REVIEW = "factory_review", _("With the factory for comments")
        RELEASED = "released", _("Released")
        CANCELLED = "cancelled", _("Cancelled")
        POSTPONED = "postponed", _("Postponed")
        ACCESS_REFUSED = "access_refused", _("Access refused")

    class Modality(models.TextChoices):
        ON_SITE = "on_site", _("On site")
        HYBRID = "hybrid", _("Hybrid")
        VIRTUAL = "virtual", _("Virtual compliance check")

    # Random, so that neither ids nor codes count the visits planned.
    code = models.CharField(_("assessment id"), max_length=16, editable=False)
    factory = models.ForeignKey("factories.Factory", models.PROTECT, related_name="assessments")
    cycle = models.ForeignKey(
        "factories.EngagementCycle", models.PROTECT, related_name="assessments"
    )
    cycle_number = models.PositiveSmallIntegerField(_("cycle"))
    version = models.ForeignKey(ToolVersion, models.PROTECT, related_name="+")
    modality = models.CharField(
        _("modality"), max_length=8, choices=Modality, default=Modality.ON_SITE
    )
    is_announced = models.BooleanField(_("announced"), default=False)
    # Null until a planner has drawn a date: an annual reassessment is opened before it is
    # scheduled.
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.PLANNED)
    sealed = models.BooleanField(default=True)
    status_reason = models.TextField(_("reason"), blank=True)

    checked_in_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    review_started_at = models.DateTimeField(null=True, blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("quality reviewer"),
    )
    draft_sent_at = models.DateTimeField(null=True, blank=True)
    comments_close_on = models.DateField(null=True, blank=True)
    # The factory's own word that it has nothing to add: only then may a release come early.
    factory_finished_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    workers_interviewed = models.PositiveIntegerField(
        _("workers interviewed"), null=True, blank=True
    )
    # Head count on the day: a later change of the profile does not change an old report.
    workers_female = models.PositiveIntegerField(default=0)
    workers_male = models.PositiveIntegerField(default=0)
    questions_total = models.PositiveSmallIntegerField(default=0)
    # Lineages of the version that are not asked here, fixed at check-in: a later change of the
    # factory's profile does not change an old report.
    left_out = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    opened_automatically = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-starts_on", "id"]
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        indexes = [
            models.Index(fields=["programme", "status"], name="assessment_status"),
            models.Index(fields=["programme", "-starts_on"], name="assessment_starts"),
            models.Index(fields=["factory", "-starts_on"], name="assessment_factory"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="assessment_code_once"),
            models.UniqueConstraint(
                fields=["cycle"],
                condition=~Q(status__in=["cancelled", "access_refused", "postponed"]),
                name="assessment_once_a_cycle",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True, ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="assessment_days",
            ),
            models.CheckConstraint(
                condition=Q(sealed=False) | Q(status__in=["planned", "postponed", "cancelled"]),
                name="assessment_sealed_only_before_check_in",
            ),
            models.CheckConstraint(
                condition=~Q(status="planned") | Q(sealed=True), name="assessment_planned_is_sealed"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["planned", "cancelled", "postponed", "access_refused"])
                | Q(checked_in_at__isnull=False, starts_on__isnull=False),
                name="assessment_begun_has_check_in",
            ),
            models.CheckConstraint(
                condition=~Q(status="released") | Q(released_at__isnull=False),
                name="assessment_released_at",
            ),
            models.CheckConstraint(
                condition=~Q(status="factory_review") | Q(comments_close_on__isnull=False),
                name="assessment_comments_have_an_end",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class AssessmentMember(ProgrammeModel):
    """A seat on an assessment team, sealed with its assessment."""

    class Position(models.TextChoices):
        LEAD = "lead", _("Lead assessor")
        ASSESSOR = "assessor", _("Assessor")
        OBSERVER = "observer", _("Observer")

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="team")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(_("position"), max_length=10, choices=Position)
    sealed = models.BooleanField(default=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    last_seen_point = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["-position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "user"], name="member_once"),
            models.UniqueConstraint(
                fields=["assessment"], condition=Q(position="lead"), name="team_one_lead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.user_id}"


class Outcome(models.TextChoices):
    COMPLIANT = "compliant", _("Compliant")
    NON_COMPLIANT = "non_compliant", _("Non-compliance")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    NOT_ASSESSED = "not_assessed", _("Not assessed")
    STRUCTURAL = "structural", _("Due to national law")


class Source(models.TextChoices):
    OBSERVATION = "observation", _("Observation")
    WORKERS = "workers", _("Workers")
    MANAGEMENT = "management", _("Managers")
    DOCUMENTS = "documents", _("Documents")
    UNION = "union", _("Union")


class Answer(models.Model):
    """The current answer to one question of one assessment. AnswerChange keeps every change."""

    id = models.BigAutoField(primary_key=True)
    programme = models.ForeignKey(
        "tenancy.Programme", models.PROTECT, editable=False, related_name="+"
    )
    assessment = models.ForeignKey(
        Assessment, models.CASCADE, related_name="answers", db_index=False
    )
    question = models.ForeignKey(ToolQuestion, models.PROTECT, related_name="+", db_index=False)
    point = models.ForeignKey(CompliancePoint, models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)  # empty for facts
    reason = models.TextField(blank=True)  # why not assessed / not applicable
    finding = models.TextField(blank=True)
    sources = ArrayField(models.CharField(max_length=12), default=list)
    value_number = models.DecimalField(max_digits=16, decimal_places=3, null=True)
    value_text = models.TextField(blank=True)
    value_choice = models.CharField(max_length=40, blank=True)
    value_date = models.DateField(null=True)
    value_boolean = models.BooleanField(null=True)
    revision = models.PositiveIntegerField(default=1)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "question"], name="answer_once"),
        ]
        indexes = [
            # Question rates: only the breaches, by question.
            models.Index(
                fields=["programme", "question"],
                condition=Q(outcome="non_compliant"),
                name="answer_breaches",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.question_id}"


class AnswerChange(models.Model):
    """What an answer said at one revision: append-only, both sides of a conflict included."""

    id = models.BigAutoField(primary_key=True)
    programme = models.ForeignKey(
        "tenancy.Programme", models.PROTECT, editable=False, related_name="+"
    )
    assessment = models.ForeignKey(
        Assessment, models.CASCADE, related_name="changes", db_index=False
    )
    question = models.ForeignKey(ToolQuestion, models.PROTECT, related_name="+", db_index=False)
    client_id = models.UUIDField(
        default=uuid.uuid4, unique=True
    )  # made on the device: resending is harmless
    base_revision = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(null=True)  # null while in conflict
    content = models.JSONField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    made_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    conflict = models.BooleanField(default=False)

    class Meta:
        ordering = ["received_at", "id"]
        indexes = [models.Index(fields=["assessment", "question"], name="change_question")]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.question_id} r{self.revision}"


class AnswerConflict(ProgrammeModel):
    """Two people changed the same answer from the same base: a person settles it."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="conflicts")
    question = models.ForeignKey(ToolQuestion, models.PROTECT, related_name="+")
    kept = models.ForeignKey(AnswerChange, models.PROTECT, related_name="+", null=True)
    incoming = models.OneToOneField(AnswerChange, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["question__order"]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.question_id}"


class Evidence(ProgrammeModel):
    """A file or note that supports an answer. Added, never replaced or removed."""

    class Visibility(models.TextChoices):
        TEAM = "team", _("The assessment team and programme staff")
        FACTORY = "factory", _("Also the factory")

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="evidence")
    question = models.ForeignKey(ToolQuestion, models.PROTECT, null=True, related_name="+")
    file = models.ForeignKey("records.StoredFile", models.PROTECT, related_name="+")
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    visibility = models.CharField(
        _("seen by"), max_length=8, choices=Visibility, default=Visibility.TEAM
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "question", "file"],
                nulls_distinct=False,
                name="evidence_once",
            )
        ]

    def __str__(self) -> str:
        return self.caption or str(self.pk)


class ReviewRemark(ProgrammeModel):
    """A reviewer's remark on a question, answered by the team before the review goes on."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="remarks")
    question = models.ForeignKey(ToolQuestion, models.PROTECT, null=True, related_name="+")
    text = models.TextField(_("remark"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    reply = models.TextField(_("answer"), blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="remark_has_text")]

    def __str__(self) -> str:
        return self.text[:40]


class FactoryComment(ProgrammeModel):
    """What the factory says to its draft report: kept beside the finding, never inside it."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="comments")
    factory = models.ForeignKey("factories.Factory", models.CASCADE, related_name="+")
    question = models.ForeignKey(ToolQuestion, models.PROTECT, null=True, related_name="+")
    text = models.TextField(_("comment"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="comment_has_text")]

    def __str__(self) -> str:
        return self.text[:40]


class AssessmentStep(ProgrammeModel):
    """One transition of the state machine: append-only."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="steps")
    from_status = models.CharField(max_length=16)
    to_status = models.CharField(max_length=16)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status}"


class PointResult(models.Model):
    """Summary of one compliance point in one assessment, rewritten when answers are submitted.

    Programme, year, cycle and region stand in the row, so a dashboard reads this table alone.
    """

    id = models.BigAutoField(primary_key=True)
    programme = models.ForeignKey(
        "tenancy.Programme", models.PROTECT, related_name="+", db_index=False
    )
    assessment = models.ForeignKey(
        Assessment, models.CASCADE, related_name="results", db_index=False
    )
    factory = models.ForeignKey(
        "factories.Factory", models.CASCADE, related_name="+", db_index=False
    )
    point = models.ForeignKey(CompliancePoint, models.PROTECT, related_name="+", db_index=False)
    assessed_on = models.DateField()
    year = models.PositiveSmallIntegerField()
    cycle_number = models.PositiveSmallIntegerField()
    region = models.CharField(max_length=100, blank=True)
    factory_type = models.CharField(max_length=12, blank=True)
    is_released = models.BooleanField(default=False)
    asked = models.PositiveSmallIntegerField()  # answers compliant or non-compliant
    breaches = models.PositiveSmallIntegerField()  # non-compliant answers held against the factory
    structural = models.PositiveSmallIntegerField(default=0)
    is_non_compliant = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "point"], name="point_result_once"),
            models.CheckConstraint(
                condition=Q(breaches__lte=F("asked")), name="point_breaches_within_asked"
            ),
            models.CheckConstraint(
                condition=Q(is_non_compliant=True, breaches__gt=0)
                | Q(is_non_compliant=False, breaches=0),
                name="point_non_compliant_if_breached",
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "year", "point"], name="point_result_year"),
            models.Index(fields=["programme", "assessed_on"], name="point_result_day"),
            models.Index(fields=["programme", "factory"], name="point_result_factory"),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.point_id}"


class AssessmentResult(models.Model):
    """All compliance points of one assessment side by side, each in its own digits of a number.

    A point stands in the five decimal digits of its lane (`CompliancePoint.lane`), as 1 or 0: sums
    of these numbers over assessments are counts for every point at once. A dashboard adds a few
    thousand of them instead of reading forty times as many rows. Made from `PointResult`.
    """

    DIGITS = 5  # up to 99,999 assessments are counted before one point would run into the next

    assessment = models.OneToOneField(
        Assessment, models.CASCADE, primary_key=True, related_name="result"
    )
    programme = models.ForeignKey(
        "tenancy.Programme", models.PROTECT, related_name="+", db_index=False
    )
    factory = models.ForeignKey("factories.Factory", models.CASCADE, related_name="+")
    is_released = models.BooleanField(default=False)
    present = models.DecimalField(max_digits=300, decimal_places=0)  # points with any outcome
    asked = models.DecimalField(max_digits=300, decimal_places=0)
    found = models.DecimalField(max_digits=300, decimal_places=0)  # held against the factory
    structural = models.DecimalField(max_digits=300, decimal_places=0)
    either = models.DecimalField(max_digits=300, decimal_places=0)  # found or structural

    def __str__(self) -> str:
        return str(self.assessment_id)


# What planning keeps stands in its own module; Django finds models here, and so do importers.
from .planning_models import (  # noqa: E402
    Absence,
    AccessRefusal,
    AssessorProfile,
    CalendarFeed,
    ConflictOfInterest,
    CountryDay,
    FactoryClosure,
    PlanChange,
    PlanRun,
    VisitPlan,
)

__all__ = [  # only what comes from elsewhere; models of this module need no listing
    "Absence",
    "AccessRefusal",
    "AssessorProfile",
    "CalendarFeed",
    "ConflictOfInterest",
    "CountryDay",
    "FactoryClosure",
    "PlanChange",
    "PlanRun",
    "VisitPlan",
]
