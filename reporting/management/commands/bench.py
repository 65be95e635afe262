"""`manage.py bench`: measure the budgets of docs/benchmark.md at two sizes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from betterwork.stores import StoresError
from reporting.bench import run
from reporting.bench.stage import StageError

SIZES = "100,5000"


class Command(BaseCommand):
    help = "Measure the budgets: one line each, `name value unit limit ok|over`."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--sizes", default=SIZES, help="assessments of both worlds: 100,1000")
        add("--rounds", type=int, help="rounds of each measure, instead of its own")
        add("--only", help="only the works whose name contains this")
        add("--json", action="store_true", help="one JSON document with all figures")
        add("--fresh", action="store_true", help="make the kept worlds anew")
        add("--var", type=Path, help="where the worlds are kept (var/bench)")

    def handle(self, *args: Any, **options: Any) -> None:
        sizes = self._sizes(options["sizes"])
        wanted = options["only"] or ""
        found = []
        try:
            for line in run.run(
                sizes,
                var_dir=options["var"] or settings.VAR_DIR / "bench",
                say=lambda text: self.stderr.write(f"# {text}"),
                rounds=options["rounds"],
                fresh=options["fresh"],
                only=lambda name: wanted in name,
            ):
                found.append(line.as_json())
                if not options["json"]:
                    self.stdout.write(str(line))
                    self.stdout.flush()
                if line.why:
                    self.stderr.write(f"# {line.name}: {line.why}")
        except (StoresError, StageError, run.Broken) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"sizes": sizes, "lines": found}, indent=1))

    def _sizes(self, text: str) -> list[int]:
        try:
            sizes = [int(part) for part in text.split(",")]
        except ValueError:
            sizes = []
        if len(sizes) != 2 or not 1 <= sizes[0] <= sizes[1]:
            raise CommandError("Give two sizes, the smaller first: --sizes 100,1000")
        return sizes
