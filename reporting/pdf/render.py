"""From HTML to a tagged PDF/UA-1 file: the one place where a PDF is made."""

import gc
import hashlib
import io
import logging
import re
import threading
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from reporting.pdf import cluster_glyphs, font_files, thrift
from reporting.pdf.errors import MissingGlyphs, ResourceRefused
from reporting.pdf.fonts import FontStore, default_store, drawn_characters, only_our_fonts
from reporting.pdf.resources import Resources, answer

Progress = Callable[[int, int], None]

# WeasyPrint's logger, fontconfig's variable and the replaced functions belong to the process.
_one_at_a_time = threading.Lock()

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "ur"})
# Page numbers are drawn in the reader's digits though the HTML may hold none of them.
OWN_DIGITS = {"ar": "٠", "bn": "০", "fa": "۰", "hi": "०", "km": "០", "ne": "०", "ur": "۰"}
SVG = "{http://www.w3.org/2000/svg}"
# Stands for the alternative of a picture that says nothing; taken out again before writing.
DECORATION = "\ue000decoration"
# Rules for the screen stand in the same sheets, so these say nothing about the document.
ABOUT_STYLE = (
    "Ignored `",
    "Invalid or unsupported selector",
    "Expected a media type",
    "Invalid media type",
)
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LANGUAGE_TAG = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*")


class Relationship(StrEnum):
    """What an attachment is to the document (ISO 32000-2, 7.11.3)."""

    DATA = "Data"
    SOURCE = "Source"
    ALTERNATIVE = "Alternative"
    SUPPLEMENT = "Supplement"


@dataclass(frozen=True)
class Attachment:
    """A file embedded in the PDF. Its media type follows from the name (``report.json``)."""

    name: str
    content: bytes
    description: str = ""
    relationship: Relationship = Relationship.DATA


@dataclass(frozen=True)
class PdfResult:
    """A finished file.

    sha256: hexadecimal; the same input gives the same bytes.
    warnings: what WeasyPrint found missing or wrong in the document, in its own words, each once;
        not the rules of style sheets that it does not know.
    """

    data: bytes
    pages: int
    sha256: str
    warnings: tuple[str, ...] = ()


def render_pdf(
    html: str,
    *,
    base_url: str,
    language: str,
    style: str = "",
    attachments: Sequence[Attachment] = (),
    title: str = "",
    author: str = "",
    subject: str = "",
    keywords: Sequence[str] = (),
    created: datetime | None = None,
    resources: Resources | None = None,
    fonts: FontStore | None = None,
    on_progress: Progress | None = None,
    variant: str | None = "pdf/ua-1",
    with_text_layer: bool = True,
) -> PdfResult:
    """Render HTML as a tagged PDF whose text can be found, copied and read aloud.

    base_url: address that relative addresses start from; only paths named in `resources` under
        its host can be read. language: BCP 47 tag. style: a style sheet beside the document's
        links, compiled once for all documents that share it; it names no file. title: taken from
        the HTML when empty; one of the two is required. created: time written into the file
        (aware); without it no time is
        written, so that the same input gives the same bytes on any day.
    on_progress: called with (pages written, pages known). Neither number ever goes down; while
        pages are laid out the first is 0. An exception of it stops the work and is passed on.
    variant, with_text_layer: for comparison in tests and the benchmark only.
    One render runs at a time in a process; another thread waits.

    Raises: MissingGlyphs, ResourceRefused, FontFileMissing, UnsupportedWeasyPrint;
    ValueError for a missing title or a malformed language tag.
    """
    if not LANGUAGE_TAG.fullmatch(language):
        raise ValueError(f"Not a language tag: {language!r}")
    # Composed letters: a subset of a font has é, and rarely the accent alone.
    html = unicodedata.normalize("NFC", html)
    with _one_at_a_time, ExitStack() as stack:
        stack.enter_context(_few_collections())
        stack.enter_context(only_our_fonts())
        weasyprint = _weasyprint()
        messages = stack.enter_context(_messages(on_progress))
        stack.enter_context(font_files.told_apart())
        stack.enter_context(thrift.lean_objects())
        if with_text_layer:
            stack.enter_context(cluster_glyphs.installed())
        store = fonts or default_store()
        try:
            document = _laid_out(
                weasyprint,
                html,
                fetcher=_fetcher(base_url, resources or Resources(), store),
                base_url=base_url,
                style=style,
                faces=store.style_sheet(
                    drawn_characters(html, OWN_DIGITS.get(language.split("-")[0].lower(), ""))
                ),
                variant=variant,
            )
        except _stop() as stop:
            raise stop.refused from None
        metadata = document.metadata
        metadata.title = title or metadata.title
        if not metadata.title:
            raise ValueError("A title is required, as an argument or in the HTML")
        metadata.lang = language
        metadata.authors = [author] if author else metadata.authors
        metadata.description = subject or metadata.description
        metadata.keywords = list(keywords) or metadata.keywords
        metadata.created = metadata.modified = _w3c(created) if created else None
        if on_progress:
            _report_painting(document, on_progress)
        data: bytes = document.write_pdf(
            pdf_variant=variant,
            pdf_identifier=True,
            attachments=[
                _weasyprint_attachment(weasyprint, attachment, created or UNKNOWN_TIME)
                for attachment in sorted(attachments, key=lambda attachment: attachment.name)
            ],
            finisher=lambda _, pdf: _finish(pdf, language, attachments),
        )
        if messages.missing:
            raise MissingGlyphs(messages.missing)
    return PdfResult(
        data=data,
        pages=len(document.pages),
        sha256=hashlib.sha256(data).hexdigest(),
        warnings=tuple(dict.fromkeys(messages.texts)),
    )


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for cycles less often, and not among what was there before.

    A document is a few hundred thousand objects that all live to its end; looking through them over
    and over takes a fourth of the time. What the document before has left is given back first.
    """
    before = gc.get_threshold()
    _set_aside()
    gc.collect()
    gc.set_threshold(100_000, 10, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@cache
def _set_aside() -> None:
    """Once, before the first document: the program itself, which lives as long as the process.

    Looking through it before each document would take a fourth of a second.
    """
    gc.collect()
    gc.freeze()


def _weasyprint() -> Any:
    """WeasyPrint, imported when first needed. It warns when it finds no installed font."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Ff]ont[Cc]onfig.*")
        with thrift.late_imports():
            import weasyprint
    return weasyprint


