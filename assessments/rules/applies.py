"""Which questions of a tool are asked in one factory, and how much two findings read alike.

Source: docs/development/cat-content.md, field `applies`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """What decides on applicability. workers: head count; has: of dormitory, migrant_workers."""

    workers: int
    sector: str
    modality: str
    has: frozenset[str] = frozenset()


def is_asked(applies: Mapping[str, Any], place: Place) -> bool:
    """Whether a question with these conditions is asked here; no condition means everywhere."""
    low, high = applies.get("min_workers"), applies.get("max_workers")
    if low is not None and place.workers < low:
        return False
    if high is not None and place.workers > high:
        return False
    if not set(applies.get("needs", ())) <= place.has:
        return False
    sectors = applies.get("sectors")
    if sectors and place.sector not in sectors:
        return False
    modalities = applies.get("modalities")
    return not modalities or place.modality in modalities


_WORD = re.compile(r"\w+", re.UNICODE)
SHINGLE = 3  # words
ALIKE = 0.8


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of three words of a text, without numbers, marks and capitals.

    Numbers are left out: the same sentence with another count is still the same sentence.
    """
    words = [word for word in _WORD.findall(text.lower()) if not word.isdigit()]
    if len(words) < SHINGLE:
        return frozenset({tuple(words)}) if words else frozenset()
    return frozenset(tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1))


def likeness(first: str, second: str) -> float:
    """Share from 0 to 1 of the runs of words the two texts have in common (Jaccard)."""
    one, other = shingles(first), shingles(second)
    return len(one & other) / len(one | other) if one and other else 0.0


def near_duplicates(
    text: str, others: Iterable[tuple[str, str]], at_least: float = ALIKE
) -> list[tuple[str, float]]:
    """(key, likeness) of the texts that read like `text`, the most alike first.

    others: (key, text). A text of fewer than six different runs says too little to be copied.
    """
    mine = shingles(text)
    if len(mine) < 6:
        return []
    found = []
    for key, other in others:
        theirs = shingles(other)
        if theirs:
            share = len(mine & theirs) / len(mine | theirs)
            if share >= at_least:
                found.append((key, share))
    return sorted(found, key=lambda each: (-each[1], each[0]))
