"""Decoding in torch, as a GPU does it, finds what NumPy finds; both find the best allowed tags."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import make_reading
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tiny_models import HEADS, tiny_tagger

from lgtalent_ie.engine import device_decoding as module
from lgtalent_ie.engine.device_decoding import (
    best_tags_on_device,
    cut_at,
    decode_on_device,
    never_inside,
    start_decoding,
)
from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.model.decoding import best_tags, log_softmax, viterbi
from lgtalent_ie.model.tagger import WindowText

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=12)


def random_logits(seed: int, count: int, labels: int) -> np.ndarray:
    # Some sure, some not: sequences that are allowed as they stand and others.
    random = np.random.default_rng(seed)
    return (random.normal(size=(count, 1 + 2 * labels)) * random.uniform(0.1, 9)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), LENGTHS, st.integers(1, 9))
def test_the_device_finds_the_tags_that_numpy_finds(
    seed: int, lengths: list[int], labels: int
) -> None:
    scores = log_softmax(random_logits(seed, sum(lengths), labels))
    assume((np.diff(np.sort(scores, axis=1)) > 0).all())  # of two alike either may be taken
    sizes = np.array(lengths)
    found = best_tags_on_device(torch.from_numpy(scores), sizes).numpy()
    assert found.tolist() == viterbi(scores, sizes).tolist() == best_tags(scores, sizes).tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), LENGTHS, st.integers(1, 9), st.floats(0, 4))
def test_no_best_sequence_goes_on_where_it_may_be_cut(
    seed: int, lengths: list[int], labels: int, lead: float
) -> None:
    logits = random_logits(seed, sum(lengths), labels)
    logits[:, 0] += lead
    scores, sizes = log_softmax(logits), np.array(lengths)
    best = viterbi(scores, sizes)
    sure = np.flatnonzero(never_inside(torch.from_numpy(scores)).numpy())
    assert not ((best[sure] > 0) & (best[sure] % 2 == 0)).any()
    pieces = cut_at(sure, sizes)
    assert set(np.cumsum(sizes)) <= set(np.cumsum(pieces)) and pieces.min() > 0
    assert viterbi(scores, pieces).tolist() == best.tolist()


def test_long_windows_are_cut_and_decoded_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, lengths = random_logits(3, 900, 4), np.array([600, 40, 260])
    logits[:, 0] += 3
    seen: list[int] = []

    def watched(scores: torch.Tensor, sizes: np.ndarray) -> torch.Tensor:
        seen.append(int(sizes.max()))
        return best_tags_on_device(scores, sizes)

    monkeypatch.setattr(module, "best_tags_on_device", watched)
    tags, _ = decode_on_device(torch.from_numpy(logits), lengths)
    assert tags.tolist() == viterbi(log_softmax(logits), lengths).tolist()
    monkeypatch.setattr(module, "LONG", 600)
    assert decode_on_device(torch.from_numpy(logits), lengths)[0].tolist() == tags.tolist()
    cut, whole = seen
    assert cut < 200 and whole == 600


def test_it_gives_the_log_probability_of_every_tag() -> None:
    logits, lengths = random_logits(1, 30, 4), np.array([10, 1, 19])
    tags, chosen = decode_on_device(torch.from_numpy(logits), lengths)
    expected = log_softmax(logits)
    assert tags.dtype == np.int64
    assert tags.tolist() == best_tags(expected, lengths).tolist()
    assert chosen == pytest.approx(expected[np.arange(30), tags], abs=1e-6)


def test_a_runtime_gives_the_same_spans_either_way() -> None:
    texts = ["새별전자는 지난달 연구원 12명을 뽑았다.", "", "명단.", "올해 연구원이 왔다. " * 9]
    windows = [
        WindowText(text, [m for s in make_reading(text).sentences for m in s.morphemes])
        for text in texts
    ]
    tagger = tiny_tagger()
    with torch.no_grad():
        for layer in tagger.heads.values():
            layer.weight.mul_(20)  # type: ignore[operator, union-attr]
            layer.bias[1:3] += 3  # type: ignore[index, operator]
    runtime = Runtime(tagger, "cpu")
    for head in HEADS:
        on_cpu = runtime.spans(windows, head)
        runtime.decodes_on_device = True
        on_device = runtime.spans(windows, head)
        runtime.decodes_on_device = False
        assert any(on_cpu)
        for some, others in zip(on_cpu, on_device, strict=True):
            assert [s[:3] for s in some] == [s[:3] for s in others]
            assert [s.score for s in some] == pytest.approx([s.score for s in others], abs=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_finds_the_tags_that_numpy_finds() -> None:
    lengths = np.random.default_rng(0).integers(1, 200, size=300)
    scores = log_softmax(random_logits(0, int(lengths.sum()), 9))
    found = best_tags_on_device(torch.from_numpy(scores).cuda(), lengths).cpu().numpy()
    assert (found == best_tags(scores, lengths)).all()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("lengths", [(30, 200, 9), (2_000, 40)], ids=["short", "long"])
def test_answers_of_a_gpu_come_when_they_are_asked_for(lengths: tuple[int, ...]) -> None:
    some = [random_logits(seed, sum(lengths), 9) for seed in range(3)]
    started = [start_decoding(torch.from_numpy(x).cuda(), np.array(lengths)) for x in some]
    for logits, answer in zip(some, started, strict=True):
        scores = log_softmax(logits)
        tags, chosen = answer()
        assert tags.tolist() == viterbi(scores, np.array(lengths)).tolist()
        assert chosen == pytest.approx(scores[np.arange(len(tags)), tags], abs=1e-4)
