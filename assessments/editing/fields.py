"""A question of a draft as flat fields: name -> words, so that two edits come together by field.

Words in a language are `<field>.<language>`: title, text, finding, unit, the guidance lists (one
entry a line) and `choice:<key>`. Settings have a name of their own; lists stand one entry a line.
`state:<field>.<language>` is `reviewed`, `stale` or absent (a draft). Empty fields are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from assessments import library
from assessments.models import ToolQuestion
from betterwork.errors import DomainError

ENGLISH = library.DEFAULT_LANGUAGE
# Languages the tool can be written in, in the order they stand side by side.
LANGUAGES = ("en", "bn", "ar", "vi", "id", "km", "fr", "es")
GUIDANCE = library.GUIDANCE
WORDS = ("title", "text", "finding")
REVIEWED = "reviewed"
STALE = "stale"  # the English was changed since, and this was not
NEEDS = ("dormitory", "migrant_workers")
MODALITIES = ("on_site", "hybrid", "virtual")
VALUE_TYPES = ("number", "text", "choice", "date", "boolean")
LONGEST_TITLE = 45  # signs, in English: it stands in lists
LONGEST_TEXT = 2000  # signs
SETTINGS = (
    "value_type", "min", "max", "choices", "ilo", "law", "tags", "related", "min_workers",
    "max_workers", "needs", "sectors", "modalities", "structural_reason", "comparable",
    "comparable_note",
)  # fmt: skip
_LISTS = {"ilo", "law", "tags", "related", "needs", "sectors", "modalities", "choices"}
_CHOICE_KEY = re.compile(r"^[a-z0-9_]{1,40}$")


def word_fields(kind: str, value_type: str, choices: Iterable[str] = ()) -> list[str]:
    """Names of the fields that hold words of such a question, guidance last."""
    names = list(WORDS) if kind == ToolQuestion.Kind.NCQ else ["title", "text"]
    if value_type == "number":
        names.append("unit")
    if value_type == "choice":
        names += [f"choice:{key}" for key in choices]
    return [*names, *GUIDANCE]


def flat(question: ToolQuestion) -> dict[str, str]:
    """All fields of a question that are not empty."""
    found: dict[str, str] = {}
    words = {"title": question.title, "text": question.text, "finding": question.finding}
    rules = question.value_rules
    words["unit"] = rules.get("unit") or {}
    choices = rules.get("choices") or []
    words |= {f"choice:{choice['key']}": choice["label"] for choice in choices}
    for name, by_language in words.items():
        found |= {f"{name}.{language}": text for language, text in by_language.items()}
    for language, lists in question.guidance.items():
        found |= {f"{name}.{language}": "\n".join(lines) for name, lines in lists.items()}
    for language, states in question.states.items():
        for name, state in states.items():
            for each in _strings_of(name, language, found):
                found[f"state:{each}.{language}"] = state
    applies = question.applies
    found |= {
        "value_type": question.value_type,
        "min": _number_text(rules.get("min")),
        "max": _number_text(rules.get("max")),
        "choices": "\n".join(choice["key"] for choice in choices),
        "ilo": "\n".join(question.ilo),
        "law": "\n".join(question.law),
        "tags": "\n".join(sorted(question.tags)),
        "related": "\n".join(question.related),
        "min_workers": _number_text(applies.get("min_workers")),
        "max_workers": _number_text(applies.get("max_workers")),
        "structural_reason": question.structural_reason,
        "comparable": question.comparable,
        "comparable_note": question.comparable_note,
    }
    found |= {k: "\n".join(sorted(applies.get(k, ()))) for k in ("needs", "sectors", "modalities")}
    return {name: text for name, text in found.items() if text}


def _strings_of(name: str, language: str, fields: Mapping[str, str]) -> list[str]:
    """The strings a state is about: `guidance` and `choices` stand for all of theirs."""
    if name == "guidance":
        return [each for each in GUIDANCE if f"{each}.{language}" in fields]
    if name == "choices":
        end = f".{language}"
        own = [each.removesuffix(end) for each in fields if each.endswith(end)]
        return [each for each in own if each == "unit" or each.startswith("choice:")]
    return [name]


def _gathered(states: dict[str, str], language: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The states of one language, with `guidance` and `choices` in place of all of theirs."""
    for whole in ("guidance", "choices"):
        parts = _strings_of(whole, language, fields)
        if parts and all(states.get(each) == REVIEWED for each in parts):
            states = {k: v for k, v in states.items() if k not in parts} | {whole: REVIEWED}
    return states


def _number_text(value: object) -> str:
    return "" if value is None else str(value)


