"""All points of an assessment in one row, so that a dashboard adds numbers and reads few rows."""

import django.db.models.deletion
from django.db import migrations, models

from betterwork.tenancy.rls import (
    GLOBAL,
    IN_PROGRAMME,
    ROLE,
    STAFF,
    any_of,
    factory_side,
    keep_together,
    secure,
)

# A new point takes the next lane; loading a point that is there already takes none.
GIVE = """
CREATE FUNCTION bw_give_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.lane IS NULL THEN
    SELECT COALESCE(max(lane) + 1, 0) INTO NEW.lane FROM assessments_compliancepoint;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bw_give_lane BEFORE INSERT ON assessments_compliancepoint
  FOR EACH ROW EXECUTE FUNCTION bw_give_lane();
"""
GIVE_NONE = """
DROP TRIGGER bw_give_lane ON assessments_compliancepoint;
DROP FUNCTION bw_give_lane();
"""
LANES = """
UPDATE assessments_compliancepoint p SET lane = placed.lane
  FROM (SELECT code, row_number() OVER (ORDER BY code) - 1 AS lane
          FROM assessments_compliancepoint) placed
 WHERE placed.code = p.code
"""
IN_LANE = "('1' || repeat('0', 5 * c.lane))::numeric"
RESULTS = f"""
INSERT INTO assessments_assessmentresult
       (assessment_id, programme_id, factory_id, is_released, present, asked, found, structural,
        either)
SELECT p.assessment_id, p.programme_id, p.factory_id, bool_or(p.is_released), sum({IN_LANE}),
       COALESCE(sum({IN_LANE}) FILTER (WHERE p.asked > 0), 0),
       COALESCE(sum({IN_LANE}) FILTER (WHERE p.breaches > 0), 0),
       COALESCE(sum({IN_LANE}) FILTER (WHERE p.structural > 0), 0),
       COALESCE(sum({IN_LANE}) FILTER (WHERE p.breaches > 0 OR p.structural > 0), 0)
  FROM assessments_pointresult p
  JOIN assessments_compliancepoint c ON c.code = p.point_id
 GROUP BY p.assessment_id, p.programme_id, p.factory_id
"""
# Row-level security holds for the owner too, so it rests while what is there is carried over.
SECURED = (
    "assessments_compliancepoint",
    "assessments_pointresult",
    "assessments_assessmentresult",
)
FILL = [
    *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in SECURED),
    LANES,
    RESULTS,
    "SET CONSTRAINTS ALL IMMEDIATE",
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in SECURED),
]


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0004_policies_by_function"),
        ("factories", "0003_kept_clocks"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
    ]

    operations = [
        migrations.AddField(
            "compliancepoint",
            "lane",
            models.PositiveSmallIntegerField(editable=False, null=True, unique=True),
        ),
        migrations.CreateModel(
            "AssessmentResult",
            fields=[
                (
                    "assessment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="result",
                        serialize=False,
                        to="assessments.assessment",
                    ),
                ),
                ("is_released", models.BooleanField(default=False)),
                ("present", models.DecimalField(decimal_places=0, max_digits=300)),
                ("asked", models.DecimalField(decimal_places=0, max_digits=300)),
                ("found", models.DecimalField(decimal_places=0, max_digits=300)),
                ("structural", models.DecimalField(decimal_places=0, max_digits=300)),
                ("either", models.DecimalField(decimal_places=0, max_digits=300)),
                (
                    "factory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="factories.factory",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.programme",
                    ),
                ),
            ],
        ),
        # Who may see the results point by point sees them side by side.
        secure(
            "assessments_assessmentresult",
            read=any_of(
                STAFF,
                GLOBAL,
                f"({ROLE} = 'constituent' AND {IN_PROGRAMME} AND is_released)",
                f"({factory_side()} AND is_released)",
                f"({ROLE} = 'group_lead' AND is_released AND bw_sees_factory(factory_id))",
            ),
            write=STAFF,
            delete=STAFF,
        ),
        keep_together("assessments_assessmentresult", "assessment_id", "assessments_assessment"),
        keep_together("assessments_assessmentresult", "factory_id", "factories_factory"),
        migrations.RunSQL(GIVE, GIVE_NONE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "compliancepoint",
            models.CheckConstraint(
                condition=models.Q(("lane__isnull", False)), name="point_has_a_lane"
            ),
        ),
    ]
