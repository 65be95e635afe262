"""Changes of the programme's numbers: a new version each time, never an edit of an old one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction

from betterwork.errors import DomainError
from betterwork.records.services import record
from betterwork.records.vocabulary import Action

from . import rules, scope
from .models import Programme, ProgrammeSettings
from .selectors import settings_key


@transaction.atomic
def change_settings(
    *, changes: Mapping[str, Mapping[str, Any]], reason: str, valid_from: date, today: date
) -> ProgrammeSettings:
    """Write the next version of the numbers of the programme in scope.

    `changes` is `{rule set: {name: value}}`; a value equal to the rule's default is no longer
    kept, names left out keep what they have. Nothing changed returns the version in force.
    Raises: DomainError("reason_needed" | "settings_in_the_past" | "settings_out_of_order" |
    "unknown_setting"), and whatever the rule set refuses, with `group` among the facts.
    """
    if not reason.strip():
        raise DomainError("reason_needed")
    if valid_from < today:
        raise DomainError("settings_in_the_past")
    programme = scope.current_programme()
    with connection.cursor() as cursor:  # two managers at once: the second waits for the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(programme)])
    latest = ProgrammeSettings.objects.order_by("-version").first()
    # A version is found by its number first, so days may not run backwards between versions.
    if latest is not None and valid_from < latest.valid_from:
        raise DomainError("settings_out_of_order", on=latest.valid_from)
    values = {group: dict(kept) for group, kept in (latest.values if latest else {}).items()}
    known = rules.rule_sets()
    for group, changed in changes.items():
        if group not in known:
            raise DomainError("unknown_setting", names=(group,))
        try:
            whole = known[group].from_mapping({**values.get(group, {}), **changed})
        except DomainError as error:
            raise DomainError(error.code, **error.facts, group=group) from error
        values[group] = whole.changes()
    values = {group: kept for group, kept in values.items() if kept}
    if latest is not None and values == latest.values:
        return latest
    version = ProgrammeSettings.objects.create(
        version=latest.version + 1 if latest else 1,
        valid_from=valid_from,
        values=values,
        reason=reason.strip(),
        changed_by_id=scope.current().user,
    )
    record(Action.SETTINGS_CHANGED, about=version, version=version.version)
    # Also after the commit: a reader in between would put the old numbers back.
    cache.delete(settings_key(programme))
    transaction.on_commit(lambda: cache.delete(settings_key(programme)))
    return version


@transaction.atomic
def change_weekly_rest(*, weekdays: Iterable[int]) -> Programme:
    """Other weekly rest days of the programme in scope; Monday is 0. Safe to repeat.

    They hold from now on for every day that is still to be counted. Programmes are written by the
    platform alone; who asks was let in by the right to change settings, and stands in the trail.
    Raises: DomainError("rest_days_unknown" | "rest_all_week").
    """
    wanted = sorted(set(weekdays))
    if any(day not in range(7) for day in wanted):
        raise DomainError("rest_days_unknown")
    if len(wanted) == 7:
        raise DomainError("rest_all_week")
    home = scope.current_programme()
    with scope.platform_scope():
        programme = Programme.objects.select_for_update(no_key=True).get(pk=home)
        before = sorted(programme.weekly_rest or ())
        programme.weekly_rest = wanted
        if before != wanted:
            programme.save(update_fields=["weekly_rest"])
    if before != wanted:
        record(Action.SETTINGS_CHANGED, about=programme, rest_before=before, rest=wanted)
    return programme
