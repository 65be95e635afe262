"""A version in the database as plain data, and a question of the plain data as flat fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from assessments import library
from assessments.editing import fields as flat_fields
from assessments.models import LawParameter, ToolQuestion, ToolVersion

from .places import Path

FORMAT = 1
# The row's word for a field -> the word of the library and of the file.
_OUT = {"text": "question"}
_IN = {word: name for name, word in _OUT.items()}
CHOICE = "choice:"  # before the key of a choice
ANY = "any"  # the form of a parameter that serves every language


def plain_version(
    version: ToolVersion,
    *,
    country: str,
    questions: Iterable[ToolQuestion],
    law: Iterable[LawParameter],
) -> dict[str, Any]:
    """All of a version that a person may read and change in a file."""
    tool = {
        "country": country,
        "label": version.label,
        "effective_from": version.effective_from.isoformat(),
        "name": dict(version.name),
    }
    if version.note:
        tool["note"] = version.note
    return {
        "format": FORMAT,
        "tool": tool,
        "names": {code: dict(words) for code, words in version.names.items()},
        "questions": [_plain_question(question) for question in questions],
        "left_out": {
            lineage: str(kept.get("reason") or "-") for lineage, kept in version.left_out.items()
        },
        "law": [_plain_law(row) for row in law],
    }


def _plain_question(row: ToolQuestion) -> dict[str, Any]:
    made: dict[str, Any] = {"id": row.lineage, "point": row.point_id, "kind": row.kind}
    if row.breach:
        made["breach"] = row.breach
    rules = row.value_rules
    if row.value_type:
        made["value"] = {"type": row.value_type}
        made["value"] |= {name: rules[name] for name in ("min", "max") if name in rules}
        if rules.get("choices"):
            made["value"]["choices"] = [choice["key"] for choice in rules["choices"]]
    for name in ("ilo", "law", "tags", "related"):
        if getattr(row, name):
            made[name] = list(getattr(row, name))
    if row.applies:
        made["applies"] = dict(row.applies)
    if row.structural_reason:
        made["structural"] = row.structural_reason
    if row.comparable:
        made["comparable"] = row.comparable
    if row.comparable_note:
        made["comparable_note"] = row.comparable_note
    if row.slcp:
        made["slcp"] = dict(row.slcp)
    made["words"] = {
        language: found
        for language in flat_fields.LANGUAGES
        if (found := _words(row, language)) or language == flat_fields.ENGLISH
    }
    reviewed = {
        language: names
        for language, states in row.states.items()
        if (names := sorted(_OUT.get(n, n) for n, state in states.items() if state == "reviewed"))
    }
    if reviewed:
        made["reviewed"] = reviewed
    return made


def _words(row: ToolQuestion, language: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "title": row.title.get(language),
        "question": row.text.get(language),
        "finding": row.finding.get(language),
        "unit": (row.value_rules.get("unit") or {}).get(language),
    }
    said |= {name: list(lines) for name, lines in row.guidance.get(language, {}).items()}
    said["choices"] = {
        choice["key"]: choice["label"][language]
        for choice in row.value_rules.get("choices") or ()
        if choice["label"].get(language)
    }
    return {name: words for name, words in said.items() if words}


def _plain_law(row: LawParameter) -> dict[str, Any]:
    made: dict[str, Any] = {
        "code": row.code,
        "topic": row.topic,
        "kind": row.kind,
        "value": row.value,
        "confidence": row.confidence,
    }
    for name in ("unit", "text", "reference", "source"):
        if getattr(row, name):
            made[name] = getattr(row, name)
    for name in ("effective_from", "effective_to"):
        if getattr(row, name):
            made[name] = getattr(row, name).isoformat()
    if row.short:
        made["short"] = {language or ANY: form for language, form in row.short.items()}
    return made


def short_of(plain: Mapping[str, Any]) -> dict[str, str]:
    """The forms of a parameter as the row keeps them."""
    forms = plain.get("short", {})
    return {"" if language == ANY else language: form for language, form in forms.items()}


def yes_or_no(value: object) -> str:
    """YAML 1.1 reads an unquoted yes as true."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def flat_of(plain: Mapping[str, Any]) -> dict[str, str]:
    """A question of the plain data as the flat fields of `editing/fields.py`, tidied."""
    made: dict[str, str] = {}
    value, applies = plain.get("value", {}), plain.get("applies", {})
    made["value_type"] = value.get("type", "")
    for name, number in (
        ("min", value.get("min")),
        ("max", value.get("max")),
        ("min_workers", applies.get("min_workers")),
        ("max_workers", applies.get("max_workers")),
    ):
        made[name] = "" if number is None else _number(number)
    made["choices"] = "\n".join(value.get("choices", ()))
    made |= {name: "\n".join(plain.get(name, ())) for name in ("ilo", "law", "tags", "related")}
    made |= {name: "\n".join(applies.get(name, ())) for name in ("needs", "sectors", "modalities")}
    made["structural_reason"] = plain.get("structural", "")
    made["comparable"] = yes_or_no(plain.get("comparable"))
    made["comparable_note"] = plain.get("comparable_note", "")
    for language, words in plain["words"].items():
        for name, said in words.items():
            if name == "choices":
                made |= {f"{CHOICE}{key}.{language}": label for key, label in said.items()}
            else:
                text = "\n".join(said) if isinstance(said, list) else said
                made[f"{_IN.get(name, name)}.{language}"] = text
    for language, names in plain.get("reviewed", {}).items():
        made |= {f"state:{_IN.get(n, n)}.{language}": flat_fields.REVIEWED for n in names}
    return flat_fields.tidy(made)


def _number(number: object) -> str:
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)


def name_of(word: str) -> str:
    """The flat field's name for a word of the file."""
    return _IN.get(word, word)


def path_of(name: str) -> Path:
    """Where a flat field stands in the plain data of its question."""
    settings: dict[str, Path] = {
        "value_type": ("value", "type"),
        "min": ("value", "min"),
        "max": ("value", "max"),
        "choices": ("value", "choices"),
        "structural_reason": ("structural",),
    }
    if name in settings:
        return settings[name]
    if name in ("min_workers", "max_workers", "needs", "sectors", "modalities"):
        return ("applies", name)
    field, dot, language = name.rpartition(".")
    if not dot:
        return (name,)
    if field.startswith("state:"):
        return ("reviewed", language)
    if field.startswith(CHOICE):
        return ("words", language, "choices", field.removeprefix(CHOICE))
    return ("words", language, _OUT.get(field, field))


def same_law(row: LawParameter, plain: Mapping[str, Any]) -> bool:
    """Whether a period of law in a file is the one that is kept."""
    return _normal(_plain_law(row)) == _normal(plain)


def _normal(plain: Mapping[str, Any]) -> dict[str, Any]:
    made = {name: each for name, each in plain.items() if each not in ("", None, {})}
    value = plain.get("value")
    if isinstance(value, list):
        made["value"] = [
            {name: _exact(each) for name, each in asdict(library.LawRow(**_row(row))).items()}
            for row in value
        ]
    else:
        made["value"] = _exact(value)
    return made


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    # The library's own word for the bounds of a row is shorter.
    names = {"min": "minimum", "max": "maximum"}
    return {names.get(name, name): each for name, each in row.items()}


def _exact(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(str(value)).normalize() if is_number else value
