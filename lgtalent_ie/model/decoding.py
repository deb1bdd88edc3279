"""From logits to labelled spans: the best BIO sequence that is allowed, and a score per span.

Allowed means that I-X follows B-X or I-X and nothing else (Viterbi, 1967, with transition scores of
0 and minus infinity). Works on whole flat batches in NumPy; `engine.device_decoding` finds the same
sequences on a GPU. Tags are O, B-0, I-0, B-1, I-1 …: 0, odd, even.

N morphemes, B windows, T the longest, C tags.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.model.steps import time_major

# What the score of a sequence that begins inside a span starts from.
FORBIDDEN = np.float32(-1e9)

# The logit of a score is taken this far from 0 and 1 at least: at 1 itself it is infinite.
MARGIN = 1e-6

Floats = NDArray[np.floating[Any]]


class LabelledSpan(NamedTuple):
    """Morphemes first..last of a window, both included."""

    label: int
    first: int
    last: int
    score: float


class Platt(NamedTuple):
    """score → sigmoid(slope × logit(score) + offset); as it stands here, the score itself."""

    slope: float = 1.0
    offset: float = 0.0


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-probabilities along the last axis."""
    scaled = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(-1, keepdims=True)), dtype=np.float32)


def best_tags(
    log_probabilities: NDArray[np.float32], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The best allowed tag sequence of every window: [N, C] and [B], none of them 0 → int64 [N].

    Where the best tag of each morpheme makes an allowed sequence, no other can be better; only the
    windows where it does not are searched.
    """
    tags: NDArray[np.int64] = log_probabilities.argmax(1)  # [N]
    starts = np.cumsum(lengths) - lengths  # [B]
    before = np.concatenate([tags[-1:], tags[:-1]])  # [N]
    before[starts] = 0
    stray = (tags > 0) & (tags % 2 == 0) & (before != tags) & (before != tags - 1)  # [N]
    searched = np.logical_or.reduceat(stray, starts)  # [B]
    if searched.any():
        rows = np.repeat(searched, lengths)  # [N]
        tags[rows] = viterbi(log_probabilities[rows], lengths[searched])
    return tags


def viterbi(
    log_probabilities: NDArray[np.float32], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The best allowed tag sequence of every window, searched in all of them: → int64 [N].

    All transitions being 0 or minus infinity, a step needs no table of tags by tags: O and B-X
    follow the best tag before them, I-X the better one of B-X and I-X.
    """
    places, counts = time_major(lengths)  # [N], [T]
    edges = [0, *np.cumsum(counts).tolist()]
    scores = log_probabilities[places]  # [N, C], by steps
    scores[: counts[0], 2::2] = FORBIDDEN
    for last, at, end in zip(edges, edges[1:], edges[2:], strict=False):
        before, now = scores[last : last + end - at], scores[at:end]  # [n, C] each
        inside = np.maximum(before[:, 1::2], before[:, 2::2]) + now[:, 2::2]
        now += before.max(1, keepdims=True)
        now[:, 2::2] = inside
    best: NDArray[np.int64] = scores.argmax(1)  # [N]
    previous = np.repeat(best[:, None], scores.shape[1], 1)  # [N, C], the tag before each tag
    previous[:, 2::2] = np.arange(2, scores.shape[1], 2) - (scores[:, 1::2] >= scores[:, 2::2])
    for last, at, end in reversed(list(zip(edges, edges[1:], edges[2:], strict=False))):
        goes_on = np.arange(last, last + end - at)
        best[goes_on] = previous[goes_on, best[at:end]]
    tags = np.empty_like(best)
    tags[places] = best
    return tags


def spans_of_tags(
    tags: NDArray[np.int64], log_probabilities: NDArray[np.float32]
) -> list[LabelledSpan]:
    """The spans of one window: [n] and [n, C]; the score is the geometric mean of its tags'."""
    chosen = log_probabilities[np.arange(len(tags)), tags]  # [n]
    [spans] = spans_of_batch(tags, chosen, np.array([len(tags)]))
    return spans


def spans_of_batch(
    tags: NDArray[np.int64],
    chosen: NDArray[np.float32],
    lengths: NDArray[np.int64],
    platt: Platt | None = None,
) -> list[list[LabelledSpan]]:
    """The spans of every window of a flat batch, in morphemes of the window.

    int64 [N] allowed tags, float [N] the log-probability of each, int64 [B], 0 for a window without
    morphemes; scores are mapped by `platt` where it is given.
    """
    ends = np.cumsum(lengths)  # [B]
    outside = (tags == 0) | (tags % 2 == 1)  # [N]
    outside[(ends - lengths)[lengths > 0]] = True
    edges = np.append(np.flatnonzero(outside), len(tags))
    begins = tags[edges[:-1]] % 2 == 1
    firsts, afters = edges[:-1][begins], edges[1:][begins]  # [spans] each
    sums = np.append(0.0, np.cumsum(chosen, dtype=np.float64))  # [N + 1]
    scores = np.exp((sums[afters] - sums[firsts]) / (afters - firsts))
    if platt is not None:
        scores = apply_platt(scores, platt)
    windows = np.searchsorted(ends, firsts, side="right")
    starts = (ends - lengths)[windows]
    columns = ((tags[firsts] - 1) // 2, firsts - starts, afters - starts - 1, scores)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    spans = list(map(LabelledSpan._make, rows))
    bounds = np.cumsum(np.bincount(windows, minlength=len(lengths))).tolist()  # [B]
    return [spans[start:end] for start, end in pairwise([0, *bounds])]


def apply_platt(scores: Floats | float, platt: Platt) -> NDArray[np.float64]:
    """The mapped scores, in the shape of `scores`, a float too; the order of scores stays.

    >>> apply_platt(np.array([0.5, 0.9, 0.99]), Platt(0.65, -0.57)).round(3)
    array([0.361, 0.702, 0.918])
    """
    return sigmoid(platt.slope * logit(scores) + platt.offset)


def logit(scores: Floats | float) -> NDArray[np.float64]:
    """log(s / (1 - s)), of scores kept away from 0 and 1."""
    inner = np.clip(np.asarray(scores, dtype=np.float64), MARGIN, 1 - MARGIN)
    return np.asarray(np.log(inner) - np.log1p(-inner))


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -values)))
