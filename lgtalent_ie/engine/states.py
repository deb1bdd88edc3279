"""What an encoder says of many sentences, in one tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class States(Sequence[Tensor]):
    """The states of B sentences, float [n, hidden_size] each, one after the other.

    A group for a GPU has ten thousand sentences. As a tensor each they took the processor longer
    to cut out and to join again than the device needed to compute them, so what reads all of them
    takes `flat`. One sentence is a view of it.

    flat: float [N, hidden_size]
    lengths: int64 [B], rows of each sentence, sum N; a sentence may have none

    >>> states = States(torch.zeros(5, 8), np.array([3, 0, 2]))
    >>> [len(rows) for rows in states], states[2].shape, states[1:].flat.shape
    ([3, 0, 2], torch.Size([2, 8]), torch.Size([2, 8]))
    """

    def __init__(self, flat: Tensor, lengths: NDArray[np.int64]) -> None:
        self.flat, self.lengths = flat, lengths
        self.bounds: list[int] = [0, *np.cumsum(lengths).tolist()]

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, which: int) -> Tensor: ...

    @overload
    def __getitem__(self, which: slice) -> States: ...

    def __getitem__(self, which: int | slice) -> Tensor | States:
        """The rows of a sentence, or the sentences of a slice without steps."""
        numbers = range(len(self))[which]
        if isinstance(numbers, int):
            return self.flat[self.bounds[numbers] : self.bounds[numbers + 1]]
        if numbers.step != 1:
            raise ValueError(f"a slice of states in steps of {numbers.step}: give it none")
        start, end = numbers.start, max(numbers.start, numbers.stop)
        return States(self.flat[self.bounds[start] : self.bounds[end]], self.lengths[start:end])

    def __iter__(self) -> Iterator[Tensor]:
        return iter(torch.split(self.flat, self.lengths.tolist()))


def together(states: Sequence[Tensor]) -> States:
    """Rows of sentences, at least one, in one tensor: as they are where they are in one already."""
    if isinstance(states, States):
        return states
    return States(torch.cat(list(states)), np.array([len(rows) for rows in states], dtype=np.int64))


def join_states(some: Sequence[States]) -> States:
    """The sentences of several states, at least one, in a row."""
    if len(some) == 1:
        return some[0]
    return States(
        torch.cat([states.flat for states in some]),
        np.concatenate([states.lengths for states in some]),
    )
