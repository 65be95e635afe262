"""Work on sealed visits is the planners' alone; a mail may carry an invitation to a calendar."""

from django.db import migrations, models

from betterwork.tenancy.rls import IN_PROGRAMME, PLANNERS, STAFF, USER, any_of, decided_once

OWN = f"({IN_PROGRAMME} AND requested_by_id = {USER})"
BEFORE = any_of(STAFF, OWN)
# Whoever asked for sealed work sees it in the planner's hat only, not in another of theirs.
AFTER = any_of(PLANNERS, f"({STAFF} AND NOT sealed)", f"({OWN} AND NOT sealed)")


def statements(rule):
    rule = decided_once(rule)
    return [
        f"ALTER POLICY bw_read ON records_job USING ({rule})",
        f"ALTER POLICY bw_insert ON records_job WITH CHECK ({rule})",
        f"ALTER POLICY bw_update ON records_job USING ({rule}) WITH CHECK ({rule})",
    ]


class Migration(migrations.Migration):
    dependencies = [("records", "0003_actions_of_the_tool"), ("tenancy", "0002_row_security")]

    operations = [
        migrations.AddField(
            model_name="job", name="sealed", field=models.BooleanField(default=False)
        ),
        migrations.AddField(
            model_name="outgoingmail", name="calendar", field=models.TextField(blank=True)
        ),
        migrations.AlterField(
            model_name="trailevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("signed_in", "signed in"),
                    ("sign_in_failed", "sign-in failed"),
                    ("signed_out", "signed out"),
                    ("hat_changed", "changed hat"),
                    ("invited", "invited a person"),
                    ("invitation_accepted", "accepted an invitation"),
                    ("invitation_withdrawn", "withdrew an invitation"),
                    ("membership_ended", "ended a membership"),
                    ("settings_changed", "changed the programme's settings"),
                    ("factory_registered", "registered the factory"),
                    ("factory_changed", "changed the factory's data"),
                    ("factory_status_changed", "changed the factory's status"),
                    ("factory_merged", "merged a duplicate"),
                    ("advisor_assigned", "assigned an advisor"),
                    ("factories_imported", "imported factories"),
                    ("cycle_opened", "opened a cycle"),
                    ("cycle_closed", "closed a cycle"),
                    ("cycle_fact_recorded", "recorded a step of the cycle"),
                    ("drift_recorded", "gave a reason for a late clock"),
                    ("committee_formed", "formed a committee"),
                    ("committee_changed", "changed a committee"),
                    ("election_held", "recorded an election"),
                    ("meeting_held", "recorded a committee meeting"),
                    ("assessment_created", "planned an assessment"),
                    ("assessment_team_changed", "changed the assessment team"),
                    ("envelope_opened", "looked at a sealed visit"),
                    ("modality_chosen", "chose how an assessment is held"),
                    ("visit_locked", "locked or unlocked a planned visit"),
                    ("window_widened", "held a window open longer"),
                    ("plan_made", "planned visits"),
                    ("plan_applied", "applied a changed plan"),
                    ("plan_discarded", "did not take a changed plan"),
                    ("profile_changed", "changed an advisor's skills or base"),
                    ("absence_recorded", "recorded an absence"),
                    ("conflicts_declared", "declared conflicts of interest"),
                    ("closure_recorded", "recorded days a factory is closed"),
                    ("calendar_shared", "changed the address of a calendar"),
                    ("checked_in", "checked in at the factory"),
                    ("assessment_signed", "signed the assessment"),
                    ("assessment_submitted", "submitted the assessment"),
                    ("remark_made", "made a remark in quality review"),
                    ("assessment_returned", "returned the assessment to the team"),
                    ("draft_sent", "sent the draft to the factory"),
                    ("factory_commented", "commented on the draft"),
                    ("assessment_released", "released the report"),
                    ("assessment_cancelled", "cancelled the assessment"),
                    ("assessment_postponed", "postponed the assessment"),
                    ("access_refused", "recorded refused access"),
                    ("conflict_settled", "settled two different answers"),
                    ("evidence_added", "added evidence"),
                    ("report_written", "wrote the report"),
                    ("report_read", "opened the report"),
                    ("report_corrected", "asked for a corrected report"),
                    ("exported", "exported data"),
                    ("visit_recorded", "recorded an advisory visit"),
                    ("visit_confirmed", "confirmed an advisory visit"),
                    ("visit_cancelled", "cancelled an advisory visit"),
                    ("self_diagnosis_done", "completed the self-diagnosis"),
                    ("items_created", "added findings to the improvement plan"),
                    ("item_created", "added a plan item"),
                    ("item_changed", "changed a plan item"),
                    ("item_progress", "updated progress"),
                    ("item_done", "reported the item as done"),
                    ("item_confirmed", "confirmed completion"),
                    ("item_not_yet", "did not confirm yet"),
                    ("item_completed", "completed the item"),
                    ("item_verified", "verified the item"),
                    ("item_returned", "returned the item"),
                    ("item_merged", "merged two plan items"),
                    ("nudged", "sent a reminder"),
                    ("progress_report_sent", "sent a progress report"),
                    ("tool_drafted", "began a draft of the tool"),
                    ("tool_review_asked", "asked for a review of the tool"),
                    ("tool_approved", "approved a version of the tool"),
                    ("tool_returned", "returned a version of the tool"),
                    ("tool_published", "published a version of the tool"),
                    ("tool_retired", "retired a version of the tool"),
                    ("tool_read_abroad", "compared with another country's tool"),
                    ("law_proposed", "proposed a change of the law data"),
                    ("law_decided", "decided on a proposed change of the law data"),
                    ("law_changed", "changed the law data"),
                ],
                max_length=48,
                verbose_name="what",
            ),
        ),
        migrations.RunSQL(sql=statements(AFTER), reverse_sql=statements(BEFORE)),
    ]
