"""How an assessment is held and by whom: proposals with every rule shown as pass or fail.

Source: docs/domain/rules/modality.md, rules M-1 to M-11 (modality) and T-1 to T-10 (team).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from betterwork.errors import DomainError
from betterwork.rules.explain import Because
from betterwork.rules.settings import ProgrammeSettings, check_settings, setting


class Modality(StrEnum):
    ON_SITE = "on_site"
    HYBRID = "hybrid"
    VIRTUAL = "virtual"


class Setting(StrEnum):
    """Where a day of an assessment is held."""

    VIRTUAL = "virtual"
    ON_SITE = "on_site"


class Activity(StrEnum):
    OPENING_MEETING = "opening_meeting"
    DOCUMENT_REVIEW = "document_review"
    MANAGEMENT_INTERVIEWS = "management_interviews"
    INSPECTION = "inspection"
    WORKER_INTERVIEWS = "worker_interviews"
    UNION_INTERVIEWS = "union_interviews"
    CLOSING_MEETING = "closing_meeting"


class Strictness(StrEnum):
    HARD = "hard"
    SOFT = "soft"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ModalitySettings(ProgrammeSettings):
    hybrid_from_cycle: int = setting(3, unit="cycle", source="WM", mark="S", lowest=1, highest=20)
    proposes_hybrid: bool = setting(True, unit="yes or no", source="WM", mark="S")
    virtual_services_after_cycles: int = setting(
        2, unit="cycles", source="WM", mark="S", lowest=0, highest=20
    )
    min_assessors: int = setting(2, unit="assessors", source="WM", mark="S", lowest=1, highest=6)
    min_days: int = setting(1, unit="days", source="WM", mark="S", lowest=1, highest=10)
    max_days: int = setting(2, unit="days", source="WM", mark="S", lowest=1, highest=10)
    one_day_up_to_workers: int = setting(
        200, unit="workers", source="-", mark="G", lowest=0, highest=100_000
    )
    own_advisor_rule: Strictness = setting(Strictness.HARD, unit="strictness", source="-", mark="G")
    previous_team_rule: Strictness = setting(
        Strictness.HARD, unit="strictness", source="-", mark="G"
    )
    language_rule: Strictness = setting(Strictness.HARD, unit="strictness", source="-", mark="G")
    both_sexes_rule: Strictness = setting(Strictness.SOFT, unit="strictness", source="-", mark="G")
    osh_rule: Strictness = setting(Strictness.SOFT, unit="strictness", source="-", mark="G")
    travel_rule: Strictness = setting(Strictness.SOFT, unit="strictness", source="-", mark="G")
    load_rule: Strictness = setting(Strictness.SOFT, unit="strictness", source="-", mark="G")
    load_margin_days: int = setting(4, unit="days", source="-", mark="G", lowest=0, highest=60)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.min_days > self.max_days:
            raise DomainError("visit_days_reversed", lowest=self.min_days, highest=self.max_days)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, held or not. `subject` is the modality, or the team, it speaks about.

    needed and found are values. A failed SOFT check warns; it never forbids.
    """

    key: str
    subject: str
    is_passed: bool
    strictness: Strictness
    needed: Any
    found: Any
    because: Because


@dataclass(frozen=True, slots=True)
class ModalityFacts:
    """cycle_number: of the assessment to be held. has_egregious_issue: a zero-tolerance or other
    egregious finding that is open. are_visits_prevented: nobody can travel there for long.
    worker_count: None where it was never recorded."""

    cycle_number: int
    has_egregious_issue: bool
    are_visits_prevented: bool
    worker_count: int | None = None


@dataclass(frozen=True, slots=True)
class VisitDay:
    """One day of an assessment, counted from 1, and what it is for."""

    number: int
    setting: Setting
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """What an assessment held this way takes. person_days: days times assessors."""

    modality: Modality
    days: tuple[VisitDay, ...]
    person_days: int
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """proposed: what the rules suggest; allowed: what may be chosen without a reason.

    efforts: days and person-days, one for each modality, allowed or not.
    """

    proposed: Modality
    allowed: tuple[Modality, ...]
    checks: tuple[Check, ...]
    efforts: tuple[Effort, ...]

    def effort(self, modality: Modality | None = None) -> Effort:
        """Of one modality, by default the proposed one."""
        wanted = modality or self.proposed
        return next(each for each in self.efforts if each.modality is wanted)


