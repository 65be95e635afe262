"""A version of the tool as it prints: asked for by an editor, written by a worker, kept a while."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from assessments import tool as tools
from assessments.models import ToolVersion
from betterwork import queue
from betterwork.errors import DomainError
from betterwork.records import files
from betterwork.records.models import Job
from betterwork.records.services import record
from betterwork.records.vocabulary import Action
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from betterwork.ui import formats
from reporting.report import page
from reporting.report.printing import BASE, UNDRAWN, paper_style

from .writing import signs_of_life

logger = logging.getLogger(__name__)
TASK = "reporting.write_tool_paper"
RTL = {"ar", "ur"}


@transaction.atomic
def order_tool_paper(*, version_id: UUID, language: str, requested_by: int) -> Job:
    """Ask for the PDF of a version as it stands when a worker writes it.

    Asking again while it is being written gives the same work.
    Raises: DomainError("tool_version_unknown").
    """
    version = ToolVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise DomainError("tool_version_unknown")
    job = queue.enqueue(
        TASK,
        key=f"tool-paper:{version.pk}:{language}:{requested_by}",
        requested_by=requested_by,
        version=str(version.pk),
        language=language,
    )
    record(Action.EXPORTED, about=version, label=version.label, format="pdf", language=language)
    return job


def write_tool_paper(*, programme_id: UUID, job_id: str) -> None:
    """Write the PDF a job asks for. Safe to run twice, begun anew after a crash.

    Raises: OperationalError when the database is away; the job is then taken up again.
    """
    try:
        with scope.programme_scope(programme_id):
            job = queue.claim(job_id)
            if job is None:
                return
            paper = _read(UUID(job.arguments["version"]), job.arguments["language"])
        made = _printed(paper, signs_of_life(programme_id, UUID(job_id)))
        with scope.programme_scope(programme_id):
            stored = files.keep(
                made.data,
                name=paper.file_name,
                content_type="application/pdf",
                only_for=job.requested_by_id,
            )
            queue.progress(job_id, made.pages, made.pages, "pages")
            queue.finish(job_id, file=str(stored.pk), pages=made.pages)
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("The tool's paper of job %s stopped.", job_id)
        with scope.programme_scope(programme_id):
            queue.fail(job_id, f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class Paper:
    """All that is printed, with nothing left to read."""

    values: dict[str, Any]
    language: str
    country: str
    title: str
    file_name: str


def _read(version_id: UUID, language: str) -> Paper:
    version = ToolVersion.objects.get(pk=version_id)
    programme = Programme.objects.get(pk=version.programme_id)
    day = max(timezone.localdate(), version.effective_from)
    whole = tools.build(version)
    words = tools.said_by(whole, language, tools.law_on(programme.country, day))
    name = tools.in_language(version.name, language) or version.label
    values = {
        "version": version,
        "is_draft": version.status == ToolVersion.Status.DRAFT,
        "name": name,
        "programme": programme.name_in(language),
        "clusters": by_cluster(whole, words, language),
        "total": len(whole.questions),
        "day": day,
        "language": language,
        "dir": "rtl" if language in RTL else "ltr",
        "thread": page.THREADS.get(programme.country, page.THREADS["BD"]),
    }
    file_name = f"tool-{version.label}-{language}.pdf"
    return Paper(values, language, programme.country, f"{name} {version.label}", file_name)


def by_cluster(whole: tools.Tool, words: Any, language: str) -> list[dict[str, Any]]:
    """Clusters with their points and questions, in order."""
    clusters: dict[str, dict[str, Any]] = {}
    for each in whole.questions:
        place = whole.points[each.point]
        cluster = clusters.setdefault(
            place.cluster,
            {"name": tools.in_language(place.cluster_name, language), "points": {}, "count": 0},
        )
        point = cluster["points"].setdefault(
            place.code, {"name": tools.in_language(place.name, language), "questions": []}
        )
        point["questions"].append((each, words[each.lineage]))
        cluster["count"] += 1
    return [{**each, "points": list(each["points"].values())} for each in clusters.values()]


def _printed(paper: Paper, on_progress: Any) -> Any:
    """The PDF; the engine is imported here only."""
    from reporting.pdf.errors import MissingGlyphs
    from reporting.pdf.render import render_pdf
    from reporting.pdf.resources import Resources

    # The tool has languages that the pages have not: what stands round it is then English, whole.
    around = paper.language if paper.language in dict(settings.LANGUAGES) else "en"
    with translation.override(around), formats.region(paper.country):
        values = {**paper.values, "title": paper.title}
        html: str = render_to_string("reporting/tool_paper.html", values)

    def made(html: str) -> Any:
        return render_pdf(
            html,
            base_url=BASE,
            language=paper.language,
            style=paper_style(html, paper.language),
            title=paper.title,
            author="Better Work",
            resources=Resources(files=dict(page.paper_files())),
            on_progress=on_progress,
        )

    try:
        return made(html)
    except MissingGlyphs as missing:
        drawn = html
        for sign in missing.characters:
            drawn = drawn.replace(sign, UNDRAWN)
        return made(drawn)
