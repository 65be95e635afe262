"""A version of the tool out into a file, and a file into a draft: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from assessments import exchange
from assessments.editing import fields as flat_fields
from assessments.exchange import ExchangeError, Fault, Places, plain
from assessments.models import CompliancePoint, LawParameter, ToolEdit, ToolQuestion, ToolVersion
from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.refusals import sentence
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from . import tool_drafts
from .law_changes import propose_law

XLSX, YAML = "xlsx", "yaml"
FORMATS = (XLSX, YAML)
Plain = Mapping[str, Any]


@dataclass(slots=True)
class Taken:
    """What a file changes in the draft it is for. Lineages, and codes of law."""

    label: str
    version_id: UUID | None = None  # of the draft; None in a dry run that would begin one
    is_new_draft: bool = False
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    is_described: bool = False  # name, local names, note or day differ
    is_ordered: bool = False  # a place differs, be it for what was added or left out alone
    law: list[str] = field(default_factory=list)  # proposed, to be decided by a second person

    @property
    def is_same(self) -> bool:
        lists = (self.added, self.changed, self.left_out, self.moved, self.law)
        return not (any(lists) or self.is_described)


class _Back(Exception):
    pass


def export_tool(*, version_id: UUID, format: str) -> bytes:
    """A version and the law of its country as a file. `format`: xlsx or yaml.

    Raises: DomainError("tool_version_unknown"), ExchangeError for a text no cell can hold.
    """
    version = ToolVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise DomainError("tool_version_unknown")
    data = _data_of(version)
    record(Action.EXPORTED, about=version, label=version.label, format=format)
    return exchange.workbook(data) if format == XLSX else exchange.to_yaml(data).encode()


def _data_of(version: ToolVersion) -> dict[str, Any]:
    country = Programme.objects.values_list("country", flat=True).get(pk=version.programme_id)
    return plain.plain_version(
        version,
        country=country,
        questions=ToolQuestion.objects.filter(version=version).order_by("order"),
        law=LawParameter.objects.standing()
        .filter(country=country)
        .order_by("code", "effective_from"),
    )


def import_tool(
    *, content: bytes, by: int | None, now: datetime, label: str = "", dry_run: bool = False
) -> Taken:
    """Take a file into the draft with its label, which is begun if there is none.

    Words that the file changes, or that whoever brings it wrote, are drafts whatever it says of
    their state. A question that
    the file does not have is left out and needs a reason there. Periods of law that are new are
    proposed for a second person to decide; those kept already are never changed. label: instead
    of the one in the file. dry_run: everything is tried and nothing kept.
    Raises: ExchangeError with every fault found; DomainError("tool_label_taken" |
    "label_malformed");
    NotAllowed("tool_refused") where the draft is closed.
    """
    is_workbook = content[:4] == b"PK\x03\x04"
    data, places = exchange.read_workbook(content) if is_workbook else exchange.read_yaml(content)
    if label:
        if not tool_drafts.LABEL.fullmatch(label):
            raise DomainError("label_malformed")
        data["tool"]["label"] = label
    taken = Taken(label=data["tool"]["label"])
    try:
        with transaction.atomic():
            _Import(data, places, by=by, now=now, taken=taken).run()
            if dry_run:
                raise _Back
    except _Back:
        if taken.is_new_draft:
            taken.version_id = None
    return taken


class _Import:
    def __init__(
        self, data: Plain, places: Places, *, by: int | None, now: datetime, taken: Taken
    ) -> None:
        self.data, self.places, self.taken = data, places, taken
        self.by, self.now = by, now
        self.faults: list[Fault] = []
        self.country: str = Programme.objects.values_list("country", flat=True).get(
            pk=scope.current_programme()
        )

    def run(self) -> None:
        tool = self.data["tool"]
        if tool["country"] != self.country:
            reason = _("the tool of %(theirs)s; this programme is in %(ours)s") % {
                "theirs": tool["country"],
                "ours": self.country,
            }
            self._fault(("tool", "country"), reason)
        if _day(tool["effective_from"]) is None:
            self._fault(("tool", "effective_from"), _("not a day of the calendar"))
        if not tool["name"].get(flat_fields.ENGLISH):
            self._fault(("tool", "name"), _("the name in English is missing"))
        for code, words in self.data.get("names", {}).items():
            if not words.get(flat_fields.ENGLISH):
                self._fault(("names", code), _("the name in English is missing"))
        self._stop()
        version = self._draft()
        rows = {
            row.lineage: row
            for row in ToolQuestion.objects.filter(version=version).select_related("version")
        }
        self._check(version, rows)
        self._stop()
        self._describe(version)
        self._questions(version, rows)
        if self.taken.is_described or self.taken.is_ordered:
            content = {
                "imported": self.taken.label,
                "described": self.taken.is_described,
                "moved": self.taken.moved,
            }
            tool_drafts.keep_author(version, content, by=self.by, now=self.now)
        self._law()
        self._stop()
        if not self.taken.is_same:
            record(Action.TOOL_DRAFTED, about=version, label=version.label, imported=True)

    def _fault(self, path: tuple[object, ...], reason: str) -> None:
        self.faults.append(self.places.fault(path, reason))

    def _stop(self) -> None:
        if self.faults:
            raise ExchangeError(self.faults)

    # the draft

    def _draft(self) -> ToolVersion:
        label = self.taken.label
        version: ToolVersion | None = ToolVersion.objects.filter(label=label).first()
        if version is not None and version.status != ToolVersion.Status.DRAFT:
            free = tool_drafts.free_label(self.now.date())
            raise DomainError("tool_label_taken", label=label, free=free)
        if version is None:
            version = self._begin(label)
            self.taken.is_new_draft = True
        version = tool_drafts.open_draft(version.pk)
        self.taken.version_id = version.pk
        return version

    def _begin(self, label: str) -> ToolVersion:
        base = (
            ToolVersion.objects.exclude(status=ToolVersion.Status.DRAFT)
            .order_by("-effective_from")
            .first()
        )
        if base is None:
            return ToolVersion.objects.create(
                label=label,
                effective_from=self.data["tool"]["effective_from"],
                created_by_id=self.by,
                created_at=self.now,
            )
        version = tool_drafts.begin_draft(based_on_id=base.pk, by=self.by, now=self.now)
        version.label = label
        version.save(update_fields=["label"])
        return version

    def _describe(self, version: ToolVersion) -> None:
        tool = self.data["tool"]
        wanted = {
            "name": dict(tool["name"]),
            "names": {code: dict(words) for code, words in self.data.get("names", {}).items()},
            "note": tool.get("note", ""),
            "effective_from": _day(tool["effective_from"]),
        }
        changed = [name for name, value in wanted.items() if getattr(version, name) != value]
        for name in changed:
            setattr(version, name, wanted[name])
        if changed:
            version.save(update_fields=changed)
            self.taken.is_described = True

    # questions

    def _check(self, version: ToolVersion, rows: Mapping[str, ToolQuestion]) -> None:
        """Everything that keeps a question of the file from being taken."""
        points = set(CompliancePoint.objects.values_list("code", flat=True))
        law = {
            *LawParameter.objects.filter(country=self.country).values_list("code", flat=True),
            *(each["code"] for each in self.data.get("law", ())),
        }
        names = self.data.get("names", {})
        left_out = {**version.left_out, **self.data.get("left_out", {})}
        known = {each["id"] for each in self.data["questions"]} | set(left_out) | set(rows)
        related = {each for row in rows.values() for each in row.related}
        fixed = ToolQuestion.objects.values_list("lineage", "kind", "breach", "point_id")
        used = {
            key: {"kind": kind, "breach": breach, "point": point}
            for key, kind, breach, point in fixed.distinct()
        }
        seen: set[str] = set()
        for number, given in enumerate(self.data["questions"]):
            place = ("questions", number)
            key, breach = given["id"], plain.yes_or_no(given.get("breach"))
            if key in seen:
                self._fault((*place, "id"), _("%(name)s is there twice") % {"name": key})
            seen.add(key)
            if given["point"] not in points:
                self._fault((*place, "point"), _("no such compliance point"))
                continue
            is_coded = given["kind"] == ToolQuestion.Kind.NCQ
            if is_coded != bool(breach):
                reason = _("a coded question has a breach, a fact has none: yes or no")
                self._fault((*place, "breach"), reason)
            if is_coded == ("value" in given):
                reason = _("a fact has a type of answer, a coded question has none")
                self._fault((*place, "value"), reason)
            before = used.get(key)
            now = {"kind": given["kind"], "breach": breach, "point": given["point"]}
            for name, was in (before or {}).items():
                if now[name] != was:
                    reason = _("it was “%(was)s”: another one would be another question") % {
                        "was": was
                    }
                    self._fault((*place, name), reason)
            question = ToolQuestion(kind=given["kind"], lineage=key, point_id=given["point"])
            wanted = plain.flat_of(given)
            problems = flat_fields.faults(
                question, wanted, law=law, lineages=known | related, names=names
            )
            if key in rows:
                held = flat_fields.tidy(flat_fields.flat(rows[key]))
                problems = flat_fields.but_behind(problems, held, wanted)
            for name, error in problems.items():
                self._fault((*place, *plain.path_of(name)), sentence(error))
        self._check_copies(rows)
        for key in rows.keys() - seen - left_out.keys():
            self._fault(
                ("questions",),
                _("%(name)s is missing; name it in “Left out” with the reason") % {"name": key},
            )
        for key in seen & self.data.get("left_out", {}).keys():
            self._fault(
                ("left_out", key),
                _("%(name)s is among the questions, and left out") % {"name": key},
            )

    def _check_copies(self, rows: Mapping[str, ToolQuestion]) -> None:
        """English changed where it stands for reading only would be lost without a word."""
        for path, text in self.places.copies:
            _copies, number, name = path
            given = self.data["questions"][number]
            row = rows.get(given["id"])
            held = flat_fields.flat(row) if row is not None else {}
            if text != held.get(f"{plain.name_of(str(name))}.{flat_fields.ENGLISH}"):
                self._fault(path, _("English is changed in the sheet Questions, here it is a copy"))

    def _questions(self, version: ToolVersion, rows: dict[str, ToolQuestion]) -> None:
        given = {each["id"]: each for each in self.data["questions"]}
        reasons = self.data.get("left_out", {})
        for key in sorted(rows.keys() - given.keys()):
            tool_drafts.leave_out(
                version_id=version.pk,
                lineage=key,
                reason=reasons.get(key, ""),
                by=self.by,
                now=self.now,
            )
            self.taken.left_out.append(key)
        version.refresh_from_db()
        places = {code: place for place, code in enumerate(_points_in_order())}
        order = sorted(given.values(), key=lambda each: places[each["point"]])
        for number, each in enumerate(order, start=1):
            row = rows.get(each["id"])
            if row is None:
                self._add(version, each, number)
            else:
                self._change(row, each, number)
        self._keep_reasons(version, given)

    def _change(self, row: ToolQuestion, given: Plain, number: int) -> None:
        before, wanted = flat_fields.flat(row), plain.flat_of(given)
        # Untouched words keep every sign they have, even where a file would tidy them.
        tidied = flat_fields.tidy(before)
        result = {
            name: before[name] if tidied.get(name) == text and name in before else text
            for name, text in wanted.items()
        }
        # A file tells what is reviewed; words that were stale are so until somebody changes them.
        for name, state in before.items():
            word = name.removeprefix("state:")
            if state == flat_fields.STALE and word != name and before.get(word) == result.get(word):
                result.setdefault(name, state)
        result = flat_fields.with_states(before, result)
        for name in tool_drafts.own_reviews(row, before, result, by=self.by):
            del result[f"state:{name}"]
        slcp = dict(given.get("slcp", {}))
        if result != before or row.slcp != slcp:
            row.slcp = slcp
            tool_drafts.write_question(row, before, result, by=self.by, now=self.now)
            self.taken.changed.append(row.lineage)
        if row.order != number:
            row.order = number
            row.save(update_fields=["order"])
            self.taken.is_ordered = True
            if not self.taken.added and not self.taken.left_out:
                self.taken.moved.append(row.lineage)

    def _add(self, version: ToolVersion, given: Plain, number: int) -> None:
        question = ToolQuestion(
            version=version,
            lineage=given["id"],
            point_id=given["point"],
            kind=given["kind"],
            breach=plain.yes_or_no(given.get("breach")),
            order=number,
            slcp=dict(given.get("slcp", {})),
            changed_by_id=self.by,
            changed_at=self.now,
        )
        flat_fields.put(question, flat_fields.with_states({}, plain.flat_of(given)))
        question.save(force_insert=True)
        ToolEdit.objects.create(
            version=version,
            lineage=question.lineage,
            base_revision=1,
            revision=1,
            content=flat_fields.flat(question),
            made_by_id=self.by,
            made_at=self.now,
        )
        self.taken.added.append(question.lineage)

    def _keep_reasons(self, version: ToolVersion, given: Plain) -> None:
        """The list of what is left out, as the file has it; what is kept with each stays."""
        reasons = self.data.get("left_out", {})
        held = version.left_out
        wanted = {
            key: held[key]
            if key in held and held[key].get("reason") == reason
            else {**held.get(key, {}), "reason": reason, "by": self.by}
            for key, reason in reasons.items()
        }
        # What the file does not name stays left out, unless it is asked again.
        kept = {key: each for key, each in version.left_out.items() if key not in given}
        merged = {**kept, **wanted}
        if merged != version.left_out:
            version.left_out = merged
            version.save(update_fields=["left_out"])
            self.taken.is_described = True

    # law

    def _law(self) -> None:
        rows = {
            (row.code, row.effective_from.isoformat() if row.effective_from else ""): row
            for row in LawParameter.objects.standing().filter(country=self.country)
        }
        seen: set[tuple[str, str]] = set()
        for number, given in enumerate(self.data.get("law", ())):
            place = ("law", number)
            period = (given["code"], given.get("effective_from", ""))
            if period in seen:
                self._fault(
                    (*place, "code"), _("%(name)s is there twice") % {"name": given["code"]}
                )
                continue
            seen.add(period)
            row = rows.get(period)
            if row is not None:
                if not plain.same_law(row, given):
                    reason = _(
                        "a period of law is never changed by a file: add a row with the day from"
                        " which the new one is in force, or correct this one on its page"
                    )
                    self._fault((*place, "effective_from"), reason)
                continue
            self._propose(place, given)

    def _propose(self, place: tuple[object, ...], given: Plain) -> None:
        since, until = _day(given.get("effective_from", "")), _day(given.get("effective_to", ""))
        if since is None:
            self._fault((*place, "effective_from"), _("a new period needs the day it begins"))
            return
        if self.by is None:
            self._fault(
                (*place, "code"), _("law is proposed by a person: say who imports the file")
            )
            return
        try:
            propose_law(
                code=given["code"],
                topic=given["topic"],
                kind=given["kind"],
                value=given["value"],
                short=plain.short_of(given),
                unit=given.get("unit", ""),
                text=given.get("text", ""),
                reference=given.get("reference", ""),
                source=given.get("source", ""),
                confidence=given["confidence"],
                effective_from=since,
                effective_to=until,
                reason=f"Imported with {self.taken.label}",
                by=self.by,
                now=self.now,
            )
        except DomainError as error:
            self._fault((*place, "code"), sentence(error))
            return
        self.taken.law.append(given["code"])


def _points_in_order() -> list[str]:
    rows = CompliancePoint.objects.order_by("cluster__order", "order")
    return list(rows.values_list("code", flat=True))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