def propose_modality(facts: ModalityFacts, settings: ModalitySettings) -> Proposal:
    """On site by default; hybrid from a cycle on, no egregious issue; virtual if forced (M-1)."""
    prevented = facts.are_visits_prevented
    checks = (
        _check("M-2", "visits_possible", Modality.ON_SITE, False, prevented, not prevented),
        _check("M-3", "visits_possible", Modality.HYBRID, False, prevented, not prevented),
        _check(
            "M-3",
            "cycle_reached",
            Modality.HYBRID,
            settings.hybrid_from_cycle,
            facts.cycle_number,
            facts.cycle_number >= settings.hybrid_from_cycle,
        ),
        _check(
            "M-4",
            "no_egregious_issue",
            Modality.HYBRID,
            False,
            facts.has_egregious_issue,
            not facts.has_egregious_issue,
        ),
        _check(
            "M-11",
            "two_days_allowed",
            Modality.HYBRID,
            HYBRID_DAYS,
            settings.max_days,
            settings.max_days >= HYBRID_DAYS,
        ),
        _check("M-5", "visits_prevented", Modality.VIRTUAL, True, prevented, prevented),
    )
    allowed = tuple(
        modality
        for modality in Modality
        if all(check.is_passed for check in checks if check.subject == modality)
    )
    if prevented:
        proposed = Modality.VIRTUAL
    elif settings.proposes_hybrid and Modality.HYBRID in allowed:
        proposed = Modality.HYBRID
    else:
        proposed = Modality.ON_SITE
    efforts = tuple(effort_of(modality, facts.worker_count, settings) for modality in Modality)
    return Proposal(proposed, allowed, checks, efforts)


HYBRID_DAYS = 2  # one virtual, one on site

_FROM_AFAR = (Activity.DOCUMENT_REVIEW, Activity.MANAGEMENT_INTERVIEWS)
_ON_THE_FLOOR = (Activity.INSPECTION, Activity.WORKER_INTERVIEWS, Activity.UNION_INTERVIEWS)
_WITHOUT_FLOOR = tuple(each for each in _ON_THE_FLOOR if each is not Activity.INSPECTION)


def effort_of(modality: Modality, worker_count: int | None, settings: ModalitySettings) -> Effort:
    """Rules M-9 and M-10: days by workforce, person-days by days and assessors.

    A workforce that was never recorded counts as a large one.
    """
    count = visit_days(modality, worker_count, settings)
    because = (
        Because("M-9", "worker_count", worker_count, "G"),
        Because("M-10", "min_assessors", settings.min_assessors, "setting"),
    )
    days = split_days(modality, count)
    return Effort(modality, days, count * settings.min_assessors, because)


def visit_days(modality: Modality, worker_count: int | None, settings: ModalitySettings) -> int:
    """Rule M-9: as few days as allowed for a small workforce, as many as allowed for others."""
    if modality is Modality.HYBRID:
        return HYBRID_DAYS
    is_small = worker_count is not None and worker_count <= settings.one_day_up_to_workers
    return settings.min_days if is_small else settings.max_days


def split_days(modality: Modality, days: int) -> tuple[VisitDay, ...]:
    """Rule M-11: which day is held where and what it is for, the first day first.

    Hybrid: documents and managers from a distance, then workers and the floor on site. A longer
    assessment gives its first day to the floor as found, its last to the closing meeting.
    Raises: DomainError("hybrid_takes_two_days", days).
    """
    if modality is Modality.HYBRID:
        if days != HYBRID_DAYS:
            raise DomainError("hybrid_takes_two_days", days=days)
        work = [(Setting.VIRTUAL, _FROM_AFAR), (Setting.ON_SITE, _ON_THE_FLOOR)]
    elif modality is Modality.VIRTUAL:
        work = _spread(Setting.VIRTUAL, _FROM_AFAR, _WITHOUT_FLOOR, days)
    else:
        work = _spread(Setting.ON_SITE, (Activity.INSPECTION, *_FROM_AFAR), _WITHOUT_FLOOR, days)
    return tuple(
        VisitDay(
            number,
            where,
            (
                *((Activity.OPENING_MEETING,) if number == 1 else ()),
                *activities,
                *((Activity.CLOSING_MEETING,) if number == len(work) else ()),
            ),
        )
        for number, (where, activities) in enumerate(work, start=1)
    )


def _spread(
    where: Setting, first: tuple[Activity, ...], then: tuple[Activity, ...], days: int
) -> list[tuple[Setting, tuple[Activity, ...]]]:
    if days == 1:
        return [(where, (*first, *then))]
    return [(where, first), *[(where, then)] * (days - 1)]


def _check(
    rule: str, key: str, subject: Modality, needed: Any, found: Any, is_passed: bool
) -> Check:
    because = Because(rule, key, found, "WM")
    return Check(key, subject, is_passed, Strictness.HARD, needed, found, because)


@dataclass(frozen=True, slots=True)
class Choice:
    """is_override: chosen against the rules, with `reason`; `failed` names the rules set aside."""

    modality: Modality
    is_override: bool
    reason: str
    failed: tuple[Check, ...]


def choose_modality(proposal: Proposal, wanted: Modality, reason: str = "") -> Choice:
    """Rule M-6. Raises: DomainError("override_needs_reason", modality, failed)."""
    failed = tuple(
        check for check in proposal.checks if check.subject == wanted and not check.is_passed
    )
    if failed and not reason.strip():
        raise DomainError(
            "override_needs_reason", modality=wanted, failed=tuple(each.key for each in failed)
        )
    return Choice(wanted, bool(failed), reason.strip(), failed)


