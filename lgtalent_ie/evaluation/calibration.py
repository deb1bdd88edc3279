"""Scores that mean what they say: how far off they are, and the numbers that mend them.

A score is calibrated where four in five of the answers with score 0.8 are right. How far off scores
are is the expected calibration error of Guo et al. (2017, On Calibration of Modern Neural
Networks). Two ways to mend them, each fitted on dev data by the least log loss:

- where the score is a probability of the network, its logits are divided by a temperature (Guo et
  al. 2017): one of several classes (`fit_temperature`), or a yes or no each
  (`fit_sigmoid_temperature`). T > 1 makes scores humbler, T < 1 bolder;
- the score of a decoded span is a mean over its morphemes, more than the chance that the whole span
  is right, so it is mapped to that chance by a sigmoid of two numbers (`fit_platt`, after Platt
  1999). Cross-validated, its log loss was less than that of the best temperature: 0.384 and 0.390
  on 1,000 sentences of KLUE's dev set, 0.255 and 0.264 on the own dev sentences.

Neither changes which answer is best. Where there is nothing to fit from (no data, all answers
right, all wrong) the numbers are those that change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.spans import Span
from lgtalent_ie.model.decoding import (
    Platt,
    apply_platt,
    best_tags,
    log_softmax,
    logit,
    sigmoid,
    spans_of_tags,
)
from lgtalent_ie.reading import Morpheme

IGNORED = -100

# Between these a temperature is looked for; a loss that is least at an end has no minimum.
LOWEST, HIGHEST = 0.05, 20.0
TOLERANCE = 1e-6
GOLDEN = (5**0.5 - 1) / 2

NEWTON_STEPS = 100

FIX = "pass the scores or logits of one model with the gold of the same rows, in the same order"

# A span in morphemes: number of its label in the head, first and last morpheme, both included.
MorphemeSpan = tuple[int, int, int]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers with a score in (low, high]: how many, their mean score, the share that is right."""

    low: float
    high: float
    count: int
    mean_score: float
    share_correct: float


class SpanCalibration(NamedTuple):
    """The map for span scores, and their expected calibration error without it and with it."""

    platt: Platt
    ece_before: float
    ece_after: float


def reliability(scores: Floats, correct: NDArray[np.bool_], bins: int = 15) -> tuple[Bin, ...]:
    """The reliability diagram: scores [n] in 0..1 and correct [n] in bins of equal width.

    Bins are open below and closed above, the first holds 0 as well. A bin without answers has no
    mean and is left out. Raises DataError where lengths differ or scores leave 0..1.

    >>> for b in reliability(np.array([1.0, 0.75, 0.25]), np.array([True, False, False]), bins=2):
    ...     print(b)
    Bin(low=0.0, high=0.5, count=1, mean_score=0.25, share_correct=0.0)
    Bin(low=0.5, high=1.0, count=2, mean_score=0.875, share_correct=0.5)
    """
    check_scores(scores, correct)
    if bins < 1:
        raise DataError(f"{bins} bins", "at least one", "leave bins out for 15")
    values = scores.astype(np.float64)  # [n]
    edges = np.arange(bins + 1) / bins  # [bins + 1]
    numbers = np.maximum(np.searchsorted(edges, values, side="left") - 1, 0)  # [n]
    return tuple(
        Bin(
            low=float(edges[number]),
            high=float(edges[number + 1]),
            count=int(inside.sum()),
            mean_score=float(values[inside].mean()),
            share_correct=float(correct[inside].mean()),
        )
        for number in np.unique(numbers).tolist()
        for inside in (numbers == number,)  # [n]
    )


def expected_calibration_error(scores: Floats, correct: NDArray[np.bool_], bins: int = 15) -> float:
    """How far scores [n] are from the share of correct [n], 0..1.

    The distance between mean score and share right of a bin, as a mean over all answers; bins of
    equal width (Guo et al. 2017, equation 3). 0 without answers. The few answers of a bin scatter,
    so that the best scores there are have an error above 0 too: about 0.02 on 1,500 spans.
    Raises DataError where `reliability` does.

    >>> expected_calibration_error(np.full(4, 0.75), np.array([True, True, True, False]))
    0.0
    >>> expected_calibration_error(np.full(4, 0.75), np.array([True, False, False, False]))
    0.5
    """
    filled = reliability(scores, correct, bins)
    gaps = sum(b.count * abs(b.mean_score - b.share_correct) for b in filled)
    return gaps / len(scores) if filled else 0.0


