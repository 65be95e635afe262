"""The way of a draft into force: comments, review by a second person, publication, retirement."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from assessments import loading, tool, tool_index
from assessments.checking import Severity
from assessments.editing.compare import version_differences
from assessments.editing.definition import findings_of
from assessments.models import ToolComment, ToolEdit, ToolQuestion, ToolVersion
from assessments.rules import tool_changes as rules
from assessments.rules.tool_changes import Against, VersionFacts
from betterwork.errors import DomainError, NotAllowed
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy.models import Programme

from .tool_drafts import open_draft


def version_facts(version: ToolVersion, *, with_check: bool) -> VersionFacts:
    """What the steps of a version are decided by. The checker reads the whole version."""
    questions = ToolQuestion.objects.filter(version=version)
    edits = ToolEdit.objects.filter(version=version)
    authors = {
        *edits.filter(revision__isnull=False).values_list("made_by_id", flat=True),
        *questions.values_list("changed_by_id", flat=True),
        *version.authors,
        version.created_by_id,
        version.review_asked_by_id,
    }
    base = version.based_on
    held = base.left_out if base is not None else {}
    authors |= {e.get("by") for key, e in version.left_out.items() if e != held.get(key)}
    changes = questions.filter(changed_at__isnull=False).count()
    undecided = 0
    if base is not None:
        changes += len(set(version.left_out) ^ set(base.left_out))
        changes += (version.names, version.name) != (base.names, base.name)
        country = Programme.objects.values_list("country", flat=True).get(pk=version.programme_id)
        undecided = len(rules.undecided(version_differences(base, version, country)))
    faults = 0
    if with_check:
        faults = sum(each.severity is Severity.ERROR for each in findings_of(version))
    return VersionFacts(
        status=version.status,
        is_under_review=version.review_asked_at is not None,
        is_approved=version.approved_at is not None,
        authors=frozenset(person for person in authors if person is not None),
        changes=changes,
        has_note=bool(version.note),
        open_comments=ToolComment.objects.filter(version=version, resolved_at__isnull=True).count(),
        open_conflicts=edits.filter(revision__isnull=True, settled_at__isnull=True).count(),
        undecided=undecided,
        faults=faults,
    )


def _refuse(against: tuple[Against, ...]) -> None:
    if against:
        raise NotAllowed("tool_refused", against=tuple(code.value for code in against))


def _locked(version_id: UUID) -> ToolVersion:
    version: ToolVersion | None = (
        ToolVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("based_on")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise DomainError("tool_version_unknown")
    return version


# -- comments -------------------------------------------------------------------------------------


@transaction.atomic
def comment_on_tool(
    *, version_id: UUID, lineage: str, text: str, by: int, now: datetime
) -> ToolComment:
    """A remark on a draft or one question of it. The same words sent twice are kept once.

    Raises: DomainError("text_missing" | "question_gone" | "tool_version_unknown"),
    NotAllowed("tool_refused") on a published version.
    """
    text = text.strip()
    if not text:
        raise DomainError("text_missing")
    version = _locked(version_id)
    if version.status != ToolVersion.Status.DRAFT:
        _refuse((Against.NOT_DRAFT,))
    if lineage and not ToolQuestion.objects.filter(version=version, lineage=lineage).exists():
        raise DomainError("question_gone", question=lineage)
    comment: ToolComment
    comment, _made = ToolComment.objects.get_or_create(
        version=version,
        lineage=lineage,
        text=text,
        made_by_id=by,
        resolved_at=None,
        defaults={"made_at": now},
    )
    return comment


@transaction.atomic
def resolve_tool_comment(*, comment_id: UUID, by: int, now: datetime) -> ToolComment:
    """Settled: seen to, or answered otherwise. Safe to repeat.

    Raises: DomainError("comment_unknown").
    """
    comment: ToolComment | None = (
        ToolComment.objects.select_for_update(no_key=True).filter(pk=comment_id).first()
    )
    if comment is None:
        raise DomainError("comment_unknown")
    if comment.resolved_at is None:
        comment.resolved_at, comment.resolved_by_id = now, by
        comment.save(update_fields=["resolved_at", "resolved_by"])
    return comment


# -- review ---------------------------------------------------------------------------------------


@transaction.atomic
def ask_tool_review(*, version_id: UUID, by: int, now: datetime) -> ToolVersion:
    """Give a draft to a second person; nobody changes it until that is done. Safe to repeat.

    Raises: NotAllowed("tool_refused", against).
    """
    version = _locked(version_id)
    if version.review_asked_at is not None and version.review_asked_by_id == by:
        return version
    _refuse(rules.against_asking(version_facts(version, with_check=False)))
    open_draft(version.pk)
    version.review_asked_at, version.review_asked_by_id = now, by
    version.save(update_fields=["review_asked_at", "review_asked_by"])
    record(Action.TOOL_REVIEW_ASKED, about=version, label=version.label)
    return version


@transaction.atomic
def reopen_tool_draft(*, version_id: UUID, text: str, by: int, now: datetime) -> ToolVersion:
    """Out of review, to be written in again: by its authors, or returned by the reviewer.

    An approval given lapses. `text`, where given, stands as a comment on the whole.
    Raises: NotAllowed("tool_refused", against).
    """
    version = _locked(version_id)
    if version.status != ToolVersion.Status.DRAFT:
        _refuse((Against.NOT_DRAFT,))
    if version.review_asked_at is None:
        return version
    version.review_asked_at = version.review_asked_by_id = None
    version.approved_at = version.approved_by_id = None
    version.save(update_fields=["review_asked_at", "review_asked_by", "approved_at", "approved_by"])
    if text.strip():
        comment_on_tool(version_id=version.pk, lineage="", text=text, by=by, now=now)
    record(Action.TOOL_RETURNED, about=version, label=version.label)
    return version


@transaction.atomic
def approve_tool(*, version_id: UUID, by: int, now: datetime) -> ToolVersion:
    """The second person approves. Safe to repeat. Raises: NotAllowed("tool_refused", against)."""
    version = _locked(version_id)
    if version.approved_at is not None:
        return version
    _refuse(rules.against_approving(version_facts(version, with_check=True), by))
    version.approved_at, version.approved_by_id = now, by
    version.save(update_fields=["approved_at", "approved_by"])
    record(Action.TOOL_APPROVED, about=version, label=version.label)
    return version


# -- into force -----------------------------------------------------------------------------------


def publishing_against(
    version: ToolVersion, facts: VersionFacts, effective_from: date, today: date
) -> tuple[Against, ...]:
    """What stands against publishing a version from a day on."""
    others = ToolVersion.objects.exclude(status=ToolVersion.Status.DRAFT)
    return rules.against_publishing(
        facts,
        starts_in_days=(effective_from - today).days,
        is_after_others=not others.filter(effective_from__gte=effective_from).exists(),
    )


@transaction.atomic
def publish_tool(
    *, version_id: UUID, effective_from: date, by: int, now: datetime, today: date
) -> ToolVersion:
    """In force from a day on, and never changed again. Safe to repeat.

    Raises: NotAllowed("tool_refused", against).
    """
    version = _locked(version_id)
    if version.status == ToolVersion.Status.PUBLISHED:
        return version
    facts = version_facts(version, with_check=True)
    _refuse(publishing_against(version, facts, effective_from, today))
    rows = list(ToolQuestion.objects.filter(version=version).order_by("order"))
    version.effective_from = effective_from
    version.content_hash = loading.content_hash(rows, version.names)
    version.status = ToolVersion.Status.PUBLISHED
    version.published_at, version.published_by_id = now, by
    version.save(
        update_fields=[
            "effective_from",
            "content_hash",
            "status",
            "published_at",
            "published_by",
        ]
    )
    record(
        Action.TOOL_PUBLISHED,
        about=version,
        label=version.label,
        effective_from=effective_from.isoformat(),
    )
    tool.forget()
    tool_index.refresh_search(today=today)
    return version


@transaction.atomic
def retire_tool(
    *, version_id: UUID, reason: str, by: int, now: datetime, today: date
) -> ToolVersion:
    """No assessment takes this version any more; those made with it keep it. Safe to repeat.

    Raises: DomainError("reason_needed"), NotAllowed("tool_refused", against).
    """
    version = _locked(version_id)
    if version.status == ToolVersion.Status.RETIRED:
        return version
    if not reason.strip():
        raise DomainError("reason_needed")
    if version.status != ToolVersion.Status.PUBLISHED:
        _refuse((Against.NOT_PUBLISHED,))
    others = ToolVersion.objects.filter(
        status=ToolVersion.Status.PUBLISHED, effective_from__lte=today
    )
    if not others.exclude(pk=version.pk).exists():
        _refuse((Against.ONLY_ONE,))
    version.status = ToolVersion.Status.RETIRED
    version.retired_at, version.retired_reason = now, reason.strip()
    version.save(update_fields=["status", "retired_at", "retired_reason"])
    record(Action.TOOL_RETIRED, about=version, label=version.label)
    tool_index.refresh_search(today=today)
    return version
