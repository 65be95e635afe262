"""Every code of the engine has a word, every refusal a sentence; ids and names by tables."""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from pathlib import Path

import pytest
from django.utils import translation

from betterwork import sources
from betterwork.errors import DomainError
from betterwork.rules.explain import Because
from betterwork.tables import safe_cell
from factories import bodies, words
from factories.models import ClockDrift, CommitteeElection
from factories.refusals import SENTENCES
from factories.rules.clocks import ActionKey, Actor, ClockState
from factories.rules.committee_indicators import (
    CommitteeSettings,
    Indicators,
    MandateState,
    Rating,
    Share,
    rate_committee,
)
from factories.rules.committee_law import ChairRule, Ratio, Selection
from factories.rules.committees import CheckKey, Outcome, Reason
from factories.rules.cycle import Phase
from factories.rules.cycle_facts import ClockKey, DriftReason
from factories.rules.identifiers import gateway_id, new_code, os_id
from factories.rules.names import likely_same
from factories.selectors.committees import SELECTIONS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("codes", "table"),
    [
        (Phase, words.PHASES), (ClockKey, words.CLOCKS), (ClockState, words.STATES),
        (Actor, words.ACTORS), (ActionKey, words.ACTIONS), (CheckKey, words.CHECKS),
        (Reason, words.REASONS), (Rating, words.RATINGS), (MandateState, words.MANDATES),
        (Outcome, words.CHECK_RESULTS), (ChairRule, words.VALUES), (Ratio, words.VALUES),
        (Selection, words.VALUES), (DriftReason, dict(ClockDrift.Reason.choices)),
        (CommitteeElection.Method, SELECTIONS),
    ],
)  # fmt: skip
def test_every_code_has_a_word(codes: type, table: dict[str, object]) -> None:
    assert [str(code) for code in codes if str(code) not in {str(k) for k in table}] == []


@pytest.mark.parametrize("language", ["en", "bn", "ar"])
def test_a_rating_is_explained_in_the_readers_words(language: str) -> None:
    half = Share(1, 2)
    found = Indicators(half, half, Fraction(0), half, True, half, ())
    with translation.override(language):
        steps = words.because(rate_committee(found, CommitteeSettings()).because)
        values = [words.value(each) for each in (True, False, None, ())]
    assert {step["fact"] for step in steps}.isdisjoint({"meetings", "decisions", "women"})
    assert len(steps) == 3
    if language != "en":
        assert not re.search("[a-z]{2}", " ".join([*values, *(step["fact"] for step in steps)]))


def test_every_refusal_has_a_sentence() -> None:
    raised = set()
    for path in [*ROOT.glob("factories/services/*.py"), *ROOT.glob("factories/*.py"),
                 *ROOT.glob("factories/rules/i*.py")]:  # fmt: skip
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", "")
                at = {"DomainError": 0, "CellError": 0, "wrong": 1}.get(name)
                first = node.args[at] if at is not None and len(node.args) > at else None
                if isinstance(first, ast.Constant):
                    raised.add(first.value)
    missing = {code for code in raised if code not in SENTENCES and not code.startswith("upload_")}
    assert missing == set()
    assert len(raised) > 50


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("cn 2021-250 D1DTN7", "CN2021250D1DTN7"), ("", ""), ("BD2024366ABC123", "BD2024366ABC123")],
)
def test_os_id_has_one_form(typed: str, kept: str) -> None:
    assert os_id(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["CN2021250D1DTN", "CN2021000D1DTN7", "CN2023366D1DTN7", "CN1999250D1DTN7", "C12021250D1DTN7"],
)
def test_wrong_os_id_is_refused(typed: str) -> None:
    with pytest.raises(DomainError, match="os_id_malformed"):
        os_id(typed)


@pytest.mark.parametrize("typed", ["ABC", "12", "-12-", "A_1", "1" * 41])
def test_wrong_gateway_id_is_refused(typed: str) -> None:
    with pytest.raises(DomainError, match="gateway_id_malformed"):
        gateway_id(typed)


def test_code_has_no_sign_that_is_misread() -> None:
    seen = []
    assert new_code("BD", lambda signs: seen.append(signs) or signs[0]) == "BD-22222"
    assert not set(seen[0]) & set("01OIL")


@pytest.mark.parametrize(
    ("name", "region", "is_near"),
    [
        ("Surma Outer Wear Limited", "Sylhet", True),
        ("SURMA OUTERWEAR LTD.", "Dhaka", True),
        ("Surma Knitting", "Sylhet", False),
        ("সুরমা আউটারওয়্যার", "Sylhet", False),
        ("Padma Stitchworks", "Sylhet", False),
    ],
)
def test_near_names(name: str, region: str, is_near: bool) -> None:
    found = likely_same("Surma Outerwear Pvt Ltd", "Sylhet", [("it", name, region)])
    assert bool(found) is is_near


def test_bengali_names_are_compared_with_their_vowel_signs() -> None:
    others = [("same", "মেঘনা ক্রেস্ট লিমিটেড", "ঢাকা"), ("other", "মাঘনি করাসট", "ঢাকা")]
    assert likely_same("মেঘনা ক্রেস্ট", "ঢাকা", others)[0].ref == "same"


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("-5", "'-5"), (-5, -5), ("@x", "'@x"), ("+880", "'+880"), ("A", "A")],
)
def test_cells_are_never_formulas(value: object, cell: object) -> None:
    assert safe_cell(value) == cell


def test_a_step_names_its_source_and_keeps_the_code_aside() -> None:
    (step,) = words.because((Because("C-5", "committee_formed_on", None, "WM, HOW"),))
    assert step["source"] == f"{sources.NAMES['WM']}; {sources.NAMES['HOW']}"
    assert step["code"] == "C-5: WM, HOW"
    (step,) = words.because((Because("B-5", "law", 6, "Labour Act 2006 s.205"),))
    assert step["source"] == "Labour Act 2006 s.205"


def test_a_name_of_law_is_told_in_words_and_any_other_is_left() -> None:
    assert all(str(word) == name for name, word in bodies.NAMES.items())
    assert bodies.name_of("Shanti Committee, unit 2") == "Shanti Committee, unit 2"
