"""Pieces: rows of the vocabulary, tags with eojeol starts, characters of unknown words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import make_reading
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.model.pieces import (
    TAG_IDS,
    Vocabulary,
    character_ngrams,
    join_pieces,
    kinds_of,
    make_pieces,
)

TEXT = "연구원 12명이 왔다."
VOCABULARY = Vocabulary([("연구원", "NNG"), ("", "SN"), ("이", "JKS")])


def pieces_of(text: str):  # type: ignore[no-untyped-def]
    return make_pieces(kinds_of(make_reading(text).sentences[0].morphemes, text), VOCABULARY, 1000)


def test_known_morphemes_have_rows_and_numbers_share_one() -> None:
    assert pieces_of(TEXT).morphemes.tolist()[:4] == [1, 2, 0, 3]


def test_the_tag_says_whether_an_eojeol_begins() -> None:
    tags = pieces_of(TEXT).tags.tolist()
    assert tags[:4] == [
        2 * TAG_IDS["NNG"] + 1, 2 * TAG_IDS["SN"] + 1, 2 * TAG_IDS["NNB"], 2 * TAG_IDS["JKS"],
    ]  # fmt: skip


def test_numbers_of_like_shape_are_alike() -> None:
    assert character_ngrams("2023", 1 << 20) == character_ngrams("1999", 1 << 20)
    assert character_ngrams("2023", 1 << 20) != character_ngrams("199", 1 << 20)


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=200))
def test_every_form_has_buckets_and_not_too_many(form: str) -> None:
    buckets = character_ngrams(form, 97)
    assert 0 < len(buckets) < 100
    assert all(0 <= bucket < 97 for bucket in buckets)


def test_joined_windows_keep_their_own_characters() -> None:
    one, two = pieces_of(TEXT), pieces_of("새별전자가 명단을 냈다.")
    joined = join_pieces([one, two])
    assert joined.lengths.tolist() == [len(one.morphemes), len(two.morphemes)]
    tail = joined.ngrams[joined.offsets[len(one.morphemes)] :]
    assert np.array_equal(tail, two.ngrams)


@pytest.mark.parametrize("cut", [[], [("원", "NNG"), ("채", "NNB")]])
def test_the_vocabulary_comes_back_from_its_file(
    cut: list[tuple[str, str]], tmp_path: Path
) -> None:
    vocabulary = Vocabulary(VOCABULARY.keys[1:], cut)
    vocabulary.save(tmp_path)
    loaded = Vocabulary.load(tmp_path)
    assert (loaded.keys, loaded.cut, loaded.rows) == (vocabulary.keys, cut, vocabulary.rows)


def test_a_cut_morpheme_is_hidden_an_unknown_one_takes_the_vector_of_its_class() -> None:
    vocabulary = Vocabulary([("", "NNP"), ("서울", "NNP")], [("나주", "NNP")])
    assert vocabulary.row("서울", "NNP") == 2
    assert vocabulary.row("나주", "NNP") == 0
    assert vocabulary.row("새별누리", "NNP") == 1
    assert vocabulary.row("가", "JKS") == 0
