"""What must be in place before the servers of `make run` start, in one process.

Each step is safe to repeat and quick when there is nothing to do. They share a process because
starting Django takes longer than any of them does the second time.

    python -m betterwork.boot [--json]     prepare; print the demo logins
"""

from __future__ import annotations

import io
import os
import sys
import time

import django
from django.core.management import call_command, get_commands

# Name, what it tells, arguments. A command that an installation leaves out is left out here too.
STEPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("build_assets", "style sheets and fonts", ()),
    ("collectstatic", "static files", ("--noinput",)),
    ("migrate", "database schema", ("--database=owner", "--noinput")),
    ("load_library", "assessment tool and law", ()),
    ("load_demo", "demo data", ()),
)


def prepare() -> None:
    """Run every step that exists here. A step that fails raises its own error."""
    for name, label, arguments in STEPS:
        if name not in get_commands():
            continue
        print(f"boot   | {label} ...", flush=True)
        started = time.monotonic()
        output = io.StringIO()
        try:
            call_command(name, *arguments, stdout=output, verbosity=1)
        except BaseException:
            print(output.getvalue(), flush=True)
            raise
        print(f"boot   | {label}: done in {time.monotonic() - started:.1f} s", flush=True)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "betterwork.settings.dev")
    django.setup()
    prepare()
    if "demo_logins" in get_commands():
        print(flush=True)
        call_command("demo_logins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
