"""Forms of factories. They read what was typed; services decide."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from betterwork.accounts.models import User
from betterwork.accounts.selectors import people_in
from betterwork.errors import DomainError
from betterwork.refusals import sentence
from betterwork.ui import formats
from betterwork.ui.fields import DayField
from factories.models import (
    ClockDrift,
    Committee,
    CommitteeElection,
    CommitteeMember,
    Factory,
    FactoryBuyer,
    FactoryContact,
    ManufacturingGroup,
)
from factories.rules.identifiers import gateway_id, os_id
from factories.services.factories import LOCATION, PROFILE, BuyerLine, ContactLine
from factories.words import LANGUAGES, WEEKDAYS

BUYER_LINES = 3


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **more: Any) -> None:
        super().__init__(format="%Y-%m-%d", **more)


class Clean(forms.Form):
    """Text in one Unicode form, so that a search finds what was typed on any keyboard."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, value in cleaned.items():
            if isinstance(value, str):
                cleaned[name] = unicodedata.normalize("NFC", value)
        return cleaned

    def refuse(self, error: DomainError) -> None:
        """Show a refusal at the field it is about, else on top. All input is kept."""
        field = FIELD_OF_REFUSAL.get(error.code)
        self.add_error(field if field in self.fields else None, sentence(error))


FIELD_OF_REFUSAL = {
    "os_id_malformed": "os_id", "os_id_taken": "os_id", "gateway_id_malformed": "gateway_id",
    "os_id_other_country": "os_id", "gateway_id_taken": "gateway_id",
    "legacy_id_taken": "legacy_id", "factory_name_missing": "name", "status_unknown": "status",
    "status_reason_missing": "status_reason", "workforce_in_future": "counted_on",
    "contact_name_missing": "name", "buyer_unknown": "buyer", "buyer_relation_unknown": "relation",
    "cycle_starts_too_early": "starts_on", "drift_note_missing": "note",
    "drift_in_the_past": "new_due_on", "merge_reason_missing": "reason",
    "group_name_taken": "name", "member_name_missing": "full_name",
    "member_mandate_reversed": "mandate_ends_on", "member_leaves_before_joining": "left_on",
    "election_votes_over_roll": "voters", "committee_in_future": "formed_on",
    "election_in_future": "held_on", "member_sits_already": "full_name",
}  # fmt: skip


def _os_id(text: str) -> str:
    try:
        return os_id(text)
    except DomainError as error:
        raise forms.ValidationError(sentence(error)) from error


def _gateway_id(text: str) -> str:
    try:
        return gateway_id(text)
    except DomainError as error:
        raise forms.ValidationError(sentence(error)) from error


