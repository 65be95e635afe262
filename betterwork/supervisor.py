"""`make run`: starts the stores, web, worker and scheduler, keeps them up, stops them in order.

    python -m betterwork.supervisor [--port 8000]

Ctrl-C or SIGTERM stops: first what makes new work (scheduler, web), then the worker, which
finishes the task in hand, then the stores. Should this process be killed outright, the kernel asks
its children to stop (Linux), and the next start ends any that are left (everywhere).
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from betterwork import stores

ROOT = stores.PROJECT_ROOT
READY_SECONDS = 90.0
POLL_SECONDS = 0.3
# More deaths than this within the window mean that starting again does not help.
MAX_DEATHS, DEATH_WINDOW_SECONDS = 5, 60.0
LOG_LIMIT_BYTES = 20_000_000
PR_SET_PDEATHSIG = 1
TROUBLE = re.compile(r"\b(ERROR|CRITICAL)\b")


class CannotRun(Exception):
    """Betterwork cannot start or go on; the message says why and what to do."""


def say(text: str, name: str = "run") -> None:
    for line in text.splitlines() or [""]:
        print(f"{name:<6} | {line}", flush=True)


def _die_with_parent() -> None:
    """In the child, before its program: ask the kernel for SIGTERM when the supervisor is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process that is kept up."""

    name: str
    command: list[str]
    log: Path
    # How long it may take to finish what it has in hand when asked to stop.
    grace_seconds: float
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=deque)
    start_after: float = 0.0
    _shown: int = 0

    def start(self, environment: dict[str, str]) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self._shown = output.tell()
            # Straight into the file, not through us: a child must not fail for want of a reader.
            # In its own session, so that Ctrl-C reaches us alone and we stop them in order.
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def new_trouble(self) -> list[str]:
        """Error lines written to the log since the last call."""
        with self.log.open("rb") as file:
            if self.log.stat().st_size < self._shown:
                self._shown = 0
            file.seek(self._shown)
            text = file.read(200_000)
            whole, newline, _ = text.rpartition(b"\n")
            self._shown += len(whole) + len(newline)
        lines = whole.decode(errors="replace").splitlines()
        return [line[:300] for line in lines if TROUBLE.search(line)]

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for the end; then end whatever of its process group is left."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Supervisor:
    """Web, worker and scheduler over one pair of stores."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.var_dir = stores.var_directory()
        self.log_dir = self.var_dir / "log"
        self.run_file = self.var_dir / "run.json"
        self.address = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": os.environ.get(
                "DJANGO_SETTINGS_MODULE", "betterwork.settings.dev"
            ),
            "BETTERWORK_VAR": str(self.var_dir),
            "SITE_ADDRESS": os.environ.get("SITE_ADDRESS", self.address),
            "PYTHONUNBUFFERED": "1",
        }
        self.stops_asked = 0
        self.children = self._children()

    def _children(self) -> list[Child]:
        python = sys.executable
        web = [
            *(python, "-m", "gunicorn", "betterwork.wsgi"),
            *("--bind", f"127.0.0.1:{self.port}"),
            *("--workers", os.environ.get("WEB_WORKERS", "2")),
            *("--worker-class", "gthread", "--threads", "4"),
            *("--timeout", "60", "--graceful-timeout", "15"),
            *("--access-logfile", str(self.log_dir / "access.log")),
            *("--logger-class", "betterwork.weblog.Logger"),
        ]
        worker = [
            *(python, "-m", "celery", "--app", "betterwork", "worker"),
            *("--concurrency", os.environ.get("WORKER_PROCESSES", "2")),
            # One machine has nobody to gossip with, and each of these costs wake-ups.
            *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
        ]
        beat = [
            *(python, "-m", "celery", "--app", "betterwork", "beat", "--loglevel", "INFO"),
            *("--schedule", str(self.var_dir / "beat-schedule"), "--pidfile", ""),
        ]
        return [
            Child("web", web, self.log_dir / "web.log", grace_seconds=20),
            Child("worker", worker, self.log_dir / "worker.log", grace_seconds=30),
            Child("beat", beat, self.log_dir / "beat.log", grace_seconds=10),
        ]

    # -- from start to end

    def run(self) -> int:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with (self.var_dir / "run.lock").open("a+") as lock:
            self._lock(lock.fileno())
            for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(signum, self._on_signal)
            self._end_left_overs()
            self._claim_port()
            try:
                return self._serve()
            except _Stopped:
                return 0
            finally:
                self._stop()

    def _serve(self) -> int:
        say("starting PostgreSQL and Redis ...")
        stores.resolve(self.var_dir)
        self._check_stop()
        self._boot()
        for child in self.children:
            child.start(self.environment)
        self._record()
        self._wait_until_ready()
        print(self.logins, flush=True)
        say(f"Betterwork is ready: {self.address}")
        say(f"logs: {self.log_dir}   stop: Ctrl-C")
        while True:
            self._pause(POLL_SECONDS)
            self._look_after_children()

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            known = self._recorded()
            where = f" at {known['address']}" if "address" in known else ""
            process = f" (process {known['pid']})" if "pid" in known else ""
            raise CannotRun(
                f"Betterwork is already running{where}{process}. Stop it with Ctrl-C there, or "
                "use it as it is."
            ) from None

    def _claim_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                raise CannotRun(
                    f"Port {self.port} is in use by another program. Take another: "
                    f"make run PORT={self.port + 1}"
                ) from None

    def _boot(self) -> None:
        """Prepare in a process of its own; pass its progress on, keep the logins for the end."""
        lines: list[str] = []
        process = subprocess.Popen(
            [sys.executable, "-m", "betterwork.boot"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        assert process.stdout is not None  # noqa: S101 - for the type checker: a pipe was asked for
        try:
            with (self.log_dir / "boot.log").open("a") as log:
                for line in process.stdout:
                    log.write(line)
                    if line.startswith("boot "):
                        print(line, end="", flush=True)
                    else:
                        lines.append(line)
                    self._check_stop()
            code = process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._check_stop()
        if code != 0:
            tail = "".join(lines[-25:]).rstrip()
            raise CannotRun(f"{tail}\nPreparing failed. Whole output: {self.log_dir / 'boot.log'}")
        self.logins = "".join(lines).strip("\n")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        answer = "no answer"
        while True:
            self._look_after_children()
            try:
                with urllib.request.urlopen(f"{self.address}/health/ready", timeout=5):  # noqa: S310
                    return
            except urllib.error.HTTPError as error:
                answer = error.read(2000).decode(errors="replace")
            except OSError as error:
                answer = str(error)
            if time.monotonic() > deadline:
                raise CannotRun(
                    f"Not ready after {READY_SECONDS:.0f} s: {answer}. Logs: {self.log_dir}"
                )
            self._pause(POLL_SECONDS)

    def _look_after_children(self) -> None:
        now = time.monotonic()
        for child in self.children:
            for line in child.new_trouble():
                say(line, child.name)
            if child.is_up() or child.process is None:
                continue
            if child.start_after == 0.0:
                self._note_death(child, now)
            elif now >= child.start_after:
                child.start_after = 0.0
                child.start(self.environment)
                self._record()
                say("started again", child.name)
        if not os.environ.get("DATABASE_URL") and not stores.is_running(self.var_dir):
            say("the keeper of the stores is gone: starting another")
            stores.start(self.var_dir)

    def _note_death(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101 - only a started child dies
        # Its own children must not go on beside the new ones.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        while child.deaths and now - child.deaths[0] > DEATH_WINDOW_SECONDS:
            child.deaths.popleft()
        child.deaths.append(now)
        if len(child.deaths) > MAX_DEATHS:
            raise CannotRun(
                f"{child.name} ended {len(child.deaths)} times within a minute. Log: {child.log}"
            )
        pause = min(0.5 * 2 ** (len(child.deaths) - 1), 8.0)
        child.start_after = now + pause
        code = child.process.returncode
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        say(f"{how}; starting it again in {pause:g} s (log: {child.log})", child.name)

    # -- stopping

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        self.stops_asked += 1
        if self.stops_asked == 2:
            # Asked again: do not wait for work in hand.
            for child in self.children:
                child.grace_seconds = 0
                if child.process is not None and child.process.poll() is None:
                    child.process.kill()

    def _check_stop(self) -> None:
        if self.stops_asked:
            raise _Stopped

    def _pause(self, seconds: float) -> None:
        self._check_stop()
        time.sleep(seconds)
        self._check_stop()

    def _stop(self) -> None:
        started = [child for child in self.children if child.process is not None]
        if started:
            say("stopping ... (Ctrl-C again: without waiting for work in hand)")
        by_name = {child.name: child for child in started}
        for names in (("beat", "web"), ("worker",)):
            group = [by_name[name] for name in names if name in by_name]
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait(child.grace_seconds)
        if not os.environ.get("DATABASE_URL") and not stores.release(self.var_dir):
            say("PostgreSQL and Redis stay up: another command still uses them")
        self.run_file.unlink(missing_ok=True)
        if started:
            say("stopped")

    # -- what a killed supervisor leaves

    def _record(self) -> None:
        known = {}
        for child in self.children:
            if child.process is not None:
                with contextlib.suppress(psutil.Error):
                    known[child.process.pid] = psutil.Process(child.process.pid).create_time()
        record = {"pid": os.getpid(), "address": self.address, "children": known}
        partial = self.run_file.with_suffix(".json.new")
        partial.write_text(json.dumps(record))
        partial.replace(self.run_file)

    def _recorded(self) -> dict[str, object]:
        try:
            known = json.loads(self.run_file.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _end_left_overs(self) -> None:
        children = self._recorded().get("children")
        if not isinstance(children, dict):
            return
        for pid, created in children.items():
            with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError, ValueError):
                process = psutil.Process(int(pid))
                # Process numbers are used again: the time of birth tells ours from another's.
                if abs(process.create_time() - float(created)) < 1:
                    say(f"ending process {pid}, left behind by a run that was killed")
                    process.terminate()
                    with contextlib.suppress(psutil.TimeoutExpired):
                        process.wait(timeout=15)
                    os.killpg(int(pid), signal.SIGKILL)
        self.run_file.unlink(missing_ok=True)


class _Stopped(Exception):
    """Somebody asked for the end."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    options = parser.parse_args()
    try:
        return Supervisor(options.port).run()
    except (CannotRun, stores.StoresError) as problem:
        say(str(problem))
        return 1


if __name__ == "__main__":
    sys.exit(main())
