"""Mandates running out, and how well a committee works: women, meetings, decisions, rating.

Indicators steer advice; they are not findings of law. Source: docs/domain/rules/committees.md,
rules B-8 and B-15 to B-18.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from betterwork.errors import DomainError
from betterwork.rules.explain import Because
from betterwork.rules.settings import ProgrammeSettings, check_settings, setting

from .committee_law import CommitteeRule
from .committees import CommitteeFacts, Sex, Side
from .cycle_facts import add_months


@dataclass(frozen=True, slots=True)
class CommitteeSettings(ProgrammeSettings):
    """Thresholds of the rating: not published, so every one is the programme's to change."""

    programme_meetings_per_year: int = setting(
        6, unit="meetings", source="-", mark="G", lowest=1, highest=52
    )
    mandate_warning_days: int = setting(
        60, unit="days", source="-", mark="G", lowest=0, highest=365
    )
    meetings_on_track: Fraction = setting(
        Fraction(3, 4), unit="share", source="-", mark="G", lowest=0, highest=1
    )
    meetings_moderate: Fraction = setting(
        Fraction(2, 5), unit="share", source="-", mark="G", lowest=0, highest=1
    )
    decisions_on_track: Fraction = setting(
        Fraction(3, 4), unit="share", source="-", mark="G", lowest=0, highest=1
    )
    decisions_moderate: Fraction = setting(
        Fraction(2, 5), unit="share", source="-", mark="G", lowest=0, highest=1
    )
    women_gap_on_track: Fraction = setting(
        Fraction(1, 10), unit="share", source="-", mark="G", lowest=0, highest=1
    )
    women_gap_moderate: Fraction = setting(
        Fraction(3, 10), unit="share", source="-", mark="G", lowest=0, highest=1
    )

    def __post_init__(self) -> None:
        check_settings(self)
        for name in ("meetings", "decisions"):
            if getattr(self, f"{name}_moderate") > getattr(self, f"{name}_on_track"):
                raise DomainError("rating_thresholds_reversed", name=name)
        if self.women_gap_on_track > self.women_gap_moderate:
            raise DomainError("rating_thresholds_reversed", name="women_gap")


class MandateState(StrEnum):
    RUNNING = "running"
    SOON = "soon"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # no verified term in law, and none set by the committee


@dataclass(frozen=True, slots=True)
class Mandate:
    """ends_on: the last day of the mandate, by law or as the committee set it if that is sooner."""

    ref: str
    ends_on: date | None
    state: MandateState
    because: tuple[Because, ...]


def mandates(
    rule: CommitteeRule, facts: CommitteeFacts, settings: CommitteeSettings, today: date
) -> list[Mandate]:
    """The mandate of each sitting worker member (rule B-8)."""
    term = rule.term_months
    if term is not None and not term.confidence.is_law:
        term = None
    found = []
    for member in facts.sitting(today, Side.WORKER):
        ends, because = [], [Because("B-8", "mandate_from", member.mandate_from, "record")]
        if term is not None:
            ends.append(add_months(member.mandate_from, term.value) - timedelta(days=1))
            because.append(Because("B-8", "term_months", term.value, term.reference))
        if member.mandate_ends_on is not None:
            ends.append(member.mandate_ends_on)
            because.append(Because("B-8", "mandate_ends_on", member.mandate_ends_on, "record"))
        ends_on = min(ends, default=None)
        state = _mandate_state(ends_on, settings, today)
        found.append(Mandate(member.ref, ends_on, state, tuple(because)))
    return found


