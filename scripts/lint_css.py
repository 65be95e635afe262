"""Find what would not mirror in a right-to-left page: physical left and right in style sheets.

    python scripts/lint_css.py [folder or file ...]

Inside ``@layer print`` physical values are allowed: page margin boxes have no logical names.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tinycss2

PHYSICAL_PROPERTY = re.compile(
    r"^(left|right|(scroll-)?(margin|padding)-(left|right)|border-(left|right)(-.*)?"
    r"|border-(top|bottom)-(left|right)-radius)$"
)
# Properties whose keyword names a side.
SIDED = {"text-align", "text-align-last", "float", "clear", "caption-side"}
# Shorthands of four sides: top right bottom left.
FOUR_SIDES = {"margin", "padding", "inset", "scroll-margin", "scroll-padding", "border-width"}
CORNERS = {"border-radius"}
ADVICE = "use the logical form (inline-start, inline-end)"

Finding = tuple[int, str]


def check_declaration(declaration: Any) -> Iterator[Finding]:
    name, line = declaration.lower_name, declaration.source_line
    parts = [token for token in declaration.value if token.type not in ("whitespace", "comment")]
    words = [str(token.lower_value) for token in parts if token.type == "ident"]
    if PHYSICAL_PROPERTY.match(name):
        yield line, f"{name}: {ADVICE}"
    elif name in SIDED and {"left", "right"} & set(words):
        yield line, f"{name}: {' '.join(words)}: {ADVICE}"
    elif name in FOUR_SIDES and len(parts) == 4:
        right, left = (tinycss2.serialize([parts[index]]) for index in (1, 3))
        if right != left:
            yield line, f"{name}: right ({right}) and left ({left}) differ: {ADVICE}"
    elif name in CORNERS and len(parts) > 1 and not any(part == "/" for part in parts):
        corners = [tinycss2.serialize([part]) for part in parts]
        # One value each for: top left, top right, bottom right, bottom left.
        full = (corners + corners[-2:] if len(corners) == 2 else [*corners, corners[1]])[:4]
        if full[0] != full[1] or full[2] != full[3]:
            yield line, f"{name}: the corners differ by side: {ADVICE}"


def check_block(nodes: list[Any], in_print: bool = False) -> Iterator[Finding]:
    for node in nodes:
        if node.type == "error":
            yield node.source_line, f"cannot be read: {node.message}"
        elif node.type == "declaration" and not in_print:
            yield from check_declaration(node)
        elif node.type in ("at-rule", "qualified-rule") and node.content is not None:
            is_print = in_print or (
                node.type == "at-rule"
                and node.lower_at_keyword == "layer"
                and tinycss2.serialize(node.prelude).strip() == "print"
            )
            inner = tinycss2.parse_blocks_contents(
                node.content, skip_comments=True, skip_whitespace=True
            )
            yield from check_block(inner, is_print)


def check_text(css: str) -> list[Finding]:
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return list(check_block(rules))


def main(arguments: list[str]) -> int:
    found = checked = 0
    for argument in arguments or ["static"]:
        root = Path(argument)
        for path in [root] if root.is_file() else sorted(root.rglob("*.css")):
            checked += 1
            for line, text in check_text(path.read_text(encoding="utf-8")):
                found += 1
                print(f"{path}:{line}: {text}")
    print(f"lint_css: {checked} style sheets, {found} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
