"""Forms of the tool's editor: a version's description, a new question, a period of law."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from betterwork.ui.fields import DayField

from .editing.fields import LANGUAGES
from .models import LawParameter, ToolQuestion, ToolVersion

# Columns of a table, in the order they are written in one line.
TABLE = ("when", "value", "unit", "minimum", "maximum", "bound")
KINDS = [
    ("number", _("Number")),
    ("money", _("Sum of money")),
    ("percent", _("Per cent")),
    ("boolean", _("Yes or no")),
    ("text", _("Text")),
    ("table", _("Table")),
]


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


def by_language(text: str) -> dict[str, str]:
    """`en: words` lines as a mapping. Raises: ValidationError."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        code, colon, words = line.partition(":")
        if not colon or code.strip() not in LANGUAGES or not words.strip():
            raise forms.ValidationError(
                gettext("Write each line as a language, a colon and the words, such as “en: …”.")
            )
        found[code.strip()] = words.strip()
    return found


def as_lines(words: dict[str, str]) -> str:
    return "\n".join(f"{code}: {text}" for code, text in words.items())


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=_area(3))


class DescribeForm(forms.Form):
    label = forms.CharField(
        label=_("Label"),
        max_length=32,
        help_text=_("Country, year and number, such as BD-2027.1."),
    )
    note = forms.CharField(
        label=_("What changes, and why"), max_length=4000, required=False, widget=_area(4)
    )
    name = forms.CharField(
        label=_("Name of the tool"),
        help_text=_("One language a line, such as “en: Compliance Assessment Tool”."),
        widget=_area(3),
    )
    names = forms.CharField(
        label=_("Local names"),
        required=False,
        help_text=_(
            "The country's own names for institutions, cited in braces. One a line:"
            " code: en = words; bn = words"
        ),
        widget=_area(6),
    )

    @staticmethod
    def initial_of(version: ToolVersion) -> dict[str, str]:
        names = "\n".join(
            f"{code}: " + "; ".join(f"{lang} = {text}" for lang, text in words.items())
            for code, words in version.names.items()
        )
        return {
            "label": version.label,
            "note": version.note,
            "name": as_lines(version.name),
            "names": names,
        }

    def clean_name(self) -> dict[str, str]:
        return by_language(self.cleaned_data["name"])

    def clean_names(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for line in self.cleaned_data["names"].splitlines():
            if not line.strip():
                continue
            code, colon, rest = line.partition(":")
            words: dict[str, str] = {}
            for part in rest.split(";"):
                language, equals, text = part.partition("=")
                if equals and language.strip() in LANGUAGES and text.strip():
                    words[language.strip()] = text.strip()
                elif part.strip():
                    colon = ""
            if not colon or not words:
                raise forms.ValidationError(
                    gettext("This line could not be read: %(line)s") % {"line": line}
                )
            found[code.strip()] = words
        return found

    def described(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class AddQuestionForm(forms.Form):
    point = forms.ChoiceField(label=_("Compliance point"))
    kind = forms.ChoiceField(
        label=_("Kind"), choices=ToolQuestion.Kind.choices, widget=forms.RadioSelect
    )
    answer = forms.ChoiceField(
        label=_("Breaching answer, or type of the fact"),
        help_text=_("It stays with the question for good: another one is another question."),
        choices=[
            ("yes", _("Yes is the breach")),
            ("no", _("No is the breach")),
            ("number", _("Fact: a number")),
            ("text", _("Fact: text")),
            ("choice", _("Fact: one of several answers")),
            ("date", _("Fact: a date")),
            ("boolean", _("Fact: yes or no")),
        ],
    )
    title = forms.CharField(label=_("Title in English"), max_length=200)
    text = forms.CharField(label=_("Question in English"), max_length=2000, widget=_area(3))
    finding = forms.CharField(
        label=_("Finding in English"),
        max_length=2000,
        required=False,
        help_text=_("For a non-compliance question: what the report says, in the past tense."),
        widget=_area(3),
    )

    def __init__(self, *args: Any, points: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", gettext("Choose a compliance point")), *points]
        self.fields["point"].choices = choices  # type: ignore[attr-defined]


class LawForm(forms.Form):
    """A new period of a parameter. `value` is typed by the kind."""

    code = forms.SlugField(
        label=_("Code"),
        max_length=60,
        help_text=_("What questions cite in braces: small letters, digits and underscores."),
    )
    topic = forms.CharField(label=_("Topic"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind of value"), choices=KINDS)
    value = forms.CharField(
        label=_("Value"),
        required=False,
        help_text=_(
            "A number with a point, yes or no, or text. A table has one row a line:"
            " when | value | unit | workers from | workers to | at least or at most."
            " Left empty: not known."
        ),
        widget=_area(2),
    )
    unit = forms.CharField(label=_("Unit"), max_length=120, required=False)
    short = forms.CharField(
        label=_("How it reads in a sentence"),
        required=False,
        help_text=_("One language a line, such as “en: 14 days a year”. A number needs none."),
        widget=_area(3),
    )
    text = forms.CharField(label=_("Whole wording"), required=False, widget=_area(3))
    reference = forms.CharField(
        label=_("Reference"), required=False, help_text=_("Act, year and section."), max_length=500
    )
    source = forms.CharField(
        label=_("Source"),
        required=False,
        help_text=_("Where somebody can read it: an address or a gazette."),
        max_length=1000,
    )
    confidence = forms.ChoiceField(label=_("How sure"), choices=LawParameter.Confidence.choices)
    effective_from = DayField(
        label=_("In force from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    effective_to = DayField(
        label=_("In force until"),
        required=False,
        help_text=_("The last day, if the law itself names one."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(label=_("Why it changes"), max_length=2000, widget=_area(3))

    def __init__(
        self,
        *args: Any,
        known: LawParameter | None = None,
        is_correction: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        if is_correction:
            # It keeps the first day of the period it puts right, which may be unknown.
            del self.fields["effective_from"]
            self.fields["reason"].label = gettext("What was wrong")
        if known is not None:
            # The code and kind are what questions and sentences rest on.
            for name in ("code", "kind", "topic"):
                self.fields[name].disabled = True
                self.initial[name] = getattr(known, name)

    @staticmethod
    def initial_of(row: LawParameter) -> dict[str, Any]:
        return {
            "code": row.code,
            "topic": row.topic,
            "kind": row.kind,
            "value": value_text(row.kind, row.value),
            "unit": row.unit,
            "short": as_lines({k or "en": v for k, v in row.short.items()}),
            "text": row.text,
            "reference": row.reference,
            "source": row.source,
            "confidence": row.confidence,
            "effective_to": row.effective_to,
        }

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if self.known is not None:  # not typed here; conventions have theirs, such as C138
            return code
        if not code.replace("_", "").isalnum() or code != code.lower():
            raise forms.ValidationError(gettext("Use small letters, digits and underscores."))
        return code

    def clean_short(self) -> dict[str, str]:
        return by_language(self.cleaned_data["short"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "value" in data and "kind" in data:
            try:
                data["value"] = typed_value(data["kind"], data["value"])
            except ValueError as error:
                self.add_error("value", str(error))
        return data


def value_text(kind: str, value: Any) -> str:
    """A typed value as a person writes it in the form."""
    if value is None:
        return ""
    if kind == "boolean":
        return "yes" if value else "no"
    if kind == "table" and isinstance(value, list):
        return "\n".join(
            " | ".join("" if row.get(k) is None else str(row[k]) for k in TABLE).rstrip(" |")
            for row in value
        )
    return value if isinstance(value, str) else json.dumps(value)


def typed_value(kind: str, text: str) -> Any:
    """What was written, by the kind of the parameter. Raises: ValueError with a sentence."""
    text = text.strip()
    if not text:
        return None
    if kind in ("number", "money", "percent"):
        return _number(text)
    if kind == "boolean":
        if text.lower() not in ("yes", "no"):
            raise ValueError(gettext("Write yes or no."))
        return text.lower() == "yes"
    if kind == "table":
        rows = []
        for line in text.splitlines():
            parts = [part.strip() for part in line.split("|")]
            if not any(parts):
                continue
            if not 2 <= len(parts) <= len(TABLE) or not parts[0] or not parts[1]:
                raise ValueError(gettext("Write each row as: when | value | unit."))
            row: dict[str, Any] = dict.fromkeys(TABLE, "") | dict(zip(TABLE, parts, strict=False))
            row["minimum"], row["maximum"] = (
                _number(row[k]) if row[k] else None for k in ("minimum", "maximum")
            )
            with contextlib.suppress(ValueError):
                row["value"] = _number(row["value"])
            rows.append(row)
        return rows
    return text


def _number(text: str) -> int | float:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise ValueError(gettext("Write a number, such as 12 or 12.5.")) from None
    if not number.is_finite():
        raise ValueError(gettext("Write a number, such as 12 or 12.5."))
    return int(number) if number == int(number) else float(number)
