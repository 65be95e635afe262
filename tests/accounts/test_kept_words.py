"""What was typed outlives a sign-in that ran out, a form older than the sign-in, a changed role."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from betterwork import kept
from betterwork.accounts.models import Membership, Role
from betterwork.tenancy.models import Programme
from factories.models import Factory
from tests import builders

PASSWORD = "a long password"
OWN = {"Origin": "http://testserver"}
WORDS = "মিল: আধা মেরামত\nবাকি আগামী সপ্তাহে"
SignIn = Callable[..., Client]


def enter(client: Client, email: str, after: str) -> Any:
    return client.post(
        reverse("account_login"), {"login": email, "password": PASSWORD, "next": after}
    )


def signed_out(person: Any) -> Client:
    """The browser of somebody whose session ran out."""
    client = Client()
    enter(client, person.email, "/")
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    return client


def form_of(page: str, address: str) -> dict[str, list[str]]:
    """The hidden fields of the form that goes to an address, as a browser would send them."""
    inside = re.search(rf'action="{re.escape(address)}">(.*?)</form>', page, re.DOTALL)
    assert inside, page
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', inside.group(1)):
        fields.setdefault(unescape(name), []).append(unescape(value))
    return fields


def contact_form(advisor: Any) -> tuple[str, dict[str, Any]]:
    """A form of plain words at an address of its own: a factory's contact person."""
    factory = builders.make_factory(advisor=advisor)
    return reverse("factories:contact_new", args=[factory.pk]), {
        "name": WORDS.splitlines()[0],
        "job_title": "HR",
        "phone": "",
        "email": "",
    }


def test_sign_in_that_ran_out_loses_nothing(bd: Programme) -> None:
    advisor = builders.make_member(Role.ADVISOR)
    address, typed = contact_form(advisor)
    client = signed_out(advisor)
    refused = client.post(address, typed, headers=OWN)
    assert refused["Location"] == f"{reverse('account_login')}?next={reverse('kept')}"
    told = "What you typed is kept for an hour."
    assert told in client.get(refused["Location"]).content.decode()
    assert told not in Client().get(refused["Location"]).content.decode()
    assert enter(client, advisor.email, reverse("kept"))["Location"] == reverse("kept")
    answer = client.get(reverse("kept"))
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert typed["name"] in unescape(page)
    assert str(advisor) in page  # as whom it would be sent
    fields = form_of(page, address)
    assert client.post(address, fields, headers=OWN).status_code == 302
    assert Factory.objects.get(advisor=advisor).contacts.get().name == typed["name"]


def test_every_line_and_every_choice_is_kept(bd: Programme) -> None:
    advisor = builders.make_member(Role.ADVISOR)
    address, typed = contact_form(advisor)
    client = signed_out(advisor)
    client.post(address, {**typed, "job_title": WORDS, "ways": ["a", "b"]}, headers=OWN)
    enter(client, advisor.email, reverse("kept"))
    fields = form_of(client.get(reverse("kept")).content.decode(), address)
    assert fields["ways"] == ["a", "b"]
    assert fields["job_title"][0].splitlines() == WORDS.splitlines()


def test_form_of_another_tab_is_older_than_the_sign_in(bd: Programme) -> None:
    advisor = builders.make_member(Role.ADVISOR)
    address, typed = contact_form(advisor)
    client = Client(enforce_csrf_checks=True)
    client.force_login(advisor, backend="allauth.account.auth_backends.AuthenticationBackend")
    refused = client.post(address, {**typed, "csrfmiddlewaretoken": "x" * 64}, headers=OWN)
    assert refused.status_code == 403
    assert f'href="{reverse("kept")}"' in refused.content.decode()
    fields = form_of(client.get(reverse("kept")).content.decode(), address)
    assert "x" * 64 not in fields["csrfmiddlewaretoken"]
    assert client.post(address, fields, headers=OWN).status_code == 302


@pytest.mark.parametrize("origin", ["", "https://evil.example", "null"])
def test_words_of_another_site_are_not_kept(bd: Programme, origin: str) -> None:
    """Nobody is shown a stranger's words as their own, one press from being sent."""
    advisor = builders.make_member(Role.ADVISOR)
    address, typed = contact_form(advisor)
    client = Client(enforce_csrf_checks=True)
    client.force_login(advisor, backend="allauth.account.auth_backends.AuthenticationBackend")
    refused = client.post(address, typed, headers={"Origin": origin} if origin else {})
    assert refused.status_code == 403
    assert reverse("kept") not in refused.content.decode()
    assert client.get(reverse("kept"))["Location"] == reverse("home")


