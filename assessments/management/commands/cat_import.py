"""`manage.py cat_import`: a workbook or YAML file into a draft of a programme's tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from assessments.exchange import ExchangeError
from assessments.services.tool_exchange import Taken, import_tool
from betterwork.accounts.models import User
from betterwork.errors import DomainError
from betterwork.refusals import sentence
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme


class Command(BaseCommand):
    help = (
        "Take a file of cat_export into a draft. A file with a fault is refused with sheet, row,"
        " column and reason of each, and nothing is loaded."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--programme", required=True, metavar="XX")
        parser.add_argument("--dry-run", action="store_true", help="try everything, keep nothing")
        parser.add_argument("--label", default="", help="of the draft, if not the one in the file")
        parser.add_argument("--by", default="", metavar="EMAIL", help="who wrote the changes")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["programme"]
        with scope.anonymous_scope():
            programme = Programme.objects.filter(code=code).first()
        if programme is None:
            raise CommandError(f"No programme {code}.")
        try:
            content = Path(options["file"]).read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        with scope.programme_scope(programme.pk):
            try:
                taken = import_tool(
                    content=content,
                    by=_person(options["by"]),
                    now=timezone.now(),
                    label=options["label"],
                    dry_run=options["dry_run"],
                )
            except ExchangeError as error:
                raise CommandError(f"Nothing was loaded.\n{error}") from error
            except DomainError as error:
                raise CommandError(f"Nothing was loaded. {sentence(error)}") from error
        if options["verbosity"]:
            self.stdout.write(("dry run: " if options["dry_run"] else "") + _told(taken))


def _person(email: str) -> int | None:
    if not email:
        return None
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise CommandError(f"No person {email}.")
    return int(user.pk)


def _told(taken: Taken) -> str:
    if taken.is_same:
        return f"{taken.label}: nothing differs"
    parts = [
        f"{len(keys)} {word}"
        for word, keys in (
            ("added", taken.added),
            ("changed", taken.changed),
            ("left out", taken.left_out),
            ("moved", taken.moved),
            ("periods of law proposed", taken.law),
        )
        if keys
    ]
    begun = "new draft" if taken.is_new_draft else "draft"
    return f"{taken.label} ({begun}): " + (", ".join(parts) or "its description differs")
