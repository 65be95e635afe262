"""Import of factories: a dry run that is kept, rows mended in the page, applied without doubles.

A row is matched by OS ID, then the earlier id, then our code, then exact name and region.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from betterwork.accounts.models import User
from betterwork.accounts.selectors import people_in
from betterwork.errors import DomainError
from betterwork.queue import enqueue
from betterwork.records.models import Job
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories.models import (
    Buyer,
    EngagementCycle,
    Factory,
    FactoryBuyer,
    FactoryContact,
    FactoryStatusChange,
    ImportBatch,
    ImportRow,
    ManufacturingGroup,
    WorkforceCount,
)
from factories.rules.identifiers import new_code, os_id_country
from factories.rules.import_rows import CUSTOMERS, read_row
from factories.selectors.cycles import programme_in_scope
from factories.services import cycles
from factories.services import factories as one
from factories.sheets import Sheet, read_upload

Outcome = ImportRow.Outcome
CHUNK = 250
INLINE_ROWS = 100  # more than this is the worker's
TASK = "factories.apply_import"
# Columns that go straight into the row of the factory.
PLAIN = (
    "os_id", "legacy_id", "gateway_id", "name", "local_name", "factory_type", "isic_division",
    "began_on_year", "first_product", "second_product", "address", "office_address", "city",
    "region", "postcode", "latitude", "longitude", "phone", "fax", "email", "website", "owner_name",
    "owner_headquarters", "owner_contact", "languages", "has_dormitory", "has_migrant_workers",
    "has_trade_union", "peer_grouping",
)  # fmt: skip
KEYS = ("os_id", "legacy_id", "code")
COLUMN_OF_REFUSAL = {
    "os_id_taken": "os_id", "os_id_other_country": "os_id", "gateway_id_taken": "gateway_id",
    "legacy_id_taken": "legacy_id", "cycle_starts_too_early": "cycle_starts_on",
    "cycle_number_passed": "cycle_number",
}  # fmt: skip


@dataclass(slots=True)
class Known:
    """What the programme knows already, loaded once for all rows of a batch."""

    country: str
    programme_code: str
    by_key: dict[tuple[str, str], UUID] = field(default_factory=dict)
    by_name: dict[tuple[str, str], list[UUID]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    advisors: dict[str, int] = field(default_factory=dict)
    groups: dict[str, UUID] = field(default_factory=dict)
    buyers: dict[str, UUID] = field(default_factory=dict)
    links: dict[UUID, dict[UUID, tuple[int | None, str]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    contacts: dict[UUID, dict[str, tuple[str, str, str]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    codes: set[str] = field(default_factory=set)
    gateways: dict[str, UUID] = field(default_factory=dict)
    # The latest cycle: (number, first day).
    cycles: dict[UUID, tuple[int, date]] = field(default_factory=dict)

    def learn(self, factory_id: UUID, values: Mapping[str, Any]) -> None:
        self.rows[factory_id] = dict(values)
        self.codes.add(values["code"])
        for key in KEYS:
            if values[key]:
                self.by_key[key, values[key].casefold()] = factory_id
        if values["gateway_id"]:
            self.gateways[values["gateway_id"]] = factory_id
        self.by_name[name_key(values["name"], values["region"])].append(factory_id)


def name_key(name: str, region: str) -> tuple[str, str]:
    return " ".join(name.casefold().split()), " ".join(region.casefold().split())


def load_known() -> Known:
    """Everything rows are compared with: eight queries, whatever the file's length."""
    programme = programme_in_scope()
    known = Known(country=programme.country, programme_code=programme.code)
    columns = ("pk", "code", *PLAIN, "group_id", "advisor_id", "status", "status_reason",
               "workers_female", "workers_male", "registered_on", "merged_into_id")  # fmt: skip
    merged: dict[UUID, tuple[UUID, dict[str, Any]]] = {}
    for values in Factory.objects.order_by("pk").values(*columns):
        pk, winner = values.pop("pk"), values.pop("merged_into_id")
        if winner is None:
            known.learn(pk, values)
        else:
            merged[pk] = (winner, values)
    for winner, values in merged.values():
        # A duplicate's ids and name lead to the factory it became, not to a new one.
        while winner in merged:
            winner = merged[winner][0]
        known.codes.add(values["code"])
        for key in KEYS:
            if values[key]:
                known.by_key.setdefault((key, values[key].casefold()), winner)
        spot = name_key(values["name"], values["region"])
        if not known.by_name.get(spot):
            known.by_name[spot].append(winner)
    advisors = User.objects.filter(people_in("advisor"), is_active=True).distinct()
    for pk, email, name in advisors.values_list("pk", "email", "full_name"):
        known.advisors[email.casefold()] = pk
        known.advisors.setdefault(name.casefold(), pk)
    groups = ManufacturingGroup.objects.values_list("name", "pk")
    known.groups = {name.casefold(): pk for name, pk in groups}
    known.buyers = {name.casefold(): pk for name, pk in Buyer.objects.values_list("name", "pk")}
    for link in FactoryBuyer.objects.filter(ended_on__isnull=True):
        known.links[link.factory_id][link.buyer_id] = (link.since_year, link.relation)
    rows = EngagementCycle.objects.order_by("number")
    for pk, number, starts_on in rows.values_list("factory_id", "number", "starts_on"):
        known.cycles[pk] = (number, starts_on)
    for each in FactoryContact.objects.filter(left_on__isnull=True):
        known.contacts[each.factory_id][each.name.casefold()] = (
            each.job_title, each.phone, each.email,
        )  # fmt: skip
    return known


