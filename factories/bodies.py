"""Names of the committees of law in the reader's language.

A committee is mostly recorded under the name the law gives it, which is not a person's own words
and so may be told in another language. Any other name stays as it was written.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Promise] = {
    "Participation Committee": _("Participation Committee"),
    "Safety Committee": _("Safety Committee"),
    "Joint labour committee": _("Joint labour committee"),
    "Periodic meetings of employer and union": _("Periodic meetings of employer and union"),
    "Occupational safety and health committee": _("Occupational safety and health committee"),
    "Occupational safety and health council": _("Occupational safety and health council"),
    "Workplace dialogue": _("Workplace dialogue"),
    "Shop stewards": _("Shop stewards"),
    "Works Council": _("Works Council"),
    "Employees' Council": _("Employees' Council"),
    "Social partnership commission": _("Social partnership commission"),
}


def name_of(recorded: str) -> str:
    """The name in the language in force; a name that no law gives is left as it is."""
    return str(NAMES.get(recorded.strip(), recorded))
