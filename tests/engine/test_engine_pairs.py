"""KLUE-RE's rows in, probabilities of its thirty labels out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import analyzer
from numpy.typing import NDArray
from tiny_models import PAIR_HEAD, tiny_pair_tagger, tiny_tagger

from lgtalent_ie.engine import pairs
from lgtalent_ie.engine.pairs import pair_probabilities, places_of, read_morphemes
from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.errors import DataError, ModelError
from lgtalent_ie.model.config import RELATIONS, RelationConfig
from lgtalent_ie.model.pairs import PairPlaces
from lgtalent_ie.training.labels import RELATION_TYPES

TEXT = "새별전자가 정하늘 사장을 새로 뽑았다."


def row(subject: list[Any], object_: list[Any], text: str = TEXT) -> dict[str, Any]:
    return {"id": "7", "text": text, "subject": subject, "object": object_}


ROWS = [
    row([0, 4, "ORG"], [6, 9, "PER"]),
    row([6, 9, "PER"], [10, 12, "POH"]),
    row([0, 2, "LOC"], [3, 5, "NOH"], "한빛 2명."),
]


def probabilities(
    rows: list[dict[str, Any]], relations: RelationConfig = PAIR_HEAD
) -> NDArray[np.float32]:
    return pair_probabilities(Runtime(tiny_pair_tagger(relations), "cpu"), rows, analyzer())


def test_a_probability_per_row_and_label() -> None:
    found = probabilities(ROWS)
    assert found.shape == (3, 30)
    assert (found > 0).all()
    assert found.sum(1) == pytest.approx(1, abs=1e-5)
    assert probabilities([]).shape == (0, 30)


def test_rows_are_answered_in_their_order_however_many_are_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = np.concatenate([probabilities([one]) for one in ROWS])
    assert np.abs(alone[0] - alone[1]).max() > 1e-3
    for chunk in (2, 512):
        monkeypatch.setattr(pairs, "CHUNK", chunk)
        assert probabilities(ROWS) == pytest.approx(alone, abs=1e-5)


def test_the_shift_moves_no_relation_and_nothing_else() -> None:
    plain = probabilities(ROWS)
    shifted = probabilities(ROWS, replace(PAIR_HEAD, no_relation_shift=1.5))
    odds = np.log(shifted) - np.log(plain)  # [rows, labels], up to a number per row
    assert odds[:, 1:] == pytest.approx(np.tile(odds[:, 1:2], 29), abs=1e-4)
    assert odds[:, 0] - odds[:, 1] == pytest.approx(1.5, abs=1e-4)
    assert shifted.sum(1) == pytest.approx(1, abs=1e-5)


def test_a_model_without_a_head_for_it_says_so() -> None:
    with pytest.raises(ModelError, match="tiny without a head"):
        pair_probabilities(Runtime(tiny_tagger(), "cpu"), ROWS, analyzer())
    only_own = replace(PAIR_HEAD, labels={RELATIONS: PAIR_HEAD.labels[RELATIONS]})
    with pytest.raises(ModelError, match="klue_re"):
        probabilities(ROWS, only_own)


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(DataError, match=r"row 7.*'ANIMAL'"):
        probabilities([row([0, 4, "ORG"], [6, 9, "ANIMAL"])])


def test_entities_stand_where_their_morphemes_do() -> None:
    morphemes = read_morphemes(TEXT, analyzer())
    place = places_of(ROWS[0], morphemes)
    assert place[4:] == ("ORG", "PERSON")
    assert morphemes[place.head_start].start == 0
    assert morphemes[place.head_end - 1].end == 4
    assert morphemes[place.tail_start].start == 6
    assert morphemes[place.tail_end - 1].end == 9


def test_an_entity_without_morphemes_stands_at_the_first() -> None:
    morphemes = read_morphemes(TEXT, analyzer())
    blank = row([5, 6, "ORG"], [0, 4, "DAT"])
    end = places_of(ROWS[0], morphemes).head_end
    assert places_of(blank, morphemes) == PairPlaces(0, 1, 0, end, "ORG", "DATE")


def test_a_text_without_morphemes_has_all_labels_alike() -> None:
    empty = row([0, 1, "ORG"], [1, 2, "PER"], "   ")
    for rows in ([empty], [ROWS[0], empty]):
        assert probabilities(rows)[-1] == pytest.approx(1 / 30, abs=1e-6)
    assert probabilities([ROWS[0], empty])[0] == pytest.approx(probabilities(ROWS)[0], abs=1e-5)


def test_the_engine_and_training_read_klues_types_alike() -> None:
    assert pairs.ENTITY_LABELS == RELATION_TYPES
