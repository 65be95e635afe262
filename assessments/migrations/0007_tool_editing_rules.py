"""What holds for drafts, reviews and the law, whatever the code asks.

A version begins as a draft, and a proposal of law undecided and in the proposer's own name. A
draft under review is closed like a published version; who approves it wrote none of it; a
published version changes no more, but for being retired; a period of law comes in through a
proposal that a second person approved, word for word, and is never changed.
"""

from django.db import migrations

from betterwork.tenancy.rls import (
    IN_PROGRAMME,
    ROLE,
    USER,
    any_of,
    append_only,
    decided_once,
    keep_together,
    secure,
)

EDITORS = f"({ROLE} IN ('system', 'manager', 'cat_editor') AND {IN_PROGRAMME})"
PLATFORM = f"{ROLE} = 'platform'"
PROPOSED = (
    f"({ROLE} IN ('system', 'manager', 'cat_editor') AND"
    ' bw_law_approved(proposal_id, country, code, topic, kind, value, short, unit, "text",'
    " reference, source, confidence, effective_from, effective_to))"
)

FINAL = (
    "CREATE OR REPLACE FUNCTION bw_published_tool_is_final() RETURNS trigger LANGUAGE plpgsql AS $$"
    " DECLARE held record; BEGIN"
    "  SELECT {columns} INTO held FROM assessments_toolversion"
    "   WHERE id = COALESCE(NEW.version_id, OLD.version_id);"
    "  IF held.status IS DISTINCT FROM 'draft' THEN"
    "   RAISE EXCEPTION 'tool_published: a published version is never changed'"
    "    USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    "  {more}"
    "  RETURN COALESCE(NEW, OLD); END $$"
)
CLOSED = (
    "IF held.review_asked_at IS NOT NULL OR held.set_aside_at IS NOT NULL THEN"
    " RAISE EXCEPTION 'tool_closed: this draft is under review, or set aside'"
    " USING ERRCODE = 'integrity_constraint_violation'; END IF;"
)

