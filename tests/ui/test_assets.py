"""The asset builder: same input, same bytes; dark tokens repeated; sheets within their budget."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from betterwork.ui import assets

SOURCES = Path(settings.BASE_DIR) / "static"
PHYSICAL = re.compile(
    r"(?<![\w-])((margin|padding|border)-(left|right|top|bottom)|(left|right)\s*:"
    r"|text-align:\s*(left|right)|float:)"
)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A node_modules with files of the right names."""
    root = tmp_path / "node_modules"
    for family in assets.FAMILIES:
        folder = root / "@fontsource" / family.package
        (folder / "files").mkdir(parents=True)
        ranges = dict.fromkeys(family.subsets, "U+0000-00FF")
        (folder / "unicode.json").write_text(json.dumps(ranges))
        for subset in family.subsets:
            for weight in assets.WEIGHTS:
                name = f"{family.package}-{subset}-{weight}-normal.woff2"
                (folder / "files" / name).write_bytes(name.encode())
    script = root / "htmx.org" / "dist" / "htmx.min.js"
    script.parent.mkdir(parents=True)
    script.write_text("htmx")
    return root


def test_build_is_the_same_twice_and_skips_when_nothing_changed(
    packages: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    assert assets.build(sources=SOURCES, node_modules=packages, target=first)
    assert assets.build(sources=SOURCES, node_modules=packages, target=second)
    for file in first.rglob("*.css"):
        assert file.read_bytes() == (second / file.relative_to(first)).read_bytes()
    assert not assets.build(sources=SOURCES, node_modules=packages, target=first)
    (packages / "htmx.org" / "dist" / "htmx.min.js").write_text("htmx 2")
    assert assets.build(sources=SOURCES, node_modules=packages, target=first)
    assert (first / "js" / "htmx.js").read_text() == "htmx 2"


def test_dark_tokens_also_follow_the_system(packages: Path, tmp_path: Path) -> None:
    assets.build(sources=SOURCES, node_modules=packages, target=tmp_path / "out")
    css = (tmp_path / "out" / "css" / "core.css").read_text()
    chosen, by_system = re.findall(r"color-scheme: dark;\n(--canvas[^}]*)}", css)
    assert chosen.split() == by_system.split()
    assert "prefers-color-scheme: dark" in css


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(assets.AssetsMissing, match="@fontsource/ibm-plex-sans"):
        assets.build(sources=SOURCES, node_modules=tmp_path, target=tmp_path / "out")


def test_sheets_are_small_enough_for_a_phone(packages: Path, tmp_path: Path) -> None:
    assets.build(sources=SOURCES, node_modules=packages, target=tmp_path / "out")
    core = (tmp_path / "out" / "css" / "core.css").read_bytes()
    assert len(gzip.compress(core, 9)) < 20_000
    assert (SOURCES / "js" / "app.js").stat().st_size < 6_000
    assert (SOURCES / "js" / "connection.js").stat().st_size < 3_000


@pytest.mark.parametrize("folder", ["core", "staff"])
def test_sheets_know_no_left_or_right(folder: str) -> None:
    for file in (SOURCES / "css" / folder).glob("*.css"):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            assert not PHYSICAL.search(line), f"{file.name}:{number}: {line.strip()[:80]}"


def test_every_icon_is_one_drawing() -> None:
    text = (SOURCES / "icons" / "icons.svg").read_text()
    names = re.findall(r'<symbol id="([^"]+)"', text)
    assert len(names) == len(set(names))
