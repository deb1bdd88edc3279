"""The compact encoder for a GPU: a transformer over windows that lie side by side, unpadded.

Pre-norm layers without biases, rotary positions (Su et al. 2021) and gated feed-forward units
(GEGLU, Shazeer 2020), as ModernBERT has them (Warner et al. 2024).

N morphemes, B windows, W the width, H heads of D dimensions, W = H × D.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lgtalent_ie.model.config import AttentionConfig
from lgtalent_ie.model.encoder import PieceEncoder
from lgtalent_ie.model.windows import Windows, attend, place_windows

ROTARY_BASE = 10_000.0


class Turns(NamedTuple):
    """How far each place turns a pair of dimensions: float [N, 1, 1, D / 2] both."""

    cosines: Tensor
    sines: Tensor


class AttentionEncoder(PieceEncoder):
    """The vectors of `PieceEncoder` read by layers of attention."""

    def __init__(self, config: AttentionConfig, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size)
        self.head_size = config.width // config.heads
        self.project = nn.Linear(self.input_size, config.width, bias=False)
        self.input_norm = nn.LayerNorm(config.width, bias=False)
        self.layers = nn.ModuleList(AttentionLayer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width, bias=False)

    def forward(
        self, morphemes: Tensor, tags: Tensor, ngrams: Tensor, offsets: Tensor, lengths: Tensor
    ) -> Tensor:
        """int64 [N], [N], [M], [N], [B] (see `Pieces`) → float [N, W].

        `lengths` may stay on the CPU, which spares a GPU one wait for their maximum.
        """
        inputs = self.inputs(morphemes, tags, ngrams, offsets)  # [N, inputs]
        projected = self.project(inputs)  # [N, W]
        windows = place_windows(
            lengths, len(inputs), self.head_size, inputs.device, projected.dtype
        )
        turned = turns(windows.places, self.head_size, projected.dtype)
        # Under autocast a norm answers in float32, so what the layers add up in is float32.
        states = self.input_norm(projected)  # [N, W]
        for layer in self.layers:
            states = layer(states, windows, turned)
        hidden: Tensor = self.dropout(self.norm(states))
        return hidden


class AttentionLayer(nn.Module):
    """Attention within each window, then a gated unit at each morpheme."""

    def __init__(self, config: AttentionConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.attention_norm = nn.LayerNorm(config.width, bias=False)
        self.queries_keys_values = nn.Linear(config.width, 3 * config.width, bias=False)
        self.attention_out = nn.Linear(config.width, config.width, bias=False)
        self.unit_norm = nn.LayerNorm(config.width, bias=False)
        self.unit_in = nn.Linear(config.width, 2 * config.feed_forward, bias=False)
        self.unit_out = nn.Linear(config.feed_forward, config.width, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        # What 2 × layers branches add to the sum starts small (Radford et al. 2019).
        with torch.no_grad():
            for branch in (self.attention_out, self.unit_out):
                branch.weight /= (2 * config.layers) ** 0.5

    def forward(self, states: Tensor, windows: Windows, turned: Turns) -> Tensor:
        """float [N, W] → [N, W]."""
        projected = self.queries_keys_values(self.attention_norm(states))  # [N, 3 × W]
        heads = projected.view(len(states), 3, self.heads, -1)  # [N, 3, H, D]
        queries, keys = rotate(heads[:, :2], turned).unbind(1)  # [N, H, D] each
        attended = attend(queries, keys, heads[:, 2], windows)  # [N, H, D]
        states = states + self.dropout(self.attention_out(attended.flatten(1)))  # [N, W]
        values, gates = self.unit_in(self.unit_norm(states)).chunk(2, dim=-1)  # [N, inner] each
        added: Tensor = self.dropout(self.unit_out(values * functional.gelu(gates)))  # [N, W]
        return states + added


def turns(places: Tensor, head_size: int, dtype: torch.dtype) -> Turns:
    """int64 [N] → cosines and sines of the angles that stand for each place."""
    halves = torch.arange(0, head_size, 2, device=places.device)  # [D / 2]
    angles = places[:, None] * ROTARY_BASE ** (-halves / head_size)  # [N, D / 2]
    angles = angles[:, None, None]  # [N, 1, 1, D / 2]
    return Turns(angles.cos().to(dtype), angles.sin().to(dtype))


def rotate(vectors: Tensor, turned: Turns) -> Tensor:
    """[N, 2, H, D] → the same, each pair (d, d + D / 2) turned by the angle of its place."""
    left, right = vectors.chunk(2, dim=-1)  # [N, 2, H, D / 2]
    cosines, sines = turned
    return torch.cat([left * cosines - right * sines, right * cosines + left * sines], dim=-1)
