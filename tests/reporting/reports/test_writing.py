"""The worker's side: one report in the end, PDF in three scripts, drafts, corrections, mails."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.models import Assessment, ToolQuestion
from betterwork import queue
from betterwork.errors import DomainError
from betterwork.records import files
from betterwork.records.models import Job, OutgoingMail, StoredFile, TrailEvent
from betterwork.records.tasks import MAX_ATTEMPTS, sweep_jobs
from betterwork.tenancy import scope
from reporting import services, tasks
from reporting.models import Report
from reporting.report import printing
from reporting.services import writing
from tests import builders
from tests.reporting.pdf import readers

from .builders import FOUND, add_photo, make_assessment
from .test_data import questions

Write = Callable[..., list[Job]]
MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Composed alike, without direction marks, one blank between words."""
    return " ".join(MARKS.sub("", unicodedata.normalize("NFC", text)).split())


def words_of(text: str) -> set[str]:
    """Words without the signs round them, which a reader of mixed directions may move.

    Arabic vowel marks are left out as well: readers put them before or after their letter.
    """
    letters = "".join(
        sign
        for sign in plain(text)
        if not ("\u0600" <= sign <= "\u06ff" and unicodedata.category(sign) == "Mn")
    )
    return {word.strip(".,;:!?،؛؟।()[]'\"«»–-") for word in letters.split()} - {""}


def lineages(count: int) -> list[str]:
    rows = ToolQuestion.objects.filter(kind="ncq", is_structural=False).order_by("order")
    return list(rows.values_list("lineage", flat=True)[:count])


