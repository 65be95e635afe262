"""Factories, the groups and buyers around them, their cycles, committees, and imports."""

from __future__ import annotations

import uuid
from datetime import date

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from betterwork.tenancy.models import ProgrammeModel

from . import bodies


class ManufacturingGroup(models.Model):
    """Owner of several factories, often in several countries."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200)
    headquarters = models.CharField(_("headquarters"), max_length=200, blank=True)
    contact_name = models.CharField(_("contact"), max_length=120, blank=True)
    contact_email = models.EmailField(_("contact's e-mail"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("manufacturing group")
        verbose_name_plural = _("manufacturing groups")
        constraints = [models.UniqueConstraint(Lower("name"), name="group_name_once")]

    def __str__(self) -> str:
        return self.name


class Buyer(models.Model):
    """A brand or retailer."""

    class Grade(models.TextChoices):
        NONE = "none", _("Not in the programme")
        PARTICIPANT = "participant", _("Participant")
        PARTNER = "partner", _("Partner")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200)
    grade = models.CharField(_("grade"), max_length=12, choices=Grade, default=Grade.NONE)

    class Meta:
        ordering = ["name"]
        verbose_name = _("buyer")
        verbose_name_plural = _("buyers")
        constraints = [models.UniqueConstraint(Lower("name"), name="buyer_name_once")]

    def __str__(self) -> str:
        return self.name


# Letters of languages that people at a factory read, by their place in Unicode.
SCRIPTS = {"bn": range(0x0980, 0x0A00), "ar": range(0x0600, 0x0700)}


@pghistory.track()
class Factory(ProgrammeModel):
    """One production site in the programme."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        CLOSED = "closed", _("Closed")
        LEFT = "left", _("Left the programme")

    class Type(models.TextChoices):
        GARMENT = "garment", _("Garment")
        FOOTWEAR = "footwear", _("Footwear")
        OTHER = "other", _("Other")

    # The programme's own stable id, drawn once and never reused, such as BD-4F7K2.
    code = models.CharField(_("factory id"), max_length=16, editable=False)
    name = models.CharField(_("name"), max_length=200)
    local_name = models.CharField(_("name in local script"), max_length=200, blank=True)
    os_id = models.CharField(_("OS ID"), max_length=20, blank=True)
    gateway_id = models.CharField(_("SLCP Gateway id"), max_length=40, blank=True)
    legacy_id = models.CharField(_("id in an earlier system"), max_length=40, blank=True)

    factory_type = models.CharField(_("type"), max_length=12, choices=Type, default=Type.GARMENT)
    isic_division = models.CharField(_("ISIC division"), max_length=8, blank=True, default="14")
    began_on_year = models.PositiveSmallIntegerField(
        _("year operations began"), null=True, blank=True
    )
    first_product = models.CharField(_("first main product"), max_length=120, blank=True)
    second_product = models.CharField(_("second main product"), max_length=120, blank=True)

    address = models.TextField(_("address"), blank=True)
    office_address = models.TextField(_("office address"), blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postcode = models.CharField(_("post code"), max_length=20, blank=True)
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    # Room for several numbers, as older systems keep them.
    phone = models.CharField(_("phone"), max_length=120, blank=True)
    fax = models.CharField(_("fax"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("web site"), blank=True)

    group = models.ForeignKey(
        ManufacturingGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="factories",
        verbose_name=_("manufacturing group"),
    )
    owner_name = models.CharField(_("legal owner"), max_length=200, blank=True)
    owner_headquarters = models.CharField(_("owner's headquarters"), max_length=200, blank=True)
    owner_contact = models.CharField(_("owner's contact"), max_length=200, blank=True)
    advisor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="caseload",
        verbose_name=_("enterprise advisor"),
    )
    languages = models.JSONField(_("languages of the workers"), default=list, blank=True)
    weekly_rest = models.JSONField(
        _("weekly rest days, if not the country's"), default=list, blank=True
    )
    has_dormitory = models.BooleanField(_("has a dormitory"), default=False)
    has_migrant_workers = models.BooleanField(_("employs migrant workers"), default=False)
    has_trade_union = models.BooleanField(_("has a trade union"), default=False)
    peer_grouping = models.BooleanField(_("takes part in peer grouping"), default=True)

    # The latest head count, kept beside its history in WorkforceCount: lists sort by it.
    workers_female = models.PositiveIntegerField(_("women"), default=0)
    workers_male = models.PositiveIntegerField(_("men"), default=0)

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    status_reason = models.TextField(_("reason"), blank=True)
    status_since = models.DateField(_("since"))
    registered_on = models.DateField(_("registered on"))
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged_from"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("factory")
        verbose_name_plural = _("factories")
        indexes = [
            models.Index(fields=["programme", "name"], name="factory_name"),
            models.Index(fields=["programme", "region"], name="factory_region"),
            models.Index(fields=["advisor"], name="factory_advisor"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="factory_code_once"),
            models.UniqueConstraint(
                fields=["os_id"],
                condition=~Q(os_id="") & Q(merged_into__isnull=True),
                name="factory_os_id_once",
            ),
            models.UniqueConstraint(
                fields=["programme", "legacy_id"],
                condition=~Q(legacy_id="") & Q(merged_into__isnull=True),
                name="factory_legacy_id_once",
            ),
            models.UniqueConstraint(
                fields=["programme", "gateway_id"],
                condition=~Q(gateway_id="") & Q(merged_into__isnull=True),
                name="factory_gateway_id_once",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="factory_has_a_name"),
            models.CheckConstraint(
                condition=Q(status="active") | ~Q(status_reason=""),
                name="factory_status_has_a_reason",
            ),
            models.CheckConstraint(
                condition=(Q(latitude__isnull=True) & Q(longitude__isnull=True))
                | (Q(latitude__range=(-90, 90)) & Q(longitude__range=(-180, 180))),
                name="factory_location_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="factory_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def name_in(self, language: str) -> str:
        """The local name where it is in the script of this language, else the registered one."""
        script = SCRIPTS.get(language, range(0))
        is_readable = any(ord(letter) in script for letter in self.local_name)
        return self.local_name if is_readable else self.name

    @property
    def worker_count(self) -> int:
        return self.workers_female + self.workers_male


class FactoryContact(ProgrammeModel):
    factory = models.ForeignKey(Factory, models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=120)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_main = models.BooleanField(_("is the main contact"), default=False)
    left_on = models.DateField(_("left on"), null=True, blank=True)

    class Meta:
        ordering = ["-is_main", "name"]

    def __str__(self) -> str:
        return self.name


class WorkforceCount(ProgrammeModel):
    """Head count by sex on a day, with where the number came from."""

    factory = models.ForeignKey(Factory, models.CASCADE, related_name="workforce")
    counted_on = models.DateField(_("counted on"))
    female = models.PositiveIntegerField(_("women"))
    male = models.PositiveIntegerField(_("men"))
    source = models.CharField(_("source"), max_length=60)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-counted_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["factory", "counted_on", "source"], name="workforce_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted_on}: {self.female + self.male}"


class FactoryBuyer(ProgrammeModel):
    """Who buys from the factory. A buyer never learns of another buyer through us."""

    factory = models.ForeignKey(Factory, models.CASCADE, related_name="buyer_links")
    buyer = models.ForeignKey(Buyer, models.PROTECT, related_name="factory_links")
    since_year = models.PositiveSmallIntegerField(_("since"), null=True, blank=True)
    relation = models.CharField(
        _("relation"),
        max_length=16,
        default="direct",
        choices=[
            ("direct", _("Direct")),
            ("preferred", _("Preferred supplier")),
            ("contractor", _("Contractor")),
            ("subcontractor", _("Subcontractor")),
        ],
    )
    # The factory's own word that this buyer may read what is released about it.
    consented_on = models.DateField(_("agreed to share on"), null=True, blank=True)
    consent_ended_on = models.DateField(_("agreement ended on"), null=True, blank=True)
    subscribed_until = models.DateField(_("subscription until"), null=True, blank=True)
    ended_on = models.DateField(_("stopped buying on"), null=True, blank=True)
    # A link that came with a duplicate opens nothing of what this factory released before.
    reads_from = models.DateTimeField(null=True, editable=False)
    # The link of a duplicate stays, and holds as long as this one of the factory that stands.
    carried_to = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["buyer__name"]
        constraints = [
            models.UniqueConstraint(fields=["factory", "buyer"], name="factory_buyer_once")
        ]

    def __str__(self) -> str:
        return f"{self.factory_id} - {self.buyer_id}"

    def is_in_force(self, today: date) -> bool:
        """Whether the buyer may read on this day: agreed to, and covered by a subscription."""
        if self.consented_on is None or self.subscribed_until is None:
            return False
        ended = self.consent_ended_on is not None and self.consent_ended_on <= today
        return self.consented_on <= today <= self.subscribed_until and not ended


class FactoryStatusChange(ProgrammeModel):
    """History of the status, append-only."""

    factory = models.ForeignKey(Factory, models.CASCADE, related_name="status_changes")
    status = models.CharField(_("status"), max_length=10, choices=Factory.Status)
    reason = models.TextField(_("reason"), blank=True)
    since = models.DateField(_("since"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return f"{self.status} {self.since}"


@pghistory.track()
class EngagementCycle(ProgrammeModel):
    """One service year of one factory. Its phase is computed from facts, never stored."""

    factory = models.ForeignKey(Factory, models.PROTECT, related_name="cycles")
    number = models.PositiveSmallIntegerField(_("cycle"))
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    is_high_performer = models.BooleanField(_("high performer"), default=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["factory", "-number"]
        verbose_name = _("engagement cycle")
        verbose_name_plural = _("engagement cycles")
        constraints = [
            models.UniqueConstraint(fields=["factory", "number"], name="cycle_number_once"),
            models.UniqueConstraint(
                fields=["factory"], condition=Q(ends_on__isnull=True), name="cycle_one_open"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="cycle_counts_from_one"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="cycle_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.factory_id} #{self.number}"


class CycleFact(ProgrammeModel):
    """One dated fact of a cycle, recorded by the app that knows it. The engine reads only these.

    A planned assessment is no fact: it becomes one at check-in, so no clock betrays it.
    """

    class Kind(models.TextChoices):
        ADVISORY_VISIT = "advisory_visit", _("Advisory visit")
        COMMITTEE_FORMED = "committee_formed", _("Bipartite committee formed")
        SELF_DIAGNOSIS = "self_diagnosis", _("Self-diagnosis completed")
        PLAN_OPENED = "plan_opened", _("Improvement plan opened")
        ASSESSED = "assessed", _("Assessment")
        ASSESSMENT_ENDED = "assessment_ended", _("Last day of the assessment")
        DRAFT_SHARED = "draft_shared", _("Draft report sent to the factory")
        FACTORY_COMMENTED = "factory_commented", _("Factory commented on the draft")
        REPORT_RELEASED = "report_released", _("Report released")
        PROGRESS_REPORT_1 = "progress_report_1", _("Progress Report 1")
        PROGRESS_REPORT_2 = "progress_report_2", _("Progress Report 2")
        SEMINAR = "seminar", _("Seminar")
        TRAINING = "training", _("Training")
        REREGISTERED = "reregistered", _("Registered for the next cycle")

    cycle = models.ForeignKey(EngagementCycle, models.CASCADE, related_name="facts")
    factory = models.ForeignKey(Factory, models.CASCADE, related_name="+")
    kind = models.CharField(_("what"), max_length=24, choices=Kind)
    happened_on = models.DateField(_("on"))
    amount = models.PositiveIntegerField(_("amount"), null=True, blank=True)
    source_id = models.CharField(max_length=64, blank=True)
    note = models.TextField(_("note"), blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["happened_on", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "kind", "happened_on", "source_id"], name="cycle_fact_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_on}"


class CycleClocks(ProgrammeModel):
    """What the engine last said of a cycle's clocks, so that a dashboard asks it only of changes.

    Never a source: triggers raise `version` with every fact, drift or change the engine reads, and
    clocks kept at an older version, or under another `mark` of settings, calendar and rules, are
    asked for anew (`factories/summaries.py`).
    """

    cycle = models.OneToOneField(EngagementCycle, models.CASCADE, related_name="kept_clocks")
    factory = models.ForeignKey(Factory, models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(default=1)
    kept_version = models.PositiveIntegerField(default=0)
    mark = models.CharField(max_length=64, blank=True)
    # [{key, started_on, due_on, done_on, is_paused, reason}] of the clocks not done for good
    clocks = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kept_version__lte=F("version")), name="clocks_kept_of_a_known_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} v{self.version}"


class ClockDrift(ProgrammeModel):
    """Why a clock slipped; the lateness stays visible, with its reason."""

    class Reason(models.TextChoices):
        FORCE_MAJEURE = "force_majeure", _("Force majeure")
        FACTORY_REQUEST = "factory_request", _("The factory asked for it")
        RECORDS_AWAITED = "records_awaited", _("Records awaited")
        ACCESS_REFUSED = "access_refused", _("Access refused")
        STAFF_ABSENCE = "staff_absence", _("Staff absence")
        PEAK_SEASON = "peak_season", _("Peak season")
        OTHER = "other", _("Other")

    cycle = models.ForeignKey(EngagementCycle, models.CASCADE, related_name="drifts")
    factory = models.ForeignKey(Factory, models.CASCADE, related_name="+")
    clock = models.CharField(_("clock"), max_length=40)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    note = models.TextField(_("note"), blank=True)
    # The clock runs to a new day, or stands still until the next record, or only has its reason.
    new_due_on = models.DateField(_("new due date"), null=True, blank=True)
    is_paused = models.BooleanField(_("stands still"), default=False)
    recorded_on = models.DateField(_("recorded on"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_paused=False) | Q(new_due_on__isnull=True),
                name="drift_pauses_or_moves",
            )
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.reason}"


@pghistory.track()
class Committee(ProgrammeModel):
    """A bipartite committee of a factory."""

    class Kind(models.TextChoices):
        BIPARTITE = "bipartite", _("Bipartite committee")
        SAFETY = "safety", _("Safety committee")

    factory = models.ForeignKey(Factory, models.PROTECT, related_name="committees")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.BIPARTITE)
    name = models.CharField(_("name"), max_length=120)
    formed_on = models.DateField(_("formed on"))
    dissolved_on = models.DateField(_("dissolved on"), null=True, blank=True)
    registered_on = models.DateField(_("filed with the authority on"), null=True, blank=True)

    class Meta:
        ordering = ["factory", "kind", "-formed_on"]
        verbose_name = _("committee")
        verbose_name_plural = _("committees")
        constraints = [
            models.UniqueConstraint(
                fields=["factory", "kind"],
                condition=Q(dissolved_on__isnull=True),
                name="committee_one_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(dissolved_on__isnull=True) | Q(dissolved_on__gte=F("formed_on")),
                name="committee_dates",
            ),
        ]

    @property
    def shown_name(self) -> str:
        """Its name in the reader's language where it is a name of law, else as recorded."""
        return bodies.name_of(self.name)

    def __str__(self) -> str:
        return self.name


class CommitteeElection(ProgrammeModel):
    class Method(models.TextChoices):
        SECRET_BALLOT = "secret_ballot", _("Secret ballot")
        OPEN_VOTE = "open_vote", _("Open vote")
        UNION_NOMINATION = "union_nomination", _("Named by the union")
        APPOINTED = "appointed", _("Appointed")

    committee = models.ForeignKey(Committee, models.CASCADE, related_name="elections")
    factory = models.ForeignKey(Factory, models.CASCADE, related_name="+")
    held_on = models.DateField(_("held on"))
    method = models.CharField(_("method"), max_length=20, choices=Method)
    voters = models.PositiveIntegerField(_("votes cast"), null=True, blank=True)
    eligible = models.PositiveIntegerField(_("workers with a vote"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["-held_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(voters__isnull=True)
                | Q(eligible__isnull=True)
                | Q(voters__lte=F("eligible")),
                name="election_votes_within_roll",
            )
        ]

    def __str__(self) -> str:
        return f"{self.committee_id} {self.held_on}"


@pghistory.track()
class CommitteeMember(ProgrammeModel):
    class Side(models.TextChoices):
        WORKER = "worker", _("Worker side")
        MANAGEMENT = "management", _("Management side")

    class Title(models.TextChoices):
        MS = "Ms", _("Ms")
        MR = "Mr", _("Mr")

    committee = models.ForeignKey(Committee, models.CASCADE, related_name="members")
    factory = models.ForeignKey(Factory, models.CASCADE, related_name="+")
    title = models.CharField(_("title"), max_length=4, choices=Title)
    full_name = models.CharField(_("name"), max_length=120)
    side = models.CharField(_("side"), max_length=12, choices=Side)
    occupation = models.CharField(_("occupation"), max_length=80, blank=True)
    is_chair = models.BooleanField(_("is the current chair"), default=False)
    is_union = models.BooleanField(_("sits for the union"), default=False)
    election = models.ForeignKey(
        CommitteeElection, models.PROTECT, null=True, blank=True, related_name="members"
    )
    joined_on = models.DateField(_("mandate from"))
    mandate_ends_on = models.DateField(_("mandate until"), null=True, blank=True)
    left_on = models.DateField(_("date left"), null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["side", "-is_chair", "full_name"]
        verbose_name = _("committee member")
        verbose_name_plural = _("committee members")
        constraints = [
            models.UniqueConstraint(
                fields=["committee"],
                condition=Q(is_chair=True, left_on__isnull=True),
                name="committee_one_chair",
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")),
                name="member_leaves_after_joining",
            ),
            models.CheckConstraint(
                condition=Q(mandate_ends_on__isnull=True) | Q(mandate_ends_on__gte=F("joined_on")),
                name="member_mandate_dates",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name


class CommitteeChair(ProgrammeModel):
    """One term of one chair: who led the committee from when to when."""

    committee = models.ForeignKey(Committee, models.CASCADE, related_name="chairs")
    factory = models.ForeignKey(Factory, models.CASCADE, related_name="+")
    member = models.ForeignKey(CommitteeMember, models.PROTECT, related_name="chair_terms")
    side = models.CharField(_("side"), max_length=12, choices=CommitteeMember.Side)
    started_on = models.DateField(_("chair from"))
    ended_on = models.DateField(_("chair until"), null=True, blank=True)

    class Meta:
        ordering = ["started_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee"], condition=Q(ended_on__isnull=True), name="chair_one_term_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="chair_term_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.committee_id} {self.started_on}"


class ImportBatch(ProgrammeModel):
    """One file of factories: tried first, rows mended in the page, applied without duplicates."""

    class Status(models.TextChoices):
        CHECKED = "checked", _("Checked, nothing changed yet")
        APPLIED = "applied", _("Applied")
        DISCARDED = "discarded", _("Discarded")

    file_name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(default=list)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CHECKED)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(ProgrammeModel):
    class Outcome(models.TextChoices):
        CREATE = "create", _("New factory")
        UPDATE = "update", _("Changes a factory")
        SAME = "same", _("Nothing to change")
        ERROR = "error", _("Needs repair")
        APPLIED = "applied", _("Applied")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    cells = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)  # {column: [{"code": ..., "facts": {...}}]}
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    factory = models.ForeignKey(Factory, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="import_row_once")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number}"
