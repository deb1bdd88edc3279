"""How sure a score is: confidence intervals and a test between two systems, over documents.

Both work on the sums of each document, not on its F1: F1 is that of the summed sums, as in
`documents.Score`. Documents, not items, are what is drawn, for items of one document go together.
numpy alone: as one product of matrices, resampling takes seconds where `scipy.stats.bootstrap`
would hold every resampled document.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgtalent_ie.errors import DataError

Floats = NDArray[np.float64]
# Rows of resamples computed at once: what is held is this times the documents.
CHUNK = 256


def f1_of_sums(sums: ArrayLike) -> Floats:
    """F1 of [..., 4] sums (right, predicted, recalled, gold); nan where there is no item at all.

    `right` of `predicted` and `recalled` of `gold` as in `documents.Score`.

    >>> f1_of_sums([[3, 4, 3, 6], [0, 0, 0, 0]])
    array([0.6, nan])
    """
    right, predicted, recalled, gold = np.moveaxis(np.asarray(sums, np.float64), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(predicted > 0, right / predicted, 0.0)
        recall = np.where(gold > 0, recalled / gold, 0.0)
        total = precision + recall
        f1 = np.where(total > 0, 2 * precision * recall / total, 0.0)
    return np.where(predicted + gold > 0, f1, np.nan)


def intervals(
    sums: ArrayLike, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Floats:
    """Percentile bootstrap intervals of F1: [rows, 2], lower and upper end.

    Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 13.3. `sums` is
    [documents, rows, 4]: right, predicted, recalled, gold of each document and row. A row without
    an item gives nan, as do fewer than two documents, of which no spread can be seen; a resample
    in which a row has no item is left out of that row. Few documents give intervals that are too
    narrow. Raises DataError for sums of another shape, negative or not finite.

    >>> intervals([[[9, 10, 9, 10]], [[5, 10, 5, 10]], [[7, 10, 7, 10]]])
    array([[0.5, 0.9]])
    """
    table = _checked(sums)
    if not 0 < confidence < 1:
        raise DataError(f"confidence {confidence}", "a share between 0 and 1", "such as 0.95")
    _check_resamples(resamples)
    documents, rows, _ = table.shape
    if documents < 2:
        return np.full((rows, 2), np.nan)
    generator = np.random.default_rng(seed)
    flat = table.reshape(documents, -1)
    drawn = np.empty((resamples, rows))
    for start in range(0, resamples, CHUNK):
        size = min(CHUNK, resamples - start)
        times = generator.multinomial(documents, np.full(documents, 1 / documents), size)
        drawn[start : start + size] = f1_of_sums((times @ flat).reshape(size, rows, 4))
    ends = np.full((rows, 2), np.nan)
    tail = (1 - confidence) / 2
    for row in range(rows):
        defined = drawn[:, row][~np.isnan(drawn[:, row])]
        if len(defined):
            ends[row] = np.quantile(defined, [tail, 1 - tail])
    return ends


def paired_permutation(
    first: ArrayLike, second: ArrayLike, resamples: int = 10_000, seed: int = 0
) -> Floats:
    """Two-sided p-values [rows] that the two systems' F1 differ as much by chance.

    Approximate randomisation: the answers of the two systems to each document are swapped or not
    (Noreen 1989, Computer-Intensive Methods for Testing Hypotheses; Yeh 2000, More accurate tests
    for the statistical significance of result differences). With 2^documents <= resamples all
    swaps are tried and p is exact; else p = (as large or larger + 1) / (resamples + 1). The least
    p that five documents can give is 2/32. `first` and `second` are [documents, rows, 4] as for
    `intervals`, of the same documents and gold. A row without gold gives nan.

    Raises DataError where the shapes or the gold are not the same.

    >>> paired_permutation([[[9, 10, 9, 10]]] * 6, [[[5, 10, 5, 10]]] * 6)
    array([0.03125])
    """
    a, b = _checked(first), _checked(second)
    _check_resamples(resamples)
    if a.shape != b.shape or not np.array_equal(a[..., 3], b[..., 3]):
        raise DataError(
            f"sums of {a.shape} and {b.shape}, gold {a[..., 3].sum():g} and {b[..., 3].sum():g}",
            "two systems' sums on the same documents, rows and gold",
            "score both on the same gold",
        )
    documents, rows, _ = a.shape
    total_a, total_b, change = a.sum(0), b.sum(0), (b - a).reshape(documents, -1)
    observed = np.abs(f1_of_sums(total_a) - f1_of_sums(total_b))
    exact = documents < 63 and 2**documents <= resamples
    tried = 2**documents if exact else resamples
    generator = np.random.default_rng(seed)
    reached = np.zeros(rows)
    for start in range(0, tried, CHUNK):
        numbers = np.arange(start, min(start + CHUNK, tried))
        swaps = (
            numbers[:, None] >> np.arange(documents) & 1
            if exact
            else generator.integers(0, 2, (len(numbers), documents))
        )
        moved = (swaps @ change).reshape(len(numbers), rows, 4)
        difference = np.abs(f1_of_sums(total_a + moved) - f1_of_sums(total_b - moved))
        # Sums in another order differ in the last place; equal differences must count as such.
        reached += (difference >= observed - 1e-9).sum(0)
    p = reached / tried if exact else (reached + 1) / (tried + 1)
    return np.where(total_a[:, 3] > 0, p, np.nan)


def _checked(sums: ArrayLike) -> Floats:
    table = np.asarray(sums, np.float64)
    if table.ndim != 3 or table.shape[2] != 4 or not table.shape[0]:
        raise DataError(
            f"sums of shape {table.shape}", "[documents, rows, 4], one document or more",
            "stack right, predicted, recalled, gold of each document and row",
        )  # fmt: skip
    if not (np.isfinite(table).all() and (table >= 0).all()):
        raise DataError("a sum that is negative or no number", "numbers from 0 on", "score again")
    return table


def _check_resamples(resamples: int) -> None:
    if resamples < 1:
        raise DataError(f"{resamples} resamples", "1 or more", "2000 are usual")
