"""Scores as the published benchmarks compute them: KLUE-NER, KLUE-RE, konec.

KLUE (Park et al. 2021, KLUE: Korean Language Understanding Evaluation) scores entities over the
characters of a sentence without its blanks, by strict IOB2, as the mean F1 of the labels; and
relations by micro F1 without `no_relation` and by the area under the precision-recall curve. Here
entities are scored by offsets, without tags, and agree with seqeval's strict mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.evaluation.spans import Score, Span, macro_f1, score_spans

NO_RELATION = "no_relation"

# The benchmark drops this character and no other: a tab would stay.
BLANK = " "

Sentence = tuple[str, Iterable[Span], Iterable[Span]]


@dataclass(frozen=True, slots=True)
class BenchmarkScores:
    """What a benchmark reports, in 0..1; None where it has no such number."""

    micro_f1: float
    per_label: Mapping[str, Score]
    entity_f1_macro: float | None = None
    auprc: float | None = None

    def averages(self) -> dict[str, float]:
        """The numbers over all labels, in points (0..100)."""
        numbers = {
            "entity_f1_macro": self.entity_f1_macro,
            "micro_f1": self.micro_f1,
            "auprc": self.auprc,
        }
        return {name: round(100 * n, 4) for name, n in numbers.items() if n is not None}

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the averages, and precision, recall, F1 (points) and gold (count) per label."""
        per_label = {
            label: {
                "precision": round(100 * score.precision, 4),
                "recall": round(100 * score.recall, 4),
                "f1": round(100 * score.f1, 4),
                "gold": score.gold,
            }
            for label, score in self.per_label.items()
        }
        return self.averages() | {"per_label": per_label}


def entity_scores(sentences: Iterable[Sentence], labels: Sequence[str]) -> BenchmarkScores:
    """Scores of (text, gold spans, predicted spans) of sentences, spans in code points.

    `micro_f1` is strict on the offsets as given. `entity_f1_macro` and `per_label` are the
    benchmark's, over characters without blanks; its mean leaves out a label that neither gold nor
    prediction has, as seqeval does. `per_label` has all of `labels`, in their order.

    >>> scores = entity_scores([("새별 전자", [(0, 5, "OG")], [(0, 5, "OG"), (3, 5, "PS")])],
    ...                        ("OG", "PS"))
    >>> scores.averages()
    {'entity_f1_macro': 0.0, 'micro_f1': 66.6667}
    """
    given, bare = [], []
    for text, gold, predicted in sentences:
        wanted, found = list(gold), list(predicted)
        given.append((wanted, found))
        bare.append((blank_free_spans(text, wanted), blank_free_spans(text, found)))
    entities = score_spans(bare)
    occurring = [label for label in entities if label != "micro"]
    return BenchmarkScores(
        micro_f1=score_spans(given)["micro"].f1,
        per_label={label: entities.get(label, Score(0, 0, 0)) for label in labels},
        entity_f1_macro=macro_f1(entities, occurring),
    )


def blank_free_spans(text: str, spans: Iterable[Span]) -> list[Span]:
    """The entities that the spans are once their character tags have lost the blanks.

    This is what strict IOB2 reads from a B-I tag per character after the tags of all blanks are
    taken out. A character has one tag, so a span ends where the next one begins. A span that begins
    with a blank loses its B there: what is left of it continues an entity of the same label that
    stands right before, and is else no entity (KLUE's gold has a few).

    >>> blank_free_spans("새별 전자 정하늘", [(0, 5, "OG"), (5, 9, "PS")])
    [(0, 4, 'OG')]
    """
    before = [0, *accumulate(int(character != BLANK) for character in text)]
    ordered = sorted(spans)
    entities: list[Span] = []
    for (start, end, label), following in zip_longest(ordered, ordered[1:]):
        first, last = before[start], before[min(end, following[0]) if following else end]
        if first == last:
            continue
        if text[start] != BLANK:
            entities.append((first, last, label))
        elif entities and entities[-1][1:] == (first, label):
            entities[-1] = (entities[-1][0], last, label)
    return entities


def relation_scores(
    gold: NDArray[np.int64], probabilities: NDArray[np.float32], labels: Sequence[str]
) -> BenchmarkScores:
    """Scores of relations: gold label numbers [rows], probabilities [rows, labels].

    The most probable label is the prediction. `micro_f1` counts all labels but `no_relation`;
    `auprc` is the mean over all of them, `no_relation` too. Raises ValueError without rows.

    >>> scores = relation_scores(np.array([1, 0]), np.array([[0.2, 0.8], [0.6, 0.4]]),
    ...                          ("no_relation", "per:title"))
    >>> scores.averages()
    {'micro_f1': 100.0, 'auprc': 100.0}
    """
    predicted = probabilities.argmax(1)  # [rows]
    counts = [
        np.bincount(numbers, minlength=len(labels)).tolist()  # [labels]
        for numbers in (gold[gold == predicted], predicted, gold)
    ]
    per_label = dict(zip(labels, map(Score, *counts), strict=True))
    related = [score for label, score in per_label.items() if label != NO_RELATION]
    areas = [
        precision_recall_area(gold == number, probabilities[:, number])
        for number in range(len(labels))
    ]
    return BenchmarkScores(
        micro_f1=Score(*map(sum, zip(*related, strict=True))).f1,
        per_label=per_label,
        auprc=sum(areas) / len(areas),
    )


def precision_recall_area(targets: NDArray[np.bool_], scores: NDArray[np.floating[Any]]) -> float:
    """Area under the precision-recall curve of one class: targets [rows], scores [rows] → 0..1.

    Trapezoids between the points of all distinct scores, after a first point of recall 0 and
    precision 1, as scikit-learn's `auc` of its `precision_recall_curve`. A class without a target
    has recall 1 everywhere there, so an area of one half. Raises ValueError without rows.

    >>> precision_recall_area(np.array([True, False, True]), np.array([0.9, 0.8, 0.7]))
    0.7916666666666666
    """
    if len(targets) == 0:
        raise ValueError("no rows, so no curve")
    order = np.argsort(-scores, kind="stable")  # [rows]
    falls = np.flatnonzero(np.diff(scores[order]))
    last = np.append(falls, len(targets) - 1)  # [points], the last row of each distinct score
    right = np.cumsum(targets[order])[last]  # [points]
    precision = np.append(1.0, right / (last + 1))  # [1 + points]
    recall = np.append(0.0, right / right[-1] if right[-1] else np.ones(len(last)))
    return float((np.diff(recall) * (precision[1:] + precision[:-1]) / 2).sum())
