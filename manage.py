#!/usr/bin/env python3
"""Django's command-line utility for Betterwork."""

import importlib.util
import os
import sys
from pathlib import Path

OWN_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def run_in_own_environment() -> None:
    """Outside the project's environment, start again inside it; returns where that is no help.

    `make setup` keeps the packages in .venv, so that `./manage.py` works without activating it.
    """
    if importlib.util.find_spec("django") is not None:
        return
    inside = Path(sys.prefix).resolve() == OWN_PYTHON.parents[1].resolve()
    if inside or not OWN_PYTHON.exists():
        sys.exit("Django is not installed here. Run make setup first: it fills .venv.")
    os.execv(OWN_PYTHON, [str(OWN_PYTHON), *sys.argv])  # noqa: S606 - the same program again


def main() -> None:
    run_in_own_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "betterwork.settings.dev")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