@dataclass(slots=True)
class Checked:
    """A row read and compared: what it would do, to which factory."""

    values: dict[str, Any]
    errors: dict[str, list[dict[str, Any]]]
    outcome: str
    factory_id: UUID | None
    changes: dict[str, Any] = field(default_factory=dict)


def check_row(cells: Mapping[str, str], known: Known, today: date) -> Checked:
    """Read one row and say whether it makes, changes, leaves or cannot. No query."""
    values, errors = read_row(cells, country=known.country, today=today)

    def wrong(column: str, code: str, **facts: Any) -> None:
        errors.setdefault(column, []).append({"code": code, "facts": facts})

    if "_extra" in cells:
        wrong("name", "import_too_many_cells", count=int(cells["_extra"]))
    if "advisor_email" in values:
        advisor = known.advisors.get(values["advisor_email"].casefold())
        if advisor is None:
            wrong("advisor_email", "import_advisor_unknown")
        values["advisor_id"] = advisor
    found: dict[UUID, str] = {}
    for key in KEYS:
        text = values.get(key, "")
        if text and (pk := known.by_key.get((key, text.casefold()))):
            found.setdefault(pk, key)
    if len(found) > 1:
        wrong(list(found.values())[1], "import_ids_disagree")
    # Our own id is drawn, never given: a code nobody has is a slip of the pen.
    if "code" in values and ("code", values["code"].casefold()) not in known.by_key:
        wrong("code", "import_code_unknown")
    factory_id = next(iter(found), None)
    if factory_id is None and "name" in values:
        same = known.by_name.get(name_key(values["name"], values.get("region", "")), [])
        if len(same) > 1:
            wrong("name", "import_name_ambiguous", count=len(same))
        # Two ids that differ are two factories, whatever they are called.
        elif same and not _ids_differ(values, known.rows[same[0]]):
            factory_id = same[0]
    _check_ids(values, known, factory_id, wrong)
    _check_cycle(values, known, factory_id, wrong)
    if errors:
        return Checked(values, errors, Outcome.ERROR, factory_id)
    if factory_id is None:
        return Checked(values, errors, Outcome.CREATE, None)
    changes = _changes(values, known, factory_id)
    return Checked(values, errors, Outcome.UPDATE if changes else Outcome.SAME, factory_id, changes)


