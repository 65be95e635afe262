"""Memory of one web worker that has answered and waits."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psutil

from reporting.bench import budgets
from reporting.bench.budgets import Line
from reporting.bench.stage import PROJECT

START_SECONDS = 60
# A sign-in page for nobody, then the pages of a person: what a worker has loaded after an hour.
PATHS = ("/health/live", "/account/login/", "/assessments/")


def lines(environment: dict[str, str], ask: Callable[..., dict[str, Any]]) -> Iterator[Line]:
    name, limit = "idle_web_worker", budgets.WEB_MEGABYTES
    session = ask("session")
    cookie = session["extra"]["cookie"] if "extra" in session else ""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # As a server runs it: without the owner's password.
    environment = {key: text for key, text in environment.items() if key != "DATABASE_OWNER_URL"}
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "betterwork.wsgi"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "1"),
            *("--worker-class", "gthread", "--threads", "4", "--log-level", "error"),
        ],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        problem = _ask(port, cookie)
        if problem:
            server.terminate()
            said = server.communicate(timeout=30)[1][-300:]
            yield Line(name, None, "MB", limit, why=f"{problem} {said}".strip())
            return
        time.sleep(1)
        (worker,) = psutil.Process(server.pid).children()
        yield Line(name, worker.memory_info().rss / 1e6, "MB", limit, details={"n": len(PATHS)})
    finally:
        server.terminate()
        server.wait(timeout=30)


def _ask(port: int, cookie: str) -> str:
    """Open the pages one after the other; answers what went wrong."""
    deadline = time.monotonic() + START_SECONDS
    for path in PATHS:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers={"Cookie": f"sessionid={cookie}"}
        )
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                    response.read()
                break
            except urllib.error.HTTPError as error:
                return f"{path} answered {error.code}"
            except (urllib.error.URLError, ConnectionError) as error:
                if time.monotonic() > deadline:
                    return f"the server does not answer: {error}"
                time.sleep(0.1)
    return ""