def check_days(days: int, settings: ModalitySettings) -> Check:
    """Rule M-7: an assessment takes one or two days."""
    bounds = (settings.min_days, settings.max_days)
    return Check(
        "visit_days",
        "visit",
        bounds[0] <= days <= bounds[1],
        Strictness.HARD,
        bounds,
        days,
        Because("M-7", "visit_days", days, "WM"),
    )


@dataclass(frozen=True, slots=True)
class VirtualServiceFacts:
    completed_cycles: int
    has_infrastructure: bool
    has_trained_ambassador: bool


def check_virtual_services(
    facts: VirtualServiceFacts, settings: ModalitySettings
) -> tuple[Check, ...]:
    """Rule M-8: whether advisory visits or training may be held from a distance."""
    needed = settings.virtual_services_after_cycles
    return tuple(
        Check(
            key,
            "virtual_services",
            passed,
            Strictness.HARD,
            wanted,
            found,
            Because("M-8", key, found, "WM"),
        )
        for key, wanted, found, passed in (
            ("completed_cycles", needed, facts.completed_cycles, facts.completed_cycles >= needed),
            ("infrastructure", True, facts.has_infrastructure, facts.has_infrastructure),
            (
                "trained_ambassador",
                True,
                facts.has_trained_ambassador,
                facts.has_trained_ambassador,
            ),
        )
    )


@dataclass(frozen=True, slots=True)
class Assessor:
    """A proposed team member. travel_hops: regions between home and factory (0: same region).

    booked_days: assessment days already booked this month. has_conflict: a declared conflict of
    interest with this factory.
    """

    user_id: str
    is_lead: bool = False
    is_osh_skilled: bool = False
    sex: str | None = None
    languages: frozenset[str] = frozenset()
    has_conflict: bool = False
    travel_hops: int = 0
    booked_days: int = 0


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """previous_teams: user ids of the teams of the factory's last assessments, newest first.

    mean_booked_days: over all assessors of the programme this month. worker_languages: any one
    of them is enough.
    """

    assessed_on: date
    advisors: frozenset[str] = frozenset()
    previous_teams: tuple[frozenset[str], ...] = ()
    worker_languages: frozenset[str] = frozenset()
    mean_booked_days: int | None = None


def check_team(
    team: tuple[Assessor, ...], facts: TeamFacts, settings: ModalitySettings
) -> tuple[Check, ...]:
    """Every team rule, hard and soft (rules T-1 to T-10); rules switched off are left out."""
    ids = frozenset(each.user_id for each in team)
    leads = tuple(sorted(each.user_id for each in team if each.is_lead))
    advisors = tuple(sorted(ids & facts.advisors))
    again = tuple(sorted(ids & facts.previous_teams[0])) if facts.previous_teams else ()
    conflicted = tuple(sorted(each.user_id for each in team if each.has_conflict))
    spoken = frozenset().union(*(each.languages for each in team)) & facts.worker_languages
    sexes = tuple(sorted({each.sex for each in team if each.sex}))
    skilled = tuple(sorted(each.user_id for each in team if each.is_osh_skilled))
    far = tuple(sorted(each.user_id for each in team if each.travel_hops >= 2))
    overloaded: tuple[str, ...] = ()
    if facts.mean_booked_days is not None:
        most = facts.mean_booked_days + settings.load_margin_days
        overloaded = tuple(sorted(each.user_id for each in team if each.booked_days > most))
    hard, needed = Strictness.HARD, settings.min_assessors
    table = (
        ("T-1", "enough_assessors", hard, needed, len(ids), len(ids) >= needed, "WM"),
        ("T-2", "one_lead", hard, 1, leads, len(leads) == 1, "D"),
        ("T-3", "not_own_advisor", settings.own_advisor_rule, (), advisors, not advisors, "G"),
        ("T-4", "not_previous_team", settings.previous_team_rule, (), again, not again, "G"),
        ("T-5", "no_conflict_of_interest", hard, (), conflicted, not conflicted, "D"),
        (
            "T-6",
            "speaks_worker_language",
            settings.language_rule,
            tuple(sorted(facts.worker_languages)),
            tuple(sorted(spoken)),
            # A factory whose languages were never recorded cannot fail the rule silently.
            bool(spoken),
            "G",
        ),
        ("T-7", "both_sexes", settings.both_sexes_rule, 2, sexes, len(sexes) >= 2, "G"),
        ("T-10", "osh_skills", settings.osh_rule, 1, skilled, bool(skilled), "G"),
        ("T-8", "short_travel", settings.travel_rule, (), far, not far, "G"),
        ("T-9", "even_load", settings.load_rule, (), overloaded, not overloaded, "G"),
    )
    return tuple(
        Check(key, "team", passed, strictness, wanted, found, Because(rule, key, found, source))
        for rule, key, strictness, wanted, found, passed, source in table
        if strictness is not Strictness.OFF
    )


def is_team_allowed(checks: tuple[Check, ...]) -> bool:
    """Whether every hard rule holds."""
    return all(check.is_passed for check in checks if check.strictness is Strictness.HARD)
