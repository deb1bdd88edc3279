"""Constrained decoding: never I after O, and the best of what is allowed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.model.decoding import (
    Platt,
    allowed_transitions,
    apply_platt,
    best_tags,
    log_softmax,
    spans_of_tags,
)

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
    at = 0
    for length in lengths:
        rows = scores[at : at + length]
        every = [t for t in product(range(TAGS), repeat=length) if is_allowed(list(t))]
        best = max(every, key=lambda t: sum(rows[n, tag] for n, tag in enumerate(t)))
        assert found[at : at + length].tolist() == list(best)
        at += length


def test_inside_follows_only_its_own_begin_or_inside() -> None:
    table = allowed_transitions(TAGS)
    allowed = {(a, b) for a in range(TAGS) for b in range(TAGS) if table[a, b] == 0}
    assert {pair for pair in allowed if pair[1] == 2} == {(1, 2), (2, 2)}
    assert {pair for pair in allowed if pair[1] == 4} == {(3, 4), (4, 4)}
    assert {pair for pair in allowed if pair[1] in (0, 1, 3)} == {
        (a, b) for a in range(TAGS) for b in (0, 1, 3)
    }


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
