"""What a GPU is given to do, followed on one that is not there (see `pretend_gpu`)."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import make_reading
from pretend_gpu import OnGpu, pretend_gpu
from tiny_models import tiny_pair_tagger

from lgtalent_ie import Extractor
from lgtalent_ie.engine.runtime import CUDA_TOKEN_BUDGET, Runtime
from lgtalent_ie.model.config import RELATIONS
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.pairs import PairPlaces
from lgtalent_ie.model.tagger import WindowText

SEEDS = Path(__file__).parents[2] / "seeds"
TEXTS = ["새별전자는 지난달 연구원 12명을 뽑았다.", "명단.", "올해 박사급 연구원이 합류했다. " * 9]


def windows(times: int = 1) -> list[WindowText]:
    read = [
        WindowText(text, [m for s in make_reading(text).sentences for m in s.morphemes])
        for text in TEXTS
    ]
    return [*read, WindowText("", ())] * times


# The GPU that is not there --------------------------------------------------------------------


def test_a_tensor_left_on_the_cpu_is_refused() -> None:
    with pretend_gpu():
        there = torch.ones(3, device="cuda")
        assert (there.device.type, (there + there)[1:].device.type) == ("cuda", "cuda")
        with pytest.raises(RuntimeError, match="on the CPU"):
            there + torch.ones(3)
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()


def test_numbers_are_true_and_waits_are_counted() -> None:
    with pretend_gpu() as waits:
        there = torch.arange(4.0).to("cuda", non_blocking=True)
        torch.add(there[:2], 1.0, out=there[2:])
        there[1:] *= 2
        assert not waits
        assert there.cpu().tolist() == [0.0, 2.0, 2.0, 4.0]
        assert there.sum().item() == 8.0
        assert waits == {"copy back": 1, "item": 1}
    assert torch.ones(1).device.type == "cpu"


# The engine -------------------------------------------------------------------------------------


def test_states_are_those_of_the_cpu(tagger: AnyTagger) -> None:
    expected = Runtime(deepcopy(tagger), "cpu").states(windows())
    with pretend_gpu():
        runtime = Runtime(deepcopy(tagger))
        assert runtime.budget == CUDA_TOKEN_BUDGET
        states = runtime.states(windows())
        assert all(isinstance(some, OnGpu) for some in states)
        found = [some.cpu() for some in states]
    # Attention computes in bfloat16 there.
    off = 1e-5 if tagger.config.recurrent else 0.03
    for some, wanted in zip(found, expected, strict=True):
        assert some.dtype == torch.float32
        assert some.shape == wanted.shape
        assert (some - wanted).norm() <= off * wanted.norm()


def test_batches_follow_each_other_without_a_wait(tagger: AnyTagger) -> None:
    with pretend_gpu() as waits:
        runtime = Runtime(deepcopy(tagger), "cuda", budget=40)
        parts = runtime.prepare(windows(5))
        runtime.run(parts, 20)  # what is set up once may wait
        waits.clear()
        states = runtime.run(parts, 20)
        assert not waits
        answer = runtime.start_decoding(states, "mentions")
        assert not waits
        found = answer()
        assert waits == {"event": 1}
        expected = Runtime(deepcopy(tagger), "cuda", budget=10_000).spans(windows(5))
    assert any(found)
    assert [[s[:3] for s in some] for some in found] == [[s[:3] for s in some] for some in expected]


def test_pairs_come_back_in_one_copy() -> None:
    pair = PairPlaces(0, 1, 2, 3, "ORG", "DATE")
    pairs = [[pair] * 3, [], [pair] * 40, []]
    on_cpu = Runtime(tiny_pair_tagger(), "cpu")
    expected = on_cpu.pair_logits(on_cpu.states(windows()), pairs, RELATIONS)
    with pretend_gpu() as waits:
        runtime = Runtime(tiny_pair_tagger(), "cuda")
        states = runtime.states(windows())
        waits.clear()
        found = runtime.pair_logits(states, pairs, RELATIONS)
        assert waits["copy back"] == 1
    for rows, wanted in zip(found, expected, strict=True):
        assert rows == pytest.approx(np.asarray(wanted), abs=1e-5)


@pytest.mark.slow
def test_documents_are_those_of_the_cpu() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("0*.txt"))]
    assert texts
    expected = list(Extractor("fast", device="cpu").extract_many(texts))
    with pretend_gpu():
        found = list(Extractor("fast", device="cuda").extract_many(texts))
    for document, wanted in zip(found, expected, strict=True):
        assert [m.score for m in document.mentions] == pytest.approx(
            [m.score for m in wanted.mentions], abs=2e-3
        )
        assert [(m.label, m.start, m.end) for m in document.mentions] == [
            (m.label, m.start, m.end) for m in wanted.mentions
        ]
        assert document.counts == wanted.counts
        assert len(document.facts) == len(wanted.facts)
