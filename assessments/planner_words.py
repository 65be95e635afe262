"""Words of the planner's pages for what rules and plans hold as codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from assessments.rules.modality import Activity, Check, Modality, Setting, Strictness
from assessments.rules.planning.problem import Bar, Rule
from betterwork.ui import formats, parts

from .refusals import TEAM_RULES

# A hard rule the checker found broken.
BREACHES: dict[str, str | Promise] = {
    Rule.UNKNOWN_FACTORY: _("The factory is not among those to be planned"),
    Rule.UNKNOWN_ASSESSOR: _("Somebody on the team takes no assessments"),
    Rule.VISITED_TWICE: _("The factory has two visits"),
    Rule.NEITHER_PLACED_NOR_NAMED: _("The plan leaves the factory out without saying so"),
    Rule.UNPLACED_WITHOUT_REASON: _("The plan does not say why the visit has no day"),
    Rule.LOCKED_MOVED: _("A locked visit was moved"),
    Rule.TOO_SOON: _("The day is nearer than the notice a new visit needs"),
    Rule.WINDOW: _("The day lies outside the window of this cycle"),
    Rule.VISIT_DAYS: _("The visit has another number of days than it needs"),
    Rule.ADJACENT_DAYS: _("The days do not follow each other"),
    Rule.COUNTRY_REST_DAY: _("A day is a rest day or a public holiday"),
    Rule.FACTORY_CLOSED: _("The factory is closed on a day of the visit"),
    Rule.TEAM_SIZE: _("The team has too few assessors"),
    Rule.LEAD: _("Nobody on the team may lead"),
    Rule.OWN_ADVISOR: _("The factory's own advisor is on the team"),
    Rule.PREVIOUS_TEAM: _("Somebody was on the team of the last assessment"),
    Rule.CONFLICT: _("Somebody declared a conflict of interest"),
    Rule.LANGUAGE: _("Nobody on the team speaks the workers' language"),
    Rule.BOTH_SEXES: _("The team is not of both sexes"),
    Rule.OSH: _("Nobody on the team is trained in safety and health"),
    Rule.FAR: _("Somebody would have to travel too far"),
    Rule.AWAY: _("Somebody on the team is absent"),
    Rule.BOOKED_TWICE: _("Somebody on the team is booked twice"),
    Rule.TRAVEL_DAY: _("The day before the visit is not free for the journey"),
    Rule.MONTH_CAP: _("Somebody would have more assessment days than a month allows"),
}

# What stands in the way of a visit that could not be placed.
BARS: dict[str, str | Promise] = {
    Bar.WINDOW_PAST: _("No day of its window is left"),
    Bar.WINDOW_SHORT: _("Its window is shorter than the visit"),
    Bar.COUNTRY_CALENDAR: _("Rest days and holidays fill its window"),
    Bar.FACTORY_CALENDAR: _("The factory is closed, or rests, in its window"),
    Bar.NO_ADJACENT_DAYS: _("Its window has no two working days in a row"),
    Bar.TOO_FEW_ASSESSORS: _("There are too few assessors"),
    Bar.LEAD: _("One of the team must be able to lead"),
    Bar.OWN_ADVISOR: _("The factory's own advisor may not come"),
    Bar.PREVIOUS_TEAM: _("The team of last time may not come again"),
    Bar.CONFLICT: _("Declared conflicts of interest"),
    Bar.LANGUAGE: _("Somebody must speak the workers' language"),
    Bar.SEX: _("The team must be of both sexes"),
    Bar.OSH: _("Somebody must be trained in safety and health"),
    Bar.FAR: _("Nobody may travel too far"),
    Bar.AWAY: _("Leave and other absences"),
    Bar.BOOKED: _("Other visits on the same days"),
    Bar.MONTH_CAP: _("The assessment days a month allows"),
    Bar.TRAVEL_DAY: _("The free day the journey needs"),
    Bar.SEARCH_ENDED: _("No place was found in the time given to the search"),
}

ACTIVITIES: dict[str, str | Promise] = {
    Activity.OPENING_MEETING: _("opening meeting"),
    Activity.DOCUMENT_REVIEW: _("documents"),
    Activity.MANAGEMENT_INTERVIEWS: _("interviews with managers"),
    Activity.INSPECTION: _("inspection of the floor"),
    Activity.WORKER_INTERVIEWS: _("interviews with workers"),
    Activity.UNION_INTERVIEWS: _("interviews with the union"),
    Activity.CLOSING_MEETING: _("closing meeting"),
}
SETTINGS: dict[str, str | Promise] = {
    Setting.VIRTUAL: _("from a distance"),
    Setting.ON_SITE: _("at the factory"),
}
MODALITY_RULES: dict[str, str | Promise] = {
    "visits_possible": _("The factory can be visited"),
    "cycle_reached": _("The factory's cycle is far enough on"),
    "no_egregious_issue": _("No zero-tolerance finding is open"),
    "two_days_allowed": _("Two days are allowed"),
    "visits_prevented": _("Outside events prevent any visit"),
}
MODALITIES: dict[str, str | Promise] = {
    Modality.ON_SITE: _("On site"),
    Modality.HYBRID: _("Hybrid"),
    Modality.VIRTUAL: _("Virtual compliance check"),
}
CAUSES: dict[str, str | Promise] = {
    "night": _("the nightly run"),
    "hand": _("a planner asked"),
    "absence": _("an absence"),
    "closure": _("a closure"),
    "conflict": _("a conflict of interest"),
    "refusal": _("refused access"),
    "redraw": _("another date was drawn"),
}


def reason(told: Mapping[str, Any]) -> str:
    """One stored reason of a change as a sentence."""
    if "bar" in told:
        return str(BARS.get(told["bar"], told["bar"]))
    if "rule" in told:
        return str(BREACHES.get(told["rule"], told["rule"]))
    return ""


def unlocked(told: Mapping[str, Any]) -> str:
    return str(BARS.get(told["unlocked_by"], "")) if "unlocked_by" in told else ""


def team_rule(check: Check, names: Mapping[str, str]) -> parts.Rule:
    """One rule on the team with its fact."""
    result = "pass" if check.is_passed else "fail"
    if not check.is_passed and check.strictness is Strictness.SOFT:
        result = "weak"
    return parts.Rule(
        result, TEAM_RULES[check.key], _fact(check, names), reference=check.because.rule
    )


def _fact(check: Check, names: Mapping[str, str]) -> str:
    found = check.found
    if check.key == "enough_assessors":
        return _now("%(n)s of %(needed)s") % {
            "n": formats.number(found),
            "needed": formats.number(check.needed),
        }
    if check.key == "speaks_worker_language":
        spoken = formats.comma().join(found) or _now("nobody")
        wanted = formats.comma().join(check.needed) or _now("not recorded")
        return _now("Workers: %(wanted)s. On the team: %(spoken)s.") % {
            "wanted": wanted,
            "spoken": spoken,
        }
    if check.key == "both_sexes":
        return ""
    if isinstance(found, tuple):
        return f"{formats.comma()} ".join(names.get(str(user), "") for user in found)
    return ""


def modality_rule(check: Check) -> parts.Rule:
    """One rule on the way an assessment is held: the way, the rule, the value found."""
    fact = ""
    if check.key == "cycle_reached":
        fact = _now("Cycle %(found)s, from cycle %(needed)s on") % {
            "found": formats.number(check.found),
            "needed": formats.number(check.needed),
        }
    return parts.Rule(
        "pass" if check.is_passed else "na",
        MODALITY_RULES.get(check.key, check.key),
        fact,
        reference=f"{check.because.rule}, {check.because.source}",
    )
