"""Mail as its reader sees it: in their direction, one button, nobody's words as a link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from betterwork.accounts.models import Role
from betterwork.records import tasks
from betterwork.records.models import OutgoingMail
from betterwork.records.services import send_mail_once
from tests import builders

HERE = settings.SITE_ADDRESS.rstrip("/")


def page_sent(text: str, language: str) -> str:
    send_mail_once(
        kind="test", key=f"test:{language}", to="a@example.org", language=language,
        subject="Photo of exit 3 <b>", text=text,
    )  # fmt: skip
    tasks.send_mail()
    message = mail.outbox[-1]
    assert message.body == text
    ((page, kind),) = message.alternatives  # type: ignore[attr-defined]
    assert kind == "text/html"
    return str(page)


@pytest.mark.parametrize(("language", "way"), [("en", "ltr"), ("bn", "ltr"), ("ar", "rtl")])
def test_a_mail_is_a_page_with_one_button(bd: Any, language: str, way: str) -> None:
    address = f"{HERE}{reverse('my_work')}"
    page = page_sent(f"Two items wait.\nOne is late.\n\n{address}\n\nWhy you get it.", language)
    assert f'<html lang="{language}" dir="{way}">' in page
    assert re.findall(r'<a href="([^"]+)"', page) == [address]
    assert "Two items wait.<br>One is late." in page
    assert "&lt;b&gt;" in page
    assert "src=" not in page  # nothing is fetched, so nobody learns when it was read


def test_the_words_before_the_address_name_its_button(bd: Any) -> None:
    address = f"{HERE}{reverse('advisory:my_actions')}"
    page = page_sent(f"Two wait.\n\nOpen your list here: {address}\n\nWhy.", "en")
    assert re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', page) == [
        (address, "Open your list here")
    ]


def test_words_of_a_person_are_no_link_and_no_markup(bd: Any) -> None:
    page = page_sent("https://evil.example/\n\n<script>alert(1)</script> please", "en")
    assert "<a " not in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_an_invitation_is_sent_as_a_page_and_forgotten(bd: Any, sign_in: Any) -> None:
    sign_in(Role.MANAGER).post(
        reverse("accounts:invite"),
        {"email": "new@example.org", "full_name": "New", "role": "advisor", "language": "ar"},
    )
    tasks.send_mail()
    message = next(each for each in mail.outbox if each.to == ["new@example.org"])
    page = message.alternatives[0][0]  # type: ignore[attr-defined]
    assert 'dir="rtl"' in page
    assert re.findall(r'<a href="([^"]+)"', page)[0].startswith(f"{HERE}/welcome/")
    kept = OutgoingMail.objects.get(to="new@example.org")
    assert "/welcome/" not in kept.text + kept.html


def test_a_code_to_sign_in_comes_as_a_page_too(bd: Any) -> None:
    person = builders.make_member(Role.AMBASSADOR, user=builders.make_user(language="bn"))
    Client().post(reverse("account_request_login_code"), {"email": person.email})
    message = mail.outbox[-1]
    page = message.alternatives[0][0]  # type: ignore[attr-defined]
    code = re.search(r"\b[0-9]{6}\b", message.body)
    assert code
    assert code.group() in page
    assert 'lang="bn"' in page
