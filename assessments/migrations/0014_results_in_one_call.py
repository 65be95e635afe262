"""What is counted of assessments is written by one function, planned once per connection.

The policies of six tables stand in the statements that count the answers: planning them took as
long as running them. The function runs as its caller, so the policies still hold.
"""

from django.db import migrations

IN_LANE = "('1' || repeat('0', 5 * c.lane))::numeric"  # AssessmentResult.DIGITS
WRITE = f"""
CREATE FUNCTION bw_write_results(wanted uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  DELETE FROM public.assessments_assessmentresult r WHERE r.assessment_id = ANY (wanted);
  DELETE FROM public.assessments_pointresult r WHERE r.assessment_id = ANY (wanted);

  INSERT INTO public.assessments_pointresult
         (programme_id, assessment_id, factory_id, point_id, assessed_on, year, cycle_number,
          region, factory_type, is_released, asked, breaches, structural, is_non_compliant)
  SELECT a.programme_id, a.id, a.factory_id, w.point_id, a.starts_on,
         EXTRACT(YEAR FROM a.starts_on), a.cycle_number, f.region, f.factory_type,
         a.status = 'released',
         COUNT(*) FILTER (WHERE w.outcome IN ('compliant', 'non_compliant')),
         COUNT(*) FILTER (WHERE w.outcome = 'non_compliant'),
         COUNT(*) FILTER (WHERE w.outcome = 'structural'),
         BOOL_OR(w.outcome = 'non_compliant')
    FROM public.assessments_answer w
    JOIN public.assessments_assessment a ON a.id = w.assessment_id
    JOIN public.factories_factory f ON f.id = a.factory_id
   WHERE a.id = ANY (wanted)
     AND w.outcome IN ('compliant', 'non_compliant', 'structural')
     AND a.status IN ('submitted', 'quality_review', 'factory_review', 'released', 'in_progress')
     AND (a.status <> 'in_progress' OR a.submitted_at IS NOT NULL)
     AND EXISTS (SELECT 1 FROM public.assessments_toolquestion q
                  WHERE q.id = w.question_id AND q.kind = 'ncq')
   GROUP BY a.id, w.point_id, f.id
   ORDER BY a.id, w.point_id;

  INSERT INTO public.assessments_assessmentresult
         (assessment_id, programme_id, factory_id, is_released, present, asked, found, structural,
          either)
  SELECT p.assessment_id, p.programme_id, p.factory_id, bool_or(p.is_released), sum(p.unit),
         COALESCE(sum(p.unit) FILTER (WHERE p.asked > 0), 0),
         COALESCE(sum(p.unit) FILTER (WHERE p.breaches > 0), 0),
         COALESCE(sum(p.unit) FILTER (WHERE p.structural > 0), 0),
         COALESCE(sum(p.unit) FILTER (WHERE p.breaches > 0 OR p.structural > 0), 0)
    FROM (SELECT r.*, {IN_LANE} AS unit
            FROM public.assessments_pointresult r
            JOIN public.assessments_compliancepoint c ON c.code = r.point_id
           WHERE r.assessment_id = ANY (wanted) OFFSET 0) p
   GROUP BY p.assessment_id, p.programme_id, p.factory_id;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0013_country_days_reach_every_clock")]

    operations = [migrations.RunSQL(WRITE, "DROP FUNCTION bw_write_results(uuid[])")]
