"""The one address of this app without its name space: a person's first page."""

from __future__ import annotations

from django.urls import path

from .views import work

urlpatterns = [path("work/", work.my_work, name="my_work")]
