"""Pieces: rows of the vocabulary, tags with eojeol starts, characters of unknown words."""

from __future__ import annotations

import numpy as np
from helpers import make_reading
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.model.pieces import TAG_IDS, Vocabulary, character_ngrams, join_pieces, make_pieces

TEXT = "연구원 12명이 왔다."
VOCABULARY = Vocabulary([("연구원", "NNG"), ("", "SN"), ("이", "JKS")])


def pieces_of(text: str):  # type: ignore[no-untyped-def]
    return make_pieces(make_reading(text).sentences[0].morphemes, VOCABULARY, 1000, text)


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


def test_the_vocabulary_comes_back_from_its_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    VOCABULARY.save(tmp_path)
    assert Vocabulary.load(tmp_path).keys == VOCABULARY.keys
