"""The content library of the Compliance Assessment Tool, read from its YAML files.

Pure Python: no Django, no clock. `load()` reads `assessments/content/`, checks every file against
its JSON Schema and against the others, and returns immutable records. All faults are collected and
raised together, each with its file, line, key and remedy. The format is described in
docs/development/cat-content.md, the reading of the law in docs/domain/law.md.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

try:
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # PyYAML built without libyaml: slower, same result
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]

CONTENT = Path(__file__).resolve().parent / "content"
SCHEMAS = CONTENT / "schema"
DEFAULT_LANGUAGE = "en"
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
VERIFIED = frozenset({"high", "medium"})
TAGS = ("public", "differentiation", "vcc", "zero_tolerance")
GUIDANCE = ("look_at", "ask", "observe", "traps")

# Stands in a sentence where a parameter is unverified. The marks say that a word is missing on
# purpose: an unverified figure is never printed as law, and the sentence is never passed as whole.
NEUTRAL = {
    "en": "[the legal limit: unverified]",
    "bn": "[আইনি সীমা: যাচাই করা হয়নি]",
    "ar": "[الحد القانوني: لم يتم التحقق منه]",
    "es": "[límite legal: sin verificar]",
    "fr": "[limite légale : non vérifiée]",
    "id": "[batas hukum: belum diverifikasi]",
    "km": "[ដែនកំណត់​តាម​ច្បាប់៖ មិនទាន់​បាន​ផ្ទៀងផ្ទាត់]",
    "vi": "[giới hạn theo luật: chưa được kiểm chứng]",
}
# Languages whose sentences are written in digits of their own.
_OWN_DIGITS = {
    "bn": str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"),
    "km": str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩"),
}


# --- records ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault or gap in the library. `severity` is `error` (nothing loads) or `gap`."""

    file: str
    line: int | None
    key: str
    message: str
    remedy: str
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}. {self.remedy}"


class LibraryError(ValueError):
    """The library cannot be loaded; `problems` holds every fault found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnresolvedParameter(LookupError):
    """A text cites a parameter that has no value in the law given."""

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{{{code}}}: {reason}")


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
    structural: str = ""  # reason why a breach is reported at national level; empty: it is not

    def text(self, name: str, language: str = DEFAULT_LANGUAGE) -> str:
        """Field `title`, `question`, `finding` or `unit`, in English where it is missing."""
        own = self.texts.get(language)
        return str((own and getattr(own, name)) or getattr(self.texts[DEFAULT_LANGUAGE], name))

    def choice_label(self, key: str, language: str = DEFAULT_LANGUAGE) -> str:
        own = self.texts.get(language)
        return (own and own.choices.get(key)) or self.texts[DEFAULT_LANGUAGE].choices[key]

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
            return localized_digits(_plain_number(self.value), language)
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


@dataclass(frozen=True, slots=True)
class Library:
    """The whole library. `gaps` are faults that do not stop it from loading."""

    digest: str
    clusters: tuple[Cluster, ...]
    questions: Mapping[str, Question]
    law: Mapping[str, CountryLaw]
    overlays: Mapping[str, Overlay]
    glossary: Mapping[str, Mapping[str, Term]]
    gaps: tuple[Problem, ...] = ()

    @property
    def points(self) -> dict[str, Point]:
        return {point.code: point for cluster in self.clusters for point in cluster.points}

    def tool(self, country: str) -> ToolDefinition:
        """The tool of a country that has an overlay. Raises: KeyError."""
        return _build_tool(self, self.overlays[country])


# --- resolving texts --------------------------------------------------------------------------


def placeholders(text: str) -> tuple[str, ...]:
    """Codes cited in braces, in order, repeated where the text repeats them."""
    return tuple(PLACEHOLDER.findall(text))


def localized_digits(text: str, language: str) -> str:
    """Bengali and Khmer sentences use digits of their own; the other languages keep Latin ones."""
    return text.translate(_OWN_DIGITS[language]) if language in _OWN_DIGITS else text


def resolve_text(
    text: str,
    law_by_code: Mapping[str, LawParameter],
    language: str = DEFAULT_LANGUAGE,
    *,
    names: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Replace each {code} by the country's local name or by the law's short form or value.

    A parameter of confidence low or not_found gives the neutral wording of the language, marked
    unverified, never its figure (policy in docs/domain/law.md).
    Raises: UnresolvedParameter if the code is unknown or its value cannot stand in a sentence.
    """

    def put(match: re.Match[str]) -> str:
        code = match.group(1)
        local = (names or {}).get(code)
        if local:
            return local.get(language) or local[DEFAULT_LANGUAGE]
        parameter = law_by_code.get(code)
        if parameter is None:
            raise UnresolvedParameter(code, "no such parameter in the law given")
        if not parameter.is_verified:
            return NEUTRAL.get(language, NEUTRAL[DEFAULT_LANGUAGE])
        inline = parameter.inline(language)
        if inline is None:
            raise UnresolvedParameter(code, f"a {parameter.kind} value without a short form")
        return inline

    return PLACEHOLDER.sub(put, text)


