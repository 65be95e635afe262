"""Words of the planner's pages for what rules and plans hold as codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.rules.modality import Activity, Check, Modality, Setting, Strictness
from betterwork.ui import formats, parts
from factories.words import languages_named

from .refusals import TEAM_RULES

# A hard rule the checker found broken.
BREACHES: dict[str, str | Promise] = {
    "unknown_factory": _("The factory is not among those to be planned"),
    "unknown_assessor": _("Somebody on the team takes no assessments"),
    "visited_twice": _("The factory has two visits"),
    "neither_placed_nor_named": _("The plan leaves the factory out without saying so"),
    "unplaced_without_reason": _("The plan does not say why the visit has no day"),
    "locked_moved": _("A locked visit was moved"),
    "too_soon": _("The day is nearer than the notice a new visit needs"),
    "window": _("The day lies outside the window of this cycle"),
    "visit_days": _("The visit has another number of days than it needs"),
    "adjacent_days": _("The days do not follow each other"),
    "country_rest_day": _("A day is a rest day or a public holiday"),
    "factory_closed": _("The factory is closed on a day of the visit"),
    "team_size": _("The team has too few assessors"),
    "lead": _("Nobody on the team may lead"),
    "own_advisor": _("The factory's own advisor is on the team"),
    "previous_team": _("Somebody was on the team of the last assessment"),
    "conflict": _("Somebody declared a conflict of interest"),
    "language": _("Nobody on the team speaks the workers' language"),
    "both_sexes": _("The team is not of both sexes"),
    "osh": _("Nobody on the team is trained in safety and health"),
    "far": _("Somebody would have to travel too far"),
    "away": _("Somebody on the team is absent"),
    "booked_twice": _("Somebody on the team is booked twice"),
    "travel_day": _("The day before the visit is not free for the journey"),
    "month_cap": _("Somebody would have more assessment days than a month allows"),
}

# What stands in the way of a visit that could not be placed.
BARS: dict[str, str | Promise] = {
    "window_past": _("No day of its window is left"),
    "window_short": _("Its window is shorter than the visit"),
    "country_calendar": _("Rest days and holidays fill its window"),
    "factory_calendar": _("The factory is closed, or rests, in its window"),
    "no_adjacent_days": _("Its window has no two working days in a row"),
    "too_few_assessors": _("There are too few assessors"),
    "lead": _("One of the team must be able to lead"),
    "own_advisor": _("The factory's own advisor may not come"),
    "previous_team": _("The team of last time may not come again"),
    "conflict": _("Declared conflicts of interest"),
    "language": _("Somebody must speak the workers' language"),
    "sex": _("The team must be of both sexes"),
    "osh": _("Somebody must be trained in safety and health"),
    "far": _("Nobody may travel too far"),
    "away": _("Leave and other absences"),
    "booked": _("Other visits on the same days"),
    "month_cap": _("The assessment days a month allows"),
    "travel_day": _("The free day the journey needs"),
    "search_ended": _("No place was found in the time given to the search"),
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


def team_rule(
    check: Check, names: Mapping[str, str], known: Mapping[str, str] | None = None
) -> parts.Rule:
    """One rule on the team with its fact; `known`: by rule, what else there is to say of it."""
    result = "pass" if check.is_passed else "fail"
    if not check.is_passed and check.strictness is Strictness.SOFT:
        result = "weak"
    return parts.Rule(
        result,
        TEAM_RULES[check.key],
        _fact(check, names) or (known or {}).get(check.key, ""),
        reference=check.because.rule,
    )


def _fact(check: Check, names: Mapping[str, str]) -> str:
    found = check.found
    if check.key == "enough_assessors":
        return gettext("%(n)s of %(needed)s") % {
            "n": formats.number(found),
            "needed": formats.number(check.needed),
        }
    if check.key == "speaks_worker_language":
        spoken = languages_named(found) or gettext("nobody")
        wanted = languages_named(check.needed) or gettext("not recorded")
        return gettext("Workers: %(wanted)s. On the team: %(spoken)s.") % {
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
        fact = gettext("Cycle %(found)s, from cycle %(needed)s on") % {
            "found": formats.number(check.found),
            "needed": formats.number(check.needed),
        }
    return parts.Rule(
        "pass" if check.is_passed else "na",
        MODALITY_RULES.get(check.key, check.key),
        fact,
        reference=f"{check.because.rule}, {check.because.source}",
    )
