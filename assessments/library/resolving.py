"""Texts of the library made whole: local names and the law's figures in place of {code}."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .records import LawParameter

DEFAULT_LANGUAGE = "en"
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

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


class UnresolvedParameter(LookupError):
    """A text cites a parameter that has no value in the law given."""

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{{{code}}}: {reason}")


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


def plain_number(value: object) -> str:
    number = Decimal(str(value))
    return f"{number:,f}" if abs(number) >= 1000 else f"{number:f}"
