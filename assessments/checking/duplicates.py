"""Questions that say the same: word for word, or nearly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from django.utils.translation import gettext as _

from assessments.library import Question
from assessments.rules.applies import ALIKE, shingles

from .findings import Finding, Severity

_WORD = re.compile(r"\w+")


def duplicates(questions: Iterable[Question]) -> Iterator[Finding]:
    """One finding per pair; it stands at the second of the two, in the order given."""
    runs, words = {}, {}
    for question in questions:
        text = question.text("question")
        runs[question.id] = shingles(text)
        words[question.id] = tuple(_WORD.findall(text.lower()))
    titles: dict[str, str] = {}
    for question in questions:
        title = question.text("title").casefold()
        if title in titles:
            message = _("The title is that of %(question)s.") % {"question": titles[title]}
            yield Finding("same_title", Severity.WARNING, question.id, "en", "title", message)
        titles.setdefault(title, question.id)
    for first, second in combinations(runs, 2):
        if words[first] == words[second]:
            message = _("The question is that of %(question)s.") % {"question": first}
            yield Finding("duplicate", Severity.ERROR, second, "en", "text", message)
            continue
        one, other = runs[first], runs[second]
        # Most pairs share nothing: the sizes alone rule them out.
        if min(len(one), len(other)) < ALIKE * max(len(one), len(other)):
            continue
        share = len(one & other) / len(one | other)
        if share >= ALIKE:
            message = _(
                "The question reads nearly like %(question)s (%(share)s%% of its runs of words)."
            ) % {"question": first, "share": round(share * 100)}
            yield Finding("near_duplicate", Severity.WARNING, second, "en", "text", message)
