"""`./manage.py` outside the project's environment: it finds it, or says how to make it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """manage.py by the machine's own Python, which is told to look at no packages."""
    outside = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    python = getattr(sys, "_base_executable", sys.executable)
    return subprocess.run(
        [python, *options, str(folder / "manage.py"), "--version"],
        capture_output=True, text=True, check=False, env=outside, timeout=60,
    )  # fmt: skip


def test_it_starts_again_inside_the_environment() -> None:
    answer = run(ROOT, "-S")
    assert (answer.returncode, answer.stdout.strip()) == (0, django.get_version()), answer.stderr


def test_without_an_environment_it_says_what_to_do(tmp_path: Path) -> None:
    shutil.copy(ROOT / "manage.py", tmp_path)
    answer = run(tmp_path, "-S")
    assert answer.returncode == 1
    assert "make setup" in answer.stderr
    assert "Traceback" not in answer.stderr
