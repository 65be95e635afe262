"""`make run` as a process: stop in order, bring back the dead, refuse a second start, no orphans.

The supervisor and the stores are the real ones; web, worker and scheduler are stand-ins that start
at once, so that these tests are about the supervision and not about Django.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from betterwork import stores

pytestmark = pytest.mark.stack

WEB = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"{}")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
SLEEP = "import time; time.sleep(600)"
# Does not stop when asked, and has a process of its own: what a stuck worker looks like.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # of the worker"])
time.sleep(600)
"""
PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from betterwork import supervisor
supervisor.MAX_DEATHS = 2
class Trial(supervisor.Supervisor):
    def _children(self):
        log, python = self.log_dir, sys.executable
        return [
            supervisor.Child("web", [python, "-c", {web!r}, str(self.port)], log / "web.log", 2),
            supervisor.Child("worker", [python, "-c", {worker!r}], log / "worker.log", 1),
            supervisor.Child("beat", [python, "-c", {beat!r}], log / "beat.log", 2),
        ]
    def _boot(self):
        self.logins = "the logins"
try:
    sys.exit(Trial(int(sys.argv[1])).run())
except supervisor.CannotRun as problem:
    supervisor.say(str(problem))
    sys.exit(1)
"""


@pytest.fixture
def var_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="betterwork-test-") as folder:
        path = Path(folder).resolve()
        yield path
        stores.stop(path)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Run:
    """A supervisor in a process of its own."""

    def __init__(self, var_dir: Path, port: int, *, worker: str = SLEEP, beat: str = SLEEP) -> None:
        self.var_dir = var_dir
        self.output = var_dir / f"output-{time.monotonic_ns()}"
        program = PROGRAM.format(root=str(stores.PROJECT_ROOT), web=WEB, worker=worker, beat=beat)
        environment = {**os.environ, "BETTERWORK_VAR": str(var_dir)}
        for name in ("BETTERWORK_STORES_PROFILE", "DATABASE_URL", "REDIS_URL"):
            environment.pop(name, None)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program, str(port)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**environment, "BETTERWORK_STORES_LINGER": "0.2"},
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str) -> None:
        eventually(lambda: text in self.text() or self.process.poll() is not None)
        assert text in self.text()

    def children(self) -> list[psutil.Process]:
        """Web, worker, beat, in this order, and what they started."""
        known: dict[str, Any] = json.loads((self.var_dir / "run.json").read_text())["children"]
        processes = [psutil.Process(int(pid)) for pid in known]
        return processes + [own for one in processes for own in one.children(recursive=True)]

    def stop(self, signum: int = signal.SIGINT) -> int:
        self.process.send_signal(signum)
        return self.process.wait(timeout=30)


def eventually(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def left_of(var_dir: Path, processes: list[psutil.Process]) -> list[str]:
    """Command lines of those still running, and of any process that works in this folder."""
    left = [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    lines = []
    for process in left:
        with contextlib.suppress(psutil.Error):
            lines.append(" ".join(process.cmdline()))
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(var_dir) in " ".join(process.cmdline()):
                lines.append(" ".join(process.cmdline()))
    return lines


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_every_process_even_a_stuck_one(
    var_dir: Path, port: int, signum: signal.Signals
) -> None:
    run = Run(var_dir, port, worker=STUBBORN)
    run.wait_for("Betterwork is ready")
    eventually(lambda: len(run.children()) == 4)
    processes = run.children()
    assert run.stop(signum) == 0
    assert left_of(var_dir, processes) == []
    assert "the logins" in run.text()
    assert run.text().rstrip().endswith("stopped")


def test_a_killed_child_is_started_again(var_dir: Path, port: int) -> None:
    run = Run(var_dir, port)
    run.wait_for("Betterwork is ready")
    web, worker, _ = run.children()
    web.kill()
    worker.kill()
    run.wait_for("web    | started again")
    run.wait_for("worker | started again")
    assert "was killed by signal 9" in run.text()
    processes = run.children()
    assert len(processes) == 3
    assert run.stop() == 0
    assert left_of(var_dir, processes) == []


def test_a_child_that_ends_again_and_again_ends_the_run(var_dir: Path, port: int) -> None:
    run = Run(var_dir, port, beat="raise SystemExit('ERROR no schedule')")
    assert run.process.wait(timeout=60) == 1
    assert "beat   | ERROR no schedule" in run.text()
    assert "beat ended 3 times within a minute" in run.text()
    assert left_of(var_dir, []) == []


def test_a_second_run_says_where_the_first_is(var_dir: Path, port: int) -> None:
    run = Run(var_dir, port)
    run.wait_for("Betterwork is ready")
    second = Run(var_dir, port)
    assert second.process.wait(timeout=20) == 1
    assert f"already running at http://127.0.0.1:{port}" in second.text()
    assert run.stop() == 0


def test_a_taken_port_is_named(var_dir: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        run = Run(var_dir, port)
        assert run.process.wait(timeout=20) == 1
    assert f"Port {port} is in use" in run.text()
    assert left_of(var_dir, []) == []


def test_a_killed_run_leaves_nothing_and_starts_again(var_dir: Path, port: int) -> None:
    run = Run(var_dir, port)
    run.wait_for("Betterwork is ready")
    processes = run.children()
    assert run.stop(signal.SIGKILL) == -signal.SIGKILL
    if sys.platform == "linux":
        eventually(lambda: left_of(var_dir, processes) == [])
    again = Run(var_dir, port)
    again.wait_for("Betterwork is ready")
    assert again.stop() == 0
    assert left_of(var_dir, processes) == []