def fit_temperature(
    logits: NDArray[np.float32], targets: NDArray[np.int64], ignored: int = IGNORED
) -> float:
    """The T that makes the negative log-likelihood of targets [N] under logits [N, C] / T least.

    Targets are class numbers, or `ignored` where unknown. 1 where there is nothing to fit from.
    Raises DataError where shapes do not match, a logit is not finite or a target is no class.

    Three of four right is a logit of log 3, not of 2:

    >>> T = fit_temperature(np.tile([2.0, 0.0], (4, 1)), np.array([0, 0, 0, 1]))
    >>> round(2 / T, 3), round(np.log(3).item(), 3)
    (1.099, 1.099)
    """
    check_finite(logits)
    if logits.ndim != 2 or targets.shape != logits.shape[:1]:
        raise DataError(f"logits {logits.shape}, targets {targets.shape}", "[N, C] and [N]", FIX)
    known = targets != ignored  # [N]
    rows, wanted = logits[known].astype(np.float64), targets[known]  # [K, C], [K]
    if len(wanted) == 0:
        return 1.0
    if wanted.min() < 0 or wanted.max() >= logits.shape[1]:
        raise DataError(
            f"targets from {wanted.min()} to {wanted.max()}",
            f"0 to {logits.shape[1] - 1}, or {ignored} where unknown", FIX,
        )  # fmt: skip
    rows -= rows.max(1, keepdims=True)
    chosen = rows[np.arange(len(wanted)), wanted]  # [K]

    def loss(temperature: float) -> float:
        normalizers = np.log(np.exp(rows / temperature).sum(1))  # [K]
        return float((normalizers - chosen / temperature).mean())

    return least_temperature(loss)


def fit_sigmoid_temperature(logits: NDArray[np.float32], targets: NDArray[np.bool_]) -> float:
    """The T that makes the binary cross-entropy of sigmoid(logits / T) to targets least.

    Both [P, R], for labels that are a yes or no each; or flat, where some are left out. 1 where
    there is nothing to fit from. Raises DataError where shapes differ or a logit is not finite.

    >>> T = fit_sigmoid_temperature(np.full((2, 2), 2.0), np.array([[True, True], [True, False]]))
    >>> round(2 / T, 3)
    1.099
    """
    check_finite(logits)
    if targets.shape != logits.shape:
        raise DataError(f"logits {logits.shape}, targets {targets.shape}", "one shape", FIX)
    if logits.size == 0:
        return 1.0
    # The cross-entropy of a yes is softplus(-logit), that of a no softplus(logit).
    against = np.where(targets, -logits, logits).astype(np.float64)  # [P, R]
    return least_temperature(lambda temperature: mean_softplus(against / temperature))


def least_temperature(loss: Callable[[float], float]) -> float:
    """Golden-section search on log T (Kiefer 1953) for a loss that is convex in 1 / T.

    1 where the loss falls, or stays as it is, all the way to an end.
    """
    low, high = np.log(LOWEST), np.log(HIGHEST)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    left_loss, right_loss = loss(float(np.exp(left))), loss(float(np.exp(right)))
    while high - low > TOLERANCE:
        if left_loss <= right_loss:
            high, right, right_loss = right, left, left_loss
            left = high - GOLDEN * (high - low)
            left_loss = loss(float(np.exp(left)))
        else:
            low, left, left_loss = left, right, right_loss
            right = low + GOLDEN * (high - low)
            right_loss = loss(float(np.exp(right)))
    if low == np.log(LOWEST) or high == np.log(HIGHEST):
        return 1.0
    return float(np.exp((low + high) / 2))


def fit_platt(scores: Floats, correct: NDArray[np.bool_]) -> Platt:
    """The map from scores [n] in 0..1 to the chance of being correct [n], by the least log loss.

    Platt's (1999) sigmoid on the logit of the score, with his targets a little inside 0 and 1, by
    Newton's method with step halving (Lin et al. 2007). Changes nothing where there is nothing to
    fit from, or where high scores are wrong more often than low ones: the order of scores stays.
    Raises DataError where lengths differ or scores leave 0..1.

    >>> scores = np.repeat([0.9, 0.6], 100)
    >>> correct = np.tile(np.arange(100), 2) < np.repeat([80, 50], 100)
    >>> apply_platt(np.array([0.9, 0.6]), fit_platt(scores, correct)).round(2)
    array([0.8, 0.5])
    """
    check_scores(scores, correct)
    right = int(correct.sum())
    wrong = len(correct) - right
    if right == 0 or wrong == 0:
        return Platt()
    wanted = np.where(correct, (right + 1) / (right + 2), 1 / (wrong + 2))  # [n]
    inputs = np.stack([logit(scores), np.ones(len(scores))], axis=1)  # [n, 2]

    def loss(weights: NDArray[np.float64]) -> float:
        return mean_softplus(inputs @ weights) - float((wanted * (inputs @ weights)).mean())

    weights = np.array(Platt())  # [2]
    # Where all scores are one, only one direction is determined; the ridge picks the other.
    ridge = 1e-9 * np.eye(2)
    for _ in range(NEWTON_STEPS):
        chances = sigmoid(inputs @ weights)  # [n]
        gradient = inputs.T @ (chances - wanted) / len(scores)  # [2]
        curvature = (inputs.T * (chances * (1 - chances))) @ inputs / len(scores)  # [2, 2]
        step = np.linalg.solve(curvature + ridge, gradient)  # [2]
        before = loss(weights)
        while np.abs(step).max() > TOLERANCE and loss(weights - step) > before:
            step = step / 2
        weights = weights - step
        if np.abs(step).max() <= TOLERANCE:
            break
    return Platt(*weights.tolist()) if weights[0] > 0 else Platt()


