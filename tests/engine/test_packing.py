"""Windows cover every morpheme once; batches keep to their budget."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lgtalent_ie.engine.packing import (
    batches,
    cut_windows,
    kept_rows,
    rectangles,
    sentence_lengths,
)

COSTS = st.lists(st.integers(1, 9), max_size=200)


@given(COSTS, st.integers(4, 40))
def test_every_morpheme_is_answered_for_by_exactly_one_window(
    costs: list[int], longest: int
) -> None:
    kept = [n for w in cut_windows(costs, longest) for n in range(w.keep_start, w.keep_end)]
    assert kept == list(range(len(costs)))


@given(COSTS, st.integers(4, 40))
def test_a_window_is_no_longer_than_allowed(costs: list[int], longest: int) -> None:
    for window in cut_windows(costs, longest):
        alone = window.end - window.start == 1
        assert alone or sum(costs[window.start : window.end]) <= longest
        assert window.start <= window.keep_start <= window.keep_end <= window.end


def test_neighbouring_windows_share_a_quarter() -> None:
    first, second, *_ = cut_windows([1] * 300, 100)
    assert first.end - second.start == 25
    assert first.keep_end - second.start == 12


@given(COSTS, st.integers(1, 50))
def test_batches_hold_every_window_once_within_the_budget(costs: list[int], budget: int) -> None:
    made = list(batches(costs, budget))
    assert sorted(n for batch in made for n in batch) == list(range(len(costs)))
    for batch in made:
        assert len(batch) == 1 or sum(costs[n] for n in batch) <= budget


@given(COSTS, st.integers(1, 50))
def test_batches_hold_the_longest_first_and_as_many_as_fit(costs: list[int], budget: int) -> None:
    made = list(batches(costs, budget))
    order = [costs[n] for batch in made for n in batch]
    assert order == sorted(costs, reverse=True)
    for batch, following in pairwise(made):
        assert sum(costs[n] for n in batch) + costs[following[0]] > budget


@given(st.lists(COSTS, max_size=6), st.integers(4, 40), st.integers(1, 90))
def test_every_row_of_every_batch_finds_its_morpheme(
    sentences: list[list[int]], longest: int, budget: int
) -> None:
    windows = [
        (n, *window) for n, costs in enumerate(sentences) for window in cut_windows(costs, longest)
    ]
    placed = np.array(windows, dtype=np.int64).reshape(-1, 5)
    lengths = sentence_lengths(placed, len(sentences))
    assert lengths.tolist() == [len(costs) for costs in sentences]
    starts = np.cumsum(lengths) - lengths
    flat = np.full((int(lengths.sum()), 2), -1)
    for batch in batches([end - start for _, start, end, *_ in windows], budget):
        # Each row of a batch says which morpheme of which sentence it is.
        read = np.array(
            [(windows[n][0], at) for n in batch for at in range(windows[n][1], windows[n][2])]
        )
        rows = kept_rows(placed[batch], starts)
        flat[rows.become] = read if rows.taken is None else read[rows.taken]
    expected = [(n, at) for n, costs in enumerate(sentences) for at in range(len(costs))]
    assert flat.tolist() == [list(row) for row in expected]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=60), st.integers(1, 90))
def test_rectangles_hold_every_block_once_within_the_budget(
    blocks: list[tuple[int, int]], budget: int
) -> None:
    rows, widths = [height for height, _ in blocks], [width for _, width in blocks]
    made = list(rectangles(rows, widths, budget))
    assert sorted(n for stack in made for n in stack) == list(range(len(blocks)))
    for stack in made:
        cells = sum(rows[n] for n in stack) * max(widths[n] for n in stack)
        assert len(stack) == 1 or cells <= budget