def _check_ids(
    values: Mapping[str, Any], known: Known, factory_id: UUID | None, wrong: Callable[..., None]
) -> None:
    """New ids only: what a factory has already is no matter of this file."""
    row = known.rows[factory_id] if factory_id is not None else {}
    found = values.get("os_id", "")
    if found and found != row.get("os_id") and os_id_country(found) != known.country.upper():
        wrong(
            "os_id", "os_id_other_country",
            value=found, found=os_id_country(found), country=known.country,
        )  # fmt: skip
    gateway = values.get("gateway_id", "")
    if gateway and known.gateways.get(gateway, factory_id) != factory_id:
        wrong("gateway_id", "gateway_id_taken", value=gateway)


def _check_cycle(
    values: Mapping[str, Any], known: Known, factory_id: UUID | None, wrong: Callable[..., None]
) -> None:
    """The cycle known here and the file's must not contradict each other."""
    last = known.cycles.get(factory_id) if factory_id is not None else None
    if last is None or "cycle_number" not in values or "cycle_starts_on" not in values:
        return
    number, starts_on = values["cycle_number"], values["cycle_starts_on"]
    if number == last[0] and starts_on != last[1]:
        wrong(
            "cycle_starts_on", "import_cycle_differs",
            number=number, starts_on=last[1].isoformat(),
        )  # fmt: skip
    elif number > last[0] and starts_on <= last[1]:
        earliest = last[1] + timedelta(days=1)
        wrong("cycle_starts_on", "cycle_starts_too_early", earliest=earliest.isoformat())


def _runs(values: Mapping[str, Any], status: str) -> bool:
    """Whether the row tells of a running cycle: factories that closed or left have none."""
    gone = {Factory.Status.CLOSED, Factory.Status.LEFT}
    return "cycle_number" in values and values.get("status", status) not in gone


