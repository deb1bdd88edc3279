"""Matches beyond strict are nervaluate's; every difference is one error of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.evaluation.boundaries import boundary_kind, is_particle
from lgtalent_ie.evaluation.matching import (
    SCHEMES,
    MatchCounts,
    MentionError,
    match_spans,
    mention_errors,
)
from lgtalent_ie.evaluation.spans import Span

LABELS = ("ORG", "DATE", "EVENT")


@dataclass(frozen=True)
class Mark:
    start: int
    end: int
    label: str
    score: float | None = None


def flat_spans() -> st.SearchStrategy[list[Span]]:
    """Spans one after the other, with gaps or without."""

    def spans(steps: list[tuple[int, int, str]]) -> list[Span]:
        at, made = 0, []
        for gap, length, label in steps:
            made.append((at + gap, at + gap + length, label))
            at += gap + length
        return made

    step = st.tuples(st.integers(0, 3), st.integers(1, 5), st.sampled_from(LABELS))
    return st.lists(step, max_size=7).map(spans)


def any_spans() -> st.SearchStrategy[list[Span]]:
    span = st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from(LABELS))
    return st.sets(span.map(lambda s: (s[0], s[0] + s[1], s[2])), max_size=7).map(sorted)


either = st.one_of(
    st.tuples(flat_spans(), flat_spans()), st.tuples(any_spans(), any_spans())
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(either)
def test_the_counts_are_nervaluates(sides: tuple[list[Span], list[Span]]) -> None:
    nervaluate = pytest.importorskip("nervaluate")
    # Its ends are inclusive.
    dicts = [[[{"label": i, "start": s, "end": e - 1} for s, e, i in side]] for side in sides]
    made = match_spans(*sides)
    evaluator = nervaluate.Evaluator(*dicts, tags=list(LABELS), loader="dict")
    overall: dict[str, Any] = evaluator.evaluate()["overall"]
    for scheme, theirs in zip(SCHEMES, ("strict", "exact", "ent_type", "partial"), strict=True):
        own, other = made[scheme], overall[theirs]
        assert own.counts() == (
            other.correct, other.incorrect, other.partial, other.missed, other.spurious
        ), scheme  # fmt: skip
        ratios = own.precision, own.recall, own.f1
        assert ratios == pytest.approx((other.precision, other.recall, other.f1), abs=1e-9)


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        # The cases of the task's description: strict, exact, type, partial.
        ([(0, 5, "ORG")], [(0, 5, "ORG")], "C C C C"),
        ([(0, 5, "ORG")], [(0, 5, "EVENT")], "I C I C"),
        ([(0, 5, "ORG")], [(0, 3, "ORG")], "I I C P"),
        ([(0, 5, "ORG")], [(0, 3, "EVENT")], "I I I P"),
        ([(0, 5, "ORG")], [], "M M M M"),
        ([], [(0, 5, "ORG")], "S S S S"),
        ([(0, 5, "ORG")], [(5, 7, "ORG")], "MS MS MS MS"),  # ends that touch do not overlap
    ],
)
def test_the_five_categories(gold: list[Span], predicted: list[Span], expected: str) -> None:
    made = match_spans(gold, predicted)
    said = [
        "".join(letter * n for letter, n in zip("CIPMS", made[scheme].counts(), strict=True))
        for scheme in SCHEMES
    ]
    assert " ".join(said) == expected


def test_a_partial_match_is_half_right() -> None:
    counts = MatchCounts(correct=1, partial=1, missed=1, spurious=2)
    assert (counts.precision, counts.recall) == (1.5 / 4, 1.5 / 3)
    assert counts.to_dict()["f1"] == round(2 * 1.5 / 7, 4)
    assert MatchCounts().f1 == 0.0


# ---------------------------------------------------------------- errors

TEXT = "다온그룹은 21일 '누리상(NA)'을 하늘대 새별연구소에 줬다. 가온에서의 일과 한빛 소장인 나래."


def where(words: str, more: str = "") -> tuple[int, int]:
    """The span of `words`, which `more` follows."""
    start = TEXT.index(words + more)
    return start, start + len(words)


@pytest.mark.parametrize(
    ("gold", "predicted", "kind"),
    [
        ("다온그룹", "다온그룹은", "particle"),
        ("다온그룹은", "다온그룹", "particle"),  # whichever side is longer
        ("가온", "가온에서의", "particle"),  # two of them
        ("한빛 소장", "한빛 소장인", "particle"),  # the copula
        ("누리상", "누리상(NA)", "bracket"),
        ("누리상(NA)", "'누리상(NA)'", "bracket"),  # quotation marks too
        ("새별연구소", "하늘대 새별연구소", "modifier"),
        ("하늘대 새별연구소", "새별연구소", "modifier"),
        ("하늘대 새별연구소", "하늘대", "other"),  # the head, not a modifier of it
        ("다온그룹", "다온", "other"),
        ("새별연구소", "하늘대 새별연구소에", "other"),  # two ways at once
        ("다온그룹", "다온그룹은 21일", "other"),
    ],
)
def test_what_a_boundary_is_wrong_by(gold: str, predicted: str, kind: str) -> None:
    assert boundary_kind(where(gold), where(predicted), TEXT) == kind
    assert boundary_kind(where(predicted), where(gold), TEXT) == kind


@pytest.mark.parametrize(
    ("word", "before", "expected"),
    [
        ("은", "룹", True), ("는", "룹", False), ("는", "대", True), ("은", "대", False),
        ("로", "울", True), ("으로", "울", True), ("로", "룹", False), ("으로부터의", "룹", True),
        ("은", "I", True), ("는", "1", True), ("학과", "공", False), ("에서는", "국", True),
        ("", "룹", False), ("부", "룹", False),
    ],
)  # fmt: skip
def test_a_particle_has_the_form_that_the_syllable_before_asks_for(
    word: str, before: str, expected: bool
) -> None:
    assert is_particle(word, before) is expected


def test_the_end_of_a_longer_word_is_no_particle() -> None:
    text = "나래은행장이"  # 은 is not the end of the word
    assert boundary_kind((0, 2), (0, 3), text) == "other"
    assert boundary_kind((0, 5), (0, 6), text) == "particle"


def test_the_start_of_a_span_in_the_particle_of_the_word_before() -> None:
    assert boundary_kind((3, 5), (1, 5), "나는 새별") == "particle"


def test_every_difference_is_told_once_in_the_order_of_the_text() -> None:
    marks = {
        "particle": Mark(*where("다온그룹은"), "ORG", 0.9),
        "date": Mark(*where("21일"), "EVENT", 0.8),
        "both": Mark(*where("누리상"), "ORG", 0.7),
        "spurious": Mark(*where("일", "과"), "ORG", 0.6),
    }
    gold = [Mark(*where("한빛"), "ORG"), Mark(*where("누리상(NA)"), "EVENT"),
            Mark(*where("21일"), "DATE"), Mark(*where("다온그룹"), "ORG")]  # fmt: skip
    errors = mention_errors(gold, list(marks.values()), TEXT)
    assert [error.name for error in errors] == [
        "boundary/particle", "type", "boundary+type/bracket", "spurious", "missed"
    ]  # fmt: skip
    assert errors[0] == MentionError(
        "boundary", where("다온그룹"), "ORG", where("다온그룹은"), "ORG", 0.9, "particle"
    )
    assert errors[3] == MentionError("spurious", None, None, where("일", "과"), "ORG", 0.6)
    assert errors[4] == MentionError("missed", where("한빛"), "ORG")


def test_the_same_ends_come_before_the_same_label_and_the_longer_overlap_first() -> None:
    gold = [Mark(0, 4, "ORG"), Mark(5, 9, "EVENT")]
    found = [Mark(0, 4, "EVENT"), Mark(5, 6, "EVENT"), Mark(6, 9, "EVENT")]
    kinds = {error.predicted: error.kind for error in mention_errors(gold, found, "가" * 10)}
    assert kinds == {(0, 4): "type", (5, 6): "spurious", (6, 9): "boundary"}


@settings(max_examples=100, deadline=None)
@given(either)
def test_errors_and_matches_make_up_both_markings(sides: tuple[list[Span], list[Span]]) -> None:
    gold, found = ([Mark(*span) for span in side] for side in sides)
    errors = mention_errors(gold, found, "가나 " * 30)
    same = len(set(sides[0]) & set(sides[1]))
    assert same + sum(error.gold is not None for error in errors) == len(gold)
    assert same + sum(error.predicted is not None for error in errors) == len(found)
    for error in errors:
        assert (error.boundary is not None) == error.kind.startswith("boundary")
        if error.kind == "type":
            assert error.gold == error.predicted and error.gold_label != error.predicted_label
    assert mention_errors(gold, gold, "가" * 40) == []
