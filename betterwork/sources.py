"""The names of the sources that rules and defaults come from.

Code and documents cite a source by its key (docs/domain/rules/README.md, "Source keys"); people
read its name.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A test holds the keys against the table in the document.
NAMES: dict[str, Promise] = {
    "WM": _("the programme’s page on what it means for factories"),
    "HOW": _("the programme’s description of how it works"),
    "HD": _("the programme’s help desk"),
    "CSRP": _("a public overview of the assessment process"),
    "CSRW": _("the programme’s answers on transparency"),
    "PR1": _("the form of Progress Report 1"),
    "RMAN": _("the programme’s manual for analysts"),
    "REG": _("the registration form"),
    "DALY": _("a public copy of the Cambodian questionnaire"),
    "REPL": _("a study of seven countries"),
    "D": _("recorded by the programme"),
    "G": _("our own default"),
    "setting": _("setting of the programme"),
    "record": _("our records"),
    "calendar": _("calendar of the country"),
}


def names(keys: str) -> str:
    """The names behind keys as they are cited, such as "WM, HOW"; law stays its own reference."""
    parts = [part.strip() for part in keys.split(",")]
    if not all(part in NAMES for part in parts):
        return keys
    return "; ".join(str(NAMES[part]) for part in parts)
