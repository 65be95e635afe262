"""Forms of planning and of the steps that need a reason."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from betterwork.accounts.models import Membership, Role
from betterwork.tenancy import scope
from betterwork.ui.fields import DayField
from factories.models import EngagementCycle, Factory

from .models import Assessment
from .rules.lifecycle import PostponeReason

POSTPONE_WORDS = {
    PostponeReason.FORCE_MAJEURE: _("Force majeure, such as a flood or unrest"),
    PostponeReason.STAFF_ABSENCE: _("Somebody of the team cannot come"),
    PostponeReason.FACTORY_CLOSED: _("The factory is closed on that day"),
    PostponeReason.SECURITY: _("It is not safe to go"),
}


def advisors() -> list[tuple[int, str]]:
    """The advisors of the programme in scope: who may sit on a team."""
    rows = Membership.objects.filter(
        role=Role.ADVISOR,
        programme_id=scope.current_programme(),
        ended_at__isnull=True,
        user__is_active=True,
    ).select_related("user")
    return sorted({(row.user_id, str(row.user)) for row in rows}, key=lambda each: each[1])


def plannable() -> list[tuple[UUID, str]]:
    """Active factories with an open cycle."""
    rows = EngagementCycle.objects.filter(
        ends_on__isnull=True,
        factory__status=Factory.Status.ACTIVE,
        factory__merged_into__isnull=True,
    ).order_by("factory__name")
    return [
        (pk, f"{name} ({code})")
        for pk, name, code in rows.values_list("factory_id", "factory__name", "factory__code")
    ]


class Offered(forms.TypedChoiceField):
    """Choices the page offers, read when it is shown. The service says what may be chosen."""

    def valid_value(self, value: Any) -> bool:
        return True


class DaysAndTeamForm(forms.Form):
    """Days, way and team of an assessment. Who may sit on it is judged by the service."""

    starts_on = DayField(
        label=_("First day"),
        help_text=_("Not a weekly rest day, nor a public holiday."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends_on = DayField(
        label=_("Last day"),
        required=False,
        help_text=_("The same as the first day, if left empty."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    modality = forms.ChoiceField(label=_("How it is held"), choices=Assessment.Modality.choices)
    modality_reason = forms.CharField(
        label=_("Reason, if the rules advise another way"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    lead = Offered(label=_("Lead assessor"), coerce=int)
    second = Offered(label=_("Second assessor"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = cache(lambda: [("", _("Choose a person")), *advisors()])
        for name in ("lead", "second"):
            self.fields[name].choices = people  # type: ignore[attr-defined]

    def plan(self) -> dict[str, Any]:
        """The arguments of the service."""
        data = self.cleaned_data
        return {
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"] or data["starts_on"],
            "modality": data["modality"],
            "modality_reason": data["modality_reason"],
            "lead_id": data["lead"],
            "second_id": data["second"],
        }


class NewAssessmentForm(DaysAndTeamForm):
    factory = Offered(label=_("Factory"), coerce=UUID)
    field_order = ("factory",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["factory"].choices = lambda: [  # type: ignore[attr-defined]
            ("", _("Choose a factory")),
            *plannable(),
        ]


class ReasonForm(forms.Form):
    """A step that asks for its reason on a page of its own."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


class RefusalForm(ReasonForm):
    """Access refused at the gate: who, what was said, and what shows it."""

    reason = forms.CharField(
        label=_("What was said"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    refused_by = forms.CharField(label=_("Who refused"), max_length=200, required=False)
    is_force_majeure = forms.BooleanField(
        label=_("It was force majeure, not the factory's choice"), required=False
    )
    evidence = forms.FileField(
        label=_("Photo or document"),
        required=False,
        help_text=_("Such as the letter, or a photo at the gate."),
    )


class PostponeForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[(key.value, words) for key, words in POSTPONE_WORDS.items()],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("What happened"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


class EvidenceForm(forms.Form):
    """The words beside uploads; the files themselves are checked by what they are."""

    caption = forms.CharField(label=_("What it shows"), required=False, max_length=200)
    visibility = forms.ChoiceField(label=_("Seen by"), choices=[], required=False)
