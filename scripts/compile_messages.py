"""Compile locale/*/LC_MESSAGES/*.po into .mo files, without the gettext programs.

A file is compiled when its .po is newer. Fuzzy entries are left out, as msgfmt does.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent


def compile_catalogue(source: Path) -> bool:
    """Compile one file if it needs it. Returns whether it did."""
    target = source.with_suffix(".mo")
    # Equal times count as old: an edit can follow a compilation within the clock's tick.
    if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
        return False
    catalogue = polib.pofile(str(source), encoding="utf-8")
    # Written beside and moved: a running server must not read half a file.
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    catalogue.save_as_mofile(str(partial))
    partial.replace(target)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="say nothing when all went well")
    options = parser.parse_args()
    sources = sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po"))
    compiled = 0
    for source in sources:
        try:
            compiled += compile_catalogue(source)
        except (OSError, ValueError) as error:
            print(f"{source.relative_to(ROOT)}: {error}", file=sys.stderr)
            return 1
    if not options.quiet:
        print(f"{compiled} of {len(sources)} message files compiled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
