"""What the programme's numbers are called on the settings page, by rule set and name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

TITLES: dict[str, Any] = {
    "cycle": _("Engagement cycle"),
    "modality": _("Form of the assessment and team"),
    "planning": _("Planning of unannounced visits"),
    "assessment": _("Assessment and release"),
    "answers": _("Answers and findings"),
    "plan": _("Improvement plan"),
    "committee": _("Bipartite committees"),
    "report": _("Assessment reports"),
}

# Where a default comes from: docs/domain/rules explains each mark.
MARKS: dict[str, Any] = {
    "S": _("Stated by the programme in a public source"),
    "P": _("Practice reported in public sources"),
    "D": _("Derived from public sources"),
    "G": _("Our own default; no public source gives a figure"),
}

UNITS: dict[str, Any] = {
    "days": _("days"),
    "months": _("months"),
    "visits": _("visits"),
    "participant-days": _("participant-days"),
    "seminars": _("seminars"),
    "cycle": _("cycle"),
    "cycles": _("cycles"),
    "assessors": _("assessors"),
    "sources": _("sources"),
    "characters": _("characters"),
    "workers": _("workers"),
    "regions": _("regions"),
    "km": _("km"),
    "dates": _("dates"),
    "seconds": _("seconds"),
    "points": _("points"),
    "meetings": _("meetings"),
    "share": _("share from 0 to 1"),
    "yes or no": "",
    "switch": "",
    "strictness": "",
}

CHOICES: dict[str, Any] = {
    "hard": _("Must hold"),
    "soft": _("Should hold"),
    "off": _("Not looked at"),
}

NAMES: dict[str, dict[str, Any]] = {
    "cycle": {
        "cycle_months": _("Length of a cycle"),
        "first_visit_days": _("First advisory visit within, after the start"),
        "initial_advisory_days": _("Initial advisory services, from the first visit"),
        "visits_before_first_assessment": _("Advisory visits before the first assessment"),
        "visits_before_later_assessment_low": _("Visits before a later assessment, at least"),
        "visits_before_later_assessment_high": _("Visits before a later assessment, at most"),
        "assessment_window_opens_day": _("Assessment window opens, day of the cycle"),
        "assessment_window_days": _("Length of the assessment window"),
        "reassessment_interval_months": _("Time between assessments"),
        "high_performer_interval_months": _("Time between assessments of high performers"),
        "planning_lead_days": _("Planning begins before the window"),
        "report_days": _("Report released within, after the assessment"),
        "factory_comment_days": _("Time for the factory to comment on the draft"),
        "progress_report_1_days": _("Progress Report 1 within, after release"),
        "progress_report_2_before_end_days": _("Progress Report 2 before the end of the cycle"),
        "slcp_sharing_days": _("SLCP sharing opens, after release"),
        "training_participant_days": _("Training included in a cycle"),
        "seminars": _("Seminars included in a cycle"),
        "reregistration_opens_days": _("Re-registration opens before the end of the cycle"),
        "soon_days": _("A clock is shown as due soon"),
    },
    "modality": {
        "hybrid_from_cycle": _("Hybrid assessments possible from cycle"),
        "proposes_hybrid": _("Propose hybrid where the rules allow it"),
        "virtual_services_after_cycles": _("Virtual services after completed cycles"),
        "min_assessors": _("Assessors, at least"),
        "min_days": _("Days on site, at least"),
        "max_days": _("Days on site, at most"),
        "one_day_up_to_workers": _("One day is enough up to a workforce of"),
        "own_advisor_rule": _("Not the factory's own advisor"),
        "previous_team_rule": _("Nobody from the previous team"),
        "language_rule": _("One assessor speaks the workers' language"),
        "both_sexes_rule": _("Both sexes in the team"),
        "osh_rule": _("One assessor is trained in safety and health"),
        "travel_rule": _("Short travel"),
        "load_rule": _("Even load"),
        "load_margin_days": _("Even load: days above the average"),
    },
    "planning": {
        "horizon_days": _("Visits are planned ahead"),
        "notice_days": _("No visit is drawn nearer than"),
        "monthly_days": _("Assessment days a month of an advisor without their own number"),
        "avoids_peak_season": _("No visit in a factory's peak season"),
        "travel_regions": _("Regions away that cost a day of travel"),
        "travel_km": _("Distance that costs a day of travel"),
        "reserve": _("Share of a month's scarce days a plan may expect to use"),
        "few_dates": _("A visit with fewer possible dates is reported"),
        "second_attempt_from": _("Second attempt after refused access, from"),
        "second_attempt_to": _("Second attempt after refused access, until"),
        "search_seconds": _("Longest search for one plan"),
        "replan_seconds": _("Longest search for one change"),
        "region_weight": _("Cost of each region between home and factory"),
        "pair_weight": _("Cost of a soft team rule that is not held"),
        "load_weight": _("Cost of each day above or below a fair share"),
    },
    "assessment": {
        "min_team": _("Team members, at least"),
        "releases_by_itself": _("Release by itself when the factory's time to comment is over"),
        "reminder_days": _("Remind the factory before its time to comment ends"),
    },
    "answers": {
        "min_sources": _("Sources for a finding, at least"),
        "min_finding_length": _("Length of a finding, at least"),
        "max_text_length": _("Length of a text, at most"),
    },
    "plan": {
        "due_days": _("Time for a plan item"),
        "due_days_public": _("Time for an item on a publicly reported issue"),
        "due_days_urgent": _("Time for an urgent item"),
        "needs_evidence": _("Evidence is needed to report an item as done"),
    },
    "committee": {
        "programme_meetings_per_year": _("Meetings a year where the law gives no number"),
        "mandate_warning_days": _("Warn before the end of a mandate"),
        "meetings_on_track": _("Share of due meetings held: on track from"),
        "meetings_moderate": _("Share of due meetings held: moderate progress from"),
        "decisions_on_track": _("Share of decisions carried out: on track from"),
        "decisions_moderate": _("Share of decisions carried out: moderate progress from"),
        "women_gap_on_track": _("Women's gap on the worker side: on track up to"),
        "women_gap_moderate": _("Women's gap on the worker side: moderate progress up to"),
    },
    "report": {"names_team": _("Print the names of the assessors")},
}
