"""How a rule says why: the rule, the fact it used, the fact's value and where the rule is from."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Because:
    """One step of an explanation.

    rule: id of the rule in docs/domain/rules, such as "C-3".
    fact: name of the fact or setting looked at.
    value: its value (a date, number, enum, text or None).
    source: key of the source in docs/domain/rules/README.md, or a legal reference.
    """

    rule: str
    fact: str
    value: Any
    source: str
