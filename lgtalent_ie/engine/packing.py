"""Windows and batches: which morphemes are read together. Pure arithmetic, no tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Window(NamedTuple):
    """Morphemes start..end of a sentence are read together, keep_start..keep_end answered for."""

    start: int
    end: int
    keep_start: int
    keep_end: int


def cut_windows(costs: Sequence[int], longest: int) -> list[Window]:
    """Windows over one sentence, each costing at most `longest`, overlapping by a quarter.

    `costs` are the pieces each morpheme takes in the encoder (1 in the compact one). Every morpheme
    is kept by exactly one window, the one that sees more on both of its sides, so nothing is cut
    silently however long the sentence is. A single morpheme that costs more has a window alone.

    >>> [(w.start, w.end, w.keep_start, w.keep_end) for w in cut_windows([1] * 10, 8)]
    [(0, 8, 0, 7), (6, 10, 7, 10)]
    """
    if costs and sum(costs) <= longest:
        return [Window(0, len(costs), 0, len(costs))]
    bounds: list[tuple[int, int]] = []
    start = 0
    while start < len(costs):
        end, cost = start, 0
        while end < len(costs) and (end == start or cost + costs[end] <= longest):
            cost += costs[end]
            end += 1
        bounds.append((start, end))
        if end == len(costs):
            break
        back, shared = end, 0
        while back - 1 > start and shared + costs[back - 1] <= longest // 4:
            back -= 1
            shared += costs[back]
        start = back
    edges = [0]
    edges += [(right[0] + left[1]) // 2 for left, right in pairwise(bounds)]
    edges.append(len(costs))
    return [
        Window(start, end, keep_start, keep_end)
        for (start, end), keep_start, keep_end in zip(bounds, edges, edges[1:], strict=False)
    ]


def rectangles(rows: Sequence[int], widths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Numbers of blocks that are stacked to one rectangle as wide as the widest, the widest first.

    A rectangle has at most `budget` cells; a block that is larger has one alone.

    >>> list(rectangles([2, 9, 1], [5, 2, 6], 20))
    [[2, 0], [1]]
    """
    stack: list[int] = []
    height = 0
    for number in sorted(range(len(rows)), key=lambda n: (-widths[n], n)):
        if stack and (height + rows[number]) * widths[stack[0]] > budget:
            yield stack
            stack, height = [], 0
        stack.append(number)
        height += rows[number]
    if stack:
        yield stack


def batches(costs: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Numbers of windows that are run together, the longest first, at most `budget` pieces each.

    Windows of like length share a batch, which keeps the steps of a recurrent encoder full.

    >>> list(batches([3, 9, 2, 8], 12))
    [[1], [3, 0], [2]]
    """
    given = np.array(costs, dtype=np.int64)  # [P]
    order = np.argsort(-given, kind="stable")  # [P]
    ends = np.cumsum(given[order])  # [P], pieces up to and with each
    start = before = 0
    while start < len(order):
        end = max(start + 1, int(np.searchsorted(ends, before + budget, side="right")))
        yield order[start:end].tolist()
        start, before = end, int(ends[end - 1])


def sentence_lengths(placed: NDArray[np.int64], sentences: int) -> NDArray[np.int64]:
    """Morphemes of each of so many sentences: int64 [sentences].

    `placed` are int64 [P, 5], the sentence of each window and the window itself.
    """
    lengths = np.zeros(sentences, dtype=np.int64)
    np.maximum.at(lengths, placed[:, 0], placed[:, 4])
    return lengths


class Rows(NamedTuple):
    """Which rows of a batch are kept, int64 [K], None for all, and which rows they become, [K]."""

    taken: NDArray[np.int64] | None
    become: NDArray[np.int64]


def kept_rows(placed: NDArray[np.int64], starts: NDArray[np.int64]) -> Rows:
    """The rows that a batch of windows answers for.

    `placed` are int64 [B, 5] as for `sentence_lengths`; a batch has a row for each morpheme of its
    windows, one after the other. `starts` are int64 [sentences], the first row of each sentence.

    >>> rows = kept_rows(np.array([[1, 0, 2, 0, 2], [0, 0, 3, 0, 2]]), np.array([0, 9]))
    >>> rows.taken.tolist(), rows.become.tolist()
    ([0, 1, 2, 3], [9, 10, 0, 1])
    """
    sentence, start, end, keep_start, keep_end = placed.T  # [B] each
    sizes, kept = end - start, keep_end - keep_start  # [B] each
    become = spread(starts[sentence] + keep_start, kept)  # [K]
    if (sizes == kept).all():
        return Rows(None, become)
    return Rows(spread(np.cumsum(sizes) - sizes + keep_start - start, kept), become)


def spread(firsts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """So many numbers in a row from each first one on.

    >>> spread(np.array([7, 0, 4]), np.array([2, 0, 3])).tolist()
    [7, 8, 4, 5, 6]
    """
    ends = np.cumsum(counts)
    return np.repeat(firsts - ends + counts, counts) + np.arange(counts.sum())
