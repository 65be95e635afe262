"""The checker of the tool: what is wrong, or might be, in a version."""

from __future__ import annotations

from .findings import Finding, Severity

__all__ = ["Finding", "Severity"]
