"""The same policies, planned quickly: what a policy asks of another table stands in a function.

PostgreSQL unfolds a sub-select of a policy with the policies of the tables in it, and theirs, into
every query: an update of one answer took 14 ms to plan and less than 1 ms to run. A PL/pgSQL
function is planned once per session and is called only where the plain part of the policy does not
decide. It runs as its caller, so the policies of the tables it reads still hold.
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
    SYSTEM,
    USER,
    any_of,
    decided_once,
    factory_side,
    where_visible,
)

FUNCTIONS = {
    "bw_sees_assessment": "SELECT EXISTS (SELECT 1 FROM public.assessments_assessment a"
    " WHERE a.id = wanted)",
    "bw_answers_assessment": "SELECT EXISTS (SELECT 1 FROM public.assessments_assessmentmember m"
    f" WHERE m.assessment_id = wanted AND m.user_id = {USER})"
    " AND EXISTS (SELECT 1 FROM public.assessments_assessment a"
    " WHERE a.id = wanted AND a.status = 'in_progress')",
    "bw_on_team": "SELECT EXISTS (SELECT 1 FROM public.assessments_assessmentmember m"
    f" WHERE m.assessment_id = wanted AND m.user_id = {USER})",
    "bw_sees_factory": "SELECT EXISTS (SELECT 1 FROM public.factories_factory f"
    " WHERE f.id = wanted)",
    "bw_buyer_reads_factory": "SELECT EXISTS (SELECT 1 FROM public.factories_factorybuyer fb"
    f" WHERE fb.factory_id = wanted AND fb.buyer_id = {ORGANISATION}"
    " AND fb.consented_on <= CURRENT_DATE"
    " AND (fb.consent_ended_on IS NULL OR fb.consent_ended_on > CURRENT_DATE)"
    " AND fb.subscribed_until >= CURRENT_DATE)",
}

PLAIN = {
    "sees_assessment": where_visible("assessments_assessment", "assessment_id"),
    "answers": "EXISTS (SELECT 1 FROM assessments_assessmentmember m"
    f" WHERE m.assessment_id = assessments_answer.assessment_id AND m.user_id = {USER})"
    " AND EXISTS (SELECT 1 FROM assessments_assessment a"
    " WHERE a.id = assessments_answer.assessment_id AND a.status = 'in_progress')",
    "on_team": "EXISTS (SELECT 1 FROM assessments_assessmentmember m"
    f" WHERE m.assessment_id = assessments_assessment.id AND m.user_id = {USER})",
    "sees_factory": where_visible("factories_factory", "factory_id"),
    "buyer_reads": "EXISTS (SELECT 1 FROM factories_factorybuyer fb"
    " WHERE fb.factory_id = assessments_assessment.factory_id"
    f" AND fb.buyer_id = {ORGANISATION} AND fb.consented_on <= CURRENT_DATE"
    " AND (fb.consent_ended_on IS NULL OR fb.consent_ended_on > CURRENT_DATE)"
    " AND fb.subscribed_until >= CURRENT_DATE)",
}
QUICK = {
    "sees_assessment": "bw_sees_assessment(assessment_id)",
    "answers": "bw_answers_assessment(assessment_id)",
    "on_team": "bw_on_team(id)",
    "sees_factory": "bw_sees_factory(factory_id)",
    "buyer_reads": "bw_buyer_reads_factory(factory_id)",
}


def statements(by):
    """ALTER POLICY of each policy that asks another table, in one of the two forms."""
    seen = by["sees_assessment"]
    side, on_team = factory_side(), by["on_team"]
    group = f"{ROLE} = 'group_lead'"
    reads = {
        "assessments_assessment": any_of(
            PLANNERS,
            f"({STAFF} AND NOT sealed)",
            f"({side} AND status IN ('factory_review', 'released', 'access_refused'))",
            f"({GLOBAL} AND NOT sealed)",
            f"({STAFF} AND {on_team})",
            f"({group} AND status = 'released' AND {by['sees_factory']})",
            f"({ROLE} = 'buyer' AND status = 'released' AND {by['buyer_reads']})",
        ),
        "assessments_answer": any_of(STAFF, f"({ROLE} <> 'system' AND {seen})"),
        "assessments_evidence": any_of(
            STAFF, f"(visibility = 'factory' AND {ROLE} IN {FACTORY_ROLES} AND {seen})"
        ),
        "assessments_assessmentstep": f"({STAFF} AND {seen})",
        "assessments_pointresult": any_of(
            STAFF,
            GLOBAL,
            f"({ROLE} = 'constituent' AND {IN_PROGRAMME} AND is_released)",
            f"({side} AND is_released)",
            f"({group} AND is_released AND {by['sees_factory']})",
        ),
    }
    writes = {
        "assessments_assessment": any_of(
            PLANNERS, f"({STAFF} AND NOT sealed)", f"({STAFF} AND {on_team})"
        ),
        "assessments_answer": any_of(SYSTEM, f"({STAFF} AND {by['answers']})"),
        "assessments_factorycomment": any_of(STAFF, f"({side} AND {seen})"),
    }
    made = [
        f"ALTER POLICY bw_read ON {table} USING ({decided_once(rule)})"
        for table, rule in reads.items()
    ]
    for table, rule in ((table, decided_once(rule)) for table, rule in writes.items()):
        made.append(f"ALTER POLICY bw_insert ON {table} WITH CHECK ({rule})")
        made.append(f"ALTER POLICY bw_update ON {table} USING ({rule}) WITH CHECK ({rule})")
    return made


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0003_factory_finished_and_left_out"),
        ("tenancy", "0002_row_security"),
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
