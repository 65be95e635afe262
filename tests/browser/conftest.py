"""The product as people meet it: `make run`'s own servers with the demo, and a real Chromium.

The stack is started once for all browser tests, on loopback, with data of its own under
`var/browser` (BETTERWORK_BROWSER_VAR names another folder). Tests make what they change themselves,
or use a factory of the demo no other test touches. While a test is being written, a product that
runs already is faster: BETTERWORK_BROWSER_ADDRESS with the BETTERWORK_BROWSER_VAR it was started
with.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240
PATIENCE_MS = 20_000
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]


@dataclass(frozen=True)
class Site:
    """The running product: its address, its folder, and the demo's sign-ins."""

    address: str
    var: Path
    environment: dict[str, str]
    logins: list[dict[str, str]]

    def login(self, role: str, programme: str = "BD") -> dict[str, str]:
        for login in self.logins:
            if login["role"] == role and login["programme"] in {programme, "", None}:
                return login
        raise LookupError(f"The demo has no {role} in {programme}.")

    def manage(self, *arguments: str) -> str:
        """Run a management command against the running stores."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"The servers stopped while starting:\n{log.read_text()[-4000:]}")
        try:
            # The address is the one just started: http, on this machine.
            with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    pytest.fail(f"The servers were not ready in time:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    var = Path(os.environ.get("BETTERWORK_BROWSER_VAR") or ROOT / "var" / "browser").resolve()
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # each process has a product of its own
        var = var / worker
    environment = {
        **{k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}},
        "BETTERWORK_VAR": str(var),
        "BETTERWORK_STORES_PROFILE": "fast",
        "DJANGO_SETTINGS_MODULE": "betterwork.settings.dev",
    }
    if running_at := os.environ.get("BETTERWORK_BROWSER_ADDRESS"):
        there = Site(running_at, var, environment, [])
        yield Site(running_at, var, environment, json.loads(there.manage("demo_logins", "--json")))
        return
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    log = var / "stack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "betterwork.supervisor", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(address, process, log)
            running = Site(address, var, environment, [])
            logins = json.loads(running.manage("demo_logins", "--json"))
            yield Site(address, var, environment, logins)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((p for p in map(shutil.which, ("chromium", "chromium-browser")) if p), None)
    assert path, "Chromium is missing: make setup-dev installs it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@dataclass
class Person:
    """One signed-in person in a browser window of their own.

    `troubles` collects what no page may do: answer 5xx, or break in a script or against the
    content security policy.
    """

    page: Page
    site: Site
    login: dict[str, str]
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        answer = self.page.goto(self.site.address + path)
        assert answer is not None
        assert answer.status < 400, f"{path}: {answer.status}"
        return self.page

    def refused(self, path: str) -> int:
        """The status of a page this person should not reach."""
        answer = self.page.goto(self.site.address + path)
        assert answer is not None
        return answer.status

    def watch(self) -> None:
        def on_response(response: Response) -> None:
            if response.status >= 500:
                self.troubles.append(f"{response.status} {response.url}")

        def on_console(message: ConsoleMessage) -> None:
            # A refused form or a page out of reach is an "error" to the console, not to us.
            if message.type == "error" and "Failed to load resource" not in message.text:
                self.troubles.append(f"{self.page.url}: {message.text}")

        self.page.on("response", on_response)
        self.page.on("console", on_console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"{self.page.url}: {error}"))


@contextmanager
def front_door(site: Site, browser: Browser) -> Iterator[Callable[..., Person]]:
    """Yields `enter(role)`; closes every window after and fails on their troubles."""
    contexts: list[BrowserContext] = []
    people: list[Person] = []

    def window(**wanted: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **wanted}
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return context.new_page()

    def sign_in(
        role: str = "",
        *,
        programme: str = "BD",
        email: str = "",
        password: str = "",
        visitor: bool = False,
        **wanted: Any,
    ) -> Person:
        if visitor:
            login = {"email": "", "password": ""}
        elif email:
            login = {"email": email, "password": password or site.login("manager")["password"]}
        else:
            login = site.login(role, programme)
        person = Person(window(**wanted), site, login)
        person.watch()
        people.append(person)
        if not visitor:
            page = person.page
            page.goto(site.address + "/account/login/")
            page.fill("input[name=login]", login["email"])
            page.fill("input[name=password]", login["password"])
            page.locator("form:has(input[name=password]) button").first.click()
            page.wait_for_url(lambda url: "/account/login" not in url)
        return person

    yield sign_in
    for context in contexts:
        context.close()
    troubles = [trouble for person in people for trouble in person.troubles]
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def enter(site: Site, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """`enter("advisor")` signs a demo person in through the sign-in page."""
    with front_door(site, chromium) as door:
        yield door


@pytest.fixture(scope="class")
def enter_once(site: Site, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """As `enter`, with windows that stay open for the ordered steps of one class."""
    with front_door(site, chromium) as door:
        yield door


# -- steps of one story: when one fails, the rest is not tried ----------------------------------


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "story: tests of a class are steps that follow each other")


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if item.get_closest_marker("story") and call.excinfo is not None and item.parent is not None:
        item.parent._stopped_at = item.name  # type: ignore[attr-defined]


def pytest_runtest_setup(item: pytest.Item) -> None:
    stopped_at = getattr(item.parent, "_stopped_at", None)
    if item.get_closest_marker("story") and stopped_at:
        pytest.skip(f"The story stopped at {stopped_at}.")
