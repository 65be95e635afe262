"""Invented values for the sheet of parts. Shown nowhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import charts
from .formats import number
from .parts import (
    Action,
    Choice,
    Clock,
    Crumb,
    Event,
    Evidence,
    Mark,
    Rule,
    Segment,
    Side,
    Step,
    Thread,
    Who,
    Work,
)  # fmt: skip

TODAY = date(2026, 11, 24)
YOU = Who("Nasrin Akter", gettext_lazy("advisor"), "NA", is_you=True)


class SampleForm(forms.Form):
    """A form with every kind of field and two things wrong."""

    due_on = forms.DateField(
        label=gettext_lazy("Due date"),
        help_text=gettext_lazy("The next working day is offered when you choose a holiday."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    responsible = forms.CharField(label=gettext_lazy("Who is responsible"))
    action = forms.CharField(
        label=gettext_lazy("What you will do"), widget=forms.Textarea(attrs={"rows": 2})
    )
    side = forms.ChoiceField(
        label=gettext_lazy("Side"),
        choices=[
            ("w", gettext_lazy("Worker side")),
            ("m", gettext_lazy("Management side")),
        ],
        widget=forms.RadioSelect,
    )
    origin = forms.ChoiceField(
        label=gettext_lazy("Origin"),
        required=False,
        choices=[("", "–"), ("a", gettext_lazy("Assessment"))],
    )
    public = forms.BooleanField(label=gettext_lazy("Publicly reported"), required=False)
    photo = forms.FileField(label=gettext_lazy("Photo or document"), required=False)

    def clean_due_on(self) -> date:
        raise forms.ValidationError(
            _("Friday 27 November is the weekly holiday. Choose another day.")
        )


def _clock(days: int, used: float, **more: Any) -> Clock:
    return Clock(
        days_left=days, due_on=date.fromordinal(TODAY.toordinal() + days), share_used=used, **more
    )


def _actions() -> list[Action]:
    return [
        Action(YOU, _("Answer the evidence for “Exit 3 kept clear, floor 4”"), "#a1",
               _("Look and answer"), "Meghna Crest Apparels", _clock(-1, 1), is_primary=True),
        Action(YOU, _("Sign the assessment"), "#a2", _("Review and sign"),
               "Karnaphuli Knit Composite", _clock(0, 0.88)),
        Action(YOU, _("Uncover factory and team"), "#a3", _("Prepare tablet"),
               clock=_clock(2, 0.7), sealed=True),
        Action(YOU, _("Comment on Progress Report 1"), "#a4", _("Read"),
               "Surma Outerwear", _clock(12, 0.2)),
    ]  # fmt: skip


def _waiting() -> list[Action]:
    return [
        Action(Who(_("Worker side"), "Meghna Crest", kind="side"), _("Confirm 3 plan items"),
               "#w1", _("Nudge"), clock=_clock(4, 0.6)),
        Action(Who(_("Factory"), "Jamuna Linewear", kind="factory"),
               _("Comment on the draft report before release"), "#w2", _("Nudge"),
               clock=_clock(4, 0.55)),
    ]  # fmt: skip


def sample_context(request: HttpRequest) -> dict[str, Any]:
    """Everything templates/parts.html shows."""
    form = SampleForm({"due_on": "2026-11-27", "responsible": "", "side": "w",
                       "action": "Mark a storage area beside the packing line"})  # fmt: skip
    thread = Thread(
        day=214, window=(125, 175),
        marks=[Mark("visit", 15), Mark("visit", 70), Mark("assessed", 112), Mark("released", 140),
               Mark("progress", 170), Mark("visit", 190)],
    )  # fmt: skip
    clusters = [
        charts.Bar("Child Labour", 2.3, 3.3), charts.Bar("Discrimination", 6.5, 7.5),
        charts.Bar("Compensation", 27.6, 30.7), charts.Bar("Working Time", 45, 47.3),
        charts.Bar("Occupational Safety and Health", 54.6, 57.8), charts.Bar("Other", None),
    ]  # fmt: skip
    now = datetime(2026, 11, 24, 10, 42, tzinfo=UTC)
    return {
        "statuses": [
            ["nc", "ok", "na", "not_assessed", "structural", "unverified"],
            ["pending", "in_progress", "completed", "verified", "zero_tolerance", "sealed"],
        ],
        "clocks": [
            _clock(20, 0.3), _clock(5, 0.8), _clock(0, 0.96),
            _clock(-4, 1, late_reason=_("records awaited")), Clock(paused=_("flood")),
        ],
        "crumbs": [Crumb(_("Factories"), "#"), Crumb("Meghna Crest Apparels")],
        "actions": _actions(),
        "waiting": _waiting(),
        "open_sides": (Side(_("Worker side"), note=_("4 members may confirm")),
                       Side(_("Management side"), waits_for_you=True)),
        "half_sides": (Side(_("Worker side")),
                       Side(_("Management side"), "Rami Qasim", date(2026, 11, 22))),
        "sewn_sides": (Side(_("Worker side"), "Huda Salem", TODAY),
                       Side(_("Management side"), "Rami Qasim", date(2026, 11, 22))),
        "steps": [Step(_("found"), "sewn", "st-nc"), Step(_("plan item"), "sewn"),
                  Step(_("evidence"), "sewn"), Step(_("completed"), "now"), Step(_("verified"))],
        "events": [
            Event(_("Management side confirmed"), date(2026, 11, 22), "Rami Qasim", "st-done"),
            Event(_("The advisor answered"), now, "Nasrin Akter", "chat",
                  detail="ধন্যবাদ। দুই শিফটেরই ছবি হলে যাচাই করতে পারব।"),
            Event(_("Evidence added"), date(2026, 11, 19), "Rokeya Begum", "camera"),
        ],
        "evidence": [
            Evidence("Exit 3, floor 4", "#e1", kind="doc", at=now, by="NA", size="PDF, 2 MB"),
            Evidence("Note of the guard", "#e2", kind="note", at=TODAY),
        ],
        "rules": [
            Rule("pass", _("Not the factory’s own advisor"), "Sadia Karim"),
            Rule("weak", _("Even load"), "5 / 6"),
            Rule("fail", _("Nobody from the last team twice running"), "T. Rahman"),
            Rule("unverified", _("Seats by size of the factory"), "7",
                 "Labour Rules 2015, r. 183", "#"),
        ],
        "segments": [Segment("ok", 9, _("verified")), Segment("done", 3, _("completed")),
                     Segment("part", 11, _("in progress")), Segment("na", 8, _("pending"))],
        "work_runs": Work(_("Writing the report"), "running", 22, 31, _("pages"), poll_url="#"),
        "work_waits": Work(_("Export of the list"), "queued"),
        "work_done": Work(_("Export ready."), "done", result_url="#",
                          result_label=_("Download XLSX")),
        "work_failed": Work(_("The export stopped at row 80,000."), "failed",
                            reason=_("The disk was full; nothing was lost."), retry_url="#",
                            code="7F2C"),
        "form": form,
        "choices": [
            Choice("country", _("Country"), [("", _("any")), ("jo", _("Jordan"))], "jo"),
            Choice("issue", _("Issue"), [("", _("any")), ("ep", "Emergency Preparedness")]),
        ],
        "page": Paginator(range(387), 25).page(2),
        "exports": [("#xlsx", "XLSX"), ("#csv", "CSV")],
        "thread": thread,
        "threads": [("Teesta Denim Works", Thread(71, [Mark("visit", 0)], (100, 140))),
                    ("Meghna Crest Apparels", thread)],
        "bars": charts.bars(clusters, title=_("Average non-compliance rate by cluster")),
        "bars_table": [[b.label, number(b.value, 1), number(b.previous, 1)] for b in clusters],
        "strip": charts.clock_strip(
            [charts.ClockRow(_("Evidence answered"), _("5 days"), [-4, -2, 0, 1, 1, 3, 5, 5, 5, 5]),
             charts.ClockRow(_("Report released"), _("28 days"), [-9, -3, 2, 6, 9, 14, 21, 27])],
            title=_("Days left on each running clock"),
        ),
        "dumbbell": charts.dumbbell(
            [charts.Pair("Gazipur", "44", 38, 55), charts.Pair("Chattogram", "38", 29, 48)],
            title=_("Women on the worker side of committees"), low=20, high=70,
        ),
        "trend": charts.trend(
            [charts.Point("2022", 58, 171), charts.Point("2023", 55, 183),
             charts.Point("2024", None), charts.Point("2025", 52, 205),
             charts.Point("2026", 49, 214)],
            title=_("Non-compliance rate by year"),
        ),
        "load": charts.load(19, 17, top=19, label=_("19 of 17 days booked")),
        "heat": {
            "head": _("Compliance point"), "columns": ["2024", "2025", "2026"],
            "groups": [{"name": "Occupational Safety and Health", "rows": [
                {"label": "Worker Accommodation", "cells": [None, 8, 7]},
                {"label": "Emergency Preparedness", "cells": [79, 74, 70]},
                {"label": "Worker Protection", "cells": [85, 83, 80]},
                {"label": "Welfare Facilities", "cells": [58, 37, 21]},
            ]}],
        },
        "now": now,
        "today": TODAY,
        "clash_first": {"who": YOU, "when": now, "status": "nc", "value": "1",
                        "text": "Time cards of line 7 end at 18:00; workers say 20:00."},
        "clash_second": {"who": Who("T. Rahman", initials="TR"), "when": now, "value": "2",
                         "status": "not_assessed", "text": "Records promised for day 2."},
    }  # fmt: skip
