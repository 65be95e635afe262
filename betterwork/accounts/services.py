"""Writes about people: invitations, memberships, hats, preferences."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext

from betterwork.errors import DomainError
from betterwork.records.services import record, send_mail_once
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from .models import FACTORY_SIDE, Invitation, Membership, Role, User

VALID_FOR = timedelta(days=14)
GRANTABLE = tuple(role for role in Role.values if role != Role.GLOBAL)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_key(
    role: str, factory: Any = None, group: Any = None, buyer: Any = None
) -> dict[str, Any]:
    """The hat as columns: only what the role acts for is kept."""
    return {
        "role": role,
        "programme_id": scope.current_programme(),
        "factory": factory if role in FACTORY_SIDE else None,
        "group": group if role == Role.GROUP_LEAD else None,
        "buyer": buyer if role == Role.BUYER else None,
    }


@transaction.atomic
def invite_person(
    *,
    email: str,
    full_name: str,
    language: str,
    role: str,
    invited_by: User | None,
    now: datetime,
    factory: Any = None,
    group: Any = None,
    buyer: Any = None,
) -> Invitation:
    """Offer a hat of the programme in scope by e-mail, for 14 days.

    Nobody invites the first manager of a programme: `invited_by` is then None.

    Raises: DomainError("role_not_granted" | "planner_not_oneself" | "hat_needs_factory" |
    "hat_needs_group" |
    "hat_needs_buyer" | "already_member" | "already_invited").
    """
    if role not in GRANTABLE:
        raise DomainError("role_not_granted")
    # Who sees sealed visits is another person's decision.
    if role == Role.PLANNER and invited_by and invited_by.email.lower() == email.strip().lower():
        raise DomainError("planner_not_oneself")
    hat = invitation_key(role, factory, group, buyer)
    for roles, name in (
        (FACTORY_SIDE, "factory"), ({Role.GROUP_LEAD}, "group"), ({Role.BUYER}, "buyer")
    ):  # fmt: skip
        if role in roles and hat[name] is None:
            raise DomainError(f"hat_needs_{name}")
    email = email.strip().lower()
    if Membership.objects.filter(user__email__iexact=email, ended_at__isnull=True, **hat).exists():
        raise DomainError("already_member")
    open_ones = Invitation.objects.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
    if open_ones.filter(email__iexact=email, expires_at__gt=now, **hat).exists():
        raise DomainError("already_invited")
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        full_name=full_name.strip(),
        language=language,
        token_hash=token_hash(token),
        invited_by=invited_by,
        expires_at=now + VALID_FOR,
        **hat,
    )
    record(Action.INVITED, about=invitation, factory_id=invitation.factory_id, role_offered=role)
    _send_invitation(invitation, token)
    return invitation


@transaction.atomic
def resend_invitation(*, invitation_id: UUID, now: datetime) -> Invitation:
    """Send a new link for another 14 days; the old link stops working.

    Raises: DomainError("invitation_used" | "invitation_withdrawn").
    """
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation_id)
    _refuse_closed(invitation)
    token = secrets.token_urlsafe(32)
    invitation.token_hash, invitation.expires_at = token_hash(token), now + VALID_FOR
    invitation.save(update_fields=["token_hash", "expires_at"])
    record(Action.INVITED, about=invitation, role_offered=invitation.role, again=True)
    _send_invitation(invitation, token)
    return invitation


@transaction.atomic
def withdraw_invitation(*, invitation_id: UUID, now: datetime) -> None:
    """Take an invitation back. Safe to repeat. Raises: DomainError("invitation_used")."""
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation_id)
    if invitation.withdrawn_at:
        return
    _refuse_closed(invitation)
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])
    record(Action.INVITATION_WITHDRAWN, about=invitation, factory_id=invitation.factory_id)


def _refuse_closed(invitation: Invitation) -> None:
    if invitation.accepted_at:
        raise DomainError("invitation_used")
    if invitation.withdrawn_at:
        raise DomainError("invitation_withdrawn")


def _send_invitation(invitation: Invitation, token: str) -> None:
    programme = Programme.objects.get(pk=scope.current_programme())
    address = settings.SITE_ADDRESS.rstrip("/") + reverse("accounts:invitation", args=[token])

    def facts() -> dict[str, Any]:
        return {
            "name": invitation.full_name or invitation.email,
            "role": Role(invitation.role).label,
            "programme": programme.name_in(invitation.language),
            "days": VALID_FOR.days,
            "address": address,
        }

    send_mail_once(
        kind="invitation",
        key=f"invitation:{invitation.pk}:{invitation.token_hash[:12]}",
        to=invitation.email,
        language=invitation.language,
        subject=lambda: gettext("Your invitation to Better Work %(programme)s") % facts(),
        text=lambda: (
            gettext(
                "Dear %(name)s,\n\nyou are invited to act as %(role)s for Better Work "
                "%(programme)s. "
                "Open this link within %(days)s days to accept:\n\n%(address)s\n\n"
                "The link is for you alone. If you did not expect it, leave this mail alone."
            )
            % facts()
        ),
        programme_id=invitation.programme_id,
    )


@contextmanager
def invitee_scope(token: str) -> Iterator[Invitation | None]:
    """Act as the holder of a link: one invitation is visible, and the hat it offers.

    Yields the invitation with its factory, group, buyer and programme, or None.
    """
    outer = scope.is_open() and scope.current()
    facts = scope.Facts(
        "invitee",
        user=outer.user if outer else None,
        address=outer.address if outer else None,
    )
    with scope.scope(facts):
        _tell_token(token_hash(token))
        try:
            invitation = Invitation.objects.filter(token_hash=token_hash(token)).first()
            if invitation is None:
                yield None
                return
            # Names of what the hat is for: the token has proven the right to read them.
            with scope.scope(scope.Facts("system", invitation.programme_id)):
                for name in ("programme", "factory", "group", "buyer"):
                    getattr(invitation, name)
            within = scope.Facts(
                "invitee", invitation.programme_id, facts.user, None, None, facts.address
            )
            with scope.scope(within):
                yield invitation
        finally:
            if not connection.needs_rollback:
                _tell_token("")


def _tell_token(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('bw.token', %s, true)", [value])


def invitation_state(invitation: Invitation | None, now: datetime) -> str:
    """ "unknown", "withdrawn", "used", "expired" or "open"."""
    if invitation is None:
        return "unknown"
    if invitation.withdrawn_at:
        return "withdrawn"
    if invitation.accepted_at:
        return "used"
    return "expired" if invitation.expires_at <= now else "open"


@transaction.atomic
def accept_invitation(
    *,
    token: str,
    now: datetime,
    user: User | None = None,
    full_name: str = "",
    language: str = "en",
    password: str = "",
) -> Membership:
    """Take the hat: for `user` if signed in, else for a new person at the invitation's address.

    An empty password makes an account that signs in with codes sent by e-mail. The mailed link
    proves the address. Safe to repeat for the person who accepted.
    Raises: DomainError("invitation_unknown" | "invitation_withdrawn" | "invitation_used" |
    "invitation_expired" | "invitation_other_person" | "account_exists" | "name_needed").
    """
    with invitee_scope(token) as found:
        state = invitation_state(found, now)
        if found is None:
            raise DomainError("invitation_unknown")
        invitation = Invitation.objects.select_for_update().get(pk=found.pk)
        state = invitation_state(invitation, now)
        hat = {
            name: getattr(invitation, name)
            for name in ("role", "programme_id", "factory_id", "group_id", "buyer_id")
        }
        if user is not None and state == "used" and invitation.accepted_by_id == user.pk:
            return Membership.objects.get(user=user, ended_at__isnull=True, **hat)
        if state != "open":
            raise DomainError(f"invitation_{state}")
        if user is not None and user.email.lower() != invitation.email.lower():
            raise DomainError("invitation_other_person")
        if user is None:
            user = _new_person(invitation, full_name, language, password)
        # A hat row is written by the holder of the link; the trail names the person who took it.
        with scope.scope(_as_person(user)):
            _tell_token(invitation.token_hash)
            membership = Membership.objects.filter(user=user, ended_at__isnull=True, **hat).first()
            if membership is None:
                membership = Membership.objects.create(user=user, **hat)
            invitation.accepted_at, invitation.accepted_by = now, user
            invitation.save(update_fields=["accepted_at", "accepted_by"])
            record(Action.INVITATION_ACCEPTED, about=membership, factory_id=membership.factory_id)
        return membership


def _as_person(user: User) -> scope.Facts:
    now = scope.current()
    return scope.Facts(now.role, now.programme, user.pk, None, None, now.address)


def _new_person(invitation: Invitation, full_name: str, language: str, password: str) -> User:
    if User.objects.filter(email__iexact=invitation.email).exists():
        raise DomainError("account_exists")
    if not full_name.strip():
        raise DomainError("name_needed")
    user = User.objects.create_user(
        invitation.email, password or None, full_name=full_name.strip(), language=language
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@transaction.atomic
def end_membership(*, membership_id: UUID, ended_by: User, now: datetime) -> Membership:
    """End a hat of the programme in scope; the person's next request no longer wears it.

    Safe to repeat. Raises: DomainError("own_membership").
    """
    membership = Membership.objects.select_for_update(of=("self",)).get(
        pk=membership_id, programme_id=scope.current_programme()
    )
    if membership.ended_at:
        return membership
    if membership.user_id == ended_by.pk:
        raise DomainError("own_membership")
    membership.ended_at = now
    membership.save(update_fields=["ended_at"])
    record(Action.MEMBERSHIP_ENDED, about=membership, factory_id=membership.factory_id)
    return membership


@transaction.atomic
def change_preferences(
    *, user: User, full_name: str, language: str, theme: str, density: str
) -> User:
    """Name, language and looks of one's own account."""
    user.full_name, user.language, user.theme, user.density = (
        full_name.strip(), language, theme, density,
    )  # fmt: skip
    user.save(update_fields=["full_name", "language", "theme", "density"])
    return user
