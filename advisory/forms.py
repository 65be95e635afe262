"""Forms of the plan, visits, meetings and self-diagnosis. What they refuse is about typing only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from advisory.models import AdvisoryVisit, PlanEvidence, PlanItem
from assessments.models import CompliancePoint
from betterwork.ui import formats
from betterwork.ui.fields import DayField

from .refusals import SENTENCES

PICTURES = "image/*,application/pdf"


class DateInput(forms.DateInput):
    """The browser's own date picker, which wants ISO."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(format="%Y-%m-%d", attrs=attrs)


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once. What they are is checked where they are stored, one by one."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        single = super().clean
        given = data if isinstance(data, list | tuple) else [data]
        if not any(given):
            single(None, initial)
            return []
        # An empty or overlong file is refused by the store, which names it.
        return [each for each in given if each]


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


def text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"dir": "auto", **attrs})


class DetailsForm(forms.Form):
    """Why it happened and what is done about it."""

    root_cause = forms.CharField(
        label=_("Root cause"),
        help_text=_("Why did it happen? Go on asking until the answer is about how work is run."),
        widget=area(3),
        required=False,
        max_length=4000,
    )
    action = forms.CharField(label=_("Action"), widget=area(3), required=False, max_length=4000)
    responsible = forms.CharField(
        label=_("Responsible"),
        help_text=_("Name and job, such as the line chief of the packing floor."),
        widget=text(),
        required=False,
        max_length=120,
    )
    due_on = DayField(
        label=_("Due"),
        help_text=_("A working day: not the weekly holiday, nor a public holiday."),
        widget=DateInput(),
        required=False,
    )


def point_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Compliance points by cluster, in the order of the tool."""
    groups: dict[str, list[tuple[str, str]]] = {}
    rows = CompliancePoint.objects.select_related("cluster").filter(facts_only=False)
    for point in rows:
        own = groups.setdefault(formats.in_language(point.cluster.name), [])
        own.append((point.code, formats.in_language(point.name)))
    return list(groups.items())


class NewItemForm(DetailsForm):
    field_order = ["origin", "point", "issue", "root_cause", "action", "responsible", "due_on"]

    origin = forms.ChoiceField(
        label=_("Where it comes from"),
        choices=[c for c in PlanItem.Origin.choices if c[0] != PlanItem.Origin.ASSESSMENT],
    )
    point = forms.ChoiceField(label=_("Compliance point"))
    issue = forms.CharField(label=_("Issue"), widget=area(3), max_length=4000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["point"].choices = [("", _("Choose")), *point_choices()]  # type: ignore[attr-defined]


class ProgressForm(forms.Form):
    progress_percent = forms.TypedChoiceField(
        label=_("How far is it?"),
        coerce=int,
        choices=[
            (0, _("Not begun")),
            (25, _("Begun")),
            (50, _("Half done")),
            (75, _("Nearly done")),
        ],
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose how far it is.")),
    )
    note = forms.CharField(
        label=_("What was done"), widget=area(2), required=False, max_length=2000
    )


class ReasonForm(forms.Form):
    """Why it is not done yet. The round says which state of the item the person saw."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=area(4),
        max_length=2000,
        error_messages={"required": SENTENCES["item_reason_missing"]},
    )
    round = forms.IntegerField(widget=forms.HiddenInput)


class EvidenceForm(forms.Form):
    # A field, taken off the class when it is made: what the form was given stays in its `files`.
    files = FilesField(  # type: ignore[assignment]
        label=_("Photos or documents"),
        help_text=_("You can choose several. JPG, PNG or PDF, up to 25 MB each."),
        required=False,
        widget=Files(attrs={"accept": PICTURES}),
    )
    caption = forms.CharField(
        label=_("What they show"), widget=text(), required=False, max_length=200
    )
    visibility = forms.ChoiceField(
        label=_("Who may see them"),
        choices=PlanEvidence.Visibility.choices,
        initial=PlanEvidence.Visibility.PLAN,
    )


class MergeForm(forms.Form):
    """Choose the item that stays."""

    keep = forms.ChoiceField(label=_("Merge into"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keep"].choices = choices  # type: ignore[attr-defined]


class VisitForm(forms.Form):
    """One advisory visit: planned, or as it took place."""

    factory = forms.ChoiceField(label=_("Factory"))
    planned_on = DayField(label=_("Planned for"), widget=DateInput(), required=False)
    starts_at = forms.TimeField(
        label=_("Begins at"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("The factory's people get an invitation for their calendar."),
    )
    visited_on = DayField(
        label=_("Took place on"),
        help_text=_("Leave it empty until the visit took place."),
        widget=DateInput(),
        required=False,
    )
    mode = forms.ChoiceField(label=_("How"), choices=AdvisoryVisit.Mode.choices)
    topics = forms.CharField(label=_("Topics"), widget=area(4), required=False, max_length=4000)
    agreed = forms.CharField(
        label=_("Agreed with the committee"), widget=area(4), required=False, max_length=4000
    )
    worker_members = forms.IntegerField(
        label=_("Committee members present, worker side"), min_value=0, max_value=99, initial=0
    )
    management_members = forms.IntegerField(
        label=_("Committee members present, management side"),
        min_value=0,
        max_value=99,
        initial=0,
    )

    def __init__(self, *args: Any, factories: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["factory"].choices = factories  # type: ignore[attr-defined]


class MeetingForm(forms.Form):
    """A committee meeting with its minutes."""

    committee = forms.ChoiceField(label=_("Committee"))
    held_on = DayField(label=_("Held on"), widget=DateInput())
    worker_present = forms.IntegerField(
        label=_("Worker members present"), min_value=0, max_value=99
    )
    management_present = forms.IntegerField(
        label=_("Management members present"), min_value=0, max_value=99
    )
    chaired_by = forms.ChoiceField(label=_("Chaired by"), required=False)
    minutes = forms.CharField(label=_("Minutes"), widget=area(8), required=False, max_length=20000)
    minutes_file = forms.FileField(
        label=_("Signed minutes"),
        help_text=_("A photo or PDF of the signed sheet, up to 25 MB."),
        widget=forms.FileInput(attrs={"accept": PICTURES}),
        required=False,
        allow_empty_file=True,
    )
    minutes_filed_on = DayField(
        label=_("Sent to the authority on"), widget=DateInput(), required=False
    )

    def __init__(
        self,
        *args: Any,
        committees: list[tuple[str, str]],
        members: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["committee"].choices = committees  # type: ignore[attr-defined]
        self.fields["chaired_by"].choices = [("", _("Not recorded")), *members]  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """A decision of the meeting, and the plan item it is about."""

    text = forms.CharField(label=_("Decision"), widget=area(2), max_length=2000)
    item = forms.ChoiceField(label=_("Plan item"), required=False)
    due_on = DayField(label=_("Due"), widget=DateInput(), required=False)

    def __init__(self, *args: Any, items: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [("", _("None")), *items]  # type: ignore[attr-defined]


class MinutesForm(forms.Form):
    minutes_file = forms.FileField(
        label=_("Signed minutes"),
        widget=forms.FileInput(attrs={"accept": PICTURES}),
        required=False,
        allow_empty_file=True,
    )
    minutes_filed_on = DayField(
        label=_("Sent to the authority on"), widget=DateInput(), required=False
    )


class CarriedOutForm(forms.Form):
    carried_out_on = DayField(label=_("Carried out on"), widget=DateInput())
