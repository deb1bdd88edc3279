"""The encoders that the engine benchmark compares, and what a user would take in our place."""

from __future__ import annotations

from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from helpers import TEXTS

from lgtalent_ie.errors import InputError, ModelError

pytest.importorskip("transformers")


# --- encoders ------------------------------------------------------------------------------------


def test_the_peak_is_that_of_the_very_gpu(scripts: SimpleNamespace) -> None:
    peak = scripts.encoders.peak_of
    assert peak("NVIDIA H200") == peak("NVIDIA H100 80GB HBM3") == 989.5
    assert peak("NVIDIA H100 PCIe") == 756.5
    assert peak("NVIDIA A100-SXM4-80GB") == 312.0
    assert peak("NVIDIA L40") is peak("Tesla T4") is peak(None) is None


def test_an_unknown_encoder_is_named(scripts: SimpleNamespace) -> None:
    with pytest.raises(ModelError, match="roberta-huge"):
        scripts.encoders.build("roberta-huge", TEXTS)


def test_both_sides_have_the_same_weights(roberta: Any) -> None:
    assert roberta.tagger.encoder is roberta.rival.roberta
    for name, weights in roberta.tagger.heads["mentions"].state_dict().items():
        assert torch.equal(weights, roberta.rival.classifier.state_dict()[name])


def test_operations_are_two_for_each_weight_and_four_widths_for_each_pair(
    scripts: SimpleNamespace, roberta: Any
) -> None:
    layer = 4 * 32 * 32 + 2 * 32 * 64
    weights = 2 * layer + 32 * 19
    assert scripts.encoders.layer_weights(roberta.tagger) == weights
    pairs = 10**2 + 510**2 + 90**2
    wanted = 2 * weights * 610 + 4 * 2 * 32 * pairs
    assert scripts.encoders.operations(roberta.tagger, [10, 600]) == wanted


def test_random_weights_see_about_as_many_mentions_as_texts_have(
    scripts: SimpleNamespace, roberta: Any
) -> None:
    batch = roberta.tokenizer(list(TEXTS), padding=True, return_tensors="pt")
    with torch.inference_mode():
        tags = roberta.rival(**batch).logits.argmax(-1)[batch["attention_mask"].bool()]
    share = (tags > 0).float().mean().item()
    assert share == pytest.approx(scripts.encoders.MENTIONED, abs=0.05)


def test_padding_changes_nothing_in_the_lstm_rival(scripts: SimpleNamespace) -> None:
    from lgtalent_ie.model.config import RecurrentConfig

    model = scripts.encoders.recurrent_rival(RecurrentConfig(8, 4, 4, 16, 8, 2), tiny=True)
    ids = torch.tensor([[5, 6, 7, 1, 1], [5, 6, 7, 8, 9]])
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    with torch.inference_mode():
        together = model(ids, mask)["logits"]
        alone = model(ids[:1, :3], mask[:1, :3])["logits"]
    assert torch.allclose(together[0, :3], alone[0], atol=1e-6)


# --- rivals --------------------------------------------------------------------------------------


def test_sorted_texts_come_back_in_their_order(scripts: SimpleNamespace, roberta: Any) -> None:
    pipeline = scripts.rivals.make_pipeline(roberta, "cpu", torch.float32)
    plain = scripts.rivals.read_with(pipeline, TEXTS, 1, stride=False)
    ordered = scripts.rivals.read_sorted(pipeline, TEXTS, 2, stride=False)
    places = [[(e["start"], e["end"]) for e in some] for some in plain]
    assert any(places)
    assert [[(e["start"], e["end"]) for e in some] for some in ordered] == places


class ForgetfulTokenizer:
    """As tokenizers 0.23.1: what follows the first window is dropped."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def __call__(self, text: str, **options: Any) -> dict[str, Any]:
        windows = self.tokenizer(text, **options)
        return {name: values[:1] for name, values in windows.items()}


def test_a_rival_that_would_read_less_is_refused(scripts: SimpleNamespace, roberta: Any) -> None:
    forgetful = ForgetfulTokenizer(roberta.tokenizer)
    with pytest.raises(InputError, match="drops what follows the first window"):
        scripts.rivals.need_whole_texts(forgetful)
    pipeline = SimpleNamespace(tokenizer=forgetful)
    with pytest.raises(InputError, match="tokenizers"):
        scripts.rivals.read_with(pipeline, TEXTS, 8, stride=True)


@pytest.mark.skipif(
    version("tokenizers") in ("0.23.1", "0.23.2"), reason="it drops all windows but the first"
)
def test_nothing_of_a_long_text_is_lost(scripts: SimpleNamespace, roberta: Any) -> None:
    scripts.rivals.need_whole_texts(roberta.tokenizer)
    text = " ".join(TEXTS * 60)
    most = scripts.encoders.MAX_LENGTH
    places = roberta.tokenizer(text, verbose=False, return_offsets_mapping=True)["offset_mapping"]
    assert len(places) > 2 * most
    pipeline = scripts.rivals.make_pipeline(roberta, "cpu", torch.float32)
    (found,) = scripts.rivals.read_with(pipeline, [text], 8, stride=True)
    # Which tags random weights give differs from torch to torch: many are behind the first window.
    assert found[-1]["end"] > places[most][1]


def test_packed_windows_have_the_labels_that_they_have_alone(
    scripts: SimpleNamespace, roberta: Any
) -> None:
    pytest.importorskip("gliner")
    packing = scripts.rivals.GlinerPacking(roberta, "cpu", torch.float32)
    windows = roberta.tokenizer(list(TEXTS))["input_ids"]
    packed, logits = packing.logits(windows)
    assert len(packed.input_ids) == 1
    for ids, offset in zip(windows, packed.offsets[0], strict=True):
        with torch.inference_mode():
            alone = roberta.rival(torch.tensor([ids])).logits[0]
        assert torch.allclose(logits[0, offset : offset + len(ids)], alone, atol=1e-5)
    assert [len(found) > 0 for found in packing.read(TEXTS, 8)] == [
        len(found) > 0 for found in packing.read(TEXTS, 1)
    ]


def test_packing_is_not_for_recurrent_encoders(scripts: SimpleNamespace) -> None:
    built = SimpleNamespace(recurrent=True)
    with pytest.raises(InputError, match="recurrent"):
        scripts.rivals.GlinerPacking(built, "cpu", torch.float32)


def test_runs_of_tags_are_entities(scripts: SimpleNamespace) -> None:
    offsets = [(0, 0), (0, 2), (2, 3), (4, 5), (5, 6), (0, 0)]
    assert scripts.rivals.runs([0, 1, 2, 2, 3, 0], offsets) == [(0, 0, 5), (1, 5, 6)]
    assert scripts.rivals.runs([2, 2, 4, 0, 2, 2], offsets) == [(0, 0, 2), (1, 2, 3), (0, 5, 6)]
