"""An answer in its three forms: the stored row, its plain content, and what the rules judge."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from betterwork.errors import DomainError

from .models import Answer, Outcome
from .rules.answers import (
    AnswerInput,
    AnswerSettings,
    NotAssessedReason,
    Reply,
    Source,
    ValueKind,
    outcome_of,
    read_value,
)
from .tool import Question

_OTHER = {Reply.YES: Reply.NO, Reply.NO: Reply.YES}
_REASONS = frozenset(NotAssessedReason)
SOURCES = [source.value for source in Source]


def reply_of(question: Question, outcome: str) -> Reply | None:
    """The reply behind an outcome, by the question's polarity."""
    if outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_ASSESSED):
        return Reply(outcome)
    breach = question.rule.breaching_reply
    if breach is None or not outcome:
        return None
    return _OTHER[breach] if outcome == Outcome.COMPLIANT else breach


def split_reason(reason: str) -> tuple[str, str]:
    """(key, note) of a stored reason: a known key stands on the first line, a note below it."""
    first, _newline, rest = reason.partition("\n")
    return (first, rest) if first in _REASONS else ("", reason)


def join_reason(key: str, note: str) -> str:
    note = note.strip()
    return "\n".join(part for part in (key, note) if part) if key else note


def answer_input(question: Question, answer: Answer) -> AnswerInput:
    """What the rules judge of a stored answer."""
    key, note = split_reason(answer.reason)
    return AnswerInput(
        reply=reply_of(question, answer.outcome),
        reason=NotAssessedReason(key) if key else None,
        reason_note=note,
        finding=answer.finding,
        sources=frozenset(Source(source) for source in answer.sources),
        value=value_text(answer) if question.is_fact else None,
    )


def value_text(answer: Answer) -> str:
    """The typed value as text: a point for decimals, ISO dates, keys for choices."""
    if answer.value_number is not None:
        return plain_number(answer.value_number)
    if answer.value_date is not None:
        return answer.value_date.isoformat()
    if answer.value_boolean is not None:
        return "yes" if answer.value_boolean else "no"
    return answer.value_choice or answer.value_text


def plain_number(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def content_of(answer: Answer) -> dict[str, Any]:
    """The plain content two versions are compared by."""
    return {
        "outcome": answer.outcome,
        "reason": answer.reason,
        "finding": answer.finding,
        "sources": sorted(answer.sources),
        "value": value_text(answer),
    }


def read_content(
    question: Question, given: Mapping[str, Any], settings: AnswerSettings
) -> dict[str, Any]:
    """What a form or a device sent, as plain content. An incomplete answer is fine.

    given: outcome, reason (a key), note, finding, sources (list), value, all optional.
    Raises: DomainError("answer_malformed"), and the value_... codes of the rules for a value
    that is none of the question's kind.
    """
    outcome = str(given.get("outcome") or "")
    if outcome and outcome not in Outcome.values:
        raise DomainError("answer_malformed", field="outcome")
    if question.is_fact and outcome not in ("", Outcome.NOT_APPLICABLE, Outcome.NOT_ASSESSED):
        raise DomainError("answer_malformed", field="outcome")
    if not question.is_fact and outcome:
        judged = outcome_of(question.rule, reply_of(question, outcome))
        outcome = judged.value if judged else ""
    key = str(given.get("reason") or "")
    if key and key not in _REASONS:
        raise DomainError("answer_malformed", field="reason")
    sources = [str(source) for source in given.get("sources") or ()]
    if not set(sources) <= set(SOURCES):
        raise DomainError("answer_malformed", field="sources")
    finding = str(given.get("finding") or "").replace("\r\n", "\n").strip()
    note = str(given.get("note") or "").replace("\r\n", "\n")
    if max(len(finding), len(note)) > settings.max_text_length:
        raise DomainError("text_too_long", most=settings.max_text_length)
    value = str(given.get("value") or "").strip() if question.is_fact else ""
    if value:
        typed = read_value(question.rule, value, settings)
        value = plain_number(typed) if isinstance(typed, Decimal) else str(typed)
    takes_reason = outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_ASSESSED)
    return {
        "outcome": outcome,
        # A reason belongs to an outcome that has one; a finding typed before is kept with it.
        "reason": join_reason(key if outcome == Outcome.NOT_ASSESSED else "", note)
        if takes_reason
        else "",
        "finding": finding,
        "sources": sorted(set(sources)),
        "value": value,
    }


def columns_of(question: Question, content: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row that says `content`."""
    columns: dict[str, Any] = {
        "outcome": content["outcome"],
        "reason": content["reason"],
        "finding": content["finding"],
        "sources": list(content["sources"]),
        "value_number": None,
        "value_text": "",
        "value_choice": "",
        "value_date": None,
        "value_boolean": None,
    }
    value = content["value"]
    if question.is_fact and value:
        typed = read_value(question.rule, value, AnswerSettings())
        if question.value_type == "boolean":
            columns["value_boolean"] = value == "yes"
        elif question.rule.value_kind is ValueKind.NUMBER:
            columns["value_number"] = typed
        elif question.rule.value_kind is ValueKind.DATE:
            columns["value_date"] = typed
        elif question.rule.value_kind is ValueKind.CHOICE:
            columns["value_choice"] = typed
        else:
            columns["value_text"] = typed
    return columns
