from __future__ import annotations

import pytest

from assessments import services
from assessments.models import PointResult
from tests.assessments.builders import at, make_begun, make_planned, make_submitted


@pytest.mark.django_db
def test_thin_path(bd) -> None:
    made = make_planned()
    assert made.assessment.sealed
    assert made.assessment.code.startswith("BD-")
    made = make_submitted()
    assert made.assessment.status == "submitted"
    assert PointResult.objects.filter(assessment_id=made.pk).exists()