class SectionForm(Clean, forms.ModelForm):  # type: ignore[type-arg]
    """Some fields of a factory. Nothing is saved here."""

    def _post_clean(self) -> None:
        # The instance is only where first values come from; the service checks and writes.
        pass

    def clean_os_id(self) -> str:
        return _os_id(self.cleaned_data["os_id"])

    def clean_gateway_id(self) -> str:
        return _gateway_id(self.cleaned_data["gateway_id"])

    def clean_weekly_rest(self) -> list[int]:
        return [int(day) for day in self.cleaned_data["weekly_rest"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "latitude" in self.fields and (cleaned.get("latitude") is None) != (
            cleaned.get("longitude") is None
        ):
            self.add_error("latitude", _("Give both latitude and longitude, or neither."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the section holds, ready for the service."""
        return {name: self.cleaned_data[name] for name in self.fields if name in _SET}


_SET = frozenset(PROFILE + LOCATION)


def _many(label: Any, choices: Any, **more: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple, **more
    )


def _year(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1900, max_value=2100)


class ProfileForm(SectionForm):
    languages = _many(_("Languages of the workers"), LANGUAGES)
    weekly_rest = _many(
        _("Weekly rest days"),
        WEEKDAYS,
        help_text=_("Only if they differ from the country's. Due dates avoid them."),
    )
    began_on_year = _year(_("Year operations began"))

    class Meta:
        model = Factory
        fields = list(PROFILE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "advisor" in self.fields:
            advisors = User.objects.filter(people_in("advisor"), is_active=True).distinct()
            self.fields["advisor"].queryset = advisors.order_by(  # type: ignore[attr-defined]
                "full_name"
            )
        if "group" in self.fields:
            groups = ManufacturingGroup.objects.order_by("name")
            self.fields["group"].queryset = groups  # type: ignore[attr-defined]
        self.fields["os_id"].help_text = _("From Open Supply Hub, such as CN2021250D1DTN7.")


class LocationForm(SectionForm):
    class Meta:
        model = Factory
        fields = list(LOCATION)
        widgets = {
            "address": forms.Textarea(attrs={"rows": 2}),
            "office_address": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["latitude"].widget.attrs.update(min="-90", max="90")
        self.fields["longitude"].widget.attrs.update(min="-180", max="180")
        for name, most in (("latitude", 90), ("longitude", 180)):
            field = self.fields[name]
            field.min_value, field.max_value = -most, most  # type: ignore[attr-defined]

    def clean_latitude(self) -> Any:
        return self._within("latitude", 90)

    def clean_longitude(self) -> Any:
        return self._within("longitude", 180)

    def _within(self, name: str, most: int) -> Any:
        found = self.cleaned_data[name]
        if found is not None and not -most <= found <= most:
            raise forms.ValidationError(
                _("This must lie between %(low)s and %(high)s."),
                params={"low": -most, "high": most},
            )
        return found


class WorkforceForm(Clean):
    counted_on = DayField(label=_("Counted on"), widget=DayInput())
    female = forms.IntegerField(label=_("Women"), min_value=0, max_value=200_000)
    male = forms.IntegerField(label=_("Men"), min_value=0, max_value=200_000)
    source = forms.CharField(
        label=_("Source"), max_length=60, help_text=_("Such as: payroll of October.")
    )


class StatusForm(Clean):
    status = forms.ChoiceField(label=_("Status"), choices=Factory.Status.choices)
    since = DayField(label=_("Since"), widget=DayInput())
    status_reason = forms.CharField(
        label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed for every status but active. It stays in the history."),
    )  # fmt: skip


class ContactForm(Clean):
    name = forms.CharField(label=_("Name"), max_length=120)
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    is_main = forms.BooleanField(label=_("This is the main contact"), required=False)
    left_on = DayField(label=_("Left on"), required=False, widget=DayInput())

    def line(self) -> ContactLine:
        found = self.cleaned_data
        return ContactLine(found["name"], found["job_title"], found["phone"], found["email"])

    @classmethod
    def of(cls, contact: FactoryContact) -> ContactForm:
        names = ("name", "job_title", "phone", "email", "is_main", "left_on")
        return cls(initial={name: getattr(contact, name) for name in names})


RELATIONS = FactoryBuyer._meta.get_field("relation").choices or ()


class BuyerForm(Clean):
    buyer = forms.CharField(label=_("Buyer"), max_length=200)
    since_year = _year(_("Buys since"))
    relation = forms.ChoiceField(label=_("Relation"), choices=RELATIONS)

    def line(self) -> BuyerLine:
        found = self.cleaned_data
        return BuyerLine(found["buyer"], found["since_year"], found["relation"])


class RegisterForm(ProfileForm):
    """Everything the registration asks for, in one column."""

    registered_on = DayField(label=_("Registered on"), widget=DayInput())
    starts_on = DayField(
        label=_("First day of the cycle"), required=False, widget=DayInput(),
        help_text=_("Leave empty to open the first cycle later."),
    )  # fmt: skip
    workers_female = forms.IntegerField(
        label=_("Women"), min_value=0, max_value=200_000, required=False,
        help_text=_("Full-time workers."),
    )  # fmt: skip
    workers_male = forms.IntegerField(
        label=_("Men"), min_value=0, max_value=200_000, required=False
    )
    contact_name = forms.CharField(label=_("Main contact"), max_length=120, required=False)
    contact_job = forms.CharField(
        label=_("Job title of the contact"), max_length=120, required=False
    )
    contact_phone = forms.CharField(label=_("Phone of the contact"), max_length=40, required=False)
    contact_email = forms.EmailField(label=_("E-mail of the contact"), required=False)
    request_key = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Factory
        fields = [*PROFILE, *LOCATION]
        widgets = LocationForm.Meta.widgets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, BUYER_LINES + 1):
            label = _("Main buyer %(number)s") % {"number": number}
            self.fields[f"buyer_{number}"] = forms.CharField(
                label=label, max_length=200, required=False
            )
            self.fields[f"buyer_{number}_since"] = _year(_("Buys since"))
            self.fields[f"buyer_{number}_relation"] = forms.ChoiceField(
                label=_("Relation"), choices=RELATIONS, required=False
            )

    clean_latitude = LocationForm.clean_latitude
    clean_longitude = LocationForm.clean_longitude
    _within = LocationForm._within

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        pair = (cleaned.get("workers_female"), cleaned.get("workers_male"))
        if (pair[0] is None) != (pair[1] is None):
            self.add_error("workers_female", _("Give both numbers, women and men, or neither."))
        return cleaned

    def buyers(self) -> list[BuyerLine]:
        found, lines = self.cleaned_data, []
        for number in range(1, BUYER_LINES + 1):
            if found[f"buyer_{number}"]:
                lines.append(
                    BuyerLine(
                        found[f"buyer_{number}"],
                        found[f"buyer_{number}_since"],
                        found[f"buyer_{number}_relation"] or "direct",
                    )
                )
        return lines

    def contact(self) -> ContactLine | None:
        found = self.cleaned_data
        if not found["contact_name"]:
            return None
        return ContactLine(found["contact_name"], found["contact_job"], found["contact_phone"],
                           found["contact_email"])  # fmt: skip


# Sections of the long form: heading, then fields.
REGISTER_SECTIONS: list[tuple[Any, list[str]]] = [
    (_("Name and ids"), ["name", "local_name", "os_id", "gateway_id", "legacy_id"]),
    (_("What it makes"), ["factory_type", "isic_division", "began_on_year", "first_product",
                          "second_product"]),
    (_("Where it is"), ["address", "office_address", "city", "region", "postcode", "latitude",
                        "longitude", "phone", "email", "website"]),
    (_("Who works there"), ["workers_female", "workers_male", "languages", "weekly_rest",
                            "has_dormitory", "has_migrant_workers", "has_trade_union"]),
    (_("Contact"), ["contact_name", "contact_job", "contact_phone", "contact_email"]),
    (_("Main buyers"), [f"buyer_{n}{part}" for n in range(1, BUYER_LINES + 1)
                        for part in ("", "_since", "_relation")]),
    (_("Owner and group"), ["owner_name", "owner_headquarters", "owner_contact", "group"]),
    (_("In the programme"), ["advisor", "peer_grouping", "registered_on", "starts_on"]),
]  # fmt: skip


class GroupForm(Clean):
    name = forms.CharField(label=_("Name"), max_length=200)
    headquarters = forms.CharField(label=_("Headquarters"), max_length=200, required=False)
    contact_name = forms.CharField(label=_("Contact"), max_length=120, required=False)
    contact_email = forms.EmailField(label=_("E-mail of the contact"), required=False)


class MergeForm(Clean):
    reason = forms.CharField(
        label=_("How do you know that the two are one factory?"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File with factories"),
        help_text=_("CSV or XLSX, at most 10,000 rows. Nothing is changed before you say so."),
    )


class CycleForm(Clean):
    starts_on = DayField(label=_("First day of the cycle"), widget=DayInput())
    is_high_performer = forms.BooleanField(
        label=_("High performer: assessed less often"), required=False
    )


class DriftForm(Clean):
    HOW = [
        ("keep", _("Keep the due date, only give the reason")),
        ("move", _("Agree on a new due date")),
        ("pause", _("Let the clock stand still")),
    ]
    reason = forms.ChoiceField(label=_("Reason"), choices=ClockDrift.Reason.choices)
    how = forms.ChoiceField(
        label=_("What happens to the clock"), choices=HOW, initial="keep", widget=forms.RadioSelect
    )
    new_due_on = DayField(label=_("New due date"), required=False, widget=DayInput())
    note = forms.CharField(
        label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("how") == "move" and not cleaned.get("new_due_on"):
            self.add_error("new_due_on", _("Choose the new day."))
        return cleaned


class CommitteeForm(Clean):
    kind = forms.ChoiceField(label=_("Kind"), choices=Committee.Kind.choices)
    name = forms.CharField(label=_("Name"), max_length=120)
    formed_on = DayField(label=_("Formed on"), widget=DayInput())
    registered_on = DayField(
        label=_("Filed with the authority on"), required=False, widget=DayInput()
    )


class ElectionForm(Clean):
    held_on = DayField(label=_("Held on"), widget=DayInput())
    method = forms.ChoiceField(label=_("Method"), choices=CommitteeElection.Method.choices)
    voters = forms.IntegerField(label=_("Votes cast"), required=False, min_value=0)
    eligible = forms.IntegerField(label=_("Workers with a vote"), required=False, min_value=0)
    note = forms.CharField(
        label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class ElectionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An election by its day and how it was held."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{formats.on_date(obj.held_on)}, {obj.get_method_display()}"


class MemberForm(Clean):
    title = forms.ChoiceField(
        label=_("Title"), choices=CommitteeMember.Title.choices, widget=forms.RadioSelect,
        help_text=_("Women and men are counted by it."),
    )  # fmt: skip
    full_name = forms.CharField(label=_("Name"), max_length=120)
    side = forms.ChoiceField(
        label=_("Side"), choices=CommitteeMember.Side.choices, widget=forms.RadioSelect
    )
    occupation = forms.CharField(label=_("Occupation"), max_length=80, required=False)
    joined_on = DayField(label=_("Mandate from"), widget=DayInput())
    mandate_ends_on = DayField(
        label=_("Mandate until"), required=False, widget=DayInput(),
        help_text=_("Leave empty to follow the law."),
    )  # fmt: skip
    is_union = forms.BooleanField(label=_("Sits for the union"), required=False)
    election: Any = ElectionField(
        label=_("Chosen in"), queryset=None, required=False,
        empty_label=_("not recorded"),
    )  # fmt: skip
    replaces: Any = forms.ModelChoiceField(
        label=_("Takes the seat of"), queryset=None, required=False,
        empty_label=_("nobody"), help_text=_("That member leaves on the day the mandate begins."),
    )  # fmt: skip

    def __init__(self, *args: Any, committee: Committee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["election"].queryset = committee.elections.all()  # type: ignore[attr-defined]
        seats = committee.members.filter(left_on__isnull=True)
        self.fields["replaces"].queryset = seats  # type: ignore[attr-defined]


class LeaveForm(Clean):
    left_on = DayField(label=_("Date left"), widget=DayInput())


class ChairForm(Clean):
    member: Any = forms.ModelChoiceField(label=_("Chair"), queryset=None)
    started_on = DayField(label=_("Chair from"), widget=DayInput())

    def __init__(self, *args: Any, committee: Committee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seats = committee.members.filter(left_on__isnull=True)
        self.fields["member"].queryset = seats  # type: ignore[attr-defined]


class FilingForm(Clean):
    registered_on = DayField(
        label=_("Filed with the authority on"), required=False, widget=DayInput()
    )


class DissolveForm(Clean):
    dissolved_on = DayField(label=_("Dissolved on"), widget=DayInput())
