"""Token scores are seqeval's, to the last digits, for any tags of a scheme; wrong tags are named."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.tokens import PREFIXES, Scheme, TokenScores, tag_spans, token_scores

KLUE = Path(__file__).parents[3] / "shared" / "data" / "klue-ner-dev.jsonl"
LABELS = ("ORG", "DATE", "TI-ME")


def tags(scheme: Scheme) -> st.SearchStrategy[str]:
    """Any tag of the scheme, in or out of place; `B` alone has a label of its own in seqeval."""
    prefixes = PREFIXES[scheme].replace("O", "")
    labelled = [f"{prefix}-{label}" for prefix in prefixes for label in LABELS]
    return st.sampled_from(["O", "O", "O", "B", "I", *labelled])


@st.composite
def taggings(draw: st.DrawFn, scheme: Scheme) -> tuple[list[list[str]], list[list[str]]]:
    """Gold tags of some sentences, and predicted ones that are like them in part."""
    gold = draw(st.lists(st.lists(tags(scheme), max_size=12), min_size=1, max_size=5))
    predicted = [
        [draw(tags(scheme)) if draw(st.booleans()) else tag for tag in sentence]
        for sentence in gold
    ]
    return gold, predicted


def seqeval_numbers(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], scheme: Scheme
) -> dict[str, Any]:
    metrics = pytest.importorskip("seqeval.metrics.v1")
    schemes = pytest.importorskip("seqeval.scheme")
    numbers = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for average in (None, "micro", "macro", "weighted"):
            numbers[str(average)] = metrics.precision_recall_fscore_support(
                gold, predicted, average=average, scheme=getattr(schemes, scheme), zero_division=0
            )
        both = (schemes.Entities(side, getattr(schemes, scheme)) for side in (gold, predicted))
        numbers["labels"] = sorted(set().union(*(entities.unique_tags for entities in both)))
    return numbers


def assert_seqevals(made: TokenScores, expected: dict[str, Any]) -> None:
    assert list(made.labels) == expected["labels"]
    for name in ("micro", "macro", "weighted"):
        own = getattr(made, name)
        numbers = (own.precision, own.recall, own.f1, own.support)
        assert numbers == pytest.approx(tuple(expected[name]), abs=1e-9)
    for at, score in enumerate(made.labels.values()):
        numbers = (score.precision, score.recall, score.f1, score.gold)
        assert numbers == pytest.approx([own[at] for own in expected["None"]], abs=1e-9)


@pytest.mark.parametrize("scheme", ["IOB2", "IOBES", "BILOU"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_number_is_seqevals(scheme: Scheme, data: st.DataObject) -> None:
    gold, predicted = data.draw(taggings(scheme))
    made = token_scores(gold, predicted, scheme)
    if made.labels:  # without an entity seqeval divides by zero; here that is 0
        assert_seqevals(made, seqeval_numbers(gold, predicted, scheme))
    else:
        assert made.micro.f1 == made.macro.f1 == made.weighted.f1 == 0.0


@pytest.mark.parametrize(
    ("scheme", "line", "expected"),
    [
        ("IOB2", "B-ORG I-ORG O I-ORG", [(0, 2, "ORG")]),  # an I without its B is nothing
        ("IOB2", "B-ORG I-DATE I-ORG", [(0, 1, "ORG")]),  # nor one of another label
        ("IOB2", "B-ORG B-ORG", [(0, 1, "ORG"), (1, 2, "ORG")]),
        ("IOB2", "O O", []),
        ("IOBES", "B-ORG I-ORG E-ORG S-DATE", [(0, 3, "ORG"), (3, 4, "DATE")]),
        ("IOBES", "B-ORG I-ORG O", []),  # never closed
        ("IOBES", "B-ORG S-ORG E-ORG", [(1, 2, "ORG")]),
        ("IOBES", "E-ORG", []),
        ("BILOU", "B-ORG L-ORG U-DATE", [(0, 2, "ORG"), (2, 3, "DATE")]),
        ("IOB2", "B-TI-ME I-TI-ME", [(0, 2, "TI-ME")]),
        ("IOB2", "", []),
    ],
)
def test_only_what_a_scheme_spells_out_is_an_entity(
    scheme: Scheme, line: str, expected: list[tuple[int, int, str]]
) -> None:
    assert tag_spans(line.split(), scheme) == expected


@pytest.mark.parametrize(
    ("gold", "predicted", "scheme", "said"),
    [
        ([["O"], ["B-ORG", "S-ORG"]], [["O"], ["O", "O"]], "IOB2", "sentence 2, token 2: tag 'S-ORG'"),
        ([["O"]], [["b-ORG"]], "IOB2", "sentence 1, token 1: tag 'b-ORG'"),
        ([["O"]], [[""]], "IOBES", "sentence 1, token 1: tag ''"),
        ([["O", "O"]], [["O"]], "IOB2", "sentence 1: 2 gold and 1 predicted"),
        ([["O"], ["O"]], [["O"]], "IOB2", "2 gold and 1 predicted sentences"),
        ([], [], "IOB2", "0 gold and 0 predicted"),
        ([["O"]], ["O"], "IOB2", "predicted sentence 1: 'O'"),
        ([["O"]], [["O"]], "IOE1", "scheme 'IOE1'"),
    ],
)  # fmt: skip
def test_wrong_tags_are_named(gold: Any, predicted: Any, scheme: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        token_scores(gold, predicted, scheme)
    assert said in caught.value.given


def test_a_boundary_that_is_wrong_is_one_missed_and_one_spurious() -> None:
    scores = token_scores(
        [["B-ORG", "I-ORG", "O"], ["B-DATE", "O"]], [["B-ORG", "O", "O"], ["B-DATE", "O"]]
    )
    assert (scores.micro.f1, scores.macro.f1, scores.micro.support) == (0.5, 0.5, 2)
    assert scores.labels["DATE"].f1 == 1.0


@pytest.mark.slow
@pytest.mark.skipif(not KLUE.is_file(), reason="the data is not part of the project")
@pytest.mark.parametrize("changed", [0.02, 0.3])
def test_every_number_is_seqevals_on_klue_ner_dev(changed: float) -> None:
    generator = random.Random(5)
    gold = []
    for row in map(json.loads, KLUE.read_text(encoding="utf-8").splitlines()):
        sentence = ["O"] * len(row["text"])
        for start, end, label in row["spans"]:
            sentence[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
        gold.append(sentence)
    every = sorted({tag for sentence in gold for tag in sentence})
    predicted = [
        [generator.choice(every) if generator.random() < changed else tag for tag in sentence]
        for sentence in gold
    ]
    assert_seqevals(token_scores(gold, predicted), seqeval_numbers(gold, predicted, "IOB2"))
