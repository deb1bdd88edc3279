"""Strict scores of token tags: the numbers of seqeval in a fraction of its time.

In strict mode (Nakayama 2018, seqeval: A Python framework for sequence labeling evaluation; after
Ramshaw and Marcus 1995 and the CoNLL-2003 script) an entity is only what its scheme spells out in
full: in IOB2 a B with the I of the same label right behind it; in IOBES a B closed by an E of the
same label, or one S. Whatever else stands there, an I without its B or a B without its E, is no
entity. For spans with offsets there is no need of tags: see `spans` and `matching`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.spans import Score, Span, score_spans

Scheme = Literal["IOB2", "IOBES", "BILOU"]
PREFIXES: Mapping[Scheme, str] = {"IOB2": "OBI", "IOBES": "OBIES", "BILOU": "OBILU"}

# What a tag without a label has for one, as in seqeval: `B` alone is an entity of it.
UNLABELLED = "_"


@dataclass(frozen=True, slots=True)
class Average:
    """Precision, recall and F1 over all labels, 0..1, and the gold entities they stand on."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class TokenScores:
    """Scores by label, and seqeval's three averages over the labels that occur.

    `micro` pools the entities of all labels; `macro` is the mean of the labels' scores, `weighted`
    the same weighted by their gold entities. All 0 where there is no entity.
    """

    labels: Mapping[str, Score]
    micro: Average
    macro: Average
    weighted: Average


def token_scores(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], scheme: Scheme = "IOB2"
) -> TokenScores:
    """Strict scores of tags: for each sentence as many predicted as gold tags.

    Raises DataError, which names sentence and token from 1, where a tag is not of the scheme, a
    sentence is longer on one side, or there are more sentences on one side; and where there is no
    sentence at all.

    >>> scores = token_scores([["B-ORG", "I-ORG", "O"]], [["B-ORG", "I-ORG", "B-DATE"]])
    >>> scores.micro
    Average(precision=0.5, recall=1.0, f1=0.6666666666666666, support=1)
    """
    wanted, found = _tag_lists(gold, "gold"), _tag_lists(predicted, "predicted")
    if len(wanted) != len(found) or not wanted:
        raise DataError(
            f"{len(wanted)} gold and {len(found)} predicted sentences", "as many of both, not none",
            "pass the tags of the same sentences",
        )  # fmt: skip
    read = _reader(scheme)
    pairs = []
    for number, (tags, answers) in enumerate(zip(wanted, found, strict=True), 1):
        if len(tags) != len(answers):
            raise DataError(
                f"sentence {number}: {len(tags)} gold and {len(answers)} predicted tags",
                "one of each for every token", "tag the same tokens",
            )  # fmt: skip
        pairs.append((read(tags, number), read(answers, number)))
    scores = score_spans(pairs)
    micro = scores.pop("micro")
    return TokenScores(
        labels=scores,
        micro=Average(micro.precision, micro.recall, micro.f1, micro.gold),
        macro=_mean(scores, [1] * len(scores)),
        weighted=_mean(scores, [score.gold for score in scores.values()]),
    )


def tag_spans(tags: Sequence[str], scheme: Scheme = "IOB2") -> list[Span]:
    """The entities of a sentence's tags: first token, token after the last, label.

    Raises DataError where a tag is not of the scheme.

    >>> tag_spans(["B-ORG", "E-ORG", "I-DATE", "S-DATE"], "IOBES")
    [(0, 2, 'ORG'), (3, 4, 'DATE')]
    """
    return _reader(scheme)(tags, 1)


def _reader(scheme: Scheme) -> Callable[[Sequence[str], int], list[Span]]:
    """A function that reads the spans of a sentence's tags, given its number for errors."""
    if scheme not in PREFIXES:
        raise DataError(f"scheme {scheme!r}", ", ".join(PREFIXES), "name one of them")
    # Few distinct tags and many tokens: each is taken apart once.
    known: dict[str, tuple[str, str]] = {"O": ("O", UNLABELLED)}
    # BILOU is IOBES by other letters.
    letters = str.maketrans("LU", "ES") if scheme == "BILOU" else {}
    is_closed = scheme != "IOB2"

    def parse(tag: str, number: int, token: int) -> tuple[str, str]:
        prefix, label = tag[:1], tag[1:].strip("-") or UNLABELLED
        if not prefix or prefix not in PREFIXES[scheme]:
            raise DataError(
                f"sentence {number}, token {token + 1}: tag {tag!r}",
                f"{scheme}: {', '.join(PREFIXES[scheme])}, then - and a label",
                "name the scheme that the tags have, or correct them",
            )
        known[tag] = prefix.translate(letters), label
        return known[tag]

    def read(tags: Sequence[str], number: int) -> list[Span]:
        spans: list[Span] = []
        start, open_label = -1, ""
        for at, tag in enumerate(tags):
            prefix, label = known.get(tag) or parse(tag, number, at)
            if start >= 0:
                if prefix == "I" and label == open_label:
                    continue
                if prefix == "E" and label == open_label:
                    spans.append((start, at + 1, label))
                elif not is_closed:
                    spans.append((start, at, open_label))
                start = -1
            if prefix == "B":
                start, open_label = at, label
            elif prefix == "S":
                spans.append((at, at + 1, label))
        if start >= 0 and not is_closed:
            spans.append((start, len(tags), open_label))
        return spans

    return read


def _mean(scores: Mapping[str, Score], weights: Sequence[int]) -> Average:
    total = sum(weights)

    def mean(values: Iterable[float]) -> float:
        return sum(w * v for w, v in zip(weights, values, strict=True)) / total if total else 0.0

    every = scores.values()
    return Average(
        mean(s.precision for s in every),
        mean(s.recall for s in every),
        mean(s.f1 for s in every),
        sum(s.gold for s in every),
    )


def _tag_lists(sentences: Iterable[Sequence[str]], side: str) -> list[Sequence[str]]:
    """The sentences as a list; a string in place of a list of tags is a mistake, not tags."""
    lists = list(sentences)
    for number, tags in enumerate(lists, 1):
        if isinstance(tags, str):
            raise DataError(f"{side} sentence {number}: {tags!r}", "a list of tags", "split it")
    return lists
