"""What an encoder is pretrained for; nothing of it outlives pretraining but the encoder.

`guess`: hidden words are guessed among Kiwi's own morpheme vectors. The state at a hidden place is
projected to their space and compared with the right one and with a sample of others (sampled
softmax with its correction, Jean et al. 2015).

`detect`: words are replaced by others of their class, and every morpheme is to be told apart
(replaced-token detection, Clark et al. 2020, with a generator that knows frequencies alone).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lgtalent_ie.training.masking import (
    Corrupted,
    TypeTable,
    by_class,
    masked_batch,
    replaced_batch,
)
from lgtalent_ie.training.shards import Shard

ObjectiveName = Literal["guess", "detect"]
Corrupt = Callable[[Shard, NDArray[np.int64], np.random.Generator], Corrupted]

# A word's chance of being compared grows with its count to this power (Mikolov et al. 2013).
FLATTENED = 0.75


@dataclass(frozen=True, slots=True)
class Objective:
    """How batches are corrupted, and what says how wrong the states at their places are.

    `head` takes states float [K, hidden] and targets int64 [K] and gives their mean loss.
    """

    corrupt: Corrupt
    head: nn.Module


class Guesser(nn.Module):
    """States at hidden places → how well each candidate row fits. K places, S sampled rows."""

    vectors: Tensor
    chances: Tensor
    expected: Tensor

    def __init__(self, width: int, vectors: Tensor, counts: Tensor, sampled: int) -> None:
        """`vectors` [rows, size] are frozen; `counts` [rows] is how often each row occurs."""
        super().__init__()
        self.sampled = sampled
        self.project = nn.Linear(width, vectors.shape[1])
        self.bias = nn.Parameter(torch.zeros(len(vectors)))
        self.scale = nn.Parameter(torch.tensor(10.0))
        chances = counts.double().pow(FLATTENED)
        chances[0] = 0.0
        chances = (chances / chances.sum()).float()
        self.register_buffer("vectors", nn.functional.normalize(vectors, dim=1), persistent=False)
        self.register_buffer("chances", chances, persistent=False)
        expected = torch.log((sampled * chances).clamp(min=1e-12))
        self.register_buffer("expected", expected, persistent=False)

    def forward(self, states: Tensor, targets: Tensor) -> Tensor:
        """[K, hidden], int64 [K] → mean cross-entropy of the right row among the candidates."""
        drawn = torch.multinomial(self.chances, self.sampled, replacement=True)  # [S]
        query = nn.functional.normalize(self.project(states), dim=1) * self.scale  # [K, size]
        right = (query * self.vectors[targets]).sum(1) + self.bias[targets]  # [K]
        others = query @ self.vectors[drawn].T + self.bias[drawn]  # [K, S]
        # What is often drawn is often compared; taking that out makes it a softmax over all rows.
        # Where the right row was drawn as well, all of its places are right.
        drawn_right = drawn == targets[:, None]  # [K, S]
        right = right.float() - self.expected[targets] + drawn_right.sum(1).log1p()
        others = (others.float() - self.expected[drawn]).masked_fill(drawn_right, -torch.inf)
        logits = torch.cat([right[:, None], others], dim=1)  # [K, 1 + S]
        first = torch.zeros_like(targets)
        # A batch of two short windows may have nothing hidden: its loss is 0, not 0 / 0.
        summed = nn.functional.cross_entropy(logits, first, reduction="sum")
        return summed / max(1, len(targets))


class Detector(nn.Module):
    """States → whether each morpheme was replaced."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, states: Tensor, targets: Tensor) -> Tensor:
        """[K, hidden], int64 [K] of 0 and 1 → mean binary cross-entropy."""
        logits = self.out(nn.functional.gelu(self.inner(states))).squeeze(1)  # [K]
        loss = nn.functional.binary_cross_entropy_with_logits
        return loss(logits.float(), targets.float())


def make_objective(
    name: ObjectiveName,
    table: TypeTable,
    counts: NDArray[np.int64],
    vectors: Tensor,
    width: int,
    share: float,
    sampled: int,
    crop: bool,
) -> Objective:
    """The objective of that name, its head untrained.

    `counts` int64 [V] is how often each type stands in the shards (`type_counts`), `vectors`
    [rows, size] the frozen table of the encoder, `width` the size of its states; `share` of the
    words are hidden or replaced; `crop` as in `masked_batch`.
    """
    if name == "detect":
        classes = by_class(table, counts)
        replace = partial(replaced_batch, table=table, classes=classes, share=share, crop=crop)
        return Objective(replace, Detector(width))
    rows = np.bincount(table.rows, weights=counts, minlength=len(vectors))  # [rows]
    hide = partial(masked_batch, table=table, share=share, crop=crop)
    return Objective(hide, Guesser(width, vectors, torch.from_numpy(rows), sampled))
