"""The CPU's reader: torch's own states, whatever was read before, and no more rows than it may."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import tiny_tagger
from torch import Tensor

from lgtalent_ie.model import cpu_reader
from lgtalent_ie.model.cpu_reader import CpuReader
from lgtalent_ie.model.pieces import TAGS, Kind
from lgtalent_ie.model.tagger import RecurrentTagger

FORMS = ["연구원", "이", "12", "LG", "새별전자", "…", "오르", "었"]
MANY: list[Kind] = [(f"{form}{n}", "NNP", n % 2 == 0) for n in range(40) for form in FORMS]

kinds = st.tuples(st.sampled_from(FORMS), st.sampled_from([*TAGS, "VV-I", "?"]), st.booleans())
windows = st.lists(st.lists(kinds, min_size=1, max_size=30), min_size=1, max_size=12)


def read_by_torch(tagger: RecurrentTagger, texts: Sequence[Sequence[Kind]]) -> Tensor:
    with torch.inference_mode():
        return tagger.hidden([tagger.pieces(kinds) for kinds in texts])


def layered(layers: int) -> RecurrentTagger:
    """A tagger of so many layers, its weights larger than those torch begins with."""
    tiny = tiny_tagger()
    assert tiny.config.recurrent is not None
    torch.manual_seed(layers)
    config = replace(tiny.config, recurrent=replace(tiny.config.recurrent, layers=layers))
    tagger = RecurrentTagger(config, tiny.vocabulary).eval()
    with torch.no_grad():
        for weights in tagger.encoder.parameters():
            weights *= 3
    return tagger


@pytest.mark.parametrize("layers", [1, 2, 3])
@settings(max_examples=30, deadline=None)
@given(texts=windows)
def test_states_are_those_of_torch(layers: int, texts: list[list[Kind]]) -> None:
    tagger = layered(layers)
    found = CpuReader(tagger).hidden(texts)
    assert found.shape == (sum(map(len, texts)), tagger.config.hidden_size)
    assert torch.allclose(found, read_by_torch(tagger, texts), atol=1e-5)


def test_what_was_read_before_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_reader, "KINDS", 16)
    tagger = tiny_tagger()
    reader = CpuReader(tagger)
    text = [MANY[3], MANY[0], MANY[3]]
    expected = CpuReader(tagger).hidden([text])
    for start in range(0, len(MANY), 5):
        reader.hidden([MANY[start : start + 7]])
        assert torch.equal(reader.hidden([text]), expected)


def test_what_is_read_most_is_kept_and_the_rest_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_reader, "KINDS", 16)
    reader = CpuReader(tiny_tagger())
    learnt: list[Kind] = []
    learn = reader.learn
    monkeypatch.setattr(reader, "learn", lambda kinds: (learnt.extend(kinds), learn(kinds)))
    for kind in MANY:
        reader.hidden([[MANY[0], kind]])
        assert len(reader.known.rows) <= 16
    assert learnt.count(MANY[0]) == 1
    assert sorted(learnt) == sorted(MANY)
    rows = list(reader.known.rows.values())
    assert rows == list(range(len(rows)))


def test_a_batch_of_more_kinds_than_are_kept_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_reader, "KINDS", 16)
    tagger = tiny_tagger()
    reader = CpuReader(tagger)
    for texts in ([MANY], [MANY[:5], MANY[100:110]], [MANY, MANY]):
        assert torch.allclose(reader.hidden(texts), read_by_torch(tagger, texts), atol=1e-5)


def test_threads_may_share_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_reader, "KINDS", 16)
    tagger = tiny_tagger()
    reader = CpuReader(tagger)
    texts = [MANY[start : start + 12] for start in range(0, 300, 10)]
    expected = [read_by_torch(tagger, [text]) for text in texts]
    right: list[bool] = []

    def read() -> None:
        for text, wanted in zip(texts, expected, strict=True):
            right.append(torch.allclose(reader.hidden([text]), wanted, atol=1e-5))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 4 * len(texts)


def test_weights_are_those_that_the_tagger_has_when_it_is_made() -> None:
    tagger = tiny_tagger()
    old = CpuReader(tagger)
    before = old.hidden([MANY[:5]])
    with torch.no_grad():
        for weights in tagger.encoder.lstm.parameters():  # type: ignore[union-attr]
            weights *= 2
    assert torch.equal(old.hidden([MANY[:5]]), before)
    assert not torch.allclose(CpuReader(tagger).hidden([MANY[:5]]), before, atol=1e-3)
