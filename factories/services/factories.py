"""Registration, changes, status, people, buyers and merging of factories."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from betterwork.accounts.models import FACTORY_SIDE, Invitation, Membership
from betterwork.errors import DomainError
from betterwork.records.models import IdempotencyKey
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from factories import panels
from factories.models import (
    Buyer,
    Committee,
    EngagementCycle,
    Factory,
    FactoryBuyer,
    FactoryContact,
    FactoryStatusChange,
    ManufacturingGroup,
    WorkforceCount,
)
from factories.rules.identifiers import gateway_id, new_code, os_id, os_id_country
from factories.selectors.cycles import programme_in_scope
from factories.selectors.factories import likely_duplicates
from factories.services.cycles import close_cycle

REGISTER = "factories.register"
# What a person may set; the rest has a service of its own.
PROFILE = (
    "name", "local_name", "os_id", "gateway_id", "legacy_id", "factory_type", "isic_division",
    "began_on_year", "first_product", "second_product", "group", "owner_name",
    "owner_headquarters", "owner_contact", "advisor", "languages", "weekly_rest",
    "has_dormitory", "has_migrant_workers", "has_trade_union", "peer_grouping",
)  # fmt: skip
LOCATION = (
    "address", "office_address", "city", "region", "postcode", "latitude", "longitude",
    "phone", "fax", "email", "website",
)  # fmt: skip
CHANGEABLE = frozenset(PROFILE + LOCATION)
UNIQUE = ("os_id", "gateway_id", "legacy_id")


@dataclass(frozen=True, slots=True)
class BuyerLine:
    """One buyer as a form or a file gives it: by name."""

    name: str
    since_year: int | None = None
    relation: str = "direct"


@dataclass(frozen=True, slots=True)
class ContactLine:
    name: str
    job_title: str = ""
    phone: str = ""
    email: str = ""


def draw_code(programme: str) -> str:
    """An id nobody has yet. Its randomness tells nothing of how many factories there are."""
    for _attempt in range(20):
        code = new_code(programme, secrets.choice)
        if not Factory.objects.filter(code=code).exists():
            return code
    raise DomainError("no_free_code")


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Ids in their one form, nothing but what may be set.

    Raises: DomainError("os_id_malformed"), ("gateway_id_malformed"), ("factory_name_missing").
    """
    kept = {name: value for name, value in values.items() if name in CHANGEABLE}
    for name, read in (("os_id", os_id), ("gateway_id", gateway_id)):
        if name in kept:
            kept[name] = read(kept[name] or "")
    if "name" in kept and not str(kept["name"]).strip():
        raise DomainError("factory_name_missing")
    return kept


def _refuse_other_country(values: Mapping[str, Any], country: str) -> None:
    """Raises: DomainError("os_id_other_country", value=, found=, country=)."""
    value = values.get("os_id", "")
    if value and os_id_country(value) != country.upper():
        raise DomainError(
            "os_id_other_country", value=value, found=os_id_country(value), country=country
        )


