"""The report's data with its words: the one HTML that screen and PDF show.

No query is made here. Everything is said in the report's own language, whatever the reader's
page speaks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import segno
from babel.dates import format_interval
from babel.lists import format_list
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from betterwork.ui import assets, charts, formats
from betterwork.ui.icons import paper_icon
from factories import bodies

from . import words

# The thread of the selvedge is the programme's; another country takes the first.
THREADS = {"BD": "#f0a92b", "JO": "#7fc7b4", "VN": "#ff9c86"}
MARK_FILE = "/marks/%s.svg"
# A finding longer than this may run over the end of a page; shorter ones are kept whole.
LONG_TEXT, MANY_PHOTOS = 900, 3
STATUS_DRAWING = {
    "nc": ("st-nc", "#a3262a"),
    "ok": ("st-ok", "#0f6b57"),
    "na": ("st-na", "#464d60"),
    "structural": ("st-struct", "#464d60"),
    "not_assessed": ("st-not", "#464d60"),
    "pass": ("st-ok", "#0f6b57"),
    "fail": ("st-nc", "#a3262a"),
    "unverified": ("st-unverified", "#8a5200"),
    "completed": ("st-done", "#0f6b57"),
    "verified": ("st-seal", "#0f6b57"),
}


@dataclass(frozen=True)
class Shown:
    """How a report is shown: on paper, and with the photos only the factory may see."""

    on_paper: bool = False
    with_files: bool = False


@contextmanager
def speaking(data: Mapping[str, Any]) -> Iterator[None]:
    """The report's language, and its country's manner of dates and digits."""
    country = data["programme"]["country"]
    with translation.override(data["language"]), formats.region(country):
        yield


def body(data: Mapping[str, Any], shown: Shown) -> SafeString:
    """The report as HTML, without a frame."""
    with speaking(data):
        return mark_safe(render_to_string("reporting/_report.html", context(data, shown)))  # noqa: S308


def document(data: Mapping[str, Any], *, with_files: bool) -> str:
    """The whole HTML document the PDF is made of."""
    shown = Shown(on_paper=True, with_files=with_files)
    with speaking(data):
        values = context(data, shown)
        return render_to_string("reporting/report_paper.html", values)


def title(data: Mapping[str, Any]) -> str:
    """What the file is called where its title is shown."""
    with speaking(data):
        return _("Assessment report: %(factory)s, %(month)s") % {
            "factory": data["factory"]["name"],
            "month": formats.month(date.fromisoformat(data["assessment"]["starts_on"])),
        }


@cache
def style_sheet() -> str:
    """The paper sheet, put together from its sources: the worker needs no built assets."""
    sources = Path(settings.BASE_DIR) / "static"
    files = assets.sheet_sources(sources, assets.SHEETS["paper"])
    layers = "@layer reset, tokens, base, layout, parts, screens, print;\n"
    return layers + assets.compact("\n".join(file.read_text(encoding="utf-8") for file in files))


def context(data: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """What the templates are given: dates as dates, codes with their words, drawings made."""
    report = _dated(data)
    language = data["language"]
    return {
        "report": report,
        "shown": shown,
        "language": language,
        "dir": formats.direction(),
        "title": title(data),
        "thread": THREADS.get(data["programme"]["country"], THREADS["BD"]),
        "qr": qr_code(data["check"]["address"]),
        "days": _days(report["assessment"]),
        "towns": _towns(report),
        "place": _place(report),
        "say": _say(report),
        "clusters": [_cluster(each, has_previous=report["previous"] is not None)
                     for each in report["clusters"]],
        "all_clusters": _all_clusters(report),
        "rate": _rate(report["totals"]),
        "findings": _with_words(report["findings"]),
        "structural": _with_words(report["structural"]),
        "not_assessed": [
            {
                **each,
                "why": words.WHY_NOT_ASSESSED.get(each["reason"], ""),
                "note": typed(each["note"]) if each["note"] else None,
            }
            for each in report["not_assessed"]
        ],
        "facts": [_facts(cluster) for cluster in report["facts"]],
        "committees": [_committee(each) for each in report["committees"]],
        "comments": [
            {**each, "text": typed(each["text"]),
             "answer": typed(each["answer"]) if each["answer"] else None}
            for each in report["comments"]
        ],
        "reason": typed(report["reason"]) if report["reason"] else None,
        "plan": [{**each, "name": words.ORIGIN[each["origin"]]} for each in report["plan"]],
        "next": [{**each, "what": words.COMING[each["key"]]} for each in report["next"]],
        "modality": words.MODALITY[report["assessment"]["modality"]],
        "marks": {name: (mark_on_paper if shown.on_paper else mark)(name)
                  for name in STATUS_DRAWING},
        "comma": formats.comma(),
    }  # fmt: skip


def _dated(value: Any, key: str = "") -> Any:
    """ISO texts of keys that end in "_on" as dates."""
    if isinstance(value, Mapping):
        return {name: _dated(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_dated(each) for each in value]
    if key.endswith("_on") and isinstance(value, str):
        return date.fromisoformat(value)
    return value


def direction_of(text: str) -> str:
    """ "rtl" or "ltr" by the first letter that has a direction: the PDF engine knows no "auto"."""
    for sign in text:
        kind = unicodedata.bidirectional(sign)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return formats.direction()


def typed(text: str) -> dict[str, str]:
    """What a person wrote, with the direction it has by itself."""
    return {"text": text, "dir": direction_of(text)}


# -- drawings -----------------------------------------------------------------------------------


def mark(status: str) -> SafeString:
    """The shape of a status whole, for paper and page alike; its word always stands beside it."""
    name, colour = STATUS_DRAWING[status]
    return paper_icon(name, colour=colour, size="1.15em")


def mark_on_paper(status: str) -> SafeString:
    """The same as a picture, read and laid out once: a report has hundreds of them."""
    return format_html('<img class="mark" src="{}" alt="">', MARK_FILE % status)


@cache
def paper_files() -> dict[str, bytes]:
    """What every paper report draws with, by path: the marks of `mark_on_paper`."""
    return {
        MARK_FILE % status: paper_icon(name, colour=colour)
        .replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
        .encode()
        for status, (name, colour) in STATUS_DRAWING.items()
    }


def qr_code(address: str) -> SafeString:
    """The address as a QR code: one path, black on white in every theme. Never mirrored."""
    modules = segno.make(address, error="m", micro=False).matrix
    rows = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                rows.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length or 1
    size = len(modules)
    label = _("QR code: address where this file can be checked")
    return format_html(
        '<svg class="qr" viewBox="-2 -2 {0} {0}" role="img" aria-label="{1}">'
        '<rect x="-2" y="-2" width="{0}" height="{0}" fill="#ffffff"/>'
        '<path fill="#1a2033" d="{2}"/></svg>',
        size + 4, label, "".join(rows),
    )  # fmt: skip


# -- sentences of the cover -----------------------------------------------------------------------


def _days(assessment: Mapping[str, Any]) -> str:
    """The days of the visit: "13–14 Aug 2026"."""
    first, last = assessment["starts_on"], assessment["ends_on"]
    if first == last or last is None:
        return formats.on_date(first)
    skeleton = "yMMMMd" if formats.language() in formats.FULL_WORDS else "yMMMd"
    locale = formats.current_locale()
    return formats.digits(format_interval(first, last, skeleton, locale=locale))


def days_of(data: Mapping[str, Any]) -> str:
    """The days of the visit in the reader's language, for pages outside the report."""
    return _days(_dated(data["assessment"]))


