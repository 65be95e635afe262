"""Find what the content security policy would block, and commas and stops of one script only.

    python scripts/lint_templates.py [folder ...]

A picture in SVG carries its colours as attributes, so it needs no style attribute either. Between
two values stands {% comma %}, after the last {% stop %}: Arabic has a comma of its own, Bengali a
full stop. Inside a translated sentence they are the translator's, inside `dir="ltr"` Latin.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?{%\s*endcomment\s*%}|<!--.*?-->", re.DOTALL)
# Inside a tag, so that a sentence that says onclick= is not one.
PATTERNS = (
    (re.compile(r"<[^<>]*?\sstyle\s*=", re.DOTALL | re.IGNORECASE), "style attribute"),
    (re.compile(r"<[^<>]*?\son[a-z]+\s*=", re.DOTALL | re.IGNORECASE), "event handler attribute"),
    (re.compile(r"<style\b", re.IGNORECASE), "style element"),
    (
        re.compile(
            r"<script\b(?![^<>]*\bsrc=)(?![^<>]*\btype=\"application/(?:ld\+)?json\")",
            re.IGNORECASE,
        ),
        "script without src",
    ),
    (
        re.compile(r"(?:href|src|action)\s*=\s*[\"']?\s*javascript:", re.IGNORECASE),
        "javascript: address",
    ),
)

SENTENCE = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
LATIN = re.compile(r"<(\w+)[^<>]*\sdir=\"ltr\"[^<>]*>.*?</\1>", re.DOTALL)
VALUE = r"(?:[}%]}|</\w+>|\x00)"
POINTS = (
    (re.compile(VALUE + r", (?=[{<\x00]|$)", re.MULTILINE), "comma", "{% comma %}"),
    (re.compile(VALUE + r"\.(?=[ <{\x00]|$)", re.MULTILINE), "full stop", "{% stop %}"),
)


def check_text(text: str) -> Iterator[tuple[int, str]]:
    # Comments are blanked, not removed, so that line numbers stay right.
    clean = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for pattern, what in PATTERNS:
        for match in pattern.finditer(clean):
            problem = f"{what}: the content security policy blocks it"
            yield clean.count("\n", 0, match.end()) + 1, problem
    values = LATIN.sub(_blank, SENTENCE.sub(_blank, clean))
    for pattern, what, tag in POINTS:
        for match in pattern.finditer(values):
            yield values.count("\n", 0, match.end()) + 1, f"a {what} of one script: write {tag}"


def _blank(match: re.Match[str]) -> str:
    """One value in place of what is not looked into; the lines keep their numbers."""
    return "\x00" + "\n" * match[0].count("\n")


def main(arguments: list[str]) -> int:
    found = checked = 0
    for argument in arguments or ["templates"]:
        for path in sorted(Path(argument).rglob("*.html")):
            checked += 1
            for line, what in check_text(path.read_text(encoding="utf-8")):
                found += 1
                print(f"{path}:{line}: {what}")
    print(f"lint_templates: {checked} templates, {found} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
