"""Sentences of this app's refusals."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "factory_not_active": _(
        "%(factory)s is closed, has left or was merged. Set its status to active first."
    ),
    "factory_name_missing": _("Give the factory a name."),
    "factory_is_merged": _("%(factory)s was merged into another factory and is no longer changed."),
    "likely_duplicate": _(
        "This may be a factory that is already registered: %(names)s. Open it, or confirm that"
        " yours is another one."
    ),
    "no_free_code": _("No free factory id was found. Try again."),
    "os_id_malformed": _(
        "%(value)s is not an OS ID. It has the country, the year, the day of the year and six"
        " letters or digits, such as CN2021250D1DTN7."
    ),
    "os_id_taken": _("The OS ID %(value)s belongs to another factory."),
    "gateway_id_malformed": _(
        "%(value)s is not an SLCP Gateway id. It has letters, digits and hyphens only, and at"
        " least one digit."
    ),
    "legacy_id_taken": _("The earlier id %(value)s belongs to another factory of the programme."),
    "status_unknown": _("Choose one of the statuses in the list."),
    "status_reason_missing": _("Say why the factory is no longer active."),
    "workforce_negative": _("A number of workers cannot be below zero."),
    "workforce_in_future": _("The day of the count cannot be in the future."),
    "contact_name_missing": _("Give the contact a name."),
    "buyer_unknown": _(
        "%(name)s is not in the list of buyers. Ask the programme's staff to add it."
    ),
    "buyer_relation_unknown": _("Choose one of the relations in the list."),
    "group_name_taken": _("There is a group named %(name)s already."),
    "merge_with_itself": _("Choose another factory: this is the same one."),
    "merge_reason_missing": _("Say how you know that the two are one factory."),
    "cycle_starts_too_early": _(
        "The new cycle would overlap the one before. The earliest first day is %(earliest)s."
    ),
    "cycle_ends_before_start": _("A cycle cannot end before its first day, %(starts_on)s."),
    "cycle_is_closed": _("Cycle %(number)s is closed. Its clocks no longer run."),
    "cycle_fact_unknown": _("The engine does not know the step %(kind)s."),
    "fact_missing": _("Record what comes first (%(earlier)s), then this step (%(later)s)."),
    "fact_too_early": _("This step (%(later)s) cannot be earlier than %(earlier)s."),
    "clock_unknown": _("There is no clock of this name (%(clock)s)."),
    "drift_reason_unknown": _("Choose one of the reasons in the list."),
    "drift_note_missing": _("Say in a few words what the other reason is."),
    "drift_pauses_and_moves": _("Choose one: the clock stands still, or it gets a new day."),
    "drift_in_the_past": _("The new day cannot be before today, %(today)s."),
    "no_working_day": _("The calendar has no working day after %(after)s. Check the rest days."),
}