def test_words_typed_in_another_role_go_back_with_it(bd: Programme) -> None:
    """Two windows, two roles: the second changed the role under the first."""
    person = builders.make_member(Role.ADVISOR)
    address, typed = contact_form(person)
    builders.make_member(Role.CAT_EDITOR, user=person)
    client = Client()
    enter(client, person.email, "/")
    hats = {hat.role: str(hat.pk) for hat in Membership.objects.filter(user=person)}
    client.post(reverse("accounts:hat"), {"membership": hats[Role.CAT_EDITOR]})
    refused = client.post(address, typed, headers=OWN)
    assert refused.status_code == 403
    assert f'href="{reverse("kept")}"' in refused.content.decode()
    page = client.get(reverse("kept")).content.decode()
    back = client.post(
        reverse("accounts:hat"),
        {**form_of(page, reverse("accounts:hat")), "membership": hats[Role.ADVISOR]},
    )
    assert back["Location"] == reverse("kept")
    fields = form_of(client.get(reverse("kept")).content.decode(), address)
    assert client.post(address, fields, headers=OWN).status_code == 302


def test_only_this_browser_holds_them_and_lets_them_go(bd: Programme) -> None:
    advisor = builders.make_member(Role.ADVISOR)
    address, typed = contact_form(advisor)
    client, other = signed_out(advisor), Client()
    client.post(address, typed, headers=OWN)
    for each in (client, other):
        enter(each, advisor.email, "/")
    assert other.get(reverse("kept"))["Location"] == reverse("home")
    assert client.get(reverse("kept")).status_code == 200
    assert client.post(reverse("kept"))["Location"] == reverse("home")
    assert client.get(reverse("kept"))["Location"] == reverse("home")


def test_no_password_and_no_endless_text_is_kept(bd: Programme, sign_in: SignIn) -> None:
    advisor = builders.make_member(Role.ADVISOR)
    address, typed = contact_form(advisor)
    client = signed_out(advisor)
    client.post(address, {**typed, "password": "my own secret"}, headers=OWN)
    enter(client, advisor.email, "/")
    assert "my own secret" not in client.get(reverse("kept")).content.decode()
    long = signed_out(advisor)
    refused = long.post(address, {**typed, "job_title": "x" * 300_000}, headers=OWN)
    assert refused["Location"].endswith(f"next={address}")
    # The sign-in itself, sent from a page that waited too long: nothing of it is kept.
    strict = Client(enforce_csrf_checks=True)
    page = strict.post(
        reverse("account_login"), {"login": "a@example.org", "password": PASSWORD}, headers=OWN
    )
    assert page.status_code == 403
    assert "kept for an hour" not in page.content.decode()


def test_nobody_fills_the_cache(bd: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_AN_HOUR", 2)
    advisor = builders.make_member(Role.ADVISOR)
    address, typed = contact_form(advisor)
    client = signed_out(advisor)
    went = [client.post(address, typed, headers=OWN)["Location"] for _again in range(3)]
    assert [each.endswith(f"next={reverse('kept')}") for each in went] == [True, True, False]
    # Who never signed in here has nothing to keep.
    assert Client().post(address, typed, headers=OWN)["Location"].endswith(f"next={address}")


def test_words_of_one_person_are_not_shown_to_the_next(bd: Programme) -> None:
    """A tablet goes from hand to hand; a planner's words may tell of a visit nobody may know of."""
    planner, advisor = builders.make_member(Role.PLANNER), builders.make_member(Role.ADVISOR)
    address, typed = contact_form(advisor)
    client = signed_out(planner)
    client.post(address, typed, headers=OWN)
    enter(client, advisor.email, "/")
    assert client.get(reverse("kept"))["Location"] == reverse("home")
    enter(client, planner.email, "/")
    forged = Client()
    forged.cookies[kept.PERSON_COOKIE] = f"{planner.pk}:{'a' * 43}"
    assert forged.post(address, typed, headers=OWN)["Location"].endswith(f"next={address}")


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(bd: Programme) -> None:
    part = {"HX-Request": "true", "HX-Current-URL": "http://testserver/reports/?year=2026"}
    answer = Client().get(reverse("reporting:reports"), headers=part)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["HX-Redirect"] == f"{reverse('account_login')}?next=/reports/"


def test_address_of_a_form_opened_as_a_page_leads_on(bd: Programme, sign_in: SignIn) -> None:
    batch = uuid4()
    answer = sign_in(Role.MANAGER).get(reverse("factories:import_apply", args=[batch]))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    above = reverse("factories:import_batch", args=[batch])
    assert f'href="{above}"' in answer.content.decode()
