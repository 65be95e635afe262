"""What a document may read: files named beforehand, nothing else, and never the network."""

import mimetypes
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from reporting.pdf.errors import ResourceRefused
from reporting.pdf.fonts import URL_PREFIX, FontStore, unpacked

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Resources:
    """The files of one document.

    directories: path prefix (``/static/``) -> directory whose files may be read.
    files: exact path (``/evidence/1.jpg``) -> a file or its bytes. Preferred for everything that
        belongs to one programme: a template cannot then reach a file of another.
    """

    directories: Mapping[str, Path] = field(default_factory=lambda: NOTHING)
    files: Mapping[str, Path | bytes] = field(default_factory=lambda: NOTHING)

    def find(self, path: str) -> Path | bytes | None:
        """The file behind a path of an address; None when it is not among the named ones."""
        if path in self.files:
            return self.files[path]
        for prefix, directory in self.directories.items():
            if not path.startswith(prefix):
                continue
            root = directory.resolve()
            # resolve() follows links and "..", so that neither leads out of the directory.
            found = (root / path[len(prefix) :].lstrip("/")).resolve()
            if found.is_relative_to(root) and found.is_file():
                return found
        return None


@dataclass(frozen=True)
class Answer:
    """Content of one address."""

    content: bytes
    media_type: str


def answer(url: str, *, base_url: str, resources: Resources, fonts: FontStore) -> Answer:
    """Content of an address used in a document.

    Answers data addresses (left to the caller), the fonts of the style sheet, and addresses
    under the scheme and host of `base_url` whose path `resources` names.
    Raises: ResourceRefused for everything else, network and file addresses included.
    """
    if url.startswith(URL_PREFIX):
        try:
            return Answer(fonts.read(url), "font/ttf")
        except KeyError:
            raise ResourceRefused(url, "Not a font of the project") from None
    asked, base = urlsplit(url), urlsplit(base_url)
    if asked.scheme == "file" or (asked.scheme, asked.netloc) != (base.scheme, base.netloc):
        raise ResourceRefused(url, "Not an address of this document")
    path = posixpath.normpath(unquote(asked.path))
    found = resources.find(path)
    if found is None:
        raise ResourceRefused(url, "Not a file given to this document")
    media_type = mimetypes.guess_type(path, strict=False)[0] or "application/octet-stream"
    if isinstance(found, bytes):
        return Answer(found, media_type)
    if found.suffix == ".woff2" and fonts.has_file(found):
        return Answer(unpacked(found), "font/ttf")  # unpacked once, not once per document
    return Answer(found.read_bytes(), media_type)
