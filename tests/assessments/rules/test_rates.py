"""Rates: the published figures from raw answers, and the analysts' rules one by one."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.answers import Kind, Outcome
from assessments.rules.rates import (
    HAZARDOUS_WORK,
    OSH,
    AnswerRow,
    Average,
    BalancedPanel,
    InCycle,
    LatestInWindow,
    Rate,
    assessment_rates,
    cluster_averages,
    compliance_point_rates,
    mean_assessment_rate,
    non_compliant_factories,
    prepare,
    question_rates,
    select,
    to_percent,
)

DAY = date(2026, 1, 1)


def row(
    assessment: int,
    question: str = "q1",
    outcome: Outcome | None = Outcome.COMPLIANT,
    *,
    factory: str | None = None,
    cycle: int = 1,
    starts_on: date = DAY,
    cluster: str = "Discrimination",
    point: str = "Gender",
    kind: Kind = Kind.NCQ,
    name: str = "",
) -> AnswerRow:
    return AnswerRow(
        str(assessment),
        factory or f"f{assessment}",
        cycle,
        starts_on,
        cluster,
        point,
        question,
        kind,
        outcome,
        name,
        number=assessment,
    )


# Rows of published reports that state both a count and its n: (cluster, point, count, n, percent).
PUBLISHED = [
    ("Discrimination", "Race and Origin", 43, 54, 80),  # Jordan 2013
    ("Forced Labour", "Coercion", 7, 54, 13),  # Jordan 2013
    ("Discrimination", "Race and Origin", 51, 64, 80),  # Jordan 2016
    ("Child Labour", "Documentation and Protection of Young Workers", 1, 64, 2),  # Jordan 2016
    ("Freedom of Association and Collective Bargaining", "Union Operations", 1, 25, 4),  # NI 2015
    ("Compensation", "Wage Information, Use and Deduction", 6, 25, 24),  # Nicaragua 2015
    ("Compensation", "Social Security and Other Benefits", 6, 25, 24),  # Nicaragua 2015
    ("Contracts and Human Resources", "Dialogue, Discipline and Disputes", 12, 25, 48),  # NI 2015
    ("Child Labour", "Child Labourers", 0, 25, 0),  # Nicaragua 2015
    ("Working Time", "Leave", 3, 23, 13),  # Nicaragua, cycle 4
    ("Compensation", "Social Security and Other Benefits", 26, 27, 96),  # Haiti 2021
]


def raw_answers(cluster: str, point: str, count: int, n: int) -> Iterable[AnswerRow]:
    """n assessments of four questions; `count` of them have one to three findings in the point.

    Around them what a real export holds: fact questions, an older assessment of the same
    factories with the opposite result, a factory marked obsolete, repeated rows.
    """
    for i in range(n):
        findings = 1 + i % 3 if i < count else 0
        for number in range(4):
            outcome = Outcome.NON_COMPLIANT if number < findings else Outcome.COMPLIANT
            answer = row(1000 + i, f"q{number}", outcome, factory=f"f{i}", cluster=cluster,
                         point=point, cycle=2)  # fmt: skip
            yield answer
            if i % 5 == 0:
                yield answer
            yield replace(
                answer,
                assessment_id=str(i + 1),
                number=i + 1,
                cycle=1,
                starts_on=DAY - timedelta(days=300),
                outcome=Outcome.COMPLIANT if findings else Outcome.NON_COMPLIANT,
            )
        yield row(1000 + i, "fact", None, factory=f"f{i}", cluster=cluster, point=point,
                  kind=Kind.FGW, cycle=2)  # fmt: skip
    yield row(5000, "q0", Outcome.NON_COMPLIANT, factory="gone", cluster=cluster, point=point,
              cycle=2, name="Old Mill (Obsolete)")  # fmt: skip


@pytest.mark.parametrize(("cluster", "point", "count", "n", "percent"), PUBLISHED)
def test_published_rates_come_out_of_raw_answers(
    cluster: str, point: str, count: int, n: int, percent: int
) -> None:
    rows = prepare(raw_answers(cluster, point, count, n))
    for selection in (LatestInWindow(DAY, DAY), LatestInWindow(), InCycle(2), BalancedPanel(2, 2)):
        rate = compliance_point_rates(select(rows, selection))[(cluster, point)]
        assert (rate.count, rate.n, rate.percent()) == (count, n, percent)
    before = compliance_point_rates(select(rows, InCycle(1)))[(cluster, point)]
    assert (before.count, before.n) == (n - count, n)


def test_published_question_rate() -> None:
    """Jordan 2013, access to personal documents: 5 of 54, printed as 9 %."""
    rows = [
        row(i, q, Outcome.NON_COMPLIANT if q == "documents" and i < 5 else Outcome.COMPLIANT)
        for i in range(54)
        for q in ("documents", "movement")
    ]
    rates = question_rates(prepare(rows))
    assert (rates["documents"], rates["documents"].percent()) == (Rate(5, 54), 9)
    assert rates["movement"] == Rate(0, 54)


def test_published_structural_point() -> None:
    """Jordan 2013, Freedom to Associate: every factory, because of the law; not held against it."""
    rows = [
        row(i, "unions", Outcome.STRUCTURAL, cluster="Freedom", point="Freedom to Associate")
        for i in range(55)
    ]
    point = ("Freedom", "Freedom to Associate")
    assert compliance_point_rates(rows, count_structural=True)[point] == Rate(55, 55)
    assert compliance_point_rates(rows) == {}


def test_fact_rows_obsolete_factories_and_repeated_rows_are_dropped() -> None:
    rows = [
        row(1),
        row(1),
        row(2, kind=Kind.FGW, outcome=None),
        row(3, name="Alpha (obsolete)"),
        replace(row(4), is_factory_obsolete=True),
    ]
    assert prepare(rows) == [row(1)]


def test_hazardous_points_and_systems_are_merged() -> None:
    rows = [
        row(1, "a", cluster="Child Labour", point="Hazardous Work"),
        row(1, "b", Outcome.NON_COMPLIANT, cluster="Child Labour",
            point="Unconditional Worst Forms"),
        row(1, "c", cluster="Systems", point="HR management systems"),
    ]  # fmt: skip
    assert compliance_point_rates(prepare(rows)) == {
        ("Child Labour", HAZARDOUS_WORK): Rate(1, 1),
        (OSH, "HR management systems"): Rate(0, 1),
    }


def test_not_applicable_and_not_assessed_leave_the_denominator() -> None:
    rows = [
        row(1, "a", Outcome.NOT_APPLICABLE),
        row(2, "a", Outcome.NOT_ASSESSED),
        row(3, "a", Outcome.NON_COMPLIANT),
        row(3, "b", Outcome.NOT_APPLICABLE),
        row(4, "b", Outcome.COMPLIANT),
    ]
    assert compliance_point_rates(rows)[("Discrimination", "Gender")] == Rate(1, 2)
    assert question_rates(rows) == {"a": Rate(1, 1), "b": Rate(0, 1)}
    assert set(assessment_rates(rows)) == {"3", "4"}


def test_one_question_makes_the_point_and_the_factory_rate_counts_points() -> None:
    rows = [
        row(1, "a", Outcome.NON_COMPLIANT),
        row(1, "b"),
        row(1, "c", point="Religion"),
        row(1, "d", Outcome.NON_COMPLIANT, point="Race"),
        row(1, "e", Outcome.NON_COMPLIANT, point="Race"),
    ]
    assert assessment_rates(rows) == {"1": Rate(2, 3)}
    assert mean_assessment_rate(rows) == Average(Fraction(2, 3), 1)
    assert non_compliant_factories(rows, ("Discrimination", "Race")) == {"f1"}


def test_cluster_average_is_the_mean_of_its_points() -> None:
    """Points of different n weigh the same: 1/2 and 1/4 average 3/8, not 2/6."""
    rows = [
        *(row(i, "a", Outcome.NON_COMPLIANT if i == 1 else Outcome.COMPLIANT) for i in (1, 2)),
        *(
            row(i, "b", Outcome.NON_COMPLIANT if i == 1 else Outcome.COMPLIANT, point="Race")
            for i in (1, 2, 3, 4)
        ),
    ]
    average = cluster_averages(rows)["Discrimination"]
    assert average == Average(Fraction(3, 8), 2)
    assert average.percent(1) == Decimal("37.5")
    assert average.percent() == 38


def test_latest_is_the_last_to_start_within_the_window() -> None:
    rows = [
        row(1, factory="f", starts_on=date(2025, 1, 1)),
        row(2, factory="f", starts_on=date(2025, 6, 1)),
        row(3, factory="f", starts_on=date(2026, 1, 1)),
    ]

    def chosen(selection: LatestInWindow) -> list[str]:
        return [each.assessment_id for each in select(rows, selection)]

    assert chosen(LatestInWindow(date(2025, 1, 1), date(2025, 12, 31))) == ["2"]
    assert chosen(LatestInWindow()) == ["3"]
    assert chosen(LatestInWindow(until=DAY)) == ["3"]
    assert chosen(LatestInWindow(since=date(2026, 1, 2))) == []


def test_the_running_number_decides_between_two_of_one_day() -> None:
    rows = [row(10, factory="f"), row(9, factory="f")]
    assert [each.assessment_id for each in select(rows, LatestInWindow())] == ["10"]


def test_balanced_panel_keeps_factories_with_every_cycle() -> None:
    rows = [
        *(row(10 + c, factory="a", cycle=c) for c in (1, 2, 3)),
        *(row(20 + c, factory="b", cycle=c) for c in (1, 3)),
        *(row(30 + c, factory="c", cycle=c) for c in (1, 2)),
    ]
    for cycle in (1, 2, 3):
        chosen = select(rows, BalancedPanel(3, cycle))
        assert [each.factory_id for each in chosen] == ["a"]
        assert [each.cycle for each in chosen] == [cycle]
    assert {each.factory_id for each in select(rows, BalancedPanel(2, 1))} == {"a", "c"}


@pytest.mark.parametrize(
    ("share", "places", "expected"),
    [
        (Fraction(1, 8), 0, "13"),
        (Fraction(1, 200), 0, "1"),
        (Fraction(1, 3), 1, "33.3"),
        (Fraction(43, 54), 0, "80"),
        (Fraction(0), 2, "0.00"),
        (Fraction(1), 0, "100"),
    ],
)
def test_percent_rounds_half_up(share: Fraction, places: int, expected: str) -> None:
    assert str(to_percent(share, places)) == expected


def test_nothing_assessed_has_no_rate() -> None:
    assert Rate(0, 0).exact is None
    assert Rate(0, 0).percent() is None
    assert mean_assessment_rate([]) is None


answers = st.lists(
    st.builds(
        row,
        assessment=st.integers(1, 6),
        question=st.sampled_from(["q1", "q2", "q3"]),
        outcome=st.sampled_from(list(Outcome)),
        point=st.sampled_from(["Gender", "Race and Origin"]),
    ),
    max_size=40,
)


@given(answers, st.randoms(use_true_random=False), st.booleans())
def test_rates_are_shares_and_ignore_the_order(
    rows: list[AnswerRow], random: Random, structural: bool
) -> None:
    rates = compliance_point_rates(rows, count_structural=structural)
    assert all(0 <= rate.count <= rate.n for rate in rates.values())
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert compliance_point_rates(shuffled, count_structural=structural) == rates
    assert cluster_averages(shuffled, count_structural=structural) == cluster_averages(
        rows, count_structural=structural
    )


@given(answers)
def test_one_more_finding_never_lowers_a_rate(rows: list[AnswerRow]) -> None:
    before = compliance_point_rates(rows)
    worse = compliance_point_rates([*rows, row(1, "q9", Outcome.NON_COMPLIANT)])
    for point, rate in before.items():
        assert worse[point].count >= rate.count


@given(answers)
def test_drill_down_lists_as_many_factories_as_the_count(rows: list[AnswerRow]) -> None:
    for point, rate in compliance_point_rates(rows).items():
        assert len(non_compliant_factories(rows, point)) == rate.count
