"""Viterbi's search on the device, so that two numbers per morpheme come back instead of all logits.

The sequences are those of `model.decoding.best_tags`, to the bit. NumPy stays in use on a CPU,
where these many small steps took torch twice as long or more.

N morphemes, B windows, T the longest, C tags.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lgtalent_ie.model.decoding import FORBIDDEN
from lgtalent_ie.model.steps import time_major
from lgtalent_ie.model.transfer import to_device


def decode_on_device(
    logits: Tensor, lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The best allowed tags of every window, and the log-probability of each: [N] both.

    float [N, C] on any device and int64 [B], none of them 0. One copy back.
    """
    log_probabilities = torch.log_softmax(logits.float(), dim=1)  # [N, C]
    tags = best_tags_on_device(log_probabilities, lengths)  # [N]
    chosen = log_probabilities.gather(1, tags[:, None])[:, 0]  # [N]
    # Tags are far below the 2²⁴ up to which float32 holds every whole number.
    answer = torch.stack([tags.float(), chosen]).cpu().numpy()  # [2, N]
    return answer[0].astype(np.int64), answer[1]


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