VERSION_STEPS = (
    "CREATE FUNCTION bw_tool_steps() RETURNS trigger LANGUAGE plpgsql AS $$"
    " DECLARE before jsonb; BEGIN"
    f" IF NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id AND NEW.approved_by_id IS NOT NULL"
    "  THEN"
    f"  IF {ROLE} <> 'system' AND NEW.approved_by_id IS DISTINCT FROM {USER} THEN"
    "   RAISE EXCEPTION 'tool_approver: a person approves in their own name'"
    "    USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    "  SELECT b.left_out INTO before FROM assessments_toolversion b WHERE b.id = NEW.based_on_id;"
    "  IF EXISTS (SELECT 1 FROM assessments_toolquestion q WHERE q.version_id = NEW.id"
    "    AND q.changed_by_id = NEW.approved_by_id)"
    "   OR EXISTS (SELECT 1 FROM assessments_tooledit e WHERE e.version_id = NEW.id"
    "    AND e.revision IS NOT NULL AND e.made_by_id = NEW.approved_by_id)"
    "   OR EXISTS (SELECT 1 FROM jsonb_each(NEW.left_out) l"
    "    WHERE l.value ->> 'by' = NEW.approved_by_id::text"
    "    AND before -> l.key IS DISTINCT FROM l.value) THEN"
    "   RAISE EXCEPTION 'tool_author: nobody approves what they wrote'"
    "    USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    " END IF;"
    # What describes a draft is closed with its questions.
    f" IF {ROLE} IS DISTINCT FROM 'system'"
    "  AND OLD.review_asked_at IS NOT NULL AND NEW.review_asked_at IS NOT NULL"
    "  AND (NEW.label, NEW.name, NEW.names, NEW.note, NEW.left_out, NEW.based_on_id)"
    "   IS DISTINCT FROM"
    "   (OLD.label, OLD.name, OLD.names, OLD.note, OLD.left_out, OLD.based_on_id) THEN"
    "  RAISE EXCEPTION 'tool_closed: this draft is under review, or published'"
    "   USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    # The library is published by the system alone, and by nobody in person.
    f" IF OLD.status = 'draft' AND NEW.status <> 'draft' AND {ROLE} <> 'system'"
    "  AND NEW.published_by_id IS NULL THEN"
    "  RAISE EXCEPTION 'tool_unreviewed: a version is published by a person, after a review'"
    "   USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    " RETURN NEW; END $$"
)
VERSION_BEGINS = (
    "CREATE FUNCTION bw_tool_begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" IF {ROLE} IS DISTINCT FROM 'system' AND (NEW.status <> 'draft'"
    "  OR NEW.approved_by_id IS NOT NULL OR NEW.approved_at IS NOT NULL) THEN"
    "  RAISE EXCEPTION 'tool_begins: a version begins as a draft that nobody has approved'"
    "   USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    " RETURN NEW; END $$"
)
LAW_BEGINS = (
    "CREATE FUNCTION bw_law_proposed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" IF {ROLE} IS DISTINCT FROM 'system' AND (NEW.decision <> ''"
    f"  OR NEW.proposed_by_id IS DISTINCT FROM {USER}) THEN"
    "  RAISE EXCEPTION 'law_proposer: law is proposed in one''s own name, for another to decide'"
    "   USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    " RETURN NEW; END $$"
)
LAW_STEPS = (
    "CREATE FUNCTION bw_law_decided() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF OLD.decision <> '' THEN"
    "  RAISE EXCEPTION 'law_decided: a decision stands'"
    "   USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    f" IF {ROLE} <> 'system' AND NEW.decided_by_id IS DISTINCT FROM {USER} THEN"
    "  RAISE EXCEPTION 'law_decider: a person decides in their own name'"
    "   USING ERRCODE = 'integrity_constraint_violation'; END IF;"
    " RETURN NEW; END $$"
)
LAW_APPROVED = (
    "CREATE FUNCTION bw_law_approved(wanted uuid, land text, parameter text, about text,"
    " sort text, said jsonb, brief jsonb, measure text, words text, named text, origin text,"
    " sure text, since date, til date)"
    " RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN ("
    "SELECT EXISTS (SELECT 1 FROM public.assessments_lawproposal p"
    " JOIN public.tenancy_programme g ON g.id = p.programme_id"
    " WHERE p.id = wanted AND p.decision = 'approved' AND p.decided_by_id <> p.proposed_by_id"
    " AND g.country = land AND (p.code, p.topic, p.kind, p.value, p.short, p.unit, p.text,"
    "  p.reference, p.source, p.confidence, p.effective_from, p.effective_to)"
    " IS NOT DISTINCT FROM (parameter, about, sort, said, brief, measure, words,"
    "  named, origin, sure, since, til))); END $$"
)

# Columns of a published version that a retirement leaves alone: all but its own three.
KEPT = (
    "label", "name", "names", "effective_from", "content_hash", "note", "left_out",
    "based_on_id", "created_by_id", "created_at", "review_asked_at", "review_asked_by_id",
    "approved_at", "approved_by_id", "published_at", "published_by_id", "programme_id",
)  # fmt: skip
KEPT_BEFORE = ("label", "effective_from", "content_hash")


def final_version(columns, back="NEW.status = 'draft'"):
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns)
    return (
        "CREATE TRIGGER bw_published BEFORE UPDATE ON assessments_toolversion FOR EACH ROW"
        f" WHEN (OLD.status <> 'draft' AND ({back} OR {changed}))"
        " EXECUTE FUNCTION bw_refuse_change()"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0006_tool_versions_and_law_proposals"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
    ]

    operations = [
        secure("assessments_tooledit", read=EDITORS, write=EDITORS),
        append_only(
            "assessments_tooledit",
            [
                "version_id",
                "lineage",
                "base_revision",
                "revision",
                "content",
                "made_by_id",
                "made_at",
            ],
        ),
        keep_together("assessments_tooledit", "version_id", "assessments_toolversion"),
        secure("assessments_toolcomment", read=EDITORS, write=EDITORS),
        append_only(
            "assessments_toolcomment", ["version_id", "lineage", "text", "made_by_id", "made_at"]
        ),
        keep_together("assessments_toolcomment", "version_id", "assessments_toolversion"),
        keep_together("assessments_toolversion", "based_on_id", "assessments_toolversion"),
        secure("assessments_lawproposal", read=EDITORS, write=EDITORS),
        append_only(
            "assessments_lawproposal",
            [
                "code",
                "topic",
                "kind",
                "value",
                "short",
                "unit",
                "text",
                "reference",
                "source",
                "confidence",
                "effective_from",
                "effective_to",
                "reason",
                "proposed_by_id",
                "proposed_at",
            ],
        ),
        append_only(
            "assessments_lawparameter",
            [
                "country",
                "code",
                "kind",
                "value",
                "short",
                "unit",
                "text",
                "reference",
                "source",
                "confidence",
                "effective_from",
                "proposal_id",
            ],
        ),
        migrations.RunSQL(
            sql=[
                FINAL.format(columns="status, review_asked_at, set_aside_at", more=CLOSED),
                VERSION_STEPS,
                "CREATE TRIGGER bw_steps BEFORE UPDATE ON assessments_toolversion FOR EACH ROW"
                " EXECUTE FUNCTION bw_tool_steps()",
                VERSION_BEGINS,
                "CREATE TRIGGER bw_begins BEFORE INSERT ON assessments_toolversion FOR EACH ROW"
                " EXECUTE FUNCTION bw_tool_begins()",
                "DROP TRIGGER bw_published ON assessments_toolversion",
                # A retired version is not taken up again.
                final_version(
                    KEPT, "NEW.status = 'draft' OR (OLD.status = 'retired' AND NEW <> OLD)"
                ),
                LAW_STEPS,
                "CREATE TRIGGER bw_decided BEFORE UPDATE ON assessments_lawproposal FOR EACH ROW"
                " EXECUTE FUNCTION bw_law_decided()",
                LAW_BEGINS,
                "CREATE TRIGGER bw_proposed BEFORE INSERT ON assessments_lawproposal FOR EACH ROW"
                " EXECUTE FUNCTION bw_law_proposed()",
                LAW_APPROVED,
                "ALTER POLICY bw_insert ON assessments_lawparameter WITH CHECK"
                f" ({decided_once(any_of(PLATFORM, PROPOSED))})",
            ],
            reverse_sql=[
                f"ALTER POLICY bw_insert ON assessments_lawparameter WITH CHECK ({PLATFORM})",
                "DROP FUNCTION bw_law_approved(uuid, text, text, text, text, jsonb, jsonb, text,"
                " text, text, text, text, date, date)",
                "DROP TRIGGER bw_proposed ON assessments_lawproposal",
                "DROP FUNCTION bw_law_proposed()",
                "DROP TRIGGER bw_decided ON assessments_lawproposal",
                "DROP FUNCTION bw_law_decided()",
                "DROP TRIGGER bw_published ON assessments_toolversion",
                final_version(KEPT_BEFORE),
                "DROP TRIGGER bw_begins ON assessments_toolversion",
                "DROP FUNCTION bw_tool_begins()",
                "DROP TRIGGER bw_steps ON assessments_toolversion",
                "DROP FUNCTION bw_tool_steps()",
                FINAL.format(columns="status", more=""),
            ],
        ),
    ]
