"""One pass serves all heads; answers are the same however sentences are batched and cut."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from helpers import make_reading
from tiny_models import (
    HEADS,
    PAIR_HEAD,
    tiny_pair_tagger,
    tiny_tagger,
)
from torch import Tensor

from lgtalent_ie.engine.runtime import TOKEN_BUDGET, Runtime, choose_device
from lgtalent_ie.errors import InputError
from lgtalent_ie.model.config import KLUE_RE, MENTION_HEAD, RELATIONS
from lgtalent_ie.model.decoding import Platt, apply_platt
from lgtalent_ie.model.loading import AnyTagger, load_model, save_model
from lgtalent_ie.model.pairs import PairPlaces, Pairs
from lgtalent_ie.model.tagger import WindowText

SENTENCES = [
    "새별전자는 지난달 연구원 12명을 뽑았다.",
    "올해 박사급 연구원이 합류했다.",
    "명단.",
    "LG AI에 연구원이 왔다. " * 3,
]


def windows() -> list[WindowText]:
    return [
        WindowText(text, [m for s in make_reading(text).sentences for m in s.morphemes])
        for text in SENTENCES
    ]


def test_batched_equals_one_by_one(tagger: AnyTagger) -> None:
    together = Runtime(tagger, "cpu", budget=10_000).logits(windows())
    for budget in (1, 30):
        for one, other in zip(
            together, Runtime(tagger, "cpu", budget).logits(windows()), strict=True
        ):
            assert other == pytest.approx(one, abs=1e-5)


def test_a_sentence_longer_than_the_window_is_answered_whole(tagger: AnyTagger) -> None:
    text = "새별전자는 연구원을 뽑았다. " * 200
    morphemes = [m for s in make_reading(text).sentences for m in s.morphemes]
    [logits] = Runtime(tagger, "cpu").logits([WindowText(text, morphemes)])
    assert logits.shape[0] == len(morphemes)
    assert np.abs(logits).sum(1).min() > 0


def test_empty_sentences_have_no_spans(tagger: AnyTagger) -> None:
    empty = WindowText("", ())
    spans = Runtime(tagger, "cpu").spans([empty, *windows(), empty])
    assert spans[0] == spans[-1] == []
    assert Runtime(tagger, "cpu").spans([]) == []


def test_a_saved_model_is_the_same_model(tagger: AnyTagger, tmp_path) -> None:  # type: ignore[no-untyped-def]
    save_model(tagger, tmp_path / "saved")
    again = Runtime(load_model(tmp_path / "saved"), "cpu").logits(windows())
    for one, other in zip(Runtime(tagger, "cpu").logits(windows()), again, strict=True):
        assert other == pytest.approx(one, abs=3e-2)


def test_the_recurrent_encoder_reads_packed_as_torch_reads_padded() -> None:
    tagger = tiny_tagger()
    prepared = [tagger.prepare(window) for window in windows()]
    packed = tagger.hidden(prepared)
    alone = torch.cat([tagger.hidden([p]) for p in prepared])
    assert torch.allclose(packed, alone, atol=1e-6)


# Pairs of the four sentences; the third has none.
FIRST = PairPlaces(0, 2, 4, 5, "ORG", "DATE")
SECOND = PairPlaces(4, 5, 0, 2, "EVENT", "ORG")
PAIRS = [[FIRST, SECOND], [SECOND], [], [SECOND, FIRST, SECOND]]


def count_passes(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by a number, that of its windows, with every pass of the encoder."""
    passes: list[int] = []
    hidden = runtime.reader.hidden

    def counted(prepared: Sequence[object]) -> Tensor:
        passes.append(len(prepared))
        return hidden(prepared)

    monkeypatch.setattr(runtime.reader, "hidden", counted)
    return passes