def _ids_differ(values: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return any(
        values.get(key) and row[key] and values[key].casefold() != row[key].casefold()
        for key in ("os_id", "legacy_id")
    )


def _changes(values: Mapping[str, Any], known: Known, factory_id: UUID) -> dict[str, Any]:
    """What the row would change, by part: plain values, workforce, status, contact, buyers."""
    row = known.rows[factory_id]
    changes: dict[str, Any] = {
        name: values[name]
        for name in PLAIN
        if name in values and _plain(values[name]) != _plain(row[name])
    }
    last = known.cycles.get(factory_id)
    # An older file tells of an older cycle: nothing to change.
    if _runs(values, row["status"]) and (last is None or values["cycle_number"] > last[0]):
        changes["cycle"] = (values["cycle_number"], values["cycle_starts_on"])
    if values.get("advisor_id") not in (None, row["advisor_id"]):
        changes["advisor_id"] = values["advisor_id"]
    group = values.get("group")
    if group and known.groups.get(group.casefold()) != row["group_id"]:
        changes["group"] = group
    if group and group.casefold() not in known.groups:
        changes["group"] = group
    if "female" in values and (values["female"], values["male"]) != (
        row["workers_female"], row["workers_male"],
    ):  # fmt: skip
        changes["workforce"] = (values["female"], values["male"])
    reason = values.get("status_reason", "") if values.get("status") != "active" else ""
    if "status" in values and (values["status"], reason) != (row["status"], row["status_reason"]):
        changes["status"] = (values["status"], reason)
    contact = values.get("contact_name")
    if contact:
        now = known.contacts.get(factory_id, {}).get(contact.casefold())
        then = tuple(values.get(f"contact_{n}", "") for n in ("title", "phone", "email"))
        if now is None or any(new and new != old for new, old in zip(then, now, strict=True)):
            changes["contact"] = then
    lines = []
    for name, since, relation in _buyers(values):
        pk = known.buyers.get(name.casefold())
        link = known.links.get(factory_id, {}).get(pk) if pk else None
        if (
            link is None
            or (since, relation) != (since or link[0], link[1])
            or (since and since != link[0])
        ):
            lines.append((name, since, relation))
    if lines:
        changes["buyers"] = lines
    return changes


def _plain(value: Any) -> Any:
    """Text with one kind of line end: a workbook keeps another than a form sends."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _buyers(values: Mapping[str, Any]) -> list[tuple[str, int | None, str]]:
    return [
        (
            values[f"buyer_{n}"],
            values.get(f"buyer_{n}_since"),
            values.get(f"buyer_{n}_relation", "direct"),
        )
        for n in CUSTOMERS
        if f"buyer_{n}" in values
    ]


def _identity(checked: Checked) -> list[tuple[str, str]]:
    """What makes two rows of one file the same factory."""
    values = checked.values
    keys = [(key, values[key].casefold()) for key in KEYS if values.get(key)]
    if checked.factory_id is not None:
        keys.append(("factory", str(checked.factory_id)))
    if not keys and "name" in values:
        keys.append(("name", "|".join(name_key(values["name"], values.get("region", "")))))
    return keys


def check_rows(
    rows: Iterable[tuple[int, Mapping[str, str]]], known: Known, today: date
) -> list[tuple[int, Mapping[str, str], Checked]]:
    """Check all rows of a file; a factory that comes twice is an error in the later row."""
    seen: dict[tuple[str, str], int] = {}
    gateways: dict[str, int] = {}
    checked = []
    for number, cells in rows:
        found = check_row(cells, known, today)
        for key in _identity(found):
            if key in seen:
                errors = found.errors.setdefault("name", [])
                errors.append({"code": "import_twice_in_file", "facts": {"row": seen[key]}})
                found.outcome = Outcome.ERROR
                break
            seen[key] = number
        gateway = found.values.get("gateway_id", "")
        if gateway and gateways.setdefault(gateway, number) != number:
            errors = found.errors.setdefault("gateway_id", [])
            errors.append({"code": "import_gateway_twice", "facts": {"row": gateways[gateway]}})
            found.outcome = Outcome.ERROR
        checked.append((number, cells, found))
    return checked


@transaction.atomic
def check_import(*, upload: UploadedFile[Any], today: date | None = None) -> ImportBatch:
    """Read a file and keep what each row would do. No factory is changed.

    The same file, checked before by the same person and not yet applied, is opened again.
    Raises: see `read_upload`.
    """
    today = today or timezone.localdate()
    sheet = read_upload(upload)
    again: ImportBatch | None = ImportBatch.objects.filter(
        sha256=sheet.sha256,
        status=ImportBatch.Status.CHECKED,
        uploaded_by_id=scope.current().user,
    ).first()
    if again is not None:
        return again
    return keep_sheet(sheet, today=today)


def keep_sheet(sheet: Sheet, *, today: date) -> ImportBatch:
    """Check a table and keep it with its answers."""
    batch: ImportBatch = ImportBatch.objects.create(
        file_name=sheet.file_name,
        sha256=sheet.sha256,
        columns=sheet.columns,
        uploaded_by_id=scope.current().user,
    )
    rows: list[tuple[int, Mapping[str, str]]] = [
        (number, cells | ({"_extra": str(sheet.ragged[number])} if number in sheet.ragged else {}))
        for number, cells in sheet.rows
    ]
    ImportRow.objects.bulk_create(
        (
            ImportRow(
                batch=batch, number=number, cells=cells, errors=found.errors,
                outcome=found.outcome, factory_id=found.factory_id,
            )
            for number, cells, found in check_rows(rows, load_known(), today)
        ),
        batch_size=500,
    )  # fmt: skip
    return batch


def _open_batch(batch_id: UUID) -> ImportBatch:
    """Raises: DomainError("import_discarded")."""
    batch: ImportBatch = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch_id)
    if batch.status == ImportBatch.Status.DISCARDED:
        raise DomainError("import_discarded")
    return batch


@transaction.atomic
def repair_row(
    *, batch_id: UUID, number: int, cells: Mapping[str, str], today: date | None = None
) -> ImportRow:
    """Change cells of one row and check it again. Safe to repeat.

    Raises: DomainError("import_discarded"), ("import_row_applied"), ("import_running").
    """
    today = today or timezone.localdate()
    batch = _open_batch(batch_id)
    if job_of(batch) is not None:
        raise DomainError("import_running")
    row: ImportRow = batch.rows.select_for_update(no_key=True).get(number=number)
    if row.outcome == Outcome.APPLIED:
        raise DomainError("import_row_applied", row=number)
    allowed = set(batch.columns) | {"name", *cells.keys() & set(row.errors)}
    kept = {name: text for name, text in row.cells.items() if name != "_extra"}
    for name, text in cells.items():
        if name in allowed and not name.startswith("_"):
            kept[name] = text.strip()
    row.cells = {name: text for name, text in kept.items() if text}
    others = batch.rows.exclude(pk=row.pk).values_list("number", "cells", "outcome")
    known = load_known()
    found = check_row(row.cells, known, today)
    mine = set(_identity(found))
    for other, other_cells, outcome in others:
        if outcome == Outcome.ERROR and other > number:
            continue  # the later row already carries the error
        if mine & set(_identity(check_row(other_cells, known, today))):
            errors = found.errors.setdefault("name", [])
            errors.append({"code": "import_twice_in_file", "facts": {"row": other}})
            found.outcome = Outcome.ERROR
            break
    row.errors, row.outcome, row.factory_id = found.errors, found.outcome, found.factory_id
    row.save(update_fields=["cells", "errors", "outcome", "factory"])
    return row


@transaction.atomic
def discard_import(*, batch_id: UUID) -> None:
    """Put a file away unapplied. Safe to repeat. Raises: DomainError("import_running")."""
    batch = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch_id)
    if batch.status != ImportBatch.Status.CHECKED:
        return
    if job_of(batch) is not None:
        raise DomainError("import_running")
    batch.status = ImportBatch.Status.DISCARDED
    batch.save(update_fields=["status"])


def job_key(batch_id: UUID) -> str:
    return f"import:{batch_id}"


def job_of(batch: ImportBatch) -> Job | None:
    """The work on this batch that is not finished."""
    return Job.objects.filter(key=job_key(batch.pk), status__in=["queued", "running"]).first()


READY = (Outcome.CREATE, Outcome.UPDATE, Outcome.SAME)


@transaction.atomic
def start_import(*, batch_id: UUID, today: date | None = None) -> Job | None:
    """Apply the rows that are right: a short file at once, a long one by the worker (the job).

    Safe to repeat. Raises: DomainError("import_discarded"), ("import_nothing_ready").
    """
    batch = _open_batch(batch_id)
    waiting = batch.rows.filter(outcome__in=READY).count()
    if not waiting:
        if batch.status == ImportBatch.Status.APPLIED:
            return None
        raise DomainError("import_nothing_ready")
    if waiting > INLINE_ROWS:
        return enqueue(
            TASK,
            key=job_key(batch_id),
            requested_by=scope.current().user,
            batch_id=str(batch_id),
        )
    apply_rows(batch_id=batch_id, known=load_known(), today=today, most=INLINE_ROWS)
    finish_import(batch_id=batch_id)
    return None


@transaction.atomic
def apply_rows(
    *, batch_id: UUID, known: Known, today: date | None = None, most: int = CHUNK
) -> int:
    """Apply the next rows, at most `most`, in one transaction; says how many were taken.

    Each row is checked again, so one that somebody else made true meanwhile changes nothing.
    A row applied is marked in the same transaction: a worker that dies loses or doubles none.
    """
    today = today or timezone.localdate()
    rows = list(
        ImportRow.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(batch_id=batch_id, outcome__in=READY)
        .order_by("number")[:most]
    )
    creates: list[tuple[ImportRow, Checked]] = []
    for row in rows:
        found = check_row(row.cells, known, today)
        if found.outcome == Outcome.CREATE:
            creates.append((row, found))
            continue
        if found.outcome == Outcome.UPDATE and found.factory_id is not None:
            pk = found.factory_id
            _try(row, known, partial(_update, pk, found, known, today))
        elif found.outcome == Outcome.ERROR:
            row.errors, row.outcome = found.errors, Outcome.ERROR
        if row.outcome != Outcome.ERROR:
            row.outcome, row.factory_id, row.errors = Outcome.APPLIED, found.factory_id, {}
    if creates and not _whole(creates, known, today):
        # One of them clashes with what somebody registered this moment: find which.
        for row, found in creates:
            row.factory, row.outcome = None, found.outcome
            _try(row, known, partial(_create, [(row, found)], known, today))
    ImportRow.objects.bulk_update(rows, ["outcome", "factory", "errors"], batch_size=500)
    return len(rows)


@contextmanager
def _undoable(known: Known) -> Iterator[None]:
    """A savepoint that also forgets the groups and buyers made in it when it is undone."""
    groups, buyers = dict(known.groups), dict(known.buyers)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        known.groups, known.buyers = groups, buyers
        raise


def _whole(creates: list[tuple[ImportRow, Checked]], known: Known, today: date) -> bool:
    """Register them together; False (and nothing done) if the database refuses one."""
    try:
        with _undoable(known):
            _create(creates, known, today)
    except IntegrityError:
        return False
    return True


def _try(row: ImportRow, known: Known, act: Callable[[], None]) -> None:
    """Do it for one row; a refusal marks the row and leaves the others alone."""
    try:
        with _undoable(known):
            act()
    except DomainError as error:
        facts = {name: str(value) for name, value in error.facts.items()}
        column = COLUMN_OF_REFUSAL.get(error.code, "name")
        row.errors = {column: [{"code": error.code, "facts": facts}]}
        row.factory, row.outcome = None, Outcome.ERROR
    except IntegrityError:
        row.errors = {"name": [{"code": "import_id_taken", "facts": {}}]}
        row.factory, row.outcome = None, Outcome.ERROR


def _group(name: str, known: Known) -> UUID:
    pk = known.groups.get(name.casefold())
    if pk is None:
        group, _made = ManufacturingGroup.objects.get_or_create(
            name__iexact=name, defaults={"name": name}
        )
        pk = known.groups[name.casefold()] = group.pk
    return pk


def _buyer(name: str, known: Known) -> UUID:
    pk = known.buyers.get(name.casefold())
    if pk is None:
        pk = known.buyers[name.casefold()] = one.buyer_named(name).pk
    return pk


def _draw(known: Known) -> str:
    while True:
        code = new_code(known.programme_code, secrets.choice)
        if code not in known.codes:
            return code


def _create(creates: list[tuple[ImportRow, Checked]], known: Known, today: date) -> None:
    """Register factories together: a handful of statements for a whole chunk, and their trail."""
    user = scope.current().user
    made, counts, contacts, links, changes = [], [], [], [], []
    begun: list[tuple[Factory, int, date]] = []
    for row, found in creates:
        values = found.values
        registered_on = values.get("registered_on", today)
        status = values.get("status", Factory.Status.ACTIVE)
        reason = values.get("status_reason", "") if status != Factory.Status.ACTIVE else ""
        factory = Factory(
            **{name: values[name] for name in PLAIN if name in values},
            code=_draw(known),
            advisor_id=values.get("advisor_id"),
            group_id=_group(values["group"], known) if values.get("group") else None,
            workers_female=values.get("female", 0),
            workers_male=values.get("male", 0),
            status=status,
            status_reason=reason,
            status_since=registered_on,
            registered_on=registered_on,
        )
        known.codes.add(factory.code)
        made.append(factory)
        changes.append(
            FactoryStatusChange(
                factory=factory, status=status, reason=reason, since=registered_on,
                changed_by_id=user,
            )
        )  # fmt: skip
        if "female" in values:
            counts.append(
                WorkforceCount(
                    factory=factory, counted_on=values.get("counted_on", registered_on),
                    female=values["female"], male=values["male"], source="import",
                    recorded_by_id=user,
                )
            )  # fmt: skip
        if _runs(values, status):
            begun.append((factory, values["cycle_number"], values["cycle_starts_on"]))
        if values.get("contact_name"):
            contacts.append(
                FactoryContact(
                    factory=factory, name=values["contact_name"], is_main=True,
                    job_title=values.get("contact_title", ""),
                    phone=values.get("contact_phone", ""), email=values.get("contact_email", ""),
                )
            )  # fmt: skip
        named = {_buyer(name, known): (since, how) for name, since, how in _buyers(values)}
        for pk, (since, how) in named.items():
            links.append(FactoryBuyer(factory=factory, buyer_id=pk, since_year=since, relation=how))
        row.factory, row.outcome, row.errors = factory, Outcome.APPLIED, {}
    Factory.objects.bulk_create(made)
    FactoryStatusChange.objects.bulk_create(changes)
    WorkforceCount.objects.bulk_create(counts)
    FactoryContact.objects.bulk_create(contacts)
    FactoryBuyer.objects.bulk_create(links)
    for factory in made:
        record(Action.FACTORY_REGISTERED, about=factory, factory_id=factory.pk, for_factory=True)
        known.learn(factory.pk, _as_known(factory))
    cycles.open_first_cycles(begun)
    known.cycles |= {factory.pk: (number, day) for factory, number, day in begun}


def _as_known(factory: Factory) -> dict[str, Any]:
    names = ("code", *PLAIN, "group_id", "advisor_id", "status", "status_reason",
             "workers_female", "workers_male", "registered_on")  # fmt: skip
    return {name: getattr(factory, name) for name in names}


def _update(factory_id: UUID, found: Checked, known: Known, today: date) -> None:
    """Bring one factory up to date through the same services as the pages."""
    changes, values = found.changes, found.values
    plain = {name: value for name, value in changes.items() if name in PLAIN}
    if "group" in changes:
        plain["group"] = ManufacturingGroup.objects.get(pk=_group(changes["group"], known))
    if "advisor_id" in changes:
        plain["advisor"] = User.objects.get(pk=changes["advisor_id"])
    if plain:
        one.update_factory(factory_id=factory_id, values=plain)
    if "workforce" in changes:
        female, male = changes["workforce"]
        one.record_workforce(
            factory_id=factory_id,
            counted_on=values.get("counted_on", today),
            female=female,
            male=male,
            source="import",
        )
    if "status" in changes:
        status, reason = changes["status"]
        one.change_status(factory_id=factory_id, status=status, reason=reason, since=today)
    if "contact" in changes:
        title, phone, email = changes["contact"]
        one.save_contact(
            factory_id=factory_id,
            line=one.ContactLine(values["contact_name"], title, phone, email),
            is_main=True,
        )
    if "cycle" in changes:
        number, starts_on = changes["cycle"]
        cycles.open_cycle(factory_id=factory_id, number=number, starts_on=starts_on, today=today)
        known.cycles[factory_id] = (number, starts_on)
    for name, since, relation in changes.get("buyers", ()):
        one.link_buyer(factory_id=factory_id, line=one.BuyerLine(name, since, relation))
    before = known.rows[factory_id]
    if before["gateway_id"] and "gateway_id" in plain:
        known.gateways.pop(before["gateway_id"], None)
    known.rows[factory_id] |= {name: values[name] for name in PLAIN if name in values}
    if known.rows[factory_id]["gateway_id"]:
        known.gateways[known.rows[factory_id]["gateway_id"]] = factory_id


@transaction.atomic
def finish_import(*, batch_id: UUID) -> dict[str, int]:
    """Close the batch when no row waits any more. Safe to repeat. Gives the counts."""
    batch = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch_id)
    counts = counts_of(batch)
    left = sum(counts.get(name, 0) for name in (*READY, Outcome.ERROR))
    if batch.status == ImportBatch.Status.CHECKED and not left:
        batch.status = ImportBatch.Status.APPLIED
    batch.applied_at = timezone.now()
    batch.save(update_fields=["status", "applied_at"])
    record(
        Action.FACTORIES_IMPORTED,
        about=batch,
        applied=counts.get(Outcome.APPLIED, 0),
        errors=counts.get(Outcome.ERROR, 0),
    )
    return counts


def counts_of(batch: ImportBatch) -> dict[str, int]:
    """Rows by outcome."""
    from django.db.models import Count

    rows = batch.rows.order_by().values_list("outcome").annotate(n=Count("pk"))
    return dict(rows)
