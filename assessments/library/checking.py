"""What the schemas cannot say: each fault of a file at its line, each gap of a country's tool."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .files import File
from .making import date_of
from .records import GUIDANCE, VERIFIED, LawParameter, Point, Question, ToolDefinition
from .resolving import DEFAULT_LANGUAGE, PLACEHOLDER, placeholders

# Where a question stands: its file and the path of keys to it.
Places = Mapping[str, tuple[File, tuple[object, ...]]]


def check_parameter(file: File, index: int, raw: dict[str, Any]) -> None:
    kind, value, code = raw["kind"], raw["value"], raw["code"]
    if raw["confidence"] == "not_found":
        if value is not None:
            remedy = "Use null, or raise the confidence and give a source"
            file.error((index, "value"), "a value that was not found", remedy, code)
    elif not fits_kind(kind, value):
        remedy = "Change the kind or the value (text with digits needs quotes)"
        file.error((index, "value"), f"{value!r} is not a {kind}", remedy, code)
    if raw["confidence"] in VERIFIED and not raw.get("source"):
        remedy = "Add the address that was read, or lower the confidence"
        file.error((index,), f"confidence {raw['confidence']} without source", remedy, code)
    for name in ("effective_from", "effective_to"):
        if name in raw and date_of(raw[name]) is None:
            remedy = "Write a date of the calendar as YYYY-MM-DD"
            file.error((index, name), f"{raw[name]} is not a date", remedy, code)
    if raw.get("effective_to") and raw.get("effective_from", "") > raw["effective_to"]:
        file.error((index, "effective_to"), "ends before it starts", "Swap the dates", code)


def check_question(
    file: File,
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
        _check_value(raw, error)
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


def check_translations(
    files: Mapping[str, File], where: Places, questions: Mapping[str, Question]
) -> None:
    for name, file in files.items():
        if not name.startswith("cat/translations/") or not isinstance(file.data, dict):
            continue
        slug = Path(name).stem
        for key, raw in file.data.items():
            place = where.get(key)
            if place is None:
                file.error((key,), "no such question", "Correct the id or delete the entry")
                continue
            if not isinstance(raw, dict) or key not in questions:
                continue
            if Path(place[0].name).stem != slug:
                remedy = f"Move it to {Path(place[0].name).name}"
                file.error((key,), "the question belongs to another cluster", remedy)
            if Path(name).parent.name == "guidance":
                _compare_guidance(file, key, raw, questions[key])
            else:
                _compare(file, key, raw, questions[key])


def _compare_guidance(file: File, key: str, raw: dict[str, Any], question: Question) -> None:
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


def _compare(file: File, key: str, raw: dict[str, Any], question: Question) -> None:
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


def check_tool(files: Mapping[str, File], where: Places, tool: ToolDefinition) -> None:
    """Every sentence of a country's tool must read, with its law, in each of its languages."""
    law = tool.law.latest
    overlay = files[f"cat/countries/{tool.country}.yaml"]
    reworded = overlay.data.get("reworded", {})
    for question in tool.questions:
        file, place = where[question.id]
        if question.id in reworded:
            file, place = overlay, ("reworded", question.id)
        key = f"{question.id} ({tool.country})"
        seen: set[tuple[str, str]] = set()
        for text in all_texts(question):
            for code, next_word in citations(text, tool.names):
                fault = citation_fault(law.get(code), next_word)
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
                file, place = where[question.id]
                slug = Path(file.name).stem
                message = f"not translated into {language}: {', '.join(missing)}"
                remedy = f"Add it to cat/translations/{language}/{slug}.yaml"
                file.gap(place, message, remedy, f"{question.id} ({tool.country})")
            missing = question.missing_guidance(language)
            if missing:
                file, place = where[question.id]
                message = f"guidance not translated into {language}: {', '.join(missing)}"
                path = f"cat/translations/{language}/guidance/{Path(file.name).name}"
                file.gap(place, message, f"Add it to {path}", f"{question.id} ({tool.country})")


def fits_kind(kind: str, value: object) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "boolean":
            return value is None or isinstance(value, bool)
        case "table":
            return isinstance(value, list)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cited_texts(raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("question", "finding"):
        if key in raw:
            yield key, raw[key]
    for lines in raw.get("guidance", {}).values():
        for line in lines:
            yield "guidance", line


def all_texts(question: Question) -> Iterator[str]:
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


def citations(text: str, names: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each parameter cited, with the English unit word that follows it (or an empty string)."""
    for match in PLACEHOLDER.finditer(text):
        if match.group(1) not in names:
            after = re.match(r"[ -]?([a-z]+|%)", text[match.end() :])
            word = after.group(1) if after else ""
            yield match.group(1), _UNIT_WORDS.get(word) or _UNIT_WORDS.get(word.rstrip("s"), "")


def entry_reads(line: str, law: Mapping[str, LawParameter], names: Mapping[str, object]) -> bool:
    """Whether an entry of guidance can stand where this is the law.

    It stands where each parameter it cites is verified, has a form for a sentence and counts in
    the unit that the entry names; a bare number without a unit would tell a reader nothing.
    """
    for code, unit in citations(line, names):
        parameter = law.get(code)
        if parameter is None or citation_fault(parameter, unit) is not None:
            return False
        if not unit and not parameter.short and parameter.kind in ("number", "percent"):
            return False
    return True


def citation_fault(parameter: LawParameter | None, unit: str) -> tuple[str, str] | None:
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
