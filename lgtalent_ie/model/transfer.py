"""Numbers on their way to a device, without the processor waiting for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor


def to_device(tensors: Sequence[Tensor], device: torch.device) -> list[Tensor]:
    """int64 tensors on the CPU, of one dimension each → the same on `device`.

    To a GPU they travel as one page-locked buffer on a stream of its own, while the device computes
    what it was given before: neither it nor the processor waits for the other.
    """
    if device.type != "cuda":
        return [tensor.to(device) for tensor in tensors]
    sizes = [len(tensor) for tensor in tensors]
    # Kept by torch until the copy has been made, however soon it is let go of here.
    joined = torch.empty(sum(sizes), dtype=torch.int64, pin_memory=True)
    torch.cat(list(tensors), out=joined)
    aside, current = copy_stream(device), torch.cuda.current_stream(device)
    with torch.cuda.stream(aside):
        there = joined.to(device, non_blocking=True)
    current.wait_stream(aside)
    # Its memory belongs to the other stream, which must not use it again before this one has.
    there.record_stream(current)
    return list(torch.split(there, sizes))


@cache
def copy_stream(device: torch.device) -> torch.cuda.Stream:
    """The stream that all copies to a device take."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
