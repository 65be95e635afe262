"""Committees held against the law of their country, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from betterwork.tenancy import scope
from betterwork.tenancy.selectors import settings_values
from factories import panels
from factories.content.reading import committee_rule
from factories.models import Committee, CommitteeChair, CommitteeElection, CommitteeMember, Factory
from factories.rules.committee_indicators import (
    CommitteeSettings,
    Indicators,
    Mandate,
    RatingAnswer,
    indicators,
    mandates,
    rate_committee,
)
from factories.rules.committee_law import CommitteeRule, Kind, Selection
from factories.rules.committees import (
    Check,
    CheckKey,
    CommitteeFacts,
    Member,
    Outcome,
    Sex,
    Side,
    check_committee,
)
from factories.rules.cycle_facts import add_months
from factories.selectors.cycles import working_day_test

# Checks that need the record of meetings, which an app above keeps.
ON_MEETINGS = frozenset(
    {
        CheckKey.MEETINGS,
        CheckKey.QUORUM,
        CheckKey.MINUTES_FILED,
        CheckKey.MINUTES_POSTED,
        CheckKey.ACTIVITY_REPORT,
    }
)
SELECTIONS = {
    CommitteeElection.Method.SECRET_BALLOT: Selection.SECRET_BALLOT,
    CommitteeElection.Method.OPEN_VOTE: Selection.OPEN_VOTE,
    CommitteeElection.Method.UNION_NOMINATION: Selection.UNION_NOMINATION,
    CommitteeElection.Method.APPOINTED: Selection.APPOINTED,
}
SEXES = {CommitteeMember.Title.MS: Sex.FEMALE, CommitteeMember.Title.MR: Sex.MALE}


@dataclass(frozen=True, slots=True)
class CommitteeOverview:
    """One committee (or the want of one) on one day, with what the law says of it."""

    factory: Factory
    kind: str
    committee: Committee | None
    members: Sequence[CommitteeMember]
    facts: CommitteeFacts
    rule: CommitteeRule
    checks: Sequence[Check]
    mandates: Sequence[Mandate]
    indicators: Indicators
    rating: RatingAnswer
    has_meetings: bool

    def of(self, outcome: str) -> list[Check]:
        return [check for check in self.checks if check.outcome == outcome]

    @property
    def fails(self) -> list[Check]:
        return self.of(Outcome.FAIL)

    @property
    def chair(self) -> CommitteeMember | None:
        return next((m for m in self.members if m.is_chair and m.left_on is None), None)


def committee_settings(on: date | None = None) -> CommitteeSettings:
    return CommitteeSettings.from_mapping(settings_values(on).get("committee", {}))


def committees() -> QuerySet[Committee]:
    """Committees this reader may see, with factory and programme."""
    return Committee.objects.select_related("factory", "factory__programme", "factory__advisor")


def running_committees(kind: str = Committee.Kind.BIPARTITE) -> QuerySet[Committee]:
    # A merge moves or dissolves committees, so a running one never belongs to a duplicate.
    return committees().filter(kind=kind, dissolved_on__isnull=True)


def committee_overviews(
    committees: QuerySet[Committee] | Iterable[Committee], today: date
) -> dict[UUID, CommitteeOverview]:
    """Checks, mandates and indicators by committee id: three queries and the meetings' own."""
    rows = list(committees)
    if not rows:
        return {}
    chosen: Any = (
        committees.values("pk") if isinstance(committees, QuerySet) else [c.pk for c in rows]
    )
    members: dict[UUID, list[CommitteeMember]] = defaultdict(list)
    seats = CommitteeMember.objects.filter(committee__in=chosen).select_related("election")
    for member in seats.order_by("side", "-is_chair", "full_name"):
        members[member.committee_id].append(member)
    chairs: dict[UUID, list[Side]] = defaultdict(list)
    terms = CommitteeChair.objects.filter(committee__in=chosen).order_by("started_on", "id")
    for committee_id, side in terms.values_list("committee_id", "side"):
        chairs[committee_id].append(Side(side))
    work = panels.committee_work(rows)
    settings = _settings(today)
    found = {}
    for committee in rows:
        done = work.get(committee.pk, panels.CommitteeWork())
        facts = _facts(committee.factory, committee, members[committee.pk], chairs[committee.pk])
        facts = _with_work(facts, done)
        found[committee.pk] = _overview(
            committee.factory, committee.kind, committee, members[committee.pk], facts, settings,
            today,
        )  # fmt: skip
    return found


