"""KLUE-RE's task on this engine: one pair of entities a sentence, one of thirty labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.errors import DataError, ModelError
from lgtalent_ie.model.config import ENTITY_TYPES, KLUE_RE
from lgtalent_ie.model.pairs import PairPlaces
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.reading import Morpheme
from lgtalent_ie.schema import Section

# KLUE-RE's types of entities by this library's labels; POH and NOH have none.
ENTITY_LABELS = {"PER": "PERSON", "ORG": "ORG", "LOC": "LOCATION", "DAT": "DATE"}

# Rows whose states are kept in memory at once.
CHUNK = 512


def pair_probabilities(
    runtime: Runtime, rows: Sequence[Mapping[str, Any]], analyzer: Analyzer
) -> NDArray[np.float32]:
    """[rows, 30] probabilities, in the order of the model's labels, no relation first.

    `rows` have `text`, and `subject` and `object` as [start, end, type]. Of a text without
    morphemes all labels are alike. ModelError where the model has no head over pairs, DataError
    where a type is not KLUE-RE's.
    """
    config = runtime.tagger.config.relations
    if config is None or KLUE_RE not in config.labels:
        raise ModelError(
            f"model {runtime.tagger.config.name} without a head for {KLUE_RE}",
            "a model with a head over pairs", "leave model= out for the shipped model",
        )  # fmt: skip
    chunks = [np.zeros((0, len(config.labels[KLUE_RE])), dtype=np.float32)]
    for at in range(0, len(rows), CHUNK):
        some = rows[at : at + CHUNK]
        windows = [WindowText(row["text"], read_morphemes(row["text"], analyzer)) for row in some]
        pairs = [
            [places_of(row, window.morphemes)] if window.morphemes else []
            for row, window in zip(some, windows, strict=True)
        ]
        found = runtime.pair_logits(runtime.states(windows), pairs, KLUE_RE)
        nothing = np.zeros(len(config.labels[KLUE_RE]), dtype=np.float32)
        logits = np.stack([pair[0] if len(pair) else nothing for pair in found])  # [rows, labels]
        logits[:, 0] += config.no_relation_shift
        shifted = np.exp(logits - logits.max(1, keepdims=True))  # [rows, labels]
        chunks.append(shifted / shifted.sum(1, keepdims=True))
    return np.concatenate(chunks)


def read_morphemes(text: str, analyzer: Analyzer) -> tuple[Morpheme, ...]:
    """The morphemes of a text that is all article."""
    sentences = analyzer.sentences(text, [Section("body", 0, len(text))])
    return tuple(m for sentence in sentences for m in sentence.morphemes)


def places_of(row: Mapping[str, Any], morphemes: Sequence[Morpheme]) -> PairPlaces:
    """The pair of a row; an entity that no morpheme overlaps stands at the first one."""
    ends: list[int] = []
    for start, end, _ in (row["subject"], row["object"]):
        inside = [n for n, m in enumerate(morphemes) if m.start < end and start < m.end] or [0]
        ends += [inside[0], inside[-1] + 1]
    kinds = [ENTITY_LABELS.get(row[key][2], row[key][2]) for key in ("subject", "object")]
    if any(kind not in ENTITY_TYPES for kind in kinds):
        raise DataError(
            f"KLUE-RE row {row.get('id')} with types {row['subject'][2]!r}, {row['object'][2]!r}",
            "PER, ORG, LOC, DAT, POH or NOH", "correct the row",
        )  # fmt: skip
    return PairPlaces(ends[0], ends[1], ends[2], ends[3], kinds[0], kinds[1])
