"""`manage.py cat_export`: a version of a programme's tool as a workbook or as YAML."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from assessments.exchange import ExchangeError
from assessments.models import ToolVersion
from assessments.services.tool_exchange import FORMATS, export_tool
from assessments.tool import version_in_force
from betterwork.errors import DomainError
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme


class Command(BaseCommand):
    help = "Write a version of a country's tool, with its law, to a file for lawyers to work in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--country", required=True, metavar="XX", help="code of the programme")
        parser.add_argument("--format", choices=FORMATS, required=True)
        parser.add_argument("-o", "--output", required=True, metavar="FILE")
        parser.add_argument("--label", default="", help="a version, if not the one in force")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["country"]
        with scope.anonymous_scope():
            programme = Programme.objects.filter(code=code).first()
        if programme is None:
            raise CommandError(f"No programme {code}.")
        with scope.programme_scope(programme.pk):
            version = _version(options["label"], timezone.localdate())
            try:
                content = export_tool(version_id=version.pk, format=options["format"])
            except ExchangeError as error:
                raise CommandError(str(error)) from error
        Path(options["output"]).write_bytes(content)
        if options["verbosity"]:
            self.stdout.write(f"{version.label}: {len(content)} bytes to {options['output']}")


def _version(label: str, today: date) -> ToolVersion:
    if not label:
        try:
            return version_in_force(today)
        except DomainError as error:
            raise CommandError("No version is in force.") from error
    version: ToolVersion | None = ToolVersion.objects.filter(label=label).first()
    if version is None:
        raise CommandError(f"No version {label}.")
    return version
