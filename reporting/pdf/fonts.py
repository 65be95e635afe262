"""The fonts of a PDF: the project's own files and nothing else.

Fontconfig normally offers every font of the machine and of the user's folder as a fallback, so
the same report would look different on every server (once, a font in a user's folder drew the
digits). `only_our_fonts` hides them all; `style_sheet` then gives WeasyPrint the faces that a
text needs, and only those, because each face costs time.
"""

import io
import logging
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from betterwork.ui.assets import FAMILIES, WEIGHTS
from reporting.pdf.errors import FontFileMissing

# Several directories are separated as in PATH. Without it: built assets, then npm packages.
DIRECTORIES_VARIABLE = "BETTERWORK_PDF_FONTS"
PROJECT = Path(__file__).resolve().parents[2]
URL_PREFIX = "betterwork-font:///"
FAMILY_NAMES = tuple(family.family for family in FAMILIES)
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><cachedir>{folder}</cachedir></fontconfig>
"""


def default_directories() -> tuple[Path, ...]:
    """Directories that may hold the woff2 files, best first. They need not exist."""
    if named := os.environ.get(DIRECTORIES_VARIABLE):
        return tuple(Path(part) for part in named.split(os.pathsep) if part)
    built = Path(os.environ.get("BETTERWORK_VAR", PROJECT / "var")) / "assets" / "fonts"
    packages = PROJECT / "node_modules" / "@fontsource"
    return (built, *(packages / family.package / "files" for family in FAMILIES))


@cache
def code_points(path: Path) -> frozenset[int]:
    """Code points that a woff2 file draws: its own table, not the range a style sheet declares."""
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font["cmap"].getBestCmap())


@cache
def unpacked(path: Path) -> bytes:
    """TrueType bytes of a woff2 file: 50 to 150 ms each, so once per process."""
    from fontTools.ttLib import woff2

    out = io.BytesIO()
    with path.open("rb") as file:
        woff2.decompress(file, out)
    return out.getvalue()


@cache
def merged(paths: tuple[Path, ...]) -> bytes:
    """One TrueType font of several subsets of a family: 0.2 s, so once per process.

    A word such as "Việt" takes letters from two subsets. As two fonts it would be kerned badly,
    and pdfium would read it as two words.
    """
    if len(paths) == 1:
        return unpacked(paths[0])
    from fontTools.merge import Merger, Options

    # Hints: WeasyPrint drops them, and programs of several files cannot be joined.
    options = Options(drop_tables=["cvt ", "fpgm", "prep", "gasp", "STAT"])
    chatter = logging.getLogger("fontTools.merge")
    level = chatter.level
    chatter.setLevel(logging.ERROR)
    try:
        font = Merger(options).merge([io.BytesIO(unpacked(path)) for path in paths])
    finally:
        chatter.setLevel(level)
    for name in font.getGlyphOrder():
        font["glyf"][name].removeHinting()
    # No clock in the file, or every process would embed other bytes.
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = 0
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


@dataclass(frozen=True)
class Face:
    """What a document needs of a family in one weight: a font of one or more subset files."""

    family: str
    weight: int
    paths: tuple[Path, ...]

    @property
    def url(self) -> str:
        return URL_PREFIX + "+".join(path.stem for path in self.paths) + ".ttf"


class FontStore:
    """The project's font files in some directories.

    Raises: FontFileMissing when a file of `betterwork.ui.assets.FAMILIES` is in none of them.
    """

    def __init__(self, directories: Sequence[Path]) -> None:
        self.files = {
            (family.family, subset, weight): self._find(
                directories, f"{family.package}-{subset}-{weight}-normal.woff2"
            )
            for family in FAMILIES
            for subset in family.subsets
            for weight in WEIGHTS
        }
        self._names = {path.name: path for path in self.files.values()}

    @staticmethod
    def _find(directories: Sequence[Path], name: str) -> Path:
        for directory in directories:
            if (path := directory / name).is_file():
                return path
        raise FontFileMissing(name, [str(directory) for directory in directories])

    def faces_for(self, text: str) -> list[Face]:
        """Faces of the subsets that are the first to draw some character of the text.

        Both weights of a family, or neither. Nearly every file draws the space, so asking for
        any common character would give all of them.
        """
        left, faces = set(map(ord, text)), []
        for family in FAMILIES:
            subsets = []
            for subset in family.subsets:
                drawn = left & code_points(self.files[family.family, subset, WEIGHTS[0]])
                left -= drawn
                if drawn:
                    subsets.append(subset)
            faces += [
                Face(
                    family.family,
                    weight,
                    tuple(self.files[family.family, subset, weight] for subset in subsets),
                )
                for weight in WEIGHTS
                if subsets
            ]
        return faces

    def style_sheet(self, text: str) -> str:
        """@font-face rules for a text, and the project's families as the default of the root.

        The text is anything that holds all characters to be drawn, such as the whole HTML.
        """
        rules = [
            f'@font-face{{font-family:"{face.family}";font-weight:{face.weight};'
            f'src:url("{face.url}") format("truetype")}}'
            for face in self.faces_for(text)
        ]
        families = ", ".join(f'"{name}"' for name in FAMILY_NAMES)
        return "\n".join([*rules, f":root{{font-family:{families}}}"])

    def read(self, url: str) -> bytes:
        """TrueType bytes behind an address of `style_sheet`. Raises: KeyError."""
        stems = url.removeprefix(URL_PREFIX).removesuffix(".ttf").split("+")
        return merged(tuple(self._names[f"{stem}.woff2"] for stem in stems))

    def has_file(self, path: Path) -> bool:
        """Whether a file is one of the store's own, by name: a copy in another place counts."""
        return path.name in self._names


@cache
def default_store() -> FontStore:
    """The store of this installation. Raises: FontFileMissing."""
    return FontStore(default_directories())


@contextmanager
def only_our_fonts() -> Iterator[None]:
    """Hide all installed fonts from font configurations made inside the block.

    The variable is put back afterwards, because programs started by this process (a browser in
    a test) inherit it and would lose their fonts.
    """
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(_empty_configuration())
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("FONTCONFIG_FILE", None)
        else:
            os.environ["FONTCONFIG_FILE"] = before


@cache
def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    # Kept for the life of the process, removed by its finalizer at exit.
    return tempfile.TemporaryDirectory(prefix="betterwork-fonts-")


def _empty_configuration() -> Path:
    folder = Path(_temporary_folder().name)
    path = folder / "fonts.conf"
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        path.write_text(FONTS_CONF.format(folder=folder / "cache"), encoding="utf-8")
    return path


REFERENCE = re.compile(r"&#(x[0-9a-fA-F]+|[0-9]+);")


def drawn_characters(html: str, extra: Iterable[str] = ()) -> str:
    """The HTML with what it draws without writing it: references, bullets, ellipsis, quotes."""
    references = "".join(
        chr(min(int(code[1:], 16) if code[0] == "x" else int(code), 0x10FFFF))
        for code in REFERENCE.findall(html)
    )
    # Quotation marks, bullets, dashes and ellipsis come from style sheets; &nbsp; from HTML.
    return html + references + "•◦▪‣–—…‘’“”«»\u00a0" + "".join(extra)
