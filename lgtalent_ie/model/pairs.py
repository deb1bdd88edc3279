"""Relations between mentions: one representation per pair, made from the states of one pass.

A pair is read four ways: the states of its head, of its tail, what of the sentence it attends to,
and the strongest of each feature at any place of the sentence, where features know how far the
place is from head and tail (Zhang et al. 2017; Zeng et al. 2015). N morphemes, P pairs, T morphemes
in the longest window of a pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lgtalent_ie.model.config import ENTITY_TYPES, RelationConfig

# Distances in morphemes to the nearer end of a mention, and beyond the last as far as that.
FARTHEST = 20


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which mentions to look at, in morphemes of a flat batch. P pairs.

    spans:   int64 [P, 4], head start, head end, tail start, tail end; ends are not included
    types:   int64 [P, 2], numbers in ENTITY_TYPES of head and tail
    windows: int64 [P, 2], start and end of the window both stand in
    """

    spans: Tensor
    types: Tensor
    windows: Tensor

    def to(self, device: torch.device) -> Pairs:
        """The same on a device."""
        return Pairs(self.spans.to(device), self.types.to(device), self.windows.to(device))


class PairPlaces(NamedTuple):
    """One pair of a sentence: head and tail in morphemes, ends not included, and their types."""

    head_start: int
    head_end: int
    tail_start: int
    tail_end: int
    head_type: str
    tail_type: str


def join_pairs(pairs: Sequence[Sequence[PairPlaces]], lengths: Sequence[int]) -> Pairs:
    """The pairs of several windows of so many morphemes as those of one flat batch."""
    spans, types, windows = [], [], []
    at = 0
    for some, length in zip(pairs, lengths, strict=True):
        for pair in some:
            spans.append([at + place for place in pair[:4]])
            types.append([ENTITY_TYPES.index(pair.head_type), ENTITY_TYPES.index(pair.tail_type)])
            windows.append([at, at + length])
        at += length
    return Pairs(torch.tensor(spans), torch.tensor(types), torch.tensor(windows))


class PairHead(nn.Module):
    """States and pairs in, one logit per label set and label out."""

    def __init__(self, config: RelationConfig, hidden_size: int) -> None:
        super().__init__()
        self.config = config
        size, self.attention_heads = config.size, config.attention_heads
        self.types = nn.Embedding(len(ENTITY_TYPES), size)
        self.keys = nn.Linear(hidden_size, size)
        self.values = nn.Linear(hidden_size, size)
        self.head = nn.Linear(hidden_size, size)
        self.tail = nn.Linear(hidden_size, size)
        self.query = nn.Linear(4 * size, size)
        self.near_head = nn.Embedding(2 * FARTHEST + 1, size)
        self.near_tail = nn.Embedding(2 * FARTHEST + 1, size)
        self.bias = nn.Embedding(2 * FARTHEST + 1, 2 * self.attention_heads)
        self.dropout = nn.Dropout(config.dropout)
        self.mix = nn.Sequential(
            nn.Linear(7 * size, 2 * size), nn.GELU(), nn.Dropout(config.dropout)
        )
        self.labels = nn.ModuleDict(
            {name: nn.Linear(2 * size, len(labels)) for name, labels in config.labels.items()}
        )

    def forward(self, hidden: Tensor, pairs: Pairs) -> dict[str, Tensor]:
        """float [N, hidden], P pairs → per label set float [P, labels]."""
        mixed = self.represent(hidden, pairs)  # [P, 2 × size]
        return {name: layer(mixed) for name, layer in self.labels.items()}

    def represent(self, hidden: Tensor, pairs: Pairs) -> Tensor:
        """float [N, hidden], P pairs → float [P, 2 × size]."""
        starts, ends = pairs.windows.unbind(1)  # [P] each
        steps = torch.arange(int((ends - starts).max()), device=hidden.device)  # [T]
        places = starts[:, None] + steps  # [P, T]
        outside = places >= ends[:, None]  # [P, T]
        places = places.clamp(max=len(hidden) - 1)
        to_head = distance(places, pairs.spans[:, 0], pairs.spans[:, 1])  # [P, T]
        to_tail = distance(places, pairs.spans[:, 2], pairs.spans[:, 3])  # [P, T]

        sums = torch.cat([hidden.new_zeros(1, hidden.shape[1]), hidden.float().cumsum(0)])
        sums = sums.to(hidden.dtype)  # [N + 1, hidden]
        head = torch.tanh(self.head(mean_state(sums, pairs.spans[:, 0], pairs.spans[:, 1])))
        tail = torch.tanh(self.tail(mean_state(sums, pairs.spans[:, 2], pairs.spans[:, 3])))
        head_type, tail_type = self.types(pairs.types).unbind(1)  # [P, size] each
        ends_known = torch.cat([head, tail, head_type, tail_type], dim=1)  # [P, 4 × size]

        count, longest = places.shape
        size = head.shape[1]
        split = (count, longest, self.attention_heads, size // self.attention_heads)
        values = self.values(hidden)[places]  # [P, T, size]
        values = values + self.near_head(to_head) + self.near_tail(to_tail)
        values = nn.functional.gelu(values)  # [P, T, size]
        query = self.query(ends_known).view(count, 1, *split[2:])  # [P, 1, heads, size / heads]
        keys = self.keys(hidden)[places].view(split)  # [P, T, heads, size / heads]
        scores = (query * keys).sum(-1) / split[3] ** 0.5  # [P, T, heads]
        by_head = self.bias(to_head)[..., : self.attention_heads]
        by_tail = self.bias(to_tail)[..., self.attention_heads :]
        scores = (scores + by_head + by_tail).masked_fill(outside[..., None], -1e4)
        weights = scores.float().softmax(1).to(values.dtype)  # [P, T, heads]
        attended = (weights[..., None] * values.view(split)).sum(1).reshape(count, size)
        strongest = values.masked_fill(outside[..., None], -1e4).amax(1)  # [P, size]
        everything = torch.cat([ends_known, head * tail, attended, strongest], dim=1)
        mixed: Tensor = self.mix(self.dropout(everything))
        return mixed


def mean_state(sums: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Running sums [N + 1, hidden], int64 [P], [P] → mean states of the spans, [P, hidden]."""
    return (sums[ends] - sums[starts]) / (ends - starts).to(sums.dtype)[:, None]


def distance(places: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """int64 [P, T], [P], [P] → [P, T]: FARTHEST inside the span, less before it, more after."""
    before = (places - starts[:, None]).clamp(max=0)
    after = (places - ends[:, None] + 1).clamp(min=0)
    return (before + after).clamp(-FARTHEST, FARTHEST) + FARTHEST
