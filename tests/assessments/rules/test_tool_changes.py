"""Comparing questionnaires, breaks in series, merging edits, steps of a version."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.tool_changes import (
    Against,
    Asked,
    BreakKind,
    Mark,
    VersionFacts,
    against_approving,
    against_asking,
    against_publishing,
    differences,
    marks,
    merge,
    series_breaks,
    tokens,
    undecided,
)

BENGALI = "সব প্রস্থান পথ কি খোলা ও বাধামুক্ত?"
ARABIC = "هل جميع المخارج مفتوحة، وسهلة الفتح؟"
KHMER = "តើច្រកចេញទាំងអស់ត្រូវបានបើកឬទេ?"
words = st.text(alphabet=st.sampled_from(list("ab .,?" + BENGALI + ARABIC + KHMER)), max_size=40)


def asked(lineage: str = "OSH-EP-03", **changes: object) -> Asked:
    values = {
        "lineage": lineage,
        "point": lineage.rpartition("-")[0],
        "is_counted": True,
        "title": "Exits",
        "texts": {("text", "en"): "Are all exits unlocked?", ("text", "bn"): BENGALI},
        "settings": {"tags": "public"},
        "law": {"fire_exits": "2"},
    }
    return Asked(**{**values, **changes})  # type: ignore[arg-type]


@given(words)
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@given(words, words)
def test_marks_make_both_texts_to_the_letter(before: str, now: str) -> None:
    runs = marks(before, now)
    assert "".join(r.text for r in runs if r.mark is not Mark.IN) == before
    assert "".join(r.text for r in runs if r.mark is not Mark.OUT) == now


def test_marks_fall_on_whole_words() -> None:
    runs = marks("Are all exits unlocked?", "Are all exits open?")
    assert [(r.mark, r.text) for r in runs] == [
        (Mark.SAME, "Are all exits "),
        (Mark.OUT, "unlocked"),
        (Mark.IN, "open"),
        (Mark.SAME, "?"),
    ]


def test_khmer_marks_never_split_a_cluster() -> None:
    for token in tokens(KHMER):
        # A vowel or a subscript sign never stands at the head of a token.
        assert not 0x17B4 <= ord(token[0]) <= 0x17D3


def test_differences_by_lineage() -> None:
    old = [asked("OSH-EP-01"), asked("OSH-EP-02"), asked("OSH-EP-03"), asked("OSH-EP-04")]
    new = [
        asked("OSH-EP-01"),
        asked("OSH-EP-02", texts={("text", "en"): "Are exits open?", ("text", "bn"): BENGALI}),
        asked("OSH-EP-03", law={"fire_exits": "3"}),
        asked("OSH-EP-09"),
    ]
    found = differences(old, new)
    assert [q.lineage for q in found.added] == ["OSH-EP-09"]
    assert [q.lineage for q in found.removed] == ["OSH-EP-04"]
    assert [c.now.lineage for c in found.reworded] == ["OSH-EP-02"]
    assert [(t.field, t.language) for t in found.reworded[0].texts] == [("text", "en")]
    assert [c.now.lineage for c in found.law_changed] == ["OSH-EP-03"]
    assert [(s.name, s.before, s.now) for s in found.law_changed[0].law] == [
        ("fire_exits", "2", "3")
    ]
    assert found.same == 1


def test_a_parameter_cited_anew_is_no_change_of_law() -> None:
    found = differences(
        [asked(law={})], [asked(law={"fire_exits": "2"}, settings={"law": "fire_exits"})]
    )
    assert not found.law_changed
    assert [s.name for s in found.reworded[0].settings] == ["tags", "law"]


def test_languages_limit_the_words_only() -> None:
    now = asked(texts={("text", "en"): "Are exits open?", ("text", "bn"): BENGALI})
    assert differences([asked()], [now], ["bn"]).is_none
    assert not differences([asked()], [now], ["en"]).is_none


@given(
    st.lists(st.sampled_from("abcdef"), unique=True),
    st.lists(st.sampled_from("abcdef"), unique=True),
)
def test_every_question_is_told_once(before: list[str], now: list[str]) -> None:
    found = differences([asked(f"X-Y-{c}") for c in before], [asked(f"X-Y-{c}") for c in now])
    assert len(found.added) + found.same == len(now)
    assert len(found.removed) + found.same == len(before)


@pytest.mark.parametrize(
    ("before", "now", "kinds"),
    [
        ([asked()], [asked()], []),
        ([], [asked()], [BreakKind.ADDED]),
        ([asked()], [], [BreakKind.REMOVED]),
        ([], [asked(is_counted=False)], []),
        (
            [asked()],
            [asked(settings={}, comparable="no", comparable_note="Stairs count now.")],
            [BreakKind.MEANING],
        ),
        ([asked()], [asked(is_counted=False, settings={"structural_reason": "x"})],
         [BreakKind.COUNTING]),
        ([asked()], [asked(settings={}, comparable="yes")], []),
    ],
)  # fmt: skip
def test_series_breaks(before: list[Asked], now: list[Asked], kinds: list[BreakKind]) -> None:
    breaks = series_breaks(differences(before, now))
    assert [each.kind for each in breaks] == kinds


def test_reworded_in_english_waits_for_a_word_on_the_series() -> None:
    texts = {("text", "en"): "Are exits open?"}
    assert undecided(differences([asked()], [asked(texts=texts)]))
    assert not undecided(differences([asked()], [asked(texts=texts, comparable="yes")]))
    only_bengali = {**asked().texts, ("text", "bn"): "অন্য"}
    assert not undecided(differences([asked()], [asked(texts=only_bengali)]))
    assert not undecided(
        differences([asked(is_counted=False)], [asked(is_counted=False, texts=texts)])
    )


fields = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2"]))


@given(fields, fields, fields)
def test_merge_loses_nobodys_change(
    base: dict[str, str], theirs: dict[str, str], mine: dict[str, str]
) -> None:
    merged = merge(base, theirs, mine)
    for name in {*base, *theirs, *mine}:
        was, other, own = (each.get(name, "") for each in (base, theirs, mine))
        got = merged.fields.get(name, "")
        if name in merged.clashes:
            assert len({was, other, own}) == 3
            assert got == other
        elif other != was:
            assert got == other
        elif name in theirs or name in mine:
            assert got == own


FACTS = VersionFacts("draft", True, False, frozenset({1, 2}), 3, True)


def test_who_wrote_never_approves() -> None:
    assert against_approving(FACTS, 1) == (Against.SAME_PERSON,)
    assert against_approving(FACTS, 3) == ()
    assert against_approving(replace(FACTS, open_comments=1, faults=2), 3) == (
        Against.OPEN_COMMENTS,
        Against.FAULTS,
    )


def test_asking_for_a_review() -> None:
    ready = replace(FACTS, is_under_review=False)
    assert against_asking(ready) == ()
    assert against_asking(replace(ready, changes=0, has_note=False)) == (
        Against.NOTHING_CHANGED,
        Against.NO_NOTE,
    )
    assert against_asking(replace(ready, open_conflicts=1, undecided=2)) == (
        Against.OPEN_CONFLICTS,
        Against.SERIES_UNDECIDED,
    )


def test_publishing() -> None:
    approved = replace(FACTS, is_approved=True)
    assert against_publishing(approved, starts_in_days=0, is_after_others=True) == ()
    assert against_publishing(FACTS, starts_in_days=-1, is_after_others=False) == (
        Against.NOT_APPROVED,
        Against.DAY_PAST,
        Against.DAY_BEFORE_ANOTHER,
    )
