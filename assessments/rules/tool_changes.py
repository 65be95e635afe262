"""What differs between two questionnaires, what breaks a series, and how two edits come together.

Source: docs/domain/rules/tool.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from enum import StrEnum


class Mark(StrEnum):
    SAME = "same"
    OUT = "out"  # said before, no longer
    IN = "in"  # said now


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text: said both times, before only, or now only."""

    mark: Mark
    text: str


# A word, a space or a mark. Khmer writes no spaces between words: one cluster of a consonant with
# its vowels and subscripts at a time, so that no mark falls inside a cluster.
_TOKEN = re.compile(
    r"\s+"
    r"|[\u1780-\u17b3](?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17d3\u17dd])*"
    r"|[.,;:?!()\[\]\u060c\u061b\u061f\u0964\u17d4\u17d5/]"
    r"|[^\s\u1780-\u17b3.,;:?!()\[\]\u060c\u061b\u061f\u0964\u17d4\u17d5/]+"
)


def tokens(text: str) -> list[str]:
    """The text cut into words, spaces and marks; joined again they are the text (E-5)."""
    return _TOKEN.findall(text)


def marks(before: str, now: str) -> tuple[Run, ...]:
    """How one text became the other, word by word.

    The runs said both times or before make `before`, those said both times or now make `now`.
    """
    old, new = tokens(before), tokens(now)
    runs: list[Run] = []

    def add(mark: Mark, words: list[str]) -> None:
        text = "".join(words)
        if not text:
            return
        if runs and runs[-1].mark is mark:
            text = runs.pop().text + text
        runs.append(Run(mark, text))

    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            add(Mark.SAME, old[i1:i2])
        else:
            add(Mark.OUT, old[i1:i2])
            add(Mark.IN, new[j1:j2])
    return tuple(runs)


# -- two questionnaires -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as one questionnaire asks it.

    texts: (field, language) -> words. settings: what is the same in all languages, as words.
    law: code of a parameter -> its value in words, as it stood when the questionnaire was in force.
    """

    lineage: str
    point: str
    is_counted: bool  # a coded question held against the factory
    title: str
    texts: Mapping[tuple[str, str], str]
    settings: Mapping[str, str] = field(default_factory=dict)
    law: Mapping[str, str] = field(default_factory=dict)
    comparable: str = ""  # what an editor said of the series: yes, no or nothing
    comparable_note: str = ""


@dataclass(frozen=True, slots=True)
class TextChange:
    field: str
    language: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class SettingChange:
    name: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Reworded:
    before: Asked
    now: Asked
    texts: tuple[TextChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    law: tuple[SettingChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Differences:
    """All that differs, in the order of the questionnaires (E-4)."""

    added: tuple[Asked, ...] = ()
    removed: tuple[Asked, ...] = ()
    reworded: tuple[Reworded, ...] = ()  # words or settings
    law_changed: tuple[Reworded, ...] = ()  # the same question, other law behind it
    same: int = 0

    @property
    def is_none(self) -> bool:
        return not (self.added or self.removed or self.reworded or self.law_changed)


def differences(
    before: Iterable[Asked], now: Iterable[Asked], languages: Iterable[str] = ()
) -> Differences:
    """Questions are matched by lineage. `languages` limits the words compared; none means all."""
    old, new = {q.lineage: q for q in before}, {q.lineage: q for q in now}
    wanted = frozenset(languages)
    reworded: list[Reworded] = []
    law_changed: list[Reworded] = []
    same = 0
    for lineage, question in new.items():
        was = old.get(lineage)
        if was is None:
            continue
        texts = tuple(
            TextChange(name, language, marks(was.texts.get(key, ""), question.texts.get(key, "")))
            for key in _keys(was.texts, question.texts)
            for name, language in [key]
            if was.texts.get(key, "") != question.texts.get(key, "")
            and (not wanted or language in wanted)
        )
        settings = _changed(was.settings, question.settings)
        # A parameter cited by one of the two only is a change of the question, not of the law.
        both = {code for code in was.law if code in question.law}
        law = _changed(
            {code: text for code, text in was.law.items() if code in both},
            {code: text for code, text in question.law.items() if code in both},
        )
        if texts or settings:
            reworded.append(Reworded(was, question, texts, settings, law))
        elif law:
            law_changed.append(Reworded(was, question, law=law))
        else:
            same += 1
    return Differences(
        added=tuple(q for q in new.values() if q.lineage not in old),
        removed=tuple(q for q in old.values() if q.lineage not in new),
        reworded=tuple(reworded),
        law_changed=tuple(law_changed),
        same=same,
    )


def _keys(
    one: Mapping[tuple[str, str], str], other: Mapping[tuple[str, str], str]
) -> list[tuple[str, str]]:
    return list(dict.fromkeys([*one, *other]))


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[SettingChange, ...]:
    return tuple(
        SettingChange(name, before.get(name, ""), now.get(name, ""))
        for name in dict.fromkeys([*before, *now])
        if before.get(name, "") != now.get(name, "")
    )


# -- series -----------------------------------------------------------------------------------


class BreakKind(StrEnum):
    ADDED = "added"  # asked for the first time
    REMOVED = "removed"  # no longer asked
    MEANING = "meaning"  # an editor says that it means something else now
    COUNTING = "counting"  # held against the factory before and not now, or the other way


@dataclass(frozen=True, slots=True)
class SeriesBreak:
    """One question whose rate does not go on, and the compliance point it counts in."""

    kind: BreakKind
    lineage: str
    point: str
    title: str
    note: str = ""


def series_breaks(found: Differences) -> tuple[SeriesBreak, ...]:
    """Questions whose rate, or whose point's rate, breaks between two versions (E-6, E-7).

    Facts are never counted, so no rate breaks with them unless an editor says so.
    """
    breaks: list[SeriesBreak] = []
    for question in found.added:
        if question.is_counted:
            breaks.append(_break(BreakKind.ADDED, question))
    for question in found.removed:
        if question.is_counted:
            breaks.append(_break(BreakKind.REMOVED, question))
    for change in (*found.reworded, *found.law_changed):
        if change.now.comparable == "no":
            breaks.append(_break(BreakKind.MEANING, change.now, change.now.comparable_note))
        elif change.before.is_counted != change.now.is_counted:
            breaks.append(_break(BreakKind.COUNTING, change.now))
    return tuple(breaks)


def _break(kind: BreakKind, question: Asked, note: str = "") -> SeriesBreak:
    return SeriesBreak(kind, question.lineage, question.point, question.title, note)


def undecided(found: Differences, language: str = "en") -> tuple[Asked, ...]:
    """Counted questions reworded in the language they are judged by, of which no editor has said
    whether the series goes on (E-8)."""
    return tuple(
        change.now
        for change in found.reworded
        if change.now.is_counted
        and not change.now.comparable
        and any(t.field in ("text", "finding") and t.language == language for t in change.texts)
    )


# -- two edits of one question ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Merged:
    """What two edits make together. `clashes`: fields both changed, each in another way."""

    fields: Mapping[str, str]
    clashes: tuple[str, ...] = ()


def merge(base: Mapping[str, str], theirs: Mapping[str, str], mine: Mapping[str, str]) -> Merged:
    """Bring my edit of `base` together with theirs, field by field (E-9).

    A field only one of us changed takes that change; one we changed alike takes it once; one we
    changed in two ways is a clash, and `fields` keeps theirs until a person settles it.
    """
    fields: dict[str, str] = {}
    clashes: list[str] = []
    for name in dict.fromkeys([*theirs, *mine]):
        was, other, own = (each.get(name, "") for each in (base, theirs, mine))
        if own in (was, other):
            fields[name] = other
        elif other == was:
            fields[name] = own
        else:
            fields[name] = other
            clashes.append(name)
    return Merged(fields, tuple(clashes))


# -- the steps of a version ---------------------------------------------------------------------


class Against(StrEnum):
    """What stands against a step of a version."""

    NOT_DRAFT = "tool_not_draft"
    UNDER_REVIEW = "tool_under_review"
    NOT_UNDER_REVIEW = "tool_not_under_review"
    NOTHING_CHANGED = "tool_nothing_changed"
    NO_NOTE = "tool_no_note"
    SAME_PERSON = "tool_same_person"
    OPEN_COMMENTS = "tool_comments_open"
    OPEN_CONFLICTS = "tool_conflicts_open"
    SERIES_UNDECIDED = "tool_series_undecided"
    FAULTS = "tool_faults"
    NOT_APPROVED = "tool_not_approved"
    DAY_PAST = "tool_day_past"
    DAY_BEFORE_ANOTHER = "tool_day_before_another"
    NOT_PUBLISHED = "tool_not_published"
    ONLY_ONE = "tool_only_one"


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What the steps of a version are decided by. `authors`: ids of all who wrote in it."""

    status: str  # draft, published, retired
    is_under_review: bool
    is_approved: bool
    authors: frozenset[int]
    changes: int
    has_note: bool
    open_comments: int = 0
    open_conflicts: int = 0
    undecided: int = 0
    faults: int = 0


