"""A version of the tool as a PDF: asked for, waited for, downloaded."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessments.editing.fields import LANGUAGES
from assessments.models import ToolVersion
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, requires
from betterwork.records import files
from betterwork.records.models import Job, StoredFile
from betterwork.ui.parts import Crumb, Work
from reporting import services
from reporting.services.tool_paper import TASK

EDIT = (Permission.CHANGE_TOOL, Permission.REVIEW_TOOL)


@require_POST
@requires(*EDIT)
def order(request: MemberRequest) -> HttpResponse:
    """Ask for the PDF of one version in one language."""
    language = request.POST.get("lang", "")
    try:
        version = UUID(request.POST.get("version", ""))
        if language not in LANGUAGES:
            raise ValueError
        job = services.order_tool_paper(
            version_id=version, language=language, requested_by=request.user.pk
        )
    except (ValueError, DomainError) as error:
        raise Http404 from error
    return redirect("reporting:tool_paper", pk=job.pk)


@require_GET
@requires(*EDIT)
def paper(request: MemberRequest, pk: UUID) -> HttpResponseBase:
    """How far it is; with `?file=1` the file itself. One's own only."""
    job = get_object_or_404(Job, pk=pk, task=TASK, requested_by_id=request.user.pk)
    version = get_object_or_404(ToolVersion, pk=job.arguments["version"])
    is_done = job.status == Job.Status.DONE
    if request.GET.get("file"):
        if not is_done:
            raise Http404
        return files.response(get_object_or_404(StoredFile, pk=job.result["file"]))
    here = reverse("reporting:tool_paper", args=[job.pk])
    work = Work(
        title=_("The PDF is ready.") if is_done else _("The PDF is being written."),
        state=str(job.status),
        done=job.done_units,
        total=job.total_units,
        unit=_("pages"),
        poll_url=here,
        result_url=f"{here}?file=1",
        result_label=_("Download %(format)s") % {"format": "PDF"},
        reason=_("Nothing was lost. Ask for it again; if it stops again, tell support the code."),
        code=str(job.pk)[:8].upper(),
    )
    if request.headers.get("HX-Request"):
        return render(request, "components/_work.html", {"work": work})
    back = reverse("assessments:tool_print", args=[version.pk])
    context = {
        "work": work,
        "version": version,
        "language": job.arguments["language"],
        "crumbs": [Crumb(version.label, f"{back}?lang={job.arguments['language']}")],
    }
    return render(request, "reporting/tool_paper_work.html", context)
