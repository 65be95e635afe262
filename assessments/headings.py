"""Headings of the guidance in the languages of the tools, which are more than those of the pages.

Pure Python: reads `assessments/content/cat/headings.yaml` once.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import yaml

from .library import CONTENT, DEFAULT_LANGUAGE, GUIDANCE

FILE = CONTENT / "cat" / "headings.yaml"


@functools.cache
def _headings() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


@functools.cache
def guidance_headings(language: str) -> Mapping[str, str]:
    """Heading of each guidance list (`look_at`, `ask`, ...), in English where it has none."""
    return {
        name: _headings()[name].get(language) or _headings()[name][DEFAULT_LANGUAGE]
        for name in GUIDANCE
    }
