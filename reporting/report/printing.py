"""From a report's data to its PDF. The PDF engine is imported here only, when a PDF is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from . import page

BASE = "https://report.invalid"  # never asked: every file is given beforehand
DATA_NAME = "report.json"
UNDRAWN = "?"  # stands for a sign that no font of the project draws

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Printed:
    """A finished file. undrawn: signs people typed that no font draws, replaced in print only."""

    data: bytes
    pages: int
    sha256: str
    undrawn: tuple[str, ...] = ()


def photos_of(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every photo the report shows to the factory."""
    for part in (data["findings"], data["structural"]):
        for cluster in part:
            for point in cluster["points"]:
                for question in point["questions"]:
                    yield from (each for each in question["evidence"] if each["is_photo"])


def embedded(data: Mapping[str, Any], *, with_files: bool) -> dict[str, Any]:
    """The data as it is attached to the file: names of files stay with those who may see them."""
    if with_files:
        return dict(data)
    return {
        name: _without_evidence(value) if name in ("findings", "structural") else value
        for name, value in data.items()
    }


def _without_evidence(clusters: Any) -> Any:
    if isinstance(clusters, list):
        return [_without_evidence(each) for each in clusters]
    if isinstance(clusters, dict):
        return {k: _without_evidence(v) for k, v in clusters.items() if k != "evidence"}
    return clusters


def write_pdf(
    data: Mapping[str, Any],
    *,
    photos: Mapping[str, bytes],
    with_files: bool,
    created: datetime,
    on_progress: Progress | None = None,
) -> Printed:
    """The tagged PDF of a report. photos: small JPEGs by file id. The same input, the same bytes.

    Raises: PdfError of reporting.pdf for a fault of templates, fonts or set-up.
    """
    from reporting.pdf.errors import MissingGlyphs

    html = page.document(data, with_files=with_files)
    try:
        return _print(html, data, photos, with_files, created, on_progress)
    except MissingGlyphs as missing:
        # What somebody typed, such as a pictogram, must not keep a report from being written.
        for sign in missing.characters:
            html = html.replace(sign, UNDRAWN)
        made = _print(html, data, photos, with_files, created, on_progress)
        return Printed(made.data, made.pages, made.sha256, tuple(missing.characters))


def paper_style(html: str, language: str) -> str:
    """The sheet of this document."""
    from reporting.pdf.sheet import pressed

    return pressed(page.style_sheet(), html, language)


def _print(
    html: str,
    data: Mapping[str, Any],
    photos: Mapping[str, bytes],
    with_files: bool,
    created: datetime,
    on_progress: Progress | None,
) -> Printed:
    from reporting.pdf.render import Attachment, Relationship, render_pdf
    from reporting.pdf.resources import Resources

    files: dict[str, Any] = dict(page.paper_files())
    if with_files:
        # The engine asks by path, without a slash at its end.
        files |= {
            reverse("records:thumbnail", args=[pk]).rstrip("/"): photo
            for pk, photo in photos.items()
        }
    attached = json.dumps(
        embedded(data, with_files=with_files), ensure_ascii=False, indent=1, sort_keys=True
    )
    result = render_pdf(
        html,
        base_url=BASE,
        language=data["language"],
        style=paper_style(html, data["language"]),
        title=page.title(data),
        author="Better Work",
        created=created,
        attachments=[
            Attachment(DATA_NAME, attached.encode(), "Data of this report", Relationship.DATA)
        ],
        resources=Resources(files=files),
        on_progress=on_progress,
    )
    return Printed(result.data, result.pages, result.sha256)
