"""A version of the tool as a PDF: asked for on its page, written in the background, one's own."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from assessments import services as tool_services
from assessments import tool
from betterwork.records.models import Job
from reporting import services
from tests.builders import make_member

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def make_draft(editor: Any) -> Any:
    base = tool.version_in_force(NOW.date())
    return tool_services.begin_draft(based_on_id=base.pk, by=editor.pk, now=NOW)


def order(client: Any, version: Any, language: str) -> Job:
    address = reverse("reporting:tool_paper_order")
    answer = client.post(address, {"version": str(version.pk), "lang": language})
    assert answer.status_code == 302
    job = Job.objects.get(task="reporting.write_tool_paper", arguments__language=language)
    assert answer.url == reverse("reporting:tool_paper", args=[job.pk])
    return job


def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "tool.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return done.stdout.decode().replace("\u200b", "")


@pytest.mark.parametrize("language", ["en", "ar", "km"])
def test_editor_downloads_a_draft_as_it_prints(
    bd: Any, sign_in: Any, tmp_path: Path, language: str
) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    client = sign_in(user=editor)
    printed = client.get(reverse("assessments:tool_print", args=[draft.pk]), {"lang": language})
    assert reverse("reporting:tool_paper_order") in printed.content.decode()
    job = order(client, draft, language)
    address = reverse("reporting:tool_paper", args=[job.pk])
    assert client.get(address).status_code == 200
    assert client.get(address, {"file": "1"}).status_code == 404  # not written yet
    services.write_tool_paper(programme_id=bd.pk, job_id=str(job.pk))
    services.write_tool_paper(programme_id=bd.pk, job_id=str(job.pk))  # again: nothing happens
    job.refresh_from_db()
    assert (job.status, job.error) == ("done", "")
    assert "?file=1" in client.get(address).content.decode()
    answer = client.get(address, {"file": "1"})
    assert answer["Content-Type"] == "application/pdf"
    pdf = b"".join(answer.streaming_content)
    text = text_of(pdf, tmp_path)
    assert draft.label in text
    assert "OSH-EP-03" in text
    whole = tool.build(draft)
    words = tool.said_by(whole, language, tool.law_on("BD", NOW.date()))
    # A word of each question whose title is printed nowhere else: all of them are there.
    assert all(question.lineage in text for question in whole.questions)
    if language == "en":
        assert "Draft. Nothing here is final." in text
        assert " ".join(words["OSH-EP-03"].text.split()[:5]) in text
    else:
        first = words["OSH-EP-03"].text.replace("\u200b", "").split()[0]
        assert first in text


def test_paper_is_ones_own_and_for_editors(bd: Any, sign_in: Any) -> None:
    editor = make_member("cat_editor")
    draft = make_draft(editor)
    client = sign_in(user=editor)
    job = order(client, draft, "en")
    assert order(client, draft, "en") == job  # asked twice, written once
    address = reverse("reporting:tool_paper", args=[job.pk])
    assert sign_in("cat_editor").get(address).status_code == 404
    assert sign_in("cat_editor", programme="JO").get(address).status_code == 404
    assert sign_in("advisor").get(address).status_code == 403
    given = {"version": str(draft.pk), "lang": "xx"}
    assert client.post(reverse("reporting:tool_paper_order"), given).status_code == 404
    given = {"version": "no-id", "lang": "en"}
    assert client.post(reverse("reporting:tool_paper_order"), given).status_code == 404
    abroad = sign_in("cat_editor", programme="JO")
    given = {"version": str(draft.pk), "lang": "en"}
    assert abroad.post(reverse("reporting:tool_paper_order"), given).status_code == 404
