"""Sentences of refused changes of the programme's numbers."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "reason_needed": _("Say why the numbers change. Who reads this later will want to know."),
    "settings_in_the_past": _(
        "Choose today or a later day. What happened so far keeps the numbers of its time."
    ),
    "settings_out_of_order": _(
        "A change from %(on)s is already planned. Choose that day or a later one."
    ),
    "unknown_setting": _("There is no such number. Load the page again."),
    "rest_days_unknown": _("Choose days of the week."),
    "rest_all_week": _("Leave at least one day of the week to work."),
    "setting_wrong_type": _("This is not a value that fits here."),
    "setting_out_of_range": _("Choose a value from %(lowest)s to %(highest)s."),
    "visit_range_reversed": _(
        "The lowest number of visits (%(lowest)s) is above the highest (%(highest)s)."
    ),
    "visit_days_reversed": _(
        "The shortest assessment (%(lowest)s days) is longer than the longest (%(highest)s)."
    ),
    "rating_thresholds_reversed": _(
        "The mark for “on track” must be at least as strict as the mark for “moderate progress”."
    ),
}
