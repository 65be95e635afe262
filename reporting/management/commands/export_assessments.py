"""`manage.py export_assessments --programme BD [--out file]`: the analysts' file of answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from betterwork.asked import first_day, last_day
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from reporting.exports import analyst, services, sheets


class Command(BaseCommand):
    help = "Write every answer of a programme, one row each, as CSV or XLSX."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--programme", required=True, help="code, such as BD")
        parser.add_argument("--out", help="file to write, .csv or .xlsx; CSV on stdout without it")
        parser.add_argument("--from", dest="since", type=first_day, help="month or day")
        parser.add_argument("--to", dest="until", type=last_day, help="month or day, included")
        parser.add_argument("--released", action="store_true", help="released assessments only")
        parser.add_argument("--language", default="en", choices=[c for c, _n in settings.LANGUAGES])
        parser.add_argument(
            "--all-outcomes", action="store_true",
            help="also answers that count nowhere: not applicable, not assessed, due to law",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        with scope.anonymous_scope():
            programme = Programme.objects.filter(code=options["programme"]).first()
        if programme is None:
            raise CommandError(f"There is no programme {options['programme']}.")
        since, until = options["since"], options["until"]
        if since and until and since > until:
            raise CommandError(f"--from {since} is after --to {until}.")
        choice = analyst.Choice(
            kind=analyst.ASSESSMENT,
            language=options["language"],
            since=options["since"],
            until=options["until"],
            released_only=options["released"],
            all_outcomes=options["all_outcomes"],
        )

        def scoped() -> Any:
            return scope.programme_scope(programme.pk)

        with scoped():
            record(Action.EXPORTED, kind=choice.kind, by="command")
        if not options["out"]:
            # Line by line: the pipe behind may begin at once.
            try:
                for line in sheets.csv_lines(choice.head, analyst.all_rows(choice, scoped)):
                    self.stdout.write(line, ending="")
            except BrokenPipeError:  # the reader has seen enough, as with `| head`
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return
        path = Path(options["out"])
        if path.suffix not in {".csv", ".xlsx"}:
            raise CommandError("The file must end in .csv or .xlsx.")

        def pages() -> Any:
            after: Any = None
            while True:
                with scoped():
                    page = analyst.page_of(choice, after)
                if page is None:
                    return
                yield page.rows
                after = page.last

        if path.suffix == ".csv":
            rows = services.write_csv(path, choice, pages())
        else:
            rows = services.write_xlsx(path, choice, pages(), timezone.now())
        self.stderr.write(f"{rows} rows in {path}")
