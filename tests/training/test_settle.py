"""What dev settles: scores of mentions and relations, and a shift; kept with the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import analyzer
from numpy.typing import NDArray
from tiny_models import tiny_pair_tagger, tiny_tagger

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.evaluation.spans import spans_in_text
from lgtalent_ie.model.config import KLUE_RE, MENTION_HEAD, RELATIONS, ModelConfig, RelationConfig
from lgtalent_ie.model.decoding import Platt, sigmoid
from lgtalent_ie.model.loading import AnyTagger, load_model, save_model
from lgtalent_ie.model.tagger import RecurrentTagger, WindowText
from lgtalent_ie.schema import LABELS
from lgtalent_ie.training.data import HEADS, Labelled, analyse
from lgtalent_ie.training.dev_scores import klue_re_scores, pair_scores, score_dev
from lgtalent_ie.training.labels import KLUE_RELATIONS, OWN_RELATIONS
from lgtalent_ie.training.marked_pairs import MarkedPair, own_pairs
from lgtalent_ie.training.settle import (
    SURE,
    errors,
    settle,
)

TEXTS = [
    f"{name}는 {month}월 {city}에서 연구원 {count}명을 뽑았다고 {person} 사장이 말했다."
    for name in ("새별전자", "가람연구소", "누리대", "다솜바이오")
    for month, city, count, person in ((3, "부산", 12, "정하늘"), (11, "대전", 7, "서아라"))
]
Spans = list[tuple[int, int, str]]


# How much more the logit of no relation should be for KLUE-RE's rows to come out right.
SHIFT = 1.5


def loud_tagger() -> RecurrentTagger:
    """Random weights, but with logits of several units, as those of a trained head are."""
    tagger = tiny_pair_tagger()
    assert tagger.pairs is not None
    with torch.no_grad():
        tagger.heads[MENTION_HEAD].weight.mul_(20)
        for name, layer in tagger.pairs.labels.items():
            layer.weight.mul_({RELATIONS: 40, KLUE_RE: 10}[name])
        # No relation is behind by SHIFT in the middle: by more here, by less there, or ahead.
        logits, _ = klue_logits(tagger, klue_rows())
        behind = np.median(logits[:, 1:].max(1) - logits[:, 0])
        tagger.pairs.labels[KLUE_RE].bias[0] += float(behind) - SHIFT
    return tagger


def windows_of(sentences: list[Labelled]) -> list[WindowText]:
    return [WindowText(s.text, analyse(s.text, analyzer())) for s in sentences]


def spans_of(text: str) -> Spans:
    """Four spans of labels that can be related."""
    name, person = text.split("는 ")[0], text[-11:-8]
    month = text.split("는 ")[1].split(" ")[0]
    found = [(name, "ORG"), (month, "DATE"), (person, "PERSON"), ("사장", "TITLE")]
    return [(text.index(t), text.index(t) + len(t), label) for t, label in found]


def own_dev(tagger: AnyTagger) -> list[Labelled]:
    """Own sentences whose gold is what the tagger says, but for chance.

    A mention is gold where it is one of the surer half, and every third of the others; a relation
    holds with the chance that half of its logit gives.
    """
    random = np.random.default_rng(1)
    runtime = Runtime(tagger, "cpu")
    known = [Labelled(str(n), text, {MENTION_HEAD: []}, own=True,
                      pairs=tuple(own_pairs(spans_of(text), (), ""))) for n, text in enumerate(TEXTS)]  # fmt: skip
    windows = windows_of(known)
    states = runtime.states(windows)
    logits, _ = pair_scores(runtime, known, windows, states)[RELATIONS]
    holds = iter(random.random(logits.shape) < sigmoid(logits.astype(np.float64) / 2))
    decoded = runtime.decode(states)
    middle = float(np.median([span.score for spans in decoded for span in spans]))
    result = []
    for sentence, window, spans in zip(known, windows, decoded, strict=True):
        gold: Spans = [
            (window.morphemes[s.first].start, window.morphemes[s.last].end, LABELS[s.label])
            for n, s in enumerate(spans)
            if s.score > middle or n % 3 == 0
        ]
        pairs = tuple(
            replace(pair, own=frozenset(np.array(OWN_RELATIONS)[next(holds)].tolist()))
            for pair in sentence.pairs
        )
        result.append(replace(sentence, spans={MENTION_HEAD: gold}, pairs=pairs))
    return result


def klue_rows() -> list[Labelled]:
    """KLUE-RE's rows, all of no relation."""
    return [
        Labelled(f"klue {text}", text, {},
                 pairs=(MarkedPair(spans[head], spans[tail], klue=KLUE_RELATIONS[0]),))
        for text in TEXTS for spans in (spans_of(text),)
        for head, tail in ((0, 2), (2, 0), (2, 1), (0, 1))
    ]  # fmt: skip


