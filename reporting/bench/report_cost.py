"""What a report costs a resident worker: seconds, memory, against bare WeasyPrint, two at once.

Each figure comes from processes of its own (`python -m reporting.bench report`), since peak memory
belongs to a process and never goes down.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from reporting.bench import budgets
from reporting.bench.budgets import Line
from reporting.bench.child import Child

LANGUAGES = ("en", "bn")
ROUNDS = 5
PAIRS, PAIR_ROUNDS = 3, 3


def lines(
    environment: dict[str, str], ask: Callable[[str], dict[str, Any]], log_dir: Path
) -> Iterator[Line]:
    """`ask`: a measure of the world's own process, which makes the assessment to report on."""
    made = ask("report_assessment")
    if "extra" not in made:
        yield Line("report", None, "s", budgets.REPORT_SECONDS, why=str(made))
        return

    ids = [made["extra"][name] for name in ("programme", "assessment")]

    def writer(language: str, log: str = "bench_report.log") -> Child:
        """A process that writes the same report again and again, and does nothing else."""
        return Child(["report", language, *ids], environment, log_dir / log)

    for language in LANGUAGES:
        alone = writer(language)
        try:
            yield from _alone(alone, f"report_{language}")
        finally:
            alone.close()
    yield from _pair([writer(LANGUAGES[0], f"bench_report_{place}.log") for place in (1, 2)])


def _alone(writer: Child, name: str) -> Iterator[Line]:
    first = writer.ask(task="write", rounds=1)  # imports and fonts: a resident worker has them
    if "seconds" not in first:
        yield Line(name, None, "s", budgets.REPORT_SECONDS, why=str(first.get("missing")))
        return
    told = writer.ask(task="write", rounds=ROUNDS)
    yield Line(
        name,
        statistics.median(told["seconds"]),
        "s",
        budgets.REPORT_SECONDS,
        details={"n": ROUNDS, "best": min(told["seconds"]), "first": first["seconds"][0]},
    )
    yield Line(f"{name}_pages", told["pages"], "pages")
    yield Line(f"{name}_peak", told["peak_megabytes"], "MB", budgets.REPORT_MEGABYTES)
    # In turn, so that whatever else the machine does falls on both.
    ratios = []
    for _round in range(ROUNDS):
        whole = writer.ask(task="write", rounds=1)["seconds"][0]
        bare = writer.ask(task="bare", rounds=1)["seconds"][0]
        ratios.append(whole / bare)
    yield Line(
        f"{name}_to_bare_weasyprint",
        statistics.median(ratios),
        "x",
        budgets.REPORT_TO_BARE,
        details={"n": ROUNDS},
    )


def _pair(writers: list[Child]) -> Iterator[Line]:
    """How much more two workers write in the same time than one alone."""
    name, limit = "report_two_workers", budgets.REPORT_PAIR
    try:
        if any("seconds" not in writer.ask(task="write", rounds=1) for writer in writers):
            yield Line(name, None, "x", limit, at_least=True, why="no report is written")
            return
        ratios = []
        for _round in range(PAIRS):
            started = time.perf_counter()
            writers[0].ask(task="write", rounds=PAIR_ROUNDS)
            alone = time.perf_counter() - started
            started = time.perf_counter()
            for writer in writers:
                writer.send(task="write", rounds=PAIR_ROUNDS)
            for writer in writers:
                writer.receive()
            ratios.append(2 * alone / (time.perf_counter() - started))
        details = {"n": PAIRS * PAIR_ROUNDS}
        yield Line(name, statistics.median(ratios), "x", limit, at_least=True, details=details)
    finally:
        for writer in writers:
            writer.close()


# -- inside the process that writes --------------------------------------------------------------


def serve(language: str, programme: str, assessment: str) -> int:
    """Answer lines of JSON: {"task": "write" or "bare", "rounds": n}."""
    press: Press | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            press = press or Press(language, uuid.UUID(programme), uuid.UUID(assessment))
            act: Callable[[], None] = press.write
            if asked["task"] == "bare":
                act = partial(press.bare, press.html())
            told: dict[str, Any] = {"seconds": []}
            for _round in range(asked["rounds"]):
                started = time.perf_counter()
                act()
                told["seconds"].append(round(time.perf_counter() - started, 4))
            told |= {"pages": press.pages, "peak_megabytes": peak_megabytes()}
        except ImportError as error:
            told = {"missing": str(error)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    return 0


def peak_megabytes() -> float:
    """The most memory this process ever held. (ru_maxrss would count that of its parent's fork.)"""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1.024 / 1000
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1.024 / 1000


class Press:
    """Writes the report of one released assessment as the worker does, and keeps nothing."""

    def __init__(self, language: str, programme: uuid.UUID, assessment: uuid.UUID) -> None:
        from reporting.report import data, page, printing

        self._data, self._page, self._printing = data, page, printing
        self._language, self._programme, self._assessment = language, programme, assessment
        self.pages = 0

    def _content(self) -> dict[str, Any]:
        from django.utils import timezone

        from betterwork.tenancy import scope

        with scope.programme_scope(self._programme):
            content: dict[str, Any] = self._data.build(
                self._data.Order(
                    report_id=uuid.uuid4(),
                    assessment_id=self._assessment,
                    language=self._language,
                    version=1,
                    is_draft=False,
                    reason="",
                    check_code="BENCH-0000-0000",
                    check_address="https://bench.invalid/check/BENCH-0000-0000/",
                    ordered_at=timezone.now(),
                )
            )
        return content

    def write(self) -> None:
        from django.utils import timezone

        made = self._printing.write_pdf(
            self._content(), photos={}, with_files=True, created=timezone.now()
        )
        self.pages = made.pages

    def html(self) -> str:
        made: str = self._page.document(self._content(), with_files=True)
        return made

    def bare(self, html: str) -> None:
        """WeasyPrint alone on the same HTML, with the same fonts and the same kind of PDF."""
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration

        from reporting.pdf.fonts import default_store, drawn_characters, only_our_fonts
        from reporting.pdf.render import _fetcher, compiled
        from reporting.pdf.resources import Resources

        base, store = self._printing.BASE, default_store()
        files = self._page.paper_files()
        fetcher = _fetcher(base, Resources(files=files), store)
        with only_our_fonts():
            fonts = FontConfiguration()
            faces = weasyprint.CSS(
                string=store.style_sheet(drawn_characters(html)),
                url_fetcher=fetcher,
                font_config=fonts,
            )
            style = compiled(self._printing.paper_style(html, self._language))
            weasyprint.HTML(string=html, base_url=base, url_fetcher=fetcher).write_pdf(
                stylesheets=[style, faces], font_config=fonts, pdf_variant="pdf/ua-1"
            )
