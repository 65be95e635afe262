"""The records of the content library: immutable, without Django and without a clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .resolving import DEFAULT_LANGUAGE, localized_digits, plain_number, resolve_text

VERIFIED = frozenset({"high", "medium"})
TAGS = ("public", "differentiation", "vcc", "zero_tolerance")
GUIDANCE = ("look_at", "ask", "observe", "traps")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault or gap in the library. `severity` is `error` (nothing loads) or `gap`.

    `code` names a fault of the file itself (empty, yaml, repeated) for readers of other languages.
    """

    file: str
    line: int | None
    key: str
    message: str
    remedy: str
    severity: str = "error"
    code: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}. {self.remedy}"


class LibraryError(ValueError):
    """The library cannot be loaded; `problems` holds every fault found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Point:
    code: str
    order: int
    name: Mapping[str, str]
    cluster: str
    facts_only: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    code: str
    slug: str
    order: int
    basis: str  # core, national or meta
    name: Mapping[str, str]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of a question in one language; an empty field falls back to English."""

    title: str = ""
    question: str = ""
    finding: str = ""
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """What a fact-gathering question accepts. `minimum` and `maximum` are in `unit`."""

    type: str  # number, text, choice, date, boolean
    unit: str = ""
    minimum: int | float | None = None
    maximum: int | float | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Guidance:
    """What an assessor looks at, asks, observes and takes care of; entries of one line each."""

    look_at: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    observe: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applies:
    """Where a question is asked; None or an empty set means everywhere."""

    countries: frozenset[str] = frozenset()
    min_workers: int | None = None
    max_workers: int | None = None
    needs: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    modalities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `order` counts from 1 over the whole library, or over the tool it is in."""

    id: str
    cluster: str
    point: str
    kind: str  # ncq or fgw
    order: int
    texts: Mapping[str, Texts]
    breach: str | None = None  # "yes" or "no": the answer that is the breach (ncq only)
    value: ValueSpec | None = None  # fgw only
    topics: tuple[str, ...] = ()
    guidance: Guidance = Guidance()  # in English
    guidance_in: Mapping[str, Guidance] = field(default_factory=dict)  # the other languages
    ilo: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    applies: Applies = Applies()
    related: tuple[str, ...] = ()
    # Language -> fields a native speaker reviewed as they stand; all others are drafts.
    reviewed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    slcp: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # CAF version -> sections
    structural: str = ""  # reason why a breach is reported at national level; empty: it is not

    def text(self, name: str, language: str = DEFAULT_LANGUAGE) -> str:
        """Field `title`, `question`, `finding` or `unit`, in English where it is missing."""
        own = self.texts.get(language)
        return str((own and getattr(own, name)) or getattr(self.texts[DEFAULT_LANGUAGE], name))

    def missing_guidance(self, language: str) -> tuple[str, ...]:
        """Names of the guidance lists that `language` lacks and English has."""
        own = self.guidance_in.get(language, Guidance())
        return tuple(n for n in GUIDANCE if getattr(self.guidance, n) and not getattr(own, n))

    def missing(self, language: str) -> tuple[str, ...]:
        """Names of the fields that `language` lacks and English has."""
        english, own = self.texts[DEFAULT_LANGUAGE], self.texts.get(language, Texts())
        names = [n for n in ("title", "question", "finding") if getattr(english, n)]
        gaps = [n for n in names if not getattr(own, n)]
        gaps += [f"choices.{k}" for k in english.choices if k not in own.choices]
        return tuple(gaps)


@dataclass(frozen=True, slots=True)
class LawRow:
    """One row of a table parameter: `value` applies `when`, for `minimum`..`maximum` workers."""

    when: str
    value: int | float | str
    minimum: int | float | None = None
    maximum: int | float | None = None
    unit: str = ""
    bound: str = ""  # "at least", "at most" or exact


@dataclass(frozen=True, slots=True)
class LawParameter:
    country: str
    code: str
    topic: str
    kind: str  # number, money, percent, text, boolean, table
    value: int | float | str | bool | tuple[LawRow, ...] | None
    text: str
    confidence: str  # high, medium, low, not_found
    unit: str = ""
    short: Mapping[str, str] = field(default_factory=dict)  # by language; "" for every language
    reference: str = ""
    source: str = ""
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None

    @property
    def is_verified(self) -> bool:
        return self.confidence in VERIFIED

    def in_force(self, day: dt.date) -> bool:
        starts, ends = self.effective_from, self.effective_to
        return (starts is None or starts <= day) and (ends is None or day <= ends)

    def inline(self, language: str = DEFAULT_LANGUAGE) -> str | None:
        """The form that stands inside a sentence, or None if the value has no such form."""
        for key in (language, "", DEFAULT_LANGUAGE):
            if key in self.short:
                return localized_digits(self.short[key], language)
        if self.kind in ("number", "percent", "money") and self.value is not None:
            return localized_digits(plain_number(self.value), language)
        return None


@dataclass(frozen=True, slots=True)
class CountryLaw:
    """The law of one country: every version of every parameter."""

    country: str
    parameters: tuple[LawParameter, ...]

    def at(self, day: dt.date) -> dict[str, LawParameter]:
        """Parameters in force on a day, by code; of several, the one that started last."""
        chosen: dict[str, LawParameter] = {}
        for parameter in self.parameters:
            if parameter.in_force(day):
                held = chosen.get(parameter.code)
                if held is None or _start(held) <= _start(parameter):
                    chosen[parameter.code] = parameter
        return chosen

    @property
    def latest(self) -> dict[str, LawParameter]:
        """The newest version of each parameter, whether or not it has started."""
        chosen: dict[str, LawParameter] = {}
        for parameter in sorted(self.parameters, key=_start):
            chosen[parameter.code] = parameter
        return chosen


@dataclass(frozen=True, slots=True)
class Overlay:
    """What one country changes in the global questions."""

    country: str
    name: Mapping[str, str]
    tool: Mapping[str, str]
    label: str
    effective_from: dt.date
    languages: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)  # question or point -> reason
    structural: Mapping[str, str] = field(default_factory=dict)  # question or point -> reason
    reworded: Mapping[str, Mapping[str, Texts]] = field(default_factory=dict)
    tags_added: Mapping[str, frozenset[str]] = field(default_factory=dict)  # tag -> questions
    tags_removed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """The tool of one country: its questions in order, with every overlay change applied."""

    country: str
    country_name: Mapping[str, str]
    name: Mapping[str, str]
    label: str
    effective_from: dt.date
    languages: tuple[str, ...]
    clusters: tuple[Cluster, ...]
    questions: tuple[Question, ...]
    law: CountryLaw
    names: Mapping[str, Mapping[str, str]]
    left_out: Mapping[str, str]  # question id -> reason

    def resolve(self, text: str, language: str, on: dt.date | None = None) -> str:
        """A text of this tool with local names and the law of a day (the newest if None)."""
        law = self.law.latest if on is None else self.law.at(on)
        return resolve_text(text, law, language, names=self.names)

    def law_of(self, question: Question, on: dt.date | None = None) -> tuple[LawParameter, ...]:
        """Parameters a report may print under a question: cited, in force and verified."""
        law = self.law.latest if on is None else self.law.at(on)
        cited = (law[code] for code in question.law if code in law)
        return tuple(parameter for parameter in cited if parameter.is_verified)


@dataclass(frozen=True, slots=True)
class Term:
    key: str
    term: str
    definition: str = ""
    note: str = ""


# Language -> question -> field -> marks of the wordings that were reviewed (see `states.py`).
ReviewMarks = Mapping[str, Mapping[str, Mapping[str, frozenset[str]]]]


@dataclass(frozen=True, slots=True)
class PublicIssues:
    """Which compliance points hold publicly reported questions, and how many issues those are.

    An issue is asked by one question or several.
    """

    points: frozenset[str] = frozenset()  # in every country
    added: Mapping[str, frozenset[str]] = field(default_factory=dict)  # in one country only
    publishes: frozenset[str] = frozenset()  # countries where anything is published so far
    most: int = 0
    average: int = 0
    # Questions that are one issue together, and, of a country with a list of its own, all issues.
    one_issue: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    issues: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)

    def of(self, country: str) -> frozenset[str]:
        return self.points | self.added.get(country, frozenset())


@dataclass(frozen=True, slots=True)
class Framework:
    """Sections of the SLCP Converged Assessment Framework and the points that fall into them."""

    sections: Mapping[str, str] = field(default_factory=dict)  # key -> name
    versions: tuple[str, ...] = ()
    points: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, point: str) -> dict[str, tuple[str, ...]]:
        """Version -> sections of a compliance point; empty where nothing is mapped."""
        found = self.points.get(point, ())
        return dict.fromkeys(self.versions, found) if found else {}


@dataclass(frozen=True, slots=True)
class Library:
    """The whole library. `gaps` are faults that do not stop it from loading."""

    digest: str
    clusters: tuple[Cluster, ...]
    questions: Mapping[str, Question]
    law: Mapping[str, CountryLaw]
    overlays: Mapping[str, Overlay]
    glossary: Mapping[str, Mapping[str, Term]]
    public: PublicIssues = field(default_factory=lambda: PublicIssues())
    caf: Framework = field(default_factory=lambda: Framework())
    marks: ReviewMarks = field(default_factory=dict)
    gaps: tuple[Problem, ...] = ()

    @property
    def points(self) -> dict[str, Point]:
        return {point.code: point for cluster in self.clusters for point in cluster.points}

    def tool(self, country: str) -> ToolDefinition:
        """The tool of a country that has an overlay. Raises: KeyError."""
        from .building import build_tool  # it builds these records

        return build_tool(self, self.overlays[country])


def _start(parameter: LawParameter) -> dt.date:
    return parameter.effective_from or dt.date.min
