"""The words of the engine: what a phase, a clock, a check or a fact is called on a page.

Rules speak in codes; every code they can give has its word here (a test walks them all).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from betterwork import sources
from betterwork.rules.explain import Because
from betterwork.ui import formats
from betterwork.ui.parts import Action as ActionRow
from betterwork.ui.parts import Clock as ClockChip
from betterwork.ui.parts import Who
from factories.models import ClockDrift, Factory
from factories.rules.clocks import Action, ActionKey, Actor, Clock, ClockState
from factories.rules.committee_indicators import MandateState, Rating
from factories.rules.committees import CheckKey, Reason
from factories.rules.cycle import Phase
from factories.rules.cycle_facts import ClockKey

Text = str | Promise

LANGUAGES: list[tuple[str, Text]] = [
    ("bn", _("Bengali")), ("ar", _("Arabic")), ("en", _("English")), ("vi", _("Vietnamese")),
    ("km", _("Khmer")), ("id", _("Indonesian")), ("ur", _("Urdu")), ("si", _("Sinhala")),
    ("ta", _("Tamil")), ("hi", _("Hindi")), ("ne", _("Nepali")), ("my", _("Burmese")),
    ("zh", _("Chinese")), ("fil", _("Filipino")), ("am", _("Amharic")), ("ht", _("Haitian Creole")),
    ("fr", _("French")), ("es", _("Spanish")), ("mg", _("Malagasy")), ("uz", _("Uzbek")),
    ("ru", _("Russian")),
]  # fmt: skip
WEEKDAYS: list[tuple[int, Text]] = [
    (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")),
    (4, _("Friday")), (5, _("Saturday")), (6, _("Sunday")),
]  # fmt: skip
PHASES: dict[str, Text] = {
    Phase.REGISTERED: _("Registered"),
    Phase.INITIAL_ADVISORY: _("Initial advisory"),
    Phase.READY_FOR_ASSESSMENT: _("Open for assessment"),
    Phase.REPORT_DUE: _("Report being written"),
    Phase.CONTINUED_ADVISORY: _("Continued advisory"),
    Phase.PROGRESS: _("Progress followed"),
    Phase.REREGISTRATION_DUE: _("Next registration due"),
    Phase.REREGISTERED: _("Registered for the next cycle"),
    Phase.CLOSED: _("Closed"),
}
CLOCKS: dict[str, Text] = {
    ClockKey.FIRST_ADVISORY_VISIT: _("First advisory visit"),
    ClockKey.INITIAL_ADVISORY: _("Initial advisory"),
    ClockKey.ASSESSMENT: _("Assessment"),
    ClockKey.REPORT: _("Report released"),
    ClockKey.FACTORY_COMMENT: _("Factory's comments on the draft"),
    ClockKey.SLCP_SHARING: _("Sharing with SLCP"),
    ClockKey.PROGRESS_REPORT_1: _("Progress Report 1"),
    ClockKey.PROGRESS_REPORT_2: _("Progress Report 2"),
    ClockKey.REREGISTRATION: _("Registration for the next cycle"),
}
STATES: dict[str, Text] = {
    ClockState.NOT_STARTED: _("Not started"),
    ClockState.RUNNING: _("Running"),
    ClockState.SOON: _("Due soon"),
    ClockState.LATE: _("Late"),
    ClockState.PAUSED: _("Stands still"),
    ClockState.DONE: _("Done"),
    ClockState.STOPPED: _("Stopped with the cycle"),
}
ACTORS: dict[str, Text] = {
    Actor.ADVISOR: _("Enterprise advisor"),
    Actor.FACTORY: _("Factory"),
    Actor.REVIEWER: _("Quality review"),
    Actor.PROGRAMME: _("Programme"),
}
ACTIONS: dict[str, Text] = {
    ActionKey.HOLD_FIRST_VISIT: _("Hold the first advisory visit"),
    ActionKey.FORM_COMMITTEE: _("Form the bipartite committee"),
    ActionKey.COMPLETE_SELF_DIAGNOSIS: _("Complete the self-diagnosis"),
    ActionKey.OPEN_PLAN: _("Open the improvement plan"),
    ActionKey.RELEASE_REPORT: _("Release the report"),
    ActionKey.COMMENT_ON_DRAFT: _("Comment on the draft report"),
    ActionKey.SHARE_WITH_SLCP: _("Open the sharing with SLCP"),
    ActionKey.SEND_PROGRESS_REPORT_1: _("Send Progress Report 1"),
    ActionKey.SEND_PROGRESS_REPORT_2: _("Send Progress Report 2"),
    ActionKey.REREGISTER: _("Register for the next cycle"),
}
OPEN_A_CYCLE = _("Open a cycle")
COUNTERS: dict[str, Text] = {
    "advisory_visits_before_assessment": _("Advisory visits before the assessment"),
    "training": _("Training, in participant-days"),
    "seminars": _("Seminars"),
}
CHECKS: dict[str, Text] = {
    CheckKey.REQUIRED: _("A committee must exist"),
    CheckKey.MEMBERS_AT_LEAST: _("Enough members"),
    CheckKey.MEMBERS_AT_MOST: _("Not too many members"),
    CheckKey.RATIO: _("Balance of the two sides"),
    CheckKey.MANAGEMENT_SEATS: _("Seats of the management side"),
    CheckKey.WORKER_SEATS: _("Seats of the worker side"),
    CheckKey.SELECTION: _("How worker members are chosen"),
    CheckKey.UNION_SEAT: _("Seat of the union"),
    CheckKey.MANDATES: _("Mandates of worker members in force"),
    CheckKey.CHAIR: _("Who may be chair"),
    CheckKey.MEETINGS: _("Meetings often enough"),
    CheckKey.QUORUM: _("Enough worker members at meetings"),
    CheckKey.MINUTES_FILED: _("Minutes sent to the authority in time"),
    CheckKey.MINUTES_POSTED: _("Minutes posted in time"),
    CheckKey.ACTIVITY_REPORT: _("Activity report sent"),
    CheckKey.WOMEN_QUOTA: _("Share of women by law"),
}
REASONS: dict[str, Text] = {
    Reason.LAW_NOT_FOUND: _("What the law says here was not found."),
    Reason.LAW_UNVERIFIED: _("The law is known from a source that was not checked."),
    Reason.DUTY_UNVERIFIED: _("It is not certain that the law asks for a committee here."),
    Reason.FACT_MISSING: _("A fact is missing; record it and the rule will answer."),
    Reason.NO_STATUTORY_BODY: _("The law of the country has no such committee."),
    Reason.BELOW_THRESHOLD: _("The factory has fewer workers than the law names."),
    Reason.UNION_EXISTS: _("A trade union exists, so the law does not ask for this committee."),
    Reason.NO_COMMITTEE: _("There is no committee yet."),
    Reason.NOT_REQUIRED_BY_LAW: _("The law does not ask for it."),
    Reason.TOO_EARLY: _("It is too early to say."),
}
RATINGS: dict[str, Text] = {
    Rating.ON_TRACK: _("On track"),
    Rating.MODERATE_PROGRESS: _("Moderate progress"),
    Rating.NO_PROGRESS: _("No progress"),
}
MANDATES: dict[str, Text] = {
    MandateState.RUNNING: _("in force"),
    MandateState.SOON: _("ends soon"),
    MandateState.EXPIRED: _("expired"),
    MandateState.UNKNOWN: _("term not verified"),
}
COMMITTEE_CHANGES: dict[str, Text] = {
    "joined": _("a member joined"),
    "replaced": _("a member was replaced"),
    "left": _("a member left"),
    "member": _("a member's record was changed"),
    "chair": _("the chair changed"),
    "filed": _("filed with the authority"),
    "dissolved": _("dissolved"),
}
FACTS: dict[str, Text] = {
    "starts_on": _("first day of the cycle"),
    "last_day": _("last day of the cycle"),
    "closed_on": _("closed on"),
    "reregistered_on": _("registered for the next cycle on"),
    "reregistration_opens_on": _("registration for the next cycle opens on"),
    "first_advisory_visit_on": _("first advisory visit"),
    "previous_assessed_on": _("last assessment"),
    "assessed_on": _("assessed on"),
    "assessment_ended_on": _("last day of the assessment"),
    "mandate_ends_on": _("mandate until"),
    "draft_shared_on": _("draft sent to the factory on"),
    "report_released_on": _("report released on"),
    "progress_report_1_on": _("Progress Report 1 sent on"),
    "committee_formed_on": _("bipartite committee formed on"),
    "self_diagnosis_on": _("self-diagnosis completed on"),
    "plan_opened_on": _("improvement plan opened on"),
    "moved_from": _("moved to the next working day from"),
    "drift": _("reason of the delay"),
    "cycle_number": _("number of the cycle"),
    "first_visit_days": _("days to the first advisory visit"),
    "initial_advisory_days": _("days of the initial advisory"),
    "assessment_window_opens_day": _("day of the cycle from which an assessment may come"),
    "assessment_window_days": _("days of the assessment window"),
    "reassessment_interval_months": _("months between assessments"),
    "high_performer_interval_months": _("months between assessments of a high performer"),
    "report_days": _("days to release the report"),
    "factory_comment_days": _("days for the factory's comments"),
    "slcp_sharing_days": _("days until sharing with SLCP opens"),
    "progress_report_1_days": _("days to Progress Report 1"),
    "progress_report_2_before_end_days": _("days before the end of the cycle"),
    "reregistration_opens_days": _("days before the end of the cycle"),
    "training_participant_days": _("participant-days of training in a cycle"),
    "seminars": _("seminars in a cycle"),
    "law": _("the law says"),
    "found": _("found here"),
    "duty": _("duty to have a committee"),
    "workers": _("workers"),
    "has_union": _("has a trade union"),
    "meetings": _("meetings held, of those due"),
    "decisions": _("decisions carried out, of those due"),
    "women": _("women's share on the worker side, less that in the workforce"),
    "mandate_from": _("mandate from"),
    "term_months": _("months of a mandate"),
}
SOURCES: dict[str, Text] = {
    "unverified": _("not verified"),
    "law not found": _("law not found"),
}
VALUES: dict[str, Text] = {
    "equal": _("equal numbers on both sides"),
    "workers_not_fewer": _("worker side not smaller than management side"),
    "may_alternate": _("the chair may alternate between the sides"),
    "must_alternate": _("the chair must alternate between the sides"),
    "employer": _("the employer's side"),
    "open_vote": _("open vote"),
    "secret_ballot": _("secret ballot"),
    "union_nomination": _("named by the union"),
    "workers_group": _("named by the workers' group"),
    "appointed": _("appointed by management"),
    "management": _("management side"),
    "worker": _("worker side"),
    "pass": _("meets the rule"),
    "fail": _("does not meet the rule"),
    "unverified": _("not verified"),
    "not_applicable": _("not applicable"),
}
# Beside the short names of the programme's own documents, which readers know.
CHECK_RESULTS = {"pass": "pass", "fail": "fail", "unverified": "unverified", "not_applicable": "na"}


def value(found: Any) -> str:
    """A value of the engine as a reader writes it."""
    if found is None:
        return gettext("not recorded")
    if isinstance(found, bool):
        return gettext("yes") if found else gettext("no")
    if isinstance(found, date):
        return formats.on_date(found)
    if isinstance(found, Enum):
        text = VALUES.get(found.value) or dict(ClockDrift.Reason.choices).get(found.value)
        return str(text or found.value)
    if isinstance(found, Fraction):
        return formats.percent(float(found))
    if isinstance(found, int | float):
        return formats.number(found)
    if isinstance(found, tuple | list):
        return ", ".join(value(each) for each in found) or gettext("none")
    if hasattr(found, "least"):  # a band of seats
        if found.most is None:
            return gettext("at least %(least)s") % {"least": formats.number(found.least)}
        return gettext("%(least)s to %(most)s") % {
            "least": formats.number(found.least),
            "most": formats.number(found.most),
        }
    text = VALUES.get(str(found)) or dict(ClockDrift.Reason.choices).get(str(found))
    return str(text) if text else str(found)


def because(steps: tuple[Because, ...]) -> list[dict[str, str]]:
    """The steps of an explanation in words: fact, value, rule and source."""
    return [
        {
            "fact": str(FACTS.get(step.fact) or CHECKS.get(step.fact) or step.fact),
            "value": value(step.value),
            "rule": step.rule,
            "source": str(SOURCES.get(step.source) or sources.names(step.source)),
            "code": f"{step.rule}: {step.source}",
        }
        for step in steps
    ]


def chip(clock: Clock | None) -> ClockChip | None:
    """The clock as the part that draws it; None before it starts."""
    if clock is None or not clock.is_open:
        return None
    reasons = dict(ClockDrift.Reason.choices)
    reason = reasons.get(clock.drift_reason or "", "")
    if clock.state is ClockState.PAUSED:
        return ClockChip(paused=reason or _("no reason given"))
    return ClockChip(
        days_left=clock.days_left,
        due_on=clock.due_on,
        share_used=float(clock.share_used or 0),
        late_reason=reason,
        # The engine has said which clocks are soon; the part must not decide again.
        soon_days=clock.days_left or 0 if clock.state is ClockState.SOON else -1,
    )


# The file of the list of factories: each heading by what an import calls the column.
LIST_COLUMNS: dict[str, Text] = {
    "code": _("Factory id"), "name": _("Name"), "local_name": _("Name in local script"),
    "os_id": _("OS ID"), "factory_type": _("Type"), "status": _("Status"), "city": _("City"),
    "region": _("Region"),
}  # fmt: skip
# What a buyer does not read.
LIST_MORE: dict[str, Text] = {
    "status_reason": _("Reason"), "gateway_id": _("SLCP Gateway id"), "legacy_id": _("Earlier id"),
    "female": _("Women"), "male": _("Men"), "first_product": _("First main product"),
    "second_product": _("Second main product"), "address": _("Address"),
    "postcode": _("Post code"), "latitude": _("Latitude"), "longitude": _("Longitude"),
    "phone": _("Phone"), "fax": _("Fax"), "email": _("E-mail"), "group": _("Group"),
    "advisor_email": _("Enterprise advisor"), "registered_on": _("Registered on"),
}  # fmt: skip
LIST_CYCLE: dict[str, Text] = {"cycle_number": _("Cycle"), "cycle_starts_on": _("Cycle began on")}
# Told by the engine, for people only: an import does not read them.
LIST_TOLD: dict[str, Text] = {
    "phase": _("Phase"), "acts_next": _("Who acts next"), "next_step": _("Next step"),
    "next_clock": _("Next clock"), "next_due": _("Next due date"),
}  # fmt: skip


def label_of_column(column: str) -> Text:
    """The heading of a column as people know it, or nothing where it has none of its own."""
    if told := (LIST_COLUMNS | LIST_MORE | LIST_CYCLE).get(column):
        return told
    try:
        field = Factory._meta.get_field(column)
    except FieldDoesNotExist:
        return ""
    return capfirst(str(getattr(field, "verbose_name", "")))


@cache
def column_of_label() -> dict[str, str]:
    """The column an exported heading stands for, in whatever language the file was made."""
    found: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for column, label in (LIST_COLUMNS | LIST_MORE | LIST_CYCLE | LIST_TOLD).items():
                found.setdefault(str(label).casefold(), column)
    return found


@cache
def value_of_label() -> dict[tuple[str, str], str]:
    """(column, word) -> value, for the words an export writes, in every language."""
    found: dict[tuple[str, str], str] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for column, choices in (
                ("factory_type", Factory.Type.choices), ("status", Factory.Status.choices),
            ):  # fmt: skip
                for value, label in choices:
                    found.setdefault((column, str(label).casefold()), str(value))
    return found


def who_opens_a_cycle(role: str) -> Who:
    """A factory without a cycle waits for the programme."""
    mine = role in {"manager", "staff", "advisor"}
    return Who(ACTORS[Actor.PROGRAMME], OPEN_A_CYCLE, "–", is_you=mine)


def who(actor: str, factory: Factory, *, user_id: int | None, role: str) -> Who:
    """Who must act, and whether that is the reader."""
    if actor == Actor.ADVISOR:
        advisor = factory.advisor
        if advisor is None:
            return Who(_("No advisor yet"), ACTORS[actor], "–")
        mine = advisor.pk == user_id and role == "advisor"
        return Who(advisor.full_name, ACTORS[actor], advisor.initials, is_you=mine)
    if actor == Actor.FACTORY:
        mine = role == "ambassador"
        return Who(factory.name, ACTORS[actor], factory.name[:1], is_you=mine, kind="factory")
    mine = role in {"manager", "staff"}
    return Who(ACTORS[actor], _("Programme"), "–", is_you=mine)


def action_rows(
    actions: Any,
    clocks: Any,
    factory: Factory,
    urls: dict[str, str],
    default_url: str,
    *,
    user_id: int | None,
    role: str,
) -> list[ActionRow]:
    """Next steps as rows of an action list. `urls`: where a step is done, by its key."""
    by_key = {clock.key: clock for clock in clocks}
    rows = []
    for action in actions:
        actor = who(action.actor, factory, user_id=user_id, role=role)
        url = urls.get(action.key, "")
        rows.append(
            ActionRow(
                who=actor,
                what=ACTIONS[action.key],
                url=url or default_url,
                button=_("Open") if url else "",
                clock=chip(by_key.get(action.clock)),
                is_primary=False,
            )
        )
    return rows


def phase_of(overview: Any) -> Text:
    return PHASES[overview.phase.phase] if overview is not None else _("No cycle yet")


def next_step(overview: Any) -> Text:
    action: Action | None = overview.next_action if overview is not None else None
    return ACTIONS[action.key] if action is not None else ""


def languages_named(codes: Iterable[str]) -> str:
    """Languages that are spoken somewhere, by their names in the reader's language."""
    known = dict(LANGUAGES)
    return f"{formats.comma()} ".join(str(known.get(code, code)) for code in codes)
