"""Attention over windows that lie side by side in one flat batch, without padding.

Windows are kept apart by FlashAttention's kernel for packed sequences (Dao 2023) where torch and
the device have it, elsewhere by a block with a mask.

N places, B windows, T the longest, H heads of D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional

from lgtalent_ie.model.config import HEAD_SIZES
from lgtalent_ie.model.transfer import to_device

# Queries, keys, values [N, H, D], borders of the queries and of the keys [B + 1], T and T.
PackedAttention = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, int, int], Tensor]


class Windows(NamedTuple):
    """Where the windows of a flat batch lie, worked out once for all layers.

    borders: int32 [B + 1], from 0 to N
    longest: T
    starts:  int64 [N], where the window of each place begins
    places:  int64 [N], each place counted from there
    packed:  the kernel for packed sequences; None where it must go through a block of [B, T]
    slots:   int64 [N], each place in that block; None where packed or all windows are of one
             length, so that the flat batch is the block
    filled:  bool [B, 1, 1, T], which places of the block are in use; None where slots is
    """

    borders: Tensor
    longest: int
    starts: Tensor
    places: Tensor
    packed: PackedAttention | None
    slots: Tensor | None
    filled: Tensor | None


def place_windows(
    lengths: Tensor, total: int, head_size: int, device: torch.device, dtype: torch.dtype
) -> Windows:
    """int64 [B] of sum `total` → what attention in `dtype` on `device` needs to know of them.

    A GPU is not waited for where `lengths` are on the CPU.
    """
    shortest, longest = torch.stack(torch.aminmax(lengths)).tolist()
    [lengths] = to_device([lengths], device) if lengths.device != device else [lengths]
    borders = functional.pad(torch.cumsum(lengths, 0), (1, 0))  # [B + 1]
    starts = torch.repeat_interleave(borders[:-1], lengths, output_size=total)  # [N]
    places = torch.arange(total, device=device) - starts  # [N]
    packed = packed_attention(device, dtype, head_size)
    slots = filled = None
    if packed is None and shortest != longest:
        first_slots = longest * torch.arange(len(lengths), device=device)  # [B]
        slots = torch.repeat_interleave(first_slots, lengths, output_size=total) + places  # [N]
        filled = torch.arange(longest, device=device) < lengths[:, None, None, None]  # [B, 1, 1, T]
    return Windows(borders.int(), longest, starts, places, packed, slots, filled)


@cache
def packed_attention(
    device: torch.device, dtype: torch.dtype, head_size: int
) -> PackedAttention | None:
    """torch's kernel for packed sequences; None where torch, device, dtype or heads have none."""
    if device.type != "cuda" or dtype not in (torch.float16, torch.bfloat16):
        return None
    if head_size not in HEAD_SIZES or torch.cuda.get_device_capability(device) < (8, 0):
        return None
    try:
        # There from torch 2.10 on; imported here because that is slow, and no use on a CPU.
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    return cast(PackedAttention, varlen_attn)


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
