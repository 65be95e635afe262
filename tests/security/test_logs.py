"""The web server's log tells nothing of sealed visits, and keeps no token."""

from __future__ import annotations

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from gunicorn.config import Config

from betterwork.masking import Formatter, masked
from betterwork.weblog import Logger

VISIT = "5a1da4d0-5aae-47e7-87ba-80e4895def66"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f"GET /planner/envelopes/{VISIT}/?x=1 HTTP/1.1", "GET /planner/- HTTP/1.1"),
        (f"GET /planner/?visit={VISIT} HTTP/1.1", "GET /planner/- HTTP/1.1"),
        ("GET /planner/calendar/a-secret.ics HTTP/1.1", "GET /planner/- HTTP/1.1"),
        (f"POST /assessments/{VISIT}/check-in/ HTTP/1.1", "POST /assessments/- HTTP/1.1"),
        (f"GET /jobs/{VISIT}/ HTTP/1.1", "GET /jobs/-/ HTTP/1.1"),
        ("GET /welcome/a-secret/ HTTP/1.1", "GET /welcome/-/ HTTP/1.1"),
        ("GET /factories/?q=Meghna HTTP/1.1", "GET /factories/?q=Meghna HTTP/1.1"),
        ("GET /assessments/?sort=factory HTTP/1.1", "GET /assessments/?sort=factory HTTP/1.1"),
    ],
)
def test_addresses_are_masked(line: str, kept: str) -> None:
    assert masked(line) == kept


def test_request_page_before_and_query_are_masked() -> None:
    logger = Logger(Config())
    environ = {
        "REQUEST_METHOD": "GET", "RAW_URI": f"/planner/?visit={VISIT}",
        "PATH_INFO": "/planner/", "QUERY_STRING": f"visit={VISIT}",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": f"http://127.0.0.1/planner/envelopes/{VISIT}/",
    }  # fmt: skip
    answer = SimpleNamespace(status="200 OK", headers=[], sent=1, response_length=1)
    request = SimpleNamespace(headers=[("REFERER", environ["HTTP_REFERER"])])
    atoms = logger.atoms(answer, request, environ, timedelta(seconds=1))
    shown = {name: value for name, value in atoms.items() if not name.startswith("{")}
    assert VISIT not in str(shown)


def test_every_log_is_masked() -> None:
    """Django tells of each refusal and each failure, a database of the row it refused."""
    formatter = settings.LOGGING["formatters"]["plain"]["()"]
    assert formatter == "betterwork.masking.Formatter"
    error = RuntimeError(f"refused\nDETAIL:  Failing row contains ({VISIT}, 2026-12-01).")
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 0, "Not Found: %s",
        (f"/planner/envelopes/{VISIT}/lock/",), (type(error), error, None),
    )  # fmt: skip
    told = Formatter("%(message)s").format(record)
    assert VISIT not in told
    assert "2026-12-01" not in told
    assert "Not Found: /planner/-" in told
    assert not settings.LOGGING["loggers"]["django"]["handlers"]
