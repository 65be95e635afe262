"""`manage.py cat_stats`: how much the library holds, by country, cluster, point, kind and state."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments import library


class Command(BaseCommand):
    help = "Count the Compliance Assessment Tool in assessments/content; no database is asked."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--country", action="append", default=[], metavar="XX")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = library.load()
        except library.LibraryError as error:
            raise CommandError(f"The library has faults.\n{error}") from error
        try:
            counted = library.counts(content, options["country"] or None)
        except KeyError as error:
            raise CommandError(f"No tool for {error.args[0]}.") from error
        if options["json"]:
            self.stdout.write(json.dumps(counted, ensure_ascii=False, indent=1))
            return
        for name, part in {"library": counted["library"], **counted["countries"]}.items():
            kinds = ", ".join(f"{number} {kind}" for kind, number in part["kinds"].items())
            self.stdout.write(f"{name}: {part['questions']} questions ({kinds})")
            for language, states in part["strings"].items():
                numbers = ", ".join(f"{number} {state}" for state, number in states.items())
                self.stdout.write(f"  {language}: {numbers}")
