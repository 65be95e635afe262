"""Addresses of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views import beyond, dashboard, exports, rates, reports, tool_paper

app_name = "reporting"
urlpatterns: list[URLPattern] = [
    path("overview/", dashboard.dashboard, name="dashboard"),
    path("rates/", rates.rates_page, name="rates"),
    path("themes/", beyond.themes, name="themes"),
    path("subscriptions/", beyond.subscriptions, name="subscriptions"),
    path("programmes/", beyond.programmes, name="programmes"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<uuid:pk>/", exports.export, name="export"),
    path("reports/", reports.report_list, name="reports"),
    path("reports/<uuid:pk>/", reports.report_read, name="report"),
    path("reports/<uuid:pk>/pdf/", reports.report_pdf, name="report_pdf"),
    path("reports/<uuid:pk>/work/", reports.report_work, name="report_work"),
    path("reports/<uuid:pk>/again/", reports.report_retry, name="report_retry"),
    path("reports/<uuid:pk>/correct/", reports.report_correct, name="report_correct"),
    path("tool-papers/", tool_paper.order, name="tool_paper_order"),
    path("tool-papers/<uuid:pk>/", tool_paper.paper, name="tool_paper"),
    path("check/", reports.check, name="check_form"),
    path("check/<str:code>/", reports.check, name="check"),
]
