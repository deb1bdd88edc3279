"""Encoders of BERT's family read windows side by side as Hugging Face reads them padded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import make_reading
from tiny_models import HEADS, tiny_encoder
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    ElectraConfig,
    ElectraModel,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from lgtalent_ie.engine.packing import Window
from lgtalent_ie.engine.runtime import Part, Runtime
from lgtalent_ie.model import windows as windows_module
from lgtalent_ie.model.config import ModelConfig, PretrainedConfig
from lgtalent_ie.model.loading import load_model, save_model
from lgtalent_ie.model.packed_bert import PackedEncoder, can_pack
from lgtalent_ie.model.pretrained import (
    PretrainedTagger,
    Subwords,
    load_encoder,
    pretrained_config,
)
from lgtalent_ie.model.tagger import WindowText

# Random weights large enough that what a piece sees changes what it becomes.
SIZES: dict[str, Any] = {
    "vocab_size": 97,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 66,
    "initializer_range": 0.3,
}
FAMILY = {
    "roberta": lambda: RobertaModel(RobertaConfig(**SIZES)),
    "bert": lambda: BertModel(BertConfig(**SIZES)),
    "xlm-roberta": lambda: XLMRobertaModel(XLMRobertaConfig(**SIZES)),
    "electra": lambda: ElectraModel(ElectraConfig(**SIZES, embedding_size=24)),
    "electra without projection": lambda: ElectraModel(ElectraConfig(**SIZES, embedding_size=32)),
    "gelu_new": lambda: BertModel(BertConfig(**SIZES, hidden_act="gelu_new")),
}
UNEVEN = (7, 1, 60, 2, 33, 1)
EVEN = (12, 12, 12)


def make_encoder(name: str) -> Any:
    torch.manual_seed(0)
    encoder = FAMILY[name]().eval()
    # Norms and biases begin as ones and zeros, which would hide them.
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return encoder


@pytest.fixture(scope="module", params=FAMILY)
def encoder(request: pytest.FixtureRequest) -> Any:
    return make_encoder(request.param)


def random_ids(lengths: Sequence[int], seed: int = 0) -> list[Tensor]:
    """Windows without padding ids (0 and 1 in the configurations above)."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(2, 97, (length,), generator=generator) for length in lengths]


@torch.no_grad()
def read_packed(packed: PackedEncoder, windows: Sequence[Tensor]) -> Tensor:
    return packed(torch.cat(list(windows)), torch.tensor([len(w) for w in windows]))


@torch.no_grad()
def read_padded(encoder: Any, windows: Sequence[Tensor]) -> Tensor:
    pad = encoder.config.pad_token_id
    ids = nn.utils.rnn.pad_sequence(list(windows), batch_first=True, padding_value=pad)
    lengths = torch.tensor([len(w) for w in windows])
    mask = torch.arange(ids.shape[1]) < lengths[:, None]
    return encoder(input_ids=ids, attention_mask=mask.long()).last_hidden_state[mask]


@pytest.mark.parametrize("lengths", [UNEVEN, EVEN, (1,), (64, 1)])
def test_packed_equals_padded_equals_one_by_one(encoder: Any, lengths: Sequence[int]) -> None:
    packed, windows = PackedEncoder(encoder), random_ids(lengths)
    together = read_packed(packed, windows)
    assert together.shape == (sum(lengths), 32)
    assert together.std() > 0.1
    assert torch.allclose(together, read_padded(encoder, windows), atol=1e-5)
    alone = torch.cat([read_packed(packed, [window]) for window in windows])
    assert torch.allclose(together, alone, atol=1e-5)


def test_windows_do_not_see_each_other(encoder: Any) -> None:
    packed, windows = PackedEncoder(encoder), random_ids(UNEVEN)
    before = read_packed(packed, windows).split(UNEVEN)
    windows[2] = random_ids(UNEVEN, seed=9)[2]
    after = read_packed(packed, windows).split(UNEVEN)
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        assert torch.allclose(one, other, atol=1e-6) is (number != 2)


@pytest.mark.parametrize("name", ["roberta", "bert"])
def test_padding_that_a_text_spells_out_is_counted_as_there(name: str) -> None:
    encoder = make_encoder(name)
    pad = encoder.config.pad_token_id
    windows = random_ids((6, 9))
    windows[0][3] = windows[1][0] = windows[1][8] = pad
    expected = torch.cat(
        [encoder(input_ids=w[None], attention_mask=torch.ones(1, len(w))).last_hidden_state[0]
         for w in windows]
    ).detach()  # fmt: skip
    assert torch.allclose(read_packed(PackedEncoder(encoder), windows), expected, atol=1e-5)


