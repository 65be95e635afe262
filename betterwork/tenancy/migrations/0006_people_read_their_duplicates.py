"""What a duplicate was assessed for stays readable to the people of the factory it became.

Past cycles, visits, assessments and reports keep their place under the duplicate when two entries
are merged, while its people go over. Row-level security asks for the factory they act for now, so
they lost sight of reports that were released to them. These rules stand beside the old ones and let
the factory's own people in, nobody else.
"""

from django.db import migrations

from betterwork.tenancy.rls import (
    FACTORY,
    FACTORY_ROLES,
    IN_PROGRAMME,
    PROGRAMME,
    ROLE,
    decided_once,
)

# The ids are found once for a statement; as a list they cost a row no more than one id did. It
# runs as its caller, whom the factories' own rule shows the duplicates.
FUNCTION = f"""
CREATE FUNCTION bw_own_duplicates() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN ARRAY(SELECT f.id FROM public.factories_factory f
               WHERE f.merged_into_id = {FACTORY} AND f.programme_id = {PROGRAMME});
END $$
"""
HERE = f"{ROLE} IN {FACTORY_ROLES} AND {IN_PROGRAMME}"
OF_OURS = f"{HERE} AND factory_id = ANY ((SELECT bw_own_duplicates())::uuid[])"
SEES_ASSESSMENT = "bw_sees_assessment(assessment_id)"

READ = {
    "factories_factory": f"{HERE} AND merged_into_id = {FACTORY}",
    "factories_engagementcycle": OF_OURS,
    "assessments_assessment": f"{OF_OURS}"
    " AND status IN ('factory_review', 'released', 'access_refused')",
    "assessments_factorycomment": OF_OURS,
    "assessments_pointresult": f"{OF_OURS} AND is_released",
    # Visits still to come move with the merge, or are for the programme to cancel.
    "advisory_advisoryvisit": f"{OF_OURS} AND visited_on IS NOT NULL",
    "reporting_report": f"{OF_OURS}"
    f" AND (released_at IS NOT NULL OR (is_draft AND {SEES_ASSESSMENT}))",
}
NAME = "bw_read_of_duplicates"
# A draft that was with the duplicate is commented on by the people who went over.
COMMENT = f"{OF_OURS} AND {SEES_ASSESSMENT}"


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
        ("factories", "0005_clocks_follow_a_merge"),
        ("assessments", "0009_planning"),
        ("advisory", "0006_items_follow_their_factory"),
        ("reporting", "0002_report_for_two_readers"),
    ]

    operations = [
        migrations.RunSQL(
            sql=[
                FUNCTION,
                *(
                    f"CREATE POLICY {NAME} ON {table} FOR SELECT USING ({decided_once(rule)})"
                    for table, rule in READ.items()
                ),
                "CREATE POLICY bw_insert_of_duplicates ON assessments_factorycomment FOR INSERT"
                f" WITH CHECK ({decided_once(COMMENT)})",
            ],
            reverse_sql=[
                "DROP POLICY bw_insert_of_duplicates ON assessments_factorycomment",
                *(f"DROP POLICY {NAME} ON {table}" for table in READ),
                "DROP FUNCTION bw_own_duplicates()",
            ],
        )
    ]
