"""The compact encoder for a GPU: a transformer over windows that lie side by side, unpadded.

Pre-norm layers without biases, rotary positions (Su et al. 2021) and gated feed-forward units
(GEGLU, Shazeer 2020), as ModernBERT has them (Warner et al. 2024). Windows are kept apart by
FlashAttention's kernel for packed sequences (Dao 2023) where torch and the device have it.

N morphemes, B windows, T the longest, W the width, H heads of D dimensions, W = H × D.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from lgtalent_ie.model.config import AttentionConfig
from lgtalent_ie.model.encoder import PieceEncoder

ROTARY_BASE = 10_000.0

# Queries, keys, values [N, H, D], borders of the queries and of the keys [B + 1], T and T.
PackedAttention = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, int, int], Tensor]


class Windows(NamedTuple):
    """Where the windows of a flat batch lie, worked out once for all layers.

    borders: int32 [B + 1], from 0 to N
    longest: T
    cosines, sines: [N, 1, 1, D / 2], the turn of each morpheme's place in its window
    packed:  the kernel for packed sequences; None where it must go through a block of [B, T]
    slots:   int64 [N], place of each morpheme in that block; None where packed or all are of one
             length, so that the flat batch is the block
    filled:  bool [B, 1, 1, T], which places of the block hold a morpheme; None where slots is
    """

    borders: Tensor
    longest: int
    cosines: Tensor
    sines: Tensor
    packed: PackedAttention | None
    slots: Tensor | None
    filled: Tensor | None


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
        # Under autocast a norm answers in float32, so what the layers add up in is float32.
        states = self.input_norm(projected)  # [N, W]
        for layer in self.layers:
            states = layer(states, windows)
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

    def forward(self, states: Tensor, windows: Windows) -> Tensor:
        """float [N, W] → [N, W]."""
        projected = self.queries_keys_values(self.attention_norm(states))  # [N, 3 × W]
        heads = projected.view(len(states), 3, self.heads, -1)  # [N, 3, H, D]
        queries, keys = rotate(heads[:, :2], windows).unbind(1)  # [N, H, D] each
        attended = attend(queries, keys, heads[:, 2], windows)  # [N, H, D]
        states = states + self.dropout(self.attention_out(attended.flatten(1)))  # [N, W]
        values, gates = self.unit_in(self.unit_norm(states)).chunk(2, dim=-1)  # [N, inner] each
        added: Tensor = self.dropout(self.unit_out(values * functional.gelu(gates)))  # [N, W]
        return states + added


def place_windows(
    lengths: Tensor, total: int, head_size: int, device: torch.device, dtype: torch.dtype
) -> Windows:
    """int64 [B] of sum `total` → what attention in `dtype` on `device` needs to know of them."""
    shortest, longest = torch.stack(torch.aminmax(lengths)).tolist()
    lengths = lengths.to(device)
    borders = functional.pad(torch.cumsum(lengths, 0), (1, 0))  # [B + 1]
    starts = torch.repeat_interleave(borders[:-1], lengths, output_size=total)  # [N]
    places = torch.arange(total, device=device) - starts  # [N]
    cosines, sines = turns(places, head_size, dtype)
    packed = packed_attention(device, dtype)
    slots = filled = None
    if packed is None and shortest != longest:
        first_slots = longest * torch.arange(len(lengths), device=device)  # [B]
        slots = torch.repeat_interleave(first_slots, lengths, output_size=total) + places  # [N]
        filled = torch.arange(longest, device=device) < lengths[:, None, None, None]  # [B, 1, 1, T]
    return Windows(borders.int(), longest, cosines, sines, packed, slots, filled)


@cache
def packed_attention(device: torch.device, dtype: torch.dtype) -> PackedAttention | None:
    """torch's kernel for packed sequences, or None where torch, device or dtype are without it."""
    if device.type != "cuda" or dtype not in (torch.float16, torch.bfloat16):
        return None
    if torch.cuda.get_device_capability(device) < (8, 0):
        return None
    try:
        # There from torch 2.10 on; imported here because that is slow, and no use on a CPU.
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    return cast(PackedAttention, varlen_attn)


def turns(places: Tensor, head_size: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """int64 [N] → cosines and sines [N, 1, 1, D / 2] of the angles that stand for each place."""
    halves = torch.arange(0, head_size, 2, device=places.device)  # [D / 2]
    angles = places[:, None] * ROTARY_BASE ** (-halves / head_size)  # [N, D / 2]
    angles = angles[:, None, None]  # [N, 1, 1, D / 2]
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(vectors: Tensor, windows: Windows) -> Tensor:
    """[N, 2, H, D] → the same, each pair (d, d + D / 2) turned by the angle of its place."""
    left, right = vectors.chunk(2, dim=-1)  # [N, 2, H, D / 2]
    cosines, sines = windows.cosines, windows.sines
    return torch.cat([left * cosines - right * sines, right * cosines + left * sines], dim=-1)


def attend(queries: Tensor, keys: Tensor, values: Tensor, windows: Windows) -> Tensor:
    """Scaled dot-product attention within each window: [N, H, D] each → [N, H, D]."""
    if windows.packed is not None:
        borders, longest = windows.borders, windows.longest
        return windows.packed(queries, keys, values, borders, borders, longest, longest)
    attended = functional.scaled_dot_product_attention(
        to_block(queries, windows),
        to_block(keys, windows),
        to_block(values, windows),
        attn_mask=windows.filled,
    )  # [B, H, T, D]
    flat = attended.transpose(1, 2).flatten(0, 1)  # [B × T, H, D]
    return flat if windows.slots is None else flat[windows.slots]


def to_block(flat: Tensor, windows: Windows) -> Tensor:
    """[N, H, D] → [B, H, T, D], zeros behind the end of a window."""
    count, heads, size = len(windows.borders) - 1, *flat.shape[1:]
    if windows.slots is not None:
        empty = flat.new_zeros(count * windows.longest, heads, size)
        flat = empty.index_copy(0, windows.slots, flat)  # [B × T, H, D]
    return flat.reshape(count, windows.longest, heads, size).transpose(1, 2)
