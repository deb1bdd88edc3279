"""Viterbi's search on the device, so that two numbers per morpheme come back instead of all logits.

The sequences are those of `model.decoding.best_tags`, to the bit. NumPy stays in use on a CPU,
where these many small steps took torch twice as long or more.

N morphemes, B windows, T the longest, C tags.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lgtalent_ie.model.decoding import FORBIDDEN
from lgtalent_ie.model.steps import time_major
from lgtalent_ie.model.transfer import to_device

Decoded = tuple[NDArray[np.int64], NDArray[np.float32]]

# The search starts some five kernels for each morpheme of the longest window, 0.2 s for a text of
# 15,000 characters: a window longer than LONG is cut about every PIECE morphemes.
LONG, PIECE = 512, 64
# What the other tags must be better by at a cut, and how many morphemes are looked at for that.
MARGIN, LOOKAHEAD = 1e-3, 4


def decode_on_device(logits: Tensor, lengths: NDArray[np.int64]) -> Decoded:
    """The best allowed tags of every window, and the log-probability of each: [N] both.

    float [N, C] on any device and int64 [B], none of them 0. One copy back.
    """
    return start_decoding(logits, lengths)()


def start_decoding(logits: Tensor, lengths: NDArray[np.int64]) -> Callable[[], Decoded]:
    """Set a device to work at what `decode_on_device` gives, and wait for it once it is asked for.

    Where a window is longer than LONG, what the device was given before is waited for here.
    """
    log_probabilities = torch.log_softmax(logits.float(), dim=1)  # [N, C]
    if lengths.max() > LONG:
        sure = np.flatnonzero(never_inside(log_probabilities).cpu().numpy())
        lengths = cut_at(sure, lengths)
    tags = best_tags_on_device(log_probabilities, lengths)  # [N]
    chosen = log_probabilities.gather(1, tags[:, None])[:, 0]  # [N]
    # Tags are far below the 2²⁴ up to which float32 holds every whole number.
    there = torch.stack([tags.float(), chosen])  # [2, N]
    here, copied = there, None
    if there.is_cuda:
        here = torch.empty(there.shape, pin_memory=True)
        here.copy_(there, non_blocking=True)
        copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
        copied.record(torch.cuda.current_stream(there.device))

    def answer() -> Decoded:
        if copied is not None:
            copied.synchronize()
        found = here.numpy()
        return found[0].astype(np.int64), found[1].copy()

    return answer


def never_inside(log_probabilities: Tensor) -> Tensor:
    """float [N, C] → bool [N], where no best sequence goes on with a span: it may be cut before.

    There each I-X is worse than B-X, or than O there and something other than I-X at the following
    morphemes that would be in the same span, however many those are. Any tag may stand before both.
    """
    inside = log_probabilities[:, 2::2]  # [N, labels]
    by_begin = log_probabilities[:, 1::2] - inside  # [N, labels]
    by_outside = log_probabilities[:, :1] - inside  # [N, labels]
    better = by_begin
    for _ in range(LOOKAHEAD):
        after = torch.cat([better[1:], better[-1:]]).clamp(max=0)
        better = torch.maximum(by_begin, by_outside + after)
    return (better > MARGIN).all(1)


def cut_at(places: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Windows int64 [B] cut at some of the places, int64 in rising order: → int64 [pieces].

    >>> cut_at(np.array([3, 60, 70, 71, 140, 190]), np.array([150, 50])).tolist()
    [3, 67, 70, 10, 50]
    """
    end = places[-1] + 1 if len(places) else 0
    first = places[np.searchsorted(places, np.arange(0, end, PIECE))]  # one of every PIECE or so
    starts = np.union1d(np.cumsum(lengths) - lengths, first)
    return np.diff(np.append(starts, lengths.sum()))


def best_tags_on_device(log_probabilities: Tensor, lengths: NDArray[np.int64]) -> Tensor:
    """float [N, C] on any device, int64 [B] → int64 [N] beside it; see `model.decoding.viterbi`.

    All windows are searched: to find out first which need it, the processor would have to wait.
    """
    places, counts = time_major(lengths)  # [N], [T]
    [order] = to_device([torch.from_numpy(places)], log_probabilities.device)  # [N]
    sizes = counts.tolist()
    rows = log_probabilities[order]  # [N, C], by steps
    scores = rows.clone()
    scores[: sizes[0], 2::2] = float(FORBIDDEN)
    begun, inside = scores[:, 1::2], scores[:, 2::2]  # [N, labels] each
    # Cut once for all steps: a slice costs the processor as much as starting a step does.
    cut = [torch.split(part, sizes) for part in (rows, rows[:, 2::2], scores, begun, inside)]
    steps = list(zip(*cut, strict=True))
    for before, now, size in zip(steps, steps[1:], sizes[1:], strict=False):
        _, _, scores_before, begun_before, inside_before = before
        rows_now, inside_rows, scores_now, _, inside_now = now
        best_before = scores_before[:size].amax(1, keepdim=True)  # [n, 1]
        torch.add(rows_now, best_before, out=scores_now)
        torch.maximum(begun_before[:size], inside_before[:size], out=inside_now)
        inside_now += inside_rows
    best = scores.argmax(1, keepdim=True)  # [N, 1]
    previous = best.repeat(1, scores.shape[1])  # [N, C], the tag before each tag
    numbers = torch.arange(2, scores.shape[1], 2, device=scores.device)
    previous[:, 2::2] = numbers - (begun >= inside).long()
    chosen, origins = torch.split(best, sizes), torch.split(previous, sizes)
    for step in range(len(sizes) - 2, -1, -1):
        size = sizes[step + 1]
        torch.gather(origins[step][:size], 1, chosen[step + 1], out=chosen[step][:size])
    tags = torch.empty_like(order)
    tags[order] = best[:, 0]
    return tags
