"""What allauth asks of us: closed sign-up, mail in the reader's language, the trail, factors."""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from typing import TYPE_CHECKING, Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from betterwork import kept
from betterwork.records.mail_page import page_of
from betterwork.records.services import record, send_mail_once
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.middleware import client_address, facts_of

from . import selectors
from .models import NEEDS_SECOND_FACTOR, Membership, User

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

logger = logging.getLogger(__name__)
SILENT = {
    "account/messages/logged_in.txt",
    "account/messages/logged_out.txt",
    "account/messages/login_code_sent.txt",
}
STRONG_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def record_for_person(user: User, action: Action, request: HttpRequest, **facts: Any) -> None:
    """Write an event of a person's account into the trail of each programme they belong to.

    A sign-in happens before a hat is worn; the programme must still see who came in. People of no
    programme (global staff, groups, buyers) leave it in the trail of the platform.
    """
    address = client_address(request)
    with scope.scope(scope.Facts(user=user.pk, address=address)):
        hats = list(selectors.memberships_of(user.pk))
    seen: dict[Any, Membership] = {}
    for hat in hats:
        seen.setdefault(hat.programme_id, hat)
    worn_hats: list[Membership | None] = [*seen.values()] or [None]
    for worn in worn_hats:
        with scope.scope(facts_of(worn, user.pk, address)):
            record(action, about=user, **facts)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in by e-mail and password, or by a code sent there."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is closed. Ask the person who invited you."),
        "email_password_mismatch": _("E-mail address and password do not belong together."),
        "enter_current_password": _("This is not your present password."),
        "incorrect_code": _("This is not the code we sent. Look at the newest mail."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _("Too many tries. Wait 5 minutes, then try again."),
        "rate_limited": _("Too many tries. Wait a minute, then try again."),
        "email_taken": _("This address cannot be used. Choose another one."),
        "duplicate_email": _("This is already your address."),
        "same_as_current": _("This is what you have now. Choose another one."),
        "invalid_password_reset": _("This link was used or is too old. Ask for a new one."),
        "invalid_login": _("E-mail address and password do not belong together."),
        "unknown_email": _("This address cannot be used. Choose another one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:preferences")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send at once, in the reader's language; the queue takes over if the server is away."""
        user = context.get("user") or User.objects.filter(email__iexact=email).first()
        language = getattr(user, "language", "") or translation.get_language() or "en"
        request = allauth_context.request
        with translation.override(language):
            values = {"request": request, "email": email, **context}
            plain = self.render_mail(template_prefix, email, values)
        message = EmailMultiAlternatives(plain.subject, plain.body, plain.from_email, [email])
        site = f"{request.scheme}://{request.get_host()}" if request else ""
        page = page_of(plain.body, subject=plain.subject, language=language, site=site)
        message.attach_alternative(page, "text/html")
        try:
            message.send()
        except OSError:
            logger.warning("The mail server did not answer; a mail waits in the queue.")
            send_mail_once(
                kind=template_prefix.rsplit("/", 1)[-1],
                key=f"account:{email}:{timezone.now().isoformat()}",
                to=email,
                language=language,
                subject=message.subject,
                text=message.body,
            )

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        record_for_person(user, Action.SIGNED_IN, request)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        kept.remember(response, request, user.pk)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        typed = str(credentials.get("email") or "")
        user = User.objects.filter(email__iexact=typed).first() if typed else None
        if user is not None:
            record_for_person(user, Action.SIGN_IN_FAILED, request, by="password")
        else:
            # What was typed is not kept: it may be a password.
            record(Action.SIGN_IN_FAILED, by="password")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever signed in a moment ago is not asked once more."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        request = allauth_context.request
        records = get_authentication_records(request, request.user)
        last = max((float(row.get("at", 0)) for row in records), default=0.0)
        return bool(time.time() - last >= app_settings.REAUTHENTICATION_TIMEOUT)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            record_for_person(request.user, Action.SIGNED_OUT, request)
        super().logout(request)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Arriving, leaving and a code on its way need no message: the page itself says it."""
        template = args[0] if args else kwargs.get("message_template")
        if template in SILENT:
            return
        super().add_message(request, level, *args, **kwargs)


def _cipher() -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet  # 6 MB that a worker of jobs never needs

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"second factor:" + str(key).encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: secrets encrypted at rest, the last one of a staff member kept."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "Your role needs a second factor. Add another one before you remove this one."
        ),
        "incorrect_code": _("This is not the present code. Codes change every 30 seconds."),
        "unverified_email": _("Confirm your new e-mail address first, or cancel its change."),
        "cannot_generate_recovery_codes": _(
            "Set up an app or a key first: recovery codes stand in for it."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """The code as SVG without inline styles, ready to stand in the page."""
        import segno

        return str(segno.make_qr(url, error="m").svg_inline(scale=5, border=4, light="#fff"))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        if authenticator.type not in STRONG_FACTORS or not needs_second_factor(authenticator.user):
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=STRONG_FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())


def needs_second_factor(user: User) -> bool:
    """Whether any hat of this person needs one. Fictitious people of the demo do not."""
    if settings.DEMO and user.is_demo:
        return False
    with scope.scope(scope.Facts(user=user.pk)):
        return bool(selectors.memberships_of(user.pk).filter(role__in=NEEDS_SECOND_FACTOR).exists())


def record_rejected_code(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver of allauth's `login_code_rejected`: for a wrong code its adapter has no hook."""
    record_for_person(user, Action.SIGN_IN_FAILED, request, by="code")
