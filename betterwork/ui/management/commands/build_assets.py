"""Build the style sheets, fonts and scripts the pages are served with."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from betterwork.ui import assets


class Command(BaseCommand):
    """Collect assets into ASSETS_DIR; does nothing when no input has changed."""

    help = "Build style sheets, fonts and scripts into ASSETS_DIR."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="Build even if nothing changed.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            built = assets.build(
                sources=Path(settings.BASE_DIR) / "static",
                node_modules=Path(settings.NODE_MODULES),
                target=Path(settings.ASSETS_DIR),
                force=options["force"],
            )
        except assets.AssetsMissing as missing:
            raise CommandError(f"{missing} is not installed: run npm ci first.") from missing
        if options["verbosity"]:
            self.stdout.write("Assets built." if built else "Assets are up to date.")