def _mandate_state(ends_on: date | None, settings: CommitteeSettings, today: date) -> MandateState:
    if ends_on is None:
        return MandateState.UNKNOWN
    if today > ends_on:
        return MandateState.EXPIRED
    warned = today >= ends_on - timedelta(days=settings.mandate_warning_days)
    return MandateState.SOON if warned else MandateState.RUNNING


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of n; `exact` is None when n is 0 (nothing to divide)."""

    count: int
    n: int

    @property
    def exact(self) -> Fraction | None:
        return Fraction(self.count, self.n) if self.n else None


@dataclass(frozen=True, slots=True)
class Indicators:
    """Figures of one committee over [since, until], both days included.

    women_on_worker_side leaves out members whose sex is not recorded. women_gap: their share less
    the women's share of the workforce (negative: fewer than in the workforce), None if either is
    unknown. meetings.n: meetings due, by the law where verified, else by the programme's number.
    decisions.n: decisions whose due day has come in the period.
    """

    women_on_worker_side: Share
    women_in_workforce: Share | None
    women_gap: Fraction | None
    meetings: Share
    meetings_due_by_law: bool
    decisions: Share
    because: tuple[Because, ...]


def indicators(
    rule: CommitteeRule,
    facts: CommitteeFacts,
    settings: CommitteeSettings,
    *,
    since: date,
    until: date,
) -> Indicators:
    """Rules B-15 (women), B-16 (meetings) and B-17 (decisions)."""
    known = [m for m in facts.sitting(until, Side.WORKER) if m.sex is not None]
    women = Share(sum(1 for m in known if m.sex is Sex.FEMALE), len(known))
    workforce = None
    if facts.workers and facts.women_workers is not None:
        workforce = Share(facts.women_workers, facts.workers)
    gap = None
    if women.exact is not None and workforce is not None and workforce.exact is not None:
        gap = women.exact - workforce.exact
    per_year, by_law, source = _cadence(rule, settings)
    due = _whole_months(max(since, facts.formed_on or since), until) * per_year // 12
    held = sum(1 for meeting in facts.meetings if since <= meeting.held_on <= until)
    ripe = [d for d in facts.decisions if d.due_on is not None and since <= d.due_on <= until]
    done = sum(1 for d in ripe if d.done_on is not None and d.done_on <= until)
    because = (
        Because("B-15", "women_on_worker_side", women.count, "record"),
        Because("B-15", "women_in_workforce", workforce and workforce.count, "record"),
        Because("B-16", "meetings_per_year", per_year, source),
        Because("B-16", "meetings_held", held, "record"),
        Because("B-17", "decisions_due", len(ripe), "record"),
        Because("B-17", "decisions_done", done, "record"),
    )
    return Indicators(
        women, workforce, gap, Share(held, due), by_law, Share(done, len(ripe)), because
    )


def _cadence(rule: CommitteeRule, settings: CommitteeSettings) -> tuple[int, bool, str]:
    gap, per_year = rule.max_gap_months, rule.meetings_per_year
    if gap is not None and gap.confidence.is_law and gap.value:
        return 12 // gap.value, True, gap.reference
    if per_year is not None and per_year.confidence.is_law:
        return per_year.value, True, per_year.reference
    return settings.programme_meetings_per_year, False, "setting"


def _whole_months(since: date, until: date) -> int:
    months = 0
    while add_months(since, months + 1) <= until + timedelta(days=1):
        months += 1
    return months


class Rating(StrEnum):
    ON_TRACK = "on_track"
    MODERATE_PROGRESS = "moderate_progress"
    NO_PROGRESS = "no_progress"


@dataclass(frozen=True, slots=True)
class RatingAnswer:
    """rating is None when nothing could be measured yet; measures: what each one gave."""

    rating: Rating | None
    measures: tuple[tuple[str, Rating], ...]
    because: tuple[Because, ...]


def rate_committee(found: Indicators, settings: CommitteeSettings) -> RatingAnswer:
    """Rule B-18: on track if every measure is, no progress if meetings are, else moderate."""
    # The women's measure is the gap itself: no lower than minus the permitted gap.
    table = (
        ("meetings", found.meetings.exact, settings.meetings_on_track, settings.meetings_moderate),
        (
            "decisions",
            found.decisions.exact,
            settings.decisions_on_track,
            settings.decisions_moderate,
        ),
        ("women", found.women_gap, -settings.women_gap_on_track, -settings.women_gap_moderate),
    )
    known = [(name, value, high, low) for name, value, high, low in table if value is not None]
    measures = {name: _level(value, high, low) for name, value, high, low in known}
    because = tuple(Because("B-18", name, value, "setting") for name, value, _, _ in known)
    return RatingAnswer(_overall(measures), tuple(measures.items()), because)


def _level(value: Fraction, on_track: Fraction, moderate: Fraction) -> Rating:
    if value >= on_track:
        return Rating.ON_TRACK
    return Rating.MODERATE_PROGRESS if value >= moderate else Rating.NO_PROGRESS


def _overall(measures: dict[str, Rating]) -> Rating | None:
    if not measures:
        return None
    if measures.get("meetings") is Rating.NO_PROGRESS:
        return Rating.NO_PROGRESS
    if all(rating is Rating.ON_TRACK for rating in measures.values()):
        return Rating.ON_TRACK
    if all(rating is Rating.NO_PROGRESS for rating in measures.values()):
        return Rating.NO_PROGRESS
    return Rating.MODERATE_PROGRESS
