"""Forms of this app."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class CorrectionForm(forms.Form):
    """Why a report is corrected."""

    reason = forms.CharField(
        label=_("Reason for the corrected version"),
        help_text=_("Printed on the first page of the new version, for every reader."),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
