"""Which questions are asked where, and how much two findings read alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.applies import Place, is_asked, likeness, near_duplicates

PLACE = Place(workers=300, sector="garment", modality="on_site", has=frozenset({"dormitory"}))


@pytest.mark.parametrize(
    ("applies", "asked"),
    [
        ({}, True),
        ({"min_workers": 300}, True),
        ({"min_workers": 301}, False),
        ({"max_workers": 300}, True),
        ({"max_workers": 299}, False),
        ({"needs": ["dormitory"]}, True),
        ({"needs": ["dormitory", "migrant_workers"]}, False),
        ({"sectors": ["garment", "footwear"]}, True),
        ({"sectors": ["footwear"]}, False),
        ({"modalities": ["virtual"]}, False),
        ({"modalities": ["on_site"], "min_workers": 500}, False),
    ],
)
def test_asked(applies, asked) -> None:
    assert is_asked(applies, PLACE) is asked


COPIED = "On 12 May 14 of 20 records of overtime did not agree with the records of the gate."


def test_the_same_sentence_with_other_numbers_is_the_same() -> None:
    other = COPIED.replace("12", "3").replace("14", "9").upper()
    assert likeness(COPIED, other) == 1
    assert near_duplicates(COPIED, [("a", other), ("b", "Something else was found there.")]) == [
        ("a", 1.0)
    ]


def test_short_texts_say_too_little() -> None:
    assert near_duplicates("Exit locked.", [("a", "Exit locked.")]) == []


texts = st.text(alphabet="abc 12.", max_size=60)


@given(texts, texts)
def test_likeness_is_a_share_and_goes_both_ways(one, other) -> None:
    share = likeness(one, other)
    assert 0 <= share <= 1
    assert share == likeness(other, one)
