"""Kiwi's own morpheme vectors, recovered through its public similarity search.

Kiwi's language model holds a 256-dimensional unit vector for each of its morphemes but publishes
only cosine similarities. Similarities to a few hundred anchors are enough: with A the similarities
among the anchors and C those of all morphemes to the anchors, A = V S V' gives vectors C V S^(-1/2)
whose inner products are the cosines (Nyström's method, exact because rank(A) = 256 < anchors).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

DIMENSION = 256
ANCHORS = 600
MORE_THAN_ALL = 200_000


def kiwi_vectors(kiwi: Kiwi, seed: int = 0) -> tuple[list[tuple[str, str]], np.ndarray]:
    """All morphemes that have a vector as (form, tag), and their vectors, float32 [morphemes, 256].

    Takes about half a minute on one core. Where a form has several senses the first one counts.
    """
    start = kiwi.tokenize("기업")[0]
    everything = kiwi.most_similar_morphemes(start, top_n=MORE_THAN_ALL)
    by_id = sorted(everything, key=lambda m: m.id)
    anchors = np.random.default_rng(seed).choice(len(by_id), size=ANCHORS, replace=False)
    similarity = np.empty((len(by_id), ANCHORS))  # [morphemes, anchors]
    for column, anchor in enumerate(anchors):
        anchor_id = by_id[anchor].id
        similarity[:, column] = [kiwi.morpheme_similarity(anchor_id, m.id) for m in by_id]
        similarity[anchor, column] = 1.0
    values, vectors = np.linalg.eigh(similarity[anchors])  # [anchors], [anchors, anchors]
    values, vectors = values[-DIMENSION:], vectors[:, -DIMENSION:]
    matrix = (similarity @ vectors / np.sqrt(values)).astype(np.float32)  # [morphemes, 256]
    firsts: dict[tuple[str, str], int] = {}
    for n, morpheme in enumerate(by_id):
        key = (morpheme.form, plain_tag(morpheme.tag))
        if key not in firsts or morpheme.sense_id < by_id[firsts[key]].sense_id:
            firsts[key] = n
    return list(firsts), matrix[list(firsts.values())]


def plain_tag(tag: str) -> str:
    """Kiwi's tag without the mark of regular or irregular conjugation: `VV-I` is `VV`."""
    return tag.partition("-")[0]
