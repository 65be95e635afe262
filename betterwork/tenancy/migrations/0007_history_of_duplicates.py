"""The whole history of a duplicate stays readable to whom it was meant for.

The people of the factory that stands read its committees with their meetings, self-diagnoses,
progress reports, the steps of its cycles and its timeline, beside what 0006 gave them. A buyer goes
on reading what was released under the duplicate, as long as its link at the factory that stands is
in force; there it reads what is released from the merge on (the link's `reads_from`).
"""

from django.db import migrations

from betterwork.tenancy.rls import (
    FACTORY_ROLES,
    GLOBAL,
    IN_PROGRAMME,
    ORGANISATION,
    PLANNERS,
    ROLE,
    STAFF,
    any_of,
    decided_once,
    factory_side,
)

NAME = "bw_read_of_duplicates"
HERE = f"{ROLE} IN {FACTORY_ROLES} AND {IN_PROGRAMME}"
DUPLICATES = "factory_id = ANY ((SELECT bw_own_duplicates())::uuid[])"
OF_OURS = f"{HERE} AND {DUPLICATES}"

READ = {
    "factories_committee": OF_OURS,
    "factories_committeechair": OF_OURS,
    "factories_committeeelection": OF_OURS,
    "factories_committeemember": OF_OURS,
    "factories_cyclefact": OF_OURS,
    "factories_clockdrift": OF_OURS,
    "factories_factorystatuschange": OF_OURS,
    "factories_workforcecount": OF_OURS,
    "factories_factorybuyer": f"{ROLE} = 'ambassador' AND {IN_PROGRAMME} AND {DUPLICATES}",
    "advisory_committeemeeting": OF_OURS,
    "advisory_meetingdecision": OF_OURS,
    "advisory_selfdiagnosis": OF_OURS,
    "advisory_progressreport": OF_OURS,
    "advisory_planitemevent": OF_OURS,
    "assessments_accessrefusal": OF_OURS,
    "assessments_assessmentresult": f"{OF_OURS} AND is_released",
    "records_trailevent": f"{OF_OURS} AND for_factory AND NOT sealed",
}

# The dates of a link are days of its programme's calendar, whatever day it is in UTC.
TODAY = "(now() AT TIME ZONE p.timezone)::date"
IN_FORCE = (
    f"%(of)s.consented_on <= {TODAY}"
    f" AND (%(of)s.consent_ended_on IS NULL OR %(of)s.consent_ended_on > {TODAY})"
)
OWN_LINK = (
    "SELECT EXISTS (SELECT 1 FROM public.factories_factorybuyer fb"
    " JOIN public.tenancy_programme p ON p.id = fb.programme_id"
    f" WHERE fb.factory_id = wanted AND fb.buyer_id = {ORGANISATION}"
    f" AND {IN_FORCE % {'of': 'fb'}}"
)
LIVING = (
    "EXISTS (SELECT 1 FROM public.factories_factorybuyer k WHERE k.id = fb.carried_to_id"
    f" AND {IN_FORCE % {'of': 'k'}} AND k.subscribed_until >= {TODAY})"
)
COVERED = (
    f" AND CASE WHEN fb.carried_to_id IS NULL THEN fb.subscribed_until >= {TODAY} ELSE {LIVING} END"
)
AFTER = f"{OWN_LINK}{COVERED})"
BEFORE = (
    "SELECT EXISTS (SELECT 1 FROM public.factories_factorybuyer fb"
    f" WHERE fb.factory_id = wanted AND fb.buyer_id = {ORGANISATION}"
    " AND fb.consented_on <= CURRENT_DATE"
    " AND (fb.consent_ended_on IS NULL OR fb.consent_ended_on > CURRENT_DATE)"
    " AND fb.subscribed_until >= CURRENT_DATE)"
)
SINCE = " AND (fb.reads_from IS NULL OR released >= fb.reads_from)"


def function(start, signature, body):
    return (
        f"{start} FUNCTION {signature} RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE"
        f" AS $$ BEGIN RETURN ({body}); END $$"
    )


def assessments(bought):
    """The read rule of assessments, with what a buyer is asked."""
    rule = any_of(
        PLANNERS,
        f"({STAFF} AND NOT sealed)",
        f"({factory_side()} AND status IN ('factory_review', 'released', 'access_refused'))",
        f"({GLOBAL} AND NOT sealed)",
        f"({STAFF} AND bw_on_team(id))",
        f"({ROLE} = 'group_lead' AND status = 'released' AND bw_sees_factory(factory_id))",
        f"({ROLE} = 'buyer' AND status = 'released' AND {bought})",
    )
    return f"ALTER POLICY bw_read ON assessments_assessment USING ({decided_once(rule)})"


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0006_people_read_their_duplicates"),
        ("factories", "0006_links_of_duplicates_stay"),
        ("assessments", "0011_country_days"),
    ]

    operations = [
        migrations.RunSQL(
            sql=[
                f"CREATE POLICY {NAME} ON {table} FOR SELECT USING ({decided_once(rule)})"
                for table, rule in READ.items()
            ],
            reverse_sql=[f"DROP POLICY {NAME} ON {table}" for table in READ],
        ),
        migrations.RunSQL(
            sql=[
                function("CREATE OR REPLACE", "bw_buyer_reads_factory(wanted uuid)", AFTER),
                function(
                    "CREATE",
                    "bw_buyer_reads_released(wanted uuid, released timestamptz)",
                    f"{AFTER[:-1]}{SINCE})",
                ),
                assessments("bw_buyer_reads_released(factory_id, released_at)"),
            ],
            reverse_sql=[
                assessments("bw_buyer_reads_factory(factory_id)"),
                "DROP FUNCTION bw_buyer_reads_released(uuid, timestamptz)",
                function("CREATE OR REPLACE", "bw_buyer_reads_factory(wanted uuid)", BEFORE),
            ],
        ),
    ]
