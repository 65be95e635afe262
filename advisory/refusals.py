"""Sentences of this app's refusals."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "visit_on_absence": _(
        "The advisor is away on %(day)s. Choose another day, or take the leave back."
    ),
    "visit_on_assessment": _("You have other work on %(day)s. Choose another day."),
    "visit_is_cancelled": _("This visit was cancelled. Plan another one."),
    "visit_note_missing": _("Write a few words first, so that the others know why."),
    # the plan
    "assessment_not_shared": _(
        "Findings enter the plan once the draft is with the factory. Assessment %(assessment)s is"
        " not there yet."
    ),
    "item_not_your_task": _(
        "This step is not yours in the role you act in. Change your role above, or ask the person"
        " named beside the step."
    ),
    "item_issue_missing": _("Say in a few words what the issue is."),
    "item_origin_unknown": _("Choose where this item comes from."),
    "item_already_started": _("Work on item %(number)s has already begun."),
    "item_already_reported": _(
        "Item %(number)s is reported as done. The committee is asked to confirm it."
    ),
    "item_already_completed": _("Item %(number)s is completed. Both sides have confirmed it."),
    "item_already_verified": _("Item %(number)s is verified. Nothing more is needed."),
    "item_not_reported": _(
        "Item %(number)s is not reported as done yet. It can be confirmed after that."
    ),
    "item_not_completed": _(
        "Item %(number)s is not completed yet. Both committee sides confirm it first."
    ),
    "item_not_verified": _("Item %(number)s is not verified, so it cannot be opened again."),
    "item_side_confirmed": _("Your side has already confirmed item %(number)s."),
    "item_same_person_both_sides": _(
        "You confirmed item %(number)s for the other side. Another person must confirm for this"
        " side."
    ),
    "item_reason_missing": _(
        "Give the reason, so that the factory knows what is still to be done."
    ),
    "item_evidence_missing": _(
        "Add a photo or a document first. This programme asks for evidence before an item is"
        " reported as done."
    ),
    "item_is_merged": _(
        "Item %(number)s was merged into another one. Go on there; its history is kept."
    ),
    "progress_out_of_range": _("Give the progress as a number from 0 to 100."),
    "due_in_the_past": _("%(day)s has passed. Choose a day from today on."),
    "due_on_weekly_rest": _("%(day)s is the weekly holiday. Choose another day."),
    "due_on_public_holiday": _("%(day)s is a public holiday. Choose another day."),
    "merge_same_item": _("Choose another item. An item cannot be merged into itself."),
    "merge_other_factory": _("These two items belong to different plans. They stay apart."),
    "merge_completed": _("Item %(number)s is completed. Only open items can be merged."),
    "merge_other_way": _(
        "Item %(number)s is further along. Keep that one, and merge this one into it."
    ),
    "evidence_none": _("Choose at least one photo or document."),
    "nudged_lately": _("A reminder was sent on %(day)s. The next one can be sent on %(next)s."),
    "nobody_to_remind": _(
        "Nobody who could take the next step of item %(number)s has an account yet. Invite them"
        " first."
    ),
    # meetings
    "meeting_in_the_future": _("%(day)s is still to come. Record the meeting after it was held."),
    "meeting_exists": _("A meeting on %(day)s is already recorded. Open it to add to it."),
    "meeting_without_minutes": _(
        "Write down what was discussed. A meeting is kept with its minutes."
    ),
    "meeting_one_sided": _("A meeting needs at least one member of each side."),
    "chair_not_a_member": _("Choose as chair somebody who was a member on the day of the meeting."),
    "decision_of_another_plan": _("Choose an item of this factory's own plan."),
    "decision_before_meeting": _("A decision cannot be carried out before the meeting, %(day)s."),
    "minutes_filed_before_meeting": _("The minutes cannot be sent before the meeting, %(day)s."),
    # visits
    "no_cycle": _("This factory has no cycle that runs on %(day)s. Open one first."),
    "visit_without_a_day": _("Give the day the visit is planned for, or the day it took place."),
    "visit_in_the_future": _("%(day)s is still to come. Record it as planned until then."),
    "visit_already_done": _(
        "This visit took place on %(day)s. Its day no longer changes; its notes can."
    ),
    "visit_moved_meanwhile": _("This visit was moved to %(day)s meanwhile. Look at it again."),
    "visit_without_topics": _("Say what the visit was about."),
    "virtual_too_early": _(
        "Virtual visits are possible from the third cycle on. This factory is in cycle %(number)s."
    ),
    # self-diagnosis
    "diagnosis_done": _("The self-diagnosis of this cycle was completed on %(day)s."),
    "diagnosis_unanswered": _(
        "%(count)s compliance points have no answer yet. Choose fine, issue or unsure for each."
    ),
    "diagnosis_issue_without_note": _(
        "Say in a few words what the issue is, for each point marked as an issue: %(points)s."
    ),
    # progress reports
    "report_already_sent": _("This progress report was sent on %(day)s. It no longer changes."),
    "report_too_early": _(
        "Progress Report %(number)s follows the released assessment report. That one is not"
        " released yet."
    ),
    "report_unanswered": _("%(count)s questions have no answer yet."),
    "report_claim_without_evidence": _(
        "Add evidence to what you report as fixed: items %(items)s have none."
    ),
}
