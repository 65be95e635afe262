"""When two names may be the same factory. Source: docs/domain/rules/factories.md, rule F-3."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# What a company is in law says nothing about which company it is.
_LEGAL = {
    "ltd", "limited", "pvt", "private", "plc", "inc", "co", "company", "corp", "corporation",
    "llc", "jsc", "psc", "pt", "tbk", "cv", "sa", "sarl", "bhd", "the", "and",
}  # fmt: skip
ALIKE = 0.8
ALIKE_IN_REGION = 0.6


@dataclass(frozen=True, slots=True)
class Match:
    """`ref` is the caller's; likeness is a share from 0 to 1."""

    ref: Any
    likeness: float
    same_region: bool


def plain_name(name: str) -> str:
    """A name without case, marks, punctuation and legal form, for comparing only.

    Vowel signs of Bengali and other scripts are kept: without them names fall together.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = re.findall(r"[^\W_]+(?:[\u0300-\u036f\u0980-\u09ff\u064b-\u0652]+[^\W_]*)*", folded)
    kept = [word for word in words if word not in _LEGAL]
    return " ".join(kept or words)


def pieces(plain: str) -> frozenset[str]:
    """Three-sign pieces of a plain name, with its edges."""
    padded = f"  {plain} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def likeness(first: frozenset[str], second: frozenset[str]) -> float:
    """Shared pieces over all pieces of both, doubled: 1 for equal, 0 for nothing in common."""
    total = len(first) + len(second)
    return 2 * len(first & second) / total if total else 0.0


def likely_same(
    name: str, region: str, others: Iterable[tuple[Any, str, str]], *, most: int = 5
) -> list[Match]:
    """Factories whose name is near enough to ask a person, the nearest first.

    others: (ref, name, region). A shared region lowers what counts as near.
    """
    wanted, place = pieces(plain_name(name)), region.strip().casefold()
    found = []
    for ref, other, other_region in others:
        share = likeness(wanted, pieces(plain_name(other)))
        same = bool(place) and place == other_region.strip().casefold()
        if share >= (ALIKE_IN_REGION if same else ALIKE):
            found.append(Match(ref, share, same))
    return sorted(found, key=lambda match: -match.likeness)[:most]
