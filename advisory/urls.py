"""Addresses of this app, below /plan/."""

from __future__ import annotations

from django.urls import path

from .views import items, meetings, mine, plans, reports, visits

app_name = "advisory"
urlpatterns = [
    path("", plans.plans, name="plans"),
    path("verify/", plans.queue, name="queue"),
    path("actions/", mine.my_actions, name="my_actions"),
    path("items/", mine.my_plan, name="my_plan"),
    path("factories/<uuid:pk>/", plans.plan_of, name="plan"),
    path("factories/<uuid:pk>/new-item/", plans.item_new, name="item_new"),
    path(
        "factories/<uuid:pk>/from-assessment/<uuid:assessment>/",
        plans.from_assessment,
        name="from_assessment",
    ),
    path("items/<uuid:pk>/", items.item, name="item"),
    path("items/<uuid:pk>/edit/", items.item_edit, name="item_edit"),
    path("items/<uuid:pk>/progress/", items.item_progress, name="item_progress"),
    path("items/<uuid:pk>/done/", items.item_done, name="item_done"),
    path("items/<uuid:pk>/confirm/", items.item_confirm, name="item_confirm"),
    path("items/<uuid:pk>/not-yet/", items.item_not_yet, name="item_not_yet"),
    path("items/<uuid:pk>/verify/", items.item_verify, name="item_verify"),
    path("items/<uuid:pk>/return/", items.item_return, name="item_return"),
    path("items/<uuid:pk>/merge/", items.item_merge, name="item_merge"),
    path("items/<uuid:pk>/evidence/", items.item_evidence, name="item_evidence"),
    path("items/<uuid:pk>/nudge/", items.item_nudge, name="item_nudge"),
    path("meetings/", meetings.meetings, name="meetings"),
    path("meetings/new/", meetings.meeting_new, name="meeting_new"),
    path("meetings/<uuid:pk>/", meetings.meeting, name="meeting"),
    path("meetings/<uuid:pk>/decisions/", meetings.decision_add, name="decision_add"),
    path("meetings/<uuid:pk>/minutes/", meetings.minutes_add, name="minutes_add"),
    path("decisions/<uuid:pk>/done/", meetings.decision_done, name="decision_done"),
    path("visits/", visits.visits, name="visits"),
    path("visits/month/", visits.month, name="visit_month"),
    path("visits/new/", visits.visit_new, name="visit_new"),
    path("visits/<uuid:pk>/", visits.visit, name="visit"),
    path("visits/<uuid:pk>/move/", visits.visit_move, name="visit_move"),
    path("visits/<uuid:pk>/confirm/", visits.visit_confirm, name="visit_confirm"),
    path("visits/<uuid:pk>/another-day/", visits.visit_another_day, name="visit_another_day"),
    path("visits/<uuid:pk>/cancel/", visits.visit_cancel, name="visit_cancel"),
    path("visits/<uuid:pk>/calendar.ics", visits.visit_calendar, name="visit_calendar"),
    path("self-diagnosis/", visits.self_diagnosis, name="self_diagnosis"),
    path(
        "factories/<uuid:pk>/self-diagnosis/",
        visits.self_diagnosis,
        name="self_diagnosis_of",
    ),
    path(
        "cycles/<uuid:pk>/progress-report/<int:number>/",
        reports.progress_report,
        name="progress_report",
    ),
]
