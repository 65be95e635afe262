"""Why a PDF could not be made. Each error is a fault of a template, a font or the set-up."""

from collections.abc import Iterable


class PdfError(Exception):
    """Base of everything the PDF engine raises on purpose."""


class UnsupportedWeasyPrint(PdfError):
    """The installed WeasyPrint is not the one whose drawing code the text layer was made for."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(found, wanted)
        self.found, self.wanted = found, wanted

    def __str__(self) -> str:
        return (
            f"WeasyPrint {self.found} is installed, but the text layer is checked with "
            f"{self.wanted} only. Pin weasyprint=={self.wanted}, or run tests/reporting/pdf on "
            f"{self.found} and raise SUPPORTED_VERSION in reporting/pdf/cluster_glyphs.py."
        )


class MissingGlyphs(PdfError):
    """The text has characters that no font of the project draws."""

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = tuple(sorted(set(characters)))
        super().__init__(self.characters)

    def __str__(self) -> str:
        named = ", ".join(f"{char} (U+{ord(char):04X})" for char in self.characters)
        return f"No font draws: {named}"


class ResourceRefused(PdfError):
    """The document asked for something other than the files it was given."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url, self.reason = url, reason

    def __str__(self) -> str:
        return f"{self.reason}: {self.url[:200]}"


class FontFileMissing(PdfError):
    """A font file of the project is not in any of the font directories."""

    def __init__(self, name: str, directories: Iterable[str]) -> None:
        self.name, self.directories = name, tuple(directories)
        super().__init__(name, self.directories)

    def __str__(self) -> str:
        places = ", ".join(self.directories) or "no directory"
        return f"{self.name} not found in {places}: run npm ci, then manage.py build_assets"
