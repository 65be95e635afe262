"""A style sheet made ready for one document: its variables resolved, its idle rules left out.

The paper sheet is the product's own sheet with a few rules more. WeasyPrint hands all its variables
down to every box and tries every rule on every element, which takes a fourth of its time.
Nothing of how the document looks may change here: what is not understood stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import tinycss2

NAME = re.compile(r"--[\w-]+")
CLASS = re.compile(r"""\bclass=(?:"([^"]*)"|'([^']*)')""")
TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)")
# Said of elements that no file on paper has: a pointer, a focus, an open menu, another theme.
NEVER = re.compile(
    r":(?:hover|focus|focus-visible|focus-within|active|target|checked|disabled|invalid"
    r"|user-invalid|popover-open|modal)\b|\[open\]|\[data-theme|\[data-density|\[aria-current"
    r"|::(?:backdrop|placeholder|file-selector-button|-webkit-[\w-]+|-moz-[\w-]+)"
)
LANG = re.compile(r"""\blang=["']?([\w-]+)""")
LANGUAGE = re.compile(r"""^:lang\(["']?([\w-]+)["']?\)$""")
MEDIA = re.compile(
    r"\b(?:pointer|hover|prefers-[\w-]+|scripting|display-mode|min-width|max-width)\b"
)
SIMPLE = re.compile(r"\.(-?[_a-zA-Z][\w-]*)|^([a-zA-Z][a-zA-Z0-9]*)|[\s>+~]([a-zA-Z][a-zA-Z0-9]*)")
WITHOUT_ARGUMENTS = re.compile(
    r":(?:not|is|where|has|nth-[\w-]+|lang|dir)\([^()]*(?:\([^()]*\)[^()]*)*\)"
)
QUOTED = re.compile(r"""\[[^\]]*\]""")
# A rule for every ::before makes WeasyPrint work out a style for each element's, drawn or not. The
# reset has only their box sizing, and what is generated on paper has no size of its own.
EVERYBODYS = re.compile(r"^\*?::(?:before|after|marker)$")
# Elements a parser adds where the text leaves them out.
IMPLIED = frozenset({"html", "head", "body", "tbody", "colgroup"})
DEEPEST = 12


def pressed(css: str, html: str, language: str) -> str:
    """`css` for this document alone. language: BCP 47 tag of the whole document."""
    words = {word for found in CLASS.findall(html) for word in (found[0] or found[1]).split()}
    tags = {tag.lower() for tag in TAG.findall(html)}
    own = language.split("-")[0].lower()
    spoken = {own, *(tag.split("-")[0].lower() for tag in LANG.findall(html))}
    return _pressed(css, frozenset(words), IMPLIED | tags, frozenset(spoken), own)


@lru_cache(maxsize=32)
def _pressed(
    css: str,
    words: frozenset[str],
    tags: frozenset[str],
    languages: frozenset[str],
    language: str,
) -> str:
    rules = _parsed(css)
    known = _variables(rules, language)
    return "".join(_kept(rules, words, tags, languages, known))


@lru_cache(maxsize=2)
def _parsed(css: str) -> tuple[Any, ...]:
    return tuple(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True))


def _inside(rule: Any) -> list[Any]:
    found: list[Any] = tinycss2.parse_rule_list(
        rule.content, skip_comments=True, skip_whitespace=True
    )
    return found


def _holds_rules(rule: Any) -> bool:
    return rule.type == "at-rule" and rule.content is not None and rule.lower_at_keyword in (
        "layer", "media", "supports",
    )  # fmt: skip


def _variables(rules: Any, language: str) -> dict[str, str]:
    """Values of the document's variables: those of its root, then those of its language."""
    root: dict[str, str] = {}
    own: dict[str, str] = {}

    def read(some: Any) -> None:
        for rule in some:
            if _holds_rules(rule):
                if not (rule.lower_at_keyword == "media" and _never_on_paper(rule)):
                    read(_inside(rule))
            elif rule.type == "qualified-rule":
                selector = tinycss2.serialize(rule.prelude).strip()
                named = LANGUAGE.match(selector)
                target = root if selector == ":root" else None
                if named and named.group(1) == language:
                    target = own
                if target is not None:
                    for each in tinycss2.parse_blocks_contents(rule.content):
                        if each.type == "declaration" and each.name.startswith("--"):
                            target[each.name] = tinycss2.serialize(each.value).strip()

    read(rules)
    return root | own


def _never_on_paper(rule: Any) -> bool:
    condition = tinycss2.serialize(rule.prelude)
    return bool(MEDIA.search(condition)) or condition.strip() == "screen"


def _kept(
    rules: Any,
    words: frozenset[str],
    tags: frozenset[str],
    languages: frozenset[str],
    known: Mapping[str, str],
) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [each.strip() for each in _split(tinycss2.serialize(rule.prelude))]
            matching = [each for each in selectors if _may_match(each, words, tags, languages)]
            if not matching:
                continue
            body = "".join(_declarations(rule, known))
            if body:
                yield f"{','.join(matching)}{{{body}}}"
        elif _holds_rules(rule):
            if rule.lower_at_keyword == "media" and _never_on_paper(rule):
                continue
            inner = "".join(_kept(_inside(rule), words, tags, languages, known))
            yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        elif rule.type == "at-rule":
            yield _resolved(rule.serialize(), known)
        else:
            yield rule.serialize()


def _declarations(rule: Any, known: Mapping[str, str]) -> Iterator[str]:
    for each in tinycss2.parse_blocks_contents(
        rule.content, skip_comments=True, skip_whitespace=True
    ):
        text = each.serialize()
        if each.type == "declaration":
            # A variable that every use of has been resolved is carried by nobody.
            if each.name.startswith("--") and each.name in known:
                continue
            yield _resolved(text, known) + ";"
        else:
            yield _resolved(text, known)


def _resolved(text: str, known: Mapping[str, str]) -> str:
    for _deeper in range(DEEPEST):
        replaced = _once(text, known)
        if replaced == text:
            break
        text = replaced
    return text


def _once(text: str, known: Mapping[str, str]) -> str:
    found = []
    at = 0
    while (start := text.find("var(", at)) >= 0:
        depth, end = 1, start + 4
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        name = text[start + 4 : end - 1].split(",", 1)[0].strip()
        if NAME.fullmatch(name) and name in known:
            found.append(text[at:start] + known[name])
        else:
            found.append(text[at:end])
        at = end
    return "".join([*found, text[at:]])


def _split(selectors: str) -> Iterator[str]:
    """A list of selectors at its outer commas."""
    depth = start = 0
    for place, sign in enumerate(selectors):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            yield selectors[start:place]
            start = place + 1
    yield selectors[start:]


def _may_match(
    selector: str, words: frozenset[str], tags: frozenset[str], languages: frozenset[str]
) -> bool:
    if NEVER.search(selector) or EVERYBODYS.match(selector):
        return False
    for named in re.findall(r""":lang\(["']?([\w-]+)["']?\)""", selector):
        if named not in languages:
            return False
    bare = QUOTED.sub("", WITHOUT_ARGUMENTS.sub("", selector))
    for word, first, later in SIMPLE.findall(bare):
        if word and word not in words:
            return False
        tag = (first or later).lower()
        if tag and tag not in tags:
            return False
    return True
