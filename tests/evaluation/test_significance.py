"""Intervals and p-values of F1 over documents, against enumeration by hand and scipy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.scores import Score
from lgtalent_ie.evaluation.significance import f1_of_sums, intervals, paired_permutation


def sums(right: int, predicted: int = 10, gold: int = 10) -> list[list[float]]:
    """One document of one row."""
    return [[right, predicted, right, gold]]


def drawn(seed: int, documents: int, rows: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    gold = generator.integers(1, 9, (documents, rows))
    predicted = generator.integers(1, 9, (documents, rows))
    right = generator.integers(0, np.minimum(gold, predicted) + 1)
    return np.stack([right, predicted, right, gold], -1).astype(float)


def f1(table: np.ndarray) -> float:
    right, predicted, recalled, gold = table.sum(0)
    return Score(right, predicted, recalled, gold).f1


@given(arrays(np.int64, (3, 4), elements=st.integers(0, 9)))
@settings(max_examples=50, deadline=None)
def test_f1_is_that_of_a_score_but_where_there_is_nothing(table: np.ndarray) -> None:
    for row, found in zip(table, f1_of_sums(table), strict=True):
        if row[1] + row[3] == 0:
            assert np.isnan(found)
        else:
            assert found == pytest.approx(Score(*row.tolist()).f1)


def test_two_documents_reach_from_one_to_the_other() -> None:
    # Both drawn are the same one in a quarter of the draws each.
    assert intervals([sums(2), sums(8)])[0] == pytest.approx([0.2, 0.8])
    assert intervals([sums(2), sums(8)], confidence=0.4)[0] == pytest.approx([0.5, 0.5])


def test_documents_that_are_alike_leave_no_doubt() -> None:
    assert intervals([sums(7)] * 5)[0] == pytest.approx([0.7, 0.7])


def test_intervals_are_those_of_scipy() -> None:
    table = drawn(3, documents=25)
    found = intervals(table, resamples=4000, seed=1)[0]
    theirs = stats.bootstrap(
        tuple(table[:, 0].T),
        lambda *own, axis: f1_of_sums(np.stack([o.sum(axis) for o in own], -1)),
        paired=True, method="percentile", n_resamples=4000, rng=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip
    assert found == pytest.approx([theirs.low, theirs.high], abs=0.012)
    assert found[0] < f1(table[:, 0]) < found[1]


def test_rows_are_drawn_together_and_each_for_itself() -> None:
    table = drawn(4, documents=12, rows=3)
    found = intervals(table, resamples=300)
    assert found.shape == (3, 2)
    for row in range(3):
        assert found[row] == pytest.approx(intervals(table[:, row : row + 1], resamples=300)[0])


def test_a_seed_gives_the_same_interval() -> None:
    table = drawn(5, documents=12)
    assert np.array_equal(intervals(table, seed=3), intervals(table, seed=3))
    assert not np.array_equal(intervals(table, seed=3), intervals(table, seed=4))


def test_more_confidence_is_a_wider_interval() -> None:
    table = drawn(6, documents=15)
    (low, high), (lower, higher) = intervals(table, 0.8)[0], intervals(table, 0.99)[0]
    assert lower < low < high < higher


def test_what_is_not_there_has_no_interval() -> None:
    nothing = [[0.0, 0, 0, 0]]
    assert np.isnan(intervals([nothing] * 4)).all()
    assert np.isnan(intervals([sums(7)])).all()
    # Draws without the one document that has items are left out.
    assert intervals([sums(7), nothing, nothing])[0] == pytest.approx([0.7, 0.7])


def exact(a: np.ndarray, b: np.ndarray) -> float:
    """The share of all swaps that differ as much, one by one."""
    seen = abs(f1(a) - f1(b))
    swaps = list(product([False, True], repeat=len(a)))
    return sum(
        abs(f1(np.where(np.array(s)[:, None], b, a)) - f1(np.where(np.array(s)[:, None], a, b)))
        >= seen - 1e-9
        for s in swaps
    ) / len(swaps)


def two_systems(seed: int, documents: int) -> tuple[np.ndarray, np.ndarray]:
    a, b = drawn(seed, documents), drawn(seed + 100, documents)
    b[..., 3] = a[..., 3]
    b[..., 0] = b[..., 2] = np.minimum(b[..., 0], b[..., 3])
    return a, b


@pytest.mark.parametrize("seed", range(4))
def test_few_documents_are_swapped_in_every_way(seed: int) -> None:
    a, b = two_systems(seed, documents=6)
    assert paired_permutation(a, b)[0] == exact(a[:, 0], b[:, 0])
    assert paired_permutation(a, b)[0] == paired_permutation(b, a)[0]


def test_the_exact_test_is_that_of_scipy() -> None:
    a, b = two_systems(9, documents=7)

    def difference(places: np.ndarray, others: np.ndarray, axis: int) -> np.ndarray:
        """scipy swaps places in the table of both systems' documents."""
        both = np.concatenate([a[:, 0], b[:, 0]])
        own, its = (both[p.astype(int)].sum(-2) for p in (places, others))
        return f1_of_sums(own) - f1_of_sums(its)

    theirs = stats.permutation_test(
        (np.arange(7), np.arange(7, 14)), difference, permutation_type="samples",
        vectorized=True, n_resamples=np.inf, axis=-1,
    )  # fmt: skip
    two_sided = np.mean(np.abs(theirs.null_distribution) >= abs(theirs.statistic) - 1e-9)
    assert paired_permutation(a, b)[0] == pytest.approx(two_sided)


def test_many_documents_are_swapped_at_random_and_come_near() -> None:
    a, b = two_systems(2, documents=10)
    known = paired_permutation(a, b, resamples=1024)[0]
    assert paired_permutation(a, b, resamples=1023, seed=5)[0] == pytest.approx(known, abs=0.05)
    assert known == exact(a[:, 0], b[:, 0])


def test_a_system_better_everywhere_is_better() -> None:
    good, bad = np.array([sums(9)] * 40), np.array([sums(5)] * 40)
    assert paired_permutation(good, bad, resamples=999)[0] == 0.001
    assert paired_permutation(good, bad, resamples=999, seed=1)[0] == 0.001


def test_the_same_answers_differ_by_chance_alone() -> None:
    table = drawn(1, documents=30)
    assert paired_permutation(table, table, resamples=200).tolist() == [1.0]


def test_a_row_without_gold_has_no_p_value() -> None:
    row = [[0.0, 2, 0, 0]]
    assert np.isnan(paired_permutation([row, row], [row, row])).all()


@pytest.mark.parametrize(
    "table, said",
    [
        ([], "one document or more"),
        (np.zeros((2, 4)), r"\[documents, rows, 4\]"),
        (np.zeros((0, 1, 4)), "one document or more"),
        ([[[1, -1, 1, 1]]], "negative"),
        ([[[1, np.nan, 1, 1]]], "no number"),
    ],
)
def test_what_are_no_sums_is_refused(table: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        intervals(table)  # type: ignore[arg-type]


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        intervals([sums(1)], confidence=95)
    with pytest.raises(DataError, match="0 resamples"):
        intervals([sums(1)], resamples=0)
    with pytest.raises(DataError, match="0 resamples"):
        paired_permutation([sums(1)], [sums(1)], resamples=0)


def test_systems_scored_on_other_gold_are_refused() -> None:
    for other in ([sums(1)] * 2, [sums(1, gold=9)]):
        with pytest.raises(DataError, match="same documents, rows and gold"):
            paired_permutation([sums(1)], other)