@pytest.mark.parametrize("budget, batches", [(10_000, [4]), (1, [1, 1, 1, 1])])
def test_all_heads_share_one_pass(
    budget: int, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Runtime(tiny_pair_tagger(), "cpu", budget)
    passes = count_passes(runtime, monkeypatch)
    states = runtime.states(windows())
    spans = {head: runtime.decode(states, head) for head in HEADS}
    logits = {head: runtime.head_logits(states, head) for head in HEADS}
    pairs = [runtime.pair_logits(states, PAIRS, labels) for labels in (RELATIONS, KLUE_RE)]
    assert passes == batches
    for head in HEADS:
        assert spans[head] == runtime.spans(windows(), head)
        for shared, own in zip(logits[head], runtime.logits(windows(), head), strict=True):
            assert shared == pytest.approx(own, abs=1e-6)
    assert [rows.shape for rows in pairs[0]] == [(2, 37), (1, 37), (0, 37), (3, 37)]
    assert [rows.shape for rows in pairs[1]] == [(2, 30), (1, 30), (0, 30), (3, 30)]


def test_scores_of_mentions_are_chances_and_those_of_other_heads_stay() -> None:
    platt = Platt(0.6, -0.5)
    plain, settled = tiny_tagger(), tiny_tagger()
    with torch.no_grad():
        for tagger in (plain, settled):
            for layer in tagger.heads.values():
                layer.bias[1] += 4  # type: ignore[index, operator]
    settled.config = replace(settled.config, platt=tuple(platt))
    for head in HEADS:
        found = [
            [span for spans in Runtime(tagger, "cpu").spans(windows(), head) for span in spans]
            for tagger in (plain, settled)
        ]
        assert [s[:3] for s in found[1]] == [s[:3] for s in found[0]]
        raw, scores = ([s.score for s in spans] for spans in found)
        expected = apply_platt(np.array(raw), platt) if head == MENTION_HEAD else raw
        assert raw
        assert scores == pytest.approx(expected, abs=1e-5)
        assert head != MENTION_HEAD or scores != pytest.approx(raw, abs=1e-3)


def test_states_are_a_row_per_morpheme(tagger: AnyTagger) -> None:
    states = Runtime(tagger, "cpu").states([*windows(), WindowText("", ())])
    sizes = [(len(window.morphemes), tagger.config.hidden_size) for window in windows()]
    assert [tuple(rows.shape) for rows in states] == [*sizes, (0, tagger.config.hidden_size)]
    assert all(rows.dtype == torch.float32 for rows in states)
    assert len(Runtime(tagger, "cpu").states([])) == 0


def test_another_process_may_prepare_what_the_device_reads(tagger: AnyTagger) -> None:
    empty = WindowText("", ())
    text = "새별전자는 연구원을 뽑았다. " * 200
    long = WindowText(text, [m for s in make_reading(text).sentences for m in s.morphemes])
    sentences = [empty, long, *windows()]
    runtime = Runtime(tagger, "cpu")
    parts = runtime.prepare(sentences)
    assert len(parts) > len(windows()) + 1
    sent = pickle.loads(pickle.dumps(parts))
    for one, other in zip(runtime.run(sent, 6), runtime.states(sentences), strict=True):
        assert torch.equal(one, other)


def test_the_budget_is_the_callers_or_the_devices(tagger: AnyTagger) -> None:
    assert Runtime(tagger, "cpu").budget == Runtime(tagger, "cpu", None).budget == TOKEN_BUDGET
    assert Runtime(tagger, "cpu", 7).budget == 7


@pytest.mark.parametrize("budget", [1, 60, 100_000])
def test_pairs_are_scored_the_same_in_any_batches(
    budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagger = tiny_pair_tagger()
    assert tagger.pairs is not None
    runtime = Runtime(tagger, "cpu")
    states = runtime.states(windows())
    expected = [
        [runtime.pair_logits([rows], [[pair]], KLUE_RE)[0][0] for pair in some]
        for rows, some in zip(states, PAIRS, strict=True)
    ]
    cells = []
    score = tagger.pairs.forward

    def measured(hidden: Tensor, pairs: Pairs) -> dict[str, Tensor]:
        starts, ends = pairs.windows.unbind(1)
        cells.append((len(starts), len(starts) * int((ends - starts).max())))
        return score(hidden, pairs)

    monkeypatch.setattr(tagger.pairs, "forward", measured)
    monkeypatch.setattr("lgtalent_ie.engine.runtime.PAIR_BUDGET", budget)
    monkeypatch.setattr("lgtalent_ie.engine.runtime.FEWEST_PAIRS", 1)
    found = runtime.pair_logits(states, PAIRS, KLUE_RE)
    for rows, wanted in zip(found, expected, strict=True):
        assert rows == pytest.approx(np.array(wanted).reshape(-1, 30), abs=1e-5)
    assert all(pairs == 1 or size <= budget for pairs, size in cells)
    assert budget < 100_000 or len(cells) == 1


def test_pairs_of_a_sentence_longer_than_the_window() -> None:
    tagger = tiny_pair_tagger()
    text = "새별전자는 연구원을 뽑았다. " * 100
    morphemes = [m for s in make_reading(text).sentences for m in s.morphemes]
    assert len(morphemes) > 2 * tagger.config.longest
    runtime = Runtime(tagger, "cpu")
    states = runtime.states([WindowText(text, morphemes)])
    last = len(morphemes)
    pair = PairPlaces(0, 2, last - 1, last, "ORG", "DATE")
    [there] = runtime.pair_logits(states, [[pair]], RELATIONS)
    changed = [torch.cat([states[0][:-1], states[0][-1:] + 1])]
    assert np.isfinite(there).all()
    assert np.abs(runtime.pair_logits(changed, [[pair]], RELATIONS)[0] - there).max() > 1e-3


def test_without_pairs_there_is_nothing_to_score() -> None:
    runtime = Runtime(tiny_pair_tagger(), "cpu")
    states = runtime.states([*windows(), WindowText("", ())])
    scored = runtime.pair_logits(states, [[] for _ in states], RELATIONS)
    assert [rows.shape for rows in scored] == [(0, len(PAIR_HEAD.labels[RELATIONS]))] * 5
    assert runtime.pair_logits([], [], RELATIONS) == []


def test_a_head_over_pairs_comes_back_with_its_model(tmp_path) -> None:  # type: ignore[no-untyped-def]
    save_model(tiny_pair_tagger(), tmp_path / "saved")
    scored = []
    for tagger in (tiny_pair_tagger(), load_model(tmp_path / "saved")):
        assert tagger.config.relations == PAIR_HEAD
        runtime = Runtime(tagger, "cpu")
        scored.append(
            np.concatenate(runtime.pair_logits(runtime.states(windows()), PAIRS, KLUE_RE))
        )
    assert scored[1] == pytest.approx(scored[0], abs=3e-2)


@pytest.mark.parametrize("device", ["cuda:99", "toaster", "cpu:x"])
def test_an_unknown_device_is_named(device: str) -> None:
    with pytest.raises(InputError, match=device):
        choose_device(device)


def test_groups_that_follow_each_other_on_a_gpu_have_the_same_spans(tagger: AnyTagger) -> None:
    runtime = Runtime(tagger, "cpu")
    empty = WindowText("", ())
    sentences = [empty, *windows(), empty]
    expected = runtime.spans(sentences)
    lengths = [len(sentence.morphemes) for sentence in sentences]
    assert list(runtime.groups(lengths)) == [(0, len(sentences))]
    runtime.ahead, runtime.budget, runtime.decodes_on_device = 1, 1, True
    groups = list(runtime.groups(lengths))
    assert groups[0][0] == 0 and groups[-1][1] == len(sentences) and len(groups) > 1
    assert all(before[1] == after[0] for before, after in pairwise(groups))
    found = runtime.spans(sentences)
    assert [[s[:3] for s in some] for some in found] == [[s[:3] for s in some] for some in expected]


def short_of_memory(runtime: Runtime, most: int) -> list[int]:
    """Make a runtime's device too small for more than `most` pieces; returns what it was given."""
    tried: list[int] = []
    read = runtime.read

    def checked(prepared: Sequence[Any]) -> Tensor:
        tried.append(sum(runtime.reader.size(window) for window in prepared))
        if tried[-1] > most:
            raise torch.cuda.OutOfMemoryError("out of memory")
        return read(prepared)

    runtime.read = checked  # type: ignore[method-assign]
    return tried


def test_out_of_memory_halves_the_budget_and_goes_on(tagger: AnyTagger) -> None:
    expected = Runtime(tagger, "cpu").states(windows())
    runtime = Runtime(tagger, "cpu", budget=10_000)
    longest = max(runtime.reader.size(part.prepared) for part in runtime.prepare(windows()))
    short_of_memory(runtime, most=longest)
    for found, wanted in zip(runtime.states(windows()), expected, strict=True):
        assert torch.allclose(found, wanted, atol=1e-5)
    assert runtime.budget < 10_000
    again = short_of_memory(runtime, most=longest)
    runtime.states(windows())
    assert max(again) <= longest


def test_a_window_that_never_fits_is_an_error() -> None:
    runtime = Runtime(tiny_tagger(), "cpu")
    short_of_memory(runtime, most=1)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        runtime.states(windows())
