"""Authors of a draft known to the database, and law that was written down wrongly put right.

Whoever changes an open draft, or a question of it, is written into `authors` by triggers, so that
nobody approves what they wrote even if they left no trace in its history. A row of law that
corrects another comes in through an approved proposal that names it, and takes its place.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from betterwork.tenancy.rls import USER

AUTHORS = (
    "CREATE FUNCTION bw_tool_authors() RETURNS trigger LANGUAGE plpgsql AS $$"
    f" DECLARE person bigint := {USER}; BEGIN"
    # Nobody adds another person, and nobody takes one away.
    "  IF OLD.status = 'draft' AND person IS NOT NULL AND NOT person = ANY(OLD.authors) AND ("
    "    person = ANY(NEW.authors)"
    "    OR (NEW.label, NEW.name, NEW.names, NEW.note, NEW.left_out, NEW.based_on_id)"
    "     IS DISTINCT FROM"
    "     (OLD.label, OLD.name, OLD.names, OLD.note, OLD.left_out, OLD.based_on_id)) THEN"
    "   NEW.authors := OLD.authors || person;"
    "  ELSE NEW.authors := OLD.authors; END IF;"
    "  IF NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id"
    "   AND NEW.approved_by_id = ANY(NEW.authors) THEN"
    "   RAISE EXCEPTION 'tool_author: nobody approves what they wrote'"
    "    USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    "  RETURN NEW; END $$"
)
BEGUN = (
    "CREATE FUNCTION bw_tool_author_begins() RETURNS trigger LANGUAGE plpgsql AS $$"
    f" DECLARE person bigint := {USER}; BEGIN"
    "  NEW.authors := CASE WHEN person IS NULL THEN '{}' ELSE ARRAY[person] END;"
    "  RETURN NEW; END $$"
)
# Once for a statement: beginning a draft writes hundreds of questions.
WRITTEN = (
    "CREATE FUNCTION bw_tool_question_author() RETURNS trigger LANGUAGE plpgsql AS $$"
    f" DECLARE person bigint := {USER}; BEGIN"
    "  IF person IS NOT NULL THEN"
    "   UPDATE assessments_toolversion v SET authors = v.authors || person"
    "    WHERE v.id IN (SELECT DISTINCT version_id FROM changed)"
    "    AND NOT person = ANY(v.authors); END IF;"
    "  RETURN NULL; END $$"
)
CORRECTED = (
    "CREATE FUNCTION bw_law_corrects() RETURNS trigger LANGUAGE plpgsql AS $$"
    " DECLARE named bigint; BEGIN"
    "  SELECT p.corrects_id INTO named FROM assessments_lawproposal p WHERE p.id = NEW.proposal_id;"
    "  IF named IS DISTINCT FROM NEW.corrects_id OR (NEW.corrects_id IS NOT NULL AND NOT EXISTS ("
    "    SELECT 1 FROM assessments_lawparameter held WHERE held.id = NEW.corrects_id"
    "     AND (held.country, held.code, held.kind, held.effective_from) IS NOT DISTINCT FROM"
    "     (NEW.country, NEW.code, NEW.kind, NEW.effective_from))) THEN"
    "   RAISE EXCEPTION 'law_corrects: a correction takes the place of the period proposed for it'"
    "    USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    "  RETURN NEW; END $$"
)


def on_questions(event, table):
    return (
        f"CREATE TRIGGER bw_author_{event.lower()} AFTER {event} ON assessments_toolquestion"
        f" REFERENCING {table} TABLE AS changed FOR EACH STATEMENT"
        " EXECUTE FUNCTION bw_tool_question_author()"
    )


def kept(table):
    return (
        f"CREATE TRIGGER bw_correction_kept BEFORE UPDATE ON {table} FOR EACH ROW"
        " WHEN (NEW.corrects_id IS DISTINCT FROM OLD.corrects_id)"
        " EXECUTE FUNCTION bw_refuse_change()"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0009_planning"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="lawparameter", name="law_period_once"),
        migrations.RemoveConstraint(model_name="lawproposal", name="law_proposal_open_once"),
        migrations.AddField(
            model_name="lawparameter",
            name="corrects",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="correction",
                to="assessments.lawparameter",
            ),
        ),
        migrations.AddField(
            model_name="lawproposal",
            name="corrects",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assessments.lawparameter",
            ),
        ),
        migrations.AddField(
            model_name="toolversion",
            name="authors",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, editable=False, size=None
            ),
        ),
        migrations.AlterField(
            model_name="lawproposal",
            name="effective_from",
            field=models.DateField(null=True, verbose_name="in force from"),
        ),
        migrations.AddConstraint(
            model_name="lawparameter",
            constraint=models.UniqueConstraint(
                condition=Q(corrects__isnull=True),
                fields=("country", "code", "effective_from"),
                name="law_period_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="lawproposal",
            constraint=models.CheckConstraint(
                condition=Q(effective_from__isnull=False) | Q(corrects__isnull=False),
                name="law_proposal_has_a_first_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="lawproposal",
            constraint=models.UniqueConstraint(
                condition=Q(decision=""),
                fields=("programme", "code", "effective_from"),
                name="law_proposal_open_once",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(
            sql=[
                AUTHORS,
                "CREATE TRIGGER bw_authors BEFORE UPDATE ON assessments_toolversion FOR EACH ROW"
                " EXECUTE FUNCTION bw_tool_authors()",
                BEGUN,
                "CREATE TRIGGER bw_author_begins BEFORE INSERT ON assessments_toolversion"
                " FOR EACH ROW EXECUTE FUNCTION bw_tool_author_begins()",
                WRITTEN,
                on_questions("INSERT", "NEW"),
                on_questions("UPDATE", "NEW"),
                on_questions("DELETE", "OLD"),
                CORRECTED,
                "CREATE TRIGGER bw_corrects BEFORE INSERT ON assessments_lawparameter FOR EACH ROW"
                " EXECUTE FUNCTION bw_law_corrects()",
                kept("assessments_lawparameter"),
                kept("assessments_lawproposal"),
            ],
            reverse_sql=[
                "DROP TRIGGER bw_correction_kept ON assessments_lawproposal",
                "DROP TRIGGER bw_correction_kept ON assessments_lawparameter",
                "DROP TRIGGER bw_corrects ON assessments_lawparameter",
                "DROP FUNCTION bw_law_corrects()",
                "DROP TRIGGER bw_author_delete ON assessments_toolquestion",
                "DROP TRIGGER bw_author_update ON assessments_toolquestion",
                "DROP TRIGGER bw_author_insert ON assessments_toolquestion",
                "DROP FUNCTION bw_tool_question_author()",
                "DROP TRIGGER bw_author_begins ON assessments_toolversion",
                "DROP FUNCTION bw_tool_author_begins()",
                "DROP TRIGGER bw_authors ON assessments_toolversion",
                "DROP FUNCTION bw_tool_authors()",
            ],
        ),
    ]