def _towns(report: Mapping[str, Any]) -> list[str]:
    """Where it is, from near to far; each may be written in another script."""
    factory = report["factory"]
    towns = dict.fromkeys(text for text in (factory["city"], factory["region"]) if text)
    return [*towns, report["programme"]["name"]]


def _place(report: Mapping[str, Any]) -> list[Any]:
    """What it is and what it makes."""
    factory = report["factory"]
    return [words.FACTORY_TYPE.get(factory["type"], ""), *factory["products"][:1]]


def _say(report: Mapping[str, Any]) -> list[str]:
    """Sentences after the first one (which the template says, since it marks a number)."""
    totals, clusters = report["totals"], report["clusters"]
    said = []
    clean = [each["name"] for each in clusters if each["is_core"] and not each["findings"]]
    if clean and totals["findings"]:
        said.append(_("No finding is on %(clusters)s.") % {"clusters": _listed(clean, style="or")})
    most = max(clusters, key=lambda each: each["findings"], default=None)
    if most and totals["findings"] > 1 and most["findings"] * 2 >= totals["findings"]:
        said.append(
            _("Most findings, %(count)s of %(total)s, are on %(cluster)s.")
            % {
                "count": formats.number(most["findings"]),
                "total": formats.number(totals["findings"]),
                "cluster": most["name"],
            }
        )
    if totals["structural"]:
        text = ngettext(
            "%(count)s more finding is due to national law and not held against the factory.",
            "%(count)s more findings are due to national law and not held against the factory.",
            totals["structural"],
        )
        said.append(text % {"count": formats.number(totals["structural"])})
    return said


