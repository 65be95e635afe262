"""Texts that Django and allauth lend us stand in the reader's language, word for word as theirs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from betterwork.accounts.adapter import AccountAdapter, FactorAdapter
from betterwork.accounts.forms import NewPasswordFromKeyForm
from betterwork.accounts.models import User
from tests import builders

LANGUAGES = ("bn", "ar")
# Errors our sign-in never gives: there are no user names, telephone numbers or second addresses.
NEVER = {
    "cannot_remove_primary_email", "invalid_or_expired_key", "max_email_addresses",
    "phone_password_mismatch", "phone_taken", "select_only_one", "unknown_phone",
    "unverified_primary_email", "username_blacklisted", "username_password_mismatch",
    "add_email_blocked",
}  # fmt: skip


class EveryMistake(forms.Form):
    missing = forms.CharField()
    long = forms.CharField(max_length=3)
    short = forms.CharField(min_length=9)
    nothing = forms.CharField()
    whole = forms.IntegerField()
    low = forms.IntegerField(min_value=3)
    high = forms.IntegerField(max_value=3)
    digits = forms.DecimalField(max_digits=4, decimal_places=2)
    places = forms.DecimalField(max_digits=9, decimal_places=2)
    before = forms.DecimalField(max_digits=9, decimal_places=8)
    day = forms.DateField()
    moment = forms.DateTimeField()
    address = forms.EmailField()
    one = forms.ChoiceField(choices=[("1", "1")])
    many = forms.MultipleChoiceField(choices=[("1", "1")])
    key = forms.UUIDField()
    person: Any = forms.ModelChoiceField(queryset=None)
    people: Any = forms.ModelMultipleChoiceField(queryset=None)
    file = forms.FileField(max_length=5)
    empty = forms.FileField()
    picture = forms.FileField()
    secret = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("person", "people"):
            field: Any = self.fields[name]
            field.queryset = User.objects.none()


WRONG: dict[str, Any] = {
    "long": "four", "short": "four", "nothing": "a\x00b", "whole": "1.5", "low": "1", "high": "9",
    "digits": "123456", "places": "1.234", "before": "12.5", "day": "soon", "moment": "soon",
    "address": "nobody", "one": "2", "many": ["2"], "key": "no", "person": "9", "people": ["x"],
}  # fmt: skip


def latin(text: str) -> list[str]:
    """Words of the Latin script, without what a person typed and names of things."""
    return [word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in {"UUID", "secret"}]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mistake_in_a_form_is_told_in_the_readers_language(bd: Any, language: str) -> None:
    files = {
        "file": SimpleUploadedFile("a-long-name.txt", b"x"),
        "empty": SimpleUploadedFile("a.txt", b""),
    }
    with translation.override(language):
        form = EveryMistake(WRONG, files)
        told = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
        assert set(told) >= set(form.fields) - {"secret"}
        hidden = str(form.non_field_errors())
        drawn = form.as_p()  # names the hidden field
    english = {name: errors for name, errors in told.items() if latin(" ".join(errors))}
    assert english == {}
    assert latin(hidden) == []
    assert "Hidden field" not in drawn


@pytest.mark.parametrize("language", LANGUAGES)
def test_refused_passwords_say_why_in_the_readers_language(bd: Any, language: str) -> None:
    person = builders.make_user("Rokeya Begum Khatun")
    for typed in ("short", "1234567890", "Rokeya Begum Khatun"):
        with translation.override(language), pytest.raises(ValidationError) as caught:
            validate_password(typed, person)
        with translation.override(language):
            assert latin(" ".join(caught.value.messages)) == [], typed
    with translation.override(language):
        form = NewPasswordFromKeyForm(
            {"password1": "three green buttons", "password2": "three red buttons"}, user=person
        )
        told = " ".join(str(each) for errors in form.errors.values() for each in errors)
    assert told
    assert latin(told) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sign_in_speaks_the_readers_language(bd: Any, language: str) -> None:
    person = builders.make_user()
    with translation.override(language):
        told = {
            name: str(text)
            for adapter in (AccountAdapter, FactorAdapter)
            for name, text in adapter.error_messages.items()
            if name not in NEVER
        }
        key = get_adapter().generate_authenticator_name(person, "webauthn")
    assert {name: text for name, text in told.items() if latin(text)} == {}
    assert latin(key) == []
