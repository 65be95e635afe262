"""Addresses of the interface itself."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "ui"
urlpatterns = [
    path("looks/", views.looks, name="looks"),
    path("more/", views.more, name="more"),
    path("parts/", views.parts_page, name="parts"),
]
