"""A factory's committee held against its country's law: pass, fail, unverified, not applicable.

A check passes or fails only on law whose confidence is high or medium and on facts that are there;
everything else is "unverified" with its reason. Source: docs/domain/rules/committees.md, rules B-3
to B-14.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from betterwork.rules.explain import Because

from .committee_law import ChairRule, CommitteeRule, Confidence, Ratio, Selection, Term
from .cycle_facts import WorkingDayTest, add_months


class Side(StrEnum):
    WORKER = "worker"
    MANAGEMENT = "management"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Member:
    """One seat held by one person. `ref` is the caller's id; sex and selection None: unknown.

    elected_on: the latest election, where a member was chosen again; else the mandate runs from
    `started_on`. mandate_ends_on: the last day, where the committee has set one itself.
    """

    ref: str
    side: Side
    started_on: date
    left_on: date | None = None
    elected_on: date | None = None
    mandate_ends_on: date | None = None
    sex: Sex | None = None
    selection: Selection | None = None
    is_chair: bool = False
    is_union_nominee: bool | None = None

    @property
    def mandate_from(self) -> date:
        return self.elected_on or self.started_on

    def sits_on(self, day: date) -> bool:
        return self.started_on <= day and (self.left_on is None or self.left_on > day)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting held. None means not done (filed, posted) or not recorded (the counts)."""

    held_on: date
    workers_present: int | None = None
    worker_members: int | None = None
    minutes_filed_on: date | None = None
    minutes_posted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    taken_on: date
    due_on: date | None = None
    done_on: date | None = None


