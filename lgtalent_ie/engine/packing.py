"""Windows and batches: which morphemes are read together. Pure arithmetic, no tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple


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
    batch: list[int] = []
    total = 0
    for number in sorted(range(len(costs)), key=lambda n: (-costs[n], n)):
        if batch and total + costs[number] > budget:
            yield batch
            batch, total = [], 0
        batch.append(number)
        total += costs[number]
    if batch:
        yield batch