def run(job: Job) -> Job:
    services.write_report(programme_id=scope.current_programme(), job_id=job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("language", ["en", "bn", "ar"])
def test_words_of_the_report_are_found_in_its_pdf(
    bd: Any, write: Write, tmp_path: Path, language: str
) -> None:
    """Each word of the tool's sentences and of what was typed; the frame of a tagged PDF/UA."""
    factory = builders.make_factory("Meghna Crest Apparels", local_name="মেঘনা ক্রেস্ট")
    own = {
        "en": "Seen on floor four.",
        "bn": "চতুর্থ তলায় বিদ্যুৎ সংযোগ খোলা ছিল।",
        "ar": "شوهد في الطابق الرابع.",
    }
    assessment = make_assessment(
        dict.fromkeys(lineages(9), FOUND), factory=factory, finding=own[language]
    )
    (job,) = write(assessment, language)
    assert (job.status, job.error) == (Job.Status.DONE, "")
    report = Report.objects.select_related("pdf").get(pk=job.result["report"])
    made = files.read(report.pdf)
    file = tmp_path / "report.pdf"
    file.write_bytes(made)
    # poppler moves the blank beside a number in an Arabic line, so there pdfium reads.
    read = readers.pdfium(file) if language == "ar" else readers.poppler(file)
    words = words_of(read)
    expected = words_of(own[language]) | {"Meghna", "Crest"}
    for question in questions(report.data["findings"]):
        expected |= words_of(f"{question['standard']} {question['text']}")
    for cluster in report.data["clusters"]:
        expected |= words_of(cluster["name"])
    assert len(expected) > 60
    missing = expected - words
    assert not missing
    pdf = pypdf.PdfReader(io.BytesIO(made))
    catalogue = pdf.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == language
    assert "Meghna Crest Apparels" in str(pdf.metadata.title)
    assert len(pdf.pages) == report.pages > 3
    attached = json.loads(pdf.attachments[printing.DATA_NAME][0])
    assert attached["check"]["code"] == report.check_code
    assert attached["totals"] == report.data["totals"]
    text = "".join(page.extract_text() for page in pdf.pages)
    assert report.check_code in text
    assert assessment.code in text


def test_running_it_again_changes_nothing(bd: Any, write: Write, quick_print: list[Any]) -> None:
    assessment = make_assessment()
    (first,) = write(assessment, "en")
    kept = Report.objects.get()
    run(first)  # the message came twice
    (again,) = write(assessment, "en")  # it was asked for twice
    assert again.pk != first.pk
    assert (again.status, again.result) == (Job.Status.DONE, {"report": str(kept.pk)})
    assert len(quick_print) == 1
    assert StoredFile.objects.filter(content_type="application/pdf").count() == 1
    assert Report.objects.get().written_at == kept.written_at
    assert TrailEvent.objects.filter(action="report_written").count() == 1


def test_asked_twice_before_it_is_written_is_one_job(bd: Any, quick_print: list[Any]) -> None:
    assessment = make_assessment()
    first, second = (services.order_reports(assessment_id=assessment.pk) for _ in range(2))
    assert [job.pk for job in first] == [job.pk for job in second]
    assert {job.arguments["language"] for job in first} == {"en", "bn"}


def test_the_release_and_the_order_name_the_same_job(bd: Any) -> None:
    from assessments.services import review

    assessment = Assessment.objects.select_related("programme", "factory").get(
        pk=make_assessment().pk
    )
    review._order_reports(assessment, is_draft=False, by=None)
    services.order_reports(assessment_id=assessment.pk)
    assert Job.objects.filter(task="reporting.write_report").count() == 2  # English and Bengali


def test_of_two_workers_the_second_leaves_what_stands(
    bd: Any, quick_print: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker believed dead goes on beside the one that took its job up."""
    assessment = make_assessment()
    (job,) = services.order_reports(assessment_id=assessment.pk, languages=["en"])
    keep, runs = writing._keep, []

    def slow_keep(*given: Any) -> None:
        runs.append(1)
        if len(runs) == 1:  # meanwhile the sweep gave the job to another
            Job.objects.filter(pk=job.pk).update(
                heartbeat_at=timezone.now() - timedelta(minutes=10)
            )
            run(job)
        keep(*given)

    monkeypatch.setattr(writing, "_keep", slow_keep)
    run(job)
    assert len(runs) == len(quick_print) == 2
    report = Report.objects.get()
    assert StoredFile.objects.filter(content_type="application/pdf").count() == 1
    assert b"%PDF-1.7 2 " in files.read(report.pdf)  # the first to finish stands
    assert (job.status, job.result["report"]) == (Job.Status.DONE, str(report.pk))


def test_a_job_somebody_is_at_is_left_alone(bd: Any, quick_print: list[Any]) -> None:
    (job,) = services.order_reports(assessment_id=make_assessment().pk, languages=["en"])
    queue.claim(str(job.pk))
    run(job)
    assert quick_print == []
    assert job.status == Job.Status.RUNNING


def test_what_stops_is_said_and_can_go_on(
    bd: Any, quick_print: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = builders.make_user(language="bn")
    assessment = make_assessment()
    (job,) = services.order_reports(assessment_id=assessment.pk, languages=["en"], by=manager.pk)
    with monkeypatch.context() as broken:
        broken.setattr(printing, "write_pdf", _cannot)
        run(job)
    report = Report.objects.get()
    assert (job.status, report.status) == (Job.Status.FAILED, Report.Status.FAILED)
    assert "no ink" in job.error
    with scope.scope(scope.Facts("platform", bd.pk)):
        mail = OutgoingMail.objects.get(kind="report_stopped")
    assert (mail.to, mail.language) == (manager.email, "bn")
    assert str(report.pk) in mail.text
    again = services.order_again(report_id=report.pk, by=manager.pk)
    assert run(again).status == Job.Status.DONE
    report.refresh_from_db()
    assert report.status == Report.Status.READY
    with pytest.raises(DomainError, match="report_not_stopped"):
        services.order_again(report_id=report.pk, by=manager.pk)


def test_what_the_sweep_gives_up_is_said_and_can_go_on(
    bd: Any, sign_in: Any, quick_print: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies each time, so it can say nothing itself."""
    manager = builders.make_member("manager")
    assessment = make_assessment()
    (job,) = services.order_reports(assessment_id=assessment.pk, languages=["en"])

    def killed(*given: Any, **named: Any) -> printing.Printed:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(printing, "write_pdf", killed)
        with pytest.raises(KeyboardInterrupt):
            run(job)
    report = Report.objects.get()
    Job.objects.filter(pk=job.pk).update(
        attempts=MAX_ATTEMPTS, heartbeat_at=timezone.now() - timedelta(hours=1)
    )
    here = reverse("reporting:report", args=[report.pk])
    factory = sign_in("ambassador", factory=assessment.factory)
    assert "The report is being written" in factory.get(here).content.decode()
    assert sweep_jobs() == 0
    job.refresh_from_db()
    report.refresh_from_db()
    assert (job.status, report.status) == (Job.Status.FAILED, Report.Status.FAILED)
    page = factory.get(here).content.decode()
    assert "The report could not be written." in page
    assert "The programme has been told." in page
    with scope.scope(scope.Facts("platform", bd.pk)):
        mail = OutgoingMail.objects.get(kind="report_stopped")
    assert mail.to == manager.email  # nobody asked for it: who can let it go on is told
    assert str(report.pk) in mail.text
    again = sign_in("staff")
    assert reverse("reporting:report_retry", args=[report.pk]) in again.get(here).content.decode()
    again.post(reverse("reporting:report_retry", args=[report.pk]))
    assert run(Job.objects.get(status="queued")).status == Job.Status.DONE


def _cannot(*given: Any, **named: Any) -> printing.Printed:
    raise RuntimeError("no ink")


def test_a_report_before_its_release_is_refused(bd: Any, quick_print: list[Any]) -> None:
    assessment = make_assessment(status="quality_review")
    with pytest.raises(DomainError, match="report_not_released"):
        services.order_reports(assessment_id=assessment.pk)
    job = queue.enqueue(
        "reporting.write_report", key="x", assessment_id=str(assessment.pk), language="en",
        version=1, is_draft=False,
    )  # fmt: skip
    assert run(job).status == Job.Status.FAILED
    assert not Report.objects.exists()


def test_photos_of_the_factory_stay_out_of_the_file_of_others(bd: Any, write: Write) -> None:
    (lineage,) = lineages(1)
    assessment = make_assessment({lineage: FOUND})
    add_photo(assessment, lineage, visibility="factory", caption="Exit 3")
    add_photo(assessment, lineage, visibility="team", caption="Witness")
    (job,) = write(assessment, "en")
    report = Report.objects.select_related("pdf", "factory_pdf").get(pk=job.result["report"])
    for stored, photos in ((report.pdf, 0), (report.factory_pdf, 1)):
        pdf = pypdf.PdfReader(io.BytesIO(files.read(stored)))
        # Pages share their resources, so a picture is named by each of them.
        assert len({bytes(i.data) for page in pdf.pages for i in page.images}) == photos
        attached = pdf.attachments[printing.DATA_NAME][0].decode()
        text = "".join(page.extract_text() for page in pdf.pages) + attached
        assert ("Exit 3" in text) == bool(photos)
        assert "Witness" not in text
    assert job.done_units == job.total_units == report.pages


def test_signs_without_a_font_do_not_stop_a_report(bd: Any, write: Write) -> None:
    (lineage,) = lineages(1)
    (job,) = write(make_assessment({lineage: FOUND}, finding="Seen 漢 twice."), "en")
    assert (job.status, job.result["undrawn"]) == (Job.Status.DONE, ["漢"])
    report = Report.objects.select_related("pdf").get()
    text = "".join(
        p.extract_text() for p in pypdf.PdfReader(io.BytesIO(files.read(report.pdf))).pages
    )
    assert "Seen ? twice." in plain(text)
    assert "漢" in json.dumps(report.data, ensure_ascii=False)


# -- drafts ---------------------------------------------------------------------------------------


def order_draft(assessment: Assessment) -> Job:
    """As assessments.services.review.send_draft queues it."""
    return queue.enqueue(
        "reporting.write_report", key=f"report:{assessment.pk}:draft:en",
        assessment_id=str(assessment.pk), language="en", version=1, is_draft=True,
    )  # fmt: skip


def test_a_draft_sent_again_is_written_again(bd: Any, quick_print: list[Any]) -> None:
    assessment = make_assessment(status="factory_review")
    run(order_draft(assessment))
    run(order_draft(assessment))  # doubled: the same draft
    assert Report.objects.filter(is_draft=True).count() == 1
    assessment.draft_sent_at = timezone.now()
    assessment.save()
    run(order_draft(assessment))
    assert list(
        Report.objects.order_by("version").values_list("version", "status", "released_at")
    ) == [(1, "ready", None), (2, "ready", None)]


def test_a_draft_that_comes_after_the_release_is_not_written(
    bd: Any, quick_print: list[Any]
) -> None:
    job = run(order_draft(make_assessment()))
    assert (job.status, job.result) == (Job.Status.DONE, {"superseded": True})
    assert not Report.objects.exists()


def test_a_draft_is_marked_on_paper(bd: Any) -> None:
    assessment = make_assessment(status="factory_review")
    run(order_draft(assessment))
    report = Report.objects.select_related("pdf").get()
    pages = pypdf.PdfReader(io.BytesIO(files.read(report.pdf))).pages
    assert "Nothing here is final" in plain(pages[0].extract_text())
    assert all("Draft" in page.extract_text() for page in pages)


# -- corrections, mails ---------------------------------------------------------------------------


def test_a_correction_is_a_new_version_with_its_reason(
    bd: Any, write: Write, quick_print: list[Any]
) -> None:
    assessment, manager = make_assessment(), builders.make_user()
    write(assessment, "en", "bn")
    wanted = {"assessment_id": assessment.pk, "by": manager.pk, "now": timezone.now()}
    with pytest.raises(DomainError, match="report_reason_missing"):
        services.order_correction(reason="  ", **wanted)
    made = services.order_correction(reason="The name of the line was wrong.", **wanted)
    same = services.order_correction(reason="The name of the line was wrong.", **wanted)
    assert [row.pk for row in made] == [row.pk for row in same]
    assert {(row.version, row.language) for row in made} == {(2, "en"), (2, "bn")}
    with pytest.raises(DomainError, match="report_being_written"):
        services.order_correction(reason="Something else.", **wanted)
    for job in Job.objects.filter(status="queued"):
        run(job)
    assert set(Report.objects.values_list("version", "status")) == {(1, "ready"), (2, "ready")}
    assert quick_print[-1]["data"]["reason"] == "The name of the line was wrong."
    assert TrailEvent.objects.filter(action="report_corrected").count() == 1


def test_people_of_the_factory_are_told_once_in_their_language(
    bd: Any, write: Write, quick_print: list[Any]
) -> None:
    assessment = make_assessment()
    people = {
        language: builders.make_member(
            "ambassador", user=builders.make_user(language=language), factory=assessment.factory
        )
        for language in ("bn", "ar")
    }
    write(assessment, "en", "bn")
    write(assessment, "en", "bn")
    with scope.scope(scope.Facts("platform", bd.pk)):
        mails = {mail.to: mail for mail in OutgoingMail.objects.filter(kind="report_released")}
    # Nobody wrote an Arabic report here: that reader is led to the English one.
    wrote = {row.language: str(row.pk) for row in Report.objects.all()}
    assert set(mails) == {person.email for person in people.values()}
    assert wrote["bn"] in mails[people["bn"].email].text
    assert wrote["en"] in mails[people["ar"].email].text
    quiet = make_assessment(
        factory=assessment.factory, cycle=2, starts_on=assessment.starts_on + timedelta(days=365)
    )
    write(quiet, "en", tell=False)
    with scope.scope(scope.Facts("platform", bd.pk)):
        assert OutgoingMail.objects.filter(kind="report_released").count() == 2


def test_the_task_is_registered_under_its_name() -> None:
    assert tasks.write_report.name == "reporting.write_report"
