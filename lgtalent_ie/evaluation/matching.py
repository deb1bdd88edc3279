"""Mentions against gold beyond strict: four ways to count a match, and every difference by kind.

The four schemes and their five counts are those of SemEval-2013 task 9.1 (Segura-Bedmar et al.
2013, SemEval-2013 Task 9: Extraction of Drug-Drug Interactions from Biomedical Texts), after the
categories of MUC-5 (Chinchor and Sundheim 1993). They are counted as the nervaluate package does:
predictions in the order of the text, each with the first gold span that it overlaps and nobody
before it took (by type, with the nearest one of its label). Only its threshold of 1 % overlap is
not here: one shared character is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol

from lgtalent_ie.evaluation.boundaries import BoundaryKind, boundary_kind
from lgtalent_ie.evaluation.spans import Span

Scheme = Literal["strict", "exact", "type", "partial"]
SCHEMES: tuple[Scheme, ...] = ("strict", "exact", "type", "partial")

ErrorKind = Literal["boundary", "type", "boundary+type", "missed", "spurious"]
ERROR_KINDS: tuple[ErrorKind, ...] = ("boundary", "type", "boundary+type", "missed", "spurious")


class Marking(Protocol):
    """A labelled span: `schema.Mention`, `gold.GoldMention` and the like."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def score(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """How many spans fell in each of the five categories; precision, recall and F1 in 0..1.

    A partial match counts one half. Ratios are 0 where there is nothing to divide by.

    >>> MatchCounts(correct=2, partial=1, missed=1).recall
    0.625
    """

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    @property
    def gold(self) -> int:
        """What could be found: POS of the task."""
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def predicted(self) -> int:
        """What was found: ACT of the task."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def right(self) -> float:
        return self.correct + 0.5 * self.partial

    @property
    def precision(self) -> float:
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        total = self.predicted + self.gold
        return 2 * self.right / total if total else 0.0

    def counts(self) -> tuple[int, int, int, int, int]:
        """The five in the order of the fields."""
        return self.correct, self.incorrect, self.partial, self.missed, self.spurious

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the five counts, and the ratios rounded to four places."""
        names = ("correct", "incorrect", "partial", "missed", "spurious")
        ratios = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        rounded = {name: round(value, 4) for name, value in ratios.items()}
        return dict(zip(names, self.counts(), strict=True)) | rounded


def match_spans(gold: Iterable[Span], predicted: Iterable[Span]) -> dict[Scheme, MatchCounts]:
    """The counts of one text by scheme; spans (start, end, label) half-open.

    strict: right where both ends and the label agree. exact: both ends, whatever the label. type:
    the label, and any overlap. partial: any overlap whatever the label, half right where the ends
    differ. What overlaps and is not right is incorrect (strict, exact, type).

    >>> match_spans([(0, 5, "ORG")], [(0, 3, "ORG")])["partial"]
    MatchCounts(correct=0, incorrect=0, partial=1, missed=0, spurious=0)
    >>> match_spans([(0, 5, "ORG")], [(0, 3, "ORG")])["type"].f1
    1.0
    """
    wanted, found = sorted(gold), sorted(predicted)
    right = 0
    if _is_flat(wanted) and _is_flat(found):
        # A span that both have overlaps no other, so it is right by every scheme.
        shared = set(wanted) & set(found)
        right = len(shared)
        wanted = [span for span in wanted if span not in shared]
        found = [span for span in found if span not in shared]
    if not (wanted or found):
        return dict.fromkeys(SCHEMES, MatchCounts(correct=right))
    overlaps = _overlaps(wanted, found)
    return {scheme: _count(scheme, wanted, found, overlaps, right) for scheme in SCHEMES}


def _count(
    scheme: Scheme,
    wanted: Sequence[Span],
    found: Sequence[Span],
    overlaps: Sequence[Sequence[int]],
    right: int,
) -> MatchCounts:
    taken = [False] * len(wanted)
    half = wrong = spurious = 0
    for span, touched in zip(found, overlaps, strict=True):
        free = [at for at in touched if not taken[at]]
        if not free:
            spurious += 1
            continue
        fits = [at for at in free if _is_right(scheme, wanted[at], span)]
        if fits:
            right += 1
            nearest = min(fits, key=lambda at: _distance(wanted[at], span))
            taken[nearest] = True
        else:
            taken[free[0]] = True
            half += scheme == "partial"
            wrong += scheme != "partial"
    return MatchCounts(right, wrong, half, taken.count(False), spurious)


def _is_right(scheme: Scheme, gold: Span, predicted: Span) -> bool:
    if scheme == "strict":
        return gold == predicted
    if scheme == "type":
        return gold[2] == predicted[2]
    return gold[:2] == predicted[:2]


def _distance(first: Span, second: Span) -> int:
    return abs(first[0] - second[0]) + abs(first[1] - second[1])


def _is_flat(spans: Sequence[Span]) -> bool:
    for first, second in pairwise(spans):  # noqa: SIM110 (all() takes twice the time)
        if first[1] > second[0]:
            return False
    return True


def _overlaps(wanted: Sequence[Span], found: Sequence[Span]) -> list[list[int]]:
    """For each predicted span the places of the gold spans it overlaps; both sorted."""
    overlaps = []
    low = 0
    for start, end, _ in found:
        while low < len(wanted) and wanted[low][1] <= start:
            low += 1
        touched = []
        for at in range(low, len(wanted)):
            if wanted[at][0] >= end:
                break
            if wanted[at][1] > start:
                touched.append(at)
        overlaps.append(touched)
    return overlaps


@dataclass(frozen=True, slots=True)
class MentionError:
    """One difference of two markings: what gold has, what was predicted, or both.

    `boundary` says by what the ends differ and is None where they do not; a side that is not there
    is None. `score` is that of the predicted mention.
    """

    kind: ErrorKind
    gold: tuple[int, int] | None = None
    gold_label: str | None = None
    predicted: tuple[int, int] | None = None
    predicted_label: str | None = None
    score: float | None = None
    boundary: BoundaryKind | None = None

    @property
    def name(self) -> str:
        """The kind with the boundary's: `boundary/particle`, `type`, …"""
        return f"{self.kind}/{self.boundary}" if self.boundary else self.kind

    @property
    def start(self) -> int:
        """Where the first of the two begins."""
        return min(span[0] for span in (self.gold, self.predicted) if span)


