"""Training learns what it is shown, the same way each time; unknown labels stay out of the loss."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import analyzer
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import PAIR_HEAD, tiny_tagger
from torch import Tensor

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.model.config import KLUE_RE, MENTION_HEAD, RELATIONS, RelationConfig
from lgtalent_ie.model.tagger import RecurrentTagger
from lgtalent_ie.training.data import HEADS, Example, Labelled, examples
from lgtalent_ie.training.dev_scores import places_of
from lgtalent_ie.training.finetune import (
    TrainingConfig,
    TrainingError,
    averaged,
    batch_loss,
    join_targets,
    pair_loss,
    shuffled_batches,
    train,
)
from lgtalent_ie.training.labels import KLUE_RELATIONS, OWN_RELATIONS
from lgtalent_ie.training.marked_pairs import MarkedPair, own_pairs

SENTENCES = [
    Labelled(str(n), f"{name}전자가 연구원을 뽑았다.", {MENTION_HEAD: [(0, len(name) + 2, "ORG")]})
    for n, name in enumerate(["새별", "한빛", "누리", "가람", "바다", "하늘"])
]
CONFIG = TrainingConfig(epochs=60, batch=20, learning_rate=3e-2, word_dropout=0.0, ema=0.5)

ORGS = [(0, 4, "ORG"), (6, 9, "ORG")]
PARTNERS, OTHERS = "새별전자는 한빛대와 손잡았다.", "누리전자는 가람대를 이겼다."
RELATED = [
    Labelled(
        text, text, {MENTION_HEAD: ORGS}, own=True,
        pairs=(*own_pairs(ORGS, relations, "a"), MarkedPair(ORGS[0], ORGS[1], klue=klue)),
    )
    for text, relations, klue in [
        (PARTNERS, [["org:partner", 0, 1]], "org:members"), (OTHERS, [], "no_relation"),
    ]
]  # fmt: skip


def tagger_for(seed: int = 0, relations: RelationConfig | None = None) -> RecurrentTagger:
    tiny = tiny_tagger()
    torch.manual_seed(seed)
    config = replace(tiny.config, heads=dict(HEADS), relations=relations)
    return RecurrentTagger(config, tiny.vocabulary)


def examples_of(*sentences: Labelled) -> list[Example]:
    return list(examples(sentences, analyzer(), 128))


def run(config: TrainingConfig) -> tuple[RecurrentTagger, float]:
    tagger, lines = tagger_for(), list[str]()
    training = examples_of(*SENTENCES)
    scores = train(tagger, training, SENTENCES[:2], analyzer(), config, lines.append)
    return tagger, scores[MENTION_HEAD]["micro"].f1


def test_a_small_set_is_learnt() -> None:
    assert run(CONFIG)[1] == 1.0


def test_relations_are_learnt_beside_mentions() -> None:
    tagger = tagger_for(relations=replace(PAIR_HEAD, size=32))
    config, log = replace(CONFIG, epochs=20, klue_re_weight=1.0), list[str]()
    training = 8 * examples_of(*RELATED)
    scores = train(tagger, training, RELATED, analyzer(), config, log.append)
    assert scores["own"]["micro"].f1 == 1.0
    assert scores[RELATIONS] == {"org:partner": Score(1, 1, 1), "micro": Score(1, 1, 1)}
    assert scores[KLUE_RE] == {"org:members": Score(1, 1, 1), "micro": Score(1, 1, 1)}


def test_the_same_seed_gives_the_same_weights() -> None:
    one, other = (run(replace(CONFIG, epochs=2))[0].state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    tagger = tagger_for()
    with torch.no_grad():
        tagger.encoder.tags.weight.fill_(float("nan"))
    with pytest.raises(TrainingError, match="finite"):
        train(tagger, examples_of(*SENTENCES), SENTENCES, analyzer(), CONFIG, print)


def test_averages_hold_only_inside_the_block() -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    with averaged([parameter], [torch.zeros(2)]):
        assert parameter.sum() == 0
    assert parameter.sum() == 2


def hidden_of(tagger: RecurrentTagger, batch: list[Example]) -> Tensor:
    return tagger.hidden([tagger.prepare(example.window) for example in batch])


def loss_of(tagger: RecurrentTagger, batch: list[Example], **weights: float) -> float:
    assert tagger.pairs is not None
    config = TrainingConfig(**{"klue_re_weight": 0.0, "relation_weight": 0.0} | weights)
    return pair_loss(tagger.pairs, hidden_of(tagger, batch), batch, config).item()


def test_the_loss_of_pairs_is_a_sum_over_pairs_per_morpheme() -> None:
    tagger = tagger_for(relations=PAIR_HEAD).eval()
    batch = examples_of(SENTENCES[0], *RELATED)
    morphemes = sum(len(example.window.morphemes) for example in batch)
    runtime = Runtime(tagger, "cpu")
    states = runtime.states([example.window for example in batch])
    places = [places_of(e.pairs) if e.pairs else [] for e in batch]
    # Each sentence has its two own pairs, there and back, then KLUE's.
    own = np.concatenate([rows[:2] for rows in runtime.pair_logits(states, places, RELATIONS)])
    klue = np.concatenate([rows[2:] for rows in runtime.pair_logits(states, places, KLUE_RE)])
    gold = np.zeros((4, len(OWN_RELATIONS)))
    gold[0, OWN_RELATIONS.index("org:partner")] = 1
    own_loss = np.logaddexp(0, np.where(gold == 1, -own, own)).sum()
    chosen = klue[[0, 1], [KLUE_RELATIONS.index("org:members"), 0]]
    klue_loss = (np.log(np.exp(klue).sum(1)) - chosen).sum()
    found = loss_of(tagger, batch, klue_re_weight=2.0)
    assert found == pytest.approx(2 * klue_loss / morphemes, rel=1e-4)
    found = loss_of(tagger, batch, relation_weight=3.0)
    assert found == pytest.approx(3 * own_loss / morphemes, rel=1e-4)
    both = loss_of(tagger, batch, relation_weight=3.0, klue_re_weight=2.0)
    assert both == pytest.approx((3 * own_loss + 2 * klue_loss) / morphemes, rel=1e-4)


def test_a_batch_without_pairs_has_no_loss_of_them() -> None:
    assert (
        loss_of(tagger_for(relations=PAIR_HEAD), examples_of(*SENTENCES), klue_re_weight=8.0) == 0
    )


@pytest.mark.parametrize("known, unknown", [("klue", RELATIONS), ("own", KLUE_RE)])
def test_labels_that_are_not_known_teach_nothing(known: str, unknown: str) -> None:
    tagger = tagger_for(relations=PAIR_HEAD)
    assert tagger.pairs is not None
    pairs = tuple(pair for pair in RELATED[0].pairs if getattr(pair, known) is not None)
    batch = examples_of(replace(RELATED[0], pairs=pairs))
    pair_loss(tagger.pairs, hidden_of(tagger, batch), batch, TrainingConfig()).backward()  # type: ignore[no-untyped-call]
    for name, layer in tagger.pairs.labels.items():
        assert (layer.weight.grad.abs().sum() == 0) == (name == unknown)


def test_the_loss_of_a_batch_has_that_of_its_pairs() -> None:
    tagger = tagger_for(relations=PAIR_HEAD).eval()
    batch = examples_of(*RELATED)
    prepared = [tagger.prepare(example.window) for example in batch]
    config = TrainingConfig(word_dropout=0.0)
    with_pairs = batch_loss(tagger, prepared, batch, config)
    bare = [replace(example, pairs=None) for example in batch]
    assert tagger.pairs is not None
    own = pair_loss(tagger.pairs, tagger.hidden(prepared), batch, config)
    assert own > 0
    without = batch_loss(tagger, prepared, bare, config)
    assert with_pairs.item() == pytest.approx((without + own).item(), rel=1e-5)


def test_joined_targets_count_morphemes_of_the_batch() -> None:
    first, bare, second = batch = examples_of(RELATED[0], SENTENCES[0], RELATED[1])
    joined = join_targets(batch)
    assert joined is not None and first.pairs is not None and second.pairs is not None
    targets, windows = joined
    lengths = [len(example.window.morphemes) for example in batch]
    start = lengths[0] + lengths[1]
    assert windows.tolist() == 3 * [[0, lengths[0]]] + 3 * [[start, start + lengths[2]]]
    assert targets.spans.tolist() == [
        *first.pairs.spans.tolist(),
        *(second.pairs.spans + start).tolist(),
    ]
    assert targets.klue.tolist() == [*first.pairs.klue, *second.pairs.klue]
    assert len(targets.types) == len(targets.own) == 6
    assert join_targets([bare]) is None


@given(st.lists(st.integers(1, 30), max_size=120), st.integers(1, 60), st.integers(0, 9))
def test_shuffled_batches_hold_every_example_once(costs: list[int], budget: int, seed: int) -> None:
    random.seed(seed)
    made = shuffled_batches(list(range(len(costs))), costs, budget)
    assert sorted(n for batch in made for n in batch) == list(range(len(costs)))
    for batch in made:
        assert len(batch) == 1 or sum(costs[n] for n in batch) <= budget


def test_most_batches_are_of_one_length() -> None:
    random.seed(0)
    costs = [5] * 41 + [7] * 30 + [9] * 3
    made = shuffled_batches(list(range(74)), costs, 35)
    lengths = [{costs[n] for n in batch} for batch in made]
    # Five whole batches of sevens each, of fives after those; the rest shares.
    assert sum(len(some) == 1 for some in lengths) >= 41 // 7 + 30 // 5
    assert sum(len(some) > 1 for some in lengths) <= math.ceil((41 % 7 * 5 + 3 * 9) / 35)


def test_numbers_that_are_not_asked_for_are_left_out_and_repeats_stay() -> None:
    random.seed(1)
    made = shuffled_batches([4, 2, 2], [9, 9, 3, 9, 3], 100)
    assert sorted(n for batch in made for n in batch) == [2, 2, 4]


def test_batches_come_in_another_order_each_time() -> None:
    random.seed(2)
    costs = [4] * 60
    orders = [shuffled_batches(range(60), costs, 8) for _ in range(2)]
    assert orders[0] != orders[1]
    random.seed(2)
    assert shuffled_batches(range(60), costs, 8) == orders[0]
