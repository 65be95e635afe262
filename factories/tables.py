"""Lists as files, for the apps from here up; the writing itself is in betterwork.tables."""

from __future__ import annotations

from betterwork.tables import FORMATS, file_response, safe_cell

__all__ = ["FORMATS", "file_response", "safe_cell"]
