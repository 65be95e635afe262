from django.urls import path

from . import views

app_name = "records"
urlpatterns = [
    path("files/<uuid:pk>/", views.file_download, name="file"),
    path("files/<uuid:pk>/small/", views.file_thumbnail, name="thumbnail"),
    path("trail/", views.trail, name="trail"),
    path("nightly/", views.nightly_work, name="nightly"),
    path("jobs/<uuid:pk>/", views.job_progress, name="job"),
]