def unverified_codes(
    text: str,
    law_by_code: Mapping[str, LawParameter],
    names: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[str, ...]:
    """Codes cited in braces whose value is unverified: what an editor has to be shown."""
    cited = [code for code in placeholders(text) if code not in (names or {})]
    known = [law_by_code[code] for code in cited if code in law_by_code]
    return tuple(parameter.code for parameter in known if not parameter.is_verified)


def _plain_number(value: object) -> str:
    number = Decimal(str(value))
    return f"{number:,f}" if abs(number) >= 1000 else f"{number:f}"


def _start(parameter: LawParameter) -> dt.date:
    return parameter.effective_from or dt.date.min


# --- building a country's tool ----------------------------------------------------------------


def _build_tool(library: Library, overlay: Overlay) -> ToolDefinition:
    law = library.law.get(overlay.country) or CountryLaw(overlay.country, ())
    in_law = law.latest
    kept: list[Question] = []
    left_out: dict[str, str] = {}
    for question in library.questions.values():
        countries = question.applies.countries
        if countries and overlay.country not in countries:
            continue
        reason = overlay.left_out.get(question.id) or overlay.left_out.get(question.point)
        if reason:
            left_out[question.id] = reason
            continue
        kept.append(_localized(question, overlay, in_law, order=len(kept) + 1))
    return ToolDefinition(
        country=overlay.country,
        country_name=overlay.name,
        name=overlay.tool,
        label=overlay.label,
        effective_from=overlay.effective_from,
        languages=overlay.languages,
        clusters=library.clusters,
        questions=tuple(kept),
        law=law,
        names=overlay.names,
        left_out=left_out,
    )


def _localized(
    question: Question, overlay: Overlay, law: Mapping[str, LawParameter], order: int
) -> Question:
    tags = set(question.tags)
    for tag in TAGS:
        if question.id in overlay.tags_added.get(tag, ()):
            tags.add(tag)
        if question.id in overlay.tags_removed.get(tag, ()):
            tags.discard(tag)
    structural = overlay.structural.get(question.id) or overlay.structural.get(question.point, "")
    return replace(
        question,
        order=order,
        texts=_reworded(question.texts, overlay.reworded.get(question.id, {})),
        tags=frozenset(tags),
        structural=structural if question.kind == "ncq" else "",
        law=tuple(code for code in question.law if code in law),
    )


def _reworded(texts: Mapping[str, Texts], changes: Mapping[str, Texts]) -> Mapping[str, Texts]:
    if not changes:
        return texts
    english = changes.get(DEFAULT_LANGUAGE, Texts())
    result: dict[str, Texts] = {}
    for language in [*texts, *(c for c in changes if c not in texts)]:
        own, change = texts.get(language, Texts()), changes.get(language, Texts())
        new = {name: getattr(own, name) for name in ("title", "question", "finding")}
        for name in new:
            if getattr(change, name):
                new[name] = getattr(change, name)
            elif getattr(english, name) and language != DEFAULT_LANGUAGE:
                # The translation still says the old sentence: the new English one is shown instead.
                new[name] = ""
        result[language] = Texts(**new, unit=own.unit, choices=own.choices)
    return result


# --- reading files ----------------------------------------------------------------------------


class _Loader(_BaseLoader):
    """Safe YAML where a date stays text, so that 2025-02-30 is a fault at its line, not a crash."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _BaseLoader.yaml_implicit_resolvers.items()
}


class _File:
    """One YAML file: its data, and the line of each key for messages."""

    def __init__(self, root: Path, path: Path, problems: list[Problem]) -> None:
        self.name, self.problems = path.relative_to(root).as_posix(), problems
        self.data: Any = None
        self._node: yaml.Node | None = None
        loader = None
        try:
            loader = _Loader(path.read_bytes())
            self._node = loader.get_single_node()
            if self._node is not None:
                self._report_repeated_keys(self._node)
                self.data = _text_keys(loader.construct_document(self._node))
            else:
                self.error((), "the file is empty", "Fill it or delete it")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else None
            what = getattr(error, "problem", None) or str(error)
            remedy = "Mend the YAML at this line; quote text that holds ': ', '#' or brackets"
            problems.append(Problem(self.name, line, "-", f"not valid YAML ({what})", remedy))
        finally:
            if loader is not None:
                loader.dispose()

    def _report_repeated_keys(self, node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    remedy = "Keep one of the two"
                    message = "the key stands twice"
                    self.problems.append(Problem(self.name, line, key.value, message, remedy))
                seen.add(key.value)
                self._report_repeated_keys(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self._report_repeated_keys(value)

    def line(self, path: Iterable[object]) -> int | None:
        """Line of a key path, or of the deepest part of it that exists."""
        node = self._node
        if node is None:
            return None
        line = node.start_mark.line + 1
        for part in path:
            found: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(part):
                        found, line = value, key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                found = node.value[part] if part < len(node.value) else None
                line = found.start_mark.line + 1 if found else line
            if found is None:
                break
            node = found
        return line

    def error(self, path: Iterable[object], message: str, remedy: str, key: str = "") -> None:
        self._add(path, message, remedy, key, "error")

    def gap(self, path: Iterable[object], message: str, remedy: str, key: str = "") -> None:
        self._add(path, message, remedy, key, "gap")

    def _add(
        self, path: Iterable[object], message: str, remedy: str, key: str, severity: str
    ) -> None:
        path = tuple(path)
        label = key or ".".join(str(part) for part in path) or "-"
        self.problems.append(Problem(self.name, self.line(path), label, message, remedy, severity))


def _text_keys(data: Any) -> Any:
    """Mapping keys as text: an unquoted `no` or `1` as key would be no text."""
    if isinstance(data, dict):
        return {str(key): _text_keys(value) for key, value in data.items()}
    return [_text_keys(value) for value in data] if isinstance(data, list) else data


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def _fits_schema(file: _File, name: str) -> bool:
    """Report each departure from the schema at its line; False if there is any."""
    if file.data is None:
        return False
    fits = True
    for error in _validator(name).iter_errors(file.data):
        fits = False
        path = tuple(error.absolute_path)
        file.error(path, _schema_message(error), _schema_remedy(error), _label(file.data, path))
    return fits


def _schema_message(error: Any) -> str:
    if error.validator == "additionalProperties":
        known = set(error.schema.get("properties", ()))
        unknown = sorted(set(error.instance) - known)
        return f"unknown key {', '.join(unknown)}"
    if error.validator == "maxLength":
        return f"{len(error.instance)} characters, at most {error.validator_value} allowed"
    if error.validator == "oneOf":
        return f"{error.instance!r} has none of the forms allowed here"
    return str(error.message)


def _schema_remedy(error: Any) -> str:
    match error.validator:
        case "additionalProperties":
            return f"Allowed here: {', '.join(error.schema.get('properties', ()))}"
        case "required":
            return "Add the missing key"
        case "enum":
            allowed = ", ".join(str(value) for value in error.validator_value)
            return f"Use one of: {allowed}"
        case "pattern":
            return f"Write it in the form {error.validator_value}"
        case "type":
            return "Change the value to that type; quote words such as yes, no and on"
        case "maxLength":
            return "Shorten it"
    return "See docs/development/cat-content.md"


def _label(data: Any, path: tuple[object, ...]) -> str:
    """The key path in words a person knows: question id or law code instead of an index."""
    parts: list[str] = []
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            parts.append(str(part))
            break
        known = isinstance(data, dict) and (data.get("id") or data.get("code"))
        parts.append(str(known) if isinstance(part, int) and known else str(part))
    return ".".join(parts)


def digest(root: Path = CONTENT) -> str:
    """Hash of every content file (name and bytes): the same text gives the same digest."""
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.yaml")):
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


_cache: dict[tuple[Path, str], Library] = {}


def load(root: Path = CONTENT) -> Library:
    """Read and check the library at `root`; the last one read is kept while no file changes.

    Raises: LibraryError with every fault found.
    """
    root = Path(root)
    key = (root, digest(root))
    if key not in _cache:
        library, problems = check(root)
        faults = [problem for problem in problems if problem.severity == "error"]
        if faults or library is None:
            raise LibraryError(faults)
        _cache.clear()
        _cache[key] = library
    return _cache[key]


def check(root: Path = CONTENT) -> tuple[Library | None, tuple[Problem, ...]]:
    """Read the library and return it (None if a file cannot be used) with all problems."""
    reader = _Reader(Path(root))
    library = reader.read()
    ordered = sorted(reader.problems, key=lambda p: (p.severity, p.file, p.line or 0, p.key))
    return library, tuple(ordered)


class _Reader:
    """Reads the files of one library and collects problems on the way."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.files: dict[str, _File] = {}
        self.where: dict[str, tuple[_File, tuple[object, ...]]] = {}  # question id -> place

    def read(self) -> Library | None:
        clusters = self._clusters()
        law = self._law()
        questions = self._questions(clusters, law)
        overlays = self._overlays(clusters, questions, law)
        glossary = self._glossary()
        if any(problem.severity == "error" for problem in self.problems):
            return None
        library = Library(digest(self.root), clusters, questions, law, overlays, glossary)
        for overlay in overlays.values():
            self._check_tool(library.tool(overlay.country))
        if any(problem.severity == "error" for problem in self.problems):
            return None
        gaps = tuple(problem for problem in self.problems if problem.severity == "gap")
        return replace(library, gaps=gaps)

    def _open(self, path: Path, schema: str) -> _File | None:
        file = _File(self.root, path, self.problems)
        self.files[file.name] = file
        return file if _fits_schema(file, schema) else None

    # clusters

    def _clusters(self) -> tuple[Cluster, ...]:
        path = self.root / "cat" / "structure.yaml"
        if not path.exists():
            name = path.relative_to(self.root).as_posix()
            remedy = "Add it: it lists clusters and compliance points"
            self.problems.append(Problem(name, None, "-", "the file is missing", remedy))
            return ()
        file = self._open(path, "structure")
        if file is None:
            return ()
        clusters, seen = [], set[str]()
        for index, raw in enumerate(file.data):
            points = []
            for number, point in enumerate(raw["points"]):
                place = (index, "points", number)
                if not point["code"].startswith(raw["code"] + "-"):
                    remedy = f"Begin it with {raw['code']}-"
                    file.error(place, "not a code of this cluster", remedy, point["code"])
                points.append(
                    Point(
                        code=point["code"],
                        order=point["order"],
                        name=point["name"],
                        cluster=raw["code"],
                        facts_only=point.get("facts_only", False),
                    )
                )
            for code in (raw["code"], raw["slug"], *(point.code for point in points)):
                if code in seen:
                    file.error((index,), "used twice", "Give each its own code", code)
                seen.add(code)
            clusters.append(
                Cluster(
                    code=raw["code"],
                    slug=raw["slug"],
                    order=raw["order"],
                    basis=raw["basis"],
                    name=raw["name"],
                    points=tuple(sorted(points, key=lambda point: point.order)),
                )
            )
        return tuple(sorted(clusters, key=lambda cluster: cluster.order))

    # law

    def _law(self) -> dict[str, CountryLaw]:
        law: dict[str, CountryLaw] = {}
        for path in sorted((self.root / "law").glob("*.yaml")):
            file = self._open(path, "law")
            if file is None:
                continue
            country, parameters = path.stem, []
            seen: Counter[tuple[str, str]] = Counter()
            for index, raw in enumerate(file.data):
                self._check_parameter(file, index, raw)
                version = (raw["code"], raw.get("effective_from", ""))
                seen[version] += 1
                if seen[version] == 2:
                    remedy = "Give the newer version its own effective_from, or delete one"
                    file.error((index,), "the code stands twice", remedy, raw["code"])
                parameters.append(_parameter(country, raw))
            law[country] = CountryLaw(country, tuple(parameters))
        return law

    def _check_parameter(self, file: _File, index: int, raw: dict[str, Any]) -> None:
        kind, value, code = raw["kind"], raw["value"], raw["code"]
        if raw["confidence"] == "not_found":
            if value is not None:
                remedy = "Use null, or raise the confidence and give a source"
                file.error((index, "value"), "a value that was not found", remedy, code)
        elif not _fits_kind(kind, value):
            remedy = "Change the kind or the value (text with digits needs quotes)"
            file.error((index, "value"), f"{value!r} is not a {kind}", remedy, code)
        if raw["confidence"] in VERIFIED and not raw.get("source"):
            remedy = "Add the address that was read, or lower the confidence"
            file.error((index,), f"confidence {raw['confidence']} without source", remedy, code)
        for name in ("effective_from", "effective_to"):
            if name in raw and _date(raw[name]) is None:
                remedy = "Write a date of the calendar as YYYY-MM-DD"
                file.error((index, name), f"{raw[name]} is not a date", remedy, code)
        if raw.get("effective_to") and raw.get("effective_from", "") > raw["effective_to"]:
            file.error((index, "effective_to"), "ends before it starts", "Swap the dates", code)

    # questions

    def _questions(
        self, clusters: tuple[Cluster, ...], law: Mapping[str, CountryLaw]
    ) -> dict[str, Question]:
        codes = {p.code for country in law.values() for p in country.parameters}
        names = self._local_names()
        slugs = {cluster.slug for cluster in clusters}
        translations = self._translations(slugs)
        guides = self._guides(slugs)
        for path in sorted((self.root / "cat" / "questions").glob("*.yaml")):
            if path.stem not in slugs:
                name = path.relative_to(self.root).as_posix()
                remedy = "Name the file after a cluster slug of structure.yaml"
                self.problems.append(Problem(name, None, "-", "no such cluster", remedy))
        questions: dict[str, Question] = {}
        for cluster in clusters:
            path = self.root / "cat" / "questions" / f"{cluster.slug}.yaml"
            file = self._open(path, "questions") if path.exists() else None
            if file is None:
                continue
            points = {point.code: point for point in cluster.points}
            found: list[Question] = []
            for index, raw in enumerate(file.data):
                if raw["id"] in self.where:
                    remedy = "Give the newer question the next free number"
                    file.error((index, "id"), "the id is used twice", remedy, raw["id"])
                    continue
                self.where[raw["id"]] = (file, (index,))
                self._check_question(file, index, raw, points, codes | names, set(law))
                own = {lang: t[raw["id"]] for lang, t in translations.items() if raw["id"] in t}
                guide = {lang: g[raw["id"]] for lang, g in guides.items() if raw["id"] in g}
                found.append(_question(raw, cluster.code, own, guide))
            rank = {code: place for place, code in enumerate(points)}
            for question in sorted(found, key=lambda q: rank.get(q.point, 0)):
                questions[question.id] = replace(question, order=len(questions) + 1)
        for question in questions.values():
            file, place = self.where[question.id]
            for other in question.related:
                if other not in questions:
                    remedy = "Correct the id or take it out"
                    file.error((*place, "related"), f"no question {other}", remedy, question.id)
                elif other == question.id:
                    remedy = "Take it out"
                    file.error((*place, "related"), "related to itself", remedy, question.id)
        self._check_translations(questions)
        asked = {question.point for question in questions.values()}
        structure = self.files.get("cat/structure.yaml")
        for index, cluster in enumerate(structure.data if structure and clusters else ()):
            for number, point in enumerate(cluster["points"]):
                if point["code"] not in asked and structure is not None:
                    remedy = f"Write questions in cat/questions/{cluster['slug']}.yaml"
                    place = (index, "points", number)
                    structure.gap(place, "compliance point without question", remedy, point["code"])
        return questions

    def _check_question(
        self,
        file: _File,
        index: int,
        raw: dict[str, Any],
        points: Mapping[str, Point],
        codes: set[str],
        countries: set[str],
    ) -> None:
        def error(key: str, message: str, remedy: str) -> None:
            file.error((index, key), message, remedy, raw["id"])

        point = points.get(raw["point"])
        if point is None:
            error("point", f"no compliance point {raw['point']} in this cluster", "Correct it")
        elif not raw["id"].startswith(raw["point"] + "-"):
            error("id", "does not begin with its compliance point", f"Begin with {raw['point']}-")
        if raw["kind"] == "ncq":
            for key in ("breach", "finding"):
                if key not in raw:
                    error(key, f"{key} is missing", f"An ncq question needs {key}")
            if "value" in raw:
                error("value", "an ncq question has no value", "Delete it, or make it fgw")
            if point is not None and point.facts_only:
                error("kind", "this compliance point takes facts only", "Make it fgw or move it")
        else:
            for key in ("breach", "finding"):
                if key in raw:
                    error(key, f"a fact-gathering question has no {key}", "Delete it")
            self._check_value(raw, error)
        if PLACEHOLDER.search(raw["title"]):
            error("title", "a title cites no parameter", "Say it without braces")
        for key, text in _cited_texts(raw):
            if text.count("{") != len(placeholders(text)) or text.count("{") != text.count("}"):
                error(key, "an unpaired brace", "Write {code}, with both braces")
            for code in placeholders(text):
                if code not in codes:
                    error(key, f"no parameter {code} in any country", "Correct the code")
        for code in raw.get("law", ()):
            if code not in codes:
                error("law", f"no parameter {code} in any country", "Correct the code")
        for country in raw.get("applies", {}).get("countries", ()):
            if country not in countries:
                error("applies", f"no law of country {country}", "Correct the country code")

    @staticmethod
    def _check_value(raw: dict[str, Any], error: Any) -> None:
        value = raw.get("value")
        if value is None:
            error("value", "value is missing", "Say which type of fact is gathered")
            return
        if (value["type"] == "choice") != ("choices" in value):
            error("value", "type choice and choices go together", "Give both or neither")
        keys = [choice["key"] for choice in value.get("choices", ())]
        if len(keys) != len(set(keys)):
            error("value", "a choice key stands twice", "Give each choice its own key")
        if value["type"] != "number" and {"min", "max", "unit"} & set(value):
            error("value", "only a number has unit, min and max", "Delete them")
        if value.get("min", 0) > value.get("max", float("inf")):
            error("value", "min is above max", "Swap them")

    def _local_names(self) -> set[str]:
        """Names that any overlay defines: a question may cite them in braces as well."""
        names: set[str] = set()
        for path in sorted((self.root / "cat" / "countries").glob("*.yaml")):
            try:
                data = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 - a safe loader
            except yaml.YAMLError:
                continue  # reported when the overlay itself is read
            if isinstance(data, dict) and isinstance(data.get("names"), dict):
                names |= {str(name) for name in data["names"]}
        return names

    # translations

    def _translations(self, slugs: set[str]) -> dict[str, dict[str, Texts]]:
        result: dict[str, dict[str, Texts]] = {}
        folder = self.root / "cat" / "translations"
        for path in sorted(folder.glob("*/*.yaml")):
            language = path.parent.name
            file = self._open_translation(path, "translation", slugs)
            texts = result.setdefault(language, {})
            for key, raw in (file.data if file else {}).items():
                texts[key] = Texts(
                    raw.get("title", ""),
                    raw.get("question", ""),
                    raw.get("finding", ""),
                    raw.get("unit", ""),
                    raw.get("choices", {}),
                )
        return result

    def _guides(self, slugs: set[str]) -> dict[str, dict[str, Guidance]]:
        result: dict[str, dict[str, Guidance]] = {}
        folder = self.root / "cat" / "translations"
        for path in sorted(folder.glob("*/guidance/*.yaml")):
            file = self._open_translation(path, "guidance", slugs)
            guides = result.setdefault(path.parent.parent.name, {})
            for key, raw in (file.data if file else {}).items():
                guides[key] = _guidance(raw)
        return result

    def _open_translation(self, path: Path, schema: str, slugs: set[str]) -> _File | None:
        file = self._open(path, schema)
        if path.stem not in slugs:
            name = path.relative_to(self.root).as_posix()
            remedy = "Name the file after a cluster slug of structure.yaml"
            self.problems.append(Problem(name, None, "-", "no such cluster", remedy))
        return file

    def _check_translations(self, questions: Mapping[str, Question]) -> None:
        for name, file in self.files.items():
            if not name.startswith("cat/translations/") or not isinstance(file.data, dict):
                continue
            slug = Path(name).stem
            for key, raw in file.data.items():
                place = self.where.get(key)
                if place is None:
                    file.error((key,), "no such question", "Correct the id or delete the entry")
                    continue
                if not isinstance(raw, dict) or key not in questions:
                    continue
                if Path(place[0].name).stem != slug:
                    remedy = f"Move it to {Path(place[0].name).name}"
                    file.error((key,), "the question belongs to another cluster", remedy)
                if Path(name).parent.name == "guidance":
                    self._compare_guidance(file, key, raw, questions[key])
                else:
                    self._compare(file, key, raw, questions[key])

    @staticmethod
    def _compare_guidance(file: _File, key: str, raw: dict[str, Any], question: Question) -> None:
        for name, given in raw.items():
            if name not in GUIDANCE or not isinstance(given, list):
                continue  # the schema has reported it
            english = getattr(question.guidance, name)
            if len(given) != len(english):
                message = f"{len(given)} entries, English has {len(english)}"
                remedy = "Translate each English entry, in its order"
                file.error((key, name), message, remedy, f"{key}.{name}")
                continue
            for index, (wanted, line) in enumerate(zip(english, given, strict=True)):
                cited = Counter(placeholders(wanted))
                if cited != Counter(placeholders(str(line))):
                    should = ", ".join(f"{{{code}}}" for code in cited.elements()) or "none"
                    message = "the parameters in braces differ from the English text"
                    place = (key, name, index)
                    file.error(place, message, f"Use exactly: {should}", f"{key}.{name}")

    def _compare(self, file: _File, key: str, raw: dict[str, Any], question: Question) -> None:
        english = question.texts[DEFAULT_LANGUAGE]
        for name in ("title", "question", "finding"):
            if name not in raw:
                continue
            if not getattr(english, name):
                file.error((key, name), "the English question has no such field", "Delete it")
            wanted, given = (
                Counter(placeholders(text)) for text in (getattr(english, name), raw[name])
            )
            if wanted != given:
                should = ", ".join(f"{{{code}}}" for code in wanted.elements()) or "none"
                message = "the parameters in braces differ from the English text"
                file.error((key, name), message, f"Use exactly: {should}")
        for choice in raw.get("choices", {}):
            if choice not in english.choices:
                file.error((key, "choices", choice), "no such choice in English", "Correct the key")

    # overlays

    def _overlays(
        self,
        clusters: tuple[Cluster, ...],
        questions: Mapping[str, Question],
        law: Mapping[str, CountryLaw],
    ) -> dict[str, Overlay]:
        points = {point.code for cluster in clusters for point in cluster.points}
        overlays: dict[str, Overlay] = {}
        for path in sorted((self.root / "cat" / "countries").glob("*.yaml")):
            file = self._open(path, "country")
            if file is None:
                continue
            raw = file.data
            if raw["country"] != path.stem:
                file.error(("country",), "differs from the file name", f"Write {path.stem}")
            if raw["country"] not in law:
                remedy = f"Add law/{raw['country']}.yaml"
                file.error(("country",), "no national law for this country", remedy)
            if _date(raw["effective_from"]) is None:
                file.error(("effective_from",), "not a date", "Write it as YYYY-MM-DD")
            for key in ("left_out", "structural"):
                for index, group in enumerate(raw.get(key, ())):
                    for number, item in enumerate(group["ids"]):
                        if item not in questions and item not in points:
                            place = (key, index, "ids", number)
                            remedy = "Correct the id of the question or compliance point"
                            file.error(place, "no such question or point", remedy, item)
            for item, languages in raw.get("reworded", {}).items():
                if item not in questions:
                    file.error(("reworded", item), "no such question", "Correct the id")
                    continue
                if DEFAULT_LANGUAGE not in languages:
                    continue
                for language in raw["languages"]:
                    changed = set(languages[DEFAULT_LANGUAGE])
                    if changed - set(languages.get(language, ())):
                        message = f"reworded in English, not in {language}"
                        remedy = "Reword the same fields; until then English is shown"
                        file.gap(("reworded", item), message, remedy, item)
            for tag, change in raw.get("tags", {}).items():
                for verb in ("add", "remove"):
                    for number, item in enumerate(change.get(verb, ())):
                        if item not in questions:
                            place = ("tags", tag, verb, number)
                            file.error(place, f"no question {item}", "Correct the id")
            overlays[raw["country"]] = _overlay(raw)
        return overlays

    def _check_tool(self, tool: ToolDefinition) -> None:
        """Every sentence of a country's tool must read, with its law, in each of its languages."""
        law = tool.law.latest
        overlay = self.files[f"cat/countries/{tool.country}.yaml"]
        reworded = overlay.data.get("reworded", {})
        for question in tool.questions:
            file, place = self.where[question.id]
            if question.id in reworded:
                file, place = overlay, ("reworded", question.id)
            key = f"{question.id} ({tool.country})"
            seen: set[tuple[str, str]] = set()
            for text in _all_texts(question):
                for code, next_word in _citations(text, tool.names):
                    fault = _citation_fault(law.get(code), next_word)
                    if fault is None or (code, fault[0]) in seen:
                        continue
                    seen.add((code, fault[0]))
                    severity, message = fault
                    remedy = f"Reword or leave it out in cat/countries/{tool.country}.yaml"
                    report = file.error if severity == "error" else file.gap
                    report(place, f"{{{code}}} {message}", remedy, key)
        for language in tool.languages:
            if language == DEFAULT_LANGUAGE:
                continue
            for question in tool.questions:
                missing = question.missing(language)
                if missing:
                    file, place = self.where[question.id]
                    slug = Path(file.name).stem
                    message = f"not translated into {language}: {', '.join(missing)}"
                    remedy = f"Add it to cat/translations/{language}/{slug}.yaml"
                    file.gap(place, message, remedy, f"{question.id} ({tool.country})")
                missing = question.missing_guidance(language)
                if missing:
                    file, place = self.where[question.id]
                    message = f"guidance not translated into {language}: {', '.join(missing)}"
                    path = f"cat/translations/{language}/guidance/{Path(file.name).name}"
                    file.gap(place, message, f"Add it to {path}", f"{question.id} ({tool.country})")

    # glossary

    def _glossary(self) -> dict[str, dict[str, Term]]:
        glossary: dict[str, dict[str, Term]] = {}
        opened: dict[str, _File] = {}
        for path in sorted((self.root / "glossary").glob("*.yaml")):
            file = self._open(path, "glossary")
            if file is None:
                continue
            opened[path.stem] = file
            glossary[path.stem] = {
                key: Term(key, raw["term"], raw.get("definition", ""), raw.get("note", ""))
                for key, raw in file.data.items()
            }
        english = glossary.get(DEFAULT_LANGUAGE, {})
        for language, terms in glossary.items():
            for key in terms.keys() - english.keys():
                opened[language].error((key,), "not in the English glossary", "Add it there first")
            for key in english.keys() - terms.keys():
                message, remedy = f"no term for {key}", "Agree a translation and add it"
                opened[language].gap((), message, remedy, key)
        return glossary


# --- from data to records ---------------------------------------------------------------------


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _fits_kind(kind: str, value: object) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "boolean":
            return value is None or isinstance(value, bool)
        case "table":
            return isinstance(value, list)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parameter(country: str, raw: dict[str, Any]) -> LawParameter:
    value = raw["value"]
    if isinstance(value, list):
        value = tuple(
            LawRow(
                when=row["when"],
                value=row["value"],
                minimum=row.get("min"),
                maximum=row.get("max"),
                unit=row.get("unit", ""),
                bound=row.get("bound", ""),
            )
            for row in value
        )
    short = raw.get("short", {})
    return LawParameter(
        country=country,
        code=raw["code"],
        topic=raw["topic"],
        kind=raw["kind"],
        value=value,
        text=raw["text"],
        confidence=raw["confidence"],
        unit=raw.get("unit", ""),
        short=short if isinstance(short, dict) else {"": str(short)},
        reference=raw.get("reference", ""),
        source=raw.get("source", ""),
        effective_from=_date(raw.get("effective_from", "")),
        effective_to=_date(raw.get("effective_to", "")),
    )


def _guidance(raw: Mapping[str, list[str]]) -> Guidance:
    return Guidance(**{key: tuple(lines) for key, lines in raw.items()})


def _question(
    raw: dict[str, Any],
    cluster: str,
    translations: Mapping[str, Texts],
    guides: Mapping[str, Guidance],
) -> Question:
    value, topic, applies = raw.get("value"), raw.get("topic", ()), raw.get("applies", {})
    choices = tuple(Choice(c["key"], c["label"]) for c in (value or {}).get("choices", ()))
    unit = (value or {}).get("unit", "")
    labels = {choice.key: choice.label for choice in choices}
    english = Texts(raw["title"], raw["question"], raw.get("finding", ""), unit, labels)
    breach = raw.get("breach")
    return Question(
        id=raw["id"],
        cluster=cluster,
        point=raw["point"],
        kind=raw["kind"],
        order=0,
        texts={DEFAULT_LANGUAGE: english, **translations},
        # Unquoted yes and no are booleans in YAML 1.1.
        breach={True: "yes", False: "no"}.get(breach, breach) if breach is not None else None,
        value=ValueSpec(value["type"], unit, value.get("min"), value.get("max"), choices)
        if value
        else None,
        topics=(topic,) if isinstance(topic, str) else tuple(topic),
        guidance=_guidance(raw.get("guidance", {})),
        guidance_in=guides,
        ilo=tuple(raw.get("ilo", ())),
        law=tuple(raw.get("law", ())),
        tags=frozenset(raw.get("tags", ())),
        applies=Applies(
            countries=frozenset(applies.get("countries", ())),
            min_workers=applies.get("min_workers"),
            max_workers=applies.get("max_workers"),
            needs=frozenset(applies.get("needs", ())),
            sectors=frozenset(applies.get("sectors", ())),
            modalities=frozenset(applies.get("modalities", ())),
        ),
        related=tuple(raw.get("related", ())),
    )


def _by_item(groups: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {item: group["reason"] for group in groups for item in group["ids"]}


def _overlay(raw: dict[str, Any]) -> Overlay:
    tags = raw.get("tags", {})
    return Overlay(
        country=raw["country"],
        name=raw["name"],
        tool=raw["tool"],
        label=raw["label"],
        effective_from=_date(raw["effective_from"]) or dt.date.min,
        languages=tuple(raw["languages"]),
        left_out=_by_item(raw.get("left_out", ())),
        structural=_by_item(raw.get("structural", ())),
        reworded={
            question: {language: Texts(**texts) for language, texts in languages.items()}
            for question, languages in raw.get("reworded", {}).items()
        },
        tags_added={tag: frozenset(change.get("add", ())) for tag, change in tags.items()},
        tags_removed={tag: frozenset(change.get("remove", ())) for tag, change in tags.items()},
        names=raw.get("names", {}),
    )


def _cited_texts(raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("question", "finding"):
        if key in raw:
            yield key, raw[key]
    for lines in raw.get("guidance", {}).values():
        for line in lines:
            yield "guidance", line


def _all_texts(question: Question) -> Iterator[str]:
    for texts in question.texts.values():
        yield from (texts.question, texts.finding)
    for guide in (question.guidance, *question.guidance_in.values()):
        yield from (*guide.look_at, *guide.ask, *guide.observe, *guide.traps)


_UNIT_WORDS = {
    "%": "percent", "percent": "percent", "per": "percent", "year": "year", "hour": "hour",
    "day": "day", "week": "week", "month": "month", "minute": "minute", "worker": "worker",
    "member": "member", "women": "women", "child": "children", "children": "children",
    "working": "working", "litre": "litre",
}  # fmt: skip


def _citations(text: str, names: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each parameter cited, with the English unit word that follows it (or an empty string)."""
    for match in PLACEHOLDER.finditer(text):
        if match.group(1) not in names:
            after = re.match(r"[ -]?([a-z]+|%)", text[match.end() :])
            word = after.group(1) if after else ""
            yield match.group(1), _UNIT_WORDS.get(word) or _UNIT_WORDS.get(word.rstrip("s"), "")


def _citation_fault(parameter: LawParameter | None, unit: str) -> tuple[str, str] | None:
    """(severity, message) if a parameter does not read in a sentence before a word of unit."""
    if parameter is None:
        return "error", "is no parameter of this country"
    if not parameter.is_verified:
        confidence = parameter.confidence.replace("_", " ")
        return "gap", f"is unverified here (confidence {confidence})"
    if parameter.inline() is None:
        return "error", f"is a {parameter.kind} without a short form here"
    if unit:
        own = _UNIT_WORDS.get(parameter.unit.split(" ")[0].rstrip("s"), parameter.unit)
        own = {"women": "women", "percent": "percent"}.get(parameter.unit.split(" ")[0], own)
        if parameter.kind not in ("number", "percent"):
            return "error", f"is a phrase here ({parameter.inline()}), the text adds a unit to it"
        if own != unit and not (unit == "worker" and own == "member"):
            return "error", f"is given in {parameter.unit} here, the text says {unit}"
    return None
