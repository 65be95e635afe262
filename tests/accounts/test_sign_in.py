"""Ways in: password, code, second factor; and what is written of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse

from betterwork.accounts.models import Membership, Role, User
from betterwork.records.models import OutgoingMail, TrailEvent
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests import builders

PASSWORD = "a long password"
SignIn = Callable[..., Client]


def sign_in_by_password(user: User, password: str = PASSWORD, **more: str) -> tuple[Client, object]:
    client = Client()
    data = {"login": user.email, "password": password, **more}
    return client, client.post(reverse("account_login"), data)


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_password_opens_and_the_trail_knows(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    client, answer = sign_in_by_password(person)
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert client.get(reverse("accounts:preferences")).status_code == 200
    event = TrailEvent.objects.get(action="signed_in", actor=person)
    assert (event.programme_id, event.role, event.address) == (bd.pk, "ambassador", "127.0.0.1")
    client.post(reverse("account_logout"))
    assert client.get(reverse("accounts:preferences")).status_code == 302
    assert TrailEvent.objects.filter(action="signed_out", actor=person).count() == 1


def test_wrong_password_says_the_same_for_known_and_unknown(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    _, known = sign_in_by_password(person, "not the password")
    _, unknown = sign_in_by_password(User(email="nobody@example.org"), "not the password")
    pages = [
        re.sub(r'csrf\w*" value="[^"]+"|X-CSRFToken": "[^"]+"|[\w.]+@example.org', "", page)
        for page in (known.content.decode(), unknown.content.decode())
    ]
    assert "do not belong together" in pages[0]
    assert pages[0] == pages[1]
    assert TrailEvent.objects.filter(action="sign_in_failed", actor=person).count() == 1


def test_six_wrong_passwords_wait_five_minutes(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    for _attempt in range(5):
        sign_in_by_password(person, "not the password")
    _, answer = sign_in_by_password(person)  # even the right one
    assert "Wait 5 minutes" in answer.content.decode()


def test_many_requests_get_a_page_that_says_when(bd: Programme) -> None:
    for _attempt in range(3):
        Client().post(reverse("account_request_login_code"), {"email": "x@example.org"})
    for _attempt in range(20):
        answer = Client().post(
            reverse("account_login"), {"login": "x@example.org", "password": "y"}
        )
    for _attempt in range(12):
        answer = Client().post(
            reverse("account_login"), {"login": "z@example.org", "password": "y"}
        )
    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert "Wait 60 seconds: from" in answer.content.decode()


def test_code_by_mail_in_the_readers_language(bd: Programme) -> None:
    user = builders.make_user(language="ar")
    person = builders.make_member(Role.COMMITTEE_WORKER, user=user)
    client = Client()
    answer = client.post(reverse("account_request_login_code"), {"email": person.email})
    assert answer.status_code == 302
    code = re.search(r"\b\d{6}\b", mail.outbox[0].subject + mail.outbox[0].body)
    assert code
    assert client.get(reverse("account_confirm_login_code")).status_code == 200
    wrong = client.post(reverse("account_confirm_login_code"), {"code": "000000"})
    assert wrong.status_code == 200
    assert client.get(reverse("accounts:preferences")).status_code == 302
    done = client.post(reverse("account_confirm_login_code"), {"code": code[0]})
    assert done.status_code == 302
    assert client.get(reverse("accounts:preferences")).status_code == 200
    assert TrailEvent.objects.filter(action="sign_in_failed", actor=person).count() == 1


def test_code_for_nobody_looks_the_same(bd: Programme) -> None:
    client = Client()
    answer = client.post(reverse("account_request_login_code"), {"email": "nobody@example.org"})
    assert answer.status_code == 302
    assert client.get(reverse("account_confirm_login_code")).status_code == 200
    assert "no account" in mail.outbox[0].body


def test_mail_server_away_keeps_the_mail(bd: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: EmailBackend, messages: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    person = builders.make_member(Role.AMBASSADOR)
    answer = Client().post(reverse("account_reset_password"), {"email": person.email})
    assert answer.status_code == 302
    with scope.platform_scope():
        assert OutgoingMail.objects.filter(to=person.email).count() == 1


def test_password_is_set_anew_by_the_link(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": person.email})
    link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)
    assert link
    page = client.get(link[1], follow=True)
    assert page.status_code == 200
    done = client.post(
        page.request["PATH_INFO"], {"password1": "one more thread", "password2": "one more thread"}
    )
    assert done.status_code == 302
    _, answer = sign_in_by_password(person, "one more thread")
    assert answer.status_code == 302
    again = Client().get(link[1], follow=True)
    assert "used or is too old" in again.content.decode()


def test_sign_up_is_closed(bd: Programme) -> None:
    data = {"email": "me@example.org", "password1": "one long thread"}
    for answer in (
        Client().get(reverse("account_signup")),
        Client().post(reverse("account_signup"), data),
    ):
        assert "by invitation" in answer.content.decode()
    assert not User.objects.filter(email="me@example.org").exists()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PLANNER, Role.CAT_EDITOR, Role.GLOBAL])
def test_staff_set_up_a_second_factor_before_anything_else(bd: Programme, role: str) -> None:
    person = builders.make_member(role, user=builders.make_user(is_demo=False))
    client, answer = sign_in_by_password(person)
    for name in ("home", "accounts:preferences", "accounts:sessions", "ui:more"):
        answer = client.get(reverse(name))
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index")), name
    assert client.post(reverse("ui:looks"), {"language": "ar"}).status_code == 302
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    secret = re.search(r'class="code">([A-Z2-7]{16,})<', page.content.decode())
    assert secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret[1])})
    assert answer.status_code == 302
    assert client.get(reverse("accounts:preferences")).status_code == 200
    stored = Authenticator.objects.get(user=person, type="totp")
    assert secret[1] not in str(stored.data)  # encrypted where it rests

    # The next sign-in asks for it, and the last factor cannot be taken off.
    other, answer = sign_in_by_password(person)
    assert answer["Location"].startswith(reverse("mfa_authenticate"))
    assert other.get(reverse("accounts:preferences")).status_code == 302
    assert other.get(reverse("mfa_authenticate")).status_code == 200
    refused = other.post(reverse("mfa_authenticate"), {"code": "123"})
    assert refused.status_code == 200
    codes = Authenticator.objects.get(user=person, type="recovery_codes").wrap()
    done = other.post(reverse("mfa_authenticate"), {"code": codes.get_unused_codes()[0]})
    assert done.status_code == 302
    assert other.get(reverse("accounts:preferences")).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=person, type="totp").exists()


def test_factory_people_need_no_second_factor(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR, user=builders.make_user(is_demo=False))
    client, _ = sign_in_by_password(person)
    assert client.get(reverse("accounts:preferences")).status_code == 200


def test_demo_people_need_one_where_there_is_no_demo(bd: Programme, settings: object) -> None:
    person = builders.make_member(Role.MANAGER)
    settings.DEMO = False
    client, _ = sign_in_by_password(person)
    assert client.get(reverse("accounts:people"))["Location"] == reverse("mfa_index")


def test_sessions_are_listed_and_ended(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    here, _ = sign_in_by_password(person)
    there, _ = sign_in_by_password(person)
    third, _ = sign_in_by_password(person)
    for page in (reverse("accounts:sessions"), reverse("usersessions_list")):
        assert here.get(page).content.decode().count("Sign out there") == 2
    row = UserSession.objects.get(session_key=there.session.session_key)
    here.post(reverse("accounts:sessions"), {"session": row.pk})
    assert there.get(reverse("accounts:preferences")).status_code == 302
    assert third.get(reverse("accounts:preferences")).status_code == 200
    here.post(reverse("accounts:sessions"), {"session": "others"})
    assert third.get(reverse("accounts:preferences")).status_code == 302
    assert here.get(reverse("accounts:preferences")).status_code == 200


def test_nobody_ends_the_session_of_another(bd: Programme) -> None:
    victim, _ = sign_in_by_password(builders.make_member(Role.AMBASSADOR))
    attacker, _ = sign_in_by_password(builders.make_member(Role.AMBASSADOR))
    row = UserSession.objects.get(session_key=victim.session.session_key)
    attacker.post(reverse("accounts:sessions"), {"session": row.pk})
    assert victim.get(reverse("accounts:preferences")).status_code == 200


def test_new_address_counts_once_it_is_confirmed(bd: Programme) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client, _ = sign_in_by_password(person)
    data = {"email": "better@example.org", "action_add": ""}
    assert client.post(reverse("account_email"), data).status_code == 302
    person.refresh_from_db()
    assert person.email != "better@example.org"
    link = re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)
    assert link
    assert client.get(link[1]).status_code == 200
    client.post(link[1])
    person.refresh_from_db()
    assert person.email == "better@example.org"


def test_staff_with_a_second_factor_can_change_their_address(bd: Programme) -> None:
    person = builders.make_member(Role.MANAGER)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client, _ = sign_in_by_password(person)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'class="code">([A-Z2-7]{16,})<', page)
    assert secret
    client.post(reverse("mfa_activate_totp"), {"code": code_for(secret[1])})
    assert Authenticator.objects.filter(user=person, type="totp").exists()
    data = {"email": "better@example.org", "action_add": ""}
    assert client.post(reverse("account_email"), data).status_code == 302
    link = re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)
    assert link
    person.refresh_from_db()
    assert person.email != "better@example.org"
    client.post(link[1])
    person.refresh_from_db()
    assert person.email == "better@example.org"


def test_passkey_login_offers_a_challenge(bd: Programme) -> None:
    accept = {"Accept": "application/json"}
    answer = Client().get(reverse("mfa_login_webauthn"), headers=accept)
    assert answer.status_code == 200
    assert "challenge" in answer.json()["request_options"]["publicKey"]


def test_person_of_no_programme_has_a_page_that_says_so(bd: Programme) -> None:
    client, _ = sign_in_by_password(builders.make_user())
    answer = client.get(reverse("home"))
    assert answer.status_code == 403
    assert "no role here" in answer.content.decode()
    assert Membership.objects.count() == 0
