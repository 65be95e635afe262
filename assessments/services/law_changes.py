"""National law: a new dated period, or one put right, proposed by one person and approved by
another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments import library, tool, tool_index
from assessments.models import LawParameter, LawProposal
from betterwork.errors import DomainError, NotAllowed
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

CARRIED = (
    "code", "topic", "kind", "value", "short", "unit", "text", "reference", "source",
    "confidence", "effective_from", "effective_to",
)  # fmt: skip


def _country() -> str:
    return Programme.objects.values_list("country", flat=True).get(pk=scope.current_programme())


@transaction.atomic
def propose_law(
    *,
    code: str,
    topic: str,
    kind: str,
    value: Any,
    short: dict[str, str],
    unit: str,
    text: str,
    reference: str,
    source: str,
    confidence: str,
    effective_from: date | None,
    effective_to: date | None,
    reason: str,
    by: int,
    now: datetime,
    corrects: int | None = None,
) -> LawProposal:
    """Propose a new period of a parameter, or a new parameter. Nothing changes before approval.

    value: typed by `kind` (number, money, percent: a number; boolean; text; table: a list of rows).
    corrects: the period (its id) that was written down wrongly; what is proposed takes its place
    and keeps its first day, whatever `effective_from` says.
    Raises: DomainError("reason_needed" | "law_kind_fixed" | "law_source_missing" |
    "law_period_exists" | "law_proposal_open" | "law_period_reversed" | "law_value_missing" |
    "law_period_unknown").
    """
    if not reason.strip():
        raise DomainError("reason_needed")
    periods = LawParameter.objects.standing().filter(country=_country(), code=code)
    if corrects is not None:
        wrong = periods.filter(pk=corrects).first()
        if wrong is None:
            raise DomainError("law_period_unknown")
        effective_from = wrong.effective_from
    elif effective_from is None:
        raise DomainError("value_not_a_date")
    if effective_to and effective_from and effective_to <= effective_from:
        raise DomainError("law_period_reversed")
    is_verified = confidence in library.VERIFIED
    if is_verified and not (reference.strip() and source.strip()):
        raise DomainError("law_source_missing")
    if is_verified and value is None:
        raise DomainError("law_value_missing")
    known = periods.first()
    if known is not None and known.kind != kind:
        raise DomainError("law_kind_fixed", parameter=code)
    if corrects is None and periods.filter(effective_from=effective_from).exists():
        raise DomainError("law_period_exists", day=effective_from)
    if LawProposal.objects.filter(code=code, effective_from=effective_from, decision="").exists():
        raise DomainError("law_proposal_open")
    proposal: LawProposal = LawProposal.objects.create(
        code=code,
        topic=topic,
        kind=kind,
        value=value,
        short={k: v for k, v in short.items() if v},
        unit=unit.strip(),
        text=text.strip(),
        reference=reference.strip(),
        source=source.strip(),
        confidence=confidence,
        corrects_id=corrects,
        effective_from=effective_from,
        effective_to=effective_to,
        reason=reason.strip(),
        proposed_by_id=by,
        proposed_at=now,
    )
    record(Action.LAW_PROPOSED, about=proposal, code=code, since=_since(proposal))
    return proposal


def _since(proposal: LawProposal) -> str:
    """The first day as the trail keeps it; empty where it is not known."""
    return proposal.effective_from.isoformat() if proposal.effective_from else ""


@transaction.atomic
def decide_law(
    *, proposal_id: UUID, decision: str, note: str, by: int, now: datetime
) -> LawProposal:
    """Approve, refuse (with a note) or withdraw a proposal. Safe to repeat the same decision.

    Raises: DomainError("proposal_unknown" | "choice_unknown" | "reason_needed" |
    "law_period_exists" | "law_period_unknown"),
    NotAllowed("law_decided" | "law_second_person" | "law_own_only").
    """
    proposal: LawProposal | None = (
        LawProposal.objects.select_for_update(no_key=True).filter(pk=proposal_id).first()
    )
    if proposal is None:
        raise DomainError("proposal_unknown")
    if decision not in LawProposal.Decision.values:
        raise DomainError("choice_unknown", codes=decision)
    if proposal.decision:
        if proposal.decision == decision:
            return proposal
        raise NotAllowed("law_decided")
    is_own = proposal.proposed_by_id == by
    if decision == LawProposal.Decision.WITHDRAWN:
        if not is_own:
            raise NotAllowed("law_own_only")
    elif is_own:
        raise NotAllowed("law_second_person")
    if decision == LawProposal.Decision.REFUSED and not note.strip():
        raise DomainError("reason_needed")
    country = _country()
    is_approved = decision == LawProposal.Decision.APPROVED
    if is_approved:
        standing = LawParameter.objects.standing().filter(country=country, code=proposal.code)
        if proposal.corrects_id is not None:
            if not standing.filter(pk=proposal.corrects_id).exists():
                raise DomainError("law_period_unknown")
        elif standing.filter(effective_from=proposal.effective_from).exists():
            raise DomainError("law_period_exists", day=proposal.effective_from)
    proposal.decision, proposal.decision_note = decision, note.strip()
    proposal.decided_by_id, proposal.decided_at = by, now
    proposal.save(update_fields=["decision", "decision_note", "decided_by", "decided_at"])
    if is_approved:
        LawParameter.objects.create(
            country=country,
            proposal=proposal,
            corrects_id=proposal.corrects_id,
            **{n: getattr(proposal, n) for n in CARRIED},
        )
        record(
            Action.LAW_CHANGED,
            about=proposal,
            code=proposal.code,
            since=_since(proposal),
            corrects=proposal.corrects_id is not None,
        )
        tool.forget()
        tool_index.refresh_search(today=now.date())
    else:
        record(Action.LAW_DECIDED, about=proposal, code=proposal.code, decision=decision)
    return proposal
