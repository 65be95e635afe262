"""`manage.py cat_check`: the checker over the library in the repository; no database is asked."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments import checking, library
from assessments.checking import Finding, Severity

# What is found in a country's tool and in the global question alike is said once.
LIBRARY = "library"


@dataclass(frozen=True)
class Row:
    """One finding, and whether it concerns the library or a country's tool."""

    scope: str
    finding: Finding

    def plain(self) -> dict[str, str]:
        found = self.finding
        return {
            "scope": self.scope,
            "code": found.code,
            "severity": found.severity.value,
            "lineage": found.lineage,
            "language": found.language,
            "field": found.field,
            "message": found.message,
        }


class Command(BaseCommand):
    help = (
        "Check the Compliance Assessment Tool and the law in assessments/content. Exit code 1 if"
        " there is an error; warnings and gaps are listed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--country", action="append", default=[], metavar="XX")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
        parser.add_argument("--gaps", action="store_true", help="list gaps too, not their number")

    def handle(self, *args: Any, **options: Any) -> None:
        content, problems = library.check()
        rows = [Row(LIBRARY, _of_file(problem)) for problem in problems if _is_global(problem)]
        if content is not None:
            rows += _rows(content, options["country"])
        counted = Counter(row.finding.severity.value for row in rows)
        errors = counted[Severity.ERROR.value]
        if options["json"]:
            made = {
                "ok": not errors,
                "counts": {severity.value: counted[severity.value] for severity in Severity},
                "findings": [row.plain() for row in rows],
            }
            self.stdout.write(json.dumps(made, ensure_ascii=False, indent=1))
        else:
            for row in rows:
                if options["gaps"] or row.finding.severity is not Severity.GAP:
                    self.stdout.write(_line(row))
            numbers = ", ".join(f"{counted[each.value]} {each.value}s" for each in Severity)
            self.stdout.write(numbers)
        if errors:
            raise CommandError(f"{errors} errors in the tool", returncode=1)


def _rows(content: library.Library, wanted: list[str]) -> list[Row]:
    unknown = sorted(set(wanted) - set(content.overlays))
    if unknown:
        known = ", ".join(sorted(content.overlays))
        raise CommandError(f"No tool for {', '.join(unknown)}; there is one for {known}.")
    found = checking.check_library(content)
    rows, said = [Row(LIBRARY, each) for each in found], set(found)
    for country in wanted or sorted(content.overlays):
        checked = checking.check_version(
            content.tool(country), content.public, known=content.questions
        )
        rows += [Row(country, each) for each in checked if each not in said]
    order = list(Severity)
    return sorted(rows, key=lambda row: order.index(row.finding.severity))


def _is_global(problem: library.Problem) -> bool:
    # A gap of one country's tool is named "OSH-EP-03 (BD)"; the checker finds it itself.
    return problem.severity == "error" or " (" not in problem.key


def _of_file(problem: library.Problem) -> Finding:
    severity = Severity.ERROR if problem.severity == "error" else Severity.GAP
    return Finding("file", severity, problem.key, "", problem.file, str(problem))


def _line(row: Row) -> str:
    found = row.finding
    place = " ".join(part for part in (found.lineage, found.language, found.field) if part)
    return f"{row.scope}: {found.severity.value}: {found.code}: {place}: {found.message}"