def _listed(names: list[str], *, style: Literal["standard", "or"] = "standard") -> str:
    return format_list(names, style=style, locale=formats.current_locale())


def _rate(totals: Mapping[str, Any]) -> str:
    """The factory rate: compliance points with findings of those looked at (rule R-7)."""
    share = totals["points_found"] / totals["points"] if totals["points"] else None
    return formats.percent(share)


def _cluster(row: Mapping[str, Any], *, has_previous: bool) -> dict[str, Any]:
    change = row["findings"] - row["findings_before"] if has_previous else None
    return {
        **row,
        "drawing": charts.squares(row["points"], row["points_found"], for_print=True),
        "change": _change(change),
    }


def _all_clusters(report: Mapping[str, Any]) -> dict[str, Any]:
    previous = report["previous"]
    change = report["totals"]["findings"] - previous["findings"] if previous else None
    return {**report["totals"], "change": _change(change)}


def _change(change: int | None) -> str:
    if change is None:
        return ""
    if change == 0:
        return _("same")
    text = (
        ngettext("%(count)s fewer", "%(count)s fewer", -change)
        if change < 0
        else ngettext("%(count)s more", "%(count)s more", change)
    )
    return text % {"count": formats.number(abs(change))}


# -- findings, facts, committees ------------------------------------------------------------------


def _with_words(clusters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings with the words of their sources, and how many each cluster and point has."""
    made = []
    for cluster in clusters:
        points = [
            {
                **point,
                "questions": [
                    {
                        **each,
                        "sources_said": _listed([str(words.SOURCES[s]) for s in each["sources"]])
                        if each["sources"]
                        else "",
                        "typed": typed(each["finding"]),
                        "is_long": len(each["finding"]) > LONG_TEXT
                        or sum(e["is_photo"] for e in each["evidence"]) > MANY_PHOTOS,
                        "photos": [e for e in each["evidence"] if e["is_photo"]],
                        "papers": [e for e in each["evidence"] if not e["is_photo"]],
                    }
                    for each in point["questions"]
                ],
            }
            for point in cluster["points"]
        ]
        made.append({**cluster, "points": points,
                     "count": sum(len(point["questions"]) for point in points)})  # fmt: skip
    return made


def _facts(cluster: dict[str, Any]) -> dict[str, Any]:
    rows = [fact for point in cluster["points"] for fact in point["questions"]]
    return {"name": cluster["name"], "rows": [{**row, "shown": fact_value(row)} for row in rows]}


def fact_value(row: Mapping[str, Any]) -> dict[str, Any]:
    """A typed value as the reader writes it. `typed` marks what a person wrote as text."""
    value, kind = row["value"], row["kind"]
    if row["outcome"] == "not_applicable":
        return {"text": _("Not applicable"), "is_empty": True}
    if row["outcome"] == "not_assessed":
        return {"text": _("Not assessed"), "is_empty": True}
    if value == "":
        return {"text": _("No answer"), "is_empty": True}
    if kind == "number":
        # Units are counted things in the plural, and the title names them: "1" says enough of one.
        unit = "" if float(value) == 1 else row["unit"]
        return {"text": formats.number(float(value)), "unit": unit}
    if kind == "boolean":
        return {"text": _("Yes") if value == "yes" else _("No")}
    if kind == "date":
        return {"text": formats.on_date(date.fromisoformat(value))}
    if kind == "choice":
        return {"text": row["label"] or value}
    return {"text": value, "typed": direction_of(value)}


def _committee(row: dict[str, Any]) -> dict[str, Any]:
    checks = [
        {
            **check,
            "rule": words.CHECKS[check["key"]],
            "status": words.CHECK_STATUS[check["outcome"]],
            "mark": mark(words.CHECK_STATUS[check["outcome"]]),
            "why": words.WHY_UNDECIDED.get(check["reason"], ""),
        }
        for check in row["checks"]
    ]
    # What the law has no word on would fill a page and say nothing.
    # The duty itself is always said: the others hang on it.
    decided = [
        check
        for check in checks
        if check["key"] == "required"
        or not (check["status"] == "na" or check["reason"] == "law_not_found")
    ]
    return {
        **row,
        "kind_name": words.COMMITTEE[row["kind"]],
        "name": bodies.name_of(row["name"]),
        "checks": decided,
        "left_out": len(checks) - len(decided),
    }
