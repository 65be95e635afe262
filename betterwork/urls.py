"""Every address of the product, by app. The names are listed in docs/architecture.md."""

from __future__ import annotations

from django.urls import include, path

from betterwork import health, views

urlpatterns = [
    path("", views.home, name="home"),
    path("kept/", views.kept_words, name="kept"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("account/", include("allauth.urls")),
    path("", include("betterwork.accounts.urls")),
    path("", include("betterwork.records.urls")),
    path("", include("betterwork.ui.urls")),
    path("factories/", include("factories.urls")),
    path("assessments/", include("assessments.urls")),
    path("planner/", include("assessments.urls_planner")),
    path("plan/", include("advisory.urls")),
    path("", include("reporting.urls")),
    path("", include("reporting.urls_work")),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
handler429 = views.too_many  # allauth asks for it
