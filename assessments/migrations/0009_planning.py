"""What planning knows and keeps. Rows that betray a sealed visit are the planner's alone."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from betterwork.tenancy.rls import (
    GLOBAL,
    IN_PROGRAMME,
    MANAGERS,
    PLANNERS,
    ROLE,
    STAFF,
    SYSTEM,
    USER,
    any_of,
    append_only,
    factory_side,
    keep_together,
    secure,
)

OWN = f"({STAFF} AND user_id = {USER})"
FACTORY_SIDE = factory_side()
# A calendar is found by its token alone, by a program without an account.
FEED = f"({ROLE} = 'feed' AND token_hash = (SELECT current_setting('bw.token', true)))"

# What a person says of themselves is theirs to write; what a planner grants is not.
GRANT = (
    "CREATE FUNCTION bw_profile_granted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" IF COALESCE({ROLE}, '') NOT IN ('system', 'planner') THEN"
    "  IF TG_OP = 'INSERT' AND (NEW.may_lead OR NEW.has_osh OR NOT NEW.is_available"
    "    OR NEW.days_a_month <> 8)"
    "   OR TG_OP = 'UPDATE'"
    "    AND (NEW.may_lead, NEW.has_osh, NEW.is_available, NEW.days_a_month)"
    "    IS DISTINCT FROM (OLD.may_lead, OLD.has_osh, OLD.is_available, OLD.days_a_month) THEN"
    "   RAISE EXCEPTION 'profile_granted: only a planner grants this'"
    "    USING ERRCODE = 'integrity_constraint_violation'; END IF; END IF;"
    " RETURN NEW; END $$"
)
# Once others could read an assessment, hiding it again would tell them that something is planned.
STAYS_SEEN = (
    "CREATE FUNCTION bw_stays_seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION 'assessment_seen: what others saw is not sealed again'"
    "  USING ERRCODE = 'integrity_constraint_violation'; END $$"
)


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0008_tool_search"),
        ("factories", "0002_drift_dates_and_chair_terms"),
        ("records", "0004_sealed_work_and_invitations"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("horizon", "Extension of the horizon"),
                            ("replan", "Replanning with the fewest changes"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Under way"),
                            ("applied", "Applied"),
                            ("waiting", "Waits for a planner"),
                            ("discarded", "Not taken"),
                            ("failed", "Refused by the checker"),
                        ],
                        default="running",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("cause", models.CharField(blank=True, max_length=24)),
                ("cause_id", models.UUIDField(blank=True, null=True)),
                ("today", models.DateField()),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("wanted", models.PositiveIntegerField(default=0, verbose_name="visits wanted")),
                ("placed", models.PositiveIntegerField(default=0, verbose_name="visits placed")),
                ("moved", models.PositiveIntegerField(default=0, verbose_name="dates moved")),
                (
                    "entropy_bits",
                    models.FloatField(blank=True, null=True, verbose_name="mean bits kept"),
                ),
                (
                    "entropy_share",
                    models.FloatField(
                        blank=True, null=True, verbose_name="of what the rules allow"
                    ),
                ),
                (
                    "entropy_least",
                    models.FloatField(
                        blank=True, null=True, verbose_name="bits kept by the most guessable"
                    ),
                ),
                ("month_loads", models.JSONField(default=list)),
                ("problems", models.JSONField(default=list)),
                ("seconds", models.FloatField(blank=True, null=True)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="PlanChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("placed", "Placed"),
                            ("moved", "Another day"),
                            ("reteamed", "Another team"),
                            ("lost", "Without a day"),
                            ("unplaced", "Could not be placed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("reasons", models.JSONField(default=list)),
                ("window_first", models.DateField(blank=True, null=True)),
                ("window_last", models.DateField(blank=True, null=True)),
                ("legal_dates", models.PositiveSmallIntegerField(default=0)),
                ("entropy_bits", models.FloatField(blank=True, null=True)),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "factory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factories.factory",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="assessments.planrun",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="VisitPlan",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_locked", models.BooleanField(default=False, verbose_name="locked")),
                ("lock_reason", models.TextField(blank=True, verbose_name="reason")),
                ("is_by_hand", models.BooleanField(default=False)),
                ("modality_reason", models.TextField(blank=True)),
                (
                    "widened_to",
                    models.DateField(blank=True, null=True, verbose_name="window held open until"),
                ),
                ("widen_reason", models.TextField(blank=True)),
                ("virtual_on", models.DateField(blank=True, null=True, verbose_name="virtual day")),
                ("window_first", models.DateField(blank=True, null=True)),
                ("window_last", models.DateField(blank=True, null=True)),
                ("legal_dates", models.PositiveSmallIntegerField(default=0)),
                ("entropy_bits", models.FloatField(blank=True, null=True)),
                ("why", models.JSONField(default=list)),
                ("decided_at", models.DateTimeField(auto_now=True)),
                (
                    "assessment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visit_plan",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="assessments.planrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("leave", "Leave"),
                            ("illness", "Illness"),
                            ("course", "Course"),
                            ("other", "Other work"),
                        ],
                        default="leave",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["first_day", "id"],
                "indexes": [models.Index(fields=["programme", "last_day"], name="absence_days")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="absence_runs_forward",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("programme", "user", "first_day", "last_day"),
                        name="absence_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessRefusal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(verbose_name="attempt")),
                ("refused_on", models.DateField(verbose_name="refused on")),
                (
                    "refused_by",
                    models.CharField(blank=True, max_length=200, verbose_name="who refused"),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "is_force_majeure",
                    models.BooleanField(default=False, verbose_name="force majeure"),
                ),
                ("is_reportable", models.BooleanField(default=False)),
                ("recorded_at", models.DateTimeField()),
                (
                    "assessment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="access_refusal",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "cycle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factories.engagementcycle",
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.storedfile",
                    ),
                ),
                (
                    "factory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factories.factory",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-refused_on", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("cycle", "attempt"), name="refusal_attempt_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="refusal_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_reportable", False),
                            models.Q(("attempt__gte", 2), ("is_force_majeure", False)),
                            _connector="OR",
                        ),
                        name="refusal_reportable_from_the_second",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AssessorProfile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="languages spoken",
                    ),
                ),
                (
                    "may_lead",
                    models.BooleanField(default=False, verbose_name="may lead an assessment"),
                ),
                (
                    "has_osh",
                    models.BooleanField(default=False, verbose_name="trained in safety and health"),
                ),
                (
                    "is_available",
                    models.BooleanField(default=True, verbose_name="takes part in assessments"),
                ),
                (
                    "sex",
                    models.CharField(
                        blank=True,
                        choices=[("", "Not said"), ("female", "Woman"), ("male", "Man")],
                        default="",
                        max_length=8,
                        verbose_name="sex",
                    ),
                ),
                (
                    "base_region",
                    models.CharField(blank=True, max_length=100, verbose_name="base region"),
                ),
                (
                    "latitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=9,
                        null=True,
                        verbose_name="latitude",
                    ),
                ),
                (
                    "longitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=9,
                        null=True,
                        verbose_name="longitude",
                    ),
                ),
                (
                    "days_a_month",
                    models.PositiveSmallIntegerField(
                        default=8, verbose_name="assessment days a month, at most"
                    ),
                ),
                (
                    "conflicts_declared_on",
                    models.DateField(blank=True, null=True, verbose_name="conflicts declared on"),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("programme", "user"), name="assessor_profile_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days_a_month__lte", 31)),
                        name="assessor_days_within_a_month",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                            models.Q(
                                ("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))
                            ),
                            _connector="OR",
                        ),
                        name="assessor_base_on_earth",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("role", models.CharField(max_length=24)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "shows",
                    models.CharField(
                        choices=[
                            ("busy", "Only that I am busy"),
                            (
                                "details",
                                "Factory and place of announced visits; sealed ones as busy",
                            ),
                            ("sealed", "Everything, sealed visits too"),
                        ],
                        default="busy",
                        max_length=8,
                        verbose_name="what it shows",
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("programme", "user"),
                        name="calendar_feed_one_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConflictOfInterest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reason", models.TextField(verbose_name="what ties you to it")),
                ("declared_on", models.DateField(verbose_name="declared on")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                (
                    "factory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factories.factory",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-declared_on", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="conflict_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on__isnull", True),
                            ("ended_on__gte", models.F("declared_on")),
                            _connector="OR",
                        ),
                        name="conflict_ends_after_it_began",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on__isnull", True)),
                        fields=("user", "factory"),
                        name="conflict_open_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FactoryClosure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("closed", "Closed"),
                            ("peak_season", "Peak season"),
                            ("force_majeure", "Force majeure"),
                        ],
                        default="closed",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="what is known")),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "factory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closures",
                        to="factories.factory",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                        verbose_name="programme",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["first_day", "id"],
                "indexes": [models.Index(fields=["programme", "last_day"], name="closure_days")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="closure_runs_forward",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "force_majeure"), _negated=True),
                            models.Q(("note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="closure_forced_says_why",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("factory", "first_day", "last_day"),
                        name="closure_once",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="planrun",
            constraint=models.UniqueConstraint(fields=("programme", "key"), name="plan_run_once"),
        ),
        migrations.AddConstraint(
            model_name="planrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))),
                name="plan_run_horizon",
            ),
        ),
        migrations.AddConstraint(
            model_name="planchange",
            constraint=models.UniqueConstraint(
                fields=("run", "assessment"), name="plan_change_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="visitplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_locked", False),
                    models.Q(("lock_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="visit_locked_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="visitplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("widened_to__isnull", True),
                    models.Q(("widen_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="visit_widened_says_why",
            ),
        ),
        # What a person tells of themselves: theirs, the managers' and the planners'.
        secure(
            "assessments_assessorprofile",
            read=any_of(MANAGERS, PLANNERS, OWN),
            write=any_of(PLANNERS, OWN),
        ),
        secure(
            "assessments_absence",
            read=any_of(MANAGERS, PLANNERS, OWN),
            write=any_of(PLANNERS, OWN),
        ),
        secure(
            "assessments_conflictofinterest",
            read=any_of(MANAGERS, PLANNERS, OWN),
            write=any_of(PLANNERS, OWN),
        ),
        migrations.RunSQL(
            sql=[
                GRANT,
                "CREATE TRIGGER bw_profile_granted BEFORE INSERT OR UPDATE"
                " ON assessments_assessorprofile FOR EACH ROW EXECUTE FUNCTION bw_profile_granted()",
                STAYS_SEEN,
                "CREATE TRIGGER bw_stays_seen BEFORE UPDATE ON assessments_assessment"
                " FOR EACH ROW WHEN (NEW.sealed AND NOT OLD.sealed)"
                " EXECUTE FUNCTION bw_stays_seen()",
            ],
            reverse_sql=[
                "DROP TRIGGER bw_stays_seen ON assessments_assessment",
                "DROP FUNCTION bw_stays_seen()",
                "DROP TRIGGER bw_profile_granted ON assessments_assessorprofile",
                "DROP FUNCTION bw_profile_granted()",
            ],
        ),
        # A closure is told by staff, never by the factory: a factory could close its window.
        secure("assessments_factoryclosure", read=STAFF, write=STAFF),
        # Each row of these betrays a sealed visit.
        secure("assessments_planrun", read=PLANNERS, write=PLANNERS),
        secure("assessments_planchange", read=PLANNERS, write=PLANNERS, delete=PLANNERS),
        secure(
            "assessments_visitplan",
            read=any_of(PLANNERS, f"({STAFF} AND bw_on_team(assessment_id))"),
            write=PLANNERS,
        ),
        secure(
            "assessments_accessrefusal",
            read=any_of(STAFF, FACTORY_SIDE, GLOBAL),
            write=SYSTEM,  # the service counts the attempts; a person writes none
        ),
        append_only("assessments_accessrefusal"),
        secure(
            "assessments_calendarfeed",
            read=any_of(f"({IN_PROGRAMME} AND user_id = {USER})", FEED),
            write=f"({IN_PROGRAMME} AND user_id = {USER})",
        ),
        keep_together("assessments_conflictofinterest", "factory_id", "factories_factory"),
        keep_together("assessments_factoryclosure", "factory_id", "factories_factory"),
        keep_together("assessments_planchange", "run_id", "assessments_planrun"),
        keep_together("assessments_planchange", "assessment_id", "assessments_assessment"),
        keep_together("assessments_planchange", "factory_id", "factories_factory"),
        keep_together("assessments_visitplan", "assessment_id", "assessments_assessment"),
        keep_together("assessments_visitplan", "run_id", "assessments_planrun"),
        keep_together("assessments_accessrefusal", "assessment_id", "assessments_assessment"),
        keep_together("assessments_accessrefusal", "factory_id", "factories_factory"),
        keep_together("assessments_accessrefusal", "cycle_id", "factories_engagementcycle"),
        keep_together("assessments_accessrefusal", "evidence_id", "records_storedfile"),
    ]
