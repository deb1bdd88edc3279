"""Tokens cover a text, tags and chunks are each other's inverse."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_samples import texts

from lgtalent_ie.annotation.tokens import (
    Scheme,
    chunks_of,
    cut,
    line_starts,
    scheme_of,
    tags_of,
    tokens_of,
)
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention


@given(texts())
def test_every_character_but_blanks_is_in_one_token(text: str) -> None:
    spans = tokens_of(text, "eojeol")
    assert "".join(text[a:b] for a, b in spans) == "".join(text.split())
    assert cut(spans, range(len(text))) == [
        (n, n + 1) for n, c in enumerate(text) if not c.isspace()
    ]


def test_morphemes_cut_eojeol_where_no_syllable_is_shared() -> None:
    text = "한빛전자가\u200b 했다."
    pieces = [text[a:b] for a, b in tokens_of(text, "morpheme")]
    assert "".join(pieces) == "한빛전자가\u200b했다."
    assert pieces[-3:] == ["했", "다", "."]


@given(
    st.lists(st.sampled_from(["O", "ORG", "ORG ORG", "DATE"])), st.sampled_from(get_args(Scheme))
)
def test_chunks_survive_their_tags(pieces: list[str], scheme: Scheme) -> None:
    chunks, at = [], 0
    for piece in pieces:
        size = len(piece.split())
        if piece != "O":
            chunks.append((at, at + size, piece.split()[0]))
        at += size
    tags = tags_of(chunks, at, scheme)
    assert list(chunks_of(tags, [""] * at)) == chunks
    assert scheme_of(tags) == (scheme if chunks else "bio")


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ("I-A", 1), ("O I-A", 2), ("B-A I-B", 2), ("B-A O I-A", 3), ("E-A", 1), ("S-A I-A", 2), ("B-A S-A", 2),
        ("S-A B-A", 2), ("B-A E-B", 2), ("B-A E-A E-A", 3), ("L-A", 1), ("B-", 1), ("", 1), ("b-A", 1),
    ],
)  # fmt: skip
def test_tags_that_go_on_nothing_are_named(tags: str, line: int) -> None:
    given = tags.split(" ")
    with pytest.raises(DataError, match=f"line {line}:"):
        list(chunks_of(given, [f"line {n}" for n in range(1, len(given) + 1)]))


def test_lines_begin_at_words_and_not_inside_mentions() -> None:
    text = " 한빛\n\n  전자\r\n새벽\n"
    assert line_starts(text, []) == [1, 7, 11]
    assert line_starts(text, [GoldMention("m1", "ORG", 2, 9)]) == [1, 11]
    assert line_starts(text, [GoldMention("m1", "ORG", 7, 9)]) == [1, 7, 11]
    assert line_starts(" \n ", []) == []