def test_in_bfloat16_labels_stay_where_margins_are_real(encoder: Any) -> None:
    windows = random_ids((30,) * 12 + UNEVEN)
    states = read_padded(encoder, windows)
    head = nn.Linear(32, 5)
    with torch.no_grad():
        head.weight.mul_(8)
        exact = head(states)
        rounded = head(read_packed(PackedEncoder(encoder, torch.bfloat16), windows).float())
        with torch.autocast("cpu", torch.bfloat16):
            mixed = read_packed(PackedEncoder(encoder), windows)
        mixed = head(mixed.float())
    best_two = exact.topk(2, dim=1).values
    clear = best_two[:, 0] - best_two[:, 1] > 0.5
    assert clear.float().mean() > 0.7
    for logits in (rounded, mixed):
        assert (logits - exact).abs().max() > 1e-4
        assert torch.equal(logits.argmax(1)[clear], exact.argmax(1)[clear])


def test_weights_are_shared_and_need_no_gradient(encoder: Any) -> None:
    packed = PackedEncoder(encoder)
    assert not any(p.requires_grad for p in packed.parameters())
    assert all(p.requires_grad for p in encoder.parameters())
    words = encoder.embeddings.word_embeddings.weight
    assert next(p for n, p in packed.named_parameters() if n == "words.weight").data_ptr() == (
        words.data_ptr()
    )


def test_other_encoders_are_told_apart() -> None:
    assert can_pack(make_encoder("bert"))
    assert not can_pack(BertModel(BertConfig(**SIZES, is_decoder=True)))
    distil = DistilBertConfig(vocab_size=97, dim=32, n_layers=1, n_heads=4, hidden_dim=48)
    assert not can_pack(DistilBertModel(distil))


# Compiled ---------------------------------------------------------------------------------------


def test_layers_are_compiled_once_for_all_of_them_and_all_lengths() -> None:
    encoder = make_encoder("roberta")
    plain, compiled = PackedEncoder(encoder), PackedEncoder(encoder)
    graphs: list[Any] = []

    def counting(graph: Any, inputs: Sequence[Any]) -> Any:
        graphs.append(graph)
        return graph.forward

    torch.compiler.reset()
    compiled.compile_layers(backend=counting)
    with torch.inference_mode():
        for lengths in (UNEVEN, EVEN, (2, 5), (64, 64, 3), (9,)):
            windows = random_ids(lengths)
            assert torch.allclose(
                read_packed(compiled, windows), read_packed(plain, windows), atol=1e-6
            )
    assert len(graphs) == 1


@pytest.mark.slow
def test_what_inductor_makes_of_them_computes_the_same() -> None:
    encoder = make_encoder("bert")
    plain, compiled = PackedEncoder(encoder), PackedEncoder(encoder)
    torch.compiler.reset()
    compiled.compile_layers()
    for lengths in (UNEVEN, EVEN, (2, 5)):
        windows = random_ids(lengths)
        assert torch.allclose(
            read_packed(compiled, windows), read_packed(plain, windows), atol=1e-5
        )


# In a tagger ------------------------------------------------------------------------------------

TEXTS = ("새별전자는 지난달 연구원 12명을 뽑았다.", "명단.", "올해 박사급 연구원이 합류했다.")


def text_windows() -> list[WindowText]:
    return [
        WindowText(text, [m for s in make_reading(text).sentences for m in s.morphemes])
        for text in TEXTS
    ]


@pytest.fixture
def tagger(tmp_path: Path) -> PretrainedTagger:
    encoder, tokenizer = load_encoder(tiny_encoder(tmp_path / "bert"))
    sizes = pretrained_config(encoder, tokenizer)
    config = ModelConfig("tiny", "1", pretrained=sizes, heads=HEADS, longest=sizes.max_length - 2)
    return PretrainedTagger(config, encoder, tokenizer).eval()


@torch.no_grad()
def test_a_tagger_answers_alike_packed_and_padded(tagger: PretrainedTagger) -> None:
    prepared = tagger.prepare_all(text_windows())
    padded = tagger.hidden(prepared)
    assert tagger.packed is None
    assert tagger.pack(torch.float32) is not None
    packed = tagger.hidden(prepared)
    assert packed.shape == (sum(len(w.morphemes) for w in text_windows()), 16)
    assert torch.allclose(packed, padded, atol=1e-5)
    for one, window in zip(prepared, text_windows(), strict=True):
        assert (one.ids == tagger.prepare(window).ids).all()


