"""Drafts of the tool: begun, written in by several people at once, and set aside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max

from assessments import library, loading
from assessments.editing import fields as flat_fields
from assessments.editing import reads
from assessments.models import (
    CompliancePoint,
    LawParameter,
    ToolEdit,
    ToolQuestion,
    ToolVersion,
)
from assessments.rules.tool_changes import merge
from betterwork.errors import DomainError, NotAllowed
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{1,31}")
COPIED = (
    "lineage", "point_id", "kind", "order", "title", "text", "finding", "guidance", "breach",
    "value_type", "value_rules", "ilo", "law", "tags", "applies", "related", "is_structural",
    "structural_reason", "states", "slcp",
)  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """How a save went. state: saved, same, merged (with another person's) or clash.

    A clash changed nothing; `edit` keeps the words until somebody settles it.
    """

    question: ToolQuestion
    state: str
    clashes: tuple[str, ...] = ()
    edit: ToolEdit | None = None


@transaction.atomic
def begin_draft(*, based_on_id: UUID, by: int | None, now: datetime) -> ToolVersion:
    """A draft that begins as a copy of a version that was published.

    Raises: DomainError("tool_version_unknown"), NotAllowed("tool_refused").
    """
    base = ToolVersion.objects.filter(pk=based_on_id).first()
    if base is None:
        raise DomainError("tool_version_unknown")
    if base.status == ToolVersion.Status.DRAFT:
        raise NotAllowed("tool_refused", against=("tool_not_published",))
    draft: ToolVersion = ToolVersion.objects.create(
        label=free_label(now.date()),
        name=base.name,
        names=base.names,
        left_out=base.left_out,
        effective_from=max(now.date(), base.effective_from),
        based_on=base,
        created_by_id=by,
        created_at=now,
    )
    rows = ToolQuestion.objects.filter(version=base).order_by("order")
    ToolQuestion.objects.bulk_create(
        [
            ToolQuestion(
                version=draft,
                programme_id=draft.programme_id,
                **{name: getattr(row, name) for name in COPIED},
            )
            for row in rows
        ],
        batch_size=200,
    )
    record(Action.TOOL_DRAFTED, about=draft, label=draft.label, based_on=base.label)
    return draft


def free_label(day: date) -> str:
    """The country, the year and the number after the highest of that year."""
    begins = f"{_country()}-{day.year}."
    labels = ToolVersion.objects.filter(label__startswith=begins).values_list("label", flat=True)
    numbers = [label.removeprefix(begins) for label in labels]
    return f"{begins}{max((int(n) for n in numbers if n.isdecimal()), default=0) + 1}"


def _country() -> str:
    return Programme.objects.values_list("country", flat=True).get(pk=scope.current_programme())


def open_draft(version_id: UUID) -> ToolVersion:
    """The draft, held until the end of the transaction.

    Raises: DomainError("tool_version_unknown"), NotAllowed("tool_refused") where it is closed.
    """
    version: ToolVersion | None = (
        ToolVersion.objects.select_for_update(no_key=True).filter(pk=version_id).first()
    )
    if version is None:
        raise DomainError("tool_version_unknown")
    if version.status != ToolVersion.Status.DRAFT or version.set_aside_at is not None:
        raise NotAllowed("tool_refused", against=("tool_not_draft",))
    if version.review_asked_at is not None:
        raise NotAllowed("tool_refused", against=("tool_under_review",))
    return version


@transaction.atomic
def describe_draft(
    *,
    version_id: UUID,
    label: str,
    note: str,
    name: Mapping[str, str],
    names: Mapping[str, Mapping[str, str]],
    by: int | None,
    now: datetime,
) -> ToolVersion:
    """The label of a draft, what changes and why, its name and the country's local names.

    Raises: DomainError("label_malformed" | "label_taken" | "english_missing" |
    "local_name_malformed" | "local_name_cited"), NotAllowed("tool_refused").
    """
    version = open_draft(version_id)
    if not LABEL.fullmatch(label):
        raise DomainError("label_malformed")
    if ToolVersion.objects.filter(label=label).exclude(pk=version.pk).exists():
        raise DomainError("label_taken", label=label)
    if not name.get("en"):
        raise DomainError("english_missing")
    for code, by_language in names.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", code) or not by_language.get("en"):
            raise DomainError("local_name_malformed", name=code)
    gone = set(version.names) - set(names)
    if gone:
        law = set(_law_codes())
        for question in ToolQuestion.objects.filter(version=version):
            for text in flat_fields.flat(question).values():
                cited = (set(library.placeholders(text)) & gone) - law
                if cited:
                    raise DomainError("local_name_cited", names=", ".join(sorted(cited)))
    wanted = {
        "label": label,
        "note": note.strip(),
        "name": {k: v for k, v in name.items() if v},
        "names": {c: {k: v for k, v in each.items() if v} for c, each in names.items()},
    }
    changed = {key: value for key, value in wanted.items() if getattr(version, key) != value}
    if changed:
        for key, value in changed.items():
            setattr(version, key, value)
        version.save(update_fields=list(changed))
        keep_author(version, {"described": changed}, by=by, now=now)
    return version


def keep_author(
    version: ToolVersion, content: Mapping[str, Any], *, by: int | None, now: datetime
) -> None:
    """Who changed the draft itself, and how: nobody who did approves it.

    The questions keep their own authors; one that is left out, or changed by another afterwards,
    no longer says who else had a hand in it. The caller holds the draft.
    """
    edits = ToolEdit.objects.filter(version=version, lineage="")
    last = edits.aggregate(last=Max("revision"))["last"] or 0
    ToolEdit.objects.create(
        version=version,
        lineage="",
        base_revision=last,
        revision=last + 1,
        content=dict(content),
        made_by_id=by,
        made_at=now,
    )


# -- one question ---------------------------------------------------------------------------------


@transaction.atomic
def save_question(
    *,
    version_id: UUID,
    lineage: str,
    base_revision: int,
    fields: Mapping[str, str],
    by: int,
    now: datetime,
    settles: UUID | None = None,
    own_revisions: Sequence[int] = (),
) -> Saved:
    """Take over the fields given, as they were changed from `base_revision`.

    `own_revisions`: what this person saved from the same page since, beside changes of others that
    the page does not show: those stay as they are, and the page's old words do not undo them.

    Fields that somebody else changed meanwhile and this person did not are left as they are now.
    What both changed in two ways is a clash: nothing is taken over and these words are kept
    aside. `settles` is the edit kept aside that this save answers.
    Words are reviewed by another than the person who wrote them.
    Raises: DomainError("question_gone" | "question_newer" | "question_faulty", problems),
    NotAllowed("tool_refused").
    """
    version = open_draft(version_id)
    question = _locked(version, lineage)
    theirs = flat_fields.flat(question)
    base = _shown(question, base_revision, own_revisions, theirs, by=by)
    # Only what the page showed was given; the rest is as it was.
    changed = {**base, **dict.fromkeys(fields, ""), **flat_fields.tidy(fields)}
    mine = {name: text for name, text in changed.items() if text}
    merged = merge(base, theirs, mine)
    if merged.clashes:
        edit = _keep_aside(question, base_revision, mine, by=by, now=now)
        return Saved(question, "clash", merged.clashes, edit)
    result = {name: text for name, text in merged.fields.items() if text}
    result = flat_fields.with_states(theirs, result)
    if settles is not None:
        _settle(settles, question, by=by, now=now)
    if result == theirs:
        return Saved(question, "same")
    problems = flat_fields.faults(
        question,
        result,
        law=_law_codes(),
        # A question of another country stays named where it was: the checker weighs it.
        lineages=[*_lineages(version), *flat_fields.lines(theirs.get("related", ""))],
        names=version.names,
    )
    problems = flat_fields.but_behind(problems, theirs, result)
    for name in own_reviews(question, theirs, result, by=by):
        problems.setdefault(name, DomainError("reviewed_by_author"))
    if problems:
        raise DomainError("question_faulty", problems=problems)
    write_question(question, theirs, result, by=by, now=now)
    return Saved(question, "merged" if theirs != base else "saved")


def _locked(version: ToolVersion, lineage: str) -> ToolQuestion:
    question: ToolQuestion | None = (
        ToolQuestion.objects.select_for_update(no_key=True, of=("self",))
        .filter(version=version, lineage=lineage)
        .first()
    )
    if question is None:
        raise DomainError("question_gone", question=lineage)
    return question


def _content_at(question: ToolQuestion, revision: int, now_says: dict[str, str]) -> dict[str, str]:
    if revision == question.revision:
        return now_says
    edit = ToolEdit.objects.filter(
        version_id=question.version_id, lineage=question.lineage, revision=revision
    ).first()
    if edit is None:
        raise DomainError("question_newer")
    return dict(edit.content)


def _shown(
    question: ToolQuestion,
    base_revision: int,
    own_revisions: Sequence[int],
    now_says: dict[str, str],
    *,
    by: int,
) -> dict[str, str]:
    """What a page shows: the revision it was opened with, and over it what was saved from it."""
    shown = dict(_content_at(question, base_revision, now_says))
    for revision in sorted(own_revisions):
        after = ToolEdit.objects.filter(
            version_id=question.version_id,
            lineage=question.lineage,
            revision=revision,
            made_by_id=by,
        ).first()
        if after is None:
            raise DomainError("question_newer")
        before = _content_at(question, revision - 1, now_says)
        for name in {*before, *after.content}:
            if before.get(name) == after.content.get(name):
                continue
            if name in after.content:
                shown[name] = after.content[name]
            else:
                shown.pop(name, None)
    return shown


def _law_codes() -> list[str]:
    rows = LawParameter.objects.filter(country=_country())
    return list(rows.values_list("code", flat=True).distinct().order_by("code"))


def _lineages(version: ToolVersion) -> list[str]:
    rows = ToolQuestion.objects.filter(version=version)
    return [*rows.values_list("lineage", flat=True), *version.left_out]


def own_reviews(
    question: ToolQuestion, before: Mapping[str, str], now: Mapping[str, str], *, by: int | None
) -> list[str]:
    """Fields whose words this person wrote, and would now call reviewed."""
    start = "state:"
    turned = [
        name.removeprefix(start)
        for name, text in now.items()
        if name.startswith(start) and text == flat_fields.REVIEWED and before.get(name) != text
    ]
    if not turned or by is None:
        return []
    writers = reads.writers_of(question.lineage)
    return [name for name in turned if writers.get(name) == by]


def write_question(
    question: ToolQuestion,
    before: dict[str, str],
    result: dict[str, str],
    *,
    by: int | None,
    now: datetime,
) -> None:
    """Take over checked fields, and keep both revisions in the history."""
    _remember(question, before)
    flat_fields.put(question, result)
    question.revision += 1
    question.changed_by_id, question.changed_at = by, now
    question.save()
    ToolEdit.objects.create(
        version_id=question.version_id,
        lineage=question.lineage,
        base_revision=question.revision - 1,
        revision=question.revision,
        content=result,
        made_by_id=by,
        made_at=now,
    )


def _remember(question: ToolQuestion, content: dict[str, str]) -> None:
    """The present revision in the history; a copied question has none before its first change."""
    known = ToolEdit.objects.filter(
        version_id=question.version_id, lineage=question.lineage, revision=question.revision
    )
    if not known.exists():
        ToolEdit.objects.create(
            version_id=question.version_id,
            lineage=question.lineage,
            base_revision=question.revision,
            revision=question.revision,
            content=content,
            made_by_id=question.changed_by_id,
            made_at=question.changed_at or question.version.created_at,
        )


def _keep_aside(
    question: ToolQuestion, base_revision: int, content: dict[str, str], *, by: int, now: datetime
) -> ToolEdit:
    """The words of a clash. A later save of the same person takes the place of an earlier one."""
    mine = ToolEdit.objects.filter(
        version_id=question.version_id,
        lineage=question.lineage,
        revision__isnull=True,
        settled_at__isnull=True,
        made_by_id=by,
    )
    same: ToolEdit | None = next((edit for edit in mine if edit.content == content), None)
    if same is not None:
        return same
    mine.update(settled_at=now, settled_by_id=by)
    edit: ToolEdit = ToolEdit.objects.create(
        version_id=question.version_id,
        lineage=question.lineage,
        base_revision=base_revision,
        content=content,
        made_by_id=by,
        made_at=now,
    )
    return edit


def _settle(edit_id: UUID, question: ToolQuestion, *, by: int, now: datetime) -> None:
    ToolEdit.objects.filter(
        pk=edit_id,
        version_id=question.version_id,
        lineage=question.lineage,
        revision__isnull=True,
        settled_at__isnull=True,
    ).update(settled_at=now, settled_by_id=by)


@transaction.atomic
def drop_edit(*, edit_id: UUID, by: int, now: datetime) -> ToolEdit:
    """Settle a clash for what stands now: the words kept aside stay in the history only.

    Raises: DomainError("edit_unknown"), NotAllowed("tool_refused").
    """
    edit: ToolEdit | None = ToolEdit.objects.filter(pk=edit_id, revision__isnull=True).first()
    if edit is None:
        raise DomainError("edit_unknown")
    question = _locked(open_draft(edit.version_id), edit.lineage)
    _settle(edit.pk, question, by=by, now=now)
    return edit


# -- which questions, in which order --------------------------------------------------------------


@transaction.atomic
def leave_out(
    *, version_id: UUID, lineage: str, reason: str, by: int | None, now: datetime
) -> None:
    """The draft no longer asks a question; its words stay in the history and can be brought back.

    Raises: DomainError("reason_needed" | "question_gone"), NotAllowed("tool_refused").
    """
    if not reason.strip():
        raise DomainError("reason_needed")
    version = open_draft(version_id)
    question = _locked(version, lineage)
    _remember(question, flat_fields.flat(question))
    version.left_out = {
        **version.left_out,
        lineage: {
            "reason": reason.strip(),
            "title": question.title,
            "by": by,
            "on": now.date().isoformat(),
            "row": {
                "point_id": question.point_id,
                "kind": question.kind,
                "order": question.order,
                "breach": question.breach,
                "value_type": question.value_type,
                "slcp": question.slcp,
                "revision": question.revision,
            },
        },
    }
    version.save(update_fields=["left_out"])
    question.delete()
    keep_author(version, {"left_out": lineage, "reason": reason.strip()}, by=by, now=now)


@transaction.atomic
def bring_back(*, version_id: UUID, lineage: str, by: int, now: datetime) -> ToolQuestion:
    """Ask a question again that this draft or one before it left out, or one of the library.

    Raises: DomainError("question_unknown_here" | "question_there"), NotAllowed("tool_refused").
    """
    version = open_draft(version_id)
    if ToolQuestion.objects.filter(version=version, lineage=lineage).exists():
        raise DomainError("question_there", question=lineage)
    row = (version.left_out.get(lineage) or {}).get("row")
    last = _last_words(version, lineage, row["revision"]) if row else None
    if row and last is not None:
        # Its history here begins anew where the one that left it out ended.
        question = ToolQuestion(version=version, lineage=lineage, **row)
        flat_fields.put(question, last.content)
        _remember(question, last.content)
    else:
        found = library.load().questions.get(lineage)
        if found is None:
            raise DomainError("question_unknown_here", question=lineage)
        question = loading.question_row(found, version)
        known = set(_law_codes())
        question.law = [code for code in question.law if code in known]
    question.order = _last_of_point(version, question.point_id)
    _make_room(version, question.order)
    question.changed_by_id, question.changed_at = by, now
    question.revision += 1
    question.save(force_insert=True)
    ToolEdit.objects.create(
        version=version,
        lineage=lineage,
        base_revision=question.revision - 1,
        revision=question.revision,
        content=flat_fields.flat(question),
        made_by_id=by,
        made_at=now,
    )
    if lineage in version.left_out:
        version.left_out = {k: v for k, v in version.left_out.items() if k != lineage}
        version.save(update_fields=["left_out"])
    keep_author(version, {"brought_back": lineage}, by=by, now=now)
    return question


def _last_words(version: ToolVersion, lineage: str, revision: int) -> ToolEdit | None:
    """What a question said when it was left out: kept with the draft that did it, which may be
    any of those this one was copied from."""
    each: ToolVersion | None = version
    while each is not None:
        edit: ToolEdit | None = ToolEdit.objects.filter(
            version=each, lineage=lineage, revision=revision
        ).first()
        if edit is not None:
            return edit
        each = each.based_on
    return None


@transaction.atomic
def add_question(
    *,
    version_id: UUID,
    point: str,
    kind: str,
    answer: str,
    title: str,
    text: str,
    finding: str,
    by: int,
    now: datetime,
) -> ToolQuestion:
    """A question of the country's own, with a lineage nobody else uses.

    answer: the breaching answer of a coded question (yes, no), or the type of a fact.
    Raises: DomainError("point_unknown" | "choice_unknown" | "question_faulty", problems),
    NotAllowed("tool_refused").
    """
    version = open_draft(version_id)
    if not CompliancePoint.objects.filter(pk=point).exists():
        raise DomainError("point_unknown")
    is_coded = kind == ToolQuestion.Kind.NCQ
    if kind not in ToolQuestion.Kind.values or answer not in (
        ("yes", "no") if is_coded else flat_fields.VALUE_TYPES
    ):
        raise DomainError("choice_unknown", codes=answer)
    question = ToolQuestion(
        version=version,
        lineage=_free_lineage(point),
        point_id=point,
        kind=kind,
        breach=answer if is_coded else "",
        value_type="" if is_coded else answer,
        order=_last_of_point(version, point),
        changed_by_id=by,
        changed_at=now,
    )
    fields: dict[str, str] = {"title.en": title, "text.en": text}
    if is_coded:
        fields["finding.en"] = finding
    elif answer == "choice":
        fields |= {"choices": "yes\nno", "choice:yes.en": "Yes", "choice:no.en": "No"}
    if not is_coded:
        fields["value_type"] = answer
    fields = flat_fields.tidy(fields)
    problems = flat_fields.faults(
        question, fields, law=_law_codes(), lineages=(), names=version.names
    )
    if problems:
        raise DomainError("question_faulty", problems=problems)
    flat_fields.put(question, fields)
    _make_room(version, question.order)
    question.save(force_insert=True)
    ToolEdit.objects.create(
        version=version,
        lineage=question.lineage,
        base_revision=1,
        revision=1,
        content=flat_fields.flat(question),
        made_by_id=by,
        made_at=now,
    )
    return question


def _free_lineage(point: str) -> str:
    """Point, country and number; a number once used in any version is never used again."""
    start = f"{point}-{_country()}"
    used = {
        *ToolQuestion.objects.filter(lineage__startswith=start).values_list("lineage", flat=True),
        *ToolEdit.objects.filter(lineage__startswith=start).values_list("lineage", flat=True),
    }
    numbers = [int(each[len(start) :]) for each in used if each[len(start) :].isdigit()]
    return f"{start}{max(numbers, default=0) + 1:02d}"


def _last_of_point(version: ToolVersion, point: str) -> int:
    """The place after the last question of a point, or after the points before it."""
    wanted = CompliancePoint.objects.select_related("cluster").get(pk=point)
    rows = ToolQuestion.objects.filter(version=version).select_related("point__cluster")
    place = 0
    for row in rows.order_by("order"):
        if (row.point.cluster.order, row.point.order) <= (wanted.cluster.order, wanted.order):
            place = max(place, row.order)
    return place + 1


def _make_room(version: ToolVersion, order: int) -> None:
    ToolQuestion.objects.filter(version=version, order__gte=order).update(order=F("order") + 1)


@transaction.atomic
def move_question(
    *, version_id: UUID, lineage: str, up: bool, by: int, now: datetime
) -> ToolQuestion:
    """One place up or down among the questions of its point; at the end nothing happens.

    Raises: DomainError("question_gone"), NotAllowed("tool_refused").
    """
    version = open_draft(version_id)
    question = _locked(version, lineage)
    rows = list(
        ToolQuestion.objects.filter(version=version, point_id=question.point_id).order_by("order")
    )
    place = next(i for i, row in enumerate(rows) if row.pk == question.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return question
    neighbour = rows[other]
    mine, theirs = question.order, neighbour.order
    changed: dict[str, Any] = {"changed_by_id": by, "changed_at": now}
    ToolQuestion.objects.filter(pk=neighbour.pk).update(order=mine)
    ToolQuestion.objects.filter(pk=question.pk).update(order=theirs, **changed)
    question.refresh_from_db()
    keep_author(version, {"moved": lineage, "to": theirs}, by=by, now=now)
    return question


@transaction.atomic
def set_aside(*, version_id: UUID, by: int, now: datetime) -> ToolVersion:
    """Nobody goes on with a draft: it is kept, out of sight. Safe to repeat.

    Raises: NotAllowed("tool_refused"), DomainError("tool_version_unknown").
    """
    version = open_draft(version_id)
    version.set_aside_at = now
    version.save(update_fields=["set_aside_at"])
    return version
