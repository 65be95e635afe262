"""Public holidays of a country, from the package `holidays` without its 250 other calendars.

Any one of its countries is imported through a package that imports all of them: 8 MB in each
process that asks for a day, though each country is a module of its own.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

_ALL = "holidays.countries"


def country_holidays(country: str, **options: Any) -> Any:
    """As `holidays.country_holidays`. Raises: NotImplementedError for an unknown country."""
    return _holidays().country_holidays(country, **options)


@cache
def _holidays() -> ModuleType:
    import holidays  # slow, and few pages need it

    if _ALL not in sys.modules:
        # Its modules are found under the same name; only those that are asked for are read.
        spec = importlib.machinery.ModuleSpec(_ALL, None, is_package=True)
        spec.submodule_search_locations = [str(Path(holidays.__file__).parent / "countries")]
        sys.modules[_ALL] = importlib.util.module_from_spec(spec)
    return holidays