def klue_dev(tagger: AnyTagger) -> list[Labelled]:
    """KLUE-RE's rows, where the tagger is right once no relation has SHIFT more."""
    rows = klue_rows()
    logits, _ = klue_logits(tagger, rows)
    logits[:, 0] += SHIFT
    return [
        replace(row, pairs=(replace(row.pairs[0], klue=KLUE_RELATIONS[best]),))
        for row, best in zip(rows, logits.argmax(1).tolist(), strict=True)
    ]


def klue_logits(
    tagger: AnyTagger, dev: list[Labelled]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The logits of KLUE-RE's rows [P, 30] and their gold [P]."""
    runtime, windows = Runtime(tagger, "cpu"), windows_of(dev)
    logits, gold = pair_scores(runtime, dev, windows, runtime.states(windows))[KLUE_RE]
    return logits, gold[:, 0]


@pytest.fixture(scope="module")
def settled() -> tuple[RecurrentTagger, list[Labelled], list[Labelled]]:
    """A tagger once it was settled on own sentences and on KLUE-RE's."""
    tagger = loud_tagger()
    own, klue = own_dev(tagger), klue_dev(tagger)
    settle(tagger, own + klue, windows_of(own + klue))
    return tagger, own, klue


Settled = tuple[RecurrentTagger, list[Labelled], list[Labelled]]


def relations_of(config: ModelConfig) -> RelationConfig:
    assert config.relations is not None
    return config.relations


def test_everything_is_settled_and_nothing_else_changes(settled: Settled) -> None:
    tagger, before = settled[0], loud_tagger().config
    config = tagger.config
    assert config.platt[0] > 0
    assert config.platt != (1.0, 0.0)
    relations = relations_of(config)
    assert relations.temperature != 1
    assert relations.no_relation_shift != 0
    assert relations.threshold == SURE
    neutral = {"temperature": 1.0, "threshold": 0.5, "no_relation_shift": 0.0}
    assert replace(relations, **neutral) == before.relations  # type: ignore[arg-type]
    assert replace(config, platt=(1.0, 0.0), relations=before.relations) == before
    assert tagger.pairs is not None
    assert tagger.pairs.config == relations
    weights = loud_tagger().state_dict()
    assert all(torch.equal(t, weights[name]) for name, t in tagger.state_dict().items())


def test_scores_of_mentions_are_nearer_to_the_share_that_is_right(settled: Settled) -> None:
    tagger, own, klue = settled
    before, after = settle(tagger, own + klue, windows_of(own + klue)).mentions
    assert after < before


def test_the_temperature_undoes_what_made_relations_too_sure(settled: Settled) -> None:
    tagger, own, _ = settled
    assert relations_of(tagger.config).temperature == pytest.approx(2, rel=0.2)
    calibration = settle(tagger, own, windows_of(own))
    assert calibration.relations is not None
    before, after = calibration.relations
    assert after < before


def test_the_shift_makes_no_relation_as_likely_as_it_is(settled: Settled) -> None:
    tagger, _, klue = settled
    logits, gold = klue_logits(tagger, klue)
    shift = relations_of(tagger.config).no_relation_shift
    assert klue_re_scores(logits, gold, shift)["micro"].f1 == 1.0
    assert klue_re_scores(logits, gold, 0.0)["micro"].f1 < 1.0
    assert 0 < shift <= 1.5


def test_a_settled_model_comes_back_as_it_was(settled: Settled, tmp_path: Path) -> None:
    tagger = settled[0]
    save_model(tagger, tmp_path / "settled")
    again = load_model(tmp_path / "settled")
    assert again.config == tagger.config
    assert again.pairs is not None
    assert again.pairs.config == tagger.config.relations


def test_settling_again_changes_nothing(settled: Settled) -> None:
    tagger, own, klue = settled
    before = tagger.config
    settle(tagger, own + klue, windows_of(own + klue))
    assert tagger.config.platt == pytest.approx(before.platt, rel=1e-3)
    assert tagger.config.relations == before.relations


def test_mentions_that_the_project_did_not_mark_do_not_count(settled: Settled) -> None:
    _, own, klue = settled
    foreign = [replace(s, own=False, spans={MENTION_HEAD: []}, pairs=()) for s in own]
    platts = []
    for dev in (own, own + foreign, own + foreign + klue):
        tagger = loud_tagger()
        settle(tagger, dev, windows_of(dev))
        platts.append(tagger.config.platt)
    for platt in platts[1:]:
        assert platt == pytest.approx(platts[0], rel=1e-3)


def unrelated(dev: list[Labelled]) -> list[Labelled]:
    """The same sentences without any mention or relation."""
    return [
        replace(
            s,
            spans={head: [] for head in s.spans},
            pairs=tuple(
                replace(p, klue=p.klue and KLUE_RELATIONS[0], own=None if p.own is None else frozenset())
                for p in s.pairs
            ),
        )
        for s in dev
    ]  # fmt: skip


def test_with_nothing_to_fit_from_everything_stays_neutral(settled: Settled) -> None:
    _, own, klue = settled
    plain = [replace(s, spans={}, own=False, pairs=()) for s in own]
    for dev in ([], plain, unrelated(own + klue)):
        tagger = loud_tagger()
        calibration = settle(tagger, dev, windows_of(dev))
        assert tagger.config == loud_tagger().config
        assert tagger.config.platt == Platt()
        assert calibration.relations is None


def test_each_kind_of_pairs_settles_its_own(settled: Settled) -> None:
    whole, own, klue = settled
    both = relations_of(whole.config)
    kept = []
    for dev in (own, klue):
        tagger = loud_tagger()
        settle(tagger, dev, windows_of(dev))
        kept.append(relations_of(tagger.config))
    assert kept[0] == replace(both, no_relation_shift=0.0)
    assert kept[1] == replace(both, temperature=1.0, threshold=0.5)


def test_without_a_head_over_pairs_mentions_are_settled_alone(settled: Settled) -> None:
    tagger = tiny_tagger()
    with torch.no_grad():
        tagger.heads[MENTION_HEAD].weight.mul_(20)
    own = settled[1]
    calibration = settle(tagger, own, windows_of(own))
    assert calibration.relations is None
    assert tagger.config.relations is None


def test_what_a_benchmark_head_marks_too_much_becomes_less(settled: Settled) -> None:
    tagger = tiny_tagger()
    with torch.no_grad():
        tagger.heads["konec"].weight.mul_(20)
        tagger.heads["konec"].bias[0] -= 3
    # What is found with more for O than the tagger gives is right.
    gold = konec_dev(tagger)
    with torch.no_grad():
        tagger.heads["konec"].bias[0] -= 0.7
    klue = tagger.heads["klue"].bias.detach().clone()
    before = score_dev(tagger, gold, windows_of(gold))["konec"]["micro"].f1
    settle(tagger, gold + settled[1], windows_of(gold + settled[1]))
    after = score_dev(tagger, gold, windows_of(gold))["konec"]["micro"].f1
    assert before < after == 1
    assert torch.equal(tagger.heads["klue"].bias, klue)


def konec_dev(tagger: RecurrentTagger) -> list[Labelled]:
    """The sentences with what the tagger's head for konec finds in them as gold."""
    sentences = [Labelled(f"konec {text}", text, {"konec": []}) for text in TEXTS]
    windows = windows_of(sentences)
    found = Runtime(tagger, "cpu").spans(windows, "konec")
    return [
        replace(s, spans={"konec": spans_in_text(s.text, w.morphemes, spans, HEADS["konec"])})
        for s, w, spans in zip(sentences, windows, found, strict=True)
    ]


def test_unlikely_relations_do_not_water_down_the_error() -> None:
    logits = np.array([[2.0] * 4 + [-9.0] * 33], dtype=np.float32)
    targets = np.zeros((1, 37), dtype=bool)
    targets[0, :2] = True
    assert errors(logits, targets, 1.0) == pytest.approx(1 / (1 + np.exp(-2)) - 0.5)
    assert errors(logits - 9, targets, 1.0) == 0
