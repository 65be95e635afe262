"""Answers: polarity, completeness, typed values, and two people at once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.answers import (
    Accepted,
    AnswerConflict,
    AnswerInput,
    AnswerSettings,
    Kind,
    NotAssessedReason,
    Outcome,
    ProblemCode,
    QuestionRule,
    Reply,
    SameValue,
    Source,
    ValueKind,
    answer_problems,
    merge,
    outcome_of,
    read_value,
)
from betterwork.errors import DomainError

DEFAULTS = AnswerSettings()
YES_IS_BREACH = QuestionRule(Kind.NCQ, Reply.YES)
NO_IS_BREACH = QuestionRule(Kind.NCQ, Reply.NO)
NUMBER = QuestionRule(
    Kind.FGW, value_kind=ValueKind.NUMBER, lowest=Decimal(0), highest=Decimal(100), decimals=1
)
CHOICE = QuestionRule(Kind.FGW, value_kind=ValueKind.CHOICE, choices=("always", "never"))
DATE = QuestionRule(
    Kind.FGW, value_kind=ValueKind.DATE, earliest=date(2020, 1, 1), latest=date(2026, 12, 31)
)
YES_NO = QuestionRule(Kind.FGW, value_kind=ValueKind.BOOLEAN)
TEXT = QuestionRule(Kind.FGW, value_kind=ValueKind.TEXT)
BOTH = frozenset({Source.DOCUMENTS, Source.WORKERS})


@pytest.mark.parametrize(
    ("question", "reply", "expected"),
    [
        (YES_IS_BREACH, Reply.YES, Outcome.NON_COMPLIANT),
        (YES_IS_BREACH, Reply.NO, Outcome.COMPLIANT),
        (NO_IS_BREACH, Reply.YES, Outcome.COMPLIANT),
        (NO_IS_BREACH, Reply.NO, Outcome.NON_COMPLIANT),
        (replace(NO_IS_BREACH, is_structural=True), Reply.NO, Outcome.STRUCTURAL),
        (replace(NO_IS_BREACH, is_structural=True), Reply.YES, Outcome.COMPLIANT),
        (NO_IS_BREACH, Reply.NOT_APPLICABLE, Outcome.NOT_APPLICABLE),
        (NO_IS_BREACH, Reply.NOT_ASSESSED, Outcome.NOT_ASSESSED),
        (NO_IS_BREACH, None, None),
        (NUMBER, Reply.YES, None),
    ],
)
def test_outcome(question: QuestionRule, reply: Reply | None, expected: Outcome | None) -> None:
    assert outcome_of(question, reply) is expected


@pytest.mark.parametrize(
    ("question", "answer", "codes"),
    [
        (NO_IS_BREACH, AnswerInput(), [ProblemCode.REPLY_MISSING]),
        (NO_IS_BREACH, AnswerInput(Reply.YES), []),
        (
            NO_IS_BREACH,
            AnswerInput(Reply.NO),
            [ProblemCode.FINDING_MISSING, ProblemCode.SOURCES_TOO_FEW],
        ),
        (
            NO_IS_BREACH,
            AnswerInput(Reply.NO, finding="  ", sources=BOTH),
            [ProblemCode.FINDING_MISSING],
        ),
        (
            NO_IS_BREACH,
            AnswerInput(Reply.NO, finding="Seen", sources=frozenset({Source.DOCUMENTS})),
            [ProblemCode.SOURCES_TOO_FEW],
        ),
        (NO_IS_BREACH, AnswerInput(Reply.NO, finding="Seen", sources=BOTH), []),
        (
            replace(NO_IS_BREACH, is_structural=True),
            AnswerInput(Reply.NO, finding="The law limits it"),
            [],
        ),
        (NO_IS_BREACH, AnswerInput(Reply.NOT_ASSESSED), [ProblemCode.REASON_MISSING]),
        (
            NO_IS_BREACH,
            AnswerInput(Reply.NOT_ASSESSED, NotAssessedReason.OTHER),
            [ProblemCode.REASON_NOTE_MISSING],
        ),
        (NO_IS_BREACH, AnswerInput(Reply.NOT_ASSESSED, NotAssessedReason.MODALITY), []),
        (
            replace(NO_IS_BREACH, may_be_not_applicable=False),
            AnswerInput(Reply.NOT_APPLICABLE),
            [ProblemCode.NOT_APPLICABLE_REFUSED],
        ),
        (
            NO_IS_BREACH,
            AnswerInput(Reply.YES, value="3"),
            [ProblemCode.VALUE_ON_CODED_QUESTION],
        ),
        (
            NO_IS_BREACH,
            AnswerInput(Reply.YES, finding="x" * 10_001),
            [ProblemCode.TEXT_TOO_LONG],
        ),
        (NUMBER, AnswerInput(), [ProblemCode.VALUE_MISSING]),
        (replace(NUMBER, is_value_required=False), AnswerInput(), []),
        (NUMBER, AnswerInput(Reply.NOT_ASSESSED, NotAssessedReason.TIME_SHORT), []),
        (NUMBER, AnswerInput(Reply.NOT_ASSESSED), [ProblemCode.REASON_MISSING]),
        (NUMBER, AnswerInput(Reply.NO, value="3"), [ProblemCode.REPLY_ON_FACT_QUESTION]),
        (NUMBER, AnswerInput(value="99.5"), []),
        (NUMBER, AnswerInput(value="9.55"), [ProblemCode.VALUE_TOO_PRECISE]),
        (NUMBER, AnswerInput(value="101"), [ProblemCode.VALUE_TOO_HIGH]),
        (NUMBER, AnswerInput(value="-1"), [ProblemCode.VALUE_TOO_LOW]),
        (NUMBER, AnswerInput(value="about ten"), [ProblemCode.VALUE_NOT_A_NUMBER]),
        (NUMBER, AnswerInput(value="NaN"), [ProblemCode.VALUE_NOT_A_NUMBER]),
        (NUMBER, AnswerInput(value="Infinity"), [ProblemCode.VALUE_NOT_A_NUMBER]),
        (CHOICE, AnswerInput(value="never"), []),
        (CHOICE, AnswerInput(value="Never"), [ProblemCode.VALUE_NOT_A_CHOICE]),
        (YES_NO, AnswerInput(value="no"), []),
        (YES_NO, AnswerInput(value="maybe"), [ProblemCode.VALUE_NOT_YES_OR_NO]),
        (DATE, AnswerInput(value="2026-02-28"), []),
        (DATE, AnswerInput(value="2026-02-30"), [ProblemCode.VALUE_NOT_A_DATE]),
        (DATE, AnswerInput(value="2019-12-31"), [ProblemCode.VALUE_TOO_EARLY]),
        (DATE, AnswerInput(value="2027-01-01"), [ProblemCode.VALUE_TOO_LATE]),
        (TEXT, AnswerInput(value="x" * 10_001), [ProblemCode.TEXT_TOO_LONG]),
    ],
)
def test_problems(question: QuestionRule, answer: AnswerInput, codes: list[ProblemCode]) -> None:
    assert [problem.code for problem in answer_problems(question, answer, DEFAULTS)] == codes


def test_sources_needed_is_a_setting() -> None:
    answer = AnswerInput(Reply.NO, finding="Seen", sources=frozenset({Source.OBSERVATION}))
    assert answer_problems(NO_IS_BREACH, answer, AnswerSettings(min_sources=1)) == ()


def test_numbers_in_the_digits_of_bengali_and_arabic_are_read() -> None:
    assert read_value(NUMBER, "৪৫", DEFAULTS) == Decimal(45)
    assert read_value(NUMBER, "٤٥", DEFAULTS) == Decimal(45)


def test_yes_and_no_facts_become_truth_values() -> None:
    assert read_value(YES_NO, "yes", DEFAULTS) is True
    assert read_value(YES_NO, "no", DEFAULTS) is False


def test_a_question_without_polarity_or_type_is_refused() -> None:
    with pytest.raises(DomainError, match="breaching_reply_missing"):
        QuestionRule(Kind.NCQ)
    with pytest.raises(DomainError, match="breaching_reply_missing"):
        QuestionRule(Kind.NCQ, Reply.NOT_APPLICABLE)
    with pytest.raises(DomainError, match="value_kind_missing"):
        QuestionRule(Kind.FGW)


@given(st.text(max_size=30))
def test_any_typed_text_gives_a_value_or_a_named_problem(text: str) -> None:
    for question in (NUMBER, CHOICE, DATE, TEXT, YES_NO):
        found = answer_problems(question, AnswerInput(value=text), DEFAULTS)
        # Either it reads, or the one problem is a value problem: nothing else may escape.
        assert len(found) <= 1
        if not found and text.strip():
            read_value(question, text, DEFAULTS)


@pytest.mark.parametrize(
    ("base", "version", "current", "incoming", "expected"),
    [
        (0, 0, None, "a", Accepted(1)),
        (1, 1, "a", "b", Accepted(2)),
        (1, 1, "a", "a", SameValue(1)),
        (1, 2, "b", "b", SameValue(2)),
        (0, 1, "a", "b", AnswerConflict(0, 1, "a", "b")),
        (1, 3, "c", "d", AnswerConflict(1, 3, "c", "d")),
    ],
)
def test_merge(base: int, version: int, current: Any, incoming: Any, expected: Any) -> None:
    assert merge(base, version, current, incoming) == expected


@pytest.mark.parametrize("base", [-1, 3])
def test_a_base_version_nobody_stored_is_refused(base: int) -> None:
    with pytest.raises(DomainError, match="version_unknown"):
        merge(base, 2, "a", "b")


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.booleans()), max_size=30))
def test_two_devices_never_overwrite_what_they_have_not_seen(
    edits: list[tuple[int, int, bool]],
) -> None:
    """Each device edits on the version it last saw; only a synced device may replace a value."""
    version, stored = 0, None
    seen = [0, 0]
    for device, value, syncs_first in edits:
        if syncs_first:
            seen[device] = version
        result = merge(seen[device], version, stored, value)
        if isinstance(result, Accepted):
            assert seen[device] == version
            version, stored = result.version, value
            seen[device] = version
        elif isinstance(result, SameValue):
            assert stored == value
            seen[device] = version
        else:
            assert seen[device] < version
            assert (result.current, result.incoming) == (stored, value)