@transaction.atomic
def register_factory(
    *,
    values: Mapping[str, Any],
    registered_on: date | None = None,
    workers_female: int | None = None,
    workers_male: int | None = None,
    contact: ContactLine | None = None,
    buyers: Iterable[BuyerLine] = (),
    is_no_duplicate: bool = False,
    request_key: str = "",
) -> Factory:
    """Register a factory and draw its id.

    Safe to repeat with the same `request_key`. Raises: DomainError("likely_duplicate", names=...,
    factories=[...]) unless a person said it is none, ("os_id_taken"), ("gateway_id_taken"),
    ("legacy_id_taken"), ("os_id_other_country"), and those of `checked`.
    """
    today = timezone.localdate()
    registered_on = registered_on or today
    user = scope.current().user
    if request_key and user is not None:
        done = IdempotencyKey.objects.filter(user_id=user, action=REGISTER, key=request_key).first()
        if done is not None:
            known: Factory = Factory.objects.get(pk=done.result["factory"])
            return known
    kept = checked(values)
    programme = programme_in_scope()
    _refuse_other_country(kept, programme.country)
    if not kept.get("name"):
        raise DomainError("factory_name_missing")
    if not is_no_duplicate:
        near = likely_duplicates(name=kept["name"], region=kept.get("region", ""))
        if near:
            names = ", ".join(f"{factory.name} ({factory.code})" for factory, _match in near)
            raise DomainError("likely_duplicate", names=names)
    factory = Factory(
        **kept,
        code=draw_code(programme.code),
        registered_on=registered_on,
        status_since=registered_on,
    )
    _save(factory)
    FactoryStatusChange.objects.create(
        factory=factory, status=factory.status, since=registered_on, changed_by_id=user
    )
    record(Action.FACTORY_REGISTERED, about=factory, factory_id=factory.pk, for_factory=True)
    if workers_female is not None and workers_male is not None:
        record_workforce(
            factory_id=factory.pk,
            counted_on=registered_on,
            female=workers_female,
            male=workers_male,
            source="registration",
        )
        factory.refresh_from_db(fields=["workers_female", "workers_male"])
    if contact is not None and contact.name:
        save_contact(factory_id=factory.pk, line=contact, is_main=True)
    for line in buyers:
        link_buyer(factory_id=factory.pk, line=line)
    if request_key and user is not None:
        IdempotencyKey.objects.create(
            user_id=user, action=REGISTER, key=request_key, result={"factory": str(factory.pk)}
        )
    return factory


def _save(factory: Factory, fields: list[str] | None = None) -> None:
    """Save; an id that belongs to another factory becomes a refusal."""
    try:
        with transaction.atomic():
            factory.save(update_fields=[*fields, "updated_at"] if fields else None)
    except IntegrityError as error:
        for constraint, code, value in (
            ("factory_os_id_once", "os_id_taken", factory.os_id),
            ("factory_gateway_id_once", "gateway_id_taken", factory.gateway_id),
            ("factory_legacy_id_once", "legacy_id_taken", factory.legacy_id),
        ):
            if constraint in str(error):
                raise DomainError(code, value=value) from error
        raise


def _locked(factory_id: UUID) -> Factory:
    """The row for a change. Raises: DomainError("factory_is_merged")."""
    factory: Factory = Factory.objects.select_for_update(no_key=True).get(pk=factory_id)
    refuse_merged(factory)
    return factory


def refuse_merged(factory: Factory) -> None:
    """Nothing new is written to a duplicate: it would be lost to every list.

    Raises: DomainError("factory_is_merged", factory=its name, other=the factory it became).
    """
    if factory.merged_into is not None:
        other = f"{factory.merged_into.name} ({factory.merged_into.code})"
        raise DomainError("factory_is_merged", factory=factory.name, other=other)


def refuse_merged_id(factory_id: UUID) -> None:
    """As `refuse_merged`, of a factory by its id: one query."""
    refuse_merged(Factory.objects.select_related("merged_into").get(pk=factory_id))


@transaction.atomic
def update_factory(*, factory_id: UUID, values: Mapping[str, Any]) -> list[str]:
    """Change what differs, and say which fields those were. Safe to repeat.

    Raises: DomainError("factory_is_merged"), ("os_id_taken"), ("gateway_id_taken"),
    ("legacy_id_taken"), ("os_id_other_country"), and those of `checked`.
    """
    factory = _locked(factory_id)
    kept = checked(values)
    changed = [name for name, value in kept.items() if getattr(factory, name) != value]
    if not changed:
        return []
    if "os_id" in changed:
        _refuse_other_country(kept, programme_in_scope().country)
    for name in changed:
        setattr(factory, name, kept[name])
    _save(factory, changed)
    others = sorted(set(changed) - {"advisor"})
    if others:
        record(
            Action.FACTORY_CHANGED,
            about=factory,
            factory_id=factory.pk,
            for_factory=True,
            fields=others,
        )
    if "advisor" in changed:
        record(
            Action.ADVISOR_ASSIGNED,
            about=factory,
            factory_id=factory.pk,
            for_factory=True,
            advisor=factory.advisor.full_name if factory.advisor else "",
        )
    return changed


