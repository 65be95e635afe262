"""Sentences of this app's refusals."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "factory_not_active": _(
        "%(factory)s is closed, has left or was merged. Set its status to active first."
    ),
    "factory_name_missing": _("Give the factory a name."),
    "factory_is_merged": _(
        "%(factory)s was a duplicate and is no longer changed. Go on with %(other)s."
    ),
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
    "gateway_id_taken": _(
        "The SLCP Gateway id %(value)s belongs to another factory of the programme."
    ),
    "os_id_other_country": _(
        "The OS ID %(value)s is of a factory in %(found)s; this programme's begin with"
        " %(country)s. Look the factory up once more in Open Supply Hub, or leave the OS ID empty."
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
    "merge_both_assessed": _(
        "Both factories have an assessment under way. Finish or cancel one of them first."
    ),
    "merge_reason_missing": _("Say how you know that the two are one factory."),
    "cycle_starts_too_early": _(
        "The new cycle would overlap the one before. The earliest first day is %(earliest)s."
    ),
    "cycle_number_passed": _("The factory is in cycle %(number)s already, or beyond it."),
    "import_half_cycle": _("Give both the number of the cycle and its first day, or neither."),
    "import_cycle_differs": _(
        "Cycle %(number)s began on %(starts_on)s here. Leave number and first day empty to keep it."
    ),
    "import_gateway_twice": _("Row %(row)s has the same SLCP Gateway id."),
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
    "import_kind": _(
        "%(name)s is not a table that can be read here. Send a CSV or XLSX file; an older XLS file"
        " can be saved as XLSX."
    ),
    "import_encoding": _(
        "%(name)s is not saved as UTF-8 (line %(line)s). In Excel choose: CSV UTF-8, or XLSX."
    ),
    "import_malformed": _(
        "%(name)s cannot be read as a table (line %(line)s). A quotation mark may be missing."
    ),
    "import_workbook_broken": _(
        "%(name)s cannot be read as a workbook. Open it in a spreadsheet program and save it once"
        " more as XLSX."
    ),
    "import_no_rows": _("%(name)s has no rows under its headings."),
    "import_too_many_rows": _(
        "The file has more than %(most)s rows. Split it, then send each part."
    ),
    "import_too_many_columns": _("The file has more than %(most)s columns."),
    "import_heading_twice": _("Two headings mean the same column: %(column)s. Remove one."),
    "import_no_name_column": _("No heading names the factory. One column must be called name."),
    "import_discarded": _("This file was put away. Send it again to use it."),
    "import_running": _("The file is being applied. Wait until that is finished."),
    "import_row_applied": _("Row %(row)s is applied already. Change the factory on its own page."),
    "import_nothing_ready": _("No row is ready. Put the rows right that need repair."),
    "import_formula": _("This is a formula. Paste its value instead."),
    "import_name_missing": _("The factory has no name."),
    "import_other_country": _(
        "The factory is in another country than the programme (%(country)s)."
    ),
    "import_half_location": _("Give both latitude and longitude, or neither."),
    "import_half_workforce": _("Give both women and men, or neither."),
    "import_total_differs": _("The total is %(total)s, but women and men together are %(both)s."),
    "import_reason_missing": _("Say why the factory is no longer active."),
    "import_day_in_future": _("This day is in the future."),
    "import_too_long": _("This is longer than %(longest)s characters."),
    "import_not_a_number": _("This is not a number."),
    "import_out_of_range": _("This must lie between %(low)s and %(high)s."),
    "import_not_a_date": _("This is not a date. Write it as 2026-11-24 or 24/11/2026."),
    "import_not_yes_or_no": _("Write yes or no."),
    "import_not_in_list": _("Use one of these: %(allowed)s."),
    "import_not_an_email": _("This is not an e-mail address."),
    "import_not_a_web_address": _("This is not a web address."),
    "import_not_languages": _("Write language codes, such as bn, en."),
    "import_too_many_cells": _("The row has %(count)s cells more than there are headings."),
    "import_advisor_unknown": _("No advisor of the programme has this e-mail or name."),
    "import_ids_disagree": _("The ids of this row belong to different factories."),
    "import_code_unknown": _("No factory has this id. Leave it empty for a new factory."),
    "import_name_ambiguous": _(
        "%(count)s factories have this name and region. Add an id to say which of them is meant."
    ),
    "import_twice_in_file": _("The same factory stands in row %(row)s."),
    "import_id_taken": _("An id of this row belongs to another factory."),
    "committee_exists": _("The factory already has such a committee: %(name)s."),
    "committee_in_future": _("A committee is recorded once it is formed. Today is %(today)s."),
    "committee_dissolved": _("%(name)s was dissolved and is no longer changed."),
    "committee_dissolved_too_early": _(
        "A committee cannot be dissolved before it was formed, on %(formed_on)s."
    ),
    "member_name_missing": _("Give the member's name."),
    "member_title_unknown": _("Choose Ms or Mr."),
    "member_side_unknown": _("Choose the worker side or the management side."),
    "member_mandate_reversed": _("The mandate cannot end before it begins."),
    "member_other_side": _("A member is replaced by somebody of the same side."),
    "member_leaves_before_joining": _(
        "The member joined on %(joined_on)s and cannot leave before that day."
    ),
    "election_elsewhere": _("That election was held in another committee."),
    "election_in_future": _("An election is recorded once it was held. Today is %(today)s."),
    "election_method_unknown": _("Choose one of the methods in the list."),
    "election_votes_over_roll": _("More votes were cast than there are workers with a vote."),
    "chair_not_sitting": _("Only a member who sits on the committee on that day can be its chair."),
    "chair_too_early": _("The present chair began on %(started_on)s; choose that day or a later."),
    "no_working_day": _("The calendar has no working day after %(after)s. Check the rest days."),
}