def fit_span_scores(
    logits: Sequence[NDArray[np.float32]], gold: Sequence[Collection[MorphemeSpan]]
) -> SpanCalibration:
    """The map that makes span scores the chance that start, end and label are all right.

    Arguments and errors are those of `span_scores`. The error after is that on the data fitted to.
    """
    scores, correct = span_scores(logits, gold)
    platt = fit_platt(scores, correct)
    before = expected_calibration_error(scores, correct)
    after = expected_calibration_error(apply_platt(scores, platt), correct)
    return SpanCalibration(platt, before, after)


def span_scores(
    logits: Sequence[NDArray[np.float32]], gold: Sequence[Collection[MorphemeSpan]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Decode sentences; the scores [S] of all spans found, and whether each is in gold [S].

    `logits` are [n, C] a sentence, n may be 0; `gold` the (label, first, last) of each, as
    `aligned_spans` makes them. Raises DataError where the two differ in length or a logit is not
    finite.

    >>> span_scores([np.array([[0, 9, 0], [9, 0, 0]], dtype=np.float32)], [{(0, 0, 0)}])
    (array([0.99975...]), array([ True]))
    """
    if len(logits) != len(gold):
        raise DataError(f"{len(logits)} sentences, gold of {len(gold)}", "as many of both", FIX)
    scores: list[float] = []
    correct: list[bool] = []
    filled = [n for n, rows in enumerate(logits) if len(rows)]
    if filled:
        flat = np.concatenate([logits[n] for n in filled])  # [N, C]
        check_finite(flat)
        lengths = np.array([len(logits[n]) for n in filled], dtype=np.int64)  # [B]
        log_probabilities = log_softmax(flat)  # [N, C]
        tags = best_tags(log_probabilities, lengths)  # [N]
        ends = np.cumsum(lengths).tolist()
        for n, start, end in zip(filled, [0, *ends], ends, strict=False):
            for span in spans_of_tags(tags[start:end], log_probabilities[start:end]):
                scores.append(span.score)
                correct.append((span.label, span.first, span.last) in gold[n])
    return np.array(scores, dtype=np.float64), np.array(correct, dtype=np.bool_)


def aligned_spans(
    morphemes: Sequence[Morpheme], spans: Iterable[Span], labels: Sequence[str]
) -> set[MorphemeSpan]:
    """Gold spans in code points as (label, first, last) in morphemes, where they align.

    A span that begins or ends inside a morpheme cannot be found and has none; where morphemes share
    a character (`했` is `하` and `었`), each that has the offset counts, as it does in scoring.
    """
    found = set()
    for start, end, label in spans:
        firsts = [n for n, m in enumerate(morphemes) if m.start == start]
        lasts = [n for n, m in enumerate(morphemes) if m.end == end]
        found |= {(labels.index(label), f, last) for f in firsts for last in lasts if f <= last}
    return found


def mean_softplus(values: NDArray[np.float64]) -> float:
    """Mean of log(1 + exp(x)), without overflow."""
    return float(np.logaddexp(0.0, values).mean())


def check_finite(logits: NDArray[np.float32]) -> None:
    """DataError where a logit is infinite or no number."""
    if not np.isfinite(logits).all():
        raise DataError(f"logits {logits.shape} with nan or inf", "finite logits", FIX)


def check_scores(scores: Floats, correct: NDArray[np.bool_]) -> None:
    """DataError unless there is one score in 0..1 for each of correct, a boolean."""
    if scores.ndim != 1 or scores.shape != correct.shape or correct.dtype != np.bool_:
        given = f"scores {scores.shape}, correct {correct.shape} of {correct.dtype}"
        raise DataError(given, "[n] and [n] of bool", FIX)
    if not ((scores >= 0) & (scores <= 1)).all():
        raise DataError(f"scores from {scores.min()} to {scores.max()}", "scores in 0..1", FIX)
