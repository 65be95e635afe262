"""Forms of signing in, invitations, preferences and settings: our words, allauth's checks."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as factors
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as keys
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from betterwork.rules.settings import ProgrammeSettings, SettingField, setting_fields
from betterwork.ui.fields import DayField

from . import services
from .models import Role, User
from .words import CHOICES, UNITS


class Worded(forms.Form):
    """Gives the fields of a form of allauth our labels and hints, and no placeholders."""

    words: dict[str, Any] = {}
    hints: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.words.get(name, field.label)
            field.help_text = self.hints.get(name, "")


_PASSWORD_HINT = _("At least 10 characters. A few words in a row are easy to keep in mind.")


class SignInForm(Worded, account.LoginForm):  # type: ignore[misc]
    words = {
        "login": _("E-mail address"),
        "password": _("Password"),
        "remember": _("Keep me signed in on this device"),
    }


class RequestCodeForm(Worded, account.RequestLoginCodeForm):  # type: ignore[misc]
    words = {"email": _("E-mail address")}


class CodeForm(Worded, account.ConfirmLoginCodeForm):  # type: ignore[misc]
    words = {"code": _("Code from the mail")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(inputmode="numeric", dir="ltr")


class ForgottenForm(Worded, account.ResetPasswordForm):  # type: ignore[misc]
    words = {"email": _("E-mail address")}


class NewPasswordFromKeyForm(Worded, account.ResetPasswordKeyForm):  # type: ignore[misc]
    words = {"password1": _("New password"), "password2": _("New password again")}
    hints = {"password1": _PASSWORD_HINT}


class ChangePasswordForm(Worded, account.ChangePasswordForm):  # type: ignore[misc]
    words = {
        "oldpassword": _("Present password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }
    hints = {"password1": _PASSWORD_HINT}


class SetPasswordForm(Worded, account.SetPasswordForm):  # type: ignore[misc]
    words = {"password1": _("Password"), "password2": _("Password again")}
    hints = {"password1": _PASSWORD_HINT}


class NewAddressForm(Worded, account.AddEmailForm):  # type: ignore[misc]
    words = {"email": _("New e-mail address")}


class PasswordAgainForm(Worded, account.ReauthenticateForm):  # type: ignore[misc]
    words = {"password": _("Password")}


class FactorForm(Worded, factors.AuthenticateForm):  # type: ignore[misc]
    words = {"code": _("Code of the app, or a recovery code")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(dir="ltr", autocomplete="one-time-code")


class FactorAgainForm(Worded, factors.ReauthenticateForm):  # type: ignore[misc]
    words = {"code": _("Code of the app, or a recovery code")}


class AppForm(Worded, totp.ActivateTOTPForm):  # type: ignore[misc]
    words = {"code": _("Code the app shows now")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(inputmode="numeric", dir="ltr")


class NewKeyForm(Worded, keys.AddWebAuthnForm):  # type: ignore[misc]
    words = {"name": _("Name of the key"), "passwordless": _("Sign in with it alone (passkey)")}
    hints = {"name": _("Such as: my phone.")}


class EditKeyForm(Worded, keys.EditWebAuthnForm):  # type: ignore[misc]
    words = {"name": _("Name of the key")}


class InviteForm(forms.Form):
    """A hat offered by e-mail. The factory is named by code or name: a list would be too long."""

    email = forms.EmailField(label=_("E-mail address"))
    full_name = forms.CharField(label=_("Name"), max_length=120, required=False)
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=settings.LANGUAGES)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[("", "–"), *((value, Role(value).label) for value in services.GRANTABLE)],
    )
    factory = forms.CharField(
        label=_("Factory"),
        required=False,
        help_text=_("For ambassadors and committee members: the factory's code or name."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    group: Any = forms.ModelChoiceField(
        label=_("Manufacturing group"),
        queryset=None,
        required=False,
        empty_label="–",
        help_text=_("For group sustainability leads."),
    )
    buyer: Any = forms.ModelChoiceField(
        label=_("Buyer"), queryset=None, required=False, empty_label="–", help_text=_("For buyers.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("group", "ManufacturingGroup"), ("buyer", "Buyer")):
            field: Any = self.fields[name]
            field.queryset = apps.get_model("factories", model)._default_manager.all()

    def clean_factory(self) -> Any:
        """The factory meant: by code, else by its whole name, else by the only name like it."""
        typed = self.cleaned_data["factory"].strip()
        if not typed:
            return None
        factories = apps.get_model("factories", "Factory")._default_manager.all()
        for how in ("code__iexact", "name__iexact", "name__icontains"):
            found = list(factories.filter(**{how: typed}).order_by("name")[:6])
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(f"{each.name} ({each.code})" for each in found[:5])
                raise forms.ValidationError(
                    _("Several factories are called like this: %(names)s. Enter the code."),
                    params={"names": names},
                )
        raise forms.ValidationError(_("There is no such factory in your programme."))


class WelcomeForm(forms.Form):
    """What a new person says when accepting an invitation."""

    full_name = forms.CharField(label=_("Your name"), max_length=120)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    way = forms.ChoiceField(
        label=_("How do you want to sign in?"),
        widget=forms.RadioSelect,
        choices=[
            ("code", _("With a code sent to my e-mail address each time")),
            ("password", _("With a password")),
        ],
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        help_text=_PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("way") == "password":
            password = data.get("password") or ""
            try:
                person = User(email=self.email, full_name=data.get("full_name", ""))
                validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    """One's own name, language and looks."""

    class Meta:
        model = User
        fields = ("full_name", "language", "theme", "density")
        widgets = {
            "language": forms.Select(choices=settings.LANGUAGES),
            "theme": forms.RadioSelect,
            "density": forms.RadioSelect,
        }


