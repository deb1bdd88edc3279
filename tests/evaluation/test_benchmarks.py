"""Scores of the published benchmarks: equal to seqeval's and scikit-learn's, and by hand."""

from __future__ import annotations

import random

import numpy as np
import pytest
from seqeval.metrics import f1_score as seqeval_f1
from seqeval.metrics.v1 import precision_recall_fscore_support as seqeval_per_label
from seqeval.scheme import IOB2
from sklearn import metrics

from lgtalent_ie.evaluation.benchmarks import (
    BenchmarkScores,
    blank_free_spans,
    entity_scores,
    precision_recall_area,
    relation_scores,
)
from lgtalent_ie.evaluation.spans import Span

LABELS = ("PS", "LC", "OG", "DT", "TI", "QT")
RELATIONS = ("no_relation", *(f"relation {number}" for number in range(1, 30)))


def character_tags(text: str, spans: list[Span]) -> list[str]:
    """The tags as KLUE has them: one a character, a later span over an earlier, no blanks."""
    tags = ["O"] * len(text)
    for start, end, label in sorted(spans):
        tags[start:] = ["O"] * (len(text) - start)
        tags[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
    return [tag for character, tag in zip(text, tags, strict=True) if character != " "]


def flat_tags(texts: list[str], spans: list[list[Span]]) -> list[list[str]]:
    """All sentences as one sequence, each between two O, as KLUE's baseline scores them."""
    parts = zip(texts, spans, strict=True)
    return [[tag for text, own in parts for tag in ["O", *character_tags(text, own), "O"]]]


def agree(texts: list[str], gold: list[list[Span]], predicted: list[list[Span]]) -> None:
    """AssertionError unless seqeval gives the same macro F1 and the same scores per label."""
    sentences = list(zip(texts, gold, predicted, strict=True))
    scores = entity_scores(sentences, LABELS)
    wanted, found = flat_tags(texts, gold), flat_tags(texts, predicted)
    macro = seqeval_f1(wanted, found, average="macro", mode="strict", scheme=IOB2, zero_division=0)
    assert scores.entity_f1_macro == pytest.approx(macro)
    columns = seqeval_per_label(wanted, found, average=None, scheme=IOB2, zero_division=0)
    theirs = list(zip(*columns, strict=True))
    ours = [scores.per_label[label] for label in sorted(LABELS)]
    assert [(s.precision, s.recall, s.f1, s.gold) for s in ours if s.gold or s.predicted] == [
        pytest.approx(row) for row in theirs
    ]


def random_spans(text: str, count: int) -> list[Span]:
    pairs = [sorted(random.sample(range(len(text) + 1), 2)) for _ in range(count)]
    return [(start, end, random.choice(LABELS)) for start, end in pairs]


@pytest.mark.parametrize("seed", range(40))
def test_macro_f1_is_seqevals_on_random_spans_that_touch_overlap_and_hold_blanks(seed: int) -> None:
    random.seed(seed)
    texts = ["".join(random.choices("가나다  ", k=random.randint(1, 12))) for _ in range(20)]
    gold = [random_spans(text, random.randint(0, 4)) for text in texts]
    predicted = [
        random.sample(own, random.randint(0, len(own))) + random_spans(text, random.randint(0, 2))
        for text, own in zip(texts, gold, strict=True)
    ]
    agree(["정하늘", *texts], [[(0, 3, "PS")], *gold], [[(0, 3, "PS")], *predicted])


ENTITIES: dict[str, tuple[str, list[Span], list[Span]]] = {
    "blanks inside do not count": ("새별 전자", [(0, 5, "OG")], [(0, 4, "OG")]),
    "nor blanks behind": ("새별 ", [(0, 3, "OG")], [(0, 2, "OG")]),
    "touching spans of a label stay two": (
        "3일4일", [(0, 2, "DT"), (2, 4, "DT")], [(0, 2, "DT"), (2, 4, "DT")],
    ),
    "only blanks are nothing": ("새별  전자", [(2, 4, "OG")], []),
    "a span that begins with a blank has lost its B": ("새별 전자", [(2, 5, "OG")], []),
    "what is left of it continues the same label": (
        "새별 전자", [(0, 2, "OG"), (2, 5, "OG")], [(0, 4, "OG")],
    ),
    "but no other": ("새별 전자", [(0, 2, "LC"), (2, 5, "OG")], [(0, 2, "LC")]),
    "nor one that is further away": ("새별과 전자", [(0, 2, "OG"), (3, 6, "OG")], [(0, 2, "OG")]),
    "nor one that was lost itself": (" 새 별", [(0, 2, "OG"), (2, 4, "OG")], []),
    "a span ends where the next begins": (
        "새별전자", [(2, 4, "LC"), (0, 3, "OG")], [(0, 2, "OG"), (2, 4, "LC")],
    ),
    "also around a span inside": (
        "새별전자", [(0, 4, "OG"), (1, 2, "LC")], [(0, 1, "OG"), (1, 2, "LC")],
    ),
    "of two with one start the longer is left": (
        "새별전자", [(0, 4, "OG"), (0, 2, "LC")], [(0, 4, "OG")],
    ),
    "only the blank itself is one, not a tab": ("새\t별", [(0, 3, "OG")], [(0, 3, "OG")]),
    "no spans": ("새별", [], []),
}  # fmt: skip


@pytest.mark.parametrize("text, spans, entities", ENTITIES.values(), ids=ENTITIES.keys())
def test_entities_without_blanks(text: str, spans: list[Span], entities: list[Span]) -> None:
    assert blank_free_spans(text, spans) == entities
    agree([text, "정하늘"], [spans, [(0, 3, "PS")]], [[], [(0, 3, "PS")]])
    agree([text, "정하늘"], [[], [(0, 3, "PS")]], [spans, [(0, 3, "PS")]])


def test_micro_f1_is_strict_on_the_offsets_as_given() -> None:
    scores = entity_scores([("새별 ", [(0, 3, "OG")], [(0, 2, "OG")])], LABELS)
    assert scores.entity_f1_macro == 1.0
    assert scores.micro_f1 == 0.0


def test_the_mean_is_over_the_labels_that_occur_and_the_table_over_all() -> None:
    sentences = [("새별전자", [(0, 4, "OG")], [(0, 4, "OG")]), ("하늘", [], [(0, 2, "PS")])]
    scores = entity_scores(sentences, LABELS)
    assert scores.entity_f1_macro == 0.5
    assert tuple(scores.per_label) == LABELS


def test_without_any_entity_everything_is_zero() -> None:
    scores = entity_scores([("새별", [], [])], LABELS)
    assert scores.averages() == {"entity_f1_macro": 0.0, "micro_f1": 0.0}


def test_numbers_are_printed_in_points() -> None:
    sentences = [("정하늘", [(0, 3, "PS")], [(0, 3, "PS")]), ("새별", [(0, 2, "PS")], [])]
    assert entity_scores(sentences, ("PS",)).to_dict() == {
        "entity_f1_macro": 66.6667,
        "micro_f1": 66.6667,
        "per_label": {"PS": {"precision": 100.0, "recall": 50.0, "f1": 66.6667, "gold": 2}},
    }


CURVES: dict[str, tuple[list[int], list[float], float]] = {
    "right before wrong": ([1, 0], [0.9, 0.1], 1.0),
    "wrong before right": ([0, 1], [0.9, 0.1], 0.25),
    "one wrong between": ([1, 0, 1], [0.9, 0.8, 0.7], 0.5 + 0.5 * (1 / 2 + 2 / 3) / 2),
    "equal scores are one point": ([1, 0], [0.5, 0.5], 0.75),
    "everything is right": ([1, 1], [0.2, 0.1], 1.0),
    "nothing is right": ([0, 0], [0.2, 0.1], 0.5),
    "one row": ([1], [0.0], 1.0),
}


@pytest.mark.parametrize("targets, scores, area", CURVES.values(), ids=CURVES.keys())
def test_area_under_the_curve(targets: list[int], scores: list[float], area: float) -> None:
    assert precision_recall_area(np.array(targets, dtype=bool), np.array(scores)) == (
        pytest.approx(area)
    )


def test_a_curve_needs_rows() -> None:
    with pytest.raises(ValueError, match="no rows"):
        precision_recall_area(np.zeros(0, dtype=bool), np.zeros(0))


def random_relations(seed: int, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    """Gold that mostly is no relation and lacks two classes; probabilities with ties."""
    generator = np.random.default_rng(seed)
    gold = np.where(generator.random(400) < 0.5, 0, generator.integers(0, 28, 400))
    logits = generator.normal(size=(400, 30)) + 3 * np.eye(30)[gold]
    odds = np.exp(logits)
    probabilities = (odds / odds.sum(1, keepdims=True)).round(decimals)
    return gold, probabilities.astype(np.float32)


@pytest.mark.filterwarnings("ignore:No positive class found")
@pytest.mark.parametrize("seed, decimals", [(0, 1), (1, 2), (2, 7), (3, 0)])
def test_relations_are_scored_as_scikit_learn_does(seed: int, decimals: int) -> None:
    gold, probabilities = random_relations(seed, decimals)
    scores = relation_scores(gold, probabilities, RELATIONS)
    predicted = probabilities.argmax(1)
    related = list(range(1, 30))
    assert scores.micro_f1 == pytest.approx(
        metrics.f1_score(gold, predicted, labels=related, average="micro")
    )
    areas = []
    for number in range(30):
        precision, recall, _ = metrics.precision_recall_curve(
            gold == number, probabilities[:, number]
        )
        areas.append(metrics.auc(recall, precision))
    assert scores.auprc == pytest.approx(np.mean(areas))
    f1 = metrics.f1_score(gold, predicted, labels=range(30), average=None, zero_division=0)
    assert [score.f1 for score in scores.per_label.values()] == pytest.approx(f1)


def answers(gold: list[int], predicted: list[int]) -> BenchmarkScores:
    return relation_scores(np.array(gold), np.eye(30, dtype=np.float32)[predicted], RELATIONS)


@pytest.mark.parametrize(
    "gold, predicted, f1",
    [
        ([0, 0], [0, 0], 0.0),  # `no_relation` is right and counts nothing
        ([0, 1], [0, 1], 1.0),
        ([0, 1], [1, 1], 2 / 3),
        ([1, 2], [0, 2], 2 / 3),
        ([1, 2], [2, 2], 1 / 2),
    ],
)
def test_micro_f1_of_relations_leaves_no_relation_out(
    gold: list[int], predicted: list[int], f1: float
) -> None:
    assert answers(gold, predicted).micro_f1 == pytest.approx(f1)


def test_relations_have_no_entity_f1() -> None:
    assert list(answers([1], [1]).to_dict()) == ["micro_f1", "auprc", "per_label"]
