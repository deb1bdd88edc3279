"""Calibration: the error by hand, temperatures and maps that are known beforehand."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.calibration import (
    IGNORED,
    Bin,
    Platt,
    aligned_spans,
    apply_platt,
    expected_calibration_error,
    fit_platt,
    fit_sigmoid_temperature,
    fit_span_scores,
    fit_temperature,
    reliability,
    span_scores,
)
from lgtalent_ie.model.decoding import log_softmax
from lgtalent_ie.reading import Morpheme

NO_SCORES, NO_ANSWERS = np.zeros(0), np.zeros(0, dtype=bool)
seeds = st.integers(0, 10**6)
few = settings(max_examples=5, deadline=None)


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """Dividing by zero and the like would be a warning first."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def classes_of(logits: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A class a row, drawn with the probabilities that the logits claim."""
    return (logits + random.gumbel(size=logits.shape)).argmax(1)


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(log_softmax(logits))


def truth_of(scores: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """What is right, drawn with the chance that the scores claim."""
    return random.random(scores.shape) < scores


def sharpened(scores: np.ndarray, slope: float, offset: float) -> np.ndarray:
    return 1 / (1 + np.exp(-(slope * np.log(scores / (1 - scores)) + offset)))


ERRORS: dict[str, tuple[list[float], list[int], int, float]] = {
    "as sure as right": ([0.5, 0.5], [1, 0], 15, 0.0),
    "sure and wrong": ([1.0], [0], 15, 1.0),
    "sure and right": ([1.0], [1], 15, 0.0),
    "unsure and right": ([0.0], [1], 15, 1.0),
    "gaps of bins do not cancel": ([0.9, 0.1], [0, 1], 2, 0.9),
    "gaps inside a bin do": ([0.9, 0.1], [0, 1], 1, 0.0),
    "bins count by their answers": ([0.9, 0.9, 0.9, 0.2], [1, 1, 1, 0], 2, 0.75 * 0.1 + 0.25 * 0.2),
    "no answers": ([], [], 15, 0.0),
}


@pytest.mark.parametrize("scores, correct, bins, error", ERRORS.values(), ids=ERRORS.keys())
def test_expected_calibration_error(
    scores: list[float], correct: list[int], bins: int, error: float
) -> None:
    found = expected_calibration_error(np.array(scores), np.array(correct, dtype=bool), bins)
    assert found == pytest.approx(error)


def test_a_bin_has_its_upper_edge_and_the_first_has_zero_too() -> None:
    scores = np.arange(11) / 10  # as floats, 0.7 * 10 is more than 7
    counts = [b.count for b in reliability(scores, scores > 0.5, bins=10)]
    assert counts == [2, 1, 1, 1, 1, 1, 1, 1, 1, 1]


def test_the_diagram_has_the_bins_that_hold_something() -> None:
    scores, correct = np.array([0.3, 0.9, 0.8, 1.0]), np.array([True, True, False, True])
    low, high = reliability(scores, correct, bins=4)
    assert low == Bin(0.25, 0.5, 1, 0.3, 1.0)
    assert (high.low, high.high, high.count) == (0.75, 1.0, 3)
    assert (high.mean_score, high.share_correct) == (pytest.approx(0.9), pytest.approx(2 / 3))
    assert reliability(NO_SCORES, NO_ANSWERS) == ()


@few
@given(seeds)
def test_a_calibrated_sample_is_left_alone(seed: int) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(scale=2, size=(5000, 5))
    targets = classes_of(logits, random)
    assert fit_temperature(logits, targets) == pytest.approx(1, abs=0.08)
    probabilities = softmax(logits)
    correct = probabilities.argmax(1) == targets
    assert expected_calibration_error(probabilities.max(1), correct) < 0.03


@few
@given(seeds, st.sampled_from([0.5, 2.0, 4.0]))
def test_the_temperature_undoes_what_sharpened_the_logits(seed: int, factor: float) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(scale=2, size=(5000, 5))
    targets = classes_of(logits, random)
    temperature = fit_temperature(factor * logits, targets)
    assert temperature == pytest.approx(factor, rel=0.08)
    assert temperature == pytest.approx(factor * fit_temperature(logits, targets), rel=1e-4)


@few
@given(seeds, st.sampled_from([0.5, 1.0, 2.0, 4.0]))
def test_so_it_does_for_labels_that_are_each_a_yes_or_no(seed: int, factor: float) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(scale=2, size=(2000, 6))
    targets = truth_of(1 / (1 + np.exp(-logits)), random)
    assert fit_sigmoid_temperature(factor * logits, targets) == pytest.approx(factor, rel=0.08)


def test_the_temperature_has_the_least_loss() -> None:
    random = np.random.default_rng(3)
    logits = random.normal(size=(300, 4))
    targets = classes_of(0.6 * logits, random)

    def loss(temperature: float) -> float:
        return -float(log_softmax(logits / temperature)[np.arange(300), targets].mean())

    fitted = fit_temperature(logits, targets)
    assert loss(fitted) <= min(loss(t) for t in np.linspace(0.1, 10, 400)) + 1e-6


def test_unknown_targets_do_not_count() -> None:
    random = np.random.default_rng(4)
    logits = random.normal(scale=2, size=(400, 3))
    targets = classes_of(logits, random)
    partly = np.concatenate([targets, np.full(100, IGNORED)])
    more = np.concatenate([logits, random.normal(size=(100, 3))])
    assert fit_temperature(more, partly) == fit_temperature(logits, targets)


HOPELESS: dict[str, tuple[list[list[float]], list[int]]] = {
    "all right": ([[9.0, 0.0], [0.0, 9.0]], [0, 1]),
    "all right and very sure": ([[9e4, 0.0], [0.0, 9e4]], [0, 1]),
    "all wrong": ([[9.0, 0.0], [0.0, 9.0]], [1, 0]),
    "nothing said": ([[3.0, 3.0], [3.0, 3.0]], [1, 0]),
    "all unknown": ([[9.0, 0.0]], [IGNORED]),
}


@pytest.mark.parametrize("logits, targets", HOPELESS.values(), ids=HOPELESS.keys())
def test_without_anything_to_fit_from_the_temperature_is_one(
    logits: list[list[float]], targets: list[int]
) -> None:
    assert fit_temperature(np.array(logits), np.array(targets)) == 1.0


def test_so_it_is_without_rows_and_for_yes_or_no() -> None:
    assert fit_temperature(np.zeros((0, 5)), np.zeros(0, dtype=np.int64)) == 1.0
    assert fit_sigmoid_temperature(np.zeros((0, 3)), np.zeros((0, 3), dtype=bool)) == 1.0
    sure = np.array([[900.0, -900.0]])
    assert fit_sigmoid_temperature(sure, sure > 0) == 1.0
    assert fit_sigmoid_temperature(sure, sure < 0) == 1.0
    assert fit_sigmoid_temperature(0 * sure, sure > 0) == 1.0


@few
@given(seeds, st.sampled_from([(1.0, 0.0), (2.0, 0.0), (0.5, 1.0), (1.5, -0.8)]))
def test_the_map_undoes_what_bent_the_scores(seed: int, bend: tuple[float, float]) -> None:
    random = np.random.default_rng(seed)
    chances = random.uniform(0.05, 0.99, 40_000)
    correct = truth_of(chances, random)
    slope, offset = bend
    scores = sharpened(chances, slope, offset)
    fitted = fit_platt(scores, correct)
    assert fitted.slope == pytest.approx(1 / slope, rel=0.12)
    assert fitted.offset == pytest.approx(-offset / slope, abs=0.12 / slope)
    mapped = apply_platt(scores, fitted)
    assert np.abs(mapped - chances).max() < 0.04
    assert expected_calibration_error(mapped, correct) < 0.03


def test_the_map_keeps_the_order_of_scores_and_stays_inside() -> None:
    mapped = apply_platt(np.array([0.0, 0.3, 0.9, 1.0]), Platt(0.6, -0.5))
    assert (np.diff(mapped) > 0).all()
    assert mapped.min() > 0
    assert mapped.max() < 1
    assert float(apply_platt(0.9, Platt())) == pytest.approx(0.9)


UNFITTED: dict[str, tuple[list[float], list[int]]] = {
    "no answers": ([], []),
    "all right": ([0.9, 0.8, 1.0], [1, 1, 1]),
    "all wrong": ([0.9, 0.8, 0.0], [0, 0, 0]),
    "the higher the worse": ([0.9, 0.9, 0.9, 0.2, 0.2, 0.2], [0, 0, 1, 1, 1, 0]),
}


@pytest.mark.parametrize("scores, correct", UNFITTED.values(), ids=UNFITTED.keys())
def test_without_anything_to_fit_from_the_map_changes_nothing(
    scores: list[float], correct: list[int]
) -> None:
    assert fit_platt(np.array(scores), np.array(correct, dtype=bool)) == Platt(1.0, 0.0)


def test_the_map_is_finite_where_scores_tell_right_from_wrong_or_are_all_alike() -> None:
    apart = fit_platt(np.array([1.0, 1.0, 0.0, 0.0]), np.array([True, True, False, False]))
    assert apart.slope > 0
    assert np.isfinite(apart).all()
    alike = fit_platt(np.full(100, 0.9), np.arange(100) < 70)
    assert float(apply_platt(0.9, alike)) == pytest.approx(0.7, abs=0.01)


def tag_logits(*rows: dict[int, float]) -> np.ndarray:
    """[n, 5] of O, B-0, I-0, B-1, I-1: the probabilities named, the others share what is left."""
    probabilities = np.empty((len(rows), 5), dtype=np.float32)
    for n, row in enumerate(rows):
        probabilities[n] = (1 - sum(row.values())) / (5 - len(row))
        probabilities[n, list(row)] = list(row.values())
    return np.log(probabilities)


def test_a_span_is_right_with_start_end_and_label_and_has_the_score_of_decoding() -> None:
    sentence = tag_logits({1: 0.9}, {2: 0.4}, {0: 0.8}, {3: 0.7})  # label 0 on 0..1, 1 on 3
    right = {(0, 0, 1), (1, 3, 3)}
    wrong = {(0, 0, 0), (0, 0, 2), (1, 0, 1), (0, 3, 3)}
    for gold in (right, wrong):
        scores, correct = span_scores([sentence], [gold])
        assert scores == pytest.approx([(0.9 * 0.4) ** 0.5, 0.7], rel=1e-4)
        assert correct.tolist() == [gold is right] * 2


def test_sentences_are_read_one_by_one_and_empty_ones_skipped() -> None:
    begin, inside, empty = tag_logits({1: 0.9}), tag_logits({2: 0.9}), np.zeros((0, 5), np.float32)
    scores, correct = span_scores([begin, empty, begin, inside], [{(0, 0, 0)}, set(), set(), set()])
    assert scores == pytest.approx([0.9, 0.9], rel=1e-4)  # no I without B in the last
    assert correct.tolist() == [True, False]


@few
@given(seeds)
def test_span_scores_become_the_chance_that_the_span_is_right(seed: int) -> None:
    random = np.random.default_rng(seed)
    chances = random.uniform(0.4, 0.95, 1500)
    sentence = tag_logits(*({1: float(p)} for p in sharpened(chances, 2, 0.5)))
    gold = {(0, n, n) for n in np.flatnonzero(truth_of(chances, random)).tolist()}
    platt, before, after = fit_span_scores([sentence], [gold])
    assert platt.slope == pytest.approx(0.5, abs=0.15)
    assert after < 0.06 < before


def test_without_spans_or_with_all_right_span_scores_are_left_alone() -> None:
    nothing = tag_logits({0: 0.9}, {0: 0.9})
    assert fit_span_scores([], []) == (Platt(), 0.0, 0.0)
    assert fit_span_scores([nothing], [{(0, 0, 1)}]) == (Platt(), 0.0, 0.0)
    right = fit_span_scores([tag_logits({1: 0.9})], [{(0, 0, 0)}])
    assert right.platt == Platt()
    assert right.ece_before == pytest.approx(right.ece_after) == pytest.approx(0.1, abs=1e-4)


# 새별전자에 갔다, where `갔` is `가` and `었`.
MORPHEMES = (
    Morpheme("새별", "NNP", 0, 2), Morpheme("전자", "NNG", 2, 4), Morpheme("에", "JKB", 4, 5),
    Morpheme("가", "VV", 6, 7), Morpheme("었", "EP", 6, 7), Morpheme("다", "EF", 7, 8),
)  # fmt: skip


@pytest.mark.parametrize(
    "span, found",
    [
        ((0, 4, "OG"), {(1, 0, 1)}),
        ((0, 2, "PS"), {(0, 0, 0)}),
        ((0, 3, "OG"), set()),  # ends inside `전자`
        ((4, 6, "OG"), set()),  # ends with a blank
        ((6, 8, "OG"), {(1, 3, 5), (1, 4, 5)}),  # both have that offset
        ((0, 7, "OG"), {(1, 0, 3), (1, 0, 4)}),
    ],
)
def test_gold_in_morphemes(span: tuple[int, int, str], found: set[tuple[int, int, int]]) -> None:
    assert aligned_spans(MORPHEMES, [span], ("PS", "OG")) == found


ONE, TRUE = np.ones(1), np.ones(1, dtype=bool)
NO_LABEL = np.zeros(1, dtype=np.int64)


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: reliability(ONE, NO_ANSWERS), "correct (0,)"),
        (lambda: reliability(ONE, NO_LABEL), "correct (1,) of int64"),
        (lambda: reliability(ONE * 1.5, TRUE), "from 1.5 to 1.5"),
        (lambda: fit_platt(ONE * np.nan, TRUE), "from nan"),
        (lambda: reliability(ONE, TRUE, bins=0), "0 bins"),
        (lambda: fit_temperature(np.zeros((1, 2)), np.zeros(2, dtype=np.int64)), "targets (2,)"),
        (lambda: fit_temperature(np.zeros((1, 2)), NO_LABEL - 1), "targets from -1"),
        (lambda: fit_temperature(np.zeros((1, 2)), NO_LABEL + 2), "to 2"),
        (lambda: fit_temperature(np.full((1, 2), np.inf), NO_LABEL), "nan or inf"),
        (lambda: fit_sigmoid_temperature(np.zeros((2, 1)), TRUE), "logits (2, 1)"),
        (lambda: span_scores([np.zeros((1, 5))], []), "1 sentences, gold of 0"),
        (lambda: span_scores([np.full((1, 5), np.nan)], [set()]), "nan or inf"),
    ],
)
def test_what_cannot_be_read_is_named(call: object, named: str) -> None:
    with pytest.raises(DataError) as caught:
        call()  # type: ignore[operator]
    assert named in caught.value.given
