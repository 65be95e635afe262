"""Stored files, and how far long work is."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from betterwork.permissions import Permission, requires

from . import files
from .models import Job, StoredFile


@requires(Permission.SIGNED_IN)
def file_download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A stored file; row-level security says whether it exists for this reader."""
    stored = get_object_or_404(StoredFile.objects.all(), pk=pk)
    return files.response(stored, inline=request.GET.get("inline") == "1")


@requires(Permission.SIGNED_IN)
def file_thumbnail(request: HttpRequest, pk: UUID) -> HttpResponse:
    stored = get_object_or_404(StoredFile.objects.filter(content_type="image/jpeg"), pk=pk)
    answer = HttpResponse(files.thumbnail(stored), content_type="image/jpeg")
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


@requires(Permission.SIGNED_IN)
def job_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far a piece of work is; htmx asks again until it is done, a reload works too."""
    job = get_object_or_404(Job.objects.all(), pk=pk)
    template = "records/_job.html" if request.headers.get("HX-Request") else "records/job.html"
    return render(request, template, {"job": job})
