"""Refused access as staff read it: the fact with its evidence, and what is to be published."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from assessments import services
from assessments.models import AccessRefusal, Assessment
from betterwork.tenancy.models import Programme
from tests.assessments.builders import Made, at, make_planned

from .planning_world import TODAY

LIST = reverse("assessments:refused_access")


def refused_twice() -> tuple[Made, Assessment]:
    """A factory that refused on TODAY and four weeks later: the visit, and the second attempt."""
    made = make_planned(TODAY)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "grey").save(picture, "JPEG")
    proof = SimpleUploadedFile("gate.jpg", picture.getvalue(), "image/jpeg")
    services.record_refusal(
        assessment_id=made.pk, by=made.lead.pk, reason="The gate stayed shut.", now=at(TODAY),
        refused_by="Head of security", evidence=proof,
    )  # fmt: skip
    again = Assessment.objects.get(status="planned")
    day = TODAY + timedelta(days=28)
    services.schedule_assessment(
        assessment_id=again.pk, starts_on=day, lead_id=made.lead.pk, second_id=made.second.pk,
        by=made.planner.pk,
    )  # fmt: skip
    services.record_refusal(
        assessment_id=again.pk, by=made.lead.pk, reason="=Shut again", now=at(day)
    )
    again.refresh_from_db()
    return made, again


def test_the_fact_is_read_with_its_reason_and_evidence(bd: Programme, sign_in: Any) -> None:
    made, again = refused_twice()
    client = sign_in("manager")
    first = client.get(reverse("assessments:detail", args=[made.pk])).content.decode()
    assert "The gate stayed shut." in first
    assert "Head of security" in first
    assert "to be published" not in first
    file = reverse("records:file", args=[AccessRefusal.objects.get(attempt=1).evidence_id])
    assert file in first
    assert client.get(file)["Content-Type"] == "image/jpeg"
    second = client.get(reverse("assessments:detail", args=[again.pk])).content.decode()
    assert "to be published" in second


def test_what_is_published_is_the_second_of_a_cycle(bd: Programme, sign_in: Any) -> None:
    made, again = refused_twice()
    forced = make_planned(TODAY)
    services.record_refusal(
        assessment_id=forced.pk, by=forced.lead.pk, reason="Flood.", now=at(TODAY),
        is_force_majeure=True,
    )  # fmt: skip
    client = sign_in("staff")
    page = client.get(LIST).content.decode()
    assert page.count('<th scope="row">') == 3
    page = client.get(LIST, {"show": "published"}).content.decode()
    assert page.count('<th scope="row">') == 1
    assert reverse("assessments:detail", args=[again.pk]) in page
    answer = client.get(LIST, {"show": "published", "format": "csv"})
    [head, row] = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    kept = dict(zip(head, row, strict=True))
    assert kept["Factory"] == made.assessment.factory.name
    assert kept["To be published"] == "yes"
    assert kept["Reason"] == "'=Shut again"  # no formula for a spreadsheet
    assert client.get(LIST, {"format": "xlsx"}).status_code == 200


def test_only_staff_reads_the_list(bd: Programme, sign_in: Any) -> None:
    for role in ("ambassador", "committee_worker", "constituent"):
        assert sign_in(role).get(LIST).status_code == 403


@pytest.mark.parametrize("more", [0, 6])
def test_list_query_budget(
    bd: Programme, sign_in: Any, django_assert_max_num_queries: Any, more: int
) -> None:
    for _each in range(1 + more):
        made = make_planned(TODAY)
        services.record_refusal(
            assessment_id=made.pk, by=made.lead.pk, reason="Shut.", now=at(TODAY)
        )
    client = sign_in("manager")
    client.get(LIST)
    with django_assert_max_num_queries(10):
        client.get(LIST)
