"""How a question is worded in English: simple rules that point at what a person should read again.

None of them understands a sentence. Each finds a pattern that is seldom right in a question a
worker answers with yes or no; what they find is a warning, never an error.
Source: docs/development/cat-content.md, "A question".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.library import PLACEHOLDER, Question

from .findings import Finding, Severity

_VERBS = "is|are|was|were|do|does|did|has|have|can|could|may|must|will|would|should"
_ENDS = re.compile(r"[?.!]\s*$")

# (code, pattern, what to say): one thing asked at a time
TWO_THINGS = (
    (
        "double_barrelled",
        re.compile(rf"\band (?:{_VERBS})\b"),
        gettext_lazy("The question asks two things with one “and”."),
    ),
    (
        "double_barrelled",
        re.compile(r"\band/or\b"),
        gettext_lazy("The question says “and/or”: nobody can tell which it was."),
    ),
    (
        "double_barrelled",
        re.compile(r"\b(\w{3,}ed) and (?!un)(\w{3,}ed)\b"),
        gettext_lazy("The question asks for two acts at once (“%(match)s”)."),
    ),
)
LEADING = (
    (
        "leading_wording",
        re.compile(
            r"^(?:is|are|do|does|did|has|have|can|was|were|would|should)n't\b"
            r"|\b(?:surely|of course|obviously|naturally|you agree|right\?|correct\?|isn't it)",
            re.IGNORECASE,
        ),
        gettext_lazy("The question leads to an answer (“%(match)s”)."),
    ),
    (
        "leading_wording",
        re.compile(r"\b(?:illegal(?:ly)?|guilty|cheat\w*|exploit\w*|abus(?:e|es|ive)|bad|poor)\b"),
        gettext_lazy("The question judges before the answer (“%(match)s”)."),
    ),
)
VAGUE = (
    "vague_wording",
    re.compile(
        r"\b(?:adequate(?:ly)?|sufficient(?:ly)?|appropriate(?:ly)?|proper(?:ly)?|suitabl[ey]"
        r"|satisfactor(?:y|ily)|good enough|enough effort)\b",
        re.IGNORECASE,
    ),
    gettext_lazy("The question leaves the measure to the reader (“%(match)s”)."),
)
LONGEST = 32  # words; a question is read aloud to workers


def wording(question: Question) -> Iterator[Finding]:
    """What the English words of one question should be read again for."""
    text = question.text("question")
    plain = PLACEHOLDER.sub("0", text)
    # Facts are gathered in free words; the rules are for what is answered with yes or no.
    patterns = [*TWO_THINGS, *LEADING, VAGUE] if question.kind == "ncq" else [*LEADING]
    for code, pattern, said in patterns:
        match = pattern.search(plain)
        if match:
            yield _of(question, code, "text", str(said) % {"match": match.group()})
    if question.kind == "ncq" and plain.count("?") != 1:
        yield _of(question, "not_one_question", "text", _("The text is not one question."))
    if question.kind == "ncq" and len(plain.split()) > LONGEST:
        words = len(plain.split())
        yield _of(
            question,
            "long_question",
            "text",
            _("The question has %(words)s words.") % {"words": words},
        )
    finding = question.text("finding")
    if finding and not _ENDS.search(finding):
        yield _of(question, "finding_not_a_sentence", "finding", _("The finding has no full stop."))
    match = LEADING[1][1].search(finding)
    if match:
        message = _("The finding blames (“%(match)s”).") % {"match": match.group()}
        yield _of(question, "finding_blames", "finding", message)


def _of(question: Question, code: str, field: str, message: str) -> Finding:
    return Finding(code, Severity.WARNING, question.id, "en", field, message)
