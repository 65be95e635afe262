"""Sentences of a tool with the law in them: parameters, figures and translations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from assessments.library import (
    DEFAULT_LANGUAGE,
    GUIDANCE,
    PLACEHOLDER,
    Guidance,
    LawParameter,
    Question,
    ToolDefinition,
    citation_fault,
    citations,
    placeholders,
)

from .findings import Finding, Severity

# Field of a question as rows and pages name it -> as the library names it.
FIELDS = {"title": "title", "text": "question", "finding": "finding"}
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
# French and others write 250 000 with a space.
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)")
# A figure with the word behind it, which says what it counts.
_MEASURE = re.compile(r"(\d+(?:\.\d+)?)[ -]?(%|[a-z]+)")
_UNITS = {
    "%": "percent", "percent": "percent", "hour": "hour", "day": "day", "week": "week",
    "month": "month", "year": "year", "worker": "worker", "minute": "minute",
}  # fmt: skip


def parameters(tool: ToolDefinition) -> Iterator[Finding]:
    """Codes in braces that no reader would ever see as words."""
    law = tool.law.latest
    for question in tool.questions:
        seen: set[tuple[str, str]] = set()
        for language, field, text in _sentences(question):
            if text.count("{") != text.count("}") or text.count("{") != len(placeholders(text)):
                message = _("A brace stands alone.")
                yield Finding("brace_alone", Severity.ERROR, question.id, language, field, message)
            for code, unit in citations(text, tool.names):
                fault = citation_fault(law.get(code), unit if language == "en" else "")
                if fault is None or (code, fault[1]) in seen:
                    continue
                seen.add((code, fault[1]))
                is_error = fault[0] == "error"
                yield Finding(
                    "parameter_unresolved" if is_error else "parameter_unverified",
                    Severity.ERROR if is_error else Severity.WARNING,
                    question.id,
                    language,
                    field,
                    _citation(code, law.get(code)),
                )


def _citation(code: str, parameter: LawParameter | None) -> str:
    """What is wrong with a parameter in braces, as `citation_fault` finds it."""
    if parameter is None:
        return _("The law of the country has no %(codes)s.") % {"codes": code}
    if not parameter.is_verified:
        return _("%(code)s is not verified: the neutral wording would stand here.") % {"code": code}
    if parameter.inline() is None:
        return _("%(code)s has no short form: it cannot stand in a sentence.") % {"code": code}
    return _("%(code)s says “%(form)s” (%(unit)s): the unit behind the braces does not fit.") % {
        "code": code,
        "form": parameter.inline(),
        "unit": parameter.unit or "–",
    }


def translations(question: Question, languages: tuple[str, ...]) -> Iterator[Finding]:
    """What a language lacks, and where it does not cite what English cites."""
    english = question.texts[DEFAULT_LANGUAGE]
    for language in languages:
        if language == DEFAULT_LANGUAGE:
            continue
        own = question.texts.get(language)
        for field, name in FIELDS.items():
            wanted = getattr(english, name)
            given = getattr(own, name) if own is not None else ""
            if wanted and not given:
                yield Finding(
                    "not_translated", Severity.GAP, question.id, language, field,
                    _("Not translated: English is shown."),
                )  # fmt: skip
            elif given:
                yield from _compared(question, language, field, wanted, given)
        if english.unit and (own is None or not own.unit):
            message = _("Not translated: English is shown.")
            yield Finding("not_translated", Severity.GAP, question.id, language, "unit", message)
        for key in english.choices:
            if own is None or not own.choices.get(key):
                message = _("The answer “%(key)s” is not translated.") % {"key": key}
                yield Finding(
                    "not_translated", Severity.GAP, question.id, language, "choices", message
                )
        for name in question.missing_guidance(language):
            message = _("Not translated: English is shown.")
            yield Finding(
                "guidance_not_translated", Severity.GAP, question.id, language, name, message
            )
        guide = question.guidance_in.get(language, Guidance())
        for name in GUIDANCE:
            lines, theirs = getattr(question.guidance, name), getattr(guide, name)
            if theirs and len(theirs) != len(lines):
                message = _("%(own)s entries, English has %(wanted)s.") % {
                    "own": len(theirs),
                    "wanted": len(lines),
                }
                yield Finding(
                    "guidance_count", Severity.ERROR, question.id, language, name, message
                )
            for wanted, given in zip(lines, theirs, strict=False):
                yield from _compared(question, language, name, wanted, given)


def _compared(
    question: Question, language: str, field: str, wanted: str, given: str
) -> Iterator[Finding]:
    if Counter(placeholders(wanted)) != Counter(placeholders(given)):
        should = ", ".join(f"{{{code}}}" for code in placeholders(wanted)) or "–"
        message = _("The parameters in braces differ from English: use %(codes)s.") % {
            "codes": should
        }
        yield Finding("braces_differ", Severity.ERROR, question.id, language, field, message)
    # A translation may spell a small number out; what it writes in figures must be in English.
    extra = _figures(given) - _figures(wanted)
    if extra:
        message = _("%(figures)s stands in the translation and not in English.") % {
            "figures": ", ".join(sorted(extra))
        }
        yield Finding("figure_differs", Severity.WARNING, question.id, language, field, message)


def figures(tool: ToolDefinition) -> Iterator[Finding]:
    """A figure written out where the law cited has another one of the same unit."""
    law = tool.law.latest
    for question in tool.questions:
        cited = [law[code] for code in question.law if code in law]
        numbers = [p for p in cited if p.kind in ("number", "percent") and p.is_verified]
        for language, field, text in _sentences(question):
            if language != DEFAULT_LANGUAGE:
                continue
            for figure, unit in measures(text):
                same = [p for p in numbers if _unit(p.unit) == unit]
                if not same or any(_equals(p, figure) for p in same):
                    continue
                known = "; ".join(f"{p.code} {p.value} {p.unit}" for p in same)
                message = _("The text says %(text)s, the law cited says %(law)s.") % {
                    "text": f"{figure} {unit}",
                    "law": known,
                }
                yield Finding(
                    "figure_not_in_law", Severity.WARNING, question.id, language, field, message
                )


def law_figures(parameters: Mapping[str, LawParameter]) -> Iterator[Finding]:
    """A parameter whose wording does not hold its own value, or whose forms differ in figures."""
    for parameter in parameters.values():
        if parameter.kind in ("number", "percent", "money") and parameter.is_verified:
            wanted = f"{parameter.value:g}" if isinstance(parameter.value, float) else str(
                parameter.value
            )  # fmt: skip
            if _without_marks(wanted) not in _figures(parameter.text):
                message = _("%(code)s is %(value)s, which its wording does not say.") % {
                    "code": parameter.code,
                    "value": wanted,
                }
                yield Finding("law_wording", Severity.WARNING, "", "", parameter.code, message)
        forms = {lang: _figures(form) for lang, form in parameter.short.items()}
        english = forms.get(DEFAULT_LANGUAGE)
        for language, found in forms.items():
            if english is not None and found - english:
                message = _("The form in this language has %(figures)s.") % {
                    "figures": ", ".join(sorted(found - english))
                }
                yield Finding(
                    "law_form_differs", Severity.ERROR, "", language, parameter.code, message
                )


def measures(text: str) -> Iterator[tuple[str, str]]:
    """(figure, unit) of each figure that a unit follows: 60 hours, 18 years, 200%."""
    for figure, word in _MEASURE.findall(PLACEHOLDER.sub("", text)):
        unit = _UNITS.get(word) or _UNITS.get(word.rstrip("s"))
        if unit:
            yield figure, unit


def _unit(words: str) -> str:
    first = words.split(" ")[0] if words else ""
    return _UNITS.get(first) or _UNITS.get(first.rstrip("s"), "")


def _equals(parameter: LawParameter, figure: str) -> bool:
    value = parameter.value
    return isinstance(value, int | float) and float(value) == float(figure)


def _figures(text: str) -> set[str]:
    """Figures of a text in Latin digits, without marks for thousands."""
    plain = "".join(_digit(sign) for sign in PLACEHOLDER.sub("", text))
    plain = _SPACED.sub(lambda match: re.sub(r"\s", "", match.group()), plain)
    return {_without_marks(figure) for figure in _FIGURE.findall(plain)}


def _digit(sign: str) -> str:
    return str(int(sign)) if sign.isdecimal() else {"٫": ".", "٬": ","}.get(sign, sign)


def _without_marks(figure: str) -> str:
    # 12,500 and 12.500 are one figure; 14.25 and 14,25 another.
    return re.sub(r"[.,](?=\d{3}(?!\d))", "", figure).replace(",", ".")


def _sentences(question: Question) -> Iterator[tuple[str, str, str]]:
    """(language, field, text) of all that may hold a parameter."""
    for language, texts in question.texts.items():
        for field, name in FIELDS.items():
            if getattr(texts, name):
                yield language, field, getattr(texts, name)
    for language, guide in {DEFAULT_LANGUAGE: question.guidance, **question.guidance_in}.items():
        for name in GUIDANCE:
            for line in getattr(guide, name):
                yield language, name, line
