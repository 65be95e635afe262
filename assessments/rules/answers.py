"""One answer: its outcome, what is wrong with it, and two people changing it at once.

Source: docs/domain/rules/answers.md, rules N-1 to N-5.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Generic, TypeVar

from betterwork.errors import DomainError
from betterwork.rules.settings import ProgrammeSettings, setting

Content = TypeVar("Content")


class Kind(StrEnum):
    """ncq: coded, counted; fgw: fact-gathering, typed, never counted."""

    NCQ = "ncq"
    FGW = "fgw"


class Reply(StrEnum):
    """What an assessor presses on a coded question."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"


class Outcome(StrEnum):
    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"
    STRUCTURAL = "structural"  # national law itself causes the breach: not the factory's


class NotAssessedReason(StrEnum):
    ACCESS_LIMITED = "access_limited"
    RECORDS_UNAVAILABLE = "records_unavailable"
    PERSON_ABSENT = "person_absent"
    TIME_SHORT = "time_short"
    MODALITY = "modality"  # cannot be seen from a distance
    OTHER = "other"


class Source(StrEnum):
    """Where a finding was seen; findings are triangulated."""

    DOCUMENTS = "documents"
    MANAGEMENT = "management"
    WORKERS = "workers"
    UNION = "union"
    OBSERVATION = "observation"


class ValueKind(StrEnum):
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class AnswerSettings(ProgrammeSettings):
    min_sources: int = setting(2, unit="sources", source="WM, DALY", mark="D", lowest=1, highest=5)
    min_finding_length: int = setting(
        1, unit="characters", source="-", mark="G", lowest=1, highest=500
    )
    max_text_length: int = setting(
        10_000, unit="characters", source="-", mark="G", lowest=100, highest=100_000
    )


@dataclass(frozen=True, slots=True)
class QuestionRule:
    """What a published question demands of its answer.

    breaching_reply: YES or NO for a coded question (polarity is mixed), None for a fact.
    is_structural: a breach is caused by national law. lowest/highest: numbers, both included;
    earliest/latest likewise for dates. decimals: places a number may have.
    """

    kind: Kind
    breaching_reply: Reply | None = None
    is_structural: bool = False
    may_be_not_applicable: bool = True
    value_kind: ValueKind | None = None
    is_value_required: bool = True
    lowest: Decimal | None = None
    highest: Decimal | None = None
    decimals: int = 2
    choices: tuple[str, ...] = ()
    earliest: date | None = None
    latest: date | None = None

    def __post_init__(self) -> None:
        if self.kind is Kind.NCQ and self.breaching_reply not in (Reply.YES, Reply.NO):
            raise DomainError("breaching_reply_missing")
        if self.kind is Kind.FGW and self.value_kind is None:
            raise DomainError("value_kind_missing")


@dataclass(frozen=True, slots=True)
class AnswerInput:
    """An answer as given. `value` is text as typed; choices are keys; dates are ISO 8601;
    a yes-or-no fact is "yes" or "no".
    """

    reply: Reply | None = None
    reason: NotAssessedReason | None = None
    reason_note: str = ""
    finding: str = ""
    sources: frozenset[Source] = frozenset()
    value: str | None = None


class ProblemCode(StrEnum):
    REPLY_MISSING = "reply_missing"
    REPLY_ON_FACT_QUESTION = "reply_on_fact_question"
    VALUE_ON_CODED_QUESTION = "value_on_coded_question"
    NOT_APPLICABLE_REFUSED = "not_applicable_refused"
    REASON_MISSING = "reason_missing"
    REASON_NOTE_MISSING = "reason_note_missing"
    FINDING_MISSING = "finding_missing"
    SOURCES_TOO_FEW = "sources_too_few"
    TEXT_TOO_LONG = "text_too_long"
    VALUE_MISSING = "value_missing"
    VALUE_NOT_A_NUMBER = "value_not_a_number"
    VALUE_TOO_PRECISE = "value_too_precise"
    VALUE_TOO_LOW = "value_too_low"
    VALUE_TOO_HIGH = "value_too_high"
    VALUE_NOT_A_CHOICE = "value_not_a_choice"
    VALUE_NOT_YES_OR_NO = "value_not_yes_or_no"
    VALUE_NOT_A_DATE = "value_not_a_date"
    VALUE_TOO_EARLY = "value_too_early"
    VALUE_TOO_LATE = "value_too_late"


@dataclass(frozen=True, slots=True)
class Problem:
    code: ProblemCode
    facts: tuple[tuple[str, Any], ...] = ()


def outcome_of(question: QuestionRule, reply: Reply | None) -> Outcome | None:
    """The outcome of a coded question; None for a fact question or no reply (rule N-1)."""
    if question.kind is Kind.FGW or reply is None:
        return None
    if reply is Reply.NOT_APPLICABLE:
        return Outcome.NOT_APPLICABLE
    if reply is Reply.NOT_ASSESSED:
        return Outcome.NOT_ASSESSED
    if reply is not question.breaching_reply:
        return Outcome.COMPLIANT
    return Outcome.STRUCTURAL if question.is_structural else Outcome.NON_COMPLIANT


def answer_problems(
    question: QuestionRule, answer: AnswerInput, settings: AnswerSettings
) -> tuple[Problem, ...]:
    """Everything that keeps the answer from being complete (rules N-2, N-3).

    An incomplete answer may be saved, so that nothing typed is lost; it cannot be signed.
    """
    if question.kind is Kind.FGW:
        return tuple(_fact_problems(question, answer, settings))
    return tuple(_coded_problems(question, answer, settings))


