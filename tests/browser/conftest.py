"""The product as people meet it: `make run`'s own servers with the demo, and a real Chromium.

The stack is started once for all browser tests, on loopback, with data of its own under
`var/browser`. Tests make what they change themselves, or use a factory of the demo no other test
touches.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240
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
            with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    pytest.fail(f"The servers were not ready in time:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    var = Path(os.environ.get("BETTERWORK_BROWSER_VAR") or ROOT / "var" / "browser").resolve()
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    environment = {
        **{k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}},
        "BETTERWORK_VAR": str(var),
        "BETTERWORK_STORES_PROFILE": "fast",
        "DJANGO_SETTINGS_MODULE": "betterwork.settings.dev",
    }
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
    """One signed-in person in a browser window of their own."""

    page: Page
    site: Site
    login: dict[str, str]

    def open(self, path: str) -> Page:
        answer = self.page.goto(self.site.address + path)
        assert answer is not None
        assert answer.status < 400, f"{path}: {answer.status}"
        return self.page


@pytest.fixture
def enter(site: Site, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """`enter("advisor")` signs a demo person in through the sign-in page."""
    contexts: list[BrowserContext] = []

    def sign_in(
        role: str = "", *, programme: str = "BD", email: str = "", password: str = "", **window: Any
    ) -> Person:
        login = (
            {"email": email, "password": password or site.login("manager")["password"]}
            if email
            else site.login(role, programme)
        )
        context = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **window}
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(site.address + "/account/login/")
        page.fill("input[name=login]", login["email"])
        page.fill("input[name=password]", login["password"])
        page.locator("form:has(input[name=password]) button").first.click()
        page.wait_for_url(lambda url: "/account/login" not in url)
        return Person(page, site, login)

    yield sign_in
    for context in contexts:
        context.close()
