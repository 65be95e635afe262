"""Check that every translatable text has a whole, sound translation in every language.

    python scripts/check_messages.py [--list]

The texts are collected anew from code and templates into a scratch copy (as ``make messages``
does), so a text that was added without ``make messages`` is found too. Needs xgettext.
For each language: no text missing, none empty or fuzzy, the same placeholders and the same markup
as the original, all plural forms that the language has.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ar", "bn")
# English is what the code says; every language here must be complete.
SOURCES = ("betterwork", "factories", "assessments", "advisory", "reporting", "templates", "static")
PLURAL_COUNT = {"ar": 6, "bn": 2}
PERCENT = re.compile(r"%(?:\(\w+\))?[#0\- +]*(?:\d+|\*)?(?:\.\d+)?[diouxXeEfFgGcrsa]")
BRACES = re.compile(r"(?<!\{)\{(\w*)(?:![rsa])?(?::[^{}]*)?\}(?!\})")
TAG = re.compile(r"</?[a-zA-Z][\w-]*")


def placeholders(text: str) -> Counter[str]:
    plain = text.replace("%%", "")
    return Counter(PERCENT.findall(plain)) + Counter(
        f"{{{name}}}" for name in BRACES.findall(plain)
    )


def markup(text: str) -> Counter[str]:
    return Counter(tag.lower() for tag in TAG.findall(text))


def problems_of(source: polib.POEntry, entry: polib.POEntry | None, language: str) -> Iterator[str]:
    """What is wrong with one translation, in words."""
    if entry is None or entry.obsolete:
        yield "is missing (run make messages)"
        return
    if entry.fuzzy:
        yield "is marked fuzzy"
        return
    if not source.msgid_plural:
        if not entry.msgstr.strip():
            yield "is not translated"
            return
        if set(placeholders(entry.msgstr)) != set(placeholders(source.msgid)):
            yield f"has other placeholders: {entry.msgstr!r}"
        if markup(entry.msgstr) != markup(source.msgid):
            yield f"has other markup: {entry.msgstr!r}"
        return
    forms = [entry.msgstr_plural.get(index, "") for index in range(PLURAL_COUNT[language])]
    if not all(form.strip() for form in forms):
        yield f"lacks plural forms: {sum(not form.strip() for form in forms)} of {len(forms)}"
        return
    known = set(placeholders(source.msgid)) | set(placeholders(source.msgid_plural))
    for form in forms:
        if not set(placeholders(form)) <= known:
            yield f"has a placeholder that the original has not: {form!r}"
    # Forms for none, one and two may spell the number out; the general one must show it.
    if set(placeholders(forms[-1])) != set(placeholders(source.msgid_plural)):
        yield f"has other placeholders: {forms[-1]!r}"


def collect(domain: str) -> polib.POFile:
    """The texts of code and templates, collected in a scratch copy. Raises: SystemExit."""
    with tempfile.TemporaryDirectory(prefix="messages-") as folder:
        copy = Path(folder)
        for name in SOURCES:
            if (ROOT / name).is_dir():
                skip = shutil.ignore_patterns("__pycache__", "*.mo", "*.woff2", "*.png")
                shutil.copytree(ROOT / name, copy / name, ignore=skip)
        (copy / "locale").mkdir()
        environment = {
            key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"
        }
        result = subprocess.run(
            [
                *(sys.executable, "-m", "django", "makemessages", "--locale=en"),
                *("--domain", domain, "--no-wrap", "--verbosity=0"),
            ],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            sys.exit(f"check_messages: makemessages failed:\n{result.stderr[-3000:]}")
        path = copy / "locale" / "en" / "LC_MESSAGES" / f"{domain}.po"
        return polib.pofile(str(path)) if path.exists() else polib.POFile()


def check_catalogue(sources: Iterable[polib.POEntry], path: Path, language: str) -> Iterator[str]:
    catalogue = polib.pofile(str(path)) if path.exists() else polib.POFile()
    if path.exists():
        declared = re.search(r"nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
        if declared is None or int(declared[1]) != PLURAL_COUNT[language]:
            yield f"{path}: Plural-Forms must declare nplurals={PLURAL_COUNT[language]}"
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
    for source in sources:
        entry = known.get((source.msgctxt, source.msgid))
        where = ", ".join(f"{file}:{line}" for file, line in source.occurrences[:1])
        for problem in problems_of(source, entry, language):
            yield f"{language}: {source.msgid[:90]!r} ({where}) {problem}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="list every problem, not only 40")
    options = parser.parse_args()
    if shutil.which("xgettext") is None:
        print("check_messages: xgettext is missing: run make setup-dev", file=sys.stderr)
        return 1
    found: list[str] = []
    total = 0
    for domain in ("django", "djangojs"):
        sources = [entry for entry in collect(domain) if not entry.obsolete]
        total += len(sources)
        for language in LANGUAGES:
            path = ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
            if sources:
                found += check_catalogue(sources, path, language)
    for line in found if options.list else found[:40]:
        print(line)
    if len(found) > 40 and not options.list:
        print(f"... and {len(found) - 40} more (--list shows all)")
    print(f"check_messages: {total} texts, {len(LANGUAGES)} languages, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
