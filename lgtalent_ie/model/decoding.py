"""From logits to labelled spans: the best BIO sequence that is allowed, and a score per span.

Allowed means that I-X follows B-X or I-X and nothing else (Viterbi, 1967, with transition scores of
0 and minus infinity). Works on whole flat batches in NumPy, a step for all windows at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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


def allowed_transitions(tags: int) -> NDArray[np.float32]:
    """[tags, tags] from → to: 0 where allowed, else very negative. Tags: O, B-0, I-0, B-1, I-1 …"""
    scores = np.zeros((tags, tags), dtype=np.float32)
    for inside in range(2, tags, 2):
        scores[:, inside] = FORBIDDEN
        scores[[inside - 1, inside], inside] = 0.0
    return scores


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-probabilities along the last axis."""
    scaled = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(-1, keepdims=True)), dtype=np.float32)


def best_tags(
    log_probabilities: NDArray[np.float32], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The best allowed tag sequence of every window: [N, tags] and [B] → int64 [N]."""
    total, tags = log_probabilities.shape
    transitions = allowed_transitions(tags)  # [tags, tags]
    order = np.argsort(-lengths, kind="stable")  # [B]
    ordered = lengths[order]
    starts = (np.cumsum(lengths) - lengths)[order]  # [B]
    alive = [int(np.searchsorted(-ordered, -step)) for step in range(int(ordered[0]))]  # [T]
    score = log_probabilities[starts].copy()  # [B, tags]
    score[:, 2::2] = FORBIDDEN
    back = np.zeros((total, tags), dtype=np.int64)  # best tag before, per morpheme and tag
    for step in range(1, len(alive)):
        n = alive[step]
        paths = score[:n, :, None] + transitions  # [n, from, to]
        back[starts[:n] + step] = paths.argmax(1)
        score[:n] = paths.max(1) + log_probabilities[starts[:n] + step]
    result = np.zeros(total, dtype=np.int64)
    for start, length, last in zip(starts, ordered, score.argmax(1), strict=True):
        tag = int(last)
        for place in range(start + length - 1, start - 1, -1):
            result[place] = tag
            tag = int(back[place, tag])
    return result


def spans_of_tags(
    tags: NDArray[np.int64], log_probabilities: NDArray[np.float32]
) -> list[LabelledSpan]:
    """The spans of one window: [n] and [n, tags]; the score is the geometric mean of its tags'."""
    found: list[LabelledSpan] = []
    first = -1
    for place, tag in enumerate([*tags.tolist(), 0]):
        if first >= 0 and (tag == 0 or tag % 2 == 1):
            rows = np.arange(first, place)
            score = float(np.exp(log_probabilities[rows, tags[first:place]].mean()))
            found.append(LabelledSpan((int(tags[first]) - 1) // 2, first, place - 1, score))
            first = -1
        if tag % 2 == 1:
            first = place
    return found


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