@transaction.atomic
def change_status(*, factory_id: UUID, status: str, reason: str, since: date) -> Factory:
    """Set the status with its reason; the history keeps every change. Safe to repeat.

    Raises: DomainError("status_unknown"), ("status_reason_missing"), ("factory_is_merged").
    """
    if status not in Factory.Status.values:
        raise DomainError("status_unknown", status=status)
    reason = reason.strip()
    if status != Factory.Status.ACTIVE and not reason:
        raise DomainError("status_reason_missing")
    factory = _locked(factory_id)
    if (factory.status, factory.status_reason, factory.status_since) == (status, reason, since):
        return factory
    factory.status, factory.status_reason, factory.status_since = status, reason, since
    _save(factory, ["status", "status_reason", "status_since"])
    FactoryStatusChange.objects.create(
        factory=factory,
        status=status,
        reason=reason,
        since=since,
        changed_by_id=scope.current().user,
    )
    record(
        Action.FACTORY_STATUS_CHANGED,
        about=factory,
        factory_id=factory.pk,
        for_factory=True,
        status=status,
        since=since.isoformat(),
    )
    return factory


@transaction.atomic
def record_workforce(
    *, factory_id: UUID, counted_on: date, female: int, male: int, source: str
) -> None:
    """Keep a head count by sex, and show it as the present one if none is newer. Safe to repeat.

    Raises: DomainError("workforce_negative"), ("workforce_in_future"), ("factory_is_merged").
    """
    refuse_merged_id(factory_id)
    if female < 0 or male < 0:
        raise DomainError("workforce_negative")
    if counted_on > timezone.localdate():
        raise DomainError("workforce_in_future")
    same = WorkforceCount.objects.filter(
        factory_id=factory_id, counted_on=counted_on, source=source
    ).first()
    if same is not None and (same.female, same.male) == (female, male):
        return
    values = {"female": female, "male": male, "recorded_by_id": scope.current().user}
    WorkforceCount.objects.update_or_create(
        factory_id=factory_id, counted_on=counted_on, source=source, defaults=values
    )
    newest = WorkforceCount.objects.filter(factory_id=factory_id).order_by("-counted_on").first()
    if newest is not None and newest.counted_on == counted_on:
        if scope.current().role in FACTORY_SIDE:
            # The factory counts its own people, but may not write the row of the factory.
            with scope.system_scope():
                _show_workforce(factory_id, female, male)
        else:
            _show_workforce(factory_id, female, male)
    record(
        Action.FACTORY_CHANGED,
        factory_id=factory_id,
        for_factory=True,
        fields=["workforce"],
        female=female,
        male=male,
    )


def _show_workforce(factory_id: UUID, female: int, male: int) -> None:
    Factory.objects.filter(pk=factory_id).update(workers_female=female, workers_male=male)


@transaction.atomic
def save_contact(
    *,
    factory_id: UUID,
    line: ContactLine,
    is_main: bool = False,
    contact_id: UUID | None = None,
    left_on: date | None = None,
) -> FactoryContact:
    """Add or change a contact; one is the main one. The same person twice is one row.

    Raises: DomainError("contact_name_missing"), ("factory_is_merged").
    """
    if not line.name.strip():
        raise DomainError("contact_name_missing")
    factory = _locked(factory_id)
    contact = (
        FactoryContact.objects.get(pk=contact_id, factory_id=factory_id)
        if contact_id is not None
        else FactoryContact.objects.filter(
            factory_id=factory_id, name=line.name.strip(), left_on__isnull=True
        ).first()
        or FactoryContact(factory=factory)
    )
    contact.name, contact.job_title = line.name.strip(), line.job_title
    contact.phone, contact.email = line.phone, line.email
    contact.is_main, contact.left_on = is_main and left_on is None, left_on
    if contact.is_main:
        FactoryContact.objects.filter(factory_id=factory_id).exclude(pk=contact.pk).update(
            is_main=False
        )
    contact.save()
    record(Action.FACTORY_CHANGED, factory_id=factory_id, for_factory=True, fields=["contacts"])
    return contact


def buyer_named(name: str) -> Buyer:
    """The buyer of this name, whatever its case; made if this person may make one.

    Raises: DomainError("buyer_unknown", name=...).
    """
    name = " ".join(name.split())
    found = Buyer.objects.filter(name__iexact=name).first()
    if found is not None:
        return found
    if scope.current().role not in {"system", "manager", "staff"}:
        raise DomainError("buyer_unknown", name=name)
    return Buyer.objects.create(name=name)


