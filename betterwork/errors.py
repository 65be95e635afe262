"""Refusals of the domain: a code and the facts behind it, never a sentence.

The delivery layer turns a code into a translated sentence, with the facts as placeholders.
"""

from typing import Any


class DomainError(Exception):
    """A rule refused. `code` is stable and documented; `facts` fill the sentence shown."""

    def __init__(self, code: str, **facts: Any) -> None:
        # Only the code goes to Exception.args, so that pickling (a task result) rebuilds us.
        super().__init__(code)
        self.code = code
        self.facts: dict[str, Any] = facts

    def __str__(self) -> str:
        if not self.facts:
            return self.code
        return f"{self.code}: " + ", ".join(f"{name}={value}" for name, value in self.facts.items())


class NotAllowed(DomainError):
    """The actor, or the state of the thing, does not permit the act."""
