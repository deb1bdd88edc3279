"""Flat batches in the order of steps: what is first in each window, what is second, and so on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Steps(NamedTuple):
    """N places of B windows in the order of T steps, at each step the longer windows first.

    places: int64 [N], the flat place of each
    counts: int64 [T], windows that reach each step
    """

    places: NDArray[np.int64]
    counts: NDArray[np.int64]


def time_major(lengths: NDArray[np.int64]) -> Steps:
    """int64 [B], none of them 0 → the steps, as a recurrent network or Viterbi's search takes them.

    >>> [numbers.tolist() for numbers in time_major(np.array([1, 3, 2]))]
    [[1, 4, 0, 2, 5, 3], [3, 2, 1]]
    """
    order = np.argsort(-lengths, kind="stable")  # [B]
    ordered = lengths[order]
    starts = (np.cumsum(lengths) - lengths)[order]  # [B]
    steps = np.arange(int(ordered[0]))  # [T]
    counts = np.searchsorted(-ordered, -steps)  # [T]
    # Not through a table of [T, B], which one endless sentence among many would make huge.
    step = np.repeat(steps, counts)  # [N]
    window = np.arange(len(step)) - np.repeat(np.cumsum(counts) - counts, counts)  # [N]
    return Steps(starts[window] + step, counts)
