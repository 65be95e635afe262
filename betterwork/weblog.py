"""The web server's log with masked addresses; gunicorn names this class as its logger."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger as GunicornLogger  # type: ignore[import-untyped]

from betterwork.masking import masked


class Logger(GunicornLogger):  # type: ignore[misc]
    """Masks the address asked for, its query, and the page the request came from."""

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().atoms(*args, **kwargs)
        for name in ("r", "U", "f"):
            if isinstance(found.get(name), str):
                found[name] = masked(found[name])
        if str(found.get("U", "")).endswith("/-"):
            found["q"] = ""
        return found
