"""Uploads: checked by what they are, re-encoded where they are pictures, kept under their hash.

Nothing is trusted of what the sender says: neither the name nor the content type. A stored file is
never replaced; the same bytes sent twice are kept once on disk.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse
from django.utils import timezone

from betterwork.errors import DomainError
from betterwork.tenancy import scope

from .models import StoredFile

PICTURE_EDGE = 2000  # pixels; larger photos are made smaller, reports and phones need no more
THUMB_EDGE = 320
MAX_PIXELS = 60_000_000  # a small file may unpack to a picture that fills the memory

IMAGE, DOCUMENT, SHEET = "image", "document", "sheet"


@dataclass(frozen=True)
class Kind:
    group: str
    content_type: str
    extensions: tuple[str, ...]


_JPEG = Kind(IMAGE, "image/jpeg", (".jpg", ".jpeg"))
_PNG = Kind(IMAGE, "image/png", (".png",))
_WEBP = Kind(IMAGE, "image/webp", (".webp",))
_PDF = Kind(DOCUMENT, "application/pdf", (".pdf",))
_XLSX = Kind(SHEET, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",))
_DOCX = Kind(
    DOCUMENT, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", (".docx",)
)
_CSV = Kind(SHEET, "text/csv", (".csv", ".txt"))


def sniff(head: bytes, whole: bytes | None = None) -> Kind | None:
    """What the bytes are, by their own signs; None for anything we do not keep."""
    if head.startswith(b"\xff\xd8\xff"):
        return _JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _WEBP
    if head.startswith(b"%PDF-"):
        return _PDF
    if head.startswith(b"PK\x03\x04") and whole is not None:
        return _office_kind(whole)
    return _CSV if _is_text(head) else None


def _office_kind(whole: bytes) -> Kind | None:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            names = set(archive.namelist())
            if sum(info.file_size for info in archive.infolist()) > 400_000_000:
                return None
    except (zipfile.BadZipFile, ValueError):
        return None
    if any("vbaProject" in name for name in names):
        return None  # macros
    if "xl/workbook.xml" in names:
        return _XLSX
    return _DOCX if "word/document.xml" in names else None


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a character cut at the end of the sample
    return not re.match(rb"\s*<(!doctype|html|svg|script|\?xml)", head, re.IGNORECASE)


def store_upload(
    upload: UploadedFile[Any],
    *,
    factory_id: UUID | None = None,
    groups: Iterable[str] = (IMAGE, DOCUMENT),
) -> StoredFile:
    """Check one upload and keep it.

    Raises: DomainError("upload_too_large" | "upload_empty" | "upload_kind" | "upload_disguised" |
    "upload_unreadable"), each with the file's `name` and the limit; nothing is kept then.
    """
    name = Path(upload.name or "file").name[:200]
    size = upload.size or 0
    limit = settings.UPLOAD_MAX_BYTES
    if size > limit:
        raise DomainError("upload_too_large", name=name, limit_mb=limit // 1_000_000)
    if size == 0:
        raise DomainError("upload_empty", name=name)
    data = upload.read()
    kind = sniff(data[:4096], data)
    if kind is None or kind.group not in set(groups):
        raise DomainError("upload_kind", name=name)
    if Path(name).suffix.lower() not in kind.extensions:
        raise DomainError("upload_disguised", name=name, kind=kind.content_type)
    width = height = None
    content_type = kind.content_type
    if kind.group == IMAGE:
        data, width, height = _clean_picture(data, name)
        content_type = "image/jpeg"
        name = str(Path(name).with_suffix(".jpg"))
    return keep(
        data,
        name=name,
        content_type=content_type,
        factory_id=factory_id,
        width=width,
        height=height,
    )


def keep(
    data: bytes,
    *,
    name: str,
    content_type: str,
    factory_id: UUID | None = None,
    width: int | None = None,
    height: int | None = None,
    only_for: int | None = None,
) -> StoredFile:
    """Keep bytes we made or checked ourselves, under their hash.

    only_for: the id of the person who reads it beside the programme's managers; else whoever may
    read the factory's or the programme's files.
    """
    digest = hashlib.sha256(data).hexdigest()
    programme = scope.current_programme()
    _write_once(path_of(programme, digest), data)
    return StoredFile.objects.create(
        factory_id=factory_id,
        sha256=digest,
        original_name=name,
        content_type=content_type,
        size_bytes=len(data),
        width=width,
        height=height,
        uploaded_by_id=only_for or scope.current().user,
        uploaded_at=timezone.now(),
        is_private=only_for is not None,
    )


def _clean_picture(data: bytes, name: str) -> tuple[bytes, int, int]:
    """The picture re-encoded: no place, camera or thumbnail data of the sender survives."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise DomainError("upload_unreadable", name=name)
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except DomainError:
        raise
    except Exception as error:
        raise DomainError("upload_unreadable", name=name) from error
    picture.thumbnail((PICTURE_EDGE, PICTURE_EDGE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=84, optimize=True)
    return out.getvalue(), picture.width, picture.height


def path_of(programme: UUID, digest: str) -> Path:
    return Path(settings.MEDIA_ROOT) / str(programme) / digest[:2] / digest


def _write_once(path: Path, data: bytes) -> None:
    """Write so that a killed process leaves either the whole file or none."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def read(stored: StoredFile) -> bytes:
    return path_of(stored.programme_id, stored.sha256).read_bytes()


def thumbnail(stored: StoredFile) -> bytes:
    """A small JPEG of a stored picture, made once and kept beside it."""
    from PIL import Image

    path = path_of(stored.programme_id, stored.sha256).with_suffix(".thumb.jpg")
    if not path.exists():
        with Image.open(io.BytesIO(read(stored))) as picture:
            picture.thumbnail((THUMB_EDGE, THUMB_EDGE))
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=78)
        _write_once(path, out.getvalue())
    return path.read_bytes()


def response(stored: StoredFile, *, inline: bool = False) -> FileResponse:
    """The file for a reader the row's policy let through: sniffing and scripts are off."""
    answer = FileResponse(
        path_of(stored.programme_id, stored.sha256).open("rb"),
        as_attachment=not inline,
        filename=stored.original_name,
        content_type=stored.content_type,
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
