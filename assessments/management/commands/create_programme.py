"""`manage.py create_programme KH --manager name@example.org`: a programme with its tool published.

Safe to repeat. Without `--manager` the programme is there and nobody belongs to it yet; its first
manager, invited by mail, invites everyone else.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from assessments import loading
from assessments.library import LibraryError
from betterwork.accounts.models import Role
from betterwork.accounts.services import invite_person
from betterwork.errors import DomainError
from betterwork.tenancy import scope


class Command(BaseCommand):
    help = "Make the programme of a country, publish its tool, and invite its first manager."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("country", type=str.upper, help=", ".join(loading.COUNTRIES))
        parser.add_argument("--manager", default="", help="e-mail of the first programme manager")
        parser.add_argument("--name", default="", help="full name of the manager")
        parser.add_argument(
            "--language",
            default="en",
            choices=[code for code, _name in settings.LANGUAGES],
            help="language of the invitation",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        country = options["country"]
        try:
            programme, is_new = loading.create_programme(country)
            if options["manager"]:
                with scope.programme_scope(programme.pk):
                    invite_person(
                        email=options["manager"],
                        full_name=options["name"],
                        language=options["language"],
                        role=Role.MANAGER,
                        invited_by=None,
                        now=timezone.now(),
                    )
        except LibraryError as error:
            raise CommandError(f"The library has faults; nothing was made.\n{error}") from error
        except DomainError as error:
            raise CommandError(_said(error, country)) from error
        self.stdout.write(f"{programme.code}: {'made' if is_new else 'was there'}, tool published.")
        if options["manager"]:
            self.stdout.write(f"{options['manager']} is invited as programme manager.")


def _said(error: DomainError, country: str) -> str:
    match error.code:
        case "no_tool_for_country":
            return f"There is no tool for {country}. Choose of: {', '.join(loading.COUNTRIES)}."
        case "tool_label_taken":
            return f"{error.facts.get('label')} is published with other content; nothing was made."
        case "already_invited":
            return "This person is already invited as programme manager."
        case "already_member":
            return "This person is already programme manager."
    raise error
