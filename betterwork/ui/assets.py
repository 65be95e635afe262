"""Build the served assets: style sheets, fonts and scripts from npm packages.

Sources are readable files in the repository and packages pinned by package-lock.json; nothing
built is committed. The same inputs always give the same bytes, so the result can be hashed and
cached for ever.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

# A change of the builder itself must rebuild too.
BUILDER_VERSION = "4"
WEIGHTS = (400, 600)


@dataclass(frozen=True)
class Family:
    """One npm font package, the CSS family it becomes and the subsets served from it."""

    package: str
    family: str
    subsets: tuple[str, ...]


FAMILIES = (
    Family("ibm-plex-sans", "BW", ("latin", "latin-ext", "vietnamese", "cyrillic", "greek")),
    Family("ibm-plex-sans-arabic", "BW Arabic", ("arabic",)),
    Family("anek-bangla", "BW Bangla", ("bengali",)),
    Family("kantumruy-pro", "BW Khmer", ("khmer",)),
    # Names of people of any country: whatever the families above do not draw.
    Family("noto-sans", "BW Noto", ("devanagari", "cyrillic-ext", "greek-ext")),
)
SHEETS = {
    "core": ("core",),
    "staff": ("staff",),
    # What the PDF worker reads: the same tokens and parts, without menus or small windows.
    "paper": (
        "core/00",
        "core/10",
        "core/20",
        "core/30",
        "core/40",
        "core/50",
        "staff/50",
        "paper",
    ),
}
SCRIPTS = {"htmx.js": ("htmx.org", "dist/htmx.min.js")}
DARK_BLOCK = re.compile(r'\[data-theme="dark"\]\s*\{(?P<body>[^{}]*)\}')


class AssetsMissing(Exception):
    """A package that the build needs is not installed."""


def dark_by_system(css: str) -> str:
    """Repeat the dark tokens for a reader whose system asks for dark and who chose nothing here.

    The block stays the only place where dark colours are written.
    """

    def repeated(match: re.Match[str]) -> str:
        body = match["body"]
        return (
            f"{match[0]}\n  @media (prefers-color-scheme: dark) {{\n"
            f"  :root:not([data-theme]) {{{body}}}\n  }}"
        )

    return DARK_BLOCK.sub(repeated, css)


def compact(css: str) -> str:
    """Drop comments, indentation and empty lines: readable sources, small answers."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    lines = (re.sub(r"\s+", " ", line).strip() for line in css.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def sheet_sources(sources: Path, parts: tuple[str, ...]) -> list[Path]:
    """Files of one sheet in their order. A part is a folder, or the start of file names in one."""
    found: list[Path] = []
    for part in parts:
        folder, _, prefix = part.partition("/")
        found += sorted((sources / "css" / folder).glob(f"{prefix}*.css"))
    return found


def font_faces(node_modules: Path, *, base: str) -> tuple[str, list[Path]]:
    """The @font-face rules and the woff2 files they name. Addresses start with ``base``."""
    rules: list[str] = []
    files: list[Path] = []
    for family in FAMILIES:
        folder = node_modules / "@fontsource" / family.package
        ranges_file = folder / "unicode.json"
        if not ranges_file.is_file():
            raise AssetsMissing(f"@fontsource/{family.package}")
        ranges = json.loads(ranges_file.read_text(encoding="utf-8"))
        for subset in family.subsets:
            for weight in WEIGHTS:
                file = folder / "files" / f"{family.package}-{subset}-{weight}-normal.woff2"
                if not file.is_file():
                    raise AssetsMissing(f"@fontsource/{family.package}: {file.name}")
                files.append(file)
                rules.append(
                    f'@font-face{{font-family:"{family.family}";font-weight:{weight};'
                    f"font-style:normal;font-display:swap;"
                    f'src:url("{base}{file.name}") format("woff2");'
                    f"unicode-range:{ranges[subset]}}}"
                )
    return "\n".join(rules) + "\n", files


def fingerprint(files: list[Path]) -> str:
    """Hash of names, sizes and contents of all inputs."""
    digest = hashlib.sha256(BUILDER_VERSION.encode())
    for file in files:
        digest.update(file.name.encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def build(*, sources: Path, node_modules: Path, target: Path, force: bool = False) -> bool:
    """Write css/, fonts/ and js/ under ``target``. Returns False when nothing had changed.

    Raises: AssetsMissing when a package is not installed.
    """
    faces, fonts = font_faces(node_modules, base="../fonts/")
    scripts = {name: node_modules / package / path for name, (package, path) in SCRIPTS.items()}
    for name, file in scripts.items():
        if not file.is_file():
            raise AssetsMissing(f"{name}: {SCRIPTS[name][0]}")
    sheets = {name: sheet_sources(sources, parts) for name, parts in SHEETS.items()}
    inputs = [file for files in sheets.values() for file in files] + fonts + list(scripts.values())
    mark = target / ".inputs"
    print_of_inputs = fingerprint(inputs)
    if not force and mark.is_file() and mark.read_text(encoding="utf-8") == print_of_inputs:
        return False
    for folder in ("css", "fonts", "js"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    for name, files in sheets.items():
        css = "\n".join(file.read_text(encoding="utf-8") for file in files)
        if name == "core":
            css = dark_by_system(css)
        # @layer must be named before the faces, and the faces belong to the first sheet. The PDF
        # worker gets its faces from reporting.pdf.fonts: whole families, and only those in use.
        head = faces if name == "core" else ""
        layers = "@layer reset, tokens, base, layout, parts, screens, print;\n"
        css = layers + head + compact(css)
        (target / "css" / f"{name}.css").write_text(css, encoding="utf-8")
    for file in fonts:
        shutil.copyfile(file, target / "fonts" / file.name)
    for name, file in scripts.items():
        shutil.copyfile(file, target / "js" / name)
    mark.write_text(print_of_inputs, encoding="utf-8")
    return True
