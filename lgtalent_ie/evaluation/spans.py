"""Strict span scores for sentences: a span counts when start, end and label are all right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

Span = tuple[int, int, str]


class Score(NamedTuple):
    """True positives, what was predicted, what is gold."""

    right: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """Share of the predicted that is right, 0 where nothing was predicted."""
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found, 0 where there is no gold."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, from the counts."""
        total = self.predicted + self.gold
        return 2 * self.right / total if total else 0.0


def score_spans(pairs: Iterable[tuple[Iterable[Span], Iterable[Span]]]) -> dict[str, Score]:
    """Score per label, and `micro` over all, of (gold, predicted) pairs of sentences.

    >>> score_spans([([(0, 2, "ORG")], [(0, 2, "ORG"), (3, 5, "DATE")])])["micro"].f1
    0.6666666666666666
    """
    right: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    for gold_spans, predicted_spans in pairs:
        wanted, found = set(gold_spans), set(predicted_spans)
        right.update(label for _, _, label in wanted & found)
        predicted.update(label for _, _, label in found)
        gold.update(label for _, _, label in wanted)
    labels = sorted(predicted | gold)
    scores = {label: Score(right[label], predicted[label], gold[label]) for label in labels}
    scores["micro"] = Score(right.total(), predicted.total(), gold.total())
    return scores


def macro_f1(scores: dict[str, Score], labels: Iterable[str]) -> float:
    """Mean F1 over the given labels; a label that never occurs counts 0."""
    values = [scores[label].f1 if label in scores else 0.0 for label in labels]
    return sum(values) / len(values) if values else 0.0
