"""The rule documents say what the code does: every rule id and every default stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

from advisory.rules.plan import PlanSettings
from assessments.rules.answers import AnswerSettings
from assessments.rules.lifecycle import AssessmentSettings
from assessments.rules.modality import ModalitySettings
from assessments.rules.planning.problem import PlanningSettings
from betterwork import sources
from betterwork.rules.settings import setting_fields
from factories.rules.committee_indicators import CommitteeSettings
from factories.rules.cycle_facts import CycleSettings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "domain" / "rules"


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("cycle.md", CycleSettings),
        ("committees.md", CommitteeSettings),
        ("assessment.md", AssessmentSettings),
        ("answers.md", AnswerSettings),
        ("modality.md", ModalitySettings),
        ("planning.md", PlanningSettings),
        ("plan.md", PlanSettings),
    ],
)
def test_settings_table(page: str, kind: type[Any]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (\w) \|$", text, re.MULTILINE)
    assert table == [
        (each.name, str(each.default), each.unit, each.source, each.mark)
        for each in setting_fields(kind)
    ]


def test_every_rule_named_in_the_code_is_documented() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    documented = set(re.findall(r"^\| ([A-Z]-\d+) \|", text, re.MULTILINE))
    named: set[str] = set()
    for app in ("factories", "assessments", "advisory"):
        for module in (ROOT / app / "rules").rglob("*.py"):
            named |= set(re.findall(r'"([A-Z]-\d+)"', module.read_text(encoding="utf-8")))
    assert named
    assert named <= documented


def test_every_source_key_has_a_name_and_every_name_a_key() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8").split("## Source keys")[1]
    keys = {
        key.strip()
        for cell in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
        for key in cell.split(",")
    }
    assert keys - {"key", "---"} == set(sources.NAMES)
    assert sources.names("WM, HOW") == f"{sources.NAMES['WM']}; {sources.NAMES['HOW']}"
    assert sources.names("Labour Act 2006 s.207") == "Labour Act 2006 s.207"