def _coded_problems(
    question: QuestionRule, answer: AnswerInput, settings: AnswerSettings
) -> list[Problem]:
    found = []
    if answer.value not in (None, ""):
        found.append(Problem(ProblemCode.VALUE_ON_CODED_QUESTION))
    outcome = outcome_of(question, answer.reply)
    if outcome is None:
        found.append(Problem(ProblemCode.REPLY_MISSING))
    if outcome is Outcome.NOT_APPLICABLE and not question.may_be_not_applicable:
        found.append(Problem(ProblemCode.NOT_APPLICABLE_REFUSED))
    if outcome is Outcome.NOT_ASSESSED:
        if answer.reason is None:
            found.append(Problem(ProblemCode.REASON_MISSING))
        elif answer.reason is NotAssessedReason.OTHER and not answer.reason_note.strip():
            found.append(Problem(ProblemCode.REASON_NOTE_MISSING))
    if outcome in (Outcome.NON_COMPLIANT, Outcome.STRUCTURAL):
        if len(answer.finding.strip()) < settings.min_finding_length:
            found.append(Problem(ProblemCode.FINDING_MISSING))
        # A structural breach is read off the law; there is nothing to triangulate.
        if outcome is Outcome.NON_COMPLIANT and len(answer.sources) < settings.min_sources:
            facts = (("given", len(answer.sources)), ("needed", settings.min_sources))
            found.append(Problem(ProblemCode.SOURCES_TOO_FEW, facts))
    if len(answer.finding) > settings.max_text_length:
        found.append(Problem(ProblemCode.TEXT_TOO_LONG, (("most", settings.max_text_length),)))
    return found


def _fact_problems(
    question: QuestionRule, answer: AnswerInput, settings: AnswerSettings
) -> list[Problem]:
    found = []
    if answer.reply in (Reply.YES, Reply.NO):
        found.append(Problem(ProblemCode.REPLY_ON_FACT_QUESTION))
    if answer.reply is Reply.NOT_ASSESSED and answer.reason is None:
        found.append(Problem(ProblemCode.REASON_MISSING))
    if answer.value is None or not answer.value.strip():
        if question.is_value_required and answer.reply is None:
            found.append(Problem(ProblemCode.VALUE_MISSING))
        return found
    try:
        read_value(question, answer.value, settings)
    except DomainError as error:
        found.append(Problem(ProblemCode(error.code), tuple(error.facts.items())))
    return found


def read_value(
    question: QuestionRule, value: str, settings: AnswerSettings
) -> Decimal | date | str | bool:
    """The typed value of a fact question from text (rule N-3).

    Raises: DomainError with one of the value_... codes of ProblemCode, or "text_too_long".
    """
    text = value.strip()
    if question.value_kind is ValueKind.NUMBER:
        return _read_number(question, text)
    if question.value_kind is ValueKind.DATE:
        return _read_date(question, text)
    if question.value_kind is ValueKind.BOOLEAN:
        if text not in ("yes", "no"):
            raise DomainError("value_not_yes_or_no", value=text)
        return text == "yes"
    if question.value_kind is ValueKind.CHOICE:
        if text not in question.choices:
            raise DomainError("value_not_a_choice", value=text)
        return text
    if len(text) > settings.max_text_length:
        raise DomainError("text_too_long", most=settings.max_text_length)
    return text


def _read_number(question: QuestionRule, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise DomainError("value_not_a_number", value=text) from error
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):  # NaN and Infinity
        raise DomainError("value_not_a_number", value=text)
    if -exponent > question.decimals:
        raise DomainError("value_too_precise", decimals=question.decimals)
    if question.lowest is not None and number < question.lowest:
        raise DomainError("value_too_low", lowest=question.lowest)
    if question.highest is not None and number > question.highest:
        raise DomainError("value_too_high", highest=question.highest)
    return number


def _read_date(question: QuestionRule, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise DomainError("value_not_a_date", value=text) from error
    if question.earliest is not None and day < question.earliest:
        raise DomainError("value_too_early", earliest=question.earliest)
    if question.latest is not None and day > question.latest:
        raise DomainError("value_too_late", latest=question.latest)
    return day


@dataclass(frozen=True, slots=True)
class Accepted:
    """Store the incoming content under this version."""

    version: int


@dataclass(frozen=True, slots=True)
class SameValue:
    """Nothing to store: both say the same (a device resent, or two people agree)."""

    version: int


@dataclass(frozen=True, slots=True)
class AnswerConflict(Generic[Content]):
    """Both changed it since `base_version`: keep both, a person settles. Nothing is overwritten."""

    base_version: int
    current_version: int
    current: Content
    incoming: Content


def merge(
    base_version: int, current_version: int, current: Content | None, incoming: Content
) -> Accepted | SameValue | AnswerConflict[Content]:
    """What to do with an answer made on top of `base_version` (rule N-5).

    Versions count from 1; 0 with `current` None means never answered. Contents are compared with
    ==. Raises: DomainError("version_unknown") for a base newer than what is stored.
    """
    if base_version < 0 or base_version > current_version:
        raise DomainError("version_unknown", base=base_version, current=current_version)
    if current is not None and current == incoming:
        return SameValue(current_version)
    if base_version == current_version or current is None:
        return Accepted(current_version + 1)
    return AnswerConflict(base_version, current_version, current, incoming)
