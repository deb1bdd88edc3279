"""The engine answers the same however sentences are batched and cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import make_reading
from tiny_models import HEADS, tiny_encoder, tiny_tagger

from lgtalent_ie.engine.runtime import Runtime, choose_device
from lgtalent_ie.errors import InputError
from lgtalent_ie.model.config import ModelConfig
from lgtalent_ie.model.loading import AnyTagger, load_model, save_model
from lgtalent_ie.model.pretrained import PretrainedTagger, load_encoder, pretrained_config
from lgtalent_ie.model.tagger import WindowText

SENTENCES = [
    "새별전자는 지난달 연구원 12명을 뽑았다.",
    "올해 박사급 연구원이 합류했다.",
    "명단.",
    "LG AI에 연구원이 왔다. " * 3,
]


@pytest.fixture(scope="module", params=["recurrent", "pretrained"])
def tagger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AnyTagger:
    if request.param == "recurrent":
        return tiny_tagger()
    encoder, tokenizer = load_encoder(tiny_encoder(tmp_path_factory.mktemp("hf") / "bert"))
    sizes = pretrained_config(encoder, tokenizer)
    config = ModelConfig("tiny", "1", pretrained=sizes, heads=HEADS, longest=sizes.max_length - 2)
    return PretrainedTagger(config, encoder, tokenizer).eval()


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


@pytest.mark.parametrize("device", ["cuda:99", "toaster", "cpu:x"])
def test_an_unknown_device_is_named(device: str) -> None:
    with pytest.raises(InputError, match=device):
        choose_device(device)
