"""What the model's head over pairs says of the mentions of each sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from lgtalent_ie.model.config import RELATED, RELATIONS
from lgtalent_ie.model.decoding import sigmoid
from lgtalent_ie.model.pairs import PairPlaces
from lgtalent_ie.reading import Reading, Sentence
from lgtalent_ie.schema import Mention

if TYPE_CHECKING:
    from lgtalent_ie.engine.runtime import SentenceReader

# Sentences with more mentions are lists; of these the first are looked at.
MOST_MENTIONS = 24
# Of longer sentences the beginning is read: every pair reads all of it, and 40 names in 6,000
# morphemes would take minutes. The head was trained on shorter ones.
MOST_MORPHEMES = 256


@dataclass(frozen=True, slots=True)
class Proposal:
    """A relation that the model holds likely, within the sentence of this number."""

    type: str
    head: Mention
    tail: Mention
    sentence: int
    score: float


def propose_relations(
    reading: Reading, runtime: SentenceReader, states: Sequence[Any]
) -> tuple[Proposal, ...]:
    """All relations of the model's threshold and above; none where it has no head over pairs.

    `states` are those of the sentences, as `runtime.states` gave them. All pairs of mentions whose
    labels can be related are scored, sentence by sentence, without another pass of the encoder.
    """
    config = runtime.tagger.config.relations
    if config is None or RELATIONS not in config.labels:
        return ()
    by_sentence = [candidates(reading, sentence) for sentence in reading.sentences]
    places = [[pair for pair, _, _ in some] for some in by_sentence]
    read = [rows[:MOST_MORPHEMES] for rows in states]  # [n, hidden] per sentence
    logits = runtime.pair_logits(read, places, RELATIONS)  # [P, relations] per sentence
    labels = config.labels[RELATIONS]
    found = []
    for number, (some, rows) in enumerate(zip(by_sentence, logits, strict=True)):
        scores = sigmoid(rows.astype(np.float64) / config.temperature)  # [P, relations]
        for pair, label in np.argwhere(scores >= config.threshold).tolist():
            _, head, tail = some[pair]
            found.append(Proposal(labels[label], head, tail, number, float(scores[pair, label])))
    return tuple(found)


def candidates(reading: Reading, sentence: Sentence) -> list[tuple[PairPlaces, Mention, Mention]]:
    """The pairs of a sentence's mentions whose labels can be related."""
    placed = []
    for mention in reading.within(sentence.start, sentence.end)[:MOST_MENTIONS]:
        covered = [
            n
            for n, m in enumerate(sentence.morphemes[:MOST_MORPHEMES])
            if m.start < mention.end and mention.start < m.end
        ]
        if covered:
            placed.append((mention, covered[0], covered[-1] + 1))
    return [
        (PairPlaces(*head[1:], *tail[1:], head[0].label, tail[0].label), head[0], tail[0])
        for head, tail in permutations(placed, 2)
        if tail[0].label in RELATED.get(head[0].label, ())
    ]
