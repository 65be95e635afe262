"""Invitations from the manager's form to the new person's first page, and hats."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from betterwork.accounts import services
from betterwork.accounts.models import Invitation, Membership, Role, User
from betterwork.records.models import OutgoingMail, TrailEvent
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests import builders

SignIn = Callable[..., Client]


def invited(bd: Programme, email: str = "new@example.org", **values: object) -> str:
    """Send an invitation as the system and return the token of its mail."""
    manager = builders.make_member(Role.MANAGER)
    given = {"full_name": "Rokeya Begum", "language": "bn", "role": Role.STAFF, **values}
    services.invite_person(email=email, invited_by=manager, now=timezone.now(), **given)
    return token_of(email)


def token_of(email: str) -> str:
    mail = OutgoingMail.objects.filter(to=email).order_by("-created_at").first()
    assert mail is not None
    found = re.search(r"/welcome/([^/\s]+)/", mail.text)
    assert found
    return found[1]


def test_manager_invites_an_ambassador_who_accepts(bd: Programme, sign_in: SignIn) -> None:
    factory = builders.make_factory("Meghna Crest")
    manager = sign_in(Role.MANAGER)
    answer = manager.post(
        reverse("accounts:invite"),
        {"email": "Rokeya@Example.org", "full_name": "Rokeya Begum", "language": "bn",
         "role": Role.AMBASSADOR, "factory": "meghna"},
    )  # fmt: skip
    assert answer.status_code == 302
    assert "Rokeya Begum" in manager.get(reverse("accounts:people")).content.decode()
    mail = OutgoingMail.objects.get(to="rokeya@example.org")
    assert mail.language == "bn"
    token = token_of("rokeya@example.org")
    assert not Invitation.objects.filter(token_hash=token).exists()  # only its hash is kept

    visitor = Client()
    page = visitor.get(reverse("accounts:invitation", args=[token]))
    assert page.status_code == 200
    assert "Meghna Crest" in page.content.decode()
    data = {"full_name": "Rokeya Begum", "language": "bn", "way": "code"}
    answer = visitor.post(reverse("accounts:invitation", args=[token]), data)
    assert answer.status_code == 302
    person = User.objects.get(email="rokeya@example.org")
    assert not person.has_usable_password()
    hat = Membership.objects.get(user=person)
    assert (hat.role, hat.factory_id, hat.programme_id) == (Role.AMBASSADOR, factory.pk, bd.pk)
    assert visitor.get(reverse("accounts:preferences")).status_code == 200
    assert TrailEvent.objects.filter(action="invitation_accepted", actor=person).count() == 1
    # Sent twice: the same person is simply in.
    assert visitor.get(reverse("accounts:invitation", args=[token])).status_code == 302
    assert Membership.objects.filter(user=person).count() == 1


def test_new_staff_with_a_password_meet_the_second_factor_first(bd: Programme) -> None:
    visitor = Client()
    data = {"full_name": "R B", "language": "en", "way": "password", "password": "short"}
    address = reverse("accounts:invitation", args=[invited(bd)])
    refused = visitor.post(address, data)
    assert refused.status_code == 422
    assert 'value="R B"' in refused.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()
    assert visitor.post(address, {**data, "password": "one long thread"}).status_code == 302
    answer = visitor.get(reverse("accounts:preferences"))
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index"))
    assert visitor.get(reverse("mfa_index")).status_code == 200
    # They proved who they are this minute: the password is not asked once more.
    assert visitor.get(reverse("mfa_activate_totp")).status_code == 200


@pytest.mark.parametrize("state", ["expired", "withdrawn", "used"])
def test_closed_invitation_says_why(bd: Programme, state: str) -> None:
    token = invited(bd)
    row = Invitation.objects.get(email="new@example.org")
    now = timezone.now()
    if state == "expired":
        row.expires_at = now - timedelta(days=1)
    elif state == "withdrawn":
        row.withdrawn_at = now
    else:
        row.accepted_at, row.accepted_by = now, builders.make_user()
    row.save()
    for method in ("get", "post"):
        answer = getattr(Client(), method)(reverse("accounts:invitation", args=[token]))
        assert answer.status_code == 410
    words = {"expired": "too old", "withdrawn": "withdrawn", "used": "already accepted"}
    assert words[state] in answer.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()


def test_unknown_link_is_not_found(bd: Programme) -> None:
    answer = Client().get(reverse("accounts:invitation", args=["nothing-of-the-kind"]))
    assert answer.status_code == 404
    assert "no invitation" in answer.content.decode()


def test_wrong_person_is_told_and_takes_nothing(bd: Programme, sign_in: SignIn) -> None:
    token = invited(bd)
    other = builders.make_member(Role.AMBASSADOR)
    answer = sign_in(user=other).post(reverse("accounts:invitation", args=[token]))
    assert answer.status_code == 409
    assert "somebody else" in answer.content.decode()
    assert Membership.objects.filter(user=other).count() == 1


def test_person_with_an_account_signs_in_first(bd: Programme, sign_in: SignIn) -> None:
    person = builders.make_member(Role.ADVISOR)
    token = invited(bd, email=person.email)
    address = reverse("accounts:invitation", args=[token])
    page = Client().get(address)
    assert f"{reverse('account_login')}?next={address}" in page.content.decode()
    assert sign_in(user=person).post(address).status_code == 302
    assert set(Membership.objects.filter(user=person).values_list("role", flat=True)) == {
        Role.ADVISOR,
        Role.STAFF,
    }


def test_invitation_refuses_what_makes_no_sense(bd: Programme, sign_in: SignIn) -> None:
    manager = sign_in(Role.MANAGER)
    base = {"email": "x@example.org", "language": "en"}
    for data, words in (
        ({"role": Role.GLOBAL}, "Select a valid choice"),
        ({"role": Role.AMBASSADOR}, "which factory"),
        ({"role": Role.AMBASSADOR, "factory": "no such"}, "no such factory"),
        ({"role": Role.BUYER}, "which buyer"),
    ):
        answer = manager.post(reverse("accounts:invite"), {**base, **data})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not Invitation.objects.filter(email="x@example.org").exists()


def test_nobody_makes_themselves_a_planner(bd: Programme, sign_in: SignIn) -> None:
    me = builders.make_member(Role.MANAGER)
    data = {"email": me.email.upper(), "language": "en", "role": Role.PLANNER}
    answer = sign_in(user=me).post(reverse("accounts:invite"), data)
    assert answer.status_code == 422
    assert "nobody makes themselves one" in answer.content.decode()
    assert not Invitation.objects.filter(role=Role.PLANNER).exists()


def test_same_invitation_twice_sends_one_mail(bd: Programme, sign_in: SignIn) -> None:
    manager = sign_in(Role.MANAGER)
    data = {"email": "x@example.org", "language": "en", "role": Role.STAFF}
    assert manager.post(reverse("accounts:invite"), data).status_code == 302
    assert manager.post(reverse("accounts:invite"), data).status_code == 422
    assert OutgoingMail.objects.filter(to="x@example.org").count() == 1


def test_sending_again_closes_the_old_link(bd: Programme, sign_in: SignIn) -> None:
    old = invited(bd)
    row = Invitation.objects.get(email="new@example.org")
    manager = sign_in(Role.MANAGER)
    assert manager.post(reverse("accounts:invitation_again", args=[row.pk])).status_code == 302
    new = OutgoingMail.objects.filter(to="new@example.org").count()
    assert new == 2
    assert Client().get(reverse("accounts:invitation", args=[old])).status_code == 404


def test_another_programme_cannot_touch_an_invitation(bd: Programme, sign_in: SignIn) -> None:
    invited(bd)
    row = Invitation.objects.get(email="new@example.org")
    stranger = sign_in(Role.MANAGER, programme="JO")
    address = reverse("accounts:invitation_withdraw", args=[row.pk])
    assert stranger.post(address).status_code == 404
    row.refresh_from_db()
    assert row.withdrawn_at is None


def test_ended_membership_closes_the_door_at_once(bd: Programme, sign_in: SignIn) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    client = sign_in(user=person)
    assert client.get(reverse("accounts:preferences")).status_code == 200
    hat = Membership.objects.get(user=person)
    manager = builders.make_member(Role.MANAGER)
    assert (
        sign_in(user=manager).post(reverse("accounts:membership_end", args=[hat.pk])).status_code
        == 302
    )
    home = client.get(reverse("home"))
    assert home.status_code == 403
    assert "no role here" in home.content.decode()
    own = Membership.objects.get(user=manager)
    refused = sign_in(user=manager).post(reverse("accounts:membership_end", args=[own.pk]))
    assert refused.status_code == 422


def test_hat_is_changed_and_told(bd: Programme, sign_in: SignIn) -> None:
    person = builders.make_member(Role.ADVISOR)
    builders.make_member(Role.MANAGER, user=person)
    client = sign_in(user=person)
    assert client.get(reverse("accounts:people")).status_code == 403
    hat = Membership.objects.get(user=person, role=Role.MANAGER)
    assert client.post(reverse("accounts:hat"), {"membership": str(hat.pk)}).status_code == 302
    assert client.get(reverse("accounts:people")).status_code == 200
    assert TrailEvent.objects.filter(action="hat_changed", actor=person, role="manager").exists()
    stranger = builders.make_member(Role.MANAGER)
    theirs = Membership.objects.get(user=stranger)
    answer = client.post(reverse("accounts:hat"), {"membership": str(theirs.pk)})
    assert answer.status_code == 404


@pytest.mark.parametrize("rows", [2, 40])
def test_people_page_budget(
    bd: Programme, sign_in: SignIn, django_assert_max_num_queries: Callable, rows: int
) -> None:
    manager = sign_in(Role.MANAGER)
    for number in range(rows):
        builders.make_member(Role.AMBASSADOR)
        invited(bd, email=f"n{number}@example.org")
    manager.get(reverse("accounts:people"))
    with django_assert_max_num_queries(12):  # 10, and the savepoint of the test's own transaction
        answer = manager.get(reverse("accounts:people"))
    assert answer.status_code == 200


def test_preferences_are_kept(bd: Programme, sign_in: SignIn) -> None:
    person = builders.make_member(Role.AMBASSADOR)
    client = sign_in(user=person)
    data = {"full_name": "Huda Salem", "language": "ar", "theme": "dark", "density": "compact"}
    assert client.post(reverse("accounts:preferences"), data).status_code == 302
    page = client.get(reverse("accounts:preferences")).content.decode()
    assert 'dir="rtl"' in page
    assert 'data-theme="dark"' in page
    bad = client.post(reverse("accounts:preferences"), {**data, "language": "xx", "theme": "x"})
    assert bad.status_code == 422


def test_no_scope_leaks_from_an_invitation(bd: Programme) -> None:
    """The token proves one hat: with it nothing else of the programme can be read or made."""
    token = invited(bd)
    builders.make_factory()
    with services.invitee_scope(token) as found:
        assert found is not None
        assert Invitation.objects.count() == 1
        assert Membership.objects.count() == 0
        from factories.models import Factory

        assert Factory.objects.count() == 0
        with pytest.raises(Exception, match="row-level security"), scope.scope(scope.current()):
            Membership.objects.create(user=builders.make_user(), role=Role.MANAGER, programme=bd)


def test_people_sort_and_go_into_a_file(bd: Programme, sign_in: Callable[..., Client]) -> None:
    mill = builders.make_factory("Teesta Denim")
    for name, role, factory in (
        ("Alia", Role.STAFF, None), ("Zahir", Role.AMBASSADOR, mill), ("=cmd", Role.ADVISOR, None),
    ):  # fmt: skip
        member = builders.make_member(role, factory=factory)
        User.objects.filter(pk=member.pk).update(full_name=name)
    client = sign_in(Role.MANAGER)
    url = reverse("accounts:people")
    page = client.get(url, {"sort": "-person"}).content.decode()
    assert page.index("Zahir") < page.index("Alia") < page.index("=cmd")
    assert client.get(url, {"sort": "password"}).status_code == 200
    text = client.get(url, {"format": "csv", "q": "Teesta"}).content.decode("utf-8-sig")
    assert [line.split(",")[0] for line in text.splitlines()] == ["Person", "Zahir"]
    assert "Teesta Denim" in text
    assert "'=cmd" in client.get(url, {"format": "csv"}).content.decode("utf-8-sig")
    assert client.get(url, {"format": "xlsx"}).content[:2] == b"PK"
    assert TrailEvent.objects.filter(action="exported", facts__kind="people").count() == 3