class SettingsForm(forms.Form):
    """The numbers of one rule set, each in the shape of its type, with the reason of the change."""

    def __init__(
        self, *args: Any, rules: type[ProgrammeSettings], words: dict[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules
        for each in setting_fields(rules):
            label = words.get(each.name, each.name)
            self.fields[each.name] = _field_of(each, label)
        self.fields["valid_from"] = DayField(
            label=_("Valid from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        )
        self.fields["reason"] = forms.CharField(
            label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"})
        )

    def numbers(self) -> list[Any]:
        """The bound fields of the rule set, without reason and day."""
        return [self[each.name] for each in setting_fields(self.rules)]

    def changes(self) -> dict[str, Any]:
        """Values as the rules read them: shares as text, switches and whole numbers as they are."""
        return {each.name: self.cleaned_data[each.name] for each in setting_fields(self.rules)}


def _field_of(each: SettingField, label: Any) -> forms.Field:
    if each.kind is bool:
        return forms.BooleanField(label=label, required=False)
    if issubclass(each.kind, StrEnum):
        choices = [(member.value, CHOICES.get(member.value, member.value)) for member in each.kind]
        return forms.ChoiceField(label=label, choices=choices)
    unit = UNITS.get(each.unit, each.unit)
    lowest, highest = each.lowest, each.highest
    if each.kind is Fraction:
        lowest, highest = (Decimal(str(float(limit))) for limit in (lowest, highest))
    message = _("Choose a value from %(lowest)s to %(highest)s.") % {
        "lowest": lowest, "highest": highest,
    }  # fmt: skip
    if each.kind is Fraction:
        return forms.DecimalField(
            label=label, help_text=unit, max_digits=6, decimal_places=4,
            min_value=lowest, max_value=highest,
            widget=forms.NumberInput(attrs={"step": "0.01"}),
            error_messages={"min_value": message, "max_value": message},
        )  # fmt: skip
    return forms.IntegerField(
        label=label,
        help_text=unit,
        min_value=lowest,
        max_value=highest,
        error_messages={"min_value": message, "max_value": message},
    )