@transaction.atomic
def link_buyer(*, factory_id: UUID, line: BuyerLine) -> FactoryBuyer:
    """Say that a buyer buys here. Safe to repeat: the same link is brought up to date.

    Raises: DomainError("buyer_unknown"), ("buyer_relation_unknown"), ("factory_is_merged").
    """
    refuse_merged_id(factory_id)
    if line.relation not in dict(FactoryBuyer._meta.get_field("relation").choices or ()):
        raise DomainError("buyer_relation_unknown", relation=line.relation)
    buyer = buyer_named(line.name)
    links = FactoryBuyer.objects.filter(factory_id=factory_id, buyer=buyer)
    link: FactoryBuyer | None = links.first()
    before = (link.since_year, link.relation, link.ended_on) if link else None
    if before == (line.since_year, line.relation, None) and link is not None:
        return link
    if link is None:
        link = FactoryBuyer(factory_id=factory_id, buyer=buyer)
    link.since_year, link.relation, link.ended_on = line.since_year, line.relation, None
    link.save()
    # Who buys here is not for everybody who reads the timeline: no name in the facts.
    record(Action.FACTORY_CHANGED, about=link, factory_id=factory_id, fields=["buyers"])
    return link


@transaction.atomic
def end_buyer(*, link_id: UUID, ended_on: date) -> None:
    """The buyer no longer buys here; its right to read ends with it. Safe to repeat."""
    link = FactoryBuyer.objects.get(pk=link_id)
    if link.ended_on is not None:
        return
    link.ended_on = ended_on
    if link.consented_on is not None and link.consent_ended_on is None:
        link.consent_ended_on = max(ended_on, link.consented_on)
    link.save(update_fields=["ended_on", "consent_ended_on"])
    record(Action.FACTORY_CHANGED, about=link, factory_id=link.factory_id, fields=["buyers"])


@transaction.atomic
def set_consent(*, link_id: UUID, agreed: bool, today: date) -> None:
    """The factory's word on whether a buyer may read what is released. Safe to repeat."""
    link = FactoryBuyer.objects.get(pk=link_id)
    holds = link.consented_on is not None and link.consent_ended_on is None
    if agreed == holds:
        return
    if agreed:
        # The one factory says so, of all that was released under any of its entries.
        link.consented_on, link.consent_ended_on, link.reads_from = today, None, None
        _open_duplicates(link)
    else:
        link.consent_ended_on = today
    link.save(update_fields=["consented_on", "consent_ended_on", "reads_from"])
    record(Action.FACTORY_CHANGED, about=link, factory_id=link.factory_id, fields=["consent"])


def _open_duplicates(link: FactoryBuyer) -> None:
    """The buyer's links at duplicates of the factory hold from the same word on."""
    with scope.system_scope():  # nobody at the factory writes under a duplicate's name
        for duplicate in Factory.objects.filter(merged_into_id=link.factory_id):
            FactoryBuyer.objects.update_or_create(
                factory=duplicate,
                buyer_id=link.buyer_id,
                defaults={
                    "carried_to": link,
                    "consented_on": link.consented_on,
                    "consent_ended_on": None,
                    "reads_from": None,
                },
            )


