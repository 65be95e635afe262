"""The rule sets whose numbers a programme may change, by the key they are stored under.

They live in the apps above this one, so the project's settings name them (PROGRAMME_RULES).
"""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from betterwork.rules.settings import ProgrammeSettings


@cache
def rule_sets() -> dict[str, type[ProgrammeSettings]]:
    """Key -> the class that documents and checks the numbers, in the order they are shown."""
    return {key: import_string(path) for key, path in settings.PROGRAMME_RULES.items()}
