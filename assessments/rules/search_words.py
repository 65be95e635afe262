"""Words of a text in any script, for searching: what is indexed, what a query asks, what is marked.

Works alike for scripts that put spaces between words and for those that do not. A spaced word is
kept as it is written and, for Latin letters, without its marks too, so that `tuoi` finds `tuổi`
and `tuổi` only itself. A run of letters without spaces (Khmer) is kept as overlapping runs of
three letters at consecutive places: asked for one after the other they are the text itself.
The results are literals of PostgreSQL's tsvector and tsquery, made here because no dictionary of
the database knows these languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

GRAM = 3  # letters
# PostgreSQL keeps places up to 16383, and at most 255 of one word.
LAST_PLACE = 16_000
LONGEST_WORD = 60
LONGEST_QUERY = 200  # signs
MOST_TERMS = 12

# Letters of scripts written without spaces: Thai, Lao, Myanmar, Khmer, kana and Han.
_UNSPACED = "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0eb9\u1000-\u103f\u1780-\u17d3\u17dd\u3041-\u30ff\u4e00-\u9fff"  # noqa: E501
# Signs that join or break a line and are no part of a word: with or without them it is the same.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def _marks() -> str:
    """Ranges of all combining marks, which \\w leaves out and Indic vowels are."""
    ranges: list[list[int]] = []
    for point in range(0x300, 0x1F000):  # no script has marks beyond
        if unicodedata.category(chr(point)).startswith("M"):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)


_RUN = re.compile(
    f"(?P<unspaced>[{_UNSPACED}][{_UNSPACED}{_INVISIBLE}]*)"
    f"|(?P<spaced>(?:(?![{_UNSPACED}_])[\\w{_marks()}{_INVISIBLE}])+)"
)
_ARABIC = re.compile(r"[\u0621-\u064a]")
_ARABIC_MARKS = re.compile(r"[\u0640\u064b-\u065f\u0670]")
_ARABIC_SAME = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه"})
# The article and the particles written together with the word behind them, longest first.
_ARABIC_PREFIXES = ("وبال", "وال", "بال", "كال", "فال", "ولل", "لل", "ال")
_LATIN_MARK = re.compile(r"[\u0300-\u036f]")
_LATIN = re.compile(r"[a-z]")
_STROKES = str.maketrans({"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that stand together. `letters`: as compared; `at`: the place of each in the text."""

    letters: str
    start: int
    end: int
    is_spaced: bool
    at: tuple[int, ...] = ()  # of an unspaced run


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked for. A spaced word is met by what begins with `letters`."""

    letters: str
    is_spaced: bool


def _compared(word: str) -> str:
    """A word as it is compared: one form of each letter, small, with Latin digits."""
    word = unicodedata.normalize("NFKC", word).casefold()
    word = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in word
        if sign not in _INVISIBLE
    )
    if _ARABIC.search(word):
        word = _ARABIC_MARKS.sub("", word).translate(_ARABIC_SAME)
    return unicodedata.normalize("NFC", word)


def _plain(word: str) -> str:
    """A word in Latin letters without its marks; any other word as it is."""
    if word.isascii():
        return word
    bare = unicodedata.normalize("NFD", word.translate(_STROKES))
    if not _LATIN.search(bare):
        return word
    return unicodedata.normalize("NFC", _LATIN_MARK.sub("", bare))


def _bare(word: str) -> str:
    """An Arabic word without its article; any other word as it is."""
    if not _ARABIC.match(word):
        return word
    for prefix in _ARABIC_PREFIXES:
        if word.startswith(prefix) and len(word) >= len(prefix) + 3:
            return word[len(prefix) :]
    return word


def _forms(word: str) -> tuple[str, ...]:
    """Every form under which a spaced word is found."""
    return tuple(dict.fromkeys((word, _plain(word), _bare(word))))


def runs(text: str) -> Iterator[Run]:
    """The runs of letters of a text, in order."""
    for match in _RUN.finditer(text):
        written = match.group()
        if match.lastgroup == "spaced":
            letters = _compared(written)
            if letters:
                yield Run(letters, match.start(), match.end(), True)
            continue
        kept, at = [], []
        for place, sign in enumerate(written, start=match.start()):
            if sign not in _INVISIBLE:
                # Sign by sign, so that each letter keeps its place in the text.
                kept.append(sign)
                at.append(place)
        yield Run("".join(kept), match.start(), match.end(), False, tuple(at))


@lru_cache(maxsize=20_000)
def _tokens(text: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    """(forms, steps to the next place) of a text, as it is indexed."""
    found: list[tuple[tuple[str, ...], int]] = []
    for run in runs(text):
        if run.is_spaced:
            found.append((tuple(form[:LONGEST_WORD] for form in _forms(run.letters)), 1))
            continue
        grams = [run.letters[i : i + GRAM] for i in range(len(run.letters))]
        found += [((gram,), 1) for gram in grams]
        found.append(((), 2))  # nothing is one text over the end of a run
    return tuple(found)


def vector(parts: Iterable[tuple[str, str]]) -> str:
    """The tsvector literal of (weight, text) parts; weights are A, B, C and D."""
    places: dict[str, list[str]] = {}
    place = 1
    for weight, text in parts:
        for forms, steps in _tokens(text):
            for form in forms:
                known = places.setdefault(form, [])
                if len(known) < 200:
                    known.append(f"{place}{weight}")
            place = min(place + steps, LAST_PLACE)
        place = min(place + 2, LAST_PLACE)
    return " ".join(f"'{form}':{','.join(known)}" for form, known in places.items())


def terms(query: str) -> tuple[Term, ...]:
    """What a query asks for, all of it at once; empty if it has no letter or digit."""
    found: dict[Term, None] = {}
    for run in runs(query[:LONGEST_QUERY]):
        if not run.is_spaced:
            found[Term(run.letters, False)] = None
            continue
        word = _bare(run.letters)
        # `exits` finds `exit` as well; the form with s begins with the one without.
        if word.isascii() and len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
            word = word[:-1]
        found[Term(word[:LONGEST_WORD], True)] = None
    return tuple(found)[:MOST_TERMS]


def asked(found: Iterable[Term]) -> str:
    """The tsquery literal of terms that must all be there; empty if there is none."""
    parts = []
    for term in found:
        letters = term.letters
        if term.is_spaced or len(letters) < GRAM:
            parts.append(f"'{letters}':*")
            continue
        grams = [letters[i : i + GRAM] for i in range(len(letters) - GRAM + 1)]
        parts.append("(" + " <-> ".join(f"'{gram}'" for gram in grams) + ")")
    return " & ".join(parts)


def marked(text: str, found: Iterable[Term]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is what a term asks for."""
    spans = sorted(_spans(text, tuple(found)))
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in spans:
        if end <= done:
            continue
        start = max(start, done)
        if start > done:
            pieces.append((text[done:start], False))
        if pieces and pieces[-1][1] and start == done:
            pieces[-1] = (pieces[-1][0] + text[start:end], True)
        else:
            pieces.append((text[start:end], True))
        done = end
    if done < len(text):
        pieces.append((text[done:], False))
    return pieces


def holds(text: str, found: Iterable[Term]) -> bool:
    """Whether a text has any of the terms."""
    return next(iter(_spans(text, tuple(found))), None) is not None


def _spans(text: str, found: tuple[Term, ...]) -> Iterator[tuple[int, int]]:
    words = tuple(term.letters for term in found if term.is_spaced)
    pieces = [term.letters for term in found if not term.is_spaced]
    for run in runs(text):
        if run.is_spaced:
            if words and any(form.startswith(words) for form in _forms(run.letters)):
                yield run.start, run.end
            continue
        for piece in pieces:
            place = run.letters.find(piece)
            while place >= 0:
                last = place + len(piece) - 1
                # Marks that belong to the last letter are marked with it.
                while last + 1 < len(run.letters) and unicodedata.category(
                    run.letters[last + 1]
                ).startswith("M"):
                    last += 1
                yield run.at[place], run.at[last] + 1
                place = run.letters.find(piece, place + len(piece))