@transaction.atomic
def save_group(
    *,
    name: str,
    headquarters: str = "",
    contact_name: str = "",
    contact_email: str = "",
    group_id: UUID | None = None,
) -> ManufacturingGroup:
    """Add or change a manufacturing group. Raises: DomainError("group_name_taken")."""
    name = " ".join(name.split())
    group = ManufacturingGroup.objects.get(pk=group_id) if group_id else ManufacturingGroup()
    group.name, group.headquarters = name, headquarters
    group.contact_name, group.contact_email = contact_name, contact_email
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        raise DomainError("group_name_taken", name=name) from error
    return group


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do: counts of what moves, of what ends, and of what stays readable.

    moves, stays: (label, rows) of the apps above.
    """

    contacts: int
    buyers: int
    workforce: int
    people: int
    committees_moved: int
    committees_dissolved: int
    closes_cycle: int | None
    moves: list[tuple[str, int]]
    stays: list[tuple[str, int]]


def merge_plan(*, winner_id: UUID, loser_id: UUID) -> MergePlan:
    """Look at a merge before it is done. Changes nothing.

    Raises: DomainError("merge_with_itself"), ("factory_is_merged"), and what the apps above
    refuse (both have open assessments, for one).
    """
    if winner_id == loser_id:
        raise DomainError("merge_with_itself")
    pair = Factory.objects.in_bulk([winner_id, loser_id])
    for factory in pair.values():
        refuse_merged(factory)
    if len(pair) < 2:
        raise Factory.DoesNotExist
    for guard in panels.merge_guards():
        guard(winner_id, loser_id)
    cycles = EngagementCycle.objects.filter(factory_id=loser_id, ends_on__isnull=True)
    number = cycles.values_list("number", flat=True).first()
    moved, dissolved = _committees(winner_id, loser_id)
    here = FactoryBuyer.objects.filter(factory_id=winner_id)
    return MergePlan(
        contacts=FactoryContact.objects.filter(factory_id=loser_id).count(),
        buyers=FactoryBuyer.objects.filter(factory_id=loser_id)
        .exclude(buyer__in=here.values("buyer"))
        .count(),
        workforce=WorkforceCount.objects.filter(factory_id=loser_id).count(),
        people=Membership.objects.filter(factory_id=loser_id, ended_at__isnull=True).count(),
        committees_moved=len(moved),
        committees_dissolved=len(dissolved),
        closes_cycle=number,
        moves=[(label, count) for label, count in panels.moved_counts(loser_id) if count],
        stays=[(label, count) for label, count in panels.kept_counts(loser_id) if count],
    )


def _committees(winner_id: UUID, loser_id: UUID) -> tuple[list[Committee], list[Committee]]:
    """The loser's running committees: those that can move, and those the winner already has."""
    running = Committee.objects.filter(dissolved_on__isnull=True)
    kinds = set(running.filter(factory_id=winner_id).values_list("kind", flat=True))
    rows = list(running.filter(factory_id=loser_id))
    return [c for c in rows if c.kind not in kinds], [c for c in rows if c.kind in kinds]


