"""Who sees and writes which row: every table's policy, in one place, readable top to bottom.

Deletes are refused unless a rule says otherwise. A table that is missing here fails a test.
"""

from django.db import migrations

from betterwork.tenancy.rls import (
    FACTORY,
    FACTORY_ROLES,
    GLOBAL,
    IN_PROGRAMME,
    MANAGERS,
    ORGANISATION,
    PLANNERS,
    ROLE,
    STAFF,
    STAFF_ROLES,
    SYSTEM,
    USER,
    any_of,
    append_only,
    factory_side,
    grant_application_role,
    keep_together,
    secure,
    where_visible,
)

PLATFORM = f"{ROLE} = 'platform'"  # audited commands that found programmes and global memberships
FACTORY_SIDE = factory_side()
EDITORS = f"({ROLE} IN ('system', 'manager', 'cat_editor') AND {IN_PROGRAMME})"
COUNTRY_STAFF = f"({ROLE} IN ('system', 'manager', 'staff', 'advisor') AND {IN_PROGRAMME})"
GROUP = f"({ROLE} = 'group_lead')"
BUYER = f"({ROLE} = 'buyer')"

# An invitation is found by its token alone, by somebody who has no account yet.
INVITEE = f"({ROLE} = 'invitee' AND token_hash = (SELECT current_setting('bw.token', true)))"
INVITED_TO_THIS = (
    f"({ROLE} = 'invitee' AND EXISTS (SELECT 1 FROM accounts_invitation i"
    " WHERE i.role = accounts_membership.role"
    " AND i.programme_id IS NOT DISTINCT FROM accounts_membership.programme_id"
    " AND i.factory_id IS NOT DISTINCT FROM accounts_membership.factory_id"
    " AND i.group_id IS NOT DISTINCT FROM accounts_membership.group_id"
    " AND i.buyer_id IS NOT DISTINCT FROM accounts_membership.buyer_id))"
)

# What a hat is called, before the request wears it.
OWN_HAT = (
    f"({ROLE} = 'anonymous' AND EXISTS (SELECT 1 FROM accounts_membership m"
    f" WHERE m.user_id = {USER} AND m.ended_at IS NULL AND m."
)

CONSENTED = (
    f"({BUYER} AND EXISTS (SELECT 1 FROM factories_factorybuyer fb WHERE fb.factory_id = %s"
    f" AND fb.buyer_id = {ORGANISATION} AND fb.consented_on <= CURRENT_DATE"
    " AND (fb.consent_ended_on IS NULL OR fb.consent_ended_on > CURRENT_DATE)"
    " AND fb.subscribed_until >= CURRENT_DATE))"
)

# An unannounced visit: its team and the planner, and nobody else before check-in.
ON_TEAM = (
    "EXISTS (SELECT 1 FROM assessments_assessmentmember m"
    f" WHERE m.assessment_id = %s AND m.user_id = {USER})"
)
ASSESSMENT_WRITERS = any_of(
    PLANNERS,
    f"({STAFF} AND NOT sealed)",
    f"({STAFF} AND {ON_TEAM % 'assessments_assessment.id'})",
)
OF_SEEN_ASSESSMENT = any_of(
    STAFF,
    f"({ROLE} <> 'system' AND " + where_visible("assessments_assessment", "assessment_id") + ")",
)


def child_of_factory(table, *, read_more=(), write=None, delete="false"):
    """Rows about one factory: programme staff, and the people of that factory."""
    return secure(
        table,
        read=any_of(STAFF, FACTORY_SIDE, GLOBAL, *read_more),
        write=write or any_of(STAFF, FACTORY_SIDE),
        delete=delete,
    )


def history(table, read=STAFF):
    """Rows written by triggers beside the row they tell of."""
    return secure(table, read=read, write=any_of(IN_PROGRAMME, PLATFORM))


