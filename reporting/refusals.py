"""Sentences of this app's refusals."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "report_reason_missing": _("Say why the report is corrected. The reason is printed on it."),
    "report_not_released": _("This assessment is not released, so its report cannot be corrected."),
    "report_being_written": _(
        "A corrected version is being written already. Wait for it, then ask again."
    ),
    "report_not_stopped": _("This report did not stop. Nothing was changed."),
}