def mention_errors(
    gold: Sequence[Marking], predicted: Sequence[Marking], text: str
) -> list[MentionError]:
    """Every difference of the predicted mentions from gold, in the order of the text.

    Mentions are paired one to one: first those with the same ends, then those that overlap with
    the same label, then those that overlap at all, the longer overlap first. A pair is an error of
    the ends (`boundary`), of the label (`type`) or both; what has no partner is missed or spurious.

    >>> gold = [GoldMention("m1", "ORG", 0, 3), GoldMention("m2", "DATE", 5, 8)]
    >>> found = [GoldMention("x1", "ORG", 0, 4, score=0.7)]
    >>> [error.name for error in mention_errors(gold, found, "하늘대는 21일")]
    ['boundary/particle', 'missed']
    """
    wanted, found = _without_shared(gold, predicted)
    taken: set[int] = set()
    used: set[int] = set()
    errors = []
    for _, _, at, to in sorted(_pairs(wanted, found)):
        if at not in taken and to not in used:
            taken.add(at)
            used.add(to)
            errors.append(_difference(wanted[at], found[to], text))
    for at, mention in enumerate(wanted):
        if at not in taken:
            errors.append(MentionError("missed", (mention.start, mention.end), mention.label))
    for to, mention in enumerate(found):
        if to not in used:
            where = mention.start, mention.end
            errors.append(MentionError("spurious", None, None, where, mention.label, mention.score))
    return sorted(errors, key=lambda error: (error.start, ERROR_KINDS.index(error.kind)))


def _without_shared(
    gold: Iterable[Marking], predicted: Iterable[Marking]
) -> tuple[list[Marking], list[Marking]]:
    """Both in the order of the text, without what is the same in both."""
    left: dict[Span, list[Marking]] = {}
    for mention in gold:
        left.setdefault(_place(mention), []).append(mention)
    found = []
    for mention in predicted:
        same = left.get(_place(mention))
        if same:
            same.pop()
        else:
            found.append(mention)
    rest = [mention for same in left.values() for mention in same]
    return sorted(rest, key=_place), sorted(found, key=_place)


def _pairs(wanted: Sequence[Marking], found: Sequence[Marking]) -> list[tuple[int, int, int, int]]:
    """(rank, overlap as a negative number, place in gold, place in the prediction)."""
    spans = [[_place(mention) for mention in side] for side in (wanted, found)]
    pairs = []
    for to, touched in enumerate(_overlaps(*spans)):
        start, end, label = spans[1][to]
        for at in touched:
            first, last, its = spans[0][at]
            rank = 2 * ((first, last) != (start, end)) + (its != label)
            pairs.append((rank, max(start, first) - min(end, last), at, to))
    return pairs


def _difference(gold: Marking, predicted: Marking, text: str) -> MentionError:
    ours, theirs = (gold.start, gold.end), (predicted.start, predicted.end)
    moved = boundary_kind(ours, theirs, text) if ours != theirs else None
    relabelled = gold.label != predicted.label
    kind: ErrorKind = "boundary+type" if moved and relabelled else "boundary" if moved else "type"
    return MentionError(
        kind, ours, gold.label, theirs, predicted.label, predicted.score, moved
    )  # fmt: skip


def _place(mention: Marking) -> Span:
    return mention.start, mention.end, mention.label
