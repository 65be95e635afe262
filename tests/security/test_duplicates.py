"""Two entries become one: the people who went over keep sight of what the duplicate was told.

Nobody else gains or loses a row by the merge, and nothing that was hidden before shows.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from advisory.models import AdvisoryVisit
from assessments.models import Assessment, FactoryComment, PointResult
from betterwork.accounts.models import FACTORY_SIDE, Role
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import Buyer, CycleFact, Factory, FactoryBuyer, ManufacturingGroup
from reporting.models import Report
from tests import builders
from tests.reporting.reports.builders import make_assessment

TABLES = (
    "factories_factory", "factories_engagementcycle", "factories_cyclefact",
    "factories_factorycontact", "assessments_assessment", "assessments_answer",
    "assessments_assessmentmember", "assessments_factorycomment", "assessments_pointresult",
    "assessments_assessmentstep", "assessments_reviewremark", "advisory_advisoryvisit",
    "reporting_report", "records_trailevent", "records_storedfile",
)  # fmt: skip


class Pair:
    """A factory that stands, its duplicate with one assessment in each state, and a third one."""

    def __init__(self) -> None:
        with scope.scope(scope.Facts("platform")):
            self.group = ManufacturingGroup.objects.create(name="Surma group")
            self.buyer = Buyer.objects.create(name="Alpha Brand")
        self.winner = builders.make_factory("Surma Knit")
        self.loser = builders.make_factory("Surma Knits", group=self.group)
        FactoryBuyer.objects.create(
            factory=self.loser, buyer=self.buyer, consented_on=date(2025, 1, 1),
            subscribed_until=date(2099, 1, 1),
        )  # fmt: skip
        self.third = builders.make_factory("Halda Shirts")
        make_assessment(factory=self.winner, starts_on=date(2025, 3, 1))
        self.released = make_assessment(factory=self.loser, starts_on=date(2025, 8, 10))
        self.draft = self._another(2, "factory_review", date(2026, 8, 10))
        self.review = self._another(3, "quality_review", date(2026, 9, 10))
        self.sealed = self._another(4, "planned", date(2026, 12, 10), sealed=True)
        for number, (assessment, extra) in enumerate(
            [
                (self.released, {"released_at": self.released.released_at}),
                (self.draft, {"is_draft": True}),
                (self.review, {"is_draft": True}),
            ]
        ):
            Report.objects.create(
                assessment=assessment, factory=self.loser, version=1, language="en",
                check_code=f"BD-TEST-{number}", **extra,
            )  # fmt: skip
        self.comment = FactoryComment.objects.create(
            assessment=self.draft, factory=self.loser, text="The lamps are repaired.",
            made_by=builders.make_user(),
        )  # fmt: skip
        self.held = self._visit(visited_on=date(2026, 2, 1))
        self.coming = self._visit(planned_on=date(2026, 12, 20))

    def _another(self, cycle: int, status: str, day: date, **extra: Any) -> Assessment:
        dates: dict[str, Any] = {}
        if status == "planned":
            dates = dict.fromkeys(
                ("checked_in_at", "submitted_at", "draft_sent_at", "comments_close_on")
            )
        return make_assessment(
            factory=self.loser, cycle=cycle, status=status, starts_on=day,
            answered=status != "planned", **{**dates, **extra},
        )  # fmt: skip

    def _visit(self, **day: date) -> AdvisoryVisit:
        cycle = self.loser.cycles.order_by("number")[0]
        return AdvisoryVisit.objects.create(factory=self.loser, cycle=cycle, **day)

    def merge(self) -> None:
        """The one column alone: what else a merge moves is not looked at here."""
        Factory.objects.filter(pk=self.loser.pk).update(merged_into=self.winner)


@pytest.fixture
def pair(bd: Programme) -> Pair:
    return Pair()


def seen(facts: scope.Facts) -> set[tuple[str, str]]:
    """(table, id) of every row that is visible under these facts."""
    found = set()
    with scope.scope(facts), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT id FROM {table}")  # noqa: S608
            found |= {(table, str(row[0])) for row in cursor.fetchall()}
    return found


def person_of(pair: Pair, role: str, factory: Factory, programme: Any = None) -> scope.Facts:
    programme = programme or pair.winner.programme_id
    return scope.Facts(role, programme, builders.make_user().pk, factory.pk)


@pytest.mark.parametrize("role", sorted(FACTORY_SIDE))
def test_those_who_went_over_see_what_was_told_to_the_duplicate(pair: Pair, role: str) -> None:
    facts = person_of(pair, role, pair.winner)
    before = seen(facts)
    pair.merge()
    gained = seen(facts) - before
    assert before <= seen(facts)
    shown = {table: {pk for name, pk in gained if name == table} for table, _ in gained}
    results = shown.pop("assessments_pointresult")
    answers = shown.pop("assessments_answer")
    reports = dict(Report.objects.values_list("assessment_id", "pk"))
    cycles = pair.loser.cycles.values_list("pk", flat=True)
    facts_of_loser = CycleFact.objects.filter(factory=pair.loser).values_list("pk", flat=True)
    assert shown == {
        "factories_factory": {str(pair.loser.pk)},
        "factories_engagementcycle": set(map(str, cycles)),
        "factories_cyclefact": set(map(str, facts_of_loser)),
        "assessments_assessment": {str(pair.released.pk), str(pair.draft.pk)},
        "assessments_factorycomment": {str(pair.comment.pk)},
        "reporting_report": {str(reports[pair.released.pk]), str(reports[pair.draft.pk])},
        "advisory_advisoryvisit": {str(pair.held.pk)},
    }
    rows = PointResult.objects.filter(assessment=pair.released)
    of_released = set(map(str, rows.values_list("pk", flat=True)))
    assert results == of_released
    both = (pair.released, pair.draft)
    assert answers == {str(pk) for a in both for pk in a.answers.values_list("pk", flat=True)}


def others(pair: Pair, jordan: Programme) -> dict[str, scope.Facts]:
    """Everybody else who asks, with the facts a request of theirs has."""
    home = pair.winner.programme_id
    user = builders.make_user().pk
    staff = ("manager", "staff", "advisor", "planner", "cat_editor", "constituent")
    return {
        **{role: scope.Facts(role, home, user) for role in staff},
        "global": scope.Facts(Role.GLOBAL, None, user),
        "group lead": scope.Facts(Role.GROUP_LEAD, None, user, None, pair.group.pk),
        "buyer": scope.Facts(Role.BUYER, None, user, None, pair.buyer.pk),
        "visitor": scope.Facts(),
        "checker": scope.Facts("checker"),
        "left behind": person_of(pair, Role.AMBASSADOR, pair.loser),
        "third factory": person_of(pair, Role.AMBASSADOR, pair.third),
        "other country": person_of(pair, Role.AMBASSADOR, pair.winner, jordan.pk),
        "no factory": scope.Facts(Role.AMBASSADOR, home, user),
        "staff of the factory id": scope.Facts(Role.CONSTITUENT, home, user, pair.winner.pk),
    }


def test_nobody_else_sees_more_or_less(pair: Pair, jordan: Programme) -> None:
    everybody = others(pair, jordan)
    before = {who: seen(facts) for who, facts in everybody.items()}
    released = ("assessments_assessment", str(pair.released.pk))
    assert {who for who, rows in before.items() if released in rows} >= {
        "manager", "global", "group lead", "buyer", "left behind",
    }  # fmt: skip
    pair.merge()
    for who, facts in everybody.items():
        assert seen(facts) == before[who], who


def test_they_comment_on_the_open_draft_alone(pair: Pair) -> None:
    """And change nothing of the duplicate's: its rows are the programme's to write."""
    pair.merge()
    with scope.scope(person_of(pair, Role.AMBASSADOR, pair.winner)):
        words = {"factory_id": pair.loser.pk, "made_by_id": builders.make_user().pk}
        FactoryComment.objects.create(assessment_id=pair.draft.pk, text="New lamps.", **words)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            FactoryComment.objects.create(assessment_id=pair.review.pk, text="Oh.", **words)
        assert not Factory.objects.filter(pk=pair.loser.pk).update(name="Other")
        assert not Assessment.objects.filter(pk=pair.released.pk).update(status="cancelled")
        assert not AdvisoryVisit.objects.filter(pk=pair.held.pk).update(agreed="Nothing")
    with (
        scope.scope(person_of(pair, Role.AMBASSADOR, pair.third)),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        FactoryComment.objects.create(assessment_id=pair.draft.pk, text="Not ours.", **words)
