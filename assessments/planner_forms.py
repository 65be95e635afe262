"""Forms of planning: skills and time of people, closures, moves of visits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from betterwork.tenancy.models import Programme
from betterwork.ui import formats
from betterwork.ui.context import OWN_NAMES
from betterwork.ui.fields import DayField
from factories.models import Factory

from .forms import Offered, advisors
from .models import Absence, AssessorProfile, CalendarFeed, CountryDay, FactoryClosure


class Day(forms.DateInput):
    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"}, format="%Y-%m-%d")


def words(rows: int = 2) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


def language_choices(programme: Programme) -> list[tuple[str, str]]:
    """Languages one may speak: those of the interface, the programme's and the factories' own."""
    known = dict(settings.LANGUAGES) | OWN_NAMES
    codes = dict.fromkeys([*known, *(programme.languages or [])])
    for spoken in Factory.objects.exclude(languages=[]).values_list("languages", flat=True):
        codes |= dict.fromkeys(spoken)
    return [(code, str(known.get(code, code))) for code in codes]


def region_choices() -> list[tuple[str, str]]:
    rows = Factory.objects.filter(merged_into__isnull=True).exclude(region="").order_by("region")
    return [(region, region) for region in rows.values_list("region", flat=True).distinct()]


class SkillsForm(forms.Form):
    """What an advisor says of themselves."""

    languages = forms.MultipleChoiceField(
        label=_("Languages I can interview workers in"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=AssessorProfile.Sex.choices,
        required=False,
        help_text=_("Only if you like to say. It helps to send teams of women and men."),
    )
    base_region = forms.ChoiceField(label=_("Region I start from"), required=False)
    latitude = forms.DecimalField(
        label=_("Latitude of my base"), required=False, min_value=-90, max_value=90
    )
    longitude = forms.DecimalField(
        label=_("Longitude of my base"),
        required=False,
        min_value=-180,
        max_value=180,
        help_text=_("Without it, journeys are counted from the middle of the region."),
    )

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["languages"].choices = language_choices(programme)  # type: ignore[attr-defined]
        known = region_choices()
        own = self.initial.get("base_region", "")
        if own and own not in dict(known):
            known.append((own, own))
        self.fields["base_region"].choices = [("", _("Not said")), *known]  # type: ignore[attr-defined]


class ProfileForm(SkillsForm):
    """What a planner keeps of an advisor."""

    may_lead = forms.BooleanField(label=_("May lead an assessment"), required=False)
    has_osh = forms.BooleanField(label=_("Trained in safety and health"), required=False)
    is_available = forms.BooleanField(label=_("Takes part in assessments"), required=False)
    days_a_month = forms.IntegerField(
        label=_("Assessment days a month, at most"), min_value=0, max_value=31
    )


class AbsenceForm(forms.Form):
    first_day = DayField(label=_("First day"), widget=Day())
    last_day = DayField(label=_("Last day"), widget=Day())
    kind = forms.ChoiceField(label=_("Kind"), choices=Absence.Kind.choices)


class ConflictForm(forms.Form):
    factory = Offered(label=_("Factory"), coerce=UUID)
    reason = forms.CharField(
        label=_("What ties you to it"),
        max_length=1000,
        widget=words(),
        help_text=_("Such as a relative who works there, earlier work, or a share in it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["factory"].choices = factory_choices  # type: ignore[attr-defined]


def factory_choices() -> list[tuple[Any, Any]]:
    rows = Factory.objects.filter(status=Factory.Status.ACTIVE, merged_into__isnull=True).order_by(
        "name"
    )
    return [
        ("", _("Choose a factory")),
        *((pk, f"{name} ({code})") for pk, name, code in rows.values_list("pk", "name", "code")),
    ]


class ClosureForm(forms.Form):
    factory = Offered(label=_("Factory"), coerce=UUID)
    first_day = DayField(label=_("First day"), widget=Day())
    last_day = DayField(label=_("Last day"), widget=Day())
    kind = forms.ChoiceField(label=_("Kind"), choices=FactoryClosure.Kind.choices)
    note = forms.CharField(
        label=_("What is known"),
        max_length=1000,
        required=False,
        widget=words(),
        help_text=_("Who said so and when. Needed for force majeure."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["factory"].choices = factory_choices  # type: ignore[attr-defined]


class CountryDayForm(forms.Form):
    """A day on which the whole programme's calendar departs from the public one."""

    day = DayField(label=_("Day"), widget=Day())
    kind = forms.ChoiceField(
        label=_("Kind"), choices=CountryDay.Kind.choices, initial=CountryDay.Kind.OFF
    )
    name = forms.CharField(
        label=_("What it is"),
        max_length=120,
        help_text=_("Such as an election, or a holiday that the moon moved."),
    )


class WeeklyRestForm(forms.Form):
    """The rest days of a whole programme; Monday is 0."""

    weekdays = forms.MultipleChoiceField(
        label=_("Weekly rest days"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Factories with other rest days say so on their own page."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["weekdays"].choices = [  # type: ignore[attr-defined]
            (str(day), formats.weekday_named(day)) for day in range(7)
        ]


class RegionClosureForm(forms.Form):
    """Force majeure over whole regions."""

    regions = forms.MultipleChoiceField(label=_("Regions"), widget=forms.CheckboxSelectMultiple)
    first_day = DayField(label=_("First day"), widget=Day())
    last_day = DayField(label=_("Last day"), widget=Day())
    note = forms.CharField(label=_("What happened"), max_length=1000, widget=words())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regions"].choices = region_choices()  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    """Another day or team for one visit, with a reason where a rule is set aside."""

    starts_on = DayField(label=_("First day"), widget=Day())
    ends_on = DayField(label=_("Last day"), required=False, widget=Day())
    lead = Offered(label=_("Lead assessor"), coerce=int)
    second = Offered(label=_("Second assessor"), coerce=int)
    reason = forms.CharField(
        label=_("Reason, if a rule is set aside"), required=False, max_length=1000, widget=words()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [("", _("Choose a person")), *advisors()]
        for name in ("lead", "second"):
            self.fields[name].choices = people  # type: ignore[attr-defined]


class ModalityForm(forms.Form):
    modality = forms.ChoiceField(label=_("How it is held"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason, if the rules advise another way"),
        required=False,
        max_length=1000,
        widget=words(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from .planner_words import MODALITIES

        super().__init__(*args, **kwargs)
        self.fields["modality"].choices = [  # type: ignore[attr-defined]
            (key.value if hasattr(key, "value") else key, word) for key, word in MODALITIES.items()
        ]


class LockForm(forms.Form):
    reason = forms.CharField(label=_("Why it must not move"), max_length=1000, widget=words())


class WindowForm(forms.Form):
    until = DayField(label=_("Held open until"), widget=Day())
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=words())


class FeedForm(forms.Form):
    shows = forms.ChoiceField(
        label=_("What the calendar shows"),
        choices=CalendarFeed.Shows.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Whoever sees your phone sees it too. Sealed visits are secret until check-in."
        ),
    )
