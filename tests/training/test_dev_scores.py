"""What a tagger scores on dev: every head on the sentences that have gold for it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import analyzer
from numpy.typing import NDArray
from tiny_models import tiny_pair_tagger, tiny_tagger

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.model.config import KLUE_RE, MENTION_HEAD, RELATIONS
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.training.data import Labelled, analyse
from lgtalent_ie.training.dev_scores import (
    best_shift,
    headline,
    klue_re_scores,
    outside,
    own_relation_scores,
    pair_scores,
    places_of,
    score_dev,
    selection_score,
    with_micro,
    write_scores,
)
from lgtalent_ie.training.labels import KLUE_RELATIONS, OWN_RELATIONS
from lgtalent_ie.training.marked_pairs import MarkedPair, own_pairs, pair_targets

TEXT = "새별전자가 정하늘 사장을 뽑았다."
ORG, PERSON, TITLE = MENTIONS = [(0, 4, "ORG"), (6, 9, "PERSON"), (10, 12, "TITLE")]
OWN = Labelled(
    "own", TEXT, {MENTION_HEAD: MENTIONS}, own=True,
    pairs=tuple(own_pairs(MENTIONS, [["per:title", 1, 2], ["per:employee_of", 1, 0]], "a")),
)  # fmt: skip
KONEC = Labelled(
    "konec", TEXT, {MENTION_HEAD: MENTIONS[:2], "konec": [(0, 4, "OG")]},
    {MENTION_HEAD: [(10, 12, "?")]},
)  # fmt: skip
KLUE_ROW = Labelled("klue-re", TEXT, {}, pairs=(MarkedPair(PERSON, TITLE, klue="per:title"),))


def windows(dev: list[Labelled]) -> list[WindowText]:
    return [WindowText(s.text, analyse(s.text, analyzer())) for s in dev]


def scores_of(tagger: AnyTagger, *dev: Labelled) -> dict[str, dict[str, Score]]:
    return score_dev(tagger, list(dev), windows(list(dev)))


def always(relation: str) -> AnyTagger:
    """A tagger that answers one relation, whatever the pair."""
    tagger = tiny_pair_tagger()
    assert tagger.pairs is not None
    with torch.no_grad():
        for name, labels in ((RELATIONS, OWN_RELATIONS), (KLUE_RE, KLUE_RELATIONS)):
            layer = tagger.pairs.labels[name]
            layer.weight.zero_()
            layer.bias.fill_(-5.0)
            layer.bias[labels.index(relation)] = 5.0
    return tagger


def test_every_head_is_scored_where_there_is_gold() -> None:
    scores = scores_of(tiny_pair_tagger(), OWN, KONEC, KLUE_ROW)
    assert set(scores) == {MENTION_HEAD, "konec", "own", RELATIONS, KLUE_RE}
    gold = {head: by_label["micro"].gold for head, by_label in scores.items()}
    assert gold == {MENTION_HEAD: 2, "konec": 1, "own": 3, RELATIONS: 2, KLUE_RE: 1}


def test_a_tagger_without_a_head_over_pairs_has_no_scores_of_it() -> None:
    assert set(scores_of(tiny_tagger(), OWN, KLUE_ROW)) == {"own"}


def test_dev_without_pairs_has_no_scores_of_them() -> None:
    assert set(scores_of(tiny_pair_tagger(), KONEC)) == {MENTION_HEAD, "konec"}
    assert set(scores_of(tiny_pair_tagger(), KLUE_ROW)) == {KLUE_RE}


def test_relations_are_scored_with_gold_mentions() -> None:
    scores = scores_of(always("per:title"), OWN, KONEC, KLUE_ROW)
    # Three pairs of the own sentence can be related, one of them as it always answers.
    assert scores[RELATIONS] == {
        "per:title": Score(1, 3, 1),
        "per:employee_of": Score(0, 0, 1),
        "micro": Score(1, 3, 2),
    }
    assert scores[KLUE_RE] == {"per:title": Score(1, 1, 1), "micro": Score(1, 1, 1)}


def test_mentions_of_unknown_label_are_no_errors() -> None:
    spans = [(0, 4, "ORG"), (9, 12, "TITLE"), (12, 13, "DATE")]
    assert outside(spans, [(10, 12, "?")]) == [(0, 4, "ORG"), (12, 13, "DATE")]
    assert outside(spans, []) == spans


def test_pairs_are_scored_by_the_sets_that_know_them() -> None:
    dev = [KONEC, OWN, KLUE_ROW]
    runtime = Runtime(tiny_pair_tagger(), "cpu")
    states = runtime.states(windows(dev))
    found = pair_scores(runtime, dev, windows(dev), states)
    logits, gold = found[KLUE_RE]
    assert gold.tolist() == [[KLUE_RELATIONS.index("per:title")]]
    target = pair_targets(windows(dev)[2].morphemes, KLUE_ROW.pairs)
    assert target is not None
    [alone] = runtime.pair_logits([states[2]], [places_of(target)], KLUE_RE)
    assert logits == pytest.approx(alone, abs=1e-5)
    assert found[RELATIONS][1].shape == (3, len(OWN_RELATIONS))
    assert found[RELATIONS][1].sum() == 2


def logits_of(*favoured: tuple[int, float]) -> NDArray[np.float32]:
    """[P, 30], a logit for one label each, 0 for the others."""
    logits = np.zeros((len(favoured), 30), dtype=np.float32)
    for row, (label, value) in zip(logits, favoured, strict=True):
        row[label] = value
    return logits


def test_no_relation_counts_neither_as_right_nor_as_found() -> None:
    logits = logits_of((0, 1.0), (18, 1.0), (18, 1.0), (0, 1.0))
    gold = np.array([0, 18, 0, 29], dtype=np.float32)
    assert klue_re_scores(logits, gold, 0.0) == {
        KLUE_RELATIONS[18]: Score(1, 2, 1),
        KLUE_RELATIONS[29]: Score(0, 0, 1),
        "micro": Score(1, 2, 2),
    }


def test_the_best_shift_leaves_out_what_is_unsure_and_wrong() -> None:
    logits = logits_of((18, 2.0), (18, 0.45), (18, 0.45), (18, 0.45))
    gold = np.array([18, 0, 0, 0], dtype=np.float32)
    shift = best_shift(logits, gold)
    assert 0.45 < shift < 2.0
    assert klue_re_scores(logits, gold, shift)["micro"].f1 == 1.0
    assert klue_re_scores(logits, gold, 0.0)["micro"] == Score(1, 4, 1)
    assert logits[0, 0] == 0.0, "the logits are left as they were"


def test_own_relations_are_each_a_yes_or_no() -> None:
    predicted, gold = np.zeros((2, 3, len(OWN_RELATIONS)), dtype=np.bool_)
    predicted[0, :2] = gold[0, 1:3] = gold[2, 5] = True
    assert own_relation_scores(predicted, gold) == {
        OWN_RELATIONS[0]: Score(0, 1, 0),
        OWN_RELATIONS[1]: Score(1, 1, 1),
        OWN_RELATIONS[2]: Score(0, 0, 1),
        OWN_RELATIONS[5]: Score(0, 0, 1),
        "micro": Score(1, 2, 3),
    }


def test_labels_that_never_occur_are_left_out() -> None:
    scores = {"a": Score(0, 0, 0), "b": Score(1, 2, 1), "c": Score(0, 0, 3)}
    assert with_micro(scores) == {"b": scores["b"], "c": scores["c"], "micro": Score(1, 2, 4)}
    assert with_micro({"a": Score(0, 0, 0)}) == {"micro": Score(0, 0, 0)}


SCORES = {
    MENTION_HEAD: {"ORG": Score(1, 2, 2), "micro": Score(3, 4, 4)},
    "klue": {"OG": Score(1, 1, 1), "PS": Score(1, 1, 1), "micro": Score(1, 1, 1)},
    KLUE_RE: {"micro": Score(1, 1, 3)},
}


def test_the_headline_is_in_points() -> None:
    assert headline(SCORES) == {
        "mentions micro": 75.0,
        "mentions ORG": 50.0,
        "klue micro": 100.0,
        "klue OG": 100.0,
        "klue macro": 33.33,
        "klue_re micro": 50.0,
    }


def test_the_mean_of_all_heads_picks_the_epoch() -> None:
    assert selection_score(SCORES) == pytest.approx((0.75 + 1.0 + 0.5) / 3)


def test_scores_are_written_in_points(tmp_path: Path) -> None:
    write_scores(SCORES, tmp_path / "scores.json")
    written = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert set(written) == set(SCORES)
    row = {"precision": 100.0, "recall": 33.33, "f1": 50.0, "gold": 3}
    assert written[KLUE_RE]["micro"] == row
