"""The same policies, planned quickly: what a policy asks of another table stands in a function.

PostgreSQL unfolds a sub-select of a policy, and the policies of the tables in it, into every query
on the table: the list of reports held 21 plans of one table that nobody on the staff ever ran. A
PL/pgSQL function is planned once per session, and called only where the plain part of the policy
has not decided. It runs as its caller, so the policies of the tables it reads still hold.
"""

from django.db import migrations

from betterwork.tenancy.rls import (
    FACTORY_ROLES,
    GLOBAL,
    IN_PROGRAMME,
    ORGANISATION,
    ROLE,
    STAFF,
    STAFF_ROLES,
    USER,
    any_of,
    decided_once,
    factory_side,
    where_visible,
)

PLATFORM = f"{ROLE} = 'platform'"
GROUP = f"{ROLE} = 'group_lead'"
BUYER = f"{ROLE} = 'buyer'"
FACTORY_SIDE = factory_side()


def own_hat(column, wanted):
    return (
        "EXISTS (SELECT 1 FROM public.accounts_membership m"
        f" WHERE m.user_id = {USER} AND m.ended_at IS NULL AND m.{column} = {wanted})"
    )


def shown_in(table, column, wanted):
    return f"EXISTS (SELECT 1 FROM public.{table} t WHERE t.{column} = {wanted})"


# In the order of the policy: what a file may be shown in.
FILE_PLACES = {
    "plan": ("advisory_planevidence", "file_id", FACTORY_ROLES),
    "minutes": ("advisory_committeemeeting", "minutes_file_id", FACTORY_ROLES),
    "evidence": ("assessments_evidence", "file_id", FACTORY_ROLES),
    "report": (
        "reporting_report",
        "pdf_id",
        "('ambassador', 'committee_worker', 'committee_management', 'group_lead', 'buyer',"
        " 'global')",
    ),
}
FUNCTIONS = {
    "bw_hat_for_factory": own_hat("factory_id", "wanted"),
    "bw_hat_for_group": own_hat("group_id", "wanted"),
    "bw_hat_for_buyer": own_hat("buyer_id", "wanted"),
    **{
        f"bw_file_in_{place}": shown_in(table, column, "wanted")
        for place, (table, column, _roles) in FILE_PLACES.items()
    },
}
PLAIN = {
    "hat_for_factory": own_hat("factory_id", "factories_factory.id"),
    "hat_for_group": own_hat("group_id", "factories_manufacturinggroup.id"),
    "hat_for_buyer": own_hat("buyer_id", "factories_buyer.id"),
    "buyer_reads": "EXISTS (SELECT 1 FROM factories_factorybuyer fb"
    f" WHERE fb.factory_id = factories_factory.id AND fb.buyer_id = {ORGANISATION}"
    " AND fb.consented_on <= CURRENT_DATE"
    " AND (fb.consent_ended_on IS NULL OR fb.consent_ended_on > CURRENT_DATE)"
    " AND fb.subscribed_until >= CURRENT_DATE)",
    "sees_factory": where_visible("factories_factory", "factory_id"),
    "sees_assessment": where_visible("assessments_assessment", "assessment_id"),
    **{
        f"file_in_{place}": where_visible(table, "records_storedfile.id", column)
        for place, (table, column, _roles) in FILE_PLACES.items()
    },
}
QUICK = {
    "hat_for_factory": "bw_hat_for_factory(id)",
    "hat_for_group": "bw_hat_for_group(id)",
    "hat_for_buyer": "bw_hat_for_buyer(id)",
    "buyer_reads": "bw_buyer_reads_factory(id)",
    "sees_factory": "bw_sees_factory(factory_id)",
    "sees_assessment": "bw_sees_assessment(assessment_id)",
    **{f"file_in_{place}": f"bw_file_in_{place}(id)" for place in FILE_PLACES},
}


def statements(by):
    """ALTER POLICY of each read rule that asks another table, in one of the two forms."""
    unknown = f"{ROLE} = 'anonymous'"
    outside = f"({ROLE} IN ('group_lead', 'buyer') AND {by['sees_factory']})"
    rules = {
        "factories_manufacturinggroup": any_of(
            f"{ROLE} IN {STAFF_ROLES}",
            f"({GROUP} AND id = {ORGANISATION})",
            GLOBAL,
            PLATFORM,
            f"({unknown} AND {by['hat_for_group']})",
        ),
        "factories_buyer": any_of(
            f"{ROLE} IN ('system', 'manager', 'staff', 'advisor', 'ambassador')",
            f"({BUYER} AND id = {ORGANISATION})",
            GLOBAL,
            PLATFORM,
            f"({unknown} AND {by['hat_for_buyer']})",
        ),
        "factories_factory": any_of(
            STAFF,
            factory_side("id"),
            f"({GROUP} AND group_id = {ORGANISATION})",
            f"({BUYER} AND {by['buyer_reads']})",
            GLOBAL,
            PLATFORM,
            f"({unknown} AND {by['hat_for_factory']})",
        ),
        "factories_engagementcycle": any_of(
            STAFF, FACTORY_SIDE, GLOBAL, f"({GROUP} AND {by['sees_factory']})"
        ),
        "advisory_improvementplan": any_of(STAFF, FACTORY_SIDE, GLOBAL, outside),
        "advisory_planitem": any_of(
            STAFF,
            FACTORY_SIDE,
            GLOBAL,
            f"({ROLE} IN ('group_lead', 'buyer') AND {by['sees_factory']}"
            f" AND (assessment_id IS NULL OR {by['sees_assessment']}))",
        ),
        "records_storedfile": any_of(
            STAFF,
            f"({ROLE} IN {FACTORY_ROLES} AND {IN_PROGRAMME} AND uploaded_by_id = {USER})",
            *(
                f"({ROLE} IN {roles} AND {by[f'file_in_{place}']})"
                for place, (_table, _column, roles) in FILE_PLACES.items()
            ),
        ),
        "reporting_report": any_of(
            STAFF,
            f"({FACTORY_SIDE} AND (released_at IS NOT NULL"
            f" OR (is_draft AND {by['sees_assessment']})))",
            f"({ROLE} IN ('group_lead', 'buyer') AND released_at IS NOT NULL"
            f" AND {by['sees_assessment']})",
            f"({GLOBAL} AND released_at IS NOT NULL)",
        ),
    }
    return [
        f"ALTER POLICY bw_read ON {table} USING ({decided_once(rule)})"
        for table, rule in rules.items()
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0002_row_security"),
        ("advisory", "0004_items_of_drafts_stay_inside"),
        ("assessments", "0004_policies_by_function"),
        ("reporting", "0002_report_for_two_readers"),
    ]
    operations = [
        migrations.RunSQL(
            sql=[
                f"CREATE FUNCTION {name}(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE"
                " PARALLEL SAFE"
                f" AS $$ BEGIN RETURN ({body}); END $$"
                for name, body in FUNCTIONS.items()
            ],
            reverse_sql=[f"DROP FUNCTION {name}(uuid)" for name in FUNCTIONS],
        ),
        migrations.RunSQL(sql=statements(QUICK), reverse_sql=statements(PLAIN)),
    ]
