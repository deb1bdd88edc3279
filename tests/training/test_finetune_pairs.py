"""The head over pairs learns on behind a finished encoder."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from helpers import analyzer
from tiny_models import PAIR_HEAD, tiny_tagger

from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.model.config import KLUE_RE, MENTION_HEAD, RELATIONS
from lgtalent_ie.model.tagger import RecurrentTagger, WindowText
from lgtalent_ie.training.data import Example, Labelled, analyse, examples
from lgtalent_ie.training.dev_scores import score_dev
from lgtalent_ie.training.finetune import TrainingConfig
from lgtalent_ie.training.finetune_pairs import train_pairs
from lgtalent_ie.training.marked_pairs import MarkedPair, own_pairs

ORGS = [(0, 4, "ORG"), (6, 9, "ORG")]
SENTENCES = [
    Labelled(
        text, text, {MENTION_HEAD: ORGS}, own=True,
        pairs=(*own_pairs(ORGS, relations, "a"), MarkedPair(ORGS[0], ORGS[1], klue=klue)),
    )
    for text, relations, klue in [
        ("새별전자는 한빛대와 손잡았다.", [["org:partner", 0, 1]], "org:members"),
        ("누리전자는 가람대를 이겼다.", [], "no_relation"),
    ]
]  # fmt: skip
CONFIG = TrainingConfig(batch=20, pair_epochs=24, pair_learning_rate=1e-2)


def untrained() -> RecurrentTagger:
    tiny = tiny_tagger()
    torch.manual_seed(3)
    config = replace(tiny.config, relations=replace(PAIR_HEAD, size=32))
    return RecurrentTagger(config, tiny.vocabulary).eval()


def trained(config: TrainingConfig) -> tuple[RecurrentTagger, list[str]]:
    tagger, log = untrained(), list[str]()
    train_pairs(tagger, 8 * made(), SENTENCES, windows(), config, log.append)
    return tagger, log


def made() -> list[Example]:
    return list(examples(SENTENCES, analyzer(), 128))


def windows() -> list[WindowText]:
    return [WindowText(s.text, analyse(s.text, analyzer())) for s in SENTENCES]


def test_relations_are_learnt_and_nothing_else_moves() -> None:
    tagger, log = trained(CONFIG)
    scores = score_dev(tagger, SENTENCES, windows())
    assert scores[RELATIONS]["org:partner"] == Score(1, 1, 1)
    assert scores[KLUE_RE]["org:members"] == Score(1, 1, 1)
    assert len(log) == 24 and '"klue_re micro": 100.0' in log[-1]
    assert not tagger.training and tagger.pairs is not None and not tagger.pairs.training
    before = untrained().state_dict()
    moved = {n for n, own in tagger.state_dict().items() if not torch.equal(own, before[n])}
    assert moved and all(name.startswith("pairs.") for name in moved)


@pytest.mark.parametrize(
    "config",
    [replace(CONFIG, pair_epochs=0), replace(CONFIG, pair_learning_rate=0.0)],
    ids=["no epoch", "no epoch is better"],
)
def test_what_stood_before_is_kept(config: TrainingConfig) -> None:
    tagger, _ = trained(config)
    before = untrained().state_dict()
    assert all(torch.equal(own, before[name]) for name, own in tagger.state_dict().items())


def test_a_tagger_without_such_a_head_is_left_alone() -> None:
    log = list[str]()
    train_pairs(tiny_tagger(), made(), SENTENCES, windows(), CONFIG, log.append)
    assert log == []
