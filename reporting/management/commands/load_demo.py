"""`manage.py load_demo`: fictitious factories and people in three programmes. Safe to run again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reporting.demo import world


class Command(BaseCommand):
    help = "Load the demo, unless it is there already."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is not for servers: DEMO is off in these settings.")
        built = world.load(timezone.localdate())
        if options["verbosity"]:
            self.stdout.write(
                f"Demo loaded: {', '.join(built)}" if built else "Demo is there already."
            )