@transaction.atomic
def merge_factories(*, winner_id: UUID, loser_id: UUID, reason: str, today: date) -> Factory:
    """Make one factory of two. What lives moves to the winner, what was stays with the loser.

    Contacts, head counts and people move; buyers go on reading what they read (`_carry_buyers`).
    Running committees the winner lacks come with their members; others are dissolved. The loser's
    running cycle is closed; its past cycles and assessments keep their place under its name,
    readable and found by a search, and count for the winner. What the apps above move (the
    improvement plan) goes over in their merge steps.
    Safe to repeat. Raises: see `merge_plan`, and DomainError("merge_reason_missing").
    """
    reason = reason.strip()
    if not reason:
        raise DomainError("merge_reason_missing")
    # Always in the same order, so that two merges at once cannot wait for each other.
    ids = sorted([winner_id, loser_id], key=str)
    pair = {f.pk: f for f in Factory.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    winner: Factory = pair[winner_id]
    loser: Factory = pair[loser_id]
    if loser.merged_into_id == winner_id:
        return winner
    merge_plan(winner_id=winner_id, loser_id=loser_id)
    moved, dissolved = _committees(winner_id, loser_id)
    FactoryContact.objects.filter(factory_id=loser_id).update(factory_id=winner_id, is_main=False)
    _carry_buyers(winner_id, loser_id, today)
    taken = set(
        WorkforceCount.objects.filter(factory_id=winner_id).values_list("counted_on", "source")
    )
    for count in WorkforceCount.objects.filter(factory_id=loser_id):
        if (count.counted_on, count.source) not in taken:
            WorkforceCount.objects.filter(pk=count.pk).update(factory_id=winner_id)
    _move_people(winner_id, loser_id)
    for committee in moved:
        _move_committee(committee, winner_id)
    for committee in dissolved:
        committee.dissolved_on = max(today, committee.formed_on)
        committee.save(update_fields=["dissolved_on"])
    for cycle in EngagementCycle.objects.filter(factory_id=loser_id, ends_on__isnull=True):
        close_cycle(cycle_id=cycle.pk, ends_on=max(today, cycle.starts_on))
    _fill_blanks(winner, loser)
    # A duplicate always leads straight to the factory that stands.
    Factory.objects.filter(merged_into_id=loser_id).update(merged_into_id=winner_id)
    loser.merged_into = winner
    loser.status, loser.status_reason = Factory.Status.CLOSED, reason
    loser.status_since = today
    _save(loser)
    _save(winner)
    FactoryStatusChange.objects.create(
        factory=loser,
        status=loser.status,
        reason=reason,
        since=today,
        changed_by_id=scope.current().user,
    )
    for step in panels.merge_steps():
        step(winner_id, loser_id)
    for action, factory, other in (
        (Action.FACTORY_MERGED, winner, loser),
        (Action.FACTORY_MERGED_AWAY, loser, winner),
    ):
        record(
            action,
            about=factory,
            factory_id=factory.pk,
            for_factory=True,
            other=other.code,
        )
    return winner


def _carry_buyers(winner_id: UUID, loser_id: UUID, today: date) -> None:
    """Links of the loser's buyers at the winner; no buyer reads more of the past than before.

    The loser's own links stay as the record of who read it, and hold as long as the winner's.
    Where both have one, the winner's word counts, unless only the loser's is in force and the
    winner has not withdrawn since.
    """
    at = timezone.now()
    here = {link.buyer_id: link for link in FactoryBuyer.objects.filter(factory_id=winner_id)}
    for old in FactoryBuyer.objects.filter(factory_id=loser_id, carried_to__isnull=True):
        link = here.get(old.buyer_id)
        if link is None:
            link = FactoryBuyer(
                factory_id=winner_id,
                buyer_id=old.buyer_id,
                since_year=old.since_year,
                relation=old.relation,
                ended_on=old.ended_on,
            )
            _take_consent(link, old, at)
        elif old.is_in_force(today) and not link.is_in_force(today):
            withdrawn = link.consent_ended_on
            if withdrawn is None or old.consented_on is None or old.consented_on > withdrawn:
                link.ended_on = old.ended_on
                _take_consent(link, old, at)
        FactoryBuyer.objects.filter(Q(pk=old.pk) | Q(carried_to=old)).update(carried_to=link)


def _take_consent(link: FactoryBuyer, old: FactoryBuyer, at: datetime) -> None:
    link.consented_on, link.consent_ended_on = old.consented_on, old.consent_ended_on
    link.subscribed_until, link.reads_from = old.subscribed_until, at
    link.save()


def _move_people(winner_id: UUID, loser_id: UUID) -> None:
    """Hats of the loser become hats of the winner; nobody ends with the same hat twice."""
    now = timezone.now()
    for hat in Membership.objects.filter(factory_id=loser_id, ended_at__isnull=True):
        again = Membership.objects.filter(
            user_id=hat.user_id, role=hat.role, factory_id=winner_id, ended_at__isnull=True
        ).exists()
        if again:
            hat.ended_at = now
        else:
            hat.factory_id = winner_id
        hat.save(update_fields=["factory_id", "ended_at"])
    Invitation.objects.filter(
        Q(withdrawn_at__isnull=True), factory_id=loser_id, accepted_at__isnull=True
    ).update(factory_id=winner_id)


def _move_committee(committee: Committee, winner_id: UUID) -> None:
    committee.factory_id = winner_id
    committee.save(update_fields=["factory_id"])
    for rows in (committee.members, committee.elections, committee.chairs):
        rows.update(factory_id=winner_id)


def _fill_blanks(winner: Factory, loser: Factory) -> None:
    """What the winner does not know, the loser may; what both know stays the winner's."""
    for name in CHANGEABLE - {"name", *UNIQUE}:
        if getattr(winner, name) in ("", None, []) and getattr(loser, name) not in ("", None, []):
            setattr(winner, name, getattr(loser, name))
    # Ids that are unique move only once the loser no longer holds them among the living.
    for name in UNIQUE:
        if not getattr(winner, name) and getattr(loser, name):
            setattr(winner, name, getattr(loser, name))
    if not winner.worker_count and loser.worker_count:
        winner.workers_female, winner.workers_male = loser.workers_female, loser.workers_male