def _laid_out(
    weasyprint: Any,
    html: str,
    *,
    fetcher: Any,
    base_url: str,
    style: str,
    faces: str,
    variant: str | None,
) -> Any:
    """A laid out WeasyPrint document."""
    from weasyprint.text.fonts import FontConfiguration

    font_config = FontConfiguration()
    source = weasyprint.HTML(string=html, base_url=base_url, url_fetcher=fetcher)
    source._ua_stylesheets = lambda forms=False: thrift.sheets_for(html, style)
    _name_pictures(source.etree_element)
    fonts = weasyprint.CSS(string=faces, url_fetcher=fetcher, font_config=font_config)
    sheets = [compiled(style), fonts] if style else [fonts]
    return source.render(font_config=font_config, stylesheets=sheets, pdf_variant=variant)


@lru_cache(maxsize=8)
def compiled(style: str) -> Any:
    """A style sheet without fonts and files, ready for any document: a fifth of a second saved."""
    return _weasyprint().CSS(string=style, url_fetcher=_nothing)


def _nothing(url: str, **_options: Any) -> Any:
    raise ResourceRefused(url, "A shared style sheet names no file")


def _name_pictures(root: Any) -> None:
    """Give every picture the alternative text where WeasyPrint looks for it.

    An <svg> is named by its <title>; our templates write aria-label, and aria-hidden for
    decoration. PDF/UA-1 (7.3) has no figure without an alternative.
    """
    from xml.etree.ElementTree import Element

    for element in root.iter():
        is_hidden = element.get("aria-hidden") == "true"
        if element.tag == f"{SVG}svg":
            label = DECORATION if is_hidden else element.get("aria-label")
            title = element.find(f"{SVG}title")
            if label and (title is None or is_hidden):
                if title is None:
                    title = Element(f"{SVG}title")
                    element.insert(0, title)
                title.text = label
        elif element.tag == "img" and (is_hidden or element.get("alt") == ""):
            element.set("alt", DECORATION)


