"""`manage.py load_library`: the tool, the law and the programmes, from the repository."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments import loading
from assessments.library import LibraryError
from betterwork.errors import DomainError


class Command(BaseCommand):
    help = "Load the Compliance Assessment Tool and national law from assessments/content."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = loading.load_library()
        except LibraryError as error:
            raise CommandError(f"The library has faults; nothing was loaded.\n{error}") from error
        except DomainError as error:
            raise CommandError(
                f"{error.facts.get('label')} is published with other content. Give the changed tool"
                " a new label in assessments/content/cat/countries/."
            ) from error
        if options["verbosity"]:
            self.stdout.write(", ".join(f"{name}: {count}" for name, count in written.items()))
