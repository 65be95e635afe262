"""`manage.py generate_assessments 5000 --programme BD`: a large invented world, for measuring."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from reporting.demo import scale


class Command(BaseCommand):
    help = "Make released assessments with all their answers. Not for servers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("--programme", default="BD")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Invented assessments do not belong on a server: DEMO is off.")
        if options["count"] < 1:
            raise CommandError("Ask for at least one assessment.")
        with scope.anonymous_scope():
            programme = Programme.objects.filter(code=options["programme"]).first()
        if programme is None:
            raise CommandError(f"There is no programme {options['programme']}.")
        started = time.perf_counter()
        with scope.programme_scope(programme.pk):
            ids = scale.generate(
                options["count"], today=timezone.localdate(), on_progress=self._tell
            )
        seconds = time.perf_counter() - started
        self.stdout.write(f"{len(ids)} assessments in {seconds:.0f} s")

    def _tell(self, done: int, total: int) -> None:
        if done % 1000 == 0:
            self.stdout.write(f"{done} of {total}")