def replace_faults(facts: VersionFacts, faults: int) -> VersionFacts:
    """The same facts with what the checker found."""
    return replace(facts, faults=faults)


def against_asking(facts: VersionFacts) -> tuple[Against, ...]:
    """What keeps a draft from being given to a reviewer (E-1)."""
    checks = (
        (facts.status != "draft", Against.NOT_DRAFT),
        (facts.is_under_review, Against.UNDER_REVIEW),
        (not facts.changes, Against.NOTHING_CHANGED),
        (not facts.has_note, Against.NO_NOTE),
        (facts.open_conflicts > 0, Against.OPEN_CONFLICTS),
        (facts.undecided > 0, Against.SERIES_UNDECIDED),
    )
    return tuple(code for holds, code in checks if holds)


def against_approving(facts: VersionFacts, person: int) -> tuple[Against, ...]:
    """What keeps this person from approving (E-2): the second person wrote none of it."""
    checks = (
        (facts.status != "draft", Against.NOT_DRAFT),
        (not facts.is_under_review, Against.NOT_UNDER_REVIEW),
        (person in facts.authors, Against.SAME_PERSON),
        (facts.open_comments > 0, Against.OPEN_COMMENTS),
        (facts.faults > 0, Against.FAULTS),
    )
    return tuple(code for holds, code in checks if holds)


def against_publishing(
    facts: VersionFacts, *, starts_in_days: int, is_after_others: bool
) -> tuple[Against, ...]:
    """What keeps a version from being published (E-3). It starts today or later, and after every
    version published before it, so that no past day changes its tool."""
    checks = (
        (facts.status != "draft", Against.NOT_DRAFT),
        (not facts.is_approved, Against.NOT_APPROVED),
        (facts.open_comments > 0, Against.OPEN_COMMENTS),
        (facts.faults > 0, Against.FAULTS),
        (starts_in_days < 0, Against.DAY_PAST),
        (not is_after_others, Against.DAY_BEFORE_ANOTHER),
    )
    return tuple(code for holds, code in checks if holds)
