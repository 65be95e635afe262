"""What a PDF file holds, for tests: maps of letters, structure, embedded fonts, pictures."""

import io
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops, ImageFilter

MAPPED = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")


def reader(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


def fonts(data: bytes) -> list[Any]:
    """Font dictionaries, each once."""
    found = {}
    for page in reader(data).pages:
        for reference in page["/Resources"]["/Font"].values():
            found[reference.idnum] = reference.get_object()
    return list(found.values())


def letters_of(font: Any) -> dict[int, str]:
    """Code -> text, from the ToUnicode map."""
    lines = MAPPED.findall(font["/ToUnicode"].get_data().split(b"endcodespacerange")[1])
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in lines}


def embedded(font: Any) -> TTFont:
    descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
    return TTFont(io.BytesIO(descriptor["/FontFile2"].get_data()))


def widths_of(font: Any) -> dict[int, float]:
    """Code -> width in 1/1000 of the font size, from the W array."""
    found: dict[int, float] = {}
    array = list(font["/DescendantFonts"][0].get_object()["/W"])
    for first, widths in zip(array[::2], array[1::2], strict=True):
        found.update(enumerate((float(width) for width in widths), start=int(first)))
    return found


def marked_content(data: bytes) -> list[tuple[int, int, int]]:
    """Per page: identifiers of marked content, sequences begun, sequences ended."""
    found = []
    for page in reader(data).pages:
        content = page.get_contents().get_data()
        found.append(
            (
                content.count(b"/MCID"),
                len(re.findall(rb"\bB[DM]C\b", content)),
                content.count(b"EMC"),
            )
        )
    return found


def structure(data: bytes) -> Iterator[Any]:
    """All structure elements."""
    left = [reader(data).trailer["/Root"]["/StructTreeRoot"]]
    while left:
        element = left.pop()
        yield element
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            if isinstance(kid := kid.get_object(), dict) and "/S" in kid:
                left.append(kid)


def pictures(data: bytes, dpi: int) -> list[Image.Image]:
    """Pages as poppler draws them, grey. (pdfium moves words after an empty string in TJ, which
    WeasyPrint writes, so it cannot be the judge of what WeasyPrint meant.)"""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.pdf"
        file.write_bytes(data)
        subprocess.run(
            ["pdftoppm", "-r", str(dpi), "-gray", file, Path(folder) / "page"], check=True
        )
        return [Image.open(io.BytesIO(p.read_bytes())) for p in sorted(Path(folder).glob("*.pgm"))]


def share_of_moved_ink(one: bytes, other: bytes, dpi: int = 150) -> float:
    """Share (0-1) of dark pixels of either file with nothing dark within one pixel in the other."""
    moved = ink = 0
    for first, second in zip(pictures(one, dpi), pictures(other, dpi), strict=True):
        for here, there in ((first, second), (second, first)):
            dark = here.point(lambda grey: 255 * (grey < 96))
            empty = there.filter(ImageFilter.MinFilter(3)).point(lambda grey: 255 * (grey > 160))
            moved += ImageChops.multiply(dark, empty).histogram()[255]
            ink += dark.histogram()[255]
    return moved / ink
