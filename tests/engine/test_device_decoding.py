"""Decoding in torch, as a GPU does it, finds what NumPy finds; both find the best allowed tags."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import make_reading
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tiny_models import HEADS, tiny_tagger

from lgtalent_ie.engine.device_decoding import best_tags_on_device, decode_on_device
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
