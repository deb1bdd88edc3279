"""Constrained decoding: never I after O, and the best of what is allowed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.model.decoding import (
    Platt,
    apply_platt,
    best_tags,
    log_softmax,
    spans_of_batch,
    spans_of_tags,
    viterbi,
)
from lgtalent_ie.model.steps import time_major

TAGS = 5  # O, B-0, I-0, B-1, I-1


def is_allowed(tags: list[int]) -> bool:
    before = 0
    for tag in tags:
        if tag and tag % 2 == 0 and before not in (tag, tag - 1):
            return False
        before = tag
    return True


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_it_finds_what_trying_everything_finds(seed: int, lengths: list[int]) -> None:
    random = np.random.default_rng(seed)
    scores = log_softmax(random.normal(size=(sum(lengths), TAGS)).astype(np.float32) * 2)
    found = best_tags(scores, np.array(lengths))
    assert found.tolist() == viterbi(scores, np.array(lengths)).tolist()
    at = 0
    for length in lengths:
        rows = scores[at : at + length]
        every = [t for t in product(range(TAGS), repeat=length) if is_allowed(list(t))]
        best = max(every, key=lambda t: sum(rows[n, tag] for n, tag in enumerate(t)))
        assert found[at : at + length].tolist() == list(best)
        at += length


@pytest.mark.parametrize("before", range(TAGS))
def test_inside_follows_only_its_own_begin_or_inside(before: int) -> None:
    # First morpheme: `before` for certain, B-0 else; second: I-0 most likely, then O.
    scores = np.full((3, TAGS), -40.0, dtype=np.float32)
    scores[0, 1], scores[1, before], scores[2, 2], scores[2, 0] = 0, 0, -0.1, -3
    found = best_tags(scores, np.array([3])).tolist()
    assert is_allowed(found)
    assert found == ([1, before, 2] if before in (1, 2) else found)
    if before in (0, 3):
        assert found == [1, before, 0]


def test_only_windows_with_a_stray_inside_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[list[int]] = []

    def noted(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        searched.append(lengths.tolist())
        return viterbi(scores, lengths)

    monkeypatch.setattr("lgtalent_ie.model.decoding.viterbi", noted)
    rows = np.full((9, TAGS), -9.0, dtype=np.float32)
    # Allowed; I-0 behind another window's B-0; allowed; I-1 behind B-0.
    best = [0, 1, 2, 4, 1, 2, 2, 1, 4]
    rows[np.arange(9), best] = -0.1
    lengths = np.array([2, 2, 3, 2])
    found = best_tags(rows, lengths).tolist()
    assert searched == [[2, 2]]
    assert found[:2] == [0, 1] and found[4:7] == [1, 2, 2]
    assert all(is_allowed(found[a:b]) for a, b in ((0, 2), (2, 4), (4, 7), (7, 9)))
    best_tags(rows[:2], lengths[:1])
    assert len(searched) == 1


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_steps_visit_every_place_once_the_longest_window_first(lengths: list[int]) -> None:
    places, counts = time_major(np.array(lengths))
    starts = np.cumsum(lengths) - lengths
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    expected = [
        [starts[n] + step for n in order if lengths[n] > step] for step in range(max(lengths))
    ]
    assert places.tolist() == [place for some in expected for place in some]
    assert counts.tolist() == [len(some) for some in expected]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 6), min_size=1, max_size=6))
def test_spans_of_a_batch_are_those_of_each_window(seed: int, lengths: list[int]) -> None:
    random = np.random.default_rng(seed)
    scores = log_softmax(random.normal(size=(sum(lengths), TAGS)).astype(np.float32))
    filled = np.array([length for length in lengths if length], dtype=np.int64)
    tags = best_tags(scores, filled) if len(filled) else np.zeros(0, dtype=np.int64)
    chosen = scores[np.arange(len(tags)), tags]
    found = spans_of_batch(tags, chosen, np.array(lengths))
    ends = np.cumsum(lengths)
    for some, start, end in zip(found, ends - lengths, ends, strict=True):
        alone = spans_of_tags(tags[start:end], scores[start:end])
        assert [s[:3] for s in some] == [s[:3] for s in alone]
        assert [s.score for s in some] == pytest.approx([s.score for s in alone], rel=1e-6)
    settled = spans_of_batch(tags, chosen, np.array(lengths), Platt(0.7, -0.5))
    raw = np.array([s.score for some in found for s in some])
    assert [s.score for some in settled for s in some] == pytest.approx(
        apply_platt(raw, Platt(0.7, -0.5)).tolist()
    )


def test_spans_end_where_the_next_begins() -> None:
    tags = np.array([1, 2, 1, 0, 3, 4, 4])
    certain = np.zeros((7, TAGS), dtype=np.float32)
    assert [(s.label, s.first, s.last) for s in spans_of_tags(tags, certain)] == [
        (0, 0, 1), (0, 2, 2), (1, 4, 6),
    ]  # fmt: skip


def test_the_score_is_the_geometric_mean() -> None:
    rows = np.log(np.array([[0.1, 0.9, 0, 0, 0], [0.6, 0, 0.4, 0, 0]], dtype=np.float32) + 1e-9)
    [span] = spans_of_tags(np.array([1, 2]), rows)
    assert span.score == pytest.approx((0.9 * 0.4) ** 0.5, rel=1e-4)


def test_a_map_to_chances_keeps_the_order_of_scores_and_bounds() -> None:
    mapped = apply_platt(np.array([0.0, 0.5, 0.9, 1.0]), Platt(0.7, -0.5))
    assert mapped.tolist() == sorted(mapped.tolist())
    assert mapped[0] > 0
    assert mapped[-1] < 1
    assert apply_platt(0.8, Platt()) == pytest.approx(0.8)
