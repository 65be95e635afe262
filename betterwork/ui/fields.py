"""Fields of forms that all apps share."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1900, 2199


class DayField(forms.DateField):
    """A day somebody can mean: the year 0001 or 20226 is a slip of the keyboard."""

    default_error_messages = {"year": _("Look at the year of this day once more.")}

    def to_python(self, value: Any) -> date | None:
        day: date | None = super().to_python(value)
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(self.error_messages["year"], code="year")
        return day