def test_a_runtime_packs_and_a_saved_model_does_not_know(
    tagger: PretrainedTagger, tmp_path: Path
) -> None:
    names = set(tagger.state_dict())
    runtime = Runtime(tagger, "cpu", compile=True)
    assert tagger.packed is not None
    assert set(tagger.state_dict()) == names
    assert all(p.requires_grad for p in tagger.parameters())
    states = runtime.states(text_windows()).flat
    save_model(tagger, tmp_path / "saved")
    again = Runtime(load_model(tmp_path / "saved"), "cpu").states(text_windows()).flat
    assert torch.allclose(again, states, atol=1e-5)


def test_training_leaves_nothing_old_behind(tagger: PretrainedTagger) -> None:
    before = Runtime(tagger, "cpu").states(text_windows()).flat
    tagger.train()
    assert tagger.packed is None
    tagger.hidden(tagger.prepare_all(text_windows())).sum().backward()
    layer = tagger.encoder.encoder.layer[0].attention.self.query
    assert layer.weight.grad is not None
    with torch.no_grad():
        layer.bias.add_(3)
    after = Runtime(tagger, "cpu").states(text_windows()).flat
    assert (after - before).abs().max() > 1e-4


@torch.no_grad()
def test_an_encoder_of_another_type_is_read_padded(tagger: PretrainedTagger) -> None:
    torch.manual_seed(0)
    other = DistilBertModel(
        DistilBertConfig(vocab_size=200, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    )
    config = ModelConfig("tiny", "1", pretrained=PretrainedConfig(16, 62), heads=HEADS, longest=60)
    distil = PretrainedTagger(config, other, tagger.tokenizer)
    runtime = Runtime(distil, "cpu")
    assert distil.packed is None
    together = runtime.states(text_windows()).flat
    alone = torch.cat([runtime.states([window])[0] for window in text_windows()])
    assert torch.allclose(together, alone, atol=1e-5)


def random_parts(lengths: Sequence[int]) -> list[Part]:
    """Windows whose morphemes are a subword each, between the two special ones."""
    return [
        Part(n, Window(0, length, 0, length), Subwords(ids.numpy(), np.arange(1, length + 1)))
        for n, length in enumerate(lengths)
        for ids in random_ids([length + 2], seed=n)
    ]


def tagger_without_words() -> PretrainedTagger:
    config = ModelConfig("tiny", "1", pretrained=PretrainedConfig(32, 64), heads=HEADS)
    return PretrainedTagger(config, make_encoder("roberta"), None).eval()


def test_answers_come_in_the_order_of_sentences() -> None:
    runtime = Runtime(tagger_without_words(), "cpu", budget=50)
    parts = random_parts(UNEVEN)
    together = runtime.run(parts, len(UNEVEN))
    for part, states in zip(parts, together, strict=True):
        [alone] = runtime.run([part._replace(sentence=0)], 1)
        assert torch.allclose(states, alone, atol=1e-5)


# On a GPU ---------------------------------------------------------------------------------------

on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.mark.gpu
@on_gpu
@pytest.mark.parametrize("compiled", [False, True])
def test_batches_follow_each_other_without_a_wait(compiled: bool) -> None:
    lengths = UNEVEN * 20
    parts = random_parts(lengths)
    expected = Runtime(tagger_without_words(), "cpu").run(parts, len(lengths)).flat
    runtime = Runtime(tagger_without_words(), "cuda", budget=500, compile=compiled)
    runtime.run(parts, len(lengths))  # what is set up once may wait
    torch.cuda.set_sync_debug_mode("error")
    try:
        states = runtime.run(parts, len(lengths))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    found = states.flat
    assert found.dtype == torch.float32
    assert (found.cpu() - expected).norm() < 0.03 * expected.norm()
    assert [len(spans) for spans in runtime.decode(states)] == [
        len(spans) for spans in Runtime(runtime.tagger, "cpu").decode([s.cpu() for s in states])
    ]


@pytest.mark.gpu
@on_gpu
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("lengths", [UNEVEN, EVEN, (2, 5)])
def test_the_gpu_computes_what_the_cpu_does(
    lengths: Sequence[int], compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, windows = make_encoder("roberta"), random_ids(lengths)
    expected = read_padded(encoder, windows)
    ids, sizes = torch.cat(windows).cuda(), torch.tensor(lengths)
    device = torch.device("cuda:0")
    assert windows_module.packed_attention(device, torch.bfloat16, 8) is not None
    for dtype, off in ((torch.float32, 1e-3), (torch.bfloat16, 0.03)):
        packed = PackedEncoder(encoder.cuda(), dtype)
        if compiled:
            packed.compile_layers()
        with torch.inference_mode():
            found = packed(ids, sizes).float().cpu()
        assert (found - expected).norm() < off * expected.norm()
    encoder.cpu()
