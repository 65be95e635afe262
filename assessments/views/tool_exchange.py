"""A version of the tool down as a file, and a file up into a draft."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from assessments.exchange import ExchangeError
from assessments.services.tool_exchange import FORMATS, export_tool, import_tool
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, requires

from .common import refused, user_id
from .tool_common import home, page, version_or_404

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "yaml": "application/yaml; charset=utf-8",
}
SHOWN = 200  # faults on one page


@require_GET
@requires(Permission.CHANGE_TOOL, Permission.REVIEW_TOOL)
def download(request: MemberRequest, pk: UUID, format: str) -> HttpResponse:
    """The version with its law, for people who work in spreadsheets."""
    home(request)
    version = version_or_404(pk)
    if format not in FORMATS:
        raise Http404
    content = export_tool(version_id=version.pk, format=format)
    response = HttpResponse(content, content_type=TYPES[format])
    response["Content-Disposition"] = f'attachment; filename="{version.label}.{format}"'
    return response


@requires(Permission.CHANGE_TOOL)
def upload(request: MemberRequest) -> HttpResponse:
    """Try a file and say what it changes, or take it into its draft."""
    home(request)
    if request.method != "POST":
        return page(request, "tool_upload", {})
    given = request.FILES.get("file")
    label = request.POST.get("label", "").strip()
    context: dict[str, object] = {"label": label}
    try:
        if given is None:
            raise DomainError("no_files")
        if (given.size or 0) > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // 1_000_000
            raise DomainError("upload_too_large", name=given.name, limit_mb=limit)
        is_trial = request.POST.get("step") != "take"
        context["is_trial"] = is_trial
        context["taken"] = import_tool(
            content=given.read(),
            by=user_id(request),
            now=timezone.now(),
            label=label,
            dry_run=is_trial,
        )
    except ExchangeError as error:
        context["faults"] = error.faults[:SHOWN]
        context["more"] = max(len(error.faults) - SHOWN, 0)
        return page(request, "tool_upload", context, status=422)
    except DomainError as error:
        context.update(refused(error))
        # The file itself has to be chosen again; the label that is free stands there already.
        context["label"] = error.facts.get("free") or label
        return page(request, "tool_upload", context, status=422)
    return page(request, "tool_upload", context)
