"""Which articles are marked first: the doubtful and the different, the same ones for one seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from annotated_article import GRAMMAR_TEXT, grammar_extractor
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import tiny_tagger

from lgtalent_ie.annotation.selection import (
    BUCKETS,
    DECISIONS,
    Look,
    choose,
    doubts,
    look,
    profile,
    uncertainty,
)
from lgtalent_ie.errors import InputError
from lgtalent_ie.extractor import Extractor
from lgtalent_ie.model.loading import save_model

HIRING = "새별전자는 올해 인공지능 연구원을 새로 뽑는다고 밝혔다."
HIRING_AGAIN = "새별전자는 올해 인공지능 연구원을 새로 뽑는다고 말했다."
WHALES = "먼바다에서 고래 떼가 물을 뿜으며 천천히 지나갔다."
KITCHEN = "된장에 두부와 애호박을 넣고 보글보글 끓인다."


def places(pool: list[Look], number: int, **settings: object) -> list[int]:
    return [choice.place for choice in choose(pool, number, **settings)]  # type: ignore[arg-type]


def looks(*pairs: tuple[float, str]) -> list[Look]:
    return [Look(doubt, profile(text)) for doubt, text in pairs]


def test_uncertainty_is_the_mean_of_the_greatest_doubts() -> None:
    assert uncertainty([0.9] * DECISIONS + [0.0] * 500) == pytest.approx(0.9)
    assert uncertainty([0.9]) == pytest.approx(0.9 / DECISIONS)
    assert uncertainty([]) == 0


def test_by_uncertainty_alone_the_most_doubtful_come_first() -> None:
    pool = looks((0.2, HIRING), (0.9, HIRING_AGAIN), (0.5, WHALES))
    assert places(pool, 3, balance=1.0) == [1, 2, 0]


def test_by_difference_alone_the_like_come_last() -> None:
    pool = looks((0.9, HIRING), (0.9, HIRING_AGAIN), (0.0, WHALES), (0.0, KITCHEN))
    for seed in range(5):
        chosen = places(pool, 4, balance=0.0, seed=seed)
        assert chosen[3] in (0, 1)
    likeness = {c.place: c.likeness for c in choose(pool, 4, 0.0)}
    assert max(likeness[0], likeness[1]) > 0.6 > likeness[2] + likeness[3]


def test_in_between_a_second_article_on_the_same_is_put_off() -> None:
    pool = looks((0.9, HIRING), (0.88, HIRING_AGAIN), (0.6, WHALES), (0.1, KITCHEN))
    assert places(pool, 2, balance=1.0) == [0, 1]
    assert places(pool, 2, balance=0.5) == [0, 2]


def test_what_is_like_articles_marked_before_comes_late() -> None:
    pool = looks((0.5, HIRING), (0.5, WHALES))
    assert places(pool, 2, before=[profile(HIRING_AGAIN)]) == [1, 0]
    assert places(pool, 2, before=[profile(WHALES + " 고래가 또 왔다.")]) == [0, 1]


def test_the_seed_settles_ties_and_nothing_else() -> None:
    pool = looks(*[(0.5, HIRING)] * 20)
    firsts = {places(pool, 1, seed=seed)[0] for seed in range(20)}
    assert len(firsts) > 3
    assert places(pool, 20, seed=7) == places(pool, 20, seed=7)


@given(st.lists(st.tuples(st.floats(0, 1), st.text(max_size=20)), max_size=8), st.integers(1, 10),
       st.floats(0, 1))  # fmt: skip
def test_every_article_is_chosen_once_at_most(
    pool: list[tuple[float, str]], number: int, balance: float
) -> None:
    chosen = places(looks(*pool), number, balance=balance)
    assert len(chosen) == len(set(chosen)) == min(number, len(pool))


@pytest.mark.parametrize("number, balance", [(0, 0.5), (1, 1.1), (1, -0.1), (-3, 0.5)])
def test_settings_that_mean_nothing_are_refused(number: int, balance: float) -> None:
    with pytest.raises(InputError, match="balance from 0 to 1"):
        choose(looks((0.5, HIRING)), number, balance)


def test_a_profile_does_not_mind_line_breaks_and_empty_texts() -> None:
    assert np.array_equal(profile(HIRING), profile(HIRING.replace(" ", "\n  ")))
    assert profile("").shape == (BUCKETS,) and not profile("").any()
    assert np.isfinite(profile("가" * 100_000)).all()


def test_a_model_that_is_sure_has_no_doubts(tmp_path: Path) -> None:
    sure = doubts(grammar_extractor(tmp_path / "sure"), GRAMMAR_TEXT)
    assert sure and max(sure) < 1e-6
    assert look(grammar_extractor(tmp_path / "sure"), "").uncertainty == 0


def test_a_span_half_believed_and_a_word_nearly_marked_are_doubts(tmp_path: Path) -> None:
    tagger = tiny_tagger()
    with torch.no_grad():
        head = tagger.heads["mentions"]
        head.weight.zero_()  # type: ignore[union-attr, operator]
        head.bias.fill_(-50.0)  # type: ignore[union-attr, operator]
        head.bias[0], head.bias[1] = 0.0, -1.0  # type: ignore[index, operator]
    save_model(tagger, tmp_path / "near")
    near = doubts(Extractor(tmp_path / "near", device="cpu"), GRAMMAR_TEXT)
    # Every morpheme is left out, and each might have begun an organisation: e^-1 / (1 + e^-1).
    assert near == pytest.approx([0.2689] * len(near), abs=0.01)
    with torch.no_grad():
        head.bias[1] = 1.0  # type: ignore[index, operator]
    save_model(tagger, tmp_path / "half")
    half = Extractor(tmp_path / "half", device="cpu")
    score = half.extract(GRAMMAR_TEXT).mentions
    assert len(doubts(half, GRAMMAR_TEXT)) == len(near)
    assert doubts(half, GRAMMAR_TEXT)[0] == pytest.approx(0.2689, abs=0.01), score
