"""Planning, and the steps that need a reason, each on its own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import services
from assessments.forms import (
    DaysAndTeamForm,
    NewAssessmentForm,
    PostponeForm,
    ReasonForm,
    RefusalForm,
)
from assessments.models import Assessment
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, requires
from betterwork.ui.parts import Crumb

from .common import assessment_or_404, keeps_no_copy, refused, today_in, user_id


@requires(Permission.PLAN_ASSESSMENTS)
def assessment_new(request: MemberRequest) -> HttpResponse:
    """Plan an assessment: sealed from its first moment."""
    form = NewAssessmentForm(request.POST or None)
    context: dict[str, Any] = {
        "form": form,
        "crumbs": [Crumb(_("Assessments"), reverse("assessments:list"))],
        "cancel_url": reverse("assessments:list"),
        "title": _("Plan an assessment"),
        "button": _("Plan and seal"),
        "is_sealed": True,
    }
    if request.method == "POST" and form.is_valid():
        try:
            assessment = services.create_assessment(
                factory_id=form.cleaned_data["factory"],
                created_by=user_id(request),
                today=today_in(request),
                **form.plan(),
            )
        except DomainError as error:
            return render(
                request, "assessments/form.html", {**context, **refused(error)}, status=422
            )
        return redirect("assessments:detail", pk=assessment.pk)
    return render(request, "assessments/form.html", context, status=422 if form.is_bound else 200)


@requires(Permission.PLAN_ASSESSMENTS)
@keeps_no_copy
def schedule(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Days and team of a planned assessment, or of the next attempt at one."""
    assessment = assessment_or_404(pk)
    seats = {} if request.method == "POST" else _seats(assessment)
    form = DaysAndTeamForm(request.POST or None, initial=seats)
    context = {
        **_about(assessment),
        "form": form,
        "title": _("Days and team"),
        "button": _("Keep days and team"),
        "is_sealed": True,
    }
    if request.method == "POST" and form.is_valid():
        try:
            kept = services.schedule_assessment(
                assessment_id=pk, by=user_id(request), today=today_in(request), **form.plan()
            )
        except DomainError as error:
            return render(
                request, "assessments/form.html", {**context, **refused(error)}, status=422
            )
        return redirect("assessments:detail", pk=kept.pk)
    return render(request, "assessments/form.html", context, status=422 if form.is_bound else 200)


def _seats(assessment: Assessment) -> dict[str, Any]:
    found: dict[str, Any] = {
        "starts_on": assessment.starts_on,
        "ends_on": assessment.ends_on,
        "modality": assessment.modality,
    }
    for seat in assessment.team.all():
        found["lead" if seat.position == "lead" else "second"] = seat.user_id
    return found


def _about(assessment: Assessment) -> dict[str, Any]:
    back = reverse("assessments:detail", args=[assessment.pk])
    return {
        "assessment": assessment,
        "cancel_url": back,
        "crumbs": [
            Crumb(_("Assessments"), reverse("assessments:list")),
            Crumb(assessment.factory.name, back),
        ],
    }


def _reasoned(
    request: MemberRequest,
    pk: UUID,
    form_class: type[forms.Form],
    act: Callable[[dict[str, Any]], Any],
    *,
    title: str,
    button: str,
    lede: str,
) -> HttpResponse:
    """A step that asks on its own page and names the thing."""
    assessment = assessment_or_404(pk)
    form = form_class(request.POST or None, request.FILES or None)
    context = {
        **_about(assessment),
        "form": form,
        "title": title,
        "button": button,
        "lede": lede,
        "is_sealed": assessment.sealed,
    }
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except DomainError as error:
            return render(
                request, "assessments/form.html", {**context, **refused(error)}, status=422
            )
        return redirect("assessments:detail", pk=pk)
    return render(request, "assessments/form.html", context, status=422 if form.is_bound else 200)


@requires(Permission.PLAN_ASSESSMENTS)
@keeps_no_copy
def cancel(request: MemberRequest, pk: UUID) -> HttpResponse:
    return _reasoned(
        request,
        pk,
        ReasonForm,
        lambda data: services.cancel(
            assessment_id=pk, by=user_id(request), reason=data["reason"], now=timezone.now()
        ),
        title=_("Cancel the assessment"),
        button=_("Cancel the assessment"),
        lede=_("It is given up and stays in the records with its reason."),
    )


@requires(Permission.PLAN_ASSESSMENTS, Permission.CONDUCT_ASSESSMENTS)
@keeps_no_copy
def postpone(request: MemberRequest, pk: UUID) -> HttpResponse:
    return _reasoned(
        request,
        pk,
        PostponeForm,
        lambda data: services.postpone(
            assessment_id=pk,
            by=user_id(request),
            reason=data["reason"],
            note=data["note"],
            now=timezone.now(),
        ),
        title=_("Postpone the assessment"),
        button=_("Postpone"),
        lede=_("A planner then chooses new days. What was answered stays."),
    )


@requires(Permission.CONDUCT_ASSESSMENTS)
@keeps_no_copy
def refusal(request: MemberRequest, pk: UUID) -> HttpResponse:
    return _reasoned(
        request,
        pk,
        RefusalForm,
        lambda data: services.record_refusal(
            assessment_id=pk, by=user_id(request), now=timezone.now(), **data
        ),
        title=_("The factory refused access"),
        button=_("Record the refusal"),
        lede=_(
            "The visit is no longer secret. Say who refused, when, and what was said. Two refusals"
            " are published, save for force majeure."
        ),
    )
