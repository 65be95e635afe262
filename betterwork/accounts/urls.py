"""Addresses of people, hats and preferences."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/invite/", views.invite, name="invite"),
    path("people/<uuid:pk>/end/", views.membership_end, name="membership_end"),
    path("invitations/<uuid:pk>/again/", views.invitation_again, name="invitation_again"),
    path("invitations/<uuid:pk>/withdraw/", views.invitation_withdraw, name="invitation_withdraw"),
    path("welcome/<str:token>/", views.invitation, name="invitation"),
    path("hat/", views.hat, name="hat"),
    path("preferences/", views.preferences, name="preferences"),
    path("sessions/", views.sessions, name="sessions"),
    path("settings/", views.programme_settings, name="settings"),
    path("settings/<str:group>/", views.programme_settings_group, name="settings_group"),
]
