"""What WeasyPrint and pydyf do more often, or keep longer, than a document needs. Same bytes.

- The browser's sheet gives every element six pseudo-elements (a marker, calls and marks of notes):
  21,000 styles for a report of thirty pages, a third of its memory, of which a few hundred are
  drawn. Here only elements that can have one get it.
- pydyf makes every compressed stream twice, once for the file and once for its identifier, counts
  the references of all pages anew for each tag, and gives each of its objects a dictionary of four
  values that are nearly always the same.
- fontTools' own subsetter is imported though HarfBuzz does its work.
"""

import importlib
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

NOTES = re.compile(r"^::(?:foot)?note-[^{]*\{[^}]*\}\n", re.MULTILINE)
MARKERS = re.compile(r"^::marker(?= *\{)", re.MULTILINE)
# A document that says one of these words may draw notes, or lists of other elements than <li>.
USES_NOTES, USES_LISTS = re.compile(r"\bfootnote\b|\bnote\("), re.compile(r"\blist-item\b")
SELDOM_NEEDED = ("fontTools.subset", "fontTools.varLib.instancer")


@cache
def browser_sheet(*, with_notes: bool, with_lists: bool) -> Any:
    """WeasyPrint's sheet of a browser without the pseudo-elements that are not asked for."""
    from weasyprint import CSS, html

    css = html.UA if with_notes else NOTES.sub("", html.UA)
    if not with_lists:
        css = MARKERS.sub("li::marker", css)
    return CSS(string=css, counter_style=html.UA_COUNTER_STYLE.copy())


def sheets_for(*texts: str) -> list[Any]:
    """The browser's sheets for a document and its own style sheets."""
    return [
        browser_sheet(
            with_notes=any(USES_NOTES.search(text) for text in texts),
            with_lists=any(USES_LISTS.search(text) for text in texts),
        )
    ]


def press_streams(pdf: Any) -> None:
    """Compress the streams of a finished PDF, once: what they are made of is given back."""
    import pydyf

    for item in pdf.objects:
        if isinstance(item, pydyf.Stream) and item.compress:
            # As pydyf does it, so that the file is the same to the byte.
            press = zlib.compressobj(level=9)
            content = b"\n".join(pydyf._to_bytes(part) for part in item.stream)
            item.stream = [press.compress(content) + press.flush()]
            item.extra = pydyf.Dictionary(dict(item.extra) | {"Filter": "/FlateDecode"})
            item.compress = False


@contextmanager
def lean_objects() -> Iterator[None]:
    """Slimmer objects of pydyf inside the block. Not to be entered by two threads at once."""
    import pydyf

    known: dict[tuple[int, int], tuple[bytes, ...]] = {}

    def page_references(pdf: Any) -> tuple[bytes, ...]:
        kids = pdf.pages["Kids"]
        key = id(pdf), len(kids)
        if key not in known:
            known.clear()
            known[key] = tuple(f"{number} 0 R".encode("ascii") for number in kids[::3])
        return known[key]

    defaults = {"number": None, "offset": 0, "generation": 0, "free": "n"}
    before, counted = pydyf.Object.__init__, pydyf.PDF.page_references
    for name, value in defaults.items():
        setattr(pydyf.Object, name, value)
    pydyf.Object.__init__ = lambda _self: None
    pydyf.PDF.page_references = property(page_references)
    try:
        yield
    finally:
        pydyf.Object.__init__, pydyf.PDF.page_references = before, counted
        for name in defaults:
            delattr(pydyf.Object, name)


@contextmanager
def late_imports() -> Iterator[None]:
    """Stand-ins for modules that WeasyPrint imports and, with HarfBuzz at hand, never calls."""
    absent = [name for name in SELDOM_NEEDED if name not in sys.modules]
    stands = {name: _Later(name) for name in absent}
    sys.modules.update(stands)
    try:
        yield
    finally:
        for name, stand in stands.items():
            if sys.modules.get(name) is stand:
                del sys.modules[name]
            package, _, last = name.rpartition(".")
            parent = sys.modules.get(package)
            if parent is not None and vars(parent).get(last) is stand:
                delattr(parent, last)


class _Later(ModuleType):
    """A module that is imported when one of its functions is called or its classes are made."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def act(*args: Any, **kwargs: Any) -> Any:
            return getattr(importlib.import_module(self.__name__), name)(*args, **kwargs)

        return act