def _finish(pdf: Any, language: str, attachments: Sequence[Attachment]) -> None:
    """What WeasyPrint leaves out of a PDF/UA file."""
    import pydyf

    relationships = {attachment.name: attachment.relationship for attachment in attachments}
    associated = []
    for item in pdf.objects:
        if not isinstance(item, pydyf.Dictionary):
            continue
        if item.get("Type") == "/Filespec" and item["UF"].string in relationships:
            item["AFRelationship"] = f"/{relationships[item['UF'].string]}"
            associated.append(item.reference)
        elif item.get("S") == "/Figure" and getattr(item.get("Alt"), "string", "") == DECORATION:
            del item["Alt"]
            item.pop("A", None)
            item["S"] = "/NonStruct"
    if associated:
        pdf.catalog["AF"] = pydyf.Array(associated)
    if language.split("-")[0].lower() in RIGHT_TO_LEFT:
        preferences = pdf.catalog.setdefault("ViewerPreferences", pydyf.Dictionary())
        preferences["Direction"] = "/R2L"
    thrift.press_streams(pdf)


def _weasyprint_attachment(weasyprint: Any, attachment: Attachment, created: datetime) -> Any:
    return weasyprint.Attachment(
        file_obj=io.BytesIO(attachment.content),
        name=attachment.name,
        description=attachment.description or attachment.name,
        relationship=str(attachment.relationship),
        created=created.astimezone(UTC),
        modified=created.astimezone(UTC),
    )


def _w3c(moment: datetime) -> str:
    """An aware time as WeasyPrint's metadata wants it. Raises: ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("created must be an aware time")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Reading resources.


@cache
def _stop() -> Any:
    """The exception by which a refused address leaves WeasyPrint, which swallows all others.

    Made when first needed, since its base comes from WeasyPrint.
    """
    from weasyprint.urls import FatalURLFetchingError

    class Stop(FatalURLFetchingError):  # type: ignore[misc]
        def __init__(self, refused: ResourceRefused) -> None:
            super().__init__(str(refused))
            self.refused = refused

    return Stop


def _fetcher(base_url: str, resources: Resources, store: FontStore) -> Any:
    """A WeasyPrint fetcher that knows the document's files and can open nothing else."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    stop = _stop()

    class GivenFilesOnly(URLFetcher):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(allowed_protocols={"data"}, allow_redirects=False)

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            try:
                found = answer(url, base_url=base_url, resources=resources, fonts=store)
            except ResourceRefused as refused:
                raise stop(refused) from None
            return URLFetcherResponse(url, found.content, {"Content-Type": found.media_type})

    return GivenFilesOnly()


# Watching WeasyPrint's loggers.


class _Messages(logging.Handler):
    """Keeps what WeasyPrint complains about; characters without a glyph apart."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []
        self.missing: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(".notdef glyph") and isinstance(record.args, tuple):
            self.missing.add(str(record.args[0]))
        elif not (text := record.getMessage()).startswith(ABOUT_STYLE):
            self.texts.append(text)


class _LaidOutPages(logging.Handler):
    """Reports each laid out page. Pages may be laid out again; the count never goes down."""

    def __init__(self, on_progress: Progress) -> None:
        super().__init__(logging.INFO)
        self.on_progress, self.pages = on_progress, 0

    def emit(self, record: logging.LogRecord) -> None:
        if "Creating layout - Page" in str(record.msg) and isinstance(record.args, tuple):
            page = record.args[0]
            if isinstance(page, int) and page > self.pages:
                self.pages = page
                self.on_progress(0, page)


@contextmanager
def _messages(on_progress: Progress | None) -> Iterator[_Messages]:
    """Listen to WeasyPrint, and only here: its complaints belong to the result."""
    messages = _Messages()
    with ExitStack() as stack:
        stack.enter_context(_listening("weasyprint", messages, logging.WARNING))
        pages = _LaidOutPages(on_progress) if on_progress else None
        stack.enter_context(
            _listening("weasyprint.progress", pages, logging.INFO) if pages else nullcontext()
        )
        yield messages


@contextmanager
def _listening(name: str, handler: logging.Handler, level: int) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level, logger.propagate, logger.disabled
    # Logging settings of the site must not hide a missing glyph.
    logger.setLevel(level)
    logger.propagate, logger.disabled = False, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate, logger.disabled = before[1:]


def _report_painting(document: Any, on_progress: Progress) -> None:
    """Report each page once it is written."""
    total = len(document.pages)

    def reporting(paint: Callable[..., None], done: int) -> Callable[..., None]:
        def paint_and_report(*args: Any, **kwargs: Any) -> None:
            paint(*args, **kwargs)
            on_progress(done, total)

        return paint_and_report

    for done, page in enumerate(document.pages, start=1):
        page.paint = reporting(page.paint, done)
