"""List the demo's people with what they sign in with: one line, or one object, per hat."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from betterwork.accounts.demo import DEMO_PASSWORD
from betterwork.accounts.models import Membership
from betterwork.tenancy import scope

COLUMNS = ("role", "programme", "email", "password", "name", "factory")


def demo_hats() -> list[dict[str, str]]:
    """Hats of the demo's people, by programme and role. Call inside a platform scope."""
    hats = Membership.objects.filter(user__is_demo=True, ended_at__isnull=True)
    rows = hats.select_related("user", "programme", "factory").order_by(
        "programme__code", "role", "created_at", "user__email"
    )
    return [
        {
            "role": hat.role,
            "programme": hat.programme.code if hat.programme else "",
            "email": hat.user.email,
            "password": DEMO_PASSWORD,
            "name": hat.user.full_name,
            "factory": hat.factory.name if hat.factory else "",
        }
        for hat in rows
    ]


class Command(BaseCommand):
    help = "List role, programme, e-mail and password of the demo's people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="a list of objects")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("There is no demo here: the setting DEMO is off.")
        with scope.platform_scope():
            rows = demo_hats()
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        if not rows:
            self.stdout.write("No demo people yet. Load the demo first: manage.py load_demo")
            return
        # One a role is enough to read; the list in full is in the JSON.
        rows = list({(row["programme"], row["role"]): row for row in reversed(rows)}.values())[::-1]
        shown = COLUMNS[:4]
        widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in shown}
        for row in [{name: name for name in shown}, *rows]:
            self.stdout.write("  ".join(row[name].ljust(widths[name]) for name in shown).rstrip())