def without_committee(factory: Factory, kind: str, today: date) -> CommitteeOverview:
    """What the law says where a factory has no committee of this kind. No query."""
    facts = _facts(factory, None, [], [])
    return _overview(factory, kind, None, [], facts, _settings(today), today)


def _settings(today: date) -> CommitteeSettings:
    return committee_settings(today) if scope.current().programme else CommitteeSettings()


def _facts(
    factory: Factory,
    committee: Committee | None,
    members: Sequence[CommitteeMember],
    chairs: Sequence[Side],
) -> CommitteeFacts:
    known = factory.worker_count > 0
    return CommitteeFacts(
        workers=factory.worker_count if known else None,
        women_workers=factory.workers_female if known else None,
        has_union=factory.has_trade_union,
        formed_on=committee.formed_on if committee is not None else None,
        members=tuple(_member(member) for member in members),
        chair_sides=tuple(chairs),
    )


def _member(row: CommitteeMember) -> Member:
    election = row.election
    again = election is not None and election.held_on > row.joined_on
    return Member(
        ref=str(row.pk),
        side=Side(row.side),
        started_on=row.joined_on,
        left_on=row.left_on,
        elected_on=election.held_on if election is not None and again else None,
        sex=SEXES.get(CommitteeMember.Title(row.title)),
        selection=SELECTIONS[CommitteeElection.Method(election.method)] if election else None,
        mandate_ends_on=row.mandate_ends_on,
        is_chair=row.is_chair,
        is_union_nominee=row.is_union,
    )


def _with_work(facts: CommitteeFacts, work: panels.CommitteeWork) -> CommitteeFacts:
    return CommitteeFacts(
        workers=facts.workers,
        women_workers=facts.women_workers,
        has_union=facts.has_union,
        formed_on=facts.formed_on,
        members=facts.members,
        chair_sides=facts.chair_sides,
        meetings=work.meetings,
        decisions=work.decisions,
        activity_reports_on=work.activity_reports_on,
    )


def _overview(
    factory: Factory,
    kind: str,
    committee: Committee | None,
    members: Sequence[CommitteeMember],
    facts: CommitteeFacts,
    settings: CommitteeSettings,
    today: date,
) -> CommitteeOverview:
    rule = committee_rule(factory.programme.country, Kind(kind))
    year_ago = add_months(today, -12)
    since = max(year_ago, facts.formed_on or year_ago)
    test = working_day_test(factory.programme, factory)
    has_meetings = panels.has_committee_work()
    checks = check_committee(rule, facts, since=since, today=today, is_working_day=test)
    if not has_meetings:
        checks = [check for check in checks if check.key not in ON_MEETINGS]
    found = indicators(rule, facts, settings, since=since, until=today)
    return CommitteeOverview(
        factory=factory,
        kind=kind,
        committee=committee,
        members=members,
        facts=facts,
        rule=rule,
        checks=checks,
        mandates=mandates(rule, facts, settings, today),
        indicators=found,
        rating=rate_committee(found, settings),
        has_meetings=has_meetings,
    )


def factory_committees(
    factory: Factory, today: date
) -> tuple[list[CommitteeOverview], list[Committee]]:
    """The running committee of each kind, or its absence; and the ones dissolved, latest first.

    Dissolved ones of the factory and of the duplicates it stands for.
    """
    here = Q(factory_id=factory.pk) | Q(factory__merged_into_id=factory.pk)
    every = list(committees().filter(here).order_by("kind", "-dissolved_on", "pk"))
    rows = [row for row in every if row.dissolved_on is None and row.factory_id == factory.pk]
    earlier = [row for row in every if row.dissolved_on is not None]
    found = committee_overviews(rows, today)
    by_kind = {row.kind: found[row.pk] for row in rows}
    running = [
        by_kind.get(kind) or without_committee(factory, kind, today)
        for kind in Committee.Kind.values
    ]
    return running, earlier
