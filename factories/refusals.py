"""Sentences of this app's refusals."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "factory_not_active": _(
        "%(factory)s is closed, has left or was merged. Set its status to active first."
    ),
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
