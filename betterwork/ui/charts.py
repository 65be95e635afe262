"""Charts as SVG, made on the server: the same in page and PDF."""
from __future__ import annotations
from collections.abc import Iterable
from django.utils.safestring import SafeString
from . import parts
def thread(value: parts.Thread, *, for_print: bool = False) -> SafeString:
    raise NotImplementedError
def meter(segments: Iterable[parts.Segment], *, label: str = "", for_print: bool = False) -> SafeString:
    raise NotImplementedError
