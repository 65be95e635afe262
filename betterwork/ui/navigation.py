"""Which places each role goes to: one table, five to seven items a role.

An item is shown when its address exists, so no role ever meets a dead link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class NavItem:
    """One place in the menus. ``key`` names it in ``request.nav_counts``."""

    key: str
    label: str | Promise
    icon: str
    url: str = ""
    current: bool = False
    count: int = 0


@dataclass(frozen=True)
class Place:
    """An item before its address is known: the first of ``names`` that exists is taken."""

    key: str
    label: str | Promise
    icon: str
    names: tuple[str, ...]


WORK = Place("work", _("My work"), "list", ("my_work", "work:mine", "advisory:my_work"))
RELEASED = Place("released", _("Released to me"), "list", ("my_work",))
ACTIONS = Place("work", _("My work"), "list", ("advisory:my_actions", "my_actions", "my_work"))
OVERVIEW = Place("overview", _("Overview"), "chart", ("reporting:dashboard", "dashboard"))
# For those without work to do, the first page and the overview are the same.
FIGURES = Place("overview", _("Overview"), "chart", ("my_work", "reporting:dashboard"))
FACTORIES = Place("factories", _("Factories"), "factory", ("factories:list",))
FACTORY = Place("factory", _("Factory"), "factory", ("factories:mine",))
VISITS = Place("visits", _("Visits"), "calendar", ("advisory:visits", "assessments:visits"))
ASSESSMENTS = Place("assessments", _("Assessments"), "survey", ("assessments:list",))
PLANS = Place("plans", _("Plans"), "plan", ("advisory:plans", "advisory:plan_list"))
PLAN = Place("plan", _("Plan"), "plan", ("advisory:my_plan", "advisory:plan"))
REPORTS = Place("reports", _("Reports"), "doc", ("reporting:reports", "reporting:report_list"))
RATES = Place("rates", _("Non-compliance"), "st-nc", ("reporting:rates",))
COMMITTEES = Place("committees", _("Committees"), "people", ("factories:committees",))
COMMITTEE = Place("committee", _("Committee"), "people", ("factories:my_committee",))
TOOL = Place("tool", _("Tool"), "book", ("assessments:tool", "assessments:cat"))
LAW = Place("law", _("Law"), "law", ("assessments:law",))
DRAFTS = Place("drafts", _("Drafts"), "edit", ("assessments:tool_drafts",))
TRANSLATIONS = Place("translations", _("Translations"), "globe", ("assessments:translations",))
PUBLISHED = Place("published", _("Published"), "check", ("assessments:tool_published",))
EXPORTS = Place("exports", _("Exports"), "download", ("reporting:exports",))
MONTH_BOARD = Place("board", _("Month board"), "calendar", ("planner:board",))
PROPOSALS = Place("proposals", _("Proposals"), "envelope", ("planner:proposals",))
CLASHES = Place("clashes", _("Clashes"), "warn", ("planner:clashes",))
TEAM = Place("team", _("Team and leave"), "people", ("planner:team",))
CHECK_PLAN = Place("check", _("Check a plan"), "dice", ("planner:check",))
CLOSURES = Place("closures", _("Closures"), "factory", ("planner:closures",))
HOLIDAYS = Place("holidays", _("Rest days and holidays"), "calendar", ("planner:country",))
MEETINGS = Place("meetings", _("Meetings"), "calendar", ("advisory:meetings",))
THEMES = Place("themes", _("Themes"), "st-nc", ("reporting:themes",))
SUBSCRIPTIONS = Place("subscriptions", _("Subscriptions"), "link", ("reporting:subscriptions",))
PROGRAMMES = Place("programmes", _("Programmes"), "globe", ("reporting:programmes",))
COMPARE = Place("overview", _("Compare"), "chart", ("my_work", "reporting:dashboard"))
ACTIVITIES = Place("activities", _("Activities"), "list", ("my_work",))
RELEASED_FIGURES = Place("overview", _("Figures"), "chart", ("reporting:dashboard",))
OWN_TIME = Place("time", _("My time"), "clock", ("planner:mine",))
NIGHTLY = Place("nightly", _("Nightly work"), "refresh", ("records:nightly",))
TRAIL = Place("trail", _("Access log"), "clock", ("records:trail",))

_STAFF = (OVERVIEW, WORK, FACTORIES, REPORTS, RATES, COMMITTEES, TOOL)
_COMMITTEE = (ACTIONS, PLAN, COMMITTEE, MEETINGS, REPORTS, FACTORY)
# The first place of a role is its home: where signing in leads.
ROLES: dict[str, tuple[Place, ...]] = {
    "advisor": (WORK, FACTORIES, ASSESSMENTS, VISITS, PLANS, REPORTS, TOOL),
    "manager": _STAFF,
    "staff": _STAFF,
    "planner": (MONTH_BOARD, PROPOSALS, CLASHES, TEAM, CHECK_PLAN, ASSESSMENTS, FACTORIES),
    "cat_editor": (DRAFTS, TOOL, LAW, TRANSLATIONS, PUBLISHED),
    "ambassador": (ACTIONS, PLAN, COMMITTEE, REPORTS, FACTORY),
    "committee_worker": _COMMITTEE,
    "committee_management": _COMMITTEE,
    "group_lead": (FIGURES, FACTORIES, THEMES, REPORTS, PLANS),
    "buyer": (RELEASED, FACTORIES, PLANS, SUBSCRIPTIONS, REPORTS),
    "constituent": (ACTIVITIES, RELEASED_FIGURES),
    "global": (COMPARE, PROGRAMMES, TOOL, TRAIL, FACTORIES, REPORTS),
}
# Places a role goes to less often: in the person's menu, and under More on small screens.
MORE: dict[str, tuple[Place, ...]] = {
    "manager": (
        ASSESSMENTS,
        VISITS,
        PLANS,
        MEETINGS,
        LAW,
        EXPORTS,
        TRAIL,
        CLOSURES,
        HOLIDAYS,
        NIGHTLY,
    ),
    "staff": (ASSESSMENTS, VISITS, PLANS, MEETINGS, LAW, EXPORTS, CLOSURES, HOLIDAYS, NIGHTLY),
    "planner": (VISITS, CLOSURES, HOLIDAYS, TRAIL, NIGHTLY),
    "advisor": (COMMITTEES, MEETINGS, RATES, OWN_TIME, CLOSURES, NIGHTLY),
    "ambassador": (MEETINGS,),
}


@lru_cache(maxsize=256)
def first_url(*names: str) -> str:
    """The address of the first name that exists without arguments, else an empty text."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def home_of(role: str) -> str:
    """The address of a role's first place, else an empty text."""
    return next((url for place in ROLES.get(role, ()) if (url := first_url(*place.names))), "")


def more(role: str) -> tuple[NavItem, ...]:
    """Places of a role beside its menu."""
    return tuple(
        NavItem(place.key, place.label, place.icon, url)
        for place in MORE.get(role, ())
        if (url := first_url(*place.names))
    )


def navigation(
    role: str, *, path: str, counts: Mapping[str, int] | None = None
) -> tuple[NavItem, ...]:
    """Items of a role with the one marked where ``path`` lies. Makes no query."""
    counts = counts or {}
    items = []
    for place in ROLES.get(role, ()):
        url = first_url(*place.names)
        if url:
            count = counts.get(place.key, 0)
            items.append(NavItem(place.key, place.label, place.icon, url, count=count))
    # The deepest address above the page is the current place; "/" only for itself.
    within = [i for i in items if path == i.url or (i.url != "/" and path.startswith(i.url))]
    if within:
        best = max(within, key=lambda item: len(item.url))
        items[items.index(best)] = replace(best, current=True)
    return tuple(items)