def tidy(fields: Mapping[str, str]) -> dict[str, str]:
    """Fields as they are kept: without spaces at the ends, lists one entry a line."""
    found = {}
    for name, text in fields.items():
        text = text.replace("\r\n", "\n").strip()
        field = name.partition(".")[0]
        if name in _LISTS or field in GUIDANCE:
            lines = [" ".join(line.split()) for line in text.split("\n")]
            text = "\n".join(line for line in lines if line)
        if name in ("tags", "needs", "sectors", "modalities"):
            text = "\n".join(sorted(set(text.split("\n")))) if text else ""
        if text:
            found[name] = text
    return found


def with_states(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Changed words are a draft again; translations of changed English words are stale."""
    result = dict(now)
    for name in set(before) | set(now):
        if ":" in name.partition(".")[0] and not name.startswith("choice:"):
            continue
        field, dot, language = name.rpartition(".")
        if not dot or before.get(name, "") == now.get(name, ""):
            continue
        result.pop(f"state:{field}.{language}", None)
        if language != ENGLISH:
            continue
        for each in LANGUAGES:
            key = f"{field}.{each}"
            if each != ENGLISH and before.get(key, "") == now.get(key, ""):
                result[f"state:{key}"] = STALE
    # A state of no words says nothing.
    return {
        name: text
        for name, text in result.items()
        if not name.startswith("state:") or name.removeprefix("state:") in result
    }


def lines(text: str) -> list[str]:
    return text.split("\n") if text else []


# -- what is wrong with it ------------------------------------------------------------------------


def faults(
    question: ToolQuestion,
    fields: Mapping[str, str],
    *,
    law: Iterable[str],
    lineages: Iterable[str],
    names: Iterable[str],
) -> dict[str, DomainError]:
    """What keeps these fields from being saved, by field.

    law: codes of the country; lineages: of the version; names: local names that may be cited.
    """
    found: dict[str, DomainError] = {}
    is_coded = question.kind == ToolQuestion.Kind.NCQ
    for name in ("title", "text", *(("finding",) if is_coded else ())):
        if not fields.get(f"{name}.{ENGLISH}"):
            found[f"{name}.{ENGLISH}"] = DomainError("english_missing")
    if len(fields.get(f"title.{ENGLISH}", "")) > LONGEST_TITLE:
        found[f"title.{ENGLISH}"] = DomainError("text_too_long", most=LONGEST_TITLE)
    known_law, known = set(law), set(lineages)
    citable = known_law | set(names)
    for name, text in fields.items():
        field, dot, language = name.rpartition(".")
        if not dot or name.startswith("state:"):
            continue
        if len(text) > LONGEST_TEXT:
            found[name] = DomainError("text_too_long", most=LONGEST_TEXT)
        cited = library.placeholders(text)
        unknown = [code for code in cited if code not in citable]
        if unknown:
            found[name] = DomainError("parameter_unknown", codes=", ".join(unknown))
        elif language != ENGLISH:
            english = library.placeholders(fields.get(f"{field}.{ENGLISH}", ""))
            if sorted(english) != sorted(cited):
                found[name] = DomainError("braces_differ", codes=_braces(english))
        if field in GUIDANCE and language != ENGLISH and name not in found:
            wanted = len(lines(fields.get(f"{field}.{ENGLISH}", "")))
            if len(lines(text)) != wanted:
                found[name] = DomainError("entries_differ", wanted=wanted)
    for name, known_here, code in (
        ("law", known_law, "parameter_unknown"),
        ("related", known, "lineages_unknown"),
        ("tags", set(library.TAGS), "choice_unknown"),
        ("needs", set(NEEDS), "choice_unknown"),
        ("modalities", set(MODALITIES), "choice_unknown"),
    ):
        strange = [each for each in lines(fields.get(name, "")) if each not in known_here]
        if strange:
            found[name] = DomainError(code, codes=", ".join(strange))
    found |= _faulty_numbers(fields)
    if not is_coded:
        found |= _faulty_value(fields)
    if fields.get("structural_reason") and not is_coded:
        found["structural_reason"] = DomainError("structural_of_fact")
    if fields.get("comparable") == "no" and not fields.get("comparable_note"):
        found["comparable_note"] = DomainError("break_needs_note")
    if fields.get("comparable", "") not in ("", "yes", "no"):
        found["comparable"] = DomainError("choice_unknown", codes=fields["comparable"])
    return found


# What a translation is wrong in only because English has moved on.
_BEHIND = {"braces_differ", "entries_differ"}


def but_behind(
    problems: Mapping[str, DomainError], before: Mapping[str, str], now: Mapping[str, str]
) -> dict[str, DomainError]:
    """The problems without translations that lag behind the English and were not touched.

    Whoever changes the English need not speak every language of the tool: such words are stale,
    editors see them listed, and the checker keeps the version from its review.
    """
    return {
        name: error
        for name, error in problems.items()
        if error.code not in _BEHIND or before.get(name) != now.get(name)
    }


def _braces(codes: Sequence[str]) -> str:
    return ", ".join("{" + code + "}" for code in codes) or "–"


def _faulty_numbers(fields: Mapping[str, str]) -> dict[str, DomainError]:
    found: dict[str, DomainError] = {}
    for low_name, high_name in (("min", "max"), ("min_workers", "max_workers")):
        ends: list[Decimal | None] = []
        for name in (low_name, high_name):
            text = fields.get(name, "")
            try:
                number = Decimal(text) if text else None
            except InvalidOperation:
                number = None
                found[name] = DomainError("value_not_a_number")
            if number is not None and (
                not number.is_finite()
                or abs(number) >= Decimal(10) ** 12
                or ("workers" in name and (number < 0 or number != int(number)))
            ):
                found[name] = DomainError("value_not_a_number")
            ends.append(number)
        if low_name not in found and high_name not in found:
            low, high = ends
            if low is not None and high is not None and low > high:
                found[high_name] = DomainError("range_reversed")
    return found


def _faulty_value(fields: Mapping[str, str]) -> dict[str, DomainError]:
    kind = fields.get("value_type", "")
    if kind not in VALUE_TYPES:
        return {"value_type": DomainError("choice_unknown", codes=kind)}
    if kind != "choice":
        return {}
    keys = lines(fields.get("choices", ""))
    if len(keys) < 2 or len(set(keys)) < len(keys):
        return {"choices": DomainError("choices_too_few")}
    bad = [key for key in keys if not _CHOICE_KEY.match(key)]
    if bad:
        return {"choices": DomainError("choice_key_malformed", codes=", ".join(bad))}
    # A key just added gets its label on the page that shows it next.
    return {}


# -- back into the row ----------------------------------------------------------------------------


def put(question: ToolQuestion, fields: Mapping[str, str]) -> None:
    """Write checked fields into the row (not saved). Kind, breach and lineage stay as they are."""
    question.title = _by_language(fields, "title")
    question.text = _by_language(fields, "text")
    is_coded = question.kind == ToolQuestion.Kind.NCQ
    question.finding = _by_language(fields, "finding") if is_coded else {}
    guidance: dict[str, dict[str, list[str]]] = {}
    states: dict[str, dict[str, str]] = {}
    for name, text in fields.items():
        field, _dot, language = name.rpartition(".")
        if field in GUIDANCE:
            guidance.setdefault(language, {})[field] = lines(text)
        elif field.startswith("state:"):
            states.setdefault(language, {})[field.removeprefix("state:")] = text
    question.guidance = {ENGLISH: {}, **guidance}
    question.states = {
        language: _gathered(each, language, fields) for language, each in states.items()
    }
    if not is_coded:
        question.value_type = fields["value_type"]
        question.value_rules = _value_rules(fields)
    question.ilo = lines(fields.get("ilo", ""))
    question.law = lines(fields.get("law", ""))
    question.tags = lines(fields.get("tags", ""))
    question.related = lines(fields.get("related", ""))
    applies: dict[str, Any] = {
        name: int(Decimal(fields[name]))
        for name in ("min_workers", "max_workers")
        if fields.get(name)
    }
    for name in ("needs", "sectors", "modalities"):
        if fields.get(name):
            applies[name] = lines(fields[name])
    question.applies = applies
    question.structural_reason = fields.get("structural_reason", "")
    question.is_structural = bool(question.structural_reason)
    question.comparable = fields.get("comparable", "")
    question.comparable_note = fields.get("comparable_note", "")


def _by_language(fields: Mapping[str, str], field: str) -> dict[str, str]:
    start = f"{field}."
    return {name.removeprefix(start): t for name, t in fields.items() if name.startswith(start)}


def _value_rules(fields: Mapping[str, str]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    kind = fields["value_type"]
    if kind == "number":
        unit = _by_language(fields, "unit")
        if unit:
            rules["unit"] = unit
        rules |= {name: _number(fields[name]) for name in ("min", "max") if fields.get(name)}
    if kind == "choice":
        rules["choices"] = [
            # English names the key itself until somebody writes a label.
            {"key": key, "label": {ENGLISH: key, **_by_language(fields, f"choice:{key}")}}
            for key in lines(fields.get("choices", ""))
        ]
    return rules


def _number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == int(number) else float(number)


def states_of(question: ToolQuestion, languages: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many strings of each language are missing, stale, draft or reviewed.

    English is the measure of what there is to say.
    """
    fields = flat(question)
    wanted = [
        name.removesuffix(f".{ENGLISH}")
        for name in fields
        if name.endswith(f".{ENGLISH}") and not name.startswith("state:")
    ]
    found = {}
    for language in languages:
        counts = {"missing": 0, STALE: 0, "draft": 0, REVIEWED: 0}
        for field in wanted:
            if not fields.get(f"{field}.{language}"):
                counts["missing"] += 1
            else:
                counts[fields.get(f"state:{field}.{language}", "draft")] += 1
        found[language] = counts
    return found