def assessment_part(table, *, read=OF_SEEN_ASSESSMENT, write=STAFF, delete="false"):
    return secure(table, read=read, write=write, delete=delete)


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0001_initial"),
        ("accounts", "0002_links"),
        ("records", "0001_initial"),
        ("factories", "0001_initial"),
        ("assessments", "0002_links"),
        ("advisory", "0002_links"),
        ("reporting", "0001_initial"),
    ]

    operations = [
        grant_application_role(),
        # -- the programme and its people
        secure("tenancy_programme", read="true", write=PLATFORM),
        secure("tenancy_programmesettings", read=any_of(STAFF, IN_PROGRAMME), write=MANAGERS),
        append_only("tenancy_programmesettings"),
        secure(
            "accounts_membership",
            read=any_of(f"user_id = {USER}", STAFF, PLATFORM),
            write=any_of(MANAGERS, PLATFORM, INVITED_TO_THIS),
        ),
        history("accounts_membershipevent", read=any_of(MANAGERS, PLATFORM)),
        secure(
            "accounts_invitation",
            read=any_of(MANAGERS, PLATFORM, INVITEE),
            write=any_of(MANAGERS, PLATFORM, INVITEE),
        ),
        # -- records
        secure(
            "records_trailevent",
            read=any_of(
                f"({ROLE} IN ('system', 'manager', 'staff', 'advisor') AND {IN_PROGRAMME}"
                " AND NOT sealed)",
                PLANNERS,
                f"({FACTORY_SIDE} AND for_factory AND NOT sealed)",
                f"({GLOBAL} AND NOT sealed)",
                PLATFORM,
            ),
            write=any_of(f"programme_id IS NULL OR {IN_PROGRAMME}", PLATFORM),
        ),
        append_only("records_trailevent"),
        secure(
            "records_storedfile",
            read=any_of(
                STAFF,
                f"({ROLE} IN {FACTORY_ROLES} AND {IN_PROGRAMME} AND uploaded_by_id = {USER})",
                where_visible(
                    "advisory_planevidence", "records_storedfile.id", "file_id", FACTORY_ROLES
                ),
                where_visible(
                    "advisory_committeemeeting",
                    "records_storedfile.id",
                    "minutes_file_id",
                    FACTORY_ROLES,
                ),
                where_visible(
                    "assessments_evidence", "records_storedfile.id", "file_id", FACTORY_ROLES
                ),
                where_visible(
                    "reporting_report",
                    "records_storedfile.id",
                    "pdf_id",
                    "('ambassador', 'committee_worker', 'committee_management', 'group_lead',"
                    " 'buyer', 'global')",
                ),
            ),
            write=any_of(STAFF, f"({ROLE} IN {FACTORY_ROLES} AND {IN_PROGRAMME})"),
        ),
        append_only("records_storedfile"),
        secure(
            "records_job",
            read=any_of(STAFF, f"({IN_PROGRAMME} AND requested_by_id = {USER})"),
            write=any_of(STAFF, f"({IN_PROGRAMME} AND requested_by_id = {USER})"),
        ),
        secure(
            "records_outgoingmail",
            read=any_of(SYSTEM, PLATFORM),
            write=any_of(f"programme_id IS NULL OR {IN_PROGRAMME}", PLATFORM),
        ),
        secure(
            "records_idempotencykey",
            read=f"(user_id = {USER} AND {IN_PROGRAMME})",
            write=f"(user_id = {USER} AND {IN_PROGRAMME})",
        ),
        # -- factories
        secure(
            "factories_manufacturinggroup",
            read=any_of(
                f"{ROLE} IN {STAFF_ROLES}",
                f"({GROUP} AND id = {ORGANISATION})",
                GLOBAL,
                PLATFORM,
                OWN_HAT + "group_id = factories_manufacturinggroup.id))",
            ),
            write=any_of(f"{ROLE} IN ('system', 'manager', 'staff')", PLATFORM),
        ),
        secure(
            "factories_buyer",
            read=any_of(
                f"{ROLE} IN ('system', 'manager', 'staff', 'advisor', 'ambassador')",
                f"({BUYER} AND id = {ORGANISATION})",
                GLOBAL,
                PLATFORM,
                OWN_HAT + "buyer_id = factories_buyer.id))",
            ),
            write=any_of(f"{ROLE} IN ('system', 'manager', 'staff')", PLATFORM),
        ),
        secure(
            "factories_factorybuyer",
            # A buyer sees its own links only: who else buys there is never shown.
            read=any_of(
                COUNTRY_STAFF,
                f"({ROLE} = 'ambassador' AND {IN_PROGRAMME} AND factory_id = {FACTORY})",
                f"({BUYER} AND buyer_id = {ORGANISATION})",
            ),
            write=any_of(
                COUNTRY_STAFF,
                f"({ROLE} = 'ambassador' AND {IN_PROGRAMME} AND factory_id = {FACTORY})",
            ),
        ),
        secure(
            "factories_factory",
            read=any_of(
                STAFF,
                factory_side("id"),
                f"({GROUP} AND group_id = {ORGANISATION})",
                CONSENTED % "factories_factory.id",
                GLOBAL,
                PLATFORM,
                OWN_HAT + "factory_id = factories_factory.id))",
            ),
            write=f"({ROLE} IN ('system', 'manager', 'staff', 'advisor') AND {IN_PROGRAMME})",
        ),
        history("factories_factoryevent"),
        child_of_factory("factories_factorycontact", write=STAFF, delete=MANAGERS),
        child_of_factory("factories_workforcecount", write=any_of(STAFF, FACTORY_SIDE)),
        child_of_factory("factories_factorystatuschange", write=STAFF),
        append_only("factories_factorystatuschange"),
        child_of_factory(
            "factories_engagementcycle",
            write=STAFF,
            read_more=[f"({GROUP} AND " + where_visible("factories_factory", "factory_id") + ")"],
        ),
        history("factories_engagementcycleevent"),
        child_of_factory("factories_cyclefact", write=any_of(STAFF, FACTORY_SIDE)),
        child_of_factory("factories_clockdrift", write=STAFF),
        child_of_factory("factories_committee"),
        history("factories_committeeevent"),
        child_of_factory("factories_committeeelection"),
        child_of_factory("factories_committeemember"),
        history("factories_committeememberevent"),
        secure("factories_importbatch", read=STAFF, write=STAFF),
        secure("factories_importrow", read=STAFF, write=STAFF, delete=STAFF),
        # -- the tool and the law: the same for all, changed by the library or an editor
        secure("assessments_cluster", read="true", write=PLATFORM),
        secure("assessments_compliancepoint", read="true", write=PLATFORM),
        secure("assessments_lawparameter", read="true", write=PLATFORM),
        secure(
            "assessments_toolversion",
            read=any_of(EDITORS, f"({IN_PROGRAMME} AND status <> 'draft')", GLOBAL),
            write=EDITORS,
        ),
        secure(
            "assessments_toolquestion",
            read=any_of(
                EDITORS,
                where_visible("assessments_toolversion", "version_id"),
            ),
            write=EDITORS,
            delete=EDITORS,
        ),
        migrations.RunSQL(
            sql=[
                "CREATE FUNCTION bw_published_tool_is_final() RETURNS trigger LANGUAGE plpgsql AS $$"
                " DECLARE state text; BEGIN"
                "  SELECT status INTO state FROM assessments_toolversion"
                "   WHERE id = COALESCE(NEW.version_id, OLD.version_id);"
                "  IF state IS DISTINCT FROM 'draft' THEN"
                "   RAISE EXCEPTION 'tool_published: a published version is never changed'"
                "    USING ERRCODE = 'integrity_constraint_violation'; END IF;"
                "  RETURN COALESCE(NEW, OLD); END $$",
                "CREATE TRIGGER bw_published BEFORE INSERT OR UPDATE OR DELETE"
                " ON assessments_toolquestion FOR EACH ROW"
                " EXECUTE FUNCTION bw_published_tool_is_final()",
                "CREATE TRIGGER bw_published BEFORE UPDATE ON assessments_toolversion FOR EACH ROW"
                " WHEN (OLD.status <> 'draft' AND (NEW.status = 'draft'"
                "  OR NEW.label <> OLD.label OR NEW.effective_from <> OLD.effective_from"
                "  OR NEW.content_hash <> OLD.content_hash))"
                " EXECUTE FUNCTION bw_refuse_change()",
            ],
            reverse_sql=[
                "DROP TRIGGER bw_published ON assessments_toolversion",
                "DROP TRIGGER bw_published ON assessments_toolquestion",
                "DROP FUNCTION bw_published_tool_is_final()",
            ],
        ),
        # -- assessments
        secure(
            "assessments_assessmentmember",
            read=any_of(
                PLANNERS,
                f"({STAFF} AND NOT sealed)",
                f"({IN_PROGRAMME} AND user_id = {USER} AND {ROLE} IN {STAFF_ROLES})",
                f"({GLOBAL} AND NOT sealed)",
            ),
            write=any_of(PLANNERS, f"({STAFF} AND NOT sealed)"),
            delete=PLANNERS,
        ),
        secure(
            "assessments_assessment",
            read=any_of(
                PLANNERS,
                f"({STAFF} AND NOT sealed)",
                f"({STAFF} AND {ON_TEAM % 'assessments_assessment.id'})",
                f"({FACTORY_SIDE} AND status IN ('factory_review', 'released', 'access_refused'))",
                f"({GROUP} AND status = 'released' AND "
                + where_visible("factories_factory", "factory_id")
                + ")",
                f"(status = 'released' AND {CONSENTED % 'assessments_assessment.factory_id'})",
                f"({GLOBAL} AND NOT sealed)",
            ),
            write=ASSESSMENT_WRITERS,
        ),
        history("assessments_assessmentevent", read=any_of(PLANNERS, f"({STAFF} AND NOT sealed)")),
        secure(
            "assessments_answer",
            read=OF_SEEN_ASSESSMENT,
            # Answers are written by the team, during the visit and the revisions after it.
            write=any_of(
                SYSTEM,
                f"({STAFF} AND {ON_TEAM % 'assessments_answer.assessment_id'} AND EXISTS"
                " (SELECT 1 FROM assessments_assessment a WHERE a.id = assessments_answer.assessment_id"
                " AND a.status = 'in_progress'))",
            ),
        ),
        assessment_part("assessments_answerchange", read=STAFF),
        append_only(
            "assessments_answerchange",
            ["assessment_id", "question_id", "content", "made_by_id", "made_at", "base_revision"],
        ),
        assessment_part("assessments_answerconflict", read=STAFF),
        assessment_part(
            "assessments_evidence",
            read=any_of(
                STAFF,
                f"(visibility = 'factory' AND {ROLE} IN {FACTORY_ROLES} AND "
                + where_visible("assessments_assessment", "assessment_id")
                + ")",
            ),
        ),
        append_only("assessments_evidence"),
        assessment_part("assessments_reviewremark", read=STAFF),
        assessment_part(
            "assessments_factorycomment",
            read=any_of(STAFF, FACTORY_SIDE),
            write=any_of(
                STAFF,
                f"({FACTORY_SIDE} AND "
                + where_visible("assessments_assessment", "assessment_id")
                + ")",
            ),
        ),
        append_only(
            "assessments_factorycomment", ["assessment_id", "question_id", "text", "made_by_id"]
        ),
        assessment_part(
            "assessments_assessmentstep",
            read=any_of(STAFF + " AND " + where_visible("assessments_assessment", "assessment_id")),
            write=STAFF,
        ),
        append_only("assessments_assessmentstep"),
        secure(
            "assessments_pointresult",
            read=any_of(
                STAFF,
                GLOBAL,
                f"({ROLE} = 'constituent' AND {IN_PROGRAMME} AND is_released)",
                f"({ROLE} IN {FACTORY_ROLES} AND {IN_PROGRAMME} AND factory_id = {FACTORY}"
                " AND is_released)",
                f"({GROUP} AND is_released AND "
                + where_visible("factories_factory", "factory_id")
                + ")",
            ),
            write=STAFF,
            delete=STAFF,
        ),
        # -- advisory
        child_of_factory("advisory_advisoryvisit", write=STAFF),
        child_of_factory("advisory_selfdiagnosis"),
        child_of_factory(
            "advisory_improvementplan",
            read_more=[
                f"({ROLE} IN ('group_lead', 'buyer') AND "
                + where_visible("factories_factory", "factory_id")
                + ")"
            ],
        ),
        child_of_factory(
            "advisory_planitem",
            read_more=[
                f"({ROLE} IN ('group_lead', 'buyer') AND "
                + where_visible("factories_factory", "factory_id")
                + ")"
            ],
        ),
        history("advisory_planitemevent", read=any_of(STAFF, FACTORY_SIDE)),
        child_of_factory("advisory_planconfirmation"),
        append_only("advisory_planconfirmation"),
        secure(
            "advisory_planevidence",
            read=any_of(
                STAFF,
                f"({FACTORY_SIDE} AND (visibility = 'plan' OR added_by_id = {USER}))",
            ),
            write=any_of(STAFF, FACTORY_SIDE),
        ),
        append_only("advisory_planevidence"),
        child_of_factory("advisory_planevent"),
        append_only("advisory_planevent"),
        child_of_factory("advisory_committeemeeting"),
        child_of_factory("advisory_meetingdecision", delete=any_of(STAFF, FACTORY_SIDE)),
        child_of_factory("advisory_progressreport"),
        child_of_factory("advisory_nudge"),
        # -- reporting
        secure(
            "reporting_report",
            read=any_of(
                STAFF,
                f"({FACTORY_SIDE} AND (released_at IS NOT NULL OR (is_draft AND "
                + where_visible("assessments_assessment", "assessment_id")
                + ")))",
                f"({ROLE} IN ('group_lead', 'buyer') AND released_at IS NOT NULL AND "
                + where_visible("assessments_assessment", "assessment_id")
                + ")",
                f"({GLOBAL} AND released_at IS NOT NULL)",
            ),
            write=STAFF,
        ),
        secure(
            "reporting_export",
            read=any_of(MANAGERS, f"({IN_PROGRAMME} AND requested_by_id = {USER})"),
            write=any_of(SYSTEM, f"({IN_PROGRAMME} AND requested_by_id = {USER})"),
        ),
        # -- rows of one programme stay together
        keep_together("factories_engagementcycle", "factory_id", "factories_factory"),
        keep_together("factories_cyclefact", "cycle_id", "factories_engagementcycle"),
        keep_together("factories_cyclefact", "factory_id", "factories_factory"),
        keep_together("factories_clockdrift", "cycle_id", "factories_engagementcycle"),
        keep_together("factories_factorycontact", "factory_id", "factories_factory"),
        keep_together("factories_workforcecount", "factory_id", "factories_factory"),
        keep_together("factories_factorybuyer", "factory_id", "factories_factory"),
        keep_together("factories_factorystatuschange", "factory_id", "factories_factory"),
        keep_together("factories_committee", "factory_id", "factories_factory"),
        keep_together("factories_committeemember", "committee_id", "factories_committee"),
        keep_together("factories_committeeelection", "committee_id", "factories_committee"),
        keep_together("factories_importrow", "batch_id", "factories_importbatch"),
        keep_together("accounts_membership", "factory_id", "factories_factory"),
        keep_together("accounts_invitation", "factory_id", "factories_factory"),
        keep_together("records_trailevent", "factory_id", "factories_factory"),
        keep_together("records_storedfile", "factory_id", "factories_factory"),
        keep_together("assessments_toolquestion", "version_id", "assessments_toolversion"),
        keep_together("assessments_assessment", "factory_id", "factories_factory"),
        keep_together("assessments_assessment", "cycle_id", "factories_engagementcycle"),
        keep_together("assessments_assessment", "version_id", "assessments_toolversion"),
        keep_together("assessments_assessmentmember", "assessment_id", "assessments_assessment"),
        keep_together("assessments_answer", "assessment_id", "assessments_assessment"),
        keep_together("assessments_answerconflict", "assessment_id", "assessments_assessment"),
        keep_together("assessments_evidence", "assessment_id", "assessments_assessment"),
        keep_together("assessments_evidence", "file_id", "records_storedfile"),
        keep_together("assessments_reviewremark", "assessment_id", "assessments_assessment"),
        keep_together("assessments_factorycomment", "assessment_id", "assessments_assessment"),
        keep_together("assessments_assessmentstep", "assessment_id", "assessments_assessment"),
        keep_together("assessments_pointresult", "assessment_id", "assessments_assessment"),
        keep_together("advisory_advisoryvisit", "factory_id", "factories_factory"),
        keep_together("advisory_selfdiagnosis", "factory_id", "factories_factory"),
        keep_together("advisory_improvementplan", "factory_id", "factories_factory"),
        keep_together("advisory_planitem", "plan_id", "advisory_improvementplan"),
        keep_together("advisory_planitem", "factory_id", "factories_factory"),
        keep_together("advisory_planitem", "assessment_id", "assessments_assessment"),
        keep_together("advisory_planconfirmation", "item_id", "advisory_planitem"),
        keep_together("advisory_planevidence", "item_id", "advisory_planitem"),
        keep_together("advisory_planevidence", "file_id", "records_storedfile"),
        keep_together("advisory_planevent", "item_id", "advisory_planitem"),
        keep_together("advisory_committeemeeting", "committee_id", "factories_committee"),
        keep_together("advisory_meetingdecision", "meeting_id", "advisory_committeemeeting"),
        keep_together("advisory_meetingdecision", "item_id", "advisory_planitem"),
        keep_together("advisory_progressreport", "cycle_id", "factories_engagementcycle"),
        keep_together("reporting_report", "assessment_id", "assessments_assessment"),
        keep_together("reporting_report", "pdf_id", "records_storedfile"),
        keep_together("reporting_export", "file_id", "records_storedfile"),
    ]
