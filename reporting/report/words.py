"""Words for the codes that stand in a report's data, in the language that is active."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from advisory.models import PlanItem
from assessments.models import Assessment, Source
from factories.models import Committee, Factory

MODALITY: dict[str, Any] = dict(Assessment.Modality.choices)
SOURCES: dict[str, Any] = dict(Source.choices)
ORIGIN: dict[str, Any] = dict(PlanItem.Origin.choices)
COMMITTEE: dict[str, Any] = dict(Committee.Kind.choices)
FACTORY_TYPE: dict[str, Any] = dict(Factory.Type.choices)

WHY_NOT_ASSESSED: dict[str, Any] = {
    "access_limited": _("The team could not go there"),
    "records_unavailable": _("The records were not available"),
    "person_absent": _("The person to ask was absent"),
    "time_short": _("There was not enough time"),
    "modality": _("It cannot be seen from a distance"),
    "other": _("Another reason"),
}

CHECKS: dict[str, Any] = {
    "required": _("There is a committee where the law asks for one"),
    "members_at_least": _("The committee has enough members"),
    "members_at_most": _("The committee does not have too many members"),
    "ratio": _("The two sides have the seats the law gives them"),
    "management_seats": _("Management holds the seats the law asks for"),
    "worker_seats": _("Workers hold the seats the law asks for"),
    "selection": _("Worker members were chosen in a way the law accepts"),
    "union_seat": _("The union has its seat"),
    "mandates": _("All mandates of worker members are running"),
    "chair": _("The chair is held as the law says"),
    "meetings": _("The committee meets as often as the law asks"),
    "quorum": _("Enough worker members came to the meetings"),
    "minutes_filed": _("Minutes were sent to the authority in time"),
    "minutes_posted": _("Minutes were posted in time"),
    "activity_report": _("The activity report was sent in time"),
    "women_quota": _("Women hold the seats the law reserves for them"),
}

CHECK_STATUS = {"pass": "pass", "fail": "fail", "unverified": "unverified", "not_applicable": "na"}

WHY_UNDECIDED: dict[str, Any] = {
    "law_not_found": _("No source of law was found."),
    "law_unverified": _("The source of law is not verified."),
    "duty_unverified": _("It is not verified that the law asks for this committee."),
    "fact_missing": _("A fact is missing."),
    "no_statutory_body": _("The law has no such committee."),
    "below_threshold": _("The factory has fewer workers than the law asks for."),
    "union_exists": _("The factory has a trade union."),
    "no_committee": _("There is no committee."),
    "not_required_by_law": _("The law does not ask for it."),
    "too_early": _("It is too early to say."),
}

COMING: dict[str, Any] = {
    "factory_comment": _("The factory reads this draft and may comment on it."),
    "report": _("The programme releases the report."),
    "slcp_sharing": _("The report can be shared through SLCP."),
    "progress_report_1": _("The factory sends Progress Report 1."),
    "progress_report_2": _("The factory sends Progress Report 2."),
    "reregistration": _("The factory registers for the next cycle."),
}