@dataclass(frozen=True, slots=True)
class CommitteeFacts:
    """What is known of one committee of one factory. None: not known.

    chair_sides: the sides of the chairs so far, oldest first, one entry per term of a chair.
    """

    workers: int | None = None
    women_workers: int | None = None
    has_union: bool | None = None
    formed_on: date | None = None
    members: tuple[Member, ...] = ()
    chair_sides: tuple[Side, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    decisions: tuple[Decision, ...] = ()
    activity_reports_on: tuple[date, ...] = ()

    def sitting(self, day: date, side: Side | None = None) -> tuple[Member, ...]:
        return tuple(
            member
            for member in self.members
            if member.sits_on(day) and (side is None or member.side is side)
        )


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    UNVERIFIED = "unverified"
    NOT_APPLICABLE = "not_applicable"


class Reason(StrEnum):
    """Why a check neither passed nor failed."""

    LAW_NOT_FOUND = "law_not_found"
    LAW_UNVERIFIED = "law_unverified"
    DUTY_UNVERIFIED = "duty_unverified"
    FACT_MISSING = "fact_missing"
    NO_STATUTORY_BODY = "no_statutory_body"
    BELOW_THRESHOLD = "below_threshold"
    UNION_EXISTS = "union_exists"
    NO_COMMITTEE = "no_committee"
    NOT_REQUIRED_BY_LAW = "not_required_by_law"
    TOO_EARLY = "too_early"


class CheckKey(StrEnum):
    REQUIRED = "required"
    MEMBERS_AT_LEAST = "members_at_least"
    MEMBERS_AT_MOST = "members_at_most"
    RATIO = "ratio"
    MANAGEMENT_SEATS = "management_seats"
    WORKER_SEATS = "worker_seats"
    SELECTION = "selection"
    UNION_SEAT = "union_seat"
    MANDATES = "mandates"
    CHAIR = "chair"
    MEETINGS = "meetings"
    QUORUM = "quorum"
    MINUTES_FILED = "minutes_filed"
    MINUTES_POSTED = "minutes_posted"
    ACTIVITY_REPORT = "activity_report"
    WOMEN_QUOTA = "women_quota"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of law held against the facts. expected and found are values, not sentences."""

    key: CheckKey
    outcome: Outcome
    reason: Reason | None
    reference: str
    confidence: Confidence | None
    expected: Any
    found: Any
    because: tuple[Because, ...]


_Verdict = bool | Reason | None  # None: a fact is missing; TOO_EARLY etc.: not applicable


def check_committee(
    rule: CommitteeRule,
    facts: CommitteeFacts,
    *,
    since: date,
    today: date,
    is_working_day: WorkingDayTest,
) -> list[Check]:
    """Every check, in the order of CheckKey. Meetings and minutes are looked at from `since`."""
    duty = _required(rule, facts, today)
    others = _Others(rule, facts, since, today, is_working_day).checks()
    return [duty, *(_under_duty(check, duty) for check in others)]


def _under_duty(check: Check, duty: Check) -> Check:
    """Rule B-4: nobody fails a duty that does not exist, or is not known to exist."""
    if duty.outcome is Outcome.PASS:
        return check
    outcome, reason = {
        Outcome.FAIL: (Outcome.NOT_APPLICABLE, Reason.NO_COMMITTEE),
        Outcome.NOT_APPLICABLE: (Outcome.NOT_APPLICABLE, duty.reason),
    }.get(duty.outcome, (Outcome.UNVERIFIED, Reason.DUTY_UNVERIFIED))
    if check.outcome is Outcome.UNVERIFIED and outcome is Outcome.UNVERIFIED:
        reason = check.reason
    return Check(
        check.key,
        outcome,
        reason,
        check.reference,
        check.confidence,
        check.expected,
        check.found,
        (*check.because, Because("B-4", "duty", duty.outcome, duty.reference)),
    )


def _judge(
    key: CheckKey,
    rule_id: str,
    term: Term[Any] | None,
    found: Any,
    verdict: Callable[[], _Verdict],
) -> Check:
    """Rule B-3. `verdict` runs only on law that counts: True, False, a reason, or None."""
    if term is None:
        absent = Because(rule_id, key, None, "law not found")
        return Check(
            key, Outcome.UNVERIFIED, Reason.LAW_NOT_FOUND, "", None, None, found, (absent,)
        )
    because = (
        Because(rule_id, "law", term.value, term.reference),
        Because(rule_id, "found", found, "record"),
    )
    outcome, reason = Outcome.UNVERIFIED, None
    if not term.confidence.is_law:
        reason = Reason.LAW_UNVERIFIED
    else:
        answer = verdict()
        if answer is None:
            reason = Reason.FACT_MISSING
        elif isinstance(answer, Reason):
            outcome, reason = Outcome.NOT_APPLICABLE, answer
        else:
            outcome = Outcome.PASS if answer else Outcome.FAIL
    return Check(key, outcome, reason, term.reference, term.confidence, term.value, found, because)


def _required(rule: CommitteeRule, facts: CommitteeFacts, today: date) -> Check:
    exists = bool(facts.sitting(today))
    key, statutory, union = CheckKey.REQUIRED, rule.is_statutory, rule.not_required_with_union
    if statutory is not None and not statutory.value:
        return _judge(key, "B-4", statutory, exists, lambda: Reason.NO_STATUTORY_BODY)

    def verdict() -> _Verdict:
        threshold = rule.min_workers
        if facts.workers is None or threshold is None:
            return None
        if facts.workers < threshold.value:
            return Reason.BELOW_THRESHOLD
        if union is not None and union.value and union.confidence.is_law:
            if facts.has_union is None:
                return None
            if facts.has_union:
                return Reason.UNION_EXISTS
        return exists

    check = _judge(key, "B-4", rule.min_workers, exists, verdict)
    used = (
        Because("B-4", "workers", facts.workers, "record"),
        Because("B-4", "has_union", facts.has_union, "record"),
    )
    return Check(
        check.key,
        check.outcome,
        check.reason,
        check.reference,
        check.confidence,
        check.expected,
        check.found,
        (*check.because, *used),
    )


@dataclass(frozen=True, slots=True)
class _Others:
    """The checks after the duty itself; a class only to spare every check five arguments."""

    rule: CommitteeRule
    facts: CommitteeFacts
    since: date
    today: date
    is_working_day: WorkingDayTest

    def checks(self) -> Iterable[Check]:
        yield from self._seats()
        yield self._selection()
        yield self._union_seat()
        yield self._mandates()
        yield self._chair()
        yield self._meetings()
        yield self._quorum()
        yield self._minutes_filed()
        yield self._minutes_posted()
        yield self._activity_report()
        yield self._women_quota()

    def _side(self, side: Side) -> tuple[Member, ...]:
        return self.facts.sitting(self.today, side)

    def _recent(self) -> tuple[Meeting, ...]:
        held = (m for m in self.facts.meetings if self.since <= m.held_on <= self.today)
        return tuple(sorted(held, key=lambda meeting: meeting.held_on))

    def _seats(self) -> Iterable[Check]:
        rule, facts = self.rule, self.facts
        workers, managers = len(self._side(Side.WORKER)), len(self._side(Side.MANAGEMENT))
        both = workers + managers
        least, most, ratio = rule.min_members, rule.max_members, rule.ratio
        yield _judge(
            CheckKey.MEMBERS_AT_LEAST,
            "B-5",
            least,
            both,
            lambda: least is not None and both >= least.value,
        )
        yield _judge(
            CheckKey.MEMBERS_AT_MOST,
            "B-5",
            most,
            both,
            lambda: most is not None and both <= most.value,
        )
        yield _judge(
            CheckKey.RATIO,
            "B-5",
            ratio,
            (workers, managers),
            lambda: (
                workers == managers
                if ratio is not None and ratio.value is Ratio.EQUAL
                else workers >= managers
            ),
        )
        side = rule.min_management
        yield _judge(
            CheckKey.MANAGEMENT_SEATS,
            "B-5",
            side,
            managers,
            lambda: side is not None and managers >= side.value,
        )
        bands, headcount = rule.worker_seats, facts.workers
        band = (
            next((b for b in bands.value if headcount is not None and b.covers(headcount)), None)
            if bands is not None
            else None
        )
        check = _judge(
            CheckKey.WORKER_SEATS,
            "B-5",
            bands,
            workers,
            lambda: (
                None
                if band is None
                else workers >= band.least and (band.most is None or workers <= band.most)
            ),
        )
        reason = check.reason
        if bands is not None and band is None and headcount is not None:
            reason = Reason.LAW_NOT_FOUND  # the law read has no figure for this size
        yield Check(
            check.key,
            check.outcome,
            reason,
            check.reference,
            check.confidence,
            band,
            check.found,
            (*check.because, Because("B-5", "workers", headcount, "record")),
        )

    def _selection(self) -> Check:
        accepted, members = self.rule.selection, self._side(Side.WORKER)
        ways = tuple(sorted({m.selection.value for m in members if m.selection is not None}))

        def verdict() -> _Verdict:
            if accepted is None or not members:
                return None
            known = [m.selection for m in members if m.selection is not None]
            if any(way not in accepted.value for way in known):
                return False
            return True if len(known) == len(members) else None

        return _judge(CheckKey.SELECTION, "B-6", accepted, ways, verdict)

    def _union_seat(self) -> Check:
        seat, members = self.rule.union_seat, self._side(Side.WORKER)
        nominees = sum(1 for member in members if member.is_union_nominee)

        def verdict() -> _Verdict:
            if seat is not None and not seat.value:
                return Reason.NOT_REQUIRED_BY_LAW
            if nominees:
                return True
            if self.facts.has_union is False:
                return Reason.NOT_REQUIRED_BY_LAW
            unknown = any(member.is_union_nominee is None for member in members)
            return None if unknown or self.facts.has_union is None else False

        return _judge(CheckKey.UNION_SEAT, "B-7", seat, nominees, verdict)

    def _mandates(self) -> Check:
        term, members = self.rule.term_months, self._side(Side.WORKER)
        expired: tuple[str, ...] = ()
        if term is not None:
            expired = tuple(
                m.ref for m in members if add_months(m.mandate_from, term.value) <= self.today
            )
        return _judge(
            CheckKey.MANDATES, "B-8", term, expired, lambda: not expired if members else None
        )

    def _chair(self) -> Check:
        chair = self.rule.chair
        sides = tuple(m.side for m in self.facts.sitting(self.today) if m.is_chair)

        def verdict() -> _Verdict:
            if chair is None or chair.value is ChairRule.MAY_ALTERNATE:
                return Reason.NOT_REQUIRED_BY_LAW
            if not sides:
                return None
            if chair.value is ChairRule.EMPLOYER:
                return sides == (Side.MANAGEMENT,)
            held = self.facts.chair_sides
            if len(held) < 2:
                return Reason.TOO_EARLY
            return all(held[i] is not held[i + 1] for i in range(len(held) - 1))

        return _judge(CheckKey.CHAIR, "B-9", chair, sides, verdict)

    def _meetings(self) -> Check:
        if self.rule.max_gap_months is not None:
            return self._meeting_gaps(self.rule.max_gap_months)
        per_year = self.rule.meetings_per_year
        year_ago = add_months(self.today, -12)
        held = sum(1 for m in self.facts.meetings if year_ago < m.held_on <= self.today)

        def verdict() -> _Verdict:
            if per_year is None or self.facts.formed_on is None:
                return None
            if held >= per_year.value:
                return True
            return Reason.TOO_EARLY if self.facts.formed_on > year_ago else False

        return _judge(CheckKey.MEETINGS, "B-10", per_year, held, verdict)

    def _meeting_gaps(self, gap: Term[int]) -> Check:
        formed_on = self.facts.formed_on
        too_long: tuple[tuple[date, date], ...] = ()
        if formed_on is not None:
            held = sorted(
                m.held_on for m in self.facts.meetings if formed_on <= m.held_on <= self.today
            )
            points = [formed_on, *held, self.today]
            too_long = tuple(
                (before, after)
                for before, after in pairwise(points)
                if after >= self.since and after > add_months(before, gap.value)
            )
        return _judge(
            CheckKey.MEETINGS,
            "B-10",
            gap,
            too_long,
            lambda: None if formed_on is None else not too_long,
        )

    def _quorum(self) -> Check:
        quorum, meetings = self.rule.worker_quorum_percent, self._recent()
        percent = quorum.value if quorum is not None else 0
        short = tuple(
            m.held_on
            for m in meetings
            if m.workers_present is not None
            and m.worker_members is not None
            and m.workers_present * 100 <= m.worker_members * percent
        )
        unknown = any(m.workers_present is None or m.worker_members is None for m in meetings)

        def verdict() -> _Verdict:
            if not meetings:
                return Reason.TOO_EARLY
            if short:
                return False
            return None if unknown else True

        return _judge(CheckKey.QUORUM, "B-11", quorum, short, verdict)

    def _minutes_filed(self) -> Check:
        days = self.rule.minutes_filing_days

        def deadline(held_on: date) -> date:
            return held_on + timedelta(days=days.value if days is not None else 0)

        late = self._late(deadline, lambda meeting: meeting.minutes_filed_on)
        return _judge(CheckKey.MINUTES_FILED, "B-12", days, late, lambda: self._none(late))

    def _minutes_posted(self) -> Check:
        days = self.rule.minutes_posting_days

        def deadline(held_on: date) -> date:
            day = held_on
            left = days.value if days is not None else 0
            for _ in range(90):  # bounded, should the calendar have no working day
                if left == 0:
                    break
                day += timedelta(days=1)
                left -= self.is_working_day(day)
            return day

        late = self._late(deadline, lambda meeting: meeting.minutes_posted_on)
        return _judge(CheckKey.MINUTES_POSTED, "B-12", days, late, lambda: self._none(late))

    def _late(
        self, deadline: Callable[[date], date], done: Callable[[Meeting], date | None]
    ) -> tuple[date, ...]:
        """Days of the meetings whose minutes were late, or are overdue today."""
        return tuple(
            meeting.held_on
            for meeting in self._recent()
            if (done(meeting) or self.today) > deadline(meeting.held_on)
        )

    def _none(self, late: tuple[date, ...]) -> _Verdict:
        return not late if self._recent() else Reason.TOO_EARLY

    def _activity_report(self) -> Check:
        months, formed_on = self.rule.activity_report_months, self.facts.formed_on
        sent = [day for day in self.facts.activity_reports_on if day <= self.today]
        last = max(sent, default=None)

        def verdict() -> _Verdict:
            if months is None or formed_on is None:
                return None
            if add_months(last or formed_on, months.value) >= self.today:
                return True if last is not None else Reason.TOO_EARLY
            return False

        return _judge(CheckKey.ACTIVITY_REPORT, "B-13", months, last, verdict)

    def _women_quota(self) -> Check:
        quota = self.rule.has_women_quota
        women = sum(1 for member in self._side(Side.WORKER) if member.sex is Sex.FEMALE)
        # No country read so far sets a number; a rule that did would bring its own figure.
        return _judge(
            CheckKey.WOMEN_QUOTA,
            "B-14",
            quota,
            women,
            lambda: None if quota is not None and quota.value else Reason.NOT_REQUIRED_BY_LAW,
        )
