"""Strict span scores for sentences: a span counts when start, end and label are all right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lgtalent_ie.model.decoding import LabelledSpan
from lgtalent_ie.reading import Morpheme

Span = tuple[int, int, str]

BRACKETS = {"(": ")", "[": "]", "<": ">", "〈": "〉", "《": "》", "「": "」", "『": "』"}
OPENED_BY = {closing: opening for opening, closing in BRACKETS.items()}


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


def spans_in_text(
    text: str,
    morphemes: Sequence[Morpheme],
    found: Iterable[LabelledSpan],
    labels: Sequence[str],
) -> list[Span]:
    """What a head found in morphemes, as spans of the text, lone brackets outside."""
    spans = []
    for span in found:
        start, end = within_brackets(text, morphemes[span.first].start, morphemes[span.last].end)
        if start < end:
            spans.append((start, end, labels[span.label]))
    return spans


def within_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without brackets at its ends that have no partner inside, nor blanks beside them.

    >>> within_brackets("정하늘(鄭)", 0, 4), within_brackets("정하늘(鄭)", 0, 6)
    ((0, 3), (0, 6))
    >>> within_brackets("정하늘(鄭) 사장)", 0, 10)
    (0, 9)
    """
    opened: list[int] = []
    lone: set[int] = set()
    for at in range(start, end):
        if text[at] in BRACKETS:
            opened.append(at)
        elif text[at] in OPENED_BY:
            if opened and text[opened[-1]] == OPENED_BY[text[at]]:
                opened.pop()
            else:
                lone.add(at)
    lone.update(opened)
    while start < end and (start in lone or text[start].isspace()):
        start += 1
    while start < end and (end - 1 in lone or text[end - 1].isspace()):
        end -= 1
    return start, end


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
