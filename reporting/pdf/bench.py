"""What the right text layer costs: the same HTML with and without it, in Bengali and English.

python -m reporting.pdf.bench
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

from reporting.pdf.fonts import PROJECT
from reporting.pdf.render import render_pdf

ROUNDS = 3
BLOCKS = 48  # about 30 pages
SENTENCES = {
    "en": (
        "The exit on floor {n} was locked with a chain while 64 workers were at the lines.",
        "The team asked for the overtime records of the last twelve months and saw nine of them.",
        "Wages of week {n} were paid three days late – the committee had asked about this before.",
        "First-aid boxes were found on both sides of the hall; two were empty and one was out "
        "of reach.",
    ),
    "bn": (
        "{n} নম্বর তলার জরুরি নির্গমন পথ তালাবদ্ধ ছিল, তখন শ্রমিকেরা সেলাই লাইনে কাজ করছিলেন।",
        "পরিদর্শক দল গত বারো মাসের অতিরিক্ত কর্মঘণ্টার নথি চেয়েছিল এবং নয় মাসের নথি দেখেছে।",
        "{n} নম্বর সপ্তাহের মজুরি তিন দিন দেরিতে পরিশোধ করা হয়েছে; কমিটি আগেই প্রশ্নটি তুলেছিল।",
        "প্রাথমিক চিকিৎসার বাক্স দুই পাশেই ছিল, তবে দুটি খালি এবং একটি নাগালের বাইরে রাখা হয়েছিল।",
    ),
}
STYLE = (
    "@page{size:A4;margin:18mm} body{font-size:10.5pt;line-height:1.6}"
    " table{width:100%;table-layout:fixed;border-collapse:collapse}"
    " td,th{border-bottom:.2mm solid #888;padding:1.5mm 2mm;text-align:start;vertical-align:top}"
)


def sample_html(language: str, blocks: int = BLOCKS) -> str:
    """A report-like document: per block a heading, a paragraph and a row of findings each.

    Numbers and word order differ from block to block.
    """
    sentences = SENTENCES[language]
    body = []
    for block in range(blocks):
        said = [
            sentences[(block + i) % len(sentences)].format(n=block * 7 + i)
            for i in range(len(sentences))
        ]
        rows = "".join(
            f"<tr><th scope=row>{block}.{i}<td>{first}<td>{second}"
            for i, (first, second) in enumerate(zip(said, reversed(said), strict=True))
        )
        body.append(
            f"<h2>{said[0]}</h2><p>{' '.join(said)}</p><table><tbody>{rows}</tbody></table>"
        )
    return (
        f"<!doctype html><html lang={language}><head><title>{language}</title>"
        f"<style>{STYLE}</style></head><body>{''.join(body)}</body></html>"
    )


def _measure_here(language: str) -> dict[str, Any]:
    """Seconds of both ways in turn, in this process, after a first render that warms it up."""
    html = sample_html(language)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    pages = size = 0
    render_pdf(sample_html(language, 2), base_url="https://bench.invalid/", language=language)
    for _ in range(ROUNDS):
        for with_text_layer in (False, True):
            begin = time.process_time()
            result = render_pdf(
                html,
                base_url="https://bench.invalid/",
                language=language,
                with_text_layer=with_text_layer,
            )
            seconds[with_text_layer].append(time.process_time() - begin)
            if with_text_layer:
                pages, size = result.pages, len(result.data)
    # Neighbours in time share the load of the machine, so pairs are compared, not averages.
    ratios = [one / other for one, other in zip(seconds[True], seconds[False], strict=True)]
    return {
        "pages": pages,
        "seconds": round(min(seconds[True]), 3),
        "seconds_without": round(min(seconds[False]), 3),
        "ratio": round(statistics.median(ratios), 3),
        "kilobytes": round(size / 1024, 1),
        # Linux counts in KiB.
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def measure() -> dict[str, dict[str, Any]]:
    """Cost per language: pages, seconds (processor time) with and without the text layer, their
    ratio, size, and peak memory of a process that only makes PDFs.

    Each language runs in a process of its own, or its memory would hold that of the other.
    """
    found = {}
    for language in SENTENCES:
        command = [sys.executable, "-m", "reporting.pdf.bench", language]
        run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT)
        found[language] = json.loads(run.stdout)
    return found


if __name__ == "__main__":
    asked = sys.argv[1:]
    print(json.dumps(_measure_here(asked[0]) if asked else measure(), indent=2))
